//! The key schedule of TLS 1.3 after the handshake.

use rustls::{ConnectionTrafficSecrets, KeyingMaterialExporter, Tls13CipherSuite};

use super::State;
use super::traffic_secret::{TrafficSecret, expand_label};
use crate::crypto::tls13::HeapSecret;
use crate::error::{Code, Result};

/// The secrets of a connection whose records the record layer seals and opens.
pub(crate) struct KeySchedule {
    suite: &'static Tls13CipherSuite,
    write: TrafficSecret,
    read: TrafficSecret,
    /// The secret from which the keys of tickets are derived, if there may be tickets.
    resumption: Option<HeapSecret>,
    /// Derives other secrets (RFC 8446, 7.5).
    exporter: Option<KeyingMaterialExporter>,
}

/// A direction of the traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Write,
    Read,
}

/// Traffic keys, and the sequence number of their first record.
type Keys = (u64, ConnectionTrafficSecrets);

impl KeySchedule {
    pub(crate) fn new(
        suite: &'static Tls13CipherSuite,
        write: TrafficSecret,
        read: TrafficSecret,
        resumption: Option<HeapSecret>,
        exporter: Option<KeyingMaterialExporter>,
    ) -> Self {
        Self {
            suite,
            write,
            read,
            resumption,
            exporter,
        }
    }

    /// Exports keying material for a label and a context (RFC 8446, 7.5).
    pub(crate) fn export(&self, label: &[u8], context: &[u8], output: &mut [u8]) -> Result<()> {
        let exporter = self.exporter.as_ref().ok_or(Code::InvalidState)?;
        // s2n-tls rejects an empty output.
        if output.is_empty() {
            return Err(Code::HkdfOutputSize)?;
        }
        let derived = exporter.derive(label, Some(context), output);
        derived.map(drop).map_err(|_| Code::HkdfOutputSize.into())
    }

    /// Derives the pre-shared key of the session in a NewSessionTicket (RFC 8446, 4.6.1).
    pub(crate) fn ticket_secret(&self, nonce: &[u8]) -> Result<HeapSecret> {
        let secret = self.resumption.as_ref().ok_or(Code::InvalidState)?;
        expand_label(self.suite, secret, b"resumption", nonce, secret.len())
    }

    /// Returns whether the secret of tickets is known.
    pub(crate) fn may_have_tickets(&self) -> bool {
        self.resumption.is_some()
    }

    /// Returns the suite's number.
    pub(crate) fn suite(&self) -> u16 {
        self.suite.common.suite.into()
    }

    /// Returns the traffic secret of a direction.
    pub(super) fn traffic_secret(&self, direction: Direction) -> &HeapSecret {
        match direction {
            Direction::Write => self.write.bytes(),
            Direction::Read => self.read.bytes(),
        }
    }

    /// Returns the resumption master secret, if it is known.
    pub(super) fn resumption_secret(&self) -> Option<&HeapSecret> {
        self.resumption.as_ref()
    }

    /// Derives the current keys of a direction.
    pub(crate) fn keys(&self, direction: Direction) -> Result<ConnectionTrafficSecrets> {
        match direction {
            Direction::Write => self.write.keys(),
            Direction::Read => self.read.keys(),
        }
    }

    /// Derives the next write keys, for a KeyUpdate of this side (RFC 8446, 7.2).
    fn next_write_keys(&mut self) -> Result<Keys> {
        next_keys(&mut self.write)
    }

    /// Derives the next read keys, for a KeyUpdate of the peer.
    fn next_read_keys(&mut self) -> Result<Keys> {
        next_keys(&mut self.read)
    }
}

impl State {
    /// Derives the next write keys, for a KeyUpdate of this side.
    pub(crate) fn next_write_keys(&self) -> Result<Keys> {
        self.with_key_schedule(|schedule| {
            schedule
                .ok_or(Code::HandshakeNotComplete)?
                .next_write_keys()
        })
    }

    /// Derives the next read keys, for a KeyUpdate of the peer.
    pub(crate) fn next_read_keys(&self) -> Result<Keys> {
        self.with_key_schedule(|schedule| schedule.ok_or(Code::BadMessage)?.next_read_keys())
    }
}

fn next_keys(secret: &mut TrafficSecret) -> Result<Keys> {
    secret.update()?;
    Ok((0, secret.keys()?))
}
