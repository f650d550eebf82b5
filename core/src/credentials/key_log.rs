//! The secrets of a handshake: what rustls' key log is given, as lines of an application's key log and as
//! input of the library's own keys.

use rustls::KeyLog;
use zeroize::Zeroizing;

use super::step_context::{Milestone, StepContext};
use crate::base::Mode;

/// TLS 1.2 has one secret, and its line begins with this.
const MASTER_SECRET: &str = "CLIENT_RANDOM";

/// The first secret of TLS 1.3 that protects anything.
const CLIENT_HANDSHAKE_SECRET: &str = "CLIENT_HANDSHAKE_TRAFFIC_SECRET";

/// A secret that rustls has derived.
pub(crate) struct Secret {
    /// Its label of RFC 9850, section 2.
    label: String,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    pub(crate) client_random: Vec<u8>,
}

impl Secret {
    /// Whether it protects what this side sends next: a client sends its Finished with its handshake
    /// keys, in TLS 1.2 with the only ones; a TLS 1.3 server waits for the client's Finished with its
    /// application keys in use.
    pub(crate) fn protects_sending(&self, mode: Mode) -> bool {
        match mode {
            Mode::Client => {
                matches!(&*self.label, CLIENT_HANDSHAKE_SECRET | MASTER_SECRET)
            }
            Mode::Server => self.label == "SERVER_TRAFFIC_SECRET_0",
        }
    }

    /// Whether both sides protect their messages from here on, as TLS 1.3 does once there is a
    /// ServerHello.
    pub(crate) fn protects_messages(&self) -> bool {
        self.label == CLIENT_HANDSHAKE_SECRET
    }

    /// Whether it is the master secret of TLS 1.2.
    pub(crate) fn is_master_secret(&self) -> bool {
        self.label == MASTER_SECRET
    }

    /// A line of a key log (RFC 9850, section 2), without its end.
    pub(crate) fn line(&self) -> Zeroizing<String> {
        let hex = |bytes: &[u8]| -> Zeroizing<String> {
            Zeroizing::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
        };
        let (random, secret) = (hex(&self.client_random), hex(&self.bytes));
        Zeroizing::new(format!("{} {} {}", self.label, *random, *secret))
    }
}

/// The key log that rustls is given.
#[derive(Debug)]
pub(crate) struct KeyLogListener {
    /// Stores all secrets, not only those that the library needs.
    pub(crate) stores_all: bool,

    /// The context of the step, where secrets are stored.
    pub(crate) context: StepContext,
}

impl KeyLog for KeyLogListener {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        match label {
            CLIENT_HANDSHAKE_SECRET => self.context.reach(Milestone::HandshakeSecrets),
            MASTER_SECRET => self.context.reach(Milestone::MasterSecret),
            _ => {}
        }
        if self.will_log(label) {
            self.context.store(Secret {
                label: label.to_owned(),
                bytes: Zeroizing::new(secret.to_vec()),
                client_random: client_random.to_vec(),
            });
        }
    }

    fn will_log(&self, label: &str) -> bool {
        let needed = [
            CLIENT_HANDSHAKE_SECRET,
            MASTER_SECRET,
            "SERVER_TRAFFIC_SECRET_0",
        ];
        self.stores_all || needed.contains(&label)
    }
}
