//! The reason of the last failed call, as a sentence.

use std::fmt::Write;
use std::io;
use std::sync::atomic::Ordering::*;

use super::Connection;
use crate::base::log::{self, LogLevel, log};
use crate::base::probe::{self, Event};
use crate::base::{Mode, Version};
use crate::error::{AlertName, Error, ErrorType, Escaped, Parameter, Reason, Result};
use crate::messages::ClientHelloPayload;
use crate::policy::names;
use crate::state::{EchStatus, Failed};

/// The maximum number of values of one list in a sentence.
const MAX_LISTED: usize = 12;

/// The result of a call, for the log.
pub(super) trait Outcome {
    /// Returns the number of bytes that a call has transferred.
    fn bytes(&self) -> Option<usize>;
}

impl Outcome for () {
    fn bytes(&self) -> Option<usize> {
        None
    }
}

impl Outcome for usize {
    fn bytes(&self) -> Option<usize> {
        Some(*self)
    }
}

/// Values in lists of cipher suites that are none (RFC 5746, 3.3; RFC 7507, 2).
const SIGNALS: [u16; 2] = [0x00ff, 0x5600];

impl Connection {
    /// Records the failure of a call, unless the call is only blocked, and logs its outcome.
    #[inline]
    pub(super) fn record<R: Outcome>(&self, call: &'static str, outcome: &Result<R>) {
        match outcome {
            Err(error) if !error.is_blocked() => self.record_failure(call, error),
            outcome if log::is_on(LogLevel::Debug) => self.log_outcome(call, outcome),
            _ => {}
        }
    }

    #[cold]
    fn record_failure(&self, call: &'static str, error: &Error) {
        self.state.record_failure(error);
        let event = Event::Error {
            number: error.code().number(),
            name: error.code().name(),
        };
        probe::fire(self.state.name(), event);
        if log::is_on(LogLevel::Error) {
            let name = error.code().name().to_string_lossy();
            let detail = self.error_detail().unwrap_or_default();
            log!(Error, self.state.name(), "{call}: {name}: {detail}");
        }
    }

    #[cold]
    fn log_outcome<R: Outcome>(&self, call: &'static str, outcome: &Result<R>) {
        let name = self.state.name();
        match outcome {
            Ok(value) => match value.bytes() {
                Some(bytes) => log!(Debug, name, "{call}: {bytes} bytes"),
                None => log!(Debug, name, "{call}: done"),
            },
            Err(error) => log!(Debug, name, "{call}: blocked: {error}"),
        }
    }

    /// Returns the particulars of the last failed call as a sentence; `None` if no call has failed.
    ///
    /// It has printable ASCII only: what a peer has sent is escaped and shortened.
    pub fn error_detail(&self) -> Option<String> {
        self.state
            .with_failure(|failed| failed.map(|failed| self.sentence(&failed)))
    }

    fn sentence(&self, failed: &Failed<'_>) -> String {
        let error = &failed.error;
        let mut text = match (error.reason(), failed.rejection) {
            (Reason::Certificate, Some(rejection)) => rejection.to_string(),
            (Reason::NothingInCommon(parameter), _) => self.nothing_in_common(parameter),
            (Reason::AlertReceived(number), _) => format!(
                "the {} has sent the alert {}",
                self.peer(),
                AlertName(number)
            ),
            (Reason::Unknown, _) => error.to_string(),
            (reason, _) => reason.to_string(),
        };
        if let Some(number) = error.os_error().filter(|&number| number != 0) {
            append(&mut text, ": ", &io::Error::from_raw_os_error(number));
        }
        if self.was_in_handshake(error) {
            text += ", in the handshake";
        }
        if let Some(later) = failed.consequence {
            let later = later.code().name().to_string_lossy();
            text += &format!("; a later call has failed with {later} for this reason");
        }
        text
    }

