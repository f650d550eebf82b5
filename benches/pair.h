/*
 * A client and a server over an in-memory transport, and the CPU time of their handshakes.
 */
#ifndef PAIR_H
#define PAIR_H

#define _GNU_SOURCE
#include <errno.h>
#include <s2n.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHECK(ok)                                                                       \
    do {                                                                                \
        if (!(ok)) {                                                                    \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #ok,                 \
                s2n_strerror_debug(s2n_errno, "EN"));                                   \
            exit(1);                                                                    \
        }                                                                               \
    } while (0)

/* One direction of an in-memory transport. */
struct pipe {
    uint8_t *bytes;
    size_t start, end, size;
    int discard;
};

static int pipe_send(void *ctx, const uint8_t *buf, uint32_t len)
{
    struct pipe *pipe = ctx;
    if (pipe->discard) {
        return (int) len;
    }
    if (pipe->end + len > pipe->size) {
        pipe->size = (pipe->end + len) * 2;
        pipe->bytes = realloc(pipe->bytes, pipe->size);
    }
    memcpy(pipe->bytes + pipe->end, buf, len);
    pipe->end += len;
    return (int) len;
}

static int pipe_recv(void *ctx, uint8_t *buf, uint32_t len)
{
    struct pipe *pipe = ctx;
    size_t available = pipe->end - pipe->start;
    if (available == 0) {
        errno = EAGAIN;
        return -1;
    }
    if (len > available) {
        len = (uint32_t) available;
    }
    memcpy(buf, pipe->bytes + pipe->start, len);
    pipe->start += len;
    if (pipe->start == pipe->end) {
        pipe->start = pipe->end = 0;
    }
    return (int) len;
}

struct pair {
    struct s2n_connection *client, *server;
    struct pipe *to_server, *to_client;
};

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

static struct s2n_config *config_new(const char *policy, const char *cert, const char *key)
{
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK(config != NULL);
    CHECK(s2n_config_set_cipher_preferences(config, policy) == 0);
    CHECK(s2n_config_add_pem_to_trust_store(config, cert) == 0);
    if (key != NULL) {
        struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
        CHECK(s2n_cert_chain_and_key_load_pem(chain, cert, key) == 0);
        CHECK(s2n_config_add_cert_chain_and_key_to_store(config, chain) == 0);
    }
    return config;
}

static struct s2n_connection *connection_new(s2n_mode mode, struct s2n_config *config,
    struct pipe *in, struct pipe *out)
{
    struct s2n_connection *conn = s2n_connection_new(mode);
    CHECK(conn != NULL);
    CHECK(s2n_connection_set_config(conn, config) == 0);
    CHECK(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING) == 0);
    CHECK(s2n_connection_set_recv_cb(conn, pipe_recv) == 0);
    CHECK(s2n_connection_set_recv_ctx(conn, in) == 0);
    CHECK(s2n_connection_set_send_cb(conn, pipe_send) == 0);
    CHECK(s2n_connection_set_send_ctx(conn, out) == 0);
    if (mode == S2N_CLIENT) {
        CHECK(s2n_set_server_name(conn, "localhost") == 0);
    }
    return conn;
}

static double seconds[2];

static int done_or_blocked(int result)
{
    CHECK(result == 0 || s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
    return result == 0;
}

static int step(struct s2n_connection *conn, int side)
{
    s2n_blocked_status blocked;
    double start = cpu_seconds();
    int result = s2n_negotiate(conn, &blocked);
    seconds[side] += cpu_seconds() - start;
    return done_or_blocked(result);
}

/* Less than the limit, at which the client could not send more. */
enum { EARLY_DATA = 100, EARLY_DATA_LIMIT = 1000 };

/* The client's first step. It is blocked then: the server has not answered. */
static void send_early_data(struct s2n_connection *client)
{
    static const uint8_t early[EARLY_DATA];
    s2n_blocked_status blocked;
    ssize_t sent = 0;
    double start = cpu_seconds();
    int result = s2n_send_early_data(client, early, EARLY_DATA, &sent, &blocked);
    seconds[0] += cpu_seconds() - start;
    CHECK(!done_or_blocked(result) && sent == EARLY_DATA);
}

/* A step of the server. Adds the length of what it receives to `total`. */
static int recv_early_data(struct s2n_connection *server, ssize_t *total)
{
    uint8_t early[EARLY_DATA];
    s2n_blocked_status blocked;
    ssize_t received = 0;
    double start = cpu_seconds();
    int result = s2n_recv_early_data(server, early, EARLY_DATA, &received, &blocked);
    seconds[1] += cpu_seconds() - start;
    *total += received;
    return done_or_blocked(result);
}

/* The client's handshake ends with the early data: the server has accepted it in its first step. */
static void exchange_early_data(struct pair *pair)
{
    ssize_t received = 0;
    send_early_data(pair->client);
    CHECK(!recv_early_data(pair->server, &received));
    CHECK(received == EARLY_DATA);
    CHECK(step(pair->client, 0));
    CHECK(recv_early_data(pair->server, &received));
    CHECK(received == EARLY_DATA);
}

/* The session that clients offer, if any. */
struct session {
    uint8_t bytes[4096];
    int len;
};

/* What a client offers: a session, an external pre-shared key, or neither; and early data. */
struct offer {
    const struct session *session;
    struct s2n_psk *psk;
    int early_data;
};

static void set_offer(struct pair *pair, const struct offer *offer)
{
    const struct session *session = offer->session;
    if (session != NULL) {
        CHECK(s2n_connection_set_session(pair->client, session->bytes, (size_t) session->len) == 0);
    }
    if (offer->psk != NULL) {
        CHECK(s2n_connection_append_psk(pair->client, offer->psk) == 0);
        CHECK(s2n_connection_append_psk(pair->server, offer->psk) == 0);
    }
}

static struct pair establish_with(struct offer offer, struct s2n_config *client,
    struct s2n_config *server)
{
    struct pair pair;
    pair.to_server = calloc(1, sizeof(struct pipe));
    pair.to_client = calloc(1, sizeof(struct pipe));
    pair.client = connection_new(S2N_CLIENT, client, pair.to_client, pair.to_server);
    pair.server = connection_new(S2N_SERVER, server, pair.to_server, pair.to_client);
    set_offer(&pair, &offer);
    if (offer.early_data) {
        exchange_early_data(&pair);
    }
    int client_done = offer.early_data, server_done = 0;
    while (!client_done || !server_done) {
        client_done = client_done || step(pair.client, 0);
        server_done = server_done || step(pair.server, 1);
    }
    return pair;
}

static struct pair establish(struct s2n_config *client, struct s2n_config *server)
{
    return establish_with((struct offer){ 0 }, client, server);
}

static void pair_free(struct pair *pair)
{
    s2n_connection_free(pair->client);
    s2n_connection_free(pair->server);
    free(pair->to_server->bytes);
    free(pair->to_client->bytes);
    free(pair->to_server);
    free(pair->to_client);
}

#endif
