//! The TLS server `rs2nd`.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};

use rs2n_core::base::Mode;
use rs2n_core::config::{Config, Psk};
use rs2n_core::connection::Connection;

use crate::endpoints::{OutputFile, Sink, Source, echo, numbered};
use crate::error::{FAILED, Result, ToolError, print_line};
use crate::key_log::KeyLogFile;
use crate::options::{Common, Server};
use crate::progress::{BarOptions, Progress};
use crate::report::{Report, ReportWriter};
use crate::session::{EarlyData, Session};
use crate::ticket_keys::TicketKeyFile;
use crate::tunnel::{Endpoint, ForwardTo, Limits, Target, Termination};
use crate::{addresses, command_line, config, psk, tunnel};

const PROGRAM: &str = "rs2nd";

/// Runs the server with the options of the command line, and returns the exit status.
pub fn main() -> i32 {
    match Daemon::new(command_line::parse()) {
        Ok((daemon, listener, None)) => Arc::new(daemon).serve(&listener),
        Ok((daemon, listener, Some(forward))) => daemon.forward(listener, forward),
        Err(error) => {
            error.print(PROGRAM);
            error.status
        }
    }
}

/// The state that all connections share.
struct Daemon {
    options: Server,
    config: Arc<Config>,
    /// The external pre-shared keys, with `--psk-file`.
    psks: Vec<Psk>,
    /// With `--key-log`.
    key_log: Option<Arc<KeyLogFile>>,
    /// Writes the JSON reports, with `--json`.
    report_writer: Option<ReportWriter>,
}

/// The tunnel of `--forward`.
struct Forward {
    target: Target,
    termination: Termination,
}

impl Forward {
    /// Blocks the signals that end the program, before other threads are started.
    fn new(to: &ForwardTo) -> Result<Self> {
        Ok(Self {
            target: to.resolve()?,
            termination: Termination::block()?,
        })
    }
}

/// Delay before the next `accept()` after one failed for lack of memory or descriptors.
const RETRY_DELAY: Duration = Duration::from_millis(100);

impl Daemon {
    fn new(options: Server) -> Result<(Self, TcpListener, Option<Forward>)> {
        let listen_address = addresses::listen_address(&options.listen)?;
        let config = config::server(&options)?;
        let ticket_keys = options.ticket_key_file.as_ref();
        let ticket_keys = ticket_keys.map(|path| TicketKeyFile::load(path, &config));
        let ticket_keys = ticket_keys.transpose()?;
        let psks = match &options.psk_file {
            Some(path) => psk::load_server_keys(path, options.max_early_data.unwrap_or(0))?,
            None => Vec::new(),
        };
        let common = &options.common;
        let key_log = common.key_log.as_deref().map(KeyLogFile::open);
        let key_log = key_log.transpose()?;
        if let Some(key_log) = &key_log {
            key_log.attach(&config);
        }
        // Unusable files are reported before the first client connects.
        if let Some(path) = &common.send {
            Source::file(path)?;
        }
        let forward = options.forward.as_ref().map(Forward::new).transpose()?;
        if let Some(ticket_keys) = ticket_keys {
            ticket_keys.reload_on_hangup(PROGRAM)?;
        }
        let listener = addresses::listen(listen_address)?;
        let is_silent = common.receive.is_some() || options.echo || forward.is_some();
        let report_writer = ReportWriter::announce(&listener, common.json.as_ref(), !is_silent)?;
        let daemon = Self {
            options,
            config,
            psks,
            key_log,
            report_writer,
        };
        Ok((daemon, listener, forward))
    }

    /// Serves the tunnel of `--forward`, and returns the exit status.
    fn forward(&self, listener: TcpListener, forward: Forward) -> i32 {
        let Server { tunnel, common, .. } = &self.options;
        let Forward {
            target,
            termination,
        } = forward;
        match Limits::new(tunnel, common, self.connection_limit()) {
            Ok(limits) => tunnel::serve(self, listener, &target, limits, termination),
            Err(error) => {
                error.print(PROGRAM);
                error.status
            }
        }
    }

    /// Serves connections up to the limit, and returns the exit status.
    fn serve(self: &Arc<Self>, listener: &TcpListener) -> i32 {
        let limit = self.connection_limit();
        let mut threads = Vec::new();
        for number in 1..=limit.unwrap_or(u64::MAX) {
            let (tcp, peer) = self.accept(listener);
            let daemon = self.clone();
            let thread =
                thread::Builder::new().spawn(move || daemon.run_connection(tcp, peer, number));
            if let Err(error) = &thread {
                self.print_error(
                    &ToolError::new(format!("cannot start a thread: {error}")),
                    number,
                    peer,
                );
                thread::sleep(RETRY_DELAY);
            }
            if limit.is_some() {
                threads.push(thread);
            }
        }
        let succeeded = threads
            .into_iter()
            .map(|thread| thread.is_ok_and(|thread| matches!(thread.join(), Ok(true))));
        // No short circuit: every thread is joined.
        match succeeded.fold(true, |all, one| all & one) {
            true => 0,
            false => FAILED,
        }
    }

