//! The session cache of the application, for TLS 1.2 servers.

use std::sync::Arc;

/// How long an entry is to be stored, in seconds.
pub(crate) const CACHE_TTL: u64 = 21_600;

/// Stores an entry in the cache. `name` is the application's handle of the connection, `ttl` the
/// time for which the entry is to be stored, in seconds.
pub trait CacheStore: Send + Sync {
    fn store(&self, name: usize, ttl: u64, session_id: &[u8], entry: &[u8]);
}

/// Looks an entry up in the cache; see [`CacheStore`].
pub trait CacheRetrieve: Send + Sync {
    /// Writes the entry to `entry`, which has the only length of an entry.
    fn retrieve(&self, name: usize, session_id: &[u8], entry: &mut [u8]) -> CacheLookup;
}

/// Deletes an entry from the cache; see [`CacheStore`].
pub trait CacheDelete: Send + Sync {
    fn delete(&self, name: usize, session_id: &[u8]);
}

/// The result of looking an entry up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheLookup {
    Found,
    Missing,
    /// The application does not know yet: it is asked again.
    Blocked,
}

/// Receives the tickets of a client. `name` is the application's handle of the connection.
pub trait TicketCallback: Send + Sync {
    /// Returns false to end the connection.
    fn receive(&self, name: usize, ticket: &SessionTicket) -> bool;
}

/// A ticket, as the application stores it.
pub struct SessionTicket {
    /// The serialized session, with the ticket.
    pub session: zeroize::Zeroizing<Vec<u8>>,
    /// In seconds.
    pub lifetime: u32,
}

/// The callbacks of a cache.
#[derive(Clone, Default)]
pub(crate) struct Callbacks {
    pub(crate) store: Option<Arc<dyn CacheStore>>,
    pub(crate) retrieve: Option<Arc<dyn CacheRetrieve>>,
    pub(crate) delete: Option<Arc<dyn CacheDelete>>,
}

impl Callbacks {
    pub(super) fn is_complete(&self) -> bool {
        self.store.is_some() && self.retrieve.is_some() && self.delete.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Cache;

    impl CacheStore for Cache {
        fn store(&self, _: usize, _: u64, _: &[u8], _: &[u8]) {}
    }

    impl CacheRetrieve for Cache {
        fn retrieve(&self, _: usize, _: &[u8], _: &mut [u8]) -> CacheLookup {
            CacheLookup::Missing
        }
    }

    impl CacheDelete for Cache {
        fn delete(&self, _: usize, _: &[u8]) {}
    }

    #[test]
    fn a_cache_has_all_three_callbacks() {
        for set in 0..8 {
            let has = |callback: i32| set >> callback & 1 == 1;
            let callbacks = Callbacks {
                store: has(0).then(|| Arc::new(Cache) as _),
                retrieve: has(1).then(|| Arc::new(Cache) as _),
                delete: has(2).then(|| Arc::new(Cache) as _),
            };
            assert_eq!(callbacks.is_complete(), set == 7, "{set:b}");
        }
    }
}
