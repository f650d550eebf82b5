//! Early data (0-RTT; RFC 8446, 2.3 and 4.2.10).
//!
//! It does not pass through rustls: its records are sealed and opened with the early traffic
//! secret, of the key log. So a client can send early data after the server's flight, until the
//! application continues the handshake, as with s2n-tls. Only EndOfEarlyData, which is part of the
//! transcript, passes through rustls. rustls has sealed or opened no record with the secret, so the
//! message is sealed again, with the sequence number that the receiver expects.

use rustls::{SupportedCipherSuite, Tls13CipherSuite};

use super::Handshake;
use crate::credentials::secret::Secret;
use crate::crypto::HeapSecret;
use crate::crypto::tls13::SUITES;
use crate::error::{Code, Result};
use crate::record::{Opener, Reassembler, Sealer};
use crate::state::traffic_secret::TrafficSecret;

mod client;
mod decision;
mod server;
mod skipping;

use self::skipping::Skipped;

/// The early data of a handshake.
#[derive(Default)]
pub(super) struct EarlyData {
    /// The suite of the pre-shared key, with which early data is sealed.
    suite: Option<&'static Tls13CipherSuite>,

    /// The traffic secret, if early data is sent or accepted.
    secret: HeapSecret,

    /// Server: the received part of EndOfEarlyData.
    reassembler: Reassembler,

    /// Server: the early data that is rejected, until its end.
    skipped: Option<Skipped>,

    /// Client: the end of the handshake, which follows EndOfEarlyData.
    end: Option<End>,
}

/// The end of a client's handshake.
struct End {
    /// The records behind EndOfEarlyData.
    records: Vec<u8>,
    /// Seals the application data.
    sealer: Sealer,
}

/// EndOfEarlyData (RFC 8446, 4.5).
const END_OF_EARLY_DATA: [u8; 4] = [5, 0, 0, 0];

impl EarlyData {
    /// Client: stores the secret of its early data, and returns the sealer.
    fn begin_sending(&mut self, suite: u16, secrets: &[Secret]) -> Result<Sealer> {
        self.suite = find_suite(suite);
        self.store(secrets);
        self.sealer()
    }

    /// Stores the traffic secret among the secrets of a step.
    fn store(&mut self, secrets: &[Secret]) {
        if let Some(secret) = secrets.iter().find(|secret| secret.protects_early_data()) {
            self.secret = secret.bytes.clone();
        }
    }

    fn sealer(&self) -> Result<Sealer> {
        let (suite, secret) = self.traffic_secret()?;
        Sealer::new(suite, (0, secret.keys()?))
    }

    fn opener(&self) -> Result<Opener> {
        let (suite, secret) = self.traffic_secret()?;
        Opener::new(suite, (0, secret.keys()?))
    }

    fn traffic_secret(&self) -> Result<(SupportedCipherSuite, TrafficSecret)> {
        let suite = self.suite.ok_or(Code::HandshakeState)?;
        let secret = TrafficSecret::new(suite, self.secret.clone())?;
        Ok((SupportedCipherSuite::Tls13(suite), secret))
    }
}

impl Handshake {
    fn early_data(&mut self) -> &mut EarlyData {
        self.early_data.get_or_insert_default()
    }
}

fn find_suite(number: u16) -> Option<&'static Tls13CipherSuite> {
    let mut suites = SUITES.iter().copied();
    suites.find(|suite| suite.common.suite.0 == number)
}
