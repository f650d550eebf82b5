/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made from the source by cbindgen; a test compares. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_EVENTS_H
#define S2N_UNSTABLE_EVENTS_H

#include <s2n.h>

/**
 * What `handshake_start_ns` never is: s2n-tls notes with it that an event was sent.
 */
#define HANDSHAKE_EVENT_SENT (UINT64_C(1) << 63)


/**
 * A handshake that has succeeded or failed. The strings are static. Times are nanoseconds of the
 * system's monotonic clock since some moment in the past, whatever clock the config has.
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
     * The group of the key exchange: as `s2n_connection_get_key_exchange_group()`, "NONE" before the
     * handshake is complete.
     */
    const char *group;
    /**
     * The security policy: the first of its names.
     */
    const char *security_policy_label;
    /**
     * How much time was spent in `s2n_negotiate()`.
     */
    uint64_t handshake_time_ns;
    /**
     * When the first call of `s2n_negotiate()` began.
     */
    uint64_t handshake_start_ns;
    /**
     * When the last one ended.
     */
    uint64_t handshake_end_ns;
    /**
     * The value of `s2n_errno` for a handshake that failed; 0 for success.
     */
    int error_code;
};

/**
 * Is told of a handshake that has succeeded or failed.
 */
typedef void (*s2n_event_on_handshake_cb)(struct s2n_connection *conn,
                                          void *subscriber,
                                          struct s2n_event_handshake *event);

/**
 * A moment in a handshake.
 */
struct s2n_timing_checkpoint {
    /**
     * What was done then: the name of a message, as `s2n_connection_get_last_message_name()` gives
     * them, "RECORD_READ", "RECORD_WRITE", "NEGOTIATE_START" or "NEGOTIATE_END". A static string.
     */
    const char *name;
    /**
     * `S2N_SERVER` or `S2N_CLIENT`.
     */
    uint8_t role;
    /**
     * When, by the clock of `s2n_event_handshake`.
     */
    uint64_t timestamp_ns;
};

/**
 * Is told of a moment in a handshake.
 */
typedef void (*s2n_event_on_timing_checkpoint_cb)(struct s2n_connection *conn,
                                                  void *subscriber,
                                                  struct s2n_timing_checkpoint *checkpoint);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Sets who is told of handshakes: what the callbacks below are called with.
 *
 * @param config A config
 * @param subscriber Any pointer; never followed. With NULL, or none at all,
 * `s2n_config_set_handshake_event()` has no effect.
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern int s2n_config_set_subscriber(struct s2n_config *config, void *subscriber);

/**
 * Sets a callback that is told of each handshake once: when it has succeeded, or when it has failed with
 * an error that is not of the type `S2N_ERR_T_BLOCKED`.
 *
 * It is called at the end of `s2n_negotiate()`, by the config that the connection has then, and may use
 * the connection in every way but for another `s2n_negotiate()`, which is `S2N_ERR_REENTRANCY`. The event
 * is valid as long as the callback runs.
 *
 * @param config A config
 * @param callback The callback; NULL for none
 * @returns 0, or -1 with `S2N_ERR_NULL`
 */
S2N_API extern
int s2n_config_set_handshake_event(struct s2n_config *config,
                                   s2n_event_on_handshake_cb callback);

/**
 * Sets a callback that is told when each message of a handshake was done, sent or received: what the
 * handshake did up to then, since the moment that the callback was told of before. It is called within
 * `s2n_negotiate()`, with the config's subscriber, or NULL if there is none.
 *
 * A config that is chosen by the ClientHello callback tells nothing of what was before.
 *
 * @param config A config
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
