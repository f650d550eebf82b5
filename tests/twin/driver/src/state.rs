//! The state of a script: its configs, connections and other objects, by name.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::{CString, c_int, c_void};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::ptr;

use s2n_tls_sys::*;

use crate::early_data;
use crate::forged_records::{self, Forger, Secrets};
use crate::objects::Objects;
use crate::psks::Psks;
use crate::serialization::Blobs;
use crate::sessions::Sessions;
use crate::sockets::Sockets;
use crate::transport::{self, Endpoint};

/// An error in a script, as opposed to one that the library returned.
pub type ScriptError = String;

pub struct State {
    pub certs: PathBuf,
    pub configs: BTreeMap<String, Config>,
    pub conns: BTreeMap<String, Conn>,
    /// The monotonic clock of both configs, in nanoseconds.
    pub clock: Box<Cell<u64>>,
    pub sockets: Option<Sockets>,
    /// Transports of connections with peers in other processes.
    pub streams: BTreeMap<String, TcpStream>,
    /// Secrets from the key log of the connection between `c` and `s`.
    pub secrets: Box<Secrets>,
    pub objects: Objects,
    pub sessions: Sessions,
    pub psks: Psks,
    pub blobs: Blobs,
}

pub struct Config {
    pub ptr: *mut s2n_config,
    /// The chain that `configs` loaded for it, or NULL.
    pub chain: *mut s2n_cert_chain_and_key,
}

pub struct Conn {
    pub ptr: *mut s2n_connection,
    pub endpoint: Option<Box<Endpoint>>,
    /// Number of stream bytes reported as sent, and of bytes received.
    pub sent: u64,
    pub received: u64,
    /// Number of bytes of early data sent or received.
    pub early: u64,
    /// The received bytes are expected to be the sent ones.
    pub is_in_order: bool,
    /// The incoming bytes were modified in transit.
    pub is_modified: bool,
    /// Identifies the stream of bytes that this connection sends.
    pub stream: u8,
    /// The wire counters when the handshake ended.
    pub base: Option<(u64, u64)>,
    /// Number of records that it had written then.
    pub records_base: u64,
    /// Seals forged records with its keys.
    pub forger: Option<Forger>,
}

/// Gives a connection a transport, which lives as long as the connection, and self-service blinding.
pub fn connect_to(conn: *mut s2n_connection, endpoint: &Endpoint) {
    let context = ptr::from_ref(endpoint).cast_mut().cast();
    // SAFETY: the connection is live; the endpoint lives as long.
    unsafe {
        check_ok(s2n_connection_set_blinding(
            conn,
            s2n_blinding::SELF_SERVICE_BLINDING,
        ));
        check_ok(s2n_connection_set_send_cb(conn, Some(transport::write)));
        check_ok(s2n_connection_set_send_ctx(conn, context));
        check_ok(s2n_connection_set_recv_cb(conn, Some(transport::read)));
        check_ok(s2n_connection_set_recv_ctx(conn, context));
    }
}

/// Returns the byte at an offset of a stream.
pub fn pattern(stream: u8, offset: u64) -> u8 {
    let mixed = offset.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    (mixed as u8).wrapping_add(stream)
}

impl State {
    pub fn new(certs: &Path) -> Self {
        early_data::reset();
        Self {
            certs: certs.to_owned(),
            configs: BTreeMap::new(),
            conns: BTreeMap::new(),
            // Far ahead of the system's clock, with which s2n-tls initializes the timer of a
            // connection.
            clock: Box::new(Cell::new(1 << 62)),
            sockets: None,
            streams: BTreeMap::new(),
            secrets: Box::default(),
            objects: Objects::default(),
            sessions: Sessions::default(),
            psks: Psks::default(),
            blobs: Blobs::default(),
        }
    }

    pub fn config(&self, name: &str) -> Result<*mut s2n_config, ScriptError> {
        match name {
            "null" => Ok(ptr::null_mut()),
            _ => match self.configs.get(name) {
                Some(config) => Ok(config.ptr),
                None => Err(format!("unknown config {name}")),
            },
        }
    }

    pub fn conn(&mut self, name: &str) -> Result<&mut Conn, ScriptError> {
        let conn = self.conns.get_mut(name);
        conn.ok_or_else(|| format!("unknown connection {name}"))
    }

    /// Returns the pointer of a connection, or NULL for `null`.
    pub fn conn_ptr(&self, name: &str) -> Result<*mut s2n_connection, ScriptError> {
        match name {
            "null" => Ok(ptr::null_mut()),
            _ => match self.conns.get(name) {
                Some(conn) => Ok(conn.ptr),
                None => Err(format!("unknown connection {name}")),
            },
        }
    }

    /// Creates the configs `cc` and `sc` for a client and a server.
    pub fn make_configs(&mut self, version: &str) -> Result<(), ScriptError> {
        self.make_config("cc", version, false)?;
        self.make_config("sc", version, true)
    }

