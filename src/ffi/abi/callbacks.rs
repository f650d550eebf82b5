//! Types of the callbacks that `s2n.h` declares.

// Names are those of the API.
#![allow(non_camel_case_types)]

use std::ffi::{c_char, c_int, c_void};

use crate::ffi::abi::types::{
    s2n_async_pkey_op, s2n_cert_chain_and_key, s2n_connection, s2n_offered_early_data,
    s2n_offered_psk_list, s2n_session_ticket,
};

/// Tells the time, in nanoseconds; 0 for success.
pub type s2n_clock_time_nanoseconds = Option<unsafe extern "C" fn(*mut c_void, *mut u64) -> c_int>;

/// Looks a session up in the application's cache.
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

/// Stores a session in the application's cache.
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

/// Removes a session from the application's cache.
pub type s2n_cache_delete_callback = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        *mut c_void,
        key: *const c_void,
        key_size: u64,
    ) -> c_int,
>;

/// Prepares an allocator.
pub type s2n_mem_init_callback = Option<unsafe extern "C" fn() -> c_int>;

/// Ends the use of an allocator.
pub type s2n_mem_cleanup_callback = Option<unsafe extern "C" fn() -> c_int>;

/// Allocates memory.
pub type s2n_mem_malloc_callback = Option<
    unsafe extern "C" fn(ptr: *mut *mut c_void, requested: u32, allocated: *mut u32) -> c_int,
>;

/// Frees memory.
pub type s2n_mem_free_callback = Option<unsafe extern "C" fn(ptr: *mut c_void, size: u32) -> c_int>;

/// Prepares a random generator.
pub type s2n_rand_init_callback = Option<unsafe extern "C" fn() -> c_int>;

/// Ends the use of a random generator.
pub type s2n_rand_cleanup_callback = Option<unsafe extern "C" fn() -> c_int>;

/// Fills a buffer with secret random bytes.
pub type s2n_rand_seed_callback =
    Option<unsafe extern "C" fn(data: *mut c_void, size: u32) -> c_int>;

/// Fills a buffer with public random bytes.
pub type s2n_rand_mix_callback =
    Option<unsafe extern "C" fn(data: *mut c_void, size: u32) -> c_int>;

/// Chooses between two certificates for the same name.
pub type s2n_cert_tiebreak_callback = Option<
    unsafe extern "C" fn(
        cert1: *mut s2n_cert_chain_and_key,
        cert2: *mut s2n_cert_chain_and_key,
        name: *mut u8,
        name_len: u32,
    ) -> *mut s2n_cert_chain_and_key,
>;

/// Answers whether a name in the peer's certificate is acceptable: 1 if it is, 0 if not.
pub type s2n_verify_host_fn = Option<
    unsafe extern "C" fn(host_name: *const c_char, host_name_len: usize, data: *mut c_void) -> u8,
>;

/// Takes a ticket that a server sent.
pub type s2n_session_ticket_fn = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        ctx: *mut c_void,
        ticket: *mut s2n_session_ticket,
    ) -> c_int,
>;

/// Chooses one of the pre-shared keys that a client offers.
pub type s2n_psk_selection_callback = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        context: *mut c_void,
        psk_list: *mut s2n_offered_psk_list,
    ) -> c_int,
>;

/// Begins an operation with a private key that is elsewhere.
pub type s2n_async_pkey_fn =
    Option<unsafe extern "C" fn(conn: *mut s2n_connection, op: *mut s2n_async_pkey_op) -> c_int>;

/// Takes a line of a key log (RFC 9850).
pub type s2n_key_log_fn = Option<
    unsafe extern "C" fn(
        ctx: *mut c_void,
        conn: *mut s2n_connection,
        logline: *mut u8,
        len: usize,
    ) -> c_int,
>;

/// Decides about the early data that a client offers.
pub type s2n_early_data_cb = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        early_data: *mut s2n_offered_early_data,
    ) -> c_int,
>;
