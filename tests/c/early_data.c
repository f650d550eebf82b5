/*
 * Early data (0-RTT): with tickets and external pre-shared keys, accepted and rejected, limits at the byte, the
 * application's decision, and calls in the wrong state.
 *
 * usage: early_data FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

#include <stdbool.h>

static const char SECRET[] = "0123456789abcdef0123456789abcdef";
#define LIMIT 1000

/* What a pair starts with: an external key, the session of a ticket, or neither. */
struct setup {
    bool ticket;
    bool retry;
    uint32_t limit;
    const char *alpn;
    s2n_early_data_cb decide;
};

static uint8_t session[2000];
static int session_length;

static int keep_ticket(struct s2n_connection *conn, void *context, struct s2n_session_ticket *ticket)
{
    (void) ticket;
    (void) context;
    session_length = s2n_connection_get_session(conn, session, sizeof(session));
    CHECK(session_length > 0);
    return 0;
}

static void use_tickets(struct pair *pair, uint32_t limit)
{
    uint8_t key[] = "the secret of the key";
    CHECK_OK(s2n_config_set_session_tickets_onoff(pair->config, 1));
    CHECK_OK(s2n_config_add_ticket_crypto_key(pair->config, (const uint8_t *) "key", 3, key, sizeof(key), 0));
    CHECK_OK(s2n_config_set_server_max_early_data_size(pair->config, limit));
    CHECK_OK(s2n_config_set_session_ticket_cb(pair->config, keep_ticket, NULL));
    CHECK_OK(s2n_connection_set_server_early_data_context(pair->server, (const uint8_t *) "context", 7));
    CHECK_OK(s2n_connection_add_new_tickets_to_send(pair->server, 1));
}

static void append(struct s2n_connection *conn, uint32_t limit, const char *alpn)
{
    struct s2n_psk *psk = s2n_external_psk_new();
    CHECK(psk != NULL);
    CHECK_OK(s2n_psk_set_identity(psk, (const uint8_t *) "identity", 8));
    CHECK_OK(s2n_psk_set_secret(psk, (const uint8_t *) SECRET, sizeof(SECRET)));
    CHECK_ERROR(s2n_psk_configure_early_data(psk, limit, 0x13, 0x02), S2N_ERR_INVALID_ARGUMENT);
    CHECK_ERROR(s2n_psk_configure_early_data(psk, limit, 0xff, 0xff), S2N_ERR_CIPHER_NOT_SUPPORTED);
    CHECK_OK(s2n_psk_configure_early_data(psk, limit, 0x13, 0x01));
    CHECK_OK(s2n_psk_set_early_data_context(psk, (const uint8_t *) "context", 7));
    CHECK_OK(s2n_psk_set_early_data_context(psk, NULL, 0));
    CHECK_OK(s2n_psk_set_early_data_context(psk, (const uint8_t *) "context", 7));
    if (alpn != NULL) {
        CHECK_OK(s2n_psk_set_application_protocol(psk, (const uint8_t *) alpn, strlen(alpn)));
    }
    CHECK_OK(s2n_connection_append_psk(conn, psk));
    CHECK_OK(s2n_psk_free(&psk));
}

