//! Steps of rustls on a coroutine, which is suspended while the application signs or verifies
//! asynchronously.

use std::sync::atomic::Ordering::*;
use std::sync::{Arc, Mutex};

use super::Handshake;
use super::context::Context;
use super::rustls_input::RustlsInput;
use super::stage::{Running, Staged};
use super::suspended::{Completed, Outcome, Pending, Suspended};
use crate::base::{Mode, lock};
use crate::config::{ClientAuth, HandshakeConfig};
use crate::credentials::async_op::Signing;
use crate::credentials::{Answer, Coroutines, Exit, Signature, Suspension, ToSign, ToVerify};
use crate::error::{Code, Result};
use crate::state::{HandshakeMessage, State};

impl Handshake {
    /// Runs a step of rustls. Fails with `AsyncBlocked` if the step is suspended for an operation
    /// of the application.
    pub(super) fn step<S: Staged>(
        &mut self,
        ctx: &mut Context<'_>,
        step: impl FnOnce(&mut RustlsInput, &mut Vec<u8>) -> Outcome<S::Handshake> + Send + 'static,
    ) -> Result<S::Handshake> {
        let outcome = self.attempt::<S>(ctx, step)?;
        self.check_alerts(ctx, outcome)
    }

    /// Runs a [step](Self::step), and returns its failure as an error of rustls.
    pub(super) fn attempt<S: Staged>(
        &mut self,
        ctx: &mut Context<'_>,
        step: impl FnOnce(&mut RustlsInput, &mut Vec<u8>) -> Outcome<S::Handshake> + Send + 'static,
    ) -> Result<Outcome<S::Handshake>> {
        let Some(coroutines) = self.coroutines() else {
            return Ok(step(&mut self.input, &mut ctx.output));
        };

        let mut input = std::mem::take(&mut self.input);
        let completed = Arc::new(Mutex::new(None));
        let result = completed.clone();
        let context = self.step_context.clone();
        let work = Box::new(move |exit: Arc<dyn Exit>| {
            let mut output = Vec::new();
            let outcome = context.run_on_coroutine(exit, || step(&mut input, &mut output));
            *lock(&result) = Some(Completed {
                outcome,
                input,
                output,
            });
        });
        let coroutine = coroutines.coroutine(work).map_err(|_| Code::Alloc)?;
        let suspended = Box::new(Suspended {
            coroutine,
            completed,
            pending: Pending::Signature,
        });
        self.resume_with::<S>(ctx, suspended, None)
    }

    /// Returns the factory of coroutines; `None` if no operation is asynchronous.
    fn coroutines(&self) -> Option<Arc<dyn Coroutines>> {
        match (&self.private_keys, &self.offload) {
            (Some(keys), _) => Some(keys.clone()),
            (None, Some(offload)) => Some(offload.clone()),
            (None, None) => None,
        }
    }

    /// Stores the callbacks and the step context of a config, and returns its rustls config.
    pub(super) fn use_config<C>(&mut self, config: HandshakeConfig<C>) -> Arc<C> {
        self.private_keys = config.private_keys;
        self.offload = config.offload;
        self.step_context = config.step_context;
        config.rustls
    }

    /// Resumes a suspended step, if the application has completed the pending operation.
    pub(super) fn resume<S: Staged>(
        &mut self,
        ctx: &mut Context<'_>,
        suspended: Box<Suspended<S::Handshake>>,
    ) -> Result<S::Handshake> {
        let Some(answer) = suspended.pending.take_answer(ctx.state) else {
            self.stage = S::stage(Running::Suspended(suspended));
            return Err(Code::AsyncBlocked)?;
        };
        let outcome = self.resume_with::<S>(ctx, suspended, Some(answer))?;
        self.check_alerts(ctx, outcome)
    }

    /// Resumes a step until it is complete, or an operation of the application is pending.
    fn resume_with<S: Staged>(
        &mut self,
        ctx: &mut Context<'_>,
        mut suspended: Box<Suspended<S::Handshake>>,
        mut answer: Option<Answer>,
    ) -> Result<Outcome<S::Handshake>> {
        while let Some(suspension) = suspended.coroutine.resume(answer) {
            suspended.pending = match suspension {
                Suspension::Call(callback) => {
                    callback();
                    answer = Some(Answer::Called);
                    continue;
                }
                Suspension::Sign(input) => self.begin_signature(ctx, input)?,
                Suspension::Verify(input) => self.begin_verification(ctx, input)?,
            };
            answer = suspended.pending.take_answer(ctx.state);
            if answer.is_none() {
                self.stage = S::stage(Running::Suspended(suspended));
                return Err(Code::AsyncBlocked)?;
            }
        }
        let completed = lock(&suspended.completed)
            .take()
            .ok_or(Code::HandshakeState)?;
        self.input = completed.input;
        ctx.output.extend_from_slice(&completed.output);
        Ok(completed.outcome)
    }

    /// Stores the selections of the current step in the state of the connection.
    pub(super) fn store_selection(&self, ctx: &Context<'_>) {
        ctx.state.extend_selection(self.step_context.selection());
    }

    /// Starts a signing operation of the application.
    fn begin_signature(&mut self, ctx: &Context<'_>, input: ToSign) -> Result<Pending> {
        if ctx.mode() == Mode::Client && ctx.client_auth() == ClientAuth::None {
            return Err(Code::UnexpectedCertRequest
                .rule("the server requests a certificate, and client authentication is disabled"));
        }
        self.report_before_callback(ctx);
        set_signature_message(ctx.state, ctx.mode());
        // A handshake requires one signature of each side.
        let keys = self.private_keys.take().ok_or(Code::HandshakeState)?;
        let operation = Signature::new(input, ctx.settings.verifies_private_keys());
        *lock(ctx.state.signing()) = Signing::Pending(operation.number());
        if keys.sign(ctx.state.name(), Arc::new(operation)) != 0 {
            return Err(Code::AsyncCallbackFailed
                .rule("the callback of s2n_config_set_async_pkey_callback() has failed"));
        }
        Ok(Pending::Signature)
    }

    /// Starts a verification operation of the application.
    fn begin_verification(&mut self, ctx: &Context<'_>, input: ToVerify) -> Result<Pending> {
        self.report_before_callback(ctx);
        set_signature_message(ctx.state, ctx.mode().peer());
        let offload = self.offload.as_ref().ok_or(Code::HandshakeState)?;
        let operation = ctx.state.verification();
        operation.begin(input);
        if offload.verify(ctx.state.name(), operation) != 0 {
            return Err(Code::Cancelled
                .rule("the callback of s2n_config_set_async_offload_callback() has failed"));
        }
        Ok(Pending::Verification)
    }
}

/// Sets the next message to the one that contains the signature of a side.
fn set_signature_message(state: &State, side: Mode) {
    let message = HandshakeMessage::signature_of(side, state.version());
    state.shared.next_message.store(message as u8, Release);
}
