//! The C API: every exported function, and nothing else.
//!
//! A body turns pointers into references, calls one safe method, and turns its result into the C
//! return value and `s2n_errno`; `boundary` is the only way out.

mod allow_ip_in_cn;
pub mod async_offload;
mod async_pkey;
mod authentication;
mod boundary;
mod cert;
pub mod cert_authorities;
mod certs;
mod client_hello;
mod client_hello_fields;
mod config;
mod config_certs;
mod connection;
pub mod crl;
mod custom_x509_extensions;
mod errno;
pub mod fingerprint;
mod handle;
mod init;
mod input;
mod io;
mod key_log;
mod key_update;
mod ktls;
mod negotiated;
mod output;
mod policy;
mod transport;
mod trust;
pub mod types;
mod unsupported;
mod verification;
