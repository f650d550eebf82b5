//! Randomly mutated PEM texts and certificates: layouts, labels and contents of the texts,
//! extensions of the certificates. The number in a script's name is the seed.

use std::fs;
use std::path::Path;

use fastrand::Rng;

use super::crls::Crl;
use super::{Case, NamedScript, POLICIES, Pki, again, script};
use crate::certificates::der::{integer, octets, oid, pem, sequence, tlv};
use crate::certificates::extensions::{self, Extension, extension};

/// The roles of a text.
const ROLES: [&str; 7] = [
    "chain",
    "key",
    "trust",
    "file",
    "crl",
    "encoded-chain",
    "encoded-trust",
];

const TEXTS: u64 = 2_800;
const CERTIFICATES: u64 = 1_500;

/// Writes all texts and certificates to the directory `cases` in `certs`, and returns the scripts
/// that use them.
pub fn scripts(certs: &Path) -> Vec<NamedScript> {
    let keys = certs.join("keys");
    fs::create_dir_all(&keys).expect("the directory is writable");
    let mut good = Pki::good();
    good.crls = vec![("middle.crl", Crl::of("middle"))];
    let dir = certs.join("cases/mutants");
    good.write(&dir, &keys);
    let texts = Texts::read(&dir);
    let mut scripts: Vec<_> = (0..TEXTS).map(|seed| texts.script(&dir, seed)).collect();
    for seed in 0..CERTIFICATES {
        let name = format!("mutants/certificate/{seed}");
        let case = Case {
            pki: certificate(seed),
            name,
        };
        case.pki.write(&certs.join("cases").join(&case.name), &keys);
        let verifier = if seed % 2 == 0 { "c" } else { "s" };
        let (_, policy) = POLICIES[(seed / 2) as usize % POLICIES.len()];
        scripts.push((case.name.clone(), script(&case, verifier, policy, "")));
    }
    scripts
}

/// The texts to mutate.
struct Texts {
    chain: String,
    key: String,
    trust: String,
    crl: String,
}

impl Texts {
    fn read(dir: &Path) -> Self {
        let read = |name| fs::read_to_string(dir.join(name)).expect("written above");
        Self {
            chain: read("chain.pem"),
            key: read("chain.key"),
            // Two certificates, so that the trust store is not empty if one of them is lost.
            trust: read("chain.pem") + &read("trust.pem"),
            crl: read("middle.crl"),
        }
    }

    fn script(&self, dir: &Path, seed: u64) -> NamedScript {
        let mut rng = Rng::with_seed(seed);
        let role = ROLES[seed as usize % ROLES.len()];
        let mut text = match role {
            "chain" | "encoded-chain" => self.chain.clone(),
            "key" => self.key.clone(),
            "crl" => self.crl.clone(),
            _ => self.trust.clone(),
        };
        match role {
            "encoded-chain" | "encoded-trust" => text = damage(&mut rng, &text),
            _ => {
                for _ in 0..rng.usize(1..=2) {
                    text = change(&mut rng, &text);
                }
            }
        }
        let file = format!("cases/mutants/{seed}.pem");
        fs::write(dir.join(format!("{seed}.pem")), &text).expect("the directory is writable");
        let lines: Vec<String> = match role {
            "chain" | "key" | "encoded-chain" => {
                let [chain, key] = match role {
                    "chain" | "encoded-chain" => [file.as_str(), "cases/mutants/chain.key"],
                    _ => ["cases/mutants/chain.pem", file.as_str()],
                };
                vec![
                    "chain m".into(),
                    format!("load m {chain} {key}"),
                    "certs m".into(),
                ]
            }
            "crl" => vec![format!("crl m {file}"), "crl_hash m".into()],
            _ => {
                let trust = match role {
                    "trust" | "encoded-trust" => format!("trust_whole cc {file}"),
                    _ => format!("trust_at cc {file} null"),
                };
                let (_, policy) = POLICIES[1];
                let mut lines = Vec::new();
                for config in ["cc", "sc"] {
                    lines.push(format!("config {config}"));
                    lines.push(format!("policy {config} {policy}"));
                    lines.push(format!("wall_clock {config}"));
                }
                lines.push(format!("time {}", crate::certificates::NOW));
                lines.push("add_chain sc cases/mutants/chain.pem cases/mutants/chain.key".into());
                lines.push(trust);
                lines.push("connections".into());
                lines.push("server_name c leaf.test".into());
                lines.push("outcome c".into());
                lines.extend(again("leaf.test", "c"));
                lines
            }
        };
        (format!("mutants/{role}/{seed}"), lines)
    }
}

