//! The C API: every exported function, and nothing else.
//!
//! A body turns pointers into references, calls one safe method, and turns its result into the C
//! return value and `s2n_errno`; `boundary` is the only way out.

mod allow_ip_in_cn;
pub mod async_offload;
mod async_pkey;
mod authentication;
mod boundary;
mod buffers;
mod cert;
pub mod cert_authorities;
mod certs;
mod cleanup;
mod client_hello;
mod client_hello_fields;
mod config;
mod config_certs;
mod connection;
pub mod coverage;
pub mod crl;
mod custom_x509_extensions;
mod early_data;
mod errno;
pub mod events;
pub mod fingerprint;
mod handle;
mod init;
mod input;
mod internal;
mod io;
mod key_log;
mod key_update;
mod ktls;
mod memory;
mod negotiated;
mod npn;
mod output;
mod panics;
mod pending;
mod policy;
mod psk;
pub mod quic;
pub mod renegotiate;
mod resumption;
mod serialization;
mod session_cache;
mod session_tickets;
mod stacktrace;
mod transport;
mod trust;
pub mod types;
mod unsupported;
mod verification;
