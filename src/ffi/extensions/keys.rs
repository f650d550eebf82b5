//! Encrypted private keys.

// The names of the C API.
#![allow(non_camel_case_types)]

use std::ffi::{c_int, c_void};

use rs2n_core::credentials::passphrase::KeyLimits;
use rs2n_core::error::Code;

use crate::ffi::abi::boundary::status_with_memory;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::input;
use crate::ffi::abi::types::s2n_cert_chain_and_key;
use crate::sys::callbacks::CPassphraseCallback;
use crate::sys::io::Context;

/// Provides the passphrase of an encrypted private key.
///
/// It is called once, by the thread and within the call that loads the key. It may wait for a user, and
/// call functions of the library: it may load, and also free, the chain that is being loaded.
///
/// @param ctx The context that was passed with the callback
/// @param buf Buffer for the passphrase, which needs no NUL; valid during the call, and cleared after it
/// @param size Size of the buffer in bytes: 1024
/// @param len Set by the callback to the length of the passphrase in bytes, at most `size`; 0 before, which
/// is an empty passphrase
/// @returns 0; any other value if there is no passphrase, or it does not fit
pub type rs2n_passphrase_callback =
    Option<unsafe extern "C" fn(ctx: *mut c_void, buf: *mut u8, size: u32, len: *mut u32) -> c_int>;

/// Loads a certificate chain and its private key from PEM buffers, as
/// `s2n_cert_chain_and_key_load_pem_bytes()` does, with a private key that may be encrypted.
///
/// These are supported: "ENCRYPTED PRIVATE KEY" (PKCS #8) with PBES2 (RFC 8018), that is AES-128, AES-192
/// or AES-256 in CBC mode with PBKDF2 and HMAC-SHA-1, SHA-256, SHA-384 or SHA-512, or with scrypt (RFC
/// 7914); and "RSA PRIVATE KEY" or "EC PRIVATE KEY" with the header "Proc-Type: 4,ENCRYPTED" and AES in
/// CBC mode. The latter protects little: its key derivation is a single MD5.
///
/// The work is bounded: PBKDF2 to 10,000,000 iterations, scrypt to 160 MiB of memory and N * r * p =
/// 4,194,304. The call runs the key derivation in its thread: about 0.1 seconds for the defaults of
/// current tools, some seconds at the bounds.
///
/// A private key that is not encrypted is loaded without a call of the callback. Otherwise the callback
/// is called after the certificates and the parameters of the encryption are parsed, and before the
/// chain changes. Passphrase, derived key and decrypted key are cleared after use.
///
/// @param chain_and_key The chain
/// @param chain_pem Certificates in PEM, the leaf first; copied
/// @param chain_pem_len Length of the certificates in bytes
/// @param private_key_pem The leaf's private key in PEM; copied
/// @param private_key_pem_len Length of the private key in bytes
/// @param callback Provides the passphrase
/// @param ctx Passed to the callback unchanged; owned by the caller
/// @returns 0, or -1 and the chain as before, with `RS2N_ERR_WRONG_PASSPHRASE` if the passphrase is not
/// that of the key, or the encrypted key is damaged; `RS2N_ERR_KEY_ENCRYPTION` for another algorithm, or
/// work above the bounds; `RS2N_ERR_PASSPHRASE_CALLBACK` if the callback fails, or returns a length above
/// `size`; or the errors of `s2n_cert_chain_and_key_load_pem_bytes()`. `rs2n_error_detail()` has the
/// particulars, such as the name of the algorithm
///
/// It may be called in any thread; calls for different chains may run at the same time. Other threads may
/// use configs to which the chain was added, as with `s2n_cert_chain_and_key_load_pem_bytes()`.
///
/// # Safety
///
/// `chain_and_key` is NULL or live; the buffers are NULL or readable for their lengths; `callback` can be
/// called with `ctx` in this thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rs2n_cert_chain_and_key_load_encrypted_pem_bytes(
    chain_and_key: *mut s2n_cert_chain_and_key,
    chain_pem: *const u8,
    chain_pem_len: u32,
    private_key_pem: *const u8,
    private_key_pem_len: u32,
    callback: rs2n_passphrase_callback,
    ctx: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // The callback may free the chain.
        // SAFETY: `chain_and_key` is null or live.
        let chain_and_key = unsafe { s2n_cert_chain_and_key::share(chain_and_key) }?;
        // SAFETY: `chain_pem` is null or readable for `chain_pem_len` bytes for the whole call.
        let chain = unsafe { input::required_bytes(chain_pem, chain_pem_len as usize) }?;
        // SAFETY: `private_key_pem` is null or readable for `private_key_pem_len` bytes for the
        // whole call.
        let key = unsafe { input::required_bytes(private_key_pem, private_key_pem_len as usize) }?;
        let passphrase = CPassphraseCallback {
            function: callback.ok_or(Code::Null)?,
            context: Context(ctx),
        };
        let core = &chain_and_key.core;
        core.load_encrypted(chain, key, &passphrase, &KeyLimits::DEFAULT)
    })
}
