//! The resumption settings of a config.

use std::sync::Arc;

use super::ChosenPsk;
use super::cache::Callbacks;
use super::session_state::{Encoder, TLS12_FORMAT, TLS13_FORMAT, Tls12State, Tls13State};
use super::ticket_keys::TicketKeys;
use super::{
    EarlyDataCallback, MAX_TICKET_LIFETIME, PskMode, PskSelectionCallback, SECOND, TicketCallback,
    TicketKey,
};
use crate::base::memory;
use crate::error::{Code, Result};
use crate::messages::Reader;

/// The default lifetime of a session in seconds: 15 hours.
const DEFAULT_SESSION_LIFETIME: u64 = 54_000;

/// How far in the future a TLS 1.3 session may be issued, because of skewed clocks, in seconds.
const MAX_CLOCK_SKEW: u64 = 3600;

/// The maximum number of tickets of a ClientHello that a server tries to decrypt in vain.
const MAX_REJECTED_TICKETS: usize = 3;

/// The resumption settings of a config. Times are in nanoseconds since 1970.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) uses_tickets: bool,
    pub(crate) uses_cache: bool,
    pub(crate) keys: TicketKeys,
    /// How long a session can be resumed, in nanoseconds.
    pub(crate) session_lifetime: u64,
    /// No ticket is sent or used in TLS 1.2, where resumption has no forward secrecy.
    pub(crate) requires_forward_secrecy: bool,
    /// The number of tickets after a TLS 1.3 handshake.
    pub(crate) initial_tickets: u8,
    pub(crate) cache: Callbacks,
    /// Client: receives tickets.
    pub(crate) ticket_callback: Option<Arc<dyn TicketCallback>>,
    /// The pre-shared keys of new connections.
    pub(crate) psk_mode: PskMode,
    pub(crate) psk_selection: Option<Arc<dyn PskSelectionCallback>>,
    /// Server: the maximum length of early data in bytes; 0 for none.
    pub(crate) max_early_data: u32,
    pub(crate) early_data_callback: Option<Arc<dyn EarlyDataCallback>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            uses_tickets: false,
            uses_cache: false,
            keys: TicketKeys::default(),
            session_lifetime: DEFAULT_SESSION_LIFETIME * SECOND,
            requires_forward_secrecy: false,
            initial_tickets: 0,
            cache: Callbacks::default(),
            ticket_callback: None,
            psk_mode: PskMode::default(),
            psk_selection: None,
            max_early_data: 0,
            early_data_callback: None,
        }
    }
}

/// A key for a new ticket, and the lifetime of that in seconds.
pub(crate) struct NewTicket {
    pub(crate) key: Arc<TicketKey>,
    pub(crate) lifetime: u32,
}

impl Settings {
    pub(crate) fn set_tickets(&mut self, on: bool) {
        if self.uses_tickets == on {
            return;
        }
        self.uses_tickets = on;
        self.initial_tickets = self.initial_tickets.max(1);
        self.drop_unused_keys();
    }

    pub(crate) fn set_initial_tickets(&mut self, count: u8) {
        self.initial_tickets = count;
        self.set_tickets(true);
    }

    /// Enables the cache if all of its callbacks are set, and disables it otherwise.
    pub(crate) fn set_cache(&mut self, on: bool) {
        self.uses_cache = on && self.cache.is_complete();
        self.drop_unused_keys();
    }

    fn drop_unused_keys(&mut self) {
        if !self.uses_tickets && !self.uses_cache {
            self.keys.clear();
        }
    }

    /// Adds a ticket key that is used from `intro` on; ignored while no key is used.
    pub(crate) fn add_key(
        &mut self,
        name: &[u8],
        secret: &[u8],
        intro: Option<u64>,
        now: u64,
    ) -> Result<()> {
        if !self.uses_tickets && !self.uses_cache {
            return Ok(());
        }
        self.keys.add(name, secret, intro.unwrap_or(now), now)
    }

    /// Selects the key for a ticket. The ticket's lifetime is that of the key, and at most that of
    /// a session.
    pub(crate) fn new_ticket(&self, now: u64) -> Result<NewTicket> {
        let key = self.keys.select(now)?;
        let lifetime = self.keys.remaining(key, now);
        let lifetime = lifetime.min(self.session_lifetime / SECOND);
        Ok(NewTicket {
            key: key.clone(),
            lifetime: lifetime.min(MAX_TICKET_LIFETIME.into()) as u32,
        })
    }

    /// Decrypts the state of a TLS 1.2 session, of a ticket or a cache.
    pub(crate) fn open_tls12(&self, ticket: &[u8], now: u64) -> Result<Tls12State> {
        let state = self.keys.decrypt(ticket, now)?;
        let mut reader = Reader(&state);
        if reader.u8()? != TLS12_FORMAT {
            return Err(Code::InvalidSerializedSessionState)?;
        }
        let state = Tls12State::parse(&mut reader)?;
        let age = now.checked_sub(state.issued);
        let is_alive = age.is_some_and(|age| age <= self.session_lifetime);
        // A master secret of zeros protects nothing.
        match is_alive && state.master_secret.iter().any(|&byte| byte != 0) {
            true => Ok(state),
            false => Err(Code::InvalidSerializedSessionState)?,
        }
    }

