//! The host verification callback, which accepts or rejects names of a certificate.

use std::ffi::{c_char, c_void};
use std::ptr;

use s2n_tls_sys::*;

use crate::format::{printable, status};
use crate::objects::Target;
use crate::state::{ScriptError, State};

/// The context of a callback.
pub struct VerifyHost {
    /// Prefix of each trace line, which identifies the callback.
    label: String,
    accepted: AcceptedNames,
}

enum AcceptedNames {
    All,
    Listed(Vec<String>),
}

/// `verify_host X any`, `none`, `NAME,NAME` (as formatted in the trace; `-` for an empty one), or
/// `null`.
pub fn call(state: &mut State, verb: &str, args: &[&str]) -> Option<Result<String, ScriptError>> {
    match (verb, args) {
        ("verify_host", [target, names]) => Some(set(state, target, names)),
        _ => None,
    }
}

fn set(state: &State, target: &str, names: &str) -> Result<String, ScriptError> {
    let accepted = match names {
        "any" => AcceptedNames::All,
        "none" => AcceptedNames::Listed(Vec::new()),
        _ => AcceptedNames::Listed(names.split(',').map(str::to_owned).collect()),
    };
    let registered = Box::new(VerifyHost {
        label: target.to_owned(),
        accepted,
    });
    let (callback, context): (s2n_verify_host_fn, *mut c_void) = match names {
        "null" => (None, ptr::null_mut()),
        _ => (
            Some(on_verify_host),
            ptr::from_ref(&*registered).cast_mut().cast(),
        ),
    };
    state.objects.host_callbacks.borrow_mut().push(registered);
    // SAFETY: config and connection are live or null; the context lives as long as the state.
    let result = unsafe {
        match state.target(target)? {
            Target::Config(config) => {
                s2n_config_set_verify_host_callback(config, callback, context)
            }
            Target::Conn(conn) => s2n_connection_set_verify_host_callback(conn, callback, context),
        }
    };
    Ok(status(result))
}

unsafe extern "C" fn on_verify_host(name: *const c_char, len: usize, context: *mut c_void) -> u8 {
    // SAFETY: the context is the registered one, which is live.
    let registered = unsafe { &*context.cast::<VerifyHost>() };
    // SAFETY: the library passes `len` readable bytes.
    let name = printable(unsafe { std::slice::from_raw_parts(name.cast::<u8>(), len) });
    let accepts = match &registered.accepted {
        AcceptedNames::All => true,
        AcceptedNames::Listed(names) => names
            .iter()
            .any(|accepted| *accepted == name || accepted == "-" && name.is_empty()),
    };
    println!("  {} verify_host [{name}] => {accepts}", registered.label);
    accepts.into()
}
