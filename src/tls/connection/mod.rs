//! One TLS connection: its two halves, its phases, and what the application set up.

use std::ffi::{CStr, CString};
use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::sync::{Arc, Mutex, OnceLock};

use self::blinding::Blinding;
use self::link::Link;
use self::receive::RecvHalf;
use self::secrets::MasterSecret;
use self::send::SendHalf;
use self::shared::Shared;
use crate::tls::base::{Version, enter, lock};
use crate::tls::client_hello::{ClientHello, MAX_SERVER_NAME};
use crate::tls::config::alpn::Protocols;
use crate::tls::config::{ClientAuth, Config, Overrides, VerifyHost};
use crate::tls::credentials::operation::{Signing, Verification};
use crate::tls::credentials::step_context::Choices;
use crate::tls::error::{Code, Result};
use crate::tls::handshake::{Handshake, Kernel, Timing};
use crate::tls::policy::{Policy, prefers_tls13};
use crate::tls::process::fork::ForkSafe;
use crate::tls::transport::{Reader, Writer};

mod authentication;
mod blinding;
mod buffers;
mod facts;
mod link;
pub(crate) mod receive;
mod secrets;
pub(crate) mod send;
mod shared;
mod shutdown;
#[cfg(test)]
pub(crate) mod tests;

use self::authentication::Peer;
pub use self::authentication::{Certificates, ServerName};
pub use self::blinding::BlindingMode;
pub use self::facts::Facts;
pub use self::send::{Data, MAX_SMALL_RECORD_THRESHOLD};
pub use crate::tls::base::Mode;

/// What a connection without a cipher suite has: TLS_NULL_WITH_NULL_NULL.
const NO_SUITE: u16 = 0;

/// One TLS connection.
///
/// Sending and receiving may run in two threads at once, so each half has a lock of its own. A
/// half's lock is never waited for: a second call in the same direction, from another thread or
/// from a callback, is the caller's mistake and gets `Reentrancy`. All that a callback may
/// legitimately ask for is outside the halves.
pub struct Connection {
    pub(crate) mode: Mode,
    /// What the application knows this connection by; we only hand it back.
    name: AtomicUsize,
    pub(crate) shared: Shared,
    pub(crate) link: Link,
    pub(crate) send: Mutex<SendHalf>,
    pub(crate) recv: Mutex<RecvHalf>,
    pub(crate) handshake: Mutex<Handshake>,
    /// The key schedule after the handshake; touched only for key updates.
    pub(crate) kernel: Mutex<Option<Kernel>>,
    /// What the application has to sign. Apart from the handshake, which is in use while the
    /// application is told of it.
    pub(crate) signing: Mutex<Signing>,
    /// What the application has to verify.
    pub(crate) verification: OnceLock<Arc<Verification>>,
    pub(crate) timing: Mutex<Timing>,
    setup: Mutex<Setup>,
    blinding: Mutex<Blinding>,
    facts: Mutex<Option<Arc<Facts>>>,
    choices: Mutex<Choices>,
    master_secret: Mutex<Option<MasterSecret>>,
    peer: Mutex<Peer>,
    /// Server: what the client said first. Made once: the application may keep its address.
    client_hello: OnceLock<Arc<ClientHello>>,
}

/// The configs of connections that have none: by default, and after [`prefers_tls13`].
static DEFAULTS: ForkSafe<[Option<Arc<Config>>; 2]> = ForkSafe::new([None, None]);

/// Gives up the configs of connections that have none.
pub(crate) fn forget_defaults() {
    let defaults = std::mem::take(&mut *lock(&DEFAULTS));
    drop(defaults);
}

/// What the application said about this connection.
#[derive(Default)]
struct Setup {
    config: Option<Arc<Config>>,
    overrides: Overrides,
    /// Client: the server to be asked for. Server: the one that the client asked for.
    server_name: Option<CString>,
    corked: bool,
}

