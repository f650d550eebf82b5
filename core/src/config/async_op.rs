//! Settings of asynchronous operations.

use std::sync::Arc;

use super::{Config, Settings};
use crate::credentials::signing::Signing;
use crate::credentials::{Offload, PrivateKeys};

impl Settings {
    pub(super) fn signing(&self) -> Signing {
        Signing {
            is_asynchronous: self.private_keys.is_some(),
            verifies: self.verifies_after_sign,
        }
    }

    /// Returns the application's private-key operations, if there is a certificate to sign with.
    pub(super) fn signer(&self) -> Option<Arc<dyn PrivateKeys>> {
        let may_sign = self.certificates.has_any() || self.cert_request.is_some();
        self.private_keys.clone().filter(|_| may_sign)
    }
}

impl Config {
    /// Sets the application's private-key operations, which make all signatures.
    pub fn set_private_keys(&self, private_keys: Option<Arc<dyn PrivateKeys>>) {
        self.change(|settings| settings.private_keys = private_keys);
    }

    pub fn set_verifies_private_keys(&self, on: bool) {
        self.change(|settings| settings.verifies_private_keys = on);
    }

    /// Sets whether all signatures are verified before they are sent.
    pub fn set_verifies_after_sign(&self, on: bool) {
        self.change(|settings| settings.verifies_after_sign = on);
    }

    /// Sets the application's asynchronous verification of the peer's signatures.
    pub fn set_offload(&self, offload: Option<Arc<dyn Offload>>) {
        self.change(|settings| settings.offload = offload);
    }
}
