//! C programs that print a line for each observation, which ends with `WRONG` if it is not the required
//! behaviour.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{python, run, scratch};

/// Runs a program, and panics if it reports no observation or a wrong one.
pub fn check(name: &str, command: &mut Command) {
    let output = run(command);
    let lines = String::from_utf8(output.stdout).expect("the program prints UTF-8");
    assert!(
        lines.contains(": "),
        "{name} reports no observation: {lines:?}"
    );
    assert!(!lines.contains("WRONG"), "{lines}");
}

/// Generates the input files of a folder's programs with its `make.py`, and returns their folder.
pub fn make_inputs(name: &str, sources: &Path) -> PathBuf {
    let folder = scratch(name);
    run(python(&sources.join("make.py")).arg(&folder));
    folder
}
