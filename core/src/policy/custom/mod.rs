//! Security policies of the application and of the administrator, defined by a text.
//!
//! A definition changes a base, or lists everything. It can enable only what the table has and the
//! library supports, so that no policy is weaker than "test_all". Policies are never freed: configs
//! compare them by address.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::*};

use super::Policy;
use crate::base::lock;
use crate::base::log::log;
use crate::process::fork::ForkSafeMutex;
use crate::process::permanent;

mod draft;
mod file;
mod items;
#[cfg(test)]
mod tests;
mod text;

use draft::{Bases, Draft};
use file::File;
pub use text::InvalidDefinition;
use text::{Word, statements};

/// The beginning of the names of own policies. No name of s2n-tls has a colon.
const PREFIX: &[u8] = b"custom:";

/// The maximum length of a name, in bytes.
const MAX_NAME: usize = 64;

/// The maximum length of a definition, in bytes.
pub const MAX_TEXT: usize = 16 * 1024;

/// The maximum length of a file of definitions, in bytes.
pub const MAX_FILE: usize = 64 * 1024;

/// The maximum number of own policies in the process.
const MAX_POLICIES: usize = 64;

/// Defines a policy, for the life of the process.
pub fn define(name: &[u8], text: &[u8]) -> Result<(), InvalidDefinition> {
    REGISTRY.define(name, text)
}

/// Defines the policies of a file, and replaces names by them: all of it, or nothing if a part is
/// not valid. Replacements of an earlier file end.
pub fn load(file: &[u8]) -> Result<(), InvalidDefinition> {
    REGISTRY.load(file)
}

/// Parses a definition without adding it, and returns it as a definition without a base.
pub fn check(text: &[u8]) -> Result<String, InvalidDefinition> {
    Ok(parse(text, &REGISTRY)?.to_string())
}

/// Parses a file without adding its policies.
pub fn check_file(file: &[u8]) -> Result<(), InvalidDefinition> {
    File::parse(file, &REGISTRY).map(|_| ())
}

/// Logs that a file is not loaded, for a program that does not report it.
pub fn log_failure(problem: &str) {
    log!(Error, 0, "{problem}");
}

/// Ends the replacements of a file.
pub fn clear_replacements() {
    REGISTRY.set_replacements(Vec::new());
}

/// Returns the names of own policies, in the order of their definition.
pub fn names() -> impl Iterator<Item = &'static str> {
    REGISTRY.policies().map(Policy::label)
}

/// Returns the names that the file replaces, each with that of the policy for which it stands.
pub fn replacements() -> Vec<(String, &'static str)> {
    let replacements = lock(&REGISTRY.replacements);
    let pair = |replacement: &Replacement| {
        let name = String::from_utf8_lossy(&replacement.name);
        (name.into_owned(), replacement.policy.label())
    };
    replacements.iter().map(pair).collect()
}

/// The own policies of the process.
pub(super) static REGISTRY: Registry = Registry::new();

/// Own policies, and the names that they replace.
pub(super) struct Registry {
    /// Those in front are set, in the order of their definition.
    policies: [OnceLock<Policy>; MAX_POLICIES],

    /// Held while policies are added, so that each is built once.
    adding: ForkSafeMutex<()>,
    replacements: ForkSafeMutex<Vec<Replacement>>,

    /// Whether there are replacements: look-ups need no lock without.
    replaces: AtomicBool,
}

/// A name of s2n-tls that stands for another policy.
struct Replacement {
    name: Vec<u8>,
    policy: &'static Policy,
}

/// A definition that is valid, and not added yet.
struct Pending<'a> {
    name: Word<'a>,
    draft: Draft,
}

impl Registry {
    const fn new() -> Self {
        Self {
            policies: [const { OnceLock::new() }; MAX_POLICIES],
            adding: ForkSafeMutex::new(()),
            replacements: ForkSafeMutex::new(Vec::new()),
            replaces: AtomicBool::new(false),
        }
    }

    fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.policies.iter().map_while(OnceLock::get)
    }

    /// Finds an own policy by name, ignoring case.
    pub fn find(&self, name: &[u8]) -> Option<&Policy> {
        self.policies()
            .find(|policy| policy.label().as_bytes().eq_ignore_ascii_case(name))
    }

    /// Finds the policy that replaces a name of s2n-tls.
    pub fn replacement(&self, name: &[u8]) -> Option<&'static Policy> {
        if !self.replaces.load(Acquire) {
            return None;
        }
        let replacements = lock(&self.replacements);
        let mut all = replacements.iter();
        let found = all.find(|replacement| replacement.name.eq_ignore_ascii_case(name));
        found.map(|replacement| replacement.policy)
    }

    fn set_replacements(&self, replacements: Vec<Replacement>) {
        let mut present = lock(&self.replacements);
        self.replaces.store(!replacements.is_empty(), Release);
        let earlier = std::mem::replace(&mut *present, replacements);
        drop(present);
        drop(earlier);
    }

    fn define(&'static self, name: &[u8], text: &[u8]) -> Result<(), InvalidDefinition> {
        let name = Word {
            line: 0,
            text: name,
        };
        check_name(name)?;
        let draft = parse(text, self)?;
        self.add(vec![Pending { name, draft }])
    }

    /// Adds policies: all, or none if one has the name of another policy. To define a policy again
    /// with the same parameters has no effect.
    fn add(&'static self, pending: Vec<Pending<'_>>) -> Result<(), InvalidDefinition> {
        let _adding = lock(&self.adding);
        let mut added = Vec::new();
        for Pending { name, draft } in pending {
            match self.find(name.text) {
                None => added.push((name, draft)),
                Some(known) if Draft::of(known.definition) == draft => {}
                Some(_) => {
                    return Err(name.is_wrong("it is defined already, with other parameters"));
                }
            }
        }
        let free = &self.policies[self.policies().count()..];
        if let Some((name, _)) = added.get(free.len()) {
            let problem = format!("there are {MAX_POLICIES} own policies already");
            return Err(name.is_wrong(problem));
        }
        for ((name, draft), place) in added.into_iter().zip(free) {
            let definition = draft.into_definition(&String::from_utf8_lossy(name.text));
            let policy = permanent::allocate(|| Policy::build(definition));
            let policy = policy.ok_or_else(|| name.is_wrong("it has no supported parameters"))?;
            // It is free: only the holder of the lock sets one.
            let _ = place.set(policy);
        }
        Ok(())
    }
}

impl Policy {
    /// Returns the supported part of the policy as a definition without a base.
    pub fn definition(&self) -> impl fmt::Display {
        Draft::of(self.definition)
    }
}

fn parse(text: &[u8], registry: &'static Registry) -> Result<Draft, InvalidDefinition> {
    if text.len() > MAX_TEXT {
        let problem = format!("the definition is longer than {MAX_TEXT} bytes");
        return Err(InvalidDefinition::new(problem));
    }
    Draft::parse(&statements(text), &Known { registry })
}

/// The policies that a call can select.
struct Known {
    registry: &'static Registry,
}

impl Bases for Known {
    fn find(&self, name: &[u8]) -> Result<Draft, &'static str> {
        match self.registry.replacement(name) {
            Some(policy) => Ok(Draft::of(policy.definition)),
            None => find_base(self.registry, name),
        }
    }
}

/// Finds a policy by name, whether the name is replaced or not.
fn find_base(registry: &'static Registry, name: &[u8]) -> Result<Draft, &'static str> {
    if let Some(policy) = registry.find(name) {
        return Ok(Draft::of(policy.definition));
    }
    match super::position(name) {
        Ok(index) => Ok(Draft::of(&super::POLICIES[index])),
        Err(_) => Err("no policy has this name"),
    }
}

/// Rejects the name of an own policy that is too long, or could be a name of s2n-tls.
fn check_name(name: Word<'_>) -> Result<(), InvalidDefinition> {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    match name.text.strip_prefix(PREFIX) {
        Some([]) | None => Err(name.is_wrong(
            "the name of an own policy consists of custom: and at least one other character",
        )),
        Some(_) if name.text.len() > MAX_NAME => {
            Err(name.is_wrong(format!("the name is longer than {MAX_NAME} bytes")))
        }
        Some(own) if !own.iter().all(is_plain) => {
            Err(name
                .is_wrong("the name has another character than letters, digits, '-', '_' and '.'"))
        }
        Some(_) => Ok(()),
    }
}
