//! OCSP responses of OpenSSL, unmodified and corrupted.

mod node;

use std::path::PathBuf;
use std::process::{self, Command, Output};
use std::sync::OnceLock;
use std::{env, fs};

use rustls::pki_types::CertificateDer;

use self::node::Node;
use super::super::chain_cache::ChainCache;
use super::super::trust_store::{Roots, TrustStore};
use super::super::{Moment, Presented, Rules, Verifier};
use super::*;
use crate::base::Mode;
use crate::base::clock::WallClock;
use crate::error::Code;
use crate::policy::Policy;
use crate::testing::pki;
use crate::x509::ocsp::OcspResponse;
use crate::x509::pem;

/// Creates the files of `responder.sh`, once, and returns their directory.
fn folder() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let exe = env::current_exe().expect("a test has a path");
        let build = exe.ancestors().nth(2).expect("a folder of the build");
        let folder = build.join(format!("tests-scratch/ocsp-{}", process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/verify/ocsp/tests/responder.sh"
        );
        run(Command::new("sh").arg(script).arg(&folder));
        folder
    })
}

fn run(command: &mut Command) -> Output {
    let output = command.output().expect("apt-get install openssl");
    assert!(output.status.success(), "{command:?}: {output:?}");
    output
}

fn file(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn response(name: &str) -> Vec<u8> {
    file(&format!("{name}.der"))
}

/// A client that trusts the CA, and the leaf that a server has presented to it.
struct Client {
    rules: Rules,
    trust: TrustStore,
    chains: ChainCache,
    presented: Presented,
}

impl Client {
    fn new() -> Self {
        let mut trust = TrustStore::default();
        let roots = Roots::from_pem(&file("ca.pem")).expect("a root");
        trust.add(roots).expect("room");
        let leaf = pem::certificates(&file("leaf.pem")).expect("a certificate");
        Self {
            rules: Rules::default(),
            trust,
            chains: ChainCache::new(true),
            presented: Presented::new(vec![CertificateDer::from(leaf[0].clone())]),
        }
    }

    fn verifier(&self) -> Verifier<'_> {
        Verifier {
            clock: &WallClock,
            policy: Policy::default_policy(),
            verify_host: None,
            rules: &self.rules,
            trust: &self.trust,
            chains: &self.chains,
            mode: Mode::Client,
            rejection: std::cell::RefCell::default(),
        }
    }

    /// Calls `with` with a function that checks a response about the leaf.
    fn check<T>(&self, with: impl FnOnce(&dyn Fn(&[u8]) -> Result<(), Code>) -> T) -> T {
        let verifier = self.verifier();
        let path = verifier
            .find_path(&self.presented, None, &Moment::any())
            .expect("a path");
        with(&|response| {
            let outcome = verifier.check_ocsp(&path, response);
            outcome.map_err(|error| error.code())
        })
    }
}

#[test]
fn responses_of_openssl_are_parsed() {
    Client::new().check(|check| {
        for (name, expected) in [
            ("by_name", Ok(())),
            ("by_key", Ok(())),
            ("with_certificate", Ok(())),
            ("by_delegate_name", Ok(())),
            ("by_delegate_key", Ok(())),
            ("without_delegate", Err(Code::CertUntrusted)),
            ("by_wrong_delegate", Err(Code::CertUntrusted)),
            ("without_next_update", Ok(())),
            ("several", Ok(())),
            ("with_nonce", Ok(())),
            ("of_other", Err(Code::CertUntrusted)),
            ("revoked", Err(Code::CertRevoked)),
            ("revoked_with_reason", Err(Code::CertRevoked)),
            ("unknown", Err(Code::CertUntrusted)),
            ("malformed_request", Err(Code::CertUntrusted)),
        ] {
            assert_eq!(check(&response(name)), expected, "{name}");
        }
    });
}

