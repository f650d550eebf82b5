//! Configuration of configs and connections before a handshake.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ptr;

use s2n_tls_sys::*;

use crate::format::{Text, number, status, text, word_bytes};
use crate::io::last_error;
use crate::objects::Target;
use crate::state::{Config, ScriptError, State};

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    Some(match (verb, args) {
        ("config", [name, version @ ("12" | "13")]) => {
            state.make_config(name, version, true).map(|()| "ok".into())
        }
        ("config", [name, kind @ ..]) => new(state, name, kind),
        ("free_config", [name]) => free(state, name),
        ("policy", [target, name]) => policy(state, target, name),
        ("client_auth", [target, kind]) => client_auth(state, target, kind),
        ("get_client_auth", [target]) => get_client_auth(state, target),
        ("server_name", [conn, name]) => server_name(state, conn, name),
        ("alpn", [target, names @ ..]) => alpn(state, target, names),
        ("alpn_append", [target, name]) => alpn_append(state, target, name),
        ("wall_clock", [config]) => wall_clock(state, config),
        ("wall_clock_null", [config]) => state.config(config).map(|config| {
            // SAFETY: the config is live or null.
            status(unsafe { s2n_config_set_wall_clock(config, None, ptr::null_mut()) })
        }),
        ("time", [seconds]) => time(state, seconds),
        ("self_service_blinding", [conn]) => self_service_blinding(state, conn),
        ("context", [target]) => context(state, target),
        _ => return None,
    })
}

/// `config NAME`, or `config NAME with_system_roots`.
fn new(state: &mut State, name: &str, kind: &[&str]) -> Result<String, ScriptError> {
    // SAFETY: the library was initialized.
    let ptr = unsafe {
        match kind {
            [] => s2n_config_new_minimal(),
            ["with_system_roots"] => s2n_config_new(),
            _ => return Err("unknown kind of config".into()),
        }
    };
    if ptr.is_null() {
        return Ok(format!("NULL {}", last_error()));
    }
    let chain = ptr::null_mut();
    state.configs.insert(name.into(), Config { ptr, chain });
    Ok("ok".into())
}

fn free(state: &mut State, name: &str) -> Result<String, ScriptError> {
    let config = state.configs.remove(name);
    let config = config.ok_or_else(|| format!("no config {name}"))?;
    // SAFETY: live until now, with no other references.
    Ok(status(unsafe { s2n_config_free(config.ptr) }))
}

fn policy(state: &State, target: &str, name: &str) -> Result<String, ScriptError> {
    let name = text(name)?;
    // SAFETY: config and connection are live or null, the name is a string or null.
    Ok(status(unsafe {
        match state.target(target)? {
            Target::Config(config) => s2n_config_set_cipher_preferences(config, name.ptr()),
            Target::Conn(conn) => s2n_connection_set_cipher_preferences(conn, name.ptr()),
        }
    }))
}

fn client_auth(state: &State, target: &str, kind: &str) -> Result<String, ScriptError> {
    let kind = match kind {
        "none" => s2n_cert_auth_type::NONE,
        "required" => s2n_cert_auth_type::REQUIRED,
        "optional" => s2n_cert_auth_type::OPTIONAL,
        _ => number(kind)?,
    };
    // SAFETY: config and connection are live or null.
    Ok(status(unsafe {
        match state.target(target)? {
            Target::Config(config) => s2n_config_set_client_auth_type(config, kind),
            Target::Conn(conn) => s2n_connection_set_client_auth_type(conn, kind),
        }
    }))
}

fn get_client_auth(state: &State, target: &str) -> Result<String, ScriptError> {
    let mut kind = 77;
    // SAFETY: config and connection are live or null, and so is the output.
    let result = unsafe {
        match state.target(target)? {
            Target::Config(config) => s2n_config_get_client_auth_type(config, &raw mut kind),
            Target::Conn(conn) => s2n_connection_get_client_auth_type(conn, &raw mut kind),
        }
    };
    Ok(format!("{} kind={kind}", status(result)))
}

fn server_name(state: &State, conn: &str, name: &str) -> Result<String, ScriptError> {
    let (conn, name) = (state.conn_ptr(conn)?, text(name)?);
    // SAFETY: the connection is live or null, the name is a string or null.
    Ok(status(unsafe { s2n_set_server_name(conn, name.ptr()) }))
}

