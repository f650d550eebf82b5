//! Fuzzes ClientHello processing of servers: first and second ClientHellos, in records of any size.
//!
//! Invariants besides "no panic": the ClientHello that the API returns is the one that the server
//! processed, and a second one is accepted only if it matches the first. `tests/hellos.rs` does the
//! same with choices generated from seeds.

#![no_main]

use std::sync::{Arc, OnceLock};

use libfuzzer_sys::fuzz_target;
use rs2n_core::config::Config;
use rs2n_core::credentials::CertChain;
use rs2n_fuzz::endpoint::{SERVER_CHAIN, SERVER_KEY};
use rs2n_fuzz::hellos::{Counts, Server};
use rs2n_fuzz::seeds;

fuzz_target!(init: seeds::write("hellos", seeds::noise()), |input: &[u8]| {
    let mut rest = input;
    let mut choose = |of: usize| {
        let (taken, after) = rest.split_at(rest.len().min(if of > 256 { 2 } else { 1 }));
        rest = after;
        taken.iter().fold(0, |number, &byte| number << 8 | usize::from(byte)) % of
    };
    let server = &servers()[choose(2)];
    server.check(&mut choose, &Counts::default());
});

fn servers() -> &'static [Server; 2] {
    const POLICIES: [&[u8]; 2] = [b"default_tls13", b"ELBSecurityPolicy-TLS-1-2-2017-01"];
    static SERVERS: OnceLock<[Server; 2]> = OnceLock::new();

    SERVERS.get_or_init(|| {
        POLICIES.map(|policy| {
            let chain = CertChain::default();
            chain
                .load(SERVER_CHAIN, SERVER_KEY)
                .expect("the key matches");
            let config = Config::new_minimal();
            config.add_chain(&Arc::new(chain)).expect("a loaded chain");
            Server::new(config, NAMES, policy)
        })
    })
}

/// The names of the certificate.
const NAMES: &[&str] = &["localhost", "www.rs2n.test", "*.wild.rs2n.test"];
