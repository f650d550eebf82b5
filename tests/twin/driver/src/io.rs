//! I/O calls and the formatting of their results.

use std::ffi::{CStr, c_void};
use std::fmt::Write as _;
use std::ptr;

use s2n_tls_sys::*;

use crate::errno;
use crate::state::{Conn, ScriptError, State, pattern};

/// Formats this thread's last error: name, type, and errno for transport errors.
pub fn last_error() -> String {
    let os_error = errno::last();
    // SAFETY: the location is thread-local, the name is a constant.
    let (name, kind) = unsafe {
        let error = *s2n_errno_location();
        let name = CStr::from_ptr(s2n_strerror_name(error)).to_string_lossy();
        (name, s2n_error_get_type(error))
    };
    let kind = usize::try_from(kind).ok();
    let kind = kind.and_then(|kind| TYPES.get(kind)).unwrap_or(&"?");
    match &*name {
        "S2N_ERR_IO" => format!("{name}/{kind} errno={}", errno::name(os_error)),
        _ => format!("{name}/{kind}"),
    }
}

/// Clears this thread's last error: some calls set one and succeed.
pub fn clear_error() {
    // SAFETY: the location is thread-local.
    unsafe { *s2n_errno_location() = 0 };
}

const TYPES: [&str; 8] = [
    "OK", "IO", "CLOSED", "BLOCKED", "ALERT", "PROTO", "INTERNAL", "USAGE",
];

/// Initial value of the blocked status, which is no member of the enumeration.
const UNTOUCHED: s2n_blocked_status::Type = 77;

fn blocked_name(blocked: s2n_blocked_status::Type) -> String {
    match blocked {
        UNTOUCHED => "untouched".into(),
        0 => "NOT".into(),
        1 => "R".into(),
        2 => "W".into(),
        3 => "APP".into(),
        4 => "EARLY".into(),
        other => other.to_string(),
    }
}

/// Options of an I/O call in a script.
pub struct Options {
    no_blocked: bool,
    no_buffer: bool,
}

impl Options {
    /// Parses the words after a call's arguments.
    pub fn new(args: &[&str]) -> Result<Self, ScriptError> {
        let mut options = Self {
            no_blocked: false,
            no_buffer: false,
        };
        for &word in args {
            match word {
                "noblocked" => options.no_blocked = true,
                "nobuf" => options.no_buffer = true,
                _ => return Err(format!("unknown option {word}")),
            }
        }
        Ok(options)
    }

    pub fn call(
        &self,
        call: impl FnOnce(*mut s2n_blocked_status::Type) -> isize,
    ) -> (isize, String) {
        let mut blocked = UNTOUCHED;
        let blocked_out = match self.no_blocked {
            true => ptr::null_mut(),
            false => &raw mut blocked,
        };
        let result = call(blocked_out);
        let mut text = result.to_string();
        if result < 0 {
            let _ = write!(text, " {}", last_error());
        }
        let _ = write!(text, " {}", blocked_name(blocked));
        (result, text)
    }
}

/// A call of `s2n_negotiate()` on each side: the results, and the number of bytes that both sides have
/// transferred so far.
#[derive(Default, PartialEq)]
struct Round {
    results: [String; 2],
    transferred: u64,
}

impl State {
    pub fn negotiate(&mut self, name: &str, options: &Options) -> Result<String, ScriptError> {
        let conn = self.conn_ptr(name)?;
        // SAFETY: the connection is live or null, and so is the output.
        let (result, text) =
            options.call(|blocked| unsafe { s2n_negotiate(conn, blocked) } as isize);
        if result == 0 && name != "null" {
            let wire = wire(conn);
            let conn = self.conn(name)?;
            if conn.base.is_none() {
                conn.base = Some(wire);
                let endpoint = conn.endpoint.as_ref();
                conn.records_base =
                    endpoint.map_or(0, |endpoint| endpoint.outgoing.borrow().records_written);
            }
        }
        Ok(text)
    }

    /// Negotiates on both sides until both are complete or neither makes progress.
    pub fn handshake(&mut self) -> Result<String, ScriptError> {
        let options = Options::new(&[])?;
        let mut last = Round::default();
        let mut retries_left = 10;
        loop {
            let round = self.round(&options)?;
            let now = &round.results;
            let done = now.iter().all(|text| text.starts_with('0'));
            let is_blocked = round == last;
            // Bytes accepted by the kernel may not have been delivered yet.
            if done || is_blocked && (retries_left == 0 || !self.poll_readable()) {
                return Ok(format!("c {} | s {}", now[0], now[1]));
            }
            retries_left -= i32::from(is_blocked);
            last = round;
        }
    }

    /// Negotiates once on both sides.
    fn round(&mut self, options: &Options) -> Result<Round, ScriptError> {
        let results = [self.negotiate("c", options)?, self.negotiate("s", options)?];
        let mut transferred = 0;
        for name in ["c", "s"] {
            let conn = self.conn_ptr(name)?;
            // SAFETY: the connection is live or null.
            transferred += unsafe {
                s2n_connection_get_wire_bytes_in(conn) + s2n_connection_get_wire_bytes_out(conn)
            };
        }
        Ok(Round {
            results,
            transferred,
        })
    }

