//! PEM, in the layouts that s2n-tls accepts.
//!
//! Boundaries are parsed here: 2 to 64 dashes on either side of a label, at any position of a line,
//! with any characters that are not base64 between the data. That is wider than RFC 7468, and
//! narrower: in a text from the application every pair of dashes begins a boundary, and a section
//! of another type than the requested one is an error, so that no certificate is skipped silently.
//! The normalized content of a section is decoded by rustls-pemfile.

use rustls::pki_types::PrivateKeyDer;
use rustls_pemfile::{Error, Item, read_one_from_slice};
use x509_parser::asn1_rs::{Any, Class, FromDer, Tag};
use zeroize::Zeroizing;

use crate::base::memory;
use crate::error::{Code, Result};

/// Decodes all certificates of a text, at least one. Text without two consecutive dashes may
/// surround them.
pub(crate) fn certificates(text: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut certs = Vec::new();
    for section in Sections::of(text) {
        let section = section?;
        if section.label != CERTIFICATE {
            return Err(Code::InvalidPem)?;
        }
        let content = section.decode(Code::DecodeCertificate)?;
        memory::push(&mut certs, memory::copy(&content)?)?;
    }
    match certs.is_empty() {
        true => Err(Code::NoCertificateInPem)?,
        false => Ok(certs),
    }
}

/// Decodes all certificates of a file of trusted ones, which may have other sections and comments
/// as well, as OpenSSL reads it. There may be none.
pub(crate) fn trusted_certificates(text: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut certs = Vec::new();
    for section in Sections::among_others(text) {
        let section = section?;
        match section.label {
            CERTIFICATE | OLD_CERTIFICATE => {
                let content = section.decode(Code::DecodeCertificate)?;
                memory::push(&mut certs, memory::copy(&content)?)?;
            }
            TRUSTED_CERTIFICATE => {
                let content = section.decode(Code::DecodeCertificate)?;
                if let Some(cert) = trusted(&content)? {
                    memory::push(&mut certs, memory::copy(cert)?)?;
                }
            }
            _ => {}
        }
    }
    Ok(certs)
}

const CERTIFICATE: &[u8] = b"CERTIFICATE";
const OLD_CERTIFICATE: &[u8] = b"X509 CERTIFICATE";
const TRUSTED_CERTIFICATE: &[u8] = b"TRUSTED CERTIFICATE";

/// Decodes the private key of a text: its first section, or the one after the parameters of an
/// elliptic curve. Encrypted keys are rejected: there is no passphrase.
pub(crate) fn private_key(text: &[u8]) -> Result<Vec<PrivateKeyDer<'static>>> {
    let section = first_key(Sections::of(text))?;
    match section.label {
        b"RSA PRIVATE KEY" | b"EC PRIVATE KEY" | b"PRIVATE KEY" => {
            key_formats(&section.decode(Code::DecodePrivateKey)?)
        }
        _ => Err(Code::InvalidPem)?,
    }
}

/// Returns the section of [`private_key`], which may be encrypted, and so have headers (RFC 1421).
pub(super) fn key_section(text: &[u8]) -> Result<Section<'_>> {
    first_key(Sections::with_headers(text))
}

/// Returns the first section that is not the parameters of an elliptic curve.
fn first_key<'a>(mut sections: Sections<'a>) -> Result<Section<'a>> {
    let section = sections.find(|section| {
        let section = section.as_ref();
        !section.is_ok_and(|section| section.label == b"EC PARAMETERS")
    });
    Ok(section.ok_or(Code::InvalidPem)??)
}

/// Returns a private key in each format that it can have. The label is a hint: some tools write it for
/// a key of another format.
pub(crate) fn key_formats(key: &[u8]) -> Result<Vec<PrivateKeyDer<'static>>> {
    let pkcs8 = PrivateKeyDer::Pkcs8(memory::copy(key)?.into());
    let pkcs1 = PrivateKeyDer::Pkcs1(memory::copy(key)?.into());
    let sec1 = PrivateKeyDer::Sec1(memory::copy(key)?.into());
    Ok(vec![pkcs8, pkcs1, sec1])
}

/// Decodes the CRL that is the first section of a text.
pub(crate) fn crl(text: &[u8]) -> Result<Vec<u8>> {
    first(text, b"X509 CRL", Code::InvalidPem)
}

/// Decodes the first section of a text, which must have this label.
pub(crate) fn first(text: &[u8], label: &[u8], undecodable: Code) -> Result<Vec<u8>> {
    let section = Sections::of(text).next().ok_or(Code::InvalidPem)??;
    match section.label == label {
        true => memory::copy(&section.decode(undecodable)?),
        false => Err(Code::InvalidPem)?,
    }
}

