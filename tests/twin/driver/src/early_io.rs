//! The calls that send and receive early data.
//!
//! Early data is a stream of its own, so that rejected early data does not change what is expected
//! of the application data.

use std::ptr;

use s2n_tls_sys::*;

use crate::forged_records::Forger;
use crate::format::{number, word_bytes};
use crate::io::Options;
use crate::state::{ScriptError, State, pattern};

/// Identifies the stream of early data.
const STREAM: u8 = b'e';

/// The initial value of the count of bytes, which no call sets.
const UNTOUCHED: isize = -77;

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    Some(match (verb, args) {
        ("send_early", [conn, size, options @ ..]) => send(state, conn, size, options),
        ("recv_early", [conn, size, options @ ..]) => recv(state, conn, size, options),
        ("put_early", [conn, size]) => put(state, conn, size),
        ("await_flight", [conn]) => await_flight(state, conn),
        ("get_early", [conn, size]) => get(state, conn, size),
        ("forge_early", [conn, sequence, typ, bytes, padding @ ..]) => {
            forge(state, conn, sequence, typ, bytes, padding)
        }
        _ => return None,
    })
}

/// The result of a call: its status, its text, and the number of bytes.
struct Outcome {
    result: isize,
    text: String,
    bytes: isize,
}

impl Outcome {
    fn is_blocked(&self) -> bool {
        self.text.contains("BLOCKED")
    }
}

fn send(
    state: &mut State,
    conn: &str,
    size: &str,
    options: &[&str],
) -> Result<String, ScriptError> {
    let outcome = state.send_early(conn, number(size)?, options)?;
    Ok(format!("{} sent={}", outcome.text, outcome.bytes))
}

fn recv(
    state: &mut State,
    conn: &str,
    size: &str,
    options: &[&str],
) -> Result<String, ScriptError> {
    let outcome = state.recv_early(conn, number(size)?, options)?;
    Ok(format!("{} received={}", outcome.text, outcome.bytes))
}

/// Sends early data until all of it is sent, or no more can be.
fn put(state: &mut State, conn: &str, size: &str) -> Result<String, ScriptError> {
    let mut rest: isize = number(size)?;
    let mut sent = 0;
    loop {
        let outcome = state.send_early(conn, rest, &[])?;
        (sent, rest) = (sent + outcome.bytes, rest - outcome.bytes);
        if !outcome.is_blocked() && outcome.result != 0 {
            return Ok(outcome.text);
        }
        if rest == 0 || outcome.result == 0 && outcome.bytes == 0 {
            return Ok(sent.to_string());
        }
        state.poll(conn, outcome.text.ends_with('W'))?;
    }
}

/// Waits for the server's flight, without ending the early data.
fn await_flight(state: &mut State, conn: &str) -> Result<String, ScriptError> {
    loop {
        let outcome = state.send_early(conn, 0, &[])?;
        if !outcome.is_blocked() {
            return Ok(outcome.text);
        }
        state.poll(conn, outcome.text.ends_with('W'))?;
    }
}

/// Receives early data, in calls with buffers of this size, until it has ended. Returns the number
/// of bytes.
fn get(state: &mut State, conn: &str, size: &str) -> Result<String, ScriptError> {
    let size = number(size)?;
    let mut received = 0;
    loop {
        let outcome = state.recv_early(conn, size, &[])?;
        received += outcome.bytes;
        match outcome.result {
            0 => return Ok(format!("{received}{}", wrong_bytes(&outcome))),
            _ if !outcome.is_blocked() || outcome.text.contains("WRONG") => {
                return Ok(outcome.text);
            }
            _ if outcome.text.ends_with("EARLY") => {}
            _ => state.poll(conn, outcome.text.ends_with('W'))?,
        }
    }
}

fn wrong_bytes(outcome: &Outcome) -> &'static str {
    match outcome.text.contains("WRONG") {
        true => " WRONG BYTES",
        false => "",
    }
}

