//! Encrypted private keys: the passphrase comes from a file or from the terminal.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::*;
use crate::peers::{Process, Report, cert};
use crate::support::run;

const PASSPHRASE: &str = "correct horse";

/// Writes a test key, encrypted with these options of OpenSSL.
fn encrypted(dir: &Path, key: &str, options: &[&str]) -> String {
    let file = path(dir, key);
    let source = cert(&format!("{key}.key"));
    let passphrase = format!("pass:{PASSPHRASE}");
    let write = [
        "pkcs8",
        "-topk8",
        "-in",
        &source,
        "-passout",
        &passphrase,
        "-out",
        &file,
    ];
    run(Command::new("openssl").args(write).args(options));
    file
}

fn text_file(dir: &Path, name: &str, text: &str) -> String {
    let file = path(dir, name);
    fs::write(&file, text).expect("writable");
    file
}

fn start_server(args: &[&str]) -> Report {
    let own = ["--cert", &cert("ecdsa.pem")];
    Process::spawn(SERVER, &[&own, args, &["0"]].concat()).finish()
}

#[test]
fn the_first_line_of_a_file_is_the_passphrase_of_a_key() {
    let dir = folder("passphrase-file");
    let keys = ["ecdsa", "rsa", "client"].map(|key| encrypted(&dir, key, &[]));
    let [ecdsa, rsa, client_key] = &keys;
    let lines = text_file(&dir, "lines", &format!("{PASSPHRASE}\r\nanother line\n"));
    let bare = text_file(&dir, "bare", PASSPHRASE);
    let certs = ["ecdsa.pem", "rsa.pem"].map(cert);
    let ca = cert("ca.pem");
    let server = Server::start(&[
        "--cert",
        &certs[0],
        "--key",
        ecdsa,
        "--cert",
        &certs[1],
        "--key",
        rsa,
        "--passphrase-file",
        &lines,
        "--client-ca",
        &ca,
    ]);
    let own = [
        "--cert",
        &cert("client.pem"),
        "--key",
        client_key,
        "--passphrase-file",
        &bare,
    ];
    let report = client(&server.port, &own, Stdio::null());
    assert_eq!(report.code, Some(0), "{report:?}");
    assert_eq!(server.finish().code, Some(0));
}

#[test]
fn a_chain_and_its_encrypted_key_may_be_in_one_file() {
    let dir = folder("passphrase-both");
    let key = encrypted(&dir, "ecdsa", &["-scrypt"]);
    let text = [cert("ecdsa.pem"), key].map(|file| fs::read_to_string(file).expect("readable"));
    let both = text_file(&dir, "both", &text.concat());
    let passphrase = text_file(&dir, "passphrase", PASSPHRASE);
    let server = Server::start(&["--cert", &both, "--passphrase-file", &passphrase]);
    let report = client(&server.port, &[], Stdio::null());
    assert_eq!(report.code, Some(0), "{report:?}");
    assert_eq!(server.finish().code, Some(0));
}

#[test]
fn errors_name_the_file_and_the_cause() {
    let dir = folder("passphrase-errors");
    let key = encrypted(&dir, "ecdsa", &[]);
    let des = encrypted(&dir, "rsa", &["-v2", "des-ede3-cbc"]);
    let right = text_file(&dir, "right", PASSPHRASE);
    let wrong = text_file(&dir, "wrong", "wrong\n");
    let empty = text_file(&dir, "empty", "");
    let long = text_file(&dir, "long", &"x".repeat(1025));
    for (key, file, parts) in [
        (&key, &wrong, &["RS2N_ERR_WRONG_PASSPHRASE: ", &key][..]),
        (&key, &empty, &["empty is empty"]),
        (&key, &long, &["the passphrase is too long"]),
        (
            &key,
            &path(&dir, "missing"),
            &["cannot read ", "missing: No such file"],
        ),
        (
            &des,
            &right,
            &[
                "RS2N_ERR_KEY_ENCRYPTION: ",
                "des-EDE3-CBC",
                "hint: openssl pkcs8 -topk8",
            ],
        ),
    ] {
        let report = start_server(&["--key", key, "--passphrase-file", file]);
        assert_eq!(report.code, Some(1), "{report:?}");
        for part in parts {
            assert!(report.stderr.contains(part), "{part}: {report:?}");
        }
        assert!(!report.stderr.contains(PASSPHRASE), "{report:?}");
    }
}

#[test]
fn without_a_terminal_the_option_is_named() {
    let dir = folder("passphrase-pipe");
    let key = encrypted(&dir, "ecdsa", &[]);
    let report = start_server(&["--key", &key]);
    assert_eq!(report.code, Some(1), "{report:?}");
    assert!(report.stderr.contains("--passphrase-file"), "{report:?}");
}

/// Starts a server on a terminal, and types a line when it has asked for the passphrase.
fn type_on_terminal(name: &str, typed: &str) -> Process {
    let dir = folder(name);
    let key = encrypted(&dir, "ecdsa", &[]);
    let server = format!("'{SERVER}' --cert '{}' --key '{key}'", cert("ecdsa.pem"));
    // `stty` shows the settings behind the server.
    let line = format!("{server} --once --receive /dev/null --force 127.0.0.1 0; stty -a");
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let args = ["--quiet", "--return", "--command", &line, "/dev/null"];
    let mut process = Process::spawn_with_input("script", &args, reader.into());
    let prompt = format!("Passphrase of {key}: ");
    assert_eq!(process.read(prompt.len()), prompt.as_bytes());
    writer.write_all(typed.as_bytes()).expect("a terminal");
    process
}

#[test]
fn a_passphrase_is_typed_without_an_echo() {
    let mut server = type_on_terminal("passphrase-right", &format!("{PASSPHRASE}\n"));
    let port = server.wait_for("port: ").trim_end().to_owned();
    let report = client(&port, &[], Stdio::null());
    assert_eq!(report.code, Some(0), "{report:?}");
    assert_eq!(server.finish().code, Some(0));
}

#[test]
fn the_terminal_is_as_before_whatever_is_typed() {
    for (name, typed, error) in [
        (
            "passphrase-wrong",
            "mistyped\n",
            "RS2N_ERR_WRONG_PASSPHRASE",
        ),
        ("passphrase-interrupt", "mistyped\x03", "interrupted"),
        ("passphrase-end", "\x04", "end of file"),
    ] {
        let report = type_on_terminal(name, typed).finish();
        assert!(report.stdout.contains(error), "{report:?}");
        assert!(!report.stdout.contains("mistyped"), "{report:?}");
        for setting in ["isig", "icanon", "echo"] {
            let mut words = report.stdout.split_whitespace();
            assert!(words.any(|word| word == setting), "{setting}: {report:?}");
        }
    }
}
