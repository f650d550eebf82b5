//! External pre-shared keys, the modes of configs and connections, and the selection callback.

use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};
use std::{ptr, slice};

use s2n_tls_sys::*;

use crate::early_data;
use crate::format::{Buffer, number, parse_hex, printable, status};
use crate::objects::Target;
use crate::state::{ScriptError, State};

/// The pre-shared keys of a script, by name, and the selection callbacks.
#[derive(Default)]
pub struct Psks {
    keys: BTreeMap<String, *mut s2n_psk>,
    #[expect(clippy::vec_box, reason = "callbacks hold their addresses")]
    selections: Vec<Box<Selection>>,
}

/// The result and the actions of a selection callback.
struct Selection {
    result: c_int,
    actions: Vec<Action>,
}

enum Action {
    Call(String),
    Append(*mut s2n_psk),
}

impl Psks {
    fn get(&self, name: &str) -> Result<*mut s2n_psk, ScriptError> {
        match name {
            "null" => Ok(ptr::null_mut()),
            _ => match self.keys.get(name) {
                Some(&psk) => Ok(psk),
                None => Err(format!("unknown pre-shared key {name}")),
            },
        }
    }
}

impl Drop for Psks {
    fn drop(&mut self) {
        for psk in self.keys.values_mut() {
            // SAFETY: live or null until now; connections have copies.
            unsafe { s2n_psk_free(psk) };
        }
    }
}

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    Some(match (verb, args) {
        ("psk", [name]) => {
            // SAFETY: the library was initialized.
            let psk = unsafe { s2n_external_psk_new() };
            state.psks.keys.insert((*name).to_owned(), psk);
            Ok((if psk.is_null() { "NULL" } else { "ok" }).into())
        }
        ("psk_free", [name]) => Ok(free(state, name)),
        ("psk_identity" | "psk_secret" | "psk_alpn" | "psk_context", [name, bytes, len @ ..]) => {
            set_bytes(state, verb, name, bytes, len)
        }
        ("psk_hmac", [name, hash]) => set_hash(state, name, hash),
        ("psk_early_data", [name, size, suite]) => set_early_data(state, name, size, suite),
        ("append_psk", [conn, psk]) => append(state, conn, psk),
        ("psk_mode", [target, mode]) => set_mode(state, target, mode),
        ("psk_used", [conn]) => state.conn_ptr(conn).map(used),
        ("psk_used", [conn, capacity]) => used_in(state, conn, capacity),
        ("psk_cb", [config, result, actions @ ..]) => set_selection(state, config, result, actions),
        ("offered_psk_null", []) => Ok(null_arguments()),
        _ => return None,
    })
}

/// Frees a key twice, if it has a name; `null` for NULL as the address of the pointer.
fn free(state: &mut State, name: &str) -> String {
    let Some(psk) = state.psks.keys.get_mut(name) else {
        // SAFETY: NULL is permitted.
        return status(unsafe { s2n_psk_free(ptr::null_mut()) });
    };
    // SAFETY: the key is live; the pointer to it is NULL afterwards.
    let (first, second) = unsafe {
        let first = status(s2n_psk_free(psk));
        (first, status(s2n_psk_free(psk)))
    };
    format!("{first} {second} null={}", psk.is_null())
}

/// Sets bytes of a key.
fn set_bytes(
    state: &State,
    verb: &str,
    name: &str,
    bytes: &str,
    len: &[&str],
) -> Result<String, ScriptError> {
    let psk = state.psks.get(name)?;
    let buffer = Buffer::new(bytes, len)?;
    let (pointer, len) = (buffer.ptr(), buffer.len());
    // SAFETY: the key is live or null; the bytes are readable for `len` bytes, or null.
    Ok(status(unsafe {
        match verb {
            "psk_identity" => s2n_psk_set_identity(psk, pointer, len),
            "psk_secret" => s2n_psk_set_secret(psk, pointer, len),
            "psk_context" => s2n_psk_set_early_data_context(psk, pointer, len),
            _ => {
                let len = u8::try_from(len).map_err(|_| "at most 255 bytes")?;
                s2n_psk_set_application_protocol(psk, pointer, len)
            }
        }
    }))
}

fn set_hash(state: &State, name: &str, hash: &str) -> Result<String, ScriptError> {
    let psk = state.psks.get(name)?;
    let hash = match hash {
        "sha256" => s2n_psk_hmac::SHA256,
        "sha384" => s2n_psk_hmac::SHA384,
        _ => number(hash)?,
    };
    // SAFETY: the key is live or null.
    Ok(status(unsafe { s2n_psk_set_hmac(psk, hash) }))
}

