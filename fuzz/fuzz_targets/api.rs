//! The C API: calls in any order on a client and a server, with callbacks that do what callbacks
//! must not.
//!
//! The fuzzing engine ends the process at any panic, so one that the library catches at its
//! boundary is a finding too. Besides: every failure has its error, bytes arrive once and in
//! order, and whoever only had to wait comes to a good end.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rs2n_fuzz::api::Case;
use rs2n_fuzz::seeds;

fuzz_target!(init: seeds::write("api", seeds::noise()), |case: Case| case.run());
