//! A definition under construction: the parameters of its base, changed by statements.

use std::fmt;

use super::super::supported;
use super::super::table::{CertificateKey, Definition, Group, Scheme, Suite};
use super::items::{Item, List};
use super::text::{InvalidDefinition, Statement};
use crate::base::Version;
use crate::process::permanent;

/// The parameters of a definition. Its text is a definition without a base, of what is supported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    min_version: Version,
    suites: Vec<Suite>,
    groups: Vec<Group>,
    schemes: Vec<Scheme>,
    certificate_schemes: Option<Vec<Scheme>>,
    certificate_keys: Option<Vec<CertificateKey>>,
    checks_local_certificates: bool,
    boosts_chacha20: bool,
    strongly_preferred: Option<Group>,
}

/// Finds the base of a definition.
pub(super) trait Bases {
    fn find(&self, name: &[u8]) -> Result<Draft, &'static str>;
}

impl Draft {
    /// Returns the parameters of a policy.
    pub fn of(definition: &Definition) -> Self {
        Self {
            min_version: definition.min_version,
            suites: definition.suites.to_vec(),
            groups: definition.groups.to_vec(),
            schemes: definition.schemes.to_vec(),
            certificate_schemes: definition.certificate_schemes.map(<[_]>::to_vec),
            certificate_keys: definition.certificate_keys.map(<[_]>::to_vec),
            checks_local_certificates: definition.checks_local_certificates,
            boosts_chacha20: definition.boosts_chacha20,
            strongly_preferred: definition.strongly_preferred,
        }
    }

    /// Parses the statements of one definition, which begin with that of its base, if it has one.
    pub fn parse(
        statements: &[Statement<'_>],
        bases: &impl Bases,
    ) -> Result<Self, InvalidDefinition> {
        let Some(last) = statements.last() else {
            return Err(InvalidDefinition::new("the definition has no statement"));
        };
        let mut changes = Changes::default();
        let mut statements = statements.iter().peekable();
        if let Some(first) = statements.next_if(|first| first.keyword.is("base")) {
            let name = first.word()?;
            let base = bases.find(name.text);
            changes = Changes::of(&base.map_err(|problem| name.is_wrong(problem))?);
        }
        for statement in statements {
            changes.apply(statement)?;
        }
        let draft = changes.finish();
        let draft = draft.and_then(|draft| draft.check().map(|()| draft));
        draft.map_err(|problem| last.keyword.is_wrong(problem))
    }

    /// Fails if nothing of the definition can be negotiated.
    fn check(&self) -> Result<(), &'static str> {
        if !self.suites.iter().any(|suite| suite.is_supported()) {
            return Err("no cipher suite remains that the library supports");
        }
        if !self.groups.iter().any(|group| group.is_supported()) {
            return Err("no group remains that the library supports");
        }
        if !self.schemes.iter().any(|scheme| scheme.is_supported()) {
            return Err("no signature scheme remains that the library supports");
        }
        let of_certificates = self.certificate_schemes.as_ref();
        if of_certificates.is_some_and(|all| !all.iter().any(|scheme| scheme.is_supported())) {
            return Err("no signature scheme of certificates remains that the library supports");
        }
        match self.offered_suites().is_empty() {
            true => Err(
                "no protocol version remains that has a cipher suite, a group and a signature scheme",
            ),
            false => Ok(()),
        }
    }

    /// Returns the suites that are offered.
    fn offered_suites(&self) -> Vec<Suite> {
        let (groups, schemes) = (
            supported::groups(&self.groups),
            supported::schemes(&self.schemes),
        );
        let (tls12, tls13) = supported::suites(self.min_version, &self.suites, &groups, &schemes);
        let is_offered = |suite: &Suite| {
            let number = suite.wire();
            tls12.iter().any(|offered| offered.common.suite.0 == number)
                || tls13.iter().any(|offered| offered.common.suite.0 == number)
        };
        self.suites.iter().copied().filter(is_offered).collect()
    }

    /// Makes it a definition, for the life of the process.
    pub fn into_definition(self, name: &str) -> &'static Definition {
        permanent::allocate(|| {
            let names: &'static mut [&'static str] = vec![&*name.to_owned().leak()].leak();
            Box::leak(Box::new(Definition {
                names,
                min_version: self.min_version,
                suites: leak(&self.suites),
                groups: leak(&self.groups),
                schemes: leak(&self.schemes),
                certificate_schemes: self.certificate_schemes.as_deref().map(leak),
                certificate_keys: self.certificate_keys.as_deref().map(leak),
                checks_local_certificates: self.checks_local_certificates,
                boosts_chacha20: self.boosts_chacha20,
                strongly_preferred: self.strongly_preferred,
            }))
        })
    }
}

impl fmt::Display for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let min = match self.min_version {
            Version::Tls13 => "TLS1.3",
            _ => "TLS1.2",
        };
        writeln!(f, "min {min}")?;
        write_list(f, "suites", &self.offered_suites())?;
        write_list(f, "groups", &self.groups)?;
        write_list(f, "signatures", &self.schemes)?;
        if let Some(schemes) = &self.certificate_schemes {
            write_list(f, "certificate-signatures", schemes)?;
        }
        if let Some(keys) = &self.certificate_keys {
            write_list(f, "certificate-keys", keys)?;
        }
        if self.checks_local_certificates {
            writeln!(f, "local-certificates checked")?;
        }
        if self.boosts_chacha20 {
            writeln!(f, "chacha20-boosting yes")?;
        }
        if let Some(group) = self.strongly_preferred {
            writeln!(f, "retry-for {}", Item::name(group))?;
        }
        Ok(())
    }
}

