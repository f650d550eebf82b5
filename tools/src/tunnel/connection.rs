//! One connection of a tunnel, from its acceptance to its end.

use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use mio::event::Event;
use mio::{Registry, Token};
use rs2n_core::base::Mode;
use socket2::Socket;

use super::dial::{Dial, Dialed, register};
use super::ending::Ending;
use super::pending::{CHUNK_LEN, Pending};
use super::plain::Plain;
use super::relay::{Cause, Failure, Relay, Step};
use super::target::Target;
use super::tls::Tls;
use super::{Endpoint, Limits};
use crate::error::{Result, ToolError, print_line};
use crate::key_log::KeyLogFile;
use crate::report::Report;

/// What all tunnels of a program share.
pub struct Context<'a> {
    pub endpoint: &'a dyn Endpoint,
    pub target: &'a Target,
    pub limits: Limits,
    pub registry: Registry,
}

/// A connection, with its two sides.
pub struct Tunnel {
    number: u64,
    /// The address of the accepted side.
    peer: SocketAddr,
    slot: usize,
    tls: Option<Tls>,
    plain: Option<Plain>,
    phase: Phase,
    report: Report,
    /// The timer that is set for this tunnel.
    pub timer: Option<Instant>,
    /// Whether the tunnel is in the queue of those that can continue.
    pub is_queued: bool,
}

enum Phase {
    /// A server connects to its target after the handshake, so that an unauthenticated client does not
    /// reach it; a client before.
    Dialing(Dial),
    Handshaking {
        give_up_at: Instant,
    },
    Relaying(Box<Relay>),
    Ending(Ending),
}

/// The state of a tunnel after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Blocked,
    Yielded,
    Finished,
}

/// The side of an event, as the lowest bit of its token.
const TLS: usize = 0;
const PLAIN: usize = 1;

/// Tokens below this are not those of tunnels.
const FIRST_TOKEN: usize = 2;

/// Returns the slot of a tunnel, and the side, to which a token belongs.
pub fn slot(token: Token) -> (usize, usize) {
    let index = token.0 - FIRST_TOKEN;
    (index / 2, index % 2)
}

fn token(slot: usize, side: usize) -> Token {
    Token(FIRST_TOKEN + 2 * slot + side)
}

impl Tunnel {
    /// Takes over an accepted connection.
    pub fn accept(
        context: &Context<'_>,
        tcp: TcpStream,
        peer: SocketAddr,
        (number, slot): (u64, usize),
        now: Instant,
    ) -> Result<Self> {
        let mode = context.endpoint.mode();
        let side = match mode {
            Mode::Server => TLS,
            Mode::Client => PLAIN,
        };
        let registered = tcp
            .set_nonblocking(true)
            .and_then(|()| register(&tcp, &context.registry, token(slot, side)));
        registered.map_err(|error| ToolError::new(format!("cannot wait for events: {error}")))?;
        let mut report = Report::new(mode, Some(peer).filter(|_| mode == Mode::Server));
        report.connection = Some(number);
        let mut tunnel = Self {
            number,
            peer,
            slot,
            tls: None,
            plain: None,
            phase: Phase::Dialing(Dial::new(now, context.limits.connect_timeout)),
            report,
            timer: None,
            is_queued: false,
        };
        match mode {
            Mode::Server => tunnel.start_tls(context, tcp, now)?,
            Mode::Client => tunnel.plain = Some(Plain::new(Socket::from(tcp))),
        }
        Ok(tunnel)
    }

    pub fn record(&mut self, side: usize, event: &Event) {
        match (side, &mut self.tls, &mut self.plain) {
            (TLS, Some(tls), _) => tls.ready.record(event),
            (PLAIN, _, Some(plain)) => plain.ready.record(event),
            _ => {}
        }
    }

