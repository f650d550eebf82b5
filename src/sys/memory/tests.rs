use std::sync::{Mutex, MutexGuard, PoisonError};

use super::*;

/// A layout larger than the memory of any machine.
fn too_large() -> Layout {
    Layout::array::<u8>(isize::MAX as usize / 2).expect("a layout")
}

/// Serializes the tests, as they count refusals.
fn serialize() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

const SMALL: Layout = Layout::new::<[u8; 100]>();

/// Allocates a block from the reserve, as if the source had refused it.
fn refused_block() -> *mut u8 {
    let block = alloc_from_reserve(SMALL);
    assert!(RESERVE.owns(block));
    block
}

#[test]
fn memory_is_available_again_when_the_source_provides_it() {
    let _serialized = serialize();
    // SAFETY: the size is not 0.
    let block = unsafe { ALLOCATOR.alloc(too_large()) };
    assert!(block.is_null());
    assert!(REFUSED.load(Relaxed) > 0);
    assert!(is_available());
    assert!(can_provide(PROBE) && !can_provide(too_large().size()));
}

#[test]
fn a_block_of_the_reserve_can_be_reallocated() {
    let _serialized = serialize();
    let block = refused_block();
    // SAFETY: the block has this size.
    unsafe { block.write_bytes(7, SMALL.size()) };
    // SAFETY: it came with this layout.
    let smaller = unsafe { ALLOCATOR.realloc(block, SMALL, 10) };
    assert_eq!(smaller, block);
    // SAFETY: this much of it was written, and its first granule, of 64 bytes, is still taken.
    let bytes = unsafe { std::slice::from_raw_parts(smaller, 64) };
    assert_eq!(bytes, [&[7; 10][..], &[0; 54]].concat());

    let layout = Layout::new::<[u8; 10]>();
    // SAFETY: as above.
    let larger = unsafe { ALLOCATOR.realloc(smaller, layout, 1000) };
    assert!(!larger.is_null() && !RESERVE.owns(larger));
    // SAFETY: ten bytes of it were written.
    let bytes = unsafe { std::slice::from_raw_parts(larger, 10) };
    assert_eq!(bytes, [7; 10]);
    // SAFETY: it came with this layout.
    unsafe { ALLOCATOR.dealloc(larger, Layout::new::<[u8; 1000]>()) };
}

#[test]
fn a_block_that_cannot_grow_stays_valid() {
    let _serialized = serialize();
    let block = refused_block();
    // SAFETY: it came with this layout.
    let larger = unsafe { ALLOCATOR.realloc(block, SMALL, too_large().size()) };
    assert!(larger.is_null());
    // SAFETY: as above; it is not used again.
    unsafe { ALLOCATOR.dealloc(block, SMALL) };
}

#[test]
fn fallible_allocations_do_not_use_the_reserve() {
    let _serialized = serialize();
    let before = REFUSED.load(Relaxed);
    let mut list = Vec::<u8>::new();
    assert!(rs2n_core::base::memory::reserve(&mut list, too_large().size()).is_err());
    assert!(rs2n_core::base::memory::probe(too_large().size()).is_err());
    assert_eq!(REFUSED.load(Relaxed), before);
}
