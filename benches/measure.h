/*
 * Clocks, counts and results, for the benchmarks of every library.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stddef.h>

/* CPU time of the thread, and the time on the wall. */
double cpu_seconds(void);
double wall_seconds(void);

/* The CPU time of an empty measurement, to be subtracted from short ones. */
double clock_cost(void);

/* A number of repetitions, divided by the environment variable BENCH_DIVISOR; at least 1. */
size_t times(size_t count);

/* Sorts the values. */
double median(double *values, size_t count);

/* Prints a result: a name, whose last part is the unit, and a value. */
void report(double value, const char *name, ...) __attribute__((format(printf, 2, 3)));

/* Reads a file of text, which ends with a zero byte. */
char *read_file(const char *folder, const char *name);

/* Chains of a leaf and an intermediate certificate with ECDSA P-256 keys, and their root. */
struct certs {
    char *root, *chain, *key, *client_chain, *client_key;
};

/* Reads what tests/certs/make.sh has generated. */
struct certs read_certs(const char *folder);

/* Ends the program with a message. */
void fail(const char *file, int line, const char *what, const char *error)
    __attribute__((noreturn));

#endif
