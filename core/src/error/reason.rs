//! The particulars of errors: values that are recorded where an error is created, and become text
//! only when the application requests it.

use std::fmt;
use std::num::NonZeroU8;

use rustls::error::{InvalidMessage, PeerIncompatible, PeerMisbehaved};

use super::{Alert, AlgorithmName, Escaped};

/// The particulars of an error. Errors are returned by value, so it is small, and has no memory of
/// its own: what is larger is stored with the connection, such as the rejected certificate.
#[derive(Clone, Copy, Debug, Default)]
pub enum Reason {
    /// The code is all that is known.
    #[default]
    Unknown,

    /// A rule of the protocol or of the API that is violated.
    Rule(&'static str),

    /// The peer has sent an alert.
    AlertReceived(u8),

    /// The first bytes of a record are not those of TLS.
    NotARecord {
        header: [u8; 5],
    },

    /// The version in a record's header.
    RecordVersion([u8; 2]),

    /// The content type of a record, inside or outside of the encryption, and what is allowed.
    RecordType {
        typ: u8,
        allowed: &'static str,
    },

    /// A length in bytes, outside of its limits.
    Length {
        of: &'static str,
        len: u32,
        limit: Limit,
    },

    /// A number of consecutive records or messages.
    TooMany {
        of: &'static str,
        limit: u32,
    },

    /// A record cannot be authenticated; the number of records that were received with the key.
    Decryption {
        sequence: u64,
    },

    /// The type of a handshake message, and the one that is expected, if it is one.
    MessageType {
        got: u8,
        expected: Option<NonZeroU8>,
    },

    /// The transport has ended. `have` bytes of the next record are received, of `need`.
    EndOfStream {
        have: u32,
        need: u32,
        header: [u8; 5],
    },

    /// The transport has failed, in this direction.
    Receiving,
    Sending,

    /// No transport is set for a direction.
    NoTransport {
        sends: bool,
    },

    /// An earlier write has failed with EPIPE.
    BrokenPipe,

    /// An allocation of this many bytes has failed; 0 if the number is unknown.
    Memory {
        bytes: usize,
    },

    /// A repeated send offers fewer bytes than the call that was blocked.
    SendSize {
        offered: usize,
        accepted: usize,
    },

    /// Both sides have no parameter of this kind in common.
    NothingInCommon(Parameter),

    /// The peer's certificate is rejected; the connection has its particulars.
    Certificate,

    /// A private key is encrypted with an algorithm that is not supported.
    KeyAlgorithm(AlgorithmName),

    /// The number of iterations of PBKDF2 exceeds the limit.
    KeyIterations {
        iterations: u64,
        limit: u32,
    },

    /// The memory of scrypt, in bytes, exceeds the limit.
    ScryptMemory {
        log_n: u8,
        r: u32,
        p: u32,
        limit: u64,
    },

    /// The product of the parameters of scrypt exceeds the limit.
    ScryptWork {
        log_n: u8,
        r: u32,
        p: u32,
        limit: u64,
    },

    /// rustls has rejected the peer's messages.
    Malformed(InvalidMessage),
    Incompatible(PeerIncompatible),
    Misbehaved(PeerMisbehaved),
}

/// A limit of a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    AtMost(u32),
    AtLeast(u32),
}

/// A kind of parameters of which a handshake requires one in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    Version,
    CipherSuite,
    Group,
    SignatureScheme,
    /// An application protocol (ALPN).
    Protocol,
}

