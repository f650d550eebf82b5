//! The differences between the verification of this library and that of webpki, each with its reason
//! and with the condition to which it is limited.

use webpki::Error;

use super::der::Node;
use super::{Case, Parts, parts};

/// A path that webpki rejects.
pub struct Laxer<'a> {
    pub case: &'a Case,
    /// From the leaf to the trust anchor.
    pub path: &'a [Box<[u8]>],
    pub error: &'a Error,
}

/// The kinds of paths that webpki rejects and this library accepts.
pub const LAXER: &[fn(&Laxer<'_>) -> bool] = &[
    // s2n-tls trusts a certificate of the trust store without its issuer. webpki has no path
    // without one.
    |it| it.path.len() == 1 && it.case.roots.iter().any(|root| **root == *it.path[0]),
    // RFC 5280, 4.2.1.9, does not forbid that a CA authenticates a server, and s2n-tls accepts it.
    |it| {
        it.fails(|error| matches!(error, Error::CaUsedAsEndEntity))
            && parts(&it.path[0]).is_authority()
    },
    // RFC 5280, 7.1: names are compared without regard to case and repeated spaces; webpki compares
    // bytes.
    |it| {
        let mut pairs = it.path.windows(2);
        it.fails(|error| matches!(error, Error::UnknownIssuer))
            && pairs.any(|pair| parts(&pair[0]).issuer != parts(&pair[1]).subject)
    },
    // RFC 5280, 4.2.1.9: self-issued certificates are not counted; webpki counts them.
    |it| {
        let mut issuers = it.path[1..].iter().map(|cert| parts(cert));
        it.fails(|error| matches!(error, Error::PathLenConstraintViolated))
            && issuers.any(|issuer| issuer.is_self_issued())
    },
    // X.690, 8.1.3 and 8.2: s2n-tls accepts lengths and booleans that DER does not permit (10.1, 11.1).
    |it| {
        let mut certs = it.path.iter();
        certs.any(|cert| Node::parse(cert).is_some_and(|cert| !is_der(&cert)))
    },
    // RFC 5280, 4.2.1.10: webpki compares DNS names and addresses only, and rejects names for which there
    // are constraints of another type.
    |it| {
        it.fails(|error| matches!(error, Error::NameConstraintViolation))
            && it.has_constraint(|(tag, _)| [EMAIL, DIRECTORY, URI].contains(tag))
    },
    // A constrained DNS name that is none: s2n-tls compares its text.
    |it| {
        it.fails(|error| {
            matches!(
                error,
                Error::MalformedNameConstraint | Error::MalformedDnsIdentifier
            )
        }) && it.path[1..]
            .iter()
            .any(|cert| parts(cert).has(NAME_CONSTRAINTS))
    },
    // RFC 5280, 4.2.1.9: a path length may have any size. webpki reads one byte.
    |it| {
        let mut certs = it.path.iter();
        it.fails(|error| matches!(error, Error::BadDer))
            && certs.any(|cert| parts(cert).has_long_path_length())
    },
    // RFC 5280, 4.1: a leaf without extensions may be of version 1. webpki requires version 3.
    |it| {
        it.fails(|error| matches!(error, Error::UnsupportedCertVersion))
            && parts(&it.path[0]).extensions.is_empty()
    },
    // RFC 5280, 6.1.1: any policy is acceptable, so that the critical extensions about policies have
    // no effect; Netscape's type of the leaf is evaluated.
    |it| {
        let mut extensions = it.path.iter().flat_map(|cert| parts(cert).extensions);
        it.fails(|error| matches!(error, Error::UnsupportedCriticalExtension))
            && extensions.any(|(oid, is_critical, _)| is_critical && EVALUATED.contains(&&oid[..]))
    },
];

const POLICIES: &[u8] = &[0x55, 0x1d, 0x20];
const POLICY_MAPPINGS: &[u8] = &[0x55, 0x1d, 0x21];
const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x24];
const INHIBIT_ANY_POLICY: &[u8] = &[0x55, 0x1d, 0x36];
const NETSCAPE_TYPE: &[u8] = &[0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 1];

/// The critical extensions that webpki alone rejects.
const EVALUATED: [&[u8]; 5] = [
    POLICIES,
    POLICY_MAPPINGS,
    POLICY_CONSTRAINTS,
    INHIBIT_ANY_POLICY,
    NETSCAPE_TYPE,
];

const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 0x0e];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const NAMES_EXTENSION: &[u8] = &[0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x1e];
const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 0x23];
const PURPOSES: &[u8] = &[0x55, 0x1d, 0x25];

