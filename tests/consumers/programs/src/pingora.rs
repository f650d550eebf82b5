//! Pre-shared keys with `pingora-s2n`, the TLS of the proxy Pingora: a proxy between a client and an
//! upstream server, with a key for each connection.

use std::sync::Arc;

use pingora_s2n::ext::ssl_export_keying_material;
use pingora_s2n::{
    Config, ConfigBuilder, Connection, ConnectionBuilder, DEFAULT_TLS13,
    IgnoreVerifyHostnameCallback, Mode, Psk, PskHmac, S2NError, TlsAcceptor, TlsConnector,
    TlsStream, hash_certificate, load_certs_and_key_files, load_pem_file,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, copy_bidirectional, split};
use tokio::net::{TcpListener, TcpStream};

use crate::Outcome;
use crate::endpoints::Certificates;

const LEN: usize = 1_000_000;

/// Builds connections with keys, as the proxy does for its listeners and its upstreams.
#[derive(Clone)]
struct Connections {
    config: Config,
    keys: Arc<Vec<Key>>,
}

struct Key {
    identity: &'static str,
    secret: Vec<u8>,
}

impl ConnectionBuilder for Connections {
    type Output = Connection;

    fn build_connection(&self, mode: Mode) -> Result<Connection, S2NError> {
        let mut conn = Connection::new(mode);
        conn.set_config(self.config.clone())?;
        for key in self.keys.iter() {
            let mut builder = Psk::builder()?;
            builder.set_identity(key.identity.as_bytes())?;
            builder.set_hmac(PskHmac::SHA256)?;
            builder.set_secret(&key.secret)?;
            conn.append_psk(&builder.build()?)?;
        }
        conn.set_security_policy(&DEFAULT_TLS13)?;
        Ok(conn)
    }
}

