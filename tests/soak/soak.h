/*
 * The parts of the soak: random numbers, memory callbacks, a transport with faults, endpoints, scenarios.
 */
#ifndef SOAK_H
#define SOAK_H

#include <errno.h>
#include <s2n.h>
#include <s2n/unstable/async_offload.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scenario;
/* The scenario whose faults apply to the calls of this thread. */
extern __thread struct scenario *current;
/* The scenario that the messages of failed checks name. */
extern __thread const struct scenario *reported;

/* Prints the seed and the number of the scenario, with which it can be repeated. */
void report_scenario(void);

#define CHECK(condition)                                                                   \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: check failed: %s (s2n_errno %s, errno %d)\n", __FILE__, \
                    __LINE__, #condition, s2n_strerror_name(s2n_errno), errno);            \
            report_scenario();                                                             \
            _Exit(1);                                                                      \
        }                                                                                  \
    } while (0)

#define CHECK_OK(call) CHECK((call) == 0)

/* A call may fail because a memory callback has failed, and is then repeated. */
#define REPEAT(call)                                                       \
    do {                                                                   \
        int repeat_result = -1;                                            \
        for (int repeat_turn = 0; repeat_turn < 10000; repeat_turn++) {    \
            repeat_result = (call);                                        \
            if (repeat_result >= 0 || !lacks_memory()) {                   \
                break;                                                     \
            }                                                              \
        }                                                                  \
        CHECK(repeat_result >= 0);                                         \
    } while (0)

#define REPEAT_NEW(object, call)                                           \
    do {                                                                   \
        (object) = NULL;                                                   \
        for (int repeat_turn = 0; repeat_turn < 10000; repeat_turn++) {    \
            (object) = (call);                                             \
            if ((object) != NULL || !lacks_memory()) {                     \
                break;                                                     \
            }                                                              \
        }                                                                  \
        CHECK((object) != NULL);                                           \
    } while (0)

static inline bool is_error(const char *name)
{
    return strcmp(s2n_strerror_name(s2n_errno), name) == 0;
}

/* Counts what happened, in all threads. */
enum count {
    CONNECTIONS,
    BYTES,
    EARLY_BYTES,
    SHORT,
    INTERRUPTED,
    BLOCKED,
    RESET,
    TRUNCATED,
    TAMPERED,
    ALLOCATIONS_FAILED,
    LACKS_MEMORY,
    CLOCK_JUMPS,
    ROTATIONS,
    RESUMED,
    RETRIED_HELLO,
    CLIENT_CERTIFICATES,
    EXTERNAL_PSK,
    EARLY_REJECTED,
    ASYNC_SIGNATURES,
    ASYNC_ABANDONED,
    OFFLOADED,
    HELLO_CALLBACKS,
    KEY_UPDATES,
    SERIALIZED,
    CONFIGS_REPLACED,
    HALF_CLOSED,
    FREED_MIDWAY,
    WIPED,
    FAILED_CLEANLY,
    COMPLETED,
    CANCELLED,
    SIGNALS,
    FORKS,
    COUNTS,
};

extern _Atomic uint64_t counts[COUNTS];

static inline void count(enum count what, uint64_t number)
{
    atomic_fetch_add_explicit(&counts[what], number, memory_order_relaxed);
}

/* SplitMix64: one generator for each scenario. */
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* memory.c */

/* The allocations of a scenario that fail: `number` of them after `after` more. */
struct allocation_failures {
    long after;
    long number;
    bool has_failed;
};

void use_memory_callbacks(void);
/* Bytes that the library has not returned yet. */
long allocated_bytes(void);
bool lacks_memory(void);

/* transport.c */

enum fatal { NONE, RESETTING, TRUNCATING, TAMPERING };

/* Bytes in one direction, in memory. */
struct channel {
    uint8_t bytes[40000];
    size_t read, written;
    bool ended;
};

/* One end of a transport: two channels, or a descriptor. */
struct port {
    struct scenario *scenario;
    struct channel *in, *out;
    int fd;
    bool is_broken, is_truncated;
};

