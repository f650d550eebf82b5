//! The text of definitions as statements, and the errors in it.

use std::fmt;

use crate::error::Escaped;

/// Why a definition, or a file of them, is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidDefinition {
    /// The line and the word in it; `None` if it is not about a word.
    place: Option<(usize, Vec<u8>)>,
    problem: String,
}

/// One sentence of printable ASCII characters, with the line and the word.
impl fmt::Display for InvalidDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, word)) = &self.place {
            if *line > 0 {
                write!(f, "line {line}, ")?;
            }
            write!(f, "\"{}\": ", Escaped(word))?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for InvalidDefinition {}

impl InvalidDefinition {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self {
            place: None,
            problem: problem.into(),
        }
    }
}

/// A word of the text. It has at least one byte, and no white space, comma, semicolon or `#`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// From 1; 0 for an argument of its own.
    pub line: usize,
    pub text: &'a [u8],
}

impl Word<'_> {
    /// Returns an error about this word.
    pub fn is_wrong(self, problem: impl Into<String>) -> InvalidDefinition {
        InvalidDefinition {
            place: Some((self.line, self.text.to_vec())),
            problem: problem.into(),
        }
    }

    pub fn is(self, name: &str) -> bool {
        self.text.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// A statement: a keyword, and the words after it, up to a semicolon or the end of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement<'a> {
    pub keyword: Word<'a>,
    pub words: Vec<Word<'a>>,
}

impl<'a> Statement<'a> {
    /// Returns the only word after the keyword.
    pub fn word(&self) -> Result<Word<'a>, InvalidDefinition> {
        match self.words[..] {
            [] => Err(self.keyword.is_wrong("a word is missing behind it")),
            [word] => Ok(word),
            [_, other, ..] => Err(other.is_wrong("it is one word too many")),
        }
    }

    /// Returns the only word after the keyword, one of two.
    pub fn either(&self, yes: &str, no: &str) -> Result<bool, InvalidDefinition> {
        let word = self.word()?;
        match (word.is(yes), word.is(no)) {
            (true, _) => Ok(true),
            (_, true) => Ok(false),
            _ => Err(word.is_wrong(format!("it must be {yes} or {no}"))),
        }
    }
}

/// Splits a text into statements. A `#` begins a comment, which ends with the line.
pub(super) fn statements(text: &[u8]) -> Vec<Statement<'_>> {
    let mut statements = Vec::new();
    for (line, content) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        let code = content.split(|&byte| byte == b'#').next();
        for part in code.unwrap_or_default().split(|&byte| byte == b';') {
            let words = part.split(|&byte| is_separator(byte));
            let words = words.filter(|word| !word.is_empty());
            let mut words = words.map(|text| Word { line, text });
            let Some(keyword) = words.next() else {
                continue;
            };
            let words: Vec<_> = words.collect();
            statements.push(Statement { keyword, words });
        }
    }
    statements
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b',')
}
