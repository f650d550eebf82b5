//! Transports of the operating system.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use s2n_tls_sys::*;

use crate::calls::{Options, failure};
use crate::world::{Mistake, World};

/// The descriptors of a connection; one of a kind if both directions share it.
struct Ends {
    reading: Option<OwnedFd>,
    writing: Option<OwnedFd>,
    /// Their numbers, which outlive them.
    numbers: (RawFd, RawFd),
}

impl Ends {
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

/// What `c` and `s` read and write; closed at the end of the script, and not by the library.
pub struct Sockets {
    client: Ends,
    server: Ends,
}

impl Sockets {
    pub fn new(kind: &str) -> Result<Self, Mistake> {
        let sockets = match kind {
            "unix" => {
                let (client, server) = UnixStream::pair().map_err(text)?;
                Self {
                    client: Ends::shared(client.into()),
                    server: Ends::shared(server.into()),
                }
            }
            "tcp" => {
                let (client, server) = tcp_pair().map_err(text)?;
                Self {
                    client: Ends::shared(client.into()),
                    server: Ends::shared(server.into()),
                }
            }
            "pipes" => {
                let (from_client, to_server) = io::pipe().map_err(text)?;
                let (from_server, to_client) = io::pipe().map_err(text)?;
                Self {
                    client: Ends::separate(from_server.into(), to_server.into()),
                    server: Ends::separate(from_client.into(), to_client.into()),
                }
            }
            _ => return Err(format!("no sockets of kind {kind}")),
        };
        for ends in [&sockets.client, &sockets.server] {
            small_and_nonblocking(ends.numbers.0);
            small_and_nonblocking(ends.numbers.1);
        }
        Ok(sockets)
    }

    pub fn attach(&self, world: &World) -> Result<(), Mistake> {
        for (name, ends) in [("c", &self.client), ("s", &self.server)] {
            let conn = world.conn_ptr(name)?;
            let (reading, writing) = ends.numbers;
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
                return Err(failure());
            }
        }
        Ok(())
    }

    /// Waits a moment for something to read.
    fn is_readable(&self) -> bool {
        const MOMENT: libc::c_int = 100;
        let mut ends = [&self.client, &self.server].map(|ends| libc::pollfd {
            fd: ends.numbers.0,
            events: libc::POLLIN,
            revents: 0,
        });
        // SAFETY: the list holds two descriptors.
        unsafe { libc::poll(ends.as_mut_ptr(), 2, MOMENT) > 0 }
    }

    pub fn call(&mut self, verb: &str, name: &str, values: &[&str]) -> Result<String, Mistake> {
        let ends = match name {
            "c" => &mut self.client,
            "s" => &mut self.server,
            _ => return Err(format!("no sockets of {name}")),
        };
        let writing = ends.numbers.1;
        Ok(match (verb, values) {
            ("close_fd", []) => {
                (ends.reading, ends.writing) = (None, None);
                "ok".into()
            }
            ("fd_is_open", []) => {
                // SAFETY: no memory is involved.
                let flags = unsafe { libc::fcntl(writing, libc::F_GETFD) };
                (flags >= 0).to_string()
            }
            ("cork_is_on", []) => cork(writing).map_err(text)?.to_string(),
            ("set_tcp_cork", [value]) => {
                set_option(
                    writing,
                    libc::IPPROTO_TCP,
                    libc::TCP_CORK,
                    (*value == "1").into(),
                );
                "ok".into()
            }
            _ => return Err("no such call".into()),
        })
    }
}

fn tcp_pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    let (server, _) = listener.accept()?;
    // So that no byte waits for an acknowledgement.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    Ok((client, server))
}

fn text(error: io::Error) -> Mistake {
    error.to_string()
}

/// Small buffers, so that writes are cut. A receiver smaller than a segment of the loopback device
/// would make TCP wait for its timers. Pipes have none to set.
fn small_and_nonblocking(fd: RawFd) {
    set_option(fd, libc::SOL_SOCKET, libc::SO_SNDBUF, 8192);
    set_option(fd, libc::SOL_SOCKET, libc::SO_RCVBUF, 1 << 18);
    // SAFETY: no memory is involved.
    unsafe { libc::fcntl(fd, libc::F_SETFL, libc::O_NONBLOCK) };
}

fn set_option(fd: RawFd, level: libc::c_int, name: libc::c_int, value: libc::c_int) {
    let len = size_of_val(&value) as libc::socklen_t;
    // SAFETY: the value can be read for its length.
    unsafe { libc::setsockopt(fd, level, name, (&raw const value).cast(), len) };
}

fn cork(fd: RawFd) -> io::Result<bool> {
    let mut value: libc::c_int = 0;
    let mut len = size_of_val(&value) as libc::socklen_t;
    let place = (&raw mut value).cast();
    // SAFETY: the place has room for its length.
    match unsafe { libc::getsockopt(fd, libc::IPPROTO_TCP, libc::TCP_CORK, place, &raw mut len) } {
        0 => Ok(value != 0),
        _ => Err(io::Error::last_os_error()),
    }
}

impl World {
    /// Whether a connection over sockets may get on after a moment.
    pub fn something_arrives(&self) -> bool {
        self.sockets.as_ref().is_some_and(Sockets::is_readable)
    }

    /// Sends `total` bytes in calls of `piece`, and receives them in calls of `room`. How the
    /// kernel cuts them differs from run to run, so only the end is told.
    pub fn transfer(
        &mut self,
        from: &str,
        to: &str,
        total: u64,
        piece: u64,
        room: isize,
    ) -> Result<String, Mistake> {
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
            let received = self.recv(to, room, &none)?;
            if failed(&received) || received.starts_with('0') || received.contains("WRONG") {
                return Ok(format!("recv {received}"));
            }
            if self.conn(to)?.received - start.1 >= total {
                return Ok("all arrived".into());
            }
        }
    }
}
