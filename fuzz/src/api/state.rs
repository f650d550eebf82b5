//! The two connections of a case, the bytes in transit between them, and their expected state.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;

use super::call::{Behavior, Policy, Setup, Side};
use super::ffi::*;
use super::psk::{on_early_data, on_select};
use crate::endpoint::{self, index};

thread_local! {
    static STATE: State = State::new();
}

/// Accesses the thread's state. Nested callbacks access it as well, so that it consists of cells,
/// and no borrow is held during a call of the library.
pub fn with<R>(access: impl FnOnce(&State) -> R) -> R {
    STATE.with(access)
}

pub struct State {
    sides: [SideState; 2],
    /// Every lifetime of a connection in this case; a wipe starts a new one.
    lifetimes: RefCell<Vec<Lifetime>>,
    pub setup: Cell<Setup>,
    pub spare_config: Cell<Conf>,
    configs: [OnceCell<Conf>; 1 << 7],
    /// The plan of the callbacks for pre-shared keys and early data.
    pub callback_plan: RefCell<VecDeque<*const Behavior>>,
    /// Early data about which the callback has not decided; NULL if there is none.
    pub early_offer: Cell<EarlyOffer>,
    /// Nanoseconds.
    pub now: Cell<u64>,
    pub clock_fails: Cell<bool>,
    pub reject_host: Cell<bool>,
    /// Every connection has the config of its side.
    pub config_is_own: Cell<bool>,
    /// A fault occurred after which the connections may fail.
    pub may_fail: Cell<bool>,
}

/// The connection of a side, and the plans of its callbacks.
struct SideState {
    conn: Cell<Conn>,
    lifetime: Cell<usize>,
    recv_plan: RefCell<VecDeque<*const Behavior>>,
    send_plan: RefCell<VecDeque<*const Behavior>>,
    /// Bytes in transit to this side.
    in_transit: RefCell<VecDeque<u8>>,
}

pub struct Lifetime {
    pub side: Side,
    pub ready: bool,
    /// Number of bytes reported as sent.
    pub sent: usize,
    /// Upper bound of the bytes sent: the most that were passed to a send.
    pub offered: usize,
    pub received: usize,
    /// The same for early data.
    pub early_sent: usize,
    early_offered: usize,
    early_received: usize,
    /// A shutdown discards data until the peer's close_notify, so that stream offsets are unknown.
    pub discards: bool,
    /// Lifetimes of the other side that may have sent the received bytes.
    from: Option<Vec<usize>>,
    pub wire_in: u64,
    pub wire_out: u64,
}

impl Side {
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

impl State {
    fn new() -> Self {
        // SAFETY: the first call, and the only one.
        assert_eq!(unsafe { s2n_init() }, 0);
        let new_side = || SideState {
            conn: Cell::new(ptr::null_mut()),
            lifetime: Cell::new(0),
            recv_plan: RefCell::default(),
            send_plan: RefCell::default(),
            in_transit: RefCell::default(),
        };
        Self {
            sides: [new_side(), new_side()],
            lifetimes: RefCell::default(),
            setup: Cell::new(Setup {
                tls13: false,
                mutual: false,
                multi_record: false,
                send_buffer: false,
                delays: false,
                psk_callbacks: false,
            }),
            spare_config: Cell::new(ptr::null_mut()),
            configs: [const { OnceCell::new() }; 1 << 7],
            callback_plan: RefCell::default(),
            early_offer: Cell::new(ptr::null_mut()),
            now: Cell::new(1),
            clock_fails: Cell::new(false),
            reject_host: Cell::new(false),
            config_is_own: Cell::new(true),
            may_fail: Cell::new(false),
        }
    }

    fn side_state(&self, side: Side) -> &SideState {
        &self.sides[side as usize]
    }

    pub fn conn(&self, side: Side) -> Conn {
        self.side_state(side).conn.get()
    }

    /// Removes the connection of a side and returns it.
    pub fn take_conn(&self, side: Side) -> Conn {
        self.forget_offer(side);
        self.side_state(side).conn.replace(ptr::null_mut())
    }

    /// Early data is offered to a server, until its connection is freed or wiped.
    fn forget_offer(&self, side: Side) {
        if side == Side::Server {
            self.early_offer.set(ptr::null_mut());
        }
    }

    pub fn lifetime_of(&self, side: Side) -> usize {
        self.side_state(side).lifetime.get()
    }

    pub fn lifetime<R>(&self, lifetime: usize, access: impl FnOnce(&mut Lifetime) -> R) -> R {
        access(&mut self.lifetimes.borrow_mut()[lifetime])
    }

