//! Handshakes of QUIC: messages without records, secrets and transport parameters.

use std::sync::Mutex;

use super::*;
use crate::base::lock;
use crate::config::{SecretCallback, SecretType};
use crate::messages::{ClientHello, Reader};

use SecretType::*;

/// The parameters of the client and of the server.
const PARAMETERS: [&[u8]; 2] = [b"of the client", b"of the server"];

/// A pair of QUIC connections.
fn pair() -> Pair {
    quic(Pair::new(TLS13_POLICY))
}

fn quic(pair: Pair) -> Pair {
    for (conn, parameters) in [&pair.client, &pair.server].into_iter().zip(PARAMETERS) {
        conn.enable_quic().expect("before the handshake");
        conn.set_transport_parameters(parameters).expect("memory");
        conn.config().expect("set").set_max_blinding_delay(0);
    }
    pair
}

/// A secret, with the types of the messages that were written before it.
type Received = (SecretType, Vec<u8>, Vec<u8>);

/// Receives secrets, and accepts some of them.
struct Secrets {
    output: Arc<Pipe>,
    accepts: fn(SecretType) -> bool,
    received: Mutex<Vec<Received>>,
}

impl SecretCallback for Secrets {
    fn receive(&self, _: usize, typ: SecretType, secret: &mut [u8]) -> bool {
        let written = types(&self.output);
        lock(&self.received).push((typ, written, secret.to_vec()));
        (self.accepts)(typ)
    }
}

/// Returns the types of the messages in a transport.
fn types(pipe: &Pipe) -> Vec<u8> {
    let mut state = pipe.state();
    let mut messages = Reader(state.bytes.make_contiguous());
    let mut types = Vec::new();
    while !messages.0.is_empty() {
        types.push(messages.u8().expect("a type"));
        messages.vector(3).expect("a body");
    }
    types
}

fn listen(conn: &Connection, output: &Arc<Pipe>, accepts: fn(SecretType) -> bool) -> Arc<Secrets> {
    let secrets = Arc::new(Secrets {
        output: output.clone(),
        accepts,
        received: Mutex::default(),
    });
    conn.set_secret_callback(secrets.clone());
    secrets
}

fn retried() -> Pair {
    let pair = Pair::new(b"default");
    let policy = Policy::restricted_to_group(0x18);
    pair.server.set_policy(policy).expect("no rules");
    quic(pair)
}

fn authenticated() -> Pair {
    let pair = pair();
    pair.client_config
        .add_chain(&chain(&pki().client))
        .expect("fits");
    pair.server_config.set_client_auth(ClientAuth::Required);
    pair.server_config
        .set_verify_host_callback(Some(Arc::new(AnyHost)));
    pair
}

#[test]
fn an_ocsp_response_is_requested_if_the_config_wants_that() {
    for requests in [false, true] {
        let pair = pair();
        pair.client_config.set_requests_ocsp(requests);
        assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
        let hello = {
            let mut state = pair.to_server.state();
            ClientHello::parse(state.bytes.make_contiguous()).expect("a ClientHello")
        };
        let requested = hello.with_payload(|hello| Ok(hello.requests_ocsp()));
        assert_eq!(requested.ok(), Some(requests));
    }
}

#[test]
fn both_sides_receive_the_same_secrets_and_each_others_parameters() {
    for make in [pair, retried, authenticated] {
        let pair = make();
        let client = listen(&pair.client, &pair.to_server, |_| true);
        let server = listen(&pair.server, &pair.to_client, |_| true);
        pair.establish();
        let secrets = |side: &Secrets| {
            let mut secrets = lock(&side.received).clone();
            secrets.sort_by_key(|(typ, ..)| *typ as u8);
            secrets
                .into_iter()
                .map(|(typ, _, secret)| (typ, secret))
                .collect::<Vec<_>>()
        };
        let of_client = secrets(&client);
        let known: Vec<_> = of_client.iter().map(|(typ, _)| *typ).collect();
        let all = [
            ClientHandshake,
            ServerHandshake,
            ClientApplication,
            ServerApplication,
            Exporter,
        ];
        assert_eq!(known, all);
        assert_eq!(of_client, secrets(&server));
        assert!(
            of_client
                .iter()
                .all(|(_, secret)| secret.iter().any(|&byte| byte != 0))
        );
        for (conn, of_peer) in [(&pair.client, PARAMETERS[1]), (&pair.server, PARAMETERS[0])] {
            let parameters = conn.peer_transport_parameters().expect("received");
            assert_eq!(*parameters, *of_peer);
            assert_eq!(conn.version(), Version::Tls13);
            assert!(conn.is_handshake_complete());
        }
    }
}

