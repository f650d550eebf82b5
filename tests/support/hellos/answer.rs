//! Parser of a server's first flight: ServerHello or HelloRetryRequest, and EncryptedExtensions.

use rs2n_core::record::Opener;
use rustls::crypto::cipher::{AeadKey, Iv};
use rustls::crypto::tls13::OkmBlock;
use rustls::{SupportedCipherSuite, Tls13CipherSuite};
use rustls_aws_lc_rs::ALL_TLS13_CIPHER_SUITES;

use super::message::{ALPN, SERVER_NAME, SHARES, VERSIONS, extensions, number, take};

/// A ServerHello, with the EncryptedExtensions that follow it in TLS 1.3; or a HelloRetryRequest.
#[derive(Debug)]
pub struct Answer {
    pub is_retry: bool,
    pub version: u16,
    pub session_id: Vec<u8>,
    pub suite: u16,
    /// TLS 1.3: the group of the key share, or the one that the HelloRetryRequest selects.
    pub group: Option<u16>,
    pub alpn: Option<Vec<u8>>,
    /// Whether the server acknowledges the server_name extension.
    pub accepts_name: bool,
}

const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
const SERVER_HELLO: u8 = 2;
const ENCRYPTED_EXTENSIONS: u8 = 8;
const HEADER: usize = 5;

/// The first bytes of the random of a HelloRetryRequest (RFC 8446, 4.1.3).
const RETRY: [u8; 4] = [0xcf, 0x21, 0xad, 0x74];

impl Answer {
    /// Parses a flight, if there is one. `secret` is the server handshake traffic secret of TLS 1.3.
    pub fn read(flight: &[u8], secret: Option<&[u8]>) -> Option<Self> {
        let mut records = records(flight).into_iter();
        let first = records.next()?;
        assert_eq!(
            first[0], HANDSHAKE,
            "the first record is no handshake record"
        );
        let mut answer = Self::of_server_hello(body(&first[HEADER..], SERVER_HELLO));
        if answer.version == 0x0304 && !answer.is_retry {
            let record = records.find(|record| record[0] == APPLICATION_DATA);
            let mut record = record.expect("the flight has EncryptedExtensions");
            let plain = open(
                answer.suite,
                secret.expect("the secret was logged"),
                &mut record,
            );
            let mut list = body(plain, ENCRYPTED_EXTENSIONS);
            let list = take(&mut list, 2).expect("the message has extensions");
            answer.note(&extensions(list).expect("the extensions are well-formed"));
        }
        Some(answer)
    }

    fn of_server_hello(mut body: &[u8]) -> Self {
        let legacy_version = number(&mut body).expect("the message has a version");
        let (random, mut body) = body.split_at(32);
        let session_id = take(&mut body, 1)
            .expect("the message has a session ID")
            .to_vec();
        let suite = number(&mut body).expect("the message has a cipher suite");
        let mut body = &body[1..];
        let list = take(&mut body, 2).unwrap_or_default();
        let list = extensions(list).expect("the extensions are well-formed");
        let numbers = |wanted| {
            let found = list.iter().find(|(typ, _)| *typ == wanted);
            found.and_then(|(_, data)| number(&mut &data[..]))
        };
        let mut answer = Self {
            is_retry: random.starts_with(&RETRY),
            version: numbers(VERSIONS).unwrap_or(legacy_version),
            session_id,
            suite,
            group: numbers(SHARES),
            alpn: None,
            accepts_name: false,
        };
        answer.note(&list);
        answer
    }

    /// Stores extensions that are in the ServerHello in TLS 1.2, and in EncryptedExtensions in TLS 1.3.
    fn note(&mut self, list: &[(u16, Vec<u8>)]) {
        for (typ, data) in list {
            match *typ {
                ALPN => {
                    let mut list = &data[2..];
                    self.alpn = take(&mut list, 1).map(<[u8]>::to_vec);
                }
                SERVER_NAME => self.accepts_name = true,
                _ => {}
            }
        }
    }
}

/// Splits a flight into records, each with its header.
fn records(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    while let [_, _, _, high, low, ..] = *bytes {
        let len = HEADER + usize::from(u16::from_be_bytes([high, low]));
        records.push(bytes[..len].to_vec());
        bytes = &bytes[len..];
    }
    records
}

/// The body of the first message, which must have this type.
fn body(messages: &[u8], typ: u8) -> &[u8] {
    assert_eq!(messages[0], typ, "unexpected message type");
    take(&mut &messages[1..], 3).expect("the message is complete")
}

/// Decrypts the first record that is protected with a traffic secret (RFC 8446, 7.3).
fn open<'a>(number: u16, secret: &[u8], record: &'a mut [u8]) -> &'a [u8] {
    let suite = ALL_TLS13_CIPHER_SUITES
        .iter()
        .find(|suite| u16::from(suite.common.suite) == number);
    let suite: &'static Tls13CipherSuite = suite.expect("the provider supports the cipher suite");
    let expander = suite.hkdf_provider.expander_for_okm(&OkmBlock::new(secret));
    let expand = |label: &[u8], len: usize| {
        let mut output = vec![0; len];
        let sizes = [(len as u16).to_be_bytes(), [0, 6 + label.len() as u8]];
        let info: [&[u8]; 5] = [&sizes[0], &sizes[1][1..], b"tls13 ", label, &[0]];
        expander
            .expand_slice(&info, &mut output)
            .expect("the output is short");
        output
    };
    let key = expand(b"key", suite.aead_alg.key_len());
    let key = match <[u8; 16]>::try_from(&key[..]) {
        Ok(key) => AeadKey::from(key),
        Err(_) => AeadKey::from(<[u8; 32]>::try_from(&key[..]).expect("keys have 16 or 32 bytes")),
    };
    let iv = Iv::new(&expand(b"iv", suite.aead_alg.iv_len())).expect("the IV has 12 bytes");
    let keys = suite
        .aead_alg
        .extract_keys(key, iv)
        .expect("the sizes are those of the AEAD");
    let opener = Opener::new(SupportedCipherSuite::Tls13(suite), (0, keys));
    let opened = opener
        .expect("the keys are those of the cipher suite")
        .open(record);
    &record[opened
        .expect("the record is the first one with these keys")
        .plain]
}
