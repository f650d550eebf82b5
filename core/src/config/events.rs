//! Events of handshakes, and the callbacks that receive them.

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
    /// `None` before the handshake is complete; likewise the group.
    pub cipher: Option<&'static CStr>,
    pub group: Option<&'static CStr>,
    pub policy: Option<&'static CStr>,
    /// The duration of its calls together.
    pub spent: Duration,
    pub start: Duration,
    pub end: Duration,
    /// The error's number; 0 for success.
    pub error: i32,
}

/// A checkpoint of a handshake.
pub struct Checkpoint {
    /// The message that was processed.
    pub name: &'static CStr,
    pub mode: Mode,
    /// By the clock of [`HandshakeEvent`].
    pub at: Duration,
}

/// Receives the event of a handshake's end. `name` is the application's handle of the connection,
/// `subscriber` the one of its config.
pub trait HandshakeEventCallback: Send + Sync {
    fn call(&self, name: usize, subscriber: usize, event: &HandshakeEvent);
}

/// Receives the checkpoints of a handshake; see [`HandshakeEventCallback`].
pub trait CheckpointCallback: Send + Sync {
    fn call(&self, name: usize, subscriber: usize, checkpoint: &Checkpoint);
}

/// A callback, and the application's subscriber that it is passed.
pub(crate) struct Listener<C: ?Sized> {
    pub(crate) callback: Arc<C>,
    /// 0 for none.
    pub(crate) subscriber: usize,
}

/// The callbacks for the events of a config's handshakes.
#[derive(Default)]
pub(super) struct Listeners {
    /// There is a callback. Read in each call, so it costs no lock.
    is_any: AtomicBool,
    callbacks: ForkSafeMutex<Callbacks>,
}

#[derive(Default)]
struct Callbacks {
    subscriber: usize,
    handshake: Option<Arc<dyn HandshakeEventCallback>>,
    checkpoint: Option<Arc<dyn CheckpointCallback>>,
}

impl Listeners {
    fn change(&self, change: impl FnOnce(&mut Callbacks)) {
        let mut callbacks = lock(&self.callbacks);
        change(&mut callbacks);
        let is_any = callbacks.handshake.is_some() || callbacks.checkpoint.is_some();
        self.is_any.store(is_any, Release);
    }
}

impl Config {
    pub fn set_subscriber(&self, subscriber: usize) {
        self.listeners
            .change(|callbacks| callbacks.subscriber = subscriber);
    }

    pub fn set_handshake_event_callback(&self, callback: Option<Arc<dyn HandshakeEventCallback>>) {
        self.listeners
            .change(|callbacks| callbacks.handshake = callback);
    }

    pub fn set_checkpoint_callback(&self, callback: Arc<dyn CheckpointCallback>) {
        self.listeners
            .change(|callbacks| callbacks.checkpoint = Some(callback));
    }

    /// Whether there is a callback for events.
    pub(crate) fn has_listeners(&self) -> bool {
        self.listeners.is_any.load(Acquire)
    }

    /// Returns the callback for the end of handshakes, which requires a subscriber.
    pub(crate) fn handshake_listener(&self) -> Option<Listener<dyn HandshakeEventCallback>> {
        let callbacks = lock(&self.listeners.callbacks);
        let (callback, subscriber) = (callbacks.handshake.clone()?, callbacks.subscriber);
        (subscriber != 0).then_some(Listener {
            callback,
            subscriber,
        })
    }

    /// Returns the callback for checkpoints, with or without a subscriber.
    pub(crate) fn checkpoint_listener(&self) -> Option<Listener<dyn CheckpointCallback>> {
        let callbacks = lock(&self.listeners.callbacks);
        Some(Listener {
            callback: callbacks.checkpoint.clone()?,
            subscriber: callbacks.subscriber,
        })
    }
}
