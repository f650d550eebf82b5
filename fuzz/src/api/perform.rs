//! Each call, and what must hold of its answer.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use libc::{iovec, ssize_t};

use super::c::*;
use super::call::{Call, Len, Life, Odd, Rare, Setup, Side, Talk, Tune, Which, Who};
use super::config::string;
use super::inquire::ask;
use super::world::{MAX_DELAY, World, on_host};

/// Members of `s2n_blocked_status`.
const NOT_BLOCKED: c_int = 0;
const ON_WRITE: c_int = 2;

/// Members of `s2n_error_type`.
const BLOCKED: c_int = 3;
const USAGE: c_int = 7;

/// Whether a handshake is complete, as the getters see it.
fn is_negotiated(conn: Conn) -> bool {
    let mut name = ptr::null();
    // SAFETY: the connection is live.
    unsafe { s2n_connection_get_key_exchange_group(conn, &mut name) == 0 }
}

impl World {
    pub fn perform(&self, call: &Call) {
        match call {
            Call::Talk(talk) => self.talk(talk),
            Call::Plan {
                side,
                sending,
                steps,
            } => self.plan(*side, *sending, steps),
            Call::Tune(tune) => self.tune(tune),
            Call::Handshake => self.handshake(),
            Call::Life(life) => self.live(life),
            Call::Rare(rare) => self.rarely(rare),
        }
    }

    fn talk(&self, talk: &Talk) {
        match talk {
            Talk::Negotiate(who) => self.negotiate(*who),
            Talk::Send { who, len, odd } => self.send_one(*who, len.0, *odd),
            Talk::SendVector {
                who,
                pieces,
                offset,
                odd,
            } => self.send_vector(*who, pieces, offset.0, *odd),
            Talk::Recv { who, room, odd } => drop(self.receive(*who, room.0, *odd)),
            Talk::RequestKeyUpdate(who) => self.request_key_update(*who, 0),
            Talk::Get(who) => self.get(*who),
            Talk::Ask {
                who,
                question,
                bytes,
                room,
            } => drop(self.status(ask(self.of(*who), *question, bytes, room.0))),
        }
    }

    fn request_key_update(&self, who: Who, peer: c_int) {
        // SAFETY: the connection is live or NULL.
        let asked = self.status(unsafe { s2n_connection_request_key_update(self.of(who), peer) });
        assert_eq!(asked, peer == 0 && !self.of(who).is_null());
    }

    fn tune(&self, tune: &Tune) {
        // SAFETY: the connection is live or NULL.
        self.status(unsafe {
            match *tune {
                Tune::ReleaseBuffers(who) => s2n_connection_release_buffers(self.of(who)),
                Tune::FreeHandshake(who) => {
                    if let Some(side) = who.side()
                        && !self.life(self.life_of(side), |life| life.ready)
                    {
                        self.broken.set(true);
                    }
                    s2n_connection_free_handshake(self.of(who))
                }
                Tune::Throughput(who) => s2n_connection_prefer_throughput(self.of(who)),
                Tune::LowLatency(who) => s2n_connection_prefer_low_latency(self.of(who)),
                Tune::RecvBuffering(who, on) => s2n_connection_set_recv_buffering(self.of(who), on),
                Tune::DynamicBuffers(who, on) => {
                    s2n_connection_set_dynamic_buffers(self.of(who), on)
                }
                Tune::DynamicRecords(who, threshold, timeout) => {
                    s2n_connection_set_dynamic_record_threshold(self.of(who), threshold, timeout)
                }
                Tune::Context(who, context) => {
                    let context = context as *mut c_void;
                    let set = s2n_connection_set_ctx(self.of(who), context);
                    assert!(set != 0 || s2n_connection_get_ctx(self.of(who)) == context);
                    set
                }
                Tune::SetCallbacks(side) => {
                    self.set_callbacks(side, true, true);
                    0
                }
                Tune::Wait(milliseconds) => {
                    let passed = u64::from(milliseconds) * 1_000_000;
                    self.now.set(self.now.get() + passed);
                    0
                }
            }
        });
    }

    fn live(&self, life: &Life) {
        match *life {
            Life::Shutdown(who) => {
                if let Some(side) = who.side() {
                    self.life(self.life_of(side), |life| life.drops = true);
                }
                self.shut(who, s2n_shutdown);
            }
            Life::ShutdownSend(who) => self.shut(who, s2n_shutdown_send),
            Life::New { side, clear } => {
                self.free(side);
                self.new_connection(side);
                if clear {
                    self.clear_link(side);
                }
            }
            Life::Free(who) => match who.side() {
                Some(side) => self.free(side),
                // SAFETY: NULL is refused.
                None => assert_eq!(unsafe { s2n_connection_free(ptr::null_mut()) }, -1),
            },
            Life::Wipe { side, clear } => drop(self.wipe(side, clear)),
            Life::WipeBoth => {
                let configured = self.config_is_own.get();
                if self.wipe(Side::Client, true) && self.wipe(Side::Server, true) {
                    // Nothing is left of what went before.
                    self.broken.set(!configured || self.is_odd());
                }
            }
        }
    }

