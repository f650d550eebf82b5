//! A strict DER reader (X.690, 8 and 10) for structures that x509-parser does not parse.

use x509_parser::asn1_rs::{Any, FromDer, Tag};

use super::form;
use super::names::is_sequence;

/// A value with its encoding.
#[derive(Debug)]
pub(crate) struct Value<'a> {
    pub(super) any: Any<'a>,
    pub(super) der: &'a [u8],
}

impl<'a> Value<'a> {
    /// Parses the value at the start of some bytes, and returns it with the rest.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (rest, any) = Any::from_der(bytes).ok()?;
        let der = &bytes[..bytes.len() - rest.len()];
        // X.690, 10.1: "The definite form of length encoding shall be used, encoded in the minimum
        // number of octets", which asn1-rs does not check. No type here has a tag of several bytes.
        let is_minimal = der.len() == header_len(any.data.len()) + any.data.len();
        is_minimal.then_some((Self { any, der }, rest))
    }

    /// Returns the content of a primitive value of a universal type.
    pub(super) fn primitive(&self, tag: Tag) -> Option<&'a [u8]> {
        form::is(&self.any, tag).then_some(self.any.data)
    }

    /// Returns the content of an INTEGER with a minimal length (X.690, 8.3.2).
    pub(crate) fn integer(&self) -> Option<&'a [u8]> {
        let content = self.primitive(Tag::Integer)?;
        form::is_number(content).then_some(content)
    }

    /// Returns the bytes of an INTEGER that is not negative, without the zero before a high bit.
    pub(crate) fn unsigned(&self) -> Option<&'a [u8]> {
        match self.integer()? {
            [0x80..=0xff, ..] => None,
            [0, magnitude @ ..] => Some(magnitude),
            magnitude => Some(magnitude),
        }
    }

    /// Returns the number of an ENUMERATED of one byte.
    pub(super) fn enumerated(&self) -> Option<u8> {
        match self.primitive(Tag::Enumerated)? {
            &[number] => Some(number),
            _ => None,
        }
    }

    /// Returns the value of a BOOLEAN (X.690, 11.1).
    pub(super) fn boolean(&self) -> Option<bool> {
        match self.primitive(Tag::Boolean)? {
            [0] => Some(false),
            [0xff] => Some(true),
            _ => None,
        }
    }

    /// Returns the content of an OBJECT IDENTIFIER.
    pub(super) fn oid(&self) -> Option<&'a [u8]> {
        form::is_oid(&self.any).then_some(self.any.data)
    }

    /// Unwraps an explicit tag; `Some(None)` if the value has another tag.
    pub(super) fn unwrap_explicit(&self, number: u32) -> Option<Option<Self>> {
        if !form::is_field(&self.any, number) {
            return Some(None);
        }
        let (inner, rest) = Self::parse(self.any.data)?;
        let is_sound = self.any.header.is_constructed() && rest.is_empty();
        is_sound.then_some(Some(inner))
    }
}

/// Returns the length of a tag of one byte and the minimal length octets (X.690, 8.1.3).
fn header_len(content: usize) -> usize {
    match content {
        0..0x80 => 2,
        _ => 2 + (usize::BITS - content.leading_zeros()).div_ceil(8) as usize,
    }
}

/// The fields of a SEQUENCE, read in their order.
pub(crate) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn of(value: &Value<'a>) -> Option<Self> {
        is_sequence(&value.any).then_some(Self(value.any.data))
    }

    /// Reads a SEQUENCE without trailing bytes.
    pub(crate) fn of_whole(der: &'a [u8]) -> Option<Self> {
        let (value, rest) = Value::parse(der)?;
        rest.is_empty().then(|| Self::of(&value))?
    }

    /// Reads the fields in the content of an implicitly tagged SEQUENCE.
    pub(super) fn of_content(content: &'a [u8]) -> Self {
        Self(content)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn next(&mut self) -> Option<Value<'a>> {
        let (value, rest) = Value::parse(self.0)?;
        self.0 = rest;
        Some(value)
    }

    pub(super) fn primitive(&mut self, tag: Tag) -> Option<&'a [u8]> {
        self.next()?.primitive(tag)
    }

    /// Reads a field with an explicit tag, which may be absent: then it is `Some(None)`.
    pub(super) fn explicit(&mut self, number: u32) -> Option<Option<Value<'a>>> {
        if self.is_empty() {
            return Some(None);
        }
        let (value, rest) = Value::parse(self.0)?;
        let inner = value.unwrap_explicit(number)?;
        if inner.is_some() {
            self.0 = rest;
        }
        Some(inner)
    }

    /// Checks that there is no further field.
    pub(crate) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// Parses each element of a SEQUENCE OF.
