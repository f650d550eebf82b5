//! The cipher suites of TLS 1.3, with a key schedule that captures the resumption master secret.
//!
//! rustls does not export that secret (RFC 8446, 7.1), from which the keys of session tickets are
//! derived, so it is captured when rustls derives it. A second set of suites serves to make client
//! sessions.
//!
//! rustls knows the pre-shared keys of sessions alone. An external one differs in a label, and is
//! recognized by its length: see [`external_secret`].

use std::sync::OnceLock;

use hmac::EagerHash;
use rustls::crypto::HashAlgorithm;
use rustls::crypto::hmac::Tag;
use rustls::crypto::tls13::{Hkdf, HkdfExpander, OkmBlock, OutputLengthError};
use rustls::{CipherSuiteCommon, Tls13CipherSuite};
use rustls_aws_lc_rs::cipher_suite::{
    TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256,
};
use sha2::{Sha256, Sha384};
use zeroize::Zeroizing;

use super::HeapSecret;
use super::captured::change;
use super::hkdf::{self, Prk, hash_len};
use super::lazy_aead::LazyAead;
use crate::process::fork::get_or_init;

/// Declares a suite of the provider with our key schedule.
macro_rules! suite {
    ($name:ident, $base:ident, $hash:ty, $purpose:expr) => {
        static $name: Tls13CipherSuite = {
            static KEY_SCHEDULE: KeySchedule<$hash> = KeySchedule::new($purpose);
            Tls13CipherSuite {
                common: CipherSuiteCommon {
                    suite: $base.common.suite,
                    hash_provider: $base.common.hash_provider,
                    confidentiality_limit: $base.common.confidentiality_limit,
                },
                protocol_version: $base.protocol_version,
                hkdf_provider: &KEY_SCHEDULE,
                aead_alg: &LazyAead($base.aead_alg),
                quic: $base.quic,
            }
        };
    };
}

/// Declares the suites of one purpose.
macro_rules! suites {
    ($suites:ident, $purpose:expr) => {
        pub(crate) static $suites: [&Tls13CipherSuite; 3] = {
            suite!(AES_128, TLS13_AES_128_GCM_SHA256, Sha256, $purpose);
            suite!(AES_256, TLS13_AES_256_GCM_SHA384, Sha384, $purpose);
            suite!(CHACHA20, TLS13_CHACHA20_POLY1305_SHA256, Sha256, $purpose);
            [&AES_128, &AES_256, &CHACHA20]
        };
    };
}

// The suites of handshakes.
suites!(SUITES, Purpose::Handshake);

// The suites with which client sessions are made: the pre-shared key of a ticket is its nonce.
suites!(FACTORY_SUITES, Purpose::Factory);

/// Returns a suite of handshakes with a hash.
pub(crate) fn suite_with_hash(hash: HashAlgorithm) -> Option<&'static Tls13CipherSuite> {
    let mut suites = SUITES.iter().copied();
    suites.find(|suite| suite.common.hash_provider.algorithm() == hash)
}

/// The length of an external pre-shared key as rustls is given it, in bytes. Those of sessions are
/// shorter.
pub(crate) const EXTERNAL_SECRET_LEN: usize = OkmBlock::MAX_LEN;

/// Converts an external pre-shared key, of any length, for rustls: to the early secret that is
/// extracted from it (RFC 8446, 7.1), padding, and the length of the secret. The suites recognize
/// it, and derive the binder key with the label for external keys. `None` if no suite has the hash.
pub(crate) fn external_secret(hash: HashAlgorithm, psk: &[u8]) -> Option<HeapSecret> {
    let suite = suite_with_hash(hash)?;
    let len = suite.common.hash_provider.output_len();
    let no_salt = OkmBlock::new(&[0; OkmBlock::MAX_LEN][..len]);
    let early_secret = suite.hkdf_provider.hmac_sign(&no_salt, psk);
    let mut secret = HeapSecret::new(vec![0; EXTERNAL_SECRET_LEN]);
    secret[..len].copy_from_slice(early_secret.as_ref());
    secret[EXTERNAL_SECRET_LEN - 1] = len as u8;
    Some(secret)
}

/// Returns the early secret in a result of [`external_secret`]; `None` for the key of a session.
fn early_secret(secret: &[u8]) -> Option<OkmBlock> {
    let (&len, rest) = secret.split_last()?;
    match rest.len() + 1 == EXTERNAL_SECRET_LEN {
        true => rest.get(..len.into()).map(OkmBlock::new),
        false => None,
    }
}

/// The labels that rustls passes to HKDF-Expand-Label (RFC 8446, 7.1).
const RESUMPTION_MASTER: &[u8] = b"res master";
const RESUMPTION: &[u8] = b"resumption";
const RESUMPTION_BINDER: &[u8] = b"res binder";
/// The label in place of [`RESUMPTION_BINDER`], of the same length.
const EXTERNAL_BINDER: &[u8] = b"ext binder";

/// The position of the label in the parts of an HkdfLabel of rustls.
const LABEL: usize = 3;

/// What a key schedule derives in place of the key schedule of rustls.
#[derive(Clone, Copy)]
enum Purpose {
    /// Handshakes: the resumption master secret is captured.
    Handshake,
    /// Client sessions, in addition: the pre-shared key of a ticket is the ticket's nonce.
    Factory,
    /// Binder keys of an external pre-shared key.
    ExternalPsk,
}

