//! Handshake events and timing checkpoints.

use std::ffi::c_void;
use std::ptr;

use s2n_tls_sys::*;

use crate::format::status;
use crate::negotiated;
use crate::state::{ScriptError, State};

/// Subscriber of handshake events; it is never dereferenced.
static SUBSCRIBER: u8 = 0;

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    Some(match (verb, args) {
        ("events", [config]) => state.config(config).map(|config| {
            let subscriber = ptr::from_ref(&SUBSCRIBER).cast_mut().cast();
            subscribe(config, subscriber, Some(on_handshake))
        }),
        ("events", [config, "null_subscriber"]) => state
            .config(config)
            .map(|config| subscribe(config, ptr::null_mut(), Some(on_handshake))),
        ("events", [config, "null"]) => state.config(config).map(|config| {
            let subscriber = ptr::from_ref(&SUBSCRIBER).cast_mut().cast();
            subscribe(config, subscriber, None)
        }),
        ("checkpoints", [config]) => state.config(config).map(|config| {
            // SAFETY: the config is live or null.
            status(unsafe { s2n_config_set_timing_checkpoint_cb(config, Some(on_checkpoint)) })
        }),
        ("checkpoints", [config, "null"]) => state.config(config).map(|config| {
            // SAFETY: the config is live or null.
            status(unsafe { s2n_config_set_timing_checkpoint_cb(config, None) })
        }),
        _ => return None,
    })
}

fn subscribe(
    config: *mut s2n_config,
    subscriber: *mut c_void,
    callback: s2n_event_on_handshake_cb,
) -> String {
    // SAFETY: the config is live or null.
    let results = unsafe {
        [
            s2n_config_set_subscriber(config, subscriber),
            s2n_config_set_handshake_event(config, callback),
        ]
    };
    results.map(status).join(" ")
}

unsafe extern "C" fn on_handshake(
    conn: *mut s2n_connection,
    subscriber: *mut c_void,
    event: *mut s2n_event_handshake,
) {
    // SAFETY: the event lives during the call.
    let event = unsafe { &*event };
    let lasted = event.handshake_end_ns.checked_sub(event.handshake_start_ns);
    let expected = [
        (!subscriber.is_null(), "subscriber"),
        (event.handshake_start_ns > 0, "handshake_start_ns"),
        (lasted >= Some(event.handshake_time_ns), "handshake_time_ns"),
    ];
    for (_, field) in expected.iter().filter(|(holds, _)| !holds) {
        println!("  invalid event: {field}");
    }
    let [cipher, group, label] =
        [event.cipher, event.group, event.security_policy_label].map(negotiated::string);
    let side = side(conn);
    match event.error_code {
        0 => println!(
            "  {side} complete: version={} {cipher} {group} {label}",
            event.protocol_version
        ),
        error => {
            // SAFETY: any number has a name.
            let error = negotiated::string(unsafe { s2n_strerror_name(error) });
            println!("  {side} failed: {error} {label}");
        }
    }
}

unsafe extern "C" fn on_checkpoint(
    conn: *mut s2n_connection,
    _: *mut c_void,
    checkpoint: *mut s2n_timing_checkpoint,
) {
    // SAFETY: the checkpoint lives during the call.
    let checkpoint = unsafe { &*checkpoint };
    let name = negotiated::string(checkpoint.name);
    let side = side(conn);
    let is_valid =
        checkpoint.timestamp_ns > 0 && u32::from(checkpoint.role) == u32::from(side == "c");
    // s2n-tls reports more records, and a ChangeCipherSpec may be sent earlier.
    if !name.starts_with("RECORD_") && !name.ends_with("_CHANGE_CIPHER_SPEC") {
        println!("  {side} at {name}{}", if is_valid { "" } else { "?" });
    }
}

fn side(conn: *mut s2n_connection) -> &'static str {
    // SAFETY: a connection lives while its callback runs.
    match unsafe { s2n_connection_get_mode(conn) } {
        s2n_mode::CLIENT => "c",
        _ => "s",
    }
}
