//! Tunnels with other TLS programs: OpenSSL, curl, Redis.

use std::fs;
use std::io::Write;

use super::chain::*;
use crate::common::*;
use crate::peers::{Process, cert, free_port};

#[test]
fn openssl_connects_to_the_server() {
    for version in ["-tls1_3", "-tls1_2"] {
        let (backend, port) = listen();
        let server = Tool::forward("", &format!("127.0.0.1:{port}"), &["--once"]);
        let (ca, target) = (cert("ca.pem"), format!("127.0.0.1:{}", server.port));
        let first = ["s_client", "-quiet", "-verify_return_error", version];
        let args = [&first[..], &["-CAfile", &ca, "-connect", &target]].concat();
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        writer.write_all(b"to the backend").expect("it fits");
        let client = Process::spawn_with_input("openssl", &args, reader.into());
        let (tcp, _) = backend.accept().expect("a connection");
        let mut received = [0; 14];
        std::io::Read::read_exact(&mut &tcp, &mut received).expect("it arrives");
        assert_eq!(&received, b"to the backend");
        (&tcp).write_all(b"from the backend").expect("sent");
        drop(tcp);
        let report = client.finish();
        assert_eq!(report.stdout, "from the backend", "{report:?}");
        drop(writer);
        assert_eq!(server.finish().code, Some(0));
    }
}

#[test]
fn the_client_connects_to_openssl() {
    for tls13 in [true, false] {
        let version = if tls13 { "-tls1_3" } else { "-tls1_2" };
        let chain = cert("ecdsa.pem");
        let key = cert("ecdsa.key");
        let files = ["-cert", &chain, "-key", &key, "-cert_chain", &chain];
        let first = [
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-rev",
            "-naccept",
            "1",
        ];
        let args = [&first[..], &files, &[version]].concat();
        let mut server = Process::spawn("openssl", &args);
        let port = server.wait_for("ACCEPT 127.0.0.1:");
        let client = Tool::listen(port.parse().expect("a port"), &["--once"]);
        let tcp = client.connect();
        (&tcp).write_all(b"abc\n").expect("sent");
        let mut line = [0; 4];
        std::io::Read::read_exact(&mut &tcp, &mut line).expect("it arrives");
        assert_eq!(&line, b"cba\n");
        drop(tcp);
        // OpenSSL closes without a close_notify of its own in response, which is no clean end.
        client.finish();
        server.terminate();
    }
}

#[test]
fn curl_speaks_https_to_a_server_without_tls() {
    let dir = folder("tunnel-curl");
    let file = random_file(&dir, "page", 3_000_000, 1);
    let args = ["-m", "http.server", "--bind", "127.0.0.1", "--directory"];
    let dir_name = dir.display().to_string();
    let python = [&["-u"], &args[..], &[&dir_name, "0"]].concat();
    let mut backend = Process::spawn("python3", &python);
    let line = backend.wait_for("Serving HTTP on 127.0.0.1 port ");
    let port = line.split(' ').next().expect("a port");
    let args = ["--alpn", "http/1.1"];
    let server = Tool::forward("", &format!("127.0.0.1:{port}"), &args);
    let (ca, came) = (cert("ca.pem"), path(&dir, "came"));
    let url = format!("https://localhost:{}/page", server.port);
    let first = ["--silent", "--show-error", "--fail", "--cacert", &ca];
    let curl = Process::spawn("curl", &[&first[..], &["-o", &came, &url]].concat());
    let report = curl.finish();
    assert_eq!(report.code, Some(0), "{report:?}");
    assert!(same(&file, &came));

    // A program without TLS, through the other tool.
    let client = Tool::listen(server.port, &args);
    let url = format!("http://127.0.0.1:{}/page", client.port);
    fs::remove_file(&came).expect("it exists");
    let first = ["--silent", "--show-error", "--fail", "-o", &came];
    let report = Process::spawn("curl", &[&first[..], &[&url]].concat()).finish();
    assert_eq!(report.code, Some(0), "{report:?}");
    assert!(same(&file, &came));
    client.terminate();
    server.terminate();
}

#[test]
fn redis_is_used_through_both_tunnels() {
    let dir = folder("tunnel-redis");
    let (port, dir_name) = (free_port(), dir.display().to_string());
    let socket = path(&dir, "socket");
    let first = ["--bind", "127.0.0.1", "--port", &port, "--save", ""];
    let rest = ["--dir", &dir_name, "--unixsocket", &socket];
    let mut redis = Process::spawn("redis-server", &[&first[..], &rest].concat());
    redis.wait_for_text("Ready to accept connections");
    for to in [format!("127.0.0.1:{port}"), format!("unix:{socket}")] {
        let server = Tool::forward("", &to, &[]);
        let client = Tool::listen(server.port, &[]);
        let port = client.port.to_string();
        let cli = |args: &[&str]| {
            let args = [&["-p", &port], args].concat();
            let report = Process::spawn("redis-cli", &args).finish();
            assert_eq!(report.code, Some(0), "{report:?}");
            report.stdout
        };
        assert_eq!(cli(&["set", "key", "value"]), "OK\n");
        assert_eq!(cli(&["get", "key"]), "value\n");
        client.terminate();
        server.terminate();
    }
}