/// The sentence without what only the connection can add.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Unknown => Ok(()),
            Self::Rule(rule) => f.write_str(rule),
            Self::AlertReceived(number) => {
                write!(f, "the peer has sent the alert {}", AlertName(number))
            }
            Self::NotARecord { header } => {
                f.write_str("the peer ")?;
                not_a_record(f, &header)
            }
            Self::RecordVersion([major, minor]) => write!(
                f,
                "the header of a record has the version {major}.{minor} in place of 3.3"
            ),
            Self::RecordType { typ, allowed } => write!(
                f,
                "a record of type {}, in place of {allowed}",
                RecordName(typ)
            ),
            Self::Length { of, len, limit } => match limit {
                Limit::AtMost(most) => {
                    write!(f, "{of} has {len} bytes; the maximum is {most}")
                }
                Limit::AtLeast(least) => {
                    write!(f, "{of} has {len} bytes; the minimum is {least}")
                }
            },
            Self::TooMany { of, limit } => write!(f, "more than {limit} {of} in a row"),
            Self::Decryption { sequence } => write!(
                f,
                "record {sequence} of the peer's current key cannot be authenticated: it was \
                 modified, lost, repeated, or sealed with another key"
            ),
            Self::MessageType { got, expected } => message_type(f, got, expected),
            Self::EndOfStream { have, need, header } => end_of_stream(f, have, need, &header),
            Self::Receiving => f.write_str("receiving from the transport failed"),
            Self::Sending => f.write_str("sending to the transport failed"),
            Self::NoTransport { sends } => write!(
                f,
                "no file descriptor and no callback is set for {}",
                if sends { "sending" } else { "receiving" }
            ),
            Self::BrokenPipe => {
                f.write_str("an earlier write has failed, because the peer has closed (EPIPE)")
            }
            Self::Memory { bytes: 0 } => f.write_str("an allocation failed"),
            Self::Memory { bytes } => write!(f, "an allocation of {bytes} bytes failed"),
            Self::SendSize { offered, accepted } => write!(
                f,
                "the call offers {offered} bytes, and the blocked one before has accepted \
                 {accepted}"
            ),
            Self::NothingInCommon(parameter) => write!(f, "no {parameter} in common"),
            Self::Certificate => f.write_str("the peer's certificate is rejected"),
            Self::KeyAlgorithm(name) => write!(
                f,
                "the private key is encrypted with the algorithm {name}, which is not supported"
            ),
            Self::KeyIterations {
                iterations: u64::MAX,
                limit,
            } => write!(
                f,
                "the private key is encrypted with 2^64 iterations of PBKDF2, or more; the maximum is \
                 {limit}"
            ),
            Self::KeyIterations { iterations, limit } => write!(
                f,
                "the private key is encrypted with {iterations} iterations of PBKDF2; the maximum is \
                 {limit}"
            ),
            Self::ScryptMemory { log_n, r, p, limit } => write!(
                f,
                "scrypt with N = 2^{log_n}, r = {r}, p = {p} takes more memory than the maximum of {} \
                 MiB",
                limit >> 20
            ),
            Self::ScryptWork { log_n, r, p, limit } => write!(
                f,
                "scrypt with N = 2^{log_n}, r = {r}, p = {p} takes more work than the maximum of \
                 N * r * p = {limit}"
            ),
            Self::Malformed(reason) => {
                write!(f, "a malformed message of the peer: ")?;
                malformed(f, reason)
            }
            Self::Incompatible(reason) => {
                write!(f, "the peer is incompatible: {}", Words(&name(&reason)))
            }
            Self::Misbehaved(reason) => {
                write!(f, "the peer violates the protocol: {}", misbehaved(reason))
            }
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => "version",
            Self::CipherSuite => "cipher suite",
            Self::Group => "key exchange group",
            Self::SignatureScheme => "signature scheme",
            Self::Protocol => "application protocol",
        })
    }
}

/// An alert by name and number.
pub struct AlertName(pub u8);

impl fmt::Display for AlertName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", Alert::name(self.0), self.0)
    }
}

/// A content type by name and number.
pub(crate) struct RecordName(pub(crate) u8);

impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.0 {
            20 => "change_cipher_spec",
            21 => "alert",
            22 => "handshake",
            23 => "application_data",
            24 => "heartbeat",
            number => return write!(f, "{number}"),
        };
        write!(f, "{name} ({})", self.0)
    }
}

/// A type of handshake messages by name and number (RFC 8446, 4; RFC 5246, 7.4).
struct MessageName(u8);

impl fmt::Display for MessageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.0 {
            0 => "HelloRequest",
            1 => "ClientHello",
            2 => "ServerHello",
            4 => "NewSessionTicket",
            5 => "EndOfEarlyData",
            8 => "EncryptedExtensions",
            11 => "Certificate",
            12 => "ServerKeyExchange",
            13 => "CertificateRequest",
            14 => "ServerHelloDone",
            15 => "CertificateVerify",
            16 => "ClientKeyExchange",
            20 => "Finished",
            22 => "CertificateStatus",
            24 => "KeyUpdate",
            number => return write!(f, "of type {number}"),
        };
        write!(f, "{name} ({})", self.0)
    }
}

fn not_a_record(f: &mut fmt::Formatter<'_>, header: &[u8; 5]) -> fmt::Result {
    write!(
        f,
        "does not speak TLS: its first bytes are \"{}\"",
        Escaped(header)
    )?;
    match protocol(header) {
        Some(protocol) => write!(f, ", as of {protocol}"),
        None => Ok(()),
    }
}

/// Returns the protocol that begins with these bytes, if it is a frequent one.
fn protocol(header: &[u8; 5]) -> Option<&'static str> {
    let requests: [&[u8]; 8] = [
        b"GET ", b"POST ", b"HEAD ", b"PUT ", b"OPTIO", b"DELET", b"CONNE", b"PRI *",
    ];
    if header == b"HTTP/" {
        return Some("an HTTP server without TLS");
    }
    if requests.iter().any(|request| header.starts_with(request)) {
        return Some("an HTTP client without TLS");
    }
    if header.starts_with(b"SSH-") {
        return Some("SSH");
    }
    if header.starts_with(b"220") {
        return Some("SMTP or FTP, before STARTTLS");
    }
    if header.starts_with(b"+OK") || header.starts_with(b"* OK") {
        return Some("POP3 or IMAP, before STARTTLS");
    }
    if header.starts_with(b"PROXY") {
        return Some("the PROXY protocol of a load balancer");
    }
    (header[0] & 0x80 != 0 && header[2] == 1).then_some("a ClientHello in SSLv2 format")
}

