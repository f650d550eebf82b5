//! The TLS client `rs2nc`.

use std::cell::Cell;
use std::ffi::CString;
use std::fs;
use std::net::TcpStream;
use std::sync::Arc;

use rs2n_core::base::Mode;
use rs2n_core::config::{Config, Psk};
use rs2n_core::connection::Connection;

use crate::endpoints::{OutputFile, Sink, Source, echo, numbered};
use crate::error::{Result, ToolError, USAGE, print_line};
use crate::key_log::KeyLogFile;
use crate::options::{Client, Common};
use crate::progress::{BarOptions, Progress};
use crate::report::{Report, ReportWriter};
use crate::session::{EarlyData, Session};
use crate::session_store::SessionStore;
use crate::tunnel::{Address, Endpoint, Limits, ListenAddress, Target, Termination};
use crate::{addresses, command_line, config, ech, psk, tunnel};

const PROGRAM: &str = "rs2nc";

/// Runs the client with the options of the command line, and returns the exit status.
pub fn main() -> i32 {
    let options: Client = command_line::parse();
    match run(&options) {
        Ok(status) => status,
        Err(error) => {
            error.print(PROGRAM);
            error.status
        }
    }
}

fn run(options: &Client) -> Result<i32> {
    if options.insecure {
        let warning = "WARNING: --insecure: the server is not authenticated; an attacker in the \
                       path can read and change all data";
        print_line(PROGRAM, warning);
    }
    if let Some(address) = &options.listen {
        return listen(options, address);
    }
    let connector = Connector::new(options)?;
    for number in 0..=options.reconnect {
        connector.run_connection(number + 1)?;
    }
    Ok(0)
}

/// Serves the tunnel of `--listen`, and returns the exit status.
fn listen(options: &Client, address: &ListenAddress) -> Result<i32> {
    let termination = Termination::block()?;
    let mut connector = Connector::new(options)?;
    let addresses = addresses::resolve_server(options)?;
    let target = Target {
        addresses: addresses.into_iter().map(Address::Tcp).collect(),
        name: format!("{} port {}", options.host, options.port),
    };
    // An invalid name is reported before the first client connects.
    connector.connection()?;
    let total = match options.once {
        true => Some(1),
        false => options.connections,
    };
    let limits = Limits::new(&options.tunnel, &options.common, total)?;
    let listener = addresses::listen((&address.host, address.port))?;
    connector.report_writer =
        ReportWriter::announce(&listener, options.common.json.as_ref(), false)?;
    Ok(tunnel::serve(
        &connector,
        listener,
        &target,
        limits,
        termination,
    ))
}

/// What the connections of `--reconnect` share.
struct Connector<'a> {
    options: &'a Client,
    config: Arc<Config>,
    /// The external pre-shared key, with `--psk`.
    psk: Option<Psk>,
    /// The data of `--early-data`.
    early_data: Vec<u8>,
    /// The ECHConfigList of `--ech`.
    ech: Option<Vec<u8>>,
    /// The sessions that are resumed, with `--session` or `--reconnect`.
    sessions: Option<Arc<SessionStore>>,
    /// With `--key-log`.
    key_log: Option<Arc<KeyLogFile>>,
    /// Writes the JSON reports, with `--json=FILE`.
    report_writer: Option<ReportWriter>,
    /// Whether data of a server was written to standard output.
    stdout_has_data: Cell<bool>,
}

