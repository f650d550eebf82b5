//! A connection with an on-path attacker, who modifies the records to one side.
//!
//! The input is the attacker's program: two bytes of setup, between them four of early data if the
//! first one has its flag, then steps, each a byte and its operands.

use std::collections::VecDeque;
use std::sync::Arc;

use arbitrary::{Result, Unstructured};
use rs2n_core::base::Mode;
use rs2n_core::error::{Code, ErrorType};

use crate::early::{self, Decision, EarlyData, Plan};
use crate::endpoint::{Endpoint, Setup, Version, config, wait};
use crate::pipe::Pipe;

pub struct Interception {
    /// The endpoint under test, which receives the modified records.
    subject: Endpoint,
    genuine: Endpoint,
    from_genuine: Arc<Pipe>,
    to_subject: Arc<Pipe>,
    to_genuine: Arc<Pipe>,
    setup: Setup,
    /// Records that the genuine endpoint has sent, and that are not delivered yet.
    records: VecDeque<Vec<u8>>,
    /// The records were delivered unmodified, and both applications used the API correctly.
    unmodified: bool,
    /// The genuine endpoint has closed, after its handshake.
    closed: bool,
    /// All records that the genuine endpoint has sent.
    recorded: Vec<Vec<u8>>,
}

/// Maximum number of records delivered before the first step.
const MAX_PRELUDE: u8 = 16;

impl Interception {
    pub fn new(u: &mut Unstructured<'_>) -> Result<Self> {
        let flags: u8 = u.arbitrary()?;
        let flag = |bit: u8| flags >> bit & 1 == 1;
        let plan = match flag(EARLY_BIT) {
            true => Some(Plan::new(u)?),
            false => None,
        };
        let setup = Setup {
            version: match flag(1) {
                true => Version::Tls13,
                false => Version::Tls12,
            },
            mutual: flag(2),
            multi_record: flag(3),
            delays: flag(4),
            early: plan.is_some(),
            decides: plan.is_some_and(|plan| plan.decision != Decision::None),
        };
        let (mode, other) = match flag(0) {
            true => (Mode::Client, Mode::Server),
            false => (Mode::Server, Mode::Client),
        };
        let [from_genuine, to_subject, to_genuine] = [(); 3].map(|()| Arc::<Pipe>::default());
        let mut interception = Self {
            subject: Endpoint::new(mode, config(mode, setup), &to_subject, &to_genuine),
            genuine: Endpoint::new(other, config(other, setup), &to_genuine, &from_genuine),
            from_genuine,
            to_subject,
            to_genuine,
            setup,
            records: VecDeque::new(),
            unmodified: true,
            closed: false,
            recorded: Vec::new(),
        };
        interception.read_ahead(flag(5));
        interception.subject.conn.set_dynamic_buffers(flag(6));
        if let Some(plan) = plan.filter(|_| setup.version == Version::Tls13) {
            interception.add_early_data(plan);
        }
        Ok(interception)
    }

    fn read_ahead(&self, on: bool) {
        let set = self.subject.conn.set_recv_buffering(on);
        set.expect("only QUIC connections reject it");
    }

    fn add_early_data(&mut self, plan: Plan) {
        let [client, server] = self.client_and_server();
        let [of_client, of_server] = EarlyData::pair(plan, &client.conn, &server.conn);
        (client.early, server.early) = (Some(of_client), Some(of_server));
        self.unmodified = plan.can_complete();
    }

    fn client_and_server(&mut self) -> [&mut Endpoint; 2] {
        match self.subject.conn.mode() {
            Mode::Client => [&mut self.subject, &mut self.genuine],
            Mode::Server => [&mut self.genuine, &mut self.subject],
        }
    }

    /// Makes the client continue with the handshake after its early data.
    fn end_early_data(&mut self) {
        let [client, _] = self.client_and_server();
        if let Some(early) = &mut client.early {
            early.is_open = false;
        }
    }

