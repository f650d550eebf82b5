/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Generated from the source by cbindgen. Do not edit: run `make header`.
 */

#ifndef S2N_QUIC_H
#define S2N_QUIC_H

#include <s2n.h>

/**
 * Types of traffic secrets that a QUIC connection exports.
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
 * Receives a traffic secret of a QUIC connection.
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
 * Enables QUIC for connections: TLS handshakes without the TLS record layer (RFC 9001). Not
 * implemented yet.
 *
 * @param config A config
 * @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
 */
S2N_API extern int s2n_config_enable_quic(struct s2n_config *config);

/**
 * Enables QUIC on a connection: the TLS handshake without the record layer.
 *
 * @param conn The connection
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
 */
S2N_API extern int s2n_connection_enable_quic(struct s2n_connection *conn);

/**
 * Reports whether QUIC is enabled on a connection.
 *
 * @param conn The connection
 * @returns false: QUIC is not implemented yet
 */
S2N_API extern bool s2n_connection_is_quic_enabled(struct s2n_connection *conn);

/**
 * Reports whether session tickets are enabled on a connection.
 *
 * @param conn The connection
 * @returns whether the config of the connection enables session tickets; false if `conn` is NULL
 */
S2N_API extern bool s2n_connection_are_session_tickets_enabled(struct s2n_connection *conn);

/**
 * Sets the contents of the quic_transport_parameters extension that is sent (RFC 9001, 8.2).
 *
 * @param conn The connection
 * @param data_buffer The contents; copied
 * @param data_len Length of the contents in bytes
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
 */
S2N_API extern
int s2n_connection_set_quic_transport_parameters(struct s2n_connection *conn,
                                                 const uint8_t *data_buffer,
                                                 uint16_t data_len);

/**
 * Returns the contents of the quic_transport_parameters extension that was received from the peer.
 *
 * @param conn The connection
 * @param data_buffer Set to the contents, which are owned by the connection
 * @param data_len Set to the length of the contents in bytes
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
 */
S2N_API extern
int s2n_connection_get_quic_transport_parameters(struct s2n_connection *conn,
                                                 const uint8_t **data_buffer,
                                                 uint16_t *data_len);

/**
 * Sets the callback that receives the traffic secrets of a QUIC connection.
 *
 * @param conn The connection
 * @param cb_func The callback
 * @param ctx Context passed to the callback; never dereferenced, may be NULL
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
 */
S2N_API extern
int s2n_connection_set_secret_callback(struct s2n_connection *conn,
                                       s2n_secret_cb cb_func,
                                       void *ctx);

/**
 * Processes a post-handshake message that was received over QUIC.
 *
 * @param conn The connection
 * @param blocked Set to the operation on which the call is blocked
 * @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
 */
S2N_API extern
int s2n_recv_quic_post_handshake_message(struct s2n_connection *conn,
                                         s2n_blocked_status *blocked);

/**
 * Returns the alert description that corresponds to an error (RFC 8446, 6.2).
 *
 * @param error A value of `s2n_errno`
 * @param alert Set to the alert description
 * @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_NO_ALERT` if no alert corresponds to the
 * error
 */
S2N_API extern int s2n_error_get_alert(int error, uint8_t *alert);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_QUIC_H */
