//! Certificate compression (RFC 8879): its algorithms, and a cache of compressed certificate messages.

use std::collections::VecDeque;

use rustls::compress::{
    CertCompressor, CertDecompressor, CompressionFailed, CompressionLevel, DecompressionFailed,
    ZLIB_COMPRESSOR, ZLIB_DECOMPRESSOR,
};
use rustls::enums::CertificateCompressionAlgorithm;

use crate::base::{lock, memory};
use crate::process::fork::ForkSafeMutex;

/// An algorithm of certificate compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertCompression {
    Zlib,
    /// A faulty peer with zlib.
    #[cfg(test)]
    Faulty(Fault),
}

impl CertCompression {
    /// Returns the algorithm with a number of the IANA registry, if it is supported.
    pub fn from_number(number: u16) -> Option<Self> {
        match number {
            1 => Some(Self::Zlib),
            _ => None,
        }
    }

    pub(crate) fn compressor(self) -> &'static dyn CertCompressor {
        match self {
            Self::Zlib => &ZLIB,
            #[cfg(test)]
            Self::Faulty(fault) => fault.compressor(),
        }
    }

    pub(crate) fn decompressor(self) -> &'static dyn CertDecompressor {
        match self {
            Self::Zlib => &ZLIB,
            #[cfg(test)]
            Self::Faulty(_) => &ZLIB,
        }
    }
}

/// zlib, with a cache of the messages that it has compressed.
#[derive(Debug)]
struct Zlib;

static ZLIB: Zlib = Zlib;

/// The memory of an encoder, and of a decoder, in bytes.
const ENCODER_MEMORY: usize = 320 * 1024;
const DECODER_MEMORY: usize = 64 * 1024;

impl CertCompressor for Zlib {
    /// Compresses a message at the highest level, because the result is used again. rustls' own cache is
    /// not used: its lock could be held by another thread when the process forks, and it would belong to
    /// a rustls config, which with asynchronous keys lives for one handshake.
    fn compress(
        &self,
        message: Vec<u8>,
        _: CompressionLevel,
    ) -> Result<Vec<u8>, CompressionFailed> {
        if let Some(compressed) = lock(&CACHE).find(&message) {
            return Ok(compressed);
        }
        memory::probe(ENCODER_MEMORY + 2 * message.len()).map_err(|_| CompressionFailed)?;
        let compressed = ZLIB_COMPRESSOR.compress(message.clone(), CompressionLevel::Amortized)?;
        lock(&CACHE).add(message, compressed.clone());
        Ok(compressed)
    }

    fn algorithm(&self) -> CertificateCompressionAlgorithm {
        CertificateCompressionAlgorithm::Zlib
    }
}

impl CertDecompressor for Zlib {
    /// Decompresses a message to exactly the length of `output`, whose maximum rustls has checked.
    fn decompress(&self, input: &[u8], output: &mut [u8]) -> Result<(), DecompressionFailed> {
        memory::probe(DECODER_MEMORY).map_err(|_| DecompressionFailed)?;
        ZLIB_DECOMPRESSOR.decompress(input, output)
    }

    fn algorithm(&self) -> CertificateCompressionAlgorithm {
        CertificateCompressionAlgorithm::Zlib
    }
}

/// The compressed messages of all configs: they depend on nothing but the message.
static CACHE: ForkSafeMutex<Cache> = ForkSafeMutex::new(Cache(VecDeque::new()));

/// Certificate messages that were compressed, the one that was used last at the end.
///
/// Invariant: at most [`Cache::SIZE`].
struct Cache(VecDeque<Compressed>);

struct Compressed {
    message: Vec<u8>,
    compressed: Vec<u8>,
}

impl Cache {
    /// The number of messages. Each is that of a chain with its stapled responses, usually some
    /// kilobytes, and never larger than 64.
    const SIZE: usize = 64;

    fn find(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let at = self.0.iter().position(|entry| entry.message == message)?;
        let entry = self.0.remove(at)?;
        let compressed = entry.compressed.clone();
        self.0.push_back(entry);
        Some(compressed)
    }

    /// Adds a message, in place of the one that was not used for the longest time.
    fn add(&mut self, message: Vec<u8>, compressed: Vec<u8>) {
        if self.0.iter().any(|entry| entry.message == message) {
            return; // Another thread was faster.
        }
        if self.0.len() >= Self::SIZE {
            self.0.pop_front();
        }
        self.0.push_back(Compressed {
            message,
            compressed,
        });
    }
}

