//! Calls about the fields of a ClientHello.

use std::ptr;

use s2n_tls_sys::*;

use crate::calls::{clear_error, failure};
use crate::words::{bytes, number, readable, short, status};
use crate::world::{Mistake, World};

pub fn call(world: &mut World, verb: &str, words: &[&str]) -> Option<Result<String, Mistake>> {
    Some(match (verb, words) {
        ("parse", [name, hex]) => parse(world, name, hex),
        ("free_hello", [name]) => free(world, name),
        ("hello_field", [name, field, room]) => field_of(world, name, field, room),
        ("hello_length", [name, field]) => length(world, name, field),
        ("hello_has", [name, typ]) => has(world, name, typ),
        (
            "hello_session_id" | "hello_compression" | "hello_groups" | "hello_name",
            [name, room],
        ) => list(world, verb, name, room),
        ("hello_random", [name, room]) => random(world, name, room),
        ("hello_versions", [name]) => versions(world, name),
        _ => return None,
    })
}

fn parse(world: &mut World, name: &str, hex: &str) -> Result<String, Mistake> {
    let message = match hex {
        "null" => Vec::new(),
        "-" => Vec::new(),
        _ => bytes(hex)?,
    };
    let start = match hex {
        "null" => ptr::null(),
        _ => message.as_ptr(),
    };
    // SAFETY: the message has so many bytes, or is null.
    let hello = unsafe { s2n_client_hello_parse_message(start, message.len() as u32) };
    if hello.is_null() {
        return Ok(format!("NULL {}", failure()));
    }
    world.objects.hellos.insert(name.into(), hello);
    Ok("ok".into())
}

fn free(world: &mut World, name: &str) -> Result<String, Mistake> {
    if name == "nowhere" {
        // SAFETY: NULL is refused.
        return Ok(status(unsafe { s2n_client_hello_free(ptr::null_mut()) }));
    }
    let mut hello = world.hello(name)?;
    world.objects.hellos.remove(name);
    // SAFETY: live until now or null.
    let result = unsafe { s2n_client_hello_free(&raw mut hello) };
    Ok(format!("{} null={}", status(result), hello.is_null()))
}

/// A function that copies what fits.
type Getter = unsafe extern "C" fn(*mut s2n_client_hello, *mut u8, u32) -> isize;

/// `raw`, `suites`, `extensions`, or the number of an extension; the room may be `nobuf`.
fn field_of(world: &World, name: &str, field: &str, room: &str) -> Result<String, Mistake> {
    let hello = world.hello(name)?;
    let getter: Option<Getter> = match field {
        "raw" => Some(s2n_client_hello_get_raw_message),
        "suites" => Some(s2n_client_hello_get_cipher_suites),
        "extensions" => Some(s2n_client_hello_get_extensions),
        _ => None,
    };
    copied(room, |out, room| {
        // SAFETY: the ClientHello is live or null; the buffer is as long as it says, or null.
        Ok(unsafe {
            match getter {
                Some(getter) => getter(hello, out, room),
                None => s2n_client_hello_get_extension_by_id(hello, number(field)?, out, room),
            }
        })
    })
}

fn copied(
    room: &str,
    copy: impl FnOnce(*mut u8, u32) -> Result<isize, Mistake>,
) -> Result<String, Mistake> {
    let mut buffer = vec![0xee; number::<usize>(room).unwrap_or(8)];
    let out = match room {
        "nobuf" => ptr::null_mut(),
        _ => buffer.as_mut_ptr(),
    };
    clear_error();
    let copied = copy(out, buffer.len() as u32)?;
    Ok(match copied {
        ..1 => format!("{copied} {}", failure()),
        _ => format!("{copied} {}", short(&buffer)),
    })
}

fn length(world: &World, name: &str, field: &str) -> Result<String, Mistake> {
    let hello = world.hello(name)?;
    clear_error();
    // SAFETY: the ClientHello is live or null.
    let length = unsafe {
        match field {
            "raw" => s2n_client_hello_get_raw_message_length(hello),
            "suites" => s2n_client_hello_get_cipher_suites_length(hello),
            "extensions" => s2n_client_hello_get_extensions_length(hello),
            "session_id" | "compression" | "name" => return small_length(hello, field),
            _ => s2n_client_hello_get_extension_length(hello, number(field)?),
        }
    };
    Ok(match length {
        ..1 => format!("{length} {}", failure()),
        _ => length.to_string(),
    })
}

