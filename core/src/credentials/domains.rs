//! A map by domain name whose copies share their entries: a config is changed while handshakes use
//! it as it was.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use crate::base::memory;
use crate::error::Result;

/// A map by domain name, in shards. A copy shares the shards, and a change copies only those that
/// it changes.
pub(super) struct DomainMap<V> {
    /// Invariant: their number is 0 or a power of two.
    shards: Vec<Arc<Shard<V>>>,
    len: usize,
    hasher: RandomState,
}

type Shard<V> = HashMap<Arc<[u8]>, V>;

/// The number of entries of a shard beyond which there are more shards, on average.
const SHARD_LEN: usize = 32;

/// The factor by which the number of shards grows. A map is seldom copied as a whole then.
const GROWTH: usize = 8;

/// The maximum number of shards: each costs a copy of the map a few nanoseconds.
const MAX_SHARDS: usize = 4096;

/// The memory of an entry, in bytes.
const ENTRY: usize = 256;

impl<V: Clone + Default> DomainMap<V> {
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&V> {
        match self.shards.as_slice() {
            [] => None,
            shards => shards[self.place(name)].get(name),
        }
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.shards.iter().flat_map(|shard| shard.values())
    }

    /// Returns the memory of a copy in bytes, which shares the entries.
    pub(super) fn copy_size(&self) -> usize {
        self.shards.len() * size_of::<Arc<Shard<V>>>()
    }

    /// Reserves the memory for entries of these names. On failure the entries are unchanged.
    pub(super) fn reserve(&mut self, names: &[Vec<u8>]) -> Result<()> {
        memory::probe(names.len() * ENTRY)?;
        self.grow(self.len + names.len())?;
        let mut places = Vec::new();
        memory::reserve_exact(&mut places, names.len())?;
        places.extend(names.iter().map(|name| self.place(name)));
        places.sort_unstable();
        for same in places.chunk_by(|one, other| one == other) {
            let shard = &mut self.shards[same[0]];
            if Arc::get_mut(shard).is_none() {
                memory::probe((shard.len() + same.len()) * ENTRY)?;
            }
            memory::reserve_entries(Arc::make_mut(shard), same.len())?;
        }
        Ok(())
    }

    /// Returns the value of a name, the default one if there is none yet. The memory must be
    /// [reserved](Self::reserve).
    pub(super) fn entry(&mut self, name: &[u8]) -> &mut V {
        if self.shards.is_empty() {
            self.shards.push(Arc::default());
        }
        let place = self.place(name);
        let shard = Arc::make_mut(&mut self.shards[place]);
        if !shard.contains_key(name) {
            self.len += 1;
        }
        shard.entry(name.into()).or_default()
    }

    /// Returns the place of a name's shard.
    fn place(&self, name: &[u8]) -> usize {
        // The map of a shard uses the lowest and the highest bits.
        (self.hasher.hash_one(name) >> 32) as usize & (self.shards.len().max(1) - 1)
    }

    /// Increases the number of shards to that for `len` entries.
    fn grow(&mut self, len: usize) -> Result<()> {
        let mut count = self.shards.len().max(1);
        while count * SHARD_LEN < len && count < MAX_SHARDS {
            count *= GROWTH;
        }
        if count == self.shards.len() {
            return Ok(());
        }
        memory::probe(count * size_of::<Shard<V>>() + self.len * ENTRY)?;
        let mut shards = Vec::new();
        memory::reserve_exact(&mut shards, count)?;
        shards.resize_with(count, Shard::new);
        let old = std::mem::take(&mut self.shards);
        let mask = count - 1;
        for (name, value) in old.iter().flat_map(|shard| shard.iter()) {
            let place = (self.hasher.hash_one(&**name) >> 32) as usize & mask;
            shards[place].insert(name.clone(), value.clone());
        }
        self.shards = shards.into_iter().map(Arc::new).collect();
        Ok(())
    }
}

impl<V> Clone for DomainMap<V> {
    fn clone(&self) -> Self {
        Self {
            shards: self.shards.clone(),
            len: self.len,
            hasher: self.hasher.clone(),
        }
    }
}

impl<V> Default for DomainMap<V> {
    fn default() -> Self {
        Self {
            shards: Vec::new(),
            len: 0,
            hasher: RandomState::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(number: usize) -> Vec<u8> {
        format!("host{number}.example").into_bytes()
    }

    fn map(count: usize) -> DomainMap<usize> {
        let mut map = DomainMap::default();
        for number in 0..count {
            map.reserve(&[name(number)]).expect("memory");
            *map.entry(&name(number)) = number;
        }
        map
    }

    #[test]
    fn names_have_their_values() {
        for count in [0, 1, 32, 33, 257, 3000] {
            let map = map(count);
            assert_eq!(map.is_empty(), count == 0);
            assert_eq!(map.values().count(), count);
            for number in 0..count {
                assert_eq!(map.get(&name(number)), Some(&number));
            }
            assert_eq!(map.get(&name(count)), None);
        }
    }

    #[test]
    fn a_copy_is_not_changed() {
        let mut map = map(1000);
        let copy = map.clone();
        let names: Vec<_> = (0..3000).map(name).collect();
        map.reserve(&names).expect("memory");
        for name in &names {
            *map.entry(name) += 5000;
        }
        assert_eq!(map.values().count(), 3000);
        assert_eq!(copy.values().count(), 1000);
        assert_eq!(map.get(&name(7)), Some(&5007));
        assert_eq!(copy.get(&name(7)), Some(&7));
        assert_eq!(copy.get(&name(2000)), None);
    }

    #[test]
    fn a_change_copies_few_entries() {
        let mut map = map(10_000);
        let copy = map.clone();
        map.reserve(&[name(10_000)]).expect("memory");
        *map.entry(&name(10_000)) = 1;
        let both = map.shards.iter().zip(&copy.shards);
        let changed = both.filter(|(one, other)| !Arc::ptr_eq(one, other));
        let sizes: Vec<_> = changed.map(|(shard, _)| shard.len()).collect();
        assert_eq!(sizes.len(), 1);
        assert!(sizes[0] < 200, "{sizes:?}");
    }

    #[test]
    fn a_repeated_name_is_one_entry() {
        let mut map = DomainMap::<usize>::default();
        map.reserve(&[name(1), name(1)]).expect("memory");
        *map.entry(&name(1)) += 1;
        *map.entry(&name(1)) += 1;
        assert_eq!(map.len, 1);
        assert_eq!(map.get(&name(1)), Some(&2));
    }
}
