//! Encrypted ClientHello: the messages of a client, and servers that do not decrypt it. Those that
//! do are in the tests of the C API.

use std::ffi::CString;

use super::*;
use crate::config::VerifyHostCallback;
use crate::connection::EchStatus;
use crate::messages::{ClientHello, ClientHelloPayload};

const ECH: u16 = 0xfe0d;
const PRE_SHARED_KEY: u16 = 41;
const PUBLIC_NAME: &str = "server.example";

/// A pair whose client encrypts its ClientHello for a server that does not, and has a certificate for
/// the public name.
fn pair() -> Pair {
    pair_with(PUBLIC_NAME, b"default")
}

fn pair_with(public_name: &str, policy: &[u8]) -> Pair {
    let pair = Pair::new(policy);
    pair.client
        .set_server_name(c"secret.example")
        .expect("short");
    let list = ech_config_list(&[ech_config(public_name)]);
    pair.client.set_ech_config_list(&list).expect("supported");
    pair
}

/// Returns the ClientHello in the first record.
pub(super) fn first_hello(pair: &Pair) -> ClientHello {
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    let mut state = pair.to_server.state();
    let bytes = state.bytes.make_contiguous();
    ClientHello::parse(&bytes[5..]).expect("a ClientHello")
}

fn with_hello<R>(pair: &Pair, read: impl FnOnce(&ClientHelloPayload<'_>) -> R) -> R {
    let hello = first_hello(pair);
    hello.with_payload(|hello| Ok(read(hello))).expect("parsed")
}

fn is_on_wire(pair: &Pair, name: &str) -> bool {
    let mut state = pair.to_server.state();
    let bytes = state.bytes.make_contiguous();
    bytes
        .windows(name.len())
        .any(|bytes| bytes == name.as_bytes())
}

/// Negotiates until the server has rejected the ClientHello.
fn be_rejected(pair: &Pair) {
    assert_eq!(pair.negotiate().0, Err(Code::EchRejected));
    assert_eq!(pair.client.ech_status(), EchStatus::Rejected);
    assert_eq!(send(&pair.client, b"data").0, Err(Code::Closed));
}

fn retry_configs(pair: &Pair) -> Result<Vec<u8>, Code> {
    let configs = pair.client.with_ech_retry_configs(<[u8]>::to_vec);
    configs.map_err(|error| error.code())
}

#[test]
fn the_server_name_is_encrypted() {
    let pair = pair();
    with_hello(&pair, |hello| {
        assert_eq!(hello.server_name().as_deref(), Some(c"server.example"));
        assert!(hello.extension(ECH).is_some());
        assert_eq!(hello.extension(43), Some(&[2, 3, 4][..]), "TLS 1.3 alone");
    });
    assert!(is_on_wire(&pair, PUBLIC_NAME));
    assert!(!is_on_wire(&pair, "secret"));
    assert_eq!(pair.client.ech_status(), EchStatus::Offered);
    let name = pair
        .client
        .state
        .with_server_name(|name| name.map(CString::from));
    assert_eq!(name.as_deref(), Some(c"secret.example"));
}

#[test]
fn a_server_without_ech_rejects_it_with_an_alert_and_without_configs() {
    let pair = pair();
    assert_eq!(pair.client.ech_status(), EchStatus::NotOffered);
    be_rejected(&pair);
    assert_eq!(retry_configs(&pair), Ok(Vec::new()));
    let detail = pair.client.error_detail().expect("it has failed");
    assert!(detail.contains("no other configs"), "{detail}");
    assert!(pair.client.delay().expect("a clock").is_zero());

    // The client ends its side of the handshake with an alert, which it sends when it closes.
    assert_eq!(shutdown(&pair.client).0, Ok(()));
    assert_eq!(negotiate(&pair.server).0, Ok(()));
    assert_eq!(recv(&pair.server, 9).0, Err(Code::Alert));
    assert_eq!(pair.server.alert().expect("received"), 121);
}

#[test]
fn a_hello_retry_request_does_not_change_a_rejection() {
    let pair = pair();
    let policy = Policy::restricted_to_group(0x0019);
    pair.server.set_policy(policy).expect("no rules");
    be_rejected(&pair);
    assert_eq!(retry_configs(&pair), Ok(Vec::new()));
}

#[test]
fn the_certificate_of_a_rejection_must_have_the_public_name() {
    let pair = pair_with("public.example", b"default");
    assert_eq!(pair.negotiate().0, Err(Code::CertInvalidHostname));
    assert_eq!(pair.client.ech_status(), EchStatus::Rejected);
    assert_eq!(retry_configs(&pair), Err(Code::InvalidState));
    let detail = pair.client.error_detail().expect("it has failed");
    assert!(detail.contains("public.example"), "{detail}");
}

#[test]
fn the_callback_for_host_names_does_not_verify_the_public_name() {
    struct NeverCalled;
    impl VerifyHostCallback for NeverCalled {
        fn verify(&self, _: &[u8]) -> bool {
            panic!("it is about the server name");
        }
    }
    let pair = pair();
    let callback: Arc<dyn VerifyHostCallback> = Arc::new(NeverCalled);
    pair.client.set_verify_host_callback(Some(callback));
    be_rejected(&pair);

    let pair = pair_with("public.example", b"default");
    pair.client
        .set_verify_host_callback(Some(Arc::new(AnyHost)));
    assert_eq!(pair.negotiate().0, Err(Code::CertInvalidHostname));
}

#[test]
fn a_rejection_is_not_authenticated_without_verification() {
    let pair = pair();
    pair.client_config.disable_verification();
    be_rejected(&pair);
    assert_eq!(retry_configs(&pair), Err(Code::InvalidState));
}

#[test]
fn a_rejecting_server_receives_no_client_certificate() {
    let pair = pair();
    pair.client_config
        .add_chain(&chain(&pki().client))
        .expect("fits");
    pair.server.set_client_auth(ClientAuth::Required);
    pair.server
        .set_verify_host_callback(Some(Arc::new(AnyHost)));
    be_rejected(&pair);
    assert_eq!(shutdown(&pair.client).0, Ok(()));
    assert_eq!(negotiate(&pair.server).0, Err(Code::MissingClientCert));
}

#[test]
fn a_session_is_offered_in_the_encrypted_hello_alone() {
    let with_tickets = |pair: &Pair| {
        for config in [&pair.client_config, &pair.server_config] {
            config.set_tickets(true);
        }
        pair.server.add_tickets(1).expect("before the handshake");
        let added = pair.server_config.add_ticket_key(b"key", b"secret", None);
        added.expect("a valid key");
    };
    let session = |policy| {
        let first = Pair::new(policy);
        with_tickets(&first);
        first.establish();
        assert_eq!(send(&first.server, b"data").0, Ok(4));
        assert_eq!(received(&first.client), b"data");
        first
            .client
            .session()
            .expect("serialized")
            .expect("a ticket")
    };

    let session13 = session(TLS13_POLICY);
    let pair = pair();
    with_tickets(&pair);
    pair.client.set_session(&session13).expect("valid");
    let identities = with_hello(&pair, |hello| {
        hello.extension(PRE_SHARED_KEY).expect("GREASE").to_vec()
    });
    // A ticket of this library begins with the name of its key.
    let has_name = |bytes: &[u8]| bytes.windows(3).any(|bytes| bytes == b"key");
    assert!(has_name(&session13));
    assert!(!has_name(&identities));
    be_rejected(&pair);
    assert_eq!(retry_configs(&pair), Ok(Vec::new()));

    // It has no use in a handshake of TLS 1.3 alone.
    let pair = super::ech::pair();
    with_tickets(&pair);
    pair.client
        .set_session(&session(TLS12_POLICY))
        .expect("valid");
    assert!(with_hello(&pair, |hello| hello
        .extension(PRE_SHARED_KEY)
        .is_none()));
    be_rejected(&pair);
}

#[test]
fn a_rejecting_server_may_not_select_a_random_pre_shared_key() {
    let first = Pair::new(TLS13_POLICY);
    for config in [&first.client_config, &first.server_config] {
        config.set_tickets(true);
    }
    first.server.add_tickets(1).expect("before the handshake");
    let added = first.server_config.add_ticket_key(b"key", b"secret", None);
    added.expect("a valid key");
    first.establish();
    assert_eq!(send(&first.server, b"data").0, Ok(4));
    assert_eq!(received(&first.client), b"data");
    let session = first.client.session().expect("serialized");

    let pair = pair();
    pair.client_config.set_tickets(true);
    let session = session.expect("a ticket");
    pair.client.set_session(&session).expect("valid");
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    {
        // Adds the extension to the ServerHello: lengths of the record, the message and the list.
        let mut state = pair.to_client.state();
        let bytes = state.bytes.make_contiguous();
        let list = 5 + 4 + 2 + 32 + 1 + 32 + 2 + 1;
        let end = 5 + usize::from(u16::from_be_bytes([bytes[3], bytes[4]]));
        for at in [3, 7, list] {
            let len = u16::from_be_bytes([bytes[at], bytes[at + 1]]) + 6;
            bytes[at..at + 2].copy_from_slice(&len.to_be_bytes());
        }
        let rest = state.bytes.split_off(end);
        state.bytes.extend([0, 41, 0, 2, 0, 0]);
        state.bytes.extend(rest);
    }
    assert_eq!(negotiate(&pair.client).0, Err(Code::BadMessage));
    let detail = pair.client.error_detail().expect("it has failed");
    assert!(detail.contains("pre-shared key"), "{detail}");
}

#[test]
fn grease_is_accepted_by_a_server_without_ech() {
    let pair = Pair::new(b"default");
    pair.client_config.set_ech_grease(true);
    with_hello(&pair, |hello| {
        assert_eq!(hello.server_name().as_deref(), Some(c"server.example"));
        assert!(hello.extension(ECH).is_some());
        assert_eq!(hello.extension(43), Some(&[2, 3, 4][..]), "TLS 1.3 alone");
    });
    pair.establish();
    assert_eq!(pair.client.version(), Version::Tls13);
    assert_eq!(pair.client.ech_status(), EchStatus::Grease);
    assert_eq!(retry_configs(&pair), Ok(Vec::new()));
    assert_eq!(pair.server.ech_status(), EchStatus::NotOffered);
    assert_eq!(send(&pair.client, b"data").0, Ok(4));
    assert_eq!(received(&pair.server), b"data");

    // After a HelloRetryRequest, too.
    let pair = Pair::new(b"default");
    pair.client_config.set_ech_grease(true);
    let policy = Policy::restricted_to_group(0x0019);
    pair.server.set_policy(policy).expect("no rules");
    pair.establish();
    assert_eq!(pair.client.ech_status(), EchStatus::Grease);
}

#[test]
fn grease_does_not_prevent_resumption() {
    let pair = |session: Option<&[u8]>| {
        let pair = Pair::new(b"default");
        pair.client_config.set_ech_grease(true);
        for config in [&pair.client_config, &pair.server_config] {
            config.set_tickets(true);
        }
        pair.server.add_tickets(1).expect("before the handshake");
        let added = pair.server_config.add_ticket_key(b"key", b"secret", None);
        added.expect("a valid key");
        if let Some(session) = session {
            pair.client.set_session(session).expect("valid");
        }
        pair.establish();
        assert_eq!(send(&pair.server, b"data").0, Ok(4));
        assert_eq!(received(&pair.client), b"data");
        pair
    };
    let session = pair(None).client.session().expect("serialized");
    let resumed = pair(session.as_ref().map(|session| session.as_slice()));
    assert!(resumed.client.negotiated().expect("complete").resumed);
}

#[test]
fn ech_requires_tls13() {
    let pair = pair_with(PUBLIC_NAME, TLS12_POLICY);
    assert_eq!(
        negotiate(&pair.client).0,
        Err(Code::InvalidCipherPreferences)
    );
    let pair = Pair::new(TLS12_POLICY);
    pair.client_config.set_ech_grease(true);
    assert_eq!(
        negotiate(&pair.client).0,
        Err(Code::InvalidCipherPreferences)
    );
    assert!(pair.to_server.state().bytes.is_empty());
}

#[test]
fn a_server_of_tls12_is_an_error_with_both_reasons() {
    let pair = pair();
    let policy = Policy::find(TLS12_POLICY).expect("a policy");
    pair.server.set_policy(policy).expect("no rules");
    let (_, server) = pair.negotiate();
    assert_eq!(server, Err(Code::ProtocolVersionUnsupported));

    // A server that ignores supported_versions, as those without TLS 1.3 do.
    let pair = super::ech::pair();
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    let hello = [
        &[22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3][..],
        &[7; 32],
        &[0, 0xc0, 0x2f, 0],
    ];
    pair.to_client.state().bytes.extend(hello.concat());
    assert_eq!(
        negotiate(&pair.client).0,
        Err(Code::ProtocolVersionUnsupported)
    );
    let detail = pair.client.error_detail().expect("it has failed");
    assert!(detail.contains("Encrypted ClientHello"), "{detail}");
}

#[test]
fn ech_requires_a_dns_name() {
    for name in [None, Some(c"127.0.0.1")] {
        let conn = Connection::new(Mode::Client);
        let list = ech_config_list(&[ech_config(PUBLIC_NAME)]);
        conn.set_ech_config_list(&list).expect("supported");
        if let Some(name) = name {
            conn.set_server_name(name).expect("short");
        }
        assert_eq!(negotiate(&conn).0, Err(Code::InvalidState));
    }
}

#[test]
fn a_list_is_set_by_clients_before_the_handshake() {
    let list = ech_config_list(&[ech_config(PUBLIC_NAME)]);
    let pair = Pair::new(b"default");
    let set = |conn: &Connection| {
        conn.set_ech_config_list(&list)
            .map_err(|error| error.code())
    };
    assert_eq!(set(&pair.server), Err(Code::ServerMode));
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(set(&pair.client), Err(Code::InvalidState));
}

#[test]
fn wiping_a_connection_removes_its_list() {
    let pair = pair();
    be_rejected(&pair);
    pair.client.wipe().expect("free");
    assert_eq!(pair.client.ech_status(), EchStatus::NotOffered);
    assert_eq!(retry_configs(&pair), Ok(Vec::new()));
    pair.client.set_reader(Some(pair.to_client.clone()));
    pair.client.set_writer(Some(pair.to_server.clone()), true);
    pair.to_server.state().bytes.clear();
    assert!(with_hello(&pair, |hello| hello.extension(ECH).is_none()));
}

#[test]
fn quic_has_grease_alone() {
    let pair = pair();
    pair.client_config.enable_quic();
    pair.client
        .set_config(pair.client_config.clone())
        .expect("fits");
    assert_eq!(negotiate(&pair.client).0, Err(Code::UnsupportedWithQuic));
}
