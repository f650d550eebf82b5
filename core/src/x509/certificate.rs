//! Parsed certificates (RFC 5280, 4).

#[cfg(test)]
pub(super) mod tests;

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

use x509_parser::asn1_rs::{Any, BitString, Class};
use x509_parser::der_parser::{Oid, oid};
use x509_parser::extensions::{
    BasicConstraints, CRLDistributionPoints, ExtendedKeyUsage, KeyIdentifier, KeyUsage,
    PolicyConstraints, X509Extension,
};
use x509_parser::nom::Parser;
use x509_parser::oid_registry::*;
use x509_parser::prelude::{FromDer, X509Certificate, X509CertificateParser};

use super::constraints::NameConstraints;
use super::names::{GeneralName, Names, elements, values};
use super::public_key::{KeyInfo, PublicKeyType};
use super::{Signed, canonical, form, grammar};
use crate::base::memory;
use crate::error::{Code, Result};
use crate::process::fork::get_or_init;

/// A parsed certificate: its DER, ranges of it, and typed values of the fields that path validation
/// evaluates. Other extensions are not parsed, so that their content cannot fail a handshake.
#[derive(Clone, Debug)]
pub(crate) struct Certificate<'a> {
    der: Cow<'a, [u8]>,
    tbs: Part,
    signature_algorithm: Part,
    signature: Part,
    /// The signature has whole bytes, and its algorithm equals the one in TBSCertificate (RFC 5280,
    /// 4.1.1.2).
    is_signature_sound: bool,
    serial: Part,
    issuer: Part,
    /// See [`Certificate::issuer_form`].
    issuer_form: OnceLock<Vec<u8>>,
    subject: Part,
    subject_form: OnceLock<Vec<u8>>,
    spki: Part,
    key_algorithm: Part,
    key_type: PublicKeyType,
    key: Part,
    /// The version: 1 to 3.
    version: u32,
    /// notBefore and notAfter in seconds since 1970; `None` if their encoding violates RFC 5280,
    /// 4.1.2.5.
    validity: Option<[i64; 2]>,
    names: Names,
    extensions: Extensions,
}

#[cfg(test)]
thread_local! {
    /// Counts the certificates that a thread has parsed.
    pub(crate) static PARSED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The memory for parsing a certificate, as a multiple of its length: an attribute of a name has
/// nine bytes, and uses 456 in vectors of x509-parser.
const GROWTH: usize = 64;

/// The maximum length of certificates, in bytes, that are parsed in the allocator's reserve.
const SMALL: usize = 8 * 1024;

/// A range of the certificate's DER.
pub(super) type Part = Range<usize>;

/// The extensions that are evaluated.
#[derive(Clone, Debug, Default)]
struct Extensions {
    /// An extension is malformed, or repeated.
    malformed: bool,
    /// Critical extensions that are not evaluated, as contents of their object identifiers.
    unhandled_critical: Vec<Box<[u8]>>,
    basic_constraints: Option<BasicConstraints>,
    key_usage: Option<KeyUsage>,
    purposes: Option<Purposes>,
    /// The first byte of Netscape's certificate type.
    netscape_type: Option<u8>,
    subject_key_id: Option<Part>,
    authority_key: Option<AuthorityKey>,
    constraints: Option<NameConstraints>,
    /// The value of the CRL distribution points, which are evaluated with CRLs.
    crl_points: Option<Part>,
}

/// The purposes of an extended key usage (RFC 5280, 4.2.1.12) that are evaluated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Purposes {
    pub(crate) server_auth: bool,
    pub(crate) client_auth: bool,
    pub(crate) ocsp_signing: bool,
}

/// RFC 5280, 4.2.1.1.
#[derive(Clone, Debug)]
pub(super) struct AuthorityKey {
    id: Option<Part>,
    serial: Option<Part>,
    /// The canonical form of the first directory name.
    issuer: Option<Vec<u8>>,
}

