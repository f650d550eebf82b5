//! Identification of protocols other than TLS by the first bytes of a peer.

/// The number of bytes that identify a protocol.
pub const PREFIX: usize = 4;

/// Returns the name of the protocol that begins with these bytes; `None` for TLS, and for unknown ones.
///
/// A TLS peer sends a record of the type handshake or alert first, 22 or 21 (RFC 8446, 5.1): no letter.
pub fn identify(prefix: &[u8]) -> Option<&'static str> {
    Some(match prefix.get(..PREFIX)? {
        // Some servers respond to an invalid request with a page alone, as in HTTP/0.9.
        b"<!DO" | b"<htm" | b"<HTM" => "HTTP",
        b"HTTP" | b"GET " | b"HEAD" | b"POST" | b"PUT " | b"OPTI" | b"DELE" | b"CONN" | b"PATC"
        | b"PRI " => "HTTP",
        b"SSH-" => "SSH",
        b"220 " | b"220-" | b"421 " | b"554 " => "SMTP or FTP",
        b"EHLO" | b"HELO" => "SMTP",
        b"* OK" => "IMAP",
        b"+OK " => "POP3",
        _ => return None,
    })
}

/// Returns the hint for the client of a server that speaks this protocol.
pub fn advice_for_client(protocol: &str) -> &'static str {
    match protocol {
        "HTTP" | "SSH" => "check the port: TLS usually has another one",
        _ => "use the port where TLS begins at once: STARTTLS is not supported",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_identified_by_their_first_bytes() {
        assert_eq!(identify(b"HTTP/1.1 400 Bad Request"), Some("HTTP"));
        assert_eq!(identify(b"<!DOCTYPE HTML>"), Some("HTTP"));
        assert_eq!(identify(b"GET / HTTP/1.1"), Some("HTTP"));
        assert_eq!(identify(b"SSH-2.0-OpenSSH_9.2"), Some("SSH"));
        for prefix in [&b"HTT"[..], b"", b"\x16\x03\x01\x02", b"\x15\x03\x03\0"] {
            assert_eq!(identify(prefix), None);
        }
    }
}
