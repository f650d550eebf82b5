//! Models of the cache.

use super::*;
use crate::process::fork::{block_critical_sections, unblock_critical_sections};
use crate::process::sync::{explore, spawn};

/// Finds a chain as a handshake does.
fn lookup(cache: &ChainCache, number: usize) -> Option<Arc<VerifiedChain>> {
    cache.find(&key(&[leaf(number), CertificateDer::from(vec![0; 10])]))
}

/// Two threads cache chains, of which none is lost, and one finds a chain as soon as it has cached
/// it.
#[test]
fn model_of_the_chain_cache() {
    explore("two insertions into the chain cache", || {
        let cache = Arc::new(ChainCache::new(true));
        let shared = cache.clone();
        let other = spawn(move || {
            shared.insert(chain(1, 10));
            let found = lookup(&shared, 1).expect("cached by this thread");
            assert_eq!(found.leaf(), &*leaf(1));
        });
        if let Some(found) = lookup(&cache, 1) {
            assert_eq!(found.leaf(), &*leaf(1));
        }
        cache.insert(chain(2, 10));
        assert!(lookup(&cache, 2).is_some());
        other.join().expect("no panic");
        assert_eq!(slots(&cache).len(), 2);
        assert!(lookup(&cache, 1).is_some());
    });
}

/// At a fork no lock of the cache is held, so that the child process can use it.
#[test]
fn model_of_a_fork_and_the_chain_cache() {
    explore("a fork during an insertion", || {
        let cache = Arc::new(ChainCache::new(true));
        let shared = cache.clone();
        let other = spawn(move || shared.insert(chain(1, 10)));
        block_critical_sections();
        if let Some(tables) = cache.tables.get() {
            assert!(tables.latest.try_lock().is_ok());
            // All pointers are those before the insertion, or those behind it.
            let sent = [leaf(1), CertificateDer::from(vec![0; 10])];
            let has_chain = |shard: &Shard| {
                let table = shard.0.try_lock().expect("not held");
                table.find(&key(&sent)).is_some()
            };
            let found: Vec<_> = tables.shards.iter().map(has_chain).collect();
            assert!(found.iter().all(|has_chain| *has_chain == found[0]));
        }
        unblock_critical_sections();
        other.join().expect("no panic");
        assert!(lookup(&cache, 1).is_some());
    });
}
