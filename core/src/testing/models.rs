//! Models of fork-safe locks, of the settings of a config, and of the values that the directions of
//! a connection share.

use std::sync::Arc;
use std::sync::atomic::Ordering::*;

use crate::base::{Mode, lock};
use crate::config::{ClientAuth, Config};
use crate::process::fork::{
    ForkSafeMutex, block_critical_sections, get_or_init, unblock_critical_sections,
};
use crate::process::sync::{OnceLock, explore, spawn};
use crate::state::Shared;

/// The thread that forks sees no half of a change, and waits for no lock.
#[test]
fn model_of_a_fork() {
    explore("a fork and two critical sections", || {
        let value = Arc::new(ForkSafeMutex::new((0, 0)));
        let change = |value: Arc<ForkSafeMutex<(i32, i32)>>| {
            move || {
                let mut value = lock(&value);
                value.0 += 1;
                value.1 += 1;
            }
        };
        let threads = [spawn(change(value.clone())), spawn(change(value.clone()))];
        block_critical_sections();
        {
            let value = lock(&value);
            assert_eq!(value.0, value.1);
        }
        unblock_critical_sections();
        for thread in threads {
            thread.join().expect("no panic");
        }
        assert_eq!(*lock(&value), (2, 2));
    });
}

/// Threads that initialize a cell at the same time all get one value, also during a fork.
#[test]
fn model_of_an_initialization() {
    explore("two initializations and a fork", || {
        let cell = Arc::new(OnceLock::new());
        let shared = cell.clone();
        let other = spawn(move || *get_or_init(&*shared, || 1));
        block_critical_sections();
        let before = cell.get().copied();
        unblock_critical_sections();
        let own = *get_or_init(&*cell, || 2);
        assert!(before.is_none_or(|before| before == own));
        assert_eq!(other.join().expect("no panic"), own);
    });
}

/// A snapshot is current exactly until a change that the thread sees, and no change is lost.
#[test]
fn model_of_the_settings_of_a_config() {
    explore("two changes and a snapshot of a config", || {
        let config = Arc::new(Config::new_minimal());
        let (one, two) = (config.clone(), config.clone());
        let first = config.snapshot();
        let authentication = spawn(move || one.set_client_auth(ClientAuth::Required));
        let tickets = spawn(move || two.set_requires_forward_secrecy(true));

        let next = config.snapshot();
        if !config.is_current(&first) {
            assert!(config.snapshot().generation() > first.generation());
        }
        if next.generation() == first.generation() {
            assert_eq!(next.client_auth(), None);
        }
        authentication.join().expect("no panic");
        tickets.join().expect("no panic");

        assert_eq!(first.client_auth(), None);
        let last = config.snapshot();
        assert!(config.is_current(&last) && !config.is_current(&first));
        assert_eq!(last.client_auth(), Some(ClientAuth::Required));
        assert!(last.generation() > first.generation());
    });
}

/// A handshake that finds its snapshot current has the settings of every change that happened
/// before.
#[test]
fn model_of_a_change_before_a_handshake() {
    explore("a change before a handshake", || {
        let config = Arc::new(Config::new_minimal());
        let shared = config.clone();
        let other = spawn(move || {
            shared.set_client_auth(ClientAuth::Optional);
            let own = shared.snapshot();
            assert_eq!(own.client_auth(), Some(ClientAuth::Optional));
            assert!(shared.is_current(&own));
        });
        let snapshot = config.snapshot();
        let is_new = snapshot.client_auth().is_some();
        assert!(!is_new || config.is_current(&snapshot));
        other.join().expect("no panic");
        assert_eq!(config.is_current(&snapshot), is_new);
    });
}

/// A thread that finds the connection closed also finds the reason.
#[test]
fn model_of_received_alerts() {
    explore("an error alert, seen by the other direction", || {
        let shared = Arc::new(Shared::new(Mode::Client));
        let receiving = shared.clone();
        let other = spawn(move || receiving.receive_error_alert(40));
        if !shared.can_write() {
            assert!(shared.error_alert_received.load(Acquire));
            assert_eq!(shared.alert.load(Acquire), 40);
        }
        other.join().expect("no panic");
        assert!(!shared.can_read() && !shared.can_write());
    });
    explore("a close_notify, seen by another thread", || {
        let shared = Arc::new(Shared::new(Mode::Client));
        let receiving = shared.clone();
        let other = spawn(move || receiving.receive_close_notify());
        if !shared.can_read() {
            assert!(shared.close_notify_received.load(Acquire));
            assert_eq!(shared.alert.load(Acquire), 0);
        }
        other.join().expect("no panic");
        assert!(!shared.can_read());
    });
}
