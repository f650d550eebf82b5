//! Sealing of sent records: encryption and key usage limits.

use std::hint::black_box;

use aws_lc_rs::aead::Nonce;
use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite};

use super::keys::{Format, TAG_LEN, TrafficKeys, confidentiality_limit};
use super::{ContentType, Header, MAX_PLAINTEXT, WIRE_VERSION};
use crate::error::{Code, Error, Result};

/// The number of records that s2n-tls seals with one AES-GCM key: 2^24.5 (RFC 8446, 5.5).
const RFC_RECORD_LIMIT: u64 = 23_726_565;

/// Seals sent records with the write keys of a connection.
pub struct Sealer {
    suite: SupportedCipherSuite,
    keys: TrafficKeys,

    /// The sequence number of the next record under this key.
    ///
    /// Invariant: no record with this number or a higher one has left the process. Such records may
    /// have been sealed: see [`Sealer::withdraw`].
    sequence: u64,

    /// The number of records that a key may seal. The last one is reserved for other content than
    /// application data: the KeyUpdate before the next key, or the alert that ends a TLS 1.2
    /// connection.
    limit: u64,

    /// Another implementation may continue with the key at the sequence number: no nonce repeats.
    transferable: bool,
}

impl Sealer {
    /// Creates a sealer that continues at the sequence number that is given with the secrets.
    pub fn new(
        suite: SupportedCipherSuite,
        (sequence, secrets): (u64, ConnectionTrafficSecrets),
    ) -> Result<Self> {
        let mut keys = TrafficKeys::new(suite, secrets)?;
        let limit = match confidentiality_limit(suite) {
            // ChaCha20-Poly1305: sequence numbers run out first.
            u64::MAX => u64::MAX,
            // The limit of rustls for AES-GCM is 2^24, less than that of s2n-tls. The smaller one
            // applies: an early KeyUpdate makes no difference to a peer.
            limit => limit.min(RFC_RECORD_LIMIT),
        };
        let transferable = keys.has_sequential_nonces();
        keys.number_nonces();
        Ok(Self {
            suite,
            keys,
            sequence,
            limit,
            transferable,
        })
    }

    /// Lowers the number of records that a key may seal.
    #[cfg(test)]
    pub fn lower_limit(&mut self, records: u64) {
        self.limit = self.limit.min(records);
    }

    /// Lets the key seal all sequence numbers.
    #[cfg(test)]
    pub fn raise_limit(&mut self) {
        self.limit = u64::MAX;
    }

    pub fn is_tls13(&self) -> bool {
        self.keys.is_tls13()
    }

    /// Returns the sequence number of the next record, at which another implementation may continue
    /// with the key; `None` if that could repeat a nonce.
    pub fn transferable_sequence(&self) -> Option<u64> {
        self.transferable.then_some(self.sequence)
    }

    /// Returns the number of records that a key may seal.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Returns how many bytes longer a record is than its plaintext.
    #[inline]
    pub fn overhead(&self) -> usize {
        let inner_type = usize::from(self.is_tls13());
        Header::LEN + self.keys.explicit_nonce_len() + inner_type + TAG_LEN
    }

    /// Seals the concatenation of `pieces` as one record, at the start of `out`.
    ///
    /// Returns the record's length. A single piece is sealed without a copy. A failed call may be
    /// repeated: it does not advance the sequence number, but the content of `out` is undefined.
    pub fn seal(&mut self, typ: ContentType, pieces: &[&[u8]], out: &mut [u8]) -> Result<usize> {
        let plain_len = pieces.iter().map(|piece| piece.len()).sum::<usize>();
        if plain_len > MAX_PLAINTEXT {
            return Err(Code::FragmentLengthTooLarge)?;
        }
        if self.sequence >= self.end_sequence(typ) {
            return Err(
                Code::RecordLimit.rule("the key of this side has sealed as many records as it may")
            );
        }
        self.keys.expand()?;
        let len = plain_len + self.overhead();
        let record = out.get_mut(..len).ok_or(Code::RecordStufferSize)?;

        let (header, body) = record.split_at_mut(Header::LEN);
        let outer = match self.keys.format {
            Format::Tls13 => ContentType::ApplicationData,
            Format::Tls12Gcm | Format::Tls12Chacha => typ,
        };
        header[0] = outer as u8;
        header[1..3].copy_from_slice(&WIRE_VERSION);
        // The check above keeps a body far below 2^16 bytes.
        header[3..].copy_from_slice(&(body.len() as u16).to_be_bytes());
        self.seal_body(typ, outer, pieces, plain_len, body)?;
        self.sequence += 1;
        Ok(len)
    }

