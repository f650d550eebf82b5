//! Name constraints (RFC 5280, 4.2.1.10).

use std::net::IpAddr;

use x509_parser::asn1_rs::{Any, Class};
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Name;

use super::grammar;
use super::names::{GeneralName, Kind, Names, elements, emails, is_sequence, values};

/// The name constraints of a CA.
#[derive(Clone, Debug)]
pub(crate) struct NameConstraints {
    permitted: Vec<Subtree>,
    excluded: Vec<Subtree>,
}

#[derive(Clone, Debug)]
enum Subtree {
    Name(GeneralName),
    Network(Network),
    /// With a minimum or maximum, which RFC 5280 does not use, or malformed.
    Unusable(Kind),
}

/// The maximum number of comparisons of one certificate's names with one certificate's constraints.
const MAX_COMPARISONS: usize = 250_000;

impl NameConstraints {
    /// Reads the extension's value; `None` if it is malformed.
    pub(super) fn parse(value: &[u8]) -> Option<Self> {
        let mut constraints = Self {
            permitted: Vec::new(),
            excluded: Vec::new(),
        };
        if !grammar::NAME_CONSTRAINTS.describes(value) {
            return None;
        }
        for list in elements(value)? {
            let list = list?;
            let subtrees = match (list.class(), list.tag().0) {
                (Class::ContextSpecific, 0) => &mut constraints.permitted,
                (Class::ContextSpecific, 1) => &mut constraints.excluded,
                _ => return None,
            };
            for subtree in values(list.data) {
                subtrees.push(Subtree::read(&subtree?)?);
            }
        }
        Some(constraints)
    }

    /// Returns whether all names of a certificate are permitted: its encoded subject, and its
    /// other names.
    pub(crate) fn allow(&self, subject: &[u8], names: &Names) -> bool {
        let Some(names) = constrained_names(subject, names) else {
            return false;
        };
        let subtrees = self.permitted.len() + self.excluded.len();
        names.len().saturating_mul(subtrees) <= MAX_COMPARISONS
            && names.iter().all(|name| self.allows(name))
    }

    fn allows(&self, name: &GeneralName) -> bool {
        let of_kind = |subtree: &&Subtree| subtree.kind() == name.kind();
        let mut permitted = self.permitted.iter().filter(of_kind).peekable();
        let is_permitted = permitted.peek().is_none() || {
            // Names that cannot be compared are rejected.
            let within: Option<Vec<_>> = permitted.map(|base| base.holds(name, false)).collect();
            within.is_some_and(|within| within.contains(&true))
        };
        let mut excluded = self.excluded.iter().filter(of_kind);
        is_permitted && excluded.all(|base| base.holds(name, true) == Some(false))
    }
}

/// Returns the names that constraints apply to: those of the same type, and all that could be
/// interpreted as the name or address of a host, unless a name has a single label. `None` if one of
/// them cannot be interpreted.
fn constrained_names(subject: &[u8], own: &Names) -> Option<Vec<GeneralName>> {
    let (_, subject) = X509Name::from_der(subject).ok()?;
    let mut names = emails(&subject);
    if subject.iter().next().is_some() {
        names.push(GeneralName::Directory(super::canonical::form(&subject)));
    }
    for name in &own.alternative {
        match name {
            GeneralName::Dns(text) => names.extend(address_in(text)),
            // s2n-tls compares a whole URI with the name of a host.
            GeneralName::Uri(text) => names.extend(hosts_in(text)?),
            _ => {}
        }
        names.push(name.clone());
    }
    let mut kinds = own.alternative.iter().map(GeneralName::kind);
    if !kinds.any(|kind| kind == GeneralName::DNS) {
        for common in &own.common {
            names.extend(hosts_in(common.text.as_ref()?)?);
        }
    }
    Some(names)
}

/// Returns the DNS name and the address that a string may be interpreted as; `None` if it resembles
/// a DNS name but is invalid, so that no constraint can be applied to it.
fn hosts_in(text: &str) -> Option<impl Iterator<Item = GeneralName>> {
    let dns = match DnsForm::of(text) {
        DnsForm::Name => Some(GeneralName::Dns(text.to_owned())),
        DnsForm::Other => None,
        DnsForm::Malformed => return None,
    };
    Some(dns.into_iter().chain(address_in(text)))
}

fn address_in(text: &str) -> Option<GeneralName> {
    text.parse().ok().map(GeneralName::Address)
}

/// Whether a string has the form of a host's DNS name.
#[derive(Debug, PartialEq, Eq)]
enum DnsForm {
    /// Two or more labels, of which the first may be a wildcard.
    Name,
    /// The same, with characters that are not allowed in DNS names.
    Malformed,
    Other,
}

impl DnsForm {
    fn of(text: &str) -> Self {
        let name = without_dot(text);
        let labels: Vec<_> = name.split('.').collect();
        let (is_wildcard, labels) = match *labels {
            ["*", ref labels @ ..] => (true, labels),
            ref labels => (false, labels),
        };
        let is_odd = |c: char| !c.is_ascii() || c.is_ascii_control() || c == ' ';
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c) || is_odd(c);
        let is_label = |label: &&str| {
            let has_room = !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
            has_room && label.chars().all(is_part)
        };
        let is_short = labels.len() < if is_wildcard { 1 } else { 2 };
        if is_short || !labels.iter().all(is_label) {
            return Self::Other;
        }
        match text.chars().any(is_odd) {
            true => Self::Malformed,
            false => Self::Name,
        }
    }
}

