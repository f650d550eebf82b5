//! Structure checks of certificates and names, down to each tag.
//!
//! x509-parser ignores the class of some tags, and treats extensions that it cannot parse as
//! absent. A certificate that passes these checks has one interpretation.

use x509_parser::asn1_rs::{Any, Class, FromDer as _, Tag};

use super::canonical;
use super::names::{is_sequence, values};

/// Returns whether `der` has the structure of a certificate (RFC 5280, 4.1), without other fields.
pub(super) fn is_certificate(der: &[u8]) -> bool {
    let mut outer = values(der);
    let (Some(Some(cert)), None) = (outer.next(), outer.next()) else {
        return false;
    };
    matches!(
        few_parts(&cert),
        Some([Some(tbs), Some(algorithm), Some(signature)])
            if is_tbs(&tbs) && is_algorithm(&algorithm) && is(&signature, Tag::BitString)
    )
}

fn is_tbs(tbs: &Any<'_>) -> bool {
    let fields = parts(tbs);
    let fields = match fields.split_first() {
        Some((version, _)) if is_field(version, 0) && !is_version(version) => return false,
        Some((version, fields)) if is_field(version, 0) => fields,
        _ => &fields,
    };
    let [
        serial,
        algorithm,
        issuer,
        validity,
        subject,
        key,
        optional @ ..,
    ] = fields
    else {
        return false;
    };
    let mut last = 0;
    is(serial, Tag::Integer)
        && is_number(serial.data)
        && is_algorithm(algorithm)
        && is_name(issuer)
        && matches!(few_parts(validity), Some([Some(_), Some(_), None]))
        && is_name(subject)
        && is_key(key)
        && optional.iter().all(|field| {
            let number = field.tag().0;
            let in_order = field.class() == Class::ContextSpecific && number > last;
            last = number;
            in_order
                && match number {
                    // Unique identifiers
                    1 | 2 => !field.header.is_constructed() && is_bits(field.data),
                    3 => are_extensions(field),
                    _ => false,
                }
        })
}

/// Returns whether the field of the version has one number, and no bytes behind it.
fn is_version(field: &Any<'_>) -> bool {
    let mut numbers = values(field.data);
    let is_number = numbers
        .next()
        .flatten()
        .is_some_and(|number| is(&number, Tag::Integer));
    field.header.is_constructed() && is_number && numbers.next().is_none()
}

fn is_key(key: &Any<'_>) -> bool {
    matches!(
        few_parts(key),
        Some([Some(algorithm), Some(bits), None])
            if is_algorithm(&algorithm) && is(&bits, Tag::BitString)
    )
}

fn is_algorithm(algorithm: &Any<'_>) -> bool {
    matches!(few_parts(algorithm), Some([Some(oid), _, None]) if is_oid(&oid))
}

/// Returns whether a value is a Name: a sequence of sets of attributes (RFC 5280, 4.1.2.4).
pub(super) fn is_name(name: &Any<'_>) -> bool {
    let is_set = |set: &Any<'_>| {
        let is_set = set.tag() == Tag::Set && set.class() == Class::Universal;
        is_set && set.header.is_constructed() && all(set.data, is_attribute)
    };
    is_sequence(name) && all(name.data, is_set)
}

fn is_attribute(attribute: &Any<'_>) -> bool {
    match few_parts(attribute) {
        Some([Some(oid), Some(value), None]) => is_oid(&oid) && is_value(&value),
        _ => false,
    }
}

/// Returns whether AWS-LC supports the type of a value in names, and the value can be compared.
fn is_value(value: &Any<'_>) -> bool {
    if value.class() != Class::Universal {
        return false;
    }
    match value.tag() {
        Tag::Sequence => true,
        Tag::BitString => is(value, Tag::BitString) && is_bits(value.data),
        Tag::NumericString => !value.header.is_constructed(),
        Tag::Utf8String
        | Tag::PrintableString
        | Tag::T61String
        | Tag::Ia5String
        | Tag::UniversalString
        | Tag::BmpString => !value.header.is_constructed() && canonical::text(value).is_some(),
        _ => false,
    }
}

fn are_extensions(field: &Any<'_>) -> bool {
    let mut lists = values(field.data);
    match (lists.next(), lists.next()) {
        (Some(Some(list)), None) => {
            field.header.is_constructed()
                && is_sequence(&list)
                && !list.data.is_empty()
                && all(list.data, is_extension)
        }
        _ => false,
    }
}

