//! Identification of the contents of PEM and DER files, for error messages about certificates and keys.

use std::path::Path;

use x509_parser::asn1_rs::{Any, FromDer, Tag};
use x509_parser::prelude::{CertificateRevocationList, X509Certificate, X509CertificationRequest};

use crate::error::ToolError;

/// What a section of a PEM file, or a DER file, contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    Certificate,
    PrivateKey,
    EncryptedKey,
    SshKey,
    PublicKey,
    SigningRequest,
    Crl,
    Parameters,
    Pkcs7,
    Pkcs12,
    Other,
}

impl Item {
    fn name(self) -> &'static str {
        match self {
            Self::Certificate => "a certificate",
            Self::PrivateKey => "a private key",
            Self::EncryptedKey => "an encrypted private key",
            Self::SshKey => "an OpenSSH private key",
            Self::PublicKey => "a public key",
            Self::SigningRequest => "a certificate signing request (CSR)",
            Self::Crl => "a certificate revocation list (CRL)",
            Self::Parameters => "parameters of a key",
            Self::Pkcs7 => "a PKCS #7 bundle",
            Self::Pkcs12 => "a PKCS #12 bundle",
            Self::Other => "something else",
        }
    }

    /// Returns the kind of a PEM section with this label and content.
    fn of_section(label: &str, content: &[u8]) -> Self {
        match label {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => Self::Certificate,
            "ENCRYPTED PRIVATE KEY" => Self::EncryptedKey,
            "OPENSSH PRIVATE KEY" => Self::SshKey,
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" => {
                // RFC 1421, 4.6.1.1: the header of a key that a password encrypts.
                match contains(content, b"Proc-Type: 4,ENCRYPTED") {
                    true => Self::EncryptedKey,
                    false => Self::PrivateKey,
                }
            }
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Self::SigningRequest,
            "X509 CRL" => Self::Crl,
            "PKCS7" | "CMS" => Self::Pkcs7,
            _ if label.ends_with("PUBLIC KEY") => Self::PublicKey,
            _ if label.ends_with("PARAMETERS") => Self::Parameters,
            _ => Self::Other,
        }
    }

    /// Returns the kind of a DER file; `None` if it is none.
    fn of_der(bytes: &[u8]) -> Option<Self> {
        let (_, outer) = Any::from_der(bytes).ok()?;
        if outer.tag() != Tag::Sequence {
            return None;
        }
        if X509Certificate::from_der(bytes).is_ok() {
            return Some(Self::Certificate);
        }
        if X509CertificationRequest::from_der(bytes).is_ok() {
            return Some(Self::SigningRequest);
        }
        if CertificateRevocationList::from_der(bytes).is_ok() {
            return Some(Self::Crl);
        }
        let (_, first) = Any::from_der(outer.data).ok()?;
        Some(match (first.tag(), first.data) {
            // RFC 7292, 4: the version of a PFX is 3.
            (Tag::Integer, [3]) => Self::Pkcs12,
            // RFC 5958, RFC 8017 and RFC 5915: the version of a key is 0 or 1.
            (Tag::Integer, [0 | 1]) => Self::PrivateKey,
            (Tag::Oid, _) => Self::Pkcs7,
            _ => Self::Other,
        })
    }
}

/// The contents of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum FileKind {
    Empty,
    Utf16,
    /// The kinds of the sections, in order.
    Pem(Vec<Item>),
    /// A PEM section with this label has no line with its end.
    Truncated(String),
    Der(Item),
    Unknown,
}