/// Changes one byte of the last certificate's encoding.
fn damage(rng: &mut Rng, text: &str) -> String {
    let start = text.rfind("-----BEGIN").expect("a section");
    let content: String = text[start..]
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let mut der = base64(&content);
    let position = rng.usize(..der.len());
    match rng.u32(..3) {
        0 => der[position] ^= 1 << rng.u32(..8),
        1 => der[position] = one_of(rng, &[0, 1, 5, 0x30, 0x31, 0x7f, 0x80, 0xa0, 0xff]),
        _ => der[position] = der[position].wrapping_add(1),
    }
    format!("{}{}", &text[..start], pem("CERTIFICATE", &der))
}

/// Decodes base64 written by the runner.
fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text
        .bytes()
        .filter_map(|byte| DIGITS.iter().position(|&digit| digit == byte));
    let digits: Vec<u32> = digits.map(|digit| digit as u32).collect();
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let number =
            group.iter().fold(0, |number, digit| number << 6 | digit) << (6 * (4 - group.len()));
        bytes.extend(number.to_be_bytes()[1..group.len()].iter());
    }
    bytes
}

const INSERTED: [&str; 16] = [
    "\u{feff}",
    " ",
    "\t",
    "\r",
    "\u{c}",
    "words",
    "a - dash",
    "--",
    "---",
    "# comment\n",
    "\n\n",
    "=",
    "A",
    "%",
    "\u{e9}",
    "-----BEGIN ",
];

const LABELS: [&str; 10] = [
    "CERTIFICATE",
    "TRUSTED CERTIFICATE",
    "X509 CERTIFICATE",
    "CERT",
    "certificate",
    "PRIVATE KEY",
    "EC PRIVATE KEY",
    "RSA PRIVATE KEY",
    "EC PARAMETERS",
    "X509 CRL",
];

/// Changes a text in one way.
fn change(rng: &mut Rng, text: &str) -> String {
    let boundaries: Vec<_> = text
        .match_indices("-----")
        .map(|(position, _)| position)
        .collect();
    let boundary = boundaries
        .get(rng.usize(..boundaries.len().max(1)))
        .copied();
    match rng.u32(..11) {
        0 => insert(text, rng.usize(..=text.len()), one_of(rng, &INSERTED)),
        1 | 2 => insert(text, boundary.unwrap_or(0), one_of(rng, &INSERTED)),
        3 => insert(
            text,
            boundary.map_or(0, |position| position + 5),
            one_of(rng, &INSERTED),
        ),
        4 => match boundary {
            Some(position) => {
                let dashes = "-".repeat(one_of(rng, &[1, 2, 3, 4, 6, 64, 65]));
                format!("{}{dashes}{}", &text[..position], &text[position + 5..])
            }
            None => text.into(),
        },
        5 => relabel(rng, text),
        6 => text.replace(
            '\n',
            one_of(rng, &["", "\r\n", "\r", "\n\n", " \n", "\n\t"]),
        ),
        7 => without(
            text,
            rng.usize(..text.len().max(1)),
            one_of(rng, &[1, 2, 4, 30, 65]),
        ),
        8 => {
            let sections: Vec<_> = text.split_inclusive("-----\n").collect();
            let position = rng.usize(..sections.len());
            let mut sections = sections.clone();
            match rng.bool() {
                true => sections.insert(position, sections[position]),
                false => drop(sections.remove(position)),
            }
            sections.concat()
        }
        9 => rewrap(text, one_of(rng, &[1, 3, 63, 65, 76, 200, 2_000])),
        _ => {
            let position = rng.usize(..text.len().max(1));
            insert(
                &without(text, position, 1),
                position,
                one_of(rng, &["A", "/", "_", "=", "-", " "]),
            )
        }
    }
}

fn one_of<T: Clone>(rng: &mut Rng, list: &[T]) -> T {
    list[rng.usize(..list.len())].clone()
}

fn insert(text: &str, position: usize, inserted: &str) -> String {
    let position = boundary_of(text, position);
    format!("{}{inserted}{}", &text[..position], &text[position..])
}

fn without(text: &str, position: usize, count: usize) -> String {
    let (start, end) = (
        boundary_of(text, position),
        boundary_of(text, position + count),
    );
    format!("{}{}", &text[..start], &text[end..])
}

/// Returns the next character boundary.
fn boundary_of(text: &str, position: usize) -> usize {
    (position..text.len())
        .find(|&position| text.is_char_boundary(position))
        .unwrap_or(text.len())
}

