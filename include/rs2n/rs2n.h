/*
 * rs2n: the s2n-tls C API as a memory-safe shared library.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Generated from the source by cbindgen. Do not edit: run `make header`.
 */

#ifndef RS2N_RS2N_H
#define RS2N_RS2N_H

#include <s2n.h>

/*
 * Extensions of rs2n: functions that s2n-tls does not have. No program for s2n-tls requires them; a program
 * that calls them runs with this library only.
 */

/** The version of this header. `rs2n_version()` returns that of the library. */
#define RS2N_VERSION "1.7.0"

/** The same as a number for comparisons: two hexadecimal digits for each part, so that 1.7.0 is 0x010700. */
#define RS2N_VERSION_NUMBER 0x010700

/** The release of the crate s2n-tls-sys whose API the library has. */
#define RS2N_S2N_TLS_API "0.3.47"


#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Returns the version of the library that is loaded, such as "rs2n 1.7.0 (API of s2n-tls-sys
 * 0.3.47)". The macros `RS2N_VERSION` and `RS2N_S2N_TLS_API` are those of the header that a
 * program was compiled with, which may differ.
 *
 * @returns a static string
 *
 * It may be called at any time, in any thread, also before `s2n_init()`.
 */
S2N_API extern const char *rs2n_version(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* RS2N_RS2N_H */
