//! Calls that set up configs and connections before a handshake.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ptr;

use s2n_tls_sys::*;

use crate::calls::failure;
use crate::objects::Target;
use crate::words::{Text, number, plain, status, text};
use crate::world::{Config, Mistake, World};

pub fn call(world: &mut World, verb: &str, words: &[&str]) -> Option<Result<String, Mistake>> {
    Some(match (verb, words) {
        ("config", [name, kind @ ..]) => new(world, name, kind),
        ("free_config", [name]) => free(world, name),
        ("policy", [target, name]) => policy(world, target, name),
        ("client_auth", [target, kind]) => client_auth(world, target, kind),
        ("get_client_auth", [target]) => get_client_auth(world, target),
        ("server_name", [conn, name]) => server_name(world, conn, name),
        ("alpn", [target, names @ ..]) => alpn(world, target, names),
        ("alpn_append", [target, name]) => alpn_append(world, target, name),
        ("wall_clock", [config]) => wall_clock(world, config),
        ("wall_clock_null", [config]) => world.config(config).map(|config| {
            // SAFETY: the config is live or null.
            status(unsafe { s2n_config_set_wall_clock(config, None, ptr::null_mut()) })
        }),
        ("time", [seconds]) => time(world, seconds),
        ("quiet", [conn]) => quiet(world, conn),
        ("context", [target]) => context(world, target),
        _ => return None,
    })
}

/// `config NAME`, or `config NAME with_system_roots`.
fn new(world: &mut World, name: &str, kind: &[&str]) -> Result<String, Mistake> {
    // SAFETY: the library was initialized.
    let ptr = unsafe {
        match kind {
            [] => s2n_config_new_minimal(),
            ["with_system_roots"] => s2n_config_new(),
            _ => return Err("no such kind of config".into()),
        }
    };
    if ptr.is_null() {
        return Ok(format!("NULL {}", failure()));
    }
    let chain = ptr::null_mut();
    world.configs.insert(name.into(), Config { ptr, chain });
    Ok("ok".into())
}

fn free(world: &mut World, name: &str) -> Result<String, Mistake> {
    let config = world.configs.remove(name);
    let config = config.ok_or_else(|| format!("no config {name}"))?;
    // SAFETY: live until now, and nobody else knows it.
    Ok(status(unsafe { s2n_config_free(config.ptr) }))
}

fn policy(world: &World, target: &str, name: &str) -> Result<String, Mistake> {
    let name = text(name)?;
    // SAFETY: config and connection are live or null, the name is a string or null.
    Ok(status(unsafe {
        match world.target(target)? {
            Target::Config(config) => s2n_config_set_cipher_preferences(config, name.ptr()),
            Target::Conn(conn) => s2n_connection_set_cipher_preferences(conn, name.ptr()),
        }
    }))
}

fn client_auth(world: &World, target: &str, kind: &str) -> Result<String, Mistake> {
    let kind = match kind {
        "none" => s2n_cert_auth_type::NONE,
        "required" => s2n_cert_auth_type::REQUIRED,
        "optional" => s2n_cert_auth_type::OPTIONAL,
        _ => number(kind)?,
    };
    // SAFETY: config and connection are live or null.
    Ok(status(unsafe {
        match world.target(target)? {
            Target::Config(config) => s2n_config_set_client_auth_type(config, kind),
            Target::Conn(conn) => s2n_connection_set_client_auth_type(conn, kind),
        }
    }))
}

fn get_client_auth(world: &World, target: &str) -> Result<String, Mistake> {
    let mut kind = 77;
    // SAFETY: config and connection are live or null, and so is the place.
    let result = unsafe {
        match world.target(target)? {
            Target::Config(config) => s2n_config_get_client_auth_type(config, &raw mut kind),
            Target::Conn(conn) => s2n_connection_get_client_auth_type(conn, &raw mut kind),
        }
    };
    Ok(format!("{} kind={kind}", status(result)))
}

fn server_name(world: &World, conn: &str, name: &str) -> Result<String, Mistake> {
    let (conn, name) = (world.conn_ptr(conn)?, text(name)?);
    // SAFETY: the connection is live or null, the name is a string or null.
    Ok(status(unsafe { s2n_set_server_name(conn, name.ptr()) }))
}

/// `alpn X` for none, `alpn X null 2` for no list, else the names.
fn alpn(world: &World, target: &str, names: &[&str]) -> Result<String, Mistake> {
    let (names, no_list) = match names {
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
    let list = match no_list {
        true => ptr::null(),
        false => pointers.as_ptr(),
    };
    // SAFETY: config and connection are live or null; the list has so many strings, or is null.
    Ok(status(unsafe {
        match world.target(target)? {
            Target::Config(config) => s2n_config_set_protocol_preferences(config, list, count),
            Target::Conn(conn) => s2n_connection_set_protocol_preferences(conn, list, count),
        }
    }))
}

fn alpn_append(world: &World, target: &str, name: &str) -> Result<String, Mistake> {
    let bytes = match name {
        "null" => Vec::new(),
        _ => plain(name)?,
    };
    let len = u8::try_from(bytes.len()).map_err(|_| "at most 255 bytes")?;
    let name = match name {
        "null" => ptr::null(),
        _ => bytes.as_ptr(),
    };
    // SAFETY: config and connection are live or null; the name has so many bytes.
    Ok(status(unsafe {
        match world.target(target)? {
            Target::Config(config) => s2n_config_append_protocol_preference(config, name, len),
            Target::Conn(conn) => s2n_connection_append_protocol_preference(conn, name, len),
        }
    }))
}

/// Lets `time` say what time it is to this config.
fn wall_clock(world: &World, config: &str) -> Result<String, Mistake> {
    let config = world.config(config)?;
    let context = ptr::from_ref(&*world.objects.wall).cast_mut().cast();
    // SAFETY: the config is live or null; the clock lives as long as the world.
    let result = unsafe { s2n_config_set_wall_clock(config, Some(tell_time), context) };
    Ok(status(result))
}

/// `time SECONDS` since 1970, or `time fails`.
fn time(world: &World, seconds: &str) -> Result<String, Mistake> {
    world.objects.wall.set(match seconds {
        "fails" => None,
        _ => Some(number(seconds)?),
    });
    Ok("ok".into())
}

unsafe extern "C" fn tell_time(context: *mut c_void, nanoseconds: *mut u64) -> c_int {
    // SAFETY: the context is the world's clock, which outlives the config.
    match unsafe { (*context.cast::<Cell<Option<u64>>>()).get() } {
        Some(seconds) => {
            // SAFETY: the place is the library's.
            unsafe { *nanoseconds = seconds.saturating_mul(1_000_000_000) };
            0
        }
        None => -1,
    }
}

/// A connection that does not sleep when it is to be blinded.
fn quiet(world: &World, conn: &str) -> Result<String, Mistake> {
    let conn = world.conn_ptr(conn)?;
    let kind = s2n_blinding::SELF_SERVICE_BLINDING;
    // SAFETY: the connection is live or null.
    Ok(status(unsafe { s2n_connection_set_blinding(conn, kind) }))
}

/// Whether the application's own pointer comes back.
fn context(world: &World, target: &str) -> Result<String, Mistake> {
    let context = ptr::from_ref(world).cast_mut().cast();
    // SAFETY: config and connection are live or null, and so is the place.
    unsafe {
        let (result, found) = match world.target(target)? {
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
