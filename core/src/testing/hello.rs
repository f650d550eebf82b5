//! The fields of a ClientHello as the handshake reads them, so that tests can compare them with those
//! that another parser reads.

use crate::base::Version;
use crate::error::Result;
use crate::messages::ClientHelloPayload;

/// The fields that a server evaluates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelloFields {
    pub server_name: Option<Vec<u8>>,
    pub alpn: Vec<Vec<u8>>,
    /// The highest version, with and without the supported_versions extension.
    pub highest_version: Version,
    pub highest_legacy_version: Version,
    pub cipher_suites: Vec<u16>,
    pub signature_schemes: Vec<u16>,
    /// Each with whether there is a key share for it.
    pub groups: Vec<(u16, bool)>,
    pub server_cert_types: Option<Vec<u8>>,
    pub client_cert_types: Option<Vec<u8>>,
}

impl HelloFields {
    /// Parses a ClientHello, its handshake header included, and fails where the handshake would.
    pub fn parse(message: &[u8]) -> Result<Self> {
        let (body, _) = ClientHelloPayload::split(message)?;
        let hello = ClientHelloPayload::parse(body)?;
        let suites = hello.cipher_suites.as_chunks().0.iter();
        Ok(Self {
            server_name: hello.server_name().map(|name| name.into_bytes()),
            alpn: hello.alpn().map(<[u8]>::to_vec).collect(),
            highest_version: hello.highest_version(),
            highest_legacy_version: hello.highest_legacy_version(),
            cipher_suites: suites.map(|suite| u16::from_be_bytes(*suite)).collect(),
            signature_schemes: hello.signature_schemes().collect(),
            groups: hello.groups().collect(),
            server_cert_types: hello.server_cert_types().map(<[u8]>::to_vec),
            client_cert_types: hello.client_cert_types().map(<[u8]>::to_vec),
        })
    }
}