#[cfg(test)]
pub use self::tests::Fault;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_compressed_and_decompressed() {
        let message = b"a certificate, a certificate, a certificate".repeat(40);
        let compressor = CertCompression::Zlib.compressor();
        let level = CompressionLevel::Interactive;
        let compressed = compressor.compress(message.clone(), level).unwrap();
        assert!(compressed.len() < message.len() / 2);
        let mut again = vec![0; message.len()];
        let decompressor = CertCompression::Zlib.decompressor();
        decompressor.decompress(&compressed, &mut again).unwrap();
        assert_eq!(again, message);
        assert_eq!(lock(&CACHE).find(&message), Some(compressed));
    }

    /// RFC 8879, 4: the length must be the announced one.
    #[test]
    fn a_message_that_is_not_exact_is_rejected() {
        let message = vec![7; 3000];
        let compressor = CertCompression::Zlib.compressor();
        let level = CompressionLevel::Interactive;
        let compressed = compressor.compress(message.clone(), level).unwrap();
        let decompress = |input: &[u8], len: usize| {
            let mut output = vec![0; len];
            let decompressor = CertCompression::Zlib.decompressor();
            decompressor.decompress(input, &mut output).is_ok()
        };
        assert!(decompress(&compressed, 3000));
        for len in [0, 1, 2999, 3001, 65536] {
            assert!(!decompress(&compressed, len), "{len}");
        }
        for end in 0..compressed.len() {
            assert!(!decompress(&compressed[..end], 3000), "{end}");
        }
        assert!(!decompress(&[&compressed[..], &[0]].concat(), 3000));
        assert!(!decompress(
            &[compressed.clone(), compressed.clone()].concat(),
            6000
        ));
        let mut wrong_checksum = compressed;
        *wrong_checksum.last_mut().unwrap() ^= 1;
        assert!(!decompress(&wrong_checksum, 3000));
    }

    #[test]
    fn the_cache_forgets_the_message_that_was_used_first() {
        let mut cache = Cache(VecDeque::new());
        let message = |number: usize| vec![number as u8; 3];
        for number in 0..Cache::SIZE {
            cache.add(message(number), vec![number as u8]);
        }
        assert_eq!(cache.find(&message(0)), Some(vec![0]));
        cache.add(message(Cache::SIZE), vec![]);
        assert_eq!(cache.0.len(), Cache::SIZE);
        assert_eq!(cache.find(&message(0)), Some(vec![0]));
        assert_eq!(cache.find(&message(1)), None);
        cache.add(message(0), vec![]);
        assert_eq!(cache.0.len(), Cache::SIZE);
    }

    /// What is wrong with the compressed message of a peer.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Fault {
        Garbage,
        Truncated,
        Trailing,
        /// It has one byte less than it announces.
        Shorter,
        /// It has 64 MiB.
        Longer,
        Checksum,
        /// The leaf has an extension of an unknown type, in place of the other certificates.
        UnknownExtension,
        /// The leaf has an OCSP response, in place of the other certificates.
        OcspResponse,
    }

    impl Fault {
        pub const ALL: [Self; 6] = [
            Self::Garbage,
            Self::Truncated,
            Self::Trailing,
            Self::Shorter,
            Self::Longer,
            Self::Checksum,
        ];

        pub(super) fn compressor(self) -> &'static dyn CertCompressor {
            match self {
                Self::Garbage => &Self::Garbage,
                Self::Truncated => &Self::Truncated,
                Self::Trailing => &Self::Trailing,
                Self::Shorter => &Self::Shorter,
                Self::Longer => &Self::Longer,
                Self::Checksum => &Self::Checksum,
                Self::UnknownExtension => &Self::UnknownExtension,
                Self::OcspResponse => &Self::OcspResponse,
            }
        }
    }

    /// Replaces the certificates above the leaf by an extension of the leaf, so that the message has
    /// the length that it announces.
    fn extend_leaf(message: &mut Vec<u8>, typ: u8, is_ocsp: bool) {
        // The context, which is empty, and the length of the list.
        let leaf = 1 + 3;
        let len = u32::from_be_bytes([0, message[leaf], message[leaf + 1], message[leaf + 2]]);
        // The extensions of the leaf, of which there are none.
        let at = leaf + 3 + len as usize;
        let room = message.len() - at - 2;
        message.truncate(at);
        message.extend((room as u16).to_be_bytes());
        message.extend([0, typ]);
        message.extend((room as u16 - 4).to_be_bytes());
        if is_ocsp {
            message.extend((1_u32 << 24 | (room as u32 - 8)).to_be_bytes());
        }
        message.resize(at + 2 + room, 0);
    }

    impl CertCompressor for Fault {
        fn compress(
            &self,
            mut message: Vec<u8>,
            level: CompressionLevel,
        ) -> Result<Vec<u8>, CompressionFailed> {
            match self {
                Self::Shorter => _ = message.pop(),
                Self::Longer => message = vec![0; 64 << 20],
                Self::UnknownExtension => extend_leaf(&mut message, 99, false),
                Self::OcspResponse => extend_leaf(&mut message, 5, true),
                _ => {}
            }
            let mut compressed = ZLIB_COMPRESSOR.compress(message, level)?;
            match self {
                Self::Garbage => compressed.fill(0xa5),
                Self::Truncated => _ = compressed.pop(),
                Self::Trailing => compressed.push(0),
                Self::Checksum => *compressed.last_mut().expect("a checksum") ^= 1,
                _ => {}
            }
            Ok(compressed)
        }

        fn algorithm(&self) -> CertificateCompressionAlgorithm {
            CertificateCompressionAlgorithm::Zlib
        }
    }
}