    fn rarely(&self, rare: &Rare) {
        if !matches!(
            rare,
            Rare::NewOfMode(_)
                | Rare::Change(_)
                | Rare::WrongKeyUpdate(..)
                | Rare::WithoutBlocked(..)
        ) {
            self.broken.set(true);
        }
        // SAFETY: the connection is live or NULL; every string is one, every buffer holds what its
        // size says.
        self.status(unsafe {
            match rare {
                Rare::NewOfMode(mode) => {
                    let conn = s2n_connection_new(*mode);
                    assert_eq!(conn.is_null(), !(0..=1).contains(mode));
                    let freed = s2n_connection_free(conn);
                    assert_eq!(freed, -c_int::from(conn.is_null()));
                    freed
                }
                Rare::TakeCallbacks { side, recv } => {
                    self.set_callbacks(*side, !recv, *recv);
                    0
                }
                Rare::SetNoDescriptor(side) => {
                    let (conn, mut fd) = (self.conn(*side), 0);
                    let set = s2n_connection_set_fd(conn, -1);
                    assert!(set != 0 || s2n_connection_get_read_fd(conn, &mut fd) == 0 && fd == -1);
                    set
                }
                Rare::SetConfig { who, config } => {
                    self.config_is_own.set(false);
                    s2n_connection_set_config(self.of(*who), self.which(*who, *config))
                }
                Rare::Change(change) => self.change(change),
                Rare::ClientAuth(who, auth) => {
                    let (conn, auth) = (self.of(*who), c_int::from(*auth % 4));
                    let mut now = -1;
                    let set = s2n_connection_set_client_auth_type(conn, auth);
                    let got = s2n_connection_get_client_auth_type(conn, &mut now);
                    assert!(set != 0 || got == 0 && now == auth);
                    set
                }
                Rare::Policy(who, policy) => policy
                    .with(|policy| s2n_connection_set_cipher_preferences(self.of(*who), policy)),
                Rare::ServerName(who, name) => {
                    string(name, |name| s2n_set_server_name(self.of(*who), name))
                }
                Rare::Protocol(who, name) => {
                    let name = &name[..name.len().min(255)];
                    let (name, len) = (name.as_ptr(), name.len() as u8);
                    s2n_connection_append_protocol_preference(self.of(*who), name, len)
                }
                Rare::VerifyHost(who, on) => {
                    let verify = on.then_some(on_host as VerifyHostFn);
                    s2n_connection_set_verify_host_callback(self.of(*who), verify, ptr::null_mut())
                }
                Rare::Corked(who) => s2n_connection_use_corked_io(self.of(*who)),
                Rare::WrongKeyUpdate(who, peer) => {
                    self.request_key_update(*who, c_int::from(*peer) + 1);
                    0
                }
                Rare::ClockFails(fails) => {
                    self.clock_fails.set(*fails);
                    0
                }
                Rare::HostIsWrong(wrong) => {
                    self.host_is_wrong.set(*wrong);
                    0
                }
                Rare::WithoutBlocked(who, call) => {
                    self.without_blocked(*who, *call);
                    0
                }
            }
        });
    }

    fn of(&self, who: Who) -> Conn {
        who.side().map_or(ptr::null_mut(), |side| self.conn(side))
    }

    /// Looks at the error of a call that answers -1 for one. Answers whether it succeeded.
    fn status(&self, status: impl Into<i64>) -> bool {
        let status = status.into();
        assert!(status >= -1);
        if status == -1 {
            self.error();
        }
        status >= 0
    }

    /// The type of the last error.
    fn error(&self) -> c_int {
        // SAFETY: the slot is this thread's own; the texts are strings that live until the next
        // failure.
        unsafe {
            let error = *s2n_errno_location();
            assert_ne!(error, 0, "a failure without an error");
            for text in [
                s2n_strerror_name(error),
                s2n_strerror(error, c"EN".as_ptr()),
                s2n_strerror_debug(error, ptr::null()),
                s2n_strerror_source(error),
            ] {
                let text = CStr::from_ptr(text).to_bytes();
                assert!(!text.is_empty() && text != b"Internal s2n error");
            }
            let kind = s2n_error_get_type(error);
            let name = CStr::from_ptr(s2n_strerror_name(error));
            if kind != BLOCKED && kind != USAGE && name != c"S2N_ERR_NULL" {
                self.broken.set(true);
            }
            kind
        }
    }

