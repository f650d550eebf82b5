/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Generated from the source by cbindgen. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_ALLOW_IP_IN_CN_H
#define S2N_UNSTABLE_ALLOW_IP_IN_CN_H

#include <s2n.h>

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Allows IP addresses in the common name of certificates, contrary to RFC 6125, 6.4.4. By the
 * standard they belong in the subjectAltName extension.
 *
 * @param config The config
 * @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if `config` is NULL
 */
S2N_API extern int s2n_config_allow_ip_in_cn(struct s2n_config *config);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_UNSTABLE_ALLOW_IP_IN_CN_H */
