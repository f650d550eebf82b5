//! The hash of a name by which OpenSSL's directories are sorted, and CRLs are found.
//!
//! It is made of a canonical form: texts are in UTF-8 and lower case, and spaces count once.

use sha1::{Digest, Sha1};
use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::x509::{AttributeTypeAndValue, RelativeDistinguishedName, X509Name};

/// The first four bytes of the SHA-1 of a name's canonical form, the lowest first.
pub(super) fn of(name: &X509Name<'_>) -> u32 {
    let mut canonical = Vec::new();
    for set in name.iter() {
        canonical.extend(canonical_set(set));
    }
    let hash = Sha1::digest(&canonical);
    u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]])
}

fn canonical_set(set: &RelativeDistinguishedName<'_>) -> Vec<u8> {
    let mut members: Vec<_> = set.iter().map(canonical_attribute).collect();
    // X.690, 11.6
    members.sort();
    encode(Tag::Set.0 as u8 | CONSTRUCTED, &members.concat())
}

fn canonical_attribute(attribute: &AttributeTypeAndValue<'_>) -> Vec<u8> {
    let kind = encode(Tag::Oid.0 as u8, attribute.attr_type().as_bytes());
    let value = attribute.attr_value();
    let value = match text(value) {
        Some(text) => encode(Tag::Utf8String.0 as u8, normalized(&text).as_bytes()),
        None => encode(value.tag().0 as u8, value.data),
    };
    encode(Tag::Sequence.0 as u8 | CONSTRUCTED, &[kind, value].concat())
}

/// X.690, 8.1.2.5.
const CONSTRUCTED: u8 = 0x20;

/// The value of an attribute, if it is a text.
fn text(value: &Any<'_>) -> Option<String> {
    let bytes = value.data;
    let unit = |unit: &[u8]| {
        unit.iter()
            .fold(0, |number, &byte| number << 8 | u32::from(byte))
    };
    let units = |size| bytes.chunks(size).map(unit).filter_map(char::from_u32);
    match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::VisibleString => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
        Tag::T61String => Some(units(1).collect()),
        Tag::BmpString => Some(units(2).collect()),
        Tag::UniversalString => Some(units(4).collect()),
        _ => None,
    }
}

fn normalized(text: &str) -> String {
    let words: Vec<_> = text.split_ascii_whitespace().collect();
    words.join(" ").to_ascii_lowercase()
}

/// A value in DER (X.690, 8.1).
fn encode(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len().to_be_bytes();
    let first = length.iter().position(|&byte| byte != 0);
    let length = &length[first.unwrap_or(length.len() - 1)..];
    let mut encoded = vec![tag];
    if value.len() >= 0x80 {
        encoded.push(0x80 | length.len() as u8);
    }
    encoded.extend_from_slice(length);
    encoded.extend_from_slice(value);
    encoded
}

#[cfg(test)]
mod tests {
    use x509_parser::prelude::FromDer;

    use super::*;

    fn hash(name: &[u8]) -> u32 {
        let (_, name) = X509Name::from_der(name).expect("a name");
        of(&name)
    }

    /// A name with one common name.
    fn common_name(tag: Tag, text: &[u8]) -> Vec<u8> {
        let kind = encode(6, &[0x55, 4, 3]);
        let attribute = encode(0x30, &[kind, encode(tag.0 as u8, text)].concat());
        encode(0x30, &encode(0x31, &attribute))
    }

    /// `openssl x509 -subject_hash` says so of the subject "CN = rs2n test".
    #[test]
    fn it_is_that_of_openssl() {
        let name = common_name(Tag::Utf8String, b"rs2n test");
        assert_eq!(hash(&name), 0x713e_d04c);
    }

    #[test]
    fn case_spaces_and_kinds_of_text_do_not_matter() {
        let expected = hash(&common_name(Tag::Utf8String, b"rs2n test"));
        let same: [(Tag, &[u8]); 4] = [
            (Tag::PrintableString, b"RS2N Test"),
            (Tag::Ia5String, b"  rs2n \t test "),
            (Tag::T61String, b"rs2n test"),
            (Tag::BmpString, b"\0r\0s\x002\0n\0 \0t\0e\0s\0t"),
        ];
        for (tag, text) in same {
            assert_eq!(hash(&common_name(tag, text)), expected, "{tag}");
        }
        assert_ne!(hash(&common_name(Tag::Utf8String, b"rs2ntest")), expected);
    }

    #[test]
    fn lengths_are_encoded_shortly() {
        assert_eq!(encode(4, &[])[..], [4, 0]);
        assert_eq!(encode(4, &[0; 0x80])[..3], [4, 0x81, 0x80]);
        assert_eq!(encode(4, &[0; 0x100])[..4], [4, 0x82, 1, 0]);
    }
}