/// The fields of a response are those that OpenSSL prints.
#[test]
fn several_statuses_and_absent_fields_are_parsed() {
    let basic = |der: &[u8]| match OcspResponse::parse(der).expect("a response") {
        OcspResponse::Basic(basic) => {
            let times = basic.responses.iter().map(|one| one.next_update.is_some());
            (times.collect::<Vec<_>>(), basic.certificates.len())
        }
        OcspResponse::Failed => panic!("no basic response"),
    };
    assert_eq!(basic(&response("by_key")), (vec![true], 0));
    assert_eq!(basic(&response("by_delegate_key")), (vec![true], 1));
    assert_eq!(basic(&response("without_next_update")), (vec![false], 1));
    assert_eq!(basic(&response("several")), (vec![true, true], 1));
}

#[test]
fn truncated_and_extended_responses_are_rejected() {
    Client::new().check(|check| {
        for name in [
            "by_name",
            "by_delegate_key",
            "revoked_with_reason",
            "with_nonce",
            "malformed_request",
        ] {
            let whole = response(name);
            for len in 0..whole.len() {
                assert_eq!(
                    check(&whole[..len]),
                    Err(Code::InvalidOcspResponse),
                    "{name}: {len}"
                );
            }
            let longer = [&whole[..], &[0]].concat();
            assert_eq!(check(&longer), Err(Code::InvalidOcspResponse), "{name}");
        }
    });
}

/// Every bit is verified: it is signed, or part of the signature or of a signed certificate.
#[test]
fn a_response_with_a_flipped_bit_is_rejected() {
    Client::new().check(|check| {
        for name in ["by_name", "by_key", "by_delegate_name", "with_nonce"] {
            let mut damaged = response(name);
            for place in 0..damaged.len() * 8 {
                damaged[place / 8] ^= 1 << (place % 8);
                assert!(check(&damaged).is_err(), "{name}: bit {place}");
                damaged[place / 8] ^= 1 << (place % 8);
            }
            assert_eq!(check(&damaged), Ok(()), "{name}");
        }
    });
}

/// X.690, 10.1. asn1-rs accepts such lengths; those within the name of the responder and within
/// certificates are detected by a comparison or a signature.
#[test]
fn lengths_that_are_not_minimal_are_rejected() {
    Client::new().check(|check| {
        for name in ["by_name", "by_key", "by_delegate_name", "with_nonce"] {
            let der = response(name);
            let tree = Node::parse(&der);
            assert_eq!(tree.encode(), der, "{name}");
            let (_, count) = tree.encode_padded(usize::MAX);
            assert!(count > 20, "{name}: {count}");
            for place in 0..count {
                let (padded, _) = tree.encode_padded(place);
                assert!(padded.len() > der.len());
                assert!(check(&padded).is_err(), "{name}: node {place}");
            }
        }
    });
}

/// The position of the BasicOCSPResponse in an OCSPResponse.
const BASIC: [usize; 4] = [1, 0, 1, 0];

/// Changes the ResponseData of a response, and signs it with the key of the CA.
fn changed(name: &str, change: impl FnOnce(&mut Node)) -> Vec<u8> {
    let mut tree = Node::parse(&response(name));
    let basic = tree.at(&BASIC);
    change(basic.at(&[0]));
    let data = folder().join(format!("{name}-{:?}.data", std::thread::current().id()));
    fs::write(&data, basic.at(&[0]).encode()).expect("a file");
    let mut sign = Command::new("openssl");
    sign.args(["dgst", "-sha256", "-sign"])
        .arg(folder().join("ca.key"));
    let signature = run(sign.arg(&data)).stdout;
    *basic.at(&[2]) = Node::primitive(3, &[&[0], &signature[..]].concat());
    tree.encode()
}

/// The position of a SingleResponse in ResponseData with a byKey responder and without a version.
const SINGLE: [usize; 2] = [2, 0];

