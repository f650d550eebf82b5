/*
 * ClientHello: its callback, getters, ownership, fragmentation, and checks after a HelloRetryRequest.
 *
 * usage: client_hello FOLDER-OF-CERTIFICATES
 */
#define _GNU_SOURCE
#include "pair.h"

#include <stdbool.h>

/* The behaviour of the ClientHello callback, and its calls. */
static struct {
    int calls;
    int result;
    bool calls_done;
    struct s2n_config *next;
} callback;

static char context;

static int on_client_hello(struct s2n_connection *conn, void *ctx)
{
    callback.calls++;
    CHECK(ctx == &context);
    struct s2n_client_hello *hello = s2n_connection_get_client_hello(conn);
    CHECK(hello != NULL && s2n_client_hello_get_raw_message_length(hello) > 40);
    CHECK_TEXT(s2n_get_server_name(conn), "localhost");
    CHECK_OK(s2n_connection_server_name_extension_used(conn));
    if (callback.next != NULL) {
        CHECK_OK(s2n_connection_set_config(conn, callback.next));
    }
    if (callback.calls_done) {
        CHECK_OK(s2n_client_hello_cb_done(conn));
    }
    return callback.result;
}

static struct pair *new_pair_with_callback(int tls13, s2n_client_hello_cb_mode mode, int result)
{
    memset(&callback, 0, sizeof(callback));
    callback.result = result;
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_client_hello_cb(pair->config, on_client_hello, &context));
    CHECK_OK(s2n_config_set_client_hello_cb_mode(pair->config, mode));
    return pair;
}

static void complete_handshake(struct pair *pair)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
}

static void the_callback_is_called_once(int tls13)
{
    for (int result = 0; result <= 1; result++) {
        struct pair *pair = new_pair_with_callback(tls13, S2N_CLIENT_HELLO_CB_BLOCKING, result);
        CHECK_ERROR(s2n_client_hello_cb_done(pair->server), S2N_ERR_INVALID_STATE);
        CHECK(s2n_connection_get_client_hello(pair->server) == NULL);
        CHECK(s2n_connection_get_client_hello_version(pair->server) == 0);
        complete_handshake(pair);
        CHECK(callback.calls == 1);
        CHECK(s2n_connection_get_client_hello(pair->client) == NULL);
        CHECK(s2n_connection_get_client_hello_version(pair->server) == S2N_TLS12);
        CHECK(s2n_connection_get_client_hello_version(pair->client) == S2N_TLS12);
        CHECK_ERROR(s2n_connection_server_name_extension_used(pair->server), S2N_ERR_INVALID_STATE);
        CHECK_ERROR(s2n_connection_server_name_extension_used(pair->client), S2N_ERR_INVALID_STATE);
        disconnect(pair);
    }
}

static void the_callback_may_reject(int tls13)
{
    for (int mode = 0; mode <= 1; mode++) {
        struct pair *pair = new_pair_with_callback(tls13, mode, -1);
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
        CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_CANCELLED);
        CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_PROTO && blocked == S2N_BLOCKED_ON_READ);
        CHECK(s2n_connection_get_delay(pair->server) == 0);
        CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_CLOSED);
        CHECK(callback.calls == 1);
        CHECK_OK(s2n_shutdown(pair->server, &blocked));
        CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_ALERT);
        CHECK(s2n_connection_get_alert(pair->client) == 40);
        disconnect(pair);
    }
}

static void the_callback_may_be_asynchronous(int tls13)
{
    struct pair *pair = new_pair_with_callback(tls13, S2N_CLIENT_HELLO_CB_NONBLOCKING, 1);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_client_hello_cb_done(pair->server), S2N_ERR_ASYNC_NOT_PERFORMED);
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    for (int i = 0; i < 3; i++) {
        CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ASYNC_BLOCKED);
        CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
        CHECK(blocked == S2N_BLOCKED_ON_APPLICATION_INPUT);
    }
    CHECK(pair->to_client.written == 0 && callback.calls == 1);
    CHECK_OK(s2n_connection_server_name_extension_used(pair->server));
    CHECK_OK(s2n_client_hello_cb_done(pair->server));
    complete_handshake(pair);
    CHECK(callback.calls == 1);
    disconnect(pair);

    pair = new_pair_with_callback(tls13, S2N_CLIENT_HELLO_CB_NONBLOCKING, 0);
    callback.calls_done = true;
    complete_handshake(pair);
    CHECK(callback.calls == 1);
    disconnect(pair);
}

