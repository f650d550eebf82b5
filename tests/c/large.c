/*
 * Large sends with constant memory, and vectored sends of long lists of buffers.
 *
 * usage: large FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

#include <sys/mman.h>
#include <unistd.h>

#define GIB ((size_t) 1 << 30)

/* Returns the private resident memory in bytes, without the shared zero pages that are sent. */
static size_t private_memory(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long total = 0, resident = 0, shared = 0;
    CHECK(file != NULL);
    CHECK(fscanf(file, "%lu %lu %lu", &total, &resident, &shared) == 3);
    fclose(file);
    return (resident - shared) * (size_t) sysconf(_SC_PAGESIZE);
}

struct drain {
    uint64_t bytes;
    uint32_t largest;
};

static int drain_send(void *context, const uint8_t *buf, uint32_t len)
{
    struct drain *drain = context;
    (void) buf;
    drain->bytes += len;
    drain->largest = len > drain->largest ? len : drain->largest;
    return len;
}

static void a_gibibyte_is_sent_in_one_call(int tls13)
{
    struct pair *pair = connected(tls13);
    struct drain drain = { 0, 0 };
    CHECK_OK(s2n_connection_prefer_throughput(pair->client));
    CHECK_OK(s2n_connection_set_send_cb(pair->client, drain_send));
    CHECK_OK(s2n_connection_set_send_ctx(pair->client, &drain));
    /* Pages that are only read all map to the same zero page. */
    void *zeros = mmap(NULL, GIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(zeros != MAP_FAILED);

    const size_t before = private_memory();
    s2n_blocked_status blocked = S2N_BLOCKED_ON_EARLY_DATA;
    CHECK(s2n_send(pair->client, zeros, GIB, &blocked) == (ssize_t) GIB);
    CHECK(blocked == S2N_NOT_BLOCKED);
    const size_t after = private_memory();

    CHECK(after < before + (1 << 20));
    const uint64_t overhead = tls13 ? 22 : 29;
    CHECK(drain.bytes == GIB + GIB / 16384 * overhead);
    CHECK(drain.largest == 16384 + overhead);
    CHECK_OK(munmap(zeros, GIB));
    disconnect(pair);
}

#define COUNT 1024

static uint8_t data_at(size_t offset)
{
    return (uint8_t) (offset * 37 + (offset >> 8));
}

/* Fills buffers of 0 to 6 bytes: one in seven is empty. */
static size_t fill(struct iovec *list, uint8_t *data)
{
    size_t total = 0;
    for (int i = 0; i < COUNT; i++) {
        list[i] = (struct iovec){ .iov_base = data + total, .iov_len = i % 7 };
        for (int j = 0; j < i % 7; j++, total++) {
            data[total] = data_at(total);
        }
    }
    return total;
}

static void long_lists_are_sent_from_any_offset(int tls13)
{
    static uint8_t data[COUNT * 7], room[COUNT * 7];
    struct iovec list[COUNT];
    const size_t total = fill(list, data);
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    /* At the start, within buffers, at the end of one, at an empty one, at the last byte, at the end. */
    const size_t offsets[] = { 0, 1, 2, 3, 21, 22, 1000, total - 1, total };
    for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
        const size_t offset = offsets[i];
        const ssize_t expected = total - offset;
        CHECK(s2n_sendv_with_offset(pair->client, list, COUNT, offset, &blocked) == expected);
        CHECK(blocked == S2N_NOT_BLOCKED);
        if (expected == 0) {
            continue;
        }
        CHECK(s2n_recv(pair->server, room, sizeof(room), &blocked) == expected);
        CHECK(memcmp(room, data + offset, expected) == 0);
    }
    CHECK_ERROR(s2n_sendv_with_offset(pair->client, list, COUNT, total + 1, &blocked),
            S2N_ERR_INVALID_ARGUMENT);

    /* A blocked send is repeated with its offset. */
    pair->to_server.room = 1;
    CHECK_ERROR(s2n_sendv(pair->client, list, COUNT, &blocked), S2N_ERR_IO_BLOCKED);
    pair->to_server.room = SIZE_MAX;
    CHECK(s2n_sendv_with_offset(pair->client, list, COUNT, 0, &blocked) == (ssize_t) total);
    CHECK(s2n_recv(pair->server, room, sizeof(room), &blocked) == (ssize_t) total);
    CHECK(memcmp(room, data, total) == 0);
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        a_gibibyte_is_sent_in_one_call(tls13);
        long_lists_are_sent_from_any_offset(tls13);
    }
    return 0;
}