    pub fn run(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let prelude: u8 = u.arbitrary()?;
        self.work();
        for _ in 0..prelude.min(MAX_PRELUDE) {
            self.deliver();
        }
        while !u.is_empty() {
            self.step(u)?;
            self.work();
        }
        Ok(())
    }

    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let step: u8 = u.arbitrary()?;
        match step % STEPS {
            DELIVER => {
                for _ in 0..u.arbitrary::<u8>()?.min(MAX_PRELUDE) {
                    self.deliver();
                }
            }
            CORRUPT => {
                let (at, change): (u16, u8) = u.arbitrary()?;
                self.change(|record| {
                    let at = usize::from(at) % record.len();
                    record[at] ^= change.max(1);
                });
            }
            OVERWRITE => {
                let at: u16 = u.arbitrary()?;
                let bytes = bytes(u)?;
                self.change(|record| {
                    let at = usize::from(at) % record.len();
                    let len = bytes.len().min(record.len() - at);
                    record[at..at + len].copy_from_slice(&bytes[..len]);
                });
            }
            TRUNCATE => {
                let keep: u16 = u.arbitrary()?;
                self.change(|record| record.truncate(usize::from(keep) % record.len()));
            }
            // The header matches the new length, so that the messages are malformed instead.
            RESIZE => {
                let (at, drop): (u16, u8) = u.arbitrary()?;
                let bytes = bytes(u)?;
                self.change(|record| {
                    let at = HEADER + usize::from(at) % (record.len() - HEADER + 1);
                    let end = record.len().min(at + usize::from(drop));
                    record.splice(at..end, bytes.iter().copied());
                    let len = (record.len() - HEADER) as u16;
                    record[3..HEADER].copy_from_slice(&len.to_be_bytes());
                });
            }
            SPLIT => {
                let at: u16 = u.arbitrary()?;
                self.split(at.into());
            }
            DROP => self.unmodified &= self.records.pop_front().is_none(),
            REPEAT => {
                if let Some(record) = self.records.front().cloned() {
                    self.records.push_front(record);
                    self.unmodified = false;
                }
            }
            SWAP => {
                if self.records.len() > 1 {
                    self.records.swap(0, 1);
                    self.unmodified = false;
                }
            }
            INSERT => {
                let bytes = bytes(u)?;
                self.insert(bytes);
            }
            FRAME => {
                let typ: u8 = u.arbitrary()?;
                let body = bytes(u)?;
                let [high, low] = (body.len() as u16).to_be_bytes();
                self.insert(&[&[20 + typ % 5, 3, 3, high, low], body].concat());
            }
            END => {
                self.to_subject.end();
                self.unmodified = false;
            }
            SEND => self.genuine.send(usize::from(u.arbitrary::<u16>()?)),
            CLOSE => {
                self.unmodified &= self.genuine.ready && self.subject.ready;
                self.closed = true;
                self.genuine.shutdown_send();
            }
            UPDATE_KEYS => update_keys(&self.genuine),
            SUBJECT_SEND => self.subject.send(usize::from(u.arbitrary::<u16>()?)),
            RECEIVE => {
                let capacity: u16 = u.arbitrary()?;
                self.unmodified &= self.subject.ready;
                self.subject.recv(capacity.into(), self.genuine.sent);
            }
            SHUTDOWN => {
                self.unmodified = false;
                self.subject.shutdown();
            }
            SHUTDOWN_SEND => {
                self.unmodified = false;
                self.subject.shutdown_send();
            }
            FREE_HANDSHAKE => {
                self.unmodified &= self.subject.ready;
                let _ = self.subject.conn.free_handshake();
            }
            RELEASE_BUFFERS => drop(self.subject.conn.release_buffers()),
            SUBJECT_UPDATE_KEYS => update_keys(&self.subject),
            SEND_EARLY => {
                let len: u16 = u.arbitrary()?;
                let [client, _] = self.client_and_server();
                client.send_early(usize::from(len) % MAX_EARLY);
            }
            END_EARLY => self.end_early_data(),
            DECIDE => early::decide(u.arbitrary()?),
            READ_AHEAD => self.read_ahead(u.arbitrary()?),
            _ => wait(),
        }
        Ok(())
    }

    /// Runs both endpoints until both are blocked.
    fn work(&mut self) {
        self.subject.work(self.genuine.sent);
        self.genuine.work(self.subject.sent);
        self.subject.work(self.genuine.sent);
        self.collect();
    }

    /// Splits the bytes that the genuine endpoint has sent into records.
    fn collect(&mut self) {
        let bytes = self.from_genuine.take_all();
        let mut rest = &bytes[..];
        while let [_, _, _, high, low, ..] = *rest {
            let len = HEADER + usize::from(u16::from_be_bytes([high, low]));
            let (record, after) = rest.split_at(len);
            self.records.push_back(record.to_vec());
            self.recorded.push(record.to_vec());
            rest = after;
        }
        assert!(
            rest.is_empty(),
            "the genuine endpoint sends complete records"
        );
    }

    fn deliver(&mut self) {
        if let Some(record) = self.records.pop_front() {
            self.to_subject.push(&record);
            self.work();
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        if let Some(mut record) = self.records.pop_front() {
            change(&mut record);
            self.unmodified = false;
            self.to_subject.push(&record);
        }
    }

    /// Splits a record in two, which is valid for plaintext handshake messages.
    fn split(&mut self, at: usize) {
        let Some(record) = self.records.pop_front() else {
            return;
        };
        let (header, body) = record.split_at(HEADER);
        let (first, second) = body.split_at(at % (body.len() + 1));
        for part in [first, second] {
            let [high, low] = (part.len() as u16).to_be_bytes();
            self.insert(&[&header[..3], &[high, low], part].concat());
        }
    }

    fn insert(&mut self, bytes: &[u8]) {
        self.unmodified &= bytes.is_empty();
        self.to_subject.push(bytes);
    }

    /// Closes the connection as an application would, and checks the results.
    pub fn finish(mut self) {
        if self.unmodified {
            self.check_unmodified();
        }
        // The first attempt may receive pending records, whose errors may start a blinding delay.
        self.subject.shutdown();
        self.to_subject.end();
        self.subject.shutdown();
        wait();
        match self.subject.shutdown() {
            Some(code) if code.kind() == ErrorType::Blocked => panic!("shutdown blocked"),
            Some(Code::ShutdownPaused) => panic!("endless blinding delay"),
            _ => {}
        }
        self.genuine.work(self.subject.sent);
    }

    /// Checks that unmodified records are delivered completely and correctly.
    fn check_unmodified(&mut self) {
        self.end_early_data();
        self.work();
        while !self.records.is_empty() {
            self.deliver();
        }
        // After the delivery, in which the ClientHello may be.
        early::decide(true);
        self.work();
        while !self.records.is_empty() {
            self.deliver();
        }
        let (subject, genuine) = (&self.subject, &self.genuine);
        if self.closed {
            assert_eq!(subject.failed, None);
            assert_eq!(subject.received, genuine.sent);
            assert!(subject.ended);
            return;
        }
        for (side, other) in [(subject, genuine), (genuine, subject)] {
            assert_eq!(side.failed, None, "{:?}", side.conn.mode());
            assert!(side.ready);
            assert_eq!(side.conn.version().number(), self.setup.version.number());
            assert_eq!(side.received, other.sent);
            if let Some(early) = &side.early {
                early.check_complete(&side.conn);
            }
        }
        assert!(self.to_genuine.is_empty() && self.to_subject.is_empty());
    }
}

