//! TCP transport with the timeout of `--timeout`.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::*};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::errno::Errno;
#[cfg(target_os = "linux")]
use rs2n_core::stream::{KernelReader, KernelWriter};
use rs2n_core::stream::{Reader, Writer};

use crate::protocol;

/// A TCP connection that is read by one thread and written by another.
pub struct Stream {
    tcp: TcpStream,
    timeout: Option<Duration>,
    created: Instant,
    /// Time of the last transfer in either direction, and of the last receipt, in milliseconds
    /// since `created`.
    last_activity: AtomicU64,
    last_received: AtomicU64,
    /// During the handshake activity does not restart the timeout, so that a peer that sends single
    /// bytes cannot prolong it.
    in_handshake: AtomicBool,
    /// A value of [`ReadMode`].
    read_mode: AtomicU8,
    /// The first bytes of the peer, up to [`protocol::PREFIX`].
    prefix: Mutex<Vec<u8>>,
    /// Kernel TLS may be enabled, with `--ktls`.
    offers_kernel: bool,
    /// The kernel seals, or opens, the records.
    pub(crate) kernel_sends: AtomicBool,
    pub(crate) kernel_receives: AtomicBool,
    /// The number of bytes of application data that were received with kernel TLS.
    pub(crate) kernel_data: AtomicU64,
}

/// How a read proceeds. Other modes than `Wait` return `WouldBlock` instead of waiting.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ReadMode {
    /// A read waits for data.
    Wait,
    /// A read returns data that has arrived.
    Poll,
    /// Nothing is read.
    Off,
}

impl Stream {
    pub fn new(tcp: TcpStream, timeout: Option<Duration>, offers_kernel: bool) -> Self {
        Self {
            tcp,
            timeout,
            created: Instant::now(),
            last_activity: AtomicU64::new(0),
            last_received: AtomicU64::new(0),
            in_handshake: AtomicBool::new(true),
            read_mode: AtomicU8::new(ReadMode::Wait as u8),
            prefix: Mutex::new(Vec::new()),
            offers_kernel,
            kernel_sends: AtomicBool::new(false),
            kernel_receives: AtomicBool::new(false),
            kernel_data: AtomicU64::new(0),
        }
    }

    pub(crate) fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    /// Runs a read with the remaining time as its timeout.
    pub(crate) fn run_read(
        &self,
        mut read: impl FnMut(&TcpStream) -> io::Result<usize>,
    ) -> io::Result<usize> {
        self.run(TcpStream::set_read_timeout, true, || read(&self.tcp))
    }

    /// Runs a write with the remaining time as its timeout.
    pub(crate) fn run_write(
        &self,
        mut write: impl FnMut(&TcpStream) -> io::Result<usize>,
    ) -> io::Result<usize> {
        self.run(TcpStream::set_write_timeout, false, || write(&self.tcp))
    }

    pub fn finish_handshake(&self) {
        self.in_handshake.store(false, Release);
        let now = self.age();
        self.last_activity.store(now, Release);
        self.last_received.store(now, Release);
    }

    /// Sets how a read proceeds. In other modes than `Wait` only one thread may use the connection.
    pub fn set_read_mode(&self, mode: ReadMode) {
        self.read_mode.store(mode as u8, Release);
    }

    /// Returns the time since data was last received.
    pub fn time_since_received(&self) -> Duration {
        Duration::from_millis(self.age().saturating_sub(self.last_received.load(Acquire)))
    }

    /// Shuts down both directions, which wakes threads blocked in a read or write, and the peer.
    pub fn abort(&self) {
        let _ = self.tcp.shutdown(Shutdown::Both);
    }

