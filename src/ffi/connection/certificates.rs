//! Who showed which certificate, and how the handshake was signed.

use std::ffi::{c_char, c_int};
use std::ptr;

use crate::ffi::abi::boundary::{boundary, status};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::types::*;
use crate::ffi::connection::lifecycle::ConnectionHandle;
use crate::tls::connection::ServerName;
use crate::tls::error::{Code, Result};
use crate::tls::policy::names::{Hash, Signature};

/// Gives the certificate chain that this side shows.
///
/// @param conn A connection
/// @returns the application's chain, or that of the config; NULL if none is chosen yet, or it was freed;
/// NULL with `S2N_ERR_NULL` if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_selected_cert(
    conn: *mut s2n_connection,
) -> *mut s2n_cert_chain_and_key {
    boundary(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        let name = conn.core.selected_chain().map_or(0, |chain| chain.name());
        Ok(ptr::with_exposed_provenance_mut(name))
    })
}

/// Says how a server's certificate was found for the name that the client asked for (RFC 6066, 3).
///
/// @param conn A server's connection that has chosen its certificate
/// @param match_status Set to a member of `s2n_cert_sni_match`
/// @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL, `S2N_ERR_CLIENT_MODE`,
/// `S2N_ERR_NO_CERT_FOUND`
///
/// # Safety
///
/// `conn` is NULL or live; `match_status` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_certificate_match(
    conn: *mut s2n_connection,
    match_status: *mut s2n_cert_sni_match,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }.map_err(|_| Code::InvalidArgument)?;
        // SAFETY: the C caller's promise about `match_status`.
        let slot = unsafe { output::slot(match_status) }.map_err(|_| Code::InvalidArgument)?;
        slot.set(match conn.core.name_match()? {
            ServerName::None => s2n_cert_sni_match::S2N_SNI_NONE,
            ServerName::Exact => s2n_cert_sni_match::S2N_SNI_EXACT_MATCH,
            ServerName::Wildcard => s2n_cert_sni_match::S2N_SNI_WILDCARD_MATCH,
            ServerName::NoMatch => s2n_cert_sni_match::S2N_SNI_NO_MATCH,
        });
        Ok(())
    })
}

