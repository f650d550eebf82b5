/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Generated from the source by cbindgen. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_ASYNC_OFFLOAD_H
#define S2N_UNSTABLE_ASYNC_OFFLOAD_H

#include <s2n.h>

struct s2n_async_offload_op;


/**
 * Types of operations that can be offloaded, one bit each.
 */
typedef enum {
    /**
     * Verification of the signature by which the peer proves possession of its private key.
     */
    S2N_ASYNC_OFFLOAD_PKEY_VERIFY = 1,
    /**
     * All operations, including types that later versions add.
     */
    S2N_ASYNC_OFFLOAD_ALLOW_ALL = 2147483647,
} s2n_async_offload_op_type;

/**
 * Receives an operation to be performed, within the callback or later; returns 0 on success.
 */
typedef int (*s2n_async_offload_cb)(struct s2n_connection *conn,
                                    struct s2n_async_offload_op *op,
                                    void *ctx);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Sets a callback that offloads expensive operations to other threads.
 *
 * The callback receives an operation, which is owned by the connection. The operation is performed
 * with `s2n_async_offload_op_perform()`, in the callback or later, from any thread; until then
 * `s2n_negotiate()` fails with `S2N_ERR_ASYNC_BLOCKED` and sets
 * `S2N_BLOCKED_ON_APPLICATION_INPUT`. The callback returns 0 on success; with any other value the
 * handshake fails with `S2N_ERR_CANCELLED`.
 *
 * @param config The config; the callback applies to connections whose handshake begins later
 * @param allow_list Bitwise OR of the `s2n_async_offload_op_type` values for which the callback is
 * called
 * @param fn The callback
 * @param ctx Context passed to the callback; never dereferenced, ownership remains with the caller
 * @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_ARGUMENT` if the allow list is empty
 */
S2N_API extern
int s2n_config_set_async_offload_callback(struct s2n_config *config,
                                          uint32_t allow_list,
                                          s2n_async_offload_cb fn,
                                          void *ctx);

/**
 * Performs an offloaded operation. May be called once for each invocation of the callback, and
 * again after a failure.
 *
 * @param op An operation of a connection, which must not be freed during the call
 * @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if there is no operation to
 * perform, or `S2N_ERR_VERIFY_SIGNATURE` if the peer's signature is invalid, in which case the
 * handshake remains blocked
 */
S2N_API extern int s2n_async_offload_op_perform(struct s2n_async_offload_op *op);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_UNSTABLE_ASYNC_OFFLOAD_H */
