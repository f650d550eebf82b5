//! Hexadecimal text.

use std::fmt::Write;

/// Appends bytes in hex.
pub(crate) fn append_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
}
