/*
 * Application data records: sending, receiving, record sizes and closing over an in-memory transport
 * that blocks, fails or corrupts bytes where a test requires it.
 *
 * usage: records FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

static uint8_t data[60000];
static uint8_t received[60000];

/* Receives until the transport blocks, and returns the number of bytes. */
static size_t receive_all(struct s2n_connection *conn)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    size_t total = 0;
    ssize_t count = 0;
    while ((count = s2n_recv(conn, received + total, sizeof(received) - total, &blocked)) > 0) {
        total += count;
    }
    CHECK(count == -1 && s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
    return total;
}

static void negotiated_parameters_are_reported(int tls13)
{
    struct pair *pair = connected(tls13);
    struct s2n_connection *const both[] = { pair->client, pair->server };
    s2n_blocked_status blocked = S2N_BLOCKED_ON_READ;
    for (int i = 0; i < 2; i++) {
        CHECK(s2n_connection_get_actual_protocol_version(both[i])
                == (tls13 ? S2N_TLS13 : S2N_TLS12));
        CHECK_TEXT(s2n_connection_get_cipher(both[i]),
                tls13 ? "TLS_AES_128_GCM_SHA256" : "ECDHE-ECDSA-AES128-GCM-SHA256");
        CHECK_TEXT(s2n_get_server_name(both[i]), "localhost");
        CHECK(s2n_get_application_protocol(both[i]) == NULL);
        CHECK(s2n_connection_is_session_resumed(both[i]) == 0);
        uint8_t first = 0, second = 0;
        CHECK_OK(s2n_connection_get_cipher_iana_value(both[i], &first, &second));
        CHECK(first == (tls13 ? 0x13 : 0xc0) && second == (tls13 ? 0x01 : 0x2b));
        CHECK_ERROR(s2n_connection_get_alert(both[i]), S2N_ERR_NO_ALERT);
        CHECK_OK(s2n_negotiate(both[i], &blocked));
        CHECK(blocked == S2N_NOT_BLOCKED);
    }
    CHECK(s2n_connection_get_wire_bytes_out(pair->client) == pair->to_server.written);
    CHECK(s2n_connection_get_wire_bytes_in(pair->client) == pair->to_client.read);
    CHECK(s2n_connection_get_wire_bytes_out(pair->server) == pair->to_client.written);
    CHECK(s2n_connection_get_wire_bytes_in(pair->server) == pair->to_server.read);
    disconnect(pair);
}

static void record_sizes_match_s2n_tls(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    const size_t overhead = tls13 ? 22 : 29;
    const struct {
        int (*prefer)(struct s2n_connection *);
        size_t size;
    } cases[] = {
        { NULL, 8087 },
        { s2n_connection_prefer_throughput, 16384 },
        { s2n_connection_prefer_low_latency, 1435 },
    };
    for (int i = 0; i < 3; i++) {
        if (cases[i].prefer != NULL) {
            CHECK_OK(cases[i].prefer(pair->client));
        }
        size_t before = pair->to_server.written;
        CHECK(s2n_send(pair->client, data, 2 * cases[i].size, &blocked)
                == (ssize_t)(2 * cases[i].size));
        CHECK(pair->to_server.written - before == 2 * (cases[i].size + overhead));
        before = pair->to_server.written;
        CHECK(s2n_send(pair->client, data, cases[i].size + 1, &blocked)
                == (ssize_t)(cases[i].size + 1));
        CHECK(pair->to_server.written - before == cases[i].size + 1 + 2 * overhead);
        CHECK(receive_all(pair->server) == 3 * cases[i].size + 1);
    }
    disconnect(pair);
}

/* Checks that no record of the handshake has more than `limit` bytes of content. */
static void check_handshake_records(const struct transport *transport, size_t limit)
{
    size_t at = 0;
    while (at < transport->written) {
        const uint8_t *header = transport->bytes + at;
        const size_t length = (size_t) header[3] << 8 | header[4];
        /* Protected records: the content, its type, the tag, and in TLS 1.2 an explicit nonce. */
        CHECK(length <= limit + 24);
        at += 5 + length;
    }
    CHECK(at == transport->written);
}

