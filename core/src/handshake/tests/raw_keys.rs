//! Raw public keys (RFC 7250) in place of certificates.

use rcgen::{
    PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P521_SHA512, PKCS_ED25519, PKCS_ML_DSA_65, PublicKeyData,
    SignatureAlgorithm,
};

use super::*;
use crate::config::CertChain;
use crate::config::{CertRequestCallback, CertValidationCallback, CertificateRequest, Validation};
use crate::policy::names::SignatureAlgorithm as Algorithm;

mod loading;
mod validation;

/// A private key in PEM, and its SubjectPublicKeyInfo.
struct Key {
    pem: String,
    spki: Vec<u8>,
}

fn key_of(algorithm: &'static SignatureAlgorithm) -> Key {
    let key = KeyPair::generate_for(algorithm).expect("a key");
    Key {
        pem: key.serialize_pem(),
        spki: key.subject_public_key_info(),
    }
}

fn key() -> Key {
    key_of(&PKCS_ECDSA_P256_SHA256)
}

fn raw(key: &Key) -> Arc<CertChain> {
    let chain = CertChain::default();
    chain
        .load_raw_key(None, Some(key.pem.as_bytes()))
        .expect("a private key");
    Arc::new(chain)
}

/// The certificate types of a side: what it accepts, and what it sends.
#[derive(Default)]
struct Side<'a> {
    trusts_certificates: bool,
    trusted: Vec<&'a Key>,
    chain: Option<(String, String)>,
    raw: Option<&'a Key>,
}

impl Side<'_> {
    fn config(&self, policy: &[u8]) -> Config {
        let config = Config::new_minimal();
        // An alert is sent at once.
        config.set_max_blinding_delay(0);
        let policy = Policy::find(policy).expect("a policy");
        config.set_policy(policy).expect("no chains");
        if self.trusts_certificates {
            config.trust_pem(pki().ca.as_bytes()).expect("a root");
        }
        for key in &self.trusted {
            config.trust_key(&key.spki).expect("a supported key");
        }
        if let Some(own) = &self.chain {
            config.add_chain(&chain(own)).expect("fits");
        }
        if let Some(key) = self.raw {
            config.add_chain(&raw(key)).expect("fits");
        }
        config
    }
}

fn pair(client: Config, server: Config) -> Pair {
    let mut pair = Pair::new(TLS13_POLICY);
    pair.client_config = Arc::new(client);
    pair.server_config = Arc::new(server);
    let fits = pair.client.set_config(pair.client_config.clone());
    fits.expect("fits");
    let fits = pair.server.set_config(pair.server_config.clone());
    fits.expect("fits");
    pair
}

fn of_sides(client: &Side<'_>, server: &Side<'_>) -> Pair {
    pair(client.config(b"default"), server.config(b"default"))
}

fn detail(conn: &Connection) -> String {
    conn.error_detail().expect("a call has failed")
}

/// Fails the handshake: returns the errors of both sides, the later one after the alert.
fn fail(pair: &Pair) -> [(Code, String); 2] {
    let (client, server) = pair.negotiate();
    let (first, second) = match client {
        Err(Code::IoBlocked) | Ok(()) => (&pair.server, &pair.client),
        _ if server == Err(Code::Alert) => (&pair.client, &pair.server),
        _ if client == Err(Code::Alert) => (&pair.server, &pair.client),
        _ => (&pair.client, &pair.server),
    };
    let first_code = match std::ptr::eq(first, &pair.client) {
        true => client.expect_err("failed"),
        false => server.expect_err("failed"),
    };
    let _ = shutdown(first);
    let _ = negotiate(second);
    let _ = recv(second, 1);
    [(first_code, detail(first)), (Code::Alert, detail(second))]
}

