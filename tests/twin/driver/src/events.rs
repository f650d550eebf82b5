//! What the libraries say of the course of handshakes.

use std::ffi::c_void;
use std::ptr;

use s2n_tls_sys::*;

use crate::facts;
use crate::words::status;
use crate::world::{Mistake, World};

/// Stands for who is told; nothing of it is looked at.
static SUBSCRIBER: u8 = 0;

pub fn call(world: &mut World, verb: &str, words: &[&str]) -> Option<Result<String, Mistake>> {
    Some(match (verb, words) {
        ("events", [config]) => world.config(config).map(|config| {
            let subscriber = ptr::from_ref(&SUBSCRIBER).cast_mut().cast();
            listen(config, subscriber, Some(see_handshake))
        }),
        ("events", [config, "for_nobody"]) => world
            .config(config)
            .map(|config| listen(config, ptr::null_mut(), Some(see_handshake))),
        ("events", [config, "null"]) => world.config(config).map(|config| {
            let subscriber = ptr::from_ref(&SUBSCRIBER).cast_mut().cast();
            listen(config, subscriber, None)
        }),
        ("checkpoints", [config]) => world.config(config).map(|config| {
            // SAFETY: the config is live or null.
            status(unsafe { s2n_config_set_timing_checkpoint_cb(config, Some(see_checkpoint)) })
        }),
        ("checkpoints", [config, "null"]) => world.config(config).map(|config| {
            // SAFETY: the config is live or null.
            status(unsafe { s2n_config_set_timing_checkpoint_cb(config, None) })
        }),
        _ => return None,
    })
}

fn listen(
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

unsafe extern "C" fn see_handshake(
    conn: *mut s2n_connection,
    subscriber: *mut c_void,
    event: *mut s2n_event_handshake,
) {
    // SAFETY: the event lives during the call.
    let event = unsafe { &*event };
    let lasted = event.handshake_end_ns.checked_sub(event.handshake_start_ns);
    let expected = [
        (!subscriber.is_null(), "a subscriber"),
        (event.handshake_start_ns > 0, "a start"),
        (lasted >= Some(event.handshake_time_ns), "times that fit"),
    ];
    for (_, fact) in expected.iter().filter(|(holds, _)| !holds) {
        println!("  the event has not {fact}");
    }
    let [cipher, group, label] =
        [event.cipher, event.group, event.security_policy_label].map(facts::string);
    let end = side(conn);
    match event.error_code {
        0 => println!(
            "  {end} is done: version={} {cipher} {group} {label}",
            event.protocol_version
        ),
        error => {
            // SAFETY: any number has a name.
            let error = facts::string(unsafe { s2n_strerror_name(error) });
            println!("  {end} has failed: {error} {label}");
        }
    }
}

unsafe extern "C" fn see_checkpoint(
    conn: *mut s2n_connection,
    _: *mut c_void,
    checkpoint: *mut s2n_timing_checkpoint,
) {
    // SAFETY: the checkpoint lives during the call.
    let checkpoint = unsafe { &*checkpoint };
    let name = facts::string(checkpoint.name);
    let end = side(conn);
    let fits = checkpoint.timestamp_ns > 0 && u32::from(checkpoint.role) == u32::from(end == "c");
    // Of records s2n-tls has more, and a ChangeCipherSpec may come sooner.
    if !name.starts_with("RECORD_") && !name.ends_with("_CHANGE_CIPHER_SPEC") {
        println!("  {end} at {name}{}", if fits { "" } else { "?" });
    }
}

fn side(conn: *mut s2n_connection) -> &'static str {
    // SAFETY: a connection lives while its callback runs.
    match unsafe { s2n_connection_get_mode(conn) } {
        s2n_mode::CLIENT => "c",
        _ => "s",
    }
}