static void a_config_limits_the_size_of_records(int tls13)
{
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK(config != NULL);
    CHECK_ERROR(s2n_config_set_max_fragment_length(NULL, 100), S2N_ERR_NULL);
    CHECK_ERROR(s2n_config_set_max_fragment_length(config, 0), S2N_ERR_FRAGMENT_LENGTH_TOO_SMALL);
    CHECK_ERROR(s2n_config_set_max_fragment_length(config, 16385), S2N_ERR_FRAGMENT_LENGTH_TOO_LARGE);
    CHECK_OK(s2n_config_set_max_fragment_length(config, 16384));

    static const uint16_t limits[] = { 1, 26, 27, 28, 100, 1000 };
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        const size_t limit = limits[i], handshake_limit = limit < 27 ? 27 : limit;
        struct pair *pair = new_pair(tls13, "ecdsa");
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK_OK(s2n_config_set_max_fragment_length(pair->config, limits[i]));
        /* The setting is that of the config when it is assigned. */
        CHECK_OK(s2n_connection_set_config(pair->client, config));
        CHECK_OK(s2n_connection_set_config(pair->client, pair->config));
        const char *client, *server;
        negotiate(pair, &client, &server);
        CHECK_TEXT(client, "S2N_ERR_OK");
        CHECK_TEXT(server, "S2N_ERR_OK");
        check_handshake_records(&pair->to_server, handshake_limit);
        check_handshake_records(&pair->to_client, handshake_limit);

        const size_t before = pair->to_server.written, overhead = tls13 ? 22 : 29;
        CHECK(s2n_send(pair->client, data, 2 * limit, &blocked) == (ssize_t)(2 * limit));
        CHECK(pair->to_server.written - before == 2 * (limit + overhead));
        CHECK(s2n_send(pair->server, data, 3000, &blocked) == 3000);
        CHECK(receive_all(pair->client) == 3000);
        CHECK(receive_all(pair->server) == 2 * limit);
        CHECK(memcmp(received, data, 2 * limit) == 0);
        CHECK_OK(s2n_connection_prefer_low_latency(pair->client));
        CHECK(s2n_send(pair->client, data, 1435, &blocked) == 1435);
        CHECK(pair->to_server.written - before == 2 * (limit + overhead) + 1435 + overhead);
        disconnect(pair);
    }
    CHECK_OK(s2n_config_free(config));
}

