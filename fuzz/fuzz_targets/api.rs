//! Fuzzes the C API: calls in any order on a client and a server, with misbehaving callbacks.
//!
//! The fuzzing engine aborts at any panic, so that one that the library catches at its boundary is
//! a finding too. Invariants: every failure sets an error, bytes are received once and in order,
//! and connections without faults complete.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rs2n_fuzz::api::Case;
use rs2n_fuzz::seeds;

fuzz_target!(init: seeds::write("api", seeds::noise()), |case: Case| case.run());
