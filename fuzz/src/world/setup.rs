//! The configs and connections with which a case begins: they complete a handshake.

use std::ffi::{CString, c_char, c_int};
use std::ptr;

use arbitrary::Arbitrary;

use super::{World, arguments, callbacks};
use crate::c::*;
use crate::endpoint;

#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Setup {
    tls13: bool,
    mutual: bool,
    quic: bool,
    serializes: bool,
    resumes: bool,
    /// Callbacks for private keys, verification and validation.
    asynchronous: bool,
    asks_for_hello: bool,
    selects_certificate: bool,
    events: bool,
    sockets: bool,
    raw_public_key: bool,
}

fn text(bytes: &[u8]) -> CString {
    CString::new(bytes).expect("PEM is text")
}

impl World {
    pub fn start(&self, setup: &Setup) {
        for (number, (chain, key)) in (0..).zip([
            (endpoint::CLIENT_CHAIN, endpoint::CLIENT_KEY),
            (endpoint::SERVER_CHAIN, endpoint::SERVER_KEY),
        ]) {
            // SAFETY: the object is new; the strings are NUL-terminated.
            let loaded = unsafe {
                self.chains.slot(number).set(s2n_cert_chain_and_key_new());
                let (chain, key) = (text(chain), text(key));
                s2n_cert_chain_and_key_load_pem(
                    self.chains.of(number),
                    chain.as_ptr(),
                    key.as_ptr(),
                )
            };
            self.pointer(self.chains.of(number));
            self.must(loaded);
        }
        for number in 0..2 {
            // SAFETY: the function has no requirement.
            self.configs
                .slot(number)
                .set(unsafe { s2n_config_new_minimal() });
            self.pointer(self.configs.of(number));
            self.set_up(number, setup);
        }
        for number in 0..3 {
            self.new_conn(number, number != 1);
            // SAFETY: both are live or NULL.
            self.must(unsafe {
                s2n_connection_set_config(self.conn(number), self.configs.of(number % 2))
            });
            if number != 1 {
                // SAFETY: the connection is live or NULL.
                self.must(unsafe { s2n_set_server_name(self.conn(number), c"localhost".as_ptr()) });
            }
            self.set_up_quic(number, setup);
        }
        if setup.sockets {
            for number in 0..2 {
                // SAFETY: the connection is live; the socket is open until the end of the case.
                self.must(unsafe { s2n_connection_set_fd(self.conn(number), self.socket(number)) });
            }
        }
    }

    /// A call that fails only where there is no memory.
    fn must(&self, status: c_int) {
        if !self.status(status) {
            assert!(
                self.may_fail.get() || error_name() == c"S2N_ERR_ALLOC",
                "{:?}",
                error_name()
            );
            self.may_fail.set(true);
        }
    }

    pub fn new_conn(&self, number: u8, is_client: bool) {
        // SAFETY: any mode is accepted.
        let conn = unsafe { s2n_connection_new(c_int::from(is_client)) };
        self.pointer(conn);
        self.slot(number).conn.set(conn);
        self.end_life(number);
        self.set_transport(number);
    }

    fn set_up(&self, number: u8, setup: &Setup) {
        let (config, chain) = (self.configs.of(number), self.chains.of(number));
        if config.is_null() || chain.is_null() {
            self.may_fail.set(true);
            return;
        }
        let policy = match setup.tls13 || setup.quic {
            true => c"default_tls13",
            false => c"ELBSecurityPolicy-TLS-1-2-2017-01",
        };
        let root = text(endpoint::ROOT);
        // SAFETY: the objects are live, the strings are NUL-terminated.
        unsafe {
            self.must(s2n_config_set_cipher_preferences(config, policy.as_ptr()));
            self.must(s2n_config_add_pem_to_trust_store(config, root.as_ptr()));
            if number == 1 || setup.mutual {
                self.must(s2n_config_add_cert_chain_and_key_to_store(config, chain));
            }
            const REQUIRED: c_int = 1;
            self.must(s2n_config_set_client_auth_type(
                config,
                c_int::from(setup.mutual) * REQUIRED,
            ));
            self.must(s2n_config_set_max_blinding_delay(config, 0));
            self.must(s2n_config_set_wall_clock(
                config,
                Some(callbacks::on_clock),
                ptr::null_mut(),
            ));
            self.must(s2n_config_set_monotonic_clock(
                config,
                Some(callbacks::on_clock),
                ptr::null_mut(),
            ));
        }
        if setup.serializes {
            // SAFETY: the config is live.
            self.must(unsafe { s2n_config_set_serialization_version(config, 1) });
        }
        if setup.resumes {
            self.set_up_resumption(config);
        }
        if setup.asynchronous {
            // SAFETY: the config is live; the callbacks are valid for the life of the process.
            unsafe {
                self.must(s2n_config_set_async_pkey_callback(
                    config,
                    Some(callbacks::on_private_key),
                ));
                self.must(s2n_config_set_async_offload_callback(
                    config,
                    1,
                    Some(callbacks::on_offload),
                    ptr::null_mut(),
                ));
                self.must(s2n_config_set_cert_validation_cb(
                    config,
                    Some(callbacks::on_validation),
                    ptr::null_mut(),
                ));
            }
        }
        self.set_up_callbacks(number, setup);
        if setup.raw_public_key && setup.tls13 {
            let key = arguments::PUBLIC_KEY;
            // SAFETY: the config is live, the buffer has the size passed.
            self.must(unsafe {
                rs2n_config_add_trusted_public_key(config, key.as_ptr(), key.len() as u32)
            });
        }
    }