    /// Shuts down the write direction, and discards received bytes until the peer closes, so that
    /// it can read the alert: closing a socket with unread bytes resets the connection, and the
    /// alert is lost.
    pub fn shutdown_and_drain(&self) {
        let _ = self.tcp.shutdown(Shutdown::Write);
        let deadline = Instant::now() + DRAIN_TIMEOUT;
        let mut buffer = [0; 4096];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || self.tcp.set_read_timeout(Some(left)).is_err() {
                return;
            }
            if !matches!((&self.tcp).read(&mut buffer), Ok(1..)) {
                return;
            }
        }
    }

    /// Returns the protocol of a peer that does not speak TLS, by its first bytes.
    pub fn foreign_protocol(&self) -> Option<&'static str> {
        let prefix = self.prefix.lock().unwrap_or_else(PoisonError::into_inner);
        protocol::identify(&prefix)
    }

    /// Fails if the peer does not speak TLS. Otherwise its bytes would be the header of a record, for the rest
    /// of which the handshake would wait.
    fn reject_foreign_protocol(&self, received: &[u8]) -> io::Result<()> {
        if !self.in_handshake.load(Acquire) {
            return Ok(());
        }
        let mut prefix = self.prefix.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = protocol::PREFIX - prefix.len();
        prefix.extend(received.iter().take(missing));
        match protocol::identify(&prefix) {
            Some(_) => Err(io::ErrorKind::InvalidData.into()),
            None => Ok(()),
        }
    }

    fn age(&self) -> u64 {
        u64::try_from(self.created.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Returns the remaining time until the timeout; `None` for no timeout.
    fn time_left(&self) -> Option<Duration> {
        let idle = self.age().saturating_sub(self.last_activity.load(Acquire));
        let timeout = self.timeout?;
        // The system takes a duration of zero for no timeout.
        Some(
            timeout
                .saturating_sub(Duration::from_millis(idle))
                .max(MIN_WAIT),
        )
    }

    fn has_time_left(&self) -> bool {
        self.time_left().is_some_and(|left| left > MIN_WAIT)
    }

    /// Runs a read or write with the remaining time as its timeout.
    fn run(
        &self,
        set_timeout: fn(&TcpStream, Option<Duration>) -> io::Result<()>,
        is_received: bool,
        mut operation: impl FnMut() -> io::Result<usize>,
    ) -> io::Result<usize> {
        loop {
            if let Some(left) = self.time_left() {
                set_timeout(&self.tcp, Some(left))?;
            }
            match operation() {
                // There may have been activity in the other direction.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && self.has_time_left() => {
                }
                Ok(len) => {
                    self.record_activity(is_received);
                    return Ok(len);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn poll(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_nonblocking(true)?;
        let outcome = (&self.tcp).read(buf);
        self.tcp.set_nonblocking(false)?;
        outcome
    }

    fn record_activity(&self, is_received: bool) {
        if self.in_handshake.load(Acquire) {
            return;
        }
        let now = self.age();
        self.last_activity.store(now, Release);
        if is_received {
            self.last_received.store(now, Release);
        }
    }
}

/// How long the peer has to read the alert.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// The shortest timeout of a read or write.
const MIN_WAIT: Duration = Duration::from_millis(1);

impl Reader for Stream {
    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let mode = self.read_mode.load(Acquire);
        if mode == ReadMode::Off as u8 {
            return Err(Errno::EAGAIN.into());
        }
        let len = match mode == ReadMode::Poll as u8 {
            true => self.poll(buf)?,
            false => self.run_read(|mut tcp| tcp.read(buf))?,
        };
        self.reject_foreign_protocol(&buf[..len])?;
        Ok(len)
    }

    fn descriptor(&self) -> Option<i32> {
        self.offers_kernel.then(|| self.tcp.as_raw_fd())
    }

    #[cfg(target_os = "linux")]
    fn kernel(&self) -> Option<&dyn KernelReader> {
        self.offers_kernel.then_some(self)
    }
}

impl Writer for Stream {
    fn accepts_batches(&self) -> bool {
        true
    }

    fn write(&self, buf: &[u8]) -> io::Result<usize> {
        self.run_write(|mut tcp| tcp.write(buf))
    }

    fn descriptor(&self) -> Option<i32> {
        self.offers_kernel.then(|| self.tcp.as_raw_fd())
    }

    #[cfg(target_os = "linux")]
    fn kernel(&self) -> Option<&dyn KernelWriter> {
        self.offers_kernel.then_some(self)
    }
}
