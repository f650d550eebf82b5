//! Tests of [`Sealer`] and [`Opener`], against each other and against the provider's record
//! ciphers.

use rustls::crypto::cipher::{
    AeadKey, EncodableVersion, InboundOpaque, Iv, OutboundPlain, Record, RecordDecrypter,
    RecordEncrypter,
};
use rustls::enums::{ContentType as WireType, ProtocolVersion};
use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite};
use rustls_aws_lc_rs::{ALL_TLS12_CIPHER_SUITES, ALL_TLS13_CIPHER_SUITES};

use super::{ContentType, Header, Opened, Opener, Sealer};
use crate::error::Result;
use crate::testing::Random;

mod alerts;
mod corruption;
mod exhaustive;
mod flood;
mod headers;
mod inner_plaintext;
mod limits;
mod open_to;
mod post_handshake;
mod provider_interop;
mod round_trips;
mod withdrawal;

/// The version of records as the provider's record ciphers require it.
const RECORD_VERSION: EncodableVersion = EncodableVersion::Legacy(ProtocolVersion::TLSv1_2);

/// Every AEAD in every protocol version.
fn suites() -> Vec<SupportedCipherSuite> {
    let tls12 = ALL_TLS12_CIPHER_SUITES.iter().copied();
    let tls13 = ALL_TLS13_CIPHER_SUITES.iter().copied();
    let all: Vec<_> = tls12
        .filter(|suite| format!("{suite:?}").contains("ECDHE_RSA"))
        .map(SupportedCipherSuite::Tls12)
        .chain(tls13.map(SupportedCipherSuite::Tls13))
        .collect();
    assert_eq!(all.len(), 6);
    all
}

fn tls13_suites() -> impl Iterator<Item = SupportedCipherSuite> {
    suites().into_iter().filter(is_tls13)
}

fn tls12_suites() -> impl Iterator<Item = SupportedCipherSuite> {
    suites().into_iter().filter(|suite| !is_tls13(suite))
}

fn is_tls13(suite: &SupportedCipherSuite) -> bool {
    matches!(suite, SupportedCipherSuite::Tls13(_))
}

fn is_tls12_gcm(suite: &SupportedCipherSuite) -> bool {
    !is_tls13(suite) && format!("{suite:?}").contains("GCM")
}

/// Secrets as rustls exports them, distinct for every `generation`.
fn secrets(suite: SupportedCipherSuite, generation: u8) -> ConnectionTrafficSecrets {
    let name = format!("{suite:?}");
    let iv = iv(generation);
    if name.contains("AES_128_GCM") || name.contains("AES128_GCM") {
        let key = AeadKey::from([generation ^ 0x16; 16]);
        ConnectionTrafficSecrets::Aes128Gcm { key, iv }
    } else if name.contains("AES") {
        let key = AeadKey::from([generation ^ 0x32; 32]);
        ConnectionTrafficSecrets::Aes256Gcm { key, iv }
    } else {
        let key = AeadKey::from([generation ^ 0xcc; 32]);
        ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv }
    }
}

fn iv(generation: u8) -> Iv {
    Iv::from(std::array::from_fn(|at| {
        generation.wrapping_mul(31).wrapping_add(at as u8 * 17)
    }))
}

fn key_and_iv(suite: SupportedCipherSuite, generation: u8) -> (AeadKey, Iv) {
    match secrets(suite, generation) {
        ConnectionTrafficSecrets::Aes128Gcm { key, iv }
        | ConnectionTrafficSecrets::Aes256Gcm { key, iv }
        | ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => (key, iv),
        _ => unreachable!("secrets() returns no others"),
    }
}

fn sealer(suite: SupportedCipherSuite, sequence: u64) -> Sealer {
    Sealer::new(suite, (sequence, secrets(suite, 1))).unwrap()
}

fn opener(suite: SupportedCipherSuite, sequence: u64) -> Opener {
    Opener::new(suite, (sequence, secrets(suite, 1))).unwrap()
}

