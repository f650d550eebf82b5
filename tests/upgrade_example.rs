//! Tests of the example `upgrade`: a server under load is replaced several times, by programs that are linked
//! with rs2n and with s2n-tls, and its clients lose no byte and no connection.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

#[path = "support/linking.rs"]
mod linking;
#[path = "support/peers.rs"]
mod peers;
mod support;

use linking::Example;
use peers::{Process, cert, chain_and_key};
use support::{root, scratch};

/// Of the clients of `load.py`, those that are idle cannot fail to move.
const IDLE_CLIENTS: u32 = 6;

#[test]
fn a_server_is_replaced_under_load() {
    let [rs2n, reference] = programs();
    let successors = [rs2n, reference, rs2n, reference, reference, rs2n, rs2n];
    let mut server = Server::start(rs2n, "load");
    let port = server.process.wait_for("port: ");
    server.process.wait_for("ready");

    let seed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    eprintln!("seed {seed}");
    let script = root().join("tests/peers/load.py").display().to_string();
    let (input, stop) = std::io::pipe().expect("a pipe");
    let arguments = [&script, &*cert("ca.pem"), &port, &seed.to_string()];
    let mut load = Process::spawn_with_input("python3", &arguments, Stdio::from(input));
    load.wait_for("ready");

    let mut moved = 0;
    for program in successors {
        let mut next = server.successor(program);
        next.process.wait_for("ready");
        let count = next.process.wait_for("taken over: ");
        let count: u32 = count.parse().expect("a number");
        assert!(count >= IDLE_CLIENTS, "{count} connections have moved");
        moved += count;
        let report = std::mem::replace(&mut server, next).process.finish();
        assert_eq!((report.code, &*report.stderr), (Some(0), ""), "{report:?}");
        load.wait_for("progress");
    }
    drop(stop);
    let report = load.finish();
    assert_eq!(report.code, Some(0), "{report:?}");
    eprintln!(
        "{moved} moves, {}",
        report.stdout.lines().last().unwrap_or_default()
    );
    let report = server.process.terminate();
    assert_eq!((report.code, &*report.stderr), (Some(0), ""), "{report:?}");
}

/// An old socket at the path is replaced, and not connected to.
#[test]
fn the_socket_of_a_process_that_has_ended_is_replaced() {
    for program in programs() {
        let mut server = Server::start(program, "stale");
        server.process.wait_for("ready");
        let successor = server.successor(program);
        assert_eq!(server.process.terminate().code, Some(0));
        drop(successor);

        let mut server = Server::start(program, "stale");
        server.process.wait_for("port: ");
        server.process.wait_for("ready");
        assert_eq!(server.process.terminate().code, Some(0));
    }
}

struct Server {
    process: Process,
    socket: String,
}

impl Server {
    fn start(program: &Path, name: &str) -> Self {
        let folder = scratch(&format!("upgrade-{name}-{}", std::process::id()));
        let socket = folder.join("socket").display().to_string();
        let process = spawn(program, &socket);
        Self { process, socket }
    }

    fn successor(&self, program: &Path) -> Self {
        let process = spawn(program, &self.socket);
        let socket = self.socket.clone();
        Self { process, socket }
    }
}

fn spawn(program: &Path, socket: &str) -> Process {
    let (chain, key) = chain_and_key("ecdsa");
    let program = program.display().to_string();
    Process::spawn(&program, &[socket, "0", &chain, &key])
}

/// The example, linked with rs2n and with s2n-tls.
fn programs() -> &'static [PathBuf; 2] {
    static PROGRAMS: OnceLock<[PathBuf; 2]> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let example = Example {
            sources: &["upgrade.c"],
            libraries: &[],
        };
        let folder = scratch(&format!("upgrade-programs-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("the folder is writable");
        let [rs2n, reference] = ["rs2n", "s2n-tls"].map(|name| folder.join(name));
        example.link_with_rs2n("gcc", &rs2n);
        example.link_with_reference(&reference);
        [rs2n, reference]
    })
}
