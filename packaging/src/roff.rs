//! Conversion of text to roff.

/// Converts prose: code between backticks is bold, and functions with a manual page get its section
/// number.
pub fn prose(text: &str, described: &[&str]) -> String {
    let mut out = String::new();
    for (index, piece) in text.split('`').enumerate() {
        if index % 2 == 0 {
            out += &plain(piece);
        } else if let Some(name) = piece
            .strip_suffix("()")
            .filter(|name| described.contains(name))
        {
            out += &format!("\\fB{}\\fR(3)", plain(name));
        } else {
            out += &format!("\\fB{}\\fR", plain(piece));
        }
    }
    lines(&out)
}

/// Converts a declaration, which keeps its line breaks.
pub fn code(text: &str) -> String {
    lines(&plain(text))
}

/// Escapes the characters that roff would replace.
pub fn plain(text: &str) -> String {
    let mut out = String::new();
    for char in text.chars() {
        match char {
            '\\' => out += "\\e",
            '-' => out += "\\-",
            '^' => out += "\\(ha",
            '~' => out += "\\(ti",
            _ => out.push(char),
        }
    }
    out
}

/// Escapes lines that roff would take for requests.
fn lines(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        if line.starts_with(['.', '\'']) {
            out += "\\&";
        }
        out += line;
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{code, prose};

    #[test]
    fn requests_are_escaped() {
        assert_eq!(code(".so x\n'a\\n"), "\\&.so x\n\\&'a\\en\n");
    }

    #[test]
    fn code_is_bold() {
        let text = "call `s2n_send()`, or `x()`: -1";
        let roff = "call \\fBs2n_send\\fR(3), or \\fBx()\\fR: \\-1\n";
        assert_eq!(prose(text, &["s2n_send"]), roff);
    }
}
