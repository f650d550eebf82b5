//! Handshakes of all combinations: certificates, policies, client certificates, protocols.

use std::path::Path;

use crate::cases::Named;
use crate::certificates::keys::{Key, Kind};
use crate::certificates::{Cert, der};

/// Names of leaves, and their keys.
const LEAVES: [(&str, Kind); 4] = [
    (
        "rsa2048",
        Kind::Openssl("-algorithm RSA -pkeyopt rsa_keygen_bits:2048"),
    ),
    ("p256", Kind::P256),
    (
        "p384",
        Kind::Openssl("-algorithm EC -pkeyopt ec_paramgen_curve:P-384"),
    ),
    (
        "p521",
        Kind::Openssl("-algorithm EC -pkeyopt ec_paramgen_curve:P-521"),
    ),
];

/// What a server shows: one chain, or two.
pub const SHOWN: [&[&str]; 6] = [
    &["rsa2048"],
    &["p256"],
    &["p384"],
    &["p521"],
    &["rsa2048", "p256"],
    &["p384", "rsa2048"],
];

pub const POLICIES: [&str; 8] = [
    "default",
    "default_tls13",
    "default_fips",
    "20190801",
    "20240501",
    "ELBSecurityPolicy-TLS-1-2-2017-01",
    "AWS-CRT-SDK-TLSv1.2-2023",
    "CloudFront-TLS-1-2-2021",
];

/// The server's mode, and what the client has to show.
pub const CLIENTS: [(&str, Option<&str>); 4] = [
    ("none", Some("p256")),
    ("optional", None),
    ("required", Some("rsa2048")),
    ("optional", Some("p384")),
];

/// The client's list, and the server's.
pub const PROTOCOLS: [(&str, &str); 4] = [
    ("", ""),
    ("h2 http/1.1", "http/1.1 h2"),
    ("h2", "h3"),
    ("", "h2"),
];

/// Writes the certificates to the folder `matrix` of `certs`, and all scripts.
pub fn scripts(certs: &Path) -> Vec<Named> {
    write_certificates(certs);
    let mut scripts = Vec::new();
    for shown in SHOWN {
        for client in POLICIES {
            for server in POLICIES {
                // The rest does not depend on policies: each pair of them meets another combination.
                let turn = scripts.len();
                let (mode, presents) = CLIENTS[turn % CLIENTS.len()];
                let (theirs, ours) = PROTOCOLS[turn / CLIENTS.len() % PROTOCOLS.len()];
                let name = format!("matrix/{}/{client}/{server}/{turn}", shown.join("+"));
                let mut script = vec![
                    "config cc".to_owned(),
                    "config sc".to_owned(),
                    format!("policy cc {client}"),
                    format!("policy sc {server}"),
                    "events cc".to_owned(),
                    "events sc".to_owned(),
                    "trust cc matrix/root.pem".to_owned(),
                    "trust sc matrix/root.pem".to_owned(),
                    "verify_host sc any".to_owned(),
                    format!("client_auth sc {mode}"),
                    format!("alpn cc {theirs}"),
                    format!("alpn sc {ours}"),
                ];
                let leaf = |config: &str, leaf: &str| format!("shows {config} matrix/{leaf}");
                script.extend(shown.iter().map(|name| leaf("sc", name)));
                script.extend(presents.map(|name| leaf("cc", name)));
                let rest = [
                    "connections",
                    "server_name c leaf.test",
                    "handshake",
                    "facts c",
                    "facts s",
                    "evidence c",
                    "evidence s",
                    "progress c",
                    "progress s",
                    "export label context 40",
                ];
                script.extend(rest.map(str::to_owned));
                scripts.push((name, script));
            }
        }
    }
    scripts
}

fn write_certificates(certs: &Path) {
    let (folder, keys) = (certs.join("matrix"), certs.join("keys"));
    for folder in [&folder, &keys] {
        std::fs::create_dir_all(folder).expect("the folder can be made");
    }
    let write = |name: String, text: String| {
        std::fs::write(folder.join(name), text).expect("the folder can be written to");
    };
    // By the system's clock.
    let mut root = Cert::authority("matrix root", "root");
    root.valid(0, 4_102_444_800);
    let root_key = Key::new(Kind::P256, &keys);
    let signed =
        |cert: &Cert, key: &Key| der::pem("CERTIFICATE", &cert.sign(key, &root, &root_key, &keys));
    write("root.pem".into(), signed(&root, &root_key));
    for (name, kind) in LEAVES {
        let key = Key::new(kind, &keys);
        let mut leaf = Cert::leaf(name, "root");
        leaf.valid(0, 4_102_444_800);
        write(format!("{name}.pem"), signed(&leaf, &key));
        write(format!("{name}.key"), key.pem());
    }
}
