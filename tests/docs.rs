//! Tests of the pages' links and of the API names that they mention.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

#[path = "support/pages.rs"]
mod pages;
mod support;

use pages::{Kind, Page, all, guide, pictures};
use support::{root, rows, run};

fn page(text: &str) -> Page {
    Page {
        path: PathBuf::from("docs/guide/src/page.md"),
        text: text.to_owned(),
    }
}

#[test]
fn every_link_has_a_target() {
    let dead: Vec<_> = all().iter().flat_map(dead_links).collect();
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn dead_links_are_found() {
    for text in [
        "[x](nowhere.md)",
        "[x](../../nowhere.c)",
        "[x](#nowhere)",
        "[x](io.md#nowhere)",
        "# Title\n[x](#title) [y](#Title)",
        "```sh\n# Comment\n```\n[x](#comment)",
    ] {
        assert_eq!(dead_links(&page(text)).len(), 1, "{text}");
    }
    for text in [
        "`[x](nowhere.md)`",
        "[x](io.md)",
        "[x](../../../tests/c/check.h)",
        "[x](https://example.org/nowhere)",
        "## A title: *yes*, `s2n_init()`\n[x](#a-title-yes-s2n_init)",
        "```c\n[x](nowhere.md)\n```",
    ] {
        assert_eq!(dead_links(&page(text)), [""; 0], "{text}");
    }
}

fn dead_links(page: &Page) -> Vec<String> {
    let mut dead = Vec::new();
    for (line, target) in page.links() {
        let is_external = target.contains("://") || target.starts_with("mailto:");
        if !is_external && !has_target(page, &target) {
            dead.push(format!("{}:{line}: {target}", page.path.display()));
        }
    }
    dead
}

fn has_target(page: &Page, target: &str) -> bool {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let folder = page.path.parent().expect("the path of a page has a parent");
    let path = match file {
        "" => page.path.clone(),
        file => normalized(&folder.join(file)),
    };
    if !file.is_empty() && !root().join(&path).exists() {
        return false;
    }
    match (anchor, file) {
        ("", _) => true,
        (anchor, "") => page.anchors().contains(anchor),
        (anchor, _) => Page::read(path).anchors().contains(anchor),
    }
}

/// Normalizes a path with `..`.
fn normalized(path: &Path) -> PathBuf {
    let mut normalized = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => assert!(
                normalized.pop(),
                "{}: outside of the project",
                path.display()
            ),
            part => normalized.push(part),
        }
    }
    normalized
}

