//! Static tracepoints (USDT) of the library: a `nop` for each, and a note in the ELF file that
//! describes it. Tools such as bpftrace, perf and gdb replace the `nop` while they trace.

use probe::probe;
use rs2n_core::config::callbacks::{Event, Mode};

/// Reaches the tracepoint of an event.
///
/// Not inlined: each tracepoint is at one place.
#[inline(never)]
pub fn fire(conn: usize, event: Event) {
    match event {
        Event::HandshakeStart { mode } => {
            probe!(rs2n, handshake__start, conn, mode == Mode::Client);
        }
        Event::HandshakeDone { version, suite } => {
            probe!(rs2n, handshake__done, conn, version, suite);
        }
        Event::Error { number, name } => {
            probe!(rs2n, error, conn, number, name.as_ptr());
        }
        Event::KeyUpdate { is_sent } => probe!(rs2n, key__update, conn, is_sent),
    }
}
