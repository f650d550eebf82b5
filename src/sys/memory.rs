//! Global allocator: the system's, or the application's memory callbacks.
//!
//! Without callbacks, all requests are passed to the system's allocator. Callbacks can be set only
//! before the first allocation; from then on each block has a header (`Header`) with its source, so
//! that callbacks can be replaced, and every block is still freed by its source.
//!
//! Rust aborts the process when an allocation fails, in rustls and the standard library too, and an
//! allocator must not unwind. So a request that the source refuses is served from a
//! [reserve](reserve), with two exceptions: an allocation whose caller handles the failure, and one
//! that is too large. A call in progress can thus complete, and [`is_available`] rejects new calls
//! until the source provides memory again.
//!
//! Every block is zeroed before it is freed.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::mem::transmute;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicU32, AtomicUsize, Ordering::*};

use rs2n_core::base::memory::{is_fallible, is_probing};
use rs2n_core::process::permanent::is_permanent;

use self::reserve::Reserve;
use super::cancellation::Cancelability;

mod reserve;

pub type InitFn = unsafe extern "C" fn() -> c_int;
pub type MallocFn = unsafe extern "C" fn(*mut *mut c_void, u32, *mut u32) -> c_int;
pub type FreeFn = unsafe extern "C" fn(*mut c_void, u32) -> c_int;

/// The application's memory callbacks.
#[derive(Clone, Copy)]
pub struct Callbacks {
    pub init: InitFn,
    pub cleanup: InitFn,
    pub malloc: MallocFn,
    pub free: FreeFn,
}

/// Sets the callbacks, which are used from the next [`begin`] on. Returns false if blocks without a
/// header are in use already.
pub fn set_callbacks(callbacks: Callbacks) -> bool {
    let decided = MODE.compare_exchange(UNDECIDED, WITH_HEADERS, Relaxed, Relaxed);
    if decided.is_err_and(|mode| mode != WITH_HEADERS) {
        return false;
    }
    change(|source| source.callbacks = Some(callbacks));
    true
}

/// Initializes the callbacks, if any are set, and begins to use them. Returns false if their `init`
/// fails.
pub fn begin() -> bool {
    let Some(callbacks) = source().callbacks else {
        return true;
    };
    // SAFETY: the function is what the application set as its `init` callback, which takes no
    // arguments.
    let outcome = unsafe { (callbacks.init)() };
    if outcome < 0 {
        return false;
    }
    change(|source| {
        source.uses += 1;
        source.active = true;
    });
    true
}

/// Cleans up the callbacks, and ends their use. Blocks from them that are still in use are not
/// freed later. Returns false if their `cleanup` fails.
pub fn end() -> bool {
    let Source {
        callbacks: Some(callbacks),
        active: true,
        ..
    } = source()
    else {
        return true;
    };
    // SAFETY: the function is what the application set as its `cleanup` callback, which takes no
    // arguments.
    let outcome = unsafe { (callbacks.cleanup)() };
    if outcome >= 0 {
        change(|source| source.active = false);
    }
    outcome >= 0
}

/// Whether memory is available. After a refused request it is not, until the source provides a
/// block again and the reserve has room for another shortage.
#[inline]
pub fn is_available() -> bool {
    REFUSED.load(Relaxed) == RECOVERED.load(Relaxed) || recover()
}

#[cold]
fn recover() -> bool {
    // A refusal after this line counts as a new one.
    let refused = REFUSED.load(Relaxed);
    let recovers = RESERVE.has_room() && can_provide(PROBE);
    if recovers {
        RECOVERED.store(refused, Relaxed);
    }
    recovers
}

/// Size in bytes of the block that the source must provide for memory to be available again: as
/// much as a record carries.
pub const PROBE: usize = 16 * 1024;

