//! Files of definitions: `policy NAME` begins one, and `replace NAME OWN` makes a name of s2n-tls
//! stand for another policy.

use super::super::{DEPRECATED, Policy, position};
use super::draft::{Bases, Draft};
use super::text::{InvalidDefinition, Statement, Word, statements};
use super::{MAX_FILE, Pending, Registry, Replacement, check_name, find_base};
use crate::process::permanent;

impl Registry {
    /// Adds the policies of a file, and replaces names.
    pub(super) fn load(&'static self, text: &[u8]) -> Result<(), InvalidDefinition> {
        let File {
            policies,
            replacements,
            ..
        } = File::parse(text, self)?;
        self.add(policies)?;
        let replacements = permanent::allocate(|| {
            let replace = |(name, own): (Word<'_>, Word<'_>)| {
                let policy = self.find_selectable(own.text);
                let name = name.text.to_vec();
                policy.map(|policy| Replacement { name, policy })
            };
            replacements.into_iter().filter_map(replace).collect()
        });
        self.set_replacements(replacements);
        Ok(())
    }

    /// Finds a policy that a name can stand for.
    fn find_selectable(&'static self, name: &[u8]) -> Option<&'static Policy> {
        self.find(name).or_else(|| Policy::find_in_table(name).ok())
    }
}

/// The contents of a file.
pub(super) struct File<'a> {
    registry: &'static Registry,
    policies: Vec<Pending<'a>>,
    replacements: Vec<(Word<'a>, Word<'a>)>,
}

impl<'a> File<'a> {
    pub(super) fn parse(
        text: &'a [u8],
        registry: &'static Registry,
    ) -> Result<Self, InvalidDefinition> {
        if text.len() > MAX_FILE {
            let problem = format!("the file is longer than {MAX_FILE} bytes");
            return Err(InvalidDefinition::new(problem));
        }
        let statements = statements(text);
        if statements.is_empty() {
            return Err(InvalidDefinition::new("the file has no statement"));
        }
        let mut file = Self {
            registry,
            policies: Vec::new(),
            replacements: Vec::new(),
        };
        let mut rest = statements.as_slice();
        while let Some((first, after)) = rest.split_first() {
            rest = file.parse_next(first, after)?;
        }
        Ok(file)
    }

    /// Parses a definition or a replacement, and returns the statements behind it.
    fn parse_next<'s>(
        &mut self,
        first: &Statement<'a>,
        after: &'s [Statement<'a>],
    ) -> Result<&'s [Statement<'a>], InvalidDefinition> {
        let keyword = first.keyword;
        if keyword.is("replace") {
            self.replace(first)?;
            return Ok(after);
        }
        if !keyword.is("policy") {
            return Err(keyword.is_wrong("it does not follow policy and a name"));
        }
        let name = first.word()?;
        check_name(name)?;
        if self.policy(name.text).is_some() {
            return Err(name.is_wrong("it is defined twice"));
        }
        let is_end = |next: &Statement<'_>| next.keyword.is("policy") || next.keyword.is("replace");
        let end = after.iter().position(is_end).unwrap_or(after.len());
        let (definition, rest) = after.split_at(end);
        if definition.is_empty() {
            return Err(name.is_wrong("the definition has no statement"));
        }
        let draft = Draft::parse(definition, self)?;
        self.policies.push(Pending { name, draft });
        Ok(rest)
    }

    fn replace(&mut self, statement: &Statement<'a>) -> Result<(), InvalidDefinition> {
        let [name, own] = statement.words[..] else {
            let problem = "the name of a policy, and that of the one that replaces it, must follow";
            return Err(statement.keyword.is_wrong(problem));
        };
        let is_name = |known: &&str| name.is(known);
        if position(name.text).is_err() && !DEPRECATED.iter().any(is_name) {
            return Err(name.is_wrong("no policy of s2n-tls has this name"));
        }
        if self
            .replacements
            .iter()
            .any(|(known, _)| known.text.eq_ignore_ascii_case(name.text))
        {
            return Err(name.is_wrong("it is replaced twice"));
        }
        let is_known = self.policy(own.text).is_some();
        if !is_known && self.registry.find_selectable(own.text).is_none() {
            return Err(
                own.is_wrong("no policy that is defined above, or supported, has this name")
            );
        }
        self.replacements.push((name, own));
        Ok(())
    }

    fn policy(&self, name: &[u8]) -> Option<&Pending<'a>> {
        let mut policies = self.policies.iter();
        policies.find(|policy| policy.name.text.eq_ignore_ascii_case(name))
    }
}

/// The policies above in the file, and those of the library: the replacements of a file do not apply
/// to it.
impl Bases for File<'_> {
    fn find(&self, name: &[u8]) -> Result<Draft, &'static str> {
        match self.policy(name) {
            Some(policy) => Ok(policy.draft.clone()),
            None => find_base(self.registry, name),
        }
    }
}
