//! Sessions of a server, as rustls stores them: encodings that it does not document, and the stores
//! from which it reads them.
//!
//! Each handshake that may resume a session has its own store. An encoding that rustls cannot parse
//! means a full handshake.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use std::time::Duration;

use rustls::crypto::TicketProducer;
use rustls::server::{ServerSessionKey, StoresServerSessions};

use super::cache::CACHE_TTL;
use super::session_state::{Tls12State, Tls13State};
use super::settings::{NewTicket, Settings};
use crate::base::{lock, memory};
use crate::credentials::clock::StepClock;
use crate::crypto::HeapSecret;
use crate::crypto::MASTER_SECRET_LEN;
use crate::error::Result;
use crate::messages::Reader;
use crate::process::fork::ForkSafeMutex;

/// What rustls compares with the current handshake before it resumes a session.
pub(crate) struct Binding<'a> {
    /// The client's server_name, as rustls has it.
    pub(crate) server_name: Option<&'a str>,
    /// The number of the cipher suite.
    pub(crate) suite: u16,
    /// The values that early data requires, if it is accepted.
    pub(crate) early_data: Option<EarlyDataBinding<'a>>,
}

/// What rustls compares before it accepts early data.
#[derive(Clone, Copy)]
pub(crate) struct EarlyDataBinding<'a> {
    /// The protocol negotiated by ALPN; empty for none.
    pub(crate) alpn: &'a [u8],
    /// The current time in seconds since 1970, and the obfuscated age that the client claims: as in
    /// s2n-tls, a session of any age is fresh.
    pub(crate) now: u64,
    pub(crate) age: u32,
}

/// The encoding of versions.
const TLS12: [u8; 2] = [3, 3];
const TLS13: [u8; 2] = [3, 4];

impl Binding<'_> {
    /// Encodes a TLS 1.3 session.
    pub(crate) fn tls13_session(&self, state: &Tls13State) -> Result<HeapSecret> {
        let mut value = self.common(TLS13, 1 + state.secret.len() + 4)?;
        value.push(state.secret.len() as u8);
        value.extend_from_slice(&state.secret);
        // A claimed age of 0, at the time of creation.
        let age_add = self.early_data.map_or(state.age_add, |it| it.age);
        value.extend_from_slice(&age_add.to_be_bytes());
        Ok(value)
    }

    /// Encodes a TLS 1.2 session.
    pub(crate) fn tls12_session(&self, state: &Tls12State) -> Result<HeapSecret> {
        let mut value = self.common(TLS12, MASTER_SECRET_LEN + 1)?;
        value.extend_from_slice(&state.master_secret);
        value.push(state.has_extended_master_secret.into());
        Ok(value)
    }

    /// Encodes what the versions have in common, with capacity for `more` bytes.
    fn common(&self, version: [u8; 2], more: usize) -> Result<HeapSecret> {
        let name_len = self.server_name.map_or(0, str::len);
        let alpn = self.early_data.map_or(&[][..], |it| it.alpn);
        let mut value = HeapSecret::default();
        // The capacity suffices: a vector that grows leaves parts of the secret behind.
        memory::reserve_exact(&mut value, 2 + 8 + 2 + name_len + 2 + 5 + alpn.len() + more)?;
        value.extend_from_slice(&version);
        // The time of creation, which matters for early data alone.
        let created = self.early_data.map_or(0, |it| it.now);
        value.extend_from_slice(&created.to_be_bytes());
        match self.server_name {
            Some(name) => {
                value.extend_from_slice(&[1, name.len() as u8]);
                value.extend_from_slice(name.as_bytes());
            }
            None => value.push(0),
        }
        value.extend_from_slice(&self.suite.to_be_bytes());
        // No certificate of the client.
        value.push(0);
        match alpn {
            [] => value.push(0),
            _ => {
                value.extend_from_slice(&[1, alpn.len() as u8]);
                value.extend_from_slice(alpn);
            }
        }
        // No data of the application.
        value.extend_from_slice(&[0, 0]);
        Ok(value)
    }
}

/// Parses the encoding of a TLS 1.2 session, which was issued at `now`.
pub(super) fn parse_tls12(value: &[u8], now: u64) -> Result<Tls12State> {
    let mut reader = Reader(value);
    reader.take(TLS12.len() + 8)?;
    if reader.u8()? == 1 {
        reader.vector(1)?;
    }
    let suite = reader.u16()?;
    // The last 49 bytes, behind fields of any length.
    let secret = reader.0.len().saturating_sub(MASTER_SECRET_LEN + 1);
    reader.take(secret)?;
    Ok(Tls12State {
        suite,
        issued: now,
        master_secret: memory::copy(reader.take(MASTER_SECRET_LEN)?)?.into(),
        has_extended_master_secret: reader.u8()? == 1,
    })
}

