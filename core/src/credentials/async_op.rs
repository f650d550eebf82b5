//! Asynchronous signing and verification operations, which the application performs for a
//! handshake.

use std::sync::atomic::{AtomicU64, Ordering::*};
use std::sync::{Arc, Mutex};

use super::CertChain;
use super::coroutine::{Coroutines, ToSign, ToVerify};
use crate::base::{lock, memory, seed_thread};
use crate::crypto::digest::Algorithm;
use crate::error::{Code, Result};
use crate::policy::names::{self, HashAlgorithm};

/// Asynchronous private keys, which the application holds.
pub trait PrivateKeys: Coroutines {
    /// Passes a signing operation to the application. `name` is its pointer to the connection.
    /// Returns 0 if the application accepts the operation.
    fn sign(&self, name: usize, operation: Arc<Signature>) -> i32;
}

/// Offloading of expensive operations to the application's threads.
pub trait Offload: Coroutines {
    /// Passes a verification operation to the application. `name` is its pointer to the connection.
    /// Returns 0 if the application accepts the operation.
    fn verify(&self, name: usize, operation: &Arc<Verification>) -> i32;
}

/// A signing operation with its result. It may outlive its connection.
pub struct Signature {
    /// Unique, so that a result cannot be applied to another handshake.
    number: u64,

    input: ToSign,

    /// Whether the signature is verified before it is used.
    is_strict: bool,

    state: Mutex<State>,
}

enum State {
    Open,
    Performed(Vec<u8>),
    Applied,
}

impl Signature {
    pub(crate) fn new(input: ToSign, is_strict: bool) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        Self {
            number: NUMBER.fetch_add(1, Relaxed),
            input,
            is_strict,
            state: Mutex::new(State::Open),
        }
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Signs with a key that is loaded.
    pub fn perform(&self, key: &CertChain) -> Result<()> {
        let mut state = lock(&self.state);
        if !matches!(*state, State::Open) {
            return Err(Code::AsyncAlreadyPerformed)?;
        }
        let key = key.key().ok_or(Code::Null)?;
        seed_thread()?;
        let signer = key
            .choose_scheme(&[self.input.scheme])
            .ok_or(Code::PkeyCtxInit)?;
        let signature = signer.sign(&self.input.message).map_err(|_| Code::Sign)?;
        *state = State::Performed(signature);
        Ok(())
    }

    /// Sets the signature that the application has created. It may be replaced until it is applied.
    pub fn set_output(&self, signature: &[u8]) -> Result<()> {
        let mut state = lock(&self.state);
        // s2n-tls ignores a signature that is set after another one was applied.
        if !matches!(*state, State::Applied) {
            *state = State::Performed(memory::copy(signature)?);
        }
        Ok(())
    }

    /// Passes the signature to the handshake that is suspended for it.
    pub(crate) fn apply(&self, signing: &Mutex<Signing>) -> Result<()> {
        let mut state = lock(&self.state);
        let signature = match &*state {
            State::Open => Err(Code::AsyncNotPerformed)?,
            State::Applied => Err(Code::AsyncAlreadyApplied)?,
            State::Performed(signature) => signature,
        };
        let mut signing = lock(signing);
        if !matches!(*signing, Signing::Pending(number) if number == self.number) {
            return Err(Code::AsyncWrongConnection)?;
        }
        let ToSign {
            message,
            chain,
            algorithms,
            ..
        } = &self.input;
        if self.is_strict && !chain.has_signed(message, signature, algorithms) {
            return Err(Code::VerifySignature)?;
        }
        *signing = Signing::Done(signature.clone());
        *state = State::Applied;
        Ok(())
    }

    /// Returns the length of the [input](Self::input), in bytes.
    pub fn input_len(&self) -> Result<usize> {
        Ok(self.hash()?.output_len())
    }

    /// Returns the digest of the message to be signed: the input of PKCS #1's DigestInfo, PSS or
    /// ECDSA.
    pub fn input(&self) -> Result<Vec<u8>> {
        let digest = self.hash()?.digest(&self.input.message);
        memory::copy(digest.as_ref())
    }

    fn hash(&self) -> Result<Algorithm> {
        let (_, hash) = names::signature(Some(self.input.scheme.0));
        match hash {
            HashAlgorithm::Sha256 => Ok(Algorithm::Sha256),
            HashAlgorithm::Sha384 => Ok(Algorithm::Sha384),
            HashAlgorithm::Sha512 => Ok(Algorithm::Sha512),
            // ML-DSA signs a digest that depends on the key (FIPS 204, 6.2), not a hash of the
            // message.
            _ => Err(Code::Unimplemented)?,
        }
    }
}

/// A verification operation that the application performs. A connection has one for all signatures:
/// the application may keep its address.
#[derive(Default)]
pub struct Verification(Mutex<Verifying>);

#[derive(Default)]
enum Verifying {
    #[default]
    None,
    Pending(Arc<ToVerify>),
    Running(Arc<ToVerify>),
    Done,
}

impl Verification {
    pub(crate) fn begin(&self, input: ToVerify) {
        *lock(&self.0) = Verifying::Pending(Arc::new(input));
    }

    /// Verifies the pending signature. May be repeated if it failed.
    pub fn perform(&self) -> Result<()> {
        let input = {
            let mut state = lock(&self.0);
            let Verifying::Pending(input) = &*state else {
                return Err(Code::InvalidState)?;
            };
            let input = input.clone();
            *state = Verifying::Running(input.clone());
            input
        };
        // Meanwhile the connection may be polled or wiped.
        let is_valid = input.is_valid();
        let mut state = lock(&self.0);
        if matches!(&*state, Verifying::Running(running) if Arc::ptr_eq(running, &input)) {
            *state = match is_valid {
                true => Verifying::Done,
                false => Verifying::Pending(input),
            };
        }
        match is_valid {
            true => Ok(()),
            false => Err(Code::VerifySignature)?,
        }
    }

    /// Returns whether the operation is complete, and resets a complete one for the next signature.
    pub(crate) fn take(&self) -> bool {
        let mut state = lock(&self.0);
        let is_done = matches!(*state, Verifying::Done);
        if is_done {
            *state = Verifying::None;
        }
        is_done
    }

    pub(crate) fn wipe(&self) {
        *lock(&self.0) = Verifying::None;
    }
}

/// The signing state of a connection.
#[derive(Default)]
pub(crate) enum Signing {
    #[default]
    None,

    /// Suspended for the operation of this number.
    Pending(u64),

    /// The signature is available.
    Done(Vec<u8>),
}