static void get_session(uint32_t limit)
{
    struct pair *pair = new_pair(1, "ecdsa");
    use_tickets(pair, limit);
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    uint8_t byte = 0;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    session_length = 0;
    CHECK_ERROR(s2n_recv(pair->client, &byte, 1, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(session_length > 0);
    disconnect(pair);
}

static struct pair *prepare(struct setup setup)
{
    if (setup.ticket) {
        get_session(setup.limit);
    }
    struct pair *pair = new_pair(1, "ecdsa");
    if (setup.retry) {
        CHECK_OK(s2n_connection_set_cipher_preferences(pair->client, "20240603"));
        CHECK_OK(s2n_connection_set_cipher_preferences(pair->server, "20251113"));
    }
    CHECK_OK(s2n_config_set_early_data_cb(pair->config, setup.decide));
    if (setup.alpn != NULL) {
        CHECK_OK(s2n_config_append_protocol_preference(pair->config, (const uint8_t *) setup.alpn,
                strlen(setup.alpn)));
    }
    if (setup.ticket) {
        use_tickets(pair, setup.limit);
        CHECK_OK(s2n_connection_set_session(pair->client, session, session_length));
    } else {
        append(pair->client, setup.limit, setup.alpn);
        append(pair->server, setup.limit, setup.alpn);
    }
    return pair;
}

static s2n_early_data_status_t status_of(struct s2n_connection *conn)
{
    s2n_early_data_status_t status = (s2n_early_data_status_t) 77;
    CHECK_OK(s2n_connection_get_early_data_status(conn, &status));
    return status;
}

static uint32_t remaining(struct s2n_connection *conn)
{
    uint32_t size = 77;
    CHECK_OK(s2n_connection_get_remaining_early_data_size(conn, &size));
    return size;
}

static uint32_t maximum(struct s2n_connection *conn)
{
    uint32_t size = 77;
    CHECK_OK(s2n_connection_get_max_early_data_size(conn, &size));
    return size;
}

static void complete(struct pair *pair)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    struct s2n_connection *const ends[] = { pair->client, pair->server };
    for (int i = 0; i < 2; i++) {
        uint8_t byte = 7 + i, received = 0;
        CHECK(s2n_send(ends[i], &byte, 1, &blocked) == 1);
        CHECK(s2n_recv(ends[1 - i], &received, 1, &blocked) == 1);
        CHECK(received == byte);
        /* Early data is over. */
        ssize_t count = 77;
        if (i == 0) {
            CHECK_OK(s2n_send_early_data(ends[0], &byte, 1, &count, &blocked));
        } else {
            CHECK_OK(s2n_recv_early_data(ends[1], &byte, 1, &count, &blocked));
        }
        CHECK(count == 0 && blocked == S2N_NOT_BLOCKED);
        CHECK(remaining(ends[i]) == 0);
    }
    disconnect(pair);
}

static void send_blocked(struct pair *pair, const uint8_t *data, ssize_t size, ssize_t expected)
{
    ssize_t sent = 77;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_send_early_data(pair->client, data, size, &sent, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(sent == expected && blocked == S2N_BLOCKED_ON_READ);
}

static void send_more(struct pair *pair, const uint8_t *data, ssize_t size, ssize_t expected)
{
    ssize_t sent = 77;
    s2n_blocked_status blocked = S2N_BLOCKED_ON_READ;
    CHECK_OK(s2n_send_early_data(pair->client, data, size, &sent, &blocked));
    CHECK(sent == expected && blocked == S2N_NOT_BLOCKED);
}

static void recv_blocked(struct pair *pair, uint8_t *room, ssize_t size, ssize_t expected)
{
    ssize_t received = 77;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_recv_early_data(pair->server, room, size, &received, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(received == expected && blocked == S2N_BLOCKED_ON_READ);
}

static void early_data_is_received(struct setup setup)
{
    uint8_t data[LIMIT], room[LIMIT] = { 0 };
    fill_with_pattern(data, sizeof(data));
    struct pair *pair = prepare(setup);
    CHECK(status_of(pair->client) == S2N_EARLY_DATA_STATUS_OK);
    CHECK(maximum(pair->client) == LIMIT && maximum(pair->server) == LIMIT);
    send_blocked(pair, data, 10, 10);
    CHECK(remaining(pair->client) == LIMIT - 10);
    send_blocked(pair, data + 10, 20, 20);

    /* A full buffer: the rest stays. */
    ssize_t received = 77;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_recv_early_data(pair->server, room, 5, &received, &blocked), S2N_ERR_EARLY_DATA_BLOCKED);
    CHECK(received == 5 && blocked == S2N_BLOCKED_ON_EARLY_DATA);
    CHECK(s2n_peek(pair->server) == 5);
    CHECK_TEXT(s2n_connection_get_last_message_name(pair->server), "END_OF_EARLY_DATA");
    /* Other calls lose nothing. */
    uint8_t byte = 0;
    CHECK_ERROR(s2n_recv(pair->server, &byte, 1, &blocked), S2N_ERR_EARLY_DATA_NOT_ALLOWED);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_BAD_MESSAGE);
    CHECK(s2n_connection_get_delay(pair->server) == 0);
    CHECK_ERROR(s2n_send(pair->client, data, 1, &blocked), S2N_ERR_EARLY_DATA_NOT_ALLOWED);
    CHECK_ERROR(s2n_recv(pair->client, &byte, 1, &blocked), S2N_ERR_EARLY_DATA_NOT_ALLOWED);
    CHECK_ERROR(s2n_recv_early_data(pair->server, room, 0, &received, &blocked), S2N_ERR_EARLY_DATA_BLOCKED);
    CHECK(received == 0);
    recv_blocked(pair, room + 5, LIMIT - 5, 25);
    CHECK(memcmp(room, data, 30) == 0);
    CHECK(remaining(pair->server) == LIMIT - 30);

    /* Early data may follow the server's flight. */
    send_more(pair, data + 30, 70, 70);
    CHECK_TEXT(s2n_connection_get_last_message_name(pair->client), "END_OF_EARLY_DATA");
    recv_blocked(pair, room + 30, 70, 70);
    CHECK(memcmp(room, data, 100) == 0);
    CHECK(status_of(pair->client) == S2N_EARLY_DATA_STATUS_OK);
    CHECK(s2n_negotiate(pair->client, &blocked) == 0);
    CHECK(status_of(pair->client) == S2N_EARLY_DATA_STATUS_END);
    CHECK_OK(s2n_recv_early_data(pair->server, room, sizeof(room), &received, &blocked));
    CHECK(received == 0 && blocked == S2N_NOT_BLOCKED);
    CHECK(status_of(pair->server) == S2N_EARLY_DATA_STATUS_END);
    CHECK_TEXT(s2n_connection_get_handshake_type_name(pair->client),
            "NEGOTIATED|MIDDLEBOX_COMPAT|WITH_EARLY_DATA|EARLY_CLIENT_CCS");
    CHECK_TEXT(s2n_connection_get_handshake_type_name(pair->server),
            "NEGOTIATED|MIDDLEBOX_COMPAT|WITH_EARLY_DATA|EARLY_CLIENT_CCS");
    CHECK(s2n_connection_is_session_resumed(pair->server) == setup.ticket);
    complete(pair);
}

static void the_limit_is_exact(bool ticket)
{
    uint8_t data[LIMIT + 1], room[LIMIT + 1];
    fill_with_pattern(data, sizeof(data));
    /* A client sends no more than the limit. */
    struct pair *pair = prepare((struct setup){ .ticket = ticket, .limit = LIMIT });
    send_more(pair, data, LIMIT + 1, LIMIT);
    send_more(pair, data, 1, 0);
    CHECK(remaining(pair->client) == 0);
    ssize_t received = 77;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_OK(s2n_recv_early_data(pair->server, room, sizeof(room), &received, &blocked));
    CHECK(received == LIMIT && memcmp(room, data, LIMIT) == 0);
    complete(pair);

    /* A server accepts no more than its own limit. */
    pair = prepare((struct setup){ .ticket = ticket, .limit = LIMIT });
    if (ticket) {
        CHECK_OK(s2n_connection_set_server_max_early_data_size(pair->server, LIMIT - 1));
        send_more(pair, data, LIMIT, LIMIT);
        CHECK_ERROR(s2n_recv_early_data(pair->server, room, sizeof(room), &received, &blocked),
                S2N_ERR_MAX_EARLY_DATA_SIZE);
        CHECK(received == 0 && blocked == S2N_NOT_BLOCKED);
        uint32_t size = 77;
        CHECK_ERROR(s2n_connection_get_remaining_early_data_size(pair->server, &size),
                S2N_ERR_MAX_EARLY_DATA_SIZE);
        CHECK(size == 0);
        CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_CLOSED);
        CHECK_OK(s2n_shutdown_send(pair->server, &blocked));
        CHECK_OK(s2n_negotiate(pair->client, &blocked));
        CHECK_ERROR(s2n_recv(pair->client, room, 1, &blocked), S2N_ERR_ALERT);
        CHECK(s2n_connection_get_alert(pair->client) == 10);
    }
    disconnect(pair);
}

