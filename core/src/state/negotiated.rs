//! The results of a completed handshake.

use std::ffi::{CStr, CString};

/// The results of a completed handshake. They do not change until the connection is wiped. Those of
/// QUIC are also known in part before.
#[derive(Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// The cipher suite's number (RFC 8446, B.4).
    pub suite: u16,
    /// Its name: OpenSSL's for TLS 1.2, the standard's for TLS 1.3.
    pub cipher: &'static CStr,
    /// The elliptic curve, the KEM group and the group; each is "NONE" if there is none.
    pub curve: &'static CStr,
    pub kem_group: &'static CStr,
    pub group: &'static CStr,
    pub resumed: bool,
    /// The flags of the handshake's type, as s2n-tls names them.
    pub kind: CString,
    /// The protocol negotiated by ALPN.
    pub alpn: Option<CString>,
    /// Server: the client's certificates, each with a length prefix of three bytes.
    pub client_cert_chain: Option<Box<[u8]>>,
    pub client_cert_used: bool,
}
