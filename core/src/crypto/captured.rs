//! What rustls derives in a handshake of TLS 1.3 and does not export, or derives anew to export it:
//! captured when it is derived.

use std::cell::RefCell;
use std::mem::ManuallyDrop;

use rustls::ConnectionTrafficSecrets;

use super::HeapSecret;

/// Secrets and keys on the heap, for the same reason.
#[derive(Default)]
pub(crate) struct Captured {
    /// The resumption master secret (RFC 8446, 7.1), from which the keys of session tickets are
    /// derived.
    pub(crate) resumption_secret: Option<HeapSecret>,

    /// The keys of each direction that were derived last.
    pub(crate) write_keys: Option<Box<ConnectionTrafficSecrets>>,
    pub(crate) read_keys: Option<Box<ConnectionTrafficSecrets>>,
}

impl Captured {
    pub(crate) const NONE: Self = Self {
        resumption_secret: None,
        write_keys: None,
        read_keys: None,
    };
}

thread_local! {
    /// What the work of this thread has derived; `None` outside of [`capture`]. Empty when the
    /// thread ends, and so needs no destructor.
    static CAPTURED: RefCell<ManuallyDrop<Option<Captured>>> =
        const { RefCell::new(ManuallyDrop::new(None)) };
}

/// Runs work that may complete a handshake, and returns what it derives. The work of an outer call
/// is not affected.
pub(crate) fn capture<R>(work: impl FnOnce() -> R) -> (R, Captured) {
    let outer = replace(Some(Captured::NONE));
    let outcome = work();
    (outcome, replace(outer).unwrap_or_default())
}

/// Takes the traffic keys that the work has derived so far.
pub(crate) fn take_traffic_keys() -> Captured {
    let mut captured = Captured::NONE;
    change(|current| {
        captured.write_keys = current.write_keys.take();
        captured.read_keys = current.read_keys.take();
    });
    captured
}

/// Not inlined: a coroutine may move to another thread, and its frames must not keep the address of
/// a thread-local variable.
#[inline(never)]
fn replace(captured: Option<Captured>) -> Option<Captured> {
    ManuallyDrop::into_inner(CAPTURED.replace(ManuallyDrop::new(captured)))
}

/// Changes what the work has derived. Not inlined, as [`replace`].
#[inline(never)]
pub(super) fn change(change: impl FnOnce(&mut Captured)) {
    CAPTURED.with_borrow_mut(|captured| {
        if let Some(captured) = &mut **captured {
            change(captured);
        }
    });
}
