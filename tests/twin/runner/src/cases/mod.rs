//! Certificate verification cases: each is a valid chain with one modification.
//!
//! The root CA `root` issues the intermediate CA `middle`, which issues `leaf`. The peer sends
//! `leaf` and `middle`, and the verifier trusts `root`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use self::crls::Crl;
use crate::certificates::der::pem;
use crate::certificates::keys::Key;
use crate::certificates::{Cert, NOW};

mod algorithms;
mod chains;
mod constraints;
pub mod crls;
mod encodings;
pub mod mutants;
mod names;
pub mod product;
pub mod structures;
mod subtrees;
mod times;

pub struct Case {
    /// Unique, without spaces.
    pub name: String,
    pub pki: Pki,
}

pub struct Pki {
    certs: BTreeMap<&'static str, Cert>,
    pub sent: Vec<&'static str>,
    pub trusted: Vec<&'static str>,
    /// The server name of the client, as a word of a script.
    pub host: String,
    pub time: i64,
    /// The certificate whose key the peer uses, if not the first that it sends.
    pub key_of: Option<&'static str>,
    /// CRLs, by file name.
    crls: Vec<(&'static str, Crl)>,
}

impl Pki {
    fn good() -> Self {
        let root = Cert::authority("root", "root");
        let middle = Cert::authority("middle", "root");
        let leaf = Cert::leaf("leaf", "middle");
        Self {
            certs: BTreeMap::from([("root", root), ("middle", middle), ("leaf", leaf)]),
            sent: vec!["leaf", "middle"],
            trusted: vec!["root"],
            host: "leaf.test".into(),
            time: NOW,
            key_of: None,
            crls: Vec::new(),
        }
    }

    fn cert(&mut self, name: &'static str) -> &mut Cert {
        self.certs
            .get_mut(name)
            .expect("a certificate of this case")
    }

    fn leaf(&mut self) -> &mut Cert {
        self.cert("leaf")
    }

    fn middle(&mut self) -> &mut Cert {
        self.cert("middle")
    }

    fn root(&mut self) -> &mut Cert {
        self.cert("root")
    }

    fn add(&mut self, name: &'static str, cert: Cert) -> &mut Cert {
        self.certs.insert(name, cert);
        self.cert(name)
    }

