//! Fuzzes the parsers of certificates, keys and trust stores.
//!
//! An input is a PEM file or, if it starts with a SEQUENCE, the DER content of one. Invariants
//! besides "no panic": the parsers agree with each other, a rejected chain cannot be used, and an
//! accepted one can: a client completes a handshake, or reports an error about the certificate.

#![no_main]

use std::cell::Cell;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use rs2n_core::base::Mode;
use rs2n_core::config::Config;
use rs2n_core::credentials::CertChain;
use rs2n_core::credentials::passphrase::{KeyLimits, Passphrase};
use rs2n_core::error::{Code, ErrorType, Result};
use rs2n_fuzz::endpoint::{self, handshake_outcome};
use rs2n_fuzz::{pem, seeds};

/// The DER tag of a SEQUENCE, which certificates and keys are.
const SEQUENCE: u8 = 0x30;

const TEST_KEYS: [&[u8]; 2] = [endpoint::SERVER_KEY, endpoint::RSA_KEY];
const TEST_CHAINS: [&[u8]; 2] = [endpoint::SERVER_CHAIN, endpoint::RSA_CHAIN];
const KEY_LABELS: [&str; 3] = ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"];

fuzz_target!(
    init: seeds::write("pem", pem::seeds()),
    |input: &[u8]| match input {
        [SEQUENCE, ..] => {
            check_certs(&pem::wrap("CERTIFICATE", input));
            for label in KEY_LABELS {
                check_key(&pem::wrap(label, input));
            }
            check_encrypted(&pem::wrap("ENCRYPTED PRIVATE KEY", input));
        }
        _ => {
            check_certs(input);
            check_key(input);
            check_encrypted(input);
            if let Some(chain) = load(input, input) {
                // The policy may reject the key's type.
                let _ = handshake_outcome(&chain, Config::new_minimal());
            }
        }
    }
);

fn check_certs(certs: &[u8]) {
    let public = code(CertChain::default().load_public(certs));
    let config = Config::new_minimal();
    let trusted = code(config.trust_pem(certs));
    match (public, trusted) {
        // Only here s2n-tls distinguishes a file without certificates from an invalid PEM file.
        (Err(Code::NoCertificateInPem), trusted) => assert_eq!(trusted, Err(Code::InvalidPem)),
        (Err(Code::InvalidPem), trusted) => assert_eq!(trusted, Err(Code::InvalidPem)),
        (_, Err(code)) => assert_eq!(code, Code::DecodeCertificate),
        (_, Ok(())) => {}
    }
    for key in TEST_KEYS {
        let Some(chain) = load(certs, key) else {
            continue;
        };
        assert_eq!(public, Ok(()), "loaded with a key, but not without");
        let unverified = Config::new_minimal();
        unverified.disable_verification();
        // The certificate of an endpoint is verified by its peer, even if it is malformed.
        check(handshake_outcome(&chain, unverified));
        if trusted.is_ok() {
            check(handshake_outcome(&chain, config));
            return;
        }
    }
}

/// Checks that the handshake completed, or failed with an error about the certificate: an unknown
/// signature algorithm is not allowed by any policy.
fn check(outcome: Result<(), Code>) {
    let is_expected = |code: Code| {
        code.kind() == ErrorType::Proto || code == Code::SecurityPolicyIncompatibleCert
    };
    assert!(
        outcome.is_ok() || outcome.is_err_and(is_expected),
        "{outcome:?}"
    );
}

fn check_key(key: &[u8]) {
    for certs in TEST_CHAINS {
        if let Some(chain) = load(certs, key) {
            let config = Config::new_minimal();
            config.trust_pem(endpoint::ROOT).expect("a valid root");
            assert_eq!(handshake_outcome(&chain, config), Ok(()));
        }
    }
}

/// Loads a key that may be encrypted: a plain one without a passphrase, and a chain that is loaded can be
/// used.
fn check_encrypted(key: &[u8]) {
    let passphrase = Fixed::default();
    let chain = Arc::new(CertChain::default());
    let loaded = chain.load_encrypted(endpoint::SERVER_CHAIN, key, &passphrase, &LIMITS);
    let is_plain = CertChain::default()
        .load(endpoint::SERVER_CHAIN, key)
        .is_ok();
    match code(loaded) {
        Ok(()) => {
            assert_eq!(passphrase.reads.get(), usize::from(!is_plain));
            let config = Config::new_minimal();
            config.trust_pem(endpoint::ROOT).expect("a valid root");
            assert_eq!(handshake_outcome(&chain, config), Ok(()));
        }
        Err(Code::WrongPassphrase) => assert_eq!(passphrase.reads.get(), 1),
        Err(Code::KeyMismatch | Code::DecodePrivateKey) => assert!(!is_plain && chain.is_empty()),
        Err(Code::KeyEncryption | Code::InvalidPem) => {
            assert!(!is_plain && chain.is_empty());
            assert_eq!(passphrase.reads.get(), 0);
        }
        Err(code) => panic!("unexpected error: {code:?}"),
    }
}

/// Little work for each input.
const LIMITS: KeyLimits = KeyLimits {
    iterations: 100,
    scrypt_memory: 1 << 20,
    scrypt_work: 1 << 10,
};

/// The passphrase of the encrypted keys in the corpus.
#[derive(Default)]
struct Fixed {
    reads: Cell<usize>,
}

impl Passphrase for Fixed {
    fn read(&self, buffer: &mut [u8]) -> Option<usize> {
        let passphrase = b"secret";
        self.reads.set(self.reads.get() + 1);
        buffer[..passphrase.len()].copy_from_slice(passphrase);
        Some(passphrase.len())
    }
}

/// Loads a chain and its key; returns `None` if they are rejected.
fn load(certs: &[u8], key: &[u8]) -> Option<Arc<CertChain>> {
    let chain = Arc::new(CertChain::default());
    let loaded = chain.load(certs, key);
    let config = Config::new_minimal();
    let added = code(config.add_chain(&chain));
    match loaded {
        Ok(()) => {
            assert_eq!(added, Ok(()));
            assert_eq!(code(config.use_for(Mode::Server)), Ok(None));
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
