//! Parsing of a ClientHello (RFC 8446, 4.1.2).

use std::ffi::CString;

use crate::base::Version;
use crate::error::{Alert, Code, Error, Result};
use crate::messages::Reader;
use crate::messages::extension_type::{
    ALPN, CLIENT_CERTIFICATE_TYPE, KEY_SHARE, PRE_SHARED_KEY, SERVER_CERTIFICATE_TYPE, SERVER_NAME,
    SIGNATURE_ALGORITHMS, STATUS_REQUEST, SUPPORTED_GROUPS, SUPPORTED_VERSIONS,
};

/// A parsed ClientHello, without its handshake header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientHelloPayload<'a> {
    pub(crate) legacy_version: [u8; 2],
    pub(super) random: &'a [u8],
    pub(crate) session_id: &'a [u8],
    pub(crate) cipher_suites: &'a [u8],
    pub(crate) compression_methods: &'a [u8],
    /// The list, without its length prefix.
    pub(crate) extensions: &'a [u8],
}

pub(super) const CLIENT_HELLO: u8 = 1;
/// The length of the random in bytes.
pub(crate) const RANDOM_LEN: usize = 32;

/// RFC 7507, 2: TLS_FALLBACK_SCSV.
const FALLBACK_SCSV: [u8; 2] = [0x56, 0x00];

/// The maximum length of a server name in bytes (RFC 1035, 2.3.4, as s2n-tls interprets it).
pub(crate) const MAX_SERVER_NAME_LEN: usize = 255;

/// The maximum length of legacy_session_id in bytes.
const MAX_SESSION_ID_LEN: usize = 32;

/// RFC 6066, 8: the only status type.
const OCSP: u8 = 1;

/// RFC 6066, 3: the only name type.
const HOST_NAME: u8 = 0;

impl<'a> ClientHelloPayload<'a> {
    /// Splits handshake messages into the body of the ClientHello at their start, and the rest.
    pub(crate) fn split(messages: &'a [u8]) -> Result<(&'a [u8], &'a [u8])> {
        let mut messages = Reader(messages);
        if messages.u8()? != CLIENT_HELLO {
            return Err(Code::BadMessage)?;
        }
        let body = messages.vector(3)?;
        Ok((body, messages.0))
    }

