//! JA3 and JA4 fingerprints of ClientHellos, which identify TLS client implementations.
//!
//! JA3 (<https://github.com/salesforce/ja3>) and JA4 (<https://github.com/FoxIO-LLC/ja4>) are
//! strings of the code points in a ClientHello, and hashes of these strings. Both exclude GREASE
//! values (RFC 8701), which are random in each ClientHello.

use std::fmt::{self, Write};

use md5::{Digest, Md5};

use super::extension_type::*;
use super::{ClientHelloPayload, Reader};
use crate::base::{append_hex, memory};
use crate::crypto::digest::Algorithm;
use crate::error::Result;

/// A fingerprint method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FingerprintMethod {
    Ja3,
    Ja4,
}

/// A fingerprint: the raw string, and its hash.
#[derive(Debug)]
pub struct Fingerprint {
    pub raw: String,
    /// In hexadecimal digits; a JA4 hash begins with the readable prefix.
    pub hash: String,
}

impl FingerprintMethod {
    /// Returns the length of a hash string in bytes.
    pub fn hash_len(self) -> usize {
        match self {
            Self::Ja3 => 32,
            Self::Ja4 => 36,
        }
    }

    /// Computes the fingerprint of a ClientHello.
    pub(super) fn apply(self, hello: &ClientHelloPayload<'_>) -> Result<Fingerprint> {
        match self {
            Self::Ja3 => ja3(hello),
            Self::Ja4 => ja4(hello),
        }
    }
}

/// Returns whether a value is GREASE: two equal bytes that end in 0xA (RFC 8701, 2).
fn is_grease(number: u16) -> bool {
    let [high, low] = number.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

/// Parses a list of 16-bit code points without GREASE, in its order.
fn code_points(list: &[u8]) -> Result<Vec<u16>> {
    let mut list = Reader(list);
    let mut numbers = Vec::new();
    memory::reserve_exact(&mut numbers, list.0.len() / 2)?;
    while !list.0.is_empty() {
        numbers.push(list.u16()?);
    }
    numbers.retain(|&number| !is_grease(number));
    Ok(numbers)
}

/// Returns an extension's data after a length prefix of `size` bytes, which is not validated.
fn list_in<'a>(hello: &ClientHelloPayload<'a>, typ: u16, size: usize) -> Result<&'a [u8]> {
    let Some(data) = hello.extension(typ) else {
        return Ok(&[]);
    };
    let mut data = Reader(data);
    data.take(size)?;
    Ok(data.0)
}

/// Converts a list of bytes to code points.
fn byte_code_points(list: &[u8]) -> Result<Vec<u16>> {
    let mut numbers = Vec::new();
    memory::reserve_exact(&mut numbers, list.len())?;
    numbers.extend(list.iter().copied().map(u16::from));
    Ok(numbers)
}

/// Returns the types of all extensions without GREASE, in their order.
fn extension_types(hello: &ClientHelloPayload<'_>) -> Result<Vec<u16>> {
    let mut list = Reader(hello.extensions);
    let mut types = Vec::new();
    memory::reserve_exact(&mut types, list.0.len() / 4)?;
    while !list.0.is_empty() {
        types.push(list.u16()?);
        list.vector(2)?;
    }
    types.retain(|&typ| !is_grease(typ));
    Ok(types)
}

/// Formats code points with `write`, separated by `separator`.
fn format_list(
    numbers: &[u16],
    separator: char,
    write: impl Fn(&mut String, u16) -> fmt::Result,
) -> Result<String> {
    /// Five digits and a separator.
    const MAX_ITEM_LEN: usize = 6;

    let mut text = memory::string_with_capacity(numbers.len() * MAX_ITEM_LEN)?;
    for (place, &number) in numbers.iter().enumerate() {
        if place > 0 {
            text.push(separator);
        }
        // Writing to a string does not fail.
        let _ = write(&mut text, number);
    }
    Ok(text)
}

fn join(parts: &[&str], separator: &str) -> Result<String> {
    let len: usize = parts.iter().map(|part| part.len() + separator.len()).sum();
    let mut text = memory::string_with_capacity(len)?;
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            text += separator;
        }
        text += part;
    }
    Ok(text)
}