/// A section that is not decoded.
pub(super) struct Section<'a> {
    label: &'a [u8],
    /// Lines before the content (RFC 1421, 4.6); empty if there are none.
    headers: &'a [u8],
    content: &'a [u8],
}

impl Section<'_> {
    pub(super) fn label(&self) -> &[u8] {
        self.label
    }

    pub(super) fn headers(&self) -> &[u8] {
        self.headers
    }

    pub(super) fn decode(&self, undecodable: Code) -> Result<Zeroizing<Vec<u8>>> {
        let data = || self.content.iter().copied().filter(|&byte| is_base64(byte));
        // RFC 4648, 3.2: content without padding may be truncated.
        let digits = data().count();
        if digits == 0 || digits % 4 != 0 {
            return Err(undecodable)?;
        }
        // A label for which rustls-pemfile only decodes the content.
        let mut text = Zeroizing::new(Vec::new());
        memory::reserve_exact(&mut text, digits + BOUNDARIES)?;
        text.extend_from_slice(b"-----BEGIN CERTIFICATE-----\n");
        text.extend(data());
        text.extend_from_slice(b"\n-----END CERTIFICATE-----\n");
        memory::probe(text.len() * GROWTH)?;
        match read_one_from_slice(&text) {
            Ok(Some((Item::X509Certificate(content), _))) => {
                Ok(Zeroizing::new(memory::copy(&content)?))
            }
            Err(Error::Base64Decode(_)) => Err(undecodable)?,
            _ => Err(Code::InvalidPem)?,
        }
    }
}

/// The maximum length of the boundaries around a section's normalized content, in bytes.
const BOUNDARIES: usize = 100;

/// The memory for decoding a section in rustls-pemfile, as a multiple of its length: the buffer for
/// the text grows by doubling, and the result has three bytes of four.
const GROWTH: usize = 3;

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)
}

/// The sections of a text, up to the first that is malformed.
struct Sections<'a> {
    rest: &'a [u8],
    /// Dashes may be part of comments, and begin a boundary only if BEGIN follows.
    among_others: bool,
    /// Sections may have headers.
    with_headers: bool,
}

impl<'a> Sections<'a> {
    fn of(text: &'a [u8]) -> Self {
        Self {
            rest: text,
            among_others: false,
            with_headers: false,
        }
    }

    fn among_others(text: &'a [u8]) -> Self {
        Self {
            among_others: true,
            ..Self::of(text)
        }
    }

    fn with_headers(text: &'a [u8]) -> Self {
        Self {
            with_headers: true,
            ..Self::of(text)
        }
    }

    /// Skips to the label of the next section.
    fn find_begin(&mut self) -> Option<Result<(), Code>> {
        loop {
            let at = self.rest.windows(2).position(|pair| pair == b"--")?;
            self.rest = &self.rest[at..];
            if self.skip_dashes().is_some() && self.skip(b"BEGIN ").is_some() {
                return Some(Ok(()));
            }
            if !self.among_others {
                return Some(Err(Code::InvalidPem));
            }
        }
    }

    fn read(&mut self) -> Option<Section<'a>> {
        let label = self.read_label()?;
        let headers = match self.with_headers {
            true => self.read_headers(),
            false => &[],
        };
        let end = self.rest.iter().position(|&byte| byte == b'-')?;
        let (content, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.skip_dashes()?;
        self.skip(b"END ")?;
        (self.read_label()? == label).then_some(Section {
            label,
            headers,
            content,
        })
    }

    /// Reads the headers up to the empty line behind them.
    fn read_headers(&mut self) -> &'a [u8] {
        let start = self.rest.trim_ascii_start();
        let ends = |lines: &[u8]| lines.starts_with(b"\n\n") || lines.starts_with(b"\n\r\n");
        let end = (0..start.len()).find(|&at| ends(&start[at..]));
        match end {
            Some(end) if start.starts_with(b"Proc-Type:") => {
                self.rest = &start[end..];
                &start[..end]
            }
            _ => &[],
        }
    }

    /// Reads up to the next dashes, and those.
    fn read_label(&mut self) -> Option<&'a [u8]> {
        let end = self
            .rest
            .iter()
            .position(|&byte| byte == b'-' || byte == b'\n')?;
        let (label, rest) = self.rest.split_at(end);
        self.rest = rest;
        let dashes = self.skip_dashes()?;
        // Without a line break between two sections their dashes are consecutive.
        if self.rest.starts_with(b"BEGIN ") {
            self.rest = &rest[dashes - MIN_DASHES..];
        }
        Some(label)
    }

    fn skip_dashes(&mut self) -> Option<usize> {
        let dashes = self
            .rest
            .iter()
            .take(MAX_DASHES)
            .take_while(|&&byte| byte == b'-')
            .count();
        self.rest = &self.rest[dashes..];
        let has_more = self.rest.first() == Some(&b'-');
        (dashes >= MIN_DASHES && !has_more).then_some(dashes)
    }

    fn skip(&mut self, expected: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(expected)?;
        Some(())
    }
}

