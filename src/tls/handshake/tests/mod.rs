//! Handshakes between two of ours, over a link in memory.

use std::sync::{Arc, OnceLock};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384,
};

use crate::tls::base::Blocked;
use crate::tls::base::{Mode, Version};
use crate::tls::config::{ClientAuth, Config, VerifyHost};
use crate::tls::connection::tests::{Pipe, pattern, received, recv, send, shutdown};
use crate::tls::connection::{BlindingMode, Connection};
use crate::tls::credentials::CertChain;
use crate::tls::error::{Code, Result};
use crate::tls::policy::Policy;

mod coroutines;
mod damage;
mod fragments;
mod groups;
mod mldsa;
mod refusals;
mod settings;
mod stack;

const TLS12_POLICY: &[u8] = b"ELBSecurityPolicy-TLS-1-2-2017-01";
const TLS13_POLICY: &[u8] = b"default_tls13";
/// TLS 1.2 with RSA certificates only.
const RSA_POLICY: &[u8] = b"20170210";
const POLICIES: [&[u8]; 2] = [TLS12_POLICY, TLS13_POLICY];

/// A certificate authority, and what it has certified.
struct Pki {
    ca: String,
    server: (String, String),
    client: (String, String),
    expired: (String, String),
}

fn pki() -> &'static Pki {
    static PKI: OnceLock<Pki> = OnceLock::new();
    PKI.get_or_init(|| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("a root");
        let certify = |name: &str, usage, year| {
            let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
            let mut params = CertificateParams::new([name.to_string()]).expect("a name");
            params.extended_key_usages = vec![usage];
            params.not_after = rcgen::date_time_ymd(year, 1, 1);
            let cert = params.signed_by(&key, &issuer).expect("a certificate");
            (cert.pem(), key.serialize_pem())
        };
        let server = ExtendedKeyUsagePurpose::ServerAuth;
        Pki {
            ca: issuer.pem(),
            server: certify("server.example", server.clone(), 4000),
            client: certify("client.example", ExtendedKeyUsagePurpose::ClientAuth, 4000),
            expired: certify("server.example", server, 2000),
        }
    })
}

fn chain((cert, key): &(String, String)) -> Arc<CertChain> {
    let chain = CertChain::default();
    chain
        .load(cert.as_bytes(), key.as_bytes())
        .expect("a chain and its key");
    Arc::new(chain)
}

struct AnyHost;

impl VerifyHost for AnyHost {
    fn verify(&self, _: &[u8]) -> bool {
        true
    }
}

/// Both ends of a handshake that has not begun.
struct Pair {
    client: Connection,
    server: Connection,
    client_config: Arc<Config>,
    server_config: Arc<Config>,
    to_server: Arc<Pipe>,
    to_client: Arc<Pipe>,
}

impl Pair {
    fn new(policy: &[u8]) -> Self {
        let policy = Policy::find(policy).expect("a policy");
        let make = || {
            let config = Config::new_minimal();
            config.set_policy(policy).expect("no rules");
            config.trust_pem(pki().ca.as_bytes()).expect("a root");
            Arc::new(config)
        };
        let (client_config, server_config) = (make(), make());
        server_config
            .add_chain(&chain(&pki().server))
            .expect("fits");

        let (to_server, to_client) = (Arc::<Pipe>::default(), Arc::<Pipe>::default());
        let connect = |mode, reader: &Arc<Pipe>, writer: &Arc<Pipe>| {
            let conn = Connection::new(mode);
            conn.set_blinding(BlindingMode::SelfService);
            conn.set_reader(Some(reader.clone()));
            conn.set_writer(Some(writer.clone()), true);
            conn
        };
        let client = connect(Mode::Client, &to_client, &to_server);
        client.set_server_name(c"server.example").expect("short");
        let server = connect(Mode::Server, &to_server, &to_client);
        client.set_config(client_config.clone()).expect("fits");
        server.set_config(server_config.clone()).expect("fits");
        Self {
            client,
            server,
            client_config,
            server_config,
            to_server,
            to_client,
        }
    }

