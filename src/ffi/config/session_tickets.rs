//! Session tickets of a config (RFC 5077; RFC 8446, 4.6.1): not implemented yet.

use std::ffi::{c_int, c_void};

use crate::ffi::abi::callbacks::s2n_session_ticket_fn;
use crate::ffi::abi::pending::{Any, only_disabled, unimplemented};
use crate::ffi::abi::types::s2n_config;

/// Enables or disables session tickets (RFC 5077; RFC 8446, 4.6.1). They are disabled: a server
/// sends no tickets, and a client discards the tickets that it receives. Enabling them is not
/// implemented yet.
///
/// @param config A config
/// @param enabled 0 disables session tickets; any other value enables them
/// @returns 0 for 0; otherwise -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_session_tickets_onoff(
    config: *mut s2n_config,
    enabled: u8,
) -> c_int {
    only_disabled(&config, enabled != 0)
}

/// Sets the period in which a server encrypts and decrypts session tickets with a ticket key. Not
/// implemented yet.
///
/// @param config A config
/// @param lifetime_in_secs The period in seconds
/// @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_ticket_encrypt_decrypt_key_lifetime(
    config: *mut s2n_config,
    lifetime_in_secs: u64,
) -> c_int {
    unimplemented(&[&config, &lifetime_in_secs])
}

/// Sets the period in which a server still decrypts session tickets with a ticket key that no
/// longer encrypts them. Not implemented yet.
///
/// @param config A config
/// @param lifetime_in_secs The period in seconds
/// @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_ticket_decrypt_key_lifetime(
    config: *mut s2n_config,
    lifetime_in_secs: u64,
) -> c_int {
    unimplemented(&[&config, &lifetime_in_secs])
}

/// Adds a ticket key, with which a server encrypts and decrypts session tickets. Not implemented
/// yet.
///
/// @param config A config
/// @param name The name of the key, which is sent unencrypted; copied
/// @param name_len Length of the name in bytes, at most 16
/// @param key Secret bytes from which the key is derived; copied
/// @param key_len Length of the secret in bytes
/// @param intro_time_in_seconds_from_epoch Time from which the key is used, in seconds since 1970;
/// 0 for the current time
/// @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_add_ticket_crypto_key(
    config: *mut s2n_config,
    name: *const u8,
    name_len: u32,
    key: *mut u8,
    key_len: u32,
    intro_time_in_seconds_from_epoch: u64,
) -> c_int {
    unimplemented(&[
        &config,
        &name,
        &name_len,
        &key,
        &key_len,
        &intro_time_in_seconds_from_epoch,
    ])
}

/// Sets whether a server resumes only sessions with forward secrecy in TLS 1.2. Not implemented
/// yet.
///
/// @param config A config
/// @param enabled Whether forward secrecy is required
/// @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_require_ticket_forward_secrecy(
    config: *mut s2n_config,
    enabled: bool,
) -> c_int {
    unimplemented(&[&config, &enabled])
}

/// Sets the number of session tickets that a server sends after a TLS 1.3 handshake, and enables
/// session tickets. Not implemented yet.
///
/// @param config A config
/// @param num The number of tickets
/// @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_initial_ticket_count(config: *mut s2n_config, num: u8) -> c_int {
    unimplemented(&[&config, &num])
}

/// Sets the callback that a client calls when a session ticket has arrived. Not implemented yet.
///
/// @param config A config
/// @param callback The callback, which receives the ticket; the ticket is valid during the call
/// @param ctx Passed to the callback; owned by the caller, and never dereferenced
/// @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_session_ticket_cb(
    config: *mut s2n_config,
    callback: s2n_session_ticket_fn,
    ctx: *mut c_void,
) -> c_int {
    unimplemented(&[&config, &callback, &Any(ctx)])
}
