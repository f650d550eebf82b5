/*
 * Benchmarks of one library: the same source is linked with rs2n and with s2n-tls. All I/O is in
 * memory. Prints one "name value" pair per line.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
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

static int step(struct s2n_connection *conn, int side)
{
    s2n_blocked_status blocked;
    double start = cpu_seconds();
    int done = s2n_negotiate(conn, &blocked) == 0;
    seconds[side] += cpu_seconds() - start;
    CHECK(done || s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
    return done;
}

/* The session that clients offer, if any. */
struct session {
    uint8_t bytes[4096];
    int len;
};

static struct pair establish_with(const struct session *session, struct s2n_config *client,
    struct s2n_config *server)
{
    struct pair pair;
    pair.to_server = calloc(1, sizeof(struct pipe));
    pair.to_client = calloc(1, sizeof(struct pipe));
    pair.client = connection_new(S2N_CLIENT, client, pair.to_client, pair.to_server);
    pair.server = connection_new(S2N_SERVER, server, pair.to_server, pair.to_client);
    if (session != NULL) {
        CHECK(s2n_connection_set_session(pair.client, session->bytes, (size_t) session->len) == 0);
    }
    int client_done = 0, server_done = 0;
    while (!client_done || !server_done) {
        client_done = client_done || step(pair.client, 0);
        server_done = server_done || step(pair.server, 1);
    }
    return pair;
}

static struct pair establish(struct s2n_config *client, struct s2n_config *server)
{
    return establish_with(NULL, client, server);
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

static void handshakes(const char *name, const struct session *session, struct s2n_config *client,
    struct s2n_config *server)
{
    enum { WARM_UP = 50, COUNT = 400 };
    for (int i = 0; i < WARM_UP; i++) {
        struct pair pair = establish_with(session, client, server);
        CHECK(s2n_connection_is_session_resumed(pair.client) == (session != NULL));
        pair_free(&pair);
    }
    seconds[0] = seconds[1] = 0;
    for (int i = 0; i < COUNT; i++) {
        struct pair pair = establish_with(session, client, server);
        pair_free(&pair);
    }
    printf("handshake_%s_client_us %.2f\n", name, seconds[0] / COUNT * 1e6);
    printf("handshake_%s_server_us %.2f\n", name, seconds[1] / COUNT * 1e6);
}

/* Receives a ticket, but no data. */
static void receive_ticket(struct s2n_connection *client)
{
    s2n_blocked_status blocked;
    uint8_t byte;
    CHECK(s2n_recv(client, &byte, 1, &blocked) == -1);
    CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
}

static struct session session_of(struct s2n_config *client, struct s2n_config *server)
{
    struct session session;
    struct pair pair = establish(client, server);
    receive_ticket(pair.client);
    session.len = s2n_connection_get_session(pair.client, session.bytes, sizeof(session.bytes));
    CHECK(session.len > 0);
    pair_free(&pair);
    return session;
}

static uint8_t data[1 << 20];
static uint8_t buffer[1 << 20];

static void send_all(struct s2n_connection *conn, size_t call, size_t total)
{
    s2n_blocked_status blocked;
    for (size_t sent = 0; sent < total; sent += call) {
        CHECK(s2n_send(conn, data, (ssize_t) call, &blocked) == (ssize_t) call);
    }
}

static void bulk_send(const char *name, struct pair *pair, size_t call, size_t total)
{
    pair->to_server->discard = 1;
    send_all(pair->client, call, total / 8);
    double start = cpu_seconds();
    send_all(pair->client, call, total);
    printf("send_%s_%zu_GBps %.3f\n", name, call, total / (cpu_seconds() - start) * 1e-9);
}

static void bulk_recv(const char *name, struct pair *pair, size_t call, size_t total)
{
    s2n_blocked_status blocked;
    double spent = 0;
    size_t left = total;
    while (left > 0) {
        /* Small enough to remain in the cache, like bytes from a socket. */
        size_t batch = 1 << 20;
        send_all(pair->client, call < batch ? call : batch, batch);
        double start = cpu_seconds();
        size_t received = 0;
        while (received < batch) {
            ssize_t n = s2n_recv(pair->server, buffer, (ssize_t) call, &blocked);
            CHECK(n > 0);
            received += (size_t) n;
        }
        spent += cpu_seconds() - start;
        left -= batch < left ? batch : left;
    }
    printf("recv_%s_%zu_GBps %.3f\n", name, call, total / spent * 1e-9);
}

static void small_records(struct pair *pair)
{
    enum { SIZE = 64, COUNT = 200000, BATCH = 1000 };
    s2n_blocked_status blocked;
    double sending = 0, receiving = 0;
    for (int i = 0; i < COUNT / BATCH; i++) {
        double start = cpu_seconds();
        for (int k = 0; k < BATCH; k++) {
            CHECK(s2n_send(pair->client, data, SIZE, &blocked) == SIZE);
        }
        double middle = cpu_seconds();
        for (int k = 0; k < BATCH; k++) {
            CHECK(s2n_recv(pair->server, buffer, SIZE, &blocked) == SIZE);
        }
        sending += middle - start;
        receiving += cpu_seconds() - middle;
    }
    printf("send_64_ns %.1f\n", sending / COUNT * 1e9);
    printf("recv_64_ns %.1f\n", receiving / COUNT * 1e9);
}

static void heap(const char *name, int with_tickets, struct s2n_config *client,
    struct s2n_config *server)
{
    enum { COUNT = 200 };
    static struct pair pairs[COUNT];
    struct pair warm = establish(client, server);
    size_t bytes[2] = { 0, 0 };
    for (int i = 0; i < COUNT; i++) {
        pairs[i] = establish(client, server);
        if (with_tickets) {
            receive_ticket(pairs[i].client);
        }
        free(pairs[i].to_server->bytes);
        free(pairs[i].to_client->bytes);
        memset(pairs[i].to_server, 0, sizeof(struct pipe));
        memset(pairs[i].to_client, 0, sizeof(struct pipe));
    }
    for (int side = 0; side < 2; side++) {
        size_t before = mallinfo2().uordblks;
        for (int i = 0; i < COUNT; i++) {
            s2n_connection_free(side == 0 ? pairs[i].client : pairs[i].server);
        }
        bytes[side] = (before - mallinfo2().uordblks) / COUNT;
    }
    printf("heap_%s_client_bytes %zu\n", name, bytes[0]);
    printf("heap_%s_server_bytes %zu\n", name, bytes[1]);
    pair_free(&warm);
}

/* Handshakes that resume a session, and connections with a ticket. */
static void resumption(const char *name, const char *policy, const char *cert, const char *key)
{
    char label[32];
    struct s2n_config *client = config_new(policy, cert, NULL);
    struct s2n_config *server = config_new(policy, cert, key);
    CHECK(s2n_config_set_session_tickets_onoff(client, 1) == 0);
    CHECK(s2n_config_set_session_tickets_onoff(server, 1) == 0);
    uint8_t secret[32] = { 1 };
    CHECK(s2n_config_add_ticket_crypto_key(server, (const uint8_t *) "key", 3, secret,
              sizeof(secret), 0) == 0);
    struct session session = session_of(client, server);
    snprintf(label, sizeof(label), "%s_resumed", name);
    handshakes(label, &session, client, server);
    snprintf(label, sizeof(label), "%s_tickets", name);
    heap(label, 1, client, server);
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    char *text = calloc(1, 65536);
    if (fread(text, 1, 65535, file) == 0) {
        fprintf(stderr, "%s is empty\n", path);
        exit(1);
    }
    fclose(file);
    return text;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s CERT.PEM KEY.PEM\n", argv[0]);
        return 2;
    }
    CHECK(s2n_init() == 0);
    char *cert = read_file(argv[1]), *key = read_file(argv[2]);
    struct s2n_config *client = config_new("default_tls13", cert, NULL);
    struct s2n_config *server = config_new("default_tls13", cert, key);