    fn send(&mut self, sent: &[&'static str]) -> &mut Self {
        self.sent = sent.to_vec();
        self
    }

    fn trust(&mut self, trusted: &[&'static str]) -> &mut Self {
        self.trusted = trusted.to_vec();
        self
    }

    /// Puts this number of intermediate CAs below the root; the last one issues the leaf.
    fn lengthen(&mut self, authorities: usize) {
        const NAMES: [&str; 12] = [
            "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11", "a12",
        ];
        let mut issuer = "root";
        self.sent.truncate(1);
        for name in NAMES.into_iter().take(authorities) {
            self.add(name, Cert::authority(name, issuer));
            self.sent.insert(1, name);
            issuer = name;
        }
        self.leaf().issuer = issuer;
    }

    /// Writes `chain.pem`, `chain.key`, `trust.pem` and the CRLs to a directory.
    fn write(&self, dir: &Path, keys_dir: &Path) {
        fs::create_dir_all(dir).expect("the directory is writable");
        let keys: BTreeMap<_, _> = self
            .certs
            .iter()
            .map(|(&name, cert)| (name, Key::new(cert.key, keys_dir)))
            .collect();
        // Each is signed only once: a second signature would give a different certificate.
        let signed: BTreeMap<_, _> = self
            .certs
            .iter()
            .map(|(&name, cert)| {
                let (issuer, issuer_key) = (&self.certs[cert.issuer], &keys[cert.issuer]);
                let der = cert.sign(&keys[name], issuer, issuer_key, keys_dir);
                (name, pem("CERTIFICATE", &der))
            })
            .collect();
        let text = |names: &[&str]| names.iter().map(|&name| signed[name].as_str()).collect();
        let key = self.key_of.unwrap_or(self.sent[0]);
        let write = |name, text: String| {
            fs::write(dir.join(name), text).expect("the directory is writable");
        };
        write("chain.pem", text(&self.sent));
        write("chain.key", keys[key].pem());
        write("trust.pem", text(&self.trusted));
        for (file, crl) in &self.crls {
            write(file, crl.sign(&self.certs, &keys, keys_dir));
        }
    }
}

/// A table of cases.
#[derive(Default)]
struct Table {
    cases: Vec<Case>,
}

impl Table {
    fn case(&mut self, name: impl Into<String>, change: impl FnOnce(&mut Pki)) {
        let mut pki = Pki::good();
        change(&mut pki);
        let name = name.into();
        self.cases.push(Case { name, pki });
    }
}

/// All cases.
pub fn all() -> Vec<Case> {
    let mut table = Table::default();
    table.case("good", |_| ());
    times::add(&mut table);
    names::add(&mut table);
    constraints::add(&mut table);
    subtrees::add(&mut table);
    chains::add(&mut table);
    algorithms::add(&mut table);
    encodings::add(&mut table);
    table.cases
}

/// The name of a script, and its lines.
pub type NamedScript = (String, Vec<String>);

/// Policies with a single TLS version.
const POLICIES: [(&str, &str); 2] = [
    ("12", "ELBSecurityPolicy-TLS-1-2-2017-01"),
    ("13", "default_tls13"),
];

/// Settings of a client that relax verification.
const RELAXATIONS: [(&str, &str); 4] = [
    ("at-any-time", "disable_time_check cc"),
    ("of-any-intent", "disable_intent_check cc"),
    ("with-addresses-in-names", "allow_ip_in_cn cc"),
    (
        "with-an-extension-of-its-own",
        "custom_extension cc 1.3.6.1.4.1.32473.2",
    ),
];

/// Writes all certificates to the directory `cases` in `certs`, and returns the scripts that use
/// them.
pub fn scripts(certs: &Path) -> Vec<NamedScript> {
    let keys = certs.join("keys");
    fs::create_dir_all(&keys).expect("the directory is writable");
    let mut scripts = Vec::new();
    for case in all() {
        case.pki.write(&certs.join("cases").join(&case.name), &keys);
        for (version, policy) in POLICIES {
            for (role, verifier) in [("server", "c"), ("client", "s")] {
                let name = format!("{}/{role}/{version}", case.name);
                scripts.push((name, script(&case, verifier, policy, "")));
            }
        }
        // The effect of a relaxation does not depend on the version.
        let (_, policy) = POLICIES[1];
        for (title, relaxation) in RELAXATIONS {
            let name = format!("{}/{title}", case.name);
            scripts.push((name, script(&case, "c", policy, relaxation)));
        }
    }
    scripts
}

/// Generates a script in which the connection `verifier` verifies the peer's certificate.
fn script(case: &Case, verifier: &str, policy: &str, relaxation: &str) -> Vec<String> {
    let Case { name, pki } = case;
    let peer = if verifier == "c" { "s" } else { "c" };
    let mut script = Vec::new();
    let mut push = |line: String| script.push(line);
    for config in ["cc", "sc"] {
        push(format!("config {config}"));
        push(format!("policy {config} {policy}"));
        push(format!("wall_clock {config}"));
    }
    push(format!("time {}", pki.time));
    push(format!(
        "add_chain {peer}c cases/{name}/chain.pem cases/{name}/chain.key"
    ));
    push(format!("trust {verifier}c cases/{name}/trust.pem"));
    if verifier == "s" {
        // A server requires a certificate as well, and accepts names of clients only through a
        // callback.
        push("add_chain sc ecdsa".into());
        push("client_auth sc required".into());
        push("verify_host sc any".into());
        push("disable_verification cc".into());
    }
    push(relaxation.into());
    push("connections".into());
    push(format!("server_name c {}", pki.host));
    push(format!("outcome {verifier}"));
    for line in again(&pki.host, verifier) {
        push(line);
    }
    script
}

/// Returns the lines for a second handshake with the same configs, which may have cached the chain:
/// its outcome must be the same.
fn again(host: &str, verifier: &str) -> [String; 5] {
    [
        "wipe c".into(),
        "wipe s".into(),
        "join".into(),
        format!("server_name c {host}"),
        format!("outcome {verifier}"),
    ]
}
