//! Tests of the example pkcs11, with keys in SoftHSM, a PKCS #11 token in software.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

#[path = "support/builds.rs"]
mod builds;
#[path = "support/peers.rs"]
mod peers;
mod support;

use builds::{Build, address, curl, end, s_client, text, with_each_build};
use peers::{Process, cert, chain_and_key};
use support::{run, under_valgrind};

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "1234";

/// The keys in the token. Each is that of the certificate with its name.
const KEYS: [&str; 4] = ["rsa", "ecdsa", "ecdsa384", "p521"];

/// A token in a folder, with the program that uses it.
struct Token<'a> {
    build: &'a Build,
    folder: PathBuf,
}

impl<'a> Token<'a> {
    fn new(build: &'a Build, folder: PathBuf) -> Self {
        let token = Self { build, folder };
        let tokens = token.folder.join("tokens");
        fs::create_dir(&tokens).expect("the folder is new");
        let settings = format!(
            "directories.tokendir = {}\nlog.level = ERROR\n",
            tokens.display()
        );
        fs::write(token.folder.join("softhsm2.conf"), settings).expect("it is writable");
        token.write("pin", &format!("{PIN}\n"));
        token.util(&["--init-token", "--free", "--label", "rs2n", "--so-pin", PIN]);
        for (name, id) in KEYS.into_iter().zip(["01", "02", "03", "04"]) {
            let (_, key) = chain_and_key(name);
            let import = ["--import", &key, "--token", "rs2n", "--label", name];
            token.util(&[&import[..], &["--id", id]].concat());
        }
        token
    }

    fn util(&self, args: &[&str]) {
        let mut util = Command::new("softhsm2-util");
        util.env("SOFTHSM2_CONF", self.folder.join("softhsm2.conf"));
        run(util.args(args).args(["--pin", PIN]));
    }

    fn write(&self, name: &str, content: &str) -> String {
        let path = self.folder.join(name);
        fs::write(&path, content).expect("the scratch folder is writable");
        path.display().to_string()
    }

    fn start(&self, checked: bool, args: &[&str]) -> Process {
        let program = match checked {
            true => under_valgrind(&self.build.program),
            false => Command::new(&self.build.program),
        };
        let settings = self.folder.join("softhsm2.conf");
        let mut command = Command::new("env");
        command
            .arg(format!("SOFTHSM2_CONF={}", settings.display()))
            .arg(program.get_program())
            .args(program.get_args());
        Process::spawn_command(command.args(args))
    }

    /// Starts a server with the certificate and the key of these names.
    fn serve(&self, certificate: &str, key: &str) -> Process {
        let (pin, (chain, _)) = (self.folder.join("pin"), chain_and_key(certificate));
        let args = [MODULE, "rs2n", text(&pin), key, &chain];
        self.start(self.build.checked, &args)
    }
}

#[test]
fn pkcs11_signs_by_the_negotiated_scheme() {
    with_each_build("pkcs11", |build, folder| {
        let token = Token::new(build, folder);
        for name in KEYS {
            each_scheme_is_used(&token, name);
        }
        a_signature_by_another_key_is_not_sent(&token);
        errors_name_the_reason(&token);
    });
}