/// Writes the supported items of a list.
fn write_list<T: Item>(f: &mut fmt::Formatter<'_>, keyword: &str, items: &[T]) -> fmt::Result {
    f.write_str(keyword)?;
    for item in items.iter().filter(|item| item.is_supported()) {
        write!(f, " {}", item.name())?;
    }
    writeln!(f)
}

fn leak<T: Clone>(items: &[T]) -> &'static [T] {
    items.to_vec().leak()
}

/// The parameters of a definition while its statements are applied.
#[derive(Default)]
struct Changes {
    min_version: Option<Version>,
    suites: List<Suite>,
    groups: List<Group>,
    schemes: List<Scheme>,
    certificate_schemes: List<Scheme>,
    certificate_keys: List<CertificateKey>,
    checks_local_certificates: bool,
    boosts_chacha20: bool,
    strongly_preferred: Option<Group>,

    /// The keywords of the statements that are allowed once.
    seen: Vec<Vec<u8>>,
}

impl Changes {
    /// Begins with the parameters of a base.
    fn of(base: &Draft) -> Self {
        Self {
            min_version: Some(base.min_version),
            suites: List::new(Some(&base.suites)),
            groups: List::new(Some(&base.groups)),
            schemes: List::new(Some(&base.schemes)),
            certificate_schemes: List::new(base.certificate_schemes.as_deref()),
            certificate_keys: List::new(base.certificate_keys.as_deref()),
            checks_local_certificates: base.checks_local_certificates,
            boosts_chacha20: base.boosts_chacha20,
            strongly_preferred: base.strongly_preferred,
            seen: Vec::new(),
        }
    }

    fn apply(&mut self, statement: &Statement<'_>) -> Result<(), InvalidDefinition> {
        let keyword = statement.keyword;
        let name = keyword.text.to_ascii_lowercase();
        match name.as_slice() {
            b"suites" => return self.suites.apply(statement),
            b"groups" => return self.groups.apply(statement),
            b"signatures" => return self.schemes.apply(statement),
            b"certificate-signatures" => {
                check_curves(statement)?;
                return self.certificate_schemes.apply_or_any(statement);
            }
            b"certificate-keys" => return self.certificate_keys.apply_or_any(statement),
            b"min" => self.min_version = Some(version(statement)?),
            b"local-certificates" => {
                self.checks_local_certificates = statement.either("checked", "unchecked")?;
            }
            b"chacha20-boosting" => self.boosts_chacha20 = statement.either("yes", "no")?,
            b"retry-for" => {
                let is_p384 = statement.either("secp384r1", "none")?;
                self.strongly_preferred = is_p384.then_some(Group::P384);
            }
            b"base" => return Err(keyword.is_wrong("it is allowed as the first statement only")),
            _ => return Err(keyword.is_wrong(KEYWORDS)),
        }
        if self.seen.contains(&name) {
            return Err(keyword.is_wrong("it is allowed once"));
        }
        self.seen.push(name);
        Ok(())
    }

    /// Returns the definition; fails if it has no base, and lacks a part.
    fn finish(self) -> Result<Draft, &'static str> {
        Ok(Draft {
            min_version: self.min_version.ok_or("without a base, min is required")?,
            suites: self
                .suites
                .into_items()
                .ok_or("without a base, suites are required")?,
            groups: self
                .groups
                .into_items()
                .ok_or("without a base, groups are required")?,
            schemes: self
                .schemes
                .into_items()
                .ok_or("without a base, signatures are required")?,
            certificate_schemes: self.certificate_schemes.into_items(),
            certificate_keys: self.certificate_keys.into_items(),
            checks_local_certificates: self.checks_local_certificates,
            boosts_chacha20: self.boosts_chacha20,
            strongly_preferred: self.strongly_preferred,
        })
    }
}

/// Rejects names of schemes with a curve, to which a signature in a certificate is not bound.
fn check_curves(statement: &Statement<'_>) -> Result<(), InvalidDefinition> {
    let has_curve = |word: &[u8]| {
        word.to_ascii_lowercase()
            .windows(4)
            .any(|part| part == b"secp")
    };
    match statement.words.iter().find(|word| has_curve(word.text)) {
        Some(word) => Err(word.is_wrong(
            "signature schemes of certificates have no curve: ecdsa_sha256, ecdsa_sha384, \
             ecdsa_sha512",
        )),
        None => Ok(()),
    }
}

const KEYWORDS: &str = "it is not a statement: base, min, suites, groups, signatures, \
     certificate-signatures, certificate-keys, local-certificates, chacha20-boosting, retry-for";

fn version(statement: &Statement<'_>) -> Result<Version, InvalidDefinition> {
    let word = statement.word()?;
    match () {
        () if word.is("TLS1.2") || word.is("TLSv1.2") => Ok(Version::Tls12),
        () if word.is("TLS1.3") || word.is("TLSv1.3") => Ok(Version::Tls13),
        () => Err(word.is_wrong("it is not a version that the library supports: TLS1.2, TLS1.3")),
    }
}