/* The server does not ask for early data, or cannot accept it: it skips what the client sends. */
static void early_data_is_skipped(struct setup setup, bool expects)
{
    uint8_t data[LIMIT], room[LIMIT];
    fill_with_pattern(data, sizeof(data));
    struct pair *pair = prepare(setup);
    send_blocked(pair, data, 400, 400);
    send_more(pair, data + 400, LIMIT, LIMIT - 400);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    if (expects) {
        ssize_t received = 77;
        CHECK_OK(s2n_recv_early_data(pair->server, room, sizeof(room), &received, &blocked));
        CHECK(received == 0);
    } else {
        CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_IO_BLOCKED);
    }
    CHECK(status_of(pair->server) == S2N_EARLY_DATA_STATUS_REJECTED);
    CHECK(remaining(pair->server) == 0);
    ssize_t sent = 77;
    const int result = s2n_send_early_data(pair->client, data, 1, &sent, &blocked);
    CHECK(result == 0 && sent == 0);
    complete(pair);
}

static void rejected_early_data_is_skipped_up_to_the_limit(void)
{
    static const size_t most[] = { LIMIT, LIMIT + 1 };
    uint8_t data[LIMIT + 1];
    fill_with_pattern(data, sizeof(data));
    for (int i = 0; i < 2; i++) {
        get_session(LIMIT + 1);
        struct pair *pair = new_pair(1, "ecdsa");
        CHECK_OK(s2n_connection_set_session(pair->client, session, session_length));
        /* The server does not have the key of the ticket. */
        CHECK_OK(s2n_config_set_server_max_early_data_size(pair->config, LIMIT));
        ssize_t sent = 0;
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        s2n_send_early_data(pair->client, data, most[i], &sent, &blocked);
        CHECK(sent == (ssize_t) most[i]);
        if (i == 0) {
            complete(pair);
            continue;
        }
        CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_MAX_EARLY_DATA_SIZE);
        disconnect(pair);
    }
}

