//! Test support: connections over pipes in memory, and their certificates. Not part of a normal
//! build.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::{Arc, OnceLock};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384,
};

use crate::base::{Blocked, Mode};
use crate::config::{Config, VerifyHostCallback};
use crate::connection::{BlindingMode, Connection, Data};
use crate::credentials::step_context::StepContext;
use crate::credentials::{CertChain, Suspension, ToVerify};
use crate::error::{Code, Result};
use crate::policy::Policy;
use crate::process::sync::{Mutex, MutexGuard};
use crate::stream::{Reader, Writer};

mod choices;
#[cfg(test)]
mod clock;
pub mod hello;
#[cfg(all(test, feature = "internal-model"))]
mod models;

pub use self::choices::Choices;
#[cfg(test)]
pub(crate) use self::clock::TestClock;

/// EAGAIN on Linux.
const EAGAIN: i32 = 11;

/// A reproducible pseudorandom number generator (splitmix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The same, which prints its seed.
    pub fn seeded(seed: u64) -> Self {
        println!("seed {seed}");
        Self(seed)
    }

    pub fn value(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.value() % end as u64) as usize
    }

    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

/// Lowers the number of records that the present write key of a connection may seal.
#[cfg(test)]
pub(crate) fn lower_key_limit(conn: &Connection, records: u64) {
    let mut half = conn.stream.send.lock().expect("free");
    half.sealer
        .as_mut()
        .expect("installed")
        .lower_limit(records);
}

/// One direction of a transport in memory.
#[derive(Default)]
pub struct Pipe {
    state: Mutex<PipeState>,
}

#[derive(Default)]
pub struct PipeState {
    pub bytes: VecDeque<u8>,
    /// The number of bytes before a write would block; `None` for no limit.
    pub room: Option<usize>,
    /// The end of the stream follows the bytes.
    pub ended: bool,
    /// The `errno` of the next writes.
    pub failure: Option<i32>,
    /// The number of writes.
    pub writes: usize,
    /// The results of [`Writer::accepts_batches`] and [`Writer::is_cancelled`].
    pub accepts_batches: bool,
    pub is_cancelled: bool,
}

impl Pipe {
    pub fn state(&self) -> MutexGuard<'_, PipeState> {
        self.state.lock().expect("no test panics under it")
    }
}

impl Reader for Pipe {
    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state();
        let len = buf.len().min(state.bytes.len());
        if len == 0 && !state.ended {
            return Err(io::Error::from_raw_os_error(EAGAIN));
        }
        for (to, from) in buf.iter_mut().zip(state.bytes.drain(..len)) {
            *to = from;
        }
        Ok(len)
    }
}

impl Writer for Pipe {
    fn write(&self, buf: &[u8]) -> io::Result<usize> {
        let mut state = self.state();
        if let Some(failure) = state.failure {
            return Err(io::Error::from_raw_os_error(failure));
        }
        let len = buf.len().min(state.room.unwrap_or(usize::MAX));
        if len == 0 {
            return Err(io::Error::from_raw_os_error(EAGAIN));
        }
        if let Some(room) = &mut state.room {
            *room -= len;
        }
        state.bytes.extend(&buf[..len]);
        state.writes += 1;
        Ok(len)
    }

    fn accepts_batches(&self) -> bool {
        self.state().accepts_batches
    }

    fn is_cancelled(&self) -> bool {
        self.state().is_cancelled
    }
}

pub const TLS12_POLICY: &[u8] = b"ELBSecurityPolicy-TLS-1-2-2017-01";
pub const TLS13_POLICY: &[u8] = b"default_tls13";
/// TLS 1.2 with RSA certificates only.
pub const RSA_POLICY: &[u8] = b"20170210";
pub const POLICIES: [&[u8]; 2] = [TLS12_POLICY, TLS13_POLICY];

/// A CA, and certificates that it has issued, each with its private key in PEM.
pub struct Pki {
    pub ca: String,
    pub server: (String, String),
    pub client: (String, String),
    pub expired: (String, String),
}

pub fn pki() -> &'static Pki {
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

pub fn chain((cert, key): &(String, String)) -> Arc<CertChain> {
    let chain = CertChain::default();
    chain
        .load(cert.as_bytes(), key.as_bytes())
        .expect("a chain and its key");
    Arc::new(chain)
}

/// Accepts every host name.
pub struct AnyHost;

impl VerifyHostCallback for AnyHost {
    fn verify(&self, _: &[u8]) -> bool {
        true
    }
}

/// A client and a server before their handshake.
pub struct Pair {
    pub client: Connection,
    pub server: Connection,
    pub client_config: Arc<Config>,
    pub server_config: Arc<Config>,
    pub to_server: Arc<Pipe>,
    pub to_client: Arc<Pipe>,
}

impl Pair {
    pub fn new(policy: &[u8]) -> Self {
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
        Self::with_configs(client_config, server_config)
    }

