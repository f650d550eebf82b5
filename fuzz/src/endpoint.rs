//! A client or a server with an in-memory transport.

use std::sync::atomic::{AtomicU64, Ordering::*};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rs2n_core::base::{Blocked, Mode};
use rs2n_core::config::{ClientAuth, Clock, Config, VerifyHostCallback, alpn};
use rs2n_core::connection::{BlindingMode, Connection, Data};
use rs2n_core::credentials::CertChain;
use rs2n_core::error::Code;
use rs2n_core::policy::Policy;

use crate::early::{Decide, EarlyData, Outcome};
use crate::pipe::Pipe;

macro_rules! generated {
    ($($name:ident = $file:literal;)*) => {
        $(pub const $name: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/", $file));)*
    };
}

generated! {
    ROOT = "ca.pem";
    OTHER_ROOT = "other-ca.pem";
    SERVER_CHAIN = "ecdsa.pem";
    SERVER_KEY = "ecdsa.key";
    RSA_CHAIN = "rsa.pem";
    RSA_KEY = "rsa.key";
    CLIENT_CHAIN = "client.pem";
    CLIENT_KEY = "client.key";
}

/// A clock that advances only in [`wait`], in seconds.
struct ManualClock(AtomicU64);

static NOW: ManualClock = ManualClock(AtomicU64::new(1));

struct Now;

impl Clock for Now {
    fn now(&self) -> Option<Duration> {
        Some(Duration::from_secs(NOW.0.load(Relaxed)))
    }
}

/// Advances the clock beyond every blinding delay.
pub fn wait() {
    NOW.0.fetch_add(u64::from(MAX_DELAY) + 1, Relaxed);
}

/// The maximum length of early data in bytes, with a ticket or a key.
pub const MAX_EARLY_DATA: u32 = 3000;

/// Seconds.
const MAX_DELAY: u32 = 30;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    Tls12,
    Tls13,
}

