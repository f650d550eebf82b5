//! What s2n-tls asks of the certificates of a path beside what webpki does.
//!
//! webpki takes a trust anchor for a name and a key, and reads neither key usages nor key
//! identifiers. s2n-tls looks at the anchor's certificate as at any other.

use std::borrow::Cow;

use x509_parser::extensions::{AuthorityKeyIdentifier, GeneralName, ParsedExtension};
use x509_parser::oid_registry::*;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::tls::connection::Mode;
use crate::tls::error::Code;

/// Certificates from a peer's own up to one that is trusted.
pub(crate) struct Path<'a>(Vec<Cow<'a, X509Certificate<'a>>>);

impl<'a> Path<'a> {
    /// A peer's own certificate, which is trusted itself.
    pub(crate) fn alone(leaf: &'a X509Certificate<'a>) -> Self {
        Self(vec![Cow::Borrowed(leaf)])
    }

    /// Reads the certificates (DER) from the one that has issued the peer's up to the trusted one.
    pub(crate) fn read(
        leaf: &'a X509Certificate<'a>,
        above: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Self, Code> {
        let mut path = Self::alone(leaf);
        for der in above {
            let (_, cert) = X509Certificate::from_der(der).map_err(|_| Code::DecodeCertificate)?;
            path.0.push(Cow::Owned(cert));
        }
        Ok(path)
    }

    /// Whether all of them may stand where they do. Nothing for a time that does not matter.
    pub(crate) fn check(&self, now: Option<u64>) -> Result<(), Code> {
        self.0.iter().try_for_each(|cert| check_form(cert))?;
        for pair in self.0.windows(2) {
            check_issuer(&pair[0], &pair[1])?;
        }
        self.check_common_names()?;
        match now {
            Some(now) => self.check_times(now),
            None => Ok(()),
        }
    }

    /// Whether it is time: from the one that is trusted down, as s2n-tls goes.
    pub(crate) fn check_times(&self, now: u64) -> Result<(), Code> {
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        for cert in self.0.iter().rev() {
            let validity = cert.validity();
            if now < validity.not_before.timestamp() {
                return Err(Code::CertNotYetValid);
            }
            // The last second is over when it begins.
            if now >= validity.not_after.timestamp() {
                return Err(Code::CertExpired);
            }
        }
        Ok(())
    }

    /// Whether the peer's certificate is meant for what it does: by its purposes, and by what its
    /// key may be used for. `mode` is our side.
    pub(crate) fn check_intent(&self, mode: Mode) -> Result<(), Code> {
        let Some(leaf) = self.0.first() else {
            return Err(Code::CertIntentInvalid);
        };
        let is_server = mode == Mode::Client;
        let has_purpose = match leaf.extended_key_usage() {
            Ok(Some(purposes)) if is_server => purposes.value.server_auth,
            Ok(Some(purposes)) => purposes.value.client_auth,
            _ => true,
        };
        let may_sign = match leaf.key_usage() {
            Ok(Some(usage)) => {
                let usage = usage.value;
                usage.digital_signature()
                    || usage.key_agreement()
                    || is_server && usage.key_encipherment()
            }
            _ => true,
        };
        match has_purpose && may_sign {
            true => Ok(()),
            false => Err(Code::CertIntentInvalid),
        }
    }

    /// A common name that stands in for a DNS name is bound by what authorities say of DNS names.
    fn check_common_names(&self) -> Result<(), Code> {
        let Some((leaf, issuers)) = self.0.split_first() else {
            return Ok(());
        };
        if has_dns_name(leaf) {
            return Ok(());
        }
        let names = leaf.subject().iter_common_name();
        let mut names = names
            .filter_map(|name| name.as_str().ok())
            .filter(|name| looks_like_dns(name));
        match names.all(|name| issuers.iter().all(|issuer| permits(issuer, name))) {
            true => Ok(()),
            false => Err(Code::CertUntrusted),
        }
    }
}

/// Whether the certificate by itself makes sense.
fn check_form(cert: &X509Certificate<'_>) -> Result<(), Code> {
    for extension in cert.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::ParseError { .. } => return Err(Code::CertUntrusted),
            ParsedExtension::BasicConstraints(constraints)
                if !constraints.ca && constraints.path_len_constraint.is_some() =>
            {
                return Err(Code::CertUntrusted);
            }
            ParsedExtension::SubjectAlternativeName(names)
                if names.general_names.iter().any(is_invalid) =>
            {
                return Err(Code::CertUntrusted);
            }
            _ => {}
        }
        if extension.critical && !UNDERSTOOD.contains(&extension.oid) {
            return Err(Code::CertUnhandledCriticalExtension);
        }
    }
    Ok(())
}

fn is_invalid(name: &GeneralName<'_>) -> bool {
    matches!(name, GeneralName::Invalid(..))
}

