//! Connecting to a target without blocking: to its addresses in order, until one accepts.

use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use nix::errno::Errno;
use socket2::{Domain, SockAddr, Socket, Type};

use super::target::{Address, Target};
use crate::addresses::connect_advice;
use crate::error::ToolError;

/// A connection that is being established.
pub struct Dial {
    /// The index of the current address.
    index: usize,
    socket: Option<Socket>,
    /// When the current address is tried again: no descriptor was free, or the queue of a Unix socket was
    /// full.
    retry_at: Option<Instant>,
    give_up_at: Instant,
    timeout: Duration,
    last_error: Option<ToolError>,
}

/// The result of a step.
pub enum Dialed {
    Waiting,
    Connected(Socket),
    Failed(ToolError),
}

/// How long a connection waits for a free descriptor.
const RETRY_DELAY: Duration = Duration::from_millis(50);

impl Dial {
    pub fn new(now: Instant, timeout: Duration) -> Self {
        Self {
            index: 0,
            socket: None,
            retry_at: None,
            give_up_at: now + timeout,
            timeout,
            last_error: None,
        }
    }

    /// Returns when a step is due without an event.
    pub fn deadline(&self) -> Instant {
        let retry_at = self.retry_at.unwrap_or(self.give_up_at);
        retry_at.min(self.give_up_at)
    }

    /// Continues: tries the addresses until one is connected, or an event is to be awaited.
    pub fn step(
        &mut self,
        target: &Target,
        registry: &Registry,
        token: Token,
        now: Instant,
    ) -> Dialed {
        loop {
            if let Some(socket) = self.socket.take() {
                match outcome(&socket) {
                    Ok(true) => return Dialed::Connected(socket),
                    Ok(false) if now < self.give_up_at => {
                        self.socket = Some(socket);
                        return Dialed::Waiting;
                    }
                    Ok(false) => {}
                    Err(error) => self.fail(target, &error),
                }
            }
            if now >= self.give_up_at {
                return Dialed::Failed(self.timed_out(target));
            }
            let Some(address) = target.addresses.get(self.index) else {
                let error = self.last_error.take();
                return Dialed::Failed(error.unwrap_or_else(|| ToolError::new("no address")));
            };
            if self.retry_at.is_some_and(|at| now < at) {
                return Dialed::Waiting;
            }
            self.retry_at = None;
            match connect(address, registry, token) {
                Ok(socket) => self.socket = Some(socket),
                Err(error) if is_temporary(&error) => {
                    self.retry_at = Some(now + RETRY_DELAY);
                    return Dialed::Waiting;
                }
                Err(error) => self.fail(target, &error),
            }
        }
    }

    /// Continues with the next address.
    fn fail(&mut self, target: &Target, error: &io::Error) {
        let address = &target.addresses[self.index];
        let message = format!("cannot connect to {} ({address}): {error}", target.name);
        self.last_error = Some(ToolError::new(message).with_advice(connect_advice(error)));
        self.index += 1;
    }

    fn timed_out(&self, target: &Target) -> ToolError {
        let seconds = self.timeout.as_secs_f64();
        let message = format!("no connection to {} after {seconds} seconds", target.name);
        ToolError::new(message).with_advice("a larger --connect-timeout waits longer")
    }
}

/// Starts to connect.
fn connect(address: &Address, registry: &Registry, token: Token) -> io::Result<Socket> {
    let (domain, address) = match address {
        Address::Tcp(address) => (Domain::for_address(*address), SockAddr::from(*address)),
        Address::Unix(path) => (Domain::UNIX, SockAddr::unix(path)?),
    };
    let socket = Socket::new(domain, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&address) {
        Ok(()) => {}
        Err(error) if error.raw_os_error() == Some(Errno::EINPROGRESS as i32) => {}
        Err(error) => return Err(error),
    }
    register(&socket, registry, token)?;
    Ok(socket)
}

/// Requests the events of a socket.
pub fn register(socket: &impl AsRawFd, registry: &Registry, token: Token) -> io::Result<()> {
    let interest = Interest::READABLE | Interest::WRITABLE;
    registry.register(&mut SourceFd(&socket.as_raw_fd()), token, interest)
}

/// Returns whether a socket is connected.
fn outcome(socket: &Socket) -> io::Result<bool> {
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    match socket.peer_addr() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the same call may succeed later. A Unix socket whose queue is full returns EAGAIN.
pub fn is_temporary(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw);
    matches!(
        errno,
        Some(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM | Errno::EAGAIN)
    )
}
