//! Encrypted ClientHello of the client, with a server on BoringSSL: sessions, early data, the key log, and the configs of
//! a server that rejects it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::boringssl::boringssl_server;
use crate::common::*;
use crate::peers::{Process, Report, cert, chain_and_key};

const NAME: &str = "www.rs2n.test";

/// A server for some connections, and the files of both sides.
struct Server {
    process: Process,
    port: String,
    folder: PathBuf,
}

impl Server {
    fn start(folder: &Path, mode: &str, options: &[&str]) -> Self {
        let (chain, key) = chain_and_key("ecdsa");
        let (public, public_key) = chain_and_key("public");
        let file = |name: &str| path(folder, name);
        let own = [
            ("--certificate", chain),
            ("--key", key),
            ("--public-certificate", public),
            ("--public-key", public_key),
            ("--public-name", "public.rs2n.test".to_owned()),
            ("--ech", mode.to_owned()),
            ("--ech-list", file("list")),
            ("--ech-retry-list", file("retry")),
            ("--key-log", file("server-log")),
        ];
        let own = own.iter();
        let own: Vec<&str> = own.flat_map(|(name, value)| [*name, value]).collect();
        let (process, port) = boringssl_server(&[&own, options].concat());
        Self {
            process,
            port,
            folder: folder.to_owned(),
        }
    }

    fn file(&self, name: &str) -> String {
        path(&self.folder, name)
    }

    /// Requests a page, and returns the JSON report with the text of the page.
    fn request(&self, args: &[&str]) -> (Report, serde_json::Value) {
        let (report, keys) = (self.file("report"), self.file("client-log"));
        let option = format!("--json={report}");
        // The server closes first: it does not read what follows the request.
        let own = [
            "--name",
            NAME,
            "--key-log",
            &keys,
            "--linger",
            "60",
            &option,
        ];
        // The server completes the handshake when it reads what follows the early data.
        let request = match args.contains(&"--early-data") {
            true => "\r\n",
            false => "GET / HTTP/1.0\r\n\r\n",
        };
        let client = client(&self.port, &[&own, args].concat(), input(request));
        (client, json(&report))
    }

    fn finish(self) -> Report {
        self.process.finish()
    }
}

/// Returns the lines of a key log. That of the tools has comments.
fn lines(path: &str) -> BTreeSet<String> {
    let log = fs::read_to_string(path).expect("a key log");
    log.lines().map(str::to_owned).collect()
}

#[test]
fn a_session_is_resumed_with_early_data() {
    let dir = folder("ech-session");
    let server = Server::start(&dir, "accept", &["--early-data", "--connections", "2"]);
    let (list, session, early) = (
        server.file("list"),
        server.file("session"),
        server.file("early"),
    );
    fs::write(&early, "GET / HTTP/1.0\r\n").expect("writable");
    let args = ["--ech", &list, "--session", &session];
    let (first, report) = server.request(&args);
    assert_eq!(first.code, Some(0), "{first:?}");
    assert_eq!(report["ech"], "accepted");
    assert_eq!(report["server_name"], NAME);
    assert_eq!(report["resumed"], false);

    let (second, report) = server.request(&[&args[..], &["--early-data", &early]].concat());
    assert_eq!(second.code, Some(0), "{second:?}");
    assert_eq!(report["ech"], "accepted", "{second:?}");
    assert_eq!(report["resumed"], true);
    assert_eq!(report["early_data"]["status"], "accepted");
    assert!(second.stdout.contains("early data accepted: true"));
    assert!(second.stdout.contains("ech accepted: true"));

    let logs = [server.file("client-log"), server.file("server-log")];
    server.finish();
    let [own, theirs] = logs.map(|log| lines(&log));
    assert!(theirs.len() > 8, "{theirs:?}");
    assert_eq!(own, theirs);
}

#[test]
fn a_session_is_resumed_after_a_hello_retry_request() {
    let dir = folder("ech-session-retry");
    let options = ["--early-data", "--connections", "2", "--groups", "P-384"];
    let server = Server::start(&dir, "accept", &options);
    let (list, session) = (server.file("list"), server.file("session"));
    for resumed in [false, true] {
        let args = ["--ech", &list, "--session", &session];
        let (client, report) = server.request(&args);
        assert_eq!(client.code, Some(0), "{client:?}");
        assert_eq!(report["ech"], "accepted");
        assert_eq!(report["resumed"], resumed);
        assert!(client.stdout.contains("hello retry request: true"));
    }
    server.finish();
}

#[test]
fn the_configs_of_a_rejection_are_stored() {
    let dir = folder("ech-stale");
    let server = Server::start(&dir, "stale", &["--connections", "2"]);
    let (list, retry, stored) = (
        server.file("list"),
        server.file("retry"),
        server.file("stored"),
    );
    let (client, report) = server.request(&["--ech", &list, "--ech-retry", &stored]);
    assert_eq!(client.code, Some(1));
    assert_eq!(report["ech"], "rejected");
    assert_eq!(report["error"]["name"], "RS2N_ERR_ECH_REJECTED");
    assert!(same(&retry, &stored));
    let (client, report) = server.request(&["--ech", &stored]);
    assert_eq!(client.code, Some(0), "{client:?}");
    assert_eq!(report["ech"], "accepted");
    server.finish();
    let logs = [path(&dir, "client-log"), path(&dir, "server-log")];
    let [own, theirs] = logs.map(|log| lines(&log));
    assert_eq!(own, theirs);
}

#[test]
fn nothing_is_stored_for_a_server_that_is_not_authenticated() {
    let dir = folder("ech-unauthenticated");
    let server = Server::start(&dir, "stale", &[]);
    let (list, stored) = (server.file("list"), server.file("stored"));
    let args = ["--ech", &list, "--ech-retry", &stored, "--insecure"];
    let (client, report) = server.request(&args);
    assert_eq!(client.code, Some(1));
    assert_eq!(report["ech"], "rejected");
    assert!(!Path::new(&stored).exists());
    server.finish();
}

#[test]
fn grease_is_reported() {
    let dir = folder("ech-grease");
    let server = Server::start(&dir, "accept", &[]);
    let (client, report) = server.request(&["--ech-grease"]);
    assert_eq!(client.code, Some(0), "{client:?}");
    assert_eq!(report["ech"], "grease");
    server.finish();
}

#[test]
fn files_without_a_list_are_rejected() {
    let dir = folder("ech-files");
    let text = path(&dir, "text");
    fs::write(&text, "no list").expect("writable");
    for file in [&cert("ca.pem"), &text] {
        let report = client("1", &["--ech", file], input(""));
        assert_eq!(report.code, Some(1), "{report:?}");
        let text = "RS2N_ERR_INVALID_ECH_CONFIG_LIST";
        assert!(report.stderr.contains(text), "{report:?}");
        assert!(report.stderr.contains("has to contain an ECHConfigList"));
    }
}
