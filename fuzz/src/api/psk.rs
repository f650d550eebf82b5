//! Calls for external pre-shared keys and early data, and their callbacks.

use std::ffi::{c_int, c_void};
use std::ptr;

use arbitrary::{Arbitrary, Result, Unstructured};
use libc::ssize_t;

use super::call::{Behavior, Invalid, Len, Side, Target};
use super::ffi::*;
use super::run::NOT_BLOCKED;
use super::state::{State, with};

#[derive(Arbitrary, Debug)]
pub enum PskCall {
    /// Appends a key to both connections.
    Share(Key),
    Append(Target, Key),
    Mode(Target, u8),
    MaxEarlyData(Target, u32),
    Context(Target, Vec<u8>),
    SendEarly {
        target: Target,
        len: Len,
        invalid: Invalid,
    },
    RecvEarly {
        target: Target,
        capacity: Len,
        invalid: Invalid,
    },
    Get(Target, Len),
    /// Accepts or rejects early data, after the callback has not decided.
    Decide(bool),
    /// The behavior of the next callbacks that select a key, or decide about early data.
    Plan(Vec<Behavior>),
}

/// The key of a case, and its early data.
#[derive(Debug)]
pub enum Start {
    Plain,
    Key(CommonKey),
    EarlyData { key: CommonKey, len: Len },
}

impl Arbitrary<'_> for Start {
    fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match u8::arbitrary(u)? % 8 {
            0 => Self::Key(u.arbitrary()?),
            1 | 2 => Self::EarlyData {
                key: u.arbitrary()?,
                len: u.arbitrary()?,
            },
            _ => Self::Plain,
        })
    }
}

#[derive(Arbitrary, Debug)]
pub struct Key {
    common: CommonKey,
    unusual: Option<Unusual>,
}

/// A key with valid values.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct CommonKey {
    identity: u8,
    secret: u8,
    sha384: bool,
    early: Option<u32>,
}

/// Values that most applications do not set.
#[derive(Arbitrary, Debug)]
struct Unusual {
    identity: Vec<u8>,
    secret: Vec<u8>,
    hmac: u8,
    suite: [u8; 2],
    protocol: Vec<u8>,
    context: Vec<u8>,
}

/// The maximum number of identities that the selection callback reads.
const MAX_OFFERED: usize = 3000;

impl CommonKey {
    /// Passes an object with the key to `call`.
    fn with(&self, call: impl FnOnce(Psk) -> c_int) -> c_int {
        // SAFETY: the object is live until it is freed, and every buffer has the size passed.
        unsafe {
            let mut psk = s2n_external_psk_new();
            assert!(!psk.is_null());
            let identity = [b'i', self.identity % 8];
            assert_eq!(s2n_psk_set_identity(psk, identity.as_ptr(), 2), 0);
            let secret = [b's', self.secret % 4];
            assert_eq!(s2n_psk_set_secret(psk, secret.as_ptr(), 2), 0);
            let (hmac, suite) = if self.sha384 { (1, 2) } else { (0, 1) };
            assert_eq!(s2n_psk_set_hmac(psk, hmac), 0);
            if let Some(max) = self.early {
                assert_eq!(s2n_psk_configure_early_data(psk, max, 0x13, suite), 0);
            }
            let result = call(psk);
            assert_eq!(s2n_psk_free(&mut psk), 0);
            assert!(psk.is_null());
            result
        }
    }
}

impl Key {
    /// Passes an object with the key, which may be invalid, to `call`.
    fn with(&self, call: impl FnOnce(Psk) -> c_int) -> c_int {
        self.common.with(|psk| {
            if let Some(unusual) = &self.unusual {
                // SAFETY: the key is live.
                unsafe { unusual.set(psk) };
            }
            call(psk)
        })
    }
}

