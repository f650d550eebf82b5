/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made from the source by cbindgen; a test compares. Do not edit: run `make header`.
 */

#ifndef S2N_QUIC_H
#define S2N_QUIC_H

#include <s2n.h>

/**
 * The secrets of a connection for QUIC.
 */
typedef enum {
    S2N_CLIENT_EARLY_TRAFFIC_SECRET = 0,
    S2N_CLIENT_HANDSHAKE_TRAFFIC_SECRET = 1,
    S2N_SERVER_HANDSHAKE_TRAFFIC_SECRET = 2,
    S2N_CLIENT_APPLICATION_TRAFFIC_SECRET = 3,
    S2N_SERVER_APPLICATION_TRAFFIC_SECRET = 4,
    S2N_EXPORTER_SECRET = 5,
} s2n_secret_type_t;

/**
 * Takes a secret of a connection for QUIC.
 */
typedef int (*s2n_secret_cb)(void *context,
                             struct s2n_connection *conn,
                             s2n_secret_type_t secret_type,
                             uint8_t *secret,
                             uint8_t secret_size);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Makes connections speak TLS without its record layer, as QUIC needs it.
 *
 * @param config A config
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern int s2n_config_enable_quic(struct s2n_config *config);

/**
 * Makes a connection speak TLS without its record layer, as QUIC needs it.
 *
 * @param conn A connection
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern int s2n_connection_enable_quic(struct s2n_connection *conn);

/**
 * Tells whether a connection is one for QUIC.
 *
 * @param conn A connection
 * @returns false: there are none yet
 */
S2N_API extern bool s2n_connection_is_quic_enabled(struct s2n_connection *conn);

/**
 * Tells whether a connection uses session tickets.
 *
 * @param conn A connection
 * @returns false: they are not there yet
 */
S2N_API extern bool s2n_connection_are_session_tickets_enabled(struct s2n_connection *conn);

/**
 * Sets what is sent in the extension quic_transport_parameters (RFC 9001, 8.2).
 *
 * @param conn A connection
 * @param data_buffer The bytes; copied
 * @param data_len Their length
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_connection_set_quic_transport_parameters(struct s2n_connection *conn,
                                                 const uint8_t *data_buffer,
                                                 uint16_t data_len);

/**
 * Gives what the peer sent in the extension quic_transport_parameters.
 *
 * @param conn A connection
 * @param data_buffer Set to the bytes, which are the connection's
 * @param data_len Set to their length
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_connection_get_quic_transport_parameters(struct s2n_connection *conn,
                                                 const uint8_t **data_buffer,
                                                 uint16_t *data_len);

/**
 * Sets who gets the secrets of a connection for QUIC.
 *
 * @param conn A connection
 * @param cb_func Gets a secret
 * @param ctx Handed to the callback; never followed
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_connection_set_secret_callback(struct s2n_connection *conn,
                                       s2n_secret_cb cb_func,
                                       void *ctx);

/**
 * Handles a message that QUIC brought after the handshake.
 *
 * @param conn A connection
 * @param blocked Set to what a blocked call waits for
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
 */
S2N_API extern
int s2n_recv_quic_post_handshake_message(struct s2n_connection *conn,
                                         s2n_blocked_status *blocked);

/**
 * Gives the alert that an error stands for (RFC 8446, 6.2).
 *
 * @param error A value of `s2n_errno`
 * @param alert Set to the description of the alert
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_NO_ALERT` if there is none
 */
S2N_API extern int s2n_error_get_alert(int error, uint8_t *alert);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_QUIC_H */
