//! Handshake events and timing checkpoints.

// The names are those of the C API.
#![allow(non_camel_case_types)]

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use rs2n_core::base::Mode;
use rs2n_core::config::{Checkpoint, CheckpointCallback, HandshakeEvent, HandshakeEventCallback};
use rs2n_core::error::Code;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_config, s2n_connection};
use crate::ffi::connection::negotiated::{NO_CIPHER, NONE};
use crate::sys::callbacks::CEventCallback;

/// A completed or failed handshake. The strings are static. Times are in nanoseconds of the
/// system's monotonic clock since an unspecified starting point, independent of the clocks that are
/// set in the config.
#[derive(Debug)]
#[repr(C)]
pub struct s2n_event_handshake {
    /// `S2N_TLS12`, `S2N_TLS13`, ...: as `s2n_connection_get_actual_protocol_version()`.
    pub protocol_version: c_int,
    /// The cipher suite: as `s2n_connection_get_cipher()`.
    pub cipher: *const c_char,
    /// The key exchange group: as `s2n_connection_get_key_exchange_group()`, "NONE" before the
    /// handshake is complete.
    pub group: *const c_char,
    /// The security policy: the first of its names.
    pub security_policy_label: *const c_char,
    /// Time spent in `s2n_negotiate()`.
    pub handshake_time_ns: u64,
    /// Start time of the first call of `s2n_negotiate()`.
    pub handshake_start_ns: u64,
    /// End time of the last call of `s2n_negotiate()`.
    pub handshake_end_ns: u64,
    /// The value of `s2n_errno` of a failed handshake; 0 on success.
    pub error_code: c_int,
}

/// A timing checkpoint of a handshake.
#[derive(Debug)]
#[repr(C)]
pub struct s2n_timing_checkpoint {
    /// The operation that was completed, a static string: the name of a handshake message as
    /// returned by `s2n_connection_get_last_message_name()`, "RECORD_READ", "RECORD_WRITE",
    /// "NEGOTIATE_START" or "NEGOTIATE_END".
    pub name: *const c_char,
    /// `S2N_SERVER` or `S2N_CLIENT`.
    pub role: u8,
    /// Time of the checkpoint, by the clock of `s2n_event_handshake`.
    pub timestamp_ns: u64,
}

/// Receives an event for a completed or failed handshake.
pub type s2n_event_on_handshake_cb = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        subscriber: *mut c_void,
        event: *mut s2n_event_handshake,
    ),
>;

/// Receives a timing checkpoint of a handshake.
pub type s2n_event_on_timing_checkpoint_cb = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        subscriber: *mut c_void,
        checkpoint: *mut s2n_timing_checkpoint,
    ),
>;

/// Sets the subscriber of handshake events: the pointer that is passed to the event callbacks.
///
/// @param config The config
/// @param subscriber An arbitrary pointer, never dereferenced. While it is NULL or not set,
/// `s2n_config_set_handshake_event()` has no effect.
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_subscriber(
    config: *mut s2n_config,
    subscriber: *mut c_void,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_subscriber(subscriber.expose_provenance());
        Ok(())
    })
}

/// Sets a callback that is called once for each handshake: when it is complete, or when it has
/// failed with an error of a type other than `S2N_ERR_T_BLOCKED`.
///
/// The callback is called at the end of `s2n_negotiate()`, from the config that the connection has
/// at that time. It may use the connection, except that `s2n_negotiate()` fails with
/// `S2N_ERR_REENTRANCY`. The event is valid until the callback returns.
///
/// @param config The config
/// @param callback The callback; NULL removes it
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `callback` can be called with the config's subscriber, in any thread
/// that uses the config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_handshake_event(
    config: *mut s2n_config,
    callback: s2n_event_on_handshake_cb,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let callback = callback.map(|function| -> Arc<dyn HandshakeEventCallback> {
            Arc::new(CEventCallback::<s2n_connection, _> { function })
        });
        config.core.set_handshake_event_callback(callback);
        Ok(())
    })
}

/// Sets a callback for timing checkpoints, called within `s2n_negotiate()` when a handshake message
/// has been processed, sent or received. A checkpoint covers the part of the handshake since the
/// previous checkpoint. The callback receives the config's subscriber, or NULL if there is none.
///
/// For a config that the ClientHello callback selects, earlier checkpoints of the handshake are not
/// reported.
///
/// @param config The config
/// @param callback The callback
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `callback` can be called with the config's subscriber, in any thread
/// that uses the config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_timing_checkpoint_cb(
    config: *mut s2n_config,
    callback: s2n_event_on_timing_checkpoint_cb,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let function = callback.ok_or(Code::Null)?;
        let callback: Arc<dyn CheckpointCallback> =
            Arc::new(CEventCallback::<s2n_connection, _> { function });
        config.core.set_checkpoint_callback(callback);
        Ok(())
    })
}

impl From<&HandshakeEvent> for s2n_event_handshake {
    fn from(event: &HandshakeEvent) -> Self {
        Self {
            protocol_version: event.version.into(),
            cipher: event.cipher.unwrap_or(NO_CIPHER).as_ptr(),
            group: event.group.unwrap_or(NONE).as_ptr(),
            security_policy_label: event.policy.map_or(ptr::null(), |label| label.as_ptr()),
            handshake_time_ns: nanoseconds(event.spent),
            handshake_start_ns: nanoseconds(event.start),
            handshake_end_ns: nanoseconds(event.end),
            error_code: event.error,
        }
    }
}

impl From<&Checkpoint> for s2n_timing_checkpoint {
    fn from(checkpoint: &Checkpoint) -> Self {
        Self {
            name: checkpoint.name.as_ptr(),
            role: match checkpoint.mode {
                Mode::Server => 0,
                Mode::Client => 1,
            },
            timestamp_ns: nanoseconds(checkpoint.at),
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
