//! Coroutines with separate stacks: work that is suspended, and resumed later in any thread.

use std::arch::asm;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};
use std::{io, ptr, thread};

use corosensei::stack::Stack as _;
use corosensei::{CoroutineResult, Yielder};
use rs2n_core::config::callbacks::{Answer, Coroutine, Exit, Suspension, Work};

use super::sanitizer::Fiber;
use super::stack::{self, Stack};

type Inner = corosensei::Coroutine<Option<Answer>, Suspension, thread::Result<()>, Stack>;

/// A coroutine with a separate stack.
pub struct StackCoroutine {
    /// `None` only while it is dropped.
    inner: Option<Inner>,

    fiber: Fiber,
}

// SAFETY: the work is `Send`, and its stack holds nothing else where it is suspended: rustls calls signers
// and verifiers with values on the stack that are `Send`, and the library uses no thread-local there.
unsafe impl Send for StackCoroutine {}

impl StackCoroutine {
    pub fn new(work: Work) -> io::Result<Self> {
        let stack = Stack::acquire()?;
        let addresses = stack.limit().get()..stack.base().get();
        let fiber = Fiber::new(addresses.clone());
        let suspender = Arc::new(Suspender {
            yielder: AtomicPtr::default(),
            stack: addresses,
            fiber: fiber.clone(),
        });
        let inner = Inner::with_stack(stack, move |yielder, _| {
            suspender.fiber.arrive();
            suspender
                .yielder
                .store(ptr::from_ref(yielder).cast_mut(), Relaxed);
            let exit = suspender.clone();
            // A panic must not unwind beyond the stack.
            let outcome = catch_unwind(AssertUnwindSafe(|| work(exit)));
            suspender.yielder.store(ptr::null_mut(), Relaxed);
            stack::wipe();
            suspender.fiber.depart();
            outcome
        });
        Ok(Self {
            inner: Some(inner),
            fiber,
        })
    }

    /// Runs the work until its next suspension or its end; `None` if it has already ended.
    fn enter(
        &mut self,
        answer: Option<Answer>,
    ) -> Option<CoroutineResult<Suspension, thread::Result<()>>> {
        let inner = self.inner.as_mut().filter(|inner| !inner.done())?;
        Some(self.fiber.switch_to(|| inner.resume(answer)))
    }

    fn is_suspended(&self) -> bool {
        let inner = self.inner.as_ref();
        inner.is_some_and(|inner| inner.started() && !inner.done())
    }
}

impl Coroutine for StackCoroutine {
    fn resume(&mut self, answer: Option<Answer>) -> Option<Suspension> {
        match self.enter(answer)? {
            CoroutineResult::Yield(reason) => Some(reason),
            CoroutineResult::Return(Ok(())) => None,
            CoroutineResult::Return(Err(panic)) => resume_unwind(panic),
        }
    }
}

/// A cancelled coroutine is resumed without an answer, so that it runs to completion: the values on
/// its stack have to be dropped.
impl Drop for StackCoroutine {
    fn drop(&mut self) {
        while self.is_suspended() {
            // A panic of cancelled work is discarded.
            self.enter(None);
        }
        self.fiber.destroy();
        if let Some(inner) = self.inner.take()
            && inner.done()
        {
            inner.into_stack().release();
        }
    }
}

/// The handle by which a coroutine suspends itself.
struct Suspender {
    /// Null before the work begins and after it has ended.
    yielder: AtomicPtr<Yielder<Option<Answer>, Suspension>>,

    /// The address range of the coroutine's stack.
    stack: Range<usize>,

    fiber: Fiber,
}

impl Exit for Suspender {
    fn suspend(&self, reason: Suspension) -> Option<Answer> {
        if !self.stack.contains(&stack_pointer()) {
            return None;
        }
        // SAFETY: this runs on the coroutine's stack, where the yielder lives as long as it is not null.
        let yielder = unsafe { self.yielder.load(Relaxed).as_ref() }?;
        self.fiber.depart();
        let answer = yielder.suspend(reason);
        self.fiber.arrive();
        answer
    }
}

