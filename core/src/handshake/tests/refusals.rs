//! Who is trusted, who is asked, and what the two have in common.

use super::*;
use crate::config::alpn;

#[test]
fn an_unknown_authority_is_not_trusted() {
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
fn nobody_is_trusted_without_a_trust_store() {
    let pair = Pair::new(TLS13_POLICY);
    pair.client_config.wipe_trust();
    assert_eq!(pair.negotiate().0, Err(Code::CertUntrusted));
}

#[test]
fn verification_can_be_turned_off() {
    let pair = Pair::new(TLS13_POLICY);
    assert!(pair.client.unverified_peer().is_none());
    pair.client_config.disable_verification();
    pair.establish();
    let path = pair.client.peer_path();
    assert_eq!(path.unwrap_err().code(), Code::CertNotValidated);
    let shown = pair.client.unverified_peer().expect("it was shown");
    let sent = chain(&pki().server).certificates().expect("loaded");
    assert_eq!(shown, sent);
}

#[test]
fn a_trusted_certificate_needs_no_authority() {
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
fn the_name_must_match() {
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
fn an_expired_certificate_is_refused() {
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
fn the_reason_of_a_refusal_reaches_the_peer_after_the_delay() {
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
fn alpn_takes_the_servers_first_choice_or_none() {
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
fn a_server_learns_the_name_that_was_asked_for() {
    let pair = Pair::new(TLS13_POLICY);
    pair.establish();
    pair.server
        .with_server_name(|name| assert_eq!(name, Some(c"server.example")));
    assert_eq!(pair.server.client_version(), Version::Tls13);
}

#[test]
fn clients_show_certificates_when_they_are_asked() {
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
        let chain = chain.expect("the client's");
        assert_eq!(
            chain.len(),
            3 + usize::from(u16::from_be_bytes([chain[1], chain[2]]))
        );
    }
}

#[test]
fn a_client_without_a_certificate_may_be_refused() {
    for policy in POLICIES {
        for (auth, served) in [
            (ClientAuth::Optional, Ok(())),
            (ClientAuth::Required, Err(Code::MissingClientCert)),
        ] {
            let pair = Pair::new(policy);
            pair.server_config.set_client_auth(auth);
            assert_eq!(pair.negotiate().1, served);
        }
    }
}

#[test]
fn a_server_accepts_no_name_unless_it_is_told_to() {
    let pair = Pair::new(TLS13_POLICY);
    pair.client_config
        .add_chain(&chain(&pki().client))
        .expect("fits");
    pair.server_config.set_client_auth(ClientAuth::Optional);
    assert_eq!(pair.negotiate().1, Err(Code::CertInvalidHostname));
}

#[test]
fn a_client_may_insist_on_being_asked_or_on_not_being_asked() {
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
fn a_server_without_a_certificate_cannot_serve() {
    let pair = Pair::new(TLS13_POLICY);
    let config = Config::new_minimal();
    pair.server.set_config(Arc::new(config)).expect("fits");
    assert_eq!(pair.negotiate().1, Err(Code::NoValidSignatureScheme));
}

#[test]
fn no_cipher_in_common_is_answered_without_delay() {
    let pair = Pair::new(TLS12_POLICY);
    let rsa_only = Policy::find(RSA_POLICY).expect("a policy");
    pair.client.set_policy(rsa_only).expect("no rules");
    assert_eq!(pair.negotiate().1, Err(Code::CipherNotSupported));
    assert!(pair.server.delay().expect("a clock").is_zero());
}

#[test]
fn no_version_in_common_is_an_error_of_its_own() {
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
        "the test wants a policy without TLS 1.2"
    );
    policy
}
