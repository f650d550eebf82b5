//! Negotiation of the version on a server, and the messages and alerts that interrupt a handshake.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::*};

use super::requirements::message_record;
use super::*;
use crate::base::lock;
use crate::config::ClientHelloCallback;
use crate::messages::{ClientHello, Reader};

const SUPPORTED_VERSIONS: u16 = 43;
const TLS12_ALONE: &[u8] = TLS12_POLICY;
const TLS13_AND_TLS12: &[u8] = TLS13_POLICY;
const TLS13_ALONE: &[u8] = b"20250211";

/// Encodes a ClientHello that has no extensions but signature_algorithms and supported_versions.
fn client_hello(legacy: [u8; 2], versions: &[[u8; 2]], is_fallback: bool) -> Vec<u8> {
    let mut suites = vec![0xc0, 0x2b, 0x13, 0x01];
    if is_fallback {
        suites.extend([0x56, 0x00]);
    }
    // signature_algorithms: ecdsa_secp256r1_sha256
    let mut extensions = vec![0, 13, 0, 4, 0, 2, 4, 3];
    if !versions.is_empty() {
        let len = 2 * versions.len() as u8;
        extensions.extend(SUPPORTED_VERSIONS.to_be_bytes());
        extensions.extend([0, len + 1, len]);
        extensions.extend(versions.as_flattened());
    }
    let body = [
        &legacy[..],
        &[7; 32],
        &[0, 0, suites.len() as u8],
        &suites,
        &[1, 0, 0, extensions.len() as u8],
        &extensions,
    ];
    message_record(1, &body.concat())
}

/// Returns the outcome of a server, its alert, and the highest versions of the client and the
/// server that it reports.
fn answer(policy: &[u8], hello: &[u8]) -> (Code, Option<u8>, Version, Version) {
    let pair = Pair::new(policy);
    pair.server_config.set_max_blinding_delay(0);
    pair.to_server.state().bytes.extend(hello);
    let code = negotiate(&pair.server).0.expect_err("no handshake");
    let _ = shutdown(&pair.server);
    let sent: Vec<u8> = pair.to_client.state().bytes.iter().copied().collect();
    let alert = match sent[..] {
        [21, 3, _, 0, 2, 2, alert] => Some(alert),
        _ => None,
    };
    (
        code,
        alert,
        pair.server.client_version(),
        pair.server.server_version(),
    )
}

#[test]
fn an_outdated_client_gets_the_alert_protocol_version() {
    let outdated = Code::ProtocolVersionUnsupported;
    for (legacy, versions, client) in [
        ([3, 2], &[][..], Version::Tls11),
        ([3, 1], &[], Version::Tls10),
        ([3, 3], &[[3, 2]], Version::Tls11),
        ([3, 3], &[[3, 2], [3, 1]], Version::Tls11),
    ] {
        let hello = client_hello(legacy, versions, false);
        let expected = (outdated, Some(70), client, Version::Tls13);
        assert_eq!(answer(TLS13_AND_TLS12, &hello), expected);
    }
    // The version takes precedence over other errors: there are no extensions.
    let body = [&[3, 1][..], &[7; 32], &[0, 0, 2, 0xc0, 0x2b, 1, 0]].concat();
    let expected = (outdated, Some(70), Version::Tls10, Version::Tls13);
    assert_eq!(answer(TLS13_AND_TLS12, &message_record(1, &body)), expected);
    // For a server that has TLS 1.2 alone, legacy_version decides.
    let hello = client_hello([3, 2], &[[3, 4]], false);
    let expected = (outdated, Some(70), Version::Tls13, Version::Tls12);
    assert_eq!(answer(TLS12_ALONE, &hello), expected);
    let hello = client_hello([3, 3], &[], false);
    let expected = (outdated, Some(70), Version::Tls12, Version::Tls13);
    assert_eq!(answer(TLS13_ALONE, &hello), expected);
}

/// A server with TLS 1.2 alone reports the version of a client that offers none it knows.
#[test]
fn an_unknown_version_is_reported_by_its_legacy_version() {
    let hello = client_hello([3, 3], &[[0x1a, 0x1a]], false);
    let (.., client, server) = answer(TLS12_ALONE, &hello);
    assert_eq!((client, server), (Version::Tls12, Version::Tls12));
    let (.., client, server) = answer(TLS13_AND_TLS12, &hello);
    assert_eq!((client, server), (Version::Unknown, Version::Tls13));
}