fn bytes<'a>(u: &mut Unstructured<'a>) -> Result<&'a [u8]> {
    let len: u16 = u.arbitrary()?;
    u.bytes(usize::from(len).min(u.len()))
}

const HEADER: usize = 5;

/// The bit of the first byte of an input with early data.
const EARLY_BIT: u8 = 7;

/// The maximum length of early data in one step.
const MAX_EARLY: usize = 1000;

macro_rules! steps {
    ($($name:ident)*) => {
        #[repr(u8)]
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Step { $($name,)* WAIT }
        $(const $name: u8 = Step::$name as u8;)*
        const STEPS: u8 = Step::WAIT as u8 + 1;
    };
}

steps! {
    DELIVER CORRUPT OVERWRITE TRUNCATE RESIZE SPLIT DROP REPEAT SWAP INSERT FRAME END
    SEND CLOSE UPDATE_KEYS
    SUBJECT_SEND RECEIVE SHUTDOWN SHUTDOWN_SEND FREE_HANDSHAKE RELEASE_BUFFERS SUBJECT_UPDATE_KEYS
    READ_AHEAD SEND_EARLY END_EARLY DECIDE
}

/// Returns genuine connections of every setup, complete and up to each record, and with the
/// remaining records as raw bytes.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let mut seeds = Vec::new();
    for (name, setup) in setups() {
        let records = genuine_records(&setup);
        for known in 0..=records.len() {
            let genuine = Program::new(&setup, known as u8);
            let rest = records[known..].concat();
            seeds.push((format!("{name}-{known}-replayed"), genuine.insert(&rest)));
            let close = Program::new(&setup, known as u8)
                .step(SEND_EARLY, &[200, 0])
                .step(DELIVER, &[2])
                .step(DECIDE, &[1])
                .step(END_EARLY, &[])
                .step(SEND, &[200, 0])
                .step(DELIVER, &[MAX_PRELUDE])
                .step(SUBJECT_SEND, &[200, 0])
                .step(CLOSE, &[])
                .step(DELIVER, &[MAX_PRELUDE]);
            seeds.push((format!("{name}-{known}-genuine"), close.0));
        }
    }
    seeds
}

