//! `rs2nd`.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use s2n::tls::config::Config;
use s2n::tls::connection::{Connection, Mode};
use serde::Serialize;

use crate::ends::{Sink, Source, Target, echo};
use crate::manual;
use crate::options::Server;
use crate::progress::{Progress, Wanted};
use crate::report::{Journal, Report};
use crate::session::Session;
use crate::settings;
use crate::trouble::{FAILED, Result, Trouble, say};

const PROGRAM: &str = "rs2nd";

/// Does what the command line says, and returns the exit status.
pub fn main() -> i32 {
    match Daemon::new(manual::parse()) {
        Ok((daemon, listener)) => daemon.serve(&listener),
        Err(trouble) => {
            trouble.tell(PROGRAM);
            trouble.status
        }
    }
}

/// What all connections share.
struct Daemon {
    options: Server,
    config: Arc<Config>,
    /// Where reports go, if there are to be any.
    journal: Option<Journal>,
}

/// The first line of a journal.
#[derive(Serialize)]
struct Announcement {
    listening: SocketAddr,
    port: u16,
}

/// How long a server without memory or descriptors waits before it accepts again.
const BREATH: Duration = Duration::from_millis(100);

impl Daemon {
    fn new(options: Server) -> Result<(Arc<Self>, TcpListener)> {
        let (host, port) = place(&options.place)?;
        let config = settings::server(&options)?;
        let common = &options.common;
        // What cannot be read or written is found out before the first client comes.
        if let Some(path) = &common.send {
            Source::file(path)?;
        }
        let writes_output = common.receive.is_none() && !options.echo;
        let standard = Journal::standard(writes_output);
        let file = match &common.json {
            Some(Some(path)) => Some(Journal::file(path)?),
            _ => None,
        };

        let listener = TcpListener::bind((host, port));
        let listener = listener.map_err(|error| {
            Trouble::new(format!("cannot listen at {host} port {port}: {error}"))
                .advise("port 0 lets the system choose a free one")
        })?;
        let address = listener.local_addr();
        let listening = address.map_err(|error| Trouble::new(format!("no address: {error}")))?;
        let port = listening.port();
        let journal = match (&common.json, file) {
            (Some(None), _) => {
                standard.json(&Announcement { listening, port })?;
                Some(standard)
            }
            (_, file) => {
                standard.line(&format!("port: {port}"))?;
                file
            }
        };
        let daemon = Self {
            options,
            config,
            journal,
        };
        Ok((Arc::new(daemon), listener))
    }

    /// Serves as many connections as there are to be, and tells whether all went well.
    fn serve(self: &Arc<Self>, listener: &TcpListener) -> i32 {
        let most = self.most_connections();
        let mut threads = Vec::new();
        for number in 1..=most.unwrap_or(u64::MAX) {
            let (tcp, peer) = self.accept(listener);
            let daemon = self.clone();
            let thread = thread::Builder::new().spawn(move || daemon.connection(tcp, peer, number));
            if let Err(error) = &thread {
                self.tell(&Trouble::new(format!("no thread: {error}")), number, peer);
                thread::sleep(BREATH);
            }
            if most.is_some() {
                threads.push(thread);
            }
        }
        let went_well = threads
            .into_iter()
            .map(|thread| thread.is_ok_and(|thread| matches!(thread.join(), Ok(true))));
        // Every thread is waited for, whatever the others say.
        match went_well.fold(true, |all, one| all & one) {
            true => 0,
            false => FAILED,
        }
    }

    /// The next client. That a client has gone before we looked is nothing to report.
    fn accept(&self, listener: &TcpListener) -> (TcpStream, SocketAddr) {
        loop {
            match listener.accept() {
                Ok(accepted) => return accepted,
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    say(PROGRAM, &format!("cannot accept a connection: {error}"));
                    thread::sleep(BREATH);
                }
            }
        }
    }

    /// Serves one client; true if all went well.
    fn connection(&self, tcp: TcpStream, peer: SocketAddr, number: u64) -> bool {
        let mut report = Report::new(Mode::Server, Some(peer));
        report.connection = Some(number);
        let outcome = self.serve_one(tcp, number, &mut report);
        if let Err(trouble) = &outcome {
            self.tell(trouble, number, peer);
        }
        if self.options.common.verbose {
            say(
                PROGRAM,
                &format!("connection {number}: {}", report.summary()),
            );
        }
        report.error = outcome.as_ref().err().cloned();
        let reported = match &self.journal {
            Some(journal) => journal.json(&report),
            None => Ok(()),
        };
        if let Err(trouble) = &reported {
            self.tell(trouble, number, peer);
        }
        outcome.and(reported).is_ok()
    }

    fn serve_one(&self, tcp: TcpStream, number: u64, report: &mut Report) -> Result<()> {
        let common = &self.options.common;
        let (source, sink) = self.ends(number)?;
        let conn = Connection::new(Mode::Server);
        let set = conn.set_config(self.config.clone());
        set.map_err(|error| Trouble::tls(&error, "the certificates cannot be used"))?;
        // Several bars at once would tell nobody anything.
        let progress = match self.serves_one() {
            true => Progress::new(Wanted::new(common, source.len())),
            false => Progress::default(),
        };
        let session = Arc::new(Session::new(conn, tcp, common.into(), progress));
        let outcome = session.negotiate(report).and_then(|()| {
            if common.verbose {
                say(
                    PROGRAM,
                    &format!("connection {number}: {}", report.agreement()),
                );
            }
            session.exchange(source, sink)
        });
        session.conclude(report);
        outcome
    }

    fn ends(&self, number: u64) -> Result<(Source, Sink)> {
        let common = &self.options.common;
        if self.options.echo {
            return Ok(echo());
        }
        let source = match &common.send {
            Some(path) => Source::file(path)?,
            None if self.serves_one() => Source::input(),
            None => Source::Nothing,
        };
        let sink = match &common.receive {
            Some(path) if self.serves_one() => Sink::File(Target::new(path, common.force)?),
            Some(path) => Sink::File(Target::new(&numbered(path, number), common.force)?),
            None => Sink::Output,
        };
        Ok((source, sink))
    }

    /// How many connections are served; nothing for no end.
    fn most_connections(&self) -> Option<u64> {
        match self.options.once {
            true => Some(1),
            false => self.options.connections,
        }
    }

    fn serves_one(&self) -> bool {
        self.most_connections() == Some(1)
    }

    fn tell(&self, trouble: &Trouble, number: u64, peer: SocketAddr) {
        trouble.tell(&format!("{PROGRAM}: connection {number} from {peer}"));
    }
}

/// Where to listen: `PORT`, or `HOST PORT`.
fn place(words: &[String]) -> Result<(&str, u16)> {
    let (host, port) = match words {
        [port] => ("localhost", port),
        [host, port] => (host.as_str(), port),
        _ => {
            return Err(Trouble::usage(
                "where to listen is said as PORT, or HOST PORT",
            ));
        }
    };
    let number = port.parse();
    let number = number.map_err(|_| Trouble::usage(format!("{port:?} is no port: 0 to 65535")))?;
    Ok((host, number))
}

fn numbered(path: &Path, number: u64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}
