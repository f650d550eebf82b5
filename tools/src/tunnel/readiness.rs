//! Readiness of a socket.

use mio::event::Event;

/// Whether calls of a socket can succeed. Events are edge-triggered: they set a flag, which stays set
/// until a call returns that it would block.
#[derive(Clone, Copy, Debug)]
pub struct Readiness {
    pub readable: bool,
    pub writable: bool,
    /// The connection was reset, or has failed.
    pub failed: bool,
}

impl Readiness {
    /// Returns that of a new socket: the first call determines it.
    pub fn new() -> Self {
        Self {
            readable: true,
            writable: true,
            failed: false,
        }
    }

    pub fn record(&mut self, event: &Event) {
        self.readable |= event.is_readable() || event.is_read_closed();
        self.writable |= event.is_writable() || event.is_write_closed();
        self.failed |= event.is_error();
    }
}
