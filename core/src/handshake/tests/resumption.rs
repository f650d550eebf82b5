//! Resumption of sessions, in both versions.

use std::sync::atomic::Ordering::*;
use std::sync::{Arc, Mutex};

use zeroize::Zeroizing;

use super::*;
use crate::base::lock;
use crate::config::callbacks::{
    CacheDelete, CacheLookup, CacheRetrieve, CacheStore, SessionTicket, TicketCallback,
};

/// A pair whose server and client use tickets, with the same key as every other.
pub(super) fn pair(policy: &[u8]) -> Pair {
    let pair = Pair::new(policy);
    for conn in [&pair.client, &pair.server] {
        config(conn).set_tickets(true);
        conn.add_tickets(1).expect("before the handshake");
    }
    let added = config(&pair.server).add_ticket_key(b"key", b"secret", None);
    added.expect("a valid key");
    pair
}

fn config(conn: &Connection) -> Arc<Config> {
    conn.config().expect("there is one")
}

/// Completes a handshake, and receives the server's data, behind its tickets.
pub(super) fn establish(pair: &Pair) {
    pair.establish();
    assert_eq!(send(&pair.server, b"data"), (Ok(4), Blocked::Not));
    assert_eq!(received(&pair.client), b"data");
    assert_eq!(send(&pair.client, b"reply"), (Ok(5), Blocked::Not));
    assert_eq!(received(&pair.server), b"reply");
}

pub(super) fn session(pair: &Pair) -> Zeroizing<Vec<u8>> {
    let session = pair.client.session().expect("serialized");
    let session = session.expect("the server has sent a ticket");
    let len = pair.client.session_len().expect("computed");
    assert_eq!(len, session.len());
    session
}

fn tickets_sent(pair: &Pair) -> u16 {
    pair.server.tickets_sent().expect("it is a server")
}

fn is_resumed(pair: &Pair) -> bool {
    let [client, server] = [&pair.client, &pair.server].map(|conn| {
        conn.negotiated()
            .expect("the handshake is complete")
            .resumed
    });
    assert_eq!(client, server);
    client
}

fn resume(policy: &[u8], session: &[u8]) -> Pair {
    let pair = pair(policy);
    pair.client.set_session(session).expect("a valid session");
    establish(&pair);
    pair
}

#[test]
fn a_ticket_resumes_a_session() {
    for policy in POLICIES {
        let first = pair(policy);
        establish(&first);
        assert!(!is_resumed(&first));
        assert_eq!(tickets_sent(&first), 1);
        let lifetime = first.client.ticket_lifetime().expect("there is a ticket");
        assert!((53_990..=54_000).contains(&lifetime), "{lifetime}");

        let second = resume(policy, &session(&first));
        assert!(is_resumed(&second));
        // In TLS 1.2 the client keeps its ticket, in TLS 1.3 it gets a new one. The state follows.
        let [old, new] = [&first, &second].map(session);
        let is_kept = old[..old.len() - 61] == new[..old.len() - 61];
        assert_eq!(is_kept, policy == TLS12_POLICY);
        // Its session resumes as well, and the first one again.
        assert!(is_resumed(&resume(policy, &session(&second))));
        assert!(is_resumed(&resume(policy, &session(&first))));
    }
}

#[test]
fn a_session_of_another_key_means_a_full_handshake() {
    for policy in POLICIES {
        let first = pair(policy);
        establish(&first);
        let second = Pair::new(policy);
        config(&second.client).set_tickets(true);
        config(&second.server).set_tickets(true);
        let session = session(&first);
        second
            .client
            .set_session(&session)
            .expect("a valid session");
        establish(&second);
        assert!(!is_resumed(&second));
    }
}

#[test]
fn tickets_that_arrive_in_a_shutdown_are_ignored() {
    let pair = pair(TLS13_POLICY);
    pair.establish();
    assert_eq!(send(&pair.server, b"data").0, Ok(4));
    assert_eq!(tickets_sent(&pair), 1);
    assert_eq!(shutdown(&pair.server).0, Err(Code::IoBlocked));
    assert_eq!(shutdown(&pair.client).0, Ok(()));
    assert_eq!(pair.client.session_len().expect("computed"), 0);
}

