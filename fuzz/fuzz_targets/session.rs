//! Fuzzes serialized sessions of a client, and their tickets, which a server decrypts.
//!
//! Invariants besides "no panic": a session that the client accepts resumes a session, or leads to a
//! full handshake or an error, and both endpoints agree, also about early data. The first byte of
//! the input is the version, and whether the endpoints use early data.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use rs2n_core::base::{Blocked, Mode};
use rs2n_core::config::EarlyDataProgress;
use rs2n_fuzz::endpoint::{Endpoint, Setup, Version, config};
use rs2n_fuzz::pipe::Pipe;
use rs2n_fuzz::seeds;

fuzz_target!(init: seeds::write("session", sessions()), |input: &[u8]| {
    let Some((&flags, session)) = input.split_first() else {
        return;
    };
    let setup = setup(flags);
    let (mut client, mut server) = pair(setup);
    if client.conn.set_session(session).is_err() {
        return;
    }
    let outcome = setup.early.then(|| transfer_early(&client, &server));
    establish(&mut client, &mut server);
    assert_eq!(is_resumed(&client), is_resumed(&server));
    if client.ready && server.ready {
        let exported = client.conn.session().expect("serialized");
        assert_eq!(
            client.conn.session_len().ok(),
            Some(exported.map_or(0, |session| session.len()))
        );
        if let Some((sent, received)) = outcome {
            check_early(&client, &server, &sent, &received);
        }
    }
});

fn setup(flags: u8) -> Setup {
    let version = match flags % 2 {
        0 => Version::Tls12,
        _ => Version::Tls13,
    };
    let mut setup = Setup::new(version);
    setup.early = version == Version::Tls13 && flags & EARLY != 0;
    setup
}

/// The flag of the first byte.
const EARLY: u8 = 2;

/// Creates a client and a server without client authentication, whose sessions can be resumed.
fn pair(setup: Setup) -> (Endpoint, Endpoint) {
    let [to_server, to_client] = [(); 2].map(|()| Arc::<Pipe>::default());
    let endpoint = |mode, reader, writer| Endpoint::new(mode, config(mode, setup), reader, writer);
    (
        endpoint(Mode::Client, &to_client, &to_server),
        endpoint(Mode::Server, &to_server, &to_client),
    )
}

/// Sends and receives early data, and returns both.
fn transfer_early(client: &Endpoint, server: &Endpoint) -> (Vec<u8>, Vec<u8>) {
    let (data, mut blocked, mut sent) = (*b"early data", Blocked::Not, 0);
    // After an error the handshake fails.
    let _ = client.conn.send_early_data(&data, &mut sent, &mut blocked);
    let (mut room, mut received) = ([0; 100], 0);
    let _ = server
        .conn
        .recv_early_data(&mut room, &mut received, &mut blocked);
    let (sent, received) = (data[..sent].to_vec(), room[..received].to_vec());
    assert!(received.is_empty() || received == sent);
    (sent, received)
}

/// Checks that both endpoints agree about early data.
fn check_early(client: &Endpoint, server: &Endpoint, sent: &[u8], received: &[u8]) {
    let progress = client.conn.early_data_progress();
    assert_eq!(progress, server.conn.early_data_progress());
    match progress {
        EarlyDataProgress::Ended => {
            assert!(is_resumed(client));
            assert_eq!(sent, received);
        }
        EarlyDataProgress::Rejected => assert!(received.is_empty()),
        _ => assert!(sent.is_empty() && received.is_empty()),
    }
}

/// Runs both endpoints until the handshake is complete or has failed.
fn establish(client: &mut Endpoint, server: &mut Endpoint) {
    for _ in 0..4 {
        client.work(0);
        server.work(0);
    }
}

/// Returns whether the handshake is complete, and resumed a session.
fn is_resumed(endpoint: &Endpoint) -> bool {
    let negotiated = endpoint.conn.negotiated();
    endpoint.ready && negotiated.is_some_and(|facts| facts.resumed)
}

/// Returns sessions of real handshakes, for each version, in TLS 1.3 also with early data: complete,
/// and cut at each length.
fn sessions() -> Vec<(String, Vec<u8>)> {
    let seeds = [0, 1, 1 | EARLY].into_iter().flat_map(|flags| {
        let setup = setup(flags);
        let (mut client, mut server) = pair(setup);
        establish(&mut client, &mut server);
        let session = client.conn.session().expect("serialized");
        let session = session.expect("the server has sent a ticket");
        let (mut again, mut server) = pair(setup);
        again.conn.set_session(&session).expect("a valid session");
        if setup.early {
            let (sent, received) = transfer_early(&again, &server);
            assert!(!sent.is_empty() && sent == received);
        }
        establish(&mut again, &mut server);
        assert!(is_resumed(&again) && is_resumed(&server));
        let input = [&[flags][..], &session].concat();
        let cut = move |len| (format!("{flags}-{len}"), input[..len].to_vec());
        (1..=session.len() + 1).map(cut).collect::<Vec<_>>()
    });
    seeds.collect()
}
