//! Memory: the system's, or what an application's callbacks give.
//!
//! Until somebody sets callbacks, everything goes straight to the system. Callbacks can be set only
//! before the first allocation; from then on each block begins with a note of where it came from, so
//! that callbacks may be replaced, and every block still goes back to its source.
//!
//! Rust ends the process where an allocation fails, rustls' and the standard library's included, and an
//! allocator must not unwind. So what the source refuses comes from a [reserve](reserve), with two
//! exceptions: an allocation whose caller handles the failure, and one that is too large. A call in
//! progress can end in order by that, and [`is_available`] lets none begin before the source provides
//! memory again.
//!
//! Every block is cleared before it goes back.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::mem::transmute;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicU32, AtomicUsize, Ordering::*};

use self::reserve::Reserve;
use super::cancellation::Cancelability;
use crate::tls::base::memory::{is_fallible, is_probing};
use crate::tls::process::lasting::is_lasting;

mod reserve;

pub type InitFn = unsafe extern "C" fn() -> c_int;
pub type MallocFn = unsafe extern "C" fn(*mut *mut c_void, u32, *mut u32) -> c_int;
pub type FreeFn = unsafe extern "C" fn(*mut c_void, u32) -> c_int;

/// What an application gives memory with.
#[derive(Clone, Copy)]
pub struct Callbacks {
    pub init: InitFn,
    pub cleanup: InitFn,
    pub malloc: MallocFn,
    pub free: FreeFn,
}

/// Takes callbacks, which count from the next [`begin`] on. False if memory is in use already that
/// tells nothing of its source.
pub fn set_callbacks(callbacks: Callbacks) -> bool {
    let noted = MODE.compare_exchange(UNDECIDED, NOTED, Relaxed, Relaxed);
    if noted.is_err_and(|mode| mode != NOTED) {
        return false;
    }
    change(|source| source.callbacks = Some(callbacks));
    true
}

/// Begins to use the callbacks, if there are any. False if they refuse.
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

/// Ends the use of the callbacks: what came from them and still lives stays where it is. False if they
/// refuse.
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

/// Whether memory is available. It is not once a request was refused, until the source provides a block
/// again and the reserve has room for another shortage.
#[inline]
pub fn is_available() -> bool {
    REFUSED.load(Relaxed) == RECOVERED.load(Relaxed) || recover()
}

#[cold]
fn recover() -> bool {
    // A refusal that comes after this line counts as a new one.
    let refused = REFUSED.load(Relaxed);
    let recovers = RESERVE.has_room() && can_provide(PROBE);
    if recovers {
        RECOVERED.store(refused, Relaxed);
    }
    recovers
}

/// What the source has to provide to show that it provides memory again, in bytes: as much as a record
/// carries.
pub const PROBE: usize = 16 * 1024;

/// Whether the source provides a block of this size now.
pub fn can_provide(size: usize) -> bool {
    let Ok(layout) = Layout::array::<u8>(size.max(1)) else {
        return false;
    };
    // SAFETY: the size of `layout` is not 0.
    let block = unsafe { provide(layout) };
    // The compiler may not take the block for unused, and leave both calls out.
    let block = black_box(block);
    let is_provided = !block.is_null();
    if is_provided {
        // SAFETY: `block` was allocated with this layout just now, and nothing refers to it.
        unsafe { free(block, layout) };
    }
    is_provided
}

/// How many requests were refused, and how many of those are over.
static REFUSED: AtomicUsize = AtomicUsize::new(0);
/// See [`REFUSED`].
static RECOVERED: AtomicUsize = AtomicUsize::new(0);

static RESERVE: Reserve = Reserve::new();

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

struct Allocator;

/// Whether blocks begin with a note; decided by the first allocation, once and for all.
static MODE: AtomicU8 = AtomicU8::new(UNDECIDED);
const UNDECIDED: u8 = 0;
const PLAIN: u8 = 1;
const NOTED: u8 = 2;

#[derive(Clone, Copy)]
struct Source {
    callbacks: Option<Callbacks>,
    active: bool,

    /// How often their use began: a block goes back only to callbacks that gave it.
    uses: u32,
}

/// The callbacks, which change only while they are not in use. No lock, which a child of the process might
/// find locked.
static CALLBACKS: [AtomicPtr<()>; 4] = [const { AtomicPtr::new(ptr::null_mut()) }; 4];

/// Twice how often the use of callbacks began, and one more while they are in use.
static USES: AtomicU32 = AtomicU32::new(0);

