//! Structural mutations of certificate chains, which are signed again: values of the encoding are
//! removed, repeated, exchanged and replaced, and have other tags, contents and forms of lengths.
//!
//! A chain that rs2n accepts and s2n-tls rejects is an error, without exception. [`STRICTER`] lists the
//! reasons for which rs2n alone rejects chains. The number in a chain's name is the seed.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use fastrand::Rng;

use super::{Case, POLICIES, Pki, script};
use crate::certificates::der::pem;
use crate::certificates::extensions::{
    authority, authority_key_id, dns, ip, name_constraints, names, subject_key_id,
};
use crate::certificates::keys::{Key, Signing};
use crate::compare::Twin;
use crate::driver::Trace;
use crate::tree::{Choices, Content, Node};

/// The number of chains, unless the environment sets `TWIN_CHAINS`.
const CHAINS: u64 = 5_000;

/// The certificates, each before its issuer.
const CERTS: [&str; 3] = ["leaf", "middle", "root"];

/// A valid chain with all extensions that are evaluated, and the keys that sign it.
struct Original {
    pki: Pki,
    keys: BTreeMap<&'static str, Key>,
    ders: BTreeMap<&'static str, Vec<u8>>,
}

impl Original {
    fn new(dir: &Path) -> Self {
        let mut pki = Pki::good();
        let issuers = [("middle", "root"), ("leaf", "middle")];
        for name in CERTS {
            let cert = pki.cert(name);
            cert.with(subject_key_id(name.as_bytes()));
        }
        for (name, issuer) in issuers {
            pki.cert(name).with(authority_key_id(issuer.as_bytes()));
        }
        pki.root().with(authority(Some(1)));
        let bases = [dns("test"), ip(&[192, 0, 2, 0, 255, 255, 255, 0])];
        pki.middle()
            .with(authority(Some(0)))
            .with(name_constraints(&bases, &[dns("other.test")]));
        pki.leaf()
            .with(names(&[dns("leaf.test"), ip(&[192, 0, 2, 1])]));
        let keys: BTreeMap<_, _> = CERTS
            .map(|name| (name, Key::new(pki.certs[name].key, dir)))
            .into();
        let ders = CERTS.map(|name| {
            let cert = &pki.certs[name];
            let (issuer, issuer_key) = (&pki.certs[cert.issuer], &keys[cert.issuer]);
            (name, cert.sign(&keys[name], issuer, issuer_key, dir))
        });
        let ders = ders.into();
        Self { pki, keys, ders }
    }

    /// Returns the chain of a seed, and which certificate is mutated.
    fn mutate(&self, seed: u64, dir: &Path) -> (BTreeMap<&'static str, Vec<u8>>, &'static str) {
        let mut rng = Rng::with_seed(seed);
        let name = CERTS[rng.usize(..CERTS.len())];
        let other = CERTS[rng.usize(..CERTS.len())];
        let parse = |name| Node::parse(&self.ders[name]).expect("a certificate");
        let (mut cert, other) = (parse(name), parse(other));
        let Content::Nodes(parts) = &mut cert.content else {
            unreachable!("a SEQUENCE")
        };
        let choices: &mut Choices<'_> = &mut |count| rng.usize(..count);
        for _ in 0..=choices(2) {
            parts[0].mutate(choices, &other.nodes()[0]);
        }
        let issuer = &self.keys[self.pki.certs[name].issuer];
        let signature = issuer.sign(Signing::Default, &parts[0].encode(), dir);
        parts[2].content = Content::Bytes([&[0], &signature[..]].concat());
        let mut ders = self.ders.clone();
        ders.insert(name, cert.encode());
        (ders, name)
    }
}

