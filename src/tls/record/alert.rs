//! Alerts (RFC 8446, 6; RFC 5246, 7.2).

use super::{ContentType, WIRE_VERSION};
use crate::tls::error::{Code, Result};

const WARNING: u8 = 1;

const CLOSE_NOTIFY: u8 = 0;
const USER_CANCELED: u8 = 90;

/// Puts alerts together, which may be split over records or share one.
#[derive(Debug, Default)]
pub struct AlertJoiner {
    /// The first byte of an alert whose second byte has not come.
    level: Option<u8>,
}

/// What the alerts of a record amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertEvent {
    /// Nothing: half an alert, or warnings that are ignored.
    None,

    /// The peer sends nothing more.
    CloseNotify,

    /// The peer gave up, for this reason.
    Fatal(u8),
}

impl AlertJoiner {
    /// Takes the content of an alert record. `tls13` is false as long as the version is unknown.
    ///
    /// What follows a close_notify or a fatal alert is not looked at: the peer has closed.
    pub fn push(&mut self, plain: &[u8], tls13: bool, ignore_warnings: bool) -> Result<AlertEvent> {
        if plain.is_empty() {
            return Err(Code::BadMessage)?;
        }
        for &byte in plain {
            let Some(level) = self.level.take() else {
                self.level = Some(byte);
                continue;
            };
            if byte == CLOSE_NOTIFY {
                return Ok(AlertEvent::CloseNotify);
            }
            // RFC 8446, 6: "The level [...] can safely be ignored." A user_canceled is followed
            // by a close_notify, so a connection that ends properly may well have one.
            let ignored = match tls13 {
                true => byte == USER_CANCELED,
                false => ignore_warnings && level == WARNING,
            };
            if !ignored {
                return Ok(AlertEvent::Fatal(byte));
            }
        }
        Ok(AlertEvent::None)
    }
}

/// A record with an alert in plaintext, for the time before there are keys.
pub fn alert_record(level: u8, description: u8) -> [u8; 7] {
    let [major, minor] = WIRE_VERSION;
    let typ = ContentType::Alert as u8;
    [typ, major, minor, 0, 2, level, description]
}
