//! Early data between the tools: with sessions and pre-shared keys, accepted and rejected.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::thread;

use serde_json::{Value, json as value};

use crate::common::*;
use crate::peers::{Report, cert};

/// A server's options for early data, and a client's session.
struct Files {
    keys: String,
    session: String,
    early: String,
    server_json: String,
    client_json: String,
}

impl Files {
    fn new(folder: &Path) -> Self {
        let early = path(folder, "early");
        fs::write(&early, "early, ").expect("writable");
        Self {
            keys: ticket_keys(folder, &[1]),
            session: path(folder, "session"),
            early,
            server_json: path(folder, "server.json"),
            client_json: path(folder, "client.json"),
        }
    }

    /// Runs a connection on which the server echoes, and returns the field `early_data` of the
    /// reports of server and client.
    fn connect(&self, server_args: &[&str], client_args: &[&str]) -> ([Value; 2], Report) {
        let option = format!("--json={}", self.server_json);
        let own = ["--echo", &option, "--ticket-key-file", &self.keys];
        let server = Server::start(&[&own[..], server_args].concat());
        let option = format!("--json={}", self.client_json);
        let own = ["--session", &self.session, &option];
        let client = client(
            &server.port,
            &[&own[..], client_args].concat(),
            input("late"),
        );
        let server = server.finish();
        let codes = (server.code, client.code);
        assert_eq!(codes, (Some(0), Some(0)), "{server:?} {client:?}");
        let fields = [&self.server_json, &self.client_json].map(|path| {
            let mut report = json(path);
            report["early_data"].take()
        });
        (fields, client)
    }

    /// Stores a session of a server with these options.
    fn store_session(&self, server_args: &[&str]) {
        let _ = fs::remove_file(&self.session);
        let (early_data, client) = self.connect(server_args, &[]);
        assert_eq!(early_data, [Value::Null, Value::Null], "{client:?}");
    }

    fn early_data(&self) -> [&str; 2] {
        ["--early-data", &self.early]
    }
}

fn result(status: &str, bytes: usize) -> Value {
    value!({ "status": status, "bytes": bytes })
}

const MAX: [&str; 2] = ["--max-early-data", "1000"];

#[test]
fn early_data_of_a_session_precedes_other_data() {
    let dir = folder("early-session");
    let files = Files::new(&dir);
    // Without a session the file is sent after the handshake.
    let (early_data, client) = files.connect(&MAX, &files.early_data());
    assert_eq!(early_data, [Value::Null, Value::Null]);
    assert_eq!(client.stdout, "early, late");
    let args = [&files.early_data()[..], &["-v"]].concat();
    let (early_data, client) = files.connect(&MAX, &args);
    assert_eq!(early_data, [result("accepted", 7), result("accepted", 7)]);
    assert_eq!(client.stdout, "early, late");
    let line = "resumed, early data accepted (7 bytes) (";
    assert!(client.stderr.contains(line), "{client:?}");
    for path in [&files.server_json, &files.client_json] {
        let report = json(path);
        assert_eq!(
            (&report["bytes_in"], &report["bytes_out"]),
            (&value!(11), &value!(11))
        );
        assert_eq!(report["resumed"], true);
    }
}

/// The client sends early data at once: without the response of the server.
#[test]
fn early_data_is_behind_the_client_hello() {
    let dir = folder("early-first");
    let files = Files::new(&dir);
    files.store_session(&MAX);
    let (listener, port) = listen();
    let args = [&["--session", &files.session][..], &files.early_data()].concat();
    let client = start_client(&port, &args, Stdio::null());
    let (mut tcp, _) = listener.accept().expect("a client");
    let mut records = Vec::new();
    while records.last() != Some(&APPLICATION_DATA) {
        let mut header = [0; 5];
        tcp.read_exact(&mut header).expect("a record");
        let len = u16::from_be_bytes([header[3], header[4]]);
        tcp.read_exact(&mut vec![0; len.into()]).expect("a record");
        records.push(header[0]);
    }
    assert_eq!(records, [HANDSHAKE, CHANGE_CIPHER_SPEC, APPLICATION_DATA]);
    // A fatal alert: handshake_failure.
    tcp.write_all(&[21, 3, 3, 0, 2, 2, 40]).expect("connected");
    drop(tcp);
    let client = client.finish();
    assert_eq!(client.code, Some(1), "{client:?}");
    assert!(client.stderr.contains("handshake_failure"), "{client:?}");
}

/// Content types (RFC 8446, 5.1).
const CHANGE_CIPHER_SPEC: u8 = 20;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

#[test]
fn data_beyond_the_limit_is_sent_after_the_handshake() {
    let dir = folder("early-limit");
    let files = Files::new(&dir);
    for (len, sent) in [(999, 999), (1000, 1000), (1001, 1000), (200_000, 1000)] {
        files.store_session(&MAX);
        let file = random_file(&dir, "long", len, 3);
        let echoed = path(&dir, "echoed");
        let args = ["--early-data", &file, "--receive", &echoed, "--force"];
        let (early_data, _) = files.connect(&MAX, &args);
        let expected = result("accepted", sent);
        assert_eq!(early_data, [expected.clone(), expected], "{len}");
        let expected = [fs::read(&file).expect("a file"), b"late".to_vec()].concat();
        assert!(fs::read(&echoed).expect("a file") == expected, "{len}");
    }
}

