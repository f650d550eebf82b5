//! Protocol versions.

use std::fmt;
use std::sync::atomic::Ordering;

use crate::process::sync::AtomicU8;

/// A protocol version, ordered by its number in the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// Not yet negotiated, or not offered.
    #[default]
    Unknown,
    /// A legacy_version before SSLv3, by its number in the API.
    Obsolete(u8),
    Ssl3,
    Tls10,
    Tls11,
    Tls12,
    Tls13,
}

impl Version {
    /// Converts a version of a supported_versions extension or a ServerHello (RFC 8446, 4.2.1).
    pub(crate) fn from_wire(version: u16) -> Self {
        match version {
            0x0300 => Self::Ssl3,
            0x0301 => Self::Tls10,
            0x0302 => Self::Tls11,
            0x0303 => Self::Tls12,
            0x0304 => Self::Tls13,
            _ => Self::Unknown,
        }
    }

    /// Returns the bytes of the version in TLS (RFC 8446, 4.2.1).
    pub(crate) fn wire(self) -> [u8; 2] {
        let number = self.number();
        [number / 10, number % 10]
    }

    /// Converts the legacy_version of a ClientHello, which is TLS 1.2 at most (RFC 8446, 4.1.2). As
    /// in s2n-tls, versions are compared by their numbers in the API: 0x1a1a is less than TLS 1.2,
    /// and 0x0400 is more.
    pub(crate) fn from_legacy(version: [u8; 2]) -> Self {
        Self::from_number(legacy_number(version)).min(Self::Tls12)
    }

    /// Returns the number in the API: 33 is TLS 1.2.
    pub fn number(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Obsolete(number) => number,
            Self::Ssl3 => 30,
            Self::Tls10 => 31,
            Self::Tls11 => 32,
            Self::Tls12 => 33,
            Self::Tls13 => 34,
        }
    }

    /// Converts a number of the API; numbers above that of the newest version yield that version.
    fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Unknown,
            30 => Self::Ssl3,
            31 => Self::Tls10,
            32 => Self::Tls11,
            33 => Self::Tls12,
            34.. => Self::Tls13,
            number => Self::Obsolete(number),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "no version",
            Self::Obsolete(number) => return write!(f, "version {}.{}", number / 10, number % 10),
            Self::Ssl3 => "SSL 3.0",
            Self::Tls10 => "TLS 1.0",
            Self::Tls11 => "TLS 1.1",
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        })
    }
}

impl From<Version> for i32 {
    fn from(version: Version) -> Self {
        version.number().into()
    }
}

/// Returns the number of a legacy_version in the API, even if it is not a version of TLS: 33 for
/// 0x0303.
pub(crate) fn legacy_number([major, minor]: [u8; 2]) -> u8 {
    major.wrapping_mul(10).wrapping_add(minor)
}

/// An atomic [`Version`], which threads can share.
#[derive(Debug)]
pub(crate) struct AtomicVersion(AtomicU8);

impl AtomicVersion {
    pub(crate) fn new(version: Version) -> Self {
        Self(AtomicU8::new(version.number()))
    }

    pub(crate) fn load(&self, order: Ordering) -> Version {
        Version::from_number(self.0.load(order))
    }

    pub(crate) fn store(&self, version: Version, order: Ordering) {
        self.0.store(version.number(), order);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_converted_to_their_versions_and_back() {
        for number in 0..=34 {
            assert_eq!(Version::from_number(number).number(), number);
        }
    }

    #[test]
    fn versions_of_the_wire_are_converted_to_their_versions_and_back() {
        for wire in 0x0300..=0x0304 {
            assert_eq!(u16::from_be_bytes(Version::from_wire(wire).wire()), wire);
        }
    }

    #[test]
    fn versions_are_ordered_by_their_numbers() {
        for (number, next) in (0..34).zip(1..) {
            assert!(Version::from_number(number) < Version::from_number(next));
        }
    }

    #[test]
    fn a_legacy_version_is_at_most_tls12() {
        for (bytes, version) in [
            ([3, 1], Version::Tls10),
            ([3, 3], Version::Tls12),
            ([3, 4], Version::Tls12),
            ([4, 0], Version::Tls12),
            ([0xff, 0xff], Version::Tls12),
            ([2, 0], Version::Obsolete(20)),
            ([0, 0], Version::Unknown),
            ([0x1a, 0x1a], Version::Ssl3),
        ] {
            assert_eq!(Version::from_legacy(bytes), version, "{bytes:?}");
        }
    }
}
