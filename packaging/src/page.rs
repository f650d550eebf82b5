//! Writer of one manual page.

use std::collections::{BTreeMap, BTreeSet};

use crate::header::{Function, Header};
use crate::page_list::Page;
use crate::roff::{code, plain, prose};

/// The data that all pages share.
pub struct Edition {
    pub version: String,
    /// YYYY-MM-DD
    pub date: String,
    /// The message of each error, by name.
    pub errors: BTreeMap<String, String>,
}

impl Edition {
    /// Returns the title lines. Text is left-aligned, as function names are too long for justified
    /// lines.
    pub fn title(&self, name: &str) -> String {
        let (date, version) = (&self.date, &self.version);
        format!(".TH {name} 3 {date} \"rs2n {version}\" \"rs2n manual\"\n.ad l\n.nh\n")
    }
}

/// Writes a page. `described` lists the functions that have a manual page, for references.
pub fn write(
    page: &Page,
    headers: &[Header],
    described: &[&str],
    edition: &Edition,
) -> Result<String, String> {
    let mut includes = BTreeSet::new();
    let mut functions = Vec::new();
    for name in &page.functions {
        let (header, function) =
            find(headers, name).ok_or_else(|| format!("no header declares {name}"))?;
        includes.insert(header.name.as_str());
        functions.push(function);
    }
    let writer = Writer {
        functions,
        described,
    };
    let mut out = edition.title(page.name());
    out += ".SH NAME\n";
    out += &format!(
        "{} \\- {}\n",
        page.functions.join(", "),
        plain(&page.subject)
    );
    out += ".SH LIBRARY\nThe s2n\\-tls C API as a memory\\-safe library (libs2n, \\-ls2n)\n";
    out += &writer.synopsis(&includes);
    out += &writer.section("DESCRIPTION", Writer::description);
    out += &writer.section("PARAMETERS", Writer::parameters);
    out += &writer.types(headers);
    out += &writer.section("RETURN VALUE", |writer, function| {
        let returns = function.comment.returns.as_deref();
        returns.map_or_else(String::new, |text| writer.prose(&sentence(text)))
    });
    out += &writer.errors(edition);
    out += &writer.section("NOTES", |writer, function| {
        writer.paragraphs(&function.comment.notes)
    });
    out += &writer.see_also(page);
    Ok(out)
}

fn find<'a>(headers: &'a [Header], name: &str) -> Option<(&'a Header, &'a Function)> {
    let functions = headers.iter().flat_map(|header| {
        header
            .functions
            .iter()
            .map(move |function| (header, function))
    });
    functions
        .into_iter()
        .find(|(_, function)| function.name == name)
}

/// Turns the text of a tag into a sentence, with a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get(..1) {
        let first = first.to_uppercase();
        text.replace_range(..1, &first);
    }
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

/// Whether the text contains `word` as a whole word.
fn mentions(text: &str, word: &str) -> bool {
    let mut words = text.split(|char: char| !(char.is_ascii_alphanumeric() || char == '_'));
    words.any(|other| other == word)
}

struct Writer<'a> {
    functions: Vec<&'a Function>,
    described: &'a [&'a str],
}

impl Writer<'_> {
    fn prose(&self, text: &str) -> String {
        prose(text, self.described)
    }

    fn paragraphs(&self, texts: &[String]) -> String {
        let texts: Vec<_> = texts.iter().map(|text| self.prose(text)).collect();
        texts.join(".PP\n")
    }

    fn synopsis(&self, includes: &BTreeSet<&str>) -> String {
        let mut out = ".SH SYNOPSIS\n.nf\n".to_owned();
        for include in includes {
            out += &format!(".B #include <{include}>\n");
        }
        for function in &self.functions {
            out += &format!(".PP\n{}", code(&function.prototype));
        }
        out + ".fi\n"
    }

    /// Returns a section with the text of each function, below its name if the page has several.
    fn section(&self, title: &str, write: impl Fn(&Self, &Function) -> String) -> String {
        let mut out = String::new();
        for function in &self.functions {
            let text = write(self, function);
            if text.is_empty() {
                continue;
            }
            if self.functions.len() > 1 {
                out += &format!(".SS {}()\n", function.name);
            }
            out += &text;
        }
        if out.is_empty() {
            return out;
        }
        format!(".SH {title}\n{out}")
    }

    fn description(&self, function: &Function) -> String {
        self.paragraphs(&function.comment.description)
    }

    fn parameters(&self, function: &Function) -> String {
        let parameter = |(name, text): &(String, String)| {
            format!(".TP\n.I {}\n{}", plain(name), self.prose(&sentence(text)))
        };
        function.comment.parameters.iter().map(parameter).collect()
    }

    /// Returns the enumerations and callback types in the functions' prototypes.
    fn types(&self, headers: &[Header]) -> String {
        let mut out = String::new();
        for (name, definition) in headers.iter().flat_map(|header| &header.types) {
            if self
                .functions
                .iter()
                .any(|function| mentions(&function.prototype, name))
            {
                let separator = if out.is_empty() { "" } else { ".PP\n" };
                out += &format!("{separator}.nf\n{}.fi\n", code(definition));
            }
        }
        if out.is_empty() {
            return out;
        }
        format!(".SH TYPES\n{out}")
    }

    /// Returns the errors that the functions' comments name, with their messages.
    fn errors(&self, edition: &Edition) -> String {
        let returns = self
            .functions
            .iter()
            .filter_map(|function| function.comment.returns.as_ref());
        let text: Vec<_> = returns.map(String::as_str).collect();
        let text = text.join("\n");
        let mut out = String::new();
        for (name, message) in &edition.errors {
            if mentions(&text, name) {
                out += &format!(".TP\n.B {name}\n{}", self.prose(&sentence(message)));
            }
        }
        if out.is_empty() {
            return out;
        }
        format!(
            ".SH ERRORS\nA failed call sets \\fBs2n_errno\\fR to one of these errors, among others.\n{out}"
        )
    }

    /// Returns references to the overview, and to the functions that the comments mention.
    fn see_also(&self, page: &Page) -> String {
        let mut texts = Vec::new();
        for comment in self.functions.iter().map(|function| &function.comment) {
            texts.extend(comment.description.iter().chain(&comment.notes));
            texts.extend(comment.parameters.iter().map(|(_, text)| text));
            texts.extend(&comment.returns);
        }
        let mut names: BTreeSet<&str> = self
            .described
            .iter()
            .copied()
            .filter(|name| !page.functions.iter().any(|own| own == name))
            .filter(|name| texts.iter().any(|text| mentions(text, name)))
            .collect();
        names.extend(["libs2n", "s2n_strerror"]);
        names.remove(page.name());
        let names: Vec<_> = names.iter().map(|name| format!(".BR {name} (3)")).collect();
        format!(".SH SEE ALSO\n{}\n", names.join(",\n"))
    }
}
