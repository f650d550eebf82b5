//! The state that a serialized connection contains, taken from one connection and given to another.

use std::sync::atomic::Ordering::*;

use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite};

use super::format::{Secrets, Serialized, Tls13Secrets};
use crate::base::{Mode, Version, lock, memory};
use crate::crypto::HeapSecret;
use crate::error::{Code, Error, Result};
use crate::record::{Opener, Sealer};
use crate::state::traffic_secret::TrafficSecret;
use crate::state::{self, Direction, HandshakeType, KeySchedule, Negotiated, State, Tls12Secrets};

/// The results of the handshake of a serialized connection.
pub(crate) struct RestoredResults {
    version: Version,
    record_size: u16,
    negotiated: Negotiated,
    tls12_secrets: Option<Box<Tls12Secrets>>,
    key_schedule: Option<KeySchedule>,
}

impl State {
    /// Returns the connection in serialized form, with the numbers of the next records of this side
    /// and of the peer. Fails if the resumption master secret was not kept, because the config has
    /// allowed serialization only after the handshake.
    pub(crate) fn serialized(&self, write: u64, read: u64) -> Result<Serialized> {
        let (client_sequence, server_sequence) = of_client_and_server(self.mode(), write, read);
        Ok(Serialized {
            client_sequence,
            server_sequence,
            record_size: self.shared.serialized_record_size(),
            secrets: match self.negotiated_suite()? {
                SupportedCipherSuite::Tls13(suite) => Secrets::Tls13(suite, self.tls13_secrets()?),
                suite => Secrets::Tls12(suite, self.tls12_secrets()?),
            },
        })
    }

    fn tls13_secrets(&self) -> Result<Tls13Secrets> {
        let mode = self.mode();
        self.with_key_schedule(|schedule| {
            let schedule = schedule.ok_or(Code::InvalidState)?;
            let resumption = memory::copy(schedule.resumption_secret()?)?;
            let secret = |direction| {
                let secret = memory::copy(schedule.traffic_secret(direction)?)?;
                Ok::<_, Error>(HeapSecret::new(secret))
            };
            let (write, read) = (secret(Direction::Write)?, secret(Direction::Read)?);
            let (client, server) = of_client_and_server(mode, write, read);
            Ok::<_, Error>(Tls13Secrets {
                client,
                server,
                resumption: HeapSecret::new(resumption),
            })
        })
    }

    fn tls12_secrets(&self) -> Result<Box<Tls12Secrets>> {
        let results = lock(&self.results);
        let secrets = results.tls12_secrets.as_ref().ok_or(Code::InvalidState)?;
        Ok(secrets.clone())
    }

    /// Removes the secrets of a connection that another process continues.
    pub(crate) fn remove_secrets(&self) {
        let mut results = lock(&self.results);
        results.key_schedule = None;
        results.tls12_secrets = None;
    }

    /// Takes the results of a serialized connection.
    pub(crate) fn restore(&self, restored: RestoredResults) {
        self.shared.set_record_size(restored.record_size.into());
        self.shared.version.store(restored.version, Release);
        self.shared.restored.store(true, Release);
        self.set_negotiated(restored.negotiated);
        let mut results = lock(&self.results);
        results.tls12_secrets = restored.tls12_secrets;
        results.key_schedule = restored.key_schedule;
        drop(results);
        self.shared.handshake_done.store(true, Release);
    }
}

impl Serialized {
    /// Creates the record layer of both directions, for this side.
    pub(crate) fn halves(&self, mode: Mode) -> Result<(Sealer, Opener)> {
        let (suite, peer) = (self.suite(), mode.peer());
        let sealer = Sealer::new(suite, (self.sequence(mode), self.keys(mode)?))?;
        let opener = Opener::new(suite, (self.sequence(peer), self.keys(peer)?))?;
        Ok((sealer, opener))
    }

    fn sequence(&self, sender: Mode) -> u64 {
        match sender {
            Mode::Client => self.client_sequence,
            Mode::Server => self.server_sequence,
        }
    }

    fn keys(&self, sender: Mode) -> Result<ConnectionTrafficSecrets> {
        match &self.secrets {
            Secrets::Tls12(SupportedCipherSuite::Tls12(suite), secrets) => {
                secrets.traffic_keys(suite, sender)
            }
            Secrets::Tls12(..) => Err(Code::CipherNotSupported)?,
            Secrets::Tls13(suite, secrets) => {
                let secret = match sender {
                    Mode::Client => &secrets.client,
                    Mode::Server => &secrets.server,
                };
                TrafficSecret::new(suite, secret.clone())?.keys()
            }
        }
    }

    /// Converts the secrets into the results of a handshake. What else was negotiated is unknown.
    pub(crate) fn into_results(self, mode: Mode) -> Result<RestoredResults> {
        let suite = self.suite().suite();
        let mut results = RestoredResults {
            version: self.version(),
            record_size: self.record_size,
            negotiated: Negotiated {
                suite: suite.into(),
                group: 0,
                resumed: false,
                handshake_type: HandshakeType::INITIAL,
                alpn: None,
                client_cert_chain: None,
                client_cert_used: false,
            },
            tls12_secrets: None,
            key_schedule: None,
        };
        match self.secrets {
            Secrets::Tls12(_, secrets) => results.tls12_secrets = Some(secrets),
            Secrets::Tls13(suite, secrets) => {
                let (client, server) = (&secrets.client, &secrets.server);
                let (write, read) = of_client_and_server(mode, client, server);
                let secrets = state::Secrets {
                    write,
                    read,
                    exporter: None,
                    resumption: Some(&secrets.resumption),
                };
                results.key_schedule = Some(KeySchedule::new(suite, &secrets)?);
            }
        }
        Ok(results)
    }
}

/// Converts the values of this side and of the peer to those of client and server, and back.
fn of_client_and_server<T>(mode: Mode, own: T, peer: T) -> (T, T) {
    match mode {
        Mode::Client => (own, peer),
        Mode::Server => (peer, own),
    }
}
