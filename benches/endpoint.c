#include "endpoint.h"

#include <errno.h>
#include <stdlib.h>

struct setup setup;

struct s2n_config *config_new(const char *policy)
{
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK(config != NULL);
    CHECK(s2n_config_set_cipher_preferences(config, policy) == 0);
    return config;
}

void add_chain(struct s2n_config *config, const char *chain, const char *key)
{
    struct s2n_cert_chain_and_key *loaded = s2n_cert_chain_and_key_new();
    CHECK(s2n_cert_chain_and_key_load_pem(loaded, chain, key) == 0);
    CHECK(s2n_config_add_cert_chain_and_key_to_store(config, loaded) == 0);
}

struct s2n_config *client_config(const char *policy, const struct certs *certs)
{
    struct s2n_config *config = config_new(policy);
    CHECK(s2n_config_add_pem_to_trust_store(config, certs->root) == 0);
    return config;
}

struct s2n_config *server_config(const char *policy, const struct certs *certs)
{
    struct s2n_config *config = config_new(policy);
    add_chain(config, certs->chain, certs->key);
    return config;
}

/* The leaf of the client has no name that a server could expect. */
static uint8_t accept_name(const char *name, size_t len, void *ctx)
{
    (void) name, (void) len, (void) ctx;
    return 1;
}

void require_client_chain(struct s2n_config *client, struct s2n_config *server,
    const struct certs *certs)
{
    add_chain(client, certs->client_chain, certs->client_key);
    CHECK(s2n_config_set_client_auth_type(client, S2N_CERT_AUTH_REQUIRED) == 0);
    CHECK(s2n_config_set_client_auth_type(server, S2N_CERT_AUTH_REQUIRED) == 0);
    CHECK(s2n_config_add_pem_to_trust_store(server, certs->root) == 0);
    CHECK(s2n_config_set_verify_host_callback(server, accept_name, NULL) == 0);
}

void enable_tickets(struct s2n_config *client, struct s2n_config *server)
{
    uint8_t secret[32] = { 1 };
    CHECK(s2n_config_set_session_tickets_onoff(client, 1) == 0);
    CHECK(s2n_config_set_session_tickets_onoff(server, 1) == 0);
    CHECK(s2n_config_add_ticket_crypto_key(server, (const uint8_t *) "key", 3, secret,
              sizeof(secret), 0) == 0);
}

int done_or_blocked(int result)
{
    CHECK(result == 0 || s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
    return result == 0;
}

static int blocks(int result)
{
    if (result < 0) {
        errno = EAGAIN;
    }
    return result;
}

static int on_send(void *pipe, const uint8_t *bytes, uint32_t len)
{
    return blocks(pipe_write(pipe, bytes, len));
}

static int on_recv(void *pipe, uint8_t *bytes, uint32_t len)
{
    return blocks(pipe_read(pipe, bytes, len));
}

static struct endpoint *open_endpoint(enum side side, struct pipe *in, struct pipe *out)
{
    struct endpoint *endpoint = malloc(sizeof(*endpoint));
    struct s2n_connection *conn = s2n_connection_new(side == CLIENT ? S2N_CLIENT : S2N_SERVER);
    CHECK(conn != NULL);
    CHECK(s2n_connection_set_config(conn, setup.configs[side]) == 0);
    CHECK(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING) == 0);
    CHECK(s2n_connection_set_recv_cb(conn, on_recv) == 0);
    CHECK(s2n_connection_set_recv_ctx(conn, in) == 0);
    CHECK(s2n_connection_set_send_cb(conn, on_send) == 0);
    CHECK(s2n_connection_set_send_ctx(conn, out) == 0);
    const struct session *session = setup.session;
    if (side == CLIENT) {
        CHECK(s2n_set_server_name(conn, "localhost") == 0);
        if (session != NULL) {
            CHECK(s2n_connection_set_session(conn, session->bytes, (size_t) session->len) == 0);
        }
    }
    if (setup.psk != NULL) {
        CHECK(s2n_connection_append_psk(conn, setup.psk) == 0);
    }
    *endpoint = (struct endpoint){ conn, side, setup.early_data ? EARLY_DATA : 0 };
    return endpoint;
}

static int recv_early_data(struct endpoint *server)
{
    uint8_t bytes[EARLY_DATA];
    s2n_blocked_status blocked;
    ssize_t received = 0;
    int done = done_or_blocked(
        s2n_recv_early_data(server->conn, bytes, sizeof(bytes), &received, &blocked));
    server->early_data -= (int) received;
    CHECK(!done || server->early_data == 0);
    return done;
}

static int step(struct endpoint *endpoint)
{
    s2n_blocked_status blocked;
    if (endpoint->early_data > 0 && endpoint->side == CLIENT) {
        static const uint8_t bytes[EARLY_DATA];
        ssize_t sent = 0;
        int done = done_or_blocked(
            s2n_send_early_data(endpoint->conn, bytes, sizeof(bytes), &sent, &blocked));
        /* The server has not answered. */
        CHECK(!done && sent == EARLY_DATA);
        endpoint->early_data = 0;
        return 0;
    }
    if (setup.early_data && endpoint->side == SERVER && !recv_early_data(endpoint)) {
        return 0;
    }
    return done_or_blocked(s2n_negotiate(endpoint->conn, &blocked));
}

static void close_endpoint(struct endpoint *endpoint)
{
    CHECK(s2n_connection_free(endpoint->conn) == 0);
    free(endpoint);
}

static void send_all(struct endpoint *endpoint, const uint8_t *bytes, size_t len)
{
    s2n_blocked_status blocked;
    CHECK(s2n_send(endpoint->conn, bytes, (ssize_t) len, &blocked) == (ssize_t) len);
}

static size_t recv_some(struct endpoint *endpoint, uint8_t *bytes, size_t len)
{
    s2n_blocked_status blocked;
    ssize_t received = s2n_recv(endpoint->conn, bytes, (ssize_t) len, &blocked);
    CHECK(received > 0);
    return (size_t) received;
}

void receive_ticket(struct endpoint *client)
{
    s2n_blocked_status blocked;
    uint8_t byte;
    CHECK(s2n_recv(client->conn, &byte, 1, &blocked) == -1);
    CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
}

const struct library s2n = { open_endpoint, step, close_endpoint, send_all, recv_some, NULL,
    HEAP_BLOCK(sizeof(struct endpoint)) };
