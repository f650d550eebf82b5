//! Resumption: tickets and their keys, serialized sessions, and the session cache.

use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};
use std::{fs, ptr, slice};

use s2n_tls_sys::*;

use crate::format::{number, parse_hex, status, word_bytes};
use crate::hex::hex;
use crate::state::{ScriptError, State};

/// `S2N_CALLBACK_BLOCKED`.
const CALLBACK_BLOCKED: c_int = -2;

/// The sessions of a script, by name, and the callbacks for them.
#[derive(Default)]
pub struct Sessions {
    saved: BTreeMap<String, Vec<u8>>,
    #[expect(clippy::vec_box, reason = "callbacks hold their addresses")]
    ticket_callbacks: Vec<Box<TicketCallback>>,
    #[expect(clippy::vec_box, reason = "callbacks hold their addresses")]
    caches: Vec<Box<Cache>>,
}

struct TicketCallback {
    result: c_int,
    last: Vec<u8>,
}

/// A session cache, whose next answers are given.
#[derive(Default)]
struct Cache {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    /// How often an entry is not known yet.
    blocked: u32,
    /// What the callback returns otherwise, and by how much the size is changed.
    result: c_int,
    size_change: i64,
}

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    Some(match (verb, args) {
        ("tickets" | "cache" | "forward_secrecy" | "ticket_count" | "session_lifetime", _) => {
            setting(state, verb, args)
        }
        ("key_lifetimes", [config, encrypt, decrypt]) => {
            key_lifetimes(state, config, encrypt, decrypt)
        }
        ("ticket_key", [config, name, key, intro]) => ticket_key(state, config, name, key, intro),
        ("ticket_cb", [config, result]) => ticket_callback(state, config, result),
        ("cache_cbs", [config]) => cache_callbacks(state, config, "new"),
        ("cache_cbs", [config, of]) => cache_callbacks(state, config, of),
        ("cache_is", [blocked, result, change]) => cache_is(state, blocked, result, change),
        ("cache_size", []) => Ok(state
            .sessions
            .caches
            .last()
            .map_or(0, |it| it.entries.len())
            .to_string()),
        ("add_tickets", [conn, count]) => state.conn_ptr(conn).and_then(|conn| {
            // SAFETY: the connection is live or null.
            Ok(status(unsafe {
                s2n_connection_add_new_tickets_to_send(conn, number(count)?)
            }))
        }),
        ("tickets_sent", [conn]) => state.conn_ptr(conn).map(|conn| {
            let mut sent = 77;
            // SAFETY: the connection is live or null.
            let result = unsafe { s2n_connection_get_tickets_sent(conn, &raw mut sent) };
            format!("{} sent={sent}", status(result))
        }),
        ("keying_material", [conn, seconds]) => state.conn_ptr(conn).and_then(|conn| {
            let seconds = number(seconds)?;
            // SAFETY: the connection is live or null.
            Ok(status(unsafe {
                s2n_connection_set_server_keying_material_lifetime(conn, seconds)
            }))
        }),
        ("session", [conn]) => state.conn_ptr(conn).map(describe),
        ("get_session", [conn, capacity]) => get_session(state, conn, capacity),
        ("session_id", [conn, capacity]) => session_id(state, conn, capacity),
        ("save", [name, conn]) => save(state, name, conn),
        ("save_last", [name]) => save_last(state, name),
        ("set_session", [conn, name, change @ ..]) => set_session(state, conn, name, change),
        ("export_cache", [path]) => export_cache(state, path),
        ("import_cache", [path]) => import_cache(state, path),
        ("write_session", [name, path]) => write_session(state, name, path),
        ("read_session", [name, path]) => read_session(state, name, path),
        _ => return None,
    })
}

fn setting(state: &State, verb: &str, args: &[&str]) -> Result<String, ScriptError> {
    let [config, value] = args else {
        return Err("expected a config and a value".into());
    };
    let config = state.config(config)?;
    // SAFETY: the config is live or null.
    Ok(status(unsafe {
        match verb {
            "tickets" => s2n_config_set_session_tickets_onoff(config, number(value)?),
            "cache" => s2n_config_set_session_cache_onoff(config, number(value)?),
            "forward_secrecy" => s2n_config_require_ticket_forward_secrecy(config, *value == "1"),
            "ticket_count" => s2n_config_set_initial_ticket_count(config, number(value)?),
            _ => s2n_config_set_session_state_lifetime(config, number(value)?),
        }
    }))
}

