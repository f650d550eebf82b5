//! The state of one connection: its settings, and the results of its handshake.
//!
//! Streams, handshake and getters share it. Sending and receiving may run in two threads at once,
//! so all access is through `&State`: flags and counters are atomics, the rest is locked briefly,
//! and no callback runs under a lock.

use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::sync::{Arc, Mutex, OnceLock};

mod early_data;
mod ech;
mod failure;
pub(crate) mod handshake_keys;
mod key_schedule;
pub(crate) mod message;
mod negotiated;
mod peer;
mod psk;
mod quic;
mod record_size;
mod secrets;
mod serialization;
mod session;
mod setup;
mod shared;
mod timing;
mod traffic_keys;
pub(crate) mod traffic_secret;

use self::ech::EchRejection;
pub use self::ech::EchStatus;
pub(crate) use self::failure::Failed;
use self::failure::Failure;
pub(crate) use self::handshake_keys::HandshakeKeys;
pub(crate) use self::key_schedule::{Direction, KeySchedule, Secrets};
pub(crate) use self::message::HandshakeMessage;
pub use self::negotiated::Negotiated;
pub(crate) use self::negotiated::{Flag, HandshakeType};
use self::peer::Peer;
pub use self::peer::ServerNameMatch;
use self::psk::UsedPsk;
use self::quic::Quic;
pub use self::secrets::MASTER_SECRET_LEN;
pub(crate) use self::secrets::Tls12Secrets;
pub(crate) use self::serialization::{Serialized, initial_len, serialized_len};
use self::session::Session;
use self::setup::Setup;
pub(crate) use self::setup::free_default_configs;
pub(crate) use self::shared::Shared;
pub(crate) use self::timing::Timing;
use crate::base::{Mode, Version, lock};
use crate::credentials::async_op::{Signing, Verification};
use crate::credentials::step_context::Selection;
use crate::error::Result;
use crate::messages::ClientHello;
use crate::resumption::OfferedEarlyData;

/// The state of one connection.
pub(crate) struct State {
    mode: Mode,
    /// The application's pointer to the connection, which is only passed to its callbacks.
    name: AtomicUsize,
    pub(crate) shared: Shared,
    setup: Mutex<Setup>,
    results: Mutex<Results>,
    /// Server: the ClientHello. Allocated once: the application may keep its address.
    client_hello: OnceLock<Arc<ClientHello>>,
    /// Allocated for connections that have one of these.
    rare: OnceLock<Box<Rare>>,
}

/// The state that few connections have: of asynchronous operations, and of QUIC.
#[derive(Default)]
struct Rare {
    /// The application's signing operation. Not among the results, because a signature is verified
    /// under this lock.
    signing: Mutex<Signing>,
    /// The application's verification operation. Allocated once: the application may keep its
    /// address.
    verification: OnceLock<Arc<Verification>>,
    /// Server: the early data that the application decides about. Allocated once: the application
    /// may keep its address.
    offered_early_data: OnceLock<Arc<OfferedEarlyData>>,
    quic: Mutex<Option<Box<Quic>>>,
    /// The last call that has failed.
    failure: Mutex<Failure>,
    ech_rejection: Mutex<EchRejection>,
}

impl Rare {
    /// Resets the state to that of a new connection.
    fn wipe(&self) {
        // Destructured, so that no new field is omitted.
        let Self {
            signing,
            verification,
            offered_early_data,
            quic,
            failure,
            ech_rejection,
        } = self;
        *lock(failure) = Failure::default();
        *lock(ech_rejection) = EchRejection::default();
        *lock(signing) = Signing::default();
        *lock(quic) = None;
        if let Some(verification) = verification.get() {
            verification.wipe();
        }
        if let Some(offered) = offered_early_data.get() {
            offered.wipe();
        }
    }
}

/// The results of a handshake, possibly incomplete.
#[derive(Default)]
pub(crate) struct Results {
    negotiated: Option<Arc<Negotiated>>,
    selection: Selection,
    tls12_secrets: Option<Box<Tls12Secrets>>,
    session: Session,
    /// TLS 1.3: the pre-shared key of the handshake.
    psk: Option<Box<UsedPsk>>,
    peer: Peer,
    /// TLS 1.3: the key schedule after the handshake, for key updates and the exporter.
    key_schedule: Option<KeySchedule>,
    /// Allocated if durations are measured.
    timing: Option<Box<Timing>>,
}

impl State {
    pub(crate) fn new(mode: Mode) -> Self {
        Self {
            mode,
            name: AtomicUsize::new(0),
            shared: Shared::new(mode),
            setup: Mutex::default(),
            results: Mutex::default(),
            client_hello: OnceLock::new(),
            rare: OnceLock::new(),
        }
    }

