//! The context of a step of the handshake: selections of the callbacks of rustls, and derived
//! secrets.
//!
//! rustls shares a config's resolver, verifier and key log between connections, and does not pass
//! the connection to them.

use std::cell::RefCell;
use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::cert_types::HelloTypes;
use super::secret::Secret;
use super::{Answer, CertChain, Exit, Suspension, ToSign, ToVerify};
use crate::base::{lock, uptime};
use crate::crypto::captured::{Captured, capture};
use crate::error::Error;

/// The server's CertificateRequest, and the client's response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CertRequest {
    #[default]
    None,
    /// The client has no usable certificate.
    Declined,
    Answered,
}

/// How a server's certificate matches the client's server_name (SNI).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NameMatch {
    #[default]
    None,
    Exact,
    Wildcard,
}

/// An event within a step, from which the processed messages are derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Milestone {
    /// A certificate was selected, or there is none.
    CertSelected,
    /// TLS 1.3: the secrets for the encrypted messages are derived.
    HandshakeSecrets,
    /// TLS 1.2: the master secret is derived.
    MasterSecret,
    /// The peer's certificate was received.
    PeerCertReceived,
    /// The peer's certificate is verified.
    PeerCertVerified,
    /// The peer's signature is verified.
    SignatureVerified,
    /// Signing has started.
    Signing,
    /// Signing is complete.
    Signed,
}

/// The certificate and the signature schemes of a handshake, as far as they are selected.
#[derive(Clone, Default)]
pub(crate) struct Selection {
    pub(crate) request: CertRequest,
    /// The certificate that this side sends.
    pub(crate) chain: Option<Arc<CertChain>>,
    pub(crate) name_match: NameMatch,
    /// The signature scheme of this side (RFC 8446, 4.2.3).
    pub(crate) local_scheme: Option<u16>,
    /// The signature scheme of the peer.
    pub(crate) peer_scheme: Option<u16>,
}

impl Selection {
    const NONE: Self = Self {
        request: CertRequest::None,
        chain: None,
        name_match: NameMatch::None,
        local_scheme: None,
        peer_scheme: None,
    };

    /// Adds the selections of a later step.
    pub(crate) fn extend(&mut self, later: Self) {
        if later.request != CertRequest::None {
            self.request = later.request;
        }
        if later.chain.is_some() {
            self.chain = later.chain;
            self.name_match = later.name_match;
            self.local_scheme = later.local_scheme;
        }
        self.peer_scheme = later.peer_scheme.or(self.peer_scheme);
    }
}

/// The results of a step that rustls does not return.
#[derive(Default)]
pub(crate) struct Step {
    pub(crate) selection: Selection,
    pub(crate) secrets: Vec<Secret>,
    /// TLS 1.3: what the step has derived.
    pub(crate) captured: Captured,
    /// The error of an application's callback, which rustls does not report.
    pub(crate) failure: Option<Error>,
    /// The milestones that the step has reached, if there is a callback for them.
    pub(crate) milestones: Option<Vec<(Milestone, Duration)>>,
    /// The application's pointer to the connection, during the step.
    connection: usize,
    hello_types: HelloTypes,
}

impl Step {
    const NONE: Self = Self {
        selection: Selection::NONE,
        secrets: Vec::new(),
        captured: Captured::NONE,
        failure: None,
        milestones: None,
        connection: 0,
        hello_types: HelloTypes {
            is_tls13: false,
            client_has_raw_key: false,
        },
    };

    fn new(connection: usize, is_timed: bool) -> Self {
        Self {
            connection,
            milestones: is_timed.then(Vec::new),
            ..Self::NONE
        }
    }
}

/// The place where the callbacks of rustls store their results in a step.
#[derive(Clone, Default)]
pub(crate) enum StepContext {
    /// The step runs on the stack of its thread, without suspension.
    #[default]
    Thread,

    /// The step runs on a coroutine, which may be resumed in another thread. The handshake has its
    /// own rustls config, whose callbacks refer to this context.
    Coroutine(Arc<CoroutineContext>),
}

/// The context of steps on coroutines, of which only one runs at a time.
#[derive(Default)]
pub(crate) struct CoroutineContext {
    step: Mutex<Step>,

    /// `Some` while a step runs.
    exit: Mutex<Option<Arc<dyn Exit>>>,
}

thread_local! {
    /// Empty when the thread ends. The registration of a destructor would require memory from the
    /// system, which aborts the process if there is none.
    static STEP: RefCell<ManuallyDrop<Step>> = const { RefCell::new(ManuallyDrop::new(Step::NONE)) };
}

impl StepContext {
    /// Creates a context for steps on coroutines.
    pub(crate) fn new_coroutine() -> Self {
        Self::Coroutine(Arc::default())
    }

