//! Opaque types, enums and constants of `s2n.h`.

// The names of the C API.
#![allow(non_camel_case_types, non_upper_case_globals)]

use std::ffi::{c_char, c_int};

use rs2n_core::base::{Blocked, Mode};
use rs2n_core::config::ClientAuth;

/// Declares an opaque C type.
macro_rules! opaque {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $(
            $(#[$doc])*
            #[repr(C)]
            pub struct $name {
                _private: [u8; 0],
            }
        )*
    };
}

opaque! {
    /// A config: settings that connections share.
    s2n_config;
    /// A TLS connection.
    s2n_connection;
    /// A certificate of a chain.
    s2n_cert;
    /// A certificate chain with its private key.
    s2n_cert_chain_and_key;
    /// A public or private key.
    s2n_pkey;
    /// A ClientHello.
    s2n_client_hello;
    /// A fingerprint of a ClientHello.
    s2n_fingerprint;
    /// A session ticket.
    s2n_session_ticket;
    /// A pre-shared key.
    s2n_psk;
    /// A pre-shared key that a client offers.
    s2n_offered_psk;
    /// The pre-shared keys that a client offers.
    s2n_offered_psk_list;
    /// An asynchronous operation of a private key.
    s2n_async_pkey_op;
    /// An operation that may be performed in another thread.
    s2n_async_offload_op;
    /// The early data that a client offers.
    s2n_offered_early_data;
    /// A certificate revocation list (CRL).
    s2n_crl;
    /// A lookup of a certificate revocation list (CRL).
    s2n_crl_lookup;
    /// A certificate chain that the application accepts or rejects.
    s2n_cert_validation_info;
    /// A server's certificate request.
    s2n_certificate_request;
    /// The certificate authorities of a certificate request.
    s2n_certificate_authority_list;
}

/// Stack trace of an error: a list of lines.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct s2n_stacktrace {
    pub trace: *mut *mut c_char,
    pub trace_size: c_int,
}

// Layout of the struct in programs, which declare it themselves: s2n.h does not define it.
const _: () = assert!(size_of::<s2n_stacktrace>() == 16 && align_of::<s2n_stacktrace>() == 8);
const _: () = assert!(std::mem::offset_of!(s2n_stacktrace, trace_size) == 8);

/// The private key of a certificate chain.
pub type s2n_cert_private_key = s2n_pkey;

/// Types of errors, on which a program decides how to proceed; returned by `s2n_error_get_type()`.
///
/// `S2N_ERR_T_OK`: no error. `S2N_ERR_T_IO`: the transport failed, see `errno`. `S2N_ERR_T_CLOSED`:
/// the connection is closed. `S2N_ERR_T_BLOCKED`: the call would block, and is to be repeated.
/// `S2N_ERR_T_ALERT`: the peer sent an alert. `S2N_ERR_T_PROTO`: the peer violated the protocol, or
/// its messages were rejected. `S2N_ERR_T_INTERNAL`: an error within the library.
/// `S2N_ERR_T_USAGE`: a misuse of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_error_type {
    S2N_ERR_T_OK = 0,
    S2N_ERR_T_IO = 1,
    S2N_ERR_T_CLOSED = 2,
    S2N_ERR_T_BLOCKED = 3,
    S2N_ERR_T_ALERT = 4,
    S2N_ERR_T_PROTO = 5,
    S2N_ERR_T_INTERNAL = 6,
    S2N_ERR_T_USAGE = 7,
}

/// Whether the cryptographic library is a FIPS 140 module; returned by `s2n_get_fips_mode()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_fips_mode {
    S2N_FIPS_MODE_DISABLED = 0,
    S2N_FIPS_MODE_ENABLED = 1,
}

/// Extensions whose content the API returns (RFC 8446, 4.2). The values are those of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_tls_extension_type {
    S2N_EXTENSION_SERVER_NAME = 0,
    S2N_EXTENSION_MAX_FRAG_LEN = 1,
    S2N_EXTENSION_OCSP_STAPLING = 5,
    S2N_EXTENSION_SUPPORTED_GROUPS = 10,
    S2N_EXTENSION_EC_POINT_FORMATS = 11,
    S2N_EXTENSION_SIGNATURE_ALGORITHMS = 13,
    S2N_EXTENSION_ALPN = 16,
    S2N_EXTENSION_CERTIFICATE_TRANSPARENCY = 18,
    S2N_EXTENSION_SUPPORTED_VERSIONS = 43,
    S2N_EXTENSION_RENEGOTIATION_INFO = 65281,
}

