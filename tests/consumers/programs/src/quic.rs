//! QUIC: connections of `s2n-quic`, whose TLS is this library at one end or at both.

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;

use s2n_quic::client::Connect;
use s2n_quic::provider::tls::{rustls, s2n_tls};
use s2n_quic::{Client, Server};
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;

use crate::Outcome;
use crate::endpoints::Certificates;

type Failure = Box<dyn Error + Send + Sync>;

/// The number of bytes of a stream, and of streams.
const BYTES: usize = 2 << 20;
const STREAMS: usize = 3;

/// The TLS of an endpoint.
#[derive(Clone, Copy, Debug)]
enum Tls {
    S2n,
    Rustls,
}

/// The number of streams at the same time, and their bytes.
const PARALLEL_STREAMS: usize = 200;
const PARALLEL_BYTES: usize = 20_000;

/// Sends megabytes to a server, which returns them.
pub async fn echo(certs: &Certificates) -> Outcome {
    all_pairs(certs).await.map_err(boxed)
}

/// Sends many streams of one connection at the same time, more than the peer accepts at once.
pub async fn streams(certs: &Certificates) -> Outcome {
    parallel_streams(certs).await.map_err(boxed)
}

fn boxed(error: Failure) -> Box<dyn Error> {
    error
}

async fn all_pairs(certs: &Certificates) -> Result<(), Failure> {
    for (client_tls, server_tls) in [
        (Tls::S2n, Tls::S2n),
        (Tls::S2n, Tls::Rustls),
        (Tls::Rustls, Tls::S2n),
    ] {
        let server = server(certs, server_tls)?;
        let address = server.local_addr()?;
        let serving = tokio::spawn(serve(server));
        let mut client = client(certs, client_tls)?;
        for connection in 0..2 {
            let protocol = exchange(&client, address).await?;
            println!(
                "QUIC: client {client_tls:?}, server {server_tls:?}, connection {connection}: \
                 {STREAMS} streams of {BYTES} bytes, {protocol}"
            );
        }
        client.wait_idle().await?;
        serving.abort();
    }
    Ok(())
}

async fn parallel_streams(certs: &Certificates) -> Result<(), Failure> {
    let server = server(certs, Tls::S2n)?;
    let connect = Connect::new(server.local_addr()?).with_server_name("localhost");
    let serving = tokio::spawn(serve(server));
    let client = client(certs, Tls::S2n)?;
    let (handle, _) = client.connect(connect).await?.split();
    let mut tasks = JoinSet::new();
    for number in 0..PARALLEL_STREAMS {
        let mut handle = handle.clone();
        tasks.spawn(async move {
            let stream = handle.open_bidirectional_stream().await?;
            let (mut receiving, mut sending) = stream.split();
            let sent = vec![number as u8; PARALLEL_BYTES];
            sending.write_all(&sent).await?;
            sending.close().await?;
            let mut received = Vec::new();
            while let Some(data) = receiving.receive().await? {
                received.extend_from_slice(&data);
            }
            assert!(received == sent, "the received data differs");
            Ok::<_, Failure>(())
        });
    }
    while let Some(outcome) = tasks.join_next().await {
        outcome??;
    }
    println!("QUIC: {PARALLEL_STREAMS} streams of {PARALLEL_BYTES} bytes at the same time");
    handle.close(0_u8.into());
    serving.abort();
    Ok(())
}

fn server(certs: &Certificates, tls: Tls) -> Result<Server, Failure> {
    let (chain, key) = (certs.path("ecdsa.pem"), certs.path("ecdsa.key"));
    let (chain, key) = (Path::new(&chain), Path::new(&key));
    let server = Server::builder().with_io("127.0.0.1:0")?;
    Ok(match tls {
        Tls::S2n => {
            let tls = s2n_tls::Server::builder().with_certificate(chain, key)?;
            server.with_tls(tls.build()?)?.start()?
        }
        Tls::Rustls => {
            let tls = rustls::Server::builder().with_certificate(chain, key)?;
            server.with_tls(tls.build()?)?.start()?
        }
    })
}

fn client(certs: &Certificates, tls: Tls) -> Result<Client, Failure> {
    let root = certs.path("ca.pem");
    let root = Path::new(&root);
    let client = Client::builder().with_io("127.0.0.1:0")?;
    Ok(match tls {
        Tls::S2n => {
            let tls = s2n_tls::Client::builder().with_certificate(root)?;
            client.with_tls(tls.build()?)?.start()?
        }
        Tls::Rustls => {
            let tls = rustls::Client::builder().with_certificate(root)?;
            client.with_tls(tls.build()?)?.start()?
        }
    })
}

/// Returns the data of each stream.
async fn serve(mut server: Server) {
    while let Some(mut connection) = server.accept().await {
        tokio::spawn(async move {
            while let Ok(Some(mut stream)) = connection.accept_bidirectional_stream().await {
                tokio::spawn(async move {
                    while let Ok(Some(data)) = stream.receive().await {
                        if stream.send(data).await.is_err() {
                            break;
                        }
                    }
                });
            }
        });
    }
}

/// Sends and receives streams, and returns the application protocol.
async fn exchange(client: &Client, address: SocketAddr) -> Result<String, Failure> {
    let connect = Connect::new(address).with_server_name("localhost");
    let mut connection = client.connect(connect).await?;
    let protocol = connection.application_protocol()?;
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        streams.push(connection.open_bidirectional_stream().await?);
    }
    let sent = (0..BYTES).map(|at| (at ^ at >> 8 ^ at >> 16) as u8);
    let sent: Vec<u8> = sent.collect();
    for stream in streams {
        let (mut receiving, mut sending) = stream.split();
        let send = async {
            sending.write_all(&sent).await?;
            sending.close().await.map_err(std::io::Error::from)
        };
        let receive = async {
            let mut received = Vec::new();
            while let Some(data) = receiving.receive().await? {
                received.extend_from_slice(&data);
            }
            Ok::<_, s2n_quic::stream::Error>(received)
        };
        let (outcome, received) = tokio::join!(send, receive);
        outcome?;
        if received? != sent {
            return Err("the received data differs".into());
        }
    }
    connection.close(0_u8.into());
    Ok(format!("{protocol:?}"))
}
