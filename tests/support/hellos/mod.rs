//! Consistency of ClientHello parsing: for any ClientHello, in any division into records, the API reports
//! the message on which the server acted.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

use rs2n_core::base::Blocked;
use rs2n_core::base::Mode;
use rs2n_core::config::{Config, KeyLogCallback, alpn};
use rs2n_core::connection::{BlindingMode, Connection, ServerNameMatch};
use rs2n_core::error::Code;
use rs2n_core::messages::{ClientHello, Field};
use rs2n_core::policy::Policy;
use rs2n_core::stream::{Reader, Writer};
use rustls::pki_types::DnsName;

mod answer;
mod message;

use answer::Answer;
pub use message::Hello;
use message::{
    ALPN, GROUPS, P256, PRE_SHARED_KEY, SERVER_NAME, SHARES, VERSIONS, damage, number, take, vector,
};

/// Chooses a number below the given one.
pub type Choices<'a> = dyn FnMut(usize) -> usize + 'a;

/// Numbers of outcomes, which show that a run covered each of them.
#[derive(Debug, Default)]
pub struct Counts {
    pub answered: Cell<usize>,
    pub retried: Cell<usize>,
    pub answered_again: Cell<usize>,
    pub refused_again: Cell<usize>,
    pub refused: Cell<usize>,
}

/// A server with one policy and one certificate.
pub struct Server {
    config: Arc<Config>,
    /// The DNS names of its certificate.
    names: &'static [&'static str],
    best_version: u8,
    secrets: Arc<Secrets>,
}

/// The server's ALPN protocols, in the order of its preference.
const PROTOCOLS: [&[u8]; 2] = [b"http/1.1", b"h2"];

const TLS12: u8 = 33;
const TLS13: u8 = 34;

/// The server handshake traffic secret of the last handshake.
#[derive(Default)]
struct Secrets(Mutex<Option<Vec<u8>>>);

impl KeyLogCallback for Secrets {
    fn log(&self, _: usize, line: &[u8]) {
        let line = str::from_utf8(line).expect("key log lines are ASCII");
        let mut fields = line.split(' ');
        if fields.next() == Some("SERVER_HANDSHAKE_TRAFFIC_SECRET") {
            let secret = fields
                .nth(1)
                .expect("the line has a secret")
                .as_bytes()
                .chunks(2);
            let byte = |digits| {
                u8::from_str_radix(str::from_utf8(digits).expect("key log lines are ASCII"), 16)
            };
            let secret = secret.map(|digits| byte(digits).expect("hexadecimal"));
            *self.0.lock().expect("no thread panics with the lock") = Some(secret.collect());
        }
    }
}

/// One direction of a transport in memory.
#[derive(Default)]
struct Pipe(Mutex<VecDeque<u8>>);

impl Pipe {
    fn bytes(&self) -> std::sync::MutexGuard<'_, VecDeque<u8>> {
        self.0.lock().expect("no thread panics with the lock")
    }
}

impl Reader for Pipe {
    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        const WOULD_BLOCK: i32 = 11;

        let mut bytes = self.bytes();
        let len = buf.len().min(bytes.len());
        if len == 0 {
            return Err(io::Error::from_raw_os_error(WOULD_BLOCK));
        }
        for (to, from) in buf.iter_mut().zip(bytes.drain(..len)) {
            *to = from;
        }
        Ok(len)
    }
}

impl Writer for Pipe {
    fn write(&self, buf: &[u8]) -> io::Result<usize> {
        self.bytes().extend(buf);
        Ok(buf.len())
    }
}

