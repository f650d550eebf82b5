//! When the messages of a handshake were done, for an application that wants to know.
//!
//! rustls takes all messages of a record, and makes all messages of a flight, in one step. When it came
//! how far in a step is known from what it asked us for meanwhile: a certificate, a signature, a verdict.

use std::ffi::CStr;
use std::time::Duration;

use super::Handshake;
use super::names::{At, asks_for_certificate};
use super::stage::Stage;
use crate::tls::base::{Mode, Version, uptime};
use crate::tls::config::{Checkpoint, ClientAuth, Listener, SeeCheckpoint};
use crate::tls::connection::Connection;
use crate::tls::credentials::step_context::{Milestone, Request};

/// How much of a handshake the application was told of.
#[derive(Default)]
pub(super) struct Checkpoints {
    /// Nothing costs any time without one.
    listener: Option<Listener<dyn SeeCheckpoint>>,

    /// How many messages of the flow are done.
    done: usize,

    /// The server wanted another key share, and what follows comes for the second time.
    retried: bool,

    /// Server: when it had found its certificate. That is the end of the ClientHello, if nothing else
    /// is wrong with it.
    chosen: Option<Duration>,

    /// Server: the client has shown a certificate.
    client_cert: bool,

    /// The message for which the application was waited for. s2n-tls does not tell of it.
    awaited: Option<u8>,
}

/// The messages of a handshake in their order, those that may be missing included. A client of rustls
/// sends its ChangeCipherSpec as soon as it may; one of s2n-tls, behind the server's Finished.
const TLS13_FLOW: [At; 12] = [
    At::ClientHello,
    At::ServerHello,
    At::ServerChangeCipherSpec,
    At::ClientChangeCipherSpec,
    At::EncryptedExtensions,
    At::ServerCertReq,
    At::ServerCert,
    At::ServerCertVerify,
    At::ServerFinished,
    At::ClientCert,
    At::ClientCertVerify,
    At::ClientFinished,
];

/// See [`TLS13_FLOW`].
const TLS12_FLOW: [At; 14] = [
    At::ClientHello,
    At::ServerHello,
    At::ServerCert,
    At::ServerCertStatus,
    At::ServerKey,
    At::ServerCertReq,
    At::ServerHelloDone,
    At::ClientCert,
    At::ClientKey,
    At::ClientCertVerify,
    At::ClientChangeCipherSpec,
    At::ClientFinished,
    At::ServerChangeCipherSpec,
    At::ServerFinished,
];

fn flow(conn: &Connection) -> &'static [At] {
    match conn.version() {
        // The flows begin with the same messages.
        Version::Tls13 | Version::Unknown => &TLS13_FLOW,
        _ => &TLS12_FLOW,
    }
}

impl Checkpoints {
    pub(super) fn is_on(&self) -> bool {
        self.listener.is_some()
    }

    /// Looks up who listens. The application may set another config in the middle of a handshake.
    pub(super) fn listen(&mut self, conn: &Connection) {
        self.listener = conn.checkpoint_listener();
    }

    /// A record has come.
    pub(super) fn note_read(&self, conn: &Connection) {
        self.tell(conn, c"RECORD_READ", uptime);
    }

    /// A flight has left.
    pub(super) fn note_written(&self, conn: &Connection) {
        self.tell(conn, c"RECORD_WRITE", uptime);
    }

    /// The handshake waits for the application.
    pub(super) fn note_wait(&mut self, message: u8) {
        self.awaited = Some(message);
    }

    fn tell(&self, conn: &Connection, name: &'static CStr, at: impl FnOnce() -> Duration) {
        if let Some(listener) = &self.listener {
            listener.tell(conn, name, at());
        }
    }

    /// All messages up to this one are done.
    pub(super) fn reach(&mut self, conn: &Connection, message: At, at: Duration) {
        let place = flow(conn).iter().position(|one| *one == message);
        if let (Some(place), true) = (place, self.is_on()) {
            self.advance(conn, place + 1, at);
        }
    }

    /// All messages before this one are done.
    fn reach_before(&mut self, conn: &Connection, message: At, at: Duration) {
        let place = flow(conn).iter().position(|one| *one == message);
        if let (Some(place), true) = (place, self.is_on()) {
            self.advance(conn, place, at);
        }
    }

    fn advance(&mut self, conn: &Connection, done: usize, at: Duration) {
        while self.done < done {
            let message = flow(conn)[self.done];
            if message == At::ServerCertReq && asks_against_our_will(conn) {
                return;
            }
            self.done += 1;
            if self.has_name(conn, message) {
                self.tell_of(conn, message, at);
            }
        }
    }

    fn tell_of(&mut self, conn: &Connection, message: At, at: Duration) {
        if self.awaited == Some(message as u8) {
            self.awaited = None;
            return;
        }
        let at = match message {
            At::ClientHello => self.chosen.take().unwrap_or(at),
            _ => at,
        };
        self.tell(conn, At::name(message as u8), || at);
    }

