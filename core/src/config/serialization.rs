//! Settings for the serialization of connections, and for renegotiation, which exclude each other.

use std::sync::Arc;

use super::Config;
use crate::error::{Code, Result};

/// The format of serialized connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SerializationVersion {
    V1,
}

/// Decides about a server's request to renegotiate. `name` is the application's for the connection.
pub trait RenegotiationCallback: Send + Sync {
    /// Returns `None` for an error, which closes the connection.
    fn decide(&self, name: usize) -> Option<RenegotiationResponse>;
}

/// The response to a HelloRequest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenegotiationResponse {
    /// The alert no_renegotiation.
    Reject,
    /// None: the application ignores the request, or is about to renegotiate, which fails.
    Ignore,
}

impl Config {
    /// Enables the serialization of connections. Fails if there is a callback for renegotiation.
    pub fn set_serialization_version(&self, version: Result<SerializationVersion>) -> Result<()> {
        self.change(|settings| {
            if settings.renegotiation.is_some() {
                return Err(Code::InvalidState)?;
            }
            settings.serializable = version? == SerializationVersion::V1;
            Ok(())
        })
    }

    pub(crate) fn is_serializable(&self) -> bool {
        self.read(|settings| settings.serializable)
    }

    /// Sets the callback for HelloRequests. Fails if connections may be serialized.
    pub fn set_renegotiation_callback(
        &self,
        callback: Option<Arc<dyn RenegotiationCallback>>,
    ) -> Result<()> {
        self.change(|settings| {
            if settings.serializable {
                return Err(Code::InvalidState)?;
            }
            settings.renegotiation = callback;
            Ok(())
        })
    }

    pub(crate) fn renegotiation_callback(&self) -> Option<Arc<dyn RenegotiationCallback>> {
        self.read(|settings| settings.renegotiation.clone())
    }

    /// Returns whether there is a callback for HelloRequests.
    pub fn has_renegotiation_callback(&self) -> bool {
        self.read(|settings| settings.renegotiation.is_some())
    }
}
