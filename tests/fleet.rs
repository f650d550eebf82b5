//! Tests of the example `fleet_resumption`: a fleet of two servers, of which one is linked with rs2n and the
//! other with s2n-tls, shares ticket keys and the session cache in Redis.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

#[path = "support/linking.rs"]
mod linking;
#[path = "support/peers.rs"]
mod peers;
mod support;

use linking::Example;
use peers::{Process, cert, chain_and_key};
use support::{run, scratch, under_valgrind};

const TLS13: &[&str] = &["-tls1_3"];
const TLS12_TICKET: &[&str] = &["-tls1_2"];
const TLS12_CACHE: &[&str] = &["-tls1_2", "-no_ticket"];
const ALL: [&[&str]; 3] = [TLS13, TLS12_TICKET, TLS12_CACHE];

/// The period in which servers read the keys and reconnect, in milliseconds.
const PERIOD: &str = "500";

#[test]
fn sessions_of_one_library_are_resumed_by_the_other() {
    let mut fleet = Fleet::start("resumption");
    for options in ALL {
        for (first, second) in [(0, 1), (1, 0)] {
            let session = fleet.new_session(first, options);
            fleet.resume(second, options, &session);
        }
    }
    fleet.stop();
}

#[test]
fn without_redis_handshakes_are_full() {
    let mut fleet = Fleet::start("outage");
    let ticket = fleet.new_session(0, TLS12_TICKET);
    let cached = fleet.new_session(1, TLS12_CACHE);

    fleet.stop_redis();
    for server in [0, 1] {
        assert_eq!(fleet.connect(server, TLS12_CACHE, Some(&cached)), FULL);
        // Keys that the servers have read are used on.
        fleet.resume(server, TLS12_TICKET, &ticket);
    }

    fleet.start_redis();
    fleet.wait_for("store: connected");
    let cached = fleet.new_session(0, TLS12_CACHE);
    fleet.resume(1, TLS12_CACHE, &cached);
    fleet.stop();
}

#[test]
fn servers_start_without_redis() {
    let mut fleet = Fleet::start_servers("late");
    for options in ALL {
        for server in [0, 1] {
            fleet.new_session(server, options);
        }
    }
    fleet.start_redis();
    fleet.wait_for("store: connected");
    fleet.add_key("late", 3600);
    fleet.wait_for("ticket key: late");
    for options in ALL {
        let session = fleet.new_session(1, options);
        fleet.resume(0, options, &session);
    }
    fleet.stop();
}

/// Redis accepts the lookup, but answers nothing: the servers give the connection up.
#[test]
fn lookups_end_when_redis_does_not_answer() {
    let mut fleet = Fleet::start("paused");
    let session = fleet.new_session(0, TLS12_CACHE);
    fleet.redis_command(&["CLIENT", "PAUSE", "600000", "ALL"]);
    for server in [0, 1] {
        assert_eq!(fleet.connect(server, TLS12_CACHE, Some(&session)), FULL);
    }
    fleet.stop();
}

#[test]
fn keys_are_rotated_while_the_servers_run() {
    let mut fleet = Fleet::start("rotation");
    let old: Vec<_> = ALL.map(|options| fleet.new_session(0, options)).into();
    fleet.add_key("future", -3600);
    fleet.add_key("second", 3600);
    fleet.wait_for("ticket key: second");

    for options in [TLS13, TLS12_TICKET] {
        for (server, other) in [(0, 1), (1, 0)] {
            // Both keys encrypt, and each ticket has a random one of them.
            let new = (0..64).find_map(|_| {
                let session = fleet.new_session(server, options);
                assert!(!session.contains("future"), "used before its introduction");
                session.contains("second").then_some(session)
            });
            fleet.resume(other, options, &new.expect("a ticket uses the new key"));
        }
    }
    for (options, session) in ALL.into_iter().zip(&old) {
        for server in [0, 1] {
            fleet.resume(server, options, session);
        }
    }
    fleet.stop();
}

#[test]
fn malformed_keys_are_reported() {
    let mut fleet = Fleet::start_servers("malformed");
    fleet.start_redis();
    let secret = "0".repeat(64);
    let malformed = ["", "1", " ", "1 00", &secret, &format!("-1 {secret}")];
    for (name, value) in malformed.iter().enumerate() {
        fleet.redis_command(&["HSET", "ticket-keys", &format!("bad-{name}"), value]);
    }
    fleet.add_key("sixteen-bytes-at-most", 3600);
    fleet.add_key("last", 3600);
    fleet.wait_for("ticket key: last");
    for server in fleet.servers {
        let report = server.process.terminate();
        assert_eq!(report.code, Some(0), "{report:?}");
        let names = (0..malformed.len()).map(|name| format!("bad-{name}"));
        for name in names.chain(["sixteen-bytes-at-most".to_owned()]) {
            let line = format!("ticket key {name}: not a name, introduction and secret\n");
            assert!(report.stderr.contains(&line), "{name}: {report:?}");
        }
    }
}

const FULL: &str = "full handshake";
const RESUMED: &str = "resumed";

/// Redis and two servers.
struct Fleet {
    folder: PathBuf,
    redis: Option<Process>,
    servers: [Server; 2],
    /// The number of sessions and keys, for names and secrets.
    count: u32,
}

struct Server {
    process: Process,
    port: String,
}

/// The file of a client's session.
struct Session(PathBuf);

