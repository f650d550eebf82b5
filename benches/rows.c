/*
 * The benchmarks of an S2N library: the groups handshakes, bulk, heap, sockets and configs. Prints one
 * pair of name and value a line.
 */
#include "rows.h"
#include "endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct certs certs;

/* A client config that verifies every chain in full, also one that it has verified before. */
static struct s2n_config *client_without_cache(void)
{
    CHECK(setenv("RS2N_NO_CHAIN_CACHE", "1", 1) == 0);
    struct s2n_config *config = client_config("default_tls13", &certs);
    unsetenv("RS2N_NO_CHAIN_CACHE");
    return config;
}

static void full_handshakes(void)
{
    setup.configs[SERVER] = server_config("default_tls13", &certs);
    setup.configs[CLIENT] = client_without_cache();
    measure_handshakes(&s2n, "first");
    setup.configs[CLIENT] = client_config("default_tls13", &certs);
    measure_handshakes(&s2n, "full");
    measure_cores(&s2n);
}

static void mutual_handshakes(void)
{
    for (int caches = 0; caches <= 1; caches++) {
        setenv("RS2N_NO_CHAIN_CACHE", caches ? "0" : "1", 1);
        setup.configs[CLIENT] = client_config("default_tls13", &certs);
        setup.configs[SERVER] = server_config("default_tls13", &certs);
        require_client_chain(setup.configs[CLIENT], setup.configs[SERVER], &certs);
        measure_handshakes(&s2n, caches ? "mutual" : "mutual_first");
    }
    unsetenv("RS2N_NO_CHAIN_CACHE");
}

static void set_tickets(const char *policy)
{
    setup.configs[CLIENT] = client_config(policy, &certs);
    setup.configs[SERVER] = server_config(policy, &certs);
    enable_tickets(setup.configs[CLIENT], setup.configs[SERVER]);
}

static struct session new_session(void)
{
    struct session session;
    struct pair pair = pair_open(&s2n, 1 << 14);
    struct s2n_connection *client = pair.client->conn;
    receive_ticket(pair.client);
    session.len = s2n_connection_get_session(client, session.bytes, sizeof(session.bytes));
    CHECK(session.len > 0);
    pair_close(&s2n, &pair);
    return session;
}

/* Checks that a handshake uses what the client offers, before it is measured. */
static void measure_offer(const char *name)
{
    uint16_t identity = 0;
    struct pair pair = pair_open(&s2n, 1 << 14);
    struct s2n_connection *client = pair.client->conn;
    CHECK(s2n_connection_get_negotiated_psk_identity_length(client, &identity) == 0);
    CHECK(setup.psk == NULL || identity != 0);
    CHECK(s2n_connection_is_session_resumed(client) == (setup.session != NULL));
    pair_close(&s2n, &pair);
    measure_handshakes(&s2n, name);
}

static void resumed_handshakes(void)
{
    set_tickets("default_tls13");
    struct session session = new_session();
    setup.session = &session;
    measure_offer("resumed");
    setup.session = NULL;

    set_tickets("20240501");
    session = new_session();
    setup.session = &session;
    measure_offer("tls12_resumed");
    setup.session = NULL;

    set_tickets("default_tls13");
    CHECK(s2n_config_set_server_max_early_data_size(setup.configs[SERVER], EARLY_DATA_LIMIT) == 0);
    session = new_session();
    setup.session = &session;
    setup.early_data = 1;
    measure_offer("resumed_0rtt");
    setup.session = NULL;
    setup.early_data = 0;
}

/* A pre-shared key of both sides; the server has no certificate. */
static void psk_handshakes(void)
{
    const uint8_t secret[32] = { 1 };
    setup.configs[CLIENT] = setup.configs[SERVER] = client_config("default_tls13", &certs);
    setup.psk = s2n_external_psk_new();
    CHECK(setup.psk != NULL);
    CHECK(s2n_psk_set_identity(setup.psk, (const uint8_t *) "identity", 8) == 0);
    CHECK(s2n_psk_set_secret(setup.psk, secret, sizeof(secret)) == 0);
    measure_offer("psk");
    /* TLS_AES_128_GCM_SHA256 */
    CHECK(s2n_psk_configure_early_data(setup.psk, EARLY_DATA_LIMIT, 0x13, 0x01) == 0);
    setup.early_data = 1;
    measure_offer("psk_0rtt");
    setup.early_data = 0;
    CHECK(s2n_psk_free(&setup.psk) == 0);
}

static void set_plain(void)
{
    setup.configs[CLIENT] = client_config("default_tls13", &certs);
    setup.configs[SERVER] = server_config("default_tls13", &certs);
}

static void bulk(void)
{
    static const struct {
        const char *name;
        int (*prefer)(struct s2n_connection *conn);
    } modes[] = { { "default", NULL }, { "full", s2n_connection_prefer_throughput },
        { "low", s2n_connection_prefer_low_latency } };
    enum { CALL = 1 << 20, PIPE = 1 << 21 };
    set_plain();
    for (int i = 0; i < 3; i++) {
        struct pair pair = pair_open(&s2n, PIPE);
        CHECK(modes[i].prefer == NULL || modes[i].prefer(pair.client->conn) == 0);
        measure_recv(&s2n, &pair, modes[i].name, CALL);
        measure_send(&s2n, &pair, modes[i].name, CALL);
        report((double) pair.to_server->longest, "record_%s_bytes", modes[i].name);
        pair_close(&s2n, &pair);
    }
    struct pair pair = pair_open(&s2n, PIPE);
    measure_messages(&s2n, &pair);
    pair_close(&s2n, &pair);

    pair = pair_open(&s2n, PIPE);
    CHECK(s2n_connection_prefer_throughput(pair.client->conn) == 0);
    CHECK(s2n_connection_set_recv_buffering(pair.server->conn, true) == 0);
    CHECK(s2n_config_set_recv_multi_record(setup.configs[SERVER], true) == 0);
    measure_recv(&s2n, &pair, "buffered", CALL);
    CHECK(s2n_config_set_recv_multi_record(setup.configs[SERVER], false) == 0);
    pair_close(&s2n, &pair);
}

static void heap(void)
{
    struct library with_tickets = s2n;
    with_tickets.receive_tickets = receive_ticket;
    set_plain();
    measure_heap(&s2n, "idle");
    set_tickets("default_tls13");
    measure_heap(&with_tickets, "tickets");
    set_tickets("20240501");
    measure_heap(&s2n, "tls12_tickets");
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: %s FOLDER [handshakes | bulk | heap | sockets | configs]\n", argv[0]);
        return 2;
    }
    const char *only = argc == 3 ? argv[2] : "";
    CHECK(s2n_init() == 0);
    certs = read_certs(argv[1]);
    if (*only == 0 || strcmp(only, "handshakes") == 0) {
        full_handshakes();
        mutual_handshakes();
        resumed_handshakes();
        psk_handshakes();
    }
    if (*only == 0 || strcmp(only, "bulk") == 0) {
        bulk();
    }
    if (*only == 0 || strcmp(only, "heap") == 0) {
        heap();
    }
    if (*only == 0 || strcmp(only, "sockets") == 0) {
        measure_sockets(&certs);
    }
    if (*only == 0 || strcmp(only, "configs") == 0) {
        measure_config_changes(&certs, argv[1], 10000);
    }
    return 0;
}
