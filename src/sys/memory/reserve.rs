//! Emergency memory reserve: static memory for requests that the system, or the application's
//! callback, refuses.

use std::alloc::Layout;
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicU64, Ordering::*};

/// The reserve, 1 MiB. It uses no memory in a process whose requests succeed: its pages are zeros
/// (.bss), which the system commits when they are first written to. A call needs 50 KB at most,
/// unless a peer sends long messages, which have 64 KiB at most.
#[repr(C)]
pub(super) struct Reserve {
    /// 512 KiB, for blocks of at most 4 KiB.
    small: Pool<64, 128>,

    /// 512 KiB, for blocks of at most 256 KiB.
    large: Pool<4096, 2>,
}

impl Reserve {
    pub(super) const fn new() -> Self {
        Self {
            small: Pool::new(),
            large: Pool::new(),
        }
    }

    /// Allocates a block; returns `None` if no block of this size is free.
    pub(super) fn take(&self, layout: Layout) -> Option<*mut u8> {
        let small = self.small.take(layout);
        small.or_else(|| self.large.take(layout))
    }

    /// Whether a block belongs to the reserve.
    #[inline]
    pub(super) fn owns(&self, block: *const u8) -> bool {
        let start = std::ptr::from_ref(self).addr();
        block.addr().wrapping_sub(start) < size_of::<Self>()
    }

    /// Frees the bytes of a block after the first `kept`; all of them for 0.
    ///
    /// # Safety
    ///
    /// `block` came from [`Self::take`], has `size` bytes, and those given back are not used again.
    pub(super) unsafe fn give_back(&self, block: *const u8, size: usize, kept: usize) {
        match self.small.owns(block) {
            true => self.small.give_back(block, size, kept),
            false => self.large.give_back(block, size, kept),
        }
    }

    /// Whether at least half of each pool is free: enough to accept new calls.
    pub(super) fn has_room(&self) -> bool {
        self.small.has_room() && self.large.has_room()
    }
}

/// Bitmap allocator. A block consists of consecutive granules whose bits are in one word, so that
/// it is allocated, and freed, by one atomic operation: without a lock, also while another thread
/// forks.
#[repr(C, align(4096))]
struct Pool<const GRANULE: usize, const WORDS: usize> {
    granules: UnsafeCell<[[[u8; GRANULE]; BITS]; WORDS]>,

    /// Allocation bitmap: a bit for each granule, set if it is allocated.
    taken: [AtomicU64; WORDS],
}

const BITS: usize = u64::BITS as usize;

// SAFETY: a granule belongs to the one that has set its bit.
unsafe impl<const GRANULE: usize, const WORDS: usize> Sync for Pool<GRANULE, WORDS> {}

impl<const GRANULE: usize, const WORDS: usize> Pool<GRANULE, WORDS> {
    const fn new() -> Self {
        Self {
            granules: UnsafeCell::new([[[0; GRANULE]; BITS]; WORDS]),
            taken: [const { AtomicU64::new(0) }; WORDS],
        }
    }

    fn take(&self, layout: Layout) -> Option<*mut u8> {
        if layout.align() > GRANULE {
            return None;
        }
        let bits = bits(layout.size().div_ceil(GRANULE))?;
        let words = self.taken.iter().enumerate();
        let granule =
            { words }.find_map(|(word, taken)| Some(word * BITS + claim(taken, bits)?))?;
        let start: *mut u8 = self.granules.get().cast();
        Some(start.wrapping_add(granule * GRANULE))
    }

    fn owns(&self, block: *const u8) -> bool {
        self.offset(block) < GRANULE * BITS * WORDS
    }

    fn offset(&self, block: *const u8) -> usize {
        block.addr().wrapping_sub(self.granules.get().addr())
    }

    fn give_back(&self, block: *const u8, size: usize, kept: usize) {
        let granule = self.offset(block) / GRANULE;
        let all = bits(size.div_ceil(GRANULE)).unwrap_or(0);
        let kept = bits(kept.div_ceil(GRANULE)).unwrap_or(0);
        let freed = (all & !kept) << (granule % BITS);
        self.taken[granule / BITS].fetch_and(!freed, Release);
    }

    fn has_room(&self) -> bool {
        let taken = self
            .taken
            .iter()
            .map(|word| word.load(Relaxed).count_ones());
        taken.sum::<u32>() as usize <= BITS * WORDS / 2
    }
}

/// Returns a mask of the `count` lowest bits; `None` if a word has fewer.
fn bits(count: usize) -> Option<u64> {
    match count {
        0 => Some(0),
        1..=BITS => Some(u64::MAX >> (BITS - count)),
        _ => None,
    }
}

/// Sets `bits` at the first shift at which all of them are clear, and returns the shift.
fn claim(word: &AtomicU64, bits: u64) -> Option<usize> {
    let mut found = None;
    let set = |taken| {
        let mut shifts = 0..=bits.leading_zeros();
        found = shifts.find(|shift| taken & (bits << shift) == 0);
        Some(taken | bits << found?)
    };
    word.fetch_update(Acquire, Relaxed, set).ok()?;
    found.map(|shift| shift as usize)
}

#[cfg(test)]
mod tests;
