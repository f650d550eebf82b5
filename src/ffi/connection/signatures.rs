//! Negotiated signature and hash algorithms.

use std::ffi::{c_char, c_int};

use rs2n_core::base::Mode;
use rs2n_core::error::{Code, Result};
use rs2n_core::policy::names::{HashAlgorithm, SignatureAlgorithm};

use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::types::{s2n_connection, s2n_tls_hash_algorithm, s2n_tls_signature_algorithm};
use crate::ffi::connection::lifecycle::ConnectionHandle;

/// Returns the signature algorithm of the server's handshake signature.
///
/// @param conn The connection
/// @param chosen_alg Set to a value of `s2n_tls_signature_algorithm`; `S2N_TLS_SIGNATURE_ANONYMOUS`
/// before the signature is made
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `chosen_alg` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_selected_signature_algorithm(
    conn: *mut s2n_connection,
    chosen_alg: *mut s2n_tls_signature_algorithm,
) -> c_int {
    // SAFETY: `conn` is null or live; `chosen_alg` is null or writable, for the whole call.
    status(|| unsafe {
        store(conn, chosen_alg, |conn| {
            conn.core.signature(Mode::Server).0.into()
        })
    })
}

/// Returns the hash algorithm of the server's handshake signature.
///
/// @param conn The connection
/// @param chosen_alg Set to a value of `s2n_tls_hash_algorithm`; `S2N_TLS_HASH_NONE` before the
/// signature is made
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `chosen_alg` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_selected_digest_algorithm(
    conn: *mut s2n_connection,
    chosen_alg: *mut s2n_tls_hash_algorithm,
) -> c_int {
    // SAFETY: `conn` is null or live; `chosen_alg` is null or writable, for the whole call.
    status(|| unsafe {
        store(conn, chosen_alg, |conn| {
            conn.core.signature(Mode::Server).1.into()
        })
    })
}

/// Returns the signature algorithm of the client's handshake signature.
///
/// @param conn The connection
/// @param chosen_alg Set to a value of `s2n_tls_signature_algorithm`; `S2N_TLS_SIGNATURE_ANONYMOUS`
/// if the client sent no certificate
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `chosen_alg` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_selected_client_cert_signature_algorithm(
    conn: *mut s2n_connection,
    chosen_alg: *mut s2n_tls_signature_algorithm,
) -> c_int {
    // SAFETY: `conn` is null or live; `chosen_alg` is null or writable, for the whole call.
    status(|| unsafe {
        store(conn, chosen_alg, |conn| {
            conn.core.signature(Mode::Client).0.into()
        })
    })
}

/// Returns the hash algorithm of the client's handshake signature.
///
/// @param conn The connection
/// @param chosen_alg Set to a value of `s2n_tls_hash_algorithm`; `S2N_TLS_HASH_NONE` if the client
/// sent no certificate
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `chosen_alg` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_selected_client_cert_digest_algorithm(
    conn: *mut s2n_connection,
    chosen_alg: *mut s2n_tls_hash_algorithm,
) -> c_int {
    // SAFETY: `conn` is null or live; `chosen_alg` is null or writable, for the whole call.
    status(|| unsafe {
        store(conn, chosen_alg, |conn| {
            conn.core.signature(Mode::Client).1.into()
        })
    })
}

/// Returns the name of the server's signature scheme (RFC 8446, 4.2.3).
///
/// @param conn A connection whose handshake is complete
/// @param scheme_name Set to a static string
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` before the handshake is complete
///
/// # Safety
///
/// `conn` is NULL or live; `scheme_name` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_signature_scheme(
    conn: *mut s2n_connection,
    scheme_name: *mut *const c_char,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `scheme_name` is null or writable for the whole call.
        let slot = unsafe { output::slot(scheme_name) }?;
        conn.core.negotiated().ok_or(Code::InvalidState)?;
        slot.set(
            conn.core
                .signature_scheme(Mode::Server)
                .unwrap_or(c"none")
                .as_ptr(),
        );
        Ok(())
    })
}

/// Stores a value that is read from the connection.
///
/// # Safety
///
/// `conn` is null or live; `out` is null or writable.
unsafe fn store<T>(
    conn: *mut s2n_connection,
    out: *mut T,
    value: impl FnOnce(&ConnectionHandle) -> T,
) -> Result<()> {
    // SAFETY: `conn` is null or live for the whole call.
    let conn = unsafe { s2n_connection::borrow(conn) }?;
    // SAFETY: `out` is null or writable for the whole call.
    let slot = unsafe { output::slot(out) }?;
    slot.set(value(conn));
    Ok(())
}

impl From<SignatureAlgorithm> for s2n_tls_signature_algorithm {
    fn from(signature: SignatureAlgorithm) -> Self {
        match signature {
            SignatureAlgorithm::Anonymous => Self::S2N_TLS_SIGNATURE_ANONYMOUS,
            SignatureAlgorithm::Rsa => Self::S2N_TLS_SIGNATURE_RSA,
            SignatureAlgorithm::Ecdsa => Self::S2N_TLS_SIGNATURE_ECDSA,
            SignatureAlgorithm::MlDsa => Self::S2N_TLS_SIGNATURE_MLDSA,
            SignatureAlgorithm::RsaPssRsae => Self::S2N_TLS_SIGNATURE_RSA_PSS_RSAE,
            SignatureAlgorithm::RsaPssPss => Self::S2N_TLS_SIGNATURE_RSA_PSS_PSS,
        }
    }
}

impl From<HashAlgorithm> for s2n_tls_hash_algorithm {
    fn from(hash: HashAlgorithm) -> Self {
        match hash {
            HashAlgorithm::None => Self::S2N_TLS_HASH_NONE,
            HashAlgorithm::Sha1 => Self::S2N_TLS_HASH_SHA1,
            HashAlgorithm::Sha224 => Self::S2N_TLS_HASH_SHA224,
            HashAlgorithm::Sha256 => Self::S2N_TLS_HASH_SHA256,
            HashAlgorithm::Sha384 => Self::S2N_TLS_HASH_SHA384,
            HashAlgorithm::Sha512 => Self::S2N_TLS_HASH_SHA512,
            HashAlgorithm::Md5Sha1 => Self::S2N_TLS_HASH_MD5_SHA1,
        }
    }
}
