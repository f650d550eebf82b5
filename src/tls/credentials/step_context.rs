//! The context of a handshake's step: what is decided in it about certificates and signatures, and the
//! secrets that rustls derives.
//!
//! rustls shares a config's resolver, verifier and key log between connections, and does not pass them the
//! connection that it calls them for.

use std::cell::RefCell;
use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::key_log::Secret;
use super::{Answer, Exit, Suspension, ToSign, ToVerify};
use crate::tls::base::{lock, uptime};
use crate::tls::certs::CertChain;
use crate::tls::error::Error;

/// Whether a server asked for our certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Request {
    #[default]
    None,
    /// It asked, and we have none that it can use.
    Declined,
    Answered,
}

/// How a server's certificate was found for the name that the client asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NameMatch {
    #[default]
    None,
    Exact,
    Wildcard,
}

/// A moment in a step that says which messages are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Milestone {
    /// A certificate of ours was looked for.
    Chosen,
    /// TLS 1.3: the secrets for the encrypted messages are there.
    HandshakeSecrets,
    /// TLS 1.2: the secret for everything is there.
    MasterSecret,
    /// The peer's certificate has come.
    Presented,
    /// It is accepted.
    Accepted,
    /// The peer's signature is right.
    Verified,
    /// We are about to sign.
    Signs,
    /// We have signed.
    Signed,
}

/// What was decided so far.
#[derive(Clone, Default)]
pub(crate) struct Choices {
    pub(crate) request: Request,
    /// The certificate that we show.
    pub(crate) chain: Option<Arc<CertChain>>,
    pub(crate) name_match: NameMatch,
    /// How we sign the handshake: a number of RFC 8446, 4.2.3.
    pub(crate) our_scheme: Option<u16>,
    /// How the peer signed it.
    pub(crate) peer_scheme: Option<u16>,
    /// Why the step has failed, although rustls does not know it.
    pub(crate) failure: Option<Error>,
    /// When the step came how far, if anybody wants to know.
    pub(crate) milestones: Option<Vec<(Milestone, Duration)>>,
    /// What the application knows the connection by, during a step.
    connection: usize,
}

impl Choices {
    const NONE: Self = Self {
        request: Request::None,
        chain: None,
        name_match: NameMatch::None,
        our_scheme: None,
        peer_scheme: None,
        failure: None,
        milestones: None,
        connection: 0,
    };

    /// Adds what a later step decided.
    pub(crate) fn extend(&mut self, later: Self) {
        if later.request != Request::None {
            self.request = later.request;
        }
        if later.chain.is_some() {
            self.chain = later.chain;
            self.name_match = later.name_match;
            self.our_scheme = later.our_scheme;
        }
        self.peer_scheme = later.peer_scheme.or(self.peer_scheme);
    }
}

/// What a step leaves behind for the connection.
#[derive(Default)]
pub(crate) struct Step {
    pub(crate) choices: Choices,
    pub(crate) secrets: Vec<Secret>,
}

impl Step {
    const NONE: Self = Self {
        choices: Choices::NONE,
        secrets: Vec::new(),
    };

    fn new(connection: usize, is_timed: bool) -> Self {
        Self {
            choices: Choices {
                connection,
                milestones: is_timed.then(Vec::new),
                ..Choices::default()
            },
            secrets: Vec::new(),
        }
    }
}

/// Where the callbacks that rustls calls in a step leave what they decide.
#[derive(Clone, Default)]
pub(crate) enum StepContext {
    /// The step runs on its thread's own stack, and does not leave the thread.
    #[default]
    Thread,

    /// The step runs on a coroutine, which may be resumed in another thread. The handshake has rustls
    /// configs of its own, whose callbacks have this.
    Coroutine(Arc<Shared>),
}

/// The context of steps on coroutines. They follow each other; no two of them run at once.
#[derive(Default)]
pub(crate) struct Shared {
    step: Mutex<Step>,

