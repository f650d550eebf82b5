//! The results of Encrypted ClientHello (RFC 9849).

use std::sync::atomic::Ordering::*;

use super::State;
use crate::base::lock;
use crate::error::{Code, Result};

/// The progress of Encrypted ClientHello on a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum EchStatus {
    /// The ClientHello is not encrypted, or not sent yet.
    #[default]
    NotOffered = 0,
    /// The ClientHello has an extension with random content in place of an encrypted one.
    Grease = 1,
    /// An encrypted ClientHello was sent, and not answered.
    Offered = 2,
    /// The server has decrypted the ClientHello.
    Accepted = 3,
    /// The server has answered the ClientHello on the wire.
    Rejected = 4,
}

/// The rejection of an encrypted ClientHello.
#[derive(Default)]
pub(super) struct EchRejection {
    /// The certificate of the server is verified for the public name.
    is_verified: bool,
    /// The ECHConfigList of the server, once its Finished is verified; empty if it sent none.
    retry_configs: Option<Vec<u8>>,
}

impl State {
    pub(crate) fn ech_status(&self) -> EchStatus {
        let number = self.shared.ech_status.load(Acquire);
        let all = [
            EchStatus::Grease,
            EchStatus::Offered,
            EchStatus::Accepted,
            EchStatus::Rejected,
        ];
        let status = all.into_iter().find(|&status| status as u8 == number);
        status.unwrap_or_default()
    }

    pub(crate) fn set_ech_status(&self, status: EchStatus) {
        self.shared.ech_status.store(status as u8, Release);
    }

    /// Records that the certificate of a server that has rejected the encrypted ClientHello is valid
    /// for the public name.
    pub(crate) fn verify_ech_rejection(&self) {
        lock(&self.rare().ech_rejection).is_verified = true;
    }

    /// Stores the configs that a server has sent with its rejection; empty for none.
    pub(crate) fn set_retry_configs(&self, configs: Vec<u8>) {
        lock(&self.rare().ech_rejection).retry_configs = Some(configs);
    }

    /// Passes the configs of a rejection to `read`; they are empty if the server has sent none, or has
    /// rejected nothing. Fails if the server that has rejected is not authenticated.
    pub(crate) fn with_retry_configs<R>(&self, read: impl FnOnce(&[u8]) -> R) -> Result<R> {
        if self.ech_status() != EchStatus::Rejected {
            return Ok(read(&[]));
        }
        let rejection = lock(&self.rare().ech_rejection);
        match &rejection.retry_configs {
            Some(configs) if rejection.is_verified => Ok(read(configs)),
            _ => Err(Code::InvalidState.rule(
                "the server that has rejected the encrypted ClientHello is not authenticated",
            )),
        }
    }
}