fn is_extension(extension: &Any<'_>) -> bool {
    match few_parts(extension) {
        Some([Some(oid), Some(value), None]) => is_oid(&oid) && is(&value, Tag::OctetString),
        Some([Some(oid), Some(critical), Some(value)]) => {
            let is_boolean = is(&critical, Tag::Boolean) && critical.data.len() == 1;
            is_oid(&oid) && is_boolean && is(&value, Tag::OctetString)
        }
        _ => false,
    }
}

/// Returns whether a value is an object identifier.
pub(super) fn is_oid(value: &Any<'_>) -> bool {
    is(value, Tag::Oid) && is_identifier(value.data)
}

/// Returns whether bytes are the content of an object identifier (X.690, 8.19): no number is padded or
/// truncated.
pub(super) fn is_identifier(bytes: &[u8]) -> bool {
    const MORE: u8 = 0x80;
    let begins = |place: usize| place == 0 || bytes[place - 1] & MORE == 0;
    let is_padded = bytes
        .iter()
        .enumerate()
        .any(|(place, &byte)| byte == MORE && begins(place));
    bytes.last().is_some_and(|last| last & MORE == 0) && !is_padded
}

/// Returns whether bytes are the content of an INTEGER, which has no unnecessary first byte (X.690,
/// 8.3.2).
pub(super) fn is_number(bytes: &[u8]) -> bool {
    match *bytes {
        [] => false,
        [0, second, ..] => second >= 0x80,
        [0xff, second, ..] => second < 0x80,
        _ => true,
    }
}

/// Returns whether bytes are the content of a BIT STRING, whose unused bits are zero (X.690, 8.6.2 and
/// 11.2.1).
pub(super) fn is_bits(bytes: &[u8]) -> bool {
    match *bytes {
        [unused] => unused == 0,
        [unused @ 0..8, .., last] => last.trailing_zeros() >= unused.into(),
        _ => false,
    }
}

/// Returns whether a value is primitive and of a universal type.
pub(super) fn is(value: &Any<'_>, tag: Tag) -> bool {
    value.tag() == tag && value.class() == Class::Universal && !value.header.is_constructed()
}

pub(super) fn is_field(value: &Any<'_>, number: u32) -> bool {
    value.tag().0 == number && value.class() == Class::ContextSpecific
}

/// Returns whether the times of the Validity at the start of `bytes` are in seconds and UTC (RFC
/// 5280, 4.1.2.5).
pub(super) fn has_plain_times(bytes: &[u8]) -> bool {
    let Ok((_, validity)) = Any::from_der(bytes) else {
        return false;
    };
    let is_plain = |time: Option<Any<'_>>| {
        time.is_some_and(|time| {
            is(&time, time.tag())
                && match (time.tag(), time.data) {
                    (Tag::UtcTime, [digits @ .., b'Z']) => is_digits(digits, 12),
                    (Tag::GeneralizedTime, [digits @ .., b'Z']) => is_digits(digits, 14),
                    _ => false,
                }
        })
    };
    values(validity.data).all(is_plain)
}

pub(super) fn is_digits(text: &[u8], count: usize) -> bool {
    text.len() == count && text.iter().all(u8::is_ascii_digit)
}

/// Returns the elements of a SEQUENCE; none if it is malformed, or of another type.
fn parts<'a>(value: &Any<'a>) -> Vec<Any<'a>> {
    let parts = values(value.data).collect::<Option<Vec<_>>>();
    parts.filter(|_| is_sequence(value)).unwrap_or_default()
}

/// Returns the elements of a SEQUENCE of at most three, without an allocation; `None` if it is
/// malformed, of another type, or longer.
fn few_parts<'a>(value: &Any<'a>) -> Option<[Option<Any<'a>>; 3]> {
    let mut elements = values(value.data);
    let mut parts = [const { None }; 3];
    for part in &mut parts {
        match elements.next() {
            Some(element) => *part = Some(element?),
            None => break,
        }
    }
    (is_sequence(value) && elements.next().is_none()).then_some(parts)
}

