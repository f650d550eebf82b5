//! The end of a tunnel that has failed: the peers must not take what they have received for complete.

use std::io::{ErrorKind, Read};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use super::pending::{CHUNK_LEN, Pending};
use super::plain::Plain;
use super::tls::Tls;

/// The sides of a tunnel after a failure. The TLS side receives the bytes of `to_tls`, and an error
/// alert instead of a close_notify (RFC 8446, 6.1); the plain side the bytes of `to_plain`, and a
/// reset instead of the end of the stream.
pub struct Ending {
    to_tls: Pending,
    to_plain: Pending,
    stage: Stage,
    pub give_up_at: Instant,
}

/// The state of the TLS side.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The bytes and the alert are sent.
    Sending,
    /// The peer has to read them: closing a socket with unread bytes resets the connection, and they
    /// are lost.
    Draining,
    Closed,
}

/// How long the peers have to read the last bytes.
const TIMEOUT: Duration = Duration::from_secs(1);

impl Ending {
    /// Begins the end, for which the peers are waited for if there is time.
    pub fn new(to_tls: Pending, to_plain: Pending, now: Instant, has_time: bool) -> Self {
        let timeout = if has_time { TIMEOUT } else { Duration::ZERO };
        Self {
            to_tls,
            to_plain,
            stage: Stage::Sending,
            give_up_at: now + timeout,
        }
    }

    /// Continues, and returns whether both sides are closed.
    pub fn step(
        &mut self,
        tls: Option<&mut Tls>,
        plain: &mut Option<Plain>,
        chunk: &mut [u8; CHUNK_LEN],
        now: Instant,
    ) -> bool {
        let gives_up = now >= self.give_up_at;
        if plain.as_mut().is_some_and(|plain| self.write(plain)) || gives_up {
            reset(plain);
        }
        match tls {
            Some(tls) => self.close(tls, chunk),
            None => self.stage = Stage::Closed,
        }
        gives_up || plain.is_none() && self.stage == Stage::Closed
    }

    /// Writes the last bytes to the plain side, and returns whether it is to be closed.
    fn write(&mut self, plain: &mut Plain) -> bool {
        match plain.write(self.to_plain.bytes()) {
            Ok(len) => self.to_plain.take(len),
            Err(_) => return true,
        }
        self.to_plain.is_empty()
    }

    fn close(&mut self, tls: &mut Tls, chunk: &mut [u8; CHUNK_LEN]) {
        if self.stage == Stage::Sending {
            match self.send(tls) {
                Some(true) => self.stage = Stage::Draining,
                Some(false) => {}
                None => self.stage = Stage::Closed,
            }
        }
        if self.stage == Stage::Draining && drain(tls, chunk) {
            self.stage = Stage::Closed;
        }
    }

    /// Sends the last bytes and the alert. Returns whether that is complete; `None` if it is
    /// impossible.
    fn send(&mut self, tls: &mut Tls) -> Option<bool> {
        while !self.to_tls.is_empty() {
            match tls.send(self.to_tls.bytes()).ok()? {
                0 => return Some(false),
                sent => self.to_tls.take(sent),
            }
        }
        tls.conn.abort();
        if !tls.close().ok()? {
            return Some(false);
        }
        tls.tcp().shutdown(Shutdown::Write).ok()?;
        Some(true)
    }
}

fn reset(plain: &mut Option<Plain>) {
    if let Some(plain) = plain.take() {
        plain.reset();
    }
}

/// Discards what the peer sends, and returns whether it has closed.
fn drain(tls: &Tls, chunk: &mut [u8]) -> bool {
    let mut tcp = tls.tcp();
    loop {
        match tcp.read(chunk) {
            Ok(1..) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Ok(0) | Err(_) => return true,
        }
    }
}
