#include "timing.h"

const struct suite suites[SUITES] = {
    { "custom:12-aes128", 0, 12, 0 },
    { "custom:12-aes256", 0, 12, 0 },
    { "custom:12-chacha20", 0, 12, 0 },
    { "custom:13-aes128", 1, 32, 1 },
    { "custom:13-aes256", 1, 48, 2 },
    { "custom:13-chacha20", 1, 32, 3 },
};

/* The limit of early data in bytes. */
enum { EARLY_DATA = 100 };

static const char *const definitions[SUITES] = {
    "base CloudFront-TLS-1-2-2021; suites ECDHE-ECDSA-AES128-GCM-SHA256",
    "base CloudFront-TLS-1-2-2021; suites ECDHE-ECDSA-AES256-GCM-SHA384",
    "base CloudFront-TLS-1-2-2021; suites ECDHE-ECDSA-CHACHA20-POLY1305",
    "base default_tls13; min TLS1.3; suites TLS_AES_128_GCM_SHA256; groups x25519",
    "base default_tls13; min TLS1.3; suites TLS_AES_256_GCM_SHA384; groups x25519",
    "base default_tls13; min TLS1.3; suites TLS_CHACHA20_POLY1305_SHA256; groups x25519",
};

void begin(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (int i = 0; i < SUITES; i++) {
        if (rs2n_security_policy_define(suites[i].policy, definitions[i]) != 0) {
            char detail[256] = "";
            rs2n_error_detail(detail, sizeof(detail));
            fprintf(stderr, "%s: %s\n", suites[i].policy, detail);
            exit(1);
        }
    }
}

struct pair *new_pair_of(const struct suite *suite)
{
    struct pair *pair = new_pair(suite->tls13, "ecdsa");
    CHECK_OK(s2n_config_set_cipher_preferences(pair->config, suite->policy));
    CHECK_OK(s2n_config_set_max_blinding_delay(pair->config, 0));
    CHECK_OK(s2n_config_set_serialization_version(pair->config, S2N_SERIALIZED_CONN_V1));
    return pair;
}

struct pair *connected_pair_of(const struct suite *suite)
{
    struct pair *pair = new_pair_of(suite);
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    return pair;
}

static void append(struct s2n_connection *conn, const struct suite *suite, const uint8_t *secret, uint32_t early_data)
{
    struct s2n_psk *psk = s2n_external_psk_new();
    CHECK(psk != NULL);
    CHECK_OK(s2n_psk_set_identity(psk, (const uint8_t *) "identity", 8));
    CHECK_OK(s2n_psk_set_secret(psk, secret, SECRET_SIZE));
    CHECK_OK(s2n_psk_set_hmac(psk, suite->hash == 48 ? S2N_PSK_HMAC_SHA384 : S2N_PSK_HMAC_SHA256));
    if (early_data > 0) {
        CHECK_OK(s2n_psk_configure_early_data(psk, early_data, 0x13, suite->number));
    }
    CHECK_OK(s2n_connection_append_psk(conn, psk));
    CHECK_OK(s2n_psk_free(&psk));
}

void append_psk(struct s2n_connection *conn, const struct suite *suite, const uint8_t *secret)
{
    append(conn, suite, secret, 0);
}

void offer_early_data(struct pair *pair, const struct suite *suite, const uint8_t *secret)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    ssize_t sent = 0;
    append(pair->client, suite, secret, EARLY_DATA);
    CHECK_ERROR(s2n_send_early_data(pair->client, (const uint8_t *) "x", 1, &sent, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(sent == 1);
}

/* The callback of a server for early data, which is not called if the binder is wrong. */
static int reject_call(struct s2n_connection *conn, struct s2n_offered_early_data *early_data)
{
    (void) conn;
    (void) early_data;
    CHECK(!"a valid binder");
    return -1;
}

void expect_early_data(struct pair *pair, const struct suite *suite, const uint8_t *secret)
{
    append(pair->server, suite, secret, EARLY_DATA);
    CHECK_OK(s2n_config_set_early_data_cb(pair->config, reject_call));
}

int receive_early_data(struct s2n_connection *server)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    uint8_t byte;
    ssize_t received = 0;
    return s2n_recv_early_data(server, &byte, 1, &received, &blocked);
}

void negotiate_once(struct s2n_connection *conn)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK(s2n_negotiate(conn, &blocked) == 0 || s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
}

uint8_t *last_byte(struct transport *transport)
{
    CHECK(transport->read < transport->written);
    return transport->bytes + transport->written - 1;
}

/* RFC 8446, 4.2.11: pre_shared_key is the last extension, and the binders are its end. */
uint8_t *last_binder(struct transport *transport, const struct suite *suite)
{
    size_t length;
    uint8_t *message = first_handshake_message(transport, &length);
    uint8_t *binder = message + length - suite->hash;
    CHECK(binder[-1] == suite->hash);
    return binder;
}

/* The only identity ends before its age and the list of its binder. */
uint8_t *offered_ticket(struct transport *transport, const struct suite *suite, size_t *length)
{
    uint8_t *end = last_binder(transport, suite) - 1 - 2 - 4;
    for (size_t size = 1; size < 500; size++) {
        uint8_t *start = end - size;
        if (start[0] == TICKET_VERSION && memcmp(start + 1, TICKET_KEY, sizeof(TICKET_KEY)) == 0
                && (size_t) start[-2] << 8 == (size & 0xff00) && start[-1] == (size & 0xff)) {
            *length = size;
            return start;
        }
    }
    CHECK(!"a ticket in the ClientHello");
    return NULL;
}

static int keep_session(struct s2n_connection *conn, void *context, struct s2n_session_ticket *ticket)
{
    (void) conn;
    struct session *session = context;
    CHECK_OK(s2n_session_ticket_get_data_len(ticket, &session->length));
    CHECK(session->length <= sizeof(session->bytes));
    CHECK_OK(s2n_session_ticket_get_data(ticket, session->length, session->bytes));
    return 0;
}

void add_ticket_key(struct s2n_config *config, uint8_t *secret)
{
    CHECK_OK(s2n_config_set_session_tickets_onoff(config, 1));
    CHECK_OK(s2n_config_add_ticket_crypto_key(config, (const uint8_t *) TICKET_KEY, strlen(TICKET_KEY), secret,
            SECRET_SIZE, 0));
}

struct session ticket_of(const struct suite *suite, uint8_t *secret, struct pair *(*prepare)(struct pair *pair))
{
    struct session session = { .length = 0 };
    struct pair *pair = new_pair_of(suite);
    add_ticket_key(pair->config, secret);
    CHECK_OK(s2n_config_set_session_ticket_cb(pair->config, keep_session, &session));
    /* The number of tickets is that of the config when it is attached. */
    CHECK_OK(s2n_connection_wipe(pair->server));
    attach(pair->server, pair, &pair->to_server, &pair->to_client);
    prepare(pair);
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    uint8_t byte;
    CHECK_ERROR(s2n_recv(pair->client, &byte, 1, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(session.length > 0);
    disconnect(pair);
    return session;
}
