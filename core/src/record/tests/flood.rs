//! Limits on consecutive records without data.

use super::super::{FloodGuard, PostHandshakeMessage};
use crate::error::{Code, Result};

const KINDS: [fn(&mut FloodGuard) -> Result<()>; 4] = [
    FloodGuard::empty_record,
    FloodGuard::control_record,
    |guard| guard.post_handshake_message(&PostHandshakeMessage::KeyUpdate { requested: true }),
    |guard| guard.post_handshake_message(&PostHandshakeMessage::HelloRequest),
];

#[test]
fn each_kind_is_limited() {
    for kind in KINDS {
        let mut guard = FloodGuard::default();
        for _ in 0..32 {
            kind(&mut guard).unwrap();
        }
        assert_eq!(kind(&mut guard).unwrap_err().code(), Code::BadMessage);
        assert_eq!(kind(&mut guard).unwrap_err().code(), Code::BadMessage);
    }
}

#[test]
fn data_resets_the_counters() {
    for kind in KINDS {
        let mut guard = FloodGuard::default();
        for _ in 0..100 {
            for _ in 0..32 {
                kind(&mut guard).unwrap();
            }
            guard.reset();
        }
    }
}

#[test]
fn one_kind_does_not_reset_the_counter_of_another() {
    let mut guard = FloodGuard::default();
    for _ in 0..32 {
        for kind in KINDS {
            kind(&mut guard).unwrap();
        }
    }
    for kind in KINDS {
        assert_eq!(kind(&mut guard).unwrap_err().code(), Code::BadMessage);
    }
}

#[test]
fn tickets_are_not_limited() {
    let mut guard = FloodGuard::default();
    for _ in 0..100_000 {
        guard
            .post_handshake_message(&PostHandshakeMessage::NewSessionTicket(b"ticket"))
            .unwrap();
    }
}
