//! The calls, and the invariants of their results.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use super::call::{
    Call, DataCall, Invalid, Lifecycle, RareCall, Setting, Setup, Side, Target, Which,
};
use super::config::string;
use super::ffi::*;
use super::getters::call_getter;
use super::state::{MAX_DELAY, State, on_host};

/// Members of `s2n_blocked_status`.
pub const NOT_BLOCKED: c_int = 0;
pub const ON_WRITE: c_int = 2;

/// Members of `s2n_error_type`.
pub const BLOCKED: c_int = 3;
pub const USAGE: c_int = 7;

/// Whether a handshake is complete, according to the getters.
fn is_negotiated(conn: Conn) -> bool {
    let mut name = ptr::null();
    // SAFETY: the connection is live.
    unsafe { s2n_connection_get_key_exchange_group(conn, &mut name) == 0 }
}

impl State {
    pub fn run(&self, call: &Call) {
        match call {
            Call::Data(call) => self.data_call(call),
            Call::Plan {
                side,
                sending,
                steps,
            } => self.plan(*side, *sending, steps),
            Call::Setting(call) => self.setting_call(call),
            Call::Handshake => self.handshake(),
            Call::Lifecycle(call) => self.lifecycle_call(call),
            Call::Rare(call) => self.rare_call(call),
            Call::Psk(call) => self.psk_call(call),
        }
    }

    fn data_call(&self, call: &DataCall) {
        match call {
            DataCall::Negotiate(target) => self.negotiate(*target),
            DataCall::Send {
                target,
                len,
                invalid,
            } => self.send_one(*target, len.0, *invalid),
            DataCall::SendVector {
                target,
                pieces,
                offset,
                invalid,
            } => self.send_vector(*target, pieces, offset.0, *invalid),
            DataCall::Recv {
                target,
                capacity,
                invalid,
            } => drop(self.receive(*target, capacity.0, *invalid)),
            DataCall::RequestKeyUpdate(target) => self.request_key_update(*target, 0),
            DataCall::Get(target) => self.get(*target),
            DataCall::CallGetter {
                target,
                getter,
                bytes,
                capacity,
            } => drop(self.status(call_getter(self.of(*target), *getter, bytes, capacity.0))),
        }
    }

    fn request_key_update(&self, target: Target, peer: c_int) {
        // SAFETY: the connection is live or NULL.
        let requested =
            self.status(unsafe { s2n_connection_request_key_update(self.of(target), peer) });
        assert_eq!(requested, peer == 0 && !self.of(target).is_null());
    }

    fn setting_call(&self, call: &Setting) {
        // SAFETY: the connection is live or NULL.
        self.status(unsafe {
            match *call {
                Setting::ReleaseBuffers(target) => s2n_connection_release_buffers(self.of(target)),
                Setting::FreeHandshake(target) => {
                    if let Some(side) = target.side()
                        && !self.lifetime(self.lifetime_of(side), |lifetime| lifetime.ready)
                    {
                        self.may_fail.set(true);
                    }
                    s2n_connection_free_handshake(self.of(target))
                }
                Setting::Throughput(target) => s2n_connection_prefer_throughput(self.of(target)),
                Setting::LowLatency(target) => s2n_connection_prefer_low_latency(self.of(target)),
                Setting::RecvBuffering(target, on) => {
                    s2n_connection_set_recv_buffering(self.of(target), on)
                }
                Setting::DynamicBuffers(target, on) => {
                    s2n_connection_set_dynamic_buffers(self.of(target), on)
                }
                Setting::DynamicRecords(target, threshold, timeout) => {
                    s2n_connection_set_dynamic_record_threshold(self.of(target), threshold, timeout)
                }
                Setting::Context(target, context) => {
                    let context = context as *mut c_void;
                    let set = s2n_connection_set_ctx(self.of(target), context);
                    assert!(set != 0 || s2n_connection_get_ctx(self.of(target)) == context);
                    set
                }
                Setting::SetCallbacks(side) => {
                    self.set_callbacks(side, true, true);
                    0
                }
                Setting::Wait(milliseconds) => {
                    let passed = u64::from(milliseconds) * 1_000_000;
                    self.now.set(self.now.get() + passed);
                    0
                }
            }
        });
    }

    fn lifecycle_call(&self, call: &Lifecycle) {
        match *call {
            Lifecycle::Shutdown(target) => {
                if let Some(side) = target.side() {
                    self.lifetime(self.lifetime_of(side), |lifetime| lifetime.discards = true);
                }
                self.shut(target, s2n_shutdown);
            }
            Lifecycle::ShutdownSend(target) => self.shut(target, s2n_shutdown_send),
            Lifecycle::New { side, clear } => {
                self.free(side);
                self.new_connection(side);
                if clear {
                    self.clear_in_transit(side);
                }
            }
            Lifecycle::Free(target) => match target.side() {
                Some(side) => self.free(side),
                // SAFETY: NULL is rejected.
                None => assert_eq!(unsafe { s2n_connection_free(ptr::null_mut()) }, -1),
            },
            Lifecycle::Wipe { side, clear } => drop(self.wipe(side, clear)),
            Lifecycle::WipeBoth => {
                let has_own_config = self.config_is_own.get();
                if self.wipe(Side::Client, true) && self.wipe(Side::Server, true) {
                    // Both connections are new now.
                    self.may_fail.set(!has_own_config || self.has_fault());
                }
            }
        }
    }

