//! Complete transfers in both directions, and files that are received.

use std::fs;
use std::process::Stdio;

use crate::common::*;
use crate::peers::{Process, cert};

#[test]
fn an_echo_comes_back() {
    let server = Server::start(&["--echo"]);
    let client = client(&server.port, &[], input("sent by the client\n"));
    assert_eq!(client.code, Some(0), "{client:?}");
    assert_eq!(client.stdout, "sent by the client\n");
    assert_eq!(client.stderr, "");
    let server = server.finish();
    assert_eq!((server.code, server.stdout.as_str()), (Some(0), ""));
}

#[test]
fn a_client_can_echo() {
    let server = Server::start_with_input(&["--once"], input("sent by the server\n"));
    let client = client(&server.port, &["--echo"], Stdio::null());
    assert_eq!(
        (client.code, client.stdout.as_str()),
        (Some(0), ""),
        "{client:?}"
    );
    let server = server.finish();
    assert_eq!(server.code, Some(0), "{server:?}");
    assert_eq!(server.stdout, "sent by the server\n");
}

#[test]
fn files_go_both_ways_at_once() {
    const LEN: usize = 20_000_000;
    let dir = folder("both-ways");
    let (up, down) = (
        random_file(&dir, "up", LEN, 1),
        random_file(&dir, "down", LEN - 1, 2),
    );
    let (came_up, came_down) = (path(&dir, "came-up"), path(&dir, "came-down"));
    let report = path(&dir, "report");

    let server = Server::start(&["--send", &down, "--receive", &came_up]);
    let args = [
        "--send",
        &up,
        "--receive",
        &came_down,
        &format!("--json={report}"),
    ];
    let client = client(&server.port, &args, Stdio::null());
    assert_eq!(client.code, Some(0), "{client:?}");
    let server = server.finish();
    assert_eq!(server.code, Some(0), "{server:?}");
    assert!(same(&up, &came_up) && same(&down, &came_down));
    let report = json(&report);
    assert_eq!(
        (&report["bytes_out"], &report["bytes_in"]),
        (&LEN.into(), &(LEN - 1).into())
    );
}

#[test]
fn files_go_both_ways_before_tls13() {
    let dir = folder("both-ways-tls12");
    let (up, down) = (
        random_file(&dir, "up", 5_000_000, 3),
        random_file(&dir, "down", 50_000, 4),
    );
    let (came_up, came_down) = (path(&dir, "came-up"), path(&dir, "came-down"));
    let common = ["--policy", TLS12_POLICY, "--linger", "1"];

    let args = [&["--send", &down, "--receive", &came_up], &common[..]].concat();
    let server = Server::start(&args);
    let args = [&["--send", &up, "--receive", &came_down], &common[..]].concat();
    let client = client(&server.port, &args, Stdio::null());
    assert_eq!(client.code, Some(0), "{client:?}");
    let server = server.finish();
    assert_eq!(server.code, Some(0), "{server:?}");
    assert!(same(&up, &came_up) && same(&down, &came_down));
}

#[test]
fn input_and_output_carry_any_bytes() {
    let dir = folder("any-bytes");
    let file = random_file(&dir, "file", 3_000_000, 5);
    let (came, back) = (path(&dir, "came"), path(&dir, "back"));
    let server = Server::start(&["--echo"]);
    let ca = cert("ca.pem");
    let shell = "\"$0\" --ca \"$1\" localhost \"$2\" <\"$3\" | tee \"$4\" | cat >\"$5\"";
    let args = ["-c", shell, CLIENT, &ca, &server.port, &file, &came, &back];
    let client = Process::spawn("sh", &args).finish();
    assert_eq!(client.code, Some(0), "{client:?}");
    assert!(same(&file, &came) && same(&file, &back));
    assert_eq!(server.finish().code, Some(0));
}

#[test]
fn an_existing_file_is_replaced_only_with_force() {
    let dir = folder("no-replacing");
    let there = path(&dir, "there");
    fs::write(&there, "old").expect("writable");
    let receive = |args: &[&str]| {
        let server = Server::start_with_input(&["--once"], input("new"));
        let args = [&["--receive", &there], args].concat();
        let report = client(&server.port, &args, Stdio::null());
        // A client that ends before it connects leaves the server waiting.
        drop(server);
        (report, fs::read_to_string(&there).expect("readable"))
    };
    let (report, content) = receive(&[]);
    assert_eq!(
        (report.code, content.as_str()),
        (Some(1), "old"),
        "{report:?}"
    );
    assert!(report.stderr.contains("there already exists"), "{report:?}");
    assert!(report.stderr.contains("--force"), "{report:?}");
    let (report, content) = receive(&["--force"]);
    assert_eq!(
        (report.code, content.as_str()),
        (Some(0), "new"),
        "{report:?}"
    );
    assert!(!dir.join("there.part").exists());
}