/// `alpn X` for an empty list, `alpn X null 2` for a NULL list, else the names.
fn alpn(state: &State, target: &str, names: &[&str]) -> Result<String, ScriptError> {
    let (names, is_null) = match names {
        ["null", count] => (vec!["-"; number(count)?], true),
        names => (names.to_vec(), false),
    };
    let names: Vec<Text> = names
        .iter()
        .map(|name| text(name))
        .collect::<Result<_, _>>()?;
    let names: Vec<_> = names.iter().map(|name| (name.ptr(), name)).collect();
    let pointers: Vec<_> = names.iter().map(|name| name.0).collect();
    let count = pointers.len() as c_int;
    let list = match is_null {
        true => ptr::null(),
        false => pointers.as_ptr(),
    };
    // SAFETY: config and connection are live or null; the list holds `count` strings, or is null.
    Ok(status(unsafe {
        match state.target(target)? {
            Target::Config(config) => s2n_config_set_protocol_preferences(config, list, count),
            Target::Conn(conn) => s2n_connection_set_protocol_preferences(conn, list, count),
        }
    }))
}

fn alpn_append(state: &State, target: &str, name: &str) -> Result<String, ScriptError> {
    let bytes = match name {
        "null" => Vec::new(),
        _ => word_bytes(name)?,
    };
    let len = u8::try_from(bytes.len()).map_err(|_| "at most 255 bytes")?;
    let name = match name {
        "null" => ptr::null(),
        _ => bytes.as_ptr(),
    };
    // SAFETY: config and connection are live or null; the name holds `len` bytes.
    Ok(status(unsafe {
        match state.target(target)? {
            Target::Config(config) => s2n_config_append_protocol_preference(config, name, len),
            Target::Conn(conn) => s2n_connection_append_protocol_preference(conn, name, len),
        }
    }))
}

/// Gives a config the wall clock that `time` sets.
fn wall_clock(state: &State, config: &str) -> Result<String, ScriptError> {
    let config = state.config(config)?;
    let context = ptr::from_ref(&*state.objects.wall).cast_mut().cast();
    // SAFETY: the config is live or null; the clock lives as long as the state.
    let result = unsafe { s2n_config_set_wall_clock(config, Some(read_wall_clock), context) };
    Ok(status(result))
}

/// `time SECONDS` since 1970, or `time fails`.
fn time(state: &State, seconds: &str) -> Result<String, ScriptError> {
    state.objects.wall.set(match seconds {
        "fails" => None,
        _ => Some(number(seconds)?),
    });
    Ok("ok".into())
}

unsafe extern "C" fn read_wall_clock(context: *mut c_void, nanoseconds: *mut u64) -> c_int {
    // SAFETY: the context is the state's clock, which outlives the config.
    match unsafe { (*context.cast::<Cell<Option<u64>>>()).get() } {
        Some(seconds) => {
            // SAFETY: the library passes a valid output.
            unsafe { *nanoseconds = seconds.saturating_mul(1_000_000_000) };
            0
        }
        None => -1,
    }
}

/// Selects self-service blinding, with which the library does not sleep.
fn self_service_blinding(state: &State, conn: &str) -> Result<String, ScriptError> {
    let conn = state.conn_ptr(conn)?;
    let kind = s2n_blinding::SELF_SERVICE_BLINDING;
    // SAFETY: the connection is live or null.
    Ok(status(unsafe { s2n_connection_set_blinding(conn, kind) }))
}

/// Sets the context of a config or connection and checks that it is returned.
fn context(state: &State, target: &str) -> Result<String, ScriptError> {
    let context = ptr::from_ref(state).cast_mut().cast();
    // SAFETY: config and connection are live or null, and so is the output.
    unsafe {
        let (result, found) = match state.target(target)? {
            Target::Config(config) => {
                let mut found = ptr::null_mut();
                let set = s2n_config_set_ctx(config, context);
                (set | s2n_config_get_ctx(config, &raw mut found), found)
            }
            Target::Conn(conn) => {
                let set = s2n_connection_set_ctx(conn, context);
                (set, s2n_connection_get_ctx(conn))
            }
        };
        Ok(format!("{} {}", status(result), found == context))
    }
}
