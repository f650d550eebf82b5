//! Calls about certificate chains, and about whom a config trusts.

use std::ffi::c_int;
use std::ptr;

use s2n_tls_sys::*;

use crate::words::{Text, number, plain, status};
use crate::world::{Mistake, World};

pub fn call(world: &mut World, verb: &str, words: &[&str]) -> Option<Result<String, Mistake>> {
    Some(match (verb, words) {
        ("chain", [name]) => new(world, name),
        ("free_chain", [name]) => free(world, name),
        ("load" | "load_bytes", [name, pem, key]) => load(world, verb, name, pem, key),
        ("load_public", [name, pem]) => load_public(world, name, pem),
        ("add", [config, name]) => add(world, config, name),
        ("add_pem", [config, pem, key]) => add_pem(world, config, pem, key),
        ("shows", [config, file]) => shows(
            world,
            config,
            &format!("{file}.pem"),
            &format!("{file}.key"),
        ),
        ("shows", [config, pem, key]) => shows(world, config, pem, key),
        ("chain_context", [name]) => context(world, name),
        ("trust", [config, pem]) => trust(world, config, pem),
        ("trust_whole", [config, pem]) => trust_whole(world, config, pem),
        ("trust_at", [config, file, dir]) => trust_at(world, config, file, dir),
        ("trust_system", [config]) => done(world, config, s2n_config_load_system_certs),
        ("trust_nobody", [config]) => done(world, config, s2n_config_wipe_trust_store),
        ("trust_all", [config]) => done(world, config, s2n_config_disable_x509_verification),
        ("any_time", [config]) => done(world, config, s2n_config_disable_x509_time_verification),
        ("any_intent", [config]) => {
            done(world, config, s2n_config_disable_x509_intent_verification)
        }
        ("dh_params", [config, pem]) => dh_params(world, config, pem),
        ("free_dh_params", [config]) => done(world, config, s2n_config_free_dhparams),
        ("known_extension", [config, oid]) => known_extension(world, config, oid),
        ("addresses_in_names", [config]) => done(world, config, s2n_config_allow_ip_in_cn),
        ("chain_depth", [config, depth]) => chain_depth(world, config, depth),
        _ => return None,
    })
}

/// A call on nothing but a config.
fn done(
    world: &World,
    config: &str,
    call: unsafe extern "C" fn(*mut s2n_config) -> c_int,
) -> Result<String, Mistake> {
    let config = world.config(config)?;
    // SAFETY: the config is live or null.
    Ok(status(unsafe { call(config) }))
}

fn known_extension(world: &World, config: &str, oid: &str) -> Result<String, Mistake> {
    let config = world.config(config)?;
    let mut oid = plain(oid)?;
    // SAFETY: the config is live or null; the bytes are copied.
    Ok(status(unsafe {
        s2n_config_add_custom_x509_extension(config, oid.as_mut_ptr(), oid.len() as u32)
    }))
}

fn chain_depth(world: &World, config: &str, depth: &str) -> Result<String, Mistake> {
    let (config, depth) = (world.config(config)?, number(depth)?);
    // SAFETY: the config is live or null.
    Ok(status(unsafe {
        s2n_config_set_max_cert_chain_depth(config, depth)
    }))
}

fn new(world: &mut World, name: &str) -> Result<String, Mistake> {
    // SAFETY: the library was initialized.
    let chain = unsafe { s2n_cert_chain_and_key_new() };
    world.objects.chains.insert(name.into(), chain);
    Ok(match chain.is_null() {
        true => "NULL".into(),
        false => "ok".into(),
    })
}

fn free(world: &mut World, name: &str) -> Result<String, Mistake> {
    let chain = world.chain(name)?;
    world.objects.chains.remove(name);
    // SAFETY: live until now or null, and nobody else knows it.
    Ok(status(unsafe { s2n_cert_chain_and_key_free(chain) }))
}

