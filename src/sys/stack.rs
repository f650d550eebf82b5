//! Stacks of coroutines, with guard pages, cached per thread.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::io;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use corosensei::stack::StackPointer;
use corosensei::stack::valgrind::ValgrindStackRegistration;

/// Usable bytes of a stack; memory is committed for those that are used. No handshake uses more
/// than a third, as its tests measure; the rest is for signal handlers and for the application's
/// allocator.
pub const SIZE: usize = 512 * 1024;

/// Inaccessible bytes below the stack: twice the stack frame of the largest function, so that none
/// skips the guard. Like [`SIZE`], a multiple of every page size.
const GUARD: usize = 256 * 1024;

/// Length of the mapping.
const LEN: usize = GUARD + SIZE;

/// Bytes at the base that stay resident between uses, more than most handshakes use. Page faults
/// for new pages take ten times as long as wiping them.
const KEPT: usize = 64 * 1024;

/// Maximum number of stacks whose guard is a separate mapping. Each of them takes two mappings, and
/// Linux limits a process to 65,530 by default (vm.max_map_count): half of them is for the rest of
/// the process.
const MAX_GUARD_MAPPINGS: usize = 16_384;

/// Installs guard pages without a separate mapping; since Linux 6.13.
#[cfg(target_os = "linux")]
const MADV_GUARD_INSTALL: c_int = 102;

const ACCESS: c_int = libc::PROT_READ | libc::PROT_WRITE;
const ANONYMOUS: c_int = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;

/// Attributes of the mapping. OpenBSD requires `MAP_STACK` of a stack. On FreeBSD it creates a mapping
/// that grows, with a guard of its own, and macOS does not have it.
#[cfg(any(target_os = "linux", target_os = "netbsd"))]
const FLAGS: c_int = ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_STACK;
#[cfg(target_os = "openbsd")]
const FLAGS: c_int = ANONYMOUS | libc::MAP_STACK;
#[cfg(not(any(target_os = "linux", target_os = "netbsd", target_os = "openbsd")))]
const FLAGS: c_int = ANONYMOUS;

thread_local! {
    /// A used stack, cached for the next coroutine in this thread: a new mapping takes longer than
    /// most of the work on it. It is acquired and released outside of coroutines.
    static SPARE: Cell<Option<Stack>> = const { Cell::new(None) };
}

/// The stack of a coroutine, with guard pages at its end.
pub struct Stack {
    /// Dropped before the mapping.
    _valgrind: ValgrindStackRegistration,

    mapping: Mapping,

    /// One of [`MAX_GUARD_MAPPINGS`], if the guard is a separate mapping.
    _guard_mapping: Option<GuardMapping>,
}

impl Stack {
    /// Returns the cached stack of this thread, or a new one.
    pub fn acquire() -> io::Result<Self> {
        // The cache of an exiting thread is destroyed.
        let stack = match SPARE.try_with(Cell::take).ok().flatten() {
            Some(spare) => spare,
            None => Self::map()?,
        };
        #[cfg(test)]
        stack.fill();
        Ok(stack)
    }

    /// Caches the stack for the next coroutine in this thread. It holds no data if it was
    /// [wiped](wipe).
    pub fn release(self) {
        #[cfg(test)]
        tests::DEEPEST.set(tests::DEEPEST.get().max(self.used()));
        if self.mapping.trim().is_ok() {
            let _ = SPARE.try_with(|spare| spare.set(Some(self)));
        }
    }

    fn map() -> io::Result<Self> {
        let mapping = Mapping::new()?;
        match mapping.install_guard() {
            Ok(()) => Ok(Self::new(mapping, None)),
            Err(_) => Self::with_guard_mapping(mapping),
        }
    }

    /// Creates a stack whose guard is a separate mapping, for systems without
    /// [`MADV_GUARD_INSTALL`].
    fn with_guard_mapping(mapping: Mapping) -> io::Result<Self> {
        let guard_mapping = GUARD_MAPPINGS.acquire().ok_or(io::ErrorKind::OutOfMemory)?;
        mapping.protect_guard()?;
        Ok(Self::new(mapping, Some(guard_mapping)))
    }