/// Maximum fragment lengths of the max_fragment_length extension, in bytes (RFC 6066, 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_max_frag_len {
    S2N_TLS_MAX_FRAG_LEN_512 = 1,
    S2N_TLS_MAX_FRAG_LEN_1024 = 2,
    S2N_TLS_MAX_FRAG_LEN_2048 = 3,
    S2N_TLS_MAX_FRAG_LEN_4096 = 4,
}

/// Whether signatures are verified before they are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_verify_after_sign {
    S2N_VERIFY_AFTER_SIGN_DISABLED = 0,
    S2N_VERIFY_AFTER_SIGN_ENABLED = 1,
}

/// Whether a client requests the status of the server's certificate (RFC 6066, 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_status_request_type {
    S2N_STATUS_REQUEST_NONE = 0,
    S2N_STATUS_REQUEST_OCSP = 1,
}

/// Whether a client requests signed certificate timestamps (RFC 6962).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_ct_support_level {
    S2N_CT_SUPPORT_NONE = 0,
    S2N_CT_SUPPORT_REQUEST = 1,
}

/// Handling of alerts of warning level before TLS 1.3: they fail the connection, or are ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_alert_behavior {
    S2N_ALERT_FAIL_ON_WARNINGS = 0,
    S2N_ALERT_IGNORE_WARNINGS = 1,
}

/// Role of a connection: server or client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_mode {
    S2N_SERVER = 0,
    S2N_CLIENT = 1,
}

/// Whether the handshake is suspended after the ClientHello callback until
/// `s2n_client_hello_cb_done()` is called (`S2N_CLIENT_HELLO_CB_NONBLOCKING`) or continues
/// (`S2N_CLIENT_HELLO_CB_BLOCKING`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_client_hello_cb_mode {
    S2N_CLIENT_HELLO_CB_BLOCKING = 0,
    S2N_CLIENT_HELLO_CB_NONBLOCKING = 1,
}

/// Blinding of an error that the peer caused: whether the library or the application waits for the
/// delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_blinding {
    S2N_BUILT_IN_BLINDING = 0,
    S2N_SELF_SERVICE_BLINDING = 1,
}

/// Whether a key update requests that the peer updates its keys, too (RFC 8446, 4.6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_peer_key_update {
    S2N_KEY_UPDATE_NOT_REQUESTED = 0,
    S2N_KEY_UPDATE_REQUESTED = 1,
}

/// Reason for which a call is blocked, if it cannot complete: data from the transport, room in the
/// transport, an action of the application, or early data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_blocked_status {
    S2N_NOT_BLOCKED = 0,
    S2N_BLOCKED_ON_READ = 1,
    S2N_BLOCKED_ON_WRITE = 2,
    S2N_BLOCKED_ON_APPLICATION_INPUT = 3,
    S2N_BLOCKED_ON_EARLY_DATA = 4,
}

/// Whether a server requests client certificates: never, with a certificate required, or with a
/// certificate optional.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_cert_auth_type {
    S2N_CERT_AUTH_NONE = 0,
    S2N_CERT_AUTH_REQUIRED = 1,
    S2N_CERT_AUTH_OPTIONAL = 2,
}

/// Signature algorithms of handshake signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_tls_signature_algorithm {
    S2N_TLS_SIGNATURE_ANONYMOUS = 0,
    S2N_TLS_SIGNATURE_RSA = 1,
    S2N_TLS_SIGNATURE_ECDSA = 3,
    S2N_TLS_SIGNATURE_MLDSA = 9,
    S2N_TLS_SIGNATURE_RSA_PSS_RSAE = 224,
    S2N_TLS_SIGNATURE_RSA_PSS_PSS = 225,
}

/// Hash algorithms of handshake signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_tls_hash_algorithm {
    S2N_TLS_HASH_NONE = 0,
    S2N_TLS_HASH_MD5 = 1,
    S2N_TLS_HASH_SHA1 = 2,
    S2N_TLS_HASH_SHA224 = 3,
    S2N_TLS_HASH_SHA256 = 4,
    S2N_TLS_HASH_SHA384 = 5,
    S2N_TLS_HASH_SHA512 = 6,
    S2N_TLS_HASH_MD5_SHA1 = 224,
}

/// Hash algorithms of pre-shared keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_psk_hmac {
    S2N_PSK_HMAC_SHA256 = 0,
    S2N_PSK_HMAC_SHA384 = 1,
}