#[test]
fn a_pinned_key_authenticates_a_server() {
    for (algorithm, name) in [
        (&PKCS_ECDSA_P256_SHA256, "ecdsa_secp256r1"),
        (&PKCS_ECDSA_P384_SHA384, "ecdsa_secp384r1"),
        (&PKCS_ECDSA_P521_SHA512, "ecdsa_secp521r1"),
        (&PKCS_ML_DSA_65, "mldsa65"),
    ] {
        let key = key_of(algorithm);
        let client = Side {
            trusted: vec![&key],
            ..Side::default()
        };
        let server = Side {
            raw: Some(&key),
            ..Side::default()
        };
        let policy = b"default_pq";
        let pair = pair(client.config(policy), server.config(policy));
        pair.establish();
        let presented = pair.client.peer_raw_key().expect("authenticated");
        assert_eq!(&*presented, &key.spki[..]);
        let none = pair.client.peer_path().expect_err("no certificates");
        assert_eq!(none.code(), Code::CertNotValidated);
        let none = pair.server.peer_raw_key().expect_err("no client key");
        assert_eq!(none.code(), Code::NoCertFound);
        for conn in [&pair.client, &pair.server] {
            assert_eq!(conn.version(), Version::Tls13);
            assert_eq!(conn.public_key_name(Mode::Server).expect("a key"), name);
            assert!(conn.signature_scheme(Mode::Server).is_some());
        }
        assert_eq!(send(&pair.client, b"data").0, Ok(4));
        assert_eq!(received(&pair.server), b"data");
    }
}

#[test]
fn both_sides_authenticate_with_raw_keys() {
    let (client_key, server_key) = (key(), key_of(&PKCS_ECDSA_P384_SHA384));
    let other = key();
    let client = Side {
        trusted: vec![&server_key],
        raw: Some(&client_key),
        ..Side::default()
    };
    let server = Side {
        trusted: vec![&other, &client_key],
        raw: Some(&server_key),
        ..Side::default()
    };
    for client_auth in [ClientAuth::Required, ClientAuth::Optional] {
        let pair = of_sides(&client, &server);
        pair.server.set_client_auth(client_auth);
        pair.establish();
        let presented = pair.server.peer_raw_key().expect("authenticated");
        assert_eq!(&*presented, &client_key.spki[..]);
        let negotiated = pair.server.negotiated().expect("complete");
        assert!(negotiated.client_cert_used);
        assert!(negotiated.client_cert_chain.is_none());
        assert!(pair.client.negotiated().expect("complete").client_cert_used);
        for conn in [&pair.client, &pair.server] {
            assert_eq!(conn.signature(Mode::Client).0, Algorithm::Ecdsa);
        }
    }
    // A server that requests no certificate does not answer the client's extension.
    let pair = of_sides(&client, &server);
    pair.establish();
    assert!(!pair.server.negotiated().expect("complete").client_cert_used);
}

#[test]
fn an_untrusted_key_is_rejected_with_its_fingerprint() {
    let (trusted, presented) = (key(), key());
    let client = Side {
        trusted: vec![&trusted],
        ..Side::default()
    };
    let server = Side {
        raw: Some(&presented),
        ..Side::default()
    };
    let pair = of_sides(&client, &server);
    let [(code, reason), (_, alert)] = fail(&pair);
    assert_eq!(code, Code::CertUntrusted);
    let fingerprint = crate::x509::spki::Fingerprint::of(&presented.spki);
    let expected = format!(
        "the raw public key of the peer (SHA-256 {fingerprint}) is rejected: it is none of the 1 \
         trusted public keys of the config"
    );
    assert_eq!(reason, expected);
    assert!(alert.contains("unknown_ca"), "{alert}");

    // The other direction.
    let client = Side {
        raw: Some(&presented),
        trusted: vec![&trusted],
        ..Side::default()
    };
    let server = Side {
        raw: Some(&trusted),
        trusted: vec![&trusted],
        ..Side::default()
    };
    for client_auth in [ClientAuth::Required, ClientAuth::Optional] {
        let pair = of_sides(&client, &server);
        pair.server.set_client_auth(client_auth);
        let (_, server) = pair.negotiate();
        assert_eq!(server, Err(Code::CertUntrusted));
        assert_eq!(detail(&pair.server), expected);
    }
}

