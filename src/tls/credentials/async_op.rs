//! Asynchronous operations: signing and verifying by the application, in its own time.
//!
//! rustls calls a signer and a verifier synchronously. So a step of the handshake runs on a coroutine, which
//! is suspended where it needs the application, and resumed with the result.

use std::io;
use std::sync::Arc;

use rustls::crypto::SignatureScheme;
use rustls::pki_types::CertificateDer;

use super::chain::Loaded;
use super::operation::{Signature, Verification};
use crate::tls::crypto::signature::{Algorithms, verify};
use crate::tls::x509;

/// Makes coroutines.
pub trait Coroutines: Send + Sync {
    /// Puts work on a coroutine. It begins when that is first resumed.
    fn coroutine(&self, work: Work) -> io::Result<Box<dyn Coroutine>>;
}

/// Private keys that the application keeps to itself.
pub trait PrivateKeys: Coroutines {
    /// Hands the application something to sign for a connection that it knows by `name`. 0 if it
    /// takes it.
    fn sign(&self, name: usize, operation: Arc<Signature>) -> i32;
}

/// Work of ours that the application does in a thread of its own.
pub trait Offload: Coroutines {
    /// Shows the application what is to be done for a connection that it knows by `name`. 0 if it
    /// sees to it.
    fn verify(&self, name: usize, operation: &Arc<Verification>) -> i32;
}

/// What runs on a coroutine. It may be resumed in another thread than it was suspended in, so it uses
/// nothing that is bound to a thread.
pub type Work = Box<dyn FnOnce(Arc<dyn Exit>) + Send>;

/// Work that can be suspended, and dropped then.
pub trait Coroutine: Send {
    /// Runs the work up to its next suspension. `None` if it is done.
    fn resume(&mut self, answer: Option<Answer>) -> Option<Suspension>;
}

/// The way from the stack of a coroutine to the code that has resumed it.
pub trait Exit: Send + Sync {
    /// Suspends the coroutine until it is resumed with an answer. `None` if it is dropped instead, or if
    /// this is called anywhere but on its stack.
    fn suspend(&self, reason: Suspension) -> Option<Answer>;
}

/// Why a coroutine is suspended.
pub enum Suspension {
    Sign(ToSign),
    Verify(ToVerify),

    /// A callback of the application is due, for which a coroutine's stack may be too small.
    Call(Box<dyn FnOnce() + Send>),
}

/// What a coroutine is resumed with: what its suspension is for.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    Signature(Vec<u8>),
    Verified,
    Called,
}

/// What is to be signed.
pub struct ToSign {
    pub(crate) message: Vec<u8>,
    pub(crate) scheme: SignatureScheme,

    /// Whose key signs.
    pub(crate) chain: Arc<Loaded>,

    /// How its signature is verified.
    pub(crate) algorithms: Algorithms,
}

/// A signature of the peer's.
pub struct ToVerify {
    pub(crate) message: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) leaf: CertificateDer<'static>,
    pub(crate) algorithms: Algorithms,
}

impl ToVerify {
    pub(crate) fn is_right(&self) -> bool {
        let is_signed = |spki| {
            let verified = verify(spki, self.algorithms, &self.message, &self.signature);
            verified.is_ok()
        };
        x509::public_key(&self.leaf).is_some_and(is_signed)
    }
}

#[cfg(test)]
impl Suspension {
    /// A signature to be verified that is wrong.
    pub(crate) fn for_test(message: &[u8]) -> Self {
        Self::Verify(ToVerify {
            message: message.to_vec(),
            signature: Vec::new(),
            leaf: Vec::new().into(),
            algorithms: &[],
        })
    }
}
