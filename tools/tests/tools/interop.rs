//! Interoperability with the tools of OpenSSL and GnuTLS.

use std::io::Write;
use std::process::Stdio;

use crate::common::*;
use crate::parties::gnutls_server;
use crate::peers::{Process, cert};

#[test]
fn an_openssl_client_is_served() {
    for (option, version) in [("-tls1_3", "TLS 1.3"), ("-tls1_2", "TLS 1.2")] {
        let dir = folder("openssl-client");
        let report = path(&dir, "report");
        let json_option = format!("--json={report}");
        let args = ["--once", "--alpn", "echo", "--linger", "0", &json_option];
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        let mut server = Server::start_with_input(&args, Stdio::from(reader));
        let ca = cert("ca.pem");
        let place = format!("127.0.0.1:{}", server.port);
        let args = [
            "s_client",
            "-connect",
            &place,
            "-CAfile",
            &ca,
            "-verify_return_error",
            "-quiet",
            "-servername",
            "www.rs2n.test",
            "-alpn",
            "other,echo",
            option,
        ];
        let client = Process::spawn_with_input("openssl", &args, input("hi\n"));
        assert_eq!(server.process.read(3), b"hi\n");
        writer.write_all(b"bye\n").expect("it fits");
        drop(writer);
        // It sends its close_notify after the server's.
        let client = client.finish();
        assert_eq!(client.stdout, "bye\n", "{option}: {client:?}");
        let server = server.finish();
        assert_eq!(server.code, Some(0), "{option}: {server:?}");
        let report = json(&report);
        assert_eq!(report["version"], version);
        assert_eq!(report["alpn"], "echo");
        assert_eq!(report["server_name"], "www.rs2n.test");
        assert_eq!(
            (&report["bytes_in"], &report["bytes_out"]),
            (&3.into(), &4.into())
        );
    }
}

#[test]
fn a_gnutls_client_is_served() {
    let server = Server::start(&["--echo"]);
    let ca = cert("ca.pem");
    let args = [
        "--x509cafile",
        &ca,
        "--port",
        &server.port,
        "--logfile",
        "/dev/null",
        "localhost",
    ];
    let client = Process::spawn_with_input("gnutls-cli", &args, input("there and back\n")).finish();
    assert_eq!(client.code, Some(0), "{client:?}");
    assert!(client.stdout.contains("there and back"), "{client:?}");
    let server = server.finish();
    assert_eq!(server.code, Some(0), "{server:?}");
}

#[test]
fn openssl_servers_are_compatible() {
    let (ca, chain, key) = (cert("ca.pem"), cert("client.pem"), cert("client.key"));
    for (version, name) in [("-tls1_3", "TLS 1.3"), ("-tls1_2", "TLS 1.2")] {
        let files = ["-cert", &cert("ecdsa.pem"), "-key", &cert("ecdsa.key")].map(str::to_owned);
        let [a, b, c, d] = &files;
        let args = [
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-naccept",
            "1",
            "-rev",
            a,
            b,
            c,
            d,
            version,
            "-cert_chain",
            &cert("ecdsa.pem"),
            "-Verify",
            "3",
            "-verify_return_error",
            "-CAfile",
            &ca,
        ];
        let mut server = Process::spawn("openssl", &args);
        let port = server.wait_for("ACCEPT 127.0.0.1:");
        let dir = folder("openssl-server");
        let report = path(&dir, "report");
        let json_option = format!("--json={report}");
        let args = [
            "--cert",
            &chain,
            "--key",
            &key,
            "--linger",
            "0",
            &json_option,
        ];
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        let mut client = start_client(&port, &args, Stdio::from(reader));
        writer.write_all(b"drawer\n").expect("it fits");
        assert_eq!(client.read(7), b"reward\n");
        drop(writer);
        let client = client.finish();
        assert_eq!(client.stdout, "", "{name}: {client:?}");
        let report = json(&report);
        assert_eq!(report["version"], name);
        assert_eq!(report["client_certificate_used"], true);
        assert_eq!(report["peer_chain"].as_array().expect("a list").len(), 3);
        assert_eq!(report["close_notify"]["sent"], true);
    }
}

#[test]
fn gnutls_servers_are_compatible() {
    for (priority, name) in [
        ("NORMAL:-VERS-ALL:+VERS-TLS1.3", "TLS 1.3"),
        ("NORMAL:-VERS-ALL:+VERS-TLS1.2", "TLS 1.2"),
    ] {
        let (_server, port) = gnutls_server(priority, "ecdsa", &[]);
        let dir = folder("gnutls-server");
        let report = path(&dir, "report");
        let json_option = format!("--json={report}");
        let request = input("GET / HTTP/1.0\r\n\r\n");
        let client = client(&port, &["--linger", "5", &json_option], request);
        assert_eq!(client.code, Some(0), "{name}: {client:?}");
        assert!(client.stdout.starts_with("HTTP/1.0 200 OK"), "{client:?}");
        assert_eq!(json(&report)["version"], name);
    }
}
