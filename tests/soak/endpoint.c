/*
 * An endpoint: each step makes one call, and checks its result. Data must arrive once and in order.
 */
#include "soak.h"

#include <pthread.h>

#define LARGEST (1 << 16)
#define EARLY_TOTAL 1500

static const char PSK_SECRET[] = "0123456789abcdef0123456789abcdef";

static void append_psk(struct endpoint *endpoint)
{
    struct s2n_psk *psk;
    REPEAT_NEW(psk, s2n_external_psk_new());
    REPEAT(s2n_psk_set_identity(psk, (const uint8_t *) "identity", 8));
    REPEAT(s2n_psk_set_secret(psk, (const uint8_t *) PSK_SECRET, sizeof(PSK_SECRET)));
    if (endpoint->scenario->plan.early_data) {
        REPEAT(s2n_psk_configure_early_data(psk, 3000, 0x13, 0x01));
        if (endpoint->scenario->plan.alpn) {
            REPEAT(s2n_psk_set_application_protocol(psk, (const uint8_t *) "h2", 2));
        }
    }
    REPEAT(s2n_connection_append_psk(endpoint->conn, psk));
    CHECK_OK(s2n_psk_free(&psk));
}

/* What a new, a wiped and a deserialized connection require. */
static void attach(struct endpoint *endpoint)
{
    struct scenario *scenario = endpoint->scenario;
    struct s2n_connection *conn = endpoint->conn;
    REPEAT(s2n_connection_set_ctx(conn, endpoint));
    REPEAT(s2n_connection_set_config(conn, endpoint->is_client ? scenario->client_config : scenario->server_config));
    REPEAT(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING));
    REPEAT(s2n_connection_set_recv_buffering(conn, scenario->plan.receives_ahead));
    if (endpoint->port.fd >= 0) {
        REPEAT(s2n_connection_set_fd(conn, endpoint->port.fd));
    } else {
        REPEAT(s2n_connection_set_recv_cb(conn, port_recv));
        REPEAT(s2n_connection_set_recv_ctx(conn, &endpoint->port));
        REPEAT(s2n_connection_set_send_cb(conn, port_send));
        REPEAT(s2n_connection_set_send_ctx(conn, &endpoint->port));
    }
}

static bool starts_with_early_data(struct endpoint *endpoint)
{
    return endpoint->scenario->plan.early_data;
}

/* A session can have expired since it was stored. */
static void resume(struct endpoint *endpoint)
{
    struct session *session = &endpoint->scenario->session;
    while (s2n_connection_set_session(endpoint->conn, session->bytes, session->length) != 0) {
        if (!lacks_memory()) {
            CHECK(endpoint->scenario->plan.jumps && is_error("S2N_ERR_INVALID_SESSION_TICKET"));
            session->length = 0;
            return;
        }
    }
}

void open_endpoint(struct endpoint *endpoint)
{
    struct scenario *scenario = endpoint->scenario;
    if (endpoint->conn != NULL && scenario->plan.wipes) {
        CHECK_OK(s2n_connection_wipe(endpoint->conn));
        count(WIPED, 1);
    } else {
        if (endpoint->conn != NULL) {
            CHECK_OK(s2n_connection_free(endpoint->conn));
        }
        REPEAT_NEW(endpoint->conn, s2n_connection_new(endpoint->is_client ? S2N_CLIENT : S2N_SERVER));
    }
    attach(endpoint);
    if (endpoint->is_client) {
        REPEAT(s2n_set_server_name(endpoint->conn, "localhost"));
    }
    if (scenario->plan.psk) {
        append_psk(endpoint);
    } else if (endpoint->is_client && scenario->session.length > 0) {
        resume(endpoint);
    }
    endpoint->phase = starts_with_early_data(endpoint) ? EARLY : HANDSHAKE;
    count(CONNECTIONS, 1);
}

static bool failures_are_permitted(const struct scenario *scenario)
{
    return scenario->may_fail || scenario->faults.fatal_has_occurred || scenario->allocation_failures.has_failed;
}

