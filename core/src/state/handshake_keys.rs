//! Keys for a close_notify in the middle of a handshake.
//!
//! rustls protects the messages of a handshake and keeps its keys. It cannot send the close_notify
//! of an application that aborts a handshake, so the keys for that record are derived from the
//! secrets of its key log.

use rustls::SupportedCipherSuite;

use super::Tls12Secrets;
use super::traffic_secret::TrafficSecret;
use crate::base::Mode;
use crate::credentials::secret::Secret;
use crate::error::{Code, Result};
use crate::messages::{RANDOM_LEN, ServerHello};
use crate::policy::Policy;
use crate::record::Sealer;

/// The keys of the next record that this side sends. In a box, because they are part of a
/// connection, which has none after the handshake.
pub(crate) struct HandshakeKeys(Box<Keys>);

struct Keys {
    secret: Secret,
    suite: SupportedCipherSuite,
    server_random: [u8; RANDOM_LEN],
    /// TLS 1.2: the number of records that this side has protected.
    protected: u64,
    sender: Mode,
}

impl HandshakeKeys {
    /// Finds the suite of a ServerHello; `None` if the policy does not have it. `protected` is the
    /// number of records behind the ChangeCipherSpec of this side, the `sender`: before that, TLS 1.2
    /// has no keys.
    pub(crate) fn new(
        sender: Mode,
        secret: Secret,
        hello: &ServerHello,
        policy: &Policy,
        protected: Option<u64>,
    ) -> Option<Self> {
        let provider = policy.provider();
        let tls12 = provider.tls12_cipher_suites.iter();
        let tls13 = provider.tls13_cipher_suites.iter();
        let suite = tls12
            .map(|&suite| SupportedCipherSuite::Tls12(suite))
            .chain(tls13.map(|&suite| SupportedCipherSuite::Tls13(suite)))
            .find(|suite| u16::from(suite.suite()) == hello.suite)?;
        let is_tls12 = matches!(suite, SupportedCipherSuite::Tls12(_));
        if is_tls12 && protected.is_none() {
            return None;
        }
        Some(Self(Box::new(Keys {
            protected: protected.unwrap_or(0),
            secret,
            suite,
            server_random: hello.random,
            sender,
        })))
    }

    /// Creates a sealer with these keys.
    pub(crate) fn sealer(&self) -> Result<Sealer> {
        // TLS 1.3 keys are new here; TLS 1.2 keys have protected the Finished of this side.
        let keys = &self.0;
        let (sequence, secrets) = match keys.suite {
            SupportedCipherSuite::Tls13(suite) => {
                let secret = TrafficSecret::new(suite, keys.secret.bytes.clone())?;
                (0, secret.keys()?)
            }
            SupportedCipherSuite::Tls12(suite) => {
                let Secret {
                    bytes,
                    client_random,
                    ..
                } = &keys.secret;
                let secrets = Tls12Secrets::new(bytes, *client_random, keys.server_random);
                let secrets = secrets.ok_or(Code::KeyInit)?;
                (keys.protected, secrets.traffic_keys(suite, keys.sender)?)
            }
            _ => return Err(Code::KeyInit)?,
        };
        Sealer::new(keys.suite, (sequence, secrets))
    }
}
