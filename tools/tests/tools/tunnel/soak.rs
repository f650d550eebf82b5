//! Random connections through both tools, for the time in the variable `SOAK_SECONDS`: sizes, half-close,
//! and resets at any point. The bytes are compared, and at the end descriptors and memory.

use std::env;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::*};
use std::thread;
use std::time::{Duration, Instant};

use super::chain::*;

/// The number of connections at once.
const WORKERS: u64 = 24;

/// A connection: the client sends it first, so that the server does its part.
#[derive(Clone, Copy, Debug)]
struct Plan {
    seed: u64,
    /// The number of bytes to the server, and to the client.
    up: usize,
    down: usize,
    /// Which side resets the connection, after how many of its bytes.
    reset: Option<(Side, usize)>,
    /// The server sends after it has received everything.
    responds: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

/// Steele's and Vigna's splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }

    /// Returns a length: most are short, some are longer than all buffers.
    fn len(&mut self) -> usize {
        let bits = self.next(21);
        self.next(1 << bits) as usize
    }

    fn plan(&mut self) -> Plan {
        let (up, down) = (self.len(), self.len());
        let reset = match self.next(5) {
            0 => Some((Side::Client, self.next(up as u64 + 1) as usize)),
            1 => Some((Side::Server, self.next(down as u64 + 1) as usize)),
            _ => None,
        };
        Plan {
            seed: self.next(1 << 32),
            up,
            down,
            reset,
            responds: self.next(2) == 0,
        }
    }
}

impl Plan {
    const LEN: usize = 6 * 8;

    fn encode(&self) -> Vec<u8> {
        let (side, after) = match self.reset {
            None => (0, 0),
            Some((Side::Client, after)) => (1, after),
            Some((Side::Server, after)) => (2, after),
        };
        let numbers = [
            self.seed,
            self.up as u64,
            self.down as u64,
            side,
            after as u64,
            self.responds.into(),
        ];
        numbers.iter().flat_map(|it| it.to_be_bytes()).collect()
    }

    fn decode(bytes: &[u8]) -> Self {
        let number = |index: usize| {
            let bytes = &bytes[8 * index..][..8];
            u64::from_be_bytes(bytes.try_into().expect("eight"))
        };
        let after = number(4) as usize;
        Self {
            seed: number(0),
            up: number(1) as usize,
            down: number(2) as usize,
            reset: match number(3) {
                0 => None,
                1 => Some((Side::Client, after)),
                _ => Some((Side::Server, after)),
            },
            responds: number(5) == 1,
        }
    }

    /// Runs one side, and returns the number of bytes that were received.
    fn run(self, side: Side, tcp: TcpStream) -> usize {
        let (sends, receives) = match side {
            Side::Client => (bytes(self.seed, self.up), bytes(!self.seed, self.down)),
            Side::Server => (bytes(!self.seed, self.down), bytes(self.seed, self.up)),
        };
        match self.reset {
            Some((who, after)) if who == side => {
                // The other side may have closed.
                let _ = (&tcp).write_all(&sends[..after]);
                reset(tcp);
                return 0;
            }
            Some(_) => {
                let sender = send(&tcp, sends);
                let mut received = Vec::new();
                let outcome = (&tcp).read_to_end(&mut received);
                assert!(receives.starts_with(&received), "{self:?}");
                let sent = sender.join().expect("no panic");
                // A stream that is not complete does not end cleanly. The system reports a reset
                // once: to the thread that writes, or to this one.
                let is_complete = received.len() == receives.len();
                let is_reset = outcome.is_err() || sent.is_err();
                assert!(is_reset || is_complete, "{self:?} {}", received.len());
                return received.len();
            }
            None => {}
        }
        let received = match side == Side::Server && self.responds {
            true => {
                let received = read_all(&tcp);
                send(&tcp, sends).join().expect("no panic").expect("sent");
                received
            }
            false => {
                let sender = send(&tcp, sends);
                let received = read_all(&tcp);
                sender.join().expect("no panic").expect("sent");
                received
            }
        };
        assert!(received == receives, "{self:?} {}", received.len());
        received.len()
    }
}