    /// Creates a config with the clock of the script, and with a certificate chain for a server.
    pub fn make_config(
        &mut self,
        name: &str,
        version: &str,
        has_chain: bool,
    ) -> Result<(), ScriptError> {
        let policy = match version {
            "12" => c"ELBSecurityPolicy-TLS-1-2-2017-01",
            "13" => c"default_tls13",
            _ => return Err(format!("unknown version {version}")),
        };
        // SAFETY: the library was initialized.
        let config = unsafe { s2n_config_new_minimal() };
        let clock = ptr::from_ref(&*self.clock).cast_mut().cast();
        let secrets = ptr::from_ref(&*self.secrets).cast_mut().cast();
        // SAFETY: the config is live, clock and secrets outlive it, and match their callbacks.
        unsafe {
            check_ok(s2n_config_set_cipher_preferences(config, policy.as_ptr()));
            check_ok(s2n_config_set_monotonic_clock(
                config,
                Some(monotonic),
                clock,
            ));
            check_ok(s2n_config_disable_x509_verification(config));
            check_ok(s2n_config_set_key_log_cb(
                config,
                Some(forged_records::log_secret),
                secrets,
            ));
        }
        let chain = match has_chain {
            true => self.load_chain(config),
            false => ptr::null_mut(),
        };
        self.configs
            .insert(name.into(), Config { ptr: config, chain });
        Ok(())
    }

    fn load_chain(&self, config: *mut s2n_config) -> *mut s2n_cert_chain_and_key {
        let text = |name| {
            let bytes =
                std::fs::read(self.certs.join(name)).expect("make.sh created the certificates");
            CString::new(bytes).expect("text")
        };
        let (pem, key) = (text("ecdsa.pem"), text("ecdsa.key"));
        // SAFETY: the library was initialized; the strings outlive the call.
        unsafe {
            let chain = s2n_cert_chain_and_key_new();
            let (pem, key) = (pem.as_ptr().cast_mut(), key.as_ptr().cast_mut());
            check_ok(s2n_cert_chain_and_key_load_pem(chain, pem, key));
            check_ok(s2n_config_add_cert_chain_and_key_to_store(config, chain));
            chain
        }
    }

    /// Creates the connections `c` and `s` with an in-memory transport.
    pub fn make_connections(&mut self) -> Result<(), ScriptError> {
        self.add_connection("c", s2n_mode::CLIENT);
        self.add_connection("s", s2n_mode::SERVER);
        self.join()
    }

    pub fn add_connection(&mut self, name: &str, mode: s2n_mode::Type) {
        let conn = Conn {
            // SAFETY: the library was initialized.
            ptr: unsafe { s2n_connection_new(mode) },
            endpoint: None,
            sent: 0,
            received: 0,
            early: 0,
            is_in_order: true,
            is_modified: false,
            stream: name.as_bytes()[0],
            base: None,
            records_base: 0,
            forger: None,
        };
        self.conns.insert(name.into(), conn);
    }

    /// Gives both connections their config, a new in-memory transport, and self-service blinding.
    /// Also used after a wipe.
    pub fn join(&mut self) -> Result<(), ScriptError> {
        let (client, server) = Endpoint::pair();
        for (name, config, endpoint) in [("c", "cc", client), ("s", "sc", server)] {
            let config = self.config(config)?;
            let conn = self.conn(name)?;
            // SAFETY: connection and config are live.
            unsafe { check_ok(s2n_connection_set_config(conn.ptr, config)) };
            connect_to(conn.ptr, &endpoint);
            conn.endpoint = Some(endpoint);
            (conn.sent, conn.received, conn.base) = (0, 0, None);
            conn.early = 0;
            conn.forger = None;
            (conn.is_in_order, conn.is_modified) = (true, false);
        }
        Ok(())
    }

    /// Delivers a forged record of its peer to `name`.
    pub fn forge(
        &mut self,
        name: &str,
        typ: u8,
        plain: &[u8],
        padding: usize,
    ) -> Result<(), ScriptError> {
        let peer = if name == "c" { "s" } else { "c" };
        let endpoint = self
            .conn(name)?
            .endpoint
            .as_ref()
            .ok_or("no in-memory transport")?;
        let incoming = std::rc::Rc::clone(&endpoint.incoming);
        let hello = match peer {
            "s" => incoming.borrow().first.clone(),
            _ => endpoint.outgoing.borrow().first.clone(),
        };
        self.conn(name)?.is_in_order = false;
        if self.conn(peer)?.forger.is_none() {
            let records = incoming.borrow().records_written - self.conn(peer)?.records_base;
            let forger = Forger::new(&self.secrets, peer == "c", &hello, records)?;
            self.conn(peer)?.forger = Some(forger);
        }
        let forger = self.conn(peer)?.forger.as_mut().expect("set above");
        incoming
            .borrow_mut()
            .queue
            .extend(forger.record(typ, plain, padding));
        Ok(())
    }

    pub fn is_past_handshake(&self) -> bool {
        self.conns.values().all(|conn| conn.base.is_some())
    }

    pub fn free(&mut self, name: &str) -> Result<c_int, ScriptError> {
        let conn = self.conns.remove(name);
        let conn = conn.ok_or_else(|| format!("unknown connection {name}"))?;
        // SAFETY: live until now, with no other references.
        Ok(unsafe { s2n_connection_free(conn.ptr) })
    }
}

impl Drop for State {
    fn drop(&mut self) {
        for conn in self.conns.values() {
            // SAFETY: live until now.
            unsafe { s2n_connection_free(conn.ptr) };
        }
        for config in self.configs.values() {
            // SAFETY: live until now, and their connections have been freed.
            unsafe {
                s2n_config_free(config.ptr);
                if !config.chain.is_null() {
                    s2n_cert_chain_and_key_free(config.chain);
                }
            }
        }
    }
}

fn check_ok(status: c_int) {
    assert_eq!(status, 0, "{}", crate::io::last_error());
}

unsafe extern "C" fn monotonic(context: *mut c_void, nanoseconds: *mut u64) -> c_int {
    // SAFETY: the context is the state's clock, which outlives the config; the library passes a
    // valid output.
    unsafe { *nanoseconds = (*context.cast::<Cell<u64>>()).get() };
    0
}