/// The critical extensions that both verifiers evaluate.
const CRITICAL: [&[u8]; 5] = [
    KEY_USAGE,
    NAMES_EXTENSION,
    BASIC_CONSTRAINTS,
    NAME_CONSTRAINTS,
    PURPOSES,
];

/// Returns whether lengths and booleans are those of DER (X.690, 10.1 and 11.1).
fn is_der(value: &Node) -> bool {
    const BOOLEAN: u8 = 1;

    let is_boolean = value.tag != BOOLEAN || [&[0][..], &[0xff]].contains(&&value.content()[..]);
    !value.is_long && is_boolean && value.nodes().iter().all(is_der)
}

impl Laxer<'_> {
    /// Returns whether webpki may have rejected the path with such an error. Of all paths that it has
    /// tried it reports the most specific error, which is that of a signature if a certificate has two
    /// issuers of the same name.
    fn fails(&self, with: fn(&Error) -> bool) -> bool {
        let mut subjects: Vec<_> = self.path[1..]
            .iter()
            .map(|cert| parts(cert).subject)
            .collect();
        let count = subjects.len();
        subjects.sort();
        subjects.dedup();
        let has_other =
            subjects.len() < count && matches!(self.error, Error::InvalidSignatureForPublicKey);
        has_other || with(self.error)
    }

    /// Returns whether a base of the name constraints, with its tag, is accepted.
    fn has_constraint(&self, accepts: fn(&(u8, Vec<u8>)) -> bool) -> bool {
        let mut certs = self.path.iter();
        certs.any(|cert| parts(cert).constraints().iter().any(accepts))
    }
}

/// A path that webpki accepts, verified without the other certificates.
pub struct Stricter<'a> {
    pub case: &'a Case,
    /// From the leaf to the trust anchor.
    pub certs: &'a [Vec<u8>],
    pub path: Vec<Parts>,
}

/// A check of this library, with the condition under which it alone rejects a path.
type Check = (&'static str, fn(&Stricter<'_>) -> bool);

/// The checks that reject a path that webpki accepts.
pub const STRICTER: &[Check] = &[
    // RFC 5280, 4.1 and 4.2: structures that webpki does not read, such as attributes of names,
    // object identifiers, unused bits and repeated extensions: in an encoding that was changed.
    ("", |it| it.has_changed_encoding()),
    ("Malformed", |it| it.has_changed_encoding()),
    ("MalformedExtension", |it| {
        it.has_changed_encoding() || it.path.iter().any(Parts::has_malformed_extension)
    }),
    // RFC 5280, 4.2: webpki evaluates no critical extension of a trust anchor.
    ("CriticalExtensions", |it| {
        it.anchor().has_unknown_critical()
    }),
    // RFC 5280, 6.2: s2n-tls checks the validity period of a trust anchor. For all certificates it ends
    // with the beginning of its last second.
    ("Time", |it| {
        let now = it.case.utc_time();
        !it.anchor().is_valid_at(&now) || it.path.iter().any(|cert| cert.ends_at(&now))
    }),
    // RFC 5280, 6.2: s2n-tls checks the basic constraints and the key usage of a trust anchor.
    ("NotAnAuthority", |it| {
        !it.anchor().is_authority() || !it.anchor().signs_certificates()
    }),
    ("PathLength", |it| it.anchor().has_path_length()),
    // RFC 5280, 4.2.1.1 and 4.2.1.3: the key identifiers and the key usage of an issuer.
    ("UnknownIssuer", |it| it.has_unfit_issuer()),
    ("SelfSigned", |it| it.has_unfit_issuer()),
    // RFC 5246, 7.4.2, and RFC 8446, 4.4.2.2: the key usage of a leaf, which webpki does not read.
    // s2n-tls reads Netscape's type.
    ("Purpose", |it| {
        !it.path[0].signs_handshakes() || it.path[0].has(NETSCAPE_TYPE)
    }),
    // A name with control characters, or that is not UTF-8, is passed to no callback.
    ("Name", |it| !it.path[0].has_usable_name()),
    // RFC 5280, 4.2.1.10: names that webpki does not compare: common names, directory names, and those
    // of a trust anchor's constraints with a type that it does not support.
    ("NameConstraints", |it| {
        it.path[1..].iter().any(|cert| cert.has(NAME_CONSTRAINTS))
    }),
];

