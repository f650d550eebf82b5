//! The progress of a handshake as the application observes it: the checkpoints, the next message
//! where a call blocks, and the type of the handshake. `progress.txt` has that of each handshake.

use std::cell::RefCell;
use std::ffi::CStr;
use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::base::lock;
use crate::config::callbacks::{EarlyDataCallback, OfferedEarlyData};
use crate::config::{
    CertValidationCallback, Checkpoint, CheckpointCallback, ClientHelloCallback, Psk, Validation,
};

const P384: u16 = 0x18;

/// The log of one side: its checkpoints, where R and W are records that are read and flights that
/// are written; in brackets the next message where a call blocks; the outcome.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Log {
    fn push(&self, entry: String) {
        let mut entries = lock(&self.0);
        // A call that changes nothing.
        if !entry.starts_with('[') || entries.last() != Some(&entry) {
            entries.push(entry);
        }
    }
}

impl CheckpointCallback for Log {
    fn call(&self, name: usize, subscriber: usize, checkpoint: &Checkpoint) {
        assert_eq!((name, subscriber), (checkpoint.mode as usize, 5));
        match text(checkpoint.name) {
            "RECORD_READ" => self.push("R".into()),
            "RECORD_WRITE" => self.push("W".into()),
            "NEGOTIATE_START" | "NEGOTIATE_END" => {}
            name => self.push(name.into()),
        }
    }
}

