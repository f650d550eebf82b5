/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made from the source by cbindgen; a test compares. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_RENEGOTIATE_H
#define S2N_UNSTABLE_RENEGOTIATE_H

#include <s2n.h>

/**
 * What a client answers when it is asked for another handshake.
 */
typedef enum {
    S2N_RENEGOTIATE_IGNORE = 0,
    S2N_RENEGOTIATE_REJECT = 1,
    S2N_RENEGOTIATE_ACCEPT = 2,
} s2n_renegotiate_response;

/**
 * Answers a server that asks for another handshake.
 */
typedef int (*s2n_renegotiate_request_cb)(struct s2n_connection *conn,
                                          void *context,
                                          s2n_renegotiate_response *response);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * What a handshake waits for if application data came where it does not belong.
 */
extern const s2n_blocked_status S2N_BLOCKED_ON_APPLICATION_DATA;

/**
 * Clients: sets who is asked when a TLS 1.2 server wants another handshake (RFC 5746). Without
 * an answer such requests are ignored.
 *
 * @param config A config
 * @param callback Answers
 * @param context Handed to the callback; never followed
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_config_set_renegotiate_request_cb(struct s2n_config *config,
                                          s2n_renegotiate_request_cb callback,
                                          void *context);

/**
 * Clients: prepares a connection for another handshake with the same peer.
 *
 * @param conn A connection
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern int s2n_renegotiate_wipe(struct s2n_connection *conn);

/**
 * Clients: performs another handshake with the same peer.
 *
 * @param conn A connection
 * @param app_data_buf Filled with application data that comes before the handshake
 * @param app_data_buf_size Room in bytes
 * @param app_data_size Set to the number of bytes received
 * @param blocked Set to what a blocked call waits for
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_renegotiate(struct s2n_connection *conn,
                    uint8_t *app_data_buf,
                    ssize_t app_data_buf_size,
                    ssize_t *app_data_size,
                    s2n_blocked_status *blocked);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_UNSTABLE_RENEGOTIATE_H */