/// The server's secrets follow the ServerHello (2) and its Finished (20); those of a client precede
/// its messages.
#[test]
fn secrets_are_delivered_in_the_order_of_the_messages() {
    let pair = authenticated();
    let client = listen(&pair.client, &pair.to_server, |_| true);
    let server = listen(&pair.server, &pair.to_client, |_| true);
    let order = |side: &Secrets| {
        let secrets = std::mem::take(&mut *lock(&side.received)).into_iter();
        secrets
            .map(|(typ, written, _)| (typ, written))
            .collect::<Vec<_>>()
    };
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(types(&pair.to_server), [1]);
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    let flight = vec![2, 8, 13, 11, 15, 20];
    assert_eq!(types(&pair.to_client), flight);
    let expected = [
        (ClientHandshake, vec![2]),
        (ServerHandshake, vec![2]),
        (ClientApplication, flight.clone()),
        (ServerApplication, flight.clone()),
        (Exporter, flight),
    ];
    assert_eq!(order(&server), expected);
    assert_eq!(negotiate(&pair.client).0, Ok(()));
    assert_eq!(types(&pair.to_server), [11, 15, 20]);
    assert_eq!(order(&client), expected.map(|(typ, _)| (typ, vec![])));
    assert_eq!(negotiate(&pair.server).0, Ok(()));
    assert!(order(&server).is_empty());
}

#[test]
fn a_rejected_secret_ends_the_handshake() {
    for is_client in [true, false] {
        for accepts in
            [|typ| typ != ClientHandshake, |typ| typ != Exporter] as [fn(SecretType) -> bool; 2]
        {
            let pair = pair();
            let (conn, output) = match is_client {
                true => (&pair.client, &pair.to_server),
                false => (&pair.server, &pair.to_client),
            };
            listen(conn, output, accepts);
            let (client, server) = pair.negotiate();
            let outcome = if is_client { client } else { server };
            assert_eq!(outcome, Err(Code::Cancelled));
            assert_eq!(negotiate(conn).0, Err(Code::Closed));
        }
    }
}

/// The application has them only when it receives the secrets of the handshake.
#[test]
fn a_server_may_set_its_parameters_behind_the_server_hello() {
    struct Late(Mutex<Option<Arc<Connection>>>);
    impl SecretCallback for Late {
        fn receive(&self, _: usize, typ: SecretType, _: &mut [u8]) -> bool {
            let conn = lock(&self.0).clone().expect("set");
            if typ == ClientHandshake {
                let of_peer = conn.peer_transport_parameters().expect("received");
                assert_eq!(*of_peer, *PARAMETERS[0]);
                conn.set_transport_parameters(b"late").expect("memory");
            }
            true
        }
    }
    for make in [pair, retried] {
        let Pair { client, server, .. } = make();
        let server = Arc::new(server);
        let late = Arc::new(Late(Mutex::new(Some(server.clone()))));
        server.set_secret_callback(late.clone());
        for _ in 0..4 {
            let _ = negotiate(&client);
            let _ = negotiate(&server);
        }
        assert_eq!(
            (negotiate(&client).0, negotiate(&server).0),
            (Ok(()), Ok(()))
        );
        let parameters = client.peer_transport_parameters().expect("received");
        assert_eq!(*parameters, *b"late");
        *lock(&late.0) = None;
    }
}

#[test]
fn quic_requires_tls13() {
    let pair = pair();
    let policy = Policy::find(TLS12_POLICY).expect("a policy");
    pair.client.set_policy(policy).expect("no rules");
    assert_eq!(
        negotiate(&pair.client).0,
        Err(Code::InvalidCipherPreferences)
    );
    let pair = self::pair();
    pair.server.set_policy(policy).expect("no rules");
    assert_eq!(pair.negotiate().1, Err(Code::ProtocolVersionUnsupported));
}

/// Sends a ClientHello, and returns it.
fn client_hello(pair: &Pair) -> Vec<u8> {
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    pair.to_server.state().bytes.drain(..).collect()
}

