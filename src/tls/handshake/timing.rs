//! How long a handshake takes, and how it ends, for an application that wants to know.

use std::time::Duration;

use crate::tls::base::Blocked;
use crate::tls::base::{lock, uptime};
use crate::tls::config::{Config, HandshakeEvent, Listener, SeeCheckpoint};
use crate::tls::connection::Connection;
use crate::tls::error::{Code, Result};

/// What is known of a handshake's time.
#[derive(Default)]
pub(crate) struct Timing {
    /// When its first call began.
    start: Option<Duration>,

    /// How long its calls took together.
    spent: Duration,

    /// The application knows how it has ended.
    is_told: bool,

    /// A call is under way, its callbacks included.
    is_running: bool,
}

impl Connection {
    /// Drives the handshake as far as it goes without waiting.
    pub fn negotiate(&self, blocked: &mut Blocked) -> Result<()> {
        match self.is_timed() {
            true => self.negotiate_timed(blocked),
            false => self.drive_handshake(blocked),
        }
    }

    fn negotiate_timed(&self, blocked: &mut Blocked) -> Result<()> {
        let begin = uptime();
        let is_first = {
            let mut timing = lock(&self.timing);
            if timing.is_running {
                return Err(Code::Reentrancy)?;
            }
            timing.is_running = true;
            let is_first = timing.start.is_none();
            timing.start.get_or_insert(begin);
            is_first
        };
        if is_first && let Some(listener) = self.checkpoint_listener() {
            listener.tell(self, c"NEGOTIATE_START", begin);
        }
        let outcome = self.drive_handshake(blocked);
        let end = uptime();
        lock(&self.timing).spent += end.saturating_sub(begin);
        match &outcome {
            Ok(()) => {
                self.tell_end(end, 0);
                if let Some(listener) = self.checkpoint_listener() {
                    listener.tell(self, c"NEGOTIATE_END", uptime());
                }
            }
            // The handshake goes on.
            Err(error) if error.is_blocked() => {}
            Err(error) => self.tell_end(end, error.code().number()),
        }
        lock(&self.timing).is_running = false;
        outcome
    }

    /// Tells the application how the handshake has ended, once.
    fn tell_end(&self, end: Duration, error: i32) {
        let listener = self.config().ok().and_then(|it| it.handshake_listener());
        let Some(listener) = listener else { return };
        let (start, spent) = {
            let mut timing = lock(&self.timing);
            if std::mem::replace(&mut timing.is_told, true) {
                return;
            }
            (timing.start.unwrap_or(end), timing.spent)
        };
        let facts = self.facts();
        let event = HandshakeEvent {
            version: self.version(),
            cipher: facts.as_ref().map(|facts| facts.cipher),
            group: facts.as_ref().map(|facts| facts.group),
            policy: self.policy().ok().map(|policy| policy.c_label()),
            spent,
            start,
            end,
            error,
        };
        // No lock is held: it may be a callback that uses the connection, or wipes it.
        listener
            .callback
            .see(self.name(), listener.subscriber, &event);
    }

    /// Who is told of moments of the handshake.
    pub(super) fn checkpoint_listener(&self) -> Option<Listener<dyn SeeCheckpoint>> {
        match self.with_own_config(Config::is_listened_to) {
            true => self.own_config()?.checkpoint_listener(),
            false => None,
        }
    }

    /// Whether the time matters to anybody. A ClientHello callback may choose a config for which it does,
    /// after the handshake has begun.
    fn is_timed(&self) -> bool {
        self.with_own_config(|config| {
            config.is_listened_to()
                || self.may_choose_by_client_hello() && config.client_hello().is_some()
        })
    }
}
