//! Stack traces of errors, for those who asked for them.

use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::tls::process::{fork, lasting};

static ENABLED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static LAST: RefCell<Option<Backtrace>> = const { RefCell::new(None) };
}

pub fn is_enabled() -> bool {
    ENABLED.load(Relaxed)
}

pub fn enable(enabled: bool) {
    ENABLED.store(enabled, Relaxed);
}

/// Keeps the stack of this moment, in place of the last one, if that is enabled.
#[inline]
pub fn record() {
    if is_enabled() {
        keep();
    }
}

#[cold]
fn keep() {
    // The standard library has a lock for this, and keeps what it learns of the program.
    let _section = fork::section();
    replace(Some(lasting::make(Backtrace::force_capture)));
}

pub fn forget() {
    replace(None);
}

/// A thread that ends keeps nothing any more.
fn replace(trace: Option<Backtrace>) {
    let _ = LAST.try_with(|last| last.replace(trace));
}

/// A line for each caller, from the innermost one on: its name, and its place if that is known.
pub fn lines() -> Vec<String> {
    let text = LAST.try_with(|last| last.borrow().as_ref().map(text));
    let text = text.ok().flatten().unwrap_or_default();
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        match lines.last_mut() {
            Some(frame) if line.starts_with("at ") => {
                frame.push(' ');
                frame.push_str(line);
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn text(trace: &Backtrace) -> String {
    let _section = fork::section();
    lasting::make(|| trace.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::{Code, Error};
    use super::*;

    #[test]
    fn an_error_keeps_its_stack_if_asked_to() {
        // In a thread of its own, whose stack is nobody else's.
        let lines = std::thread::spawn(|| {
            let _ = Error::new(Code::Null);
            assert_eq!(lines(), [""; 0]);
            enable(true);
            let _ = Error::new(Code::Null);
            enable(false);
            lines()
        });
        let lines = lines.join().expect("the thread has ended well");
        assert!(lines.len() > 3, "{lines:?}");
        let here = "an_error_keeps_its_stack_if_asked_to";
        assert!(lines.iter().any(|line| line.contains(here)), "{lines:?}");
    }
}
