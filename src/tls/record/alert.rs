//! Alerts (RFC 8446, 6; RFC 5246, 7.2).

use super::{ContentType, WIRE_VERSION};
use crate::tls::error::{Alert, Code, Error, Result};

/// RFC 8446, 6: the levels of alerts.
const WARNING: u8 = 1;
/// See [`WARNING`].
const FATAL: u8 = 2;

/// What an alert amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertEvent {
    /// A warning that is ignored.
    None,

    /// The peer sends nothing more.
    CloseNotify,

    /// The peer gave up, for this reason.
    Fatal(u8),
}

impl AlertEvent {
    /// Reads the content of an alert record. `tls13` is false as long as the version is unknown.
    pub fn read(content: &[u8], tls13: bool, ignore_warnings: bool) -> Result<Self> {
        // RFC 8446, 5.1: "Alert messages MUST NOT be fragmented across records, and multiple alert
        // messages MUST NOT be coalesced into a single TLSPlaintext record."
        let &[level, description] = content else {
            return Err(Error::with_alert(Code::BadMessage, Alert::DecodeError));
        };
        if description == Alert::CloseNotify as u8 {
            return Ok(Self::CloseNotify);
        }
        // RFC 8446, 6: "The level [...] can safely be ignored." A user_canceled is followed by a
        // close_notify, so a connection that ends properly may well have one.
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

/// Returns the content of a warning's record: a close_notify is one (RFC 8446, 6.1).
pub fn warning(description: Alert) -> [u8; 2] {
    [WARNING, description as u8]
}

/// Returns the content of a fatal alert's record.
pub fn fatal(description: u8) -> [u8; 2] {
    [FATAL, description]
}

/// Returns a plaintext record with an alert, for the time before there are keys.
pub fn plaintext_alert([level, description]: [u8; 2]) -> [u8; 7] {
    let [major, minor] = WIRE_VERSION;
    let typ = ContentType::Alert as u8;
    [typ, major, minor, 0, 2, level, description]
}
