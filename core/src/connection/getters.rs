//! Getters of a connection: settings, counters, and results of the handshake.

use std::borrow::Cow;
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
use crate::state::{Failed, HandshakeMessage};
use crate::x509::DerChain;

/// The cipher suite of a connection that has negotiated none: TLS_NULL_WITH_NULL_NULL.
const NO_SUITE: u16 = 0;

/// Getters of settings.
impl Connection {
    pub fn mode(&self) -> Mode {
        self.state.mode()
    }

    /// Returns the config in use: that of the application, or a default one.
    pub fn config(&self) -> Result<Arc<Config>> {
        self.state.config()
    }

    pub fn policy(&self) -> Result<&'static Policy> {
        self.state.policy()
    }

    /// Returns the setting of the connection, else that of the config, else the default of the
    /// mode.
    pub fn client_auth(&self) -> Result<ClientAuth> {
        Ok(self.state.client_auth_of(&*self.config()?))
    }

    pub fn alpn(&self) -> Protocols {
        self.state.overrides().alpn
    }

    /// Passes the server_name (SNI) to `read`. Its address is valid until another one is set, or
    /// the connection is wiped.
    pub fn with_server_name<R>(&self, read: impl FnOnce(Option<&CStr>) -> R) -> R {
        self.state.with_server_name(read)
    }
}

/// Getters of the data transfer.
impl Connection {
    /// The number of the file descriptor that is read, if the transport is one.
    pub fn read_descriptor(&self) -> Option<i32> {
        self.stream.transport.reader()?.descriptor()
    }

    /// The number of the file descriptor that is written, if the transport is one.
    pub fn write_descriptor(&self) -> Option<i32> {
        self.stream.transport.writer()?.descriptor()
    }

    /// Returns the number of decrypted bytes that the application has not read.
    pub fn peek(&self) -> u32 {
        self.state.shared.peek.load(Acquire)
    }

    /// Returns the number of buffered bytes behind the current record.
    pub fn peek_buffered(&self) -> u32 {
        self.state.shared.peek_buffered.load(Acquire)
    }

    /// Returns the number of received bytes; 0 with kernel TLS.
    pub fn wire_bytes_in(&self) -> u64 {
        match self.receives_by_kernel() {
            true => 0,
            false => self.state.shared.wire_in.load(Relaxed),
        }
    }

    /// Returns the number of sent bytes; 0 with kernel TLS.
    pub fn wire_bytes_out(&self) -> u64 {
        match self.sends_by_kernel() {
            true => 0,
            false => self.state.shared.wire_out.load(Relaxed),
        }
    }

    /// Returns the close_notify or error alert that was received.
    pub fn alert(&self) -> Result<u8> {
        let alert = self.state.shared.alert.load(Acquire);
        Ok(u8::try_from(alert).map_err(|_| Code::NoAlert)?)
    }

    /// Returns the alert that tells the peer of the last failed call.
    pub fn error_alert(&self) -> Result<u8> {
        let alert = |failed: Option<Failed<'_>>| failed?.error.peer_alert();
        Ok(self.state.with_failure(alert).ok_or(Code::NoAlert)?)
    }

    /// Returns the number of sent KeyUpdates, at most 255.
    pub fn key_updates_sent(&self) -> u8 {
        self.state.shared.key_updates_sent.load(Relaxed)
    }

    /// Returns the number of received KeyUpdates, at most 255.
    pub fn key_updates_received(&self) -> u8 {
        self.state.shared.key_updates_received.load(Relaxed)
    }
}

/// Getters of the handshake.
impl Connection {
    /// Returns the negotiated version; before the negotiation, the version that the API reports.
    pub fn version(&self) -> Version {
        self.state.version()
    }

    pub fn client_version(&self) -> Version {
        self.state.client_version()
    }

    pub fn server_version(&self) -> Version {
        self.state.server_version()
    }

    /// Returns the results of a completed handshake; `None` before.
    pub fn negotiated(&self) -> Option<Arc<Negotiated>> {
        self.state.negotiated()
    }

