//! Writer of one manual page.

use std::collections::{BTreeMap, BTreeSet};

use roff::{Inline, Roff, bold, italic, roman};

use crate::example::Example;
use crate::header::{Comment, Function, Header};
use crate::page_list::{Chapter, Page};

/// The data that all pages share.
pub struct Edition {
    pub version: String,
    /// YYYY-MM-DD
    pub date: String,
    /// The message of each error, by name.
    pub errors: BTreeMap<String, String>,
    /// The examples of each page, by its name.
    pub examples: BTreeMap<String, Vec<Example>>,
}

impl Edition {
    /// Returns the title lines. Text is left-aligned, as function names are too long for justified
    /// lines.
    pub fn title(&self, name: &str) -> Roff {
        let release = format!("rs2n {}", self.version);
        let mut title = Roff::new();
        title
            .control("TH", [name, "3", &self.date, &release, "rs2n manual"])
            .control("ad", ["l"])
            .control("nh", []);
        title
    }
}

/// Converts prose: code between backticks is bold, and functions with a manual page get its section
/// number.
pub fn prose(text: &str, described: &[&str]) -> Vec<Inline> {
    let mut out = Vec::new();
    for (index, piece) in text.split('`').enumerate() {
        let function = piece.strip_suffix("()");
        match function.filter(|name| described.contains(name)) {
            _ if index % 2 == 0 => out.push(roman(piece)),
            Some(name) => out.extend([bold(name), roman("(3)")]),
            None => out.push(bold(piece)),
        }
    }
    out
}

/// Writes a page of a chapter. `described` lists the functions that have a manual page, for
/// references.
pub fn write(
    page: &Page,
    chapter: &Chapter,
    headers: &[Header],
    described: &[&str],
    edition: &Edition,
) -> Result<Roff, String> {
    let mut includes = BTreeSet::new();
    let mut functions = Vec::new();
    for name in &page.functions {
        let (header, function) =
            find(headers, name).ok_or_else(|| format!("no header declares {name}"))?;
        includes.insert(header.name.as_str());
        functions.push(function);
    }
    let examples = edition.examples.get(page.name());
    let examples = examples.map(Vec::as_slice).unwrap_or_default();
    let mut codes = examples.iter().map(|example| &example.code);
    if !codes.any(|code| page.functions.iter().any(|name| mentions(code, name))) {
        return Err(format!("{} has no example that calls it", page.name()));
    }
    let writer = Writer {
        functions,
        described,
        examples,
    };
    let sections = [
        edition.title(page.name()),
        writer.beginning(page, &includes),
        writer.section("DESCRIPTION", |comment| {
            writer.paragraphs(&comment.description)
        }),
        writer.section("PARAMETERS", |comment| writer.parameters(comment)),
        writer.types(headers),
        writer.section("RETURN VALUE", |comment| {
            writer.paragraphs(comment.returns.as_slice())
        }),
        writer.errors(edition),
        writer.section("NOTES", |comment| writer.paragraphs(&comment.notes)),
        section_of_examples(examples),
        writer.see_also(page, chapter),
    ];
    Ok(sections.into_iter().collect())
}

fn find<'a>(headers: &'a [Header], name: &str) -> Option<(&'a Header, &'a Function)> {
    headers.iter().find_map(|header| {
        let mut functions = header.functions.iter();
        Some((header, functions.find(|function| function.name == name)?))
    })
}

/// Whether the text contains `word` as a whole word.
fn mentions(text: &str, word: &str) -> bool {
    let mut words = text.split(|char: char| !(char.is_ascii_alphanumeric() || char == '_'));
    words.any(|other| other == word)
}

struct Writer<'a> {
    functions: Vec<&'a Function>,
    described: &'a [&'a str],
    examples: &'a [Example],
}

