#include "pipe.h"

#include <stdlib.h>
#include <string.h>

struct pipe *pipe_new(size_t size)
{
    struct pipe *pipe = calloc(1, sizeof(*pipe));
    pipe->bytes = malloc(size);
    pipe->size = size;
    /* Its pages are mapped now, not within a measurement. */
    memset(pipe->bytes, 0, size);
    return pipe;
}

void pipe_free(struct pipe *pipe)
{
    free(pipe->bytes);
    free(pipe);
}

void pipe_reset(struct pipe *pipe)
{
    pipe->written = pipe->read = 0;
}

size_t pipe_available(const struct pipe *pipe)
{
    return pipe->written - pipe->read;
}

/* The part of a range that does not wrap around. */
static size_t until_end(const struct pipe *pipe, size_t at, size_t len)
{
    size_t left = pipe->size - (at & (pipe->size - 1));
    return len < left ? len : left;
}

int pipe_write(struct pipe *pipe, const void *bytes, size_t len)
{
    if (pipe->discard) {
        pipe->longest = len > pipe->longest ? len : pipe->longest;
        return (int) len;
    }
    size_t space = pipe->size - pipe_available(pipe);
    if (len > space) {
        len = space;
    }
    if (len == 0) {
        return -1;
    }
    size_t first = until_end(pipe, pipe->written, len);
    memcpy(pipe->bytes + (pipe->written & (pipe->size - 1)), bytes, first);
    memcpy(pipe->bytes, (const uint8_t *) bytes + first, len - first);
    pipe->written += len;
    return (int) len;
}

int pipe_read(struct pipe *pipe, void *bytes, size_t len)
{
    size_t available = pipe_available(pipe);
    if (len > available) {
        len = available;
    }
    if (len == 0) {
        return -1;
    }
    if (pipe->log != NULL) {
        pipe->log[pipe->logged++] = (uint32_t) len;
    }
    size_t first = until_end(pipe, pipe->read, len);
    memcpy(bytes, pipe->bytes + (pipe->read & (pipe->size - 1)), first);
    memcpy((uint8_t *) bytes + first, pipe->bytes, len - first);
    pipe->read += len;
    return (int) len;
}
