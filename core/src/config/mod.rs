//! Configs: the settings that connections share.

use std::env;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use std::time::Duration;

use rustls::DistinguishedName;

pub use crate::base::Clock;
use crate::base::clock::{MonotonicClock, WallClock};
use crate::base::memory;
use crate::base::{Mode, lock};
use crate::credentials::certificates::Certificates;
pub use crate::credentials::{
    Authorities, CertChain, CertCompression, CertRequestCallback, CertTiebreak, CertificateRequest,
    Offload, PrivateKeys,
};
use crate::error::{Code, Result};
use crate::policy::Policy;
use crate::process::fork::ForkSafeMutex;
use crate::process::sync::AtomicU64;
use crate::record::MAX_PLAINTEXT;
use crate::resumption::Settings as Resumption;
pub use crate::resumption::{EarlyDataProgress, Psk, PskHash, PskMode};
use crate::verify::Rules;
use crate::verify::chain_cache::ChainCache;
use crate::verify::trust_store::{self, Roots, TrustStore};
pub use crate::verify::{
    CertValidationCallback, ClientAuth, CrlLookupCallback, Validation, VerifyHostCallback,
};

pub mod alpn;
mod async_op;
mod build;
pub mod callbacks;
mod certificates;
mod ech;
mod events;
mod quic;
mod requests;
mod resumption;
mod serialization;
mod snapshot;
mod trust_settings;

use self::alpn::Protocols;
pub use self::build::HandshakeConfig;
pub use self::ech::EchOffer;
pub(crate) use self::events::Listener;
use self::events::Listeners;
pub use self::events::{Checkpoint, CheckpointCallback, HandshakeEvent, HandshakeEventCallback};
pub use self::quic::{SecretCallback, SecretType};
pub use self::serialization::{RenegotiationCallback, RenegotiationResponse, SerializationVersion};
pub(crate) use self::snapshot::Snapshot;

/// Looks at a connection whose ClientHello has come, and may change it. `name` is the application's for
/// the connection.
pub trait ClientHelloCallback: Send + Sync {
    /// Less than 0 refuses the client.
    fn call(&self, name: usize) -> i32;
}

/// Takes the lines of a key log. `name` is the application's for the connection.
pub trait KeyLogCallback: Send + Sync {
    fn log(&self, name: usize, line: &[u8]);
}

/// Settings of a connection that replace those of its config.
#[derive(Clone, Default)]
pub struct Overrides {
    pub policy: Option<&'static Policy>,
    pub client_auth: Option<ClientAuth>,
    /// Empty for the config's list.
    pub alpn: Protocols,
    pub verify_host: Option<Arc<dyn VerifyHostCallback>>,
    /// Client: how the ClientHello is encrypted.
    pub ech: Option<Arc<EchOffer>>,
}

/// Settings that connections share, and the rustls configs that are built from them.
///
/// Settings may be changed at any time; a connection uses the change if its handshake has not begun.
pub struct Config {
    /// The present settings. A handshake shares them, and a change copies them only then.
    current: ForkSafeMutex<Arc<Snapshot>>,
    /// The number of the present snapshot, by which a handshake recognizes a change without a lock.
    generation: AtomicU64,
    listeners: Listeners,
    /// Shared with handshakes, which use keys that are added later.
    resumption: Arc<ForkSafeMutex<Resumption>>,
    /// Tickets are enabled. Read in each call, so it costs no lock.
    uses_tickets: AtomicBool,
    /// Connections are QUIC connections.
    uses_quic: AtomicBool,
    recv_multi_record: AtomicBool,
    ignores_warnings: AtomicBool,
    /// Connections of TLS 1.3 may use kernel TLS.
    kernel_tls13: AtomicBool,
    /// The ClientHello callback is asynchronous: the handshake waits until the application has ended it.
    client_hello_waits: AtomicBool,
    /// Seconds.
    max_blinding_delay: AtomicU32,
    /// Bytes; 0 for no buffer.
    send_buffer_size: AtomicU32,
}

