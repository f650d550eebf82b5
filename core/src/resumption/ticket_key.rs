//! A ticket key: encryption and decryption of tickets in the format of s2n-tls.
//!
//! A ticket is a version, the name of its key, a random `info`, a nonce, and the state, encrypted
//! with AES-256-GCM. Each ticket has a key of its own, derived from the ticket key and `info`, so
//! that a random nonce never repeats under one key.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use zeroize::Zeroizing;

use crate::base::{memory, random_bytes};
use crate::crypto::HeapSecret;
use crate::error::{Code, Result};
use crate::messages::Reader;

/// The length of a key's name in bytes.
pub(crate) const NAME_LEN: usize = 16;

/// The only version of the format.
const VERSION: u8 = 1;

const KEY_LEN: usize = 32;
const INFO_LEN: usize = 32;
const TAG_LEN: usize = 16;
/// The length of the additional authenticated data that is derived from the key's secret.
const IMPLICIT_AAD_LEN: usize = 12;

/// The length of what precedes the encrypted state, in bytes.
const HEADER_LEN: usize = 1 + NAME_LEN + INFO_LEN + NONCE_LEN;

/// The length by which a ticket exceeds its state, in bytes.
pub(super) const OVERHEAD: usize = HEADER_LEN + TAG_LEN;

/// A key for tickets, and for the entries of a session cache.
pub(crate) struct TicketKey {
    pub(super) name: [u8; NAME_LEN],
    key: Zeroizing<[u8; KEY_LEN]>,
    implicit_aad: [u8; IMPLICIT_AAD_LEN],
    /// The time from which it is used, in nanoseconds since 1970.
    pub(super) intro: u64,
}

impl TicketKey {
    /// Derives a key from the application's secret.
    pub(super) fn new(name: [u8; NAME_LEN], secret: &[u8], intro: u64) -> Result<Self> {
        let mut output = Zeroizing::new([0; KEY_LEN + IMPLICIT_AAD_LEN]);
        hkdf(secret, &[], &mut *output)?;
        let mut key = Self {
            name,
            key: Zeroizing::new([0; KEY_LEN]),
            implicit_aad: [0; IMPLICIT_AAD_LEN],
            intro,
        };
        key.key.copy_from_slice(&output[..KEY_LEN]);
        key.implicit_aad.copy_from_slice(&output[KEY_LEN..]);
        Ok(key)
    }

    /// Returns whether another key was derived from the same secret, in a time that does not depend on the
    /// secrets.
    pub(super) fn has_same_secret(&self, other: &Self) -> bool {
        verify_slices_are_equal(&*self.key, &*other.key).is_ok()
    }

    /// Encrypts a state.
    pub(crate) fn encrypt(&self, state: &[u8]) -> Result<Vec<u8>> {
        let mut random = [0; INFO_LEN + NONCE_LEN];
        random_bytes(&mut random)?;
        let mut ticket = Vec::new();
        memory::reserve_exact(&mut ticket, state.len() + OVERHEAD)?;
        ticket.push(VERSION);
        ticket.extend_from_slice(&self.name);
        ticket.extend_from_slice(&random);
        ticket.extend_from_slice(state);
        let (info, nonce) = random.split_at(INFO_LEN);
        let (key, nonce) = (self.of_ticket(info)?, nonce_of(nonce)?);
        let encrypted = &mut ticket[HEADER_LEN..];
        let tag = key.seal_in_place_separate_tag(nonce, Aad::from(self.aad()), encrypted);
        ticket.extend_from_slice(tag.map_err(|_| Code::Encrypt)?.as_ref());
        Ok(ticket)
    }

    /// Decrypts a ticket, which has the name of this key.
    pub(super) fn decrypt(&self, ticket: &[u8]) -> Result<HeapSecret> {
        let mut ticket = Reader(ticket);
        ticket.take(1 + NAME_LEN)?;
        let key = self.of_ticket(ticket.take(INFO_LEN)?)?;
        let nonce = nonce_of(ticket.take(NONCE_LEN)?)?;
        let mut state = Zeroizing::new(memory::copy(ticket.0)?);
        let plain = key.open_in_place(nonce, Aad::from(self.aad()), &mut state);
        let len = plain.map_err(|_| Code::Decrypt)?.len();
        state.truncate(len);
        Ok(state)
    }