    /// Returns when a step is due without an event.
    pub fn deadline(&self, limits: &Limits) -> Option<Instant> {
        match &self.phase {
            Phase::Dialing(dial) => Some(dial.deadline()),
            Phase::Handshaking { give_up_at } => Some(*give_up_at),
            Phase::Relaying(relay) => {
                let idle = limits.idle_timeout.map(|time| relay.last_activity + time);
                [idle, relay.deadline()].into_iter().flatten().min()
            }
            Phase::Ending(ending) => Some(ending.give_up_at),
        }
    }

    /// Continues until an event is to be awaited.
    pub fn drive(
        &mut self,
        context: &Context<'_>,
        chunk: &mut [u8; CHUNK_LEN],
        now: Instant,
    ) -> Turn {
        loop {
            let outcome = match &mut self.phase {
                Phase::Dialing(_) => self.dial(context, now),
                Phase::Handshaking { .. } => self.negotiate(context, now),
                Phase::Relaying(_) => self.relay(context, chunk, now),
                Phase::Ending(ending) => {
                    let tls = self.tls.as_mut();
                    return match ending.step(tls, &mut self.plain, chunk, now) {
                        true => Turn::Finished,
                        false => Turn::Blocked,
                    };
                }
            };
            match outcome {
                Ok(None) => {}
                Ok(Some(turn)) => return turn,
                Err(failure) => self.fail(context, failure, now),
            }
        }
    }

    /// Reports the end of the connection, and returns whether it has succeeded.
    pub fn finish(mut self, context: &Context<'_>) -> bool {
        let endpoint = context.endpoint;
        if let Some(tls) = &self.tls {
            tls.record_end(&mut self.report);
        }
        if endpoint.common().verbose {
            self.print(endpoint, &self.report.transfer_summary());
        }
        let stored = endpoint.sessions().map(|sessions| sessions.finish());
        let logged = endpoint.key_log().map(KeyLogFile::finish);
        let reported = endpoint.report_writer();
        let reported = reported.map(|writer| writer.write_json(&self.report));
        for error in [stored, logged, reported]
            .into_iter()
            .flatten()
            .filter_map(Result::err)
        {
            self.print_error(endpoint, &error);
            self.report.error.get_or_insert(error);
        }
        self.report.error.is_none()
    }

    fn start_tls(&mut self, context: &Context<'_>, tcp: TcpStream, now: Instant) -> Result<()> {
        let endpoint = context.endpoint;
        let conn = endpoint.connection()?;
        self.report.peer = self.report.peer.or(tcp.peer_addr().ok());
        self.tls = Some(Tls::new(conn, tcp, endpoint.common().ktls));
        self.phase = Phase::Handshaking {
            give_up_at: now + context.limits.handshake_timeout,
        };
        Ok(())
    }

    fn dial(&mut self, context: &Context<'_>, now: Instant) -> Result<Option<Turn>, Failure> {
        let Phase::Dialing(dial) = &mut self.phase else {
            return Ok(None);
        };
        let mode = context.endpoint.mode();
        let (side, cause) = match mode {
            Mode::Server => (PLAIN, Cause::Plain),
            Mode::Client => (TLS, Cause::Tls),
        };
        let dialed = dial.step(
            context.target,
            &context.registry,
            token(self.slot, side),
            now,
        );
        match dialed {
            Dialed::Waiting => return Ok(Some(Turn::Blocked)),
            Dialed::Failed(error) => return Err(Failure::new(cause, error)),
            Dialed::Connected(socket) if mode == Mode::Server => {
                self.plain = Some(Plain::new(socket));
                self.start_relay(context, now);
            }
            Dialed::Connected(socket) => {
                let started = self.start_tls(context, socket.into(), now);
                started.map_err(|error| Failure::new(cause, error))?;
            }
        }
        Ok(None)
    }

