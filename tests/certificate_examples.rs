//! Tests of the examples with certificates: mutual_tls, sni_server, reload and revocation, with clients and
//! servers of other libraries.

use std::fs;
use std::io::{self, PipeWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[path = "support/builds.rs"]
mod builds;
#[path = "support/parties.rs"]
mod parties;
#[path = "support/peers.rs"]
mod peers;
mod support;

use builds::{Build, address, curl, end, issue, s_client, text, with_each_build};
use parties::{openssl_server, strs};
use peers::{Process, cert, certs, chain_and_key};
use support::{run, scratch};

#[test]
fn mutual_tls_admits_clients_by_their_names() {
    let (ca, (chain, key)) = (cert("ca.pem"), chain_and_key("ecdsa"));
    let (client_chain, client_key) = chain_and_key("client");
    let (unknown_chain, unknown_key) = chain_and_key("unknown");
    with_each_build("mutual_tls", |build, folder| {
        issue(&folder, "guest", "DNS:guest.test", 1);
        let (guest, guest_key) = (folder.join("guest.pem"), folder.join("guest.key"));
        let names = ["other.test", "www.rs2n.test"];
        let server = ["server", "-b", "0", &ca, &chain, &key];
        let mut server = build.start(&[&server[..], &names].concat());
        let port = server.wait_for("port: ");

        let client = ["client", "-b", "0"];
        let peer = ["localhost", port.as_str()];
        let own = [ca.as_str(), &client_chain, &client_key];
        let report = build.start(&[&client[..], &own, &peer].concat()).finish();
        assert_eq!(report.code, Some(0), "{report:?}");
        assert_eq!(report.stdout, "hello, www.rs2n.test\n");
        for (chain, key) in [
            (unknown_chain.as_str(), unknown_key.as_str()),
            (text(&guest), text(&guest_key)),
        ] {
            let own = [ca.as_str(), chain, key];
            let args = [&client[..], &own, &peer].concat();
            let report = build.start_unchecked(&args).finish();
            assert_eq!(report.code, Some(5), "{report:?}");
            assert!(report.stderr.contains("(S2N_ERR_ALERT: "), "{report:?}");
        }
        let other_ca = cert("other-ca.pem");
        let own = [other_ca.as_str(), &client_chain, &client_key];
        let report = build
            .start_unchecked(&[&client[..], &own, &peer].concat())
            .finish();
        assert_eq!(report.code, Some(4), "{report:?}");
        assert!(
            report.stderr.contains("(S2N_ERR_CERT_UNTRUSTED: "),
            "{report:?}"
        );

        let presented = ["--cert", &client_chain, "--key", &client_key];
        let options = [&presented[..], &["--http0.9"]].concat();
        let report = curl("localhost", &port, &options);
        assert!(
            report.stdout.starts_with("hello, www.rs2n.test\n"),
            "{report:?}"
        );
        let report = Process::spawn("openssl", &s_client(&address(&port), &[])).finish();
        assert!(
            report.stderr.contains("alert certificate required"),
            "{report:?}"
        );

        let report = end(server);
        let connected = "connected: www.rs2n.test, by a path of 3 certificates\n";
        assert_eq!(report.stdout.matches(connected).count(), 2, "{report:?}");
        for (error, count) in [
            ("S2N_ERR_CERT_UNTRUSTED", 1),
            ("S2N_ERR_CERT_INVALID_HOSTNAME", 1),
            ("S2N_ERR_ALERT", 1),
            ("S2N_ERR_MISSING_CLIENT_CERT", 1),
        ] {
            let error = format!("({error}: ");
            assert_eq!(
                report.stderr.matches(&error).count(),
                count,
                "{error}{report:?}"
            );
        }
    });
}

#[test]
fn sni_server_selects_among_the_chains_of_a_folder() {
    with_each_build("sni_server", |build, folder| {
        let report = build.start_unchecked(&[text(&folder)]).finish();
        assert_eq!(report.code, Some(2), "{report:?}");
        assert!(report.stderr.contains("no chains"), "{report:?}");

        for (serial, name, names) in [
            (1, "wild", "DNS:*.alpha.test"),
            (2, "alpha", "DNS:alpha.test,DNS:www.alpha.test"),
            (3, "default", "DNS:default.test"),
        ] {
            issue(&folder, name, names, serial);
        }
        let mut server = build.start(&["-b", "0", text(&folder)]);
        let port = server.wait_for("port: ");
        for (name, served, result) in [
            (
                "alpha.test",
                "alpha.test, match: exact, certificate: alpha",
                "200",
            ),
            (
                "www.alpha.test",
                "www.alpha.test, match: exact, certificate: alpha",
                "200",
            ),
            (
                "a.alpha.test",
                "a.alpha.test, match: wildcard, certificate: wild",
                "200",
            ),
            (
                "default.test",
                "default.test, match: exact, certificate: default",
                "200",
            ),
        ] {
            let report = curl(name, &port, &[]);
            assert_eq!(
                report.stdout,
                format!("name: {served}\n{result}"),
                "{report:?}"
            );
        }
        let report = curl("a.b.alpha.test", &port, &[]);
        assert_eq!(
            report.code,
            Some(60),
            "the certificate is for another name: {report:?}"
        );
        let report = curl("unknown.test", &port, &["--insecure"]);
        let served = "name: unknown.test, match: no match, certificate: default\n421";
        assert_eq!(report.stdout, served, "{report:?}");
        let report = curl("127.0.0.1", &port, &["--insecure"]);
        let served = "name: none, match: no name, certificate: default\n200";
        assert_eq!(report.stdout, served, "{report:?}");
        end(server);

        fs::write(folder.join("alpha.key"), "no key").expect("the folder is writable");
        let report = build.start_unchecked(&[text(&folder)]).finish();
        assert_eq!(report.code, Some(2), "{report:?}");
        assert!(report.stderr.starts_with("alpha: "), "{report:?}");
    });
}

/// A client that sends lines to an echo server.
struct EchoClient {
    process: Process,
    input: PipeWriter,
}

impl EchoClient {
    fn connect(port: &str, options: &[&str]) -> Self {
        let (reader, input) = io::pipe().expect("a pipe can be created");
        let address = address(port);
        let args = s_client(&address, options);
        Self {
            process: Process::spawn_with_input("openssl", &args, Stdio::from(reader)),
            input,
        }
    }

    fn exchange(&mut self, line: &str) {
        self.input
            .write_all(line.as_bytes())
            .expect("the client reads");
        assert_eq!(self.process.read(line.len()), line.as_bytes());
    }

    /// Exchanges a line, and returns the name of the server's certificate.
    fn certificate(mut self) -> String {
        self.exchange("a line\n");
        let report = self.process.terminate();
        let mut lines = report.stderr.lines();
        let name = lines.find_map(|line| line.strip_prefix("depth=0 CN = "));
        name.unwrap_or_else(|| panic!("{report:?}")).to_owned()
    }
}

fn hang_up(pid: &str) {
    run(Command::new("kill").args(["-HUP", pid]));
}

#[test]
fn reload_replaces_the_certificate_and_keeps_connections_and_sessions() {
    with_each_build("reload", |build, folder| {
        let (chain, key) = (folder.join("live.pem"), folder.join("live.key"));
        let session = folder.join("session");
        let install = |from: &str, to: &Path| {
            fs::copy(certs().join(from), to).expect("the folder is writable");
        };
        install("ecdsa.pem", &chain);
        install("ecdsa.key", &key);
        let mut server = build.start(&["-b", "0", text(&chain), text(&key)]);
        let (pid, port) = (server.wait_for("pid: "), server.wait_for("port: "));
        let kept = "the previous certificate is kept";

        let saving = ["-sess_out", text(&session)];
        assert_eq!(EchoClient::connect(&port, &saving).certificate(), "ecdsa");
        let mut old = EchoClient::connect(&port, &[]);
        old.exchange("before\n");

        // The new certificate with the old key.
        install("rsa.pem", &chain);
        hang_up(&pid);
        server.wait_for_text(kept);
        assert_eq!(EchoClient::connect(&port, &[]).certificate(), "ecdsa");

        install("rsa.key", &key);
        hang_up(&pid);
        server.wait_for("reloaded");
        assert_eq!(EchoClient::connect(&port, &[]).certificate(), "rsa");
        old.exchange("after\n");
        let mut resuming = EchoClient::connect(&port, &["-sess_in", text(&session)]);
        server.wait_for("connected: full"); // the client before
        resuming.exchange("resumed\n");
        server.wait_for("connected: resumed");

        fs::write(&chain, "garbage").expect("the folder is writable");
        hang_up(&pid);
        server.wait_for_text(kept);
        fs::remove_file(&key).expect("the file exists");
        hang_up(&pid);
        server.wait_for_text(kept);
        assert_eq!(EchoClient::connect(&port, &[]).certificate(), "rsa");
        old.exchange("still\n");

        let report = end(server);
        for error in [
            "S2N_ERR_KEY_MISMATCH",
            "S2N_ERR_NO_CERTIFICATE_IN_PEM",
            "cannot be read",
        ] {
            assert_eq!(
                report.stderr.matches(error).count(),
                1,
                "{error}: {report:?}"
            );
        }
    });
}

/// Writes a list of the intermediate CA, which revokes a certificate or none.
fn write_list(path: &Path, revoked: Option<&str>, options: &[&str]) {
    let database = scratch(&format!(
        "database-{}",
        path.display().to_string().replace('/', "-")
    ));
    let index = revoked.map(|name| {
        let mut openssl = Command::new("openssl");
        openssl.args([
            "x509",
            "-noout",
            "-serial",
            "-in",
            &cert(&format!("{name}.crt")),
        ]);
        let output = String::from_utf8(run(&mut openssl).stdout).expect("the output is UTF-8");
        let serial = output.trim().trim_start_matches("serial=").to_owned();
        format!("R\t350101000000Z\t260101000000Z\t{serial}\tunknown\t/CN={name}\n")
    });
    let write = |name: &str, text: &str| {
        fs::write(database.join(name), text).expect("the folder is writable");
    };
    write("index", &index.unwrap_or_default());
    write("number", "01\n");
    let folder = database.display();
    write(
        "config",
        &format!(
            "[ca]\ndefault_ca = database\n[database]\ndatabase = {folder}/index\n\
             crlnumber = {folder}/number\ncrl_extensions = crl\n\
             [crl]\nauthorityKeyIdentifier = keyid:always\n"
        ),
    );
    run(Command::new("openssl")
        .args(["ca", "-gencrl", "-md", "sha256", "-config"])
        .arg(database.join("config"))
        .args([
            "-cert",
            &cert("intermediate.crt"),
            "-keyfile",
            &cert("intermediate.key"),
        ])
        .args(options)
        .arg("-out")
        .arg(path));
}

#[test]
fn revocation_rejects_by_lists_and_reads_them_again() {
    with_each_build("revocation", |build, folder| {
        a_client_rejects_a_revoked_server(build, &scratch_below(&folder, "client"));
        a_server_reads_its_lists_again(build, &scratch_below(&folder, "server"));
    });
}

fn scratch_below(folder: &Path, name: &str) -> PathBuf {
    let below = folder.join(name);
    fs::create_dir(&below).expect("the folder is writable");
    below
}

fn a_client_rejects_a_revoked_server(build: &Build, folder: &Path) {
    let ca = cert("ca.pem");
    for list in ["ca.crl", "intermediate.crl"] {
        fs::copy(certs().join(list), folder.join(list)).expect("the folder is writable");
    }
    let connect = |name: &str| {
        let options = parties::leaf(name);
        let (_server, port) = openssl_server(&strs(&options));
        let client = ["client", "-b", "0", text(folder), &ca, "localhost", &port];
        match name {
            "rsa" => build.start(&client).finish(),
            _ => build.start_unchecked(&client).finish(),
        }
    };
    let report = connect("ecdsa");
    assert_eq!(
        (report.code, report.stdout.as_str()),
        (Some(0), "accepted\n"),
        "{report:?}"
    );
    let report = connect("rsa");
    assert_eq!(report.code, Some(4), "{report:?}");
    assert!(
        report.stderr.contains("(S2N_ERR_CERT_REVOKED: "),
        "{report:?}"
    );
    fs::remove_file(folder.join("ca.crl")).expect("the file exists");
    let report = connect("ecdsa");
    assert_eq!(report.code, Some(4), "{report:?}");
    assert!(
        report.stderr.contains("(S2N_ERR_CRL_LOOKUP_FAILED: "),
        "{report:?}"
    );
}

fn a_server_reads_its_lists_again(build: &Build, folder: &Path) {
    let (ca, (chain, key)) = (cert("ca.pem"), chain_and_key("ecdsa"));
    let client = parties::leaf("client");
    fs::copy(certs().join("ca.crl"), folder.join("ca.crl")).expect("the folder is writable");
    let list = folder.join("intermediate.crl");
    write_list(&list, None, &["-crldays", "30"]);
    let mut server = build.start(&["server", "-b", "0", text(folder), &ca, &chain, &key]);
    let (pid, port) = (server.wait_for("pid: "), server.wait_for("port: "));
    let connect = || {
        let address = address(&port);
        Process::spawn("openssl", &s_client(&address, &strs(&client))).finish()
    };
    let accepted = || {
        let report = connect();
        assert_eq!(report.stdout, "welcome\n", "{report:?}");
    };
    let rejected = |alert: &str| {
        let report = connect();
        assert_eq!(report.stdout, "", "{report:?}");
        assert!(report.stderr.contains(alert), "{report:?}");
    };
    accepted();

    write_list(&list, Some("client"), &["-crldays", "30"]);
    hang_up(&pid);
    server.wait_for("reloaded: 2 lists");
    rejected("alert certificate revoked");

    // A damaged list does not admit anyone.
    fs::write(folder.join("damaged.crl"), "garbage").expect("the folder is writable");
    hang_up(&pid);
    server.wait_for("not reloaded: the previous 2 lists are kept");
    rejected("alert certificate revoked");
    fs::remove_file(folder.join("damaged.crl")).expect("the file exists");

    // Nor does one that has expired.
    let period = [
        "-crl_lastupdate",
        "20200101000000Z",
        "-crl_nextupdate",
        "20200201000000Z",
    ];
    write_list(&list, None, &period);
    hang_up(&pid);
    server.wait_for("reloaded: 1 lists");
    rejected("alert access denied");

    write_list(&list, None, &["-crldays", "30"]);
    hang_up(&pid);
    server.wait_for("reloaded: 2 lists");
    accepted();
    let report = end(server);
    for error in [
        "S2N_ERR_INVALID_PEM",
        "S2N_ERR_CRL_EXPIRED",
        "S2N_ERR_CRL_LOOKUP_FAILED",
    ] {
        let error = format!("({error}: ");
        assert_eq!(
            report.stderr.matches(&error).count(),
            1,
            "{error}{report:?}"
        );
    }
}
