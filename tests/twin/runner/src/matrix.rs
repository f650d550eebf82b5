//! Handshakes with combinations of certificates, policies, client authentication and ALPN
//! protocols.

use std::path::Path;

use crate::cases::NamedScript;
use crate::certificates::keys::{Key, Kind};
use crate::certificates::{Cert, der};

/// Names of leaf certificates, and their keys.
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

/// Chains of a server: one, or two.
pub const SERVER_CHAINS: [&[&str]; 6] = [
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

/// The server's client authentication, and the client's certificate.
pub const CLIENT_AUTH: [(&str, Option<&str>); 4] = [
    ("none", Some("p256")),
    ("optional", None),
    ("required", Some("rsa2048")),
    ("optional", Some("p384")),
];

/// The client's ALPN list, and the server's.
pub const PROTOCOLS: [(&str, &str); 4] = [
    ("", ""),
    ("h2 http/1.1", "http/1.1 h2"),
    ("h2", "h3"),
    ("", "h2"),
];

/// Writes the certificates to the directory `matrix` in `certs`, and returns the scripts.
pub fn scripts(certs: &Path) -> Vec<NamedScript> {
    write_certificates(certs);
    let mut scripts = Vec::new();
    for chains in SERVER_CHAINS {
        for client in POLICIES {
            for server in POLICIES {
                // The other parameters do not depend on policies: each pair of policies gets
                // another combination.
                let turn = scripts.len();
                let (mode, client_chain) = CLIENT_AUTH[turn % CLIENT_AUTH.len()];
                let (client_alpn, server_alpn) =
                    PROTOCOLS[turn / CLIENT_AUTH.len() % PROTOCOLS.len()];
                let name = format!("matrix/{}/{client}/{server}/{turn}", chains.join("+"));
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
                    format!("alpn cc {client_alpn}"),
                    format!("alpn sc {server_alpn}"),
                ];
                let leaf = |config: &str, leaf: &str| format!("add_chain {config} matrix/{leaf}");
                script.extend(chains.iter().map(|name| leaf("sc", name)));
                script.extend(client_chain.map(|name| leaf("cc", name)));
                let rest = [
                    "connections",
                    "server_name c leaf.test",
                    "handshake",
                    "negotiated c",
                    "negotiated s",
                    "authentication c",
                    "authentication s",
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
    let (dir, keys) = (certs.join("matrix"), certs.join("keys"));
    for dir in [&dir, &keys] {
        std::fs::create_dir_all(dir).expect("the directory is writable");
    }
    let write = |name: String, text: String| {
        std::fs::write(dir.join(name), text).expect("the directory is writable");
    };
    // Verified with the system's clock.
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
