//! The security policies of s2n-tls, including unsupported parameters.
//!
//! `tests/abi/reference/policies.py` writes the rows and lists from `tests/abi/policies.tsv`, the
//! table of the reference.

mod groups;
mod policies;
mod schemes;
mod suites;

pub(super) use groups::Group;
pub(super) use policies::{DEPRECATED, POLICIES};
pub(super) use schemes::Scheme;
pub(super) use suites::Suite;

use crate::base::Version;

/// The definition of a policy in s2n-tls.
pub(super) struct Definition {
    /// All its names; the first is the one that the API reports.
    pub names: &'static [&'static str],
    pub min_version: Version,
    pub suites: &'static [Suite],
    pub groups: &'static [Group],
    pub schemes: &'static [Scheme],

    /// The permitted schemes for signatures within a certificate chain; `None` if all are.
    pub certificate_schemes: Option<&'static [Scheme]>,

    /// The permitted keys in certificates; `None` if all are.
    pub certificate_keys: Option<&'static [CertificateKey]>,

    /// Whether the two fields above also apply to local certificates.
    pub checks_local_certificates: bool,

    /// ChaCha20 boosting: whether a server selects ChaCha20-Poly1305 for a client that prefers it.
    pub boosts_chacha20: bool,

    /// The curve for which a server sends a HelloRetryRequest if the client supports it but sent
    /// the key share of another.
    pub strongly_preferred: Option<Group>,
}

/// Defines the types of public keys in certificates, each with its name in definitions.
macro_rules! certificate_keys {
    ($($variant:ident = $name:literal;)*) => {
        /// A type and size of public key in a certificate. Policies of s2n-tls have some of them,
        /// those of the application any.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum CertificateKey { $($variant,)* }

        impl CertificateKey {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

// The names of key types in the API; it has none for Ed25519, and one for both types of RSA keys.
certificate_keys! {
    EcdsaP256 = "ecdsa_secp256r1";
    EcdsaP384 = "ecdsa_secp384r1";
    EcdsaP521 = "ecdsa_secp521r1";
    Ed25519 = "ed25519";
    Rsa2048 = "rsa2048";
    Rsa3072 = "rsa3072";
    Rsa4096 = "rsa4096";
    RsaPss2048 = "rsa_pss2048";
    RsaPss3072 = "rsa_pss3072";
    RsaPss4096 = "rsa_pss4096";
    MlDsa44 = "mldsa44";
    MlDsa65 = "mldsa65";
    MlDsa87 = "mldsa87";
}

impl Definition {
    /// The defaults for a row of the table.
    pub const DEFAULTS: Self = Self {
        names: &[],
        min_version: Version::Tls12,
        suites: &[],
        groups: &[],
        schemes: &[],
        certificate_schemes: None,
        certificate_keys: None,
        checks_local_certificates: false,
        boosts_chacha20: false,
        strongly_preferred: None,
    };

    /// Returns the first of its names.
    pub fn label(&self) -> &'static str {
        self.names[0]
    }
}

/// Defines an enumeration of code points, each with its name in the API.
macro_rules! wire_enum {
    ($(#[$doc:meta])* $ty:ident { $($variant:ident = $wire:literal, $name:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub(in crate::policy) enum $ty { $($variant = $wire,)* }

        impl $ty {
            /// All code points of the table.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Converts a code point; `None` if the table does not have it.
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

/// Defines named lists of members of an enumeration.
macro_rules! lists {
    ($ty:ident: $($name:ident = $($item:ident)*;)*) => {
        $(pub(super) const $name: &[$ty] = &[$($ty::$item),*];)*
    };
}

/// Defines the rows of the policy table.
macro_rules! rows {
    ($([$($name:literal),+] $version:ident, $suites:ident, $groups:ident, $schemes:ident
        $(, $field:ident: $value:expr)*;)*) => {
        pub(in crate::policy) static POLICIES: &[Definition] = &[
            $(Definition {
                names: &[$($name),+],
                min_version: Version::$version,
                suites: suites::$suites,
                groups: groups::$groups,
                schemes: schemes::$schemes,
                $($field: $value,)*
                ..Definition::DEFAULTS
            },)*
        ];
    };
}

use {lists, rows, wire_enum};
