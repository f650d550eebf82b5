//! Both halves, driven over a link in memory with keys of our own making.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::atomic::Ordering::*;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use rustls::crypto::cipher::{AeadKey, Iv};
use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite};

use super::*;
use crate::tls::base::Version;
use crate::tls::record::{Opener, Sealer};
use crate::tls::stream::SendHalf;

mod closing;
mod receiving;
mod sending;

/// One direction of a link.
#[derive(Default)]
pub(crate) struct Pipe {
    state: Mutex<PipeState>,
}

#[derive(Default)]
pub(crate) struct PipeState {
    pub(crate) bytes: VecDeque<u8>,
    /// How many bytes it takes before it would block; nothing for any number.
    pub(crate) room: Option<usize>,
    /// Nothing follows the bytes.
    pub(crate) ended: bool,
    /// What a write fails with.
    failure: Option<i32>,
    writes: usize,
}

impl Pipe {
    pub(crate) fn state(&self) -> MutexGuard<'_, PipeState> {
        self.state.lock().expect("no test panics under it")
    }
}

impl Reader for Pipe {
    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state();
        let len = buf.len().min(state.bytes.len());
        if len == 0 && !state.ended {
            return Err(io::Error::from_raw_os_error(libc::EAGAIN));
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
            return Err(io::Error::from_raw_os_error(libc::EAGAIN));
        }
        if let Some(room) = &mut state.room {
            *room -= len;
        }
        state.bytes.extend(&buf[..len]);
        state.writes += 1;
        Ok(len)
    }
}

/// A connection after its handshake, and its peer.
struct Pair {
    client: Connection,
    server: Connection,
    to_server: Arc<Pipe>,
}

fn config() -> Arc<Config> {
    static CONFIG: OnceLock<Arc<Config>> = OnceLock::new();
    CONFIG
        .get_or_init(|| Arc::new(Config::new_minimal()))
        .clone()
}

impl Pair {
    fn new(version: Version) -> Self {
        Self::with_config(version, config())
    }

    fn with_config(version: Version, config: Arc<Config>) -> Self {
        let (to_server, to_client) = (Arc::<Pipe>::default(), Arc::<Pipe>::default());
        let make = |mode, reader: &Arc<Pipe>, writer: &Arc<Pipe>, keys: [u8; 2]| {
            let conn = Connection::new(mode);
            conn.set_config(config.clone()).expect("the config suits");
            conn.set_reader(Some(reader.clone()));
            conn.set_writer(Some(writer.clone()), true);
            install(&conn, version, keys);
            conn
        };
        Self {
            client: make(Mode::Client, &to_client, &to_server, [1, 2]),
            server: make(Mode::Server, &to_server, &to_client, [2, 1]),
            to_server,
        }
    }
}

/// Gives the connection the keys that a handshake would have made.
fn install(conn: &Connection, version: Version, [write, read]: [u8; 2]) {
    let provider = Policy::find(b"default_tls13").expect("known").provider();
    let suite = match version {
        Version::Tls13 => SupportedCipherSuite::Tls13(provider.tls13_cipher_suites[0]),
        _ => SupportedCipherSuite::Tls12(provider.tls12_cipher_suites[0]),
    };
    let keys = |byte| {
        let key = AeadKey::from([byte; 16]);
        let iv = Iv::from([byte; 12]);
        (1, ConnectionTrafficSecrets::Aes128Gcm { key, iv })
    };
    conn.stream.send.lock().expect("free").sealer =
        Some(Sealer::new(suite, keys(write)).expect("fits"));
    conn.stream.recv.lock().expect("free").opener =
        Some(Opener::new(suite, keys(read)).expect("fits"));
    conn.state.shared.version.store(version, Release);
    conn.state.shared.server_version.store(version, Release);
    conn.state.shared.handshake_done.store(true, Release);
}

pub(crate) fn send(conn: &Connection, data: &[u8]) -> (Result<usize, Code>, Blocked) {
    let mut blocked = Blocked::Not;
    let buffers = [IoSlice::new(data)];
    let sent = conn.send(Data::new(&buffers, 0), &mut blocked);
    (sent.map_err(|error| error.code()), blocked)
}

pub(crate) fn recv(conn: &Connection, room: usize) -> (Result<Vec<u8>, Code>, Blocked) {
    let mut blocked = Blocked::Not;
    let mut buf = vec![0; room];
    let received = conn.recv(&mut buf, &mut blocked);
    let data = received.map(|len| buf[..len].to_vec());
    (data.map_err(|error| error.code()), blocked)
}

pub(crate) fn shutdown(conn: &Connection) -> (Result<(), Code>, Blocked) {
    let mut blocked = Blocked::Not;
    let outcome = conn.shutdown(&mut blocked);
    (outcome.map_err(|error| error.code()), blocked)
}

pub(crate) fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8).collect()
}

const VERSIONS: [Version; 2] = [Version::Tls12, Version::Tls13];

pub(crate) fn received(conn: &Connection) -> Vec<u8> {
    let mut all = Vec::new();
    while let (Ok(data), _) = recv(conn, 70_000) {
        if data.is_empty() {
            break;
        }
        all.extend(data);
    }
    all
}

fn sealed_alert(half: &mut SendHalf, description: u8) -> Vec<u8> {
    let mut record = vec![0; 64];
    let sealer = half.sealer.as_mut().expect("installed");
    let alert = [2, description];
    let len = sealer
        .seal(
            crate::tls::record::ContentType::Alert,
            &[&alert],
            &mut record,
        )
        .expect("sealed");
    record.truncate(len);
    record
}
