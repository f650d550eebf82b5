//! Certificates of both peers, stapled OCSP responses and signed certificate timestamps.

use std::ffi::{CString, c_char, c_int};
use std::ptr;

use rs2n_core::connection::ServerNameMatch;
use rs2n_core::error::Code;

use crate::ffi::abi::arguments::s2n_mode_arg;
use crate::ffi::abi::boundary::{boundary, status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_cert_chain_and_key, s2n_cert_sni_match, s2n_connection};
use crate::ffi::abi::{input, output};

/// Returns the certificate chain that this side of the connection selected.
///
/// @param conn The connection
/// @returns the chain: the application's own, or one that is owned by the config; NULL if none is
/// selected yet, or if the chain was freed; NULL with `S2N_ERR_NULL` if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_selected_cert(
    conn: *mut s2n_connection,
) -> *mut s2n_cert_chain_and_key {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        let name = conn.core.selected_chain().map_or(0, |chain| chain.name());
        Ok(ptr::with_exposed_provenance_mut(name))
    })
}

/// Returns how the server's certificate matches the server name (SNI) that the client requested
/// (RFC 6066, 3).
///
/// @param conn A server connection that has selected its certificate
/// @param match_status Set to a value of `s2n_cert_sni_match`
/// @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL, `S2N_ERR_CLIENT_MODE` on
/// a client connection, or `S2N_ERR_NO_CERT_FOUND`
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
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }.map_err(|_| Code::InvalidArgument)?;
        // SAFETY: `match_status` is null or writable for the whole call.
        let slot = unsafe { output::slot(match_status) }.map_err(|_| Code::InvalidArgument)?;
        slot.set(match conn.core.server_name_match()? {
            ServerNameMatch::None => s2n_cert_sni_match::S2N_SNI_NONE,
            ServerNameMatch::Exact => s2n_cert_sni_match::S2N_SNI_EXACT_MATCH,
            ServerNameMatch::Wildcard => s2n_cert_sni_match::S2N_SNI_WILDCARD_MATCH,
            ServerNameMatch::NoMatch => s2n_cert_sni_match::S2N_SNI_NO_MATCH,
        });
        Ok(())
    })
}

