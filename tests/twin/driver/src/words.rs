//! The words of a script, as arguments.

use std::ffi::CString;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::ptr;
use std::str::FromStr;

use aws_lc_rs::digest;

use crate::calls::failure;
use crate::world::{Mistake, World};

/// A string that may be NULL.
pub struct Text(Option<CString>);

impl Text {
    pub fn ptr(&self) -> *const libc::c_char {
        self.0.as_ref().map_or(ptr::null(), |text| text.as_ptr())
    }

    /// Without the NUL at the end.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |text| text.as_bytes().len())
    }
}

/// A word: `null` for NULL, `-` for nothing, `hex:00ff` for bytes, `300*a` for so many, all else as
/// it stands.
pub fn text(word: &str) -> Result<Text, Mistake> {
    match word {
        "null" => Ok(Text(None)),
        _ => c_string(plain(word)?).map(|text| Text(Some(text))),
    }
}

/// The bytes of a word that is no `null`.
pub fn plain(word: &str) -> Result<Vec<u8>, Mistake> {
    if word == "-" {
        return Ok(Vec::new());
    }
    if let Some(hex) = word.strip_prefix("hex:") {
        return bytes(hex);
    }
    match word.split_once('*') {
        Some((count, what)) if count.parse::<usize>().is_ok() => {
            Ok(what.repeat(number(count)?).into_bytes())
        }
        _ => Ok(word.as_bytes().to_vec()),
    }
}

pub fn c_string(bytes: Vec<u8>) -> Result<CString, Mistake> {
    CString::new(bytes).map_err(|error| error.to_string())
}

impl World {
    /// The text of files of the folder of certificates, joined by `+`. `FILE:9` is its first nine
    /// bytes, `"` begins words of the script itself, with `_` for spaces and `/` for line ends.
    pub fn pem(&self, word: &str) -> Result<Text, Mistake> {
        if word == "null" {
            return Ok(Text(None));
        }
        let mut all = Vec::new();
        for part in word.split('+').filter(|part| *part != "-") {
            if let Some(words) = part.strip_prefix('"') {
                all.extend(words.replace('_', " ").replace('/', "\n").into_bytes());
                continue;
            }
            let (name, most) = match part.split_once(':') {
                Some((name, most)) => (name, number(most)?),
                None => (part, usize::MAX),
            };
            let content = std::fs::read(self.certs.join(name));
            let content = content.map_err(|error| format!("{name}: {error}"))?;
            all.extend(&content[..most.min(content.len())]);
        }
        c_string(all).map(|text| Text(Some(text)))
    }

    /// A path in the folder of certificates, or `null`.
    pub fn path(&self, word: &str) -> Result<Text, Mistake> {
        match word {
            "null" => Ok(Text(None)),
            _ => c_string(self.certs.join(word).as_os_str().as_bytes().to_vec())
                .map(|path| Text(Some(path))),
        }
    }
}

pub fn number<T: FromStr>(word: &str) -> Result<T, Mistake> {
    word.parse().map_err(|_| format!("no number: {word}"))
}

pub fn bytes(hex: &str) -> Result<Vec<u8>, Mistake> {
    let pairs = hex.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            let pair = std::str::from_utf8(pair).map_err(|error| error.to_string())?;
            u8::from_str_radix(pair, 16).map_err(|error| error.to_string())
        })
        .collect()
}

/// The outcome of a call that returns 0 or -1.
pub fn status(result: i32) -> String {
    match result {
        -1 => format!("-1 {}", failure()),
        _ => result.to_string(),
    }
}

/// Bytes for a trace: as they are if there are few, else their number and a hash.
pub fn short(bytes: &[u8]) -> String {
    const FEW: usize = 40;
    match bytes.len() {
        0 => "-".into(),
        1..=FEW => hex(bytes),
        len => {
            let hash = digest::digest(&digest::SHA256, bytes);
            format!("{len}#{}", hex(&hash.as_ref()[..8]))
        }
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Names for a trace: what cannot be printed, or would end a word, is written in hex.
pub fn readable(bytes: &[u8]) -> String {
    match bytes.iter().all(u8::is_ascii_graphic) && bytes.len() < 80 {
        true => String::from_utf8_lossy(bytes).into_owned(),
        false => format!("hex:{}", short(bytes)),
    }
}
