//! Tests of the example `early_data`, with an attacker who has recorded the first flight of a client, and
//! of `early_data_fleet`: two servers, of which one is linked with s2n-tls, share a strike register in Redis.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

#[path = "support/linking.rs"]
mod linking;
#[path = "support/peers.rs"]
mod peers;
#[path = "support/relay.rs"]
mod relay;
mod support;

use linking::Example;
use peers::{Process, cert, certs, chain_and_key};
use relay::{Relay, port_of, replay};
use support::{compile, root, run, run_and_check_memory, scratch, under_valgrind};

/// In the order of the calls: with the ticket of the request before, and without a ticket for the first.
#[test]
fn idempotent_requests_are_executed_early() {
    let [gcc, clang, reference] = programs();
    for (server, client) in [
        (gcc, clang),
        (clang, gcc),
        (gcc, reference),
        (reference, gcc),
    ] {
        let session = session("order");
        let mut server = Server::start(server, &["-N", "4"]);
        let send = |options: &[&str], request| {
            let port = server.port.clone();
            client_output(client, &port, &session, options, request)
        };
        let full = send(&[], "GET /");
        assert_eq!(full, "handshake: full\nearly data: none\nresponse: 200 0\n");
        assert_eq!(send(&[], "GET /a"), accepted("200 0"));
        // The client does not send it as early data.
        let late = send(&[], "POST /b");
        assert_eq!(
            late,
            "handshake: resumed\nearly data: none\nresponse: 200 1\n"
        );
        let refused = "425 Too Early\nresponse: 200 2";
        assert_eq!(send(&["-f"], "POST /c"), accepted(refused));
        let lines = [
            "handshake: full",
            "request: GET /, after the handshake: 200 0",
            "early data: accepted",
            "request: GET /a, early data: 200 0",
            "handshake: resumed",
            "handshake: resumed",
            "request: POST /b, after the handshake: 200 1",
            "early data: accepted",
            "request: POST /c, early data: 425 Too Early",
            "handshake: resumed",
            "request: POST /c, after the handshake: 200 2",
        ];
        let report = server.process.take().expect("it runs").finish();
        assert_eq!(report.code, Some(0), "{report:?}");
        assert_eq!(report.stdout.lines().collect::<Vec<_>>(), lines);
        assert_eq!(report.stderr, "");
    }
}

#[test]
fn a_replay_is_rejected_and_not_executed() {
    for program in [&programs()[0], &programs()[2]] {
        let session = session("replay");
        let mut server = Server::start(program, &[]);
        server.send(&session, &[], "GET /");
        let relay = Relay::start(Some(&server.port));
        let output = client_output(&programs()[0], &relay.port, &session, &[], "GET /once");
        assert_eq!(output, accepted("200 0"));
        server.wait_for("request: GET /once, early data: 200 0");

        let recorded = relay.finish();
        for _ in 0..3 {
            replay(&recorded, &server.port);
            assert_eq!(server.next("early data: "), USED);
        }
        let report = server.stop();
        assert_eq!(report.count("request: GET /once"), 1, "{report:?}");
        assert_eq!(report.count("request: "), 2, "{report:?}");
    }
}

/// The attacker delivers what the client could not, as early data of a connection that is never complete.
#[test]
fn a_request_that_is_not_idempotent_waits_for_the_handshake() {
    let session = session("not-idempotent");
    let mut server = Server::start(&programs()[0], &[]);
    server.send(&session, &[], "GET /");
    let relay = Relay::start(None);
    let client = client(&programs()[1], &relay.port, &session, &["-f"], "POST /harm");
    let recorded = relay.finish();
    let report = client.finish();
    assert_eq!(report.code, Some(1), "{report:?}");
    assert_eq!(report.stdout, "", "{report:?}");

    replay(&recorded, &server.port);
    assert_eq!(server.next("early data: "), "accepted");
    let refused = "POST /harm, early data: 425 Too Early";
    assert_eq!(server.next("request: "), refused);
    replay(&recorded, &server.port);
    assert_eq!(server.next("early data: "), USED);
    // The number of executed requests.
    let output = server.send(&self::session("later"), &[], "GET /");
    assert!(output.ends_with("response: 200 0\n"), "{output}");
    let report = server.stop();
    assert_eq!(report.count("request: POST /harm"), 1, "{report:?}");
}

