//! The configs and connections of a script, by name.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::{CString, c_int, c_void};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::ptr;

use s2n_tls_sys::*;

use crate::forge::{self, Forger, Secrets};
use crate::link::{self, End};
use crate::objects::Objects;
use crate::sockets::Sockets;

/// A script that says something that cannot be done.
pub type Mistake = String;

pub struct World {
    pub certs: PathBuf,
    pub configs: BTreeMap<String, Config>,
    pub conns: BTreeMap<String, Conn>,
    /// Both configs' monotonic clock, in nanoseconds.
    pub clock: Box<Cell<u64>>,
    pub sockets: Option<Sockets>,
    /// Transports of connections whose peers are elsewhere.
    pub streams: BTreeMap<String, TcpStream>,
    /// What the key log said of the conversation between `c` and `s`.
    pub secrets: Box<Secrets>,
    pub objects: Objects,
}

pub struct Config {
    pub ptr: *mut s2n_config,
    /// The chain of its own that `configs` gave it.
    pub chain: *mut s2n_cert_chain_and_key,
}

pub struct Conn {
    pub ptr: *mut s2n_connection,
    pub end: Option<Box<End>>,
    /// Bytes of the stream that were reported as sent, and bytes that came.
    pub sent: u64,
    pub received: u64,
    /// What is received is all that was sent.
    pub is_in_order: bool,
    /// Something was done to the bytes on their way here.
    pub is_damaged: bool,
    /// Which stream of bytes this connection sends.
    pub stream: u8,
    /// The wire counters when the handshake ended.
    pub base: Option<(u64, u64)>,
    /// How many records it had written then.
    pub records_base: u64,
    /// Seals what others send in its name.
    pub forger: Option<Forger>,
}

/// The byte at a place of a stream.
pub fn pattern(stream: u8, place: u64) -> u8 {
    let mixed = place.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    (mixed as u8).wrapping_add(stream)
}

impl World {
    pub fn new(certs: &Path) -> Self {
        Self {
            certs: certs.to_owned(),
            configs: BTreeMap::new(),
            conns: BTreeMap::new(),
            // Long after the system's clock, by which s2n-tls dates a new connection.
            clock: Box::new(Cell::new(1 << 62)),
            sockets: None,
            streams: BTreeMap::new(),
            secrets: Box::default(),
            objects: Objects::default(),
        }
    }

    pub fn config(&self, name: &str) -> Result<*mut s2n_config, Mistake> {
        match name {
            "null" => Ok(ptr::null_mut()),
            _ => match self.configs.get(name) {
                Some(config) => Ok(config.ptr),
                None => Err(format!("no config {name}")),
            },
        }
    }

    pub fn conn(&mut self, name: &str) -> Result<&mut Conn, Mistake> {
        let conn = self.conns.get_mut(name);
        conn.ok_or_else(|| format!("no connection {name}"))
    }

    /// The pointer of a connection, or the null pointer by its name.
    pub fn conn_ptr(&self, name: &str) -> Result<*mut s2n_connection, Mistake> {
        match name {
            "null" => Ok(ptr::null_mut()),
            _ => match self.conns.get(name) {
                Some(conn) => Ok(conn.ptr),
                None => Err(format!("no connection {name}")),
            },
        }
    }

    /// Makes the configs `cc` and `sc` for a client and a server.
    pub fn make_configs(&mut self, version: &str) -> Result<(), Mistake> {
        let policy = match version {
            "12" => c"ELBSecurityPolicy-TLS-1-2-2017-01",
            "13" => c"default_tls13",
            _ => return Err(format!("no version {version}")),
        };
        for name in ["cc", "sc"] {
            // SAFETY: the library was initialized.
            let config = unsafe { s2n_config_new_minimal() };
            let clock = ptr::from_ref(&*self.clock).cast_mut().cast();
            let secrets = ptr::from_ref(&*self.secrets).cast_mut().cast();
            // SAFETY: the config is live, clock and secrets outlive it, and their callbacks fit.
            unsafe {
                must(s2n_config_set_cipher_preferences(config, policy.as_ptr()));
                must(s2n_config_set_monotonic_clock(
                    config,
                    Some(monotonic),
                    clock,
                ));
                must(s2n_config_disable_x509_verification(config));
                must(s2n_config_set_key_log_cb(config, Some(forge::log), secrets));
            }
            let chain = match name {
                "sc" => self.load_chain(config),
                _ => ptr::null_mut(),
            };
            self.configs
                .insert(name.into(), Config { ptr: config, chain });
        }
        Ok(())
    }

