//! Fleets of both libraries: a session of one server and client resumes at another server, with
//! another client.

use crate::cross::{Drivers, Scenario, client_script, server_script};
use crate::driver::{Driver, Trace};

/// How a session is resumed.
#[derive(Clone, Copy)]
struct Kind {
    name: &'static str,
    client: &'static str,
    server: &'static str,
    uses_tickets: bool,
}

const KINDS: [Kind; 5] = [
    Kind {
        name: "TLS 1.3, SHA-256",
        client: "default_tls13",
        server: "default_tls13",
        uses_tickets: true,
    },
    Kind {
        name: "TLS 1.3, SHA-384",
        client: "ELBSecurityPolicy-TLS13-1-3-RFC9151-FIPS-2023-07",
        server: "ELBSecurityPolicy-TLS13-1-3-RFC9151-FIPS-2023-07",
        uses_tickets: true,
    },
    Kind {
        name: "TLS 1.3 with a HelloRetryRequest",
        client: "default_tls13",
        server: "rfc9151",
        uses_tickets: true,
    },
    Kind {
        name: "TLS 1.2 with tickets",
        client: "20170210",
        server: "20170210",
        uses_tickets: true,
    },
    Kind {
        name: "TLS 1.2 with a cache",
        client: "20170210",
        server: "20170210",
        uses_tickets: false,
    },
];

/// The part of a kind's name that means a second ClientHello.
const RETRY: &str = "HelloRetryRequest";

/// The libraries of the four sides, as bits of a number.
const SIDES: [&str; 4] = ["client", "server", "second client", "second server"];

/// Runs two connections with every choice of the libraries. Returns the number of failures.
pub fn run(drivers: &mut Drivers) -> usize {
    let (mut failed, mut resumed) = (0, 0);
    for kind in KINDS {
        for choice in 0..1 << SIDES.len() {
            let of = |side: usize| choice >> side & 1 == 1;
            let first = connect(drivers, &kind.first(), of(0), of(1));
            let second = connect(drivers, &kind.second(), of(2), of(3));
            let hash = |trace: &Trace| {
                !kind.name.contains("SHA-384") || trace.iter().any(|line| line.contains("SHA384"))
            };
            let retries = |trace: &Trace| {
                !kind.name.contains(RETRY)
                    || trace
                        .iter()
                        .any(|line| line.contains("|HELLO_RETRY_REQUEST"))
            };
            if second
                .iter()
                .all(|trace| is_resumed(trace) && retries(trace) && hash(trace))
            {
                resumed += 1;
                continue;
            }
            failed += 1;
            let names: Vec<_> = (0..SIDES.len())
                .map(|side| format!("{} {}", SIDES[side], library(of(side))))
                .collect();
            println!("FAILED: {}: {}", kind.name, names.join(", "));
            for line in first.iter().chain(&second).flatten() {
                println!("    {line}");
            }
        }
    }
    println!("{resumed} sessions resumed in mixed fleets, {failed} failed");
    failed
}

pub fn library(is_rs2n: bool) -> &'static str {
    match is_rs2n {
        true => "rs2n",
        false => "s2n-tls",
    }
}

fn is_resumed(trace: &Trace) -> bool {
    let mut lines = trace.iter();
    lines.any(|line| line.starts_with("negotiated") && line.contains(" resumed=1 "))
}

/// Runs a connection, and returns the traces of both sides.
pub fn connect(
    drivers: &mut Drivers,
    scenario: &Scenario,
    client_is_rs2n: bool,
    server_is_rs2n: bool,
) -> [Trace; 2] {
    let Drivers { reference, rs2n } = drivers;
    let ([client, server], [rs2n_client, rs2n_server]) = (reference, rs2n);
    let of = |is_rs2n, rs2n, reference| -> &mut Driver { if is_rs2n { rs2n } else { reference } };
    let client = of(client_is_rs2n, rs2n_client, client);
    let server = of(server_is_rs2n, rs2n_server, server);
    let traces = scenario.run(client, server);
    [traces.client, traces.server]
}

impl Kind {
    fn first(self) -> Scenario {
        self.scenario(
            &[],
            &["save session c", "write_session session fleet.session"],
            &[],
            &["export_cache fleet.cache"],
        )
    }

    fn second(self) -> Scenario {
        self.scenario(
            &[
                "read_session session fleet.session",
                "set_session c session",
            ],
            &[],
            &["import_cache fleet.cache"],
            &[],
        )
    }

    /// A connection, with calls before its handshake and after its data.
    fn scenario(
        self,
        client_start: &[&str],
        client_end: &[&str],
        server_start: &[&str],
        server_end: &[&str],
    ) -> Scenario {
        let (mut client, mut server) = (vec!["trust cc ca.pem".into()], Vec::new());
        let chain = match self.server {
            policy if policy.contains("9151") => "cnsa",
            "20170210" => "rsa",
            _ => "ecdsa",
        };
        server.push(format!("add_chain sc {chain}"));
        client.push("trust cc cnsa-ca.pem".into());
        match self.uses_tickets {
            true => {
                client.push("tickets cc 1".into());
                server.push("tickets sc 1".into());
            }
            false => {
                server.push("cache_cbs sc".into());
                server.push("cache sc 1".into());
            }
        }
        server.push("ticket_key sc fleet the-secret-of-the-fleet 0".into());
        let add = |script: Vec<String>, side: &str, start: &[&str], end: &[&str]| -> Vec<String> {
            let mut all = Vec::new();
            for line in script {
                if line.starts_with(&format!("complete {side}")) {
                    all.extend(start.iter().map(|&line| line.to_owned()));
                }
                let is_end = line.starts_with(&format!("finish {side}"));
                if is_end {
                    all.extend(end.iter().map(|&line| line.to_owned()));
                }
                all.push(line);
            }
            all
        };
        let client = client_script(self.client, "localhost", client);
        let server = server_script(self.server, server);
        Scenario {
            name: format!("fleet/{}", self.name),
            client: add(client, "c", client_start, client_end),
            server: add(server, "s", server_start, server_end),
        }
    }
}