impl State {
    fn send_early(
        &mut self,
        name: &str,
        size: isize,
        options: &[&str],
    ) -> Result<Outcome, ScriptError> {
        let conn = self.conn_ptr(name)?;
        let (options, has_buffer, has_count) = parse(options)?;
        let start = self.conns.get(name).map_or(0, |conn| conn.early);
        let bytes: Vec<u8> = (start..start + u64::try_from(size).unwrap_or(0))
            .map(|offset| pattern(STREAM, offset))
            .collect();
        let buffer = match has_buffer {
            true => bytes.as_ptr(),
            false => ptr::null(),
        };
        let mut sent = UNTOUCHED;
        let count = count_output(&mut sent, has_count);
        // SAFETY: the buffer holds `size` bytes, or one of the two is an invalid argument that the
        // library is required to reject.
        let (result, text) = options.call(|blocked| unsafe {
            s2n_send_early_data(conn, buffer, size, count, blocked) as isize
        });
        self.note_early(name, sent);
        Ok(Outcome {
            result,
            text,
            bytes: sent,
        })
    }

    fn recv_early(
        &mut self,
        name: &str,
        size: isize,
        options: &[&str],
    ) -> Result<Outcome, ScriptError> {
        let conn = self.conn_ptr(name)?;
        let (options, has_buffer, has_count) = parse(options)?;
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        let buffer: *mut u8 = match has_buffer {
            true => bytes.as_mut_ptr(),
            false => ptr::null_mut(),
        };
        let mut received = UNTOUCHED;
        let count = count_output(&mut received, has_count);
        // SAFETY: as above.
        let (result, mut text) = options.call(|blocked| unsafe {
            s2n_recv_early_data(conn, buffer, size, count, blocked) as isize
        });
        let is_wrong = received != UNTOUCHED && self.is_wrong_early(name, &bytes, received);
        if is_wrong {
            text += " WRONG BYTES";
        }
        self.note_early(name, received);
        Ok(Outcome {
            result,
            text,
            bytes: received,
        })
    }

    /// Returns whether received early data is not what was sent.
    fn is_wrong_early(&self, name: &str, bytes: &[u8], received: isize) -> bool {
        let Some(conn) = self.conns.get(name).filter(|conn| conn.is_in_order) else {
            return false;
        };
        let received = bytes.get(..received.try_into().unwrap_or(usize::MAX));
        let matches = |bytes: &[u8]| {
            let mut both = bytes.iter().zip(conn.early..);
            both.all(|(&byte, offset)| byte == pattern(STREAM, offset))
        };
        !received.is_some_and(matches)
    }

    fn note_early(&mut self, name: &str, count: isize) {
        if let Some(conn) = self.conns.get_mut(name)
            && count != UNTOUCHED
        {
            conn.early += u64::try_from(count).unwrap_or(0);
        }
    }
}

/// Splits `nobuf` and `nocount` off the options of a call.
fn parse(options: &[&str]) -> Result<(Options, bool, bool), ScriptError> {
    let has = |option| !options.contains(&option);
    let rest: Vec<&str> = options
        .iter()
        .copied()
        .filter(|option| !["nobuf", "nocount"].contains(option))
        .collect();
    Ok((Options::new(&rest)?, has("nobuf"), has("nocount")))
}

fn count_output(count: &mut isize, is_given: bool) -> *mut isize {
    match is_given {
        true => count,
        false => ptr::null_mut(),
    }
}

/// Delivers to a server a forged record of early data, with this sequence number.
fn forge(
    state: &mut State,
    conn: &str,
    sequence: &str,
    typ: &str,
    bytes: &str,
    padding: &[&str],
) -> Result<String, ScriptError> {
    let padding = padding.first().map_or(Ok(0), |padding| number(padding))?;
    let mut forger = Forger::early(&state.secrets, number(sequence)?)?;
    let record = forger.record(number(typ)?, &word_bytes(bytes)?, padding);
    let conn = state.conn(conn)?;
    conn.is_in_order = false;
    let endpoint = conn.endpoint.as_ref().ok_or("no in-memory transport")?;
    endpoint.incoming.borrow_mut().queue.extend(record);
    Ok("ok".into())
}
