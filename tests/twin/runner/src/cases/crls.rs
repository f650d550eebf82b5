//! CRL cases: one modified CRL of the leaf's issuer, and a valid one of the root.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{NamedScript, POLICIES, Pki, again};
use crate::certificates::der::{bits, explicit, integer, octets, oid, pem, sequence, time, tlv};
use crate::certificates::extensions::{
    self, CERT_SIGN, CRL_SIGN, Extension, KEY_USAGE, authority_key_id, extension, key_usage,
    subject_key_id, uri,
};
use crate::certificates::keys::{Key, Signing};
use crate::certificates::{Cert, DAY, NOW};

/// A CRL of a CA.
#[derive(Clone)]
pub struct Crl {
    issuer: &'static str,
    /// The CA whose key signs.
    signer: &'static str,
    /// 1 for version 2; `None` for version 1.
    version: Option<u8>,
    times: Vec<Vec<u8>>,
    entries: Vec<(Vec<u8>, Vec<Extension>)>,
    extensions: Vec<Extension>,
    damaged: bool,
    /// The signed part identifies ECDSA with SHA-512, which is not the algorithm of the signature.
    other_algorithm: bool,
}

impl Crl {
    pub fn of(issuer: &'static str) -> Self {
        Self {
            issuer,
            signer: issuer,
            version: Some(1),
            times: vec![time(NOW - DAY), time(NOW + DAY)],
            entries: Vec::new(),
            extensions: Vec::new(),
            damaged: false,
            other_algorithm: false,
        }
    }

    fn revoke(&mut self, serial: &[u8], extensions: &[Extension]) {
        self.entries.push((serial.to_vec(), extensions.to_vec()));
    }

    /// Signs the CRL and returns it as PEM.
    pub fn sign(
        &self,
        certs: &BTreeMap<&str, Cert>,
        keys: &BTreeMap<&str, Key>,
        dir: &Path,
    ) -> String {
        let key = &keys[self.signer];
        let identifier = key.identifier(Signing::Default).der();
        let mut parts: Vec<_> = self
            .version
            .iter()
            .map(|&version| integer(&[version]))
            .collect();
        let inner = match self.other_algorithm {
            true => sequence(&[oid("1.2.840.10045.4.3.4")]),
            false => identifier.clone(),
        };
        parts.extend([inner, certs[self.issuer].subject.clone()]);
        parts.extend(self.times.clone());
        if !self.entries.is_empty() {
            let entries = self.entries.iter().map(|(serial, extensions)| {
                let mut entry = vec![integer(serial), time(NOW - DAY)];
                if !extensions.is_empty() {
                    entry.push(extension_list(extensions));
                }
                sequence(&entry)
            });
            parts.push(sequence(&entries.collect::<Vec<_>>()));
        }
        if !self.extensions.is_empty() {
            parts.push(explicit(0, &extension_list(&self.extensions)));
        }
        let signed = sequence(&parts);
        let mut signature = key.sign(Signing::Default, &signed, dir);
        if self.damaged {
            *signature.last_mut().expect("not empty") ^= 1;
        }
        pem(
            "X509 CRL",
            &sequence(&[signed, identifier, bits(&signature)]),
        )
    }
}

fn extension_list(extensions: &[Extension]) -> Vec<u8> {
    sequence(&extensions.iter().map(Extension::der).collect::<Vec<_>>())
}

const SCOPE: &str = "2.5.29.28";
const POINTS: &str = "2.5.29.31";

/// An IssuingDistributionPoint extension with these fields.
fn scope(fields: &[Vec<u8>]) -> Extension {
    extension(SCOPE, true, sequence(fields))
}

/// A `distributionPoint` field: a DistributionPointName with one URI.
fn point_name(name: &str) -> Vec<u8> {
    tlv(0xa0, &tlv(0xa0, &uri(name)))
}

fn points(points: &[Vec<u8>]) -> Extension {
    let points: Vec<_> = points.iter().map(|point| tlv(0x30, point)).collect();
    extension(POINTS, false, sequence(&points))
}

const ONE: &str = "http://lists.test/one";
const TWO: &str = "http://lists.test/two";
const TRUE: [u8; 1] = [0xff];