const MIN_DASHES: usize = 2;
const MAX_DASHES: usize = 64;

impl<'a> Iterator for Sections<'a> {
    type Item = Result<Section<'a>, Code>;

    fn next(&mut self) -> Option<Self::Item> {
        let section = match self.find_begin()? {
            Ok(()) => self.read().ok_or(Code::InvalidPem),
            Err(code) => Err(code),
        };
        if section.is_err() {
            self.rest = &[];
        }
        Some(section)
    }
}

/// Parses a certificate with OpenSSL's trust settings behind it; `None` if they do not trust it for
/// TLS.
fn trusted(content: &[u8]) -> Result<Option<&[u8]>> {
    let (settings, _) = Any::from_der(content).map_err(|_| Code::DecodeCertificate)?;
    let cert = &content[..content.len() - settings.len()];
    Ok(allows_tls(settings)?.then_some(cert))
}

/// Returns whether OpenSSL's settings of a trusted certificate (`openssl x509 -addtrust`,
/// `-addreject`) allow it as a trust anchor for TLS.
fn allows_tls(settings: &[u8]) -> Result<bool> {
    if settings.is_empty() {
        return Ok(true);
    }
    let mut allowed = true;
    for setting in super::elements(settings).ok_or(Code::DecodeCertificate)? {
        let setting = setting.ok_or(Code::DecodeCertificate)?;
        let names_tls = || -> Result<bool> {
            let purposes: Option<Vec<_>> = super::values(setting.data).collect();
            let purposes = purposes.ok_or(Code::DecodeCertificate)?;
            Ok(purposes
                .iter()
                .any(|purpose| TLS_PURPOSES.contains(&purpose.data)))
        };
        match (setting.class(), setting.tag()) {
            (Class::Universal, Tag::Sequence) => allowed &= names_tls()?,
            (Class::ContextSpecific, Tag(0)) => allowed &= !names_tls()?,
            _ => {}
        }
    }
    Ok(allowed)
}