impl<'a> Certificate<'a> {
    pub(crate) fn parse(der: impl Into<Cow<'a, [u8]>>) -> Result<Self> {
        let der = der.into();
        #[cfg(test)]
        PARSED.set(PARSED.get() + 1);
        if der.len() > SMALL {
            memory::probe(der.len() * GROWTH)?;
        }
        let parsed = outline(&der).ok_or(Code::DecodeCertificate)?;
        let signature_algorithm = algorithm_of(&der).ok_or(Code::DecodeCertificate)?;
        let tbs = &parsed.tbs_certificate;
        let part = |slice: &[u8]| part_of(&der, slice);
        // RFC 5280, 4.1.2.9: "This field MUST only appear if the version is 3".
        if !form::is_certificate(&der)
            || tbs.version.0 > 2
            || tbs.version.0 < 2 && !parsed.extensions().is_empty()
        {
            return Err(Code::DecodeCertificate)?;
        }
        let is_plain = form::has_plain_times(&der[part(tbs.issuer.as_raw()).end..]);
        let validity = is_plain.then(|| {
            let validity = &tbs.validity;
            [&validity.not_before, &validity.not_after].map(|time| time.timestamp())
        });
        let mut names = Names::of_subject(parsed.subject());
        let extensions = Extensions::parse(&der, &parsed, &mut names);
        Ok(Self {
            tbs: part(parsed.tbs_certificate.as_ref()),
            is_signature_sound: tbs.signature == parsed.signature_algorithm
                && parsed.signature_value.unused_bits == 0,
            signature_algorithm: part(signature_algorithm),
            signature: part(&parsed.signature_value.data),
            serial: part(tbs.raw_serial()),
            issuer: part(tbs.issuer.as_raw()),
            issuer_form: OnceLock::new(),
            subject: part(tbs.subject.as_raw()),
            subject_form: OnceLock::new(),
            spki: part(tbs.subject_pki.raw),
            key_algorithm: part(key_algorithm(tbs.subject_pki.raw).ok_or(Code::DecodeCertificate)?),
            key_type: PublicKeyType::of(&tbs.subject_pki.algorithm),
            key: part(&tbs.subject_pki.subject_public_key.data),
            version: tbs.version.0 + 1,
            validity,
            names,
            extensions,
            der,
        })
    }

    fn bytes(&self, part: &Part) -> &[u8] {
        &self.der[part.clone()]
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    /// Returns the signed part and the signature; `None` if the signature is unusable.
    pub(crate) fn signed(&self) -> Option<Signed<'_>> {
        self.is_signature_sound.then(|| Signed {
            message: self.bytes(&self.tbs),
            algorithm: self.bytes(&self.signature_algorithm),
            signature: self.bytes(&self.signature),
        })
    }

    /// Returns the content of the signature's AlgorithmIdentifier.
    pub(crate) fn signature_algorithm(&self) -> &[u8] {
        self.bytes(&self.signature_algorithm)
    }

    pub(crate) fn serial(&self) -> &[u8] {
        self.bytes(&self.serial)
    }

    pub(crate) fn issuer(&self) -> &[u8] {
        self.bytes(&self.issuer)
    }

    /// Returns the issuer's name in its canonical form, which is computed on first use.
    pub(crate) fn issuer_form(&self) -> &[u8] {
        let make = || canonical::form_of(self.issuer()).unwrap_or_default();
        get_or_init(&self.issuer_form, make).as_slice()
    }

    pub(crate) fn subject(&self) -> &[u8] {
        self.bytes(&self.subject)
    }

    pub(crate) fn subject_form(&self) -> &[u8] {
        let make = || canonical::form_of(self.subject()).unwrap_or_default();
        get_or_init(&self.subject_form, make).as_slice()
    }

    /// Returns the SubjectPublicKeyInfo.
    pub(crate) fn spki(&self) -> &[u8] {
        self.bytes(&self.spki)
    }

    pub(crate) fn key_info(&self) -> KeyInfo<'_> {
        KeyInfo {
            key_type: self.key_type,
            algorithm: self.bytes(&self.key_algorithm),
            key: self.bytes(&self.key),
        }
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    pub(crate) fn constraints(&self) -> Option<&NameConstraints> {
        self.extensions.constraints.as_ref()
    }

    pub(crate) fn purposes(&self) -> Option<Purposes> {
        self.extensions.purposes
    }

    /// Returns whether the Netscape certificate type, if present, allows the role of a server or of
    /// a client.
    pub(crate) fn allows_netscape(&self, is_server: bool) -> bool {
        let bit = if is_server { 0x40 } else { 0x80 };
        self.extensions
            .netscape_type
            .is_none_or(|bits| bits & bit != 0)
    }

    /// Returns whether the key may sign the messages of a handshake.
    pub(crate) fn may_sign_handshakes(&self) -> bool {
        self.key_usage().is_none_or(KeyUsage::digital_signature)
    }

    /// Returns the key usages; `None` if any usage is allowed.
    pub(crate) fn key_usage(&self) -> Option<&KeyUsage> {
        self.extensions.key_usage.as_ref()
    }