impl Server {
    /// Creates a server. `config` has a certificate chain for the names, and default settings.
    pub fn new(config: Config, names: &'static [&'static str], policy: &[u8]) -> Self {
        let policy = Policy::find(policy).expect("the policy exists");
        config
            .set_policy(policy)
            .expect("the policy restricts no certificates");
        config.set_alpn(alpn::list(PROTOCOLS.into_iter()).expect("the names are short"));
        config.set_max_blinding_delay(0);
        let secrets = Arc::new(Secrets::default());
        config.set_key_log_callback(Some(secrets.clone()));
        Self {
            config: Arc::new(config),
            names,
            best_version: if policy.supports_tls13() {
                TLS13
            } else {
                TLS12
            },
            secrets,
        }
    }

    fn connect(&self) -> Handshake<'_> {
        let handshake = Handshake {
            conn: Connection::new(Mode::Server),
            input: Arc::default(),
            output: Arc::default(),
            server: self,
        };
        let conn = &handshake.conn;
        conn.set_blinding(BlindingMode::SelfService);
        conn.set_config(self.config.clone())
            .expect("the config is valid for a server");
        conn.set_reader(Some(handshake.input.clone()));
        conn.set_writer(Some(handshake.output.clone()), true);
        handshake
    }

    /// Performs a handshake with random ClientHellos, and compares the API with the messages.
    pub fn check(&self, choices: &mut Choices<'_>, counts: &Counts) {
        let count = |counter: &Cell<usize>| counter.set(counter.get() + 1);
        let mut hello = Hello::good(choices);
        let first = alter(&mut hello, choices);
        let handshake = self.connect();
        let Some(answer) = handshake.send_hello(&first, choices) else {
            return count(&counts.refused);
        };
        let hello = handshake.check_answer(&first, &answer);
        if !answer.is_retry {
            return count(&counts.answered);
        }

        count(&counts.retried);
        let second = alter(&mut hello.second(), choices);
        let may_follow = |body: &[u8]| {
            let first = Hello::parse(&first).expect("an answered ClientHello is well-formed");
            Hello::parse(body).is_some_and(|second| second.may_follow(&first))
        };
        let is_usual = handshake.fill(choices)
            && answer.group == Some(P256)
            && hello.extension(PRE_SHARED_KEY).is_none()
            && second == hello.second().body();
        match handshake.send_hello(&second, choices) {
            None => {
                assert!(!is_usual, "a valid second ClientHello was rejected");
                count(&counts.refused_again);
            }
            Some(answer) => {
                assert!(
                    may_follow(&second),
                    "a second ClientHello with other parameters was answered"
                );
                assert!(!answer.is_retry, "a second HelloRetryRequest was sent");
                handshake.check_answer(&second, &answer);
                count(&counts.answered_again);
            }
        }
    }
}

/// Encodes the body of a ClientHello with up to two mutations, and possibly a damaged byte.
fn alter(hello: &mut Hello, choices: &mut Choices<'_>) -> Vec<u8> {
    for _ in 0..choices(5).saturating_sub(2) {
        hello.mutate(choices);
    }
    let mut body = hello.body();
    if choices(8) == 0 {
        damage(&mut body, choices);
    }
    body
}

/// Fragments a message into handshake records.
fn fragment(mut message: &[u8], choices: &mut Choices<'_>) -> Vec<u8> {
    const MOST: usize = 1 << 14;

    let minor = choices(4) as u8;
    let even = [MOST, 1, 2, 5, 100, 1000][choices(6)];
    let is_even = choices(2) == 0;
    let mut records = Vec::new();
    while !message.is_empty() {
        let len = if is_even { even } else { 1 + choices(300) };
        let (part, rest) = message.split_at(len.min(message.len()));
        records.extend([22, 3, minor]);
        records.extend(vector(2, part));
        message = rest;
    }
    records
}

struct Handshake<'a> {
    conn: Connection,
    input: Arc<Pipe>,
    output: Arc<Pipe>,
    server: &'a Server,
}

