//! The request of a client, the decision of the server, and the limits of early data that is
//! rejected.

use std::sync::Mutex;

use super::*;
use crate::base::lock;
use crate::config::callbacks::{EarlyDataCallback, OfferedEarlyData};

const SECRET: &[u8] = b"a secret of 16 bytes";

fn key(alpn: &[u8], max_len: u32) -> Psk {
    let mut psk = Psk::default();
    psk.set_identity(b"identity").expect("of a length");
    psk.set_secret(SECRET).expect("not zeros");
    psk.configure_early_data(max_len, 0x1301)
        .expect("of SHA-256");
    psk.set_alpn(alpn).expect("memory");
    psk
}

/// A pair whose sides have keys, and these protocols.
fn pair_with(client: &Psk, server: Option<&Psk>, protocols: [&[&[u8]]; 2]) -> Pair {
    let pair = Pair::new(TLS13_POLICY);
    pair.client.append_psk(client).expect("the first one");
    if let Some(psk) = server {
        pair.server.append_psk(psk).expect("the first one");
    }
    let configs = [&pair.client_config, &pair.server_config];
    for (config, protocols) in configs.into_iter().zip(protocols) {
        config.set_max_blinding_delay(0);
        for protocol in protocols {
            config.append_alpn(protocol).expect("short");
        }
    }
    pair
}

#[test]
fn a_client_requests_early_data_if_it_has_the_protocol_and_the_suite_of_the_key() {
    use EarlyDataProgress::*;
    for (alpn, protocols, expected) in [
        (&b""[..], &[][..], Requested),
        (b"", &[&b"h2"[..]], Requested),
        (b"h2", &[b"x", b"h2"], Requested),
        (b"h2", &[b"x"], NotRequested),
        (b"h2", &[], NotRequested),
    ] {
        let pair = pair_with(&key(alpn, LIMIT), None, [protocols, &[]]);
        let _ = send_early(&pair.client, b"");
        assert_eq!(pair.client.early_data_progress(), expected, "{alpn:?}");
    }
    // Those of the connection take precedence.
    let pair = pair_with(&key(b"h2", LIMIT), None, [&[b"x"], &[]]);
    let own = crate::config::alpn::list([&b"h2"[..]].into_iter());
    pair.client.set_alpn(own.expect("short"));
    let _ = send_early(&pair.client, b"");
    assert_eq!(pair.client.early_data_progress(), Requested);
    // A call of the handshake alone.
    let pair = pair_with(&key(b"", LIMIT), None, [&[], &[]]);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(pair.client.early_data_progress(), NotRequested);
}

/// Sends early data, and returns whether the server accepts it.
fn is_accepted(pair: &Pair) -> bool {
    assert_eq!(send_early(&pair.client, b"early").0, 5);
    let received = recv_early(&pair.server).0;
    let is_accepted = pair.server.early_data_progress() == EarlyDataProgress::Accepted;
    assert_eq!(received, if is_accepted { &b"early"[..] } else { b"" });
    pair.establish();
    is_accepted
}

/// As in s2n-tls, a NUL follows the protocol in the key of a server.
#[test]
fn a_server_accepts_early_data_for_the_protocol_of_the_key() {
    let (h2, none) = (&[&b"h2"[..]][..], &[][..]);
    for (client, server, protocols, expected) in [
        (&b""[..], &b""[..], [none, none], true),
        (b"", b"", [h2, none], true),
        (b"", b"", [h2, h2], false),
        (b"h2", b"h2\0", [h2, h2], true),
        (b"h2", b"h2", [h2, h2], false),
        (b"h2", b"h3\0", [h2, h2], false),
        (b"h2", b"h2\0", [h2, none], false),
        (b"", b"\0", [none, none], false),
    ] {
        let pair = pair_with(&key(client, LIMIT), Some(&key(server, LIMIT)), protocols);
        assert_eq!(is_accepted(&pair), expected, "{client:?} {server:?}");
    }
}

