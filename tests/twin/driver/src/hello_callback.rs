//! The ClientHello callback of a config.

use std::ffi::{c_int, c_void};
use std::ptr;

use s2n_tls_sys::*;

use crate::format::{c_string, number, status, text};
use crate::io::last_error;
use crate::negotiated;
use crate::state::{ScriptError, State};

/// The result and the actions of the callback.
pub struct HelloCallback {
    result: c_int,
    actions: Vec<Action>,
}

enum Action {
    Done,
    NameUsed,
    ServerName,
    HasHello,
    SetConfig(*mut s2n_config),
    Policy(String),
    Alpn(String),
    ClientAuth(u32),
    Negotiated,
}

impl Action {
    fn new(state: &State, word: &str) -> Result<Self, ScriptError> {
        let (verb, value) = word.split_once(':').unwrap_or((word, ""));
        Ok(match verb {
            "done" => Self::Done,
            "name_used" => Self::NameUsed,
            "get_server_name" => Self::ServerName,
            "has_hello" => Self::HasHello,
            "set_config" => Self::SetConfig(state.config(value)?),
            "policy" => Self::Policy(value.to_owned()),
            "alpn_append" => Self::Alpn(value.to_owned()),
            "client_auth" => Self::ClientAuth(number(value)?),
            "negotiated" => Self::Negotiated,
            _ => return Err(format!("unknown action {word}")),
        })
    }

    fn perform(&self, conn: *mut s2n_connection) -> String {
        // SAFETY: the connection lives while its callback runs, and so does the config.
        unsafe {
            match self {
                Self::Done => status(s2n_client_hello_cb_done(conn)),
                Self::NameUsed => status(s2n_connection_server_name_extension_used(conn)),
                Self::ServerName => negotiated::string(s2n_get_server_name(conn)),
                Self::HasHello => (!s2n_connection_get_client_hello(conn).is_null()).to_string(),
                Self::SetConfig(config) => status(s2n_connection_set_config(conn, *config)),
                Self::Policy(name) => {
                    let name = c_string(name.clone().into_bytes()).expect("no NUL");
                    status(s2n_connection_set_cipher_preferences(conn, name.as_ptr()))
                }
                Self::Alpn(name) => {
                    let name = text(name).expect("no NUL");
                    let len = name.len() as u8;
                    let name = name.ptr().cast();
                    status(s2n_connection_append_protocol_preference(conn, name, len))
                }
                Self::ClientAuth(kind) => status(s2n_connection_set_client_auth_type(conn, *kind)),
                Self::Negotiated => negotiated::all(conn),
            }
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NameUsed => "name_used",
            Self::ServerName => "get_server_name",
            Self::HasHello => "has_hello",
            Self::SetConfig(_) => "set_config",
            Self::Policy(_) => "policy",
            Self::Alpn(_) => "alpn_append",
            Self::ClientAuth(_) => "client_auth",
            Self::Negotiated => "negotiated",
        }
    }
}

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    match (verb, args) {
        ("hello_cb", [config, result, actions @ ..]) => Some(set(state, config, result, actions)),
        ("hello_mode", [config, mode]) => Some(set_mode(state, config, mode)),
        ("hello_done", [name]) => Some(state.conn_ptr(name).map(|conn| {
            // SAFETY: the connection is live or null.
            status(unsafe { s2n_client_hello_cb_done(conn) })
        })),
        ("name_used", [name]) => Some(state.conn_ptr(name).map(|conn| {
            // SAFETY: the connection is live or null.
            status(unsafe { s2n_connection_server_name_extension_used(conn) })
        })),
        _ => None,
    }
}

fn set(state: &State, config: &str, result: &str, actions: &[&str]) -> Result<String, ScriptError> {
    let config = state.config(config)?;
    if result == "null" {
        // SAFETY: the config is live or null.
        let result = unsafe { s2n_config_set_client_hello_cb(config, None, ptr::null_mut()) };
        return Ok(status(result));
    }
    let actions = actions.iter().map(|word| Action::new(state, word));
    let callback = Box::new(HelloCallback {
        result: number(result)?,
        actions: actions.collect::<Result<_, _>>()?,
    });
    let context = ptr::from_ref(&*callback).cast_mut().cast();
    state.objects.hello_callbacks.borrow_mut().push(callback);
    // SAFETY: the config is live or null; the context lives as long as the state.
    let result = unsafe { s2n_config_set_client_hello_cb(config, Some(run), context) };
    Ok(status(result))
}

fn set_mode(state: &State, config: &str, mode: &str) -> Result<String, ScriptError> {
    let config = state.config(config)?;
    let mode = match mode {
        "blocking" => s2n_client_hello_cb_mode::BLOCKING,
        "nonblocking" => s2n_client_hello_cb_mode::NONBLOCKING,
        _ => number(mode)?,
    };
    // SAFETY: the config is live or null.
    let result = unsafe { s2n_config_set_client_hello_cb_mode(config, mode) };
    Ok(match result {
        -1 => format!("-1 {}", last_error()),
        _ => result.to_string(),
    })
}

unsafe extern "C" fn run(conn: *mut s2n_connection, context: *mut c_void) -> c_int {
    // SAFETY: the context is the registered one, which is live.
    let callback = unsafe { &*context.cast::<HelloCallback>() };
    println!("  ClientHello callback");
    for action in &callback.actions {
        println!("  {} => {}", action.name(), action.perform(conn));
    }
    callback.result
}
