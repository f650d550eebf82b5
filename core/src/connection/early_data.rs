//! Early data (0-RTT) of a connection.

use std::io::IoSlice;

use super::{Connection, Data};
use crate::base::{Blocked, Mode};
use crate::config::EarlyDataProgress;
use crate::error::{Code, Error, Result};

impl Connection {
    /// Server: sets the maximum length of early data in bytes, in place of that of the config.
    pub fn set_max_early_data(&self, bytes: u32) {
        self.state.set_max_early_data(bytes);
    }

    /// Sets the data of the application for tickets and sessions that permit early data.
    pub fn set_early_data_context(&self, context: &[u8]) -> Result<()> {
        self.state.set_early_data_context(context)
    }

    pub fn early_data_progress(&self) -> EarlyDataProgress {
        self.state.early_data_progress()
    }

    /// Returns how many bytes of early data can still be sent or received.
    pub fn remaining_early_data(&self) -> Result<u32> {
        self.state.remaining_early_data()
    }

    /// Returns the maximum length of early data in bytes.
    pub fn max_early_data(&self) -> Result<u32> {
        self.state.max_early_data()
    }

    /// Client: performs the handshake as far as possible, and sends early data: at most as much as
    /// is permitted. Sets `sent` to the number of bytes.
    ///
    /// Succeeds if no more can be sent, or if the application continues with the handshake.
    pub fn send_early_data(
        &self,
        data: &[u8],
        sent: &mut usize,
        blocked: &mut Blocked,
    ) -> Result<()> {
        let send = || self.negotiate_and_send(data, sent, blocked);
        let outcome = self.expecting_early_data(send);
        self.record("s2n_send_early_data", &outcome);
        outcome
    }

    fn negotiate_and_send(
        &self,
        data: &[u8],
        sent: &mut usize,
        blocked: &mut Blocked,
    ) -> Result<()> {
        *blocked = Blocked::Not;
        if self.mode() == Mode::Server {
            return Err(Code::ServerMode.rule("a server sends no early data"));
        }
        if self.uses_quic() {
            return Err(Code::UnsupportedWithQuic)?;
        }
        if !self.can_continue() {
            return Ok(());
        }

        // The data is sent even if the handshake is blocked, unless that prevents it.
        let negotiated = self.negotiate(blocked);
        if let Err(error) = negotiated.as_ref()
            && !(error.is_blocked() && matches!(*blocked, Blocked::EarlyData | Blocked::Read))
        {
            return negotiated;
        }
        let negotiation = *blocked;
        let most = self.remaining_early_data()? as usize;
        let data = &data[..most.min(data.len())];
        if !data.is_empty() {
            *sent = self.send(Data::new(&[IoSlice::new(data)], 0), blocked)?;
        }
        *blocked = Blocked::Not;
        match negotiated {
            Err(error) if negotiation != Blocked::EarlyData && self.can_continue() => {
                *blocked = negotiation;
                Err(error)
            }
            _ => Ok(()),
        }
    }

    /// Server: performs the handshake, and receives early data. Sets `received` to the number of
    /// bytes.
    ///
    /// Succeeds if there is no more early data.
    pub fn recv_early_data(
        &self,
        buf: &mut [u8],
        received: &mut usize,
        blocked: &mut Blocked,
    ) -> Result<()> {
        let receive = || self.negotiate_and_receive(buf, received, blocked);
        let outcome = self.expecting_early_data(receive);
        self.record("s2n_recv_early_data", &outcome);
        outcome
    }

    fn negotiate_and_receive(
        &self,
        buf: &mut [u8],
        received: &mut usize,
        blocked: &mut Blocked,
    ) -> Result<()> {
        *blocked = Blocked::Not;
        if self.mode() == Mode::Client {
            return Err(Code::ClientMode.rule("a client receives no early data"));
        }
        if self.uses_quic() {
            return Err(Code::UnsupportedWithQuic)?;
        }
        if !self.can_continue() {
            return Ok(());
        }
        loop {
            let Err(error) = self.negotiate(blocked) else {
                return Ok(());
            };
            if !error.is_blocked() || *received >= buf.len() {
                return Err(error);
            }
            if *blocked != Blocked::EarlyData {
                if self.can_continue() {
                    return Err(error);
                }
                *blocked = Blocked::Not;
                return Ok(());
            }
            let outcome = self.recv(&mut buf[*received..], blocked);
            if outcome.as_ref().is_err_and(is_over_limit) {
                *blocked = Blocked::Not;
            }
            *received += outcome?;
        }
    }

    /// Makes a call in which early data is sent or received. Another call of `negotiate` ends it.
    fn expecting_early_data<R>(&self, call: impl FnOnce() -> R) -> R {
        self.state.set_expects_early_data(true);
        let outcome = call();
        self.state.set_expects_early_data(false);
        outcome
    }

    /// Returns whether early data can be sent or received, now or later.
    fn can_continue(&self) -> bool {
        self.remaining_early_data().is_ok_and(|rest| rest > 0)
    }
}

fn is_over_limit(error: &Error) -> bool {
    error.code() == Code::MaxEarlyDataSize
}
