//! Fields and extensions of certificates that no usual CA issues.

use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

use super::super::der::Fields;
use super::*;

const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
const ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 17];
const SUBJECT_KEY: &[u8] = &[0x55, 0x1d, 14];
const AUTHORITY_KEY: &[u8] = &[0x55, 0x1d, 35];
const NETSCAPE: &[u8] = &[0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 1];
const UNKNOWN: &[u8] = &[0x2a, 3, 4];

const CA: &[u8] = &[0x30, 3, 1, 1, 0xff];
const NO_CA: &[u8] = &[0x30, 0];
/// keyCertSign, and digitalSignature.
const SIGNS_CERTIFICATES: &[u8] = &[3, 2, 2, 4];
const SIGNS: &[u8] = &[3, 2, 7, 0x80];

/// Encodes a value whose length takes up to two bytes.
pub(in super::super) fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let [high, low] = (content.len() as u16).to_be_bytes();
    let len = match (high, low) {
        (0, 0..0x80) => vec![low],
        (0, _) => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [&[tag][..], &len, &content].concat()
}

pub(in super::super) fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    der(0x30, &[&der(6, &[oid]), critical, &der(4, &[value])])
}

/// The parts of a certificate.
struct Form {
    /// The explicit version; `None` for version 1.
    version: Option<u8>,
    serial: u8,
    issuer: &'static str,
    subject: &'static str,
    years: [i32; 2],
    extensions: Vec<Vec<u8>>,
    /// The unused bits of the signature, and whether its algorithms differ.
    unused_bits: u8,
    algorithms_differ: bool,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            version: Some(2),
            serial: 1,
            issuer: "issuer",
            subject: "subject",
            years: [2000, 3000],
            extensions: vec![],
            unused_bits: 0,
            algorithms_differ: false,
        }
    }
}

impl Form {
    fn with(extensions: &[(&[u8], bool, &[u8])]) -> Self {
        let extensions = extensions.iter();
        let encode =
            |&(oid, critical, value): &(&[u8], bool, &[u8])| extension(oid, critical, value);
        Self {
            extensions: extensions.map(encode).collect(),
            ..Self::default()
        }
    }

    /// Encodes the certificate, with an invalid signature.
    fn encode(&self) -> Vec<u8> {
        let mut params = CertificateParams::default();
        let name = |text: &str| {
            let text = der(0x0c, &[text.as_bytes()]);
            let attribute = der(0x30, &[&[6, 3, 0x55, 4, 3], &text]);
            der(0x30, &[&der(0x31, &[&attribute])])
        };
        params
            .distinguished_name
            .push(DnType::CommonName, "replaced");
        let [not_before, not_after] = self.years.map(|year| date_time_ymd(year, 1, 1));
        (params.not_before, params.not_after) = (not_before, not_after);
        let key = KeyPair::generate().expect("a key");
        let made = params.self_signed(&key).expect("a certificate");

        let mut fields = Fields::of_whole(made.der()).expect("a certificate");
        let tbs = fields.next().expect("a field");
        let algorithm = fields.next().expect("a field").der.to_vec();
        let mut fields = Fields::of(&tbs).expect("fields");
        let mut next = || fields.next().expect("a field").der.to_vec();
        let _version = next();
        let (_serial, _algorithm, _issuer, validity, _subject, spki) =
            (next(), next(), next(), next(), next(), next());
        let version = self.version.map(|version| der(0xa0, &[&[2, 1, version]]));
        let extensions: Vec<_> = self.extensions.iter().map(|one| &one[..]).collect();
        let extensions = match extensions.is_empty() {
            true => vec![],
            false => der(0xa3, &[&der(0x30, &extensions)]),
        };
        let tbs = der(
            0x30,
            &[
                &version.unwrap_or_default(),
                &[2, 1, self.serial],
                &algorithm,
                &name(self.issuer),
                &validity,
                &name(self.subject),
                &spki,
                &extensions,
            ],
        );
        let outer = match self.algorithms_differ {
            // ecdsa-with-SHA384
            true => der(0x30, &[&[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3]]),
            false => algorithm,
        };
        let signature = der(3, &[&[self.unused_bits, 0x30, 0x80]]);
        der(0x30, &[&tbs, &outer, &signature])
    }

