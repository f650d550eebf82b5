//! Parsing of ClientHellos and getters of their fields.

use std::ptr;

use s2n_tls_sys::*;

use crate::format::{number, parse_hex, printable, status, summary};
use crate::io::{clear_error, last_error};
use crate::state::{ScriptError, State};

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    Some(match (verb, args) {
        ("parse", [name, hex]) => parse(state, name, hex),
        ("free_hello", [name]) => free(state, name),
        ("hello_field", [name, field, capacity]) => copy_field(state, name, field, capacity),
        ("hello_length", [name, field]) => length(state, name, field),
        ("hello_has", [name, typ]) => has(state, name, typ),
        (
            "hello_session_id" | "hello_compression" | "hello_groups" | "hello_name",
            [name, capacity],
        ) => list(state, verb, name, capacity),
        ("hello_random", [name, capacity]) => random(state, name, capacity),
        ("hello_versions", [name]) => versions(state, name),
        _ => return None,
    })
}

fn parse(state: &mut State, name: &str, hex: &str) -> Result<String, ScriptError> {
    let message = match hex {
        "null" => Vec::new(),
        "-" => Vec::new(),
        _ => parse_hex(hex)?,
    };
    let start = match hex {
        "null" => ptr::null(),
        _ => message.as_ptr(),
    };
    // SAFETY: the message holds `len` bytes, or is null.
    let hello = unsafe { s2n_client_hello_parse_message(start, message.len() as u32) };
    if hello.is_null() {
        return Ok(format!("NULL {}", last_error()));
    }
    state.objects.hellos.insert(name.into(), hello);
    Ok("ok".into())
}

fn free(state: &mut State, name: &str) -> Result<String, ScriptError> {
    if name == "null_pointer" {
        // SAFETY: NULL is rejected.
        return Ok(status(unsafe { s2n_client_hello_free(ptr::null_mut()) }));
    }
    let mut hello = state.hello(name)?;
    state.objects.hellos.remove(name);
    // SAFETY: live until now or null.
    let result = unsafe { s2n_client_hello_free(&raw mut hello) };
    Ok(format!("{} null={}", status(result), hello.is_null()))
}

/// A getter that copies as much as fits.
type Getter = unsafe extern "C" fn(*mut s2n_client_hello, *mut u8, u32) -> isize;

/// `raw`, `suites`, `extensions`, or the number of an extension; the buffer size may be `nobuf`.
fn copy_field(
    state: &State,
    name: &str,
    field: &str,
    capacity: &str,
) -> Result<String, ScriptError> {
    let hello = state.hello(name)?;
    let getter: Option<Getter> = match field {
        "raw" => Some(s2n_client_hello_get_raw_message),
        "suites" => Some(s2n_client_hello_get_cipher_suites),
        "extensions" => Some(s2n_client_hello_get_extensions),
        _ => None,
    };
    copy(capacity, |out, capacity| {
        // SAFETY: the ClientHello is live or null; the buffer has the length passed, or is null.
        Ok(unsafe {
            match getter {
                Some(getter) => getter(hello, out, capacity),
                None => s2n_client_hello_get_extension_by_id(hello, number(field)?, out, capacity),
            }
        })
    })
}

fn copy(
    capacity: &str,
    getter: impl FnOnce(*mut u8, u32) -> Result<isize, ScriptError>,
) -> Result<String, ScriptError> {
    let mut buffer = vec![0xee; number::<usize>(capacity).unwrap_or(8)];
    let out = match capacity {
        "nobuf" => ptr::null_mut(),
        _ => buffer.as_mut_ptr(),
    };
    clear_error();
    let copied = getter(out, buffer.len() as u32)?;
    Ok(match copied {
        ..1 => format!("{copied} {}", last_error()),
        _ => format!("{copied} {}", summary(&buffer)),
    })
}

fn length(state: &State, name: &str, field: &str) -> Result<String, ScriptError> {
    let hello = state.hello(name)?;
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
        ..1 => format!("{length} {}", last_error()),
        _ => length.to_string(),
    })
}

fn small_length(hello: *mut s2n_client_hello, field: &str) -> Result<String, ScriptError> {
    let (mut long, mut short) = (77_u32, 77_u16);
    // SAFETY: the ClientHello is live or null, and so are the outputs.
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

fn has(state: &State, name: &str, typ: &str) -> Result<String, ScriptError> {
    let (hello, mut exists) = (state.hello(name)?, false);
    // SAFETY: the ClientHello is live or null, and so is the output.
    let result = unsafe { s2n_client_hello_has_extension(hello, number(typ)?, &raw mut exists) };
    Ok(format!("{} {exists}", status(result)))
}

/// Getters that return the length through a pointer; `nobuf` for a NULL buffer.
fn list(state: &State, verb: &str, name: &str, capacity: &str) -> Result<String, ScriptError> {
    let hello = state.hello(name)?;
    let mut buffer = vec![0xee_u8; number::<usize>(capacity).unwrap_or(8)];
    let mut groups = vec![0xeeee_u16; buffer.len()];
    let (mut out, mut groups_out) = (buffer.as_mut_ptr(), groups.as_mut_ptr());
    if capacity == "nobuf" {
        (out, groups_out) = (ptr::null_mut(), ptr::null_mut());
    }
    let capacity = buffer.len();
    let (mut long, mut few) = (77_u32, 77_u16);
    // SAFETY: the ClientHello is live or null; the buffers have the lengths passed, or are null.
    let result = unsafe {
        match verb {
            "hello_session_id" => {
                s2n_client_hello_get_session_id(hello, out, &raw mut long, capacity as u32)
            }
            "hello_compression" => {
                s2n_client_hello_get_compression_methods(hello, out, capacity as u32, &raw mut long)
            }
            "hello_groups" => s2n_client_hello_get_supported_groups(
                hello,
                groups_out,
                capacity as u16,
                &raw mut few,
            ),
            _ => s2n_client_hello_get_server_name(hello, out, capacity as u16, &raw mut few),
        }
    };
    if result != 0 {
        return Ok(status(result));
    }
    Ok(match verb {
        "hello_groups" => {
            format!("{few} {:x?}", &groups[..usize::from(few).min(capacity)]).replace(", ", ",")
        }
        "hello_name" => format!(
            "{few} {}",
            printable(&buffer[..usize::from(few).min(capacity)])
        ),
        _ => format!(
            "{long} {}",
            summary(&buffer[..(long as usize).min(capacity)])
        ),
    })
}

fn random(state: &State, name: &str, capacity: &str) -> Result<String, ScriptError> {
    let hello = state.hello(name)?;
    let mut buffer = vec![0xee_u8; number::<usize>(capacity).unwrap_or(32)];
    let out = match capacity {
        "nobuf" => ptr::null_mut(),
        _ => buffer.as_mut_ptr(),
    };
    // SAFETY: the ClientHello is live or null; the buffer has the length passed, or is null.
    let result = unsafe { s2n_client_hello_get_random(hello, out, buffer.len() as u32) };
    // The random of a real connection differs in every run.
    let is_random = state.conns.contains_key(name) && state.objects.hellos.is_empty();
    Ok(match (result, is_random) {
        (0, true) => "0".into(),
        (0, false) => format!("0 {}", summary(&buffer)),
        _ => status(result),
    })
}

fn versions(state: &State, name: &str) -> Result<String, ScriptError> {
    let hello = state.hello(name)?;
    let (mut protocol, mut record) = (77, 77);
    // SAFETY: the ClientHello is live or null, and so are the outputs.
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
