//! What docs/COMPATIBILITY.md says of functions that are not there.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

mod support;

use support::{library_dir, root, run, scratch};

/// The names that the page lists, with their prefix.
fn missing() -> BTreeSet<String> {
    let page = fs::read_to_string(root().join("docs/COMPATIBILITY.md")).expect("the page");
    let (_, list) = page
        .split_once("## Functions that are not there yet")
        .expect("the list");
    let rows = list.lines().filter(|line| line.starts_with("- "));
    let names = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
    names.map(|name| format!("s2n_{name}")).collect()
}

#[test]
fn no_function_is_both_missing_and_exported() {
    let exports = fs::read_to_string(root().join("tests/abi/exports.txt")).expect("the list");
    let exported: BTreeSet<_> = exports.lines().map(str::to_owned).collect();
    let missing = missing();
    assert_eq!(missing.intersection(&exported).collect::<Vec<_>>(), [""; 0]);
    // The API has 314 functions, and one variable.
    assert_eq!(missing.len() + exported.len(), 315);
}

/// A program that says that it runs, and then calls a function that is missing. It is linked with a
/// library that has the function, and the same soname as ours.
fn program() -> PathBuf {
    let missing = missing();
    let name = missing.first().expect("a function is missing");
    let dir = scratch("compatibility");
    let write = |file: &str, text: String| {
        let path = dir.join(file);
        fs::write(&path, text).expect("written");
        path
    };
    let whole = write(
        "whole.c",
        format!("int s2n_init(void) {{ return 0; }}\nint {name}(void) {{ return 0; }}\n"),
    );
    let source = write(
        "program.c",
        format!(
            "#include <stdio.h>\nint s2n_init(void);\nint {name}(void);\n\
             int main(void) {{ s2n_init(); puts(\"started\"); fflush(stdout); return {name}(); }}\n"
        ),
    );
    let (library, program) = (dir.join("libwhole.so"), dir.join("program"));
    run(Command::new("cc")
        .args(["-shared", "-fPIC", "-Wl,-soname,libs2n.so.1"])
        .arg(whole)
        .arg("-o")
        .arg(&library));
    run(Command::new("cc")
        .arg(source)
        .arg(&library)
        .arg("-Wl,-z,lazy")
        .arg("-o")
        .arg(&program));
    program
}

#[test]
fn a_missing_function_ends_the_program_at_its_call_or_at_its_start() {
    let program = program();
    for (bind_now, said) in [("", "started\n"), ("1", "")] {
        let output = Command::new(&program)
            .env("LD_LIBRARY_PATH", library_dir())
            .env("LD_BIND_NOW", bind_now)
            .output()
            .expect("it was built");
        assert_eq!(output.status.code(), Some(127), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), said);
        assert!(String::from_utf8_lossy(&output.stderr).contains("undefined symbol"));
    }
}
