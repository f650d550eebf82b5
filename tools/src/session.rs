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

use crate::ends::{Sink, Source};
use crate::options::Common;
use crate::progress::Progress;
use crate::report::Report;
use crate::stream::Stream;
use crate::trouble::{Result, Trouble};

/// How long we wait for what.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub timeout: Option<Duration>,
    pub linger: Option<Duration>,
}

impl From<&Common> for Pace {
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
    pace: Pace,
    progress: Progress,
    began: Instant,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    /// Held while something is sent. The sending thread waits for its input without it, so that the
    /// receiving one can close.
    sending: Mutex<()>,
    /// Our close_notify is on its way, and whether it has left.
    closes: AtomicBool,
    has_closed: AtomicBool,
    /// Something was sent although the peer had closed its direction.
    sends_late: AtomicBool,
}

/// Before TLS 1.3 a close_notify ends both directions, so ours waits until nothing has come for so long.
const LINGER_TLS12: Duration = Duration::from_secs(3);

/// How long the sending thread has to say why it failed, when the receiving one has.
const LAST_WORDS: Duration = Duration::from_millis(500);

impl Session {
    pub fn new(conn: Connection, tcp: TcpStream, pace: Pace, progress: Progress) -> Self {
        // Interactive input is sent as it comes.
        let _ = tcp.set_nodelay(true);
        let stream = Arc::new(Stream::new(tcp, pace.timeout));
        conn.set_reader(Some(stream.clone()));
        conn.set_writer(Some(stream.clone()), true);
        conn.set_recv_buffering(true);
        Self {
            conn,
            stream,
            pace,
            progress,
            began: Instant::now(),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            sending: Mutex::new(()),
            closes: AtomicBool::new(false),
            has_closed: AtomicBool::new(false),
            sends_late: AtomicBool::new(false),
        }
    }

    /// Runs the handshake. If it fails, the peer is told.
    pub fn negotiate(&self, report: &mut Report) -> Result<()> {
        let outcome = self.conn.negotiate(&mut Blocked::Not);
        report.note_handshake(&self.conn, self.began.elapsed());
        match outcome {
            Ok(()) => {
                self.stream.end_of_handshake();
                Ok(())
            }
            Err(error) => {
                let trouble = self.trouble(&error);
                let _ = self.conn.shutdown_send(&mut Blocked::Not);
                // Whoever was silent for too long need not be waited for again.
                if error.code() != Code::IoBlocked {
                    self.stream.let_go();
                }
                Err(trouble)
            }
        }
    }

    /// Moves bytes both ways until both sides have closed.
    pub fn exchange(self: &Arc<Self>, source: Source, mut sink: Sink) -> Result<()> {
        let ends_with_the_peer = source.ends_with_the_peer();
        let may_wait_for_ever = source.is_input();
        let echoes = matches!(sink, Sink::Echo(_));
        // A server that was started without input is no reason to send its client away. And whoever
        // only receives a file closes when it is complete, so that the sender knows.
        let needs_input = self.conn.mode() == Mode::Client && !matches!(sink, Sink::File(_));
        let (tell_over, over) = channel::<()>();
        let (tell_sent, sent) = channel();
        let session = self.clone();
        let sender = thread::Builder::new().spawn(move || {
            // Nobody listens if the receiving thread has not waited for us.
            let _ = tell_sent.send(session.send_all(source, needs_input, &over));
        });
        sender.map_err(|error| Trouble::new(format!("no thread: {error}")))?;

        let received = self.receive_all(&mut sink);
        drop(tell_over);
        // The end of an echo, and of a file, is where the peer has closed.
        if let Err(trouble) = received.and_then(|()| sink.finish()) {
            self.stream.abort();
            let sender = match may_wait_for_ever {
                true => sent.try_recv().ok(),
                false => sent.recv_timeout(LAST_WORDS).ok(),
            };
            return Err(match sender {
                // Of what both threads say the reason, not its effect upon the other.
                Some(Err(reason)) if reason.is_local() || echoes && trouble.is_local() => reason,
                _ => trouble,
            });
        }
        if !self.closes_by_halves() {
            self.close()?;
        }
        match ends_with_the_peer {
            true => sent.try_recv().unwrap_or(Ok(()))?,
            false => sent.recv().unwrap_or(Ok(()))?,
        }
        self.close()
    }

    fn send_all(&self, mut source: Source, needs_input: bool, over: &Receiver<()>) -> Result<()> {
        let outcome = self.send_pieces(&mut source);
        // The receiving thread, and the peer, must learn of it.
        if outcome.as_ref().is_err_and(Trouble::is_local) {
            self.stream.abort();
        }
        outcome?;
        let has_sent = self.bytes_out.load(Relaxed) > 0;
        let lets_the_peer_close = match source {
            Source::Nothing => true,
            Source::Input { .. } => !needs_input && !has_sent,
            Source::File { .. } | Source::Echo(_) => false,
        };
        if lets_the_peer_close {
            return Ok(());
        }
        self.await_silence(over);
        self.close()
    }

