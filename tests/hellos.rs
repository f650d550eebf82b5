//! Thousands of first and second ClientHellos, well-formed or malformed, in records of all sizes.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use rs2n_core::config::Config;
use rs2n_core::credentials::CertChain;

#[path = "support/hellos/mod.rs"]
mod hellos;
#[path = "support/random.rs"]
mod random;

use hellos::{Counts, Server};
use random::Random;

const SEED: u64 = 0x5eed;
const ROUNDS: u64 = 5000;

fn server(policy: &[u8]) -> Server {
    const NAMES: &[&str] = &["localhost", "*.wild.example"];

    let names: Vec<_> = NAMES.iter().map(|name| name.to_string()).collect();
    let made = rcgen::generate_simple_self_signed(names).expect("the names are valid");
    let (cert, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let chain = CertChain::default();
    chain
        .load(cert.as_bytes(), key.as_bytes())
        .expect("the key is that of the certificate");
    let config = Config::new_minimal();
    config
        .add_chain(&Arc::new(chain))
        .expect("the chain is loaded");
    Server::new(config, NAMES, policy)
}

#[test]
fn client_hello_of_the_api_is_the_one_that_the_server_answers() {
    let servers = [
        b"default_tls13".as_slice(),
        b"ELBSecurityPolicy-TLS-1-2-2017-01",
    ]
    .map(server);
    let counts = Counts::default();
    for round in 0..ROUNDS {
        let mut random = Random(SEED + round);
        let mut choose = |of: usize| (random.next() % of as u64) as usize;
        let server = &servers[usize::from(choose(4) == 0)];
        let check = || server.check(&mut choose, &counts);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(check)) {
            eprintln!("seed: {:#x}", SEED + round);
            resume_unwind(panic);
        }
    }
    println!("seed: {SEED:#x}, {counts:?}");
    for (what, count) in [
        ("answered", &counts.answered),
        ("refused", &counts.refused),
        ("retried", &counts.retried),
        ("answered again", &counts.answered_again),
        ("refused again", &counts.refused_again),
    ] {
        assert!(count.get() > 200, "{what}: {}", count.get());
    }
}
