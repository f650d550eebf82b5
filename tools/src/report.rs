//! Connection reports: JSON for programs, one-line summaries for users.

use std::fs::File;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rs2n_core::base::{Mode, Version};
use rs2n_core::config::{ClientAuth, EarlyDataProgress};
use rs2n_core::connection::Connection;
use rs2n_core::x509::spki::Fingerprint;
use serde::Serialize;
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::error::{Result, ToolError};
use crate::{ech, names};

/// The report of one connection. Fields that are unknown or were not negotiated are null.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The role of this program: "client" or "server".
    pub role: &'static str,
    /// The sequence number of a connection, from 1; only if the program has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<u64>,
    /// The peer's address and port.
    pub peer: Option<SocketAddr>,
    pub version: Option<&'static str>,
    /// Whether an earlier session was resumed: then no certificate was sent.
    pub resumed: bool,
    /// The identity of the external pre-shared key that authenticates both sides: then no certificate
    /// was sent, and none verified.
    pub psk: Option<String>,
    /// The early data that the client offered.
    pub early_data: Option<EarlyDataReport>,
    /// Encrypted ClientHello: "accepted", "rejected", "offered" if the handshake failed before the server
    /// has answered, or "grease".
    pub ech: Option<&'static str>,
    /// The directions with kernel TLS; only with `--ktls`.
    pub kernel_tls: Option<KernelTls>,
    pub cipher: Option<Cipher>,
    pub group: Option<String>,
    pub signature: Signatures,
    pub alpn: Option<String>,
    pub server_name: Option<String>,
    pub policy: Option<&'static str>,
    /// A server's client certificate mode; null for a client.
    pub client_auth: Option<&'static str>,
    pub client_certificate_used: bool,
    /// Whether the peer's certificate was verified.
    pub peer_verified: bool,
    /// The verified path from the peer's certificate to the trust anchor; with `--insecure` the
    /// certificates that the peer sent.
    pub peer_chain: Vec<Certificate>,
    /// The SHA-256 of the raw public key with which the peer has authenticated, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_key: Option<String>,
    pub handshake_ms: Option<f64>,
    pub duration_ms: f64,
    /// Application data, and below it the bytes on the wire, TLS overhead included.
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// Unknown with kernel TLS.
    pub wire_bytes_in: Option<u64>,
    pub wire_bytes_out: Option<u64>,
    pub close_notify: CloseNotify,
    /// The reason of a failure; null on success.
    pub error: Option<ToolError>,
}

/// A cipher suite: its name in the API, which is OpenSSL's for TLS 1.2, its IANA name, and its
/// number.
#[derive(Debug, Serialize)]
pub struct Cipher {
    pub name: String,
    pub iana: Option<&'static str>,
    pub number: u16,
}

/// The signature scheme of each side.
#[derive(Debug, Default, Serialize)]
pub struct Signatures {
    pub server: Option<String>,
    pub client: Option<String>,
}

/// Early data: the server's decision, and the number of bytes that were sent or received.
#[derive(Debug, Serialize)]
pub struct EarlyDataReport {
    /// "accepted", "rejected", or "offered" if the handshake failed.
    pub status: &'static str,
    pub bytes: u64,
}

/// The directions whose records the kernel encrypts and decrypts.
#[derive(Debug, Serialize)]
pub struct KernelTls {
    pub send: bool,
    pub receive: bool,
}

/// A certificate of the peer's chain.
#[derive(Debug, Serialize)]
pub struct Certificate {
    pub subject: Option<String>,
    pub sha256: String,
}

/// The close_notify alerts of a connection.
#[derive(Debug, Default, Serialize)]
pub struct CloseNotify {
    pub sent: bool,
    pub received: bool,
}

impl Report {
    pub fn new(mode: Mode, peer: Option<SocketAddr>) -> Self {
        Self {
            role: match mode {
                Mode::Client => "client",
                Mode::Server => "server",
            },
            peer,
            ..Self::default()
        }
    }