/// The store of a TLS 1.3 handshake: the session of one identity.
pub(crate) struct Tls13Sessions {
    pub(crate) identity: Arc<[u8]>,
    pub(crate) session: HeapSecret,
}

impl StoresServerSessions for Tls13Sessions {
    fn put(&self, _: ServerSessionKey<'_>, _: Vec<u8>) -> bool {
        false
    }

    fn get(&self, _: ServerSessionKey<'_>) -> Option<Vec<u8>> {
        None
    }

    fn take(&self, key: ServerSessionKey<'_>) -> Option<Vec<u8>> {
        (key.as_ref() == &*self.identity).then(|| self.session.to_vec())
    }

    fn can_cache(&self) -> bool {
        false
    }
}

/// The store of a TLS 1.2 handshake: the session that the client wants to resume, and where a new
/// one is stored.
pub(crate) struct Tls12Sessions {
    pub(crate) settings: Arc<ForkSafeMutex<Settings>>,
    pub(crate) clock: StepClock,
    /// The session of the client's ticket or session ID.
    pub(crate) offered: Option<HeapSecret>,
    /// A new session is stored in the cache.
    pub(crate) uses_cache: bool,
    /// The lifetime of the ticket that was issued last, in seconds.
    lifetime: AtomicU32,
    has_issued: AtomicBool,
}

impl Tls12Sessions {
    pub(crate) fn new(
        settings: Arc<ForkSafeMutex<Settings>>,
        clock: StepClock,
        offered: Option<HeapSecret>,
        uses_cache: bool,
    ) -> Self {
        Self {
            settings,
            clock,
            offered,
            uses_cache,
            lifetime: AtomicU32::new(0),
            has_issued: AtomicBool::new(false),
        }
    }

    /// Returns, once, whether a ticket was issued.
    pub(crate) fn take_issued(&self) -> bool {
        self.has_issued.swap(false, Relaxed)
    }

    /// Encrypts a session of rustls, and returns it with its lifetime in seconds.
    fn encrypt(&self, value: &[u8]) -> Option<(Vec<u8>, u32)> {
        let now = nanoseconds(self.clock.now()?);
        let state = parse_tls12(value, now).ok()?;
        let ticket = lock(&self.settings).new_ticket(now);
        let NewTicket { key, lifetime } = ticket.ok()?;
        let encrypted = key.encrypt(&state.encode().ok()?).ok()?;
        Some((encrypted, lifetime))
    }
}

/// Converts a time to nanoseconds.
pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl StoresServerSessions for Tls12Sessions {
    fn put(&self, key: ServerSessionKey<'_>, value: Vec<u8>) -> bool {
        let value = HeapSecret::from(value);
        if !self.uses_cache {
            return false;
        }
        let store = lock(&self.settings).cache.store.clone();
        let (Some(store), Some((entry, _))) = (store, self.encrypt(&value)) else {
            return false;
        };
        let (name, session_id) = (self.clock.context.name(), key.as_ref().to_vec());
        let call = move || store.store(name, CACHE_TTL, &session_id, &entry);
        self.clock.context.call(call).is_some()
    }

    fn get(&self, _: ServerSessionKey<'_>) -> Option<Vec<u8>> {
        self.offered.as_ref().map(|session| session.to_vec())
    }

    fn take(&self, _: ServerSessionKey<'_>) -> Option<Vec<u8>> {
        None
    }

    /// A server sends a session ID, as s2n-tls does without a cache.
    fn can_cache(&self) -> bool {
        true
    }
}

impl TicketProducer for Tls12Sessions {
    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        // The client keeps the ticket of a resumed session, whose master secret and extension are
        // at the end.
        let tail = |value: &[u8]| value.len().checked_sub(MASTER_SECRET_LEN + 1);
        let is_resumed = self.offered.as_ref().is_some_and(|offered| {
            tail(offered).map(|at| &offered[at..]) == tail(plain).map(|at| &plain[at..])
        });
        if is_resumed {
            self.lifetime.store(0, Relaxed);
            return None;
        }
        let (ticket, lifetime) = Self::encrypt(self, plain)?;
        self.lifetime.store(lifetime, Relaxed);
        self.has_issued.store(true, Relaxed);
        Some(ticket)
    }

    fn decrypt(&self, _: &[u8]) -> Option<Vec<u8>> {
        self.offered.as_ref().map(|session| session.to_vec())
    }

    fn lifetime(&self) -> Duration {
        Duration::from_secs(self.lifetime.load(Relaxed).into())
    }
}

impl fmt::Debug for Tls12Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls12Sessions")
    }
}

impl fmt::Debug for Tls13Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls13Sessions")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_converted_to_nanoseconds() {
        for (time, expected) in [
            (Duration::ZERO, 0),
            (Duration::new(1, 2), 1_000_000_002),
            (Duration::from_nanos(u64::MAX), u64::MAX),
            (Duration::MAX, u64::MAX),
        ] {
            assert_eq!(nanoseconds(time), expected);
        }
    }
}
