//! The log of the library.

// The names of the C API.
#![allow(non_camel_case_types)]

use std::ffi::{c_char, c_int, c_void};
use std::sync::Arc;

use rs2n_core::config::callbacks::{LogLevel, set_logger};
use rs2n_core::error::{Code, Result};

use crate::ffi::abi::boundary::status_with_memory;
use crate::ffi::abi::types::s2n_connection;
use crate::sys::callbacks::CLogger;
use crate::sys::io::Context;

/// Importance of a message of the log.
///
/// `RS2N_LOG_ERROR`: a call has failed. `RS2N_LOG_INFO`: a handshake begins or ends, an alert is sent
/// or received, or a connection is closed. `RS2N_LOG_DEBUG`: each call, each record and message of a
/// handshake, key updates and tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum rs2n_log_level {
    RS2N_LOG_OFF = 0,
    RS2N_LOG_ERROR = 1,
    RS2N_LOG_INFO = 2,
    RS2N_LOG_DEBUG = 3,
}

/// An unparsed `rs2n_log_level`: any integer.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct rs2n_log_level_arg(pub u32);

/// Receives a message of the log.
///
/// It is called by the thread, and within the call, that the message is about, so that messages of
/// different connections may come from several threads at once. It may call functions of the library,
/// also with this connection, except for those of the direction that is in use, which fail with
/// `S2N_ERR_REENTRANCY`, and must not free it. Its own calls are not logged.
///
/// @param level The importance of the message
/// @param conn The connection, or NULL if the message is not about one
/// @param message One line of text without a line break, valid during the call
/// @param ctx The context of the callback
pub type rs2n_log_callback = Option<
    unsafe extern "C" fn(
        level: rs2n_log_level,
        conn: *mut s2n_connection,
        message: *const c_char,
        ctx: *mut c_void,
    ),
>;

/// Sets the callback that receives the log of all connections of the process: calls, states and
/// reasons. It is for debugging; the log is off by default, and has no cost then.
///
/// Messages are in English. They have no secrets and no application data; names and other data of a
/// peer are shortened, and their control characters are escaped. The wording of the messages is not
/// part of the API, and may change.
///
/// @param level The lowest importance that is logged; `RS2N_LOG_OFF` disables the log
/// @param callback The callback; ignored with `RS2N_LOG_OFF`
/// @param ctx Passed to the callback unchanged; owned by the caller
/// @returns 0; or -1 with `S2N_ERR_NULL` if `callback` is NULL, or `S2N_ERR_INVALID_ARGUMENT` for an
/// unknown level
///
/// It may be called at any time, in any thread, also in the callback. A call in another thread that
/// has begun may still call the earlier callback: `ctx` must stay valid until those calls have
/// returned. `s2n_cleanup_final()` disables the log.
///
/// # Safety
///
/// `callback` can be called with `ctx`, in any thread that uses a connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rs2n_set_log_callback(
    level: rs2n_log_level_arg,
    callback: rs2n_log_callback,
    ctx: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        let Some(level) = parse(level)? else {
            set_logger(None);
            return Ok(());
        };
        let function = callback.ok_or(Code::Null)?;
        let context = Context(ctx);
        let logger = CLogger::<s2n_connection, rs2n_log_level> { function, context };
        set_logger(Some((level, Arc::new(logger))));
        Ok(())
    })
}

fn parse(level: rs2n_log_level_arg) -> Result<Option<LogLevel>> {
    Ok(match level.0 {
        0 => None,
        1 => Some(LogLevel::Error),
        2 => Some(LogLevel::Info),
        3 => Some(LogLevel::Debug),
        _ => return Err(Code::InvalidArgument)?,
    })
}

impl From<LogLevel> for rs2n_log_level {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::RS2N_LOG_ERROR,
            LogLevel::Info => Self::RS2N_LOG_INFO,
            LogLevel::Debug => Self::RS2N_LOG_DEBUG,
        }
    }
}