int port_send(void *port, const uint8_t *buf, uint32_t len);
int port_recv(void *port, uint8_t *buf, uint32_t len);
/* The other end reads the end of the stream, and cannot write. */
void close_port(struct port *port);

/* Rates are per 256 calls. The fatal fault is that of the call `fatal_at`. */
struct faults {
    unsigned shortens, interrupts, blocks;
    enum fatal fatal;
    uint64_t fatal_at;
    bool fatal_has_occurred;
};

/* plan.c */

enum transport_kind { MEMORY, SOCKETPAIR, TCP };

/* The features of a scenario. */
struct plan {
    enum transport_kind transport;
    const char *client_policy, *server_policy;
    const char *chain;
    bool tls13, retries_hello;
    bool authenticates_client, signs_later, verifies_later, hello_callback;
    bool tickets, cache, psk, early_data;
    bool alpn, receives_ahead, multi_record, serializes, half_closes, frees_midway, wipes, jumps;
    uint32_t send_buffer;
    unsigned lives;
    uint64_t to_server, to_client;
    size_t largest_send;
};

struct plan draw_plan(struct scenario *scenario);
struct faults draw_faults(struct scenario *scenario);
void build_configs(struct scenario *scenario);
void free_configs(struct scenario *scenario);
void add_ticket_key(struct scenario *scenario);
void load_files(const char *folder);

/* endpoint.c */

enum phase { EARLY, HANDSHAKE, DATA, CLOSING, CLOSED, FAILED };

struct endpoint {
    struct scenario *scenario;
    struct endpoint *peer;
    struct s2n_connection *conn;
    bool is_client, send_is_closed, end_is_read, has_moved, is_unfinished;
    struct port port;
    enum phase phase;
    uint64_t sent, to_send, received, early_sent, early_received;
    /* The length of a send that was blocked, which must be repeated. */
    size_t blocked_send;
    size_t early_unreported;
    struct s2n_async_pkey_op *signature;
    struct s2n_async_offload_op *verification;
    bool hello_waits;
};

void open_endpoint(struct endpoint *endpoint);
void step_endpoint(struct endpoint *endpoint);
void release_operations(struct endpoint *endpoint);

/* scenario.c */

struct session {
    uint8_t bytes[4000];
    size_t length;
};

struct cache_entry {
    uint8_t key[32], value[256];
    uint64_t key_size, value_size;
};

struct scenario {
    uint64_t seed, number, random;
    struct plan plan;
    struct faults faults;
    struct allocation_failures allocation_failures;
    /* The life of the connections that is in progress, and its steps. */
    unsigned life;
    uint64_t steps, steps_without_progress, transport_calls, moved_bytes;
    /* An endpoint was given up on purpose, so that the other fails. */
    bool may_fail;
    _Atomic uint64_t wall, monotonic;
    unsigned ticket_keys;
    struct s2n_config *client_config, *server_config;
    struct s2n_cert_chain_and_key *chain, *client_chain;
    struct session session;
    struct cache_entry cache[4];
    struct channel channels[2];
    struct endpoint client, server;
};

static inline uint64_t below(struct scenario *scenario, uint64_t limit)
{
    return next_random(&scenario->random) % limit;
}

/* Returns true once in `n` times. */
static inline bool one_in(struct scenario *scenario, uint64_t n)
{
    return below(scenario, n) == 0;
}

struct scenario *new_scenario(uint64_t seed, uint64_t number);
/* Makes one call. Returns false if the scenario is complete. */
bool step_scenario(struct scenario *scenario);
void free_scenario(struct scenario *scenario);

/* The byte at an offset of the stream of an endpoint. */
static inline uint8_t data_at(const struct scenario *scenario, bool from_client, uint64_t offset)
{
    return (uint8_t) (offset * 167 + (offset >> 8) * 13 + scenario->number * 7 + scenario->life * 31 + from_client);
}

/* parallel.c */

/* Runs connections with the features of a scenario in threads of their own. */
void run_parallel(uint64_t seed, uint64_t number);

#endif
