//! The two directions of a tunnel, after the handshake.

use std::time::{Duration, Instant};

use super::pending::{CHUNK_LEN, Pending};
use super::plain::Plain;
use super::tls::{Received, Tls};
use crate::error::ToolError;

/// The direction from the plain side to the TLS side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outbound {
    Open,
    /// The plain side has closed. The close_notify follows the pending bytes, and the time of
    /// `--linger`.
    Ended,
    /// Before TLS 1.3, the peer has sent its close_notify first, after which no data can be sent. That
    /// of this side confirms that there was none: it follows the end of the plain side.
    Refused {
        give_up_at: Instant,
    },
    /// The close_notify is sent.
    Closed,
}

/// The direction from the TLS side to the plain side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inbound {
    Open,
    /// Before TLS 1.3, this side has sent its close_notify first, after which no data may arrive.
    AwaitingCloseNotify {
        wire_bytes: u64,
    },
    /// The peer's close_notify is received. The end of the stream follows the pending bytes.
    Ended,
    Closed,
    /// The plain side accepts no more data. It may have sent some before.
    Rejected,
}

/// Copies both directions until both are closed.
pub struct Relay {
    outbound: Outbound,
    inbound: Inbound,
    /// Bytes for the TLS side, and for the plain side.
    pub to_tls: Pending,
    pub to_plain: Pending,
    linger: Duration,
    last_received: Instant,
    pub last_activity: Instant,
    sent_after_peer_close: bool,
}

/// The state of a relay after a step.
pub enum Step {
    /// An event or [`Relay::deadline`] is to be awaited.
    Blocked,
    /// More can be transferred, after other connections had their turn.
    Yielded,
    Complete,
    Failed(Failure),
}

/// Why a relay cannot be completed.
pub struct Failure {
    pub cause: Cause,
    pub error: Box<ToolError>,
}

impl Failure {
    pub fn new(cause: Cause, error: ToolError) -> Self {
        let error = Box::new(error);
        Self { cause, error }
    }
}

/// The side that has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Tls,
    Plain,
    /// Neither has: the peers are not waited for.
    Timeout,
}

/// Default of `--linger` before TLS 1.3, where a close_notify ends both directions.
const DEFAULT_LINGER_TLS12: Duration = Duration::from_secs(3);

/// The number of chunks that a connection transfers in each direction before others have their turn.
const TURN: usize = 16;

impl Relay {
    pub fn new(tls: &Tls, linger: Option<Duration>, now: Instant) -> Self {
        let default = match tls.supports_half_close() {
            true => Duration::ZERO,
            false => DEFAULT_LINGER_TLS12,
        };
        Self {
            outbound: Outbound::Open,
            inbound: Inbound::Open,
            to_tls: Pending::default(),
            to_plain: Pending::default(),
            linger: linger.unwrap_or(default),
            last_received: now,
            last_activity: now,
            sent_after_peer_close: false,
        }
    }

    /// Returns when a step is due without an event.
    pub fn deadline(&self) -> Option<Instant> {
        if let Outbound::Refused { give_up_at } = self.outbound {
            return Some(give_up_at);
        }
        let lingers = self.outbound == Outbound::Ended && self.to_tls.is_empty();
        (lingers && self.inbound == Inbound::Open).then(|| self.last_received + self.linger)
    }

    /// Transfers what is possible without blocking.
    pub fn step(
        &mut self,
        tls: &mut Tls,
        plain: &mut Plain,
        chunk: &mut [u8; CHUNK_LEN],
        now: Instant,
    ) -> Step {
        for _ in 0..TURN {
            let transferred = self
                .step_outbound(tls, plain, chunk, now)
                .and_then(|sent| Ok(sent | self.step_inbound(tls, plain, chunk, now)?));
            match transferred {
                Err(failure) => return Step::Failed(failure),
                Ok(true) => self.last_activity = now,
                Ok(false) => return self.outcome(tls, plain),
            }
        }
        Step::Yielded
    }