/// Returns whether a header can be that of a record.
fn is_record(header: &[u8; 5]) -> bool {
    matches!(header[0], 20..=23) && header[1] == 3
}

fn end_of_stream(
    f: &mut fmt::Formatter<'_>,
    have: u32,
    need: u32,
    header: &[u8; 5],
) -> fmt::Result {
    let read = &header[..header.len().min(have as usize)];
    match have {
        0 => f.write_str("the peer has closed the transport without a close_notify"),
        _ if have as usize >= header.len() && !is_record(header) => {
            f.write_str("the peer has closed the transport, and ")?;
            not_a_record(f, header)
        }
        1..=4 => write!(
            f,
            "the peer has closed the transport within the header of a record, after {have} of 5 \
             bytes: \"{}\"",
            Escaped(read)
        ),
        _ => write!(
            f,
            "the peer has closed the transport within a record of type {}, after {have} of {need} \
             bytes",
            RecordName(header[0])
        ),
    }
}

fn message_type(f: &mut fmt::Formatter<'_>, got: u8, expected: Option<NonZeroU8>) -> fmt::Result {
    write!(f, "the peer has sent the message {}", MessageName(got))?;
    match expected {
        Some(expected) => write!(f, " in place of {}", MessageName(expected.get())),
        None => f.write_str(", which is not allowed now"),
    }
}

fn malformed(f: &mut fmt::Formatter<'_>, reason: InvalidMessage) -> fmt::Result {
    match reason {
        InvalidMessage::MissingData(part) => write!(f, "{part} is too short"),
        InvalidMessage::TrailingData(part) => write!(f, "bytes follow {part}"),
        InvalidMessage::IllegalEmptyList(list) => write!(f, "the list {list} is empty"),
        InvalidMessage::UnexpectedMessage(part) => write!(f, "unexpected {part}"),
        InvalidMessage::DuplicateExtension(typ) => write!(f, "the extension {typ} is repeated"),
        InvalidMessage::MisplacedExtension(typ) => {
            write!(f, "the extension {typ} does not belong there")
        }
        InvalidMessage::HandshakePayloadTooLarge | InvalidMessage::MessageTooLarge => {
            f.write_str("it is too long")
        }
        InvalidMessage::InvalidEmptyPayload => f.write_str("a record without content"),
        InvalidMessage::InvalidContentType => {
            f.write_str("the content type of a record is unknown")
        }
        InvalidMessage::UnknownProtocolVersion => {
            f.write_str("the version in the header of a record is not that of TLS")
        }
        reason => write!(f, "{}", Words(&name(&reason))),
    }
}

fn misbehaved(reason: PeerMisbehaved) -> String {
    match reason {
        PeerMisbehaved::IncorrectFinished => {
            "its Finished message does not fit the handshake: the messages were modified on the \
             way, or the secrets differ"
                .into()
        }
        PeerMisbehaved::NoCertificatesPresented => "it has sent no certificate".into(),
        PeerMisbehaved::IncorrectBinder => {
            "the binder of its pre-shared key is wrong: the secrets differ".into()
        }
        PeerMisbehaved::AttemptedDowngradeToTls12WhenTls13IsSupported => {
            "the handshake was downgraded to TLS 1.2, although both sides support TLS 1.3".into()
        }
        PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme => {
            "it has signed with a scheme that was not offered".into()
        }
        PeerMisbehaved::IllegalAlertLevel(level, description) => {
            let description = AlertName(description.into());
            format!("an alert of level {level}: {description}")
        }
        reason => Words(&name(&reason)).to_string(),
    }
}

fn name(value: &impl fmt::Debug) -> String {
    format!("{value:?}")
}

/// A name in camel case, as words: `IllegalKeyShare` is "illegal key share".
struct Words<'a>(&'a str);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, letter) in self.0.char_indices() {
            match letter.is_ascii_uppercase() {
                true if place > 0 => write!(f, " {}", letter.to_ascii_lowercase())?,
                true => write!(f, "{}", letter.to_ascii_lowercase())?,
                false => write!(f, "{letter}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_stay_small() {
        assert!(size_of::<Reason>() <= 32, "{}", size_of::<Reason>());
    }

    #[test]
    fn frequent_protocols_are_recognized() {
        for (header, name) in [
            (b"HTTP/", "HTTP server"),
            (b"GET /", "HTTP client"),
            (b"SSH-2", "SSH"),
            (b"220 m", "STARTTLS"),
            (b"\x80\x2e\x01\x03\x01", "SSLv2"),
        ] {
            let text = Reason::NotARecord { header: *header }.to_string();
            assert!(text.contains(name), "{text}");
        }
    }

    #[test]
    fn names_of_rustls_become_words() {
        let reason = Reason::Misbehaved(PeerMisbehaved::SelectedUnofferedPsk);
        let text = "the peer violates the protocol: selected unoffered psk";
        assert_eq!(reason.to_string(), text);
    }
}
