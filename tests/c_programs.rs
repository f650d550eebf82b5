//! Tests written in C, which run natively and under valgrind.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

mod support;

use support::certs::certs;
use support::{MEMORY_ERROR, compile, root, rows, run, scratch, under_drd, under_valgrind};

#[test]
fn errors() {
    let dir = scratch("c-errors");
    fs::write(dir.join("error_table.h"), error_table()).expect("the scratch folder is writable");
    // In the folder of the generated table, which it includes.
    let source = dir.join("errors.c");
    fs::copy(root().join("tests/c/errors.c"), &source).expect("the source is readable");
    check(&source, &dir, &[]);
}

#[test]
fn call_detail() {
    check(&source("call_detail"), &scratch("c-call_detail"), &[]);
}

#[test]
fn error_alert() {
    check_with_certificates("error_alert");
}

#[test]
fn effects() {
    check_with_certificates("effects");
}

#[test]
fn detail() {
    check_with_certificates("detail");
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
fn compression() {
    check_with_certificates("compression");
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
fn serialization() {
    check_with_certificates("serialization");
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
fn quic() {
    check_with_certificates("quic");
}

#[test]
fn policies() {
    check_with_certificates("policies");
}

#[test]
fn own_policies() {
    check_with_certificates("own_policies");
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
fn raw_public_keys() {
    check_with_certificates("raw_public_keys");
}

#[test]
fn async_offload() {
    check_with_certificates("async_offload");
}

/// Each step of a handshake runs on another thread than the step before, without a data race.
#[test]
fn async_threads() {
    let program = program("async_threads");
    run(Command::new(&program).arg(certs()).arg("64"));
    run(under_drd(&program).arg(certs()).arg("4"));
    run(under_valgrind(&program).arg(certs()).arg("4"));
}

/// Not under valgrind, which has memory mappings of its own: the program counts them.
#[test]
fn many_signatures_can_be_pending() {
    run(Command::new(program("pending")).arg(certs()));
}

/// The keys are made by OpenSSL, GnuTLS and OpenSSH.
#[test]
fn encrypted_keys() {
    let program = program("encrypted_keys");
    let keys = program.with_extension("keys");
    let mut script = Command::new("sh");
    script.arg(root().join("tests/certs/encrypted_keys.sh"));
    run(script.args([certs(), &keys]));
    run(Command::new(&program).args([certs(), &keys]).arg("all"));
    run(under_valgrind(&program).args([certs(), &keys]).arg("quick"));
}

#[test]
fn events() {
    check_with_certificates("events");
}

#[test]
fn remote_signer() {
    check_with_certificates("remote_signer");
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
fn batches() {
    check_with_certificates("batches");
}

#[test]
fn sockets() {
    check_with_certificates("sockets");
}

/// About ten thousand connections, which would take too long under valgrind.
#[test]
fn connections_work_with_io_split_at_every_byte() {
    run(Command::new(program("cut")).arg(certs()));
}

/// Not under valgrind, which allocates memory of its own: the program measures it.
#[test]
fn transfer_of_a_gibibyte_allocates_no_memory() {
    run(Command::new(program("large")).arg(certs()));
}

/// Not under valgrind, like the transfer.
#[test]
fn idle_connections_have_little_memory() {
    run(Command::new(program("idle")).arg(certs()));
}

#[test]
fn ktls() {
    check_with_certificates("ktls");
}

#[test]
fn resumption() {
    check_with_certificates("resumption");
}

#[test]
fn ech() {
    check_with_certificates("ech");
}

#[test]
fn psk() {
    check_with_certificates("psk");
}

#[test]
fn early_data() {
    check_with_certificates("early_data");
}

/// Not under drd, which does not see the locks of a shared config.
#[test]
fn ticket_keys_are_added_while_threads_resume_sessions() {
    run(Command::new(program("resumption")).arg(certs()).arg("100"));
}

/// Not under drd, which does not see the locks of a shared config.
#[test]
fn configs_change_while_threads_use_them() {
    run(Command::new(program("shared_config"))
        .arg(certs())
        .arg("200"));
}

#[test]
fn send_and_receive_run_on_two_threads() {
    let program = program("threads");
    run(Command::new(&program).arg(certs()).arg("10"));
    run(under_drd(&program).arg(certs()).arg("1"));
}

/// tshark decrypts a capture with the key log, and does not without it.
#[test]
fn key_log_decrypts_a_capture() {
    let program = program("capture");
    let dir = program.parent().expect("the program is in a folder");
    let (capture, keys) = (dir.join("capture.pcap"), dir.join("keys"));
    for version in ["12", "13"] {
        run(Command::new(&program)
            .arg(certs())
            .arg(version)
            .args([&capture, &keys]));
        let decrypt = |keys: &Path| {
            let preference = format!("tls.keylog_file:{}", keys.display());
            let output = run(Command::new("tshark").arg("-r").arg(&capture).args([
                "-o",
                &preference,
                "-q",
                "-z",
                "follow,tls,ascii,0",
            ]));
            String::from_utf8(output.stdout).expect("the output is UTF-8")
        };
        let decrypted = decrypt(&keys);
        for text in [
            "from the client\n",
            "from the server\n",
            "from the client again\n",
        ] {
            assert!(
                decrypted.contains(text),
                "TLS {version}: {text} in {decrypted}"
            );
        }
        assert!(!decrypt(Path::new("/dev/null")).contains("from the client\n"));
    }
}

#[test]
fn valgrind_reports_a_data_race() {
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
    fs::write(&source, text).expect("the scratch folder is writable");
    compile("gcc", &source, &program);
    let outcome = under_drd(&program).output().expect("valgrind is installed");
    assert_eq!(outcome.status.code(), Some(MEMORY_ERROR));
}

#[test]
fn valgrind_reports_a_leak_and_a_use_after_free() {
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
        fs::write(&source, text).expect("the scratch folder is writable");
        let program = dir.join(name);
        compile("gcc", &source, &program);
        let outcome = under_valgrind(&program)
            .output()
            .expect("valgrind is installed");
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

/// The table of errors as a C array.
fn error_table() -> String {
    let mut table = String::from(
        "static const struct { int number; int type; const char *name; const char *message; } \
         ERRORS[] = {\n",
    );
    let rows = rows("errors.tsv");
    assert_eq!(rows.len(), 272);
    for row in rows {
        let [name, kind, number, message] = row.as_slice() else {
            panic!("not four columns: {row:?}");
        };
        writeln!(
            table,
            "    {{ {number}, {kind}, \"{name}\", {message:?} }},"
        )
        .expect("a string is writable");
    }
    table + "};\n"
}