impl Unusual {
    /// # Safety
    ///
    /// The key is live.
    unsafe fn set(&self, psk: Psk) {
        let len = |bytes: &[u8]| bytes.len() as u16;
        let protocol = &self.protocol[..self.protocol.len().min(255)];
        // SAFETY: the caller's promise; every buffer has the size passed.
        unsafe {
            s2n_psk_set_identity(psk, self.identity.as_ptr(), len(&self.identity));
            s2n_psk_set_secret(psk, self.secret.as_ptr(), len(&self.secret));
            s2n_psk_set_hmac(psk, (self.hmac % 4).into());
            let [first, second] = self.suite;
            s2n_psk_configure_early_data(psk, 99, first, second);
            s2n_psk_set_application_protocol(psk, protocol.as_ptr(), protocol.len() as u8);
            s2n_psk_set_early_data_context(psk, self.context.as_ptr(), len(&self.context));
        }
    }
}

impl State {
    /// Begins a case with a key of both connections, whose handshake completes.
    pub fn start(&self, start: &Start) {
        let (key, early_len) = match start {
            Start::Plain => return,
            Start::Key(key) => (key, None),
            Start::EarlyData { key, len } => (key, Some(len.0)),
        };
        for side in [Side::Client, Side::Server] {
            // SAFETY: the connection and the key are live.
            let appended =
                key.with(|psk| unsafe { s2n_connection_append_psk(self.conn(side), psk) });
            assert_eq!(appended, 0);
        }
        if let Some(len) = early_len {
            self.send_early(Target::Client, len, Invalid::No);
            // The limit of a record's content, and more than all early data.
            for capacity in [1 << 14, 1 << 17] {
                self.receive_early(Target::Server, capacity, Invalid::No);
            }
        }
        assert!(!self.may_fail.get(), "failure without a fault");
    }

    pub fn psk_call(&self, call: &PskCall) {
        // Keys, early data and its callbacks may end a handshake.
        if !matches!(call, PskCall::Get(..)) {
            self.may_fail.set(true);
        }
        match call {
            PskCall::Share(key) => {
                self.append(Target::Client, key);
                self.append(Target::Server, key);
            }
            PskCall::Append(target, key) => self.append(*target, key),
            PskCall::SendEarly {
                target,
                len,
                invalid,
            } => self.send_early(*target, len.0, *invalid),
            PskCall::RecvEarly {
                target,
                capacity,
                invalid,
            } => self.receive_early(*target, capacity.0, *invalid),
            PskCall::Get(target, capacity) => self.get_psk(*target, capacity.0),
            PskCall::Decide(accepts) => self.decide_later(*accepts),
            PskCall::Plan(steps) => self.plan_callbacks(steps),
            PskCall::Mode(..) | PskCall::MaxEarlyData(..) | PskCall::Context(..) => {
                self.psk_setting(call);
            }
        }
    }

    fn psk_setting(&self, call: &PskCall) {
        // SAFETY: the connection is live or NULL; the buffer has the size passed.
        self.status(unsafe {
            match call {
                PskCall::Mode(target, mode) => {
                    s2n_connection_set_psk_mode(self.of(*target), (*mode % 4).into())
                }
                PskCall::MaxEarlyData(target, max) => {
                    s2n_connection_set_server_max_early_data_size(self.of(*target), *max)
                }
                PskCall::Context(target, context) => {
                    let (context, len) = (context.as_ptr(), context.len() as u16);
                    s2n_connection_set_server_early_data_context(self.of(*target), context, len)
                }
                _ => return,
            }
        });
    }

    fn append(&self, target: Target, key: &Key) {
        let conn = self.of(target);
        // SAFETY: the connection is live or NULL, the key is live.
        self.status(key.with(|psk| unsafe { s2n_connection_append_psk(conn, psk) }));
    }

