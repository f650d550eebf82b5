/*
 * Handshakes: peer verification, negotiated parameters, clocks, key logging, and the errors of failures.
 *
 * usage: handshake FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

#include <stdbool.h>

#define check_outcome(pair, client, server) check_outcome_at(pair, client, server, __LINE__)

static void check_outcome_at(struct pair *pair, const char *client, const char *server, int line)
{
    const char *client_outcome, *server_outcome;
    negotiate(pair, &client_outcome, &server_outcome);
    if (strcmp(client_outcome, client) != 0
            || (server != NULL && strcmp(server_outcome, server) != 0)) {
        fprintf(stderr, "%s:%d: client %s, server %s\n", __FILE__, line, client_outcome,
                server_outcome);
        exit(1);
    }
}

/* A rejected certificate causes blinding, like every failure that the peer can cause. */
static void check_rejected(struct pair *pair, const char *error)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    check_outcome(pair, error, NULL);
    CHECK(s2n_connection_get_delay(pair->client) > 0);
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_CLOSED);
    CHECK_ERROR(s2n_shutdown(pair->client, &blocked), S2N_ERR_SHUTDOWN_PAUSED);
    disconnect(pair);
}

static void certificates_are_verified(int tls13)
{
    check_rejected(new_pair(tls13, "unknown"), "S2N_ERR_CERT_UNTRUSTED");
    check_rejected(new_pair(tls13, "expired"), "S2N_ERR_CERT_EXPIRED");

    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_set_server_name(pair->client, "unknown.rs2n.test"));
    check_rejected(pair, "S2N_ERR_CERT_INVALID_HOSTNAME");

    struct s2n_config *unverified = s2n_config_new_minimal();
    pair = new_pair(tls13, "unknown");
    CHECK_OK(s2n_config_set_cipher_preferences(unverified, policy(tls13)));
    CHECK_OK(s2n_config_disable_x509_verification(unverified));
    CHECK_OK(s2n_connection_set_config(pair->client, unverified));
    check_outcome(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    disconnect(pair);
    CHECK_OK(s2n_config_free(unverified));
}

