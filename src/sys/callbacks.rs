//! The application's callbacks that are asked about a certificate, or for the time.

use std::ffi::{c_char, c_int, c_void};
use std::time::Duration;

use super::io::Context;
use crate::tls::config::{Clock, VerifyHost};

pub type VerifyHostFn = unsafe extern "C" fn(*const c_char, usize, *mut c_void) -> u8;
pub type ClockFn = unsafe extern "C" fn(*mut c_void, *mut u64) -> c_int;

/// Asks the application whether a name is acceptable.
pub struct VerifyHostCallback {
    pub function: VerifyHostFn,
    pub context: Context,
}

impl VerifyHost for VerifyHostCallback {
    fn verify(&self, host: &[u8]) -> bool {
        // Applications take the name for a string, whatever its length says.
        let name = [host, b"\0"].concat();
        // SAFETY: `name` can be read for its length and is NUL-terminated; the application paired
        // `context` with `function`.
        let verdict = unsafe { (self.function)(name.as_ptr().cast(), host.len(), self.context.0) };
        verdict != 0
    }
}

/// Asks the application for the time.
pub struct ClockCallback {
    pub function: ClockFn,
    pub context: Context,
}

impl Clock for ClockCallback {
    fn now(&self) -> Option<Duration> {
        let mut nanoseconds = 0;
        // SAFETY: `nanoseconds` can be written to, and the application paired `context` with
        // `function`.
        let status = unsafe { (self.function)(self.context.0, &mut nanoseconds) };
        (status == 0).then(|| Duration::from_nanos(nanoseconds))
    }
}
