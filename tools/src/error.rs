//! What goes wrong, in words that help.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use s2n::tls::connection::Connection;
use s2n::tls::error::{Code, Error};
use serde::Serialize;

use crate::names;

/// Why a program, or a connection, has failed.
#[derive(Clone, Debug, Serialize)]
pub struct ToolError {
    /// The error of the TLS library, by name and number; null if it was not the library's.
    pub name: Option<String>,
    pub number: Option<i32>,
    pub message: String,
    /// What to do about it.
    pub advice: Option<String>,
    /// The alert that the peer has sent.
    pub alert: Option<Alert>,
    #[serde(skip)]
    pub status: i32,
}

/// The peer's reason for ending a connection (RFC 8446, 6).
#[derive(Clone, Debug, Serialize)]
pub struct Alert {
    pub number: u8,
    pub name: &'static str,
}

pub type Result<T, E = ToolError> = std::result::Result<T, E>;

/// The exit status of a failure, and of a wrong command line.
pub const FAILED: i32 = 1;
/// See [`FAILED`].
pub const USAGE: i32 = 2;

impl ToolError {
    /// A failure that is not the TLS library's.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            name: None,
            number: None,
            message: message.into(),
            advice: None,
            alert: None,
            status: FAILED,
        }
    }

    /// A command line that makes no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            status: USAGE,
            ..Self::new(message)
        }
    }

    /// A file that cannot be used.
    pub fn file(action: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(format!("cannot {action} {}: {error}", path.display()))
    }

    /// A failure of the TLS library that no connection had a part in.
    pub fn tls(error: &Error, context: &str) -> Self {
        let code = error.code();
        Self {
            name: Some(code.name().to_string_lossy().into_owned()),
            number: Some(code.number()),
            message: format!("{context}: {error}"),
            advice: advice(code).map(str::to_owned),
            ..Self::new("")
        }
    }

    /// A failure of a connection.
    pub fn connection(error: &Error, conn: &Connection, timeout: Option<Duration>) -> Self {
        let after_handshake = conn.facts().is_some();
        let context = if after_handshake {
            "the connection"
        } else {
            "the handshake"
        };
        let tool_error = Self::tls(error, &format!("{context} failed"));
        match error.code() {
            Code::Closed | Code::ShutdownClosed => tool_error.truncated(after_handshake),
            Code::IoBlocked => tool_error.timed_out(after_handshake, timeout.unwrap_or_default()),
            Code::Alert => tool_error.with_alert(conn),
            Code::Io => match error.os_error().filter(|&number| number != 0) {
                Some(number) => {
                    let reason = io::Error::from_raw_os_error(number);
                    tool_error.with_message(format!("{context} failed: {reason}"))
                }
                None => tool_error,
            },
            _ => tool_error,
        }
    }

    fn truncated(self, after_handshake: bool) -> Self {
        let (message, advice) = match after_handshake {
            true => (
                "the peer has ended the connection without a close_notify: what came may be \
                 incomplete",
                "ask the peer's side whether it crashed; somebody in between may have cut it",
            ),
            false => (
                "the peer has ended the connection during the handshake",
                "is it a TLS server, and does it allow the --policy?",
            ),
        };
        self.with_message(message).with_advice(advice)
    }

    fn timed_out(self, after_handshake: bool, timeout: Duration) -> Self {
        let seconds = timeout.as_secs_f64();
        let message = match after_handshake {
            true => format!("nothing has moved for {seconds} seconds"),
            false => format!("the handshake was not complete after {seconds} seconds"),
        };
        self.with_message(message)
            .with_advice("a longer --timeout waits longer")
    }

    fn with_message(self, message: impl Into<String>) -> Self {
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

    /// Whether it happened here, and not between us and the peer.
    pub fn is_local(&self) -> bool {
        self.name.is_none()
    }

    /// Tells the user, on standard error.
    pub fn print(&self, program: &str) {
        let name = self.name.as_ref();
        let name = name.map(|name| format!("{name}: ")).unwrap_or_default();
        print_line(program, &format!("{name}{}", self.message));
        if let Some(advice) = &self.advice {
            print_line(program, &format!("hint: {advice}"));
        }
    }
}

/// Writes a line to standard error. If nobody reads that, there is nobody to tell.
pub fn print_line(program: &str, text: &str) {
    let line = format!("{program}: {text}\n");
    let _ = io::stderr().write_all(line.as_bytes());
}

/// What may help against an error.
fn advice(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::CertUntrusted => {
            "no trusted authority vouches for the peer's certificate; --ca FILE (rs2nc) or \
             --client-ca FILE (rs2nd) names one to trust"
        }
        Code::CertInvalidHostname => {
            "the certificate is for another host; --name NAME asks for another name"
        }
        Code::CertExpired | Code::CertNotYetValid => {
            "compare the certificate's dates with this machine's clock"
        }
        Code::CertIntentInvalid => {
            "the certificate is not meant for this side: servers need serverAuth, clients clientAuth"
        }
        Code::CertInvalid => "the peer's certificate does not obey the rules of the --policy",
        Code::MissingClientCert => "the client has shown no certificate: --cert and --key of rs2nc",
        Code::MissingCertRequest => "the server does not ask for a certificate",
        Code::CipherNotSupported | Code::ProtocolVersionUnsupported => {
            "the two sides have nothing in common; try another --policy (--list-policies)"
        }
        Code::InvalidPem | Code::NoCertificateInPem => {
            "the file should have blocks between -----BEGIN … ----- and -----END … -----"
        }
        Code::KeyMismatch => {
            "the private key does not belong to the first certificate of the chain"
        }
        Code::NoPrivateKey => "--key FILE names the private key",
        Code::InvalidSecurityPolicy | Code::DeprecatedSecurityPolicy => {
            "--list-policies shows what there is"
        }
        Code::SecurityPolicyIncompatibleCert => "use another certificate, or another --policy",
        Code::BadMessage => {
            "the peer does not speak TLS, or something in between has changed what it said"
        }
        _ => return None,
    })
}