static void host_names_are_verified(int tls13)
{
    const struct {
        const char *name;
        const char *outcome;
    } cases[] = {
        { "localhost", "S2N_ERR_OK" },
        { "LocalHost", "S2N_ERR_OK" },
        { "www.rs2n.test", "S2N_ERR_OK" },
        { "any.wild.rs2n.test", "S2N_ERR_OK" },
        { "wild.rs2n.test", "S2N_ERR_CERT_INVALID_HOSTNAME" },
        { "two.labels.wild.rs2n.test", "S2N_ERR_CERT_INVALID_HOSTNAME" },
        { "127.0.0.1", "S2N_ERR_OK" },
        { "127.0.0.2", "S2N_ERR_CERT_INVALID_HOSTNAME" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pair *pair = new_pair(tls13, "ecdsa");
        CHECK_OK(s2n_set_server_name(pair->client, cases[i].name));
        check_outcome(pair, cases[i].outcome, NULL);
        disconnect(pair);
    }
}

static int verified_names;

static uint8_t verify_name(const char *name, size_t length, void *result)
{
    CHECK(name != NULL && length > 0);
    verified_names++;
    return *(const uint8_t *)result;
}

static void the_application_may_verify_host_names(int tls13)
{
    uint8_t yes = 1, no = 0;
    struct pair *pair = new_pair(tls13, "ecdsa");
    verified_names = 0;
    CHECK_OK(s2n_set_server_name(pair->client, "unknown.rs2n.test"));
    CHECK_OK(s2n_connection_set_verify_host_callback(pair->client, verify_name, &yes));
    check_outcome(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    CHECK(verified_names == 1);
    disconnect(pair);

    pair = new_pair(tls13, "ecdsa");
    verified_names = 0;
    CHECK_OK(s2n_connection_set_verify_host_callback(pair->client, verify_name, &no));
    check_outcome(pair, "S2N_ERR_CERT_INVALID_HOSTNAME", NULL);
    CHECK(verified_names > 1);
    disconnect(pair);
}

static void client_certificates_are_requested(int tls13)
{
    uint8_t yes = 1;
    struct pair *pair = new_pair(tls13, "ecdsa");
    struct s2n_config *config = s2n_config_new_minimal();
    struct s2n_cert_chain_and_key *chain = load_chain(folder, "client");
    char *authority = read_file(folder, "ca.pem");
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, chain));
    CHECK_OK(s2n_config_add_pem_to_trust_store(config, authority));
    CHECK_OK(s2n_config_set_cipher_preferences(config, policy(tls13)));
    CHECK_OK(s2n_connection_set_config(pair->client, config));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->client, S2N_CERT_AUTH_REQUIRED));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->server, S2N_CERT_AUTH_REQUIRED));
    CHECK_OK(s2n_connection_set_verify_host_callback(pair->server, verify_name, &yes));
    check_outcome(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    CHECK(s2n_connection_client_cert_used(pair->server) == 1);
    uint8_t *der = NULL;
    uint32_t length = 0;
    CHECK_OK(s2n_connection_get_client_cert_chain(pair->server, &der, &length));
    CHECK(der != NULL && length > 100);
    disconnect(pair);
    CHECK_OK(s2n_config_free(config));
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
    free(authority);

    /* The server requires a certificate, and the client has none. */
    pair = new_pair(tls13, "ecdsa");
    config = s2n_config_new_minimal();
    CHECK_OK(s2n_config_disable_x509_verification(config));
    CHECK_OK(s2n_config_set_cipher_preferences(config, policy(tls13)));
    CHECK_OK(s2n_connection_set_config(pair->client, config));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->server, S2N_CERT_AUTH_REQUIRED));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, "S2N_ERR_MISSING_CLIENT_CERT");
    disconnect(pair);

    pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_connection_set_config(pair->client, config));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->server, S2N_CERT_AUTH_OPTIONAL));
    check_outcome(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    CHECK(s2n_connection_client_cert_used(pair->server) == 0);
    disconnect(pair);

    /* The client rejects a CertificateRequest, or requires one. */
    pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_connection_set_config(pair->client, config));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->client, S2N_CERT_AUTH_NONE));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->server, S2N_CERT_AUTH_OPTIONAL));
    check_outcome(pair, "S2N_ERR_UNEXPECTED_CERT_REQUEST", NULL);
    disconnect(pair);

    pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_connection_set_config(pair->client, config));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->client, S2N_CERT_AUTH_REQUIRED));
    check_outcome(pair, "S2N_ERR_MISSING_CERT_REQUEST", NULL);
    disconnect(pair);
    CHECK_OK(s2n_config_free(config));
}

static void the_server_selects_the_protocol(int tls13)
{
    const char *const offered[] = { "h2", "http/1.1" };
    const char *const preferred[] = { "spdy", "http/1.1", "h2" };
    const char *const others[] = { "spdy" };
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_connection_set_protocol_preferences(pair->client, offered, 2));
    CHECK_OK(s2n_connection_set_protocol_preferences(pair->server, preferred, 3));
    check_outcome(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    CHECK_TEXT(s2n_get_application_protocol(pair->client), "http/1.1");
    CHECK_TEXT(s2n_get_application_protocol(pair->server), "http/1.1");
    disconnect(pair);

    /* Without a common protocol the handshake succeeds, without ALPN. */
    pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_connection_set_protocol_preferences(pair->client, offered, 2));
    CHECK_OK(s2n_connection_set_protocol_preferences(pair->server, others, 1));
    check_outcome(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    CHECK(s2n_get_application_protocol(pair->client) == NULL);
    CHECK(s2n_get_application_protocol(pair->server) == NULL);
    disconnect(pair);
}

