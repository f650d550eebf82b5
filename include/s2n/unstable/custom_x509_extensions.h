/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Generated from the source by cbindgen. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_CUSTOM_X509_EXTENSIONS_H
#define S2N_UNSTABLE_CUSTOM_X509_EXTENSIONS_H

#include <s2n.h>

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Adds a critical X.509 extension that is accepted in the certificates of peers. The application
 * must evaluate it, in the callback of `s2n_config_set_cert_validation_cb()`: RFC 5280, 4.2,
 * requires that a certificate with a critical extension that is not processed be rejected.
 *
 * @param config The config
 * @param extension_oid The object identifier of the extension in dotted decimal notation, without
 * NUL terminator; copied
 * @param extension_oid_len Length of the object identifier in bytes
 * @returns 0; -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL, or `S2N_ERR_NULL` if the
 * text is not an object identifier
 */
S2N_API extern
int s2n_config_add_custom_x509_extension(struct s2n_config *config,
                                         uint8_t *extension_oid,
                                         uint32_t extension_oid_len);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_UNSTABLE_CUSTOM_X509_EXTENSIONS_H */