/* The decisions of the application. */
static struct s2n_offered_early_data *offer;
static int decisions;

static int accept_now(struct s2n_connection *conn, struct s2n_offered_early_data *offered)
{
    uint16_t length = 77;
    uint8_t context[7];
    (void) conn;
    decisions++;
    CHECK_OK(s2n_offered_early_data_get_context_length(offered, &length));
    CHECK(length == 7);
    CHECK_ERROR(s2n_offered_early_data_get_context(offered, context, 6), S2N_ERR_INSUFFICIENT_MEM_SIZE);
    CHECK_OK(s2n_offered_early_data_get_context(offered, context, 7));
    CHECK(memcmp(context, "context", 7) == 0);
    CHECK_OK(s2n_offered_early_data_accept(offered));
    CHECK_OK(s2n_offered_early_data_accept(offered));
    CHECK_ERROR(s2n_offered_early_data_reject(offered), S2N_ERR_INVALID_EARLY_DATA_STATE);
    return 0;
}

static int reject_now(struct s2n_connection *conn, struct s2n_offered_early_data *offered)
{
    decisions++;
    CHECK_OK(s2n_offered_early_data_reject(offered));
    CHECK(status_of(conn) == S2N_EARLY_DATA_STATUS_REJECTED);
    return 0;
}

static int decide_later(struct s2n_connection *conn, struct s2n_offered_early_data *offered)
{
    (void) conn;
    decisions++;
    offer = offered;
    return 0;
}

static int end_handshake(struct s2n_connection *conn, struct s2n_offered_early_data *offered)
{
    (void) conn;
    (void) offered;
    decisions++;
    return -1;
}

static void the_application_decides_later(bool accepts)
{
    uint8_t data[10] = { 0 }, room[10];
    struct pair *pair = prepare((struct setup){ .ticket = true, .limit = LIMIT, .decide = decide_later });
    send_blocked(pair, data, 10, 10);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    ssize_t received = 77;
    decisions = 0;
    for (int i = 0; i < 3; i++) {
        CHECK_ERROR(s2n_recv_early_data(pair->server, room, 10, &received, &blocked), S2N_ERR_ASYNC_BLOCKED);
        CHECK(received == 0 && blocked == S2N_BLOCKED_ON_APPLICATION_INPUT);
    }
    CHECK(decisions == 1);
    uint8_t byte = 0;
    CHECK_OK(accepts ? s2n_offered_early_data_accept(offer) : s2n_offered_early_data_reject(offer));
    if (accepts) {
        /* The decision applies at once. */
        CHECK_ERROR(s2n_recv(pair->server, &byte, 1, &blocked), S2N_ERR_EARLY_DATA_NOT_ALLOWED);
        recv_blocked(pair, room, 10, 10);
        CHECK(s2n_connection_is_session_resumed(pair->server));
    } else {
        CHECK_OK(s2n_recv_early_data(pair->server, room, 10, &received, &blocked));
        CHECK(received == 0);
    }
    complete(pair);
}

