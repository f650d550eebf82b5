//! Private keys that the script itself uses.

use std::cell::{Cell, RefCell};
use std::ffi::c_int;
use std::ptr;

use s2n_tls_sys::*;

use crate::words::{number, plain, status};
use crate::world::{Mistake, World};

thread_local! {
    /// What the callback returns.
    static RESULT: Cell<c_int> = const { Cell::new(0) };

    /// What it does with its operation.
    static ACTIONS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };

    /// The operations of this script, in their order.
    static OPERATIONS: RefCell<Vec<*mut s2n_async_pkey_op>> = const { RefCell::new(Vec::new()) };
}

pub fn call(world: &mut World, verb: &str, words: &[&str]) -> Option<Result<String, Mistake>> {
    Some(match (verb, words) {
        ("key_cb", [config, result, actions @ ..]) => set(world, config, result, actions),
        ("key_validation", [config, mode]) => world.config(config).and_then(|config| {
            let mode = number(mode)?;
            // SAFETY: the config is live or null.
            Ok(status(unsafe {
                s2n_config_set_async_pkey_validation_mode(config, mode)
            }))
        }),
        ("verify_after_sign", [config, mode]) => world.config(config).and_then(|config| {
            let mode = number(mode)?;
            // SAFETY: the config is live or null.
            Ok(status(unsafe {
                s2n_config_set_verify_after_sign(config, mode)
            }))
        }),
        ("op", [which, "apply", conn]) => {
            operation(which).and_then(|op| Ok(apply(op, world.conn_ptr(conn)?)))
        }
        ("op", [which, "perform", chain]) => operation(which).and_then(|op| {
            let chain = world.chain(chain)?;
            // SAFETY: the chain is live or null.
            let key = unsafe { s2n_cert_chain_and_key_get_private_key(chain) };
            // SAFETY: the operation is live, and so is the key.
            Ok(status(unsafe { s2n_async_pkey_op_perform(op, key) }))
        }),
        ("op", [which, "output", bytes]) => {
            operation(which).and_then(|op| Ok(set_output(op, &plain(bytes)?)))
        }
        ("op", [which, action]) => operation(which).and_then(|op| act(op, action)),
        _ => return None,
    })
}

fn set(world: &World, config: &str, result: &str, actions: &[&str]) -> Result<String, Mistake> {
    let config = world.config(config)?;
    let callback: s2n_async_pkey_fn = match result {
        "null" => None,
        _ => {
            RESULT.set(number(result)?);
            Some(run)
        }
    };
    ACTIONS.set(actions.iter().map(|&word| word.to_owned()).collect());
    OPERATIONS.take();
    // SAFETY: the config is live or null.
    Ok(status(unsafe {
        s2n_config_set_async_pkey_callback(config, callback)
    }))
}

fn operation(which: &str) -> Result<*mut s2n_async_pkey_op, Mistake> {
    if which == "null" {
        return Ok(ptr::null_mut());
    }
    let which: usize = number(which)?;
    let operations = OPERATIONS.with_borrow(Vec::clone);
    let operation = operations.get(which).copied();
    operation.ok_or_else(|| format!("no operation {which}"))
}

unsafe extern "C" fn run(conn: *mut s2n_connection, op: *mut s2n_async_pkey_op) -> c_int {
    println!("  the private key is asked for");
    OPERATIONS.with_borrow_mut(|operations| operations.push(op));
    for action in ACTIONS.with_borrow(Vec::clone) {
        let outcome = match action.as_str() {
            // SAFETY: the connection lives while its callback runs, and so does its chain.
            "perform" => status(unsafe {
                let chain = s2n_connection_get_selected_cert(conn);
                s2n_async_pkey_op_perform(op, s2n_cert_chain_and_key_get_private_key(chain))
            }),
            "apply" => apply(op, conn),
            _ => act(op, &action).unwrap_or_else(|mistake| mistake),
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
    // SAFETY: the operation is live or null, and the bytes are there.
    status(unsafe { s2n_async_pkey_op_set_output(op, bytes.as_ptr(), bytes.len() as u32) })
}

/// What takes nothing but the operation.
fn act(op: *mut s2n_async_pkey_op, action: &str) -> Result<String, Mistake> {
    // SAFETY: the operation is live or null, and every place has the room that is said.
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
            ("input", room) => {
                let mut bytes = [0xaa; 128];
                let room = number(room)?;
                let result = s2n_async_pkey_op_get_input(op, bytes.as_mut_ptr(), room);
                // The hash itself is another one each time.
                let untouched = bytes.iter().rev().take_while(|&&byte| byte == 0xaa);
                format!(
                    "{} {}",
                    status(result),
                    (128 - untouched.count()).div_ceil(16) * 16
                )
            }
            _ => return Err(format!("no action {action}")),
        })
    }
}
