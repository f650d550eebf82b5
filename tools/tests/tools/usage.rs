//! Help, manual pages and completions; invalid command lines and unusable files.

use std::fs;
use std::process::Stdio;

use crate::common::*;
use crate::peers::{Process, Report, cert};

fn run(tool: &str, args: &[&str]) -> Report {
    Process::spawn(tool, args).finish()
}

#[test]
fn an_invalid_command_line_exits_with_status_2() {
    let chain = cert("ecdsa.pem");
    for (tool, args, message) in [
        (CLIENT, &[][..], "<HOST>"),
        (CLIENT, &["localhost"], "<PORT>"),
        (CLIENT, &["localhost", "https"], "https"),
        (CLIENT, &["localhost", "65536"], "65536"),
        (CLIENT, &["localhost", "1", "--key", "x"], "--cert"),
        (
            CLIENT,
            &["localhost", "1", "--echo", "--send", "x"],
            "cannot be used with",
        ),
        (
            CLIENT,
            &["localhost", "1", "--insecure", "--ca", "x"],
            "cannot be used with",
        ),
        (
            CLIENT,
            &["localhost", "1", "--timeout", "0"],
            "must be greater than 0",
        ),
        (
            CLIENT,
            &["localhost", "1", "--timeout", "soon"],
            "not a number",
        ),
        (
            CLIENT,
            &["localhost", "1", "--policy", "none"],
            "--list-policies",
        ),
        (CLIENT, &["localhost", "1", "--alpn", "h2,,h3"], "--alpn"),
        (CLIENT, &["localhost", "1", "--unknown"], "--unknown"),
        (
            CLIENT,
            &["localhost", "1", "-4", "-6"],
            "cannot be used with",
        ),
        (CLIENT, &["localhost", "1", "--psk", "one"], "IDENTITY:FILE"),
        (
            CLIENT,
            &["localhost", "1", "--psk", "one:x", "--session", "y"],
            "cannot be used with",
        ),
        (
            CLIENT,
            &["localhost", "1", "--psk", "one:x", "--insecure"],
            "cannot be used with",
        ),
        (
            CLIENT,
            &["localhost", "1", "--psk", "one:x", "--policy", TLS12_POLICY],
            "--psk requires TLS 1.3",
        ),
        (
            CLIENT,
            &["localhost", "1", "--psk-hash", "sha384"],
            "--psk <IDENTITY:FILE>",
        ),
        (
            CLIENT,
            &["localhost", "1", "--early-data", "x"],
            "--early-data requires --session, --reconnect or --psk",
        ),
        (
            CLIENT,
            &["localhost", "1", "--early-data", "x", "--echo"],
            "cannot be used with",
        ),
        (
            CLIENT,
            &[
                "localhost",
                "1",
                "--session",
                "x",
                "--early-data",
                "x",
                "--policy",
                TLS12_POLICY,
            ],
            "--early-data requires TLS 1.3",
        ),
        (SERVER, &["0"], "--cert"),
        (SERVER, &["--cert", &chain], "HOST"),
        (
            SERVER,
            &["--psk-file", "x", "--ticket-key-file", "y", "0"],
            "cannot be used with",
        ),
        (
            SERVER,
            &["--psk-file", "x", "--session-cache", "0"],
            "--cert",
        ),
        (
            SERVER,
            &["--psk-file", "x", "--policy", TLS12_POLICY, "0"],
            "--psk-file requires TLS 1.3",
        ),
        (
            SERVER,
            &["--psk-file", "x", "--max-early-data", "0", "0"],
            "--max-early-data",
        ),
        (
            SERVER,
            &["--cert", &chain, "--max-early-data", "9", "0"],
            "--psk-file",
        ),
        (SERVER, &["--cert", &chain, "here", "0", "there"], "there"),
        (SERVER, &["--cert", &chain, "x"], "not a port number"),
        (
            SERVER,
            &["--cert", "a", "--cert", "b", "--key", "c", "0"],
            "2 times --cert",
        ),
        (
            SERVER,
            &["--cert", &chain, "--client-auth", "optional", "0"],
            "--client-ca",
        ),
        (
            SERVER,
            &["--cert", &chain, "--connections", "0", "0"],
            "--connections",
        ),
        (
            SERVER,
            &["--cert", &chain, "--once", "--connections", "2", "0"],
            "cannot be used with",
        ),
    ] {
        let report = run(tool, args);
        assert_eq!(report.code, Some(2), "{args:?}: {report:?}");
        assert!(report.stderr.contains(message), "{args:?}: {report:?}");
        assert_eq!(report.stdout, "");
    }
}

