//! A program for s2n-tls, built on the crates `s2n-tls` and `s2n-tls-tokio`.
//!
//! It says what happens, in the same words with each library, and fails if that is not what should.
//!
//! usage: programs FOLDER-OF-CERTIFICATES

mod echo;
mod errors;
mod hello;
mod keys;
mod mutual;
mod parties;
mod reuse;
mod secrets;

use parties::Certificates;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::main(worker_threads = 4)]
async fn main() -> Outcome {
    let folder = std::env::args().nth(1).ok_or("usage: programs FOLDER")?;
    let certs = Certificates::new(folder);
    echo::many_connections(&certs).await?;
    echo::both_ways_of_closing(&certs).await?;
    echo::a_connection_that_is_cut(&certs).await?;
    mutual::clients_with_and_without(&certs).await?;
    mutual::names_of_clients(&certs).await?;
    hello::protocols(&certs).await?;
    hello::a_config_for_each_name(&certs).await?;
    hello::a_callback_that_fails(&certs).await?;
    hello::fingerprints()?;
    keys::signed_elsewhere(&certs).await?;
    keys::a_signer_that_fails(&certs).await?;
    secrets::key_log(&certs).await?;
    secrets::exported(&certs).await?;
    reuse::pool(&certs).await?;
    reuse::one_config_in_many_threads(&certs).await?;
    errors::as_the_crate_maps_them(&certs).await?;
    errors::of_handshakes(&certs).await?;
    Ok(())
}