/// Scopes of a CRL, by title.
fn scopes() -> Vec<(&'static str, Option<Extension>)> {
    let only = |fields: &[Vec<u8>]| Some(scope(fields));
    vec![
        ("any", None),
        ("empty", only(&[])),
        ("users", only(&[tlv(0x81, &TRUE)])),
        ("authorities", only(&[tlv(0x82, &TRUE)])),
        ("reasons", only(&[tlv(0x83, &[1, 0x40])])),
        ("indirect", only(&[tlv(0x84, &TRUE)])),
        ("attributes", only(&[tlv(0x85, &TRUE)])),
        (
            "users-and-authorities",
            only(&[tlv(0x81, &TRUE), tlv(0x82, &TRUE)]),
        ),
        ("one", only(&[point_name(ONE)])),
        ("one-of-users", only(&[point_name(ONE), tlv(0x81, &TRUE)])),
        ("relative", only(&[tlv(0xa0, &tlv(0xa1, &[]))])),
        ("garbage", Some(extension(SCOPE, true, b"garbage".to_vec()))),
    ]
}

/// Distribution points of the leaf, by title.
fn leaf_points() -> Vec<(&'static str, Option<Extension>)> {
    let issuer = tlv(
        0xa2,
        &extensions::directory(&crate::certificates::common_name("x")),
    );
    vec![
        ("no-point", None),
        ("one", Some(points(&[point_name(ONE)]))),
        ("two", Some(points(&[point_name(TWO)]))),
        (
            "two-and-one",
            Some(points(&[point_name(TWO), point_name(ONE)])),
        ),
        (
            "one-for-reasons",
            Some(points(&[[point_name(ONE), tlv(0x81, &[1, 0x40])].concat()])),
        ),
        (
            "one-of-another",
            Some(points(&[[point_name(ONE), issuer].concat()])),
        ),
    ]
}

struct CrlCase {
    name: String,
    pki: Pki,
}

fn all() -> Vec<CrlCase> {
    let mut all = Vec::new();
    let mut case = |name: String, change: &dyn Fn(&mut Pki, &mut Crl)| {
        let mut pki = Pki::good();
        let mut crl = Crl::of("middle");
        change(&mut pki, &mut crl);
        pki.crls = vec![("middle.crl", crl), ("root.crl", Crl::of("root"))];
        all.push(CrlCase { name, pki });
    };
    for (scope_title, scope) in scopes() {
        for (points_title, points) in leaf_points() {
            for revoked in [false, true] {
                let status = if revoked { "revoked" } else { "good" };
                case(
                    format!("crls/{scope_title}/{points_title}/{status}"),
                    &|pki, crl| {
                        crl.extensions.extend(scope.clone());
                        pki.leaf().extensions.extend(points.clone());
                        if revoked {
                            crl.revoke(&[1, 2, 3], &[]);
                        }
                    },
                );
            }
        }
    }
    forms(&mut case);
    authorities(&mut case);
    entries(&mut case);
    all
}

type Adder<'a> = dyn FnMut(String, &dyn Fn(&mut Pki, &mut Crl)) + 'a;

fn forms(case: &mut Adder<'_>) {
    case("crls/version-1".into(), &|_, crl| crl.version = None);
    case("crls/without-next-update".into(), &|_, crl| {
        crl.times.truncate(1)
    });
    case("crls/not-yet-valid".into(), &|_, crl| {
        crl.times = vec![time(NOW + DAY), time(NOW + 2 * DAY)];
    });
    case("crls/expired".into(), &|_, crl| {
        crl.times = vec![time(NOW - 2 * DAY), time(NOW - DAY)];
    });
    case("crls/damaged".into(), &|_, crl| crl.damaged = true);
    case("crls/of-two-algorithms".into(), &|_, crl| {
        crl.other_algorithm = true
    });
    case("crls/of-two-scopes".into(), &|_, crl| {
        crl.extensions
            .extend([scope(&[tlv(0x81, &[0xff])]), scope(&[])]);
    });
    case("crls/signed-by-another".into(), &|_, crl| {
        crl.signer = "root"
    });
    for critical in [false, true] {
        let title = if critical { "critical" } else { "optional" };
        case(format!("crls/unknown-extension-{title}"), &|_, crl| {
            crl.extensions.push(extensions::unknown(critical));
        });
        case(format!("crls/number-{title}"), &|_, crl| {
            crl.extensions
                .push(extension("2.5.29.20", critical, integer(&[7])));
        });
    }
    case("crls/delta".into(), &|_, crl| {
        crl.extensions
            .push(extension("2.5.29.27", true, integer(&[7])));
    });
    for (title, id) in [("fits", b"middle"), ("does-not-fit", b"others")] {
        case(format!("crls/key-id-{title}"), &|pki, crl| {
            pki.middle().extensions.push(subject_key_id(b"middle"));
            crl.extensions.push(authority_key_id(id));
        });
    }
}

