/*
 * Serialization: connections that move to another object and continue, in both roles and versions; what cannot be
 * serialized; and blobs that are cut, altered or outdated.
 *
 * usage: serialization FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

#include <s2n/internal.h>
#include <s2n/unstable/ktls.h>
#include <s2n/unstable/renegotiate.h>
#include <stdbool.h>

#define MOST 174

struct blob {
    uint8_t bytes[MOST];
    uint32_t size;
};

static struct pair *serializable(int tls13, const char *name)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_serialization_version(pair->config, S2N_SERIALIZED_CONN_V1));
    if (name != NULL) {
        CHECK_OK(s2n_config_set_cipher_preferences(pair->config, name));
    }
    return pair;
}

static struct pair *connected_with(int tls13, const char *name)
{
    struct pair *pair = serializable(tls13, name);
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    return pair;
}

static void transfer(struct s2n_connection *from, struct s2n_connection *to, size_t size)
{
    static uint8_t sent[70000], received[70000];
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK(size <= sizeof(sent));
    fill_with_pattern(sent, size);
    CHECK(s2n_send(from, sent, size, &blocked) == (ssize_t) size);
    for (size_t got = 0; got < size;) {
        ssize_t count = s2n_recv(to, received + got, size - got, &blocked);
        CHECK(count > 0);
        got += count;
    }
    CHECK(memcmp(sent, received, size) == 0);
}

static void exchange(struct pair *pair, size_t size)
{
    transfer(pair->client, pair->server, size);
    transfer(pair->server, pair->client, size);
}

static struct blob serialize(struct s2n_connection *conn)
{
    struct blob blob = { .size = 0 };
    CHECK_OK(s2n_connection_serialization_length(conn, &blob.size));
    CHECK(blob.size <= MOST);
    CHECK_ERROR(s2n_connection_serialize(conn, blob.bytes, blob.size - 1), S2N_ERR_INSUFFICIENT_MEM_SIZE);
    CHECK_OK(s2n_connection_serialize(conn, blob.bytes, sizeof(blob.bytes)));
    return blob;
}

/* A new connection in the place of one of a pair. */
static struct s2n_connection *renew(struct pair *pair, s2n_mode mode)
{
    struct s2n_connection **place = mode == S2N_CLIENT ? &pair->client : &pair->server;
    CHECK_OK(s2n_connection_free(*place));
    *place = s2n_connection_new(mode);
    struct transport *in = mode == S2N_CLIENT ? &pair->to_client : &pair->to_server;
    struct transport *out = mode == S2N_CLIENT ? &pair->to_server : &pair->to_client;
    attach(*place, pair, in, out);
    return *place;
}

static void move(struct pair *pair, s2n_mode mode)
{
    struct blob blob = serialize(mode == S2N_CLIENT ? pair->client : pair->server);
    CHECK_OK(s2n_connection_deserialize(renew(pair, mode), blob.bytes, blob.size));
}

