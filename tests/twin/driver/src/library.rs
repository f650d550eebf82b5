//! Global functions, and functions that s2n-tls exports without a public header.

use std::ffi::{CStr, c_int};
use std::ptr;

use s2n_tls_sys::*;

use crate::format::status;
use crate::io::{Options, last_error};
use crate::state::{ScriptError, State};

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    Some(match (verb, args) {
        ("library", []) => Ok(library()),
        ("alerts", []) => Ok(alerts()),
        ("get_config", [name]) => state.conn_ptr(name).map(|conn| get_config(state, conn)),
        ("flush", [name, options @ ..]) => flush(state, name, options),
        ("unused_features", [name]) => state.conn_ptr(name).map(unused_features),
        _ => return None,
    })
}

/// Calls the global functions after initialization.
fn library() -> String {
    let mut fips = s2n_fips_mode::FIPS_MODE_ENABLED;
    // SAFETY: the only pointer is a live output.
    let results = unsafe {
        [
            status(s2n_get_fips_mode(&raw mut fips)),
            format!("fips={fips}"),
            format!("openssl={:x}", s2n_get_openssl_version()),
            status(s2n_init()),
            status(s2n_cleanup()),
            status(s2n_disable_atexit()),
            status(s2n_crypto_disable_init()),
            status(s2n_mem_set_callbacks(None, None, None, None)),
            status(s2n_rand_set_callbacks(None, None, None, None)),
        ]
    };
    results.join(" ")
}

/// Formats the alert of each error that has one, and the number of errors without one.
fn alerts() -> String {
    let mut answers = Vec::new();
    let mut without = 0;
    for number in (0..8).flat_map(|kind| (0..128).map(move |index| (kind << 26) | index)) {
        // SAFETY: any number has a name.
        let name = unsafe { CStr::from_ptr(s2n_strerror_name(number)) };
        let name = name.to_string_lossy();
        if !name.starts_with("S2N_ERR_") {
            continue;
        }
        let mut alert = 0;
        // SAFETY: any number is accepted; the output is live.
        match unsafe { s2n_error_get_alert(number, &raw mut alert) } {
            0 => answers.push(format!("{name}={alert}")),
            _ => without += 1,
        }
    }
    format!("{} none={without} {}", answers.join(" "), last_error())
}

/// Formats the name of the config that a connection reports.
fn get_config(state: &State, conn: *mut s2n_connection) -> String {
    let mut config = ptr::null_mut();
    // SAFETY: the connection is live or null.
    let result = unsafe { s2n_connection_get_config(conn, &raw mut config) };
    let name = ["cc", "sc"]
        .into_iter()
        .find(|name| state.config(name) == Ok(config) && !config.is_null());
    format!("{} {}", status(result), name.unwrap_or("another"))
}

fn flush(state: &State, name: &str, options: &[&str]) -> Result<String, ScriptError> {
    let conn = state.conn_ptr(name)?;
    let options = Options::new(options)?;
    // SAFETY: the connection is live or null, and so is the output.
    let (_, text) = options.call(|blocked| unsafe { s2n_flush(conn, blocked) } as isize);
    Ok(text)
}

/// Calls the getters of features that are not enabled.
fn unused_features(conn: *mut s2n_connection) -> String {
    let (mut tickets, mut identity) = (77, 77);
    // SAFETY: the connection is live or null.
    let answers: [(&str, c_int); 6] = unsafe {
        [
            ("session", s2n_connection_get_session_length(conn)),
            (
                "hint",
                s2n_connection_get_session_ticket_lifetime_hint(conn),
            ),
            (
                "tickets",
                s2n_connection_get_tickets_sent(conn, &raw mut tickets),
            ),
            (
                "psk",
                s2n_connection_get_negotiated_psk_identity_length(conn, &raw mut identity),
            ),
            ("resumed", s2n_connection_is_session_resumed(conn)),
            ("quic", s2n_connection_is_quic_enabled(conn).into()),
        ]
    };
    let mut text = String::new();
    for (name, answer) in answers {
        text += &format!("{name}={answer} ");
    }
    // SAFETY: the connection is live or null.
    let enabled = unsafe { s2n_connection_are_session_tickets_enabled(conn) };
    text + &format!("sent={tickets} identity={identity} enabled={enabled}")
}
