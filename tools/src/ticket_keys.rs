//! Ticket keys of the server: the file of `--ticket-key-file`, which SIGHUP re-reads.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, thread};

use nix::sys::signal::{SigSet, Signal};
use rs2n_core::config::Config;
use zeroize::Zeroizing;

use crate::error::{Result, ToolError, print_line};
use crate::secret;

/// A key of the file.
#[derive(Clone, PartialEq, Eq)]
struct TicketKey {
    name: String,
    secret: Zeroizing<Vec<u8>>,
    /// When it is used first, in seconds since 1970; `None` for when it is read.
    intro: Option<u64>,
}

/// The maximum length of a name in bytes.
const MAX_NAME: usize = 16;

/// A file of ticket keys, and the config to which its keys are added.
pub struct TicketKeyFile {
    path: PathBuf,
    config: Arc<Config>,
    /// The keys that were added, expired ones included: a second time they would begin anew.
    added: Vec<TicketKey>,
    hangup: SigSet,
}

impl TicketKeyFile {
    /// Enables tickets, and adds the keys of the file. Blocks SIGHUP, in this thread and those that
    /// it starts, for [`Self::reload_on_hangup`].
    pub fn load(path: &Path, config: &Arc<Config>) -> Result<Self> {
        let hangup = SigSet::from(Signal::SIGHUP);
        let blocked = hangup.thread_block();
        blocked.map_err(|error| ToolError::new(format!("cannot block SIGHUP: {error}")))?;
        config.set_tickets(true);
        let mut file = Self {
            path: path.to_owned(),
            config: config.clone(),
            added: Vec::new(),
            hangup,
        };
        file.add_new_keys()?;
        Ok(file)
    }

    /// Adds the keys that are new in the file, each time that SIGHUP is received.
    pub fn reload_on_hangup(mut self, program: &'static str) -> Result<()> {
        let spawned = thread::Builder::new().spawn(move || {
            while self.hangup.wait().is_ok() {
                let path = self.path.display().to_string();
                match self.add_new_keys() {
                    Ok(count) => print_line(program, &format!("{path}: {count} new ticket keys")),
                    Err(error) => {
                        let warning = "WARNING: the ticket keys in use are unchanged";
                        print_line(program, &format!("{warning}: {}", error.message));
                    }
                }
            }
        });
        let spawned = spawned.map(drop);
        spawned.map_err(|error| ToolError::new(format!("cannot start a thread: {error}")))
    }

    /// Reads the file, adds its new keys, and returns their number. A file with an error adds none.
    fn add_new_keys(&mut self) -> Result<usize> {
        let path = self.path.display();
        let text = fs::read_to_string(&self.path).map(Zeroizing::new);
        let text = text.map_err(|error| ToolError::file("read", &self.path, &error))?;
        let keys = parse(&text).map_err(|error| ToolError::new(format!("{path}{error}")))?;
        let new = new_keys(&self.added, keys);
        let new = new.map_err(|error| ToolError::new(format!("{path}: {error}")))?;
        let count = new.len();
        for key in new {
            let TicketKey { name, intro, .. } = &key;
            let added = self
                .config
                .add_ticket_key(name.as_bytes(), &key.secret, *intro);
            added.map_err(|error| {
                ToolError::tls(&error, &format!("{path}: the key {name} cannot be used"))
            })?;
            self.added.push(key);
        }
        Ok(count)
    }
}

/// Parses a file: a key on each line, as `NAME SECRET` or `NAME SECRET INTRO`. An error begins with
/// the number of its line, and has no part of a secret.
fn parse(text: &str) -> Result<Vec<TicketKey>, String> {
    let mut keys: Vec<TicketKey> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let key = parse_line(line).and_then(|key| {
            let is_repeated = |other: &TicketKey| {
                if other.name == key.name {
                    return Some("the name is that of another key");
                }
                (other.secret == key.secret).then_some("the secret is that of another key")
            };
            match keys.iter().find_map(is_repeated) {
                Some(error) => Err(error.to_owned()),
                None => Ok(key),
            }
        });
        keys.push(key.map_err(|error| format!(", line {}: {error}", index + 1))?);
    }
    match keys.is_empty() {
        true => Err(" has no ticket key".to_owned()),
        false => Ok(keys),
    }
}

