use std::collections::BTreeSet;

use rustls::crypto::CipherSuite;
use rustls::crypto::kx::NamedGroup;
use rustls::pki_types::{ServerName, alg_id};
use rustls::{ClientConfig, RootCertStore};

use super::table::{Group, Scheme, Suite};
use super::*;
use crate::base::Version;

pub(super) fn policy(name: &str) -> &'static Policy {
    Policy::find(name.as_bytes()).unwrap()
}

/// Returns the error code of a policy name that is rejected.
fn find_error(name: &str) -> Code {
    Policy::find(name.as_bytes()).unwrap_err().code()
}

/// Returns every supported policy of the table, with its definition.
pub(super) fn usable() -> Vec<(&'static Definition, &'static Policy)> {
    let find = |d: &'static Definition| Some((d, Policy::find(d.label().as_bytes()).ok()?));
    POLICIES.iter().filter_map(find).collect()
}

pub(super) fn groups(policy: &Policy) -> Vec<NamedGroup> {
    policy
        .provider()
        .kx_groups
        .iter()
        .map(|g| g.name())
        .collect()
}

/// Formats a policy as in the list of the reference's.
fn row(definition: &Definition) -> String {
    fn joined<T: Copy>(items: &[T], text: impl Fn(T) -> String) -> String {
        let items: Vec<_> = items.iter().map(|item| text(*item)).collect();
        items.join(" ")
    }
    let wire = |number: u16| format!("{number:04x}");
    let scheme = |scheme: Scheme| wire(scheme.wire());
    let none = || "-".to_owned();
    [
        definition.names.join(" "),
        definition.min_version.number().to_string(),
        joined(definition.suites, |suite| wire(suite.wire())),
        joined(definition.groups, |group| wire(group.wire())),
        joined(definition.schemes, scheme),
        definition
            .certificate_schemes
            .map_or_else(none, |schemes| joined(schemes, scheme)),
        definition
            .certificate_keys
            .map_or_else(none, |keys| joined(keys, |key| key_name(key).to_owned())),
        u8::from(definition.checks_local_certificates).to_string(),
        u8::from(definition.boosts_chacha20).to_string(),
        definition
            .strongly_preferred
            .map_or_else(none, |group| wire(group.wire())),
    ]
    .join("\t")
}

fn key_name(key: CertificateKey) -> &'static str {
    match key {
        CertificateKey::EcdsaP384 => "ecdsa384",
        CertificateKey::Rsa3072 => "rsa3072",
        CertificateKey::Rsa4096 => "rsa4096",
        CertificateKey::RsaPss3072 => "rsa_pss3072",
        CertificateKey::RsaPss4096 => "rsa_pss4096",
        CertificateKey::MlDsa87 => "mldsa_87",
        _ => unreachable!("a key type of own policies only"),
    }
}

#[test]
fn the_table_is_that_of_s2n_tls() {
    let rows = POLICIES.iter().map(row);
    let deprecated = DEPRECATED.iter().map(|name| format!("{name}\tdeprecated"));
    let list = include_str!("../../../tests/abi/policies.tsv");
    let listed: Vec<_> = list.lines().skip(1).map(str::to_owned).collect();
    assert_eq!(rows.chain(deprecated).collect::<Vec<_>>(), listed);
}

#[test]
fn names_are_distinct_in_any_case() {
    let names = POLICIES.iter().flat_map(|policy| policy.names);
    let names: Vec<_> = names
        .chain(DEPRECATED)
        .map(|name| name.to_ascii_lowercase())
        .collect();
    let distinct: BTreeSet<_> = names.iter().collect();
    assert_eq!((names.len(), distinct.len()), (216 + 30, 216 + 30));
}

#[test]
fn names_are_found_in_any_case() {
    assert_eq!(policy("DEFAULT_tls13").label(), "default_tls13");
    assert_eq!(
        policy("cloudfront-tls-1-2-2021").label(),
        "CloudFront-TLS-1-2-2021"
    );
}

#[test]
fn all_names_of_a_policy_refer_to_the_same_policy() {
    assert!(std::ptr::eq(policy("default"), policy("20251014")));
    assert!(std::ptr::eq(policy("default"), Policy::default_policy()));
    assert_eq!(policy("rfc9151").label(), "20251013");
}

#[test]
fn unknown_names_are_rejected() {
    for name in ["", "defaul", "default ", "defaultx", "2025\u{fe}"] {
        assert_eq!(find_error(name), Code::InvalidSecurityPolicy, "{name:?}");
    }
}

