//! Fuzzes Encrypted ClientHello of a client: the list of configs, and the answer of a server that does
//! not decrypt, with changed bytes.
//!
//! Invariants besides "no panic": a list is rejected with one error; with a list that is accepted, the
//! server name is not on the wire, and the handshake neither completes nor counts as encrypted; retry
//! configs are returned only after an authenticated rejection; an unchanged answer is one if the
//! certificate has the public name.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use rs2n_core::base::Mode;
use rs2n_core::connection::EchStatus;
use rs2n_core::error::Code;
use rs2n_fuzz::endpoint::{Endpoint, Setup, Version, config};
use rs2n_fuzz::pipe::Pipe;
use rs2n_fuzz::seeds;

/// The name that the client encrypts. The certificate of the server is for `PUBLIC_NAME`.
const SECRET_NAME: &[u8] = b"secret.rs2n.test";
const PUBLIC_NAME: &[u8] = b"localhost";

fuzz_target!(init: seeds::write("ech", lists()), |input: &[u8]| {
    let Some((&[high, low], rest)) = input.split_first_chunk() else {
        return;
    };
    let len = usize::from(u16::from_be_bytes([high, low])).min(rest.len());
    let (list, changes) = rest.split_at(len);
    check(list, changes);
});

fn check(list: &[u8], changes: &[u8]) {
    let setup = Setup::new(Version::Tls13);
    let [to_server, to_client] = [(); 2].map(|()| Arc::<Pipe>::default());
    let endpoint = |mode, reader, writer| Endpoint::new(mode, config(mode, setup), reader, writer);
    let mut client = endpoint(Mode::Client, &to_client, &to_server);
    let mut server = endpoint(Mode::Server, &to_server, &to_client);
    let name = c"secret.rs2n.test";
    client.conn.set_server_name(name).expect("a short name");
    if let Err(error) = client.conn.set_ech_config_list(list) {
        assert_eq!(error.code(), Code::InvalidEchConfigList);
        assert_eq!(client.conn.ech_status(), EchStatus::NotOffered);
        return;
    }

    client.work(0);
    assert_eq!(client.failed, None, "the list was accepted");
    assert_eq!(client.conn.ech_status(), EchStatus::Offered);
    let hello = to_server.take_all();
    let has_name = |name: &[u8]| hello.windows(name.len()).any(|part| part == name);
    assert!(!has_name(SECRET_NAME));
    let is_public_name = has_name(PUBLIC_NAME);
    to_server.push(&hello);

    server.work(0);
    let answer = to_client.take_all();
    to_client.push(&changed(answer, changes));
    client.work(0);
    server.work(0);

    assert!(!client.ready && !server.ready);
    assert_ne!(client.conn.ech_status(), EchStatus::Accepted);
    let configs = client.conn.with_ech_retry_configs(<[u8]>::to_vec);
    match client.failed {
        Some(Code::EchRejected) => assert_eq!(configs.expect("authenticated"), b""),
        _ => assert!(configs.is_err() || client.conn.ech_status() != EchStatus::Rejected),
    }
    if changes.len() < CHANGE && is_public_name {
        assert_eq!(client.failed, Some(Code::EchRejected));
    }
}

/// The bytes of a change: an offset, and a value.
const CHANGE: usize = 3;

/// Returns the bytes with changes: each XORs a value to the byte at an offset.
fn changed(mut bytes: Vec<u8>, changes: &[u8]) -> Vec<u8> {
    for change in changes.as_chunks::<CHANGE>().0 {
        let [high, low, value] = *change;
        let at = usize::from(u16::from_be_bytes([high, low]));
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= value;
        }
    }
    bytes
}

/// Lists of configs with each KEM, with several suites, with an extension, and with several configs.
fn lists() -> Vec<(String, Vec<u8>)> {
    let mut x25519 = [0; 32];
    x25519[0] = 9;
    let config = |kem: u16, key: &[u8], suites: &[u8], extensions: &[u8]| {
        let contents = [
            &[7][..],
            &kem.to_be_bytes(),
            &vector(key),
            &vector(suites),
            &[0, PUBLIC_NAME.len() as u8],
            PUBLIC_NAME,
            &vector(extensions),
        ]
        .concat();
        [&[0xfe, 0x0d][..], &vector(&contents)].concat()
    };
    let plain = config(0x20, &x25519, &[0, 1, 0, 1], &[]);
    let suites = config(0x20, &x25519, &[0, 9, 0, 9, 0, 1, 0, 2, 0, 1, 0, 3], &[]);
    let extension = config(0x20, &x25519, &[0, 1, 0, 1], &[0x0a, 0x0a, 0, 1, 5]);
    let mandatory = config(0x20, &x25519, &[0, 1, 0, 1], &[0x8a, 0x0a, 0, 0]);
    let unknown = config(0x99, &x25519, &[0, 1, 0, 1], &[]);
    let lists = [
        vector(&plain),
        vector(&suites),
        vector(&extension),
        vector(&[&mandatory[..], &unknown, &plain].concat()),
        vector(&unknown),
        vec![],
    ];
    let numbered = lists.iter().enumerate();
    numbered
        .map(|(number, list)| {
            let changes: &[u8] = if number == 1 { &[0, 40, 1] } else { &[] };
            (number.to_string(), [&vector(list)[..], changes].concat())
        })
        .collect()
}

/// Encodes a vector with a length prefix of two bytes.
fn vector(content: &[u8]) -> Vec<u8> {
    [&(content.len() as u16).to_be_bytes(), content].concat()
}