fn authorities(case: &mut Adder<'_>) {
    for who in ["middle", "root"] {
        case(format!("crls/{who}-may-not-sign-CRLs"), &|pki, _| {
            pki.cert(who).with(key_usage(&[CERT_SIGN]));
        });
        case(format!("crls/{who}-may-sign-CRLs"), &|pki, _| {
            pki.cert(who).with(key_usage(&[CERT_SIGN, CRL_SIGN]));
        });
        case(format!("crls/{who}-without-usages"), &|pki, _| {
            pki.cert(who).without(KEY_USAGE);
        });
    }
}

fn entries(case: &mut Adder<'_>) {
    let reason = |reason| extension("2.5.29.21", false, tlv(0x0a, &[reason]));
    case("crls/another-serial".into(), &|_, crl| {
        crl.revoke(&[1, 2], &[])
    });
    case("crls/many-serials".into(), &|_, crl| {
        for serial in [&[9][..], &[1, 2, 3], &[1, 2, 3, 4], &[0x7f]] {
            crl.revoke(serial, &[]);
        }
    });
    for number in [0, 1, 6, 10] {
        case(format!("crls/reason-{number}"), &|_, crl| {
            crl.revoke(&[1, 2, 3], &[reason(number)]);
        });
    }
    // removeFromCRL is not valid in a complete CRL (RFC 5280, 5.3.1).
    case("crls/removed-from-the-CRL".into(), &|_, crl| {
        crl.revoke(&[1, 2, 3], &[reason(8)]);
    });
    for critical in [false, true] {
        let title = if critical { "critical" } else { "optional" };
        case(
            format!("crls/entry-unknown-extension-{title}"),
            &|_, crl| {
                crl.revoke(&[1, 2], &[extensions::unknown(critical)]);
            },
        );
        case(format!("crls/entry-invalidity-date-{title}"), &|_, crl| {
            let date = extension("2.5.29.24", critical, tlv(0x18, b"20260101000000Z"));
            crl.revoke(&[1, 2], &[date]);
        });
    }
    case("crls/entry-of-another-issuer".into(), &|_, crl| {
        let name = extensions::directory(&crate::certificates::common_name("x"));
        crl.revoke(
            &[1, 2, 3],
            &[extension("2.5.29.29", true, sequence(&[name]))],
        );
    });
    // Malformed content of an extension that is not evaluated.
    case("crls/entry-garbage".into(), &|_, crl| {
        crl.revoke(
            &[1, 2],
            &[extension("1.3.6.1.4.1.32473.3", false, octets(&oid("1.2")))],
        );
    });
}

/// Writes all certificates and CRLs to the directory `cases` in `certs`, and returns the scripts
/// that use them.
pub fn scripts(certs: &Path) -> Vec<NamedScript> {
    let keys = certs.join("keys");
    fs::create_dir_all(&keys).expect("the directory is writable");
    let mut scripts = Vec::new();
    for (number, CrlCase { name, pki }) in all().into_iter().enumerate() {
        pki.write(&certs.join("cases").join(&name), &keys);
        let (_, policy) = POLICIES[number % POLICIES.len()];
        let mut script = vec![
            "config cc".into(),
            "config sc".into(),
            format!("policy cc {policy}"),
            format!("policy sc {policy}"),
            "wall_clock cc".into(),
            "wall_clock sc".into(),
            format!("time {NOW}"),
            format!("add_chain sc cases/{name}/chain.pem cases/{name}/chain.key"),
            format!("trust cc cases/{name}/trust.pem"),
            format!("crl middle cases/{name}/middle.crl"),
            format!("crl root cases/{name}/root.crl"),
            "crl_cb cc now middle root".into(),
            "connections".into(),
            "server_name c leaf.test".into(),
            "outcome c".into(),
        ];
        script.extend(again("leaf.test", "c"));
        scripts.push((name, script));
    }
    scripts
}