impl Version {
    pub fn policy(self) -> &'static Policy {
        let name: &[u8] = match self {
            Self::Tls12 => b"ELBSecurityPolicy-TLS-1-2-2017-01",
            Self::Tls13 => b"default_tls13",
        };
        Policy::find(name).expect("a policy of the library")
    }

    /// The version's number in the API.
    pub fn number(self) -> u8 {
        match self {
            Self::Tls12 => 33,
            Self::Tls13 => 34,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub version: Version,
    /// Both sides send a certificate.
    pub mutual: bool,
    pub multi_record: bool,
    /// Errors start a blinding delay, which the application waits for.
    pub delays: bool,
    /// For early data: no ALPN, because a key is for one protocol.
    pub early: bool,
    /// A callback accepts or rejects early data.
    pub decides: bool,
}

impl Setup {
    /// A setup without options.
    pub fn new(version: Version) -> Self {
        Self {
            version,
            mutual: false,
            multi_record: false,
            delays: false,
            early: false,
            decides: false,
        }
    }
}

/// Returns the config for a mode and a setup. Configs are cached, because loading certificates is
/// slow.
pub fn config(mode: Mode, setup: Setup) -> Arc<Config> {
    const COMBINATIONS: usize = 1 << 7;
    static CONFIGS: [OnceLock<Arc<Config>>; COMBINATIONS] =
        [const { OnceLock::new() }; COMBINATIONS];

    let choices = [
        mode == Mode::Client,
        setup.version == Version::Tls13,
        setup.mutual,
        setup.multi_record,
        setup.delays,
        setup.early,
        setup.decides,
    ];
    CONFIGS[index(&choices)]
        .get_or_init(|| create(mode, setup))
        .clone()
}

/// Returns the index of a combination of choices in a table of all combinations.
pub fn index(choices: &[bool]) -> usize {
    choices
        .iter()
        .fold(0, |index, &choice| index * 2 + usize::from(choice))
}

fn create(mode: Mode, setup: Setup) -> Arc<Config> {
    let config = Config::new_minimal();
    config
        .set_policy(setup.version.policy())
        .expect("the policy does not restrict certificates");
    config.trust_pem(ROOT).expect("a valid root");
    config.set_monotonic_clock(Arc::new(Now));
    config.set_recv_multi_record(setup.multi_record);
    config.set_max_blinding_delay(if setup.delays { MAX_DELAY } else { 0 });
    if !setup.early {
        let protocols = [&b"h2"[..], b"http/1.1"];
        config.set_alpn(alpn::list(protocols.into_iter()).expect("short names"));
    }
    if setup.decides {
        config.set_early_data_callback(Some(Arc::new(Decide)));
    }

    config.set_tickets(true);
    let added = config.add_ticket_key(b"key", b"secret", None);
    added.expect("a valid key");
    if setup.early {
        config.set_max_early_data(MAX_EARLY_DATA);
    }

    let add = |chain: &[u8], key: &[u8]| {
        let loaded = CertChain::default();
        loaded.load(chain, key).expect("the key matches");
        config.add_chain(&Arc::new(loaded)).expect("a loaded chain");
    };
    if mode == Mode::Server {
        add(SERVER_CHAIN, SERVER_KEY);
        add(RSA_CHAIN, RSA_KEY);
    } else if setup.mutual {
        add(CLIENT_CHAIN, CLIENT_KEY);
    }
    if setup.mutual {
        config.set_client_auth(ClientAuth::Required);
        if mode == Mode::Server {
            config.set_verify_host_callback(Some(Arc::new(AnyClient)));
        }
    }
    Arc::new(config)
}

struct AnyClient;

impl VerifyHostCallback for AnyClient {
    fn verify(&self, _: &[u8]) -> bool {
        true
    }
}

/// Performs TLS 1.3 handshakes of a client with this config and a server with `chain`, and returns
/// the client's result. That of the second, for which the chain may be cached, must be the same.
pub fn handshake_outcome(chain: &Arc<CertChain>, client: Config) -> Result<(), Code> {
    let server = Config::new_minimal();
    server.add_chain(chain).expect("a loaded chain");
    let [client, server] = [client, server].map(|config| {
        let set = config.set_policy(Version::Tls13.policy());
        set.expect("the policy does not restrict certificates");
        config.set_max_blinding_delay(0);
        Arc::new(config)
    });
    let first = one_outcome(&client, &server);
    assert_eq!(first, one_outcome(&client, &server));
    first
}

fn one_outcome(client: &Arc<Config>, server: &Arc<Config>) -> Result<(), Code> {
    let [to_server, to_client] = [(); 2].map(|()| Arc::<Pipe>::default());
    let mut client = Endpoint::new(Mode::Client, client.clone(), &to_client, &to_server);
    let mut server = Endpoint::new(Mode::Server, server.clone(), &to_server, &to_client);
    for side in [0, 1, 0, 1] {
        match side {
            0 => client.work(0),
            _ => server.work(0),
        }
    }
    match client.failed {
        Some(code) => Err(code),
        None => {
            assert!(client.ready && server.ready);
            Ok(())
        }
    }
}

/// A connection, and the data that it has sent and received.
pub struct Endpoint {
    pub conn: Connection,
    /// Number of bytes reported as sent.
    pub sent: usize,
    /// Number of bytes received, all of which were correct.
    pub received: usize,
    /// The handshake is complete.
    pub ready: bool,
    /// The error of the handshake, or of receiving.
    pub failed: Option<Code>,
    /// The peer's close_notify or the end of the stream was received.
    pub ended: bool,
    pub early: Option<EarlyData>,
    /// A shutdown was started.
    closing: bool,
    reader: Arc<Pipe>,
    writer: Arc<Pipe>,
    buffer: Vec<u8>,
}

/// Limit of calls until receiving blocks or ends.
const MAX_CALLS: usize = 70_000;

impl Endpoint {
    pub fn new(mode: Mode, config: Arc<Config>, reader: &Arc<Pipe>, writer: &Arc<Pipe>) -> Self {
        let conn = Connection::new(mode);
        conn.set_blinding(match config.max_blinding_delay() {
            0 => BlindingMode::BuiltIn,
            _ => BlindingMode::SelfService,
        });
        conn.set_config(config).expect("a valid config");
        conn.set_reader(Some(reader.clone()));
        conn.set_writer(Some(writer.clone()), true);
        if mode == Mode::Client {
            conn.set_server_name(c"localhost").expect("a short name");
        }
        Self {
            conn,
            sent: 0,
            received: 0,
            ready: false,
            failed: None,
            ended: false,
            early: None,
            closing: false,
            reader: reader.clone(),
            writer: writer.clone(),
            buffer: vec![0; 1 << 16],
        }
    }

    /// Negotiates and receives until blocked. `peer_sent` is the maximum number of bytes to
    /// receive.
    pub fn work(&mut self, peer_sent: usize) {
        if !self.ready && self.transfer_early() {
            self.negotiate();
        }
        if self.ready {
            for call in 0.. {
                assert!(call < MAX_CALLS, "receiving does not end");
                if !self.recv(self.buffer.len(), peer_sent) {
                    break;
                }
            }
        }
        self.check_counters();
    }

    /// Sends or receives early data, if there is any. Returns whether the handshake continues.
    fn transfer_early(&mut self) -> bool {
        let Some(mut early) = self.early.take_if(|early| early.is_open) else {
            return true;
        };
        let outcome = match self.conn.mode() {
            Mode::Client => early.start(&self.conn),
            Mode::Server => early.receive(&self.conn),
        };
        if self.conn.mode() == Mode::Server {
            early.is_open = matches!(outcome, Outcome::Blocked(_));
        }
        let continues = !early.is_open;
        self.early = Some(early);
        self.check_early(outcome);
        continues
    }

    /// Client: sends early data, unless it has continued with the handshake.
    pub fn send_early(&mut self, len: usize) {
        if let Some(mut early) = self.early.take_if(|early| early.is_open) {
            let outcome = early.send(&self.conn, len);
            self.early = Some(early);
            self.check_early(outcome);
        }
    }

    fn check_early(&mut self, outcome: Outcome) {
        match outcome {
            // Rejected early data does not delay the end of the handshake.
            Outcome::Over => self.ready = self.conn.is_handshake_complete(),
            Outcome::Blocked(blocked) => {
                assert!(self.failed.is_none(), "{:?}, then blocked", self.failed);
                self.check_blocked(blocked);
            }
            Outcome::Failed(code) => self.fail(code),
        }
    }

    /// Checks that a blocked call has used all input, unless it waits for the application.
    fn check_blocked(&self, blocked: Blocked) {
        assert_ne!(blocked, Blocked::Not);
        assert!(
            self.reader.is_empty() || blocked == Blocked::ApplicationInput,
            "blocked with pending input"
        );
    }

    pub fn negotiate(&mut self) {
        let mut blocked = Blocked::Not;
        let outcome = self.conn.negotiate(&mut blocked);
        match outcome {
            Ok(()) => {
                assert!(
                    self.ready || self.failed.is_none(),
                    "success after a failure"
                );
                assert_eq!(blocked, Blocked::Not);
                self.ready = true;
            }
            Err(error) if error.is_blocked() => {
                assert!(self.failed.is_none(), "{:?}, then blocked", self.failed);
                self.check_blocked(blocked);
            }
            Err(error) => self.fail(error.code()),
        }
    }

    /// Receives once. Returns whether there may be more data.
    pub fn recv(&mut self, buffer: usize, peer_sent: usize) -> bool {
        let mut blocked = Blocked::Not;
        let buf = &mut self.buffer[..buffer];
        match self.conn.recv(buf, &mut blocked) {
            Ok(0) => {
                assert!(buffer == 0 || self.conn.alert().is_ok_and(|alert| alert == 0));
                self.ended |= buffer > 0;
                false
            }
            Ok(len) => {
                assert!(self.ready, "bytes before the end of the handshake");
                assert!(self.failed.is_none(), "bytes after {:?}", self.failed);
                assert!(!self.ended, "bytes after the end");
                assert!(self.received + len <= peer_sent, "bytes that were not sent");
                for (at, &byte) in buf[..len].iter().enumerate() {
                    assert_eq!(byte, pattern(self.received + at), "wrong byte");
                }
                self.received += len;
                true
            }
            Err(error) if error.is_blocked() => {
                assert!(self.failed.is_none(), "{:?}, then blocked", self.failed);
                assert!(self.reader.is_empty(), "blocked with pending input");
                false
            }
            // The call is wrong as long as early data may follow.
            Err(error) if error.code() == Code::EarlyDataNotAllowed => {
                assert!(!self.ready && self.early.is_some());
                false
            }
            Err(error) => {
                self.fail(error.code());
                false
            }
        }
    }

    /// Records an error, and checks that the connection is closed.
    fn fail(&mut self, code: Code) {
        if self.closing && code == Code::Closed {
            return;
        }
        self.failed.get_or_insert(code);
        let mut blocked = Blocked::Not;
        let again = self.conn.recv(&mut [0; 9], &mut blocked);
        assert!(
            again.is_err_and(|error| !error.is_blocked()) || self.conn.alert().is_ok(),
            "connection not closed after {code:?}"
        );
    }

    pub fn send(&mut self, len: usize) {
        let data: Vec<u8> = (self.sent..self.sent + len).map(pattern).collect();
        let buffers = [std::io::IoSlice::new(&data)];
        let mut blocked = Blocked::Not;
        if let Ok(sent) = self.conn.send(Data::new(&buffers, 0), &mut blocked) {
            assert!(self.ready || len == 0, "bytes sent before the handshake");
            assert_eq!(sent, len, "the pipe accepts everything");
            self.sent += sent;
        }
    }

    /// Shuts down, and returns the error if it is not complete.
    pub fn shutdown(&mut self) -> Option<Code> {
        let mut blocked = Blocked::Not;
        self.closing = true;
        let outcome = self.conn.shutdown(&mut blocked);
        outcome.err().map(|error| error.code())
    }

    pub fn shutdown_send(&mut self) {
        let mut blocked = Blocked::Not;
        self.closing = true;
        let _ = self.conn.shutdown_send(&mut blocked);
    }

    fn check_counters(&self) {
        assert_eq!(self.conn.wire_bytes_in(), self.reader.read_out());
        assert_eq!(self.conn.wire_bytes_out(), self.writer.written());
    }
}

/// Returns the byte at an offset of the stream.
fn pattern(at: usize) -> u8 {
    (at ^ at >> 8 ^ at >> 16) as u8
}
