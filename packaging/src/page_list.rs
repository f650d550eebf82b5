//! Parser for the list of manual pages, pages.txt.

/// A chapter of the overview.
pub struct Chapter {
    pub title: String,
    pub pages: Vec<Page>,
}

/// A page, and the functions that it describes.
pub struct Page {
    pub subject: String,
    /// Invariant: not empty.
    pub functions: Vec<String>,
}

impl Page {
    /// Returns the page's name, that of its first function.
    pub fn name(&self) -> &str {
        &self.functions[0]
    }
}

/// Parses the list. Its first lines describe the format.
pub fn parse(list: &str) -> Vec<Chapter> {
    let mut chapters: Vec<Chapter> = Vec::new();
    let lines = list
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    for line in lines {
        if let Some(title) = line.strip_suffix(':') {
            chapters.push(Chapter {
                title: title.to_owned(),
                pages: Vec::new(),
            });
            continue;
        }
        let pages = &mut chapters.last_mut().expect("pages follow a chapter").pages;
        if line.starts_with(' ') {
            let page = pages.last_mut().expect("functions follow a subject");
            page.functions
                .extend(line.split_whitespace().map(str::to_owned));
        } else {
            pages.push(Page {
                subject: line.to_owned(),
                functions: Vec::new(),
            });
        }
    }
    chapters
}
