//! Mapping of errors by the crate.

use std::io;

use s2n_tls::config::Config;
use s2n_tls::connection::Connection;
use s2n_tls::enums::Mode;
use s2n_tls::error::Error;
use s2n_tls::security::Policy;
use tokio::io::AsyncReadExt;

use crate::Outcome;
use crate::endpoints::{Certificates, VERSIONS, client, connect, handshake, server};

fn report<T>(what: &str, outcome: Result<T, Error>) {
    let error = outcome.map(|_| ()).expect_err(what);
    println!(
        "error of {what}: {} {:?} {:?} {:?} {:?} {}",
        error.name(),
        error.kind(),
        error.source(),
        error.message(),
        error.alert(),
        error.is_retryable(),
    );
    assert!(
        error
            .debug()
            .is_some_and(|text| text.contains("Error encountered in "))
    );
    let name = error.name();
    let wrapped = io::Error::from(error);
    let kind = wrapped.kind();
    let unwrapped = Error::try_from(wrapped).expect("the wrapped error");
    assert_eq!(unwrapped.name(), name);
    println!("  as std::io::Error: {kind:?}");
}

pub async fn api_errors(certs: &Certificates) -> Outcome {
    report(
        "a policy",
        Policy::from_version("no such policy")
            .and_then(|policy| Config::builder().set_security_policy(&policy).map(|_| ())),
    );
    let (chain, key) = (certs.read("ecdsa.pem"), certs.read("rsa.key"));
    report(
        "a certificate",
        Config::builder().load_pem(b"none", &key).map(|_| ()),
    );
    report(
        "a key",
        Config::builder().load_pem(&chain, &key).map(|_| ()),
    );
    report(
        "a protocol",
        Config::builder()
            .append_application_protocol_preference(b"")
            .map(|_| ()),
    );
    report(
        "an empty connection",
        Connection::new(Mode::Client).peer_cert_chain().map(|_| ()),
    );
    report(
        "a name",
        Connection::new(Mode::Client)
            .set_server_name(&"x".repeat(300))
            .map(|_| ()),
    );
    let error = Error::application("of the application".into());
    println!(
        "of the application: {:?} {:?} {error}",
        error.kind(),
        error.source()
    );
    Ok(())
}

pub async fn handshake_errors(certs: &Certificates) -> Outcome {
    // Server names that do not match, unknown CAs, expired and unsuitable certificates.
    for (version, policy) in VERSIONS {
        println!("handshakes, {version}");
        let server_config = server(certs, policy, "ecdsa")?.build()?;
        let client_config = client(certs, policy)?.build()?;
        let (client, server) = handshake(&client_config, &server_config, "example.com").await;
        report("a wrong name", client);
        println!("  the server fails: {}", server.is_err());
        for name in ["unknown", "expired", "client"] {
            let server_config = crate::endpoints::server(certs, policy, name)?.build()?;
            let (client, _) = handshake(&client_config, &server_config, "localhost").await;
            report(name, client);
        }
        let (mut client, server) = connect(&client_config, &server_config).await?;
        drop(server);
        let error = client
            .read(&mut [0; 10])
            .await
            .expect_err("no close_notify");
        println!("  dropped: {:?} {error}", error.kind());
    }
    let (tls12, both) = (
        client(certs, VERSIONS[0].1)?.build()?,
        server(certs, VERSIONS[1].1, "ecdsa")?.build()?,
    );
    let (client, server) = handshake(&tls12, &both, "localhost").await;
    println!(
        "TLS 1.2 only, TLS 1.2 and 1.3: {} {}",
        client.is_ok(),
        server.is_ok()
    );
    Ok(())
}