impl<'a> Connector<'a> {
    fn new(options: &'a Client) -> Result<Self> {
        let common = &options.common;
        let config = config::client(options)?;
        let early_data = read_early_data(options)?;
        let psk = load_psk(options, early_data.len())?;
        let ech = options.ech.as_deref().map(ech::load).transpose()?;
        let uses_sessions = options.session.is_some() || options.reconnect > 0;
        // A connection offers either a session or an external key.
        let sessions = match uses_sessions && psk.is_none() {
            true => Some(SessionStore::open(options.session.as_deref())?),
            false => None,
        };
        if let Some(sessions) = &sessions {
            sessions.attach(&config);
        }
        let key_log = common.key_log.as_deref().map(KeyLogFile::open);
        let key_log = key_log.transpose()?;
        if let Some(key_log) = &key_log {
            key_log.attach(&config);
        }
        let report_writer = match &common.json {
            Some(Some(path)) => Some(ReportWriter::file(path)?),
            _ => None,
        };
        Ok(Self {
            options,
            config,
            psk,
            early_data,
            ech,
            sessions,
            key_log,
            report_writer,
            stdout_has_data: Cell::new(false),
        })
    }

    /// Runs a connection from the TCP connection to its closure, and reports it.
    fn run_connection(&self, number: u64) -> Result<()> {
        let conn = self.connection()?;
        let (source, sink) = self.endpoints(number)?;
        let mut report = Report::new(Mode::Client, None);
        report.connection = self.has_several().then_some(number);
        let outcome = addresses::connect(self.options)
            .and_then(|tcp| self.run_session(conn, tcp, source, sink, &mut report));
        report.error = outcome.as_ref().err().cloned();
        if self.options.common.verbose {
            self.print(&report, &report.transfer_summary());
        }
        outcome.and(self.write_report(&report))
    }

    /// Writes the report of a connection. Standard output carries it unless it carries data of a server.
    fn write_report(&self, report: &Report) -> Result<()> {
        let common = &self.options.common;
        let uses_stdout = common.receive.is_none() && !self.options.echo;
        if uses_stdout && report.bytes_in > 0 {
            self.stdout_has_data.set(true);
        }
        match (&common.json, &self.report_writer) {
            (_, Some(file)) => file.write_json(report),
            (Some(_), None) => {
                ReportWriter::standard(self.stdout_has_data.get()).write_json(report)
            }
            (None, None) => Ok(()),
        }
    }

    fn run_session(
        &self,
        conn: Connection,
        tcp: TcpStream,
        source: Source,
        sink: Sink,
        report: &mut Report,
    ) -> Result<()> {
        let common = &self.options.common;
        report.peer = tcp.peer_addr().ok();
        let progress = Progress::new(BarOptions::new(common, source.len()));
        let session = Arc::new(Session::new(conn, tcp, common, progress));
        let early_data = match self.early_data.as_slice() {
            [] => EarlyData::None,
            data => EarlyData::Send(data),
        };
        let negotiated = session.negotiate(early_data, report);
        let negotiated = negotiated.map_err(|error| self.advise(error));
        let outcome = negotiated.and_then(|first| {
            for error in session.enable_kernel_tls(report) {
                error.print(PROGRAM);
            }
            if common.verbose {
                self.print(report, &report.negotiated_summary());
            }
            if let Some(sessions) = &self.sessions {
                sessions.establish(session.connection())?;
            }
            session.transfer(first, source, sink)
        });
        session.finish(report);
        if let Some(path) = &self.options.ech_retry {
            ech::store_retry_configs(session.connection(), path)?;
        }
        let stored = self.sessions.as_ref().map(|sessions| sessions.finish());
        let logged = self.key_log.as_ref().map(|key_log| key_log.finish());
        outcome
            .and(stored.unwrap_or(Ok(())))
            .and(logged.unwrap_or(Ok(())))
    }

    fn endpoints(&self, number: u64) -> Result<(Source, Sink)> {
        let common = &self.options.common;
        if self.options.echo {
            return Ok(echo());
        }
        let source = match &common.send {
            Some(path) => Source::file(path)?,
            None if number == 1 => Source::stdin(),
            None => Source::SentStdin,
        };
        let sink = match &common.receive {
            Some(path) if self.has_several() => {
                Sink::File(OutputFile::new(&numbered(path, number), common.force)?)
            }
            Some(path) => Sink::File(OutputFile::new(path, common.force)?),
            None => Sink::Stdout,
        };
        Ok((source, sink))
    }

