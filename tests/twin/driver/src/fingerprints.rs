//! ClientHello fingerprints (JA3 and JA4).

use std::ptr;

use s2n_tls_sys::*;

use crate::format::{number, printable, status};
use crate::io::last_error;
use crate::state::{ScriptError, State};

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    Some(match (verb, args) {
        ("fingerprint", [name, kind]) => new(state, name, kind),
        ("fingerprint_of", [name, hello]) => set_hello(state, name, hello),
        ("fingerprint_sizes", [name]) => sizes(state, name),
        ("fingerprint_hash" | "fingerprint_raw", [name, capacity]) => {
            get(state, verb, name, capacity)
        }
        ("fingerprint_wipe", [name]) => state.fingerprint(name).map(|fingerprint| {
            // SAFETY: the fingerprint is live or null.
            status(unsafe { s2n_fingerprint_wipe(fingerprint) })
        }),
        ("fingerprint_free", [name]) => free(state, name),
        ("hello_hash" | "hello_string", [hello, kind, capacity]) => {
            without_object(state, verb, hello, kind, capacity)
        }
        _ => return None,
    })
}

fn kind_of(word: &str) -> Result<s2n_fingerprint_type::Type, ScriptError> {
    match word {
        "ja3" => Ok(s2n_fingerprint_type::FINGERPRINT_JA3),
        "ja4" => Ok(s2n_fingerprint_type::FINGERPRINT_JA4),
        _ => number(word),
    }
}

fn new(state: &mut State, name: &str, kind: &str) -> Result<String, ScriptError> {
    // SAFETY: the library was initialized.
    let fingerprint = unsafe { s2n_fingerprint_new(kind_of(kind)?) };
    if fingerprint.is_null() {
        return Ok(format!("NULL {}", last_error()));
    }
    state.objects.fingerprints.insert(name.into(), fingerprint);
    Ok("ok".into())
}

fn set_hello(state: &State, name: &str, hello: &str) -> Result<String, ScriptError> {
    let (fingerprint, hello) = (state.fingerprint(name)?, state.hello(hello)?);
    // SAFETY: both are live or null.
    Ok(status(unsafe {
        s2n_fingerprint_set_client_hello(fingerprint, hello)
    }))
}

fn sizes(state: &State, name: &str) -> Result<String, ScriptError> {
    let fingerprint = state.fingerprint(name)?;
    let (mut hash, mut raw) = (77, 77);
    // SAFETY: the fingerprint is live or null, and so are the outputs.
    let results = unsafe {
        [
            status(s2n_fingerprint_get_hash_size(fingerprint, &raw mut hash)),
            status(s2n_fingerprint_get_raw_size(fingerprint, &raw mut raw)),
        ]
    };
    Ok(format!(
        "{} hash={hash} {} raw={raw}",
        results[0], results[1]
    ))
}

fn get(state: &State, verb: &str, name: &str, capacity: &str) -> Result<String, ScriptError> {
    let fingerprint = state.fingerprint(name)?;
    let (mut buffer, mut size) = (Buffer::new(capacity), 77);
    let (out, capacity) = buffer.parts();
    // SAFETY: the fingerprint is live or null; the buffer has the length passed, or is null.
    let result = unsafe {
        match verb {
            "fingerprint_hash" => {
                s2n_fingerprint_get_hash(fingerprint, capacity, out, &raw mut size)
            }
            _ => s2n_fingerprint_get_raw(fingerprint, capacity, out, &raw mut size),
        }
    };
    Ok(buffer.outcome(result, size))
}

fn free(state: &mut State, name: &str) -> Result<String, ScriptError> {
    let mut fingerprint = state.fingerprint(name)?;
    state.objects.fingerprints.remove(name);
    // SAFETY: live until now or null.
    let result = unsafe { s2n_fingerprint_free(&raw mut fingerprint) };
    Ok(format!("{} null={}", status(result), fingerprint.is_null()))
}

/// Calls the functions that take no fingerprint object; they return a hash as bytes, not in hex.
fn without_object(
    state: &State,
    verb: &str,
    hello: &str,
    kind: &str,
    capacity: &str,
) -> Result<String, ScriptError> {
    let (hello, kind) = (state.hello(hello)?, kind_of(kind)?);
    let (mut buffer, mut size, mut full) = (Buffer::new(capacity), 77, 77);
    let (out, capacity) = buffer.parts();
    // SAFETY: the ClientHello is live or null; the buffer has the length passed, or is null.
    let result = unsafe {
        match verb {
            "hello_hash" => s2n_client_hello_get_fingerprint_hash(
                hello,
                kind,
                capacity,
                out,
                &raw mut size,
                &raw mut full,
            ),
            _ => s2n_client_hello_get_fingerprint_string(hello, kind, capacity, out, &raw mut size),
        }
    };
    Ok(format!("{} full={full}", buffer.outcome(result, size)))
}

/// An output buffer, or NULL.
struct Buffer(Option<Vec<u8>>);

impl Buffer {
    fn new(word: &str) -> Self {
        Self(word.parse().ok().map(|size| vec![0xee; size]))
    }

    fn parts(&mut self) -> (*mut u8, u32) {
        match &mut self.0 {
            Some(buffer) => (buffer.as_mut_ptr(), buffer.len() as u32),
            None => (ptr::null_mut(), 8),
        }
    }

    fn outcome(&self, result: i32, size: u32) -> String {
        let copied = self.0.as_deref().unwrap_or_default();
        match result {
            0 => format!(
                "{size} {}",
                printable(&copied[..copied.len().min(size as usize)])
            ),
            _ => status(result),
        }
    }
}