    /// Derives the key of one ticket.
    fn of_ticket(&self, info: &[u8]) -> Result<LessSafeKey> {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        hkdf(&*self.key, info, &mut *key)?;
        let key = UnboundKey::new(&AES_256_GCM, &*key).map_err(|_| Code::KeyInit)?;
        Ok(LessSafeKey::new(key))
    }

    fn aad(&self) -> [u8; IMPLICIT_AAD_LEN + NAME_LEN] {
        let mut aad = [0; IMPLICIT_AAD_LEN + NAME_LEN];
        aad[..IMPLICIT_AAD_LEN].copy_from_slice(&self.implicit_aad);
        aad[IMPLICIT_AAD_LEN..].copy_from_slice(&self.name);
        aad
    }
}

/// Returns the name of the key of a ticket; `None` if the ticket has another version.
pub(super) fn key_name(ticket: &[u8]) -> Option<&[u8; NAME_LEN]> {
    let (&version, rest) = ticket.split_first()?;
    match version {
        VERSION => rest.first_chunk(),
        _ => None,
    }
}

fn nonce_of(bytes: &[u8]) -> Result<Nonce> {
    Ok(Nonce::try_assume_unique_for_key(bytes).map_err(|_| Code::Safety)?)
}

/// Computes HKDF with SHA-256 and without salt (RFC 5869).
fn hkdf(secret: &[u8], info: &[u8], output: &mut [u8]) -> Result<()> {
    struct Len(usize);

    impl KeyType for Len {
        fn len(&self) -> usize {
            self.0
        }
    }

    let key = Salt::new(HKDF_SHA256, &[]).extract(secret);
    let expanded = key
        .expand(&[info], Len(output.len()))
        .and_then(|okm| okm.fill(output));
    Ok(expanded.map_err(|_| Code::KeyInit)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> TicketKey {
        TicketKey::new(*b"a ticket key\0\0\0\0", b"secret", 0).expect("derived")
    }

    #[test]
    fn a_ticket_is_decrypted_with_its_key_alone() {
        let ticket = key().encrypt(b"state").expect("encrypted");
        assert_eq!(ticket.len(), b"state".len() + OVERHEAD);
        // A vector that grows leaves parts of the state behind.
        assert_eq!(ticket.capacity(), ticket.len());
        assert_eq!(key_name(&ticket), Some(&key().name));
        assert_eq!(&**key().decrypt(&ticket).expect("its key"), b"state");

        let other = TicketKey::new(key().name, b"another secret", 0).expect("derived");
        assert!(other.decrypt(&ticket).is_err());
        let other = TicketKey::new([b'x'; NAME_LEN], b"secret", 0).expect("derived");
        assert!(other.decrypt(&ticket).is_err(), "the name is authenticated");
    }

    #[test]
    fn two_tickets_of_a_state_differ() {
        let (one, two) = (key().encrypt(b"state"), key().encrypt(b"state"));
        assert_ne!(one.expect("encrypted"), two.expect("encrypted"));
    }

    #[test]
    fn an_altered_or_truncated_ticket_is_rejected() {
        let ticket = key().encrypt(b"state").expect("encrypted");
        for at in 1 + NAME_LEN..ticket.len() {
            let mut altered = ticket.clone();
            altered[at] ^= 1;
            assert!(key().decrypt(&altered).is_err(), "byte {at}");
            assert!(key().decrypt(&ticket[..at]).is_err(), "{at} bytes");
        }
        assert_eq!(key_name(&[2; 40]), None);
        assert_eq!(key_name(&[1; 16]), None);
    }

    /// The output of RFC 5869, A.3.
    #[test]
    fn hkdf_matches_the_example_without_salt() {
        let mut output = [0; 42];
        hkdf(&[0x0b; 22], &[], &mut output).expect("derived");
        assert_eq!(output[..4], [0x8d, 0xa4, 0xe7, 0x75]);
        assert_eq!(output[38..], [0xb6, 0x1a, 0x96, 0xc8]);
    }
}