static void test_moves(int tls13, const char *name, uint32_t size)
{
    struct pair *pair = connected_with(tls13, name);
    for (int round = 0; round < 4; round++) {
        exchange(pair, 1 + 20000 * round);
        move(pair, round % 2 == 0 ? S2N_CLIENT : S2N_SERVER);
        uint32_t length = 0;
        CHECK_OK(s2n_connection_serialization_length(pair->client, &length));
        CHECK(length == size);
        exchange(pair, 1);
        move(pair, S2N_CLIENT);
        move(pair, S2N_SERVER);
        s2n_blocked_status blocked = S2N_BLOCKED_ON_WRITE;
        CHECK_OK(s2n_negotiate(pair->client, &blocked));
        CHECK(blocked == S2N_NOT_BLOCKED);
    }
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_shutdown(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_OK(s2n_shutdown(pair->server, &blocked));
    CHECK_OK(s2n_shutdown(pair->client, &blocked));
    disconnect(pair);
}

static void test_getters(int tls13)
{
    struct pair *pair = connected_with(tls13, NULL);
    CHECK_OK(s2n_connection_prefer_low_latency(pair->client));
    const char *cipher = s2n_connection_get_cipher(pair->client);
    move(pair, S2N_CLIENT);
    struct s2n_connection *conn = pair->client;
    CHECK_TEXT(s2n_connection_get_cipher(conn), cipher);
    CHECK(s2n_connection_get_actual_protocol_version(conn) == (tls13 ? S2N_TLS13 : S2N_TLS12));
    CHECK(s2n_connection_get_wire_bytes_out(conn) == 0);
    CHECK(s2n_get_server_name(conn) == NULL);
    CHECK(s2n_connection_is_session_resumed(conn) == 0);
    CHECK_TEXT(s2n_connection_get_curve(conn), "NONE");

    /* The record size of low latency. */
    static uint8_t data[3000];
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK(s2n_send(conn, data, sizeof(data), &blocked) == sizeof(data));
    CHECK(s2n_recv(pair->server, data, sizeof(data), &blocked) == 1435);
    disconnect(pair);
}

/* After the serialization, the connection is closed, and writes and reads nothing. */
static void test_closed(int tls13)
{
    struct pair *pair = connected_with(tls13, NULL);
    struct blob blob = serialize(pair->client);
    const size_t written = pair->to_server.written;
    transfer(pair->server, pair->server, 0);
    uint8_t byte = 1;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK(s2n_send(pair->server, &byte, 1, &blocked) == 1);
    const size_t unread = pair->to_client.read;

    CHECK_ERROR(s2n_send(pair->client, &byte, 1, &blocked), S2N_ERR_CLOSED);
    CHECK_ERROR(s2n_recv(pair->client, &byte, 1, &blocked), S2N_ERR_CLOSED);
    CHECK_ERROR(s2n_connection_serialize(pair->client, blob.bytes, blob.size), S2N_ERR_CLOSED);
    CHECK_OK(s2n_shutdown_send(pair->client, &blocked));
    CHECK_OK(s2n_shutdown(pair->client, &blocked));
    CHECK(pair->to_server.written == written);
    CHECK(pair->to_client.read == unread);
    CHECK_ERROR(s2n_connection_deserialize(pair->client, blob.bytes, blob.size), S2N_ERR_INVALID_STATE);
    uint8_t secret[48];
    CHECK(s2n_connection_get_master_secret(pair->client, secret, sizeof(secret)) < 0);

    CHECK_OK(s2n_connection_deserialize(renew(pair, S2N_CLIENT), blob.bytes, blob.size));
    byte = 0;
    CHECK(s2n_recv(pair->client, &byte, 1, &blocked) == 1 && byte == 1);
    exchange(pair, 100);
    disconnect(pair);
}

static void refuse(struct s2n_connection *conn, const char *error)
{
    uint8_t bytes[MOST];
    CHECK(s2n_connection_serialize(conn, bytes, sizeof(bytes)) < 0);
    CHECK_TEXT(s2n_strerror_name(s2n_errno), error);
}

static void test_wrong_state(void)
{
    uint32_t length = 0;
    uint8_t bytes[MOST] = { 0 };
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_ERROR(s2n_connection_serialization_length(pair->client, &length), S2N_ERR_INVALID_STATE);
    refuse(pair->client, "S2N_ERR_INVALID_STATE");
    CHECK_ERROR(s2n_config_set_serialization_version(pair->config, S2N_SERIALIZED_CONN_NONE), S2N_ERR_SAFETY);
    CHECK_OK(s2n_config_set_serialization_version(pair->config, S2N_SERIALIZED_CONN_V1));
    refuse(pair->client, "S2N_ERR_HANDSHAKE_NOT_COMPLETE");
    CHECK_ERROR(s2n_connection_serialize(pair->client, NULL, 0), S2N_ERR_NULL);
    CHECK_ERROR(s2n_connection_deserialize(pair->client, bytes, sizeof(bytes)),
            S2N_ERR_INVALID_SERIALIZED_CONNECTION);
    disconnect(pair);

    for (int closed = 0; closed < 2; closed++) {
        pair = connected_with(1, NULL);
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK_OK(s2n_shutdown_send(closed ? pair->client : pair->server, &blocked));
        if (!closed) {
            CHECK(s2n_recv(pair->client, bytes, 1, &blocked) == 0);
        }
        refuse(pair->client, "S2N_ERR_CLOSED");
        disconnect(pair);
    }
}

/* A connection that has data, or has started a handshake, does not take another one's state. */
static void test_not_new(void)
{
    struct pair *pair = connected_with(1, NULL);
    struct blob blob = serialize(pair->client);
    struct pair *other = connected_with(1, NULL), *started = serializable(1, NULL);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_connection_deserialize(other->client, blob.bytes, blob.size), S2N_ERR_INVALID_STATE);
    exchange(other, 100);
    CHECK_ERROR(s2n_negotiate(started->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_connection_deserialize(started->client, blob.bytes, blob.size), S2N_ERR_INVALID_STATE);
    const char *client, *server;
    negotiate(started, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");

    /* A wiped one is new. */
    CHECK_OK(s2n_connection_wipe(pair->client));
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    CHECK_OK(s2n_connection_deserialize(pair->client, blob.bytes, blob.size));
    exchange(pair, 100);
    disconnect(pair);
    disconnect(other);
    disconnect(started);
}

/* Data on its way through the connection would be lost. */
static void test_pending_data(int tls13)
{
    static uint8_t data[20000], received[20000];
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    struct pair *pair = connected_with(tls13, NULL);
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    CHECK(s2n_recv(pair->server, received, 3, &blocked) == 3);
    refuse(pair->server, "S2N_ERR_INVALID_STATE");
    CHECK(s2n_recv(pair->server, received, 10, &blocked) == 7);

    /* A record that has come in part, to its header and to its body. */
    for (size_t cut = 1; cut < 12; cut += 5) {
        CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
        const size_t end = pair->to_server.written;
        pair->to_server.written = pair->to_server.read + cut;
        CHECK_ERROR(s2n_recv(pair->server, received, 10, &blocked), S2N_ERR_IO_BLOCKED);
        refuse(pair->server, "S2N_ERR_INVALID_STATE");
        pair->to_server.written = end;
        CHECK(s2n_recv(pair->server, received, 10, &blocked) == 10);
    }

    /* A record behind the one that was received. */
    CHECK_OK(s2n_connection_set_recv_buffering(pair->server, true));
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    CHECK(s2n_recv(pair->server, received, 10, &blocked) == 10);
    CHECK(s2n_peek(pair->server) == 0 && s2n_peek_buffered(pair->server) > 0);
    refuse(pair->server, "S2N_ERR_INVALID_STATE");
    CHECK(s2n_recv(pair->server, received, 10, &blocked) == 10);

    /* A send that was blocked, and one that was written, but not reported. */
    pair->to_server.room = 100;
    CHECK_ERROR(s2n_send(pair->client, data, 5000, &blocked), S2N_ERR_IO_BLOCKED);
    refuse(pair->client, "S2N_ERR_INVALID_STATE");
    pair->to_server.room = SIZE_MAX;
    CHECK_OK(s2n_flush(pair->client, &blocked));
    refuse(pair->client, "S2N_ERR_INVALID_STATE");
    CHECK(s2n_send(pair->client, data, 5000, &blocked) == 5000);
    CHECK(s2n_recv(pair->server, received, sizeof(received), &blocked) == 5000);

    exchange(pair, 100);
    move(pair, S2N_CLIENT);
    move(pair, S2N_SERVER);
    exchange(pair, 100);
    disconnect(pair);
}

static void test_key_updates(void)
{
    struct pair *pair = connected_with(1, NULL);
    for (int round = 0; round < 3; round++) {
        CHECK_OK(s2n_connection_request_key_update(pair->client, S2N_KEY_UPDATE_NOT_REQUESTED));
        refuse(pair->client, "S2N_ERR_INVALID_STATE");
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK_OK(s2n_negotiate(pair->client, &blocked));
        exchange(pair, 10 + round);
        move(pair, S2N_CLIENT);
        move(pair, S2N_SERVER);
        CHECK_OK(s2n_connection_request_key_update(pair->server, S2N_KEY_UPDATE_NOT_REQUESTED));
        exchange(pair, 10 + round);
    }
    uint8_t sent = 0, received = 0;
    CHECK_OK(s2n_connection_get_key_update_counts(pair->client, &sent, &received));
    CHECK(sent == 0 && received == 1);
    disconnect(pair);
}

static int tickets;

static int count_ticket(struct s2n_connection *conn, void *context, struct s2n_session_ticket *ticket)
{
    (void) conn, (void) context;
    size_t size = 0;
    CHECK_OK(s2n_session_ticket_get_data_len(ticket, &size));
    uint8_t *session = malloc(size);
    CHECK_OK(s2n_session_ticket_get_data(ticket, size, session));
    free(session);
    tickets++;
    return 0;
}

/* The server sends tickets after it has moved, with which the client resumes. */
static void test_tickets(void)
{
    struct pair *pair = serializable(1, NULL);
    uint8_t key[] = "the secret of the key";
    CHECK_OK(s2n_config_set_session_tickets_onoff(pair->config, 1));
    CHECK_OK(s2n_config_add_ticket_crypto_key(pair->config, (const uint8_t *) "key", 3, key, sizeof(key), 0));
    CHECK_OK(s2n_config_set_session_ticket_cb(pair->config, count_ticket, NULL));
    CHECK_OK(s2n_connection_add_new_tickets_to_send(pair->server, 1));
    const char *client, *server;
    negotiate(pair, &client, &server);
    exchange(pair, 10);
    CHECK(tickets == 1);
    move(pair, S2N_CLIENT);
    move(pair, S2N_SERVER);
    CHECK_OK(s2n_connection_add_new_tickets_to_send(pair->server, 2));
    exchange(pair, 10);
    CHECK(tickets > 2);

    uint8_t session[2000];
    int size = s2n_connection_get_session(pair->client, session, sizeof(session));
    CHECK(size > 0);
    pair->to_client.read = pair->to_client.written = pair->to_server.read = pair->to_server.written = 0;
    CHECK_OK(s2n_connection_set_session(renew(pair, S2N_CLIENT), session, size));
    CHECK_OK(s2n_set_server_name(pair->client, "localhost"));
    renew(pair, S2N_SERVER);
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    CHECK(s2n_connection_is_session_resumed(pair->client) == 1);
    disconnect(pair);
}

static void check_altered(struct pair *pair, struct blob *altered)
{
    struct s2n_connection *conn = renew(pair, S2N_CLIENT);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    uint8_t data[100] = { 1 }, received[100];
    if (s2n_connection_deserialize(conn, altered->bytes, altered->size) != 0) {
        CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_INVALID_SERIALIZED_CONNECTION");
        CHECK_ERROR(s2n_send(conn, data, sizeof(data), &blocked), S2N_ERR_ENCRYPT);
    } else if (s2n_send(conn, data, sizeof(data), &blocked) == sizeof(data)) {
        ssize_t count = s2n_recv(pair->server, received, sizeof(received), &blocked);
        CHECK(count < 0 || memcmp(data, received, count) == 0);
    }
}

/* Every cut of a blob is an error; a change is an error here, or for one of the peers, or has no effect. */
static void test_invalid_blobs(int tls13)
{
    struct pair *pair = connected_with(tls13, NULL);
    exchange(pair, 100);
    struct blob blob = serialize(pair->client);
    for (uint32_t size = 0; size < blob.size; size++) {
        struct s2n_connection *conn = renew(pair, S2N_CLIENT);
        CHECK_ERROR(s2n_connection_deserialize(conn, blob.bytes, size), S2N_ERR_INVALID_SERIALIZED_CONNECTION);
        CHECK_OK(s2n_connection_deserialize(conn, blob.bytes, blob.size));
    }
    CHECK_ERROR(s2n_connection_deserialize(renew(pair, S2N_CLIENT), NULL, 0), S2N_ERR_NULL);

    struct blob of_server = serialize(pair->server);
    for (uint32_t at = 0; at < blob.size; at++) {
        for (int change = 1; change < 256; change <<= 1) {
            struct blob altered = blob;
            altered.bytes[at] ^= change;
            pair->to_server.read = pair->to_server.written = 0;
            CHECK_OK(s2n_connection_deserialize(renew(pair, S2N_SERVER), of_server.bytes, of_server.size));
            check_altered(pair, &altered);
        }
    }
    disconnect(pair);
}

/* A blob from before the last records: the peer rejects what is sent, and what it has sent is rejected. */
static void test_replayed_blob(int tls13)
{
    struct pair *pair = connected_with(tls13, NULL);
    struct blob blob = serialize(pair->client);
    CHECK_OK(s2n_connection_deserialize(renew(pair, S2N_CLIENT), blob.bytes, blob.size));
    exchange(pair, 100);
    CHECK_OK(s2n_connection_deserialize(renew(pair, S2N_CLIENT), blob.bytes, blob.size));
    uint8_t byte = 0;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK(s2n_send(pair->server, &byte, 1, &blocked) == 1);
    CHECK_ERROR(s2n_recv(pair->client, &byte, 1, &blocked), S2N_ERR_DECRYPT);
    CHECK_OK(s2n_connection_deserialize(renew(pair, S2N_CLIENT), blob.bytes, blob.size));
    CHECK(s2n_send(pair->client, &byte, 1, &blocked) == 1);
    CHECK_ERROR(s2n_recv(pair->server, &byte, 1, &blocked), S2N_ERR_DECRYPT);
    disconnect(pair);
}

static int accept_request(struct s2n_connection *conn, void *context, s2n_renegotiate_response *response)
{
    (void) conn, (void) context;
    *response = S2N_RENEGOTIATE_ACCEPT;
    return 0;
}

/* Serialization and a callback for renegotiation exclude each other. */
static void test_renegotiation_callback(void)
{
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_OK(s2n_config_set_renegotiate_request_cb(config, accept_request, NULL));
    CHECK_ERROR(s2n_config_set_serialization_version(config, S2N_SERIALIZED_CONN_V1), S2N_ERR_INVALID_STATE);
    CHECK_ERROR(s2n_config_set_serialization_version(config, S2N_SERIALIZED_CONN_NONE), S2N_ERR_INVALID_STATE);
    CHECK_OK(s2n_config_set_renegotiate_request_cb(config, NULL, NULL));
    CHECK_OK(s2n_config_set_serialization_version(config, S2N_SERIALIZED_CONN_V1));
    CHECK_ERROR(s2n_config_set_renegotiate_request_cb(config, NULL, NULL), S2N_ERR_INVALID_STATE);
    CHECK_OK(s2n_config_free(config));
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    test_moves(1, NULL, 126);
    test_moves(1, "20190802", 174);
    test_moves(1, "CloudFront-TLS-1-3-2025", 126);
    test_moves(0, NULL, 142);
    test_moves(0, "ELBSecurityPolicy-TLS-1-2-Ext-2018-06", 142);
    for (int tls13 = 0; tls13 < 2; tls13++) {
        test_getters(tls13);
        test_closed(tls13);
        test_pending_data(tls13);
        test_invalid_blobs(tls13);
        test_replayed_blob(tls13);
    }
    test_wrong_state();
    test_not_new();
    test_key_updates();
    test_tickets();
    test_renegotiation_callback();
    return 0;
}
