//! External pre-shared keys, and the part of the key schedule that a client derives from them
//! (RFC 8446, 7.1), computed with the provider's cipher suites.

use rs2n_core::config::{Psk, PskHash};
use rs2n_core::record::Sealer;
use rustls::crypto::cipher::{AeadKey, Iv};
use rustls::crypto::tls13::{HkdfExpander, OkmBlock};
use rustls::{SupportedCipherSuite, Tls13CipherSuite};
use rustls_aws_lc_rs::ALL_TLS13_CIPHER_SUITES;

pub struct Key {
    pub identity: &'static [u8],
    secret: &'static [u8],
    pub suite: u16,
    /// The maximum length of early data in bytes; 0 for none.
    pub limit: u32,
}

/// Keys with each cipher suite, and one without early data.
pub const KEYS: [Key; 4] = [
    Key {
        identity: b"a",
        secret: b"the first secret",
        suite: 0x1301,
        limit: 500,
    },
    Key {
        identity: b"key",
        secret: &[7; 100],
        suite: 0x1302,
        limit: 20_000,
    },
    Key {
        identity: &[b'x'; 60],
        secret: b"s",
        suite: 0x1303,
        limit: 1,
    },
    Key {
        identity: b"b",
        secret: &[9; 32],
        suite: 0x1301,
        limit: 0,
    },
];

/// Returns whether two cipher suites have the same hash.
pub fn have_same_hash(suite: u16, other: u16) -> bool {
    let hash = |number| {
        let suite = find_suite(number);
        suite.map(|suite| suite.common.hash_provider.algorithm())
    };
    hash(suite).is_some() && hash(suite) == hash(other)
}

fn find_suite(number: u16) -> Option<&'static Tls13CipherSuite> {
    let mut suites = ALL_TLS13_CIPHER_SUITES.iter().copied();
    suites.find(|suite| suite.common.suite.0 == number)
}

impl Key {
    pub fn find(identity: &[u8]) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.identity == identity)
    }

    /// Returns the key as an application composes it.
    pub fn psk(&self) -> Psk {
        let mut psk = Psk::default();
        psk.set_identity(self.identity).expect("it has a length");
        psk.set_secret(self.secret).expect("it is not zeros");
        psk.set_hash(match self.hash_len() {
            32 => PskHash::Sha256,
            _ => PskHash::Sha384,
        });
        psk.configure_early_data(self.limit, self.suite)
            .expect("a suite with the hash");
        psk
    }

    fn suite(&self) -> &'static Tls13CipherSuite {
        find_suite(self.suite).expect("a suite of the provider")
    }

    pub fn hash_len(&self) -> usize {
        self.suite().common.hash_provider.output_len()
    }

    pub fn hash(&self, bytes: &[u8]) -> Vec<u8> {
        let hash = self.suite().common.hash_provider.hash(bytes);
        hash.as_ref().to_vec()
    }

    fn early_secret(&self) -> Box<dyn HkdfExpander> {
        self.suite()
            .hkdf_provider
            .extract_from_secret(None, self.secret)
    }

    /// Computes the binder over a transcript (RFC 8446, 4.2.11.2).
    pub fn binder(&self, transcript: &[u8]) -> Vec<u8> {
        let (hkdf, len) = (self.suite().hkdf_provider, self.hash_len());
        let binder_key = expand(&*self.early_secret(), b"ext binder", &self.hash(b""), len);
        let expander = hkdf.expander_for_okm(&OkmBlock::new(&binder_key));
        let finished_key = expand(&*expander, b"finished", b"", len);
        let tag = hkdf.hmac_sign(&OkmBlock::new(&finished_key), &self.hash(transcript));
        tag.as_ref().to_vec()
    }

    /// Returns the sealer of a client's early data, after its ClientHello.
    pub fn early_sealer(&self, hello: &[u8]) -> Sealer {
        let (suite, len) = (self.suite(), self.hash_len());
        let early = self.early_secret();
        let secret = expand(&*early, b"c e traffic", &self.hash(hello), len);
        let expander = suite
            .hkdf_provider
            .expander_for_okm(&OkmBlock::new(&secret));
        let key = expand(&*expander, b"key", b"", suite.aead_alg.key_len());
        let key = match <[u8; 16]>::try_from(&key[..]) {
            Ok(key) => AeadKey::from(key),
            Err(_) => AeadKey::from(<[u8; 32]>::try_from(&key[..]).expect("16 or 32 bytes")),
        };
        let iv = expand(&*expander, b"iv", b"", suite.aead_alg.iv_len());
        let iv = Iv::new(&iv).expect("12 bytes");
        let keys = suite.aead_alg.extract_keys(key, iv);
        let keys = (0, keys.expect("the sizes are those of the AEAD"));
        Sealer::new(SupportedCipherSuite::Tls13(suite), keys).expect("keys of the suite")
    }
}

/// HKDF-Expand-Label (RFC 8446, 7.1).
fn expand(expander: &dyn HkdfExpander, label: &[u8], context: &[u8], len: usize) -> Vec<u8> {
    let mut output = vec![0; len];
    let info: [&[u8]; 6] = [
        &(len as u16).to_be_bytes(),
        &[6 + label.len() as u8],
        b"tls13 ",
        label,
        &[context.len() as u8],
        context,
    ];
    let expanded = expander.expand_slice(&info, &mut output);
    expanded.expect("the output is short");
    output
}
