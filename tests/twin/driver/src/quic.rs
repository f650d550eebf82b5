//! TLS for QUIC: the calls, with a trace of the messages and secrets in their order.

use std::ffi::{c_int, c_void};
use std::ptr;

use s2n_tls_sys::*;

use crate::format::{number, printable, status, word_bytes};
use crate::negotiated;
use crate::state::{ScriptError, State};
use crate::transport;

/// The context of the callbacks of one connection.
pub struct QuicCallbacks {
    name: String,
    endpoint: *mut c_void,
    /// Set when the secrets of the handshake are known.
    late_parameters: Option<Vec<u8>>,
    /// The callback fails at this secret.
    fails_at: Option<u32>,
    /// Prints the negotiated parameters with each secret.
    is_verbose: bool,
}

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    Some(match (verb, args) {
        ("quic", [name]) => state.conn_ptr(name).map(|conn| {
            // SAFETY: the connection is live or null.
            status(unsafe { s2n_connection_enable_quic(conn) })
        }),
        ("quic_config", [name]) => state.config(name).map(|config| {
            // SAFETY: the config is live or null.
            status(unsafe { s2n_config_enable_quic(config) })
        }),
        ("is_quic", [name]) => state.conn_ptr(name).map(|conn| {
            // SAFETY: the connection is live or null.
            unsafe { s2n_connection_is_quic_enabled(conn) }.to_string()
        }),
        ("quic_trace", [name, options @ ..]) => trace(state, name, options),
        ("no_secret_cb", [name]) => state.conn_ptr(name).map(|conn| {
            // SAFETY: the connection is live or null.
            status(unsafe { s2n_connection_set_secret_callback(conn, None, ptr::null_mut()) })
        }),
        ("set_parameters", [name, value]) => set_parameters(state, name, value),
        ("parameters", [name]) => state.conn_ptr(name).map(parameters),
        ("recv_quic", [name]) => recv(state, name),
        _ => return None,
    })
}

/// Prints what follows of a connection: written messages, reads, and secrets.
fn trace(state: &mut State, name: &str, options: &[&str]) -> Result<String, ScriptError> {
    let conn = state.conn(name)?;
    let endpoint = conn.endpoint.as_ref().ok_or("no in-memory transport")?;
    let mut callbacks = Box::new(QuicCallbacks {
        name: name.to_owned(),
        endpoint: ptr::from_ref(&**endpoint).cast_mut().cast(),
        late_parameters: None,
        fails_at: None,
        is_verbose: false,
    });
    for option in options {
        match option.split_once(':').unwrap_or((option, "")) {
            ("late", value) => callbacks.late_parameters = Some(word_bytes(value)?),
            ("fails", value) => callbacks.fails_at = Some(number(value)?),
            ("negotiated", _) => callbacks.is_verbose = true,
            _ => return Err(format!("unknown option {option}")),
        }
    }
    let context = ptr::from_ref(&*callbacks).cast_mut().cast();
    let conn = conn.ptr;
    state.objects.quic_callbacks.push(callbacks);
    // SAFETY: the connection is live; the context lives as long as the state.
    let results = unsafe {
        [
            s2n_connection_set_secret_callback(conn, Some(on_secret), context),
            s2n_connection_set_send_cb(conn, Some(write)),
            s2n_connection_set_send_ctx(conn, context),
            s2n_connection_set_recv_cb(conn, Some(read)),
            s2n_connection_set_recv_ctx(conn, context),
        ]
    };
    Ok(results.map(status).join(" | "))
}

fn set_parameters(state: &mut State, name: &str, value: &str) -> Result<String, ScriptError> {
    let conn = state.conn_ptr(name)?;
    let bytes = word_bytes(value)?;
    // SAFETY: the connection is live or null; the bytes are readable.
    Ok(status(unsafe {
        s2n_connection_set_quic_transport_parameters(conn, bytes.as_ptr(), bytes.len() as u16)
    }))
}

fn parameters(conn: *mut s2n_connection) -> String {
    let (mut bytes, mut len) = (ptr::null(), 7);
    // SAFETY: the connection is live or null, and so are the outputs.
    let result =
        unsafe { s2n_connection_get_quic_transport_parameters(conn, &raw mut bytes, &raw mut len) };
    match (result, bytes.is_null()) {
        (0, true) => format!("NULL {len}"),
        // SAFETY: the library returns `len` readable bytes.
        (0, false) => printable(unsafe { std::slice::from_raw_parts(bytes, len.into()) }),
        (result, _) => status(result),
    }
}

fn recv(state: &mut State, name: &str) -> Result<String, ScriptError> {
    let conn = state.conn_ptr(name)?;
    let mut blocked = 9;
    // SAFETY: the connection is live or null, and so is the output.
    let result = unsafe { s2n_recv_quic_post_handshake_message(conn, &raw mut blocked) };
    Ok(format!("{} blocked={blocked}", status(result)))
}

unsafe extern "C" fn write(context: *mut c_void, bytes: *const u8, len: u32) -> c_int {
    // SAFETY: the context is the registered one, which is live.
    let callbacks = unsafe { &*context.cast::<QuicCallbacks>() };
    // SAFETY: the library passes `len` readable bytes, which the transport expects.
    let (result, typ) = unsafe { (transport::write(callbacks.endpoint, bytes, len), *bytes) };
    // The other messages differ in their extensions and signatures.
    let len = match typ {
        2 | 20 => len.to_string(),
        _ => "-".into(),
    };
    let outcome = if result < 0 { " blocked" } else { "" };
    println!("  {} writes {typ} ({len}){outcome}", callbacks.name);
    result
}

unsafe extern "C" fn read(context: *mut c_void, bytes: *mut u8, len: u32) -> c_int {
    // SAFETY: the context is the registered one, which is live.
    let callbacks = unsafe { &*context.cast::<QuicCallbacks>() };
    // SAFETY: the library passes `len` writable bytes, which the transport expects.
    let result = unsafe { transport::read(callbacks.endpoint, bytes, len) };
    if result >= 0 {
        let what = if len <= 4 { "a header" } else { "a body" };
        println!("  {} reads {what}", callbacks.name);
    }
    result
}

unsafe extern "C" fn on_secret(
    context: *mut c_void,
    conn: *mut s2n_connection,
    typ: s2n_secret_type_t::Type,
    _: *mut u8,
    len: u8,
) -> c_int {
    // SAFETY: the context is the registered one, which is live.
    let callbacks = unsafe { &*context.cast::<QuicCallbacks>() };
    println!("  {} secret {typ} ({len})", callbacks.name);
    if callbacks.is_verbose {
        println!("  {}", negotiated::all(conn));
        println!("  parameters {}", parameters(conn));
    }
    if let Some(late) = callbacks.late_parameters.as_ref().filter(|_| typ == 2) {
        // SAFETY: the connection lives while its callback runs; the bytes are readable.
        let result = unsafe {
            s2n_connection_set_quic_transport_parameters(conn, late.as_ptr(), late.len() as u16)
        };
        println!("  late parameters => {}", status(result));
    }
    if callbacks.fails_at == Some(typ) {
        return -1;
    }
    0
}