/* After a failure the connection can be used, without effect, and is freed like any other. */
static void fail(struct endpoint *endpoint, const char *call)
{
    uint8_t byte = 0;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    const int type = s2n_error_get_type(s2n_errno);
    if (!failures_are_permitted(endpoint->scenario)) {
        fprintf(stderr, "%s fails without a fault: %s (%s)\n", call, s2n_strerror_debug(s2n_errno, NULL),
                endpoint->is_client ? "client" : "server");
        CHECK(!"no failure");
    }
    CHECK(s2n_errno != 0 && type != S2N_ERR_T_OK && type != S2N_ERR_T_BLOCKED);
    CHECK(s2n_connection_get_delay(endpoint->conn) < 31000000000);
    for (int i = 0; i < 3; i++) {
        s2n_negotiate(endpoint->conn, &blocked);
        s2n_send(endpoint->conn, &byte, 0, &blocked);
        s2n_shutdown(endpoint->conn, &blocked);
    }
    close_port(&endpoint->port);
    endpoint->phase = FAILED;
    count(FAILED_CLEANLY, 1);
}

/* Whether the call is to be repeated; other errors end the connection. */
static bool is_blocked(struct endpoint *endpoint, const char *call, s2n_blocked_status blocked)
{
    if (lacks_memory() && !endpoint->scenario->allocation_failures.has_failed) {
        /* Failures in other threads: the call has had no effect. */
        return true;
    }
    if (is_error("S2N_ERR_ALLOC")) {
        return endpoint->scenario->allocation_failures.number > 0 || !one_in(endpoint->scenario, 50);
    }
    if (s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED) {
        CHECK(blocked != S2N_NOT_BLOCKED);
        return true;
    }
    fail(endpoint, call);
    return false;
}

static uint8_t early_data_at(const struct scenario *scenario, uint64_t offset)
{
    return (uint8_t) ~data_at(scenario, true, offset);
}

static void send_early(struct endpoint *endpoint)
{
    struct scenario *scenario = endpoint->scenario;
    uint8_t data[200];
    const size_t left = EARLY_TOTAL - endpoint->early_sent;
    size_t size = 1 + below(scenario, left < sizeof(data) ? left : sizeof(data));
    size = size < endpoint->blocked_send ? endpoint->blocked_send : size;
    ssize_t sent = 0;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    for (size_t i = 0; i < size; i++) {
        data[i] = early_data_at(scenario, endpoint->early_sent + i);
    }
    const int result = s2n_send_early_data(endpoint->conn, data, size, &sent, &blocked);
    CHECK(sent >= 0 && sent <= (ssize_t) size);
    endpoint->early_sent += sent;
    endpoint->has_moved |= sent > 0;
    /* If the call is not repeated, this data may arrive, too. */
    endpoint->blocked_send = endpoint->early_unreported = size - sent;
    if (result != 0 && !is_blocked(endpoint, "s2n_send_early_data", blocked)) {
        return;
    }
    s2n_early_data_status_t status = S2N_EARLY_DATA_STATUS_OK;
    CHECK_OK(s2n_connection_get_early_data_status(endpoint->conn, &status));
    if (endpoint->early_sent == EARLY_TOTAL || status != S2N_EARLY_DATA_STATUS_OK || one_in(scenario, 50)) {
        endpoint->blocked_send = 0;
        endpoint->phase = HANDSHAKE;
    }
}

static void receive_early(struct endpoint *endpoint)
{
    uint8_t room[300];
    ssize_t received = 0;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    const ssize_t size = 1 + below(endpoint->scenario, sizeof(room));
    const int result = s2n_recv_early_data(endpoint->conn, room, size, &received, &blocked);
    CHECK(received >= 0 && received <= size);
    for (ssize_t i = 0; i < received; i++) {
        CHECK(room[i] == early_data_at(endpoint->scenario, endpoint->early_received + i));
    }
    endpoint->early_received += received;
    endpoint->has_moved |= received > 0;
    count(EARLY_BYTES, received);
    if (result == 0) {
        endpoint->phase = HANDSHAKE;
    } else {
        is_blocked(endpoint, "s2n_recv_early_data", blocked);
    }
}

static s2n_cert_private_key *own_key(struct endpoint *endpoint)
{
    const struct scenario *scenario = endpoint->scenario;
    return s2n_cert_chain_and_key_get_private_key(endpoint->is_client ? scenario->client_chain : scenario->chain);
}

