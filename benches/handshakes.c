/*
 * CPU time of handshakes, and how it scales with threads.
 */
#define _GNU_SOURCE
#include "library.h"
#include "measure.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Handshakes that take place at once: first the steps of all clients, then those of all servers, and so
 * on. So the caches of the core have the code and the data of one side, as on a core of its own. */
enum { BATCH = 16, PIPE = 1 << 14 };

struct handshake {
    struct pipe *to[2];
    struct endpoint *endpoint[2];
    int done[2];
    double spent[2];
};

static double cost;

static void open_side(const struct library *library, struct handshake *handshake, enum side side)
{
    struct pipe *in = handshake->to[side], *out = handshake->to[1 - side];
    double start = cpu_seconds();
    handshake->endpoint[side] = library->open(side, in, out);
    handshake->spent[side] = cpu_seconds() - start - cost;
    handshake->done[side] = 0;
}

static void step_side(const struct library *library, struct handshake *handshake, enum side side)
{
    if (handshake->done[side]) {
        return;
    }
    double start = cpu_seconds();
    handshake->done[side] = library->step(handshake->endpoint[side]);
    handshake->spent[side] += cpu_seconds() - start - cost;
}

static void close_side(const struct library *library, struct handshake *handshake, enum side side)
{
    double start = cpu_seconds();
    library->close(handshake->endpoint[side]);
    handshake->spent[side] += cpu_seconds() - start - cost;
}

static int all_done(const struct handshake *batch)
{
    for (int i = 0; i < BATCH; i++) {
        if (!batch[i].done[CLIENT] || !batch[i].done[SERVER]) {
            return 0;
        }
    }
    return 1;
}

static void run_batch(const struct library *library, struct handshake *batch)
{
    for (int side = CLIENT; side <= SERVER; side++) {
        for (int i = 0; i < BATCH; i++) {
            pipe_reset(batch[i].to[side]);
        }
    }
    for (int side = CLIENT; side <= SERVER; side++) {
        for (int i = 0; i < BATCH; i++) {
            open_side(library, &batch[i], side);
        }
    }
    while (!all_done(batch)) {
        for (int side = CLIENT; side <= SERVER; side++) {
            for (int i = 0; i < BATCH; i++) {
                step_side(library, &batch[i], side);
            }
        }
    }
    for (int side = CLIENT; side <= SERVER; side++) {
        for (int i = 0; i < BATCH; i++) {
            close_side(library, &batch[i], side);
        }
    }
}

void measure_handshakes(const struct library *library, const char *name)
{
    enum { BATCHES = 25, WARM_UP = 3 };
    static const char *const sides[] = { "client", "server" };
    static double spent[2][BATCHES * BATCH];
    struct handshake batch[BATCH] = { 0 };
    size_t batches = times(BATCHES);
    for (int i = 0; i < BATCH; i++) {
        batch[i].to[CLIENT] = pipe_new(PIPE);
        batch[i].to[SERVER] = pipe_new(PIPE);
    }
    cost = clock_cost();
    for (size_t i = 0; i < times(WARM_UP); i++) {
        run_batch(library, batch);
    }
    for (size_t i = 0; i < batches; i++) {
        run_batch(library, batch);
        for (size_t k = 0; k < BATCH; k++) {
            spent[CLIENT][i * BATCH + k] = batch[k].spent[CLIENT];
            spent[SERVER][i * BATCH + k] = batch[k].spent[SERVER];
        }
    }
    for (int side = CLIENT; side <= SERVER; side++) {
        report(median(spent[side], batches * BATCH) * 1e6, "%s_%s_us", name, sides[side]);
    }
    for (int i = 0; i < BATCH; i++) {
        pipe_free(batch[i].to[CLIENT]);
        pipe_free(batch[i].to[SERVER]);
    }
}

struct pair pair_open(const struct library *library, size_t pipe_size)
{
    struct pair pair = { pipe_new(pipe_size), pipe_new(pipe_size), NULL, NULL };
    pair.client = library->open(CLIENT, pair.to_client, pair.to_server);
    pair.server = library->open(SERVER, pair.to_server, pair.to_client);
    int client_done = 0, server_done = 0;
    while (!client_done || !server_done) {
        client_done = client_done || library->step(pair.client);
        server_done = server_done || library->step(pair.server);
    }
    if (library->receive_tickets != NULL) {
        library->receive_tickets(pair.client);
    }
    return pair;
}

void pair_close(const struct library *library, struct pair *pair)
{
    library->close(pair->client);
    library->close(pair->server);
    if (pair->to_server != NULL) {
        pipe_free(pair->to_server);
        pipe_free(pair->to_client);
    }
}

struct worker {
    const struct library *library;
    size_t count;
    atomic_int *waiting;
    double cpu;
};

/* Begins when all threads have started. */
static void *run_worker(void *argument)
{
    struct worker *worker = argument;
    atomic_fetch_sub(worker->waiting, 1);
    while (atomic_load(worker->waiting) != 0) {
    }
    double start = cpu_seconds();
    for (size_t i = 0; i < worker->count; i++) {
        struct pair pair = pair_open(worker->library, PIPE);
        pair_close(worker->library, &pair);
    }
    worker->cpu = cpu_seconds() - start;
    return NULL;
}

struct rate {
    double per_second, cpu;
};

static struct rate run_threads(const struct library *library, int threads, size_t count)
{
    enum { MAX = 2 };
    pthread_t ids[MAX];
    struct worker workers[MAX];
    struct rate rate = { 0, 0 };
    atomic_int waiting = threads + 1;
    for (int i = 0; i < threads; i++) {
        workers[i] = (struct worker){ library, count, &waiting, 0 };
        if (pthread_create(&ids[i], NULL, run_worker, &workers[i]) != 0) {
            fail(__FILE__, __LINE__, "pthread_create", "failed");
        }
    }
    double start = wall_seconds();
    atomic_fetch_sub(&waiting, 1);
    for (int i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        rate.cpu += workers[i].cpu / (double) count / threads;
    }
    rate.per_second = (double) count * threads / (wall_seconds() - start);
    return rate;
}

void measure_cores(const struct library *library)
{
    enum { COUNT = 1500 };
    size_t count = times(COUNT);
    run_threads(library, 1, times(COUNT / 10));
    struct rate one = run_threads(library, 1, count), two = run_threads(library, 2, count);
    report(one.per_second, "cores_1_per_s");
    report(two.per_second, "cores_2_per_s");
    report(two.per_second / one.per_second, "cores_ratio");
    report(two.cpu / one.cpu, "cores_cpu_ratio");
}
