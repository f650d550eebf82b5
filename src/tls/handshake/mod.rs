//! The negotiate loop: rustls makes the messages, this module moves them.

use std::sync::Arc;
use std::sync::atomic::Ordering::*;

use self::checkpoints::Checkpoints;
use self::input::Input;
use self::messages::Messages;
use self::offer::{Offer, best_version};
use self::stage::Stage;
use crate::tls::base::Blocked;
use crate::tls::base::cleared;
use crate::tls::base::memory;
use crate::tls::base::{Mode, Version, enter, random, uptime};
use crate::tls::config::forget_system_roots;
use crate::tls::connection::receive::RecvHalf;
use crate::tls::connection::send::SendHalf;
use crate::tls::connection::{Connection, forget_defaults};
use crate::tls::credentials::step_context::StepContext;
use crate::tls::credentials::{Offload, PrivateKeys};
use crate::tls::error::{Alert, Code, Error, Result};
use crate::tls::policy::Policy;
use crate::tls::record::{ContentType, Header, fatal, plaintext_alert};
use crate::tls::server_hello::ServerHello;

mod checkpoints;
mod complete;
mod coroutine;
mod input;
mod kernel;
mod messages;
mod names;
mod offer;
pub(crate) mod secrets;
mod stage;
#[cfg(test)]
mod tests;
mod timing;
mod trial;

pub(crate) use self::kernel::Kernel;
pub(crate) use self::names::At;
pub(crate) use self::timing::Timing;

/// RFC 8446, 4: the type of a ClientHello, and that of a ServerHello.
const CLIENT_HELLO: u8 = 1;
/// See [`CLIENT_HELLO`].
const SERVER_HELLO: u8 = 2;

/// The memory without which no step of a handshake begins, in bytes: rustls and AWS-LC take 18 KB for
/// one, and cannot all handle the lack of it.
const STEP_MEMORY: usize = 32 * 1024;

/// How many times its length in memory a parsed message takes: a protocol of one letter is two bytes of
/// an ALPN extension, and 56 in a list of rustls'.
const GROWTH: usize = 32;

/// The longest messages, in bytes, of which the allocator's reserve has room for all parts.
const SMALL: usize = 8 * 1024;

/// A handshake between two calls of `s2n_negotiate`.
#[derive(Default)]
pub(crate) struct Handshake {
    stage: Stage,

    input: Input,

    /// What the peer sends without protection, before rustls has it.
    messages: Messages,

    /// Server: the first ClientHello, with its header, until rustls has accepted it.
    client_hello: Vec<u8>,

    /// Server: the version in the header of the first record.
    record_version: Option<[u8; 2]>,

    /// Server: the application has to release the ClientHello.
    waits: bool,

    /// What the server chose, once it has.
    server_hello: Option<ServerHello>,

    /// Client: the version that the server chose.
    server_hello_version: Option<Version>,

    /// A HelloRetryRequest was the last that the server sent: the next message is another hello.
    awaits_hello: bool,

    /// Client: we have sent what follows the ServerHello.
    has_answered: bool,

    /// The peer has sent an encrypted record, so a plaintext alert is nothing that it said.
    peer_is_encrypted: bool,

    /// TLS 1.3: rustls has keys for what the peer sends next.
    has_read_keys: bool,

    /// Set while the application may have to sign.
    private_keys: Option<Arc<dyn PrivateKeys>>,

    /// Set if the application verifies signatures.
    offload: Option<Arc<dyn Offload>>,

    /// Where rustls' callbacks leave what they decide.
    context: StepContext,

    checkpoints: Checkpoints,
}

impl Connection {
    /// [`Self::negotiate`], whatever time it takes.
    fn drive_handshake(&self, blocked: &mut Blocked) -> Result<()> {
        let mut handshake = enter(&self.handshake)?;
        if self.shared.handshake_done.load(Acquire) {
            return self.send_after_handshake(blocked);
        }

        let mut send = enter(&self.send)?;
        let mut recv = enter(&self.recv)?;
        handshake.checkpoints.listen(self);
        let drive = || handshake.drive(self, &mut send, &mut recv, blocked);
        let mut outcome = cleared(self.mode.into(), drive);
        if outcome.is_ok() {
            self.shared.handshake_done.store(true, Release);
            // A connection that waits for its first request holds no more than it needs.
            handshake.free();
            send.handshake_keys = None;
            send.out.release();
            recv.release_input();
            outcome = self.send_owed(&mut send, blocked);
        }
        recv.end_of_call(&self.shared);
        send.give_back_memory(&self.shared);
        outcome
    }

