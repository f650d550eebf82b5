//! The tests written in C: what a C program sees, also under valgrind.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

mod support;

use support::certs::{certs, copy_certs};
use support::{MEMORY_ERROR, compile, root, rows, run, scratch, under_drd, under_valgrind};

#[test]
fn errors() {
    let dir = scratch("c-errors");
    fs::write(dir.join("error_table.h"), error_table()).expect("written");
    // Next to its table, which is not part of the sources.
    let source = dir.join("errors.c");
    fs::copy(root().join("tests/c/errors.c"), &source).expect("copied");
    check(&source, &dir, &[]);
}

#[test]
fn config() {
    check_with_certificates("config");
}

#[test]
fn certificates_chosen() {
    check_with_certificates("certificates");
}

#[test]
fn validation() {
    check_with_certificates("validation");
}

#[test]
fn connection() {
    check_with_certificates("connection");
}

#[test]
fn callbacks() {
    let source = root().join("tests/c/callbacks.c");
    check(&source, &scratch("c-callbacks"), &[]);
}

#[test]
fn bad_input() {
    check_with_certificates("bad_input");
}

#[test]
fn records() {
    check_with_certificates("records");
}

#[test]
fn handshake() {
    check_with_certificates("handshake");
}

#[test]
fn client_hello() {
    check_with_certificates("client_hello");
}

#[test]
fn policies() {
    check_with_certificates("policies");
}

#[test]
fn fingerprint() {
    check_with_certificates("fingerprint");
}

#[test]
fn async_pkey() {
    check_with_certificates("async_pkey");
}

#[test]
fn async_offload() {
    check_with_certificates("async_offload");
}

/// Each step of a handshake in another thread than the one before; and without a data race.
#[test]
fn async_threads() {
    let program = program("async_threads");
    run(Command::new(&program).arg(certs()).arg("64"));
    run(under_drd(&program).arg(certs()).arg("4"));
    run(under_valgrind(&program).arg(certs()).arg("4"));
}

/// The mappings that it counts are not valgrind's.
#[test]
fn many_signatures_may_be_pending() {
    run(Command::new(program("pending")).arg(certs()));
}

#[test]
fn events() {
    check_with_certificates("events");
}

#[test]
fn remote_signer() {
    check_with_certificates("remote_signer");
}

/// With the keys in SoftHSM, a PKCS #11 token in software.
#[test]
fn pkcs11() {
    const PIN: &str = "1234";
    let program = program("pkcs11");
    let dir = scratch("softhsm");
    let certificates = dir.join("certs");
    copy_certs(&certificates);
    let tokens = dir.join("tokens");
    fs::create_dir(&tokens).expect("made");
    let settings = dir.join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nlog.level = ERROR\n",
        tokens.display()
    );
    fs::write(&settings, text).expect("written");

    let util = |args: &[&str]| {
        let mut util = Command::new("softhsm2-util");
        util.env("SOFTHSM2_CONF", &settings);
        run(util.args(args).args(["--pin", PIN]))
    };
    let init = ["--init-token", "--free", "--label", "rs2n", "--so-pin", PIN];
    util(&init);
    for (name, id) in [("rsa", "01"), ("ecdsa", "02")] {
        let key = certificates.join(name).with_extension("key");
        let key = key.to_str().expect("a path of text");
        let import = ["--import", key, "--token", "rs2n", "--label", name];
        util(&[&import[..], &["--id", id]].concat());
        // From here on only the token has the key.
        fs::remove_file(key).expect("removed");
    }

    let module = "/usr/lib/softhsm/libsofthsm2.so";
    for mut command in [Command::new(&program), under_valgrind(&program)] {
        command.env("SOFTHSM2_CONF", &settings);
        run(command.arg(&certificates).arg(module).arg(PIN));
    }
}

#[test]
fn memory() {
    check_with_certificates("memory");
}

#[test]
fn internal() {
    check_with_certificates("internal");
}

#[test]
fn sockets() {
    check_with_certificates("sockets");
}

/// About seven thousand conversations: too many for valgrind.
#[test]
fn a_conversation_survives_every_cut() {
    run(Command::new(program("cut")).arg(certs()));
}

/// The memory that it measures is not valgrind's.
#[test]
fn a_gibibyte_needs_no_memory() {
    run(Command::new(program("large")).arg(certs()));
}

