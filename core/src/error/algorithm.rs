//! Names of algorithms in files.

use std::fmt;

use x509_parser::der_parser::Oid;

use super::Escaped;

/// The name of an algorithm that is not supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlgorithmName {
    Known(&'static str),
    /// The content of an object identifier.
    Oid(Start),
    Text(Start),
}

impl AlgorithmName {
    pub(crate) fn oid(content: &[u8]) -> Self {
        Self::Oid(Start::of(content))
    }

    pub(crate) fn text(name: &[u8]) -> Self {
        Self::Text(Start::of(name))
    }
}

impl fmt::Display for AlgorithmName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(name) => f.write_str(name),
            Self::Oid(start) if start.is_whole() => {
                write!(f, "{}", Oid::new(start.bytes().into()))
            }
            Self::Oid(_) => f.write_str("a long object identifier"),
            Self::Text(start) => {
                let more = if start.is_whole() { "" } else { "..." };
                write!(f, "\"{}{more}\"", Escaped(start.bytes()))
            }
        }
    }
}

/// The first bytes of a value, and its length. It is small, as errors are returned by value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    bytes: [u8; Self::LEN],
    /// The length of the whole value, or the greatest one.
    len: u8,
}

impl Start {
    const LEN: usize = 20;

    fn of(value: &[u8]) -> Self {
        let mut bytes = [0; Self::LEN];
        let len = value.len().min(Self::LEN);
        bytes[..len].copy_from_slice(&value[..len]);
        Self {
            bytes,
            len: u8::try_from(value.len()).unwrap_or(u8::MAX),
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..Self::LEN.min(self.len.into())]
    }

    fn is_whole(&self) -> bool {
        usize::from(self.len) <= Self::LEN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_printable() {
        let oid = AlgorithmName::oid(b"\x2a\x81\x1c\xcf\x55\x01\x68\x02");
        assert_eq!(oid.to_string(), "1.2.156.10197.1.104.2");
        let text = |name: &[u8]| AlgorithmName::text(name).to_string();
        assert_eq!(text(b"CAMELLIA-256-CBC"), "\"CAMELLIA-256-CBC\"");
        assert_eq!(text(&[b'x'; 300]), format!("\"{}...\"", "x".repeat(20)));
        assert!(!text(b"\x1b[2J\n").contains(['\x1b', '\n']));
        let long = AlgorithmName::oid(&[1; 30]);
        assert_eq!(long.to_string(), "a long object identifier");
        // Nothing of a malformed one matters but that it is printable.
        assert!(AlgorithmName::oid(&[0xff; 20]).to_string().is_ascii());
        assert!(AlgorithmName::oid(&[]).to_string().is_ascii());
    }
}
