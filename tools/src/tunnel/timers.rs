//! Deadlines of connections.

use std::collections::BTreeSet;
use std::time::Instant;

/// The deadlines of connections, each of which is named by its slot.
#[derive(Default)]
pub struct Timers(BTreeSet<(Instant, usize)>);

impl Timers {
    /// Makes the timer of a slot, which is at `current`, expire at `wanted` or before. A timer is not
    /// postponed, because an idle timeout would be postponed with every transfer: it expires, and
    /// is set again.
    pub fn set(&mut self, slot: usize, current: &mut Option<Instant>, wanted: Option<Instant>) {
        let Some(wanted) = wanted else { return };
        if current.is_some_and(|current| current <= wanted) {
            return;
        }
        self.cancel(slot, current);
        self.0.insert((wanted, slot));
        *current = Some(wanted);
    }

    pub fn cancel(&mut self, slot: usize, current: &mut Option<Instant>) {
        if let Some(at) = current.take() {
            self.0.remove(&(at, slot));
        }
    }

    /// Returns when the next timer expires.
    pub fn next(&self) -> Option<Instant> {
        self.0.first().map(|&(at, _)| at)
    }

    /// Removes a timer that has expired, and returns its slot.
    pub fn expire(&mut self, now: Instant) -> Option<usize> {
        let &(at, slot) = self.0.first()?;
        if at > now {
            return None;
        }
        self.0.pop_first();
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn timers_expire_in_order_and_are_only_advanced() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut timers = Timers::default();
        let (mut one, mut two) = (None, None);
        timers.set(1, &mut one, Some(at(9)));
        timers.set(2, &mut two, Some(at(5)));
        timers.set(1, &mut one, Some(at(3)));
        timers.set(1, &mut one, Some(at(20)));
        timers.set(1, &mut one, None);
        assert_eq!(timers.next(), Some(at(3)));
        assert_eq!(timers.expire(at(2)), None);
        assert_eq!(timers.expire(at(5)), Some(1));
        assert_eq!(timers.expire(at(5)), Some(2));
        assert_eq!(timers.expire(at(99)), None);

        timers.set(2, &mut None, Some(at(5)));
        timers.cancel(2, &mut Some(at(5)));
        assert_eq!(timers.next(), None);
    }
}