#[test]
fn a_server_accepts_early_data_of_the_first_key_in_a_call_that_receives_it() {
    let own = key(b"", LIMIT);
    let mut other = key(b"", LIMIT);
    other
        .set_identity(b"unknown to the server")
        .expect("of a length");
    let pair = pair_with(&other, Some(&own), [&[], &[]]);
    pair.client.append_psk(&own).expect("the second one");
    assert!(!is_accepted(&pair));

    let pair = pair_with(&own, Some(&own), [&[], &[]]);
    assert_eq!(send_early(&pair.client, b"early").0, 5);
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    let progress = pair.server.early_data_progress();
    assert_eq!(progress, EarlyDataProgress::Rejected);
}

/// The ticket permits early data of a server that permits none any more.
#[test]
fn a_server_without_early_data_rejects_that_of_a_ticket() {
    for max in [0, 5] {
        let first = resumption::pair(TLS13_POLICY);
        first.server.set_max_early_data(LIMIT);
        resumption::establish(&first);
        let pair = resumption::pair(TLS13_POLICY);
        let session = resumption::session(&first);
        pair.client.set_session(&session).expect("valid");
        pair.server.set_max_early_data(max);
        assert_eq!(is_accepted(&pair), max > 0);
    }
}

#[test]
fn early_data_without_a_key_is_a_missing_extension() {
    const EARLY_DATA: (u16, Vec<u8>) = (42, Vec::new());
    let pair = requirements::pair(TLS13_POLICY, |list| list.insert(0, EARLY_DATA));
    assert_eq!(negotiate(&pair.server).0, Err(Code::UnsupportedExtension));
    let alert = requirements::alert(&pair.server, &pair.to_client);
    assert_eq!(alert, Alert::MissingExtension as u8);
    // TLS 1.2 ignores it.
    let pair = requirements::pair(TLS12_POLICY, |list| list.insert(0, EARLY_DATA));
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    let progress = pair.server.early_data_progress();
    assert_eq!(progress, EarlyDataProgress::Rejected);
}

/// RFC 8446, 4.2.10: the client verifies that the protocol is that of the key.
#[test]
fn a_client_rejects_early_data_that_is_accepted_for_another_protocol() {
    let protocols: [&[&[u8]]; 2] = [&[b"x", b"h2"], &[b"h2"]];
    let pair = pair_with(&key(b"x", LIMIT), Some(&key(b"h2\0", LIMIT)), protocols);
    assert_eq!(send_early(&pair.client, b"early").0, 5);
    assert_eq!(recv_early(&pair.server).0, b"early");
    assert_eq!(negotiate(&pair.client).0, Err(Code::EarlyDataNotAllowed));
}

/// Decides as the test does, now or later.
#[derive(Default)]
struct Decides {
    decision: Option<bool>,
    result: bool,
    offered: Mutex<Vec<Arc<OfferedEarlyData>>>,
}

impl EarlyDataCallback for Decides {
    fn decide(&self, _: usize, offered: &Arc<OfferedEarlyData>) -> bool {
        match self.decision {
            Some(true) => offered.accept().expect("undecided"),
            Some(false) => offered.reject().expect("undecided"),
            None => {}
        }
        lock(&self.offered).push(offered.clone());
        self.result
    }
}

/// A pair with a callback, whose client has another secret unless `is_valid`.
fn deciding(decision: Option<bool>, result: bool, is_valid: bool) -> (Pair, Arc<Decides>) {
    let mut client = key(b"", LIMIT);
    if !is_valid {
        client
            .set_secret(b"another of 16 bytes.")
            .expect("not zeros");
    }
    let pair = pair_with(&client, Some(&key(b"", LIMIT)), [&[], &[]]);
    let callback = Arc::new(Decides {
        decision,
        result,
        ..Decides::default()
    });
    let own = Some(callback.clone() as _);
    pair.server_config.set_early_data_callback(own);
    (pair, callback)
}

