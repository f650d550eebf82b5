//! Secrets of a handshake, which rustls reports to its key log.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::base::{Mode, append_hex};
use crate::messages::RANDOM_LEN;

/// The label of the master secret, the only secret of TLS 1.2.
pub(super) const MASTER_SECRET: &str = "CLIENT_RANDOM";

/// The label of the first TLS 1.3 secret that protects records.
pub(super) const CLIENT_HANDSHAKE_SECRET: &str = "CLIENT_HANDSHAKE_TRAFFIC_SECRET";

/// The label of the TLS 1.3 secret of the server's handshake messages.
const SERVER_HANDSHAKE_SECRET: &str = "SERVER_HANDSHAKE_TRAFFIC_SECRET";

/// The label of the secret of the exporter.
pub(super) const EXPORTER_SECRET: &str = "EXPORTER_SECRET";

/// The label of the secret for early data.
pub(super) const EARLY_SECRET: &str = "CLIENT_EARLY_TRAFFIC_SECRET";

/// The label of the secret of the early exporter, which neither s2n-tls nor this library has.
const EARLY_EXPORTER_SECRET: &str = "EARLY_EXPORTER_SECRET";

/// The label of the secret for the application data of a TLS 1.3 client.
pub(super) const CLIENT_APPLICATION_SECRET: &str = "CLIENT_TRAFFIC_SECRET_0";

/// The label of the secret for the application data of a TLS 1.3 server.
pub(super) const SERVER_APPLICATION_SECRET: &str = "SERVER_TRAFFIC_SECRET_0";

/// The secrets that a QUIC connection passes to the application, in the order of their derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretType {
    ClientHandshake,
    ServerHandshake,
    ClientApplication,
    ServerApplication,
    Exporter,
}

impl SecretType {
    /// Returns whether the secret protects handshake messages.
    pub(crate) fn is_of_handshake(self) -> bool {
        matches!(self, Self::ClientHandshake | Self::ServerHandshake)
    }
}

/// A secret that rustls has derived.
pub(crate) struct Secret {
    /// The label (RFC 9850, 2).
    label: Cow<'static, str>,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    pub(crate) client_random: [u8; RANDOM_LEN],
}

/// All labels of RFC 9850.
const LABELS: [&str; 8] = [
    MASTER_SECRET,
    CLIENT_HANDSHAKE_SECRET,
    SERVER_HANDSHAKE_SECRET,
    CLIENT_APPLICATION_SECRET,
    SERVER_APPLICATION_SECRET,
    EXPORTER_SECRET,
    EARLY_SECRET,
    EARLY_EXPORTER_SECRET,
];

impl Secret {
    /// Copies a secret that rustls reports; `None` if the random of the client is not one.
    pub(super) fn new(label: &str, client_random: &[u8], bytes: &[u8]) -> Option<Self> {
        let known = LABELS.iter().find(|&&known| known == label);
        Some(Self {
            label: match known {
                Some(&known) => known.into(),
                None => label.to_owned().into(),
            },
            bytes: Zeroizing::new(bytes.to_vec()),
            client_random: client_random.try_into().ok()?,
        })
    }

    /// Returns whether the secret protects the records that this side sends next. A client sends
    /// its Finished with its handshake keys; a TLS 1.3 server uses its application keys while it
    /// waits for the client's Finished. TLS 1.2 has one secret for all.
    pub(crate) fn protects_sending(&self, mode: Mode) -> bool {
        match mode {
            Mode::Client => {
                matches!(&*self.label, CLIENT_HANDSHAKE_SECRET | MASTER_SECRET)
            }
            Mode::Server => {
                matches!(&*self.label, SERVER_APPLICATION_SECRET | MASTER_SECRET)
            }
        }
    }

    /// Returns whether the secret protects early data.
    pub(crate) fn protects_early_data(&self) -> bool {
        self.label == EARLY_SECRET
    }

    /// Returns whether the secret concerns early data.
    pub(crate) fn is_early(&self) -> bool {
        matches!(&*self.label, EARLY_SECRET | EARLY_EXPORTER_SECRET)
    }

    /// Returns whether both sides protect all later messages, as TLS 1.3 does from the ServerHello
    /// on.
    pub(crate) fn protects_messages(&self) -> bool {
        self.label == CLIENT_HANDSHAKE_SECRET
    }

    /// Returns the side whose application data the secret protects, if it is a traffic secret for
    /// that.
    pub(crate) fn application_side(&self) -> Option<Mode> {
        match &*self.label {
            CLIENT_APPLICATION_SECRET => Some(Mode::Client),
            SERVER_APPLICATION_SECRET => Some(Mode::Server),
            _ => None,
        }
    }

    /// Returns whether this is the secret of the exporter.
    pub(crate) fn is_of_exporter(&self) -> bool {
        self.label == EXPORTER_SECRET
    }

    /// Returns the type of a secret that a QUIC connection passes to the application.
    pub(crate) fn quic_type(&self) -> Option<SecretType> {
        match &*self.label {
            CLIENT_HANDSHAKE_SECRET => Some(SecretType::ClientHandshake),
            SERVER_HANDSHAKE_SECRET => Some(SecretType::ServerHandshake),
            CLIENT_APPLICATION_SECRET => Some(SecretType::ClientApplication),
            SERVER_APPLICATION_SECRET => Some(SecretType::ServerApplication),
            EXPORTER_SECRET => Some(SecretType::Exporter),
            _ => None,
        }
    }

    /// Returns whether this is the master secret of TLS 1.2.
    pub(crate) fn is_master_secret(&self) -> bool {
        self.label == MASTER_SECRET
    }

    /// Formats the secret as a line of a key log (RFC 9850, 2), without a newline.
    pub(crate) fn line(&self) -> Zeroizing<String> {
        // All of it at once: a text that grows leaves parts of the secret behind.
        let digits = 2 * (self.client_random.len() + self.bytes.len());
        let mut line = String::with_capacity(self.label.len() + digits + 2);
        line.push_str(&self.label);
        for bytes in [&self.client_random, &**self.bytes] {
            line.push(' ');
            append_hex(&mut line, bytes);
        }
        Zeroizing::new(line)
    }
}
