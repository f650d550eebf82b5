/*
 * Child processes that report a result.
 */
#ifndef CHILDREN_H
#define CHILDREN_H

#include <stddef.h>
#include <sys/types.h>

struct child {
    /* 0 in the child itself */
    pid_t id;
    /* The end of a pipe for the result */
    int result;
};

struct child fork_child(void);

/* The result of a child. It fails if the child does not succeed. */
void write_result(int result, const void *bytes, size_t len);
void read_result(const struct child *child, void *bytes, size_t len);

#endif
