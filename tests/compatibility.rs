//! The table of implementation status is correct, and `docs/COMPATIBILITY.md` lists it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "support/api_status.rs"]
mod api_status;
#[path = "support/calls.rs"]
mod calls;
mod support;

use api_status::{API, Function, Status};
use support::{compile, root, rows, run_and_check_memory, scratch};

fn functions() -> impl Iterator<Item = &'static Function> {
    API.iter().flat_map(|group| group.functions)
}

/// The error of a function that is refused.
fn error(function: &Function) -> Option<&'static str> {
    match function.status {
        Status::Works => None,
        Status::Refused(error) => Some(error),
    }
}

#[test]
fn every_function_of_the_library_is_in_the_table_once() {
    let mut table = BTreeSet::new();
    for function in functions() {
        assert!(
            table.insert(function.name),
            "{} is there twice",
            function.name
        );
    }
    let exports = fs::read_to_string(root().join("tests/abi/exports.txt")).expect("the list");
    let mut exported: BTreeSet<_> = exports.lines().collect();
    for variable in ["s2n_errno", "S2N_BLOCKED_ON_APPLICATION_DATA"] {
        assert!(exported.remove(variable), "{variable} is exported");
    }
    assert_eq!(table, exported);
    assert_eq!(table.len(), 317, "the API of s2n-tls");
}

#[test]
fn refused_functions_return_the_error_in_the_table() {
    let prototypes: BTreeMap<_, _> = rows("functions.tsv")
        .into_iter()
        .map(|row| (row[0].clone(), (row[1].clone(), row[2].clone())))
        .collect();
    let mut statements = String::new();
    let mut count = 0;
    for function in functions() {
        let Some(error) = error(function) else {
            continue;
        };
        let name = function.name;
        let (result, parameters) = &prototypes[name];
        let arguments: Vec<_> = calls::parameters(parameters)
            .iter()
            .map(calls::Parameter::valid)
            .collect();
        let value = calls::failure_value(result);
        let arguments = arguments.join(", ");
        writeln!(
            statements,
            "    set_up();\n    {{\n        {result} result = {name}({arguments});\n        \
             report(\"{name}\", result == {value}, \"{error}\");\n    }}\n    tear_down();"
        )
        .expect("a string takes text");
        count += 1;
    }
    assert!(count > 0, "nothing is refused");

    let dir = scratch("outcomes");
    let source = dir.join("outcomes.c");
    fs::write(&source, calls::program(&statements)).expect("written");
    let program = dir.join("outcomes");
    compile("gcc", &source, &program);
    run_and_check_memory(&program, &[]);
}

/// The Rust sources in a folder and its subfolders.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a directory");
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.expect("readable").path()) {
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|suffix| suffix == "rs") {
            found.push(path);
        }
    }
    found
}

/// The text of each exported function, up to the next one.
fn bodies() -> BTreeMap<String, String> {
    let mut bodies = BTreeMap::new();
    for path in sources(&root().join("src/ffi")) {
        let text = fs::read_to_string(&path).expect("readable");
        let text = text.replace("extern \"C-unwind\"", "extern \"C\"");
        for function in text.split("#[unsafe(no_mangle)]").skip(1) {
            let Some((_, rest)) = function.split_once("extern \"C\" fn ") else {
                continue;
            };
            let name = rest.split('(').next().expect("a name");
            let body = rest.split("\n}\n").next().expect("a body");
            bodies.insert(name.to_owned(), body.to_owned());
        }
    }
    bodies
}

#[test]
fn only_refused_functions_are_unimplemented() {
    let bodies = bodies();
    for function in functions() {
        let body = &bodies[function.name];
        let refuses = body.contains("Err(Code::Unimplemented)?\n    })");
        if matches!(function.status, Status::Works) {
            assert!(!refuses, "{}: {body}", function.name);
        }
    }
}

#[test]
fn the_page_lists_the_extensions() {
    let page = fs::read_to_string(root().join("docs/COMPATIBILITY.md")).expect("the page");
    let (_, section) = page.split_once("\n## Extensions\n").expect("the section");
    let (section, _) = section.split_once("\n## ").expect("another section");
    let listed: Vec<_> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let functions: Vec<_> = rows("extensions.tsv")
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    assert_eq!(listed, functions);
}

const BEGIN: &str =
    "<!-- From here on made of tests/support/api_status.rs: run `make compatibility`. -->\n";

/// The part of the page that is made of the table.
fn shown() -> String {
    let count = |wanted: fn(&Status) -> bool| {
        let all = functions().filter(|function| wanted(&function.status));
        all.count()
    };
    let works = count(|status| matches!(status, Status::Works));
    let refused = count(|status| matches!(status, Status::Refused(_)));
    let mut page = format!(
        "\nOf {} functions {works} work, and {refused} are refused for good.\n",
        functions().count()
    );
    for group in API {
        writeln!(page, "\n### {}\n", group.title).expect("a string takes text");
        let working: Vec<_> = group
            .functions
            .iter()
            .filter(|function| error(function).is_none())
            .map(|function| format!("`{}`", function.name))
            .collect();
        if !working.is_empty() {
            writeln!(page, "Work: {}.", working.join(", ")).expect("a string takes text");
        }
        if working.len() < group.functions.len() {
            if !working.is_empty() {
                page.push('\n');
            }
            page += "| refused | answer |\n| --- | --- |\n";
            group.functions.iter().for_each(|it| page += &row(it));
        }
    }
    page.trim_end().to_owned() + "\n"
}

fn row(function: &Function) -> String {
    let Some(error) = error(function) else {
        return String::new();
    };
    let note = match function.note {
        "" => String::new(),
        note => format!(": {note}"),
    };
    format!("| `{}` | `{error}`{note} |\n", function.name)
}

#[test]
fn the_page_shows_the_table() {
    let path = root().join("docs/COMPATIBILITY.md");
    let page = fs::read_to_string(&path).expect("the page");
    let (before, after) = page.split_once(BEGIN).expect("the place of the table");
    if env::var_os("RS2N_BLESS").is_some() {
        fs::write(&path, before.to_owned() + BEGIN + &shown()).expect("it can be written");
        return;
    }
    assert_eq!(after, shown(), "run `make compatibility`");
}
