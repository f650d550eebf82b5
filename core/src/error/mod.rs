//! Errors: a code of the API, the source location, and the `errno` of the operating system.

use std::fmt;
use std::num::NonZeroU8;
use std::panic::Location;

mod alert;
mod algorithm;
mod date;
mod escaped;
mod from_rustls;
mod reason;
mod table;
pub mod trace;

pub use alert::Alert;
pub use algorithm::AlgorithmName;
pub(crate) use date::UtcTime;
pub use escaped::Escaped;
pub use reason::Reason;
pub(crate) use reason::{AlertName, Limit, Parameter, RecordName};
pub use table::Code;

/// The result type of the library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error, as reported in `s2n_errno` and in the debug string.
#[derive(Clone, Copy, Debug)]
pub struct Error {
    code: Code,
    raised_at: &'static Location<'static>,

    /// The value of `errno` after the call; `None` if this error does not set `errno`.
    os_error: Option<i32>,

    /// The error reveals nothing about a secret, although other errors with this code may, and so
    /// does not start blinding.
    skips_blinding: bool,

    /// The alert for it, if it is more specific than that of the code.
    alert: Option<Alert>,

    /// The alert that rustls has for it.
    tls_alert: Option<NonZeroU8>,

    reason: Reason,
}

impl Error {
    /// Creates an error with the source location of the caller.
    #[track_caller]
    pub fn new(code: Code) -> Self {
        trace::record();
        Self {
            code,
            raised_at: Location::caller(),
            os_error: None,
            skips_blinding: false,
            alert: None,
            tls_alert: None,
            reason: Reason::Unknown,
        }
    }

    /// Returns the same error with its particulars.
    pub(crate) fn because(self, reason: Reason) -> Self {
        Self { reason, ..self }
    }

    /// Returns the same error with particulars, unless it already has some.
    #[cold]
    pub(crate) fn or_because(self, reason: Reason) -> Self {
        match self.reason {
            Reason::Unknown => self.because(reason),
            _ => self,
        }
    }

    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// Creates an error of the transport or of a file; `os_error` is its `errno`, 0 if it set none.
    #[track_caller]
    pub fn transport(code: Code, os_error: i32) -> Self {
        Self {
            os_error: Some(os_error),
            ..Self::new(code)
        }
    }

    /// Returns the same error, but without blinding: its alert may be sent at once.
    pub(crate) fn without_blinding(self) -> Self {
        Self {
            skips_blinding: true,
            ..self
        }
    }

    /// Creates an error that the peer caused, with the alert for it.
    #[track_caller]
    pub(crate) fn with_alert(code: Code, alert: Alert) -> Self {
        Self {
            alert: Some(alert),
            ..Self::new(code)
        }
    }

    /// Returns the same error with the alert for it.
    pub(crate) fn and_alert(self, alert: Alert) -> Self {
        Self {
            alert: Some(alert),
            ..self
        }
    }

    /// Returns the alert for an error that the peer caused (RFC 8446, 6.2); `None` for other
    /// errors.
    pub(crate) fn received_alert(&self) -> Option<Alert> {
        self.alert.or_else(|| self.code.received_alert())
    }

    /// Returns the description of the alert that tells a peer of this error (RFC 8446, 6.2); `None`
    /// if there is none, as after an alert of the peer.
    pub fn peer_alert(&self) -> Option<u8> {
        let certificate = || match self.reason {
            Reason::Certificate => from_rustls::alert_of_certificate(self),
            _ => None,
        };
        let alert = self.alert.map(|alert| alert as u8);
        alert
            .or(self.tls_alert.map(NonZeroU8::get))
            .or_else(certificate)
            .or_else(|| self.code.peer_alert())
    }

    /// Returns whether the error does not start blinding: the peer sent an unexpected message, or
    /// one of an invalid length.
    pub fn skips_blinding(&self) -> bool {
        self.skips_blinding
    }

    pub fn code(&self) -> Code {
        self.code
    }

    pub fn kind(&self) -> ErrorType {
        self.code.kind()
    }

    pub fn raised_at(&self) -> &'static Location<'static> {
        self.raised_at
    }

    pub fn os_error(&self) -> Option<i32> {
        self.os_error
    }

    /// Returns whether the call would block, and may be repeated.
    pub fn is_blocked(&self) -> bool {
        self.kind() == ErrorType::Blocked
    }
}

impl From<Code> for Error {
    #[track_caller]
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code.message().to_string_lossy())
    }
}

impl std::error::Error for Error {}

/// The class of an error, in bits 26 and up of its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum ErrorType {
    Ok = 0,
    Io = 1,
    Closed = 2,
    Blocked = 3,
    Alert = 4,
    Proto = 5,
    Internal = 6,
    Usage = 7,
}

impl ErrorType {
    /// The position of the type in an error number, in bits.
    pub const SHIFT: i32 = 26;
}

impl Code {
    /// Creates an error with its particulars, and with the source location of the caller.
    #[track_caller]
    pub(crate) fn because(self, reason: Reason) -> Error {
        Error::new(self).because(reason)
    }

    /// Creates an error about a rule of the protocol or of the API.
    #[track_caller]
    pub(crate) fn rule(self, rule: &'static str) -> Error {
        self.because(Reason::Rule(rule))
    }

    pub fn number(self) -> i32 {
        self as i32
    }

    pub fn kind(self) -> ErrorType {
        match self.number() >> ErrorType::SHIFT {
            0 => ErrorType::Ok,
            1 => ErrorType::Io,
            2 => ErrorType::Closed,
            3 => ErrorType::Blocked,
            4 => ErrorType::Alert,
            5 => ErrorType::Proto,
            6 => ErrorType::Internal,
            _ => ErrorType::Usage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::table::{ALL, of_s2n_tls};
    use super::*;

    #[test]
    fn numbers_are_converted_to_codes_and_back() {
        assert_eq!(of_s2n_tls().count(), 272);
        for &code in ALL {
            assert_eq!(Code::from_number(code.number()), Some(code));
        }
    }

    #[test]
    fn errors_of_extensions_are_apart_from_those_of_s2n_tls() {
        for &code in ALL {
            let index = code.number() & ((1 << ErrorType::SHIFT) - 1);
            let is_extension = code.name().to_bytes().starts_with(b"RS2N_ERR_");
            assert_eq!(is_extension, index >= 0x10000, "{code:?}");
        }
    }

    #[test]
    fn numbers_without_a_code_are_rejected() {
        for number in [-1, 1, i32::MAX, i32::MIN, (7 << 26) | 91] {
            assert_eq!(Code::from_number(number), None);
        }
    }

    #[test]
    fn the_question_mark_preserves_the_source_location() {
        fn fails() -> Result<()> {
            Err(Code::Null)?
        }
        let error = fails().unwrap_err();
        assert!(error.raised_at().file().ends_with("error/mod.rs"));
    }
}
