/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made from the source by cbindgen; a test compares. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_KTLS_H
#define S2N_UNSTABLE_KTLS_H

#include <s2n.h>

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Says how often the keys of a connection have changed since its handshake. Each count stops
 * at 255.
 *
 * @param conn A connection
 * @param send_key_updates Set to the number of KeyUpdates that were sent
 * @param recv_key_updates Set to the number of KeyUpdates that were received
 * @returns 0, or -1 with `S2N_ERR_NULL`
 *
 * May be called from any thread.
 */
S2N_API extern
int s2n_connection_get_key_update_counts(struct s2n_connection *conn,
                                         uint8_t *send_key_updates,
                                         uint8_t *recv_key_updates);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_UNSTABLE_KTLS_H */
