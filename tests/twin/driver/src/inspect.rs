//! Inspection of certificate selection, certificates, master secrets and policies.

use std::ffi::CString;
use std::ptr;

use s2n_tls_sys::*;

use crate::format::{number, parse_hex, status, summary, text};
use crate::state::{ScriptError, State};

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    Some(match (verb, args) {
        ("defaults", [config, names @ ..]) => defaults(state, config, names),
        ("tiebreak", [config, winner]) => tiebreak(state, config, winner),
        ("selected", [name]) => selected(state, name),
        ("certs", [chain]) => certs(state, chain),
        ("peer_chain", [name, chain]) => peer_chain(state, name, chain),
        ("extension", [chain, index, oid, capacity]) => {
            extension(state, chain, index, oid, capacity)
        }
        ("utf8", [hex, capacity]) => utf8(hex, capacity),
        ("master_secret", [capacity]) => master_secret(state, capacity),
        ("groups", [config, capacity]) => groups(state, config, capacity),
        ("valid_for", [name, policy]) => valid_for(state, name, policy),
        ("extension_data", [config, kind, hex]) => extension_data(state, config, kind, hex),
        ("free_own_chain", [config]) => state.config(config).map(|config| {
            // SAFETY: the config is live or null.
            status(unsafe { s2n_config_free_cert_chain_and_key(config) })
        }),
        _ => return None,
    })
}

fn defaults(state: &State, config: &str, names: &[&str]) -> Result<String, ScriptError> {
    let config = state.config(config)?;
    let chains = names.iter().map(|name| state.chain(name));
    let mut chains: Vec<_> = chains.collect::<Result<_, _>>()?;
    // SAFETY: config and chains are live or null.
    Ok(status(unsafe {
        s2n_config_set_cert_chain_and_key_defaults(config, chains.as_mut_ptr(), chains.len() as u32)
    }))
}

type Chain = *mut s2n_cert_chain_and_key;

fn tiebreak(state: &State, config: &str, winner: &str) -> Result<String, ScriptError> {
    unsafe extern "C" fn first(one: Chain, _: Chain, name: *mut u8, len: u32) -> Chain {
        report_tie(name, len);
        one
    }
    unsafe extern "C" fn second(_: Chain, other: Chain, name: *mut u8, len: u32) -> Chain {
        report_tie(name, len);
        other
    }
    unsafe extern "C" fn neither(_: Chain, _: Chain, name: *mut u8, len: u32) -> Chain {
        report_tie(name, len);
        ptr::null_mut()
    }
    let callback: s2n_cert_tiebreak_callback = match winner {
        "first" => Some(first),
        "second" => Some(second),
        "neither" => Some(neither),
        _ => None,
    };
    let config = state.config(config)?;
    // SAFETY: the config is live or null.
    Ok(status(unsafe {
        s2n_config_set_cert_tiebreak_callback(config, callback)
    }))
}

fn report_tie(name: *mut u8, len: u32) {
    // SAFETY: the library passes `len` readable bytes.
    let name = unsafe { std::slice::from_raw_parts(name, len as usize) };
    println!("  tiebreak callback for {}", String::from_utf8_lossy(name));
}

fn selected(state: &State, name: &str) -> Result<String, ScriptError> {
    let conn = state.conn_ptr(name)?;
    let mut found = 77;
    // SAFETY: the connection is live or null.
    let (chain, result) = unsafe {
        let chain = s2n_connection_get_selected_cert(conn);
        (
            chain,
            s2n_connection_get_certificate_match(conn, &raw mut found),
        )
    };
    let result = status(result);
    let known = state
        .objects
        .chains
        .iter()
        .find(|(_, known)| **known == chain);
    let chain = match known {
        Some((name, _)) => name,
        None if chain.is_null() => "NULL",
        None => "another",
    };
    Ok(format!("{chain} match {result} {found}"))
}

fn certs(state: &State, chain: &str) -> Result<String, ScriptError> {
    let chain = state.chain(chain)?;
    let mut count = 0;
    // SAFETY: the chain is live or null.
    let result = status(unsafe { s2n_cert_chain_get_length(chain, &raw mut count) });
    let mut all = vec![format!("{result} {count}")];
    for index in 0..=count {
        let (mut cert, mut der, mut len) = (ptr::null_mut(), ptr::null(), 0);
        // SAFETY: the chain is live or null, and the certificate belongs to it.
        all.push(unsafe {
            match s2n_cert_chain_get_cert(chain, &raw mut cert, index) {
                0 => {
                    s2n_cert_get_der(cert, &raw mut der, &raw mut len);
                    summary(std::slice::from_raw_parts(der, len as usize))
                }
                result => status(result),
            }
        });
    }
    Ok(all.join(" "))
}