/// Copies the path by which the peer's certificate was verified: its own first, the trusted one last.
///
/// @param conn A connection that has verified its peer
/// @param cert_chain An empty chain, which gets the certificates
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT` if the chain is not empty,
/// `S2N_ERR_CERT_NOT_VALIDATED`
///
/// # Safety
///
/// `conn` and `cert_chain` are NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_peer_cert_chain(
    conn: *const s2n_connection,
    cert_chain: *mut s2n_cert_chain_and_key,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: the C caller's promise about `cert_chain`.
        let chain = unsafe { s2n_cert_chain_and_key::borrow(cert_chain) }?;
        if !chain.core.is_empty() {
            return Err(Code::InvalidArgument)?;
        }
        chain.core.set_peer(conn.core.peer_path()?)
    })
}

/// Gives the OCSP response (RFC 6960) that came with the server's certificate.
///
/// @param conn A client's connection
/// @param length Set to its length in bytes, 0 for none
/// @returns the response in DER, valid until the connection is wiped or freed; NULL for none; NULL with
/// `S2N_ERR_NULL` if a pointer is NULL
///
/// # Safety
///
/// `conn` is NULL or live; `length` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_ocsp_response(
    conn: *mut s2n_connection,
    length: *mut u32,
) -> *const u8 {
    boundary(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: the C caller's promise about `length`.
        let length = unsafe { output::slot(length) }?;
        let Some(response) = conn.core.peer_ocsp() else {
            length.set(0);
            return Ok(ptr::null());
        };
        length.set(u32::try_from(response.len()).map_err(|_| Code::IntegerOverflow)?);
        Ok(response.as_ptr())
    })
}

/// Says whether the server shows an OCSP response, or showed one.
///
/// @param conn A connection
/// @returns 1 or 0; -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_is_ocsp_stapled(conn: *mut s2n_connection) -> c_int {
    boundary(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        Ok(conn.core.is_ocsp_stapled().into())
    })
}

/// Gives the certificate timestamps (RFC 6962) that the server sent. There are never any: rustls cannot
/// ask for them.
///
/// @param conn A connection
/// @param length Set to 0
/// @returns NULL; with `S2N_ERR_NULL` if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live; `length` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_sct_list(
    conn: *mut s2n_connection,
    length: *mut u32,
) -> *const u8 {
    boundary(|| {
        // SAFETY: the C caller's promise about `conn`.
        unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: the C caller's promise about `length`.
        if let Ok(length) = unsafe { output::slot(length) } {
            length.set(0);
        }
        Ok(ptr::null())
    })
}

/// Says what kind of key signed for the server.
///
/// @param conn A connection
/// @param chosen_alg Set to a member of `s2n_tls_signature_algorithm`; anonymous before anything is
/// signed
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
    // SAFETY: the C caller's promises.
    status(|| unsafe {
        tell(conn, chosen_alg, |conn| {
            conn.core.server_signature().0.into()
        })
    })
}

/// Says with which hash the server signed.
///
/// @param conn A connection
/// @param chosen_alg Set to a member of `s2n_tls_hash_algorithm`; none before anything is signed
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
    // SAFETY: the C caller's promises.
    status(|| unsafe {
        tell(conn, chosen_alg, |conn| {
            conn.core.server_signature().1.into()
        })
    })
}

/// Says what kind of key signed for the client.
///
/// @param conn A connection
/// @param chosen_alg Set to a member of `s2n_tls_signature_algorithm`; anonymous if the client showed no
/// certificate
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
    // SAFETY: the C caller's promises.
    status(|| unsafe {
        tell(conn, chosen_alg, |conn| {
            conn.core.client_signature().0.into()
        })
    })
}

/// Says with which hash the client signed.
///
/// @param conn A connection
/// @param chosen_alg Set to a member of `s2n_tls_hash_algorithm`; none if the client showed no certificate
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
    // SAFETY: the C caller's promises.
    status(|| unsafe {
        tell(conn, chosen_alg, |conn| {
            conn.core.client_signature().1.into()
        })
    })
}

/// Gives the name of the server's signature scheme (RFC 8446, 4.2.3).
///
/// @param conn A connection whose handshake is complete
/// @param scheme_name Set to a name that lives as long as the process
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
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: the C caller's promise about `scheme_name`.
        let slot = unsafe { output::slot(scheme_name) }?;
        conn.core.facts().ok_or(Code::InvalidState)?;
        slot.set(conn.core.signature_scheme_name().as_ptr());
        Ok(())
    })
}

/// Says what kind of handshake it was, in words of s2n-tls joined by '|', for logs.
///
/// @param conn A connection
/// @returns such as "NEGOTIATED|FULL_HANDSHAKE|MIDDLEBOX_COMPAT"; "INITIAL" before the handshake is
/// complete. It is valid until the connection is wiped or freed. NULL with `S2N_ERR_NULL` if `conn` is
/// NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_handshake_type_name(
    conn: *mut s2n_connection,
) -> *const c_char {
    boundary(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        let facts = conn.core.facts();
        Ok(facts.map_or(c"INITIAL".as_ptr(), |facts| facts.kind.as_ptr()))
    })
}

/// Says at which message a handshake stands, for logs. Of an encrypted flight of the peer it is the
/// first message.
///
/// @param conn A connection
/// @returns such as "SERVER_HELLO"; "APPLICATION_DATA" once the handshake is complete. It lives as long as
/// the process. NULL with `S2N_ERR_NULL` if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_last_message_name(
    conn: *mut s2n_connection,
) -> *const c_char {
    boundary(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        Ok(conn.core.message_name().as_ptr())
    })
}

/// Asks a connection something, and tells C.
///
/// # Safety
///
/// `conn` is null or live; `out` is null or writable.
unsafe fn tell<T>(
    conn: *mut s2n_connection,
    out: *mut T,
    ask: impl FnOnce(&ConnectionHandle) -> T,
) -> Result<()> {
    // SAFETY: the caller's promise about `conn`.
    let conn = unsafe { s2n_connection::borrow(conn) }?;
    // SAFETY: the caller's promise about `out`.
    let slot = unsafe { output::slot(out) }?;
    slot.set(ask(conn));
    Ok(())
}

impl From<Signature> for s2n_tls_signature_algorithm {
    fn from(signature: Signature) -> Self {
        match signature {
            Signature::Anonymous => Self::S2N_TLS_SIGNATURE_ANONYMOUS,
            Signature::Rsa => Self::S2N_TLS_SIGNATURE_RSA,
            Signature::Ecdsa => Self::S2N_TLS_SIGNATURE_ECDSA,
            Signature::MlDsa => Self::S2N_TLS_SIGNATURE_MLDSA,
            Signature::RsaPssRsae => Self::S2N_TLS_SIGNATURE_RSA_PSS_RSAE,
            Signature::RsaPssPss => Self::S2N_TLS_SIGNATURE_RSA_PSS_PSS,
        }
    }
}

impl From<Hash> for s2n_tls_hash_algorithm {
    fn from(hash: Hash) -> Self {
        match hash {
            Hash::None => Self::S2N_TLS_HASH_NONE,
            Hash::Sha1 => Self::S2N_TLS_HASH_SHA1,
            Hash::Sha224 => Self::S2N_TLS_HASH_SHA224,
            Hash::Sha256 => Self::S2N_TLS_HASH_SHA256,
            Hash::Sha384 => Self::S2N_TLS_HASH_SHA384,
            Hash::Sha512 => Self::S2N_TLS_HASH_SHA512,
            Hash::Md5Sha1 => Self::S2N_TLS_HASH_MD5_SHA1,
        }
    }
}