impl Sealer {
    fn record(&mut self, typ: ContentType, plain: &[u8]) -> Vec<u8> {
        let mut out = vec![0xee; plain.len() + self.overhead()];
        let len = self.seal(typ, &[plain], &mut out).unwrap();
        assert_eq!(len, out.len());
        out
    }

    fn data(&mut self, plain: &[u8]) -> Vec<u8> {
        self.record(ContentType::ApplicationData, plain)
    }
}

impl Opener {
    fn open_copy(&mut self, record: &[u8]) -> Result<(ContentType, Vec<u8>)> {
        let mut record = record.to_vec();
        let Opened { typ, plain } = self.open(&mut record)?;
        Ok((typ, record[plain].to_vec()))
    }
}

/// The provider's encrypter, built independently of [`Sealer`].
struct PeerSealer {
    encrypter: Box<dyn RecordEncrypter>,
    sequence: u64,
}

impl PeerSealer {
    fn new(suite: SupportedCipherSuite) -> Self {
        let (key, iv) = key_and_iv(suite, 1);
        let encrypter = match suite {
            SupportedCipherSuite::Tls12(suite) if iv_is_split(suite) => {
                let (salt, explicit) = iv.as_ref().split_at(4);
                suite.aead_alg.encrypter(key, salt, explicit)
            }
            SupportedCipherSuite::Tls12(suite) => suite.aead_alg.encrypter(key, iv.as_ref(), &[]),
            SupportedCipherSuite::Tls13(suite) => suite.aead_alg.encrypter(key, iv),
            _ => unreachable!("suites() returns no others"),
        };
        Self {
            encrypter,
            sequence: 0,
        }
    }

    /// Seals a record of any type and length, including invalid ones.
    fn record(&mut self, typ: u8, plain: &[u8]) -> Vec<u8> {
        let mut body = vec![0; self.encrypter.encrypted_payload_len(plain.len())];
        let record = Record::new(WireType(typ), RECORD_VERSION, OutboundPlain::Single(plain));
        let outer = self
            .encrypter
            .encrypt(record, self.sequence, &mut body)
            .unwrap()
            .typ
            .0;
        self.sequence += 1;
        let [hi, lo] = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&[outer, 3, 3, hi, lo][..], &body].concat()
    }
}

/// The provider's decrypter, built independently of [`Opener`].
struct PeerOpener {
    decrypter: Box<dyn RecordDecrypter>,
    sequence: u64,
}

impl PeerOpener {
    fn new(suite: SupportedCipherSuite, sequence: u64, generation: u8) -> Self {
        let (key, iv) = key_and_iv(suite, generation);
        let decrypter = match suite {
            SupportedCipherSuite::Tls12(suite) if iv_is_split(suite) => {
                suite.aead_alg.decrypter(key, &iv.as_ref()[..4])
            }
            SupportedCipherSuite::Tls12(suite) => suite.aead_alg.decrypter(key, iv.as_ref()),
            SupportedCipherSuite::Tls13(suite) => suite.aead_alg.decrypter(key, iv),
            _ => unreachable!("suites() returns no others"),
        };
        Self {
            decrypter,
            sequence,
        }
    }

    fn open(&mut self, record: &[u8]) -> (u8, Vec<u8>) {
        let (header, body) = record.split_at(Header::LEN);
        assert_eq!(header[1..3], [3, 3]);
        assert_eq!(Header::read(header).len, body.len());
        let mut body = body.to_vec();
        let record = Record::new(
            WireType(header[0]),
            RECORD_VERSION,
            InboundOpaque(&mut body),
        );
        let opened = self.decrypter.decrypt(record, self.sequence).unwrap();
        self.sequence += 1;
        (opened.typ.0, opened.payload.to_vec())
    }
}

fn iv_is_split(suite: &rustls::Tls12CipherSuite) -> bool {
    suite.aead_alg.key_block_shape().explicit_nonce_len == 8
}

/// Returns `len` pseudorandom bytes.
fn plaintext(len: usize) -> Vec<u8> {
    let mut random = Random::new(len as u64 + 1);
    (0..len).map(|_| random.value() as u8).collect()
}
