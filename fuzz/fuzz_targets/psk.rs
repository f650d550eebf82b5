//! Fuzzes the selection of external pre-shared keys and early data of servers, with clients that
//! have the keys: offered keys, binders, second ClientHellos, and sealed records.
//!
//! Invariants besides "no panic": a key is used only if its binder is valid, and then the right one;
//! the list that a callback reads is the client's; early data is accepted and received exactly as
//! the client has sent it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rs2n_fuzz::{psk, seeds};

fuzz_target!(init: seeds::write("psk", seeds::noise()), |input: &[u8]| {
    let mut rest = input;
    psk::check(&mut |of| {
        let (taken, after) = rest.split_at(rest.len().min(if of > 256 { 2 } else { 1 }));
        rest = after;
        taken.iter().fold(0, |number, &byte| number << 8 | usize::from(byte)) % of
    });
});
