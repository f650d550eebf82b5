//! The HTTP client of the AWS SDK for Rust.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use applications::origin::{bytes, hash, hash_of};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::{Outcome, PROTOCOLS, REQUESTS, SIZES, describe, describe_reuse, server};

/// Resolves every name to the loopback interface.
#[derive(Clone, Debug)]
struct Loopback;

impl ResolveDns for Loopback {
    fn resolve_dns<'a>(&'a self, _name: &'a str) -> DnsFuture<'a> {
        DnsFuture::ready(Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]))
    }
}

/// Returns a client that trusts this CA only.
pub fn client(certs: &str, ca: &str, settings: HttpConnectorSettings) -> Outcome<Connector> {
    let pem = std::fs::read(format!("{certs}/{ca}.pem"))?;
    let trust = TrustStore::empty().with_pem_certificate(pem);
    Ok(Connector::builder()
        .tls_provider(Provider::S2nTls)
        .tls_context(TlsContext::builder().with_trust_store(trust).build()?)
        .connector_settings(settings)
        .sleep_impl(TokioSleep::new())
        .build_with_resolver(Loopback))
}

fn settings() -> HttpConnectorSettings {
    HttpConnectorSettings::builder().build()
}

pub async fn get(client: &Connector, url: &str) -> Result<HttpResponse, ConnectorError> {
    client
        .call(HttpRequest::get(url).expect("a valid URL"))
        .await
}

async fn post(client: &Connector, url: &str, content: Vec<u8>) -> Outcome<HttpResponse> {
    let mut request = HttpRequest::new(SdkBody::from(content));
    request.set_method("POST")?;
    request.set_uri(url)?;
    Ok(client.call(request).await?)
}

/// Returns a header of the server.
fn header<'a>(response: &'a HttpResponse, name: &str) -> &'a str {
    response.headers().get(name).unwrap_or("none")
}

/// Requests and responses of many sizes.
pub async fn sizes(certs: &str) -> Outcome {
    for (protocols, title) in PROTOCOLS {
        let port = server(certs, "ecdsa", "default_tls13", protocols).await?;
        let client = client(certs, "ca", settings())?;
        for size in SIZES {
            let content = bytes(size);
            let expected = hash_of(&content);

            let response =
                post(&client, &format!("https://localhost:{port}/hash"), content).await?;
            let tls = header(&response, "x-tls").to_owned();
            let received = response.into_body();
            let text = received.bytes().map(<[u8]>::to_vec);
            let text = match text {
                Some(text) => text,
                None => http_body_util::BodyExt::collect(received)
                    .await?
                    .to_bytes()
                    .to_vec(),
            };
            assert_eq!(String::from_utf8_lossy(&text), expected, "sent");

            let url = format!("https://localhost:{port}/bytes/{size}");
            let response = get(&client, &url).await?;
            let version = header(&response, "x-version").to_owned();
            assert_eq!(hash(response.into_body()).await?, expected, "received");
            println!("SDK, {title}: {version}, {size} bytes, {tls}");
        }
    }
    Ok(())
}

/// Requests one after another share connections, unless the server closes them; parallel ones
/// complete.
pub async fn connections(certs: &str) -> Outcome {
    for (protocols, title) in PROTOCOLS {
        let port = server(certs, "rsa", "default_tls13", protocols).await?;
        let client = client(certs, "ca", settings())?;
        for path in ["bytes/10", "close"] {
            let mut numbers = BTreeSet::new();
            for _ in 0..REQUESTS {
                let response = get(&client, &format!("https://localhost:{port}/{path}")).await?;
                numbers.insert(header(&response, "x-connection").to_owned());
                hash(response.into_body()).await?;
            }
            println!("SDK, {title}: {path}, {}", describe_reuse(numbers.len()));
        }
        let client = std::sync::Arc::new(client);
        let mut tasks = JoinSet::new();
        for size in 0..100 {
            let client = std::sync::Arc::clone(&client);
            let url = format!("https://localhost:{port}/bytes/{}", size * 1000);
            tasks.spawn(async move {
                let response = get(&client, &url).await?;
                let body = hash(response.into_body()).await?;
                assert_eq!(body, hash_of(&bytes(size * 1000)));
                Outcome::Ok(())
            });
        }
        let count = tasks.len();
        while let Some(outcome) = tasks.join_next().await {
            outcome??;
        }
        println!("SDK, {title}: {count} parallel requests");
    }
    Ok(())
}

/// Servers with other versions, certificates and names.
pub async fn versions(certs: &str) -> Outcome {
    for policy in ["20240501", "default_tls13"] {
        for certificate in ["ecdsa", "ecdsa384", "rsa"] {
            let port = server(certs, certificate, policy, &["h2"]).await?;
            for name in [
                "localhost",
                "www.rs2n.test",
                "any.wild.rs2n.test",
                "127.0.0.1",
            ] {
                let client = client(certs, "ca", settings())?;
                let outcome = get(&client, &format!("https://{name}:{port}/bytes/10")).await;
                let text = match outcome {
                    Ok(response) => header(&response, "x-tls").to_owned(),
                    Err(error) => describe(&error),
                };
                println!("SDK, {policy}, {certificate}, {name}: {text}");
            }
        }
    }
    Ok(())
}

/// Certificates that are rejected. The SDK keeps the default blinding delay of up to 30 seconds, so
/// that all run at the same time.
pub async fn errors(certs: &str) -> Outcome {
    let cases = [
        ("ecdsa", "ca", "other.example"),
        ("ecdsa", "other-ca", "localhost"),
        ("unknown", "ca", "localhost"),
        ("unknown", "other-ca", "localhost"),
        ("expired", "ca", "localhost"),
        ("future", "ca", "localhost"),
        ("selfsigned", "ca", "localhost"),
    ];
    let tasks = cases.map(|(certificate, ca, name)| {
        let certs = certs.to_owned();
        tokio::spawn(async move {
            let protocols = ["h2", "http/1.1"];
            let port = server(&certs, certificate, "default_tls13", &protocols).await?;
            let client = client(&certs, ca, settings())?;
            let text = match get(&client, &format!("https://{name}:{port}/bytes/10")).await {
                Ok(response) => response.status().to_string(),
                Err(error) => describe(&error),
            };
            Outcome::Ok(format!("SDK, {certificate} with {ca} as {name}: {text}"))
        })
    });
    for task in tasks {
        println!("{}", task.await??);
    }
    Ok(())
}

/// A server that does not perform the handshake, and one that does not respond.
pub async fn timeouts(certs: &str) -> Outcome {
    let limit = Duration::from_millis(200);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let settings = HttpConnectorSettings::builder().connect_timeout(limit);
    let connecting = client(certs, "ca", settings.build())?;
    let outcome = get(&connecting, &format!("https://localhost:{port}/")).await;
    let error = outcome.expect_err("no handshake");
    println!(
        "SDK, no handshake: {}, {}",
        error.is_timeout(),
        describe(&error)
    );

    let port = server(certs, "ecdsa", "default_tls13", &["http/1.1"]).await?;
    let settings = HttpConnectorSettings::builder().read_timeout(limit);
    let reading = client(certs, "ca", settings.build())?;
    let outcome = get(&reading, &format!("https://localhost:{port}/wait")).await;
    let error = outcome.expect_err("no response");
    println!(
        "SDK, no response: {}, {}",
        error.is_timeout(),
        describe(&error)
    );
    let response = get(&reading, &format!("https://localhost:{port}/bytes/10")).await?;
    println!("SDK, afterwards: {}", response.status());
    Ok(())
}
