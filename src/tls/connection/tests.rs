//! Both halves, driven over a link in memory with keys of our own making.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::atomic::Ordering::*;
use std::sync::{Arc, Mutex, OnceLock};

use rustls::crypto::cipher::{AeadKey, Iv};
use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite};

use super::*;
use crate::tls::blocked::Blocked;
use crate::tls::record::{Opener, Sealer};

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
    fn new(version: u8) -> Self {
        Self::with_config(version, config())
    }

    fn with_config(version: u8, config: Arc<Config>) -> Self {
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
fn install(conn: &Connection, version: u8, [write, read]: [u8; 2]) {
    let provider = Policy::find(b"default_tls13").expect("known").provider();
    let suite = match version {
        TLS13 => SupportedCipherSuite::Tls13(provider.tls13_cipher_suites[0]),
        _ => SupportedCipherSuite::Tls12(provider.tls12_cipher_suites[0]),
    };
    let keys = |byte| {
        let key = AeadKey::from([byte; 16]);
        let iv = Iv::from([byte; 12]);
        (1, ConnectionTrafficSecrets::Aes128Gcm { key, iv })
    };
    conn.send.lock().expect("free").sealer = Some(Sealer::new(suite, keys(write)).expect("fits"));
    conn.recv.lock().expect("free").opener = Some(Opener::new(suite, keys(read)).expect("fits"));
    conn.shared.version.store(version, Release);
    conn.shared.handshake_done.store(true, Release);
}

pub(crate) fn send(conn: &Connection, data: &[u8]) -> (Result<usize, Code>, Blocked) {
    let mut blocked = Blocked::Not;
    let buffers = [IoSlice::new(data)];
    let sent = conn.send(|| Data::new(&buffers, 0), &mut blocked);
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

const VERSIONS: [u8; 2] = [TLS12, TLS13];

#[test]
fn a_blocked_send_reports_records_that_left_whole() {
    let pair = Pair::new(TLS13);
    let data = pattern(20000);

    pair.to_server.state().room = Some(0);
    assert_eq!(
        send(&pair.client, &data),
        (Err(Code::IoBlocked), Blocked::Write)
    );

    pair.to_server.state().room = Some(9000);
    assert_eq!(send(&pair.client, &data), (Ok(8087), Blocked::Write));

    pair.to_server.state().room = None;
    assert_eq!(send(&pair.client, &data[8087..]), (Ok(11913), Blocked::Not));
    assert_eq!(received(&pair.server), data);
}

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

#[test]
fn a_retry_with_less_is_refused_and_harms_nothing() {
    let pair = Pair::new(TLS13);
    let data = pattern(5000);
    pair.to_server.state().room = Some(0);
    assert_eq!(send(&pair.client, &data).0, Err(Code::IoBlocked));

    pair.to_server.state().room = None;
    assert_eq!(
        send(&pair.client, &data[..4999]),
        (Err(Code::SendSize), Blocked::Write)
    );
    assert_eq!(
        send(&pair.client, &[]),
        (Err(Code::SendSize), Blocked::Write)
    );
    assert_eq!(send(&pair.client, &data), (Ok(5000), Blocked::Not));
    assert_eq!(received(&pair.server), data);
}

#[test]
fn a_receive_takes_one_record_and_not_a_byte_more() {
    for version in VERSIONS {
        let pair = Pair::new(version);
        send(&pair.client, b"first").0.expect("sent");
        send(&pair.client, b"second").0.expect("sent");
        let on_the_wire = pair.to_server.state().bytes.len();

        assert_eq!(recv(&pair.server, 3), (Ok(b"fir".to_vec()), Blocked::Read));
        assert_eq!(pair.server.peek(), 2);
        let second = on_the_wire - pair.server.wire_bytes_in() as usize;
        assert_eq!(pair.to_server.state().bytes.len(), second);
        assert_eq!(second, on_the_wire / 2 + 1, "the longer record is left");

        assert_eq!(recv(&pair.server, 100), (Ok(b"st".to_vec()), Blocked::Not));
        assert_eq!(
            recv(&pair.server, 100),
            (Ok(b"second".to_vec()), Blocked::Not)
        );
        assert_eq!(
            recv(&pair.server, 100),
            (Err(Code::IoBlocked), Blocked::Read)
        );
    }
}

#[test]
fn receiving_nothing_reads_nothing() {
    let pair = Pair::new(TLS13);
    assert_eq!(recv(&pair.server, 0), (Ok(vec![]), Blocked::Not));
    send(&pair.client, b"data").0.expect("sent");
    recv(&pair.server, 1).0.expect("received");
    assert_eq!(recv(&pair.server, 0), (Ok(vec![]), Blocked::Read));
}

#[test]
fn buffered_receiving_counts_what_waits() {
    let pair = Pair::new(TLS13);
    pair.server.set_recv_buffering(true);
    for _ in 0..3 {
        send(&pair.client, b"record").0.expect("sent");
    }
    assert_eq!(recv(&pair.server, 100).0, Ok(b"record".to_vec()));
    assert_eq!(pair.server.peek_buffered() as usize, 2 * (6 + 22));
    assert!(pair.to_server.state().bytes.is_empty());
    assert_eq!(received(&pair.server), b"recordrecord");
    assert_eq!(pair.server.peek_buffered(), 0);
}

#[test]
fn many_records_fill_one_receive_if_the_config_says_so() {
    let config = Arc::new(Config::new_minimal());
    config.set_recv_multi_record(true);
    let pair = Pair::with_config(TLS13, config);
    for _ in 0..3 {
        send(&pair.client, b"record").0.expect("sent");
    }
    assert_eq!(
        recv(&pair.server, 15),
        (Ok(b"recordrecordrec".to_vec()), Blocked::Read)
    );
    assert_eq!(recv(&pair.server, 15), (Ok(b"ord".to_vec()), Blocked::Not));
}

#[test]
fn an_error_behind_data_waits_for_the_next_receive() {
    let config = Arc::new(Config::new_minimal());
    config.set_recv_multi_record(true);
    let pair = Pair::with_config(TLS13, config);
    pair.server.set_blinding(BlindingMode::SelfService);
    send(&pair.client, b"good").0.expect("sent");
    send(&pair.client, b"evil").0.expect("sent");
    *pair.to_server.state().bytes.back_mut().expect("a tag") ^= 1;

    assert_eq!(recv(&pair.server, 100).0, Ok(b"good".to_vec()));
    assert_eq!(recv(&pair.server, 100).0, Err(Code::Decrypt));
    assert_eq!(recv(&pair.server, 100).0, Err(Code::Closed));
}

#[test]
fn the_end_of_the_stream_is_no_end_of_the_data() {
    for version in VERSIONS {
        for cut in [0, 3, 5, 10] {
            let pair = Pair::new(version);
            send(&pair.client, b"data").0.expect("sent");
            {
                let mut state = pair.to_server.state();
                state.bytes.truncate(cut);
                state.ended = true;
            }
            assert_eq!(recv(&pair.server, 9), (Err(Code::Closed), Blocked::Read));
            assert_eq!(recv(&pair.server, 9), (Err(Code::Closed), Blocked::Read));
        }
    }
}

#[test]
fn a_close_notify_is_the_end_of_the_data() {
    for version in VERSIONS {
        let pair = Pair::new(version);
        send(&pair.client, b"last").0.expect("sent");
        assert_eq!(
            shutdown(&pair.client),
            (Err(Code::IoBlocked), Blocked::Read)
        );
        assert_eq!(send(&pair.client, b"x").0, Err(Code::Closed));

        assert_eq!(recv(&pair.server, 9), (Ok(b"last".to_vec()), Blocked::Not));
        assert_eq!(recv(&pair.server, 9), (Ok(vec![]), Blocked::Not));
        assert_eq!(recv(&pair.server, 9), (Ok(vec![]), Blocked::Not));
        assert_eq!(pair.server.alert().map_err(|error| error.code()), Ok(0));

        assert_eq!(shutdown(&pair.server), (Ok(()), Blocked::Not));
        assert_eq!(shutdown(&pair.client), (Ok(()), Blocked::Not));
        assert_eq!(shutdown(&pair.client), (Ok(()), Blocked::Not));
    }
}

#[test]
fn closing_by_halves_is_for_tls13() {
    for version in VERSIONS {
        let pair = Pair::new(version);
        let mut blocked = Blocked::Not;
        pair.client.shutdown_send(&mut blocked).expect("sent");
        assert_eq!(recv(&pair.server, 9).0, Ok(vec![]));

        let (sent, got) = match version {
            TLS13 => (Ok(5), Ok(b"still".to_vec())),
            _ => (Err(Code::Closed), Err(Code::Closed)),
        };
        assert_eq!(send(&pair.server, b"still").0, sent);
        assert_eq!(recv(&pair.client, 9).0, got);
    }
}

#[test]
fn a_shutdown_finishes_what_it_began() {
    let pair = Pair::new(TLS13);
    pair.to_server.state().room = Some(0);
    assert_eq!(send(&pair.client, b"data").0, Err(Code::IoBlocked));
    assert_eq!(
        shutdown(&pair.client),
        (Err(Code::IoBlocked), Blocked::Write)
    );
    pair.to_server.state().room = Some(30);
    assert_eq!(
        shutdown(&pair.client),
        (Err(Code::IoBlocked), Blocked::Write)
    );
    pair.to_server.state().room = None;
    assert_eq!(
        shutdown(&pair.client),
        (Err(Code::IoBlocked), Blocked::Read)
    );
    assert_eq!(received(&pair.server), b"data");
    assert!(pair.to_server.state().bytes.is_empty(), "one close_notify");
}

#[test]
fn a_fatal_alert_ends_both_directions() {
    let pair = Pair::new(TLS13);
    {
        let mut half = pair.client.send.lock().expect("free");
        half.owed_alert = sealed_alert(&mut half, 40);
    }
    shutdown(&pair.client)
        .0
        .expect_err("the peer does not answer");
    assert_eq!(recv(&pair.server, 9), (Err(Code::Alert), Blocked::Read));
    assert_eq!(recv(&pair.server, 9).0, Err(Code::Closed));
    assert_eq!(send(&pair.server, b"x").0, Err(Code::Closed));
    assert_eq!(pair.server.alert().map_err(|error| error.code()), Ok(40));
    let sent = pair.server.wire_bytes_out();
    assert_eq!(shutdown(&pair.server), (Ok(()), Blocked::Not));
    assert_eq!(
        pair.server.wire_bytes_out(),
        sent,
        "nothing answers an alert"
    );
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

#[test]
fn a_bad_record_is_blinded() {
    let pair = Pair::new(TLS13);
    pair.server.set_blinding(BlindingMode::SelfService);
    send(&pair.client, b"data").0.expect("sent");
    *pair.to_server.state().bytes.back_mut().expect("a tag") ^= 1;

    assert_eq!(recv(&pair.server, 9), (Err(Code::Decrypt), Blocked::Read));
    let delay = pair.server.delay().expect("the clock works").as_secs();
    assert!((9..30).contains(&delay), "{delay} s");
    assert_eq!(
        shutdown(&pair.server),
        (Err(Code::ShutdownPaused), Blocked::Not)
    );
    assert_eq!(pair.server.wire_bytes_out(), 0);
    assert_eq!(send(&pair.server, b"x").0, Err(Code::Closed));
}

#[test]
fn every_cut_of_the_link_leaves_the_data_whole() {
    let data = pattern(20_000);
    for version in VERSIONS {
        let whole = {
            let pair = Pair::new(version);
            send(&pair.client, &data).0.expect("sent");
            pair.to_server.state().bytes.len()
        };
        for cut in (0..whole).step_by(7) {
            let pair = Pair::new(version);
            pair.to_server.state().room = Some(cut);
            let mut sent = 0;
            let mut all = Vec::new();
            while sent < data.len() {
                match send(&pair.client, &data[sent..]).0 {
                    Ok(len) => sent += len,
                    Err(code) => assert_eq!(code, Code::IoBlocked),
                }
                all.extend(received(&pair.server));
                pair.to_server.state().room = None;
            }
            all.extend(received(&pair.server));
            assert!(all == data, "cut at {cut}");
        }
    }
}

#[test]
fn records_have_the_preferred_size() {
    let sizes = |set: &dyn Fn(&Connection), version| {
        let pair = Pair::new(version);
        set(&pair.client);
        send(&pair.client, &pattern(40_000)).0.expect("sent");
        let mut sizes = Vec::new();
        while let (Ok(data), _) = recv(&pair.server, 70_000) {
            sizes.push(data.len());
        }
        (sizes[0], sizes[1])
    };
    for version in VERSIONS {
        assert_eq!(sizes(&|_| {}, version), (8087, 8087));
        assert_eq!(
            sizes(&|conn| conn.set_record_size(16384), version),
            (16384, 16384)
        );
        let small = |conn: &Connection| conn.set_small_records(1, 0).expect("in range");
        let first = if version == TLS13 { 1378 } else { 1371 };
        assert_eq!(sizes(&small, version), (first, 8087));
    }
}

#[test]
fn a_send_buffer_collects_records() {
    let config = Arc::new(Config::new_minimal());
    config.set_send_buffer_size(40_000).expect("in range");
    let pair = Pair::with_config(TLS13, config);
    send(&pair.client, &pattern(40_000)).0.expect("sent");
    assert_eq!(pair.to_server.state().writes, 2);
    assert_eq!(received(&pair.server), pattern(40_000));

    let config = Arc::new(Config::new_minimal());
    config.set_send_buffer_size(2000).expect("in range");
    for (version, size) in [(TLS13, 1739), (TLS12, 971)] {
        let pair = Pair::with_config(version, config.clone());
        send(&pair.client, &pattern(5000)).0.expect("sent");
        assert_eq!(recv(&pair.server, 9000).0.expect("received").len(), size);
    }
}

#[test]
fn vectors_are_one_stream() {
    let data = pattern(30_000);
    for pieces in [1, 2, 7, 9, 1024] {
        let pair = Pair::new(TLS13);
        let mut buffers: Vec<_> = data.chunks(data.len() / pieces).map(IoSlice::new).collect();
        buffers.insert(1, IoSlice::new(&[]));
        let mut blocked = Blocked::Not;
        let sent = pair
            .client
            .send(|| Data::new(&buffers, 12_345), &mut blocked);
        assert_eq!(sent.map_err(|error| error.code()), Ok(30_000 - 12_345));
        assert!(received(&pair.server) == data[12_345..], "{pieces} pieces");
    }
}

#[test]
fn offsets_end_with_the_data() {
    let buffers = [IoSlice::new(b"abc")];
    assert!(Data::new(&buffers, 3).is_ok());
    let error = Data::new(&buffers, 4).err().expect("one too many");
    assert_eq!(error.code(), Code::InvalidArgument);
}

#[test]
fn a_link_that_takes_nothing_is_not_asked_for_ever() {
    struct Nothing;
    impl Writer for Nothing {
        fn write(&self, _: &[u8]) -> io::Result<usize> {
            Ok(0)
        }
    }
    let pair = Pair::new(TLS13);
    pair.client.set_writer(Some(Arc::new(Nothing)), false);
    assert_eq!(
        send(&pair.client, b"x"),
        (Err(Code::IoBlocked), Blocked::Write)
    );
}

#[test]
fn a_broken_pipe_stays_broken() {
    let pair = Pair::new(TLS13);
    pair.to_server.state().failure = Some(libc::EPIPE);
    assert_eq!(send(&pair.client, b"x").0, Err(Code::Io));
    pair.to_server.state().failure = None;
    assert_eq!(send(&pair.client, b"x").0, Err(Code::Io));

    let pair = Pair::new(TLS13);
    pair.to_server.state().failure = Some(libc::ECONNRESET);
    assert_eq!(send(&pair.client, b"x").0, Err(Code::Io));
    pair.to_server.state().failure = None;
    assert_eq!(send(&pair.client, b"x").0, Ok(1));
}

#[test]
fn a_callback_may_not_use_its_own_direction() {
    struct Recursive(Mutex<Option<Arc<Connection>>>, Mutex<Vec<Code>>);
    impl Writer for Recursive {
        fn write(&self, buf: &[u8]) -> io::Result<usize> {
            let conn = self.0.lock().expect("free").clone();
            let code = send(&conn.expect("set"), b"inner").0.expect_err("refused");
            self.1.lock().expect("free").push(code);
            Ok(buf.len())
        }
    }
    let conn = Arc::new(Pair::new(TLS13).client);
    let writer = Arc::new(Recursive(Mutex::new(Some(conn.clone())), Mutex::default()));
    conn.set_writer(Some(writer.clone()), false);
    assert_eq!(send(&conn, b"outer").0, Ok(5));
    assert_eq!(*writer.1.lock().expect("free"), [Code::Reentrancy]);
    writer.0.lock().expect("free").take();
}

#[test]
fn directions_are_independent() {
    let pair = Pair::new(TLS13);
    let _sending = pair.client.send.lock().expect("free");
    send(&pair.server, b"data").0.expect("sent");
    assert_eq!(recv(&pair.client, 9).0, Ok(b"data".to_vec()));
    assert_eq!(send(&pair.client, b"x").0, Err(Code::Reentrancy));
}

#[test]
fn buffers_are_released_only_when_they_are_empty() {
    let code = |conn: &Connection| conn.release_buffers().map_err(|error| error.code());
    let pair = Pair::new(TLS13);
    pair.to_server.state().room = Some(4);
    send(&pair.client, b"data").0.expect_err("blocked");
    assert_eq!(code(&pair.client), Err(Code::StufferHasUnprocessedData));
    recv(&pair.server, 9).0.expect_err("blocked");
    assert_eq!(code(&pair.server), Err(Code::StufferHasUnprocessedData));

    pair.to_server.state().room = None;
    send(&pair.client, b"data").0.expect("sent");
    assert_eq!(code(&pair.client), Ok(()));
    recv(&pair.server, 1).0.expect("received");
    assert_eq!(code(&pair.server), Err(Code::StufferHasUnprocessedData));
    recv(&pair.server, 9).0.expect("received");
    assert_eq!(code(&pair.server), Ok(()));
}

#[test]
fn sending_before_the_handshake_is_refused_and_harmless() {
    let conn = Connection::new(Mode::Client);
    conn.set_config(config()).expect("the config suits");
    assert_eq!(send(&conn, b"x").0, Err(Code::Encrypt));
    assert_eq!(send(&conn, b"").0, Ok(0));
}

#[test]
fn a_wiped_connection_is_new() {
    let pair = Pair::new(TLS13);
    pair.client.set_server_name(c"a.example").expect("short");
    send(&pair.client, b"x").0.expect("sent");
    pair.client.wipe().expect("free");
    assert_eq!(pair.client.wire_bytes_out(), 0);
    pair.client.with_server_name(|name| assert!(name.is_none()));
    assert_eq!(send(&pair.client, b"x").0, Err(Code::Encrypt));
    assert_eq!(shutdown(&pair.client), (Ok(()), Blocked::Not));
}
