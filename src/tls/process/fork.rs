//! Locks that no thread holds when the process forks: the child has only the thread that forked, so that it
//! would wait for the others for ever.
//!
//! What several connections share has a [`ForkSafe`] lock, which is held for a moment only, and within a
//! section. [`close`] waits until no thread is in one, and lets none begin before [`open`]. No callback runs within
//! a section, and no file is read, except for the text of a stack trace.

use std::array;
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use std::thread;
use std::time::{Duration, Instant};

/// A mutex that no thread holds at a fork.
#[derive(Default)]
pub(crate) struct ForkSafe<T>(Mutex<T>);

impl<T> ForkSafe<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }
}

/// A lock that is only ever held for a moment, with no callback under it.
pub(crate) trait Lock {
    type Guard<'a>
    where
        Self: 'a;

    fn hold(&self) -> Self::Guard<'_>;
}

impl<T> Lock for Mutex<T> {
    type Guard<'a>
        = MutexGuard<'a, T>
    where
        T: 'a;

    fn hold(&self) -> MutexGuard<'_, T> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Lock for ForkSafe<T> {
    type Guard<'a>
        = ForkSafeGuard<'a, T>
    where
        T: 'a;

    fn hold(&self) -> ForkSafeGuard<'_, T> {
        let section = section();
        ForkSafeGuard {
            value: self.0.hold(),
            _section: section,
        }
    }
}

impl<L: Lock> Lock for Arc<L> {
    type Guard<'a>
        = L::Guard<'a>
    where
        L: 'a;

    fn hold(&self) -> L::Guard<'_> {
        (**self).hold()
    }
}

/// Access to a [`ForkSafe`] value. The section ends after the lock is given back.
pub(crate) struct ForkSafeGuard<'a, T> {
    value: MutexGuard<'a, T>,
    _section: Section,
}

impl<T> Deref for ForkSafeGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for ForkSafeGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

/// The value of a cell that is made when it is first asked for. Threads that ask at the same time each make
/// one, instead of waiting for another, which a child of the process might not have.
pub(crate) fn get_or_make<T>(cell: &OnceLock<T>, make: impl FnOnce() -> T) -> &T {
    if let Some(value) = cell.get() {
        return value;
    }
    let value = make();
    let _section = section();
    cell.get_or_init(|| value)
}

/// Sections are counted in several places, so that processors seldom share one.
const PLACES: usize = 16;

static SECTIONS: [RwLock<()>; PLACES] = [const { RwLock::new(()) }; PLACES];

pub(crate) type Section = Option<RwLockReadGuard<'static, ()>>;

/// Begins a section, which must be short. The thread that forks needs none, in what other handlers of a fork
/// do: no other thread is in one.
pub(crate) fn section() -> Section {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static PLACE: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    if IS_FORKING.get() {
        return None;
    }
    if PLACE.get() == usize::MAX {
        PLACE.set(THREADS.fetch_add(1, Relaxed) % PLACES);
    }
    let place = &SECTIONS[PLACE.get()];
    Some(place.read().unwrap_or_else(PoisonError::into_inner))
}

type Closed = [Option<RwLockWriteGuard<'static, ()>>; PLACES];

thread_local! {
    /// Between [`close`] and [`open`].
    static IS_FORKING: Cell<bool> = const { Cell::new(false) };

    /// What [`close`] has closed. It is empty when the thread ends, and so needs no destructor.
    static CLOSED: RefCell<ManuallyDrop<Closed>> =
        const { RefCell::new(ManuallyDrop::new([const { None }; PLACES])) };
}

/// The longest wait for the sections of other threads. A section takes microseconds, unless a memory callback
/// in it waits for what this thread has locked to fork.
const PATIENCE: Duration = Duration::from_secs(10);

/// Waits for the sections of all threads, and lets none begin.
pub fn close() {
    let deadline = Instant::now() + PATIENCE;
    let closed = array::from_fn(|place| {
        loop {
            if let Ok(closed) = SECTIONS[place].try_write() {
                return Some(closed);
            }
            if Instant::now() >= deadline {
                return None;
            }
            thread::yield_now();
        }
    });
    CLOSED.set(ManuallyDrop::new(closed));
    IS_FORKING.set(true);
}

/// Lets sections begin again: in the thread that called [`close`], in the process and in its child.
pub fn open() {
    IS_FORKING.set(false);
    let closed = CLOSED.replace(ManuallyDrop::new([const { None }; PLACES]));
    drop(ManuallyDrop::into_inner(closed));
}
