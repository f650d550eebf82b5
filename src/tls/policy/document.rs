//! Writes `docs/policies.md`, and checks that it is what the code does.
//!
//! `RS2N_BLESS=1 cargo test policies_are_documented` writes the file anew.

use std::borrow::Cow;
use std::ffi::CStr;
use std::fmt::Write as _;
use std::{env, fs};

use super::table::{Group, Scheme};
use super::tests::suites;
use super::*;
use crate::tls::base::Version;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/policies.md");

#[test]
fn policies_are_documented() {
    let document = Document::new().render();
    if env::var_os("RS2N_BLESS").is_some_and(|value| value == "1") {
        fs::write(FILE, &document).unwrap();
    }
    let checked_in = fs::read_to_string(FILE).unwrap();
    assert!(
        document == checked_in,
        "docs/policies.md is out of date: run this test with RS2N_BLESS=1"
    );
}

/// Policies of which the same is offered, in the order of the table.
struct Document {
    offers: Vec<Offer>,
    refused: Vec<&'static Definition>,
}

struct Offer {
    body: String,
    policies: Vec<&'static Definition>,
}

impl Document {
    fn new() -> Self {
        let mut document = Self {
            offers: Vec::new(),
            refused: Vec::new(),
        };
        for definition in POLICIES {
            match Policy::find(definition.label().as_bytes()) {
                Ok(policy) => document.add(definition, offer(policy)),
                Err(_) => document.refused.push(definition),
            }
        }
        document
    }

    fn add(&mut self, definition: &'static Definition, body: String) {
        match self.offers.iter_mut().find(|offer| offer.body == body) {
            Some(offer) => offer.policies.push(definition),
            None => self.offers.push(Offer {
                body,
                policies: vec![definition],
            }),
        }
    }

    fn render(&self) -> String {
        let mut text = INTRODUCTION.to_owned();
        text += &self.index();

        text += "\n## Offers\n\nEvery list is in order of preference.\n";
        for (number, offer) in self.offers.iter().enumerate() {
            let labels = offer.policies.iter().map(|p| names_of(p));
            let labels = labels.collect::<Vec<_>>().join(", ");
            write!(text, "\n### Offer {}\n\nOf {labels}.\n\n", number + 1).unwrap();
            text += &offer.body;
            text += &left_out(&offer.policies);
        }

        text += REFUSED;
        text += &left_out(&self.refused);
        text += DEPRECATED_NAMES;
        for name in DEPRECATED {
            writeln!(text, "- `{name}`").unwrap();
        }
        text
    }

    fn index(&self) -> String {
        let mut rows = Vec::new();
        for (number, offer) in (1..).zip(&self.offers) {
            let versions = versions(offer.policies[0]);
            let row = format!("{versions} | [offer {number}](#offer-{number})");
            let names = offer.policies.iter().flat_map(|policy| policy.names);
            rows.extend(names.map(|name| (name, row.clone())));
        }
        let refused = self.refused.iter().flat_map(|policy| policy.names);
        rows.extend(refused.map(|name| (name, "none | [refused](#refused)".to_owned())));
        rows.sort_by_key(|(name, _)| name.to_ascii_lowercase());

        let mut text = INDEX.to_owned();
        for (name, row) in rows {
            writeln!(text, "| `{name}` | {row} |").unwrap();
        }
        text
    }
}

const INTRODUCTION: &str = "\
# Security policies

`s2n_config_set_cipher_preferences` and `s2n_connection_set_cipher_preferences` know every policy
name of s2n-tls. From each policy rs2n offers what rustls and its cryptography have, in the
policy's order, and leaves out the rest:

- protocol versions before TLS 1.2;
- cipher suites other than those of TLS 1.3 and the ECDHE suites of TLS 1.2 with AES-GCM or
  ChaCha20-Poly1305: no CBC, no RC4, no 3DES, no RSA or DHE key exchange;
- some signature schemes, as listed; `rsa_pss_pss_sha256` and its kin count in TLS 1.3 only.

A policy of which nothing is left is refused by the call that sets it, with
`S2N_ERR_CIPHER_NOT_SUPPORTED`. Names are compared without regard to case.

This page is written by a test from the tables of the library.

";

const INDEX: &str = "\
## Names

| Name | Versions | Offered |
| --- | --- | --- |
";

const REFUSED: &str = "
## Refused

Of these policies nothing can be offered: `S2N_ERR_CIPHER_NOT_SUPPORTED`.

";

const DEPRECATED_NAMES: &str = "
## Deprecated names

As in s2n-tls, these fail with `S2N_ERR_DEPRECATED_SECURITY_POLICY`.

";

fn versions(definition: &Definition) -> &'static str {
    let policy = Policy::find(definition.label().as_bytes()).unwrap();
    match (policy.supports_tls12(), policy.supports_tls13()) {
        (true, true) => "TLS 1.2, TLS 1.3",
        (true, false) => "TLS 1.2",
        _ => "TLS 1.3",
    }
}

