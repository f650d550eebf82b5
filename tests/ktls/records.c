/* Other records than application data: alerts, key updates, tickets, and invalid ones. */
#include "ends.h"

static const uint8_t *raw_record;
static size_t raw_record_len;

/* Writes a record that is invalid, and receives the alert for it. */
static void write_raw(struct peer *peer)
{
    uint8_t byte;
    peer_write(peer, "data", 4);
    CHECK(write(peer->fd, raw_record, raw_record_len) == (ssize_t) raw_record_len);
    while (peer_read(peer, &byte, 1) > 0) {
    }
}

static void test_invalid_record(struct kind kind, const uint8_t *record, size_t len, int error, int alert)
{
    uint8_t byte;
    raw_record = record;
    raw_record_len = len;
    struct ends *ends = open_ends(kind, write_raw);
    enable(ends, SEND | RECV);
    expect(ends->conn, (const uint8_t *) "data", 4);
    errno = 0;
    CHECK(s2n_recv(ends->conn, &byte, 1, &blocked) == -1);
    const int os_error = errno;
    CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_IO");
    CHECK(os_error == error);
    CHECK(s2n_connection_get_delay(ends->conn) > 0);
    CHECK_ERROR(s2n_recv(ends->conn, &byte, 1, &blocked), S2N_ERR_CLOSED);
    CHECK_ERROR(s2n_send(ends->conn, "x", 1, &blocked), S2N_ERR_CLOSED);
    CHECK_ERROR(s2n_shutdown_send(ends->conn, &blocked), S2N_ERR_SHUTDOWN_PAUSED);
    wait_for_delay(ends->conn);
    CHECK_OK(s2n_shutdown(ends->conn, &blocked));
    CHECK(close_ends(ends).alert == alert);
}

void test_invalid_records(struct kind kind)
{
    static uint8_t record[5 + 0x4900];
    memcpy(record, (const uint8_t[]){ 23, 3, 3, 0, 60 }, 5);
    test_invalid_record(kind, record, 5 + 60, EBADMSG, 20);
    memcpy(record, (const uint8_t[]){ 23, 3, 3, 0x49, 0 }, 5);
    test_invalid_record(kind, record, 5 + 0x4900, EMSGSIZE, 22);
    memcpy(record, (const uint8_t[]){ 23, 9, 9, 0, 60 }, 5);
    test_invalid_record(kind, record, 5 + 60, EINVAL, 10);
}

/* A fatal alert of the peer, which has received an invalid record. */
void test_fatal_alert(struct kind kind)
{
    static const uint8_t record[5 + 60] = { 23, 3, 3, 0, 60 };
    uint8_t byte;
    kind.openssl = true;
    struct ends *ends = open_ends(kind, await_end);
    enable(ends, RECV);
    CHECK(write(ends->fd, record, sizeof(record)) == sizeof(record));
    CHECK_ERROR(s2n_recv(ends->conn, &byte, 1, &blocked), S2N_ERR_ALERT);
    CHECK(s2n_connection_get_alert(ends->conn) == 20);
    CHECK_ERROR(s2n_recv(ends->conn, &byte, 1, &blocked), S2N_ERR_CLOSED);
    close_ends(ends);
}

/* Whether the kernel can update keys: if not, it fails before it reads the value. */
static bool updates_keys(int fd)
{
    const uint8_t none[4] = { 0 };
    CHECK(setsockopt(fd, 282, 1, none, sizeof(none)) == -1);
    return errno == EINVAL;
}

static void update_key(struct peer *peer, bool requested)
{
    if (peer->kind.openssl) {
        const int type = requested ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED;
        CHECK(SSL_key_update(peer->ssl, type) == 1);
    } else {
        CHECK_OK(s2n_connection_request_key_update(peer->conn, S2N_KEY_UPDATE_NOT_REQUESTED));
    }
}

static void send_with_update(struct peer *peer)
{
    uint8_t byte;
    peer_write(peer, "old key", 7);
    for (int i = 0; i < 3; i++) {
        update_key(peer, false);
        peer_write(peer, "new key", 7);
    }
    while (peer_read(peer, &byte, 1) > 0) {
    }
}

/* The peer updates its keys. */
void test_received_key_update(struct kind kind)
{
    uint8_t byte, sent = 9, received = 9;
    struct ends *ends = open_ends(kind, send_with_update);
    enable(ends, SEND | RECV);
    expect(ends->conn, (const uint8_t *) "old key", 7);
    if (updates_keys(ends->fd)) {
        expect(ends->conn, (const uint8_t *) "new keynew keynew key", 21);
        CHECK_OK(s2n_connection_get_key_update_counts(ends->conn, &sent, &received));
        CHECK(sent == 0 && received == 3);
        CHECK_OK(s2n_shutdown_send(ends->conn, &blocked));
        close_ends(ends);
        return;
    }
    CHECK_ERROR(s2n_recv(ends->conn, &byte, 1, &blocked), S2N_ERR_KTLS_SOCKOPT);
    CHECK_ERROR(s2n_recv(ends->conn, &byte, 1, &blocked), S2N_ERR_CLOSED);
    wait_for_delay(ends->conn);
    CHECK_OK(s2n_shutdown(ends->conn, &blocked));
    CHECK(close_ends(ends).alert == 80);
}