/// Returns the first bytes of inputs: the setups of role, version, and client authentication, and
/// those of TLS 1.3 with early data.
fn setups() -> Vec<(String, Vec<u8>)> {
    const SETUPS: u8 = 1 << 3;
    const CLIENT: u8 = 1;
    const TLS13: u8 = 1 << 1;
    // Accepted, not received, after a retry, with SHA-384, until a step ends it, with another
    // secret, without a key, and with each decision.
    const PLANS: [u8; 10] = [0x04, 0x00, 0x0c, 0x14, 0x24, 0x06, 0x07, 0x44, 0x84, 0xe4];

    let plain = (0..SETUPS).map(|flags| (flags.to_string(), vec![flags]));
    let early = [0, CLIENT].into_iter().flat_map(|role| {
        PLANS.map(|plan| {
            let flags = role | TLS13 | 1 << EARLY_BIT;
            let setup = [flags, plan, 100, 0, 4];
            (format!("{flags}-{plan:02x}"), setup.to_vec())
        })
    });
    plain.chain(early).collect()
}

/// Returns the records of a genuine endpoint without modifications.
fn genuine_records(setup: &[u8]) -> Vec<Vec<u8>> {
    let program = Program::new(setup, MAX_PRELUDE);
    let mut u = Unstructured::new(&program.0);
    let mut interception = Interception::new(&mut u).expect("a setup");
    interception.run(&mut u).expect("a prelude");
    interception.recorded
}

/// An input of the target.
struct Program(Vec<u8>);

impl Program {
    fn new(setup: &[u8], prelude: u8) -> Self {
        Self([setup, &[prelude]].concat())
    }

    /// Appends a step and its operands as little-endian bytes.
    fn step(mut self, step: u8, operands: &[u8]) -> Self {
        self.0.push(step);
        self.0.extend_from_slice(operands);
        self
    }

    fn insert(self, bytes: &[u8]) -> Vec<u8> {
        let len = (bytes.len() as u16).to_le_bytes();
        self.step(INSERT, &[&len, bytes].concat()).0
    }
}

fn update_keys(endpoint: &Endpoint) {
    let requested = endpoint.conn.request_key_update();
    requested.expect("only QUIC connections reject it");
}
