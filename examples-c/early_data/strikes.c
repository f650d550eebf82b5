/* The strike register of one server, in memory, with a ticket key of its own: see strikes.h. A server that is
 * restarted has another key, and so it accepts none of the tickets that it has forgotten. */
#define _GNU_SOURCE /* explicit_bzero */
#include "strikes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

struct entry {
    uint64_t ticket;
    time_t expiry;
    uint32_t next; /* the next entry of the bucket, counted from 1; 0 if there is none */
};

static struct {
    strikes_answer_fn answer;
    struct entry *entries; /* a ring of `count` entries, in the order of their expiry */
    uint32_t *buckets;     /* the first entry of each bucket, counted from 1 */
    uint32_t capacity, oldest, count;
} strikes;

/* A clock that is not set back: an entry that has expired does not become valid again. */
static time_t current_time(void)
{
    struct timespec time;
    clock_gettime(CLOCK_BOOTTIME, &time);
    return time.tv_sec;
}

static uint32_t *bucket_of(uint64_t ticket)
{
    return &strikes.buckets[ticket % strikes.capacity];
}

static int is_recorded(uint64_t ticket)
{
    uint32_t at = *bucket_of(ticket);
    while (at != 0 && strikes.entries[at - 1].ticket != ticket) {
        at = strikes.entries[at - 1].next;
    }
    return at != 0;
}

/* Removes the oldest entry, which is the last one of its bucket. */
static void remove_oldest(void)
{
    uint32_t *link = bucket_of(strikes.entries[strikes.oldest].ticket);
    while (*link != strikes.oldest + 1) {
        link = &strikes.entries[*link - 1].next;
    }
    *link = 0;
    strikes.oldest = (strikes.oldest + 1) % strikes.capacity;
    strikes.count--;
}

static enum strike record(uint64_t ticket, unsigned seconds)
{
    while (strikes.count > 0 && strikes.entries[strikes.oldest].expiry <= current_time()) {
        remove_oldest();
    }
    if (is_recorded(ticket)) {
        return STRIKE_USED;
    }
    if (strikes.count == strikes.capacity) {
        return STRIKE_FAILED;
    }
    uint32_t at = (uint32_t) (((uint64_t) strikes.oldest + strikes.count) % strikes.capacity);
    uint32_t *bucket = bucket_of(ticket);
    const time_t expiry = current_time() + (time_t) seconds + 1; /* the clock omits the fraction */
    strikes.entries[at] = (struct entry){ .ticket = ticket, .expiry = expiry, .next = *bucket };
    *bucket = at + 1;
    strikes.count++;
    return STRIKE_NEW;
}

void strikes_add(uint64_t ticket, unsigned seconds, void *context)
{
    strikes.answer(context, record(ticket, seconds));
}

static int add_ticket_key(struct s2n_config *config)
{
    static const uint8_t name[] = "this server";
    uint8_t secret[32];
    int done = getrandom(secret, sizeof(secret), 0) == sizeof(secret)
        && s2n_config_add_ticket_crypto_key(config, name, sizeof(name) - 1, secret, sizeof(secret), 0) == 0;
    explicit_bzero(secret, sizeof(secret));
    return done ? 0 : -1;
}

int strikes_open(int epoll, const char *where, struct s2n_config *config, strikes_answer_fn answer)
{
    unsigned long capacity = where == NULL ? 65536 : strtoul(where, NULL, 10);
    (void) epoll;
    if (capacity == 0 || capacity >= UINT32_MAX) {
        errno = EINVAL;
        return -1;
    }
    strikes.answer = answer;
    strikes.capacity = (uint32_t) capacity;
    strikes.entries = calloc(capacity, sizeof(*strikes.entries));
    strikes.buckets = calloc(capacity, sizeof(*strikes.buckets));
    if (strikes.entries == NULL || strikes.buckets == NULL) {
        return -1;
    }
    return add_ticket_key(config);
}

int strikes_handle(const void *tag, uint32_t events)
{
    (void) tag;
    (void) events;
    return 0;
}

void strikes_close(void)
{
    free(strikes.entries);
    free(strikes.buckets);
}
