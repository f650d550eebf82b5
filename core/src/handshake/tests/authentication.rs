//! Authentication of both sides, and negotiation of versions, cipher suites and protocols.

use super::*;
use crate::config::alpn;

#[test]
fn a_certificate_of_an_unknown_ca_is_rejected() {
    for policy in POLICIES {
        let pair = Pair::new(policy);
        pair.client_config.wipe_trust();
        pair.client_config
            .trust_pem(pki().client.0.as_bytes())
            .expect("a certificate");
        assert_eq!(pair.negotiate().0, Err(Code::CertUntrusted));
        assert_eq!(negotiate(&pair.client), (Err(Code::Closed), Blocked::Not));
        assert!(pair.client.delay().expect("a clock").as_secs() >= 9);
    }
}

#[test]
fn every_certificate_is_rejected_without_a_trust_store() {
    let pair = Pair::new(TLS13_POLICY);
    pair.client_config.wipe_trust();
    assert_eq!(pair.negotiate().0, Err(Code::CertUntrusted));
}

#[test]
fn verification_can_be_disabled() {
    let pair = Pair::new(TLS13_POLICY);
    assert!(pair.client.unverified_peer().is_none());
    pair.client_config.disable_verification();
    pair.establish();
    let path = pair.client.peer_path();
    assert_eq!(path.unwrap_err().code(), Code::CertNotValidated);
    let received = pair.client.unverified_peer().expect("a received chain");
    let sent = chain(&pki().server).certificates().expect("loaded");
    assert_eq!(received, sent);
}

#[test]
fn a_trusted_leaf_requires_no_ca() {
    for policy in POLICIES {
        let pair = Pair::new(policy);
        pair.client_config.wipe_trust();
        pair.client_config
            .trust_pem(pki().server.0.as_bytes())
            .expect("a certificate");
        pair.establish();
    }
}

#[test]
fn the_server_name_must_match() {
    for name in [Some(c"other.example"), None] {
        let pair = Pair::new(TLS13_POLICY);
        pair.client.wipe().expect("free");
        pair.client.set_blinding(BlindingMode::SelfService);
        pair.client.set_reader(Some(pair.to_client.clone()));
        pair.client.set_writer(Some(pair.to_server.clone()), true);
        if let Some(name) = name {
            pair.client.set_server_name(name).expect("short");
        }
        assert_eq!(pair.negotiate().0, Err(Code::CertInvalidHostname));
    }
}

#[test]
fn an_expired_certificate_is_rejected() {
    for policy in POLICIES {
        let pair = Pair::new(policy);
        let config = Config::new_minimal();
        config
            .set_policy(Policy::find(policy).expect("a policy"))
            .expect("no rules");
        config.add_chain(&chain(&pki().expired)).expect("fits");
        pair.server.set_config(Arc::new(config)).expect("fits");
        assert_eq!(pair.negotiate().0, Err(Code::CertExpired));
    }
}

#[test]
fn the_alert_is_sent_after_the_blinding_delay() {
    for policy in POLICIES {
        let pair = Pair::new(policy);
        pair.client_config.set_max_blinding_delay(0);
        pair.client_config.wipe_trust();
        assert_eq!(pair.negotiate().0, Err(Code::CertUntrusted));
        shutdown(&pair.client).0.expect("sent");
        assert_eq!(negotiate(&pair.server).0, Err(Code::Alert));
        let alert = pair.server.alert().map_err(|error| error.code());
        assert_eq!(alert, Ok(48), "unknown_ca");
    }
}

#[test]
fn alpn_selects_a_protocol_in_the_servers_order() {
    for (client, expected) in [
        ("h2", Some(c"h2")),
        ("http/1.1", Some(c"http/1.1")),
        ("x", None),
    ] {
        let pair = Pair::new(TLS13_POLICY);
        pair.server_config.append_alpn(b"h2").expect("short");
        pair.server_config.append_alpn(b"http/1.1").expect("short");
        let protocols = alpn::list([client.as_bytes()].into_iter());
        pair.client.set_alpn(protocols.expect("short"));
        pair.establish();
        for conn in [&pair.client, &pair.server] {
            assert_eq!(
                conn.negotiated().expect("negotiated").alpn.as_deref(),
                expected
            );
        }
    }
}

