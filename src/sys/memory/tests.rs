use std::sync::{Mutex, MutexGuard, PoisonError};

use rs2n_core::process::permanent;

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
#[cfg_attr(miri, ignore = "Miri ends when memory is exhausted")]
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
#[cfg_attr(miri, ignore = "Miri ends when memory is exhausted")]
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
#[cfg_attr(miri, ignore = "Miri ends when memory is exhausted")]
fn fallible_allocations_do_not_use_the_reserve() {
    let _serialized = serialize();
    let before = REFUSED.load(Relaxed);
    let mut list = Vec::<u8>::new();
    assert!(rs2n_core::base::memory::reserve(&mut list, too_large().size()).is_err());
    assert!(rs2n_core::base::memory::probe(too_large().size()).is_err());
    assert_eq!(REFUSED.load(Relaxed), before);
}

/// The blocks that the callbacks below have given, with their lengths.
static GIVEN: Mutex<Vec<(usize, u32)>> = Mutex::new(Vec::new());

unsafe extern "C" fn nothing() -> c_int {
    0
}

/// Allocates three bytes more than requested.
unsafe extern "C" fn give(at: *mut *mut c_void, size: u32, given: *mut u32) -> c_int {
    // SAFETY: any size is allowed.
    let block = unsafe { libc::malloc(size as usize + 3) };
    // SAFETY: the caller's variable.
    unsafe { at.write(block) };
    // SAFETY: as above.
    unsafe { given.write(size + 3) };
    GIVEN.lock().unwrap().push((block.addr(), size + 3));
    0
}

unsafe extern "C" fn take_back(block: *mut c_void, size: u32) -> c_int {
    let mut given = GIVEN.lock().unwrap();
    let at = given.iter().position(|one| *one == (block.addr(), size));
    given.swap_remove(at.expect("a block of these callbacks, with its length"));
    // SAFETY: it came from `malloc()`, and is not used again.
    unsafe { libc::free(block) };
    0
}

/// Allocates a block with a header, checks its alignment, and writes to all of it.
fn block_with_header(layout: Layout) -> *mut u8 {
    let block = alloc_with_header(layout).expect("memory");
    assert_eq!(block.addr() % layout.align(), 0);
    // SAFETY: the block has this size, and nothing else uses it.
    unsafe { block.write_bytes(7, layout.size()) };
    block
}

/// Sizes and alignments of blocks with headers.
fn layouts() -> impl Iterator<Item = Layout> {
    let sizes = [1, 8, 100, 4096];
    let layout = |size, power| Layout::from_size_align(size, 1_usize << power).expect("a layout");
    sizes
        .into_iter()
        .flat_map(move |size| (0..=12).map(move |power| layout(size, power)))
}

/// The allocator of the tests uses no headers, so these blocks are apart from all others.
#[test]
fn blocks_with_headers_are_freed_by_their_source() {
    let _serialized = serialize();
    assert!(!uses_headers());
    let of_system: Vec<_> = layouts().map(block_with_header).collect();

    change(|source| {
        source.callbacks = Some(Callbacks {
            init: nothing,
            cleanup: nothing,
            malloc: give,
            free: take_back,
        });
    });
    assert!(begin());
    let of_callbacks: Vec<_> = layouts().map(block_with_header).collect();
    let permanent = permanent::allocate(|| block_with_header(SMALL));
    assert_eq!(GIVEN.lock().unwrap().len(), of_callbacks.len());
    let (late, rest) = of_callbacks.split_last().expect("not empty");
    for &block in of_system.iter().chain(rest).chain([&permanent]) {
        // SAFETY: the block has a header, and is not used again.
        unsafe { free_with_header(block) };
    }
    assert_eq!(GIVEN.lock().unwrap().len(), 1);

    // A block of an earlier use is not passed to the callbacks, which may be others.
    assert!(end() && begin());
    // SAFETY: as above.
    unsafe { free_with_header(*late) };
    assert_eq!(GIVEN.lock().unwrap().len(), 1);
    let (start, size) = GIVEN.lock().unwrap()[0];
    let start = late.with_addr(start).cast();
    // SAFETY: the block was not freed.
    unsafe { take_back(start, size) };
    assert!(end());
}