    /// Returns whether the handshake is complete: all of its messages are sent and received.
    pub fn is_handshake_complete(&self) -> bool {
        self.state.shared.handshake_done.load(Acquire)
    }

    /// Returns whether a policy, by its name, allows the negotiated version and cipher suite.
    pub fn is_valid_for(&self, policy: &[u8]) -> Result<bool> {
        let negotiated = self.negotiated();
        let suite = negotiated.map_or(NO_SUITE, |negotiated| negotiated.suite);
        Policy::allows(policy, self.version(), suite)
    }

    /// Returns the name of the next message of the handshake, or of its end.
    pub fn message_name(&self) -> &'static CStr {
        HandshakeMessage::name(self.state.shared.next_message.load(Acquire))
    }

    /// Returns the received ClientHello; `None` on a client, and before it is received.
    pub fn client_hello(&self) -> Option<&Arc<ClientHello>> {
        self.state.client_hello()
    }

    /// Returns the legacy_version of the ClientHello, at most TLS 1.2; `Unknown` before it is
    /// received, or sent by a client.
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

    /// Returns whether the application may still select a config by the ClientHello.
    pub fn awaits_client_hello(&self) -> bool {
        self.state.awaits_client_hello()
    }

    /// Copies the master secret of TLS 1.2.
    pub fn master_secret(&self, out: &mut [u8]) -> Result<()> {
        self.state.master_secret(out)
    }

    /// Exports keying material (RFC 8446, 7.5).
    pub fn export(&self, label: &[u8], context: &[u8], output: &mut [u8]) -> Result<()> {
        self.state.export(label, context, output)
    }
}

/// Getters of the authentication.
impl Connection {
    /// Returns the verified path, from the leaf to the trust anchor.
    pub fn peer_path(&self) -> Result<DerChain> {
        self.state.peer_path()
    }

    /// Returns the certificates that the peer has sent, if verification is disabled. They
    /// authenticate nothing.
    pub fn unverified_peer(&self) -> Option<DerChain> {
        self.state.unverified_peer()
    }

    /// Returns the raw public key with which the peer has authenticated (RFC 7250): a
    /// SubjectPublicKeyInfo.
    pub fn peer_raw_key(&self) -> Result<Arc<[u8]>> {
        self.state.peer_raw_key()
    }

    /// Client: returns the stapled OCSP response. Its address is valid until the connection is
    /// wiped.
    pub fn peer_ocsp(&self) -> Option<Arc<[u8]>> {
        self.state.peer_ocsp()
    }

    /// Returns whether an OCSP response is stapled: received by a client, or to be sent by a
    /// server.
    pub fn is_ocsp_stapled(&self) -> bool {
        self.state.is_ocsp_stapled()
    }

    /// Returns the certificate chain that this side sends, once it is selected.
    pub fn selected_chain(&self) -> Option<Arc<CertChain>> {
        self.state.selected_chain()
    }

    /// Returns the type of a side's key, such as "rsa2048": of the selected chain, or of the peer's
    /// verified path or raw public key.
    pub fn public_key_name(&self, side: Mode) -> Result<Cow<'static, str>> {
        self.state.public_key_name(side)
    }

    /// Server: returns how the certificate was selected.
    pub fn server_name_match(&self) -> Result<ServerNameMatch> {
        self.state.server_name_match()
    }

    /// Returns the signature and hash algorithms of a side's signature. A client signs if it sends
    /// a certificate.
    pub fn signature(&self, side: Mode) -> (SignatureAlgorithm, HashAlgorithm) {
        self.state.signature(side)
    }

    /// Returns the name of the scheme of a side's signature, if it has signed.
    pub fn signature_scheme(&self, side: Mode) -> Option<&'static CStr> {
        self.state.signature_scheme(side)
    }

    /// Passes the application's signature to the handshake, if that is suspended for it.
    pub fn apply_signature(&self, operation: &credentials::Signature) -> Result<()> {
        self.state.apply_signature(operation)
    }
}