#[test]
fn several_clients_are_served_at_once() {
    let dir = folder("several");
    let target = path(&dir, "came");
    let reports = path(&dir, "reports");
    let args = [
        "--connections",
        "3",
        "--receive",
        &target,
        &format!("--json={reports}"),
    ];
    let server = Server::start_with_input(&args, Stdio::null());
    // The first connection stays open while the others come and go.
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut slow = start_client(&server.port, &["-v"], Stdio::from(reader));
    for text in ["second", "third"] {
        let report = client(&server.port, &[], input(text));
        assert_eq!(report.code, Some(0), "{report:?}");
    }
    drop(writer);
    assert_eq!(slow.read(0).len(), 0);
    let slow = slow.finish();
    assert_eq!(slow.code, Some(0), "{slow:?}");
    let server = server.finish();
    assert_eq!(server.code, Some(0), "{server:?}");

    let came = (1..=3).map(|number| fs::read_to_string(format!("{target}.{number}")));
    let mut came: Vec<String> = came.map(|text| text.expect("a file for each")).collect();
    came.sort();
    assert_eq!(came, ["", "second", "third"]);
    let lines = fs::read_to_string(&reports).expect("reports");
    let mut numbers: Vec<u64> = lines
        .lines()
        .map(|line| parse(line)["connection"].as_u64().expect("a number"))
        .collect();
    numbers.sort();
    assert_eq!(numbers, [1, 2, 3]);
}

#[test]
fn a_closed_standard_output_is_a_failure_and_no_panic() {
    let dir = folder("broken-pipe");
    let file = random_file(&dir, "file", 20_000_000, 6);
    let server = Server::start(&["--send", &file, "--receive", "/dev/null"]);
    let ca = cert("ca.pem");
    let shell = "{ \"$0\" --ca \"$1\" localhost \"$2\" --send \"$3\"; echo \"status $?\" >&2; } | head -c 1";
    let client = Process::spawn("sh", &["-c", shell, CLIENT, &ca, &server.port, &file]).finish();
    assert!(client.stderr.ends_with("status 1\n"), "{client:?}");
    assert!(
        client
            .stderr
            .contains("standard output was closed by its reader"),
        "{client:?}"
    );
    // The client sent no close_notify.
    let server = server.finish();
    assert_eq!(server.code, Some(1), "{server:?}");
}

/// The kernel may have TLS or not. tests/ktls runs the tools with a kernel that has it.
#[test]
fn files_go_both_ways_with_and_without_kernel_tls() {
    const LEN: usize = 1_000_000;
    for policy in [TLS12_POLICY, "default_tls13"] {
        let dir = folder(&format!("kernel-tls-{policy}"));
        let up = random_file(&dir, "up", LEN, 1);
        let (came_up, came_down) = (path(&dir, "came-up"), path(&dir, "came-down"));
        let report = path(&dir, "report");
        let server = Server::start(&[
            "--ktls",
            "--policy",
            policy,
            "--send",
            &up,
            "--receive",
            &came_up,
        ]);
        let json_option = format!("--json={report}");
        let args = [
            "--ktls",
            "--policy",
            policy,
            "--send",
            &up,
            "--receive",
            &came_down,
        ];
        let args = [&args[..], &["--linger", "1", &json_option]].concat();
        let client = client(&server.port, &args, Stdio::null());
        assert_eq!(client.code, Some(0), "{client:?}");
        let server = server.finish();
        assert_eq!(server.code, Some(0), "{server:?}");
        assert!(same(&up, &came_up) && same(&up, &came_down));

        let kernel_tls = &json(&report)["kernel_tls"];
        for (direction, name) in [("send", "sending"), ("receive", "receiving")] {
            let refusal = format!("rs2nc: S2N_ERR_KTLS_ENABLE: no kernel TLS for {name}: ");
            let is_refused = client.stderr.contains(&refusal);
            assert_eq!(kernel_tls[direction], !is_refused, "{client:?}");
        }
        for line in client.stderr.lines().chain(server.stdout.lines()) {
            assert!(
                line.contains("S2N_ERR_KTLS_ENABLE: no kernel TLS for "),
                "{line}"
            );
        }
        assert_eq!(json(&report)["bytes_in"], LEN, "{client:?}");
    }
}