#[test]
fn both_directions_can_be_used_at_once() {
    let program = program("threads");
    run(Command::new(&program).arg(certs()).arg("10"));
    run(under_drd(&program).arg(certs()).arg("1"));
}

/// A protocol analyser reads with the logged secrets, and cannot without them.
#[test]
fn analysers_read_with_logged_secrets() {
    let program = program("capture");
    let dir = program.parent().expect("a folder");
    let (capture, keys) = (dir.join("capture.pcap"), dir.join("keys"));
    for version in ["12", "13"] {
        run(Command::new(&program)
            .arg(certs())
            .arg(version)
            .args([&capture, &keys]));
        let analyse = |keys: &Path| {
            let preference = format!("tls.keylog_file:{}", keys.display());
            let output = run(Command::new("tshark").arg("-r").arg(&capture).args([
                "-o",
                &preference,
                "-q",
                "-z",
                "follow,tls,ascii,0",
            ]));
            String::from_utf8(output.stdout).expect("text")
        };
        let read = analyse(&keys);
        for text in [
            "from the client\n",
            "from the server\n",
            "from the client again\n",
        ] {
            assert!(read.contains(text), "TLS {version}: {text} in {read}");
        }
        assert!(!analyse(Path::new("/dev/null")).contains("from the client\n"));
    }
}

#[test]
fn a_race_would_be_noticed() {
    let dir = scratch("c-race");
    let (source, program) = (dir.join("race.c"), dir.join("race"));
    let text = "#include <pthread.h>
        #include <stddef.h>
        static int count;
        static void *add(void *unused) { count++; return unused; }
        int main(void) {
            pthread_t other;
            pthread_create(&other, NULL, add, NULL);
            add(NULL);
            return pthread_join(other, NULL);
        }
        ";
    fs::write(&source, text).expect("written");
    compile("gcc", &source, &program);
    let outcome = under_drd(&program).output().expect("valgrind runs");
    assert_eq!(outcome.status.code(), Some(MEMORY_ERROR));
}

#[test]
fn a_leak_and_a_use_after_free_would_be_noticed() {
    let dir = scratch("c-leak");
    for (name, body) in [
        ("leak", "return s2n_config_new_minimal() == NULL;"),
        (
            "use-after-free",
            "struct s2n_config *config = s2n_config_new_minimal();
             s2n_config_free(config);
             return s2n_config_set_ctx(config, NULL);",
        ),
    ] {
        let source = dir.join(name).with_extension("c");
        let text = format!("#include <s2n.h>\nint main(void) {{ s2n_init(); {body} }}\n");
        fs::write(&source, text).expect("written");
        let program = dir.join(name);
        compile("gcc", &source, &program);
        let outcome = under_valgrind(&program).output().expect("valgrind runs");
        assert_eq!(outcome.status.code(), Some(MEMORY_ERROR), "{name}");
    }
}

/// Compiles and runs `tests/c/NAME.c`, whose argument is the folder of certificates.
fn check_with_certificates(name: &str) {
    let folder = certs().to_str().expect("the path is UTF-8");
    check(&source(name), &scratch(&format!("c-{name}")), &[folder]);
}

/// Runs a program as each compiler builds it, and checks its memory accesses once: valgrind checks
/// the library, which is the same for both.
fn check(source: &Path, dir: &Path, args: &[&str]) {
    for compiler in ["gcc", "clang"] {
        let program = dir.join(compiler);
        compile(compiler, source, &program);
        run(Command::new(&program).args(args));
    }
    run(under_valgrind(&dir.join("gcc")).args(args));
}

/// Compiles `tests/c/NAME.c` for a test that runs it in its own way.
fn program(name: &str) -> PathBuf {
    let program = scratch(&format!("c-{name}")).join(name);
    compile("gcc", &source(name), &program);
    program
}

fn source(name: &str) -> PathBuf {
    root().join("tests/c").join(name).with_extension("c")
}

/// The facts of the errors as a C table.
fn error_table() -> String {
    let mut table = String::from(
        "static const struct { int number; int type; const char *name; const char *message; } \
         ERRORS[] = {\n",
    );
    let rows = rows("errors.tsv");
    assert_eq!(rows.len(), 270);
    for row in rows {
        let [name, kind, number, message] = row.as_slice() else {
            panic!("four columns: {row:?}");
        };
        writeln!(
            table,
            "    {{ {number}, {kind}, \"{name}\", {message:?} }},"
        )
        .expect("text");
    }
    table + "};\n"
}
