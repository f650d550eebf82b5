//! The error messages and hints for frequent mistakes: each names the mistake and a way out.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::thread;

use crate::common::*;
use crate::peers::{Process, Report, cert};

/// Runs a shell command in a folder.
fn shell(dir: &Path, command: &str) {
    let script = format!("cd '{}' && {command}", dir.display());
    let report = Process::spawn("sh", &["-c", &script]).finish();
    assert_eq!(report.code, Some(0), "{command}: {report:?}");
}

fn start_server(args: &[&str]) -> Report {
    Process::spawn(SERVER, &[args, &["0"]].concat()).finish()
}

/// Asserts that a tool has failed with this status, message and hint.
fn assert_error(report: &Report, code: i32, message: &str, hint: &str) {
    assert_eq!(report.code, Some(code), "{message}: {report:?}");
    let lines: Vec<_> = report.stderr.lines().collect();
    assert!(
        lines.iter().any(|line| line.contains(message)),
        "{message}: {report:?}"
    );
    let has_hint = |line: &&str| line.contains(": hint: ") && line.contains(hint);
    assert!(
        hint.is_empty() || lines.iter().any(has_hint),
        "{hint}: {report:?}"
    );
}

/// Creates files of each kind from the certificate `ecdsa` and its key.
fn files(name: &str) -> std::path::PathBuf {
    let dir = folder(name);
    let (chain, crt, key) = (cert("ecdsa.pem"), cert("ecdsa.crt"), cert("ecdsa.key"));
    for command in [
        format!(
            "cp {chain} chain && cp {key} key && cp {} other-key",
            cert("rsa.key")
        ),
        "openssl pkey -in key -aes256 -passout pass:secret -out encrypted".to_owned(),
        "openssl ec -in key -aes256 -passout pass:secret -out encrypted-ec".to_owned(),
        "openssl pkey -in key -pubout -out public".to_owned(),
        "openssl req -new -key key -subj /CN=x -out request".to_owned(),
        format!("openssl x509 -in {crt} -outform DER -out chain.der"),
        "openssl pkey -in key -outform DER -out key.der".to_owned(),
        format!("openssl pkcs12 -export -in {crt} -inkey key -passout pass: -out both.p12"),
        format!("openssl crl2pkcs7 -nocrl -certfile {crt} -out bundle.p7b"),
        "iconv -f ASCII -t UTF-16 chain >utf16".to_owned(),
        "head -n 3 chain >truncated".to_owned(),
        format!("cat {} chain >order", cert("rsa.crt")),
        "cat chain key >both".to_owned(),
        "echo hello >text; : >empty; mkdir folder".to_owned(),
        "sed 's/$/\\r/' chain >crlf; sed 's/$/\\r/' key >crlf-key".to_owned(),
        "{ printf '\\357\\273\\277'; cat chain; } >bom; openssl ec -in key -out sec1".to_owned(),
    ] {
        shell(&dir, &format!("{{ {command}; }} 2>&1"));
    }
    dir
}

#[test]
fn a_wrong_file_of_a_certificate_or_key_is_named_for_what_it_is() {
    let dir = files("hints-files");
    let file = |name: &str| path(&dir, name);
    for (chain, key, message, hint) in [
        ("chain", "", "chain has no private key", "--key FILE"),
        (
            "key",
            "chain",
            "key has the private key, and ",
            "exchange the files",
        ),
        (
            "key",
            "key",
            "key has no certificate, but a private key",
            "--cert FILE",
        ),
        ("chain", "chain", "chain has no private key", "--key FILE"),
        (
            "chain",
            "encrypted",
            "encrypted is encrypted, and standard input is not a terminal",
            "--passphrase-file FILE",
        ),
        (
            "chain",
            "encrypted-ec",
            "encrypted-ec is encrypted, and standard input is not a terminal",
            "--passphrase-file FILE",
        ),
        (
            "encrypted",
            "chain",
            "encrypted has the private key, and ",
            "exchange the files",
        ),
        (
            "chain",
            "public",
            "public has no private key, but a public key",
            "--key FILE",
        ),
        (
            "request",
            "key",
            "request has no certificate, but a certificate signing request (CSR)",
            "openssl x509 -req",
        ),
        (
            "chain",
            "request",
            "request has no private key, but a certificate signing request (CSR)",
            "",
        ),
        (
            "chain.der",
            "key",
            "is a certificate in DER",
            "openssl x509 -inform DER",
        ),
        (
            "chain",
            "key.der",
            "is a private key in DER",
            "openssl pkey -inform DER",
        ),
        (
            "both.p12",
            "key",
            "but a PKCS #12 bundle",
            "openssl pkcs12 -nodes",
        ),
        (
            "both.p12",
            "",
            "but a PKCS #12 bundle",
            "openssl pkcs12 -nodes",
        ),
        (
            "bundle.p7b",
            "key",
            "but a PKCS #7 bundle",
            "openssl pkcs7 -print_certs",
        ),
        ("utf16", "key", "is UTF-16 text", "iconv -f UTF-16"),
        ("truncated", "key", "no line -----END CERTIFICATE-----", ""),
        ("both", "key", "has not only certificates", "without --key"),
        ("chain", "both", "not the first section of ", ""),
        ("text", "key", "text has no PEM section", "-----BEGIN"),
        ("empty", "key", "empty is empty", ""),
        ("chain", "empty", "empty is empty", ""),
        ("folder", "key", "Is a directory", "name a file"),
        (
            "chain",
            "other-key",
            "S2N_ERR_KEY_MISMATCH",
            "does not belong",
        ),
        (
            "order",
            "key",
            "is that of certificate 2 in ",
            "the certificate of the key is the first",
        ),
    ] {
        let (chain, key_file) = (file(chain), file(key));
        let args = ["--cert", &chain, "--key", &key_file];
        let args = if key.is_empty() { &args[..2] } else { &args };
        assert_error(&start_server(args), 1, message, hint);
    }
}

