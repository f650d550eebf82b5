//! Secrets that the application may read: the master secret of TLS 1.2 and the exporter of TLS 1.3.

use std::sync::atomic::Ordering::*;

use zeroize::Zeroizing;

use super::State;
use crate::base::{StackDepth, Version, lock, with_cleared_stack};
pub use crate::crypto::MASTER_SECRET_LEN;
use crate::error::{Code, Result};
use crate::messages::RANDOM_LEN;

/// The master secret of TLS 1.2 (RFC 5246, 8.1), and what the traffic keys are derived from beside
/// it.
#[derive(Clone)]
pub(crate) struct Tls12Secrets {
    pub(crate) master_secret: Zeroizing<[u8; MASTER_SECRET_LEN]>,
    pub(crate) client_random: [u8; RANDOM_LEN],
    pub(crate) server_random: [u8; RANDOM_LEN],
}

impl Tls12Secrets {
    /// Boxed, because TLS 1.3 connections have none. `None` if the length is wrong.
    pub(crate) fn new(
        master_secret: &[u8],
        client_random: [u8; RANDOM_LEN],
        server_random: [u8; RANDOM_LEN],
    ) -> Option<Box<Self>> {
        let mut secrets = Box::new(Self {
            master_secret: Zeroizing::new([0; MASTER_SECRET_LEN]),
            client_random,
            server_random,
        });
        if master_secret.len() != MASTER_SECRET_LEN {
            return None;
        }
        // Copied in place, so that no copy is left on the stack.
        secrets.master_secret.copy_from_slice(master_secret);
        Some(secrets)
    }
}

/// The maximum length of an exporter's label in bytes: "tls13 " and the label have 255.
const MAX_LABEL: usize = 249;

impl State {
    pub(crate) fn set_tls12_secrets(&self, secrets: Option<Box<Tls12Secrets>>) {
        lock(&self.results).tls12_secrets = secrets;
    }

    /// Copies the master secret of TLS 1.2.
    pub(crate) fn master_secret(&self, out: &mut [u8]) -> Result<()> {
        let out = out
            .get_mut(..MASTER_SECRET_LEN)
            .ok_or(Code::InsufficientMemSize)?;
        self.check_exportable(self.version() < Version::Tls13)?;
        let results = lock(&self.results);
        let secret = results
            .tls12_secrets
            .as_ref()
            .ok_or(Code::HandshakeNotComplete)?;
        out.copy_from_slice(&*secret.master_secret);
        Ok(())
    }

    /// Exports keying material (RFC 8446, 7.5).
    pub(crate) fn export(&self, label: &[u8], context: &[u8], output: &mut [u8]) -> Result<()> {
        // A server that has not received a ClientHello assumes its highest version.
        let version = match self.version() {
            Version::Unknown => self.server_version(),
            version => version,
        };
        self.check_exportable(version == Version::Tls13)?;
        if label.len() > MAX_LABEL {
            return Err(Code::Safety)?;
        }
        self.with_key_schedule(|schedule| match schedule {
            Some(schedule) => {
                with_cleared_stack(StackDepth::Keys, || schedule.export(label, context, output))
            }
            None => Err(Code::HandshakeNotComplete)?,
        })
    }

    fn check_exportable(&self, version_has_it: bool) -> Result<()> {
        if !version_has_it {
            return Err(Code::InvalidState)?;
        }
        if !self.shared.handshake_done.load(Acquire) {
            return Err(Code::HandshakeNotComplete)?;
        }
        Ok(())
    }
}