/// A ticket key that is compromised later discloses the traffic of TLS 1.2 sessions, whose tickets have
/// their master secret.
#[test]
fn tickets_of_tls12_are_not_used_if_forward_secrecy_is_required() {
    let first = pair(TLS12_POLICY);
    establish(&first);
    let session = session(&first);
    let second = pair(TLS12_POLICY);
    config(&second.server).set_requires_forward_secrecy(true);
    second.client.set_session(&session).expect("valid");
    establish(&second);
    assert!(!is_resumed(&second));
    assert_eq!(tickets_sent(&second), 0);
}

#[test]
fn a_client_without_tickets_offers_none() {
    let first = pair(TLS12_POLICY);
    establish(&first);
    let session = session(&first);
    let second = pair(TLS12_POLICY);
    config(&second.client).set_tickets(false);
    let set = second.client.set_session(&session);
    set.expect("a valid session");
    assert_eq!(negotiate(&second.client).0, Err(Code::IoBlocked));
    // The session ID, with which rustls would recognize that the ticket is accepted, is empty.
    assert_eq!(second.to_server.state().bytes[5 + 4 + 2 + 32], 0);
    second.establish();
    assert!(!is_resumed(&second));
}

#[test]
fn no_session_is_resumed_with_client_authentication() {
    for policy in POLICIES {
        let first = pair(policy);
        establish(&first);
        let second = pair(policy);
        second.server.set_client_auth(ClientAuth::Optional);
        let session = session(&first);
        second
            .client
            .set_session(&session)
            .expect("a valid session");
        establish(&second);
        assert!(!is_resumed(&second));
        assert_eq!(tickets_sent(&second), 0);
        assert_eq!(second.client.session_len().expect("computed"), 0);
    }
}

#[test]
fn a_truncated_or_altered_session_is_an_error_or_a_full_handshake() {
    for policy in POLICIES {
        let first = pair(policy);
        establish(&first);
        let session = session(&first);
        for at in (0..session.len()).step_by(11) {
            let conn = Connection::new(Mode::Client);
            let _ = conn.set_session(&session[..at]);

            let second = pair(policy);
            let mut altered = session.to_vec();
            altered[at] ^= 0x20;
            if second.client.set_session(&altered).is_ok() {
                let outcome = second.negotiate();
                // A wrong pre-shared key has a wrong binder.
                if outcome.0.is_ok() {
                    assert_eq!(outcome.1, Ok(()), "byte {at}");
                }
            }
        }
    }
}

/// A session cache in memory, which answers at the second call.
#[derive(Default)]
pub(super) struct Cache {
    entries: Mutex<Vec<(Vec<u8>, Vec<u8>)>>,
    calls: Mutex<usize>,
}

impl CacheStore for Cache {
    fn store(&self, _: usize, ttl: u64, session_id: &[u8], entry: &[u8]) {
        assert_eq!((ttl, session_id.len(), entry.len()), (21_600, 32, 138));
        lock(&self.entries).push((session_id.to_vec(), entry.to_vec()));
    }
}

impl CacheRetrieve for Cache {
    fn retrieve(&self, _: usize, session_id: &[u8], entry: &mut [u8]) -> CacheLookup {
        *lock(&self.calls) += 1;
        if *lock(&self.calls) % 2 == 1 {
            return CacheLookup::Blocked;
        }
        let entries = lock(&self.entries);
        let mut entries = entries.iter();
        match entries.find(|(id, _)| id == session_id) {
            Some((_, found)) => {
                entry.copy_from_slice(found);
                CacheLookup::Found
            }
            None => CacheLookup::Missing,
        }
    }
}

impl CacheDelete for Cache {
    fn delete(&self, _: usize, session_id: &[u8]) {
        lock(&self.entries).retain(|(id, _)| id != session_id);
    }
}

pub(super) fn cached_pair(cache: &Arc<Cache>) -> Pair {
    let pair = Pair::new(TLS12_POLICY);
    let config = config(&pair.server);
    config.set_cache_store(cache.clone());
    config.set_cache_retrieve(cache.clone());
    config.set_cache_delete(cache.clone());
    config.set_session_cache(true);
    let added = config.add_ticket_key(b"key", b"secret", None);
    added.expect("a valid key");
    pair
}