/// `psk_early_data NAME SIZE SUITE`, a suite as in `1301`.
fn set_early_data(
    state: &State,
    name: &str,
    size: &str,
    suite: &str,
) -> Result<String, ScriptError> {
    let (psk, size) = (state.psks.get(name)?, number(size)?);
    let suite = parse_hex(suite)?;
    let [first, second] = suite[..] else {
        return Err("expected two bytes".into());
    };
    // SAFETY: the key is live or null.
    Ok(status(unsafe {
        s2n_psk_configure_early_data(psk, size, first, second)
    }))
}

fn append(state: &State, conn: &str, psk: &str) -> Result<String, ScriptError> {
    let (conn, psk) = (state.conn_ptr(conn)?, state.psks.get(psk)?);
    // SAFETY: both are live or null.
    Ok(status(unsafe { s2n_connection_append_psk(conn, psk) }))
}

fn set_mode(state: &State, target: &str, mode: &str) -> Result<String, ScriptError> {
    let mode = parse_mode(mode)?;
    // SAFETY: config and connection are live or null.
    Ok(status(unsafe {
        match state.target(target)? {
            Target::Config(config) => s2n_config_set_psk_mode(config, mode),
            Target::Conn(conn) => s2n_connection_set_psk_mode(conn, mode),
        }
    }))
}

fn parse_mode(mode: &str) -> Result<s2n_psk_mode::Type, ScriptError> {
    Ok(match mode {
        "resumption" => s2n_psk_mode::RESUMPTION,
        "external" => s2n_psk_mode::EXTERNAL,
        _ => number(mode)?,
    })
}

/// Formats the identity of the key that a connection uses.
pub fn used(conn: *mut s2n_connection) -> String {
    let (mut len, mut identity) = (777, vec![0; 0xffff]);
    // SAFETY: the connection is live or null; the buffer has room for any identity.
    let (first, second) = unsafe {
        let out = identity.as_mut_ptr();
        let first = s2n_connection_get_negotiated_psk_identity_length(conn, &raw mut len);
        let first = status(first);
        let second = s2n_connection_get_negotiated_psk_identity(conn, out, 0xffff);
        (first, status(second))
    };
    let identity = identity.get(..len.into()).unwrap_or_default();
    format!("{first} {len} {second} {}", format_identity(identity))
}

/// `psk_used X CAPACITY`, or `nobuf`, or `nosize` for the length.
fn used_in(state: &State, conn: &str, capacity: &str) -> Result<String, ScriptError> {
    let conn = state.conn_ptr(conn)?;
    // SAFETY: the connection is live or null, the buffer writable for its size or null.
    let result = unsafe {
        match capacity {
            "nosize" => s2n_connection_get_negotiated_psk_identity_length(conn, ptr::null_mut()),
            "nobuf" => s2n_connection_get_negotiated_psk_identity(conn, ptr::null_mut(), 1000),
            _ => {
                let capacity: u16 = number(capacity)?;
                let mut identity = vec![0; capacity.into()];
                let out = identity.as_mut_ptr();
                s2n_connection_get_negotiated_psk_identity(conn, out, capacity)
            }
        }
    };
    Ok(status(result))
}

/// Tickets are random, so that only their length is compared.
fn format_identity(identity: &[u8]) -> String {
    match identity.iter().all(u8::is_ascii_graphic) {
        true => printable(identity),
        false => format!("ticket:{}", identity.len()),
    }
}

/// `psk_cb CFG RESULT ACTION...`, or `null`.
fn set_selection(
    state: &mut State,
    config: &str,
    result: &str,
    actions: &[&str],
) -> Result<String, ScriptError> {
    let config = state.config(config)?;
    if result == "null" {
        // SAFETY: the config is live or null.
        let result =
            unsafe { s2n_config_set_psk_selection_callback(config, None, ptr::null_mut()) };
        return Ok(status(result));
    }
    let parse = |word: &&str| match word.strip_prefix("append:") {
        Some(name) => state.psks.get(name).map(Action::Append),
        None => Ok(Action::Call((*word).to_owned())),
    };
    let selection = Box::new(Selection {
        result: number(result)?,
        actions: actions.iter().map(parse).collect::<Result<_, _>>()?,
    });
    let context = ptr::from_ref(&*selection).cast_mut().cast();
    state.psks.selections.push(selection);
    // SAFETY: the config is live or null; the context lives as long as the state.
    Ok(status(unsafe {
        s2n_config_set_psk_selection_callback(config, Some(select), context)
    }))
}

unsafe extern "C" fn select(
    conn: *mut s2n_connection,
    context: *mut c_void,
    list: *mut s2n_offered_psk_list,
) -> c_int {
    // SAFETY: the context is the registered one, which is live.
    let selection = unsafe { &*context.cast::<Selection>() };
    println!("  psk callback");
    // SAFETY: the library was initialized.
    let mut offered = unsafe { s2n_offered_psk_new() };
    for action in &selection.actions {
        match action {
            Action::Append(psk) => {
                // SAFETY: connection and key are live.
                let result = unsafe { s2n_connection_append_psk(conn, *psk) };
                println!("  append => {}", status(result));
            }
            Action::Call(word) => println!("  {word} => {}", perform(conn, list, offered, word)),
        }
    }
    // SAFETY: live until now.
    unsafe { s2n_offered_psk_free(&raw mut offered) };
    selection.result
}