/// RFC 7507, 3.
#[test]
fn a_fallback_below_the_version_of_the_server_is_rejected() {
    let tls12 = client_hello([3, 3], &[], true);
    let (code, alert, ..) = answer(TLS13_AND_TLS12, &tls12);
    assert_eq!((code, alert), (Code::FallbackDetected, Some(86)));
    for (policy, hello) in [
        (TLS12_ALONE, &tls12),
        (TLS13_AND_TLS12, &client_hello([3, 3], &[[3, 4]], true)),
        (TLS13_AND_TLS12, &client_hello([3, 3], &[], false)),
    ] {
        assert_ne!(answer(policy, hello).0, Code::FallbackDetected);
    }
}

/// Also when the handshake is complete.
#[test]
fn a_server_reports_its_highest_version() {
    let pair = Pair::new(TLS13_AND_TLS12);
    let tls12 = Policy::find(TLS12_ALONE).expect("a policy");
    pair.client.set_policy(tls12).expect("no rules");
    pair.establish();
    assert_eq!(pair.server.version(), Version::Tls12);
    assert_eq!(pair.server.server_version(), Version::Tls13);
    assert_eq!(pair.client.server_version(), Version::Tls12);
}

#[test]
fn another_message_than_the_second_client_hello_is_unexpected() {
    let pair = Pair::new(b"default");
    let p384 = Policy::restricted_to_group(0x18);
    pair.server.set_policy(p384).expect("no rules");
    pair.server_config.set_max_blinding_delay(0);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    pair.to_server
        .state()
        .bytes
        .extend(message_record(20, &[0]));
    assert_eq!(negotiate(&pair.server).0, Err(Code::BadMessage));
    let alert = requirements::alert(&pair.server, &pair.to_client);
    assert_eq!(alert, 10);
}

/// RFC 5246, 7.4.1.1: the client ignores it, unless it is within a message or encrypted.
#[test]
fn a_client_of_tls12_ignores_a_hello_request() {
    const HELLO_REQUEST: [u8; 9] = [22, 3, 3, 0, 4, 0, 0, 0, 0];
    let ignores = |before: &[u8], record: &[u8]| {
        let pair = Pair::new(TLS12_POLICY);
        assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
        assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
        let flight: Vec<u8> = pair.to_client.state().bytes.drain(..).collect();
        let mut state = pair.to_client.state();
        state.bytes.extend([before, record, &flight].concat());
        drop(state);
        pair.negotiate() == (Ok(()), Ok(()))
    };
    assert!(ignores(&[], &[]));
    assert!(ignores(&[], &HELLO_REQUEST));
    assert!(ignores(&HELLO_REQUEST, &HELLO_REQUEST));
    for other in [
        // Another message, another length, another type of record, and a fragment.
        &[22, 3, 3, 0, 4, 14, 0, 0, 0][..],
        &[22, 3, 3, 0, 5, 0, 0, 0, 1, 0],
        &[23, 3, 3, 0, 4, 0, 0, 0, 0],
    ] {
        assert!(!ignores(&[], other), "{other:?}");
    }
    // In the middle of a ServerHello, and by a server.
    assert!(!ignores(&[22, 3, 3, 0, 4, 2, 0, 0, 70], &HELLO_REQUEST));
    let pair = Pair::new(TLS12_POLICY);
    pair.to_server.state().bytes.extend(HELLO_REQUEST);
    assert_eq!(negotiate(&pair.server).0, Err(Code::BadMessage));
}

#[test]
fn an_alert_explains_why_a_peer_has_closed_the_connection() {
    const EPIPE: i32 = 32;
    for (alert, expected) in [
        (&[21, 3, 3, 0, 2, 2, 40][..], Code::Alert),
        (&[], Code::Io),
        // Another record than an alert.
        (&[22, 3, 3, 0, 4, 2, 0, 0, 0], Code::Io),
    ] {
        let pair = Pair::new(TLS13_POLICY);
        assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
        pair.to_client.state().failure = Some(EPIPE);
        pair.to_server.state().bytes.extend(alert);
        assert_eq!(negotiate(&pair.server).0, Err(expected));
    }
    // A write that blocks reads nothing.
    let pair = Pair::new(TLS13_POLICY);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    pair.to_client.state().room = Some(0);
    pair.to_server.state().bytes.extend([21, 3, 3, 0, 2, 2, 40]);
    for _ in 0..2 {
        let blocked = (Err(Code::IoBlocked), Blocked::Write);
        assert_eq!(negotiate(&pair.server), blocked);
    }
    assert!(!pair.to_server.state().bytes.is_empty());
}