    pub fn begin(&self, setup: Setup) {
        self.setup.set(setup);
        self.lifetimes.borrow_mut().clear();
        self.clock_fails.set(false);
        self.reject_host.set(false);
        self.config_is_own.set(true);
        for side in [Side::Client, Side::Server] {
            self.new_connection(side);
            self.clear_in_transit(side);
        }
        self.may_fail.set(false);
    }

    pub fn clear_in_transit(&self, to: Side) {
        self.side_state(to).in_transit.borrow_mut().clear();
    }

    pub fn new_connection(&self, side: Side) {
        let mode = match side {
            Side::Client => 1,
            Side::Server => 0,
        };
        // SAFETY: any mode is accepted.
        let conn = unsafe { s2n_connection_new(mode) };
        assert!(!conn.is_null());
        self.side_state(side).conn.set(conn);
        self.new_lifetime(side);
        // SAFETY: the connection is live, and the config is never freed.
        let set = unsafe { s2n_connection_set_config(conn, self.config(side, self.setup.get())) };
        assert_eq!(set, 0);
        self.set_callbacks(side, true, true);
    }

    /// Starts a lifetime of a connection that is new or wiped.
    pub fn new_lifetime(&self, side: Side) {
        self.may_fail.set(true);
        self.forget_offer(side);
        let mut lifetimes = self.lifetimes.borrow_mut();
        self.side_state(side).lifetime.set(lifetimes.len());
        lifetimes.push(Lifetime {
            side,
            ready: false,
            sent: 0,
            offered: 0,
            received: 0,
            early_sent: 0,
            early_offered: 0,
            early_received: 0,
            discards: false,
            from: None,
            wire_in: 0,
            wire_out: 0,
        });
        const SELF_SERVICE: c_int = 1;
        let (conn, verify) = (self.conn(side), Some(on_host as VerifyHostFn));
        // SAFETY: the connection is live.
        unsafe {
            s2n_connection_set_verify_host_callback(conn, verify, ptr::null_mut());
            if self.setup.get().delays {
                s2n_connection_set_blinding(conn, SELF_SERVICE);
            }
        }
    }

    pub fn set_callbacks(&self, side: Side, recv: bool, send: bool) {
        let conn = self.conn(side);
        if conn.is_null() {
            return;
        }
        let lifetime = self.lifetime_of(side) as *mut c_void;
        // SAFETY: the connection is live; the callbacks take the index of a lifetime.
        unsafe {
            s2n_connection_set_recv_ctx(conn, lifetime);
            s2n_connection_set_send_ctx(conn, lifetime);
            s2n_connection_set_recv_cb(conn, recv.then_some(on_recv as RecvFn));
            s2n_connection_set_send_cb(conn, send.then_some(on_send as SendFn));
        }
        if !recv || !send {
            self.may_fail.set(true);
        }
    }

    /// The plan must outlive the case, which holds it.
    pub fn plan(&self, side: Side, sending: bool, steps: &[Behavior]) {
        let side_state = self.side_state(side);
        let plan = match sending {
            true => &side_state.send_plan,
            false => &side_state.recv_plan,
        };
        plan.borrow_mut().extend(steps.iter().map(ptr::from_ref));
    }

    fn clear_plans(&self) {
        for side_state in &self.sides {
            side_state.recv_plan.borrow_mut().clear();
            side_state.send_plan.borrow_mut().clear();
        }
        self.callback_plan.borrow_mut().clear();
    }

    /// Returns the config of a side. It is created once, and never freed.
    pub fn config(&self, side: Side, setup: Setup) -> Conf {
        let choices = [
            side == Side::Client,
            setup.tls13,
            setup.mutual,
            setup.multi_record,
            setup.send_buffer,
            setup.delays,
            setup.psk_callbacks,
        ];
        *self.configs[index(&choices)].get_or_init(|| make_config(side, setup))
    }

    /// Returns the next bytes of this lifetime's stream that were not reported as sent.
    pub fn offer(&self, lifetime: usize, len: usize) -> Vec<u8> {
        let from = self.lifetime(lifetime, |lifetime| {
            lifetime.offered = lifetime.offered.max(lifetime.sent + len);
            lifetime.sent
        });
        (from..from + len).map(|at| pattern(lifetime, at)).collect()
    }

    /// Returns the next bytes of this lifetime's early data that were not reported as sent.
    pub fn offer_early(&self, lifetime: usize, len: usize) -> Vec<u8> {
        let from = self.lifetime(lifetime, |lifetime| {
            lifetime.early_offered = lifetime.early_offered.max(lifetime.early_sent + len);
            lifetime.early_sent
        });
        let bytes = from..from + len;
        bytes.map(|at| early_pattern(lifetime, at)).collect()
    }