#[test]
fn quic_requires_the_transport_parameters_of_the_client() {
    let pair = pair();
    let mut hello = client_hello(&pair);
    let extension = [&[0, 57, 0, 13][..], PARAMETERS[0]].concat();
    let mut windows = hello.windows(extension.len());
    let at = windows.position(|bytes| bytes == extension).expect("sent");
    // An unknown type.
    hello[at..at + 2].copy_from_slice(&[0x1a, 0x1a]);
    pair.to_server.state().bytes.extend(hello);
    assert_eq!(negotiate(&pair.server).0, Err(Code::MissingExtension));
}

#[test]
fn messages_arrive_in_any_fragments() {
    for make in [pair, retried, authenticated] {
        let pair = make();
        let step = |conn: &Connection, transport: &Pipe| {
            transport.state().room = Some(7);
            let outcome = negotiate(conn).0;
            assert!(matches!(outcome, Ok(()) | Err(Code::IoBlocked)));
            outcome.is_ok()
        };
        let is_complete = (0..2000)
            .any(|_| step(&pair.client, &pair.to_server) & step(&pair.server, &pair.to_client));
        assert!(is_complete);
        for (conn, of_peer) in [(&pair.client, PARAMETERS[1]), (&pair.server, PARAMETERS[0])] {
            let parameters = conn.peer_transport_parameters().expect("received");
            assert_eq!(*parameters, *of_peer);
        }
    }
}

#[test]
fn malformed_messages_end_the_handshake_without_a_delay() {
    for message in [
        // Empty, and too long.
        &[1, 0, 0, 0][..],
        &[1, 1, 0, 0],
        // Another message than a ClientHello.
        &[20, 0, 0, 1, 0],
    ] {
        let pair = pair();
        pair.server_config.set_max_blinding_delay(30);
        pair.to_server.state().bytes.extend(message);
        let outcome = negotiate(&pair.server).0;
        assert_eq!(outcome, Err(Code::BadMessage), "{message:?}");
        assert!(pair.server.delay().expect("a clock").is_zero());
        assert_eq!(negotiate(&pair.server).0, Err(Code::Closed));
    }
}

#[test]
fn a_client_verifies_the_server_before_the_handshake_is_complete() {
    let untrusted = pair();
    untrusted.client_config.wipe_trust();
    let renamed = pair();
    renamed
        .client
        .set_server_name(c"another.example")
        .expect("short");
    for (pair, code) in [
        (untrusted, Code::CertUntrusted),
        (renamed, Code::CertInvalidHostname),
    ] {
        let secrets = listen(&pair.client, &pair.to_server, |_| true);
        assert_eq!(pair.negotiate().0, Err(code));
        assert!(!pair.client.is_handshake_complete());
        let of_application = lock(&secrets.received)
            .iter()
            .any(|(typ, ..)| *typ == ClientApplication);
        assert!(!of_application, "{code:?}");
    }
}

#[test]
fn a_client_is_authenticated() {
    let pair = authenticated();
    pair.establish();
    for conn in [&pair.client, &pair.server] {
        assert!(conn.negotiated().expect("complete").client_cert_used);
    }
    let missing = self::pair();
    missing.server_config.set_client_auth(ClientAuth::Required);
    assert_eq!(missing.negotiate().1, Err(Code::MissingClientCert));

    let unexpected = authenticated();
    unexpected.client.set_client_auth(ClientAuth::None);
    assert_eq!(unexpected.negotiate().0, Err(Code::UnexpectedCertRequest));
}

#[test]
fn a_ticket_resumes_a_session() {
    let make = || quic(resumption::pair(TLS13_POLICY));
    let first = make();
    first.establish();
    assert_eq!(first.server.tickets_sent().expect("a server"), 1);
    let mut blocked = Blocked::Not;
    let received = first.client.recv_post_handshake(&mut blocked);
    received.expect("a ticket");
    let session = resumption::session(&first);
    let second = make();
    second.client.set_session(&session).expect("valid");
    second.establish();
    assert!(second.client.is_resumed() && second.server.is_resumed());
}

#[test]
fn the_protocol_is_negotiated_before_the_secrets_are_delivered() {
    let pair = pair();
    for config in [&pair.client_config, &pair.server_config] {
        config.append_alpn(b"h3").expect("short");
    }
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    // The server has sent its flight, and the client has not answered.
    let negotiated = pair.server.negotiated().expect("of the ServerHello");
    assert_eq!(negotiated.suite >> 8, 0x13);
    pair.establish();
    for conn in [&pair.client, &pair.server] {
        let negotiated = conn.negotiated().expect("complete");
        assert_eq!(negotiated.alpn.as_deref(), Some(c"h3"));
    }
}
