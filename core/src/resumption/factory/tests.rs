//! A model of the factories of sessions.

use super::*;
use crate::process::sync::{explore, spawn};

fn make(identity: &'static [u8]) -> Option<Tls13Session> {
    let state = Tls13State {
        suite: 0x1301,
        issued: 0,
        age_add: 0,
        secret: vec![1; 32].into(),
        expiration: None,
        early_data: None,
    };
    session(&state, identity, 0, 0).expect("memory")
}

/// Two threads make the first sessions of the process: each creates a factory, of which one is kept,
/// and each gets the session that it has made.
#[test]
fn model_of_the_factory() {
    explore("the factory of sessions", || {
        let other = spawn(|| make(b"other").is_some());
        assert!(make(b"one").is_some());
        assert!(other.join().expect("no panic"));
        assert!(factory(0).is_some());
    });
}
