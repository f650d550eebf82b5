/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Generated from the source by cbindgen. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_RENEGOTIATE_H
#define S2N_UNSTABLE_RENEGOTIATE_H

#include <s2n.h>

/**
 * A client's response to a renegotiation request (HelloRequest).
 */
typedef enum {
    S2N_RENEGOTIATE_IGNORE = 0,
    S2N_RENEGOTIATE_REJECT = 1,
    S2N_RENEGOTIATE_ACCEPT = 2,
} s2n_renegotiate_response;

/**
 * Decides on a server's renegotiation request.
 */
typedef int (*s2n_renegotiate_request_cb)(struct s2n_connection *conn,
                                          void *context,
                                          s2n_renegotiate_response *response);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Set if renegotiation is blocked because application data was received during the handshake.
 */
extern const s2n_blocked_status S2N_BLOCKED_ON_APPLICATION_DATA;

/**
 * Sets the callback of a client for renegotiation requests of a TLS 1.2 server (HelloRequest).
 *
 * This library does not renegotiate: the response decides whether the server is told so. Without a
 * callback, requests are ignored. After `S2N_RENEGOTIATE_REJECT`, the next call that sends answers
 * with the alert no_renegotiation. After the other responses there is no answer;
 * `s2n_renegotiate_wipe()` and `s2n_renegotiate()` fail. If the server does not support secure
 * renegotiation (RFC 5746, 4.2), its request is rejected without a call of the callback.
 *
 * The callback is called within `s2n_recv()` or `s2n_shutdown()`. Its response is
 * `S2N_RENEGOTIATE_REJECT` unless it sets another one. If it returns another value than 0, the call
 * fails with `S2N_ERR_CANCELLED`, and the connection is closed.
 *
 * @param config The config
 * @param callback The callback, which is called in any thread that uses the config; NULL removes it
 * @param context Passed to the callback unchanged; owned by the caller
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_STATE` if the config has a
 * serialization version
 */
S2N_API extern
int s2n_config_set_renegotiate_request_cb(struct s2n_config *config,
                                          s2n_renegotiate_request_cb callback,
                                          void *context);

/**
 * Prepares a client connection for renegotiation with the same peer. Always fails: this library
 * does not renegotiate.
 *
 * @param conn A connection
 * @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_NO_RENEGOTIATION`
 */
S2N_API extern int s2n_renegotiate_wipe(struct s2n_connection *conn);

/**
 * Performs a renegotiation handshake on a client connection. Always fails: this library does not
 * renegotiate.
 *
 * @param conn A connection
 * @param app_data_buf Not used; may be NULL
 * @param app_data_buf_size Not used
 * @param app_data_size Not used; may be NULL
 * @param blocked Set to `S2N_BLOCKED_ON_READ`
 * @returns -1 with `S2N_ERR_NULL` if `conn` or `blocked` is NULL, or with
 * `S2N_ERR_NO_RENEGOTIATION`
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
