//! Serialization of connections, their transfer to another process, and renegotiation.

use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};
use std::io::{IoSlice, IoSliceMut};
use std::net::TcpStream;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::ptr;

use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use s2n_tls_sys::*;

use crate::format::{number, status};
use crate::hex::hex;
use crate::io::Options;
use crate::sessions;
use crate::standalone::attach;
use crate::state::{ScriptError, State, connect_to};

/// The serialized connections of a script, by name.
pub type Blobs = BTreeMap<String, Vec<u8>>;

/// The maximum length of a serialized connection in bytes.
const MOST: usize = 174;

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    Some(match (verb, args) {
        ("serialization_version", [config, version]) => state.config(config).and_then(|config| {
            let version = number(version)?;
            // SAFETY: the config is live or null.
            Ok(status(unsafe {
                s2n_config_set_serialization_version(config, version)
            }))
        }),
        ("serialized_length", [conn]) => state.conn_ptr(conn).map(|conn| {
            let mut length = 77;
            // SAFETY: the connection is live or null.
            let result = unsafe { s2n_connection_serialization_length(conn, &raw mut length) };
            format!("{} length={length}", status(result))
        }),
        ("serialize", [name, conn, capacity]) => serialize(state, name, conn, capacity),
        ("deserialize", [conn, name, change @ ..]) => deserialize(state, conn, name, change),
        ("move", [conn]) => move_connection(state, conn),
        ("give", [conn, path]) => give(state, conn, path),
        ("take", [conn, path]) => take(state, conn, path),
        ("renegotiate_cb", [config, kind]) => state.config(config).and_then(|config| {
            let callback = Some(on_request as unsafe extern "C" fn(_, _, _) -> _);
            let (callback, response) = match *kind {
                "null" => (None, 0),
                "ignore" => (callback, 0),
                "reject" => (callback, 1),
                "accept" => (callback, 2),
                // Leaves the response as it is, and returns this number.
                result => (callback, 100 + number::<usize>(result)?),
            };
            let context = ptr::without_provenance_mut(response);
            // SAFETY: the config is live or null.
            Ok(status(unsafe {
                s2n_config_set_renegotiate_request_cb(config, callback, context)
            }))
        }),
        ("renegotiate_wipe", [conn]) => state
            .conn_ptr(conn)
            // SAFETY: the connection is live or null.
            .map(|conn| status(unsafe { s2n_renegotiate_wipe(conn) })),
        ("renegotiate", [conn, options @ ..]) => renegotiate(state, conn, options),
        _ => return None,
    })
}

unsafe extern "C" fn on_request(
    _: *mut s2n_connection,
    context: *mut c_void,
    response: *mut s2n_renegotiate_response::Type,
) -> c_int {
    let choice = context.addr();
    // SAFETY: the response is writable.
    let response = unsafe { &mut *response };
    println!("  renegotiation request: {response}");
    match choice {
        100.. => (choice - 100) as c_int,
        choice => {
            *response = choice as s2n_renegotiate_response::Type;
            0
        }
    }
}

fn renegotiate(state: &State, conn: &str, options: &[&str]) -> Result<String, ScriptError> {
    let conn = state.conn_ptr(conn)?;
    let (mut data, mut size) = ([0; 10], 77);
    let call = |blocked| {
        // SAFETY: the connection is live or null, the outputs are writable.
        let result = unsafe {
            s2n_renegotiate(
                conn,
                data.as_mut_ptr(),
                data.len() as isize,
                &raw mut size,
                blocked,
            )
        };
        result as isize
    };
    Ok(Options::new(options)?.call(call).1)
}

/// Serializes a connection, and prints what precedes its secrets.
fn serialize(
    state: &mut State,
    name: &str,
    conn: &str,
    capacity: &str,
) -> Result<String, ScriptError> {
    let conn = state.conn_ptr(conn)?;
    let mut blob = vec![0; 1000];
    let (out, capacity) = match capacity {
        "nobuf" => (ptr::null_mut(), 1000),
        size => (blob.as_mut_ptr(), number(size)?),
    };
    // SAFETY: the connection is live or null, the buffer writable or null.
    let result = unsafe { s2n_connection_serialize(conn, out, capacity) };
    let text = status(result);
    if result != 0 {
        return Ok(text);
    }
    blob.truncate(length_of(&blob));
    let text = format!("{text} {} bytes={}", hex(&blob[..30]), blob.len());
    state.blobs.insert(name.to_owned(), blob);
    Ok(text)
}

