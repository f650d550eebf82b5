/*
 * Benchmarks of many connections.
 */
#ifndef SCALE_H
#define SCALE_H

#include "measure.h"

/* Resident memory of idle connections, at most `count`, as the memory permits. */
void measure_idle(const struct certs *certs, size_t count);

/* An echo server, most of whose connections are idle. */
void measure_echo(const struct certs *certs, size_t connections, size_t active);

#endif