    /// A negotiate that comes after the end of the handshake sends what TLS 1.3 owes the peer.
    fn send_after_handshake(&self, blocked: &mut Blocked) -> Result<()> {
        if !self.shared.can_write() {
            *blocked = Blocked::Not;
            return Ok(());
        }
        let mut send = enter(&self.send)?;
        self.send_owed(&mut send, blocked)
    }

    fn send_owed(&self, send: &mut SendHalf, blocked: &mut Blocked) -> Result<()> {
        if self.version() == Version::Tls13 {
            *blocked = Blocked::Write;
            send.send_post_handshake(self)?;
        }
        *blocked = Blocked::Not;
        Ok(())
    }
}

impl Handshake {
    fn drive(
        &mut self,
        conn: &Connection,
        send: &mut SendHalf,
        recv: &mut RecvHalf,
        blocked: &mut Blocked,
    ) -> Result<()> {
        loop {
            *blocked = Blocked::Write;
            self.flush(conn, send, recv)?;

            *blocked = Blocked::Not;
            if !self.stage.is_waiting() {
                conn.shared.at.store(self.at(conn) as u8, Release);
            }
            if self.stage.is_complete() {
                return Ok(());
            }
            if !conn.shared.is_open() {
                return Err(Code::Closed)?;
            }

            // Nothing has happened when this fails, and the call may be repeated.
            memory::expect(STEP_MEMORY)?;
            let outcome = if self.stage.is_start() {
                // No peer had a part in what goes wrong here, so nothing is blinded.
                self.start(conn, send)
            } else if self.stage.is_greeted() {
                *blocked = Blocked::Read;
                self.answer(conn, send, recv)
            } else if self.stage.is_trial() {
                *blocked = Blocked::ApplicationInput;
                match self.stage.waits_for_verdict() {
                    true => Err(Code::AsyncBlocked.into()),
                    false => self.work(conn, send, recv),
                }
            } else if self.stage.is_waiting() {
                *blocked = Blocked::ApplicationInput;
                self.work(conn, send, recv)
            } else {
                *blocked = Blocked::Read;
                self.receive(conn, send, recv)
            };
            if let Err(error) = outcome {
                match error.code() {
                    Code::AsyncBlocked => {
                        self.checkpoints.note_wait(conn.shared.at.load(Acquire));
                        *blocked = Blocked::ApplicationInput;
                    }
                    // The signature is part of what is to be written.
                    Code::AsyncCallbackFailed => *blocked = Blocked::Write,
                    _ => {}
                }
                return Err(error);
            }
        }
    }

    fn flush(&mut self, conn: &Connection, send: &mut SendHalf, recv: &mut RecvHalf) -> Result<()> {
        let writer = conn
            .link
            .writer()
            .filter(|_| conn.is_corked() && !send.out.is_empty());
        if let Some(writer) = &writer {
            writer.cork();
        }
        let is_any = !send.out.is_empty();
        let Err(error) = send.flush(conn) else {
            if let Some(writer) = writer {
                writer.uncork();
            }
            if is_any {
                self.checkpoints.note_written(conn);
            }
            return Ok(());
        };
        if error.is_blocked() || self.stage.is_start() || self.stage.is_waiting() {
            return Err(error);
        }

        // The peer may have closed because of something it said before.
        match self.receive(conn, send, recv) {
            Err(alert) if alert.code() == Code::Alert => Err(alert),
            _ => Err(error),
        }
    }