#[test]
fn unusable_files_are_named() {
    let dir = folder("unusable");
    let empty = path(&dir, "empty");
    fs::write(&empty, "").expect("writable");
    let (chain, key, other) = (cert("ecdsa.pem"), cert("ecdsa.key"), cert("rsa.key"));
    let here = dir.display().to_string();
    for (tool, args, message) in [
        (CLIENT, &["--ca", "/nowhere/ca.pem"][..], "/nowhere/ca.pem"),
        (CLIENT, &["--ca", &empty], "empty is empty"),
        (
            CLIENT,
            &["--cert", &chain, "--key", &other],
            "S2N_ERR_KEY_MISMATCH",
        ),
        (CLIENT, &["--cert", &chain], "ecdsa.pem has no private key"),
        (CLIENT, &["--send", "/nowhere/file"], "/nowhere/file"),
        (CLIENT, &["--send", &here], "directory"),
        (CLIENT, &["--receive", &here], "directory"),
        (CLIENT, &["--receive", "/nowhere/file"], "/nowhere/file"),
        (CLIENT, &["--json=/nowhere/file"], "/nowhere/file"),
        (CLIENT, &["--key-log", "/nowhere/file"], "/nowhere/file"),
        (CLIENT, &["--psk", "one:/nowhere/file"], "/nowhere/file"),
        (
            CLIENT,
            &["--psk", &format!("one:{empty}")],
            "empty, line 1: a secret has at least 16 bytes",
        ),
        (
            CLIENT,
            &["--session", "x", "--early-data", "/nowhere/file"],
            "/nowhere/file",
        ),
        (SERVER, &["--psk-file", "/nowhere/keys"], "/nowhere/keys"),
        (
            SERVER,
            &["--psk-file", &empty],
            "empty has no pre-shared key",
        ),
        (
            SERVER,
            &["--cert", &chain, "--key", &key, "--send", "/nowhere/file"],
            "/nowhere/file",
        ),
        (
            SERVER,
            &["--cert", &chain, "--key", "/nowhere/key"],
            "/nowhere/key",
        ),
    ] {
        let place = if tool == CLIENT {
            &["localhost", "1"][..]
        } else {
            &["0"]
        };
        let report = run(tool, &[args, place].concat());
        assert_eq!(report.code, Some(1), "{args:?}: {report:?}");
        assert!(report.stderr.contains(message), "{args:?}: {report:?}");
    }
}

#[test]
fn a_key_may_be_in_the_file_of_its_certificate() {
    let dir = folder("one-file");
    let both = path(&dir, "both.pem");
    let text = ["ecdsa.pem", "ecdsa.key"].map(|name| fs::read_to_string(cert(name)).expect("text"));
    fs::write(&both, text.concat()).expect("writable");
    let server = Server::start(&["--cert", &both, "--echo"]);
    let client = client(&server.port, &[], Stdio::null());
    assert_eq!(client.code, Some(0), "{client:?}");
    assert_eq!(server.finish().code, Some(0));
}

#[test]
fn a_port_in_use_is_reported() {
    let (_listener, port) = listen();
    let (chain, key) = (cert("ecdsa.pem"), cert("ecdsa.key"));
    let report = run(
        SERVER,
        &["--cert", &chain, "--key", &key, "127.0.0.1", &port],
    );
    assert_eq!(report.code, Some(1), "{report:?}");
    assert!(
        report
            .stderr
            .contains(&format!("cannot listen on 127.0.0.1 port {port}"))
    );
}

#[test]
fn help_manual_and_completions_are_printed() {
    for (tool, name) in [(CLIENT, "rs2nc"), (SERVER, "rs2nd")] {
        let version = run(tool, &["--version"]);
        assert_eq!(
            version.stdout,
            format!("{name} {}\n", env!("CARGO_PKG_VERSION"))
        );
        for option in ["-h", "--help"] {
            let help = run(tool, &[option]);
            assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
            for word in ["--alpn", "--json", "Exit status", name] {
                assert!(help.stdout.contains(word), "{word}: {help:?}");
            }
            assert!(!help.stdout.contains("--man"), "{help:?}");
        }
        let page = run(tool, &["--man"]);
        assert_eq!(page.code, Some(0));
        assert!(page.stdout.contains(&format!(".TH {name} 1")), "{page:?}");
        for section in ["NAME", "SYNOPSIS", "OPTIONS", "\"EXIT STATUS\"", "EXAMPLES"] {
            assert!(
                page.stdout.contains(&format!("\n.SH {section}\n")),
                "{section}: {page:?}"
            );
        }
        for value in [
            "\\fB\\-\\-policy\\fR \\fINAME\\fR",
            "[\\fB\\-\\-json\\fR[=\\fIFILE\\fR]]",
        ] {
            assert!(page.stdout.contains(value), "{value}: {page:?}");
        }
        for shell in ["bash", "zsh", "fish"] {
            let script = run(tool, &["--completions", shell]);
            assert_eq!(script.code, Some(0));
            assert!(script.stdout.contains("list-policies"), "{script:?}");
        }
        let policies = run(tool, &["--list-policies"]);
        let names: Vec<&str> = policies.stdout.lines().collect();
        assert!(
            names.contains(&"default") && names.contains(&TLS12_POLICY),
            "{policies:?}"
        );
        // This policy has no supported cipher suite.
        assert!(!names.contains(&"20140601"), "{policies:?}");
    }
}

#[test]
fn every_listed_policy_is_supported() {
    let policies = run(CLIENT, &["--list-policies"]).stdout;
    assert!(policies.lines().count() > 50, "{policies}");
    let port = crate::peers::free_port();
    for name in policies.lines().step_by(10) {
        let report = client(&port, &["--policy", name], Stdio::null());
        assert!(report.stderr.contains("cannot connect"), "{report:?}");
    }
}

#[test]
fn a_closed_output_is_not_an_error() {
    for (tool, option) in [
        (CLIENT, "--help"),
        (SERVER, "--list-policies"),
        (CLIENT, "--man"),
    ] {
        let shell = "{ \"$0\" \"$1\"; echo \"status $?\" >&2; } | true";
        let report = Process::spawn("sh", &["-c", shell, tool, option]).finish();
        assert_eq!(report.stderr, "status 0\n", "{tool} {option}");
    }
    let shell = "exec 2>&-; \"$0\" localhost 1 </dev/null; echo \"status $?\"";
    let report = Process::spawn("sh", &["-c", shell, CLIENT]).finish();
    assert_eq!(report.stdout, "status 1\n");
}
