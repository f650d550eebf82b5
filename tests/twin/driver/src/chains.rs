//! Calls on certificate chains and trust stores.

use std::ffi::c_int;
use std::ptr;

use s2n_tls_sys::*;

use crate::format::{Text, number, status, word_bytes};
use crate::state::{ScriptError, State};

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    Some(match (verb, args) {
        ("chain", [name]) => new(state, name),
        ("free_chain", [name]) => free(state, name),
        ("load" | "load_bytes", [name, pem, key]) => load(state, verb, name, pem, key),
        ("load_public", [name, pem]) => load_public(state, name, pem),
        ("add", [config, name]) => add(state, config, name),
        ("add_pem", [config, pem, key]) => add_pem(state, config, pem, key),
        ("add_chain", [config, file]) => add_chain(
            state,
            config,
            &format!("{file}.pem"),
            &format!("{file}.key"),
        ),
        ("add_chain", [config, pem, key]) => add_chain(state, config, pem, key),
        ("chain_context", [name]) => context(state, name),
        ("trust", [config, pem]) => trust(state, config, pem),
        ("trust_whole", [config, pem]) => trust_whole(state, config, pem),
        ("trust_at", [config, file, dir]) => trust_at(state, config, file, dir),
        ("trust_system", [config]) => on_config(state, config, s2n_config_load_system_certs),
        ("wipe_trust_store", [config]) => on_config(state, config, s2n_config_wipe_trust_store),
        ("disable_verification", [config]) => {
            on_config(state, config, s2n_config_disable_x509_verification)
        }
        ("disable_time_check", [config]) => {
            on_config(state, config, s2n_config_disable_x509_time_verification)
        }
        ("disable_intent_check", [config]) => {
            on_config(state, config, s2n_config_disable_x509_intent_verification)
        }
        ("dh_params", [config, pem]) => dh_params(state, config, pem),
        ("free_dh_params", [config]) => on_config(state, config, s2n_config_free_dhparams),
        ("custom_extension", [config, oid]) => custom_extension(state, config, oid),
        ("allow_ip_in_cn", [config]) => on_config(state, config, s2n_config_allow_ip_in_cn),
        ("chain_depth", [config, depth]) => chain_depth(state, config, depth),
        _ => return None,
    })
}

/// Performs a call whose only argument is a config.
fn on_config(
    state: &State,
    config: &str,
    call: unsafe extern "C" fn(*mut s2n_config) -> c_int,
) -> Result<String, ScriptError> {
    let config = state.config(config)?;
    // SAFETY: the config is live or null.
    Ok(status(unsafe { call(config) }))
}

fn custom_extension(state: &State, config: &str, oid: &str) -> Result<String, ScriptError> {
    let config = state.config(config)?;
    let mut oid = word_bytes(oid)?;
    // SAFETY: the config is live or null; the bytes are copied.
    Ok(status(unsafe {
        s2n_config_add_custom_x509_extension(config, oid.as_mut_ptr(), oid.len() as u32)
    }))
}

fn chain_depth(state: &State, config: &str, depth: &str) -> Result<String, ScriptError> {
    let (config, depth) = (state.config(config)?, number(depth)?);
    // SAFETY: the config is live or null.
    Ok(status(unsafe {
        s2n_config_set_max_cert_chain_depth(config, depth)
    }))
}

fn new(state: &mut State, name: &str) -> Result<String, ScriptError> {
    // SAFETY: the library was initialized.
    let chain = unsafe { s2n_cert_chain_and_key_new() };
    state.objects.chains.insert(name.into(), chain);
    Ok(match chain.is_null() {
        true => "NULL".into(),
        false => "ok".into(),
    })
}

fn free(state: &mut State, name: &str) -> Result<String, ScriptError> {
    let chain = state.chain(name)?;
    state.objects.chains.remove(name);
    // SAFETY: live until now or null, with no other references.
    Ok(status(unsafe { s2n_cert_chain_and_key_free(chain) }))
}

