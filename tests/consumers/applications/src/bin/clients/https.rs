//! The client of hyper, with the connector of `s2n-tls-hyper`.

use std::collections::BTreeSet;

use applications::origin::{bytes, hash, hash_of};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use s2n_tls::config::Config;
use s2n_tls::security::Policy;
use s2n_tls_hyper::connector::HttpsConnector;
use tokio::task::JoinSet;

use crate::{Outcome, PROTOCOLS, REQUESTS, SIZES, describe, describe_reuse, server};

pub type HttpsClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Returns a client that trusts this CA only.
pub fn client(certs: &str, ca: &str, policy: &str) -> Outcome<HttpsClient> {
    let mut builder = Config::builder();
    builder
        .with_system_certs(false)?
        .set_security_policy(&Policy::from_version(policy)?)?
        .set_max_blinding_delay(0)?
        .trust_pem(&std::fs::read(format!("{certs}/{ca}.pem"))?)?;
    let connector = HttpsConnector::new(builder.build()?);
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

pub async fn get(client: &HttpsClient, url: &str) -> Result<Response<Incoming>, Error> {
    client.get(url.parse().expect("a valid URL")).await
}

async fn post(client: &HttpsClient, url: &str, content: Vec<u8>) -> Outcome<Response<Incoming>> {
    let request = Request::post(url).body(Full::from(content))?;
    Ok(client.request(request).await?)
}

/// Returns a header of the server.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .map_or("none", |value| value.to_str().expect("printable text"))
}

/// Requests and responses of many sizes.
pub async fn sizes(certs: &str) -> Outcome {
    for (policy, (protocols, title)) in ["20240501", "default_tls13"]
        .into_iter()
        .flat_map(|policy| PROTOCOLS.map(|protocols| (policy, protocols)))
    {
        let port = server(certs, "ecdsa", policy, protocols).await?;
        let client = client(certs, "ca", policy)?;
        for size in SIZES {
            let content = bytes(size);
            let expected = hash_of(&content);
            let url = format!("https://localhost:{port}/hash");
            let (parts, body) = post(&client, &url, content).await?.into_parts();
            let text = body.collect().await?.to_bytes();
            assert_eq!(String::from_utf8_lossy(&text), expected, "sent");
            let url = format!("https://localhost:{port}/bytes/{size}");
            let response = get(&client, &url).await?;
            let version = response.version();
            assert_eq!(hash(response.into_body()).await?, expected, "received");
            println!(
                "hyper, {title}: {version:?}, {size} bytes, {}",
                header(&parts.headers, "x-tls"),
            );
        }
    }
    Ok(())
}

/// Megabytes in both directions at the same time, in parallel.
pub async fn streams(certs: &str) -> Outcome {
    for (protocols, title) in PROTOCOLS {
        let port = server(certs, "ecdsa", "default_tls13", protocols).await?;
        let client = client(certs, "ca", "default_tls13")?;
        let mut tasks = JoinSet::new();
        for size in 1..=8 {
            let client = client.clone();
            let url = format!("https://localhost:{port}/echo");
            tasks.spawn(async move {
                let content = bytes(size << 18);
                let expected = hash_of(&content);
                let response = post(&client, &url, content).await?;
                assert_eq!(hash(response.into_body()).await?, expected);
                Outcome::Ok(())
            });
        }
        let count = tasks.len();
        while let Some(outcome) = tasks.join_next().await {
            outcome??;
        }
        println!("hyper, {title}: {count} parallel echoes");
    }
    Ok(())
}

/// Requests one after another share connections, unless the server closes them; parallel ones
/// complete.
pub async fn connections(certs: &str) -> Outcome {
    for (protocols, title) in PROTOCOLS {
        let port = server(certs, "ecdsa", "default_tls13", protocols).await?;
        let client = client(certs, "ca", "default_tls13")?;
        for path in ["bytes/10", "close"] {
            let mut numbers = BTreeSet::new();
            for _ in 0..REQUESTS {
                let url = format!("https://localhost:{port}/{path}");
                let (parts, body) = get(&client, &url).await?.into_parts();
                numbers.insert(header(&parts.headers, "x-connection").to_owned());
                hash(body).await?;
            }
            println!("hyper, {title}: {path}, {}", describe_reuse(numbers.len()));
        }
        let mut tasks = JoinSet::new();
        for size in 0..100 {
            let client = client.clone();
            let url = format!("https://localhost:{port}/bytes/{}", size * 1000);
            tasks.spawn(async move {
                let body = get(&client, &url).await?.into_body();
                assert_eq!(hash(body).await?, hash_of(&bytes(size * 1000)));
                Outcome::Ok(())
            });
        }
        let count = tasks.len();
        while let Some(outcome) = tasks.join_next().await {
            outcome??;
        }
        println!("hyper, {title}: {count} parallel requests");
    }
    Ok(())
}

/// Certificates that are rejected, and policies without a common version.
pub async fn errors(certs: &str) -> Outcome {
    for (certificate, ca, policy, name) in [
        ("ecdsa", "ca", "default_tls13", "127.0.0.1"),
        ("ecdsa", "other-ca", "default_tls13", "localhost"),
        ("unknown", "ca", "default_tls13", "localhost"),
        ("expired", "ca", "default_tls13", "localhost"),
        ("future", "ca", "default_tls13", "localhost"),
        ("selfsigned", "ca", "default_tls13", "localhost"),
        ("ecdsa", "ca", "20240501", "localhost"),
        ("ecdsa", "ca", "20251015", "localhost"),
    ] {
        let port = server(certs, certificate, "20240503", &["h2"]).await?;
        let client = client(certs, ca, policy)?;
        let text = match get(&client, &format!("https://{name}:{port}/bytes/10")).await {
            Ok(response) => header(response.headers(), "x-tls").to_owned(),
            Err(error) => describe(&error),
        };
        println!("hyper, {certificate} with {ca} and {policy} as {name}: {text}");
    }
    Ok(())
}

/// Schemes other than HTTPS.
pub async fn schemes(certs: &str) -> Outcome {
    let client = client(certs, "ca", "default_tls13")?;
    for url in ["http://localhost/", "other://localhost/"] {
        let error = get(&client, url).await.expect_err("an unsupported scheme");
        println!("hyper, {url}: {}", describe(&error));
    }
    Ok(())
}