fn key_lifetimes(
    state: &State,
    config: &str,
    encrypt: &str,
    decrypt: &str,
) -> Result<String, ScriptError> {
    let config = state.config(config)?;
    let (encrypt, decrypt) = (number(encrypt)?, number(decrypt)?);
    // SAFETY: the config is live or null.
    let results = unsafe {
        [
            s2n_config_set_ticket_encrypt_decrypt_key_lifetime(config, encrypt),
            s2n_config_set_ticket_decrypt_key_lifetime(config, decrypt),
        ]
    };
    Ok(results.map(status).join(" "))
}

/// `null` for a name or a key is NULL with a length of 1.
fn ticket_key(
    state: &State,
    config: &str,
    name: &str,
    key: &str,
    intro: &str,
) -> Result<String, ScriptError> {
    let bytes = |word| match word {
        "null" => Ok((ptr::null(), 1)),
        word => word_bytes(word).map(|bytes| {
            let len = bytes.len() as u32;
            // Lives until the process ends.
            (Vec::leak(bytes).as_ptr(), len)
        }),
    };
    let ((name, name_len), (key, key_len)) = (bytes(name)?, bytes(key)?);
    let (config, intro) = (state.config(config)?, number(intro)?);
    // SAFETY: the config is live or null, name and key are readable or null.
    Ok(status(unsafe {
        s2n_config_add_ticket_crypto_key(config, name, name_len, key.cast_mut(), key_len, intro)
    }))
}

/// `ticket_cb CFG RESULT`, or `null`.
fn ticket_callback(state: &mut State, config: &str, result: &str) -> Result<String, ScriptError> {
    let config = state.config(config)?;
    if result == "null" {
        // SAFETY: the config is live or null.
        let result = unsafe { s2n_config_set_session_ticket_cb(config, None, ptr::null_mut()) };
        return Ok(status(result));
    }
    let mut callback = Box::new(TicketCallback {
        result: number(result)?,
        last: Vec::new(),
    });
    let context = ptr::from_mut(&mut *callback).cast();
    state.sessions.ticket_callbacks.push(callback);
    // SAFETY: the config is live or null; the context lives as long as the state.
    let result = unsafe { s2n_config_set_session_ticket_cb(config, Some(on_ticket), context) };
    Ok(status(result))
}

unsafe extern "C" fn on_ticket(
    conn: *mut s2n_connection,
    context: *mut c_void,
    ticket: *mut s2n_session_ticket,
) -> c_int {
    // SAFETY: the context outlives the config, and only one callback runs at a time.
    let callback = unsafe { &mut *context.cast::<TicketCallback>() };
    let (mut len, mut lifetime) = (0, 0);
    // SAFETY: the ticket lives during the call.
    let results = unsafe {
        [
            s2n_session_ticket_get_data_len(ticket, &raw mut len),
            s2n_session_ticket_get_lifetime(ticket, &raw mut lifetime),
        ]
    };
    callback.last = vec![0; len];
    let out = callback.last.as_mut_ptr();
    // SAFETY: as above; the buffer has room for `len` bytes.
    let (short, copied) = unsafe {
        let short = s2n_session_ticket_get_data(ticket, len.saturating_sub(1), out);
        let short = status(short);
        (short, s2n_session_ticket_get_data(ticket, len, out))
    };
    let results = results.map(status).join(" ");
    println!(
        "  ticket: {results} len={len} lifetime={lifetime} short={short} copied={}",
        status(copied)
    );
    println!("  {}", describe(conn));
    callback.result
}

/// Describes the session of a connection.
fn describe(conn: *mut s2n_connection) -> String {
    // SAFETY: the connection is live or null.
    unsafe {
        let length = s2n_connection_get_session_length(conn);
        let hint = s2n_connection_get_session_ticket_lifetime_hint(conn);
        let hint = status(hint);
        let id = status(s2n_connection_get_session_id_length(conn));
        let resumed = s2n_connection_is_session_resumed(conn);
        let enabled = s2n_connection_are_session_tickets_enabled(conn);
        format!("length={length} hint={hint} id={id} resumed={resumed} enabled={enabled}")
    }
}

fn get_session(state: &State, conn: &str, capacity: &str) -> Result<String, ScriptError> {
    let conn = state.conn_ptr(conn)?;
    let (mut out, capacity) = buffer(capacity)?;
    let pointer = out.as_mut().map_or(ptr::null_mut(), |out| out.as_mut_ptr());
    // SAFETY: the connection is live or null, the buffer writable or null.
    let result = unsafe { s2n_connection_get_session(conn, pointer, capacity) };
    // A ticket and its key are random.
    let head = out.filter(|_| result > 0).map_or(0, |out| out[0]);
    Ok(format!("{} head={head}", status(result)))
}