/// Serves connections, each in a thread, until one arrives that ends without a plan.
fn serve(backend: TcpListener, received: Arc<AtomicU64>) {
    let mut threads = Vec::new();
    loop {
        let (tcp, _) = backend.accept().expect("a connection");
        let mut header = [0; Plan::LEN];
        let received = received.clone();
        threads.push(thread::spawn(move || {
            match (&tcp).read_exact(&mut header) {
                Ok(()) => {
                    let len = Plan::decode(&header).run(Side::Server, tcp);
                    received.fetch_add(len as u64, Relaxed);
                    true
                }
                // A reset may overtake the plan, but does not look like the end.
                Err(error) => error.kind() != std::io::ErrorKind::UnexpectedEof,
            }
        }));
        let (done, running): (Vec<_>, Vec<_>) = threads
            .into_iter()
            .partition(thread::JoinHandle::is_finished);
        let served = done.into_iter();
        let mut served = served.map(|thread| thread.join().expect("the plan succeeds"));
        if !served.all(|has_plan| has_plan) {
            return;
        }
        threads = running;
    }
}

fn work(port: u16, seed: u64, until: Instant, counts: &[AtomicU64; 2]) {
    let mut random = Random(seed);
    while Instant::now() < until {
        let plan = random.plan();
        let tcp = connect(port);
        (&tcp).write_all(&plan.encode()).expect("sent");
        let received = plan.run(Side::Client, tcp);
        counts[0].fetch_add(1, Relaxed);
        counts[1].fetch_add(received as u64, Relaxed);
    }
}

#[test]
fn random_connections_transfer_every_byte() {
    let variable = |name: &str| env::var(name).ok()?.parse::<u64>().ok();
    let seconds = variable("SOAK_SECONDS").unwrap_or(4);
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .expect("a clock");
    let seed = variable("SOAK_SEED").unwrap_or(now.as_nanos() as u64);
    println!("SOAK_SEED={seed} SOAK_SECONDS={seconds}");
    let chain = Chain::start(&[], &[]);
    let tools = || [&chain.server, &chain.client];
    let descriptors = idle_descriptors(&chain);
    let backend = chain.backend.try_clone().expect("a copy");
    let at_server = Arc::new(AtomicU64::new(0));
    let server = {
        let received = at_server.clone();
        thread::spawn(move || serve(backend, received))
    };
    let counts = [AtomicU64::new(0), AtomicU64::new(0)];
    let begin = Instant::now();
    let mut warm_memory = [0; 2];
    thread::scope(|scope| {
        let until = begin + Duration::from_secs(seconds);
        let counts = &counts;
        for worker in 0..WORKERS {
            let port = chain.client.port;
            scope.spawn(move || work(port, seed ^ (worker << 48), until, counts));
        }
        thread::sleep(Duration::from_secs(seconds) / 4);
        warm_memory = tools().map(Tool::memory);
    });
    // Connections without a plan end the server, once it has noticed one.
    while !server.is_finished() {
        drop(chain.client.connect());
        thread::sleep(Duration::from_millis(10));
    }
    server.join().expect("every plan succeeds");
    // Both tools have closed everything. The last connections may be on their way.
    let is_idle = || tools().map(Tool::descriptors) == descriptors;
    while !is_idle() && begin.elapsed() < Duration::from_secs(seconds + 30) {
        thread::sleep(Duration::from_millis(10));
        drain(&chain.backend);
    }
    assert_eq!(tools().map(Tool::descriptors), descriptors);
    let memory = tools().map(Tool::memory);
    for (warm, end) in warm_memory.into_iter().zip(memory) {
        assert!(end < warm + (8 << 20), "{warm} {end}");
    }
    let [connections, received] = counts.map(AtomicU64::into_inner);
    let received = received + at_server.load(Relaxed);
    println!("{connections} connections, {received} bytes, memory {warm_memory:?} {memory:?}");
    assert!(connections > WORKERS);
    chain.terminate();
}

/// Returns the number of open descriptors of the tools without a connection.
fn idle_descriptors(chain: &Chain) -> [usize; 2] {
    let (client, mut server) = chain.connect();
    (&client).write_all(b"x").expect("sent");
    server.read_exact(&mut [0]).expect("it arrives");
    // A connection has two.
    [&chain.server, &chain.client].map(|tool| tool.descriptors() - 2)
}

/// Closes the connections that the server has not accepted.
fn drain(backend: &TcpListener) {
    backend.set_nonblocking(true).expect("a socket");
    while let Ok((tcp, _)) = backend.accept() {
        let _ = tcp.shutdown(Shutdown::Both);
    }
}