/// A client that has used a ticket twice sends its request again, once, when the handshake is complete.
#[test]
fn a_rejected_request_is_repeated() {
    for (server, client) in [(0, 1), (0, 2), (2, 0)].map(|(a, b)| (&programs()[a], &programs()[b]))
    {
        let session = session("rejected");
        let copy = session.with_extension("copy");
        let mut server = Server::start(server, &[]);
        server.send(&session, &[], "GET /");
        fs::copy(&session, &copy).expect("the client has stored its session");
        server.send(&session, &[], "GET /");
        // Holds the ClientHello until the early data is sent.
        let relay = Relay::start(Some(&server.port));
        let output = client_output(client, &relay.port, &copy, &["-f"], "POST /again");
        assert_eq!(
            output,
            "handshake: resumed\nearly data: rejected\nresponse: 200 1\n"
        );
        relay.finish();
        server.wait_for("early data: rejected, the ticket was used before");
        let report = server.stop();
        let executed = "request: POST /again, after the handshake: 200 1";
        assert_eq!(report.count(executed), 1, "{report:?}");
        assert_eq!(report.count("request: POST"), 1, "{report:?}");
    }
}

#[test]
fn a_full_register_rejects_early_data() {
    let session = session("full");
    let mut server = Server::start(&programs()[0], &["-R", "1"]);
    server.send(&session, &[], "GET /");
    server.send(&session, &[], "GET /first");
    server.wait_for("early data: accepted");
    server.send(&session, &[], "GET /second");
    server.wait_for("early data: rejected, the register is full or not available");
    server.wait_for("request: GET /second, after the handshake: 200 0");
    server.stop();
}

/// A signal ends the server also while clients are connected, in each state.
#[test]
fn a_signal_ends_the_server() {
    let server = Server::start(&programs()[0], &[]);
    let connect = || TcpStream::connect(format!("127.0.0.1:{}", server.port));
    let silent = connect().expect("the server listens");
    let mut partial = connect().expect("the server listens");
    partial
        .write_all(&[22, 3, 1, 1])
        .expect("the server receives");
    server.stop();
    drop((silent, partial));
}

#[test]
fn neither_role_has_a_leak() {
    let session = session("memory");
    let mut server = Server::start(&programs()[0], &["-N", "3"]);
    let outputs = ["GET /", "GET /", "POST /"].map(|request| {
        let port = server.port.clone();
        let args = client_args(&port, &session, &["-f"], request);
        let report = Process::spawn_command(under_valgrind(&programs()[0]).args(args)).finish();
        assert_eq!(report.code, Some(0), "{report:?}");
        report.stdout
    });
    assert_eq!(outputs[1], accepted("200 0"));
    assert_eq!(outputs[2], accepted("425 Too Early\nresponse: 200 1"));
    let report = server.process.take().expect("it runs").finish();
    assert_eq!(report.code, Some(0), "{report:?}");
}

#[test]
fn the_client_reports_its_errors() {
    let program = &programs()[0];
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = port_of(&closed);
    drop(closed);
    let long = format!("GET /{}", "x".repeat(1024));
    let session = session("errors");
    for (request, code, text) in [
        ("GET /", 1, "connecting: "),
        (&long, 2, "usage: early_data "),
    ] {
        let report = client(program, &port, &session, &[], request).finish();
        assert_eq!(report.code, Some(code), "{report:?}");
        assert!(report.stderr.starts_with(text), "{report:?}");
    }
    // A session that is none is dropped.
    let mut server = Server::start(program, &["-N", "1"]);
    fs::write(&session, "no session").expect("the scratch folder is writable");
    let output = server.send(&session, &[], "GET /");
    assert!(output.starts_with("handshake: full\n"), "{output}");
}

/// The register, and the times of tickets, with clocks of the test.
#[test]
fn strikes() {
    let program = scratch("c-strikes").join("strikes");
    compile("gcc", &root().join("tests/c/strikes.c"), &program);
    run_and_check_memory(&program, &[&certs().display().to_string()]);
}