    /// There while a step runs.
    exit: Mutex<Option<Arc<dyn Exit>>>,
}

thread_local! {
    /// Empty when the thread ends. A destructor would be registered, for which the system needs memory; it
    /// ends the process if there is none.
    static STEP: RefCell<ManuallyDrop<Step>> = const { RefCell::new(ManuallyDrop::new(Step::NONE)) };
}

impl StepContext {
    pub(crate) fn new_coroutine() -> Self {
        Self::Coroutine(Arc::default())
    }

    /// Runs a step of a handshake, and returns what was left behind in it.
    pub(crate) fn watch<R>(
        &self,
        connection: usize,
        is_timed: bool,
        step: impl FnOnce() -> R,
    ) -> (R, Step) {
        // A callback in the step may drive another connection in this thread.
        let outer = self.replace(Step::new(connection, is_timed));
        let outcome = step();
        (outcome, self.replace(outer))
    }

    /// Runs what belongs on a coroutine, with the way out of that.
    pub(crate) fn run<R>(&self, exit: Arc<dyn Exit>, work: impl FnOnce() -> R) -> R {
        let Self::Coroutine(shared) = self else {
            return work();
        };
        *lock(&shared.exit) = Some(exit);
        let outcome = work();
        *lock(&shared.exit) = None;
        outcome
    }

    fn replace(&self, step: Step) -> Step {
        self.with(|current| std::mem::replace(current, step))
    }

    fn with<R>(&self, access: impl FnOnce(&mut Step) -> R) -> R {
        match self {
            Self::Thread => STEP.with_borrow_mut(|step| access(step)),
            Self::Coroutine(shared) => access(&mut lock(&shared.step)),
        }
    }

    /// Notes a decision.
    pub(crate) fn note(&self, change: impl FnOnce(&mut Choices)) {
        self.with(|step| change(&mut step.choices));
    }

    /// What the application knows the connection by whose step this is.
    pub(crate) fn name(&self) -> usize {
        self.with(|step| step.choices.connection)
    }

    /// What the step has decided so far.
    pub(crate) fn so_far(&self) -> Choices {
        self.with(|step| step.choices.clone())
    }

    /// Whether anybody wants to know when the step comes how far.
    pub(crate) fn is_timed(&self) -> bool {
        self.with(|step| step.choices.milestones.is_some())
    }

    /// The milestones that the step has come past since they were last taken.
    pub(crate) fn take_milestones(&self) -> Vec<(Milestone, Duration)> {
        self.with(|step| match &mut step.choices.milestones {
            Some(milestones) => std::mem::take(milestones),
            None => Vec::new(),
        })
    }

    /// Notes that the step has come this far.
    pub(crate) fn reach(&self, milestone: Milestone) {
        self.note(|choices| {
            if let Some(milestones) = &mut choices.milestones {
                milestones.push((milestone, uptime()));
            }
        });
    }

    /// Keeps a secret that rustls has derived.
    pub(crate) fn keep(&self, secret: Secret) {
        self.with(|step| step.secrets.push(secret));
    }

    /// Has the application sign. `None` if it does not.
    pub(crate) fn sign(&self, question: ToSign) -> Option<Vec<u8>> {
        match self.suspend(Suspension::Sign(question))? {
            Answer::Signature(signature) => Some(signature),
            Answer::Verified | Answer::Called => None,
        }
    }

    /// Has the application verify a signature. Whether it is right.
    pub(crate) fn verify(&self, question: ToVerify) -> bool {
        self.suspend(Suspension::Verify(question)) == Some(Answer::Verified)
    }

    /// Calls the application on the stack of its own call. `None` if the handshake has ended.
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
            Self::Coroutine(shared) => lock(&shared.exit).clone(),
        }
    }
}

#[cfg(test)]
impl StepContext {
    /// Runs what must not use the context of its thread: that would panic.
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
