/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Generated from the source by cbindgen. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_EVENTS_H
#define S2N_UNSTABLE_EVENTS_H

#include <s2n.h>

/**
 * A bit that is never set in `handshake_start_ns`; s2n-tls sets it to record that the event was sent.
 */
#define HANDSHAKE_EVENT_SENT (UINT64_C(1) << 63)


/**
 * A completed or failed handshake. The strings are static. Times are in nanoseconds of the
 * system's monotonic clock since an unspecified starting point, independent of the clocks that are
 * set in the config.
 */
struct s2n_event_handshake {
    /**
     * `S2N_TLS12`, `S2N_TLS13`, ...: as `s2n_connection_get_actual_protocol_version()`.
     */
    int protocol_version;
    /**
     * The cipher suite: as `s2n_connection_get_cipher()`.
     */
    const char *cipher;
    /**
     * The key exchange group: as `s2n_connection_get_key_exchange_group()`, "NONE" before the
     * handshake is complete.
     */
    const char *group;
    /**
     * The security policy: the first of its names.
     */
    const char *security_policy_label;
    /**
     * Time spent in `s2n_negotiate()`.
     */
    uint64_t handshake_time_ns;
    /**
     * Start time of the first call of `s2n_negotiate()`.
     */
    uint64_t handshake_start_ns;
    /**
     * End time of the last call of `s2n_negotiate()`.
     */
    uint64_t handshake_end_ns;
    /**
     * The value of `s2n_errno` of a failed handshake; 0 on success.
     */
    int error_code;
};

/**
 * Receives an event for a completed or failed handshake.
 */
typedef void (*s2n_event_on_handshake_cb)(struct s2n_connection *conn,
                                          void *subscriber,
                                          struct s2n_event_handshake *event);

/**
 * A timing checkpoint of a handshake.
 */
struct s2n_timing_checkpoint {
    /**
     * The operation that was completed, a static string: the name of a handshake message as
     * returned by `s2n_connection_get_last_message_name()`, "RECORD_READ", "RECORD_WRITE",
     * "NEGOTIATE_START" or "NEGOTIATE_END".
     */
    const char *name;
    /**
     * `S2N_SERVER` or `S2N_CLIENT`.
     */
    uint8_t role;
    /**
     * Time of the checkpoint, by the clock of `s2n_event_handshake`.
     */
    uint64_t timestamp_ns;
};

/**
 * Receives a timing checkpoint of a handshake.
 */
typedef void (*s2n_event_on_timing_checkpoint_cb)(struct s2n_connection *conn,
                                                  void *subscriber,
                                                  struct s2n_timing_checkpoint *checkpoint);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Sets the subscriber of handshake events: the pointer that is passed to the event callbacks.
 *
 * @param config The config
 * @param subscriber An arbitrary pointer, never dereferenced. While it is NULL or not set,
 * `s2n_config_set_handshake_event()` has no effect.
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_set_subscriber(struct s2n_config *config, void *subscriber);

/**
 * Sets a callback that is called once for each handshake: when it is complete, or when it has
 * failed with an error of a type other than `S2N_ERR_T_BLOCKED`.
 *
 * The callback is called at the end of `s2n_negotiate()`, from the config that the connection has
 * at that time. It may use the connection, except that `s2n_negotiate()` fails with
 * `S2N_ERR_REENTRANCY`. The event is valid until the callback returns.
 *
 * @param config The config
 * @param callback The callback; NULL removes it
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_handshake_event(struct s2n_config *config,
                                   s2n_event_on_handshake_cb callback);

/**
 * Sets a callback for timing checkpoints, called within `s2n_negotiate()` when a handshake message
 * has been processed, sent or received. A checkpoint covers the part of the handshake since the
 * previous checkpoint. The callback receives the config's subscriber, or NULL if there is none.
 *
 * For a config that the ClientHello callback selects, earlier checkpoints of the handshake are not
 * reported.
 *
 * @param config The config
 * @param callback The callback
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_timing_checkpoint_cb(struct s2n_config *config,
                                        s2n_event_on_timing_checkpoint_cb callback);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_UNSTABLE_EVENTS_H */
