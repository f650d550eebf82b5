//! Handshake messages of QUIC connections, which are received without records.

use std::num::NonZeroU8;
use std::sync::atomic::Ordering::*;

use super::RecvHalf;
use crate::base::{Blocked, Mode, StackDepth, lock_direction, with_cleared_stack};
use crate::error::{Code, Limit, Reason, Result};
use crate::messages::{HandshakeHeader, NEW_SESSION_TICKET};
use crate::state::State;
use crate::stream::{Io, Stream};

/// The limit of a message's body in bytes, which is not reached.
const BODY_LIMIT: usize = 64 * 1024;

impl Stream {
    /// Receives and processes one post-handshake message of a QUIC connection: a NewSessionTicket.
    pub(crate) fn recv_post_handshake(&self, state: &State, blocked: &mut Blocked) -> Result<()> {
        *blocked = Blocked::Read;
        let mut half = lock_direction(&self.recv)?;
        if !state.is_quic() {
            return Err(Code::InvalidState)?;
        }
        if !state.shared.handshake_done.load(Acquire) {
            return Err(Code::HandshakeNotComplete)?;
        }
        if !state.shared.can_read() {
            return Err(Code::Closed)?;
        }
        if let Err(error) = half.recv_message(self.io(state)) {
            // The messages behind an invalid one are not those of the peer.
            if !error.is_blocked() {
                state.shared.close();
            }
            return Err(error);
        }
        *blocked = Blocked::Not;
        Ok(())
    }
}

impl RecvHalf {
    fn recv_message(&mut self, io: Io<'_>) -> Result<()> {
        let len = self.fill_message(io)?;
        self.take_message(len, |message| {
            if message[0] != NEW_SESSION_TICKET {
                return Err(Code::UnsupportedWithQuic.because(Reason::MessageType {
                    got: message[0],
                    expected: NonZeroU8::new(NEW_SESSION_TICKET),
                }));
            }
            if io.state.mode() != Mode::Client {
                return Err(Code::BadMessage)?;
            }
            let ticket = &message[HandshakeHeader::LEN..];
            with_cleared_stack(StackDepth::Keys, || io.state.receive_ticket(ticket))
        })
    }

    /// Reads exactly one handshake message, and returns its length in bytes. The bytes that a
    /// blocked call has read stay buffered.
    pub(crate) fn fill_message(&mut self, io: Io<'_>) -> Result<usize> {
        const HEADER: usize = HandshakeHeader::LEN;

        self.awaits_record = true;
        let mut source = io.source(&mut self.reader);
        self.input.fill(HEADER, false, &mut source)?;
        let body = match *self.input.buffered() {
            [_, high, middle, low, ..] => u32::from_be_bytes([0, high, middle, low]) as usize,
            _ => return Err(Code::Safety)?,
        };
        if body >= BODY_LIMIT {
            self.input.consume(HEADER);
            self.awaits_record = false;
            return Err(Code::BadMessage.because(Reason::Length {
                of: "a handshake message",
                len: body as u32,
                limit: Limit::AtMost(BODY_LIMIT as u32 - 1),
            }));
        }
        let mut source = io.source(&mut self.reader);
        self.input.fill(HEADER + body, false, &mut source)?;
        self.awaits_record = false;
        Ok(HEADER + body)
    }

    /// Removes a complete message from the input, and passes it to `take`.
    pub(crate) fn take_message<R>(&mut self, len: usize, take: impl FnOnce(&[u8]) -> R) -> R {
        let taken = take(&self.input.buffered()[..len]);
        self.input.consume(len);
        taken
    }
}
