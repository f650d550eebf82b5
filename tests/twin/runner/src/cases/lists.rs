//! Lists of revoked certificates: one of the leaf's issuer that is changed in one way, and a good one of the
//! root.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{Named, POLICIES, Pki};
use crate::certificates::der::{bits, explicit, integer, octets, oid, pem, sequence, time, tlv};
use crate::certificates::extensions::{
    self, CERT_SIGN, CRL_SIGN, Extension, KEY_USAGE, authority_key_id, extension, key_usage,
    subject_key_id, uri,
};
use crate::certificates::keys::{Key, Signing};
use crate::certificates::{Cert, DAY, NOW};

/// A list of an authority.
#[derive(Clone)]
pub struct List {
    issuer: &'static str,
    /// Whose key signs.
    signer: &'static str,
    /// 1 stands for version 2; `None` for version 1.
    version: Option<u8>,
    times: Vec<Vec<u8>>,
    entries: Vec<(Vec<u8>, Vec<Extension>)>,
    extensions: Vec<Extension>,
    damaged: bool,
    /// The signed part names ECDSA with SHA-512, which is not what signs.
    other_algorithm: bool,
}

impl List {
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

    /// The list as PEM.
    pub fn sign(
        &self,
        certs: &BTreeMap<&str, Cert>,
        keys: &BTreeMap<&str, Key>,
        folder: &Path,
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
                    entry.push(listed(extensions));
                }
                sequence(&entry)
            });
            parts.push(sequence(&entries.collect::<Vec<_>>()));
        }
        if !self.extensions.is_empty() {
            parts.push(explicit(0, &listed(&self.extensions)));
        }
        let signed = sequence(&parts);
        let mut signature = key.sign(Signing::Default, &signed, folder);
        if self.damaged {
            *signature.last_mut().expect("not empty") ^= 1;
        }
        pem(
            "X509 CRL",
            &sequence(&[signed, identifier, bits(&signature)]),
        )
    }
}

fn listed(extensions: &[Extension]) -> Vec<u8> {
    sequence(&extensions.iter().map(Extension::der).collect::<Vec<_>>())
}

const SCOPE: &str = "2.5.29.28";
const POINTS: &str = "2.5.29.31";

/// An issuing distribution point of some fields.
fn scope(fields: &[Vec<u8>]) -> Extension {
    extension(SCOPE, true, sequence(fields))
}

/// A DistributionPointName with one URI, in the field that has it.
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

/// The scopes of a list, by title.
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

/// The distribution points of the leaf, by title.
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

struct Lists {
    name: String,
    pki: Pki,
}

