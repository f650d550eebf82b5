//! Raw public keys that are loaded, and the rules for them.

use super::*;

#[test]
fn a_policy_restricts_raw_keys_like_certificates() {
    let (weak, strong) = (key(), key_of(&PKCS_ECDSA_P384_SHA384));
    let config = Config::new_minimal();
    let strict = Policy::find(b"rfc9151").expect("a policy");
    config.set_policy(strict).expect("no chains");
    let refused = config.add_chain(&raw(&weak)).expect_err("P-256");
    assert_eq!(refused.code(), Code::SecurityPolicyIncompatibleCert);
    config.add_chain(&raw(&strong)).expect("P-384");

    let config = Config::new_minimal();
    config.add_chain(&raw(&weak)).expect("no rules");
    let refused = config.set_policy(strict).expect_err("P-256");
    assert_eq!(refused.code(), Code::SecurityPolicyIncompatibleCert);

    for (key, is_permitted) in [(&weak, false), (&strong, true)] {
        let client = Side {
            trusted: vec![key],
            ..Side::default()
        };
        let server = Side {
            raw: Some(key),
            ..Side::default()
        };
        let permissive = b"20251014";
        let pair = pair(client.config(b"rfc9151"), server.config(permissive));
        let outcome = pair.negotiate().0;
        match is_permitted {
            true => assert_eq!(outcome, Ok(())),
            false => assert!(outcome.is_err()),
        }
    }
}

#[test]
fn unsupported_keys_are_rejected_when_they_are_loaded() {
    let ed25519 = key_of(&PKCS_ED25519);
    let config = Config::new_minimal();
    let refused = config.trust_key(&ed25519.spki).expect_err("Ed25519");
    assert_eq!(refused.code(), Code::CertTypeUnsupported);
    let load = |spki: Option<&[u8]>, pem: Option<&[u8]>| {
        let loaded = CertChain::default().load_raw_key(spki, pem);
        loaded.map_err(|error| error.code())
    };
    let pem = ed25519.pem.as_bytes();
    assert_eq!(load(None, Some(pem)), Err(Code::CertTypeUnsupported));
    let (one, other) = (key(), key());
    let pem = Some(one.pem.as_bytes());
    assert_eq!(load(Some(&one.spki), pem), Ok(()));
    assert_eq!(load(Some(&one.spki), None), Ok(()));
    assert_eq!(load(Some(&other.spki), pem), Err(Code::KeyMismatch));
    assert_eq!(load(None, None), Err(Code::Null));
    assert_eq!(load(Some(b"no key"), None), Err(Code::InvalidPem));
    assert_eq!(load(Some(&[0x30, 0]), None), Err(Code::DecodeCertificate));
    assert_eq!(load(None, Some(b"no key")), Err(Code::InvalidPem));
    // A point that is not on the curve.
    let mut spki = one.spki.clone();
    *spki.last_mut().expect("not empty") ^= 1;
    assert_eq!(load(Some(&spki), None), Err(Code::DecodeCertificate));
    let refused = config.trust_key(&spki).expect_err("no point");
    assert_eq!(refused.code(), Code::DecodeCertificate);
}

#[test]
fn a_chain_has_one_type() {
    let key = key();
    let refused = chain(&pki().server).load_raw_key(Some(&key.spki), None);
    assert_eq!(
        refused.expect_err("certificates").code(),
        Code::InvalidArgument
    );
    let raw = raw(&key);
    let (cert, pem) = &pki().server;
    let refused = raw.load(cert.as_bytes(), pem.as_bytes());
    assert_eq!(
        refused.expect_err("a raw key").code(),
        Code::InvalidArgument
    );
    assert_eq!(raw.len().expect_err("none").code(), Code::Null);
    assert_eq!(raw.certificates().expect_err("none").code(), Code::Null);
    let refused = raw.set_ocsp(b"response").expect_err("no certificate");
    assert_eq!(refused.code(), Code::CertTypeUnsupported);
    // Another key of the same type replaces it in later handshakes.
    let other = super::key();
    raw.load_raw_key(None, Some(other.pem.as_bytes()))
        .expect("a private key");
}

#[test]
fn a_client_has_one_raw_key() {
    let (one, other) = (key(), key_of(&PKCS_ML_DSA_65));
    let config = Config::new_minimal();
    config.add_chain(&raw(&one)).expect("fits");
    config.add_chain(&chain(&pki().client)).expect("fits");
    let pair = Pair::new(TLS13_POLICY);
    let config = Arc::new(config);
    pair.client.set_config(config.clone()).expect("one of each");
    config.add_chain(&raw(&other)).expect("fits");
    let client = Connection::new(Mode::Client);
    let refused = client.set_config(config).expect_err("two raw keys");
    assert_eq!(refused.code(), Code::TooManyCertificates);
}
