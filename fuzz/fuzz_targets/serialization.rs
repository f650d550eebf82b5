//! Fuzzes serialized connections, and the records that a restored connection receives.
//!
//! Invariants besides "no panic": a blob that is accepted is a connection: a client and a server
//! that are restored from it transfer data, and their own blobs are the same but for the sequence
//! numbers. Only the limits of a key end that. Other bytes in place of a record are an error, and
//! deliver nothing. The first two bytes of the input are the length of these bytes.

#![no_main]

use std::io::IoSlice;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use rs2n_core::base::{Blocked, Mode};
use rs2n_core::config::{Config, SerializationVersion};
use rs2n_core::connection::{BlindingMode, Connection, Data};
use rs2n_core::error::{Code, Result};
use rs2n_fuzz::endpoint::{Endpoint, Setup, Version, config};
use rs2n_fuzz::pipe::Pipe;
use rs2n_fuzz::seeds;

fuzz_target!(init: seeds::write("serialization", blobs()), |input: &[u8]| {
    let Some((len, rest)) = input.split_first_chunk() else {
        return;
    };
    let len = usize::from(u16::from_be_bytes(*len)).min(rest.len());
    let (records, blob) = rest.split_at(len);
    let config = serializable();
    let [to_server, to_client] = [(); 2].map(|()| Arc::<Pipe>::default());
    let client = restore(Mode::Client, &config, blob, &to_client, &to_server);
    let server = restore(Mode::Server, &config, blob, &to_server, &to_client);
    let (Some(client), Some(server)) = (&client, &server) else {
        assert!(client.is_none() && server.is_none(), "one side accepts the blob");
        return;
    };
    let works = transfer(client, server).and_then(|()| transfer(server, client));
    match works {
        Ok(()) => check_again(client, server, blob),
        Err(error) => assert_eq!(error.code(), Code::RecordLimit),
    }
    if !records.is_empty() {
        to_server.push(records);
        receive_anything(server);
    }
});

/// Restores a connection; `None` if the blob is rejected, which then has no effect.
fn restore(
    mode: Mode,
    config: &Arc<Config>,
    blob: &[u8],
    reader: &Arc<Pipe>,
    writer: &Arc<Pipe>,
) -> Option<Connection> {
    let conn = Connection::new(mode);
    conn.set_config(config.clone()).expect("a valid config");
    conn.set_blinding(BlindingMode::SelfService);
    conn.set_reader(Some(reader.clone()));
    conn.set_writer(Some(writer.clone()), true);
    match conn.deserialize(blob) {
        Ok(()) => Some(conn),
        Err(error) => {
            assert_eq!(error.code(), Code::InvalidSerializedConnection);
            assert!(!conn.is_handshake_complete());
            None
        }
    }
}

const TEXT: &[u8] = b"data of a connection that was restored";

/// Sends data, and receives it.
fn transfer(from: &Connection, to: &Connection) -> Result<()> {
    let (buffers, mut blocked) = ([IoSlice::new(TEXT)], Blocked::Not);
    let sent = from.send(Data::new(&buffers, 0), &mut blocked)?;
    assert_eq!(sent, TEXT.len());
    let mut received: Vec<u8> = Vec::new();
    while received.len() < TEXT.len() {
        let mut room = [0; 100];
        let len = to.recv(&mut room, &mut blocked)?;
        assert!(len > 0);
        received.extend(&room[..len]);
    }
    assert_eq!(received, TEXT);
    Ok(())
}

/// Serializes both sides again, and compares the blobs.
fn check_again(client: &Connection, server: &Connection, blob: &[u8]) {
    let serialize = |conn: &Connection| {
        let len = conn.serialized_len().expect("it was restored");
        let again = conn.serialize(len).expect("nothing is pending");
        assert_eq!(again.len(), len);
        again
    };
    // Neither side continues: another pair does.
    let (of_client, of_server) = (serialize(client), serialize(server));
    assert_eq!(*of_client, *of_server);
    let updated = client.key_updates_sent() + server.key_updates_sent();
    let secrets = if updated > 0 {
        30..30
    } else {
        28..of_client.len()
    };
    assert_eq!(of_client[..12], blob[..12]);
    assert_eq!(of_client[secrets.clone()], blob[secrets]);
}

/// Receives until there is an error or nothing more to read.
fn receive_anything(conn: &Connection) {
    for _ in 0..100 {
        let mut blocked = Blocked::Not;
        match conn.recv(&mut [0; 100], &mut blocked) {
            // After a close_notify, or after the end of this connection.
            Ok(len) => assert_eq!(len, 0),
            Err(_) => return,
        }
    }
}

fn serializable() -> Arc<Config> {
    let config = Config::new_minimal();
    let version = config.set_serialization_version(Ok(SerializationVersion::V1));
    version.expect("there is no callback for renegotiation");
    Arc::new(config)
}

/// Returns blobs of handshakes in each version, with records behind them, and cut.
fn blobs() -> Vec<(String, Vec<u8>)> {
    let mut blobs = Vec::new();
    for version in [Version::Tls12, Version::Tls13] {
        let setup = Setup::new(version);
        let [to_server, to_client] = [(); 2].map(|()| Arc::<Pipe>::default());
        let config = |mode| {
            let config = config(mode, setup);
            let version = config.set_serialization_version(Ok(SerializationVersion::V1));
            version.expect("there is no callback for renegotiation");
            config
        };
        let mut client = Endpoint::new(Mode::Client, config(Mode::Client), &to_client, &to_server);
        let mut server = Endpoint::new(Mode::Server, config(Mode::Server), &to_server, &to_client);
        for _ in 0..4 {
            client.work(0);
            server.work(0);
        }
        let blob = client
            .conn
            .serialize(174)
            .expect("the handshake is complete");
        let records: [&[u8]; 3] = [&[], &[23, 3, 3, 0, 30], &[21, 3, 3, 0, 2, 1, 0]];
        for (number, records) in records.into_iter().enumerate() {
            let len = (records.len() as u16).to_be_bytes();
            let input = [&len[..], records, &blob].concat();
            blobs.push((format!("{}-{number}", version.number()), input.clone()));
            let shorter = input[..input.len() - 20 * number - 1].to_vec();
            blobs.push((format!("{}-{number}-cut", version.number()), shorter));
        }
    }
    blobs
}