    /// Records the negotiated parameters; after a failed handshake, those that are known.
    pub fn record_handshake(&mut self, conn: &Connection, time: Duration) {
        self.server_name = conn.with_server_name(|name| {
            let name = name.filter(|name| !name.is_empty());
            name.map(|name| name.to_string_lossy().into_owned())
        });
        self.policy = conn.policy().ok().map(|policy| policy.label());
        self.client_auth = match (conn.mode(), conn.client_auth()) {
            (Mode::Server, Ok(ClientAuth::None)) => Some("none"),
            (Mode::Server, Ok(ClientAuth::Optional)) => Some("optional"),
            (Mode::Server, Ok(ClientAuth::Required)) => Some("required"),
            _ => None,
        };
        self.ech = ech::status(conn);
        let path = conn.peer_path().ok();
        let key = conn.peer_raw_key().ok();
        self.peer_verified = path.is_some() || key.is_some();
        self.peer_key = key.map(|key| Fingerprint::of(&key).to_string());
        let certificates = path.or_else(|| conn.unverified_peer());
        let certificates = certificates.iter().flat_map(|chain| chain.iter());
        self.peer_chain = certificates.map(|der| Certificate::new(der)).collect();
        let Some(negotiated) = conn.negotiated() else {
            return;
        };
        self.handshake_ms = Some(milliseconds(time));
        self.version = match conn.version() {
            Version::Tls12 => Some("TLS 1.2"),
            Version::Tls13 => Some("TLS 1.3"),
            _ => None,
        };
        self.resumed = negotiated.resumed;
        // A session has an identity too: its ticket.
        self.psk = conn.with_psk_identity(|identity| {
            let is_external = !self.resumed && !identity.is_empty();
            is_external.then(|| String::from_utf8_lossy(identity).into_owned())
        });
        self.cipher = Some(Cipher {
            name: negotiated.cipher().to_string_lossy().into_owned(),
            iana: names::iana(negotiated.suite),
            number: negotiated.suite,
        });
        // A session of TLS 1.2 is resumed without a key exchange.
        let group = negotiated.group().to_string_lossy().into_owned();
        self.group = Some(group).filter(|group| group != "NONE");
        let scheme = |side| {
            // The library may report the scheme that a full handshake would have.
            let name = conn.signature_scheme(side).filter(|_| !self.resumed)?;
            Some(name.to_string_lossy().into_owned())
        };
        self.signature = Signatures {
            server: scheme(Mode::Server),
            client: scheme(Mode::Client),
        };
        let alpn = negotiated.alpn.as_ref();
        self.alpn = alpn.map(|alpn| alpn.to_string_lossy().into_owned());
        self.client_certificate_used = negotiated.client_cert_used;
    }

    /// Records the result of early data, of which `bytes` were sent or received.
    pub fn record_early_data(&mut self, conn: &Connection, bytes: u64) {
        let status = match conn.early_data_progress() {
            EarlyDataProgress::Unknown | EarlyDataProgress::NotRequested => return,
            EarlyDataProgress::Rejected => "rejected",
            // After a failed handshake accepted data is discarded.
            _ if conn.negotiated().is_none() => "offered",
            _ => "accepted",
        };
        self.early_data = Some(EarlyDataReport { status, bytes });
    }

    /// Enables kernel TLS, records the directions that have it, and returns the reasons if others have
    /// not.
    pub fn enable_kernel_tls(&mut self, conn: &Connection) -> Vec<ToolError> {
        let outcomes = [
            (conn.enable_kernel_send(), "no kernel TLS for sending"),
            (conn.enable_kernel_recv(), "no kernel TLS for receiving"),
        ];
        self.kernel_tls = Some(KernelTls {
            send: conn.sends_by_kernel(),
            receive: conn.receives_by_kernel(),
        });
        let failures = outcomes.into_iter();
        failures
            .filter_map(|(outcome, what)| Some(ToolError::tls(&outcome.err()?, what)))
            .collect()
    }

    /// Records the duration, the bytes on the wire, and whether a close_notify was received.
    pub fn record_end(&mut self, conn: &Connection, time: Duration) {
        self.duration_ms = milliseconds(time);
        let is_known = !conn.receives_by_kernel();
        self.wire_bytes_in = is_known.then(|| conn.wire_bytes_in());
        let is_known = !conn.sends_by_kernel();
        self.wire_bytes_out = is_known.then(|| conn.wire_bytes_out());
        self.close_notify.received = conn.alert().is_ok_and(|alert| alert == 0);
    }