    fn negotiate(&mut self, context: &Context<'_>, now: Instant) -> Result<Option<Turn>, Failure> {
        let Some(tls) = &mut self.tls else {
            return Ok(None);
        };
        let failure = |error| Failure::new(Cause::Tls, error);
        let endpoint = context.endpoint;
        if let Some(sessions) = endpoint.sessions() {
            sessions.suspend();
        }
        let negotiated = tls.negotiate(&mut self.report);
        match negotiated.map_err(|error| failure(endpoint.advise(error)))? {
            true => {}
            false if matches!(self.phase, Phase::Handshaking { give_up_at } if now >= give_up_at) =>
            {
                return Err(Failure::new(Cause::Timeout, timed_out(context)));
            }
            false => return Ok(Some(Turn::Blocked)),
        }
        let reasons = tls.enable_kernel(&mut self.report);
        if let Some(sessions) = endpoint.sessions() {
            sessions.establish(&tls.conn).map_err(failure)?;
        }
        // Frees memory. Only a call in another thread would make it fail.
        let _ = tls.conn.free_handshake();
        for error in reasons {
            self.print_error(endpoint, &error);
        }
        if endpoint.common().verbose {
            self.print(endpoint, &self.report.negotiated_summary());
        }
        match endpoint.mode() {
            Mode::Server => {
                let dial = Dial::new(now, context.limits.connect_timeout);
                self.phase = Phase::Dialing(dial);
            }
            Mode::Client => self.start_relay(context, now),
        }
        Ok(None)
    }

    fn start_relay(&mut self, context: &Context<'_>, now: Instant) {
        if let Some(tls) = &self.tls {
            let relay = Relay::new(tls, context.limits.linger, now);
            self.phase = Phase::Relaying(Box::new(relay));
        }
    }

    fn relay(
        &mut self,
        context: &Context<'_>,
        chunk: &mut [u8; CHUNK_LEN],
        now: Instant,
    ) -> Result<Option<Turn>, Failure> {
        let (Phase::Relaying(relay), Some(tls), Some(plain)) =
            (&mut self.phase, &mut self.tls, &mut self.plain)
        else {
            return Ok(Some(Turn::Finished));
        };
        if let Some(sessions) = context.endpoint.sessions() {
            sessions.resume();
        }
        match relay.step(tls, plain, chunk, now) {
            Step::Yielded => Ok(Some(Turn::Yielded)),
            Step::Complete => Ok(Some(Turn::Finished)),
            Step::Failed(failure) => Err(failure),
            Step::Blocked => {
                let idle = now.duration_since(relay.last_activity);
                match context.limits.idle_timeout {
                    Some(timeout) if idle >= timeout => {
                        Err(Failure::new(Cause::Timeout, ToolError::idle(timeout)))
                    }
                    _ => {
                        tls.release_buffers();
                        Ok(Some(Turn::Blocked))
                    }
                }
            }
        }
    }

    /// Ends the connection after a failure, of which the other side is notified.
    fn fail(&mut self, context: &Context<'_>, failure: Failure, now: Instant) {
        let Failure { error, cause } = failure;
        self.print_error(context.endpoint, &error);
        self.report.error = Some(*error);
        let (mut to_tls, mut to_plain) = (Pending::default(), Pending::default());
        if let Phase::Relaying(relay) = &mut self.phase {
            match cause {
                Cause::Tls => to_plain = std::mem::take(&mut relay.to_plain),
                Cause::Plain => to_tls = std::mem::take(&mut relay.to_tls),
                Cause::Timeout => {}
            }
        }
        let has_time = cause != Cause::Timeout;
        self.phase = Phase::Ending(Ending::new(to_tls, to_plain, now, has_time));
    }

    fn print(&self, endpoint: &dyn Endpoint, text: &str) {
        print_line(
            endpoint.program(),
            &format!("connection {}: {text}", self.number),
        );
    }

    fn print_error(&self, endpoint: &dyn Endpoint, error: &ToolError) {
        let (program, number, peer) = (endpoint.program(), self.number, self.peer);
        error.print(&format!("{program}: connection {number} from {peer}"));
    }
}

fn timed_out(context: &Context<'_>) -> ToolError {
    let seconds = context.limits.handshake_timeout.as_secs_f64();
    ToolError::new(format!(
        "the handshake was not complete after {seconds} seconds"
    ))
    .with_advice("a larger --handshake-timeout waits longer")
}
