/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Generated from the source by cbindgen. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_KTLS_H
#define S2N_UNSTABLE_KTLS_H

#include <s2n.h>

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Returns the number of key updates of a connection since its handshake. Each counter saturates at
 * 255.
 *
 * May be called from any thread.
 *
 * @param conn The connection
 * @param send_key_updates Set to the number of KeyUpdate messages that were sent
 * @param recv_key_updates Set to the number of KeyUpdate messages that were received
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_key_update_counts(struct s2n_connection *conn,
                                         uint8_t *send_key_updates,
                                         uint8_t *recv_key_updates);

/**
 * Enables kernel TLS for sending: the kernel seals the records. If this fails, the connection can
 * be used without kernel TLS.
 *
 * @param conn The connection
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_KTLS_UNSUPPORTED_PLATFORM`: not implemented yet
 */
S2N_API extern int s2n_connection_ktls_enable_send(struct s2n_connection *conn);

/**
 * Enables kernel TLS for receiving: the kernel opens the records. If this fails, the connection
 * can be used without kernel TLS.
 *
 * @param conn The connection
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_KTLS_UNSUPPORTED_PLATFORM`: not implemented yet
 */
S2N_API extern int s2n_connection_ktls_enable_recv(struct s2n_connection *conn);

/**
 * Allows kernel TLS for TLS 1.3 connections, although the kernel cannot update their keys.
 *
 * @param config The config
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_KTLS_UNSUPPORTED_PLATFORM`: not implemented yet
 */
S2N_API extern int s2n_config_ktls_enable_unsafe_tls13(struct s2n_config *config);

/**
 * Sends a part of a file without copying it, on a connection with kernel TLS enabled for sending.
 *
 * @param conn The connection
 * @param fd A file descriptor of the file
 * @param offset Start of the part, as an offset in bytes
 * @param count Length of the part in bytes
 * @param bytes_written Set to the number of bytes sent
 * @param blocked Set to the operation on which the call is blocked
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_KTLS_UNSUPPORTED_CONN`: not implemented yet
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