    /// Checks that early data is received once and in order, from a single peer.
    pub fn check_early(&self, lifetime: usize, bytes: &[u8]) {
        let mut lifetimes = self.lifetimes.borrow_mut();
        let (side, start) = (lifetimes[lifetime].side, lifetimes[lifetime].early_received);
        let end = start + bytes.len();
        let is_from = |(number, other): (usize, &Lifetime)| {
            let pattern = (start..end).map(|at| early_pattern(number, at));
            other.side == side.other()
                && end <= other.early_offered
                && pattern.eq(bytes.iter().copied())
        };
        let is_known = lifetimes.iter().enumerate().any(is_from);
        assert!(is_known, "early data that was not sent");
        lifetimes[lifetime].early_received = end;
    }

    /// Checks that bytes are received once and in order, from a single peer; after a shutdown, with
    /// gaps.
    pub fn check_received(&self, lifetime: usize, bytes: &[u8]) {
        let mut lifetimes = self.lifetimes.borrow_mut();
        let (side, start) = (lifetimes[lifetime].side, lifetimes[lifetime].received);
        assert!(
            lifetimes[lifetime].ready,
            "bytes before the end of the handshake"
        );
        let possible = lifetimes[lifetime].from.take();
        let possible = possible.unwrap_or_else(|| (0..lifetimes.len()).collect());
        let from: Vec<_> = possible
            .into_iter()
            .filter(|&other| lifetimes[other].side == side.other())
            .filter(|&other| {
                let last = lifetimes[other].offered.checked_sub(bytes.len());
                let last = last.filter(|&last| start <= last);
                last.is_some_and(|last| {
                    let last = if lifetimes[lifetime].discards {
                        last
                    } else {
                        start
                    };
                    (start..=last).any(|start| is_pattern(bytes, other, start))
                })
            })
            .collect();
        assert!(!from.is_empty(), "bytes that were not sent");
        lifetimes[lifetime].from = Some(from);
        if !lifetimes[lifetime].discards {
            lifetimes[lifetime].received += bytes.len();
        }
    }

    /// Ends the case. Without faults, the connections must complete.
    pub fn finish(&self) {
        self.clear_plans();
        if !self.may_fail.get() {
            self.check_completion();
        }
        for side in [Side::Client, Side::Server] {
            let conn = self.take_conn(side);
            if !conn.is_null() {
                // SAFETY: the connection is live, and not used again.
                assert_eq!(unsafe { s2n_connection_free(conn) }, 0);
            }
        }
        let config = self.spare_config.replace(ptr::null_mut());
        if !config.is_null() {
            // SAFETY: the config is live, and not used again.
            assert_eq!(unsafe { s2n_config_free(config) }, 0);
        }
        // The clock is monotonic across cases: the library's timers may depend on it.
        self.now.set(self.now.get() + 1);
    }

    fn recv(&self, lifetime: usize, buf: *mut u8, len: u32) -> c_int {
        let side = self.lifetime(lifetime, |lifetime| lifetime.side);
        let side_state = self.side_state(side);
        let step = side_state.recv_plan.borrow_mut().pop_front();
        // SAFETY: the case that owns the step is still running.
        let max_len = match self.apply(unsafe { step.and_then(|step| step.as_ref()) }, len, false) {
            Ok(max_len) => max_len,
            Err(result) => return result,
        };
        let mut in_transit = side_state.in_transit.borrow_mut();
        let count = max_len.min(in_transit.len() as u32);
        if count == 0 && len > 0 {
            return fail(libc::EAGAIN);
        }
        for (at, byte) in in_transit.drain(..count as usize).enumerate() {
            // SAFETY: the library passes room for `len` bytes.
            unsafe { buf.add(at).write(byte) };
        }
        self.lifetime(lifetime, |lifetime| lifetime.wire_in += u64::from(count));
        count as c_int
    }

    fn send(&self, lifetime: usize, buf: *const u8, len: u32) -> c_int {
        let side = self.lifetime(lifetime, |lifetime| lifetime.side);
        let step = self.side_state(side).send_plan.borrow_mut().pop_front();
        // SAFETY: as in `recv`.
        let count = match self.apply(unsafe { step.and_then(|step| step.as_ref()) }, len, true) {
            Ok(count) => count,
            Err(result) => return result,
        };
        // SAFETY: the library passes `len` bytes.
        let bytes = unsafe { std::slice::from_raw_parts(buf, count as usize) };
        self.side_state(side.other())
            .in_transit
            .borrow_mut()
            .extend(bytes);
        self.lifetime(lifetime, |lifetime| lifetime.wire_out += u64::from(count));
        count as c_int
    }