/// Neither type replaces the other one.
#[test]
fn a_client_rejects_a_type_that_it_does_not_trust() {
    let key = key();
    let pinned = Side {
        trusted: vec![&key],
        ..Side::default()
    };
    let certified = Side {
        chain: Some(pki().server.clone()),
        ..Side::default()
    };
    // The server has no raw key, and no client authentication, so that it ignores the extension.
    let pair = of_sides(&pinned, &certified);
    let [(code, reason), _] = fail(&pair);
    assert_eq!(code, Code::CertTypeUnsupported);
    assert!(reason.contains("certificate type"), "{reason}");

    // Verification of certificates is disabled, which does not concern the key.
    let config = pinned.config(b"default");
    config.disable_verification();
    config.trust_key(&key.spki).expect("a key");
    let off = super::raw_keys::pair(config, certified.config(b"default"));
    assert_eq!(fail(&off)[0].0, Code::CertTypeUnsupported);

    let trusting = Side {
        trusts_certificates: true,
        ..Side::default()
    };
    let raw = Side {
        raw: Some(&key),
        ..Side::default()
    };
    let pair = of_sides(&trusting, &raw);
    let [(code, reason), (_, alert)] = fail(&pair);
    assert_eq!(code, Code::CertTypeUnsupported);
    assert!(reason.contains("raw public key"), "{reason}");
    assert!(alert.contains("unsupported_certificate"), "{alert}");
}

#[test]
fn each_pair_of_types_selects_one_in_common() {
    let key = key();
    let server = Side {
        chain: Some(pki().server.clone()),
        raw: Some(&key),
        ..Side::default()
    };
    for (trusts_certificates, trusted, is_raw) in [
        (true, vec![], false),
        (false, vec![&key], true),
        (true, vec![&key], true),
    ] {
        let client = Side {
            trusts_certificates,
            trusted,
            ..Side::default()
        };
        let pair = of_sides(&client, &server);
        pair.establish();
        assert_eq!(pair.client.peer_raw_key().is_ok(), is_raw);
        assert_eq!(pair.client.peer_path().is_ok(), !is_raw);
    }
    // Of a server with one type, a client with both accepts that.
    let both = Side {
        trusts_certificates: true,
        trusted: vec![&key],
        ..Side::default()
    };
    for (chain, raw) in [(Some(pki().server.clone()), None), (None, Some(&key))] {
        let is_raw = raw.is_some();
        let server = Side {
            chain,
            raw,
            ..Side::default()
        };
        let pair = of_sides(&both, &server);
        pair.establish();
        assert_eq!(pair.client.peer_raw_key().is_ok(), is_raw);
    }
}

#[test]
fn each_pair_of_client_types_selects_one_in_common() {
    let (key, server_key) = (key(), key());
    let client = |chain: bool, raw: bool| Side {
        trusted: vec![&server_key],
        chain: chain.then(|| pki().client.clone()),
        raw: raw.then_some(&key),
        ..Side::default()
    };
    let server = |certificates: bool, keys: bool| Side {
        raw: Some(&server_key),
        trusts_certificates: certificates,
        trusted: if keys { vec![&key] } else { Vec::new() },
        ..Side::default()
    };
    for (client, server, expected) in [
        (client(true, true), server(true, true), Ok(true)),
        (client(true, true), server(true, false), Ok(false)),
        (client(true, true), server(false, true), Ok(true)),
        (client(true, false), server(true, true), Ok(false)),
        (client(false, true), server(true, true), Ok(true)),
        (
            client(true, false),
            server(false, true),
            Err(Code::CertTypeUnsupported),
        ),
        (
            client(false, true),
            server(true, false),
            Err(Code::CertTypeUnsupported),
        ),
        (
            client(false, false),
            server(false, true),
            Err(Code::CertTypeUnsupported),
        ),
    ] {
        let server = server.config(b"default");
        server.set_client_auth(ClientAuth::Required);
        server.set_verify_host_callback(Some(Arc::new(AnyHost)));
        let pair = pair(client.config(b"default"), server);
        let outcome = pair.negotiate().1;
        let is_raw = outcome.map(|()| pair.server.peer_raw_key().is_ok());
        assert_eq!(is_raw, expected);
    }
}

