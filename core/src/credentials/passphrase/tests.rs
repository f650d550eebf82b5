//! Passphrases: when they are read, and what a source may return.

use std::cell::Cell;

use rcgen::{CertificateParams, KeyPair};

use super::*;
use crate::credentials::CertChain;

/// A source that returns a length, whatever it is.
struct Source {
    len: Option<usize>,
    calls: Cell<usize>,
}

impl Source {
    fn new(len: Option<usize>) -> Self {
        let calls = Cell::default();
        Self { len, calls }
    }
}

impl Passphrase for Source {
    fn read(&self, buffer: &mut [u8]) -> Option<usize> {
        assert_eq!(buffer.len(), MAX_PASSPHRASE);
        self.calls.set(self.calls.get() + 1);
        self.len
    }
}

fn self_signed() -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["example".to_owned()]).expect("a name");
    let cert = params.self_signed(&key).expect("a certificate");
    (cert.pem(), key.serialize_pem())
}

fn load(cert: &str, key: &str, source: &Source) -> Result<CertChain, (Code, String)> {
    let chain = CertChain::default();
    let limits = KeyLimits::DEFAULT;
    let loaded = chain.load_encrypted(cert.as_bytes(), key.as_bytes(), source, &limits);
    match loaded {
        Ok(()) => Ok(chain),
        Err(error) => {
            assert!(chain.is_empty(), "a failed call changes nothing");
            Err((error.code(), error.reason().to_string()))
        }
    }
}

/// A key that no passphrase decrypts.
const ENCRYPTED: &str = "-----BEGIN RSA PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-256-CBC,000102030405060708090A0B0C0D0E0F

AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
-----END RSA PRIVATE KEY-----
";

#[test]
fn a_key_that_is_not_encrypted_needs_no_passphrase() {
    let (cert, key) = self_signed();
    let source = Source::new(None);
    load(&cert, &key, &source)
        .map(drop)
        .expect("a chain and its key");
    assert_eq!(source.calls.get(), 0);
    let (_, other) = self_signed();
    let (code, _) = load(&cert, &other, &source).map(drop).unwrap_err();
    assert_eq!(code, Code::KeyMismatch);
}

#[test]
fn a_passphrase_is_read_once_and_last() {
    let (cert, _) = self_signed();
    let source = Source::new(Some(0));
    let (code, reason) = load(&cert, ENCRYPTED, &source).map(drop).unwrap_err();
    // 32 bytes of zeros do not decrypt to a key with the empty passphrase.
    assert_eq!(code, Code::WrongPassphrase, "{reason}");
    assert_eq!(source.calls.get(), 1);
    for (cert, key, expected) in [
        ("", ENCRYPTED, Code::NoCertificateInPem),
        (&cert[20..], ENCRYPTED, Code::InvalidPem),
        (
            &cert,
            &ENCRYPTED.replace("AES-256", "DES"),
            Code::KeyEncryption,
        ),
        (&cert, &ENCRYPTED[40..], Code::InvalidPem),
    ] {
        let (code, _) = load(cert, key, &source).map(drop).unwrap_err();
        assert_eq!(code, expected);
        assert_eq!(source.calls.get(), 1);
    }
}

#[test]
fn a_source_may_fail_and_return_any_length() {
    let (cert, _) = self_signed();
    for (len, expected, word) in [
        (None, Code::PassphraseCallback, "error"),
        (Some(1025), Code::PassphraseCallback, "1025"),
        (Some(u32::MAX as usize), Code::PassphraseCallback, "1024"),
        (Some(1024), Code::WrongPassphrase, "damaged"),
    ] {
        let (code, reason) = load(&cert, ENCRYPTED, &Source::new(len))
            .map(drop)
            .unwrap_err();
        assert_eq!(code, expected);
        assert!(reason.contains(word), "{reason}");
    }
}

#[test]
fn the_plain_functions_reject_encrypted_keys_as_before() {
    let (cert, _) = self_signed();
    let chain = CertChain::default();
    let pkcs8 = ENCRYPTED.replace("RSA PRIVATE", "ENCRYPTED PRIVATE");
    for key in [ENCRYPTED, &pkcs8] {
        let error = chain.load(cert.as_bytes(), key.as_bytes()).unwrap_err();
        assert_eq!(error.code(), Code::InvalidPem);
    }
}