/* The handshake uses the config that the callback sets, here one for another version. */
static void the_callback_may_change_the_config(void)
{
    struct pair *pair = new_pair_with_callback(1, S2N_CLIENT_HELLO_CB_BLOCKING, 0);
    callback.next = s2n_config_new_minimal();
    CHECK(callback.next != NULL);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(callback.next, pair->chain));
    CHECK_OK(s2n_config_set_cipher_preferences(callback.next, policy(0)));
    complete_handshake(pair);
    CHECK(s2n_connection_get_actual_protocol_version(pair->server) == S2N_TLS12);
    CHECK(callback.calls == 1);
    CHECK_OK(s2n_config_free(callback.next));
    disconnect(pair);
}

static void check_fields(struct s2n_client_hello *hello, const uint8_t *wire,
        size_t size)
{
    static const uint8_t zeros[32];
    uint8_t bytes[4096], number = 0;
    uint32_t len = 0;
    const size_t body = size - 4;

    CHECK(s2n_client_hello_get_raw_message_length(hello) == (ssize_t) body);
    CHECK(s2n_client_hello_get_raw_message(hello, bytes, sizeof(bytes)) == (ssize_t) body);
    CHECK(memcmp(bytes, wire + 4, 2) == 0 && memcmp(bytes + 2, zeros, 32) == 0);
    CHECK(memcmp(bytes + 34, wire + 38, body - 34) == 0);
    CHECK(s2n_client_hello_get_raw_message(hello, bytes, 10) == 10);
    CHECK_ERROR(s2n_client_hello_get_random(hello, bytes, 31), S2N_ERR_INSUFFICIENT_MEM_SIZE);
    CHECK_OK(s2n_client_hello_get_random(hello, bytes, 32));
    CHECK(memcmp(bytes, wire + 6, 32) == 0);
    CHECK_OK(s2n_client_hello_get_legacy_protocol_version(hello, &number));
    CHECK(number == S2N_TLS12);

    const uint8_t *at = wire + 38;
    CHECK_OK(s2n_client_hello_get_session_id_length(hello, &len));
    CHECK(len == at[0]);
    CHECK_OK(s2n_client_hello_get_session_id(hello, bytes, &len, 5));
    CHECK(len == (at[0] < 5 ? at[0] : 5));
    CHECK_OK(s2n_client_hello_get_session_id(hello, bytes, &len, sizeof(bytes)));
    CHECK(len == at[0] && memcmp(bytes, at + 1, len) == 0);
    at += 1 + at[0];

    const ssize_t suites = at[0] << 8 | at[1];
    CHECK(s2n_client_hello_get_cipher_suites_length(hello) == suites);
    CHECK(s2n_client_hello_get_cipher_suites(hello, bytes, sizeof(bytes)) == suites);
    CHECK(memcmp(bytes, at + 2, suites) == 0);
    CHECK(s2n_client_hello_get_cipher_suites(hello, bytes, 3) == 3);
    at += 2 + suites;

    CHECK_OK(s2n_client_hello_get_compression_methods_length(hello, &len));
    CHECK(len == 1 && at[0] == 1);
    CHECK_ERROR(s2n_client_hello_get_compression_methods(hello, bytes, 0, &len),
            S2N_ERR_INSUFFICIENT_MEM_SIZE);
    len = 77;
    CHECK_OK(s2n_client_hello_get_compression_methods(hello, bytes, 1, &len));
    CHECK(len == 1 && bytes[0] == 0);
    at += 2;

    const ssize_t extensions = at[0] << 8 | at[1];
    CHECK(s2n_client_hello_get_extensions_length(hello) == extensions);
    CHECK(s2n_client_hello_get_extensions(hello, bytes, sizeof(bytes)) == extensions);
    CHECK(memcmp(bytes, at + 2, extensions) == 0 && at + 2 + extensions == wire + size);
}

