//! Kernel TLS.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::ptr;

use s2n_tls_sys::*;

use crate::format::{number, status};
use crate::io::{Options, last_error};
use crate::state::{ScriptError, State};

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    Some(match (verb, args) {
        ("ktls_send", [conn]) => state
            .conn_ptr(conn)
            // SAFETY: the connection is live or null.
            .map(|conn| status(unsafe { s2n_connection_ktls_enable_send(conn) })),
        ("ktls_recv", [conn]) => state
            .conn_ptr(conn)
            // SAFETY: the connection is live or null.
            .map(|conn| status(unsafe { s2n_connection_ktls_enable_recv(conn) })),
        ("ktls_tls13", [config]) => state
            .config(config)
            // SAFETY: the config is live or null.
            .map(|config| status(unsafe { s2n_config_ktls_enable_unsafe_tls13(config) })),
        ("sendfile", [conn, offset, count, options @ ..]) => {
            sendfile(state, conn, (offset, count), options)
        }
        _ => return None,
    })
}

/// Sends a part of a file with other content than the stream of `send`.
fn sendfile(
    state: &State,
    conn: &str,
    (offset, count): (&str, &str),
    options: &[&str],
) -> Result<String, ScriptError> {
    let conn = state.conn_ptr(conn)?;
    let (offset, count) = (number(offset)?, number(count)?);
    let file = File::open("/proc/self/exe").map_err(|_| last_error())?;
    let (has_no_count, options): (Vec<&str>, Vec<&str>) =
        options.iter().partition(|option| **option == "nocount");
    let mut written = 77;
    let output = match has_no_count.is_empty() {
        true => &raw mut written,
        false => ptr::null_mut(),
    };
    let call = |blocked| {
        // SAFETY: the connection is live or null, the outputs are writable or null.
        let result =
            unsafe { s2n_sendfile(conn, file.as_raw_fd(), offset, count, output, blocked) };
        result as isize
    };
    let text = Options::new(&options)?.call(call).1;
    Ok(format!("{text} written={written}"))
}
