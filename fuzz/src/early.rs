//! Early data of an endpoint, and the external pre-shared keys for it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use arbitrary::{Result, Unstructured};
use rs2n_core::base::{Blocked, Mode};
use rs2n_core::config::callbacks::{EarlyDataCallback, OfferedEarlyData};
use rs2n_core::config::{EarlyDataProgress, Psk, PskHash};
use rs2n_core::connection::Connection;
use rs2n_core::error::Code;
use rs2n_core::policy::Policy;

use crate::endpoint::MAX_EARLY_DATA;

/// The keys and the early data of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub key: ServerKey,
    /// The server receives early data; it rejects it otherwise.
    pub receives: bool,
    /// The server requests a second ClientHello.
    pub retry: bool,
    pub sha384: bool,
    /// The client continues with the handshake when a step ends early data, not at once.
    pub holds: bool,
    pub decision: Decision,
    /// The length of the first early data, in bytes.
    pub first: u16,
    /// The size of the server's buffer in bytes, which is not 0.
    pub room: usize,
}

/// The server's key with the identity of the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerKey {
    Same,
    OtherSecret,
    None,
}

/// The server's callback for early data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decision {
    /// There is no callback: early data is accepted.
    #[default]
    None,
    Accept,
    Reject,
    /// A step decides.
    Later,
}

const IDENTITY: &[u8] = b"the identity";

impl Plan {
    /// Parses a plan of four bytes.
    pub fn new(u: &mut Unstructured<'_>) -> Result<Self> {
        let (flags, first, room): (u8, u16, u8) = u.arbitrary()?;
        let flag = |bit: u8| flags >> bit & 1 == 1;
        Ok(Self {
            key: match flags & 3 {
                0 | 1 => ServerKey::Same,
                2 => ServerKey::OtherSecret,
                _ => ServerKey::None,
            },
            receives: flag(2),
            retry: flag(3),
            sha384: flag(4),
            holds: flag(5),
            decision: match flags >> 6 {
                0 => Decision::None,
                1 => Decision::Accept,
                2 => Decision::Reject,
                _ => Decision::Later,
            },
            first: first % 0x1000,
            room: usize::from(room) * 16 + 1,
        })
    }

    /// Returns whether a handshake without an attacker completes.
    pub fn can_complete(&self) -> bool {
        // A client fails if the suite is not that of its early data.
        let may_change_suite = self.key == ServerKey::None && (self.sha384 || self.retry);
        self.key != ServerKey::OtherSecret && !may_change_suite
    }

    /// Returns whether the server accepts early data without an attacker.
    pub fn is_accepted(&self) -> bool {
        let is_rejected = self.retry || DECISION.get() == Decision::Reject;
        self.key == ServerKey::Same && self.receives && !is_rejected
    }

    fn psk(&self, secret: &[u8]) -> Psk {
        let (hash, suite) = match self.sha384 {
            true => (PskHash::Sha384, 0x1302),
            false => (PskHash::Sha256, 0x1301),
        };
        let mut psk = Psk::default();
        psk.set_identity(IDENTITY).expect("it has a length");
        psk.set_secret(secret).expect("it has a length");
        psk.set_hash(hash);
        psk.configure_early_data(MAX_EARLY_DATA, suite)
            .expect("a suite with the hash");
        psk.set_context(b"context").expect("it is short");
        psk
    }
}

thread_local! {
    /// The decision of the current plan, or the later one once it is made.
    static DECISION: Cell<Decision> = const { Cell::new(Decision::None) };
    /// Early data about which the application decides later.
    static OFFERED: RefCell<Option<Arc<OfferedEarlyData>>> = const { RefCell::new(None) };
}

/// The callback of all configs with one; its decision is that of the current plan.
pub struct Decide;

impl EarlyDataCallback for Decide {
    fn decide(&self, _: usize, offered: &Arc<OfferedEarlyData>) -> bool {
        let context = offered.with_context(<[u8]>::to_vec);
        assert_eq!(context.expect("it is offered"), b"context");
        match DECISION.get() {
            Decision::None | Decision::Accept => offered.accept().expect("the first decision"),
            Decision::Reject => offered.reject().expect("the first decision"),
            Decision::Later => OFFERED.set(Some(offered.clone())),
        }
        true
    }
}

/// Decides about early data, if the server waits for a decision.
pub fn decide(accepts: bool) {
    if let Some(offered) = OFFERED.take() {
        DECISION.set(match accepts {
            true => Decision::Accept,
            false => Decision::Reject,
        });
        // The connection may be closed.
        let _ = match accepts {
            true => offered.accept(),
            false => offered.reject(),
        };
    }
}

/// The early data of one endpoint.
pub struct EarlyData {
    plan: Plan,
    /// The endpoint sends or receives early data instead of negotiating.
    pub is_open: bool,
    /// The client has started its handshake.
    has_started: bool,
    /// The number of bytes that the client has sent, and that of the bytes received.
    pub sent: Rc<Cell<usize>>,
    pub received: usize,
}