    /// Finds the first of the client's identities that is a valid ticket, and returns it with its
    /// session.
    pub(crate) fn find_tls13<'a>(
        &self,
        identities: impl Iterator<Item = (&'a [u8], u32)>,
        now: u64,
    ) -> Option<ChosenPsk> {
        let mut identities = identities.take(MAX_REJECTED_TICKETS).enumerate();
        identities.find_map(|(index, (identity, age))| {
            Some(ChosenPsk {
                index,
                age,
                is_external: false,
                state: self.open_tls13(identity, age, now).ok()?,
                identity: memory::to_arc(identity).ok()?,
            })
        })
    }

    /// Decrypts the state of a TLS 1.3 session. `age` is the obfuscated age of the ticket.
    pub(crate) fn open_tls13(&self, ticket: &[u8], age: u32, now: u64) -> Result<Tls13State> {
        let state = self.keys.decrypt(ticket, now)?;
        let mut reader = Reader(&state);
        if reader.u8()? != TLS13_FORMAT {
            return Err(Code::InvalidSerializedSessionState)?;
        }
        let state = Tls13State::parse(&mut reader, Encoder::Server)?;
        check_age(state.issued, now)?;
        if state.expiration.is_none_or(|expiration| expiration <= now) {
            return Err(Code::KeyingMaterialExpired)?;
        }
        // In milliseconds, modulo 2^32 (RFC 8446, 4.2.11.1).
        let age = u64::from(age.wrapping_sub(state.age_add));
        match age < self.session_lifetime / (SECOND / 1000) {
            true => Ok(state),
            false => Err(Code::InvalidSessionTicket)?,
        }
    }
}

/// Rejects a TLS 1.3 session that is older than 7 days (RFC 8446, 4.6.1), or issued in the future.
pub(super) fn check_age(issued: u64, now: u64) -> Result<()> {
    check_age_below(MAX_TICKET_LIFETIME, issued, now)
}

/// Rejects the session of a client that has expired for at least 7 days, or is issued in the future.
/// The time of issue may be 7 days too early: see [`Tls13State::expiring_after`].
pub(super) fn check_age_of_offer(issued: u64, now: u64) -> Result<()> {
    check_age_below(2 * MAX_TICKET_LIFETIME, issued, now)
}

