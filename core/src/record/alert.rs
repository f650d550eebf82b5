//! Alerts (RFC 8446, 6; RFC 5246, 7.2): parsing and encoding.

use super::{ContentType, WIRE_VERSION};
use crate::error::{Alert, Code, Error, Reason, Result};

/// RFC 8446, 6: the levels of alerts.
const WARNING: u8 = 1;
/// See [`WARNING`].
const FATAL: u8 = 2;

/// The effect of a received alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertEvent {
    /// A warning that is ignored.
    None,

    /// The peer closed its write side.
    CloseNotify,

    /// The peer terminated the connection, with this description.
    Fatal(u8),
}

impl AlertEvent {
    /// Parses the content of an alert record. `tls13` is false while the version is not negotiated.
    pub fn read(content: &[u8], tls13: bool, ignore_warnings: bool) -> Result<Self> {
        // RFC 8446, 5.1: "Alert messages MUST NOT be fragmented across records, and multiple alert
        // messages MUST NOT be coalesced into a single TLSPlaintext record."
        let &[level, description] = content else {
            let error = Error::with_alert(Code::BadMessage, Alert::DecodeError);
            return Err(error.because(Reason::Rule("an alert of the peer does not have two bytes")));
        };
        if description == Alert::CloseNotify as u8 {
            return Ok(Self::CloseNotify);
        }
        // RFC 8446, 6: "The level [...] can safely be ignored." A user_canceled is followed by a
        // close_notify, so that it may precede an orderly closure.
        let ignored = match tls13 {
            true => description == Alert::UserCanceled as u8,
            false => ignore_warnings && level == WARNING,
        };
        Ok(match ignored {
            true => Self::None,
            false => Self::Fatal(description),
        })
    }
}

/// Encodes an alert of level warning, such as close_notify (RFC 8446, 6.1).
pub fn warning_alert(description: Alert) -> [u8; 2] {
    [WARNING, description as u8]
}

/// Encodes an alert of level fatal.
pub fn fatal_alert(description: u8) -> [u8; 2] {
    [FATAL, description]
}

/// Encodes the plaintext record of an alert that is sent before there are traffic keys.
pub fn plaintext_alert([level, description]: [u8; 2]) -> [u8; 7] {
    let [major, minor] = WIRE_VERSION;
    let typ = ContentType::Alert as u8;
    [typ, major, minor, 0, 2, level, description]
}