    fn rare_call(&self, call: &RareCall) {
        if !matches!(
            call,
            RareCall::NewOfMode(_)
                | RareCall::Change(_)
                | RareCall::WrongKeyUpdate(..)
                | RareCall::WithoutBlocked(..)
        ) {
            self.may_fail.set(true);
        }
        // SAFETY: the connection is live or NULL; every string is NUL-terminated, every buffer has
        // the size passed.
        self.status(unsafe {
            match call {
                RareCall::NewOfMode(mode) => {
                    let conn = s2n_connection_new(*mode);
                    assert_eq!(conn.is_null(), !(0..=1).contains(mode));
                    let freed = s2n_connection_free(conn);
                    assert_eq!(freed, -c_int::from(conn.is_null()));
                    freed
                }
                RareCall::RemoveCallbacks { side, recv } => {
                    self.set_callbacks(*side, !recv, *recv);
                    0
                }
                RareCall::SetNoDescriptor(side) => {
                    let (conn, mut fd) = (self.conn(*side), 0);
                    let set = s2n_connection_set_fd(conn, -1);
                    assert!(set != 0 || s2n_connection_get_read_fd(conn, &mut fd) == 0 && fd == -1);
                    set
                }
                RareCall::SetConfig { target, config } => {
                    self.config_is_own.set(false);
                    s2n_connection_set_config(self.of(*target), self.which(*target, *config))
                }
                RareCall::Change(change) => self.change(change),
                RareCall::ClientAuth(target, auth) => {
                    let (conn, auth) = (self.of(*target), c_int::from(*auth % 4));
                    let mut now = -1;
                    let set = s2n_connection_set_client_auth_type(conn, auth);
                    let got = s2n_connection_get_client_auth_type(conn, &mut now);
                    assert!(set != 0 || got == 0 && now == auth);
                    set
                }
                RareCall::Policy(target, policy) => policy
                    .with(|policy| s2n_connection_set_cipher_preferences(self.of(*target), policy)),
                RareCall::ServerName(target, name) => {
                    string(name, |name| s2n_set_server_name(self.of(*target), name))
                }
                RareCall::Protocol(target, name) => {
                    let name = &name[..name.len().min(255)];
                    let (name, len) = (name.as_ptr(), name.len() as u8);
                    s2n_connection_append_protocol_preference(self.of(*target), name, len)
                }
                RareCall::VerifyHost(target, on) => {
                    let verify = on.then_some(on_host as VerifyHostFn);
                    s2n_connection_set_verify_host_callback(
                        self.of(*target),
                        verify,
                        ptr::null_mut(),
                    )
                }
                RareCall::Corked(target) => s2n_connection_use_corked_io(self.of(*target)),
                RareCall::WrongKeyUpdate(target, peer) => {
                    self.request_key_update(*target, c_int::from(*peer) + 1);
                    0
                }
                RareCall::ClockFails(fails) => {
                    self.clock_fails.set(*fails);
                    0
                }
                RareCall::RejectHost(reject) => {
                    self.reject_host.set(*reject);
                    0
                }
                RareCall::WithoutBlocked(target, call) => {
                    self.without_blocked(*target, *call);
                    0
                }
            }
        });
    }

    pub fn of(&self, target: Target) -> Conn {
        target
            .side()
            .map_or(ptr::null_mut(), |side| self.conn(side))
    }

    /// Checks the error of a call that returns -1 for a failure. Returns whether the call
    /// succeeded.
    pub fn status(&self, status: impl Into<i64>) -> bool {
        let status = status.into();
        assert!(status >= -1);
        if status == -1 {
            self.error();
        }
        status >= 0
    }

