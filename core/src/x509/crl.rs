//! Parsed CRLs (RFC 5280, 5), and their scope (6.3.3).

use std::ops::Range;

use x509_parser::asn1_rs::{Any, Class};
use x509_parser::oid_registry::*;
use x509_parser::prelude::{CertificateRevocationList, FromDer, X509Extension};

use super::certificate::{AuthorityKey, Certificate, algorithm_of, part_of};
use super::names::{GeneralName, elements, values};
use super::{Signed, canonical, form, grammar};
use crate::error::{Code, Result};

/// A parsed certificate revocation list.
#[derive(Debug)]
pub(crate) struct RevocationList {
    der: Vec<u8>,
    tbs: Part,
    signature_algorithm: Part,
    signature: Part,
    /// The canonical form of the issuer's name.
    issuer: Vec<u8>,
    authority_key: Option<AuthorityKey>,
    scope: Scope,
    /// A critical extension, of the CRL or of an entry, is not evaluated, or malformed.
    has_unhandled_extension: bool,
    /// The serial numbers, sorted by their bytes.
    revoked: Vec<Part>,
    /// Seconds since 1970.
    this_update: i64,
    next_update: Option<i64>,
}

type Part = Range<usize>;

/// The issuing distribution point (RFC 5280, 5.2.5), or its default.
#[derive(Debug, Default)]
struct Scope {
    only_users: bool,
    only_authorities: bool,
    only_attributes: bool,
    /// Limited to some reasons, indirect, or contradictory. Such a CRL covers no certificate.
    is_partial: bool,
    point: Option<Vec<GeneralName>>,
}

impl RevocationList {
    pub(crate) fn parse(der: Vec<u8>) -> Result<Self> {
        let Ok((_, parsed)) = CertificateRevocationList::from_der(&der) else {
            return Err(Code::InvalidPem)?;
        };
        let signature_algorithm = algorithm_of(&der).ok_or(Code::InvalidPem)?;
        let list = &parsed.tbs_cert_list;
        let issuer = Any::from_der(list.issuer.as_raw());
        if !issuer.is_ok_and(|(_, issuer)| form::is_name(&issuer)) {
            return Err(Code::InvalidPem)?;
        }
        let part = |slice: &[u8]| part_of(&der, slice);
        let revoked = &list.revoked_certificates;
        let mut serials: Vec<_> = revoked.iter().map(|one| part(one.raw_serial())).collect();
        serials.sort_unstable_by(|one, other| der[one.clone()].cmp(&der[other.clone()]));
        let entries = revoked.iter().flat_map(|entry| entry.extensions());
        let mut made = Self {
            tbs: part(list.as_ref()),
            signature_algorithm: part(signature_algorithm),
            signature: match parsed.signature_value.unused_bits {
                // RFC 5280, 5.1.1.2: the algorithm is encoded twice.
                0 if list.signature == parsed.signature_algorithm => {
                    part(&parsed.signature_value.data)
                }
                _ => 0..0,
            },
            issuer: canonical::form(&list.issuer),
            authority_key: None,
            scope: Scope::default(),
            // No extension of an entry in a direct CRL must be evaluated: the certificate is
            // revoked for any reason.
            has_unhandled_extension: entries
                .into_iter()
                .any(|extension| extension.critical && extension.oid != OID_X509_EXT_REASON_CODE),
            revoked: serials,
            this_update: list.this_update.timestamp(),
            next_update: list.next_update.map(|time| time.timestamp()),
            der: Vec::new(),
        };
        let mut types = Vec::new();
        for extension in list.extensions() {
            made.read(&der, extension).ok_or(Code::InvalidPem)?;
            // Extensions must not be repeated: it is undefined which one is valid.
            if types.contains(&&extension.oid) {
                return Err(Code::InvalidPem)?;
            }
            types.push(&extension.oid);
        }
        made.der = der;
        Ok(made)
    }

    /// Reads an extension of the list; `None` if it is malformed.
    fn read(&mut self, der: &[u8], extension: &X509Extension<'_>) -> Option<()> {
        if extension.oid == OID_X509_EXT_ISSUER_DISTRIBUTION_POINT {
            self.scope = Scope::read(extension.value)?;
        } else if extension.oid == OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER {
            self.authority_key = Some(AuthorityKey::read(der, extension.value)?);
        } else {
            // A delta CRL is incomplete without its base CRL, even if the indicator is not
            // critical.
            let is_delta = extension.oid == OID_X509_EXT_DELTA_CRL_INDICATOR;
            self.has_unhandled_extension |= extension.critical || is_delta;
        }
        Some(())
    }

