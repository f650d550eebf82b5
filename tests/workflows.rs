//! Tests of the workflows in .github: every step of .ci/run is a part of a job, and actions are pinned.

use std::fs;
use std::process::Command;

mod support;

use support::{root, run};

fn workflows() -> Vec<(String, String)> {
    let dir = fs::read_dir(root().join(".github/workflows")).expect("the folder exists");
    let paths = dir.map(|entry| entry.expect("the folder is readable").path());
    let workflows: Vec<_> = paths
        .map(|path| {
            let content = fs::read_to_string(&path).expect("the workflow is readable");
            (path.display().to_string(), content)
        })
        .collect();
    assert!(!workflows.is_empty());
    workflows
}

/// `.ci/run` with these arguments.
fn ci(arguments: &[&str]) -> Command {
    let mut command = Command::new(root().join(".ci/run"));
    command.args(arguments);
    command
}

fn step_names() -> Vec<String> {
    let list = String::from_utf8(run(&mut ci(&["--list"])).stdout).expect("names are UTF-8");
    list.lines().map(str::to_owned).collect()
}

#[test]
fn every_step_is_in_a_job() {
    let names = step_names();
    let script = fs::read_to_string(root().join(".ci/run")).expect("the script is readable");
    let is_step = |line: &&str| line.starts_with("step ") || line.starts_with("extra ");
    let steps = script.lines().filter(is_step);
    assert_eq!(names.len(), steps.count(), "{names:?}");

    let checks = root().join(".github/workflows/checks.yml");
    let checks = fs::read_to_string(checks).expect("the workflow is readable");
    // The lines of the blocks `steps: |` in the matrix, which have this indentation.
    let in_jobs: Vec<_> = checks
        .lines()
        .filter_map(|line| line.strip_prefix("              "))
        .collect();
    for name in &names {
        assert!(in_jobs.contains(&name.as_str()), "no job has step {name:?}");
    }
    for name in in_jobs {
        assert!(
            names.iter().any(|step| step == name),
            "{name:?} is no step of .ci/run"
        );
    }
}

#[test]
fn unknown_step_is_refused_before_any_runs() {
    let output = ci(&["formatting", "no such step"])
        .output()
        .expect("bash is installed");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(output.stdout, b"");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(error, "no such step: not in .ci/run --list\n");
}

/// A tag can be moved to other code, a commit cannot.
#[test]
fn actions_are_pinned_to_commits() {
    let mut count = 0;
    for (path, workflow) in workflows() {
        for line in workflow.lines() {
            let Some((_, action)) = line.split_once("uses: ") else {
                continue;
            };
            let (_, commit) = action.split_once('@').expect("the action has a version");
            let (commit, version) = commit.split_once(" # ").expect("a comment has the version");
            let is_commit =
                commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_commit && !version.is_empty(), "{path}: {line}");
            count += 1;
        }
    }
    assert!(count > 0);
}