static void a_blocked_send_is_resumed(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    pair->to_server.room = 0;
    CHECK_ERROR(s2n_send(pair->client, data, 20000, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(blocked == S2N_BLOCKED_ON_WRITE);
    /* Until the pending record is flushed, even invalid arguments return this error. */
    CHECK_ERROR(s2n_send(pair->client, data, -1, &blocked), S2N_ERR_IO_BLOCKED);

    pair->to_server.room = 9000;
    s2n_errno = 0;
    CHECK(s2n_send(pair->client, data, 20000, &blocked) == 8087);
    CHECK(blocked == S2N_BLOCKED_ON_WRITE);
    CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_IO_BLOCKED");

    pair->to_server.room = SIZE_MAX;
    CHECK_ERROR(s2n_send(pair->client, data + 8087, 8086, &blocked), S2N_ERR_SEND_SIZE);
    CHECK(blocked == S2N_BLOCKED_ON_WRITE);
    CHECK_ERROR(s2n_send(pair->client, NULL, 0, &blocked), S2N_ERR_SEND_SIZE);
    uint8_t *copy = malloc(11913);
    CHECK(copy != NULL);
    memcpy(copy, data + 8087, 11913);
    CHECK(s2n_send(pair->client, copy, 11913, &blocked) == 11913);
    CHECK(blocked == S2N_NOT_BLOCKED);
    free(copy);

    CHECK(receive_all(pair->server) == 20000);
    CHECK(memcmp(received, data, 20000) == 0);
    disconnect(pair);
}

static void vectored_sends_are_concatenated(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_BLOCKED_ON_READ;
    const struct iovec vector[] = { { data, 10 }, { NULL, 0 }, { data + 10, 9990 } };
    CHECK(s2n_sendv(pair->client, vector, 3, &blocked) == 10000);
    CHECK(s2n_sendv_with_offset(pair->client, vector, 3, 15, &blocked) == 9985);
    CHECK(s2n_sendv_with_offset(pair->client, vector, 3, 10000, &blocked) == 0);
    CHECK_ERROR(s2n_sendv_with_offset(pair->client, vector, 3, 10001, &blocked),
            S2N_ERR_INVALID_ARGUMENT);
    const struct iovec gone[] = { { NULL, 15 }, { data, 10000 }, { NULL, 5 } };
    CHECK_ERROR(s2n_sendv_with_offset(pair->client, gone, 2, 14, &blocked), S2N_ERR_NULL);
    CHECK(s2n_sendv_with_offset(pair->client, gone, 2, 15, &blocked) == 10000);
    CHECK(s2n_sendv_with_offset(pair->client, gone, 2, 30, &blocked) == 9985);
    CHECK_ERROR(s2n_sendv_with_offset(pair->client, gone, 3, 15, &blocked), S2N_ERR_NULL);
    CHECK(s2n_sendv_with_offset(pair->client, gone, 3, 10020, &blocked) == 0);
    CHECK_ERROR(s2n_send(pair->client, NULL, 1, &blocked), S2N_ERR_NULL);
    CHECK_ERROR(s2n_sendv(pair->client, NULL, 1, &blocked), S2N_ERR_NULL);
    CHECK(s2n_send(pair->client, "!", 1, &blocked) == 1);
    CHECK(blocked == S2N_NOT_BLOCKED);
    CHECK(receive_all(pair->server) == 39971);
    CHECK(memcmp(received, data, 10000) == 0);
    CHECK(memcmp(received + 10000, data + 15, 9985) == 0);
    CHECK(memcmp(received + 19985, data, 10000) == 0);
    CHECK(memcmp(received + 29985, data + 15, 9985) == 0 && received[39970] == '!');
    disconnect(pair);
}

static void one_call_receives_one_record(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_recv(pair->server, received, 10, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(blocked == S2N_BLOCKED_ON_READ);
    CHECK(s2n_recv(pair->server, NULL, 0, &blocked) == 0);
    CHECK(blocked == S2N_NOT_BLOCKED);

    CHECK(s2n_send(pair->client, data, 100, &blocked) == 100);
    size_t first_record = pair->to_server.written;
    CHECK(s2n_send(pair->client, data + 100, 50, &blocked) == 50);
    CHECK(s2n_recv(pair->server, received, 30, &blocked) == 30);
    CHECK(blocked == S2N_BLOCKED_ON_READ && s2n_peek(pair->server) == 70);
    CHECK(pair->to_server.read == first_record && s2n_peek_buffered(pair->server) == 0);
    CHECK(s2n_recv(pair->server, NULL, 0, &blocked) == 0);
    CHECK(blocked == S2N_BLOCKED_ON_READ);
    CHECK_ERROR(s2n_connection_release_buffers(pair->server),
            S2N_ERR_STUFFER_HAS_UNPROCESSED_DATA);
    CHECK(s2n_recv(pair->server, received + 30, 1000, &blocked) == 70);
    CHECK(blocked == S2N_NOT_BLOCKED && s2n_peek(pair->server) == 0);
    CHECK_OK(s2n_connection_release_buffers(pair->server));
    CHECK(s2n_recv(pair->server, received + 100, 1000, &blocked) == 50);
    CHECK(memcmp(received, data, 150) == 0);

    /* Several records in one call, with s2n_config_set_recv_multi_record(). */
    CHECK_OK(s2n_config_set_recv_multi_record(pair->config, true));
    CHECK(s2n_send(pair->client, data, 20000, &blocked) == 20000);
    CHECK(s2n_recv(pair->server, received, 30000, &blocked) == 20000);
    CHECK(blocked == S2N_NOT_BLOCKED && memcmp(received, data, 20000) == 0);
    disconnect(pair);
}

static void close_notify_ends_one_direction(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_BLOCKED_ON_READ;
    CHECK(s2n_send(pair->client, data, 5, &blocked) == 5);
    CHECK_OK(s2n_shutdown_send(pair->client, &blocked));
    CHECK(blocked == S2N_NOT_BLOCKED);
    CHECK_ERROR(s2n_send(pair->client, data, 5, &blocked), S2N_ERR_CLOSED);
    CHECK(blocked == S2N_BLOCKED_ON_WRITE);
    CHECK_OK(s2n_shutdown_send(pair->client, &blocked));

    CHECK(s2n_recv(pair->server, received, 10, &blocked) == 5);
    for (int i = 0; i < 3; i++) {
        CHECK(s2n_recv(pair->server, received, 10, &blocked) == 0);
        CHECK(blocked == S2N_NOT_BLOCKED);
    }
    CHECK(s2n_connection_get_alert(pair->server) == 0);
    if (tls13) {
        CHECK(s2n_send(pair->server, data, 7, &blocked) == 7);
        CHECK(s2n_recv(pair->client, received, 10, &blocked) == 7);
    } else {
        CHECK_ERROR(s2n_send(pair->server, data, 7, &blocked), S2N_ERR_CLOSED);
        CHECK_ERROR(s2n_recv(pair->client, received, 10, &blocked), S2N_ERR_CLOSED);
    }
    CHECK_OK(s2n_shutdown(pair->server, &blocked));
    CHECK_OK(s2n_shutdown(pair->client, &blocked));
    CHECK(blocked == S2N_NOT_BLOCKED);
    CHECK(s2n_recv(pair->client, received, 10, &blocked) == 0);
    CHECK_OK(s2n_shutdown(pair->client, &blocked));
    CHECK_OK(s2n_negotiate(pair->client, &blocked));
    disconnect(pair);
}

static void shutdown_waits_for_the_peer(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK(s2n_send(pair->server, data, 20000, &blocked) == 20000);
    pair->to_server.room = 3;
    CHECK_ERROR(s2n_shutdown(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(blocked == S2N_BLOCKED_ON_WRITE);
    CHECK_ERROR(s2n_send(pair->client, data, 1, &blocked), S2N_ERR_CLOSED);
    pair->to_server.room = SIZE_MAX;
    CHECK_ERROR(s2n_shutdown(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(blocked == S2N_BLOCKED_ON_READ);
    size_t written = pair->to_server.written;
    CHECK_OK(s2n_shutdown(pair->server, &blocked));
    CHECK_OK(s2n_shutdown(pair->client, &blocked));
    CHECK(blocked == S2N_NOT_BLOCKED && pair->to_server.written == written);
    disconnect(pair);
}

static void truncation_is_distinguished_from_close_notify(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    pair->to_server.eof = 1;
    pair->to_client.eof = 1;
    for (int i = 0; i < 2; i++) {
        CHECK_ERROR(s2n_recv(pair->server, received, 10, &blocked), S2N_ERR_CLOSED);
        CHECK(blocked == S2N_BLOCKED_ON_READ);
        CHECK_ERROR(s2n_shutdown(pair->client, &blocked), S2N_ERR_CLOSED);
        CHECK(blocked == S2N_BLOCKED_ON_READ);
    }
    CHECK(s2n_connection_get_delay(pair->server) == 0);
    disconnect(pair);
}

static void a_corrupted_record_causes_blinding(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK(s2n_send(pair->client, data, 100, &blocked) == 100);
    pair->to_server.bytes[pair->to_server.written - 1] ^= 1;
    CHECK_ERROR(s2n_recv(pair->server, received, 100, &blocked), S2N_ERR_DECRYPT);
    CHECK(blocked == S2N_BLOCKED_ON_READ);
    uint64_t delay = s2n_connection_get_delay(pair->server);
    CHECK(delay > 9 * UINT64_C(1000000000) && delay < 30 * UINT64_C(1000000000));

    CHECK_ERROR(s2n_recv(pair->server, received, 100, &blocked), S2N_ERR_CLOSED);
    CHECK_ERROR(s2n_send(pair->server, data, 100, &blocked), S2N_ERR_CLOSED);
    CHECK_ERROR(s2n_shutdown(pair->server, &blocked), S2N_ERR_SHUTDOWN_PAUSED);
    CHECK(blocked == S2N_NOT_BLOCKED);
    CHECK_ERROR(s2n_shutdown_send(pair->server, &blocked), S2N_ERR_SHUTDOWN_PAUSED);
    CHECK_OK(s2n_connection_wipe(pair->server));
    CHECK(s2n_connection_get_delay(pair->server) == 0);
    disconnect(pair);
}

static void transport_failures_are_reported(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;

    /* An interrupted call (EINTR) is repeated internally. */
    pair->to_server.send_error = EINTR;
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    pair->to_server.recv_error = EINTR;
    CHECK(s2n_recv(pair->server, received, 10, &blocked) == 10);

    /* Other failures do not change the connection: the call can be repeated. */
    pair->to_server.recv_error = ECONNRESET;
    CHECK_ERROR(s2n_recv(pair->server, received, 10, &blocked), S2N_ERR_IO);
    CHECK(errno == ECONNRESET && blocked == S2N_BLOCKED_ON_READ);
    pair->to_server.send_error = ECONNRESET;
    CHECK_ERROR(s2n_send(pair->client, data, 10, &blocked), S2N_ERR_IO);
    CHECK(errno == ECONNRESET && blocked == S2N_BLOCKED_ON_WRITE);
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    CHECK(s2n_recv(pair->server, received, 10, &blocked) == 10);

    /* A disconnected peer (EPIPE) does. */
    pair->to_server.send_error = EPIPE;
    CHECK_ERROR(s2n_send(pair->client, data, 10, &blocked), S2N_ERR_IO);
    CHECK(errno == EPIPE);
    CHECK_ERROR(s2n_send(pair->client, data, 10, &blocked), S2N_ERR_IO);
    CHECK(errno == 0);
    CHECK_ERROR(s2n_shutdown(pair->client, &blocked), S2N_ERR_IO);
    disconnect(pair);
}

static struct s2n_connection *inner;
static int inner_calls;

static int recv_with_nested_calls(void *context, uint8_t *buf, uint32_t len)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    uint8_t room[10];
    if (inner_calls++ == 0) {
        CHECK_ERROR(s2n_recv(inner, room, sizeof(room), &blocked), S2N_ERR_REENTRANCY);
        CHECK(s2n_send(inner, data, 10, &blocked) == 10);
    }
    return transport_recv(context, buf, len);
}

static void callbacks_may_use_the_other_direction(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    inner = pair->server;
    inner_calls = 0;
    CHECK_OK(s2n_connection_set_recv_cb(pair->server, recv_with_nested_calls));
    CHECK(s2n_send(pair->client, data, 20, &blocked) == 20);
    CHECK(s2n_recv(pair->server, received, 30, &blocked) == 20);
    CHECK(s2n_recv(pair->client, received, 30, &blocked) == 10);
    disconnect(pair);
}

static void reads_request_only_missing_bytes(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    pair->to_server.largest_request = 0;
    CHECK(s2n_send(pair->client, data, 1000, &blocked) == 1000);
    CHECK(s2n_send(pair->client, data, 1000, &blocked) == 1000);
    CHECK(s2n_recv(pair->server, received, 3000, &blocked) == 1000);
    CHECK(pair->to_server.largest_request == (tls13 ? 1017u : 1024u));

    CHECK_OK(s2n_connection_set_recv_buffering(pair->server, true));
    CHECK(s2n_send(pair->client, data, 1000, &blocked) == 1000);
    CHECK(s2n_recv(pair->server, received, 3000, &blocked) == 1000);
    CHECK(s2n_peek_buffered(pair->server) == (tls13 ? 1022u : 1029u));
    CHECK(pair->to_server.read == pair->to_server.written);
    CHECK_OK(s2n_connection_release_buffers(pair->server));
    CHECK(s2n_recv(pair->server, received, 3000, &blocked) == 1000);
    CHECK(s2n_peek_buffered(pair->server) == 0);
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)(i * 7 + i / 256);
    }
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        negotiated_parameters_are_reported(tls13);
        record_sizes_match_s2n_tls(tls13);
        a_config_limits_the_size_of_records(tls13);
        a_blocked_send_is_resumed(tls13);
        vectored_sends_are_concatenated(tls13);
        one_call_receives_one_record(tls13);
        close_notify_ends_one_direction(tls13);
        shutdown_waits_for_the_peer(tls13);
        truncation_is_distinguished_from_close_notify(tls13);
        a_corrupted_record_causes_blinding(tls13);
        transport_failures_are_reported(tls13);
        callbacks_may_use_the_other_direction(tls13);
        reads_request_only_missing_bytes(tls13);
    }
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
