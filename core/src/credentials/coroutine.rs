//! Coroutines, on which the steps of a handshake with asynchronous operations run.
//!
//! rustls calls a signer and a verifier synchronously. Therefore a step of the handshake runs on a
//! coroutine, which is suspended until the application has completed the operation, and resumed
//! with the result.

use std::io;
use std::sync::Arc;

use rustls::crypto::SignatureScheme;

use super::chain::Loaded;
use crate::crypto::signature::{Algorithms, verify};

/// Creates coroutines.
pub trait Coroutines: Send + Sync {
    /// Creates a coroutine for some work, which starts when the coroutine is first resumed.
    fn coroutine(&self, work: Work) -> io::Result<Box<dyn Coroutine>>;
}

/// The work of a coroutine. It may be resumed in another thread than it was suspended in, so it
/// uses nothing that is bound to a thread.
pub type Work = Box<dyn FnOnce(Arc<dyn Exit>) + Send>;

/// Work that can be suspended, and dropped while suspended.
pub trait Coroutine: Send {
    /// Resumes the work until its next suspension. Returns `None` if it is complete.
    fn resume(&mut self, answer: Option<Answer>) -> Option<Suspension>;
}

/// Suspends a coroutine from within: switches from its stack to the code that has resumed it.
pub trait Exit: Send + Sync {
    /// Suspends the coroutine until it is resumed with an answer. Returns `None` if it is dropped
    /// instead, or if the call is not on its stack.
    fn suspend(&self, reason: Suspension) -> Option<Answer>;
}

/// The reason for a suspension of a coroutine.
pub enum Suspension {
    Sign(ToSign),
    Verify(ToVerify),

    /// A callback of the application must be called, for which a coroutine's stack may be too
    /// small.
    Call(Box<dyn FnOnce() + Send>),
}

/// The result that a coroutine is resumed with.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    Signature(Vec<u8>),
    Verified,
    Called,
}

/// A message to be signed.
pub struct ToSign {
    pub(crate) message: Vec<u8>,
    pub(crate) scheme: SignatureScheme,

    /// The chain whose key signs.
    pub(crate) chain: Arc<Loaded>,

    /// The algorithms for verifying the signature.
    pub(crate) algorithms: Algorithms,
}

/// A signature of the peer to be verified.
pub struct ToVerify {
    pub message: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    /// The peer's SubjectPublicKeyInfo; empty if its certificate is malformed.
    pub(crate) spki: Vec<u8>,
    pub(crate) algorithms: Algorithms,
}

impl ToVerify {
    /// Returns whether the signature is valid.
    pub(crate) fn is_valid(&self) -> bool {
        verify(&self.spki, self.algorithms, &self.message, &self.signature).is_ok()
    }
}