    fn error_name(&self) -> &'static CStr {
        // SAFETY: the slot is this thread's own; the names of errors live for ever.
        unsafe { CStr::from_ptr(s2n_strerror_name(*s2n_errno_location())) }
    }

    fn free(&self, side: Side) {
        self.broken.set(true);
        let conn = self.take_conn(side);
        if !conn.is_null() {
            // SAFETY: the connection is live; calls further up hold their own share.
            assert_eq!(unsafe { s2n_connection_free(conn) }, 0);
        }
    }

    fn wipe(&self, side: Side, clear: bool) -> bool {
        let conn = self.conn(side);
        // SAFETY: the connection is live or NULL.
        if !self.status(unsafe { s2n_connection_wipe(conn) }) {
            return false;
        }
        self.new_life(side);
        self.set_callbacks(side, true, true);
        if clear {
            self.clear_link(side);
        }
        // SAFETY: as above.
        unsafe {
            assert_eq!(s2n_connection_get_wire_bytes_in(conn), 0);
            assert_eq!(s2n_peek(conn), 0);
            assert_eq!(s2n_peek_buffered(conn), 0);
            assert_eq!(s2n_connection_get_alert(conn), -1);
        }
        true
    }

    fn is_odd(&self) -> bool {
        self.clock_fails.get() || self.host_is_wrong.get()
    }

    /// A config that lives, or NULL.
    fn which(&self, who: Who, which: Which) -> Conf {
        // With other delays the library itself would sleep.
        let delays = self.setup.get().delays;
        let side = who.side().unwrap_or(Side::Client);
        match which {
            Which::Own(setup) => self.config(side, Setup { delays, ..setup }),
            Which::Foreign(setup) => self.config(side.other(), Setup { delays, ..setup }),
            Which::Odd => self.odd_config.get(),
            Which::Null => ptr::null_mut(),
        }
    }

    fn negotiate(&self, who: Who) {
        let conn = self.of(who);
        let life = who.side().map(|side| self.life_of(side));
        let mut blocked = -1;
        // SAFETY: the connection is live or NULL.
        let done = self.status(unsafe { s2n_negotiate(conn, &mut blocked) });
        if conn.is_null() {
            assert!(!done);
            return;
        }
        if blocked == -1 {
            assert_eq!(self.error_name(), c"S2N_ERR_REENTRANCY");
            return;
        }
        assert!((0..=4).contains(&blocked));
        assert!(!done || blocked == NOT_BLOCKED);
        // A KeyUpdate that cannot be sent yet fails the call, but not the handshake. A callback may
        // have freed the connection.
        if let Some(life) = life
            && (done || (self.of(who) == conn && is_negotiated(conn)))
        {
            self.life(life, |life| life.ready = true);
        }
    }

    pub fn handshake(&self) {
        for _ in 0..8 {
            self.negotiate(Who::Client);
            self.negotiate(Who::Server);
        }
    }

    fn send_one(&self, who: Who, len: usize, odd: Odd) {
        let side = who.side().unwrap_or(Side::Client);
        let (conn, life) = (self.of(who), self.life_of(side));
        let taken = self.taken_at_most(life);
        let data = self.offer(life, len);
        let buf = match odd {
            Odd::NullBuffer => ptr::null(),
            _ => data.as_ptr(),
        };
        let size = match odd {
            Odd::NegativeSize => -1 - len as ssize_t,
            _ => len as ssize_t,
        };
        let mut blocked = -1;
        // SAFETY: the connection is live or NULL; the buffer holds what its size says, or is
        // refused.
        let sent = unsafe { s2n_send(conn, buf.cast(), size, &mut blocked) };
        let wrong = conn.is_null() || size < 0 || (buf.is_null() && len > taken);
        self.check_sent(life, sent, len, wrong, blocked);
    }

    fn send_vector(&self, who: Who, pieces: &[Len], offset: usize, odd: Odd) {
        let side = who.side().unwrap_or(Side::Client);
        let (conn, life) = (self.of(who), self.life_of(side));
        let pieces = &pieces[..pieces.len().min(40)];
        let total: usize = pieces.iter().map(|piece| piece.0).sum();
        let offset = offset.min(total);
        let taken = self.taken_at_most(life);
        let data = self.offer(life, total - offset);

        // What is left out is not looked at: it may hold anything.
        let bytes = [vec![0; offset], data].concat();
        let mut rest = &bytes[..];
        let mut buffers = Vec::new();
        for piece in pieces {
            let (piece, after) = rest.split_at(piece.0);
            // A buffer of its own, so that the sanitizer sees its end.
            buffers.push(piece.to_vec().into_boxed_slice());
            rest = after;
        }
        let mut vectors: Vec<_> = buffers
            .iter()
            .map(|buffer| iovec {
                iov_base: buffer.as_ptr().cast_mut().cast(),
                iov_len: buffer.len(),
            })
            .collect();
        let mut wrong = conn.is_null();
        if odd == Odd::NullBuffer
            && let Some(last) = vectors.last_mut()
        {
            last.iov_base = ptr::null_mut();
            wrong |= last.iov_len > 0 && total - offset > taken;
        }
        let count = vectors.len() as ssize_t;
        let (count, offset) = match odd {
            Odd::NegativeSize => (-count, offset as ssize_t),
            Odd::OffsetBeyond => (count, total as ssize_t + 1),
            Odd::NegativeOffset => (count, -1 - offset as ssize_t),
            _ => (count, offset as ssize_t),
        };
        wrong |= offset < 0 || offset > total as ssize_t || (count < 0 && offset > 0);
        let len = match count {
            0.. => total - offset.clamp(0, total as ssize_t) as usize,
            _ => 0,
        };
        let mut blocked = -1;
        // SAFETY: the connection is live or NULL; the vectors hold what they say, or are refused.
        let sent =
            unsafe { s2n_sendv_with_offset(conn, vectors.as_ptr(), count, offset, &mut blocked) };
        self.check_sent(life, sent, len, wrong, blocked);
    }

    fn check_sent(&self, life: usize, sent: ssize_t, len: usize, wrong: bool, blocked: c_int) {
        if !self.status(sent as i64) {
            return;
        }
        assert!(!wrong, "wrong arguments, and yet {sent}");
        assert!(sent as usize <= len, "{sent} of {len}");
        assert_eq!(blocked == NOT_BLOCKED, sent as usize == len);
        assert!(blocked == NOT_BLOCKED || blocked == ON_WRITE);
        self.life(life, |life| {
            assert!(life.ready || sent == 0, "bytes before the handshake");
            life.sent += sent as usize;
        });
    }

    /// How many bytes may be in records already, which a send does not need any more.
    fn taken_at_most(&self, life: usize) -> usize {
        self.life(life, |life| life.offered - life.sent)
    }

    /// Receives once, and answers how much.
    fn receive(&self, who: Who, room: usize, odd: Odd) -> usize {
        let side = who.side().unwrap_or(Side::Client);
        let (conn, life) = (self.of(who), self.life_of(side));
        let mut bytes = vec![0_u8; room].into_boxed_slice();
        let buf = match odd {
            Odd::NullBuffer => ptr::null_mut(),
            _ => bytes.as_mut_ptr(),
        };
        let size = match odd {
            Odd::NegativeSize => -1 - room as ssize_t,
            _ => room as ssize_t,
        };
        let wrong = conn.is_null() || size < 0 || (buf.is_null() && size > 0);
        // SAFETY: the connection is live or NULL.
        let peeked = unsafe { s2n_peek(conn) } as usize;
        let mut blocked = -1;
        // SAFETY: the connection is live or NULL; the buffer holds what its size says, or is
        // refused.
        let received = unsafe { s2n_recv(conn, buf.cast(), size, &mut blocked) };
        let before = self.broken.get();
        if !self.status(received as i64) {
            if wrong {
                self.broken.set(before);
            }
            if !wrong && self.error() == BLOCKED && conn == self.of(who) {
                // SAFETY: as above.
                unsafe {
                    assert_eq!(s2n_peek(conn), 0);
                    assert_eq!(s2n_peek_buffered(conn), 0);
                }
            }
            assert!(wrong || peeked == 0 || self.broken.get() || self.error() == USAGE);
            return 0;
        }
        let received = received as usize;
        assert!(!wrong && received <= room);
        assert!(received >= peeked.min(room) || self.broken.get());
        if received == 0 && room > 0 {
            self.broken.set(true);
        }
        if received > 0 {
            self.check_received(life, &bytes[..received]);
        }
        received
    }

    fn shut(&self, who: Who, close: unsafe extern "C" fn(Conn, *mut c_int) -> c_int) {
        self.broken.set(true);
        let mut blocked = -1;
        // SAFETY: the connection is live or NULL.
        let closed = self.status(unsafe { close(self.of(who), &mut blocked) });
        assert!(!closed || blocked == NOT_BLOCKED);
    }

    fn get(&self, who: Who) {
        let conn = self.of(who);
        let mut name = ptr::null();
        let (mut first, mut second) = (0, 0);
        let (mut chain, mut len) = (ptr::null_mut(), 0);
        // SAFETY: the connection is live or NULL; what comes back are strings and bytes that live
        // as long as it.
        unsafe {
            read(s2n_get_server_name(conn));
            read(s2n_get_application_protocol(conn));
            read(s2n_connection_get_cipher(conn));
            read(s2n_connection_get_curve(conn));
            read(s2n_connection_get_kem_group_name(conn));
            if s2n_connection_get_key_exchange_group(conn, &mut name) == 0 {
                read(name);
            }
            s2n_connection_get_cipher_iana_value(conn, &mut first, &mut second);
            s2n_connection_get_key_update_counts(conn, &mut first, &mut second);
            if s2n_connection_get_client_cert_chain(conn, &mut chain, &mut len) == 0 {
                let bytes = std::slice::from_raw_parts(chain, len as usize);
                std::hint::black_box(bytes.iter().map(|&byte| u32::from(byte)).sum::<u32>());
            }
            s2n_connection_get_mode(conn);
            s2n_connection_get_actual_protocol_version(conn);
            s2n_connection_get_client_protocol_version(conn);
            s2n_connection_get_server_protocol_version(conn);
            s2n_connection_get_alert(conn);
            s2n_connection_is_session_resumed(conn);
            s2n_connection_client_cert_used(conn);
            let delay = s2n_connection_get_delay(conn);
            let most = u64::from(MAX_DELAY) * 1_000_000_000;
            assert!(delay <= most || delay == u64::MAX);
            assert!(s2n_peek(conn) <= 1 << 14);
        }
        let Some(side) = who.side().filter(|_| !conn.is_null()) else {
            return;
        };
        let (wire_in, wire_out) =
            self.life(self.life_of(side), |life| (life.wire_in, life.wire_out));
        // SAFETY: as above.
        unsafe {
            assert_eq!(s2n_connection_get_wire_bytes_in(conn), wire_in);
            assert_eq!(s2n_connection_get_wire_bytes_out(conn), wire_out);
        }
    }

    fn without_blocked(&self, who: Who, call: u8) {
        let (conn, nowhere) = (self.of(who), ptr::null_mut());
        // SAFETY: the connection is live or NULL; the missing place is refused.
        let failed = unsafe {
            match call % 5 {
                0 => s2n_negotiate(conn, nowhere) == -1,
                1 => s2n_send(conn, ptr::null(), 0, nowhere) == -1,
                2 => s2n_recv(conn, ptr::null_mut(), 0, nowhere) == -1,
                3 => s2n_shutdown(conn, nowhere) == -1,
                _ => s2n_shutdown_send(conn, nowhere) == -1,
            }
        };
        assert!(failed);
        self.error();
    }

    /// Nothing happened but waiting: handshakes complete, all bytes arrive, and both sides close.
    pub fn come_to_an_end(&self) {
        const SIDES: [(Who, Side); 2] = [(Who::Client, Side::Client), (Who::Server, Side::Server)];

        self.handshake();
        for (who, side) in SIDES {
            let life = self.life_of(side);
            assert!(self.life(life, |life| life.ready), "{side:?} is not ready");
            // What was sealed already is offered again, as the library asks for.
            let rest = self.life(life, |life| life.offered - life.sent);
            self.send_one(who, rest, Odd::No);
        }
        for (who, side) in SIDES {
            while self.receive(who, 10_000, Odd::No) > 0 {}
            let sent = self.life(self.life_of(side.other()), |life| life.sent);
            assert_eq!(self.life(self.life_of(side), |life| life.received), sent);
        }
        assert!(!self.broken.get(), "nothing was wrong, and yet");
        for (who, side) in SIDES {
            assert_eq!(
                self.life(self.life_of(side), |life| life.sent),
                self.life(self.life_of(side), |life| life.offered)
            );
            self.shut(who, s2n_shutdown);
        }
        let mut blocked = -1;
        for (_, side) in SIDES {
            // SAFETY: the connection is live.
            assert_eq!(unsafe { s2n_shutdown(self.conn(side), &mut blocked) }, 0);
        }
    }
}

/// # Safety
///
/// `text` is NULL or a string.
unsafe fn read(text: *const c_char) {
    if !text.is_null() {
        // SAFETY: the caller's promise.
        std::hint::black_box(unsafe { CStr::from_ptr(text) }.to_bytes().len());
    }
}
