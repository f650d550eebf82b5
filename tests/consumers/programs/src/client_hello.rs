//! ClientHello processing: ALPN, SNI, ClientHello callbacks, and fingerprints.

use std::pin::Pin;

use s2n_tls::callbacks::{ClientHelloCallback, ConfigResolver, ConnectionFuture};
use s2n_tls::client_hello::ClientHello;
use s2n_tls::config::Config;
use s2n_tls::connection::Connection;
use s2n_tls::error::Error;
use s2n_tls::fingerprint::{Fingerprint, FingerprintType};
use s2n_tls::security::Policy;
use tokio::sync::oneshot;

use crate::Outcome;
use crate::endpoints::{Certificates, VERSIONS, client, handshake, result_name, server};

pub async fn alpn(certs: &Certificates) -> Outcome {
    let cases: [(&[&str], &[&str]); 4] = [
        (&["h2", "http/1.1"], &["http/1.1", "h2"]),
        (&["http/1.1"], &["h2", "http/1.1"]),
        (&["h2"], &["http/1.1"]),
        (&[], &["h2"]),
    ];
    for (version, policy) in VERSIONS {
        for (client_protocols, server_protocols) in cases {
            let mut client = client(certs, policy)?;
            client.set_application_protocol_preference(client_protocols)?;
            let mut server = server(certs, policy, "ecdsa")?;
            server.set_application_protocol_preference(server_protocols)?;
            let (client, server) = (client.build()?, server.build()?);
            let (client, server) = handshake(&client, &server, "localhost").await;
            let protocol_of = |conn: &Connection| {
                let protocol = conn.application_protocol();
                protocol.map(|name| String::from_utf8_lossy(name).into_owned())
            };
            let negotiated = client
                .as_ref()
                .ok()
                .map(|stream| protocol_of(stream.as_ref()));
            println!(
                "protocols, {version}, {client_protocols:?} {server_protocols:?}: {negotiated:?}, {}",
                result_name(&server)
            );
            if let (Some(negotiated), Ok(server)) = (negotiated, server) {
                assert_eq!(protocol_of(server.as_ref()), negotiated);
            }
        }
    }
    Ok(())
}

/// Selects a config by server name, asynchronously.
struct ServerNames {
    configs: Vec<(&'static str, Config)>,
}

impl ClientHelloCallback for ServerNames {
    fn on_client_hello(
        &self,
        conn: &mut Connection,
    ) -> Result<Option<Pin<Box<dyn ConnectionFuture>>>, Error> {
        let name = String::from_utf8(conn.client_hello()?.server_name()?).unwrap_or_default();
        let found = self.configs.iter().find(|(known, _)| *known == name);
        let config = found.map(|(_, config)| config.clone());
        conn.server_name_extension_used();
        let (sender, receiver) = oneshot::channel();
        tokio::spawn(async move {
            tokio::task::yield_now().await;
            let _ = sender.send(config);
        });
        let resolver = ConfigResolver::new(async move {
            let config = receiver.await.expect("the task sends");
            config.ok_or_else(|| Error::application("unknown server name".into()))
        });
        Ok(Some(Box::pin(resolver)))
    }
}

pub async fn config_by_server_name(certs: &Certificates) -> Outcome {
    for (version, policy) in VERSIONS {
        let mut builder = Config::builder();
        builder
            .set_security_policy(&Policy::from_version(policy)?)?
            .set_max_blinding_delay(0)?
            .set_client_hello_callback(ServerNames {
                configs: vec![
                    ("localhost", server(certs, policy, "ecdsa")?.build()?),
                    ("www.rs2n.test", server(certs, policy, "rsa")?.build()?),
                ],
            })?;
        let server_config = builder.build()?;
        let client_config = client(certs, policy)?.build()?;
        for name in ["localhost", "www.rs2n.test", "a.wild.rs2n.test"] {
            let (client, server) = handshake(&client_config, &server_config, name).await;
            println!("config for {name}, {version}: {}", result_name(&server));
            let (Ok(client), Ok(server)) = (client, server) else {
                continue;
            };
            assert_eq!(server.as_ref().server_name(), Some(name));
            println!(
                "  {} {:?} {:?} {:?} {:?}",
                client.as_ref().cipher_suite()?,
                client.as_ref().selected_signature_algorithm()?,
                client.as_ref().selected_key_exchange_group(),
                server.as_ref().certificate_match()?,
                server.as_ref().handshake_type()?.contains("FULL_HANDSHAKE"),
            );
        }
    }
    Ok(())
}

/// Rejects every connection.
struct Rejecting;

impl ClientHelloCallback for Rejecting {
    fn on_client_hello(
        &self,
        _: &mut Connection,
    ) -> Result<Option<Pin<Box<dyn ConnectionFuture>>>, Error> {
        Err(Error::application("rejected".into()))
    }
}

pub async fn failing_callback(certs: &Certificates) -> Outcome {
    for (version, policy) in VERSIONS {
        let mut server_config = server(certs, policy, "ecdsa")?;
        server_config.set_client_hello_callback(Rejecting)?;
        let (client_config, server_config) =
            (client(certs, policy)?.build()?, server_config.build()?);
        let (client, server) = handshake(&client_config, &server_config, "localhost").await;
        assert!(client.is_err());
        println!(
            "failing callback, {version}: {}",
            server.expect_err("rejected")
        );
    }
    Ok(())
}

/// Fingerprints of a ClientHello parsed from bytes.
pub fn fingerprints() -> Outcome {
    let mut hello = vec![3, 3];
    hello.extend([7; 32]);
    hello.extend([0, 0, 4, 0x13, 0x01, 0xc0, 0x2b, 1, 0]);
    let extensions = [
        0, 10, 0, 4, 0, 2, 0, 29, 0, 11, 0, 2, 1, 0, 0, 43, 0, 3, 2, 3, 4,
    ];
    hello.extend([0, extensions.len() as u8]);
    hello.extend(extensions);
    let message = [&[1, 0, 0, hello.len() as u8], &hello[..]].concat();
    let hello = ClientHello::parse_client_hello(&message)?;
    for kind in [FingerprintType::JA3, FingerprintType::JA4] {
        let mut builder = Fingerprint::builder(kind)?;
        let mut fingerprint = builder.build(&hello)?;
        let hash = fingerprint.hash()?.to_owned();
        println!("fingerprint: {hash}, {}", fingerprint.raw()?);
    }
    println!(
        "session id: {:?}, random: {:?}",
        hello.session_id()?,
        hello.random()?[0]
    );
    assert!(ClientHello::parse_client_hello(&message[..20]).is_err());
    Ok(())
}
