//! Calls of `s2n_negotiate()`, and the handshake event with their duration.

use std::time::Duration;

use super::Connection;
use crate::base::{Blocked, seed_thread, uptime};
use crate::config::{Config, HandshakeEvent};
use crate::error::{Code, Result};
use crate::handshake::{self, checkpoint_listener};

impl Connection {
    /// Drives the handshake until it is complete or blocked.
    pub fn negotiate(&self, blocked: &mut Blocked) -> Result<()> {
        let outcome = match self.is_timed() {
            true => self.negotiate_timed(blocked),
            false => self.drive(blocked),
        };
        self.record("s2n_negotiate", &outcome);
        outcome
    }

    fn drive(&self, blocked: &mut Blocked) -> Result<()> {
        seed_thread()?;
        let outcome = handshake::negotiate(&self.handshake, &self.state, &self.stream, blocked);
        if outcome.as_ref().is_err_and(|error| !error.is_blocked()) {
            self.state.delete_cached_session();
        }
        outcome
    }

    fn negotiate_timed(&self, blocked: &mut Blocked) -> Result<()> {
        let begin = uptime();
        let is_first = self.state.with_timing(|timing| {
            if timing.is_running {
                return Err(Code::Reentrancy);
            }
            timing.is_running = true;
            let is_first = timing.start.is_none();
            timing.start.get_or_insert(begin);
            Ok(is_first)
        })?;
        if is_first && let Some(listener) = checkpoint_listener(&self.state) {
            listener.report(&self.state, c"NEGOTIATE_START", begin);
        }
        let outcome = self.drive(blocked);
        let end = uptime();
        self.state
            .with_timing(|timing| timing.spent += end.saturating_sub(begin));
        match &outcome {
            Ok(()) => {
                self.report_event(end, 0);
                if let Some(listener) = checkpoint_listener(&self.state) {
                    listener.report(&self.state, c"NEGOTIATE_END", uptime());
                }
            }
            // The handshake is incomplete.
            Err(error) if error.is_blocked() => {}
            Err(error) => self.report_event(end, error.code().number()),
        }
        self.state.with_timing(|timing| timing.is_running = false);
        outcome
    }

    /// Reports the handshake event to the application, once.
    fn report_event(&self, end: Duration, error: i32) {
        let listener = self.config().ok().and_then(|it| it.handshake_listener());
        let Some(listener) = listener else { return };
        let times = self.state.with_timing(|timing| {
            let is_reported = std::mem::replace(&mut timing.is_reported, true);
            (!is_reported).then_some((timing.start.unwrap_or(end), timing.spent))
        });
        let Some((start, spent)) = times else { return };
        let negotiated = self.negotiated();
        let event = HandshakeEvent {
            version: self.version(),
            cipher: negotiated.as_ref().map(|negotiated| negotiated.cipher()),
            group: negotiated.as_ref().map(|negotiated| negotiated.group()),
            policy: self.policy().ok().map(|policy| policy.c_label()),
            spent,
            start,
            end,
            error,
        };
        // No lock is held: the callback may use the connection, or wipe it.
        listener
            .callback
            .call(self.state.name(), listener.subscriber, &event);
    }

    /// Returns whether durations are measured: there is a callback for them, or a ClientHello
    /// callback may still select a config with one.
    fn is_timed(&self) -> bool {
        self.state.own_config_is(|config| {
            Config::has_listeners(config)
                || self.awaits_client_hello() && config.client_hello_callback().is_some()
        })
    }
}