#[test]
fn every_api_name_in_the_guide_exists() {
    let known = known_names();
    let mut pages = guide();
    pages.push(Page::read("README.md"));
    // The terminal of the recording breaks names at the end of a line.
    let is_drawn = |picture: &Page| picture.name() != "recording";
    pages.extend(pictures().into_iter().filter(is_drawn));
    let unknown: Vec<_> = pages
        .iter()
        .flat_map(|page| unknown_names(page, &known))
        .collect();
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

#[test]
fn unknown_api_names_are_found() {
    let known = known_names();
    for text in ["`s2n_connection_explode()`", "S2N_ERR_T_WEATHER", "s2n_h"] {
        assert_eq!(unknown_names(&page(text), &known).len(), 1, "{text}");
    }
    for text in ["`s2n_init()`", "S2N_ERR_CLOSED", "s2n_mode", "rs2n_x S2N"] {
        assert_eq!(unknown_names(&page(text), &known), [""; 0], "{text}");
    }
}

/// Exported functions, errors, and the other names in the headers.
fn known_names() -> BTreeSet<String> {
    let first = |name: &str| rows(name).into_iter().map(|row| row[0].clone());
    let mut known: BTreeSet<_> = first("functions.tsv").chain(first("errors.tsv")).collect();
    // For functions only the table counts.
    for header in headers() {
        let text = fs::read_to_string(header).expect("the header is readable");
        let kept = words(&text).filter(|word| !text.contains(&format!("{word}(")));
        known.extend(kept.map(str::to_owned));
    }
    known
}

fn headers() -> Vec<PathBuf> {
    let mut headers: Vec<_> = ["include/s2n", "include/s2n/unstable"]
        .into_iter()
        .flat_map(|folder| fs::read_dir(root().join(folder)).expect("the folder is readable"))
        .map(|entry| entry.expect("the folder is readable").path())
        .filter(|path| path.is_file())
        .collect();
    headers.push(root().join("include/s2n.h"));
    headers
}

fn unknown_names(page: &Page, known: &BTreeSet<String>) -> Vec<String> {
    // A name with an asterisk is valid if a name with that prefix exists.
    let text = page.text.replace("_*", "*");
    let is_known = |word: &&str| {
        known.contains(*word)
            || text.contains(&format!("{word}*"))
                && known.iter().any(|name| name.starts_with(*word))
    };
    let unknown: BTreeSet<_> = words(&text).filter(|word| !is_known(word)).collect();
    let path = page.path.display();
    unknown
        .into_iter()
        .map(|word| format!("{path}: {word}"))
        .collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = names(text);
    let is_longer = |word: &&str, start| word.len() > 4 && word.starts_with(start);
    words.filter(move |word| is_longer(word, "s2n_") || is_longer(word, "S2N_"))
}

/// The names of OpenSSL in the chapter for its programs are those of its headers.
#[test]
fn every_openssl_name_in_the_guide_exists() {
    let script = "printf '#include <openssl/%s.h>\\n' ssl err | gcc -M -x c -";
    let headers = run(Command::new("sh").args(["-c", script])).stdout;
    let headers = String::from_utf8(headers).expect("the paths are UTF-8");
    let paths = headers
        .split_whitespace()
        .filter(|path| path.ends_with(".h"));
    let known: String = paths
        .map(|path| fs::read_to_string(path).expect("the header is readable"))
        .collect();
    let known: BTreeSet<_> = names(&known).collect();

    let page = Page::read("docs/guide/src/from-openssl.md");
    let families = [
        "SSL_", "X509_", "BIO_", "ERR_", "OPENSSL_", "CRYPTO_", "i2d_",
    ];
    let is_openssl = |name: &&str| families.iter().any(|family| name.starts_with(family));
    let used: BTreeSet<_> = names(&page.text).filter(is_openssl).collect();
    assert!(used.len() > 120, "{used:?}");
    // Two are variables of the environment; a name that ends with an underscore stands for several.
    let is_known = |name: &&str| {
        ["SSL_CERT_FILE", "SSL_CERT_DIR"].contains(name)
            || known.contains(*name)
            || name.ends_with('_') && known.iter().any(|known| known.starts_with(*name))
    };
    let unknown: Vec<_> = used.iter().filter(|name| !is_known(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
}

/// The summary lists each page once.
#[test]
fn the_summary_lists_every_page() {
    let pages = guide();
    let (summary, others): (Vec<_>, Vec<_>) = pages
        .iter()
        .partition(|page| page.path.ends_with("SUMMARY.md"));
    let mut listed: Vec<_> = summary[0].links().into_iter().map(|(_, to)| to).collect();
    listed.sort();
    let name = |page: &&Page| format!("{}.md", page.name());
    assert_eq!(listed, others.iter().map(name).collect::<Vec<_>>());
}

#[test]
fn blocks_that_no_test_runs_are_rejected() {
    for text in [
        "```\nx\n```",
        "```rust\nx\n```",
        "```c ignore\nx\n```",
        "  ```c\nx\n  ```",
        "~~~c\nx\n~~~",
        "```c\nx\n",
    ] {
        assert!(page(text).blocks().is_err(), "{text}");
    }
    let blocks = page("```c\n/* x.c */\n```\n\n```text\ny\n```\n")
        .blocks()
        .expect("the blocks are valid");
    assert_eq!(blocks[0].file(), Some("x.c"));
    assert_eq!(
        (blocks[1].kind, blocks[1].line, blocks[1].text.as_str()),
        (Kind::Output, 6, "y\n")
    );
}
