//! The key log of rustls, which stores the secrets of a handshake in the context of its step.

use rustls::KeyLog;
use zeroize::Zeroizing;

use super::secret::{
    CLIENT_APPLICATION_SECRET, CLIENT_HANDSHAKE_SECRET, EARLY_SECRET, EXPORTER_SECRET,
    MASTER_SECRET, SERVER_APPLICATION_SECRET, Secret,
};
use super::step_context::{Milestone, StepContext};

/// The key log that is passed to rustls.
#[derive(Debug)]
pub(crate) struct KeyLogListener {
    /// Stores all secrets, not only those that the library requires.
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
            EARLY_SECRET,
            CLIENT_APPLICATION_SECRET,
            SERVER_APPLICATION_SECRET,
            EXPORTER_SECRET,
        ];
        self.stores_all || needed.contains(&label)
    }
}