/// Performs an action of the selection callback.
fn perform(
    conn: *mut s2n_connection,
    list: *mut s2n_offered_psk_list,
    offered: *mut s2n_offered_psk,
    word: &str,
) -> String {
    let (verb, value) = word.split_once(':').unwrap_or((word, ""));
    // SAFETY: connection, list and key are live while the callback runs.
    unsafe {
        match verb {
            "has_next" => s2n_offered_psk_list_has_next(list).to_string(),
            "next" => next(list, offered),
            "list" => {
                let mut all = Vec::new();
                while s2n_offered_psk_list_has_next(list) {
                    all.push(next(list, offered));
                }
                all.join(" ")
            }
            "identity" => identity(offered),
            "reread" => status(s2n_offered_psk_list_reread(list)),
            "choose" if value.is_empty() => status(s2n_offered_psk_list_choose_psk(list, offered)),
            "choose" => {
                while s2n_offered_psk_list_has_next(list) {
                    if next(list, offered).ends_with(&format!(" {value}")) {
                        return status(s2n_offered_psk_list_choose_psk(list, offered));
                    }
                }
                "not offered".into()
            }
            "choose_none" => status(s2n_offered_psk_list_choose_psk(list, ptr::null_mut())),
            "null" => null_with(list, offered),
            "mode" => match parse_mode(value) {
                Ok(mode) => status(s2n_connection_set_psk_mode(conn, mode)),
                Err(error) => error,
            },
            "used" => used(conn),
            "early_data" => early_data::describe(conn),
            "max_early_data" => {
                let size = number(value).unwrap_or(0);
                status(s2n_connection_set_server_max_early_data_size(conn, size))
            }
            _ => format!("SCRIPT ERROR: unknown action {word}"),
        }
    }
}

/// Reads the next key of a list, and formats its identity.
fn next(list: *mut s2n_offered_psk_list, offered: *mut s2n_offered_psk) -> String {
    // SAFETY: both are live.
    let result = status(unsafe { s2n_offered_psk_list_next(list, offered) });
    match result.as_str() {
        "0" => format!("0 {}", identity(offered)),
        _ => result,
    }
}

fn identity(offered: *mut s2n_offered_psk) -> String {
    let (mut bytes, mut len) = (ptr::null_mut(), 777);
    // SAFETY: the key is live, and its identity while the callback runs.
    unsafe {
        match s2n_offered_psk_get_identity(offered, &raw mut bytes, &raw mut len) {
            0 => format_identity(slice::from_raw_parts(bytes, len.into())),
            result => status(result),
        }
    }
}

/// Passes NULL for each argument of the functions of a list.
fn null_with(list: *mut s2n_offered_psk_list, offered: *mut s2n_offered_psk) -> String {
    let (mut bytes, mut len) = (ptr::null_mut(), 777);
    // SAFETY: NULL is permitted for each argument, and the others are live.
    let results = unsafe {
        [
            status(s2n_offered_psk_list_next(ptr::null_mut(), offered)),
            status(s2n_offered_psk_list_next(list, ptr::null_mut())),
            status(s2n_offered_psk_list_choose_psk(ptr::null_mut(), offered)),
            status(s2n_offered_psk_get_identity(
                offered,
                ptr::null_mut(),
                &raw mut len,
            )),
            status(s2n_offered_psk_get_identity(
                offered,
                &raw mut bytes,
                ptr::null_mut(),
            )),
        ]
    };
    results.join(" ")
}

/// Calls the functions of offered keys outside of a callback.
fn null_arguments() -> String {
    let (mut bytes, mut len, list) = (ptr::null_mut(), 777, ptr::null_mut());
    // SAFETY: NULL is permitted for each argument.
    unsafe {
        let mut offered = s2n_offered_psk_new();
        let results = [
            s2n_offered_psk_list_has_next(list).to_string(),
            status(s2n_offered_psk_list_reread(list)),
            status(s2n_offered_psk_list_next(list, offered)),
            status(s2n_offered_psk_list_choose_psk(list, ptr::null_mut())),
            status(s2n_offered_psk_get_identity(
                ptr::null_mut(),
                &raw mut bytes,
                &raw mut len,
            )),
            status(s2n_offered_psk_get_identity(
                offered,
                &raw mut bytes,
                &raw mut len,
            )),
            status(s2n_offered_psk_free(&raw mut offered)),
            status(s2n_offered_psk_free(&raw mut offered)),
            status(s2n_offered_psk_free(ptr::null_mut())),
        ];
        results.join(" ")
    }
}
