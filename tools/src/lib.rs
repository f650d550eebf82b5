//! `rs2nc` and `rs2nd`: TLS from the command line, on the safe core of rs2n.
//!
//! Both programs parse their command line (`command_line`, `options`), build a config from it
//! (`config`), and transfer bytes over connections (`session`) between sources and sinks
//! (`endpoints`) until both sides have sent a close_notify. A `report` has the result of a
//! connection, an `error` the reason of a failure. Sessions are resumed with a `session_store` in the
//! client, and with `ticket_keys` and a `session_cache` in the server. External pre-shared keys are a
//! `psk` of the connection. The key of a certificate may be encrypted with a `passphrase`. A `key_log` has
//! the secrets of connections. With `kernel_tls` the kernel processes the records. A `tunnel` connects
//! programs without TLS instead of sources and sinks. `addresses`, `policies`, `file_kind` and `protocol`
//! find out what is wrong with an argument, a file or a peer.

#![forbid(unsafe_code)]

mod addresses;
pub mod client;
mod command_line;
mod config;
mod ech;
mod endpoints;
mod error;
mod file_kind;
#[cfg(feature = "internal-fuzz")]
pub mod fuzzing;
#[cfg(target_os = "linux")]
mod kernel_tls;
mod key_log;
mod names;
mod options;
mod passphrase;
mod policies;
mod progress;
mod protocol;
mod psk;
mod report;
mod secret;
pub mod server;
mod session;
mod session_cache;
mod session_store;
mod stream;
mod ticket_keys;
mod tunnel;
