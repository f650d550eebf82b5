//! A stack of its own, for work that has to stop in the middle.

use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};
use std::thread;

use corosensei::stack::DefaultStack;
use corosensei::{CoroutineResult, Yielder};

use crate::tls::config::callbacks::{Answer, Coroutine, Question, Work};

/// Bytes of a stack, to which the system adds a page that must not be touched. Memory is used as far as
/// the stack is: rustls uses 32 KiB of it at most, and the rest is for the callbacks of the application
/// that come in the middle of its work, for the time or for a client's certificate.
const STACK_SIZE: usize = 1024 * 1024;

/// The way from such a stack back to the one that it was entered from.
type Exit = Yielder<Answer, Question>;

thread_local! {
    /// The exit of the stack on which this thread runs; null on the thread's own.
    static EXIT: Cell<*const Exit> = const { Cell::new(ptr::null()) };

    /// A stack that was used: a new one costs more than what is usually done on it.
    static SPARE: Cell<Option<DefaultStack>> = const { Cell::new(None) };
}

/// Work on a stack of its own.
pub struct StackCoroutine {
    /// There until it is dropped.
    coroutine: Option<corosensei::Coroutine<Answer, Question, thread::Result<()>>>,

    /// Known once the work has begun; good until it is done.
    exit: Arc<AtomicPtr<Exit>>,
}

// SAFETY: the work can be sent. What it puts on its stack must be as good in another thread where it
// asks, which is our promise about rustls: it calls a signer with nothing on its stack but what it
// could have sent.
unsafe impl Send for StackCoroutine {}

impl StackCoroutine {
    pub fn new(work: Work) -> io::Result<Self> {
        let stack = match SPARE.take() {
            Some(spare) => spare,
            None => DefaultStack::new(STACK_SIZE)?,
        };
        let exit = Arc::new(AtomicPtr::default());
        let known = exit.clone();
        let coroutine = corosensei::Coroutine::with_stack(stack, move |here: &Exit, _| {
            let here = ptr::from_ref(here);
            known.store(here.cast_mut(), Relaxed);
            EXIT.set(here);
            // No panic may leave the stack.
            catch_unwind(AssertUnwindSafe(work))
        });
        Ok(Self {
            coroutine: Some(coroutine),
            exit,
        })
    }

    /// Runs the work up to its next question, or its end; nothing is left to be run after that.
    fn enter(&mut self, answer: Answer) -> Option<CoroutineResult<Question, thread::Result<()>>> {
        let coroutine = self.coroutine.as_mut().filter(|work| !work.done())?;
        let outer = EXIT.replace(self.exit.load(Relaxed));
        let outcome = coroutine.resume(answer);
        EXIT.set(outer);
        Some(outcome)
    }

    fn is_waiting(&self) -> bool {
        let work = self.coroutine.as_ref();
        work.is_some_and(|work| work.started() && !work.done())
    }
}

impl Coroutine for StackCoroutine {
    fn resume(&mut self, answer: Answer) -> Option<Question> {
        match self.enter(answer)? {
            CoroutineResult::Yield(question) => Some(question),
            CoroutineResult::Return(Ok(())) => None,
            CoroutineResult::Return(Err(panic)) => resume_unwind(panic),
        }
    }
}

/// Work that was given up hears that there is no answer, and comes to its end: what is on its stack
/// has to be dropped.
impl Drop for StackCoroutine {
    fn drop(&mut self) {
        while self.is_waiting() {
            // Nobody is left to hear of a panic.
            self.enter(None);
        }
        if let Some(coroutine) = self.coroutine.take()
            && coroutine.done()
        {
            let stack = coroutine.into_stack();
            // A thread that is at its end needs no spare.
            let _ = SPARE.try_with(|spare| spare.set(Some(stack)));
        }
    }
}

/// Leaves the stack that this thread is on, until there is an answer. Nothing on the thread's own.
pub fn ask(question: Question) -> Answer {
    let exit = EXIT.get();
    // SAFETY: not null only while this thread runs on that exit's stack, which lasts as long.
    let exit = unsafe { exit.as_ref() }?;
    exit.suspend(question)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc;

    use super::*;

    /// Work that asks twice, and what it was answered.
    fn asks_twice() -> (StackCoroutine, Arc<Mutex<Vec<Answer>>>) {
        let answers = Arc::<Mutex<Vec<_>>>::default();
        let heard = answers.clone();
        let work = move || {
            for message in [b"1", b"2"] {
                let answer = ask(Question::for_test(message));
                heard.lock().expect("no panic").push(answer);
            }
        };
        (
            StackCoroutine::new(Box::new(work)).expect("a stack"),
            answers,
        )
    }

    fn asked(stack: &mut StackCoroutine, answer: Answer) -> Option<Vec<u8>> {
        stack.resume(answer).map(|question| match question {
            Question::Verify(question) => question.message,
            Question::Sign(_) => unreachable!("nobody asks for it"),
        })
    }

    #[test]
    fn work_goes_on_where_it_asked_in_any_thread() {
        let (mut stack, answers) = asks_twice();
        assert_eq!(asked(&mut stack, None), Some(b"1".to_vec()));
        let mut stack = thread::spawn(move || {
            assert_eq!(asked(&mut stack, Some(vec![1])), Some(b"2".to_vec()));
            stack
        })
        .join()
        .expect("no panic");
        assert_eq!(asked(&mut stack, Some(vec![2])), None);
        assert_eq!(
            *answers.lock().expect("no panic"),
            [Some(vec![1]), Some(vec![2])]
        );
    }

    #[test]
    fn work_that_is_given_up_comes_to_its_end() {
        let (mut stack, answers) = asks_twice();
        asked(&mut stack, None);
        drop(stack);
        assert_eq!(*answers.lock().expect("no panic"), [None, None]);
        assert_eq!(Arc::strong_count(&answers), 1);

        let (stack, answers) = asks_twice();
        drop(stack);
        assert!(answers.lock().expect("no panic").is_empty());
        assert_eq!(Arc::strong_count(&answers), 1);
    }

    #[test]
    fn a_panic_arrives_on_the_callers_stack() {
        let work = || {
            ask(Question::for_test(b"1"));
            panic!("a bug");
        };
        let mut stack = StackCoroutine::new(Box::new(work)).expect("a stack");
        asked(&mut stack, None);
        let panic = catch_unwind(AssertUnwindSafe(|| asked(&mut stack, None)));
        assert!(panic.is_err());
        // It is known to be done.
        drop(stack);

        let mut stack = StackCoroutine::new(Box::new(work)).expect("a stack");
        asked(&mut stack, None);
        drop(stack);
    }

    #[test]
    fn each_stack_has_its_own_exit() {
        let (sender, receiver) = mpsc::channel();
        let work = move || {
            let (mut inner, _) = asks_twice();
            assert_eq!(asked(&mut inner, None), Some(b"1".to_vec()));
            sender
                .send(ask(Question::for_test(b"outer")))
                .expect("it listens");
            assert_eq!(asked(&mut inner, None), Some(b"2".to_vec()));
        };
        let mut outer = StackCoroutine::new(Box::new(work)).expect("a stack");
        assert_eq!(asked(&mut outer, None), Some(b"outer".to_vec()));
        assert!(ask(Question::for_test(b"nobody")).is_none());
        assert_eq!(asked(&mut outer, Some(vec![7])), None);
        assert_eq!(receiver.recv(), Ok(Some(vec![7])));
    }
}
