//! Two connections, the links between them, and the books that are kept about them.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;

use super::c::*;
use super::call::{Behaviour, Policy, Setup, Side};
use crate::party;

thread_local! {
    static WORLD: World = World::new();
}

/// The one world. Callbacks of callbacks look at it at the same time, so it is all cells, and no
/// borrow lasts while the library runs.
pub fn with<R>(look: impl FnOnce(&World) -> R) -> R {
    WORLD.with(look)
}

pub struct World {
    sides: [Place; 2],
    /// Every connection that ever was in this case; a wiped one is another.
    lives: RefCell<Vec<Life>>,
    pub setup: Cell<Setup>,
    pub odd_config: Cell<Conf>,
    configs: [OnceCell<Conf>; 1 << 6],
    /// Nanoseconds.
    pub now: Cell<u64>,
    pub clock_fails: Cell<bool>,
    pub host_is_wrong: Cell<bool>,
    /// Nobody was given another config.
    pub config_is_own: Cell<bool>,
    /// Something happened after which a conversation need not come to a good end.
    pub broken: Cell<bool>,
}

/// Where a side's connection is.
struct Place {
    conn: Cell<Conn>,
    life: Cell<usize>,
    recv_plan: RefCell<VecDeque<*const Behaviour>>,
    send_plan: RefCell<VecDeque<*const Behaviour>>,
    /// Bytes on their way to this side.
    link: RefCell<VecDeque<u8>>,
}

pub struct Life {
    pub side: Side,
    pub ready: bool,
    /// Bytes sent, as the application was told.
    pub sent: usize,
    /// Bytes that may have been sent: what it offered at most.
    pub offered: usize,
    pub received: usize,
    /// It waits for the peer's end and drops what comes before, so places are not known any more.
    pub drops: bool,
    /// Which lives of the other side can have sent what was received.
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

impl World {
    fn new() -> Self {
        // SAFETY: the first call, and the only one.
        assert_eq!(unsafe { s2n_init() }, 0);
        let place = || Place {
            conn: Cell::new(ptr::null_mut()),
            life: Cell::new(0),
            recv_plan: RefCell::default(),
            send_plan: RefCell::default(),
            link: RefCell::default(),
        };
        Self {
            sides: [place(), place()],
            lives: RefCell::default(),
            setup: Cell::new(Setup {
                tls13: false,
                mutual: false,
                multi_record: false,
                send_buffer: false,
                delays: false,
            }),
            odd_config: Cell::new(ptr::null_mut()),
            configs: [const { OnceCell::new() }; 1 << 6],
            now: Cell::new(1),
            clock_fails: Cell::new(false),
            host_is_wrong: Cell::new(false),
            config_is_own: Cell::new(true),
            broken: Cell::new(false),
        }
    }

    fn place(&self, side: Side) -> &Place {
        &self.sides[side as usize]
    }

    pub fn conn(&self, side: Side) -> Conn {
        self.place(side).conn.get()
    }

    /// Takes the connection away from its place.
    pub fn take_conn(&self, side: Side) -> Conn {
        self.place(side).conn.replace(ptr::null_mut())
    }

    pub fn life_of(&self, side: Side) -> usize {
        self.place(side).life.get()
    }

    pub fn life<R>(&self, life: usize, look: impl FnOnce(&mut Life) -> R) -> R {
        look(&mut self.lives.borrow_mut()[life])
    }

    pub fn begin(&self, setup: Setup) {
        self.setup.set(setup);
        self.lives.borrow_mut().clear();
        self.clock_fails.set(false);
        self.host_is_wrong.set(false);
        self.config_is_own.set(true);
        for side in [Side::Client, Side::Server] {
            self.new_connection(side);
            self.clear_link(side);
        }
        self.broken.set(false);
    }

    pub fn clear_link(&self, to: Side) {
        self.place(to).link.borrow_mut().clear();
    }

    pub fn new_connection(&self, side: Side) {
        let mode = match side {
            Side::Client => 1,
            Side::Server => 0,
        };
        // SAFETY: any mode may be asked for.
        let conn = unsafe { s2n_connection_new(mode) };
        assert!(!conn.is_null());
        self.place(side).conn.set(conn);
        self.new_life(side);
        // SAFETY: the connection is live, and the config lives for ever.
        let set = unsafe { s2n_connection_set_config(conn, self.config(side, self.setup.get())) };
        assert_eq!(set, 0);
        self.set_callbacks(side, true, true);
    }