impl FileKind {
    pub fn of(bytes: &[u8]) -> Self {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Self::Empty;
        }
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Self::Utf16;
        }
        match sections(bytes) {
            Err(label) => Self::Truncated(label),
            Ok(items) if !items.is_empty() => Self::Pem(items),
            Ok(_) => Item::of_der(bytes).map_or(Self::Unknown, Self::Der),
        }
    }

    /// Whether there is such an item in PEM; an encrypted private key is a private key as well.
    fn has(&self, wanted: Item) -> bool {
        let is_wanted = |&item: &Item| {
            item == wanted || (item, wanted) == (Item::EncryptedKey, Item::PrivateKey)
        };
        matches!(self, Self::Pem(items) if items.iter().any(is_wanted))
    }

    /// Returns the kind of the only item, or of the first.
    fn item(&self) -> Option<Item> {
        match self {
            Self::Pem(items) => items.first().copied(),
            Self::Der(item) => Some(*item),
            _ => None,
        }
    }

    /// Explains why a file does not have what it should have; `None` if it has.
    fn explain_absence(&self, wanted: Item, path: &Path) -> Option<Explanation> {
        let path = path.display();
        let wanted_name = wanted.name().trim_start_matches("a ");
        let (message, advice) = match self {
            _ if self.has(wanted) => return None,
            Self::Empty => (format!("{path} is empty"), None),
            Self::Utf16 => (
                format!("{path} is UTF-16 text, not ASCII"),
                Some(format!("convert it: iconv -f UTF-16 -t ASCII {path} >FILE")),
            ),
            Self::Truncated(label) => (
                format!("{path} is incomplete: it has no line -----END {label}-----"),
                None,
            ),
            Self::Unknown => (
                format!("{path} has no PEM section"),
                Some(PEM_FORMAT.to_owned()),
            ),
            Self::Der(item) if *item == wanted => (
                format!("{path} is {} in DER, not in PEM", item.name()),
                Some(match wanted {
                    Item::Certificate => {
                        format!("convert it: openssl x509 -inform DER -in {path} -out FILE")
                    }
                    _ => format!("convert it: openssl pkey -inform DER -in {path} -out FILE"),
                }),
            ),
            Self::Pem(_) | Self::Der(_) => {
                let item = self.item()?;
                let message = format!("{path} has no {wanted_name}, but {}", item.name());
                (message, advice_for(item, &path.to_string()))
            }
        };
        Some(Explanation { message, advice })
    }
}

pub const PEM_FORMAT: &str =
    "a PEM file has sections between -----BEGIN … ----- and -----END … ----- lines";

/// Returns how a file with `item` becomes one with `wanted`.
fn advice_for(item: Item, path: &str) -> Option<String> {
    Some(match item {
        Item::PrivateKey | Item::EncryptedKey => {
            "--cert FILE is the certificate, --key FILE its private key".to_owned()
        }
        Item::Certificate => "--key FILE is the private key of the certificate".to_owned(),
        Item::SigningRequest => {
            format!(
                "a CA issues the certificate for it; a self-signed one for tests: openssl x509 -req \
                 -in {path} -signkey KEY -out FILE"
            )
        }
        Item::SshKey => format!("ssh-keygen -p -m PEM -f {path} converts it, in place"),
        Item::PublicKey => {
            "the public key is a part of the certificate; --key FILE is the private \
                            key"
            .to_owned()
        }
        Item::Pkcs7 => format!("convert it: openssl pkcs7 -print_certs -in {path} -out FILE"),
        Item::Pkcs12 => format!("convert it: openssl pkcs12 -nodes -in {path} -out FILE"),
        _ => return None,
    })
}

/// The message and the hint of an error about a file.
struct Explanation {
    message: String,
    advice: Option<String>,
}

impl Explanation {
    fn apply(self, error: ToolError) -> ToolError {
        let error = error.with_message(self.message);
        match self.advice {
            Some(advice) => error.with_advice(advice),
            None => ToolError {
                advice: None,
                ..error
            },
        }
    }
}

/// Explains the error about a file of CA certificates.
pub fn explain_trust(error: ToolError, path: &Path, bytes: &[u8]) -> ToolError {
    let absence = FileKind::of(bytes).explain_absence(Item::Certificate, path);
    match absence {
        Some(explanation) => explanation.apply(error),
        None => error,
    }
}

/// The files of a certificate chain and its private key, which may be the same.
pub struct Pair<'a> {
    pub cert: &'a Path,
    pub cert_bytes: &'a [u8],
    pub key: &'a Path,
    pub key_bytes: &'a [u8],
}

impl Pair<'_> {
    /// Explains the error about a chain and its key by the contents of the files.
    pub fn explain(&self, error: ToolError) -> ToolError {
        let (cert, key) = (FileKind::of(self.cert_bytes), FileKind::of(self.key_bytes));
        let is_exchanged = cert.has(Item::PrivateKey)
            && !cert.has(Item::Certificate)
            && key.item() == Some(Item::Certificate);
        if is_exchanged && self.cert != self.key {
            let message = format!(
                "{} has the private key, and {} the certificate",
                self.cert.display(),
                self.key.display()
            );
            return error
                .with_message(message)
                .with_advice("exchange the files of --cert and --key");
        }
        if let Some(explanation) = cert.explain_absence(Item::Certificate, self.cert) {
            return explanation.apply(error);
        }
        if let Some(mut explanation) = key.explain_absence(Item::PrivateKey, self.key) {
            if self.cert == self.key && key.item() == Some(Item::Certificate) {
                explanation.message = format!("{} has no private key", self.key.display());
                explanation.advice =
                    Some("--key FILE sets the file with the private key of --cert".to_owned());
            }
            return explanation.apply(error);
        }
        match (self.cert == self.key, cert, key) {
            (false, FileKind::Pem(items), _)
                if items.iter().any(|&item| item != Item::Certificate) =>
            {
                let message = format!("{} has not only certificates", self.cert.display());
                error.with_message(message).with_advice(
                    "with --key, the file of --cert has nothing else; without --key, it may have the \
                     private key as well",
                )
            }
            (false, _, FileKind::Pem(items))
                if !matches!(
                    items[..],
                    [Item::PrivateKey | Item::EncryptedKey, ..]
                        | [Item::Parameters, Item::PrivateKey | Item::EncryptedKey, ..]
                ) =>
            {
                let message = format!(
                    "the private key is not the first section of {}",
                    self.key.display()
                );
                error.with_message(message)
            }
            _ => error,
        }
    }
}

