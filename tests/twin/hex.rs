//! Hexadecimal text of the driver and the runner.

use std::fmt::Write;

/// Encodes bytes in hex, as in scripts and traces.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
