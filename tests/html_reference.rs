//! Tests of the HTML reference, which Doxygen generates from the headers: `make reference`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

mod support;

use support::{root, rows, run, scratch};

/// `make GOAL` with the build folder `build` of a test.
fn make(goal: &str, folder: &Path) -> Command {
    let mut make = Command::new("make");
    make.arg(goal)
        .arg(format!("BUILD={}", folder.join("build").display()))
        .arg(format!("PREFIX={}", folder.join("prefix").display()))
        .arg("COMPONENTS=reference")
        .current_dir(root());
    make
}

/// The paths of all files in a folder, with their contents.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let list = run(Command::new("find")
        .args([".", "-type", "f"])
        .current_dir(folder))
    .stdout;
    let list = String::from_utf8(list).expect("the names are UTF-8");
    let contents = |path: &str| fs::read(folder.join(path)).expect("the file is readable");
    list.lines()
        .map(|path| (path.to_owned(), contents(path)))
        .collect()
}

/// The text between two markers.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once(end)?.0)
}

/// Returns the entries of functions in the pages of groups: name, and HTML.
fn entries(pages: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, String> {
    let mut entries = BTreeMap::new();
    for page in pages
        .iter()
        .filter(|(path, _)| path.starts_with("./group__"))
    {
        let text = String::from_utf8_lossy(page.1);
        for entry in text.split("<h2 class=\"memtitle\">").skip(1) {
            let name = between(entry, "</span>", "</h2>").expect("the entry has a title");
            if let Some(name) = name.strip_suffix("()") {
                entries.insert(name.to_owned(), entry.to_owned());
            }
        }
    }
    entries
}

#[test]
fn every_exported_function_has_an_entry_with_all_parts() {
    let folder = scratch("html-reference");
    run(&mut make("reference", &folder));
    let pages = files(&folder.join("build/reference"));
    let entries = entries(&pages);
    let functions = [rows("functions.tsv"), rows("extensions.tsv")].concat();
    assert!(functions.len() > 300, "{functions:?}");
    for row in functions {
        let [name, result, parameters] = &row[..] else {
            panic!("a name, a type and parameters: {row:?}");
        };
        let entry = entries
            .get(name)
            .unwrap_or_else(|| panic!("{name} has no entry"));
        let (_, text) = entry
            .split_once("<div class=\"memdoc\">")
            .expect("two parts");
        let purpose = between(text, "<p>", "</p>").unwrap_or_default();
        assert!(purpose.trim().ends_with('.'), "{name}: {purpose:?}");
        let documented = text.matches("<td class=\"paramname\">").count();
        let parameters = match parameters.as_str() {
            "void" => 0,
            list => list.split(", ").count(),
        };
        assert_eq!(documented, parameters, "{name}: {text}");
        let returns = between(text, "<dt>Returns</dt><dd>", "</dd>").unwrap_or_default();
        let is_described = !returns.trim().is_empty();
        assert_eq!(is_described, result != "void", "{name}: return value");
    }

    // The examples of the manual pages are in both.
    let example = between(&entries["s2n_shutdown"], "<dt>Example</dt>", "</dd>");
    let example = example.expect("s2n_shutdown has an example");
    assert!(example.contains("close_both"), "{example}");
    let with_example = |entry: &&String| entry.contains("<dt>Example</dt>");
    assert!(entries.values().filter(with_example).count() > 80);

    // The main page leads to the groups, and no page contains a path of the build.
    let index = String::from_utf8_lossy(&pages["./index.html"]);
    assert!(index.contains(">Early data</a>"), "{index}");
    let path = root().display().to_string();
    for (page, content) in &pages {
        assert!(!String::from_utf8_lossy(content).contains(&path), "{page}");
    }
}

#[test]
fn undocumented_parts_fail() {
    let folder = scratch("html-reference-undocumented");
    for (part, comment) in [
        (
            "",
            "/**\n * Does.\n *\n * @param conn What\n * @returns 0\n */",
        ),
        ("is not documented", ""),
        ("parameters", "/**\n * Does.\n *\n * @returns 0\n */"),
        ("return", "/**\n * Does.\n *\n * @param conn What\n */"),
    ] {
        let header = format!("{comment}\nS2N_API extern int s2n_do(void *conn);\n");
        fs::write(folder.join("x.h"), header).expect("the folder is writable");
        let script = format!(
            "{{ cat packaging/reference/Doxyfile; echo 'INPUT = {}'; }} | doxygen -",
            folder.display()
        );
        let output = Command::new("sh")
            .args(["-c", &script])
            .env("OUTPUT", folder.join("pages"))
            .env("VERSION", "1")
            .current_dir(root())
            .output()
            .expect("sh runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.success(),
            part.is_empty(),
            "{comment}: {error}"
        );
        assert!(error.contains(part), "{comment}: {error}");
    }
}

#[test]
fn the_reference_is_installed_and_uninstalled() {
    let folder = scratch("html-reference-install");
    let unbuilt = make("install", &folder).output().expect("make runs");
    assert!(!unbuilt.status.success());
    let error = String::from_utf8_lossy(&unbuilt.stderr);
    assert!(error.contains("make reference\n"), "{error}");

    run(&mut make("reference", &folder));
    let installed = folder.join("prefix/share/doc/rs2n/reference");
    // Also when the build folder was removed.
    for clean in [false, true] {
        run(&mut make("install", &folder));
        assert_eq!(files(&installed), files(&folder.join("build/reference")));
        if clean {
            fs::remove_dir_all(folder.join("build")).expect("the folder exists");
        }
        run(&mut make("uninstall", &folder));
        assert_eq!(files(&folder.join("prefix")).len(), 0);
        assert!(!installed.exists());
    }
}
