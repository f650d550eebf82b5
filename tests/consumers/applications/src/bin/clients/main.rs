//! HTTP clients: of the AWS SDK for Rust, and of hyper with `s2n-tls-hyper`.
//!
//! usage: clients CERTIFICATES-DIRECTORY [SECONDS]
//!
//! It checks its results and prints them, with equal output for both libraries. With SECONDS it
//! prints the throughput of each client instead, measured for that time.

mod https;
mod smithy;
mod throughput;

use std::error::Error;

use applications::origin::{Settings, start};
use s2n_tls::enums::ClientAuthType;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Sizes of bodies: around the limits of records, and of many records.
const SIZES: [usize; 7] = [0, 1, 1000, 16384, 16385, 1_000_000, 8 << 20];

/// Requests one after another.
const REQUESTS: usize = 20;

/// The application protocols of a server, with the one that is negotiated.
const PROTOCOLS: [(&[&str], &str); 3] = [
    (&["h2", "http/1.1"], "HTTP/2"),
    (&["http/1.1"], "HTTP/1.1"),
    (&[], "HTTP/1.1 without ALPN"),
];

/// Starts a server, and returns its port.
async fn server(certs: &str, certificate: &str, policy: &str, protocols: &[&str]) -> Outcome<u16> {
    let address = start(Settings {
        certs,
        certificate,
        policy,
        protocols,
        client_auth: ClientAuthType::None,
    });
    Ok(address.await.map_err(|error| error.to_string())?.port())
}

/// Describes the number of connections: that of HTTP/1.1 depends on when a client gets its
/// connection back.
fn describe_reuse(connections: usize) -> &'static str {
    match connections {
        1..REQUESTS => "connections are reused",
        _ => "a connection for each request",
    }
}

/// Formats an error with its sources.
fn describe(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}

#[tokio::main(worker_threads = 4)]
async fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    let certs = arguments
        .next()
        .ok_or("usage: clients CERTIFICATES-DIRECTORY [SECONDS]")?;
    if let Some(seconds) = arguments.next() {
        return throughput::measure(&certs, seconds.parse()?).await;
    }
    smithy::sizes(&certs).await?;
    smithy::connections(&certs).await?;
    smithy::versions(&certs).await?;
    smithy::timeouts(&certs).await?;
    https::sizes(&certs).await?;
    https::streams(&certs).await?;
    https::connections(&certs).await?;
    https::errors(&certs).await?;
    https::schemes(&certs).await?;
    smithy::errors(&certs).await
}
