//! Builds of an example for tests with clients of other libraries, and such clients.
#![allow(dead_code)] // Each test binary uses a part.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::peers::{Process, Report, cert, example};
use crate::support::{run, scratch, under_valgrind};

/// An example that one of the compilers has built.
pub struct Build {
    pub program: PathBuf,
    /// Whether [`Self::start`] runs it under valgrind.
    pub checked: bool,
}

impl Build {
    pub fn start(&self, args: &[&str]) -> Process {
        if !self.checked {
            return self.start_unchecked(args);
        }
        Process::spawn_command(under_valgrind(&self.program).args(args))
    }

    /// Starts it natively: valgrind takes more than a second for each process.
    pub fn start_unchecked(&self, args: &[&str]) -> Process {
        Process::spawn(text(&self.program), args)
    }
}

/// Tests two builds of an example, one after the other, each with an empty folder.
pub fn with_each_build(name: &str, test: impl Fn(&Build, PathBuf)) {
    for (compiler, checked) in [("clang", false), ("gcc", true)] {
        let program = example(name, compiler);
        let build = Build { program, checked };
        let report = build.start_unchecked(&[]).finish();
        assert_eq!(report.code, Some(2), "{name}: {report:?}");
        assert!(report.stderr.starts_with("usage: "), "{name}: {report:?}");
        test(&build, scratch(&format!("{name}-{compiler}-files")));
    }
}

/// Ends a server, and returns what it wrote. Its code under valgrind differs after a memory error.
pub fn end(server: Process) -> Report {
    let report = server.terminate();
    assert_eq!(report.code, Some(0), "{report:?}");
    report
}

pub fn text(path: &Path) -> &str {
    path.to_str().expect("the path is UTF-8")
}

/// Issues NAME.pem, with NAME.key, by the root of the test certificates.
pub fn issue(folder: &Path, name: &str, names: &str, serial: u32) {
    let path = |extension: &str| folder.join(format!("{name}.{extension}"));
    run(Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-nodes", "-days", "3650"])
        .args(["-pkeyopt", "ec_paramgen_curve:P-256"])
        .args(["-CA", &cert("ca.crt"), "-CAkey", &cert("ca.key")])
        .args(["-subj", &format!("/CN={name}")])
        .args(["-set_serial", &serial.to_string()])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-addext", &format!("subjectAltName={names}")])
        .arg("-keyout")
        .arg(path("key"))
        .arg("-out")
        .arg(path("pem")));
}

/// Options of curl for a request to this name, which the server on this port of 127.0.0.1 receives.
pub fn curl(name: &str, port: &str, options: &[&str]) -> Report {
    let ca = cert("ca.pem");
    let to = format!("{name}:443:127.0.0.1:{port}");
    let args = [
        "--silent",
        "--max-time",
        "60",
        "--write-out",
        "%{http_code}",
    ];
    let peer = ["--cacert", &ca, "--connect-to", &to];
    let url = format!("https://{name}/");
    Process::spawn("curl", &[&args[..], &peer, options, &[&url]].concat()).finish()
}

/// Options of `openssl s_client` for a connection that verifies the server.
pub fn s_client<'a>(address: &'a str, options: &[&'a str]) -> Vec<&'a str> {
    static CA: OnceLock<String> = OnceLock::new();
    let ca = CA.get_or_init(|| cert("ca.pem"));
    let args = ["s_client", "-connect", address, "-CAfile", ca, "-quiet"];
    [&args[..], &["-verify_return_error"], options].concat()
}

pub fn address(port: &str) -> String {
    format!("127.0.0.1:{port}")
}