    pub fn with_configs(client_config: Arc<Config>, server_config: Arc<Config>) -> Self {
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

    /// Drives both handshakes until each is complete or has failed.
    pub fn negotiate(&self) -> (Result<(), Code>, Result<(), Code>) {
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

    /// Completes the handshake.
    pub fn establish(&self) {
        assert_eq!(self.negotiate(), (Ok(()), Ok(())));
    }
}

pub fn negotiate(conn: &Connection) -> (Result<(), Code>, Blocked) {
    let mut blocked = Blocked::Not;
    let outcome = conn.negotiate(&mut blocked);
    (outcome.map_err(|error| error.code()), blocked)
}

pub fn send(conn: &Connection, data: &[u8]) -> (Result<usize, Code>, Blocked) {
    let mut blocked = Blocked::Not;
    let buffers = [IoSlice::new(data)];
    let sent = conn.send(Data::new(&buffers, 0), &mut blocked);
    (sent.map_err(|error| error.code()), blocked)
}

pub fn recv(conn: &Connection, room: usize) -> (Result<Vec<u8>, Code>, Blocked) {
    let mut blocked = Blocked::Not;
    let mut buf = vec![0; room];
    let received = conn.recv(&mut buf, &mut blocked);
    let data = received.map(|len| buf[..len].to_vec());
    (data.map_err(|error| error.code()), blocked)
}

pub fn shutdown(conn: &Connection) -> (Result<(), Code>, Blocked) {
    let mut blocked = Blocked::Not;
    let outcome = conn.shutdown(&mut blocked);
    (outcome.map_err(|error| error.code()), blocked)
}

/// Encodes bytes in base64 (RFC 4648, 4).
pub fn base64(content: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for part in content.chunks(3) {
        let mut bytes = [0; 3];
        bytes[..part.len()].copy_from_slice(part);
        let [a, b, c] = bytes.map(u32::from);
        let bits = a << 16 | b << 8 | c;
        for place in 0..4 {
            text.push(match place <= part.len() {
                true => DIGITS[(bits >> (18 - 6 * place) & 63) as usize].into(),
                false => '=',
            });
        }
    }
    text
}

/// Returns `len` bytes of a pattern.
pub fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8).collect()
}

/// Receives until the transport is empty or closed.
pub fn received(conn: &Connection) -> Vec<u8> {
    let mut all = Vec::new();
    while let (Ok(data), _) = recv(conn, 70_000) {
        if data.is_empty() {
            break;
        }
        all.extend(data);
    }
    all
}

/// Runs work with the step context of the thread locked, so that any access to it panics.
pub fn without_step_context<R>(work: impl FnOnce() -> R) -> R {
    StepContext::without_thread(work)
}

/// Returns a suspension for the verification of an invalid signature.
pub fn suspension(message: &[u8]) -> Suspension {
    Suspension::Verify(ToVerify {
        message: message.to_vec(),
        signature: Vec::new(),
        spki: Vec::new(),
        algorithms: &[],
    })
}

/// An ECHConfig (RFC 9849, 4), for a server that does not exist.
pub struct EchConfig<'a> {
    pub version: u16,
    pub kem: u16,
    pub key: &'a [u8],
    /// Pairs of a KDF and an AEAD.
    pub suites: &'a [(u16, u16)],
    pub public_name: &'a str,
    /// With type and length each.
    pub extensions: &'a [u8],
}

impl EchConfig<'_> {
    pub const VERSION: u16 = 0xfe0d;
    pub const X25519: u16 = 0x20;
    /// HKDF-SHA256 with AES-128-GCM.
    pub const AES_128: (u16, u16) = (1, 1);

    pub fn encode(&self) -> Vec<u8> {
        let suites = self.suites.iter();
        let suites: Vec<u8> = suites
            .flat_map(|(kdf, aead)| [kdf.to_be_bytes(), aead.to_be_bytes()].concat())
            .collect();
        let name = self.public_name.as_bytes();
        let contents = [
            &[1][..],
            &self.kem.to_be_bytes(),
            &vector(self.key),
            &vector(&suites),
            &[0, name.len() as u8],
            name,
            &vector(self.extensions),
        ];
        [&self.version.to_be_bytes(), &vector(&contents.concat())[..]].concat()
    }
}

/// Encodes an ECHConfig that is supported.
pub fn ech_config(public_name: &str) -> Vec<u8> {
    let config = EchConfig {
        version: EchConfig::VERSION,
        kem: EchConfig::X25519,
        key: &X25519_KEY,
        suites: &[EchConfig::AES_128],
        public_name,
        extensions: &[],
    };
    config.encode()
}

/// A public key of X25519: the base point.
pub const X25519_KEY: [u8; 32] = {
    let mut key = [0; 32];
    key[0] = 9;
    key
};

/// Encodes an ECHConfigList.
pub fn ech_config_list(configs: &[Vec<u8>]) -> Vec<u8> {
    vector(&configs.concat())
}

/// Encodes a vector with a length prefix of two bytes.
fn vector(content: &[u8]) -> Vec<u8> {
    [&(content.len() as u16).to_be_bytes(), content].concat()
}