static void check_extensions(struct s2n_client_hello *hello)
{
    uint8_t bytes[4096];
    uint16_t groups[100], count = 1, len = 1;
    bool exists = false;
    const ssize_t size = s2n_client_hello_get_extension_length(hello, S2N_EXTENSION_SUPPORTED_GROUPS);
    CHECK(size > 2);
    CHECK(s2n_client_hello_get_extension_by_id(hello, S2N_EXTENSION_SUPPORTED_GROUPS, bytes,
                sizeof(bytes))
            == size);
    CHECK(s2n_client_hello_get_extension_by_id(hello, S2N_EXTENSION_SUPPORTED_GROUPS, bytes, 1) == 1);
    CHECK_OK(s2n_client_hello_get_supported_groups(hello, groups, 100, &count));
    CHECK(count == (size - 2) / 2);
    for (int i = 0; i < count; i++) {
        CHECK_OK(s2n_client_hello_has_extension(hello, S2N_EXTENSION_SUPPORTED_GROUPS, &exists));
        CHECK(exists);
    }
    CHECK_ERROR(s2n_client_hello_get_supported_groups(hello, groups, count - 1, &count),
            S2N_ERR_INSUFFICIENT_MEM_SIZE);
    CHECK(count == 0);

    CHECK_OK(s2n_client_hello_get_server_name_length(hello, &len));
    CHECK(len == 9);
    CHECK_OK(s2n_client_hello_get_server_name(hello, bytes, 9, &len));
    CHECK(len == 9 && memcmp(bytes, "localhost", 9) == 0);
    CHECK_ERROR(s2n_client_hello_get_server_name(hello, bytes, 8, &len), S2N_ERR_SAFETY);
    CHECK(len == 0);

    CHECK_FAILS(s2n_client_hello_get_extension_length(hello, S2N_EXTENSION_MAX_FRAG_LEN), 0,
            S2N_ERR_EXTENSION_NOT_RECEIVED);
    CHECK_FAILS(s2n_client_hello_get_extension_by_id(hello, (s2n_tls_extension_type) 4711, bytes, 9),
            0, S2N_ERR_UNRECOGNIZED_EXTENSION);
    CHECK_OK(s2n_client_hello_has_extension(hello, 4711, &exists));
    CHECK(!exists);
}

static void getters_return_the_message(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    const size_t size = pair->to_server.written - 5;
    uint8_t *wire = malloc(size);
    CHECK(wire != NULL);
    memcpy(wire, pair->to_server.bytes + 5, size);
    complete_handshake(pair);

    struct s2n_client_hello *own = s2n_connection_get_client_hello(pair->server);
    CHECK(own != NULL && own == s2n_connection_get_client_hello(pair->server));
    check_fields(own, wire, size);
    check_extensions(own);
    uint8_t version = 0;
    CHECK_OK(s2n_client_hello_get_legacy_record_version(own, &version));
    CHECK(version == S2N_TLS10);
    struct s2n_client_hello *copy = own;
    CHECK_ERROR(s2n_client_hello_free(&copy), S2N_ERR_INVALID_ARGUMENT);
    CHECK(copy == own);

    struct s2n_client_hello *parsed = s2n_client_hello_parse_message(wire, size);
    CHECK(parsed != NULL);
    check_fields(parsed, wire, size);
    check_extensions(parsed);
    CHECK_ERROR(s2n_client_hello_get_legacy_record_version(parsed, &version),
            S2N_ERR_INVALID_ARGUMENT);
    CHECK_OK(s2n_client_hello_free(&parsed));
    CHECK(parsed == NULL);
    CHECK_OK(s2n_client_hello_free(&parsed));

    /* The message is freed; its handle stays valid. */
    CHECK_OK(s2n_connection_free_handshake(pair->server));
    CHECK(s2n_client_hello_get_raw_message_length(own) == 0);
    CHECK_ERROR(s2n_client_hello_get_cipher_suites(own, wire, size), S2N_ERR_NULL);
    CHECK_OK(s2n_client_hello_get_random(own, wire, size));
    CHECK(s2n_connection_get_client_hello(pair->server) == own);
    CHECK_OK(s2n_connection_wipe(pair->server));
    CHECK(s2n_connection_get_client_hello(pair->server) == NULL);
    CHECK(s2n_connection_get_client_hello_version(pair->server) == 0);
    free(wire);
    disconnect(pair);
}

