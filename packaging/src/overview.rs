//! The overview page, libs2n(3), with the list of all pages.

use roff::{Roff, bold, roman};

use crate::page::{Edition, prose, references, section_of_examples};
use crate::page_list::Chapter;

/// The text, which is the main page of the HTML reference as well: a description, then sections.
const TEXT: &str = include_str!("../overview.md");

/// Writes the overview page.
pub fn write(chapters: &[Chapter], described: &[&str], edition: &Edition) -> Roff {
    let (description, sections) = TEXT.split_once("\n## ").expect("the text has sections");
    let mut out = edition.title("libs2n");
    out.control("SH", ["NAME"])
        .text([roman("libs2n - the s2n-tls C API as a memory-safe library")])
        .control("SH", ["SYNOPSIS"])
        .control("nf", [])
        .text([bold("#include <s2n.h>")])
        .control("PP", [])
        .text([bold("cc program.c $(pkg-config --cflags --libs s2n)")])
        .control("fi", [])
        .control("SH", ["DESCRIPTION"]);
    for (index, paragraph) in description.split("\n\n").skip(1).enumerate() {
        if index > 0 {
            out.control("PP", []);
        }
        out.text(prose(paragraph.trim(), described));
    }
    for chapter in chapters {
        out.control("SS", [&*chapter.title]);
        for page in &chapter.pages {
            out.control("TP", [])
                .text([bold(page.name()), roman("(3)")])
                .text(prose(&page.subject, described));
        }
    }
    for section in sections.split("\n## ") {
        let (title, text) = section.split_once("\n\n").expect("a title and a text");
        out.control("SH", [&*title.to_uppercase()])
            .text(prose(text.trim(), described));
    }
    let examples = edition.examples.get("libs2n");
    let examples = examples.map(Vec::as_slice).unwrap_or_default();
    out.extend([section_of_examples(examples)]);
    out.extend([references(["s2n_init", "s2n_negotiate", "s2n_strerror"])]);
    out
}
