//! A TLS client and server on BoringSSL, for the tests of Encrypted Client Hello and certificate
//! compression.
//!
//! `boringssl-peer server OPTION...` prints `port: N`, and serves connections.
//! `boringssl-peer client PORT OPTION...` makes one, requests a page, and prints it: the server answers
//! with the facts of the connection. Both print these facts, a line each. If a handshake fails, they
//! print `failed: ` and the reason, and exit with status 1.
//!
//! Options of both:
//! - `--certificate FILE`, `--key FILE`: chain and private key
//! - `--ca FILE`: certificates that the peer's chain must lead to. With it, a server requires a client
//!   certificate; without it, a client does not verify
//! - `--compression LIST`: algorithms of certificate compression, `zlib` and `brotli`, in order of
//!   preference, separated by commas
//! - `--groups LIST`: groups of the key exchange, separated by colons. If the first that both have is
//!   none of the client's shares, the server sends a HelloRetryRequest
//! - `--tls 1.2`: the highest version
//! - `--early-data`: permits early data
//! - `--key-log FILE`: appends the secrets to this file
//!
//! Options of the server:
//! - `--connections N`: the number of connections to serve, 1 by default
//! - `--ech MODE`, `--ech-list FILE`, `--public-name NAME`: writes an ECHConfigList for this name; see
//!   [`ech::Mode`]
//! - `--ech-retry-list FILE`: writes the ECHConfigList that a rejected client receives
//! - `--public-certificate FILE`, `--public-key FILE`: chain and key for the public name
//!
//! Options of the client:
//! - `--name NAME`: the server name, `localhost` by default
//! - `--ech-list FILE`: an ECHConfigList, with which the client encrypts its ClientHello
//! - `--ech-grease`: sends the extension with random content
//! - `--ech-retry-list FILE`: writes the ECHConfigList that the server sent with a rejection

mod arguments;
mod client;
mod compression;
mod counted;
mod ech;
mod endpoint;
mod server;

use std::error::Error;
use std::process::ExitCode;

use arguments::Arguments;

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("boringssl-peer: {error}");
            ExitCode::from(2)
        }
    }
}

/// Returns whether all handshakes succeeded.
fn run() -> Result<bool> {
    let mut words = std::env::args().skip(1);
    match words.next().as_deref() {
        Some("server") => server::run(&Arguments::parse(words)?),
        Some("client") => {
            let port = words.next().ok_or("the client needs a port")?.parse()?;
            client::run(port, &Arguments::parse(words)?)
        }
        _ => Err("usage: boringssl-peer server OPTION... | client PORT OPTION...".into()),
    }
}
