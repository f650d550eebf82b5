//! Stored ClientHellos: the queries of the application, and the fingerprints.

use super::ClientHello;

mod client_hello;
mod fingerprint;

/// Encodes a vector with a length prefix of `size` bytes.
fn vector(size: usize, content: &[u8]) -> Vec<u8> {
    let len = (content.len() as u32).to_be_bytes();
    [&len[4 - size..], content].concat()
}

/// Encodes numbers of two bytes.
fn numbers(list: &[u16]) -> Vec<u8> {
    list.iter()
        .flat_map(|number| number.to_be_bytes())
        .collect()
}

/// A ClientHello to encode.
struct Hello {
    version: u16,
    session_id: Vec<u8>,
    suites: Vec<u16>,
    compression_methods: Vec<u8>,
    extensions: Vec<(u16, Vec<u8>)>,
}

impl Hello {
    const RANDOM: [u8; 32] = [7; 32];

    fn new(version: u16, suites: &[u16], extensions: &[(u16, Vec<u8>)]) -> Self {
        Self {
            version,
            session_id: vec![],
            suites: suites.to_vec(),
            compression_methods: vec![0],
            extensions: extensions.to_vec(),
        }
    }

    /// Encodes the list of extensions.
    fn list(&self) -> Vec<u8> {
        let list = self.extensions.iter();
        list.flat_map(|(typ, data)| [&typ.to_be_bytes()[..], &vector(2, data)].concat())
            .collect()
    }

    /// Encodes the message, without its handshake header.
    fn body(&self) -> Vec<u8> {
        [
            &self.version.to_be_bytes()[..],
            &Self::RANDOM,
            &vector(1, &self.session_id),
            &vector(2, &numbers(&self.suites)),
            &vector(1, &self.compression_methods),
            &vector(2, &self.list()),
        ]
        .concat()
    }

    fn message(&self) -> Vec<u8> {
        [&[1][..], &vector(3, &self.body())].concat()
    }

    fn parse(&self) -> ClientHello {
        ClientHello::parse(&self.message()).expect("well-formed")
    }
}