    fn send_early(&self, target: Target, len: usize, invalid: Invalid) {
        let side = target.side().unwrap_or(Side::Client);
        let (conn, lifetime) = (self.of(target), self.lifetime_of(side));
        let data = self.offer_early(lifetime, len);
        let buf = match invalid {
            Invalid::NullBuffer => ptr::null(),
            _ => data.as_ptr(),
        };
        let size = match invalid {
            Invalid::NegativeSize => -1 - len as ssize_t,
            _ => len as ssize_t,
        };
        let (mut sent, mut blocked) = (0, -1);
        // SAFETY: the connection is live or NULL; the buffer has the size passed, or is rejected.
        let done = unsafe { s2n_send_early_data(conn, buf, size, &mut sent, &mut blocked) };
        let is_done = self.status(done);
        assert!((0..=len as ssize_t).contains(&sent));
        assert!(!is_done || blocked == NOT_BLOCKED);
        assert!(!(is_done && (conn.is_null() || size < 0 || (buf.is_null() && len > 0))));
        self.lifetime(lifetime, |lifetime| {
            lifetime.early_sent += sent as usize;
        });
        self.note_completion(target, conn, lifetime);
    }

    fn receive_early(&self, target: Target, capacity: usize, invalid: Invalid) {
        let side = target.side().unwrap_or(Side::Server);
        let (conn, lifetime) = (self.of(target), self.lifetime_of(side));
        let mut bytes = vec![0_u8; capacity].into_boxed_slice();
        let buf = match invalid {
            Invalid::NullBuffer => ptr::null_mut(),
            _ => bytes.as_mut_ptr(),
        };
        let size = match invalid {
            Invalid::NegativeSize => -1 - capacity as ssize_t,
            _ => capacity as ssize_t,
        };
        let (mut received, mut blocked) = (0, -1);
        // SAFETY: the connection is live or NULL; the buffer has the size passed, or is rejected.
        let done = unsafe { s2n_recv_early_data(conn, buf, size, &mut received, &mut blocked) };
        let is_done = self.status(done);
        assert!((0..=size.max(0)).contains(&received));
        assert!(!is_done || blocked == NOT_BLOCKED);
        assert!(!(is_done && (conn.is_null() || (buf.is_null() && size > 0))));
        if received > 0 {
            self.check_early(lifetime, &bytes[..received as usize]);
        }
        self.note_completion(target, conn, lifetime);
    }

    fn get_psk(&self, target: Target, capacity: usize) {
        let conn = self.of(target);
        let (mut len, mut status, mut remaining, mut max) = (0, -1, 0, 0);
        let mut identity = vec![0; capacity.min(0xffff)].into_boxed_slice();
        // SAFETY: the connection is live or NULL; the buffer has the size passed.
        unsafe {
            let has_len = s2n_connection_get_negotiated_psk_identity_length(conn, &mut len) == 0;
            assert_eq!(has_len, !conn.is_null());
            let (out, room) = (identity.as_mut_ptr(), identity.len() as u16);
            let is_copied = s2n_connection_get_negotiated_psk_identity(conn, out, room) == 0;
            assert_eq!(is_copied, has_len && (len == 0 || len <= room));
            let has_status = s2n_connection_get_early_data_status(conn, &mut status) == 0;
            assert!(has_status == has_len && (!has_status || (0..=3).contains(&status)));
            self.status(s2n_connection_get_max_early_data_size(conn, &mut max));
            self.status(s2n_connection_get_remaining_early_data_size(
                conn,
                &mut remaining,
            ));
            assert!(remaining <= max, "{remaining} of {max}");
        }
    }

    /// The plan must outlive the case, which holds it.
    fn plan_callbacks(&self, steps: &[Behavior]) {
        let mut plan = self.callback_plan.borrow_mut();
        plan.extend(steps.iter().map(ptr::from_ref));
    }

    /// Returns the behavior of a callback, after the call of the API that is part of it.
    fn next_behavior(&self) -> &Behavior {
        let step = self.callback_plan.borrow_mut().pop_front();
        // SAFETY: the case that owns the step is still running.
        let step = unsafe { step.and_then(|step| step.as_ref()) };
        let step = step.unwrap_or(&Behavior::Normal);
        if let Behavior::Call(call) = step {
            self.run(call);
        }
        step
    }

