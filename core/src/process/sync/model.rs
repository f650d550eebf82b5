//! The types of the standard library as loom models them.
//!
//! loom's own types cannot be values of static variables. So those here create their loom object on
//! first use, and another one in each execution of a model.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::AtomicU64 as RealAtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

pub use loom::sync::atomic::{
    AtomicBool, AtomicI16, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize,
};
pub use loom::thread::yield_now;

/// The number of the present execution.
static EXECUTION: RealAtomicU64 = RealAtomicU64::new(0);

/// The words of a thread's stack, which a handshake in a debug build requires.
const STACK: usize = 1 << 18;

/// The maximum number of preemptions in an execution, unless the environment variable
/// `LOOM_MAX_PREEMPTIONS` has another one.
const PREEMPTIONS: usize = 4;

/// Explores a model: runs it once for each order of the steps of its threads, up to a number of
/// preemptions. Prints the number of executions.
pub fn explore(name: &str, model: fn()) {
    /// Static variables belong to one model at a time.
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = EXECUTION.load(Relaxed);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(PREEMPTIONS);
    builder.max_branches = 100_000;
    builder.check(move || {
        EXECUTION.fetch_add(1, Relaxed);
        // The first thread has a small stack.
        spawn(model).join().expect("the model holds");
    });
    println!("{name}: {} executions", EXECUTION.load(Relaxed) - before);
}

/// Starts a thread of a model.
pub fn spawn<T: Send + 'static>(
    run: impl FnOnce() -> T + Send + 'static,
) -> loom::thread::JoinHandle<T> {
    let builder = loom::thread::Builder::new().stack_size(STACK);
    builder.spawn(run).expect("a thread")
}

/// A loom object of the present execution. It is never freed, so that a guard can borrow it.
#[derive(Debug)]
struct PerExecution<T: 'static>(std::sync::Mutex<Option<(u64, &'static T)>>);

impl<T> PerExecution<T> {
    const fn new() -> Self {
        Self(std::sync::Mutex::new(None))
    }

    fn get(&self, make: impl FnOnce() -> T) -> &'static T {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let present = EXECUTION.load(Relaxed);
        match *place {
            Some((execution, object)) if execution == present => object,
            _ => {
                let object = Box::leak(Box::new(make()));
                *place = Some((present, object));
                object
            }
        }
    }
}

/// A mutex, which another one of loom precedes.
#[derive(Debug)]
pub struct Mutex<T> {
    model: PerExecution<loom::sync::Mutex<()>>,
    value: std::sync::Mutex<T>,
}

/// Access to the value of a [`Mutex`]. The value is released before loom's mutex.
#[derive(Debug)]
pub struct MutexGuard<'a, T> {
    value: std::sync::MutexGuard<'a, T>,
    _model: loom::sync::MutexGuard<'static, ()>,
}

impl<T> Mutex<T> {
    pub const fn new(value: T) -> Self {
        Self {
            model: PerExecution::new(),
            value: std::sync::Mutex::new(value),
        }
    }

    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let model = self.model.get(loom::sync::Mutex::default).lock();
        self.guard(model.expect("loom poisons nothing"))
    }

    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        let model = self.model.get(loom::sync::Mutex::default).try_lock();
        let model = model.map_err(|_| TryLockError::WouldBlock)?;
        Ok(self.guard(model)?)
    }

    fn guard(&self, model: loom::sync::MutexGuard<'static, ()>) -> LockResult<MutexGuard<'_, T>> {
        match self.value.lock() {
            Ok(value) => Ok(MutexGuard {
                value,
                _model: model,
            }),
            Err(poisoned) => Err(PoisonError::new(MutexGuard {
                value: poisoned.into_inner(),
                _model: model,
            })),
        }
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

/// A lock of readers and writers without a value.
#[derive(Debug)]
pub struct RwLock<T: 'static>(PerExecution<loom::sync::RwLock<T>>);

pub type RwLockReadGuard<'a, T> = loom::sync::RwLockReadGuard<'a, T>;
pub type RwLockWriteGuard<'a, T> = loom::sync::RwLockWriteGuard<'a, T>;

impl RwLock<()> {
    pub const fn new((): ()) -> Self {
        Self(PerExecution::new())
    }

    pub fn read(&self) -> LockResult<RwLockReadGuard<'static, ()>> {
        self.0.get(loom::sync::RwLock::default).read()
    }

    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'static, ()>> {
        self.0.get(loom::sync::RwLock::default).try_write()
    }
}

/// A value that is initialized once in each execution.
pub struct OnceLock<T: 'static>(PerExecution<Once<T>>);

struct Once<T> {
    value: std::sync::OnceLock<T>,
    /// Readers synchronize with the thread that initializes, and not with each other.
    is_ready: loom::sync::RwLock<bool>,
}

impl<T> OnceLock<T> {
    pub const fn new() -> Self {
        Self(PerExecution::new())
    }

    fn once(&self) -> &'static Once<T> {
        self.0.get(|| Once {
            value: std::sync::OnceLock::new(),
            is_ready: loom::sync::RwLock::default(),
        })
    }

    pub fn get(&self) -> Option<&T> {
        let once = self.once();
        let is_ready = *once.is_ready.read().expect("loom poisons nothing");
        once.value.get().filter(|_| is_ready)
    }

    pub fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
        if let Some(value) = self.get() {
            return value;
        }
        let once = self.once();
        let mut is_ready = once.is_ready.write().expect("loom poisons nothing");
        *is_ready = true;
        once.value.get_or_init(init)
    }
}