#[test]
fn large_early_data_is_received() {
    let dir = folder("early-large");
    let files = Files::new(&dir);
    let max = ["--max-early-data", "5000000"];
    files.store_session(&max);
    let file = random_file(&dir, "large", 3_000_000, 4);
    let echoed = path(&dir, "echoed");
    let args = ["--early-data", &file, "--receive", &echoed];
    let (early_data, _) = files.connect(&max, &args);
    let expected = result("accepted", 3_000_000);
    assert_eq!(early_data, [expected.clone(), expected]);
    let expected = [fs::read(&file).expect("a file"), b"late".to_vec()].concat();
    assert!(fs::read(&echoed).expect("a file") == expected);
}

#[test]
fn rejected_early_data_is_sent_again() {
    let dir = folder("early-rejected");
    let files = Files::new(&dir);
    let retry = ["--policy", "20251113", MAX[0], MAX[1]];
    let alpn = ["--alpn", "h2", MAX[0], MAX[1]];
    for (key, server, client) in [
        // The server accepts no early data.
        (1, &[][..], &[][..]),
        // It does not have the key of the ticket.
        (2, &MAX, &[]),
        // A HelloRetryRequest.
        (1, &retry, &["--policy", "20240603"]),
        // A negotiated application protocol.
        (1, &alpn, &["--alpn", "h2"]),
    ] {
        ticket_keys(&dir, &[1]);
        files.store_session(&MAX);
        ticket_keys(&dir, &[key]);
        let args = [&files.early_data(), client].concat();
        let (early_data, report) = files.connect(server, &args);
        let expected = [result("rejected", 0), result("rejected", 7)];
        assert_eq!(early_data, expected, "{server:?}: {report:?}");
        assert_eq!(report.stdout, "early, late", "{server:?}");
        assert_eq!(resumed(&files.client_json), [key == 1], "{server:?}");
    }
}

#[test]
fn a_session_without_early_data_permits_none() {
    let dir = folder("early-not-permitted");
    let files = Files::new(&dir);
    files.store_session(&[]);
    let (early_data, client) = files.connect(&MAX, &files.early_data());
    assert_eq!(early_data, [Value::Null, Value::Null]);
    assert_eq!(client.stdout, "early, late");
    assert_eq!(resumed(&files.client_json), [true]);
}

/// Starts a server with a key, and runs a client with the same key.
fn connect_with_psk(
    dir: &Path,
    server: &[&str],
    client_args: &[&str],
) -> ([Value; 2], [Report; 2]) {
    let (secret, keys) = (path(dir, "secret"), path(dir, "psks"));
    let hash = match client_args.contains(&"sha384") {
        true => ":sha384",
        false => "",
    };
    fs::write(&secret, "0a".repeat(32)).expect("writable");
    fs::write(&keys, format!("one:{}{hash}\n", "0a".repeat(32))).expect("writable");
    let (server_json, client_json) = (path(dir, "server.json"), path(dir, "client.json"));
    let option = format!("--json={server_json}");
    let own = ["--echo", "--psk-file", &keys, &option];
    let server = Server::start(&[&own[..], server].concat());
    let option = format!("--json={client_json}");
    let psk = format!("one:{secret}");
    let own = ["--psk", &psk, &option];
    let args = [&own[..], client_args].concat();
    let client = client(&server.port, &args, input("late"));
    let server = server.finish();
    let reports = [server_json, client_json].map(|path| json(&path));
    (reports, [server, client])
}

#[test]
fn early_data_of_a_pre_shared_key_is_accepted_or_rejected() {
    let dir = folder("early-psk");
    let early = path(&dir, "early");
    fs::write(&early, "early, ").expect("writable");
    let early = ["--early-data", &early];
    let retry = ["--policy", "20251113", MAX[0], MAX[1]];
    for (server, client, bytes) in [
        (&MAX[..], &[][..], Some(7)),
        (&MAX, &["--psk-hash", "sha384"], Some(7)),
        (&[], &[], None),
        (&retry, &["--policy", "20240603"], None),
    ] {
        let ([server_report, client_report], [_, report]) =
            connect_with_psk(&dir, server, &[&early[..], client].concat());
        assert_eq!(report.code, Some(0), "{report:?}");
        assert_eq!(report.stdout, "early, late");
        let expected = match bytes {
            Some(bytes) => [result("accepted", bytes), result("accepted", bytes)],
            None => [result("rejected", 0), result("rejected", 7)],
        };
        for (report, expected) in [&server_report, &client_report].into_iter().zip(expected) {
            assert_eq!(report["early_data"], expected, "{server:?} {client:?}");
            assert_eq!(report["psk"], "one");
        }
    }
}

