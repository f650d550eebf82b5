/*
 * Counts of the system calls that read and write a descriptor.
 */
#ifndef CALLS_H
#define CALLS_H

#include <stddef.h>

/* Of this thread */
extern __thread size_t read_calls, write_calls;

#endif