    fn outcome(&self, tls: &Tls, plain: &Plain) -> Step {
        if self.outbound == Outbound::Closed && self.inbound == Inbound::Closed {
            return Step::Complete;
        }
        // A side that is not read is not noticed to be reset otherwise.
        let ends_inbound = matches!(self.inbound, Inbound::Ended | Inbound::Closed);
        if ends_inbound && tls.ready.failed {
            let error = ToolError::new("the peer has reset the connection after its close_notify");
            return Step::Failed(tls_failure(error));
        }
        if self.outbound != Outbound::Open && self.inbound == Inbound::Rejected {
            return Step::Failed(Self::rejected());
        }
        if self.outbound != Outbound::Open && plain.ready.failed {
            let error = ToolError::plain("the plain connection has failed", &plain.take_error());
            return Step::Failed(plain_failure(error));
        }
        Step::Blocked
    }

    /// Transfers a chunk from the plain side to the TLS side. Returns whether anything was done.
    fn step_outbound(
        &mut self,
        tls: &mut Tls,
        plain: &mut Plain,
        chunk: &mut [u8],
        now: Instant,
    ) -> Result<bool, Failure> {
        if !self.to_tls.is_empty() {
            if !tls.ready.writable {
                return Ok(false);
            }
            let sent = self.send(tls, None)?;
            return Ok(sent > 0);
        }
        match self.outbound {
            Outbound::Open if plain.ready.readable && tls.ready.writable => {
                match plain.read(chunk) {
                    Ok(None) => Ok(false),
                    Ok(Some(0)) => {
                        if self.inbound == Inbound::Rejected {
                            return Err(Self::rejected());
                        }
                        self.outbound = Outbound::Ended;
                        Ok(true)
                    }
                    Ok(Some(len)) => {
                        self.send(tls, Some(&chunk[..len]))?;
                        Ok(true)
                    }
                    Err(error) => {
                        let error = ToolError::plain("cannot read from the plain side", &error);
                        Err(plain_failure(error))
                    }
                }
            }
            Outbound::Ended if tls.ready.writable => self.close_outbound(tls, now),
            Outbound::Refused { give_up_at } => {
                let end = plain.read(chunk);
                match end {
                    Ok(Some(0)) => {
                        self.outbound = Outbound::Ended;
                        Ok(true)
                    }
                    Ok(None) if now < give_up_at => Ok(false),
                    _ => Err(refused()),
                }
            }
            _ => Ok(false),
        }
    }

    /// Sends the pending bytes, or a chunk, and keeps those that are not accepted.
    fn send(&mut self, tls: &mut Tls, chunk: Option<&[u8]>) -> Result<usize, Failure> {
        if tls.peer_has_closed() {
            self.sent_after_peer_close = true;
        }
        let bytes = chunk.unwrap_or(self.to_tls.bytes());
        let sent = tls.send(bytes);
        let sent = sent.map_err(|error| tls_failure(tls.error(&error)))?;
        match chunk {
            Some(chunk) if sent < chunk.len() => self.to_tls.store(&chunk[sent..]),
            Some(_) => {}
            None => self.to_tls.take(sent),
        }
        Ok(sent)
    }

    /// Sends the close_notify, when all data is sent. Before TLS 1.3 it ends both directions, so that
    /// it is delayed while data is received.
    fn close_outbound(&mut self, tls: &mut Tls, now: Instant) -> Result<bool, Failure> {
        let inbound_is_open = self.inbound == Inbound::Open;
        let idle_until = self.last_received + self.linger;
        if inbound_is_open && (now < idle_until || !self.to_plain.is_empty()) {
            return Ok(false);
        }
        let wire_bytes = tls.wire_bytes_in();
        match tls.close() {
            Ok(false) => return Ok(false),
            Ok(true) => tls.close_notify_sent = true,
            // The peer has closed the TCP connection after it had received everything.
            Err(_) if tls.peer_has_closed() && !self.sent_after_peer_close => {}
            Err(error) => return Err(tls_failure(tls.error(&error))),
        }
        self.outbound = Outbound::Closed;
        if inbound_is_open && !tls.supports_half_close() {
            self.inbound = Inbound::AwaitingCloseNotify { wire_bytes };
        }
        Ok(true)
    }

