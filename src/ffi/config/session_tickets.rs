//! Session tickets of a config (RFC 5077; RFC 8446, 4.6.1): not implemented yet.

use std::ffi::{c_int, c_void};

use crate::ffi::abi::callbacks::s2n_session_ticket_fn;
use crate::ffi::abi::pending::{Any, not_yet, off_is_fine};
use crate::ffi::abi::types::s2n_config;

/// Turns session tickets on or off. They are off: a server sends none, and a client does not keep
/// those that it gets.
///
/// @param config A config
/// @param enabled 0 for off
/// @returns 0 for off; otherwise -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not
/// there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_session_tickets_onoff(
    config: *mut s2n_config,
    enabled: u8,
) -> c_int {
    off_is_fine(&config, enabled != 0)
}

/// Servers: sets for how long a key encrypts tickets.
///
/// @param config A config
/// @param lifetime_in_secs Seconds
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_ticket_encrypt_decrypt_key_lifetime(
    config: *mut s2n_config,
    lifetime_in_secs: u64,
) -> c_int {
    not_yet(&[&config, &lifetime_in_secs])
}

/// Servers: sets for how long a key that encrypts no more still decrypts tickets.
///
/// @param config A config
/// @param lifetime_in_secs Seconds
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_ticket_decrypt_key_lifetime(
    config: *mut s2n_config,
    lifetime_in_secs: u64,
) -> c_int {
    not_yet(&[&config, &lifetime_in_secs])
}

/// Servers: adds a key for tickets.
///
/// @param config A config
/// @param name The name of the key, which is sent in the clear; copied
/// @param name_len Its length in bytes, at most 16
/// @param key Secret bytes from which the key is derived; copied
/// @param key_len Their length in bytes
/// @param intro_time_in_seconds_from_epoch From when the key counts, in seconds since 1970; 0 for
/// now
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_add_ticket_crypto_key(
    config: *mut s2n_config,
    name: *const u8,
    name_len: u32,
    key: *mut u8,
    key_len: u32,
    intro_time_in_seconds_from_epoch: u64,
) -> c_int {
    not_yet(&[
        &config,
        &name,
        &name_len,
        &key,
        &key_len,
        &intro_time_in_seconds_from_epoch,
    ])
}

/// Servers: sets whether only sessions with forward secrecy are resumed in TLS 1.2.
///
/// @param config A config
/// @param enabled Whether they must have it
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_require_ticket_forward_secrecy(
    config: *mut s2n_config,
    enabled: bool,
) -> c_int {
    not_yet(&[&config, &enabled])
}

/// Servers: sets how many tickets follow a TLS 1.3 handshake, and turns tickets on.
///
/// @param config A config
/// @param num A number of tickets
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_initial_ticket_count(config: *mut s2n_config, num: u8) -> c_int {
    not_yet(&[&config, &num])
}

/// Clients: sets who is told of a ticket that came.
///
/// @param config A config
/// @param callback Gets the ticket, which lives as long as the call
/// @param ctx Handed to the callback; never followed
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_session_ticket_cb(
    config: *mut s2n_config,
    callback: s2n_session_ticket_fn,
    ctx: *mut c_void,
) -> c_int {
    not_yet(&[&config, &callback, &Any(ctx)])
}
