//! The program in the README is one.

use std::fs;
use std::process::Command;

mod support;

use support::{compile, root, scratch};

#[test]
fn the_program_compiles_and_fails_without_a_server() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let (_, rest) = readme.split_once("```c\n").expect("a program in C");
    let (program, _) = rest.split_once("```").expect("its end");

    let dir = scratch("readme");
    let (source, binary) = (dir.join("hello.c"), dir.join("hello"));
    fs::write(&source, program).expect("written");
    for compiler in ["gcc", "clang"] {
        compile(compiler, &source, &binary);
        // Standard input is not a server.
        let output = Command::new(&binary)
            .stdin(std::process::Stdio::null())
            .output()
            .expect("it runs");
        assert_eq!(output.status.code(), Some(1));
        assert!(!output.stderr.is_empty(), "it says why");
    }
}
