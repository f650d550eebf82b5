//! Messages that RFCs forbid or require, and the alerts for their absence.

use std::sync::atomic::Ordering::*;

use rcgen::KeyUsagePurpose::{self, *};

use super::*;
use crate::config::CertCompression::{Faulty, Zlib};
use crate::credentials::compression::Fault;

const SUPPORTED_GROUPS: u16 = 10;
const SIGNATURE_ALGORITHMS: u16 = 13;
pub(super) const CLIENT_CERTIFICATE_TYPE: u16 = 19;
pub(super) const SERVER_CERTIFICATE_TYPE: u16 = 20;
const PSK_KEY_EXCHANGE_MODES: u16 = 45;
const KEY_SHARE: u16 = 51;
const QUIC_TRANSPORT_PARAMETERS: u16 = 57;

const UNSUPPORTED_EXTENSION: u8 = 110;

/// The length of the headers of a record and of a message in it, in bytes.
const HEADERS: usize = 5 + 4;

/// A pair whose client has sent its ClientHello, which `change` has changed: its list of extensions,
/// each with type and length.
pub(super) fn pair(policy: &[u8], change: impl FnOnce(&mut Vec<(u16, Vec<u8>)>)) -> Pair {
    let pair = Pair::new(policy);
    for config in [&pair.client_config, &pair.server_config] {
        config.set_max_blinding_delay(0);
    }
    negotiate(&pair.client).0.expect_err("blocked");
    let record: Vec<u8> = pair.to_server.state().bytes.drain(..).collect();
    let body = &record[HEADERS..];
    // Version and random, session ID, cipher suites, compression methods.
    let mut at = 2 + 32;
    at += 1 + usize::from(body[at]);
    at += 2 + usize::from(u16::from_be_bytes([body[at], body[at + 1]]));
    at += 1 + usize::from(body[at]);
    let mut list = &body[at + 2..];
    let mut extensions = Vec::new();
    while let [high, low, long, short, rest @ ..] = list {
        let len = u16::from_be_bytes([*long, *short]).into();
        extensions.push((u16::from_be_bytes([*high, *low]), rest[..len].to_vec()));
        list = &rest[len..];
    }
    change(&mut extensions);
    let extensions = extensions.iter().flat_map(|(typ, data)| {
        let len = data.len() as u16;
        [&typ.to_be_bytes()[..], &len.to_be_bytes(), data].concat()
    });
    let extensions: Vec<u8> = extensions.collect();
    let len = extensions.len() as u16;
    let body = [&body[..at], &len.to_be_bytes(), &extensions].concat();
    let record = message_record(record[5], &body);
    pair.to_server.state().bytes.extend(record);
    pair
}

/// Encodes a plaintext record with one message.
pub(super) fn message_record(typ: u8, body: &[u8]) -> Vec<u8> {
    let [_, len @ ..] = (body.len() as u32).to_be_bytes();
    let [high, low] = (body.len() as u16 + 4).to_be_bytes();
    [&[22, 3, 3, high, low, typ][..], &len, body].concat()
}

/// Returns the plaintext alert that a connection sends after its handshake has failed.
pub(super) fn alert(conn: &Connection, output: &Pipe) -> u8 {
    output.state().bytes.clear();
    shutdown(conn).0.expect("sent");
    let sent: Vec<u8> = output.state().bytes.iter().copied().collect();
    match sent[..] {
        [21, 3, 3, 0, 2, 2, alert] => alert,
        _ => panic!("no alert: {sent:?}"),
    }
}

#[test]
fn a_version_below_that_of_the_client_is_protocol_version() {
    for policy in POLICIES {
        for version in [0, 1, 2] {
            let pair = pair(policy, |_| {});
            let random = [9; 32];
            let body = [&[3, version][..], &random, &[0, 0xc0, 0x2b, 0]].concat();
            let hello = message_record(2, &body);
            pair.to_client.state().bytes.extend(hello);
            let outcome = negotiate(&pair.client).0;
            assert_eq!(outcome, Err(Code::ProtocolVersionUnsupported));
            assert_eq!(alert(&pair.client, &pair.to_server), 70);
        }
    }
}

#[test]
fn a_client_hello_of_tls13_has_the_mandatory_extensions() {
    for missing in [SUPPORTED_GROUPS, SIGNATURE_ALGORITHMS, KEY_SHARE] {
        let pair = pair(TLS13_POLICY, |list| list.retain(|(typ, _)| *typ != missing));
        let outcome = negotiate(&pair.server).0;
        assert_eq!(outcome, Err(Code::MissingExtension), "{missing}");
        assert_eq!(alert(&pair.server, &pair.to_client), 109, "{missing}");
    }
}

