//! Transfer of 1 GiB through the echo server, by 64 concurrent clients, in sends and receives of random
//! sizes.

use std::fs;
use std::io::{self, IoSlice, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::SystemTime;

use rs2n_core::base::{Blocked, Mode};
use rs2n_core::config::Config;
use rs2n_core::connection::{Connection, Data};
use rs2n_core::policy::Policy;
use rs2n_core::stream::{Reader, Writer};

#[path = "support/peers.rs"]
mod peers;
#[path = "support/random.rs"]
mod random;
mod support;

use peers::{Process, cert, chain_and_key, example};
use random::Random;

const CLIENTS: u64 = 64;
const EACH: usize = (1 << 30) / CLIENTS as usize;
const LARGEST_PIECE: u64 = 70_000;

/// A TCP stream as the transport of a connection.
struct Stream(TcpStream);

impl Reader for Stream {
    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        (&self.0).read(buf)
    }
}

impl Writer for Stream {
    fn write(&self, buf: &[u8]) -> io::Result<usize> {
        (&self.0).write(buf)
    }
}

/// The size of the next piece.
fn size(random: &mut Random, left: usize) -> usize {
    left.min(1 + (random.next() % LARGEST_PIECE) as usize)
}

fn fill(random: &mut Random, buf: &mut [u8]) {
    for chunk in buf.chunks_mut(8) {
        chunk.copy_from_slice(&random.next().to_ne_bytes()[..chunk.len()]);
    }
}

fn connect(config: &Arc<Config>, port: u16) -> Connection {
    let tcp = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
    let conn = Connection::new(Mode::Client);
    conn.set_config(config.clone())
        .expect("the config is valid for a client");
    conn.set_server_name(c"localhost")
        .expect("the name is short");
    let stream = Arc::new(Stream(tcp));
    conn.set_reader(Some(stream.clone()));
    conn.set_writer(Some(stream), true);
    conn.negotiate(&mut Blocked::Not)
        .expect("the handshake succeeds");
    conn
}

fn send(conn: &Connection, seed: u64) {
    let (mut content, mut sizes) = (Random(seed), Random(!seed));
    let mut left = EACH;
    let mut piece = vec![0; LARGEST_PIECE as usize];
    while left > 0 {
        // Whole words, so that the receiver can generate the same stream in pieces of other sizes.
        let len = (size(&mut sizes, left) + 7) & !7;
        let piece = &mut piece[..len.min(left)];
        fill(&mut content, piece);
        let buffers = [IoSlice::new(piece)];
        let sent = conn.send(Data::new(&buffers, 0), &mut Blocked::Not);
        assert_eq!(sent.expect("the server receives"), piece.len());
        left -= piece.len();
    }
}

fn receive(conn: &Connection, seed: u64) {
    let (mut content, mut sizes) = (Random(seed), Random(seed ^ 0xff));
    let mut expected = Vec::new();
    let mut got = 0;
    let mut piece = vec![0; LARGEST_PIECE as usize];
    while got < EACH {
        let room = size(&mut sizes, EACH - got);
        let len = conn
            .recv(&mut piece[..room], &mut Blocked::Not)
            .expect("the server sends");
        assert!(
            len > 0,
            "the server closed the connection after {got} bytes"
        );
        while expected.len() < len {
            expected.extend(content.next().to_ne_bytes());
        }
        assert!(
            expected[..len] == piece[..len],
            "bytes differ within {got}..{}",
            got + len
        );
        expected.drain(..len);
        got += len;
    }
}

#[test]
fn a_gibibyte_is_echoed_unchanged() {
    let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seed = started.expect("the clock is after 1970").as_nanos() as u64;
    println!("seed: {seed}");

    let program = example("echo_server", "cc").display().to_string();
    let (chain, key) = chain_and_key("ecdsa");
    let mut server = Process::spawn(&program, &["0", &chain, &key]);
    let port = server
        .wait_for("port: ")
        .parse()
        .expect("the server prints its port");

    let config = Config::new_minimal();
    config
        .set_policy(Policy::find(b"default_tls13").expect("the policy exists"))
        .expect("the policy restricts no certificates");
    let ca = fs::read(cert("ca.pem")).expect("the certificate is readable");
    config
        .trust_pem(&ca)
        .expect("the file has a root certificate");
    let config = Arc::new(config);

    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let config = &config;
            scope.spawn(move || {
                let seed = seed.wrapping_add(client);
                let conn = connect(config, port);
                std::thread::scope(|scope| {
                    scope.spawn(|| send(&conn, seed));
                    receive(&conn, seed);
                });
                conn.shutdown(&mut Blocked::Not)
                    .expect("both ends send close_notify");
            });
        }
    });
}
