//! What the application says of a peer's certificate, and shows when it is asked for one.

use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};
use std::ptr;

use s2n_tls_sys::*;

use crate::words::{number, plain, short, status};
use crate::world::{Mistake, World};

/// The context of the callbacks of a config.
pub struct Trial {
    how: String,
    crls: Vec<*mut s2n_crl>,
    chain: *mut s2n_cert_chain_and_key,
    lookups: RefCell<Vec<*mut s2n_crl_lookup>>,
    info: Cell<*mut s2n_cert_validation_info>,
}

pub fn call(world: &mut World, verb: &str, words: &[&str]) -> Option<Result<String, Mistake>> {
    Some(match (verb, words) {
        ("crl", [name, file]) => load_crl(world, name, file),
        ("crl_hash" | "crl_active" | "crl_current", [name]) => ask_crl(world, verb, name),
        ("crl_cb", [config, how, names @ ..]) => crl_callback(world, config, how, names),
        ("crl_answer" | "crl_ignore", [place]) => answer(world, verb, place),
        ("validation_cb", [config, how]) => validation_callback(world, config, how),
        ("accept_cert" | "reject_cert", []) => judge(world, verb),
        ("request_cb", [config, how]) => request_callback(world, config, how),
        ("authorities", [config]) => world.config(config).map(|config| {
            // SAFETY: the config is live or null.
            status(unsafe { s2n_config_set_cert_authorities_from_trust_store(config) })
        }),
        ("staple", [chain, file]) => staple(world, chain, file),
        ("status_request", [config, kind]) => status_request(world, config, kind),
        ("check_ocsp", [config, on]) => check_ocsp(world, config, on),
        ("get_ocsp", [name]) => get_ocsp(world, name),
        _ => return None,
    })
}

fn load_crl(world: &mut World, name: &str, file: &str) -> Result<String, Mistake> {
    let pem = world.pem(file)?;
    // SAFETY: the list is new, and the text as long as it says.
    unsafe {
        let crl = s2n_crl_new();
        world.objects.crls.insert(name.into(), crl);
        let pem_bytes = pem.ptr().cast_mut().cast();
        Ok(status(s2n_crl_load_pem(crl, pem_bytes, pem.len())))
    }
}

fn ask_crl(world: &World, verb: &str, name: &str) -> Result<String, Mistake> {
    let crl = world.crl(name)?;
    let mut hash = 0;
    // SAFETY: the list is live or null.
    Ok(status(unsafe {
        match verb {
            "crl_active" => s2n_crl_validate_active(crl),
            "crl_current" => s2n_crl_validate_not_expired(crl),
            _ => {
                let result = s2n_crl_get_issuer_hash(crl, &raw mut hash);
                return Ok(format!("{} {hash:08x}", status(result)));
            }
        }
    }))
}

fn keep(world: &World, how: &str, crls: Vec<*mut s2n_crl>) -> *mut c_void {
    let trial = Box::new(Trial {
        how: how.to_owned(),
        crls,
        chain: world.chain(how).unwrap_or(ptr::null_mut()),
        lookups: RefCell::default(),
        info: Cell::new(ptr::null_mut()),
    });
    let context = ptr::from_ref(&*trial).cast_mut().cast();
    world.objects.trials.borrow_mut().push(trial);
    context
}

fn crl_callback(world: &World, config: &str, how: &str, names: &[&str]) -> Result<String, Mistake> {
    let config = world.config(config)?;
    let crls = names
        .iter()
        .map(|name| world.crl(name))
        .collect::<Result<_, _>>()?;
    let callback: s2n_crl_lookup_callback = match how {
        "null" => None,
        _ => Some(on_lookup),
    };
    let context = keep(world, how, crls);
    // SAFETY: the config is live or null; the context lives as long as the world.
    Ok(status(unsafe {
        s2n_config_set_crl_lookup_cb(config, callback, context)
    }))
}

unsafe extern "C" fn on_lookup(lookup: *mut s2n_crl_lookup, context: *mut c_void) -> c_int {
    // SAFETY: the context is what was registered, and lives.
    let trial = unsafe { &*context.cast::<Trial>() };
    trial.lookups.borrow_mut().push(lookup);
    println!("  a list is looked for");
    match trial.how.as_str() {
        "now" => find(trial, lookup),
        // SAFETY: the library's own pointer.
        "ignore" => unsafe { s2n_crl_lookup_ignore(lookup) },
        "later" => 0,
        how => how.parse().unwrap_or(1),
    }
}

/// Answers with the list of the certificate's issuer.
fn find(trial: &Trial, lookup: *mut s2n_crl_lookup) -> c_int {
    let (mut wanted, mut found) = (0, 0);
    // SAFETY: lists and lookup are live.
    unsafe {
        s2n_crl_lookup_get_cert_issuer_hash(lookup, &raw mut wanted);
        for &crl in &trial.crls {
            s2n_crl_get_issuer_hash(crl, &raw mut found);
            if found == wanted {
                return s2n_crl_lookup_set(lookup, crl);
            }
        }
        s2n_crl_lookup_ignore(lookup)
    }
}

fn answer(world: &World, verb: &str, place: &str) -> Result<String, Mistake> {
    let place: usize = number(place)?;
    let trials = world.objects.trials.borrow();
    let asked = trials
        .iter()
        .find(|trial| trial.lookups.borrow().len() > place);
    let trial = asked.ok_or("no such question")?;
    let lookup = trial.lookups.borrow()[place];
    Ok(status(match verb {
        "crl_answer" => find(trial, lookup),
        // SAFETY: the connection of the question lives.
        _ => unsafe { s2n_crl_lookup_ignore(lookup) },
    }))
}

