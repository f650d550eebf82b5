//! The cross product of name constraints, common names, alternative names and server names.
//!
//! A certificate that rs2n accepts and s2n-tls rejects is an error, without exception. [`STRICTER`]
//! lists the reasons for which rs2n alone rejects certificates.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{Case, POLICIES, Pki, script};
use crate::certificates::extensions::{
    Extension, NAME_CONSTRAINTS, NAMES, dns, email, ip, name_constraints, names, uri,
};
use crate::certificates::name;
use crate::compare::Twin;
use crate::driver::Trace;

const HOSTS: [&str; 3] = ["www.corp.test", "www.bank.test", "10.0.0.1"];

/// The name constraints of the leaf's issuer, by title.
fn constraints() -> Vec<(&'static str, Option<Extension>)> {
    let permitted = |base: Vec<u8>| Some(name_constraints(&[base], &[]));
    let excluded = |base: Vec<u8>| Some(name_constraints(&[], &[base]));
    vec![
        ("none", None),
        ("corp-permitted", permitted(dns("corp.test"))),
        ("bank-excluded", excluded(dns("bank.test"))),
        ("www-excluded", excluded(dns("www.bank.test"))),
        (
            "network-permitted",
            permitted(ip(&[10, 1, 0, 0, 255, 255, 0, 0])),
        ),
        (
            "network-excluded",
            excluded(ip(&[10, 0, 0, 0, 255, 0, 0, 0])),
        ),
        ("URI-permitted", permitted(uri("www.corp.test"))),
        ("URI-excluded", excluded(uri(".bank.test"))),
        ("email-permitted", permitted(email("corp.test"))),
    ]
}

const UTF8: u8 = 0x0c;
const PRINTABLE: u8 = 0x13;
const T61: u8 = 0x14;
const IA5: u8 = 0x16;
const UNIVERSAL: u8 = 0x1c;
const BMP: u8 = 0x1e;

/// The tag of a string type, and the content.
type Text = (u8, Vec<u8>);

/// Common names, with their string types.
fn common_names() -> Vec<(&'static str, Vec<Text>)> {
    let one = |tag, text: &str| vec![(tag, text.as_bytes().to_vec())];
    let wide = |tag, text: &str, size: usize| {
        let unit = |byte: u8| [vec![0; size - 1], vec![byte]].concat();
        vec![(tag, text.bytes().flat_map(unit).collect())]
    };
    let bank = "www.bank.test";
    vec![
        ("none", vec![]),
        ("corp", one(UTF8, "www.corp.test")),
        ("bank", one(UTF8, bank)),
        ("bank-PrintableString", one(PRINTABLE, bank)),
        ("bank-T61String", one(T61, bank)),
        ("bank-IA5String", one(IA5, bank)),
        ("bank-BMPString", wide(BMP, bank, 2)),
        ("bank-UniversalString", wide(UNIVERSAL, bank, 4)),
        (
            "bank-as-the-bytes-of-a-BMPString",
            one(BMP, "www.bank.test."),
        ),
        ("wildcard", one(UTF8, "*.bank.test")),
        ("wildcard-T61String", one(T61, "*.bank.test")),
        ("NUL", one(UTF8, "www.bank.test\0.corp.test")),
        ("newline", one(UTF8, "www.bank.test\n.corp.test")),
        ("address", one(UTF8, "10.0.0.1")),
        (
            "corp-and-bank",
            [one(UTF8, "www.corp.test"), one(UTF8, bank)].concat(),
        ),
    ]
}

/// Alternative names; `None` for no such extension.
fn alternative_names() -> Vec<(&'static str, Option<Vec<Vec<u8>>>)> {
    vec![
        ("none", None),
        ("corp", Some(vec![dns("www.corp.test")])),
        ("bank", Some(vec![dns("www.bank.test")])),
        ("wildcard", Some(vec![dns("*.bank.test")])),
        ("DNS-address", Some(vec![dns("10.0.0.1")])),
        ("DNS-wildcard-address", Some(vec![dns("*.0.0.1")])),
        ("address", Some(vec![ip(&[10, 0, 0, 1])])),
        ("URI-host", Some(vec![uri("www.bank.test")])),
        ("URI", Some(vec![uri("https://www.bank.test/")])),
        ("URI-address", Some(vec![uri("10.0.0.1")])),
        ("email", Some(vec![email("me@bank.test")])),
        ("NUL", Some(vec![dns("www.bank.test\0.corp.test")])),
        (
            "corp-and-URI-host",
            Some(vec![dns("www.corp.test"), uri("www.bank.test")]),
        ),
    ]
}

/// One certificate, and the titles of its parts.
struct Member {
    constraint: &'static str,
    common: &'static str,
    alternative: &'static str,
    case: Case,
}

