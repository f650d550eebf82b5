//! Fuzzes the record layer, and the deframing of post-handshake messages and alerts.
//!
//! Invariants besides "no panic": an unmodified record opens to its plaintext, in place and to another
//! buffer, a corrupted one fails without effect on the next and leaves nothing in that buffer, withdrawn
//! records have no effect, and messages and alerts do not depend on their fragmentation.

#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use rs2n_core::base::Mode;
use rs2n_core::record::{
    AlertEvent, ContentType, Header, MAX_PLAINTEXT, Opener, PostHandshakeMessage,
    PostHandshakeReassembler, Sealer,
};
use rustls::crypto::cipher::{AeadKey, Iv};
use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite};
use rustls_aws_lc_rs::{ALL_TLS12_CIPHER_SUITES, ALL_TLS13_CIPHER_SUITES};

#[derive(Arbitrary, Debug)]
enum Case<'a> {
    Connection(Connection<'a>),
    Messages(Stream<'a>),
    Alerts(Stream<'a>),
}

/// A sealer and an opener, and the records between them.
#[derive(Arbitrary, Debug)]
struct Connection<'a> {
    suite: u8,
    first_sequence: u16,
    steps: Vec<Step<'a>>,
}

#[derive(Arbitrary, Debug)]
enum Step<'a> {
    Record {
        typ: u8,
        plain: &'a [u8],
        cuts: Vec<u16>,
    },
    Corrupted {
        plain: &'a [u8],
        at: u16,
        change: u8,
    },
    Arbitrary(&'a [u8]),
    /// Arbitrary bytes after a valid header.
    Framed(&'a [u8]),
    KeyUpdate,
}

/// The content of consecutive records of one type.
#[derive(Arbitrary, Debug)]
struct Stream<'a> {
    content: &'a [u8],
    cuts: Vec<u16>,
    client: bool,
    tls13: bool,
    ignore_warnings: bool,
}

/// A message's type and content.
type Message = (u8, Vec<u8>);

fuzz_target!(|case: Case| match case {
    Case::Connection(connection) => connection.run(),
    Case::Messages(stream) => stream.check_messages(),
    Case::Alerts(stream) => stream.check_alerts(),
});

impl Connection<'_> {
    fn run(self) {
        let suites: Vec<_> = ALL_TLS12_CIPHER_SUITES
            .iter()
            .copied()
            .map(SupportedCipherSuite::Tls12)
            .chain(
                ALL_TLS13_CIPHER_SUITES
                    .iter()
                    .copied()
                    .map(SupportedCipherSuite::Tls13),
            )
            .collect();
        let suite = suites[usize::from(self.suite) % suites.len()];
        let mut generation = 0_u8;
        let keys = |sequence| (sequence, secrets(suite, 0));
        let mut sealer = Sealer::new(suite, keys(self.first_sequence.into())).unwrap();
        let mut opener = Opener::new(suite, keys(self.first_sequence.into())).unwrap();

        for step in self.steps {
            match step {
                Step::Record { typ, plain, cuts } => {
                    let typ = content_type(typ);
                    let plain = &plain[..plain.len().min(MAX_PLAINTEXT)];
                    let mut withdrawn = seal(&mut sealer, typ, &[half(plain), half(plain)]);
                    sealer.withdraw(&mut withdrawn);
                    let mut record = seal(&mut sealer, typ, &pieces(plain, &cuts));
                    let mut out = vec![BEFORE; plain.len() + 2];
                    if let Some(len) = opener.open_to(&record, &mut out).unwrap() {
                        assert_eq!((typ, &out[..len]), (ContentType::ApplicationData, plain));
                        assert_eq!(out[len..], [BEFORE; 2]);
                        continue;
                    }
                    let opened = opener.open(&mut record).unwrap();
                    assert_eq!((opened.typ, &record[opened.plain]), (typ, plain));
                }
                Step::Corrupted { plain, at, change } => {
                    let plain = &plain[..plain.len().min(MAX_PLAINTEXT)];
                    let valid = seal(&mut sealer, ContentType::ApplicationData, &[plain]);
                    let mut corrupted = valid.clone();
                    corrupted[usize::from(at) % valid.len()] ^= change.max(1);
                    open_to_nothing(&mut opener, &corrupted);
                    opener.open(&mut corrupted).unwrap_err();
                    let mut valid = valid;
                    opener.open(&mut valid).unwrap();
                }
                Step::Arbitrary(bytes) => {
                    open_to_nothing(&mut opener, bytes);
                    opener.open(&mut bytes.to_vec()).unwrap_err();
                }
                Step::Framed(body) => {
                    let body = &body[..body.len().min(u16::MAX.into())];
                    let [hi, lo] = (body.len() as u16).to_be_bytes();
                    let mut record = [&[23, 3, 3, hi, lo], body].concat();
                    assert_eq!(Header::read(&record).len, body.len());
                    open_to_nothing(&mut opener, &record);
                    opener.open(&mut record).unwrap_err();
                }
                Step::KeyUpdate => {
                    generation = generation.wrapping_add(1);
                    sealer.rekey((0, secrets(suite, generation))).unwrap();
                    opener.rekey((0, secrets(suite, generation))).unwrap();
                }
            }
        }
    }
}

