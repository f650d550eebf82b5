//! Endpoints of interoperability tests: the example client and server, and servers of other TLS libraries.
#![allow(dead_code)] // Each test binary uses a part.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::OnceLock;

use crate::peers::{Process, Report, cert, chain_and_key, example, free_port};
use crate::support::{root, scratch};

/// Parameters that a handshake must negotiate.

#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub tls13: bool,
    pub key: &'static str,
    pub cipher: &'static str,
}

/// All combinations of version, key type and cipher.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for tls13 in [true, false] {
        for key in ["ecdsa", "rsa"] {
            for cipher in ["AES_128_GCM", "AES_256_GCM", "CHACHA20_POLY1305"] {
                cases.push(Case { tls13, key, cipher });
            }
        }
    }
    cases
}

impl Case {
    pub fn version(&self) -> &'static str {
        if self.tls13 { "TLS 1.3" } else { "TLS 1.2" }
    }

    /// The name of the cipher suite in OpenSSL, and for TLS 1.2 in s2n-tls.
    pub fn suite(&self) -> String {
        if self.tls13 {
            let hash = if self.cipher == "AES_256_GCM" {
                "SHA384"
            } else {
                "SHA256"
            };
            return format!("TLS_{}_{hash}", self.cipher);
        }
        let cipher = match self.cipher {
            "AES_128_GCM" => "AES128-GCM-SHA256",
            "AES_256_GCM" => "AES256-GCM-SHA384",
            _ => "CHACHA20-POLY1305",
        };
        format!("ECDHE-{}-{cipher}", self.key.to_uppercase())
    }

    /// Options of `openssl s_client` and `s_server`.
    pub fn openssl(&self) -> Vec<String> {
        let (version, option) = match self.tls13 {
            true => ("-tls1_3", "-ciphersuites"),
            false => ("-tls1_2", "-cipher"),
        };
        vec![version.into(), option.into(), self.suite()]
    }

    /// A priority string of GnuTLS.
    pub fn gnutls(&self) -> String {
        let version = if self.tls13 { "1.3" } else { "1.2" };
        let cipher = self.cipher.replace('_', "-");
        format!("NORMAL:-VERS-ALL:+VERS-TLS{version}:-CIPHER-ALL:+{cipher}")
    }
}

/// The path of the example client, compiled once for each test program.
pub fn client() -> String {
    static CLIENT: OnceLock<String> = OnceLock::new();
    CLIENT
        .get_or_init(|| example("client", "cc").display().to_string())
        .clone()
}

/// The path of the example server, compiled once for each test program.
pub fn server() -> String {
    static SERVER: OnceLock<String> = OnceLock::new();
    SERVER
        .get_or_init(|| example("server", "cc").display().to_string())
        .clone()
}

/// Runs a program to its end.
pub fn report(program: &str, args: &[&str]) -> Report {
    Process::spawn(program, args).finish()
}

/// Starts the example server for one connection, and returns its port.
pub fn serve(args: &[&str]) -> (Process, String) {
    let args = [&["-N", "1", "-b", "0"], args].concat();
    let mut process = Process::spawn(&server(), &args);
    let port = process.wait_for("port: ");
    (process, port)
}

/// An HTTP request for a page, in a file.
fn request_file() -> PathBuf {
    static REQUEST: OnceLock<PathBuf> = OnceLock::new();
    let create = || {
        let file = scratch(&format!("request-{}", std::process::id())).join("request");
        fs::write(&file, "GET / HTTP/1.0\r\n\r\n").expect("the scratch folder is writable");
        file
    };
    REQUEST.get_or_init(create).clone()
}

/// An HTTP request for a page, as the standard input of a client.
pub fn request() -> Stdio {
    Stdio::from(File::open(request_file()).expect("the request is readable"))
}

