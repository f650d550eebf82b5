/* Tests of the code in the guide, chapter psk. */
#include "psk.md.h"
#include "pair.h"

static const uint8_t SECRET[32] = "a secret of 32 bytes, not random";
static const uint8_t OTHER[32] = "another secret, as long as first";

/* The application of the server has the key of one identity. */
static int lookups;

const uint8_t *find_secret(const uint8_t *identity, uint16_t len, uint16_t *secret_len)
{
    lookups++;
    *secret_len = sizeof(SECRET);
    return len == 8 && memcmp(identity, "sensor-1", 8) == 0 ? SECRET : NULL;
}

/* A pair whose server has the config of the guide; the client trusts no certificate. */
static struct pair *new_keyed_pair(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_OK(s2n_config_free(pair->config));
    pair->config = new_server_config();
    CHECK(pair->config != NULL);
    CHECK_OK(s2n_config_set_max_blinding_delay(pair->config, 0));
    CHECK_OK(s2n_connection_set_config(pair->client, pair->config));
    CHECK_OK(s2n_connection_set_config(pair->server, pair->config));
    return pair;
}

static void exchange_byte(struct pair *pair)
{
    uint8_t byte = 7;
    s2n_blocked_status blocked;
    CHECK(s2n_send(pair->server, &byte, 1, &blocked) == 1);
    CHECK(s2n_recv(pair->client, &byte, 1, &blocked) == 1);
}

static void check_names(struct pair *pair, const char *client_error, const char *server_error)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, server_error);
    s2n_blocked_status blocked;
    if (strcmp(client_error, "S2N_ERR_ALERT") == 0) {
        CHECK(s2n_connection_get_delay(pair->server) == 0);
        CHECK_OK(s2n_shutdown_send(pair->server, &blocked));
        CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_ALERT);
        return;
    }
    CHECK_TEXT(client, client_error);
}

static void check_used(struct pair *pair, const char *expected)
{
    struct s2n_connection *const ends[] = { pair->client, pair->server };
    for (int i = 0; i < 2; i++) {
        char identity[9];
        CHECK_OK(used_identity(ends[i], identity, sizeof(identity)));
        CHECK_TEXT(identity, expected);
        CHECK(used_identity(ends[i], identity, 8) == -1);
        CHECK(s2n_connection_is_session_resumed(ends[i]) == 0);
    }
    exchange_byte(pair);
}

static void a_server_without_a_certificate_finds_the_key(void)
{
    struct pair *pair = new_keyed_pair();
    CHECK_OK(add_key(pair->client, "sensor-1", SECRET, sizeof(SECRET)));
    lookups = 0;
    check_names(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    CHECK(lookups == 1);
    check_used(pair, "sensor-1");
    disconnect(pair);
}

static void unknown_and_wrong_keys_are_rejected(void)
{
    struct pair *pair = new_keyed_pair();
    CHECK_OK(add_key(pair->client, "sensor-2", SECRET, sizeof(SECRET)));
    check_names(pair, "S2N_ERR_ALERT", "S2N_ERR_NO_VALID_SIGNATURE_SCHEME");
    CHECK(s2n_connection_get_alert(pair->client) == 40);
    disconnect(pair);

    pair = new_keyed_pair();
    CHECK_OK(add_key(pair->client, "sensor-1", OTHER, sizeof(OTHER)));
    check_names(pair, "S2N_ERR_ALERT", "S2N_ERR_BAD_PSK_BINDER");
    CHECK(s2n_connection_get_alert(pair->client) == 51);
    disconnect(pair);

    /* Another hash. */
    pair = new_keyed_pair();
    struct s2n_psk *psk = s2n_external_psk_new();
    CHECK_OK(s2n_psk_set_identity(psk, (const uint8_t *) "sensor-1", 8));
    CHECK_OK(s2n_psk_set_secret(psk, SECRET, sizeof(SECRET)));
    CHECK_OK(s2n_psk_set_hmac(psk, S2N_PSK_HMAC_SHA384));
    CHECK_OK(s2n_connection_append_psk(pair->client, psk));
    CHECK_OK(s2n_psk_free(&psk));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, "S2N_ERR_BAD_PSK_BINDER");
    disconnect(pair);
}

