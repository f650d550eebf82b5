#include "measure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

double cpu_seconds(void)
{
    return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}

double wall_seconds(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

double clock_cost(void)
{
    enum { COUNT = 1001 };
    static double values[COUNT];
    for (int i = 0; i < COUNT; i++) {
        double start = cpu_seconds();
        values[i] = cpu_seconds() - start;
    }
    return median(values, COUNT);
}

size_t times(size_t count)
{
    const char *divisor = getenv("BENCH_DIVISOR");
    size_t divided = divisor == NULL ? count : count / strtoul(divisor, NULL, 10);
    return divided == 0 ? 1 : divided;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *) left, b = *(const double *) right;
    return (a > b) - (a < b);
}

double median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare);
    return values[count / 2];
}

void report(double value, const char *name, ...)
{
    va_list args;
    va_start(args, name);
    vprintf(name, args);
    va_end(args);
    printf(" %.6g\n", value);
    fflush(stdout);
}

char *read_file(const char *folder, const char *name)
{
    char path[4096];
    struct stat info;
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (file == NULL || fstat(fileno(file), &info) != 0) {
        perror(path);
        exit(1);
    }
    size_t size = (size_t) info.st_size;
    char *text = calloc(1, size + 1);
    if (fread(text, 1, size, file) != size) {
        fail(__FILE__, __LINE__, path, "cannot be read");
    }
    fclose(file);
    return text;
}

struct certs read_certs(const char *folder)
{
    return (struct certs){ read_file(folder, "ca.pem"), read_file(folder, "ecdsa.pem"),
        read_file(folder, "ecdsa.key"), read_file(folder, "client.pem"),
        read_file(folder, "client.key") };
}

void fail(const char *file, int line, const char *what, const char *error)
{
    fprintf(stderr, "%s:%d: %s: %s\n", file, line, what, error);
    exit(1);
}
