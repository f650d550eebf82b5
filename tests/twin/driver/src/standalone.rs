//! Calls on a connection whose peer is another process; each is repeated until it is not blocked.

use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;

use s2n_tls_sys::*;

use crate::format::{number, status};
use crate::io::Options;
use crate::sockets::{io_error, set_option};
use crate::state::{Conn, ScriptError, State};

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    Some(match (verb, args) {
        ("listen", [name]) => listen(state, name),
        ("connect", [name, port]) => connect(state, name, port),
        ("complete", [name]) => state.repeat(name, |state, options| state.negotiate(name, options)),
        ("await_bytes", [name, count]) => await_bytes(state, name, count),
        ("put", [name, size]) => send_all(state, name, size),
        ("get", [name, size]) => recv_all(state, name, size),
        ("finish", [name]) => state.repeat(name, |state, options| state.shutdown(name, options)),
        _ => return None,
    })
}

/// Prints the port and accepts a connection.
fn listen(state: &mut State, name: &str) -> Result<String, ScriptError> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(io_error)?;
    let port = listener.local_addr().map_err(io_error)?.port();
    println!("port {port}");
    let (stream, _) = listener.accept().map_err(io_error)?;
    attach(state, name, stream)
}

fn connect(state: &mut State, name: &str, port: &str) -> Result<String, ScriptError> {
    let stream = TcpStream::connect(("127.0.0.1", number(port)?)).map_err(io_error)?;
    attach(state, name, stream)
}

pub fn attach(state: &mut State, name: &str, stream: TcpStream) -> Result<String, ScriptError> {
    stream.set_nodelay(true).map_err(io_error)?;
    stream.set_nonblocking(true).map_err(io_error)?;
    // SAFETY: the connection is live, and the stream as long as the state.
    let result = unsafe { s2n_connection_set_fd(state.conn_ptr(name)?, stream.as_raw_fd()) };
    state.streams.insert(name.to_owned(), stream);
    Ok(status(result))
}

/// Waits until a connection can read this number of bytes.
fn await_bytes(state: &State, name: &str, count: &str) -> Result<String, ScriptError> {
    let stream = state.streams.get(name).ok_or("no stream")?;
    // The threshold from which poll() reports a socket as readable.
    set_option(
        stream.as_raw_fd(),
        libc::SOL_SOCKET,
        libc::SO_RCVLOWAT,
        number(count)?,
    );
    state.poll(name, false)?;
    set_option(stream.as_raw_fd(), libc::SOL_SOCKET, libc::SO_RCVLOWAT, 1);
    Ok("ok".into())
}

fn send_all(state: &mut State, name: &str, size: &str) -> Result<String, ScriptError> {
    transfer(state, name, number(size)?, |conn| conn.sent, State::send)
}

fn recv_all(state: &mut State, name: &str, size: &str) -> Result<String, ScriptError> {
    transfer(
        state,
        name,
        number(size)?,
        |conn| conn.received,
        State::recv,
    )
}

type Call = fn(&mut State, &str, isize, &Options) -> Result<String, ScriptError>;

/// Repeats a call until `size` more bytes are counted. Returns the result of a call that failed,
/// reached the end of the stream, or received wrong bytes.
fn transfer(
    state: &mut State,
    name: &str,
    size: u64,
    counter: fn(&Conn) -> u64,
    call: Call,
) -> Result<String, ScriptError> {
    let end = counter(state.conn(name)?) + size;
    loop {
        let rest = end - counter(state.conn(name)?);
        if rest == 0 {
            return Ok(size.to_string());
        }
        let outcome = state.repeat(name, |state, options| {
            call(state, name, rest as isize, options)
        })?;
        if outcome.starts_with('-') || outcome.starts_with("0 ") || outcome.contains("WRONG") {
            return Ok(outcome);
        }
    }
}

impl State {
    /// Repeats a call, polling in between, until it is not blocked.
    fn repeat(
        &mut self,
        name: &str,
        mut call: impl FnMut(&mut Self, &Options) -> Result<String, ScriptError>,
    ) -> Result<String, ScriptError> {
        let options = Options::new(&[])?;
        loop {
            let outcome = call(self, &options)?;
            if !outcome.contains("BLOCKED") {
                return Ok(outcome);
            }
            self.poll(name, outcome.ends_with('W'))?;
        }
    }

    pub fn poll(&self, name: &str, to_write: bool) -> Result<(), ScriptError> {
        let stream = self.streams.get(name).ok_or("no stream")?;
        let mut pollfd = libc::pollfd {
            fd: stream.as_raw_fd(),
            events: if to_write {
                libc::POLLOUT
            } else {
                libc::POLLIN
            },
            revents: 0,
        };
        // SAFETY: the list holds one descriptor.
        unsafe { libc::poll(&raw mut pollfd, 1, -1) };
        Ok(())
    }
}