/// Computes JA3: version, cipher suites, extensions, groups and point formats, in decimal.
fn ja3(hello: &ClientHelloPayload<'_>) -> Result<Fingerprint> {
    let mut version = vec![u16::from_be_bytes(hello.legacy_version)];
    version.retain(|&version| !is_grease(version));
    let list = |numbers: &[u16]| format_list(numbers, '-', |text, number| write!(text, "{number}"));
    let version = list(&version)?;
    let suites = list(&code_points(hello.cipher_suites)?)?;
    let extensions = list(&extension_types(hello)?)?;
    let groups = list(&code_points(list_in(hello, SUPPORTED_GROUPS, 2)?)?)?;
    let formats = list(&byte_code_points(list_in(hello, POINT_FORMATS, 1)?)?)?;
    let raw = join(&[&version, &suites, &extensions, &groups, &formats], ",")?;
    let hash = hex(&Md5::digest(&raw));
    Ok(Fingerprint { raw, hash })
}

/// The maximum of the counts in JA4, which have two digits. As in s2n-tls, the hashes cover no more
/// suites and extensions: the first ones of the message.
const JA4_MAX_COUNT: usize = 99;

/// Computes JA4: a readable prefix; the cipher suites; the extensions and the signature algorithms.
fn ja4(hello: &ClientHelloPayload<'_>) -> Result<Fingerprint> {
    let mut suites = code_points(hello.cipher_suites)?;
    let types = extension_types(hello)?;
    let prefix = prefix(hello, suites.len(), types.len())?;

    suites.truncate(JA4_MAX_COUNT);
    suites.sort_unstable();
    let suites = hexadecimal(&suites)?;
    let mut hashed_types = types;
    // The prefix represents these two.
    hashed_types.retain(|&typ| typ != SERVER_NAME && typ != ALPN);
    hashed_types.truncate(JA4_MAX_COUNT);
    hashed_types.sort_unstable();
    let mut extensions = hexadecimal(&hashed_types)?;
    let algorithms = match hello.extension(SIGNATURE_ALGORITHMS) {
        Some([_, _, list @ ..]) => code_points(list)?,
        _ => Vec::new(),
    };
    if !algorithms.is_empty() {
        extensions = join(&[&extensions, &hexadecimal(&algorithms)?], "_")?;
    }
    Ok(Fingerprint {
        hash: format!(
            "{prefix}_{}_{}",
            truncated_hash(&suites),
            truncated_hash(&extensions)
        ),
        raw: join(&[&prefix, &suites, &extensions], "_")?,
    })
}

/// Formats the readable prefix: transport, version, presence of SNI, the counts of cipher suites
/// and extensions, and the first and last character of the first ALPN protocol.
fn prefix(hello: &ClientHelloPayload<'_>, suites: usize, extensions: usize) -> Result<String> {
    let transport = match hello.extension(QUIC_TRANSPORT_PARAMETERS) {
        Some(_) => 'q',
        None => 't',
    };
    let sni = match hello.extension(SERVER_NAME) {
        Some(_) => 'd',
        None => 'i',
    };
    let offered = list_in(hello, SUPPORTED_VERSIONS, 1).and_then(code_points);
    let version = match (hello.extension(SUPPORTED_VERSIONS), offered) {
        (Some(_), Ok(versions)) => versions.into_iter().max().unwrap_or(0),
        _ => u16::from_be_bytes(hello.legacy_version),
    };
    let version = match version {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        _ => "00",
    };
    let (suites, extensions) = (suites.min(JA4_MAX_COUNT), extensions.min(JA4_MAX_COUNT));
    let [first, last] = alpn_characters(hello.alpn().next().unwrap_or_default());
    Ok(format!(
        "{transport}{version}{sni}{suites:02}{extensions:02}{first}{last}"
    ))
}

/// Returns the first and the last character of a protocol's name, or of its hexadecimal digits if
/// one of them is not alphanumeric.
fn alpn_characters(protocol: &[u8]) -> [char; 2] {
    let (Some(&first), Some(&last)) = (protocol.first(), protocol.last()) else {
        return ['0', '0'];
    };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [first.into(), last.into()];
    }
    [first >> 4, last & 0x0f].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'))
}

fn hexadecimal(numbers: &[u16]) -> Result<String> {
    format_list(numbers, ',', |text, number| write!(text, "{number:04x}"))
}

/// Returns the first 12 digits of the SHA-256 hash; zeros for an empty string.
fn truncated_hash(text: &str) -> String {
    const LEN: usize = 6;
    match text {
        "" => "0".repeat(2 * LEN),
        _ => hex(&Algorithm::Sha256.digest(text).as_ref()[..LEN]),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    append_hex(&mut text, bytes);
    text
}
