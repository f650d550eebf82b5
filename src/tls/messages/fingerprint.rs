//! Fingerprints of ClientHellos: what tells TLS clients from each other.
//!
//! JA3 (<https://github.com/salesforce/ja3>) and JA4 (<https://github.com/FoxIO-LLC/ja4>) are texts made
//! of the numbers in a ClientHello, and hashes of these texts. Both leave out GREASE (RFC 8701), which
//! is there to be different each time.

use std::fmt::{self, Write};

use md5::{Digest, Md5};

use super::extension_type::*;
use super::{Bytes, Message};
use crate::tls::base::memory;
use crate::tls::crypto::digest::Algorithm;
use crate::tls::error::Result;

/// How a fingerprint is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Ja3,
    Ja4,
}

/// A fingerprint, as a text and as a hash of it.
#[derive(Debug)]
pub struct Fingerprint {
    pub raw: String,
    /// In hexadecimal digits, and in case of JA4 with its readable part.
    pub hash: String,
}

impl Method {
    /// How many bytes a hash has.
    pub fn hash_len(self) -> usize {
        match self {
            Self::Ja3 => 32,
            Self::Ja4 => 36,
        }
    }

    pub(super) fn apply(self, hello: &Message<'_>) -> Result<Fingerprint> {
        match self {
            Self::Ja3 => ja3(hello),
            Self::Ja4 => ja4(hello),
        }
    }
}

/// RFC 8701, 2: two equal bytes that end in 0xA.
fn is_grease(number: u16) -> bool {
    let [high, low] = number.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

/// The numbers of a list of pairs of bytes, in its order.
fn numbers(list: &[u8]) -> Result<Vec<u16>> {
    let mut list = Bytes(list);
    let mut numbers = Vec::new();
    memory::reserve_exact(&mut numbers, list.0.len() / 2)?;
    while !list.0.is_empty() {
        numbers.push(list.u16()?);
    }
    numbers.retain(|&number| !is_grease(number));
    Ok(numbers)
}

/// An extension's data behind a length of `size` bytes, whatever that says.
fn list_in<'a>(hello: &Message<'a>, typ: u16, size: usize) -> Result<&'a [u8]> {
    let Some(data) = hello.extension(typ) else {
        return Ok(&[]);
    };
    let mut data = Bytes(data);
    data.take(size)?;
    Ok(data.0)
}

/// Bytes as numbers.
fn bytes(list: &[u8]) -> Result<Vec<u16>> {
    let mut numbers = Vec::new();
    memory::reserve_exact(&mut numbers, list.len())?;
    numbers.extend(list.iter().copied().map(u16::from));
    Ok(numbers)
}

/// The types of all extensions, in their order.
fn extension_types(hello: &Message<'_>) -> Result<Vec<u16>> {
    let mut list = Bytes(hello.extensions);
    let mut types = Vec::new();
    memory::reserve_exact(&mut types, list.0.len() / 4)?;
    while !list.0.is_empty() {
        types.push(list.u16()?);
        list.vector(2)?;
    }
    types.retain(|&typ| !is_grease(typ));
    Ok(types)
}

/// The numbers as a text, each as it is written.
fn list(
    numbers: &[u16],
    divider: char,
    write: impl Fn(&mut String, u16) -> fmt::Result,
) -> Result<String> {
    /// Five digits and a divider.
    const LONGEST: usize = 6;

    let mut text = memory::text(numbers.len() * LONGEST)?;
    for (place, &number) in numbers.iter().enumerate() {
        if place > 0 {
            text.push(divider);
        }
        // To write to a text does not fail.
        let _ = write(&mut text, number);
    }
    Ok(text)
}

fn join(parts: &[&str], divider: &str) -> Result<String> {
    let len: usize = parts.iter().map(|part| part.len() + divider.len()).sum();
    let mut text = memory::text(len)?;
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            text += divider;
        }
        text += part;
    }
    Ok(text)
}

/// Version, cipher suites, extensions, groups and point formats, in decimal.
fn ja3(hello: &Message<'_>) -> Result<Fingerprint> {
    let mut version = vec![u16::from_be_bytes(hello.legacy_version)];
    version.retain(|&version| !is_grease(version));
    let list = |numbers: &[u16]| list(numbers, '-', |text, number| write!(text, "{number}"));
    let version = list(&version)?;
    let suites = list(&numbers(hello.cipher_suites)?)?;
    let extensions = list(&extension_types(hello)?)?;
    let groups = list(&numbers(list_in(hello, SUPPORTED_GROUPS, 2)?)?)?;
    let formats = list(&bytes(list_in(hello, POINT_FORMATS, 1)?)?)?;
    let raw = join(&[&version, &suites, &extensions, &groups, &formats], ",")?;
    let hash = hex(&Md5::digest(&raw));
    Ok(Fingerprint { raw, hash })
}

/// A readable part; the cipher suites; the extensions and the signature algorithms.
fn ja4(hello: &Message<'_>) -> Result<Fingerprint> {
    let mut suites = numbers(hello.cipher_suites)?;
    let types = extension_types(hello)?;
    let readable = readable(hello, suites.len(), types.len())?;

    suites.sort_unstable();
    let suites = hexadecimal(&suites)?;
    let mut others = types;
    // They are in the readable part.
    others.retain(|&typ| typ != SERVER_NAME && typ != ALPN);
    others.sort_unstable();
    let mut extensions = hexadecimal(&others)?;
    let algorithms = match hello.extension(SIGNATURE_ALGORITHMS) {
        Some([_, _, list @ ..]) => numbers(list)?,
        _ => Vec::new(),
    };
    if !algorithms.is_empty() {
        extensions = join(&[&extensions, &hexadecimal(&algorithms)?], "_")?;
    }
    Ok(Fingerprint {
        hash: format!("{readable}_{}_{}", digest(&suites), digest(&extensions)),
        raw: join(&[&readable, &suites, &extensions], "_")?,
    })
}

/// Transport, version, whether there is a name, two counts, and the ends of the first protocol.
fn readable(hello: &Message<'_>, suites: usize, extensions: usize) -> Result<String> {
    let transport = match hello.extension(QUIC_TRANSPORT_PARAMETERS) {
        Some(_) => 'q',
        None => 't',
    };
    let name = match hello.extension(SERVER_NAME) {
        Some(_) => 'd',
        None => 'i',
    };
    let offered = list_in(hello, SUPPORTED_VERSIONS, 1).and_then(numbers);
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
    let (suites, extensions) = (suites.min(99), extensions.min(99));
    let [first, last] = protocol_ends(hello.alpn().next().unwrap_or_default());
    Ok(format!(
        "{transport}{version}{name}{suites:02}{extensions:02}{first}{last}"
    ))
}

/// The first and the last character of a protocol's name, or of its hexadecimal digits.
fn protocol_ends(protocol: &[u8]) -> [char; 2] {
    let (Some(&first), Some(&last)) = (protocol.first(), protocol.last()) else {
        return ['0', '0'];
    };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [first.into(), last.into()];
    }
    [first >> 4, last & 0x0f].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'))
}

fn hexadecimal(numbers: &[u16]) -> Result<String> {
    list(numbers, ',', |text, number| write!(text, "{number:04x}"))
}

/// The front of a hash; of nothing it is nothing.
fn digest(text: &str) -> String {
    const LEN: usize = 6;
    match text {
        "" => "0".repeat(2 * LEN),
        _ => hex(&Algorithm::Sha256.digest(text).as_ref()[..LEN]),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
