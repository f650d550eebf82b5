//! Certificate types (RFC 7250): X.509, and raw public keys, which this library supports in TLS 1.3
//! only.

use rustls::enums::CertificateType;

/// The certificate types that a side accepts, or can send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CertTypes {
    #[default]
    X509,
    RawPublicKey,
    /// Raw public keys are preferred.
    Both,
}

/// What the hellos have determined about certificate types when a step of the handshake begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HelloTypes {
    /// The version is TLS 1.3, by the ServerHello that the peer has sent, or that this side sends
    /// next.
    pub(crate) is_tls13: bool,
    /// Server: the client can authenticate with a raw public key.
    pub(crate) client_has_raw_key: bool,
}

/// The number of raw public keys in the extensions (RFC 7250, 4.2).
pub(crate) const RAW_PUBLIC_KEY: u8 = 2;

/// The number of X.509 certificates, the default.
pub(crate) const X509: u8 = 0;

impl CertTypes {
    /// Returns the types; `None` if there is none.
    pub(crate) fn new(has_x509: bool, has_raw: bool) -> Option<Self> {
        match (has_x509, has_raw) {
            (true, true) => Some(Self::Both),
            (true, false) => Some(Self::X509),
            (false, true) => Some(Self::RawPublicKey),
            (false, false) => None,
        }
    }

    pub(crate) fn has_x509(self) -> bool {
        self != Self::RawPublicKey
    }

    pub(crate) fn has_raw_keys(self) -> bool {
        self != Self::X509
    }

    /// Returns the types in the form of rustls, the preferred one first.
    pub(crate) fn list(self) -> &'static [CertificateType] {
        match self {
            Self::X509 => &[CertificateType::X509],
            Self::RawPublicKey => &[CertificateType::RawPublicKey],
            Self::Both => &[CertificateType::RawPublicKey, CertificateType::X509],
        }
    }

    /// Returns the types of a client: in its ClientHello those that it has, and for the response of
    /// the server X.509 as well.
    ///
    /// A server that does not send the extension has not necessarily selected X.509: it does not
    /// authenticate with a certificate if it uses a pre-shared key, nor request one of the client. So
    /// rustls must not end the handshake there; the type is checked with the certificate.
    pub(crate) fn of_client(self, hello: HelloTypes) -> &'static [CertificateType] {
        match (self, hello.is_tls13) {
            (Self::RawPublicKey, true) => Self::Both.list(),
            _ => self.list(),
        }
    }

    /// Returns whether one of the types is in an extension of the ClientHello; without it the type
    /// is X.509.
    pub(crate) fn has_any_of(self, offered: Option<&[u8]>) -> bool {
        let offered = offered.unwrap_or(&[X509]);
        self.has_x509() && offered.contains(&X509)
            || self.has_raw_keys() && offered.contains(&RAW_PUBLIC_KEY)
    }

    /// Returns the type that rustls selects for a client: the first of its list that is supported.
    pub(crate) fn select(self, offered: Option<&[CertificateType]>) -> Option<CertificateType> {
        let offered = offered.unwrap_or(&[CertificateType::X509]).iter();
        offered.copied().find(|typ| self.list().contains(typ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const X509_TYPE: CertificateType = CertificateType::X509;
    const RAW_TYPE: CertificateType = CertificateType::RawPublicKey;

    #[test]
    fn the_client_has_the_preference() {
        let select = |types: CertTypes, offered: &[CertificateType]| types.select(Some(offered));
        assert_eq!(CertTypes::Both.select(None), Some(X509_TYPE));
        assert_eq!(CertTypes::RawPublicKey.select(None), None);
        for (types, offered, expected) in [
            (CertTypes::Both, &[RAW_TYPE, X509_TYPE][..], Some(RAW_TYPE)),
            (CertTypes::Both, &[X509_TYPE, RAW_TYPE], Some(X509_TYPE)),
            (CertTypes::X509, &[RAW_TYPE, X509_TYPE], Some(X509_TYPE)),
            (CertTypes::RawPublicKey, &[X509_TYPE], None),
            (CertTypes::Both, &[CertificateType(1)], None),
            (
                CertTypes::Both,
                &[CertificateType(1), RAW_TYPE],
                Some(RAW_TYPE),
            ),
        ] {
            assert_eq!(select(types, offered), expected, "{types:?} {offered:?}");
        }
    }

    #[test]
    fn a_client_offers_what_it_has() {
        let (hello, response) = (
            HelloTypes::default(),
            HelloTypes {
                is_tls13: true,
                ..HelloTypes::default()
            },
        );
        assert_eq!(CertTypes::RawPublicKey.of_client(hello), [RAW_TYPE]);
        assert_eq!(
            CertTypes::RawPublicKey.of_client(response),
            [RAW_TYPE, X509_TYPE]
        );
        assert_eq!(CertTypes::X509.of_client(response), [X509_TYPE]);
    }

    #[test]
    fn x509_is_the_type_without_an_extension() {
        assert!(CertTypes::X509.has_any_of(None));
        assert!(!CertTypes::RawPublicKey.has_any_of(None));
        assert!(CertTypes::RawPublicKey.has_any_of(Some(&[X509, RAW_PUBLIC_KEY])));
        assert!(!CertTypes::Both.has_any_of(Some(&[1])));
        assert!(!CertTypes::Both.has_any_of(Some(&[])));
    }
}