fn source() -> Source {
    let uses = USES.load(Acquire);
    // The last one that is set.
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

/// Only one thread begins and ends the use of the library.
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

/// Whether blocks have notes. Asking decides it.
fn is_noted() -> bool {
    match MODE.load(Relaxed) {
        PLAIN => false,
        NOTED => true,
        _ => MODE.compare_exchange(UNDECIDED, PLAIN, Relaxed, Relaxed) == Err(NOTED),
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
            true => refused(layout),
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !is_noted() {
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
        // To clear a probe's block, which was not written to, would take its memory after all.
        if layout.size() < PROBE || !is_probing() {
            // SAFETY: `block` is writable for `layout.size()` bytes, and nothing refers to it any
            // more.
            unsafe { clear(block, layout.size()) };
        }
        // SAFETY: `block` was allocated by this allocator with `layout`, and is not used again.
        unsafe { free(block, layout) };
    }

    /// Always moves a block that grows: the system's `realloc` would leave its old bytes behind where it
    /// does.
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

/// Clears a block that is about to be freed, for it may hold a secret or a copy of one: rustls, and a
/// vector that grows, move values and leave the old bytes behind.
///
/// # Safety
///
/// `block` is `size` bytes long, and nothing else uses it.
unsafe fn clear(block: *mut u8, size: usize) {
    // SAFETY: `block` is writable for `size` bytes, and nothing else uses it.
    unsafe { block.write_bytes(0, size) };
    // As if the bytes were read, without which the compiler may leave the writes out.
    black_box(block);
}

/// Makes a block smaller where it is: one that the source has no smaller one for is large enough.
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

/// Gives a block back to where it came from.
///
/// # Safety
///
/// As for [`GlobalAlloc::dealloc`].
unsafe fn free(block: *mut u8, layout: Layout) {
    if RESERVE.owns(block) {
        // SAFETY: `block` came from the reserve with `layout.size()` bytes, and is not used again.
        return unsafe { RESERVE.give_back(block, layout.size(), 0) };
    }
    match is_noted() {
        // SAFETY: no block of this process has a note, so `block` came from the system with
        // `layout`; it is not used again.
        false => unsafe { System.dealloc(block, layout) },
        // SAFETY: every block of this process has a note, so `block` came from `noted`; it is not
        // used again.
        true => unsafe { give_back(block) },
    }
}

/// A block of the source's; null if it refuses.
///
/// # Safety
///
/// As for [`GlobalAlloc::alloc`].
#[inline(always)]
unsafe fn provide(layout: Layout) -> *mut u8 {
    match is_noted() {
        // SAFETY: the size of `layout` is not 0.
        false => unsafe { System.alloc(layout) },
        true => noted(layout).unwrap_or(ptr::null_mut()),
    }
}

/// What a request gets that the source refuses.
#[cold]
fn refused(layout: Layout) -> *mut u8 {
    if is_fallible() {
        return ptr::null_mut();
    }
    REFUSED.fetch_add(1, Relaxed);
    RESERVE.take(layout).unwrap_or(ptr::null_mut())
}

/// Where a block came from. It lies right before the block.
#[derive(Clone, Copy)]
struct Note {
    start: *mut u8,
    size: u32,

    /// The use of the callbacks in which they gave it; 0 for the system's.
    uses: u32,
}

/// What a block begins with, besides its note, so that the rest can be aligned.
const NOTE: usize = size_of::<Note>();

/// A block with a note before it.
fn noted(layout: Layout) -> Option<*mut u8> {
    let align = layout.align().max(align_of::<Note>());
    let size = layout.size().checked_add(NOTE + align)?;
    let note = match source() {
        Source {
            callbacks: Some(callbacks),
            active: true,
            uses,
        } if !is_lasting() => from_callbacks(size, callbacks, uses),
        _ => from_system(size),
    }?;

    let behind_note = note.start.wrapping_add(NOTE);
    let block = behind_note.wrapping_add(behind_note.align_offset(align));
    // SAFETY: `NOTE` bytes before `block`, aligned as it is, belong to what was allocated.
    unsafe { block.wrapping_sub(NOTE).cast::<Note>().write(note) };
    Some(block)
}

fn from_callbacks(size: usize, callbacks: Callbacks, uses: u32) -> Option<Note> {
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
    Some(Note {
        start: start.cast(),
        size: given,
        uses,
    })
}

fn from_system(size: usize) -> Option<Note> {
    // SAFETY: any size is allowed.
    let start = unsafe { libc::malloc(size) };
    (!start.is_null()).then_some(Note {
        start: start.cast(),
        size: 0,
        uses: 0,
    })
}

/// # Safety
///
/// `block` came from [`noted`], and is not used again.
unsafe fn give_back(block: *mut u8) {
    // SAFETY: `block` came from `noted`, so a note lies in the `NOTE` bytes before it.
    let note = unsafe { block.wrapping_sub(NOTE).cast::<Note>().read() };
    if note.uses == 0 {
        // SAFETY: `note.start` came from `malloc()`, and is not used again.
        unsafe { libc::free(note.start.cast()) };
        return;
    }
    if let Source {
        callbacks: Some(callbacks),
        active: true,
        uses,
    } = source()
        && uses == note.uses
    {
        let _held = Cancelability::held();
        // SAFETY: `note.start` came from these callbacks, whose use has not ended, and is not used
        // again.
        unsafe { (callbacks.free)(note.start.cast(), note.size) };
    }
}

#[cfg(test)]
mod tests;