fn all() -> Vec<Lists> {
    let mut all = Vec::new();
    let mut case = |name: String, change: &dyn Fn(&mut Pki, &mut List)| {
        let mut pki = Pki::good();
        let mut list = List::of("middle");
        change(&mut pki, &mut list);
        pki.lists = vec![("middle.crl", list), ("root.crl", List::of("root"))];
        all.push(Lists { name, pki });
    };
    for (scope_title, scope) in scopes() {
        for (points_title, points) in leaf_points() {
            for revoked in [false, true] {
                let status = if revoked { "revoked" } else { "good" };
                case(
                    format!("lists/{scope_title}/{points_title}/{status}"),
                    &|pki, list| {
                        list.extensions.extend(scope.clone());
                        pki.leaf().extensions.extend(points.clone());
                        if revoked {
                            list.revoke(&[1, 2, 3], &[]);
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

type Adder<'a> = dyn FnMut(String, &dyn Fn(&mut Pki, &mut List)) + 'a;

fn forms(case: &mut Adder<'_>) {
    case("lists/version-1".into(), &|_, list| list.version = None);
    case("lists/without-an-end".into(), &|_, list| {
        list.times.truncate(1)
    });
    case("lists/of-the-future".into(), &|_, list| {
        list.times = vec![time(NOW + DAY), time(NOW + 2 * DAY)];
    });
    case("lists/of-the-past".into(), &|_, list| {
        list.times = vec![time(NOW - 2 * DAY), time(NOW - DAY)];
    });
    case("lists/damaged".into(), &|_, list| list.damaged = true);
    case("lists/of-two-algorithms".into(), &|_, list| {
        list.other_algorithm = true
    });
    case("lists/of-two-scopes".into(), &|_, list| {
        list.extensions
            .extend([scope(&[tlv(0x81, &[0xff])]), scope(&[])]);
    });
    case("lists/signed-by-another".into(), &|_, list| {
        list.signer = "root"
    });
    for critical in [false, true] {
        let title = if critical { "critical" } else { "optional" };
        case(format!("lists/unknown-extension-{title}"), &|_, list| {
            list.extensions.push(extensions::unknown(critical));
        });
        case(format!("lists/number-{title}"), &|_, list| {
            list.extensions
                .push(extension("2.5.29.20", critical, integer(&[7])));
        });
    }
    case("lists/delta".into(), &|_, list| {
        list.extensions
            .push(extension("2.5.29.27", true, integer(&[7])));
    });
    for (title, id) in [("fits", b"middle"), ("does-not-fit", b"others")] {
        case(format!("lists/key-id-{title}"), &|pki, list| {
            pki.middle().extensions.push(subject_key_id(b"middle"));
            list.extensions.push(authority_key_id(id));
        });
    }
}

fn authorities(case: &mut Adder<'_>) {
    for who in ["middle", "root"] {
        case(format!("lists/{who}-may-not-sign-lists"), &|pki, _| {
            pki.cert(who).with(key_usage(&[CERT_SIGN]));
        });
        case(format!("lists/{who}-may-sign-lists"), &|pki, _| {
            pki.cert(who).with(key_usage(&[CERT_SIGN, CRL_SIGN]));
        });
        case(format!("lists/{who}-without-usages"), &|pki, _| {
            pki.cert(who).without(KEY_USAGE);
        });
    }
}

fn entries(case: &mut Adder<'_>) {
    let reason = |reason| extension("2.5.29.21", false, tlv(0x0a, &[reason]));
    case("lists/another-serial".into(), &|_, list| {
        list.revoke(&[1, 2], &[])
    });
    case("lists/many-serials".into(), &|_, list| {
        for serial in [&[9][..], &[1, 2, 3], &[1, 2, 3, 4], &[0x7f]] {
            list.revoke(serial, &[]);
        }
    });
    for number in [0, 1, 6, 10] {
        case(format!("lists/reason-{number}"), &|_, list| {
            list.revoke(&[1, 2, 3], &[reason(number)]);
        });
    }
    // Not in a full list (RFC 5280, 5.3.1).
    case("lists/removed-from-the-list".into(), &|_, list| {
        list.revoke(&[1, 2, 3], &[reason(8)]);
    });
    for critical in [false, true] {
        let title = if critical { "critical" } else { "optional" };
        case(
            format!("lists/entry-unknown-extension-{title}"),
            &|_, list| {
                list.revoke(&[1, 2], &[extensions::unknown(critical)]);
            },
        );
        case(
            format!("lists/entry-invalidity-date-{title}"),
            &|_, list| {
                let date = extension("2.5.29.24", critical, tlv(0x18, b"20260101000000Z"));
                list.revoke(&[1, 2], &[date]);
            },
        );
    }
    case("lists/entry-of-another-issuer".into(), &|_, list| {
        let name = extensions::directory(&crate::certificates::common_name("x"));
        list.revoke(
            &[1, 2, 3],
            &[extension("2.5.29.29", true, sequence(&[name]))],
        );
    });
    // The content of an extension that is not evaluated.
    case("lists/entry-garbage".into(), &|_, list| {
        list.revoke(
            &[1, 2],
            &[extension("1.3.6.1.4.1.32473.3", false, octets(&oid("1.2")))],
        );
    });
}

/// Writes all certificates and lists to the folder `cases` of `certs`, and says what to do with them.
pub fn scripts(certs: &Path) -> Vec<Named> {
    let keys = certs.join("keys");
    fs::create_dir_all(&keys).expect("the folder can be made");
    let mut scripts = Vec::new();
    for (number, Lists { name, pki }) in all().into_iter().enumerate() {
        pki.write(&certs.join("cases").join(&name), &keys);
        let (_, policy) = POLICIES[number % POLICIES.len()];
        let script = [
            "config cc".into(),
            "config sc".into(),
            format!("policy cc {policy}"),
            format!("policy sc {policy}"),
            "wall_clock cc".into(),
            "wall_clock sc".into(),
            format!("time {NOW}"),
            format!("shows sc cases/{name}/chain.pem cases/{name}/chain.key"),
            format!("trust cc cases/{name}/trust.pem"),
            format!("crl middle cases/{name}/middle.crl"),
            format!("crl root cases/{name}/root.crl"),
            "crl_cb cc now middle root".into(),
            "connections".into(),
            "server_name c leaf.test".into(),
            "verdict c".into(),
        ];
        scripts.push((name, script.to_vec()));
    }
    scripts
}