    /// Returns the negotiated parameters as one line.
    pub fn negotiated_summary(&self) -> String {
        let mut parts = Vec::new();
        parts.extend(self.version.map(str::to_owned));
        parts.extend(self.cipher.as_ref().map(|cipher| cipher.name.clone()));
        parts.extend(self.group.clone());
        parts.extend(self.signature.server.clone());
        parts.extend(self.alpn.as_ref().map(|alpn| format!("ALPN {alpn}")));
        parts.extend(self.resumed.then(|| "resumed".to_owned()));
        parts.extend(self.psk.as_ref().map(|psk| format!("PSK {psk}")));
        parts.extend(self.early_data.as_ref().map(|early_data| {
            let EarlyDataReport { status, bytes } = early_data;
            format!("early data {status} ({bytes} bytes)")
        }));
        parts.extend(self.ech.map(|status| format!("ECH {status}")));
        parts.extend(self.kernel_tls.as_ref().and_then(|kernel_tls| {
            let directions = match (kernel_tls.send, kernel_tls.receive) {
                (true, true) => "kernel TLS",
                (true, false) => "kernel TLS for sending",
                (false, true) => "kernel TLS for receiving",
                (false, false) => return None,
            };
            Some(directions.to_owned())
        }));
        if let Some(leaf) = self.peer_chain.first() {
            let subject = leaf.subject.as_deref().unwrap_or(&leaf.sha256);
            let verified = if self.peer_verified {
                ""
            } else {
                " (not verified)"
            };
            parts.push(format!("peer {subject}{verified}"));
        }
        parts.extend(self.peer_key.as_ref().map(|key| format!("peer key {key}")));
        let time = self.handshake_ms.unwrap_or_default();
        format!("{} ({time:.1} ms)", parts.join(", "))
    }

    /// Returns the number of bytes transferred, and who has closed, as one line.
    pub fn transfer_summary(&self) -> String {
        let closed = match (self.close_notify.sent, self.close_notify.received) {
            (true, true) => "closed by both sides",
            (true, false) => "closed by us only",
            (false, true) => "closed by the peer only",
            (false, false) => "not closed",
        };
        format!(
            "{} bytes sent, {} bytes received, {closed} ({:.1} ms)",
            self.bytes_out, self.bytes_in, self.duration_ms
        )
    }
}

impl Certificate {
    fn new(der: &[u8]) -> Self {
        let subject = X509Certificate::from_der(der);
        Self {
            subject: subject.ok().map(|(_, cert)| cert.subject().to_string()),
            sha256: Sha256::digest(der)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        }
    }
}

fn milliseconds(time: Duration) -> f64 {
    // Microseconds are precise enough.
    time.as_micros() as f64 / 1000.0
}

/// The first line of the output with `--json`.
#[derive(Serialize)]
struct Announcement {
    listening: SocketAddr,
    port: u16,
}

/// Writes reports, and a server's port.
pub struct ReportWriter(Mutex<Destination>);

enum Destination {
    Stdout,
    Stderr,
    File(File),
}

impl ReportWriter {
    /// Selects standard output, or standard error if standard output carries data.
    pub fn standard(stdout_has_data: bool) -> Self {
        Self(Mutex::new(match stdout_has_data {
            true => Destination::Stderr,
            false => Destination::Stdout,
        }))
    }

    pub fn file(path: &Path) -> Result<Self> {
        let file = File::create(path).map_err(|error| ToolError::file("write", path, &error))?;
        Ok(Self(Mutex::new(Destination::File(file))))
    }

    /// Writes the port of a listener to standard output, or to standard error if standard output
    /// carries data. Returns the writer of the JSON reports of `--json`.
    pub fn announce(
        listener: &TcpListener,
        json: Option<&Option<PathBuf>>,
        stdout_has_data: bool,
    ) -> Result<Option<Self>> {
        let standard = Self::standard(stdout_has_data);
        let address = listener.local_addr();
        let listening = address
            .map_err(|error| ToolError::new(format!("cannot get the local address: {error}")))?;
        let port = listening.port();
        match json {
            Some(None) => {
                standard.write_json(&Announcement { listening, port })?;
                Ok(Some(standard))
            }
            Some(Some(path)) => {
                let file = Self::file(path)?;
                standard.write_line(&format!("port: {port}"))?;
                Ok(Some(file))
            }
            None => {
                standard.write_line(&format!("port: {port}"))?;
                Ok(None)
            }
        }
    }

    /// Writes a line, and flushes it.
    pub fn write_line(&self, line: &str) -> Result<()> {
        let mut destination = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = format!("{line}\n");
        let written = match &mut *destination {
            Destination::Stdout => write(&mut io::stdout().lock(), &line),
            Destination::Stderr => write(&mut io::stderr().lock(), &line),
            Destination::File(file) => write(file, &line),
        };
        written.map_err(|error| ToolError::new(format!("cannot write the report: {error}")))
    }

    pub fn write_json(&self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(value);
        self.write_line(&text.map_err(|error| ToolError::new(error.to_string()))?)
    }
}

fn write(to: &mut impl Write, line: &str) -> io::Result<()> {
    to.write_all(line.as_bytes())?;
    to.flush()
}
