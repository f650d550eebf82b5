//! Errors, as the crate gives them to a program.

use std::io;

use s2n_tls::config::Config;
use s2n_tls::connection::Connection;
use s2n_tls::enums::Mode;
use s2n_tls::error::Error;
use s2n_tls::security::Policy;
use tokio::io::AsyncReadExt;

use crate::Outcome;
use crate::parties::{Certificates, VERSIONS, client, connect, meet, server};

fn tell<T>(what: &str, outcome: Result<T, Error>) {
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
    let back = Error::try_from(wrapped).expect("what was put in");
    assert_eq!(back.name(), name);
    println!("  as an error of std: {kind:?}");
}

pub async fn as_the_crate_maps_them(certs: &Certificates) -> Outcome {
    tell(
        "a policy",
        Policy::from_version("no such policy")
            .and_then(|policy| Config::builder().set_security_policy(&policy).map(|_| ())),
    );
    let (chain, key) = (certs.read("ecdsa.pem"), certs.read("rsa.key"));
    tell(
        "a certificate",
        Config::builder().load_pem(b"none", &key).map(|_| ()),
    );
    tell(
        "a key",
        Config::builder().load_pem(&chain, &key).map(|_| ()),
    );
    tell(
        "a protocol",
        Config::builder()
            .append_application_protocol_preference(b"")
            .map(|_| ()),
    );
    tell(
        "an empty connection",
        Connection::new(Mode::Client).peer_cert_chain().map(|_| ()),
    );
    tell(
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

pub async fn of_handshakes(certs: &Certificates) -> Outcome {
    // Names that no certificate has, and authorities that nobody knows.
    for (version, policy) in VERSIONS {
        println!("handshakes, {version}");
        let ours = server(certs, policy, "ecdsa")?.build()?;
        let theirs = client(certs, policy)?.build()?;
        let (client, server) = meet(&theirs, &ours, "example.com").await;
        tell("a wrong name", client);
        println!("  the server has no handshake: {}", server.is_err());
        for name in ["unknown", "expired", "client"] {
            let ours = crate::parties::server(certs, policy, name)?.build()?;
            let (client, _) = meet(&theirs, &ours, "localhost").await;
            tell(name, client);
        }
        let (mut client, server) = connect(&theirs, &ours).await?;
        drop(server);
        let error = client
            .read(&mut [0; 10])
            .await
            .expect_err("no close_notify");
        println!("  dropped: {:?} {error}", error.kind());
    }
    let (old, new) = (
        client(certs, VERSIONS[0].1)?.build()?,
        server(certs, VERSIONS[1].1, "ecdsa")?.build()?,
    );
    let (client, server) = meet(&old, &new, "localhost").await;
    println!("TLS 1.2 and both: {} {}", client.is_ok(), server.is_ok());
    Ok(())
}
