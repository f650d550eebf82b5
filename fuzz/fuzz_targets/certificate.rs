//! What goes with certificates: their extensions, OCSP responses, lists of revoked ones.
//!
//! The first byte of an input says which; the rest is it. Besides "no panic": what is found is in the
//! certificate, and a handshake completes or fails with an error about the certificate.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use rs2n_fuzz::party::{self, shake_hands};
use rs2n_fuzz::{pem, seeds};
use s2n::tls::certs::crl::{Crl, CrlLookup};
use s2n::tls::certs::{CertChain, extension};
use s2n::tls::config::{Config, LookUpCrl};
use s2n::tls::error::{Code, ErrorType};

const KINDS: [(u8, &str); 4] = [
    (b'x', "crt.der"),
    (b'o', "ocsp"),
    (b'c', "crl"),
    (b't', "none"),
];

fuzz_target!(
    init: seeds::write("certificate", begin()),
    |input: &[u8]| match input {
        [b'x', certificate @ ..] => look_up(certificate),
        [b'o', response @ ..] => staple(response),
        [b'c', list @ ..] => revoke(list),
        [b't', text @ ..] => {
            let _ = extension::utf8(text).inspect(|text| assert!(text.len() < input.len()));
        }
        _ => {}
    }
);

/// The files of this build, each with the byte that says what it is.
fn begin() -> Vec<(String, Vec<u8>)> {
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

fn our_chain() -> Arc<CertChain> {
    let chain = CertChain::default();
    chain
        .load(party::SERVER_CHAIN, party::SERVER_KEY)
        .expect("the key fits");
    Arc::new(chain)
}

fn our_client() -> Config {
    let config = Config::new_minimal();
    config.trust_pem(party::ROOT).expect("the root is one");
    config
}

fn staple(response: &[u8]) {
    let chain = our_chain();
    chain.set_ocsp(response).expect("there is memory");
    let client = our_client();
    client.set_wants_ocsp(true);
    // A response as long as the message may be is more than rustls sends.
    if response.len() < 1 << 16 {
        check(shake_hands(&chain, client));
    }
}

struct Always(Arc<Crl>);

impl LookUpCrl for Always {
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
    crl.issuer_hash().expect("it is loaded");
    let _ = (crl.check_active(), crl.check_not_expired());
    let client = our_client();
    client.set_look_up_crl(Some(Arc::new(Always(Arc::new(crl)))));
    check(shake_hands(&our_chain(), client));
}

/// The connection is fine, or something is wrong with what came.
fn check(outcome: Result<(), Code>) {
    if let Err(code) = outcome {
        // s2n-tls counts this one among the caller's mistakes.
        assert!(code.kind() == ErrorType::Proto || code == Code::InvalidOcspResponse);
    }
}
