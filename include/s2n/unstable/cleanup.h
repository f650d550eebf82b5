/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Generated from the source by cbindgen. Do not edit: run `make header`.
 */

#ifndef S2N_UNSTABLE_CLEANUP_H
#define S2N_UNSTABLE_CLEANUP_H

#include <s2n.h>

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Performs per-thread cleanup. Has no effect, as in s2n-tls: the library holds no
 * resources per thread.
 *
 * @returns 0
 */
S2N_API extern int s2n_cleanup_thread(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* S2N_UNSTABLE_CLEANUP_H */