    /// Reads one record, and hands it to rustls; plaintext messages when they are whole.
    fn receive(
        &mut self,
        conn: &Connection,
        send: &mut SendHalf,
        recv: &mut RecvHalf,
    ) -> Result<()> {
        let header = recv.fill_record(conn)?;
        self.make_room(header.len)?;
        self.checkpoints.note_read(conn);
        if header.typ == ContentType::Alert as u8 && !self.peer_is_encrypted {
            recv.read_record(conn)?;
            return recv.alert(conn);
        }

        let is_unknown = ContentType::try_from(header.typ).is_err();
        if is_unknown && !conn.shared.knows_version() || self.is_hello_request(conn, &header, recv)
        {
            return recv.ignore_record(conn, &header);
        }

        self.peer_is_encrypted |= match conn.version() {
            Version::Tls12 => header.typ == ContentType::ChangeCipherSpec as u8,
            _ => header.typ == ContentType::ApplicationData as u8,
        };
        let taken = recv.take_record(&header, |record| self.take(conn, send, &header, record));
        if !taken.map_err(|error| self.fail(conn, error))? {
            return Ok(());
        }
        let outcome = self.work(conn, send, recv);
        if let Some(reader) = conn.link.reader() {
            reader.quick_ack();
        }
        outcome
    }

    /// Fails unless there is memory for a record with a body of `len` bytes, which stays where it is then.
    fn make_room(&self, len: usize) -> Result<()> {
        let held = self.input.len() + self.messages.len();
        let most = held + len;
        let size = |len: usize| len.max(SMALL).next_power_of_two();
        // Once for each size: a message may come byte by byte.
        if size(most) > size(held) {
            memory::expect(size(most) * GROWTH)?;
        }
        // A copy for rustls, and one that the application may look at.
        memory::expect(2 * most)
    }

    /// Gives a record to rustls, unless it leaves a plaintext message incomplete. Returns whether it
    /// did.
    fn take(
        &mut self,
        conn: &Connection,
        send: &mut SendHalf,
        header: &Header,
        record: &[u8],
    ) -> Result<bool> {
        // RFC 8446, 5: "An implementation which receives any other [...] record of an unexpected type
        // MUST terminate the connection". rustls would take it for one that it cannot decrypt.
        let protected = [ContentType::ApplicationData, ContentType::ChangeCipherSpec];
        let is_protected = protected.iter().any(|&typ| header.typ == typ as u8);
        if self.has_read_keys && conn.version() == Version::Tls13 && !is_protected {
            return Err(Code::BadMessage)?;
        }
        if self.is_read_protected(conn) || !header.is_handshake() {
            self.messages.interrupt(&mut self.input)?;
            self.input.push(record)?;
            return Ok(true);
        }
        self.record_version.get_or_insert(header.version);
        let wanted = match conn.mode {
            Mode::Server => CLIENT_HELLO,
            Mode::Client => SERVER_HELLO,
        };
        // A second one has no place in the record of the first; rustls refuses it.
        let mut hello = Vec::new();
        let is_any = self.messages.push(record, &mut self.input, |message| {
            if message[0] == wanted && hello.is_empty() {
                hello = memory::copy(message)?;
            }
            Ok(())
        })?;
        if !hello.is_empty() {
            self.note_hello(conn, send, hello)?;
        }
        Ok(is_any && !self.stage.is_outdated())
    }

    /// Whether what the peer sends next is protected, so that rustls alone can read it.
    fn is_read_protected(&self, conn: &Connection) -> bool {
        self.has_read_keys || conn.version() == Version::Tls12 && self.peer_is_encrypted
    }

    /// Looks at the peer's hello before rustls does.
    fn note_hello(
        &mut self,
        conn: &Connection,
        send: &mut SendHalf,
        message: Vec<u8>,
    ) -> Result<()> {
        if conn.mode == Mode::Client {
            if let Some(hello) = ServerHello::read(&message) {
                self.note_server_hello(conn, hello);
            }
        } else if self.stage.is_listening() {
            // The version comes first: a client that is too old lacks what rustls would miss before.
            let is_outdated = Offer::is_outdated(&message, best_version(conn)?);
            self.client_hello = message;
            if is_outdated {
                self.keep_client_hello(conn)?;
                self.stage = Stage::Outdated;
            }
        } else if std::mem::take(&mut self.awaits_hello) {
            let first = conn.client_hello().ok_or(Code::BadMessage)?;
            if let Err(error) = first.check_second(&message) {
                send.owed_alert = fatal_alert(Alert::IllegalParameter).to_vec();
                return Err(error);
            }
            // The application sees the last one.
            conn.keep_client_hello(message, self.record_version);
        }
        Ok(())
    }

