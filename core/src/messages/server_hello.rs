//! The ServerHello (RFC 8446, 4.1.3): rustls reports the negotiated parameters only at the end of
//! the handshake.

use super::extension_type::{
    CLIENT_CERTIFICATE_TYPE, EXTENDED_MASTER_SECRET, PRE_SHARED_KEY, RENEGOTIATION_INFO,
    SERVER_CERTIFICATE_TYPE, SESSION_TICKET, SUPPORTED_VERSIONS,
};
use super::{RANDOM_LEN, Reader, SessionId};
use crate::base::Version;

const SERVER_HELLO: u8 = 2;

/// The number of the certificate type X.509.
const X509: u8 = 0;

/// RFC 8446, 4.1.3: the random of a HelloRetryRequest, which is the SHA-256 of its name.
const HELLO_RETRY_REQUEST: [u8; RANDOM_LEN] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// The negotiated parameters in a ServerHello or a HelloRetryRequest.
#[derive(Clone, Debug)]
pub(crate) struct ServerHello {
    /// The negotiated version.
    pub(crate) version: Version,

    /// The number of the negotiated cipher suite.
    pub(crate) suite: u16,

    pub(crate) random: [u8; RANDOM_LEN],

    /// TLS 1.2: the ID of the session. TLS 1.3: that of the ClientHello.
    pub(crate) session_id: SessionId,

    /// TLS 1.3: the pre_shared_key extension: the server has selected a pre-shared key.
    pub(crate) has_pre_shared_key: bool,

    /// TLS 1.2: the extended_master_secret extension (RFC 7627).
    pub(crate) has_extended_master_secret: bool,

    /// TLS 1.2: the session_ticket extension: the server will send a ticket (RFC 5077, 3.2).
    pub(crate) will_send_ticket: bool,

    /// TLS 1.2: a certificate type other than X.509 is selected for a side (RFC 7250, 4.2).
    pub(crate) selects_cert_type: bool,

    /// TLS 1.2: the renegotiation_info extension.
    pub(crate) secure_renegotiation: SecureRenegotiation,
}

/// The server's support for secure renegotiation (RFC 5746, 3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecureRenegotiation {
    Unsupported,
    Supported,
    /// The extension is not empty, as if this were a second handshake.
    Invalid,
}

impl SecureRenegotiation {
    fn of(extension: Option<&[u8]>) -> Self {
        match extension {
            None => Self::Unsupported,
            // opaque renegotiated_connection<0..255>
            Some([0]) => Self::Supported,
            Some(_) => Self::Invalid,
        }
    }
}

impl ServerHello {
    /// Parses a message that begins with its handshake header. Returns `None` if it is incomplete,
    /// or not a ServerHello; rustls validates it.
    pub(crate) fn read(message: &[u8]) -> Option<Self> {
        let mut message = Reader(message);
        if message.u8().ok()? != SERVER_HELLO {
            return None;
        }
        let mut body = Reader(message.vector(3).ok()?);
        let legacy_version = body.u16().ok()?;
        let random = body.take(RANDOM_LEN).ok()?.try_into().ok()?;
        let session_id = SessionId::new(body.vector(1).ok()?)?;
        let suite = body.u16().ok()?;
        body.u8().ok()?; // legacy_compression_method
        let extensions = Reader(body.vector(2).unwrap_or_default());
        let selected_version = extensions.extension(SUPPORTED_VERSIONS);
        let version = match selected_version {
            Some(data) => Reader(data).u16().ok()?,
            None => legacy_version,
        };
        let types = [CLIENT_CERTIFICATE_TYPE, SERVER_CERTIFICATE_TYPE];
        let types = types.map(|typ| extensions.extension(typ));
        Some(Self {
            selects_cert_type: types.into_iter().flatten().any(|typ| typ != [X509]),
            version: Version::from_wire(version),
            suite,
            random,
            session_id,
            has_pre_shared_key: extensions.extension(PRE_SHARED_KEY).is_some(),
            has_extended_master_secret: extensions.extension(EXTENDED_MASTER_SECRET).is_some(),
            secure_renegotiation: SecureRenegotiation::of(extensions.extension(RENEGOTIATION_INFO)),
            will_send_ticket: extensions.extension(SESSION_TICKET).is_some(),
        })
    }

    /// Returns whether this is a HelloRetryRequest, which requests a second ClientHello.
    pub(crate) fn is_retry_request(&self) -> bool {
        self.random == HELLO_RETRY_REQUEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(extensions: &[u8]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([9; RANDOM_LEN]);
        body.extend([0, 0x13, 0x01, 0]);
        body.extend(extensions);
        let len = body.len() as u8;
        [&[SERVER_HELLO, 0, 0, len][..], &body].concat()
    }

    #[test]
    fn supported_versions_takes_precedence_over_legacy_version() {
        let version = |message: &[u8]| ServerHello::read(message).map(|hello| hello.version);
        let tls13 = message(&[0, 6, 0, 43, 0, 2, 3, 4]);
        assert_eq!(version(&tls13), Some(Version::Tls13));
        assert_eq!(version(&message(&[])), Some(Version::Tls12));
        let other_extension = message(&[0, 5, 0, 23, 0, 1, 0]);
        assert_eq!(version(&other_extension), Some(Version::Tls12));
    }

    #[test]
    fn the_suite_and_the_random_are_parsed() {
        let hello = ServerHello::read(&message(&[])).expect("a complete message");
        assert_eq!(hello.suite, 0x1301);
        assert_eq!(hello.random, [9; RANDOM_LEN]);
    }

    #[test]
    fn a_renegotiation_info_is_empty() {
        let of = |extensions: &[u8]| {
            let hello = ServerHello::read(&message(extensions)).expect("a complete message");
            hello.secure_renegotiation
        };
        assert_eq!(of(&[]), SecureRenegotiation::Unsupported);
        let empty = [0, 5, 0xff, 1, 0, 1, 0];
        assert_eq!(of(&empty), SecureRenegotiation::Supported);
        let not_empty = [0, 6, 0xff, 1, 0, 2, 1, 9];
        assert_eq!(of(&not_empty), SecureRenegotiation::Invalid);
        let malformed = [0, 4, 0xff, 1, 0, 0];
        assert_eq!(of(&malformed), SecureRenegotiation::Invalid);
    }

    #[test]
    fn a_certificate_type_is_parsed() {
        let selects = |extensions: &[u8]| {
            let hello = ServerHello::read(&message(extensions)).expect("a complete message");
            hello.selects_cert_type
        };
        assert!(!selects(&[]));
        for typ in [19, 20] {
            assert!(selects(&[0, 5, 0, typ, 0, 1, 2]));
            assert!(!selects(&[0, 5, 0, typ, 0, 1, 0]));
        }
    }

    #[test]
    fn incomplete_and_other_messages_are_ignored() {
        let tls13 = message(&[0, 6, 0, 43, 0, 2, 3, 4]);
        for len in 0..tls13.len() {
            assert!(ServerHello::read(&tls13[..len]).is_none(), "{len} bytes");
        }
        assert!(ServerHello::read(&[1, 0, 0, 0]).is_none());
    }
}
