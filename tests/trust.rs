//! The record of trust: its counts are those of the files, and the commands that it names exist.

use std::path::{Path, PathBuf};
use std::{env, fs};

mod support;

use support::{root, rows};

const PAGE: &str = "docs/TRUST.md";
const BEGIN: &str = "<!-- Written by `make trust`. -->\n";
const END: &str = "<!-- The end of what `make trust` writes. -->\n";

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files below a folder whose names end like this.
fn files(folder: impl AsRef<Path>, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).expect("the folder is readable") {
        let path = entry.expect("the folder is readable").path();
        if path.is_dir() {
            found.extend(files(path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found
}

/// How often a text occurs in the Rust files below a folder.
fn occurrences(folder: &str, text: &str) -> usize {
    let files = files(folder, ".rs").into_iter();
    files.map(|path| read(path).matches(text).count()).sum()
}

/// The lines of a list, without comments.
fn entries(path: &str) -> usize {
    let list = read(path);
    let lines = list.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .count()
}

/// The mutants that have been run, those that the unit tests notice, the others, and those of them
/// in the list of survivors.
fn mutants() -> [usize; 4] {
    let table = read("tests/mutants/results.tsv");
    let rows = table.lines().skip(1).map(|row| {
        let counts = row.split('\t').skip(3);
        let counts = counts.map(|count| count.parse().expect("a number"));
        let counts: Vec<usize> = counts.collect();
        let [total, caught, unviable, timeout, survivors] = counts[..] else {
            panic!("not five numbers: {row}");
        };
        [total - unviable, caught + timeout, survivors]
    });
    let sums = rows.fold([0; 3], |sums, row| {
        std::array::from_fn(|column| sums[column] + row[column])
    });
    let list = read("tests/mutants/survivors.txt");
    let listed = list
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with(['#', ' ']));
    let [run, noticed, survivors] = sums;
    [run, noticed, survivors, listed.count()]
}

/// The rows of the table: what is counted, in which files, and how many there are.
fn counts() -> Vec<[String; 3]> {
    let [mutants, noticed, survivors, listed] = mutants();
    let functions = rows("functions.tsv").len() + rows("extensions.tsv").len();
    let row = |what: &str, place: &str, count: String| [what.into(), place.into(), count];
    vec![
        row(
            "exported functions, each called by a fuzz target",
            "tests/fuzzing.rs",
            functions.to_string(),
        ),
        row(
            "fuzz targets",
            "fuzz/fuzz_targets",
            files("fuzz/fuzz_targets", ".rs").len().to_string(),
        ),
        row(
            "`unsafe` blocks, one operation in each; the core has none",
            "src",
            occurrences("src", "unsafe {").to_string(),
        ),
        row(
            "models of locks and atomics",
            "core/src",
            occurrences("core/src", "fn model_of_").to_string(),
        ),
        row(
            "programs in C for the API",
            "tests/c",
            files("tests/c", ".c").len().to_string(),
        ),
        row(
            "programs in C for faults and attacks",
            "tests/cases",
            files("tests/cases", ".c").len().to_string(),
        ),
        row(
            "modules and tests that Miri interprets",
            "tests/miri/modules.txt",
            entries("tests/miri/modules.txt").to_string(),
        ),
        row(
            "tests of BoringSSL's runner that fail, as patterns with a reason",
            "tests/bogo/results.txt",
            entries("tests/bogo/results.txt").to_string(),
        ),
        row(
            "mutants that compile and have been run; noticed by unit tests or programs in C; not noticed; of these, with the reason why no \
             test can",
            "tests/mutants/results.tsv",
            format!("{mutants}; {noticed}; {survivors}; {listed}"),
        ),
    ]
}

fn table() -> String {
    let mut table = String::from("| count | of | in |\n| --: | --- | --- |\n");
    for [what, place, count] in counts() {
        table += &format!("| {count} | {what} | [{place}](../{place}) |\n");
    }
    table
}

#[test]
fn the_page_shows_the_counts() {
    let page = read(PAGE);
    let (before, rest) = page.split_once(BEGIN).expect("the place of the table");
    let (shown, after) = rest.split_once(END).expect("the end of the table");
    if env::var_os("RS2N_BLESS").is_some() {
        let page = [before, BEGIN, &table(), END, after].concat();
        fs::write(root().join(PAGE), page).expect("the page can be written");
        return;
    }
    assert_eq!(shown, table(), "run `make trust`");
}

#[test]
fn the_core_has_no_unsafe_code() {
    assert!(read("core/src/lib.rs").contains("#![forbid(unsafe_code)]"));
    assert_eq!(occurrences("core/src", "unsafe {"), 0);
}

#[test]
fn the_commands_exist() {
    let page = read(PAGE);
    let makefile = read("Makefile");
    let commands = page.split("`make ").skip(1);
    let targets: Vec<_> = commands
        .map(|rest| {
            let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
            &rest[..end.unwrap_or(rest.len())]
        })
        .collect();
    assert!(targets.len() > 10, "the page names commands");
    for target in targets {
        let rule = format!("\n{target}:");
        assert!(makefile.contains(&rule), "no `make {target}`");
    }
}
