//! Cache of verified certificate chains: a chain that was verified before costs neither signature
//! verifications nor parsing again.
//!
//! The cache keeps the path that was built for a chain, and nothing else. At each use the names of
//! the leaf are compared with the host or passed to the application's callback, the clock is read,
//! and the peer proves the possession of its private key.
//!
//! Only chains that were accepted are cached, so that a peer without a valid certificate has no
//! influence on the cache. A peer with one occupies one entry for each policy, version and role,
//! whatever it sends besides its own certificate.
//!
//! A table of chains is immutable. Each of several groups of threads has a pointer to the present
//! one, with a lock of its own, so that a hit neither waits nor writes to memory that all threads
//! share, except for the reference count of the chain. A miss, which has cost signature
//! verifications, copies the table, of which all sets but one are shared, and replaces the pointers.
//! No handshake keeps a table, so that the number of open handshakes does not multiply the memory.

#[cfg(test)]
mod tests;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering::*;
use std::{array, mem, ptr};

use rustls::pki_types::CertificateDer;

use super::moment::Moment;
use super::{Presented, Rules, Verifier};
use crate::base::{Mode, lock, memory};
use crate::policy::Policy;
use crate::process::fork;
use crate::process::sync::{AtomicBool, Mutex, OnceLock};
use crate::x509::{DerChain, Names};

/// The number of sets. A leaf determines its set.
const SETS: usize = 32;

/// The maximum number of chains in a set.
const WAYS: usize = 16;

/// The maximum size of the chains in a set, in bytes, and so that of one chain. A path of three
/// certificates with ML-DSA-87 takes 22 kB.
const SET_BYTES: usize = 32 * 1024;

/// The number of groups of threads. Models have few.
const SHARDS: usize = if cfg!(feature = "internal-model") {
    2
} else {
    16
};

/// The verified chains of one version of a config's settings.
pub(crate) struct ChainCache {
    is_on: bool,
    /// Created for the first chain.
    tables: OnceLock<Box<Tables>>,
}

/// Pointers to the present table. A thread that waits for one is in a critical section of a fork.
#[derive(Default)]
struct Tables {
    /// Locked for a change, before the others.
    latest: Mutex<Arc<Table>>,
    shards: [Shard; SHARDS],
}

/// The pointer of a group of threads, alone in two cache lines, which processors fetch in pairs.
#[derive(Default)]
#[repr(align(128))]
struct Shard(Mutex<Arc<Table>>);

#[derive(Clone, Default)]
struct Table {
    hasher: RandomState,
    sets: [Option<Arc<Set>>; SETS],
}

/// Chains in the order of their eviction.
#[derive(Clone, Default)]
struct Set(Vec<Slot>);

#[derive(Clone)]
struct Slot {
    /// The hash of the leaf, which finds a chain without reading the others.
    tag: u64,
    chain: Arc<VerifiedChain>,
}

/// A chain that was verified, with all that its path depends on.
pub(crate) struct VerifiedChain {
    circumstances: Circumstances,
    presented: Box<[Sent]>,
    /// From the leaf to the trust anchor.
    path: DerChain,
    /// The names of the leaf.
    names: Names,
    /// Seconds since 1970 at which the same path would be found.
    times: Range<i64>,
    /// Bytes.
    size: usize,
    /// Set by a hit, and cleared when the chain is spared from eviction.
    is_used: AtomicBool,
}

/// A certificate that the peer has sent.
enum Sent {
    /// An index into the path.
    InPath(usize),
    NotInPath(Box<[u8]>),
}

/// What a path depends on besides the chain, the settings and the time.
#[derive(Clone, Copy)]
struct Circumstances {
    /// Policies exist once, and as long as the process.
    policy: &'static Policy,
    mode: Mode,
    is_tls13: bool,
}

impl PartialEq for Circumstances {
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(self.policy, other.policy)
            && self.mode == other.mode
            && self.is_tls13 == other.is_tls13
    }
}

/// The key of a chain in the cache.
///
/// The bytes of the chain are compared, so that no collision is possible.
struct Key<'a> {
    circumstances: Circumstances,
    chain: &'a [CertificateDer<'static>],
}

