//! Asynchronous private key operations.

use std::cell::{Cell, RefCell};
use std::ffi::c_int;
use std::ptr;

use s2n_tls_sys::*;

use crate::format::{number, status, word_bytes};
use crate::state::{ScriptError, State};

thread_local! {
    /// The result of the callback.
    static RESULT: Cell<c_int> = const { Cell::new(0) };

    /// The actions of the callback on its operation.
    static ACTIONS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };

    /// The operations of this script, in order of creation.
    static OPERATIONS: RefCell<Vec<*mut s2n_async_pkey_op>> = const { RefCell::new(Vec::new()) };
}

pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    Some(match (verb, args) {
        ("key_cb", [config, result, actions @ ..]) => set(state, config, result, actions),
        ("key_validation", [config, mode]) => state.config(config).and_then(|config| {
            let mode = number(mode)?;
            // SAFETY: the config is live or null.
            Ok(status(unsafe {
                s2n_config_set_async_pkey_validation_mode(config, mode)
            }))
        }),
        ("verify_after_sign", [config, mode]) => state.config(config).and_then(|config| {
            let mode = number(mode)?;
            // SAFETY: the config is live or null.
            Ok(status(unsafe {
                s2n_config_set_verify_after_sign(config, mode)
            }))
        }),
        ("op", [which, "apply", conn]) => {
            operation(which).and_then(|op| Ok(apply(op, state.conn_ptr(conn)?)))
        }
        ("op", [which, "perform", chain]) => operation(which).and_then(|op| {
            let chain = state.chain(chain)?;
            // SAFETY: the chain is live or null.
            let key = unsafe { s2n_cert_chain_and_key_get_private_key(chain) };
            // SAFETY: the operation is live, and so is the key.
            Ok(status(unsafe { s2n_async_pkey_op_perform(op, key) }))
        }),
        ("op", [which, "output", bytes]) => {
            operation(which).and_then(|op| Ok(set_output(op, &word_bytes(bytes)?)))
        }
        ("op", [which, action]) => operation(which).and_then(|op| act(op, action)),
        _ => return None,
    })
}

fn set(state: &State, config: &str, result: &str, actions: &[&str]) -> Result<String, ScriptError> {
    let config = state.config(config)?;
    let callback: s2n_async_pkey_fn = match result {
        "null" => None,
        _ => {
            RESULT.set(number(result)?);
            Some(on_operation)
        }
    };
    ACTIONS.set(actions.iter().map(|&word| word.to_owned()).collect());
    OPERATIONS.take();
    // SAFETY: the config is live or null.
    Ok(status(unsafe {
        s2n_config_set_async_pkey_callback(config, callback)
    }))
}

fn operation(which: &str) -> Result<*mut s2n_async_pkey_op, ScriptError> {
    if which == "null" {
        return Ok(ptr::null_mut());
    }
    let which: usize = number(which)?;
    let operations = OPERATIONS.with_borrow(Vec::clone);
    let operation = operations.get(which).copied();
    operation.ok_or_else(|| format!("unknown operation {which}"))
}

unsafe extern "C" fn on_operation(conn: *mut s2n_connection, op: *mut s2n_async_pkey_op) -> c_int {
    println!("  private key callback");
    OPERATIONS.with_borrow_mut(|operations| operations.push(op));
    for action in ACTIONS.with_borrow(Vec::clone) {
        let outcome = match action.as_str() {
            // SAFETY: the connection lives while its callback runs, and so does its chain.
            "perform" => status(unsafe {
                let chain = s2n_connection_get_selected_cert(conn);
                s2n_async_pkey_op_perform(op, s2n_cert_chain_and_key_get_private_key(chain))
            }),
            "apply" => apply(op, conn),
            _ => act(op, &action).unwrap_or_else(|error| error),
        };
        println!("  {action} => {outcome}");
    }
    RESULT.get()
}

fn apply(op: *mut s2n_async_pkey_op, conn: *mut s2n_connection) -> String {
    // SAFETY: both are live or null.
    status(unsafe { s2n_async_pkey_op_apply(op, conn) })
}

fn set_output(op: *mut s2n_async_pkey_op, bytes: &[u8]) -> String {
    // SAFETY: the operation is live or null, and the bytes are readable.
    status(unsafe { s2n_async_pkey_op_set_output(op, bytes.as_ptr(), bytes.len() as u32) })
}

/// Performs a call whose only argument is the operation.
fn act(op: *mut s2n_async_pkey_op, action: &str) -> Result<String, ScriptError> {
    // SAFETY: the operation is live or null, and every output has the size passed.
    unsafe {
        Ok(match action.split_once(':').unwrap_or((action, "")) {
            ("free", _) => status(s2n_async_pkey_op_free(op)),
            ("type", _) => {
                let mut kind = 77;
                let result = s2n_async_pkey_op_get_op_type(op, &raw mut kind);
                format!("{} {kind}", status(result))
            }
            ("size", _) => {
                let mut len = 77;
                let result = s2n_async_pkey_op_get_input_size(op, &raw mut len);
                format!("{} {len}", status(result))
            }
            ("input", capacity) => {
                let mut bytes = [0xaa; 128];
                let capacity = number(capacity)?;
                let result = s2n_async_pkey_op_get_input(op, bytes.as_mut_ptr(), capacity);
                // The digest differs in every run, so that only its length is compared.
                let untouched = bytes.iter().rev().take_while(|&&byte| byte == 0xaa);
                format!(
                    "{} {}",
                    status(result),
                    (128 - untouched.count()).div_ceil(16) * 16
                )
            }
            _ => return Err(format!("unknown action {action}")),
        })
    }
}
