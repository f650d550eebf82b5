//! The servers behind the proxy, until the standard input ends.
//!
//! usage: origin CERTIFICATES-DIRECTORY
//!
//! Prints the ports: of the server with a trusted certificate, of the one that requires a client
//! certificate, and of those whose certificate is untrusted, and expired.

use std::io::{Write, sink, stdin, stdout};

use applications::origin::{Settings, start};
use s2n_tls::enums::ClientAuthType;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let certs = std::env::args()
        .nth(1)
        .ok_or("usage: origin CERTIFICATES-DIRECTORY")?;
    for (certificate, client_auth) in [
        ("ecdsa", ClientAuthType::None),
        ("ecdsa", ClientAuthType::Required),
        ("unknown", ClientAuthType::None),
        ("expired", ClientAuthType::None),
    ] {
        let address = start(Settings {
            certs: &certs,
            certificate,
            policy: "default_tls13",
            protocols: &["h2", "http/1.1"],
            client_auth,
        })
        .await?;
        print!("{} ", address.port());
    }
    println!();
    stdout().flush()?;
    tokio::task::spawn_blocking(|| std::io::copy(&mut stdin(), &mut sink())).await??;
    Ok(())
}