/* Injects a ClientHello with this server name. */
static void inject_client_hello(struct pair *pair, const uint8_t *name, uint16_t len)
{
    uint8_t message[10000] = { 1, [4] = 3, 3 };
    uint8_t *end = message + 6 + 32 + 1;
    static const uint8_t fields[] = { 0, 2, 0xc0, 0x2b, 1, 0 };
    static const uint8_t others[] = { 0, 10, 0, 4, 0, 2, 0, 23, 0, 13, 0, 4, 0, 2, 4, 3 };
    const uint16_t lengths[] = { sizeof(others) + 9 + len, 0, 5 + len, 3 + len, 0, len };
    memcpy(end, fields, sizeof(fields));
    end += sizeof(fields);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        *end++ = lengths[i] >> 8;
        /* The name type is a single byte. */
        if (i != 4) {
            *end++ = lengths[i] & 0xff;
        }
    }
    memcpy(end, name, len);
    memcpy(end + len, others, sizeof(others));
    const size_t size = end + len + sizeof(others) - message;
    message[2] = (size - 4) >> 8;
    message[3] = (size - 4) & 0xff;
    const uint8_t header[] = { 22, 3, 1, size >> 8, size & 0xff };
    CHECK(transport_send(&pair->to_server, header, sizeof(header)) == sizeof(header));
    CHECK(transport_send(&pair->to_server, message, size) == (int) size);
}

/* A name of more than 255 bytes is not returned: programs copy it into arrays of 256 bytes. */
static void a_long_server_name_is_ignored(int tls13)
{
    static uint8_t name[9000];
    memset(name, 'x', sizeof(name));
    const uint16_t lengths[] = { 1, 255, 256, sizeof(name) };
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct pair *pair = new_pair(tls13, "ecdsa");
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        inject_client_hello(pair, name, lengths[i]);
        CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_IO_BLOCKED);
        const char *returned = s2n_get_server_name(pair->server);
        CHECK(lengths[i] > 255 ? returned == NULL : returned != NULL && strlen(returned) == lengths[i]);

        struct s2n_client_hello *hello = s2n_connection_get_client_hello(pair->server);
        uint16_t len = 0;
        CHECK_OK(s2n_client_hello_get_server_name_length(hello, &len));
        CHECK(len == lengths[i]);
        disconnect(pair);
    }
}

/* Fragments the ClientHello in transit, and checks that the server reassembles it. */
static void check_reassembly(struct pair *pair, size_t size)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    size_t len = 0;
    const uint8_t *message = first_handshake_message(&pair->to_server, &len);
    uint8_t *wire = malloc(len);
    CHECK(wire != NULL);
    memcpy(wire, message, len);
    fragment_messages(&pair->to_server, size);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_IO_BLOCKED);
    check_fields(s2n_connection_get_client_hello(pair->server), wire, len);
    free(wire);
}

static void fragmented_hellos_are_reassembled(size_t size)
{
    struct pair *pair = new_hello_retry_pair();
    memset(&callback, 0, sizeof(callback));
    CHECK_OK(s2n_config_set_client_hello_cb(pair->config, on_client_hello, &context));
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    for (int hello = 0; hello < 2; hello++) {
        CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
        check_reassembly(pair, size);
    }
    complete_handshake(pair);
    CHECK(callback.calls == 1);
    disconnect(pair);
}

/* The callback runs for the first ClientHello only, so the second one must match it. */
static void a_different_second_hello_is_rejected(const uint8_t *bytes, size_t count)
{
    struct pair *pair = new_hello_retry_pair();
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_OK(s2n_config_append_protocol_preference(pair->config, (const uint8_t *) "h2", 2));
    CHECK_OK(s2n_config_set_max_blinding_delay(pair->config, 0));
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    size_t len = 0;
    uint8_t *message = first_handshake_message(&pair->to_server, &len);
    uint8_t *found = memmem(message, len, bytes, count);
    CHECK(found != NULL);
    found[count - 1] ^= 1;

    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_BAD_MESSAGE);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_CLOSED);
    CHECK_OK(s2n_shutdown(pair->server, &blocked));
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_ALERT);
    const int illegal_parameter = 47;
    CHECK(s2n_connection_get_alert(pair->client) == illegal_parameter);
    disconnect(pair);
}