fn extensions(tag: u8, critical: &[u8]) -> Node {
    let oid = Node::primitive(6, &[0x2a, 3, 4]);
    let critical = critical.iter().map(|&value| Node::primitive(1, &[value]));
    let fields: Vec<_> = [oid]
        .into_iter()
        .chain(critical)
        .chain([Node::primitive(4, b"value")])
        .collect();
    Node::new(tag, &[Node::new(0x30, &[Node::new(0x30, &fields)])])
}

/// The signature is verified over the received bytes: DER without default values (X.690, 11.5)
/// would differ.
#[test]
fn explicit_defaults_are_verified_as_received() {
    Client::new().check(|check| {
        let with_version = |number| {
            changed("by_key", |data| {
                let version = Node::new(0xa0, &[Node::primitive(2, &[number])]);
                data.children().insert(0, version);
            })
        };
        assert_eq!(check(&changed("by_key", |_| {})), Ok(()));
        assert_eq!(check(&with_version(0)), Ok(()));
        assert_eq!(check(&with_version(1)), Err(Code::InvalidOcspResponse));
        let not_critical = |data: &mut Node| data.children().push(extensions(0xa1, &[0]));
        assert_eq!(check(&changed("by_key", not_critical)), Ok(()));
    });
}

/// RFC 6960, 4.4: no extension is evaluated, so none may be critical.
#[test]
fn critical_extensions_are_rejected() {
    Client::new().check(|check| {
        for (critical, expected) in [
            (&[][..], Ok(())),
            (&[0xff], Err(Code::CertUntrusted)),
            (&[1], Err(Code::InvalidOcspResponse)),
            (&[0xff, 0xff], Err(Code::InvalidOcspResponse)),
        ] {
            let of_response = changed("by_key", |data| {
                data.children().push(extensions(0xa1, critical));
            });
            assert_eq!(check(&of_response), expected, "{critical:02x?}");
            let of_single = changed("by_key", |data| {
                data.at(&SINGLE).children().push(extensions(0xa1, critical));
            });
            assert_eq!(check(&of_single), expected, "{critical:02x?}");
        }
    });
}

/// The order of two statuses of the leaf does not imply which one is newer.
#[test]
fn all_statuses_of_the_leaf_must_be_good() {
    Client::new().check(|check| {
        let twice = |is_revoked: bool| {
            changed("by_key", |data| {
                let mut second = data.at(&SINGLE).clone();
                if is_revoked {
                    let time = Node::primitive(0x18, b"20260101000000Z");
                    *second.at(&[1]) = Node::new(0xa1, &[time]);
                }
                data.at(&[2]).children().push(second);
            })
        };
        assert_eq!(check(&twice(false)), Ok(()));
        assert_eq!(check(&twice(true)), Err(Code::CertRevoked));
    });
}

#[test]
fn fields_have_the_types_of_the_standard() {
    Client::new().check(|check| {
        let time = |text: &[u8]| Node::primitive(0x18, text);
        let reason = |number| {
            let reason = Node::new(0xa0, &[Node::primitive(10, &[number])]);
            Node::new(0xa1, &[time(b"20260101000000Z"), reason])
        };
        let invalid = Err(Code::InvalidOcspResponse);
        for (place, field, expected) in [
            // certStatus
            (1, Node::primitive(0x80, b""), Ok(())),
            (1, Node::primitive(0x80, b"\0"), invalid),
            (1, Node::new(0xa0, &[]), invalid),
            (1, Node::primitive(0x83, b""), invalid),
            (1, reason(1), Err(Code::CertRevoked)),
            (1, reason(10), Err(Code::CertRevoked)),
            (1, reason(7), invalid),
            (1, reason(11), invalid),
            (1, Node::new(0xa1, &[]), invalid),
            // thisUpdate
            (2, time(b"20260101000000Z"), Ok(())),
            (2, time(b"29990101000000Z"), Err(Code::CertInvalid)),
            (2, time(b"20261301000000Z"), invalid),
            (2, time(b"20260230000000Z"), invalid),
            (2, time(b"20260101240000Z"), invalid),
            (2, time(b"19691231235959Z"), invalid),
            (2, time(b"202601010000Z"), invalid),
            (2, time(b"20260101000000.5Z"), invalid),
            (2, time(b"20260101000000+0000"), invalid),
            (2, Node::primitive(0x17, b"260101000000Z"), invalid),
            // nextUpdate
            (
                3,
                Node::new(0xa0, &[time(b"20260101000001Z")]),
                Err(Code::CertExpired),
            ),
            (3, Node::new(0xa0, &[]), invalid),
            (3, Node::new(0xa2, &[time(b"29990101000000Z")]), invalid),
        ] {
            let shown = format!("{place}: {field:02x?}");
            let response = changed("by_key", |data| {
                *data.at(&SINGLE).at(&[place]) = field;
            });
            assert_eq!(check(&response), expected, "{shown}");
        }
    });
}

