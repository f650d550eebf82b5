//! Tests of the benchmarks: each program is compiled, and runs for a moment. The tables of their page
//! are those of the results in `benches/results`; `pictures.rs` tests the bars.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

#[path = "support/linking.rs"]
mod linking;
#[path = "support/peers.rs"]
mod peers;
mod support;

use linking::reference_options;
use support::certs::copy_certs;
use support::{library_dir, root, run, scratch};

/// The sources of programs, as in `benches/build.sh`.
const COMMON: &[&str] = &["measure", "pipe", "handshakes", "bulk", "heap"];
const ROWS: &[&str] = &["endpoint", "rows", "calls", "sockets", "configs"];
const SCALE: &[&str] = &["endpoint", "configs", "children", "idle", "echo", "scale"];

/// What all repetitions are divided by.
const DIVISOR: &str = "1000";

#[test]
fn every_row_of_rs2n_has_a_value() {
    let lib = library_dir().display().to_string();
    let link = ["-L", &lib, "-ls2n", &format!("-Wl,-rpath,{lib}")].map(str::to_owned);
    for (name, sources) in [("bench", ROWS), ("scale", SCALE)] {
        let program = compile(&format!("rs2n-{name}"), sources, &link);
        let measured = names_of(&program, None);
        for row in rows_of_tables(name) {
            // The repetitions are fewer, and so are the certificates.
            let row = row.replace("_10000_", "_10_").replace("_100_", "_1_");
            assert!(measured.contains(&row), "{row}: {measured:?}");
        }
    }
}

#[test]
fn the_reference_has_the_same_rows() {
    let program = compile("s2n-tls-bench", ROWS, &reference_options());
    for group in ["handshakes", "bulk", "heap", "sockets", "configs"] {
        assert!(!names_of(&program, Some(group)).is_empty(), "{group}");
    }
}

#[test]
fn other_libraries_have_rows() {
    for (name, options) in [
        ("openssl", &["-lssl", "-lcrypto"][..]),
        ("gnutls", &["-lgnutls"]),
    ] {
        let options: Vec<_> = options.iter().map(|&option| option.to_owned()).collect();
        let measured = names_of(&compile(name, &["peer_rows", name], &options), None);
        for row in ["full_client_us", "send_full_GBps", "heap_idle_server_bytes"] {
            assert!(measured.contains(row), "{name}: {measured:?}");
        }
    }
}

/// The tables are generated from the results, so that they cannot be edited apart.
#[test]
fn the_page_shows_the_results() {
    let page = fs::read_to_string(root().join("benches/README.md")).expect("a page");
    for name in ["bench", "scale"] {
        let results = format!("benches/results/{name}.json");
        let tables = python(&["benches/table.py", "markdown", &results]);
        assert!(
            page.contains(tables.trim()),
            "{results}: run `sh benches/publish.sh generate`"
        );
    }
}

/// Stepping over a write is written for this processor.
#[cfg(target_arch = "x86_64")]
#[test]
fn writes_to_shared_memory_are_found() {
    let folder = scratch("contention");
    let lib = library_dir().display().to_string();
    let sources = ["handshakes", "fresh", "writes"].map(|name| format!("contention/{name}"));
    let sources: Vec<_> = sources.iter().map(String::as_str).collect();
    let sources = [&sources[..], &["measure", "pipe", "endpoint"]].concat();
    let program = folder.join("handshakes");
    let link = ["-L", &lib, "-ls2n", &format!("-Wl,-rpath,{lib}")].map(str::to_owned);
    compile_to(&program, &sources, &link);
    let output = run(Command::new(&program).arg(certificates()).arg("full")).stdout;
    let output_file = folder.join("writes");
    fs::write(&output_file, output).expect("the scratch folder is writable");
    let report = python(&[
        "benches/contention/report.py",
        output_file.to_str().expect("UTF-8"),
    ]);
    for side in ["client: ", "server: "] {
        let row = report.lines().find_map(|row| row.strip_prefix(side));
        let (count, _) = row
            .and_then(|row| row.split_once(" writes"))
            .expect("a count");
        // The locks of AWS-LC at least, which random numbers require.
        assert!(count.parse::<f64>().expect("a number") > 0.0, "{report}");
    }
}

/// The folder of the certificates, with some for a server that has many.
fn certificates() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = scratch("benches-certs").join("certs");
        copy_certs(&folder);
        let program = folder.with_file_name("make-certs");
        let source = root().join("benches/make-certs.c");
        let mut clang = Command::new("clang");
        run(clang.arg(source).arg("-o").arg(&program).arg("-lcrypto"));
        run(Command::new(program).arg(&folder).arg("20"));
        folder
    })
}

fn compile(name: &str, sources: &[&str], link: &[String]) -> PathBuf {
    let program = scratch(&format!("benches-{name}")).join(name);
    compile_to(&program, &[COMMON, sources].concat(), link);
    program
}

fn compile_to(program: &Path, sources: &[&str], link: &[String]) {
    let sources = sources.iter().map(|name| format!("benches/{name}.c"));
    let mut clang = Command::new("clang");
    clang.current_dir(root());
    clang.args(["-O1", "-Wall", "-Wextra", "-Werror", "-pthread"]);
    clang.args(["-Iinclude", "-Ibenches", "-o"]).arg(program);
    run(clang.args(sources).args(link));
}

/// Runs a program, or one of its groups, for a moment. Returns the names of the measured values.
fn names_of(program: &Path, group: Option<&str>) -> BTreeSet<String> {
    let mut command = Command::new(program);
    command
        .env("BENCH_DIVISOR", DIVISOR)
        .env("S2N_DONT_MLOCK", "1");
    let output = run(command.arg(certificates()).args(group)).stdout;
    let output = String::from_utf8(output).expect("UTF-8");
    let values = output.lines().map(|line| {
        let (name, value) = line.split_once(' ').expect("a name and a value");
        let value: f64 = value.parse().expect("a number");
        assert!(value.is_finite(), "{line}");
        name.to_owned()
    });
    values.collect()
}

/// The names of the values that the tables show.
fn rows_of_tables(tables: &str) -> Vec<String> {
    let script = format!(
        "import rows\nfor table in rows.TABLES['{tables}'].values():\n for row in table: print(row[0])"
    );
    let mut command = Command::new("python3");
    command
        .args(["-B", "-c", &script])
        .env("PYTHONPATH", root().join("benches"));
    let names = String::from_utf8(run(&mut command).stdout).expect("UTF-8");
    names.lines().map(str::to_owned).collect()
}

fn python(args: &[&str]) -> String {
    let mut command = Command::new("python3");
    let output = run(command.arg("-B").args(args).current_dir(root())).stdout;
    String::from_utf8(output).expect("UTF-8")
}