static int broken_clock(void *context, uint64_t *nanoseconds)
{
    (void)context;
    *nanoseconds = 0;
    return -1;
}

static int clock_of_1971(void *context, uint64_t *nanoseconds)
{
    (void)context;
    *nanoseconds = UINT64_C(31536000) * 1000000000;
    return 0;
}

static void the_wall_clock_is_used(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_wall_clock(pair->config, clock_of_1971, NULL));
    check_outcome(pair, "S2N_ERR_CERT_NOT_YET_VALID", NULL);
    disconnect(pair);

    pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_wall_clock(pair->config, broken_clock, NULL));
    check_outcome(pair, "S2N_ERR_CANCELLED", NULL);
    disconnect(pair);
}

/* The transport accepts one byte at a time, and blocks after each. */
static void the_handshake_may_block_at_any_byte(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    int client = -1, server = -1;
    pair->to_server.room = pair->to_client.room = 0;
    for (int turn = 0; turn < 20000 && (client != 0 || server != 0); turn++) {
        if (client != 0) {
            client = s2n_negotiate(pair->client, &blocked);
            CHECK(client == 0 || s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
            CHECK((blocked == S2N_NOT_BLOCKED) == (client == 0));
        }
        if (server != 0) {
            server = s2n_negotiate(pair->server, &blocked);
            CHECK(server == 0 || s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
            CHECK((blocked == S2N_NOT_BLOCKED) == (server == 0));
        }
        pair->to_server.room = pair->to_client.room = 1;
    }
    CHECK(client == 0 && server == 0);
    pair->to_server.room = SIZE_MAX;
    CHECK(s2n_send(pair->client, "done", 4, &blocked) == 4);
    char room[8];
    CHECK(s2n_recv(pair->server, room, sizeof(room), &blocked) == 4);
    disconnect(pair);
}

static void the_highest_common_version_is_negotiated(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->client, policy(0)));
    check_outcome(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    CHECK(s2n_connection_get_actual_protocol_version(pair->client) == S2N_TLS12);
    CHECK(s2n_connection_get_client_protocol_version(pair->server) == S2N_TLS12);
    CHECK(s2n_connection_get_server_protocol_version(pair->server) == S2N_TLS13);
    disconnect(pair);
}

static void a_wiped_connection_can_be_reused(int tls13)
{
    struct pair *pair = connected(tls13);
    for (int round = 0; round < 2; round++) {
        CHECK_OK(s2n_connection_wipe(pair->client));
        CHECK_OK(s2n_connection_wipe(pair->server));
        attach_again(pair);
        check_outcome(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    }
    disconnect(pair);
}

/* The lines of a key log, one per secret, and their connections. */
struct key_log {
    char lines[32][320];
    struct s2n_connection *conns[32];
    int count;
};

static int log_key(void *context, struct s2n_connection *conn, uint8_t *line, size_t len)
{
    struct key_log *log = context;
    CHECK(log->count < 32 && len < sizeof(log->lines[0]));
    memcpy(log->lines[log->count], line, len);
    log->conns[log->count] = conn;
    log->count++;
    return -1; /* The return value is ignored. */
}

static void secrets_are_logged(int tls13)
{
    static const char *const labels[2][5] = {
        { "CLIENT_RANDOM ", NULL },
        { "CLIENT_HANDSHAKE_TRAFFIC_SECRET ", "SERVER_HANDSHAKE_TRAFFIC_SECRET ",
                "CLIENT_TRAFFIC_SECRET_0 ", "SERVER_TRAFFIC_SECRET_0 ", "EXPORTER_SECRET " },
    };
    struct key_log log = { .count = 0 };
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_key_log_cb(pair->config, log_key, &log));
    check_outcome(pair, "S2N_ERR_OK", "S2N_ERR_OK");

    for (int i = 0; i < 5 && labels[tls13][i] != NULL; i++) {
        const char *label = labels[tls13][i], *client_line = NULL, *server_line = NULL;
        for (int j = 0; j < log.count; j++) {
            if (strncmp(log.lines[j], label, strlen(label)) == 0) {
                *(log.conns[j] == pair->client ? &client_line : &server_line) = log.lines[j];
                CHECK(log.conns[j] == pair->client || log.conns[j] == pair->server);
            }
        }
        /* Both endpoints log the same secret: a random of 32 bytes, and 32 bytes or, in TLS 1.2, 48. */
        CHECK(client_line != NULL && server_line != NULL);
        CHECK_TEXT(client_line, server_line);
        CHECK(strlen(client_line) == strlen(label) + 64 + 1 + (tls13 ? 64 : 96));
    }
    disconnect(pair);

    log.count = 0;
    pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_key_log_cb(pair->config, log_key, &log));
    CHECK_OK(s2n_config_set_key_log_cb(pair->config, NULL, NULL));
    check_outcome(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    CHECK(log.count == 0);
    disconnect(pair);
}

static void check_names(struct s2n_connection *conn, const char *type, const char *message)
{
    CHECK_TEXT(s2n_connection_get_handshake_type_name(conn), type);
    CHECK_TEXT(s2n_connection_get_last_message_name(conn), message);
}

static void handshake_type_names(int tls13, s2n_cert_auth_type auth, const char *type)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    const bool requests_certificate = auth != S2N_CERT_AUTH_NONE;
    /* The client has no certificate. */
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_OK(s2n_config_disable_x509_verification(config));
    CHECK_OK(s2n_config_set_cipher_preferences(config, policy(tls13)));
    CHECK_OK(s2n_connection_set_config(pair->client, config));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->server, auth));
    check_names(pair->client, "INITIAL", "CLIENT_HELLO");
    check_names(pair->server, "INITIAL", "CLIENT_HELLO");
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    check_names(pair->client, "INITIAL", "SERVER_HELLO");
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_TEXT(s2n_connection_get_last_message_name(pair->server),
            requests_certificate ? "CLIENT_CERT" : tls13 ? "CLIENT_FINISHED" : "CLIENT_KEY");
    if (!tls13) {
        CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
        CHECK_TEXT(s2n_connection_get_last_message_name(pair->client),
                "SERVER_CHANGE_CIPHER_SPEC");
    }
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    check_names(pair->client, type, "APPLICATION_DATA");
    check_names(pair->server, type, "APPLICATION_DATA");
    CHECK_OK(s2n_connection_wipe(pair->server));
    check_names(pair->server, "INITIAL", "CLIENT_HELLO");
    disconnect(pair);
    CHECK_OK(s2n_config_free(config));
}

