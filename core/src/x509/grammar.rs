//! Types of the extensions that are evaluated (RFC 5280, 4.2 and appendix A), down to each value.
//!
//! x509-parser ignores the tags of some values, and the order of some fields. An extension of its type
//! has each field at most once, in the order of the type, and has numbers and bit strings in their only
//! encoding. AWS-LC requires the same.

use x509_parser::asn1_rs::Any;

use super::form::{is_bits, is_identifier, is_name, is_number};
use super::names::values;

/// The content of a value.
enum Type {
    Boolean,
    Integer,
    Bits,
    /// Any bytes: an OCTET STRING, characters, or the content of a type that is not evaluated.
    Bytes,
    Oid,
    Name,
    /// One value of any type, below its tag.
    Value,
    /// Optional fields, in this order.
    Fields(&'static [Field]),
    /// All of these fields, in this order.
    All(&'static [Field]),
    List(&'static Field),
    Choice(&'static [Field]),
}

/// The identifier octet of a value (X.690, 8.1.2), and its content. A choice has the identifier octet of
/// the chosen type.
pub(super) struct Field(u8, Type);

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const CHOICE: u8 = 0;

pub(super) const BASIC_CONSTRAINTS: Field = Field(
    SEQUENCE,
    Type::Fields(&[Field(BOOLEAN, Type::Boolean), Field(INTEGER, Type::Integer)]),
);

/// KeyUsage, and Netscape's certificate type.
pub(super) const BITS: Field = Field(BIT_STRING, Type::Bits);

pub(super) const KEY_IDENTIFIER: Field = Field(OCTET_STRING, Type::Bytes);

pub(super) const PURPOSES: Field = Field(SEQUENCE, Type::List(&Field(OID, Type::Oid)));

pub(super) const GENERAL_NAMES: Field = Field(SEQUENCE, Type::List(&GENERAL_NAME));

const GENERAL_NAME: Field = Field(
    CHOICE,
    Type::Choice(&[
        Field(
            0xa0,
            Type::All(&[Field(OID, Type::Oid), Field(0xa0, Type::Value)]),
        ),
        Field(0x81, Type::Bytes),
        Field(0x82, Type::Bytes),
        Field(0xa3, Type::Bytes),
        Field(0xa4, Type::Name),
        Field(0xa5, Type::All(&[PARTY_NAME])),
        Field(0xa5, Type::All(&[Field(0xa0, Type::Value), PARTY_NAME])),
        Field(0x86, Type::Bytes),
        Field(0x87, Type::Bytes),
        Field(0x88, Type::Oid),
    ]),
);

const PARTY_NAME: Field = Field(0xa1, Type::Value);

pub(super) const AUTHORITY_KEY: Field = Field(
    SEQUENCE,
    Type::Fields(&[
        Field(0x80, Type::Bytes),
        Field(0xa1, Type::List(&GENERAL_NAME)),
        Field(0x82, Type::Integer),
    ]),
);

pub(super) const NAME_CONSTRAINTS: Field = Field(
    SEQUENCE,
    Type::Fields(&[
        Field(0xa0, Type::List(&SUBTREE)),
        Field(0xa1, Type::List(&SUBTREE)),
    ]),
);

const SUBTREE: Field = Field(
    SEQUENCE,
    Type::Fields(&[
        GENERAL_NAME,
        Field(0x80, Type::Integer),
        Field(0x81, Type::Integer),
    ]),
);

pub(super) const POLICY_CONSTRAINTS: Field = Field(
    SEQUENCE,
    Type::Fields(&[Field(0x80, Type::Integer), Field(0x81, Type::Integer)]),
);

pub(super) const CRL_POINTS: Field = Field(
    SEQUENCE,
    Type::List(&Field(
        SEQUENCE,
        Type::Fields(&[
            Field(0xa0, Type::All(&[POINT_NAME])),
            Field(0x81, Type::Bits),
            Field(0xa2, Type::List(&GENERAL_NAME)),
        ]),
    )),
);

/// The scope of a CRL.
pub(super) const ISSUING_POINT: Field = Field(
    SEQUENCE,
    Type::Fields(&[
        Field(0xa0, Type::All(&[POINT_NAME])),
        Field(0x81, Type::Boolean),
        Field(0x82, Type::Boolean),
        Field(0x83, Type::Bits),
        Field(0x84, Type::Boolean),
        Field(0x85, Type::Boolean),
    ]),
);

const POINT_NAME: Field = Field(
    CHOICE,
    Type::Choice(&[
        Field(0xa0, Type::List(&GENERAL_NAME)),
        // A name that is relative to the issuer's is not evaluated.
        Field(0xa1, Type::List(&Field(SEQUENCE, Type::Bytes))),
    ]),
);

impl Field {
    /// Returns whether `bytes` is one value of this type.
    pub(super) fn describes(&self, bytes: &[u8]) -> bool {
        let mut values = values(bytes);
        let is_first = values
            .next()
            .flatten()
            .is_some_and(|value| self.holds(&value));
        is_first && values.next().is_none()
    }

    fn holds(&self, value: &Any<'_>) -> bool {
        match &self.1 {
            Type::Choice(fields) => fields.iter().any(|field| field.holds(value)),
            content => value.header.raw_tag() == Some(&[self.0]) && content.holds(value.data),
        }
    }
}

impl Type {
    fn holds(&self, content: &[u8]) -> bool {
        let mut values = values(content);
        match self {
            Self::Boolean => content.len() == 1,
            Self::Integer => is_number(content),
            Self::Bits => is_bits(content),
            Self::Bytes => true,
            Self::Oid => is_identifier(content),
            Self::Name => match (values.next(), values.next()) {
                (Some(Some(name)), None) => is_name(&name),
                _ => false,
            },
            Self::Value => matches!((values.next(), values.next()), (Some(Some(_)), None)),
            Self::Fields(fields) => {
                let mut fields = fields.iter();
                values
                    .all(|value| value.is_some_and(|value| fields.any(|field| field.holds(&value))))
            }
            Self::All(fields) => {
                let mut fields = fields.iter();
                fields.all(|field| {
                    values
                        .next()
                        .flatten()
                        .is_some_and(|value| field.holds(&value))
                }) && values.next().is_none()
            }
            Self::List(field) => values.all(|value| value.is_some_and(|value| field.holds(&value))),
            Self::Choice(fields) => fields.iter().any(|field| field.describes(content)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn rejects(field: &Field, values: &[&[u8]]) {
        for value in values {
            assert!(!field.describes(value), "{value:x?}");
        }
    }

    #[test]
    fn basic_constraints_have_minimal_numbers() {
        for value in [
            &[0x30, 0][..],
            &[0x30, 3, 1, 1, 0xff],
            &[0x30, 6, 1, 1, 0xff, 2, 1, 0],
            &[0x30, 7, 1, 1, 0xff, 2, 2, 0, 0x80],
        ] {
            assert!(BASIC_CONSTRAINTS.describes(value), "{value:x?}");
        }
        rejects(
            &BASIC_CONSTRAINTS,
            &[
                // Padded and empty numbers, and another tag.
                &[0x30, 7, 1, 1, 0xff, 2, 2, 0, 0x27],
                &[0x30, 5, 1, 1, 0xff, 2, 0],
                &[0x30, 6, 1, 1, 0xff, 3, 1, 0],
                // Tags of another class or form.
                &[0x10, 3, 1, 1, 0xff],
                &[0x30, 3, 0x21, 1, 0xff],
                &[0x30, 3, 0x81, 1, 0xff],
                // Another order, and bytes behind the value.
                &[0x30, 6, 2, 1, 0, 1, 1, 0xff],
                &[0x30, 6, 1, 1, 0xff, 1, 1, 0xff],
                &[0x30, 3, 1, 1, 0xff, 0],
                &[0x30, 4, 1, 1, 0xff, 0],
                &[0x30, 4, 1, 1, 0xff],
                &[],
            ],
        );
    }

    #[test]
    fn identifiers_of_a_key_are_in_order() {
        let all = [
            0x30, 14, 0x80, 1, 7, 0xa1, 6, 0x82, 1, b'a', 0x82, 1, b'b', 0x82, 1, 5,
        ];
        assert!(AUTHORITY_KEY.describes(&all));
        assert!(AUTHORITY_KEY.describes(&[0x30, 0]));
        rejects(
            &AUTHORITY_KEY,
            &[
                &[0x30, 6, 0x80, 1, 7, 0x80, 1, 7],
                &[0x30, 6, 0x82, 1, 5, 0x80, 1, 7],
                &[0x30, 3, 0xa0, 1, 7],
                &[0x30, 4, 0x82, 2, 0, 5],
            ],
        );
    }

    #[test]
    fn subtrees_are_in_order() {
        let subtree = [0x30, 3, 0x82, 1, b'a'];
        let list = |tag: u8| [&[tag, 5][..], &subtree].concat();
        let lists = |tags: &[u8]| {
            let lists: Vec<_> = tags.iter().flat_map(|&tag| list(tag)).collect();
            [&[0x30, lists.len() as u8][..], &lists].concat()
        };
        for tags in [&[0xa0][..], &[0xa1], &[0xa0, 0xa1], &[]] {
            assert!(NAME_CONSTRAINTS.describes(&lists(tags)), "{tags:x?}");
        }
        for tags in [
            &[0xa1, 0xa0][..],
            &[0xa0, 0xa0],
            &[0xa1, 0xa1],
            &[0xa2],
            &[0x80],
        ] {
            assert!(!NAME_CONSTRAINTS.describes(&lists(tags)), "{tags:x?}");
        }
    }

    #[test]
    fn names_have_the_structure_of_their_type() {
        let names = |name: &[u8]| [&[0x30, name.len() as u8][..], name].concat();
        for name in [
            &[0x82, 1, b'a'][..],
            &[0x87, 0],
            &[0xa4, 2, 0x30, 0],
            &[0xa0, 7, 6, 1, 42, 0xa0, 2, 5, 0],
            &[0xa5, 4, 0xa1, 2, 0x0c, 0],
            &[0xa5, 8, 0xa0, 2, 0x0c, 0, 0xa1, 2, 0x0c, 0],
            &[0x88, 1, 42],
        ] {
            assert!(GENERAL_NAMES.describes(&names(name)), "{name:x?}");
        }
        for name in [
            &[0xa2, 3, 0x82, 1, b'a'][..],
            &[0x89, 0],
            &[0xa4, 4, 0xc0, 0, 2, 1],
            &[0xa4, 0],
            &[0xa4, 4, 0x30, 0, 0x30, 0],
            &[0xa0, 3, 6, 1, 42],
            &[0xa5, 4, 0xa0, 2, 0x0c, 0],
            &[0x88, 1, 0x80],
        ] {
            assert!(!GENERAL_NAMES.describes(&names(name)), "{name:x?}");
        }
    }

    #[test]
    fn bits_and_identifiers_have_one_encoding() {
        assert!(BITS.describes(&[3, 2, 7, 0x80]));
        assert!(BITS.describes(&[3, 1, 0]));
        rejects(
            &BITS,
            &[
                &[3, 0],
                &[3, 1, 1],
                &[3, 2, 8, 0],
                &[3, 2, 7, 0xc0],
                &[4, 2, 7, 0x80],
            ],
        );
        assert!(PURPOSES.describes(&[0x30, 3, 6, 1, 42]));
        rejects(&PURPOSES, &[&[0x30, 2, 6, 0], &[0x30, 3, 4, 1, 42]]);
    }

    #[test]
    fn distribution_points_are_in_order() {
        let point = [0xa0, 5, 0xa0, 3, 0x86, 1, b'a'];
        let points = |fields: &[u8]| {
            let len = fields.len() as u8;
            [&[0x30, len + 2, 0x30, len][..], fields].concat()
        };
        assert!(CRL_POINTS.describes(&points(&point)));
        assert!(CRL_POINTS.describes(&points(&[&point[..], &[0x81, 2, 7, 0x80]].concat())));
        assert!(!CRL_POINTS.describes(&points(&[&[0x81, 2, 7, 0x80][..], &point].concat())));
        assert!(!CRL_POINTS.describes(&points(&[&point[..], &point].concat())));
        let scope = |fields: &[u8]| [&[0x30, fields.len() as u8][..], fields].concat();
        assert!(ISSUING_POINT.describes(&scope(&[&point[..], &[0x81, 1, 0xff]].concat())));
        assert!(!ISSUING_POINT.describes(&scope(&[&[0x81, 1, 0xff][..], &point].concat())));
        assert!(!ISSUING_POINT.describes(&scope(&[0x81, 0])));
    }
}