fn all(bytes: &[u8], mut holds: impl FnMut(&Any<'_>) -> bool) -> bool {
    values(bytes).all(|value| value.is_some_and(|value| holds(&value)))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, CustomExtension, DnType, KeyPair};

    use super::super::certificate::tests::der;
    use super::super::der::{Fields, Value};
    use super::*;
    use crate::x509::Certificate;

    fn value(bytes: &[u8]) -> Any<'_> {
        Any::from_der(bytes).expect("a value").1
    }

    #[test]
    fn a_certificate_has_its_form() {
        let mut params = CertificateParams::new(vec!["a.test".into()]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, "a");
        let key = KeyPair::generate().expect("a key");
        let cert = params.self_signed(&key).expect("a certificate");
        let der = cert.der().to_vec();
        assert!(is_certificate(&der));
        assert!(!is_certificate(&[&der[..], &[0]].concat()));
        // The tag of each object identifier, changed.
        let places = der
            .windows(2)
            .enumerate()
            .filter(|(_, pair)| pair == &[6, 3]);
        for (place, _) in places {
            let mut der = der.clone();
            der[place] = 2;
            assert!(!is_certificate(&der), "byte {place}");
        }
    }

    /// RFC 5280, 4.1: the fields of TBSCertificate, their types and their order.
    #[test]
    fn the_signed_part_has_its_fields() {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec!["a.test".into()]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, "a");
        let cert = params.self_signed(&key).expect("a certificate");
        let mut outer = Fields::of_whole(cert.der()).expect("a certificate");
        let mut next = || outer.next().expect("a field").der.to_vec();
        let (tbs, algorithm, signature) = (next(), next(), next());
        let (tbs, _) = Value::parse(&tbs).expect("a value");
        let mut inner = Fields::of(&tbs).expect("a sequence");
        let mut fields = Vec::new();
        while !inner.is_empty() {
            fields.push(inner.next().expect("a field").der.to_vec());
        }
        assert_eq!(fields.len(), 8);
        let is_sound = |fields: &[Vec<u8>]| {
            let tbs = der(0x30, &[&fields.concat()]);
            is_certificate(&der(0x30, &[&tbs, &algorithm, &signature]))
        };
        assert!(is_sound(&fields));
        // Without the version, and without extensions.
        assert!(is_sound(&fields[1..]));
        assert!(is_sound(&fields[..7]));
        for place in 0..fields.len() {
            // Of another type, absent, and twice.
            let mut wrong = fields.clone();
            wrong[place] = vec![0x0c, 1, b'a'];
            assert!(!is_sound(&wrong), "field {place}");
            let mut twice = fields.clone();
            twice.insert(place, fields[place].clone());
            assert!(!is_sound(&twice), "field {place}");
            if (1..7).contains(&place) {
                let mut absent = fields.clone();
                absent.remove(place);
                assert!(!is_sound(&absent), "field {place}");
                // Empty.
                let mut empty = fields.clone();
                empty[place] = vec![0x30, 0];
                // A name may have no attributes.
                assert_eq!(is_sound(&empty), [3, 5].contains(&place), "field {place}");
            }
        }

        // The unique identifiers are before the extensions.
        let with = |more: &[&[u8]]| {
            let more = more.iter().map(|field| field.to_vec());
            is_sound(&fields[..7].iter().cloned().chain(more).collect::<Vec<_>>())
        };
        let (one, two, three) = (&[0x81, 2, 0, 1][..], &[0x82, 2, 0, 1][..], &fields[7][..]);
        for (more, expected) in [
            (&[one][..], true),
            (&[two], true),
            (&[one, two, three], true),
            (&[two, one], false),
            (&[one, one], false),
            (&[three, one], false),
            (&[three, three], false),
            (&[&[0x84, 1, 0]], false),
            (&[&[0x80, 1, 0]], false),
            (&[&[2, 1, 0]], false),
        ] {
            assert_eq!(with(more), expected, "{more:02x?}");
        }
    }

    #[test]
    fn an_extension_has_its_fields() {
        let oid: &[u8] = &[6, 1, 0x2a];
        let content: &[u8] = &[4, 0];
        for (fields, expected) in [
            (&[oid, content][..], true),
            (&[oid, &[1, 1, 0xff], content], true),
            (&[oid], false),
            (&[content, content], false),
            (&[oid, oid], false),
            (&[oid, &[1, 1, 0xff]], false),
            (&[content, &[1, 1, 0xff], content], false),
            (&[oid, &[2, 1, 0xff], content], false),
            (&[oid, &[1, 2, 0, 0xff], content], false),
            (&[oid, &[1, 1, 0xff], oid], false),
            (&[oid, &[1, 1, 0xff], content, content], false),
        ] {
            let encoded = der(0x30, fields);
            assert_eq!(is_extension(&value(&encoded)), expected, "{fields:02x?}");
        }
        assert!(!is_extension(&value(&der(0x31, &[oid, content]))));
    }

    #[test]
    fn values_of_names_are_supported_types() {
        for (encoded, expected) in [
            (&[0x0c, 1, b'a'][..], true),
            (&[0x13, 1, b'a'], true),
            (&[0x14, 1, b'a'], true),
            (&[0x16, 1, b'a'], true),
            (&[0x1c, 4, 0, 0, 0, b'a'], true),
            (&[0x1e, 2, 0, b'a'], true),
            (&[0x12, 1, b'1'], true),
            (&[3, 2, 0, 1], true),
            (&[0x30, 0], true),
            (&[0x8c, 1, b'a'], false),
            (&[0x2c, 3, 0x0c, 1, b'a'], false),
            (&[0x32, 3, 0x12, 1, b'1'], false),
            (&[0x23, 4, 3, 2, 0, 1], false),
            (&[0x0c, 1, 0xff], false),
            (&[0x1e, 1, b'a'], false),
            (&[2, 1, 1], false),
        ] {
            assert_eq!(is_value(&value(encoded)), expected, "{encoded:02x?}");
        }
    }

    #[test]
    fn the_field_of_the_version_is_one_number() {
        assert!(is_version(&value(&[0xa0, 3, 2, 1, 2])));
        for wrong in [
            &[0xa0, 4, 2, 1, 2, 0x81][..],
            &[0xa0, 5, 2, 1, 2, 5, 0],
            &[0xa0, 0],
            &[0xa0, 3, 4, 1, 2],
            &[0x80, 3, 2, 1, 2],
        ] {
            assert!(!is_version(&value(wrong)), "{wrong:?}");
        }
        let extensions = [0x30, 9, 0x30, 7, 6, 3, 0x55, 0x1d, 0x11, 4, 0];
        let field = |tag| [&[tag, extensions.len() as u8][..], &extensions].concat();
        assert!(are_extensions(&value(&field(0xa3))));
        assert!(!are_extensions(&value(&field(0x83))));
    }

    #[test]
    fn a_certificate_has_no_bytes_behind_its_version() {
        let key = KeyPair::generate().expect("a key");
        let cert = CertificateParams::default().self_signed(&key);
        let der = cert.expect("a certificate").der().to_vec();
        let place = der.windows(5).position(|field| field == [0xa0, 3, 2, 1, 2]);
        let place = place.expect("version 3");
        // One byte more in the version, in the TBSCertificate, and in the certificate.
        let mut longer = der.clone();
        longer[place + 1] += 1;
        longer.insert(place + 5, 0x81);
        for length in [2, 6] {
            let len = u16::from_be_bytes([der[length], der[length + 1]]) + 1;
            longer[length..length + 2].copy_from_slice(&len.to_be_bytes());
        }
        assert!(is_certificate(&der));
        assert!(!is_certificate(&longer));
    }

    #[test]
    fn numbers_have_no_unnecessary_byte() {
        for number in [
            &[0][..],
            &[0x7f],
            &[0, 0x80],
            &[0x80],
            &[0xff],
            &[0xff, 0x7f],
        ] {
            assert!(is_number(number), "{number:x?}");
        }
        for wrong in [
            &[][..],
            &[0, 0],
            &[0, 1],
            &[0, 0x7f, 1],
            &[0xff, 0x80],
            &[0xff, 0xff],
        ] {
            assert!(!is_number(wrong), "{wrong:x?}");
        }
    }

    #[test]
    fn bit_strings_in_names_have_their_encoding() {
        assert!(is_value(&value(&[3, 2, 7, 0x80])));
        assert!(is_value(&value(&[0x12, 1, b'1'])));
        for wrong in [
            &[3, 0][..],
            &[3, 2, 8, 0],
            &[3, 2, 7, 0xc0],
            &[0x23, 2, 7, 0x80],
        ] {
            assert!(!is_value(&value(wrong)), "{wrong:x?}");
        }
    }

    #[test]
    fn serial_numbers_and_unique_identifiers_have_their_encoding() {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec!["a.test".into()]).expect("a name");
        params.serial_number = Some(vec![1, 2, 3].into());
        let cert = params.self_signed(&key).expect("a certificate");
        let der = cert.der().to_vec();
        let place = der.windows(5).position(|field| field == [2, 3, 1, 2, 3]);
        let place = place.expect("the serial number");
        let with = |serial: [u8; 5]| {
            let mut der = der.clone();
            der[place..place + 5].copy_from_slice(&serial);
            is_certificate(&der)
        };
        assert!(with([2, 3, 1, 2, 3]));
        assert!(!with([2, 3, 0, 2, 3]));
        assert!(!with([4, 3, 1, 2, 3]));
        // subjectUniqueID, with the content of the extensions.
        let mut fields = der.windows(3);
        let place = fields.position(|field| field[0] == 0xa3 && field[2] == 0x30);
        let mut identified = der.clone();
        identified[place.expect("extensions")] = 0xa2;
        assert!(!is_certificate(&identified));
    }

    #[test]
    fn a_constructed_boolean_makes_no_authority() {
        let authority = |value: &[u8]| {
            let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, 19], value.to_vec());
            extension.set_criticality(true);
            let mut params = CertificateParams::default();
            params.custom_extensions.push(extension);
            let cert = params.self_signed(&KeyPair::generate().expect("a key"));
            let der = cert.expect("a certificate").der().to_vec();
            let cert = Certificate::parse(der).expect("the structure is that of a certificate");
            (cert.claims_authority(), cert.check_form(&[]).is_ok())
        };
        assert_eq!(authority(&[0x30, 3, 1, 1, 0xff]), (true, true));
        assert_eq!(authority(&[0x30, 3, 0x21, 1, 0xff]), (false, false));
        assert_eq!(authority(&[0x30, 3, 0x81, 1, 0xff]), (false, false));
    }

    #[test]
    fn times_have_their_tag_and_no_fraction() {
        let validity = |tag: u8, time: &[u8]| {
            let times = [&[tag, time.len() as u8][..], time].concat();
            let length = 2 * times.len() as u8;
            [&[0x30, length][..], &times, &times].concat()
        };
        assert!(has_plain_times(&validity(0x17, b"251220101320Z")));
        assert!(has_plain_times(&validity(0x18, b"20251220101320Z")));
        for (tag, time) in [
            (0x37, &b"251220101320Z"[..]),
            (0x97, b"251220101320Z"),
            (0x18, b"251220101320Z"),
            (0x17, b"2512201013Z"),
            (0x18, b"20251220101320.5Z"),
        ] {
            assert!(!has_plain_times(&validity(tag, time)), "{tag:x} {time:?}");
        }
    }

    #[test]
    fn a_purpose_is_an_object_identifier() {
        const SERVER_AUTH: [u8; 8] = [0x2b, 6, 1, 5, 5, 7, 3, 1];
        let is_accepted = |tag: u8| {
            let value = [&[0x30, 10, tag, 8][..], &SERVER_AUTH].concat();
            let mut params = CertificateParams::default();
            let extension = CustomExtension::from_oid_content(&[2, 5, 29, 37], value);
            params.custom_extensions.push(extension);
            let cert = params.self_signed(&KeyPair::generate().expect("a key"));
            let der = cert.expect("a certificate").der().to_vec();
            let cert = Certificate::parse(der).expect("the structure is that of a certificate");
            cert.check_form(&[]).is_ok()
        };
        assert!(is_accepted(6));
        for tag in [0x16, 0x26, 0x86, 4] {
            assert!(!is_accepted(tag), "{tag:x}");
        }
    }

    #[test]
    fn object_identifiers_are_whole() {
        assert!(is_oid(&value(&[6, 3, 0x55, 0x1d, 0x11])));
        assert!(is_oid(&value(&[6, 3, 0x2a, 0x86, 0x48])));
        for wrong in [
            &[6, 0][..],
            &[6, 2, 0x55, 0x86],
            &[6, 3, 0x55, 0x80, 1],
            &[6, 2, 0x80, 1],
            &[0x26, 1, 0x55],
            &[0x86, 1, 0x55],
            &[2, 1, 0x55],
        ] {
            assert!(!is_oid(&value(wrong)), "{wrong:?}");
        }
    }

    #[test]
    fn names_are_sets_of_texts() {
        let name = |value: &[u8]| {
            let attribute = [&[0x06, 3, 0x55, 4, 3][..], value].concat();
            let wrap = |tag, content: Vec<u8>| [vec![tag, content.len() as u8], content].concat();
            wrap(0x30, wrap(0x31, wrap(0x30, attribute)))
        };
        assert!(is_name(&value(&name(&[0x0c, 1, b'a']))));
        assert!(is_name(&value(&[0x30, 0])));
        for wrong in [
            &[0x04, 1, b'a'][..],
            &[0x0c, 1, 0xff],
            &[0x2c, 1, b'a'],
            &[0x8c, 1, b'a'],
            &[0x1e, 1, b'a'],
            &[0x0c, 1, b'a', 5, 0],
            &[],
        ] {
            assert!(!is_name(&value(&name(wrong))), "{wrong:?}");
        }
        let mut sequence = name(&[0x0c, 1, b'a']);
        sequence[2] = 0x30;
        assert!(!is_name(&value(&sequence)));
    }
}
