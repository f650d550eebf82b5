//! Error messages for users, with hints for fixing the cause.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use rs2n_core::base::Mode;
use rs2n_core::connection::Connection;
use rs2n_core::error::{Code, Error};
use serde::Serialize;

use crate::{file_kind, names, protocol};

/// The reason why a program or a connection failed.
#[derive(Clone, Debug, Serialize)]
pub struct ToolError {
    /// Name and number of the TLS library's error; null for other errors.
    pub name: Option<&'static str>,
    pub number: Option<i32>,
    pub message: String,
    /// The particulars of a connection's error.
    pub detail: Option<Box<str>>,
    /// A hint for fixing the cause.
    pub advice: Option<String>,
    /// The alert that was received from the peer.
    pub alert: Option<Alert>,
    #[serde(skip)]
    pub status: i32,
}

/// An alert from the peer (RFC 8446, 6).
#[derive(Clone, Debug, Serialize)]
pub struct Alert {
    pub number: u8,
    pub name: &'static str,
}

pub type Result<T, E = ToolError> = std::result::Result<T, E>;

/// The exit status after a failure.
pub const FAILED: i32 = 1;
/// The exit status after an invalid command line.
pub const USAGE: i32 = 2;

impl ToolError {
    /// Creates an error that is not the TLS library's.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            name: None,
            number: None,
            message: message.into(),
            detail: None,
            advice: None,
            alert: None,
            status: FAILED,
        }
    }

    /// Creates an error about an invalid command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            status: USAGE,
            ..Self::new(message)
        }
    }

    /// Creates an error about a file that cannot be read or written.
    pub fn file(action: &str, path: &Path, error: &io::Error) -> Self {
        let tool_error = Self::new(format!("cannot {action} {}: {error}", path.display()));
        match error.kind() {
            io::ErrorKind::PermissionDenied => {
                tool_error.with_advice("check the permissions of the file, and of its folders")
            }
            io::ErrorKind::IsADirectory => tool_error.with_advice("name a file in this folder"),
            _ => tool_error,
        }
    }

    /// Creates an error about standard output.
    pub fn stdout(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::new("standard output was closed by its reader"),
            _ => Self::new(format!("cannot write standard output: {error}")),
        }
    }

    /// Creates an error from one of the TLS library's that is not about a connection.
    pub fn tls(error: &Error, context: &str) -> Self {
        let code = error.code();
        let message = match error.os_error().filter(|&number| number != 0) {
            Some(number) => format!("{context}: {}", io::Error::from_raw_os_error(number)),
            None => format!("{context}: {error}"),
        };
        Self {
            name: code.name().to_str().ok(),
            number: Some(code.number()),
            message,
            advice: advice(code).map(str::to_owned),
            ..Self::new("")
        }
    }

    /// Creates an error from one of a connection's.
    pub fn connection(error: &Error, conn: &Connection, timeout: Option<Duration>) -> Self {
        let after_handshake = conn.negotiated().is_some();
        let context = if after_handshake {
            "the connection"
        } else {
            "the handshake"
        };
        let tool_error = Self {
            detail: conn.error_detail().map(String::into_boxed_str),
            ..Self::tls(error, &format!("{context} failed"))
        };
        match error.code() {
            Code::Closed | Code::ShutdownClosed => tool_error.truncated(after_handshake),
            Code::IoBlocked => tool_error.timed_out(after_handshake, timeout.unwrap_or_default()),
            Code::Alert => tool_error.with_alert(conn),
            // The message has the system's error already.
            Code::Io if error.os_error().is_some_and(|number| number != 0) => Self {
                detail: None,
                ..tool_error
            },
            _ => tool_error,
        }
    }

    /// Creates an error about a peer that speaks another protocol than TLS.
    pub fn foreign_protocol(mode: Mode, protocol: &str) -> Self {
        let (peer, advice) = match mode {
            Mode::Client => ("server", protocol::advice_for_client(protocol)),
            Mode::Server => (
                "client",
                "the client has to use TLS, for instance https:// in a URL",
            ),
        };
        Self::new(format!(
            "the {peer} does not speak TLS on this port, but {protocol}"
        ))
        .with_advice(advice)
    }

    /// Creates an error about the side of a tunnel that has no TLS.
    pub fn plain(context: &str, error: &io::Error) -> Self {
        Self::new(format!("{context}: {error}"))
    }

    /// Creates an error about a connection of a tunnel without transfers.
    pub fn idle(timeout: Duration) -> Self {
        Self::new("").timed_out(true, timeout)
    }

    fn truncated(self, after_handshake: bool) -> Self {
        let (message, advice) = match after_handshake {
            true => (
                "the peer closed the connection without a close_notify: the received data may be \
                 incomplete",
                "the peer may have crashed, or the connection may have been truncated on the way",
            ),
            false => (
                "the peer closed the connection during the handshake",
                "check that the peer speaks TLS and supports the --policy",
            ),
        };
        self.with_message(message).with_advice(advice)
    }

    fn timed_out(self, after_handshake: bool, timeout: Duration) -> Self {
        let seconds = timeout.as_secs_f64();
        let message = match after_handshake {
            true => format!("no data was sent or received for {seconds} seconds"),
            false => format!("the handshake was not complete after {seconds} seconds"),
        };
        self.with_message(message)
            .with_advice("a larger --timeout waits longer")
    }

    pub fn with_message(self, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..self
        }
    }

    fn with_alert(self, conn: &Connection) -> Self {
        let Ok(number) = conn.alert() else {
            return self;
        };
        let name = names::alert(number);
        Self {
            message: format!("the peer has ended the connection with alert {number}, {name}"),
            detail: None,
            advice: names::advice_for_alert(number).map(str::to_owned),
            alert: Some(Alert { number, name }),
            ..self
        }
    }

    pub fn with_advice(self, advice: impl Into<String>) -> Self {
        Self {
            advice: Some(advice.into()),
            ..self
        }
    }

    /// Whether the cause is local, such as a file, rather than the connection.
    pub fn is_local(&self) -> bool {
        self.name.is_none()
    }

    /// Prints the error and its hint to standard error.
    pub fn print(&self, program: &str) {
        let name = self.name.as_ref();
        let name = name.map(|name| format!("{name}: ")).unwrap_or_default();
        print_line(program, &format!("{name}{}", self.message));
        if let Some(detail) = &self.detail {
            print_line(program, &format!("detail: {detail}"));
        }
        if let Some(advice) = &self.advice {
            print_line(program, &format!("hint: {advice}"));
        }
    }
}

