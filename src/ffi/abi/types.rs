//! Opaque types, enums and constants of `s2n.h`.

// Names are those of the API.
#![allow(non_camel_case_types, non_upper_case_globals)]

use std::ffi::{c_char, c_int};

use rs2n_core::base::Blocked;
use rs2n_core::base::Mode;
use rs2n_core::config::ClientAuth;

/// Declares a C type whose inside is nobody's business.
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
    /// Settings that connections share.
    s2n_config;
    /// One connection.
    s2n_connection;
    /// One certificate of a chain.
    s2n_cert;
    /// A certificate chain, and its private key.
    s2n_cert_chain_and_key;
    /// A key.
    s2n_pkey;
    /// The first message of a client.
    s2n_client_hello;
    /// A fingerprint of a ClientHello.
    s2n_fingerprint;
    /// What resumes a session.
    s2n_session_ticket;
    /// A pre-shared key.
    s2n_psk;
    /// A pre-shared key that a client offers.
    s2n_offered_psk;
    /// All pre-shared keys that a client offers.
    s2n_offered_psk_list;
    /// What a private key is to do.
    s2n_async_pkey_op;
    /// What may be done in another thread.
    s2n_async_offload_op;
    /// The early data that a client offers.
    s2n_offered_early_data;
    /// A list of revoked certificates.
    s2n_crl;
    /// A question for a list of revoked certificates.
    s2n_crl_lookup;
    /// A certificate that waits for a verdict.
    s2n_cert_validation_info;
    /// A server's request for a certificate.
    s2n_certificate_request;
    /// The authorities that a server accepts.
    s2n_certificate_authority_list;
}

/// Where an error was raised: a list of lines.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct s2n_stacktrace {
    pub trace: *mut *mut c_char,
    pub trace_size: c_int,
}

// Programs that ask for one have declared it themselves.
const _: () = assert!(size_of::<s2n_stacktrace>() == 16 && align_of::<s2n_stacktrace>() == 8);
const _: () = assert!(std::mem::offset_of!(s2n_stacktrace, trace_size) == 8);

/// The private key of a chain.
pub type s2n_cert_private_key = s2n_pkey;

/// The class of an error: what a program has to decide on.
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

/// Whether the cryptography is a FIPS 140 module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_fips_mode {
    S2N_FIPS_MODE_DISABLED = 0,
    S2N_FIPS_MODE_ENABLED = 1,
}

/// Extensions whose bytes the API gives (RFC 8446, 4.2).
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

/// The maximum fragment lengths that can be negotiated (RFC 6066, 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_max_frag_len {
    S2N_TLS_MAX_FRAG_LEN_512 = 1,
    S2N_TLS_MAX_FRAG_LEN_1024 = 2,
    S2N_TLS_MAX_FRAG_LEN_2048 = 3,
    S2N_TLS_MAX_FRAG_LEN_4096 = 4,
}

/// Whether a signature is verified before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_verify_after_sign {
    S2N_VERIFY_AFTER_SIGN_DISABLED = 0,
    S2N_VERIFY_AFTER_SIGN_ENABLED = 1,
}

/// Whether a client asks for the status of certificates (RFC 6066, 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_status_request_type {
    S2N_STATUS_REQUEST_NONE = 0,
    S2N_STATUS_REQUEST_OCSP = 1,
}

/// Whether a client asks for certificate timestamps (RFC 6962).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_ct_support_level {
    S2N_CT_SUPPORT_NONE = 0,
    S2N_CT_SUPPORT_REQUEST = 1,
}

/// What an alert of warning level does before TLS 1.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_alert_behavior {
    S2N_ALERT_FAIL_ON_WARNINGS = 0,
    S2N_ALERT_IGNORE_WARNINGS = 1,
}

/// Which end of a connection we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_mode {
    S2N_SERVER = 0,
    S2N_CLIENT = 1,
}

/// Whether the handshake waits for `s2n_client_hello_cb_done()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_client_hello_cb_mode {
    S2N_CLIENT_HELLO_CB_BLOCKING = 0,
    S2N_CLIENT_HELLO_CB_NONBLOCKING = 1,
}

/// Who waits after an error that the peer caused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_blinding {
    S2N_BUILT_IN_BLINDING = 0,
    S2N_SELF_SERVICE_BLINDING = 1,
}

/// Whether the peer is asked to change its keys as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_peer_key_update {
    S2N_KEY_UPDATE_NOT_REQUESTED = 0,
    S2N_KEY_UPDATE_REQUESTED = 1,
}

/// What a call that could not finish is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_blocked_status {
    S2N_NOT_BLOCKED = 0,
    S2N_BLOCKED_ON_READ = 1,
    S2N_BLOCKED_ON_WRITE = 2,
    S2N_BLOCKED_ON_APPLICATION_INPUT = 3,
    S2N_BLOCKED_ON_EARLY_DATA = 4,
}

/// Whether certificates of clients are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_cert_auth_type {
    S2N_CERT_AUTH_NONE = 0,
    S2N_CERT_AUTH_REQUIRED = 1,
    S2N_CERT_AUTH_OPTIONAL = 2,
}

/// How a handshake was signed.
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

/// The hash of a signature.
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

/// The hash of a pre-shared key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_psk_hmac {
    S2N_PSK_HMAC_SHA256 = 0,
    S2N_PSK_HMAC_SHA384 = 1,
}

/// Where the pre-shared keys of a connection come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_psk_mode {
    S2N_PSK_MODE_RESUMPTION = 0,
    S2N_PSK_MODE_EXTERNAL = 1,
}

/// How a certificate was found for the name that a client asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_cert_sni_match {
    S2N_SNI_NONE = 1,
    S2N_SNI_EXACT_MATCH = 2,
    S2N_SNI_WILDCARD_MATCH = 3,
    S2N_SNI_NO_MATCH = 4,
}

/// Whether the results of private key operations are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_async_pkey_validation_mode {
    S2N_ASYNC_PKEY_VALIDATION_FAST = 0,
    S2N_ASYNC_PKEY_VALIDATION_STRICT = 1,
}

/// What a private key is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_async_pkey_op_type {
    S2N_ASYNC_DECRYPT = 0,
    S2N_ASYNC_SIGN = 1,
}

/// What has become of early data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_early_data_status_t {
    S2N_EARLY_DATA_STATUS_OK = 0,
    S2N_EARLY_DATA_STATUS_NOT_REQUESTED = 1,
    S2N_EARLY_DATA_STATUS_REJECTED = 2,
    S2N_EARLY_DATA_STATUS_END = 3,
}

/// The format of a serialized connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_serialization_version {
    S2N_SERIALIZED_CONN_NONE = 0,
    S2N_SERIALIZED_CONN_V1 = 1,
}

pub const S2N_SUCCESS: c_int = 0;
pub const S2N_FAILURE: c_int = -1;
pub const S2N_CALLBACK_BLOCKED: c_int = -2;
pub const S2N_MINIMUM_SUPPORTED_TLS_RECORD_MAJOR_VERSION: c_int = 2;
pub const S2N_MAXIMUM_SUPPORTED_TLS_RECORD_MAJOR_VERSION: c_int = 3;
pub const S2N_SSLv2: c_int = 20;
pub const S2N_SSLv3: c_int = 30;
pub const S2N_TLS10: c_int = 31;
pub const S2N_TLS11: c_int = 32;
pub const S2N_TLS12: c_int = 33;
pub const S2N_TLS13: c_int = 34;
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