    fn has_several(&self) -> bool {
        self.options.reconnect > 0
    }

    fn print(&self, report: &Report, summary: &str) {
        let text = match report.connection {
            Some(number) => format!("connection {number}: {summary}"),
            None => summary.to_owned(),
        };
        print_line(PROGRAM, &text);
    }
}

impl Endpoint for Connector<'_> {
    fn program(&self) -> &'static str {
        PROGRAM
    }

    fn mode(&self) -> Mode {
        Mode::Client
    }

    fn common(&self) -> &Common {
        &self.options.common
    }

    fn connection(&self) -> Result<Connection> {
        let options = self.options;
        let conn = Connection::new(Mode::Client);
        let outcome = conn.set_config(self.config.clone());
        outcome.map_err(|error| ToolError::tls(&error, "the certificate cannot be used"))?;
        let name = options.name.as_ref().unwrap_or(&options.host);
        let server_name = CString::new(name.as_str())
            .map_err(|_| ToolError::usage("a server name must not contain a NUL byte"))?;
        let outcome = conn.set_server_name(&server_name);
        outcome.map_err(|error| ToolError {
            status: USAGE,
            ..ToolError::tls(&error, "invalid server name")
        })?;
        psk::append(&conn, self.psk.as_slice())?;
        if let (Some(list), Some(path)) = (&self.ech, &options.ech) {
            ech::offer(&conn, list, path)?;
        }
        let offered = self.sessions.as_ref().map(|sessions| sessions.offer(&conn));
        if let Some(Err(error)) = offered {
            error.print(PROGRAM);
        }
        Ok(conn)
    }

    /// Replaces the advice of an error that a server causes which does not have the key of `--psk`.
    fn advise(&self, error: ToolError) -> ToolError {
        if self.psk.is_none() {
            return error;
        }
        if error.name == Some("S2N_ERR_CERT_UNTRUSTED") {
            return error.with_advice(
                "the server did not use the key of --psk; --ca FILE accepts a certificate instead",
            );
        }
        let alert = error.alert.as_ref().map(|alert| alert.name);
        match alert.is_some_and(|alert| PSK_ALERTS.contains(&alert)) {
            true => error.with_advice(
                "check that the server has the key of --psk, with the same secret and hash",
            ),
            false => error,
        }
    }

    fn sessions(&self) -> Option<&SessionStore> {
        self.sessions.as_deref()
    }

    fn key_log(&self) -> Option<&KeyLogFile> {
        self.key_log.as_deref()
    }

    fn report_writer(&self) -> Option<&ReportWriter> {
        self.report_writer.as_ref()
    }
}

/// Alerts of servers that do not have a client's key, or have another secret or hash for it.
const PSK_ALERTS: [&str; 4] = [
    "handshake_failure",
    "illegal_parameter",
    "decrypt_error",
    "unknown_psk_identity",
];

/// Reads the file of `--early-data`; empty without it.
fn read_early_data(options: &Client) -> Result<Vec<u8>> {
    let Some(path) = &options.early_data else {
        return Ok(Vec::new());
    };
    if options.session.is_none() && options.reconnect == 0 && options.psk.is_none() {
        let message = "--early-data requires --session, --reconnect or --psk";
        return Err(ToolError::usage(message));
    }
    fs::read(path).map_err(|error| ToolError::file("read", path, &error))
}

/// Loads the key of `--psk`, which permits early data of this length in bytes.
fn load_psk(options: &Client, early_data: usize) -> Result<Option<Psk>> {
    let Some(psk) = &options.psk else {
        return Ok(None);
    };
    let max_early_data = u32::try_from(early_data).unwrap_or(u32::MAX);
    psk::load_client_key(psk, options.psk_hash, max_early_data).map(Some)
}
