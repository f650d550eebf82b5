//! Limits on consecutive records without data.

use super::PostHandshakeMessage;
use crate::error::{Code, Reason, Result};

/// The maximum number of consecutive records or messages of a kind without application data between
/// them.
///
/// s2n-tls has no such limits: a peer can keep a receiving call busy indefinitely. The limit of
/// OpenSSL and BoringSSL is 32 empty records, that of BoringSSL also 32 key updates, so peers that
/// interoperate with these are within the limits here.
const MAX_CONSECUTIVE: u8 = 32;

/// Counts consecutive records and messages without data, one counter for each kind.
#[derive(Debug, Default)]
pub struct FloodGuard {
    empty_records: u8,
    control_records: u8,
    key_updates: u8,
    hello_requests: u8,
}

impl FloodGuard {
    /// Resets all counters: a record of application data was received.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Counts an empty record of application data or of the handshake.
    pub fn empty_record(&mut self) -> Result<()> {
        count(&mut self.empty_records, "empty records")
    }

    /// Counts a record with an ignored alert, or with a ChangeCipherSpec.
    pub fn control_record(&mut self) -> Result<()> {
        count(
            &mut self.control_records,
            "records of ignored alerts or ChangeCipherSpec",
        )
    }

    /// Counts a post-handshake message. Tickets are not limited: a server may send any number, and
    /// each of them is useful.
    pub fn post_handshake_message(&mut self, message: &PostHandshakeMessage<'_>) -> Result<()> {
        match message {
            PostHandshakeMessage::KeyUpdate { .. } => count(&mut self.key_updates, "KeyUpdates"),
            PostHandshakeMessage::HelloRequest => count(&mut self.hello_requests, "HelloRequests"),
            PostHandshakeMessage::NewSessionTicket(_) => Ok(()),
        }
    }
}

fn count(counter: &mut u8, of: &'static str) -> Result<()> {
    if *counter == MAX_CONSECUTIVE {
        let limit = MAX_CONSECUTIVE.into();
        return Err(Code::BadMessage.because(Reason::TooMany { of, limit }));
    }
    *counter += 1;
    Ok(())
}
