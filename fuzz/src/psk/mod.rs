//! Servers with external pre-shared keys: ClientHellos with lists of keys and binders, early data
//! that only a client with the key can send, and the invariants of the results.

mod answer;
mod early;
mod hello;
mod keys;
mod select;

use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use rs2n_core::base::{Blocked, Mode};
use rs2n_core::config::{Config, PskMode};
use rs2n_core::connection::{BlindingMode, Connection};
use rs2n_core::credentials::CertChain;
use rs2n_core::error::Code;

use self::answer::Answer;
use self::hello::{Hello, Parsed};
use self::keys::{KEYS, Key};
use self::select::Selection;
use crate::endpoint::{SERVER_CHAIN, SERVER_KEY, Version};
use crate::hellos::Choices;
use crate::pipe::Pipe;

/// A server, and what it was set up with.
struct Server {
    conn: Rc<Connection>,
    input: Arc<Pipe>,
    output: Arc<Pipe>,
    /// The server's keys, in its order.
    keys: Vec<&'static Key>,
    receives: bool,
    /// The early data received.
    received: Vec<u8>,
    /// A callback selects the key.
    selects: bool,
    /// The index of the key that the callback has chosen.
    chosen: Option<usize>,
}

/// Performs the server's part of a handshake, and checks its results.
pub fn check(choices: &mut Choices<'_>) {
    let mut server = Server::new(choices);
    let first = Hello::new(choices);
    let message = first.encode(b"");
    let code = server.send(&message, choices);
    let answer = Answer::read(&server.output.take_all());
    let offered = Selection::finish();
    if let (Some(parsed), Some(offered)) = (Parsed::new(&message), &offered) {
        assert_eq!(offered.identities, parsed.identities);
    }
    server.chosen = offered.and_then(|offered| offered.chosen);
    let Some(answer) = answer else {
        assert!(code != Code::IoBlocked, "no answer");
        return;
    };
    if answer.is_retry {
        server.check_second(&first, &message, &answer, choices);
        return;
    }
    server.check_answer(&message, b"", &answer);
    if let Some(parsed) = Parsed::new(&message) {
        server.check_choice(&parsed, &answer);
    }
    server.check_early_data(&message, &answer, choices);
}

impl Server {
    fn new(choices: &mut Choices<'_>) -> Self {
        let held = choices(1 << KEYS.len());
        let mut keys: Vec<_> = (0..KEYS.len())
            .filter(|index| held >> index & 1 == 0)
            .map(|index| &KEYS[index])
            .collect();
        if choices(2) == 1 {
            keys.reverse();
        }
        let selects = choices(4) == 1;
        let server = Self {
            conn: Rc::new(Connection::new(Mode::Server)),
            input: Arc::default(),
            output: Arc::default(),
            keys,
            receives: choices(4) > 0,
            received: Vec::new(),
            selects,
            chosen: None,
        };
        let conn = &server.conn;
        conn.set_blinding(BlindingMode::SelfService);
        conn.set_config(config(selects)).expect("a valid config");
        conn.set_reader(Some(server.input.clone()));
        conn.set_writer(Some(server.output.clone()), true);
        conn.set_psk_mode(PskMode::External).expect("no key is set");
        for key in &server.keys {
            conn.append_psk(&key.psk()).expect("another identity");
        }
        if selects {
            let identities = server.keys.iter().map(|key| key.identity);
            Selection::begin(conn, identities.collect(), choices);
        }
        server
    }

    /// Sends a message in records, and runs the server until it is blocked or has failed.
    fn send(&mut self, message: &[u8], choices: &mut Choices<'_>) -> Code {
        let most = [16_384, 16_384, 100, 1][choices(4)];
        for part in message.chunks(most) {
            let len = (part.len() as u16).to_be_bytes();
            self.input.push(&[&[22, 3, 1][..], &len, part].concat());
        }
        self.run(10_000)
    }

