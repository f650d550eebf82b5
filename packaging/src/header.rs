//! Parser for the headers that cbindgen generates: declarations with their doc comments.

/// A header and its declarations.
pub struct Header {
    /// The name in an `#include`.
    pub name: String,
    pub functions: Vec<Function>,
    /// Enumerations and callback types: name and definition.
    pub types: Vec<(String, String)>,
}

pub struct Function {
    pub name: String,
    /// The declaration, with its line breaks.
    pub prototype: String,
    pub comment: Comment,
}

/// A doc comment, split by its tags, whose texts are sentences. Paragraphs keep their line breaks.
#[derive(Default)]
pub struct Comment {
    pub description: Vec<String>,
    pub parameters: Vec<(String, String)>,
    pub returns: Option<String>,
    /// The paragraphs after the tags, such as the rules for threads.
    pub notes: Vec<String>,
}

impl Header {
    pub fn parse(name: &str, text: &str) -> Self {
        let mut header = Self {
            name: name.to_owned(),
            functions: Vec::new(),
            types: Vec::new(),
        };
        let mut comment = Vec::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line == "/**" {
                comment = comment_lines(&mut lines);
            } else if let Some(start) = line.strip_prefix("S2N_API extern") {
                let prototype = declaration(start, &mut lines);
                if let Some(name) = function_name(&prototype) {
                    header.functions.push(Function {
                        name,
                        prototype,
                        comment: Comment::parse(&comment),
                    });
                }
            } else if line.starts_with("typedef ") {
                let definition = declaration(line, &mut lines);
                if let Some(name) = type_name(&definition) {
                    header.types.push((name, definition));
                }
            }
        }
        header
    }
}

/// Returns the lines up to the end of the comment, without the comment markers.
fn comment_lines<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let inside = lines.take_while(|line| line.trim() != "*/");
    let text = |line: &'a str| {
        let line = line.strip_prefix(" *").unwrap_or(line);
        line.strip_prefix(' ').unwrap_or(line)
    };
    inside.map(text).collect()
}

/// Reads a declaration up to its end, a semicolon outside of braces.
fn declaration<'a>(start: &str, lines: &mut impl Iterator<Item = &'a str>) -> String {
    let mut text = start.trim().to_owned();
    while !(text.ends_with(';') && text.matches('{').count() == text.matches('}').count()) {
        let Some(line) = lines.next() else { break };
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(line);
    }
    text
}

/// Returns the name before the first parenthesis; `None` for a variable.
fn function_name(prototype: &str) -> Option<String> {
    let (before, _) = prototype.split_once('(')?;
    let name = before.rsplit([' ', '*']).next()?;
    Some(name.to_owned())
}

/// Returns the name of a type: at the end for an enumeration, in parentheses for a callback.
fn type_name(definition: &str) -> Option<String> {
    if let Some((_, name)) = definition.rsplit_once('}') {
        return Some(name.trim().trim_end_matches(';').to_owned());
    }
    let (_, rest) = definition.split_once("(*")?;
    let (name, _) = rest.split_once(')')?;
    Some(name.to_owned())
}

impl Comment {
    fn parse(lines: &[&str]) -> Self {
        let mut comment = Self::default();
        let mut tagged = false;
        for block in blocks(lines) {
            if let Some(rest) = block.strip_prefix("@param ") {
                let (name, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                comment.parameters.push((name.to_owned(), sentence(text)));
            } else if let Some(text) = block.strip_prefix("@returns ") {
                comment.returns = Some(sentence(text));
            } else if tagged {
                comment.notes.push(block);
                continue;
            } else {
                comment.description.push(block);
                continue;
            }
            tagged = true;
        }
        comment
    }
}

/// Turns the text of a tag into a sentence, with a capital letter and a full stop.
pub fn sentence(text: &str) -> String {
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

/// Splits a comment into paragraphs, and tags with their text.
fn blocks(lines: &[&str]) -> Vec<String> {
    let mut blocks = vec![String::new()];
    for line in lines {
        let current = blocks.last_mut().expect("at least one block");
        if line.is_empty() || line.starts_with('@') {
            blocks.push((*line).to_owned());
        } else if current.is_empty() {
            current.push_str(line);
        } else {
            current.push('\n');
            current.push_str(line);
        }
    }
    blocks.retain(|block| !block.is_empty());
    blocks
}

#[cfg(test)]
mod tests {
    use super::Header;

    const HEADER: &str = "
typedef enum {
    S2N_A = 0,
} s2n_kind;
/** A word. */
typedef int (*s2n_cb)(void *ctx);

/**
 * Does
 * something.
 *
 * And more.
 *
 * @param ctx What it is
 * done with
 * @returns 0
 *
 * In any thread.
 */
S2N_API extern
int *s2n_do(void *ctx,
            s2n_cb callback);
S2N_API extern __thread int s2n_errno;
";

    #[test]
    fn a_comment_is_attached_to_the_declaration_below_it() {
        let header = Header::parse("s2n.h", HEADER);
        let names: Vec<_> = header.types.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["s2n_kind", "s2n_cb"]);
        let [function] = &header.functions[..] else {
            panic!("one function");
        };
        assert_eq!(function.name, "s2n_do");
        let prototype = "int *s2n_do(void *ctx,\n            s2n_cb callback);";
        assert_eq!(function.prototype, prototype);
        let comment = &function.comment;
        assert_eq!(comment.description, ["Does\nsomething.", "And more."]);
        assert_eq!(
            comment.parameters,
            [("ctx".to_owned(), "What it is\ndone with.".to_owned())]
        );
        assert_eq!(comment.returns.as_deref(), Some("0."));
        assert_eq!(comment.notes, ["In any thread."]);
    }
}
