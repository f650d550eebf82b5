//! The end of our patience with a peer that makes work and sends no data.

use super::PostHandshake;
use crate::tls::error::{Code, Result};

/// How many of a kind may follow each other without application data between them.
///
/// s2n-tls has no such bounds: a peer can keep a receiving call busy for as long as it likes.
/// OpenSSL and BoringSSL draw the line at 32 empty records, BoringSSL also at 32 key updates, so
/// whoever keeps to theirs keeps to ours.
const PATIENCE: u8 = 32;

/// Counts what brings nothing, kind by kind.
#[derive(Debug, Default)]
pub struct FloodGuard {
    empty_records: u8,
    control_records: u8,
    key_updates: u8,
    hello_requests: u8,
}

impl FloodGuard {
    /// A record brought application data: all counts begin anew.
    pub fn data(&mut self) {
        *self = Self::default();
    }

    /// A record of application data or of the handshake was empty.
    pub fn empty_record(&mut self) -> Result<()> {
        count(&mut self.empty_records)
    }

    /// A record held alerts that changed nothing, or a ChangeCipherSpec.
    pub fn control_record(&mut self) -> Result<()> {
        count(&mut self.control_records)
    }

    /// A post-handshake message came. Tickets are not counted: a server may send any number, and
    /// each is of use.
    pub fn message(&mut self, message: &PostHandshake<'_>) -> Result<()> {
        match message {
            PostHandshake::KeyUpdate { .. } => count(&mut self.key_updates),
            PostHandshake::HelloRequest => count(&mut self.hello_requests),
            PostHandshake::NewSessionTicket(_) => Ok(()),
        }
    }
}

fn count(counter: &mut u8) -> Result<()> {
    if *counter == PATIENCE {
        Err(Code::BadMessage)?;
    }
    *counter += 1;
    Ok(())
}
