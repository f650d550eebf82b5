//! Stack traces of errors, if the application or the environment enables them.

use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::process::{fork, permanent};

static ENABLED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static LAST: RefCell<Option<Backtrace>> = const { RefCell::new(None) };
}

/// Returns whether stack traces are enabled.
pub fn is_enabled() -> bool {
    ENABLED.load(Relaxed)
}

/// Enables or disables stack traces for the process.
pub fn enable(enabled: bool) {
    ENABLED.store(enabled, Relaxed);
}

/// Stores the current stack trace in place of the last one, if stack traces are enabled.
#[inline]
pub fn record() {
    if is_enabled() {
        capture();
    }
}

#[cold]
fn capture() {
    // The standard library has a lock for this, and caches the debug information of the program.
    let _section = fork::critical_section();
    replace(Some(permanent::allocate(Backtrace::force_capture)));
}

/// Removes the last stack trace.
pub fn clear() {
    replace(None);
}

/// Stores nothing in a thread whose thread-local storage is already destroyed.
fn replace(trace: Option<Backtrace>) {
    let _ = LAST.try_with(|last| last.replace(trace));
}

/// Formats the last stack trace, one line per frame from the innermost one: the function, and its
/// source location if known.
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
    let _section = fork::critical_section();
    permanent::allocate(|| trace.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::{Code, Error};
    use super::*;

    #[test]
    fn an_error_stores_its_stack_trace_if_enabled() {
        // In a new thread, whose last stack trace no other test modifies.
        let lines = std::thread::spawn(|| {
            let _ = Error::new(Code::Null);
            assert_eq!(lines(), [""; 0]);
            enable(true);
            let _ = Error::new(Code::Null);
            enable(false);
            lines()
        });
        let lines = lines.join().expect("the thread does not panic");
        assert!(lines.len() > 3, "{lines:?}");
        let here = "an_error_stores_its_stack_trace_if_enabled";
        assert!(lines.iter().any(|line| line.contains(here)), "{lines:?}");
    }
}
