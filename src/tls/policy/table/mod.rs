//! What s2n-tls means by each policy name: facts only, nothing taken away.

mod groups;
mod policies;
mod schemes;
mod suites;

pub(super) use groups::Group;
pub(super) use policies::{DEPRECATED, POLICIES};
pub(super) use schemes::Scheme;
pub(super) use suites::Suite;

use crate::tls::base::Version;

/// A policy as the reference defines it.
pub(super) struct Definition {
    /// All its names; the first is the one that is reported.
    pub names: &'static [&'static str],
    pub min_version: Version,
    pub suites: &'static [Suite],
    pub groups: &'static [Group],
    pub schemes: &'static [Scheme],

    /// The schemes allowed within a certificate chain; nothing if the policy does not say.
    pub certificate_schemes: Option<&'static [Scheme]>,

    /// The keys allowed in certificates; nothing if the policy does not say.
    pub certificate_keys: Option<&'static [CertificateKey]>,

    /// Whether our own certificates must obey the two fields above, too.
    pub checks_own_certificates: bool,

    /// Whether a client that puts ChaCha20 first gets it.
    pub boosts_chacha20: bool,

    /// The curve for which a server asks again if the client supports it but sent another share.
    pub insists_on: Option<Group>,
}

/// A kind and size of public key in a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateKey {
    EcdsaP384,
    Rsa3072,
    Rsa4096,
    RsaPss3072,
    RsaPss4096,
    MlDsa87,
}

impl Definition {
    /// What a row has of which it says nothing.
    pub const PLAIN: Self = Self {
        names: &[],
        min_version: Version::Tls12,
        suites: &[],
        groups: &[],
        schemes: &[],
        certificate_schemes: None,
        certificate_keys: None,
        checks_own_certificates: false,
        boosts_chacha20: false,
        insists_on: None,
    };

    pub fn label(&self) -> &'static str {
        self.names[0]
    }
}

/// An enumeration of numbers that go over the wire, each with its name in the API.
macro_rules! wire_enum {
    ($(#[$doc:meta])* $ty:ident { $($variant:ident = $wire:literal, $name:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub(in crate::tls::policy) enum $ty { $($variant = $wire,)* }

        impl $ty {
            pub fn from_wire(number: u16) -> Option<Self> {
                Some(match number {
                    $($wire => Self::$variant,)*
                    _ => return None,
                })
            }

            pub fn wire(self) -> u16 {
                self as u16
            }

            pub fn name(self) -> &'static std::ffi::CStr {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

/// Named lists of one enumeration's members.
macro_rules! lists {
    ($ty:ident: $($name:ident = $($item:ident)*;)*) => {
        $(pub(super) const $name: &[$ty] = &[$($ty::$item),*];)*
    };
}

/// The rows of the table of policies.
macro_rules! rows {
    ($([$($name:literal),+] $version:ident, $suites:ident, $groups:ident, $schemes:ident
        $(, $field:ident: $value:expr)*;)*) => {
        pub(in crate::tls::policy) static POLICIES: &[Definition] = &[
            $(Definition {
                names: &[$($name),+],
                min_version: Version::$version,
                suites: suites::$suites,
                groups: groups::$groups,
                schemes: schemes::$schemes,
                $($field: $value,)*
                ..Definition::PLAIN
            },)*
        ];
    };
}

use {lists, rows, wire_enum};
