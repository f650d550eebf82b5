/*
 * The allocator of the process, whose work does not depend on earlier calls: memory is not used again, and each
 * block begins a page, so that the relative positions of blocks, by which memcpy() chooses its loop, are equal.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, HEADER = 64 };

static uint8_t *next, *end;

/* The length is stored in front of the block, at the end of the page before. */
void *malloc(size_t size)
{
    if (next == NULL) {
        const size_t arena = (size_t) 1 << 33;
        next = mmap(NULL, arena, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (next == MAP_FAILED) {
            abort();
        }
        end = next + arena;
    }
    const size_t pages = (size + HEADER + PAGE - 1) / PAGE;
    if (pages > (size_t) (end - next - PAGE) / PAGE) {
        abort();
    }
    uint8_t *block = next + PAGE;
    memcpy(block - HEADER, &size, sizeof(size));
    next += pages * PAGE;
    return block;
}

void free(void *block)
{
    (void) block;
}

/* New memory is zero. */
void *calloc(size_t count, size_t size)
{
    return malloc(count * size);
}

void *realloc(void *block, size_t size)
{
    void *larger = malloc(size);
    if (block != NULL) {
        size_t old;
        memcpy(&old, (uint8_t *) block - HEADER, sizeof(old));
        memcpy(larger, block, old < size ? old : size);
    }
    return larger;
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    if (alignment > PAGE) {
        return EINVAL;
    }
    *block = malloc(size);
    return 0;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    void *block = NULL;
    posix_memalign(&block, alignment, size);
    return block;
}
