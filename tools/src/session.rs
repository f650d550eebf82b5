//! One connection, from the handshake to the end: a thread that sends, and one that receives.

use std::io::IoSlice;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::*};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use s2n::tls::base::Blocked;
use s2n::tls::base::{Mode, Version};
use s2n::tls::connection::{Connection, Data};
use s2n::tls::error::{Code, Error};

use crate::endpoints::{Sink, Source};
use crate::error::{Result, ToolError};
use crate::options::Common;
use crate::progress::Progress;
use crate::report::Report;
use crate::stream::Stream;

/// How long we wait for what.
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

/// A connection that two threads use.
pub struct Session {
    conn: Connection,
    stream: Arc<Stream>,
    timeouts: Timeouts,
    progress: Progress,
    started: Instant,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    /// Held while something is sent. The sending thread waits for its input without it, so that the
    /// receiving one can close.
    write_lock: Mutex<()>,
    /// Our close_notify is on its way, and whether it has left.
    close_notify_started: AtomicBool,
    close_notify_sent: AtomicBool,
    /// Something was sent although the peer had closed its direction.
    sent_after_peer_close: AtomicBool,
}

/// Before TLS 1.3 a close_notify ends both directions, so ours waits until nothing has come for so long.
const DEFAULT_LINGER_TLS12: Duration = Duration::from_secs(3);

/// How long the sending thread has to say why it failed, when the receiving one has.
const SENDER_ERROR_TIMEOUT: Duration = Duration::from_millis(500);

impl Session {
    pub fn new(conn: Connection, tcp: TcpStream, timeouts: Timeouts, progress: Progress) -> Self {
        // Interactive input is sent as it comes.
        let _ = tcp.set_nodelay(true);
        let stream = Arc::new(Stream::new(tcp, timeouts.timeout));
        conn.set_reader(Some(stream.clone()));
        conn.set_writer(Some(stream.clone()), true);
        conn.set_recv_buffering(true);
        Self {
            conn,
            stream,
            timeouts,
            progress,
            started: Instant::now(),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            write_lock: Mutex::new(()),
            close_notify_started: AtomicBool::new(false),
            close_notify_sent: AtomicBool::new(false),
            sent_after_peer_close: AtomicBool::new(false),
        }
    }

    /// Runs the handshake. If it fails, the peer is told.
    pub fn negotiate(&self, report: &mut Report) -> Result<()> {
        let outcome = self.conn.negotiate(&mut Blocked::Not);
        report.record_handshake(&self.conn, self.started.elapsed());
        match outcome {
            Ok(()) => {
                self.stream.finish_handshake();
                Ok(())
            }
            Err(error) => {
                let tool_error = self.tool_error(&error);
                let _ = self.conn.shutdown_send(&mut Blocked::Not);
                // Whoever was silent for too long need not be waited for again.
                if error.code() != Code::IoBlocked {
                    self.stream.shutdown_and_drain();
                }
                Err(tool_error)
            }
        }
    }

