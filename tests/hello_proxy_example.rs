//! Tests of the example hello_proxy, with real and with malformed ClientHellos.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

#[path = "support/builds.rs"]
mod builds;
#[path = "support/parties.rs"]
mod parties;
#[path = "support/peers.rs"]
mod peers;
mod support;

use builds::{address, curl, end, issue, s_client, text, with_each_build};
use parties::strs;
use peers::{Process, chain_and_key, example};
use support::scratch;

#[test]
fn hello_proxy_routes_by_the_client_hello() {
    proxy_passes_through();
    proxy_terminates_with_a_certificate();
}

fn proxy_passes_through() {
    let sites = scratch("hello-proxy-sites");
    issue(&sites, "alpha", "DNS:alpha.test,DNS:beta.test", 1);
    let sites = Process::spawn(
        text(&example("sni_server", "cc")),
        &["-b", "0", text(&sites)],
    );
    let (chain, key) = chain_and_key("ecdsa");
    let other = Process::spawn(
        &parties::server(),
        &["-a", "h2", "-b", "0", "-C", &chain, "-K", &key],
    );
    let (mut sites, mut other) = (sites, other);
    let (site_port, other_port) = (sites.wait_for("port: "), other.wait_for("port: "));
    with_each_build("hello_proxy", |build, _| {
        let routes = [
            format!("ALPHA.test={site_port}"),
            "blocked.test=0".to_owned(),
            format!("alpn:h2={other_port}"),
            format!("beta.test={site_port}"),
        ];
        let mut proxy = build.start(&[&["-t", "1"], &strs(&routes)[..]].concat());
        let port = proxy.wait_for("port: ");

        let report = curl("alpha.test", &port, &[]);
        let served = "name: alpha.test, match: exact, certificate: alpha\n200";
        assert_eq!(report.stdout, served, "{report:?}");
        let ja4 = proxy.wait_for("name: alpha.test, protocols: h2,http/1.1, ja4: t13d");
        assert!(ja4.ends_with(&format!(", port: {site_port}")), "{ja4}");

        // The offered protocol is before the name.
        for (protocol, certificate) in [("h2", "ecdsa"), ("http/1.1", "alpha")] {
            let options = [
                "-servername",
                "beta.test",
                "-alpn",
                protocol,
                "-verify_quiet",
            ];
            let address = address(&port);
            let args = [
                &s_client(&address, &options)[..],
                &["-no_ign_eof", "-brief"],
            ]
            .concat();
            let report = Process::spawn("openssl", &args).finish();
            let peer = format!("Peer certificate: CN = {certificate}\n");
            assert!(report.stderr.contains(&peer), "{report:?}");
        }

        let hello = client_hello("alpha.test");
        for size in [1, 7] {
            let records = fragment(&hello, size);
            let mut stream = TcpStream::connect(address(&port)).expect("the proxy listens");
            stream.set_nodelay(true).expect("the socket is open");
            for record in records {
                stream.write_all(&record).expect("the proxy receives");
            }
            let mut answer = [0; 6];
            stream.read_exact(&mut answer).expect("the server answers");
            assert_eq!((answer[0], answer[5]), (22, 2), "no ServerHello");
        }

        assert_eq!(
            send(&port, &[&client_hello("blocked.test")]),
            fatal_alert(112)
        );
        assert_eq!(
            send(&port, &[&client_hello("unknown.test")]),
            fatal_alert(112)
        );
        assert_eq!(send(&port, &[b"GET / HTTP/1.0\r\n\r\n"]), fatal_alert(10));
        let malformed = [22, 3, 1, 0, 8, 1, 0, 0, 4, 9, 9, 9, 9];
        assert_eq!(send(&port, &[&malformed]), fatal_alert(50));
        let endless = [22, 3, 1, 0, 5, 1, 255, 255, 255, 0];
        let filling = [&[22, 3, 1, 0x40, 0][..], &[0; 0x4000]].concat().repeat(5);
        assert_eq!(send(&port, &[&endless, &filling]), fatal_alert(10));
        assert_eq!(
            send(&port, &[&hello[..20]]),
            b"",
            "a slow client is disconnected"
        );
        end(proxy);
    });
    sites.terminate();
    other.terminate();
}

fn proxy_terminates_with_a_certificate() {
    let (chain, key) = chain_and_key("ecdsa");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let plain_port = listener.local_addr().expect("the socket is bound").port();
    let server = thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().expect("the proxy connects");
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream
                    .read_exact(&mut byte)
                    .expect("the proxy forwards a request");
                request.extend(byte);
            }
            stream
                .write_all(b"HTTP/1.0 200 OK\r\n\r\nin plaintext\n")
                .expect("the proxy forwards");
        }
    });
    with_each_build("hello_proxy", |build, _| {
        let route = format!("localhost={plain_port}");
        let mut proxy = build.start(&["-C", &chain, "-K", &key, &route, "*=0"]);
        let port = proxy.wait_for("port: ");
        let report = curl("localhost", &port, &[]);
        assert_eq!(report.stdout, "in plaintext\n200", "{report:?}");
        let address = address(&port);
        let options = ["-servername", "www.rs2n.test"];
        let report = Process::spawn("openssl", &s_client(&address, &options)).finish();
        assert!(
            report.stderr.contains("alert handshake failure"),
            "{report:?}"
        );
        let report = end(proxy);
        assert!(
            report.stdout.contains("name: www.rs2n.test, "),
            "{report:?}"
        );
        assert!(report.stderr.contains("(S2N_ERR_CANCELLED: "), "{report:?}");
    });
    server.join().expect("the server does not panic");
}

/// Sends bytes, and returns what the server sends until it closes the connection.
fn send(port: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address(port)).expect("the server listens");
    for part in parts {
        // The server may have closed the connection: then it has sent why.
        let _ = stream.write_all(part);
    }
    let mut received = Vec::new();
    let _ = stream.read_to_end(&mut received);
    received
}

/// Returns the records of a client's ClientHello for this name.
fn client_hello(name: &str) -> Vec<u8> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener
        .local_addr()
        .expect("the socket is bound")
        .to_string();
    let _client = Process::spawn("openssl", &s_client(&address, &["-servername", name]));
    let (mut stream, _) = listener.accept().expect("the client connects");
    let mut record = vec![0; 5];
    stream.read_exact(&mut record).expect("the client sends");
    record.resize(5 + usize::from(record[3]) * 256 + usize::from(record[4]), 0);
    stream
        .read_exact(&mut record[5..])
        .expect("the client sends");
    record
}

/// Splits a record into records of `size` bytes.
fn fragment(record: &[u8], size: usize) -> Vec<Vec<u8>> {
    let parts = record[5..].chunks(size);
    let with_header = |part: &[u8]| {
        let len = u16::try_from(part.len())
            .expect("parts are short")
            .to_be_bytes();
        [&record[..3], &len, part].concat()
    };
    parts.map(with_header).collect()
}

fn fatal_alert(description: u8) -> [u8; 7] {
    [21, 3, 3, 0, 2, 2, description]
}