/// A ClientHello callback, which selects a config.
#[derive(Default)]
struct Selects {
    server: Mutex<Option<Arc<Connection>>>,
    config: Option<Arc<Config>>,
    result: i32,
    calls: AtomicUsize,
}

impl ClientHelloCallback for Selects {
    fn call(&self, _: usize) -> i32 {
        self.calls.fetch_add(1, SeqCst);
        let server = lock(&self.server);
        if let (Some(server), Some(config)) = (&*server, &self.config) {
            server.set_config(config.clone()).expect("fits");
        }
        self.result
    }
}

/// Negotiates with a server whose callback returns `result`; returns the outcome, and the number of
/// calls.
fn with_callback(result: i32, config: Option<Arc<Config>>) -> (Ends, Result<(), Code>, usize) {
    let pair = Pair::new(TLS13_POLICY);
    pair.server_config.set_max_blinding_delay(0);
    let callback = Arc::new(Selects {
        config,
        result,
        ..Selects::default()
    });
    pair.server_config
        .set_client_hello_callback(Some(callback.clone()));
    let ends = Ends {
        client: pair.client,
        server: Arc::new(pair.server),
        to_client: pair.to_client,
    };
    *lock(&callback.server) = Some(ends.server.clone());
    let _ = negotiate(&ends.client);
    let mut outcome = negotiate(&ends.server).0;
    if outcome == Err(Code::IoBlocked) {
        let _ = negotiate(&ends.client);
        outcome = negotiate(&ends.server).0;
    }
    *lock(&callback.server) = None;
    let calls = callback.calls.load(SeqCst);
    (ends, outcome, calls)
}

/// The ends of a [`Pair`], one of which a callback shares.
struct Ends {
    client: Connection,
    server: Arc<Connection>,
    to_client: Arc<Pipe>,
}

#[test]
fn the_client_hello_callback_continues_or_fails_the_handshake() {
    for result in [0, 1, i32::MAX] {
        let (_, outcome, calls) = with_callback(result, None);
        assert_eq!((outcome, calls), (Ok(()), 1), "{result}");
    }
    for result in [-1, i32::MIN] {
        let (pair, outcome, calls) = with_callback(result, None);
        assert_eq!((outcome, calls), (Err(Code::Cancelled), 1), "{result}");
        shutdown(&pair.server).0.expect("sent");
        let sent: Vec<u8> = pair.to_client.state().bytes.drain(..).collect();
        assert_eq!(sent, [21, 3, 3, 0, 2, 2, 40]);
    }
}

/// The application observes every ClientHello that is well-formed.
#[test]
fn the_client_hello_callback_is_called_for_an_outdated_client() {
    let pair = Pair::new(TLS13_POLICY);
    let callback = Arc::new(Selects::default());
    let own = Some(callback.clone() as _);
    pair.server_config.set_client_hello_callback(own);
    let hello = client_hello([3, 1], &[], false);
    pair.to_server.state().bytes.extend(hello);
    let outcome = negotiate(&pair.server).0;
    assert_eq!(outcome, Err(Code::ProtocolVersionUnsupported));
    assert_eq!(callback.calls.load(SeqCst), 1);
}

#[test]
fn the_client_hello_callback_selects_the_config_of_the_response() {
    let selected = Pair::new(TLS13_POLICY).server_config;
    selected.append_alpn(b"x").expect("short");
    selected.set_client_auth(ClientAuth::Required);
    let (_, outcome, calls) = with_callback(0, Some(selected));
    assert_eq!((outcome, calls), (Err(Code::MissingClientCert), 1));
}

#[test]
fn an_asynchronous_client_hello_callback_is_called_once() {
    let pair = Pair::new(TLS13_POLICY);
    let callback = Arc::new(Selects::default());
    let config = &pair.server_config;
    config.set_client_hello_callback(Some(callback.clone()));
    config.set_client_hello_waits(true);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    let blocked = (Err(Code::AsyncBlocked), Blocked::ApplicationInput);
    for _ in 0..3 {
        assert_eq!(negotiate(&pair.server), blocked);
    }
    pair.server.release_client_hello().expect("it was called");
    pair.establish();
    assert_eq!(callback.calls.load(SeqCst), 1);
}

