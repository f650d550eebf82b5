//! Handshakes between two connections of this library, over a transport in memory.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PKCS_ECDSA_P384_SHA384,
};

use crate::base::{Blocked, Mode, Version};
use crate::config::{ClientAuth, Config};
use crate::connection::{BlindingMode, Connection};
use crate::error::{Code, Result};
use crate::policy::Policy;
use crate::testing::*;

mod alerts;
mod async_ops;
mod authentication;
mod chain_cache;
mod chains;
mod compression;
mod corruption;
mod early_data;
mod ech;
mod fragmentation;
mod groups;
mod mldsa;
mod negotiation;
mod progress;
mod quic;
mod raw_keys;
mod records;
mod requirements;
mod resumption;
mod settings;

#[test]
fn both_versions_transfer_data_and_close() {
    for (policy, version) in [
        (TLS12_POLICY, Version::Tls12),
        (TLS13_POLICY, Version::Tls13),
    ] {
        let pair = Pair::new(policy);
        pair.establish();
        for conn in [&pair.client, &pair.server] {
            assert_eq!(conn.version(), version);
            assert_eq!(conn.negotiated().expect("negotiated").group(), c"secp256r1");
        }
        let data = pattern(50_000);
        assert_eq!(send(&pair.client, &data), (Ok(50_000), Blocked::Not));
        assert!(received(&pair.server) == data);
        assert_eq!(send(&pair.server, &data), (Ok(50_000), Blocked::Not));
        assert!(received(&pair.client) == data);

        assert_eq!(shutdown(&pair.client).0, Err(Code::IoBlocked));
        assert_eq!(recv(&pair.server, 9).0, Ok(vec![]));
        assert_eq!(shutdown(&pair.server).0, Ok(()));
        assert_eq!(shutdown(&pair.client).0, Ok(()));
    }
}

#[test]
fn a_handshake_resumes_after_a_partial_write_of_any_length() {
    for policy in POLICIES {
        let (out, back) = {
            let pair = Pair::new(policy);
            pair.establish();
            (pair.client.wire_bytes_out(), pair.server.wire_bytes_out())
        };
        for (is_client, whole) in [(true, out), (false, back)] {
            // Signatures differ in length by a few bytes from handshake to handshake.
            for at in (0..whole as usize - 8).step_by(3) {
                let pair = Pair::new(policy);
                let transport = if is_client {
                    &pair.to_server
                } else {
                    &pair.to_client
                };
                transport.state().room = Some(at);
                let writer = if is_client {
                    &pair.client
                } else {
                    &pair.server
                };
                while negotiate(writer) != (Err(Code::IoBlocked), Blocked::Write) {
                    let reader = if is_client {
                        &pair.server
                    } else {
                        &pair.client
                    };
                    let waiting = negotiate(reader).0;
                    assert_eq!(waiting, Err(Code::IoBlocked), "blocked at {at} of {whole}");
                }
                transport.state().room = None;
                pair.establish();
                send(&pair.client, b"data").0.expect("sent");
                assert_eq!(received(&pair.server), b"data", "blocked at {at}");
            }
        }
    }
}

#[test]
fn a_transport_may_transfer_single_bytes() {
    for policy in POLICIES {
        let pair = Pair::new(policy);
        let step = |conn: &Connection, transport: &Pipe| {
            transport.state().room = Some(1);
            let code = negotiate(conn).0;
            assert!(matches!(code, Ok(()) | Err(Code::IoBlocked)));
            code.is_ok()
        };
        while !(step(&pair.client, &pair.to_server) & step(&pair.server, &pair.to_client)) {}
    }
}

#[test]
fn both_sides_send_key_updates() {
    let pair = Pair::new(TLS13_POLICY);
    pair.establish();
    for round in 0..5 {
        for (from, to) in [(&pair.client, &pair.server), (&pair.server, &pair.client)] {
            from.request_key_update().expect("not QUIC");
            let data = pattern(20_000 + round);
            assert_eq!(send(from, &data).0, Ok(data.len()));
            assert!(received(to) == data);
        }
    }
}

#[test]
fn a_key_is_updated_before_its_limit() {
    let pair = Pair::new(TLS13_POLICY);
    pair.establish();
    lower_key_limit(&pair.client, 4);
    let data = pattern(200_000);
    assert_eq!(send(&pair.client, &data).0, Ok(data.len()));
    assert!(received(&pair.server) == data);
}

#[test]
fn a_key_at_its_limit_ends_a_tls12_connection() {
    let pair = Pair::new(TLS12_POLICY);
    pair.establish();
    lower_key_limit(&pair.client, 4);
    let data = pattern(200_000);
    assert_eq!(send(&pair.client, &data).0, Err(Code::RecordLimit));
}

#[test]
fn the_end_of_the_stream_closes_a_handshake() {
    let pair = Pair::new(TLS13_POLICY);
    assert_eq!(
        negotiate(&pair.client),
        (Err(Code::IoBlocked), Blocked::Read)
    );
    pair.to_client.state().ended = true;
    assert_eq!(negotiate(&pair.client), (Err(Code::Closed), Blocked::Read));
    assert_eq!(negotiate(&pair.client), (Err(Code::Closed), Blocked::Not));
}

#[test]
fn a_shutdown_during_a_handshake_sends_close_notify() {
    let pair = Pair::new(TLS13_POLICY);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(shutdown(&pair.client), (Ok(()), Blocked::Not));
    pair.to_server.state().bytes.clear();
    pair.to_server.state().bytes.extend([21, 3, 3, 0, 2, 1, 0]);
    assert_eq!(negotiate(&pair.server), (Err(Code::Closed), Blocked::Not));
    assert_eq!(recv(&pair.server, 9).0, Ok(vec![]));
}

/// Every state of a blocked handshake in which the aborting side has keys.
#[test]
fn a_close_notify_during_a_handshake_is_sealed_if_there_are_keys() {
    // A TLS 1.3 client that has read the ServerHello.
    let pair = Pair::new(TLS13_POLICY);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    pair.to_client.state().bytes.truncate(200);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(shutdown(&pair.client), (Ok(()), Blocked::Not));
    assert_eq!(negotiate(&pair.server), (Err(Code::Closed), Blocked::Not));
    assert_eq!(pair.server.alert().expect("received"), 0);

    // A TLS 1.3 server that has sent its flight.
    let pair = Pair::new(TLS13_POLICY);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    assert_eq!(shutdown(&pair.server), (Ok(()), Blocked::Not));
    assert_eq!(negotiate(&pair.client), (Ok(()), Blocked::Not));
    assert_eq!(recv(&pair.client, 9).0, Ok(vec![]));

    // A TLS 1.2 client that has sent its Finished.
    let pair = Pair::new(TLS12_POLICY);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(shutdown(&pair.client), (Ok(()), Blocked::Not));
    assert_eq!(negotiate(&pair.server), (Ok(()), Blocked::Not));
    assert_eq!(recv(&pair.server, 9).0, Ok(vec![]));
}