/// Whether the source provides a block of this size now.
pub fn can_provide(size: usize) -> bool {
    let Ok(layout) = Layout::array::<u8>(size.max(1)) else {
        return false;
    };
    // SAFETY: the size of `layout` is not 0.
    let block = unsafe { provide(layout) };
    // Prevents the compiler from removing both calls because the block is unused.
    let block = black_box(block);
    let is_provided = !block.is_null();
    if is_provided {
        // SAFETY: `block` was allocated with this layout just now, and nothing refers to it.
        unsafe { free(block, layout) };
    }
    is_provided
}

/// Number of requests that the source refused.
static REFUSED: AtomicUsize = AtomicUsize::new(0);
/// The value of [`REFUSED`] at the last recovery.
static RECOVERED: AtomicUsize = AtomicUsize::new(0);

static RESERVE: Reserve = Reserve::new();

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

struct Allocator;

/// Whether blocks have a header; fixed by the first allocation.
static MODE: AtomicU8 = AtomicU8::new(UNDECIDED);
const UNDECIDED: u8 = 0;
const PLAIN: u8 = 1;
const WITH_HEADERS: u8 = 2;

#[derive(Clone, Copy)]
struct Source {
    callbacks: Option<Callbacks>,
    active: bool,

    /// Number of times that their use began: a block is freed only in the use that allocated it.
    uses: u32,
}

/// The callbacks, which change only while they are not in use. Atomics instead of a lock, which
/// could be held in a forked child process.
static CALLBACKS: [AtomicPtr<()>; 4] = [const { AtomicPtr::new(ptr::null_mut()) }; 4];

/// Twice the number of times that the use of callbacks began, plus one while they are in use.
static USES: AtomicU32 = AtomicU32::new(0);

fn source() -> Source {
    let uses = USES.load(Acquire);
    // The last one that `change` stores.
    let free = CALLBACKS[3].load(Acquire);
    let [init, cleanup, malloc, _] = CALLBACKS.each_ref().map(|function| function.load(Relaxed));
    Source {
        callbacks: (!free.is_null()).then(|| Callbacks {
            // SAFETY: `init` is an `InitFn`, since `free` is set: see `change`.
            init: unsafe { transmute::<*mut (), InitFn>(init) },
            // SAFETY: `cleanup` is an `InitFn`, since `free` is set: see `change`.
            cleanup: unsafe { transmute::<*mut (), InitFn>(cleanup) },
            // SAFETY: `malloc` is a `MallocFn`, since `free` is set: see `change`.
            malloc: unsafe { transmute::<*mut (), MallocFn>(malloc) },
            // SAFETY: `free` is a `FreeFn`, since it is not null: see `change`.
            free: unsafe { transmute::<*mut (), FreeFn>(free) },
        }),
        active: uses % 2 == 1,
        uses: uses / 2,
    }
}

/// Modifies the source. Not thread-safe: only one thread initializes and cleans up the library.
fn change(how: impl FnOnce(&mut Source)) {
    let mut source = source();
    how(&mut source);
    if let Some(callbacks) = source.callbacks {
        CALLBACKS[0].store(callbacks.init as *mut (), Relaxed);
        CALLBACKS[1].store(callbacks.cleanup as *mut (), Relaxed);
        CALLBACKS[2].store(callbacks.malloc as *mut (), Relaxed);
        CALLBACKS[3].store(callbacks.free as *mut (), Release);
    }
    USES.store(2 * source.uses + u32::from(source.active), Release);
}

/// Whether blocks have headers. The first call fixes the answer.
fn uses_headers() -> bool {
    match MODE.load(Relaxed) {
        PLAIN => false,
        WITH_HEADERS => true,
        _ => MODE.compare_exchange(UNDECIDED, PLAIN, Relaxed, Relaxed) == Err(WITH_HEADERS),
    }
}