    fn seal_body(
        &self,
        typ: ContentType,
        outer: ContentType,
        pieces: &[&[u8]],
        plain_len: usize,
        body: &mut [u8],
    ) -> Result<()> {
        let aad = self.keys.aad(self.sequence, outer, body.len(), plain_len);
        let nonce = self.keys.nonce(self.sequence);
        let explicit_len = self.keys.explicit_nonce_len();
        let (explicit, sealed) = body.split_at_mut(explicit_len);
        explicit.copy_from_slice(&nonce[nonce.len() - explicit_len..]);
        let (ciphertext, rest) = sealed.split_at_mut(plain_len);

        // The sequence number of a record that leaves is used once.
        let nonce = Nonce::assume_unique_for_key(nonce);
        let inner_type: &[u8] = match self.keys.format {
            Format::Tls13 => &[typ as u8],
            Format::Tls12Gcm | Format::Tls12Chacha => &[],
        };
        let aead = self.keys.aead()?;
        let outcome = match *pieces {
            [plain] => {
                aead.seal_out_of_place_scatter(nonce, aad, plain, ciphertext, inner_type, rest)
            }
            _ => {
                let mut free = &mut *ciphertext;
                for piece in pieces {
                    let (place, behind) = free.split_at_mut(piece.len());
                    place.copy_from_slice(piece);
                    free = behind;
                }
                aead.seal_in_place_scatter(nonce, aad, ciphertext, inner_type, rest)
            }
        };
        outcome.map_err(|_| Error::new(Code::Encrypt))
    }

    /// Withdraws the records that were sealed last, under the current key: zeroes them, so that they
    /// cannot leave, and uses their sequence numbers again. Returns the length of their plaintext.
    /// No byte of them has left the process.
    ///
    /// Their nonces are used again, for other plaintext. The attacks on a repeated nonce compare
    /// ciphertexts, or tags, of two records with it (RFC 5116, 5.1.1). Of these only one leaves, and
    /// the other no longer exists. AWS-LC's keys for TLS records reject this use, since they require
    /// that nonces increase; so the AEAD is used without them, and the sequence number is counted
    /// here alone.
    pub fn withdraw(&mut self, records: &mut [u8]) -> usize {
        let (mut rest, mut count, mut plain) = (&*records, 0, 0);
        while !rest.is_empty() {
            let len = Header::LEN + Header::read(rest).len;
            rest = &rest[len..];
            plain += len - self.overhead();
            count += 1;
        }
        records.fill(0);
        // Prevents the compiler from removing the writes.
        black_box(records);
        self.sequence -= count;
        plain
    }

    /// Returns whether a TLS 1.3 key may seal only the KeyUpdate that replaces it.
    pub fn requires_key_update(&self) -> bool {
        self.is_tls13() && self.sequence >= self.end_sequence(ContentType::ApplicationData)
    }

    /// Replaces the keys after a KeyUpdate. The limit stays as it is.
    pub fn rekey(&mut self, keys: (u64, ConnectionTrafficSecrets)) -> Result<()> {
        let limit = self.limit;
        *self = Self::new(self.suite, keys)?;
        self.limit = limit;
        Ok(())
    }

    /// Returns the first sequence number that the key must not seal.
    fn end_sequence(&self, typ: ContentType) -> u64 {
        match typ {
            ContentType::ApplicationData => self.limit.saturating_sub(1),
            _ => self.limit,
        }
    }
}