    /// Parses the body of a ClientHello.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self> {
        let mut body = Reader(body);
        let legacy_version = [body.u8()?, body.u8()?];
        let random = body.take(RANDOM_LEN)?;
        let session_id = body.vector(1)?;
        let cipher_suites = body.vector(2)?;
        let compression_methods = body.vector(1)?;
        let extensions = match body.0 {
            [] => &[],
            _ => body.vector(2)?,
        };
        let well_formed = session_id.len() <= MAX_SESSION_ID_LEN
            && !cipher_suites.is_empty()
            && cipher_suites.len() % 2 == 0
            && body.0.is_empty();
        match well_formed {
            true => Ok(Self {
                legacy_version,
                random,
                session_id,
                cipher_suites,
                compression_methods,
                extensions,
            }),
            false => Err(Code::BadMessage.rule("the ClientHello is malformed")),
        }
    }

    /// Returns the random.
    pub(crate) fn random(&self) -> Option<[u8; RANDOM_LEN]> {
        self.random.try_into().ok()
    }

    /// Rejects a malformed list of extensions, and one that has an extension of `types` twice.
    pub(crate) fn check_extensions(&self, types: &[u16]) -> Result<()> {
        let mut list = Reader(self.extensions);
        let mut seen = Vec::new();
        while !list.0.is_empty() {
            let typ = list.u16()?;
            list.vector(2)?;
            if types.contains(&typ) {
                if seen.contains(&typ) {
                    return Err(Code::DuplicateExtension)?;
                }
                seen.push(typ);
            }
        }
        Ok(())
    }

    /// Returns the error of a message that offers TLS 1.3 without a pre-shared key, and has no
    /// signature_algorithms (RFC 8446, 9.2).
    pub(crate) fn unauthenticated(&self) -> Option<Error> {
        let offers_tls13 = self.highest_version() >= Version::Tls13;
        let has_either = [PRE_SHARED_KEY, SIGNATURE_ALGORITHMS]
            .into_iter()
            .any(|typ| self.extension(typ).is_some());
        (offers_tls13 && !has_either).then(|| {
            let rule =
                "a ClientHello of TLS 1.3 has no signature_algorithms extension (RFC 8446, 9.2)";
            Code::MissingExtension
                .rule(rule)
                .and_alert(Alert::MissingExtension)
        })
    }

    /// Rejects a message without an extension that the key exchange of TLS 1.3 requires (RFC 8446,
    /// 9.2), also with a pre-shared key.
    pub(crate) fn check_key_exchange(&self) -> Result<()> {
        let lacks = |typ| self.extension(typ).is_none();
        let rule = if lacks(SUPPORTED_GROUPS) {
            "a ClientHello of TLS 1.3 has no supported_groups extension (RFC 8446, 9.2)"
        } else if lacks(KEY_SHARE) {
            "a ClientHello of TLS 1.3 has no key_share extension (RFC 8446, 9.2)"
        } else {
            return Ok(());
        };
        Err(Code::MissingExtension.rule(rule))
    }

    /// Returns the data of the first extension of a type.
    pub(crate) fn extension(&self, wanted: u16) -> Option<&'a [u8]> {
        Reader(self.extensions).extension(wanted)
    }

    /// Returns the highest version that the client offers.
    pub(crate) fn highest_version(&self) -> Version {
        let offered = self.extension(SUPPORTED_VERSIONS).and_then(|data| {
            let versions = Reader(data).vector(1).ok()?;
            let versions = versions.chunks_exact(2);
            versions
                .map(|version| Version::from_wire(u16::from_be_bytes([version[0], version[1]])))
                .max()
        });
        offered.unwrap_or_else(|| self.highest_legacy_version())
    }

    /// Returns the highest version according to legacy_version; TLS 1.3 is offered in an extension.
    pub(crate) fn highest_legacy_version(&self) -> Version {
        Version::from_legacy(self.legacy_version)
    }

    /// Returns whether the cipher suites contain TLS_FALLBACK_SCSV: the client retries with a lower
    /// version than it supports (RFC 7507).
    pub(crate) fn is_fallback(&self) -> bool {
        self.cipher_suites
            .chunks_exact(2)
            .any(|suite| suite == FALLBACK_SCSV)
    }

    /// Returns the first name of the server_name extension; `None` if it has a NUL or more than
    /// [`MAX_SERVER_NAME_LEN`] bytes: C programs copy it into arrays of that size and a NUL.
    pub(crate) fn server_name(&self) -> Option<CString> {
        let name = host_name(self.extension(SERVER_NAME)?).ok()?;
        match name.len() <= MAX_SERVER_NAME_LEN {
            true => CString::new(name).ok(),
            false => None,
        }
    }

    /// Returns whether the client requests a stapled OCSP response (RFC 6066, 8).
    pub(crate) fn requests_ocsp(&self) -> bool {
        let request = self.extension(STATUS_REQUEST);
        request.is_some_and(|request| request.first() == Some(&OCSP))
    }

    /// Returns the groups of the supported_groups extension, each with whether there is a key share
    /// for it (RFC 8446, 4.2.7 and 4.2.8).
    pub(crate) fn groups(&self) -> impl Iterator<Item = (u16, bool)> + Clone + use<'a> {
        let shares = self.extension(KEY_SHARE).unwrap_or_default();
        let shares = Reader(Reader(shares).vector(2).unwrap_or_default());
        let has_share = move |group| {
            let mut shares = shares;
            std::iter::from_fn(|| {
                let share = shares.u16().ok()?;
                shares.vector(2).ok().map(|_| share)
            })
            .any(|share| share == group)
        };
        let groups = self.extension(SUPPORTED_GROUPS).unwrap_or_default();
        let mut groups = Reader(Reader(groups).vector(2).unwrap_or_default());
        std::iter::from_fn(move || groups.u16().ok()).map(move |group| (group, has_share(group)))
    }

    /// Returns the schemes of the signature_algorithms extension (RFC 8446, 4.2.3).
    pub(crate) fn signature_schemes(&self) -> impl Iterator<Item = u16> + use<'a> {
        let schemes = self.extension(SIGNATURE_ALGORITHMS).unwrap_or_default();
        let mut schemes = Reader(Reader(schemes).vector(2).unwrap_or_default());
        std::iter::from_fn(move || schemes.u16().ok())
    }

    /// Returns the numbers of the certificate types that the client accepts of the server (RFC 7250,
    /// 4.1); `None` without the extension.
    pub(crate) fn server_cert_types(&self) -> Option<&'a [u8]> {
        self.cert_types(SERVER_CERTIFICATE_TYPE)
    }

    /// Returns the numbers of the certificate types that the client can send.
    pub(crate) fn client_cert_types(&self) -> Option<&'a [u8]> {
        self.cert_types(CLIENT_CERTIFICATE_TYPE)
    }

    fn cert_types(&self, extension: u16) -> Option<&'a [u8]> {
        let types = self.extension(extension)?;
        Some(Reader(types).vector(1).unwrap_or_default())
    }

    /// Returns the protocols of the application_layer_protocol_negotiation extension (ALPN, RFC
    /// 7301).
    pub(crate) fn alpn(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let list = self.extension(ALPN).unwrap_or_default();
        let mut protocols = Reader(Reader(list).vector(2).unwrap_or_default());
        std::iter::from_fn(move || protocols.vector(1).ok())
    }
}

