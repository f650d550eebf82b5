/*
 * Another TLS library, for the benchmarks that it has in common with an S2N library.
 */
#ifndef PEER_H
#define PEER_H

#include "library.h"
#include "measure.h"

extern const struct library peer;

/* Prepares both sides: TLS 1.3, TLS_AES_128_GCM_SHA256, secp256r1, no tickets. With `mutual`, the server
 * requires a chain of the client. */
void peer_prepare(const struct certs *certs, int mutual);

/* Prints the version of the library. */
void peer_print_version(void);

#endif
