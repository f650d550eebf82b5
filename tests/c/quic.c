/*
 * TLS for QUIC: handshake messages without records, secrets, transport parameters, and tickets.
 *
 * usage: quic FOLDER-OF-CERTIFICATES
 */
#include <rs2n/rs2n.h>
#include <s2n/quic.h>
#include <s2n/unstable/async_offload.h>

#include "pair.h"
#include "public_key.h"

/* What the application of one side observes, in order. */
struct side {
    const char *name;
    struct s2n_connection *conn;
    struct transport *out;
    char trace[4096];
    uint8_t secrets[6][48];
    uint8_t secret_len[6];
    /* Set in the callback for the second secret of the handshake. */
    const char *late_parameters;
    /* The callback fails at this secret. */
    int fails_at;
    /* The callback frees the connection. */
    int frees;
    /* The transport blocks before each message. */
    int blocks;
    /* The length of the rest of a message that was written in part. */
    uint32_t rest;
};

struct quic {
    struct pair *pair;
    struct side client;
    struct side server;
};

static void note(struct side *side, const char *text)
{
    CHECK(strlen(side->trace) + strlen(text) + 2 < sizeof(side->trace));
    if (side->trace[0] != 0) {
        strcat(side->trace, " ");
    }
    strcat(side->trace, text);
}

static int quic_send(void *context, const uint8_t *buf, uint32_t len)
{
    struct side *side = context;
    if (side->blocks && (side->blocks ^= 2) & 2) {
        errno = EAGAIN;
        return -1;
    }
    if (side->rest > 0) {
        CHECK(len == side->rest);
        int written = transport_send(side->out, buf, len);
        side->rest -= written > 0 ? (uint32_t) written : 0;
        return written;
    }
    /* Each message is written alone. */
    CHECK(len >= 4 && len == 4u + ((uint32_t) buf[1] << 16 | buf[2] << 8 | buf[3]));
    char text[16];
    snprintf(text, sizeof(text), "%d", buf[0]);
    note(side, text);
    int written = transport_send(side->out, buf, len);
    side->rest = written > 0 ? len - (uint32_t) written : 0;
    return written;
}

static const char *parameters_of(struct s2n_connection *conn)
{
    static char text[64];
    const uint8_t *data = NULL;
    uint16_t len = 1;
    CHECK_OK(s2n_connection_get_quic_transport_parameters(conn, &data, &len));
    CHECK(len < sizeof(text) && (data == NULL) == (len == 0));
    memcpy(text, len > 0 ? data : (const uint8_t *) "", len);
    text[len] = 0;
    return text;
}

static int on_secret(void *context, struct s2n_connection *conn, s2n_secret_type_t type, uint8_t *secret,
        uint8_t len)
{
    struct side *side = context;
    CHECK(conn == side->conn && type <= S2N_EXPORTER_SECRET);
    char text[16];
    snprintf(text, sizeof(text), "S%d", type);
    note(side, text);
    CHECK(len == 32 || len == 48);
    memcpy(side->secrets[type], secret, len);
    side->secret_len[type] = len;

    CHECK(strncmp(s2n_connection_get_cipher(conn), "TLS_", 4) == 0);
    CHECK(s2n_connection_get_actual_protocol_version(conn) == S2N_TLS13);
    const char *group = NULL;
    CHECK_OK(s2n_connection_get_key_exchange_group(conn, &group));
    CHECK(strlen(group) > 0 && strcmp(group, "NONE") != 0);
    CHECK_TEXT(s2n_get_server_name(conn), "localhost");
    CHECK_ERROR(s2n_connection_enable_quic(NULL), S2N_ERR_NULL);
    int is_server = strcmp(side->name, "server") == 0;
    if (is_server || type >= S2N_CLIENT_APPLICATION_TRAFFIC_SECRET) {
        CHECK_TEXT(parameters_of(conn), is_server ? "of the client" : "of the server");
        CHECK_TEXT(s2n_get_application_protocol(conn), "h3");
    }
    if (side->late_parameters != NULL && type == S2N_SERVER_HANDSHAKE_TRAFFIC_SECRET) {
        const char *late = side->late_parameters;
        CHECK_OK(s2n_connection_set_quic_transport_parameters(conn, (const uint8_t *) late, strlen(late)));
    }
    if (side->frees) {
        CHECK_OK(s2n_connection_free(conn));
        side->frees = 0;
        return 0;
    }
    return side->fails_at == (int) type ? -1 : 0;
}

