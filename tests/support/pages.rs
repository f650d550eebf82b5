//! The project's pages: their fenced blocks, their links, and the places that links lead to.
#![allow(dead_code)] // Each test binary uses a part.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::root;

pub struct Page {
    /// From the project's folder.
    pub path: PathBuf,
    pub text: String,
}

/// What stands between two fences.
pub struct Block {
    pub kind: Kind,
    /// Its first line in the page, counted from 1.
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
    /// What the block before it prints.
    Output,
}

impl Kind {
    /// The kind that a fence names. There is none without a name, and none that is not tested.
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
    /// The name of the file that the block is: its first line is a comment that says so.
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
        stem.expect("a page's name is text")
    }

    /// The fenced blocks, in order.
    pub fn blocks(&self) -> Result<Vec<Block>, String> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (line, text) in (1..).zip(self.text.lines()) {
            let place = || format!("{}:{line}", self.path.display());
            let fence = text.trim_start().strip_prefix("```");
            match (open.as_mut(), fence) {
                (None, None) if text.trim_start().starts_with("~~~") => {
                    return Err(format!("{}: a fence of another kind", place()));
                }
                (None, None) => {}
                (None, Some(_)) if text.starts_with(' ') => {
                    return Err(format!("{}: an indented fence", place()));
                }
                (None, Some(name)) => {
                    let kind = Kind::named(name)
                        .ok_or_else(|| format!("{}: nobody tests {name:?}", place()))?;
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
            Some(block) => Err(format!("{}:{}: no end", self.path.display(), block.line)),
            None => Ok(blocks),
        }
    }

    /// The lines that are not in fenced blocks, with their numbers.
    fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut fenced = false;
        (1..).zip(self.text.lines()).filter(move |(_, line)| {
            let fence = line.trim_start().starts_with("```");
            fenced ^= fence;
            !fenced && !fence
        })
    }

    /// The targets of the page's links, each with its line. Code in backquotes has none.
    pub fn links(&self) -> Vec<(usize, String)> {
        let mut links = Vec::new();
        for (number, line) in self.prose() {
            let plain: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
            let targets = plain.split("](").skip(1).map(|rest| {
                let end = rest.find(')').expect("a link ends in its line");
                rest[..end].to_owned()
            });
            links.extend(targets.map(|target| (number, target)));
        }
        links
    }

    /// The places of the page that a link may lead to: its headings.
    pub fn anchors(&self) -> BTreeSet<String> {
        let headings = self.prose().filter_map(|(_, line)| {
            let title = line.trim_start_matches('#');
            (title.len() < line.len()).then(|| title.strip_prefix(' '))?
        });
        headings.map(anchor).collect()
    }
}

/// What a heading is called in links: small letters, hyphens for spaces, nothing else.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        _ if letter.is_alphanumeric() => Some(letter.to_ascii_lowercase()),
        _ => None,
    });
    kept.collect()
}

/// The pages of the guide, with its summary.
pub fn guide() -> Vec<Page> {
    let folder = Path::new("docs/guide/src");
    let mut names = names(&root().join(folder));
    names.sort();
    let pages = names.into_iter().map(|name| Page::read(folder.join(name)));
    pages.collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    names
        .map(|name| name.into_string().expect("text"))
        .collect()
}

/// All pages that are part of the project.
pub fn all() -> Vec<Page> {
    let mut pages = Vec::new();
    collect(Path::new(""), &mut pages);
    pages
}

fn collect(folder: &Path, pages: &mut Vec<Page>) {
    for name in names(&root().join(folder)) {
        let path = folder.join(&name);
        // Not ours: what builds leave behind, and other people's crates.
        let others = ["target", "build", "vendor"];
        let is_ours = !name.starts_with('.') && !others.contains(&name.as_str());
        let full = root().join(&path);
        if is_ours && full.is_dir() && !full.is_symlink() {
            collect(&path, pages);
        } else if name.ends_with(".md") {
            pages.push(Page::read(path));
        }
    }
}

/// The lines of an output, without what cannot be seen at their ends.
pub fn lines(text: &str) -> Vec<&str> {
    text.trim_end().lines().map(str::trim_end).collect()
}

/// Whether this is what was printed. An ellipsis (…) stands for any part of a line.
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
