//! One connection from handshake to closure, with a sending and a receiving thread.

use std::io::IoSlice;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::*};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rs2n_core::base::{Blocked, Mode, Version};
use rs2n_core::connection::{Connection, Data};
use rs2n_core::error::{Code, Error};

use crate::endpoints::{Sink, Source};
use crate::error::{Result, ToolError};
use crate::options::Common;
use crate::progress::Progress;
use crate::report::Report;
use crate::stream::Stream;

mod early_data;
pub use self::early_data::{EarlyData, FirstData};

/// The timeouts of a connection: `--timeout` and `--linger`.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    pub timeout: Option<Duration>,
    pub linger: Option<Duration>,
}

impl From<&Common> for Timeouts {
    fn from(options: &Common) -> Self {
        Self {
            timeout: options.timeout,
            linger: options.linger,
        }
    }
}

/// A connection, shared by its sending and its receiving thread.
pub struct Session {
    conn: Connection,
    stream: Arc<Stream>,
    timeouts: Timeouts,
    /// `--ktls`
    uses_kernel: bool,
    progress: Progress,
    started: Instant,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    /// The number of bytes that were sent or received as early data.
    early_bytes: AtomicU64,
    /// Held during sends. The sending thread does not hold it while it waits for input, so that the
    /// receiving thread can send the close_notify.
    write_lock: Mutex<()>,
    /// Whether sending the close_notify has started, and whether it is complete.
    close_notify_started: AtomicBool,
    close_notify_sent: AtomicBool,
    /// Whether data was sent after the peer's close_notify.
    sent_after_peer_close: AtomicBool,
}

/// Default of `--linger` before TLS 1.3, where a close_notify ends both directions: that of this side is delayed
/// until nothing was received for this time.
const DEFAULT_LINGER_TLS12: Duration = Duration::from_secs(3);

/// How long the receiving thread, after a failure, waits for the sending thread's error.
const SENDER_ERROR_TIMEOUT: Duration = Duration::from_millis(500);

impl Session {
    pub fn new(conn: Connection, tcp: TcpStream, options: &Common, progress: Progress) -> Self {
        // Interactive input is sent without delay.
        let _ = tcp.set_nodelay(true);
        let timeouts = Timeouts::from(options);
        let uses_kernel = options.ktls;
        let stream = Arc::new(Stream::new(tcp, timeouts.timeout, uses_kernel));
        conn.set_reader(Some(stream.clone()));
        conn.set_writer(Some(stream.clone()), true);
        // The kernel cannot decrypt records that are read ahead. Only QUIC connections reject it.
        let _ = conn.set_recv_buffering(!uses_kernel);
        Self {
            conn,
            stream,
            timeouts,
            uses_kernel,
            progress,
            started: Instant::now(),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            early_bytes: AtomicU64::new(0),
            write_lock: Mutex::new(()),
            close_notify_started: AtomicBool::new(false),
            close_notify_sent: AtomicBool::new(false),
            sent_after_peer_close: AtomicBool::new(false),
        }
    }

    /// Performs the handshake, with early data. After a failure the alert is sent.
    pub fn negotiate(&self, early_data: EarlyData<'_>, report: &mut Report) -> Result<FirstData> {
        let outcome = self.handshake(early_data);
        report.record_handshake(&self.conn, self.started.elapsed());
        report.record_early_data(&self.conn, self.early_bytes.load(Acquire));
        match outcome {
            Ok(first) => {
                self.stream.finish_handshake();
                Ok(first)
            }
            Err(error) => {
                let tool_error = match self.stream.foreign_protocol() {
                    Some(protocol) => ToolError::foreign_protocol(self.conn.mode(), protocol),
                    None => self.tool_error(&error),
                };
                let _ = self.conn.shutdown_send(&mut Blocked::Not);
                // After a timeout the peer is not waited for again.
                if error.code() != Code::IoBlocked {
                    self.stream.shutdown_and_drain();
                }
                Err(tool_error)
            }
        }
    }

    /// Enables kernel TLS after the handshake, with `--ktls`, and returns the reasons if it cannot
    /// be enabled.
    pub fn enable_kernel_tls(&self, report: &mut Report) -> Vec<ToolError> {
        if !self.uses_kernel {
            return Vec::new();
        }
        report.enable_kernel_tls(&self.conn)
    }

    /// Returns the TLS connection.
    pub fn connection(&self) -> &Connection {
        &self.conn
    }