// SAFETY: blocks are those of the system or of the reserve, or lie within those of the system or of the
// callbacks: as large and as aligned as asked for. Nothing here allocates or unwinds.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the size of `layout` is not 0.
        let block = unsafe { provide(layout) };
        match block.is_null() {
            false => block,
            true => alloc_from_reserve(layout),
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !uses_headers() {
            // SAFETY: the size of `layout` is not 0.
            let block = unsafe { System.alloc_zeroed(layout) };
            if !block.is_null() {
                return block;
            }
        }
        // SAFETY: the size of `layout` is not 0.
        let block = unsafe { self.alloc(layout) };
        if !block.is_null() {
            // SAFETY: `block` is writable for `layout.size()` bytes.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // A probe's block was not written to: clearing it would commit its memory.
        if layout.size() < PROBE || !is_probing() {
            // SAFETY: `block` is writable for `layout.size()` bytes, and nothing refers to it any
            // more.
            unsafe { clear(block, layout.size()) };
        }
        // SAFETY: `block` was allocated by this allocator with `layout`, and is not used again.
        unsafe { free(block, layout) };
    }

    /// Moves every block that grows: when the system's `realloc` moves one, it does not clear the
    /// old bytes.
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Ok(other) = Layout::from_size_align(size, layout.align()) else {
            return ptr::null_mut();
        };
        let shrinks = size <= layout.size();
        let new = match shrinks {
            true if RESERVE.owns(block) => ptr::null_mut(),
            // SAFETY: `size`, which is that of `other`, is not 0.
            true => unsafe { provide(other) },
            // SAFETY: `size`, which is that of `other`, is not 0.
            false => unsafe { self.alloc(other) },
        };
        if new.is_null() {
            return match shrinks {
                // SAFETY: `block` is `layout.size()` bytes long; after the call only the first
                // `size` are used.
                true => unsafe { cut(block, layout.size(), size) },
                false => new,
            };
        }
        // SAFETY: `block` is readable, and `new` writable, for the lesser of both sizes; they are
        // different blocks.
        unsafe { new.copy_from_nonoverlapping(block, size.min(layout.size())) };
        // SAFETY: `block` was allocated by this allocator with `layout`, and is not used again.
        unsafe { self.dealloc(block, layout) };
        new
    }
}

/// Zeroes a block before it is freed, as it may hold a secret or a copy of one: rustls, and a vector
/// that grows, move values and do not clear the old bytes.
///
/// # Safety
///
/// `block` is `size` bytes long, and nothing else uses it.
unsafe fn clear(block: *mut u8, size: usize) {
    // SAFETY: `block` is writable for `size` bytes, and nothing else uses it.
    unsafe { block.write_bytes(0, size) };
    // Prevents the compiler from removing the writes.
    black_box(block);
}

/// Shrinks a block in place, if the source has no smaller block.
///
/// # Safety
///
/// `block` is `size` bytes long, of which nothing uses those behind the first `kept`.
unsafe fn cut(block: *mut u8, size: usize, kept: usize) -> *mut u8 {
    // SAFETY: `block` is `size` bytes long, and nothing uses those behind the first `kept`.
    unsafe { clear(block.wrapping_add(kept), size - kept) };
    if RESERVE.owns(block) {
        // SAFETY: `block` came from the reserve with `size` bytes, and nothing uses those behind
        // the first `kept`.
        unsafe { RESERVE.give_back(block, size, kept) };
    }
    block
}

/// Frees a block by its source.
///
/// # Safety
///
/// As for [`GlobalAlloc::dealloc`].
unsafe fn free(block: *mut u8, layout: Layout) {
    if RESERVE.owns(block) {
        // SAFETY: `block` came from the reserve with `layout.size()` bytes, and is not used again.
        return unsafe { RESERVE.give_back(block, layout.size(), 0) };
    }
    match uses_headers() {
        // SAFETY: no block of this process has a header, so `block` came from the system with
        // `layout`; it is not used again.
        false => unsafe { System.dealloc(block, layout) },
        // SAFETY: every block of this process has a header, so `block` came from `alloc_with_header`; it is not
        // used again.
        true => unsafe { free_with_header(block) },
    }
}

