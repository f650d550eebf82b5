//! Getters of a connection.

use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::Ordering::*;

use super::{Connection, Negotiated, ServerNameMatch};
use crate::base::{Mode, Version};
use crate::config::alpn::Protocols;
use crate::config::{ClientAuth, Config};
use crate::credentials;
use crate::credentials::CertChain;
use crate::error::{Code, Result};
use crate::messages::ClientHello;
use crate::policy::Policy;
use crate::policy::names::{HashAlgorithm, SignatureAlgorithm};
use crate::state::HandshakeMessage;
use crate::x509::DerChain;

/// The cipher suite of a connection that has negotiated none: TLS_NULL_WITH_NULL_NULL.
const NO_SUITE: u16 = 0;

/// Settings.
impl Connection {
    pub fn mode(&self) -> Mode {
        self.state.mode()
    }

    /// The config in use: the application's, or the library's own.
    pub fn config(&self) -> Result<Arc<Config>> {
        self.state.config()
    }

    pub fn policy(&self) -> Result<&'static Policy> {
        self.state.policy()
    }

    /// The connection's own setting, else the config's, else the default of the mode.
    pub fn client_auth(&self) -> Result<ClientAuth> {
        Ok(self.state.client_auth_of(&*self.config()?))
    }

    pub fn alpn(&self) -> Protocols {
        self.state.overrides().alpn
    }

    /// Reads the server_name, whose address is valid until another is set, or the connection is wiped.
    pub fn with_server_name<R>(&self, read: impl FnOnce(Option<&CStr>) -> R) -> R {
        self.state.with_server_name(read)
    }
}

/// Data transfer.
impl Connection {
    /// Decrypted bytes that the application has not taken.
    pub fn peek(&self) -> u32 {
        self.state.shared.peek.load(Acquire)
    }

    /// Bytes read beyond the current record.
    pub fn peek_buffered(&self) -> u32 {
        self.state.shared.peek_buffered.load(Acquire)
    }

    pub fn wire_bytes_in(&self) -> u64 {
        self.state.shared.wire_in.load(Relaxed)
    }

    pub fn wire_bytes_out(&self) -> u64 {
        self.state.shared.wire_out.load(Relaxed)
    }

    /// The alert that ended reading.
    pub fn alert(&self) -> Result<u8> {
        let alert = self.state.shared.alert.load(Acquire);
        Ok(u8::try_from(alert).map_err(|_| Code::NoAlert)?)
    }

    /// How many KeyUpdates were sent; 255 stands for more.
    pub fn key_updates_sent(&self) -> u8 {
        self.state.shared.key_updates_sent.load(Relaxed)
    }

    /// How many KeyUpdates were received; 255 stands for more.
    pub fn key_updates_received(&self) -> u8 {
        self.state.shared.key_updates_received.load(Relaxed)
    }
}

/// The handshake.
impl Connection {
    /// The negotiated version; before that what the API reports.
    pub fn version(&self) -> Version {
        self.state.version()
    }

    pub fn client_version(&self) -> Version {
        self.state.client_version()
    }

    pub fn server_version(&self) -> Version {
        self.state.server_version()
    }

    /// The results of a completed handshake; `None` before.
    pub fn negotiated(&self) -> Option<Arc<Negotiated>> {
        self.state.negotiated()
    }

    /// Whether the policy with this name would have allowed what was negotiated.
    pub fn is_valid_for(&self, policy: &[u8]) -> Result<bool> {
        let negotiated = self.negotiated();
        let suite = negotiated.map_or(NO_SUITE, |negotiated| negotiated.suite);
        Policy::allows(policy, self.version(), suite)
    }

    /// The message of the handshake that comes next, or its end.
    pub fn message_name(&self) -> &'static CStr {
        HandshakeMessage::name(self.state.shared.next_message.load(Acquire))
    }

    /// The ClientHello; `None` on a client, and before it was received.
    pub fn client_hello(&self) -> Option<&Arc<ClientHello>> {
        self.state.client_hello()
    }

    /// The version of the ClientHello: TLS 1.2 at most. `Unknown` before there is one.
    pub fn client_hello_version(&self) -> Version {
        match self.client_hello() {
            Some(hello) => hello.version(),
            None if self.state.shared.client_hello_processed.load(Acquire) => Version::Tls12,
            None => Version::Unknown,
        }
    }

    /// Resumes a handshake that an asynchronous ClientHello callback has suspended.
    pub fn release_client_hello(&self) -> Result<()> {
        if !self.config()?.client_hello_waits() {
            return Err(Code::InvalidState)?;
        }
        let shared = &self.state.shared;
        if !shared.client_hello_callback_called.load(Acquire) {
            return Err(Code::AsyncNotPerformed)?;
        }
        shared.client_hello_callback_done.store(true, Release);
        Ok(())
    }

    /// Whether the application may still select a config by the ClientHello.
    pub fn awaits_client_hello(&self) -> bool {
        self.state.awaits_client_hello()
    }

    /// Copies the master secret; there is one before TLS 1.3 only.
    pub fn master_secret(&self, out: &mut [u8]) -> Result<()> {
        self.state.master_secret(out)
    }

    /// Exports keying material (RFC 8446, 7.5).
    pub fn export(&self, label: &[u8], context: &[u8], output: &mut [u8]) -> Result<()> {
        self.state.export(label, context, output)
    }
}

/// Authentication.
impl Connection {
    /// The path that was verified: the peer's certificate first, a trusted one last.
    pub fn peer_path(&self) -> Result<DerChain> {
        self.state.peer_path()
    }

    /// The certificates that the peer has sent, if the config verifies none: they authenticate nothing.
    pub fn unverified_peer(&self) -> Option<DerChain> {
        self.state.unverified_peer()
    }

    /// Client: the OCSP response that came with the server's certificate. Its address is valid until the
    /// connection is wiped.
    pub fn peer_ocsp(&self) -> Option<Arc<[u8]>> {
        self.state.peer_ocsp()
    }

    /// Whether the server sends, or has sent, an OCSP response.
    pub fn is_ocsp_stapled(&self) -> bool {
        self.state.is_ocsp_stapled()
    }

    /// The certificate that this side sends, once it is selected.
    pub fn selected_chain(&self) -> Option<Arc<CertChain>> {
        self.state.selected_chain()
    }

    /// Server: how the certificate was selected.
    pub fn server_name_match(&self) -> Result<ServerNameMatch> {
        self.state.server_name_match()
    }

    /// The signature and hash algorithms with which a side signed; a client signs if it sent a certificate.
    pub fn signature(&self, side: Mode) -> (SignatureAlgorithm, HashAlgorithm) {
        self.state.signature(side)
    }

    /// The name of the scheme with which a side signed, if it did.
    pub fn signature_scheme(&self, side: Mode) -> Option<&'static CStr> {
        self.state.signature_scheme(side)
    }

    /// Passes the application's signature to the handshake, if that is suspended for it.
    pub fn apply_signature(&self, operation: &credentials::Signature) -> Result<()> {
        self.state.apply_signature(operation)
    }
}