    /// Runs a step of a handshake, and returns its results.
    pub(crate) fn run_step<R>(
        &self,
        connection: usize,
        is_timed: bool,
        step: impl FnOnce() -> R,
    ) -> (R, Step) {
        // A callback in the step may drive another connection in this thread.
        let outer = self.replace(Step::new(connection, is_timed));
        let (outcome, captured) = capture(step);
        let step = Step {
            captured,
            ..self.replace(outer)
        };
        (outcome, step)
    }

    /// Runs work on a coroutine, which `exit` suspends.
    pub(crate) fn run_on_coroutine<R>(&self, exit: Arc<dyn Exit>, work: impl FnOnce() -> R) -> R {
        let Self::Coroutine(context) = self else {
            return work();
        };
        *lock(&context.exit) = Some(exit);
        let outcome = work();
        *lock(&context.exit) = None;
        outcome
    }

    fn replace(&self, step: Step) -> Step {
        self.with(|current| std::mem::replace(current, step))
    }

    fn with<R>(&self, access: impl FnOnce(&mut Step) -> R) -> R {
        match self {
            Self::Thread => STEP.with_borrow_mut(|step| access(step)),
            Self::Coroutine(context) => access(&mut lock(&context.step)),
        }
    }

    /// Records a selection.
    pub(crate) fn select(&self, change: impl FnOnce(&mut Selection)) {
        self.with(|step| change(&mut step.selection));
    }

    /// Records the error of a callback.
    pub(crate) fn fail(&self, error: Error) {
        self.with(|step| step.failure = Some(error));
    }

    /// Returns the application's pointer to the connection of the step.
    pub(crate) fn name(&self) -> usize {
        self.with(|step| step.connection)
    }

    /// Sets what the hellos have determined, for the rest of the step.
    pub(crate) fn set_hello_types(&self, types: HelloTypes) {
        self.with(|step| step.hello_types = types);
    }

    pub(crate) fn hello_types(&self) -> HelloTypes {
        self.with(|step| step.hello_types)
    }

    /// Returns the selections of the step so far.
    pub(crate) fn selection(&self) -> Selection {
        self.with(|step| step.selection.clone())
    }

    /// Returns whether milestones are recorded.
    pub(crate) fn is_timed(&self) -> bool {
        self.with(|step| step.milestones.is_some())
    }

    /// Returns the milestones that the step has reached since the last call.
    pub(crate) fn take_milestones(&self) -> Vec<(Milestone, Duration)> {
        self.with(|step| match &mut step.milestones {
            Some(milestones) => std::mem::take(milestones),
            None => Vec::new(),
        })
    }

    /// Records that the step has reached a milestone.
    pub(crate) fn reach(&self, milestone: Milestone) {
        self.with(|step| {
            if let Some(milestones) = &mut step.milestones {
                milestones.push((milestone, uptime()));
            }
        });
    }

    /// Stores a secret that rustls has derived.
    pub(crate) fn store(&self, secret: Secret) {
        self.with(|step| step.secrets.push(secret));
    }

    /// Suspends the step until the application has signed. Returns `None` if it is cancelled.
    pub(crate) fn sign(&self, input: ToSign) -> Option<Vec<u8>> {
        match self.suspend(Suspension::Sign(input))? {
            Answer::Signature(signature) => Some(signature),
            Answer::Verified | Answer::Called => None,
        }
    }

    /// Suspends the step until the application has verified a signature. Returns whether it is
    /// valid.
    pub(crate) fn verify(&self, input: ToVerify) -> bool {
        self.suspend(Suspension::Verify(input)) == Some(Answer::Verified)
    }

    /// Runs a callback of the application outside the coroutine. Returns `None` if the handshake is
    /// cancelled.
    pub(crate) fn call<R: Send + 'static>(
        &self,
        callback: impl FnOnce() -> R + Send + 'static,
    ) -> Option<R> {
        if self.exit().is_none() {
            return Some(callback());
        }
        let returned = Arc::new(Mutex::new(None));
        let result = returned.clone();
        self.suspend(Suspension::Call(Box::new(move || {
            let value = callback();
            *lock(&result) = Some(value);
        })));
        lock(&returned).take()
    }

    fn suspend(&self, reason: Suspension) -> Option<Answer> {
        self.exit()?.suspend(reason)
    }

    fn exit(&self) -> Option<Arc<dyn Exit>> {
        match self {
            Self::Thread => None,
            Self::Coroutine(context) => lock(&context.exit).clone(),
        }
    }
}

#[cfg(any(test, feature = "internal-test"))]
impl StepContext {
    /// Runs work with the context of the thread locked, so that any access to it panics.
    pub(crate) fn without_thread<R>(work: impl FnOnce() -> R) -> R {
        STEP.with_borrow_mut(|_| work())
    }
}

impl fmt::Debug for StepContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Thread => "Thread",
            Self::Coroutine(_) => "Coroutine",
        })
    }
}
