//! Fuzzes the records that a client or a server receives before, during and after the handshake.
//!
//! An on-path attacker drops, corrupts, splits and inserts records of a genuine peer. Invariants
//! besides "no panic": every call terminates, no byte is received that the peer has not sent at
//! that offset, an error closes the connection, and unmodified connections work.

#![no_main]

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use rs2n_fuzz::interception::{self, Interception};
use rs2n_fuzz::seeds;

fuzz_target!(init: seeds::write("peer", interception::seeds()), |input: &[u8]| {
    let mut u = Unstructured::new(input);
    let Ok(mut interception) = Interception::new(&mut u) else {
        return;
    };
    // An input that ends within a step is applied up to that step.
    let _ = interception.run(&mut u);
    interception.finish();
});