    fn parse(&self) -> Certificate<'static> {
        Certificate::parse(self.encode()).expect("a certificate")
    }
}

fn code<T>(outcome: Result<T>) -> Result<(), Code> {
    outcome.map(|_| ()).map_err(|error| error.code())
}

#[test]
fn a_version_below_3_has_no_extensions() {
    for (version, has_extensions, expected) in [
        (None, false, Ok(())),
        (Some(1), false, Ok(())),
        (Some(2), false, Ok(())),
        (Some(2), true, Ok(())),
        (None, true, Err(Code::DecodeCertificate)),
        (Some(1), true, Err(Code::DecodeCertificate)),
        (Some(3), false, Err(Code::DecodeCertificate)),
        (Some(3), true, Err(Code::DecodeCertificate)),
    ] {
        let extensions: &[_] = match has_extensions {
            true => &[(KEY_USAGE, true, SIGNS)],
            false => &[],
        };
        let form = Form {
            version,
            ..Form::with(extensions)
        };
        let outcome = code(Certificate::parse(form.encode()));
        assert_eq!(outcome, expected, "{version:?} {has_extensions}");
    }
}

#[test]
fn a_signature_has_whole_bytes_and_the_algorithm_of_the_signed_part() {
    for (unused_bits, algorithms_differ, is_usable) in
        [(0, false, true), (4, false, false), (0, true, false)]
    {
        let form = Form {
            unused_bits,
            algorithms_differ,
            ..Form::default()
        };
        assert_eq!(form.parse().signed().is_some(), is_usable);
    }
}

#[test]
fn an_authority_has_basic_constraints_and_may_sign_certificates() {
    for (extensions, expected) in [
        (&[(BASIC_CONSTRAINTS, true, CA)][..], true),
        (&[(BASIC_CONSTRAINTS, false, CA)], true),
        (&[(BASIC_CONSTRAINTS, true, NO_CA)], false),
        (&[], false),
        (&[(KEY_USAGE, true, SIGNS_CERTIFICATES)], false),
        (
            &[
                (BASIC_CONSTRAINTS, true, CA),
                (KEY_USAGE, true, SIGNS_CERTIFICATES),
            ],
            true,
        ),
        (
            &[(BASIC_CONSTRAINTS, true, CA), (KEY_USAGE, true, SIGNS)],
            false,
        ),
    ] {
        let cert = Form::with(extensions).parse();
        for is_anchor in [true, false] {
            assert_eq!(cert.is_authority(is_anchor), expected, "{extensions:?}");
        }
    }
}

/// RFC 5280, 6.1.4 (k): it has no basic constraints.
#[test]
fn a_certificate_of_version_1_is_an_authority_only_as_a_root() {
    for (version, issuer, expected) in [
        (None, "subject", true),
        (None, "issuer", false),
        (Some(1), "subject", false),
        (Some(2), "subject", false),
    ] {
        let form = Form {
            version,
            issuer,
            ..Form::default()
        };
        assert_eq!(form.parse().is_authority(true), expected);
        assert!(!form.parse().is_authority(false));
    }
}

#[test]
fn a_path_length_requires_a_ca() {
    let limited: &[u8] = &[0x30, 6, 1, 1, 0xff, 2, 1, 3];
    let cert = Form::with(&[(BASIC_CONSTRAINTS, true, limited)]).parse();
    assert_eq!(cert.path_length(), Some(3));
    assert_eq!(cert.check_form(&[]), Ok(()));
    let wrong: &[u8] = &[0x30, 3, 2, 1, 3];
    let cert = Form::with(&[(BASIC_CONSTRAINTS, true, wrong)]).parse();
    assert_eq!(cert.check_form(&[]), Err(Code::CertUntrusted));
    let unlimited = Form::with(&[(BASIC_CONSTRAINTS, true, CA)]).parse();
    assert_eq!(unlimited.path_length(), None);
}

