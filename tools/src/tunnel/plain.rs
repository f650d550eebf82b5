//! The side of a tunnel without TLS.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use socket2::Socket;

use super::readiness::Readiness;

/// A non-blocking socket of TCP, or of the Unix domain.
pub struct Plain {
    socket: Socket,
    pub ready: Readiness,
}

impl Plain {
    /// Takes over a connected socket, which does not block.
    pub fn new(socket: Socket) -> Self {
        // Fails for a Unix socket, which has no delay.
        let _ = socket.set_tcp_nodelay(true);
        Self {
            socket,
            ready: Readiness::new(),
        }
    }

    /// Reads at most `buf.len()` bytes: 0 at the end of the stream, and `None` if it would block.
    pub fn read(&mut self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        loop {
            match (&self.socket).read(buf) {
                Ok(len) => return Ok(Some(len)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.ready.readable = false;
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes as many bytes as are accepted without blocking, and returns their number.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = 0;
        while written < bytes.len() {
            match (&self.socket).write(&bytes[written..]) {
                Ok(len) => written += len,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.ready.writable = false;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }

    /// Sends the end of the stream (FIN); the other direction is not affected.
    pub fn shutdown_write(&self) {
        // Fails if the peer has reset the connection, which a read reports.
        let _ = self.socket.shutdown(Shutdown::Write);
    }

    /// Closes with a reset (RST), so that the peer cannot take an incomplete stream for a complete
    /// one. A Unix socket has no reset.
    pub fn reset(self) {
        let _ = self.socket.set_linger(Some(Duration::ZERO));
    }

    /// Returns the error of a connection that has failed.
    pub fn take_error(&self) -> io::Error {
        let error = self.socket.take_error().ok().flatten();
        error.unwrap_or_else(|| ErrorKind::ConnectionReset.into())
    }
}
