//! Declarations of the C functions for pre-shared keys and early data.

use std::ffi::{c_int, c_void};

use libc::ssize_t;

use super::ffi::{Conf, Conn};

macro_rules! opaque {
    ($($name:ident = $pointer:ident;)*) => {
        $(
            #[repr(C)]
            pub struct $name {
                _private: [u8; 0],
            }

            pub type $pointer = *mut $name;
        )*
    };
}

opaque! {
    ExternalPsk = Psk;
    OfferedPsk = Offered;
    OfferedPskList = OfferedList;
    OfferedEarlyData = EarlyOffer;
}

pub type SelectFn = unsafe extern "C" fn(Conn, *mut c_void, OfferedList) -> c_int;
pub type DecideFn = unsafe extern "C" fn(Conn, EarlyOffer) -> c_int;

unsafe extern "C" {
    pub fn s2n_external_psk_new() -> Psk;
    pub fn s2n_psk_free(psk: *mut Psk) -> c_int;
    pub fn s2n_psk_set_identity(psk: Psk, identity: *const u8, len: u16) -> c_int;
    pub fn s2n_psk_set_secret(psk: Psk, secret: *const u8, len: u16) -> c_int;
    pub fn s2n_psk_set_hmac(psk: Psk, hmac: c_int) -> c_int;
    pub fn s2n_psk_configure_early_data(psk: Psk, max: u32, first: u8, second: u8) -> c_int;
    pub fn s2n_psk_set_application_protocol(psk: Psk, protocol: *const u8, len: u8) -> c_int;
    pub fn s2n_psk_set_early_data_context(psk: Psk, context: *const u8, len: u16) -> c_int;

    pub fn s2n_config_set_psk_mode(config: Conf, mode: c_int) -> c_int;
    pub fn s2n_config_set_psk_selection_callback(
        config: Conf,
        select: Option<SelectFn>,
        ctx: *mut c_void,
    ) -> c_int;
    pub fn s2n_config_set_early_data_cb(config: Conf, decide: Option<DecideFn>) -> c_int;
    pub fn s2n_config_set_server_max_early_data_size(config: Conf, max: u32) -> c_int;

    pub fn s2n_connection_append_psk(conn: Conn, psk: Psk) -> c_int;
    pub fn s2n_connection_set_psk_mode(conn: Conn, mode: c_int) -> c_int;
    pub fn s2n_connection_get_negotiated_psk_identity_length(conn: Conn, len: *mut u16) -> c_int;
    pub fn s2n_connection_get_negotiated_psk_identity(
        conn: Conn,
        identity: *mut u8,
        capacity: u16,
    ) -> c_int;

    pub fn s2n_offered_psk_new() -> Offered;
    pub fn s2n_offered_psk_free(psk: *mut Offered) -> c_int;
    pub fn s2n_offered_psk_get_identity(
        psk: Offered,
        identity: *mut *mut u8,
        len: *mut u16,
    ) -> c_int;
    pub fn s2n_offered_psk_list_has_next(list: OfferedList) -> bool;
    pub fn s2n_offered_psk_list_next(list: OfferedList, psk: Offered) -> c_int;
    pub fn s2n_offered_psk_list_reread(list: OfferedList) -> c_int;
    pub fn s2n_offered_psk_list_choose_psk(list: OfferedList, psk: Offered) -> c_int;

    pub fn s2n_connection_set_server_max_early_data_size(conn: Conn, max: u32) -> c_int;
    pub fn s2n_connection_set_server_early_data_context(
        conn: Conn,
        context: *const u8,
        len: u16,
    ) -> c_int;
    pub fn s2n_connection_get_early_data_status(conn: Conn, status: *mut c_int) -> c_int;
    pub fn s2n_connection_get_remaining_early_data_size(conn: Conn, size: *mut u32) -> c_int;
    pub fn s2n_connection_get_max_early_data_size(conn: Conn, size: *mut u32) -> c_int;
    pub fn s2n_offered_early_data_get_context_length(offer: EarlyOffer, len: *mut u16) -> c_int;
    pub fn s2n_offered_early_data_get_context(
        offer: EarlyOffer,
        context: *mut u8,
        capacity: u16,
    ) -> c_int;
    pub fn s2n_offered_early_data_accept(offer: EarlyOffer) -> c_int;
    pub fn s2n_offered_early_data_reject(offer: EarlyOffer) -> c_int;
    pub fn s2n_send_early_data(
        conn: Conn,
        data: *const u8,
        len: ssize_t,
        sent: *mut ssize_t,
        blocked: *mut c_int,
    ) -> c_int;
    pub fn s2n_recv_early_data(
        conn: Conn,
        data: *mut u8,
        capacity: ssize_t,
        received: *mut ssize_t,
        blocked: *mut c_int,
    ) -> c_int;
}