static void attach_quic(struct side *side, const char *name, struct s2n_connection *conn, struct transport *out)
{
    side->name = name;
    side->conn = conn;
    side->out = out;
    side->fails_at = -1;
    const char *parameters = conn == NULL ? "" : strcmp(name, "client") == 0 ? "of the client" : "of the server";
    CHECK(!s2n_connection_is_quic_enabled(conn));
    CHECK_OK(s2n_connection_enable_quic(conn));
    CHECK(s2n_connection_is_quic_enabled(conn));
    CHECK_OK(s2n_connection_set_quic_transport_parameters(conn, (const uint8_t *) parameters, strlen(parameters)));
    CHECK_OK(s2n_connection_set_secret_callback(conn, on_secret, side));
    CHECK_OK(s2n_connection_set_send_cb(conn, quic_send));
    CHECK_OK(s2n_connection_set_send_ctx(conn, side));
}

static struct quic *quic_over(struct pair *pair)
{
    struct quic *quic = calloc(1, sizeof(*quic));
    CHECK(quic != NULL);
    quic->pair = pair;
    const char *protocols[] = { "h3" };
    CHECK_OK(s2n_config_set_protocol_preferences(pair->config, protocols, 1));
    attach_quic(&quic->client, "client", pair->client, &pair->to_server);
    attach_quic(&quic->server, "server", pair->server, &pair->to_client);
    return quic;
}

static struct quic *new_quic(void)
{
    return quic_over(new_pair(1, "ecdsa"));
}

static void end(struct quic *quic)
{
    disconnect(quic->pair);
    free(quic);
}

static void check_outcome(struct quic *quic, const char *expected_client, const char *expected_server)
{
    const char *client, *server;
    negotiate(quic->pair, &client, &server);
    if (strcmp(client, expected_client) != 0 || strcmp(server, expected_server) != 0) {
        fprintf(stderr, "client: %s (%s), server: %s (%s)\n", client, quic->client.trace, server, quic->server.trace);
    }
    CHECK_TEXT(client, expected_client);
    CHECK_TEXT(server, expected_server);
}

static void check_secrets(struct quic *quic)
{
    for (int type = S2N_CLIENT_HANDSHAKE_TRAFFIC_SECRET; type <= S2N_EXPORTER_SECRET; type++) {
        CHECK(quic->client.secret_len[type] > 0);
        CHECK(quic->client.secret_len[type] == quic->server.secret_len[type]);
        CHECK(memcmp(quic->client.secrets[type], quic->server.secrets[type], 48) == 0);
    }
}

#define CLIENT_TRACE "1 S1 S2 S3 S4 S5 20"
#define SERVER_TRACE "2 S1 S2 8 11 15 20 S3 S4 S5"

/* The messages and secrets in the order of s2n-tls. */
static void test_handshake(void)
{
    struct quic *quic = new_quic();
    check_outcome(quic, "S2N_ERR_OK", "S2N_ERR_OK");
    CHECK_TEXT(quic->client.trace, CLIENT_TRACE);
    CHECK_TEXT(quic->server.trace, SERVER_TRACE);
    check_secrets(quic);
    CHECK_TEXT(parameters_of(quic->pair->server), "of the client");
    CHECK_TEXT(parameters_of(quic->pair->client), "of the server");
    CHECK(quic->pair->to_server.largest_request < 1024);
    CHECK_TEXT(s2n_connection_get_handshake_type_name(quic->pair->client), "NEGOTIATED|FULL_HANDSHAKE");

    uint8_t exported[2][32], context[1] = { 0 };
    CHECK_OK(s2n_connection_tls_exporter(quic->pair->client, (const uint8_t *) "label", 5, context, 0, exported[0], 32));
    CHECK_OK(s2n_connection_tls_exporter(quic->pair->server, (const uint8_t *) "label", 5, context, 0, exported[1], 32));
    CHECK(memcmp(exported[0], exported[1], 32) == 0);

    uint8_t data[1] = { 0 };
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_send(quic->pair->client, data, 1, &blocked), S2N_ERR_UNSUPPORTED_WITH_QUIC);
    CHECK_ERROR(s2n_recv(quic->pair->client, data, 1, &blocked), S2N_ERR_UNSUPPORTED_WITH_QUIC);
    CHECK_ERROR(s2n_connection_request_key_update(quic->pair->client, S2N_KEY_UPDATE_NOT_REQUESTED),
            S2N_ERR_UNSUPPORTED_WITH_QUIC);
    CHECK_ERROR(s2n_connection_set_recv_buffering(quic->pair->client, true), S2N_ERR_INVALID_STATE);
    size_t written = quic->pair->to_server.written;
    CHECK_OK(s2n_shutdown(quic->pair->client, &blocked));
    CHECK(quic->pair->to_server.written == written);
    end(quic);
}