fn session_id(state: &State, conn: &str, capacity: &str) -> Result<String, ScriptError> {
    let conn = state.conn_ptr(conn)?;
    let (mut out, capacity) = buffer(capacity)?;
    let pointer = out.as_mut().map_or(ptr::null_mut(), |out| out.as_mut_ptr());
    // SAFETY: the connection is live or null, the buffer writable or null.
    Ok(status(unsafe {
        s2n_connection_get_session_id(conn, pointer, capacity)
    }))
}

fn buffer(capacity: &str) -> Result<(Option<Vec<u8>>, usize), ScriptError> {
    match capacity {
        "nobuf" => Ok((None, 1000)),
        size => {
            let size = number(size)?;
            Ok((Some(vec![0; size]), size))
        }
    }
}

/// Saves the session of a connection under a name.
fn save(state: &mut State, name: &str, conn: &str) -> Result<String, ScriptError> {
    let conn = state.conn_ptr(conn)?;
    let mut session = vec![0; 100_000];
    // SAFETY: the connection is live or null, the buffer writable.
    let result = unsafe { s2n_connection_get_session(conn, session.as_mut_ptr(), session.len()) };
    session.truncate(usize::try_from(result).unwrap_or(0));
    state.sessions.saved.insert(name.to_owned(), session);
    Ok(status(result))
}

/// Saves the session that a ticket callback has received last.
fn save_last(state: &mut State, name: &str) -> Result<String, ScriptError> {
    let sessions = &mut state.sessions;
    let last = sessions.ticket_callbacks.last().ok_or("no callback")?;
    let session = last.last.clone();
    let len = session.len();
    sessions.saved.insert(name.to_owned(), session);
    Ok(len.to_string())
}

/// `set_session X NAME`, with a change: `cut N` leaves N bytes, `set AT HEX` replaces some, `append
/// HEX` adds some. `hex:...` is a session itself, `null` is NULL with a length of 1.
fn set_session(
    state: &State,
    conn: &str,
    name: &str,
    change: &[&str],
) -> Result<String, ScriptError> {
    let conn = state.conn_ptr(conn)?;
    if name == "null" {
        // SAFETY: the connection is live or null.
        return Ok(status(unsafe {
            s2n_connection_set_session(conn, ptr::null(), 1)
        }));
    }
    let mut session = match state.sessions.saved.get(name) {
        Some(session) => session.clone(),
        None if name.starts_with("hex:") || name == "-" => word_bytes(name)?,
        None => return Err(format!("unknown session {name}")),
    };
    apply(change, &mut session)?;
    // SAFETY: the connection is live or null, the session readable for its length.
    Ok(status(unsafe {
        s2n_connection_set_session(conn, session.as_ptr(), session.len())
    }))
}

/// Changes bytes: see [`set_session`].
pub fn apply(change: &[&str], bytes: &mut Vec<u8>) -> Result<(), ScriptError> {
    match change {
        [] => {}
        ["cut", len] => bytes.truncate(number(len)?),
        ["set", at, hex] => {
            let (at, new): (usize, _) = (number(at)?, word_bytes(&format!("hex:{hex}"))?);
            let place = bytes.get_mut(at..at + new.len());
            place.ok_or("behind the end")?.copy_from_slice(&new);
        }
        ["append", hex] => bytes.extend(word_bytes(&format!("hex:{hex}"))?),
        _ => return Err("unknown change".into()),
    }
    Ok(())
}

fn write_session(state: &State, name: &str, path: &str) -> Result<String, ScriptError> {
    let session = state.sessions.saved.get(name).ok_or("unknown session")?;
    let path = state.certs.join(path);
    fs::write(path, session).map_err(|error| error.to_string())?;
    Ok("ok".into())
}

fn read_session(state: &mut State, name: &str, path: &str) -> Result<String, ScriptError> {
    let session = fs::read(state.certs.join(path)).map_err(|error| error.to_string())?;
    state.sessions.saved.insert(name.to_owned(), session);
    Ok("ok".into())
}

/// Writes the entries of the last cache to a file, for a server in another process.
fn export_cache(state: &State, path: &str) -> Result<String, ScriptError> {
    let mut lines = String::new();
    for (key, entry) in state
        .sessions
        .caches
        .last()
        .map(|it| &it.entries)
        .into_iter()
        .flatten()
    {
        lines += &format!("{} {}\n", hex(key), hex(entry));
    }
    let path = state.certs.join(path);
    fs::write(path, lines).map_err(|error| error.to_string())?;
    Ok("ok".into())
}

