//! An attacker between a client and a server, who records and repeats the early data of the client.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Relays one connection, and records its first flight: up to the first record of early data, which the
/// client must send before it receives anything.
pub struct Relay {
    pub port: String,
    thread: JoinHandle<io::Result<Vec<u8>>>,
}

impl Relay {
    /// Without a server, the connection is closed after the first flight.
    pub fn start(server: Option<&str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = port_of(&listener);
        let server = server.map(|port| format!("127.0.0.1:{port}"));
        let thread = thread::spawn(move || {
            let (mut client, _) = listener.accept()?;
            let flight = read_first_flight(&mut client)?;
            if let Some(server) = server {
                let mut server = TcpStream::connect(server)?;
                server.write_all(&flight)?;
                relay_both(&client, &server)?;
            }
            Ok(flight)
        });
        Self { port, thread }
    }

    /// Waits for the end of the connection, and returns its first flight.
    pub fn finish(self) -> Vec<u8> {
        let flight = self.thread.join().expect("the relay does not panic");
        flight.expect("the client sends early data")
    }
}

pub fn port_of(listener: &TcpListener) -> String {
    let address = listener.local_addr().expect("the socket is bound");
    address.port().to_string()
}

fn read_first_flight(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    const APPLICATION_DATA: u8 = 23;
    // A client that sends no early data waits for the server.
    client.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut flight = Vec::new();
    loop {
        let mut header = [0; 5];
        client.read_exact(&mut header)?;
        let mut content = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
        client.read_exact(&mut content)?;
        flight.extend(header);
        flight.append(&mut content);
        if header[0] == APPLICATION_DATA {
            return Ok(flight);
        }
    }
}

fn relay_both(client: &TcpStream, server: &TcpStream) -> io::Result<()> {
    thread::scope(|scope| {
        let upwards = scope.spawn(|| relay_one(client, server));
        let downwards = relay_one(server, client);
        upwards.join().expect("the relay does not panic")?;
        downwards
    })
}

fn relay_one(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    io::copy(&mut from, &mut to)?;
    to.shutdown(Shutdown::Write)
}

/// Sends a recorded flight, and waits until the server has closed the connection: after it has received
/// all of it.
pub fn replay(flight: &[u8], port: &str) {
    let mut server = TcpStream::connect(format!("127.0.0.1:{port}")).expect("the server listens");
    server.write_all(flight).expect("the server receives");
    server.shutdown(Shutdown::Write).expect("it is connected");
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).expect("the server closes");
    assert!(!answer.is_empty(), "the server did not answer");
}
