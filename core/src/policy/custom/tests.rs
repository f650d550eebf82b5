use super::super::tests::{client_hello, usable};
use super::super::{CertificateKey, POLICIES};
use super::draft::Draft;
use super::*;
use crate::base::Version;

mod registry;

/// Returns an empty registry.
fn registry() -> &'static Registry {
    Box::leak(Box::new(Registry::new()))
}

/// Returns the policy that a text defines, in a registry of its own.
fn defined(text: &str) -> &'static Policy {
    let registry = registry();
    registry.define(b"custom:one", text.as_bytes()).unwrap();
    registry.find(b"CUSTOM:ONE").unwrap()
}

fn policy(name: &str) -> &'static Policy {
    Policy::find(name.as_bytes()).unwrap()
}

/// Returns the error of a definition that is rejected.
fn error(text: &str) -> String {
    let rejected = registry().define(b"custom:one", text.as_bytes());
    rejected.unwrap_err().to_string()
}

/// Everything that a policy offers or accepts.
fn offer(policy: &Policy) -> impl PartialEq + std::fmt::Debug {
    let algorithms = policy.certificate_algorithms().iter();
    let algorithms = algorithms.map(|algorithm| {
        let ids = (algorithm.public_key_alg_id(), algorithm.signature_alg_id());
        (ids.0.to_vec(), ids.1.to_vec())
    });
    let definition = policy.definition;
    (
        (policy.supports_tls12(), policy.supports_tls13()),
        policy.suites(),
        policy.groups(),
        policy.signature_schemes().to_vec(),
        algorithms.collect::<Vec<_>>(),
        definition.certificate_keys,
        definition.checks_local_certificates,
        definition.boosts_chacha20,
        format!("{:?}", policy.kx_selector()),
    )
}

/// Returns a ClientHello without its random bytes, session ID and public keys, and with its
/// extensions sorted, whose order is random.
fn without_random_values(record: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let u16_at =
        |bytes: &[u8], at: usize| usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
    let mut at = 5 + 4 + 2 + 32;
    let mut fixed = record[..5 + 4 + 2].to_vec();
    at += 1 + usize::from(record[at]);
    let end = at + 2 + u16_at(record, at) + 2;
    fixed.extend_from_slice(&record[at..end]);
    let mut rest = &record[end + 2..];
    let mut extensions = Vec::new();
    while !rest.is_empty() {
        let (extension, after) = rest.split_at(4 + u16_at(rest, 2));
        let mut extension = extension.to_vec();
        if u16_at(&extension, 0) == 51 {
            let mut at = 6;
            while at < extension.len() {
                let len = u16_at(&extension, at + 2);
                extension[at + 4..at + 4 + len].fill(0);
                at += 4 + len;
            }
        }
        extensions.push(extension);
        rest = after;
    }
    extensions.sort();
    (fixed, extensions)
}

#[test]
fn each_policy_of_the_table_written_as_text_has_the_same_offer() {
    let mut names = 0;
    for (definition, policy) in usable() {
        let text = policy.definition().to_string();
        let own = defined(&text);
        assert_eq!(offer(own), offer(policy), "{}: {text}", definition.label());
        let hellos = [own, policy].map(|policy| without_random_values(&client_hello(policy)));
        assert_eq!(hellos[0], hellos[1], "{}: {text}", definition.label());
        assert_eq!(own.definition().to_string(), text);
        for name in definition.names {
            let same = defined(&format!("base {name}"));
            assert_eq!(Draft::of(same.definition), Draft::of(definition), "{name}");
            names += 1;
        }
    }
    let rejected = POLICIES
        .iter()
        .filter(|d| !usable().iter().any(|(other, _)| other.label() == d.label()));
    for definition in rejected {
        let problem = error(&format!("base {}", definition.label()));
        assert!(problem.contains("remains"), "{problem}");
        names += definition.names.len();
    }
    assert_eq!(names, 216);
}

