//! Chains to verify: each starts as a good one, and is changed in one way.
//!
//! `root` signed `middle`, which signed `leaf`; the peer sends leaf and middle, and the verifier
//! trusts the root.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use self::lists::List;
use crate::certificates::der::pem;
use crate::certificates::keys::Key;
use crate::certificates::{Cert, NOW};

mod algorithms;
mod chains;
mod constraints;
mod encodings;
pub mod lists;
pub mod mutants;
mod names;
pub mod product;
mod subtrees;
mod times;

pub struct Case {
    /// One word.
    pub name: String,
    pub pki: Pki,
}

pub struct Pki {
    certs: BTreeMap<&'static str, Cert>,
    pub sent: Vec<&'static str>,
    pub trusted: Vec<&'static str>,
    /// What the client calls the server, as a word of a script.
    pub host: String,
    pub time: i64,
    /// The certificate whose key the peer has, if it is not the first that it sends.
    pub key_of: Option<&'static str>,
    /// Lists of revoked certificates, and their files.
    lists: Vec<(&'static str, List)>,
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
            lists: Vec::new(),
        }
    }

    fn cert(&mut self, name: &'static str) -> &mut Cert {
        self.certs.get_mut(name).expect("a name of this file")
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

    /// A chain of so many authorities below the root; the last one signs the leaf.
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

    /// Writes `chain.pem`, `chain.key`, `trust.pem` and the lists to a folder.
    fn write(&self, folder: &Path, keys_folder: &Path) {
        fs::create_dir_all(folder).expect("the folder can be made");
        let keys: BTreeMap<_, _> = self
            .certs
            .iter()
            .map(|(&name, cert)| (name, Key::new(cert.key, keys_folder)))
            .collect();
        // Each is signed once: a second signature would make another certificate.
        let signed: BTreeMap<_, _> = self
            .certs
            .iter()
            .map(|(&name, cert)| {
                let (issuer, issuer_key) = (&self.certs[cert.issuer], &keys[cert.issuer]);
                let der = cert.sign(&keys[name], issuer, issuer_key, keys_folder);
                (name, pem("CERTIFICATE", &der))
            })
            .collect();
        let text = |names: &[&str]| names.iter().map(|&name| signed[name].as_str()).collect();
        let key = self.key_of.unwrap_or(self.sent[0]);
        let write = |name, text: String| {
            fs::write(folder.join(name), text).expect("the folder can be written to");
        };
        write("chain.pem", text(&self.sent));
        write("chain.key", keys[key].pem());
        write("trust.pem", text(&self.trusted));
        for (file, list) in &self.lists {
            write(file, list.sign(&self.certs, &keys, keys_folder));
        }
    }
}

/// Collects the rows of the tables.
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

/// A script, and what it is called.
pub type Named = (String, Vec<String>);

/// The policies that have one version of TLS.
const POLICIES: [(&str, &str); 2] = [
    ("12", "ELBSecurityPolicy-TLS-1-2-2017-01"),
    ("13", "default_tls13"),
];

/// What a client may be told not to look at.
const LENIENCIES: [(&str, &str); 4] = [
    ("at-any-time", "any_time cc"),
    ("of-any-intent", "any_intent cc"),
    ("with-addresses-in-names", "addresses_in_names cc"),
    (
        "with-an-extension-of-its-own",
        "known_extension cc 1.3.6.1.4.1.32473.2",
    ),
];

/// Writes all certificates to the folder `cases` of `certs`, and says what to do with them.
pub fn scripts(certs: &Path) -> Vec<Named> {
    let keys = certs.join("keys");
    fs::create_dir_all(&keys).expect("the folder can be made");
    let mut scripts = Vec::new();
    for case in all() {
        case.pki.write(&certs.join("cases").join(&case.name), &keys);
        for (version, policy) in POLICIES {
            for (role, verifier) in [("server", "c"), ("client", "s")] {
                let name = format!("{}/{role}/{version}", case.name);
                scripts.push((name, script(&case, verifier, policy, "")));
            }
        }
        // Leniency does not depend on the version.
        let (_, policy) = POLICIES[1];
        for (title, leniency) in LENIENCIES {
            let name = format!("{}/{title}", case.name);
            scripts.push((name, script(&case, "c", policy, leniency)));
        }
    }
    scripts
}

/// `verifier` is the connection that verifies the other's certificate.
fn script(case: &Case, verifier: &str, policy: &str, leniency: &str) -> Vec<String> {
    let Case { name, pki } = case;
    let peer = if verifier == "c" { "s" } else { "c" };
    let mut script = Vec::new();
    let mut say = |line: String| script.push(line);
    for config in ["cc", "sc"] {
        say(format!("config {config}"));
        say(format!("policy {config} {policy}"));
        say(format!("wall_clock {config}"));
    }
    say(format!("time {}", pki.time));
    say(format!(
        "shows {peer}c cases/{name}/chain.pem cases/{name}/chain.key"
    ));
    say(format!("trust {verifier}c cases/{name}/trust.pem"));
    if verifier == "s" {
        // A server has to show something as well, and only a callback accepts clients.
        say("shows sc ecdsa".into());
        say("client_auth sc required".into());
        say("verify_host sc any".into());
        say("trust_all cc".into());
    }
    say(leniency.into());
    say("connections".into());
    say(format!("server_name c {}", pki.host));
    say(format!("verdict {verifier}"));
    script
}