fn peer_chain(state: &State, name: &str, chain: &str) -> Result<String, ScriptError> {
    let (conn, chain) = (state.conn_ptr(name)?, state.chain(chain)?);
    // SAFETY: both are live or null.
    Ok(status(unsafe {
        s2n_connection_get_peer_cert_chain(conn, chain)
    }))
}

fn extension(
    state: &State,
    chain: &str,
    index: &str,
    oid: &str,
    capacity: &str,
) -> Result<String, ScriptError> {
    let (chain, index) = (state.chain(chain)?, number(index)?);
    let mut value = vec![0; number(capacity)?];
    let oid = CString::new(oid).map_err(|error| error.to_string())?;
    let (mut cert, mut length, mut copied) = (ptr::null_mut(), 77, value.len() as u32);
    let mut critical = false;
    // SAFETY: the chain is live or null, the certificate belongs to it; the buffer has the length
    // passed.
    let (first, second) = unsafe {
        s2n_cert_chain_get_cert(chain, &raw mut cert, index);
        let oid = oid.as_ptr().cast();
        (
            status(s2n_cert_get_x509_extension_value_length(
                cert,
                oid,
                &raw mut length,
            )),
            status(s2n_cert_get_x509_extension_value(
                cert,
                oid,
                value.as_mut_ptr(),
                &raw mut copied,
                &raw mut critical,
            )),
        )
    };
    let value = match second.as_str() {
        "0" => summary(&value[..copied as usize]),
        _ => "-".into(),
    };
    Ok(format!(
        "{first} {length} {second} {value} critical={critical}"
    ))
}

fn utf8(hex: &str, capacity: &str) -> Result<String, ScriptError> {
    let (data, mut text) = (parse_hex(hex)?, vec![0; number(capacity)?]);
    let (mut length, mut copied) = (77, text.len() as u32);
    // SAFETY: data and buffer have the lengths passed.
    let (first, second) = unsafe {
        let (start, len) = (data.as_ptr(), data.len() as u32);
        (
            status(s2n_cert_get_utf8_string_from_extension_data_length(
                start,
                len,
                &raw mut length,
            )),
            status(s2n_cert_get_utf8_string_from_extension_data(
                start,
                len,
                text.as_mut_ptr(),
                &raw mut copied,
            )),
        )
    };
    let text = match second.as_str() {
        "0" => summary(&text[..copied as usize]),
        _ => "-".into(),
    };
    Ok(format!("{first} {length} {second} {text}"))
}

fn master_secret(state: &State, capacity: &str) -> Result<String, ScriptError> {
    let capacity: usize = number(capacity)?;
    let both = ["c", "s"].map(|name| {
        let mut secret = vec![0; capacity];
        let conn = state.conn_ptr(name)?;
        // SAFETY: the connection is live; the buffer has the length passed.
        let result =
            unsafe { s2n_connection_get_master_secret(conn, secret.as_mut_ptr(), capacity) };
        Ok::<_, ScriptError>((status(result), secret))
    });
    let [client, server] = both;
    let ((client, client_secret), (server, server_secret)) = (client?, server?);
    let is_set = client_secret.iter().any(|&byte| byte != 0);
    Ok(format!(
        "{client} {server} same={} set={is_set}",
        client_secret == server_secret
    ))
}

/// Formats the groups of a config's policy.
fn groups(state: &State, config: &str, capacity: &str) -> Result<String, ScriptError> {
    let config = state.config(config)?;
    let mut groups = vec![0; number(capacity)?];
    let mut count = 77;
    // SAFETY: the config is live or null; the buffer has the length passed.
    let result = unsafe {
        let capacity = groups.len() as u16;
        s2n_config_get_supported_groups(config, groups.as_mut_ptr(), capacity, &raw mut count)
    };
    // After a failure the content of the buffer is unspecified.
    groups.truncate(count.into());
    Ok(format!("{} {count} {groups:?}", status(result)))
}

/// Checks whether a policy allows the parameters that a connection negotiated.
fn valid_for(state: &State, name: &str, policy: &str) -> Result<String, ScriptError> {
    let (conn, policy) = (state.conn_ptr(name)?, text(policy)?);
    // SAFETY: the connection is live or null, and so is the name.
    Ok(status(unsafe {
        s2n_connection_is_valid_for_cipher_preferences(conn, policy.ptr())
    }))
}

/// Sets extension data (OCSP response or SCT list) of the config's own chain.
fn extension_data(
    state: &State,
    config: &str,
    kind: &str,
    hex: &str,
) -> Result<String, ScriptError> {
    let (config, kind, data) = (state.config(config)?, number(kind)?, parse_hex(hex)?);
    // SAFETY: the config is live or null; the bytes are copied.
    Ok(status(unsafe {
        s2n_config_set_extension_data(config, kind, data.as_ptr(), data.len() as u32)
    }))
}