    /// Checks the last error and returns its type.
    pub fn error(&self) -> c_int {
        // SAFETY: the slot is thread-local; the texts are strings that are valid until the next
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
                self.may_fail.set(true);
            }
            kind
        }
    }

    pub fn error_name(&self) -> &'static CStr {
        // SAFETY: the slot is thread-local; the names of errors are static.
        unsafe { CStr::from_ptr(s2n_strerror_name(*s2n_errno_location())) }
    }

    fn free(&self, side: Side) {
        self.may_fail.set(true);
        let conn = self.take_conn(side);
        if !conn.is_null() {
            // SAFETY: the connection is live; outer calls hold references of their own.
            assert_eq!(unsafe { s2n_connection_free(conn) }, 0);
        }
    }

    fn wipe(&self, side: Side, clear: bool) -> bool {
        let conn = self.conn(side);
        // SAFETY: the connection is live or NULL.
        if !self.status(unsafe { s2n_connection_wipe(conn) }) {
            return false;
        }
        self.new_lifetime(side);
        self.set_callbacks(side, true, true);
        if clear {
            self.clear_in_transit(side);
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

    fn has_fault(&self) -> bool {
        self.clock_fails.get() || self.reject_host.get()
    }

    /// Returns a live config, or NULL.
    fn which(&self, target: Target, which: Which) -> Conf {
        // With other delays the library would sleep in the call.
        let delays = self.setup.get().delays;
        let side = target.side().unwrap_or(Side::Client);
        match which {
            Which::Own(setup) => self.config(side, Setup { delays, ..setup }),
            Which::Foreign(setup) => self.config(side.other(), Setup { delays, ..setup }),
            Which::Spare => self.spare_config.get(),
            Which::Null => ptr::null_mut(),
        }
    }

    fn negotiate(&self, target: Target) {
        let conn = self.of(target);
        let lifetime = target.side().map(|side| self.lifetime_of(side));
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
        match lifetime {
            Some(lifetime) if done => self.lifetime(lifetime, |lifetime| lifetime.ready = true),
            // A KeyUpdate that is blocked fails the call, but not the handshake.
            Some(lifetime) => self.note_completion(target, conn, lifetime),
            None => {}
        }
    }

    /// Records that a call may have completed the handshake. A callback may have freed the
    /// connection.
    pub fn note_completion(&self, target: Target, conn: Conn, lifetime: usize) {
        if !conn.is_null() && self.of(target) == conn && is_negotiated(conn) {
            self.lifetime(lifetime, |lifetime| lifetime.ready = true);
        }
    }

    pub fn handshake(&self) {
        for _ in 0..8 {
            self.negotiate(Target::Client);
            self.negotiate(Target::Server);
        }
    }

    fn shut(&self, target: Target, close: unsafe extern "C" fn(Conn, *mut c_int) -> c_int) {
        self.may_fail.set(true);
        let mut blocked = -1;
        // SAFETY: the connection is live or NULL.
        let closed = self.status(unsafe { close(self.of(target), &mut blocked) });
        assert!(!closed || blocked == NOT_BLOCKED);
    }

    fn get(&self, target: Target) {
        let conn = self.of(target);
        let mut name = ptr::null();
        let (mut first, mut second) = (0, 0);
        let (mut chain, mut len) = (ptr::null_mut(), 0);
        // SAFETY: the connection is live or NULL; the results are strings and bytes that are valid
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
        let Some(side) = target.side().filter(|_| !conn.is_null()) else {
            return;
        };
        let (wire_in, wire_out) = self.lifetime(self.lifetime_of(side), |lifetime| {
            (lifetime.wire_in, lifetime.wire_out)
        });
        // SAFETY: as above.
        unsafe {
            assert_eq!(s2n_connection_get_wire_bytes_in(conn), wire_in);
            assert_eq!(s2n_connection_get_wire_bytes_out(conn), wire_out);
        }
    }

    fn without_blocked(&self, target: Target, call: u8) {
        let (conn, null) = (self.of(target), ptr::null_mut());
        // SAFETY: the connection is live or NULL; the NULL status is rejected.
        let failed = unsafe {
            match call % 5 {
                0 => s2n_negotiate(conn, null) == -1,
                1 => s2n_send(conn, ptr::null(), 0, null) == -1,
                2 => s2n_recv(conn, ptr::null_mut(), 0, null) == -1,
                3 => s2n_shutdown(conn, null) == -1,
                _ => s2n_shutdown_send(conn, null) == -1,
            }
        };
        assert!(failed);
        self.error();
    }

    /// Checks a case without faults: handshakes complete, all bytes are received, and both sides
    /// close.
    pub fn check_completion(&self) {
        const SIDES: [(Target, Side); 2] = [
            (Target::Client, Side::Client),
            (Target::Server, Side::Server),
        ];

        self.handshake();
        for (target, side) in SIDES {
            let lifetime = self.lifetime_of(side);
            assert!(
                self.lifetime(lifetime, |lifetime| lifetime.ready),
                "{side:?} is not ready"
            );
            // Sealed bytes are passed again, as the library requires.
            let rest = self.lifetime(lifetime, |lifetime| lifetime.offered - lifetime.sent);
            self.send_one(target, rest, Invalid::No);
        }
        for (target, side) in SIDES {
            while self.receive(target, 10_000, Invalid::No) > 0 {}
            let sent = self.lifetime(self.lifetime_of(side.other()), |lifetime| lifetime.sent);
            assert_eq!(
                self.lifetime(self.lifetime_of(side), |lifetime| lifetime.received),
                sent
            );
        }
        assert!(!self.may_fail.get(), "failure without a fault");
        for (target, side) in SIDES {
            assert_eq!(
                self.lifetime(self.lifetime_of(side), |lifetime| lifetime.sent),
                self.lifetime(self.lifetime_of(side), |lifetime| lifetime.offered)
            );
            self.shut(target, s2n_shutdown);
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
/// `text` is NULL or a NUL-terminated string.
unsafe fn read(text: *const c_char) {
    if !text.is_null() {
        // SAFETY: the caller's promise.
        std::hint::black_box(unsafe { CStr::from_ptr(text) }.to_bytes().len());
    }
}
