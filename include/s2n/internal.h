/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Generated from the source by cbindgen. Do not edit: run `make header`.
 */

#ifndef S2N_INTERNAL_H
#define S2N_INTERNAL_H

#include <s2n.h>

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Returns the config that was set with `s2n_connection_set_config()`.
 *
 * @param conn The connection
 * @param config Set to the config, which remains valid for the lifetime of the connection, even if
 * its owner frees it; the caller of this function must not free it
 * @returns 0, or -1 with `S2N_ERR_NULL`, also if no config was set
 */
S2N_API extern
int s2n_connection_get_config(struct s2n_connection *conn,
                              struct s2n_config **config);

/**
 * Flushes sealed records that have not been written yet. A blocked `s2n_send()` is not completed:
 * its data is counted only when that call is repeated.
 *
 * @param conn The connection
 * @param blocked Set to `S2N_BLOCKED_ON_WRITE` unless all records were written
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_IO_BLOCKED`, `S2N_ERR_IO`, or
 * `S2N_ERR_REENTRANCY` while another call is sending
 */
S2N_API extern int s2n_flush(struct s2n_connection *conn, s2n_blocked_status *blocked);

/**
 * Sets "default_tls13" as the security policy of configs that are created later, and of
 * connections without a config. TLS 1.3 does not require this call: use a policy with TLS 1.3
 * instead.
 *
 * @returns 0
 */
S2N_API extern int s2n_enable_tls13(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_INTERNAL_H */