/// Origin of the pre-shared keys of a connection: session resumption, or external keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_psk_mode {
    S2N_PSK_MODE_RESUMPTION = 0,
    S2N_PSK_MODE_EXTERNAL = 1,
}

/// How a server selected its certificate for the server name (SNI) of the client: the client sent
/// no name, a certificate contains the name, a certificate contains a wildcard that matches the
/// name, or no certificate matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_cert_sni_match {
    S2N_SNI_NONE = 1,
    S2N_SNI_EXACT_MATCH = 2,
    S2N_SNI_WILDCARD_MATCH = 3,
    S2N_SNI_NO_MATCH = 4,
}

/// Whether signatures of asynchronous private key operations are verified when they are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_async_pkey_validation_mode {
    S2N_ASYNC_PKEY_VALIDATION_FAST = 0,
    S2N_ASYNC_PKEY_VALIDATION_STRICT = 1,
}

/// Types of private key operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_async_pkey_op_type {
    S2N_ASYNC_DECRYPT = 0,
    S2N_ASYNC_SIGN = 1,
}

/// State of early data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_early_data_status_t {
    S2N_EARLY_DATA_STATUS_OK = 0,
    S2N_EARLY_DATA_STATUS_NOT_REQUESTED = 1,
    S2N_EARLY_DATA_STATUS_REJECTED = 2,
    S2N_EARLY_DATA_STATUS_END = 3,
}

/// Format versions of serialized connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_serialization_version {
    S2N_SERIALIZED_CONN_NONE = 0,
    S2N_SERIALIZED_CONN_V1 = 1,
}

/// Return value of functions that succeed.
pub const S2N_SUCCESS: c_int = 0;
/// Return value of functions that fail, with the error in `s2n_errno`.
pub const S2N_FAILURE: c_int = -1;
/// Return value of a callback that retrieves a session, if it would block. I/O callbacks return -1 instead,
/// with `errno` set to EAGAIN.
pub const S2N_CALLBACK_BLOCKED: c_int = -2;
/// Smallest major version of a record.
pub const S2N_MINIMUM_SUPPORTED_TLS_RECORD_MAJOR_VERSION: c_int = 2;
/// Greatest major version of a record.
pub const S2N_MAXIMUM_SUPPORTED_TLS_RECORD_MAJOR_VERSION: c_int = 3;
/// SSL 2.0. Protocol versions are numbers of two digits, the major and the minor version.
pub const S2N_SSLv2: c_int = 20;
/// SSL 3.0 (RFC 6101).
pub const S2N_SSLv3: c_int = 30;
/// TLS 1.0 (RFC 2246), version 3.1 of the protocol.
pub const S2N_TLS10: c_int = 31;
/// TLS 1.1 (RFC 4346), version 3.2 of the protocol.
pub const S2N_TLS11: c_int = 32;
/// TLS 1.2 (RFC 5246), version 3.3 of the protocol.
pub const S2N_TLS12: c_int = 33;
/// TLS 1.3 (RFC 8446), version 3.4 of the protocol.
pub const S2N_TLS13: c_int = 34;
/// The protocol version is unknown.
pub const S2N_UNKNOWN_PROTOCOL_VERSION: c_int = 0;

impl From<Blocked> for s2n_blocked_status {
    fn from(blocked: Blocked) -> Self {
        match blocked {
            Blocked::Not => Self::S2N_NOT_BLOCKED,
            Blocked::Read => Self::S2N_BLOCKED_ON_READ,
            Blocked::Write => Self::S2N_BLOCKED_ON_WRITE,
            Blocked::ApplicationInput => Self::S2N_BLOCKED_ON_APPLICATION_INPUT,
            Blocked::EarlyData => Self::S2N_BLOCKED_ON_EARLY_DATA,
        }
    }
}

impl From<Mode> for s2n_mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Server => Self::S2N_SERVER,
            Mode::Client => Self::S2N_CLIENT,
        }
    }
}

impl From<ClientAuth> for s2n_cert_auth_type {
    fn from(client_auth: ClientAuth) -> Self {
        match client_auth {
            ClientAuth::None => Self::S2N_CERT_AUTH_NONE,
            ClientAuth::Required => Self::S2N_CERT_AUTH_REQUIRED,
            ClientAuth::Optional => Self::S2N_CERT_AUTH_OPTIONAL,
        }
    }
}
