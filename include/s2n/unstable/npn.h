/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Generated from the source by cbindgen. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_NPN_H
#define S2N_UNSTABLE_NPN_H

#include <s2n.h>

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Enables or disables Next Protocol Negotiation (NPN), which ALPN (RFC 7301) replaced. NPN is
 * always disabled: its handshake message is not supported.
 *
 * @param config The config
 * @param enable Whether to enable NPN
 * @returns 0 for false; otherwise -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
 */
S2N_API extern int s2n_config_set_npn(struct s2n_config *config, bool enable);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_UNSTABLE_NPN_H */