    /// Accepts the next client. A connection that was aborted before `accept()` is ignored.
    fn accept(&self, listener: &TcpListener) -> (TcpStream, SocketAddr) {
        let mut has_failed = false;
        loop {
            match listener.accept() {
                Ok(accepted) => return accepted,
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    // One line, however long the cause lasts.
                    if !has_failed {
                        print_line(PROGRAM, &format!("cannot accept a connection: {error}"));
                    }
                    has_failed = true;
                    thread::sleep(RETRY_DELAY);
                }
            }
        }
    }

    /// Serves one client, and returns whether that succeeded.
    fn run_connection(&self, tcp: TcpStream, peer: SocketAddr, number: u64) -> bool {
        let mut report = Report::new(Mode::Server, Some(peer));
        report.connection = Some(number);
        let outcome = self.serve_connection(tcp, peer, number, &mut report);
        if let Err(error) = &outcome {
            self.print_error(error, number, peer);
        }
        if self.options.common.verbose {
            print_line(
                PROGRAM,
                &format!("connection {number}: {}", report.transfer_summary()),
            );
        }
        report.error = outcome.as_ref().err().cloned();
        let written = match &self.report_writer {
            Some(report_writer) => report_writer.write_json(&report),
            None => Ok(()),
        };
        if let Err(error) = &written {
            self.print_error(error, number, peer);
        }
        outcome.and(written).is_ok()
    }

    fn serve_connection(
        &self,
        tcp: TcpStream,
        peer: SocketAddr,
        number: u64,
        report: &mut Report,
    ) -> Result<()> {
        let common = &self.options.common;
        let (source, sink) = self.endpoints(number)?;
        let conn = self.connection()?;
        // Bars of several connections would overwrite each other.
        let progress = match self.is_single_connection() {
            true => Progress::new(BarOptions::new(common, source.len())),
            false => Progress::default(),
        };
        let session = Arc::new(Session::new(conn, tcp, common, progress));
        let early_data = match self.options.max_early_data {
            Some(_) => EarlyData::Accept,
            None => EarlyData::None,
        };
        let outcome = session.negotiate(early_data, report).and_then(|first| {
            for error in session.enable_kernel_tls(report) {
                self.print_error(&error, number, peer);
            }
            if common.verbose {
                print_line(
                    PROGRAM,
                    &format!("connection {number}: {}", report.negotiated_summary()),
                );
            }
            session.transfer(first, source, sink)
        });
        session.finish(report);
        let logged = self.key_log.as_ref().map(|key_log| key_log.finish());
        outcome.and(logged.unwrap_or(Ok(())))
    }

    fn endpoints(&self, number: u64) -> Result<(Source, Sink)> {
        let common = &self.options.common;
        if self.options.echo {
            return Ok(echo());
        }
        let source = match &common.send {
            Some(path) => Source::file(path)?,
            None if self.is_single_connection() => Source::stdin(),
            None => Source::Empty,
        };
        let sink = match &common.receive {
            Some(path) if self.is_single_connection() => {
                Sink::File(OutputFile::new(path, common.force)?)
            }
            Some(path) => Sink::File(OutputFile::new(&numbered(path, number), common.force)?),
            None => Sink::Stdout,
        };
        Ok((source, sink))
    }

    /// Returns the number of connections to serve; `None` for no limit.
    fn connection_limit(&self) -> Option<u64> {
        match self.options.once {
            true => Some(1),
            false => self.options.connections,
        }
    }

    fn is_single_connection(&self) -> bool {
        self.connection_limit() == Some(1)
    }

    fn print_error(&self, error: &ToolError, number: u64, peer: SocketAddr) {
        error.print(&format!("{PROGRAM}: connection {number} from {peer}"));
    }
}

impl Endpoint for Daemon {
    fn program(&self) -> &'static str {
        PROGRAM
    }

    fn mode(&self) -> Mode {
        Mode::Server
    }

    fn common(&self) -> &Common {
        &self.options.common
    }

    fn connection(&self) -> Result<Connection> {
        let conn = Connection::new(Mode::Server);
        let outcome = conn.set_config(self.config.clone());
        outcome.map_err(|error| ToolError::tls(&error, "the certificates cannot be used"))?;
        psk::append(&conn, &self.psks)?;
        Ok(conn)
    }

    fn key_log(&self) -> Option<&KeyLogFile> {
        self.key_log.as_deref()
    }

    fn report_writer(&self) -> Option<&ReportWriter> {
        self.report_writer.as_ref()
    }
}