    fn new(mapping: Mapping, guard_mapping: Option<GuardMapping>) -> Self {
        Self {
            _valgrind: ValgrindStackRegistration::new(mapping.0.as_ptr().cast(), LEN),
            mapping,
            _guard_mapping: guard_mapping,
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

/// Counts the stacks whose guard is a separate mapping.
struct GuardMappings(AtomicUsize);

static GUARD_MAPPINGS: GuardMappings = GuardMappings(AtomicUsize::new(0));

impl GuardMappings {
    fn acquire(&'static self) -> Option<GuardMapping> {
        let next = |count| (count < MAX_GUARD_MAPPINGS).then_some(count + 1);
        self.0.fetch_update(Relaxed, Relaxed, next).ok()?;
        Some(GuardMapping(self))
    }
}

/// One of [`MAX_GUARD_MAPPINGS`].
struct GuardMapping(&'static GuardMappings);

impl Drop for GuardMapping {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}

/// The memory mapping of a stack, and of its guard below it.
struct Mapping(NonNull<c_void>);

// SAFETY: a mapping owns its memory, which is bound to no thread.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Creates a mapping. The system merges neighbours into one, as they have the same attributes.
    fn new() -> io::Result<Self> {
        // SAFETY: a new mapping at an address that the system chooses replaces no memory in use.
        let start = unsafe { libc::mmap(ptr::null_mut(), LEN, ACCESS, FLAGS, -1, 0) };
        match NonNull::new(start).filter(|start| start.as_ptr() != libc::MAP_FAILED) {
            Some(start) => Ok(Self(start)),
            None => Err(io::Error::last_os_error()),
        }
    }

    /// Installs the guard pages without a separate mapping.
    #[cfg(target_os = "linux")]
    fn install_guard(&self) -> io::Result<()> {
        // SAFETY: the guard is the mapping's own, and nothing is in it.
        outcome(unsafe { libc::madvise(self.0.as_ptr(), GUARD, MADV_GUARD_INSTALL) })
    }

    #[cfg(not(target_os = "linux"))]
    fn install_guard(&self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Protects the guard pages, which makes them a separate mapping.
    fn protect_guard(&self) -> io::Result<()> {
        // SAFETY: the guard is the mapping's own, and nothing is in it.
        outcome(unsafe { libc::mprotect(self.0.as_ptr(), GUARD, libc::PROT_NONE) })
    }

    /// Returns the memory beyond [`KEPT`] to the system, so that it reads as zeros. The guard
    /// stays.
    fn trim(&self) -> io::Result<()> {
        // SAFETY: the mapping is `LEN` bytes long, which is more than `GUARD`.
        let rest = unsafe { self.0.byte_add(GUARD) };
        // SAFETY: the range lies within the mapping, and nothing on the stack is in use.
        unsafe { discard(rest, SIZE - KEPT) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and nothing on the stack is in use.
        unsafe { libc::munmap(self.0.as_ptr(), LEN) };
    }
}

/// Returns memory of a mapping to the system, so that it reads as zeros.
///
/// # Safety
///
/// The range lies within a mapping, and nothing in it is in use.
#[cfg(target_os = "linux")]
unsafe fn discard(start: NonNull<c_void>, len: usize) -> io::Result<()> {
    // SAFETY: the caller's promise.
    outcome(unsafe { libc::madvise(start.as_ptr(), len, libc::MADV_DONTNEED) })
}

/// The same by a new mapping in place of the old one: `MADV_DONTNEED` of other systems is a hint,
/// after which the data may still be there.
///
/// # Safety
///
/// The range lies within a mapping, and nothing in it is in use.
#[cfg(not(target_os = "linux"))]
unsafe fn discard(start: NonNull<c_void>, len: usize) -> io::Result<()> {
    let flags = FLAGS | libc::MAP_FIXED;
    // SAFETY: the caller's promise.
    let new = unsafe { libc::mmap(start.as_ptr(), len, ACCESS, flags, -1, 0) };
    outcome(if new == libc::MAP_FAILED { -1 } else { 0 })
}

/// Wipes the resident part of the stack that this runs on from the data of earlier calls. It uses
/// no pointer into the stack, which sanitizers and Valgrind would report.
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
        /// Maximum number of bytes of a stack that were used in this thread.
        pub(crate) static DEEPEST: Cell<usize> = const { Cell::new(0) };
    }

    /// Fill pattern of an unused stack. Not zero, as AWS-LC wipes with zeros.
    const UNUSED: u8 = 0xa5;

    impl Stack {
        /// Returns the cached stack of this thread, without filling it.
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

        /// Whether the stack contains 16 consecutive bytes of this value.
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

        /// Returns the number of bytes used since the stack was acquired.
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

    /// Whether the byte at this address is readable, by the result of a system call.
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
    fn the_guard_is_inaccessible() {
        let mapping = Mapping::new().expect("memory");
        for stack in [Stack::map(), Stack::with_guard_mapping(mapping)] {
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
    fn guard_mappings_are_limited() {
        static GUARD_MAPPINGS: GuardMappings = GuardMappings(AtomicUsize::new(0));
        let mut all: Vec<_> = (0..MAX_GUARD_MAPPINGS)
            .map(|_| GUARD_MAPPINGS.acquire())
            .collect();
        assert!(all.iter().all(Option::is_some));
        assert!(GUARD_MAPPINGS.acquire().is_none());
        all.pop();
        assert!(GUARD_MAPPINGS.acquire().is_some());
    }
}