fn load(
    state: &State,
    verb: &str,
    name: &str,
    pem: &str,
    key: &str,
) -> Result<String, ScriptError> {
    let (chain, pem, key) = (state.chain(name)?, state.pem(pem)?, state.pem(key)?);
    // SAFETY: the chain is live or null, and so is the PEM.
    Ok(status(unsafe {
        let ((pem, pem_len), (key, key_len)) = (parts(&pem), parts(&key));
        match verb {
            "load" => s2n_cert_chain_and_key_load_pem(chain, pem.cast(), key.cast()),
            _ => s2n_cert_chain_and_key_load_pem_bytes(chain, pem, pem_len, key, key_len),
        }
    }))
}

fn load_public(state: &State, name: &str, pem: &str) -> Result<String, ScriptError> {
    let (chain, pem) = (state.chain(name)?, state.pem(pem)?);
    let (pem, len) = parts(&pem);
    // SAFETY: the chain is live or null, and so is the PEM.
    Ok(status(unsafe {
        s2n_cert_chain_and_key_load_public_pem_bytes(chain, pem, len)
    }))
}

fn parts(text: &Text) -> (*mut u8, u32) {
    (text.ptr().cast_mut().cast(), text.len() as u32)
}

fn add(state: &State, config: &str, name: &str) -> Result<String, ScriptError> {
    let (config, chain) = (state.config(config)?, state.chain(name)?);
    // SAFETY: both are live or null, and the chain outlives the config.
    Ok(status(unsafe {
        s2n_config_add_cert_chain_and_key_to_store(config, chain)
    }))
}

fn add_pem(state: &State, config: &str, pem: &str, key: &str) -> Result<String, ScriptError> {
    let (config, pem, key) = (state.config(config)?, state.pem(pem)?, state.pem(key)?);
    // SAFETY: the config is live or null, and so is the PEM.
    Ok(status(unsafe {
        s2n_config_add_cert_chain_and_key(config, pem.ptr(), key.ptr())
    }))
}

/// Creates a chain, loads it from two files, and adds it to a config.
fn add_chain(state: &mut State, config: &str, pem: &str, key: &str) -> Result<String, ScriptError> {
    let name = format!("{config}/{pem}");
    new(state, &name)?;
    let loaded = load(state, "load", &name, pem, key)?;
    match loaded.as_str() {
        "0" => add(state, config, &name),
        _ => Ok(format!("load {loaded}")),
    }
}

/// Sets the context of a chain and checks that it is returned.
fn context(state: &State, name: &str) -> Result<String, ScriptError> {
    let chain = state.chain(name)?;
    let context = ptr::from_ref(state).cast_mut().cast();
    // SAFETY: the chain is live or null.
    let (result, found) = unsafe {
        let result = s2n_cert_chain_and_key_set_ctx(chain, context);
        (result, s2n_cert_chain_and_key_get_ctx(chain))
    };
    Ok(format!("{} {}", status(result), found == context))
}

fn trust(state: &State, config: &str, pem: &str) -> Result<String, ScriptError> {
    let (config, pem) = (state.config(config)?, state.pem(pem)?);
    // SAFETY: the config is live or null, and so is the PEM.
    Ok(status(unsafe {
        s2n_config_add_pem_to_trust_store(config, pem.ptr())
    }))
}

/// Adds PEM to the trust store, and wipes the store if that fails: the libraries keep different
/// parts of an invalid text.
fn trust_whole(state: &State, config: &str, pem: &str) -> Result<String, ScriptError> {
    let outcome = trust(state, config, pem)?;
    if outcome != "0" {
        on_config(state, config, s2n_config_wipe_trust_store)?;
    }
    Ok(outcome)
}

fn dh_params(state: &State, config: &str, pem: &str) -> Result<String, ScriptError> {
    let (config, pem) = (state.config(config)?, state.pem(pem)?);
    // SAFETY: the config is live or null, and so is the PEM.
    Ok(status(unsafe {
        s2n_config_add_dhparams(config, pem.ptr())
    }))
}

fn trust_at(state: &State, config: &str, file: &str, dir: &str) -> Result<String, ScriptError> {
    let (config, file, dir) = (state.config(config)?, state.path(file)?, state.path(dir)?);
    // SAFETY: the config is live or null, and so are the paths.
    Ok(status(unsafe {
        s2n_config_set_verification_ca_location(config, file.ptr(), dir.ptr())
    }))
}