#[test]
fn an_extension_occurs_once_also_if_it_is_unknown() {
    const UNKNOWN: u16 = 0x1234;
    for policy in POLICIES {
        let once = pair(policy, |list| list.insert(0, (UNKNOWN, vec![])));
        assert_eq!(negotiate(&once.server).0, Err(Code::IoBlocked));
        let twice = pair(policy, |list| {
            list.insert(0, (UNKNOWN, vec![]));
            list.insert(2, (UNKNOWN, vec![1]));
        });
        let outcome = negotiate(&twice.server).0;
        assert_eq!(outcome, Err(Code::DuplicateExtension));
        assert_eq!(alert(&twice.server, &twice.to_client), 47);
    }
}

#[test]
fn a_client_without_psk_dhe_ke_gets_no_tickets() {
    for (modes, is_sent) in [(&[1, 1][..], true), (&[1, 0], false), (&[], false)] {
        let pair = pair(TLS13_POLICY, |list| {
            list.retain(|(typ, _)| *typ != PSK_KEY_EXCHANGE_MODES);
            if !modes.is_empty() {
                list.insert(0, (PSK_KEY_EXCHANGE_MODES, modes.to_vec()));
            }
        });
        pair.server_config.set_tickets(true);
        assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
        let state = &pair.server.state;
        assert_eq!(state.shared.client_resumes.load(Acquire), is_sent);
        assert_eq!(state.may_send_tickets(&pair.server_config), is_sent);
    }
}

#[test]
fn the_alert_for_a_missing_client_certificate_is_that_of_the_version() {
    for (policy, expected) in [(TLS12_POLICY, 40), (TLS13_POLICY, 116)] {
        let pair = Pair::new(policy);
        pair.server_config.set_client_auth(ClientAuth::Required);
        assert_eq!(pair.negotiate().1, Err(Code::MissingClientCert));
        shutdown(&pair.server).0.expect("sent");
        let _ = negotiate(&pair.client);
        let _ = recv(&pair.client, 1);
        let alert = pair.client.alert().map_err(|error| error.code());
        assert_eq!(alert, Ok(expected));
    }
}

#[test]
fn transport_parameters_without_quic_are_unsupported() {
    for policy in POLICIES {
        let pair = pair(policy, |list| {
            list.insert(0, (QUIC_TRANSPORT_PARAMETERS, vec![]));
        });
        assert_eq!(negotiate(&pair.server).0, Err(Code::UnsupportedExtension));
        assert_eq!(alert(&pair.server, &pair.to_client), UNSUPPORTED_EXTENSION);
    }
}

#[test]
fn a_client_hello_of_quic_has_no_session_id() {
    const SESSION_ID: [u8; 32] = [7; 32];
    for is_empty in [true, false] {
        let pair = Pair::new(TLS13_POLICY);
        for conn in [&pair.client, &pair.server] {
            conn.config()
                .expect("there is one")
                .set_max_blinding_delay(0);
            conn.enable_quic().expect("before the handshake");
        }
        negotiate(&pair.client).0.expect_err("blocked");
        let mut hello: Vec<u8> = pair.to_server.state().bytes.drain(..).collect();
        // The header of the message, version and random.
        let at = 4 + 2 + 32;
        assert_eq!(hello[at], 0);
        if !is_empty {
            hello[at] = SESSION_ID.len() as u8;
            hello.splice(at + 1..at + 1, SESSION_ID);
            let [_, len @ ..] = (hello.len() as u32 - 4).to_be_bytes();
            hello.splice(1..4, len);
        }
        pair.to_server.state().bytes.extend(hello);
        let outcome = negotiate(&pair.server).0;
        let expected = if is_empty {
            Code::IoBlocked
        } else {
            Code::BadMessage
        };
        assert_eq!(outcome, Err(expected));
    }
}

/// Sends the ServerHello of a server that selects TLS 1.2, and raw public keys in the extension `typ`.
pub(super) fn select_raw_key(pair: &Pair, typ: u16) {
    let extension = [&[0, 5][..], &typ.to_be_bytes(), &[0, 1, 2]].concat();
    let body = [&[3, 3][..], &[9; 32], &[0, 0xc0, 0x2b, 0], &extension].concat();
    let record = message_record(2, &body);
    pair.to_client.state().bytes.extend(record);
}

#[test]
fn an_unsolicited_certificate_type_of_tls12_is_unsupported() {
    for typ in [CLIENT_CERTIFICATE_TYPE, SERVER_CERTIFICATE_TYPE] {
        let pair = pair(TLS12_POLICY, |_| {});
        select_raw_key(&pair, typ);
        assert_eq!(negotiate(&pair.client).0, Err(Code::BadMessage));
        assert_eq!(alert(&pair.client, &pair.to_server), UNSUPPORTED_EXTENSION);
    }
}