/// A reason for which rs2n alone rejects chains, and the values of a mutated certificate to which it
/// applies.
type Reason = (&'static str, fn(&Node) -> bool);

const STRICTER: [Reason; 6] = [
    (
        "a length within the public key that DER does not permit (X.690, 10.1)",
        |cert| {
            let mut fields = cert.nodes()[0].nodes().iter();
            fields.any(|field| is_key(field) && any(field, &|value| value.is_long))
        },
    ),
    (
        "a name with an empty set (RFC 5280, 4.1.2.4: at least one attribute)",
        |cert| {
            any(cert, &|value| {
                value.tag == SET && value.content().is_empty()
            })
        },
    ),
    (
        "an attribute of a name whose type is no string (RFC 5280, 4.1.2.4)",
        |cert| {
            any(cert, &|value| {
                let attributes = value.nodes().iter().filter(|_| value.tag == SET);
                let mut values = attributes.filter_map(|attribute| attribute.nodes().get(1));
                values.any(|value| !STRINGS.contains(&value.tag))
            })
        },
    ),
    (
        "a name that is not ASCII, or has a control character (RFC 5280, 4.2.1.6)",
        |cert| {
            any(cert, &|value| {
                let is_odd = |byte: &u8| byte.is_ascii_control() || !byte.is_ascii();
                TEXTS.contains(&value.tag) && value.content().iter().any(is_odd)
            })
        },
    ),
    (
        "a primitive sequence, set or list, or a constructed string (X.690, 8.9.1, 8.11.1, 10.2)",
        |cert| {
            let is_constructed =
                |name: &Node| TEXTS.map(|tag| tag | CONSTRUCTED).contains(&name.tag);
            let lists = values(cert, NAME_CONSTRAINTS);
            let mut bases = lists
                .iter()
                .flat_map(Node::nodes)
                .filter_map(|base| base.nodes().first());
            any(cert, &|value| {
                [SEQUENCE, SET].contains(&(value.tag | CONSTRUCTED)) && value.tag & CONSTRUCTED == 0
            }) || lists.iter().any(|list| list.tag & CONSTRUCTED == 0)
                || bases.any(is_constructed)
                || values(cert, NAMES).iter().any(is_constructed)
        },
    ),
    ("a path length of more than 32 bits", |cert| {
        let mut values = values(cert, BASIC_CONSTRAINTS).into_iter();
        values.any(|value| value.tag == INTEGER && value.content().len() > 4)
    }),
];

const CONSTRUCTED: u8 = 0x20;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;

/// The types of attributes in names: UTF8String, NumericString, PrintableString, T61String, IA5String,
/// UniversalString and BMPString.
const STRINGS: [u8; 7] = [0x0c, 0x12, 0x13, 0x14, 0x16, 0x1c, 0x1e];

/// The tags of general names that are texts: rfc822Name, dNSName and URI.
const TEXTS: [u8; 3] = [0x81, 0x82, 0x86];

/// Object identifiers.
const NAMES: &[u8] = &[0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x1e];

/// Returns the values in the SEQUENCE of an extension.
fn values(cert: &Node, oid: &[u8]) -> Vec<Node> {
    let lists = cert.nodes()[0].nodes().iter().flat_map(Node::nodes);
    let extensions = lists.flat_map(Node::nodes);
    let wanted = extensions.filter(|extension| {
        let kind = extension.nodes().first();
        kind.is_some_and(|kind| kind.content() == oid)
    });
    let contents = wanted.filter_map(|extension| extension.nodes().last());
    let sequences = contents.flat_map(Node::nodes);
    sequences.flat_map(Node::nodes).cloned().collect()
}

/// Returns whether a value is a SubjectPublicKeyInfo.
fn is_key(value: &Node) -> bool {
    matches!(value.nodes(), [algorithm, key] if algorithm.tag == SEQUENCE && key.tag == BIT_STRING)
}

/// Returns whether `holds` is true for a value, or for one within it.
fn any(value: &Node, holds: &dyn Fn(&Node) -> bool) -> bool {
    holds(value) || value.nodes().iter().any(|value| any(value, holds))
}

/// Verifies every chain in a client or a server, in both versions. Returns the number of wrong outcomes.
pub fn run(twin: &mut Twin, certs: &Path) -> usize {
    let keys = certs.join("keys");
    fs::create_dir_all(&keys).expect("the directory is writable");
    let original = Original::new(&keys);
    let mut failed = 0;
    let mut accepted = 0;
    let mut stricter: BTreeMap<&str, usize> = BTreeMap::new();
    let chains = env::var("TWIN_CHAINS").map_or(CHAINS, |count| count.parse().expect("a number"));
    for seed in 0..chains {
        let name = format!("structures/{seed}");
        let dir = certs.join("cases").join(&name);
        let (ders, mutated) = original.mutate(seed, &keys);
        let text = |names: &[&str]| -> String {
            names
                .iter()
                .map(|&name| pem("CERTIFICATE", &ders[name]))
                .collect()
        };
        fs::create_dir_all(&dir).expect("the directory is writable");
        let write =
            |file, text| fs::write(dir.join(file), text).expect("the directory is writable");
        write("chain.pem", text(&["leaf", "middle"]));
        write("chain.key", original.keys["leaf"].pem());
        write("trust.pem", text(&["root"]));
        let case = Case {
            name,
            pki: Pki::good(),
        };
        let verifier = ["c", "s"][seed as usize % 2];
        let (version, policy) = POLICIES[seed as usize / 2 % POLICIES.len()];
        let (reference, rs2n) = twin.traces(&script(&case, verifier, policy, ""));
        let title = format!(
            "{} of {}, verifier {verifier}, TLS {version}",
            mutated, case.name
        );
        match (accepts(&reference), accepts(&rs2n)) {
            (Some(true), Some(false)) => {
                let node = Node::parse(&ders[mutated]).expect("it was encoded");
                match STRICTER.iter().find(|(_, applies)| applies(&node)) {
                    Some((reason, _)) => *stricter.entry(reason).or_default() += 1,
                    None => failed += report("rejected by rs2n only", &title, &rs2n),
                }
            }
            (Some(false), Some(true)) => {
                failed += report("ACCEPTED by rs2n only", &title, &reference)
            }
            (Some(both), Some(_)) => accepted += usize::from(both),
            _ => failed += report("no outcome", &title, &rs2n),
        }
    }
    for (reason, _) in STRICTER {
        let count = stricter.get(reason).copied().unwrap_or_default();
        println!("rejected {count} times: {reason}");
        if count == 0 && chains >= CHAINS {
            println!("FAILED: the reason does not apply to any chain any more");
            failed += 1;
        }
    }
    println!(
        "{chains} structural mutations of chains, {accepted} accepted by both, {failed} wrong"
    );
    failed
}

/// Returns whether the verifier accepted the chain; `None` if the script failed before.
fn accepts(trace: &Trace) -> Option<bool> {
    let outcome = trace.last()?.trim().strip_prefix("outcome ")?;
    Some(outcome.contains("=> 0"))
}

fn report(what: &str, title: &str, trace: &Trace) -> usize {
    println!(
        "FAILED: {what}: the {title}: {}",
        trace.last().map_or("", |line| line.trim())
    );
    1
}
