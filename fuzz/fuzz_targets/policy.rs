//! Fuzzes the parser of own security policies, and of files of them.
//!
//! Invariants besides "no panic": an error is one printable sentence; a definition that is accepted,
//! written as a definition without a base, is accepted again and is the same; a file with it and
//! nothing else is accepted, too.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rs2n_core::policy::Policy;
use rs2n_core::policy::custom::{InvalidDefinition, check, check_file};
use rs2n_fuzz::seeds;

/// Texts with each statement, between those of the library's own policies.
const TEXTS: [&str; 6] = [
    "base default # comment\nmin TLS1.3; suites -TLS_AES_128_GCM_SHA256\r\n\tgroups +MLKEM1024, -x25519",
    "base rfc9151\ncertificate-keys +rsa2048 -rsa3072\ncertificate-signatures any\nlocal-certificates unchecked",
    "base 20240603; chacha20-boosting no; retry-for secp384r1; signatures ecdsa_secp256r1_sha256",
    "base test_all; suites -RC4-MD5 +ECDHE-RSA-CHACHA20-POLY1305; signatures -legacy_ecdsa_sha384",
    "policy custom:a\nbase default\npolicy custom:b\nbase custom:a; groups x25519\nreplace default custom:b",
    "replace PQ-TLS-1-0-2020-12 default; replace 20140601 default_tls13",
];

fuzz_target!(init: seeds::write("policy", texts()), |input: &[u8]| {
    match check(input) {
        Ok(text) => {
            assert_eq!(check(text.as_bytes()).as_ref(), Ok(&text));
            let file = format!("policy custom:a\n{text}replace default custom:a");
            assert_eq!(check_file(file.as_bytes()), Ok(()));
        }
        Err(error) => check_sentence(&error),
    }
    if let Err(error) = check_file(input) {
        check_sentence(&error);
    }
});

fn check_sentence(error: &InvalidDefinition) {
    let sentence = error.to_string();
    assert!(
        sentence.bytes().all(|byte| matches!(byte, b' '..=b'~')),
        "{sentence}"
    );
    assert!((10..512).contains(&sentence.len()), "{sentence}");
}

fn texts() -> Vec<(String, Vec<u8>)> {
    let policies = Policy::usable_names().map(|name| {
        let policy = Policy::find(name.as_bytes()).expect("a policy of the library");
        policy.definition().to_string()
    });
    let texts = TEXTS.iter().map(ToString::to_string).chain(policies);
    let numbered = texts.enumerate();
    numbered
        .map(|(number, text)| (number.to_string(), text.into_bytes()))
        .collect()
}
