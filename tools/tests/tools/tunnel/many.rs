//! Many connections at once.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::chain::*;

const COUNT: usize = 1000;

/// Sends the received data back, one connection after the other, once all are open.
fn echo_together(backend: TcpListener) {
    let open: Vec<TcpStream> = (0..COUNT)
        .map(|_| backend.accept().expect("a connection").0)
        .collect();
    for mut tcp in open {
        let mut data = [0; 64];
        tcp.read_exact(&mut data).expect("data");
        tcp.write_all(&data).expect("sent");
    }
}

#[test]
fn a_thousand_connections_are_open_at_once() {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).expect("permitted");
    let chain = Chain::start(&[], &[]);
    let backend = chain.backend.try_clone().expect("a copy");
    let echo = thread::spawn(move || echo_together(backend));
    let connections: Vec<TcpStream> = (0..COUNT as u64)
        .map(|seed| {
            let tcp = chain.client.connect();
            (&tcp).write_all(&bytes(seed, 64)).expect("sent");
            tcp
        })
        .collect();
    for (seed, mut tcp) in connections.iter().enumerate() {
        let mut data = [0; 64];
        tcp.read_exact(&mut data).expect("the echo");
        assert_eq!(data[..], bytes(seed as u64, 64));
        tcp.shutdown(Shutdown::Write).expect("open");
    }
    echo.join().expect("all were served");
    for tcp in &connections {
        assert_eq!(read_all(tcp), b"");
    }
    chain.terminate();
}
