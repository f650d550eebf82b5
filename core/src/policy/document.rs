//! Generation of `docs/policies.md`, and a test that it is current.
//!
//! `RS2N_BLESS=1 cargo test policies_are_documented` regenerates the file.

use std::borrow::Cow;
use std::ffi::CStr;
use std::fmt::Write as _;
use std::{env, fs};

use super::table::{Group, Scheme};
use super::*;
use crate::base::Version;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/policies.md");

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

/// All policies in the order of the table, grouped by their supported parameters.
struct Document {
    sets: Vec<ParameterSet>,
    rejected: Vec<&'static Definition>,
}

/// Policies with the same supported parameters.
struct ParameterSet {
    body: String,
    policies: Vec<&'static Definition>,
}

impl Document {
    fn new() -> Self {
        let mut document = Self {
            sets: Vec::new(),
            rejected: Vec::new(),
        };
        for definition in POLICIES {
            match Policy::find(definition.label().as_bytes()) {
                Ok(policy) => document.add(definition, parameters(policy)),
                Err(_) => document.rejected.push(definition),
            }
        }
        document
    }

    fn add(&mut self, definition: &'static Definition, body: String) {
        match self.sets.iter_mut().find(|set| set.body == body) {
            Some(set) => set.policies.push(definition),
            None => self.sets.push(ParameterSet {
                body,
                policies: vec![definition],
            }),
        }
    }

    fn render(&self) -> String {
        let mut text = INTRODUCTION.to_owned();
        text += &self.index();

        text += "\n## Supported parameters\n\nEvery list is in order of preference.\n";
        for (number, set) in self.sets.iter().enumerate() {
            let labels = set.policies.iter().map(|p| names_of(p));
            let labels = labels.collect::<Vec<_>>().join(", ");
            write!(text, "\n### Set {}\n\nPolicies: {labels}.\n\n", number + 1).unwrap();
            text += &set.body;
            text += &unsupported(&set.policies);
        }

        text += REJECTED;
        text += &unsupported(&self.rejected);
        text += DEPRECATED_NAMES;
        for name in DEPRECATED {
            writeln!(text, "- `{name}`").unwrap();
        }
        text
    }

