//! Interoperability of external pre-shared keys and early data with OpenSSL and GnuTLS, in both roles
//! of the command-line tools.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::{fmt, fs};

#[path = "interop_psk/clients.rs"]
mod clients;
#[path = "interop_psk/servers.rs"]
mod servers;

#[path = "support/parties.rs"]
mod parties;
#[path = "support/peers.rs"]
mod peers;
mod support;

use peers::Report;
use support::{build_dir, root, run, scratch};

/// The secret of the key `me`, and one that no server has.
const SECRET: &str = "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";
const OTHER: &str = "0b0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";

const SUITES: [(&str, &str, u16); 2] = [
    ("sha256", "TLS_AES_128_GCM_SHA256", 0x1301),
    ("sha384", "TLS_AES_256_GCM_SHA384", 0x1302),
];

/// The early data, unless a test has its own: a request for a page.
const EARLY: &str = "GET / HTTP/1.0\r\n\r\n";

const GNUTLS_PSK: &str = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+ECDHE-PSK:+DHE-PSK:+PSK";
const GNUTLS_TLS13: &str = "NORMAL:-VERS-ALL:+VERS-TLS1.3";

/// The path of `rs2nc` or `rs2nd`, built once for all tests.
fn tool(name: &str) -> String {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["build", "--package", "rs2n-tools", "--bins", "--quiet"])
            .current_dir(root());
        if build_dir().ends_with("release") {
            cargo.arg("--release");
        }
        run(&mut cargo);
    });
    build_dir().join(name).display().to_string()
}

/// The files of one test.
struct Files(PathBuf);

impl Files {
    fn new(name: &str) -> Self {
        let files = Self(scratch(&format!("psk-{name}-{}", std::process::id())));
        files.write("page", "page\n");
        files.write("early", EARLY);
        files.write("secret", SECRET);
        files.write("other", OTHER);
        files.write("sha256", &format!("me:{SECRET}\n"));
        files.write("sha384", &format!("me:{SECRET}:sha384\n"));
        files.write("tickets", &format!("one {SECRET}\n"));
        files.write("other-tickets", &format!("two {OTHER}\n"));
        files
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).expect("the scratch folder is writable");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).expect("the file was written")
    }

    /// Writes a session of OpenSSL that is an external key, with 1000 bytes of early data.
    fn openssl_key(&self, suite: u16) -> String {
        let version = der(INTEGER, &[3, 4]);
        let lifetime = der(INTEGER, &i32::MAX.to_be_bytes());
        let limit = der(INTEGER, &1000_u16.to_be_bytes());
        let fields = [
            // The version of the format.
            der(INTEGER, &[1]),
            version,
            der(OCTET_STRING, &suite.to_be_bytes()),
            // The session ID.
            der(OCTET_STRING, &[]),
            der(OCTET_STRING, &[10; 32]),
            der(TAGGED | 2, &lifetime),
            der(TAGGED | 15, &limit),
        ];
        let (binary, text) = (self.path("key.der"), self.path("key.pem"));
        fs::write(&binary, der(SEQUENCE, &fields.concat())).expect("writable");
        let files = ["-in", &binary, "-out", &text];
        run(Command::new("openssl")
            .args(["sess_id", "-inform", "DER"])
            .args(files));
        text
    }
}

/// Tags of ASN.1.
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
const TAGGED: u8 = 0xa0;

/// Encodes a value of ASN.1.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = u8::try_from(content.len()).expect("short");
    assert!(len < 128, "one byte for the length");
    [&[tag, len], content].concat()
}

/// Checks that the reports of the tools contain each text.
fn expect(reports: &str, texts: &[&str], context: &impl fmt::Debug) {
    for text in texts {
        assert!(reports.contains(text), "{text}: {reports} {context:?}");
    }
}

fn expect_output(peer: &Report, texts: &[&str]) {
    for text in texts {
        assert!(peer.stdout.contains(text), "{text}: {peer:?}");
    }
}

/// The number of ClientHello messages that OpenSSL has sent or received.
fn client_hellos(peer: &Report) -> usize {
    peer.stdout.matches(", ClientHello").count()
}

const PSK: &str = r#""psk":"me""#;
const NO_PSK: &str = r#""psk":null"#;
const RESUMED: &str = r#""resumed":true"#;
const NO_ERROR: &str = r#""error":null"#;

/// The fields `early_data` of a report.
fn accepted(bytes: usize) -> String {
    format!(r#""early_data":{{"status":"accepted","bytes":{bytes}}}"#)
}

/// The field of a client that has sent `bytes`; a server receives none.
fn rejected(bytes: usize) -> String {
    format!(r#""early_data":{{"status":"rejected","bytes":{bytes}}}"#)
}

fn cipher(suite: &str) -> String {
    format!(r#""cipher":{{"name":"{suite}""#)
}

#[test]
fn peer_programs_are_installed() {
    for (program, option) in [("openssl", "version"), ("gnutls-cli", "--version")] {
        run(Command::new(program).arg(option));
    }
}