#[test]
fn deprecated_names_are_rejected_in_any_case() {
    for name in DEPRECATED {
        assert_eq!(find_error(name), Code::DeprecatedSecurityPolicy, "{name}");
        let uppercase = name.to_ascii_uppercase();
        assert_eq!(
            find_error(&uppercase),
            Code::DeprecatedSecurityPolicy,
            "{uppercase}"
        );
    }
}

#[test]
fn a_policy_without_supported_parameters_is_rejected() {
    let mut rejected = Vec::new();
    for definition in POLICIES {
        match Policy::find(definition.label().as_bytes()) {
            Ok(policy) => assert!(policy.supports_tls12() || policy.supports_tls13()),
            Err(error) => {
                assert_eq!(error.code(), Code::CipherNotSupported);
                rejected.push(definition.label());
            }
        }
    }
    assert_eq!(
        rejected,
        [
            "20170816_healthcheck",
            "20140601",
            "20141001",
            "20150202",
            "20150214",
            "test_all_rsa_kex",
            "null"
        ]
    );
    assert_eq!(usable().len(), 193);
    let names = usable()
        .into_iter()
        .flat_map(|(definition, _)| definition.names);
    assert!(names.copied().eq(Policy::usable_names()));
}

#[test]
fn the_default_policy_preserves_its_order() {
    let policy = Policy::default_policy();
    assert_eq!(
        policy.suites(),
        [0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c, 0xc02f, 0xc030]
    );
    assert_eq!(
        groups(policy),
        [
            NamedGroup::X25519MLKEM768,
            NamedGroup::secp256r1MLKEM768,
            NamedGroup::secp384r1MLKEM1024,
            NamedGroup::secp256r1,
            NamedGroup::X25519,
            NamedGroup::secp384r1,
            NamedGroup::secp521r1,
        ]
    );
    let schemes: Vec<_> = policy.signature_schemes().iter().map(|s| s.0).collect();
    assert_eq!(
        schemes,
        [
            0x0403, 0x0503, 0x0603, 0x0809, 0x080a, 0x080b, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501,
            0x0601
        ]
    );
}

#[test]
fn parameters_of_the_provider_are_supported_in_the_order_of_the_policy() {
    for (definition, policy) in usable() {
        let of_version = |tls13: bool| {
            let mut supported: Vec<_> = definition.suites.iter().map(|s| s.wire()).collect();
            supported.retain(|wire| (wire >> 8 == 0x13) == tls13 && SUITES.contains(wire));
            supported
        };
        let mut expected = of_version(true);
        if policy.supports_tls12() {
            expected.extend(of_version(false));
        }
        assert_eq!(policy.suites(), expected, "{}", definition.label());

        let all: Vec<_> = definition.groups.iter().map(|g| g.wire()).collect();
        assert_eq!(policy.groups(), all, "{}", definition.label());

        let mut expected: Vec<_> = definition.schemes.iter().map(|s| s.wire()).collect();
        expected.retain(|wire| SCHEMES.contains(wire));
        let supported: Vec<_> = policy.signature_schemes().iter().map(|s| s.0).collect();
        assert_eq!(supported, expected, "{}", definition.label());
    }
}

const SUITES: [u16; 9] = [
    0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9,
];
const SCHEMES: [u16; 15] = [
    0x0401, 0x0403, 0x0501, 0x0503, 0x0601, 0x0603, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b,
    0x0904, 0x0905, 0x0906,
];

#[test]
fn all_modern_parameters_of_the_default_policies_are_supported() {
    for name in ["default", "default_fips", "default_tls13", "default_pq"] {
        let policy = policy(name);
        let definition = policy.definition;
        assert_eq!(policy.groups().len(), definition.groups.len(), "{name}");
        assert_eq!(
            policy.signature_schemes().len(),
            definition.schemes.len(),
            "{name}"
        );
        let is_modern = |name: &str| !name.contains("-SHA") || name.contains("-GCM-");
        let modern = definition.suites.iter();
        let modern = modern.filter(|suite| is_modern(&suite.name().to_string_lossy()));
        assert_eq!(policy.suites().len(), modern.count(), "{name}");
    }
}

