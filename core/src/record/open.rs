//! Opening of received records: decryption and authentication.

use std::ops::Range;

use aws_lc_rs::aead::{Aad, Nonce};
use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite};

use super::header::unknown_type;
use super::keys::{AdditionalData, TAG_LEN, TrafficKeys};
use super::{ContentType, Header, MAX_PLAINTEXT, Opened};
use crate::error::{Code, Error, Limit, Reason, Result};

/// Opens received records with the read keys of a connection.
pub struct Opener {
    suite: SupportedCipherSuite,
    keys: TrafficKeys,

    /// The sequence number of the next record under this key.
    sequence: u64,
}

impl Opener {
    /// Creates an opener that continues at the sequence number that is given with the secrets.
    pub fn new(
        suite: SupportedCipherSuite,
        (sequence, secrets): (u64, ConnectionTrafficSecrets),
    ) -> Result<Self> {
        Ok(Self {
            suite,
            keys: TrafficKeys::new(suite, secrets)?,
            sequence,
        })
    }

    pub fn is_tls13(&self) -> bool {
        self.keys.is_tls13()
    }

    /// Returns the sequence number of the next record.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Expands the key for the first record, so that no record is lost if memory is lacking.
    #[inline]
    pub fn prepare(&mut self) -> Result<()> {
        self.keys.expand()
    }

    /// Validates a header before the record's body is received.
    #[inline]
    pub fn check(&self, header: &Header) -> Result<()> {
        header.check()?;
        Ok(())
    }

    /// Opens a record, header included, in place.
    ///
    /// A failure does not advance the sequence number, but destroys the record's bytes.
    pub fn open(&mut self, record: &mut [u8]) -> Result<Opened> {
        self.prepare()?;
        let Protected {
            outer,
            nonce,
            aad,
            ciphertext,
        } = self.protected(record)?;
        let start = ciphertext.start;
        let (text, tag) = record[start..].split_at_mut(ciphertext.len());
        self.keys
            .aead()?
            .open_in_place_separate_tag(nonce, aad, tag, text)
            .map_err(|_| self.unauthenticated())?;
        let (typ, len) = self.content(outer, text)?;
        self.sequence += 1;
        Ok(Opened {
            typ,
            plain: start..start + len,
        })
    }

    /// Opens a record of application data, header included, to the start of `out`, and returns the
    /// length of its plaintext.
    ///
    /// Returns `None` if the record has other content, if it is short, so that opening it in place
    /// and copying costs no more, or if `out` is shorter than its ciphertext. The record is
    /// unchanged then, and can be opened in place. Neither then nor after a failure does `out` have
    /// anything of its content.
    ///
    /// A plaintext is shorter than its ciphertext in TLS 1.3, by the content type and the padding.
    /// The bytes of `out` behind the plaintext keep their values, unless the padding has more than
    /// 64 bytes: the rest of it is zeroed.
    pub fn open_to(&mut self, record: &[u8], out: &mut [u8]) -> Result<Option<usize>> {
        if record.len() < MIN_DIRECT || out.len() < MIN_DIRECT {
            return Ok(None);
        }
        self.prepare()?;
        let Protected {
            outer,
            nonce,
            aad,
            ciphertext,
        } = self.protected(record)?;
        let len = ciphertext.len();
        if outer != ContentType::ApplicationData || !(MIN_DIRECT..=out.len()).contains(&len) {
            return Ok(None);
        }
        let out = &mut out[..len];
        let (ciphertext, tag) = record[ciphertext.start..].split_at(len);
        let kept = Kept::new(out);
        // AWS-LC zeroes the output if the tag is wrong.
        self.keys
            .aead()?
            .open_separate_gather(nonce, aad, ciphertext, tag, out)
            .map_err(|_| self.unauthenticated())?;
        match self.content(outer, out) {
            Ok((ContentType::ApplicationData, plain_len)) => {
                self.sequence += 1;
                kept.restore(&mut out[plain_len..]);
                Ok(Some(plain_len))
            }
            Ok(_) => {
                out.fill(0);
                Ok(None)
            }
            Err(error) => {
                out.fill(0);
                Err(error)
            }
        }
    }

    #[cold]
    #[track_caller]
    fn unauthenticated(&self) -> Error {
        let sequence = self.sequence;
        Code::Decrypt.because(Reason::Decryption { sequence })
    }

