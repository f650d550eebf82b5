//! Session tickets of a config (RFC 5077; RFC 8446, 4.6.1).

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use rs2n_core::config::callbacks::TicketCallback;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::callbacks::s2n_session_ticket_fn;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::input;
use crate::ffi::abi::types::{s2n_config, s2n_connection, s2n_session_ticket};
use crate::sys::io::Context;
use crate::sys::session_callbacks::CSessionTicketCallback;

/// Enables or disables session tickets (RFC 5077; RFC 8446, 4.6.1). They are disabled by default: a
/// server sends no tickets, and a client discards the tickets that it receives. A server also
/// requires a ticket key, see `s2n_config_add_ticket_crypto_key()`.
///
/// @param config A config
/// @param enabled 0 disables session tickets; any other value enables them
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_session_tickets_onoff(
    config: *mut s2n_config,
    enabled: u8,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_tickets(enabled != 0);
        Ok(())
    })
}

/// Sets the period in which a server encrypts and decrypts session tickets with a ticket key, from
/// its introduction on. The default is 2 hours.
///
/// @param config A config
/// @param lifetime_in_secs The period in seconds
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_ticket_encrypt_decrypt_key_lifetime(
    config: *mut s2n_config,
    lifetime_in_secs: u64,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_ticket_encrypt_lifetime(lifetime_in_secs);
        Ok(())
    })
}

/// Sets the period in which a server still decrypts session tickets with a ticket key that no
/// longer encrypts them. The default is 13 hours.
///
/// @param config A config
/// @param lifetime_in_secs The period in seconds
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_ticket_decrypt_key_lifetime(
    config: *mut s2n_config,
    lifetime_in_secs: u64,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_ticket_decrypt_lifetime(lifetime_in_secs);
        Ok(())
    })
}

/// Adds a ticket key, with which a server encrypts and decrypts session tickets, and the entries of
/// its session cache. Who has the key can decrypt all sessions of its tickets: it must be random,
/// kept secret, and replaced every few hours. Of several keys that encrypt at a time, each ticket
/// has a random one, most likely one in the middle of its period.
///
/// A key may be added at any time, from any thread, also while connections use the config. Expired
/// keys are removed. While neither session tickets nor the session cache are enabled, keys are
/// ignored.
///
/// @param config A config
/// @param name The name of the key, which is sent unencrypted; copied
/// @param name_len Length of the name in bytes, at most 16
/// @param key Secret bytes from which the key is derived; copied
/// @param key_len Length of the secret in bytes
/// @param intro_time_in_seconds_from_epoch Time from which the key is used, in seconds since 1970;
/// 0 for the current time
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_TICKET_KEY_LENGTH` for an empty secret,
/// `S2N_ERR_INVALID_TICKET_KEY_NAME_OR_NAME_LENGTH` also for a name that another key has,
/// `S2N_ERR_TICKET_KEY_NOT_UNIQUE` if there is a key of the same secret,
/// `S2N_ERR_TICKET_KEY_LIMIT` if there are 48 keys, or `S2N_ERR_CANCELLED` if the wall clock fails
///
/// # Safety
///
/// `config` is NULL or live; `name` and `key` are NULL or readable for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_add_ticket_crypto_key(
    config: *mut s2n_config,
    name: *const u8,
    name_len: u32,
    key: *mut u8,
    key_len: u32,
    intro_time_in_seconds_from_epoch: u64,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call. A clock callback may free it.
        let config = unsafe { s2n_config::share(config) }?;
        // SAFETY: `name` is null or readable for its length for the whole call.
        let name = unsafe { input::required_bytes(name, name_len as usize) }?;
        // SAFETY: `key` is null or readable for its length for the whole call.
        let key = unsafe { input::required_bytes(key, key_len as usize) }?;
        let intro = Some(intro_time_in_seconds_from_epoch).filter(|&seconds| seconds != 0);
        config.core.add_ticket_key(name, key, intro)
    })
}

/// Sets whether a server and a client require forward secrecy of resumed sessions. In TLS 1.2 the
/// key of a ticket decrypts its sessions, so that no tickets are sent or used then.
///
/// @param config A config
/// @param enabled Whether forward secrecy is required
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_require_ticket_forward_secrecy(
    config: *mut s2n_config,
    enabled: bool,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_requires_forward_secrecy(enabled);
        Ok(())
    })
}

/// Sets the number of session tickets that a server sends after a TLS 1.3 handshake, and enables
/// session tickets. The default is 1. Connections have the number of the time when the config was
/// assigned to them.
///
/// @param config A config
/// @param num The number of tickets; 0 is 1 if session tickets were disabled
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_initial_ticket_count(
    config: *mut s2n_config,
    num: u8,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_initial_tickets(num);
        Ok(())
    })
}

/// Sets the callback that a client calls when a session ticket has arrived: in TLS 1.2 within
/// `s2n_negotiate()`, in TLS 1.3 within `s2n_recv()`.
///
/// @param config A config
/// @param callback The callback, which receives the ticket; the ticket is valid during the call.
/// It is called in any thread that uses the config. NULL removes it
/// @param ctx Passed to the callback; owned by the caller, and never dereferenced
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `callback` can be called with `ctx`, in any thread that uses the
/// config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_session_ticket_cb(
    config: *mut s2n_config,
    callback: s2n_session_ticket_fn,
    ctx: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let callback = callback.map(|function| -> Arc<dyn TicketCallback> {
            let context = Context(ctx);
            Arc::new(
                CSessionTicketCallback::<s2n_connection, s2n_session_ticket> { function, context },
            )
        });
        config.core.set_ticket_callback(callback);
        Ok(())
    })
}