/// A client without a key of the type that an optional authentication accepts stays anonymous.
#[test]
fn optional_client_authentication_accepts_no_other_type() {
    let (key, server_key) = (key(), key());
    let server = Side {
        raw: Some(&server_key),
        trusted: vec![&key],
        ..Side::default()
    };
    let anonymous = Side {
        trusted: vec![&server_key],
        ..Side::default()
    };
    let pair = of_sides(&anonymous, &server);
    pair.server.set_client_auth(ClientAuth::Optional);
    pair.establish();
    assert!(!pair.server.negotiated().expect("complete").client_cert_used);

    let certified = Side {
        chain: Some(pki().client.clone()),
        ..anonymous
    };
    let pair = of_sides(&certified, &server);
    pair.server.set_client_auth(ClientAuth::Optional);
    assert_eq!(pair.negotiate().1, Err(Code::CertTypeUnsupported));
    let reason = detail(&pair.server);
    assert!(reason.contains("raw public keys alone"), "{reason}");
}

/// RFC 7250 has them in TLS 1.2 too, which this library does not support.
#[test]
fn a_server_must_not_select_raw_keys_with_tls12() {
    let key = key();
    let trusting = Side {
        trusts_certificates: true,
        trusted: vec![&key],
        ..Side::default()
    };
    let sending = Side {
        trusts_certificates: true,
        chain: Some(pki().client.clone()),
        raw: Some(&key),
        ..Side::default()
    };
    for (side, typ) in [
        (&trusting, requirements::SERVER_CERTIFICATE_TYPE),
        (&sending, requirements::CLIENT_CERTIFICATE_TYPE),
    ] {
        let pair = pair(side.config(b"default"), Config::new_minimal());
        assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
        requirements::select_raw_key(&pair, typ);
        let outcome = negotiate(&pair.client).0;
        assert_eq!(outcome, Err(Code::CertTypeUnsupported));
        assert_eq!(requirements::alert(&pair.client, &pair.to_server), 43);
    }
}