impl Fleet {
    /// Starts Redis, with a ticket key, and the servers.
    fn start(name: &str) -> Self {
        let mut fleet = Self::start_servers(name);
        fleet.start_redis();
        fleet.add_key("first", 3600);
        fleet.wait_for("ticket key: first");
        fleet
    }

    /// Starts the servers. The one with rs2n runs under valgrind.
    fn start_servers(name: &str) -> Self {
        let folder = scratch(&format!("fleet-{name}"));
        let [rs2n, reference] = programs();
        let servers = [under_valgrind(rs2n), Command::new(reference)].map(|mut command| {
            let (chain, key) = chain_and_key("ecdsa");
            let socket = folder.join("redis").display().to_string();
            command.args(["0", &chain, &key, &socket, PERIOD]);
            let mut process = Process::spawn_command(&command);
            let port = process.wait_for("port: ");
            Server { process, port }
        });
        Self {
            folder,
            redis: None,
            servers,
            count: 0,
        }
    }

    fn start_redis(&mut self) {
        let socket = self.folder.join("redis").display().to_string();
        let folder = self.folder.display().to_string();
        // Neither a TCP port nor files.
        let args = ["--port", "0", "--unixsocket", &socket, "--dir", &folder];
        let args = [&args[..], &["--save", "", "--appendonly", "no"]].concat();
        let mut redis = Process::spawn("redis-server", &args);
        redis.wait_for_text("eady to accept connections");
        self.redis = Some(redis);
    }

    /// Ends Redis, and waits until the servers have noticed.
    fn stop_redis(&mut self) {
        self.redis = None;
        self.wait_for("store: disconnected");
    }

    fn redis_command(&self, args: &[&str]) {
        let mut command = Command::new("redis-cli");
        command.arg("-e").arg("-s").arg(self.folder.join("redis"));
        run(command.args(args));
    }

    /// Adds a ticket key that was introduced this number of seconds ago.
    fn add_key(&mut self, name: &str, age: i64) {
        self.count += 1;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.expect("it is after 1970").as_secs().cast_signed();
        let value = format!("{} {:064x}", now - age, self.count);
        self.redis_command(&["HSET", "ticket-keys", name, &value]);
    }

    /// Waits until each server prints a line.
    fn wait_for(&mut self, line: &str) {
        for server in &mut self.servers {
            server.process.wait_for(line);
        }
    }

    /// Connects to a server without a session, and returns the new one.
    fn new_session(&mut self, server: usize, options: &[&str]) -> Session {
        self.count += 1;
        let session = Session(self.folder.join(format!("session-{}", self.count)));
        let path = session.0.display().to_string();
        let outcome = self.run_client(server, options, &["-sess_out", &path]);
        assert_eq!(outcome, FULL, "server {server}, {options:?}");
        session
    }

    fn resume(&mut self, server: usize, options: &[&str], session: &Session) {
        let outcome = self.connect(server, options, Some(session));
        assert_eq!(outcome, RESUMED, "server {server}, {options:?}");
    }

    /// Connects to a server, and returns whether the session was resumed.
    fn connect(&mut self, server: usize, options: &[&str], session: Option<&Session>) -> String {
        let path = session.map(|session| session.0.display().to_string());
        let args: Vec<_> = path
            .iter()
            .flat_map(|path| ["-sess_in", path.as_str()])
            .collect();
        self.run_client(server, options, &args)
    }

    fn run_client(&mut self, server: usize, options: &[&str], args: &[&str]) -> String {
        let server = &mut self.servers[server];
        let address = format!("127.0.0.1:{}", server.port);
        let ca = cert("ca.pem");
        let common = ["s_client", "-connect", &address, "-CAfile", &ca, "-quiet"];
        let verify = ["-verify_return_error"];
        let client = Process::spawn("openssl", &[&common[..], &verify, options, args].concat());
        let report = client.finish();
        let version = if options == TLS13 {
            "TLS 1.3, "
        } else {
            "TLS 1.2, "
        };
        let outcome = report.stdout.trim().strip_prefix(version);
        let outcome = outcome.unwrap_or_else(|| panic!("{options:?}: {report:?}"));
        let printed = server.process.wait_for("connection: ");
        assert_eq!(printed, format!("{version}{outcome}"));
        outcome.to_owned()
    }

    /// Ends the servers, and checks that they had no errors.
    fn stop(self) {
        for server in self.servers {
            let report = server.process.terminate();
            assert_eq!(report.code, Some(0), "{report:?}");
            assert_eq!(report.stderr, "");
        }
    }
}

impl Session {
    /// Returns whether the session contains this text, such as the name of a ticket key.
    fn contains(&self, text: &str) -> bool {
        let mut command = Command::new("openssl");
        command.args(["sess_id", "-outform", "DER", "-in"]);
        let session = run(command.arg(&self.0)).stdout;
        session
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    }
}

/// The example, linked with rs2n and with s2n-tls, each with its own header.
fn programs() -> &'static [PathBuf; 2] {
    static PROGRAMS: OnceLock<[PathBuf; 2]> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let folder = scratch(&format!("fleet-programs-{}", std::process::id()));
        let programs = ["rs2n", "s2n-tls"].map(|name| folder.join(name));
        let example = Example {
            sources: &["fleet_resumption.c", "fleet/store.c"],
            libraries: &["hiredis"],
        };
        example.link_with_rs2n("gcc", &programs[0]);
        example.link_with_reference(&programs[1]);
        programs
    })
}