/* A server that ignores the key, and has a certificate. */
static void a_full_handshake_is_noticed(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_OK(add_key(pair->client, "sensor-1", SECRET, sizeof(SECRET)));
    check_names(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    char identity[9];
    CHECK(used_identity(pair->client, identity, sizeof(identity)) == -1);
    CHECK(used_identity(pair->server, identity, sizeof(identity)) == -1);
    disconnect(pair);

    pair = new_pair(1, "ecdsa");
    struct s2n_config *config = new_server_config();
    CHECK_OK(s2n_connection_set_config(pair->client, config));
    CHECK_OK(add_key(pair->client, "sensor-1", SECRET, sizeof(SECRET)));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_CERT_UNTRUSTED");
    disconnect(pair);
    CHECK_OK(s2n_config_free(config));
}

static void the_order_of_the_server_decides(void)
{
    /* The first key of the client is the last one of the server. */
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_OK(add_key(pair->client, "sensor-1", SECRET, sizeof(SECRET)));
    CHECK_OK(add_key(pair->client, "sensor-2", OTHER, sizeof(OTHER)));
    CHECK_OK(add_key(pair->server, "sensor-0", OTHER, sizeof(OTHER)));
    CHECK_OK(add_key(pair->server, "sensor-1", SECRET, sizeof(SECRET)));
    check_names(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    check_used(pair, "sensor-1");
    disconnect(pair);

    /* Only the first key is offered. */
    pair = new_pair(1, "ecdsa");
    CHECK_OK(add_key(pair->client, "sensor-1", SECRET, sizeof(SECRET)));
    CHECK_OK(add_key(pair->client, "sensor-2", OTHER, sizeof(OTHER)));
    CHECK_OK(add_key(pair->server, "sensor-2", OTHER, sizeof(OTHER)));
    check_names(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    char identity[9];
    CHECK(used_identity(pair->client, identity, sizeof(identity)) == -1);
    disconnect(pair);
}

static void no_client_certificate_is_requested(void)
{
    struct pair *pair = new_keyed_pair();
    CHECK_OK(s2n_connection_set_client_auth_type(pair->server, S2N_CERT_AUTH_REQUIRED));
    CHECK_OK(add_key(pair->client, "sensor-1", SECRET, sizeof(SECRET)));
    check_names(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    check_used(pair, "sensor-1");
    CHECK(s2n_connection_client_cert_used(pair->server) == 0);
    disconnect(pair);
}

static void tls12_ignores_keys(void)
{
    struct pair *pair = new_pair(0, "ecdsa");
    CHECK_OK(add_key(pair->client, "sensor-1", SECRET, sizeof(SECRET)));
    CHECK_OK(add_key(pair->server, "sensor-1", SECRET, sizeof(SECRET)));
    check_names(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    char identity[9];
    CHECK(used_identity(pair->client, identity, sizeof(identity)) == -1);
    disconnect(pair);
}

static int tickets;

static int keep_ticket(struct s2n_connection *conn, void *context, struct s2n_session_ticket *ticket)
{
    (void) ticket;
    tickets++;
    return s2n_connection_get_session(conn, context, 2000) > 0 ? 0 : -1;
}

/* A pair whose server sends tickets. */
static struct pair *new_pair_with_tickets(uint8_t *session)
{
    struct pair *pair = new_pair(1, "ecdsa");
    uint8_t key[32] = "the secret of the ticket key....";
    CHECK_OK(s2n_config_set_session_tickets_onoff(pair->config, 1));
    CHECK_OK(s2n_config_add_ticket_crypto_key(pair->config, (const uint8_t *) "key", 3, key, sizeof(key), 0));
    CHECK_OK(s2n_config_set_session_ticket_cb(pair->config, keep_ticket, session));
    CHECK_OK(s2n_connection_add_new_tickets_to_send(pair->server, 1));
    return pair;
}

static void sessions_and_keys_exclude_each_other(void)
{
    static uint8_t session[2000];
    struct pair *pair = new_pair_with_tickets(session);
    check_names(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    exchange_byte(pair);
    CHECK(tickets == 1);
    size_t len = s2n_connection_get_session_length(pair->client);
    disconnect(pair);

    pair = new_pair_with_tickets(session);
    CHECK_OK(s2n_connection_set_session(pair->client, session, len));
    CHECK(add_key(pair->client, "sensor-1", SECRET, sizeof(SECRET)) == -1);
    CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_PSK_MODE");
    disconnect(pair);

    pair = new_pair_with_tickets(session);
    CHECK_OK(add_key(pair->client, "sensor-1", SECRET, sizeof(SECRET)));
    CHECK_ERROR(s2n_connection_set_session(pair->client, session, len), S2N_ERR_PSK_MODE);
    CHECK_OK(add_key(pair->server, "sensor-1", SECRET, sizeof(SECRET)));
    tickets = 0;
    check_names(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    check_used(pair, "sensor-1");
    CHECK(tickets == 0);
    disconnect(pair);

    /* A server with keys accepts no ticket. */
    pair = new_pair_with_tickets(session);
    CHECK_OK(s2n_connection_set_session(pair->client, session, len));
    CHECK_OK(add_key(pair->server, "sensor-1", SECRET, sizeof(SECRET)));
    check_names(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    CHECK(s2n_connection_is_session_resumed(pair->server) == 0);
    disconnect(pair);
}

static void invalid_keys_are_rejected(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    const uint8_t zeros[32] = { 0 };
    CHECK(add_key(pair->client, "", SECRET, sizeof(SECRET)) == -1);
    CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_INVALID_ARGUMENT");
    CHECK(add_key(pair->client, "sensor-1", zeros, sizeof(zeros)) == -1);
    CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_INVALID_ARGUMENT");
    CHECK_OK(add_key(pair->client, "sensor-1", SECRET, sizeof(SECRET)));
    CHECK(add_key(pair->client, "sensor-1", OTHER, sizeof(OTHER)) == -1);
    CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_DUPLICATE_PSK_IDENTITIES");
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    a_server_without_a_certificate_finds_the_key();
    unknown_and_wrong_keys_are_rejected();
    a_full_handshake_is_noticed();
    the_order_of_the_server_decides();
    no_client_certificate_is_requested();
    tls12_ignores_keys();
    sessions_and_keys_exclude_each_other();
    invalid_keys_are_rejected();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
