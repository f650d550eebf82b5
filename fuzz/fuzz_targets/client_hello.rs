//! Fuzzes the ClientHello parser.
//!
//! Invariants besides "no panic": the fields of an accepted ClientHello, put together, are the
//! message; extensions are those of the list; a truncated or extended message is rejected.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use rs2n_core::base::{Blocked, Mode};
use rs2n_core::config::Psk;
use rs2n_core::connection::Connection;
use rs2n_core::error::Code;
use rs2n_core::messages::{ClientHello, Field};
use rs2n_fuzz::endpoint::{self, Endpoint, Setup, Version};
use rs2n_fuzz::pipe::Pipe;
use rs2n_fuzz::seeds;

const RANDOM: std::ops::Range<usize> = 2..34;

fuzz_target!(
    init: seeds::write("client_hello", hellos()),
    |body: &[u8]| {
        let len = (body.len() as u32).to_be_bytes();
        let message = [&[1][..], &len[1..], body].concat();
        if let Ok(hello) = ClientHello::parse(&message) {
            check_fields(&hello, body);
            check_extensions(&hello);
            assert!(ClientHello::parse(&message[..message.len() - 1]).is_err());
            assert!(ClientHello::parse(&[&message[..], &[0]].concat()).is_err());
        }
    }
);

fn field(hello: &ClientHello, field: Field) -> Vec<u8> {
    let bytes = hello
        .with_field(field, <[u8]>::to_vec)
        .expect("a parsed ClientHello");
    assert_eq!(bytes.len(), hello.len(field));
    bytes
}

/// Encodes a vector with its length (RFC 8446, 3.4).
fn vector(size: usize, bytes: &[u8]) -> Vec<u8> {
    let len = (bytes.len() as u32).to_be_bytes();
    [&len[4 - size..], bytes].concat()
}

fn check_fields(hello: &ClientHello, body: &[u8]) {
    let mut zeroed = body.to_vec();
    zeroed[RANDOM].fill(0);
    assert_eq!(field(hello, Field::Message), zeroed);
    assert_eq!(hello.random(), body[RANDOM]);
    let extensions = field(hello, Field::Extensions);
    let mut parts = vec![
        zeroed[..RANDOM.end].to_vec(),
        vector(1, &field(hello, Field::SessionId)),
        vector(2, &field(hello, Field::CipherSuites)),
        vector(1, &field(hello, Field::CompressionMethods)),
    ];
    // A missing list and an empty one have the same fields.
    if !extensions.is_empty() || zeroed != parts.concat() {
        parts.push(vector(2, &extensions));
    }
    assert_eq!(parts.concat(), zeroed);
    let version = u32::from(body[0]) * 10 + u32::from(body[1]);
    assert_eq!(u32::from(hello.legacy_version()), version % 256);
    assert!(hello.record_version().is_err());
}

fn check_extensions(hello: &ClientHello) {
    let list = field(hello, Field::Extensions);
    let (mut rest, mut seen) = (&list[..], Vec::new());
    while let [a, b, c, d, after @ ..] = rest {
        let typ = u16::from_be_bytes([*a, *b]);
        let (data, after) = after.split_at(u16::from_be_bytes([*c, *d]).into());
        assert!(hello.has_extension(typ));
        match hello.with_extension(typ, |found| found == data) {
            Ok(same) => assert!(same && !seen.contains(&typ)),
            Err(error) => assert_eq!(error.code(), Code::UnrecognizedExtension),
        }
        seen.push(typ);
        rest = after;
    }
    assert!(rest.is_empty());
    for typ in [0, 10, 43, 51] {
        let found = hello.with_extension(typ, <[u8]>::len);
        assert_eq!(found.is_ok(), seen.contains(&typ));
    }
    if let Ok(groups) = hello.supported_groups() {
        let data = hello
            .with_extension(10, <[u8]>::len)
            .expect("an existing extension");
        assert!(groups.len() * 2 + 2 <= data);
    }
    let _ = hello.with_server_name(|name| assert!(name.len() < list.len()));
}

/// Returns the ClientHellos of rs2n's clients.
fn hellos() -> Vec<(String, Vec<u8>)> {
    const HEADERS: usize = 5 + 4;

    let kinds = [
        ("tls12", Version::Tls12, false),
        ("tls13", Version::Tls13, false),
        ("psk", Version::Tls13, true),
    ];
    let seeds = kinds.map(|(name, version, has_psk)| {
        let (reader, writer) = (Arc::default(), Arc::<Pipe>::default());
        let config = endpoint::config(Mode::Client, Setup::new(version));
        let mut client = Endpoint::new(Mode::Client, config, &reader, &writer);
        match has_psk {
            true => request_early_data(&client.conn),
            false => client.negotiate(),
        }
        let sent = writer.take_all();
        // A change_cipher_spec follows if there is early data.
        let end = 5 + usize::from(u16::from_be_bytes([sent[3], sent[4]]));
        (name.to_owned(), sent[HEADERS..end].to_vec())
    });
    seeds.into()
}

/// Starts a handshake with an external pre-shared key and early data.
fn request_early_data(client: &Connection) {
    let mut psk = Psk::default();
    psk.set_identity(b"identity").expect("it has a length");
    psk.set_secret(b"secret").expect("it has a length");
    psk.configure_early_data(100, 0x1301)
        .expect("a suite with the hash");
    client.append_psk(&psk).expect("the first key");
    let (mut sent, mut blocked) = (0, Blocked::Not);
    let outcome = client.send_early_data(b"", &mut sent, &mut blocked);
    assert!(outcome.is_err_and(|error| error.is_blocked()));
}