impl Handshake<'_> {
    /// Sends records that can precede a second ClientHello: a change_cipher_spec (RFC 8446, D.4), and
    /// rejected early data. Returns whether the server must accept all of them.
    fn fill(&self, choices: &mut Choices<'_>) -> bool {
        if choices(2) == 0 {
            self.input.bytes().extend([20, 3, 3, 0, 1, 1]);
        }
        let has_early_data = choices(8) == 0;
        if has_early_data {
            self.input.bytes().extend([23, 3, 3, 0, 20]);
            self.input.bytes().extend([7; 20]);
        }
        !has_early_data
    }

    /// Sends a ClientHello, and returns the server's answer, or `None` if it rejects the ClientHello.
    fn send_hello(&self, body: &[u8], choices: &mut Choices<'_>) -> Option<Answer> {
        let message = [&[1][..], &vector(3, body)].concat();
        self.input.bytes().extend(fragment(&message, choices));
        let outcome = self.conn.negotiate(&mut Blocked::Not);
        let code = outcome.expect_err("the client has not finished").code();
        let flight: Vec<u8> = self.output.bytes().drain(..).collect();
        if code != Code::IoBlocked {
            assert_ne!(code, Code::Safety, "the error is not specific");
            assert!(flight.is_empty(), "{code:?} after an answer");
            return None;
        }
        let secret = self
            .server
            .secrets
            .0
            .lock()
            .expect("no thread panics with the lock")
            .take();
        let answer = Answer::read(&flight, secret.as_deref());
        Some(answer.expect("a complete ClientHello is answered or rejected"))
    }

    /// Compares the values of the API with the ClientHello and with the server's answer.
    fn check_answer(&self, body: &[u8], answer: &Answer) -> Hello {
        let hello = Hello::parse(body).expect("an answered ClientHello is well-formed");
        let shown = self
            .conn
            .client_hello()
            .expect("an answered ClientHello is well-formed");
        check_fields(shown, body, &hello);
        self.check_version(&hello, answer);

        let has = |mut list: &[u8], wanted| {
            std::iter::from_fn(|| number(&mut list)).any(|number| number == wanted)
        };
        assert!(has(&hello.suites, answer.suite), "a suite not offered");
        if answer.version == 0x0304 {
            assert_eq!(answer.session_id, hello.session_id);
            let group = answer.group.expect("TLS 1.3 answers have a group");
            assert!(
                shown
                    .supported_groups()
                    .expect("well-formed")
                    .contains(&group)
            );
            assert_eq!(has_share(&hello, group), !answer.is_retry);
        }
        if !answer.is_retry {
            self.check_alpn(&hello, answer);
            self.check_name(&hello, answer);
        }
        hello
    }

    /// RFC 8446, 4.2.1; s2n-tls computes a number for unknown versions as well.
    fn check_version(&self, hello: &Hello, answer: &Answer) {
        let [major, minor] = hello.legacy_version;
        let legacy = major.wrapping_mul(10).wrapping_add(minor).min(TLS12);
        let offered = hello.extension(VERSIONS).map(|mut data| {
            let mut list = take(&mut data, 1).expect("an answered ClientHello is well-formed");
            std::iter::from_fn(|| number(&mut list))
                .map(api_number)
                .max()
        });
        let best = offered.map(|best| best.unwrap_or(0));
        let chosen = match self.server.best_version {
            TLS12 => legacy,
            _ => best.unwrap_or(legacy).min(TLS13),
        };
        assert_eq!(api_number(answer.version), chosen);
        assert_eq!(self.conn.version().number(), chosen);
        assert_eq!(self.conn.client_version().number(), best.unwrap_or(legacy));
        assert_eq!(
            self.conn.server_version().number(),
            self.server.best_version
        );
    }

    fn check_alpn(&self, hello: &Hello, answer: &Answer) {
        let mut offered = Vec::new();
        if let Some(mut data) = hello.extension(ALPN) {
            let mut list = take(&mut data, 2).expect("an answered ClientHello is well-formed");
            offered.extend(std::iter::from_fn(|| take(&mut list, 1)));
        }
        let expected = PROTOCOLS.iter().find(|protocol| offered.contains(protocol));
        assert_eq!(answer.alpn.as_deref(), expected.copied());
    }

    fn check_name(&self, hello: &Hello, answer: &Answer) {
        let name = hello.extension(SERVER_NAME).and_then(host_name);
        let shown = self
            .conn
            .with_server_name(|name| name.map(|name| name.to_bytes().to_vec()));
        let readable = name.filter(|name| name.len() <= 255 && !name.contains(&0));
        assert_eq!(shown.as_deref(), readable);

        let valid = name.and_then(|name| DnsName::try_from(name).ok());
        assert_eq!(answer.accepts_name, valid.is_some());
        let valid = valid.map(|name| name.as_ref().to_ascii_lowercase());
        let names = self.server.names;
        let is_wild = |name: &str| {
            let rest = name.split_once('.').map(|(_, rest)| format!("*.{rest}"));
            rest.is_some_and(|wild| names.contains(&wild.as_str()))
        };
        let expected = match valid.as_deref() {
            Some(name) if names.contains(&name) => ServerNameMatch::Exact,
            Some(name) if is_wild(name) => ServerNameMatch::Wildcard,
            _ if readable.is_some() => ServerNameMatch::NoMatch,
            _ => ServerNameMatch::None,
        };
        assert_eq!(
            self.conn
                .server_name_match()
                .expect("the server has a certificate"),
            expected
        );
    }
}

