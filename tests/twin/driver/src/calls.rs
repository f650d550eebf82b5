//! The calls of the API, and how their outcomes are written.

use std::ffi::{CStr, c_void};
use std::fmt::Write as _;
use std::ptr;

use s2n_tls_sys::*;

use crate::errno;
use crate::world::{Conn, Mistake, World, pattern};

/// This thread's last failure: name, type, and for failures of the transport errno.
pub fn failure() -> String {
    let os_error = errno::last();
    // SAFETY: the location is this thread's own, the name is a constant.
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

/// Forgets this thread's last failure: some calls leave one behind and succeed.
pub fn clear_error() {
    // SAFETY: the location is this thread's own.
    unsafe { *s2n_errno_location() = 0 };
}

const TYPES: [&str; 8] = [
    "OK", "IO", "CLOSED", "BLOCKED", "ALERT", "PROTO", "INTERNAL", "USAGE",
];

/// The blocked status; the caller's variable held a number that no library writes.
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

/// What a script says of one I/O call.
pub struct Options {
    no_blocked: bool,
    no_buffer: bool,
}

impl Options {
    /// Reads the words behind a call's arguments.
    pub fn new(words: &[&str]) -> Result<Self, Mistake> {
        let mut options = Self {
            no_blocked: false,
            no_buffer: false,
        };
        for &word in words {
            match word {
                "noblocked" => options.no_blocked = true,
                "nobuf" => options.no_buffer = true,
                _ => return Err(format!("no option {word}")),
            }
        }
        Ok(options)
    }

    pub fn call(
        &self,
        call: impl FnOnce(*mut s2n_blocked_status::Type) -> isize,
    ) -> (isize, String) {
        let mut blocked = UNTOUCHED;
        let place = match self.no_blocked {
            true => ptr::null_mut(),
            false => &raw mut blocked,
        };
        let result = call(place);
        let mut text = result.to_string();
        if result < 0 {
            let _ = write!(text, " {}", failure());
        }
        let _ = write!(text, " {}", blocked_name(blocked));
        (result, text)
    }
}

impl World {
    pub fn negotiate(&mut self, name: &str, options: &Options) -> Result<String, Mistake> {
        let conn = self.conn_ptr(name)?;
        // SAFETY: the connection is live or null, and so is the place.
        let (result, text) =
            options.call(|blocked| unsafe { s2n_negotiate(conn, blocked) } as isize);
        if result == 0 && name != "null" {
            let wire = wire(conn);
            let conn = self.conn(name)?;
            if conn.base.is_none() {
                conn.base = Some(wire);
                let end = conn.end.as_ref();
                conn.records_base = end.map_or(0, |end| end.outgoing.borrow().records_written);
            }
        }
        Ok(text)
    }

    /// Negotiates on both sides until neither gets on.
    pub fn handshake(&mut self) -> Result<String, Mistake> {
        let options = Options::new(&[])?;
        let mut last = [String::new(), String::new()];
        let mut patience = 10;
        loop {
            let now = [
                self.negotiate("c", &options)?,
                self.negotiate("s", &options)?,
            ];
            let done = now.iter().all(|text| text.starts_with('0'));
            let stuck = now == last;
            // What the kernel has taken may not have arrived yet.
            if done || stuck && (patience == 0 || !self.something_arrives()) {
                return Ok(format!("c {} | s {}", now[0], now[1]));
            }
            patience -= i32::from(stuck);
            last = now;
        }
    }

    /// How a handshake ends for one side; for both, if this one waits for ever.
    pub fn verdict(&mut self, name: &str) -> Result<String, Mistake> {
        let options = Options::new(&[])?;
        let mut last = [String::new(), String::new()];
        loop {
            let now = [
                self.negotiate("c", &options)?,
                self.negotiate("s", &options)?,
            ];
            let ours = &now[usize::from(name != "c")];
            if !ours.contains("BLOCKED") {
                return Ok(ours.clone());
            }
            if now == last {
                return Ok(format!("c {} | s {}", now[0], now[1]));
            }
            last = now;
        }
    }

    pub fn send(&mut self, name: &str, size: isize, options: &Options) -> Result<String, Mistake> {
        let ptr = self.conn_ptr(name)?;
        let bytes = match name {
            "null" => vec![0; usize::try_from(size).unwrap_or(0)],
            _ => self.conn(name)?.next_bytes(0, size),
        };
        let buffer = match options.no_buffer {
            true => ptr::null(),
            false => bytes.as_ptr().cast(),
        };
        // SAFETY: the buffer is as long as the size says, or one of them is a mistake that the
        // library has to see.
        let (sent, text) = options.call(|blocked| unsafe { s2n_send(ptr, buffer, size, blocked) });
        self.note_sent(name, sent)?;
        Ok(text)
    }

    /// Sends the stream's next bytes, behind `offset` bytes that are to be left out.
    pub fn sendv(
        &mut self,
        name: &str,
        offset: isize,
        lens: &[usize],
        count: Option<isize>,
        options: &Options,
    ) -> Result<String, Mistake> {
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
                let (piece, behind) = rest.split_at(len);
                rest = behind;
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
        // SAFETY: the list is as long as the count says, or one of them is a mistake that the
        // library has to see.
        let (sent, text) = options.call(|blocked| unsafe {
            s2n_sendv_with_offset(ptr, list.cast(), count, offset, blocked)
        });
        self.note_sent(name, sent)?;
        Ok(text)
    }

    fn note_sent(&mut self, name: &str, sent: isize) -> Result<(), Mistake> {
        if name != "null" && sent > 0 {
            self.conn(name)?.sent += sent as u64;
        }
        Ok(())
    }

    /// Receives, and compares with what the other side's stream holds at this place.
    pub fn recv(&mut self, name: &str, size: isize, options: &Options) -> Result<String, Mistake> {
        let ptr = self.conn_ptr(name)?;
        let mut room = vec![0; usize::try_from(size).unwrap_or(0)];
        let buffer: *mut c_void = match options.no_buffer {
            true => ptr::null_mut(),
            false => room.as_mut_ptr().cast(),
        };
        // SAFETY: the buffer is as long as the size says, or one of them is a mistake that the
        // library has to see.
        let (received, mut text) =
            options.call(|blocked| unsafe { s2n_recv(ptr, buffer, size, blocked) });
        if received > 0 && name != "null" {
            let conn = self.conn(name)?;
            let stream = if name == "c" { b's' } else { b'c' };
            let right = room[..received as usize]
                .iter()
                .enumerate()
                .all(|(place, &byte)| byte == pattern(stream, conn.received + place as u64));
            conn.received += received as u64;
            if conn.is_in_order && !right {
                text += " WRONG BYTES";
            }
        }
        Ok(text)
    }

    pub fn shutdown(&mut self, name: &str, options: &Options) -> Result<String, Mistake> {
        let ptr = self.conn_ptr(name)?;
        if let Ok(conn) = self.conn(name) {
            // What comes from now on is thrown away.
            conn.is_in_order = false;
        }
        // SAFETY: the connection is live or null, and so is the place.
        let (_, text) = options.call(|blocked| unsafe { s2n_shutdown(ptr, blocked) } as isize);
        Ok(text)
    }

    pub fn shutdown_send(&mut self, name: &str, options: &Options) -> Result<String, Mistake> {
        let ptr = self.conn_ptr(name)?;
        // SAFETY: the connection is live or null, and so is the place.
        let (_, text) = options.call(|blocked| unsafe { s2n_shutdown_send(ptr, blocked) } as isize);
        Ok(text)
    }

    /// All that can be asked for; the wire counters from the end of the handshake on.
    pub fn state(&mut self, name: &str) -> Result<String, Mistake> {
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

    /// Whether the delay lies between so many seconds.
    pub fn delay_within(&mut self, name: &str, least: u64, most: u64) -> Result<String, Mistake> {
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

    /// How many key updates were sent and received.
    pub fn key_updates(&mut self, name: &str) -> Result<String, Mistake> {
        let ptr = self.conn_ptr(name)?;
        let (mut sent, mut received) = (0, 0);
        // SAFETY: the connection is live or null.
        let result =
            unsafe { s2n_connection_get_key_update_counts(ptr, &raw mut sent, &raw mut received) };
        Ok(match result {
            0 => format!("sent={sent} received={received}"),
            _ => format!("-1 {}", failure()),
        })
    }
}

impl Conn {
    /// What the application offers next: `size` bytes, of which the first `offset` are behind it.
    fn next_bytes(&self, offset: isize, size: isize) -> Vec<u8> {
        let start = self.sent.wrapping_sub(offset as u64);
        (0..u64::try_from(size).unwrap_or(0))
            .map(|place| pattern(self.stream, start.wrapping_add(place)))
            .collect()
    }
}

/// A call from within a callback, where only the connection is known.
pub fn raw(conn: *mut s2n_connection, verb: &str, size: isize) -> String {
    let options = Options {
        no_blocked: false,
        no_buffer: false,
    };
    let mut room = vec![0_u8; size.max(0) as usize];
    let buffer: *mut c_void = room.as_mut_ptr().cast();
    // SAFETY: the connection lives while its callback runs; the buffer is as long as the size says.
    let call = |blocked| unsafe {
        match verb {
            "negotiate" => s2n_negotiate(conn, blocked) as isize,
            "send" => s2n_send(conn, buffer, size, blocked),
            "recv" => s2n_recv(conn, buffer, size, blocked),
            "shutdown" => s2n_shutdown(conn, blocked) as isize,
            "shutdown_send" => s2n_shutdown_send(conn, blocked) as isize,
            "peek" => s2n_peek(conn) as isize,
            "key_update" => s2n_connection_request_key_update(conn, 0) as isize,
            _ => panic!("no call {verb} within a callback"),
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
        -1 => failure(),
        alert => alert.to_string(),
    }
}

/// Whether there is a delay: the number itself is random.
fn delay(conn: *mut s2n_connection) -> &'static str {
    // SAFETY: the connection is live or null.
    match unsafe { s2n_connection_get_delay(conn) } {
        0 => "none",
        u64::MAX => "failed",
        _ => "some",
    }
}