    /// Runs the server until it is blocked or has failed.
    fn run(&mut self, room: usize) -> Code {
        let mut blocked = Blocked::Not;
        if self.receives {
            let (mut buf, mut received) = (vec![0; room], 0);
            let outcome = self
                .conn
                .recv_early_data(&mut buf, &mut received, &mut blocked);
            self.received.extend(&buf[..received]);
            if let Err(error) = outcome {
                return error.code();
            }
        }
        let outcome = self.conn.negotiate(&mut blocked);
        outcome.expect_err("the client has not finished").code()
    }

    /// Checks that a key that is used was offered, is the server's, and has a valid binder.
    fn check_answer(&self, message: &[u8], transcript: &[u8], answer: &Answer) {
        let Some(index) = answer.selected else {
            self.conn
                .with_psk_identity(|identity| assert!(identity.is_empty()));
            return;
        };
        let parsed = Parsed::new(message).expect("a list with a key in use is well-formed");
        let identity = parsed.identities[index];
        self.conn
            .with_psk_identity(|used| assert_eq!(used, identity));
        let key = Key::find(identity).expect("the server knows it");
        let mut keys = self.keys.iter();
        assert!(keys.any(|known| known.identity == identity));
        assert!(parsed.permits(key));
        assert!(keys::have_same_hash(answer.suite, key.suite));
        assert!(
            parsed.has_valid_binder(index, key, transcript),
            "a key without its binder is used"
        );
    }

    /// Checks that the server uses the key of its first or the callback's choice. Without a valid
    /// binder it does not answer.
    fn check_choice(&self, parsed: &Parsed<'_>, answer: &Answer) {
        let place = |key: &Key| parsed.identities.iter().position(|it| *it == key.identity);
        let expected = match self.selects {
            // Of equal identities, the first one is used.
            true => self
                .chosen
                .and_then(|index| place(Key::find(parsed.identities[index])?)),
            false => self.keys.iter().find_map(|key| place(key)),
        };
        let expected = expected.filter(|&index| {
            let key = Key::find(parsed.identities[index]);
            key.is_some_and(|key| parsed.permits(key))
        });
        assert_eq!(answer.selected, expected);
    }

    /// Sends a second ClientHello, after a HelloRetryRequest.
    fn check_second(
        &mut self,
        first: &Hello,
        message: &[u8],
        retry: &Answer,
        choices: &mut Choices<'_>,
    ) {
        let second = first.second(choices);
        let hash = |bytes: &[u8]| {
            let key = KEYS
                .iter()
                .find(|key| keys::have_same_hash(key.suite, retry.suite));
            key.expect("keys with each hash").hash(bytes)
        };
        // RFC 8446, 4.4.1: the first ClientHello is replaced by a message with its hash.
        let hash = hash(message);
        let transcript = [&[254, 0, 0, hash.len() as u8][..], &hash, &retry.message].concat();
        let message = second.encode(&transcript);
        self.send(&message, choices);
        let flight = self.output.take_all();
        let start = flight.iter().position(|&typ| typ == 22);
        let answer = start.and_then(|start| Answer::read(&flight[start..]));
        if let Some(answer) = answer {
            assert!(!answer.is_retry, "a second HelloRetryRequest");
            self.check_answer(&message, &transcript, &answer);
        }
        assert!(self.received.is_empty());
    }
}

/// Returns a config, with or without a selection callback.
fn config(selects: bool) -> Arc<Config> {
    static CONFIGS: [OnceLock<Arc<Config>>; 2] = [const { OnceLock::new() }; 2];

    let create = || {
        let config = Config::new_minimal();
        let chain = CertChain::default();
        chain
            .load(SERVER_CHAIN, SERVER_KEY)
            .expect("the key matches");
        config.add_chain(&Arc::new(chain)).expect("a loaded chain");
        config
            .set_policy(Version::Tls13.policy())
            .expect("it restricts no certificates");
        config.set_max_blinding_delay(0);
        config.set_max_early_data(1000);
        if selects {
            config.set_psk_selection(Some(Arc::new(select::Select)));
        }
        Arc::new(config)
    };
    CONFIGS[usize::from(selects)].get_or_init(create).clone()
}
