/* The shared store of a fleet in Redis: see store.h. */
#define _GNU_SOURCE /* explicit_bzero */
#include "store.h"

#include <errno.h>
#include <hiredis/async.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define NAME_LEN 16
#define SECRET_LEN 32
#define PATIENCE 5 /* periods without an answer */

/* The name of a ticket key that the config has. */
struct known_key {
    struct known_key *next;
    size_t len;
    char name[NAME_LEN];
};

static struct {
    int epoll;
    char *address;
    struct s2n_config *config;
    store_answer_fn answer;
    int timer;
    redisAsyncContext *redis; /* NULL while there is no connection */
    uint32_t events;          /* for which the socket of Redis is registered */
    int reading_keys;         /* whether the ticket keys were requested, and did not arrive yet */
    unsigned waited;          /* the number of periods since the request */
    int connected;            /* whether they have arrived over this connection */
    struct known_key *keys;
} store;

/* hiredis calls these functions when it starts and stops waiting for an event. */
static void set_events(uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = &store.redis };
    int operation = store.events == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    if (events != store.events && epoll_ctl(store.epoll, operation, store.redis->c.fd, &event) != 0) {
        perror("epoll"); /* the request times out, and the timer reconnects */
        return;
    }
    store.events = events;
}

static void add_read(void *unused)
{
    (void) unused;
    set_events(store.events | EPOLLIN);
}

static void del_read(void *unused)
{
    (void) unused;
    set_events(store.events & ~(uint32_t) EPOLLIN);
}

static void add_write(void *unused)
{
    (void) unused;
    set_events(store.events | EPOLLOUT);
}

static void del_write(void *unused)
{
    (void) unused;
    set_events(store.events & ~(uint32_t) EPOLLOUT);
}

/* hiredis calls this function before it closes the connection: after an error, and in redisAsyncFree(). All
 * pending requests have been answered with NULL. */
static void on_close(void *unused)
{
    (void) unused;
    set_events(0);
    store.redis = NULL;
    if (store.connected) {
        printf("store: disconnected\n");
        fflush(stdout);
    }
    store.connected = 0;
}

/* A failure is not an error: the timer tries again. */
static void connect_to_redis(void)
{
    char *port = strrchr(store.address, ':');
    redisAsyncContext *redis;
    if (strchr(store.address, '/') != NULL || port == NULL) {
        redis = redisAsyncConnectUnix(store.address);
    } else {
        *port = '\0';
        redis = redisAsyncConnect(store.address, atoi(port + 1));
        *port = ':';
    }
    if (redis == NULL) {
        return;
    }
    if (redis->err != 0) {
        redisAsyncFree(redis);
        return;
    }
    redis->ev.addRead = add_read;
    redis->ev.delRead = del_read;
    redis->ev.addWrite = add_write;
    redis->ev.delWrite = del_write;
    redis->ev.cleanup = on_close;
    store.events = 0;
    store.redis = redis;
}

/* Parses the value of a ticket key: its introduction in seconds since 1970, a space, and its secret, as 64
 * hexadecimal digits. */
static int parse_key(const char *text, uint64_t *intro, uint8_t secret[SECRET_LEN])
{
    size_t digits = strspn(text, "0123456789");
    const char *hex = text + digits + 1;
    if (digits == 0 || digits > 10 || text[digits] != ' ' || strlen(hex) != 2 * SECRET_LEN
        || strspn(hex, "0123456789abcdefABCDEF") != 2 * SECRET_LEN) {
        return -1;
    }
    *intro = strtoull(text, NULL, 10);
    for (size_t at = 0; at < SECRET_LEN; at++) {
        char byte[] = { hex[2 * at], hex[2 * at + 1], '\0' };
        secret[at] = (uint8_t) strtoul(byte, NULL, 16);
    }
    return 0;
}

static int is_known(const redisReply *name)
{
    const struct known_key *key = store.keys;
    while (key != NULL && (key->len != name->len || memcmp(key->name, name->str, name->len) != 0)) {
        key = key->next;
    }
    return key != NULL;
}

/* Adds a ticket key to the config, unless that has it: the config has each name once. It removes the key
 * itself when its lifetime has ended, 15 hours after its introduction by default; the name is kept here, so
 * that a fleet must use a name only once. */
static void add_key(const redisReply *name, const redisReply *value)
{
    uint64_t intro = 0;
    uint8_t secret[SECRET_LEN];
    if (is_known(name)) {
        return;
    }
    struct known_key *known = calloc(1, sizeof(*known));
    if (known == NULL || name->len > NAME_LEN || parse_key(value->str, &intro, secret) != 0) {
        fprintf(stderr, "ticket key %s: not a name, introduction and secret\n", name->str);
        free(known);
    } else if (s2n_config_add_ticket_crypto_key(store.config, (const uint8_t *) name->str,
                   (uint32_t) name->len, secret, SECRET_LEN, intro) != 0) {
        fprintf(stderr, "ticket key %s: %s (%s)\n", name->str, s2n_strerror(s2n_errno, "EN"),
            s2n_strerror_debug(s2n_errno, "EN"));
        free(known);
    } else {
        known->len = name->len;
        memcpy(known->name, name->str, name->len);
        known->next = store.keys;
        store.keys = known;
        printf("ticket key: %s\n", name->str);
    }
    explicit_bzero(secret, sizeof(secret));
}