    fn decide_later(&self, accepts: bool) {
        let offer = self.early_offer.get();
        if offer.is_null() {
            return;
        }
        // SAFETY: the connection of the offer is live and was not wiped.
        self.status(unsafe { decide(offer, accepts) });
    }

    fn select(&self, conn: Conn, list: OfferedList) -> c_int {
        // SAFETY: both are live during the callback.
        let mut offered = unsafe { s2n_offered_psk_new() };
        assert!(!offered.is_null());
        let mut result = 0;
        for _ in 0..MAX_OFFERED {
            // SAFETY: as above.
            if unsafe { !s2n_offered_psk_list_has_next(list) } {
                break;
            }
            // SAFETY: as above.
            if !self.status(unsafe { s2n_offered_psk_list_next(list, offered) }) {
                break;
            }
            read_identity(offered);
            match self.next_behavior() {
                Behavior::Fail(_) => result = -1,
                Behavior::Again => {
                    // SAFETY: as above.
                    assert_eq!(unsafe { s2n_offered_psk_list_reread(list) }, 0);
                }
                Behavior::Nothing => {
                    // SAFETY: as above; NULL means no key.
                    self.status(unsafe { s2n_offered_psk_list_choose_psk(list, ptr::null_mut()) });
                }
                // The callback may have freed the connection.
                _ if self.conn(Side::Server) == conn => {
                    // SAFETY: as above. It fails if the server does not have the key.
                    self.status(unsafe { s2n_offered_psk_list_choose_psk(list, offered) });
                }
                _ => break,
            }
        }
        // SAFETY: the object is not used again.
        assert_eq!(unsafe { s2n_offered_psk_free(&mut offered) }, 0);
        result
    }

    fn decide(&self, conn: Conn, offer: EarlyOffer) -> c_int {
        let (mut len, mut context) = (0, [0; 50]);
        // SAFETY: the offer is live during the callback; the buffer has the size passed.
        unsafe {
            assert_eq!(
                s2n_offered_early_data_get_context_length(offer, &mut len),
                0
            );
            let (out, capacity) = (context.as_mut_ptr(), context.len() as u16);
            let is_copied = s2n_offered_early_data_get_context(offer, out, capacity) == 0;
            assert_eq!(is_copied, len <= capacity);
        }
        let behavior = self.next_behavior();
        if self.conn(Side::Server) != conn {
            return 0;
        }
        // SAFETY: the connection is live.
        unsafe {
            match behavior {
                Behavior::Fail(_) => return -1,
                Behavior::Again => self.early_offer.set(offer),
                Behavior::Nothing => drop(self.status(decide(offer, false))),
                _ => drop(self.status(decide(offer, true))),
            }
        }
        0
    }
}

/// # Safety
///
/// The connection of the offer is live.
unsafe fn decide(offer: EarlyOffer, accepts: bool) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        match accepts {
            true => s2n_offered_early_data_accept(offer),
            false => s2n_offered_early_data_reject(offer),
        }
    }
}

/// Reads the identity of an offered key, which is not empty.
fn read_identity(offered: Offered) {
    let (mut identity, mut len) = (ptr::null_mut(), 0);
    // SAFETY: the list has set the key, and is live.
    let bytes = unsafe {
        assert_eq!(
            s2n_offered_psk_get_identity(offered, &mut identity, &mut len),
            0
        );
        std::slice::from_raw_parts(identity, len.into())
    };
    assert!(!bytes.is_empty());
    std::hint::black_box(bytes.iter().map(|&byte| u32::from(byte)).sum::<u32>());
}

pub unsafe extern "C" fn on_select(conn: Conn, _: *mut c_void, list: OfferedList) -> c_int {
    with(|state| state.select(conn, list))
}

pub unsafe extern "C" fn on_early_data(conn: Conn, offer: EarlyOffer) -> c_int {
    with(|state| state.decide(conn, offer))
}
