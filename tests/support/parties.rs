//! Our client and server, and other people's servers, as the tests of interoperability run them.
#![allow(dead_code)] // Each test binary uses a part.

use crate::peers::{Process, Report, cert, example, free_port};
use crate::support::root;

#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub tls13: bool,
    pub key: &'static str,
    pub cipher: &'static str,
}

/// Every version, kind of key, and cipher.
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

    /// The suite as OpenSSL, and as s2n-tls for TLS 1.2, calls it.
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

pub fn client() -> String {
    static CLIENT: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    CLIENT
        .get_or_init(|| example("client", "cc").display().to_string())
        .clone()
}

pub fn server() -> String {
    static SERVER: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    SERVER
        .get_or_init(|| example("server", "cc").display().to_string())
        .clone()
}

/// Runs a program to its end.
pub fn report(program: &str, args: &[&str]) -> Report {
    Process::spawn(program, args).finish()
}

/// Our server for one connection, and its port.
pub fn serve(args: &[&str]) -> (Process, String) {
    let args = [&["-N", "1", "-b", "0"], args].concat();
    let mut process = Process::spawn(&server(), &args);
    let port = process.wait_for("port: ");
    (process, port)
}

/// Who our client talks to.
pub const SERVERS: [&str; 3] = ["openssl", "gnutls", "python"];

/// Another library's server with this certificate, and its port. With `ca` it wants to see a
/// certificate of that authority.
pub fn other_server(peer: &str, name: &str, tls13: bool, ca: Option<&str>) -> (Process, String) {
    let (chain, key) = (cert(&format!("{name}.pem")), cert(&format!("{name}.key")));
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
                let asks = ["--require-client-cert", "--verify-client-cert"];
                let trusts = ["--x509cafile", ca];
                gnutls_server(&case.gnutls(), name, &[&asks[..], &trusts].concat())
            }
        },
        _ => {
            let script = root().join("tests/peers/server.py").display().to_string();
            let version = if tls13 { "1.3" } else { "1.2" };
            let suite = case.suite();
            let mut args = vec![script.as_str(), version, &suite, &chain, &key];
            args.extend(ca);
            let mut server = Process::spawn("python3", &args);
            let port = server.wait_for("port: ");
            (server, port)
        }
    }
}

/// A server of OpenSSL's with these options, for one connection, and its port.
pub fn openssl_server(options: &[&str]) -> (Process, String) {
    let first = ["s_server", "-accept", "127.0.0.1:0", "-www"];
    let args = [&first[..], &["-naccept", "1"], options].concat();
    let mut server = Process::spawn("openssl", &args);
    let port = server.wait_for("ACCEPT 127.0.0.1:");
    (server, port)
}

/// A server of GnuTLS with this priority, certificate and further options, and its port.
pub fn gnutls_server(priority: &str, name: &str, options: &[&str]) -> (Process, String) {
    let (chain, key) = (cert(&format!("{name}.pem")), cert(&format!("{name}.key")));
    let port = free_port();
    let shell = ["-c", "exec \"$0\" \"$@\" 2>&1", "gnutls-serv"];
    let first = ["--http", "--port", &port, "--priority", priority];
    let files = ["--x509certfile", &chain, "--x509keyfile", &key];
    let args = [&shell[..], &first, &files, options].concat();
    let mut server = Process::spawn("sh", &args);
    server.wait_for("HTTP Server listening on IPv4");
    (server, port)
}

pub fn leaf(name: &str) -> Vec<String> {
    let (crt, key, chain) = (
        format!("{name}.crt"),
        format!("{name}.key"),
        format!("{name}.pem"),
    );
    let options = [
        "-cert",
        &cert(&crt),
        "-key",
        &cert(&key),
        "-cert_chain",
        &cert(&chain),
    ];
    options.map(str::to_owned).to_vec()
}

pub fn strs(strings: &[String]) -> Vec<&str> {
    strings.iter().map(String::as_str).collect()
}