#[test]
fn a_session_stays_in_the_cache_after_a_shutdown_and_not_after_an_error() {
    let cache = Arc::new(Cache::default());
    let pair = cached_pair(&cache);
    establish(&pair);
    let shut = pair.server.shutdown_send(&mut Blocked::Not);
    shut.expect("the close_notify is sent");
    let receive = || {
        let received = pair.server.recv(&mut [0; 8], &mut Blocked::Not);
        received.map_err(|error| error.code())
    };
    assert_eq!(receive(), Err(Code::Closed));
    assert_eq!(lock(&cache.entries).len(), 1);

    let pair = cached_pair(&cache);
    establish(&pair);
    assert_eq!(lock(&cache.entries).len(), 2);
    pair.to_server.state().ended = true;
    let received = pair.server.recv(&mut [0; 8], &mut Blocked::Not);
    assert_eq!(received.map_err(|error| error.code()), Err(Code::Closed));
    assert_eq!(lock(&cache.entries).len(), 1, "the peer may be an attacker");
}

#[test]
fn a_session_cache_resumes_sessions_of_tls12() {
    let cache = Arc::new(Cache::default());
    let first = cached_pair(&cache);
    establish(&first);
    assert_eq!(lock(&cache.entries).len(), 1);
    let session = session(&first);
    assert_eq!(session.len(), 95);

    let second = cached_pair(&cache);
    second
        .client
        .set_session(&session)
        .expect("a valid session");
    assert_eq!(negotiate(&second.client).0, Err(Code::IoBlocked));
    let blocked = (Err(Code::AsyncBlocked), Blocked::ApplicationInput);
    assert_eq!(negotiate(&second.server), blocked);
    establish(&second);
    assert!(is_resumed(&second));

    lock(&cache.entries).clear();
    let third = cached_pair(&cache);
    third.client.set_session(&session).expect("a valid session");
    assert_eq!(negotiate(&third.client).0, Err(Code::IoBlocked));
    assert_eq!(negotiate(&third.server), blocked);
    establish(&third);
    assert!(!is_resumed(&third));
}

/// Counts tickets, and ends the connection at one.
struct Tickets {
    sessions: Mutex<Vec<Vec<u8>>>,
    last: usize,
}

impl TicketCallback for Tickets {
    fn receive(&self, _: usize, ticket: &SessionTicket) -> bool {
        assert!(ticket.lifetime > 53_000);
        let mut sessions = lock(&self.sessions);
        sessions.push(ticket.session.to_vec());
        sessions.len() < self.last
    }
}

#[test]
fn the_callback_receives_every_ticket() {
    for policy in POLICIES {
        let pair = pair(policy);
        let tickets = Arc::new(Tickets {
            sessions: Mutex::default(),
            last: usize::MAX,
        });
        config(&pair.client).set_ticket_callback(Some(tickets.clone()));
        pair.server.add_tickets(2).expect("a few");
        establish(&pair);
        let sessions = std::mem::take(&mut *lock(&tickets.sessions));
        assert_eq!(sessions.len(), if policy == TLS13_POLICY { 3 } else { 1 });
        for session in &sessions {
            assert!(is_resumed(&resume(policy, session)));
        }
    }
}

#[test]
fn the_callback_may_end_the_connection() {
    for policy in POLICIES {
        let pair = pair(policy);
        let tickets = Arc::new(Tickets {
            sessions: Mutex::default(),
            last: 1,
        });
        config(&pair.client).set_ticket_callback(Some(tickets));
        let outcome = pair.negotiate();
        let error = match policy == TLS13_POLICY {
            true => recv(&pair.client, 9).0.map(drop),
            false => outcome.0,
        };
        assert_eq!(error, Err(Code::Cancelled));
        assert_eq!(recv(&pair.client, 9).0, Err(Code::Closed));
    }
}

#[test]
fn a_ticket_follows_a_partial_write_of_any_length() {
    let whole = {
        let pair = pair(TLS13_POLICY);
        pair.establish();
        pair.server.wire_bytes_out() as usize
    };
    for at in (whole - 300..whole).step_by(7) {
        let pair = pair(TLS13_POLICY);
        pair.to_client.state().room = Some(at);
        let _ = pair.negotiate();
        pair.to_client.state().room = None;
        establish(&pair);
        assert!(is_resumed(&resume(TLS13_POLICY, &session(&pair))), "{at}");
    }
}