fn parse_line(line: &str) -> Result<TicketKey, String> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (name, secret, intro) = match fields[..] {
        [name, secret] => (name, secret, None),
        [name, secret, intro] => (name, secret, Some(intro)),
        _ => return Err("a line is NAME SECRET, or NAME SECRET INTRO".to_owned()),
    };
    if name.len() > MAX_NAME {
        return Err(format!("a name has at most {MAX_NAME} bytes"));
    }
    let intro = intro.map(str::parse).transpose();
    Ok(TicketKey {
        name: name.to_owned(),
        secret: secret::parse(secret)?,
        intro: intro.map_err(|_| "INTRO is a time in seconds since 1970")?,
    })
}

/// Returns the keys that were not added yet.
fn new_keys(added: &[TicketKey], keys: Vec<TicketKey>) -> Result<Vec<TicketKey>, String> {
    let mut new = Vec::new();
    for key in keys {
        match added.iter().find(|other| other.name == key.name) {
            None if added.iter().any(|other| other.secret == key.secret) => {
                return Err(format!("the key {} has the secret of an old key", key.name));
            }
            None => new.push(key),
            Some(same) if *same == key => {}
            Some(_) => {
                return Err(format!(
                    "the key {} has changed: a new key needs a new name",
                    key.name
                ));
            }
        }
    }
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "000102030405060708090a0b0c0d0eFF";
    const OTHER: &str = "100102030405060708090a0b0c0d0eff";

    #[test]
    fn a_line_has_a_name_a_secret_and_an_optional_time() {
        let text = format!("# comment\n\n one {SECRET}\n\ttwo  {OTHER} 1234 \r\n");
        let keys = parse(&text).expect("two keys");
        let names: Vec<_> = keys
            .iter()
            .map(|key| (key.name.as_str(), key.intro))
            .collect();
        assert_eq!(names, [("one", None), ("two", Some(1234))]);
        assert_eq!(keys[0].secret[..3], [0, 1, 2]);
        assert_eq!(keys[0].secret[15], 0xff);
    }

    #[test]
    fn errors_name_the_line_and_not_the_secret() {
        for (text, error) in [
            ("".to_owned(), " has no ticket key"),
            ("\n# one\n".to_owned(), " has no ticket key"),
            ("one".to_owned(), ", line 1: a line is"),
            (format!("one {SECRET} 1 2"), ", line 1: a line is"),
            (format!("one {SECRET} soon"), ", line 1: INTRO is"),
            (format!("one {SECRET} -1"), ", line 1: INTRO is"),
            (
                format!("\n12345678901234567 {SECRET}"),
                ", line 2: a name has at most 16",
            ),
            (format!("one {SECRET}x"), ", line 1: a secret has hex"),
            (format!("one {SECRET}1"), ", line 1: a secret has two"),
            ("one 00".to_owned(), ", line 1: a secret has at least 16"),
            (
                format!("one {SECRET}\none {OTHER}"),
                ", line 2: the name is that",
            ),
            (
                format!("one {SECRET}\ntwo {SECRET}"),
                ", line 2: the secret is that",
            ),
        ] {
            let found = parse(&text).err().expect("an error");
            assert!(found.starts_with(error), "{text}: {found}");
            assert!(!found.contains(&SECRET[..8]), "{found}");
        }
    }

    #[test]
    fn a_key_is_new_once() {
        let parse = |text: &str| parse(text).expect("valid");
        let added = parse(&format!("one {SECRET}"));
        let both = parse(&format!("one {SECRET}\ntwo {OTHER}"));
        let new = new_keys(&added, both).expect("one is new");
        assert!(new.len() == 1 && new[0].name == "two");
        for text in [
            format!("one {OTHER}"),
            format!("one {SECRET} 1"),
            format!("two {SECRET}"),
        ] {
            assert!(new_keys(&added, parse(&text)).is_err(), "{text}");
        }
    }
}