/// Parses the first name in the data of a server_name extension (SNI, RFC 6066, 3).
pub(super) fn host_name(data: &[u8]) -> Result<&[u8]> {
    let mut names = Reader(Reader(data).vector(2)?);
    if names.u8()? != HOST_NAME {
        return Err(Code::BadMessage)?;
    }
    names.vector(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(messages: &[u8]) -> Result<ClientHelloPayload<'_>> {
        let (body, _) = ClientHelloPayload::split(messages)?;
        ClientHelloPayload::parse(body)
    }

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
            &[7; RANDOM_LEN],
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
    fn extensions_are_parsed() {
        let message = sample();
        let hello = parse(&message).expect("the sample is well-formed");
        assert_eq!(hello.highest_version(), Version::Tls13);
        assert_eq!(hello.server_name().as_deref(), Some(c"a.example"));
        let protocols: Vec<_> = hello.alpn().collect();
        assert_eq!(protocols, [&b"h2"[..], b"http/1.1"]);
    }

    #[test]
    fn a_malformed_body_is_rejected() {
        let body = |session_id: usize, suites: usize, rest: &[u8]| {
            [
                &[3, 3][..],
                &[7; RANDOM_LEN],
                &vector(1, &vec![1; session_id]),
                &vector(2, &vec![5; suites]),
                &vector(1, &[0]),
                &vector(2, &[]),
                rest,
            ]
            .concat()
        };
        for (session_id, suites, rest, is_valid) in [
            (32, 2, &[][..], true),
            (0, 2, &[], true),
            (33, 2, &[], false),
            (32, 0, &[], false),
            (32, 3, &[], false),
            (32, 2, &[0], false),
        ] {
            let body = body(session_id, suites, rest);
            let outcome = ClientHelloPayload::parse(&body).map(drop);
            let expected = (!is_valid).then_some(Code::BadMessage);
            assert_eq!(outcome.err().map(|error| error.code()), expected);
        }
    }

    #[test]
    fn requests_are_recognized() {
        let mut fallback = message(&[]);
        let at = fallback.windows(2).position(|bytes| bytes == [0x13, 0x01]);
        let at = at.expect("a suite");
        for (suite, is_fallback) in [([0x56, 0], true), ([0x56, 1], false), ([0, 0x56], false)] {
            fallback[at..at + 2].copy_from_slice(&suite);
            let hello = parse(&fallback).expect("the message is well-formed");
            assert_eq!(hello.is_fallback(), is_fallback);
        }
        let with = |typ, data: &[u8], expected: bool, read: fn(&ClientHelloPayload<'_>) -> bool| {
            let message = message(&extension(typ, data));
            let hello = parse(&message).expect("the message is well-formed");
            assert_eq!(read(&hello), expected, "{typ} {data:?}");
        };
        const PSK_KEY_EXCHANGE_MODES: u16 = 45;
        for (data, expected) in [(&[OCSP, 0, 0, 0, 0][..], true), (&[2], false), (&[], false)] {
            with(STATUS_REQUEST, data, expected, |hello| {
                hello.requests_ocsp()
            });
        }
        for (data, expected) in [
            (&[1, 1][..], true),
            (&[2, 0, 1], true),
            (&[1, 0], false),
            (&[0], false),
            (&[2, 1], false),
        ] {
            with(PSK_KEY_EXCHANGE_MODES, data, expected, |hello| {
                hello.offers_psk_dhe()
            });
        }
        with(SERVER_NAME, &[], false, |hello| hello.requests_ocsp());
        with(SERVER_NAME, &[], false, |hello| hello.offers_psk_dhe());
    }

    #[test]
    fn certificate_types_are_parsed() {
        let types = [
            extension(SERVER_CERTIFICATE_TYPE, &vector(1, &[2, 0])),
            extension(CLIENT_CERTIFICATE_TYPE, &[9]),
        ];
        let message = message(&types.concat());
        let hello = parse(&message).expect("the message is well-formed");
        assert_eq!(hello.server_cert_types(), Some(&[2, 0][..]));
        assert_eq!(hello.client_cert_types(), Some(&[][..]));
        let message = sample();
        let hello = parse(&message).expect("the sample is well-formed");
        assert_eq!(hello.server_cert_types(), None);
    }

    #[test]
    fn a_name_that_is_too_long_or_has_a_nul_is_ignored() {
        for (name, is_valid) in [
            (vec![b'x'; 255], true),
            (vec![b'x'; 256], false),
            (b"a.example\0.b.example".to_vec(), false),
        ] {
            let names = [&[HOST_NAME][..], &vector(2, &name)].concat();
            let message = message(&extension(SERVER_NAME, &vector(2, &names)));
            let hello = parse(&message).expect("the message is well-formed");
            let read = hello.server_name().map(CString::into_bytes);
            assert_eq!(read, is_valid.then_some(name));
        }
    }

    #[test]
    fn without_extensions_the_legacy_version_applies() {
        let message = message(&[]);
        let hello = parse(&message).expect("the message is well-formed");
        assert_eq!(hello.highest_version(), Version::Tls12);
        assert_eq!(hello.server_name(), None);
        assert_eq!(hello.alpn().count(), 0);
    }

    #[test]
    fn every_legacy_version_is_accepted() {
        for (version, number) in [
            ([3, 1], 31),
            ([3, 3], 33),
            ([3, 4], 33),
            ([3, 9], 33),
            ([4, 0], 33),
            ([0xff, 0xff], 33),
            ([2, 0], 20),
            ([0, 0], 0),
            ([0x1a, 0x1a], 30),
        ] {
            let mut message = message(&[]);
            message[4..6].copy_from_slice(&version);
            let hello = parse(&message).expect("the message is well-formed");
            assert_eq!(hello.highest_version().number(), number, "{version:?}");
        }
    }

    #[test]
    fn a_truncated_message_is_rejected() {
        let message = sample();
        for len in 0..message.len() {
            let error = parse(&message[..len]).unwrap_err();
            assert_eq!(error.code(), Code::BadMessage, "truncated at {len}");
        }
    }

    #[test]
    fn a_flipped_bit_causes_no_panic() {
        let message = sample();
        for at in 0..message.len() {
            for bit in 0..8 {
                let mut message = message.clone();
                message[at] ^= 1 << bit;
                if let Ok(hello) = parse(&message) {
                    hello.highest_version();
                    hello.server_name();
                    hello.alpn().count();
                }
            }
        }
    }
}
