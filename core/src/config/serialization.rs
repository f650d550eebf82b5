//! Settings for the serialization of connections, and for renegotiation, which exclude each other.

use super::Config;
use crate::base::lock;
use crate::error::{Code, Result};

/// The format of serialized connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SerializationVersion {
    V1,
}

impl Config {
    /// Enables the serialization of connections. Fails if there is a callback for renegotiation.
    pub fn set_serialization_version(&self, version: Result<SerializationVersion>) -> Result<()> {
        let mut settings = lock(&self.settings);
        if settings.has_renegotiation_callback {
            return Err(Code::InvalidState)?;
        }
        settings.serializable = version? == SerializationVersion::V1;
        Ok(())
    }

    pub(crate) fn is_serializable(&self) -> bool {
        lock(&self.settings).serializable
    }

    /// Sets whether the application has a callback for renegotiation. Fails if connections may be
    /// serialized.
    ///
    /// With a callback, a HelloRequest is answered with the alert no_renegotiation. The callback is
    /// not called, because no connection supports secure renegotiation (RFC 5746, 4.2).
    pub fn set_renegotiation_callback(&self, is_present: bool) -> Result<()> {
        let mut settings = lock(&self.settings);
        if settings.serializable {
            return Err(Code::InvalidState)?;
        }
        settings.has_renegotiation_callback = is_present;
        Ok(())
    }

    pub(crate) fn has_renegotiation_callback(&self) -> bool {
        lock(&self.settings).has_renegotiation_callback
    }
}
