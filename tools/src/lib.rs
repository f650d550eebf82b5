//! `rs2nc` and `rs2nd`: TLS from the command line, on the safe core of rs2n.
//!
//! Both programs read their command line (`options`), make a config of it (`settings`), and move
//! bytes over connections (`session`) from sources and to sinks (`ends`) until both sides have
//! closed. What happened is told in a `report`; what went wrong is a `trouble`.

#![forbid(unsafe_code)]

pub mod client;
mod command_line;
mod config;
mod endpoints;
mod error;
mod names;
mod options;
mod progress;
mod report;
pub mod server;
mod session;
mod stream;
