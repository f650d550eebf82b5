//! Secrets that the application may read: the master secret of TLS 1.2 and the exporter of TLS 1.3.

use std::sync::atomic::Ordering::*;

use zeroize::Zeroizing;

use super::State;
use crate::base::{StackDepth, Version, lock, with_cleared_stack};
pub use crate::crypto::MASTER_SECRET_LEN;
use crate::error::{Code, Result};

/// A master secret of TLS 1.2 (RFC 5246, 8.1). Boxed, because TLS 1.3 connections have none.
pub(super) type MasterSecret = Box<Zeroizing<[u8; MASTER_SECRET_LEN]>>;

/// The maximum length of an exporter's label in bytes: "tls13 " and the label have 255.
const MAX_LABEL: usize = 249;

impl State {
    pub(crate) fn set_master_secret(&self, secret: &[u8]) {
        if secret.len() == MASTER_SECRET_LEN {
            // Copied in place, so that no copy is left on the stack.
            let mut kept = Box::new(Zeroizing::new([0; MASTER_SECRET_LEN]));
            kept.copy_from_slice(secret);
            lock(&self.results).master_secret = Some(kept);
        }
    }

    /// Copies the master secret of TLS 1.2.
    pub(crate) fn master_secret(&self, out: &mut [u8]) -> Result<()> {
        let out = out
            .get_mut(..MASTER_SECRET_LEN)
            .ok_or(Code::InsufficientMemSize)?;
        self.check_exportable(self.version() < Version::Tls13)?;
        let results = lock(&self.results);
        let secret = results
            .master_secret
            .as_ref()
            .ok_or(Code::HandshakeNotComplete)?;
        out.copy_from_slice(&***secret);
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