#[test]
fn a_wrong_file_of_ca_certificates_is_named_for_what_it_is() {
    let dir = files("hints-ca");
    for (ca, message, hint) in [
        ("key", "key has no certificate, but a private key", ""),
        ("request", "but a certificate signing request (CSR)", ""),
        ("empty", "empty is empty", ""),
        ("text", "text has no PEM section", "-----BEGIN"),
        (
            "chain.der",
            "is a certificate in DER",
            "openssl x509 -inform DER",
        ),
        ("folder", "Is a directory", "name a file"),
    ] {
        let report = client("1", &["--ca", &path(&dir, ca)], Stdio::null());
        assert_error(&report, 1, message, hint);
    }
}

/// Line ends of Windows, a byte order mark, and the older format of keys are no mistakes.
#[test]
fn files_of_other_programs_are_accepted() {
    let dir = files("hints-accepted");
    for (chain, key) in [("crlf", "crlf-key"), ("bom", "sec1")] {
        let (chain, key) = (path(&dir, chain), path(&dir, key));
        let server = Server::start(&["--cert", &chain, "--key", &key, "--echo"]);
        let client = client(&server.port, &["--ca", &chain], Stdio::null());
        assert_eq!(client.code, Some(0), "{client:?}");
        assert_eq!(server.finish().code, Some(0));
    }
}

#[test]
fn a_server_of_another_protocol_is_named() {
    for (greeting, name, hint) in [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP", "check the port"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "SSH", "check the port"),
        ("220 mail.example.org ESMTP\r\n", "SMTP or FTP", "STARTTLS"),
        ("* OK IMAP4rev1\r\n", "IMAP", "STARTTLS"),
        ("+OK POP3\r\n", "POP3", "STARTTLS"),
    ] {
        let (listener, port) = listen();
        let server = thread::spawn(move || {
            let (mut tcp, _) = listener.accept().expect("a client");
            tcp.write_all(greeting.as_bytes()).expect("sent");
            // The server waits for a command: the client must not wait for a record.
            let _ = tcp.read_to_end(&mut Vec::new());
        });
        let report = client(&port, &[], Stdio::null());
        server.join().expect("it ends");
        let message = format!("the server does not speak TLS on this port, but {name}");
        assert_error(&report, 1, &message, hint);
    }
}

#[test]
fn a_client_of_another_protocol_is_named() {
    for (request, name) in [
        ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "SSH"),
        ("EHLO client\r\n", "SMTP"),
    ] {
        let server = Server::start(&["--echo"]);
        let mut tcp = TcpStream::connect(("127.0.0.1", server.port.parse().expect("a number")))
            .expect("the server listens");
        tcp.write_all(request.as_bytes()).expect("sent");
        let _ = tcp.read_to_end(&mut Vec::new());
        drop(tcp);
        let report = server.finish();
        let message = format!("the client does not speak TLS on this port, but {name}");
        assert!(report.stdout.contains(&message), "{report:?}");
        assert!(
            report.stdout.contains("hint: the client has to use TLS"),
            "{report:?}"
        );
    }
}

#[test]
fn a_rejected_policy_is_explained() {
    for (policy, message, hint) in [
        ("fast", "no policy is named \"fast\"", "--list-policies"),
        (
            "defualt",
            "no policy is named",
            "a similar name is \"default\"",
        ),
        ("20140601", "is known, but not supported", "--list-policies"),
    ] {
        let report = client("1", &["--policy", policy], Stdio::null());
        assert_error(&report, 2, message, hint);
    }
}

#[test]
fn a_wrong_address_is_explained() {
    let (chain, key) = (cert("ecdsa.pem"), cert("ecdsa.key"));
    let args = ["--cert", &chain, "--key", &key];
    // RFC 5737: an address for documentation.
    let report = start_server(&[&args[..], &["192.0.2.1"]].concat());
    let message = "cannot listen on 192.0.2.1 port 0: 192.0.2.1 is no address of this machine";
    assert_error(&report, 1, message, "0.0.0.0");
    let (_listener, port) = listen();
    let report = Process::spawn(SERVER, &[&args[..], &["127.0.0.1", &port]].concat()).finish();
    assert_error(
        &report,
        1,
        &format!("port {port}: "),
        "another program listens",
    );
    let report = Process::spawn(SERVER, &[&args[..], &["4433", "localhost"]].concat()).finish();
    assert_error(
        &report,
        2,
        "not a port number",
        "the host is first: localhost 4433",
    );

    for (host, hint) in [
        ("https://example.org/", "not a URL: example.org"),
        ("example.org:443", "two arguments: example.org 443"),
    ] {
        let report = Process::spawn(CLIENT, &[host, "443"]).finish();
        assert_error(&report, 2, "is not a host name", hint);
    }
    let report = Process::spawn(CLIENT, &["localhost:443"]).finish();
    assert_error(&report, 2, "<PORT>", "two arguments: localhost 443");
    let report = client(&crate::peers::free_port(), &[], Stdio::null());
    assert_error(
        &report,
        1,
        "cannot connect to localhost",
        "no program listens",
    );
}
