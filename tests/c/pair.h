/*
 * A client and a server in one program, over an in-memory transport that blocks, fails or ends where a
 * test requires it.
 */
#ifndef PAIR_H
#define PAIR_H

#include "check.h"

#include <stdint.h>

struct transport {
    uint8_t bytes[1 << 18];
    size_t read;
    size_t written;
    /* The number of bytes that it accepts before it blocks. */
    size_t room;
    /* If not 0, the errno of the next call, which fails. */
    int send_error;
    int recv_error;
    int eof;
    uint32_t largest_request;
};

struct pair {
    struct s2n_config *config;
    struct s2n_cert_chain_and_key *chain;
    struct s2n_connection *client;
    struct s2n_connection *server;
    struct transport to_server;
    struct transport to_client;
    int tls13;
};

static const char *folder;

/* Fills a buffer with a pattern that reveals missing and repeated parts. */
static inline void fill_with_pattern(uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t) (i * 7 + i / 256);
    }
}

static inline int fail_once(int *error)
{
    errno = *error;
    *error = 0;
    return -1;
}

static inline int transport_send(void *context, const uint8_t *buf, uint32_t len)
{
    struct transport *transport = context;
    if (transport->send_error != 0) {
        return fail_once(&transport->send_error);
    }
    size_t count = len < transport->room ? len : transport->room;
    if (count == 0) {
        errno = EAGAIN;
        return -1;
    }
    CHECK(transport->written + count <= sizeof(transport->bytes));
    memcpy(transport->bytes + transport->written, buf, count);
    transport->written += count;
    transport->room -= count;
    return count;
}

static inline int transport_recv(void *context, uint8_t *buf, uint32_t len)
{
    struct transport *transport = context;
    if (transport->recv_error != 0) {
        return fail_once(&transport->recv_error);
    }
    if (len > transport->largest_request) {
        transport->largest_request = len;
    }
    size_t count = transport->written - transport->read;
    if (count == 0 && transport->eof) {
        return 0;
    }
    if (count == 0) {
        errno = EAGAIN;
        return -1;
    }
    count = len < count ? len : count;
    memcpy(buf, transport->bytes + transport->read, count);
    transport->read += count;
    return count;
}

/* Fragments the unencrypted handshake records in transit into records of `size` bytes. */
static inline void fragment_messages(struct transport *transport, size_t size)
{
    const size_t waiting = transport->written - transport->read;
    uint8_t *old = malloc(waiting + 1);
    CHECK(old != NULL);
    memcpy(old, transport->bytes + transport->read, waiting);
    transport->written = transport->read;
    for (size_t at = 0; at < waiting;) {
        const uint8_t *record = old + at;
        const size_t len = (size_t) record[3] << 8 | record[4];
        const size_t most = record[0] == 22 ? size : len;
        for (size_t from = 0; from < len; from += most) {
            const size_t part = len - from < most ? len - from : most;
            const uint8_t header[] = { record[0], record[1], record[2], part >> 8, part & 0xff };
            CHECK(transport_send(transport, header, sizeof(header)) == sizeof(header));
            CHECK(transport_send(transport, record + 5 + from, part) == (int) part);
        }
        at += 5 + len;
    }
    free(old);
}

/* Returns the payload of the first handshake record in transit, and stores its length. */
static inline uint8_t *first_handshake_message(struct transport *transport, size_t *len)
{
    uint8_t *record = transport->bytes + transport->read;
    for (;;) {
        CHECK(record + 5 <= transport->bytes + transport->written);
        *len = (size_t) record[3] << 8 | record[4];
        if (record[0] == 22) {
            return record + 5;
        }
        record += 5 + *len;
    }
}

static inline void attach(struct s2n_connection *conn, struct pair *pair, struct transport *in,
        struct transport *out)
{
    CHECK(conn != NULL);
    out->room = SIZE_MAX;
    CHECK_OK(s2n_connection_set_config(conn, pair->config));
    CHECK_OK(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING));
    CHECK_OK(s2n_connection_set_recv_cb(conn, transport_recv));
    CHECK_OK(s2n_connection_set_recv_ctx(conn, in));
    CHECK_OK(s2n_connection_set_send_cb(conn, transport_send));
    CHECK_OK(s2n_connection_set_send_ctx(conn, out));
}

/* Attaches both endpoints, which are new or wiped. */
static inline void attach_both(struct pair *pair)
{
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    attach(pair->server, pair, &pair->to_server, &pair->to_client);
    CHECK_OK(s2n_set_server_name(pair->client, "localhost"));
}

/* The same, without what an earlier connection has left in the transports. */
static inline void attach_again(struct pair *pair)
{
    memset(&pair->to_client, 0, sizeof(pair->to_client));
    memset(&pair->to_server, 0, sizeof(pair->to_server));
    attach_both(pair);
}

static inline const char *policy(int tls13)
{
    return tls13 ? "default_tls13" : "ELBSecurityPolicy-TLS-1-2-2017-01";
}

/* Both endpoints share a config, which trusts the test root and has a chain that it issued. */
static inline struct pair *new_pair(int tls13, const char *chain)
{
    struct pair *pair = calloc(1, sizeof(*pair));
    char *authority = read_file(folder, "ca.pem");
    CHECK(pair != NULL);
    pair->tls13 = tls13;
    pair->chain = load_chain(folder, chain);
    pair->config = s2n_config_new_minimal();
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(pair->config, pair->chain));
    CHECK_OK(s2n_config_add_pem_to_trust_store(pair->config, authority));
    CHECK_OK(s2n_config_set_cipher_preferences(pair->config, policy(tls13)));
    free(authority);
    pair->client = s2n_connection_new(S2N_CLIENT);
    pair->server = s2n_connection_new(S2N_SERVER);
    attach_both(pair);
    return pair;
}

/*
 * Drives both handshakes until each has succeeded or failed; an outcome is the name of the error, or
 * S2N_ERR_OK.
 */
static inline void negotiate(struct pair *pair, const char **client_outcome,
        const char **server_outcome)
{
    struct s2n_connection *const ends[] = { pair->client, pair->server };
    const char **const outcomes[] = { client_outcome, server_outcome };
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    *client_outcome = *server_outcome = "S2N_ERR_IO_BLOCKED";
    for (int turn = 0; turn < 20; turn++) {
        const char **outcome = outcomes[turn % 2];
        if (strcmp(*outcome, "S2N_ERR_IO_BLOCKED") != 0) {
            continue;
        }
        int result = s2n_negotiate(ends[turn % 2], &blocked);
        *outcome = result == 0 ? "S2N_ERR_OK" : s2n_strerror_name(s2n_errno);
    }
}

static inline struct pair *connected(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    return pair;
}

/* A handshake with a HelloRetryRequest: the server's only group has no key share in the first ClientHello. */
static inline struct pair *new_hello_retry_pair(void)
{
    struct pair *pair = new_pair(1, "rsa");
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->server, "20250211"));
    return pair;
}

static inline void disconnect(struct pair *pair)
{
    CHECK_OK(s2n_connection_free(pair->client));
    CHECK_OK(s2n_connection_free(pair->server));
    CHECK_OK(s2n_config_free(pair->config));
    CHECK_OK(s2n_cert_chain_and_key_free(pair->chain));
    free(pair);
}

#endif
