//! Fetches a page over HTTPS from an OpenSSL server.
//!
//! usage: fetch PORT AUTHORITIES POLICY...

use s2n_tls::config::Config;
use s2n_tls::security::Policy;
use s2n_tls_tokio::TlsConnector;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(port), Some(authorities)) = (args.next(), args.next()) else {
        return Err("usage: fetch PORT AUTHORITIES POLICY...".into());
    };
    let authorities = std::fs::read(authorities)?;
    for policy in args {
        let mut builder = Config::builder();
        builder
            .set_security_policy(&Policy::from_version(&policy)?)?
            .with_system_certs(false)?
            .trust_pem(&authorities)?;
        let connector = TlsConnector::new(builder.build()?);
        let socket = TcpStream::connect(("127.0.0.1", port.parse()?)).await?;
        let mut stream = connector.connect("localhost", socket).await?;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await?;
        let mut page = String::new();
        stream.read_to_string(&mut page).await?;
        let conn = stream.as_ref();
        println!(
            "{:?} {} {:?} {}",
            conn.actual_protocol_version()?,
            conn.cipher_suite()?,
            conn.selected_signature_algorithm()?,
            page.lines().next().ok_or("an empty page")?,
        );
        stream.shutdown().await?;
    }
    Ok(())
}