    /// Validates the header and the length of a record, and returns the parameters of the AEAD.
    #[inline]
    fn protected(&self, record: &[u8]) -> Result<Protected> {
        let (header, body) = record.split_at_checked(Header::LEN).ok_or(Code::Safety)?;
        let header = Header::read(header);
        let outer = header.check()?;
        // RFC 8446, 5.2: "The outer opaque_type field of a TLSCiphertext record is always set to
        // the value 23". The tag does not authenticate the received byte, so it is validated here.
        if self.is_tls13() && outer != ContentType::ApplicationData {
            return Err(Code::BadMessage.because(Reason::RecordType {
                typ: header.typ,
                allowed: "the type application_data (23) of TLS 1.3",
            }));
        }
        if self.is_tls13() && header.len > MAX_CIPHERTEXT_TLS13 {
            return Err(too_long(
                Code::RecordLimit,
                "an encrypted record",
                header.len,
                MAX_CIPHERTEXT_TLS13,
            ));
        }
        let explicit_len = self.keys.explicit_nonce_len();
        if body.len() != header.len || body.len() < explicit_len + TAG_LEN {
            let least = explicit_len + TAG_LEN;
            return Err(Code::Safety.because(Reason::Length {
                of: "an encrypted record",
                len: body.len() as u32,
                limit: Limit::AtLeast(least as u32),
            }));
        }
        if self.sequence == u64::MAX {
            return Err(Code::RecordLimit.rule("a key has opened 2^64 records"));
        }
        let len = body.len() - explicit_len - TAG_LEN;
        let start = Header::LEN + explicit_len;
        Ok(Protected {
            outer,
            nonce: self
                .keys
                .received_nonce(self.sequence, &body[..explicit_len]),
            aad: self.keys.aad(self.sequence, outer, body.len(), len),
            ciphertext: start..start + len,
        })
    }

    /// Validates the decrypted content of a record, and returns its type and the length of the
    /// plaintext.
    ///
    /// s2n-tls accepts up to 16 bytes more if they are padding (as old Java versions send), and has
    /// no limit in TLS 1.2. Neither is accepted here.
    #[inline]
    fn content(&self, outer: ContentType, content: &[u8]) -> Result<(ContentType, usize)> {
        let (typ, len) = match self.is_tls13() {
            true => inner_plaintext(content)?,
            false => (outer, content.len()),
        };
        if len > MAX_PLAINTEXT {
            return Err(too_long(
                Code::MaxInnerPlaintextSize,
                "the plaintext of a record",
                len,
                MAX_PLAINTEXT,
            ));
        }
        Ok((typ, len))
    }

    /// Replaces the keys after a KeyUpdate.
    pub fn rekey(&mut self, keys: (u64, ConnectionTrafficSecrets)) -> Result<()> {
        *self = Self::new(self.suite, keys)?;
        Ok(())
    }
}

/// RFC 8446, 5.2: "The length MUST NOT exceed 2^14 + 256 bytes."
const MAX_CIPHERTEXT_TLS13: usize = (1 << 14) + 256;

/// The minimum length of a ciphertext that is opened to the buffer of the caller, in bytes.
///
/// Shorter records of TLS 1.3, and so almost all handshake messages and alerts, are opened in place,
/// and do not touch that buffer.
const MIN_DIRECT: usize = 1024;

/// A validated record that is not opened yet.
struct Protected {
    outer: ContentType,
    nonce: Nonce,
    aad: Aad<AdditionalData>,

    /// The range of the ciphertext in the record, which the tag follows.
    ciphertext: Range<usize>,
}

/// The number of bytes at the end of a buffer that keep their values.
const KEPT: usize = 64;

/// The last bytes of a buffer before a record is opened to it.
struct Kept([u8; KEPT]);

impl Kept {
    /// `out` has at least [`KEPT`] bytes.
    fn new(out: &[u8]) -> Self {
        let last = out.last_chunk().expect("longer: see MIN_DIRECT");
        Self(*last)
    }

    /// Restores the bytes of the buffer behind the plaintext.
    fn restore(&self, behind: &mut [u8]) {
        let kept = behind.len().min(KEPT);
        let (padding, last) = behind.split_at_mut(behind.len() - kept);
        padding.fill(0);
        last.copy_from_slice(&self.0[KEPT - kept..]);
    }
}

/// Returns the content type and the length of the plaintext of a record of TLS 1.3. The type is the
/// last byte that is not 0 (RFC 8446, 5.4).
#[inline]
fn inner_plaintext(content: &[u8]) -> Result<(ContentType, usize)> {
    if content.len() > MAX_PLAINTEXT + 1 {
        return Err(too_long(
            Code::MaxInnerPlaintextSize,
            "the plaintext of a record, with its padding,",
            content.len() - 1,
            MAX_PLAINTEXT,
        ));
    }
    let len = content
        .iter()
        .rposition(|&byte| byte != 0)
        .ok_or_else(|| Code::BadMessage.rule("the plaintext of a record has only padding"))?;
    let typ = ContentType::try_from(content[len]);
    let typ = typ.map_err(|code| unknown_type(code, content[len]))?;
    // RFC 8446, 5: an implementation which "receives a protected change_cipher_spec record MUST
    // abort the handshake".
    if typ == ContentType::ChangeCipherSpec {
        return Err(Code::BadMessage.rule("an encrypted record of type change_cipher_spec (20)"));
    }
    Ok((typ, len))
}

#[cold]
#[track_caller]
fn too_long(code: Code, of: &'static str, len: usize, most: usize) -> Error {
    code.because(Reason::Length {
        of,
        len: len as u32,
        limit: Limit::AtMost(most as u32),
    })
}

const _: () = assert!(KEPT <= MIN_DIRECT);