impl Subtree {
    /// Parses a GeneralSubtree; `None` if it is malformed.
    fn read(encoded: &Any<'_>) -> Option<Self> {
        if !is_sequence(encoded) {
            return None;
        }
        let mut parts = values(encoded.data);
        let base = parts.next()??;
        let name = GeneralName::read(&base)?;
        if parts.next().is_some() {
            return Some(Self::Unusable(name.kind()));
        }
        // A constraint on addresses is an address and a mask.
        Some(match name.kind() {
            GeneralName::ADDRESS => match Network::read(base.data) {
                Some(network) => Self::Network(network),
                None => Self::Unusable(GeneralName::ADDRESS),
            },
            _ => Self::Name(name),
        })
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Name(name) => name.kind(),
            Self::Network(_) => GeneralName::ADDRESS,
            Self::Unusable(kind) => *kind,
        }
    }

    /// Returns whether a name of the same type is within the subtree; `None` if they cannot be
    /// compared.
    fn holds(&self, name: &GeneralName, is_excluding: bool) -> Option<bool> {
        match (self, name) {
            (Self::Network(network), GeneralName::Address(address)) => {
                Some(network.holds(*address))
            }
            (Self::Name(GeneralName::Dns(base)), GeneralName::Dns(name)) => {
                Some(is_dns_within(name, base, is_excluding))
            }
            (Self::Name(GeneralName::Email(base)), GeneralName::Email(name)) => {
                is_email_within(name, base, is_excluding)
            }
            (Self::Name(GeneralName::Uri(base)), GeneralName::Uri(name)) => {
                is_uri_within(name, base)
            }
            (Self::Name(GeneralName::Directory(base)), GeneralName::Directory(name)) => {
                Some(name.starts_with(base))
            }
            _ => None,
        }
    }
}

/// Returns whether a DNS name is `base`, or a subdomain of it.
fn is_dns_within(name: &str, base: &str, is_excluding: bool) -> bool {
    if base.is_empty() {
        return true;
    }
    let (name, base) = (without_dot(name), without_dot(base));
    // A lone dot is no name: it permits nothing, and excludes everything.
    if base.is_empty() {
        return is_excluding;
    }
    // A wildcard may match the excluded host.
    if is_excluding
        && let Some(parent) = name.strip_prefix("*.")
        && let Some((_, rest)) = base.split_once('.')
        && rest.eq_ignore_ascii_case(parent)
    {
        return true;
    }
    match before_suffix(name, base) {
        Some(before) => before.is_empty() || before.ends_with(b".") || base.starts_with('.'),
        None => false,
    }
}

/// Strips the final dot, the root of the DNS.
fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// Strips a suffix, without regard to case.
fn before_suffix<'a>(name: &'a str, suffix: &str) -> Option<&'a [u8]> {
    let at = name.len().checked_sub(suffix.len())?;
    let (before, end) = name.as_bytes().split_at(at);
    end.eq_ignore_ascii_case(suffix.as_bytes())
        .then_some(before)
}

/// Returns whether an e-mail address is within a mailbox, a host, or a domain (with a dot before
/// it).
fn is_email_within(name: &str, base: &str, is_excluding: bool) -> Option<bool> {
    let (local, domain) = mailbox(name)?;
    let Some((base_local, base_domain)) = base.split_once('@') else {
        return is_domain(base).then(|| is_domain_within(domain, base));
    };
    mailbox(base)?;
    let same_local = match is_excluding {
        true => local.eq_ignore_ascii_case(base_local),
        false => local == base_local,
    };
    Some(same_local && domain.eq_ignore_ascii_case(base_domain))
}

/// Splits an e-mail address without quotes into its local part and its host.
fn mailbox(address: &str) -> Option<(&str, &str)> {
    let (local, domain) = address.split_once('@')?;
    let is_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    (!local.is_empty() && local.chars().all(is_atom) && is_domain(domain))
        .then_some((local, domain))
}

/// Returns whether the host of a URI equals a host, or is within a domain (with a leading dot).
fn is_uri_within(name: &str, base: &str) -> Option<bool> {
    let (_, rest) = name.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.split(':').next()?;
    let (host, base) = (without_dot(host), without_dot(base));
    // User names, addresses and percent-encoding are not supported.
    is_domain(host).then(|| is_domain_within(host, base))
}

fn is_domain(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    !text.is_empty() && text.chars().all(is_part)
}

fn is_domain_within(name: &str, base: &str) -> bool {
    match base.starts_with('.') {
        true => before_suffix(name, base).is_some(),
        false => name.eq_ignore_ascii_case(base),
    }
}

/// A range of addresses with a common prefix.
#[derive(Clone, Copy, Debug)]
struct Network {
    address: IpAddr,
    mask: u128,
}

impl Network {
    /// Reads an address and the mask behind it; `None` if the mask is no prefix (RFC 4632, 3.1).
    fn read(bytes: &[u8]) -> Option<Self> {
        let (address, mask, width) = match bytes.len() {
            8 => {
                let [address, mask] = [&bytes[..4], &bytes[4..]].map(|part| {
                    let part: [u8; 4] = part.try_into().unwrap_or_default();
                    u32::from_be_bytes(part)
                });
                (IpAddr::from(address.to_be_bytes()), mask.into(), 32)
            }
            32 => {
                let [address, mask] = [&bytes[..16], &bytes[16..]].map(|part| {
                    let part: [u8; 16] = part.try_into().unwrap_or_default();
                    u128::from_be_bytes(part)
                });
                (IpAddr::from(address.to_be_bytes()), mask, 128)
            }
            _ => return None,
        };
        let ones = u128::count_ones(mask);
        let is_prefix = mask == 0 || ones + u128::trailing_zeros(mask) == width;
        is_prefix.then_some(Self { address, mask })
    }

    fn holds(&self, address: IpAddr) -> bool {
        let same_version = self.address.is_ipv4() == address.is_ipv4();
        same_version && (bits(self.address) ^ bits(address)) & self.mask == 0
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

#[cfg(test)]
mod tests;
