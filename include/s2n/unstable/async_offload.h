/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made from the source by cbindgen; a test compares. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_ASYNC_OFFLOAD_H
#define S2N_UNSTABLE_ASYNC_OFFLOAD_H

#include <s2n.h>

struct s2n_async_offload_op;


/**
 * What can be offloaded, a bit each.
 */
typedef enum {
    /**
     * The verification of the signature with which the peer proves that it has its private key.
     */
    S2N_ASYNC_OFFLOAD_PKEY_VERIFY = 1,
    /**
     * All of it, and what later versions add.
     */
    S2N_ASYNC_OFFLOAD_ALLOW_ALL = 2147483647,
} s2n_async_offload_op_type;

/**
 * Sees to it that an operation is performed, now or later.
 */
typedef int (*s2n_async_offload_cb)(struct s2n_connection *conn,
                                    struct s2n_async_offload_op *op,
                                    void *ctx);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Sets a callback for work that takes long, so that it can be done in another thread.
 *
 * The callback gets an operation, which belongs to the connection. It is done by
 * `s2n_async_offload_op_perform()`, in the callback or later, in any thread; until then
 * `s2n_negotiate()` fails with `S2N_ERR_ASYNC_BLOCKED` and `S2N_BLOCKED_ON_APPLICATION_INPUT`. The
 * callback returns 0; else the handshake fails with `S2N_ERR_CANCELLED`.
 *
 * @param config A config; connections that begin their handshake later use the callback
 * @param allow_list Members of `s2n_async_offload_op_type`, or-ed: what the callback is called for
 * @param fn The callback
 * @param ctx Handed to the callback as it is; stays the caller's
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_ARGUMENT` if the list is empty
 */
S2N_API extern
int s2n_config_set_async_offload_callback(struct s2n_config *config,
                                          uint32_t allow_list,
                                          s2n_async_offload_cb fn,
                                          void *ctx);

/**
 * Does what an operation is for. May be called once for each call of the callback, and again if it
 * failed.
 *
 * @param op An operation of a connection, which must not be freed meanwhile
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if there is nothing to be done, or
 * `S2N_ERR_VERIFY_SIGNATURE` if the peer's signature is wrong: then the handshake goes on waiting
 */
S2N_API extern int s2n_async_offload_op_perform(struct s2n_async_offload_op *op);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_UNSTABLE_ASYNC_OFFLOAD_H */
