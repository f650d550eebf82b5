//! Negotiated parameters of a connection.

use std::ffi::{CStr, c_char};
use std::fmt::Display;
use std::ptr;

use s2n_tls_sys::*;

use crate::format::{printable, status, summary};
use crate::io::last_error;
use crate::state::{ScriptError, State};

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    let [name] = args else { return None };
    let getter: fn(*mut s2n_connection) -> String = match verb {
        "negotiated" => all,
        "get_server_name" => server_name,
        "get_alpn" => application_protocol,
        "client_chain" => client_chain,
        "get_client_hello" => has_client_hello,
        _ => return None,
    };
    Some(state.conn_ptr(name).map(getter))
}

/// Formats all negotiated parameters, each as `name=value`.
pub fn all(conn: *mut s2n_connection) -> String {
    // SAFETY: the connection is live or null.
    let parameters = unsafe {
        [
            (
                "actual",
                count(s2n_connection_get_actual_protocol_version(conn)),
            ),
            (
                "client",
                count(s2n_connection_get_client_protocol_version(conn)),
            ),
            (
                "server",
                count(s2n_connection_get_server_protocol_version(conn)),
            ),
            (
                "hello",
                count(s2n_connection_get_client_hello_version(conn)),
            ),
            ("cipher", string(s2n_connection_get_cipher(conn))),
            ("iana", iana(conn)),
            ("curve", string(s2n_connection_get_curve(conn))),
            ("kem", string(s2n_connection_get_kem_group_name(conn))),
            ("group", group(conn)),
            ("alpn", application_protocol(conn)),
            ("name", server_name(conn)),
            ("resumed", count(s2n_connection_is_session_resumed(conn))),
            ("client_cert", count(s2n_connection_client_cert_used(conn))),
            ("client_chain", client_chain(conn)),
        ]
    };
    parameters
        .map(|(name, value)| format!("{name}={value}"))
        .join(" ")
}

fn count(value: impl Display + PartialEq<i32>) -> String {
    match value == -1 {
        true => format!("-1({})", last_error()),
        false => value.to_string(),
    }
}

/// Formats a string that the library returned.
pub fn string(text: *const c_char) -> String {
    match text.is_null() {
        true => "NULL".into(),
        // SAFETY: the library's strings live as long as the object that they belong to.
        false => printable(unsafe { CStr::from_ptr(text) }.to_bytes()),
    }
}

fn iana(conn: *mut s2n_connection) -> String {
    let (mut first, mut second) = (0, 0);
    // SAFETY: the connection is live or null, and so are the outputs.
    match unsafe { s2n_connection_get_cipher_iana_value(conn, &raw mut first, &raw mut second) } {
        -1 => format!("-1({})", last_error()),
        _ => format!("{first:02x}{second:02x}"),
    }
}

fn group(conn: *mut s2n_connection) -> String {
    let mut name = ptr::null();
    // SAFETY: the connection is live or null, and so is the output.
    match unsafe { s2n_connection_get_key_exchange_group(conn, &raw mut name) } {
        -1 => format!("-1({})", last_error()),
        _ => string(name),
    }
}

fn server_name(conn: *mut s2n_connection) -> String {
    // SAFETY: the connection is live or null.
    string(unsafe { s2n_get_server_name(conn) })
}

fn application_protocol(conn: *mut s2n_connection) -> String {
    // SAFETY: the connection is live or null.
    string(unsafe { s2n_get_application_protocol(conn) })
}

fn has_client_hello(conn: *mut s2n_connection) -> String {
    // SAFETY: the connection is live or null.
    match unsafe { s2n_connection_get_client_hello(conn) }.is_null() {
        true => "NULL".into(),
        false => "some".into(),
    }
}

/// Formats the client's chain, as the server's getter returns it.
fn client_chain(conn: *mut s2n_connection) -> String {
    let (mut bytes, mut len) = (ptr::null_mut(), 0);
    // SAFETY: the connection is live or null, and so are the outputs.
    match unsafe { s2n_connection_get_client_cert_chain(conn, &raw mut bytes, &raw mut len) } {
        -1 => status(-1).replace(' ', ":"),
        // SAFETY: the library returns `len` readable bytes.
        _ => summary(unsafe { std::slice::from_raw_parts(bytes, len as usize) }),
    }
}
