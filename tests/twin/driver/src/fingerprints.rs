//! Calls about fingerprints of ClientHellos.

use std::ptr;

use s2n_tls_sys::*;

use crate::calls::failure;
use crate::words::{number, readable, status};
use crate::world::{Mistake, World};

pub fn call(world: &mut World, verb: &str, words: &[&str]) -> Option<Result<String, Mistake>> {
    Some(match (verb, words) {
        ("fingerprint", [name, kind]) => new(world, name, kind),
        ("fingerprint_of", [name, hello]) => of(world, name, hello),
        ("fingerprint_sizes", [name]) => sizes(world, name),
        ("fingerprint_hash" | "fingerprint_raw", [name, room]) => get(world, verb, name, room),
        ("fingerprint_wipe", [name]) => world.fingerprint(name).map(|fingerprint| {
            // SAFETY: the fingerprint is live or null.
            status(unsafe { s2n_fingerprint_wipe(fingerprint) })
        }),
        ("fingerprint_free", [name]) => free(world, name),
        ("hello_hash" | "hello_string", [hello, kind, room]) => {
            directly(world, verb, hello, kind, room)
        }
        _ => return None,
    })
}

fn kind_of(word: &str) -> Result<s2n_fingerprint_type::Type, Mistake> {
    match word {
        "ja3" => Ok(s2n_fingerprint_type::FINGERPRINT_JA3),
        "ja4" => Ok(s2n_fingerprint_type::FINGERPRINT_JA4),
        _ => number(word),
    }
}

fn new(world: &mut World, name: &str, kind: &str) -> Result<String, Mistake> {
    // SAFETY: the library was initialized.
    let fingerprint = unsafe { s2n_fingerprint_new(kind_of(kind)?) };
    if fingerprint.is_null() {
        return Ok(format!("NULL {}", failure()));
    }
    world.objects.fingerprints.insert(name.into(), fingerprint);
    Ok("ok".into())
}

fn of(world: &World, name: &str, hello: &str) -> Result<String, Mistake> {
    let (fingerprint, hello) = (world.fingerprint(name)?, world.hello(hello)?);
    // SAFETY: both are live or null.
    Ok(status(unsafe {
        s2n_fingerprint_set_client_hello(fingerprint, hello)
    }))
}

fn sizes(world: &World, name: &str) -> Result<String, Mistake> {
    let fingerprint = world.fingerprint(name)?;
    let (mut hash, mut raw) = (77, 77);
    // SAFETY: the fingerprint is live or null, and so are the places.
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

fn get(world: &World, verb: &str, name: &str, room: &str) -> Result<String, Mistake> {
    let fingerprint = world.fingerprint(name)?;
    let (mut buffer, mut size) = (Room::new(room), 77);
    let (out, room) = buffer.parts();
    // SAFETY: the fingerprint is live or null; the buffer is as long as it says, or null.
    let result = unsafe {
        match verb {
            "fingerprint_hash" => s2n_fingerprint_get_hash(fingerprint, room, out, &raw mut size),
            _ => s2n_fingerprint_get_raw(fingerprint, room, out, &raw mut size),
        }
    };
    Ok(buffer.outcome(result, size))
}

fn free(world: &mut World, name: &str) -> Result<String, Mistake> {
    let mut fingerprint = world.fingerprint(name)?;
    world.objects.fingerprints.remove(name);
    // SAFETY: live until now or null.
    let result = unsafe { s2n_fingerprint_free(&raw mut fingerprint) };
    Ok(format!("{} null={}", status(result), fingerprint.is_null()))
}

/// The functions without an object. A hash is bytes here.
fn directly(
    world: &World,
    verb: &str,
    hello: &str,
    kind: &str,
    room: &str,
) -> Result<String, Mistake> {
    let (hello, kind) = (world.hello(hello)?, kind_of(kind)?);
    let (mut buffer, mut size, mut full) = (Room::new(room), 77, 77);
    let (out, room) = buffer.parts();
    // SAFETY: the ClientHello is live or null; the buffer is as long as it says, or null.
    let result = unsafe {
        match verb {
            "hello_hash" => s2n_client_hello_get_fingerprint_hash(
                hello,
                kind,
                room,
                out,
                &raw mut size,
                &raw mut full,
            ),
            _ => s2n_client_hello_get_fingerprint_string(hello, kind, room, out, &raw mut size),
        }
    };
    Ok(format!("{} full={full}", buffer.outcome(result, size)))
}

/// A buffer, or none.
struct Room(Option<Vec<u8>>);

impl Room {
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
                readable(&copied[..copied.len().min(size as usize)])
            ),
            _ => status(result),
        }
    }
}