    /// Returns the canonical form of the issuer's name.
    pub(crate) fn issuer_form(&self) -> &[u8] {
        &self.issuer
    }

    pub(crate) fn this_update(&self) -> i64 {
        self.this_update
    }

    pub(crate) fn next_update(&self) -> Option<i64> {
        self.next_update
    }

    pub(crate) fn has_unhandled_extension(&self) -> bool {
        self.has_unhandled_extension
    }

    /// Returns whether the CRL is from `issuer`, and its scope includes `cert`.
    pub(crate) fn covers(&self, cert: &Certificate<'_>, issuer: &Certificate<'_>) -> bool {
        let names_key = |key: &AuthorityKey| issuer.is_identified_by(key, &self.der);
        self.issuer == cert.issuer_form()
            && self.authority_key.as_ref().is_none_or(names_key)
            && self.scope.holds(cert)
    }

    /// Returns whether the CRL is for one distribution point, which is preferred.
    pub(crate) fn is_specific(&self) -> bool {
        self.scope.point.is_some()
    }

    pub(crate) fn has(&self, serial: &[u8]) -> bool {
        let found = self
            .revoked
            .binary_search_by(|one| self.der[one.clone()].cmp(serial));
        found.is_ok()
    }

    pub(crate) fn signed(&self) -> Signed<'_> {
        Signed {
            message: &self.der[self.tbs.clone()],
            algorithm: &self.der[self.signature_algorithm.clone()],
            signature: &self.der[self.signature.clone()],
        }
    }
}

impl Scope {
    /// Reads an issuing distribution point; `None` if it is malformed.
    fn read(value: &[u8]) -> Option<Self> {
        if !grammar::ISSUING_POINT.describes(value) {
            return None;
        }
        let mut scope = Self::default();
        for field in elements(value)? {
            let field = field?;
            // DER omits FALSE.
            let is_true = field.data == [0xff];
            match field.tag().0 {
                0 => match point_names(field.data) {
                    Some(names) => scope.point = Some(names),
                    None => scope.is_partial = true,
                },
                1 if is_true => scope.only_users = true,
                2 if is_true => scope.only_authorities = true,
                3 => scope.is_partial = true,
                4 if is_true => scope.is_partial = true,
                5 if is_true => scope.only_attributes = true,
                _ => return None,
            }
        }
        let kinds = [
            scope.only_users,
            scope.only_authorities,
            scope.only_attributes,
        ];
        // RFC 5280, 5.2.5: at most one of these is TRUE.
        scope.is_partial |= kinds.into_iter().filter(|&only| only).count() > 1;
        Some(scope)
    }

    fn holds(&self, cert: &Certificate<'_>) -> bool {
        let suits = match cert.claims_authority() {
            true => !self.only_users,
            false => !self.only_authorities,
        };
        if !suits || self.only_attributes || self.is_partial {
            return false;
        }
        match &self.point {
            None => true,
            Some(names) => cert.crl_points().is_some_and(|points| {
                { points.flatten().flatten() }.any(|name| names.contains(&name))
            }),
        }
    }
}

impl Certificate<'_> {
    /// Returns the names of the distribution points whose CRLs are complete and from the
    /// certificate's issuer (RFC 5280, 4.2.1.13); `None` if the extension is absent or malformed.
    fn crl_points(&self) -> Option<impl Iterator<Item = Option<Vec<GeneralName>>>> {
        let points = elements(self.crl_points_value()?)?;
        Some(points.map(|point| {
            let mut names = None;
            for field in values(point?.data) {
                let field = field?;
                match field.tag().0 {
                    0 => names = point_names(field.data),
                    // Limited to some reasons, or of another CRL issuer.
                    _ => return None,
                }
            }
            names
        }))
    }
}

/// Returns the full names of a DistributionPointName; `None` if it is relative to an issuer.
fn point_names(value: &[u8]) -> Option<Vec<GeneralName>> {
    let (_, name) = Any::from_der(value).ok()?;
    if name.class() != Class::ContextSpecific || name.tag().0 != 0 {
        return None;
    }
    let names = values(name.data).map(|name| GeneralName::read(&name?));
    let names: Vec<_> = names.collect::<Option<_>>()?;
    // A malformed name does not equal any other one.
    Some(names.into_iter().filter(GeneralName::is_usable).collect())
}

