//! Text of a peer in messages: bounded, and without control characters.

use std::fmt::{self, Write};

/// The maximum number of characters of one value of a peer in a message.
const MAX: usize = 128;

/// The bytes of a peer, as a part of a message: printable ASCII as it is, any other byte as `\xNN`,
/// and an ellipsis in place of what exceeds the limit. A terminal, a log or a browser interprets
/// none of it.
pub struct Escaped<'a>(pub &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut room = MAX;
        for &byte in self.0 {
            let is_plain = matches!(byte, b' '..=b'~') && byte != b'\\' && byte != b'"';
            let width = if is_plain { 1 } else { 4 };
            if width > room {
                return f.write_str("...");
            }
            room -= width;
            match is_plain {
                true => f.write_char(byte.into())?,
                false => write!(f, "\\x{byte:02x}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_peer_is_bounded_and_printable() {
        let shown = Escaped("a\u{1b}[31m\r\n\"\\\u{e9}".as_bytes()).to_string();
        assert_eq!(shown, "a\\x1b[31m\\x0d\\x0a\\x22\\x5c\\xc3\\xa9");
        let long = Escaped(&[b'x'; 4096]).to_string();
        assert_eq!(long.len(), MAX + 3);
        let long = Escaped(&[0; 4096]).to_string();
        assert_eq!(long, "\\x00".repeat(MAX / 4) + "...");
    }
}
