//! Panics within exported functions: caught, and reported as errors instead of on descriptor 2.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use rs2n_core::error::trace;

use crate::ffi::abi::errno;
use crate::sys::memory;

/// Runs the body of an exported function; returns `None` if it panics.
pub(crate) fn catch<R>(body: impl FnOnce() -> R) -> Option<R> {
    install_hook();
    let was_inside = IS_INSIDE.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(body));
    IS_INSIDE.set(was_inside);
    outcome.ok()
}

thread_local! {
    /// Whether this thread is in an exported function.
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

/// The previous panic hook: that of a Rust program with the library among its crates, or the
/// default hook, which prints.
static OUTER_HOOK: OnceLock<Hook> = OnceLock::new();

/// Installs the hook at the first call of an exported function. It allocates no memory, since the
/// allocator callbacks may still be set, and waits for no other thread, which would not exist after
/// a `fork()`.
#[inline]
fn install_hook() {
    static IS_INSTALLED: AtomicBool = AtomicBool::new(false);

    if !IS_INSTALLED.load(Relaxed) && !thread::panicking() && !IS_INSTALLED.swap(true, Relaxed) {
        let _ = OUTER_HOOK.set(panic::take_hook());
        panic::set_hook(Box::new(report));
    }
}

/// The maximum memory for a stack trace, in bytes. Where it is not available, recording a stack
/// trace would end the process.
const TRACE: usize = 64 * 1024 * 1024;

/// Records the location of a panic within an exported function for the debug messages; passes other
/// panics to the previous hook.
fn report(panic: &PanicHookInfo<'_>) {
    if IS_INSIDE.get() {
        if memory::can_provide(TRACE) {
            trace::record();
        }
        errno::note_panic(panic.location());
    } else if let Some(outer) = OUTER_HOOK.get() {
        outer(panic);
    }
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::process::Command;

    use crate::ffi::abi::boundary::status;

    const KIND: &str = "RS2N_TEST_PANIC";

    /// A panic within an exported function prints nothing on descriptor 2; a panic outside is
    /// reported there.
    #[test]
    fn panics_within_print_nothing() {
        match env::var(KIND).as_deref() {
            Ok("within") => assert_eq!(status(|| panic!("a bug")), -1),
            Ok(_) => {
                assert_eq!(status(|| Ok(())), 0);
                panic!("a bug of the program's");
            }
            Err(_) => {
                assert_eq!(printed("within"), "");
                assert!(printed("outside").contains("a bug of the program's"));
            }
        }
    }

    fn printed(kind: &str) -> String {
        let mut child = Command::new(env::current_exe().expect("a test has a path"));
        child.env(KIND, kind).args(["--exact", "--nocapture"]);
        child.arg("ffi::abi::panics::tests::panics_within_print_nothing");
        let output = child.output().expect("the test runs");
        assert!(String::from_utf8_lossy(&output.stdout).contains("running 1 test"));
        String::from_utf8(output.stderr).expect("text")
    }
}
