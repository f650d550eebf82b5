//! Fuzzes serialized sessions of a client, and their tickets, which a server decrypts.
//!
//! Invariants besides "no panic": a session that the client accepts resumes a session, or leads to a
//! full handshake or an error, and both endpoints agree. The first byte of the input is the version.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use rs2n_core::base::Mode;
use rs2n_fuzz::endpoint::{Endpoint, Setup, Version, config};
use rs2n_fuzz::pipe::Pipe;
use rs2n_fuzz::seeds;

fuzz_target!(init: seeds::write("session", sessions()), |input: &[u8]| {
    let Some((&version, session)) = input.split_first() else {
        return;
    };
    let version = match version % 2 {
        0 => Version::Tls12,
        _ => Version::Tls13,
    };
    let (mut client, mut server) = pair(version);
    if client.conn.set_session(session).is_err() {
        return;
    }
    establish(&mut client, &mut server);
    assert_eq!(is_resumed(&client), is_resumed(&server));
    if client.ready && server.ready {
        let exported = client.conn.session().expect("serialized");
        assert_eq!(
            client.conn.session_len().ok(),
            Some(exported.map_or(0, |session| session.len()))
        );
    }
});

/// Creates a client and a server without client authentication, whose sessions can be resumed.
fn pair(version: Version) -> (Endpoint, Endpoint) {
    let setup = Setup {
        version,
        mutual: false,
        multi_record: false,
        delays: false,
    };
    let [to_server, to_client] = [(); 2].map(|()| Arc::<Pipe>::default());
    let endpoint = |mode, reader, writer| Endpoint::new(mode, config(mode, setup), reader, writer);
    (
        endpoint(Mode::Client, &to_client, &to_server),
        endpoint(Mode::Server, &to_server, &to_client),
    )
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

/// Returns sessions of real handshakes, for each version: complete, and cut at each length.
fn sessions() -> Vec<(String, Vec<u8>)> {
    let versions = [Version::Tls12, Version::Tls13].into_iter().zip(0..);
    let seeds = versions.flat_map(|(version, number)| {
        let (mut client, mut server) = pair(version);
        establish(&mut client, &mut server);
        let session = client.conn.session().expect("serialized");
        let session = session.expect("the server has sent a ticket");
        let (mut again, mut server) = pair(version);
        again.conn.set_session(&session).expect("a valid session");
        establish(&mut again, &mut server);
        assert!(is_resumed(&again) && is_resumed(&server));
        let input = [&[number][..], &session].concat();
        let cut = move |len| (format!("{number}-{len}"), input[..len].to_vec());
        (1..=session.len() + 1).map(cut).collect::<Vec<_>>()
    });
    seeds.collect()
}
