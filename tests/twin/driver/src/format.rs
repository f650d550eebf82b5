//! Parsing of script arguments, and formatting of results for traces.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt as _;
use std::ptr;
use std::str::FromStr;

use aws_lc_rs::digest;

use crate::hex::hex;
use crate::io::last_error;
use crate::state::{ScriptError, State};

/// A string that may be NULL.
pub struct Text(Option<CString>);

impl Text {
    pub fn ptr(&self) -> *const libc::c_char {
        self.0.as_ref().map_or(ptr::null(), |text| text.as_ptr())
    }

    /// The length without the terminating NUL.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |text| text.as_bytes().len())
    }
}

/// Bytes for an argument that may be NULL, with a length.
pub struct Buffer {
    bytes: Option<Vec<u8>>,
    len: u16,
}

impl Buffer {
    /// Parses a word: `null` for NULL, anything else as [`word_bytes`] does. A second word is a
    /// smaller length; the default is that of the bytes, and 1 for NULL.
    pub fn new(word: &str, len: &[&str]) -> Result<Self, ScriptError> {
        let bytes = match word {
            "null" => None,
            _ => Some(word_bytes(word)?),
        };
        let whole = bytes.as_ref().map_or(1, Vec::len);
        let len = len.first().map_or(Ok(whole), |len| number(len))?;
        if bytes.is_some() && len > whole {
            return Err("longer than the bytes".into());
        }
        let len = u16::try_from(len).map_err(|_| "at most 65535 bytes")?;
        Ok(Self { bytes, len })
    }

    pub fn ptr(&self) -> *const u8 {
        self.bytes
            .as_ref()
            .map_or(ptr::null(), |bytes| bytes.as_ptr())
    }

    pub fn len(&self) -> u16 {
        self.len
    }
}

/// Parses a word as a C string: `null` for NULL, `-` for an empty one, `hex:00ff` for bytes,
/// `300*a` for repetitions, anything else literally.
pub fn text(word: &str) -> Result<Text, ScriptError> {
    match word {
        "null" => Ok(Text(None)),
        _ => c_string(word_bytes(word)?).map(|text| Text(Some(text))),
    }
}

/// Parses a word other than `null` as bytes.
pub fn word_bytes(word: &str) -> Result<Vec<u8>, ScriptError> {
    if word == "-" {
        return Ok(Vec::new());
    }
    if let Some(hex) = word.strip_prefix("hex:") {
        return parse_hex(hex);
    }
    match word.split_once('*') {
        Some((count, repeated)) if count.parse::<usize>().is_ok() => {
            Ok(repeated.repeat(number(count)?).into_bytes())
        }
        _ => Ok(word.as_bytes().to_vec()),
    }
}

pub fn c_string(bytes: Vec<u8>) -> Result<CString, ScriptError> {
    CString::new(bytes).map_err(|error| error.to_string())
}

impl State {
    /// Reads files of the certificates directory, joined by `+`. `FILE:9` is the first nine bytes
    /// of one; `"` starts literal text, with `_` for spaces and `/` for line ends.
    pub fn pem(&self, word: &str) -> Result<Text, ScriptError> {
        if word == "null" {
            return Ok(Text(None));
        }
        let mut all = Vec::new();
        for part in word.split('+').filter(|part| *part != "-") {
            if let Some(text) = part.strip_prefix('"') {
                all.extend(text.replace('_', " ").replace('/', "\n").into_bytes());
                continue;
            }
            let (name, max_len) = match part.split_once(':') {
                Some((name, max_len)) => (name, number(max_len)?),
                None => (part, usize::MAX),
            };
            let content = std::fs::read(self.certs.join(name));
            let content = content.map_err(|error| format!("{name}: {error}"))?;
            all.extend(&content[..max_len.min(content.len())]);
        }
        c_string(all).map(|text| Text(Some(text)))
    }

    /// Returns a path in the certificates directory, or NULL for `null`.
    pub fn path(&self, word: &str) -> Result<Text, ScriptError> {
        match word {
            "null" => Ok(Text(None)),
            _ => c_string(self.certs.join(word).as_os_str().as_bytes().to_vec())
                .map(|path| Text(Some(path))),
        }
    }
}

pub fn number<T: FromStr>(word: &str) -> Result<T, ScriptError> {
    word.parse().map_err(|_| format!("invalid number: {word}"))
}

pub fn parse_hex(hex: &str) -> Result<Vec<u8>, ScriptError> {
    let pairs = hex.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            let pair = std::str::from_utf8(pair).map_err(|error| error.to_string())?;
            u8::from_str_radix(pair, 16).map_err(|error| error.to_string())
        })
        .collect()
}

/// Formats the result of a call that returns 0 or -1.
pub fn status(result: i32) -> String {
    match result {
        -1 => format!("-1 {}", last_error()),
        _ => result.to_string(),
    }
}

/// Formats bytes for a trace: in hex up to 40 bytes, else as their number and a hash.
pub fn summary(bytes: &[u8]) -> String {
    const MAX_VERBATIM: usize = 40;
    match bytes.len() {
        0 => "-".into(),
        1..=MAX_VERBATIM => hex(bytes),
        len => {
            let hash = digest::digest(&digest::SHA256, bytes);
            format!("{len}#{}", hex(&hash.as_ref()[..8]))
        }
    }
}

/// Formats a name for a trace: in hex if it contains spaces or characters that are not printable.
pub fn printable(bytes: &[u8]) -> String {
    match bytes.iter().all(u8::is_ascii_graphic) && bytes.len() < 80 {
        true => String::from_utf8_lossy(bytes).into_owned(),
        false => format!("hex:{}", summary(bytes)),
    }
}
