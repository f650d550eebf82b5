/*
 * A client and a server in one program, over a transport in memory that blocks, fails or ends where a
 * test wants it to.
 */
#ifndef PAIR_H
#define PAIR_H

#include "check.h"

#include <stdint.h>

struct link {
    uint8_t bytes[1 << 18];
    size_t read;
    size_t written;
    /* How many bytes it takes before it blocks. */
    size_t room;
    /* Failures with these errno values come first. */
    int send_error;
    int recv_error;
    int ended;
    uint32_t largest_request;
};

struct pair {
    struct s2n_config *config;
    struct s2n_cert_chain_and_key *chain;
    struct s2n_connection *client;
    struct s2n_connection *server;
    struct link to_server;
    struct link to_client;
    int tls13;
};

static const char *folder;

/* Bytes in which a piece that is missing, or comes twice, shows. */
static inline void fill_with_pattern(uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t) (i * 7 + i / 256);
    }
}

static inline int take_error(int *error)
{
    errno = *error;
    *error = 0;
    return -1;
}

static inline int link_send(void *context, const uint8_t *buf, uint32_t len)
{
    struct link *link = context;
    if (link->send_error != 0) {
        return take_error(&link->send_error);
    }
    size_t taken = len < link->room ? len : link->room;
    if (taken == 0) {
        errno = EAGAIN;
        return -1;
    }
    CHECK(link->written + taken <= sizeof(link->bytes));
    memcpy(link->bytes + link->written, buf, taken);
    link->written += taken;
    link->room -= taken;
    return taken;
}

static inline int link_recv(void *context, uint8_t *buf, uint32_t len)
{
    struct link *link = context;
    if (link->recv_error != 0) {
        return take_error(&link->recv_error);
    }
    if (len > link->largest_request) {
        link->largest_request = len;
    }
    size_t given = link->written - link->read;
    if (given == 0 && link->ended) {
        return 0;
    }
    if (given == 0) {
        errno = EAGAIN;
        return -1;
    }
    given = len < given ? len : given;
    memcpy(buf, link->bytes + link->read, given);
    link->read += given;
    return given;
}

/* Cuts the handshake records on their way, none of them encrypted, into records of `size` bytes. */
static inline void cut_messages(struct link *link, size_t size)
{
    const size_t waiting = link->written - link->read;
    uint8_t *old = malloc(waiting + 1);
    CHECK(old != NULL);
    memcpy(old, link->bytes + link->read, waiting);
    link->written = link->read;
    for (size_t at = 0; at < waiting;) {
        const uint8_t *record = old + at;
        const size_t len = (size_t) record[3] << 8 | record[4];
        const size_t most = record[0] == 22 ? size : len;
        for (size_t from = 0; from < len; from += most) {
            const size_t part = len - from < most ? len - from : most;
            const uint8_t header[] = { record[0], record[1], record[2], part >> 8, part & 0xff };
            CHECK(link_send(link, header, sizeof(header)) == sizeof(header));
            CHECK(link_send(link, record + 5 + from, part) == (int) part);
        }
        at += 5 + len;
    }
    free(old);
}

/* The first handshake record on its way; its length is stored. */
static inline uint8_t *first_message(struct link *link, size_t *len)
{
    uint8_t *record = link->bytes + link->read;
    for (;;) {
        CHECK(record + 5 <= link->bytes + link->written);
        *len = (size_t) record[3] << 8 | record[4];
        if (record[0] == 22) {
            return record + 5;
        }
        record += 5 + *len;
    }
}

static inline void attach(struct s2n_connection *conn, struct pair *pair, struct link *in,
        struct link *out)
{
    CHECK(conn != NULL);
    out->room = SIZE_MAX;
    CHECK_OK(s2n_connection_set_config(conn, pair->config));
    CHECK_OK(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING));
    CHECK_OK(s2n_connection_set_recv_cb(conn, link_recv));
    CHECK_OK(s2n_connection_set_recv_ctx(conn, in));
    CHECK_OK(s2n_connection_set_send_cb(conn, link_send));
    CHECK_OK(s2n_connection_set_send_ctx(conn, out));
}

static inline const char *policy(int tls13)
{
    return tls13 ? "default_tls13" : "ELBSecurityPolicy-TLS-1-2-2017-01";
}

/* Both ends with one config, which trusts the test root and shows a chain that it signed. */
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
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    attach(pair->server, pair, &pair->to_server, &pair->to_client);
    CHECK_OK(s2n_set_server_name(pair->client, "localhost"));
    return pair;
}

/*
 * Lets both ends negotiate until each has succeeded or failed; the outcome is the error's name, or
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

/* A server that has one group, of which no client sends a share in its first ClientHello. */
static inline struct pair *new_retried_pair(void)
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