#[test]
fn tickets_are_sent_later_and_after_key_updates() {
    let pair = pair(TLS13_POLICY);
    establish(&pair);
    for count in 2..5 {
        pair.server.request_key_update().expect("not QUIC");
        pair.server.add_tickets(1).expect("one more");
        establish(&pair);
        assert_eq!(tickets_sent(&pair), count);
        assert!(is_resumed(&resume(TLS13_POLICY, &session(&pair))));
    }
}

#[test]
fn a_resumed_handshake_continues_after_a_partial_write_of_any_length() {
    for policy in POLICIES {
        let first = pair(policy);
        establish(&first);
        let session = session(&first);
        let whole = {
            let pair = resume(policy, &session);
            [pair.client.wire_bytes_out(), pair.server.wire_bytes_out()]
        };
        for (is_client, whole) in [(true, whole[0]), (false, whole[1])] {
            for at in (0..whole as usize).step_by(17) {
                let pair = pair(policy);
                pair.client.set_session(&session).expect("a valid session");
                let transport = match is_client {
                    true => &pair.to_server,
                    false => &pair.to_client,
                };
                transport.state().room = Some(at);
                let _ = pair.negotiate();
                transport.state().room = None;
                establish(&pair);
                assert!(is_resumed(&pair), "{at} of {whole}");
            }
        }
    }
}

#[test]
fn of_many_tickets_the_last_is_kept() {
    let pair = pair(TLS13_POLICY);
    let tickets = Arc::new(Tickets {
        sessions: Mutex::default(),
        last: usize::MAX,
    });
    config(&pair.client).set_ticket_callback(Some(tickets.clone()));
    for _ in 0..4 {
        pair.server.add_tickets(250).expect("at most 65,535");
    }
    establish(&pair);
    assert_eq!(tickets_sent(&pair), 1001);
    let sessions = std::mem::take(&mut *lock(&tickets.sessions));
    assert_eq!(sessions.len(), 1001);
    // But for the time, which is that of the export.
    let session = session(&pair);
    let ticket = ..session.len() - 60;
    assert_eq!(sessions[1000][ticket], session[ticket]);
    assert!(is_resumed(&resume(TLS13_POLICY, &session)));
}

/// RFC 8446, 4.6.1: the lifetime of a ticket begins with its issue. Only the client's clock moves, so
/// that the server would resume all sessions.
#[test]
fn an_expired_ticket_is_not_offered() {
    const RECEIVED: i64 = 2_000_000_000;
    const WEEK: i64 = 604_800;
    let clock = Arc::new(TestClock::default());
    let with_clock = || {
        let pair = pair(b"default_tls13");
        config(&pair.client).set_wall_clock(clock.clone());
        pair
    };
    clock.now.store(RECEIVED, Relaxed);
    let first = with_clock();
    establish(&first);
    // The session is serialized later than its ticket is received.
    clock.now.store(RECEIVED + 1000, Relaxed);
    let session = session(&first);
    let lifetime = first.client.ticket_lifetime().expect("there is a ticket");
    let lifetime = i64::from(lifetime);

    for (age, is_offered) in [
        (0, true),
        (lifetime, true),
        (lifetime + 1, false),
        (WEEK, false),
    ] {
        clock.now.store(RECEIVED + age, Relaxed);
        let second = with_clock();
        second.client.set_session(&session).expect("not too old");
        let hello = ech::first_hello(&second);
        let offers = hello.with_payload(|hello| Ok(hello.has_psks()));
        assert_eq!(offers.ok(), Some(is_offered), "{age}");
    }
    clock.now.store(RECEIVED + lifetime + WEEK + 1, Relaxed);
    let error = with_clock().client.set_session(&session).unwrap_err();
    assert_eq!(error.code(), Code::InvalidSessionTicket);
}

#[test]
fn a_ticket_may_be_longer_than_a_record() {
    for len in [1, 20, 100] {
        let pair = pair(TLS13_POLICY);
        pair.server.set_record_size(len);
        establish(&pair);
        assert!(is_resumed(&resume(TLS13_POLICY, &session(&pair))), "{len}");
    }
}
