//! The items of lists in definitions, by their names.

use std::str;

use super::super::names;
use super::super::table::{CertificateKey, Group, Scheme, Suite};
use super::text::{InvalidDefinition, Statement, Word};

/// An item of a list: a suite, a group, a signature scheme or a type of key.
pub(super) trait Item: Copy + PartialEq + 'static {
    /// What it is, with its article.
    const KIND: &'static str;

    fn all() -> &'static [Self];

    fn name(self) -> &'static str;

    /// Returns whether a word names it, ignoring case.
    fn has_name(self, word: Word<'_>) -> bool {
        word.is(self.name())
    }

    fn is_supported(self) -> bool;

    /// Inserts an item that a definition adds.
    fn insert(self, list: &mut Vec<Self>) {
        list.push(self);
    }

    /// Checks the order of a whole list.
    fn check_order(_: &[(Self, Word<'_>)]) -> Result<(), InvalidDefinition> {
        Ok(())
    }
}

impl Item for Suite {
    const KIND: &'static str = "a cipher suite";

    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn name(self) -> &'static str {
        text(self.name())
    }

    fn is_supported(self) -> bool {
        self.supported_in_tls12().is_some() || self.supported_in_tls13().is_some()
    }
}

impl Item for Group {
    const KIND: &'static str = "a group";

    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn name(self) -> &'static str {
        text(self.name())
    }

    fn is_supported(self) -> bool {
        self.supported().is_some()
    }

    /// Servers prefer post-quantum groups to curves, whatever the order is, and those are first in
    /// each policy of the table.
    fn insert(self, list: &mut Vec<Self>) {
        let curves = list.iter().position(|group| !group.is_post_quantum());
        match (self.is_post_quantum(), curves) {
            (true, Some(index)) => list.insert(index, self),
            _ => list.push(self),
        }
    }

    fn check_order(list: &[(Self, Word<'_>)]) -> Result<(), InvalidDefinition> {
        let behind = list.windows(2).find_map(|pair| match pair {
            [(before, _), (group, word)] => {
                (!before.is_post_quantum() && group.is_post_quantum()).then_some(word)
            }
            _ => None,
        });
        behind.map_or(Ok(()), |word| {
            Err(word.is_wrong("post-quantum groups must be in front of the curves"))
        })
    }
}

impl Item for Scheme {
    const KIND: &'static str = "a signature scheme";

    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn name(self) -> &'static str {
        text(self.name())
    }

    /// A scheme of handshake signatures has two names more in the API, for either version.
    fn has_name(self, word: Word<'_>) -> bool {
        let of_version = |binds_curve| names::signature_scheme(self.wire(), binds_curve);
        let names = [Some(self.name()), of_version(false), of_version(true)];
        names.into_iter().flatten().any(|name| word.is(text(name)))
    }

    fn is_supported(self) -> bool {
        self.supported().is_some()
    }
}

impl Item for CertificateKey {
    const KIND: &'static str = "a type of key in certificates";

    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn name(self) -> &'static str {
        self.name()
    }

    fn is_supported(self) -> bool {
        true
    }
}

fn text(name: &'static std::ffi::CStr) -> &'static str {
    name.to_str().unwrap_or_default()
}

/// Finds the item with a name.
fn find<T: Item>(name: Word<'_>) -> Result<T, InvalidDefinition> {
    let mut all = T::all().iter().copied();
    all.find(|item| item.has_name(name)).ok_or_else(|| {
        let supported = T::all().iter().filter(|item| item.is_supported());
        let supported: Vec<_> = supported.map(|item| item.name()).collect();
        let supported = supported.join(", ");
        name.is_wrong(format!("it is not the name of {}: {supported}", T::KIND))
    })
}

/// [`find`], for an item that a definition enables.
fn find_supported<T: Item>(name: Word<'_>) -> Result<T, InvalidDefinition> {
    let item: T = find(name)?;
    match item.is_supported() {
        true => Ok(item),
        false => Err(name.is_wrong(format!("the library does not support it as {}", T::KIND))),
    }
}

/// A list that statements of a definition replace or edit.
#[derive(Clone, Debug)]
pub(super) struct List<T> {
    /// `None` if everything is permitted.
    items: Option<Vec<T>>,
    change: Option<Change>,
}

/// How a definition has changed a list of its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Whole,
    Edited,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            items: None,
            change: None,
        }
    }
}

