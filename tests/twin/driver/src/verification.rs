//! Certificate verification callbacks (CRL lookup, validation, certificate request) and OCSP
//! responses.

use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};
use std::ptr;

use s2n_tls_sys::*;

use crate::format::{number, status, summary, word_bytes};
use crate::state::{ScriptError, State};

/// The context of the callbacks of a config.
pub struct Callbacks {
    behavior: String,
    crls: Vec<*mut s2n_crl>,
    chain: *mut s2n_cert_chain_and_key,
    lookups: RefCell<Vec<*mut s2n_crl_lookup>>,
    info: Cell<*mut s2n_cert_validation_info>,
}

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    Some(match (verb, args) {
        ("crl", [name, file]) => load_crl(state, name, file),
        ("crl_hash" | "crl_active" | "crl_current", [name]) => inspect_crl(state, verb, name),
        ("crl_cb", [config, behavior, names @ ..]) => crl_callback(state, config, behavior, names),
        ("crl_answer" | "crl_ignore", [index]) => complete_lookup(state, verb, index),
        ("validation_cb", [config, behavior]) => validation_callback(state, config, behavior),
        ("accept_cert" | "reject_cert", []) => complete_validation(state, verb),
        ("request_cb", [config, behavior]) => request_callback(state, config, behavior),
        ("authorities", [config]) => state.config(config).map(|config| {
            // SAFETY: the config is live or null.
            status(unsafe { s2n_config_set_cert_authorities_from_trust_store(config) })
        }),
        ("staple", [chain, file]) => staple(state, chain, file),
        ("status_request", [config, kind]) => status_request(state, config, kind),
        ("check_ocsp", [config, on]) => check_ocsp(state, config, on),
        ("get_ocsp", [name]) => get_ocsp(state, name),
        _ => return None,
    })
}

fn load_crl(state: &mut State, name: &str, file: &str) -> Result<String, ScriptError> {
    let pem = state.pem(file)?;
    // SAFETY: the CRL is live, and the PEM has the length passed.
    unsafe {
        let crl = s2n_crl_new();
        state.objects.crls.insert(name.into(), crl);
        let pem_bytes = pem.ptr().cast_mut().cast();
        Ok(status(s2n_crl_load_pem(crl, pem_bytes, pem.len())))
    }
}