    /// Fails if an extension is malformed, or critical and evaluated neither here nor by the
    /// application, which evaluates those in `known`.
    pub(crate) fn check_form(&self, known: &[Box<[u8]>]) -> Result<(), Code> {
        if self.extensions.malformed {
            return Err(Code::CertUntrusted);
        }
        let mut unhandled = self.extensions.unhandled_critical.iter();
        match unhandled.all(|oid| known.contains(oid)) {
            true => Ok(()),
            false => Err(Code::CertUnhandledCriticalExtension),
        }
    }

    /// Returns the critical extensions that are evaluated neither here nor by the application, as
    /// object identifiers.
    pub(crate) fn unknown_critical_extensions(&self, known: &[Box<[u8]>]) -> Vec<String> {
        let unhandled = self.extensions.unhandled_critical.iter();
        let unknown = unhandled.filter(|oid| !known.contains(oid)).take(4);
        unknown
            .map(|oid| Oid::new((&**oid).into()).to_id_string())
            .collect()
    }

    /// Returns notBefore and notAfter in seconds since 1970; `None` if their encoding is invalid.
    pub(crate) fn validity(&self) -> Option<[i64; 2]> {
        self.validity
    }

    /// Fails outside of the validity period.
    pub(crate) fn check_time(&self, now: i64) -> Result<(), Code> {
        let [not_before, not_after] = self.validity.ok_or(Code::CertUntrusted)?;
        if now < not_before {
            return Err(Code::CertNotYetValid);
        }
        // In s2n-tls a validity period ends with the beginning of its last second.
        match now >= not_after {
            true => Err(Code::CertExpired),
            false => Ok(()),
        }
    }

    /// Returns the times, in seconds since 1970, at which [`Self::check_time`] has the same outcome
    /// as at `now`.
    pub(crate) fn same_time_outcome(&self, now: i64) -> Range<i64> {
        match self.validity {
            None => i64::MIN..i64::MAX,
            Some([not_before, _]) if now < not_before => i64::MIN..not_before,
            Some([not_before, not_after]) if now < not_after => not_before..not_after,
            Some([not_before, not_after]) => not_before.max(not_after)..i64::MAX,
        }
    }

    /// Returns whether the certificate is that of a CA. Version 1 has no basic constraints: such a
    /// certificate is a CA's if it is self-issued and a trust anchor (RFC 5280, 6.1.4 (k)).
    pub(crate) fn is_authority(&self, is_anchor: bool) -> bool {
        let is_authority = match &self.extensions.basic_constraints {
            Some(constraints) => constraints.ca,
            None => is_anchor && self.version == 1 && self.is_self_issued(),
        };
        is_authority && self.signs_certificates()
    }

    fn signs_certificates(&self) -> bool {
        self.key_usage().is_none_or(KeyUsage::key_cert_sign)
    }

    /// Returns the path length constraint: the maximum number of intermediates below, without
    /// self-issued ones.
    pub(crate) fn path_length(&self) -> Option<u32> {
        self.extensions
            .basic_constraints
            .as_ref()?
            .path_len_constraint
    }

    pub(crate) fn is_self_issued(&self) -> bool {
        self.has_issuer_name_of(self)
    }

    /// Returns whether `issuer` has the issuer name and the authority key identifier of this
    /// certificate, and its key usage allows signing certificates. The signature is not verified.
    pub(crate) fn names_as_issuer(&self, issuer: &Certificate<'_>) -> bool {
        self.has_issuer_name_of(issuer)
            && issuer.signs_certificates()
            && self.identifies_key_of(issuer)
    }

    /// Returns whether the issuer name equals the subject of `issuer` (RFC 5280, 7.1).
    fn has_issuer_name_of(&self, issuer: &Certificate<'_>) -> bool {
        self.issuer() == issuer.subject() || self.issuer_form() == issuer.subject_form()
    }

    fn identifies_key_of(&self, issuer: &Certificate<'_>) -> bool {
        let authority = self.extensions.authority_key.as_ref();
        authority.is_none_or(|authority| issuer.is_identified_by(authority, &self.der))
    }

    /// Returns whether an authority key identifier, with ranges of `der`, matches this certificate.
    pub(super) fn is_identified_by(&self, authority: &AuthorityKey, der: &[u8]) -> bool {
        if let (Some(named), Some(id)) = (&authority.id, &self.extensions.subject_key_id)
            && der[named.clone()] != *self.bytes(id)
        {
            return false;
        }
        if let Some(serial) = &authority.serial
            && der[serial.clone()] != *self.serial()
        {
            return false;
        }
        match &authority.issuer {
            Some(name) => name == self.issuer_form(),
            None => true,
        }
    }