/* The application requests an update of the write key. */
void test_sent_key_update(struct kind kind)
{
    uint8_t sent = 9, received = 9;
    struct ends *ends = open_ends(kind, sink);
    enable(ends, SEND);
    send_all(ends->conn, (const uint8_t *) "old key", 7);
    CHECK_OK(s2n_connection_request_key_update(ends->conn, S2N_KEY_UPDATE_NOT_REQUESTED));
    const bool updates = kind.tls13 && updates_keys(ends->fd);
    if (!kind.tls13 || updates) {
        send_all(ends->conn, (const uint8_t *) "new key", 7);
    } else {
        CHECK_ERROR(s2n_send(ends->conn, "new key", 7, &blocked), S2N_ERR_KTLS_SOCKOPT);
        size_t written = 9;
        CHECK_ERROR(s2n_sendfile(ends->conn, 0, 0, 1, &written, &blocked), S2N_ERR_KTLS_SOCKOPT);
        CHECK(written == 0);
    }
    CHECK_OK(s2n_connection_get_key_update_counts(ends->conn, &sent, &received));
    CHECK(sent == updates && received == 0);
    /* The peer can decrypt the close_notify. */
    shutdown_both(ends);
    CHECK(close_ends(ends).total == (kind.tls13 && !updates ? 7 : 14));
}

/* Key updates of this side, between pieces of a file. */
void test_replacing_keys(void)
{
    const struct kind kind = { .tls13 = true, .openssl = true, .mode = S2N_SERVER };
    uint8_t *data = pattern(100000), sent = 9, received = 9;
    const int file = new_file(data, 100000);
    struct ends *ends = open_ends(kind, echo);
    size_t written = 0;
    enable(ends, SEND | RECV);
    const bool updates = updates_keys(ends->fd);
    printf("ktls: the kernel %s keys\n", updates ? "can replace" : "cannot replace");
    for (int i = 0; i < 5; i++) {
        if (updates) {
            CHECK_OK(s2n_connection_request_key_update(ends->conn, S2N_KEY_UPDATE_NOT_REQUESTED));
        }
        CHECK_OK(s2n_sendfile(ends->conn, file, 0, 100000, &written, &blocked));
        CHECK(written == 100000);
        send_all(ends->conn, data, 20000);
        expect(ends->conn, data, 100000);
        expect(ends->conn, data, 20000);
    }
    CHECK_OK(s2n_connection_get_key_update_counts(ends->conn, &sent, &received));
    CHECK(sent == (updates ? 5 : 0) && received == 0);
    shutdown_both(ends);
    close_ends(ends);
    CHECK_OK(close(file));
    free(data);
}

static void request_update(struct peer *peer)
{
    uint8_t buffer[7];
    update_key(peer, true);
    peer_write(peer, "request", 7);
    while (peer_read(peer, buffer, sizeof(buffer)) > 0) {
    }
}

/* The peer requests an update, which this side must send before other data; kernel TLS only sends. */
void test_requested_key_update(struct kind kind)
{
    kind.openssl = true;
    struct ends *ends = open_ends(kind, request_update);
    enable(ends, SEND);
    expect(ends->conn, (const uint8_t *) "request", 7);
    if (updates_keys(ends->fd)) {
        send_all(ends->conn, (const uint8_t *) "new key", 7);
    } else {
        CHECK_ERROR(s2n_send(ends->conn, "x", 1, &blocked), S2N_ERR_KTLS_SOCKOPT);
    }
    CHECK_OK(s2n_shutdown_send(ends->conn, &blocked));
    CHECK(close_ends(ends).alert == 0);
}

static int tickets;

static int count_ticket(struct s2n_connection *conn, void *context, struct s2n_session_ticket *ticket)
{
    (void) conn, (void) context, (void) ticket;
    tickets++;
    return 0;
}

static void use_tickets(struct s2n_config *config)
{
    uint8_t secret[32] = { 7 };
    CHECK_OK(s2n_config_set_session_tickets_onoff(config, 1));
    CHECK_OK(s2n_config_set_session_ticket_cb(config, count_ticket, NULL));
    CHECK_OK(s2n_config_add_ticket_crypto_key(config, (const uint8_t *) "key", 3, secret, sizeof(secret), 0));
    CHECK_OK(s2n_config_set_initial_ticket_count(config, 0));
}

/* Tickets are handshake messages, which the kernel passes on. */
void test_received_tickets(void)
{
    const struct kind kind = { .tls13 = true, .openssl = true, .mode = S2N_CLIENT };
    prepare = use_tickets;
    struct ends *ends = open_ends(kind, echo);
    prepare = NULL;
    enable(ends, SEND | RECV);
    tickets = 0;
    send_all(ends->conn, (const uint8_t *) "x", 1);
    expect(ends->conn, (const uint8_t *) "x", 1);
    CHECK(tickets == 2);
    shutdown_both(ends);
    close_ends(ends);
}

static int count_session(SSL *ssl, SSL_SESSION *session)
{
    (void) session;
    struct peer *peer = SSL_get_app_data(ssl);
    peer->total++;
    return 0;
}

static void count_sessions(struct peer *peer)
{
    uint8_t byte;
    SSL_CTX_set_session_cache_mode(peer->context, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(peer->context, count_session);
    while (peer_read(peer, &byte, 1) > 0) {
    }
    peer_close(peer);
}

/* A server sends tickets by the kernel. */
void test_sent_tickets(void)
{
    const struct kind kind = { .tls13 = true, .openssl = true, .mode = S2N_SERVER };
    prepare = use_tickets;
    struct ends *ends = open_ends(kind, count_sessions);
    prepare = NULL;
    enable(ends, SEND);
    CHECK_OK(s2n_connection_add_new_tickets_to_send(ends->conn, 3));
    send_all(ends->conn, (const uint8_t *) "x", 1);
    uint16_t sent = 0;
    CHECK_OK(s2n_connection_get_tickets_sent(ends->conn, &sent));
    CHECK(sent == 3);
    shutdown_both(ends);
    CHECK(close_ends(ends).total == 3);
}
