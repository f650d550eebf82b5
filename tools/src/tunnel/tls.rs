//! The TLS side of a tunnel.

use std::io::IoSlice;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering::*;
use std::time::Instant;

use rs2n_core::base::{Blocked, Version};
use rs2n_core::connection::{Connection, Data};
use rs2n_core::error::{Code, Error};

use super::readiness::Readiness;
use crate::error::ToolError;
use crate::report::Report;
use crate::stream::Stream;

/// A TLS connection over a non-blocking socket.
pub struct Tls {
    pub conn: Connection,
    stream: Arc<Stream>,
    pub ready: Readiness,
    started: Instant,
    uses_kernel: bool,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub close_notify_sent: bool,
}

/// The result of a receive.
pub enum Received {
    Data(usize),
    /// The peer's close_notify.
    Closed,
    Blocked,
}

/// The preferred maximum of plaintext bytes per record: that of TLS, for throughput.
const RECORD_LEN: u32 = 16 << 10;

impl Tls {
    /// Takes over a connected socket, which does not block.
    pub fn new(conn: Connection, tcp: TcpStream, uses_kernel: bool) -> Self {
        let _ = tcp.set_nodelay(true);
        let stream = Arc::new(Stream::new(tcp, None, uses_kernel));
        conn.set_reader(Some(stream.clone()));
        conn.set_writer(Some(stream.clone()), true);
        // The kernel cannot decrypt records that are read ahead. Only QUIC connections reject it.
        let _ = conn.set_recv_buffering(!uses_kernel);
        conn.set_record_size(RECORD_LEN);
        Self {
            conn,
            stream,
            ready: Readiness::new(),
            started: Instant::now(),
            uses_kernel,
            bytes_in: 0,
            bytes_out: 0,
            close_notify_sent: false,
        }
    }

    pub fn tcp(&self) -> &TcpStream {
        self.stream.tcp()
    }

    /// Continues the handshake, and returns whether it is complete.
    pub fn negotiate(&mut self, report: &mut Report) -> Result<bool, ToolError> {
        let mut blocked = Blocked::Not;
        let outcome = self.conn.negotiate(&mut blocked);
        let is_blocked = self.observe(&outcome, blocked);
        if is_blocked {
            return Ok(false);
        }
        report.record_handshake(&self.conn, self.started.elapsed());
        match outcome {
            Ok(()) => {
                self.stream.finish_handshake();
                // Data may have been read together with the last message, which no event reports.
                self.ready.readable = true;
                Ok(true)
            }
            Err(error) => Err(match self.stream.foreign_protocol() {
                Some(protocol) => ToolError::foreign_protocol(self.conn.mode(), protocol),
                None => self.error(&error),
            }),
        }
    }

    /// Enables kernel TLS after the handshake, and returns the reasons if it cannot be enabled.
    pub fn enable_kernel(&self, report: &mut Report) -> Vec<ToolError> {
        match self.uses_kernel {
            true => report.enable_kernel_tls(&self.conn),
            false => Vec::new(),
        }
    }

    /// Sends as many bytes as the transport accepts, and returns their number. The caller continues
    /// with the others.
    pub fn send(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        let slices = [IoSlice::new(bytes)];
        let mut blocked = Blocked::Not;
        let outcome = self.conn.send(Data::new(&slices, 0), &mut blocked);
        let is_blocked = self.observe(&outcome, blocked);
        let sent = match outcome {
            Ok(sent) => sent,
            Err(_) if is_blocked => 0,
            Err(error) => return Err(error),
        };
        if sent < bytes.len() {
            self.ready.writable = false;
        }
        self.bytes_out += sent as u64;
        Ok(sent)
    }

    /// Receives as many bytes as have arrived, at most `buf.len()`.
    pub fn recv(&mut self, buf: &mut [u8]) -> Result<Received, Error> {
        let mut blocked = Blocked::Not;
        let outcome = self.conn.recv(buf, &mut blocked);
        let is_blocked = self.observe(&outcome, blocked);
        match outcome {
            Ok(0) => Ok(Received::Closed),
            Ok(len) => {
                self.bytes_in += len as u64;
                Ok(Received::Data(len))
            }
            Err(_) if is_blocked => Ok(Received::Blocked),
            Err(error) => Err(error),
        }
    }

    /// Sends the close_notify, or the alert of an error. Returns whether that is complete.
    pub fn close(&mut self) -> Result<bool, Error> {
        let mut blocked = Blocked::Not;
        let outcome = self.conn.shutdown_send(&mut blocked);
        match self.observe(&outcome, blocked) {
            true => Ok(false),
            false => outcome.map(|()| true),
        }
    }

    /// Waits for the peer's close_notify, and returns whether it was received. Data is discarded.
    pub fn await_close_notify(&mut self) -> Result<bool, Error> {
        let mut blocked = Blocked::Not;
        let outcome = self.conn.shutdown(&mut blocked);
        match self.observe(&outcome, blocked) {
            true => Ok(false),
            false => outcome.map(|()| true),
        }
    }

    /// Frees what an idle connection does not need.
    pub fn release_buffers(&self) {
        // Fails while they are in use.
        let _ = self.conn.release_buffers();
    }

    /// Whether each direction is closed separately, as in TLS 1.3 (RFC 8446, 6.1).
    pub fn supports_half_close(&self) -> bool {
        self.conn.version() >= Version::Tls13
    }

    pub fn peer_has_closed(&self) -> bool {
        self.conn.alert().is_ok_and(|alert| alert == CLOSE_NOTIFY)
    }

    /// Returns the number of bytes on the wire that are processed.
    pub fn wire_bytes_in(&self) -> u64 {
        let by_kernel = self.stream.kernel_data.load(Acquire);
        by_kernel + self.conn.wire_bytes_in() - u64::from(self.conn.peek_buffered())
    }

    pub fn error(&self, error: &Error) -> ToolError {
        ToolError::connection(error, &self.conn, None)
    }

    /// Records the end of the connection in the report.
    pub fn record_end(&self, report: &mut Report) {
        report.bytes_in = self.bytes_in;
        report.bytes_out = self.bytes_out;
        report.close_notify.sent = self.close_notify_sent;
        report.record_end(&self.conn, self.started.elapsed());
    }

    /// Records in which direction a call is blocked, and returns whether it is.
    fn observe<T>(&mut self, outcome: &Result<T, Error>, blocked: Blocked) -> bool {
        let Err(error) = outcome else { return false };
        if error.code() != Code::IoBlocked {
            return false;
        }
        match blocked {
            Blocked::Write => self.ready.writable = false,
            _ => self.ready.readable = false,
        }
        true
    }
}

/// RFC 8446, 6.1.
const CLOSE_NOTIFY: u8 = 0;
