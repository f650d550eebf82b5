//! SHA-1 and SHA-2 digests.

use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// Identifies keys and names; never secures anything.
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    /// Returns the length of a digest in bytes.
    pub(crate) fn output_len(self) -> usize {
        self.implementation().output_len()
    }

    /// Computes the digest of a message.
    pub(crate) fn digest(self, message: impl AsRef<[u8]>) -> impl AsRef<[u8]> {
        digest::digest(self.implementation(), message.as_ref())
    }

    fn implementation(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &SHA256,
            Self::Sha384 => &SHA384,
            Self::Sha512 => &SHA512,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digests of "abc" in FIPS 180-4's examples.
    #[test]
    fn digests_match_the_published_examples() {
        for (algorithm, len, start) in [
            (Algorithm::Sha1, 20, [0xa9, 0x99, 0x3e, 0x36]),
            (Algorithm::Sha256, 32, [0xba, 0x78, 0x16, 0xbf]),
            (Algorithm::Sha384, 48, [0xcb, 0x00, 0x75, 0x3f]),
            (Algorithm::Sha512, 64, [0xdd, 0xaf, 0x35, 0xa1]),
        ] {
            let digest = algorithm.digest("abc");
            assert_eq!(digest.as_ref().len(), len, "{algorithm:?}");
            assert_eq!(algorithm.output_len(), len, "{algorithm:?}");
            assert_eq!(digest.as_ref()[..4], start, "{algorithm:?}");
        }
    }
}