fn validation_callback(world: &World, config: &str, how: &str) -> Result<String, Mistake> {
    let config = world.config(config)?;
    let callback: s2n_cert_validation_callback = match how {
        "null" => None,
        _ => Some(on_validation),
    };
    let context = keep(world, how, Vec::new());
    // SAFETY: the config is live or null; the context lives as long as the world.
    let result = unsafe { s2n_config_set_cert_validation_cb(config, callback, context) };
    Ok(status(result))
}

unsafe extern "C" fn on_validation(
    conn: *mut s2n_connection,
    info: *mut s2n_cert_validation_info,
    context: *mut c_void,
) -> c_int {
    // SAFETY: the context is what was registered, and lives.
    let trial = unsafe { &*context.cast::<Trial>() };
    trial.info.set(info);
    let (mut length, mut result) = (0, -1);
    // SAFETY: the connection lives while its callback runs.
    unsafe {
        let chain = s2n_cert_chain_and_key_new();
        if s2n_connection_get_peer_cert_chain(conn, chain) == 0 {
            result = s2n_cert_chain_get_length(chain, &raw mut length);
        }
        s2n_cert_chain_and_key_free(chain);
    }
    println!("  the last word is asked for => {result} {length}");
    // SAFETY: the library's own pointer.
    unsafe {
        match trial.how.as_str() {
            "accept" => s2n_cert_validation_accept(info),
            "reject" => s2n_cert_validation_reject(info),
            "later" => 0,
            how => how.parse().unwrap_or(1),
        }
    }
}

fn judge(world: &World, verb: &str) -> Result<String, Mistake> {
    let trials = world.objects.trials.borrow();
    let asked = trials
        .iter()
        .map(|trial| trial.info.get())
        .find(|info| !info.is_null());
    let info = asked.ok_or("nobody asked")?;
    // SAFETY: the connection of the question lives.
    Ok(status(unsafe {
        match verb {
            "accept_cert" => s2n_cert_validation_accept(info),
            _ => s2n_cert_validation_reject(info),
        }
    }))
}

/// `request_cb CFG CHAIN`, `none`, a number to be returned, or `null`.
fn request_callback(world: &World, config: &str, how: &str) -> Result<String, Mistake> {
    let config = world.config(config)?;
    let callback: s2n_cert_request_callback = match how {
        "null" => None,
        _ => Some(on_request),
    };
    let context = keep(world, how, Vec::new());
    // SAFETY: the config is live or null; the context lives as long as the world.
    let result = unsafe { s2n_config_set_cert_request_callback(config, callback, context) };
    Ok(status(result))
}

unsafe extern "C" fn on_request(
    _: *mut s2n_connection,
    context: *mut c_void,
    request: *mut s2n_certificate_request,
) -> c_int {
    // SAFETY: the context is what was registered, and lives.
    let trial = unsafe { &*context.cast::<Trial>() };
    println!("  a certificate is asked for");
    // SAFETY: the library's own pointers.
    unsafe {
        let list = s2n_certificate_request_get_ca_list(request);
        while s2n_certificate_authority_list_has_next(list) {
            let (mut name, mut length) = (ptr::null_mut(), 0);
            let result = s2n_certificate_authority_list_next(list, &raw mut name, &raw mut length);
            let name = std::slice::from_raw_parts(name, length.into());
            println!("  authority {result} {}", short(name));
        }
        let (mut name, mut length) = (ptr::null_mut(), 0);
        let at_end = s2n_certificate_authority_list_next(list, &raw mut name, &raw mut length);
        println!("  at the end {}", status(at_end));
        if !trial.chain.is_null() {
            return s2n_certificate_request_set_certificate(request, trial.chain);
        }
    }
    trial.how.parse().unwrap_or(0)
}

fn staple(world: &World, chain: &str, file: &str) -> Result<String, Mistake> {
    let chain = world.chain(chain)?;
    let response = match file.strip_prefix('=') {
        Some(words) => plain(words)?,
        None => std::fs::read(world.certs.join(file)).map_err(|error| error.to_string())?,
    };
    // SAFETY: the chain is live or null; the bytes are copied.
    Ok(status(unsafe {
        s2n_cert_chain_and_key_set_ocsp_data(chain, response.as_ptr(), response.len() as u32)
    }))
}

fn status_request(world: &World, config: &str, kind: &str) -> Result<String, Mistake> {
    let config = world.config(config)?;
    let kind = match kind {
        "ocsp" => s2n_status_request_type::OCSP,
        _ => s2n_status_request_type::NONE,
    };
    // SAFETY: the config is live or null.
    Ok(status(unsafe {
        s2n_config_set_status_request_type(config, kind)
    }))
}

fn check_ocsp(world: &World, config: &str, on: &str) -> Result<String, Mistake> {
    let config = world.config(config)?;
    let on = number(on)?;
    // SAFETY: the config is live or null.
    Ok(status(unsafe {
        s2n_config_set_check_stapled_ocsp_response(config, on)
    }))
}

fn get_ocsp(world: &World, name: &str) -> Result<String, Mistake> {
    let conn = world.conn_ptr(name)?;
    let mut length = 77;
    // SAFETY: the connection is live or null.
    let (response, stapled) = unsafe {
        let response = s2n_connection_get_ocsp_response(conn, &raw mut length);
        (response, s2n_connection_is_ocsp_stapled(conn))
    };
    let response = match response.is_null() {
        true => "NULL".into(),
        // SAFETY: the library promises so many bytes.
        false => short(unsafe { std::slice::from_raw_parts(response, length as usize) }),
    };
    Ok(format!("{response} stapled={}", status(stapled)))
}
