//! The ticket keys of a config, each with the periods in which it encrypts and decrypts.

use std::sync::Arc;

use super::SECOND;
use super::ticket_key::{NAME_LEN, TicketKey, key_name};
use crate::base::random_u64;
use crate::crypto::HeapSecret;
use crate::error::{Code, Result};

/// The maximum number of keys.
const MAX_KEYS: usize = 48;

/// How long a key is used after its introduction, in nanoseconds.
#[derive(Clone, Copy)]
pub(crate) struct KeyLifetimes {
    pub(crate) encrypt_decrypt: u64,
    /// The time after that.
    pub(crate) decrypt: u64,
}

impl Default for KeyLifetimes {
    /// 2 and 13 hours.
    fn default() -> Self {
        Self {
            encrypt_decrypt: 7_200 * SECOND,
            decrypt: 46_800 * SECOND,
        }
    }
}

/// The keys, in the order in which they were added.
#[derive(Clone, Default)]
pub(crate) struct TicketKeys {
    /// Shared with handshakes, which use them without the lock of the config. Each key stays in its
    /// place: a copy would be left on the stack.
    keys: Arc<Vec<Arc<TicketKey>>>,
    pub(crate) lifetimes: KeyLifetimes,
}

impl TicketKeys {
    /// Adds a key that is used from `intro` on, and removes the expired ones. Times are in
    /// nanoseconds since 1970.
    pub(crate) fn add(&mut self, name: &[u8], secret: &[u8], intro: u64, now: u64) -> Result<()> {
        let lifetimes = self.lifetimes;
        let keys = Arc::make_mut(&mut self.keys);
        keys.retain(|key| !lifetimes.is_expired(key, now));
        if secret.is_empty() {
            return Err(Code::InvalidTicketKeyLength)?;
        }
        if keys.len() >= MAX_KEYS {
            return Err(Code::TicketKeyLimit)?;
        }
        if name.is_empty() || name.len() > NAME_LEN {
            return Err(Code::InvalidTicketKeyNameOrNameLength)?;
        }
        let mut padded = [0; NAME_LEN];
        padded[..name.len()].copy_from_slice(name);
        let key = TicketKey::new(padded, secret, intro)?;
        for other in keys.iter() {
            if other.name == padded {
                return Err(Code::InvalidTicketKeyNameOrNameLength)?;
            }
            if other.has_same_secret(&key) {
                return Err(Code::TicketKeyNotUnique)?;
            }
        }
        keys.push(Arc::new(key));
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.keys = Arc::default();
    }

    /// Returns whether a key encrypts at a time.
    pub(crate) fn can_encrypt(&self, now: u64) -> bool {
        self.encrypting(now).next().is_some()
    }

    /// Selects the key for a new ticket. Of several, one is selected at random, with a weight that
    /// is highest in the middle of the period in which it encrypts: servers that get their keys at
    /// different times rarely use one that others do not have.
    pub(crate) fn select(&self, now: u64) -> Result<&Arc<TicketKey>> {
        let keys: Vec<_> = self.encrypting(now).collect();
        if let [] | [_] = keys[..] {
            let only = keys.first().copied();
            return Ok(only.ok_or(Code::NoTicketEncryptDecryptKey)?);
        }
        let half = self.lifetimes.encrypt_decrypt / 2;
        let weight = |key: &TicketKey| {
            let age = now - key.intro;
            u128::from(age.min((2 * half).saturating_sub(age)))
        };
        let total: u128 = keys.iter().map(|key| weight(key)).sum();
        if total == 0 {
            return Err(Code::EncryptDecryptKeySelectionFailed)?;
        }
        // The excess of the first keys is below 2^-50.
        let mut point = (u128::from(random_u64()?) * total) >> 64;
        for &key in &keys {
            match point.checked_sub(weight(key)) {
                Some(rest) => point = rest,
                None => return Ok(key),
            }
        }
        Err(Code::EncryptDecryptKeySelectionFailed)?
    }

    /// Decrypts a ticket or the entry of a cache. Fails if its key is unknown or expired.
    pub(crate) fn decrypt(&self, ticket: &[u8], now: u64) -> Result<HeapSecret> {
        let name = key_name(ticket).ok_or(Code::Safety)?;
        let key = self.keys.iter().find(|key| key.name == *name);
        match key {
            Some(key) if !self.lifetimes.is_expired(key, now) => key.decrypt(ticket),
            _ => Err(Code::KeyUsedInSessionTicketNotFound)?,
        }
    }

    /// Returns the time for which a key still decrypts, in seconds.
    pub(crate) fn remaining(&self, key: &TicketKey, now: u64) -> u64 {
        self.lifetimes.end(key).saturating_sub(now) / SECOND
    }

