//! Generator of the manual pages of section 3, from the doc comments in the headers and examples of
//! the guide.
//!
//! usage: rs2n-manual HEADERS OUTPUT VERSION DATE
//!
//! HEADERS is the folder of s2n.h, `include` of the project, with the sources of the examples beside
//! it. OUTPUT is the folder that the pages are written to; the file `examples` beside it is for the
//! HTML reference. DATE is that of the pages, YYYY-MM-DD.

mod example;
mod header;
mod overview;
mod page;
mod page_list;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use header::{Header, sentence};
use page::Edition;
use page_list::{Chapter, Page};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [headers, output, version, date] = &env::args().skip(1).collect::<Vec<_>>()[..] else {
        return Err("usage: rs2n-manual HEADERS OUTPUT VERSION DATE".into());
    };
    let root = Path::new(headers).join("..");
    let headers = read_headers(Path::new(headers))?;
    let chapters = page_list::parse(include_str!("../pages.txt"));
    let edition = Edition {
        version: version.clone(),
        date: date.clone(),
        errors: errors(include_str!("../../tests/abi/errors.tsv")),
        examples: example::read(include_str!("../examples.txt"), &root)?,
    };
    let output = PathBuf::from(output);
    fs::create_dir_all(&output)?;
    let lists = example::by_function(&edition.examples);
    fs::write(output.join("../examples"), lists)?;
    for (name, text) in manual(&headers, &chapters, &edition)? {
        fs::write(output.join(format!("{name}.3")), text)?;
    }
    Ok(())
}

/// Returns the text of every page by name, including pages that only refer to another one.
fn manual(
    headers: &[Header],
    chapters: &[Chapter],
    edition: &Edition,
) -> Result<BTreeMap<String, String>, String> {
    let described: Vec<_> = chapters
        .iter()
        .flat_map(|chapter| &chapter.pages)
        .flat_map(|page| page.functions.iter().map(String::as_str))
        .collect();
    let mut manual = BTreeMap::new();
    let names = || manual_pages(chapters).map(Page::name).chain(["libs2n"]);
    let is_page = |name: &&String| names().any(|page| page == *name);
    if let Some(name) = edition.examples.keys().find(|name| !is_page(name)) {
        return Err(format!("an example of {name}, which is no page"));
    }
    let overview = overview::write(chapters, &described, edition);
    manual.insert("libs2n".to_owned(), overview.render());
    for chapter in chapters {
        for page in &chapter.pages {
            let text = page::write(page, chapter, headers, &described, edition)?;
            for alias in &page.functions[1..] {
                let reference = format!(".so man3/{}.3\n", page.name());
                if manual.insert(alias.clone(), reference).is_some() {
                    return Err(format!("{alias} has two pages"));
                }
            }
            // The crate roff writes a backslash as two, which mandoc does not know.
            let text = text.render().replace(r"\\", r"\e");
            manual.insert(page.name().to_owned(), text);
        }
    }
    Ok(manual)
}

fn manual_pages(chapters: &[Chapter]) -> impl Iterator<Item = &Page> {
    chapters.iter().flat_map(|chapter| &chapter.pages)
}

/// Reads s2n.h, the header of the extensions, and those of the unstable API.
fn read_headers(dir: &Path) -> io::Result<Vec<Header>> {
    let mut names = vec!["s2n.h".to_owned()];
    for entry in fs::read_dir(dir.join("s2n/unstable"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.push(format!("s2n/unstable/{name}"));
    }
    names.push("rs2n/rs2n.h".to_owned());
    names[1..].sort();
    let read = |name: String| Ok(Header::parse(&name, &fs::read_to_string(dir.join(&name))?));
    names.into_iter().map(read).collect()
}

/// Parses the table of errors: name and message.
fn errors(table: &str) -> BTreeMap<String, String> {
    let rows = table.lines().skip(1).map(|row| row.split('\t'));
    rows.filter_map(|mut row| Some((row.next()?.to_owned(), sentence(row.nth(2)?))))
        .collect()
}
