//! Authentication results of a handshake: signatures, certificates and exported keying material.

use std::ptr;

use s2n_tls_sys::*;

use crate::format::{number, status, summary, text};
use crate::io::last_error;
use crate::negotiated::string;
use crate::state::{ScriptError, State};

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    Some(match (verb, args) {
        // During a handshake the getters of the two libraries report different things.
        ("authentication" | "progress", [name]) if !state.is_complete(name) => {
            Ok("incomplete".into())
        }
        ("authentication", [name]) => state.conn_ptr(name).map(authentication),
        ("progress", [name]) => state.conn_ptr(name).map(progress),
        ("handshake_complete", [name]) => state.conn_ptr(name).map(|conn| {
            // SAFETY: the connection is live or null.
            unsafe { s2n_connection_handshake_complete(conn) }.to_string()
        }),
        ("key_type", [name, side, capacity]) => key_type(state, name, side, capacity),
        ("export", [label, context, len]) => export(state, label, context, len),
        _ => return None,
    })
}

impl State {
    fn is_complete(&self, name: &str) -> bool {
        self.conns.get(name).is_none_or(|conn| conn.base.is_some())
    }
}

/// A getter with a numeric output.
type Getter = unsafe extern "C" fn(*mut s2n_connection, *mut u32) -> i32;

fn authentication(conn: *mut s2n_connection) -> String {
    let number = |getter: Getter| {
        let mut value = 77;
        // SAFETY: the connection is live or null, and so is the output.
        match unsafe { getter(conn, &raw mut value) } {
            -1 => status(-1).replace(' ', ":"),
            _ => value.to_string(),
        }
    };
    let results = [
        ("scheme", scheme(conn)),
        (
            "signature",
            number(s2n_connection_get_selected_signature_algorithm),
        ),
        (
            "digest",
            number(s2n_connection_get_selected_digest_algorithm),
        ),
        (
            "client_signature",
            number(s2n_connection_get_selected_client_cert_signature_algorithm),
        ),
        (
            "client_digest",
            number(s2n_connection_get_selected_client_cert_digest_algorithm),
        ),
        ("match", number(s2n_connection_get_certificate_match)),
        ("selected", selected_chain(conn)),
        ("peer", peer_chain(conn)),
        ("server_key", key_name(conn, s2n_mode::SERVER, 64).0),
        ("client_key", key_name(conn, s2n_mode::CLIENT, 64).0),
        // SAFETY: the connection is live or null.
        (
            "ocsp",
            unsafe { s2n_connection_is_ocsp_stapled(conn) }.to_string(),
        ),
    ];
    results
        .map(|(name, value)| format!("{name}={value}"))
        .join(" ")
}

/// Formats the key type of a side, with a buffer of CAPACITY bytes; `nobuf` for none, and `nosize` for no size.
fn key_type(state: &State, name: &str, side: &str, capacity: &str) -> Result<String, ScriptError> {
    let conn = state.conn_ptr(name)?;
    let side = match side {
        "server" => s2n_mode::SERVER,
        "client" => s2n_mode::CLIENT,
        other => number(other)?,
    };
    // SAFETY: the connection is live or null, and so are the outputs.
    Ok(match capacity {
        "nobuf" => {
            let mut size = 64;
            status(unsafe {
                s2n_conn_get_signature_public_key_type(conn, side, ptr::null_mut(), &raw mut size)
            })
        }
        "nosize" => {
            let mut text = [0; 64];
            status(unsafe {
                s2n_conn_get_signature_public_key_type(
                    conn,
                    side,
                    text.as_mut_ptr(),
                    ptr::null_mut(),
                )
            })
        }
        _ => {
            let (name, size) = key_name(conn, side, number(capacity)?);
            format!("{name} size={size}")
        }
    })
}