    /// Begins the books of a connection that is as good as new.
    pub fn new_life(&self, side: Side) {
        self.broken.set(true);
        let mut lives = self.lives.borrow_mut();
        self.place(side).life.set(lives.len());
        lives.push(Life {
            side,
            ready: false,
            sent: 0,
            offered: 0,
            received: 0,
            drops: false,
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
        let life = self.life_of(side) as *mut c_void;
        // SAFETY: the connection is live; the callbacks take the number of a life.
        unsafe {
            s2n_connection_set_recv_ctx(conn, life);
            s2n_connection_set_send_ctx(conn, life);
            s2n_connection_set_recv_cb(conn, recv.then_some(on_recv as RecvFn));
            s2n_connection_set_send_cb(conn, send.then_some(on_send as SendFn));
        }
        if !recv || !send {
            self.broken.set(true);
        }
    }

    /// The plan must outlive the case, which holds it.
    pub fn plan(&self, side: Side, sending: bool, steps: &[Behaviour]) {
        let place = self.place(side);
        let plan = match sending {
            true => &place.send_plan,
            false => &place.recv_plan,
        };
        plan.borrow_mut().extend(steps.iter().map(ptr::from_ref));
    }

    fn clear_plans(&self) {
        for place in &self.sides {
            place.recv_plan.borrow_mut().clear();
            place.send_plan.borrow_mut().clear();
        }
    }

    /// A config that suits the side. It is made once, and kept.
    pub fn config(&self, side: Side, setup: Setup) -> Conf {
        let choices = [
            side == Side::Client,
            setup.tls13,
            setup.mutual,
            setup.multi_record,
            setup.send_buffer,
            setup.delays,
        ];
        let kind = choices
            .iter()
            .fold(0, |kind, &choice| kind * 2 + usize::from(choice));
        *self.configs[kind].get_or_init(|| make_config(side, setup))
    }

    /// Bytes that this life has not sent yet, as far as it knows.
    pub fn offer(&self, life: usize, len: usize) -> Vec<u8> {
        let from = self.life(life, |books| {
            books.offered = books.offered.max(books.sent + len);
            books.sent
        });
        (from..from + len).map(|at| pattern(life, at)).collect()
    }

    /// Bytes arrive once and in order, all from one peer; after a shutdown with gaps.
    pub fn check_received(&self, life: usize, bytes: &[u8]) {
        let mut lives = self.lives.borrow_mut();
        let (side, start) = (lives[life].side, lives[life].received);
        assert!(lives[life].ready, "bytes before the end of the handshake");
        let possible = lives[life].from.take();
        let possible = possible.unwrap_or_else(|| (0..lives.len()).collect());
        let from: Vec<_> = possible
            .into_iter()
            .filter(|&other| lives[other].side == side.other())
            .filter(|&other| {
                let last = lives[other].offered.checked_sub(bytes.len());
                let last = last.filter(|&last| start <= last);
                last.is_some_and(|last| {
                    let last = if lives[life].drops { last } else { start };
                    (start..=last).any(|start| is_pattern(bytes, other, start))
                })
            })
            .collect();
        assert!(!from.is_empty(), "bytes that nobody sent");
        lives[life].from = Some(from);
        if !lives[life].drops {
            lives[life].received += bytes.len();
        }
    }

    /// Ends the case. What only had to wait comes to a good end.
    pub fn finish(&self) {
        self.clear_plans();
        if !self.broken.get() {
            self.come_to_an_end();
        }
        for side in [Side::Client, Side::Server] {
            let conn = self.take_conn(side);
            if !conn.is_null() {
                // SAFETY: the connection is live, and nobody uses it again.
                assert_eq!(unsafe { s2n_connection_free(conn) }, 0);
            }
        }
        let config = self.odd_config.replace(ptr::null_mut());
        if !config.is_null() {
            // SAFETY: the config is live, and nobody uses it again.
            assert_eq!(unsafe { s2n_config_free(config) }, 0);
        }
        // The clock of the next case goes on from here: the library's own periods may hang on it.
        self.now.set(self.now.get() + 1);
    }

    fn recv(&self, life: usize, buf: *mut u8, len: u32) -> c_int {
        let side = self.life(life, |life| life.side);
        let place = self.place(side);
        let step = place.recv_plan.borrow_mut().pop_front();
        // SAFETY: the case that holds the step is still being run.
        let most = match self.follow(unsafe { step.and_then(|step| step.as_ref()) }, len, false) {
            Ok(most) => most,
            Err(answer) => return answer,
        };
        let mut link = place.link.borrow_mut();
        let count = most.min(link.len() as u32);
        if count == 0 && len > 0 {
            return fail(libc::EAGAIN);
        }
        for (at, byte) in link.drain(..count as usize).enumerate() {
            // SAFETY: the library promises room for `len` bytes.
            unsafe { buf.add(at).write(byte) };
        }
        self.life(life, |life| life.wire_in += u64::from(count));
        count as c_int
    }

    fn send(&self, life: usize, buf: *const u8, len: u32) -> c_int {
        let side = self.life(life, |life| life.side);
        let step = self.place(side).send_plan.borrow_mut().pop_front();
        // SAFETY: as in `recv`.
        let count = match self.follow(unsafe { step.and_then(|step| step.as_ref()) }, len, true) {
            Ok(count) => count,
            Err(answer) => return answer,
        };
        // SAFETY: the library promises `len` bytes.
        let bytes = unsafe { std::slice::from_raw_parts(buf, count as usize) };
        self.place(side.other()).link.borrow_mut().extend(bytes);
        self.life(life, |life| life.wire_out += u64::from(count));
        count as c_int
    }

    /// How much to do at most, or what to answer at once.
    fn follow(&self, step: Option<&Behaviour>, len: u32, sending: bool) -> Result<u32, c_int> {
        let broken = || self.broken.set(true);
        match step {
            None | Some(Behaviour::Normal) => Ok(len),
            Some(Behaviour::Short(most)) => Ok(len.min(u32::from(*most).max(1))),
            Some(Behaviour::Again) => Err(fail(libc::EAGAIN)),
            Some(Behaviour::Interrupted) => Err(fail(libc::EINTR)),
            Some(Behaviour::Nothing) => {
                if !sending {
                    broken();
                }
                Err(0)
            }
            Some(Behaviour::Lie(more)) => {
                broken();
                Err((len + 1).saturating_add(u32::from(*more)) as c_int)
            }
            Some(Behaviour::Fail(errno)) => {
                broken();
                Err(fail(*errno))
            }
            Some(Behaviour::Call(call)) => {
                self.perform(call);
                Ok(len)
            }
        }
    }
}

fn fail(errno: i32) -> c_int {
    // SAFETY: the slot is this thread's own.
    unsafe { *libc::__errno_location() = errno };
    -1
}

unsafe extern "C" fn on_recv(life: *mut c_void, buf: *mut u8, len: u32) -> c_int {
    with(|world| world.recv(life as usize, buf, len))
}

unsafe extern "C" fn on_send(life: *mut c_void, buf: *const u8, len: u32) -> c_int {
    with(|world| world.send(life as usize, buf, len))
}

pub unsafe extern "C" fn on_clock(_: *mut c_void, now: *mut u64) -> c_int {
    with(|world| {
        // SAFETY: the library hands over a place for the time.
        unsafe { now.write(world.now.get()) };
        -c_int::from(world.clock_fails.get())
    })
}

pub unsafe extern "C" fn on_host(name: *const c_char, len: usize, _: *mut c_void) -> u8 {
    // SAFETY: the library promises a string of this length.
    let name = unsafe { CStr::from_ptr(name) };
    assert!(name.to_bytes().len() <= len);
    with(|world| u8::from(!world.host_is_wrong.get()))
}

/// The byte at this place of all that a life sends.
fn pattern(life: usize, at: usize) -> u8 {
    (at ^ at >> 8 ^ at >> 16 ^ (life * 89)) as u8
}

fn is_pattern(bytes: &[u8], life: usize, start: usize) -> bool {
    let mut places = bytes.iter().zip(start..);
    places.all(|(&byte, at)| byte == pattern(life, at))
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
        Side::Server => Some((party::SERVER_CHAIN, party::SERVER_KEY)),
        Side::Client if setup.mutual => Some((party::CLIENT_CHAIN, party::CLIENT_KEY)),
        Side::Client => None,
    };
    let ok = |status: c_int| assert_eq!(status, 0);
    // SAFETY: the config is live, and every string is one.
    unsafe {
        let config = s2n_config_new_minimal();
        policy.with(|policy| ok(s2n_config_set_cipher_preferences(config, policy)));
        let root = pem(party::ROOT);
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
        let clock = Some(on_clock as ClockFn);
        ok(s2n_config_set_monotonic_clock(
            config,
            clock,
            ptr::null_mut(),
        ));
        config
    }
}
