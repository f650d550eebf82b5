/*
 * Data transfer in memory.
 */
#include "library.h"
#include "measure.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 1 << 20, TOTAL = 1 << 28 };

static uint8_t data[BATCH];
static uint8_t buffer[BATCH];

static void send_batch(const struct library *library, struct pair *pair, size_t call)
{
    for (size_t sent = 0; sent < BATCH; sent += call) {
        library->send(pair->client, data, call);
    }
}

static void recv_batch(const struct library *library, struct pair *pair, size_t call)
{
    for (size_t received = 0; received < BATCH;) {
        received += library->recv(pair->server, buffer, call);
    }
}

/* The sealed records are lost, so the pair is of no use then. */
void measure_send(const struct library *library, struct pair *pair, const char *name, size_t call)
{
    size_t batches = times(TOTAL / BATCH);
    double *spent = calloc(batches, sizeof(*spent));
    pair->to_server->discard = 1;
    for (size_t i = 0; i < times(10); i++) {
        send_batch(library, pair, call);
    }
    for (size_t i = 0; i < batches; i++) {
        double start = cpu_seconds();
        send_batch(library, pair, call);
        spent[i] = cpu_seconds() - start;
    }
    report(BATCH / median(spent, batches) * 1e-9, "send_%s_GBps", name);
    free(spent);
}

/* Reads in the lengths of a library, without it. */
static double replay(struct pipe *pipe, const uint32_t *lens, size_t count)
{
    double start = cpu_seconds();
    for (size_t i = 0; i < count; i++) {
        pipe_read(pipe, buffer, lens[i]);
    }
    return cpu_seconds() - start;
}

/* Each batch is small enough to remain in the cache, like bytes from a socket. Its bytes are read twice:
 * by the library, and by the benchmark alone, for the time that the copies of the transport take. */
void measure_recv(const struct library *library, struct pair *pair, const char *name, size_t call)
{
    size_t batches = times(TOTAL / BATCH);
    struct pipe *pipe = pair->to_server;
    double *spent = calloc(batches, sizeof(*spent)), *copies = calloc(batches, sizeof(*copies));
    uint32_t *lens = calloc(BATCH / 256, sizeof(*lens));
    for (size_t i = 0; i < batches; i++) {
        pipe_reset(pipe);
        send_batch(library, pair, call < BATCH ? call : BATCH);
        size_t end = pipe->written;
        pipe->log = i == 0 ? lens : NULL;
        double start = cpu_seconds();
        recv_batch(library, pair, call);
        spent[i] = cpu_seconds() - start;
        pipe->log = NULL;
        pipe->read = 0;
        copies[i] = replay(pipe, lens, pipe->logged);
        pipe->read = end;
    }
    pipe->logged = 0;
    double gross = median(spent, batches), copy = median(copies, batches);
    report(BATCH / gross * 1e-9, "recv_gross_%s_GBps", name);
    report(BATCH / (gross - copy) * 1e-9, "recv_%s_GBps", name);
    free(spent);
    free(copies);
    free(lens);
}

static void there_and_back(const struct library *library, struct pair *pair)
{
    uint8_t byte = 1;
    library->send(pair->client, &byte, 1);
    library->recv(pair->server, &byte, 1);
    library->send(pair->server, &byte, 1);
    library->recv(pair->client, &byte, 1);
}

void measure_messages(const struct library *library, struct pair *pair)
{
    enum { SIZE = 64, COUNT = 1000, ROUNDS = 200 };
    double sending[ROUNDS], receiving[ROUNDS], round_trips[ROUNDS];
    size_t rounds = times(ROUNDS);
    for (size_t i = 0; i < rounds; i++) {
        double start = cpu_seconds();
        for (int k = 0; k < COUNT; k++) {
            library->send(pair->client, data, SIZE);
        }
        double sent = cpu_seconds();
        for (int k = 0; k < COUNT; k++) {
            library->recv(pair->server, buffer, SIZE);
        }
        double received = cpu_seconds();
        for (int k = 0; k < COUNT; k++) {
            there_and_back(library, pair);
        }
        sending[i] = sent - start;
        receiving[i] = received - sent;
        round_trips[i] = cpu_seconds() - received;
        pipe_reset(pair->to_server);
    }
    report(median(sending, rounds) / COUNT * 1e9, "send_64_ns");
    report(median(receiving, rounds) / COUNT * 1e9, "recv_64_ns");
    report(median(round_trips, rounds) / COUNT * 1e9, "round_trip_1_ns");
}
