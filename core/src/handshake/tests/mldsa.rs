//! Certificates with post-quantum keys (ML-DSA), issued by ML-DSA and ECDSA roots.

use rcgen::{PKCS_ML_DSA_44, PKCS_ML_DSA_65, PKCS_ML_DSA_87, SignatureAlgorithm};

use super::*;

/// Creates a root with one type of key, and a server's certificate with another one.
fn certified(
    root: &'static SignatureAlgorithm,
    leaf: &'static SignatureAlgorithm,
) -> (String, (String, String)) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let name = rcgen::DnType::CommonName;
    params.distinguished_name.push(name, "a root");
    let key = KeyPair::generate_for(root).expect("a key");
    let issuer = CertifiedIssuer::self_signed(params, key).expect("a root");
    let key = KeyPair::generate_for(leaf).expect("a key");
    let params = CertificateParams::new(["server.example".to_owned()]).expect("a name");
    let cert = params.signed_by(&key, &issuer).expect("a certificate");
    (issuer.pem(), (cert.pem(), key.serialize_pem()))
}

/// Returns a client and a server with these keys, of which the client trusts the root.
fn pair(
    policy: &[u8],
    root: &'static SignatureAlgorithm,
    leaf: &'static SignatureAlgorithm,
) -> Result<Pair, Code> {
    let (root, leaf) = certified(root, leaf);
    let pair = Pair::new(TLS13_POLICY);
    let policy = Policy::find(policy).expect("a policy");
    let server = Config::new_minimal();
    server
        .add_chain(&chain(&leaf))
        .expect("a supported key type");
    server.set_policy(policy).map_err(|error| error.code())?;
    let client = Config::new_minimal();
    client.set_policy(policy).expect("it has no chains");
    client.trust_pem(root.as_bytes()).expect("a root");
    pair.server.set_config(Arc::new(server)).expect("fits");
    pair.client.set_config(Arc::new(client)).expect("fits");
    Ok(pair)
}

#[test]
fn every_parameter_set_is_supported() {
    for (leaf, scheme) in [
        (&PKCS_ML_DSA_44, c"mldsa44"),
        (&PKCS_ML_DSA_65, c"mldsa65"),
        (&PKCS_ML_DSA_87, c"mldsa87"),
    ] {
        for root in [&PKCS_ECDSA_P384_SHA384, &PKCS_ML_DSA_65] {
            let pair = pair(b"default_pq", root, leaf).expect("the policy allows the keys");
            pair.establish();
            for conn in [&pair.client, &pair.server] {
                assert_eq!(
                    conn.signature_scheme(Mode::Server).unwrap_or_default(),
                    scheme
                );
                let key = conn.public_key_name(Mode::Server).expect("authenticated");
                assert_eq!(key.as_bytes(), scheme.to_bytes());
            }
        }
    }
}

#[test]
fn a_policy_may_require_mldsa87() {
    let large =
        pair(b"cnsa_2", &PKCS_ML_DSA_87, &PKCS_ML_DSA_87).expect("the policy allows the keys");
    large.establish();
    let negotiated = large.client.negotiated().expect("negotiated");
    assert_eq!(negotiated.group(), c"MLKEM1024");
    assert_eq!(
        large
            .client
            .signature_scheme(Mode::Server)
            .unwrap_or_default(),
        c"mldsa87"
    );

    for (root, leaf) in [
        (&PKCS_ML_DSA_65, &PKCS_ML_DSA_87),
        (&PKCS_ML_DSA_87, &PKCS_ML_DSA_65),
        (&PKCS_ECDSA_P384_SHA384, &PKCS_ML_DSA_87),
    ] {
        let rejected = pair(b"cnsa_2", root, leaf).err();
        assert_eq!(rejected, Some(Code::SecurityPolicyIncompatibleCert));
    }
}

/// TLS 1.2 has no signature scheme for ML-DSA.
#[test]
fn tls12_does_not_support_mldsa() {
    let pair = pair(b"20260513", &PKCS_ML_DSA_87, &PKCS_ML_DSA_87).expect("no rules");
    let tls12 = Policy::find(TLS12_POLICY).expect("a policy");
    pair.server.set_policy(tls12).expect("no rules");
    pair.client.set_policy(tls12).expect("no rules");
    assert_eq!(pair.negotiate().1, Err(Code::CipherNotSupported));
}
