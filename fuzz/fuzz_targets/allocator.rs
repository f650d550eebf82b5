//! Fuzzes the API with an allocator that refuses requests: the cases of the target `operations`,
//! and the initialization and cleanup of the library.
//!
//! A target of its own, because `s2n_mem_set_callbacks()` is accepted only before the first
//! allocation of the process. Invariants: what does not fail works, failures set an error, and
//! every block is freed once, with the size that was allocated; after the cleanup none is left.

#![no_main]

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem::size_of;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use rs2n_fuzz::c;
use rs2n_fuzz::seeds;
use rs2n_fuzz::world::Case;

#[derive(Arbitrary, Debug)]
struct Input {
    /// The numbers of requests between two that are refused.
    refusals: Vec<u16>,
    /// How many requests are refused in succession.
    in_succession: u8,
    case: Case,
}

/// Live blocks of the callbacks.
static BLOCKS: AtomicUsize = AtomicUsize::new(0);
/// Whether the callbacks for the use of the allocator fail.
static FAILS: AtomicBool = AtomicBool::new(false);

thread_local! {
    static UNTIL_REFUSAL: Cell<usize> = const { Cell::new(usize::MAX) };
    static REFUSED: Cell<usize> = const { Cell::new(0) };
    static PLAN: Cell<(*const u16, usize)> = const { Cell::new((std::ptr::null(), 0)) };
    static SUCCESSION: Cell<usize> = const { Cell::new(1) };
}

/// Returns whether a request of the library is refused.
fn refuses() -> bool {
    if !c::is_inside() {
        return false;
    }
    if REFUSED.get() > 0 {
        REFUSED.set(REFUSED.get() - 1);
        c::record_refusal();
        return true;
    }
    match UNTIL_REFUSAL.get() {
        usize::MAX => false,
        0 => {
            next_refusal();
            c::record_refusal();
            REFUSED.set(SUCCESSION.get() - 1);
            true
        }
        left => {
            UNTIL_REFUSAL.set(left - 1);
            false
        }
    }
}

fn next_refusal() {
    let (plan, count) = PLAN.get();
    let Some(rest) = count.checked_sub(1) else {
        UNTIL_REFUSAL.set(usize::MAX);
        return;
    };
    // SAFETY: the plan has this number of elements, and is live until the end of the case.
    let (next, plan) = unsafe { (plan.read(), plan.add(1)) };
    PLAN.set((plan, rest));
    // Small most of the time: a case makes a few thousand requests.
    UNTIL_REFUSAL.set(usize::from(next >> 3) >> (next % 8 * 2));
}

/// The size of a block is noted in front of it, so that the size that is freed can be compared.
const NOTE: usize = 16;

unsafe extern "C" fn on_use() -> c_int {
    -c_int::from(FAILS.load(Relaxed))
}

unsafe extern "C" fn on_malloc(
    block: *mut *mut c_void,
    requested: u32,
    allocated: *mut u32,
) -> c_int {
    if refuses() {
        return -1;
    }
    // SAFETY: the size is not 0.
    let start = unsafe { libc::malloc(NOTE + requested as usize) };
    if start.is_null() {
        return -1;
    }
    BLOCKS.fetch_add(1, Relaxed);
    // SAFETY: the block has room for the note; the library passes two outputs.
    unsafe {
        start.cast::<usize>().write(requested as usize);
        block.write(start.byte_add(NOTE));
        allocated.write(requested);
    }
    0
}

unsafe extern "C" fn on_free(block: *mut c_void, size: u32) -> c_int {
    // SAFETY: the block is one of `on_malloc`, whose note is in front of it.
    unsafe {
        let start = block.byte_sub(NOTE);
        assert_eq!(start.cast::<usize>().read(), size as usize);
        libc::free(start);
    }
    BLOCKS.fetch_sub(1, Relaxed);
    0
}

/// Runs before `main`, and so before the first allocation of Rust code.
extern "C" fn set_callbacks() {
    // SAFETY: the callbacks are valid for the life of the process.
    let set = unsafe {
        c::s2n_mem_set_callbacks(Some(on_use), Some(on_use), Some(on_malloc), Some(on_free))
    };
    if set != 0 {
        std::process::abort();
    }
}

#[used]
#[unsafe(link_section = ".init_array")]
static SET_CALLBACKS: extern "C" fn() = set_callbacks;

const _: () = assert!(size_of::<usize>() <= NOTE);

fuzz_target!(init: seeds::write("allocator", seeds::noise()), |input: Input| {
    FAILS.store(input.refusals.first() == Some(&7), Relaxed);
    // SAFETY: the library is not in use.
    if unsafe { c::s2n_init() } != 0 {
        c::error_name();
        FAILS.store(false, Relaxed);
        // SAFETY: as above.
        assert_eq!(unsafe { c::s2n_init() }, 0);
    }
    PLAN.set((input.refusals.as_ptr(), input.refusals.len()));
    SUCCESSION.set(usize::from(input.in_succession % 50) + 1);
    next_refusal();
    c::take_refusal();
    input.case.run();
    UNTIL_REFUSAL.set(usize::MAX);
    REFUSED.set(0);
    // SAFETY: no object is live.
    assert_eq!(unsafe { c::s2n_cleanup_final() }, 0);
    assert_eq!(BLOCKS.load(Relaxed), 0, "blocks left");
});
