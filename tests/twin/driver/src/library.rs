//! The library as a whole, and what s2n-tls exports without a public header.

use std::ffi::{CStr, c_int};
use std::ptr;

use s2n_tls_sys::*;

use crate::calls::{Options, failure};
use crate::words::status;
use crate::world::{Mistake, World};

pub fn call(world: &mut World, verb: &str, words: &[&str]) -> Option<Result<String, Mistake>> {
    Some(match (verb, words) {
        ("library", []) => Ok(library()),
        ("alerts", []) => Ok(alerts()),
        ("attached", [name]) => world.conn_ptr(name).map(|conn| attached(world, conn)),
        ("flush", [name, options @ ..]) => flush(world, name, options),
        ("nothing", [name]) => world.conn_ptr(name).map(nothing),
        _ => return None,
    })
}

/// What can be asked and done after the start.
fn library() -> String {
    let mut fips = s2n_fips_mode::FIPS_MODE_ENABLED;
    // SAFETY: nothing is needed but the place.
    let answers = unsafe {
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
    answers.join(" ")
}

/// The alert of each error that has one, and how many have none.
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
        // SAFETY: any number may be asked for.
        match unsafe { s2n_error_get_alert(number, &raw mut alert) } {
            0 => answers.push(format!("{name}={alert}")),
            _ => without += 1,
        }
    }
    format!("{} none={without} {}", answers.join(" "), failure())
}

/// Which config a connection says that it has.
fn attached(world: &World, conn: *mut s2n_connection) -> String {
    let mut config = ptr::null_mut();
    // SAFETY: the connection is live or null.
    let result = unsafe { s2n_connection_get_config(conn, &raw mut config) };
    let name = ["cc", "sc"]
        .into_iter()
        .find(|name| world.config(name) == Ok(config) && !config.is_null());
    format!("{} {}", status(result), name.unwrap_or("another"))
}

fn flush(world: &World, name: &str, options: &[&str]) -> Result<String, Mistake> {
    let conn = world.conn_ptr(name)?;
    let options = Options::new(options)?;
    // SAFETY: the connection is live or null, and so is the place.
    let (_, text) = options.call(|blocked| unsafe { s2n_flush(conn, blocked) } as isize);
    Ok(text)
}

/// What tells of features that nobody has turned on.
fn nothing(conn: *mut s2n_connection) -> String {
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