fn connections(config: &Config, keys: &[(&'static str, &str)]) -> Connections {
    let keys = keys.iter().map(|&(identity, secret)| Key {
        identity,
        secret: secret.as_bytes().to_vec(),
    });
    Connections {
        config: config.clone(),
        keys: Arc::new(keys.collect()),
    }
}

/// Returns the config of a side without certificates.
fn without_certificates() -> Result<Config, S2NError> {
    let mut builder = ConfigBuilder::new();
    builder
        .with_system_certs(false)?
        .set_max_blinding_delay(0)?
        .set_verify_host_callback(IgnoreVerifyHostnameCallback::new())?;
    builder.build()
}

const CLIENT: (&str, &str) = ("client", "the secret of the client");
const UPSTREAM: (&str, &str) = ("upstream", "the secret of the upstream");

type Accepted = TlsStream<TcpStream, Connection>;

async fn listen() -> Result<(TcpListener, u16), std::io::Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

async fn connect_to(port: u16, connections: Connections) -> Result<Accepted, S2NError> {
    let socket = TcpStream::connect(("127.0.0.1", port))
        .await
        .expect("a listening server");
    TlsConnector::new(connections)
        .connect("localhost", socket)
        .await
}

async fn accept(listener: &TcpListener, connections: Connections) -> Result<Accepted, S2NError> {
    let (socket, _) = listener.accept().await.expect("a client");
    TlsAcceptor::new(connections).accept(socket).await
}

fn describe(stream: &Accepted) -> Result<String, S2NError> {
    let conn = stream.as_ref();
    let mut identity = vec![0; conn.negotiated_psk_identity_length()?];
    conn.negotiated_psk_identity(&mut identity)?;
    Ok(format!(
        "{:?} {} {:?}",
        conn.actual_protocol_version()?,
        conn.cipher_suite()?,
        String::from_utf8_lossy(&identity),
    ))
}

/// The upstream server: returns all data to the sender.
async fn serve_upstream(listener: TcpListener, config: Config) -> Result<String, S2NError> {
    let stream = accept(&listener, connections(&config, &[UPSTREAM])).await?;
    let description = describe(&stream)?;
    let (mut reader, mut writer) = split(stream);
    copy(&mut reader, &mut writer).await.expect("an echo");
    writer.shutdown().await.expect("closed");
    Ok(description)
}

/// The proxy: accepts a connection, opens another one, and copies data in both directions.
async fn serve_proxy(
    listener: TcpListener,
    upstream: u16,
    config: Config,
) -> Result<String, S2NError> {
    let other = ("other", "the secret of another client");
    let mut downstream = accept(&listener, connections(&config, &[other, CLIENT])).await?;
    let mut upstream = connect_to(upstream, connections(&config, &[UPSTREAM])).await?;
    let description = format!("{}, {}", describe(&downstream)?, describe(&upstream)?);
    let copied = copy_bidirectional(&mut downstream, &mut upstream)
        .await
        .expect("copied");
    Ok(format!("{description} {copied:?}"))
}

/// A request passes the proxy to the upstream server, and the response comes back.
pub async fn proxy() -> Outcome {
    let config = without_certificates()?;
    let (upstream, upstream_port) = listen().await?;
    let (proxy, proxy_port) = listen().await?;
    let serving = tokio::spawn(serve_upstream(upstream, config.clone()));
    let copying = tokio::spawn(serve_proxy(proxy, upstream_port, config.clone()));

    let stream = connect_to(proxy_port, connections(&config, &[CLIENT])).await?;
    println!("Pingora, client: {}", describe(&stream)?);
    let content: Vec<u8> = (0..LEN).map(|offset| (offset % 251) as u8).collect();
    let sent = content.clone();
    let (mut reader, mut writer) = split(stream);
    let writing = tokio::spawn(async move {
        writer.write_all(&sent).await.expect("sent");
        writer.shutdown().await.expect("closed");
    });
    let mut received = Vec::new();
    reader.read_to_end(&mut received).await?;
    writing.await?;
    assert!(received == content, "the proxy modified the data");
    println!("Pingora, proxy: {}", copying.await??);
    println!("Pingora, upstream server: {}", serving.await??);
    Ok(())
}

async fn pair(
    client: Connections,
    server: Connections,
) -> Result<(Result<Accepted, S2NError>, Result<Accepted, S2NError>), std::io::Error> {
    let (listener, port) = listen().await?;
    Ok(tokio::join!(
        connect_to(port, client),
        accept(&listener, server)
    ))
}

/// Keys with another secret or another identity.
pub async fn wrong_keys() -> Outcome {
    let config = without_certificates()?;
    for (title, key) in [
        ("secret", ("client", "another secret than the client's")),
        ("identity", ("unknown", CLIENT.1)),
    ] {
        let (client, server) = pair(
            connections(&config, &[key]),
            connections(&config, &[CLIENT]),
        )
        .await?;
        client.expect_err(title);
        let error = server.expect_err(title);
        println!(
            "Pingora, wrong {title}: server {} {:?}",
            error.name(),
            error.kind()
        );
    }
    Ok(())
}

/// Certificates, whose hashes and exported keys identify a connection.
pub async fn certificates(certs: &Certificates) -> Outcome {
    let (chain, key) =
        load_certs_and_key_files(&certs.path("ecdsa.pem"), &certs.path("ecdsa.key"))?;
    let mut server_config = ConfigBuilder::new();
    server_config.load_pem(&chain, &key)?;
    let mut client_config = ConfigBuilder::new();
    client_config
        .with_system_certs(false)?
        .trust_pem(&load_pem_file(&certs.path("ca.pem"))?)?
        .set_verify_host_callback(IgnoreVerifyHostnameCallback::new())?;
    let (client, server) = pair(
        connections(&client_config.build()?, &[CLIENT]),
        connections(&server_config.build()?, &[]),
    )
    .await?;
    let (client, server) = (client?, server?);
    let mut exported = [[0; 32]; 2];
    for (stream, secret) in [&client, &server].into_iter().zip(&mut exported) {
        ssl_export_keying_material(stream.as_ref(), secret, "EXPERIMENTAL x", Some(b"context"))?;
    }
    assert_eq!(exported[0], exported[1]);
    let chain = client.as_ref().peer_cert_chain()?;
    let sent = server.as_ref().selected_cert().ok_or("no certificate")?;
    let hash = |chain: &s2n_tls::cert_chain::CertificateChain| {
        let leaf = chain.iter().next().expect("a leaf")?;
        Ok::<_, S2NError>(hash_certificate(leaf.der()?))
    };
    assert_eq!(hash(&chain)?, hash(&sent)?);
    println!(
        "Pingora, certificate: {} of {}",
        describe(&client)?,
        chain.len()
    );
    Ok(())
}