/// Runs the example client with a request for a page. Returns its report and the response, which is
/// empty if there was none.
pub fn fetch(options: &[&str], port: &str) -> (Report, String) {
    let response = scratch(&format!("fetch-{port}")).join("response");
    let files = [request_file(), response.clone()].map(|path| path.display().to_string());
    let args = ["-b", "0", "-s", &files[0], "-r", &files[1]];
    let report = report(
        &client(),
        &[&args[..], options, &["localhost", port]].concat(),
    );
    let response = fs::read(&response).unwrap_or_default();
    (report, String::from_utf8_lossy(&response).into_owned())
}

/// The TLS libraries of [`other_server`].
pub const SERVERS: [&str; 3] = ["openssl", "gnutls", "python"];

/// Starts a server of another TLS library with this certificate, and returns its port. With `ca` it
/// requires a client certificate of that CA.
pub fn other_server(peer: &str, name: &str, tls13: bool, ca: Option<&str>) -> (Process, String) {
    let case = Case {
        tls13,
        key: "ecdsa",
        cipher: "AES_256_GCM",
    };
    match peer {
        "openssl" => {
            let options = leaf(name);
            let mut args = strs(&options);
            args.push(if tls13 { "-tls1_3" } else { "-tls1_2" });
            if let Some(ca) = ca {
                args.extend(["-Verify", "3", "-verify_return_error", "-CAfile", ca]);
            }
            openssl_server(&args)
        }
        "gnutls" => match ca {
            None => gnutls_server(&case.gnutls(), name, &[]),
            Some(ca) => {
                let required = ["--require-client-cert", "--verify-client-cert"];
                let trusted = ["--x509cafile", ca];
                gnutls_server(&case.gnutls(), name, &[&required[..], &trusted].concat())
            }
        },
        _ => python_server(&case, name, ca),
    }
}

/// Starts a server of Python's `ssl` module for one connection, and returns its port.
pub fn python_server(case: &Case, name: &str, ca: Option<&str>) -> (Process, String) {
    let (chain, key) = chain_and_key(name);
    let script = root().join("tests/peers/server.py").display().to_string();
    let version = if case.tls13 { "1.3" } else { "1.2" };
    let suite = case.suite();
    let mut args = vec![script.as_str(), version, &suite, &chain, &key];
    args.extend(ca);
    let mut server = Process::spawn("python3", &args);
    let port = server.wait_for("port: ");
    (server, port)
}

/// Starts `openssl s_server` with these options for one connection, and returns its port.
pub fn openssl_server(options: &[&str]) -> (Process, String) {
    let first = ["s_server", "-accept", "127.0.0.1:0", "-www"];
    let args = [&first[..], &["-naccept", "1"], options].concat();
    let mut server = Process::spawn("openssl", &args);
    let port = server.wait_for("ACCEPT 127.0.0.1:");
    (server, port)
}

/// Starts `gnutls-serv` with this priority string, certificate and further options, and returns its
/// port.
pub fn gnutls_server(priority: &str, name: &str, options: &[&str]) -> (Process, String) {
    let (chain, key) = chain_and_key(name);
    let port = free_port();
    // It writes to standard error when it is ready.
    let shell = ["-c", "exec \"$0\" \"$@\" 2>&1", "gnutls-serv"];
    let first = ["--http", "--port", &port, "--priority", priority];
    let files = ["--x509certfile", &chain, "--x509keyfile", &key];
    let args = [&shell[..], &first, &files, options].concat();
    let mut server = Process::spawn("sh", &args);
    server.wait_for("HTTP Server listening on IPv4");
    (server, port)
}

/// Options of `openssl s_server` for a certificate, its key and its chain.
pub fn leaf(name: &str) -> Vec<String> {
    let (chain, key) = chain_and_key(name);
    let certificate = cert(&format!("{name}.crt"));
    let options = ["-cert", &certificate, "-key", &key, "-cert_chain", &chain];
    options.map(str::to_owned).to_vec()
}

pub fn strs(strings: &[String]) -> Vec<&str> {
    strings.iter().map(String::as_str).collect()
}
