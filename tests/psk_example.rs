//! Tests of the example `psk`: external pre-shared keys, with the example linked with rs2n and with s2n-tls, and
//! with OpenSSL.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

#[path = "support/linking.rs"]
mod linking;
#[path = "support/parties.rs"]
mod parties;
#[path = "support/peers.rs"]
mod peers;
mod support;

use linking::Example;
use parties::other_server;
use peers::Process;
use support::{scratch, under_valgrind};

#[test]
fn both_sides_print_the_identity_of_their_key() {
    let [gcc, clang, reference] = programs();
    let keys = Keys::new("identity");
    for (server, client) in [
        (gcc, clang),
        (clang, gcc),
        (gcc, reference),
        (reference, gcc),
    ] {
        let mut server = serve(Command::new(server), &keys, 2);
        let port = server.wait_for("port: ");
        for name in ["sensor-1", "sensor:2"] {
            let report = connect(Command::new(client), &keys.of(name), &port).finish();
            assert_eq!(report.code, Some(0), "{report:?}");
            assert_eq!(
                report.stdout,
                format!("identity: {name}\ncipher: TLS_AES_128_GCM_SHA256\nhello, {name}\n")
            );
            assert_eq!(server.wait_for("identity: "), name);
        }
        let report = server.finish();
        assert_eq!((report.code, report.stderr.as_str()), (Some(0), ""));
    }
}

/// A failed connection does not stop the server.
#[test]
fn wrong_and_unknown_keys_are_rejected() {
    let [gcc, clang, _] = programs();
    let keys = Keys::new("rejected");
    let wrong = keys.write("wrong", &format!("sensor-1:{}\n", "ab".repeat(32)));
    let unknown = keys.write("unknown", &format!("sensor-3:{}\n", "ab".repeat(32)));
    let mut server = serve(Command::new(gcc), &keys, 3);
    let port = server.wait_for("port: ");
    for path in [wrong, unknown] {
        let report = connect(Command::new(clang), &path, &port).finish();
        assert_eq!(report.code, Some(4), "{report:?}");
        assert_eq!(report.stdout, "");
        assert!(
            report.stderr.starts_with("handshake: ") && report.stderr.contains("(S2N_ERR_ALERT: "),
            "{report:?}"
        );
    }
    let report = connect(Command::new(clang), &keys.of("sensor-1"), &port).finish();
    assert_eq!(report.code, Some(0), "{report:?}");
    let report = server.finish();
    assert_eq!(report.code, Some(0), "{report:?}");
    assert_eq!(report.stdout.matches("identity: ").count(), 1, "{report:?}");
    let errors: Vec<_> = report.stderr.lines().filter_map(error_name).collect();
    assert_eq!(
        errors,
        [
            "S2N_ERR_BAD_PSK_BINDER",
            "S2N_ERR_NO_VALID_SIGNATURE_SCHEME"
        ]
    );
}

/// The name of the error in a line of the example.
fn error_name(line: &str) -> Option<&str> {
    let (_, name) = line.strip_prefix("handshake: ")?.split_once('(')?;
    Some(name.split_once(':')?.0)
}

#[test]
fn openssl_uses_the_same_keys() {
    let keys = Keys::new("openssl");
    let mut server = serve(Command::new(&programs()[0]), &keys, 2);
    let address = format!("127.0.0.1:{}", server.wait_for("port: "));
    let with_psk = [
        "-psk",
        keys.secrets[1].as_str(),
        "-psk_identity",
        "sensor:2",
    ];
    for (psk, output) in [(&with_psk[..], "hello, sensor:2\n"), (&[], "")] {
        let args = ["s_client", "-connect", &address, "-quiet", "-tls1_3"];
        let report = Process::spawn("openssl", &[&args[..], psk].concat()).finish();
        assert_eq!(report.stdout, output, "{report:?}");
    }
    let report = server.finish();
    assert_eq!(report.code, Some(4), "{report:?}");
}

/// A server with a certificate, which ignores the key.
#[test]
fn a_client_rejects_a_server_without_the_key() {
    let keys = Keys::new("ignored");
    let (_server, port) = other_server("openssl", "ecdsa", true, None);
    let report = connect(Command::new(&programs()[0]), &keys.of("sensor-1"), &port).finish();
    assert_eq!(report.code, Some(4), "{report:?}");
    assert_eq!(error_name(&report.stderr), Some("S2N_ERR_CERT_UNTRUSTED"));
}