/// What a buffer contains before a record is opened to it.
const BEFORE: u8 = 0xa5;

/// Opens an invalid record to a buffer, of which no byte may be of the record.
fn open_to_nothing(opener: &mut Opener, record: &[u8]) {
    let mut out = vec![BEFORE; record.len()];
    assert!(!matches!(opener.open_to(record, &mut out), Ok(Some(_))));
    assert!(out.iter().all(|&byte| byte == 0 || byte == BEFORE));
}

fn half(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len() / 2]
}

impl Stream<'_> {
    /// Checks that messages accepted in one record are accepted in several. The reverse does not
    /// hold: nothing may follow a KeyUpdate in its record.
    fn check_messages(self) {
        let whole = self.messages(&[self.content]);
        let cut = self.messages(&pieces(self.content, &self.cuts));
        if let Some(whole) = whole {
            assert_eq!(Some(whole), cut);
        }
    }

    /// Returns the messages and whether one is incomplete, or `None` if they were rejected.
    fn messages(&self, records: &[&[u8]]) -> Option<(Vec<Message>, bool)> {
        let side = match self.client {
            true => Mode::Client,
            false => Mode::Server,
        };
        let mut seen = Vec::new();
        let mut joiner = PostHandshakeReassembler::default();
        for record in records {
            let outcome = joiner.push(record, side, self.tls13, |message| {
                seen.push(match message {
                    PostHandshakeMessage::HelloRequest => (0, Vec::new()),
                    PostHandshakeMessage::NewSessionTicket(ticket) => (4, ticket.to_vec()),
                    PostHandshakeMessage::KeyUpdate { requested } => (24, vec![requested.into()]),
                });
                Ok(())
            });
            outcome.ok()?;
        }
        Some((seen, joiner.is_mid_message()))
    }

    fn check_alerts(self) {
        let event = AlertEvent::read(self.content, self.tls13, self.ignore_warnings);
        assert_eq!(event.is_ok(), self.content.len() == 2);
    }
}

fn seal(sealer: &mut Sealer, typ: ContentType, pieces: &[&[u8]]) -> Vec<u8> {
    let len: usize = pieces.iter().map(|piece| piece.len()).sum();
    let mut out = vec![0; len + sealer.overhead()];
    let written = sealer.seal(typ, pieces, &mut out).unwrap();
    assert_eq!(written, out.len());
    out
}

fn content_type(typ: u8) -> ContentType {
    match typ % 3 {
        0 => ContentType::Alert,
        1 => ContentType::Handshake,
        _ => ContentType::ApplicationData,
    }
}

/// Splits `bytes` at `cuts`.
fn pieces<'a>(bytes: &'a [u8], cuts: &[u16]) -> Vec<&'a [u8]> {
    let mut rest = bytes;
    let mut pieces = Vec::new();
    for &cut in cuts {
        let (piece, after) = rest.split_at(usize::from(cut) % (rest.len() + 1));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

fn secrets(suite: SupportedCipherSuite, generation: u8) -> ConnectionTrafficSecrets {
    let iv = Iv::from([generation ^ 0x55; 12]);
    let key_len = match suite {
        SupportedCipherSuite::Tls12(suite) => suite.aead_alg.key_block_shape().enc_key_len,
        SupportedCipherSuite::Tls13(suite) => suite.aead_alg.key_len(),
        _ => unreachable!("no other version is fuzzed"),
    };
    match key_len {
        16 => ConnectionTrafficSecrets::Aes128Gcm {
            key: AeadKey::from([generation; 16]),
            iv,
        },
        _ => {
            let key = AeadKey::from([generation; 32]);
            match format!("{suite:?}").contains("CHACHA20") {
                true => ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv },
                false => ConnectionTrafficSecrets::Aes256Gcm { key, iv },
            }
        }
    }
}
