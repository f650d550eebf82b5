//! Fuzzes the functions of configs, certificate chains, lists of revoked certificates, ClientHello
//! messages and the library: calls in any order, then a handshake with what came of them.
//!
//! The fuzzing engine aborts at any panic, so that one that the library catches at its boundary is
//! a finding too.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use rs2n_fuzz::world::{Args, Call, Case, Setup};
use rs2n_fuzz::{c, seeds};

#[derive(Arbitrary, Debug)]
struct Input {
    setup: Setup,
    changes: Vec<Change>,
    then: Vec<Call>,
}

#[derive(Arbitrary, Debug)]
enum Change {
    Config(Args),
    Credentials(Args),
    Hello(Args),
    Library(Args),
}

/// Limit of changes before the first handshake.
const MAX_CHANGES: usize = 30;

fuzz_target!(
    init: {
        // SAFETY: the first call.
        assert_eq!(unsafe { c::s2n_init() }, 0);
        seeds::write("config", seeds::noise());
    },
    |input: Input| {
        let changes = input.changes.into_iter().take(MAX_CHANGES).map(|change| match change {
            Change::Config(args) => Call::Config(args),
            Change::Credentials(args) => Call::Credentials(args),
            Change::Hello(args) => Call::Hello(args),
            Change::Library(args) => Call::Library(args),
        });
        let mut calls: Vec<_> = changes.collect();
        calls.push(Call::Handshake);
        calls.extend(input.then);
        let setup = input.setup;
        Case { setup, calls }.run();
    }
);
