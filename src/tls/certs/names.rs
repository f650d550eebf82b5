//! The names in a certificate.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rustls::crypto::SignatureScheme;
use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::der_parser::{Oid, oid};
use x509_parser::extensions::GeneralName;
use x509_parser::nom::Parser;
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_NIST_EC_P521,
    OID_PKCS1_RSAENCRYPTION, OID_PKCS1_RSASSAPSS,
};
use x509_parser::prelude::{FromDer, X509Certificate, X509CertificateParser};

use super::KeyType;
use crate::tls::crypto::rsa_pss;
use crate::tls::error::{Code, Result};

/// Who a certificate says that it is for, in the order in which s2n-tls asks about the names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// The subjectAltName's DNS names, URIs and IP addresses, as text.
    alternative: Vec<String>,

    /// Whether there was a name of those kinds: if so the common name does not count
    /// (RFC 6125, 6.4.4).
    has_alternative: bool,

    common: Option<Vec<u8>>,
}

/// The longest common name that counts, in bytes.
const MAX_COMMON_NAME: usize = 254;

impl Names {
    pub(crate) fn of(cert: &X509Certificate<'_>) -> Self {
        let mut names = Self::default();
        // One name that makes no sense spoils the extension.
        if let Ok(Some(extension)) = cert.subject_alternative_name()
            && !extension.value.general_names.iter().any(is_invalid)
        {
            for name in &extension.value.general_names {
                names.add(name);
            }
        }
        // The last one is the most specific. Only strings of these types count (RFC 5280, A.1).
        names.common = cert
            .subject()
            .iter_common_name()
            .last()
            .map(|name| name.attr_value())
            .filter(|value| COMMON_NAME_TAGS.contains(&value.tag()))
            .map(|value| value.data.to_vec());
        names
    }

    fn add(&mut self, name: &GeneralName<'_>) {
        let text = match name {
            GeneralName::DNSName(name) | GeneralName::URI(name) => Some((*name).to_owned()),
            GeneralName::IPAddress(bytes) => address(bytes).map(address_text),
            _ => return,
        };
        self.has_alternative = true;
        self.alternative
            .extend(text.filter(|text| !text.is_empty()));
    }

    /// Whether one of the names is accepted. A certificate without names is asked about with an
    /// empty one.
    pub(crate) fn any(&self, allows_address: bool, mut accepts: impl FnMut(&[u8]) -> bool) -> bool {
        if self.has_alternative {
            return self.alternative.iter().any(|name| accepts(name.as_bytes()));
        }
        match &self.common {
            // RFC 6125, 6.4.4: the common name stands in for a domain name, never for an address.
            Some(name) => {
                let is_usable = (1..=MAX_COMMON_NAME).contains(&name.len());
                is_usable && (allows_address || !is_address(name)) && accepts(name)
            }
            None => accepts(b""),
        }
    }
}

/// The names under which a server's certificate is found, in lower case: the subjectAltName's DNS
/// names, or, if there are none, the common names.
pub(super) fn hosts(der: &[u8]) -> Result<Vec<Vec<u8>>> {
    let cert = parse(der)?;
    let mut hosts = Vec::new();
    if let Ok(Some(extension)) = cert.subject_alternative_name() {
        for name in &extension.value.general_names {
            if let GeneralName::DNSName(name) = name {
                hosts.push(name.to_ascii_lowercase().into_bytes());
            }
        }
    }
    if hosts.is_empty() {
        let names = cert.subject().iter_common_name();
        let names = names.filter_map(|name| name.as_str().ok());
        hosts.extend(names.map(|name| name.to_ascii_lowercase().into_bytes()));
    }
    hosts.retain(|name| !name.is_empty());
    Ok(hosts)
}

/// Whether `name`, out of a certificate, is `host`. A leading "*." stands for one label.
pub(crate) fn is_host(name: &[u8], host: &[u8]) -> bool {
    if host.is_empty() {
        return false;
    }
    if name.eq_ignore_ascii_case(host) {
        return true;
    }
    name.starts_with(b"*.") && one_label_before(host, &name[1..])
}

/// Whether `host` is one label, then `suffix`, which begins with a dot.
fn one_label_before(host: &[u8], suffix: &[u8]) -> bool {
    let dot = host.iter().position(|&byte| byte == b'.');
    dot.is_some_and(|dot| suffix.len() > 1 && host[dot..].eq_ignore_ascii_case(suffix))
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(bytes).into());
    }
    let bytes = <[u8; 16]>::try_from(bytes).ok()?;
    Some(Ipv6Addr::from(bytes).into())
}

fn is_address(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.parse::<IpAddr>().is_ok())
}

/// An address as s2n-tls writes it: never with dots in one of version 6.
fn address_text(address: IpAddr) -> String {
    match address {
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => {
            let groups = address.segments();
            format!("::ffff:{:x}:{:x}", groups[6], groups[7])
        }
        address => address.to_string(),
    }
}

fn is_invalid(name: &GeneralName<'_>) -> bool {
    matches!(name, GeneralName::Invalid(..))
}

const COMMON_NAME_TAGS: [Tag; 5] = [
    Tag::T61String,
    Tag::PrintableString,
    Tag::UniversalString,
    Tag::Utf8String,
    Tag::BmpString,
];

pub(crate) fn parse(der: &[u8]) -> Result<X509Certificate<'_>> {
    match X509Certificate::from_der(der) {
        Ok(([], cert)) => Ok(cert),
        _ => Err(Code::DecodeCertificate)?,
    }
}

