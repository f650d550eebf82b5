//! The names of a certificate, each parsed once into a typed value.
//!
//! Host name verification, name constraints and the application's callbacks all use these values,
//! so that the same bytes have one interpretation.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use x509_parser::asn1_rs::{Any, Class, FromDer as _, Tag};
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use super::canonical;

/// A GeneralName (RFC 5280, 4.2.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GeneralName {
    Email(String),
    Dns(String),
    /// In its canonical form.
    Directory(Vec<u8>),
    Uri(String),
    Address(IpAddr),
    /// A type of name that is not evaluated, or invalid content.
    Unusable(Kind),
}

/// The tag of a GeneralName.
pub(super) type Kind = u32;

impl GeneralName {
    const OTHER: Kind = 0;
    const X400: Kind = 3;
    const EDI: Kind = 5;
    pub(super) const EMAIL: Kind = 1;
    pub(super) const DNS: Kind = 2;
    pub(super) const DIRECTORY: Kind = 4;
    pub(super) const URI: Kind = 6;
    pub(super) const ADDRESS: Kind = 7;
    const LAST: Kind = 8;

    /// Parses a name; `None` if its type is unknown.
    pub(super) fn read(encoded: &Any<'_>) -> Option<Self> {
        let kind = encoded.tag().0;
        let is_constructed = [Self::OTHER, Self::X400, Self::DIRECTORY, Self::EDI].contains(&kind);
        if encoded.class() != Class::ContextSpecific
            || kind > Self::LAST
            || encoded.header.is_constructed() != is_constructed
        {
            return None;
        }
        let bytes = encoded.data;
        let name = match kind {
            Self::EMAIL => text(bytes).map(Self::Email),
            Self::DNS => text(bytes).map(Self::Dns),
            Self::DIRECTORY => canonical::form_of(bytes).map(Self::Directory),
            Self::URI => text(bytes).map(Self::Uri),
            Self::ADDRESS => address(bytes).map(Self::Address),
            _ => None,
        };
        Some(name.unwrap_or(Self::Unusable(kind)))
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Email(_) => Self::EMAIL,
            Self::Dns(_) => Self::DNS,
            Self::Directory(_) => Self::DIRECTORY,
            Self::Uri(_) => Self::URI,
            Self::Address(_) => Self::ADDRESS,
            Self::Unusable(kind) => *kind,
        }
    }

    pub(super) fn is_usable(&self) -> bool {
        !matches!(self, Self::Unusable(_))
    }

    /// Returns whether the common name of a certificate with such a name is ignored.
    fn replaces_common_name(&self) -> bool {
        matches!(self.kind(), Self::DNS | Self::URI | Self::ADDRESS)
    }

    /// Returns the name as a host, as s2n-tls compares it: DNS names, URIs and addresses.
    fn host(&self) -> Option<String> {
        match self {
            Self::Dns(name) | Self::Uri(name) => Some(name.clone()).filter(|name| !name.is_empty()),
            Self::Address(address) => Some(address_text(*address)),
            _ => None,
        }
    }
}

/// A common name.
#[derive(Clone, Debug)]
pub(super) struct CommonName {
    /// The string without trailing NULs; `None` if the value is no string, or has a NUL in the
    /// middle.
    pub(super) text: Option<String>,
    /// The host name, if the value may be one.
    host: Option<String>,
}

impl CommonName {
    /// The maximum length of a host name, in bytes.
    const MAX_HOST: usize = 254;

    fn read(attribute: &AttributeTypeAndValue<'_>) -> Self {
        let value = attribute.attr_value();
        let all = canonical::text(value);
        // RFC 6125, 6.4.4, allows "a fully qualified DNS domain name" only, so a value is no host
        // name if it has control characters, or an encoding with several interpretations.
        // s2n-tls does not accept an IA5String here.
        let is_plain = matches!(value.tag(), Tag::Utf8String | Tag::PrintableString);
        let host = all.clone().filter(|text| is_plain && is_text(text));
        let text = all.map(|text| text.trim_end_matches('\0').to_owned());
        Self {
            text: text.filter(|text| !text.contains('\0')),
            host,
        }
    }
}

/// The names of a certificate's subject: subjectAltName and common names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(super) alternative: Vec<GeneralName>,
    pub(super) common: Vec<CommonName>,
}

impl Names {
    pub(super) fn of_subject(subject: &X509Name<'_>) -> Self {
        let common = subject.iter_common_name().map(CommonName::read);
        Self {
            alternative: Vec::new(),
            common: common.collect(),
        }
    }

    /// Reads the value of a subjectAltName with the structure of one; `None` if it is malformed.
    pub(super) fn add_alternative(&mut self, value: &[u8]) -> Option<()> {
        for name in elements(value)? {
            self.alternative.push(GeneralName::read(&name?)?);
        }
        Some(())
    }

    /// Discards the alternative names, but not the common names.
    pub(super) fn drop_alternative(&mut self) {
        self.alternative.clear();
    }

