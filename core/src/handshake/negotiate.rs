//! One call of `s2n_negotiate()`: the handshake, and the messages after it that are due.

use std::sync::atomic::Ordering::*;

use super::Handshake;
use super::context::Context;
use crate::base::log::{self, LogLevel, log};
use crate::base::probe::{self, Event};
use crate::base::{Blocked, Version, lock_direction, with_stack_cleared_if};
use crate::error::Result;
use crate::process::sync::Mutex;
use crate::state::State;
use crate::stream::{SendHalf, Stream};

/// Drives the handshake of a connection until it is complete or blocked.
pub(crate) fn negotiate(
    handshake: &Mutex<Option<Box<Handshake>>>,
    state: &State,
    stream: &Stream,
    blocked: &mut Blocked,
) -> Result<()> {
    let mut place = lock_direction(handshake)?;
    if state.shared.handshake_done.load(Acquire) {
        return negotiate_after_handshake(state, stream, blocked);
    }

    let mut send = lock_direction(&stream.send)?;
    let mut recv = lock_direction(&stream.recv)?;
    let handshake = place.get_or_insert_default();
    let in_use = handshake.config.take();
    let mut ctx = Context::new(state, stream, &mut send, &mut recv, in_use)?;
    handshake.checkpoints.listen(state);
    let drive = || {
        let outcome = handshake.drive(&mut ctx, blocked);
        (outcome, std::mem::take(&mut handshake.has_used_secrets))
    };
    let mut outcome = with_stack_cleared_if(state.mode().into(), drive);
    handshake.config = Some(ctx.into_config());
    if outcome.is_ok() {
        state.shared.handshake_done.store(true, Release);
        let event = Event::HandshakeDone {
            version: state.version().number(),
            suite: state.suite(),
        };
        probe::fire(state.name(), event);
        if log::is_on(LogLevel::Info) {
            log_result(state);
        }
        state.free_psk_secrets();
        // Free the memory that an idle connection does not use.
        *place = None;
        send.handshake_keys = None;
        send.out.release();
        recv.release_input();
        outcome = send_post_handshake(state, stream, &mut send, blocked);
        // That of the tickets, which are written.
        if send.out.is_empty() {
            send.out.release();
        }
    }
    recv.end_of_call(&state.shared);
    send.release_if_dynamic(&state.shared);
    outcome
}

/// Logs the parameters of a complete handshake.
#[cold]
fn log_result(state: &State) {
    let Some(negotiated) = state.negotiated() else {
        return;
    };
    let resumed = if state.is_resumed() { ", resumed" } else { "" };
    log!(
        Info,
        state.name(),
        "handshake: complete, {}, {}, {}{resumed}",
        state.version(),
        negotiated.cipher().to_string_lossy(),
        negotiated.group().to_string_lossy(),
    );
}

/// Sends the pending post-handshake messages, in a call after the handshake.
fn negotiate_after_handshake(state: &State, stream: &Stream, blocked: &mut Blocked) -> Result<()> {
    if !state.shared.can_write() {
        *blocked = Blocked::Not;
        return Ok(());
    }
    let mut send = lock_direction(&stream.send)?;
    send_post_handshake(state, stream, &mut send, blocked)
}

/// Sends the pending post-handshake messages of TLS 1.3.
fn send_post_handshake(
    state: &State,
    stream: &Stream,
    send: &mut SendHalf,
    blocked: &mut Blocked,
) -> Result<()> {
    if state.version() == Version::Tls13 {
        *blocked = Blocked::Write;
        let io = stream.io(state);
        match state.is_quic() {
            true => {
                // No send follows that would write the rest of a ticket.
                send.flush(io)?;
                send.send_tickets(io)?;
            }
            false => send.send_post_handshake(io)?,
        }
    }
    *blocked = Blocked::Not;
    Ok(())
}