/// Extensions that a certificate may insist on.
const UNDERSTOOD: [Oid<'static>; 9] = [
    OID_X509_EXT_KEY_USAGE,
    OID_X509_EXT_SUBJECT_ALT_NAME,
    OID_X509_EXT_BASIC_CONSTRAINTS,
    OID_X509_EXT_CERTIFICATE_POLICIES,
    OID_X509_EXT_EXTENDED_KEY_USAGE,
    OID_X509_EXT_POLICY_CONSTRAINTS,
    OID_X509_EXT_NAME_CONSTRAINTS,
    OID_X509_EXT_POLICY_MAPPINGS,
    OID_X509_EXT_INHIBIT_ANY_POLICY,
];

/// Whether `issuer` may have issued `cert`.
fn check_issuer(cert: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> Result<(), Code> {
    let signs_certificates = match issuer.key_usage() {
        Ok(Some(usage)) => usage.value.key_cert_sign(),
        _ => true,
    };
    match is_authority(issuer) && signs_certificates && identifies(cert, issuer) {
        true => Ok(()),
        false => Err(Code::CertUntrusted),
    }
}

/// Whether it says that it is an authority. Those of version 1 have no way to say so.
fn is_authority(cert: &X509Certificate<'_>) -> bool {
    match cert.basic_constraints() {
        Ok(Some(constraints)) => constraints.value.ca,
        _ => cert.version().0 == 0 && cert.issuer() == cert.subject(),
    }
}

/// Whether what `cert` says of its issuer's key fits.
fn identifies(cert: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
    let Some(authority) = authority_key_id(cert) else {
        return true;
    };
    let subject =
        issuer
            .extensions()
            .iter()
            .find_map(|extension| match extension.parsed_extension() {
                ParsedExtension::SubjectKeyIdentifier(id) => Some(id),
                _ => None,
            });
    if let (Some(theirs), Some(ours)) = (&authority.key_identifier, subject)
        && theirs != ours
    {
        return false;
    }
    if authority
        .authority_cert_serial
        .is_some_and(|serial| serial != issuer.raw_serial())
    {
        return false;
    }
    let names = authority.authority_cert_issuer.iter().flatten();
    let mut names = names.filter_map(|name| match name {
        GeneralName::DirectoryName(name) => Some(name),
        _ => None,
    });
    names.next().is_none_or(|name| name == issuer.issuer())
}

fn authority_key_id<'a>(cert: &'a X509Certificate<'_>) -> Option<&'a AuthorityKeyIdentifier<'a>> {
    let mut extensions = cert.extensions().iter();
    extensions.find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(id) => Some(id),
        _ => None,
    })
}

fn has_dns_name(cert: &X509Certificate<'_>) -> bool {
    let Ok(Some(names)) = cert.subject_alternative_name() else {
        return false;
    };
    let mut names = names.value.general_names.iter();
    names.any(|name| matches!(name, GeneralName::DNSName(_)))
}

fn looks_like_dns(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte);
    name.contains('.') && name.bytes().all(is_part)
}

/// Whether an authority lets others be called so.
fn permits(issuer: &X509Certificate<'_>, name: &str) -> bool {
    let Ok(Some(constraints)) = issuer.name_constraints() else {
        return true;
    };
    let bases = |subtrees: &Option<Vec<x509_parser::extensions::GeneralSubtree<'_>>>| {
        let subtrees = subtrees.iter().flatten();
        let bases = subtrees.filter_map(|subtree| match subtree.base {
            GeneralName::DNSName(base) => Some(base.to_owned()),
            _ => None,
        });
        bases.collect::<Vec<_>>()
    };
    let permitted = bases(&constraints.value.permitted_subtrees);
    let excluded = bases(&constraints.value.excluded_subtrees);
    let is_permitted = permitted.is_empty() || permitted.iter().any(|base| is_within(name, base));
    is_permitted && !excluded.iter().any(|base| is_within(name, base))
}

/// RFC 5280, 4.2.1.10: whether `name` is `base` with any labels before it.
fn is_within(name: &str, base: &str) -> bool {
    let (name, base) = (name.to_ascii_lowercase(), base.to_ascii_lowercase());
    if base.is_empty() {
        return true;
    }
    let Some(before) = name.strip_suffix(&base) else {
        return false;
    };
    before.is_empty() || before.ends_with('.') || base.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_within_itself_and_its_parents() {
        assert!(is_within("a.example.org", "example.org"));
        assert!(is_within("Example.org", "example.ORG"));
        assert!(is_within("a.example.org", ".example.org"));
        assert!(is_within("anything", ""));
        assert!(!is_within("example.org", ".example.org"));
        assert!(!is_within("anexample.org", "example.org"));
        assert!(!is_within("org", "example.org"));
    }

    #[test]
    fn only_some_common_names_are_dns_names() {
        assert!(looks_like_dns("example.org"));
        assert!(!looks_like_dns("An Authority"));
        assert!(!looks_like_dns("localhost"));
    }
}
