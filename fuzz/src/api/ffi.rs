//! Declarations of the C functions, which are linked by name.

use std::ffi::{c_char, c_int, c_void};

use libc::{iovec, ssize_t};
// Links the library that defines the functions.
use s2n as _;

#[repr(C)]
pub struct Connection {
    _private: [u8; 0],
}

#[repr(C)]
pub struct Config {
    _private: [u8; 0],
}

pub type Conn = *mut Connection;
pub type Conf = *mut Config;
pub type RecvFn = unsafe extern "C" fn(*mut c_void, *mut u8, u32) -> c_int;
pub type SendFn = unsafe extern "C" fn(*mut c_void, *const u8, u32) -> c_int;
pub type ClockFn = unsafe extern "C" fn(*mut c_void, *mut u64) -> c_int;
pub type VerifyHostFn = unsafe extern "C" fn(*const c_char, usize, *mut c_void) -> u8;

unsafe extern "C" {
    pub fn s2n_init() -> c_int;
    pub fn s2n_errno_location() -> *mut c_int;
    pub fn s2n_error_get_type(error: c_int) -> c_int;
    pub fn s2n_strerror(error: c_int, lang: *const c_char) -> *const c_char;
    pub fn s2n_strerror_debug(error: c_int, lang: *const c_char) -> *const c_char;
    pub fn s2n_strerror_name(error: c_int) -> *const c_char;
    pub fn s2n_strerror_source(error: c_int) -> *const c_char;

    pub fn s2n_config_new_minimal() -> Conf;
    pub fn s2n_config_free(config: Conf) -> c_int;
    pub fn s2n_config_set_cipher_preferences(config: Conf, version: *const c_char) -> c_int;
    pub fn s2n_config_add_cert_chain_and_key(
        config: Conf,
        chain: *const c_char,
        key: *const c_char,
    ) -> c_int;
    pub fn s2n_config_append_protocol_preference(
        config: Conf,
        protocol: *const u8,
        len: u8,
    ) -> c_int;
    pub fn s2n_config_set_protocol_preferences(
        config: Conf,
        protocols: *const *const c_char,
        count: c_int,
    ) -> c_int;
    pub fn s2n_config_set_monotonic_clock(
        config: Conf,
        clock: Option<ClockFn>,
        ctx: *mut c_void,
    ) -> c_int;
    pub fn s2n_config_set_recv_multi_record(config: Conf, enabled: bool) -> c_int;
    pub fn s2n_config_set_max_fragment_length(config: Conf, length: u16) -> c_int;
    pub fn s2n_config_set_send_buffer_size(config: Conf, size: u32) -> c_int;
    pub fn s2n_config_set_max_blinding_delay(config: Conf, seconds: u32) -> c_int;
    pub fn s2n_config_set_alert_behavior(config: Conf, behavior: c_int) -> c_int;
    pub fn s2n_config_add_pem_to_trust_store(config: Conf, pem: *const c_char) -> c_int;
    pub fn s2n_config_wipe_trust_store(config: Conf) -> c_int;
    pub fn s2n_config_disable_x509_verification(config: Conf) -> c_int;
    pub fn s2n_config_set_client_auth_type(config: Conf, auth: c_int) -> c_int;

    pub fn s2n_connection_new(mode: c_int) -> Conn;
    pub fn s2n_connection_free(conn: Conn) -> c_int;
    pub fn s2n_connection_wipe(conn: Conn) -> c_int;
    pub fn s2n_connection_set_config(conn: Conn, config: Conf) -> c_int;
    pub fn s2n_connection_set_ctx(conn: Conn, ctx: *mut c_void) -> c_int;
    pub fn s2n_connection_get_ctx(conn: Conn) -> *mut c_void;
    pub fn s2n_connection_get_mode(conn: Conn) -> c_int;
    pub fn s2n_connection_set_cipher_preferences(conn: Conn, version: *const c_char) -> c_int;
    pub fn s2n_set_server_name(conn: Conn, name: *const c_char) -> c_int;
    pub fn s2n_get_server_name(conn: Conn) -> *const c_char;
    pub fn s2n_connection_append_protocol_preference(
        conn: Conn,
        protocol: *const u8,
        len: u8,
    ) -> c_int;
    pub fn s2n_connection_set_verify_host_callback(
        conn: Conn,
        verify: Option<VerifyHostFn>,
        data: *mut c_void,
    ) -> c_int;
    pub fn s2n_connection_set_client_auth_type(conn: Conn, auth: c_int) -> c_int;
    pub fn s2n_connection_get_client_auth_type(conn: Conn, auth: *mut c_int) -> c_int;
    pub fn s2n_connection_set_blinding(conn: Conn, blinding: c_int) -> c_int;
    pub fn s2n_connection_get_delay(conn: Conn) -> u64;
    pub fn s2n_connection_prefer_throughput(conn: Conn) -> c_int;
    pub fn s2n_connection_prefer_low_latency(conn: Conn) -> c_int;
    pub fn s2n_connection_set_dynamic_record_threshold(
        conn: Conn,
        threshold: u32,
        timeout: u16,
    ) -> c_int;
    pub fn s2n_connection_set_recv_buffering(conn: Conn, enabled: bool) -> c_int;
    pub fn s2n_connection_set_dynamic_buffers(conn: Conn, enabled: bool) -> c_int;
    pub fn s2n_connection_release_buffers(conn: Conn) -> c_int;
    pub fn s2n_connection_free_handshake(conn: Conn) -> c_int;
    pub fn s2n_connection_set_fd(conn: Conn, fd: c_int) -> c_int;
    pub fn s2n_connection_get_read_fd(conn: Conn, fd: *mut c_int) -> c_int;
    pub fn s2n_connection_use_corked_io(conn: Conn) -> c_int;
    pub fn s2n_connection_set_recv_ctx(conn: Conn, ctx: *mut c_void) -> c_int;
    pub fn s2n_connection_set_send_ctx(conn: Conn, ctx: *mut c_void) -> c_int;
    pub fn s2n_connection_set_recv_cb(conn: Conn, recv: Option<RecvFn>) -> c_int;
    pub fn s2n_connection_set_send_cb(conn: Conn, send: Option<SendFn>) -> c_int;

    pub fn s2n_negotiate(conn: Conn, blocked: *mut c_int) -> c_int;
    pub fn s2n_send(conn: Conn, buf: *const c_void, size: ssize_t, blocked: *mut c_int) -> ssize_t;
    pub fn s2n_sendv_with_offset(
        conn: Conn,
        bufs: *const iovec,
        count: ssize_t,
        offs: ssize_t,
        blocked: *mut c_int,
    ) -> ssize_t;
    pub fn s2n_recv(conn: Conn, buf: *mut c_void, size: ssize_t, blocked: *mut c_int) -> ssize_t;
    pub fn s2n_peek(conn: Conn) -> u32;
    pub fn s2n_peek_buffered(conn: Conn) -> u32;
    pub fn s2n_shutdown(conn: Conn, blocked: *mut c_int) -> c_int;
    pub fn s2n_shutdown_send(conn: Conn, blocked: *mut c_int) -> c_int;
    pub fn s2n_connection_request_key_update(conn: Conn, peer: c_int) -> c_int;
    pub fn s2n_connection_get_key_update_counts(
        conn: Conn,
        sent: *mut u8,
        received: *mut u8,
    ) -> c_int;

    pub fn s2n_get_application_protocol(conn: Conn) -> *const c_char;
    pub fn s2n_connection_get_actual_protocol_version(conn: Conn) -> c_int;
    pub fn s2n_connection_get_client_protocol_version(conn: Conn) -> c_int;
    pub fn s2n_connection_get_server_protocol_version(conn: Conn) -> c_int;
    pub fn s2n_connection_get_cipher(conn: Conn) -> *const c_char;
    pub fn s2n_connection_get_cipher_iana_value(
        conn: Conn,
        first: *mut u8,
        second: *mut u8,
    ) -> c_int;
    pub fn s2n_connection_get_curve(conn: Conn) -> *const c_char;
    pub fn s2n_connection_get_kem_group_name(conn: Conn) -> *const c_char;
    pub fn s2n_connection_get_key_exchange_group(conn: Conn, name: *mut *const c_char) -> c_int;
    pub fn s2n_connection_get_alert(conn: Conn) -> c_int;
    pub fn s2n_connection_get_wire_bytes_in(conn: Conn) -> u64;
    pub fn s2n_connection_get_wire_bytes_out(conn: Conn) -> u64;
    pub fn s2n_connection_is_session_resumed(conn: Conn) -> c_int;
    pub fn s2n_connection_client_cert_used(conn: Conn) -> c_int;
    pub fn s2n_connection_get_client_cert_chain(
        conn: Conn,
        chain: *mut *mut u8,
        len: *mut u32,
    ) -> c_int;
}