impl Verifier<'_> {
    /// Returns the key of a chain; `None` if the outcome depends on values that are not in the key.
    ///
    /// The patterns name every field, so that a new one is considered here.
    fn cache_key<'a>(
        &self,
        presented: &'a Presented,
        is_tls13: bool,
        has_ocsp: bool,
    ) -> Option<Key<'a>> {
        let Self {
            // Read at each use.
            clock: _,
            // Restricts certificates, and the algorithms of their signatures.
            policy,
            // Called for the names of the leaf at each use.
            verify_host: _,
            rules,
            // A cache belongs to one version of the settings. So do the rules without a comment.
            trust: _,
            // The cache itself.
            chains: _,
            // Determines which usages of a key are required.
            mode,
            // A result.
            rejection: _,
        } = self;
        let Rules {
            verifies: true,
            checks_time: _,
            checks_intent: _,
            checks_ocsp,
            // Evaluated with the names of the leaf at each use.
            allows_addresses_in_common_names: _,
            known_extensions: _,
            max_chain: _,
            // The application's CRLs may change at any time.
            crl_lookup: None,
            // The application decides about the path, and may see more than that.
            cert_validation: None,
        } = rules
        else {
            return None;
        };
        // The response is verified with the parsed certificates of the path.
        if *checks_ocsp && has_ocsp {
            return None;
        }
        let circumstances = Circumstances {
            policy,
            mode: *mode,
            // A policy may permit fewer signature algorithms in TLS 1.3.
            is_tls13,
        };
        Some(Key {
            circumstances,
            chain: presented.chain(),
        })
    }

    /// Returns the cached path of a chain. It is valid at certain times only, see
    /// [`VerifiedChain::path_at`].
    pub(crate) fn find_known(
        &self,
        presented: &Presented,
        is_tls13: bool,
        has_ocsp: bool,
    ) -> Option<Arc<VerifiedChain>> {
        let key = self.cache_key(presented, is_tls13, has_ocsp)?;
        self.chains.find(&key)
    }

    /// Caches a chain whose path was found at `moment`, if its key has all that this depends on.
    pub(crate) fn cache(
        &self,
        presented: &Presented,
        is_tls13: bool,
        has_ocsp: bool,
        path: &DerChain,
        moment: &Moment,
    ) {
        if self.chains.is_on
            && let Some(key) = self.cache_key(presented, is_tls13, has_ocsp)
            && let Ok(leaf) = presented.leaf()
            && let Some(chain) =
                VerifiedChain::new(&key, path, leaf.names(), moment.same_outcomes())
        {
            self.chains.insert(chain);
        }
    }
}

impl VerifiedChain {
    fn new(key: &Key<'_>, path: &DerChain, names: &Names, times: Range<i64>) -> Option<Self> {
        let place_of = |der: &[u8]| path.iter().position(|cert| **cert == *der);
        let others = key.chain.iter().filter(|der| place_of(der).is_none());
        let size = size_of::<Self>()
            + path.iter().map(|der| per_certificate(der)).sum::<usize>()
            + others.map(|der| per_certificate(der)).sum::<usize>()
            + names.size();
        if size > SET_BYTES {
            return None;
        }
        memory::probe(size).ok()?;
        let sent = key.chain.iter().map(|der| match place_of(der) {
            Some(place) => Sent::InPath(place),
            None => Sent::NotInPath(Box::from(&**der)),
        });
        Some(Self {
            circumstances: key.circumstances,
            presented: sent.collect(),
            path: path.clone(),
            names: names.clone(),
            times,
            size,
            is_used: AtomicBool::new(false),
        })
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// Returns the path, from the leaf to the trust anchor; `None` if another one may be found at
    /// this time, or none.
    pub(crate) fn path_at(&self, moment: &Moment) -> Option<DerChain> {
        moment.is_in(&self.times).then(|| self.path.clone())
    }

    fn leaf(&self) -> &[u8] {
        self.path.first().map(|leaf| &**leaf).unwrap_or_default()
    }

    fn has(&self, key: &Key<'_>) -> bool {
        self.circumstances == key.circumstances
            && self.presented.len() == key.chain.len()
            && (self.presented.iter().zip(key.chain)).all(|(sent, der)| *self.der(sent) == **der)
    }

    /// Returns whether one replaces the other in the cache: they differ only in the certificates
    /// besides the leaf.
    fn replaces(&self, other: &Self) -> bool {
        self.circumstances == other.circumstances && self.path.first() == other.path.first()
    }

    fn is_same(&self, other: &Self) -> bool {
        self.replaces(other)
            && self.times == other.times
            && self.path == other.path
            && self.presented.len() == other.presented.len()
            && (self.presented.iter().zip(&other.presented))
                .all(|(one, two)| self.der(one) == other.der(two))
    }

    fn der<'a>(&'a self, sent: &'a Sent) -> &'a [u8] {
        match sent {
            Sent::InPath(place) => &self.path[*place],
            Sent::NotInPath(der) => der,
        }
    }
}

impl ChainCache {
    /// An empty cache, which remains empty unless it is on.
    pub(crate) fn new(is_on: bool) -> Self {
        Self {
            is_on,
            tables: OnceLock::new(),
        }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.is_on
    }