/// The checks that reject a chain in which this library accepts the path that webpki has found.
pub const WHOLE: &[Check] = &[
    // s2n-tls: s2n_config_set_max_cert_chain_depth(), 7 certificates unless set.
    ("ChainTooLong", |it| it.case.chain.len() > 7),
    // s2n-tls: each certificate of a chain is parsed, and compared with the rules of the policy, whether
    // or not it is part of the path.
    ("", |it| it.case.has_changed(&it.case.chain)),
    ("SignatureAlgorithm", |it| it.has_unused()),
    ("Key", |it| it.has_unused()),
    // A wrong signature on another path ends the search: see verify/path.rs.
    ("Signature", |it| it.case.has_namesakes()),
];

impl Case {
    /// Returns the time in the form of a GeneralizedTime.
    fn utc_time(&self) -> Vec<u8> {
        super::generalized_time(self.now)
    }

    /// Returns whether the encoding of one of these certificates was changed.
    fn has_changed(&self, certs: &[Vec<u8>]) -> bool {
        certs.iter().any(|cert| self.changed.contains(cert))
    }

    /// Returns whether two certificates have the same subject.
    fn has_namesakes(&self) -> bool {
        let certs = self.chain[1..].iter().chain(&self.roots);
        let mut subjects: Vec<_> = certs.map(|cert| parts(cert).subject).collect();
        let count = subjects.len();
        subjects.sort();
        subjects.dedup();
        subjects.len() < count
    }
}

impl Stricter<'_> {
    fn anchor(&self) -> &Parts {
        &self.path[self.path.len() - 1]
    }

    fn has_changed_encoding(&self) -> bool {
        self.case.has_changed(self.certs)
    }

    /// Returns whether the peer has sent a certificate that is not part of the path below the anchor.
    fn has_unused(&self) -> bool {
        let below = &self.certs[..self.certs.len() - 1];
        let mut certs = self.case.chain.iter();
        certs.any(|cert| !below.contains(cert))
    }

    fn has_unfit_issuer(&self) -> bool {
        let mut pairs = self.path.windows(2);
        pairs.any(|pair| !pair[1].signs_certificates() || !pair[0].may_identify(&pair[1]))
    }
}

impl Parts {
    /// Returns whether an alternative name is a text without control characters, or an address.
    fn has_usable_name(&self) -> bool {
        let is_text = |name: &[u8]| {
            let text = std::str::from_utf8(name);
            text.is_ok_and(|text| !text.is_empty() && !text.chars().any(char::is_control))
        };
        let mut names = self.names().into_iter();
        names.any(|(tag, name)| match tag {
            DNS | URI => is_text(&name),
            ADDRESS => [4, 16].contains(&name.len()),
            _ => false,
        })
    }

    fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    fn values(&self, wanted: &[u8]) -> impl Iterator<Item = &Node> {
        let extensions = self.extensions.iter();
        extensions.filter_map(move |(oid, _, value)| (oid == wanted).then_some(value))
    }

    fn has(&self, wanted: &[u8]) -> bool {
        self.values(wanted).next().is_some()
    }

    /// Returns whether an extension is repeated, or is an empty list of at least one value.
    fn has_malformed_extension(&self) -> bool {
        const EMPTY: &[u8] = &[0x30, 0];
        const NOT_EMPTY: [&[u8]; 2] = [NAMES_EXTENSION, PURPOSES];

        let oids: Vec<_> = self.extensions.iter().map(|(oid, ..)| oid).collect();
        let mut places = 0..oids.len();
        let is_repeated = places.any(|place| oids[..place].contains(&oids[place]));
        let mut values = NOT_EMPTY.iter().flat_map(|oid| self.values(oid));
        is_repeated || values.any(|value| value.content() == EMPTY)
    }

    fn has_unknown_critical(&self) -> bool {
        let mut extensions = self.extensions.iter();
        extensions.any(|(oid, is_critical, _)| *is_critical && !CRITICAL.contains(&&oid[..]))
    }

    /// Returns the values in the basic constraints.
    fn basic_constraints(&self) -> impl Iterator<Item = &Node> {
        let values = self.values(BASIC_CONSTRAINTS).flat_map(Node::nodes);
        values.flat_map(Node::nodes)
    }

    fn is_authority(&self) -> bool {
        self.basic_constraints()
            .any(|value| value.tag == 1 && value.content() != [0])
    }

    fn has_path_length(&self) -> bool {
        self.basic_constraints().any(|value| value.tag == 2)
    }

    fn has_long_path_length(&self) -> bool {
        self.basic_constraints()
            .any(|value| value.tag == 2 && value.content().len() > 1)
    }

