//! External pre-shared keys.

use std::sync::Arc;

use s2n_tls::config::Config;
use s2n_tls::connection::{Builder as Connections, Connection, ModifiedBuilder};
use s2n_tls::enums::{Mode, PskHmac};
use s2n_tls::error::Error;
use s2n_tls::psk::Psk;
use s2n_tls::security::Policy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;

use crate::Outcome;
use crate::endpoints::{
    Certificates, Stream, VERSIONS, client, connect, handshake, result_name, server,
};

const TLS13: &str = VERSIONS[1].1;

/// Returns a key with a secret that consists of one byte, repeated.
fn key(identity: &[u8], secret: u8) -> Result<Psk, Error> {
    key_with(identity, secret, PskHmac::SHA256)
}

fn key_with(identity: &[u8], secret: u8, hash: PskHmac) -> Result<Psk, Error> {
    let mut builder = Psk::builder()?;
    builder
        .set_identity(identity)?
        .set_secret(&[secret; 32])?
        .set_hmac(hash)?;
    builder.build()
}

/// Returns a config without a certificate, which trusts no CA.
fn without_certificates() -> Result<Config, Error> {
    let mut builder = Config::builder();
    builder
        .with_system_certs(false)?
        .set_security_policy(&Policy::from_version(TLS13)?)?
        .set_max_blinding_delay(0)?;
    builder.build()
}

/// Returns a builder of connections that have these keys.
fn with_keys(
    config: &Config,
    keys: Vec<Psk>,
) -> impl Connections<Output = Connection> + Send + use<> {
    let keys = Arc::new(keys);
    ModifiedBuilder::new(config.clone(), move |conn: &mut Connection| {
        for key in keys.iter() {
            conn.append_psk(key)?;
        }
        Ok(conn)
    })
}

/// Sends data from one side to the other.
async fn send(from: &mut Stream<Config>, to: &mut Stream<Config>) -> Outcome {
    from.write_all(&[7; 10_000]).await?;
    let mut received = [0; 10_000];
    to.read_exact(&mut received).await?;
    assert!(received == [7; 10_000]);
    Ok(())
}

async fn exchange(client: &mut Stream<Config>, server: &mut Stream<Config>) -> Outcome {
    send(client, server).await?;
    send(server, client).await
}

fn describe(conn: &Connection) -> Result<String, Error> {
    let mut identity = vec![0; conn.negotiated_psk_identity_length()?];
    conn.negotiated_psk_identity(&mut identity)?;
    Ok(format!(
        "{:?} {} {} {:?}, resumed: {}",
        conn.actual_protocol_version()?,
        conn.cipher_suite()?,
        conn.handshake_type()?,
        String::from_utf8_lossy(&identity),
        conn.resumed(),
    ))
}

/// Performs a handshake, and prints its result and what the connections report.
async fn attempt(
    title: &str,
    client: &(impl Connections<Output = Connection> + Send),
    server: &(impl Connections<Output = Connection> + Send),
) -> Outcome {
    let (client, server) = handshake(client, server, "localhost").await;
    // After a failure, only rs2n sends an alert.
    println!(
        "{title}: client ok: {}, server {}",
        client.is_ok(),
        result_name(&server),
    );
    if let (Ok(mut client), Ok(mut server)) = (client, server) {
        exchange(&mut client, &mut server).await?;
        println!("  client: {}", describe(client.as_ref())?);
        println!("  server: {}", describe(server.as_ref())?);
        println!(
            "  certificate of the server: {}",
            client.as_ref().peer_cert_chain().is_ok()
        );
    }
    Ok(())
}

/// Handshakes with a key of each hash function; a server needs no certificate.
pub async fn handshakes(certs: &Certificates) -> Outcome {
    let with_certificate = server(certs, TLS13, "ecdsa")?.build()?;
    for hash in [|| PskHmac::SHA256, || PskHmac::SHA384] {
        for server_config in [without_certificates()?, with_certificate.clone()] {
            attempt(
                &format!("PSK, {:?}", hash()),
                &with_keys(&without_certificates()?, vec![key_with(b"one", 1, hash())?]),
                &with_keys(
                    &server_config,
                    vec![key_with(b"other", 2, hash())?, key_with(b"one", 1, hash())?],
                ),
            )
            .await?;
        }
    }
    Ok(())
}

