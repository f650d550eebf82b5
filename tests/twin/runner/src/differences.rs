//! The accepted differences, parsed from `differences.md` and `verification.md`.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use regex::Regex;

pub struct Difference {
    pub name: String,
    reference: Regex,
    rs2n: Regex,
    /// The scripts in which it may occur, by prefixes of their names; all scripts if empty.
    scripts: Vec<String>,
    /// The connections diverge after it, so that the rest of the script is not compared.
    pub ends_comparison: bool,
    pub occurrences: Cell<u64>,
    /// The prefixes of `scripts` for which it has not occurred yet.
    pub missing: RefCell<BTreeSet<String>>,
}

impl Difference {
    /// Whether it may occur in random scripts as well.
    pub fn applies_to_all_scripts(&self) -> bool {
        self.scripts.is_empty()
    }
}

pub struct Differences(Vec<Difference>);

impl Differences {
    /// Parses Markdown pages: a heading is the name of a difference, the indented lines under it
    /// are its fields, other text is the reason. A line with double indentation continues the
    /// previous one.
    pub fn parse(pages: &str) -> Result<Self, String> {
        let mut differences = Vec::new();
        for section in pages.split("\n## ").skip(1) {
            let (name, body) = section.split_once('\n').unwrap_or((section, ""));
            let body = body.replace("\n        ", " ");
            let field = |field: &str| {
                body.lines()
                    .find_map(|line| line.strip_prefix("    ")?.strip_prefix(field))
                    .map(str::trim)
                    .ok_or_else(|| format!("{name}: missing field {field}"))
            };
            let pattern = |text: &str| {
                Regex::new(&format!("^(?:{text})$")).map_err(|error| format!("{name}: {error}"))
            };
            let ends_comparison = match field("then:")? {
                "stop" => true,
                "continue" => false,
                other => return Err(format!("{name}: then: {other}")),
            };
            let is_reason = |line: &&str| !line.starts_with("    ") && !line.trim().is_empty();
            if body.lines().find(is_reason).is_none() {
                return Err(format!("{name}: missing reason"));
            }
            let scripts = field("in:").unwrap_or_default();
            let scripts: Vec<String> = scripts.split_whitespace().map(str::to_owned).collect();
            differences.push(Difference {
                name: name.trim().to_owned(),
                missing: RefCell::new(scripts.iter().cloned().collect()),
                scripts,
                reference: pattern(field("s2n-tls:")?)?,
                rs2n: pattern(field("rs2n:")?)?,
                ends_comparison,
                occurrences: Cell::new(0),
            });
        }
        Ok(Self(differences))
    }

    /// Returns the difference that matches these two lines of a script.
    pub fn find(&self, script: &str, reference: &str, rs2n: &str) -> Option<&Difference> {
        let found = self.0.iter().find(|known| {
            let scripts = &known.scripts;
            let expected =
                scripts.is_empty() || scripts.iter().any(|name| script.starts_with(name));
            expected && known.reference.is_match(reference) && known.rs2n.is_match(rs2n)
        })?;
        found.occurrences.set(found.occurrences.get() + 1);
        let has_occurred = |name: &String| script.starts_with(name.as_str());
        found
            .missing
            .borrow_mut()
            .retain(|name| !has_occurred(name));
        Some(found)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Difference> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Differences\n\n## size\n\n    s2n-tls: send . 5 => 5 .*\n    \
                        rs2n: send . 5 => -1 .*\n    then: continue\n\nBecause.\n";

    #[test]
    fn a_difference_matches_its_own_lines_only() {
        let differences = Differences::parse(PAGE).expect("a valid page");
        let find = |reference, rs2n| differences.find("random", reference, rs2n);
        let found = find("send c 5 => 5 NOT", "send c 5 => -1 X");
        assert_eq!(found.expect("listed").name, "size");
        assert!(find("send c 5 => 5 NOT", "send c 5 => 4 NOT").is_none());
        assert!(find("send c 50 => 5 NOT", "send c 5 => -1 X").is_none());
    }

    #[test]
    fn a_difference_may_be_limited_to_some_scripts() {
        let page = PAGE.replace(
            "    then: continue",
            "    in: SND-01 SND-02\n    then: continue",
        );
        let differences = Differences::parse(&page).expect("a valid page");
        let find = |script| differences.find(script, "send c 5 => 5 NOT", "send c 5 => -1 X");
        assert!(find("SND-02-more.txt").is_some());
        assert!(find("SND-03.txt").is_none());
        assert!(find("random").is_none());
    }

    #[test]
    fn scripts_in_which_a_difference_has_not_occurred_are_reported() {
        let page = PAGE.replace(
            "    then: continue",
            "    in: SND-01\n        SND-02\n    then: continue",
        );
        let differences = Differences::parse(&page).expect("a valid page");
        differences.find("SND-02", "send c 5 => 5 NOT", "send c 5 => -1 X");
        let missing = differences.0[0].missing.borrow();
        assert_eq!(missing.iter().collect::<Vec<_>>(), ["SND-01"]);
    }

    #[test]
    fn a_difference_requires_patterns_and_a_reason() {
        assert!(Differences::parse(&PAGE.replace("Because.", "")).is_err());
        assert!(Differences::parse(&PAGE.replace("    then: continue\n", "")).is_err());
        assert!(Differences::parse(&PAGE.replace("send . 5 => 5", "(")).is_err());
    }
}