fn check_age_below(most: u32, issued: u64, now: u64) -> Result<()> {
    let is_valid = match now.checked_sub(issued) {
        Some(age) => age / SECOND <= most.into(),
        None => (issued - now) / SECOND <= MAX_CLOCK_SKEW,
    };
    match is_valid {
        true => Ok(()),
        false => Err(Code::InvalidSessionTicket)?,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 10_000_000 * SECOND;

    fn settings() -> Settings {
        let mut settings = Settings::default();
        settings.set_tickets(true);
        let added = settings.add_key(b"key", b"secret", None, NOW);
        added.expect("a valid key");
        settings
    }

    fn ticket(settings: &Settings, expiration: u64) -> Vec<u8> {
        let state = Tls13State {
            suite: 0x1301,
            issued: NOW,
            age_add: u32::MAX - 10,
            secret: vec![1; 32].into(),
            expiration: Some(expiration),
            early_data: None,
        };
        let key = settings.new_ticket(NOW).expect("a key").key;
        key.encrypt(&state.encode().expect("encoded"))
            .expect("encrypted")
    }

    #[test]
    fn at_most_three_tickets_are_tried() {
        let settings = settings();
        let valid = ticket(&settings, NOW + SECOND);
        let find = |invalid: usize| {
            let others = std::iter::repeat_n((&b"unknown"[..], 0), invalid);
            let all = others.chain([(&valid[..], u32::MAX - 10)]);
            settings.find_tls13(all, NOW).is_some()
        };
        assert!(find(0) && find(2));
        assert!(!find(3));
    }

    #[test]
    fn the_age_is_that_which_the_client_claims() {
        let settings = settings();
        let ticket = ticket(&settings, NOW + SECOND);
        let lifetime = 54_000_000;
        let find = |age: u32| {
            let age = age.wrapping_add(u32::MAX - 10);
            settings.find_tls13([(&ticket[..], age)].into_iter(), NOW)
        };
        assert!(find(0).is_some());
        assert!(find(lifetime - 1).is_some());
        assert!(find(lifetime).is_none());
        assert!(find(u32::MAX).is_none(), "an age below 0");
    }

    /// Times at the limits of the arithmetic of ages, in nanoseconds.
    fn moments() -> impl Iterator<Item = u64> + Clone {
        let skew = MAX_CLOCK_SKEW * SECOND;
        let lifetime = u64::from(MAX_TICKET_LIFETIME) * SECOND;
        let offsets = [
            0,
            1,
            SECOND - 1,
            SECOND,
            skew,
            skew + SECOND,
            lifetime,
            lifetime + SECOND,
        ];
        offsets.into_iter().flat_map(move |offset| {
            [offset, NOW - offset, NOW + offset, u64::MAX - offset]
                .into_iter()
                .flat_map(|moment: u64| {
                    [moment.saturating_sub(1), moment, moment.saturating_add(1)]
                })
        })
    }

    /// Scope: all pairs of the moments above, among them the first and the last one that exist.
    #[test]
    fn ages_are_computed_without_overflow() {
        for (issued, now) in moments().flat_map(|one| moments().map(move |two| (one, two))) {
            let age = (i128::from(now) - i128::from(issued)) / i128::from(SECOND);
            let limits = -i128::from(MAX_CLOCK_SKEW)..=i128::from(MAX_TICKET_LIFETIME);
            assert_eq!(
                check_age(issued, now).is_ok(),
                limits.contains(&age),
                "{issued} {now}"
            );
        }
    }

    /// Scope: claimed ages within 1 of 0, of each power of 2, of the lifetime of a session, and of
    /// the maximum; obfuscated by the number of the ticket, at which the sum wraps.
    #[test]
    fn obfuscated_ages_wrap() {
        let settings = settings();
        let ticket = ticket(&settings, NOW + SECOND);
        let lifetime = 54_000_000;
        let near_powers = (0..32).map(|power| 1_u32 << power).chain([0, lifetime]);
        for age in near_powers.flat_map(|age| [age.wrapping_sub(1), age, age + 1]) {
            let claimed = age.wrapping_add(u32::MAX - 10);
            let opened = settings.open_tls13(&ticket, claimed, NOW);
            assert_eq!(opened.is_ok(), age < lifetime, "{age}");
        }
    }

    #[test]
    fn keying_material_expires() {
        let settings = settings();
        let ticket = ticket(&settings, NOW + SECOND);
        let find = |now| {
            let all = [(&ticket[..], u32::MAX - 10)];
            settings.find_tls13(all.into_iter(), now)
        };
        assert!(find(NOW + SECOND - 1).is_some());
        assert!(find(NOW + SECOND).is_none());
    }

    #[test]
    fn sessions_are_accepted_for_a_week_and_with_skewed_clocks() {
        let week = u64::from(MAX_TICKET_LIFETIME) * SECOND;
        assert!(check_age(NOW, NOW + week).is_ok());
        assert!(check_age(NOW, NOW + week + SECOND).is_err());
        assert!(check_age(NOW + MAX_CLOCK_SKEW * SECOND, NOW).is_ok());
        assert!(check_age(NOW + (MAX_CLOCK_SKEW + 1) * SECOND, NOW).is_err());
    }

    #[test]
    fn the_initial_number_of_tickets_is_at_least_1_when_they_are_enabled() {
        let mut settings = Settings::default();
        settings.set_initial_tickets(0);
        assert_eq!(settings.initial_tickets, 1);
        settings.set_initial_tickets(0);
        assert_eq!(settings.initial_tickets, 0);
    }

    #[test]
    fn keys_are_dropped_when_nothing_uses_them() {
        let mut settings = settings();
        assert!(settings.keys.can_encrypt(NOW));
        settings.set_tickets(false);
        settings.set_tickets(true);
        assert!(!settings.keys.can_encrypt(NOW));
    }

    /// Keys are for tickets and for the entries of a cache.
    #[test]
    fn keys_are_kept_while_something_uses_them() {
        for (tickets, cache) in [(true, false), (false, true), (true, true)] {
            let mut settings = settings();
            settings.uses_cache = cache;
            settings.set_tickets(tickets);
            assert!(settings.keys.can_encrypt(NOW), "{tickets} {cache}");
            let added = settings.add_key(b"other", b"other secret", None, NOW);
            added.expect("a valid key");
            assert!(settings.keys.can_encrypt(NOW), "{tickets} {cache}");
            settings.uses_cache = false;
            settings.set_tickets(false);
            assert_eq!(
                settings.keys.can_encrypt(NOW),
                !tickets,
                "{tickets} {cache}"
            );
            settings.set_cache(false);
            assert!(!settings.keys.can_encrypt(NOW));
            // An incomplete cache is not enabled.
            settings.set_cache(true);
            assert!(!settings.uses_cache);
        }
    }

    #[test]
    fn a_session_of_tls12_has_an_age_and_a_secret() {
        let settings = settings();
        for (issued, secret, is_valid) in [
            (NOW, 7, true),
            (NOW, 0, false),
            (NOW - settings.session_lifetime, 7, true),
            (NOW - settings.session_lifetime - 1, 7, false),
            (NOW + 1, 7, false),
        ] {
            let state = Tls12State {
                suite: 0xc02f,
                issued,
                master_secret: vec![secret; 48].into(),
                has_extended_master_secret: true,
            };
            let key = settings.new_ticket(NOW).expect("a key").key;
            let ticket = key.encrypt(&state.encode().expect("encoded"));
            let opened = settings.open_tls12(&ticket.expect("encrypted"), NOW);
            assert_eq!(opened.is_ok(), is_valid, "{issued} {secret}");
        }
        // A ticket of TLS 1.3.
        let other = ticket(&settings, NOW + SECOND);
        assert!(settings.open_tls12(&other, NOW).is_err());
    }
}