/* A server may set its parameters when it receives the secrets of the handshake. */
static void test_late_parameters(int with_retry)
{
    struct pair *pair = with_retry ? new_hello_retry_pair() : new_pair(1, "rsa");
    struct quic *quic = quic_over(pair);
    quic->server.late_parameters = "of the server";
    CHECK_OK(s2n_connection_set_quic_transport_parameters(pair->server, NULL, 0));
    check_outcome(quic, "S2N_ERR_OK", "S2N_ERR_OK");
    CHECK_TEXT(quic->client.trace, with_retry ? "1 1 S1 S2 S3 S4 S5 20" : CLIENT_TRACE);
    CHECK_TEXT(quic->server.trace, with_retry ? "2 2 S1 S2 8 11 15 20 S3 S4 S5" : SERVER_TRACE);
    check_secrets(quic);
    CHECK_TEXT(parameters_of(pair->client), "of the server");
    end(quic);
}

/* A transport that blocks before each message changes nothing. */
static void test_blocked_transport(void)
{
    struct quic *quic = new_quic();
    quic->client.blocks = quic->server.blocks = 1;
    check_outcome(quic, "S2N_ERR_OK", "S2N_ERR_OK");
    CHECK_TEXT(quic->client.trace, CLIENT_TRACE);
    CHECK_TEXT(quic->server.trace, SERVER_TRACE);
    check_secrets(quic);
    end(quic);
}

static void test_client_authentication(void)
{
    struct quic *quic = new_quic();
    CHECK_OK(s2n_config_set_client_auth_type(quic->pair->config, S2N_CERT_AUTH_REQUIRED));
    CHECK_OK(s2n_config_disable_x509_verification(quic->pair->config));
    check_outcome(quic, "S2N_ERR_OK", "S2N_ERR_OK");
    CHECK_TEXT(quic->client.trace, "1 S1 S2 S3 S4 S5 11 15 20");
    CHECK_TEXT(quic->server.trace, "2 S1 S2 8 13 11 15 20 S3 S4 S5");
    CHECK(s2n_connection_client_cert_used(quic->pair->server) == 1);
    check_secrets(quic);
    end(quic);
}

static uint8_t session[4096];
static size_t session_len;
static int tickets;

static int on_ticket(struct s2n_connection *conn, void *context, struct s2n_session_ticket *ticket)
{
    (void) conn, (void) context;
    CHECK_OK(s2n_session_ticket_get_data_len(ticket, &session_len));
    CHECK(session_len <= sizeof(session));
    CHECK_OK(s2n_session_ticket_get_data(ticket, session_len, session));
    tickets++;
    return 0;
}

static void enable_tickets(struct pair *pair)
{
    uint8_t name[] = "name", key[32] = { 1 };
    CHECK_OK(s2n_config_set_session_tickets_onoff(pair->config, 1));
    CHECK_OK(s2n_config_add_ticket_crypto_key(pair->config, name, 4, key, 32, 0));
    CHECK_OK(s2n_config_set_session_ticket_cb(pair->config, on_ticket, NULL));
    CHECK_OK(s2n_connection_add_new_tickets_to_send(pair->server, 1));
}