    fn peer(&self) -> &'static str {
        match self.mode() {
            Mode::Server => "client",
            Mode::Client => "server",
        }
    }

    /// Returns whether an error of the peer or of the transport occurred in the handshake.
    fn was_in_handshake(&self, error: &Error) -> bool {
        let is_named = matches!(
            error.reason(),
            Reason::Certificate
                | Reason::NothingInCommon(_)
                | Reason::Memory { .. }
                | Reason::NoTransport { .. }
                | Reason::Rule(_)
        );
        !is_named
            && !matches!(error.kind(), ErrorType::Usage | ErrorType::Internal)
            && !self.state.shared.handshake_done.load(Acquire)
    }

    /// Compares the parameters of the client with those of the security policy.
    fn nothing_in_common(&self, parameter: Parameter) -> String {
        let mut text = format!("no {parameter} in common");
        let offered = self.state.client_hello().and_then(|hello| {
            let offered = hello.with_payload(|hello| Ok(offered(hello, parameter)));
            offered.ok()
        });
        if let Some(offered) = offered.filter(|_| self.mode() == Mode::Server) {
            text += &format!(": the client offers {offered}");
        }
        let Ok(policy) = self.policy() else {
            return text;
        };
        let is_tls13_alone = self.ech_status() != EchStatus::NotOffered;
        let permitted = match parameter {
            Parameter::Version => {
                let versions = [
                    (policy.supports_tls13(), Version::Tls13),
                    (policy.supports_tls12() && !is_tls13_alone, Version::Tls12),
                ];
                let versions = versions
                    .into_iter()
                    .filter(|(is_supported, _)| *is_supported);
                listed(versions.map(|(_, version)| version.to_string()))
            }
            Parameter::CipherSuite => listed(policy.suites().into_iter().map(suite)),
            Parameter::Group => listed(policy.groups().into_iter().map(group)),
            Parameter::SignatureScheme => {
                let schemes = policy.signature_schemes().iter();
                listed(schemes.map(|scheme| signature_scheme(scheme.0)))
            }
            Parameter::Protocol => return text,
        };
        let label = policy.label();
        let side = self.mode();
        text += &format!("; the security policy \"{label}\" of this {side} permits {permitted}");
        if parameter == Parameter::Version && is_tls13_alone {
            text += ", with Encrypted ClientHello or GREASE for it";
        }
        let requires_key = matches!(
            parameter,
            Parameter::SignatureScheme | Parameter::CipherSuite
        );
        if requires_key && side == Mode::Server {
            text += ", as far as a certificate of the config has a key for them";
        }
        text
    }
}

/// Returns the parameters of a kind in a ClientHello.
fn offered(hello: &ClientHelloPayload<'_>, parameter: Parameter) -> String {
    match parameter {
        Parameter::Version => match hello.highest_version() {
            Version::Unknown => "no known version".to_owned(),
            version => format!("at most {version}"),
        },
        Parameter::CipherSuite => {
            let suites = hello.suites().filter(|number| !SIGNALS.contains(number));
            listed(suites.map(suite))
        }
        Parameter::Group => listed(hello.groups().map(|(number, _)| group(number))),
        Parameter::SignatureScheme => listed(hello.signature_schemes().map(signature_scheme)),
        Parameter::Protocol => listed(hello.alpn().map(|name| Escaped(name).to_string())),
    }
}

/// Returns the first values of a list, and the number of the others.
fn listed(mut values: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for value in values.by_ref().take(MAX_LISTED) {
        let separator = if text.is_empty() { "" } else { ", " };
        append(&mut text, separator, &value);
    }
    match values.count() {
        _ if text.is_empty() => "none".to_owned(),
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

fn append(text: &mut String, separator: &str, value: &dyn std::fmt::Display) {
    // Writing to a string does not fail.
    let _ = write!(text, "{separator}{value}");
}

/// Returns the name of a suite, or the number of one in no policy.
fn suite(number: u16) -> String {
    let name = names::cipher_of(number);
    match name == names::cipher_of(0) {
        true => format!("{number:#06x}"),
        false => name.to_string_lossy().into_owned(),
    }
}

/// Returns the name of a group, or the number of one in no policy.
fn group(number: u16) -> String {
    let names = names::group_of(number);
    match names == names::GroupNames::NONE {
        true => format!("{number:#06x}"),
        false => names.group.to_string_lossy().into_owned(),
    }
}

/// Returns the name of a signature scheme, or the number of one in no policy.
fn signature_scheme(number: u16) -> String {
    match names::signature_scheme(number, true) {
        None => format!("{number:#06x}"),
        Some(name) => name.to_string_lossy().into_owned(),
    }
}
