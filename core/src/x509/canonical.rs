//! The canonical form of distinguished names (RFC 5280, 7.1), and its hash, the key of OpenSSL's
//! certificate directories and of CRL lookups.
//!
//! Strings are in UTF-8 and lower case, with single spaces.

use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::prelude::FromDer;
use x509_parser::x509::{AttributeTypeAndValue, RelativeDistinguishedName, X509Name};

use crate::crypto::digest::Algorithm;

/// Returns the canonical form of a name. The form of a prefix is a prefix of the form.
pub(crate) fn form(name: &X509Name<'_>) -> Vec<u8> {
    name.iter().flat_map(canonical_set).collect()
}

/// Returns the canonical form of an encoded name.
pub(super) fn form_of(name: &[u8]) -> Option<Vec<u8>> {
    match X509Name::from_der(name) {
        Ok(([], name)) => Some(form(&name)),
        _ => None,
    }
}

/// Returns the hash of a name in its canonical form: the first four bytes of its SHA-1 digest, in
/// little-endian order.
pub(crate) fn hash(form: &[u8]) -> u32 {
    let hash = Algorithm::Sha1.digest(form);
    let hash = hash.as_ref();
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

/// Decodes the value of an attribute, if it is a string.
pub(super) fn text(value: &Any<'_>) -> Option<String> {
    let bytes = value.data;
    let wide = |size: usize| {
        let unit = |unit: &[u8]| {
            let number = unit
                .iter()
                .fold(0, |number, &byte| number << 8 | u32::from(byte));
            char::from_u32(number).filter(|_| unit.len() == size)
        };
        bytes.chunks(size).map(unit).collect()
    };
    match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::VisibleString => {
            String::from_utf8(bytes.to_vec()).ok()
        }
        Tag::T61String => wide(1),
        Tag::BmpString => wide(2),
        Tag::UniversalString => wide(4),
        _ => None,
    }
}

fn normalized(text: &str) -> String {
    let words: Vec<_> = text.split_ascii_whitespace().collect();
    words.join(" ").to_ascii_lowercase()
}

/// Encodes a value in DER (X.690, 8.1).
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
    use super::*;

    fn hash_of(name: &[u8]) -> u32 {
        hash(&form_of(name).expect("a name"))
    }

    /// Encodes a name with one common name.
    fn common_name(tag: Tag, text: &[u8]) -> Vec<u8> {
        let kind = encode(6, &[0x55, 4, 3]);
        let attribute = encode(0x30, &[kind, encode(tag.0 as u8, text)].concat());
        encode(0x30, &encode(0x31, &attribute))
    }

    /// Compares with the output of `openssl x509 -subject_hash` for the subject "CN = rs2n test".
    #[test]
    fn the_hash_is_that_of_openssl() {
        let name = common_name(Tag::Utf8String, b"rs2n test");
        assert_eq!(hash_of(&name), 0x713e_d04c);
    }

    #[test]
    fn case_spaces_and_string_types_are_ignored() {
        let expected = hash_of(&common_name(Tag::Utf8String, b"rs2n test"));
        let same: [(Tag, &[u8]); 4] = [
            (Tag::PrintableString, b"RS2N Test"),
            (Tag::Ia5String, b"  rs2n \t test "),
            (Tag::T61String, b"rs2n test"),
            (Tag::BmpString, b"\0r\0s\x002\0n\0 \0t\0e\0s\0t"),
        ];
        for (tag, text) in same {
            assert_eq!(hash_of(&common_name(tag, text)), expected, "{tag}");
        }
        assert_ne!(
            hash_of(&common_name(Tag::Utf8String, b"rs2ntest")),
            expected
        );
    }

    #[test]
    fn strings_of_wide_characters_are_decoded() {
        let expected = hash_of(&common_name(Tag::Utf8String, "\u{e9}\u{394}".as_bytes()));
        let same: [(Tag, &[u8]); 2] = [
            (Tag::BmpString, b"\0\xe9\x03\x94"),
            (Tag::UniversalString, b"\0\0\0\xe9\0\0\x03\x94"),
        ];
        for (tag, text) in same {
            assert_eq!(hash_of(&common_name(tag, text)), expected, "{tag}");
        }
        let latin = hash_of(&common_name(Tag::Utf8String, "\u{e9}".as_bytes()));
        assert_eq!(hash_of(&common_name(Tag::T61String, b"\xe9")), latin);
    }

    #[test]
    fn lengths_are_encoded_minimally() {
        assert_eq!(encode(4, &[])[..], [4, 0]);
        assert_eq!(encode(4, &[0; 0x80])[..3], [4, 0x81, 0x80]);
        assert_eq!(encode(4, &[0; 0x100])[..4], [4, 0x82, 1, 0]);
    }
}
