//! Callback types that `s2n.h` declares.

// The names of the C API.
#![allow(non_camel_case_types)]

use std::ffi::{c_char, c_int, c_void};

use crate::ffi::abi::types::{
    s2n_async_pkey_op, s2n_cert_chain_and_key, s2n_connection, s2n_offered_early_data,
    s2n_offered_psk_list, s2n_session_ticket,
};

/// Returns the current time of a clock. The first parameter is the context of the clock; the second
/// is set to the time in nanoseconds.
///
/// @returns 0 for success, another value for failure
pub type s2n_clock_time_nanoseconds = Option<unsafe extern "C" fn(*mut c_void, *mut u64) -> c_int>;

/// Retrieves a session from the application's session cache. The second parameter is the context of
/// the callback. A server calls it within `s2n_negotiate()`.
///
/// @param conn The connection
/// @param key The session identifier, valid during the call
/// @param key_size Length of the identifier in bytes
/// @param value Buffer for the session, as it was stored
/// @param value_size Size of the buffer in bytes; set to the length of the session
/// @returns 0 for success, `S2N_CALLBACK_BLOCKED` if the cache has not answered yet, another value
/// less than 0 if there is no such session
pub type s2n_cache_retrieve_callback = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        *mut c_void,
        key: *const c_void,
        key_size: u64,
        value: *mut c_void,
        value_size: *mut u64,
    ) -> c_int,
>;

/// Stores a session in the application's session cache. The second parameter is the context of the
/// callback. A server calls it within `s2n_negotiate()`. The return value is ignored.
///
/// @param conn The connection
/// @param ttl_in_seconds Lifetime of the session in seconds
/// @param key The session identifier, valid during the call
/// @param key_size Length of the identifier in bytes
/// @param value The session, valid during the call
/// @param value_size Length of the session in bytes
/// @returns 0 for success, less than 0 for failure
pub type s2n_cache_store_callback = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        *mut c_void,
        ttl_in_seconds: u64,
        key: *const c_void,
        key_size: u64,
        value: *const c_void,
        value_size: u64,
    ) -> c_int,
>;

/// Removes a session from the application's session cache. The second parameter is the context of
/// the callback. It is called after an error of the connection, within the call that fails. The
/// return value is ignored.
///
/// @param conn The connection
/// @param key The session identifier, valid during the call
/// @param key_size Length of the identifier in bytes
/// @returns 0 for success, less than 0 for failure
pub type s2n_cache_delete_callback = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        *mut c_void,
        key: *const c_void,
        key_size: u64,
    ) -> c_int,
>;

/// Initializes an allocator.
///
/// @returns less than 0 for failure
pub type s2n_mem_init_callback = Option<unsafe extern "C" fn() -> c_int>;

/// Ends the use of an allocator.
///
/// @returns less than 0 for failure
pub type s2n_mem_cleanup_callback = Option<unsafe extern "C" fn() -> c_int>;

/// Allocates memory.
///
/// @param ptr Set to the memory, with any alignment
/// @param requested The requested number of bytes
/// @param allocated Set to the number of bytes allocated, at least `requested`
/// @returns less than 0 for failure
pub type s2n_mem_malloc_callback = Option<
    unsafe extern "C" fn(ptr: *mut *mut c_void, requested: u32, allocated: *mut u32) -> c_int,
>;

/// Frees memory.
///
/// @param ptr The memory
/// @param size The number of bytes allocated
pub type s2n_mem_free_callback = Option<unsafe extern "C" fn(ptr: *mut c_void, size: u32) -> c_int>;

/// Initializes a random number generator. Never called.
pub type s2n_rand_init_callback = Option<unsafe extern "C" fn() -> c_int>;

/// Ends the use of a random number generator. Never called.
pub type s2n_rand_cleanup_callback = Option<unsafe extern "C" fn() -> c_int>;

/// Fills a buffer with random bytes that are kept secret. Never called.
///
/// @param data The buffer
/// @param size Size of the buffer in bytes
pub type s2n_rand_seed_callback =
    Option<unsafe extern "C" fn(data: *mut c_void, size: u32) -> c_int>;

/// Fills a buffer with random bytes that may be public. Never called.
///
/// @param data The buffer
/// @param size Size of the buffer in bytes
pub type s2n_rand_mix_callback =
    Option<unsafe extern "C" fn(data: *mut c_void, size: u32) -> c_int>;

/// Selects between two certificate chains with the same name and type of key.
///
/// @param cert1 The chain that was added first
/// @param cert2 The chain that is being added
/// @param name The name that both certificates contain, valid during the call
/// @param name_len Length of the name in bytes
/// @returns one of the two chains, or NULL to keep the first
pub type s2n_cert_tiebreak_callback = Option<
    unsafe extern "C" fn(
        cert1: *mut s2n_cert_chain_and_key,
        cert2: *mut s2n_cert_chain_and_key,
        name: *mut u8,
        name_len: u32,
    ) -> *mut s2n_cert_chain_and_key,
>;

/// Verifies a host name of the peer's certificate.
///
/// @param host_name The name, NUL-terminated, valid during the call
/// @param host_name_len Length of the name in bytes, without the NUL
/// @param data The context of the callback
/// @returns 1 to accept the name, 0 to reject it
pub type s2n_verify_host_fn = Option<
    unsafe extern "C" fn(host_name: *const c_char, host_name_len: usize, data: *mut c_void) -> u8,
>;

/// Receives a session ticket that a server sent.
///
/// @param conn The connection
/// @param ctx The context of the callback
/// @param ticket The ticket, valid during the call
/// @returns less than 0 to close the connection; the call fails with `S2N_ERR_CANCELLED`
pub type s2n_session_ticket_fn = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        ctx: *mut c_void,
        ticket: *mut s2n_session_ticket,
    ) -> c_int,
>;

/// Selects one of the pre-shared keys that a client offers: see
/// `s2n_config_set_psk_selection_callback()`.
///
/// @param conn The connection
/// @param context The context of the callback
/// @param psk_list The offered keys, valid during the call
/// @returns 0 or more to continue with the chosen key; less than 0 for a full handshake
pub type s2n_psk_selection_callback = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        context: *mut c_void,
        psk_list: *mut s2n_offered_psk_list,
    ) -> c_int,
>;

/// Starts an operation of a private key: see `s2n_config_set_async_pkey_callback()`.
///
/// @param conn The connection
/// @param op The operation; owned by the callback, and to be freed with `s2n_async_pkey_op_free()`
/// @returns 0 for success, another value to fail the handshake
pub type s2n_async_pkey_fn =
    Option<unsafe extern "C" fn(conn: *mut s2n_connection, op: *mut s2n_async_pkey_op) -> c_int>;

/// Receives a line of a key log (RFC 9850).
///
/// @param ctx The context of the callback
/// @param conn The connection
/// @param logline The line without its end, valid during the call; not NUL-terminated
/// @param len Length of the line in bytes
/// @returns a value that is ignored
pub type s2n_key_log_fn = Option<
    unsafe extern "C" fn(
        ctx: *mut c_void,
        conn: *mut s2n_connection,
        logline: *mut u8,
        len: usize,
    ) -> c_int,
>;

/// Accepts or rejects the early data that a client offers: see `s2n_config_set_early_data_cb()`.
///
/// @param conn The connection
/// @param early_data The offered early data, valid as long as the connection exists
/// @returns 0 or more to continue; less than 0 to end the handshake
pub type s2n_early_data_cb = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        early_data: *mut s2n_offered_early_data,
    ) -> c_int,
>;
