//! Every security policy: what a client offers with it, what each side selects from the offer of common
//! policies, and which certificates it permits.
//!
//! The names come from the table of the reference, `tests/abi/policies.tsv`.

use std::path::Path;

use crate::cases::NamedScript;
use crate::certificates::keys::*;
use crate::certificates::{Cert, der};

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

const P384: Kind = Kind::Openssl("-algorithm EC -pkeyopt ec_paramgen_curve:P-384");
const RSA_2048: Kind = Kind::Openssl("-algorithm RSA -pkeyopt rsa_keygen_bits:2048");
const RSA_3072: Kind = Kind::Openssl("-algorithm RSA -pkeyopt rsa_keygen_bits:3072");

/// Certificates for the rules of policies: the key of the leaf, that of the root, and the signature of both.
const CERTIFICATES: [(&str, Kind, Kind, &str, Identifier); 10] = [
    ("ecdsa-sha256", P384, P384, "-sha256", ECDSA_SHA256),
    ("ecdsa-sha384", P384, P384, "-sha384", ECDSA_SHA384),
    ("ecdsa-sha512", P384, P384, "-sha512", ECDSA_SHA512),
    ("rsa-sha256", RSA_3072, RSA_3072, "-sha256", RSA_SHA256),
    ("rsa-sha384", RSA_3072, RSA_3072, "-sha384", RSA_SHA384),
    ("rsa-sha512", RSA_3072, RSA_3072, "-sha512", RSA_SHA512),
    ("rsa-pss", RSA_3072, RSA_3072, PSS, RSA_PSS_SHA256),
    ("p256-leaf", Kind::P256, P384, "-sha384", ECDSA_SHA384),
    ("rsa2048-leaf", RSA_2048, P384, "-sha384", ECDSA_SHA384),
    ("rsa2048-root", RSA_3072, RSA_2048, "-sha384", RSA_SHA384),
];

const PSS: &str = "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32";

/// Writes the certificates to the directory `policies` in `certs`, and returns the scripts; those with a
/// common policy use the certificates of `matrix::scripts`.
pub fn scripts(certs: &Path) -> Vec<NamedScript> {
    write_certificates(certs);
    let mut scripts = Vec::new();
    for row in TABLE.lines().skip(1) {
        let (names, rest) = row.split_once('\t').expect("several columns");
        for name in names.split(' ') {
            scripts.push((format!("policy/{name}/offer"), offer(name)));
            if rest == "deprecated" {
                continue;
            }
            scripts.push((format!("policy/{name}/local"), local(name)));
            for (certificate, ..) in CERTIFICATES {
                let title = format!("policy/{name}/peer/{certificate}");
                scripts.push((title, verification(name, certificate)));
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

/// A script with the certificates as those of a config, before and after its policy is set.
fn local(policy: &str) -> Vec<String> {
    let scripts = CERTIFICATES.iter().map(|(certificate, ..)| {
        let (before, after) = (format!("{certificate}-1"), format!("{certificate}-2"));
        [
            format!("config {before}"),
            format!("add_chain {before} policies/{certificate}"),
            format!("policy {before} {policy}"),
            format!("config {after}"),
            format!("policy {after} {policy}"),
            format!("add_chain {after} policies/{certificate}"),
        ]
    });
    scripts.flatten().collect()
}

/// A script in which a client verifies a certificate.
fn verification(policy: &str, certificate: &str) -> Vec<String> {
    let lines = [
        "config cc",
        "config sc",
        &format!("policy cc {policy}"),
        "policy sc default",
        "events cc",
        "events sc",
        &format!("trust cc policies/{certificate}-root.pem"),
        &format!("add_chain sc policies/{certificate}"),
        "connections",
        "server_name c leaf.test",
        "handshake",
        "authentication c",
    ];
    lines.map(str::to_owned).to_vec()
}

fn write_certificates(certs: &Path) {
    let (dir, keys) = (certs.join("policies"), certs.join("keys"));
    for dir in [&dir, &keys] {
        std::fs::create_dir_all(dir).expect("the directory is writable");
    }
    for (name, leaf_kind, root_kind, options, identifier) in CERTIFICATES {
        let signing = Signing::Openssl {
            options,
            identifier,
        };
        let (leaf_key, root_key) = (Key::new(leaf_kind, &keys), Key::new(root_kind, &keys));
        // Verified with the system's clock.
        let mut root = Cert::authority("policies root", "root");
        let mut leaf = Cert::leaf("leaf", "root");
        for cert in [&mut root, &mut leaf] {
            cert.valid(0, 4_102_444_800);
            cert.signing = signing;
        }
        let write = |name: String, text: String| {
            std::fs::write(dir.join(name), text).expect("the directory is writable");
        };
        let signed = |cert: &Cert, key: &Key| {
            der::pem("CERTIFICATE", &cert.sign(key, &root, &root_key, &keys))
        };
        write(format!("{name}-root.pem"), signed(&root, &root_key));
        write(format!("{name}.pem"), signed(&leaf, &leaf_key));
        write(format!("{name}.key"), leaf_key.pem());
    }
}
