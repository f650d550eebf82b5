//! Interoperability of the two libraries: client and server are separate processes.

use crate::compare::is_invalid;
use crate::differences::Differences;
use crate::driver::{Driver, Trace};
use crate::matrix::{CLIENT_AUTH, POLICIES, PROTOCOLS, SERVER_CHAINS};

/// A connection: the scripts of its two sides.
pub struct Scenario {
    pub name: String,
    pub client: Vec<String>,
    pub server: Vec<String>,
}

/// Two driver processes per library.
pub struct Drivers {
    pub reference: [Driver; 2],
    pub rs2n: [Driver; 2],
}

/// Runs every scenario with every pairing of the libraries, and compares with s2n-tls on both
/// sides. Returns the number of traces that differ.
pub fn run(drivers: &mut Drivers, differences: &Differences) -> usize {
    let scenarios = scenarios();
    let (mut failed, mut complete) = (0, 0);
    for scenario in &scenarios {
        let [client, server] = &mut drivers.reference;
        let model = scenario.run(client, server);
        let [rs2n, second_rs2n] = &mut drivers.rs2n;
        let pairings = [
            ("s2n-tls is the server", scenario.run(rs2n, server)),
            ("s2n-tls is the client", scenario.run(client, rs2n)),
            ("rs2n with itself", scenario.run(rs2n, second_rs2n)),
        ];
        for (pairing, traces) in pairings {
            if !model.is_complete() && !traces.is_complete() {
                // How a side detects that its peer has failed depends on timing.
                continue;
            }
            for (side, expected, trace) in [
                ("c", &model.client, &traces.client),
                ("s", &model.server, &traces.server),
            ] {
                if agree(differences, &scenario.name, expected, trace) {
                    continue;
                }
                failed += 1;
                println!("FAILED: {}: {pairing}, side {side}", scenario.name);
                for (line, expected) in trace.iter().zip(expected) {
                    let mark = if line == expected { ' ' } else { '>' };
                    println!("  {mark} {expected}\n  {mark}     {line}");
                }
            }
        }
        complete += usize::from(model.is_complete());
    }
    let scenarios = scenarios.len();
    println!(
        "{scenarios} connections between the libraries, {complete} complete, {failed} traces differ"
    );
    failed
}

/// The traces of both sides.
pub struct Traces {
    pub client: Trace,
    pub server: Trace,
}

impl Traces {
    fn is_complete(&self) -> bool {
        let mut both = [&self.client, &self.server].into_iter();
        both.all(|trace| {
            let mut lines = trace.iter();
            lines.any(|line| line.starts_with("complete") && line.ends_with("=> 0 NOT"))
        })
    }
}

fn agree(differences: &Differences, name: &str, model: &Trace, trace: &Trace) -> bool {
    if model.iter().chain(trace).any(|line| is_invalid(line)) {
        return false;
    }
    for (expected, line) in model.iter().zip(trace) {
        if expected == line {
            continue;
        }
        match differences.find(name, expected, line) {
            Some(known) if known.ends_comparison => return true,
            Some(_) => {}
            None => return false,
        }
    }
    model.len() == trace.len()
}

impl Scenario {
    pub fn run(&self, client: &mut Driver, server: &mut Driver) -> Traces {
        server.start(&self.server);
        let mut server_trace = Vec::new();
        let port = match server.read_port(&mut server_trace) {
            Ok(port) => port,
            Err(end) => {
                return Traces {
                    client: vec![end.clone()],
                    server: vec![end],
                };
            }
        };
        let client_script: Vec<String> = self
            .client
            .iter()
            .map(|line| line.replace("PORT", &port))
            .collect();
        client.start(&client_script);
        let mut client_trace = client.finish();
        for line in &mut client_trace {
            *line = line.replace(&format!("connect c {port}"), "connect c PORT");
        }
        server_trace.extend(server.finish());
        Traces {
            client: client_trace,
            server: server_trace,
        }
    }
}

/// Policies with different groups, some of which lead to a HelloRetryRequest.
const GROUP_POLICIES: [&str; 11] = [
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

/// Less common keys: the client's policy, the server's policy, its chain, and the client's root.
const KEY_TYPES: [(&str, &str, &str, &str); 9] = [
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

fn scenarios() -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    // Every pair of policies; the other parameters take turns.
    for client in POLICIES {
        for server in POLICIES {
            let turn = scenarios.len();
            // s2n-tls has no P-521 in TLS 1.2: see differences.md.
            let chains = SERVER_CHAINS
                .iter()
                .filter(|chains| !chains.contains(&"p521"));
            let chains = *chains.clone().nth(turn % chains.count()).expect("in range");
            let (mode, client_chain) = CLIENT_AUTH[turn / 2 % CLIENT_AUTH.len()];
            let (client_alpn, server_alpn) = PROTOCOLS[turn / 3 % PROTOCOLS.len()];
            let add_chains = |config: &str, names: &[&str]| -> Vec<String> {
                let lines = names
                    .iter()
                    .map(|name| format!("add_chain {config} matrix/{name}"));
                lines.collect()
            };
            let mut client_settings = add_chains("cc", client_chain.as_slice());
            client_settings.push("trust cc matrix/root.pem".into());
            client_settings.push(format!("alpn cc {client_alpn}"));
            let mut server_settings = add_chains("sc", chains);
            server_settings.push("trust sc matrix/root.pem".into());
            server_settings.push("verify_host sc any".into());
            server_settings.push(format!("client_auth sc {mode}"));
            server_settings.push(format!("alpn sc {server_alpn}"));
            scenarios.push(Scenario {
                name: format!("cross/{}/{client}/{server}/{turn}", chains.join("+")),
                client: client_script(client, "leaf.test", client_settings),
                server: server_script(server, server_settings),
            });
        }
    }
    let pairs = GROUP_POLICIES
        .iter()
        .flat_map(|client| GROUP_POLICIES.map(|server| (*client, server, "ecdsa", "ca")));
    for (client, server, chain, root) in pairs.chain(KEY_TYPES) {
        let trust = vec![format!("trust cc {root}.pem")];
        scenarios.push(Scenario {
            name: format!("cross/{chain}/{client}/{server}/{}", scenarios.len()),
            client: client_script(client, "localhost", trust),
            server: server_script(server, vec![format!("add_chain sc {chain}")]),
        });
    }
    scenarios
}

pub fn client_script(policy: &str, host: &str, settings: Vec<String>) -> Vec<String> {
    let start = [
        "new c client",
        "set_config c cc",
        "self_service_blinding c",
        &format!("server_name c {host}"),
        "connect c PORT",
        "complete c",
        "negotiated c",
        "authentication c",
        "progress c",
        "put c 100000",
        "get c 200000",
        "finish c",
        "recv c 10",
    ];
    script("cc", policy, settings, &start)
}

pub fn server_script(policy: &str, settings: Vec<String>) -> Vec<String> {
    let start = [
        "new s server",
        "set_config s sc",
        "self_service_blinding s",
        "listen s",
        "complete s",
        "negotiated s",
        "authentication s",
        "progress s",
        "get s 100000",
        "put s 200000",
        "finish s",
        "recv s 10",
    ];
    script("sc", policy, settings, &start)
}

fn script(config: &str, policy: &str, settings: Vec<String>, calls: &[&str]) -> Vec<String> {
    let mut script = vec![
        format!("config {config}"),
        format!("policy {config} {policy}"),
        format!("events {config}"),
        format!("checkpoints {config}"),
    ];
    script.extend(settings);
    script.extend(calls.iter().map(|&call| call.to_owned()));
    script
}