    /// Lets both sides work until neither waits for the other.
    fn negotiate(&self) -> (Result<(), Code>, Result<(), Code>) {
        let (mut client, mut server) = (Err(Code::IoBlocked), Err(Code::IoBlocked));
        for _ in 0..10_000 {
            if client == Err(Code::IoBlocked) {
                client = negotiate(&self.client).0;
            }
            if server == Err(Code::IoBlocked) {
                server = negotiate(&self.server).0;
            }
            if client != Err(Code::IoBlocked) && server != Err(Code::IoBlocked) {
                break;
            }
            if client != Err(Code::IoBlocked) && client.is_err() {
                let _ = negotiate(&self.server);
                break;
            }
            if server != Err(Code::IoBlocked) && server.is_err() {
                break;
            }
        }
        (client, server)
    }

    fn establish(&self) {
        assert_eq!(self.negotiate(), (Ok(()), Ok(())));
    }
}

fn negotiate(conn: &Connection) -> (Result<(), Code>, Blocked) {
    let mut blocked = Blocked::Not;
    let outcome = conn.negotiate(&mut blocked);
    (outcome.map_err(|error| error.code()), blocked)
}

#[test]
fn both_versions_carry_data_and_close() {
    for (policy, version) in [
        (TLS12_POLICY, Version::Tls12),
        (TLS13_POLICY, Version::Tls13),
    ] {
        let pair = Pair::new(policy);
        pair.establish();
        for conn in [&pair.client, &pair.server] {
            assert_eq!(conn.version(), version);
            assert_eq!(conn.negotiated().expect("negotiated").group, c"secp256r1");
        }
        let data = pattern(50_000);
        assert_eq!(send(&pair.client, &data), (Ok(50_000), Blocked::Not));
        assert!(received(&pair.server) == data);
        assert_eq!(send(&pair.server, &data), (Ok(50_000), Blocked::Not));
        assert!(received(&pair.client) == data);

        assert_eq!(shutdown(&pair.client).0, Err(Code::IoBlocked));
        assert_eq!(recv(&pair.server, 9).0, Ok(vec![]));
        assert_eq!(shutdown(&pair.server).0, Ok(()));
        assert_eq!(shutdown(&pair.client).0, Ok(()));
    }
}

#[test]
fn a_handshake_survives_every_cut() {
    for policy in POLICIES {
        let (out, back) = {
            let pair = Pair::new(policy);
            pair.establish();
            (pair.client.wire_bytes_out(), pair.server.wire_bytes_out())
        };
        for (cut, whole) in [(true, out), (false, back)] {
            // Signatures differ in length by a few bytes from handshake to handshake.
            for at in (0..whole as usize - 8).step_by(3) {
                let pair = Pair::new(policy);
                let link = if cut {
                    &pair.to_server
                } else {
                    &pair.to_client
                };
                link.state().room = Some(at);
                let writer = if cut { &pair.client } else { &pair.server };
                while negotiate(writer) != (Err(Code::IoBlocked), Blocked::Write) {
                    let reader = if cut { &pair.server } else { &pair.client };
                    let waiting = negotiate(reader).0;
                    assert_eq!(waiting, Err(Code::IoBlocked), "cut at {at} of {whole}");
                }
                link.state().room = None;
                pair.establish();
                send(&pair.client, b"data").0.expect("sent");
                assert_eq!(received(&pair.server), b"data", "cut at {at}");
            }
        }
    }
}

#[test]
fn a_transport_may_take_and_give_single_bytes() {
    for policy in POLICIES {
        let pair = Pair::new(policy);
        let step = |conn: &Connection, link: &Pipe| {
            link.state().room = Some(1);
            let code = negotiate(conn).0;
            assert!(matches!(code, Ok(()) | Err(Code::IoBlocked)));
            code.is_ok()
        };
        while !(step(&pair.client, &pair.to_server) & step(&pair.server, &pair.to_client)) {}
    }
}

