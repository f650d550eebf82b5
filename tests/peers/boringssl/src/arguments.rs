//! The options of the command line.

use std::collections::HashMap;

use crate::Result;

const FLAGS: [&str; 2] = ["--early-data", "--ech-grease"];

const OPTIONS: [&str; 15] = [
    "--ca",
    "--certificate",
    "--compression",
    "--connections",
    "--ech",
    "--ech-list",
    "--ech-retry-list",
    "--groups",
    "--key",
    "--key-log",
    "--name",
    "--public-certificate",
    "--public-key",
    "--public-name",
    "--tls",
];

pub struct Arguments(HashMap<String, String>);

impl Arguments {
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut values = HashMap::new();
        while let Some(word) = words.next() {
            let value = match word.as_str() {
                flag if FLAGS.contains(&flag) => String::new(),
                option if OPTIONS.contains(&option) => words
                    .next()
                    .ok_or_else(|| format!("{option} needs a value"))?,
                other => return Err(format!("unknown option {other}").into()),
            };
            values.insert(word, value);
        }
        Ok(Self(values))
    }

    pub fn optional(&self, option: &str) -> Option<&str> {
        assert!(OPTIONS.contains(&option) || FLAGS.contains(&option));
        self.0.get(option).map(String::as_str)
    }

    pub fn required(&self, option: &str) -> Result<&str> {
        Ok(self
            .optional(option)
            .ok_or_else(|| format!("{option} is missing"))?)
    }

    pub fn flag(&self, flag: &str) -> bool {
        self.optional(flag).is_some()
    }
}
