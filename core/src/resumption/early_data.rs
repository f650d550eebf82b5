//! Early data (0-RTT; RFC 8446, 2.3): its state, and the application's decision.

use std::sync::{Arc, Mutex};

use super::session_state::EarlyDataState;
use crate::base::lock;
use crate::error::{Code, Result};

/// The progress of early data in a handshake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum EarlyDataProgress {
    /// The ClientHello is not created, or not processed.
    #[default]
    Unknown = 0,
    NotRequested = 1,
    Requested = 2,
    Rejected = 3,
    Accepted = 4,
    /// The client has sent EndOfEarlyData.
    Ended = 5,
}

impl EarlyDataProgress {
    pub(crate) fn from_number(number: u8) -> Self {
        let all = [
            Self::NotRequested,
            Self::Requested,
            Self::Rejected,
            Self::Accepted,
            Self::Ended,
        ];
        let known = all.into_iter().find(|it| *it as u8 == number);
        known.unwrap_or_default()
    }

    /// Returns whether early data can be sent or received, now or later.
    pub(crate) fn is_possible(self) -> bool {
        matches!(self, Self::Unknown | Self::Requested | Self::Accepted)
    }
}

/// Accepts or rejects the early data that a client offers. `name` is the application's for the
/// connection.
pub trait EarlyDataCallback: Send + Sync {
    /// False ends the handshake. The decision may follow later.
    fn decide(&self, name: usize, offered: &Arc<OfferedEarlyData>) -> bool;
}

/// The early data that a client offers, until the application accepts or rejects it. The
/// application may keep its address as long as the connection exists.
#[derive(Default)]
pub struct OfferedEarlyData(Mutex<Offer>);

#[derive(Default)]
struct Offer {
    /// Of the pre-shared key; `None` if there is no offer.
    state: Option<Arc<EarlyDataState>>,
    decision: Option<bool>,
    /// The early data has ended.
    is_over: bool,
}

impl OfferedEarlyData {
    /// Begins an offer.
    pub(crate) fn begin(&self, state: Arc<EarlyDataState>) {
        *lock(&self.0) = Offer {
            state: Some(state),
            ..Offer::default()
        };
    }

    /// Ends the decision, with the early data.
    pub(crate) fn end(&self) {
        lock(&self.0).is_over = true;
    }

    /// Forgets the offer, when the connection is wiped.
    pub(crate) fn wipe(&self) {
        *lock(&self.0) = Offer::default();
    }

    /// Returns whether the application is asked.
    pub(crate) fn is_pending(&self) -> bool {
        lock(&self.0).state.is_some()
    }

    /// Returns whether the application has accepted; `None` before its decision.
    pub(crate) fn decision(&self) -> Option<bool> {
        lock(&self.0).decision
    }

    pub fn accept(&self) -> Result<()> {
        self.decide(true)
    }

    pub fn reject(&self) -> Result<()> {
        self.decide(false)
    }

    fn decide(&self, accepts: bool) -> Result<()> {
        let mut offer = lock(&self.0);
        let is_changed = offer.decision.is_some_and(|decided| decided != accepts);
        if offer.state.is_none() || is_changed || offer.is_over {
            return Err(Code::InvalidEarlyDataState)?;
        }
        offer.decision = Some(accepts);
        Ok(())
    }

    /// Passes the data of the application in the pre-shared key to `read`.
    pub fn with_context<R>(&self, read: impl FnOnce(&[u8]) -> R) -> Result<R> {
        let state = lock(&self.0).state.clone().ok_or(Code::Null)?;
        Ok(read(&state.context))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_can_be_repeated_but_not_changed() {
        let offered = OfferedEarlyData::default();
        let code = |outcome: Result<()>| outcome.err().map(|error| error.code());
        let invalid = Some(Code::InvalidEarlyDataState);
        assert_eq!(code(offered.accept()), invalid);
        assert!(!offered.is_pending());
        offered.begin(Arc::new(EarlyDataState {
            max_len: 1,
            alpn: Vec::new(),
            context: b"context".to_vec(),
        }));
        assert_eq!(offered.decision(), None);
        assert!(offered.is_pending());
        assert_eq!(code(offered.accept()), None);
        assert_eq!(code(offered.accept()), None);
        assert_eq!(code(offered.reject()), invalid);
        assert_eq!(offered.decision(), Some(true));
        let context = offered.with_context(<[u8]>::to_vec);
        assert_eq!(context.ok().as_deref(), Some(&b"context"[..]));
        offered.end();
        assert_eq!(code(offered.accept()), invalid);
        assert_eq!(offered.with_context(<[u8]>::len).ok(), Some(7));
        offered.wipe();
        assert!(!offered.is_pending());
        assert_eq!(code(offered.reject()), invalid);
        assert!(offered.with_context(<[u8]>::len).is_err());
    }

    #[test]
    fn numbers_are_those_of_the_progress() {
        for number in 0..=6 {
            let progress = EarlyDataProgress::from_number(number);
            assert_eq!(progress as u8, if number == 6 { 0 } else { number });
        }
    }
}
