//! Tunnels: TLS for programs that have none (`rs2nd --forward`, `rs2nc --listen`).
//!
//! An `event_loop` accepts connections and drives all of them in one thread, over non-blocking sockets. Each
//! `connection` has a `tls` side and a `plain` side, of which one was accepted and the other is connected
//! with a `dial`. A `relay` copies both directions. The data that one side does not take is kept in a
//! `pending` buffer, and nothing more is read until it is empty. `timers` wake connections, `signals` end
//! the program, and `limits` bounds the number of connections by that of descriptors.

use std::net::TcpListener;
use std::time::Duration;

use rs2n_core::base::Mode;
use rs2n_core::connection::Connection;

use crate::error::{Result, ToolError};
use crate::key_log::KeyLogFile;
use crate::options::{Common, TunnelOptions};
use crate::report::ReportWriter;
use crate::session_store::SessionStore;

mod connection;
mod dial;
mod ending;
mod event_loop;
mod limits;
mod pending;
mod plain;
mod readiness;
mod relay;
mod signals;
mod target;
mod timers;
mod tls;

pub use self::signals::Termination;
pub use self::target::{Address, ForwardTo, ListenAddress, Target};

/// The program's TLS side: creation of connections, and their reports.
pub trait Endpoint {
    fn program(&self) -> &'static str;

    fn mode(&self) -> Mode;

    fn common(&self) -> &Common;

    /// Creates the TLS connection of a tunnel.
    fn connection(&self) -> Result<Connection>;

    /// Adds what is known about the cause to the error of a handshake.
    fn advise(&self, error: ToolError) -> ToolError {
        error
    }

    /// Returns the sessions that connections resume.
    fn sessions(&self) -> Option<&SessionStore> {
        None
    }

    /// Returns the file of `--key-log`.
    fn key_log(&self) -> Option<&KeyLogFile>;

    /// Returns where the JSON reports are written.
    fn report_writer(&self) -> Option<&ReportWriter>;
}

/// The limits of the tunnels of a program.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many connections are served before the program exits.
    pub total: Option<u64>,
    pub max_connections: usize,
    pub handshake_timeout: Duration,
    pub connect_timeout: Duration,
    pub idle_timeout: Option<Duration>,
    pub linger: Option<Duration>,
}

impl Limits {
    /// Takes the limits from the options, and raises that of the descriptors.
    pub fn new(options: &TunnelOptions, common: &Common, total: Option<u64>) -> Result<Self> {
        let descriptors = limits::raise_descriptors();
        let max_connections = limits::max_connections(options.max_connections, descriptors)?;
        Ok(Self {
            total,
            max_connections,
            handshake_timeout: options.handshake_timeout,
            connect_timeout: options.connect_timeout,
            idle_timeout: common.timeout,
            linger: common.linger,
        })
    }
}

/// Serves the connections of a listener, and returns the exit status.
pub fn serve(
    endpoint: &dyn Endpoint,
    listener: TcpListener,
    target: &Target,
    limits: Limits,
    termination: Termination,
) -> i32 {
    let served = event_loop::EventLoop::new(endpoint, listener, target, limits, termination)
        .and_then(|event_loop| event_loop.run());
    served.unwrap_or_else(|error| {
        error.print(endpoint.program());
        error.status
    })
}
