//! Encrypted ClientHello: clients of this library, with servers on BoringSSL, which has it, and on OpenSSL and
//! GnuTLS, which have not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

#[path = "support/boringssl.rs"]
mod boringssl;
#[path = "support/parties.rs"]
mod parties;
#[path = "support/peers.rs"]
mod peers;
mod support;

use boringssl::boringssl_server;
use parties::{cases, gnutls_server, leaf, openssl_server, strs};
use peers::{Report, cert, certs, chain_and_key};
use support::{compile, root, run, scratch, under_valgrind};

/// The numbers of `rs2n_ech_status`.
const GREASE: &str = "1";
const ACCEPTED: &str = "3";
const REJECTED: &str = "4";

/// The client: a program in C, which connects again with the configs of a server that has rejected it.
fn client_program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let program = scratch("interop-ech-client").join("ech");
        compile("gcc", &root().join("tests/c/ech.c"), &program);
        program
    })
}

fn client(port: &str, list: &str, option: &[&str]) -> String {
    client_by(Command::new(client_program()), port, list, option)
}

fn client_by(mut command: Command, port: &str, list: &str, option: &[&str]) -> String {
    let output = run(command.arg(certs()).args([port, list]).args(option));
    String::from_utf8(output.stdout).expect("the output is UTF-8")
}

/// Returns the values of a fact in the output, one for each connection.
fn values<'a>(output: &'a str, fact: &str) -> Vec<&'a str> {
    let lines = output.lines();
    lines
        .filter_map(|line| line.strip_prefix(fact)?.strip_prefix(": "))
        .collect()
}

/// A server on BoringSSL, with a certificate for www.rs2n.test, and one for the public name.
struct Server {
    process: peers::Process,
    port: String,
    list: String,
    retry_list: String,
}

impl Server {
    fn start(name: &str, options: &[&str]) -> Self {
        let (public, public_key) = chain_and_key("public");
        let own = ["--public-certificate", &public, "--public-key", &public_key];
        Self::start_with(name, &[&own, options].concat())
    }

    /// Starts a server with one certificate for both names.
    fn start_with(name: &str, options: &[&str]) -> Self {
        let dir = scratch(&format!("interop-ech-{name}"));
        let path = |file: &str| dir.join(file).display().to_string();
        let (list, retry_list) = (path("list"), path("retry"));
        let (chain, key) = chain_and_key("ecdsa");
        let own = [
            "--certificate",
            &chain,
            "--key",
            &key,
            "--public-name",
            "public.rs2n.test",
            "--ech-list",
            &list,
            "--ech-retry-list",
            &retry_list,
        ];
        let (process, port) = boringssl_server(&[&own, options].concat());
        Self {
            process,
            port,
            list,
            retry_list,
        }
    }

    fn connect(&self, option: &[&str]) -> String {
        client(&self.port, &self.list, option)
    }

    fn finish(self) -> Report {
        self.process.finish()
    }
}

/// Checks a connection that the server has accepted, and which it has not heard the name of otherwise.
fn expect_accepted(output: &str) {
    assert_eq!(values(output, "outcome"), ["S2N_ERR_OK"], "{output}");
    assert_eq!(values(output, "status"), [ACCEPTED]);
    assert_eq!(values(output, "name on the wire"), ["0"]);
    assert_eq!(values(output, "configs"), ["0"]);
    assert_eq!(values(output, "ech accepted"), ["true"]);
    assert_eq!(values(output, "server name"), ["www.rs2n.test"]);
    assert_eq!(values(output, "own exporter"), values(output, "exporter"));
}

#[test]
fn a_server_decrypts_the_client_hello() {
    let server = Server::start("accept", &["--ech", "accept"]);
    expect_accepted(&server.connect(&[]));
    assert_eq!(server.finish().code, Some(0));
}

#[test]
fn a_server_decrypts_the_second_client_hello() {
    let options = ["--ech", "accept", "--groups", "P-384"];
    let server = Server::start("accept-retry", &options);
    let output = server.connect(&[]);
    expect_accepted(&output);
    assert_eq!(values(&output, "hello retry request"), ["true"]);
    assert_eq!(server.finish().code, Some(0));
}

#[test]
fn a_client_has_no_memory_errors() {
    let options = ["--ech", "stale", "--connections", "2"];
    let server = Server::start("valgrind", &options);
    let command = under_valgrind(client_program());
    let output = client_by(command, &server.port, &server.list, &[]);
    assert_eq!(values(&output, "status"), [REJECTED, ACCEPTED], "{output}");
    server.finish();
}

