//! The rejection of a peer's certificate: which certificate, and the check that it has failed.

use std::fmt;

use super::Verifier;
use crate::base::Mode;
use crate::error::{Code, Escaped, UtcTime};
use crate::x509::Certificate;
use crate::x509::spki::Fingerprint;

/// The rejection of a certificate. Values only: the sentence is formed when the application requests
/// it.
#[derive(Debug)]
pub(crate) struct Rejection {
    pub(super) rejected: Rejected,
    pub(super) check: Check,
}

/// What is rejected.
#[derive(Debug)]
pub(crate) enum Rejected {
    /// The chain as a whole.
    Chain,
    Certificate(Identity),
    RawKey(Fingerprint),
}

impl From<Option<Identity>> for Rejected {
    fn from(certificate: Option<Identity>) -> Self {
        certificate.map_or(Self::Chain, Self::Certificate)
    }
}

/// The certificate that is rejected.
#[derive(Debug)]
pub(crate) struct Identity {
    subject: String,
    issuer: String,
    serial: Vec<u8>,
}

/// The check that a certificate has failed.
#[derive(Clone, Debug)]
pub(crate) enum Check {
    /// The trust store is empty.
    NoTrustAnchors,

    /// The peer has sent more certificates than the config permits.
    ChainTooLong { len: usize, most: u16 },

    /// The DER cannot be parsed.
    Malformed,

    /// No name of the leaf is accepted.
    Name(Box<NameCheck>),

