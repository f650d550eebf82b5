//! Early data: its limits and status, and the application's decision.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::c_int;
use std::ptr;

use s2n_tls_sys::*;

use crate::format::{Buffer, number, printable, status};
use crate::negotiated::string;
use crate::objects::Target;
use crate::psks;
use crate::state::{ScriptError, State};

/// The result of a callback, and its actions on the offer.
type Decision = (c_int, Vec<String>);

thread_local! {
    /// The callbacks of this script. A callback has no context, so that its config identifies it.
    static DECISIONS: RefCell<BTreeMap<*mut s2n_config, Decision>> =
        const { RefCell::new(BTreeMap::new()) };

    /// The offer of the last callback, which is live as long as its connection.
    static OFFER: Cell<*mut s2n_offered_early_data> = const { Cell::new(ptr::null_mut()) };
}

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    Some(match (verb, args) {
        ("max_early_data", [target, size]) => set_max(state, target, size),
        ("early_context", [conn, bytes, len @ ..]) => set_context(state, conn, bytes, len),
        ("early_cb", [config, result, actions @ ..]) => {
            set_callback(state, config, result, actions)
        }
        ("offer", [action]) => Ok(act(OFFER.get(), action)),
        ("offer_null", [action]) => Ok(act(ptr::null_mut(), action)),
        ("early_data", [conn]) => state.conn_ptr(conn).map(describe),
        ("early_data", [conn, "noout"]) => state.conn_ptr(conn).map(without_outputs),
        ("message", [conn]) => state.conn_ptr(conn).map(message),
        _ => return None,
    })
}

/// Forgets the callbacks of an earlier script.
pub fn reset() {
    DECISIONS.take();
    OFFER.set(ptr::null_mut());
}

fn set_max(state: &State, target: &str, size: &str) -> Result<String, ScriptError> {
    let size = number(size)?;
    // SAFETY: config and connection are live or null.
    Ok(status(unsafe {
        match state.target(target)? {
            Target::Config(config) => s2n_config_set_server_max_early_data_size(config, size),
            Target::Conn(conn) => s2n_connection_set_server_max_early_data_size(conn, size),
        }
    }))
}

fn set_context(
    state: &State,
    conn: &str,
    bytes: &str,
    len: &[&str],
) -> Result<String, ScriptError> {
    let (conn, buffer) = (state.conn_ptr(conn)?, Buffer::new(bytes, len)?);
    let (bytes, len) = (buffer.ptr(), buffer.len());
    // SAFETY: the connection is live or null; the bytes are readable for `len` bytes, or null.
    Ok(status(unsafe {
        s2n_connection_set_server_early_data_context(conn, bytes, len)
    }))
}

/// Formats status, remaining and maximum size of the early data of a connection.
pub fn describe(conn: *mut s2n_connection) -> String {
    let (mut progress, mut remaining, mut max) = (77, 77, 77);
    // SAFETY: the connection is live or null.
    let results = unsafe {
        [
            status(s2n_connection_get_early_data_status(
                conn,
                &raw mut progress,
            )),
            status(s2n_connection_get_remaining_early_data_size(
                conn,
                &raw mut remaining,
            )),
            status(s2n_connection_get_max_early_data_size(conn, &raw mut max)),
        ]
    };
    let progress = match progress {
        s2n_early_data_status_t::OK => "OK",
        s2n_early_data_status_t::NOT_REQUESTED => "NOT_REQUESTED",
        s2n_early_data_status_t::REJECTED => "REJECTED",
        s2n_early_data_status_t::END => "END",
        _ => "unknown",
    };
    let [first, second, third] = results;
    format!("{first} {progress} remaining={second} {remaining} max={third} {max}")
}

fn without_outputs(conn: *mut s2n_connection) -> String {
    // SAFETY: the connection is live or null.
    let results = unsafe {
        [
            s2n_connection_get_early_data_status(conn, ptr::null_mut()),
            s2n_connection_get_remaining_early_data_size(conn, ptr::null_mut()),
            s2n_connection_get_max_early_data_size(conn, ptr::null_mut()),
        ]
    };
    results.map(status).join(" ")
}

/// Formats the last message, also before the handshake is complete.
fn message(conn: *mut s2n_connection) -> String {
    // SAFETY: the connection is live or null.
    string(unsafe { s2n_connection_get_last_message_name(conn) })
}

/// `early_cb CFG RESULT ACTION...`, or `null`.
fn set_callback(
    state: &State,
    config: &str,
    result: &str,
    actions: &[&str],
) -> Result<String, ScriptError> {
    let config = state.config(config)?;
    let callback: s2n_early_data_cb = match result {
        "null" => None,
        _ => {
            let actions = actions.iter().map(|&word| word.to_owned()).collect();
            let decision = (number(result)?, actions);
            DECISIONS.with_borrow_mut(|all| all.insert(config, decision));
            Some(on_offer)
        }
    };
    // SAFETY: the config is live or null.
    Ok(status(unsafe {
        s2n_config_set_early_data_cb(config, callback)
    }))
}

unsafe extern "C" fn on_offer(
    conn: *mut s2n_connection,
    offer: *mut s2n_offered_early_data,
) -> c_int {
    OFFER.set(offer);
    let mut config = ptr::null_mut();
    // SAFETY: the connection is live.
    unsafe { s2n_connection_get_config(conn, &raw mut config) };
    let decision = DECISIONS.with_borrow(|all| all.get(&config).cloned());
    let (result, actions) = decision.unwrap_or_default();
    println!("  early data callback");
    for action in actions {
        let outcome = match action.as_str() {
            "early_data" => describe(conn),
            "used" => psks::used(conn),
            _ => act(offer, &action),
        };
        println!("  {action} => {outcome}");
    }
    result
}

/// Performs a call on an offer, which may be NULL.
fn act(offer: *mut s2n_offered_early_data, action: &str) -> String {
    // SAFETY: the offer is live or null.
    unsafe {
        match action {
            "accept" => status(s2n_offered_early_data_accept(offer)),
            "reject" => status(s2n_offered_early_data_reject(offer)),
            "context" => context(offer, usize::MAX),
            "context_nobuf" => {
                let out = ptr::null_mut();
                let first = status(s2n_offered_early_data_get_context_length(
                    offer,
                    ptr::null_mut(),
                ));
                let second = status(s2n_offered_early_data_get_context(offer, out, 1000));
                format!("{first} {second}")
            }
            _ => match action.strip_prefix("context:").map(number) {
                Some(Ok(capacity)) => context(offer, capacity),
                _ => format!("SCRIPT ERROR: unknown action {action}"),
            },
        }
    }
}

/// Formats the context of an offer, which is copied into a buffer of at most this size.
fn context(offer: *mut s2n_offered_early_data, capacity: usize) -> String {
    let mut len = 777;
    let mut bytes = vec![0; 0xffff];
    let capacity = u16::try_from(capacity).unwrap_or(u16::MAX);
    // SAFETY: the offer is live or null; the buffer has room for `capacity` bytes.
    let (first, second) = unsafe {
        let first = s2n_offered_early_data_get_context_length(offer, &raw mut len);
        let first = status(first);
        let out = bytes.as_mut_ptr();
        (
            first,
            s2n_offered_early_data_get_context(offer, out, capacity),
        )
    };
    let bytes = match second {
        0 => printable(&bytes[..len.into()]),
        _ => String::new(),
    };
    format!("{first} {len} {} {bytes}", status(second))
}