fn text(name: &'static CStr) -> &'static str {
    name.to_str().expect("ASCII")
}

/// Drives both sides until each is complete or has failed, and returns their logs. `limit` is the
/// number of bytes that one call may write.
fn logs(pair: &Pair, limit: Option<usize>) -> [String; 2] {
    let sides = [
        (&pair.client, &pair.client_config, &pair.to_server),
        (&pair.server, &pair.server_config, &pair.to_client),
    ];
    let logs = sides.map(|(conn, config, _)| {
        let log = Arc::new(Log::default());
        conn.set_name(conn.mode() as usize);
        config.set_subscriber(5);
        config.set_checkpoint_callback(log.clone());
        log
    });
    LOGS.set(logs.to_vec());
    let mut ended = [false; 2];
    for round in 0..limit.map_or(6, |_| 2000) {
        for (side, (conn, _, output)) in sides.iter().enumerate() {
            if ended[side] {
                continue;
            }
            output.state().room = limit;
            let outcome = match round {
                0 | 1 => begin(conn),
                _ => negotiate(conn).0,
            };
            let entry = match outcome {
                Ok(()) => text(conn.negotiated().expect("complete").kind()).into(),
                Err(code @ (Code::IoBlocked | Code::AsyncBlocked | Code::EarlyDataBlocked)) => {
                    logs[side].push(format!("[{}]", text(conn.message_name())));
                    if code == Code::AsyncBlocked {
                        complete_callback(conn);
                    }
                    continue;
                }
                Err(code) => format!("{code:?}"),
            };
            logs[side].push(entry);
            ended[side] = true;
        }
    }
    logs.map(|log| lock(&log.0).join(" "))
}

/// Begins a handshake, in two calls: with early data, if there is a key for it.
fn begin(conn: &Connection) -> Result<(), Code> {
    let mut blocked = Blocked::Not;
    let outcome = match conn.mode() {
        _ if conn.uses_quic() || !conn.max_early_data().is_ok_and(|max| max > 0) => {
            return negotiate(conn).0;
        }
        Mode::Client => conn.send_early_data(b"early", &mut 0, &mut blocked),
        Mode::Server => conn.recv_early_data(&mut [0; 9], &mut 0, &mut blocked),
    };
    outcome
        .and(Err(Code::IoBlocked.into()))
        .map_err(|error| error.code())
}

thread_local! {
    /// The validation that is pending.
    static PENDING: RefCell<Option<Arc<Validation>>> = const { RefCell::new(None) };

    /// The logs of both sides.
    static LOGS: RefCell<Vec<Arc<Log>>> = const { RefCell::new(Vec::new()) };
}

/// Callbacks that are incomplete when the handshake waits for them first.
struct Late;

impl ClientHelloCallback for Late {
    fn call(&self, _: usize) -> i32 {
        0
    }
}

impl CertValidationCallback for Late {
    fn validate(&self, name: usize, validation: &Arc<Validation>) -> bool {
        PENDING.set(Some(validation.clone()));
        let side = usize::from(name == Mode::Server as usize);
        LOGS.with_borrow(|logs| logs[side].push("(validates)".into()));
        true
    }
}

impl EarlyDataCallback for Late {
    fn decide(&self, _: usize, offered: &Arc<OfferedEarlyData>) -> bool {
        offered.reject().is_ok()
    }
}

/// Completes the callback for which a handshake waits, if there is one.
fn complete_callback(conn: &Connection) {
    if let Some(validation) = PENDING.take() {
        validation.decide(true).expect("the first time");
    }
    // Fails if the callback is that of the session cache.
    let _ = conn.release_client_hello();
}

fn full(policy: &[u8]) -> Pair {
    Pair::new(policy)
}

/// A server that requests a certificate of a client that has none.
fn requesting(policy: &[u8]) -> Pair {
    let pair = Pair::new(policy);
    pair.server_config.set_client_auth(ClientAuth::Optional);
    pair.server_config
        .set_verify_host_callback(Some(Arc::new(AnyHost)));
    pair
}

fn authenticating(policy: &[u8]) -> Pair {
    let pair = requesting(policy);
    pair.server_config.set_client_auth(ClientAuth::Required);
    let own = chain(&pki().client);
    pair.client_config.add_chain(&own).expect("fits");
    pair
}

fn authenticating_to_an_untrusted_server(policy: &[u8]) -> Pair {
    let pair = authenticating(policy);
    pair.client_config.wipe_trust();
    pair
}

/// Clients whose mode of authentication a server violates.
fn unexpected_request(policy: &[u8]) -> Pair {
    let pair = requesting(policy);
    pair.client.set_client_auth(ClientAuth::None);
    pair
}

fn missing_request(policy: &[u8]) -> Pair {
    let pair = Pair::new(policy);
    pair.client.set_client_auth(ClientAuth::Required);
    pair
}

fn untrusted(policy: &[u8]) -> Pair {
    let pair = Pair::new(policy);
    pair.client_config.wipe_trust();
    pair
}

fn without_a_suite(policy: &[u8]) -> Pair {
    let pair = Pair::new(policy);
    let policy = Policy::find(RSA_POLICY).expect("a policy");
    pair.client.set_policy(policy).expect("no rules");
    pair
}

fn stapling(policy: &[u8]) -> Pair {
    let stapled = chain(&pki().server);
    stapled.set_ocsp(b"no response").expect("short");
    let config = Config::new_minimal();
    let known = Policy::find(policy).expect("a policy");
    config.set_policy(known).expect("no chains");
    config.add_chain(&stapled).expect("fits");
    let client_config = Pair::new(policy).client_config;
    client_config.set_requests_ocsp(true);
    client_config.set_checks_ocsp(false);
    Pair::with_configs(client_config, Arc::new(config))
}

fn with_tickets(policy: &[u8]) -> Pair {
    resumption::pair(policy)
}

fn resuming(policy: &[u8]) -> Pair {
    let first = resumption::pair(policy);
    resumption::establish(&first);
    let pair = resumption::pair(policy);
    let session = resumption::session(&first);
    pair.client.set_session(&session).expect("valid");
    pair
}

fn resuming_with_missing_request(policy: &[u8]) -> Pair {
    let pair = resuming(policy);
    pair.client.set_client_auth(ClientAuth::Required);
    pair
}

fn validating(policy: &[u8]) -> Pair {
    let pair = Pair::new(policy);
    let callback = Some(Arc::new(Late) as _);
    pair.client_config.set_cert_validation_callback(callback);
    pair
}

fn validating_the_client(policy: &[u8]) -> Pair {
    let pair = authenticating(policy);
    let callback = Some(Arc::new(Late) as _);
    pair.server_config.set_cert_validation_callback(callback);
    pair
}

fn awaiting_a_callback(policy: &[u8]) -> Pair {
    let pair = Pair::new(policy);
    let callback = Some(Arc::new(Late) as _);
    pair.server_config.set_client_hello_callback(callback);
    pair.server_config.set_client_hello_waits(true);
    pair
}

/// With a pre-shared key no certificate is requested.
fn with_a_key() -> Pair {
    let pair = Pair::new(TLS13_POLICY);
    let mut psk = Psk::default();
    psk.set_identity(b"identity").expect("of a length");
    psk.set_secret(b"a secret of 16 bytes").expect("not zeros");
    for conn in [&pair.client, &pair.server] {
        conn.append_psk(&psk).expect("the first one");
    }
    pair.server_config.set_client_auth(ClientAuth::Optional);
    pair
}

/// Makes the server send a HelloRetryRequest.
fn retrying(pair: Pair) -> Pair {
    let policy = Policy::restricted_to_group(P384);
    pair.server.set_policy(policy).expect("no rules");
    pair
}

fn with_early_data() -> Pair {
    let pair = Pair::new(TLS13_POLICY);
    for conn in [&pair.client, &pair.server] {
        early_data::append(conn, 0x1301);
    }
    pair
}

fn rejecting_early_data() -> Pair {
    let pair = with_early_data();
    let callback = Some(Arc::new(Late) as _);
    pair.server_config.set_early_data_callback(callback);
    pair
}

fn resuming_from_the_cache() -> Pair {
    let cache = Arc::default();
    let first = resumption::cached_pair(&cache);
    resumption::establish(&first);
    let pair = resumption::cached_pair(&cache);
    let session = resumption::session(&first);
    pair.client.set_session(&session).expect("valid");
    pair
}

fn quic(pair: Pair) -> Pair {
    for conn in [&pair.client, &pair.server] {
        conn.enable_quic().expect("new");
    }
    pair
}

/// A name, and what creates the pair: for a policy, or for one version.
type Case<Make> = (&'static str, Make);
type Make = fn(&[u8]) -> Pair;
type MakeOne = fn() -> Pair;

/// Handshakes of both versions.
const OF_BOTH: [Case<Make>; 15] = [
    ("full", full),
    ("with a certificate request that is declined", requesting),
    ("with client authentication", authenticating),
    (
        "with a certificate request that the client forbids",
        unexpected_request,
    ),
    (
        "without the certificate request that the client requires",
        missing_request,
    ),
    ("with a certificate that is not trusted", untrusted),
    (
        "with client authentication, and a certificate that is not trusted",
        authenticating_to_an_untrusted_server,
    ),
    ("without a common cipher suite", without_a_suite),
    ("with a stapled OCSP response", stapling),
    ("with a ticket", with_tickets),
    ("of a session", resuming),
    (
        "of a session, and a certificate request is required",
        resuming_with_missing_request,
    ),
    (
        "in which the application validates the certificate asynchronously",
        validating,
    ),
    (
        "in which the application validates the certificate of the client",
        validating_the_client,
    ),
    (
        "in which the ClientHello callback is asynchronous",
        awaiting_a_callback,
    ),
];

/// Handshakes of TLS 1.3.
const OF_TLS13: [Case<MakeOne>; 10] = [
    ("with a HelloRetryRequest", || retrying(full(b"default"))),
    ("with a HelloRetryRequest, of a session", || {
        retrying(resuming(TLS13_POLICY))
    }),
    (
        "with a pre-shared key, of a server that authenticates clients",
        with_a_key,
    ),
    ("with early data", with_early_data),
    ("with rejected early data", rejecting_early_data),
    ("with early data and a HelloRetryRequest", || {
        retrying(with_early_data())
    }),
    ("of QUIC", || quic(full(TLS13_POLICY))),
    ("of QUIC, with client authentication", || {
        quic(authenticating(TLS13_POLICY))
    }),
    ("of QUIC, with a HelloRetryRequest", || {
        quic(retrying(full(b"default")))
    }),
    ("of QUIC, of a session", || quic(resuming(TLS13_POLICY))),
];

/// Those of TLS 1.2.
const OF_TLS12: [Case<MakeOne>; 1] = [("of a session in the cache", resuming_from_the_cache)];

type Handshake = (String, Box<dyn Fn() -> Pair>);

/// Returns all handshakes with their names.
fn handshakes() -> Vec<Handshake> {
    let mut all: Vec<Handshake> = Vec::new();
    for (version, policy) in [("1.2", TLS12_POLICY), ("1.3", TLS13_POLICY)] {
        for (name, make) in OF_BOTH {
            all.push((
                format!("TLS {version}, {name}"),
                Box::new(move || make(policy)),
            ));
        }
    }
    for (name, make) in OF_TLS12 {
        all.push((format!("TLS 1.2, {name}"), Box::new(make)));
    }
    for (name, make) in OF_TLS13 {
        all.push((format!("TLS 1.3, {name}"), Box::new(make)));
    }
    all
}

/// Breaks a log into lines.
fn lines(side: &str, log: &str) -> String {
    let mut text = format!("  {side}:");
    let mut len = text.len();
    for word in log.split(' ') {
        if len + 1 + word.len() > 100 {
            text += "\n   ";
            len = 3;
        }
        text += " ";
        text += word;
        len += 1 + word.len();
    }
    text
}

#[test]
fn every_message_is_reported_once_and_in_its_order() {
    let found = handshakes().into_iter().map(|(name, make)| {
        let [client, server] = logs(&make(), None);
        let sides = [lines("client", &client), lines("server", &server)];
        format!("{name}\n{}\n{}", sides[0], sides[1])
    });
    let found: Vec<_> = found.collect();
    // A failing test prints the text for the file.
    println!("{}\n", found.join("\n\n"));
    let expected = include_str!("progress.txt").split("\n\n").skip(1);
    let expected: Vec<_> = expected.map(str::trim_end).collect();
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
}

/// The times of a server's checkpoints.
#[derive(Default)]
struct Times(Mutex<Vec<(&'static str, Duration)>>);

impl CheckpointCallback for Times {
    fn call(&self, _: usize, _: usize, checkpoint: &Checkpoint) {
        lock(&self.0).push((text(checkpoint.name), checkpoint.at));
    }
}

/// The processing of a ClientHello ends when the certificate is selected, before the key exchange.
#[test]
fn messages_of_one_step_have_their_own_times() {
    for policy in POLICIES {
        let pair = Pair::new(policy);
        let times = Arc::new(Times::default());
        pair.server_config.set_checkpoint_callback(times.clone());
        pair.establish();
        let times = lock(&times.0);
        assert!(times.is_sorted_by_key(|(_, at)| *at), "{times:?}");
        let at = |name| {
            times
                .iter()
                .find(|(known, _)| *known == name)
                .expect("reported")
                .1
        };
        assert!(at("CLIENT_HELLO") < at("SERVER_HELLO"));
    }
}

/// A message is reported when it is complete, whatever the size of its fragments.
#[test]
fn a_handshake_in_fragments_reports_the_same_messages() {
    let messages = |pair: &Pair, limit| {
        logs(pair, limit).map(|log| {
            let words = log.split(' ');
            let words = words.filter(|word| word.len() > 1 && !word.starts_with('['));
            words.map(String::from).collect::<Vec<_>>()
        })
    };
    for (name, make) in handshakes() {
        // Each call sends early data.
        if !name.contains("early data") {
            assert_eq!(
                messages(&make(), Some(40)),
                messages(&make(), None),
                "{name}"
            );
        }
    }
}