impl<T: Item> List<T> {
    /// Returns the list of the base.
    pub fn new(items: Option<&[T]>) -> Self {
        Self {
            items: items.map(<[T]>::to_vec),
            change: None,
        }
    }

    pub fn into_items(self) -> Option<Vec<T>> {
        self.items
    }

    /// [`Self::apply`], for a list that `any` replaces by everything.
    pub fn apply_or_any(&mut self, statement: &Statement<'_>) -> Result<(), InvalidDefinition> {
        match statement.words[..] {
            [word] if word.is("any") => {
                self.begin(statement.keyword, Change::Whole)?;
                self.items = None;
                Ok(())
            }
            _ => self.apply(statement),
        }
    }

    /// Applies a statement: `a b` replaces the list, `+a` and `-a` edit it.
    pub fn apply(&mut self, statement: &Statement<'_>) -> Result<(), InvalidDefinition> {
        let keyword = statement.keyword;
        let words = statement.words.as_slice();
        let Some(first) = words.first() else {
            return Err(keyword.is_wrong("a word is missing behind it"));
        };
        if let Some(other) = words.iter().find(|word| is_edit(word) != is_edit(first)) {
            let problem = "either each word of a statement begins with + or -, or none does";
            return Err(other.is_wrong(problem));
        }
        let items = if is_edit(first) {
            self.begin(keyword, Change::Edited)?;
            let problem = "there is no list that it could change: the whole list is required";
            let items = self.items.take();
            let mut items = items.ok_or_else(|| first.is_wrong(problem))?;
            words.iter().try_for_each(|word| edit(&mut items, *word))?;
            items
        } else {
            self.begin(keyword, Change::Whole)?;
            whole(words)?
        };
        if items.is_empty() {
            return Err(keyword.is_wrong("nothing remains in the list"));
        }
        self.items = Some(items);
        Ok(())
    }

    fn begin(&mut self, keyword: Word<'_>, change: Change) -> Result<(), InvalidDefinition> {
        match (self.change.replace(change), change) {
            (None, _) | (Some(Change::Edited), Change::Edited) => Ok(()),
            _ => Err(keyword.is_wrong("an earlier statement has changed the list")),
        }
    }
}

/// Parses a list that replaces another.
fn whole<T: Item>(words: &[Word<'_>]) -> Result<Vec<T>, InvalidDefinition> {
    let mut items: Vec<(T, Word<'_>)> = Vec::new();
    for &word in words {
        let item = find_supported(word)?;
        if items.iter().any(|(known, _)| *known == item) {
            return Err(word.is_wrong("it is in the list twice"));
        }
        items.push((item, word));
    }
    T::check_order(&items)?;
    Ok(items.into_iter().map(|(item, _)| item).collect())
}

/// Adds an item to a list, or removes one. To add one that the list has, or to remove one that it
/// lacks, is no error: the base may change with the version of the library.
fn edit<T: Item>(items: &mut Vec<T>, word: Word<'_>) -> Result<(), InvalidDefinition> {
    let name = Word {
        text: &word.text[1..],
        ..word
    };
    if word.text[0] == b'-' {
        let item = find(name)?;
        items.retain(|other| *other != item);
    } else {
        let item: T = find_supported(name)?;
        if !items.contains(&item) {
            item.insert(items);
        }
    }
    Ok(())
}

fn is_edit(word: &Word<'_>) -> bool {
    matches!(word.text[0], b'+' | b'-')
}
