//! Sending of the tickets of a TLS 1.3 server, after the handshake.

use std::sync::atomic::Ordering::*;

use super::Io;
use super::send::SendHalf;
use crate::base::log::log;
use crate::base::{StackDepth, with_cleared_stack};
use crate::error::Result;
use crate::record::ContentType;

impl SendHalf {
    /// Sends the tickets that are due, one after the other. A call that blocks continues with the
    /// next one.
    pub(crate) fn send_tickets(&mut self, io: Io<'_>) -> Result<()> {
        let shared = &io.state.shared;
        if shared.tickets_sent.load(Relaxed) == shared.tickets_to_send.load(Acquire) {
            return Ok(());
        }
        let config = io.state.config()?;
        if !io.state.may_send_tickets(&config) {
            return Ok(());
        }
        if io.state.check_keying_material(&config).is_err() {
            let sent = shared.tickets_sent.load(Relaxed);
            shared.tickets_to_send.store(sent, Release);
            return Ok(());
        }
        loop {
            let sent = shared.tickets_sent.load(Relaxed);
            if sent >= shared.tickets_to_send.load(Acquire) {
                return Ok(());
            }
            // Without a key there is no ticket, which is not an error of the connection.
            let create = || io.state.new_ticket(&config, sent as u16);
            let Ok(message) = with_cleared_stack(StackDepth::Keys, create) else {
                return Ok(());
            };
            self.flush(io)?;
            self.seal_handshake(io, &message)?;
            shared.tickets_sent.store(sent + 1, Release);
            log!(Debug, io.state.name(), "a session ticket is sent");
            self.flush(io)?;
        }
    }

    /// Seals a handshake message, in records of at most the preferred size.
    /// Those of a QUIC connection are not sealed.
    fn seal_handshake(&mut self, io: Io<'_>, message: &[u8]) -> Result<()> {
        if let Some(kernel) = &mut self.kernel {
            return kernel.buffer(&mut self.out, ContentType::Handshake, message);
        }
        if io.state.is_quic() {
            return self.out.extend(message);
        }
        let Some(sealer) = &mut self.sealer else {
            return Ok(());
        };
        let fragments = message.chunks(io.state.shared.max_payload().max(1));
        io.state.shared.use_send_buffer();
        // Space for all of them: a message must not end in the middle.
        let room = self
            .out
            .room(message.len() + fragments.len() * sealer.overhead())?;
        let mut written = 0;
        for fragment in fragments {
            let sealed = sealer.seal(ContentType::Handshake, &[fragment], &mut room[written..]);
            match sealed {
                Ok(len) => written += len,
                Err(error) => {
                    io.state.shared.close();
                    return Err(error);
                }
            }
        }
        self.out.commit(written);
        Ok(())
    }
}
