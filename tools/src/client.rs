//! The TLS client `rs2nc`.

use std::ffi::CString;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rs2n_core::base::Mode;
use rs2n_core::connection::Connection;

use crate::endpoints::{OutputFile, Sink, Source, echo};
use crate::error::{Result, ToolError, USAGE, print_line};
use crate::options::Client;
use crate::progress::{BarOptions, Progress};
use crate::report::{Report, ReportWriter};
use crate::session::Session;
use crate::{command_line, config};

const PROGRAM: &str = "rs2nc";

/// Runs the client with the options of the command line, and returns the exit status.
pub fn main() -> i32 {
    let options: Client = command_line::parse();
    match run(&options) {
        Ok(()) => 0,
        Err(error) => {
            error.print(PROGRAM);
            error.status
        }
    }
}

fn run(options: &Client) -> Result<()> {
    let common = &options.common;
    if options.insecure {
        let warning = "WARNING: --insecure: the server is not authenticated; an attacker in the \
                       path can read and change all data";
        print_line(PROGRAM, warning);
    }
    let conn = connection(options)?;
    let (source, sink) = endpoints(options)?;
    let report_writer = match &common.json {
        None => None,
        Some(Some(path)) => Some(ReportWriter::file(path)?),
        Some(None) => Some(ReportWriter::standard(matches!(sink, Sink::Stdout))),
    };

    let mut report = Report::new(Mode::Client, None);
    let run_session = |tcp: TcpStream| {
        report.peer = tcp.peer_addr().ok();
        let progress = Progress::new(BarOptions::new(common, source.len()));
        let session = Arc::new(Session::new(conn, tcp, common.into(), progress));
        let outcome = session.negotiate(&mut report).and_then(|()| {
            if common.verbose {
                print_line(PROGRAM, &report.negotiated_summary());
            }
            session.transfer(source, sink)
        });
        session.finish(&mut report);
        outcome
    };
    let outcome = connect(options).and_then(run_session);
    report.error = outcome.as_ref().err().cloned();
    if common.verbose {
        print_line(PROGRAM, &report.transfer_summary());
    }
    let written = report_writer.map_or(Ok(()), |report_writer| report_writer.write_json(&report));
    outcome.and(written)
}

fn connection(options: &Client) -> Result<Connection> {
    let config = config::client(options)?;
    let conn = Connection::new(Mode::Client);
    let outcome = conn.set_config(config);
    outcome.map_err(|error| ToolError::tls(&error, "the certificate cannot be used"))?;
    let name = options.name.as_ref().unwrap_or(&options.host);
    let server_name = CString::new(name.as_str())
        .map_err(|_| ToolError::usage("a server name must not contain a NUL byte"))?;
    let outcome = conn.set_server_name(&server_name);
    outcome.map_err(|error| ToolError {
        status: USAGE,
        ..ToolError::tls(&error, "invalid server name")
    })?;
    Ok(conn)
}

fn endpoints(options: &Client) -> Result<(Source, Sink)> {
    let common = &options.common;
    if options.echo {
        return Ok(echo());
    }
    let source = match &common.send {
        Some(path) => Source::file(path)?,
        None => Source::stdin(),
    };
    let sink = match &common.receive {
        Some(path) => Sink::File(OutputFile::new(path, common.force)?),
        None => Sink::Stdout,
    };
    Ok((source, sink))
}

/// Connects to the first address of the host that accepts a TCP connection.
fn connect(options: &Client) -> Result<TcpStream> {
    let endpoint = format!("{} port {}", options.host, options.port);
    let addresses = (options.host.as_str(), options.port).to_socket_addrs();
    let addresses = addresses.map_err(|error| {
        ToolError::new(format!("cannot resolve {}: {error}", options.host))
            .with_advice("check the host name and the network connection")
    })?;
    let is_allowed = |address: &SocketAddr| match (options.ipv4, options.ipv6) {
        (true, _) => address.is_ipv4(),
        (_, true) => address.is_ipv6(),
        _ => true,
    };
    let mut last_error = ToolError::new(format!(
        "{endpoint} has no address of the family that -4 or -6 selects"
    ));
    let deadline = options
        .common
        .timeout
        .map(|timeout| Instant::now() + timeout);
    for address in addresses.filter(is_allowed) {
        let connected = match deadline {
            None => TcpStream::connect(address),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                TcpStream::connect_timeout(&address, left.max(Duration::from_millis(1)))
            }
        };
        match connected {
            Ok(tcp) => return Ok(tcp),
            Err(error) => {
                last_error = ToolError::new(format!(
                    "cannot connect to {endpoint} ({address}): {error}"
                ))
                .with_advice(
                    "check that the server is running and that no firewall blocks the connection",
                );
            }
        }
    }
    Err(last_error)
}
