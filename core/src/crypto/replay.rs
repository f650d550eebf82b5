//! Repetition of a handshake step: a step that has run once runs again with the same random numbers
//! and key exchanges, and so derives the same secrets.
//!
//! A server of QUIC needs it: the application receives the handshake secrets before it sets the
//! transport parameters, and rustls creates the message with them in the same step.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::mem::ManuallyDrop;

use rustls::crypto::kx::ffdhe::FfdheGroup;
use rustls::crypto::kx::{
    CompletedKeyExchange, NamedGroup, SharedSecret, StartedKeyExchange, SupportedKxGroup,
};
use rustls::crypto::{GetRandomFailed, SecureRandom};
use rustls::error::Error;
use rustls::pki_types::FipsStatus;

use super::HeapSecret;
use crate::base::random_bytes;

/// The random numbers and key exchanges of a step.
#[derive(Default)]
pub(crate) struct Recording(VecDeque<Item>);

enum Item {
    Random(HeapSecret),
    KeyExchange {
        group: NamedGroup,
        share: Vec<u8>,
        secret: HeapSecret,
    },
}

enum Tape {
    Recording(Recording),
    Replaying(Recording),
}

thread_local! {
    /// The tape of the step that runs in this thread. Empty when the thread ends, and so needs no
    /// destructor.
    static TAPE: RefCell<ManuallyDrop<Option<Tape>>> =
        const { RefCell::new(ManuallyDrop::new(None)) };
}

impl Recording {
    /// Runs a step, and records it behind the steps of this recording.
    pub(crate) fn record<R>(&mut self, step: impl FnOnce() -> R) -> R {
        replace(Some(Tape::Recording(std::mem::take(self))));
        let outcome = step();
        if let Some(Tape::Recording(recording)) = replace(None) {
            *self = recording;
        }
        outcome
    }

    /// Repeats the recorded steps. They fail if they differ from those that were recorded.
    ///
    /// The repetition ends at [`end`], or with the steps.
    pub(crate) fn replay<R>(self, steps: impl FnOnce() -> R) -> R {
        replace(Some(Tape::Replaying(self)));
        let outcome = steps();
        replace(None);
        outcome
    }
}

/// Ends a repetition: later random numbers are new ones. Returns whether the recording was
/// repeated completely.
///
/// Steps call it before they are suspended: until they are resumed, the thread has other work.
pub(crate) fn end() -> bool {
    match replace(None) {
        Some(Tape::Replaying(Recording(rest))) => rest.is_empty(),
        _ => false,
    }
}

/// Not inlined: a coroutine may move to another thread, and its frames must not keep the address of
/// a thread-local variable.
#[inline(never)]
fn replace(tape: Option<Tape>) -> Option<Tape> {
    ManuallyDrop::into_inner(TAPE.replace(ManuallyDrop::new(tape)))
}

/// Returns the next item of a repetition; `None` if nothing is repeated. Fails at the end of the
/// recording.
#[inline(never)]
fn next() -> Option<Result<Item, Error>> {
    TAPE.with_borrow_mut(|tape| match &mut **tape {
        Some(Tape::Replaying(Recording(items))) => Some(items.pop_front().ok_or(DIFFERENT)),
        _ => None,
    })
}

/// Adds an item to the tape, if there is a recording.
#[inline(never)]
fn push(item: impl FnOnce() -> Item) {
    TAPE.with_borrow_mut(|tape| {
        if let Some(Tape::Recording(Recording(items))) = &mut **tape {
            items.push_back(item());
        }
    });
}

const DIFFERENT: Error = Error::Unreachable("a repeated step differs from the recorded one");

/// The random generator of the provider, which can be repeated.
#[derive(Debug)]
pub(crate) struct ReplayableRandom;

impl SecureRandom for ReplayableRandom {
    fn fill(&self, buf: &mut [u8]) -> Result<(), GetRandomFailed> {
        match next() {
            None => {
                random_bytes(buf).map_err(|_| GetRandomFailed)?;
                push(|| Item::Random(buf.to_vec().into()));
                Ok(())
            }
            Some(Ok(Item::Random(bytes))) if bytes.len() == buf.len() => {
                buf.copy_from_slice(&bytes);
                Ok(())
            }
            Some(_) => Err(GetRandomFailed),
        }
    }
}

/// A group whose key exchanges, as those of a server, can be repeated.
#[derive(Debug)]
pub(crate) struct ReplayableGroup(pub(crate) &'static dyn SupportedKxGroup);

impl SupportedKxGroup for ReplayableGroup {
    fn start(&self) -> Result<StartedKeyExchange, Error> {
        self.0.start()
    }

    fn start_and_complete(&self, peer_share: &[u8]) -> Result<CompletedKeyExchange, Error> {
        match next() {
            None => {
                let completed = self.0.start_and_complete(peer_share)?;
                push(|| Item::KeyExchange {
                    group: completed.group,
                    share: completed.pub_key.clone(),
                    secret: completed.secret.secret_bytes().to_vec().into(),
                });
                Ok(completed)
            }
            Some(Ok(Item::KeyExchange {
                group,
                share,
                secret,
            })) if group == self.name() => Ok(CompletedKeyExchange {
                group,
                pub_key: share,
                secret: SharedSecret::from(&secret[..]),
            }),
            Some(_) => Err(DIFFERENT),
        }
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        self.0.ffdhe_group()
    }

    fn name(&self) -> NamedGroup {
        self.0.name()
    }

    fn fips(&self) -> FipsStatus {
        self.0.fips()
    }
}

#[cfg(test)]
mod tests {
    use rustls_aws_lc_rs::DEFAULT_PROVIDER;

    use super::*;

    fn random() -> Result<[u8; 8], GetRandomFailed> {
        let mut bytes = [0; 8];
        ReplayableRandom.fill(&mut bytes).map(|()| bytes)
    }

    fn group() -> ReplayableGroup {
        ReplayableGroup(DEFAULT_PROVIDER.kx_groups[0])
    }

    fn share() -> Vec<u8> {
        let started = group().start().expect("a key pair").into_single();
        started.pub_key().to_vec()
    }

    #[test]
    fn a_repeated_step_has_the_same_values() {
        let share = share();
        let step = || {
            let number = random().expect("a number");
            let completed = group().start_and_complete(&share).expect("a secret");
            let secret = completed.secret.secret_bytes().to_vec();
            (number, completed.pub_key, secret)
        };
        let mut recording = Recording::default();
        let first = recording.record(step);
        let second = recording.record(step);
        assert_ne!(first, second);
        assert_eq!(recording.replay(|| (step(), step())), (first, second));
        assert_ne!(step().0, random().expect("a number"));
    }

    #[test]
    fn a_different_step_fails() {
        let mut recording = Recording::default();
        recording.record(|| random().expect("a number"));
        let share = share();
        let outcome = recording.replay(|| group().start_and_complete(&share).map(drop));
        assert_eq!(outcome, Err(DIFFERENT));
        assert!(Recording::default().replay(random).is_err());
    }

    #[test]
    fn numbers_behind_the_end_are_new() {
        let mut recording = Recording::default();
        let recorded = recording.record(|| [random(), random()].map(|it| it.expect("a number")));
        let (is_complete, number) = recording.replay(|| {
            assert_eq!(random().expect("a number"), recorded[0]);
            (end(), random().expect("a number"))
        });
        assert!(!is_complete);
        assert!(!recorded.contains(&number));
    }
}
