//! Objects of a script besides configs and connections. They live until the script ends.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ptr;

use s2n_tls_sys::*;

use crate::hello_callback::HelloCallback;
use crate::quic::QuicCallbacks;
use crate::state::{ScriptError, State};
use crate::verification::Callbacks;
use crate::verify_host::VerifyHost;

#[derive(Default)]
pub struct Objects {
    pub chains: BTreeMap<String, *mut s2n_cert_chain_and_key>,
    pub hellos: BTreeMap<String, *mut s2n_client_hello>,
    pub fingerprints: BTreeMap<String, *mut s2n_fingerprint>,
    pub crls: BTreeMap<String, *mut s2n_crl>,
    /// The wall clock of the configs that use it, in seconds since 1970; `None` for a clock that
    /// fails.
    pub wall: Box<Cell<Option<u64>>>,
    /// The contexts of callbacks.
    #[expect(clippy::vec_box, reason = "callbacks hold their addresses")]
    pub host_callbacks: RefCell<Vec<Box<VerifyHost>>>,
    #[expect(clippy::vec_box, reason = "callbacks hold their addresses")]
    pub verification_callbacks: RefCell<Vec<Box<Callbacks>>>,
    #[expect(clippy::vec_box, reason = "callbacks hold their addresses")]
    pub hello_callbacks: RefCell<Vec<Box<HelloCallback>>>,
    #[expect(clippy::vec_box, reason = "callbacks hold their addresses")]
    pub quic_callbacks: Vec<Box<QuicCallbacks>>,
}

/// The object of a call that exists for configs and for connections.
pub enum Target {
    Config(*mut s2n_config),
    Conn(*mut s2n_connection),
}

impl State {
    /// Looks up a config or a connection. `null` is a NULL connection, `null_config` a NULL config.
    pub fn target(&self, name: &str) -> Result<Target, ScriptError> {
        if name == "null_config" {
            return Ok(Target::Config(ptr::null_mut()));
        }
        match self.conn_ptr(name) {
            Ok(conn) => Ok(Target::Conn(conn)),
            Err(_) => self.config(name).map(Target::Config),
        }
    }

    pub fn chain(&self, name: &str) -> Result<*mut s2n_cert_chain_and_key, ScriptError> {
        find(&self.objects.chains, "chain", name)
    }

    /// Looks up a parsed ClientHello, or that of a connection.
    pub fn hello(&self, name: &str) -> Result<*mut s2n_client_hello, ScriptError> {
        match self.conns.get(name) {
            // SAFETY: the connection is live.
            Some(conn) => Ok(unsafe { s2n_connection_get_client_hello(conn.ptr) }),
            None => find(&self.objects.hellos, "ClientHello", name),
        }
    }

    pub fn crl(&self, name: &str) -> Result<*mut s2n_crl, ScriptError> {
        find(&self.objects.crls, "CRL", name)
    }

    pub fn fingerprint(&self, name: &str) -> Result<*mut s2n_fingerprint, ScriptError> {
        find(&self.objects.fingerprints, "fingerprint", name)
    }
}

fn find<T>(all: &BTreeMap<String, *mut T>, kind: &str, name: &str) -> Result<*mut T, ScriptError> {
    match name {
        "null" => Ok(ptr::null_mut()),
        _ => match all.get(name) {
            Some(&object) => Ok(object),
            None => Err(format!("unknown {kind} {name}")),
        },
    }
}

impl Drop for Objects {
    /// Connections and configs have been freed before.
    fn drop(&mut self) {
        // SAFETY: all of these are live, with no other references.
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