#[test]
fn statements_change_the_base() {
    let default = policy("default");
    let strict = defined(
        "base default # of the library
         min TLS1.3; groups -secp256r1, -secp521r1
         signatures -rsa_pkcs1_sha256 -rsa_pkcs1_sha384 -rsa_pkcs1_sha512;;
         SUITES -tls_aes_128_gcm_sha256\r",
    );
    assert_eq!(strict.suites(), [0x1302, 0x1303]);
    assert_eq!(strict.groups(), [0x11ec, 0x11eb, 0x11ed, 0x001d, 0x0018]);
    assert_eq!(
        strict.signature_schemes(),
        &default.signature_schemes()[..9]
    );
    assert!(!strict.supports_tls12());
    assert!(!strict.restricts_certificates());
    assert_eq!(strict.label(), "custom:one");

    let listed = defined(
        "base default
         suites ECDHE-ECDSA-CHACHA20-POLY1305 TLS_AES_256_GCM_SHA384
         groups x25519
         signatures ecdsa_secp384r1_sha384 legacy_ecdsa_sha256 rsa_pss_rsae_sha256
         certificate-signatures ecdsa_sha384
         certificate-keys ecdsa_secp384r1 rsa2048 ed25519
         local-certificates checked
         chacha20-boosting yes
         retry-for secp384r1",
    );
    assert_eq!(listed.suites(), [0x1302, 0xcca9]);
    assert_eq!(listed.groups(), [0x001d]);
    let schemes: Vec<_> = listed
        .signature_schemes()
        .iter()
        .map(|scheme| scheme.0)
        .collect();
    assert_eq!(schemes, [0x0503, 0x0403, 0x0804]);
    assert_eq!(listed.certificate_algorithms().len(), 3);
    use CertificateKey::*;
    assert_eq!(
        listed.definition.certificate_keys,
        Some(&[EcdsaP384, Rsa2048, Ed25519][..])
    );
    assert!(listed.definition.checks_local_certificates && listed.definition.boosts_chacha20);
    assert!(listed.definition.strongly_preferred.is_some());
}

#[test]
fn edits_keep_the_order_and_may_be_repeated() {
    let edited = defined(
        "base default_tls13
         groups +X25519MLKEM768 -x25519 +SecP256r1MLKEM768
         groups +x25519",
    );
    assert_eq!(
        edited.groups(),
        [0x11ec, 0x11eb, 0x0017, 0x0018, 0x0019, 0x001d]
    );
    // What the base has, or lacks, already.
    let same = defined("base default; suites +TLS_AES_128_GCM_SHA256 -RC4-SHA");
    assert_eq!(offer(same), offer(policy("default")));
    // Restrictions of the base are edited, or lifted.
    let keys = |text| defined(text).definition.certificate_keys.map(<[_]>::len);
    assert_eq!(keys("base rfc9151"), Some(5));
    assert_eq!(keys("base rfc9151; certificate-keys +rsa2048"), Some(6));
    assert_eq!(keys("base rfc9151; certificate-keys any"), None);
}

