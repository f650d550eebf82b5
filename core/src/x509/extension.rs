//! Lookup of certificate extensions (RFC 5280, 4.2) by object identifier.

use x509_parser::der_parser::Oid;
use x509_parser::der_parser::asn1_rs::{Any, FromDer, Tag};
use x509_parser::oid_registry::OidRegistry;

use super::outline;
use crate::base::memory;
use crate::error::{Code, Result};

/// One extension of a certificate.
pub struct Extension {
    pub value: Vec<u8>,
    pub critical: bool,
}

/// Returns the extension with an object identifier in dotted form, such as "2.5.29.17".
pub fn find(der: &[u8], oid: &str) -> Result<Extension> {
    let cert = outline(der).ok_or(Code::DecodeCertificate)?;
    if cert.extensions().is_empty() {
        return Err(Code::Safety)?;
    }
    let oid = identifier(oid)?;
    let extension = cert
        .extensions()
        .iter()
        .find(|extension| extension.oid == oid)
        .ok_or(Code::X509ExtensionValueNotFound)?;
    Ok(Extension {
        value: memory::copy(extension.value)?,
        critical: extension.critical,
    })
}

/// Returns the encoded content of an object identifier in dotted form.
pub(crate) fn oid(text: &[u8]) -> Result<Box<[u8]>> {
    let text = std::str::from_utf8(text).map_err(|_| Code::Null)?;
    let oid = numbers(text)?.and_then(|numbers| Oid::from(&numbers).ok());
    Ok(oid.ok_or(Code::Null)?.as_bytes().into())
}

fn numbers(text: &str) -> Result<Option<Vec<u64>>> {
    let mut numbers = Vec::new();
    for number in text.split('.') {
        let Ok(number) = number.parse() else {
            return Ok(None);
        };
        memory::push(&mut numbers, number)?;
    }
    // The encoding is shorter.
    memory::probe(text.len())?;
    Ok(Some(numbers))
}

/// Parses an object identifier in dotted form, or the short name of a well-known one.
fn identifier(text: &str) -> Result<Oid<'static>> {
    let oid = match numbers(text)? {
        Some(numbers) => Oid::from(&numbers).ok(),
        None => {
            let registry = OidRegistry::default().with_all_crypto().with_x509();
            let mut known = registry.iter_by_sn(text);
            known.next().map(|(oid, _)| oid.clone())
        }
    };
    Ok(oid.ok_or(Code::Null)?)
}

/// Returns the string of a UTF8String (X.690, 8.23) at the start of an extension's value.
pub fn utf8(value: &[u8]) -> Result<&[u8]> {
    match Any::from_der(value) {
        Ok((_, any)) if any.tag() == Tag::Utf8String && any.header.is_primitive() => Ok(any.data),
        _ => Err(Code::InvalidX509ExtensionType)?,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use crate::x509::pem;

    #[test]
    fn bytes_after_a_utf8_string_are_ignored() {
        let text = utf8(b"\x0c\x02hi!").expect("a string");
        assert_eq!(text, b"hi");
    }

    #[test]
    fn other_types_than_utf8_string_are_rejected() {
        let wrong: [&[u8]; 6] = [
            b"\x2c\x02hi",
            b"",
            b"\x0c",
            b"\x0c\x02h",
            b"\x13\x02hi",
            b"\x0c\x80hi\0\0",
        ];
        for value in wrong {
            let error = utf8(value).expect_err("no string");
            assert_eq!(error.code(), Code::InvalidX509ExtensionType);
        }
    }

    #[test]
    fn an_identifier_has_numbers_only() {
        assert_eq!(*oid(b"2.5.29.17").expect("numbers"), [0x55, 0x1d, 0x11]);
        for wrong in [&b""[..], b"subjectAltName", b"2.5.x", b"\xff", b"2"] {
            assert_eq!(oid(wrong).expect_err("no identifier").code(), Code::Null);
        }
    }

    #[test]
    fn identifiers_are_numbers_or_names() {
        let by_number = identifier("2.5.29.17").expect("numbers");
        assert_eq!(identifier("subjectAltName").expect("a name"), by_number);
        for wrong in ["", ".", "2.5.", "2.5.x", "99.99", "no such name"] {
            assert_eq!(
                identifier(wrong).expect_err("no identifier").code(),
                Code::Null
            );
        }
    }

    #[test]
    fn extensions_of_a_certificate_are_found() {
        let pem = pem::certificates(testing::pki().server.0.as_bytes());
        let der = pem.expect("a certificate").remove(0);
        let names = find(&der, "2.5.29.17").expect("subjectAltName");
        assert_eq!(names.value, b"\x30\x10\x82\x0eserver.example");
        assert!(!names.critical);
        let usages = find(&der, "extendedKeyUsage").expect("of a server");
        assert_eq!(
            usages.value,
            b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"
        );
        let missing = find(&der, "2.5.29.99").err().map(|error| error.code());
        assert_eq!(missing, Some(Code::X509ExtensionValueNotFound));
    }
}
