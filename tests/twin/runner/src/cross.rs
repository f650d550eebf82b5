//! s2n-tls and rs2n talk to each other: each is the client and the server of the other, with policies
//! that need other groups, and certificates with other keys.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};

use crate::driver::Driver;

/// Policies, each to meet all others.
const POLICIES: [&str; 11] = [
    "default",
    "default_pq",
    "default_fips",
    "default_tls13",
    "test_pq_only",
    "AWS-CRT-SDK-TLSv1.3-2025-PQ",
    "20260513",
    "20251113",
    "20250414",
    "20240501",
    "CloudFront-TLS-1-2-2021-Chacha20-Boosted",
];

/// The client's policy, the server's, the chain that it shows, and the root that is trusted.
const KEYS: [(&str, &str, &str, &str); 9] = [
    ("default", "default", "rsa", "ca"),
    ("20240501", "default", "rsa", "ca"),
    ("default", "default", "p521", "ca"),
    ("20240501", "default", "p521", "ca"),
    ("default", "default", "pss", "ca"),
    ("default_tls13", "default_tls13", "pss-sha256", "ca"),
    ("default_tls13", "default", "under-pss", "pss-ca"),
    ("rfc9151", "default_tls13", "cnsa", "cnsa-ca"),
    ("rfc9151", "rfc9151", "cnsa", "cnsa-ca"),
];

/// Lets them talk; how often the outcome was another than between two ends of s2n-tls, which do not
/// agree on anything if their groups or versions are too different.
pub fn run(reference: &Driver, rs2n: &Driver) -> usize {
    let pairs = POLICIES
        .iter()
        .flat_map(|client| POLICIES.map(|server| (*client, server, "ecdsa", "ca")));
    let (mut all, mut agreed, mut failed) = (0, 0, 0);
    for (client_policy, server_policy, chain, root) in pairs.chain(KEYS) {
        all += 1;
        let meet = |client: &Driver, server: &Driver| {
            let (ours, theirs) = UnixStream::pair().expect("two sockets");
            let client = client.meet(ours, ["client", client_policy, root]);
            let server = server.meet(theirs, ["server", server_policy, chain]);
            [outcome(client), outcome(server)]
        };
        let expected = meet(reference, reference);
        agreed += usize::from(agree(&expected));
        for (names, client, server) in [
            ("rs2n to s2n-tls", rs2n, reference),
            ("s2n-tls to rs2n", reference, rs2n),
            ("rs2n to itself", rs2n, rs2n),
        ] {
            let found = meet(client, server);
            // How a failure is called depends on which end fails first.
            if found == expected || [&expected, &found].iter().all(|ends| !agree(ends)) {
                continue;
            }
            println!("FAILED: {client_policy} to {server_policy} with {chain}, {names}:");
            println!("  {found:?} instead of {expected:?}");
            failed += 1;
        }
    }
    println!("{all} pairs of policies met, {agreed} agreed, {failed} times on something else");
    failed
}

fn agree(ends: &[String; 2]) -> bool {
    ends.iter().any(|end| end.starts_with("agreed: "))
}

fn outcome(end: Child) -> String {
    let output = end.wait_with_output().expect("it ended");
    String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned()
}

impl Driver {
    /// Starts one end of a conversation.
    fn meet(&self, socket: UnixStream, arguments: [&str; 3]) -> Child {
        self.command()
            .args(arguments)
            .stdin(Stdio::from(OwnedFd::from(socket)))
            .stdout(Stdio::piped())
            .spawn()
            .expect("the driver was built")
    }
}