/// With and without a HelloRetryRequest.
#[test]
fn a_server_with_another_key_is_accepted_with_its_configs() {
    for (name, groups) in [("stale", "X25519"), ("stale-retry", "P-384")] {
        let options = ["--ech", "stale", "--groups", groups, "--connections", "2"];
        let server = Server::start(name, &options);
        let output = server.connect(&[]);
        let outcomes = ["RS2N_ERR_ECH_REJECTED", "S2N_ERR_OK"];
        assert_eq!(values(&output, "outcome"), outcomes, "{output}");
        assert_eq!(values(&output, "status"), [REJECTED, ACCEPTED]);
        assert_eq!(values(&output, "name on the wire"), ["0", "0"]);
        let configs = fs::read(&server.retry_list).expect("written");
        let len = configs.len().to_string();
        assert_eq!(values(&output, "configs"), [len.as_str(), "0"]);
        assert_eq!(values(&output, "own exporter"), values(&output, "exporter"));
        let report = server.finish();
        assert!(report.stdout.contains("ECH_REQUIRED"), "{report:?}");
        let names = ["public.rs2n.test", "www.rs2n.test"];
        assert_eq!(values(&report.stdout, "server name"), names);
    }
}

#[test]
fn a_server_that_has_disabled_it_sends_no_configs() {
    let server = Server::start("disabled", &["--ech", "disabled"]);
    let output = server.connect(&[]);
    assert_eq!(values(&output, "outcome"), ["RS2N_ERR_ECH_REJECTED"]);
    assert_eq!(values(&output, "configs"), ["0"]);
    assert!(server.finish().stdout.contains("ECH_REQUIRED"));
}

#[test]
fn configs_of_a_server_without_a_certificate_for_the_public_name_are_withheld() {
    let server = Server::start_with("unauthenticated", &["--ech", "stale"]);
    let output = server.connect(&[]);
    let outcome = ["S2N_ERR_CERT_INVALID_HOSTNAME"];
    assert_eq!(values(&output, "outcome"), outcome);
    assert_eq!(values(&output, "status"), [REJECTED]);
    assert_eq!(values(&output, "configs"), ["-1"]);
    server.finish();
}

#[test]
fn configs_are_withheld_without_verification() {
    let server = Server::start("unverified", &["--ech", "stale"]);
    let output = server.connect(&["unverified"]);
    assert_eq!(values(&output, "outcome"), ["RS2N_ERR_ECH_REJECTED"]);
    assert_eq!(values(&output, "configs"), ["-1"]);
    server.finish();
}

/// Checks a connection with GREASE, whose server name is not encrypted.
fn expect_grease(output: &str) {
    assert_eq!(values(output, "outcome"), ["S2N_ERR_OK"], "{output}");
    assert_eq!(values(output, "status"), [GREASE]);
    assert_eq!(values(output, "name on the wire"), ["1"]);
    assert_eq!(values(output, "configs"), ["0"]);
}

#[test]
fn servers_with_and_without_it_ignore_grease() {
    for mode in ["accept", "disabled"] {
        let server = Server::start(&format!("grease-{mode}"), &["--ech", mode]);
        let output = server.connect(&["grease"]);
        expect_grease(&output);
        assert_eq!(values(&output, "ech accepted"), ["false"]);
        assert_eq!(server.finish().code, Some(0));
    }
    let case = cases().into_iter().find(|case| case.tls13);
    let case = case.expect("there are cases of TLS 1.3");
    let any_file = cert("ca.pem");
    let options = [leaf(case.key), case.openssl()].concat();
    let (_server, port) = openssl_server(&strs(&options));
    expect_grease(&client(&port, &any_file, &["grease"]));
    let (_server, port) = gnutls_server(&case.gnutls(), case.key, &[]);
    expect_grease(&client(&port, &any_file, &["grease"]));
}

#[test]
fn openssl_and_gnutls_reject_it() {
    let source = Server::start("list", &["--ech", "disabled"]);
    let case = cases().into_iter().find(|case| case.tls13);
    let case = case.expect("there are cases of TLS 1.3");
    let options = [leaf("public"), case.openssl()].concat();
    let (_openssl, openssl) = openssl_server(&strs(&options));
    let (_gnutls, gnutls) = gnutls_server(&case.gnutls(), "public", &[]);
    for port in [openssl, gnutls] {
        let output = client(&port, &source.list, &[]);
        assert_eq!(values(&output, "outcome"), ["RS2N_ERR_ECH_REJECTED"]);
        assert_eq!(values(&output, "configs"), ["0"]);
        assert_eq!(values(&output, "name on the wire"), ["0"]);
    }
    // Ends the server that has written the list.
    source.connect(&[]);
    source.finish();
}