/// Returns the CA of the test connections, and a leaf that it has issued.
fn issuer_and_leaf() -> [Certificate<'static>; 2] {
    [&pki().ca, &pki().server.0].map(|text| {
        let certs = pem::certificates(text.as_bytes()).expect("certificates");
        let der = certs.into_iter().next().expect("a certificate");
        Certificate::parse(der).expect("a certificate")
    })
}

fn sha1(message: &[u8]) -> Vec<u8> {
    Algorithm::Sha1.digest(message).as_ref().to_vec()
}

#[test]
fn a_status_is_for_one_certificate_of_one_issuer() {
    let [issuer, leaf] = &issuer_and_leaf();
    let (name, key) = (sha1(issuer.subject()), sha1(issuer.key_info().key));
    let other = sha1(b"another one");
    for (is_sha1, name_hash, key_hash, serial, expected) in [
        (true, &name, &key, leaf.serial(), true),
        (false, &name, &key, leaf.serial(), false),
        (true, &other, &key, leaf.serial(), false),
        (true, &name, &other, leaf.serial(), false),
        (true, &name, &key, issuer.serial(), false),
    ] {
        let id = CertId {
            is_sha1,
            issuer_name_hash: name_hash,
            issuer_key_hash: key_hash,
            serial,
        };
        assert_eq!(matches(&id, leaf, issuer), expected);
    }
}

#[test]
fn a_responder_is_named_or_identified_by_its_key() {
    let [issuer, leaf] = &issuer_and_leaf();
    let key = sha1(issuer.key_info().key);
    assert!(is_responder(&ResponderId::Name(issuer.subject()), issuer));
    assert!(!is_responder(&ResponderId::Name(&[0x30, 0]), issuer));
    assert!(is_responder(&ResponderId::KeyHash(&key), issuer));
    assert!(!is_responder(&ResponderId::KeyHash(&key), leaf));
}

/// RFC 6960, 4.2.2.1: the time of the next update is the last one. Without it a status is valid for an hour,
/// as in s2n-tls.
#[test]
fn a_status_is_valid_from_its_update_to_the_next() {
    let outcome = |this_update, next_update, now| {
        let single = SingleResponse {
            id: CertId {
                is_sha1: true,
                issuer_name_hash: &[],
                issuer_key_hash: &[],
                serial: &[],
            },
            status: CertStatus::Good,
            this_update,
            next_update,
            has_critical_extension: false,
        };
        check_status(&single, now).map_err(|error| error.code())
    };
    for (next_update, now, expected) in [
        (Some(200), 99, Err(Code::CertInvalid)),
        (Some(200), 100, Ok(())),
        (Some(200), 200, Ok(())),
        (Some(200), 201, Err(Code::CertExpired)),
        (None, 99, Err(Code::CertInvalid)),
        (None, 100, Ok(())),
        (None, 3699, Ok(())),
        (None, 3700, Err(Code::CertExpired)),
    ] {
        assert_eq!(
            outcome(100, next_update, now),
            expected,
            "{next_update:?} {now}"
        );
    }
}
