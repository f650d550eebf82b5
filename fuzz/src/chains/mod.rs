//! Generated certificate chains: valid ones with a few changes of the certificates' fields, of their
//! encodings, and of the order in which the peer sends them.

use std::net::IpAddr;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, CustomExtension, DistinguishedName, DnType,
    DnValue, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyUsagePurpose,
    NameConstraints, SanType, SerialNumber, SigningKey,
};
use rs2n_core::base::Mode;

use crate::hellos::Choices;

#[path = "../../../tests/support/der.rs"]
pub mod der;
pub mod differences;
mod keys;

use der::{Content, Node};
use keys::{identifier, keys};

/// A chain, and the settings of its verification.
pub struct Case {
    /// Trusted certificates.
    pub roots: Vec<Vec<u8>>,
    /// The certificates of the peer, the leaf first.
    pub chain: Vec<Vec<u8>>,
    pub now: Duration,
    /// The role of the side that verifies.
    pub mode: Mode,
    /// The name of the server.
    pub host: &'static str,
    /// The certificates whose encodings were changed.
    changed: Vec<Vec<u8>>,
}

/// 2026-01-01.
const NOW: i64 = 1_767_225_600;

pub const HOSTS: &[&str] = &[
    "leaf.test",
    "www.leaf.test",
    "a.www.leaf.test",
    "LEAF.Test",
    "leaf.test.",
    "other.test",
    "leaf",
    "192.0.2.1",
    "2001:db8::1",
    "::ffff:192.0.2.1",
    "under_score.test",
    "xn--leaf-hra.test",
];

/// Names of certificates, and of their constraints.
const DNS: &[&str] = &[
    "leaf.test",
    "*.leaf.test",
    "*.test",
    "other.test",
    "LEAF.test",
    "leaf.test.",
    "*.leaf.test.",
    "www.leaf.test",
    "w*.leaf.test",
    "*",
    "*.",
    "",
    ".",
    ".test",
    "leaf",
    "192.0.2.1",
    "2001:db8::1",
    "under_score.test",
    "-.test",
    "a b.test",
    "test",
    ".leaf.test",
    "*.*.test",
    "www.*.test",
    "leaf..test",
];

/// A certificate before it is signed.
struct Spec {
    params: CertificateParams,
    key: usize,
    /// The place of the issuer in the list, which has the root first.
    issuer: usize,
    /// A key that is not the issuer's, which signs.
    signer: Option<usize>,
}