    fn load_chain(&self, config: *mut s2n_config) -> *mut s2n_cert_chain_and_key {
        let text = |name| {
            let bytes = std::fs::read(self.certs.join(name)).expect("the certificates were made");
            CString::new(bytes).expect("text")
        };
        let (pem, key) = (text("ecdsa.pem"), text("ecdsa.key"));
        // SAFETY: the library was initialized; the texts live through the call.
        unsafe {
            let chain = s2n_cert_chain_and_key_new();
            let (pem, key) = (pem.as_ptr().cast_mut(), key.as_ptr().cast_mut());
            must(s2n_cert_chain_and_key_load_pem(chain, pem, key));
            must(s2n_config_add_cert_chain_and_key_to_store(config, chain));
            chain
        }
    }

    /// Makes the connections `c` and `s`, joined in memory.
    pub fn make_connections(&mut self) -> Result<(), Mistake> {
        self.add_connection("c", s2n_mode::CLIENT);
        self.add_connection("s", s2n_mode::SERVER);
        self.join()
    }

    pub fn add_connection(&mut self, name: &str, mode: s2n_mode::Type) {
        let conn = Conn {
            // SAFETY: the library was initialized.
            ptr: unsafe { s2n_connection_new(mode) },
            end: None,
            sent: 0,
            received: 0,
            is_in_order: true,
            is_damaged: false,
            stream: name.as_bytes()[0],
            base: None,
            records_base: 0,
            forger: None,
        };
        self.conns.insert(name.into(), conn);
    }

    /// Gives both connections their config, a fresh link, and blinding that does not sleep. Also
    /// after a wipe.
    pub fn join(&mut self) -> Result<(), Mistake> {
        let (client, server) = End::pair();
        for (name, config, end) in [("c", "cc", client), ("s", "sc", server)] {
            let config = self.config(config)?;
            let conn = self.conn(name)?;
            let context = ptr::from_ref(&*end).cast_mut().cast();
            // SAFETY: connection and config are live; the end lives as long as the connection.
            unsafe {
                must(s2n_connection_set_config(conn.ptr, config));
                must(s2n_connection_set_blinding(
                    conn.ptr,
                    s2n_blinding::SELF_SERVICE_BLINDING,
                ));
                must(s2n_connection_set_send_cb(conn.ptr, Some(link::write)));
                must(s2n_connection_set_send_ctx(conn.ptr, context));
                must(s2n_connection_set_recv_cb(conn.ptr, Some(link::read)));
                must(s2n_connection_set_recv_ctx(conn.ptr, context));
            }
            conn.end = Some(end);
            (conn.sent, conn.received, conn.base) = (0, 0, None);
            conn.forger = None;
            (conn.is_in_order, conn.is_damaged) = (true, false);
        }
        Ok(())
    }

    /// Lets a record arrive at `name` as if its peer had sealed it.
    pub fn forge(
        &mut self,
        name: &str,
        typ: u8,
        plain: &[u8],
        padding: usize,
    ) -> Result<(), Mistake> {
        let peer = if name == "c" { "s" } else { "c" };
        let end = self.conn(name)?.end.as_ref().ok_or("no link")?;
        let incoming = std::rc::Rc::clone(&end.incoming);
        let hello = match peer {
            "s" => incoming.borrow().first.clone(),
            _ => end.outgoing.borrow().first.clone(),
        };
        self.conn(name)?.is_in_order = false;
        if self.conn(peer)?.forger.is_none() {
            let records = incoming.borrow().records_written - self.conn(peer)?.records_base;
            let forger = Forger::new(&self.secrets, peer == "c", &hello, records)?;
            self.conn(peer)?.forger = Some(forger);
        }
        let forger = self.conn(peer)?.forger.as_mut().expect("just made");
        incoming
            .borrow_mut()
            .queue
            .extend(forger.record(typ, plain, padding));
        Ok(())
    }

    pub fn is_past_handshake(&self) -> bool {
        self.conns.values().all(|conn| conn.base.is_some())
    }

    pub fn free(&mut self, name: &str) -> Result<c_int, Mistake> {
        let conn = self.conns.remove(name);
        let conn = conn.ok_or_else(|| format!("no connection {name}"))?;
        // SAFETY: live until now, and nobody else knows it.
        Ok(unsafe { s2n_connection_free(conn.ptr) })
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for conn in self.conns.values() {
            // SAFETY: live until now.
            unsafe { s2n_connection_free(conn.ptr) };
        }
        for config in self.configs.values() {
            // SAFETY: live until now, and their connections are gone.
            unsafe {
                s2n_config_free(config.ptr);
                if !config.chain.is_null() {
                    s2n_cert_chain_and_key_free(config.chain);
                }
            }
        }
    }
}

fn must(status: c_int) {
    assert_eq!(status, 0, "{}", crate::calls::failure());
}

unsafe extern "C" fn monotonic(context: *mut c_void, nanoseconds: *mut u64) -> c_int {
    // SAFETY: the context is the world's clock, which outlives the config; the place is the
    // library's.
    unsafe { *nanoseconds = (*context.cast::<Cell<u64>>()).get() };
    0
}
