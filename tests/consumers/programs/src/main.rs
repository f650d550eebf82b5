//! A program for the crates `s2n-tls`, `s2n-tls-tokio` and `pingora-s2n`.
//!
//! It checks its results and prints them, with equal output for both libraries.
//!
//! usage: programs CERTIFICATES-DIRECTORY

mod client_auth;
mod client_hello;
mod echo;
mod endpoints;
mod errors;
mod halves;
mod key_material;
mod pingora;
mod pooling;
mod private_keys;
mod psk;
mod quic;

use endpoints::Certificates;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::main(worker_threads = 4)]
async fn main() -> Outcome {
    let dir = std::env::args()
        .nth(1)
        .ok_or("usage: programs CERTIFICATES-DIRECTORY")?;
    let certs = Certificates::new(dir);
    echo::many_connections(&certs).await?;
    echo::half_close(&certs).await?;
    echo::truncated_connection(&certs).await?;
    client_auth::required_and_optional(&certs).await?;
    client_auth::client_names(&certs).await?;
    client_hello::alpn(&certs).await?;
    client_hello::config_by_server_name(&certs).await?;
    client_hello::failing_callback(&certs).await?;
    client_hello::fingerprints()?;
    private_keys::external_signer(&certs).await?;
    private_keys::failing_signer(&certs).await?;
    key_material::key_log(&certs).await?;
    key_material::exporter(&certs).await?;
    psk::handshakes(&certs).await?;
    psk::mismatches(&certs).await?;
    psk::one_side(&certs).await?;
    psk::other_version(&certs).await?;
    psk::shared_keys().await?;
    psk::errors()?;
    pingora::proxy().await?;
    pingora::wrong_keys().await?;
    pingora::certificates(&certs).await?;
    quic::echo(&certs).await?;
    quic::streams(&certs).await?;
    pooling::pool(&certs).await?;
    pooling::shared_config(&certs).await?;
    halves::split(&certs)?;
    halves::settings(&certs)?;
    errors::api_errors(&certs).await?;
    errors::handshake_errors(&certs).await?;
    Ok(())
}
