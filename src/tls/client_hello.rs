//! The ClientHello as bytes (RFC 8446, 4.1.2): what a server must know before rustls answers it.

use std::ffi::CString;

use crate::tls::connection::{TLS12, TLS13, UNKNOWN_VERSION};
use crate::tls::error::{Code, Result};

/// A whole ClientHello message.
#[derive(Debug)]
pub(crate) struct ClientHello<'a> {
    legacy_version: u16,
    extensions: &'a [u8],
}

const CLIENT_HELLO: u8 = 1;
pub(super) const RANDOM: usize = 32;

const SERVER_NAME: u16 = 0;
const ALPN: u16 = 16;
pub(super) const SUPPORTED_VERSIONS: u16 = 43;

/// RFC 6066, 3: the one type of name that there is.
const HOST_NAME: u8 = 0;

impl<'a> ClientHello<'a> {
    /// Parses a message that begins with its handshake header. What follows it is another message.
    pub(crate) fn parse(message: &'a [u8]) -> Result<Self> {
        let mut message = Bytes(message);
        if message.u8()? != CLIENT_HELLO {
            return Err(Code::BadMessage)?;
        }
        let mut body = Bytes(message.vector(3)?);
        let legacy_version = body.u16()?;
        body.take(RANDOM)?;
        body.vector(1)?; // legacy_session_id
        body.vector(2)?; // cipher_suites
        body.vector(1)?; // legacy_compression_methods
        let extensions = match body.0 {
            [] => &[],
            _ => body.vector(2)?,
        };
        match body.0 {
            [] => Ok(Self {
                legacy_version,
                extensions,
            }),
            _ => Err(Code::BadMessage)?,
        }
    }

    fn extension(&self, wanted: u16) -> Option<&'a [u8]> {
        Bytes(self.extensions).extension(wanted)
    }

    /// The best version that the client offers, as the API numbers versions.
    pub(crate) fn best_version(&self) -> u8 {
        let offered = self.extension(SUPPORTED_VERSIONS).and_then(|data| {
            let versions = Bytes(data).vector(1).ok()?;
            let versions = versions.chunks_exact(2);
            versions
                .map(|version| number(u16::from_be_bytes([version[0], version[1]])))
                .max()
        });
        offered.unwrap_or_else(|| number(self.legacy_version).min(TLS12))
    }

    /// The first name of the server_name extension.
    pub(crate) fn server_name(&self) -> Option<CString> {
        let mut names = Bytes(Bytes(self.extension(SERVER_NAME)?).vector(2).ok()?);
        if names.u8().ok()? != HOST_NAME {
            return None;
        }
        CString::new(names.vector(2).ok()?).ok()
    }

    /// The protocols of the application_layer_protocol_negotiation extension (RFC 7301).
    pub(crate) fn alpn(&self) -> impl Iterator<Item = &'a [u8]> {
        let list = self.extension(ALPN).unwrap_or_default();
        let mut protocols = Bytes(Bytes(list).vector(2).unwrap_or_default());
        std::iter::from_fn(move || protocols.vector(1).ok())
    }
}

/// 0x0303 is TLS 1.2, which the API calls 33.
pub(super) fn number(version: u16) -> u8 {
    match version {
        0x0304 => TLS13,
        0x0300..=0x0303 => 30 + (version & 0xff) as u8,
        _ => UNKNOWN_VERSION,
    }
}

/// What is left to be read.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(Code::BadMessage)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self, len: usize) -> Result<usize> {
        let bytes = self.take(len)?;
        Ok(bytes
            .iter()
            .fold(0, |number, &byte| number << 8 | usize::from(byte)))
    }

    pub(super) fn u8(&mut self) -> Result<u8> {
        Ok(self.number(1)? as u8)
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        Ok(self.number(2)? as u16)
    }

    /// A vector behind a length of `len` bytes (RFC 8446, 3.4).
    pub(super) fn vector(&mut self, len: usize) -> Result<&'a [u8]> {
        let len = self.number(len)?;
        self.take(len)
    }

    /// The data of the first extension of a type, in a list of extensions.
    pub(super) fn extension(mut self, wanted: u16) -> Option<&'a [u8]> {
        while let (Ok(typ), Ok(data)) = (self.u16(), self.vector(2)) {
            if typ == wanted {
                return Some(data);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(len: usize, body: &[u8]) -> Vec<u8> {
        let size = (body.len() as u32).to_be_bytes();
        [&size[4 - len..], body].concat()
    }

    fn extension(typ: u16, data: &[u8]) -> Vec<u8> {
        [&typ.to_be_bytes()[..], &vector(2, data)].concat()
    }

    fn message(extensions: &[u8]) -> Vec<u8> {
        let body = [
            &[3, 3][..],
            &[7; RANDOM],
            &vector(1, &[1; 32]),
            &vector(2, &[0x13, 0x01]),
            &vector(1, &[0]),
            &vector(2, extensions),
        ]
        .concat();
        [&[CLIENT_HELLO][..], &vector(3, &body)].concat()
    }

    fn sample() -> Vec<u8> {
        let name = [&[HOST_NAME][..], &vector(2, b"a.example")].concat();
        let protocols = [vector(1, b"h2"), vector(1, b"http/1.1")].concat();
        message(
            &[
                extension(SERVER_NAME, &vector(2, &name)),
                extension(ALPN, &vector(2, &protocols)),
                extension(SUPPORTED_VERSIONS, &vector(1, &[3, 3, 3, 4, 0x0a, 0x0a])),
            ]
            .concat(),
        )
    }

    #[test]
    fn extensions_are_found() {
        let message = sample();
        let hello = ClientHello::parse(&message).expect("the sample is well-formed");
        assert_eq!(hello.best_version(), TLS13);
        assert_eq!(hello.server_name().as_deref(), Some(c"a.example"));
        let protocols: Vec<_> = hello.alpn().collect();
        assert_eq!(protocols, [&b"h2"[..], b"http/1.1"]);
    }

    #[test]
    fn without_extensions_the_legacy_version_counts() {
        let message = message(&[]);
        let hello = ClientHello::parse(&message).expect("the message is well-formed");
        assert_eq!(hello.best_version(), TLS12);
        assert_eq!(hello.server_name(), None);
        assert_eq!(hello.alpn().count(), 0);
    }

    #[test]
    fn a_cut_message_is_refused() {
        let message = sample();
        for len in 0..message.len() {
            let error = ClientHello::parse(&message[..len]).unwrap_err();
            assert_eq!(error.code(), Code::BadMessage, "cut at {len}");
        }
    }

    #[test]
    fn no_flipped_byte_is_followed_out_of_bounds() {
        let message = sample();
        for at in 0..message.len() {
            for bit in 0..8 {
                let mut message = message.clone();
                message[at] ^= 1 << bit;
                if let Ok(hello) = ClientHello::parse(&message) {
                    hello.best_version();
                    hello.server_name();
                    hello.alpn().count();
                }
            }
        }
    }
}
