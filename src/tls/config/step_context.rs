//! What a step of a handshake decides about certificates and signatures.
//!
//! rustls shares a config's resolver and verifier between connections, and does not say for which one
//! it asks. A step of a handshake does not leave its thread.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use super::uptime;
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

thread_local! {
    static CHOICES: RefCell<Choices> = RefCell::default();
}

/// Runs a step of a handshake, and says what was decided in it, and when if it is timed.
pub(crate) fn watch<R>(
    connection: usize,
    is_timed: bool,
    step: impl FnOnce() -> R,
) -> (R, Choices) {
    // A callback in the step may drive another connection.
    let outer = CHOICES.replace(Choices {
        connection,
        milestones: is_timed.then(Vec::new),
        ..Choices::default()
    });
    let outcome = step();
    (outcome, CHOICES.replace(outer))
}

/// What the application knows the connection by whose step this is.
pub(super) fn name() -> usize {
    CHOICES.with_borrow(|choices| choices.connection)
}

/// Whether a server asked for our certificate in this step.
pub(crate) fn request() -> Request {
    CHOICES.with_borrow(|choices| choices.request)
}

/// What the step has decided so far.
pub(crate) fn so_far() -> Choices {
    CHOICES.with_borrow(Choices::clone)
}

/// Notes a decision.
pub(super) fn note(change: impl FnOnce(&mut Choices)) {
    CHOICES.with_borrow_mut(change);
}

/// Whether anybody wants to know when the step comes how far.
pub(super) fn is_timed() -> bool {
    CHOICES.with_borrow(|choices| choices.milestones.is_some())
}

/// The milestones that the step has come past since it was asked last.
pub(crate) fn take_milestones() -> Vec<(Milestone, Duration)> {
    CHOICES.with_borrow_mut(|choices| match &mut choices.milestones {
        Some(milestones) => std::mem::take(milestones),
        None => Vec::new(),
    })
}

/// Notes that the step has come this far.
pub(crate) fn reach(milestone: Milestone) {
    note(|choices| {
        if let Some(milestones) = &mut choices.milestones {
            milestones.push((milestone, uptime()));
        }
    });
}
