//! Sending, receiving and closing over a transport in memory, with fixed traffic keys.

use std::io::{self, IoSlice};
use std::sync::atomic::Ordering::*;
use std::sync::{Arc, Mutex, OnceLock};

use rustls::crypto::cipher::{AeadKey, Iv};
use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite};

use super::*;
use crate::base::Version;
use crate::record::{ContentType, Opener, Sealer};
use crate::stream::SendHalf;
use crate::testing::{Pipe, TestClock, pattern, received, recv, send, shutdown};

mod batches;
mod closing;
mod kernel;
mod ktls;
#[cfg(feature = "internal-model")]
mod models;
mod receiving;
mod sending;
mod transfer;

/// A client and a server after their handshake.
struct Pair {
    client: Connection,
    server: Connection,
    to_server: Arc<Pipe>,
    to_client: Arc<Pipe>,
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
            to_client,
        }
    }
}

/// Installs traffic keys and results of a handshake.
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

const VERSIONS: [Version; 2] = [Version::Tls12, Version::Tls13];

fn sealed_alert(half: &mut SendHalf, description: u8) -> Vec<u8> {
    sealed(half, ContentType::Alert, &[2, description])
}

fn sealed(half: &mut SendHalf, typ: ContentType, content: &[u8]) -> Vec<u8> {
    let mut record = vec![0; 64];
    let sealer = half.sealer.as_mut().expect("installed");
    let len = sealer.seal(typ, &[content], &mut record).expect("sealed");
    record.truncate(len);
    record
}