static void *perform(void *endpoint)
{
    REPEAT(s2n_async_pkey_op_perform(((struct endpoint *) endpoint)->signature, own_key(endpoint)));
    return NULL;
}

/* Completes what the handshake waits for, some time later. Returns whether it still waits. */
static bool wait_for_application(struct endpoint *endpoint)
{
    struct scenario *scenario = endpoint->scenario;
    if (endpoint->signature == NULL && endpoint->verification == NULL && !endpoint->hello_waits) {
        return false;
    }
    endpoint->has_moved = true;
    if (one_in(scenario, 2)) {
        return false;
    }
    if (endpoint->signature != NULL) {
        if (one_in(scenario, 60)) {
            /* Without its signature a handshake stays blocked: the application gives it up. */
            scenario->may_fail = true;
            release_operations(endpoint);
            close_port(&endpoint->port);
            endpoint->phase = FAILED;
            count(ASYNC_ABANDONED, 1);
            return true;
        }
        pthread_t thread;
        if (one_in(scenario, 4) && pthread_create(&thread, NULL, perform, endpoint) == 0) {
            CHECK_OK(pthread_join(thread, NULL));
        } else {
            perform(endpoint);
        }
        REPEAT(s2n_async_pkey_op_apply(endpoint->signature, endpoint->conn));
        CHECK_OK(s2n_async_pkey_op_free(endpoint->signature));
        endpoint->signature = NULL;
        count(ASYNC_SIGNATURES, 1);
    }
    if (endpoint->verification != NULL) {
        const int result = s2n_async_offload_op_perform(endpoint->verification);
        if (result != 0 && lacks_memory()) {
            return true;
        }
        endpoint->verification = NULL;
        count(OFFLOADED, 1);
        if (result != 0) {
            fail(endpoint, "s2n_async_offload_op_perform");
            return true;
        }
    }
    if (endpoint->hello_waits) {
        REPEAT(s2n_client_hello_cb_done(endpoint->conn));
        endpoint->hello_waits = false;
        count(HELLO_CALLBACKS, 1);
    }
    return false;
}

void release_operations(struct endpoint *endpoint)
{
    if (endpoint->signature != NULL) {
        CHECK_OK(s2n_async_pkey_op_free(endpoint->signature));
    }
    endpoint->signature = NULL;
    endpoint->verification = NULL;
    endpoint->hello_waits = false;
}

static void note_handshake(struct endpoint *endpoint)
{
    struct scenario *scenario = endpoint->scenario;
    const char *type = s2n_connection_get_handshake_type_name(endpoint->conn);
    if (endpoint->is_client) {
        count(RESUMED, s2n_connection_is_session_resumed(endpoint->conn));
        count(RETRIED_HELLO, type != NULL && strstr(type, "HELLO_RETRY_REQUEST") != NULL);
        if (!scenario->plan.tls13 && (scenario->plan.tickets || scenario->plan.cache)) {
            int length = s2n_connection_get_session(endpoint->conn, scenario->session.bytes,
                    sizeof(scenario->session.bytes));
            scenario->session.length = length > 0 ? length : 0;
        }
        return;
    }
    uint16_t length = 0;
    CHECK_OK(s2n_connection_get_negotiated_psk_identity_length(endpoint->conn, &length));
    count(EXTERNAL_PSK, scenario->plan.psk && length > 0);
    count(CLIENT_CERTIFICATES, s2n_connection_client_cert_used(endpoint->conn) == 1);
}

/* Both ends have negotiated the same, and derive the same key. */
static void compare(struct endpoint *endpoint)
{
    struct s2n_connection *conn = endpoint->conn, *peer = endpoint->peer->conn;
    uint8_t key[2][32];
    const char *own = s2n_get_application_protocol(conn), *other = s2n_get_application_protocol(peer);
    CHECK(s2n_connection_get_actual_protocol_version(conn) == s2n_connection_get_actual_protocol_version(peer));
    CHECK(strcmp(s2n_connection_get_cipher(conn), s2n_connection_get_cipher(peer)) == 0);
    CHECK((own == NULL) == (other == NULL) && (own == NULL || strcmp(own, other) == 0));
    if (endpoint->scenario->plan.tls13) {
        REPEAT(s2n_connection_tls_exporter(conn, (const uint8_t *) "EXPORTER-soak", 13, (const uint8_t *) "", 0, key[0], 32));
        REPEAT(s2n_connection_tls_exporter(peer, (const uint8_t *) "EXPORTER-soak", 13, (const uint8_t *) "", 0, key[1], 32));
        CHECK(memcmp(key[0], key[1], 32) == 0);
    }
}