/// Repositions the label of one boundary, or of both boundaries of a section.
fn relabel(rng: &mut Rng, text: &str) -> String {
    let label = one_of(rng, &LABELS);
    let old = LABELS
        .iter()
        .find(|old| text.contains(&format!("BEGIN {old}-")));
    let Some(old) = old else {
        return text.into();
    };
    let (begin, end) = (format!("BEGIN {old}-"), format!("END {old}-"));
    match rng.u32(..3) {
        0 => text.replacen(&begin, &format!("BEGIN {label}-"), 1),
        1 => text.replacen(&end, &format!("END {label}-"), 1),
        _ => {
            let text = text.replacen(&begin, &format!("BEGIN {label}-"), 1);
            text.replacen(&end, &format!("END {label}-"), 1)
        }
    }
}

/// Rewraps the lines of the content.
fn rewrap(text: &str, width: usize) -> String {
    let mut lines = Vec::new();
    let mut content = String::new();
    for line in text.lines() {
        if line.starts_with('-') {
            let taken = std::mem::take(&mut content);
            lines.extend(
                taken
                    .as_bytes()
                    .chunks(width)
                    .map(|line| String::from_utf8_lossy(line).into_owned()),
            );
            lines.push(line.to_owned());
        } else {
            content.push_str(line);
        }
    }
    lines.join("\n") + "\n"
}

/// Extensions with valid values.
fn kinds() -> Vec<(&'static str, Vec<u8>)> {
    let of = |extension: Extension| (extension.oid, extension.value);
    let point = tlv(
        0x30,
        &tlv(0xa0, &tlv(0xa0, &extensions::uri("http://lists.test/"))),
    );
    let access = sequence(&[
        oid("1.3.6.1.5.5.7.48.1"),
        extensions::uri("http://ocsp.test/"),
    ]);
    vec![
        of(extensions::authority(Some(3))),
        of(extensions::no_authority()),
        of(extensions::key_usage(&[0, 5, 6])),
        of(extensions::purposes(&[
            extensions::SERVER,
            extensions::CLIENT,
        ])),
        of(extensions::names(&[extensions::dns("leaf.test")])),
        of(extensions::name_constraints(
            &[extensions::dns("test")],
            &[extensions::dns("other")],
        )),
        of(extensions::subject_key_id(b"a key")),
        of(extensions::authority_key_id(b"a key")),
        of(extensions::policies("2.5.29.32.0")),
        of(extensions::policy_constraints(9)),
        (
            "2.5.29.33",
            sequence(&[sequence(&[oid("1.2.3"), oid("1.2.4")])]),
        ),
        ("2.5.29.54", integer(&[1])),
        ("2.5.29.31", sequence(std::slice::from_ref(&point))),
        ("2.5.29.46", sequence(&[point])),
        ("2.5.29.18", sequence(&[extensions::dns("issuer.test")])),
        ("2.5.29.9", sequence(&[])),
        ("1.3.6.1.5.5.7.1.1", sequence(&[access])),
        ("1.3.6.1.5.5.7.1.24", sequence(&[integer(&[5])])),
        ("1.3.6.1.5.5.7.48.1.5", vec![5, 0]),
        ("1.3.6.1.4.1.11129.2.4.2", octets(&[0, 0])),
        ("2.16.840.1.113730.1.1", vec![3, 2, 4, 0xf0]),
        ("2.16.840.1.113730.1.13", tlv(0x16, b"a comment")),
        ("1.3.6.1.4.1.32473.2", vec![5, 0]),
    ]
}

/// Returns a valid chain in which one certificate has a mutated extension.
fn certificate(seed: u64) -> Pki {
    let mut rng = Rng::with_seed(seed);
    let kinds = kinds();
    let (oid, value) = one_of(&mut rng, &kinds);
    let value = match rng.u32(..8) {
        0 => Vec::new(),
        1 => b"garbage".to_vec(),
        2 => value[..rng.usize(..value.len())].to_vec(),
        3 => [&value[..], &[0]].concat(),
        4 => {
            let mut value = value;
            let position = rng.usize(..value.len());
            value[position] ^= 1 << rng.u32(..8);
            value
        }
        5 => vec![5, 0],
        _ => value,
    };
    let mut pki = Pki::good();
    let who = one_of(&mut rng, &["leaf", "leaf", "middle", "middle", "root"]);
    let changed = extension(oid, rng.bool(), value);
    match rng.u32(..12) {
        // In addition to another one of its type.
        0 => pki.cert(who).extensions.push(changed),
        _ => drop(pki.cert(who).with(changed)),
    }
    pki
}