    fn set_up_callbacks(&self, number: u8, setup: &Setup) {
        let (config, null) = (self.configs.of(number), ptr::null_mut());
        // SAFETY: the config is live; the callbacks are valid for the life of the process.
        unsafe {
            if setup.asks_for_hello {
                self.must(s2n_config_set_client_hello_cb(
                    config,
                    Some(callbacks::on_hello),
                    null,
                ));
                const NONBLOCKING: c_int = 1;
                self.must(s2n_config_set_client_hello_cb_mode(config, NONBLOCKING));
            }
            if setup.selects_certificate {
                self.must(s2n_config_set_cert_request_callback(
                    config,
                    Some(callbacks::on_certificate_request),
                    null,
                ));
                self.must(s2n_config_set_cert_authorities_from_trust_store(config));
            }
            if setup.events {
                self.must(s2n_config_set_handshake_event(
                    config,
                    Some(callbacks::on_event),
                ));
                self.must(s2n_config_set_timing_checkpoint_cb(
                    config,
                    Some(callbacks::on_timing),
                ));
                self.must(s2n_config_set_key_log_cb(
                    config,
                    Some(callbacks::on_key_log),
                    null,
                ));
            }
        }
    }

    fn set_up_resumption(&self, config: *mut s2n_config) {
        let (name, mut key) = (b"name", [3_u8; 32]);
        let now = self.now.get() / 1_000_000_000;
        let null = ptr::null_mut();
        // SAFETY: the config is live; the buffers have the sizes passed.
        unsafe {
            self.must(s2n_config_set_session_tickets_onoff(config, 1));
            self.must(s2n_config_add_ticket_crypto_key(
                config,
                name.as_ptr(),
                name.len() as u32,
                key.as_mut_ptr(),
                key.len() as u32,
                now,
            ));
            self.must(s2n_config_set_session_ticket_cb(
                config,
                Some(callbacks::on_ticket),
                null,
            ));
            self.must(s2n_config_set_cache_store_callback(
                config,
                Some(callbacks::on_store),
                null,
            ));
            self.must(s2n_config_set_cache_retrieve_callback(
                config,
                Some(callbacks::on_retrieve),
                null,
            ));
            self.must(s2n_config_set_cache_delete_callback(
                config,
                Some(callbacks::on_delete),
                null,
            ));
            self.must(s2n_config_set_session_cache_onoff(config, 1));
        }
    }

    fn set_up_quic(&self, number: u8, setup: &Setup) {
        let (conn, parameters) = (self.conn(number), b"parameters");
        if !setup.quic || conn.is_null() {
            return;
        }
        // SAFETY: the connection is live, the buffer has the size passed.
        unsafe {
            self.must(s2n_connection_enable_quic(conn));
            let len = parameters.len() as u16;
            self.must(s2n_connection_set_quic_transport_parameters(
                conn,
                parameters.as_ptr(),
                len,
            ));
            self.must(s2n_connection_set_secret_callback(
                conn,
                Some(callbacks::on_secret),
                ptr::null_mut(),
            ));
        }
    }
}

/// Reads a string, which may be NULL.
///
/// # Safety
///
/// `text` is NULL or a NUL-terminated string.
pub unsafe fn read(text: *const c_char) -> i64 {
    if text.is_null() {
        return -1;
    }
    // SAFETY: the caller's promise.
    let text = unsafe { std::ffi::CStr::from_ptr(text) };
    std::hint::black_box(text.to_bytes().len() as i64)
}

/// Reads bytes that the library returned, which may be NULL.
///
/// # Safety
///
/// `bytes` is NULL, or readable for `len` bytes.
pub unsafe fn read_bytes(bytes: *const u8, len: usize) -> i64 {
    if bytes.is_null() {
        return 0;
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { std::slice::from_raw_parts(bytes, len) };
    std::hint::black_box(bytes.iter().map(|&byte| i64::from(byte)).sum())
}
