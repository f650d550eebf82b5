//! Session cache of the server, for clients of TLS 1.2: in memory, with a maximum number of entries.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rs2n_core::base::random_bytes;
use rs2n_core::config::Config;
use rs2n_core::config::callbacks::{CacheDelete, CacheLookup, CacheRetrieve, CacheStore};
use zeroize::Zeroizing;

use crate::error::{Result, ToolError};

/// The maximum number of entries, of about 200 bytes each. The oldest one makes room for a new one.
pub const CAPACITY: usize = 10_000;

/// A cache that all connections share.
pub struct SessionCache {
    capacity: usize,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    /// By session ID.
    entries: HashMap<Vec<u8>, Entry>,
    /// The IDs in the order in which their entries were stored.
    ///
    /// Invariant: it has the number of each entry, and no other one.
    order: BTreeMap<u64, Vec<u8>>,
    next_number: u64,
}

/// A session, which the library has encrypted with a ticket key.
struct Entry {
    number: u64,
    bytes: Vec<u8>,
    expires: Instant,
}

impl SessionCache {
    /// Creates an empty cache.
    pub fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self {
            capacity,
            entries: Mutex::default(),
        })
    }

    /// Makes a config use the cache.
    pub fn attach(self: &Arc<Self>, config: &Config) {
        config.set_cache_store(self.clone());
        config.set_cache_retrieve(self.clone());
        config.set_cache_delete(self.clone());
        config.set_session_cache(true);
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds a random key for the entries of a cache, which lives as long as this process: so do the
/// entries.
pub fn add_random_key(config: &Config) -> Result<()> {
    let fail = |error| ToolError::tls(&error, "no key for the session cache");
    let mut secret = Zeroizing::new([0; 32]);
    random_bytes(&mut *secret).map_err(fail)?;
    config.set_ticket_encrypt_lifetime(u64::MAX);
    let added = config.add_ticket_key(b"session cache", &*secret, None);
    added.map_err(fail)
}

impl Entries {
    fn remove(&mut self, id: &[u8]) {
        if let Some(entry) = self.entries.remove(id) {
            self.order.remove(&entry.number);
        }
    }
}

impl CacheStore for SessionCache {
    fn store(&self, _: usize, ttl: u64, session_id: &[u8], entry: &[u8]) {
        // A time that the clock cannot represent is never reached.
        let Some(expires) = Instant::now().checked_add(Duration::from_secs(ttl)) else {
            return;
        };
        let mut entries = self.lock();
        entries.remove(session_id);
        while entries.entries.len() >= self.capacity {
            let Some((_, oldest)) = entries.order.pop_first() else {
                return;
            };
            entries.entries.remove(&oldest);
        }
        let number = entries.next_number;
        entries.next_number += 1;
        entries.order.insert(number, session_id.to_vec());
        let entry = Entry {
            number,
            bytes: entry.to_vec(),
            expires,
        };
        entries.entries.insert(session_id.to_vec(), entry);
    }
}

impl CacheRetrieve for SessionCache {
    fn retrieve(&self, _: usize, session_id: &[u8], entry: &mut [u8]) -> CacheLookup {
        let mut entries = self.lock();
        let Some(stored) = entries.entries.get(session_id) else {
            return CacheLookup::Missing;
        };
        if stored.expires <= Instant::now() || stored.bytes.len() != entry.len() {
            entries.remove(session_id);
            return CacheLookup::Missing;
        }
        entry.copy_from_slice(&stored.bytes);
        CacheLookup::Found
    }
}

impl CacheDelete for SessionCache {
    fn delete(&self, _: usize, session_id: &[u8]) {
        self.lock().remove(session_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(cache: &SessionCache, id: &[u8]) -> Option<[u8; 4]> {
        let mut entry = [0; 4];
        let found = cache.retrieve(0, id, &mut entry);
        (found == CacheLookup::Found).then_some(entry)
    }

    #[test]
    fn an_entry_is_found_until_it_is_deleted_or_expires() {
        let cache = SessionCache::new(10);
        cache.store(0, 60, b"one", b"1111");
        cache.store(0, 60, b"two", b"2222");
        cache.store(0, 0, b"expired", b"3333");
        assert_eq!(lookup(&cache, b"one"), Some(*b"1111"));
        assert_eq!(lookup(&cache, b"expired"), None);
        assert_eq!(lookup(&cache, b"unknown"), None);
        cache.delete(0, b"one");
        cache.delete(0, b"unknown");
        assert_eq!(lookup(&cache, b"one"), None);
        assert_eq!(lookup(&cache, b"two"), Some(*b"2222"));
        assert_eq!(cache.lock().order.len(), 1);
    }

    #[test]
    fn the_oldest_entry_makes_room_for_a_new_one() {
        let cache = SessionCache::new(2);
        cache.store(0, 60, b"one", b"1111");
        cache.store(0, 60, b"two", b"2222");
        // It is the newest again.
        cache.store(0, 60, b"one", b"3333");
        cache.store(0, 60, b"three", b"4444");
        assert_eq!(lookup(&cache, b"two"), None);
        assert_eq!(lookup(&cache, b"one"), Some(*b"3333"));
        assert_eq!(lookup(&cache, b"three"), Some(*b"4444"));
        let entries = cache.lock();
        assert_eq!((entries.entries.len(), entries.order.len()), (2, 2));
    }
}