#[test]
fn errors_name_the_line_and_the_word() {
    for (text, expected) in [
        ("", "the definition has no statement"),
        ("# base default\n ; ;\n", "the definition has no statement"),
        ("base", "line 1, \"base\": a word is missing behind it"),
        (
            "base default 20240503",
            "line 1, \"20240503\": it is one word too many",
        ),
        (
            "base defualt",
            "line 1, \"defualt\": no policy has this name",
        ),
        (
            "base PQ-TLS-1-0-2020-12",
            "line 1, \"PQ-TLS-1-0-2020-12\": no policy has this name",
        ),
        (
            "min TLS1.3; base default",
            "line 1, \"base\": it is allowed as the first statement only",
        ),
        (
            "base default\nbase default",
            "line 2, \"base\": it is allowed as the first statement only",
        ),
        (
            "base default\n\nciphers x",
            "line 3, \"ciphers\": it is not a statement: base, min, ",
        ),
        (
            "base default; min",
            "line 1, \"min\": a word is missing behind it",
        ),
        (
            "base default; min TLS1.1",
            "line 1, \"TLS1.1\": it is not a version that the library",
        ),
        (
            "base default; min TLS1.2; min TLS1.3",
            "line 1, \"min\": it is allowed once",
        ),
        (
            "base default; groups x25591",
            "line 1, \"x25591\": it is not the name of a group: ",
        ),
        (
            "base default; groups -x25591",
            "line 1, \"x25591\": it is not the name of a group: ",
        ),
        (
            "base default\nsuites AES128-SHA",
            "line 2, \"AES128-SHA\": the library does not support it as a cipher suite",
        ),
        (
            "base default\nsuites +AES128-SHA",
            "line 2, \"AES128-SHA\": the library does not support",
        ),
        (
            "base test_all; suites AES128-SHA",
            "line 1, \"AES128-SHA\": the library does not support",
        ),
        (
            "base default; signatures +ecdsa_sha1",
            "line 1, \"ecdsa_sha1\": the library does not support",
        ),
        (
            "base default; groups x25519 X25519",
            "line 1, \"X25519\": it is in the list twice",
        ),
        (
            "base default; groups x25519 -secp256r1",
            "line 1, \"-secp256r1\": either each word",
        ),
        (
            "base default; groups -x25519 secp256r1",
            "line 1, \"secp256r1\": either each word",
        ),
        (
            "base default; groups x25519; groups +secp256r1",
            "line 1, \"groups\": an earlier statement",
        ),
        (
            "base default; groups -x25519; groups secp256r1",
            "line 1, \"groups\": an earlier statement",
        ),
        (
            "base default; groups",
            "line 1, \"groups\": a word is missing behind it",
        ),
        (
            "base default; groups + x25519",
            "line 1, \"x25519\": either each word",
        ),
        (
            "base default; groups +",
            "line 1, \"\": it is not the name of a group",
        ),
        (
            "base default; groups any",
            "line 1, \"any\": it is not the name of a group",
        ),
        (
            "base default; groups x25519 X25519MLKEM768",
            "line 1, \"X25519MLKEM768\": post-quantum groups must",
        ),
        (
            "base 20210816; groups -secp384r1",
            "line 1, \"groups\": nothing remains in the list",
        ),
        (
            "base 20200207; suites -TLS_AES_128_GCM_SHA256 -TLS_AES_256_GCM_SHA384 -TLS_CHACHA20_POLY1305_SHA256",
            "line 1, \"suites\": nothing remains in the list",
        ),
        (
            "base default; certificate-keys -rsa2048",
            "line 1, \"-rsa2048\": there is no list that it could change",
        ),
        (
            "base default; certificate-signatures -rsa_pkcs1_sha256",
            "line 1, \"-rsa_pkcs1_sha256\": there is no list",
        ),
        (
            "base default; certificate-keys rsa1024",
            "line 1, \"rsa1024\": it is not the name of a type of key",
        ),
        (
            "base default; certificate-keys any; certificate-keys rsa2048",
            "line 1, \"certificate-keys\": an earlier",
        ),
        (
            "base default; certificate-signatures ecdsa_secp256r1_sha256",
            "line 1, \"ecdsa_secp256r1_sha256\": signature schemes of certificates have no curve",
        ),
        (
            "base default; local-certificates yes",
            "line 1, \"yes\": it must be checked or unchecked",
        ),
        (
            "base default; chacha20-boosting 1",
            "line 1, \"1\": it must be yes or no",
        ),
        (
            "base default; retry-for x25519",
            "line 1, \"x25519\": it must be secp384r1 or none",
        ),
        (
            "base ELBSecurityPolicy-TLS-1-2-2017-01\nmin TLS1.3",
            "line 2, \"min\": no protocol version remains",
        ),
        (
            "base default\nmin TLS1.3\nsignatures rsa_pkcs1_sha256",
            "line 3, \"signatures\": no protocol version",
        ),
        (
            "base default\nmin TLS1.3\nsuites ECDHE-RSA-AES128-GCM-SHA256",
            "line 3, \"suites\": no protocol version",
        ),
        (
            "base 20150306\nsuites -ECDHE-RSA-AES128-GCM-SHA256 -ECDHE-RSA-AES256-GCM-SHA384",
            "line 2, \"suites\": no cipher suite remains that the library supports",
        ),
        (
            "min TLS1.3",
            "line 1, \"min\": without a base, suites are required",
        ),
        (
            "min TLS1.3; suites TLS_AES_128_GCM_SHA256; groups x25519",
            "line 1, \"groups\": without a base, signatures are required",
        ),
        (
            "suites TLS_AES_128_GCM_SHA256; groups x25519; signatures ecdsa_sha256",
            "line 1, \"signatures\": without a base, min is required",
        ),
        (
            "suites +TLS_AES_128_GCM_SHA256",
            "line 1, \"+TLS_AES_128_GCM_SHA256\": there is no list",
        ),
        (
            "base default\0; min \u{1b}[31m",
            "line 1, \"default\\x00\": no policy has this name",
        ),
    ] {
        let problem = error(text);
        assert!(problem.starts_with(expected), "{text:?}: {problem}");
        assert!(
            problem.bytes().all(|byte| matches!(byte, b' '..=b'~')),
            "{problem:?}"
        );
        assert!(problem.len() < 700, "{}: {problem}", problem.len());
    }
}

#[test]
fn no_definition_is_weaker_than_test_all() {
    let strongest_offer = defined(
        "base test_all
         suites +TLS_AES_128_GCM_SHA256 +ECDHE-RSA-CHACHA20-POLY1305; min TLS1.2",
    );
    let weakest = policy("test_all");
    assert_eq!(strongest_offer.suites(), weakest.suites());
    // Whatever is supported is in it.
    let mut suites: Vec<_> = items::Item::all()
        .iter()
        .copied()
        .filter(|suite: &super::super::Suite| items::Item::is_supported(*suite))
        .map(|suite| suite.wire())
        .collect();
    let mut offered = weakest.suites();
    suites.sort();
    offered.sort();
    assert_eq!(suites, offered);
    assert_eq!(
        weakest.groups().len(),
        super::super::table::Group::ALL.len()
    );
    let supported = super::super::table::Scheme::ALL
        .iter()
        .filter(|scheme| scheme.supported().is_some());
    assert_eq!(supported.count(), weakest.signature_schemes().len());
    assert!(!weakest.restricts_certificates());
    assert_eq!(weakest.definition.min_version, Version::Ssl3);
}