fn pick<T: Clone>(choices: &mut Choices<'_>, of: &[T]) -> T {
    of[choices(of.len())].clone()
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

/// Sets a time that is so many seconds after [`NOW`].
macro_rules! at {
    ($offset:expr) => {{
        let offset: i64 = $offset;
        let distance = Duration::from_secs(offset.unsigned_abs());
        let now = rcgen::date_time_ymd(2026, 1, 1);
        if offset < 0 {
            now - distance
        } else {
            now + distance
        }
    }};
}

impl Spec {
    fn authority(place: usize) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(&format!("authority {place}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self::new(params, place)
    }

    fn leaf(place: usize) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = named("leaf");
        params.subject_alt_names = vec![dns("leaf.test").expect("an IA5String")];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        Self::new(params, place)
    }

    fn new(mut params: CertificateParams, place: usize) -> Self {
        params.not_before = at!(-1_000_000);
        params.not_after = at!(1_000_000);
        params.use_authority_key_identifier_extension = true;
        Self {
            params,
            key: place,
            issuer: place.saturating_sub(1),
            signer: None,
        }
    }

    /// Changes one field.
    fn change(&mut self, choices: &mut Choices<'_>) {
        use ExtendedKeyUsagePurpose::*;
        use KeyUsagePurpose::*;

        let params = &mut self.params;
        match choices(13) {
            0 => {
                let count = choices(4);
                let names = (0..count).filter_map(|_| alternative(choices));
                params.subject_alt_names = names.collect();
            }
            1 => {
                let usages: &[&[_]] = &[
                    &[],
                    &[ServerAuth],
                    &[ClientAuth],
                    &[Any],
                    &[CodeSigning],
                    &[Any, ServerAuth],
                    &[OcspSigning],
                ];
                params.extended_key_usages = pick(choices, usages).to_vec();
            }
            2 => {
                params.is_ca = match choices(6) {
                    0 => IsCa::NoCa,
                    1 => IsCa::ExplicitNoCa,
                    2 => IsCa::Ca(BasicConstraints::Unconstrained),
                    most => IsCa::Ca(BasicConstraints::Constrained(most as u8 - 3)),
                }
            }
            3 => {
                let usages: &[&[_]] = &[
                    &[],
                    &[KeyCertSign],
                    &[DigitalSignature],
                    &[KeyAgreement],
                    &[KeyEncipherment],
                    &[CrlSign],
                    &[DigitalSignature, KeyCertSign],
                ];
                params.key_usages = pick(choices, usages).to_vec();
            }
            4 => {
                let offsets = [-1, 0, 1, -2_000_000, 2_000_000];
                params.not_before = at!(pick(choices, &[-1_000_000, -1, 0, 1, 2_000_000]));
                params.not_after = at!(pick(choices, &offsets));
            }
            5 => {
                let mut list = |most| {
                    let count = choices(most);
                    let subtrees = (0..count).map(|_| subtree(choices));
                    subtrees.collect::<Vec<_>>()
                };
                params.name_constraints = Some(NameConstraints {
                    permitted_subtrees: list(3),
                    excluded_subtrees: list(2),
                });
            }
            6 => params.custom_extensions.push(custom(choices)),
            7 => params.distinguished_name = distinguished(choices),
            8 => self.key = choices(keys().len()),
            9 => self.signer = Some(choices(keys().len())),
            10 => params.use_authority_key_identifier_extension ^= true,
            11 => {
                let serials: &[&[u8]] =
                    &[&[1], &[0], &[0x80], &[0x7f; 20], &[0x7f; 21], &[0xff; 40]];
                params.serial_number = Some(SerialNumber::from_slice(pick(choices, serials)));
            }
            _ => self.issuer = choices(5),
        }
    }
}

fn dns(name: &str) -> Option<SanType> {
    Some(SanType::DnsName(name.try_into().ok()?))
}

fn alternative(choices: &mut Choices<'_>) -> Option<SanType> {
    match choices(8) {
        0..4 => dns(pick(choices, DNS)),
        4 => Some(SanType::IpAddress(address(choices))),
        5 => Some(SanType::Rfc822Name("a@leaf.test".try_into().ok()?)),
        6 => Some(SanType::URI(pick(choices, HOSTS).try_into().ok()?)),
        _ => Some(SanType::URI("https://leaf.test/".try_into().ok()?)),
    }
}

fn address(choices: &mut Choices<'_>) -> IpAddr {
    let addresses = [
        "192.0.2.1",
        "2001:db8::1",
        "198.51.100.1",
        "::ffff:192.0.2.1",
    ];
    pick(choices, &addresses).parse().expect("an address")
}

fn subtree(choices: &mut Choices<'_>) -> GeneralSubtree {
    match choices(8) {
        0..4 => GeneralSubtree::DnsName(pick(choices, DNS).to_owned()),
        4 | 5 => {
            let prefix = pick(choices, &[24, 0, 32, 8, 1]);
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address(choices), prefix))
        }
        6 => GeneralSubtree::Rfc822Name("leaf.test".to_owned()),
        _ => GeneralSubtree::DirectoryName(distinguished(choices)),
    }
}

fn distinguished(choices: &mut Choices<'_>) -> DistinguishedName {
    let text = pick(
        choices,
        &[
            "leaf",
            "authority 0",
            "authority 1",
            "AUTHORITY  0",
            "leaf.test",
            "192.0.2.1",
            "www.leaf.test",
            "",
        ],
    );
    let mut names = DistinguishedName::new();
    let value = match choices(3) {
        0 => DnValue::Utf8String(text.to_owned()),
        1 => DnValue::PrintableString(text.try_into().expect("printable")),
        _ => return DistinguishedName::new(),
    };
    if choices(4) == 1 {
        names.push(DnType::OrganizationName, "leaf");
    }
    names.push(DnType::CommonName, value);
    names
}

