//! HKDF (RFC 5869), for the key schedule of TLS 1.3.
//!
//! HMAC first hashes its key, padded to a block, for its inner and its outer hash. A pseudorandom
//! key is expanded several times in a handshake, so both states are kept: an output of the length
//! of the hash costs two blocks instead of four. The states are inline, without allocations, which
//! AWS-LC's contexts require for each output.

use hmac::digest::{FixedOutput, Output, OutputSizeUser};
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use rustls::crypto::tls13::OutputLengthError;

/// A pseudorandom key.
#[derive(Clone)]
pub(super) struct Prk<H: EagerHash>(Hmac<H>);

impl<H: EagerHash> Prk<H> {
    /// Uses a secret of the length of the hash.
    pub(super) fn new(secret: &[u8]) -> Self {
        Self(keyed(secret))
    }

    /// HKDF-Extract (RFC 5869, 2.2).
    pub(super) fn extract(salt: &[u8], secret: &[u8]) -> Self {
        Self::new(&sign::<H>(salt, secret))
    }

    /// HKDF-Expand (RFC 5869, 2.3), with the parts of `info`.
    pub(super) fn expand(
        &self,
        info: &[&[u8]],
        output: &mut [u8],
    ) -> Result<(), OutputLengthError> {
        let len = hash_len::<H>();
        if output.len() > usize::from(u8::MAX) * len {
            return Err(OutputLengthError);
        }
        let mut block = Output::<Hmac<H>>::default();
        for (number, chunk) in (1..=u8::MAX).zip(output.chunks_mut(len)) {
            let mut mac = self.0.clone();
            if number > 1 {
                mac.update(&block);
            }
            info.iter().for_each(|part| mac.update(part));
            mac.update(&[number]);
            mac.finalize_into(&mut block);
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

/// Computes HMAC (RFC 2104).
pub(super) fn sign<H: EagerHash>(key: &[u8], message: &[u8]) -> Output<Hmac<H>> {
    keyed::<H>(key).chain_update(message).finalize_fixed()
}

/// The length of a hash in bytes.
pub(super) fn hash_len<H: EagerHash>() -> usize {
    <H as OutputSizeUser>::output_size()
}

fn keyed<H: EagerHash>(key: &[u8]) -> Hmac<H> {
    Hmac::new_from_slice(key).expect("HMAC accepts keys of any length")
}

#[cfg(test)]
mod tests {
    use sha2::{Sha256, Sha384};

    use super::*;

    fn hkdf<H: EagerHash>(salt: &[u8], secret: &[u8], info: &[&[u8]], len: usize) -> Vec<u8> {
        let mut output = vec![0; len];
        let expanded = Prk::<H>::extract(salt, secret).expand(info, &mut output);
        expanded.expect("a valid length");
        output
    }

    struct Len(usize);

    impl aws_lc_rs::hkdf::KeyType for Len {
        fn len(&self) -> usize {
            self.0
        }
    }

    /// HKDF of AWS-LC.
    fn expected(
        algorithm: aws_lc_rs::hkdf::Algorithm,
        salt: &[u8],
        secret: &[u8],
        info: &[&[u8]],
        len: usize,
    ) -> Vec<u8> {
        let prk = aws_lc_rs::hkdf::Salt::new(algorithm, salt).extract(secret);
        let mut output = vec![0; len];
        let okm = prk.expand(info, Len(len)).expect("a valid length");
        okm.fill(&mut output).expect("of this length");
        output
    }

    #[test]
    fn outputs_are_those_of_aws_lc() {
        let bytes: Vec<u8> = (0..=255).collect();
        for salt in [&bytes[..0], &bytes[..32], &bytes[..48], &bytes[..200]] {
            for secret in [&bytes[..1], &bytes[..32], &bytes[5..200]] {
                for info in [&[][..], &[&bytes[..10]], &[&bytes[..64], &[], &bytes[3..9]]] {
                    for len in [1, 12, 16, 32, 33, 48, 64, 255 * 32] {
                        assert_eq!(
                            hkdf::<Sha256>(salt, secret, info, len),
                            expected(aws_lc_rs::hkdf::HKDF_SHA256, salt, secret, info, len),
                        );
                        assert_eq!(
                            hkdf::<Sha384>(salt, secret, info, len),
                            expected(aws_lc_rs::hkdf::HKDF_SHA384, salt, secret, info, len),
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn outputs_are_at_most_255_blocks() {
        let prk = Prk::<Sha256>::new(&[1; 32]);
        assert!(prk.expand(&[], &mut [0; 255 * 32]).is_ok());
        assert!(prk.expand(&[], &mut [0; 255 * 32 + 1]).is_err());
        assert!(prk.expand(&[], &mut []).is_ok());
    }
}
