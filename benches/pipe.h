/*
 * One direction of an in-memory transport: a ring buffer for one writer and one reader.
 */
#ifndef PIPE_H
#define PIPE_H

#include <stddef.h>
#include <stdint.h>

struct pipe {
    uint8_t *bytes;
    size_t size;
    /* The numbers of bytes that were written and read. */
    size_t written, read;
    /* What is written is lost. The longest write is kept. */
    int discard;
    size_t longest;
    /* The lengths of the reads, if it is not NULL. */
    uint32_t *log;
    size_t logged;
};

/* The size is a power of two. */
struct pipe *pipe_new(size_t size);
void pipe_free(struct pipe *pipe);

/* The pipe is empty then, and begins with its first byte, which is likely in a cache. */
void pipe_reset(struct pipe *pipe);

size_t pipe_available(const struct pipe *pipe);

/* Both return the number of bytes, or -1 if the pipe is full or empty. */
int pipe_write(struct pipe *pipe, const void *bytes, size_t len);
int pipe_read(struct pipe *pipe, void *bytes, size_t len);

#endif
