//! The callback that is asked about the names of a certificate.

use std::ffi::{c_char, c_void};
use std::ptr;

use s2n_tls_sys::*;

use crate::objects::Target;
use crate::words::{readable, status};
use crate::world::{Mistake, World};

/// Which names are accepted.
pub struct Hosts {
    /// Stands before each line, to tell callbacks apart.
    label: String,
    accepted: Accepted,
}

enum Accepted {
    All,
    These(Vec<String>),
}

/// `verify_host X any`, `none`, `NAME,NAME` (as they are written in the trace; `-` for an empty
/// one), or `null`.
pub fn call(world: &mut World, verb: &str, words: &[&str]) -> Option<Result<String, Mistake>> {
    match (verb, words) {
        ("verify_host", [target, names]) => Some(set(world, target, names)),
        _ => None,
    }
}

fn set(world: &World, target: &str, names: &str) -> Result<String, Mistake> {
    let accepted = match names {
        "any" => Accepted::All,
        "none" => Accepted::These(Vec::new()),
        _ => Accepted::These(names.split(',').map(str::to_owned).collect()),
    };
    let hosts = Box::new(Hosts {
        label: target.to_owned(),
        accepted,
    });
    let (callback, context): (s2n_verify_host_fn, *mut c_void) = match names {
        "null" => (None, ptr::null_mut()),
        _ => (Some(ask), ptr::from_ref(&*hosts).cast_mut().cast()),
    };
    world.objects.hosts.borrow_mut().push(hosts);
    // SAFETY: config and connection are live or null; the context lives as long as the world.
    let result = unsafe {
        match world.target(target)? {
            Target::Config(config) => {
                s2n_config_set_verify_host_callback(config, callback, context)
            }
            Target::Conn(conn) => s2n_connection_set_verify_host_callback(conn, callback, context),
        }
    };
    Ok(status(result))
}

unsafe extern "C" fn ask(name: *const c_char, len: usize, context: *mut c_void) -> u8 {
    // SAFETY: the context is what was registered, and lives.
    let hosts = unsafe { &*context.cast::<Hosts>() };
    // SAFETY: the library promises so many bytes.
    let name = readable(unsafe { std::slice::from_raw_parts(name.cast::<u8>(), len) });
    let accepts = match &hosts.accepted {
        Accepted::All => true,
        Accepted::These(names) => names
            .iter()
            .any(|accepted| *accepted == name || accepted == "-" && name.is_empty()),
    };
    println!("  {} is asked about [{name}] => {accepts}", hosts.label);
    accepts.into()
}