#[cfg(test)]
mod tests {
    use rcgen::{
        CertificateParams, CertificateRevocationListParams, CertifiedIssuer, KeyIdMethod, KeyPair,
        KeyUsagePurpose, SerialNumber, date_time_ymd,
    };

    use super::super::certificate::tests::{der, extension};
    use super::super::der::Fields;
    use super::super::pem;
    use super::*;
    use crate::testing;

    const DELTA: &[u8] = &[0x55, 0x1d, 27];
    const REASON: &[u8] = &[0x55, 0x1d, 21];
    const ENTRY_ISSUER: &[u8] = &[0x55, 0x1d, 29];
    const UNKNOWN: &[u8] = &[0x2a, 3, 4];

    /// Encodes a list with these extensions, one entry with these, and an invalid signature.
    fn list(extensions: &[Vec<u8>], of_entry: &[Vec<u8>], unused_bits: u8) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.key_usages = vec![KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("a root");
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(2021, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: vec![],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let made = params.signed_by(&issuer).expect("a list");
        let mut fields = Fields::of_whole(made.der()).expect("a list");
        let tbs = fields.next().expect("a field");
        let algorithm = fields.next().expect("a field").der;
        let mut fields = Fields::of(&tbs).expect("fields");
        let mut next = || fields.next().expect("a field").der;
        // Version, algorithm, issuer, thisUpdate, nextUpdate.
        let head = [next(), next(), next(), next(), next()].concat();
        let wrapped = |list: &[Vec<u8>]| match list.is_empty() {
            true => vec![],
            false => der(0x30, &[&list.concat()]),
        };
        let date = der(0x17, &[b"200101000000Z"]);
        let entry = der(0x30, &[&[2, 1, 7], &date, &wrapped(of_entry)]);
        let extensions = match extensions.is_empty() {
            true => vec![],
            false => der(0xa0, &[&wrapped(extensions)]),
        };
        let tbs = der(0x30, &[&head, &der(0x30, &[&entry]), &extensions]);
        let signature = der(3, &[&[unused_bits, 0x30, 0x80]]);
        der(0x30, &[&tbs, algorithm, &signature])
    }

    #[test]
    fn serial_numbers_are_found() {
        let list = RevocationList::parse(list(&[], &[], 0)).expect("a list");
        assert!(list.has(&[7]));
        assert!(!list.has(&[8]) && !list.has(&[0, 7]) && !list.has(&[]));
        assert_eq!(list.this_update(), 1_577_836_800);
        assert_eq!(list.next_update(), Some(1_609_459_200));
    }

    #[test]
    fn critical_extensions_of_lists_and_entries_are_not_supported() {
        let unhandled = |extensions: &[Vec<u8>], of_entry: &[Vec<u8>]| {
            let list = RevocationList::parse(list(extensions, of_entry, 0)).expect("a list");
            list.has_unhandled_extension()
        };
        assert!(!unhandled(&[], &[]));
        for (is_critical, expected) in [(true, true), (false, false)] {
            let unknown = [extension(UNKNOWN, is_critical, &[5, 0])];
            assert_eq!(unhandled(&unknown, &[]), expected);
            assert_eq!(unhandled(&[], &unknown), expected);
            let issuer = [extension(ENTRY_ISSUER, is_critical, &[0x30, 0])];
            assert_eq!(unhandled(&[], &issuer), expected);
            // A certificate is revoked for any reason.
            let reason = [extension(REASON, is_critical, &[10, 1, 1])];
            assert!(!unhandled(&[], &reason));
            // RFC 5280, 5.2.4: the indicator is critical. A delta is not used in any case.
            let delta = [extension(DELTA, is_critical, &[2, 1, 1])];
            assert!(unhandled(&delta, &[]));
        }
        let mixed = [
            extension(UNKNOWN, true, &[5, 0]),
            extension(DELTA, false, &[2, 1, 1]),
        ];
        assert!(unhandled(&mixed, &[]));
        let reversed = [
            extension(UNKNOWN, true, &[5, 0]),
            extension(REASON, false, &[10, 1, 1]),
        ];
        assert!(unhandled(&reversed, &[]));
    }

    #[test]
    fn an_extension_of_a_list_is_not_repeated() {
        let unknown = extension(UNKNOWN, false, &[5, 0]);
        let other = extension(&[0x2a, 3, 5], false, &[5, 0]);
        assert!(RevocationList::parse(list(&[unknown.clone(), other], &[], 0)).is_ok());
        assert!(RevocationList::parse(list(&[unknown.clone(), unknown], &[], 0)).is_err());
    }

    #[test]
    fn a_signature_with_unused_bits_is_unusable() {
        let signature = |unused_bits| {
            let list = RevocationList::parse(list(&[], &[], unused_bits)).expect("a list");
            list.signed().signature.to_vec()
        };
        assert_eq!(signature(0), [0x30, 0x80]);
        assert!(signature(4).is_empty());
    }

    #[test]
    fn a_scope_is_parsed_strictly() {
        let read = |fields: &[u8]| {
            let sequence = [&[0x30, fields.len() as u8], fields].concat();
            Scope::read(&sequence)
        };
        assert!(read(&[]).is_some_and(|scope| scope.point.is_none()));
        assert!(read(&[0x81, 1, 0xff]).is_some_and(|scope| scope.only_users));
        assert!(read(&[0x82, 1, 0xff]).is_some_and(|scope| scope.only_authorities));
        assert!(read(&[0x83, 2, 0, 0x80]).is_some_and(|scope| scope.is_partial));
        assert!(read(&[0x84, 1, 0xff]).is_some_and(|scope| scope.is_partial));
        assert!(read(&[0x85, 1, 0xff]).is_some_and(|scope| scope.only_attributes));
        let named = read(&[0xa0, 5, 0xa0, 3, 0x86, 1, b'a']).expect("a point");
        assert_eq!(named.point, Some(vec![GeneralName::Uri("a".into())]));
        for nonsense in [
            &[0x81, 1, 0xff, 0x82, 1, 0xff][..],
            // Relative to an issuer
            &[0xa0, 2, 0xa1, 0],
        ] {
            assert!(read(nonsense).is_some_and(|scope| scope.is_partial));
        }
        for wrong in [
            &[0x81, 1, 0][..],
            &[0x81, 1, 1],
            &[0x82, 1, 0],
            &[0x84, 1, 0],
            &[0x85, 1, 0],
            &[0x86, 1, 0xff],
            &[0x01, 1, 0xff],
        ] {
            assert!(read(wrong).is_none(), "{wrong:?}");
        }
    }

    /// RFC 5280, 5.1.1.2: the signature algorithm is encoded twice.
    #[test]
    fn the_signature_algorithms_of_a_list_are_equal() {
        let whole = list(&[], &[], 0);
        let mut fields = Fields::of_whole(&whole).expect("a list");
        fields.next().expect("the signed part");
        let algorithm = fields.next().expect("a field").der;
        let at = whole
            .windows(algorithm.len())
            .rposition(|part| part == algorithm);
        // ecdsa-with-SHA256, of which the last byte is the hash function.
        let last = at.expect("its place") + algorithm.len() - 1;
        let mut other = whole.clone();
        assert_eq!(other[last], 2);
        other[last] = 3;
        for (der, has_signature) in [(whole, true), (other, false)] {
            let list = RevocationList::parse(der).expect("a list");
            assert_eq!(!list.signed().signature.is_empty(), has_signature);
        }
    }

    #[test]
    fn a_list_of_another_kind_covers_no_certificate() {
        let pem = pem::certificates(testing::pki().server.0.as_bytes());
        let der = pem.expect("a certificate").remove(0);
        let cert = Certificate::parse(der).expect("a certificate");
        for (scope, expected) in [
            (Scope::default(), true),
            (
                Scope {
                    only_users: true,
                    ..Scope::default()
                },
                true,
            ),
            (
                Scope {
                    only_authorities: true,
                    ..Scope::default()
                },
                false,
            ),
            (
                Scope {
                    only_attributes: true,
                    ..Scope::default()
                },
                false,
            ),
            (
                Scope {
                    is_partial: true,
                    ..Scope::default()
                },
                false,
            ),
            (
                Scope {
                    point: Some(vec![]),
                    ..Scope::default()
                },
                false,
            ),
        ] {
            assert_eq!(scope.holds(&cert), expected);
        }
    }
}