static void test_resumption(void)
{
    struct quic *quic = new_quic();
    enable_tickets(quic->pair);
    CHECK(s2n_connection_are_session_tickets_enabled(quic->pair->client));
    check_outcome(quic, "S2N_ERR_OK", "S2N_ERR_OK");
    CHECK_TEXT(quic->server.trace, SERVER_TRACE " 4");
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_OK(s2n_recv_quic_post_handshake_message(quic->pair->client, &blocked));
    CHECK(tickets == 1 && blocked == S2N_NOT_BLOCKED);
    CHECK_ERROR(s2n_recv_quic_post_handshake_message(quic->pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(blocked == S2N_BLOCKED_ON_READ);

    /* A second one, which is received in parts. */
    CHECK_OK(s2n_connection_add_new_tickets_to_send(quic->pair->server, 1));
    CHECK_OK(s2n_negotiate(quic->pair->server, &blocked));
    struct transport *in = &quic->pair->to_client;
    size_t all = in->written;
    for (in->written = in->read + 1; in->written < all; in->written++) {
        CHECK_ERROR(s2n_recv_quic_post_handshake_message(quic->pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    }
    CHECK_OK(s2n_recv_quic_post_handshake_message(quic->pair->client, &blocked));
    CHECK(tickets == 2);

    /* A third one, of which only a part is written at first. */
    CHECK_OK(s2n_connection_add_new_tickets_to_send(quic->pair->server, 1));
    in->room = 50;
    CHECK_ERROR(s2n_negotiate(quic->pair->server, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(blocked == S2N_BLOCKED_ON_WRITE);
    CHECK_ERROR(s2n_recv_quic_post_handshake_message(quic->pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    in->room = SIZE_MAX;
    CHECK_OK(s2n_negotiate(quic->pair->server, &blocked));
    CHECK_OK(s2n_recv_quic_post_handshake_message(quic->pair->client, &blocked));
    CHECK(tickets == 3);

    /* A KeyUpdate. */
    const uint8_t update[] = { 24, 0, 0, 1, 0 };
    CHECK(transport_send(in, update, sizeof(update)) == (int) sizeof(update));
    CHECK_ERROR(s2n_recv_quic_post_handshake_message(quic->pair->client, &blocked), S2N_ERR_UNSUPPORTED_WITH_QUIC);
    CHECK_ERROR(s2n_recv_quic_post_handshake_message(quic->pair->client, &blocked), S2N_ERR_CLOSED);
    end(quic);

    quic = new_quic();
    CHECK_ERROR(s2n_recv_quic_post_handshake_message(quic->pair->client, &blocked),
            S2N_ERR_HANDSHAKE_NOT_COMPLETE);
    enable_tickets(quic->pair);
    quic->server.late_parameters = "of the server";
    CHECK_OK(s2n_connection_set_session(quic->pair->client, session, session_len));
    check_outcome(quic, "S2N_ERR_OK", "S2N_ERR_OK");
    CHECK(s2n_connection_is_session_resumed(quic->pair->client));
    CHECK(s2n_connection_is_session_resumed(quic->pair->server));
    CHECK_TEXT(quic->client.trace, CLIENT_TRACE);
    CHECK_TEXT(quic->server.trace, "2 S1 S2 8 20 S3 S4 S5 4");
    check_secrets(quic);
    end(quic);
}

/* Errors of the peer, and of the callback. */
static void test_errors(void)
{
    /* A length of 64 KiB or more is rejected before the body is read. */
    const uint8_t headers[][4] = { { 1, 1, 0, 0 }, { 1, 255, 255, 255 }, { 1, 0, 0, 0 } };
    for (size_t i = 0; i < 3; i++) {
        struct quic *quic = new_quic();
        CHECK(transport_send(&quic->pair->to_server, headers[i], 4) == 4);
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK_ERROR(s2n_negotiate(quic->pair->server, &blocked), S2N_ERR_BAD_MESSAGE);
        CHECK_ERROR(s2n_negotiate(quic->pair->server, &blocked), S2N_ERR_CLOSED);
        CHECK_TEXT(quic->server.trace, "");
        end(quic);
    }

    const char *traces[] = { "", "2 S1", "2 S1 S2", "2 S1 S2 8 11 15 20 S3" };
    for (int type = S2N_CLIENT_HANDSHAKE_TRAFFIC_SECRET; type <= S2N_CLIENT_APPLICATION_TRAFFIC_SECRET; type++) {
        struct quic *quic = new_quic();
        quic->server.fails_at = type;
        int is_last = type == S2N_CLIENT_APPLICATION_TRAFFIC_SECRET;
        check_outcome(quic, is_last ? "S2N_ERR_OK" : "S2N_ERR_IO_BLOCKED", "S2N_ERR_CANCELLED");
        CHECK_TEXT(quic->server.trace, traces[type]);
        end(quic);
    }

    /* A client without QUIC sends records. */
    struct quic *quic = new_quic();
    CHECK_OK(s2n_config_disable_x509_verification(quic->pair->config));
    CHECK_OK(s2n_connection_wipe(quic->pair->client));
    CHECK(!s2n_connection_is_quic_enabled(quic->pair->client));
    attach(quic->pair->client, quic->pair, &quic->pair->to_client, &quic->pair->to_server);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_negotiate(quic->pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_negotiate(quic->pair->server, &blocked), S2N_ERR_BAD_MESSAGE);

    /* Its ClientHello without the header of the record has no transport parameters. */
    CHECK_OK(s2n_connection_wipe(quic->pair->server));
    attach(quic->pair->server, quic->pair, &quic->pair->to_server, &quic->pair->to_client);
    attach_quic(&quic->server, "server", quic->pair->server, &quic->pair->to_client);
    quic->pair->to_server.read = 5;
    CHECK_ERROR(s2n_negotiate(quic->pair->server, &blocked), S2N_ERR_MISSING_EXTENSION);
    CHECK_TEXT(quic->server.trace, "");
    end(quic);
}

/* An untrusted certificate: the client ends the handshake before the secrets of the application data. */
static void test_untrusted_certificate(void)
{
    struct quic *quic = new_quic();
    CHECK_OK(s2n_config_wipe_trust_store(quic->pair->config));
    check_outcome(quic, "S2N_ERR_CERT_UNTRUSTED", "S2N_ERR_IO_BLOCKED");
    CHECK_TEXT(quic->client.trace, "1 S1 S2");
    end(quic);
}

/* Both sides authenticate with raw public keys (RFC 7250); the key of the config is pinned, or another. */
static void test_raw_public_keys(const char *pinned, const char *client, const char *server)
{
    struct quic *quic = new_quic();
    struct s2n_config *config = quic->pair->config;
    struct s2n_cert_chain_and_key *raw = s2n_cert_chain_and_key_new();
    char *key = read_file(folder, "rsa.key"), *pin = new_public_key(folder, pinned);
    CHECK_OK(rs2n_cert_chain_and_key_load_raw_public_key(raw, NULL, 0, (uint8_t *) key, strlen(key)));
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, raw));
    CHECK_OK(s2n_config_wipe_trust_store(config));
    CHECK_OK(rs2n_config_add_trusted_public_key(config, (uint8_t *) pin, strlen(pin)));
    CHECK_OK(s2n_config_set_client_auth_type(config, S2N_CERT_AUTH_REQUIRED));
    check_outcome(quic, client, server);
    uint32_t size = 0;
    if (strcmp(server, "S2N_ERR_OK") == 0) {
        CHECK_OK(rs2n_connection_get_peer_public_key(quic->pair->client, NULL, &size));
        CHECK_OK(rs2n_connection_get_peer_public_key(quic->pair->server, NULL, &size));
        check_secrets(quic);
    }
    free(pin);
    free(key);
    end(quic);
    CHECK_OK(s2n_cert_chain_and_key_free(raw));
}

/* Asynchronous operations. */
static struct s2n_async_pkey_op *signing;
static struct s2n_async_offload_op *verifying;

static int on_sign(struct s2n_connection *conn, struct s2n_async_pkey_op *op)
{
    (void) conn;
    signing = op;
    return 0;
}

static int on_verify(struct s2n_connection *conn, struct s2n_async_offload_op *op, void *context)
{
    (void) conn, (void) context;
    verifying = op;
    return 0;
}

static int on_client_hello(struct s2n_connection *conn, void *context)
{
    (void) context;
    CHECK(s2n_connection_get_client_hello(conn) != NULL);
    return 0;
}

static const char *step(struct s2n_connection *conn)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    s2n_errno = 0;
    return s2n_negotiate(conn, &blocked) == 0 ? "S2N_ERR_OK" : s2n_strerror_name(s2n_errno);
}

static void complete_signature(struct quic *quic, struct s2n_connection *conn)
{
    CHECK_TEXT(step(conn), "S2N_ERR_ASYNC_BLOCKED");
    CHECK(signing != NULL);
    s2n_cert_private_key *key = s2n_cert_chain_and_key_get_private_key(quic->pair->chain);
    CHECK_OK(s2n_async_pkey_op_perform(signing, key));
    CHECK_OK(s2n_async_pkey_op_apply(signing, conn));
    CHECK_OK(s2n_async_pkey_op_free(signing));
    signing = NULL;
}

static void complete_verification(struct s2n_connection *conn)
{
    CHECK_TEXT(step(conn), "S2N_ERR_ASYNC_BLOCKED");
    CHECK(verifying != NULL);
    CHECK_OK(s2n_async_offload_op_perform(verifying));
    verifying = NULL;
}

/* Certificates of both sides, whose signatures are made and verified asynchronously, and an asynchronous
 * ClientHello callback. */
static void test_asynchronous_operations(int with_retry)
{
    struct pair *pair = with_retry ? new_hello_retry_pair() : new_pair(1, "ecdsa");
    struct quic *quic = quic_over(pair);
    struct s2n_connection *client = pair->client, *server = pair->server;
    struct s2n_config *config = pair->config;
    CHECK_OK(s2n_config_set_client_auth_type(config, S2N_CERT_AUTH_REQUIRED));
    CHECK_OK(s2n_config_disable_x509_verification(config));
    CHECK_OK(s2n_config_set_async_pkey_callback(config, on_sign));
    CHECK_OK(s2n_config_set_async_offload_callback(config, S2N_ASYNC_OFFLOAD_PKEY_VERIFY, on_verify, NULL));
    CHECK_OK(s2n_config_set_client_hello_cb(config, on_client_hello, NULL));
    CHECK_OK(s2n_config_set_client_hello_cb_mode(config, S2N_CLIENT_HELLO_CB_NONBLOCKING));
    quic->server.late_parameters = "of the server";

    CHECK_TEXT(step(client), "S2N_ERR_IO_BLOCKED");
    CHECK_TEXT(step(server), "S2N_ERR_ASYNC_BLOCKED");
    CHECK_TEXT(quic->server.trace, "");
    CHECK_OK(s2n_client_hello_cb_done(server));
    if (with_retry) {
        CHECK_TEXT(step(server), "S2N_ERR_IO_BLOCKED");
        CHECK_TEXT(step(client), "S2N_ERR_IO_BLOCKED");
    }
    complete_signature(quic, server);
    CHECK_TEXT(quic->server.trace, with_retry ? "2 2 S1 S2" : "2 S1 S2");
    CHECK_TEXT(step(server), "S2N_ERR_IO_BLOCKED");
    complete_verification(client);
    CHECK_TEXT(quic->client.trace, with_retry ? "1 1 S1 S2" : "1 S1 S2");
    complete_signature(quic, client);
    CHECK_TEXT(step(client), "S2N_ERR_OK");
    complete_verification(server);
    CHECK_TEXT(step(server), "S2N_ERR_OK");
    check_secrets(quic);
    CHECK_TEXT(parameters_of(client), "of the server");
    CHECK(s2n_connection_client_cert_used(server) == 1);
    end(quic);
}

/* A handshake that is suspended is freed. */
static void test_freed_handshakes(void)
{
    struct quic *quic = new_quic();
    CHECK_OK(s2n_config_set_async_pkey_callback(quic->pair->config, on_sign));
    CHECK_TEXT(step(quic->pair->client), "S2N_ERR_IO_BLOCKED");
    CHECK_TEXT(step(quic->pair->server), "S2N_ERR_ASYNC_BLOCKED");
    CHECK_OK(s2n_async_pkey_op_free(signing));
    end(quic);

    /* The callback frees the connection. */
    for (int is_server = 0; is_server < 2; is_server++) {
        quic = new_quic();
        struct pair *pair = quic->pair;
        (is_server ? &quic->server : &quic->client)->frees = 1;
        CHECK_TEXT(step(pair->client), "S2N_ERR_IO_BLOCKED");
        step(pair->server);
        if (is_server) {
            CHECK(quic->server.frees == 0);
            pair->server = s2n_connection_new(S2N_SERVER);
        } else {
            step(pair->client);
            CHECK(quic->client.frees == 0);
            pair->client = s2n_connection_new(S2N_CLIENT);
        }
        end(quic);
    }
}

/* Another message than the second ClientHello. */
static void test_wrong_second_message(void)
{
    struct quic *quic = quic_over(new_hello_retry_pair());
    CHECK_TEXT(step(quic->pair->client), "S2N_ERR_IO_BLOCKED");
    CHECK_TEXT(step(quic->pair->server), "S2N_ERR_IO_BLOCKED");
    const uint8_t finished[] = { 20, 0, 0, 1, 0 };
    CHECK(transport_send(&quic->pair->to_server, finished, sizeof(finished)) == (int) sizeof(finished));
    CHECK_TEXT(step(quic->pair->server), "S2N_ERR_BAD_MESSAGE");
    CHECK_TEXT(quic->server.trace, "2");
    end(quic);
}

static void test_config(void)
{
    struct quic *quic = new_quic();
    CHECK_OK(s2n_connection_wipe(quic->pair->client));
    CHECK_OK(s2n_config_enable_quic(quic->pair->config));
    CHECK(s2n_connection_is_quic_enabled(quic->pair->client));
    CHECK_OK(s2n_connection_wipe(quic->pair->client));
    CHECK(s2n_connection_is_quic_enabled(quic->pair->client));
    struct s2n_config *other = s2n_config_new_minimal();
    CHECK_OK(s2n_connection_set_config(quic->pair->client, other));
    CHECK(s2n_connection_is_quic_enabled(quic->pair->client));
    end(quic);

    /* Not in the middle of another handshake. */
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_TEXT(step(pair->client), "S2N_ERR_IO_BLOCKED");
    CHECK_ERROR(s2n_connection_enable_quic(pair->client), S2N_ERR_INVALID_STATE);
    CHECK_OK(s2n_config_enable_quic(pair->config));
    CHECK_ERROR(s2n_connection_enable_quic(pair->client), S2N_ERR_INVALID_STATE);
    CHECK_TEXT(step(pair->client), "S2N_ERR_IO_BLOCKED");
    CHECK_TEXT(step(pair->server), "S2N_ERR_BAD_MESSAGE");
    disconnect(pair);

    struct s2n_connection *conn = s2n_connection_new(S2N_SERVER);
    CHECK_OK(s2n_connection_set_recv_buffering(conn, true));
    CHECK_ERROR(s2n_connection_enable_quic(conn), S2N_ERR_INVALID_STATE);
    CHECK_OK(s2n_config_enable_quic(other));
    CHECK_ERROR(s2n_connection_set_config(conn, other), S2N_ERR_INVALID_STATE);
    CHECK(!s2n_connection_is_quic_enabled(NULL));
    CHECK_OK(s2n_connection_free(conn));
    CHECK_OK(s2n_config_free(other));
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    test_handshake();
    test_late_parameters(0);
    test_late_parameters(1);
    test_blocked_transport();
    test_client_authentication();
    test_resumption();
    test_errors();
    test_untrusted_certificate();
    test_raw_public_keys("rsa", "S2N_ERR_OK", "S2N_ERR_OK");
    test_raw_public_keys("client", "S2N_ERR_CERT_UNTRUSTED", "S2N_ERR_IO_BLOCKED");
    test_asynchronous_operations(0);
    test_asynchronous_operations(1);
    test_freed_handshakes();
    test_wrong_second_message();
    test_config();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