    /// Returns whether the basic constraints mark the certificate as a CA's.
    pub(super) fn claims_authority(&self) -> bool {
        let constraints = self.extensions.basic_constraints.as_ref();
        constraints.is_some_and(|constraints| constraints.ca)
    }

    /// Returns the value of the CRL distribution points.
    pub(super) fn crl_points_value(&self) -> Option<&[u8]> {
        let value = self.extensions.crl_points.as_ref()?;
        Some(self.bytes(value))
    }
}

impl Extensions {
    fn parse(der: &[u8], parsed: &X509Certificate<'_>, names: &mut Names) -> Self {
        let mut extensions = Self::default();
        let mut seen = HashSet::new();
        for extension in parsed.extensions() {
            let is_first = seen.insert(&extension.oid);
            match extensions.read(der, extension, names) {
                // RFC 5280, 4.2: "A certificate MUST NOT include more than one instance of a
                // particular extension." If it does, none of them is evaluated.
                Some(Evaluated::Yes | Evaluated::NotAsCritical) if !is_first => {
                    extensions.malformed = true;
                    if extension.oid == OID_X509_EXT_SUBJECT_ALT_NAME {
                        names.drop_alternative();
                    }
                }
                Some(Evaluated::Yes) => {}
                Some(Evaluated::No | Evaluated::NotAsCritical) if extension.critical => {
                    let oid = extension.oid.as_bytes();
                    extensions.unhandled_critical.push(oid.into());
                }
                Some(Evaluated::No | Evaluated::NotAsCritical) => {}
                None => extensions.malformed = true,
            }
        }
        if let Some(constraints) = &extensions.basic_constraints {
            extensions.malformed |= !constraints.ca && constraints.path_len_constraint.is_some();
        }
        extensions
    }

    /// Reads one extension; `None` if it is malformed.
    fn read(
        &mut self,
        der: &[u8],
        extension: &X509Extension<'_>,
        names: &mut Names,
    ) -> Option<Evaluated> {
        let value = extension.value;
        let is = |oid: &Oid<'_>| extension.oid == *oid;
        if is(&OID_X509_EXT_BASIC_CONSTRAINTS) {
            self.basic_constraints = Some(read::<BasicConstraints>(
                &grammar::BASIC_CONSTRAINTS,
                value,
            )?);
        } else if is(&OID_X509_EXT_KEY_USAGE) {
            self.key_usage = Some(read::<KeyUsage>(&grammar::BITS, value)?);
        } else if is(&OID_X509_EXT_EXTENDED_KEY_USAGE) {
            self.purposes = Some(Purposes::read(value)?);
        } else if is(&OID_X509_EXT_SUBJECT_KEY_IDENTIFIER) {
            let id = read::<KeyIdentifier<'_>>(&grammar::KEY_IDENTIFIER, value)?;
            self.subject_key_id = Some(part_of(der, id.0));
            return Some(Evaluated::NotAsCritical);
        } else if is(&OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER) {
            self.authority_key = Some(AuthorityKey::read(der, value)?);
            return Some(Evaluated::NotAsCritical);
        } else if is(&NETSCAPE_TYPE) {
            self.netscape_type = Some(first_bits(value)?);
        } else if is(&OID_X509_EXT_SUBJECT_ALT_NAME) {
            let has_names = grammar::GENERAL_NAMES.describes(value);
            has_names.then(|| names.add_alternative(value))??;
        } else if is(&OID_X509_EXT_NAME_CONSTRAINTS) {
            self.constraints = Some(NameConstraints::parse(value)?);
        } else if is(&OID_X509_EXT_CRL_DISTRIBUTION_POINTS) {
            read::<CRLDistributionPoints<'_>>(&grammar::CRL_POINTS, value)?;
            self.crl_points = Some(part_of(der, value));
        } else if is(&OID_X509_EXT_POLICY_CONSTRAINTS) {
            // Without requireExplicitPolicy the constraints cannot fail a path for which any policy
            // is acceptable.
            let requires =
                |constraints: PolicyConstraints| constraints.require_explicit_policy.is_some();
            let constraints = read(&grammar::POLICY_CONSTRAINTS, value);
            return Some(match constraints.is_none_or(requires) {
                true => Evaluated::No,
                false => Evaluated::Yes,
            });
        } else if !ACCEPTED.contains(&extension.oid) {
            return Some(Evaluated::No);
        }
        Some(Evaluated::Yes)
    }
}