    /// Returns whether the key usage, if present, has this bit of its first byte.
    fn has_usage(&self, bit: u8) -> bool {
        let mut usages = self.values(KEY_USAGE).flat_map(Node::nodes);
        usages.all(|usage| {
            let bits = usage.content();
            bits.get(1).is_some_and(|bits| bits & bit != 0)
        })
    }

    fn signs_certificates(&self) -> bool {
        self.has_usage(4)
    }

    fn signs_handshakes(&self) -> bool {
        self.has_usage(0x80)
    }

    /// Returns whether the identifier of the issuer's key, if present, is that of `issuer`; not if
    /// there is an identifier of another kind.
    fn may_identify(&self, issuer: &Parts) -> bool {
        let named = self.values(AUTHORITY_KEY_ID).flat_map(Node::nodes);
        let mut named = named.flat_map(Node::nodes);
        let own = issuer.values(SUBJECT_KEY_ID).flat_map(Node::nodes);
        let own: Vec<_> = own.map(Node::content).collect();
        named.all(|id| id.tag == 0x80 && own.iter().all(|own| *own == id.content()))
    }

    fn times(&self) -> Vec<Vec<u8>> {
        let times = self.validity.iter();
        times
            .map(|time| match (time.tag, time.content()) {
                // RFC 5280, 4.1.2.5.1: the years 1950 to 2049.
                (0x17, text) if text < b"5".to_vec() => [b"20", &text[..]].concat(),
                (0x17, text) => [b"19", &text[..]].concat(),
                (_, text) => text,
            })
            .collect()
    }

    fn is_valid_at(&self, now: &[u8]) -> bool {
        let times = self.times();
        // The date, the time in seconds, and "Z".
        times.iter().all(|time| time.len() == 15)
            && matches!(&times[..], [from, until] if from[..] <= *now && *now < until[..])
    }

    fn ends_at(&self, now: &[u8]) -> bool {
        self.times().last().is_some_and(|until| *until == now)
    }
}

/// A name that webpki rejects.
pub struct LaxerName<'a> {
    pub host: &'a str,
    pub leaf: &'a [u8],
    /// The alternative names of the certificate, each with its tag.
    pub names: &'a [(u8, Vec<u8>)],
}

const EMAIL: u8 = 0x81;
const DNS: u8 = 0x82;
const DIRECTORY: u8 = 0xa4;
const URI: u8 = 0x86;
const ADDRESS: u8 = 0x87;

impl LaxerName<'_> {
    fn has(&self, tags: &[u8]) -> bool {
        self.names.iter().any(|(tag, _)| tags.contains(tag))
    }

    fn is(&self, wanted: u8) -> bool {
        let host = self.host.as_bytes();
        let mut names = self.names.iter();
        names.any(|(tag, name)| *tag == wanted && name.eq_ignore_ascii_case(host))
    }
}

/// The names that webpki rejects and this library accepts, each with its reason.
pub const NAMES: &[fn(&LaxerName<'_>) -> bool] = &[
    // X.690, 8.1.3 and 8.2: s2n-tls accepts lengths and booleans that DER does not permit (10.1, 11.1).
    |it| Node::parse(it.leaf).is_some_and(|leaf| !is_der(&leaf)),
    // RFC 6125, 6.4.4: the common name is the last resort. webpki does not use it.
    |it| !it.has(&[DNS, URI, ADDRESS]),
    // s2n-tls compares the whole URI with the host.
    |it| it.is(URI),
    // s2n-tls compares the texts of addresses and of DNS names, also of those that end with the root.
    |it| it.is(DNS) && (it.host.ends_with('.') || it.host.parse::<std::net::IpAddr>().is_ok()),
    // RFC 6125, 6.4.3: a wildcard is the left-most label, of a name of two labels as well.
    |it| {
        let mut names = it.names.iter().map(|(_, name)| &name[..]);
        let parent = it.host.split_once('.').map(|(_, parent)| parent);
        names.any(|name| {
            let wild = name.strip_prefix(b"*.");
            wild.is_some_and(|wild| {
                !wild.contains(&b'.')
                    && parent.is_some_and(|it| wild.eq_ignore_ascii_case(it.as_bytes()))
            })
        })
    },
];

/// The names that this library rejects and webpki accepts, each with its reason.
pub const STRICTER_NAMES: &[fn(&str) -> bool] = &[
    // s2n-tls does not ignore the root of the DNS at the end of a name.
    |host| host.ends_with('.'),
    // s2n-tls compares the text of an address, in which an IPv6 address has no dots.
    |host| host.contains('.') && host.parse::<std::net::Ipv6Addr>().is_ok(),
];
