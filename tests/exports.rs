//! The shared library exports the API of s2n-tls and the extensions, and nothing else.

use std::collections::BTreeSet;
use std::process::Command;
use std::{env, fs};

mod support;

use support::{build_dir, library_dir, root, run};

fn text(command: &mut Command) -> String {
    String::from_utf8(run(command).stdout).expect("tools print text")
}

fn library() -> String {
    library_dir();
    build_dir().join("libs2n.so").display().to_string()
}

/// Names in the output of `nm -D --defined-only`.
fn names(listing: &str) -> BTreeSet<String> {
    let names = listing
        .lines()
        .filter_map(|line| line.split_whitespace().last());
    names.map(str::to_owned).collect()
}

fn exported() -> BTreeSet<String> {
    names(&text(Command::new("nm").args([
        "-D",
        "--defined-only",
        &library(),
    ])))
}

fn listed(name: &str) -> BTreeSet<String> {
    let path = root().join("tests/abi").join(name);
    let text = fs::read_to_string(path).unwrap_or_default();
    let names = text.lines().filter_map(|line| line.split('\t').next());
    names.map(str::to_owned).collect()
}

#[test]
fn exports_match_the_list() {
    let exported: BTreeSet<_> = exported().difference(&extensions()).cloned().collect();
    if env::var_os("RS2N_BLESS").is_some() {
        let list: Vec<_> = exported.iter().map(String::as_str).collect();
        let path = root().join("tests/abi/exports.txt");
        fs::write(path, list.join("\n") + "\n").expect("the list can be written");
    }
    assert_eq!(exported, listed("exports.txt"));
}

/// The functions that s2n-tls does not have.
fn extensions() -> BTreeSet<String> {
    let mut extensions = listed("extensions.tsv");
    extensions.remove("name");
    extensions
}

/// The ident string names the version, in the shared and in the static library.
#[test]
fn both_libraries_contain_the_ident_string() {
    library_dir();
    let ident = format!(
        "@(#)rs2n {} (API of s2n-tls-sys ",
        env!("CARGO_PKG_VERSION")
    );
    for name in ["libs2n.so", "libs2n.a"] {
        let strings = text(Command::new("strings").arg(build_dir().join(name)));
        let count = strings
            .lines()
            .filter(|line| line.starts_with(&ident))
            .count();
        assert_eq!(count, 1, "{name}");
    }
}

#[test]
fn every_export_is_part_of_the_api() {
    let mut api = listed("functions.tsv");
    api.remove("name");
    api.insert("s2n_errno".into());
    api.insert("S2N_BLOCKED_ON_APPLICATION_DATA".into());
    let extensions = extensions();
    assert!(extensions.iter().all(|name| name.starts_with("rs2n_")));
    api.extend(extensions);
    assert_eq!(exported(), api);
}

#[test]
fn a_foreign_symbol_would_be_noticed() {
    let listing = "0000 T s2n_init\n0010 T aws_lc_0_1_0_SHA256\n";
    assert!(!names(listing).is_subset(&listed("exports.txt")));
}

/// The notes of the tracepoints survive the linker.
#[cfg(target_os = "linux")]
#[test]
fn the_library_has_tracepoints() {
    let notes = text(Command::new("readelf").args(["--notes", "--wide", &library()]));
    let found = notes.split("Provider: rs2n\n").skip(1);
    let found = found.filter_map(|note| note.trim_start().strip_prefix("Name: ")?.lines().next());
    let mut names: Vec<_> = found.collect();
    names.sort_unstable();
    let expected = [
        "error",
        "handshake__done",
        "handshake__start",
        "key__update",
    ];
    assert_eq!(names, expected);
}

#[test]
fn s2n_errno_is_a_thread_local_object_of_four_bytes() {
    let symbols = text(Command::new("readelf").args(["--dyn-syms", "--wide", &library()]));
    let row = symbols
        .lines()
        .find(|line| line.ends_with(" s2n_errno"))
        .expect("it is exported");
    let columns: Vec<_> = row.split_whitespace().collect();
    assert_eq!(&columns[2..6], ["4", "TLS", "GLOBAL", "DEFAULT"], "{row}");
}

#[test]
fn the_library_has_the_name_that_programs_ask_for() {
    let dynamic = text(Command::new("readelf").args(["--dynamic", "--wide", &library()]));
    assert!(dynamic.contains("Library soname: [libs2n.so.1]"));
    assert!(
        !dynamic.contains("STATIC_TLS"),
        "it could not be loaded late"
    );
    let stays = dynamic
        .lines()
        .any(|line| line.contains("FLAGS_1") && line.contains("NODELETE"));
    assert!(stays, "threads have destructors of it");
}
