/*
 * Memory of idle connections.
 */
#include "library.h"
#include "measure.h"

#include <malloc.h>
#include <string.h>

void measure_heap(const struct library *library, const char *name)
{
    enum { COUNT = 200, PIPE = 1 << 14 };
    static struct pair pairs[COUNT];
    struct pair warm = pair_open(library, PIPE);
    size_t bytes[2];
    for (int i = 0; i < COUNT; i++) {
        pairs[i] = pair_open(library, PIPE);
    }
    for (int side = CLIENT; side <= SERVER; side++) {
        size_t before = mallinfo2().uordblks;
        for (int i = 0; i < COUNT; i++) {
            library->close(side == CLIENT ? pairs[i].client : pairs[i].server);
        }
        bytes[side] = (before - mallinfo2().uordblks) / COUNT - library->overhead;
    }
    for (int i = 0; i < COUNT; i++) {
        pipe_free(pairs[i].to_server);
        pipe_free(pairs[i].to_client);
    }
    report((double) bytes[CLIENT], "heap_%s_client_bytes", name);
    report((double) bytes[SERVER], "heap_%s_server_bytes", name);
    pair_close(library, &warm);
}