#[test]
fn invalid_keys_are_reported_without_their_secrets() {
    let keys = Keys::new("invalid");
    let secret = "0123456789ABCDEF".repeat(4);
    let cases = [
        (String::new(), "0: no key"),
        ("\n\n".to_owned(), "2: no key"),
        (format!("{secret}\n"), "1: not IDENTITY:HEX"),
        (format!(":{secret}\n"), "1: not IDENTITY:HEX"),
        (
            format!("{}:{secret}\n", "a".repeat(129)),
            "1: not IDENTITY:HEX",
        ),
        ("a:\n".to_owned(), "1: the secret has less than 128 bits"),
        (
            format!("a:{}\n", &secret[..30]),
            "1: the secret has less than 128 bits",
        ),
        (
            format!("a:{}\n", &secret[..33]),
            "1: the secret has an odd number of digits, or too many",
        ),
        (
            format!("a:{}\n", secret.repeat(3)),
            "1: the secret has an odd number of digits, or too many",
        ),
        (
            format!("a:{}0x\n", &secret[..62]),
            "1: the secret is not hexadecimal",
        ),
        (
            format!("a:{secret}\n\na:{secret}"),
            "3: the identity is that of another key",
        ),
    ];
    let run = |args: &[&str]| Process::spawn(&programs()[0].display().to_string(), args).finish();
    for (text, error) in cases {
        let path = keys.write("case", &text);
        for args in [&["server", &path][..], &["client", &path, "localhost", "1"]] {
            let report = run(args);
            assert_eq!(report.code, Some(2), "{text:?}: {report:?}");
            assert_eq!(report.stderr, format!("{path}:{error}\n"), "{text:?}");
        }
    }
    let report = run(&["client", &keys.all, "localhost", "1"]);
    assert_eq!(
        report.stderr,
        format!("{}: a client has one key\n", keys.all)
    );
    let report = run(&["server", "/nonexistent"]);
    let error = "/nonexistent: cannot be read: No such file or directory\n";
    assert_eq!((report.code, report.stderr.as_str()), (Some(2), error));
}

#[test]
fn neither_role_has_a_leak() {
    let keys = Keys::new("memory");
    let program = &programs()[0];
    let wrong = keys.write("wrong", &format!("sensor-1:{}", "ab".repeat(32)));
    let mut server = serve(under_valgrind(program), &keys, 2);
    let port = server.wait_for("port: ");
    let report = connect(under_valgrind(program), &wrong, &port).finish();
    assert_eq!(report.code, Some(4), "{report:?}");
    let report = connect(under_valgrind(program), &keys.of("sensor-1"), &port).finish();
    assert_eq!(report.code, Some(0), "{report:?}");
    let report = server.finish();
    assert_eq!(report.code, Some(0), "{report:?}");
}

/// The keys of two clients.
struct Keys {
    folder: PathBuf,
    secrets: [String; 2],
    /// The path of the file with both, for the server.
    all: String,
}

const NAMES: [&str; 2] = ["sensor-1", "sensor:2"];

impl Keys {
    fn new(name: &str) -> Self {
        let folder = scratch(&format!("psk-{name}"));
        let secrets = ["1f".repeat(32), "2E".repeat(16)];
        let mut keys = Self {
            folder,
            secrets,
            all: String::new(),
        };
        let lines = NAMES.map(|name| fs::read_to_string(keys.of(name)).expect("it was written"));
        keys.all = keys.write("all", &lines.concat());
        keys
    }

    /// Writes a file, and returns its path.
    fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        fs::write(&path, text).expect("the scratch folder is writable");
        path.display().to_string()
    }

    /// Returns the path of a file with the key of one client.
    fn of(&self, name: &str) -> String {
        let at = NAMES.iter().position(|known| *known == name);
        let secret = &self.secrets[at.expect("one of the names")];
        self.write(name, &format!("{name}:{secret}\n"))
    }
}

/// Starts a server for a number of connections, without blinding delays.
fn serve(mut command: Command, keys: &Keys, connections: usize) -> Process {
    let count = connections.to_string();
    Process::spawn_command(command.args(["server", "-b", "0", "-N", &count, &keys.all]))
}

fn connect(mut command: Command, key: &str, port: &str) -> Process {
    Process::spawn_command(command.args(["client", "-b", "0", key, "localhost", port]))
}

/// The example, linked with rs2n by each compiler, and with s2n-tls.
fn programs() -> &'static [PathBuf; 3] {
    static PROGRAMS: OnceLock<[PathBuf; 3]> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let example = Example {
            sources: &["psk.c"],
            libraries: &[],
        };
        let folder = scratch(&format!("psk-programs-{}", std::process::id()));
        let [gcc, clang, reference] = ["gcc", "clang", "s2n-tls"].map(|name| folder.join(name));
        example.link_with_rs2n("gcc", &gcc);
        example.link_with_rs2n("clang", &clang);
        example.link_with_reference(&reference);
        [gcc, clang, reference]
    })
}
