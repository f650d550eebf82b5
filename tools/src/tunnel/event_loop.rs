//! The event loop: accepts connections, and drives those that can continue.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token, Waker};
use socket2::SockRef;

use super::connection::{Context, Tunnel, Turn, slot};
use super::dial::register;
use super::pending::CHUNK_LEN;
use super::target::Target;
use super::timers::Timers;
use super::{Endpoint, Limits, Termination};
use crate::error::{FAILED, Result, ToolError, print_line};

pub struct EventLoop<'a> {
    context: Context<'a>,
    poll: Poll,
    acceptor: Acceptor,
    termination: Termination,
    /// The connections by slot.
    tunnels: Vec<Option<Box<Tunnel>>>,
    free_slots: Vec<usize>,
    /// The slots of connections that can continue.
    queue: VecDeque<usize>,
    timers: Timers,
    chunk: Box<[u8; CHUNK_LEN]>,
    has_failed: bool,
}

/// The listener, until no more connections are accepted.
struct Acceptor {
    listener: Option<TcpListener>,
    /// Whether a connection may wait: see `Readiness`.
    is_ready: bool,
    /// When `accept()` is called again after an error, such as that no descriptor is free.
    retry_at: Option<Instant>,
    accepted: u64,
}

/// The queue of connections that are not accepted yet. The system may limit it further.
const BACKLOG: i32 = 4096;

const LISTENER: Token = Token(0);
const WAKER: Token = Token(1);

/// The maximum number of events that are processed between two calls of the system.
const EVENTS: usize = 1024;

/// How many connections are accepted before the others have their turn.
const ACCEPTS: usize = 64;

/// Delay before the next `accept()` after one that failed, unless a connection ends before.
const RETRY_DELAY: Duration = Duration::from_millis(100);

impl<'a> EventLoop<'a> {
    pub fn new(
        endpoint: &'a dyn Endpoint,
        listener: TcpListener,
        target: &'a Target,
        limits: Limits,
        termination: Termination,
    ) -> Result<Self> {
        let fail = |error| ToolError::new(format!("cannot wait for events: {error}"));
        let poll = Poll::new().map_err(fail)?;
        listener.set_nonblocking(true).map_err(fail)?;
        // The standard library's queue is short: a client whose connection does not fit retries after
        // a second.
        SockRef::from(&listener).listen(BACKLOG).map_err(fail)?;
        register(&listener, poll.registry(), LISTENER).map_err(fail)?;
        let waker = Waker::new(poll.registry(), WAKER).map_err(fail)?;
        termination.listen(endpoint.program(), waker)?;
        let context = Context {
            endpoint,
            target,
            limits,
            registry: poll.registry().try_clone().map_err(fail)?,
        };
        Ok(Self {
            context,
            poll,
            acceptor: Acceptor {
                listener: Some(listener),
                is_ready: true,
                retry_at: None,
                accepted: 0,
            },
            termination,
            tunnels: Vec::new(),
            free_slots: Vec::new(),
            queue: VecDeque::new(),
            timers: Timers::default(),
            chunk: Box::new([0; CHUNK_LEN]),
            has_failed: false,
        })
    }