fn load(world: &World, verb: &str, name: &str, pem: &str, key: &str) -> Result<String, Mistake> {
    let (chain, pem, key) = (world.chain(name)?, world.pem(pem)?, world.pem(key)?);
    // SAFETY: the chain is live or null, and so are the texts.
    Ok(status(unsafe {
        let ((pem, pem_len), (key, key_len)) = (parts(&pem), parts(&key));
        match verb {
            "load" => s2n_cert_chain_and_key_load_pem(chain, pem.cast(), key.cast()),
            _ => s2n_cert_chain_and_key_load_pem_bytes(chain, pem, pem_len, key, key_len),
        }
    }))
}

fn load_public(world: &World, name: &str, pem: &str) -> Result<String, Mistake> {
    let (chain, pem) = (world.chain(name)?, world.pem(pem)?);
    let (pem, len) = parts(&pem);
    // SAFETY: the chain is live or null, and so is the text.
    Ok(status(unsafe {
        s2n_cert_chain_and_key_load_public_pem_bytes(chain, pem, len)
    }))
}

fn parts(text: &Text) -> (*mut u8, u32) {
    (text.ptr().cast_mut().cast(), text.len() as u32)
}

fn add(world: &World, config: &str, name: &str) -> Result<String, Mistake> {
    let (config, chain) = (world.config(config)?, world.chain(name)?);
    // SAFETY: both are live or null, and the chain outlives the config.
    Ok(status(unsafe {
        s2n_config_add_cert_chain_and_key_to_store(config, chain)
    }))
}

fn add_pem(world: &World, config: &str, pem: &str, key: &str) -> Result<String, Mistake> {
    let (config, pem, key) = (world.config(config)?, world.pem(pem)?, world.pem(key)?);
    // SAFETY: the config is live or null, and so are the texts.
    Ok(status(unsafe {
        s2n_config_add_cert_chain_and_key(config, pem.ptr(), key.ptr())
    }))
}

/// A chain that is made, loaded, and added: from `FILE.pem` and `FILE.key`, or two files.
fn shows(world: &mut World, config: &str, pem: &str, key: &str) -> Result<String, Mistake> {
    let name = format!("{config}/{pem}");
    new(world, &name)?;
    let loaded = load(world, "load", &name, pem, key)?;
    match loaded.as_str() {
        "0" => add(world, config, &name),
        _ => Ok(format!("load {loaded}")),
    }
}

/// Whether the application's own pointer comes back.
fn context(world: &World, name: &str) -> Result<String, Mistake> {
    let chain = world.chain(name)?;
    let context = ptr::from_ref(world).cast_mut().cast();
    // SAFETY: the chain is live or null.
    let (result, found) = unsafe {
        let result = s2n_cert_chain_and_key_set_ctx(chain, context);
        (result, s2n_cert_chain_and_key_get_ctx(chain))
    };
    Ok(format!("{} {}", status(result), found == context))
}

fn trust(world: &World, config: &str, pem: &str) -> Result<String, Mistake> {
    let (config, pem) = (world.config(config)?, world.pem(pem)?);
    // SAFETY: the config is live or null, and so is the text.
    Ok(status(unsafe {
        s2n_config_add_pem_to_trust_store(config, pem.ptr())
    }))
}

/// Trusts a text or, if that fails, none of it: what the libraries keep of such a text differs.
fn trust_whole(world: &World, config: &str, pem: &str) -> Result<String, Mistake> {
    let outcome = trust(world, config, pem)?;
    if outcome != "0" {
        done(world, config, s2n_config_wipe_trust_store)?;
    }
    Ok(outcome)
}

fn dh_params(world: &World, config: &str, pem: &str) -> Result<String, Mistake> {
    let (config, pem) = (world.config(config)?, world.pem(pem)?);
    // SAFETY: the config is live or null, and so is the text.
    Ok(status(unsafe {
        s2n_config_add_dhparams(config, pem.ptr())
    }))
}

fn trust_at(world: &World, config: &str, file: &str, dir: &str) -> Result<String, Mistake> {
    let (config, file, dir) = (world.config(config)?, world.path(file)?, world.path(dir)?);
    // SAFETY: the config is live or null, and so are the paths.
    Ok(status(unsafe {
        s2n_config_set_verification_ca_location(config, file.ptr(), dir.ptr())
    }))
}