    handshakes("tls13", NULL, client, server);
    resumption("tls13", "default_tls13", cert, key);
    resumption("tls12", "20240501", cert, key);

    enum { TOTAL = 1 << 28 };
    struct pair pair = establish(client, server);
    bulk_recv("default", &pair, 1 << 14, TOTAL);
    bulk_recv("default", &pair, 1 << 20, TOTAL);
    small_records(&pair);
    bulk_send("default", &pair, 1 << 14, TOTAL);
    bulk_send("default", &pair, 1 << 20, TOTAL);
    pair_free(&pair);

    pair = establish(client, server);
    CHECK(s2n_connection_prefer_throughput(pair.client) == 0);
    bulk_recv("throughput", &pair, 1 << 14, TOTAL);
    bulk_recv("throughput", &pair, 1 << 20, TOTAL);
    bulk_send("throughput", &pair, 1 << 14, TOTAL);
    bulk_send("throughput", &pair, 1 << 20, TOTAL);
    pair_free(&pair);

    pair = establish(client, server);
    CHECK(s2n_connection_prefer_throughput(pair.client) == 0);
    CHECK(s2n_connection_set_recv_buffering(pair.server, true) == 0);
    CHECK(s2n_config_set_recv_multi_record(server, true) == 0);
    bulk_recv("buffered", &pair, 1 << 20, TOTAL);
    CHECK(s2n_config_set_recv_multi_record(server, false) == 0);
    pair_free(&pair);

    heap("idle", 0, client, server);
    return 0;
}