#[test]
fn critical_extensions_are_evaluated_here_or_by_the_application() {
    let unhandled = Err(Code::CertUnhandledCriticalExtension);
    for (oid, critical, value, expected) in [
        (UNKNOWN, true, &[5, 0][..], unhandled),
        (UNKNOWN, false, &[5, 0], Ok(())),
        (KEY_USAGE, true, SIGNS, Ok(())),
        // RFC 5280, 4.2.1.1 and 4.2.1.2: "MUST mark this extension as non-critical".
        (SUBJECT_KEY, true, &[4, 1, 1], unhandled),
        (SUBJECT_KEY, false, &[4, 1, 1], Ok(())),
        (AUTHORITY_KEY, true, &[0x30, 3, 0x80, 1, 1], unhandled),
        (AUTHORITY_KEY, false, &[0x30, 3, 0x80, 1, 1], Ok(())),
    ] {
        let cert = Form::with(&[(oid, critical, value)]).parse();
        assert_eq!(cert.check_form(&[]), expected, "{oid:?} {critical}");
        let known: Box<[u8]> = oid.into();
        assert_eq!(cert.check_form(&[known]), Ok(()), "{oid:?} {critical}");
    }
    let cert = Form::with(&[(UNKNOWN, true, &[5, 0]), (SUBJECT_KEY, true, &[4, 1, 1])]).parse();
    let all = ["1.2.3.4", "2.5.29.14"];
    assert_eq!(cert.unknown_critical_extensions(&[]), all);
    let known: Box<[u8]> = UNKNOWN.into();
    assert_eq!(cert.unknown_critical_extensions(&[known]), all[1..]);
}

#[test]
fn an_extension_is_not_repeated() {
    let name: &[u8] = &[0x30, 6, 0x82, 4, b'h', b'o', b's', b't'];
    for (oid, value) in [
        (BASIC_CONSTRAINTS, CA),
        (KEY_USAGE, SIGNS),
        (SUBJECT_KEY, &[4, 1, 1]),
        (ALTERNATIVE_NAME, name),
    ] {
        let once = Form::with(&[(oid, false, value)]).parse();
        assert_eq!(once.check_form(&[]), Ok(()), "{oid:?}");
        let twice = Form::with(&[(oid, false, value), (oid, false, value)]).parse();
        assert_eq!(twice.check_form(&[]), Err(Code::CertUntrusted), "{oid:?}");
    }
    let has_host = |cert: &Certificate<'_>| cert.names().any(false, |name| name == b"host");
    let once = (ALTERNATIVE_NAME, false, name);
    assert!(has_host(&Form::with(&[once]).parse()));
    assert!(!has_host(&Form::with(&[once, once]).parse()));
    // Unknown ones are not evaluated, so that it does not matter.
    let unknown = (UNKNOWN, false, &[5, 0][..]);
    assert_eq!(
        Form::with(&[unknown, unknown]).parse().check_form(&[]),
        Ok(())
    );
}

#[test]
fn a_malformed_extension_is_rejected() {
    for (oid, value) in [
        (BASIC_CONSTRAINTS, &[0x30, 3, 1, 1][..]),
        (BASIC_CONSTRAINTS, &[0x31, 0]),
        (KEY_USAGE, &[4, 1, 0x80]),
        (KEY_USAGE, &[3, 2, 7, 0x80, 0]),
        (AUTHORITY_KEY, &[0x30, 3, 0x83, 1, 1]),
        (AUTHORITY_KEY, &[0x30, 3, 0x04, 1, 1]),
        (NETSCAPE, &[0x83, 2, 6, 0x40]),
        (NETSCAPE, &[3, 2, 6, 0x40, 0]),
    ] {
        let cert = Form::with(&[(oid, false, value)]).parse();
        assert_eq!(
            cert.check_form(&[]),
            Err(Code::CertUntrusted),
            "{oid:?} {value:?}"
        );
    }
}

#[test]
fn the_netscape_type_allows_roles() {
    for (bits, server, client) in [
        (0x40, true, false),
        (0x80, false, true),
        (0xc0, true, true),
        (0x20, false, false),
    ] {
        let cert = Form::with(&[(NETSCAPE, false, &[3, 2, 0, bits])]).parse();
        assert_eq!(cert.allows_netscape(true), server, "{bits:x}");
        assert_eq!(cert.allows_netscape(false), client, "{bits:x}");
    }
    let cert = Form::with(&[(NETSCAPE, false, &[3, 1, 0])]).parse();
    assert!(!cert.allows_netscape(true));
    assert!(Form::default().parse().allows_netscape(true));
}

