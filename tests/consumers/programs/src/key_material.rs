//! Key log, exporter, master secret, and key updates.

use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};
use std::slice;
use std::sync::Mutex;

use s2n_tls::connection::Connection;
use s2n_tls::enums::PeerKeyUpdate;
use s2n_tls_sys::s2n_connection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::Outcome;
use crate::endpoints::{Certificates, VERSIONS, client, connect, server};

static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

unsafe extern "C" fn on_line(
    _: *mut c_void,
    _: *mut s2n_connection,
    line: *mut u8,
    len: usize,
) -> c_int {
    // SAFETY: the library passes a line of this length.
    let line = unsafe { slice::from_raw_parts(line, len) };
    let line = String::from_utf8_lossy(line).into_owned();
    LOG.lock().expect("no panic").push(line);
    0
}

pub async fn key_log(certs: &Certificates) -> Outcome {
    for (version, policy) in VERSIONS {
        let mut client_config = client(certs, policy)?;
        // SAFETY: the callback needs no context.
        unsafe { client_config.set_key_log_callback(Some(on_line), std::ptr::null_mut()) }?;
        let (client_config, server_config) = (
            client_config.build()?,
            server(certs, policy, "ecdsa")?.build()?,
        );
        let (client, _server) = connect(&client_config, &server_config).await?;
        let lines = std::mem::take(&mut *LOG.lock().expect("no panic"));
        let random: String = client_random(client.as_ref());
        let mut kinds = BTreeMap::new();
        for line in &lines {
            let fields: Vec<_> = line.trim_end().split(' ').collect();
            let [kind, of, secret] = fields[..] else {
                panic!("{line:?}");
            };
            assert_eq!(of.len(), 64);
            assert!(random.is_empty() || of == random);
            kinds.insert(kind.to_owned(), secret.len());
        }
        println!("key log, {version}: {kinds:?}");
    }
    Ok(())
}

/// Returns the client random in hex, or an empty string: the crate does not expose it for clients.
fn client_random(conn: &Connection) -> String {
    let hello = conn.client_hello();
    let random = hello.ok().and_then(|hello| hello.random().ok());
    let bytes = random.iter().flatten();
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

pub async fn exporter(certs: &Certificates) -> Outcome {
    for (version, policy) in VERSIONS {
        let (client_config, server_config) = (
            client(certs, policy)?.build()?,
            server(certs, policy, "rsa")?.build()?,
        );
        let (mut client, mut server) = connect(&client_config, &server_config).await?;
        let (mut one, mut other) = ([0; 40], [0; 40]);
        let first = client
            .as_ref()
            .tls_exporter(b"EXPERIMENTAL x", b"context", &mut one);
        let second = server
            .as_ref()
            .tls_exporter(b"EXPERIMENTAL x", b"context", &mut other);
        assert_eq!(one, other);
        let name =
            |outcome: Result<(), s2n_tls::error::Error>| outcome.map_err(|error| error.name());
        println!("exporter, {version}: {:?} {:?}", name(first), name(second));
        println!(
            "  master secret: {:?}",
            client
                .as_ref()
                .master_secret()
                .map(|secret| secret.len())
                .map_err(|error| error.name()),
        );
        // The next record is sent with new keys.
        client
            .as_mut()
            .request_key_update(PeerKeyUpdate::KeyUpdateNotRequested)?;
        client.write_all(b"under new keys").await?;
        let mut text = [0; 14];
        server.read_exact(&mut text).await?;
        assert_eq!(&text, b"under new keys");
        println!(
            "  key updates: {:?} {:?}",
            client
                .as_ref()
                .key_update_counts()
                .map(|count| count.send_key_updates),
            server
                .as_ref()
                .key_update_counts()
                .map(|count| count.recv_key_updates),
        );
    }
    Ok(())
}