    fn note_server_hello(&mut self, conn: &Connection, hello: ServerHello) {
        if conn.server_version() == Version::Unknown {
            conn.shared.server_version.store(hello.version, Release);
            conn.shared.version.store(hello.version, Release);
        }
        self.server_hello_version = Some(hello.version);
        self.awaits_hello = hello.is_retry_request();
        self.server_hello = Some(hello);
    }

    /// Shows the application the ClientHello, and answers it when the application is done.
    fn answer(
        &mut self,
        conn: &Connection,
        send: &mut SendHalf,
        recv: &mut RecvHalf,
    ) -> Result<()> {
        let shared = &conn.shared;
        if !shared.hello_shown.swap(true, AcqRel)
            && let Some(callback) = conn.config()?.client_hello()
        {
            if callback.see(conn.name()) < 0 {
                send.owed_alert = fatal_alert(Alert::HandshakeFailure).to_vec();
                return Err(self.fail(conn, Code::Cancelled.into()));
            }
            // The callback may have chosen another config.
            self.waits = conn.config()?.client_hello_waits();
            self.checkpoints.listen(conn);
        }
        if self.waits && !shared.hello_released.load(Acquire) {
            return Err(Code::AsyncBlocked)?;
        }
        shared.hello_answered.store(true, Release);
        self.work(conn, send, recv)
    }

    /// Lets rustls take its next steps.
    fn work(&mut self, conn: &Connection, send: &mut SendHalf, recv: &mut RecvHalf) -> Result<()> {
        match self.advance(conn, send, recv) {
            // The peer's own end is no failure of its messages; the loop reports it.
            Err(_) if conn.shared.close_notify_received.load(Acquire) => Ok(()),
            // The handshake waits for the application.
            Err(error) if error.is_blocked() => Err(error),
            advanced => advanced.map_err(|error| self.fail(conn, error)),
        }
    }

    /// RFC 5246, 7.4.1.1: a HelloRequest "will be ignored by the client if the client is currently
    /// negotiating". rustls is not told of one that has a record of its own.
    fn is_hello_request(&self, conn: &Connection, header: &Header, recv: &RecvHalf) -> bool {
        const HELLO_REQUEST: [u8; 4] = [0; 4];
        conn.mode == Mode::Client
            && header.typ == ContentType::Handshake as u8
            && header.len == HELLO_REQUEST.len()
            && !self.peer_is_encrypted
            && self.input.is_empty()
            && !self.messages.is_mid_message()
            && recv.input.held()[Header::LEN..][..header.len] == HELLO_REQUEST
    }

    /// Ends a handshake that cannot go on.
    fn fail(&mut self, conn: &Connection, error: Error) -> Error {
        self.stage = Stage::Failed;
        if error.code() == Code::Alert {
            conn.shared.close();
            return error;
        }
        let error = conn.blind(error);
        // rustls gave the handshake up, whatever the error was.
        conn.shared.close();
        error
    }

    /// Gives back what only the handshake needed.
    pub(crate) fn free(&mut self) {
        self.input = Input::default();
        self.messages = Messages::default();
        self.client_hello = Vec::new();
        self.private_keys = None;
        self.offload = None;
        self.context = StepContext::Thread;
        self.checkpoints = Checkpoints::default();
    }
}

/// Returns a plaintext record with a fatal alert.
fn fatal_alert(alert: Alert) -> [u8; 7] {
    plaintext_alert(fatal(alert as u8))
}

/// Does what the first handshake would otherwise have to wait for: seeds the random generator, and
/// makes the default policy.
pub fn warm_up() -> Result<()> {
    Policy::default_policy().provider();
    uptime();
    random().map(drop)
}

/// Gives up what the library keeps for connections to come.
pub fn cool_down() {
    forget_defaults();
    forget_system_roots();
}