impl Connection {
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            name: AtomicUsize::new(0),
            shared: Shared::new(mode),
            link: Link::default(),
            send: Mutex::new(SendHalf::new()),
            recv: Mutex::default(),
            handshake: Mutex::default(),
            kernel: Mutex::default(),
            signing: Mutex::default(),
            verification: OnceLock::new(),
            timing: Mutex::default(),
            setup: Mutex::default(),
            blinding: Mutex::default(),
            facts: Mutex::default(),
            choices: Mutex::default(),
            master_secret: Mutex::default(),
            peer: Mutex::default(),
            client_hello: OnceLock::new(),
        }
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    pub(crate) fn name(&self) -> usize {
        self.name.load(Relaxed)
    }

    pub fn set_name(&self, name: usize) {
        self.name.store(name, Relaxed);
    }

    /// Makes the connection as good as new. It keeps its mode and its config.
    pub fn wipe(&self) -> Result<()> {
        let mut handshake = enter(&self.handshake)?;
        let mut send = enter(&self.send)?;
        let mut recv = enter(&self.recv)?;

        if lock(&self.setup).corked {
            self.link.restore();
        }
        *handshake = Handshake::default();
        *send = SendHalf::default();
        *recv = RecvHalf::default();
        self.link.set_reader(None);
        self.link.set_writer(None);
        *lock(&self.kernel) = None;
        *lock(&self.facts) = None;
        *lock(&self.choices) = Choices::default();
        *lock(&self.master_secret) = None;
        *lock(&self.peer) = Peer::default();
        *lock(&self.signing) = Signing::No;
        *lock(&self.timing) = Timing::default();
        if let Some(verification) = self.verification.get() {
            verification.wipe();
        }
        if let Some(hello) = self.client_hello.get() {
            hello.clear();
        }
        *lock(&self.blinding) = Blinding::default();
        self.shared.reset(self.mode);

        let config = std::mem::take(&mut *lock(&self.setup)).config;
        if let Some(config) = config {
            self.set_config(config)?;
        }
        Ok(())
    }

    /// The config in use: the application's, or the library's own.
    pub fn config(&self) -> Result<Arc<Config>> {
        if let Some(config) = &lock(&self.setup).config {
            return Ok(config.clone());
        }
        let default = usize::from(prefers_tls13());
        if let Some(config) = &lock(&DEFAULTS)[default] {
            return Ok(config.clone());
        }
        let config = Arc::new(Config::new()?);
        Ok(lock(&DEFAULTS)[default].get_or_insert(config).clone())
    }

    /// The application's config.
    pub(crate) fn own_config(&self) -> Option<Arc<Config>> {
        lock(&self.setup).config.clone()
    }

    /// Asks the application's config, if there is one. For what is asked at each call: it costs no
    /// share of the config.
    pub(crate) fn with_own_config(&self, ask: impl FnOnce(&Config) -> bool) -> bool {
        lock(&self.setup).config.as_deref().is_some_and(ask)
    }

    /// Whether one receive may take several records.
    fn receives_many_records(&self) -> bool {
        self.with_own_config(Config::recv_multi_record)
    }

    pub fn set_config(&self, config: Arc<Config>) -> Result<()> {
        if let Some(current) = &lock(&self.setup).config
            && Arc::ptr_eq(current, &config)
        {
            return Ok(());
        }
        if let Some(policy) = self.overrides().policy {
            config.check_policy(policy)?;
        }
        config.check_usable(self.mode)?;
        if let Some(size) = config.send_buffer_size() {
            self.shared.send_buffer.store(size, Relaxed);
        }
        lock(&self.setup).config = Some(config);
        Ok(())
    }

    /// What this connection says instead of its config.
    pub(crate) fn overrides(&self) -> Overrides {
        lock(&self.setup).overrides.clone()
    }

    pub fn policy(&self) -> Result<&'static Policy> {
        if let Some(policy) = lock(&self.setup).overrides.policy {
            return Ok(policy);
        }
        Ok(self.config()?.policy())
    }

    /// Sets the policy, if the config's chains obey its rules.
    pub fn set_policy(&self, policy: &'static Policy) -> Result<()> {
        let config = lock(&self.setup).config.clone();
        if let Some(config) = config {
            config.check_policy(policy)?;
        }
        lock(&self.setup).overrides.policy = Some(policy);
        Ok(())
    }

    /// Whether the policy with this name would have allowed what was agreed on.
    pub fn is_valid_for(&self, policy: &[u8]) -> Result<bool> {
        let suite = self.facts().map_or(NO_SUITE, |facts| facts.suite);
        Policy::allows(policy, self.version(), suite)
    }

    pub fn set_client_auth(&self, client_auth: ClientAuth) {
        lock(&self.setup).overrides.client_auth = Some(client_auth);
    }

    /// The connection's own wish, else the config's, else what suits the mode.
    pub fn client_auth(&self) -> Result<ClientAuth> {
        if let Some(client_auth) = lock(&self.setup).overrides.client_auth {
            return Ok(client_auth);
        }
        Ok(match (self.config()?.client_auth(), self.mode) {
            (Some(client_auth), _) => client_auth,
            (None, Mode::Client) => ClientAuth::Optional,
            (None, Mode::Server) => ClientAuth::None,
        })
    }

    pub fn set_verify_host(&self, verify_host: Option<Arc<dyn VerifyHost>>) {
        lock(&self.setup).overrides.verify_host = verify_host;
    }

    pub fn set_alpn(&self, protocols: Protocols) {
        lock(&self.setup).overrides.alpn = protocols;
    }

    pub fn alpn(&self) -> Protocols {
        lock(&self.setup).overrides.alpn.clone()
    }

    /// Names the server that a client wants to talk to.
    pub fn set_server_name(&self, name: &CStr) -> Result<()> {
        if self.mode == Mode::Server {
            return Err(Code::ClientMode)?;
        }
        if name.count_bytes() > MAX_SERVER_NAME {
            return Err(Code::ServerNameTooLong)?;
        }
        self.remember_server_name(name.into());
        Ok(())
    }

    pub(crate) fn remember_server_name(&self, name: CString) {
        lock(&self.setup).server_name = Some(name);
    }

    /// Looks at the server name; it stays where it is until another is set, or the connection is
    /// wiped.
    pub fn with_server_name<R>(&self, look: impl FnOnce(Option<&CStr>) -> R) -> R {
        look(lock(&self.setup).server_name.as_deref())
    }

    pub fn set_reader(&self, reader: Option<Arc<dyn Reader>>) {
        self.link.set_reader(reader);
    }

    /// A new transport is not broken, whatever the old one was.
    pub fn set_writer(&self, writer: Option<Arc<dyn Writer>>, mends: bool) {
        self.link.set_writer(writer);
        if mends {
            self.shared.write_broken.store(false, Release);
        }
    }

    pub fn set_corked(&self) {
        lock(&self.setup).corked = true;
    }

    pub(crate) fn is_corked(&self) -> bool {
        lock(&self.setup).corked
    }

    pub fn set_blinding(&self, mode: BlindingMode) {
        lock(&self.blinding).mode = mode;
    }

    /// Sets how many plaintext bytes a record carries at most.
    pub fn set_record_size(&self, size: u32) {
        self.shared.record_size.store(size, Relaxed);
        self.shared.enlarge_send_buffer();
    }

    /// Sends the first `threshold` bytes in small records, and again after `timeout` idle seconds.
    pub fn set_small_records(&self, threshold: u32, timeout: u16) -> Result<()> {
        if threshold > MAX_SMALL_RECORD_THRESHOLD {
            return Err(Code::InvalidDynamicThreshold)?;
        }
        let shared = &self.shared;
        shared.small_record_threshold.store(threshold, Relaxed);
        shared.small_record_timeout.store(timeout.into(), Relaxed);
        Ok(())
    }

    pub fn set_recv_buffering(&self, on: bool) {
        self.shared.recv_buffering.store(on, Relaxed);
    }

    pub fn set_dynamic_buffers(&self, on: bool) {
        self.shared.dynamic_buffers.store(on, Relaxed);
    }

    /// Gives the memory of both buffers back; refused while something is in them.
    pub fn release_buffers(&self) -> Result<()> {
        let mut send = enter(&self.send)?;
        if !send.out.is_empty() {
            return Err(Code::StufferHasUnprocessedData)?;
        }
        send.out.release();
        self.shared.send_buffer_in_use.store(0, Relaxed);

        let mut recv = enter(&self.recv)?;
        if recv.has_unread() || recv.has_partial_record() || recv.is_mid_message() {
            return Err(Code::StufferHasUnprocessedData)?;
        }
        recv.release_input();
        Ok(())
    }

    /// Gives back what only the handshake needed.
    pub fn free_handshake(&self) -> Result<()> {
        let mut handshake = enter(&self.handshake)?;
        handshake.free();
        if let Some(hello) = self.client_hello.get() {
            hello.free_message();
        }
        lock(&self.setup).overrides.alpn = Protocols::default();
        Ok(())
    }

    pub fn peek(&self) -> u32 {
        self.shared.peek.load(Acquire)
    }

    pub fn peek_buffered(&self) -> u32 {
        self.shared.peek_buffered.load(Acquire)
    }

    pub fn wire_bytes_in(&self) -> u64 {
        self.shared.wire_in.load(Relaxed)
    }

    pub fn wire_bytes_out(&self) -> u64 {
        self.shared.wire_out.load(Relaxed)
    }

    /// The alert that ended reading.
    pub fn alert(&self) -> Result<u8> {
        let alert = self.shared.alert.load(Acquire);
        Ok(u8::try_from(alert).map_err(|_| Code::NoAlert)?)
    }

    pub fn version(&self) -> Version {
        self.shared.version.load(Acquire)
    }

    pub fn client_version(&self) -> Version {
        self.shared.client_version.load(Acquire)
    }

    pub fn server_version(&self) -> Version {
        self.shared.server_version.load(Acquire)
    }

    /// Changes our writing keys before the next send; nothing happens before TLS 1.3.
    pub fn request_key_update(&self) {
        self.shared.key_update_due.store(true, Release);
    }

    /// How many KeyUpdates were sent; 255 stands for more.
    pub fn key_updates_sent(&self) -> u8 {
        self.shared.key_updates_sent.load(Relaxed)
    }

    /// How many KeyUpdates were received; 255 stands for more.
    pub fn key_updates_received(&self) -> u8 {
        self.shared.key_updates_received.load(Relaxed)
    }

    /// What the handshake agreed on; nothing before it is complete.
    pub fn facts(&self) -> Option<Arc<Facts>> {
        lock(&self.facts).clone()
    }

    pub(crate) fn set_facts(&self, facts: Facts) {
        *lock(&self.facts) = Some(Arc::new(facts));
    }

    /// What the client said first; nothing on a client, and before it is whole.
    pub fn client_hello(&self) -> Option<&Arc<ClientHello>> {
        self.client_hello.get().filter(|hello| hello.is_known())
    }

    /// Keeps a ClientHello that can be parsed, its header included.
    pub(crate) fn keep_client_hello(&self, message: Vec<u8>, record_version: Option<[u8; 2]>) {
        let place = || Arc::new(ClientHello::of_connection());
        self.client_hello
            .get_or_init(place)
            .store(message, record_version);
    }

    /// The version of the ClientHello: TLS 1.2 at most. `Unknown` before there is one.
    pub fn client_hello_version(&self) -> Version {
        match self.client_hello() {
            Some(hello) => hello.version(),
            None if self.shared.hello_answered.load(Acquire) => Version::Tls12,
            None => Version::Unknown,
        }
    }

    /// Lets a handshake go on that waits for the application.
    pub fn release_client_hello(&self) -> Result<()> {
        if !self.config()?.client_hello_waits() {
            return Err(Code::InvalidState)?;
        }
        if !self.shared.hello_shown.load(Acquire) {
            return Err(Code::AsyncNotPerformed)?;
        }
        self.shared.hello_released.store(true, Release);
        Ok(())
    }

    /// Whether the application may still have a say in the answer to the ClientHello.
    pub fn may_choose_by_client_hello(&self) -> bool {
        self.mode == Mode::Server && !self.shared.hello_answered.load(Acquire)
    }

    /// Client: whether we showed a certificate.
    pub(crate) fn note_client_cert(&self, used: bool) {
        if let Some(facts) = lock(&self.facts).as_mut().and_then(Arc::get_mut) {
            facts.client_cert_used = used;
        }
    }
}