/// [`parse`], without a look into the extensions, for which most of the time goes.
pub(crate) fn parse_without_extensions(der: &[u8]) -> Result<X509Certificate<'_>> {
    let mut parser = X509CertificateParser::new().with_deep_parse_extensions(false);
    match parser.parse(der) {
        Ok(([], cert)) => Ok(cert),
        _ => Err(Code::DecodeCertificate)?,
    }
}

/// The certificate's SubjectPublicKeyInfo.
pub(super) fn public_key(der: &[u8]) -> Result<&[u8]> {
    Ok(parse_without_extensions(der)?
        .tbs_certificate
        .subject_pki
        .raw)
}

/// What kind of key the certificate is for, and what such a key signs with. As in s2n-tls there are no
/// other kinds: Ed25519 is refused.
pub(super) fn key_type(der: &[u8]) -> Result<(KeyType, &'static [SignatureScheme])> {
    let cert = parse_without_extensions(der)?;
    let algorithm = &cert.public_key().algorithm;
    let is = |oids: &[Oid<'_>]| oids.contains(&algorithm.algorithm);
    let curve = || algorithm.parameters.as_ref()?.as_oid().ok();
    Ok(match () {
        _ if is(&[OID_PKCS1_RSAENCRYPTION]) => (KeyType::Rsa, RSA),
        _ if is(&[OID_PKCS1_RSASSAPSS]) => {
            let algorithm = algorithm_of(cert.public_key().raw);
            (KeyType::RsaPss, algorithm.map_or(&[], rsa_pss::schemes_of))
        }
        _ if is(&[OID_KEY_TYPE_EC_PUBLIC_KEY]) => {
            (KeyType::Ecdsa, curve().map_or(&[], |oid| ecdsa(&oid)))
        }
        _ => match ML_DSA.iter().position(|oid| is(std::slice::from_ref(oid))) {
            Some(at) => (KeyType::MlDsa, &ML_DSA_SCHEMES[at..=at]),
            None => Err(Code::DecodeCertificate)?,
        },
    })
}

const RSA: &[SignatureScheme] = &[
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
];

/// The inside of the AlgorithmIdentifier of a public key.
fn algorithm_of(spki: &[u8]) -> Option<&[u8]> {
    let (_, spki) = Any::from_der(spki).ok()?;
    let (_, algorithm) = Any::from_der(spki.data).ok()?;
    Some(algorithm.data)
}

/// RFC 8446, 4.2.3: a curve and a hash go together.
fn ecdsa(curve: &Oid<'_>) -> &'static [SignatureScheme] {
    match curve {
        oid if *oid == OID_EC_P256 => &[SignatureScheme::ECDSA_NISTP256_SHA256],
        oid if *oid == OID_NIST_EC_P384 => &[SignatureScheme::ECDSA_NISTP384_SHA384],
        oid if *oid == OID_NIST_EC_P521 => &[SignatureScheme::ECDSA_NISTP521_SHA512],
        _ => &[],
    }
}

/// RFC 9881, 2: ML-DSA-44, ML-DSA-65 and ML-DSA-87.
const ML_DSA: [Oid<'_>; 3] = [
    oid!(2.16.840.1.101.3.4.3.17),
    oid!(2.16.840.1.101.3.4.3.18),
    oid!(2.16.840.1.101.3.4.3.19),
];

const ML_DSA_SCHEMES: [SignatureScheme; 3] = [
    SignatureScheme::ML_DSA_44,
    SignatureScheme::ML_DSA_65,
    SignatureScheme::ML_DSA_87,
];

/// When the certificate is valid: first and last second since 1970.
pub(crate) fn validity(der: &[u8]) -> Result<(i64, i64)> {
    let cert = parse_without_extensions(der)?;
    let validity = cert.validity();
    Ok((
        validity.not_before.timestamp(),
        validity.not_after.timestamp(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_stands_for_one_label() {
        assert!(is_host(b"*.example.org", b"a.example.org"));
        assert!(is_host(b"*.Example.org", b"a.eXample.ORG"));
        assert!(!is_host(b"*.example.org", b"example.org"));
        assert!(!is_host(b"*.example.org", b"a.b.example.org"));
        assert!(!is_host(b"*.example.org", b""));
        assert!(!is_host(b"*.", b"a."));
        assert!(!is_host(b"a*.example.org", b"ab.example.org"));
    }

    #[test]
    fn case_does_not_matter() {
        assert!(is_host(b"Example.ORG", b"example.org"));
        assert!(!is_host(b"example.org", b"example.or"));
        assert!(!is_host(b"", b""));
    }

    #[test]
    fn the_common_name_counts_only_alone() {
        let mut names = Names {
            common: Some(b"common.example".to_vec()),
            ..Names::default()
        };
        assert!(names.any(false, |name| name == b"common.example"));
        names.has_alternative = true;
        assert!(!names.any(false, |name| name == b"common.example"));
    }

    #[test]
    fn an_address_is_no_common_name() {
        let names = Names {
            common: Some(b"127.0.0.1".to_vec()),
            ..Names::default()
        };
        assert!(!names.any(false, |_| true));
        assert!(names.any(true, |_| true));
    }

    #[test]
    fn a_certificate_without_names_is_asked_about_with_none() {
        assert!(Names::default().any(false, |name| name.is_empty()));
    }
}
