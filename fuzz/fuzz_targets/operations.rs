//! Fuzzes asynchronous operations and the functions of connections: calls in any order on a client,
//! a server and a client without peer, with callbacks that complete an operation at once, later,
//! wrongly, or not at all, and that call the API themselves.
//!
//! The fuzzing engine aborts at any panic, so that one that the library catches at its boundary is
//! a finding too. Connections without faults complete, and their data is received once and in
//! order.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rs2n_fuzz::world::Case;
use rs2n_fuzz::{c, seeds};

fuzz_target!(
    init: {
        // SAFETY: the first call.
        assert_eq!(unsafe { c::s2n_init() }, 0);
        seeds::write("operations", seeds::noise());
    },
    |case: Case| case.run()
);
