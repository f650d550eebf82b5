/*
 * The memory of connections that are idle after the handshake. It is what limits the number of connections
 * of a server, and must not grow unnoticed.
 *
 * usage: idle FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

#include <malloc.h>

/* The first connections that are freed fill the caches of the allocator, which it counts as used. */
enum { CACHED = 20, MEASURED = 40, PAIRS = CACHED + MEASURED };

enum side { CLIENT, SERVER };

/*
 * The bytes of one connection, with the overhead of the allocator: about five percent more than was measured.
 * The certificates of the server are shared by its clients.
 */
struct limit {
    const char *name;
    int tls13, tickets;
    size_t most[2];
};

static const struct limit LIMITS[] = {
    { "TLS 1.3", 1, 0, { 2750, 3100 } },
    { "TLS 1.3 with tickets", 1, 1, { 3400, 3130 } },
    { "TLS 1.2", 0, 0, { 2770, 2970 } },
};

/* After the handshake, a client receives the tickets, and no data. */
static void receive_tickets(struct s2n_connection *client)
{
    s2n_blocked_status blocked;
    uint8_t byte;
    CHECK_ERROR(s2n_recv(client, &byte, 1, &blocked), S2N_ERR_IO_BLOCKED);
}

static void enable_tickets(struct pair *pair)
{
    uint8_t secret[32] = { 1 };
    CHECK_OK(s2n_config_set_session_tickets_onoff(pair->config, 1));
    CHECK_OK(s2n_config_add_ticket_crypto_key(pair->config, (const uint8_t *) "key", 3, secret,
            sizeof(secret), 0));
}

static void handshake(struct pair *pair, int tickets)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    if (tickets) {
        receive_tickets(pair->client);
    }
}

/* What the application can query of an idle connection. */
static void query(struct s2n_connection *conn, int tls13, enum side side)
{
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    uint8_t secret[32] = { 0 };
    CHECK(s2n_connection_get_actual_protocol_version(conn) == (tls13 ? S2N_TLS13 : S2N_TLS12));
    CHECK(strncmp(s2n_connection_get_cipher(conn), tls13 ? "TLS_AES_" : "ECDHE-ECDSA-", 8) == 0);
    CHECK(strcmp(s2n_connection_get_curve(conn), "NONE") != 0);
    CHECK_TEXT(s2n_connection_get_kem_group_name(conn), "NONE");
    CHECK_TEXT(s2n_get_server_name(conn), "localhost");
    CHECK_TEXT(s2n_connection_get_last_message_name(conn), "APPLICATION_DATA");
    const char *type = s2n_connection_get_handshake_type_name(conn);
    CHECK(strncmp(type, "NEGOTIATED|FULL_HANDSHAKE", 25) == 0);
    CHECK(type == s2n_connection_get_handshake_type_name(conn));
    if (tls13) {
        CHECK_OK(s2n_connection_tls_exporter(conn, (const uint8_t *) "label", 5, secret, 0, secret, 32));
    }
    if (side == CLIENT) {
        CHECK_OK(s2n_connection_get_peer_cert_chain(conn, chain));
    } else {
        struct s2n_client_hello *hello = s2n_connection_get_client_hello(conn);
        CHECK(hello != NULL && s2n_client_hello_get_raw_message_length(hello) > 100);
    }
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
}

/* Frees one side of all connections, and returns the bytes of one. */
static size_t free_side(struct s2n_connection *conns[PAIRS])
{
    for (int i = 0; i < CACHED; i++) {
        CHECK_OK(s2n_connection_free(conns[i]));
    }
    const size_t before = mallinfo2().uordblks;
    for (int i = CACHED; i < PAIRS; i++) {
        CHECK_OK(s2n_connection_free(conns[i]));
    }
    return (before - mallinfo2().uordblks) / MEASURED;
}

static void check_limit(const struct limit *limit, int reuse)
{
    struct s2n_connection *conns[2][PAIRS];
    struct pair *pair = new_pair(limit->tls13, "ecdsa");
    if (limit->tickets) {
        enable_tickets(pair);
    }
    for (int i = 0; i < PAIRS; i++) {
        if (i > 0) {
            pair->client = s2n_connection_new(S2N_CLIENT);
            pair->server = s2n_connection_new(S2N_SERVER);
        }
        for (int round = 0; round <= reuse; round++) {
            if (round > 0) {
                CHECK_OK(s2n_connection_wipe(pair->client));
                CHECK_OK(s2n_connection_wipe(pair->server));
            }
            attach_again(pair);
            handshake(pair, limit->tickets);
        }
        if (i == 0) {
            query(pair->client, limit->tls13, CLIENT);
            query(pair->server, limit->tls13, SERVER);
        }
        conns[CLIENT][i] = pair->client;
        conns[SERVER][i] = pair->server;
    }
    for (int side = CLIENT; side <= SERVER; side++) {
        const size_t bytes = free_side(conns[side]);
        printf("%s, %s%s: %zu bytes\n", limit->name, side == CLIENT ? "client" : "server",
                reuse ? ", reused" : "", bytes);
        CHECK(bytes > 1000 && bytes <= limit->most[side]);
    }
    CHECK_OK(s2n_config_free(pair->config));
    CHECK_OK(s2n_cert_chain_and_key_free(pair->chain));
    free(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (size_t i = 0; i < sizeof(LIMITS) / sizeof(LIMITS[0]); i++) {
        check_limit(&LIMITS[i], 0);
        check_limit(&LIMITS[i], 1);
    }
    return 0;
}