    /// Whether a message is part of this handshake. A ChangeCipherSpec counts for its sender only, who
    /// sends it once.
    fn has_name(&self, conn: &Connection, message: At) -> bool {
        let was_sent = self.retried && conn.version() == Version::Tls13;
        let client = || conn.choices().request;
        match (message, conn.mode) {
            (At::ServerChangeCipherSpec, mode) => mode == Mode::Server && !was_sent,
            (At::ClientChangeCipherSpec, mode) => mode == Mode::Client && !was_sent,
            (At::ServerCertStatus, _) => conn.is_ocsp_stapled(),
            (At::ServerCertReq | At::ClientCert, Mode::Server) => asks_for_certificate(conn),
            (At::ServerCertReq | At::ClientCert, Mode::Client) => client() != Request::None,
            (At::ClientCertVerify, Mode::Server) => self.client_cert,
            (At::ClientCertVerify, Mode::Client) => client() == Request::Answered,
            _ => true,
        }
    }

    /// The server wants another key share.
    fn retry(&mut self, conn: &Connection, at: Duration) {
        self.reach(conn, At::ClientHello, at);
        self.tell_of(conn, At::HelloRetryRequest, at);
        self.retried = true;
        self.done = 0;
        match conn.mode {
            Mode::Server => self.tell_of(conn, At::ServerChangeCipherSpec, at),
            Mode::Client => {
                self.tell_of(conn, At::ClientChangeCipherSpec, at);
                self.reach(conn, At::ClientHello, at);
            }
        }
    }

    fn pass(&mut self, conn: &Connection, milestone: Milestone, at: Duration) {
        let is_tls13 = conn.version() == Version::Tls13;
        let (ours, theirs) = match conn.mode {
            Mode::Client => (Mode::Client, Mode::Server),
            Mode::Server => (Mode::Server, Mode::Client),
        };
        let signature_of = |side| At::signature_of(side, conn.version());
        let their_cert = match theirs {
            Mode::Server => At::ServerCert,
            Mode::Client => At::ClientCert,
        };
        match milestone {
            Milestone::Chosen if conn.mode == Mode::Server => self.chosen = Some(at),
            Milestone::Chosen if is_tls13 => self.reach(conn, At::ServerCertReq, at),
            // Before TLS 1.3 the server's certificate is verified later.
            Milestone::Chosen => {}
            Milestone::HandshakeSecrets => self.reach(conn, At::ServerHello, at),
            Milestone::MasterSecret => self.reach(conn, At::ClientKey, at),
            Milestone::Presented => self.reach_before(conn, their_cert, at),
            Milestone::Accepted => {
                self.client_cert = theirs == Mode::Client;
                self.reach(conn, their_cert, at);
            }
            Milestone::Verified => self.reach(conn, signature_of(theirs), at),
            Milestone::Signs => self.reach_before(conn, signature_of(ours), at),
            Milestone::Signed => self.reach(conn, signature_of(ours), at),
        }
    }
}

/// Whether a server asks for a certificate although it must not, or does not although it must. rustls goes
/// on; we do not.
fn asks_against_our_will(conn: &Connection) -> bool {
    let asks = conn.choices().request != Request::None;
    match conn.client_auth() {
        _ if conn.mode == Mode::Server => false,
        Ok(ClientAuth::None) => asks,
        Ok(ClientAuth::Required) => !asks,
        _ => false,
    }
}

impl Handshake {
    /// Tells the application what a step of rustls' has done, or a part of one.
    pub(super) fn tell_of_step(
        &mut self,
        conn: &Connection,
        mut milestones: Vec<(Milestone, Duration)>,
        is_ok: bool,
    ) {
        if !is_ok {
            // What the certificate was looked for may be what is wrong.
            milestones.pop_if(|(last, _)| *last == Milestone::Chosen);
        }
        for (milestone, at) in milestones {
            self.checkpoints.pass(conn, milestone, at);
        }
        if is_ok {
            self.tell_of_rest(conn);
        }
    }

    /// Tells the application what a step has done until the application has a part in it.
    pub(super) fn tell_so_far(&mut self, conn: &Connection) {
        self.note_so_far(conn);
        self.tell_of_step(conn, self.context.take_milestones(), false);
    }

    /// Tells the application of all that is done, now that rustls waits for the peer.
    fn tell_of_rest(&mut self, conn: &Connection) {
        let is_tls13 = conn.version() == Version::Tls13;
        let checkpoints = &mut self.checkpoints;
        // The ServerHello comes second.
        let is_greeted = checkpoints.done > 1;
        let last = match &self.stage {
            Stage::Complete if is_tls13 => At::ClientFinished,
            Stage::Complete => At::ServerFinished,
            Stage::Server(_) if !is_tls13 => At::ServerHelloDone,
            Stage::Server(_) if is_greeted => At::ServerFinished,
            Stage::Server(_) if !checkpoints.retried => return checkpoints.retry(conn, uptime()),
            Stage::Client(_) if self.server_hello_version.is_none() => return,
            Stage::Client(_) if !is_tls13 && self.has_answered => At::ClientFinished,
            Stage::Client(_) if !is_tls13 => At::ServerHello,
            Stage::Client(_) if is_greeted && self.peer_is_encrypted => At::EncryptedExtensions,
            Stage::Client(_) if is_greeted => At::ClientChangeCipherSpec,
            Stage::Client(_) if checkpoints.retried => return,
            Stage::Client(_) => return checkpoints.retry(conn, uptime()),
            _ => return,
        };
        checkpoints.reach(conn, last, uptime());
    }
}

impl Listener<dyn SeeCheckpoint> {
    pub(super) fn tell(&self, conn: &Connection, name: &'static CStr, at: Duration) {
        let mode = conn.mode;
        self.callback
            .see(conn.name(), self.subscriber, &Checkpoint { name, mode, at });
    }
}