#[test]
fn settings_that_change_during_a_handshake_are_used() {
    let pair = Pair::new(TLS13_POLICY);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    pair.server_config.set_client_auth(ClientAuth::Required);
    pair.client_config.wipe_trust();
    assert_eq!(pair.negotiate().0, Err(Code::CertUntrusted));
    assert_eq!(pair.server.message_name(), c"CLIENT_CERT");
}

#[test]
fn a_call_behind_the_handshake_sends_the_tickets_that_are_due() {
    let pair = resumption::pair(TLS13_POLICY);
    resumption::establish(&pair);
    pair.server.add_tickets(1).expect("a few");
    pair.to_client.state().room = Some(9);
    let blocked = (Err(Code::IoBlocked), Blocked::Write);
    assert_eq!(negotiate(&pair.server), blocked);
    pair.to_client.state().room = None;
    assert_eq!(negotiate(&pair.server), (Ok(()), Blocked::Not));
    assert_eq!(pair.server.tickets_sent().expect("a server"), 2);
    // But not behind a close_notify.
    pair.server.add_tickets(1).expect("a few");
    pair.server
        .shutdown_send(&mut Blocked::Not)
        .expect("it is sent");
    assert_eq!(negotiate(&pair.server), (Ok(()), Blocked::Not));
    assert_eq!(pair.server.tickets_sent().expect("a server"), 2);
}

/// RFC 8446, 4.4.2.4: decode_error.
#[test]
fn a_server_without_certificates_in_its_message_gets_decode_error() {
    const CERTIFICATE: u8 = 11;
    let pair = Pair::new(TLS12_POLICY);
    pair.client_config.set_max_blinding_delay(0);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    let flight: Vec<u8> = pair.to_client.state().bytes.drain(..).collect();
    let mut records = Reader(&flight);
    let mut messages = Vec::new();
    while !records.0.is_empty() {
        records.take(3).expect("type and version");
        messages.extend(records.vector(2).expect("a record"));
    }
    let mut messages = Reader(&messages);
    while !messages.0.is_empty() {
        let typ = messages.u8().expect("a type");
        let body = messages.vector(3).expect("a body");
        let body = if typ == CERTIFICATE { &[0; 3] } else { body };
        let record = message_record(typ, body);
        pair.to_client.state().bytes.extend(record);
    }
    assert_eq!(negotiate(&pair.client).0, Err(Code::BadMessage));
    let alert = requirements::alert(&pair.client, &pair.to_server);
    assert_eq!(alert, 50);
}

#[test]
fn a_client_stores_whether_tls12_renegotiation_is_secure() {
    for (policy, is_secure) in [(TLS12_POLICY, true), (TLS13_POLICY, false)] {
        let pair = Pair::new(policy);
        pair.establish();
        let stored = &pair.client.state.shared.secure_renegotiation;
        assert_eq!(stored.load(Acquire), is_secure);
    }
}

/// QUIC, Encrypted ClientHello and its GREASE have TLS 1.3 alone.
#[test]
fn a_session_of_tls12_is_offered_only_by_a_client_that_has_tls12() {
    let first = resumption::pair(TLS12_POLICY);
    resumption::establish(&first);
    let session = resumption::session(&first);
    let offers = |configure: &dyn Fn(&Pair)| {
        let pair = resumption::pair(TLS13_POLICY);
        pair.client.set_session(&session).expect("valid");
        configure(&pair);
        assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
        let sent: Vec<u8> = pair.to_server.state().bytes.iter().copied().collect();
        let hello = if pair.client.uses_quic() {
            &sent[..]
        } else {
            &sent[5..]
        };
        let hello = ClientHello::parse(hello).expect("well-formed");
        let ticket = hello.with_extension(35, <[u8]>::len);
        ticket.is_ok_and(|len| len > 0)
    };
    assert!(offers(&|_| ()));
    assert!(!offers(&|pair| pair.client.enable_quic().expect("new")));
    assert!(!offers(&|pair| pair.client_config.set_ech_grease(true)));
    assert!(!offers(&|pair| {
        let list = ech_config_list(&[ech_config("public.example")]);
        pair.client.set_ech_config_list(&list).expect("supported");
    }));
}