#[test]
fn more_early_data_than_a_server_permits_ends_the_connection() {
    let dir = folder("early-psk-limit");
    for (len, code) in [(1000, 0), (1001, 1)] {
        let file = random_file(&dir, "early", len, 5);
        let ([server, client], [server_report, report]) =
            connect_with_psk(&dir, &MAX, &["--early-data", &file]);
        assert_eq!(report.code, Some(code), "{len}: {report:?}");
        assert_eq!(server_report.code, Some(code), "{len}: {server_report:?}");
        if code == 0 {
            continue;
        }
        assert_eq!(server["error"]["name"], "S2N_ERR_MAX_EARLY_DATA_SIZE");
        assert_eq!(server["early_data"]["status"], "offered");
        assert_eq!(client["error"]["alert"]["name"], "unexpected_message");
        assert_eq!(report.stdout, "", "no early data is echoed");
    }
}

/// A client whose key is wrong sends early data that the server cannot decrypt, and must not accept.
#[test]
fn early_data_with_a_wrong_key_is_discarded() {
    let dir = folder("early-wrong");
    let (secret, keys, early) = (
        path(&dir, "secret"),
        path(&dir, "psks"),
        path(&dir, "early"),
    );
    fs::write(&secret, "0a".repeat(32)).expect("writable");
    fs::write(&keys, format!("one:{}\n", "0b".repeat(32))).expect("writable");
    fs::write(&early, "early").expect("writable");
    let report = path(&dir, "report");
    let option = format!("--json={report}");
    let server = Server::start(&["--psk-file", &keys, MAX[0], MAX[1], &option]);
    let psk = format!("one:{secret}");
    let args = ["--psk", &psk, "--early-data", &early];
    let client = client(&server.port, &args, Stdio::null());
    assert_eq!(client.code, Some(1), "{client:?}");
    assert!(client.stderr.contains("decrypt_error"), "{client:?}");
    let server = server.finish();
    assert!(!server.stdout.contains("early"), "{server:?}");
    let report = json(&report);
    assert_eq!(report["error"]["name"], "S2N_ERR_BAD_PSK_BINDER");
    assert_eq!(report["early_data"], result("offered", 0));
}

/// A recording of a connection with early data is sent to the server again.
#[test]
fn replayed_early_data_is_discarded() {
    let dir = folder("early-replay");
    let files = Files::new(&dir);
    files.store_session(&MAX);
    let (chain, key, received) = (cert("ecdsa.pem"), cert("ecdsa.key"), path(&dir, "received"));
    let option = format!("--json={}", files.server_json);
    let own = [
        "--cert",
        &chain,
        "--key",
        &key,
        "--ticket-key-file",
        &files.keys,
    ];
    let args = ["--connections", "2", "--receive", &received, &option];
    let args = [&own[..], &args, &MAX].concat();
    let server = Server::start_with_input(&args, Stdio::null());
    let to = format!("127.0.0.1:{}", server.port);

    let (listener, port) = listen();
    let args = [&["--session", &files.session][..], &files.early_data()].concat();
    let client = start_client(&port, &args, Stdio::null());
    let (from, _) = listener.accept().expect("a client");
    let recording = relay(from, TcpStream::connect(&to).expect("the server"));
    assert_eq!(client.finish().code, Some(0));

    let mut replay = TcpStream::connect(&to).expect("the server");
    replay.write_all(&recording).expect("connected");
    // The server may have closed already.
    let _ = replay.shutdown(Shutdown::Write);
    let _ = replay.read_to_end(&mut Vec::new());
    assert_eq!(server.finish().code, Some(1));
    let reports = reports(&files.server_json);
    assert_eq!(reports[0]["early_data"], result("accepted", 7));
    assert_eq!(reports[0]["bytes_in"], 7);
    assert_eq!(reports[1]["early_data"]["status"], "offered");
    assert_eq!(reports[1]["bytes_in"], 0);
    let files = ["received.1", "received.2", "received.2.part"];
    let [first, second, partial] = files.map(|name| fs::read(path(&dir, name)).ok());
    assert_eq!(first.as_deref(), Some(&b"early, "[..]));
    assert_eq!((second, partial), (None, Some(vec![])));
}

/// Passes the bytes of a connection on, and returns those of the client.
fn relay(client: TcpStream, server: TcpStream) -> Vec<u8> {
    let mut to_client = client.try_clone().expect("a socket");
    let mut from_server = server.try_clone().expect("a socket");
    let backward = thread::spawn(move || {
        let _ = io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Write);
    });
    let (mut client, mut server) = (client, server);
    let mut recording = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let len = client.read(&mut buffer).expect("connected");
        if len == 0 {
            break;
        }
        recording.extend_from_slice(&buffer[..len]);
        server.write_all(&buffer[..len]).expect("connected");
    }
    let _ = server.shutdown(Shutdown::Write);
    backward.join().expect("no panic");
    recording
}
