//! The C functions, and names for pointer types.

use std::ffi::{c_char, c_int, c_void};

pub use crate::c::*;

pub type Conn = *mut s2n_connection;
pub type Conf = *mut s2n_config;
pub type RecvFn = unsafe extern "C" fn(*mut c_void, *mut u8, u32) -> c_int;
pub type SendFn = unsafe extern "C" fn(*mut c_void, *const u8, u32) -> c_int;
pub type ClockFn = unsafe extern "C" fn(*mut c_void, *mut u64) -> c_int;
pub type VerifyHostFn = unsafe extern "C" fn(*const c_char, usize, *mut c_void) -> u8;

pub type Psk = *mut s2n_psk;
pub type Offered = *mut s2n_offered_psk;
pub type OfferedList = *mut s2n_offered_psk_list;
pub type EarlyOffer = *mut s2n_offered_early_data;
pub type SelectFn = unsafe extern "C" fn(Conn, *mut c_void, OfferedList) -> c_int;
pub type DecideFn = unsafe extern "C" fn(Conn, EarlyOffer) -> c_int;
