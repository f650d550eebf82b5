//! `s2n_config_*`: settings that connections share.

mod certificates;
mod key_log;
pub(super) mod lifecycle;
mod policy;
mod records;
mod session_cache;
mod session_tickets;
pub(super) mod trust;
mod verification;