    /// Serves connections until the limit is reached, or a signal is received. Returns the exit
    /// status.
    pub fn run(mut self) -> Result<i32> {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            let now = Instant::now();
            if self.termination.is_requested() {
                self.acceptor.listener = None;
            }
            self.accept(now);
            self.drive_queue(now);
            if self.acceptor.listener.is_none() && self.count() == 0 {
                return Ok(self.status());
            }
            let timeout = self.timeout(now);
            match self.poll.poll(&mut events, timeout) {
                Err(error) if error.kind() != ErrorKind::Interrupted => {
                    return Err(ToolError::new(format!("cannot wait for events: {error}")));
                }
                Err(_) => continue,
                Ok(()) => {}
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.acceptor.is_ready = true,
                    WAKER => {}
                    token => {
                        let (slot, side) = slot(token);
                        // The connection of an earlier event may have ended.
                        if let Some(Some(tunnel)) = self.tunnels.get_mut(slot) {
                            tunnel.record(side, event);
                            enqueue(&mut self.queue, tunnel, slot);
                        }
                    }
                }
            }
        }
    }

    /// Returns the number of connections.
    fn count(&self) -> usize {
        self.tunnels.len() - self.free_slots.len()
    }

    fn status(&self) -> i32 {
        let covers_all = self.context.limits.total.is_some() && !self.termination.is_requested();
        match covers_all && self.has_failed {
            true => FAILED,
            false => 0,
        }
    }

    /// Returns the time until something is due without an event; `None` for no limit.
    fn timeout(&self, now: Instant) -> Option<Duration> {
        let may_accept = self.acceptor.listener.is_some() && self.has_room();
        let is_due = may_accept && self.acceptor.is_ready && self.acceptor.retry_at.is_none();
        if is_due || !self.queue.is_empty() {
            return Some(Duration::ZERO);
        }
        let retry_at = self.acceptor.retry_at.filter(|_| may_accept);
        let next = [retry_at, self.timers.next()].into_iter().flatten().min();
        next.map(|at| at.saturating_duration_since(now))
    }

    fn has_room(&self) -> bool {
        self.count() < self.context.limits.max_connections
    }

    fn accept(&mut self, now: Instant) {
        if self.acceptor.retry_at.is_some_and(|at| now < at) {
            return;
        }
        for _ in 0..ACCEPTS {
            if !self.acceptor.is_ready || !self.has_room() {
                return;
            }
            let Some(accepted) = self.acceptor.accept() else {
                return;
            };
            match accepted {
                Ok((tcp, peer)) => {
                    self.acceptor.retry_at = None;
                    self.start(tcp, peer, now);
                }
                Err(error) => {
                    // One line, however long the cause lasts.
                    if self.acceptor.retry_at.is_none() {
                        let program = self.context.endpoint.program();
                        print_line(program, &format!("cannot accept a connection: {error}"));
                    }
                    self.acceptor.retry_at = Some(now + RETRY_DELAY);
                    return;
                }
            }
            if Some(self.acceptor.accepted) == self.context.limits.total {
                self.acceptor.listener = None;
                return;
            }
        }
    }

    fn start(&mut self, tcp: TcpStream, peer: SocketAddr, now: Instant) {
        let number = self.acceptor.accepted;
        let slot = self.free_slots.pop().unwrap_or_else(|| {
            self.tunnels.push(None);
            self.tunnels.len() - 1
        });
        match Tunnel::accept(&self.context, tcp, peer, (number, slot), now) {
            Ok(tunnel) => {
                let tunnel = self.tunnels[slot].insert(Box::new(tunnel));
                enqueue(&mut self.queue, tunnel, slot);
            }
            Err(error) => {
                let program = self.context.endpoint.program();
                error.print(&format!("{program}: connection {number} from {peer}"));
                self.has_failed = true;
                self.free_slots.push(slot);
            }
        }
    }

    /// Gives each connection that can continue one turn.
    fn drive_queue(&mut self, now: Instant) {
        while let Some(slot) = self.timers.expire(now) {
            if let Some(Some(tunnel)) = self.tunnels.get_mut(slot) {
                tunnel.timer = None;
                enqueue(&mut self.queue, tunnel, slot);
            }
        }
        for _ in 0..self.queue.len() {
            let Some(slot) = self.queue.pop_front() else {
                return;
            };
            let Some(tunnel) = &mut self.tunnels[slot] else {
                continue;
            };
            tunnel.is_queued = false;
            match tunnel.drive(&self.context, &mut self.chunk, now) {
                Turn::Yielded => enqueue(&mut self.queue, tunnel, slot),
                Turn::Finished => {
                    self.finish(slot);
                    continue;
                }
                Turn::Blocked => {}
            }
            let deadline = tunnel.deadline(&self.context.limits);
            self.timers.set(slot, &mut tunnel.timer, deadline);
        }
    }

    fn finish(&mut self, slot: usize) {
        let Some(mut tunnel) = self.tunnels[slot].take() else {
            return;
        };
        self.timers.cancel(slot, &mut tunnel.timer);
        self.has_failed |= !tunnel.finish(&self.context);
        self.free_slots.push(slot);
        // Its descriptors are free.
        self.acceptor.retry_at = self.acceptor.retry_at.map(|_| Instant::now());
    }
}

impl Acceptor {
    /// Accepts the next connection; `None` if none waits. One that was aborted before is ignored.
    fn accept(&mut self) -> Option<io::Result<(TcpStream, SocketAddr)>> {
        loop {
            match self.listener.as_ref()?.accept() {
                Ok(accepted) => {
                    self.accepted += 1;
                    return Some(Ok(accepted));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.is_ready = false;
                    return None;
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::ConnectionAborted | ErrorKind::Interrupted
                    ) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

fn enqueue(queue: &mut VecDeque<usize>, tunnel: &mut Tunnel, slot: usize) {
    if !tunnel.is_queued {
        tunnel.is_queued = true;
        queue.push_back(slot);
    }
}
