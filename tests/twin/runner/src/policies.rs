//! Every security policy: what a client offers with it, and what each side selects from the offer of common
//! policies.
//!
//! The names come from the table of the reference, `tests/abi/policies.tsv`.

use crate::cases::NamedScript;

const TABLE: &str = include_str!("../../../abi/policies.tsv");

/// Policies of the other side. All of their cipher suites and groups are supported by both libraries.
const PEERS: [&str; 5] = [
    "default",
    "ELBSecurityPolicy-FS-1-2-Res-2020-10",
    "CloudFront-TLS-1-2-2021",
    "AWS-CRT-SDK-TLSv1.3-2025-PQ",
    "20251113",
];

/// Chains of the server.
const CHAINS: [&str; 2] = ["ecdsa", "rsa"];

/// Returns the scripts; `matrix::scripts` has written the certificates.
pub fn scripts() -> Vec<NamedScript> {
    let mut scripts = Vec::new();
    for row in TABLE.lines().skip(1) {
        let (names, rest) = row.split_once('\t').expect("several columns");
        for name in names.split(' ') {
            scripts.push((format!("policy/{name}/offer"), offer(name)));
            if rest == "deprecated" {
                continue;
            }
            for peer in PEERS {
                for chain in CHAINS {
                    let title = format!("policy/{name}/client/{peer}/{chain}");
                    scripts.push((title, handshake(name, peer, chain)));
                    let title = format!("policy/{name}/server/{peer}/{chain}");
                    scripts.push((title, handshake(peer, name, chain)));
                }
            }
        }
    }
    scripts
}

/// A script that prints what a client offers.
fn offer(policy: &str) -> Vec<String> {
    let lines = [
        "config cc",
        "config sc",
        &format!("policy cc {policy}"),
        &format!("groups cc {}", u16::MAX),
        "connections",
        "negotiate c",
        "offers s",
    ];
    lines.map(str::to_owned).to_vec()
}

fn handshake(client: &str, server: &str, chain: &str) -> Vec<String> {
    let chain = match chain {
        "rsa" => "matrix/rsa2048",
        _ => "matrix/p384",
    };
    let lines = [
        "config cc",
        "config sc",
        &format!("policy cc {client}"),
        &format!("policy sc {server}"),
        "events cc",
        "events sc",
        "trust cc matrix/root.pem",
        &format!("add_chain sc {chain}"),
        "connections",
        "server_name c leaf.test",
        "handshake",
        "authentication c",
        "authentication s",
    ];
    lines.map(str::to_owned).to_vec()
}