    /// Moves bytes both ways until both sides have closed.
    pub fn transfer(self: &Arc<Self>, source: Source, mut sink: Sink) -> Result<()> {
        let closes_with_peer = source.closes_with_peer();
        let may_block = source.may_block();
        let echoes = matches!(sink, Sink::Echo(_));
        // A server that was started without input is no reason to send its client away. And whoever
        // only receives a file closes when it is complete, so that the sender knows.
        let closes_without_input =
            self.conn.mode() == Mode::Client && !matches!(sink, Sink::File(_));
        let (transfer_end, ended) = channel::<()>();
        let (outcome_sender, sender_outcome) = channel();
        let session = self.clone();
        let spawned = thread::Builder::new().spawn(move || {
            // Nobody listens if the receiving thread has not waited for us.
            let _ = outcome_sender.send(session.send_all(source, closes_without_input, &ended));
        });
        spawned.map_err(|error| ToolError::new(format!("no thread: {error}")))?;

        let received = self.receive_all(&mut sink);
        drop(transfer_end);
        // The end of an echo, and of a file, is where the peer has closed.
        if let Err(error) = received.and_then(|()| sink.finish()) {
            self.stream.abort();
            let sender = match may_block {
                true => sender_outcome.try_recv().ok(),
                false => sender_outcome.recv_timeout(SENDER_ERROR_TIMEOUT).ok(),
            };
            return Err(match sender {
                // Of what both threads say the reason, not its effect upon the other.
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
        mut source: Source,
        closes_without_input: bool,
        ended: &Receiver<()>,
    ) -> Result<()> {
        let outcome = self.send_chunks(&mut source);
        // The receiving thread, and the peer, must learn of it.
        if outcome.as_ref().is_err_and(ToolError::is_local) {
            self.stream.abort();
        }
        outcome?;
        let has_sent = self.bytes_out.load(Relaxed) > 0;
        let awaits_peer_close = match source {
            Source::Empty => true,
            Source::Stdin { .. } => !closes_without_input && !has_sent,
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
        let _guard = self
            .write_lock
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        while !bytes.is_empty() {
            let slices = [IoSlice::new(bytes)];
            if self.peer_has_closed() {
                self.sent_after_peer_close.store(true, Release);
            }
            let sent = self.conn.send(Data::new(&slices, 0), &mut Blocked::Not);
            let sent = sent.map_err(|error| self.send_error(&error))?;
            self.bytes_out.fetch_add(sent as u64, Relaxed);
            self.progress.sent(sent);
            bytes = &bytes[sent..];
        }
        Ok(())
    }

    /// Before TLS 1.3 our close would end what the peer sends, so it has to be done.
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

    fn receive_all(&self, sink: &mut Sink) -> Result<()> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            match self.conn.recv(&mut buffer, &mut Blocked::Not) {
                Ok(0) => return Ok(()),
                Ok(len) => {
                    self.bytes_in.fetch_add(len as u64, Relaxed);
                    self.progress.received(len);
                    sink.write(&buffer[..len])?;
                }
                Err(error) if self.is_closed_both_ways(&error) => return self.await_close_notify(),
                Err(error) => return Err(self.tool_error(&error)),
            }
        }
    }

    /// Before TLS 1.3 the library receives nothing more after our close_notify.
    fn is_closed_both_ways(&self, error: &Error) -> bool {
        let is_end = error.code() == Code::Closed;
        is_end && !self.supports_half_close() && self.close_notify_started.load(Acquire)
    }

    /// Waits for the peer's close_notify. It should be the first that comes.
    fn await_close_notify(&self) -> Result<()> {
        let bytes_read = || self.conn.wire_bytes_in() - u64::from(self.conn.peek_buffered());
        let before = bytes_read();
        // The sending thread may be about to say the same.
        let guard = self
            .write_lock
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let outcome = self.conn.shutdown(&mut Blocked::Not);
        drop(guard);
        outcome.map_err(|error| self.tool_error(&error))?;
        if bytes_read() - before <= CLOSE_NOTIFY_RECORD {
            return Ok(());
        }
        let error = ToolError::new(
            "the peer was still sending when we closed, which ends both directions before TLS 1.3",
        );
        Err(error.with_advice("a longer --linger waits longer"))
    }

    /// Says that we send no more; again is no harm.
    fn send_close_notify(&self) -> Result<()> {
        let _guard = self
            .write_lock
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.close_notify_started.store(true, Release);
        match self.conn.shutdown_send(&mut Blocked::Not) {
            Ok(()) => self.close_notify_sent.store(true, Release),
            // It is gone, after it had all that it wanted.
            Err(_) if self.peer_has_closed() && !self.sent_after_peer_close.load(Acquire) => {}
            Err(error) => return Err(self.tool_error(&error)),
        }
        Ok(())
    }

    /// Writes down how the connection ended.
    pub fn finish(&self, report: &mut Report) {
        self.progress.finish();
        report.bytes_in = self.bytes_in.load(Relaxed);
        report.bytes_out = self.bytes_out.load(Relaxed);
        report.close_notify.sent = self.close_notify_sent.load(Acquire);
        report.record_end(&self.conn, self.started.elapsed());
    }

    /// Since TLS 1.3 one direction can end before the other.
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
                message: "the peer has closed before all was sent".into(),
                advice: None,
                ..error
            },
            false => error,
        }
    }
}

/// RFC 8446, 6.1.
const CLOSE_NOTIFY: u8 = 0;

/// The most bytes of a close_notify before TLS 1.3: header, nonce, alert and tag (RFC 5288, 3).
const CLOSE_NOTIFY_RECORD: u64 = 5 + 8 + 2 + 16;