#[test]
fn the_application_decides_about_early_data() {
    for decision in [true, false] {
        let (pair, callback) = deciding(Some(decision), true, true);
        assert_eq!(is_accepted(&pair), decision);
        assert_eq!(lock(&callback.offered).len(), 1);

        let (pair, callback) = deciding(None, true, true);
        assert_eq!(send_early(&pair.client, b"early").0, 5);
        for _ in 0..2 {
            let (_, outcome, blocked) = recv_early(&pair.server);
            assert_eq!(outcome, Err(Code::AsyncBlocked));
            assert_eq!(blocked, Blocked::ApplicationInput);
        }
        let offered = lock(&callback.offered).pop().expect("one offer");
        match decision {
            true => offered.accept().expect("undecided"),
            false => offered.reject().expect("undecided"),
        }
        let expected = if decision { &b"early"[..] } else { b"" };
        assert_eq!(recv_early(&pair.server).0, expected);
        pair.establish();
        assert!(lock(&callback.offered).is_empty());
    }
    let (pair, _) = deciding(None, false, true);
    assert_eq!(send_early(&pair.client, b"early").0, 5);
    assert_eq!(recv_early(&pair.server).1, Err(Code::Cancelled));
}

/// A client without the key cannot make the application record a replay.
#[test]
fn the_application_does_not_decide_about_an_invalid_binder() {
    let (pair, callback) = deciding(Some(true), true, false);
    assert_eq!(send_early(&pair.client, b"early").0, 5);
    assert_eq!(recv_early(&pair.server).1, Err(Code::BadPskBinder));
    assert!(lock(&callback.offered).is_empty());
}

/// RFC 8446, 4.2.10: "up to the configured max_early_data_size"; without one, 64 KiB.
#[test]
fn rejected_early_data_is_skipped_up_to_the_limit_of_the_server() {
    const DEFAULT: u32 = 65_536;
    for (configured, limit) in [(0, DEFAULT), (40, 40), (70_000, 70_000)] {
        for extra in [0, 1] {
            let len = limit + extra;
            let pair = pair_with(&key(b"", len), None, [&[], &[]]);
            pair.server_config.set_max_early_data(configured);
            let sent = send_early(&pair.client, &pattern(len as usize)).0;
            assert_eq!(sent, len as usize);
            let (_, outcome, _) = recv_early(&pair.server);
            if extra == 0 {
                pair.establish();
                continue;
            }
            let outcome = outcome.and_then(|()| negotiate(&pair.server).0);
            assert_eq!(outcome, Err(Code::MaxEarlyDataSize), "{configured}");
            assert!(pair.server.delay().expect("a clock").is_zero());
            let pending = pair.server.state.shared.pending_alert.load(Acquire);
            assert_eq!(pending, Alert::UnexpectedMessage as i16);
        }
    }
}

/// No early data follows the second ClientHello.
#[test]
fn nothing_is_skipped_behind_the_second_client_hello() {
    for is_garbage in [false, true] {
        let pair = pair();
        let policy = Policy::restricted_to_group(0x18);
        pair.server.set_policy(policy).expect("no rules");
        assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
        assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
        if is_garbage {
            let garbage = [&[23, 3, 3, 0, 30][..], &[7; 30]].concat();
            pair.to_server.state().bytes.extend(garbage);
        }
        let expected = if is_garbage {
            Code::Decrypt
        } else {
            Code::IoBlocked
        };
        assert_eq!(negotiate(&pair.server).0, Err(expected));
    }
}

/// Of records without content, a few are skipped.
#[test]
fn rejected_records_without_content_are_limited() {
    for (content, count, expected) in [
        (&b"x"[..], 100, Code::IoBlocked),
        (b"", 32, Code::IoBlocked),
        (b"", 33, Code::BadMessage),
    ] {
        let pair = pair_with(&key(b"", LIMIT), None, [&[], &[]]);
        assert_eq!(send_early(&pair.client, b"x").0, 1);
        for _ in 0..count {
            send_record(&pair, ContentType::ApplicationData, content);
        }
        assert_eq!(negotiate(&pair.server).0, Err(expected), "{count}");
    }
}
