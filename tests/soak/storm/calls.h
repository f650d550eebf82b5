/*
 * System calls that fail: those of the program and of the library, one at a time.
 */
#ifndef CALLS_H
#define CALLS_H

#include <errno.h>
#include <stdbool.h>

struct failure {
    int error;
    /* The number of the call that fails, from 1, among those that can fail with this error; 0 for none. */
    int at;
    /* The number of those calls so far, and the function that has failed. */
    int seen;
    const char *function;
};

extern struct failure failure;

#endif