fn length_of(blob: &[u8]) -> usize {
    match (blob[9], &blob[10..12]) {
        (3, _) => 142,
        (_, [0x13, 2]) => MOST,
        _ => 126,
    }
}

/// `deserialize X NAME`, with a change as in `set_session`.
fn deserialize(
    state: &mut State,
    conn: &str,
    name: &str,
    change: &[&str],
) -> Result<String, ScriptError> {
    let conn = state.conn_ptr(conn)?;
    if name == "null" {
        // SAFETY: the connection is live or null.
        return Ok(status(unsafe {
            s2n_connection_deserialize(conn, ptr::null_mut(), 1)
        }));
    }
    let mut blob = state.blobs.get(name).ok_or("unknown blob")?.clone();
    sessions::apply(change, &mut blob)?;
    // SAFETY: the connection is live or null, the blob readable for its length.
    Ok(status(unsafe {
        s2n_connection_deserialize(conn, blob.as_mut_ptr(), blob.len() as u32)
    }))
}

/// Serializes a connection, wipes it, and continues with it, on the same transport.
fn move_connection(state: &mut State, name: &str) -> Result<String, ScriptError> {
    let outcome = serialize(state, name, name, "174")?;
    if !state.blobs.contains_key(name) {
        return Ok(outcome);
    }
    let conn = state.conn(name)?;
    let endpoint = conn.endpoint.as_ref().ok_or("no transport")?;
    // SAFETY: the connection is live.
    let wiped = unsafe { s2n_connection_wipe(conn.ptr) };
    connect_to(conn.ptr, endpoint);
    conn.base = Some((0, 0));
    let restored = deserialize(state, name, name, &[])?;
    state.blobs.remove(name);
    Ok(format!("{outcome} {} {restored}", status(wiped)))
}

/// Serializes a connection, and passes it with its descriptor to the process that listens at a
/// path.
fn give(state: &mut State, name: &str, path: &str) -> Result<String, ScriptError> {
    let outcome = serialize(state, name, name, "174")?;
    let Some(blob) = state.blobs.remove(name) else {
        return Ok(outcome);
    };
    // The positions in the streams of bytes, which the next process continues.
    let conn = state.conn(name)?;
    let positions = [conn.sent.to_be_bytes(), conn.received.to_be_bytes()].concat();
    let stream = state.streams.remove(name).ok_or("no stream")?;
    let socket = UnixStream::connect(state.certs.join(path)).map_err(text)?;
    let data = [IoSlice::new(&positions), IoSlice::new(&blob)];
    let descriptors = [stream.as_raw_fd()];
    let control = [ControlMessage::ScmRights(&descriptors)];
    let fd = socket.as_raw_fd();
    sendmsg::<()>(fd, &data, &control, MsgFlags::empty(), None).map_err(text)?;
    Ok("ok".into())
}

/// Takes over a connection from the process that listens at a path.
fn take(state: &mut State, name: &str, path: &str) -> Result<String, ScriptError> {
    let socket = UnixStream::connect(state.certs.join(path)).map_err(text)?;
    let (mut sent, mut received, mut blob) = ([0; 8], [0; 8], vec![0; MOST]);
    let mut control = nix::cmsg_space!(c_int);
    let (len, fd) = {
        let mut data = [&mut sent[..], &mut received, &mut blob].map(IoSliceMut::new);
        let fd = socket.as_raw_fd();
        let message = recvmsg::<()>(fd, &mut data, Some(&mut control), MsgFlags::empty());
        let message = message.map_err(text)?;
        let mut messages = message.cmsgs().map_err(text)?;
        match messages.next() {
            Some(ControlMessageOwned::ScmRights(descriptors)) => (message.bytes, descriptors[0]),
            _ => return Err("no descriptor".into()),
        }
    };
    // SAFETY: the descriptor is new in this process, and nothing else owns it.
    let stream = TcpStream::from(unsafe { OwnedFd::from_raw_fd(fd) });
    let len = len.checked_sub(16).ok_or("no positions")?;
    let conn = state.conn(name)?;
    (conn.sent, conn.received) = (u64::from_be_bytes(sent), u64::from_be_bytes(received));
    let conn = conn.ptr;
    // SAFETY: the connection is live, the blob readable for its length.
    let result = unsafe { s2n_connection_deserialize(conn, blob.as_mut_ptr(), len as u32) };
    attach(state, name, stream)?;
    Ok(status(result))
}

fn text(error: impl ToString) -> String {
    error.to_string()
}