/// The key schedule of a suite with hash `H`.
struct KeySchedule<H: EagerHash> {
    purpose: Purpose,
    /// The early secret of handshakes without a pre-shared key, which is always the same.
    early: OnceLock<Prk<H>>,
}

impl<H: EagerHash> KeySchedule<H> {
    const fn new(purpose: Purpose) -> Self {
        Self {
            purpose,
            early: OnceLock::new(),
        }
    }
}

impl<H: EagerHash<Core: Send + Sync> + Send + Sync + 'static> KeySchedule<H> {
    fn expander(&self, prk: Prk<H>) -> Box<dyn HkdfExpander> {
        let purpose = self.purpose;
        Box::new(Expander { prk, purpose })
    }
}

impl<H: EagerHash<Core: Send + Sync> + Send + Sync + 'static> Hkdf for KeySchedule<H> {
    fn extract_from_zero_ikm(&self, salt: Option<&[u8]>) -> Box<dyn HkdfExpander> {
        let zeros = &[0; OkmBlock::MAX_LEN][..hash_len::<H>()];
        self.expander(match salt {
            Some(salt) => Prk::extract(salt, zeros),
            None => get_or_init(&self.early, || Prk::extract(&[], zeros)).clone(),
        })
    }

    fn extract_from_secret(&self, salt: Option<&[u8]>, secret: &[u8]) -> Box<dyn HkdfExpander> {
        // Only pre-shared keys have no salt.
        match (salt, early_secret(secret)) {
            (None, Some(early_secret)) => Box::new(Expander {
                prk: Prk::<H>::new(early_secret.as_ref()),
                purpose: Purpose::ExternalPsk,
            }),
            _ => self.expander(Prk::extract(salt.unwrap_or_default(), secret)),
        }
    }

    fn expander_for_okm(&self, okm: &OkmBlock) -> Box<dyn HkdfExpander> {
        self.expander(Prk::new(okm.as_ref()))
    }

    fn hmac_sign(&self, key: &OkmBlock, message: &[u8]) -> Tag {
        Tag::new(&hkdf::sign::<H>(key.as_ref(), message))
    }
}

struct Expander<H: EagerHash> {
    prk: Prk<H>,
    purpose: Purpose,
}

impl<H: EagerHash> Expander<H> {
    /// Derives an output of the length of the hash.
    fn block(&self, info: &[&[u8]]) -> OkmBlock {
        let mut buffer = Zeroizing::new([0; OkmBlock::MAX_LEN]);
        let block = &mut buffer[..hash_len::<H>()];
        // The length is that of one block.
        let _ = self.prk.expand(info, block);
        OkmBlock::new(block)
    }
}

impl<H: EagerHash<Core: Send + Sync> + Send + Sync> HkdfExpander for Expander<H> {
    fn expand_slice(&self, info: &[&[u8]], output: &mut [u8]) -> Result<(), OutputLengthError> {
        self.prk.expand(info, output)
    }

    fn expand_block(&self, info: &[&[u8]]) -> OkmBlock {
        match (self.purpose, info) {
            (Purpose::ExternalPsk, [length, label_len, prefix, label, rest @ ..])
                if *label == RESUMPTION_BINDER =>
            {
                let parts = [&[*length, *label_len, *prefix, EXTERNAL_BINDER][..], rest];
                return self.block(&parts.concat());
            }
            (Purpose::Factory, [_, _, _, label, _, nonce, ..])
                if *label == RESUMPTION && nonce.len() <= OkmBlock::MAX_LEN =>
            {
                return OkmBlock::new(nonce);
            }
            _ => {}
        }
        let block = self.block(info);
        if info.get(LABEL) == Some(&RESUMPTION_MASTER) {
            let secret = block.as_ref().to_vec().into();
            change(|captured| captured.resumption_secret = Some(secret));
        }
        block
    }

    fn hash_len(&self) -> usize {
        hash_len::<H>()
    }
}

/// Verifies the binder of a pre-shared key (RFC 8446, 4.2.11.2) over a ClientHello that is the
/// first message, without its binders.
pub(crate) fn verify_binder(
    suite: &Tls13CipherSuite,
    secret: &[u8],
    truncated_hello: &[u8],
    binder: &[u8],
) -> bool {
    let (hash, hkdf) = (suite.common.hash_provider, suite.hkdf_provider);
    let early = hkdf.extract_from_secret(None, secret);
    let binder_key = expand_to_hash(&*early, RESUMPTION_BINDER, hash.hash(&[]).as_ref());
    let expander = hkdf.expander_for_okm(&binder_key);
    let finished_key = expand_to_hash(&*expander, b"finished", &[]);
    let expected = hkdf.hmac_sign(&finished_key, hash.hash(truncated_hello).as_ref());
    aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_ref(), binder).is_ok()
}

/// Computes HKDF-Expand-Label with the length of the hash (RFC 8446, 7.1).
fn expand_to_hash(expander: &dyn HkdfExpander, label: &[u8], context: &[u8]) -> OkmBlock {
    let len = expander.hash_len() as u16;
    expander.expand_block(&[
        &len.to_be_bytes(),
        &[(LABEL_PREFIX.len() + label.len()) as u8],
        LABEL_PREFIX,
        label,
        &[context.len() as u8],
        context,
    ])
}

/// The start of all labels.
pub(crate) const LABEL_PREFIX: &[u8] = b"tls13 ";
