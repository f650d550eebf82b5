//! The log of the application: calls, states and reasons. It is off by default, and then costs one
//! load of an atomic at each place that writes to it.

use std::cell::Cell;
use std::ffi::CString;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::*};

use super::lock;
use crate::process::fork::ForkSafeMutex;

/// The importance of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum LogLevel {
    /// A call has failed.
    Error = 1,
    /// The handshake begins or ends, or the connection is closed.
    Info = 2,
    /// Calls, records and messages of the handshake, key updates and tickets.
    Debug = 3,
}

/// The receiver of the log. Messages have no secrets, and what they contain of a peer is escaped.
pub trait Logger: Send + Sync {
    /// Receives a message. `name` is the application's pointer to the connection.
    fn log(&self, level: LogLevel, name: usize, message: &std::ffi::CStr);
}

/// The highest level that is logged; 0 for none.
static LEVEL: AtomicU8 = AtomicU8::new(0);

static LOGGER: ForkSafeMutex<Option<Arc<dyn Logger>>> = ForkSafeMutex::new(None);

thread_local! {
    /// Whether this thread is in a call of the logger, whose own calls are not logged.
    static IS_LOGGING: Cell<bool> = const { Cell::new(false) };
}

/// Sets the receiver of the messages up to a level, or disables the log.
pub fn set_logger(logger: Option<(LogLevel, Arc<dyn Logger>)>) {
    let (level, logger) = match logger {
        Some((level, logger)) => (level as u8, Some(logger)),
        None => (0, None),
    };
    let earlier = {
        let mut present = lock(&LOGGER);
        LEVEL.store(level, Relaxed);
        std::mem::replace(&mut *present, logger)
    };
    drop(earlier);
}

/// Returns whether messages of a level are logged.
#[inline]
pub(crate) fn is_on(level: LogLevel) -> bool {
    LEVEL.load(Relaxed) >= level as u8
}

/// Passes a message to the logger. No lock is held during its call.
///
/// Not called on the stack of a coroutine, where no code uses a thread-local.
#[cold]
pub(crate) fn write(level: LogLevel, name: usize, message: fmt::Arguments<'_>) {
    if IS_LOGGING.get() {
        return;
    }
    let Some(logger) = lock(&LOGGER).clone() else {
        return;
    };
    let message = CString::new(message.to_string()).unwrap_or_default();
    IS_LOGGING.set(true);
    logger.log(level, name, &message);
    IS_LOGGING.set(false);
}

/// Logs a message about the connection with this name, if its level is logged.
macro_rules! log {
    ($level:ident, $name:expr, $($message:tt)*) => {
        if $crate::base::log::is_on($crate::base::log::LogLevel::$level) {
            $crate::base::log::write(
                $crate::base::log::LogLevel::$level,
                $name,
                format_args!($($message)*),
            );
        }
    };
}

pub(crate) use log;