    /// Transfers a chunk from the TLS side to the plain side. Returns whether anything was done.
    fn step_inbound(
        &mut self,
        tls: &mut Tls,
        plain: &mut Plain,
        chunk: &mut [u8],
        now: Instant,
    ) -> Result<bool, Failure> {
        if !self.to_plain.is_empty() {
            return Ok(plain.ready.writable && self.write(plain, None));
        }
        match self.inbound {
            Inbound::Open if tls.ready.readable && plain.ready.writable => {
                let received = tls.recv(chunk);
                match received {
                    Ok(Received::Blocked) => Ok(false),
                    Ok(Received::Closed) => {
                        self.inbound = Inbound::Ended;
                        Ok(true)
                    }
                    Ok(Received::Data(len)) => {
                        self.last_received = now;
                        self.write(plain, Some(&chunk[..len]));
                        Ok(true)
                    }
                    Err(error) => Err(tls_failure(tls.error(&error))),
                }
            }
            Inbound::AwaitingCloseNotify { wire_bytes } if tls.ready.readable => {
                self.await_close_notify(tls, wire_bytes)
            }
            Inbound::Ended => {
                plain.shutdown_write();
                self.inbound = Inbound::Closed;
                if !tls.supports_half_close() {
                    self.refuse_outbound(now)?;
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Writes the pending bytes, or a chunk, and keeps those that are not accepted. Returns whether
    /// anything was done. After an error, data that the plain side has sent before is still delivered.
    fn write(&mut self, plain: &mut Plain, chunk: Option<&[u8]>) -> bool {
        let written = plain.write(chunk.unwrap_or(self.to_plain.bytes()));
        match (written, chunk) {
            (Ok(len), Some(chunk)) if len < chunk.len() => self.to_plain.store(&chunk[len..]),
            (Ok(_), Some(_)) => {}
            (Ok(len), None) => {
                self.to_plain.take(len);
                return len > 0;
            }
            (Err(_), _) => {
                self.to_plain = Pending::default();
                self.inbound = Inbound::Rejected;
                plain.ready.readable = true;
            }
        }
        true
    }

    fn rejected() -> Failure {
        let error = ToolError::new("the plain side closed before all data was written");
        plain_failure(error)
    }

    /// Receives the close_notify of a peer that has to send it in response, before TLS 1.3.
    fn await_close_notify(&mut self, tls: &mut Tls, wire_bytes: u64) -> Result<bool, Failure> {
        match tls.await_close_notify() {
            Ok(false) => return Ok(false),
            Ok(true) => {}
            Err(error) => return Err(tls_failure(tls.error(&error))),
        }
        if tls.wire_bytes_in() - wire_bytes > CLOSE_NOTIFY_RECORD {
            let error = ToolError::new(
                "the peer was still sending: before TLS 1.3 our close_notify ends both directions",
            );
            return Err(tls_failure(
                error.with_advice("a larger --linger waits longer"),
            ));
        }
        self.inbound = Inbound::Ended;
        Ok(true)
    }

    /// Sends no more data after the peer's close_notify, which ends both directions before TLS 1.3.
    fn refuse_outbound(&mut self, now: Instant) -> Result<(), Failure> {
        if !self.to_tls.is_empty() {
            return Err(refused());
        }
        if self.outbound == Outbound::Open {
            self.outbound = Outbound::Refused {
                give_up_at: now + self.linger,
            };
        }
        Ok(())
    }
}

/// The failure of data that cannot be sent any more.
fn refused() -> Failure {
    let error = ToolError::new(
        "the peer closed before the plain side: before TLS 1.3 its close_notify ends both directions",
    );
    plain_failure(error)
}

fn tls_failure(error: ToolError) -> Failure {
    Failure::new(Cause::Tls, error)
}

fn plain_failure(error: ToolError) -> Failure {
    Failure::new(Cause::Plain, error)
}

/// Maximum length of a close_notify record before TLS 1.3: header, nonce, alert and tag (RFC 5288,
/// 3).
const CLOSE_NOTIFY_RECORD: u64 = 5 + 8 + 2 + 16;
