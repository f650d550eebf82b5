//! File descriptors of the application as transport. They are never closed here.

use std::io;
use std::mem::{size_of, size_of_val};
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use nix::errno::Errno;
#[cfg(target_os = "linux")]
use rs2n_core::stream::{KernelReader, KernelWriter};
use rs2n_core::stream::{Reader, Writer};

use super::cancellation;

/// The descriptor that a connection reads.
pub struct ReadFd {
    pub(super) fd: RawFd,
    /// The initial `SO_RCVLOWAT`, to be restored.
    low_water_mark: Option<libc::c_int>,
}

impl ReadFd {
    pub fn new(fd: RawFd) -> Self {
        Self {
            fd,
            low_water_mark: option(fd, libc::SOL_SOCKET, libc::SO_RCVLOWAT),
        }
    }
}

impl Reader for ReadFd {
    fn descriptor(&self) -> Option<i32> {
        Some(self.fd)
    }

    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        Errno::clear();
        cancellation::read(self.fd, buf)
    }

    #[cfg(target_os = "linux")]
    fn kernel(&self) -> Option<&dyn KernelReader> {
        Some(self)
    }

    fn quick_ack(&self) {
        #[cfg(target_os = "linux")]
        set_option(self.fd, libc::IPPROTO_TCP, libc::TCP_QUICKACK, 1);
    }

    fn restore(&self) {
        if let Some(mark) = self.low_water_mark {
            set_option(self.fd, libc::SOL_SOCKET, libc::SO_RCVLOWAT, mark);
        }
    }
}

/// The descriptor that a connection writes.
pub struct WriteFd {
    pub(super) fd: RawFd,
    /// Sockets are written with `send()` and flags, pipes and files with `write()`.
    is_socket: AtomicBool,
    /// Whether the descriptor is a socket with a stream of bytes, without the boundaries of
    /// messages: [`UNKNOWN`] until it is needed.
    stream: AtomicU8,
    /// The initial `TCP_CORK`, to be restored; `None` if the descriptor is not a TCP socket.
    corked_before: Option<bool>,
    /// The initial `SO_NOSIGPIPE`, to be restored.
    #[cfg(target_vendor = "apple")]
    nosigpipe_before: Option<libc::c_int>,
}

impl WriteFd {
    pub fn new(fd: RawFd) -> Self {
        #[cfg(target_vendor = "apple")]
        let nosigpipe_before = suppress_sigpipe(fd);
        Self {
            fd,
            is_socket: AtomicBool::new(true),
            stream: AtomicU8::new(UNKNOWN),
            corked_before: option(fd, libc::IPPROTO_TCP, CORK).map(|value| value != 0),
            #[cfg(target_vendor = "apple")]
            nosigpipe_before,
        }
    }

    fn set_cork(&self, on: bool) {
        // A socket that the application corked is left to the application.
        if self.corked_before == Some(false) {
            set_option(self.fd, libc::IPPROTO_TCP, CORK, on.into());
        }
    }
}

impl Writer for WriteFd {
    fn descriptor(&self) -> Option<i32> {
        Some(self.fd)
    }

    fn write(&self, buf: &[u8]) -> io::Result<usize> {
        Errno::clear();
        if self.is_socket.load(Ordering::Relaxed) {
            // A closed peer must be an error, not a SIGPIPE, which would terminate the process.
            match cancellation::send(self.fd, buf, NOSIGNAL) {
                Err(error) if error.raw_os_error() == Some(libc::ENOTSOCK) => {
                    self.is_socket.store(false, Ordering::Relaxed);
                }
                outcome => return outcome,
            }
            Errno::clear();
        }
        cancellation::write(self.fd, buf)
    }

    /// A failed `send()` of a stream socket has accepted nothing: otherwise it returns the number of
    /// bytes that it has accepted.
    fn accepts_batches(&self) -> bool {
        match self.stream.load(Ordering::Relaxed) {
            UNKNOWN => {
                let kind = option(self.fd, libc::SOL_SOCKET, libc::SO_TYPE);
                let is_stream = kind == Some(libc::SOCK_STREAM);
                self.stream.store(is_stream.into(), Ordering::Relaxed);
                is_stream
            }
            stream => stream != 0 && self.is_socket.load(Ordering::Relaxed),
        }
    }

    fn is_cancelled(&self) -> bool {
        cancellation::is_cancelled()
    }

    #[cfg(target_os = "linux")]
    fn kernel(&self) -> Option<&dyn KernelWriter> {
        Some(self)
    }

    fn cork(&self) {
        self.set_cork(true);
    }