/// Allocates a block from the source; returns null if it refuses.
///
/// # Safety
///
/// As for [`GlobalAlloc::alloc`].
#[inline(always)]
unsafe fn provide(layout: Layout) -> *mut u8 {
    match uses_headers() {
        // SAFETY: the size of `layout` is not 0.
        false => unsafe { System.alloc(layout) },
        true => alloc_with_header(layout).unwrap_or(ptr::null_mut()),
    }
}

/// Serves a request that the source refused, from the reserve. Returns null if the caller handles
/// the failure, or if the reserve has no such block.
#[cold]
fn alloc_from_reserve(layout: Layout) -> *mut u8 {
    if is_fallible() {
        return ptr::null_mut();
    }
    REFUSED.fetch_add(1, Relaxed);
    RESERVE.take(layout).unwrap_or(ptr::null_mut())
}

/// The header of a block, directly before it: the source of the block.
#[derive(Clone, Copy)]
struct Header {
    start: *mut u8,
    size: u32,

    /// The use of the callbacks that allocated the block; 0 for the system.
    uses: u32,
}

/// Length of the header.
const HEADER_LEN: usize = size_of::<Header>();

/// Allocates a block with a header before it.
fn alloc_with_header(layout: Layout) -> Option<*mut u8> {
    let align = layout.align().max(align_of::<Header>());
    let size = layout.size().checked_add(HEADER_LEN + align)?;
    let header = match source() {
        Source {
            callbacks: Some(callbacks),
            active: true,
            uses,
        } if !is_permanent() => from_callbacks(size, callbacks, uses),
        _ => from_system(size),
    }?;

    let after_header = header.start.wrapping_add(HEADER_LEN);
    let block = after_header.wrapping_add(after_header.align_offset(align));
    // SAFETY: `HEADER_LEN` bytes before `block`, aligned as it is, belong to what was allocated.
    unsafe {
        block
            .wrapping_sub(HEADER_LEN)
            .cast::<Header>()
            .write(header)
    };
    Some(block)
}

fn from_callbacks(size: usize, callbacks: Callbacks, uses: u32) -> Option<Header> {
    let size = u32::try_from(size).ok()?;
    let _held = Cancelability::held();
    let (mut start, mut given) = (ptr::null_mut(), 0);
    // SAFETY: the function is what the application set as its `malloc` callback; `start` and
    // `given` are writable for the whole call.
    let outcome = unsafe { (callbacks.malloc)(&mut start, size, &mut given) };
    if outcome < 0 || start.is_null() {
        return None;
    }
    if given < size {
        // SAFETY: `start` came from these callbacks with `given` bytes just now.
        unsafe { (callbacks.free)(start, given) };
        return None;
    }
    Some(Header {
        start: start.cast(),
        size: given,
        uses,
    })
}

fn from_system(size: usize) -> Option<Header> {
    // SAFETY: any size is allowed.
    let start = unsafe { libc::malloc(size) };
    (!start.is_null()).then_some(Header {
        start: start.cast(),
        size: 0,
        uses: 0,
    })
}

/// Frees a block with a header.
///
/// # Safety
///
/// `block` came from [`alloc_with_header`], and is not used again.
unsafe fn free_with_header(block: *mut u8) {
    // SAFETY: `block` came from `alloc_with_header`, so a header lies in the `HEADER_LEN` bytes before it.
    let header = unsafe { block.wrapping_sub(HEADER_LEN).cast::<Header>().read() };
    if header.uses == 0 {
        // SAFETY: `header.start` came from `malloc()`, and is not used again.
        unsafe { libc::free(header.start.cast()) };
        return;
    }
    if let Source {
        callbacks: Some(callbacks),
        active: true,
        uses,
    } = source()
        && uses == header.uses
    {
        let _held = Cancelability::held();
        // SAFETY: `header.start` came from these callbacks, whose use has not ended, and is not used
        // again.
        unsafe { (callbacks.free)(header.start.cast(), header.size) };
    }
}

#[cfg(test)]
mod tests;