/// Copies the peer's verified certificate chain: the path from the peer's certificate (first) to
/// the trust anchor (last).
///
/// @param conn A connection that has verified its peer
/// @param cert_chain An empty chain, owned by the caller; filled with the certificates
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT` if the chain is not empty, or
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
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `cert_chain` is null or live for the whole call.
        let chain = unsafe { s2n_cert_chain_and_key::borrow(cert_chain) }?;
        if !chain.core.is_empty() {
            return Err(Code::InvalidArgument)?;
        }
        chain.core.set_peer(conn.core.peer_path()?)
    })
}

/// Returns the type of the public key in a side's certificate: "rsa" and the size in bits, as in
/// "rsa2048"; "ecdsa_secp256r1", "ecdsa_secp384r1", "ecdsa_secp521r1"; "mldsa44", "mldsa65" or
/// "mldsa87".
///
/// @param conn The connection
/// @param mode The side: its own mode for the certificate that this side selected, the other one
/// for the verified certificate of the peer
/// @param output Set to a NUL-terminated string
/// @param output_size The size of `output` in bytes; set to the size of the string with its NUL,
/// also if `output` is too small, and to 0 for a key of another type
/// @returns 0, or -1 with `S2N_ERR_NULL` if a pointer is NULL or this side has selected no
/// certificate, `S2N_ERR_INVALID_ARGUMENT` for an unknown mode, `S2N_ERR_CERT_NOT_VALIDATED` if the
/// peer has no verified certificate, `S2N_ERR_CERT_TYPE_UNSUPPORTED` for a key of another type, or
/// `S2N_ERR_INSUFFICIENT_MEM_SIZE`
///
/// # Safety
///
/// `conn` is NULL or live; `output_size` is NULL or a writable size; `output` is NULL or writable
/// for that size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_conn_get_signature_public_key_type(
    conn: *mut s2n_connection,
    mode: s2n_mode_arg,
    output: *mut c_char,
    output_size: *mut u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        if output.is_null() {
            return Err(Code::Null)?;
        }
        // SAFETY: `output_size` is null or a writable size for the whole call.
        let size = unsafe { output::inout(output_size) }?;
        let name = conn.core.public_key_name(mode.try_into()?);
        if let Err(error) = &name
            && error.code() == Code::CertTypeUnsupported
        {
            *size = 0;
        }
        let text = CString::new(&*name?).map_err(|_| Code::Safety)?;
        let text = text.as_bytes_with_nul();
        let room = std::mem::replace(size, text.len() as u32);
        // SAFETY: `output` is writable for `room` bytes for the whole call.
        let room = unsafe { input::required_slice_mut(output.cast::<u8>(), room as usize) }?;
        output::copy_all(text, room, Code::InsufficientMemSize)?;
        Ok(())
    })
}

/// Returns the stapled OCSP response (RFC 6960) that was received with the server's certificate.
///
/// @param conn A client connection
/// @param length Set to the length of the response in bytes, 0 if there is none
/// @returns the response in DER, owned by the connection and valid until it is wiped or freed; NULL
/// if there is none; NULL with `S2N_ERR_NULL` if a pointer is NULL
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
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `length` is null or writable for the whole call.
        let length = unsafe { output::slot(length) }?;
        let Some(response) = conn.core.peer_ocsp() else {
            length.set(0);
            return Ok(ptr::null());
        };
        length.set(u32::try_from(response.len()).map_err(|_| Code::IntegerOverflow)?);
        Ok(response.as_ptr())
    })
}

/// Reports whether an OCSP response is stapled to the server's certificate: sent by a server, or
/// received by a client.
///
/// @param conn The connection
/// @returns 1 if there is one, 0 if not; -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_is_ocsp_stapled(conn: *mut s2n_connection) -> c_int {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        Ok(conn.core.is_ocsp_stapled().into())
    })
}

/// Returns the signed certificate timestamps (SCT; RFC 6962) that the server sent. The list is
/// always empty: rustls does not support requesting them.
///
/// @param conn The connection
/// @param length Set to 0; may be NULL
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
        // SAFETY: `conn` is null or live for the whole call.
        unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `length` is null or writable for the whole call.
        if let Ok(length) = unsafe { output::slot(length) } {
            length.set(0);
        }
        Ok(ptr::null())
    })
}

/// Reports whether the client authenticated with a certificate.
///
/// @param conn The connection
/// @returns 1 if it did, 0 if not or before the handshake is complete; -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_client_cert_used(conn: *mut s2n_connection) -> c_int {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        Ok(conn
            .core
            .negotiated()
            .is_some_and(|facts| facts.client_cert_used)
            .into())
    })
}

/// Returns the client's certificate chain as received: each certificate in DER, preceded by its
/// length in three bytes.
///
/// The bytes are owned by the connection, and valid until it is wiped or freed.
///
/// @param conn A server connection
/// @param der_cert_chain_out Set to the bytes
/// @param cert_chain_len Set to their number
/// @returns 0, or -1 with `S2N_ERR_NULL` if a pointer is NULL or if the client sent no certificate
///
/// # Safety
///
/// `conn` is NULL or live; the other pointers are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_client_cert_chain(
    conn: *mut s2n_connection,
    der_cert_chain_out: *mut *mut u8,
    cert_chain_len: *mut u32,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `der_cert_chain_out` is null or writable for the whole call.
        let out = unsafe { output::slot(der_cert_chain_out) }?;
        // SAFETY: `cert_chain_len` is null or writable for the whole call.
        let len = unsafe { output::slot(cert_chain_len) }?;
        let facts = conn.core.negotiated().ok_or(Code::Null)?;
        let chain = facts.client_cert_chain.as_ref().ok_or(Code::Null)?;
        len.set(u32::try_from(chain.len()).map_err(|_| Code::IntegerOverflow)?);
        out.set(chain.as_ptr().cast_mut());
        Ok(())
    })
}