/// The outcome of a call that sends or receives early data.
pub enum Outcome {
    Blocked(Blocked),
    /// There is no more early data.
    Over,
    Failed(Code),
}

impl EarlyData {
    /// Creates both endpoints' early data, and adds the keys to the connections.
    pub fn pair(plan: Plan, client: &Connection, server: &Connection) -> [Self; 2] {
        DECISION.set(plan.decision);
        OFFERED.set(None);
        let append = |conn: &Connection, secret: &[u8]| {
            conn.append_psk(&plan.psk(secret)).expect("the first key");
        };
        append(client, b"the secret");
        match plan.key {
            ServerKey::Same => append(server, b"the secret"),
            ServerKey::OtherSecret => append(server, b"another secret"),
            ServerKey::None => {}
        }
        if plan.retry {
            // The client has no key share for the groups of the server.
            for (conn, name) in [(client, &b"20240603"[..]), (server, b"20251113")] {
                let policy = Policy::find(name).expect("a policy of the library");
                conn.set_policy(policy)
                    .expect("it does not restrict certificates");
            }
        }
        let sent = Rc::<Cell<usize>>::default();
        [Mode::Client, Mode::Server].map(|mode| Self {
            plan,
            is_open: mode == Mode::Client || plan.receives,
            has_started: false,
            sent: sent.clone(),
            received: 0,
        })
    }

    /// Client: sends the first early data, or continues with the handshake.
    pub fn start(&mut self, conn: &Connection) -> Outcome {
        let first = match std::mem::replace(&mut self.has_started, true) {
            true => 0,
            false => self.plan.first.into(),
        };
        self.is_open = self.plan.holds;
        self.send(conn, first)
    }

    pub fn send(&mut self, conn: &Connection, len: usize) -> Outcome {
        let at = self.sent.get();
        let data: Vec<u8> = (at..at + len).map(pattern).collect();
        let (mut sent, mut blocked) = (0, Blocked::Write);
        let outcome = conn.send_early_data(&data, &mut sent, &mut blocked);
        assert!(sent <= len);
        self.sent.set(at + sent);
        assert!(
            self.sent.get() <= MAX_EARLY_DATA as usize,
            "more than the limit"
        );
        self.outcome(outcome, blocked)
    }

    /// Server: receives early data until blocked.
    pub fn receive(&mut self, conn: &Connection) -> Outcome {
        for call in 0.. {
            assert!(call <= MAX_EARLY_DATA, "receiving does not end");
            let mut room = vec![0; self.plan.room];
            let (mut received, mut blocked) = (0, Blocked::Write);
            let outcome = conn.recv_early_data(&mut room, &mut received, &mut blocked);
            self.check_received(&room[..received]);
            let progress = conn.early_data_progress();
            assert!(received == 0 || progress >= EarlyDataProgress::Accepted);
            let is_full = outcome.as_ref().is_err_and(|error| error.is_blocked())
                && blocked == Blocked::EarlyData;
            if !is_full {
                return self.outcome(outcome, blocked);
            }
            assert_eq!(received, room.len());
        }
        unreachable!("the calls are limited")
    }

    fn check_received(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            assert_eq!(byte, pattern(self.received), "wrong byte of early data");
            self.received += 1;
        }
        assert!(
            self.received <= self.sent.get(),
            "early data that was not sent"
        );
    }

    fn outcome(&mut self, outcome: rs2n_core::error::Result<()>, blocked: Blocked) -> Outcome {
        match outcome {
            Ok(()) => {
                assert_eq!(blocked, Blocked::Not);
                Outcome::Over
            }
            Err(error) if error.is_blocked() => {
                assert_ne!(blocked, Blocked::Not);
                Outcome::Blocked(blocked)
            }
            Err(error) => Outcome::Failed(error.code()),
        }
    }

    /// Checks an endpoint after a handshake without an attacker.
    pub fn check_complete(&self, conn: &Connection) {
        let expected = match self.plan.is_accepted() {
            true => EarlyDataProgress::Ended,
            false => EarlyDataProgress::Rejected,
        };
        assert_eq!(conn.early_data_progress(), expected);
        let uses_key = self.plan.key == ServerKey::Same;
        conn.with_psk_identity(|identity| {
            assert_eq!(identity, if uses_key { IDENTITY } else { b"" })
        });
        if conn.mode() == Mode::Server {
            let received = if self.plan.is_accepted() {
                self.sent.get()
            } else {
                0
            };
            assert_eq!(self.received, received);
        }
    }
}

/// Returns the byte at an offset of early data, which differs from that of later data.
fn pattern(at: usize) -> u8 {
    (at ^ at >> 8) as u8 ^ 0xa5
}
