//! What the application is told about the course of a handshake, and whom it is told to.

use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::*};
use std::time::Duration;

use super::Config;
use crate::base::{Mode, Version, lock};
use crate::process::fork::ForkSafeMutex;

/// A handshake that has succeeded or failed. Times are those of the system's monotonic clock.
pub struct HandshakeEvent {
    pub version: Version,
    /// Nothing before the handshake is complete; so is the group.
    pub cipher: Option<&'static CStr>,
    pub group: Option<&'static CStr>,
    pub policy: Option<&'static CStr>,
    /// How long its calls took together.
    pub spent: Duration,
    pub start: Duration,
    pub end: Duration,
    /// The error's number; 0 for success.
    pub error: i32,
}

/// A moment in a handshake.
pub struct Checkpoint {
    /// What was done then.
    pub name: &'static CStr,
    pub mode: Mode,
    /// By the clock of [`HandshakeEvent`].
    pub at: Duration,
}

/// Is told of handshakes. `name` is the application's for the connection, `subscriber` the one that it
/// gave the config.
pub trait SeeHandshake: Send + Sync {
    fn see(&self, name: usize, subscriber: usize, event: &HandshakeEvent);
}

/// Is told of the moments of a handshake; see [`SeeHandshake`].
pub trait SeeCheckpoint: Send + Sync {
    fn see(&self, name: usize, subscriber: usize, checkpoint: &Checkpoint);
}

/// A callback, and whom it is for.
pub(crate) struct Listener<C: ?Sized> {
    pub(crate) callback: Arc<C>,
    /// 0 for nobody.
    pub(crate) subscriber: usize,
}

/// Who is told of a config's handshakes.
#[derive(Default)]
pub(super) struct Listeners {
    /// There is a callback. Asked at each call, so it costs no lock.
    is_any: AtomicBool,
    who: ForkSafeMutex<Who>,
}

#[derive(Default)]
struct Who {
    subscriber: usize,
    handshake: Option<Arc<dyn SeeHandshake>>,
    checkpoint: Option<Arc<dyn SeeCheckpoint>>,
}

impl Listeners {
    fn change(&self, change: impl FnOnce(&mut Who)) {
        let mut who = lock(&self.who);
        change(&mut who);
        let is_any = who.handshake.is_some() || who.checkpoint.is_some();
        self.is_any.store(is_any, Release);
    }
}

impl Config {
    pub fn set_subscriber(&self, subscriber: usize) {
        self.listeners.change(|who| who.subscriber = subscriber);
    }

    pub fn set_see_handshake(&self, callback: Option<Arc<dyn SeeHandshake>>) {
        self.listeners.change(|who| who.handshake = callback);
    }

    pub fn set_see_checkpoint(&self, callback: Arc<dyn SeeCheckpoint>) {
        self.listeners.change(|who| who.checkpoint = Some(callback));
    }

    /// Whether anybody wants to know how long handshakes take.
    pub(crate) fn is_listened_to(&self) -> bool {
        self.listeners.is_any.load(Acquire)
    }

    /// Who is told of handshakes: nobody without a subscriber.
    pub(crate) fn handshake_listener(&self) -> Option<Listener<dyn SeeHandshake>> {
        let who = lock(&self.listeners.who);
        let (callback, subscriber) = (who.handshake.clone()?, who.subscriber);
        (subscriber != 0).then_some(Listener {
            callback,
            subscriber,
        })
    }

    /// Who is told of moments of handshakes, for a subscriber or none.
    pub(crate) fn checkpoint_listener(&self) -> Option<Listener<dyn SeeCheckpoint>> {
        let who = lock(&self.listeners.who);
        Some(Listener {
            callback: who.checkpoint.clone()?,
            subscriber: who.subscriber,
        })
    }
}