static void the_end_of_the_handshake_is_reported(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK(!s2n_connection_handshake_complete(NULL));
    CHECK(!s2n_connection_handshake_complete(pair->client));
    int client = -1, server = -1;
    while (client != 0 || server != 0) {
        CHECK(s2n_connection_handshake_complete(pair->client) == (client == 0));
        CHECK(s2n_connection_handshake_complete(pair->server) == (server == 0));
        client = s2n_negotiate(pair->client, &blocked);
        CHECK(client == 0 || s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
        server = s2n_negotiate(pair->server, &blocked);
        CHECK(server == 0 || s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
    }
    CHECK(s2n_connection_handshake_complete(pair->client));
    CHECK(s2n_connection_handshake_complete(pair->server));
    CHECK_OK(s2n_connection_free_handshake(pair->client));
    CHECK(s2n_connection_handshake_complete(pair->client));
    CHECK_OK(s2n_connection_wipe(pair->client));
    CHECK(!s2n_connection_handshake_complete(pair->client));
    disconnect(pair);

    pair = new_pair(tls13, "ecdsa");
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    pair->to_server.bytes[5] = 2;
    CHECK_FAILS(s2n_negotiate(pair->server, &blocked), -1, S2N_ERR_BAD_MESSAGE);
    CHECK(!s2n_connection_handshake_complete(pair->server));
    disconnect(pair);
}

static void a_fragmented_server_hello_is_reassembled(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_IO_BLOCKED);
    fragment_messages(&pair->to_client, 1);
    struct transport *transport = &pair->to_client;
    const size_t all = transport->written;
    const uint8_t *message = transport->bytes + transport->read;
    const size_t len = 4 + ((size_t) message[5 + 2 * 6] << 8 | message[5 + 3 * 6]);

    transport->written = transport->read + 6 * len - 1;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    check_names(pair->client, "INITIAL", "SERVER_HELLO");
    CHECK(s2n_connection_get_server_protocol_version(pair->client) == S2N_UNKNOWN_PROTOCOL_VERSION);
    transport->written = transport->read + 1;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    check_names(pair->client, "INITIAL", tls13 ? "ENCRYPTED_EXTENSIONS" : "SERVER_CERT");
    const int version = tls13 ? S2N_TLS13 : S2N_TLS12;
    CHECK(s2n_connection_get_server_protocol_version(pair->client) == version);
    CHECK(s2n_connection_get_actual_protocol_version(pair->client) == version);

    transport->written = all;
    check_outcome(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    disconnect(pair);
}

static void handshake_type_names_after_hello_retry(size_t size)
{
    struct pair *pair = new_hello_retry_pair();
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_IO_BLOCKED);
    check_names(pair->server, "INITIAL", "CLIENT_HELLO");
    fragment_messages(&pair->to_client, size);
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    check_names(pair->client, "INITIAL", "SERVER_HELLO");
    CHECK(s2n_connection_get_server_protocol_version(pair->client) == S2N_TLS13);
    fragment_messages(&pair->to_server, size);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_IO_BLOCKED);
    check_names(pair->server, "INITIAL", "CLIENT_FINISHED");
    check_outcome(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    const char *type = "NEGOTIATED|FULL_HANDSHAKE|HELLO_RETRY_REQUEST|MIDDLEBOX_COMPAT";
    check_names(pair->client, type, "APPLICATION_DATA");
    check_names(pair->server, type, "APPLICATION_DATA");
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        certificates_are_verified(tls13);
        host_names_are_verified(tls13);
        the_application_may_verify_host_names(tls13);
        client_certificates_are_requested(tls13);
        the_server_selects_the_protocol(tls13);
        the_wall_clock_is_used(tls13);
        secrets_are_logged(tls13);
        the_handshake_may_block_at_any_byte(tls13);
        a_wiped_connection_can_be_reused(tls13);
        a_fragmented_server_hello_is_reassembled(tls13);
        the_end_of_the_handshake_is_reported(tls13);
    }
    handshake_type_names_after_hello_retry(1);
    handshake_type_names_after_hello_retry(10000);
    the_highest_common_version_is_negotiated();
    handshake_type_names(1, S2N_CERT_AUTH_NONE, "NEGOTIATED|FULL_HANDSHAKE|MIDDLEBOX_COMPAT");
    handshake_type_names(1, S2N_CERT_AUTH_OPTIONAL,
            "NEGOTIATED|FULL_HANDSHAKE|CLIENT_AUTH|NO_CLIENT_CERT|MIDDLEBOX_COMPAT");
    handshake_type_names(0, S2N_CERT_AUTH_NONE,
            "NEGOTIATED|FULL_HANDSHAKE|TLS12_PERFECT_FORWARD_SECRECY");
    handshake_type_names(0, S2N_CERT_AUTH_OPTIONAL,
            "NEGOTIATED|FULL_HANDSHAKE|CLIENT_AUTH|NO_CLIENT_CERT|TLS12_PERFECT_FORWARD_SECRECY");
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
