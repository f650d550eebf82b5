//! Configs of clients and servers, and handshakes between them.

use std::fs;

use s2n_tls::config::{Builder, Config};
use s2n_tls::connection::Builder as Connections;
use s2n_tls::error::Error;
use s2n_tls::security::Policy;
use s2n_tls_tokio::{TlsAcceptor, TlsConnector, TlsStream};
use tokio::net::{TcpListener, TcpStream};

pub struct Certificates {
    dir: String,
}

impl Certificates {
    pub fn new(dir: String) -> Self {
        Self { dir }
    }

    pub fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.dir)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        let path = self.path(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

/// TLS versions, with policies that negotiate them.
pub const VERSIONS: [(&str, &str); 2] = [("TLS 1.2", "20240501"), ("TLS 1.3", "default_tls13")];

/// Returns a client config that trusts the test CA.
pub fn client(certs: &Certificates, policy: &str) -> Result<Builder, Error> {
    let mut builder = Config::builder();
    builder
        .with_system_certs(false)?
        .set_security_policy(&Policy::from_version(policy)?)?
        .set_max_blinding_delay(0)?
        .trust_pem(&certs.read("ca.pem"))?;
    Ok(builder)
}

/// Returns a server config with the certificate of this name.
pub fn server(certs: &Certificates, policy: &str, name: &str) -> Result<Builder, Error> {
    let mut builder = Config::builder();
    builder
        .with_system_certs(false)?
        .set_security_policy(&Policy::from_version(policy)?)?
        .set_max_blinding_delay(0)?
        .load_pem(
            &certs.read(&format!("{name}.pem")),
            &certs.read(&format!("{name}.key")),
        )?;
    Ok(builder)
}

pub type Stream<B> = TlsStream<TcpStream, <B as Connections>::Output>;

/// Performs a handshake over a socket, and returns the results of both sides.
pub async fn handshake<C: Connections, S: Connections>(
    client: &C,
    server: &S,
    name: &str,
) -> (Result<Stream<C>, Error>, Result<Stream<S>, Error>)
where
    C::Output: Unpin,
    S::Output: Unpin,
{
    let (to_server, to_client) = sockets().await;
    let connector = TlsConnector::new(client.clone());
    let acceptor = TlsAcceptor::new(server.clone());
    tokio::join!(
        connector.connect(name, to_server),
        acceptor.accept(to_client)
    )
}

/// Performs a handshake that must succeed.
pub async fn connect<C: Connections, S: Connections>(
    client: &C,
    server: &S,
) -> Result<(Stream<C>, Stream<S>), Error>
where
    C::Output: Unpin,
    S::Output: Unpin,
{
    let (client, server) = handshake(client, server, "localhost").await;
    Ok((client?, server?))
}

async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    (
        client.expect("a listening server"),
        accepted.expect("a client").0,
    )
}

/// Formats a result: `ok`, or the name and type of the error.
pub fn result_name<T>(outcome: &Result<T, Error>) -> String {
    match outcome {
        Ok(_) => "ok".to_owned(),
        Err(error) => format!("{} ({:?})", error.name(), error.kind()),
    }
}
