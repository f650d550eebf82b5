//! Socket and pipe transports.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use s2n_tls_sys::*;

use crate::io::{Options, last_error};
use crate::state::{ScriptError, State};

/// The descriptors of a connection; `writing` is `None` if both directions share one.
struct Descriptors {
    reading: Option<OwnedFd>,
    writing: Option<OwnedFd>,
    /// Their numbers, which remain after they are closed.
    numbers: (RawFd, RawFd),
}

impl Descriptors {
    fn shared(fd: OwnedFd) -> Self {
        let number = fd.as_raw_fd();
        Self {
            reading: Some(fd),
            writing: None,
            numbers: (number, number),
        }
    }

    fn separate(reading: OwnedFd, writing: OwnedFd) -> Self {
        Self {
            numbers: (reading.as_raw_fd(), writing.as_raw_fd()),
            reading: Some(reading),
            writing: Some(writing),
        }
    }
}

/// The descriptors of `c` and `s`; closed at the end of the script, and not by the library.
pub struct Sockets {
    client: Descriptors,
    server: Descriptors,
}

impl Sockets {
    pub fn new(kind: &str) -> Result<Self, ScriptError> {
        let sockets = match kind {
            "unix" => {
                let (client, server) = UnixStream::pair().map_err(io_error)?;
                Self {
                    client: Descriptors::shared(client.into()),
                    server: Descriptors::shared(server.into()),
                }
            }
            "tcp" => {
                let (client, server) = tcp_pair().map_err(io_error)?;
                Self {
                    client: Descriptors::shared(client.into()),
                    server: Descriptors::shared(server.into()),
                }
            }
            "pipes" => {
                let (from_client, to_server) = io::pipe().map_err(io_error)?;
                let (from_server, to_client) = io::pipe().map_err(io_error)?;
                Self {
                    client: Descriptors::separate(from_server.into(), to_server.into()),
                    server: Descriptors::separate(from_client.into(), to_client.into()),
                }
            }
            _ => return Err(format!("unknown kind of sockets {kind}")),
        };
        for descriptors in [&sockets.client, &sockets.server] {
            set_small_and_nonblocking(descriptors.numbers.0);
            set_small_and_nonblocking(descriptors.numbers.1);
        }
        Ok(sockets)
    }

    pub fn attach(&self, state: &State) -> Result<(), ScriptError> {
        for (name, descriptors) in [("c", &self.client), ("s", &self.server)] {
            let conn = state.conn_ptr(name)?;
            let (reading, writing) = descriptors.numbers;
            // SAFETY: the connection is live.
            let result = unsafe {
                match reading == writing {
                    true => s2n_connection_set_fd(conn, reading),
                    false => {
                        s2n_connection_set_read_fd(conn, reading)
                            | s2n_connection_set_write_fd(conn, writing)
                    }
                }
            };
            if result != 0 {
                return Err(last_error());
            }
        }
        Ok(())
    }

    /// Polls both connections' descriptors for input.
    fn poll_readable(&self) -> bool {
        const TIMEOUT_MS: libc::c_int = 100;
        let mut pollfds = [&self.client, &self.server].map(|descriptors| libc::pollfd {
            fd: descriptors.numbers.0,
            events: libc::POLLIN,
            revents: 0,
        });
        // SAFETY: the list holds two descriptors.
        unsafe { libc::poll(pollfds.as_mut_ptr(), 2, TIMEOUT_MS) > 0 }
    }

    pub fn call(&mut self, verb: &str, name: &str, values: &[&str]) -> Result<String, ScriptError> {
        let descriptors = match name {
            "c" => &mut self.client,
            "s" => &mut self.server,
            _ => return Err(format!("unknown connection {name}")),
        };
        let writing = descriptors.numbers.1;
        Ok(match (verb, values) {
            ("close_fd", []) => {
                (descriptors.reading, descriptors.writing) = (None, None);
                "ok".into()
            }
            ("fd_is_open", []) => {
                // SAFETY: no memory is involved.
                let flags = unsafe { libc::fcntl(writing, libc::F_GETFD) };
                (flags >= 0).to_string()
            }
            ("cork_is_on", []) => is_corked(writing).map_err(io_error)?.to_string(),
            ("set_tcp_cork", [value]) => {
                set_option(
                    writing,
                    libc::IPPROTO_TCP,
                    libc::TCP_CORK,
                    (*value == "1").into(),
                );
                "ok".into()
            }
            _ => return Err("unknown call".into()),
        })
    }
}

fn tcp_pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    let (server, _) = listener.accept()?;
    // Disables Nagle's algorithm, so that no byte is held back until an acknowledgement.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    Ok((client, server))
}

pub fn io_error(error: io::Error) -> ScriptError {
    error.to_string()
}

/// Sets small buffers, so that writes are short, and nonblocking mode. A receive buffer smaller
/// than a segment of the loopback device would make TCP wait for its timers. Pipes have no such
/// options.
fn set_small_and_nonblocking(fd: RawFd) {
    set_option(fd, libc::SOL_SOCKET, libc::SO_SNDBUF, 8192);
    set_option(fd, libc::SOL_SOCKET, libc::SO_RCVBUF, 1 << 18);
    // SAFETY: no memory is involved.
    unsafe { libc::fcntl(fd, libc::F_SETFL, libc::O_NONBLOCK) };
}

pub fn set_option(fd: RawFd, level: libc::c_int, name: libc::c_int, value: libc::c_int) {
    let len = size_of_val(&value) as libc::socklen_t;
    // SAFETY: the value can be read for its length.
    unsafe { libc::setsockopt(fd, level, name, (&raw const value).cast(), len) };
}

fn is_corked(fd: RawFd) -> io::Result<bool> {
    let mut value: libc::c_int = 0;
    let mut len = size_of_val(&value) as libc::socklen_t;
    let output = (&raw mut value).cast();
    // SAFETY: the output holds `len` bytes.
    match unsafe { libc::getsockopt(fd, libc::IPPROTO_TCP, libc::TCP_CORK, output, &raw mut len) } {
        0 => Ok(value != 0),
        _ => Err(io::Error::last_os_error()),
    }
}

impl State {
    /// Polls the sockets, if there are any, for input.
    pub fn poll_readable(&self) -> bool {
        self.sockets.as_ref().is_some_and(Sockets::poll_readable)
    }

    /// Sends `total` bytes in calls of `piece`, and receives them in calls of `capacity`. How the
    /// kernel segments them differs from run to run, so that only the final result is reported.
    pub fn transfer(
        &mut self,
        from: &str,
        to: &str,
        total: u64,
        piece: u64,
        capacity: isize,
    ) -> Result<String, ScriptError> {
        let none = Options::new(&[])?;
        let failed = |text: &str| text.starts_with('-') && !text.contains("BLOCKED");
        let start = (self.conn(from)?.sent, self.conn(to)?.received);
        loop {
            let left = total - (self.conn(from)?.sent - start.0);
            if left > 0 {
                let sent = self.send(from, left.min(piece) as isize, &none)?;
                if failed(&sent) {
                    return Ok(format!("send {sent}"));
                }
            }
            let received = self.recv(to, capacity, &none)?;
            if failed(&received) || received.starts_with('0') || received.contains("WRONG") {
                return Ok(format!("recv {received}"));
            }
            if self.conn(to)?.received - start.1 >= total {
                return Ok("all received".into());
            }
        }
    }
}
