//! How far the stacks of coroutines are used, with every algorithm that may run on one.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_ML_DSA_44, PKCS_ML_DSA_65, PKCS_ML_DSA_87,
    PKCS_RSA_SHA256, RsaKeySize,
};
use rs2n_core::config::{ClientAuth, Config};
use rs2n_core::credentials::CertChain;
use rs2n_core::error::Code;
use rs2n_core::policy::Policy;
use rs2n_core::testing::{AnyHost, Pair, TLS12_POLICY, TLS13_POLICY, chain, negotiate};

use super::coroutines::Application;
use crate::sys::stack;

/// What the application does. The other of a handshake's signatures is made or verified on a coroutine.
#[derive(Clone, Copy, Debug)]
enum Callback {
    Signs,
    Verifies,
}

/// A root, and a certificate for either end of a handshake.
fn certified(key: &KeyPair) -> (String, Arc<CertChain>) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let name = rcgen::DnType::CommonName;
    params.distinguished_name.push(name, "a root");
    let issuer = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).expect("a key");
    let issuer = CertifiedIssuer::self_signed(params, issuer).expect("a root");
    let params = CertificateParams::new(["server.example".to_owned()]).expect("a name");
    let cert = params.signed_by(key, &issuer).expect("a certificate");
    (issuer.pem(), chain(&(cert.pem(), key.serialize_pem())))
}

/// How many bytes of a stack a handshake uses, in which both ends have the same key.
fn depth(key: &KeyPair, policy: &'static Policy, callback: Callback) -> usize {
    let (root, chain) = certified(key);
    let pair = Pair::new(TLS13_POLICY);
    let ends = [Arc::new(pair.client), Arc::new(pair.server)];
    stack::tests::DEEPEST.set(0);
    for conn in &ends {
        let application = Application::new(chain.clone(), false, false);
        application.attach(conn);
        let config = Config::new_minimal();
        config.set_policy(policy).expect("no rules");
        config.trust_pem(root.as_bytes()).expect("a root");
        config.add_chain(&chain).expect("fits");
        config.set_client_auth(ClientAuth::Required);
        config.set_verify_host_callback(Some(Arc::new(AnyHost)));
        match callback {
            Callback::Signs => config.set_private_keys(Some(application)),
            Callback::Verifies => config.set_offload(Some(application)),
        }
        conn.set_config(Arc::new(config)).expect("fits");
    }
    let mut done = [false; 2];
    while done != [true; 2] {
        for (conn, done) in ends.iter().zip(&mut done) {
            let outcome = negotiate(conn).0;
            let goes_on = matches!(outcome, Ok(()) | Err(Code::IoBlocked));
            assert!(goes_on, "{outcome:?}");
            *done = outcome.is_ok();
        }
    }
    stack::tests::DEEPEST.get()
}

#[test]
fn no_algorithm_uses_more_than_a_third_of_a_stack() {
    let rsa = |size| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size).expect("a key");
    let key = |algorithm| KeyPair::generate_for(algorithm).expect("a key");
    let keys = [
        ("RSA 2048", rsa(RsaKeySize::_2048)),
        ("RSA 4096", rsa(RsaKeySize::_4096)),
        ("P-256", key(&PKCS_ECDSA_P256_SHA256)),
        ("P-384", key(&PKCS_ECDSA_P384_SHA384)),
        ("P-521", key(&PKCS_ECDSA_P521_SHA512)),
        ("ML-DSA-44", key(&PKCS_ML_DSA_44)),
        ("ML-DSA-65", key(&PKCS_ML_DSA_65)),
        ("ML-DSA-87", key(&PKCS_ML_DSA_87)),
    ];
    let mut depths = Vec::new();
    for (name, key) in &keys {
        let policies: &[&[u8]] = match *name {
            "P-521" => &[b"20260513"],
            name if name.starts_with("ML-DSA") => &[b"default_pq"],
            _ => &[TLS12_POLICY, TLS13_POLICY],
        };
        for policy in policies {
            let policy = Policy::find(policy).expect("a policy");
            for callback in [Callback::Signs, Callback::Verifies] {
                let depth = depth(key, policy, callback);
                depths.push((depth, format!("{name} {} {callback:?}", policy.label())));
            }
        }
    }
    for group in Policy::default_policy().groups() {
        let depth = depth(
            &keys[2].1,
            Policy::restricted_to_group(group),
            Callback::Signs,
        );
        depths.push((depth, format!("group {group:#x}")));
    }
    depths.sort();
    let (deepest, what) = depths.last().expect("all of them");
    assert!(
        *deepest > 0 && *deepest < stack::SIZE / 3,
        "{what}: {deepest} bytes"
    );
}