/// A ticket of one server is used for early data at most once in the fleet.
#[test]
fn a_fleet_shares_the_register() {
    let mut fleet = Fleet::start("shared");
    for (first, second) in [(0, 1), (1, 0)] {
        let session = session("shared");
        fleet.servers[first].send(&session, &[], "GET /");
        // The ticket of the first server at the second one.
        let relay = Relay::start(Some(&fleet.servers[second].port));
        let output = client_output(&programs()[1], &relay.port, &session, &[], "GET /once");
        assert_eq!(output, accepted("200 0"));
        fleet.servers[second].wait_for("request: GET /once, early data: 200 0");
        let recorded = relay.finish();
        for server in &mut fleet.servers {
            replay(&recorded, &server.port);
            assert_eq!(server.next("early data: "), USED);
        }
    }
    fleet.stop();
}

/// Without the register, requests are late and not lost.
#[test]
fn without_redis_early_data_is_rejected() {
    let mut fleet = Fleet::start("outage");
    let session = session("outage");
    let rejected = "early data: rejected, the register is full or not available";
    fleet.servers[0].send(&session, &[], "GET /");
    // Redis receives the ticket, and does not answer: the server gives the connection up.
    fleet.redis_command(&["CLIENT", "PAUSE", "600000", "ALL"]);
    for server in &mut fleet.servers {
        server.send(&session, &[], "GET /paused");
        server.wait_for(rejected);
        server.wait_for("request: GET /paused, after the handshake: 200 0");
    }
    fleet.redis = None;
    for server in &mut fleet.servers {
        server.send(&session, &[], "GET /stopped");
        server.wait_for(rejected);
        server.wait_for("request: GET /stopped, after the handshake: 200 0");
    }
    fleet.stop();
}

/// The decision about early data with a ticket that is in the register.
const USED: &str = "rejected, the ticket was used before";

/// The output of a client whose early data was accepted.
fn accepted(response: &str) -> String {
    format!("handshake: resumed\nearly data: accepted\nresponse: {response}\n")
}

/// The path of a client's session, which does not exist.
fn session(name: &str) -> PathBuf {
    scratch(&format!("early-data-{name}")).join("session")
}

fn client_args<'a>(
    port: &'a str,
    session: &'a Path,
    options: &[&'a str],
    request: &'a str,
) -> Vec<String> {
    let session = session.display().to_string();
    let ca = cert("ca.pem");
    let first = ["client", "-A", &ca, "-s", &session];
    let last = ["localhost", port, request];
    let args = [&first[..], options, &last].concat();
    args.into_iter().map(str::to_owned).collect()
}

fn client(program: &Path, port: &str, session: &Path, options: &[&str], request: &str) -> Process {
    let args = client_args(port, session, options, request);
    Process::spawn_command(Command::new(program).args(args))
}

/// Runs a client, and returns what it prints.
fn client_output(
    program: &Path,
    port: &str,
    session: &Path,
    options: &[&str],
    request: &str,
) -> String {
    let report = client(program, port, session, options, request).finish();
    assert_eq!(report.code, Some(0), "{report:?}");
    report.stdout
}

struct Server {
    /// `None` when it has been stopped.
    process: Option<Process>,
    port: String,
    /// The lines that it has printed.
    lines: Vec<String>,
}

/// The lines that a server has printed.
#[derive(Debug)]
struct Log(Vec<String>);

impl Server {
    /// Starts a server. One that gcc has compiled runs under valgrind, which does not read the debug
    /// information of clang.
    fn start(program: &Path, options: &[&str]) -> Self {
        let (chain, key) = chain_and_key("ecdsa");
        let args = [&["server", "-C", &chain, "-K", &key], options].concat();
        let args: Vec<_> = args.into_iter().map(str::to_owned).collect();
        let mut command = match program.ends_with("gcc") {
            true => under_valgrind(program),
            false => Command::new(program),
        };
        let mut process = Process::spawn_command(command.args(args));
        let port = process.wait_for("port: ");
        Self {
            process: Some(process),
            port,
            lines: Vec::new(),
        }
    }

    /// Sends a request, and returns the output of the client.
    fn send(&mut self, session: &Path, options: &[&str], request: &str) -> String {
        client_output(&programs()[0], &self.port, session, options, request)
    }

