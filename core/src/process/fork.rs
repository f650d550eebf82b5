//! Fork-safe locks, which no thread holds when the process forks: the child has only the thread
//! that forked, so that a lock of another thread would never be released there.
//!
//! State that several connections share has a `ForkSafeMutex`, which is held only briefly, and
//! within a critical section. [`block_critical_sections`] waits until no thread is in one, and
//! prevents new ones until [`unblock_critical_sections`]. No callback runs within a critical
//! section, and no file is read, except for the text of a stack trace.

use std::array;
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::sync::{
    self, AtomicUsize, Mutex, MutexGuard, OnceLock, RwLock, RwLockReadGuard, RwLockWriteGuard,
};

/// A mutex that no thread holds when the process forks.
#[derive(Default)]
pub(crate) struct ForkSafeMutex<T>(Mutex<T>);

impl<T> ForkSafeMutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }
}

/// A lock that is held only briefly, and not while a callback runs.
pub(crate) trait Lock {
    type Guard<'a>
    where
        Self: 'a;

    /// Waits for the lock. Poisoning is ignored.
    fn acquire(&self) -> Self::Guard<'_>;
}

impl<T> Lock for Mutex<T> {
    type Guard<'a>
        = MutexGuard<'a, T>
    where
        T: 'a;

    fn acquire(&self) -> MutexGuard<'_, T> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A mutex that no model explores.
#[cfg(feature = "internal-model")]
impl<T> Lock for std::sync::Mutex<T> {
    type Guard<'a>
        = std::sync::MutexGuard<'a, T>
    where
        T: 'a;

    fn acquire(&self) -> std::sync::MutexGuard<'_, T> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Lock for ForkSafeMutex<T> {
    type Guard<'a>
        = ForkSafeMutexGuard<'a, T>
    where
        T: 'a;

    fn acquire(&self) -> ForkSafeMutexGuard<'_, T> {
        let section = critical_section();
        ForkSafeMutexGuard {
            value: self.0.acquire(),
            _section: section,
        }
    }
}

impl<L: Lock> Lock for Arc<L> {
    type Guard<'a>
        = L::Guard<'a>
    where
        L: 'a;

    fn acquire(&self) -> L::Guard<'_> {
        (**self).acquire()
    }
}

/// Access to a [`ForkSafeMutex`] value. The critical section ends after the lock is released.
pub(crate) struct ForkSafeMutexGuard<'a, T> {
    value: MutexGuard<'a, T>,
    _section: CriticalSection,
}

impl<T> Deref for ForkSafeMutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for ForkSafeMutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

/// A cell whose value is initialized once.
pub(crate) trait Once<T> {
    fn get(&self) -> Option<&T>;
    fn get_or_init(&self, value: T) -> &T;

    /// Begins the critical section of an initialization.
    fn section(&self) -> CriticalSection {
        critical_section()
    }
}

impl<T> Once<T> for OnceLock<T> {
    fn get(&self) -> Option<&T> {
        self.get()
    }

    fn get_or_init(&self, value: T) -> &T {
        self.get_or_init(|| value)
    }
}

/// A cell that no model explores. It keeps its value in later executions, which must have the same
/// steps.
#[cfg(feature = "internal-model")]
impl<T> Once<T> for std::sync::OnceLock<T> {
    fn get(&self) -> Option<&T> {
        self.get()
    }

    fn get_or_init(&self, value: T) -> &T {
        self.get_or_init(|| value)
    }

    fn section(&self) -> CriticalSection {
        None
    }
}

/// Returns the value of a cell, which is initialized on first use. Concurrent threads each create a
/// value instead of waiting for another thread, which might not exist in a child process.
pub(crate) fn get_or_init<T>(cell: &impl Once<T>, init: impl FnOnce() -> T) -> &T {
    if let Some(value) = cell.get() {
        return value;
    }
    let value = init();
    let _section = cell.section();
    cell.get_or_init(value)
}

/// Critical sections are counted in several shards, so that up to as many threads do not contend
/// for one. Models have few threads.
const SHARDS: usize = if cfg!(feature = "internal-model") {
    2
} else {
    64
};

/// A shard, alone in two cache lines, which processors fetch in pairs.
#[repr(align(128))]
struct Shard(RwLock<()>);

static CRITICAL_SECTIONS: [Shard; SHARDS] = [const { Shard(RwLock::new(())) }; SHARDS];

/// The read lock of a shard; `None` in the thread that forks.
pub(crate) type CriticalSection = Option<RwLockReadGuard<'static, ()>>;

/// Begins a critical section, which must be short. It is not required in the thread that forks,
/// within the other handlers of a fork: no other thread is in one.
pub(crate) fn critical_section() -> CriticalSection {
    if IS_FORKING.with(Cell::get) {
        return None;
    }
    let Shard(shard) = &CRITICAL_SECTIONS[thread_number() % SHARDS];
    Some(shard.read().unwrap_or_else(PoisonError::into_inner))
}

/// Returns the number of the present thread, by which threads are distributed to shards.
pub(crate) fn thread_number() -> usize {
    sync::global! {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
    }
    sync::thread_variable! {
        static NUMBER: Cell<usize> = Cell::new(usize::MAX);
    }
    NUMBER.with(|number| {
        if number.get() == usize::MAX {
            number.set(THREADS.fetch_add(1, Relaxed));
        }
        number.get()
    })
}

sync::thread_variable! {
    /// Whether this thread has called [`is_first_in_thread`] since its last fork.
    static HAS_BEGUN: Cell<bool> = Cell::new(false);
}

/// Returns whether this is the first call in the thread, or its first one after a fork.
pub(crate) fn is_first_in_thread() -> bool {
    HAS_BEGUN.with(|has_begun| !has_begun.replace(true))
}

type BlockedShards = [Option<RwLockWriteGuard<'static, ()>>; SHARDS];

sync::thread_variable! {
    /// Whether this thread is between [`block_critical_sections`] and
    /// [`unblock_critical_sections`].
    static IS_FORKING: Cell<bool> = Cell::new(false);
}

sync::thread_variable! {
    /// The write locks of [`block_critical_sections`]. It is empty when the thread ends, and so
    /// needs no destructor.
    static BLOCKED: RefCell<ManuallyDrop<BlockedShards>> =
        RefCell::new(ManuallyDrop::new([const { None }; SHARDS]));
}

/// The maximum wait for the critical sections of other threads. One takes microseconds, unless a
/// memory callback in it waits for a lock that the forking thread holds.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Waits for the critical sections of all threads, and prevents new ones.
pub fn block_critical_sections() {
    let deadline = Instant::now() + TIMEOUT;
    let blocked = array::from_fn(|shard| {
        loop {
            if let Ok(blocked) = CRITICAL_SECTIONS[shard].0.try_write() {
                return Some(blocked);
            }
            if Instant::now() >= deadline {
                return None;
            }
            sync::yield_now();
        }
    });
    BLOCKED.with(|place| place.replace(ManuallyDrop::new(blocked)));
    IS_FORKING.with(|is_forking| is_forking.set(true));
}

/// Permits critical sections again. Runs in the thread that called [`block_critical_sections`],
/// both in the parent and in the child process.
pub fn unblock_critical_sections() {
    IS_FORKING.with(|is_forking| is_forking.set(false));
    HAS_BEGUN.with(|has_begun| has_begun.set(false));
    let none = ManuallyDrop::new([const { None }; SHARDS]);
    let blocked = BLOCKED.with(|place| place.replace(none));
    drop(ManuallyDrop::into_inner(blocked));
}
