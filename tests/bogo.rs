//! The shim for BoringSSL's protocol runner: it compiles, and two of them exchange data. The runner
//! itself is not part of the project: see tests/bogo/README.md.

use std::fs;
use std::io::{self, Read};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

mod support;

use support::certs::cert;
use support::{compile_as, root, scratch};

/// Compiles the shim for a test, and returns its path.
fn shim(test: &str, compiler: &str) -> PathBuf {
    let folder = root().join("tests/bogo");
    let mut sources: Vec<_> = fs::read_dir(&folder)
        .expect("the folder is readable")
        .map(|entry| entry.expect("the folder is readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .map(|path| path.to_str().expect("the path is UTF-8").to_owned())
        .collect();
    let last = sources.pop().expect("there are sources");
    let sources: Vec<_> = sources.iter().map(String::as_str).collect();
    let program = scratch(&format!("bogo-{test}-{compiler}")).join("shim");
    compile_as(&sources, compiler, Path::new(&last), &program);
    program
}

fn start(shim: &Path, port: u16, id: u64, flags: &[&str]) -> Child {
    Command::new(shim)
        .args(["-port", &port.to_string(), "-shim-id", &id.to_string()])
        .args(flags)
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the shim starts")
}

fn accept(listener: &TcpListener, expected: u64) -> TcpStream {
    let (mut stream, _) = listener.accept().expect("the shim connects");
    let mut id = [0; 8];
    stream
        .read_exact(&mut id)
        .expect("the shim sends its number");
    assert_eq!(u64::from_le_bytes(id), expected);
    stream
}

/// Copies from one shim to the other until it ends.
fn copy(mut from: TcpStream, mut to: TcpStream) -> thread::JoinHandle<u64> {
    thread::spawn(move || {
        let copied = io::copy(&mut from, &mut to).unwrap_or_default();
        let _ = to.shutdown(Shutdown::Write);
        copied
    })
}

/// Connects a server and a client, `connections` times, and returns their exit codes.
fn connect(shim: &Path, connections: u32, server: &[&str], client: &[&str]) -> [Option<i32>; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port is free"));
    let [port, client_port] = [0, 1].map(|side: usize| {
        let address = listeners[side].local_addr();
        address.expect("it is bound").port()
    });
    let [server_side, client_side] = &listeners;
    let (certificate, key, authority) = (cert("ecdsa.pem"), cert("ecdsa.key"), cert("ca.pem"));
    let credential = ["-server", "-cert-file", &certificate, "-key-file", &key];
    let server = &[&credential[..], server].concat();
    let client = &[&["-trust-cert", &authority][..], client].concat();
    let mut first = start(shim, port, 1, server);
    let mut server_stream = accept(server_side, 1);
    let mut second = start(shim, client_port, 2, client);
    for connection in 1..=connections {
        let client_stream = accept(client_side, 2);
        let clone = |stream: &TcpStream| stream.try_clone().expect("descriptors are left");
        let copies = [
            copy(clone(&server_stream), clone(&client_stream)),
            copy(client_stream, clone(&server_stream)),
        ];
        for copy in copies {
            assert!(copy.join().expect("it does not panic") > 0);
        }
        if connection < connections {
            server_stream = accept(server_side, 1);
        }
    }
    [&mut first, &mut second].map(|child| child.wait().expect("it has started").code())
}

#[test]
fn two_shims_exchange_data() {
    for compiler in ["gcc", "clang"] {
        let shim = shim("exchange", compiler);
        let writes = [
            "-shim-writes-first",
            "-shim-shuts-down",
            "-check-close-notify",
        ];
        let closes = &["-check-close-notify"];
        assert_eq!(connect(&shim, 1, closes, &writes), [Some(0); 2]);

        let server = &[
            "-check-close-notify",
            "-async",
            "-max-version",
            "771",
            "-resume-count",
            "1",
        ];
        let client = [&writes[..], &["-async", "-resume-count", "1"]].concat();
        assert_eq!(connect(&shim, 2, server, &client), [Some(0); 2]);
    }
}

#[test]
fn two_shims_exchange_data_over_quic() {
    let shim = shim("quic", "gcc");
    let server = ["-quic", "-quic-transport-params", "AwQ="];
    let client = [
        "-quic",
        "-shim-writes-first",
        "-shim-shuts-down",
        "-expect-quic-transport-params",
    ];
    let right = [&client[..], &["AwQ="]].concat();
    assert_eq!(connect(&shim, 1, &server, &right), [Some(0); 2]);
    let wrong = [&client[..], &["AwU="]].concat();
    assert_eq!(connect(&shim, 1, &server, &wrong)[1], Some(1));
}

#[test]
fn a_wrong_expectation_fails() {
    let shim = shim("expectation", "gcc");
    let client = [
        "-shim-shuts-down",
        "-check-close-notify",
        "-expect-version",
        "771",
    ];
    let [_, code] = connect(&shim, 1, &[], &client);
    assert_eq!(code, Some(1));
}

#[test]
fn unknown_flags_are_unimplemented() {
    let shim = shim("flags", "gcc");
    for flags in [
        &["-dtls"][..],
        &["-server", "-on-resume-unknown"],
        &["-max-version", "769"],
    ] {
        let code = Command::new(&shim)
            .args(flags)
            .output()
            .expect("it starts")
            .status
            .code();
        assert_eq!(code, Some(89), "{flags:?}");
    }
    let output = Command::new(&shim).arg("-is-handshaker-supported").output();
    assert_eq!(output.expect("it starts").stdout, b"No\n");
}
