//! Raw public keys (RFC 7250) in place of certificates.

use std::ffi::c_int;

use rs2n_core::error::Code;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_cert_chain_and_key, s2n_config, s2n_connection};
use crate::ffi::abi::{input, output};

/// Loads a raw public key (RFC 7250), which is sent in place of certificates, and its private key.
/// The chain is added to configs with `s2n_config_add_cert_chain_and_key_to_store()`, of servers and
/// of clients. A config may have certificates as well: the peer then selects the type. Of several raw
/// public keys of one type, such as ECDSA, a config uses the first.
///
/// Raw public keys require TLS 1.3. A connection whose config has them and no certificates, for one
/// of the sides, does not negotiate TLS 1.2.
///
/// The chain has no certificates: `s2n_cert_chain_get_length()` and `s2n_cert_chain_get_cert()` fail as
/// for an empty one. A raw public key may be loaded again, and is then used in later handshakes; a
/// chain with certificates cannot become a raw public key, nor the reverse.
///
/// @param chain_and_key A chain that is empty, or has a raw public key
/// @param public_key SubjectPublicKeyInfo in DER, or in PEM ("PUBLIC KEY"); copied. NULL for the one
/// of the private key
/// @param public_key_len Length of the public key in bytes
/// @param private_key_pem The private key in PEM (PKCS #8, PKCS #1 or SEC 1, not encrypted); copied.
/// NULL if the application holds it, and signs in the callback of
/// `s2n_config_set_async_pkey_callback()`
/// @param private_key_pem_len Length of the private key in bytes
/// @returns 0; or -1 with `S2N_ERR_NULL` if the chain or both keys are NULL,
/// `S2N_ERR_INVALID_ARGUMENT` if the chain has certificates, `S2N_ERR_DECODE_CERTIFICATE` for a
/// malformed public key, `S2N_ERR_INVALID_PEM`, `S2N_ERR_DECODE_PRIVATE_KEY`,
/// `S2N_ERR_KEY_MISMATCH`, or `S2N_ERR_CERT_TYPE_UNSUPPORTED` for a type of key other than RSA,
/// RSA-PSS, ML-DSA, and ECDSA with P-256, P-384 or P-521. `rs2n_error_detail()` has the particulars
///
/// It may be called in any thread.
///
/// # Safety
///
/// `chain_and_key` is NULL or live; the others are NULL or readable for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rs2n_cert_chain_and_key_load_raw_public_key(
    chain_and_key: *mut s2n_cert_chain_and_key,
    public_key: *const u8,
    public_key_len: u32,
    private_key_pem: *const u8,
    private_key_pem_len: u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `chain_and_key` is null or live for the whole call.
        let chain = unsafe { s2n_cert_chain_and_key::borrow(chain_and_key) }?;
        // SAFETY: `public_key` is null or readable for its length for the whole call.
        let public = unsafe { input::optional_bytes(public_key, public_key_len as usize) }?;
        // SAFETY: `private_key_pem` is null or readable for its length for the whole call.
        let private =
            unsafe { input::optional_bytes(private_key_pem, private_key_pem_len as usize) }?;
        chain.core.load_raw_key(
            (!public_key.is_null()).then_some(public),
            (!private_key_pem.is_null()).then_some(private),
        )
    })
}

/// Adds a public key that authenticates peers with a raw public key (RFC 7250): the pin of a peer. A
/// key is trusted if its SubjectPublicKeyInfo equals one of those that were added, byte for byte.
///
/// A client then offers to authenticate the server with a raw public key; a server that requests
/// client authentication accepts one of the client. If the trust store has certificates too, both
/// types are offered; `s2n_config_new()` adds those of the operating system, which
/// `s2n_config_new_minimal()` does not. If it has none, certificates are rejected, even with
/// `s2n_config_disable_x509_verification()`, and TLS 1.2 is not negotiated.
///
/// A raw public key has no names, validity period, revocation list or OCSP response: the callbacks for
/// host names and CRLs are not called. The one of `s2n_config_set_cert_validation_cb()` is called for
/// a trusted key. The security policy applies to the key as to that of a certificate.
///
/// `s2n_config_wipe_trust_store()` and `s2n_config_disable_x509_verification()` remove the keys, like
/// the certificates.
///
/// @param config A config
/// @param public_key SubjectPublicKeyInfo in DER, or in PEM ("PUBLIC KEY"); copied
/// @param public_key_len Its length in bytes
/// @returns 0, also if the key was added before; or -1 with `S2N_ERR_NULL`,
/// `S2N_ERR_DECODE_CERTIFICATE` for a malformed key, `S2N_ERR_INVALID_PEM`, or
/// `S2N_ERR_CERT_TYPE_UNSUPPORTED` for a type of key other than RSA, RSA-PSS, ML-DSA, and ECDSA with
/// P-256, P-384 or P-521. The keys are unchanged on failure, and `rs2n_error_detail()` has the
/// particulars
///
/// It may be called at any time, in any thread; a handshake that has begun does not use the key.
///
/// # Safety
///
/// `config` is NULL or live; `public_key` is NULL or readable for `public_key_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rs2n_config_add_trusted_public_key(
    config: *mut s2n_config,
    public_key: *const u8,
    public_key_len: u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        // SAFETY: `public_key` is null or readable for its length for the whole call.
        let key = unsafe { input::required_bytes(public_key, public_key_len as usize) }?;
        config.core.trust_key(key)
    })
}

/// Copies the raw public key with which the peer has authenticated (RFC 7250): its
/// SubjectPublicKeyInfo in DER, which is one of the trusted ones.
///
/// @param conn A connection that has verified its peer: after the handshake, or in the callback of
/// `s2n_config_set_cert_validation_cb()`
/// @param buffer Buffer for the key; NULL to query its length
/// @param size The size of `buffer` in bytes; set to the length of the key. It is only set if `buffer`
/// is NULL
/// @returns 0; or -1 with `S2N_ERR_NULL`, `S2N_ERR_INSUFFICIENT_MEM_SIZE` if the buffer is too small,
/// or `S2N_ERR_NO_CERT_FOUND` if the peer has not authenticated with a raw public key, which includes
/// a resumed session. Nothing is written on failure
///
/// It may be called in any thread, at the same time as other calls on the connection.
///
/// # Safety
///
/// `conn` is NULL or live; `size` is NULL or a writable size; `buffer` is NULL or writable for that
/// size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rs2n_connection_get_peer_public_key(
    conn: *mut s2n_connection,
    buffer: *mut u8,
    size: *mut u32,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        if size.is_null() {
            return Err(Code::Null)?;
        }
        let key = conn.core.peer_raw_key()?;
        let len = u32::try_from(key.len()).map_err(|_| Code::IntegerOverflow)?;
        if !buffer.is_null() {
            // SAFETY: `size` is not null, and a writable size for the whole call.
            let room = *unsafe { output::inout(size) }?;
            // SAFETY: `buffer` is not null, and writable for `room` bytes for the whole call.
            let room = unsafe { input::bytes_mut(buffer, room as usize) }?;
            output::copy_all(&key, room, Code::InsufficientMemSize)?;
        }
        // SAFETY: `size` is not null, and writable for the whole call.
        unsafe { output::slot(size) }?.set(len);
        Ok(())
    })
}
