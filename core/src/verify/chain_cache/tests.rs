//! The bounds of the cache, and its order of eviction.

#[cfg(feature = "internal-model")]
mod models;

use std::collections::HashSet;
use std::{iter, thread};

use super::*;

/// Returns a verified chain of one certificate, whose bytes are unique by its number, and with
/// `len` bytes besides it.
fn chain(number: usize, len: usize) -> VerifiedChain {
    let leaf = leaf(number);
    let sent = [leaf.clone(), CertificateDer::from(vec![0; len])];
    let path: DerChain = iter::once(Box::from(&*leaf)).collect();
    VerifiedChain::new(&key(&sent), &path, &Names::default(), 0..10).expect("small")
}

fn leaf(number: usize) -> CertificateDer<'static> {
    CertificateDer::from(format!("certificate {number:40}").into_bytes())
}

fn key<'a>(chain: &'a [CertificateDer<'static>]) -> Key<'a> {
    Key {
        circumstances: Circumstances {
            policy: Policy::default_policy(),
            mode: Mode::Client,
            is_tls13: true,
        },
        chain,
    }
}

/// Returns the present table, which must be the one that all threads use.
fn table(cache: &ChainCache) -> Arc<Table> {
    let tables = cache.tables.get().expect("a chain was inserted");
    let latest = lock(&tables.latest).clone();
    for Shard(shard) in &tables.shards {
        assert!(Arc::ptr_eq(&lock(shard), &latest));
    }
    latest
}

fn slots(cache: &ChainCache) -> Vec<Slot> {
    let table = table(cache);
    let sets = table.sets.iter().flatten();
    sets.flat_map(|set| &set.0).cloned().collect()
}

fn size(cache: &ChainCache) -> usize {
    slots(cache).iter().map(|slot| slot.chain.size).sum()
}

fn find(cache: &ChainCache, number: usize, len: usize) -> Option<Arc<VerifiedChain>> {
    let sent = [leaf(number), CertificateDer::from(vec![0; len])];
    table(cache).find(&key(&sent)).cloned()
}

#[test]
fn the_number_of_chains_is_bounded() {
    let cache = ChainCache::new(true);
    for number in 0..10 * SETS * WAYS {
        cache.insert(chain(number, 10));
        assert!(find(&cache, number, 10).is_some(), "the last one is kept");
    }
    assert_eq!(slots(&cache).len(), SETS * WAYS);
    let distinct: HashSet<_> = slots(&cache).iter().map(|slot| slot.tag).collect();
    assert_eq!(distinct.len(), SETS * WAYS);
}

#[test]
fn the_size_of_chains_is_bounded() {
    let cache = ChainCache::new(true);
    for number in 0..2000 {
        let len = number * 997 % (SET_BYTES - 1000);
        cache.insert(chain(number, len));
        assert!(find(&cache, number, len).is_some(), "the last one is kept");
        assert!(size(&cache) <= SETS * SET_BYTES);
    }
    let table = table(&cache);
    let sets = table.sets.iter().flatten();
    assert!(sets.clone().count() > SETS / 2);
    for set in sets {
        assert!(set.size() <= SET_BYTES);
    }
}

#[test]
fn a_large_chain_is_not_cached() {
    let sent = [leaf(1), CertificateDer::from(vec![0; SET_BYTES])];
    let path: DerChain = iter::once(Box::from(&*sent[0])).collect();
    let chain = VerifiedChain::new(&key(&sent), &path, &Names::default(), 0..10);
    assert!(chain.is_none());
}

#[test]
fn a_chain_may_have_the_size_of_a_set() {
    let largest = SET_BYTES - chain(1, 0).size;
    let cache = ChainCache::new(true);
    cache.insert(chain(1, largest));
    assert_eq!(size(&cache), SET_BYTES);
    assert!(find(&cache, 1, largest).is_some());
}

#[test]
fn a_leaf_has_one_entry_whatever_is_sent_with_it() {
    let cache = ChainCache::new(true);
    for len in 0..100 {
        cache.insert(chain(1, len));
        assert_eq!(slots(&cache).len(), 1);
    }
    assert!(find(&cache, 1, 99).is_some());
    assert!(find(&cache, 1, 98).is_none());
}

#[test]
fn a_chain_in_use_outlasts_others() {
    let cache = ChainCache::new(true);
    cache.insert(chain(0, 10));
    for number in 1..20 * SETS * WAYS {
        let used = find(&cache, 0, 10).expect("it is in use");
        used.is_used.store(true, Relaxed);
        cache.insert(chain(number, 10));
    }
}

#[test]
fn chains_that_are_all_in_use_are_evicted_in_turn() {
    let cache = ChainCache::new(true);
    for number in 0..4 * SETS * WAYS {
        cache.insert(chain(number, 10));
        for slot in slots(&cache) {
            slot.chain.is_used.store(true, Relaxed);
        }
        assert!(find(&cache, number, 10).is_some());
    }
    assert_eq!(slots(&cache).len(), SETS * WAYS);
}

#[test]
fn a_table_does_not_change_while_it_is_read() {
    let cache = ChainCache::new(true);
    cache.insert(chain(1, 10));
    let before = table(&cache);
    cache.insert(chain(2, 10));
    let second = [leaf(2), CertificateDer::from(vec![0; 10])];
    assert!(before.find(&key(&second)).is_none());
    assert!(find(&cache, 2, 10).is_some());
}

#[test]
fn a_chain_that_several_handshakes_have_verified_is_inserted_once() {
    let cache = ChainCache::new(true);
    cache.insert(chain(1, 10));
    let before = table(&cache);
    cache.insert(chain(1, 10));
    assert!(Arc::ptr_eq(&before, &table(&cache)));
}

#[test]
fn every_thread_finds_the_chains_of_the_others() {
    // Threads are numbered, and their numbers exceed those of the shards.
    const THREADS: usize = SHARDS * SHARDS + 1;

    let cache = ChainCache::new(true);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let cache = &cache;
            scope.spawn(move || cache.insert(chain(number, 10)));
        }
    });
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for number in 0..THREADS {
                    let sent = [leaf(number), CertificateDer::from(vec![0; 10])];
                    let found = cache.find(&key(&sent)).expect("it was inserted");
                    assert!(found.is_used.load(Relaxed));
                }
            });
        }
    });
}

#[test]
fn every_part_of_the_key_distinguishes_chains() {
    let cache = ChainCache::new(true);
    cache.insert(chain(1, 10));
    let table = table(&cache);
    let sent = [leaf(1), CertificateDer::from(vec![0; 10])];
    let found = |key: Key<'_>| table.find(&key).is_some();
    let same = || key(&sent);
    assert!(found(same()));

    let with = |change: fn(&mut Circumstances)| {
        let mut key = key(&sent);
        change(&mut key.circumstances);
        key
    };
    let changes: [fn(&mut Circumstances); 3] = [
        |all| all.policy = Policy::find(b"20250721").expect("a policy"),
        |all| all.mode = Mode::Server,
        |all| all.is_tls13 = false,
    ];
    for change in changes {
        assert!(!found(with(change)));
    }
    let reversed = [sent[1].clone(), sent[0].clone()];
    let longer = [&sent[..], &sent[1..]].concat();
    for other in [&reversed[..], &sent[..1], &sent[1..], &longer, &[]] {
        assert!(!found(key(other)));
    }
}
