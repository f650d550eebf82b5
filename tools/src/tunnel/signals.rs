//! Termination by SIGTERM and SIGINT.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::*};
use std::thread;
use std::time::{Duration, Instant};

use mio::Waker;
use nix::sys::signal::{SigSet, Signal};

use crate::error::{FAILED, Result, ToolError, print_line};

/// Within this time, a signal is a repetition of the first one: `timeout` of coreutils sends it to the
/// process, and to its group.
const REPETITION: Duration = Duration::from_millis(200);

/// The signals that end the program: with the first, connections are completed; the second ends it at
/// once.
pub struct Termination {
    signals: SigSet,
    requested: Arc<AtomicBool>,
}

impl Termination {
    /// Blocks the signals, in this thread and those that it starts.
    pub fn block() -> Result<Self> {
        let signals: SigSet = [Signal::SIGTERM, Signal::SIGINT].into_iter().collect();
        let blocked = signals.thread_block();
        blocked.map_err(|error| ToolError::new(format!("cannot block signals: {error}")))?;
        Ok(Self {
            signals,
            requested: Arc::default(),
        })
    }

    /// Waits for the signals in a thread, and wakes the event loop.
    pub fn listen(&self, program: &'static str, waker: Waker) -> Result<()> {
        let (signals, requested) = (self.signals, self.requested.clone());
        let spawned = thread::Builder::new().spawn(move || {
            let mut first: Option<Instant> = None;
            while let Ok(signal) = signals.wait() {
                match first {
                    Some(first) if first.elapsed() < REPETITION => continue,
                    Some(_) => std::process::exit(FAILED),
                    None => first = Some(Instant::now()),
                }
                requested.store(true, Release);
                print_line(
                    program,
                    &format!("{signal}: no new connections are accepted"),
                );
                // Fails only without an event loop.
                let _ = waker.wake();
            }
        });
        let spawned = spawned.map(drop);
        spawned.map_err(|error| ToolError::new(format!("cannot start a thread: {error}")))
    }

    pub fn is_requested(&self) -> bool {
        self.requested.load(Acquire)
    }
}
