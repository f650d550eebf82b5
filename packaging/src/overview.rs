//! The overview page, libs2n(3), with the list of all pages.

use crate::page::Edition;
use crate::page_list::Chapter;
use crate::roff::{plain, prose};

/// The text, which is the main page of the HTML reference as well: a description, then sections.
const TEXT: &str = include_str!("../overview.md");

/// Writes the overview page.
pub fn write(chapters: &[Chapter], edition: &Edition) -> String {
    let pages = || chapters.iter().flat_map(|chapter| &chapter.pages);
    let described: Vec<&str> = pages()
        .flat_map(|page| page.functions.iter().map(String::as_str))
        .collect();
    let prose = |text: &str| prose(text, &described);

    let mut out = edition.title("libs2n");
    out += ".SH NAME\nlibs2n \\- the s2n\\-tls C API as a memory\\-safe library\n";
    out += ".SH SYNOPSIS\n.nf\n.B #include <s2n.h>\n.PP\n";
    out += ".B cc program.c $(pkg\\-config \\-\\-cflags \\-\\-libs s2n)\n.fi\n";
    out += ".SH DESCRIPTION\n";
    let (description, sections) = TEXT.split_once("\n## ").expect("the text has sections");
    let paragraphs: Vec<_> = description.split("\n\n").skip(1).map(prose).collect();
    out += &paragraphs.join(".PP\n");
    for chapter in chapters {
        out += &format!(".SS {}\n", plain(&chapter.title));
        for page in &chapter.pages {
            out += &format!(".TP\n.BR {} (3)\n{}", page.name(), prose(&page.subject));
        }
    }
    for section in sections.split("\n## ") {
        let (title, text) = section.split_once("\n\n").expect("a title and a text");
        out += &format!(".SH {}\n{}", title.to_uppercase(), prose(text.trim()));
    }
    out += ".SH SEE ALSO\n.BR s2n_init (3),\n.BR s2n_negotiate (3),\n.BR s2n_strerror (3)\n";
    out
}
