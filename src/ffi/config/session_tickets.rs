//! Session tickets (RFC 5077; RFC 8446, 4.6.1): not there yet.

use std::ffi::{c_int, c_void};

use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::pending::{Any, not_yet, off_is_fine};
use crate::ffi::abi::types::*;
use crate::tls::connection::Mode;
use crate::tls::error::Code;

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

/// Servers: asks for more tickets to be sent after a TLS 1.3 handshake.
///
/// @param conn A connection
/// @param num How many more
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_add_new_tickets_to_send(
    conn: *mut s2n_connection,
    num: u8,
) -> c_int {
    not_yet(&[&conn, &num])
}

/// Servers: tells how many tickets were sent: none, as tickets are not there yet.
///
/// @param conn A connection
/// @param num Set to 0
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_CLIENT_MODE` for a client
///
/// # Safety
///
/// `conn` is NULL or live; `num` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_tickets_sent(
    conn: *mut s2n_connection,
    num: *mut u16,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: the C caller's promise about `num`.
        let slot = unsafe { output::slot(num) }?;
        if conn.core.mode() == Mode::Client {
            return Err(Code::ClientMode)?;
        }
        slot.set(0);
        Ok(())
    })
}

/// Servers: sets for how long keying material of a TLS 1.3 session may be used in resumptions.
///
/// @param conn A connection
/// @param lifetime_in_secs Seconds
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_set_server_keying_material_lifetime(
    conn: *mut s2n_connection,
    lifetime_in_secs: u32,
) -> c_int {
    not_yet(&[&conn, &lifetime_in_secs])
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

/// Gives the size of a ticket, with the session that belongs to it.
///
/// @param ticket A ticket
/// @param data_len Set to a number of bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_session_ticket_get_data_len(
    ticket: *mut s2n_session_ticket,
    data_len: *mut usize,
) -> c_int {
    not_yet(&[&ticket, &data_len])
}

/// Gives a ticket, with the session that belongs to it, for `s2n_connection_set_session()`.
///
/// @param ticket A ticket
/// @param max_data_len Room in bytes
/// @param data Filled
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_session_ticket_get_data(
    ticket: *mut s2n_session_ticket,
    max_data_len: usize,
    data: *mut u8,
) -> c_int {
    not_yet(&[&ticket, &max_data_len, &data])
}

/// Gives for how long a session can be resumed.
///
/// @param ticket A ticket
/// @param session_lifetime Set to a number of seconds
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_session_ticket_get_lifetime(
    ticket: *mut s2n_session_ticket,
    session_lifetime: *mut u32,
) -> c_int {
    not_yet(&[&ticket, &session_lifetime])
}
