//! The list of pages.

/// Pages about one subject.
pub struct Chapter {
    pub title: String,
    pub pages: Vec<Page>,
}

/// Functions that are described together.
pub struct Page {
    pub subject: String,
    /// Invariant: not empty.
    pub functions: Vec<String>,
}

impl Page {
    /// Its first function names it.
    pub fn name(&self) -> &str {
        &self.functions[0]
    }
}

/// Reads the list, whose form its first lines describe.
pub fn chapters(list: &str) -> Vec<Chapter> {
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
        let pages = &mut chapters.last_mut().expect("a chapter comes first").pages;
        if line.starts_with(' ') {
            let page = pages.last_mut().expect("a subject comes first");
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