    fn uncork(&self) {
        self.set_cork(false);
    }

    fn restore(&self) {
        if let Some(corked) = self.corked_before {
            set_option(self.fd, libc::IPPROTO_TCP, CORK, corked.into());
        }
        #[cfg(target_vendor = "apple")]
        if let Some(value) = self.nosigpipe_before {
            set_option(self.fd, libc::SOL_SOCKET, libc::SO_NOSIGPIPE, value);
        }
    }
}

/// Flag of `send()`: a closed peer is an error and no signal. macOS has an option of the socket
/// instead.
#[cfg(not(target_vendor = "apple"))]
const NOSIGNAL: libc::c_int = libc::MSG_NOSIGNAL;
#[cfg(target_vendor = "apple")]
const NOSIGNAL: libc::c_int = 0;

/// Makes a closed peer an error of `send()` and no signal. Returns the value to be restored.
#[cfg(target_vendor = "apple")]
fn suppress_sigpipe(fd: RawFd) -> Option<libc::c_int> {
    let before = option(fd, libc::SOL_SOCKET, libc::SO_NOSIGPIPE)?;
    set_option(fd, libc::SOL_SOCKET, libc::SO_NOSIGPIPE, 1);
    Some(before)
}

/// The type of the socket was not determined.
const UNKNOWN: u8 = 2;

#[cfg(target_os = "linux")]
const CORK: libc::c_int = libc::TCP_CORK;
#[cfg(not(any(target_os = "linux", target_os = "netbsd")))]
const CORK: libc::c_int = libc::TCP_NOPUSH;
/// NetBSD has neither option: no socket has this one.
#[cfg(target_os = "netbsd")]
const CORK: libc::c_int = -1;

/// Reads an integer socket option; `None` if the descriptor does not have it.
pub(super) fn option(fd: RawFd, level: libc::c_int, name: libc::c_int) -> Option<libc::c_int> {
    let mut value: libc::c_int = 0;
    let mut len = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: `value` is writable for `len` bytes, and `len` writable, for the whole call.
    let status = unsafe { libc::getsockopt(fd, level, name, (&raw mut value).cast(), &mut len) };
    (status == 0).then_some(value)
}

/// Sets an integer socket option. Errors are ignored, as the options are hints.
fn set_option(fd: RawFd, level: libc::c_int, name: libc::c_int, value: libc::c_int) {
    let len = size_of_val(&value) as libc::socklen_t;
    // SAFETY: `value` is readable for `len` bytes for the whole call.
    unsafe { libc::setsockopt(fd, level, name, (&raw const value).cast(), len) };
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn sockets_and_pipes_are_both_written() {
        let (mut receiver, sender) = UnixStream::pair().expect("a socket pair");
        let socket = WriteFd::new(sender.as_raw_fd());
        assert_eq!(socket.write(b"abc").expect("the socket takes it"), 3);
        let mut bytes = [0; 3];
        receiver.read_exact(&mut bytes).expect("the bytes arrive");
        assert_eq!(&bytes, b"abc");

        let (mut receiver, sender) = io::pipe().expect("a pipe");
        let pipe = WriteFd::new(sender.as_raw_fd());
        assert_eq!(pipe.write(b"xyz").expect("the pipe takes it"), 3);
        receiver.read_exact(&mut bytes).expect("the bytes arrive");
        assert_eq!(&bytes, b"xyz");
    }

    #[test]
    fn a_closed_peer_is_an_error_and_not_a_signal() {
        let (receiver, sender) = UnixStream::pair().expect("a socket pair");
        drop(receiver);
        let error = WriteFd::new(sender.as_raw_fd()).write(b"x").unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EPIPE));
    }

    #[test]
    fn a_negative_descriptor_is_an_error() {
        let read = ReadFd::new(-1).read(&mut [0; 4]).unwrap_err();
        assert_eq!(read.raw_os_error(), Some(libc::EBADF));
        let written = WriteFd::new(-1).write(b"x").unwrap_err();
        assert_eq!(written.raw_os_error(), Some(libc::EBADF));
    }

    #[test]
    fn read_returns_0_at_the_end_of_the_stream() {
        let (receiver, mut sender) = UnixStream::pair().expect("a socket pair");
        sender.write_all(b"hi").expect("the socket takes it");
        drop(sender);
        let reader = ReadFd::new(receiver.as_raw_fd());
        let mut bytes = [0; 8];
        assert_eq!(reader.read(&mut bytes).expect("two bytes wait"), 2);
        assert_eq!(reader.read(&mut bytes).expect("the end is no error"), 0);
    }
}
