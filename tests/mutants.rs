//! The lists of mutation testing name code that exists: see tests/mutants/README.md.

use std::fs;

mod support;

use support::root;

fn lines(name: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("tests/mutants").join(name));
    let text = text.expect("the list is readable");
    text.lines().map(str::to_owned).collect()
}

/// Returns the source of a file of the list.
fn source(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Returns the name of the function in the description of a mutant: "replace + with - in a::b #2" or
/// "replace a::b -> bool with true".
fn function(mutant: &str) -> Option<&str> {
    let path = match mutant.rsplit_once(" in ") {
        Some((_, path)) => path.split(" #").next()?,
        None => {
            let path = mutant.strip_prefix("replace ")?;
            path.split(" -> ").next()?.split(" with ").next()?
        }
    };
    path.rsplit("::").next()
}

/// Returns the fault of the first entry that names no function of `source`, or has no reason.
fn fault(lines: &[String], source: impl Fn(&str) -> String) -> Option<String> {
    let lines: Vec<_> = lines.iter().filter(|line| !line.starts_with('#')).collect();
    for (place, line) in lines.iter().enumerate() {
        if line.is_empty() || line.starts_with(' ') {
            continue;
        }
        let (file, mutant) = line.split_once(": ").expect("a file and a mutant");
        let name = function(mutant).expect("a mutant names its function");
        if !source(file).contains(&format!("fn {name}")) {
            return Some(format!("{file} has no function {name}"));
        }
        if !lines
            .get(place + 1)
            .is_some_and(|line| line.starts_with("    "))
        {
            return Some(format!("{line}: no reason"));
        }
    }
    None
}

#[test]
fn each_survivor_is_in_a_function_that_exists_and_has_a_reason() {
    assert_eq!(fault(&lines("survivors.txt"), source), None);
}

#[test]
fn faults_of_the_list_are_found() {
    let fault = |text: &str| {
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        fault(&lines, |_| "fn open() {}".to_owned())
    };
    assert_eq!(
        fault("# A list\na.rs: replace + with - in open\n    A reason."),
        None
    );
    assert!(fault("a.rs: replace + with - in close\n    A reason.").is_some());
    assert!(fault("a.rs: replace + with - in open\n\n    A reason.").is_some());
}

#[test]
fn the_results_add_up() {
    for row in lines("results.tsv").iter().skip(1) {
        let columns: Vec<_> = row.split('\t').collect();
        let [file, genre, judge, counts @ ..] = &columns[..] else {
            panic!("{row}: too few columns");
        };
        source(file);
        let kind = genre.split_once(" % of ").map_or(*genre, |(share, kind)| {
            share.parse::<u8>().expect("a percentage");
            kind
        });
        assert!(["all", "operators"].contains(&kind), "{row}");
        assert!(
            judge.trim_start_matches("quick ").starts_with("unit"),
            "{row}"
        );
        let counts = counts.iter().map(|count| count.parse::<u32>());
        let counts: Vec<_> = counts.map(|count| count.expect("a number")).collect();
        let [total, caught, unviable, timeout, survivors] = counts[..] else {
            panic!("{row}: not five numbers");
        };
        assert_eq!(total, caught + unviable + timeout + survivors, "{row}");
        let listed = lines("survivors.txt");
        let listed = listed
            .iter()
            .filter(|line| line.starts_with(&format!("{file}: ")));
        // The list has survivors outside of a sample, too.
        let is_sample = genre.contains(" % of ");
        assert!(
            is_sample || listed.count() as u32 <= survivors,
            "{file}: survivors in the list"
        );
    }
}

#[test]
fn descriptions_of_mutants_name_a_function() {
    for (mutant, name) in [
        ("replace + with - in Opener::open #2", "open"),
        ("delete match arm A | B in read", "read"),
        ("replace Names::any -> bool with true", "any"),
        (
            "replace Names::drop_alternative with ()",
            "drop_alternative",
        ),
        ("replace <impl A for B>::c -> Option<D> with None", "c"),
    ] {
        assert_eq!(function(mutant), Some(name));
    }
}