static void negotiate(struct endpoint *endpoint)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    if (s2n_negotiate(endpoint->conn, &blocked) != 0) {
        is_blocked(endpoint, "s2n_negotiate", blocked);
        return;
    }
    endpoint->phase = DATA;
    endpoint->has_moved = true;
    note_handshake(endpoint);
    if (endpoint->peer->phase == DATA && !endpoint->scenario->plan.serializes) {
        compare(endpoint);
    }
}

static size_t fill(struct endpoint *endpoint, uint8_t *data)
{
    struct scenario *scenario = endpoint->scenario;
    const uint64_t left = endpoint->to_send - endpoint->sent;
    size_t size = 1 + below(scenario, scenario->plan.largest_send);
    size = size < endpoint->blocked_send ? endpoint->blocked_send : size;
    size = size < left ? size : left;
    for (size_t i = 0; i < size; i++) {
        data[i] = data_at(scenario, endpoint->is_client, endpoint->sent + i);
    }
    return size;
}

static void send_data(struct endpoint *endpoint)
{
    static __thread uint8_t data[LARGEST];
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    const size_t size = fill(endpoint, data), half = below(endpoint->scenario, size + 1);
    struct iovec parts[] = { { data, half }, { data + half, size - half } };
    ssize_t sent = below(endpoint->scenario, 2) == 0 ? s2n_send(endpoint->conn, data, size, &blocked)
            : s2n_sendv_with_offset(endpoint->conn, parts, 2, 0, &blocked);
    if (sent < 0) {
        if (is_blocked(endpoint, "s2n_send", blocked) && blocked == S2N_BLOCKED_ON_WRITE) {
            endpoint->blocked_send = size;
        }
        return;
    }
    CHECK(sent > 0 && sent <= (ssize_t) size);
    endpoint->blocked_send = blocked == S2N_BLOCKED_ON_WRITE ? size - sent : 0;
    endpoint->sent += sent;
    endpoint->has_moved = true;
}

static void receive_data(struct endpoint *endpoint)
{
    static __thread uint8_t room[LARGEST];
    struct scenario *scenario = endpoint->scenario;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    const uint32_t available = s2n_peek(endpoint->conn);
    const size_t size = 1 + below(scenario, one_in(scenario, 3) ? 100 : sizeof(room));
    const ssize_t received = s2n_recv(endpoint->conn, room, size, &blocked);
    if (received < 0) {
        is_blocked(endpoint, "s2n_recv", blocked);
        return;
    }
    CHECK(received <= (ssize_t) size);
    CHECK(available == 0 || received >= (ssize_t) (available < size ? available : size));
    for (ssize_t i = 0; i < received; i++) {
        CHECK(room[i] == data_at(scenario, !endpoint->is_client, endpoint->received + i));
    }
    endpoint->received += received;
    endpoint->has_moved = true;
    count(BYTES, received);
    if (received == 0) {
        endpoint->end_is_read = true;
        /* A close_notify comes behind all data, unless its sender has given up. */
        CHECK(endpoint->received == endpoint->peer->to_send || endpoint->peer->phase == FAILED);
    }
}

/* Continues the connection in another object. */
static void serialize(struct endpoint *endpoint)
{
    uint8_t blob[1000];
    uint32_t size = 0;
    REPEAT(s2n_connection_serialization_length(endpoint->conn, &size));
    CHECK(size <= sizeof(blob));
    if (s2n_connection_serialize(endpoint->conn, blob, size) != 0) {
        CHECK(is_error("S2N_ERR_INVALID_STATE") || is_error("S2N_ERR_CLOSED") || lacks_memory());
        return;
    }
    CHECK_OK(s2n_connection_free(endpoint->conn));
    REPEAT_NEW(endpoint->conn, s2n_connection_new(endpoint->is_client ? S2N_CLIENT : S2N_SERVER));
    attach(endpoint);
    REPEAT(s2n_connection_deserialize(endpoint->conn, blob, size));
    count(SERIALIZED, 1);
}

