//! Connections of the crate `s2n-tls` without an asynchronous runtime: two halves in two threads, the sizes of
//! records, and the types of keys.

use std::ffi::{c_int, c_void};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::task::Poll;
use std::thread;

use s2n_tls::config::Config;
use s2n_tls::connection::split::{ReadHalf, WriteHalf, reunite};
use s2n_tls::connection::{Builder, Connection};
use s2n_tls::enums::Mode;
use s2n_tls::error::Error;

use crate::Outcome;
use crate::endpoints::{Certificates, VERSIONS, client, server};

const LEN: usize = 3_000_000;

/// Both peers send and receive at the same time, each with a thread for each half.
pub fn split(certs: &Certificates) -> Outcome {
    for (version, policy) in VERSIONS {
        let (server, client) = pair(
            &server(certs, policy, "rsa")?.build()?,
            &client(certs, policy)?.build()?,
        )?;
        let peers = [server, client].map(|(conn, socket)| {
            thread::spawn(move || {
                let (reader, writer) = conn.split();
                let sending = thread::spawn(move || send_all(writer));
                let (reader, received) = receive_all(reader);
                let conn = reunite(reader, sending.join().expect("no panic"));
                (received, conn.expect("both halves"), socket)
            })
        });
        let mut peers = peers.map(|peer| peer.join().expect("no panic"));
        let closed = peers.each_mut().map(|(_, conn, _)| {
            conn.poll_shutdown_send()
                .map_ok(|_| ())
                .map_err(|e| e.name())
        });
        let received = peers.map(|(received, ..)| received);
        println!("split, {version}: received {received:?}, closed {closed:?}");
    }
    Ok(())
}

/// A config limits the size of records, and a connection reports the types of keys.
pub fn settings(certs: &Certificates) -> Outcome {
    for (version, policy) in VERSIONS {
        for name in ["rsa", "ecdsa"] {
            let mut server = server(certs, policy, name)?;
            server.set_max_fragment_length(1000)?;
            let (mut server, mut client) =
                pair(&server.build()?, &client(certs, policy)?.build()?)?;
            let Poll::Ready(Ok(sent)) = server.0.poll_send(&[7; 5000]) else {
                panic!("the socket has space for it");
            };
            let mut buffer = [0; 5000];
            let received = client.0.poll_recv(&mut buffer);
            let keys = [&server.0, &client.0].map(|conn| {
                let key = |mode| conn.signature_public_key_type(mode);
                [Mode::Server, Mode::Client].map(|mode| key(mode).map_err(|error| error.name()))
            });
            let complete = [server.0.handshake_complete(), client.0.handshake_complete()];
            println!("{name}, {version}: {complete:?}, {sent}, {received:?}, {keys:?}");
        }
    }
    Ok(())
}

/// A connection with its socket.
type End = (Connection, UnixStream);

/// Performs a handshake in two threads.
fn pair(server: &Config, client: &Config) -> Result<(End, End), Error> {
    let (to_server, to_client) = UnixStream::pair().expect("sockets");
    let mut server = server.build_connection(Mode::Server)?;
    let mut client = client.build_connection(Mode::Client)?;
    client.set_server_name("localhost")?;
    attach(&mut server, &to_client)?;
    attach(&mut client, &to_server)?;
    let serving = thread::spawn(move || negotiate(&mut server).map(|()| server));
    negotiate(&mut client)?;
    let server = serving.join().expect("no panic")?;
    Ok(((server, to_client), (client, to_server)))
}

fn negotiate(conn: &mut Connection) -> Result<(), Error> {
    loop {
        if let Poll::Ready(outcome) = conn.poll_negotiate() {
            return outcome.map(|_| ());
        }
    }
}

fn send_all(mut half: WriteHalf) -> WriteHalf {
    let content: Vec<u8> = (0..LEN).map(|offset| (offset % 251) as u8).collect();
    let mut rest = content.as_slice();
    while !rest.is_empty() {
        if let Poll::Ready(sent) = half.poll_send(rest) {
            rest = &rest[sent.expect("sent")..];
        }
    }
    half
}

/// Receives as much as the peer sends.
fn receive_all(mut half: ReadHalf) -> (ReadHalf, usize) {
    let (mut total, mut buffer) = (0, vec![0; 50_000]);
    while total < LEN {
        if let Poll::Ready(received) = half.poll_recv(&mut buffer) {
            let len = received.expect("received");
            let expected = (total..total + len).map(|offset| (offset % 251) as u8);
            assert!(len > 0 && buffer[..len].iter().copied().eq(expected));
            total += len;
        }
    }
    (half, total)
}

/// Sets callbacks that read and write the socket.
fn attach(conn: &mut Connection, socket: &UnixStream) -> Result<(), Error> {
    conn.set_receive_callback(Some(read_socket))?;
    conn.set_send_callback(Some(write_socket))?;
    let context = socket.as_raw_fd() as usize as *mut c_void;
    // SAFETY: the callbacks take the context for a number.
    unsafe {
        conn.set_receive_context(context)?;
        conn.set_send_context(context)?;
    }
    Ok(())
}

unsafe extern "C" fn read_socket(context: *mut c_void, buffer: *mut u8, len: u32) -> c_int {
    // SAFETY: the buffer has this length.
    unsafe { libc::read(context as usize as RawFd, buffer.cast(), len as usize) as c_int }
}

unsafe extern "C" fn write_socket(context: *mut c_void, buffer: *const u8, len: u32) -> c_int {
    // SAFETY: the buffer has this length.
    unsafe { libc::write(context as usize as RawFd, buffer.cast(), len as usize) as c_int }
}