    /// Reads lines up to this one.
    fn wait_for(&mut self, expected: &str) {
        let process = self.process.as_mut().expect("it runs");
        while self.lines.last().is_none_or(|line| line != expected) {
            self.lines.push(process.wait_for(""));
        }
        // The same line may be expected again.
        self.lines.push(String::new());
    }

    /// Returns the rest of the next line that begins with this text.
    fn next(&mut self, start: &str) -> String {
        let process = self.process.as_mut().expect("it runs");
        loop {
            let line = process.wait_for("");
            self.lines.push(line.clone());
            if let Some(rest) = line.strip_prefix(start) {
                return rest.to_owned();
            }
        }
    }

    /// Ends the server, which has had no memory errors.
    fn stop(mut self) -> Log {
        let report = self.process.take().expect("it runs").terminate();
        assert_eq!(report.code, Some(0), "{report:?}");
        self.lines.extend(report.stdout.lines().map(str::to_owned));
        Log(self.lines)
    }
}

impl Log {
    /// Returns the number of lines that begin with a text.
    fn count(&self, start: &str) -> usize {
        let lines = self.0.iter();
        lines.filter(|line| line.starts_with(start)).count()
    }
}

/// Redis, and two servers: linked with rs2n and with s2n-tls.
struct Fleet {
    folder: PathBuf,
    redis: Option<Process>,
    servers: [Server; 2],
}

impl Fleet {
    fn start(name: &str) -> Self {
        let folder = scratch(&format!("early-data-fleet-{name}"));
        let socket = folder.join("redis").display().to_string();
        let path = folder.display().to_string();
        // Neither a TCP port nor files.
        let args = ["--port", "0", "--unixsocket", &socket, "--dir", &path];
        let args = [&args[..], &["--save", "", "--appendonly", "no"]].concat();
        let mut redis = Process::spawn("redis-server", &args);
        redis.wait_for_text("eady to accept connections");
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let introduced = now.expect("it is after 1970").as_secs() - 3600;
        let mut fleet = Self {
            redis: Some(redis),
            servers: fleet_programs()
                .each_ref()
                .map(|program| Server::start(program, &["-R", &socket])),
            folder,
        };
        let key = format!("{introduced} {:064x}", 0x1234);
        fleet.redis_command(&["HSET", "ticket-keys", "first", &key]);
        for server in &mut fleet.servers {
            server.wait_for("ticket key: first");
        }
        fleet
    }

    fn redis_command(&self, args: &[&str]) {
        let mut command = Command::new("redis-cli");
        command.arg("-e").arg("-s").arg(self.folder.join("redis"));
        run(command.args(args));
    }

    fn stop(self) {
        for server in self.servers {
            server.stop();
        }
    }
}

/// The example, linked with rs2n by each compiler, and with s2n-tls.
fn programs() -> &'static [PathBuf; 3] {
    static PROGRAMS: OnceLock<[PathBuf; 3]> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let example = Example {
            sources: &[
                "early_data.c",
                "early_data/client.c",
                "early_data/server.c",
                "early_data/strikes.c",
                "early_data/tickets.c",
            ],
            libraries: &[],
        };
        let folder = scratch(&format!("early-data-programs-{}", std::process::id()));
        let [gcc, clang, reference] = ["gcc", "clang", "s2n-tls"].map(|name| folder.join(name));
        example.link_with_rs2n("gcc", &gcc);
        example.link_with_rs2n("clang", &clang);
        example.link_with_reference(&reference);
        [gcc, clang, reference]
    })
}

/// The example with the register in Redis, linked with rs2n and with s2n-tls.
fn fleet_programs() -> &'static [PathBuf; 2] {
    static PROGRAMS: OnceLock<[PathBuf; 2]> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let example = Example {
            sources: &[
                "early_data.c",
                "early_data/client.c",
                "early_data/server.c",
                "early_data/strikes_redis.c",
                "early_data/tickets.c",
                "fleet/store.c",
            ],
            libraries: &["hiredis"],
        };
        let folder = scratch(&format!("early-data-fleet-programs-{}", std::process::id()));
        let [rs2n, reference] = ["gcc", "s2n-tls"].map(|name| folder.join(name));
        example.link_with_rs2n("gcc", &rs2n);
        example.link_with_reference(&reference);
        [rs2n, reference]
    })
}