    /// Negotiates until one side succeeds or fails; formats the results of both sides if that side
    /// stays blocked.
    pub fn outcome(&mut self, name: &str) -> Result<String, ScriptError> {
        let options = Options::new(&[])?;
        let mut last = Round::default();
        loop {
            let round = self.round(&options)?;
            let now = &round.results;
            let result = &now[usize::from(name != "c")];
            if !result.contains("BLOCKED") {
                return Ok(result.clone());
            }
            if round == last {
                return Ok(format!("c {} | s {}", now[0], now[1]));
            }
            last = round;
        }
    }

    pub fn send(
        &mut self,
        name: &str,
        size: isize,
        options: &Options,
    ) -> Result<String, ScriptError> {
        let ptr = self.conn_ptr(name)?;
        let bytes = match name {
            "null" => vec![0; usize::try_from(size).unwrap_or(0)],
            _ => self.conn(name)?.next_bytes(0, size),
        };
        let buffer = match options.no_buffer {
            true => ptr::null(),
            false => bytes.as_ptr().cast(),
        };
        // SAFETY: the buffer holds `size` bytes, or one of the two is an invalid argument that the
        // library is required to reject.
        let (sent, text) = options.call(|blocked| unsafe { s2n_send(ptr, buffer, size, blocked) });
        self.note_sent(name, sent)?;
        Ok(text)
    }

    /// Sends the next bytes of the stream, after `offset` bytes that the call must skip.
    pub fn sendv(
        &mut self,
        name: &str,
        offset: isize,
        lens: &[usize],
        count: Option<isize>,
        options: &Options,
    ) -> Result<String, ScriptError> {
        let ptr = self.conn_ptr(name)?;
        let total: usize = lens.iter().sum();
        let bytes = match name {
            "null" => vec![0; total],
            _ => self.conn(name)?.next_bytes(offset, total as isize),
        };
        let mut rest = &bytes[..];
        let vectors: Vec<libc::iovec> = lens
            .iter()
            .map(|&len| {
                let (piece, tail) = rest.split_at(len);
                rest = tail;
                libc::iovec {
                    iov_base: piece.as_ptr().cast_mut().cast(),
                    iov_len: len,
                }
            })
            .collect();
        let list = match options.no_buffer {
            true => ptr::null(),
            false => vectors.as_ptr(),
        };
        let count = count.unwrap_or(vectors.len() as isize);
        // SAFETY: the list holds `count` entries, or one of the two is an invalid argument that the
        // library is required to reject.
        let (sent, text) = options.call(|blocked| unsafe {
            s2n_sendv_with_offset(ptr, list.cast(), count, offset, blocked)
        });
        self.note_sent(name, sent)?;
        Ok(text)
    }

    fn note_sent(&mut self, name: &str, sent: isize) -> Result<(), ScriptError> {
        if name != "null" && sent > 0 {
            self.conn(name)?.sent += sent as u64;
        }
        Ok(())
    }

    /// Receives, and compares the data with the peer's stream at the same offset.
    pub fn recv(
        &mut self,
        name: &str,
        size: isize,
        options: &Options,
    ) -> Result<String, ScriptError> {
        let ptr = self.conn_ptr(name)?;
        let mut received_bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        let buffer: *mut c_void = match options.no_buffer {
            true => ptr::null_mut(),
            false => received_bytes.as_mut_ptr().cast(),
        };
        // SAFETY: the buffer holds `size` bytes, or one of the two is an invalid argument that the
        // library is required to reject.
        let (received, mut text) =
            options.call(|blocked| unsafe { s2n_recv(ptr, buffer, size, blocked) });
        if received > 0 && name != "null" {
            let conn = self.conn(name)?;
            let stream = if name == "c" { b's' } else { b'c' };
            let matches = received_bytes[..received as usize]
                .iter()
                .zip(conn.received..)
                .all(|(&byte, offset)| byte == pattern(stream, offset));
            conn.received += received as u64;
            if conn.is_in_order && !matches {
                text += " WRONG BYTES";
            }
        }
        Ok(text)
    }

    pub fn shutdown(&mut self, name: &str, options: &Options) -> Result<String, ScriptError> {
        let ptr = self.conn_ptr(name)?;
        if let Ok(conn) = self.conn(name) {
            // From here on, application data is discarded.
            conn.is_in_order = false;
        }
        // SAFETY: the connection is live or null, and so is the output.
        let (_, text) = options.call(|blocked| unsafe { s2n_shutdown(ptr, blocked) } as isize);
        Ok(text)
    }

    pub fn shutdown_send(&mut self, name: &str, options: &Options) -> Result<String, ScriptError> {
        let ptr = self.conn_ptr(name)?;
        // SAFETY: the connection is live or null, and so is the output.
        let (_, text) = options.call(|blocked| unsafe { s2n_shutdown_send(ptr, blocked) } as isize);
        Ok(text)
    }

