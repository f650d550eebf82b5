//! Steps of rustls' on a coroutine, for an application that signs or verifies.

use std::sync::atomic::Ordering::*;
use std::sync::{Arc, Mutex};

use super::Handshake;
use super::input::Input;
use super::names::At;
use super::stage::Stage;
use crate::tls::base::{Mode, Version, lock};
use crate::tls::config::{ClientAuth, Ready};
use crate::tls::connection::Connection;
use crate::tls::credentials::operation::{Signature, Signing};
use crate::tls::credentials::{Answer, Coroutine, Coroutines, Exit, Suspension, ToSign, ToVerify};
use crate::tls::error::{Code, Result};

/// A suspended step, which will give a `T`.
pub(super) struct Waiting<T> {
    coroutine: Box<dyn Coroutine>,
    done: Arc<Mutex<Option<Done<T>>>>,
    pending: Pending,
}

/// What a suspended step needs of the application.
enum Pending {
    Signature,
    Verification,
}

/// What rustls says of a step.
type Outcome<T> = Result<T, rustls::Error>;

/// What a step leaves behind.
struct Done<T> {
    outcome: Outcome<T>,
    input: Input,
    output: Vec<u8>,
}

impl Handshake {
    /// Lets rustls take a step. If the application has a part in it, the step may come to wait: then
    /// `wait` says how, and the call fails with `AsyncBlocked`.
    pub(super) fn step<T: Send + 'static>(
        &mut self,
        conn: &Connection,
        output: &mut Vec<u8>,
        wait: fn(Box<Waiting<T>>) -> Stage,
        step: impl FnOnce(&mut Input, &mut Vec<u8>) -> Outcome<T> + Send + 'static,
    ) -> Result<T> {
        let outcome = self.attempt(conn, output, wait, step)?;
        self.note_alerts(conn, outcome)
    }

    /// A [step](Self::step) whose failure is rustls' own.
    pub(super) fn attempt<T: Send + 'static>(
        &mut self,
        conn: &Connection,
        output: &mut Vec<u8>,
        wait: fn(Box<Waiting<T>>) -> Stage,
        step: impl FnOnce(&mut Input, &mut Vec<u8>) -> Outcome<T> + Send + 'static,
    ) -> Result<Outcome<T>> {
        let Some(coroutines) = self.coroutines() else {
            return Ok(step(&mut self.input, output));
        };

        let mut input = std::mem::take(&mut self.input);
        let done = Arc::new(Mutex::new(None));
        let result = done.clone();
        let context = self.context.clone();
        let work = Box::new(move |exit: Arc<dyn Exit>| {
            let mut output = Vec::new();
            let outcome = context.run(exit, || step(&mut input, &mut output));
            *lock(&result) = Some(Done {
                outcome,
                input,
                output,
            });
        });
        let coroutine = coroutines.coroutine(work).map_err(|_| Code::Alloc)?;
        let waiting = Box::new(Waiting {
            coroutine,
            done,
            pending: Pending::Signature,
        });
        self.run(conn, output, wait, waiting, None)
    }

    fn coroutines(&self) -> Option<Arc<dyn Coroutines>> {
        match (&self.private_keys, &self.offload) {
            (Some(keys), _) => Some(keys.clone()),
            (None, Some(offload)) => Some(offload.clone()),
            (None, None) => None,
        }
    }

    /// Takes over what a config has for the handshake that begins, and returns the rustls config.
    pub(super) fn use_config<C>(&mut self, ready: Ready<C>) -> Arc<C> {
        self.private_keys = ready.private_keys;
        self.offload = ready.offload;
        self.context = ready.context;
        ready.rustls
    }

    /// Resumes a step, if the application has done what that is suspended for.
    pub(super) fn resume<T>(
        &mut self,
        conn: &Connection,
        output: &mut Vec<u8>,
        wait: fn(Box<Waiting<T>>) -> Stage,
        waiting: Box<Waiting<T>>,
    ) -> Result<T> {
        let Some(answer) = conn.take_answer(&waiting.pending) else {
            self.stage = wait(waiting);
            return Err(Code::AsyncBlocked)?;
        };
        let outcome = self.run(conn, output, wait, waiting, Some(answer))?;
        self.note_alerts(conn, outcome)
    }

    /// Runs a step up to its end, or until the application has to do something that it will do later.
    fn run<T>(
        &mut self,
        conn: &Connection,
        output: &mut Vec<u8>,
        wait: fn(Box<Waiting<T>>) -> Stage,
        mut waiting: Box<Waiting<T>>,
        mut answer: Option<Answer>,
    ) -> Result<Outcome<T>> {
        while let Some(suspension) = waiting.coroutine.resume(answer) {
            waiting.pending = match suspension {
                Suspension::Call(callback) => {
                    callback();
                    answer = Some(Answer::Called);
                    continue;
                }
                Suspension::Sign(question) => self.ask_to_sign(conn, question)?,
                Suspension::Verify(question) => self.ask_to_verify(conn, question)?,
            };
            answer = conn.take_answer(&waiting.pending);
            if answer.is_none() {
                self.stage = wait(waiting);
                return Err(Code::AsyncBlocked)?;
            }
        }
        let done = lock(&waiting.done).take().ok_or(Code::HandshakeState)?;
        self.input = done.input;
        output.extend_from_slice(&done.output);
        Ok(done.outcome)
    }

    /// Notes for the connection what the step under way has decided so far.
    pub(super) fn note_so_far(&self, conn: &Connection) {
        conn.note_choices(self.context.so_far());
    }

    /// Has the application sign.
    fn ask_to_sign(&mut self, conn: &Connection, question: ToSign) -> Result<Pending> {
        if conn.mode == Mode::Client && conn.client_auth()? == ClientAuth::None {
            return Err(Code::UnexpectedCertRequest)?;
        }
        if conn.version() == Version::Unknown {
            // The application may want to know.
            let version = conn.server_version().min(conn.client_version());
            conn.shared.version.store(version, Release);
        }
        self.tell_so_far(conn);
        conn.note_signature(conn.mode);
        // A handshake needs one signature of each side.
        let keys = self.private_keys.take().ok_or(Code::HandshakeState)?;
        let operation = Signature::new(question, conn.config()?.verifies_private_keys());
        *lock(&conn.signing) = Signing::Waits(operation.number());
        if keys.sign(conn.name(), Arc::new(operation)) != 0 {
            return Err(Code::AsyncCallbackFailed)?;
        }
        Ok(Pending::Signature)
    }

    /// Has the application verify a signature of the peer's.
    fn ask_to_verify(&mut self, conn: &Connection, question: ToVerify) -> Result<Pending> {
        let peer = match conn.mode {
            Mode::Client => Mode::Server,
            Mode::Server => Mode::Client,
        };
        self.tell_so_far(conn);
        conn.note_signature(peer);
        let offload = self.offload.as_ref().ok_or(Code::HandshakeState)?;
        let operation = conn.verification.get_or_init(Arc::default);
        operation.begin(question);
        if offload.verify(conn.name(), operation) != 0 {
            return Err(Code::Cancelled)?;
        }
        Ok(Pending::Verification)
    }
}

impl Connection {
    /// The handshake stands at the signature of this side.
    fn note_signature(&self, side: Mode) {
        let at = At::signature_of(side, self.version());
        self.shared.at.store(at as u8, Release);
    }

    /// What a suspended step needs of the application, once it is there.
    fn take_answer(&self, pending: &Pending) -> Option<Answer> {
        match pending {
            Pending::Signature => self.take_signature().map(Answer::Signature),
            Pending::Verification => self.is_verified().then_some(Answer::Verified),
        }
    }

    fn take_signature(&self) -> Option<Vec<u8>> {
        let mut signing = lock(&self.signing);
        match std::mem::take(&mut *signing) {
            Signing::Done(signature) => Some(signature),
            not_yet => {
                *signing = not_yet;
                None
            }
        }
    }

    fn is_verified(&self) -> bool {
        self.verification.get().is_some_and(|it| it.take())
    }
}