#[test]
fn raw_keys_require_tls13() {
    let key = key();
    let pinned = Side {
        trusted: vec![&key],
        ..Side::default()
    };
    let raw = Side {
        raw: Some(&key),
        ..Side::default()
    };
    let certified = Side {
        chain: Some(pki().server.clone()),
        trusts_certificates: true,
        ..Side::default()
    };
    // The policy of the client has no TLS 1.3.
    for client in [&pinned, &raw] {
        let pair = pair(client.config(TLS12_POLICY), certified.config(TLS12_POLICY));
        assert_eq!(pair.negotiate().0, Err(Code::InvalidCipherPreferences));
        assert!(detail(&pair.client).contains("TLS 1.3"));
    }
    // The ClientHello does not offer TLS 1.2.
    let to_tls12 = pair(pinned.config(b"default"), certified.config(TLS12_POLICY));
    assert_eq!(
        to_tls12.negotiate().1,
        Err(Code::ProtocolVersionUnsupported)
    );

    // A server with a raw key alone.
    let client = Side {
        trusts_certificates: true,
        ..Side::default()
    };
    let from_tls12 = pair(client.config(TLS12_POLICY), raw.config(b"default"));
    let [(code, reason), (_, alert)] = fail(&from_tls12);
    assert_eq!(code, Code::ProtocolVersionUnsupported);
    assert!(reason.contains("requires TLS 1.3"), "{reason}");
    assert!(alert.contains("protocol_version"), "{alert}");

    // A server that requires a raw key of the client.
    let server = Side {
        chain: Some(pki().server.clone()),
        trusted: vec![&key],
        ..Side::default()
    };
    let server = server.config(b"default");
    server.set_client_auth(ClientAuth::Required);
    let from_tls12 = pair(certified.config(TLS12_POLICY), server);
    assert_eq!(
        from_tls12.negotiate().1,
        Err(Code::ProtocolVersionUnsupported)
    );

    // With both types, TLS 1.2 has certificates.
    let both = Side {
        trusts_certificates: true,
        trusted: vec![&key],
        ..Side::default()
    };
    let mixed = Side {
        chain: Some(pki().server.clone()),
        raw: Some(&key),
        ..Side::default()
    };
    for (of_client, of_server) in [
        (&b"default"[..], TLS12_POLICY),
        (TLS12_POLICY, &b"default"[..]),
    ] {
        let pair = pair(both.config(of_client), mixed.config(of_server));
        pair.establish();
        assert_eq!(pair.client.version(), Version::Tls12);
        assert!(pair.client.peer_path().is_ok());
    }
}

/// Selects a chain for each CertificateRequest.
struct Choice(Arc<CertChain>);

impl CertRequestCallback for Choice {
    fn answer(&self, _: usize, request: &CertificateRequest) -> bool {
        request.answer(self.0.clone());
        true
    }
}

#[test]
fn a_chain_of_the_other_type_is_no_answer_to_a_request() {
    let (key, server_key) = (key(), key());
    let client = Side {
        trusted: vec![&server_key],
        raw: Some(&key),
        ..Side::default()
    };
    let server = Side {
        raw: Some(&server_key),
        trusted: vec![&key],
        ..Side::default()
    };
    for (chosen, expected) in [
        (raw(&key), Ok(())),
        (chain(&pki().client), Err(Code::CertTypeUnsupported)),
    ] {
        let client = client.config(b"default");
        client.set_cert_request(Some(Arc::new(Choice(chosen))));
        let pair = pair(client, server.config(b"default"));
        pair.server.set_client_auth(ClientAuth::Required);
        assert_eq!(pair.negotiate().0, expected);
    }
}

#[test]
fn a_session_with_a_raw_key_resumes() {
    let key = key();
    let client = Side {
        trusted: vec![&key],
        ..Side::default()
    };
    let server = Side {
        raw: Some(&key),
        ..Side::default()
    };
    let prepared = || {
        let pair = of_sides(&client, &server);
        pair.client_config.set_tickets(true);
        pair.server_config.set_tickets(true);
        let added = pair.server_config.add_ticket_key(b"key", b"secret", None);
        added.expect("a valid key");
        pair.server.add_tickets(1).expect("before the handshake");
        pair
    };
    let first = prepared();
    first.establish();
    assert_eq!(send(&first.server, b"data").0, Ok(4));
    assert_eq!(received(&first.client), b"data");
    let session = first.client.session().expect("valid").expect("a ticket");
    let second = prepared();
    second.client.set_session(&session).expect("valid");
    second.establish();
    assert!(second.client.negotiated().expect("complete").resumed);
    // As for certificates, a resumed session presents none.
    assert!(second.client.peer_raw_key().is_err());

    // A server without the ticket's key performs a full handshake, with the wrong key.
    let other = super::raw_keys::key();
    let impostor = Side {
        raw: Some(&other),
        ..Side::default()
    };
    let third = of_sides(&client, &impostor);
    third.client_config.set_tickets(true);
    third.client.set_session(&session).expect("valid");
    assert_eq!(third.negotiate().0, Err(Code::CertUntrusted));
}
