/*
 * What a TLS library does for the benchmarks that all libraries have in common.
 */
#ifndef LIBRARY_H
#define LIBRARY_H

#include "pipe.h"

enum side { CLIENT, SERVER };

/* An endpoint of a connection, in the form of its library. */
struct endpoint;

struct library {
    /* Creates an endpoint: TLS 1.3, secp256r1, TLS_AES_128_GCM_SHA256. A client verifies the chain and
     * the name of the server. */
    struct endpoint *(*open)(enum side side, struct pipe *in, struct pipe *out);
    /* Continues the handshake until it is completed, which is true, or the transport is empty. */
    int (*step)(struct endpoint *endpoint);
    void (*close)(struct endpoint *endpoint);
    /* Sends all bytes. */
    void (*send)(struct endpoint *endpoint, const uint8_t *bytes, size_t len);
    /* Receives bytes, at least one. */
    size_t (*recv)(struct endpoint *endpoint, uint8_t *bytes, size_t len);
    /* Receives the tickets of the server, for measure_heap(), if it is not NULL. */
    void (*receive_tickets)(struct endpoint *client);
    /* Memory of the benchmark itself in an endpoint. */
    size_t overhead;
};

/* What a block of the size takes on the heap. */
#define HEAP_BLOCK(size) (((size) + 8 + 15) / 16 * 16)

/* Both endpoints of a connection. */
struct pair {
    struct pipe *to_server, *to_client;
    struct endpoint *client, *server;
};

/* A connection after its handshake. */
struct pair pair_open(const struct library *library, size_t pipe_size);
void pair_close(const struct library *library, struct pair *pair);

/* The CPU time of a handshake of each side, from the creation of its endpoint to the end. */
void measure_handshakes(const struct library *library, const char *name);

/* Handshakes a second, of both sides, in one thread and in two. */
void measure_cores(const struct library *library);

/* The rate of sending and of receiving in calls of a size. The pipes hold at least 2 MiB. */
void measure_send(const struct library *library, struct pair *pair, const char *name, size_t call);
void measure_recv(const struct library *library, struct pair *pair, const char *name, size_t call);

/* Messages of 64 bytes, and of one byte there and back. */
void measure_messages(const struct library *library, struct pair *pair);

/* The memory that is released when an endpoint is closed that has had no data since its handshake. */
void measure_heap(const struct library *library, const char *name);

#endif
