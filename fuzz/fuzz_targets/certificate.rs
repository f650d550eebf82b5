//! Fuzzes certificate extensions, OCSP responses, CRLs and raw public keys.
//!
//! The first byte of an input selects the type; the rest is the content. Invariants besides "no
//! panic": an extension that is found is part of the certificate, and a handshake completes or
//! fails with an error about the certificate; a key that is trusted can be loaded, and authenticates no
//! other key.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use rs2n_core::config::{Config, CrlLookupCallback};
use rs2n_core::credentials::CertChain;
use rs2n_core::error::{Code, ErrorType};
use rs2n_core::verify::crl::{Crl, CrlLookup};
use rs2n_core::x509::extension;
use rs2n_fuzz::endpoint::{self, handshake_outcome};
use rs2n_fuzz::{pem, seeds};

const KINDS: [(u8, &str); 6] = [
    (b'x', "crt.der"),
    (b'o', "ocsp"),
    (b'c', "crl"),
    (b'k', "pub.der"),
    (b'k', "pub"),
    (b't', "none"),
];

fuzz_target!(
    init: seeds::write("certificate", initial_corpus()),
    |input: &[u8]| match input {
        [b'x', certificate @ ..] => look_up(certificate),
        [b'o', response @ ..] => staple(response),
        [b'c', list @ ..] => revoke(list),
        [b'k', key @ ..] => trust(key),
        [b't', text @ ..] => {
            let _ = extension::utf8(text).inspect(|text| assert!(text.len() < input.len()));
        }
        _ => {}
    }
);

/// Returns the files of this build, each with the byte of its type.
fn initial_corpus() -> Vec<(String, Vec<u8>)> {
    let files = pem::seeds().into_iter().filter_map(|(name, bytes)| {
        let kind = KINDS.iter().find(|(_, end)| name.ends_with(end))?;
        Some((name, [&[kind.0], &bytes[..]].concat()))
    });
    files
        .chain([("text".into(), b"t\x0c\x02hi".to_vec())])
        .collect()
}

fn look_up(certificate: &[u8]) {
    for oid in [
        "2.5.29.17",
        "2.5.29.19",
        "extendedKeyUsage",
        "1.3.6.1.5.5.7.1.1",
    ] {
        if let Ok(found) = extension::find(certificate, oid) {
            let len = found.value.len();
            assert!(len == 0 || certificate.windows(len).any(|part| part == found.value));
        }
    }
}

fn server_chain() -> Arc<CertChain> {
    let chain = CertChain::default();
    chain
        .load(endpoint::SERVER_CHAIN, endpoint::SERVER_KEY)
        .expect("the key matches");
    Arc::new(chain)
}

fn client_config() -> Config {
    let config = Config::new_minimal();
    config.trust_pem(endpoint::ROOT).expect("a valid root");
    config
}

fn staple(response: &[u8]) {
    let chain = server_chain();
    chain.set_ocsp(response).expect("enough memory");
    let client = client_config();
    client.set_requests_ocsp(true);
    // rustls does not send a response of the maximum message length.
    if response.len() < 1 << 16 {
        check(handshake_outcome(&chain, client));
    }
}

struct Always(Arc<Crl>);

impl CrlLookupCallback for Always {
    fn look_up(&self, lookup: &Arc<CrlLookup>) -> bool {
        lookup.answer(Some(self.0.clone()));
        true
    }
}

fn revoke(list: &[u8]) {
    let crl = Crl::default();
    let text = match list {
        [0x30, ..] => pem::wrap("X509 CRL", list),
        _ => list.to_vec(),
    };
    if crl.load(&text).is_err() {
        assert!(crl.issuer_hash().is_err());
        return;
    }
    crl.issuer_hash().expect("a loaded CRL");
    let _ = (crl.check_active(), crl.check_not_expired());
    let client = client_config();
    client.set_crl_lookup_callback(Some(Arc::new(Always(Arc::new(crl)))));
    check(handshake_outcome(&server_chain(), client));
}

/// Trusts a raw public key, and performs a handshake with a server that has a certain one.
fn trust(key: &[u8]) {
    let client = Config::new_minimal();
    let trusted = client.trust_key(key).map_err(|error| error.code());
    let loaded = CertChain::default().load_raw_key(Some(key), None);
    assert_eq!(loaded.map_err(|error| error.code()), trusted);
    if trusted.is_err() {
        return;
    }
    let server = CertChain::default();
    let own = server.load_raw_key(None, Some(endpoint::SERVER_KEY));
    own.expect("a private key");
    let is_same = CertChain::default()
        .load_raw_key(Some(key), Some(endpoint::SERVER_KEY))
        .is_ok();
    let expected = if is_same {
        Ok(())
    } else {
        Err(Code::CertUntrusted)
    };
    assert_eq!(handshake_outcome(&Arc::new(server), client), expected);
}

/// Checks that the handshake completed, or failed with an error about the certificate.
fn check(outcome: Result<(), Code>) {
    if let Err(code) = outcome {
        // s2n-tls has this code among the usage errors.
        assert!(code.kind() == ErrorType::Proto || code == Code::InvalidOcspResponse);
    }
}
