//! Key exchange groups: secp521r1, and the hybrid of secp384r1 and ML-KEM-1024.

use aws_lc_rs::agreement::{
    ECDH_P521, EphemeralPrivateKey, PublicKey, UnparsedPublicKey, agree_ephemeral,
};
use aws_lc_rs::rand::SystemRandom;
use rustls::crypto::GetRandomFailed;
use rustls::crypto::kx::{
    ActiveKeyExchange, Hybrid, HybridLayout, NamedGroup, SharedSecret, StartedKeyExchange,
    SupportedKxGroup,
};
use rustls::error::{Error, PeerMisbehaved};
use rustls_aws_lc_rs::kx_group::{MLKEM1024, SECP384R1};

/// The groups of policies that the provider lacks.
pub(crate) static ADDITIONAL: [&dyn SupportedKxGroup; 2] = [&Secp521r1, &SECP384R1MLKEM1024];

/// draft-ietf-tls-ecdhe-mlkem, 4: the key share of the curve precedes that of ML-KEM; likewise the
/// shared secrets.
static SECP384R1MLKEM1024: Hybrid = Hybrid {
    classical: SECP384R1,
    post_quantum: MLKEM1024,
    name: NamedGroup::secp384r1MLKEM1024,
    layout: HybridLayout {
        classical_share_len: 97,
        post_quantum_client_share_len: 1568,
        post_quantum_server_share_len: 1568,
        post_quantum_first: false,
    },
};

/// ECDH on secp521r1.
#[derive(Debug)]
struct Secp521r1;

impl SupportedKxGroup for Secp521r1 {
    fn start(&self) -> Result<StartedKeyExchange, Error> {
        let private = EphemeralPrivateKey::generate(&ECDH_P521, &SystemRandom::new())
            .map_err(|_| GetRandomFailed)?;
        let public = private.compute_public_key().map_err(|_| GetRandomFailed)?;
        Ok(StartedKeyExchange::Single(Box::new(Secp521r1KeyPair {
            private,
            public,
        })))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

/// The local ephemeral key pair of an exchange on secp521r1. AWS-LC zeroizes the private key.
struct Secp521r1KeyPair {
    private: EphemeralPrivateKey,
    public: PublicKey,
}

impl ActiveKeyExchange for Secp521r1KeyPair {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        // RFC 8446, 4.2.8.2: only uncompressed points are valid. AWS-LC also accepts other formats.
        if peer.first() != Some(&UNCOMPRESSED) {
            Err(PeerMisbehaved::InvalidKeyShare)?;
        }
        let peer = UnparsedPublicKey::new(&ECDH_P521, peer);
        let invalid = Error::from(PeerMisbehaved::InvalidKeyShare);
        agree_ephemeral(self.private, peer, invalid, |secret| {
            Ok(SharedSecret::from(secret))
        })
    }

    fn pub_key(&self) -> &[u8] {
        self.public.as_ref()
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

/// The first byte of an uncompressed point (SEC 1, 2.3.3).
const UNCOMPRESSED: u8 = 4;

#[cfg(test)]
mod tests;
