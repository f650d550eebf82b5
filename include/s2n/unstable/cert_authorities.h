/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made from the source by cbindgen; a test compares. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_CERT_AUTHORITIES_H
#define S2N_UNSTABLE_CERT_AUTHORITIES_H

#include <s2n.h>

struct s2n_certificate_request;
struct s2n_certificate_authority_list;


/**
 * Answers a server that asks for a certificate; 0 for success.
 */
typedef int (*s2n_cert_request_callback)(struct s2n_connection *conn,
                                         void *ctx,
                                         struct s2n_certificate_request *request);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Gives the authorities that a server accepts (RFC 8446, 4.2.4).
 *
 * @param request What the callback was given
 * @returns the list, valid as long as the callback runs; NULL if `request` is NULL
 */
S2N_API extern
struct s2n_certificate_authority_list *s2n_certificate_request_get_ca_list(struct s2n_certificate_request *request);

/**
 * Sets the certificate to be shown.
 *
 * @param request What the callback was given
 * @param chain A loaded chain; it stays the caller's, who may free it
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL
 */
S2N_API extern
int s2n_certificate_request_set_certificate(struct s2n_certificate_request *request,
                                            struct s2n_cert_chain_and_key *chain);

/**
 * Says whether there is another authority.
 *
 * @param list A list
 * @returns whether there is; false if `list` is NULL
 */
S2N_API extern
bool s2n_certificate_authority_list_has_next(struct s2n_certificate_authority_list *list);

/**
 * Gives the next authority's name, in DER, as the server sent it.
 *
 * @param list A list
 * @param name Set to the name, which belongs to the list
 * @param length Set to its length in bytes
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL, or at the end of the list; the
 * others are set to NULL and 0 then
 */
S2N_API extern
int s2n_certificate_authority_list_next(struct s2n_certificate_authority_list *list,
                                        uint8_t **name,
                                        uint16_t *length);

/**
 * Begins a list anew.
 *
 * @param list A list
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if `list` is NULL
 */
S2N_API extern
int s2n_certificate_authority_list_reread(struct s2n_certificate_authority_list *list);

/**
 * Sets a callback that chooses the certificate which a client shows to a server that asks for one. It is
 * asked only if the config has a certificate, and must set one: otherwise the handshake fails with
 * `S2N_ERR_NO_CERT_FOUND`, or with `S2N_ERR_CANCELLED` if the callback returns other than 0.
 *
 * @param config A config
 * @param cert_req_callback The callback; NULL for none
 * @param ctx Handed to the callback as it is; stays the caller's
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