    /// Transfers data in both directions until both sides have sent a close_notify.
    pub fn transfer(
        self: &Arc<Self>,
        first: FirstData,
        source: Source,
        mut sink: Sink,
    ) -> Result<()> {
        let FirstData { unsent, received } = first;
        let closes_with_peer = source.closes_with_peer();
        let may_block = source.may_block();
        let echoes = matches!(sink, Sink::Echo(_));
        // Input that ends without data closes a client only. A server started without input waits
        // for its client's close_notify. So does the receiver of a file, so that its own
        // close_notify confirms that the file is complete.
        let closes_without_input =
            self.conn.mode() == Mode::Client && !matches!(sink, Sink::File(_));
        let (transfer_end, ended) = channel::<()>();
        let (outcome_sender, sender_outcome) = channel();
        let session = self.clone();
        let spawned = thread::Builder::new().spawn(move || {
            // The receiving thread may have returned without waiting for the outcome.
            let sent = session.send_all(&unsent, source, closes_without_input, &ended);
            let _ = outcome_sender.send(sent);
        });
        spawned.map_err(|error| ToolError::new(format!("cannot start a thread: {error}")))?;

        let outcome = self.receive_all(&received, &mut sink);
        drop(transfer_end);
        // An echo, and a received file, end with the peer's close_notify.
        if let Err(error) = outcome.and_then(|()| sink.finish()) {
            self.stream.abort();
            let sender = match may_block {
                true => sender_outcome.try_recv().ok(),
                false => sender_outcome.recv_timeout(SENDER_ERROR_TIMEOUT).ok(),
            };
            return Err(match sender {
                // Report the cause, not its effect on the other thread.
                Some(Err(reason)) if reason.is_local() || echoes && error.is_local() => reason,
                _ => error,
            });
        }
        if !self.supports_half_close() {
            self.send_close_notify()?;
        }
        match closes_with_peer {
            true => sender_outcome.try_recv().unwrap_or(Ok(()))?,
            false => sender_outcome.recv().unwrap_or(Ok(()))?,
        }
        self.send_close_notify()
    }

    fn send_all(
        &self,
        first: &[u8],
        mut source: Source,
        closes_without_input: bool,
        ended: &Receiver<()>,
    ) -> Result<()> {
        let outcome = self
            .send(first)
            .and_then(|()| self.send_chunks(&mut source));
        // Wakes the receiving thread, and lets the peer detect the failure.
        if outcome.as_ref().is_err_and(ToolError::is_local) {
            self.stream.abort();
        }
        outcome?;
        let has_sent = self.bytes_out.load(Relaxed) > 0;
        let awaits_peer_close = match source {
            Source::Empty => true,
            Source::Stdin { .. } | Source::SentStdin => !closes_without_input && !has_sent,
            Source::File { .. } | Source::Echo(_) => false,
        };
        if awaits_peer_close {
            return Ok(());
        }
        self.linger(ended);
        self.send_close_notify()
    }

    fn send_chunks(&self, source: &mut Source) -> Result<()> {
        let mut buffer = Vec::new();
        loop {
            source.read_chunk(&mut buffer)?;
            if buffer.is_empty() {
                return Ok(());
            }
            self.send(&buffer)?;
        }
    }

    fn send(&self, mut bytes: &[u8]) -> Result<()> {
        let _guard = self.lock_writes();
        while !bytes.is_empty() {
            let slices = [IoSlice::new(bytes)];
            if self.peer_has_closed() {
                self.sent_after_peer_close.store(true, Release);
            }
            let sent = self.conn.send(Data::new(&slices, 0), &mut Blocked::Not);
            let sent = sent.map_err(|error| self.send_error(&error))?;
            self.count_sent(sent);
            bytes = &bytes[sent..];
        }
        Ok(())
    }

    fn count_sent(&self, len: usize) {
        self.bytes_out.fetch_add(len as u64, Relaxed);
        self.progress.sent(len);
    }

