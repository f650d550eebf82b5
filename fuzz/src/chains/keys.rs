//! Keys of the certificates: the same in each process, so that an input leads to the same chains when it
//! is replayed. Only the random numbers of ECDSA signatures differ.

use std::sync::OnceLock;

use rcgen::{
    KeyIdMethod, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519,
    PKCS_RSA_SHA256, SignatureAlgorithm,
};
use rustls::pki_types::PrivatePkcs8KeyDer;

const INTEGER: u8 = 2;
const OCTET_STRING: u8 = 4;
const SEQUENCE: u8 = 0x30;

const ID_EC_PUBLIC_KEY: &[u8] = &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const SECP256R1: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const SECP384R1: &[u8] = &[6, 5, 0x2b, 0x81, 4, 0, 0x22];
const ID_ED25519: &[u8] = &[6, 3, 0x2b, 0x65, 0x70];

/// The key of RSA is that of the build: it cannot be derived from a few bytes.
const RSA: &str = include_str!(concat!(env!("OUT_DIR"), "/rsa.key"));

/// Returns the keys. The first ones are of one kind, so that a certificate has another key without
/// another algorithm.
pub fn keys() -> &'static [KeyPair] {
    static KEYS: OnceLock<Vec<KeyPair>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let mut keys: Vec<_> = (1..=6)
            .map(|seed| elliptic(SECP256R1, &[seed; 32], &PKCS_ECDSA_P256_SHA256))
            .collect();
        keys.push(elliptic(SECP384R1, &[7; 48], &PKCS_ECDSA_P384_SHA384));
        let rsa = KeyPair::from_pkcs8_pem_and_sign_algo(RSA, &PKCS_RSA_SHA256);
        keys.push(rsa.expect("a private key"));
        let seed = encode(OCTET_STRING, &[&[8; 32]]);
        keys.push(read(&pkcs8(ID_ED25519, &seed), &PKCS_ED25519));
        keys
    })
}

/// Returns the identifier of a key, by its number. The engine's mutations count the values in an
/// encoding: no byte of an identifier may look like one.
pub fn identifier(key: usize) -> KeyIdMethod {
    KeyIdMethod::PreSpecified(vec![0xb0 + key as u8; 20])
}

/// Reads a private key of RFC 5915 with this number, whose public key AWS-LC computes.
fn elliptic(curve: &[u8], number: &[u8], algorithm: &'static SignatureAlgorithm) -> KeyPair {
    let version = encode(INTEGER, &[&[1]]);
    let key = encode(SEQUENCE, &[&version, &encode(OCTET_STRING, &[number])]);
    let identifier = [ID_EC_PUBLIC_KEY, curve].concat();
    read(&pkcs8(&identifier, &key), algorithm)
}

/// Encodes a private key (RFC 5208, 5).
fn pkcs8(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let version = encode(INTEGER, &[&[0]]);
    let algorithm = encode(SEQUENCE, &[algorithm]);
    let key = encode(OCTET_STRING, &[key]);
    encode(SEQUENCE, &[&version, &algorithm, &key])
}

/// Encodes a short value.
fn encode(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let len = content.len() as u8;
    assert!(len < 0x80, "a length of one byte");
    [&[tag, len], &content[..]].concat()
}

fn read(key: &[u8], algorithm: &'static SignatureAlgorithm) -> KeyPair {
    KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(key), algorithm)
        .expect("a private key")
}
