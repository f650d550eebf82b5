//! Generator of the manual pages of section 3, from the doc comments in the headers.
//!
//! usage: rs2n-manual HEADERS OUTPUT VERSION SECONDS
//!
//! HEADERS is the folder of s2n.h, OUTPUT the folder that the pages are written to. SECONDS since
//! 1970 is the date of the pages.

mod header;
mod overview;
mod page;
mod page_list;
mod roff;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use header::Header;
use page::Edition;
use page_list::Chapter;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [headers, output, version, seconds] = &env::args().skip(1).collect::<Vec<_>>()[..] else {
        return Err("usage: rs2n-manual HEADERS OUTPUT VERSION SECONDS".into());
    };
    let headers = read_headers(Path::new(headers))?;
    let chapters = page_list::parse(include_str!("../pages.txt"));
    let edition = Edition {
        version: version.clone(),
        date: date(seconds.parse()?),
        errors: errors(include_str!("../../tests/abi/errors.tsv")),
    };
    let output = PathBuf::from(output);
    fs::create_dir_all(&output)?;
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
    manual.insert("libs2n".to_owned(), overview::write(chapters, edition));
    for page in chapters.iter().flat_map(|chapter| &chapter.pages) {
        let text = page::write(page, headers, &described, edition)?;
        for alias in &page.functions[1..] {
            let reference = format!(".so man3/{}.3\n", page.name());
            if manual.insert(alias.clone(), reference).is_some() {
                return Err(format!("{alias} has two pages"));
            }
        }
        manual.insert(page.name().to_owned(), text);
    }
    Ok(manual)
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
    rows.filter_map(|mut row| Some((row.next()?.to_owned(), row.nth(2)?.to_owned())))
        .collect()
}

/// Formats a time in seconds since 1970 as YYYY-MM-DD.
fn date(seconds: u64) -> String {
    let mut day = seconds / 86_400;
    let mut year = 1970;
    let leap =
        |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    while day >= 365 + u64::from(leap(year)) {
        day -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for len in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < len {
            break;
        }
        day -= len;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", day + 1)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_follow_the_gregorian_calendar() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_709_251_199, "2024-02-29"),
            (1_709_251_200, "2024-03-01"),
            (1_798_761_599, "2026-12-31"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(date(seconds), day);
        }
    }
}