    /// Returns the keys that encrypt at a time, the newest first.
    fn encrypting(&self, now: u64) -> impl Iterator<Item = &Arc<TicketKey>> {
        let period = self.lifetimes.encrypt_decrypt;
        let is_encrypting =
            move |key: &&Arc<TicketKey>| key.intro <= now && now < key.intro.saturating_add(period);
        self.keys.iter().rev().filter(is_encrypting)
    }
}

impl KeyLifetimes {
    fn end(&self, key: &TicketKey) -> u64 {
        let end = key.intro.saturating_add(self.encrypt_decrypt);
        end.saturating_add(self.decrypt)
    }

    fn is_expired(&self, key: &TicketKey, now: u64) -> bool {
        now >= self.end(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000 * SECOND;
    const HOUR: u64 = 3600 * SECOND;

    fn keys(intros: &[u64]) -> TicketKeys {
        let mut keys = TicketKeys::default();
        for (number, &intro) in intros.iter().enumerate() {
            let name = format!("key {number}");
            let added = keys.add(name.as_bytes(), name.as_bytes(), intro, 0);
            added.expect("a new key");
        }
        keys
    }

    fn code<T>(outcome: Result<T>) -> Option<Code> {
        outcome.err().map(|error| error.code())
    }

    #[test]
    fn a_key_encrypts_for_2_hours_and_decrypts_for_13_more() {
        let keys = keys(&[NOW]);
        let ticket = keys.select(NOW).and_then(|key| key.encrypt(b"state"));
        let ticket = ticket.expect("encrypted");
        for (at, encrypts, decrypts) in [
            (NOW - 1, false, true),
            (NOW, true, true),
            (NOW + 2 * HOUR - 1, true, true),
            (NOW + 2 * HOUR, false, true),
            (NOW + 15 * HOUR - 1, false, true),
            (NOW + 15 * HOUR, false, false),
        ] {
            assert_eq!(keys.can_encrypt(at), encrypts, "{at}");
            assert_eq!(keys.select(at).is_ok(), encrypts, "{at}");
            assert_eq!(keys.decrypt(&ticket, at).is_ok(), decrypts, "{at}");
        }
    }

    #[test]
    fn the_remaining_time_is_rounded_down() {
        let keys = keys(&[NOW]);
        let key = keys.select(NOW).expect("a key");
        for (at, remaining) in [
            (NOW, 15 * 3600),
            (NOW + 1, 15 * 3600 - 1),
            (NOW + 15 * HOUR - SECOND, 1),
            (NOW + 15 * HOUR, 0),
            (NOW + 16 * HOUR, 0),
        ] {
            assert_eq!(keys.remaining(key, at), remaining, "{at}");
        }
    }

    #[test]
    fn names_and_secrets_are_unique() {
        let mut keys = keys(&[NOW]);
        let mut add = |name: &[u8], secret: &[u8]| code(keys.add(name, secret, NOW, NOW));
        let name = Some(Code::InvalidTicketKeyNameOrNameLength);
        assert_eq!(add(b"key 0", b"other"), name);
        assert_eq!(add(b"", b"other"), name);
        assert_eq!(add(&[b'x'; 17], b"other"), name);
        assert_eq!(add(b"other", b"key 0"), Some(Code::TicketKeyNotUnique));
        assert_eq!(add(b"other", b""), Some(Code::InvalidTicketKeyLength));
        assert_eq!(add(&[b'x'; 16], b"other"), None);
    }

    #[test]
    fn expired_keys_make_room_for_new_ones() {
        let mut keys = keys(&[NOW; MAX_KEYS]);
        let full = keys.add(b"one more", b"one more", NOW, NOW);
        assert_eq!(code(full), Some(Code::TicketKeyLimit));
        let later = NOW + 15 * HOUR;
        keys.add(b"one more", b"one more", later, later)
            .expect("the others are expired");
    }

    #[test]
    fn a_key_at_the_edge_of_its_period_is_rarely_selected() {
        const MINUTE: u64 = HOUR / 60;

        // A new key has the weight of a minute, and one for another minute as well; the other key
        // has that of an hour.
        for (ages, rare) in [([60, 1], 1), ([119, 60], 119)] {
            let at = NOW + 3 * HOUR;
            let keys = keys(&ages.map(|age| at - age * MINUTE));
            let is_rare = |_: &i32| keys.select(at).expect("a key").intro == at - rare * MINUTE;
            let count = (0..2000).filter(is_rare).count();
            assert!((1..100).contains(&count), "{count} of 2000");
        }
    }

    #[test]
    fn keys_without_weight_are_an_error() {
        let keys = keys(&[NOW, NOW]);
        let selected = keys.select(NOW);
        assert_eq!(code(selected), Some(Code::EncryptDecryptKeySelectionFailed));
    }
}
