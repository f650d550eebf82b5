//! Examples of the manual pages: pieces of the guide's code and of the example programs, which are
//! tested there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The code of one source.
pub struct Example {
    /// Where the code is from, as the beginning of a sentence.
    pub origin: String,
    pub code: String,
}

/// Reads the examples of each page, by its name. `list` is examples.txt, `root` the folder of the
/// project.
pub fn read(list: &str, root: &Path) -> Result<BTreeMap<String, Vec<Example>>, String> {
    let mut examples: BTreeMap<String, Vec<Example>> = BTreeMap::new();
    let lines = list
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    for line in lines {
        let words: Vec<_> = line.split_whitespace().collect();
        let [page, source, names @ ..] = &words[..] else {
            return Err(format!("no page and source: {line}"));
        };
        let (origin, text) = source_text(root, source)?;
        let items = items(&text);
        let mut code = Vec::new();
        for name in names {
            let mut defining = items.iter().filter(|item| defines(item, name));
            let (Some(item), None) = (defining.next(), defining.next()) else {
                return Err(format!("{source} does not define {name} once"));
            };
            code.push(item.as_str());
        }
        let code = code.join("\n\n");
        let of_page = examples.entry((*page).to_owned()).or_default();
        of_page.push(Example { origin, code });
    }
    Ok(examples)
}

/// Lists the lines of the shortest example for each function that is called in one: the function, a
/// tab, the line.
pub fn by_function(examples: &BTreeMap<String, Vec<Example>>) -> String {
    let mut shortest: BTreeMap<&str, &str> = BTreeMap::new();
    for code in examples
        .values()
        .flatten()
        .map(|example| example.code.as_str())
    {
        let is_word = |char: char| char.is_ascii_alphanumeric() || char == '_';
        let words = code.split(|char| !is_word(char));
        let functions = words.filter(|word| word.starts_with("s2n_") || word.starts_with("rs2n_"));
        for name in functions {
            let known = shortest.entry(name).or_insert(code);
            if code.len() < known.len() {
                *known = code;
            }
        }
    }
    let lines = shortest
        .iter()
        .flat_map(|(name, code)| code.lines().map(move |line| format!("{name}\t{line}\n")));
    lines.collect()
}

/// Returns where a source is from, and its C code.
fn source_text(root: &Path, source: &str) -> Result<(String, String), String> {
    let read = |path: &str| {
        fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"))
    };
    let chapter = format!("docs/guide/src/{source}.md");
    if !root.join(&chapter).exists() {
        let program = format!("examples-c/{source}.c");
        return Ok((format!("From `{program}`"), read(&program)?));
    }
    let page = read(&chapter)?;
    let title = page.lines().next().and_then(|line| line.strip_prefix("# "));
    let title = title.ok_or_else(|| format!("{chapter}: no title"))?;
    Ok((
        format!("From the chapter \"{title}\" of the guide, `{source}.md`"),
        c_blocks(&page),
    ))
}

/// Returns the fenced blocks of C in a page.
fn c_blocks(page: &str) -> String {
    let mut blocks = String::new();
    let mut inside = false;
    for line in page.lines() {
        match (inside, line) {
            (false, "```c") => inside = true,
            (true, "```") => {
                inside = false;
                blocks.push('\n');
            }
            (true, _) => {
                blocks.push_str(line);
                blocks.push('\n');
            }
            (false, _) => {}
        }
    }
    blocks
}

/// Splits C code into definitions and declarations, with the comments above them: they are separated
/// by empty lines outside of braces.
fn items(code: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut depth = 0;
    for line in code.lines() {
        let item = items.last_mut().expect("there is an item");
        if line.is_empty() && depth == 0 {
            items.push(String::new());
            continue;
        }
        if !item.is_empty() {
            item.push('\n');
        }
        item.push_str(line);
        depth += line.matches('{').count();
        depth -= line.matches('}').count();
    }
    items
}

/// Whether an item defines or declares this function, structure or enumeration.
fn defines(item: &str, name: &str) -> bool {
    let lines = item.lines();
    let mut outside =
        lines.filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
    outside.any(|line| match line.split_once('(') {
        Some((before, _)) => before.rsplit([' ', '*']).next() == Some(name),
        None => ["struct", "enum"]
            .map(|kind| format!("{kind} {name} {{"))
            .contains(&line.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::{c_blocks, defines, items};

    const PAGE: &str = "
# Title

```c
#include <s2n.h>

struct pair {
    int a;

    int b;
};

/* Uses
 * it. */
static char *use(struct pair *pair)
{
    if (pair->a) {
        return NULL;
    }

    return other(pair);
}
```

```sh
struct other {
```
";

    #[test]
    fn items_are_found_by_the_name_that_they_define() {
        let items = items(&c_blocks(PAGE));
        let find = |name| {
            let mut found = items.iter().filter(|item| defines(item, name));
            (found.next().cloned(), found.next().is_some())
        };
        let pair = "struct pair {\n    int a;\n\n    int b;\n};";
        assert_eq!(find("pair"), (Some(pair.to_owned()), false));
        let (function, again) = find("use");
        let function = function.expect("the function is found");
        assert!(function.starts_with("/* Uses\n * it. */\nstatic char *use("));
        assert!(function.ends_with("    return other(pair);\n}") && !again);
        assert_eq!(find("other"), (None, false));
    }
}