#[test]
fn supported_versions_depend_on_the_policy() {
    let versions = |name| (policy(name).supports_tls12(), policy(name).supports_tls13());

    assert_eq!(versions("default"), (true, true));
    assert_eq!(versions("AWS-CRT-SDK-TLSv1.3"), (false, true));
    assert_eq!(versions("ELBSecurityPolicy-TLS-1-2-2017-01"), (true, false));
    // Its minimum version is TLS 1.0.
    assert_eq!(versions("KMS-TLS-1-0-2018-10"), (true, false));

    for (definition, policy) in usable() {
        if definition.min_version == Version::Tls13 {
            assert!(!policy.supports_tls12(), "{}", definition.label());
        }
    }
}

#[test]
fn a_version_requires_a_suite_a_group_and_a_scheme() {
    let versions = |groups: &'static [Group], scheme: Scheme| {
        let definition = Box::leak(Box::new(Definition {
            suites: &[Suite::Aes128Gcm, Suite::EeA128Gcm],
            groups,
            schemes: vec![scheme].leak(),
            ..Definition::DEFAULTS
        }));
        Supported::of(definition).map(|s| (!s.tls12.is_empty(), !s.tls13.is_empty()))
    };

    let (p256, x25519_kem) = (&[Group::P256][..], &[Group::X25519Kem][..]);
    for (groups, scheme, expected) in [
        (p256, Scheme::Ecdsa256, Some((true, true))),
        (p256, Scheme::Pkcs1S256, Some((true, false))),
        (p256, Scheme::MlDsa65, Some((false, true))),
        (x25519_kem, Scheme::Ecdsa256, Some((false, true))),
        (x25519_kem, Scheme::Pkcs1S256, None),
        (p256, Scheme::PssPss256, Some((false, true))),
        (&[], Scheme::Ecdsa256, None),
        (p256, Scheme::EcdsaSha1, None),
    ] {
        assert_eq!(versions(groups, scheme), expected, "{groups:?} {scheme:?}");
    }
}

#[test]
fn rustls_accepts_every_policy() {
    for (definition, policy) in usable() {
        assert!(!client_hello(policy).is_empty(), "{}", definition.label());
    }
}

/// Returns the record with the ClientHello of a client.
pub(super) fn client_hello(policy: &Policy) -> Vec<u8> {
    let config = ClientConfig::builder(policy.provider().clone())
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth()
        .unwrap();
    let mut record = Vec::new();
    let name = ServerName::try_from("localhost").unwrap();
    Arc::new(config)
        .connect(name)
        .start_handshake(&mut record)
        .unwrap();
    record
}

#[test]
fn handshake_signatures_are_those_of_the_policy() {
    for (definition, policy) in usable() {
        assert_eq!(
            policy.handshake_signatures().supported_schemes(),
            policy.signature_schemes(),
            "{}",
            definition.label()
        );
    }
}

#[test]
fn the_first_algorithm_of_an_ecdsa_scheme_has_the_curve_of_tls13() {
    let mapping = policy("default").handshake_signatures().mapping();
    let curves: Vec<_> = mapping[..3]
        .iter()
        .map(|(_, algorithms)| algorithms[0].public_key_alg_id())
        .collect();
    assert_eq!(
        curves,
        [alg_id::ECDSA_P256, alg_id::ECDSA_P384, alg_id::ECDSA_P521]
    );
    assert!(
        mapping[..3]
            .iter()
            .all(|(_, algorithms)| algorithms.len() == 3)
    );
}

#[test]
fn certificate_algorithms_are_those_of_the_policy_or_all() {
    let signatures = |name| -> BTreeSet<Vec<u8>> {
        let algorithms = policy(name).certificate_algorithms().iter();
        algorithms.map(|a| a.signature_alg_id().to_vec()).collect()
    };

    assert_eq!(
        signatures("rfc9151"),
        [alg_id::ECDSA_SHA384, alg_id::RSA_PKCS1_SHA384]
            .map(|id| id.to_vec())
            .into_iter()
            .chain([SHA384_WITH_RSA_WITHOUT_PARAMETERS.to_vec()])
            .collect()
    );
    assert!(signatures("default").contains(&*alg_id::ED25519));
}

#[test]
fn certificate_algorithms_include_rsa_pss_keys() {
    let keys = |name| {
        let algorithms = policy(name).certificate_algorithms().iter();
        let keys = algorithms.map(|algorithm| algorithm.public_key_alg_id().to_vec());
        keys.collect::<BTreeSet<_>>()
    };
    for id in [
        alg_id::RSA_PSS_SHA256,
        alg_id::RSA_PSS_SHA384,
        alg_id::RSA_PSS_SHA512,
    ] {
        assert!(keys("default").contains(&*id));
        assert!(keys("default_tls13").contains(&*id));
        assert!(!keys("rfc9151").contains(&*id));
    }
}