/// RFC 5280, 4.2.1.12: any purpose, servers and clients of TLS.
const TLS_PURPOSES: [&[u8]; 3] = [
    &[0x55, 0x1d, 0x25, 0],
    &[0x2b, 6, 1, 5, 5, 7, 3, 1],
    &[0x2b, 6, 1, 5, 5, 7, 3, 2],
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Three bytes.
    const DATA: &str = "AQID";

    fn section(label: &str) -> String {
        format!("-----BEGIN {label}-----\n{DATA}\n-----END {label}-----\n")
    }

    fn count(text: &str) -> Result<usize, Code> {
        let certs = certificates(text.as_bytes()).map_err(|error| error.code())?;
        assert!(certs.iter().all(|cert| cert[..] == [1, 2, 3]));
        Ok(certs.len())
    }

    #[test]
    fn layouts_of_s2n_tls_are_accepted() {
        let cert = section("CERTIFICATE");
        for text in [
            cert.clone(),
            cert.replace('\n', "\r\n"),
            cert.replace("-----", "--"),
            cert.replace("-----", &"-".repeat(64)),
            cert.replace("-----BEGIN", "words - and a dash ---BEGIN"),
            cert.replace("AQID", "A\nQ \tI,D"),
            cert.replace('\n', ""),
            format!("\u{feff}{cert} words"),
        ] {
            assert_eq!(count(&text), Ok(1), "{text}");
        }
        let two = format!("{cert}{cert}");
        assert_eq!(count(&two), Ok(2));
        assert_eq!(count(&two.replace('\n', "")), Ok(2));
    }

    #[test]
    fn other_sections_than_certificates_are_errors() {
        let cert = section("CERTIFICATE");
        for wrong in [
            section("TRUSTED CERTIFICATE"),
            section("X509 CERTIFICATE"),
            section("PRIVATE KEY"),
            "-- a comment --\n".to_owned(),
            cert.replace("-----", "-"),
            cert.replace("-----", &"-".repeat(65)),
            cert.replace("-----END", "-----BEGIN"),
            cert.replace("END CERTIFICATE", "END CERT"),
            cert.replace("END CERTIFICATE-----", "END CERTIFICATE"),
            cert.replace("AQID", "AQ-ID"),
            "-----BEGIN CERTIFICATE-----\nAQID".to_owned(),
        ] {
            let text = format!("{cert}{wrong}");
            let expected = if wrong.starts_with("-B") {
                Ok(1)
            } else {
                Err(Code::InvalidPem)
            };
            assert_eq!(count(&text), expected, "{text}");
        }
        for undecodable in ["", "AQI", "A===", "=AQI"] {
            let text = format!("{cert}{}", cert.replace("AQID", undecodable));
            assert_eq!(count(&text), Err(Code::DecodeCertificate), "{undecodable}");
        }
        assert_eq!(count("no PEM at all"), Err(Code::NoCertificateInPem));
        assert_eq!(count(""), Err(Code::NoCertificateInPem));
    }

    #[test]
    fn a_file_of_trusted_certificates_may_have_comments_and_other_sections() {
        let text = format!(
            "# ---- roots ----\n{}{}{}",
            section("DH PARAMETERS"),
            section("X509 CERTIFICATE"),
            section("CERTIFICATE"),
        );
        let certs = trusted_certificates(text.as_bytes()).expect("certificates");
        assert_eq!(certs, [[1, 2, 3], [1, 2, 3]]);
        let cut = &text[..text.len() - 20];
        assert!(trusted_certificates(cut.as_bytes()).is_err());
    }

    #[test]
    fn settings_of_a_trusted_certificate_decide() {
        let server: &[u8] = &[0x30, 12, 0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
        let mut email = server.to_vec();
        email[13] = 4;
        let mut rejected = server.to_vec();
        rejected[2] = 0xa0;
        for (settings, expected) in [
            (&[][..], true),
            (&[0x30, 0], true),
            (server, true),
            (&email, false),
            (&rejected, false),
        ] {
            assert_eq!(
                allows_tls(settings).expect("settings"),
                expected,
                "{settings:?}"
            );
        }
        assert!(allows_tls(&[0x30]).is_err());
        // The object identifier is longer than its container.
        assert!(allows_tls(&[0x30, 4, 0xa0, 2, 6, 5]).is_err());
        let cert = [&[0x30, 1, 7][..], server].concat();
        assert_eq!(
            trusted(&cert).expect("a certificate"),
            Some(&[0x30, 1, 7][..])
        );
    }

    #[test]
    fn a_key_may_be_behind_its_parameters() {
        let text = section("EC PARAMETERS") + &section("EC PRIVATE KEY");
        assert_eq!(private_key(text.as_bytes()).expect("a key").len(), 3);
        let text = section("CERTIFICATE") + &section("EC PRIVATE KEY");
        let error = private_key(text.as_bytes()).expect_err("no key first");
        assert_eq!(error.code(), Code::InvalidPem);
    }

    #[test]
    fn dashes_between_two_sections_may_be_shared() {
        for dashes in [2, 3, 4, 10, 64] {
            let cert = section("CERTIFICATE").replace('\n', "");
            let (first, second) = (cert.trim_end_matches('-'), cert.trim_start_matches('-'));
            let between = "-".repeat(dashes);
            assert_eq!(
                count(&format!("{first}{between}{second}")),
                Ok(2),
                "{dashes}"
            );
        }
    }

    #[test]
    fn only_an_encrypted_key_has_headers() {
        let headers = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00";
        for (before, expected) in [
            (String::new(), ""),
            (format!("{headers}\n\n"), headers),
            (format!("{headers}\n\r\n"), headers),
            // Lines of the content, with an empty one between them.
            ("AQID\n\n".to_owned(), ""),
        ] {
            let text = section("RSA PRIVATE KEY").replace(DATA, &format!("{before}{DATA}"));
            let section = key_section(text.as_bytes()).expect("a section");
            assert_eq!(section.headers(), expected.as_bytes(), "{text}");
            let content = section.decode(Code::DecodePrivateKey).expect("base64");
            assert!([3, 6].contains(&content.len()) && content.ends_with(&[1, 2, 3]));
        }
    }

    #[test]
    fn a_file_may_have_certificates_with_settings() {
        // An empty SEQUENCE, and settings that permit everything; "MAAwAA==" is both.
        for (content, expected) in [("MAA=", 1), ("MAAwAA==", 1), ("MAAwBjAEBgIqAw==", 0)] {
            let text = section("TRUSTED CERTIFICATE").replace(DATA, content);
            let certs = trusted_certificates(text.as_bytes()).expect("certificates");
            assert_eq!(certs, vec![vec![0x30, 0]; expected], "{content}");
        }
    }
}
