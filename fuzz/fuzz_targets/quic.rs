//! Fuzzes QUIC connections: the messages of a genuine client and server are dropped, repeated,
//! corrupted, cut and inserted, during and after the handshake.
//!
//! Invariants besides "no panic": every call terminates; an error closes the connection; endpoints
//! that complete their handshake have the same secrets and each other's transport parameters;
//! unmodified messages complete it.

#![no_main]

use std::sync::{Arc, Mutex};

use libfuzzer_sys::fuzz_target;
use rs2n_core::base::{Blocked, Mode};
use rs2n_core::config::{SecretCallback, SecretType};
use rs2n_core::connection::{BlindingMode, Connection};
use rs2n_core::error::Code;
use rs2n_core::policy::Policy;
use rs2n_fuzz::endpoint::{Setup, Version, config};
use rs2n_fuzz::pipe::Pipe;
use rs2n_fuzz::seeds;

fuzz_target!(init: seeds::write("quic", seeds::noise()), |input: &[u8]| {
    check(&mut Choices(input));
});

/// The choices of an input; 0 at its end.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn next(&mut self, of: usize) -> usize {
        let (taken, rest) = self
            .0
            .split_at(self.0.len().min(if of > 256 { 2 } else { 1 }));
        self.0 = rest;
        taken
            .iter()
            .fold(0, |number, &byte| number << 8 | usize::from(byte))
            % of
    }
}

/// Receives the secrets of one side.
#[derive(Default)]
struct Secrets(Mutex<Vec<(SecretType, Vec<u8>)>>);

impl SecretCallback for Secrets {
    fn receive(&self, _: usize, typ: SecretType, secret: &mut [u8]) -> bool {
        let mut secrets = self.0.lock().expect("a panic ends the process");
        secrets.push((typ, secret.to_vec()));
        true
    }
}

impl Secrets {
    fn all(&self) -> Vec<(SecretType, Vec<u8>)> {
        self.0.lock().expect("a panic ends the process").clone()
    }
}

struct Endpoint {
    conn: Connection,
    reader: Arc<Pipe>,
    writer: Arc<Pipe>,
    secrets: Arc<Secrets>,
    ready: bool,
    failed: Option<Code>,
}

impl Endpoint {
    fn new(mode: Mode, setup: Setup) -> Self {
        let [reader, writer] = [(); 2].map(|()| Arc::<Pipe>::default());
        let conn = Connection::new(mode);
        conn.set_blinding(BlindingMode::BuiltIn);
        conn.set_config(config(mode, setup))
            .expect("a valid config");
        conn.set_reader(Some(reader.clone()));
        conn.set_writer(Some(writer.clone()), true);
        conn.enable_quic().expect("no buffering");
        let secrets = Arc::new(Secrets::default());
        conn.set_secret_callback(secrets.clone());
        let parameters = [mode as u8; 9];
        conn.set_transport_parameters(&parameters).expect("memory");
        if mode == Mode::Client {
            conn.set_server_name(c"localhost").expect("a short name");
        }
        Self {
            conn,
            reader,
            writer,
            secrets,
            ready: false,
            failed: None,
        }
    }

    /// Negotiates, or receives messages after the handshake, until blocked.
    fn work(&mut self) {
        for _ in 0..10_000 {
            let mut blocked = Blocked::Not;
            let outcome = match self.ready {
                false => self.conn.negotiate(&mut blocked),
                true => self.conn.recv_post_handshake(&mut blocked),
            };
            match outcome {
                Ok(()) => {
                    assert!(self.failed.is_none(), "success after {:?}", self.failed);
                    self.ready = true;
                }
                Err(error) if error.is_blocked() => {
                    assert!(self.failed.is_none() || self.ready);
                    assert_eq!(blocked, Blocked::Read);
                    assert!(self.reader.is_empty(), "blocked with pending input");
                    return;
                }
                Err(error) => {
                    self.failed.get_or_insert(error.code());
                    if self.ready {
                        let next = self.conn.recv_post_handshake(&mut blocked);
                        let next = next.map_err(|error| error.code());
                        assert_eq!(next, Err(Code::Closed), "after {:?}", error.code());
                        return;
                    }
                    assert!(self.conn.negotiate(&mut blocked).is_err());
                    let closed = self.conn.recv(&mut [0], &mut blocked);
                    assert!(closed.is_err(), "not closed after {:?}", error.code());
                    return;
                }
            }
        }
        panic!("receiving does not end");
    }

    fn parameters(&self) -> Option<Arc<[u8]>> {
        self.conn.peer_transport_parameters()
    }
}

fn check(choices: &mut Choices<'_>) {
    let mut setup = Setup::new(Version::Tls13);
    setup.mutual = choices.next(2) == 1;
    let mut client = Endpoint::new(Mode::Client, setup);
    let mut server = Endpoint::new(Mode::Server, setup);
    // Its policy does not allow the client's certificate.
    if choices.next(2) == 1 && !setup.mutual {
        // Its only group has no key share in the first ClientHello.
        let policy = Policy::find(b"20250211").expect("a policy of the library");
        server
            .conn
            .set_policy(policy)
            .expect("its chain is allowed");
    }

    let mut is_modified = false;
    for turn in 0..12 {
        let (from, to) = match turn % 2 {
            0 => (&mut client, &server.reader),
            _ => (&mut server, &client.reader),
        };
        from.work();
        deliver(to, &from.writer.take_all(), choices, &mut is_modified);
    }
    check_outcome(&client, &server, is_modified);
}

/// Delivers messages, possibly modified.
fn deliver(pipe: &Pipe, mut messages: &[u8], choices: &mut Choices<'_>, is_modified: &mut bool) {
    while let [_, high, middle, low, ..] = *messages {
        let len = 4 + u32::from_be_bytes([0, high, middle, low]) as usize;
        let (message, rest) = messages.split_at(len);
        messages = rest;
        let mut message = message.to_vec();
        let action = choices.next(24);
        *is_modified |= (1..=6).contains(&action);
        match action {
            1 => continue,
            2 => pipe.push(&message),
            3 => message[choices.next(len)] ^= 1 << choices.next(8),
            4 => message.truncate(choices.next(len)),
            5 => {
                let inserted = [choices.next(26) as u8, 0, 0, choices.next(256) as u8];
                let body = [choices.next(256) as u8; 255];
                pipe.push(&inserted);
                pipe.push(&body[..inserted[3].into()]);
            }
            // A wrong length.
            6 => message[1 + choices.next(3)] = choices.next(256) as u8,
            _ => {}
        }
        pipe.push(&message);
    }
    assert!(messages.is_empty(), "an incomplete message was written");
}

fn check_outcome(client: &Endpoint, server: &Endpoint, is_modified: bool) {
    if !is_modified {
        assert!(
            client.ready && server.ready,
            "{:?} {:?}",
            client.failed,
            server.failed
        );
        assert_eq!((client.failed, server.failed), (None, None));
    }
    if !client.ready || !server.ready {
        return;
    }
    let secrets = client.secrets.all();
    assert_eq!(secrets.len(), 5);
    assert_eq!(secrets, server.secrets.all());
    for (side, peer) in [(client, Mode::Server), (server, Mode::Client)] {
        assert_eq!(side.parameters().as_deref(), Some(&[peer as u8; 9][..]));
    }
}