    fn lock_writes(&self) -> MutexGuard<'_, ()> {
        self.write_lock
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nothing was received for the time of `--linger`: before TLS 1.3 the close_notify
    /// would end the peer's direction too.
    fn linger(&self, ended: &Receiver<()>) {
        let linger = self
            .timeouts
            .linger
            .unwrap_or(match self.supports_half_close() {
                true => Duration::ZERO,
                false => DEFAULT_LINGER_TLS12,
            });
        let last_sent = Instant::now();
        loop {
            let idle = self.stream.time_since_received().min(last_sent.elapsed());
            let left = linger.saturating_sub(idle);
            if left.is_zero() || ended.recv_timeout(left) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }

    fn receive_all(&self, first: &[u8], sink: &mut Sink) -> Result<()> {
        self.write_received(first, sink)?;
        let mut buffer = vec![0; 64 << 10];
        loop {
            match self.conn.recv(&mut buffer, &mut Blocked::Not) {
                Ok(0) => return Ok(()),
                Ok(len) => self.write_received(&buffer[..len], sink)?,
                Err(error) if self.is_closed_both_ways(&error) => return self.await_close_notify(),
                Err(error) => return Err(self.tool_error(&error)),
            }
        }
    }

    fn write_received(&self, bytes: &[u8], sink: &mut Sink) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.bytes_in.fetch_add(bytes.len() as u64, Relaxed);
        self.progress.received(bytes.len());
        sink.write(bytes)
    }

    /// Whether the error is due to the close_notify of this side, after which the library receives nothing
    /// before TLS 1.3.
    fn is_closed_both_ways(&self, error: &Error) -> bool {
        let is_end = error.code() == Code::Closed;
        is_end && !self.supports_half_close() && self.close_notify_started.load(Acquire)
    }

    /// Waits for the peer's close_notify. Data before it is an error.
    fn await_close_notify(&self) -> Result<()> {
        let bytes_read = || {
            // With kernel TLS the connection does not count, and the close_notify is not data.
            let by_kernel = self.stream.kernel_data.load(Acquire);
            by_kernel + self.conn.wire_bytes_in() - u64::from(self.conn.peek_buffered())
        };
        let close_notify = match self.conn.receives_by_kernel() {
            true => 0,
            false => CLOSE_NOTIFY_RECORD,
        };
        let before = bytes_read();
        // The sending thread may be about to send the close_notify too.
        let guard = self.lock_writes();
        let outcome = self.conn.shutdown(&mut Blocked::Not);
        drop(guard);
        outcome.map_err(|error| self.tool_error(&error))?;
        if bytes_read() - before <= close_notify {
            return Ok(());
        }
        let error = ToolError::new(
            "the peer was still sending: before TLS 1.3 our close_notify ends both directions",
        );
        Err(error.with_advice("a larger --linger waits longer"))
    }

    /// Sends the close_notify. Calling it again has no effect.
    fn send_close_notify(&self) -> Result<()> {
        let _guard = self.lock_writes();
        self.close_notify_started.store(true, Release);
        match self.conn.shutdown_send(&mut Blocked::Not) {
            Ok(()) => self.close_notify_sent.store(true, Release),
            // The peer closed the TCP connection after it had received everything.
            Err(_) if self.peer_has_closed() && !self.sent_after_peer_close.load(Acquire) => {}
            Err(error) => return Err(self.tool_error(&error)),
        }
        Ok(())
    }

    /// Records the end of the connection in the report.
    pub fn finish(&self, report: &mut Report) {
        self.progress.finish();
        report.bytes_in = self.bytes_in.load(Relaxed);
        report.bytes_out = self.bytes_out.load(Relaxed);
        report.close_notify.sent = self.close_notify_sent.load(Acquire);
        report.record_end(&self.conn, self.started.elapsed());
    }

    /// Whether each direction is closed separately, as in TLS 1.3 (RFC 8446, 6.1).
    fn supports_half_close(&self) -> bool {
        self.conn.version() >= Version::Tls13
    }

    fn peer_has_closed(&self) -> bool {
        self.conn.alert().is_ok_and(|alert| alert == CLOSE_NOTIFY)
    }

    fn tool_error(&self, error: &Error) -> ToolError {
        ToolError::connection(error, &self.conn, self.timeouts.timeout)
    }

    fn send_error(&self, error: &Error) -> ToolError {
        let error = self.tool_error(error);
        match self.peer_has_closed() {
            true => ToolError {
                message: "the peer closed before all data was sent".into(),
                advice: None,
                ..error
            },
            false => error,
        }
    }
}

/// RFC 8446, 6.1.
const CLOSE_NOTIFY: u8 = 0;

/// Maximum length of a close_notify record before TLS 1.3: header, nonce, alert and tag (RFC 5288,
/// 3).
const CLOSE_NOTIFY_RECORD: u64 = 5 + 8 + 2 + 16;
