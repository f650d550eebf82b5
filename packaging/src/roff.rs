//! Text as troff reads it.

/// Prose: code between backticks is bold, and functions that have a page name its section.
pub fn prose(text: &str, described: &[&str]) -> String {
    let mut out = String::new();
    for (at, piece) in text.split('`').enumerate() {
        if at % 2 == 0 {
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

/// A declaration, as it is written.
pub fn code(text: &str) -> String {
    lines(&plain(text))
}

/// Characters that stand for others in troff, as themselves.
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

/// Lines that begin with neither a request nor a blank's remains.
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
    fn nothing_is_taken_for_a_request() {
        assert_eq!(code(".so x\n'a\\n"), "\\&.so x\n\\&'a\\en\n");
    }

    #[test]
    fn names_are_bold() {
        let text = "call `s2n_send()`, or `x()`: -1";
        let roff = "call \\fBs2n_send\\fR(3), or \\fBx()\\fR: \\-1\n";
        assert_eq!(prose(text, &["s2n_send"]), roff);
    }
}
