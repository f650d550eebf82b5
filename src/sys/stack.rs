//! Stacks for coroutines.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::io;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use corosensei::stack::StackPointer;
use corosensei::stack::valgrind::ValgrindStackRegistration;

/// Bytes that may be used, of which memory is taken for those that are. No handshake uses more than a third,
/// as its tests measure; the rest is for handlers of signals and for the application's allocator.
pub const SIZE: usize = 512 * 1024;

/// Bytes below them that cannot be touched: twice as many as the largest function uses, so that none gets
/// past them. Like [`SIZE`] a multiple of every size of pages.
const GUARD: usize = 256 * 1024;

/// The whole of it.
const LEN: usize = GUARD + SIZE;

/// Bytes at the base that stay in memory between uses, which is more than most handshakes use. Getting pages
/// from the system again takes ten times as long as wiping them.
const KEPT: usize = 64 * 1024;

/// How many stacks may have a guard that is a mapping of its own. Each of these takes two mappings, and Linux
/// gives a process 65,530 unless told otherwise: half of them is for the rest of the process.
const MAX_SPLIT: usize = 16_384;

/// Linux 6.13: makes pages that must not be touched without a mapping of their own.
const MADV_GUARD_INSTALL: c_int = 102;

thread_local! {
    /// A stack that was used, for the next one in this thread: mapping one takes longer than most of what
    /// is done on it. It is taken and put back outside of coroutines.
    static SPARE: Cell<Option<Stack>> = const { Cell::new(None) };
}

/// The stack of a coroutine, with a guard at its end.
pub struct Stack {
    /// Ends before the mapping does.
    _valgrind: ValgrindStackRegistration,

    mapping: Mapping,

    /// One of [`MAX_SPLIT`], if the guard is a mapping of its own.
    _split: Option<Split>,
}

impl Stack {
    /// A stack that was used in this thread, or a new one.
    pub fn take() -> io::Result<Self> {
        // A thread that is at its end has no spare.
        let stack = match SPARE.try_with(Cell::take).ok().flatten() {
            Some(spare) => spare,
            None => Self::map()?,
        };
        #[cfg(test)]
        stack.fill();
        Ok(stack)
    }

    /// Keeps a stack for the next one in this thread. What was on it is gone, if it was [wiped](wipe).
    pub fn give_back(self) {
        #[cfg(test)]
        tests::DEEPEST.set(tests::DEEPEST.get().max(self.used()));
        if self.mapping.trim().is_ok() {
            let _ = SPARE.try_with(|spare| spare.set(Some(self)));
        }
    }

    fn map() -> io::Result<Self> {
        let mapping = Mapping::new()?;
        match mapping.guard() {
            Ok(()) => Ok(Self::new(mapping, None)),
            Err(_) => Self::split(mapping),
        }
    }

    /// A stack for a system that has no other guard than a mapping.
    fn split(mapping: Mapping) -> io::Result<Self> {
        let split = SPLITS.take().ok_or(io::ErrorKind::OutOfMemory)?;
        mapping.split()?;
        Ok(Self::new(mapping, Some(split)))
    }

    fn new(mapping: Mapping, split: Option<Split>) -> Self {
        Self {
            _valgrind: ValgrindStackRegistration::new(mapping.0.as_ptr().cast(), LEN),
            mapping,
            _split: split,
        }
    }
}

// SAFETY: the mapping is larger than the least size of a stack, its ends are ends of pages, and its guard
// cannot be touched.
unsafe impl corosensei::stack::Stack for Stack {
    fn base(&self) -> StackPointer {
        self.limit().saturating_add(LEN)
    }

    fn limit(&self) -> StackPointer {
        self.mapping.0.addr()
    }
}

/// Counts the stacks whose guard is a mapping of its own.
struct Splits(AtomicUsize);

static SPLITS: Splits = Splits(AtomicUsize::new(0));

impl Splits {
    fn take(&'static self) -> Option<Split> {
        let next = |splits| (splits < MAX_SPLIT).then_some(splits + 1);
        self.0.fetch_update(Relaxed, Relaxed, next).ok()?;
        Some(Split(self))
    }
}