fn inspect_crl(state: &State, verb: &str, name: &str) -> Result<String, ScriptError> {
    let crl = state.crl(name)?;
    let mut hash = 0;
    // SAFETY: the CRL is live or null.
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

fn register(state: &State, behavior: &str, crls: Vec<*mut s2n_crl>) -> *mut c_void {
    let callbacks = Box::new(Callbacks {
        behavior: behavior.to_owned(),
        crls,
        chain: state.chain(behavior).unwrap_or(ptr::null_mut()),
        lookups: RefCell::default(),
        info: Cell::new(ptr::null_mut()),
    });
    let context = ptr::from_ref(&*callbacks).cast_mut().cast();
    state
        .objects
        .verification_callbacks
        .borrow_mut()
        .push(callbacks);
    context
}

fn crl_callback(
    state: &State,
    config: &str,
    behavior: &str,
    names: &[&str],
) -> Result<String, ScriptError> {
    let config = state.config(config)?;
    let crls = names
        .iter()
        .map(|name| state.crl(name))
        .collect::<Result<_, _>>()?;
    let callback: s2n_crl_lookup_callback = match behavior {
        "null" => None,
        _ => Some(on_lookup),
    };
    let context = register(state, behavior, crls);
    // SAFETY: the config is live or null; the context lives as long as the state.
    Ok(status(unsafe {
        s2n_config_set_crl_lookup_cb(config, callback, context)
    }))
}

unsafe extern "C" fn on_lookup(lookup: *mut s2n_crl_lookup, context: *mut c_void) -> c_int {
    // SAFETY: the context is the registered one, which is live.
    let callbacks = unsafe { &*context.cast::<Callbacks>() };
    callbacks.lookups.borrow_mut().push(lookup);
    println!("  CRL lookup callback");
    match callbacks.behavior.as_str() {
        "now" => answer_lookup(callbacks, lookup),
        // SAFETY: the library passes a live pointer.
        "ignore" => unsafe { s2n_crl_lookup_ignore(lookup) },
        "later" => 0,
        number => number.parse().unwrap_or(1),
    }
}

/// Completes a lookup with the CRL of the certificate's issuer, or ignores it.
fn answer_lookup(callbacks: &Callbacks, lookup: *mut s2n_crl_lookup) -> c_int {
    let (mut wanted, mut found) = (0, 0);
    // SAFETY: CRLs and lookup are live.
    unsafe {
        s2n_crl_lookup_get_cert_issuer_hash(lookup, &raw mut wanted);
        for &crl in &callbacks.crls {
            s2n_crl_get_issuer_hash(crl, &raw mut found);
            if found == wanted {
                return s2n_crl_lookup_set(lookup, crl);
            }
        }
        s2n_crl_lookup_ignore(lookup)
    }
}

fn complete_lookup(state: &State, verb: &str, index: &str) -> Result<String, ScriptError> {
    let index: usize = number(index)?;
    let verification_callbacks = state.objects.verification_callbacks.borrow();
    let pending = verification_callbacks
        .iter()
        .find(|callbacks| callbacks.lookups.borrow().len() > index);
    let callbacks = pending.ok_or("no such lookup")?;
    let lookup = callbacks.lookups.borrow()[index];
    Ok(status(match verb {
        "crl_answer" => answer_lookup(callbacks, lookup),
        // SAFETY: the connection of the lookup is live.
        _ => unsafe { s2n_crl_lookup_ignore(lookup) },
    }))
}

fn validation_callback(state: &State, config: &str, behavior: &str) -> Result<String, ScriptError> {
    let config = state.config(config)?;
    let callback: s2n_cert_validation_callback = match behavior {
        "null" => None,
        _ => Some(on_validation),
    };
    let context = register(state, behavior, Vec::new());
    // SAFETY: the config is live or null; the context lives as long as the state.
    let result = unsafe { s2n_config_set_cert_validation_cb(config, callback, context) };
    Ok(status(result))
}

unsafe extern "C" fn on_validation(
    conn: *mut s2n_connection,
    info: *mut s2n_cert_validation_info,
    context: *mut c_void,
) -> c_int {
    // SAFETY: the context is the registered one, which is live.
    let callbacks = unsafe { &*context.cast::<Callbacks>() };
    callbacks.info.set(info);
    let (mut length, mut result) = (0, -1);
    // SAFETY: the connection lives while its callback runs.
    unsafe {
        let chain = s2n_cert_chain_and_key_new();
        if s2n_connection_get_peer_cert_chain(conn, chain) == 0 {
            result = s2n_cert_chain_get_length(chain, &raw mut length);
        }
        s2n_cert_chain_and_key_free(chain);
    }
    println!("  validation callback => {result} {length}");
    // SAFETY: the library passes a live pointer.
    unsafe {
        match callbacks.behavior.as_str() {
            "accept" => s2n_cert_validation_accept(info),
            "reject" => s2n_cert_validation_reject(info),
            "later" => 0,
            number => number.parse().unwrap_or(1),
        }
    }
}

fn complete_validation(state: &State, verb: &str) -> Result<String, ScriptError> {
    let verification_callbacks = state.objects.verification_callbacks.borrow();
    let pending = verification_callbacks
        .iter()
        .map(|callbacks| callbacks.info.get())
        .find(|info| !info.is_null());
    let info = pending.ok_or("no pending validation")?;
    // SAFETY: the connection of the lookup is live.
    Ok(status(unsafe {
        match verb {
            "accept_cert" => s2n_cert_validation_accept(info),
            _ => s2n_cert_validation_reject(info),
        }
    }))
}

/// `request_cb CFG CHAIN`, `none`, a number to be returned, or `null`.
fn request_callback(state: &State, config: &str, behavior: &str) -> Result<String, ScriptError> {
    let config = state.config(config)?;
    let callback: s2n_cert_request_callback = match behavior {
        "null" => None,
        _ => Some(on_request),
    };
    let context = register(state, behavior, Vec::new());
    // SAFETY: the config is live or null; the context lives as long as the state.
    let result = unsafe { s2n_config_set_cert_request_callback(config, callback, context) };
    Ok(status(result))
}

unsafe extern "C" fn on_request(
    _: *mut s2n_connection,
    context: *mut c_void,
    request: *mut s2n_certificate_request,
) -> c_int {
    // SAFETY: the context is the registered one, which is live.
    let callbacks = unsafe { &*context.cast::<Callbacks>() };
    println!("  certificate request callback");
    // SAFETY: the library passes live pointers.
    unsafe {
        let list = s2n_certificate_request_get_ca_list(request);
        while s2n_certificate_authority_list_has_next(list) {
            let (mut name, mut length) = (ptr::null_mut(), 0);
            let result = s2n_certificate_authority_list_next(list, &raw mut name, &raw mut length);
            let name = std::slice::from_raw_parts(name, length.into());
            println!("  authority {result} {}", summary(name));
        }
        let (mut name, mut length) = (ptr::null_mut(), 0);
        let past_end = s2n_certificate_authority_list_next(list, &raw mut name, &raw mut length);
        println!("  end of list {}", status(past_end));
        if !callbacks.chain.is_null() {
            return s2n_certificate_request_set_certificate(request, callbacks.chain);
        }
    }
    callbacks.behavior.parse().unwrap_or(0)
}

fn staple(state: &State, chain: &str, file: &str) -> Result<String, ScriptError> {
    let chain = state.chain(chain)?;
    let response = match file.strip_prefix('=') {
        Some(word) => word_bytes(word)?,
        None => std::fs::read(state.certs.join(file)).map_err(|error| error.to_string())?,
    };
    // SAFETY: the chain is live or null; the bytes are copied.
    Ok(status(unsafe {
        s2n_cert_chain_and_key_set_ocsp_data(chain, response.as_ptr(), response.len() as u32)
    }))
}

fn status_request(state: &State, config: &str, kind: &str) -> Result<String, ScriptError> {
    let config = state.config(config)?;
    let kind = match kind {
        "ocsp" => s2n_status_request_type::OCSP,
        _ => s2n_status_request_type::NONE,
    };
    // SAFETY: the config is live or null.
    Ok(status(unsafe {
        s2n_config_set_status_request_type(config, kind)
    }))
}

fn check_ocsp(state: &State, config: &str, on: &str) -> Result<String, ScriptError> {
    let config = state.config(config)?;
    let on = number(on)?;
    // SAFETY: the config is live or null.
    Ok(status(unsafe {
        s2n_config_set_check_stapled_ocsp_response(config, on)
    }))
}

fn get_ocsp(state: &State, name: &str) -> Result<String, ScriptError> {
    let conn = state.conn_ptr(name)?;
    let mut length = 77;
    // SAFETY: the connection is live or null.
    let (response, stapled) = unsafe {
        let response = s2n_connection_get_ocsp_response(conn, &raw mut length);
        (response, s2n_connection_is_ocsp_stapled(conn))
    };
    let response = match response.is_null() {
        true => "NULL".into(),
        // SAFETY: the library returns `length` readable bytes.
        false => summary(unsafe { std::slice::from_raw_parts(response, length as usize) }),
    };
    Ok(format!("{response} stapled={}", status(stapled)))
}