static void the_callback_may_end_the_handshake(void)
{
    uint8_t data[10] = { 0 }, room[10];
    struct pair *pair = prepare((struct setup){ .limit = LIMIT, .decide = end_handshake });
    send_blocked(pair, data, 10, 10);
    ssize_t received = 77;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_recv_early_data(pair->server, room, 10, &received, &blocked), S2N_ERR_CANCELLED);
    CHECK(s2n_connection_get_delay(pair->server) == 0);
    disconnect(pair);
}

/* Only a client with the key makes the application record a replay. */
static void the_callback_is_not_called_for_a_wrong_binder(void)
{
    uint8_t data[10] = { 0 }, room[10];
    struct pair *pair = prepare((struct setup){ .limit = LIMIT, .decide = accept_now });
    decisions = 0;
    send_blocked(pair, data, 10, 10);
    /* The binder is at the end of the ClientHello. */
    size_t len = 0;
    uint8_t *hello = first_handshake_message(&pair->to_server, &len);
    hello[len - 1] ^= 1;
    ssize_t received = 77;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_recv_early_data(pair->server, room, 10, &received, &blocked), S2N_ERR_BAD_PSK_BINDER);
    CHECK(decisions == 0);
    disconnect(pair);
}

static void altered_early_data_ends_the_connection(void)
{
    uint8_t data[10] = { 0 }, room[10];
    struct pair *pair = prepare((struct setup){ .limit = LIMIT });
    send_blocked(pair, data, 10, 10);
    pair->to_server.bytes[pair->to_server.written - 1] ^= 1;
    ssize_t received = 77;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_recv_early_data(pair->server, room, 10, &received, &blocked), S2N_ERR_DECRYPT);
    CHECK(received == 0 && s2n_connection_get_delay(pair->server) > 0);
    CHECK_ERROR(s2n_recv_early_data(pair->server, room, 10, &received, &blocked), S2N_ERR_CLOSED);
    disconnect(pair);
}

static void without_a_key_there_is_no_early_data(void)
{
    uint8_t byte = 0;
    ssize_t count = 77;
    s2n_blocked_status blocked = S2N_BLOCKED_ON_READ;
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_OK(s2n_send_early_data(pair->client, &byte, 1, &count, &blocked));
    CHECK(count == 0 && blocked == S2N_NOT_BLOCKED);
    CHECK(pair->to_server.written == 0);
    CHECK_OK(s2n_recv_early_data(pair->server, &byte, 1, &count, &blocked));
    CHECK(count == 0);
    CHECK_ERROR(s2n_send_early_data(pair->server, &byte, 1, &count, &blocked), S2N_ERR_SERVER_MODE);
    CHECK_ERROR(s2n_recv_early_data(pair->client, &byte, 1, &count, &blocked), S2N_ERR_CLIENT_MODE);
    CHECK_ERROR(s2n_send_early_data(pair->client, &byte, -1, &count, &blocked), S2N_ERR_SAFETY);
    CHECK_ERROR(s2n_send_early_data(NULL, &byte, 1, &count, &blocked), S2N_ERR_NULL);
    CHECK_ERROR(s2n_send_early_data(pair->client, &byte, 1, NULL, &blocked), S2N_ERR_NULL);
    CHECK_ERROR(s2n_send_early_data(pair->client, &byte, 1, &count, NULL), S2N_ERR_NULL);
    CHECK_ERROR(s2n_recv_early_data(NULL, &byte, 1, &count, &blocked), S2N_ERR_NULL);
    CHECK_ERROR(s2n_recv_early_data(pair->server, &byte, 1, NULL, &blocked), S2N_ERR_NULL);
    CHECK_ERROR(s2n_recv_early_data(pair->server, &byte, 1, &count, NULL), S2N_ERR_NULL);
    CHECK(maximum(pair->client) == 0 && remaining(pair->client) == 0);
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK(status_of(pair->client) == S2N_EARLY_DATA_STATUS_NOT_REQUESTED);
    CHECK(status_of(pair->server) == S2N_EARLY_DATA_STATUS_NOT_REQUESTED);
    disconnect(pair);

    /* Nor in TLS 1.2. */
    pair = new_pair(0, "ecdsa");
    append(pair->client, LIMIT, NULL);
    append(pair->server, LIMIT, NULL);
    CHECK_OK(s2n_send_early_data(pair->client, &byte, 1, &count, &blocked));
    CHECK(count == 0 && blocked == S2N_NOT_BLOCKED);
    CHECK_OK(s2n_recv_early_data(pair->server, &byte, 1, &count, &blocked));
    CHECK(count == 0);
    CHECK(status_of(pair->client) == S2N_EARLY_DATA_STATUS_NOT_REQUESTED);
    CHECK(status_of(pair->server) == S2N_EARLY_DATA_STATUS_NOT_REQUESTED);
    complete(pair);
}

