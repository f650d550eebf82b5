//! Certificates, keys and trust stores from whoever.
//!
//! An input is a PEM file, or, if it begins as DER does, the inside of one. Besides "no panic":
//! the readers agree with each other, what is refused cannot be used, and what is accepted serves:
//! a client completes a handshake, or says what is wrong with the certificate.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use rs2n_fuzz::party::{self, shake_hands};
use rs2n_fuzz::{pem, seeds};
use s2n::tls::certs::CertChain;
use s2n::tls::config::Config;
use s2n::tls::connection::Mode;
use s2n::tls::error::{Code, ErrorType, Result};

/// DER of a SEQUENCE, which certificates and keys are.
const SEQUENCE: u8 = 0x30;

const OUR_KEYS: [&[u8]; 2] = [party::SERVER_KEY, party::RSA_KEY];
const OUR_CHAINS: [&[u8]; 2] = [party::SERVER_CHAIN, party::RSA_CHAIN];
const KEY_LABELS: [&str; 3] = ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"];

fuzz_target!(
    init: seeds::write("pem", pem::seeds()),
    |input: &[u8]| match input {
        [SEQUENCE, ..] => {
            check_certs(&pem::wrap("CERTIFICATE", input));
            for label in KEY_LABELS {
                check_key(&pem::wrap(label, input));
            }
        }
        _ => {
            check_certs(input);
            check_key(input);
            if let Some(chain) = load(input, input) {
                // A key of whatever kind: the policy has its say too.
                let _ = shake_hands(&chain, Config::new_minimal());
            }
        }
    }
);

fn check_certs(certs: &[u8]) {
    let public = code(CertChain::default().load_public(certs));
    let config = Config::new_minimal();
    let trusted = code(config.trust_pem(certs));
    match (public, trusted) {
        // s2n-tls tells a file without certificates from one that is no PEM file only here.
        (Err(Code::NoCertificateInPem), trusted) => assert_eq!(trusted, Err(Code::InvalidPem)),
        (Err(Code::InvalidPem), trusted) => assert_eq!(trusted, Err(Code::InvalidPem)),
        (_, Err(code)) => assert_eq!(code, Code::DecodeCertificate),
        (_, Ok(())) => {}
    }
    for key in OUR_KEYS {
        let Some(chain) = load(certs, key) else {
            continue;
        };
        assert_eq!(public, Ok(()), "loaded with a key, and not without");
        let careless = Config::new_minimal();
        careless.disable_verification();
        // What a certificate of one's own says is the peer's to judge, even if it cannot be read.
        check(shake_hands(&chain, careless));
        if trusted.is_ok() {
            check(shake_hands(&chain, config));
            return;
        }
    }
}

/// The connection is fine, or something is wrong with the certificate: a signature of an unknown algorithm is
/// none that a policy allows.
fn check(outcome: Result<(), Code>) {
    let is_due = |code: Code| {
        code.kind() == ErrorType::Proto || code == Code::SecurityPolicyIncompatibleCert
    };
    assert!(outcome.is_ok() || outcome.is_err_and(is_due), "{outcome:?}");
}

fn check_key(key: &[u8]) {
    for certs in OUR_CHAINS {
        if let Some(chain) = load(certs, key) {
            let config = Config::new_minimal();
            config.trust_pem(party::ROOT).expect("the root is one");
            assert_eq!(shake_hands(&chain, config), Ok(()));
        }
    }
}

/// A chain and its key, if they are ones.
fn load(certs: &[u8], key: &[u8]) -> Option<Arc<CertChain>> {
    let chain = Arc::new(CertChain::default());
    let loaded = chain.load(certs, key);
    let config = Config::new_minimal();
    let added = code(config.add_chain(&chain));
    match loaded {
        Ok(()) => {
            assert_eq!(added, Ok(()));
            assert_eq!(code(config.check_usable(Mode::Server)), Ok(()));
            Some(chain)
        }
        Err(_) => {
            assert_eq!(added, Err(Code::CertTypeUnsupported));
            None
        }
    }
}

fn code<T>(result: Result<T>) -> Result<T, Code> {
    result.map_err(|error| error.code())
}