fn import_cache(state: &mut State, path: &str) -> Result<String, ScriptError> {
    let lines = fs::read_to_string(state.certs.join(path)).map_err(|error| error.to_string())?;
    for line in lines.lines() {
        let (key, entry) = line.split_once(' ').ok_or("no entry")?;
        let cache = state.sessions.caches.last_mut().ok_or("no cache")?;
        cache.entries.insert(parse_hex(key)?, parse_hex(entry)?);
    }
    Ok("ok".into())
}

/// Sets the callbacks of a new cache; `last` for those of the last one; `store`, `retrieve` or
/// `delete` for one of them alone.
fn cache_callbacks(state: &mut State, config: &str, of: &str) -> Result<String, ScriptError> {
    let config = state.config(config)?;
    if of == "null" {
        // SAFETY: the config is live or null.
        let results = unsafe {
            [
                s2n_config_set_cache_store_callback(config, None, ptr::null_mut()),
                s2n_config_set_cache_retrieve_callback(config, None, ptr::null_mut()),
                s2n_config_set_cache_delete_callback(config, None, ptr::null_mut()),
            ]
        };
        return Ok(results.map(status).join(" "));
    }
    if of != "last" {
        state.sessions.caches.push(Box::default());
    }
    let cache = state.sessions.caches.last_mut().ok_or("no cache")?;
    let context: *mut c_void = ptr::from_mut(&mut **cache).cast();
    let is_whole = ["new", "last"].contains(&of);
    let mut results = Vec::new();
    // SAFETY: the config is live or null; the cache lives as long as the state.
    unsafe {
        if is_whole || of == "store" {
            results.push(s2n_config_set_cache_store_callback(
                config,
                Some(store),
                context,
            ));
        }
        if is_whole || of == "retrieve" {
            results.push(s2n_config_set_cache_retrieve_callback(
                config,
                Some(retrieve),
                context,
            ));
        }
        if is_whole || of == "delete" {
            results.push(s2n_config_set_cache_delete_callback(
                config,
                Some(delete),
                context,
            ));
        }
    }
    let results: Vec<_> = results.into_iter().map(status).collect();
    Ok(results.join(" "))
}

/// `cache_is BLOCKED RESULT CHANGE`: the next answers of the last cache.
fn cache_is(
    state: &mut State,
    blocked: &str,
    result: &str,
    change: &str,
) -> Result<String, ScriptError> {
    let cache = state.sessions.caches.last_mut().ok_or("no cache")?;
    cache.blocked = number(blocked)?;
    cache.result = number(result)?;
    cache.size_change = number(change)?;
    Ok("ok".into())
}

unsafe extern "C" fn store(
    _: *mut s2n_connection,
    context: *mut c_void,
    ttl: u64,
    key: *const c_void,
    key_size: u64,
    value: *const c_void,
    value_size: u64,
) -> c_int {
    println!("  store: ttl={ttl} key={key_size} value={value_size}");
    // SAFETY: the context is a cache of the state; key and value are readable for their sizes.
    unsafe {
        let key = slice::from_raw_parts(key.cast::<u8>(), key_size as usize);
        let value = slice::from_raw_parts(value.cast::<u8>(), value_size as usize);
        let cache = &mut *context.cast::<Cache>();
        cache.entries.insert(key.to_vec(), value.to_vec());
    }
    0
}

unsafe extern "C" fn retrieve(
    _: *mut s2n_connection,
    context: *mut c_void,
    key: *const c_void,
    key_size: u64,
    value: *mut c_void,
    value_size: *mut u64,
) -> c_int {
    // SAFETY: the context is a cache of the state, and the size is writable.
    let (cache, size) = unsafe { (&mut *context.cast::<Cache>(), &mut *value_size) };
    println!("  retrieve: key={key_size} room={size}");
    if cache.blocked > 0 {
        cache.blocked -= 1;
        return CALLBACK_BLOCKED;
    }
    // SAFETY: the key is readable for its size.
    let key = unsafe { slice::from_raw_parts(key.cast::<u8>(), key_size as usize) };
    let Some(entry) = cache.entries.get(key).filter(|it| it.len() as u64 <= *size) else {
        return -1;
    };
    // SAFETY: there is room for the entry.
    unsafe { ptr::copy_nonoverlapping(entry.as_ptr(), value.cast(), entry.len()) };
    *size = entry
        .len()
        .saturating_add_signed(cache.size_change as isize) as u64;
    cache.result
}

unsafe extern "C" fn delete(
    _: *mut s2n_connection,
    context: *mut c_void,
    key: *const c_void,
    key_size: u64,
) -> c_int {
    println!("  delete: key={key_size}");
    // SAFETY: the context is a cache of the state; the key is readable for its size.
    unsafe {
        let key = slice::from_raw_parts(key.cast::<u8>(), key_size as usize);
        (*context.cast::<Cache>()).entries.remove(key);
    }
    0
}