/* A client that has sent early data ends a handshake of TLS 1.2 (RFC 8446, D.3). */
static void tls12_after_early_data_is_an_error(void)
{
    uint8_t data[10] = { 0 };
    struct pair *pair = prepare((struct setup){ .limit = LIMIT });
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->client, "default"));
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->server, policy(0)));
    send_blocked(pair, data, sizeof(data), sizeof(data));
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    /* The ChangeCipherSpec before the early data. */
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_BAD_MESSAGE);
    CHECK(status_of(pair->server) == S2N_EARLY_DATA_STATUS_REJECTED);
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_PROTOCOL_VERSION_UNSUPPORTED);
    CHECK(s2n_connection_get_delay(pair->client) == 0);
    disconnect(pair);
}

/* The client requests early data only with its first call. */
static void negotiate_requests_no_early_data(void)
{
    struct pair *pair = prepare((struct setup){ .ticket = true, .limit = LIMIT });
    complete(pair);
}

static void a_blocked_transport_loses_nothing(void)
{
    uint8_t data[LIMIT], room[LIMIT];
    fill_with_pattern(data, sizeof(data));
    for (size_t step = 1; step < 40; step += 6) {
        struct pair *pair = prepare((struct setup){ .ticket = true, .limit = LIMIT });
        size_t sent = 0, received = 0;
        pair->to_server.room = 0;
        for (int turn = 0; sent < LIMIT; turn++) {
            ssize_t count = 77;
            s2n_blocked_status blocked = S2N_NOT_BLOCKED;
            CHECK(turn < 10000);
            pair->to_server.room += step;
            if (s2n_send_early_data(pair->client, data + sent, LIMIT - sent, &count, &blocked) != 0) {
                CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
            }
            sent += count;
            if (s2n_recv_early_data(pair->server, room + received, LIMIT - received, &count, &blocked) != 0) {
                CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
            }
            received += count;
        }
        pair->to_server.room = SIZE_MAX;
        ssize_t count = 77;
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK_OK(s2n_recv_early_data(pair->server, room + received, LIMIT - received, &count, &blocked));
        CHECK(received + count == LIMIT && memcmp(room, data, LIMIT) == 0);
        complete(pair);
    }
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (int ticket = 0; ticket < 2; ticket++) {
        early_data_is_received((struct setup){ .ticket = ticket, .limit = LIMIT });
        early_data_is_received((struct setup){ .ticket = ticket, .limit = LIMIT, .decide = accept_now });
        the_limit_is_exact(ticket);
        early_data_is_skipped((struct setup){ .ticket = ticket, .limit = LIMIT }, false);
        early_data_is_skipped((struct setup){ .ticket = ticket, .limit = LIMIT, .retry = true }, false);
        early_data_is_skipped((struct setup){ .ticket = ticket, .limit = LIMIT, .retry = true }, true);
        early_data_is_skipped((struct setup){ .ticket = ticket, .limit = LIMIT, .decide = reject_now }, true);
    }
    /* The session has no protocol. */
    early_data_is_skipped((struct setup){ .ticket = true, .limit = LIMIT, .alpn = "h2" }, true);
    early_data_is_skipped((struct setup){ .ticket = false, .limit = LIMIT, .alpn = "h2" }, true);
    rejected_early_data_is_skipped_up_to_the_limit();
    the_application_decides_later(true);
    the_application_decides_later(false);
    the_callback_may_end_the_handshake();
    the_callback_is_not_called_for_a_wrong_binder();
    altered_early_data_ends_the_connection();
    without_a_key_there_is_no_early_data();
    tls12_after_early_data_is_an_error();
    negotiate_requests_no_early_data();
    a_blocked_transport_loses_nothing();
    return 0;
}
