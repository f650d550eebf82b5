//! Help, manual pages and completions; invalid command lines and unusable files.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::common::*;
use crate::peers::{Process, Report, cert};

fn run(tool: &str, args: &[&str]) -> Report {
    Process::spawn(tool, args).finish()
}

#[test]
fn the_transcripts_are_current() {
    trycmd::TestCases::new()
        .register_bin("rs2nc", Path::new(CLIENT))
        .register_bin("rs2nd", Path::new(SERVER))
        .case("tests/transcripts/*.trycmd");
}

#[test]
fn unusable_certificates_and_keys_are_named() {
    let (chain, key, other) = (cert("ecdsa.pem"), cert("ecdsa.key"), cert("rsa.key"));
    for (tool, args, message) in [
        (
            CLIENT,
            &["--cert", &chain, "--key", &other, "localhost", "1"][..],
            "S2N_ERR_KEY_MISMATCH",
        ),
        (
            CLIENT,
            &["--cert", &chain, "localhost", "1"],
            "ecdsa.pem has no private key",
        ),
        (
            SERVER,
            &[
                "--cert",
                &chain,
                "--key",
                &key,
                "--send",
                "/nowhere/file",
                "0",
            ],
            "/nowhere/file",
        ),
        (
            SERVER,
            &["--cert", &chain, "--key", "/nowhere/key", "0"],
            "/nowhere/key",
        ),
    ] {
        let report = run(tool, args);
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
        for section in [
            "NAME",
            "SYNOPSIS",
            "OPTIONS",
            "\"EXIT STATUS\"",
            "EXAMPLES",
            "\"SEE ALSO\"",
        ] {
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