/// A reason for which rs2n alone rejects certificates, and the certificates to which it applies.
type Reason = (&'static str, fn(&Member) -> bool);

const STRICTER: [Reason; 4] = [
    ("a common name in an ambiguous encoding", |member| {
        member.common.contains("T61String") || member.common.contains("BMPString")
    }),
    ("a name with a control character", |member| {
        member.common == "NUL" || member.common == "newline" || member.alternative == "NUL"
    }),
    ("a wildcard for an address", |member| {
        member.alternative == "DNS-wildcard-address"
    }),
    (
        "a URI or a DNS name that is matched as another type of name, which is constrained",
        |member| {
            let types = [
                "URI-host",
                "URI-address",
                "DNS-address",
                "corp-and-URI-host",
            ];
            types.contains(&member.alternative) && member.constraint != "none"
                || member.common == "address" && member.constraint.starts_with("network")
        },
    ),
];

fn members() -> Vec<Member> {
    let mut members = Vec::new();
    for (constraint, extension) in constraints() {
        for (common, values) in common_names() {
            for (alternative, list) in alternative_names() {
                let mut pki = Pki::good();
                match &extension {
                    Some(extension) => pki.middle().with(extension.clone()),
                    None => pki.middle().without(NAME_CONSTRAINTS),
                };
                let attributes = values
                    .iter()
                    .map(|(tag, value)| ("2.5.4.3", *tag, &value[..]));
                pki.leaf().subject = name(&attributes.collect::<Vec<_>>());
                match &list {
                    Some(list) => pki.leaf().with(names(list)),
                    None => pki.leaf().without(NAMES),
                };
                let name = format!("product/{constraint}/{common}/{alternative}");
                members.push(Member {
                    constraint,
                    common,
                    alternative,
                    case: Case { name, pki },
                });
            }
        }
    }
    members
}

/// Verifies every certificate in a client with each of the hosts as its server name, and in a server that
/// accepts any name. Returns the number of wrong outcomes.
pub fn run(twin: &mut Twin, certs: &Path) -> usize {
    let keys = certs.join("keys");
    fs::create_dir_all(&keys).expect("the directory is writable");
    let (mut ran, mut failed) = (0, 0);
    let mut stricter: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, member) in members().iter_mut().enumerate() {
        let dir = certs.join("cases").join(&member.case.name);
        member.case.pki.write(&dir, &keys);
        // Names are verified in the same way in both versions: each gets half of the certificates.
        let (version, policy) = POLICIES[number % POLICIES.len()];
        let verifiers = HOSTS
            .map(|host| ("c", host))
            .into_iter()
            .chain([("s", HOSTS[0])]);
        for (verifier, host) in verifiers {
            member.case.pki.host = host.into();
            // A common name is matched with an address only if the config allows it.
            let relaxation = match host.starts_with("10.") {
                true => "allow_ip_in_cn cc",
                false => "",
            };
            let script = script(&member.case, verifier, policy, relaxation);
            let (reference, rs2n) = twin.traces(&script);
            ran += 1;
            match (accepts(&reference), accepts(&rs2n)) {
                (Some(true), Some(false)) => match reason(member) {
                    Some(reason) => *stricter.entry(reason).or_default() += 1,
                    None => {
                        failed += report("rejected by rs2n only", member, verifier, version, host)
                    }
                },
                (Some(false), Some(true)) => {
                    failed += report("ACCEPTED by rs2n only", member, verifier, version, host);
                }
                (Some(_), Some(_)) => {}
                _ => failed += report("no outcome", member, verifier, version, host),
            }
        }
    }
    for (reason, _) in STRICTER {
        let count = stricter.get(reason).copied().unwrap_or_default();
        println!("rejected {count} times: {reason}");
        if count == 0 {
            println!("FAILED: the reason does not apply to any certificate any more");
            failed += 1;
        }
    }
    println!("{ran} handshakes of the product of names, {failed} of them wrong");
    failed
}

fn reason(member: &Member) -> Option<&'static str> {
    let mut reasons = STRICTER.iter();
    reasons.find_map(|(reason, applies)| applies(member).then_some(*reason))
}

/// Whether the verifier accepted the chain; `None` if the script failed before.
fn accepts(trace: &Trace) -> Option<bool> {
    let outcome = trace.last()?.trim().strip_prefix("outcome ")?;
    Some(outcome.contains("=> 0"))
}

fn report(what: &str, member: &Member, verifier: &str, version: &str, host: &str) -> usize {
    println!(
        "FAILED: {what}: {}, verifier {verifier}, server name {host}, TLS {version}",
        member.case.name
    );
    1
}
