/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Generated from the source by cbindgen. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_CERT_AUTHORITIES_H
#define S2N_UNSTABLE_CERT_AUTHORITIES_H

#include <s2n.h>

struct s2n_certificate_request;
struct s2n_certificate_authority_list;


/**
 * Selects a client certificate in response to a certificate request; returns 0 on success.
 */
typedef int (*s2n_cert_request_callback)(struct s2n_connection *conn,
                                         void *ctx,
                                         struct s2n_certificate_request *request);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Returns the certificate authorities that a server accepts (RFC 8446, 4.2.4).
 *
 * @param request The request that was passed to the callback
 * @returns the list, valid until the callback returns; NULL if `request` is NULL
 */
S2N_API extern
struct s2n_certificate_authority_list *s2n_certificate_request_get_ca_list(struct s2n_certificate_request *request);

/**
 * Sets the client certificate to be sent in response to a certificate request.
 *
 * @param request The request that was passed to the callback
 * @param chain A loaded chain; ownership remains with the caller, who may free it
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL
 */
S2N_API extern
int s2n_certificate_request_set_certificate(struct s2n_certificate_request *request,
                                            struct s2n_cert_chain_and_key *chain);

/**
 * Reports whether the list contains another certificate authority.
 *
 * @param list The list
 * @returns true if it does, false if not or if `list` is NULL
 */
S2N_API extern
bool s2n_certificate_authority_list_has_next(struct s2n_certificate_authority_list *list);

/**
 * Returns the distinguished name of the next certificate authority, in DER as received from the
 * server.
 *
 * @param list The list
 * @param name Set to the name, which is owned by the list
 * @param length Set to the length of the name in bytes
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL, or at the end of the
 * list, where `name` is set to NULL and `length` to 0
 */
S2N_API extern
int s2n_certificate_authority_list_next(struct s2n_certificate_authority_list *list,
                                        uint8_t **name,
                                        uint16_t *length);

/**
 * Resets the iteration to the first certificate authority of the list.
 *
 * @param list The list
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if `list` is NULL
 */
S2N_API extern
int s2n_certificate_authority_list_reread(struct s2n_certificate_authority_list *list);

/**
 * Sets a callback that selects the certificate of a client when a server requests one. It is
 * called only if the config has a certificate, and must set a certificate: otherwise the handshake
 * fails with `S2N_ERR_NO_CERT_FOUND`, or with `S2N_ERR_CANCELLED` if the callback returns a value
 * other than 0.
 *
 * @param config The config
 * @param cert_req_callback The callback; NULL removes it
 * @param ctx Context passed to the callback; never dereferenced, ownership remains with the caller
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if `config` is NULL
 */
S2N_API extern
int s2n_config_set_cert_request_callback(struct s2n_config *config,
                                         s2n_cert_request_callback cert_req_callback,
                                         void *ctx);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_UNSTABLE_CERT_AUTHORITIES_H */