/// The number in the API of a version on the wire.
fn api_number(version: u16) -> u8 {
    match version {
        0x0304 => TLS13,
        0x0300..=0x0303 => 30 + version as u8,
        _ => 0,
    }
}

/// The first name of a server_name extension, if its type is host_name.
fn host_name(mut data: &[u8]) -> Option<&[u8]> {
    let list = take(&mut data, 2)?;
    let (0, mut name) = list.split_first().map(|(typ, name)| (*typ, name))? else {
        return None;
    };
    take(&mut name, 2)
}

fn has_share(hello: &Hello, group: u16) -> bool {
    let mut data = hello
        .extension(SHARES)
        .expect("TLS 1.3 requires key shares");
    let mut shares = take(&mut data, 2).expect("an answered ClientHello is well-formed");
    let next = || Some((number(&mut shares)?, take(&mut shares, 2)?));
    std::iter::from_fn(next).any(|(of, _)| of == group)
}

/// Compares each field that the API returns with the message.
fn check_fields(shown: &ClientHello, body: &[u8], hello: &Hello) {
    const RANDOM: std::ops::Range<usize> = 2..34;

    let mut zeroed = body.to_vec();
    zeroed[RANDOM].fill(0);
    assert_eq!(shown.random(), hello.random);
    let [major, minor] = hello.legacy_version;
    let version = major.wrapping_mul(10).wrapping_add(minor);
    assert_eq!(shown.legacy_version(), version);
    for (field, expected) in [
        (Field::Message, &zeroed),
        (Field::SessionId, &hello.session_id),
        (Field::CipherSuites, &hello.suites),
        (Field::CompressionMethods, &hello.compression),
    ] {
        assert!(
            shown
                .with_field(field, |bytes| bytes == expected)
                .expect("the field is available")
        );
    }
    for (typ, data) in &hello.extensions {
        assert!(shown.has_extension(*typ));
        match shown.with_extension(*typ, |found| found == data) {
            Ok(is_same) => assert!(is_same, "extension {typ}"),
            Err(error) => assert_eq!(error.code(), Code::UnrecognizedExtension),
        }
    }
    if let Some(mut groups) = hello.extension(GROUPS) {
        let mut list = take(&mut groups, 2).expect("an answered ClientHello is well-formed");
        let list: Vec<_> = std::iter::from_fn(|| number(&mut list)).collect();
        assert_eq!(shown.supported_groups().expect("well-formed"), list);
    }
}