/// Writes a line to standard error. Errors are ignored: they could not be reported.
pub fn print_line(program: &str, text: &str) {
    let line = format!("{program}: {text}\n");
    let _ = io::stderr().write_all(line.as_bytes());
}

/// Returns the hint for an error code.
fn advice(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::CertUntrusted => {
            "the peer's certificate was not issued by a trusted CA; --ca FILE (rs2nc) or \
             --client-ca FILE (rs2nd) adds one, and --trust-key FILE a raw public key"
        }
        Code::CertTypeUnsupported => {
            "the sides have no type in common: --cert and --ca (rs2nc) or --client-ca (rs2nd) are for \
             certificates, --raw-key and --trust-key for raw public keys"
        }
        Code::CertInvalidHostname => {
            "the certificate is for another host; --name NAME sets the expected name"
        }
        Code::CertExpired | Code::CertNotYetValid => {
            "compare the certificate's validity period with this machine's clock"
        }
        Code::CertIntentInvalid => {
            "the extended key usage does not match: servers need serverAuth, clients clientAuth"
        }
        Code::CertInvalid => {
            "the peer's certificate does not meet the requirements of the --policy"
        }
        Code::MissingClientCert => "the client sent no certificate: see --cert and --key of rs2nc",
        Code::MissingCertRequest => "the server does not request a certificate",
        Code::CipherNotSupported | Code::ProtocolVersionUnsupported => {
            "client and server share no parameters; try another --policy (--list-policies)"
        }
        Code::BadPskBinder => {
            "the client's pre-shared key has another secret or hash than that of --psk-file with the \
             same identity"
        }
        Code::NoValidSignatureScheme => {
            "no --cert has a key type that the client supports; without --cert the client has to \
             offer a key of --psk-file"
        }
        Code::MaxEarlyDataSize => {
            "the client has sent more early data than --max-early-data permits"
        }
        Code::EchRejected => {
            "the server has other keys than the --ech file, or none: --ech-retry FILE stores those \
             that it has sent; otherwise get its HTTPS record from the DNS again"
        }
        Code::InvalidEchConfigList => {
            "the file has to contain an ECHConfigList: binary, in base64, or in PEM (ECHCONFIG)"
        }
        Code::InvalidPem | Code::NoCertificateInPem => file_kind::PEM_FORMAT,
        Code::KeyMismatch => {
            "the private key does not belong to the first certificate of the chain"
        }
        Code::NoPrivateKey => "--key FILE sets the private key",
        Code::InvalidSecurityPolicy | Code::DeprecatedSecurityPolicy => {
            "--list-policies lists the supported policies"
        }
        Code::SecurityPolicyIncompatibleCert => "use another certificate, or another --policy",
        Code::BadMessage => "the peer does not speak TLS, or its messages were modified on the way",
        _ => return None,
    })
}
