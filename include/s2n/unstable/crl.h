/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made from the source by cbindgen; a test compares. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_CRL_H
#define S2N_UNSTABLE_CRL_H

#include <s2n.h>

struct s2n_crl;
struct s2n_crl_lookup;
struct s2n_cert_validation_info;


/**
 * Looks for the certificate revocation list about one certificate; 0 for success.
 */
typedef int (*s2n_crl_lookup_callback)(struct s2n_crl_lookup *lookup, void *context);

/**
 * Looks at a peer whose certificate was verified; 0 for success.
 */
typedef int (*s2n_cert_validation_callback)(struct s2n_connection *conn,
                                            struct s2n_cert_validation_info *info,
                                            void *context);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Sets a callback that finds certificate revocation lists (RFC 5280, 5). With it each certificate of a
 * peer must stand in a list as not revoked, but for the trusted one.
 *
 * The callback is asked about each certificate that the peer sent. It answers with `s2n_crl_lookup_set()`
 * or `s2n_crl_lookup_ignore()`, at once or later from any thread; until then `s2n_negotiate()` fails with
 * `S2N_ERR_ASYNC_BLOCKED`. What it returns other than 0 ends the handshake with `S2N_ERR_CANCELLED`.
 *
 * Whether a list is out of date is for the callback to find out.
 *
 * @param config A config
 * @param callback The callback; NULL for none
 * @param context Handed to the callback as it is; stays the caller's
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_crl_lookup_cb(struct s2n_config *config,
                                 s2n_crl_lookup_callback callback,
                                 void *context);

/**
 * Makes an empty list, to be loaded.
 *
 * @returns a list, to be freed with `s2n_crl_free()`
 */
S2N_API extern struct s2n_crl *s2n_crl_new(void);

/**
 * Loads a list.
 *
 * @param crl An empty list
 * @param pem The list in PEM; copied
 * @param len Its length in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_PEM`, or `S2N_ERR_INVALID_ARGUMENT` if there is
 * one already
 */
S2N_API extern
int s2n_crl_load_pem(struct s2n_crl *crl,
                     uint8_t *pem,
                     size_t len);

/**
 * Frees a list. Handshakes that use it go on using it.
 *
 * @param crl Where its address is; set to NULL. Both may be NULL.
 * @returns 0
 */
S2N_API extern int s2n_crl_free(struct s2n_crl **crl);

/**
 * Gives a hash of the name of who made the list: that by which OpenSSL names files.
 *
 * @param crl A list that was loaded
 * @param hash Set to the hash
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_crl_get_issuer_hash(struct s2n_crl *crl, uint64_t *hash);

/**
 * Says whether the time for a list has come, by the system's clock.
 *
 * @param crl A list that was loaded
 * @returns 0 if it has, or -1 with `S2N_ERR_NULL`, `S2N_ERR_CRL_NOT_YET_VALID`
 */
S2N_API extern int s2n_crl_validate_active(struct s2n_crl *crl);

/**
 * Says whether a list is the latest, by the system's clock. One that does not name the time of the next
 * is.
 *
 * @param crl A list that was loaded
 * @returns 0 if it is, or -1 with `S2N_ERR_NULL`, `S2N_ERR_CRL_EXPIRED`
 */
S2N_API extern
int s2n_crl_validate_not_expired(struct s2n_crl *crl);

/**
 * Gives a hash of the name of a certificate's issuer, to be compared with that of a list.
 *
 * @param lookup What the callback was asked; valid until the connection is wiped or freed
 * @param hash Set to the hash
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_crl_lookup_get_cert_issuer_hash(struct s2n_crl_lookup *lookup,
                                        uint64_t *hash);

/**
 * Answers with a list.
 *
 * @param lookup What the callback was asked
 * @param crl The list; it stays the caller's, who may free it
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_crl_lookup_set(struct s2n_crl_lookup *lookup, struct s2n_crl *crl);

/**
 * Answers that there is no list. The handshake fails, if no other list has the certificate, with
 * `S2N_ERR_CRL_LOOKUP_FAILED`.
 *
 * @param lookup What the callback was asked
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_crl_lookup_ignore(struct s2n_crl_lookup *lookup);

/**
 * Sets a callback that has the last word about a peer's certificate, once everything else is fine.
 *
 * It decides with `s2n_cert_validation_accept()` or `s2n_cert_validation_reject()`, at once or later from
 * any thread; until then `s2n_negotiate()` fails with `S2N_ERR_ASYNC_BLOCKED`. What it returns other than
 * 0 ends the handshake with `S2N_ERR_CANCELLED`. It may call `s2n_connection_get_peer_cert_chain()`.
 *
 * @param config A config
 * @param callback The callback; NULL for none
 * @param context Handed to the callback as it is; stays the caller's
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_cert_validation_cb(struct s2n_config *config,
                                      s2n_cert_validation_callback callback,
                                      void *context);

/**
 * Accepts a peer's certificate.
 *
 * @param info What the callback was given; valid until the connection is wiped or freed
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if there is a verdict
 */
S2N_API extern int s2n_cert_validation_accept(struct s2n_cert_validation_info *info);

/**
 * Rejects a peer's certificate: the handshake fails with `S2N_ERR_CERT_REJECTED`.
 *
 * @param info What the callback was given; valid until the connection is wiped or freed
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if there is a verdict
 */
S2N_API extern int s2n_cert_validation_reject(struct s2n_cert_validation_info *info);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_UNSTABLE_CRL_H */
