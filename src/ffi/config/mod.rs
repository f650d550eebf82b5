//! Configs (`s2n_config_*`): settings that connections share.

mod alerts;
mod alpn;
mod certificates;
mod client_auth;
mod client_hello;
mod clocks;
mod early_data;
mod key_log;
pub(super) mod lifecycle;
pub(super) mod policy;
mod private_keys;
mod psk;
pub mod quic;
mod records;
mod serialization;
mod session_cache;
mod session_tickets;
mod trust;
pub(super) mod verification;
