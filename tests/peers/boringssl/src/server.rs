//! The server.

use std::io;
use std::net::{TcpListener, TcpStream};

use boring::ssl::{NameType, Ssl, SslContext, SslStream};

use crate::arguments::Arguments;
use crate::counted::Counted;
use crate::{Result, ech, endpoint};

/// Serves as many connections as were asked for, one after the other.
pub fn run(arguments: &Arguments) -> Result<bool> {
    let context = context(arguments)?;
    let count: usize = arguments.optional("--connections").unwrap_or("1").parse()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("port: {}", listener.local_addr()?.port());

    let mut succeeded = true;
    for _ in 0..count {
        let (stream, _) = listener.accept()?;
        succeeded &= serve(&context, stream)?;
    }
    Ok(succeeded)
}

fn context(arguments: &Arguments) -> Result<SslContext> {
    let mut context = endpoint::context(arguments)?;
    let (chain, key) = (
        arguments.required("--certificate")?,
        arguments.required("--key")?,
    );
    endpoint::load_chain(&mut context, chain, key)?;
    ech::serve(&context, arguments)?;

    if let Some(chain) = arguments.optional("--public-certificate") {
        let mut public = endpoint::context(arguments)?;
        endpoint::load_chain(&mut public, chain, arguments.required("--public-key")?)?;
        let (public, name) = (
            public.build(),
            arguments.required("--public-name")?.to_owned(),
        );
        context.set_servername_callback(move |ssl, _| {
            if ssl.servername(NameType::HOST_NAME) == Some(&name) {
                ssl.set_ssl_context(&public)
                    .expect("the context is complete");
            }
            Ok(())
        });
    }
    Ok(context.build())
}

/// Negotiates, and answers a request with the facts of the connection. Returns whether this succeeds.
fn serve(context: &SslContext, stream: TcpStream) -> Result<bool> {
    let mut stream = match Ssl::new(context)?.accept(Counted::new(stream)) {
        Ok(stream) => stream,
        Err(error) => {
            println!("failed: {error}");
            return Ok(false);
        }
    };
    let facts = endpoint::facts(&stream);
    print!("{facts}");
    let answered = answer(&mut stream, &facts);
    if let Err(error) = &answered {
        // An alert that the client sends after the server's Finished message arrives here.
        println!("failed: {error}");
    }
    Ok(answered.is_ok())
}

fn answer(stream: &mut SslStream<Counted>, facts: &str) -> io::Result<()> {
    let request = endpoint::read_head(stream)?;
    if request.is_empty() {
        return Ok(());
    }
    endpoint::write_last(stream, format!("HTTP/1.0 200 OK\r\n\r\n{facts}").as_bytes())
}
