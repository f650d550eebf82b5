//! The encodings of rustls that this module relies on: an update of rustls that changes one fails
//! here.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::Tls13CipherSuite;
use rustls::client::{
    ClientSessionKey, ClientSessionStore, Resumption, Tls12Session, Tls13Session,
};
use rustls::crypto::kx::NamedGroup;
use rustls::crypto::{CryptoProvider, TicketProducer};
use rustls::enums::ApplicationProtocol;
use rustls::server::Tls13Tickets;
use rustls_aws_lc_rs::DEFAULT_PROVIDER;

use super::client_session::{self, ClientSession, Handle, SessionState};
use super::factory;
use super::server_session::{Binding, EarlyDataBinding, parse_tls12};
use super::session_state::Tls13State;
use crate::base::lock;
use crate::crypto::captured::capture;
use crate::crypto::tls13::SUITES;
use crate::error::Code;
use crate::messages::Reader;

/// Records the sessions of both sides of a handshake of rustls.
#[derive(Default)]
struct Recorder {
    /// Those that the server would encrypt.
    server: Mutex<Vec<Vec<u8>>>,
    tls12: Mutex<Option<Tls12Session>>,
}

impl TicketProducer for Recorder {
    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        lock(&self.server).push(plain.to_vec());
        Some(b"ticket".to_vec())
    }

    fn decrypt(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn lifetime(&self) -> Duration {
        Duration::from_secs(1)
    }
}

impl ClientSessionStore for Recorder {
    fn set_kx_hint(&self, _: ClientSessionKey<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ClientSessionKey<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _: ClientSessionKey<'static>, session: Tls12Session) {
        *lock(&self.tls12) = Some(session);
    }

    fn tls12_session(&self, _: &ClientSessionKey<'_>) -> Option<Tls12Session> {
        None
    }