/// Returns the key type of a side, or the error; and the reported size.
fn key_name(conn: *mut s2n_connection, side: s2n_mode::Type, capacity: u32) -> (String, u32) {
    let mut text = vec![0x55; capacity as usize + 1];
    let mut size = capacity;
    // SAFETY: the connection is live or null, and the buffer has at least the size passed.
    let result = unsafe {
        s2n_conn_get_signature_public_key_type(conn, side, text.as_mut_ptr(), &raw mut size)
    };
    match result {
        // SAFETY: on success the string is terminated within its size.
        0 => (string(text.as_ptr()), size),
        _ => (status(result).replace(' ', ":"), size),
    }
}

fn scheme(conn: *mut s2n_connection) -> String {
    let mut name = ptr::null();
    // SAFETY: the connection is live or null, and so is the output.
    match unsafe { s2n_connection_get_signature_scheme(conn, &raw mut name) } {
        -1 => status(-1).replace(' ', ":"),
        _ => string(name),
    }
}

/// Formats the chain that this side sent.
fn selected_chain(conn: *mut s2n_connection) -> String {
    // SAFETY: the connection is live or null.
    let chain = unsafe { s2n_connection_get_selected_cert(conn) };
    match chain.is_null() {
        true => format!("NULL:{}", last_error()),
        false => certificates(chain),
    }
}

/// Formats the chain that the peer sent.
fn peer_chain(conn: *mut s2n_connection) -> String {
    // SAFETY: the library was initialized.
    let chain = unsafe { s2n_cert_chain_and_key_new() };
    // SAFETY: the connection is live or null, the chain is live.
    let text = match unsafe { s2n_connection_get_peer_cert_chain(conn, chain) } {
        -1 => status(-1).replace(' ', ":"),
        _ => certificates(chain),
    };
    // SAFETY: live until now, with no other references.
    unsafe { s2n_cert_chain_and_key_free(chain) };
    text
}

fn certificates(chain: *mut s2n_cert_chain_and_key) -> String {
    let mut count = 0;
    // SAFETY: the chain is live, and so is the output.
    if unsafe { s2n_cert_chain_get_length(chain, &raw mut count) } != 0 {
        return last_error();
    }
    let one = |index| {
        let (mut cert, mut der, mut len) = (ptr::null_mut(), ptr::null(), 0);
        // SAFETY: the chain is live, and so are the outputs.
        let results = unsafe {
            s2n_cert_chain_get_cert(chain, &raw mut cert, index)
                | s2n_cert_get_der(cert, &raw mut der, &raw mut len)
        };
        match results {
            // SAFETY: the library returns `len` readable bytes.
            0 => summary(unsafe { std::slice::from_raw_parts(der, len as usize) }),
            _ => last_error(),
        }
    };
    let all: Vec<String> = (0..count).map(one).collect();
    all.join(",")
}

/// Formats the handshake type, the last message and the KEM.
fn progress(conn: *mut s2n_connection) -> String {
    // SAFETY: the connection is live or null.
    let (kind, message, kem) = unsafe {
        (
            string(s2n_connection_get_handshake_type_name(conn)),
            string(s2n_connection_get_last_message_name(conn)),
            string(s2n_connection_get_kem_name(conn)),
        )
    };
    format!("type={kind} message={message} kem={kem}")
}

/// Exports keying material from `c` and `s` and compares it.
fn export(state: &State, label: &str, context: &str, len: &str) -> Result<String, ScriptError> {
    let (label, context) = (text(label)?, text(context)?);
    let mut keys = Vec::new();
    let mut results = Vec::new();
    for name in ["c", "s"] {
        let mut key = vec![0xee_u8; number(len)?];
        // SAFETY: the connection is live, the strings and the buffer have the lengths passed.
        results.push(status(unsafe {
            s2n_connection_tls_exporter(
                state.conn_ptr(name)?,
                label.ptr().cast(),
                label.len() as u32,
                context.ptr().cast(),
                context.len() as u32,
                key.as_mut_ptr(),
                key.len() as u32,
            )
        }));
        keys.push(key);
    }
    let same = keys[0] == keys[1] && keys[0].iter().any(|&byte| byte != 0xee);
    Ok(format!("{} same={same}", results.join(" ")))
}