/// The object identifier 1.2.840.113549.1.1.12 without parameters.
const SHA384_WITH_RSA_WITHOUT_PARAMETERS: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c,
];

#[test]
fn few_policies_restrict_keys_in_certificates() {
    let keys = |name| policy(name).definition.certificate_keys;
    assert_eq!(keys("default"), None);
    assert!(!policy("default").definition.checks_local_certificates);
    assert_eq!(keys("cnsa_2"), Some(&[CertificateKey::MlDsa87][..]));
    assert!(policy("cnsa_2").definition.checks_local_certificates);
    assert_eq!(keys("cnsa_1").map(<[_]>::len), Some(5));
}

#[test]
fn a_policy_permits_its_unsupported_parameters() {
    let allows = |name: &str, version, suite| {
        Policy::allows(name.as_bytes(), version, suite).map_err(|e| e.code())
    };
    let (tls12, tls13) = (Version::Tls12, Version::Tls13);

    assert_eq!(allows("default", tls13, 0x1301), Ok(true));
    assert_eq!(allows("default", tls12, 0xc02b), Ok(true));
    assert_eq!(allows("default", tls12, 0xcca9), Ok(false));
    assert_eq!(allows("AWS-CRT-SDK-TLSv1.3", tls12, 0x1301), Ok(false));
    // A policy without supported parameters.
    assert_eq!(allows("20140601", tls12, 0xc02b), Ok(false));
    assert_eq!(allows("20140601", Version::Ssl3, 0x0067), Ok(true));
    assert_eq!(
        allows("unknown", tls12, 0xc02b),
        Err(Code::InvalidSecurityPolicy)
    );
}

#[test]
fn post_quantum_groups_are_first_in_every_list() {
    for definition in POLICIES {
        assert!(definition.groups.is_sorted_by_key(|g| !g.is_post_quantum()));
    }
}

#[test]
fn names_equal_those_of_s2n_tls() {
    assert_eq!(
        names::cipher(CipherSuite(0xc02b)),
        c"ECDHE-ECDSA-AES128-GCM-SHA256"
    );
    assert_eq!(
        names::cipher(CipherSuite(0xcca8)),
        c"ECDHE-RSA-CHACHA20-POLY1305"
    );
    assert_eq!(
        names::cipher(CipherSuite(0x1302)),
        c"TLS_AES_256_GCM_SHA384"
    );
    assert_eq!(
        names::cipher(CipherSuite(0xfafa)),
        c"TLS_NULL_WITH_NULL_NULL"
    );

    let curve = names::group(NamedGroup::X25519);
    assert_eq!(
        (curve.curve, curve.kem_group, curve.group),
        (c"x25519", c"NONE", c"x25519")
    );
    let hybrid = names::group(NamedGroup::secp256r1MLKEM768);
    assert_eq!(
        (hybrid.curve, hybrid.kem_group, hybrid.group),
        (c"NONE", c"SecP256r1MLKEM768", c"SecP256r1MLKEM768")
    );
    assert_eq!(names::group(NamedGroup::X448), names::GroupNames::NONE);

    let scheme = names::signature_scheme;
    assert_eq!(scheme(0x0403, false), Some(c"legacy_ecdsa_sha256"));
    assert_eq!(scheme(0x0403, true), Some(c"ecdsa_secp256r1_sha256"));
    assert_eq!(scheme(0x0804, true), Some(c"rsa_pss_rsae_sha256"));
    assert_eq!(scheme(0x0807, true), None);

    use names::{HashAlgorithm as Hash, SignatureAlgorithm as Signature};
    let signature = names::signature;
    let anonymous = (Signature::Anonymous, Hash::None);
    assert_eq!(signature(None), anonymous);
    assert_eq!(signature(Some(0x0807)), anonymous);
    assert_eq!(signature(Some(0x0503)), (Signature::Ecdsa, Hash::Sha384));
    assert_eq!(
        signature(Some(0x0806)),
        (Signature::RsaPssRsae, Hash::Sha512)
    );
}

#[test]
fn code_points_are_converted_back() {
    for definition in POLICIES {
        for suite in definition.suites {
            assert_eq!(Suite::from_wire(suite.wire()), Some(*suite));
        }
        for group in definition.groups {
            assert_eq!(Group::from_wire(group.wire()), Some(*group));
        }
        for scheme in definition.schemes {
            assert_eq!(Scheme::from_wire(scheme.wire()), Some(*scheme));
        }
    }
}
