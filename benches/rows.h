/*
 * Benchmarks of an S2N library in files of their own.
 */
#ifndef ROWS_H
#define ROWS_H

#include "measure.h"

#include <stddef.h>

/* CPU time of sending and receiving over a Unix socket, and the number of system calls. */
void measure_sockets(const struct certs *certs);

/* Handshakes of a server with many certificates, after a change of its config and later. The certificates
 * are those of make-certs, in the folder. */
void measure_config_changes(const struct certs *certs, const char *folder, size_t count);

#endif