/// Returns an extension that few verifiers evaluate.
fn custom(choices: &mut Choices<'_>) -> CustomExtension {
    let extensions: &[(&[u64], &[u8])] = &[
        // Unknown, in and outside of the arc of RFC 5280.
        (&[1, 2, 3, 4], &[5, 0]),
        (&[2, 5, 29, 99], &[5, 0]),
        // Certificate policies, mappings, constraints, and inhibitAnyPolicy.
        (
            &[2, 5, 29, 32],
            &[0x30, 8, 0x30, 6, 6, 4, 0x55, 0x1d, 0x20, 0],
        ),
        (&[2, 5, 29, 33], &[0x30, 8, 0x30, 6, 6, 1, 42, 6, 1, 43]),
        (&[2, 5, 29, 36], &[0x30, 3, 0x80, 1, 0]),
        (&[2, 5, 29, 36], &[0x30, 3, 0x81, 1, 0]),
        (&[2, 5, 29, 54], &[2, 1, 0]),
        // Netscape's type: client or server.
        (&[2, 16, 840, 1, 113730, 1, 1], &[3, 2, 6, 0x40]),
        (&[2, 16, 840, 1, 113730, 1, 1], &[3, 2, 7, 0x80]),
        // Empty lists of names, of usages, and of constraints.
        (&[2, 5, 29, 17], &[0x30, 0]),
        (&[2, 5, 29, 37], &[0x30, 0]),
        (&[2, 5, 29, 30], &[0x30, 0]),
        (&[2, 5, 29, 19], &[0x30, 0]),
        // TLS feature and OCSP no check.
        (&[1, 3, 6, 1, 5, 5, 7, 1, 24], &[0x30, 3, 2, 1, 5]),
        (&[1, 3, 6, 1, 5, 5, 7, 48, 1, 5], &[5, 0]),
        // Identifiers that are critical, or of another key.
        (&[2, 5, 29, 14], &[4, 1, 7]),
        (&[2, 5, 29, 35], &[0x30, 3, 0x80, 1, 7]),
    ];
    let (oid, content) = pick(choices, extensions);
    let mut extension = CustomExtension::from_oid_content(oid, content.to_vec());
    extension.set_criticality(choices(2) == 1);
    extension
}

impl Case {
    /// Generates a case. It is a valid chain where all choices are 0.
    pub fn generate(choices: &mut Choices<'_>) -> Self {
        let mode = pick(choices, &[Mode::Client, Mode::Server]);
        let host = pick(choices, HOSTS);
        let now = NOW + pick(choices, &[0, 0, 0, -1_000_000, 1_000_000, 999_999]);
        let authorities = pick(choices, &[2, 1, 3, 4]);
        let mut specs: Vec<_> = (0..authorities).map(Spec::authority).collect();
        specs.push(Spec::leaf(authorities));
        for _ in 0..choices(5) {
            let place = choices(specs.len());
            // The leaf is the first choice.
            let place = specs.len() - 1 - place;
            specs[place].change(choices);
        }
        let mut certs = sign(&specs);
        let mut places = Vec::new();
        for _ in 0..choices(4) {
            let place = certs.len() - 1 - choices(certs.len());
            reencode(choices, &mut certs, &specs, place);
            places.push(place);
        }
        let changed = places.iter().map(|&place| certs[place].clone()).collect();
        let (roots, chain) = arrange(choices, certs);
        Self {
            roots,
            chain,
            now: Duration::from_secs(now as u64),
            mode,
            host,
            changed,
        }
    }
}

/// Returns a time in the form of a GeneralizedTime, which is compared like text.
fn generalized_time(since_epoch: Duration) -> Vec<u8> {
    let time = rcgen::date_time_ymd(1970, 1, 1) + since_epoch;
    let (hour, minute, second) = time.to_hms();
    let date = format!(
        "{:04}{:02}{:02}",
        time.year(),
        u8::from(time.month()),
        time.day()
    );
    format!("{date}{hour:02}{minute:02}{second:02}Z").into_bytes()
}

/// Parts of a certificate, as encoded.
#[derive(Default)]
pub struct Parts {
    pub version: Option<Vec<u8>>,
    pub issuer: Vec<u8>,
    /// notBefore and notAfter.
    pub validity: Vec<Node>,
    pub subject: Vec<u8>,
    /// The object identifiers of the extensions, each with whether it is critical and with its value.
    pub extensions: Vec<(Vec<u8>, bool, Node)>,
}

/// Splits a certificate; the parts are empty if it is malformed.
pub fn parts(cert: &[u8]) -> Parts {
    const VERSION: u8 = 0xa0;
    const EXTENSIONS: u8 = 0xa3;
    const TRUE: &[u8] = &[1, 1, 0xff];

    let cert = Node::parse(cert);
    let tbs = cert.as_ref().and_then(|cert| cert.nodes().first());
    let fields = tbs.map(Node::nodes).unwrap_or_default();
    let mut parts = Parts::default();
    let fields = match fields {
        [version, rest @ ..] if version.tag == VERSION => {
            parts.version = Some(version.content());
            rest
        }
        fields => fields,
    };
    let [_, _, issuer, validity, subject, _, rest @ ..] = fields else {
        return parts;
    };
    parts.issuer = issuer.encode();
    parts.validity = validity.nodes().to_vec();
    parts.subject = subject.encode();
    let list = rest.iter().filter(|field| field.tag == EXTENSIONS);
    let list = list.flat_map(Node::nodes).flat_map(Node::nodes);
    parts.extensions = list
        .filter_map(|extension| {
            let (oid, rest) = extension.nodes().split_first()?;
            let value = rest.last()?;
            let is_critical = rest[0].encode() == TRUE;
            Some((oid.content(), is_critical, value.clone()))
        })
        .collect();
    parts
}

