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

/**
 * Lets the kernel seal records. A program goes on without it if this fails.
 *
 * @param conn A connection
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_KTLS_UNSUPPORTED_PLATFORM`: this is not there yet
 */
S2N_API extern int s2n_connection_ktls_enable_send(struct s2n_connection *conn);

/**
 * Lets the kernel open records. A program goes on without it if this fails.
 *
 * @param conn A connection
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_KTLS_UNSUPPORTED_PLATFORM`: this is not there yet
 */
S2N_API extern int s2n_connection_ktls_enable_recv(struct s2n_connection *conn);

/**
 * Allows the kernel to take over TLS 1.3 connections, whose keys it cannot change.
 *
 * @param config A config
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_KTLS_UNSUPPORTED_PLATFORM`: this is not there yet
 */
S2N_API extern int s2n_config_ktls_enable_unsafe_tls13(struct s2n_config *config);

/**
 * Sends a piece of a file without copying it, on a connection whose records the kernel seals.
 *
 * @param conn A connection
 * @param fd A descriptor of the file
 * @param offset Where the piece begins, in bytes
 * @param count Its length in bytes
 * @param bytes_written Set to the number of bytes sent
 * @param blocked Set to what a blocked call waits for
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_KTLS_UNSUPPORTED_CONN`: this is not there yet
 */
S2N_API extern
int s2n_sendfile(struct s2n_connection *conn,
                 int fd,
                 off_t offset,
                 size_t count,
                 size_t *bytes_written,
                 s2n_blocked_status *blocked);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_UNSTABLE_KTLS_H */