    /// Returns the maximum number of bytes to transfer, or the result to return immediately.
    fn apply(&self, step: Option<&Behavior>, len: u32, sending: bool) -> Result<u32, c_int> {
        let may_fail = || self.may_fail.set(true);
        match step {
            None | Some(Behavior::Normal) => Ok(len),
            Some(Behavior::Short(most)) => Ok(len.min(u32::from(*most).max(1))),
            Some(Behavior::Again) => Err(fail(libc::EAGAIN)),
            Some(Behavior::Interrupted) => Err(fail(libc::EINTR)),
            Some(Behavior::Nothing) => {
                if !sending {
                    may_fail();
                }
                Err(0)
            }
            Some(Behavior::Overreport(more)) => {
                may_fail();
                Err((len + 1).saturating_add(u32::from(*more)) as c_int)
            }
            Some(Behavior::Fail(errno)) => {
                may_fail();
                Err(fail(*errno))
            }
            Some(Behavior::Call(call)) => {
                self.run(call);
                Ok(len)
            }
        }
    }
}

fn fail(errno: i32) -> c_int {
    // SAFETY: the slot is thread-local.
    unsafe { *libc::__errno_location() = errno };
    -1
}

unsafe extern "C" fn on_recv(lifetime: *mut c_void, buf: *mut u8, len: u32) -> c_int {
    with(|state| state.recv(lifetime as usize, buf, len))
}

unsafe extern "C" fn on_send(lifetime: *mut c_void, buf: *const u8, len: u32) -> c_int {
    with(|state| state.send(lifetime as usize, buf, len))
}

pub unsafe extern "C" fn on_clock(_: *mut c_void, now: *mut u64) -> c_int {
    with(|state| {
        // SAFETY: the library passes an output for the time.
        unsafe { now.write(state.now.get()) };
        -c_int::from(state.clock_fails.get())
    })
}

pub unsafe extern "C" fn on_host(name: *const c_char, len: usize, _: *mut c_void) -> u8 {
    // SAFETY: the library passes a string of this length.
    let name = unsafe { CStr::from_ptr(name) };
    assert!(name.to_bytes().len() <= len);
    with(|state| u8::from(!state.reject_host.get()))
}

/// Returns the byte at an offset of a lifetime's stream.
fn pattern(lifetime: usize, at: usize) -> u8 {
    (at ^ at >> 8 ^ at >> 16 ^ (lifetime * 89)) as u8
}

/// Returns the byte at an offset of a lifetime's early data.
fn early_pattern(lifetime: usize, at: usize) -> u8 {
    pattern(lifetime, at) ^ 0xa5
}

fn is_pattern(bytes: &[u8], lifetime: usize, start: usize) -> bool {
    let mut offsets = bytes.iter().zip(start..);
    offsets.all(|(&byte, at)| byte == pattern(lifetime, at))
}

pub fn pem(text: &[u8]) -> CString {
    CString::new(text).expect("PEM is text")
}

pub const MAX_DELAY: u32 = 30;

fn make_config(side: Side, setup: Setup) -> Conf {
    let policy = match setup.tls13 {
        true => Policy::Tls13,
        false => Policy::Tls12,
    };
    let chain = match side {
        Side::Server => Some((endpoint::SERVER_CHAIN, endpoint::SERVER_KEY)),
        Side::Client if setup.mutual => Some((endpoint::CLIENT_CHAIN, endpoint::CLIENT_KEY)),
        Side::Client => None,
    };
    let ok = |status: c_int| assert_eq!(status, 0);
    // SAFETY: the config is live, and every string is NUL-terminated.
    unsafe {
        let config = s2n_config_new_minimal();
        policy.with(|policy| ok(s2n_config_set_cipher_preferences(config, policy)));
        let root = pem(endpoint::ROOT);
        ok(s2n_config_add_pem_to_trust_store(config, root.as_ptr()));
        if let Some((chain, key)) = chain {
            let (chain, key) = (pem(chain), pem(key));
            let (chain, key) = (chain.as_ptr(), key.as_ptr());
            ok(s2n_config_add_cert_chain_and_key(config, chain, key));
        }
        const REQUIRED: c_int = 1;
        if setup.mutual {
            ok(s2n_config_set_client_auth_type(config, REQUIRED));
        }
        if setup.send_buffer {
            ok(s2n_config_set_send_buffer_size(config, 20_000));
        }
        let delay = if setup.delays { MAX_DELAY } else { 0 };
        ok(s2n_config_set_max_blinding_delay(config, delay));
        ok(s2n_config_set_recv_multi_record(config, setup.multi_record));
        ok(s2n_config_set_server_max_early_data_size(config, 10_000));
        if setup.psk_callbacks {
            ok(s2n_config_set_early_data_cb(config, Some(on_early_data)));
            let select = Some(on_select as SelectFn);
            ok(s2n_config_set_psk_selection_callback(
                config,
                select,
                ptr::null_mut(),
            ));
        }
        let clock = Some(on_clock as ClockFn);
        ok(s2n_config_set_monotonic_clock(
            config,
            clock,
            ptr::null_mut(),
        ));
        config
    }
}