    /// Formats the observable state of a connection; wire counters count from the end of the
    /// handshake.
    pub fn state(&mut self, name: &str) -> Result<String, ScriptError> {
        let ptr = self.conn_ptr(name)?;
        // SAFETY: the connection is live or null.
        let (peek, buffered) = unsafe { (s2n_peek(ptr), s2n_peek_buffered(ptr)) };
        // SAFETY: as above.
        let mode = unsafe { s2n_connection_get_mode(ptr) };
        let mut text = format!("peek={peek} mode={mode}");
        if self.is_past_handshake() {
            let _ = write!(text, " buffered={buffered}");
        }
        if name == "null" {
            let (sent, received) = wire(ptr);
            let _ = write!(text, " out={sent} in={received}");
        } else if let Some(base) = self.conn(name)?.base {
            let (sent, received) = wire(ptr);
            let (sent, received) = (sent as i64 - base.0 as i64, received as i64 - base.1 as i64);
            let _ = write!(text, " out={sent} in={received}");
        }
        let _ = write!(text, " alert={}", alert(ptr));
        // SAFETY: the connection is live or null.
        let versions = unsafe {
            [
                s2n_connection_get_actual_protocol_version(ptr),
                s2n_connection_get_client_protocol_version(ptr),
                s2n_connection_get_server_protocol_version(ptr),
            ]
        };
        let _ = write!(text, " versions={versions:?} delay={}", delay(ptr));
        Ok(text)
    }

    /// Checks that the blinding delay lies between two numbers of seconds.
    pub fn delay_within(
        &mut self,
        name: &str,
        least: u64,
        most: u64,
    ) -> Result<String, ScriptError> {
        let ptr = self.conn_ptr(name)?;
        // SAFETY: the connection is live or null.
        let delay = unsafe { s2n_connection_get_delay(ptr) };
        let second = 1_000_000_000;
        Ok(if (least * second..=most * second).contains(&delay) {
            "yes".into()
        } else {
            format!("no: {delay}")
        })
    }

    /// Formats the numbers of key updates sent and received.
    pub fn key_updates(&mut self, name: &str) -> Result<String, ScriptError> {
        let ptr = self.conn_ptr(name)?;
        let (mut sent, mut received) = (0, 0);
        // SAFETY: the connection is live or null.
        let result =
            unsafe { s2n_connection_get_key_update_counts(ptr, &raw mut sent, &raw mut received) };
        Ok(match result {
            0 => format!("sent={sent} received={received}"),
            _ => format!("-1 {}", last_error()),
        })
    }
}

impl Conn {
    /// Returns `size` bytes of the stream, of which the first `offset` have been sent already.
    fn next_bytes(&self, offset: isize, size: isize) -> Vec<u8> {
        let start = self.sent.wrapping_sub(offset as u64);
        (0..u64::try_from(size).unwrap_or(0))
            .map(|index| pattern(self.stream, start.wrapping_add(index)))
            .collect()
    }
}

/// Performs a call from within a transport callback, where only the connection is available.
pub fn call_in_callback(conn: *mut s2n_connection, verb: &str, size: isize) -> String {
    let options = Options {
        no_blocked: false,
        no_buffer: false,
    };
    let mut bytes = vec![0_u8; size.max(0) as usize];
    let buffer: *mut c_void = bytes.as_mut_ptr().cast();
    // SAFETY: the connection lives while its callback runs; the buffer holds `size` bytes.
    let call = |blocked| unsafe {
        match verb {
            "negotiate" => s2n_negotiate(conn, blocked) as isize,
            "send" => s2n_send(conn, buffer, size, blocked),
            "recv" => s2n_recv(conn, buffer, size, blocked),
            "shutdown" => s2n_shutdown(conn, blocked) as isize,
            "shutdown_send" => s2n_shutdown_send(conn, blocked) as isize,
            "peek" => s2n_peek(conn) as isize,
            "key_update" => s2n_connection_request_key_update(conn, 0) as isize,
            _ => panic!("unknown call {verb} in a callback"),
        }
    };
    options.call(call).1
}

fn wire(conn: *mut s2n_connection) -> (u64, u64) {
    // SAFETY: the connection is live or null.
    unsafe {
        (
            s2n_connection_get_wire_bytes_out(conn),
            s2n_connection_get_wire_bytes_in(conn),
        )
    }
}

fn alert(conn: *mut s2n_connection) -> String {
    // SAFETY: the connection is live or null.
    match unsafe { s2n_connection_get_alert(conn) } {
        -1 => last_error(),
        alert => alert.to_string(),
    }
}

/// Formats whether there is a blinding delay; its value is random.
fn delay(conn: *mut s2n_connection) -> &'static str {
    // SAFETY: the connection is live or null.
    match unsafe { s2n_connection_get_delay(conn) } {
        0 => "none",
        u64::MAX => "failed",
        _ => "some",
    }
}
