//! The results of a completed handshake.

use std::ffi::{CStr, CString};

use crate::base::lock;
use crate::policy::names;
use crate::process::fork::ForkSafeMutex;
use crate::process::permanent;

/// The results of a completed handshake. They do not change until the connection is wiped. Those of
/// QUIC are also known in part before.
///
/// Numbers are stored instead of names: an idle connection has them as long as it exists.
#[derive(Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// The cipher suite's number (RFC 8446, B.4).
    pub suite: u16,
    /// The number of the key exchange group (RFC 8446, 4.2.7); 0 for none.
    pub(crate) group: u16,
    pub resumed: bool,
    pub client_cert_used: bool,
    pub(crate) handshake_type: HandshakeType,
    /// The protocol negotiated by ALPN.
    pub alpn: Option<CString>,
    /// Server: the client's certificates, each with a length prefix of three bytes.
    pub client_cert_chain: Option<Box<[u8]>>,
}

impl Negotiated {
    /// Returns the cipher suite's name: OpenSSL's for TLS 1.2, the standard's for TLS 1.3.
    pub fn cipher(&self) -> &'static CStr {
        names::cipher_of(self.suite)
    }

    /// Returns the name of the elliptic curve; "NONE" for another group, or none.
    pub fn curve(&self) -> &'static CStr {
        self.group_names().curve
    }

    /// Returns the name of the post-quantum group; "NONE" for a curve, or no group.
    pub fn kem_group(&self) -> &'static CStr {
        self.group_names().kem_group
    }

    /// Returns the name of the group of either kind; "NONE" if there is none.
    pub fn group(&self) -> &'static CStr {
        self.group_names().group
    }

    fn group_names(&self) -> names::GroupNames {
        names::group_of(self.group)
    }

    /// Returns the flags of the handshake's type, as s2n-tls names them.
    pub fn kind(&self) -> &'static CStr {
        self.handshake_type.name()
    }
}

/// A flag of the type of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Flag {
    Negotiated,
    FullHandshake,
    ClientAuth,
    NoClientCert,
    HelloRetryRequest,
    MiddleboxCompat,
    WithEarlyData,
    EarlyClientCcs,
    Tls12PerfectForwardSecrecy,
    OcspStatus,
    WithSessionTicket,
}

impl Flag {
    /// The names of s2n-tls.
    const ALL: [(Self, &str); 11] = [
        (Self::Negotiated, "NEGOTIATED"),
        (Self::FullHandshake, "FULL_HANDSHAKE"),
        (Self::ClientAuth, "CLIENT_AUTH"),
        (Self::NoClientCert, "NO_CLIENT_CERT"),
        (Self::HelloRetryRequest, "HELLO_RETRY_REQUEST"),
        (Self::MiddleboxCompat, "MIDDLEBOX_COMPAT"),
        (Self::WithEarlyData, "WITH_EARLY_DATA"),
        (Self::EarlyClientCcs, "EARLY_CLIENT_CCS"),
        (
            Self::Tls12PerfectForwardSecrecy,
            "TLS12_PERFECT_FORWARD_SECRECY",
        ),
        (Self::OcspStatus, "OCSP_STATUS"),
        (Self::WithSessionTicket, "WITH_SESSION_TICKET"),
    ];
}

/// The type of a handshake: its flags, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HandshakeType(u16);

/// The names of handshake types that were queried. They are never freed: the application has their
/// addresses.
static NAMES: ForkSafeMutex<Vec<(HandshakeType, &'static CStr)>> = ForkSafeMutex::new(Vec::new());

impl HandshakeType {
    /// The type of a connection that continues another one, which has performed the handshake.
    pub(crate) const INITIAL: Self = Self(0);

    pub(crate) fn with(self, flag: Flag, is_set: bool) -> Self {
        Self(self.0 | u16::from(is_set) << flag as u8)
    }

    fn has(self, flag: Flag) -> bool {
        self.0 & 1 << flag as u8 != 0
    }

    fn name(self) -> &'static CStr {
        if self == Self::INITIAL {
            return c"INITIAL";
        }
        let flags = Flag::ALL.iter().filter(|(flag, _)| self.has(*flag));
        let flags: Vec<_> = flags.map(|(_, name)| *name).collect();
        let joined = flags.join("|");
        let mut names = lock(&NAMES);
        if let Some((_, name)) = names.iter().find(|(of, _)| *of == self) {
            return name;
        }
        permanent::allocate(|| {
            let name = CString::new(joined).unwrap_or_default();
            let name = &*Box::leak(name.into_boxed_c_str());
            names.push((self, name));
            name
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handshake_type_has_the_names_of_its_flags() {
        let mut all = HandshakeType::INITIAL;
        assert_eq!(all.name(), c"INITIAL");
        for (flag, name) in Flag::ALL {
            let one = HandshakeType::default().with(flag, true);
            assert_eq!(one.name().to_str(), Ok(name));
            assert_eq!(one.with(flag, false), one);
            all = all.with(flag, true);
        }
        let name = all.name().to_str().expect("ASCII");
        assert_eq!(name.split('|').count(), Flag::ALL.len());
    }

    #[test]
    fn the_name_of_a_handshake_type_has_one_address() {
        let full = HandshakeType::default().with(Flag::Negotiated, true);
        assert_eq!(full.name().as_ptr(), full.name().as_ptr());
    }
}
