//! Fallible allocations: those whose size depends on a peer or a caller.
//!
//! Others are small, and the reserve of the allocator suffices for them (`sys/memory.rs`).

use std::collections::{HashMap, TryReserveError};
use std::hash::Hash;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::*, compiler_fence};
use std::thread::LocalKey;

use crate::error::{Code, Reason, Result};

thread_local! {
    /// An atomic, because the compiler assumes that an allocator reads no memory of this program,
    /// and would otherwise remove the stores that only the allocator reads.
    static FALLIBLE: AtomicBool = const { AtomicBool::new(false) };

    /// See [`FALLIBLE`].
    static PROBING: AtomicBool = const { AtomicBool::new(false) };
}

/// Returns whether this thread handles a failure of its current allocation.
pub fn is_fallible() -> bool {
    FALLIBLE.with(|fallible| fallible.load(Relaxed))
}

/// Returns whether this thread frees a block that it has not written to.
pub fn is_probing() -> bool {
    PROBING.with(|probing| probing.load(Relaxed))
}

/// Reserves capacity for `more` items after those of a list.
pub fn reserve<T>(list: &mut Vec<T>, more: usize) -> Result<()> {
    match list.capacity() - list.len() < more {
        true => attempt(|| list.try_reserve(more)),
        false => Ok(()),
    }
}

/// Reserves capacity like [`reserve`], for a list that does not grow further.
pub fn reserve_exact<T>(list: &mut Vec<T>, more: usize) -> Result<()> {
    match list.capacity() - list.len() < more {
        true => attempt(|| list.try_reserve_exact(more)),
        false => Ok(()),
    }
}

/// Reserves capacity for `more` entries of a map.
pub fn reserve_entries<K: Eq + Hash, V>(map: &mut HashMap<K, V>, more: usize) -> Result<()> {
    match map.capacity() - map.len() < more {
        true => attempt(|| map.try_reserve(more)),
        false => Ok(()),
    }
}

/// Appends copies of `items` to a list.
pub fn extend<T: Copy>(list: &mut Vec<T>, items: &[T]) -> Result<()> {
    reserve(list, items.len())?;
    list.extend_from_slice(items);
    Ok(())
}

/// Appends an item to a list.
pub fn push<T>(list: &mut Vec<T>, item: T) -> Result<()> {
    reserve(list, 1)?;
    list.push(item);
    Ok(())
}

/// Copies `items` to a list.
pub fn copy<T: Copy>(items: &[T]) -> Result<Vec<T>> {
    let mut list = Vec::new();
    reserve_exact(&mut list, items.len())?;
    list.extend_from_slice(items);
    Ok(list)
}

/// Returns a list of `len` zeros.
pub fn zeroed(len: usize) -> Result<Vec<u8>> {
    let mut list = Vec::new();
    reserve_exact(&mut list, len)?;
    list.resize(len, 0);
    Ok(list)
}

/// Returns an empty string with a capacity of `bytes`.
pub fn string_with_capacity(bytes: usize) -> Result<String> {
    let mut text = String::new();
    attempt(|| text.try_reserve_exact(bytes))?;
    Ok(text)
}

/// Copies `bytes` to shared memory.
pub fn to_arc(bytes: &[u8]) -> Result<Arc<[u8]>> {
    probe(bytes.len())?;
    Ok(bytes.into())
}

/// Probes an allocation of `bytes` bytes: fails if it is not possible. Called before code that
/// cannot handle an allocation failure.
pub fn probe(bytes: usize) -> Result<()> {
    let mut block = Vec::<u8>::new();
    let reserved = reserve_exact(&mut block, bytes);
    reserved.map_err(|error| error.because(Reason::Memory { bytes }))?;
    // Otherwise the compiler removes the unused allocation.
    let block = black_box(block);
    with_set(&PROBING, || drop(block));
    Ok(())
}

#[cold]
fn attempt(allocate: impl FnOnce() -> Result<(), TryReserveError>) -> Result<()> {
    let reserved = with_set(&FALLIBLE, allocate);
    reserved.map_err(|_| Code::Alloc.because(Reason::Memory { bytes: 0 }))
}

/// Runs `action` while a flag is set, which the allocator reads.
fn with_set<R>(flag: &'static LocalKey<AtomicBool>, action: impl FnOnce() -> R) -> R {
    flag.with(|flag| {
        flag.store(true, Relaxed);
        compiler_fence(SeqCst);
        let outcome = action();
        compiler_fence(SeqCst);
        flag.store(false, Relaxed);
        outcome
    })
}
