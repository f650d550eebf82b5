//! Every exported function is called by a fuzz target, and what a run of the targets starts with is
//! in the repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

mod support;

use support::{root, rows};

/// Functions that no target calls, each with its reason.
const EXCEPTIONS: [(&str, &str); 0] = [];

#[test]
fn a_target_calls_every_function() {
    let called = called();
    let exceptions = EXCEPTIONS.map(|(name, _)| name.to_owned());
    let functions = rows("functions.tsv")
        .into_iter()
        .chain(rows("extensions.tsv"));
    let functions: BTreeSet<_> = functions.map(|row| row[0].clone()).collect();
    assert!(functions.len() > 300, "the tables are whole");
    let missing: Vec<_> = functions
        .difference(&called)
        .filter(|name| !exceptions.contains(name))
        .collect();
    assert!(missing.is_empty(), "no target calls {missing:?}");
    for (name, reason) in EXCEPTIONS {
        assert!(
            !reason.is_empty() && functions.contains(name) && !called.contains(name),
            "{name}"
        );
    }
}

/// The names in front of an argument list, and those that are passed as a function, in the sources
/// of the targets. The declarations are generated, and not among the sources.
fn called() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in sources() {
        let text = fs::read_to_string(&path).expect("a source file");
        let code = text
            .lines()
            .map(|line| line.split("//").next().unwrap_or_default());
        let declarations =
            code.filter(|line| !line.trim_start().starts_with("fn ") && !line.contains("pub fn "));
        for line in declarations {
            let words = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            names.extend(words.map(str::to_owned));
        }
    }
    names
}

/// The sources that a target is compiled from: those of `fuzz/src` that are modules, and the
/// targets.
fn sources() -> Vec<PathBuf> {
    let mut sources = Vec::new();
    for folder in ["fuzz/src", "fuzz/fuzz_targets"] {
        collect(&root().join(folder), &mut sources);
    }
    assert!(sources.len() > 20, "the sources are found");
    sources
}

fn collect(folder: &Path, sources: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => collect(&path, sources),
            false if path.extension().is_some_and(|end| end == "rs") => sources.push(path),
            false => {}
        }
    }
}

fn targets() -> BTreeSet<String> {
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).expect("the manifest");
    let sections = manifest.split("[[bin]]").skip(1);
    let names = sections.filter_map(|section| section.split("name = \"").nth(1)?.split('"').next());
    names.map(str::to_owned).collect()
}

#[test]
fn every_target_is_described_and_every_corpus_belongs_to_one() {
    let readme = fs::read_to_string(root().join("fuzz/README.md")).expect("the description");
    let targets = targets();
    assert!(targets.len() > 10, "{targets:?}");
    for target in &targets {
        assert!(
            readme.contains(&format!("| `{target}` |")),
            "{target} is not in fuzz/README.md"
        );
    }
    let mut size = 0;
    for entry in fs::read_dir(root().join("fuzz/corpora")).expect("the corpora") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a name in ASCII");
        let target = name.strip_suffix(".tar.gz").map(str::to_owned);
        assert!(
            target.is_some_and(|target| targets.contains(&target)),
            "{name} belongs to no target"
        );
        size += entry.metadata().expect("a file").len();
    }
    assert!(size <= 2 << 20, "{size} bytes of corpora in the repository");
}