#[derive(Clone)]
struct Settings {
    policy: &'static Policy,
    certificates: Arc<Certificates>,
    cert_tiebreak: Option<Arc<dyn CertTiebreak>>,
    trust: Arc<TrustStore>,
    rules: Rules,
    /// A client requests an OCSP response: by the application's setting, or because it has set a trust
    /// store.
    ocsp_requested: bool,
    ocsp_implied: bool,
    cert_request: Option<Arc<dyn CertRequestCallback>>,
    /// The algorithms of certificate compression, most preferred first.
    cert_compression: Vec<CertCompression>,
    /// The certificate authorities of a server's CertificateRequest.
    authorities: Arc<[DistinguishedName]>,
    client_auth: Option<ClientAuth>,
    alpn: Protocols,
    verify_host: Option<Arc<dyn VerifyHostCallback>>,
    key_log: Option<Arc<dyn KeyLogCallback>>,
    client_hello: Option<Arc<dyn ClientHelloCallback>>,
    private_keys: Option<Arc<dyn PrivateKeys>>,
    /// Signatures of the application are verified.
    verifies_private_keys: bool,
    /// All signatures are verified before they are sent.
    verifies_after_sign: bool,
    offload: Option<Arc<dyn Offload>>,
    wall_clock: Arc<dyn Clock>,
    monotonic_clock: Arc<dyn Clock>,
    /// The maximum of plaintext bytes in a record that is sent.
    max_fragment_length: Option<NonZeroU16>,
    /// A client requests tickets in TLS 1.2.
    requests_tickets: bool,
    /// Connections may be serialized.
    serializable: bool,
    /// A client sends GREASE in place of an encrypted ClientHello.
    ech_grease: bool,
    renegotiation: Option<Arc<dyn RenegotiationCallback>>,
}

/// The environment variable that disables the cache of verified chains in new configs, if it is 1.
const NO_CHAIN_CACHE: &str = "RS2N_NO_CHAIN_CACHE";

/// The default of the maximum blinding delay, in seconds.
const DEFAULT_MAX_BLINDING_DELAY: u32 = 30;

/// The smallest send buffer, in bytes: one that holds a record with a few bytes of data.
const MIN_SEND_BUFFER: u32 = 1034;

/// Whether a config of the process has ever enabled [`Config::recv_multi_record`].
static USES_MULTI_RECORD: AtomicBool = AtomicBool::new(false);

impl Config {
    /// Returns a config that trusts the operating system's roots.
    pub fn new() -> Result<Self> {
        let config = Self::new_minimal();
        config.load_system_certs()?;
        Ok(config)
    }

    /// Returns a config without trust anchors.
    pub fn new_minimal() -> Self {
        let caches_chains = env::var_os(NO_CHAIN_CACHE).is_none_or(|value| value != "1");
        let chains = ChainCache::new(caches_chains);
        let settings = Settings {
            policy: Policy::default_policy(),
            certificates: Arc::default(),
            cert_tiebreak: None,
            trust: Arc::default(),
            rules: Rules::default(),
            ocsp_requested: false,
            ocsp_implied: false,
            cert_request: None,
            cert_compression: Vec::new(),
            authorities: Arc::new([]),
            client_auth: None,
            alpn: Protocols::default(),
            verify_host: None,
            key_log: None,
            client_hello: None,
            private_keys: None,
            verifies_private_keys: false,
            verifies_after_sign: false,
            offload: None,
            wall_clock: Arc::new(WallClock),
            monotonic_clock: Arc::new(MonotonicClock),
            max_fragment_length: None,
            requests_tickets: false,
            serializable: false,
            ech_grease: false,
            renegotiation: None,
        };
        Self {
            current: ForkSafeMutex::new(Arc::new(Snapshot::new(settings, chains))),
            generation: AtomicU64::new(0),
            listeners: Listeners::default(),
            resumption: Arc::default(),
            uses_tickets: AtomicBool::new(false),
            uses_quic: AtomicBool::new(false),
            recv_multi_record: AtomicBool::new(false),
            ignores_warnings: AtomicBool::new(false),
            kernel_tls13: AtomicBool::new(false),
            client_hello_waits: AtomicBool::new(false),
            max_blinding_delay: AtomicU32::new(DEFAULT_MAX_BLINDING_DELAY),
            send_buffer_size: AtomicU32::new(0),
        }
    }

