/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Generated from the source by cbindgen. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_CRL_H
#define S2N_UNSTABLE_CRL_H

#include <s2n.h>

struct s2n_crl;
struct s2n_crl_lookup;
struct s2n_cert_validation_info;


/**
 * Looks up the certificate revocation list for a certificate; returns 0 on success.
 */
typedef int (*s2n_crl_lookup_callback)(struct s2n_crl_lookup *lookup, void *context);

/**
 * Validates a peer whose certificate was verified; returns 0 on success.
 */
typedef int (*s2n_cert_validation_callback)(struct s2n_connection *conn,
                                            struct s2n_cert_validation_info *info,
                                            void *context);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Sets a callback that looks up certificate revocation lists (CRL; RFC 5280, 5). It enables
 * revocation checking: every certificate in the peer's chain except the trust anchor must be
 * covered by a CRL that does not revoke it.
 *
 * The callback is called for each certificate that the peer sent. It calls `s2n_crl_lookup_set()`
 * or `s2n_crl_lookup_ignore()`, immediately or later from any thread; until then `s2n_negotiate()`
 * fails with `S2N_ERR_ASYNC_BLOCKED`. If it returns a value other than 0, the handshake fails with
 * `S2N_ERR_CANCELLED`.
 *
 * The library does not check whether a CRL has expired; this is the responsibility of the
 * callback.
 *
 * @param config The config
 * @param callback The callback; NULL removes it
 * @param context Context passed to the callback; never dereferenced, ownership remains with the
 * caller
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_crl_lookup_cb(struct s2n_config *config,
                                 s2n_crl_lookup_callback callback,
                                 void *context);

/**
 * Creates an empty certificate revocation list, to be loaded.
 *
 * @returns a new CRL, owned by the caller, to be freed with `s2n_crl_free()`
 */
S2N_API extern struct s2n_crl *s2n_crl_new(void);

/**
 * Loads a certificate revocation list from PEM.
 *
 * @param crl An empty CRL
 * @param pem The CRL in PEM; copied
 * @param len Length of the PEM data in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_PEM`, or `S2N_ERR_INVALID_ARGUMENT` if a
 * list is already loaded
 */
S2N_API extern int s2n_crl_load_pem(struct s2n_crl *crl, uint8_t *pem, size_t len);

/**
 * Frees a certificate revocation list. Handshakes that use it continue to use it.
 *
 * @param crl Address of the pointer to the CRL; the pointer is set to NULL. NULL, or the address
 * of a NULL pointer, has no effect.
 * @returns 0
 */
S2N_API extern int s2n_crl_free(struct s2n_crl **crl);

/**
 * Returns a hash of the issuer name of a CRL, the same hash by which OpenSSL names CRL files.
 *
 * @param crl A loaded CRL
 * @param hash Set to the hash
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_crl_get_issuer_hash(struct s2n_crl *crl, uint64_t *hash);

/**
 * Checks that a CRL is already valid (thisUpdate), by the system's clock.
 *
 * @param crl A loaded CRL
 * @returns 0 if it is, or -1 with `S2N_ERR_NULL`, `S2N_ERR_CRL_NOT_YET_VALID`
 */
S2N_API extern int s2n_crl_validate_active(struct s2n_crl *crl);

/**
 * Checks that a CRL has not expired (nextUpdate), by the system's clock. A CRL without nextUpdate
 * does not expire.
 *
 * @param crl A loaded CRL
 * @returns 0 if it has not expired, or -1 with `S2N_ERR_NULL`, `S2N_ERR_CRL_EXPIRED`
 */
S2N_API extern int s2n_crl_validate_not_expired(struct s2n_crl *crl);

/**
 * Returns a hash of the issuer name of the certificate, for comparison with that of a CRL.
 *
 * @param lookup The lookup that was passed to the callback; valid until the connection is wiped or
 * freed
 * @param hash Set to the hash
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_crl_lookup_get_cert_issuer_hash(struct s2n_crl_lookup *lookup,
                                        uint64_t *hash);

/**
 * Sets the CRL of a lookup.
 *
 * @param lookup The lookup that was passed to the callback
 * @param crl The CRL; ownership remains with the caller, who may free it
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_crl_lookup_set(struct s2n_crl_lookup *lookup, struct s2n_crl *crl);

/**
 * Completes a lookup without a CRL. If no other CRL covers the certificate, the handshake fails
 * with `S2N_ERR_CRL_LOOKUP_FAILED`.
 *
 * @param lookup The lookup that was passed to the callback
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_crl_lookup_ignore(struct s2n_crl_lookup *lookup);

/**
 * Sets a callback for additional validation of the peer's certificate, called after all other
 * verification has succeeded.
 *
 * The callback calls `s2n_cert_validation_accept()` or `s2n_cert_validation_reject()`, immediately
 * or later from any thread; until then `s2n_negotiate()` fails with `S2N_ERR_ASYNC_BLOCKED`. If it
 * returns a value other than 0, the handshake fails with `S2N_ERR_CANCELLED`. It may call
 * `s2n_connection_get_peer_cert_chain()`.
 *
 * @param config The config
 * @param callback The callback; NULL removes it
 * @param context Context passed to the callback; never dereferenced, ownership remains with the
 * caller
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_cert_validation_cb(struct s2n_config *config,
                                      s2n_cert_validation_callback callback,
                                      void *context);

/**
 * Accepts the peer's certificate.
 *
 * @param info The object that was passed to the callback; valid until the connection is wiped or
 * freed
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if the certificate was already
 * accepted or rejected
 */
S2N_API extern int s2n_cert_validation_accept(struct s2n_cert_validation_info *info);

/**
 * Rejects the peer's certificate: the handshake fails with `S2N_ERR_CERT_REJECTED`.
 *
 * @param info The object that was passed to the callback; valid until the connection is wiped or
 * freed
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if the certificate was already
 * accepted or rejected
 */
S2N_API extern int s2n_cert_validation_reject(struct s2n_cert_validation_info *info);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_UNSTABLE_CRL_H */
