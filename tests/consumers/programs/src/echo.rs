//! Echo of large amounts of data, half-closed and truncated connections.

use std::io::ErrorKind;

use s2n_tls::cert_chain;
use s2n_tls::config::Config;
use s2n_tls::error::Error;
use s2n_tls::security::Policy;
use s2n_tls_tokio::TlsStream;
use tokio::io::{AsyncReadExt, AsyncWriteExt, split};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Outcome;
use crate::endpoints::{Certificates, VERSIONS, client, connect, server};

const CONNECTIONS: usize = 40;
const LEN: usize = 3_000_000;

/// Returns data that differs for each connection.
fn content(number: usize) -> Vec<u8> {
    (0..LEN)
        .map(|offset| (offset * (number + 1) % 251) as u8)
        .collect()
}

async fn serve_echo(mut stream: TlsStream<TcpStream>) -> usize {
    let (mut total, mut buffer) = (0, vec![0; 50_000]);
    loop {
        let len = stream.read(&mut buffer).await.expect("received");
        if len == 0 {
            break;
        }
        stream.write_all(&buffer[..len]).await.expect("sent");
        total += len;
    }
    stream.shutdown().await.expect("closed");
    total
}

async fn request_echo(stream: TlsStream<TcpStream>, number: usize) -> usize {
    let content = content(number);
    let (mut reader, mut writer) = split(stream);
    let sent = content.clone();
    let writing = tokio::spawn(async move {
        // The size of the pieces differs from that of records.
        for piece in sent.chunks(20_011) {
            writer.write_all(piece).await.expect("sent");
        }
        writer.flush().await.expect("flushed");
        writer
    });
    let mut received = vec![0; content.len()];
    reader.read_exact(&mut received).await.expect("an echo");
    assert!(received == content, "connection {number} modified the data");
    let mut stream = reader.unsplit(writing.await.expect("no panic"));
    stream.shutdown().await.expect("closed");
    received.len()
}

/// Concurrent connections with one config per side.
pub async fn many_connections(certs: &Certificates) -> Outcome {
    for (version, policy) in VERSIONS {
        let server = with_two_chains(certs, policy)?;
        let client = client(certs, policy)?.build()?;
        let mut tasks = JoinSet::new();
        for number in 0..CONNECTIONS {
            let (client, server) = (client.clone(), server.clone());
            tasks.spawn(async move {
                let (client, server) = connect(&client, &server).await.expect("a handshake");
                let actual = format!("{:?}", client.as_ref().actual_protocol_version());
                let serving = tokio::spawn(serve_echo(server));
                let received = request_echo(client, number).await;
                (received, serving.await.expect("no panic"), actual)
            });
        }
        let mut total = (0, 0);
        while let Some(outcome) = tasks.join_next().await {
            let (received, echoed, actual) = outcome?;
            assert!(
                version.ends_with(&actual[actual.len() - 2..actual.len() - 1]),
                "{version} {actual}"
            );
            total = (total.0 + received, total.1 + echoed);
        }
        println!(
            "echo, {version}: {CONNECTIONS} connections, {} and {} bytes",
            total.0, total.1
        );
    }
    Ok(())
}

/// Returns a server config with a chain of each key type.
fn with_two_chains(certs: &Certificates, policy: &str) -> Result<Config, Error> {
    let mut builder = Config::builder();
    builder.set_security_policy(&Policy::from_version(policy)?)?;
    for name in ["ecdsa", "rsa"] {
        let mut chain = cert_chain::Builder::new()?;
        chain.load_pem(
            &certs.read(&format!("{name}.pem")),
            &certs.read(&format!("{name}.key")),
        )?;
        builder.load_chain(chain.build()?)?;
    }
    builder.build()
}

/// Half-closed connections: either side sends close_notify first, and the other may still send.
pub async fn half_close(certs: &Certificates) -> Outcome {
    for (version, policy) in VERSIONS {
        for first in ["client", "server"] {
            let client = client(certs, policy)?.build()?;
            let server = server(certs, policy, "rsa")?.build()?;
            let (client, server) = connect(&client, &server).await?;
            let (mut first_end, mut second_end) = match first {
                "client" => (client, server),
                _ => (server, client),
            };
            first_end.write_all(b"last data").await?;
            first_end.shutdown().await?;
            let mut text = String::new();
            second_end.read_to_string(&mut text).await?;
            assert_eq!(text, "last data");
            // In TLS 1.3 the other direction remains open (RFC 8446, 6.1).
            let sent = second_end.write_all(b"response").await;
            second_end.shutdown().await?;
            let mut text = String::new();
            let received = first_end.read_to_string(&mut text).await;
            println!(
                "closing, {version}, {first} first: {:?}, {text:?}, {:?}, {:?}",
                sent.map_err(|error| error.kind()),
                received.map_err(|error| error.kind()),
                second_end.as_ref().alert(),
            );
        }
    }
    Ok(())
}

/// The end of the stream without a close_notify is an error.
pub async fn truncated_connection(certs: &Certificates) -> Outcome {
    for (version, policy) in VERSIONS {
        let client = client(certs, policy)?.build()?;
        let server = server(certs, policy, "ecdsa")?.build()?;
        let (client, mut server) = connect(&client, &server).await?;
        let (_, mut socket) = client.into_parts();
        socket.shutdown().await?;
        let error = server.read(&mut [0; 100]).await.expect_err("truncated");
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        println!("truncated, {version}: {error}");
        drop(socket);
    }
    Ok(())
}
