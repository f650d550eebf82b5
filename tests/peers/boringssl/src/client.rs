//! The client.

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;

use boring::ssl::{HandshakeError, Ssl, SslStream};

use crate::arguments::Arguments;
use crate::counted::Counted;
use crate::{Result, endpoint};

/// Connects, requests a page, and prints the facts of the connection and the page.
pub fn run(port: u16, arguments: &Arguments) -> Result<bool> {
    let stream = Counted::new(TcpStream::connect(("127.0.0.1", port))?);
    let mut stream = match ssl(arguments)?.connect(stream) {
        Ok(stream) => stream,
        Err(error) => {
            println!("failed: {error}");
            write_retry_list(&error, arguments)?;
            return Ok(false);
        }
    };
    print!("{}", endpoint::facts(&stream));
    match request(&mut stream) {
        Ok(page) => println!("{page}"),
        // An alert that the server sends after the client's Finished message arrives here.
        Err(error) => {
            println!("failed: {error}");
            return Ok(false);
        }
    }
    Ok(true)
}

/// Requests a page. Returns it in one line that begins with `page: `.
fn request(stream: &mut SslStream<Counted>) -> io::Result<String> {
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
    let mut page = Vec::new();
    stream.read_to_end(&mut page)?;
    Ok(format!("page: {:?}", String::from_utf8_lossy(&page)))
}

fn ssl(arguments: &Arguments) -> Result<Ssl> {
    let mut context = endpoint::context(arguments)?;
    if let Some(chain) = arguments.optional("--certificate") {
        endpoint::load_chain(&mut context, chain, arguments.required("--key")?)?;
    }
    let mut ssl = Ssl::new(&context.build())?;
    let name = arguments.optional("--name").unwrap_or("localhost");
    ssl.set_hostname(name)?;
    if arguments.optional("--ca").is_some() {
        ssl.param_mut().set_host(name)?;
    }
    if let Some(file) = arguments.optional("--ech-list") {
        ssl.set_ech_config_list(&fs::read(file)?)?;
    }
    ssl.set_enable_ech_grease(arguments.flag("--ech-grease"));
    Ok(ssl)
}

/// Writes the list that a server which rejected ECH sent for a second attempt. It is authenticated: the
/// handshake fails for this reason after the server's certificate was verified.
fn write_retry_list(error: &HandshakeError<Counted>, arguments: &Arguments) -> Result<()> {
    let Some(file) = arguments.optional("--ech-retry-list") else {
        return Ok(());
    };
    if let HandshakeError::Failure(failed) = error
        && let Some(list) = failed.ssl().get_ech_retry_configs()
    {
        fs::write(file, list)?;
    }
    Ok(())
}
