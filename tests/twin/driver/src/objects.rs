//! What a script made beside configs and connections: all of it lives until the script ends.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ptr;

use s2n_tls_sys::*;

use crate::hello_callback::HelloCallback;
use crate::hosts::Hosts;
use crate::trial::Trial;
use crate::world::{Mistake, World};

#[derive(Default)]
pub struct Objects {
    pub chains: BTreeMap<String, *mut s2n_cert_chain_and_key>,
    pub hellos: BTreeMap<String, *mut s2n_client_hello>,
    pub fingerprints: BTreeMap<String, *mut s2n_fingerprint>,
    pub crls: BTreeMap<String, *mut s2n_crl>,
    /// The time of day of the configs that were given this clock, in seconds since 1970. Nothing
    /// for a clock that fails.
    pub wall: Box<Cell<Option<u64>>>,
    /// The contexts of callbacks.
    #[expect(clippy::vec_box, reason = "callbacks know their addresses")]
    pub hosts: RefCell<Vec<Box<Hosts>>>,
    #[expect(clippy::vec_box, reason = "callbacks know their addresses")]
    pub trials: RefCell<Vec<Box<Trial>>>,
    #[expect(clippy::vec_box, reason = "callbacks know their addresses")]
    pub hello_callbacks: RefCell<Vec<Box<HelloCallback>>>,
}

/// What a call is about that exists for configs and for connections.
pub enum Target {
    Config(*mut s2n_config),
    Conn(*mut s2n_connection),
}

impl World {
    /// `null` is no connection, `null_config` no config.
    pub fn target(&self, name: &str) -> Result<Target, Mistake> {
        if name == "null_config" {
            return Ok(Target::Config(ptr::null_mut()));
        }
        match self.conn_ptr(name) {
            Ok(conn) => Ok(Target::Conn(conn)),
            Err(_) => self.config(name).map(Target::Config),
        }
    }

    pub fn chain(&self, name: &str) -> Result<*mut s2n_cert_chain_and_key, Mistake> {
        find(&self.objects.chains, "chain", name)
    }

    /// A ClientHello that was parsed, or that of a connection.
    pub fn hello(&self, name: &str) -> Result<*mut s2n_client_hello, Mistake> {
        match self.conns.get(name) {
            // SAFETY: the connection is live.
            Some(conn) => Ok(unsafe { s2n_connection_get_client_hello(conn.ptr) }),
            None => find(&self.objects.hellos, "ClientHello", name),
        }
    }

    pub fn crl(&self, name: &str) -> Result<*mut s2n_crl, Mistake> {
        find(&self.objects.crls, "list", name)
    }

    pub fn fingerprint(&self, name: &str) -> Result<*mut s2n_fingerprint, Mistake> {
        find(&self.objects.fingerprints, "fingerprint", name)
    }
}

fn find<T>(all: &BTreeMap<String, *mut T>, kind: &str, name: &str) -> Result<*mut T, Mistake> {
    match name {
        "null" => Ok(ptr::null_mut()),
        _ => match all.get(name) {
            Some(&object) => Ok(object),
            None => Err(format!("no {kind} {name}")),
        },
    }
}

impl Drop for Objects {
    /// Connections and configs are gone by now.
    fn drop(&mut self) {
        // SAFETY: all of these are live, and nobody else knows them.
        unsafe {
            for &(mut fingerprint) in self.fingerprints.values() {
                s2n_fingerprint_free(&raw mut fingerprint);
            }
            for &(mut hello) in self.hellos.values() {
                s2n_client_hello_free(&raw mut hello);
            }
            for &(mut crl) in self.crls.values() {
                s2n_crl_free(&raw mut crl);
            }
            for &chain in self.chains.values() {
                s2n_cert_chain_and_key_free(chain);
            }
        }
    }
}