#[test]
fn a_server_reports_the_server_name() {
    let pair = Pair::new(TLS13_POLICY);
    pair.establish();
    pair.server
        .with_server_name(|name| assert_eq!(name, Some(c"server.example")));
    assert_eq!(pair.server.client_version(), Version::Tls13);
}

#[test]
fn clients_send_certificates_on_request() {
    for policy in POLICIES {
        let pair = Pair::new(policy);
        pair.client_config
            .add_chain(&chain(&pki().client))
            .expect("fits");
        pair.server_config.set_client_auth(ClientAuth::Required);
        pair.server_config
            .set_verify_host_callback(Some(Arc::new(AnyHost)));
        pair.establish();
        for conn in [&pair.client, &pair.server] {
            assert!(conn.negotiated().expect("negotiated").client_cert_used);
        }
        let chain = pair
            .server
            .negotiated()
            .expect("negotiated")
            .client_cert_chain
            .clone();
        let chain = chain.expect("a client certificate");
        assert_eq!(
            chain.len(),
            3 + usize::from(u16::from_be_bytes([chain[1], chain[2]]))
        );
    }
}

#[test]
fn a_client_without_a_certificate_is_rejected_if_one_is_required() {
    for policy in POLICIES {
        for (auth, outcome) in [
            (ClientAuth::Optional, Ok(())),
            (ClientAuth::Required, Err(Code::MissingClientCert)),
        ] {
            let pair = Pair::new(policy);
            pair.server_config.set_client_auth(auth);
            assert_eq!(pair.negotiate().1, outcome);
        }
    }
}

#[test]
fn a_server_rejects_client_names_without_a_callback() {
    let pair = Pair::new(TLS13_POLICY);
    pair.client_config
        .add_chain(&chain(&pki().client))
        .expect("fits");
    pair.server_config.set_client_auth(ClientAuth::Optional);
    assert_eq!(pair.negotiate().1, Err(Code::CertInvalidHostname));
}

#[test]
fn a_client_may_require_or_reject_a_certificate_request() {
    for policy in POLICIES {
        let pair = Pair::new(policy);
        pair.client.set_client_auth(ClientAuth::Required);
        assert_eq!(pair.negotiate().0, Err(Code::MissingCertRequest));
        assert!(pair.client.delay().expect("a clock").is_zero());

        let pair = Pair::new(policy);
        pair.client.set_client_auth(ClientAuth::None);
        pair.server_config.set_client_auth(ClientAuth::Optional);
        assert_eq!(pair.negotiate().0, Err(Code::UnexpectedCertRequest));
        assert!(pair.client.delay().expect("a clock").is_zero());
    }
}

#[test]
fn a_server_without_a_certificate_fails() {
    let pair = Pair::new(TLS13_POLICY);
    let config = Config::new_minimal();
    pair.server.set_config(Arc::new(config)).expect("fits");
    assert_eq!(pair.negotiate().1, Err(Code::NoValidSignatureScheme));
}

#[test]
fn a_missing_common_cipher_suite_is_not_blinded() {
    let pair = Pair::new(TLS12_POLICY);
    let rsa_only = Policy::find(RSA_POLICY).expect("a policy");
    pair.client.set_policy(rsa_only).expect("no rules");
    assert_eq!(pair.negotiate().1, Err(Code::CipherNotSupported));
    assert!(pair.server.delay().expect("a clock").is_zero());
}

#[test]
fn a_missing_common_version_is_reported() {
    let pair = Pair::new(TLS13_POLICY);
    pair.server.set_policy(tls13_only()).expect("no rules");
    pair.client
        .set_policy(Policy::find(TLS12_POLICY).expect("a policy"))
        .expect("no rules");
    assert_eq!(pair.negotiate().1, Err(Code::ProtocolVersionUnsupported));
}

fn tls13_only() -> &'static Policy {
    let policy = Policy::find(b"20250211").expect("a policy");
    assert!(
        !policy.supports_tls12(),
        "the test requires a policy without TLS 1.2"
    );
    policy
}