    /// Changes settings. Handshakes that have begun share the earlier ones, and notice the change.
    fn change<R>(&self, change: impl FnOnce(&mut Settings) -> R) -> R {
        let mut current = lock(&self.current);
        let (settings, generation) = Arc::make_mut(&mut current).begin_change();
        let outcome = change(settings);
        self.generation.store(generation, Release);
        outcome
    }

    /// Reads settings, under their lock.
    fn read<R>(&self, read: impl FnOnce(&Settings) -> R) -> R {
        read(&lock(&self.current).settings)
    }

    /// Returns the present settings, for a handshake.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        lock(&self.current).clone()
    }

    /// Returns whether a snapshot has the present settings.
    pub(crate) fn is_current(&self, snapshot: &Snapshot) -> bool {
        self.generation.load(Acquire) == snapshot.generation()
    }

    pub fn policy(&self) -> &'static Policy {
        self.read(|settings| settings.policy)
    }

    pub fn client_auth(&self) -> Option<ClientAuth> {
        self.read(|settings| settings.client_auth)
    }

    pub fn set_client_auth(&self, client_auth: ClientAuth) {
        self.change(|settings| settings.client_auth = Some(client_auth));
    }

    pub fn alpn(&self) -> Protocols {
        self.read(|settings| settings.alpn.clone())
    }

    pub fn set_alpn(&self, protocols: Protocols) {
        self.change(|settings| settings.alpn = protocols);
    }

    pub fn append_alpn(&self, protocol: &[u8]) -> Result<()> {
        self.change(|settings| alpn::append(&mut settings.alpn, protocol))
    }

    pub fn verify_host_callback(&self) -> Option<Arc<dyn VerifyHostCallback>> {
        self.read(|settings| settings.verify_host.clone())
    }

    pub fn set_verify_host_callback(&self, verify_host: Option<Arc<dyn VerifyHostCallback>>) {
        self.change(|settings| settings.verify_host = verify_host);
    }

    /// Adds the operating system's roots to the trust store; once, until that is wiped.
    pub fn load_system_certs(&self) -> Result<()> {
        let roots = trust_store::system_roots()?;
        self.change_trust(|trust| trust.add_system(roots))
    }

    /// Adds the certificates of a PEM file to the trust store.
    pub fn trust_pem(&self, pem: &[u8]) -> Result<()> {
        let roots = Roots::from_pem(pem)?;
        self.change_trust(|trust| trust.add(roots))
    }

    /// Adds the certificates of a file, and of all files of a directory, to the trust store.
    pub fn trust_location(
        &self,
        file: Option<&std::path::Path>,
        dir: Option<&std::path::Path>,
    ) -> Result<()> {
        let roots = Roots::from_location(file, dir)?;
        self.change_trust(|trust| trust.add(roots))?;
        self.change(|settings| settings.ocsp_implied = true);
        Ok(())
    }

    /// Sets whether a client requests an OCSP response (RFC 6066, 8).
    pub fn set_requests_ocsp(&self, requests: bool) {
        self.change(|settings| {
            settings.ocsp_requested = requests;
            settings.ocsp_implied &= requests;
        });
    }

    pub fn wipe_trust(&self) {
        self.change(|settings| settings.trust = Arc::default());
    }

    /// Changes the trust store: in place, unless a handshake uses it.
    fn change_trust(&self, change: impl FnOnce(&mut TrustStore) -> Result<()>) -> Result<()> {
        self.change(|settings| {
            let trust = &mut settings.trust;
            if Arc::strong_count(trust) > 1 {
                memory::probe(trust.size())?;
            }
            change(Arc::make_mut(trust))
        })
    }

    pub(crate) fn client_hello_callback(&self) -> Option<Arc<dyn ClientHelloCallback>> {
        self.read(|settings| settings.client_hello.clone())
    }

    pub fn set_client_hello_callback(&self, callback: Option<Arc<dyn ClientHelloCallback>>) {
        self.change(|settings| settings.client_hello = callback);
    }

    pub(crate) fn client_hello_waits(&self) -> bool {
        self.client_hello_waits.load(Relaxed)
    }

    pub fn set_client_hello_waits(&self, waits: bool) {
        self.client_hello_waits.store(waits, Relaxed);
    }

    pub fn set_key_log_callback(&self, key_log: Option<Arc<dyn KeyLogCallback>>) {
        self.change(|settings| settings.key_log = key_log);
    }

    pub fn set_wall_clock(&self, clock: Arc<dyn Clock>) {
        self.change(|settings| settings.wall_clock = clock);
    }

    pub fn set_monotonic_clock(&self, clock: Arc<dyn Clock>) {
        self.change(|settings| settings.monotonic_clock = clock);
    }

    /// Returns the time since 1970.
    pub fn wall_now(&self) -> Result<Duration> {
        let clock = self.read(|settings| settings.wall_clock.clone());
        Ok(clock.now().ok_or(Code::Cancelled)?)
    }

    /// Returns the monotonic time.
    pub fn monotonic_now(&self) -> Result<Duration> {
        let clock = self.read(|settings| settings.monotonic_clock.clone());
        Ok(clock.now().ok_or(Code::Cancelled)?)
    }

    pub fn recv_multi_record(&self) -> bool {
        self.recv_multi_record.load(Relaxed)
    }

    /// Returns whether [`Config::recv_multi_record`] can be true for any config. So most programs
    /// receive without locking the config.
    pub(crate) fn uses_multi_record() -> bool {
        USES_MULTI_RECORD.load(Relaxed)
    }

    pub fn set_recv_multi_record(&self, on: bool) {
        if on {
            USES_MULTI_RECORD.store(true, Relaxed);
        }
        self.recv_multi_record.store(on, Relaxed);
    }

    /// Returns whether alerts of warning level are ignored before TLS 1.3.
    pub fn ignores_warnings(&self) -> bool {
        self.ignores_warnings.load(Relaxed)
    }

    pub fn set_ignores_warnings(&self, on: bool) {
        self.ignores_warnings.store(on, Relaxed);
    }

    /// Returns whether connections of TLS 1.3 may use kernel TLS.
    pub fn allows_kernel_tls13(&self) -> bool {
        self.kernel_tls13.load(Relaxed)
    }

    pub fn allow_kernel_tls13(&self) {
        self.kernel_tls13.store(true, Relaxed);
    }

    /// Returns the maximum blinding delay, in seconds.
    pub fn max_blinding_delay(&self) -> u32 {
        self.max_blinding_delay.load(Relaxed)
    }

    pub fn set_max_blinding_delay(&self, seconds: u32) {
        self.max_blinding_delay.store(seconds, Relaxed);
    }

    /// Returns the size of the buffer in which the records of one send are collected, in bytes.
    pub fn send_buffer_size(&self) -> Option<u32> {
        Some(self.send_buffer_size.load(Relaxed)).filter(|&size| size > 0)
    }

    pub fn set_send_buffer_size(&self, size: u32) -> Result<()> {
        if size < MIN_SEND_BUFFER {
            return Err(Code::InvalidArgument)?;
        }
        self.send_buffer_size.store(size, Relaxed);
        Ok(())
    }

    pub fn set_max_fragment_length(&self, length: u16) -> Result<()> {
        if usize::from(length) > MAX_PLAINTEXT {
            return Err(Code::FragmentLengthTooLarge)?;
        }
        let length = NonZeroU16::new(length).ok_or(Code::FragmentLengthTooSmall)?;
        self.change(|settings| settings.max_fragment_length = Some(length));
        Ok(())
    }
}
