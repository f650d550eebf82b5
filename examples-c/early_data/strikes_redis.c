/*
 * The strike register of a fleet, in Redis, with the ticket keys of the fleet: see strikes.h and
 * ../fleet/store.h.
 *
 * Redis must not forget an entry before it expires: it must not evict keys (`maxmemory-policy noeviction`), and
 * when it has lost its data, or a replica without the last entries has replaced it, the fleet needs new ticket
 * keys.
 */
#include "strikes.h"

#include "../fleet/store.h"

#include <stdio.h>

enum { PERIOD_MS = 500 };

static strikes_answer_fn give_answer;

/* The answer to store_add(). */
static void on_answer(void *context, const void *value, size_t len)
{
    give_answer(context, value == NULL ? STRIKE_FAILED : len == 0 ? STRIKE_USED : STRIKE_NEW);
}

int strikes_open(int epoll, const char *where, struct s2n_config *config, strikes_answer_fn answer)
{
    give_answer = answer;
    return store_open(epoll, where == NULL ? "127.0.0.1:6379" : where, PERIOD_MS, config, on_answer);
}

int strikes_handle(const void *tag, uint32_t events)
{
    return store_handle(tag, events);
}

void strikes_add(uint64_t ticket, unsigned seconds, void *context)
{
    char name[32];
    int len = snprintf(name, sizeof(name), "strike:%016llx", (unsigned long long) ticket);
    if (store_add(name, (size_t) len, seconds, context) != 0) {
        give_answer(context, STRIKE_FAILED);
    }
}

void strikes_close(void)
{
    store_close();
}
