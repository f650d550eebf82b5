//! Who proved what in a handshake, and how.

use std::ptr;

use s2n_tls_sys::*;

use crate::calls::failure;
use crate::facts::string;
use crate::words::{number, short, status, text};
use crate::world::{Mistake, World};

pub fn call(world: &mut World, verb: &str, words: &[&str]) -> Option<Result<String, Mistake>> {
    Some(match (verb, words) {
        // In the middle of a handshake the two know different things.
        ("evidence" | "progress", [name]) if !world.is_complete(name) => Ok("incomplete".into()),
        ("evidence", [name]) => world.conn_ptr(name).map(evidence),
        ("progress", [name]) => world.conn_ptr(name).map(progress),
        ("export", [label, context, len]) => export(world, label, context, len),
        _ => return None,
    })
}

impl World {
    fn is_complete(&self, name: &str) -> bool {
        self.conns.get(name).is_none_or(|conn| conn.base.is_some())
    }
}

/// A getter that puts a number into a place.
type Getter = unsafe extern "C" fn(*mut s2n_connection, *mut u32) -> i32;

fn evidence(conn: *mut s2n_connection) -> String {
    let number = |getter: Getter| {
        let mut value = 77;
        // SAFETY: the connection is live or null, and so is the place.
        match unsafe { getter(conn, &raw mut value) } {
            -1 => status(-1).replace(' ', ":"),
            _ => value.to_string(),
        }
    };
    let evidence = [
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
        ("shown", shown(conn)),
        ("peer", peer(conn)),
        // SAFETY: the connection is live or null.
        (
            "ocsp",
            unsafe { s2n_connection_is_ocsp_stapled(conn) }.to_string(),
        ),
    ];
    evidence
        .map(|(name, value)| format!("{name}={value}"))
        .join(" ")
}

fn scheme(conn: *mut s2n_connection) -> String {
    let mut name = ptr::null();
    // SAFETY: the connection is live or null, and so is the place.
    match unsafe { s2n_connection_get_signature_scheme(conn, &raw mut name) } {
        -1 => status(-1).replace(' ', ":"),
        _ => string(name),
    }
}

/// The chain that this side showed.
fn shown(conn: *mut s2n_connection) -> String {
    // SAFETY: the connection is live or null.
    let chain = unsafe { s2n_connection_get_selected_cert(conn) };
    match chain.is_null() {
        true => format!("NULL:{}", failure()),
        false => certificates(chain),
    }
}

/// The chain that the other side showed.
fn peer(conn: *mut s2n_connection) -> String {
    // SAFETY: the library was initialized.
    let chain = unsafe { s2n_cert_chain_and_key_new() };
    // SAFETY: the connection is live or null, the chain is live.
    let text = match unsafe { s2n_connection_get_peer_cert_chain(conn, chain) } {
        -1 => status(-1).replace(' ', ":"),
        _ => certificates(chain),
    };
    // SAFETY: live until now, and nobody else knows it.
    unsafe { s2n_cert_chain_and_key_free(chain) };
    text
}

fn certificates(chain: *mut s2n_cert_chain_and_key) -> String {
    let mut count = 0;
    // SAFETY: the chain is live, and so is the place.
    if unsafe { s2n_cert_chain_get_length(chain, &raw mut count) } != 0 {
        return failure();
    }
    let one = |index| {
        let (mut cert, mut der, mut len) = (ptr::null_mut(), ptr::null(), 0);
        // SAFETY: the chain is live, and so are the places.
        let results = unsafe {
            s2n_cert_chain_get_cert(chain, &raw mut cert, index)
                | s2n_cert_get_der(cert, &raw mut der, &raw mut len)
        };
        match results {
            // SAFETY: the library says how many bytes there are.
            0 => short(unsafe { std::slice::from_raw_parts(der, len as usize) }),
            _ => failure(),
        }
    };
    let all: Vec<String> = (0..count).map(one).collect();
    all.join(",")
}

/// Where a handshake stands.
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

/// Keying material of `c` and `s`: whether it is the same.
fn export(world: &World, label: &str, context: &str, len: &str) -> Result<String, Mistake> {
    let (label, context) = (text(label)?, text(context)?);
    let mut keys = Vec::new();
    let mut results = Vec::new();
    for name in ["c", "s"] {
        let mut key = vec![0xee_u8; number(len)?];
        // SAFETY: the connection is live, the strings and the room are as long as they say.
        results.push(status(unsafe {
            s2n_connection_tls_exporter(
                world.conn_ptr(name)?,
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
    let alike = keys[0] == keys[1] && keys[0].iter().any(|&byte| byte != 0xee);
    Ok(format!("{} alike={alike}", results.join(" ")))
}
