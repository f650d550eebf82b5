//! Own security policies: --policy-file, --show-policy and --check-policy-file.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::common::{CLIENT, SERVER, client};
use crate::peers::{Process, Report};
use crate::support::scratch;

fn run(tool: &str, args: &[&str]) -> Report {
    Process::spawn(tool, args).finish()
}

/// Writes a file, and returns its path.
fn write(dir: &Path, text: &str) -> String {
    let path = dir.join("policies");
    fs::write(&path, text).expect("the scratch folder is writable");
    path.display().to_string()
}

#[test]
fn a_policy_is_shown_as_text_that_defines_it() {
    let dir = scratch("tools-policies-shown");
    let names = run(CLIENT, &["--list-policies"]).stdout;
    for name in names.lines().step_by(30) {
        let shown = run(SERVER, &["--show-policy", name]).stdout;
        assert!(shown.starts_with("min TLS1."), "{name}: {shown}");
        let lines = shown.lines().map(|line| format!("    {line}\n"));
        let file = format!(
            "policy custom:own\n{}replace {name} custom:own\n",
            lines.collect::<String>()
        );
        let checked = run(CLIENT, &["--check-policy-file", &write(&dir, &file)]);
        assert_eq!((checked.code, &checked.stdout), (Some(0), &file), "{name}");
    }
}

#[test]
fn a_wrong_file_is_explained() {
    let dir = scratch("tools-policies-wrong");
    let path = write(&dir, "policy custom:own\nbase default\ngroups x25591\n");
    for args in [
        &["--check-policy-file", &path][..],
        &["--policy-file", &path, "localhost", "1"],
    ] {
        let report = run(CLIENT, args);
        assert_eq!(report.code, Some(1), "{report:?}");
        let lines: Vec<_> = report.stderr.lines().collect();
        assert_eq!(
            lines[0],
            format!(
                "rs2nc: RS2N_ERR_POLICY_TEXT: {path} cannot be used: The definition of the security \
                 policy is not valid"
            )
        );
        let detail = "rs2nc: detail: line 3, \"x25591\": it is not the name of a group: ";
        assert!(lines[1].starts_with(detail), "{report:?}");
    }
    let missing = dir.join("none").display().to_string();
    let report = run(SERVER, &["--check-policy-file", &missing]);
    assert_eq!(report.code, Some(1), "{report:?}");
    assert!(report.stderr.contains("cannot read"), "{report:?}");
}

#[test]
fn a_policy_of_no_file_is_explained() {
    let dir = scratch("tools-policies-unknown");
    let report = client("1", &["--policy", "custom:none"], Stdio::null());
    assert_eq!(report.code, Some(2), "{report:?}");
    assert!(
        report.stderr.contains("hint: --policy-file FILE defines"),
        "{report:?}"
    );
    let path = write(&dir, "policy custom:own; base default");
    let args = ["--policy-file", &path, "--policy", "custom:none"];
    let report = client("1", &args, Stdio::null());
    assert_eq!(report.code, Some(2), "{report:?}");
    assert!(
        report
            .stderr
            .contains("hint: --policy-file defines custom:own"),
        "{report:?}"
    );
}