    /// Returns the memory of the names, in bytes.
    pub(crate) fn size(&self) -> usize {
        let alternative = self.alternative.iter().map(|name| match name {
            GeneralName::Email(text) | GeneralName::Dns(text) | GeneralName::Uri(text) => {
                text.len()
            }
            GeneralName::Directory(form) => form.len(),
            GeneralName::Address(_) | GeneralName::Unusable(_) => 0,
        });
        let texts = self.common.iter().flat_map(|name| [&name.text, &name.host]);
        let texts = texts.flatten().map(String::len);
        size_of_val(&*self.alternative)
            + size_of_val(&*self.common)
            + alternative.chain(texts).sum::<usize>()
    }

    /// Returns the domain names for which a server's certificate is selected, in lower case: DNS
    /// names or, without them, common names.
    pub(crate) fn server_names(&self) -> Vec<Vec<u8>> {
        let dns = self.alternative.iter().filter_map(|name| match name {
            GeneralName::Dns(name) => Some(name),
            _ => None,
        });
        let mut names: Vec<_> = dns.collect();
        if names.is_empty() {
            names.extend(self.common.iter().filter_map(|name| name.text.as_ref()));
        }
        let names = names.into_iter().filter(|name| !name.is_empty());
        names
            .map(|name| name.to_ascii_lowercase().into_bytes())
            .collect()
    }

    /// Passes every name that [`Self::any`] compares to `each`.
    pub(crate) fn each_host(&self, mut each: impl FnMut(&[u8])) {
        self.any(true, |name| {
            if !name.is_empty() {
                each(name);
            }
            false
        });
    }

    /// Returns whether one of the names is accepted, in the order of s2n-tls. For a certificate
    /// without names the empty name is checked.
    pub(crate) fn any(&self, allows_address: bool, mut accepts: impl FnMut(&[u8]) -> bool) -> bool {
        // RFC 6125, 6.4.4: the common name is a last resort.
        if self
            .alternative
            .iter()
            .any(GeneralName::replaces_common_name)
        {
            let hosts = self.alternative.iter().filter_map(GeneralName::host);
            return hosts.into_iter().any(|host| accepts(host.as_bytes()));
        }
        // The last one is the most specific.
        match self.common.last().and_then(|name| name.host.as_deref()) {
            Some(host) => {
                let is_usable = (1..=CommonName::MAX_HOST).contains(&host.len());
                is_usable && (allows_address || !is_address(host)) && accepts(host.as_bytes())
            }
            None => accepts(b""),
        }
    }
}

/// Returns the elements of a SEQUENCE without trailing bytes.
pub(crate) fn elements(value: &[u8]) -> Option<impl Iterator<Item = Option<Any<'_>>>> {
    let Ok(([], sequence)) = Any::from_der(value) else {
        return None;
    };
    is_sequence(&sequence).then(|| values(sequence.data))
}

pub(super) fn is_sequence(value: &Any<'_>) -> bool {
    value.tag() == Tag::Sequence
        && value.class() == Class::Universal
        && value.header.is_constructed()
}

/// Returns an iterator over consecutive encoded values.
pub(crate) fn values(mut bytes: &[u8]) -> impl Iterator<Item = Option<Any<'_>>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let Ok((rest, value)) = Any::from_der(bytes) else {
            bytes = &[];
            return Some(None);
        };
        bytes = rest;
        Some(Some(value))
    })
}

/// Returns the e-mail addresses in a subject (RFC 5280, 4.2.1.10); other types than IA5String are
/// unusable.
pub(super) fn emails(subject: &X509Name<'_>) -> Vec<GeneralName> {
    let read = |attribute: &AttributeTypeAndValue<'_>| {
        let value = attribute.attr_value();
        match text(value.data) {
            Some(text) if value.tag() == Tag::Ia5String => GeneralName::Email(text),
            _ => GeneralName::Unusable(GeneralName::EMAIL),
        }
    };
    subject.iter_email().map(read).collect()
}

/// Returns the string of a name without control characters, which readers of C strings or of lines
/// would interpret differently.
fn text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    is_text(text).then(|| text.to_owned())
}

fn is_text(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

/// Returns whether `name`, of a certificate, matches `host`. A leading "*." matches one label of a
/// DNS name.
pub(crate) fn is_host(name: &[u8], host: &[u8]) -> bool {
    if host.is_empty() {
        return false;
    }
    if name.eq_ignore_ascii_case(host) {
        return true;
    }
    // RFC 6125, 6.4.3: wildcards match labels of domain names; an address has none.
    let is_name = !std::str::from_utf8(host).is_ok_and(is_address);
    is_name && name.starts_with(b"*.") && one_label_before(host, &name[1..])
}

/// Returns whether `host` is one label followed by `suffix`, which begins with a dot.
fn one_label_before(host: &[u8], suffix: &[u8]) -> bool {
    let dot = host.iter().position(|&byte| byte == b'.');
    dot.is_some_and(|dot| suffix.len() > 1 && host[dot..].eq_ignore_ascii_case(suffix))
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(bytes).into());
    }
    let bytes = <[u8; 16]>::try_from(bytes).ok()?;
    Some(Ipv6Addr::from(bytes).into())
}

fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

/// Formats an address as s2n-tls does: IPv6 addresses never contain dots.
fn address_text(address: IpAddr) -> String {
    match address {
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => {
            let groups = address.segments();
            format!("::ffff:{:x}:{:x}", groups[6], groups[7])
        }
        address => address.to_string(),
    }
}

#[cfg(test)]
mod tests;
