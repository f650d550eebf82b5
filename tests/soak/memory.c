/*
 * Memory callbacks that count bytes, and fail where a scenario requires it.
 */
#include "soak.h"

static _Atomic long bytes;

static int succeed(void)
{
    return 0;
}

static int allocate(void **ptr, uint32_t requested, uint32_t *allocated)
{
    if (current != NULL && current->allocation_failures.number > 0) {
        struct allocation_failures *failures = &current->allocation_failures;
        if (failures->after > 0) {
            failures->after--;
        } else {
            failures->number--;
            failures->has_failed = true;
            count(ALLOCATIONS_FAILED, 1);
            return S2N_FAILURE;
        }
    }
    *ptr = malloc(requested);
    if (*ptr == NULL) {
        return S2N_FAILURE;
    }
    *allocated = requested;
    atomic_fetch_add(&bytes, requested);
    return S2N_SUCCESS;
}

static int deallocate(void *ptr, uint32_t size)
{
    atomic_fetch_sub(&bytes, size);
    free(ptr);
    return S2N_SUCCESS;
}

void use_memory_callbacks(void)
{
    CHECK_OK(s2n_mem_set_callbacks(succeed, succeed, allocate, deallocate));
}

long allocated_bytes(void)
{
    return atomic_load(&bytes);
}

bool lacks_memory(void)
{
    if (!is_error("S2N_ERR_ALLOC")) {
        return false;
    }
    count(LACKS_MEMORY, 1);
    return true;
}