/* Changes that an application may make between its transfers. */
static void change(struct endpoint *endpoint)
{
    struct scenario *scenario = endpoint->scenario;
    struct s2n_connection *conn = endpoint->conn;
    switch (below(scenario, 9)) {
    case 0:
        if (scenario->plan.tls13) {
            REPEAT(s2n_connection_request_key_update(conn, S2N_KEY_UPDATE_NOT_REQUESTED));
            count(KEY_UPDATES, 1);
        }
        return;
    case 1:
        if (!endpoint->is_client && scenario->plan.tickets && s2n_connection_add_new_tickets_to_send(conn, 1) != 0) {
            CHECK(is_error("S2N_ERR_KEYING_MATERIAL_EXPIRED") || lacks_memory());
        }
        return;
    case 2:
        if (scenario->plan.serializes && endpoint->blocked_send == 0) {
            serialize(endpoint);
        }
        return;
    case 3: REPEAT(s2n_connection_prefer_throughput(conn)); return;
    case 4: REPEAT(s2n_connection_prefer_low_latency(conn)); return;
    case 5: REPEAT(s2n_connection_set_dynamic_record_threshold(conn, below(scenario, 20000), 1)); return;
    case 6: REPEAT(s2n_connection_set_dynamic_buffers(conn, one_in(scenario, 2))); return;
    case 7:
        if (s2n_connection_release_buffers(conn) != 0) {
            CHECK(is_error("S2N_ERR_STUFFER_HAS_UNPROCESSED_DATA") || lacks_memory());
        }
        return;
    default: REPEAT(s2n_connection_free_handshake(conn)); return;
    }
}

/* TLS 1.2 has no half-closed connections. */
static void close_send(struct endpoint *endpoint)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    if (s2n_shutdown_send(endpoint->conn, &blocked) != 0) {
        is_blocked(endpoint, "s2n_shutdown_send", blocked);
        return;
    }
    endpoint->send_is_closed = endpoint->has_moved = true;
    count(HALF_CLOSED, 1);
}

static void transfer(struct endpoint *endpoint)
{
    struct scenario *scenario = endpoint->scenario;
    const bool has_sent = endpoint->sent == endpoint->to_send;
    const bool has_received = endpoint->received == endpoint->peer->to_send;
    if (one_in(scenario, 24) && !endpoint->send_is_closed) {
        change(endpoint);
    } else if (!has_sent && (one_in(scenario, 2) || (endpoint->end_is_read && has_received))) {
        send_data(endpoint);
    } else if (has_sent && scenario->plan.half_closes && scenario->plan.tls13 && !endpoint->send_is_closed) {
        close_send(endpoint);
    } else if (has_sent && has_received && (!endpoint->send_is_closed || endpoint->end_is_read)) {
        endpoint->phase = CLOSING;
    } else if (endpoint->end_is_read) {
        CHECK(endpoint->peer->phase == FAILED);
        endpoint->is_unfinished = true;
        endpoint->phase = CLOSING;
    } else {
        receive_data(endpoint);
    }
}

static void close_both(struct endpoint *endpoint)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    if (s2n_shutdown(endpoint->conn, &blocked) == 0) {
        endpoint->phase = CLOSED;
        endpoint->has_moved = true;
    } else {
        is_blocked(endpoint, "s2n_shutdown", blocked);
    }
}

void step_endpoint(struct endpoint *endpoint)
{
    if (endpoint->phase < DATA && wait_for_application(endpoint)) {
        return;
    }
    switch (endpoint->phase) {
    case EARLY: (endpoint->is_client ? send_early : receive_early)(endpoint); break;
    case HANDSHAKE: negotiate(endpoint); break;
    case DATA: transfer(endpoint); break;
    case CLOSING: close_both(endpoint); break;
    case CLOSED:
    case FAILED: break;
    }
}
