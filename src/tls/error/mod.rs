//! Errors: a code of the API, where it was raised, and what the operating system said.

use std::fmt;
use std::panic::Location;

mod alert;
mod from_rustls;
mod table;
pub mod trace;

pub use alert::Alert;
pub use table::Code;

/// A result of the core.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure, as the caller will see it in `s2n_errno` and in the debug text.
#[derive(Clone, Copy, Debug)]
pub struct Error {
    code: Code,
    raised_at: &'static Location<'static>,

    /// What `errno` holds once the call has returned; nothing if the call says nothing of it.
    os_error: Option<i32>,

    /// The failure tells nothing of a secret, whatever its code is elsewhere.
    is_open: bool,

    /// The alert for it, where it is more exact than that of the code.
    alert: Option<Alert>,
}

impl Error {
    /// An error raised by the caller's line.
    #[track_caller]
    pub fn new(code: Code) -> Self {
        trace::record();
        Self {
            code,
            raised_at: Location::caller(),
            os_error: None,
            is_open: false,
            alert: None,
        }
    }

    /// A failure of the transport; `os_error` is its `errno`, 0 if it left none.
    #[track_caller]
    pub fn transport(code: Code, os_error: i32) -> Self {
        Self {
            os_error: Some(os_error),
            ..Self::new(code)
        }
    }

    /// The same failure, which the peer may learn of at once.
    pub(super) fn open(self) -> Self {
        Self {
            is_open: true,
            ..self
        }
    }

    /// An error in what the peer sent, for which it gets this alert.
    #[track_caller]
    pub(crate) fn with_alert(code: Code, alert: Alert) -> Self {
        Self {
            alert: Some(alert),
            ..Self::new(code)
        }
    }

    /// The alert for an error in what the peer sent (RFC 8446, 6.2); `None` if it is none of the peer's.
    pub(crate) fn received_alert(&self) -> Option<Alert> {
        self.alert.or_else(|| self.code.received_alert())
    }

    /// Whether the peer may learn of it at once: it only said something out of turn.
    pub fn is_open(&self) -> bool {
        self.is_open
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

    /// Whether the call may be repeated once what it waits for has come.
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
    /// How far the type is shifted in an error number.
    pub const SHIFT: i32 = 26;
}

impl Code {
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
    use super::table::ALL;
    use super::*;

    #[test]
    fn numbers_lead_back_to_their_codes() {
        assert_eq!(ALL.len(), 270);
        for &code in ALL {
            assert_eq!(Code::from_number(code.number()), Some(code));
        }
    }

    #[test]
    fn numbers_of_no_code_are_refused() {
        for number in [-1, 1, i32::MAX, i32::MIN, (7 << 26) | 91] {
            assert_eq!(Code::from_number(number), None);
        }
    }

    #[test]
    fn the_question_mark_keeps_the_line_of_the_failure() {
        fn fails() -> Result<()> {
            Err(Code::Null)?
        }
        let error = fails().unwrap_err();
        assert!(error.raised_at().file().ends_with("tls/error/mod.rs"));
    }
}
