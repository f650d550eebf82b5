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
 * Receives a secret of a QUIC connection, as soon as it is derived: those of the handshake behind
 * the ServerHello, the others behind the server's Finished.
 *
 * The callback is called within `s2n_negotiate()`. It may query the connection: the cipher suite,
 * the key exchange group, the application protocol, the server name and the transport parameters
 * of the peer are known as far as the messages have them. A server may set its own transport
 * parameters in the callbacks for the secrets of the handshake.
 *
 * @param context The context that was set with the callback
 * @param conn The connection
 * @param secret_type The type of the secret. `S2N_CLIENT_EARLY_TRAFFIC_SECRET` does not occur:
 * there is no early data over QUIC
 * @param secret The secret, which is valid during the call only
 * @param secret_size Length of the secret in bytes
 * @returns 0; less than 0 ends the handshake with `S2N_ERR_CANCELLED`
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
 * Enables QUIC for the connections of a config, as `s2n_connection_enable_quic()` does for one.
 *
 * @param config A config. A connection that has used it remains a QUIC connection with another
 * config
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_enable_quic(struct s2n_config *config);

/**
 * Makes a connection a QUIC connection: `s2n_negotiate()` sends and receives the messages of the
 * TLS 1.3 handshake without records, and without alerts. The QUIC implementation protects them, and
 * the application data, with the secrets that the callback of `s2n_connection_set_secret_callback()`
 * receives.
 *
 * Each message is passed to the transport alone, with its header of 4 bytes. Of received messages,
 * exactly the header is read, then exactly the body. `s2n_send()` and `s2n_recv()` fail with
 * `S2N_ERR_UNSUPPORTED_WITH_QUIC`.
 *
 * Both sides send their transport parameters. A peer without fails the handshake, with
 * `S2N_ERR_MISSING_EXTENSION`.
 *
 * @param conn A connection before its handshake; it remains a QUIC connection until it is wiped
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_STATE` if receive buffering is enabled,
 * or the connection has sent or received data
 */
S2N_API extern
int s2n_connection_enable_quic(struct s2n_connection *conn);

/**
 * Reports whether QUIC is enabled, for the connection or for its config.
 *
 * @param conn The connection
 * @returns whether QUIC is enabled; false if `conn` is NULL
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
 * Sets the contents of the quic_transport_parameters extension that is sent (RFC 9001, 8.2). They
 * are empty by default.
 *
 * A client sets them before its first call of `s2n_negotiate()`; a server in the callback for the
 * secrets of the handshake at the latest.
 *
 * @param conn The connection
 * @param data_buffer The contents; copied. May be NULL if `data_len` is 0
 * @param data_len Length of the contents in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL` or `S2N_ERR_ALLOC`
 */
S2N_API extern
int s2n_connection_set_quic_transport_parameters(struct s2n_connection *conn,
                                                 const uint8_t *data_buffer,
                                                 uint16_t data_len);

/**
 * Returns the contents of the quic_transport_parameters extension that was received from the peer.
 * They are not validated, and not authenticated before the handshake is complete.
 *
 * @param conn The connection
 * @param data_buffer Set to the contents, which are owned by the connection and valid until it is
 * wiped or freed; to NULL if they are empty, or not received
 * @param data_len Set to the length of the contents in bytes
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_get_quic_transport_parameters(struct s2n_connection *conn,
                                                 const uint8_t **data_buffer,
                                                 uint16_t *data_len);

/**
 * Sets the callback that receives the secrets of a QUIC connection.
 *
 * @param conn The connection; wiping it removes the callback
 * @param cb_func The callback
 * @param ctx Context passed to the callback; never dereferenced, may be NULL
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_connection_set_secret_callback(struct s2n_connection *conn,
                                       s2n_secret_cb cb_func,
                                       void *ctx);

/**
 * Receives and processes one message after the handshake of a QUIC connection: a NewSessionTicket,
 * which a client passes to the callback of `s2n_config_set_session_ticket_cb()`.
 *
 * The transport must pass the messages of the application data level only. A server sends its
 * tickets in calls of `s2n_negotiate()`.
 *
 * @param conn A client whose handshake is complete
 * @param blocked Set to the operation on which the call is blocked
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_IO_BLOCKED`, `S2N_ERR_CLOSED`,
 * `S2N_ERR_HANDSHAKE_NOT_COMPLETE`, `S2N_ERR_INVALID_STATE` if QUIC is not enabled,
 * `S2N_ERR_UNSUPPORTED_WITH_QUIC` for another message, or `S2N_ERR_BAD_MESSAGE` for an invalid one.
 * The last two close the connection
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