    fn index(&self) -> String {
        let mut rows = Vec::new();
        for (number, set) in (1..).zip(&self.sets) {
            let versions = versions(set.policies[0]);
            let row = format!("{versions} | [set {number}](#set-{number})");
            let names = set.policies.iter().flat_map(|policy| policy.names);
            rows.extend(names.map(|name| (name, row.clone())));
        }
        let rejected = self.rejected.iter().flat_map(|policy| policy.names);
        rows.extend(
            rejected.map(|name| (name, "none | [rejected](#rejected-policies)".to_owned())),
        );
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

`s2n_config_set_cipher_preferences` and `s2n_connection_set_cipher_preferences` accept every policy
name of s2n-tls. rs2n supports the parameters of each policy that rustls and its crypto provider
implement, in the policy's order. Not supported are:

- protocol versions before TLS 1.2;
- cipher suites other than those of TLS 1.3 and the ECDHE suites of TLS 1.2 with AES-GCM or
  ChaCha20-Poly1305: no CBC, no RC4, no 3DES, no RSA or DHE key exchange;
- some signature schemes, as listed. `rsa_pss_pss_sha256`, `rsa_pss_pss_sha384` and
  `rsa_pss_pss_sha512` are supported in TLS 1.3 only.

A policy without any supported parameters is rejected by the call that sets it, with
`S2N_ERR_CIPHER_NOT_SUPPORTED`. Policy names are case-insensitive.

A test generates this page from the tables of the library.

";

const INDEX: &str = "\
## Names

| Name | Versions | Supported parameters |
| --- | --- | --- |
";

const REJECTED: &str = "
## Rejected policies

These policies have no supported parameters, and fail with `S2N_ERR_CIPHER_NOT_SUPPORTED`.

";

const DEPRECATED_NAMES: &str = "
## Deprecated names

As in s2n-tls, these names fail with `S2N_ERR_DEPRECATED_SECURITY_POLICY`.

";

/// Returns the supported versions of a policy.
fn versions(definition: &Definition) -> &'static str {
    let policy = Policy::find(definition.label().as_bytes()).unwrap();
    match (policy.supports_tls12(), policy.supports_tls13()) {
        (true, true) => "TLS 1.2, TLS 1.3",
        (true, false) => "TLS 1.2",
        _ => "TLS 1.3",
    }
}

/// Lists the supported parameters of a policy.
fn parameters(policy: &Policy) -> String {
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
    text + &certificates(policy.definition) + selection(policy.definition)
}

/// Lists the requirements of a policy on certificates.
fn certificates(definition: &Definition) -> String {
    let mut text = String::new();
    if let Some(schemes) = definition.certificate_schemes {
        let supported = schemes.iter().filter(|scheme| scheme.supported().is_some());
        line(
            &mut text,
            "Certificate signature schemes",
            supported.map(|s| s.name()),
        );
    }
    if let Some(keys) = definition.certificate_keys {
        let scope = match definition.checks_local_certificates {
            true => "local and peer certificates",
            false => "peer certificates",
        };
        let title = format!("Certificate keys ({scope})");
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
        _ => unreachable!("a key type of own policies only"),
    }
}

/// Describes how a server's selection differs from the policy's order.
fn selection(definition: &Definition) -> &'static str {
    match (definition.boosts_chacha20, definition.strongly_preferred) {
        (true, _) => {
            "- ChaCha20 boosting: a server selects ChaCha20-Poly1305 for clients that prefer it.\n"
        }
        (_, Some(Group::P384)) => {
            "- A server sends a HelloRetryRequest for secp384r1 if the client supports it but sent \
             no key share for it.\n"
        }
        _ => "",
    }
}

/// Lists the unsupported parameters of policies, grouped by policies with the same ones.
fn unsupported(policies: &[&'static Definition]) -> String {
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
        let is_common = parts.len() == 1;
        for (items, names) in parts.iter().filter(|(items, _)| !items.is_empty()) {
            match is_common {
                true => writeln!(text, "- Unsupported: {kind} {items}").unwrap(),
                false => writeln!(
                    text,
                    "- Unsupported in {}: {kind} {items}",
                    names.join(", ")
                )
                .unwrap(),
            }
        }
    }
    text
}

type Missing = fn(&Definition) -> Vec<Cow<'static, str>>;

/// The kinds of parameters, and the unsupported ones of a policy for each.
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
        let supported = Policy::find(definition.label().as_bytes()).map(Policy::suites);
        let supported = supported.unwrap_or_default();
        let suites = definition.suites.iter();
        let missing = suites.filter(|suite| !supported.contains(&suite.wire()));
        missing
            .map(|suite| suite.name().to_string_lossy())
            .collect()
    }),
    ("groups", |definition| {
        let missing = definition.groups.iter().filter(|g| g.supported().is_none());
        missing
            .map(|group| group.name().to_string_lossy())
            .collect()
    }),
    ("signature schemes", |definition| {
        missing_schemes(definition.schemes)
    }),
    ("certificate signature schemes", |definition| {
        missing_schemes(definition.certificate_schemes.unwrap_or_default())
    }),
];

/// Returns the names of the unsupported schemes.
fn missing_schemes(schemes: &[Scheme]) -> Vec<Cow<'static, str>> {
    let missing = schemes.iter().filter(|scheme| scheme.supported().is_none());
    missing
        .map(|scheme| scheme.name().to_string_lossy())
        .collect()
}

/// Appends one item to a Markdown list, indented as its title is, unless it is empty.
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

/// Formats the names of a policy.
fn names_of(definition: &Definition) -> String {
    let names: Vec<_> = definition
        .names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect();
    names.join(" = ")
}