/// Returns the PEM sections of certificates.
pub fn certificates(bytes: &[u8]) -> Vec<&[u8]> {
    let text = str::from_utf8(bytes).unwrap_or_default();
    let end = "-----END CERTIFICATE-----";
    let starts = text.match_indices("-----BEGIN CERTIFICATE-----");
    starts
        .filter_map(|(start, _)| {
            let len = text[start..].find(end)? + end.len();
            Some(&bytes[start..start + len])
        })
        .collect()
}

/// Returns the kinds of the PEM sections, or the label of one without an end.
fn sections(bytes: &[u8]) -> Result<Vec<Item>, String> {
    let text = String::from_utf8_lossy(bytes);
    let mut items = Vec::new();
    let mut rest = &*text;
    while let Some((_, section)) = rest.split_once("-----BEGIN ") {
        let Some((label, content)) = section.split_once("-----") else {
            break;
        };
        let Some((content, after)) = content.split_once("-----END ") else {
            return Err(label.to_owned());
        };
        items.push(Item::of_section(label, content.as_bytes()));
        rest = after;
    }
    Ok(items)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(label: &str) -> String {
        format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n")
    }

    #[test]
    fn sections_are_identified_by_their_labels() {
        for (label, item) in [
            ("CERTIFICATE", Item::Certificate),
            ("PRIVATE KEY", Item::PrivateKey),
            ("RSA PRIVATE KEY", Item::PrivateKey),
            ("ENCRYPTED PRIVATE KEY", Item::EncryptedKey),
            ("OPENSSH PRIVATE KEY", Item::SshKey),
            ("RSA PUBLIC KEY", Item::PublicKey),
            ("NEW CERTIFICATE REQUEST", Item::SigningRequest),
            ("X509 CRL", Item::Crl),
            ("DH PARAMETERS", Item::Parameters),
            ("PKCS7", Item::Pkcs7),
            ("PGP MESSAGE", Item::Other),
        ] {
            let text = section(label).replace('\n', "\r\n");
            assert_eq!(FileKind::of(text.as_bytes()), FileKind::Pem(vec![item]));
        }
        let both = section("EC PARAMETERS") + "comment\n" + &section("EC PRIVATE KEY");
        let items = vec![Item::Parameters, Item::PrivateKey];
        assert_eq!(FileKind::of(both.as_bytes()), FileKind::Pem(items));
    }

    #[test]
    fn certificates_are_separated() {
        let certificate = section("CERTIFICATE");
        let text = format!("{}comment\n{certificate}{certificate}", section("X509 CRL"));
        let found = certificates(text.as_bytes());
        assert_eq!(found, [certificate.trim().as_bytes(); 2]);
    }

    #[test]
    fn files_that_are_not_pem_are_identified() {
        for (bytes, kind) in [
            (&b""[..], FileKind::Empty),
            (b" \r\n", FileKind::Empty),
            (b"\xff\xfe-\0-\0", FileKind::Utf16),
            (b"hello", FileKind::Unknown),
            (b"-----BEGIN X", FileKind::Unknown),
            (
                b"-----BEGIN CERTIFICATE-----\nAAAA",
                FileKind::Truncated("CERTIFICATE".to_owned()),
            ),
            // PFX, PKCS #8, ContentInfo, and a sequence of nothing that is known.
            (&[0x30, 3, 2, 1, 3], FileKind::Der(Item::Pkcs12)),
            (&[0x30, 3, 2, 1, 0], FileKind::Der(Item::PrivateKey)),
            (&[0x30, 3, 6, 1, 0x2a], FileKind::Der(Item::Pkcs7)),
            (&[0x30, 2, 5, 0], FileKind::Der(Item::Other)),
            (&[0x30, 9, 5, 0], FileKind::Unknown),
        ] {
            assert_eq!(FileKind::of(bytes), kind, "{bytes:?}");
        }
    }
}
