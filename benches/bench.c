/*
 * Benchmarks of one library: the same source is linked with rs2n and with s2n-tls. All I/O is in
 * memory. Prints one "name value" pair per line.
 */
#include "pair.h"

#include <malloc.h>

/* The only group of benchmarks, or NULL for all. */
static const char *only;

static int selected(const char *group)
{
    return only == NULL || strcmp(only, group) == 0;
}

static void handshakes(const char *name, struct offer offer, struct s2n_config *client,
    struct s2n_config *server)
{
    enum { WARM_UP = 50, COUNT = 400 };
    for (int i = 0; i < WARM_UP; i++) {
        struct pair pair = establish_with(offer, client, server);
        uint16_t identity = 0;
        CHECK(s2n_connection_get_negotiated_psk_identity_length(pair.client, &identity) == 0);
        CHECK(offer.psk == NULL || identity != 0);
        CHECK(s2n_connection_is_session_resumed(pair.client) == (offer.session != NULL));
        pair_free(&pair);
    }
    seconds[0] = seconds[1] = 0;
    for (int i = 0; i < COUNT; i++) {
        struct pair pair = establish_with(offer, client, server);
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

static struct s2n_config *config_with_tickets(const char *policy, const char *cert,
    const char *key)
{
    struct s2n_config *config = config_new(policy, cert, key);
    CHECK(s2n_config_set_session_tickets_onoff(config, 1) == 0);
    uint8_t secret[32] = { 1 };
    if (key != NULL) {
        CHECK(s2n_config_add_ticket_crypto_key(config, (const uint8_t *) "key", 3, secret,
                  sizeof(secret), 0) == 0);
    }
    return config;
}

/* Handshakes that resume a session, and connections with a ticket. */
static void resumption(const char *name, const char *policy, const char *cert, const char *key)
{
    char label[32];
    struct s2n_config *client = config_with_tickets(policy, cert, NULL);
    struct s2n_config *server = config_with_tickets(policy, cert, key);
    if (selected("handshakes")) {
        struct session session = session_of(client, server);
        snprintf(label, sizeof(label), "%s_resumed", name);
        handshakes(label, (struct offer){ .session = &session }, client, server);
    }
    if (selected("heap")) {
        snprintf(label, sizeof(label), "%s_tickets", name);
        heap(label, 1, client, server);
    }
}

/* The external pre-shared key of both sides; the server has no certificate. */
static void external_psk(const char *cert)
{
    const uint8_t secret[32] = { 1 };
    struct s2n_config *config = config_new("default_tls13", cert, NULL);
    struct s2n_psk *psk = s2n_external_psk_new();
    CHECK(psk != NULL);
    CHECK(s2n_psk_set_identity(psk, (const uint8_t *) "identity", 8) == 0);
    CHECK(s2n_psk_set_secret(psk, secret, sizeof(secret)) == 0);
    handshakes("tls13_psk", (struct offer){ .psk = psk }, config, config);
    /* TLS_AES_128_GCM_SHA256 */
    CHECK(s2n_psk_configure_early_data(psk, EARLY_DATA_LIMIT, 0x13, 0x01) == 0);
    handshakes("tls13_psk_0rtt", (struct offer){ .psk = psk, .early_data = 1 }, config, config);
    CHECK(s2n_psk_free(&psk) == 0);
}

/* Early data with a session, whose ticket permits it. */
static void early_data(const char *cert, const char *key)
{
    struct s2n_config *client = config_with_tickets("default_tls13", cert, NULL);
    struct s2n_config *server = config_with_tickets("default_tls13", cert, key);
    CHECK(s2n_config_set_server_max_early_data_size(server, EARLY_DATA_LIMIT) == 0);
    struct session session = session_of(client, server);
    handshakes("tls13_resumed_0rtt", (struct offer){ .session = &session, .early_data = 1 },
        client, server);
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

static void bulk(struct s2n_config *client, struct s2n_config *server)
{
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
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: %s CERT.PEM KEY.PEM [handshakes | bulk | heap]\n", argv[0]);
        return 2;
    }
    only = argv[3];
    CHECK(s2n_init() == 0);
    char *cert = read_file(argv[1]), *key = read_file(argv[2]);
    struct s2n_config *client = config_new("default_tls13", cert, NULL);
    struct s2n_config *server = config_new("default_tls13", cert, key);

    if (selected("handshakes")) {
        handshakes("tls13", (struct offer){ 0 }, client, server);
        external_psk(cert);
        early_data(cert, key);
    }
    resumption("tls13", "default_tls13", cert, key);
    resumption("tls12", "20240501", cert, key);
    if (selected("bulk")) {
        bulk(client, server);
    }
    if (selected("heap")) {
        heap("idle", 0, client, server);
    }
    return 0;
}