impl Writer<'_> {
    fn prose(&self, text: &str) -> Vec<Inline> {
        prose(text, self.described)
    }

    fn paragraphs(&self, texts: &[String]) -> Roff {
        let mut out = Roff::new();
        for (index, text) in texts.iter().enumerate() {
            if index > 0 {
                out.control("PP", []);
            }
            out.text(self.prose(text));
        }
        out
    }

    fn beginning(&self, page: &Page, includes: &BTreeSet<&str>) -> Roff {
        let mut out = Roff::new();
        let names = page.functions.join(", ");
        out.control("SH", ["NAME"])
            .text([roman(format!("{names} - {}", page.subject))])
            .control("SH", ["LIBRARY"])
            .text([roman(
                "The s2n-tls C API as a memory-safe library (libs2n, -ls2n)",
            )])
            .control("SH", ["SYNOPSIS"])
            .control("nf", []);
        for include in includes {
            out.text([bold(format!("#include <{include}>"))]);
        }
        for function in &self.functions {
            out.control("PP", []).text([roman(&function.prototype)]);
        }
        out.control("fi", []);
        out
    }

    /// Returns a section with the text of each function, below its name if the page has several.
    fn section(&self, title: &str, write: impl Fn(&Comment) -> Roff) -> Roff {
        let mut out = Roff::new();
        for function in &self.functions {
            let text = write(&function.comment);
            if text == Roff::new() {
                continue;
            }
            if self.functions.len() > 1 {
                out.control("SS", [&*format!("{}()", function.name)]);
            }
            out.extend([text]);
        }
        titled(title, out)
    }

    fn parameters(&self, comment: &Comment) -> Roff {
        let mut out = Roff::new();
        for (name, text) in &comment.parameters {
            out.control("TP", [])
                .text([italic(name)])
                .text(self.prose(text));
        }
        out
    }

    /// Returns the enumerations and callback types in the functions' prototypes.
    fn types(&self, headers: &[Header]) -> Roff {
        let mut out = Roff::new();
        for (name, definition) in headers.iter().flat_map(|header| &header.types) {
            let mut functions = self.functions.iter();
            if functions.any(|function| mentions(&function.prototype, name)) {
                if out != Roff::new() {
                    out.control("PP", []);
                }
                out.control("nf", [])
                    .text([roman(definition)])
                    .control("fi", []);
            }
        }
        titled("TYPES", out)
    }

    /// Returns the errors that the functions' comments name, with their messages.
    fn errors(&self, edition: &Edition) -> Roff {
        let returns = |name| {
            let mut functions = self.functions.iter();
            functions.any(|function| {
                let text = &function.comment.returns;
                text.as_ref().is_some_and(|text| mentions(text, name))
            })
        };
        let mut out = Roff::new();
        for (name, message) in edition.errors.iter().filter(|(name, _)| returns(name)) {
            if out == Roff::new() {
                let rule = "A failed call sets `s2n_errno` to one of these errors, among others.";
                out.text(self.prose(rule));
            }
            out.control("TP", [])
                .text([bold(name)])
                .text(self.prose(message));
        }
        titled("ERRORS", out)
    }

    /// Returns references to the overview, to the other pages of the chapter, and to the functions that
    /// the comments or the examples mention.
    fn see_also(&self, page: &Page, chapter: &Chapter) -> Roff {
        let mut texts = Vec::new();
        for comment in self.functions.iter().map(|function| &function.comment) {
            texts.extend(comment.description.iter().chain(&comment.notes));
            texts.extend(comment.parameters.iter().map(|(_, text)| text));
            texts.extend(&comment.returns);
        }
        texts.extend(self.examples.iter().map(|example| &example.code));
        let mut names: BTreeSet<&str> = self
            .described
            .iter()
            .copied()
            .filter(|name| !page.functions.iter().any(|own| own == name))
            .filter(|name| texts.iter().any(|text| mentions(text, name)))
            .collect();
        names.extend(chapter.pages.iter().map(Page::name));
        names.extend(["libs2n", "s2n_strerror"]);
        names.remove(page.name());
        references(names)
    }
}

/// Returns a section, unless it is empty.
fn titled(title: &str, text: Roff) -> Roff {
    let mut out = Roff::new();
    if text != Roff::new() {
        out.control("SH", [title]).extend([text]);
    }
    out
}

/// Returns a section with the examples of a page.
pub fn section_of_examples(examples: &[Example]) -> Roff {
    let mut out = Roff::new();
    for (index, example) in examples.iter().enumerate() {
        if index > 0 {
            out.control("PP", []);
        }
        out.text(prose(&format!("{}:", example.origin), &[]))
            .control("PP", [])
            .control("nf", [])
            .text([roman(&example.code)])
            .control("fi", []);
    }
    titled("EXAMPLES", out)
}

/// Returns the references at the end of a page.
pub fn references<'a>(names: impl IntoIterator<Item = &'a str>) -> Roff {
    let mut list = Vec::new();
    for name in names {
        let separator = roman(if list.is_empty() { "" } else { ",\n" });
        list.extend([separator, bold(name), roman("(3)")]);
    }
    let mut text = Roff::new();
    text.text(list);
    titled("SEE ALSO", text)
}

#[cfg(test)]
mod tests {
    use roff::Roff;

    use super::prose;

    #[test]
    fn code_is_bold() {
        let text = prose("call `s2n_send()`, or `x()`: -1", &["s2n_send"]);
        let roff = "call \\fBs2n_send\\fR(3), or \\fBx()\\fR: \\-1\n";
        assert_eq!(Roff::new().text(text).to_roff(), roff);
    }
}