fn small_length(hello: *mut s2n_client_hello, field: &str) -> Result<String, Mistake> {
    let (mut long, mut short) = (77_u32, 77_u16);
    // SAFETY: the ClientHello is live or null, and so are the places.
    let result = unsafe {
        match field {
            "session_id" => s2n_client_hello_get_session_id_length(hello, &raw mut long),
            "compression" => s2n_client_hello_get_compression_methods_length(hello, &raw mut long),
            _ => s2n_client_hello_get_server_name_length(hello, &raw mut short),
        }
    };
    Ok(match result {
        0 => format!("{}", if field == "name" { short.into() } else { long }),
        _ => status(result),
    })
}

fn has(world: &World, name: &str, typ: &str) -> Result<String, Mistake> {
    let (hello, mut exists) = (world.hello(name)?, false);
    // SAFETY: the ClientHello is live or null, and so is the place.
    let result = unsafe { s2n_client_hello_has_extension(hello, number(typ)?, &raw mut exists) };
    Ok(format!("{} {exists}", status(result)))
}

/// Fields whose length comes through a pointer; `nobuf` for no buffer.
fn list(world: &World, verb: &str, name: &str, room: &str) -> Result<String, Mistake> {
    let hello = world.hello(name)?;
    let mut buffer = vec![0xee_u8; number::<usize>(room).unwrap_or(8)];
    let mut groups = vec![0xeeee_u16; buffer.len()];
    let (mut out, mut groups_out) = (buffer.as_mut_ptr(), groups.as_mut_ptr());
    if room == "nobuf" {
        (out, groups_out) = (ptr::null_mut(), ptr::null_mut());
    }
    let room = buffer.len();
    let (mut long, mut few) = (77_u32, 77_u16);
    // SAFETY: the ClientHello is live or null; the buffers are as long as they say, or null.
    let result = unsafe {
        match verb {
            "hello_session_id" => {
                s2n_client_hello_get_session_id(hello, out, &raw mut long, room as u32)
            }
            "hello_compression" => {
                s2n_client_hello_get_compression_methods(hello, out, room as u32, &raw mut long)
            }
            "hello_groups" => {
                s2n_client_hello_get_supported_groups(hello, groups_out, room as u16, &raw mut few)
            }
            _ => s2n_client_hello_get_server_name(hello, out, room as u16, &raw mut few),
        }
    };
    if result != 0 {
        return Ok(status(result));
    }
    Ok(match verb {
        "hello_groups" => {
            format!("{few} {:x?}", &groups[..usize::from(few).min(room)]).replace(", ", ",")
        }
        "hello_name" => format!("{few} {}", readable(&buffer[..usize::from(few).min(room)])),
        _ => format!("{long} {}", short(&buffer[..(long as usize).min(room)])),
    })
}

fn random(world: &World, name: &str, room: &str) -> Result<String, Mistake> {
    let hello = world.hello(name)?;
    let mut buffer = vec![0xee_u8; number::<usize>(room).unwrap_or(32)];
    let out = match room {
        "nobuf" => ptr::null_mut(),
        _ => buffer.as_mut_ptr(),
    };
    // SAFETY: the ClientHello is live or null; the buffer is as long as it says, or null.
    let result = unsafe { s2n_client_hello_get_random(hello, out, buffer.len() as u32) };
    // What a connection drew is random indeed.
    let drawn = world.conns.contains_key(name) && world.objects.hellos.is_empty();
    Ok(match (result, drawn) {
        (0, true) => "0".into(),
        (0, false) => format!("0 {}", short(&buffer)),
        _ => status(result),
    })
}

fn versions(world: &World, name: &str) -> Result<String, Mistake> {
    let hello = world.hello(name)?;
    let (mut protocol, mut record) = (77, 77);
    // SAFETY: the ClientHello is live or null, and so are the places.
    let results = unsafe {
        [
            status(s2n_client_hello_get_legacy_protocol_version(
                hello,
                &raw mut protocol,
            )),
            status(s2n_client_hello_get_legacy_record_version(
                hello,
                &raw mut record,
            )),
        ]
    };
    Ok(format!(
        "{} protocol={protocol} {} record={record}",
        results[0], results[1]
    ))
}