/// The option of the version, the signature schemes that the client accepts, and the scheme of the server.
type Case = (&'static str, &'static str, &'static str);

fn cases(name: &str) -> &'static [Case] {
    match name {
        "rsa" => &[
            ("-tls1_2", "RSA+SHA256", "RSA PKCS #1 with SHA-256"),
            ("-tls1_2", "RSA+SHA384", "RSA PKCS #1 with SHA-384"),
            ("-tls1_2", "RSA+SHA512", "RSA PKCS #1 with SHA-512"),
            ("-tls1_2", "rsa_pss_rsae_sha256", "RSA-PSS with SHA-256"),
            ("-tls1_2", "rsa_pss_rsae_sha384", "RSA-PSS with SHA-384"),
            ("-tls1_2", "rsa_pss_rsae_sha512", "RSA-PSS with SHA-512"),
            ("-tls1_3", "rsa_pss_rsae_sha256", "RSA-PSS with SHA-256"),
            ("-tls1_3", "rsa_pss_rsae_sha384", "RSA-PSS with SHA-384"),
            ("-tls1_3", "rsa_pss_rsae_sha512", "RSA-PSS with SHA-512"),
        ],
        "ecdsa" => &[
            ("-tls1_2", "ECDSA+SHA256", "ECDSA with SHA-256"),
            ("-tls1_3", "ECDSA+SHA256", "ECDSA with SHA-256"),
        ],
        // SHA-256 is the hash of the issuer's signature.
        "ecdsa384" => &[
            ("-tls1_2", "ECDSA+SHA384:ECDSA+SHA256", "ECDSA with SHA-384"),
            ("-tls1_3", "ECDSA+SHA384:ECDSA+SHA256", "ECDSA with SHA-384"),
        ],
        _ => &[
            ("-tls1_2", "ECDSA+SHA512:ECDSA+SHA256", "ECDSA with SHA-512"),
            ("-tls1_3", "ECDSA+SHA512:ECDSA+SHA256", "ECDSA with SHA-512"),
        ],
    }
}

fn each_scheme_is_used(token: &Token, name: &str) {
    let mut server = token.serve(name, name);
    let port = server.wait_for("port: ");
    let address = address(&port);
    // All at the same time, and all signatures in one session of the token.
    let clients: Vec<_> = cases(name)
        .iter()
        .map(|case| {
            let options = [case.0, "-sigalgs", case.1];
            let client = Process::spawn("openssl", &s_client(&address, &options));
            (client, case)
        })
        .collect();
    for (client, case) in clients {
        let report = client.finish();
        let signature = format!("signature: {}, by the token\n", case.2);
        assert!(
            report.stdout.ends_with(&signature),
            "{name} {case:?}: {report:?}"
        );
    }
    for version in ["1.2", "1.3"] {
        let option = format!("--tlsv{version}");
        let report = curl("localhost", &port, &[&option, "--tls-max", version]);
        assert_eq!(report.code, Some(0), "{name}: {report:?}");
        assert!(
            report.stdout.ends_with(", by the token\n200"),
            "{name}: {report:?}"
        );
    }
    let report = end(server);
    assert_eq!(report.stderr, "", "{name}");
}

/// A key on P-521 signs for a certificate with P-256, too: the server notices before the client does.
fn a_signature_by_another_key_is_not_sent(token: &Token) {
    let mut server = token.serve("ecdsa", "p521");
    let address = address(&server.wait_for("port: "));
    let report = Process::spawn("openssl", &s_client(&address, &[])).finish();
    assert_eq!(report.code, Some(1), "{report:?}");
    let report = end(server);
    assert!(
        report.stderr.contains("(S2N_ERR_VERIFY_SIGNATURE: "),
        "{report:?}"
    );
}

fn errors_name_the_reason(token: &Token) {
    let pin = token.write("pin", &format!("{PIN}\n"));
    let wrong = token.write("wrong", "9999\n");
    let chain = cert("rsa.pem");
    let no_module = cert("rsa.key");
    for (module, label, pin, key, reason) in [
        (no_module.as_str(), "rs2n", &pin, "rsa", "module: "),
        (
            MODULE,
            "other",
            &pin,
            "rsa",
            "other: no token has this label\n",
        ),
        (
            MODULE,
            "rs2n",
            &wrong,
            "rsa",
            "C_Login: 0xa0 (CKR_PIN_INCORRECT)\n",
        ),
        (
            MODULE,
            "rs2n",
            &pin,
            "other",
            "other: the token has no such key\n",
        ),
    ] {
        let report = token
            .start(false, &[module, label, pin, key, &chain])
            .finish();
        assert_eq!(report.code, Some(1), "{reason}: {report:?}");
        assert!(report.stderr.starts_with(reason), "{reason}: {report:?}");
    }
}
