//! Both libraries against each other: client and server are two processes.

use crate::differences::Differences;
use crate::driver::{Driver, Trace};
use crate::matrix::{CLIENTS, POLICIES, PROTOCOLS, SHOWN};

/// A conversation, as each side has its part.
struct Scene {
    name: String,
    client: Vec<String>,
    server: Vec<String>,
}

/// Two processes of each library.
pub struct Cast {
    pub reference: [Driver; 2],
    pub rs2n: [Driver; 2],
}

/// Performs all scenes with all casts, and compares with s2n-tls on both sides. Gives the number of
/// those that differ.
pub fn run(cast: &mut Cast, differences: &Differences) -> usize {
    let scenes = scenes();
    let (mut failed, mut complete) = (0, 0);
    for scene in &scenes {
        let [client, server] = &mut cast.reference;
        let model = scene.perform(client, server);
        let [ours, our_second] = &mut cast.rs2n;
        let ways = [
            ("s2n-tls is the server", scene.perform(ours, server)),
            ("s2n-tls is the client", scene.perform(client, ours)),
            ("rs2n with itself", scene.perform(ours, our_second)),
        ];
        for (way, traces) in ways {
            if !model.is_complete() && !traces.is_complete() {
                // How a side learns that the other has given up is a matter of moments.
                continue;
            }
            for (side, expected, trace) in [
                ("c", &model.client, &traces.client),
                ("s", &model.server, &traces.server),
            ] {
                if agree(differences, &scene.name, expected, trace) {
                    continue;
                }
                failed += 1;
                println!("FAILED: {}: {way}, side {side}", scene.name);
                for (line, expected) in trace.iter().zip(expected) {
                    let mark = if line == expected { ' ' } else { '>' };
                    println!("  {mark} {expected}\n  {mark}     {line}");
                }
            }
        }
        complete += usize::from(model.is_complete());
    }
    let scenes = scenes.len();
    println!("{scenes} conversations of the two, {complete} complete, {failed} traces differ");
    failed
}

/// What both sides did.
struct Traces {
    client: Trace,
    server: Trace,
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
    let dubious = |line: &String| line.contains("MISTAKE") || line.starts_with("THE DRIVER");
    if model.iter().chain(trace).any(dubious) {
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

impl Scene {
    fn perform(&self, client: &mut Driver, server: &mut Driver) -> Traces {
        server.start(&self.server);
        let mut before = Vec::new();
        // Where the server listens it says before it waits.
        let port = loop {
            match server.next_line() {
                Ok(line) => match line.strip_prefix("port ") {
                    Some(port) => break port.to_owned(),
                    None => before.push(line),
                },
                Err(end) => {
                    return Traces {
                        client: vec![end.clone()],
                        server: vec![end],
                    };
                }
            }
        };
        let client_script: Vec<String> = self
            .client
            .iter()
            .map(|line| line.replace("PORT", &port))
            .collect();
        client.start(&client_script);
        let mut theirs = client.finish();
        for line in &mut theirs {
            *line = line.replace(&format!("connect c {port}"), "connect c PORT");
        }
        before.extend(server.finish());
        Traces {
            client: theirs,
            server: before,
        }
    }
}

/// Policies that need other groups, or a second hello of the client.
const DISTANT: [&str; 11] = [
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

/// Less common keys: the client's policy, the server's, the chain that it shows, and the root that
/// is trusted.
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

fn scenes() -> Vec<Scene> {
    let mut scenes = Vec::new();
    // Every pair of policies, with everything else in turn.
    for client in POLICIES {
        for server in POLICIES {
            let turn = scenes.len();
            // In TLS 1.2 s2n-tls has no P-521: see differences.md.
            let shown = SHOWN.iter().filter(|shown| !shown.contains(&"p521"));
            let shown = *shown.clone().nth(turn % shown.count()).expect("in range");
            let (mode, presents) = CLIENTS[turn / 2 % CLIENTS.len()];
            let (theirs, ours) = PROTOCOLS[turn / 3 % PROTOCOLS.len()];
            let shows = |config: &str, names: &[&str]| -> Vec<String> {
                let lines = names
                    .iter()
                    .map(|name| format!("shows {config} matrix/{name}"));
                lines.collect()
            };
            let mut client_settings = shows("cc", presents.as_slice());
            client_settings.push("trust cc matrix/root.pem".into());
            client_settings.push(format!("alpn cc {theirs}"));
            let mut server_settings = shows("sc", shown);
            server_settings.push("trust sc matrix/root.pem".into());
            server_settings.push("verify_host sc any".into());
            server_settings.push(format!("client_auth sc {mode}"));
            server_settings.push(format!("alpn sc {ours}"));
            scenes.push(Scene {
                name: format!("cross/{}/{client}/{server}/{turn}", shown.join("+")),
                client: client_script(client, "leaf.test", client_settings),
                server: server_script(server, server_settings),
            });
        }
    }
    let pairs = DISTANT
        .iter()
        .flat_map(|client| DISTANT.map(|server| (*client, server, "ecdsa", "ca")));
    for (client, server, chain, root) in pairs.chain(KEYS) {
        let trust = vec![format!("trust cc {root}.pem")];
        scenes.push(Scene {
            name: format!("cross/{chain}/{client}/{server}/{}", scenes.len()),
            client: client_script(client, "localhost", trust),
            server: server_script(server, vec![format!("shows sc {chain}")]),
        });
    }
    scenes
}

fn client_script(policy: &str, host: &str, settings: Vec<String>) -> Vec<String> {
    let start = [
        "new c client",
        "set_config c cc",
        "quiet c",
        &format!("server_name c {host}"),
        "connect c PORT",
        "complete c",
        "facts c",
        "evidence c",
        "progress c",
        "put c 100000",
        "get c 200000",
        "finish c",
        "recv c 10",
    ];
    script("cc", policy, settings, &start)
}

fn server_script(policy: &str, settings: Vec<String>) -> Vec<String> {
    let start = [
        "new s server",
        "set_config s sc",
        "quiet s",
        "listen s",
        "complete s",
        "facts s",
        "evidence s",
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
