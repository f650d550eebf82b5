//! Early data (0-RTT; RFC 8446, 2.3) of a connection.

use std::sync::atomic::Ordering::*;

use rs2n_core::base::Blocked;
use rs2n_core::config::EarlyDataProgress;
use rs2n_core::error::{Code, Error};

use super::Session;
use crate::stream::ReadMode;

/// What a connection does with early data.
#[derive(Clone, Copy)]
pub enum EarlyData<'a> {
    /// It is neither sent nor accepted.
    None,
    /// A client sends this data, as early data if the server accepts it.
    Send(&'a [u8]),
    /// A server accepts it.
    Accept,
}

/// The data that is transferred before that of the source and the sink.
#[derive(Default)]
pub struct FirstData {
    /// Data of [`EarlyData::Send`] that the server has not accepted as early data.
    pub unsent: Vec<u8>,
    /// The early data that was received. An attacker can replay early data, but cannot complete the
    /// handshake: it is processed after that.
    pub received: Vec<u8>,
}

/// The maximum length of the content of a record in bytes (RFC 8446, 5.1).
const RECORD_LEN: usize = 16 << 10;

impl Session {
    /// Performs the handshake, with early data.
    pub(super) fn handshake(&self, early_data: EarlyData<'_>) -> Result<FirstData, Error> {
        let mut first = FirstData::default();
        let mut sent = 0;
        match early_data {
            EarlyData::None => {}
            EarlyData::Send(data) => sent = self.send_early_data(data)?,
            EarlyData::Accept => first.received = self.recv_early_data()?,
        }
        // Ends the early data.
        self.conn.negotiate(&mut Blocked::Not)?;
        if let EarlyData::Send(data) = early_data {
            let accepted = match self.conn.early_data_progress() {
                EarlyDataProgress::Ended => sent,
                _ => 0,
            };
            self.count_sent(accepted);
            first.unsent = data[accepted..].to_vec();
        }
        Ok(first)
    }

    /// Sends as much early data as is permitted, and returns the number of bytes.
    fn send_early_data(&self, data: &[u8]) -> Result<usize, Error> {
        // The first record precedes the server's response.
        self.stream.set_read_mode(ReadMode::Off);
        let outcome = self.send_permitted(data);
        self.stream.set_read_mode(ReadMode::Wait);
        outcome
    }

    fn send_permitted(&self, data: &[u8]) -> Result<usize, Error> {
        let mut sent = 0;
        while sent < data.len() {
            let end = data.len().min(sent + RECORD_LEN);
            let mut len = 0;
            let outcome = self
                .conn
                .send_early_data(&data[sent..end], &mut len, &mut Blocked::Not);
            sent += len;
            self.early_bytes.store(sent as u64, Release);
            match outcome {
                // The limit is reached, or the server has rejected the data.
                Ok(()) if len == 0 => break,
                Ok(()) => {}
                // The server has not responded.
                Err(error) if error.is_blocked() && len > 0 => {}
                Err(error) => return Err(error),
            }
            self.stream.set_read_mode(ReadMode::Poll);
        }
        Ok(sent)
    }

    fn recv_early_data(&self) -> Result<Vec<u8>, Error> {
        let mut all = Vec::new();
        let mut buffer = vec![0; RECORD_LEN];
        loop {
            let mut len = 0;
            let outcome = self
                .conn
                .recv_early_data(&mut buffer, &mut len, &mut Blocked::Not);
            all.extend_from_slice(&buffer[..len]);
            self.early_bytes.store(all.len() as u64, Release);
            match outcome {
                Ok(()) => return Ok(all),
                Err(error) if error.code() == Code::EarlyDataBlocked => {}
                Err(error) => return Err(error),
            }
        }
    }
}