    fn find(&self, key: &Key<'_>) -> Option<Arc<VerifiedChain>> {
        let tables = self.tables.get()?;
        let Shard(shard) = &tables.shards[fork::thread_number() % SHARDS];
        let _section = fork::critical_section();
        let table = lock(shard);
        let chain = table.find(key)?;
        if !chain.is_used.load(Relaxed) {
            chain.is_used.store(true, Relaxed);
        }
        Some(chain.clone())
    }

    fn insert(&self, chain: VerifiedChain) {
        let tables = fork::get_or_init(&self.tables, Box::default);
        let section = fork::critical_section();
        let mut latest = lock(&tables.latest);
        // Handshakes that begin at the same time verify the same chain.
        if latest.has(&chain) {
            return;
        }
        Arc::make_mut(&mut latest).insert(chain);
        let replaced: [_; SHARDS] = array::from_fn(|shard| {
            let Shard(shard) = &tables.shards[shard];
            mem::replace(&mut *lock(shard), latest.clone())
        });
        drop(latest);
        drop(section);
        drop(replaced);
    }
}

impl Table {
    fn find(&self, key: &Key<'_>) -> Option<&Arc<VerifiedChain>> {
        let tag = self.tag(key.chain.first()?);
        let set = self.sets[place(tag)].as_ref()?;
        let mut slots = set.0.iter();
        let found = slots.find(|slot| slot.tag == tag && slot.chain.has(key))?;
        Some(&found.chain)
    }

    fn has(&self, chain: &VerifiedChain) -> bool {
        let tag = self.tag(chain.leaf());
        let set = self.sets[place(tag)].as_ref();
        set.is_some_and(|set| {
            let mut slots = set.0.iter();
            slots.any(|slot| slot.tag == tag && slot.chain.is_same(chain))
        })
    }

    fn insert(&mut self, chain: VerifiedChain) {
        let tag = self.tag(chain.leaf());
        let set = self.sets[place(tag)].get_or_insert_default();
        let chain = Arc::new(chain);
        Arc::make_mut(set).insert(Slot { tag, chain });
    }

    /// Hashes the end of a leaf: that of its signature, which is as good as random. The hash is
    /// keyed, so that no issuer can direct its certificates to one set.
    fn tag(&self, leaf: &[u8]) -> u64 {
        const END: usize = 32;

        let (_, end) = leaf.split_at(leaf.len().saturating_sub(END));
        self.hasher.hash_one(end)
    }
}

impl Set {
    fn insert(&mut self, new: Slot) {
        self.0.retain(|slot| !new.chain.replaces(&slot.chain));
        while self.0.len() >= WAYS || self.size() + new.chain.size > SET_BYTES {
            if !self.evict() {
                return;
            }
        }
        self.0.push(new);
    }

    /// Evicts the first chain without a hit since it was inserted or spared, and moves those before
    /// it, which are spared, to the end. So chains in use outlast any number of others.
    fn evict(&mut self) -> bool {
        let unused = |slot: &Slot| !slot.chain.is_used.swap(false, Relaxed);
        let place = self.0.iter().position(unused).unwrap_or(0);
        let is_any = !self.0.is_empty();
        if is_any {
            self.0.rotate_left(place);
            self.0.remove(0);
        }
        is_any
    }

    fn size(&self) -> usize {
        self.0.iter().map(|slot| slot.chain.size).sum()
    }
}

/// Returns the set of a hash.
fn place(tag: u64) -> usize {
    tag as usize % SETS
}

/// Returns the memory of a certificate in a list, in bytes.
fn per_certificate(der: &[u8]) -> usize {
    /// A pointer with a length, and the header of an allocation.
    const ENTRY: usize = 32;

    der.len() + ENTRY
}