#[test]
fn key_updates_go_both_ways() {
    let pair = Pair::new(TLS13_POLICY);
    pair.establish();
    for round in 0..5 {
        for (from, to) in [(&pair.client, &pair.server), (&pair.server, &pair.client)] {
            from.request_key_update();
            let data = pattern(20_000 + round);
            assert_eq!(send(from, &data).0, Ok(data.len()));
            assert!(received(to) == data);
        }
    }
}

#[test]
fn keys_are_updated_before_their_limit() {
    let pair = Pair::new(TLS13_POLICY);
    pair.establish();
    let limit = |conn: &Connection| {
        let mut half = conn.stream.send.lock().expect("free");
        half.sealer.as_mut().expect("installed").lower_limit(4);
    };
    limit(&pair.client);
    let data = pattern(200_000);
    assert_eq!(send(&pair.client, &data).0, Ok(data.len()));
    assert!(received(&pair.server) == data);
}

#[test]
fn an_old_key_ends_a_tls12_connection() {
    let pair = Pair::new(TLS12_POLICY);
    pair.establish();
    pair.client
        .stream
        .send
        .lock()
        .expect("free")
        .sealer
        .as_mut()
        .expect("installed")
        .lower_limit(4);
    let data = pattern(200_000);
    assert_eq!(send(&pair.client, &data).0, Err(Code::RecordLimit));
}

#[test]
fn the_end_of_the_stream_ends_a_handshake() {
    let pair = Pair::new(TLS13_POLICY);
    assert_eq!(
        negotiate(&pair.client),
        (Err(Code::IoBlocked), Blocked::Read)
    );
    pair.to_client.state().ended = true;
    assert_eq!(negotiate(&pair.client), (Err(Code::Closed), Blocked::Read));
    assert_eq!(negotiate(&pair.client), (Err(Code::Closed), Blocked::Not));
}

#[test]
fn a_shutdown_in_a_handshake_says_so() {
    let pair = Pair::new(TLS13_POLICY);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(shutdown(&pair.client), (Ok(()), Blocked::Not));
    pair.to_server.state().bytes.clear();
    pair.to_server.state().bytes.extend([21, 3, 3, 0, 2, 1, 0]);
    assert_eq!(negotiate(&pair.server), (Err(Code::Closed), Blocked::Not));
    assert_eq!(recv(&pair.server, 9).0, Ok(vec![]));
}

/// Each way that a handshake can stand still with keys in use on the side that gives up.
#[test]
fn a_shutdown_is_sealed_once_there_are_keys() {
    // A TLS 1.3 client that has read the ServerHello.
    let pair = Pair::new(TLS13_POLICY);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    pair.to_client.state().bytes.truncate(200);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(shutdown(&pair.client), (Ok(()), Blocked::Not));
    assert_eq!(negotiate(&pair.server), (Err(Code::Closed), Blocked::Not));
    assert_eq!(pair.server.alert().expect("received"), 0);

    // A TLS 1.3 server that has sent its flight.
    let pair = Pair::new(TLS13_POLICY);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    assert_eq!(shutdown(&pair.server), (Ok(()), Blocked::Not));
    assert_eq!(negotiate(&pair.client), (Ok(()), Blocked::Not));
    assert_eq!(recv(&pair.client, 9).0, Ok(vec![]));

    // A TLS 1.2 client that has sent its Finished.
    let pair = Pair::new(TLS12_POLICY);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(shutdown(&pair.client), (Ok(()), Blocked::Not));
    assert_eq!(negotiate(&pair.server), (Ok(()), Blocked::Not));
    assert_eq!(recv(&pair.server, 9).0, Ok(vec![]));
}