/// One of [`MAX_SPLIT`].
struct Split(&'static Splits);

impl Drop for Split {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}

/// The memory of a stack and, below it, of its guard.
struct Mapping(NonNull<c_void>);

// SAFETY: a mapping owns its memory, which is bound to no thread.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Neighbours become one mapping of the system's, because nothing tells them apart.
    fn new() -> io::Result<Self> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_STACK;
        // SAFETY: a new mapping at an address that the system chooses replaces no memory in use.
        let start = unsafe { libc::mmap(ptr::null_mut(), LEN, access, flags, -1, 0) };
        match NonNull::new(start).filter(|start| start.as_ptr() != libc::MAP_FAILED) {
            Some(start) => Ok(Self(start)),
            None => Err(io::Error::last_os_error()),
        }
    }

    /// Makes the guard without a mapping of its own.
    fn guard(&self) -> io::Result<()> {
        // SAFETY: the guard is the mapping's own, and nothing is in it.
        outcome(unsafe { libc::madvise(self.0.as_ptr(), GUARD, MADV_GUARD_INSTALL) })
    }

    /// Makes the guard a mapping of its own.
    fn split(&self) -> io::Result<()> {
        // SAFETY: the guard is the mapping's own, and nothing is in it.
        outcome(unsafe { libc::mprotect(self.0.as_ptr(), GUARD, libc::PROT_NONE) })
    }

    /// Gives memory back to the system that is far from the base, and has zeros there. The guard stays.
    fn trim(&self) -> io::Result<()> {
        // SAFETY: the mapping is `LEN` bytes long, which is more than `GUARD`.
        let rest = unsafe { self.0.byte_add(GUARD) };
        // SAFETY: the range lies within the mapping, and nothing on the stack is in use.
        outcome(unsafe { libc::madvise(rest.as_ptr(), SIZE - KEPT, libc::MADV_DONTNEED) })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and nothing on the stack is in use.
        unsafe { libc::munmap(self.0.as_ptr(), LEN) };
    }
}

/// Wipes what earlier calls have left on the stack that this runs on, as far as that is kept. It needs no
/// pointer into the stack, which tools for finding errors would not allow.
#[inline(never)]
pub fn wipe() {
    black_box(&mut [0_u8; KEPT]);
}

fn outcome(status: c_int) -> io::Result<()> {
    match status {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    thread_local! {
        /// How many bytes of a stack were used at most in this thread.
        pub(crate) static DEEPEST: Cell<usize> = const { Cell::new(0) };
    }

    /// What is on a stack that is not used. Zeros would not do: AWS-LC wipes with them.
    const UNUSED: u8 = 0xa5;

    impl Stack {
        /// The spare of this thread, as it is.
        pub(crate) fn take_unfilled() -> Option<Self> {
            SPARE.take()
        }

        pub(super) fn fill(&self) {
            // SAFETY: the mapping is `LEN` bytes long, which is more than `GUARD`.
            let usable = unsafe { self.mapping.0.byte_add(GUARD) };
            // SAFETY: the mapping is writable for `SIZE` bytes behind its guard, and nothing on the
            // stack is in use.
            unsafe { usable.cast::<u8>().write_bytes(UNUSED, SIZE) };
        }

        /// Whether there are 16 bytes of this value behind each other.
        pub(crate) fn holds(&self, value: u8) -> bool {
            let mut found = 0;
            (GUARD..LEN).any(|place| {
                found = match self.byte(place) == value {
                    true => found + 1,
                    false => 0,
                };
                found == 16
            })
        }

        /// How many bytes were used since the stack was taken.
        pub(super) fn used(&self) -> usize {
            let deepest = (GUARD..LEN).find(|&place| self.byte(place) != UNUSED);
            deepest.map_or(0, |place| LEN - place)
        }

        fn byte(&self, place: usize) -> u8 {
            assert!((GUARD..LEN).contains(&place));
            // SAFETY: `place` lies within the `LEN` bytes of the mapping.
            let byte = unsafe { self.mapping.0.cast::<u8>().add(place) };
            // SAFETY: `byte` lies behind the guard, where the mapping is readable and initialized.
            unsafe { byte.read_volatile() }
        }
    }

    /// Whether the system can read a byte of ours.
    fn is_readable(place: NonNull<c_void>) -> bool {
        let mut pipe = [0; 2];
        // SAFETY: `pipe` is writable for two descriptors for the whole call.
        assert_eq!(unsafe { libc::pipe(pipe.as_mut_ptr()) }, 0);
        // SAFETY: the system reads `place`, and returns `EFAULT` if it is not readable.
        let written = unsafe { libc::write(pipe[1], place.as_ptr(), 1) };
        assert!(written == 1 || io::Error::last_os_error().raw_os_error() == Some(libc::EFAULT));
        for end in pipe {
            // SAFETY: `end` is a descriptor that this function has opened, and is not used again.
            unsafe { libc::close(end) };
        }
        written == 1
    }

    #[test]
    fn the_guard_cannot_be_touched() {
        let mapping = Mapping::new().expect("memory");
        for stack in [Stack::map(), Stack::split(mapping)] {
            let stack = stack.expect("a stack");
            stack.fill();
            stack.mapping.trim().expect("trimmed");
            for (place, is_usable) in [
                (0, false),
                (GUARD - 1, false),
                (GUARD, true),
                (LEN - 1, true),
            ] {
                // SAFETY: `place` lies within the `LEN` bytes of the mapping.
                let place = unsafe { stack.mapping.0.byte_add(place) };
                assert_eq!(is_readable(place), is_usable);
            }
        }
    }

    #[test]
    fn stacks_that_cost_mappings_are_limited() {
        static SPLITS: Splits = Splits(AtomicUsize::new(0));
        let mut all: Vec<_> = (0..MAX_SPLIT).map(|_| SPLITS.take()).collect();
        assert!(all.iter().all(Option::is_some));
        assert!(SPLITS.take().is_none());
        all.pop();
        assert!(SPLITS.take().is_some());
    }
}
