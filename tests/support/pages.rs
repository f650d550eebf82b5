//! Markdown pages of the project: fenced code blocks, links, and anchors.
#![allow(dead_code)] // Each test binary uses a part.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::root;

pub struct Page {
    /// Relative to the root folder.
    pub path: PathBuf,
    pub text: String,
}

/// A fenced code block.
pub struct Block {
    pub kind: Kind,
    /// The number of its first line in the page, from 1.
    pub line: usize,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    C,
    Cpp,
    Python,
    Shell,
    Cmake,
    /// The output of the block before it.
    Output,
}

impl Kind {
    /// The kind for the info string of a fence. A fence requires one, of a kind that is tested.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "c" => Self::C,
            "cpp" => Self::Cpp,
            "python" => Self::Python,
            "sh" => Self::Shell,
            "cmake" => Self::Cmake,
            "text" => Self::Output,
            _ => return None,
        })
    }
}

impl Block {
    /// The name of the file that the block contains, if its first line is a comment with the name.
    pub fn file(&self) -> Option<&str> {
        let first = self.text.lines().next()?.trim();
        let comment = match self.kind {
            Kind::C => first.strip_prefix("/*")?.strip_suffix("*/")?,
            Kind::Cpp => first.strip_prefix("//")?,
            Kind::Python | Kind::Cmake => first.strip_prefix('#')?,
            Kind::Shell | Kind::Output => return None,
        };
        let name = comment.trim();
        let is_name = name.contains('.') && !name.contains(' ') && !name.ends_with('.');
        is_name.then_some(name)
    }
}

impl Page {
    pub fn read(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_path_buf();
        let text = fs::read_to_string(root().join(&path))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { path, text }
    }

    /// `io` of `docs/guide/src/io.md`.
    pub fn name(&self) -> &str {
        let stem = self.path.file_stem().and_then(|stem| stem.to_str());
        stem.expect("the name of a page is UTF-8")
    }

    /// Parses the fenced blocks, in order.
    pub fn blocks(&self) -> Result<Vec<Block>, String> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (line, text) in (1..).zip(self.text.lines()) {
            let place = || format!("{}:{line}", self.path.display());
            let fence = text.trim_start().strip_prefix("```");
            match (open.as_mut(), fence) {
                (None, None) if text.trim_start().starts_with("~~~") => {
                    return Err(format!("{}: a fence of tildes", place()));
                }
                (None, None) => {}
                (None, Some(_)) if text.starts_with(' ') => {
                    return Err(format!("{}: an indented fence", place()));
                }
                (None, Some(name)) => {
                    let kind = Kind::named(name)
                        .ok_or_else(|| format!("{}: no test runs blocks of {name:?}", place()))?;
                    open = Some(Block {
                        kind,
                        line: line + 1,
                        text: String::new(),
                    });
                }
                (Some(_), Some("")) => blocks.extend(open.take()),
                (Some(block), _) => {
                    block.text += text;
                    block.text.push('\n');
                }
            }
        }
        match open {
            Some(block) => Err(format!(
                "{}:{}: no closing fence",
                self.path.display(),
                block.line
            )),
            None => Ok(blocks),
        }
    }

    /// The lines outside of fenced blocks, with their numbers.
    fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut fenced = false;
        (1..).zip(self.text.lines()).filter(move |(_, line)| {
            let fence = line.trim_start().starts_with("```");
            fenced ^= fence;
            !fenced && !fence
        })
    }

    /// The targets of the page's links, each with its line number. Code spans contain no links.
    pub fn links(&self) -> Vec<(usize, String)> {
        let mut links = Vec::new();
        for (number, line) in self.prose() {
            let plain: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
            let targets = plain.split("](").skip(1).map(|rest| {
                let end = rest
                    .find(')')
                    .expect("a link ends on the line where it begins");
                rest[..end].to_owned()
            });
            links.extend(targets.map(|target| (number, target)));
        }
        links
    }

    /// The anchors of the page's headings.
    pub fn anchors(&self) -> BTreeSet<String> {
        let headings = self.prose().filter_map(|(_, line)| {
            let title = line.trim_start_matches('#');
            (title.len() < line.len()).then(|| title.strip_prefix(' '))?
        });
        headings.map(anchor).collect()
    }
}

/// The anchor of a heading: lower case, with hyphens for spaces and without punctuation.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        _ if letter.is_alphanumeric() => Some(letter.to_ascii_lowercase()),
        _ => None,
    });
    kept.collect()
}

/// The pages of the guide, including its summary.
pub fn guide() -> Vec<Page> {
    let folder = Path::new("docs/guide/src");
    let mut names = names(&root().join(folder));
    names.retain(|name| name.ends_with(".md"));
    names.sort();
    let pages = names.into_iter().map(|name| Page::read(folder.join(name)));
    pages.collect()
}

/// The pictures of the pages, as SVG text.
pub fn pictures() -> Vec<Page> {
    let folder = Path::new("docs/guide/src/pictures");
    let mut names = names(&root().join(folder));
    names.sort();
    let pictures = names.into_iter().map(|name| Page::read(folder.join(name)));
    pictures.collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is readable");
    let names = entries.map(|entry| entry.expect("the folder is readable").file_name());
    names
        .map(|name| name.into_string().expect("names are UTF-8"))
        .collect()
}

/// All pages of the project.
pub fn all() -> Vec<Page> {
    let mut pages = Vec::new();
    collect(Path::new(""), &mut pages);
    pages
}

fn collect(folder: &Path, pages: &mut Vec<Page>) {
    for name in names(&root().join(folder)) {
        let path = folder.join(&name);
        // Build artifacts and vendored crates.
        let excluded = ["target", "build", "vendor"];
        let is_included = !name.starts_with('.') && !excluded.contains(&name.as_str());
        let full = root().join(&path);
        if is_included && full.is_dir() && !full.is_symlink() {
            collect(&path, pages);
        } else if name.ends_with(".md") {
            pages.push(Page::read(path));
        }
    }
}

/// The lines of an output, without trailing white space.
pub fn lines(text: &str) -> Vec<&str> {
    text.trim_end().lines().map(str::trim_end).collect()
}

/// Whether the printed lines match those that a page shows. An ellipsis (…) matches any part of a line.
pub fn matches(shown: &[&str], printed: &[&str]) -> bool {
    let pairs = || shown.iter().zip(printed);
    shown.len() == printed.len() && pairs().all(|(shown, printed)| line_matches(shown, printed))
}

fn line_matches(shown: &str, printed: &str) -> bool {
    let parts: Vec<_> = shown.split('…').collect();
    let [first, middle @ .., last] = &parts[..] else {
        return shown == printed;
    };
    let Some(mut rest) = printed.strip_prefix(first) else {
        return false;
    };
    for part in middle {
        let Some((_, behind)) = rest.split_once(part) else {
            return false;
        };
        rest = behind;
    }
    rest.ends_with(last)
}
