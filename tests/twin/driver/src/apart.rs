//! A connection whose peer is in another process: everything is done to its end.

use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;

use s2n_tls_sys::*;

use crate::calls::Options;
use crate::words::{number, status};
use crate::world::{Mistake, World};

pub fn call(world: &mut World, verb: &str, words: &[&str]) -> Option<Result<String, Mistake>> {
    Some(match (verb, words) {
        ("listen", [name]) => listen(world, name),
        ("connect", [name, port]) => connect(world, name, port),
        ("complete", [name]) => world.repeat(name, |world, options| world.negotiate(name, options)),
        ("put", [name, size]) => put(world, name, size),
        ("get", [name, size]) => get(world, name, size),
        ("finish", [name]) => world.repeat(name, |world, options| world.shutdown(name, options)),
        _ => return None,
    })
}

/// Says where, and waits for the peer.
fn listen(world: &mut World, name: &str) -> Result<String, Mistake> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(text)?;
    let port = listener.local_addr().map_err(text)?.port();
    println!("port {port}");
    let (stream, _) = listener.accept().map_err(text)?;
    attach(world, name, stream)
}

fn connect(world: &mut World, name: &str, port: &str) -> Result<String, Mistake> {
    let stream = TcpStream::connect(("127.0.0.1", number(port)?)).map_err(text)?;
    attach(world, name, stream)
}

fn attach(world: &mut World, name: &str, stream: TcpStream) -> Result<String, Mistake> {
    stream.set_nodelay(true).map_err(text)?;
    stream.set_nonblocking(true).map_err(text)?;
    // SAFETY: the connection is live, and the stream as long as the world.
    let result = unsafe { s2n_connection_set_fd(world.conn_ptr(name)?, stream.as_raw_fd()) };
    world.streams.insert(name.to_owned(), stream);
    Ok(status(result))
}

fn text(error: std::io::Error) -> Mistake {
    error.to_string()
}

fn put(world: &mut World, name: &str, size: &str) -> Result<String, Mistake> {
    let size: u64 = number(size)?;
    let end = world.conn(name)?.sent + size;
    loop {
        let rest = end - world.conn(name)?.sent;
        if rest == 0 {
            return Ok(format!("{size}"));
        }
        let outcome = world.repeat(name, |world, options| {
            world.send(name, rest as isize, options)
        })?;
        if outcome.starts_with('-') {
            return Ok(outcome);
        }
    }
}

fn get(world: &mut World, name: &str, size: &str) -> Result<String, Mistake> {
    let size: u64 = number(size)?;
    let end = world.conn(name)?.received + size;
    loop {
        let rest = end - world.conn(name)?.received;
        if rest == 0 {
            return Ok(format!("{size}"));
        }
        let outcome = world.repeat(name, |world, options| {
            world.recv(name, rest as isize, options)
        })?;
        if outcome.starts_with('-') || outcome.starts_with("0 ") || outcome.contains("WRONG") {
            return Ok(outcome);
        }
    }
}

impl World {
    /// Calls until the call is not blocked any more.
    fn repeat(
        &mut self,
        name: &str,
        mut call: impl FnMut(&mut Self, &Options) -> Result<String, Mistake>,
    ) -> Result<String, Mistake> {
        let options = Options::new(&[])?;
        loop {
            let outcome = call(self, &options)?;
            if !outcome.contains("BLOCKED") {
                return Ok(outcome);
            }
            self.wait(name, outcome.ends_with('W'))?;
        }
    }

    fn wait(&self, name: &str, to_write: bool) -> Result<(), Mistake> {
        let stream = self.streams.get(name).ok_or("no stream")?;
        let mut place = libc::pollfd {
            fd: stream.as_raw_fd(),
            events: if to_write {
                libc::POLLOUT
            } else {
                libc::POLLIN
            },
            revents: 0,
        };
        // SAFETY: the list holds one descriptor.
        unsafe { libc::poll(&raw mut place, 1, -1) };
        Ok(())
    }
}