/// What a policy offers, as a list of facts.
fn offer(policy: &Policy) -> String {
    let provider = policy.provider();
    let tls13 = provider.tls13_cipher_suites.iter().map(|s| s.common.suite);
    let tls12 = provider.tls12_cipher_suites.iter().map(|s| s.common.suite);
    let groups = provider.kx_groups.iter().map(|group| group.name());
    let schemes = policy.signature_schemes().iter();
    let schemes = schemes.filter_map(|scheme| Some(Scheme::from_wire(scheme.0)?.name()));

    let mut text = String::new();
    line(&mut text, "TLS 1.3 suites", tls13.map(names::cipher));
    line(&mut text, "TLS 1.2 suites", tls12.map(names::cipher));
    line(
        &mut text,
        "Groups",
        groups.map(|group| names::group(group).group),
    );
    line(&mut text, "Signature schemes", schemes);
    text + &certificates(policy.definition) + choices(policy.definition)
}

fn certificates(definition: &Definition) -> String {
    let mut text = String::new();
    if let Some(schemes) = definition.certificate_schemes {
        let offered = schemes.iter().filter(|scheme| scheme.offered().is_some());
        line(&mut text, "Signatures in chains", offered.map(|s| s.name()));
    }
    if let Some(keys) = definition.certificate_keys {
        let whose = match definition.checks_own_certificates {
            true => "own ones included",
            false => "of peers",
        };
        let title = format!("Keys in certificates ({whose})");
        line(&mut text, &title, keys.iter().copied().map(key_name));
    }
    text
}

fn key_name(key: CertificateKey) -> &'static CStr {
    match key {
        CertificateKey::EcdsaP384 => c"ECDSA on P-384",
        CertificateKey::Rsa3072 => c"RSA of 3072 bits",
        CertificateKey::Rsa4096 => c"RSA of 4096 bits",
        CertificateKey::RsaPss3072 => c"RSA-PSS of 3072 bits",
        CertificateKey::RsaPss4096 => c"RSA-PSS of 4096 bits",
        CertificateKey::MlDsa87 => c"ML-DSA-87",
    }
}

fn choices(definition: &Definition) -> &'static str {
    match (definition.boosts_chacha20, definition.insists_on) {
        (true, _) => "- A server gives ChaCha20 to clients that put it first.\n",
        (_, Some(Group::P384)) => {
            "- A server asks again for secp384r1 if the client supports it but sent no share.\n"
        }
        _ => "",
    }
}

/// What policies have beyond their offer, those with the same together.
fn left_out(policies: &[&'static Definition]) -> String {
    let mut text = String::new();
    for (kind, missing) in KINDS {
        let mut parts: Vec<(String, Vec<String>)> = Vec::new();
        for policy in policies {
            let items = missing(policy).join(", ");
            match parts.iter_mut().find(|(known, _)| *known == items) {
                Some((_, names)) => names.push(names_of(policy)),
                None => parts.push((items, vec![names_of(policy)])),
            }
        }
        let is_of_all = parts.len() == 1;
        for (items, names) in parts.iter().filter(|(items, _)| !items.is_empty()) {
            match is_of_all {
                true => writeln!(text, "- Left out: {kind} {items}").unwrap(),
                false => {
                    writeln!(text, "- Left out of {}: {kind} {items}", names.join(", ")).unwrap()
                }
            }
        }
    }
    text
}

type Missing = fn(&Definition) -> Vec<Cow<'static, str>>;

/// What can be left out of a policy, and how to tell.
const KINDS: [(&str, Missing); 5] = [
    ("versions", |definition| {
        let versions = [
            (Version::Ssl3, c"SSLv3"),
            (Version::Tls10, c"TLS 1.0"),
            (Version::Tls11, c"TLS 1.1"),
        ];
        let missing = versions
            .iter()
            .filter(|(v, _)| *v >= definition.min_version);
        missing.map(|(_, name)| name.to_string_lossy()).collect()
    }),
    ("suites", |definition| {
        let offered = Policy::find(definition.label().as_bytes()).map(suites);
        let offered = offered.unwrap_or_default();
        let suites = definition.suites.iter();
        let missing = suites.filter(|suite| !offered.contains(&suite.wire()));
        missing
            .map(|suite| suite.name().to_string_lossy())
            .collect()
    }),
    ("groups", |definition| {
        let missing = definition.groups.iter().filter(|g| g.offered().is_none());
        missing
            .map(|group| group.name().to_string_lossy())
            .collect()
    }),
    ("signature schemes", |definition| {
        missing_schemes(definition.schemes)
    }),
    ("signatures in chains", |definition| {
        missing_schemes(definition.certificate_schemes.unwrap_or_default())
    }),
];

fn missing_schemes(schemes: &[Scheme]) -> Vec<Cow<'static, str>> {
    let missing = schemes.iter().filter(|scheme| scheme.offered().is_none());
    missing
        .map(|scheme| scheme.name().to_string_lossy())
        .collect()
}

/// One item of a list, indented as its title is; nothing if it would say nothing.
fn line(text: &mut String, title: &str, items: impl Iterator<Item = &'static CStr>) {
    let items: Vec<_> = items.map(CStr::to_string_lossy).collect();
    if !items.is_empty() {
        let indent = &title[..title.len() - title.trim_start().len()];
        writeln!(
            text,
            "{indent}- {}: {}",
            title.trim_start(),
            items.join(", ")
        )
        .unwrap();
    }
}

fn names_of(definition: &Definition) -> String {
    let names: Vec<_> = definition
        .names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect();
    names.join(" = ")
}