/// Returns the stack pointer. The address of a local variable is no substitute: with
/// AddressSanitizer it may be in the heap.
fn stack_pointer() -> usize {
    let address;
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the instruction only reads the stack pointer.
    unsafe {
        asm!("mov {}, rsp", out(reg) address, options(nomem, nostack, preserves_flags));
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: the instruction only reads the stack pointer.
    unsafe {
        asm!("mov {}, sp", out(reg) address, options(nomem, nostack, preserves_flags));
    }
    address
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::sync::Mutex;
    use std::sync::mpsc;

    use rs2n_core::testing::suspension;

    use super::*;

    type Answers = Arc<Mutex<Vec<Option<Answer>>>>;

    /// Returns a coroutine that is suspended twice, and the list of its answers.
    fn suspends_twice() -> (StackCoroutine, Answers) {
        let answers = Answers::default();
        let given = answers.clone();
        let work = move |exit: Arc<dyn Exit>| {
            for message in [b"1", b"2"] {
                let answer = exit.suspend(suspension(message));
                given.lock().expect("no panic").push(answer);
            }
        };
        let coroutine = StackCoroutine::new(Box::new(work)).expect("a stack");
        (coroutine, answers)
    }

    fn resume(coroutine: &mut StackCoroutine, answer: Option<Answer>) -> Option<Vec<u8>> {
        coroutine.resume(answer).map(|reason| match reason {
            Suspension::Verify(question) => question.message,
            Suspension::Sign(_) | Suspension::Call(_) => unreachable!("no reason of these tests"),
        })
    }

    fn signature(byte: u8) -> Option<Answer> {
        Some(Answer::Signature(vec![byte]))
    }

    #[test]
    fn work_is_resumed_where_it_was_suspended_in_any_thread() {
        let (mut coroutine, answers) = suspends_twice();
        assert_eq!(resume(&mut coroutine, None), Some(b"1".to_vec()));
        let mut coroutine = thread::spawn(move || {
            let next = resume(&mut coroutine, signature(1));
            assert_eq!(next, Some(b"2".to_vec()));
            coroutine
        })
        .join()
        .expect("no panic");
        assert_eq!(resume(&mut coroutine, signature(2)), None);
        let answers = answers.lock().expect("no panic");
        assert_eq!(*answers, [signature(1), signature(2)]);
    }

    #[test]
    fn a_cancelled_coroutine_runs_to_completion() {
        let (mut coroutine, answers) = suspends_twice();
        resume(&mut coroutine, None);
        drop(coroutine);
        assert_eq!(*answers.lock().expect("no panic"), [None, None]);
        assert_eq!(Arc::strong_count(&answers), 1);

        let (coroutine, answers) = suspends_twice();
        drop(coroutine);
        assert!(answers.lock().expect("no panic").is_empty());
        assert_eq!(Arc::strong_count(&answers), 1);
    }

    #[test]
    fn a_panic_is_propagated_to_the_caller() {
        let work = |exit: Arc<dyn Exit>| {
            exit.suspend(suspension(b"1"));
            panic!("a bug");
        };
        let mut coroutine = StackCoroutine::new(Box::new(work)).expect("a stack");
        resume(&mut coroutine, None);
        let panic = catch_unwind(AssertUnwindSafe(|| resume(&mut coroutine, None)));
        assert!(panic.is_err());
        // A coroutine that panicked is done.
        drop(coroutine);

        let mut coroutine = StackCoroutine::new(Box::new(work)).expect("a stack");
        resume(&mut coroutine, None);
        drop(coroutine);
    }

    #[test]
    fn the_stack_is_wiped() {
        const SECRET: u8 = 0x77;
        for panics in [false, true] {
            let work = move |_: Arc<dyn Exit>| {
                // Beyond the part of the stack that stays mapped in, and within it.
                black_box(&mut [SECRET; 300 * 1024]);
                black_box(&mut [SECRET; 1024]);
                assert!(!panics, "a bug");
            };
            let mut coroutine = StackCoroutine::new(Box::new(work)).expect("a stack");
            let outcome = catch_unwind(AssertUnwindSafe(|| coroutine.resume(None).is_none()));
            assert_eq!(outcome.is_err(), panics);
            let inner = coroutine.inner.as_ref().expect("not dropped");
            assert!(inner.done());
            drop(coroutine);
            let stack = Stack::take_unfilled().expect("the same");
            assert!(!stack.holds(SECRET));
        }
    }

    #[test]
    fn an_exit_suspends_only_its_own_coroutine() {
        let exits = Arc::<Mutex<Vec<Arc<dyn Exit>>>>::default();
        let found = exits.clone();
        let (sender, receiver) = mpsc::channel();
        let work = move |exit: Arc<dyn Exit>| {
            let outer = exit.clone();
            let inner = move |exit: Arc<dyn Exit>| {
                assert_eq!(outer.suspend(suspension(b"outer")), None);
                exit.suspend(suspension(b"inner"));
            };
            let mut inner = StackCoroutine::new(Box::new(inner)).expect("a stack");
            assert_eq!(resume(&mut inner, None), Some(b"inner".to_vec()));
            found.lock().expect("no panic").push(exit.clone());
            let answer = exit.suspend(suspension(b"outer"));
            sender.send(answer).expect("a receiver");
            assert_eq!(resume(&mut inner, None), None);
        };
        let mut outer = StackCoroutine::new(Box::new(work)).expect("a stack");
        assert_eq!(resume(&mut outer, None), Some(b"outer".to_vec()));
        let exit = exits.lock().expect("no panic")[0].clone();
        assert_eq!(exit.suspend(suspension(b"outside")), None);
        assert_eq!(resume(&mut outer, signature(7)), None);
        assert_eq!(receiver.recv(), Ok(signature(7)));

        // The next coroutine gets the same stack.
        drop(outer);
        let stale = exit.clone();
        let work = move |_: Arc<dyn Exit>| {
            assert_eq!(stale.suspend(suspension(b"stale")), None);
        };
        let mut next = StackCoroutine::new(Box::new(work)).expect("a stack");
        assert_eq!(resume(&mut next, None), None);
    }
}