/// Whether an extension is evaluated, and accepted if it is critical.
enum Evaluated {
    Yes,
    /// RFC 5280 requires it to be not critical, and s2n-tls rejects critical ones.
    NotAsCritical,
    No,
}

/// The Netscape certificate type, a predecessor of the extended key usage.
const NETSCAPE_TYPE: Oid<'static> = oid!(2.16.840.1.113730.1.1);

/// Extensions whose content cannot fail a path, because any policy is acceptable (RFC 5280, 6.1.1).
const ACCEPTED: [Oid<'static>; 3] = [
    OID_X509_EXT_CERTIFICATE_POLICIES,
    OID_X509_EXT_POLICY_MAPPINGS,
    OID_X509_EXT_INHIBIT_ANY_POLICY,
];

impl Purposes {
    /// Reads an extended key usage; `None` if it is malformed.
    fn read(value: &[u8]) -> Option<Self> {
        let usage = read::<ExtendedKeyUsage<'_>>(&grammar::PURPOSES, value)?;
        Some(Self {
            server_auth: usage.server_auth,
            client_auth: usage.client_auth,
            ocsp_signing: usage.ocsp_signing,
        })
    }
}

impl AuthorityKey {
    /// Reads the extension's value, which is part of `der`; `None` if it is malformed.
    pub(super) fn read(der: &[u8], value: &[u8]) -> Option<Self> {
        let mut key = Self {
            id: None,
            serial: None,
            issuer: None,
        };
        if !grammar::AUTHORITY_KEY.describes(value) {
            return None;
        }
        for field in elements(value)? {
            let field = field?;
            match (field.class(), field.tag().0) {
                (Class::ContextSpecific, 0) => key.id = Some(part_of(der, field.data)),
                (Class::ContextSpecific, 1) => {
                    for name in values(field.data) {
                        if let GeneralName::Directory(form) = GeneralName::read(&name?)? {
                            key.issuer.get_or_insert(form);
                        }
                    }
                }
                (Class::ContextSpecific, 2) => key.serial = Some(part_of(der, field.data)),
                _ => return None,
            }
        }
        Some(key)
    }
}

/// Parses a certificate, without the content of its extensions.
pub(crate) fn outline(der: &[u8]) -> Option<X509Certificate<'_>> {
    let mut parser = X509CertificateParser::new().with_deep_parse_extensions(false);
    match parser.parse(der) {
        Ok(([], parsed)) => Some(parsed),
        _ => None,
    }
}

/// Returns the SubjectPublicKeyInfo of an encoded certificate.
pub(crate) fn public_key(der: &[u8]) -> Option<&[u8]> {
    Some(outline(der)?.tbs_certificate.subject_pki.raw)
}

/// Returns the content of the signature's AlgorithmIdentifier of a certificate or CRL, which
/// x509-parser does not return.
pub(super) fn algorithm_of(der: &[u8]) -> Option<&[u8]> {
    let (_, signed) = Any::from_der(der).ok()?;
    let (rest, _) = Any::from_der(signed.data).ok()?;
    let (_, algorithm) = Any::from_der(rest).ok()?;
    Some(algorithm.data)
}

/// Returns the content of the AlgorithmIdentifier of a SubjectPublicKeyInfo.
pub(super) fn key_algorithm(spki: &[u8]) -> Option<&[u8]> {
    let (_, spki) = Any::from_der(spki).ok()?;
    let (_, algorithm) = Any::from_der(spki.data).ok()?;
    Some(algorithm.data)
}

/// Parses the value of an extension, if it has this structure.
fn read<'a, T: FromDer<'a, x509_parser::error::X509Error>>(
    structure: &grammar::Field,
    value: &'a [u8],
) -> Option<T> {
    if !structure.describes(value) {
        return None;
    }
    match T::from_der(value) {
        Ok(([], parsed)) => Some(parsed),
        _ => None,
    }
}

/// Returns the first byte of a BIT STRING, without trailing bytes.
fn first_bits(value: &[u8]) -> Option<u8> {
    if !grammar::BITS.describes(value) {
        return None;
    }
    let (_, bits) = BitString::from_der(value).ok()?;
    Some(bits.data.first().copied().unwrap_or_default())
}

/// Returns the range of a slice within `whole`.
pub(super) fn part_of(whole: &[u8], slice: &[u8]) -> Part {
    let start = (slice.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
    let part = start..start + slice.len();
    match whole.get(part.clone()) {
        Some(_) => part,
        // The parser does not copy its input; if it did, the range would be empty, and match
        // nothing.
        None => 0..0,
    }
}
