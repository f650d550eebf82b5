//! Objects of the C API in a few slots each, and calls of every function on them, in any order. A
//! slot may be empty: its pointer is NULL then.
//!
//! Connections 0 and 1 are a client and a server with each other as peer, connection 2 is a client
//! without peer.

mod arguments;
mod callbacks;
mod config;
mod connection;
mod credentials;
mod hello;
mod library;
mod operations;
mod setup;
mod transport;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ffi::c_int;
use std::ptr;

use arbitrary::Arbitrary;

pub use self::arguments::{Args, Bytes};
use self::operations::Pending;
pub use self::setup::Setup;
use self::transport::Transport;
use crate::c::*;

#[derive(Arbitrary, Debug)]
pub struct Case {
    pub setup: Setup,
    pub calls: Vec<Call>,
}

#[derive(Arbitrary, Debug)]
pub enum Call {
    Config(Args),
    Credentials(Args),
    Hello(Args),
    Connection(Args),
    Operation(Args),
    Library(Args),
    /// Both sides negotiate, and complete pending operations in between.
    Handshake,
    Negotiate(u8),
    /// Sends at one side and receives at the other.
    Transfer(u8, u16),
    Answers(Vec<Answer>),
}

/// The answer of the next callback.
#[derive(Arbitrary, Debug)]
pub enum Answer {
    /// That of an application without faults.
    Normal,
    /// The operation is completed later, if the callback is for one.
    Later,
    Fail,
    Bytes(Bytes),
    /// Calls the API first.
    Call(Box<Call>),
}

pub struct World {
    pub configs: Pool<s2n_config, 3>,
    pub chains: Pool<s2n_cert_chain_and_key, 4>,
    crls: Pool<s2n_crl, 2>,
    hellos: Pool<s2n_client_hello, 2>,
    fingerprints: Pool<s2n_fingerprint, 2>,
    pub conns: [Slot; 3],
    transport: Transport,
    pending: RefCell<Vec<Pending>>,
    /// The connection whose handshake runs.
    negotiating: Cell<Option<u8>>,
    /// Answers of callbacks, owned by the case.
    answers: RefCell<VecDeque<*const Answer>>,
    /// Session cache: keys and values.
    cache: RefCell<Vec<(Vec<u8>, Vec<u8>)>>,
    /// The last session ticket that a client has received.
    ticket: RefCell<Vec<u8>>,
    /// A connection that was serialized.
    serialized: RefCell<Vec<u8>>,
    /// Nanoseconds.
    now: Cell<u64>,
    /// A fault occurred after which connections may fail.
    may_fail: Cell<bool>,
    /// Depth of calls within callbacks.
    depth: Cell<usize>,
}

/// Pointers to objects, NULL where there is none.
pub struct Pool<T, const N: usize>([Cell<*mut T>; N]);

impl<T, const N: usize> Pool<T, N> {
    fn new() -> Self {
        Self([const { Cell::new(ptr::null_mut()) }; N])
    }

    fn slot(&self, number: u8) -> &Cell<*mut T> {
        &self.0[usize::from(number) % N]
    }

    pub fn of(&self, number: u8) -> *mut T {
        self.slot(number).get()
    }
}

/// A connection, with the number of the life that began when it was created, wiped or restored.
pub struct Slot {
    conn: Cell<*mut s2n_connection>,
    life: Cell<usize>,
}

thread_local! {
    static CURRENT: Cell<*const World> = const { Cell::new(ptr::null()) };
}

/// Accesses the world of the running case. Callbacks access it as well, so that it consists of
/// cells, and no borrow is held during a call of the library.
fn with<R>(access: impl FnOnce(&World) -> R) -> R {
    let world = CURRENT.get();
    assert!(!world.is_null(), "a callback after the end of its case");
    // SAFETY: the world is live until `Case::run` has replaced it.
    access(unsafe { &*world })
}

/// Limit of calls per case; longer cases are not more productive.
const MAX_CALLS: usize = 60;

/// Limit of calls within callbacks within callbacks.
const MAX_DEPTH: usize = 3;

impl Case {
    pub fn run(&self) {
        let world = World::new();
        CURRENT.set(&raw const world);
        world.start(&self.setup);
        for call in self.calls.iter().take(MAX_CALLS) {
            world.run(call);
        }
        world.finish();
        CURRENT.set(ptr::null());
    }
}