/// Returns a pair whose server requires a client certificate, and whose sides send their
/// certificates with `fault`, if any. Each has two, so that the fault has room.
pub(super) fn faulty(client: Option<Fault>, server: Option<Fault>) -> Pair {
    let policy = Policy::find(TLS13_POLICY).expect("a policy");
    let make = |(cert, key): &(String, String), fault: Option<Fault>| {
        let config = Config::new_minimal();
        config.set_policy(policy).expect("no rules");
        config.trust_pem(pki().ca.as_bytes()).expect("a root");
        let both = (format!("{cert}{}", pki().ca), key.clone());
        config.add_chain(&chain(&both)).expect("fits");
        config.set_cert_compression(vec![fault.map_or(Zlib, Faulty)]);
        config.set_max_blinding_delay(0);
        config.set_verify_host_callback(Some(Arc::new(AnyHost)));
        config.set_checks_ocsp(false);
        Arc::new(config)
    };
    let server_config = make(&pki().server, server);
    server_config.set_client_auth(ClientAuth::Required);
    Pair::with_configs(make(&pki().client, client), server_config)
}

#[test]
fn an_unsolicited_extension_of_a_server_certificate_is_unsupported() {
    for (fault, code) in [
        (Fault::UnknownExtension, Code::BadMessage),
        (Fault::OcspResponse, Code::UnsupportedExtension),
    ] {
        let pair = faulty(None, Some(fault));
        assert_eq!(pair.negotiate().0, Err(code), "{fault:?}");
        shutdown(&pair.client).0.expect("sent");
        assert_eq!(negotiate(&pair.server).0, Err(Code::Alert));
        let alert = pair.server.alert().expect("received");
        assert_eq!(alert, UNSUPPORTED_EXTENSION, "{fault:?}");
    }
    let requested = faulty(None, Some(Fault::OcspResponse));
    requested.client_config.set_requests_ocsp(true);
    requested.establish();
    assert!(requested.client.peer_ocsp().is_some());
}

#[test]
fn an_extension_of_a_client_certificate_is_unsupported() {
    for fault in [Fault::UnknownExtension, Fault::OcspResponse] {
        let pair = faulty(Some(fault), None);
        assert_eq!(pair.negotiate().1, Err(Code::BadMessage), "{fault:?}");
        shutdown(&pair.server).0.expect("sent");
        assert_eq!(recv(&pair.client, 1).0, Err(Code::Alert));
        let alert = pair.client.alert().expect("received");
        assert_eq!(alert, UNSUPPORTED_EXTENSION, "{fault:?}");
    }
}

/// Returns a pair whose sides have leaves with these key usages; none for no extension.
fn with_usages(policy: &[u8], client: &[KeyUsagePurpose], server: &[KeyUsagePurpose]) -> Pair {
    let policy = Policy::find(policy).expect("a policy");
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).expect("a key");
    let root = CertifiedIssuer::self_signed(params, key).expect("a root");
    let make = |usages: &[KeyUsagePurpose]| {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).expect("a key");
        let mut params = CertificateParams::new(["server.example".into()]).expect("a name");
        params.key_usages = usages.to_vec();
        let cert = params.signed_by(&key, &root).expect("a certificate");
        let config = Config::new_minimal();
        config.set_policy(policy).expect("no rules");
        config.trust_pem(root.pem().as_bytes()).expect("a root");
        let leaf = chain(&(cert.pem(), key.serialize_pem()));
        config.add_chain(&leaf).expect("fits");
        Arc::new(config)
    };
    let server_config = make(server);
    server_config.set_client_auth(ClientAuth::Required);
    Pair::with_configs(make(client), server_config)
}

#[test]
fn the_key_usage_of_a_leaf_has_digital_signature() {
    for policy in POLICIES {
        for usages in [
            &[DigitalSignature][..],
            &[KeyEncipherment, DigitalSignature],
        ] {
            with_usages(policy, usages, usages).establish();
        }
        for usages in [
            &[KeyEncipherment][..],
            &[KeyAgreement],
            &[KeyAgreement, KeyEncipherment],
            &[ContentCommitment],
        ] {
            let server = with_usages(policy, &[], usages);
            assert_eq!(server.negotiate().0, Err(Code::CertIntentInvalid));
            let client = with_usages(policy, usages, &[]);
            assert_eq!(client.negotiate().1, Err(Code::CertIntentInvalid));

            let unchecked = with_usages(policy, usages, usages);
            unchecked.client_config.disable_intent_verification();
            unchecked.server_config.disable_intent_verification();
            unchecked.establish();
        }
    }
}