pub(super) fn sequence_of<'a, T>(
    value: &Value<'a>,
    mut parse: impl FnMut(&Value<'a>) -> Option<T>,
) -> Option<Vec<T>> {
    let mut fields = Fields::of(value)?;
    let mut elements = Vec::new();
    while !fields.is_empty() {
        elements.push(parse(&fields.next()?)?);
    }
    Some(elements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_minimal() {
        let long = |head: &[u8], len: usize| [head, &vec![1; len]].concat();
        for right in [
            long(&[4, 0], 0),
            long(&[4, 0x7f], 0x7f),
            long(&[4, 0x81, 0x80], 0x80),
            long(&[4, 0x82, 1, 0], 0x100),
        ] {
            let (value, rest) = Value::parse(&right).expect("a value");
            assert_eq!((value.der, rest), (&right[..], &[][..]));
        }
        for wrong in [
            long(&[4, 0x81, 0], 0),
            long(&[4, 0x81, 0x7f], 0x7f),
            long(&[4, 0x82, 0, 0x80], 0x80),
            long(&[4, 0x83, 0, 1, 0], 0x100),
            long(&[4, 0x80], 2),
            long(&[4, 3], 2),
            // A tag of two bytes.
            long(&[0x1f, 4, 1], 1),
        ] {
            assert!(Value::parse(&wrong).is_none(), "{wrong:02x?}");
        }
    }

    #[test]
    fn integers_are_minimal() {
        let integer = |content: &[u8]| {
            let der = [&[2, content.len() as u8], content].concat();
            let (value, _) = Value::parse(&der)?;
            value.integer().map(<[u8]>::to_vec)
        };
        // `form` tests the numbers.
        assert_eq!(integer(&[0, 0x80]).as_deref(), Some(&[0, 0x80][..]));
        assert_eq!(integer(&[0, 0x7f]), None);
    }

    #[test]
    fn unsigned_integers_are_not_negative() {
        let unsigned = |der: &[u8]| Value::parse(der)?.0.unsigned().map(<[u8]>::to_vec);
        assert_eq!(unsigned(&[2, 2, 0, 0x80]), Some(vec![0x80]));
        assert_eq!(unsigned(&[2, 1, 0x7f]), Some(vec![0x7f]));
        assert_eq!(unsigned(&[2, 1, 0]), Some(vec![]));
        assert_eq!(unsigned(&[2, 1, 0x80]), None);
        assert_eq!(unsigned(&[4, 1, 0x7f]), None);
    }

    #[test]
    fn booleans_have_two_values() {
        let boolean = |der: &[u8]| Value::parse(der)?.0.boolean();
        assert_eq!(boolean(&[1, 1, 0]), Some(false));
        assert_eq!(boolean(&[1, 1, 0xff]), Some(true));
        for wrong in [&[1, 1, 1][..], &[1, 0], &[1, 2, 0, 0], &[0x81, 1, 0xff]] {
            assert_eq!(boolean(wrong), None, "{wrong:02x?}");
        }
    }

    #[test]
    fn an_explicit_tag_has_one_value() {
        let explicit = |der: &[u8]| {
            let (value, _) = Value::parse(der)?;
            value.unwrap_explicit(1).map(|inner| inner.is_some())
        };
        assert_eq!(explicit(&[0xa1, 2, 5, 0]), Some(true));
        assert_eq!(explicit(&[0xa2, 2, 5, 0]), Some(false));
        for wrong in [&[0xa1, 0][..], &[0xa1, 4, 5, 0, 5, 0], &[0x81, 2, 5, 0]] {
            assert_eq!(explicit(wrong), None, "{wrong:02x?}");
        }
    }
}
