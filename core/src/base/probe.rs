//! Events for tracing tools, such as bpftrace: rare ones, which cost a call of a function that does
//! nothing while no tool is attached.

use std::ffi::CStr;
use std::sync::OnceLock;

use super::Mode;

/// An event of a connection.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A handshake begins.
    HandshakeStart { mode: Mode },

    /// A handshake is complete, with the number of the version in the API, and of the cipher suite.
    HandshakeDone { version: u8, suite: u16 },

    /// A call has failed with this error.
    Error { number: i32, name: &'static CStr },

    /// This side, or the peer, has updated its traffic key.
    KeyUpdate { is_sent: bool },
}

/// The function that passes an event to tools, with the application's pointer to the connection.
pub type Probe = fn(usize, Event);

static PROBE: OnceLock<Probe> = OnceLock::new();

/// Sets the function that passes events to tools, once for the process.
pub fn set_probe(probe: Probe) {
    // Another thread may have set it: there is one only.
    let _ = PROBE.set(probe);
}

/// Passes an event of the connection with this name to tools.
pub(crate) fn fire(name: usize, event: Event) {
    if let Some(probe) = PROBE.get() {
        probe(name, event);
    }
}