impl Parts {
    /// Returns the bases of the name constraints, each with its tag.
    pub fn constraints(&self) -> Vec<(u8, Vec<u8>)> {
        const CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x1e];

        let lists = self.fields(CONSTRAINTS);
        let bases = lists
            .flat_map(Node::nodes)
            .filter_map(|subtree| subtree.nodes().first());
        bases.map(|base| (base.tag, base.content())).collect()
    }

    /// Returns the alternative names of the subject, each with its tag.
    pub fn names(&self) -> Vec<(u8, Vec<u8>)> {
        const ALTERNATIVE: &[u8] = &[0x55, 0x1d, 0x11];

        let names = self.fields(ALTERNATIVE);
        names.map(|name| (name.tag, name.content())).collect()
    }

    /// Returns the fields of the sequence in each extension of this type.
    fn fields(&self, of: &[u8]) -> impl Iterator<Item = &Node> {
        let extensions = self.extensions.iter().filter(move |(oid, ..)| oid == of);
        let values = extensions.flat_map(|(.., value)| value.nodes());
        values.flat_map(Node::nodes)
    }
}

/// Signs certificates, whose issuers are before them.
fn sign(specs: &[Spec]) -> Vec<Vec<u8>> {
    let certs = specs.iter().map(|spec| {
        let issuer = specs.get(spec.issuer).unwrap_or(&specs[0]);
        let key = &keys()[spec.signer.unwrap_or(issuer.key)];
        let mut issuer_params = issuer.params.clone();
        issuer_params.key_identifier_method = identifier(issuer.key);
        let mut params = spec.params.clone();
        params.key_identifier_method = identifier(spec.key);
        let issuer = Issuer::from_params(&issuer_params, key);
        let cert = params.signed_by(&keys()[spec.key], &issuer);
        cert.map_or_else(|_| Vec::new(), |cert| cert.der().to_vec())
    });
    certs.collect()
}

/// Mutates the encoding of a certificate, and signs it again unless the choice is otherwise.
fn reencode(choices: &mut Choices<'_>, certs: &mut [Vec<u8>], specs: &[Spec], place: usize) {
    let other = choices(certs.len());
    let (Some(mut node), Some(other)) = (Node::parse(&certs[place]), Node::parse(&certs[other]))
    else {
        return;
    };
    node.mutate(choices, &other);
    let spec = &specs[place];
    let issuer = specs.get(spec.issuer).unwrap_or(&specs[0]);
    let key = &keys()[spec.signer.unwrap_or(issuer.key)];
    if choices(8) < 7
        && let Content::Nodes(parts) = &mut node.content
        && let [tbs, _, signature] = &mut parts[..]
    {
        let signed = key.sign(&tbs.encode()).expect("the key signs");
        signature.content = Content::Bytes([&[0], &signed[..]].concat());
    }
    certs[place] = node.encode();
}

/// Divides certificates, the root first, into the trusted ones and those of the peer.
fn arrange(choices: &mut Choices<'_>, mut certs: Vec<Vec<u8>>) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    certs.retain(|cert| !cert.is_empty());
    let all = certs.clone();
    let mut certs = certs.into_iter();
    let mut roots: Vec<_> = certs.next().into_iter().collect();
    let mut chain: Vec<_> = certs.rev().collect();
    let count = chain.len();
    if count == 0 {
        return (roots, chain);
    }
    match choices(9) {
        1 => chain.extend(roots.clone()),
        2 => chain[1..].reverse(),
        3 if count > 1 => drop(chain.remove(1 + choices(count - 1))),
        4 => chain.insert(1, pick(choices, &all)),
        5 => roots.push(pick(choices, &all)),
        6 => roots = vec![pick(choices, &all)],
        7 => chain.extend(all),
        8 => {
            let (one, other) = (choices(count), choices(count));
            chain.swap(one, other);
        }
        _ => {}
    }
    (roots, chain)
}