static void invalid_messages_are_rejected(void)
{
    /* TLS 1.2, one cipher suite, no compression; then one extension without data. */
    static const uint8_t good[4 + 47] = {
        1, 0, 0, 47, 3, 3, [40] = 2, 0xc0, 0x2f, 1, 0, 0, 4, 0x12, 0x34, 0, 0,
    };
    static const uint8_t twice[4 + 51] = {
        1, 0, 0, 51, 3, 3, [40] = 2, 0xc0, 0x2f, 1, 0, 0, 8, 0, 23, 0, 0, 0, 23, 0, 0,
    };
    struct s2n_client_hello *hello = s2n_client_hello_parse_message(good, sizeof(good));
    uint16_t groups[1], count = 1;
    bool exists = false;
    CHECK(hello != NULL);
    CHECK_OK(s2n_client_hello_has_extension(hello, 0x1234, &exists));
    CHECK(exists);
    CHECK_FAILS(s2n_client_hello_get_extension_length(hello, (s2n_tls_extension_type) 0x1234), 0,
            S2N_ERR_UNRECOGNIZED_EXTENSION);
    CHECK_ERROR(s2n_client_hello_get_supported_groups(hello, groups, 1, &count),
            S2N_ERR_EXTENSION_NOT_RECEIVED);
    CHECK_ERROR(s2n_client_hello_get_server_name_length(hello, &count),
            S2N_ERR_EXTENSION_NOT_RECEIVED);
    CHECK_OK(s2n_client_hello_free(&hello));

    CHECK_FAILS(s2n_client_hello_parse_message(twice, sizeof(twice)), NULL,
            S2N_ERR_DUPLICATE_EXTENSION);
    for (uint32_t size = 0; size < sizeof(good); size++) {
        CHECK(s2n_client_hello_parse_message(good, size) == NULL);
    }
    static uint8_t long_message[(1 << 16) + 1] = { 1, 0, 0xff, 0xfc };
    CHECK_FAILS(s2n_client_hello_parse_message(long_message, sizeof(long_message)), NULL,
            S2N_ERR_BAD_MESSAGE);
    CHECK_FAILS(s2n_client_hello_parse_message(good, 3), NULL, S2N_ERR_SIZE_MISMATCH);
    CHECK_FAILS(s2n_client_hello_parse_message(good, sizeof(good) - 1), NULL, S2N_ERR_BAD_MESSAGE);
    uint8_t other[sizeof(good) + 1] = { 0 };
    memcpy(other, good, sizeof(good));
    CHECK_FAILS(s2n_client_hello_parse_message(other, sizeof(other)), NULL, S2N_ERR_BAD_MESSAGE);
    other[0] = 2;
    CHECK_FAILS(s2n_client_hello_parse_message(other, sizeof(good)), NULL, S2N_ERR_BAD_MESSAGE);

    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_ERROR(s2n_config_set_client_hello_cb_mode(config, (s2n_client_hello_cb_mode) 2),
            S2N_ERR_INVALID_STATE);
    CHECK_OK(s2n_config_free(config));
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        the_callback_is_called_once(tls13);
        the_callback_may_reject(tls13);
        the_callback_may_be_asynchronous(tls13);
        getters_return_the_message(tls13);
        a_long_server_name_is_ignored(tls13);
    }
    the_callback_may_change_the_config();
    for (size_t size = 1; size <= 10000; size *= 10) {
        fragmented_hellos_are_reassembled(size);
    }
    static const uint8_t version[] = { 0x03, 0x03 }, protocol[] = { 2, 'h', '2' };
    a_different_second_hello_is_rejected(version, sizeof(version));
    a_different_second_hello_is_rejected(protocol, sizeof(protocol));
    a_different_second_hello_is_rejected((const uint8_t *) "localhost", 9);
    invalid_messages_are_rejected();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
