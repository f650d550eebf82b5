//! Programs in C that print a line for each observation, with `WRONG` at the end of what is not right.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{python, run, scratch};

/// Runs a program; fails with its lines if it observes nothing, or something wrong.
pub fn check(name: &str, command: &mut Command) {
    let output = run(command);
    let lines = String::from_utf8(output.stdout).expect("lines of text");
    assert!(
        lines.contains(": "),
        "no observation of {name} in {lines:?}"
    );
    assert!(!lines.contains("WRONG"), "{lines}");
}

/// Makes what the programs of a folder read, with its `make.py`. Gives where that is.
pub fn make_inputs(name: &str, sources: &Path) -> PathBuf {
    let folder = scratch(name);
    run(python(&sources.join("make.py")).arg(&folder));
    folder
}