impl World {
    fn new() -> Self {
        let new_slot = || Slot {
            conn: Cell::new(ptr::null_mut()),
            life: Cell::new(0),
        };
        Self {
            configs: Pool::new(),
            chains: Pool::new(),
            crls: Pool::new(),
            hellos: Pool::new(),
            fingerprints: Pool::new(),
            conns: [new_slot(), new_slot(), new_slot()],
            transport: Transport::new(),
            pending: RefCell::default(),
            negotiating: Cell::new(None),
            answers: RefCell::default(),
            cache: RefCell::default(),
            ticket: RefCell::default(),
            serialized: RefCell::default(),
            now: Cell::new(1_800_000_000_000_000_000),
            may_fail: Cell::new(false),
            depth: Cell::new(0),
        }
    }

    fn run(&self, call: &Call) {
        let is_fault = !matches!(
            call,
            Call::Handshake | Call::Negotiate(_) | Call::Answers(_)
        );
        if is_fault {
            self.may_fail.set(true);
        }
        match call {
            Call::Config(args) => self.config_call(args),
            Call::Credentials(args) => self.credentials_call(args),
            Call::Hello(args) => self.hello_call(args),
            Call::Connection(args) => self.connection_call(args),
            Call::Operation(args) => self.operation_call(args),
            Call::Library(args) => self.library_call(args),
            Call::Handshake => self.handshake(),
            Call::Negotiate(number) => drop(self.negotiate(*number)),
            Call::Transfer(number, len) => self.transfer(*number, usize::from(*len)),
            Call::Answers(answers) => {
                let mut queue = self.answers.borrow_mut();
                queue.extend(answers.iter().map(ptr::from_ref));
            }
        }
    }

    pub fn conn(&self, number: u8) -> *mut s2n_connection {
        self.slot(number).conn.get()
    }

    fn slot(&self, number: u8) -> &Slot {
        &self.conns[usize::from(number) % self.conns.len()]
    }

    /// Checks a call that returns -1 for a failure. Returns whether it succeeded.
    fn status(&self, status: impl Into<i64>) -> bool {
        let status = status.into();
        assert!(status >= -1, "{status}");
        if status == -1 && error_name() == c"S2N_ERR_ALLOC" {
            self.may_fail.set(true);
        }
        status >= 0
    }

    /// Checks a call that returns NULL for a failure.
    fn pointer<T>(&self, pointer: *const T) -> bool {
        if pointer.is_null() {
            error_name();
            self.may_fail.set(true);
        }
        !pointer.is_null()
    }

    /// Ends the case. Without faults, the connections must complete.
    fn finish(&self) {
        self.answers.borrow_mut().clear();
        if !self.may_fail.get() {
            self.handshake();
        }
        if !self.may_fail.get() && !take_refusal() {
            self.check_completion();
        }
        for number in 0..self.conns.len() as u8 {
            self.free_conn(number);
        }
        self.free_pending();
        self.free_credentials();
        self.free_hellos();
        for config in &self.configs.0 {
            let config = config.replace(ptr::null_mut());
            if !config.is_null() {
                // SAFETY: the config is live, and not used again.
                assert_eq!(unsafe { s2n_config_free(config) }, 0);
            }
        }
        // SAFETY: no object is live whose messages would be logged; traces are of this thread.
        unsafe {
            assert_eq!(s2n_stack_traces_enabled_set(false), 0);
            assert_eq!(s2n_free_stacktrace(), 0);
            rs2n_set_log_callback(0, None, ptr::null_mut());
        }
    }

    fn free_conn(&self, number: u8) {
        let conn = self.slot(number).conn.replace(ptr::null_mut());
        self.end_life(number);
        if !conn.is_null() {
            // SAFETY: the connection is live; outer calls hold references of their own.
            assert_eq!(unsafe { s2n_connection_free(conn) }, 0);
        }
    }

    /// Begins another life of a connection: objects that the connection owned are not valid any
    /// more.
    fn end_life(&self, number: u8) {
        let slot = self.slot(number);
        let index = number % self.conns.len() as u8;
        self.pending
            .borrow_mut()
            .retain(|pending| pending.owner() != Some(index));
        slot.life.set(self.transport.new_life(index));
    }
}

pub const SUCCESS: c_int = 0;