/// Keys that the server has with another identity or another secret.
pub async fn mismatches(certs: &Certificates) -> Outcome {
    let client_config = client(certs, TLS13)?.build()?;
    let with_certificate = server(certs, TLS13, "ecdsa")?.build()?;
    for server_config in [without_certificates()?, with_certificate] {
        for (title, other) in [
            ("another identity", key(b"two", 1)?),
            ("another secret", key(b"one", 2)?),
        ] {
            attempt(
                &format!("PSK, {title}"),
                &with_keys(&client_config, vec![key(b"one", 1)?]),
                &with_keys(&server_config, vec![other]),
            )
            .await?;
        }
    }
    Ok(())
}

/// A key that only one side has.
pub async fn one_side(certs: &Certificates) -> Outcome {
    let client_config = client(certs, TLS13)?.build()?;
    let client_with_key = with_keys(&client_config, vec![key(b"one", 1)?]);
    let server_config = server(certs, TLS13, "ecdsa")?.build()?;
    attempt("PSK, client only", &client_with_key, &server_config).await?;
    for server_config in [server_config, without_certificates()?] {
        let server_with_key = with_keys(&server_config, vec![key(b"one", 1)?]);
        attempt("PSK, server only", &client_config, &server_with_key).await?;
    }
    Ok(())
}

/// TLS 1.2 has no keys of this kind, and ignores them.
pub async fn other_version(certs: &Certificates) -> Outcome {
    let policy = VERSIONS[0].1;
    let keys = || Ok::<_, Error>(vec![key(b"one", 1)?]);
    attempt(
        "PSK, TLS 1.2",
        &with_keys(&client(certs, policy)?.build()?, keys()?),
        &with_keys(&server(certs, policy, "ecdsa")?.build()?, keys()?),
    )
    .await
}

/// Concurrent connections with the same keys.
pub async fn shared_keys() -> Outcome {
    let config = without_certificates()?;
    let builder = with_keys(&config, vec![key(b"shared", 1)?]);
    let mut tasks = JoinSet::new();
    for _ in 0..40 {
        let builder = builder.clone();
        tasks.spawn(async move {
            let (mut client, mut server) = connect(&builder, &builder).await.expect("a handshake");
            exchange(&mut client, &mut server)
                .await
                .expect("an exchange");
            client.as_ref().negotiated_psk_identity_length()
        });
    }
    let mut total = 0;
    while let Some(length) = tasks.join_next().await {
        total += length??;
    }
    println!("PSK, shared: {total} bytes of identities");
    Ok(())
}

/// Invalid keys, and calls in the wrong state.
pub fn errors() -> Outcome {
    let name = |outcome: Result<(), Error>| result_name(&outcome);
    for length in [0, 1, 65_535, 65_536] {
        let mut builder = Psk::builder()?;
        let outcome = builder.set_identity(&vec![1; length]).map(|_| ());
        println!("PSK, identity of {length} bytes: {}", name(outcome));
    }
    for secret in [vec![1; 15], vec![0; 16], vec![1; 65_535], vec![1; 65_536]] {
        let mut builder = Psk::builder()?;
        let outcome = builder.set_secret(&secret).map(|_| ());
        println!(
            "PSK, secret of {} bytes {}: {}",
            secret.len(),
            secret[0],
            name(outcome)
        );
    }
    let mut conn = Connection::new(Mode::Client);
    let one = key(b"one", 1)?;
    println!("PSK, appended: {}", name(conn.append_psk(&one)));
    println!("PSK, appended twice: {}", name(conn.append_psk(&one)));
    let long = key(&[1; 65_535], 1)?;
    println!(
        "PSK, too long for a client: {}",
        name(conn.append_psk(&long))
    );
    println!(
        "PSK, before the handshake: {:?} {}",
        conn.negotiated_psk_identity_length()
            .map_err(|error| error.name()),
        name(conn.negotiated_psk_identity(&mut [0; 10])),
    );
    Ok(())
}