    fn remove_tls12_session(&self, _: &ClientSessionKey<'static>) {}

    fn insert_tls13_ticket(&self, _: ClientSessionKey<'static>, _: Tls13Session) {}

    fn take_tls13_ticket(&self, _: &ClientSessionKey<'static>) -> Option<Tls13Session> {
        None
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorder")
    }
}

/// Runs a handshake of rustls with itself, and returns its sessions and the resumption master
/// secret.
fn sessions(
    provider: CryptoProvider,
    alpn: Option<ApplicationProtocol<'_>>,
) -> (Arc<Recorder>, Option<Vec<u8>>) {
    let recorder = Arc::new(Recorder::default());
    let provider = Arc::new(provider);
    let (mut client, mut server) = factory::configs(provider).expect("valid configs");
    client.resumption = Resumption::store(recorder.clone());
    server.ticketer = Some(recorder.clone());
    server.send_tls13_tickets = Tls13Tickets { default: 1, max: 1 };
    client.alpn_protocols = alpn.iter().map(|name| name.to_owned()).collect();
    server.alpn_protocols = client.alpn_protocols.clone();
    let handshake = || factory::handshake(client, server).map(drop);
    let (outcome, captured) = capture(handshake);
    outcome.expect("a complete handshake");
    let secret = captured.resumption_secret;
    (recorder, secret.map(|secret| secret.to_vec()))
}

const NAME: &str = factory::SERVER_NAME;

/// Replaces the time of creation, which the version precedes.
fn without_time(mut session: Vec<u8>) -> Vec<u8> {
    session[2..10].fill(0);
    session
}

#[test]
fn a_tls12_server_session_is_encoded_as_rustls_does() {
    let provider = CryptoProvider {
        tls13_cipher_suites: vec![].into(),
        ..DEFAULT_PROVIDER
    };
    let (recorder, _) = sessions(provider, None);
    let theirs = lock(&recorder.server).pop().expect("a ticket");
    let state = parse_tls12(&theirs, 5).expect("of this encoding");
    assert_eq!(state.issued, 5);
    assert!(state.has_extended_master_secret);
    let binding = Binding {
        server_name: Some(NAME),
        suite: state.suite,
        early_data: None,
    };
    let ours = binding.tls12_session(&state).expect("encoded");
    assert_eq!(*ours, without_time(theirs));
    // There is no protocol.
    assert_eq!(ours.capacity(), ours.len() + 1);
}

#[test]
fn a_tls12_client_session_is_encoded_as_rustls_does() {
    let provider = CryptoProvider {
        tls13_cipher_suites: vec![].into(),
        ..DEFAULT_PROVIDER
    };
    let (recorder, _) = sessions(provider, None);
    let server = lock(&recorder.server).pop().expect("a ticket");
    let state = parse_tls12(&server, 5).expect("of this encoding");
    let session = lock(&recorder.tls12).take().expect("a session");
    let mut theirs = Vec::new();
    session.encode(&mut theirs);
    let handle = Handle::Ticket((*b"ticket").into());
    let ours = client_session::tls12_session(&handle, &state, &DEFAULT_PROVIDER);
    let mut encoded = Vec::new();
    let ours = ours.expect("encoded").expect("of this encoding");
    ours.encode(&mut encoded);
    // The suite, and the secret behind the session ID.
    assert_eq!(encoded[..2], theirs[..2]);
    let secret = |session: &[u8]| {
        let mut reader = Reader(session);
        reader.u16().expect("the suite");
        reader.vector(1).expect("the session ID");
        reader
            .take(48 + 1 + 2 + 6)
            .expect("the secret and the ticket")
            .to_vec()
    };
    assert_eq!(secret(&encoded), secret(&theirs));
}

#[test]
fn a_tls13_server_session_is_encoded_as_rustls_does() {
    for suite in SUITES {
        check_tls13_session(suite, b"");
        check_tls13_session(suite, b"h2");
    }
}

fn check_tls13_session(suite: &'static Tls13CipherSuite, alpn: &[u8]) {
    let provider = CryptoProvider {
        tls13_cipher_suites: vec![suite].into(),
        tls12_cipher_suites: vec![].into(),
        ..DEFAULT_PROVIDER
    };
    let offered = (!alpn.is_empty()).then(|| ApplicationProtocol::from(alpn));
    let (recorder, secret) = sessions(provider, offered);
    let secret_len = suite.common.hash_provider.output_len();
    assert_eq!(secret.map(|secret| secret.len()), Some(secret_len));
    let theirs = lock(&recorder.server).pop().expect("a ticket");
    // The pre-shared key and the obfuscation of the age are at the end.
    let (head, age_add) = theirs.split_at(theirs.len() - 4);
    let age_add = u32::from_be_bytes(age_add.try_into().expect("four bytes"));
    let now = u64::from_be_bytes(theirs[2..10].try_into().expect("eight bytes"));
    let binding = Binding {
        server_name: Some(NAME),
        suite: suite.common.suite.into(),
        early_data: Some(EarlyDataBinding {
            alpn,
            now,
            age: age_add,
        }),
    };
    let state = Tls13State {
        suite: binding.suite,
        issued: 0,
        age_add: 0,
        secret: head[head.len() - secret_len..].to_vec().into(),
        expiration: None,
        early_data: None,
    };
    let ours = binding.tls13_session(&state).expect("encoded");
    assert_eq!(*ours, theirs);
    // A vector that grows leaves parts of the secret behind. A protocol has a length.
    assert_eq!(ours.capacity(), ours.len() + usize::from(alpn.is_empty()));

    // Without early data, neither the time nor the protocol matters.
    if alpn.is_empty() {
        let binding = Binding {
            early_data: None,
            ..binding
        };
        let state = Tls13State { age_add, ..state };
        let ours = binding.tls13_session(&state).expect("encoded");
        assert_eq!(*ours, without_time(theirs));
    }
}

#[test]
fn the_factory_makes_the_session_that_is_wanted() {
    for suite in SUITES {
        let state = Tls13State {
            suite: suite.common.suite.into(),
            issued: 0,
            age_add: 0,
            secret: vec![0xa5; suite.common.hash_provider.output_len()].into(),
            expiration: None,
            early_data: None,
        };
        let session = factory::session(&state, b"identity", 0x0102_0304, 7).expect("memory");
        let session = session.expect("the handshake of the factory succeeds");
        let mut encoded = Vec::new();
        session.encode(&mut encoded);
        let mut reader = Reader(&encoded);
        assert_eq!(reader.u16().ok(), Some(state.suite));
        assert_eq!(reader.vector(1).ok(), Some(&state.secret[..]));
        assert_eq!(reader.u32().ok(), Some(0x0102_0304));
        assert_eq!(reader.u32().ok(), Some(7), "early data");
        assert_eq!(reader.vector(2).ok(), Some(&b"identity"[..]));
        // It never expires.
        reader.u64().expect("the time of creation");
        assert_eq!(reader.u64().ok(), Some(0));

        for max_early_data in [0, 7] {
            let ticket = factory::ticket(&state, b"identity", 0, max_early_data).expect("memory");
            let extension = if max_early_data > 0 { 8 } else { 0 };
            let len = 4 + 4 + 1 + state.secret.len() + 2 + 8 + 2 + extension;
            assert_eq!(ticket.len(), len);
            assert!(ticket.capacity() <= len + 8 - extension, "it was not moved");
        }
    }
}

#[test]
fn a_client_session_has_a_suite_of_tls13() {
    for (suite, expected) in [
        (0x1301, None),
        (0x1302, None),
        (0x1303, None),
        (0x1304, Some(Code::CipherNotSupported)),
        (0xc02f, Some(Code::CipherNotSupported)),
    ] {
        let session = ClientSession {
            handle: Handle::Ticket((*b"ticket").into()),
            state: SessionState::Tls13(Tls13State {
                suite,
                issued: 0,
                age_add: 0,
                secret: vec![0xa5; 32].into(),
                expiration: None,
                early_data: None,
            }),
        };
        let serialized = session.serialize().expect("memory");
        assert_eq!(serialized.capacity(), serialized.len(), "it was not moved");
        for len in 0..serialized.len() {
            // In the ticket, in the secret, or in another field.
            let code = match len {
                3..9 => Code::InvalidSerializedSessionState,
                26..58 => Code::Null,
                _ => Code::StufferOutOfData,
            };
            let parsed = ClientSession::parse(&serialized[..len], 0);
            assert_eq!(parsed.err().map(|error| error.code()), Some(code), "{len}");
        }
        // TLS 1.3 has no session IDs.
        let of_id = [&[0, 6][..], &serialized[3..]].concat();
        let parsed = ClientSession::parse(&of_id, 0);
        assert_eq!(parsed.err().map(|error| error.code()), Some(Code::Null));
        let parsed = ClientSession::parse(&serialized, 0);
        assert_eq!(
            parsed.err().map(|error| error.code()),
            expected,
            "{suite:x}"
        );
    }
}
