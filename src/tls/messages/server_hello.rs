//! The ServerHello as bytes (RFC 8446, 4.1.3): rustls says what was agreed on only at the end.

use super::extension_type::SUPPORTED_VERSIONS;
use super::{Bytes, RANDOM};
use crate::tls::base::Version;

const SERVER_HELLO: u8 = 2;

/// RFC 8446, 4.1.3: the random bytes of a HelloRetryRequest, the SHA-256 of its name.
const RETRY_REQUEST: [u8; RANDOM] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// What a ServerHello, or a HelloRetryRequest, says.
#[derive(Clone, Debug)]
pub(crate) struct ServerHello {
    /// The version that it chooses.
    pub(crate) version: Version,

    /// The number of the cipher suite that it chooses.
    pub(crate) suite: u16,

    pub(crate) random: [u8; RANDOM],
}

impl ServerHello {
    /// Reads a message that begins with its handshake header. Nothing if it is not whole, or another
    /// one; rustls judges it.
    pub(crate) fn read(message: &[u8]) -> Option<Self> {
        let mut message = Bytes(message);
        if message.u8().ok()? != SERVER_HELLO {
            return None;
        }
        let mut body = Bytes(message.vector(3).ok()?);
        let legacy_version = body.u16().ok()?;
        let random = body.take(RANDOM).ok()?.try_into().ok()?;
        body.vector(1).ok()?; // legacy_session_id_echo
        let suite = body.u16().ok()?;
        body.u8().ok()?; // legacy_compression_method
        let extensions = Bytes(body.vector(2).unwrap_or_default());
        let chosen = extensions.extension(SUPPORTED_VERSIONS);
        let version = match chosen {
            Some(data) => Bytes(data).u16().ok()?,
            None => legacy_version,
        };
        Some(Self {
            version: Version::from_wire(version),
            suite,
            random,
        })
    }

    /// Whether it asks for another ClientHello.
    pub(crate) fn is_retry_request(&self) -> bool {
        self.random == RETRY_REQUEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(extensions: &[u8]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([9; RANDOM]);
        body.extend([0, 0x13, 0x01, 0]);
        body.extend(extensions);
        let len = body.len() as u8;
        [&[SERVER_HELLO, 0, 0, len][..], &body].concat()
    }

    #[test]
    fn the_extension_counts_and_else_the_old_field() {
        let version = |message: &[u8]| ServerHello::read(message).map(|hello| hello.version);
        let tls13 = message(&[0, 6, 0, 43, 0, 2, 3, 4]);
        assert_eq!(version(&tls13), Some(Version::Tls13));
        assert_eq!(version(&message(&[])), Some(Version::Tls12));
        let others = message(&[0, 5, 0, 23, 0, 1, 0]);
        assert_eq!(version(&others), Some(Version::Tls12));
    }

    #[test]
    fn suite_and_random_are_read() {
        let hello = ServerHello::read(&message(&[])).expect("a whole message");
        assert_eq!(hello.suite, 0x1301);
        assert_eq!(hello.random, [9; RANDOM]);
    }

    #[test]
    fn a_part_and_another_message_say_nothing() {
        let tls13 = message(&[0, 6, 0, 43, 0, 2, 3, 4]);
        for len in 0..tls13.len() {
            assert!(ServerHello::read(&tls13[..len]).is_none(), "{len} bytes");
        }
        assert!(ServerHello::read(&[1, 0, 0, 0]).is_none());
    }
}