    fn send_pieces(&self, source: &mut Source) -> Result<()> {
        let mut buffer = Vec::new();
        loop {
            source.next(&mut buffer)?;
            if buffer.is_empty() {
                return Ok(());
            }
            self.send(&buffer)?;
        }
    }

    fn send(&self, mut bytes: &[u8]) -> Result<()> {
        let _turn = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        while !bytes.is_empty() {
            let pieces = [IoSlice::new(bytes)];
            if self.peer_has_closed() {
                self.sends_late.store(true, Release);
            }
            let sent = self.conn.send(Data::new(&pieces, 0), &mut Blocked::Not);
            let sent = sent.map_err(|error| self.trouble_in_sending(&error))?;
            self.bytes_out.fetch_add(sent as u64, Relaxed);
            self.progress.sent(sent);
            bytes = &bytes[sent..];
        }
        Ok(())
    }

    /// Before TLS 1.3 our close would end what the peer sends, so it has to be done.
    fn await_silence(&self, over: &Receiver<()>) {
        let linger = self.pace.linger.unwrap_or(match self.closes_by_halves() {
            true => Duration::ZERO,
            false => LINGER_TLS12,
        });
        let last_sent = Instant::now();
        loop {
            let silence = self.stream.silence().min(last_sent.elapsed());
            let left = linger.saturating_sub(silence);
            if left.is_zero() || over.recv_timeout(left) != Err(RecvTimeoutError::Timeout) {
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
                    sink.take(&buffer[..len])?;
                }
                Err(error) if self.has_ended_both(&error) => return self.await_close(),
                Err(error) => return Err(self.trouble(&error)),
            }
        }
    }

    /// Before TLS 1.3 the library receives nothing more after our close_notify.
    fn has_ended_both(&self, error: &Error) -> bool {
        let is_end = error.code() == Code::Closed;
        is_end && !self.closes_by_halves() && self.closes.load(Acquire)
    }

    /// Waits for the peer's close_notify. It should be the first that comes.
    fn await_close(&self) -> Result<()> {
        let taken = || self.conn.wire_bytes_in() - u64::from(self.conn.peek_buffered());
        let before = taken();
        // The sending thread may be about to say the same.
        let turn = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = self.conn.shutdown(&mut Blocked::Not);
        drop(turn);
        outcome.map_err(|error| self.trouble(&error))?;
        if taken() - before <= CLOSE_NOTIFY_RECORD {
            return Ok(());
        }
        let trouble = Trouble::new(
            "the peer was still sending when we closed, which ends both directions before TLS 1.3",
        );
        Err(trouble.advise("a longer --linger waits longer"))
    }

    /// Says that we send no more; again is no harm.
    fn close(&self) -> Result<()> {
        let _turn = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        self.closes.store(true, Release);
        match self.conn.shutdown_send(&mut Blocked::Not) {
            Ok(()) => self.has_closed.store(true, Release),
            // It is gone, after it had all that it wanted.
            Err(_) if self.peer_has_closed() && !self.sends_late.load(Acquire) => {}
            Err(error) => return Err(self.trouble(&error)),
        }
        Ok(())
    }

    /// Writes down how the connection ended.
    pub fn conclude(&self, report: &mut Report) {
        self.progress.finish();
        report.bytes_in = self.bytes_in.load(Relaxed);
        report.bytes_out = self.bytes_out.load(Relaxed);
        report.close_notify.sent = self.has_closed.load(Acquire);
        report.note_end(&self.conn, self.began.elapsed());
    }

    /// Since TLS 1.3 one direction can end before the other.
    fn closes_by_halves(&self) -> bool {
        self.conn.version() >= Version::Tls13
    }

    fn peer_has_closed(&self) -> bool {
        self.conn.alert().is_ok_and(|alert| alert == CLOSE_NOTIFY)
    }

    fn trouble(&self, error: &Error) -> Trouble {
        Trouble::of_connection(error, &self.conn, self.pace.timeout)
    }

    fn trouble_in_sending(&self, error: &Error) -> Trouble {
        let trouble = self.trouble(error);
        match self.peer_has_closed() {
            true => Trouble {
                message: "the peer has closed before all was sent".into(),
                advice: None,
                ..trouble
            },
            false => trouble,
        }
    }
}

/// RFC 8446, 6.1.
const CLOSE_NOTIFY: u8 = 0;

/// The most bytes of a close_notify before TLS 1.3: header, nonce, alert and tag (RFC 5288, 3).
const CLOSE_NOTIFY_RECORD: u64 = 5 + 8 + 2 + 16;