    /// The key of the certificate is not permitted by the security policy.
    Key { policy: &'static str, key: String },

    /// The signature algorithm of the certificate is not permitted by the security policy.
    SignatureAlgorithm {
        policy: &'static str,
        algorithm: String,
    },

    /// TLS 1.3 does not permit a signature with SHA-1.
    Sha1Signature,

    /// An extension is malformed or repeated.
    MalformedExtension,

    /// Critical extensions that are not evaluated, by their object identifiers.
    CriticalExtensions(Vec<String>),

    /// The validity period has ended, or not begun. `None`: its encoding is invalid.
    Time {
        validity: Option<[i64; 2]>,
        now: i64,
    },

    /// The config trusts raw public keys, and no certificates.
    CertificateType,

    /// A raw public key is not one of the trusted ones.
    UntrustedKey { trusted: usize },

    /// No trusted certificate has issued it, and none that the peer has sent.
    UnknownIssuer,

    /// It is issued by itself, and not trusted.
    SelfSigned,

    /// It has issued another one, and is not the certificate of a CA.
    NotAnAuthority,

    /// It permits fewer intermediate certificates below it.
    PathLength { most: u32, below: u32 },

    /// The name constraints of a certificate above do not permit its names.
    NameConstraints,

    /// Its key usage or extended key usage does not permit the peer's role.
    Purpose { is_server: bool },

    /// Its signature is not that of its issuer, or has an algorithm that the policy does not permit.
    Signature {
        policy: &'static str,
        algorithm: String,
    },

    /// A revocation list (CRL) lists it.
    Revoked,

    /// There is no usable revocation list for it.
    Crl(&'static str),

    /// The stapled OCSP response does not confirm it.
    Ocsp(&'static str),

    /// A callback of the application has rejected it, or has failed.
    Application(&'static str),
}

/// A certificate that fails a check, and the code of the error.
pub(super) struct Fault<'a> {
    pub(super) code: Code,
    pub(super) cert: &'a Certificate<'a>,
    pub(super) check: Check,
}

impl<'a> Fault<'a> {
    pub(super) fn untrusted(cert: &'a Certificate<'a>, check: Check) -> Self {
        Self {
            code: Code::CertUntrusted,
            cert,
            check,
        }
    }

    pub(super) fn of_purpose(cert: &'a Certificate<'a>, verifier: &Verifier<'_>) -> Self {
        Self {
            code: Code::CertIntentInvalid,
            cert,
            check: Check::Purpose {
                is_server: verifier.mode == Mode::Client,
            },
        }
    }
}

impl Check {
    /// Returns the check of a revocation list that has failed.
    pub(super) fn of_crl(code: Code) -> Self {
        Self::Crl(match code {
            Code::CertRevoked => return Self::Revoked,
            Code::CrlLookupFailed => "no revocation list (CRL) covers it",
            Code::CrlIssuer => "its issuer's key must not sign revocation lists (CRL)",
            Code::CrlSignature => {
                "the signature of the revocation list (CRL) was not made by its issuer's key"
            }
            Code::CrlUnhandledCriticalExtension => {
                "the revocation list (CRL) has a critical extension that is not supported"
            }
            _ => "its revocation cannot be checked",
        })
    }
}

/// The names of a certificate, none of which is accepted.
#[derive(Clone, Debug)]
pub(crate) struct NameCheck {
    /// The expected name; `None` if a callback decides.
    pub(super) expected: Option<Vec<u8>>,
    pub(super) names: Vec<String>,
    /// The number of names that are not in the list.
    pub(super) more: usize,
}

/// The maximum number of names in a sentence.
pub(super) const MAX_NAMES: usize = 8;

impl Identity {
    pub(super) fn of(cert: &Certificate<'_>) -> Self {
        Self {
            subject: cert.subject_text(),
            issuer: cert.issuer_text(),
            serial: cert.serial().iter().take(MAX_SERIAL).copied().collect(),
        }
    }
}

/// RFC 5280, 4.1.2.2: "Conforming CAs MUST NOT use serialNumber values longer than 20 octets". One
/// more for the sign.
const MAX_SERIAL: usize = 21;

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the certificate of ")?;
        match self.subject.is_empty() {
            true => f.write_str("an unnamed subject")?,
            false => write!(f, "\"{}\"", Escaped(self.subject.as_bytes()))?,
        }
        f.write_str(" (serial number ")?;
        for (place, byte) in self.serial.iter().enumerate() {
            let separator = if place == 0 { "" } else { ":" };
            write!(f, "{separator}{byte:02x}")?;
        }
        write!(f, ", issued by \"{}\")", Escaped(self.issuer.as_bytes()))
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rejected {
            Rejected::Certificate(certificate) => write!(f, "{certificate} is rejected: ")?,
            Rejected::Chain => f.write_str("the peer's certificates are rejected: ")?,
            Rejected::RawKey(fingerprint) => write!(
                f,
                "the raw public key of the peer (SHA-256 {fingerprint}) is rejected: "
            )?,
        }
        write!(f, "{}", self.check)
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTrustAnchors => f.write_str("the trust store of the config is empty"),
            Self::ChainTooLong { len, most } => {
                write!(f, "the chain has {len} certificates; the maximum is {most}")
            }
            Self::Malformed => f.write_str("a certificate cannot be parsed"),
            Self::Name(check) => check.fmt(f),
            Self::Key { policy, key } => write!(
                f,
                "its key, {key}, is not permitted by the security policy \"{policy}\""
            ),
            Self::SignatureAlgorithm { policy, algorithm } => write!(
                f,
                "its signature algorithm, {algorithm}, is not permitted by the security policy \
                 \"{policy}\""
            ),
            Self::Sha1Signature => {
                f.write_str("it is signed with SHA-1, which is not permitted in TLS 1.3")
            }
            Self::MalformedExtension => f.write_str("an extension is malformed or repeated"),
            Self::CriticalExtensions(oids) => write!(
                f,
                "critical extensions are not supported: {}",
                Escaped(oids.join(", ").as_bytes())
            ),
            Self::Time { validity, now } => time(f, *validity, *now),
            Self::CertificateType => {
                f.write_str("the config trusts raw public keys alone (RFC 7250), not certificates")
            }
            Self::UntrustedKey { trusted } => {
                write!(
                    f,
                    "it is none of the {trusted} trusted public keys of the config"
                )
            }
            Self::UnknownIssuer => f.write_str(
                "its issuer is not in the trust store, and not among the certificates of the peer",
            ),
            Self::SelfSigned => f.write_str("it is self-signed, and not in the trust store"),
            Self::NotAnAuthority => {
                f.write_str("it has issued another certificate, and is not that of a CA")
            }
            Self::PathLength { most, below } => write!(
                f,
                "{below} intermediate certificates are below it; its path length constraint \
                 permits {most}"
            ),
            Self::NameConstraints => {
                f.write_str("its names are excluded by the name constraints of a CA above it")
            }
            Self::Purpose { is_server } => write!(
                f,
                "its key usage or extended key usage does not permit {} authentication",
                if *is_server { "server" } else { "client" }
            ),
            Self::Signature { policy, algorithm } => write!(
                f,
                "its signature ({algorithm}) was not made by its issuer's key, or is not permitted \
                 by the security policy \"{policy}\""
            ),
            Self::Revoked => f.write_str("a revocation list (CRL) of its issuer lists it"),
            Self::Crl(reason) => f.write_str(reason),
            Self::Ocsp(reason) => write!(f, "its stapled OCSP response: {reason}"),
            Self::Application(reason) => f.write_str(reason),
        }
    }
}

fn time(f: &mut fmt::Formatter<'_>, validity: Option<[i64; 2]>, now: i64) -> fmt::Result {
    match validity {
        None => f.write_str("the encoding of its validity period is invalid"),
        Some([not_before, _]) if now < not_before => write!(
            f,
            "it is not valid before {}; the time is {}",
            UtcTime(not_before),
            UtcTime(now)
        ),
        Some([_, not_after]) => write!(
            f,
            "it has expired on {}; the time is {}",
            UtcTime(not_after),
            UtcTime(now)
        ),
    }
}

impl fmt::Display for NameCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.expected {
            None => f.write_str("the application's callback accepts none of its names")?,
            Some(name) if name.is_empty() => f.write_str(
                "no name is expected, as s2n_set_server_name() was not called and the peer has \
                 sent none",
            )?,
            Some(name) => write!(f, "the expected name is \"{}\"", Escaped(name))?,
        }
        if self.names.is_empty() {
            return f.write_str("; the certificate has no names of hosts");
        }
        f.write_str("; the certificate is for ")?;
        for (place, name) in self.names.iter().enumerate() {
            let separator = if place == 0 { "" } else { ", " };
            write!(f, "{separator}\"{}\"", Escaped(name.as_bytes()))?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}