    /// Resets the state to that of a new connection, except for the mode, the name and the config.
    pub(crate) fn wipe(&self) -> Result<()> {
        // Destructured, so that no new field is omitted.
        let Self {
            mode,
            name: _,
            shared,
            setup,
            results,
            client_hello,
            rare,
        } = self;
        *lock(results) = Results::default();
        if let Some(hello) = client_hello.get() {
            hello.clear();
        }
        if let Some(rare) = rare.get() {
            rare.wipe();
        }
        shared.reset(*mode);
        let config = std::mem::take(&mut *lock(setup)).config;
        match config {
            Some(config) => self.set_config(config),
            None => Ok(()),
        }
    }

    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    pub(crate) fn name(&self) -> usize {
        self.name.load(Relaxed)
    }

    pub(crate) fn set_name(&self, name: usize) {
        self.name.store(name, Relaxed);
    }

    /// Returns the negotiated version; before the negotiation, the version that the API reports.
    pub(crate) fn version(&self) -> Version {
        self.shared.version.load(Acquire)
    }

    pub(crate) fn client_version(&self) -> Version {
        self.shared.client_version.load(Acquire)
    }

    pub(crate) fn server_version(&self) -> Version {
        self.shared.server_version.load(Acquire)
    }

    /// Returns the results of a completed handshake; `None` before.
    pub(crate) fn negotiated(&self) -> Option<Arc<Negotiated>> {
        lock(&self.results).negotiated.clone()
    }

    pub(crate) fn set_negotiated(&self, negotiated: Negotiated) {
        let earlier = {
            let mut results = lock(&self.results);
            if results.negotiated.as_deref() == Some(&negotiated) {
                return;
            }
            results.negotiated.replace(Arc::new(negotiated))
        };
        if let Some(earlier) = earlier {
            self.keep_negotiated(earlier);
        }
    }

    /// Client: records whether a certificate was sent.
    pub(crate) fn set_client_cert_used(&self, used: bool) {
        let mut results = lock(&self.results);
        if let Some(negotiated) = results.negotiated.as_mut().and_then(Arc::get_mut) {
            negotiated.client_cert_used = used;
        }
    }

    /// Returns the ClientHello that a server has received.
    pub(crate) fn client_hello(&self) -> Option<&Arc<ClientHello>> {
        self.client_hello.get().filter(|hello| hello.is_received())
    }

    /// Stores a ClientHello that can be parsed, its header included.
    pub(crate) fn store_client_hello(&self, message: Vec<u8>, record_version: Option<[u8; 2]>) {
        let new = || Arc::new(ClientHello::for_connection());
        self.client_hello
            .get_or_init(new)
            .store(message, record_version);
    }

    /// Frees the parts of the ClientHello that only the handshake needed.
    pub(crate) fn free_client_hello(&self) {
        if let Some(hello) = self.client_hello.get() {
            hello.free_message();
        }
    }

    /// Returns whether the application may still select a config by the ClientHello.
    pub(crate) fn awaits_client_hello(&self) -> bool {
        self.mode == Mode::Server && !self.shared.client_hello_processed.load(Acquire)
    }

    /// Returns the application's operation for the verification of the peer's signatures.
    pub(crate) fn verification(&self) -> &Arc<Verification> {
        self.rare().verification.get_or_init(Arc::default)
    }

    fn rare(&self) -> &Rare {
        self.rare.get_or_init(Box::default)
    }

    /// Returns, once for each signature, that the application has verified it.
    pub(crate) fn take_verified(&self) -> bool {
        let verification = self.rare.get().and_then(|rare| rare.verification.get());
        verification.is_some_and(|it| it.take())
    }

    /// Returns the application's signing operation.
    pub(crate) fn signing(&self) -> &Mutex<Signing> {
        &self.rare().signing
    }

    /// Takes the application's signature, if it is available.
    pub(crate) fn take_signature(&self) -> Option<Vec<u8>> {
        let mut signing = lock(&self.rare.get()?.signing);
        match std::mem::take(&mut *signing) {
            Signing::Done(signature) => Some(signature),
            pending => {
                *signing = pending;
                None
            }
        }
    }

    /// Accesses the durations of the handshake.
    pub(crate) fn with_timing<R>(&self, access: impl FnOnce(&mut Timing) -> R) -> R {
        access(lock(&self.results).timing.get_or_insert_default())
    }

    /// Accesses the key schedule; `None` before the handshake is complete, and before TLS 1.3.
    pub(crate) fn with_key_schedule<R>(
        &self,
        access: impl FnOnce(Option<&mut KeySchedule>) -> R,
    ) -> R {
        access(lock(&self.results).key_schedule.as_mut())
    }

    pub(crate) fn set_key_schedule(&self, schedule: KeySchedule) {
        lock(&self.results).key_schedule = Some(schedule);
    }

    /// Returns the selections of the handshake so far.
    pub(crate) fn selection(&self) -> Selection {
        lock(&self.results).selection.clone()
    }

    /// Server: forgets the certificate that was selected before a session was resumed, which is not
    /// sent.
    pub(crate) fn drop_selection(&self) {
        lock(&self.results).selection = Selection::default();
    }

    /// Adds the selections of a step of the handshake.
    pub(crate) fn extend_selection(&self, later: Selection) {
        lock(&self.results).selection.extend(later);
    }
}
