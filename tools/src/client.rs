//! `rs2nc`.

use std::ffi::CString;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use s2n::tls::connection::{Connection, Mode};

use crate::ends::{Sink, Source, Target, echo};
use crate::manual;
use crate::options::Client;
use crate::progress::{Progress, Wanted};
use crate::report::{Journal, Report};
use crate::session::Session;
use crate::settings;
use crate::trouble::{Result, Trouble, USAGE, say};

const PROGRAM: &str = "rs2nc";

/// Does what the command line says, and returns the exit status.
pub fn main() -> i32 {
    let options: Client = manual::parse();
    match run(&options) {
        Ok(()) => 0,
        Err(trouble) => {
            trouble.tell(PROGRAM);
            trouble.status
        }
    }
}

fn run(options: &Client) -> Result<()> {
    let common = &options.common;
    if options.insecure {
        let warning = "WARNING: --insecure: the server may be anybody, and so may whoever listens";
        say(PROGRAM, warning);
    }
    let conn = connection(options)?;
    let (source, sink) = ends(options)?;
    let journal = match &common.json {
        None => None,
        Some(Some(path)) => Some(Journal::file(path)?),
        Some(None) => Some(Journal::standard(matches!(sink, Sink::Output))),
    };

    let mut report = Report::new(Mode::Client, None);
    let talk = |tcp: TcpStream| {
        report.peer = tcp.peer_addr().ok();
        let progress = Progress::new(Wanted::new(common, source.len()));
        let session = Arc::new(Session::new(conn, tcp, common.into(), progress));
        let outcome = session.negotiate(&mut report).and_then(|()| {
            if common.verbose {
                say(PROGRAM, &report.agreement());
            }
            session.exchange(source, sink)
        });
        session.conclude(&mut report);
        outcome
    };
    let outcome = connect(options).and_then(talk);
    report.error = outcome.as_ref().err().cloned();
    if common.verbose {
        say(PROGRAM, &report.summary());
    }
    let reported = journal.map_or(Ok(()), |journal| journal.json(&report));
    outcome.and(reported)
}

fn connection(options: &Client) -> Result<Connection> {
    let config = settings::client(options)?;
    let conn = Connection::new(Mode::Client);
    let set = conn.set_config(config);
    set.map_err(|error| Trouble::tls(&error, "the certificate cannot be used"))?;
    let name = options.name.as_ref().unwrap_or(&options.host);
    let asked = CString::new(name.as_str()).map_err(|_| Trouble::usage("a name has no NUL"))?;
    let set = conn.set_server_name(&asked);
    set.map_err(|error| Trouble {
        status: USAGE,
        ..Trouble::tls(&error, "the name cannot be asked for")
    })?;
    Ok(conn)
}

fn ends(options: &Client) -> Result<(Source, Sink)> {
    let common = &options.common;
    if options.echo {
        return Ok(echo());
    }
    let source = match &common.send {
        Some(path) => Source::file(path)?,
        None => Source::input(),
    };
    let sink = match &common.receive {
        Some(path) => Sink::File(Target::new(path, common.force)?),
        None => Sink::Output,
    };
    Ok((source, sink))
}

/// Connects to the first address of the host that answers.
fn connect(options: &Client) -> Result<TcpStream> {
    let place = format!("{} port {}", options.host, options.port);
    let addresses = (options.host.as_str(), options.port).to_socket_addrs();
    let addresses = addresses.map_err(|error| {
        Trouble::new(format!("cannot find {}: {error}", options.host))
            .advise("is the name spelled right, and is there a network?")
    })?;
    let is_wanted = |address: &SocketAddr| match (options.ipv4, options.ipv6) {
        (true, _) => address.is_ipv4(),
        (_, true) => address.is_ipv6(),
        _ => true,
    };
    let mut last = Trouble::new(format!(
        "{place} has no address of the kind that -4 or -6 asks for"
    ));
    let end = options
        .common
        .timeout
        .map(|timeout| Instant::now() + timeout);
    for address in addresses.filter(is_wanted) {
        let connected = match end {
            None => TcpStream::connect(address),
            Some(end) => {
                let left = end.saturating_duration_since(Instant::now());
                TcpStream::connect_timeout(&address, left.max(Duration::from_millis(1)))
            }
        };
        match connected {
            Ok(tcp) => return Ok(tcp),
            Err(error) => {
                last = Trouble::new(format!("cannot connect to {place} ({address}): {error}"))
                    .advise("is there a server, and does nothing in between keep us from it?");
            }
        }
    }
    Err(last)
}