/* Receives the hash of ticket keys, as names and values in turn, or NULL if the connection was closed. */
static void on_keys(redisAsyncContext *redis, void *answer, void *unused)
{
    const redisReply *reply = answer;
    (void) redis;
    (void) unused;
    store.reading_keys = 0;
    if (reply == NULL) {
        return;
    }
    if (reply->type != REDIS_REPLY_ARRAY) {
        fprintf(stderr, "ticket keys: %s\n", reply->type == REDIS_REPLY_ERROR ? reply->str : "not a hash");
        return;
    }
    for (size_t at = 0; at + 1 < reply->elements; at += 2) {
        add_key(reply->element[at], reply->element[at + 1]);
    }
    if (!store.connected) {
        store.connected = 1;
        printf("store: connected\n");
    }
    fflush(stdout);
}

/* Reconnects if necessary, and requests the ticket keys. The request is also the test whether Redis answers at
 * all: after some periods without an answer the connection is given up, which ends the pending lookups. */
static void on_timer(void)
{
    if (store.redis != NULL && store.reading_keys && ++store.waited > PATIENCE) {
        redisAsyncFree(store.redis);
    }
    if (store.redis == NULL) {
        connect_to_redis();
    }
    if (store.redis != NULL && !store.reading_keys
        && redisAsyncCommand(store.redis, on_keys, NULL, "HGETALL ticket-keys") == REDIS_OK) {
        store.reading_keys = 1;
        store.waited = 0;
    }
}

/* Receives a session, nil, or NULL if the connection was closed. */
static void on_session(redisAsyncContext *redis, void *answer, void *client)
{
    const redisReply *reply = answer;
    (void) redis;
    if (reply != NULL && reply->type == REDIS_REPLY_STRING) {
        store.answer(client, reply->str, reply->len);
    } else {
        store.answer(client, NULL, 0);
    }
}

int store_get(const void *id, size_t id_len, void *client)
{
    if (store.redis == NULL) {
        return -1;
    }
    return redisAsyncCommand(store.redis, on_session, client, "GET session:%b", id, id_len);
}

int store_set(
    const void *id, size_t id_len, const void *session, size_t len, unsigned long long lifetime_seconds)
{
    if (store.redis == NULL) {
        return -1;
    }
    return redisAsyncCommand(
        store.redis, NULL, NULL, "SET session:%b %b EX %llu", id, id_len, session, len, lifetime_seconds);
}

int store_delete(const void *id, size_t id_len)
{
    if (store.redis == NULL) {
        return -1;
    }
    return redisAsyncCommand(store.redis, NULL, NULL, "DEL session:%b", id, id_len);
}

/* Receives OK, nil, or NULL if the connection was closed. */
static void on_added(redisAsyncContext *redis, void *answer, void *client)
{
    const redisReply *reply = answer;
    (void) redis;
    if (reply != NULL && (reply->type == REDIS_REPLY_STATUS || reply->type == REDIS_REPLY_NIL)) {
        store.answer(client, "1", reply->type == REDIS_REPLY_STATUS);
    } else {
        store.answer(client, NULL, 0);
    }
}

int store_add(const void *name, size_t name_len, unsigned long long lifetime_seconds, void *client)
{
    if (store.redis == NULL) {
        return -1;
    }
    return redisAsyncCommand(
        store.redis, on_added, client, "SET %b 1 NX EX %llu", name, name_len, lifetime_seconds);
}

int store_open(int epoll, const char *address, unsigned period_ms, struct s2n_config *config,
    store_answer_fn answer)
{
    struct timespec period = { .tv_sec = period_ms / 1000, .tv_nsec = period_ms % 1000 * 1000000L };
    struct itimerspec times = { .it_interval = period, .it_value = period };
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = &store.timer };
    store.epoll = epoll;
    store.config = config;
    store.answer = answer;
    store.address = strdup(address);
    store.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (store.address == NULL || store.timer < 0 || timerfd_settime(store.timer, 0, &times, NULL) != 0
        || epoll_ctl(epoll, EPOLL_CTL_ADD, store.timer, &event) != 0) {
        return -1;
    }
    on_timer();
    return 0;
}

int store_handle(const void *tag, uint32_t events)
{
    uint64_t expirations;
    if (tag == &store.timer) {
        if (read(store.timer, &expirations, sizeof(expirations)) == sizeof(expirations)) {
            on_timer();
        }
        return 1;
    }
    if (tag != &store.redis) {
        return 0;
    }
    /* An error is reported by the next read. Each call may close the connection. */
    if (store.redis != NULL && (events & ~(uint32_t) EPOLLOUT) != 0) {
        redisAsyncHandleRead(store.redis);
    }
    if (store.redis != NULL && (events & EPOLLOUT) != 0) {
        redisAsyncHandleWrite(store.redis);
    }
    return 1;
}

void store_close(void)
{
    if (store.redis != NULL) {
        redisAsyncFree(store.redis);
    }
    while (store.keys != NULL) {
        struct known_key *next = store.keys->next;
        free(store.keys);
        store.keys = next;
    }
    close(store.timer);
    free(store.address);
}