#[test]
fn an_issuer_has_the_name_and_the_key_identifier() {
    let authority = |subject, serial, extensions: &[(&[u8], bool, &[u8])]| {
        let ca = (BASIC_CONSTRAINTS, true, CA);
        let extensions = [&[ca], extensions].concat();
        let form = Form {
            subject,
            serial,
            issuer: "root",
            ..Form::with(&extensions)
        };
        form.parse()
    };
    let child = |fields: &[&[u8]]| match fields.is_empty() {
        true => Form::default().parse(),
        false => Form::with(&[(AUTHORITY_KEY, false, &der(0x30, fields))]).parse(),
    };
    let id = (SUBJECT_KEY, false, &[4, 1, 7][..]);
    let issuer = authority("issuer", 9, &[id]);
    let without_id = authority("issuer", 9, &[]);
    let directory = |name: &str| {
        let text = der(0x0c, &[name.as_bytes()]);
        let attribute = der(0x30, &[&[6, 3, 0x55, 4, 3], &text]);
        der(
            0xa1,
            &[&der(0xa4, &[&der(0x30, &[&der(0x31, &[&attribute])])])],
        )
    };
    for (fields, expected) in [
        (&[][..], true),
        (&[&[0x80, 1, 7][..]], true),
        (&[&[0x80, 1, 8]], false),
        (&[&[0x80, 1, 7], &directory("root"), &[0x82, 1, 9]], true),
        (&[&[0x80, 1, 8], &directory("root"), &[0x82, 1, 9]], false),
        (&[&[0x80, 1, 7], &directory("issuer"), &[0x82, 1, 9]], false),
        (&[&[0x80, 1, 7], &directory("root"), &[0x82, 1, 8]], false),
    ] {
        let child = child(fields);
        assert_eq!(child.names_as_issuer(&issuer), expected, "{fields:02x?}");
    }
    // An identifier is compared if both have one.
    assert!(child(&[&[0x80, 1, 8]]).names_as_issuer(&without_id));
    assert!(!child(&[]).names_as_issuer(&authority("other", 9, &[id])));
    let signs = (KEY_USAGE, true, SIGNS);
    assert!(!child(&[]).names_as_issuer(&authority("issuer", 9, &[id, signs])));
}

#[test]
fn names_of_issuers_are_compared_in_their_canonical_form() {
    let named = |issuer, subject| {
        let form = Form {
            issuer,
            subject,
            ..Form::default()
        };
        form.parse()
    };
    assert!(named("A  Name", "a name").is_self_issued());
    assert!(named("name", "name").is_self_issued());
    assert!(!named("name", "names").is_self_issued());
}

#[test]
fn the_validity_period_ends_with_the_beginning_of_its_last_second() {
    const YEAR_2000: i64 = 946_684_800;
    const YEAR_2001: i64 = 978_307_200;
    let form = Form {
        years: [2000, 2001],
        ..Form::default()
    };
    let cert = form.parse();
    assert_eq!(cert.validity(), Some([YEAR_2000, YEAR_2001]));
    let early = Err(Code::CertNotYetValid);
    let late = Err(Code::CertExpired);
    for (now, expected, same) in [
        (i64::MIN, early, i64::MIN..YEAR_2000),
        (YEAR_2000 - 1, early, i64::MIN..YEAR_2000),
        (YEAR_2000, Ok(()), YEAR_2000..YEAR_2001),
        (YEAR_2001 - 1, Ok(()), YEAR_2000..YEAR_2001),
        (YEAR_2001, late, YEAR_2001..i64::MAX),
    ] {
        assert_eq!(cert.check_time(now), expected, "{now}");
        assert_eq!(cert.same_time_outcome(now), same, "{now}");
    }
    // One that is never valid.
    let form = Form {
        years: [2001, 2000],
        ..Form::default()
    };
    let cert = form.parse();
    assert_eq!(cert.check_time(YEAR_2001 - 1), early);
    assert_eq!(cert.same_time_outcome(YEAR_2001 - 1), i64::MIN..YEAR_2001);
    assert_eq!(cert.check_time(YEAR_2001), late);
    assert_eq!(cert.same_time_outcome(YEAR_2001), YEAR_2001..i64::MAX);
}
