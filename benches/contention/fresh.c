/*
 * An allocator that never uses memory twice, with areas of each thread: an address then belongs to one
 * object for the whole run. It replaces malloc() of the program and of its libraries.
 */
#include "writes.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { AREA = 1 << 26, ALIGN = 16 };

static __thread uint8_t *next, *end;

/* The size is stored in front of the block, for realloc(). */
static void *allocate(size_t align, size_t size)
{
    uintptr_t at = ((uintptr_t) next + ALIGN + align - 1) / align * align;
    if (next == NULL || at + size > (uintptr_t) end) {
        size_t area = (size + align + AREA + 4095) / 4096 * 4096;
        next = mmap(NULL, area, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        end = next + area;
        add_area(next, area);
        return allocate(align, size);
    }
    ((size_t *) at)[-1] = size;
    next = (uint8_t *) at + size;
    return (void *) at;
}

void *malloc(size_t size)
{
    return allocate(ALIGN, size);
}

void free(void *block)
{
    (void) block;
}

void *calloc(size_t count, size_t size)
{
    /* Memory of mmap() is zero. */
    return allocate(ALIGN, count * size);
}

void *realloc(void *old, size_t size)
{
    void *block = allocate(ALIGN, size);
    if (old != NULL) {
        size_t len = ((size_t *) old)[-1];
        memcpy(block, old, len < size ? len : size);
    }
    return block;
}

void *aligned_alloc(size_t align, size_t size)
{
    return allocate(align < ALIGN ? ALIGN : align, size);
}

void *memalign(size_t align, size_t size)
{
    return aligned_alloc(align, size);
}

int posix_memalign(void **block, size_t align, size_t size)
{
    *block = aligned_alloc(align, size);
    return 0;
}

size_t malloc_usable_size(void *block)
{
    return block == NULL ? 0 : ((size_t *) block)[-1];
}
