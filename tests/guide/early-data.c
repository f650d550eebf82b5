/* Tests of the code in the guide, chapter early-data. */
#include "io.md.h"
#include "early-data.md.h"
#include "pair.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIMIT = 10000 };

static const uint8_t SECRET[32] = "a secret of 32 bytes, not random";
static uint8_t request[LIMIT];

/* The clock of the test. */
static uint64_t now = 1800000000;

uint64_t current_time(void)
{
    return now;
}

static int wall_clock(void *unused, uint64_t *nanoseconds)
{
    (void) unused;
    *nanoseconds = now * 1000000000;
    return 0;
}

/* A register that holds what was recorded, for ever. */
static struct { uint8_t id[64]; size_t len; } recorded[100];
static size_t recorded_count;
static int is_available = 1;

int record_once(const uint8_t *id, size_t len, unsigned seconds)
{
    CHECK(seconds == MAX_AGE + MAX_SKEW && len <= sizeof(recorded[0].id));
    if (!is_available) {
        return -1;
    }
    for (size_t i = 0; i < recorded_count; i++) {
        if (recorded[i].len == len && memcmp(recorded[i].id, id, len) == 0) {
            return 0;
        }
    }
    CHECK(recorded_count < sizeof(recorded) / sizeof(recorded[0]));
    memcpy(recorded[recorded_count].id, id, len);
    recorded[recorded_count++].len = len;
    return 1;
}

/* The limit of the server. */
static uint32_t limit = LIMIT;

/* What the server has received as early data. */
static uint8_t taken[LIMIT];
static size_t taken_len;

void take_early_data(struct s2n_connection *conn, const uint8_t *data, size_t size)
{
    s2n_blocked_status blocked;
    CHECK(taken_len + size <= sizeof(taken));
    memcpy(taken + taken_len, data, size);
    taken_len += size;
    /* The response has to wait, unless the call has also completed the handshake. */
    if (!s2n_connection_handshake_complete(conn)) {
        CHECK_ERROR(s2n_send(conn, data, 1, &blocked), S2N_ERR_EARLY_DATA_NOT_ALLOWED);
    }
}

/* The session of the client. */
static uint8_t session[2000];
static size_t session_len;

static int keep_ticket(struct s2n_connection *conn, void *context, struct s2n_session_ticket *ticket)
{
    (void) conn;
    (void) context;
    CHECK_OK(s2n_session_ticket_get_data_len(ticket, &session_len));
    return s2n_session_ticket_get_data(ticket, sizeof(session), session);
}

static struct pair *new_pair_with(s2n_early_data_cb callback, const char *protocol)
{
    struct pair *pair = new_pair(1, "ecdsa");
    uint8_t secret[32] = "the secret of the ticket key....";
    CHECK_OK(s2n_config_set_wall_clock(pair->config, wall_clock, NULL));
    CHECK_OK(s2n_config_set_session_tickets_onoff(pair->config, 1));
    CHECK_OK(s2n_config_add_ticket_crypto_key(pair->config, (const uint8_t *) "key", 3, secret, 32, 1800000000));
    CHECK_OK(s2n_config_set_session_ticket_cb(pair->config, keep_ticket, NULL));
    CHECK_OK(enable_early_data(pair->config, limit, callback));
    CHECK_OK(set_time_of_tickets(pair->server));
    CHECK_OK(s2n_connection_add_new_tickets_to_send(pair->server, 1));
    if (protocol != NULL) {
        CHECK_OK(s2n_config_append_protocol_preference(
            pair->config, (const uint8_t *) protocol, strlen(protocol)));
    }
    return pair;
}

static void get_session(const char *protocol)
{
    struct pair *pair = new_pair_with(decide, protocol);
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    uint8_t byte;
    s2n_blocked_status blocked;
    session_len = 0;
    CHECK_ERROR(s2n_recv(pair->client, &byte, 1, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(session_len > 0);
    disconnect(pair);
}

/* A pair whose client has a new session. */
static struct pair *new_pair_with_session(s2n_early_data_cb callback, const char *protocol)
{
    get_session(protocol);
    struct pair *pair = new_pair_with(callback, protocol);
    CHECK_OK(s2n_connection_set_session(pair->client, session, session_len));
    return pair;
}

static s2n_early_data_status_t status_of(struct s2n_connection *conn)
{
    s2n_early_data_status_t status = (s2n_early_data_status_t) 77;
    CHECK_OK(s2n_connection_get_early_data_status(conn, &status));
    return status;
}

/* Sends early data, which the transport holds. */
static void send_early(struct pair *pair)
{
    ssize_t sent = 0;
    s2n_blocked_status blocked;
    CHECK(status_of(pair->client) == S2N_EARLY_DATA_STATUS_OK);
    CHECK_ERROR(s2n_send_early_data(pair->client, request, 100, &sent, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(sent == 100 && blocked == S2N_BLOCKED_ON_READ);
    CHECK_ERROR(s2n_recv(pair->client, request, 1, &blocked), S2N_ERR_EARLY_DATA_NOT_ALLOWED);
}

/* Returns the number of bytes of early data that the server receives: 0 if it rejects. */
static ssize_t receive_early(struct s2n_connection *conn)
{
    uint8_t data[LIMIT];
    ssize_t received = 0;
    s2n_blocked_status blocked;
    int result = s2n_recv_early_data(conn, data, sizeof(data), &received, &blocked);
    if (status_of(conn) == S2N_EARLY_DATA_STATUS_REJECTED) {
        CHECK(result == 0 && received == 0);
    } else {
        CHECK(result == -1 && received == 100);
        CHECK(memcmp(data, request, 100) == 0);
    }
    return received;
}

/* The server receives the first flight of the pair again. */
static ssize_t replay(struct pair *pair)
{
    struct s2n_connection *server = s2n_connection_new(S2N_SERVER);
    struct transport *to_client = calloc(1, sizeof(*to_client));
    CHECK(to_client != NULL);
    attach(server, pair, &pair->to_server, to_client);
    pair->to_server.read = 0;
    ssize_t received = receive_early(server);
    CHECK_OK(s2n_connection_free(server));
    free(to_client);
    return received;
}

/* One exchange with the loops of the guide. */
struct server {
    struct s2n_connection *conn;
    int fd;
    size_t size;
};

static void *serve(void *context)
{
    const struct server *server = context;
    s2n_blocked_status blocked;
    uint8_t data[LIMIT];
    taken_len = 0;
    CHECK_OK(accept_early_data(server->conn, server->fd));
    CHECK(memcmp(taken, request, taken_len) == 0);
    for (size_t len = taken_len; len < server->size;) {
        ssize_t count = s2n_recv(server->conn, data, server->size - len, &blocked);
        CHECK(count > 0 || (count < 0 && wait_for(server->fd, blocked) == 0));
        CHECK(count < 0 || memcmp(data, request + len, (size_t) count) == 0);
        len += count > 0 ? (size_t) count : 0;
    }
    CHECK_OK(send_all(server->conn, server->fd, (const uint8_t *) "response", 8));
    return NULL;
}

static void exchange(struct pair *pair, size_t size, size_t early)
{
    int fds[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds));
    CHECK_OK(s2n_connection_set_fd(pair->client, fds[0]));
    CHECK_OK(s2n_connection_set_fd(pair->server, fds[1]));
    struct server server = { pair->server, fds[1], size };
    pthread_t thread;
    CHECK_OK(pthread_create(&thread, NULL, serve, &server));
    CHECK_OK(send_request(pair->client, fds[0], request, size));
    s2n_blocked_status blocked;
    uint8_t response[8];
    for (size_t len = 0; len < sizeof(response);) {
        ssize_t count = s2n_recv(pair->client, response + len, sizeof(response) - len, &blocked);
        CHECK(count > 0 || (count < 0 && wait_for(fds[0], blocked) == 0));
        len += count > 0 ? (size_t) count : 0;
    }
    CHECK(memcmp(response, "response", 8) == 0);
    CHECK_OK(pthread_join(thread, NULL));
    CHECK(taken_len == early);
    CHECK_OK(close(fds[0]));
    CHECK_OK(close(fds[1]));
    disconnect(pair);
}

static int reject(struct s2n_connection *conn, struct s2n_offered_early_data *offered)
{
    (void) conn;
    return s2n_offered_early_data_reject(offered);
}

static void requests_arrive_once(void)
{
    static const size_t sizes[] = { 1, 5000, LIMIT };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        exchange(new_pair_with_session(decide, NULL), sizes[i], sizes[i]);
        exchange(new_pair_with_session(NULL, NULL), sizes[i], sizes[i]);
        exchange(new_pair_with_session(reject, NULL), sizes[i], 0);
        exchange(new_pair_with(decide, NULL), sizes[i], 0); /* without a session */
    }
    /* A request that does not fit is not sent as early data. */
    limit = 4999;
    struct pair *pair = new_pair_with_session(decide, NULL);
    limit = LIMIT;
    exchange(pair, 5000, 0);
}

static void a_replay_is_rejected(void)
{
    /* Nothing but the callback prevents it. */
    struct pair *pair = new_pair_with_session(NULL, NULL);
    send_early(pair);
    for (int i = 0; i < 3; i++) {
        CHECK(replay(pair) == 100);
    }
    disconnect(pair);

    pair = new_pair_with_session(decide, NULL);
    send_early(pair);
    CHECK(receive_early(pair->server) == 100);
    for (int i = 0; i < 3; i++) {
        CHECK(replay(pair) == 0);
    }
    disconnect(pair);

    /* Without a register, nothing is accepted. */
    pair = new_pair_with_session(decide, NULL);
    is_available = 0;
    send_early(pair);
    CHECK(receive_early(pair->server) == 0);
    is_available = 1;
    CHECK(replay(pair) == 100);
    disconnect(pair);
}

static void old_tickets_are_rejected(void)
{
    const uint64_t start = now;
    static const struct {
        int64_t age;
        ssize_t received;
    } cases[] = { { MAX_AGE - 1, 100 }, { MAX_AGE, 0 }, { -MAX_SKEW, 100 }, { -MAX_SKEW - 1, 0 } };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pair *pair = new_pair_with_session(decide, NULL);
        send_early(pair);
        now = start + cases[i].age;
        CHECK(receive_early(pair->server) == cases[i].received);
        now = start;
        disconnect(pair);
    }

    /* The lifetime of the session is compared with the age of the ClientHello, which a replay repeats. */
    struct pair *pair = new_pair_with_session(NULL, NULL);
    CHECK_OK(s2n_config_set_session_state_lifetime(pair->config, 1000));
    send_early(pair);
    now = start + 2000;
    CHECK(replay(pair) == 100);
    now = start + 15 * 3600 - 1;
    CHECK(replay(pair) == 100);
    /* The ticket key does not decrypt any more. */
    now = start + 15 * 3600;
    CHECK(replay(pair) == 0);
    now = start;
    disconnect(pair);
}

/* Only a client with the secret of the ticket uses the register. */
static void a_changed_flight_is_an_error(void)
{
    struct pair *pair = new_pair_with_session(decide, NULL);
    send_early(pair);
    size_t len;
    first_handshake_message(&pair->to_server, &len)[20] ^= 1; /* the random value */
    const size_t before = recorded_count;
    uint8_t data[100];
    ssize_t received = 0;
    s2n_blocked_status blocked;
    CHECK_ERROR(s2n_recv_early_data(pair->server, data, 100, &received, &blocked), S2N_ERR_BAD_PSK_BINDER);
    CHECK(recorded_count == before);
    disconnect(pair);

    pair = new_pair_with_session(decide, NULL);
    send_early(pair);
    pair->to_server.bytes[pair->to_server.written - 1] ^= 1;
    CHECK_ERROR(s2n_recv_early_data(pair->server, data, 100, &received, &blocked), S2N_ERR_DECRYPT);
    disconnect(pair);
}

static void the_status_follows_the_early_data(void)
{
    struct pair *pair = new_pair_with_session(decide, NULL);
    const char *client, *server;
    CHECK(status_of(pair->server) == S2N_EARLY_DATA_STATUS_OK);
    send_early(pair);
    CHECK(receive_early(pair->server) == 100);
    CHECK(status_of(pair->server) == S2N_EARLY_DATA_STATUS_OK);
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, "S2N_ERR_OK");
    CHECK(status_of(pair->client) == S2N_EARLY_DATA_STATUS_END);
    CHECK(status_of(pair->server) == S2N_EARLY_DATA_STATUS_END);
    disconnect(pair);

    /* A server that does not receive it. */
    pair = new_pair_with_session(decide, NULL);
    send_early(pair);
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, "S2N_ERR_OK");
    CHECK(status_of(pair->client) == S2N_EARLY_DATA_STATUS_REJECTED);
    CHECK(status_of(pair->server) == S2N_EARLY_DATA_STATUS_REJECTED);
    disconnect(pair);

    pair = new_pair_with_session(decide, NULL);
    negotiate(pair, &client, &server);
    CHECK(status_of(pair->client) == S2N_EARLY_DATA_STATUS_NOT_REQUESTED);
    CHECK(status_of(pair->server) == S2N_EARLY_DATA_STATUS_NOT_REQUESTED);
    disconnect(pair);

    /* One that stops too early. */
    pair = new_pair_with_session(decide, NULL);
    send_early(pair);
    uint8_t data[100];
    ssize_t received = 0;
    s2n_blocked_status blocked;
    CHECK_ERROR(s2n_recv_early_data(pair->server, data, 40, &received, &blocked), S2N_ERR_EARLY_DATA_BLOCKED);
    CHECK(received == 40 && blocked == S2N_BLOCKED_ON_EARLY_DATA);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_BAD_MESSAGE);
    CHECK_ERROR(s2n_recv_early_data(pair->server, data, 100, &received, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(received == 60);
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, "S2N_ERR_OK");
    disconnect(pair);
}

static void a_lower_limit_is_an_error_for_old_tickets(void)
{
    static const struct {
        uint32_t limit;
        const char *error;
    } cases[] = { { 99, "S2N_ERR_MAX_EARLY_DATA_SIZE" }, { 0, "S2N_ERR_OK" } };
    for (size_t i = 0; i < 2; i++) {
        struct pair *pair = new_pair_with_session(decide, NULL);
        CHECK_OK(s2n_connection_set_server_max_early_data_size(pair->server, cases[i].limit));
        send_early(pair);
        uint8_t data[100];
        ssize_t received = 0;
        s2n_blocked_status blocked;
        s2n_errno = 0;
        s2n_recv_early_data(pair->server, data, 100, &received, &blocked);
        CHECK_TEXT(s2n_strerror_name(s2n_errno), cases[i].error);
        CHECK(received == 0);
        disconnect(pair);
    }
}

/* A full handshake with the pair, whose early data the server rejects. */
static void is_rejected(struct pair *pair)
{
    const char *client, *server;
    send_early(pair);
    CHECK(receive_early(pair->server) == 0);
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    CHECK(status_of(pair->client) == S2N_EARLY_DATA_STATUS_REJECTED);
    disconnect(pair);
}

static void some_handshakes_reject_early_data(void)
{
    /* ALPN: now, in the session, and both. */
    struct pair *pair = new_pair_with_session(NULL, NULL);
    CHECK_OK(s2n_config_append_protocol_preference(pair->config, (const uint8_t *) "h2", 2));
    is_rejected(pair);
    pair = new_pair_with_session(NULL, "h2");
    is_rejected(pair);

    /* A HelloRetryRequest, without a call. */
    pair = new_pair_with_session(decide, NULL);
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->client, "20240603"));
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->server, "20251113"));
    const size_t before = recorded_count;
    is_rejected(pair);
    CHECK(recorded_count == before);

    /* Client certificates. */
    pair = new_pair_with_session(decide, NULL);
    CHECK_OK(s2n_connection_set_client_auth_type(pair->server, S2N_CERT_AUTH_OPTIONAL));
    send_early(pair);
    CHECK(receive_early(pair->server) == 0);
    CHECK(s2n_connection_is_session_resumed(pair->server) == 0);
    disconnect(pair);
}

static const char *seen_name;

static int see_name(struct s2n_connection *conn, struct s2n_offered_early_data *offered)
{
    seen_name = s2n_get_server_name(conn);
    return s2n_offered_early_data_accept(offered);
}

static void the_name_of_the_session_is_not_compared(void)
{
    struct pair *pair = new_pair_with_session(see_name, NULL);
    CHECK_OK(s2n_set_server_name(pair->client, "other"));
    send_early(pair);
    CHECK(receive_early(pair->server) == 100);
    CHECK_TEXT(seen_name, "other");
    disconnect(pair);
}

/* The decision about an external key, by the first binder. */
static size_t binder_len;

static int decide_by_binder(struct s2n_connection *conn, struct s2n_offered_early_data *offered)
{
    uint8_t binder[64];
    binder_len = first_binder(conn, binder);
    if (binder_len > 0 && record_once(binder, binder_len, MAX_AGE + MAX_SKEW) == 1) {
        return s2n_offered_early_data_accept(offered);
    }
    return s2n_offered_early_data_reject(offered);
}

static void append_key(struct s2n_connection *conn, s2n_mode mode)
{
    struct s2n_psk *psk = s2n_external_psk_new();
    CHECK_OK(s2n_psk_set_identity(psk, (const uint8_t *) "sensor-1", 8));
    CHECK_OK(s2n_psk_set_secret(psk, SECRET, sizeof(SECRET)));
    CHECK_OK(permit_early_data(psk, mode, LIMIT));
    CHECK_OK(s2n_connection_append_psk(conn, psk));
    CHECK_OK(s2n_psk_free(&psk));
}

static struct pair *new_pair_with_keys(s2n_mode mode_of_client, s2n_mode mode_of_server)
{
    struct pair *pair = new_pair_with(decide_by_binder, "h2");
    append_key(pair->client, mode_of_client);
    append_key(pair->server, mode_of_server);
    return pair;
}

static void external_keys_have_early_data(void)
{
    struct pair *pair = new_pair_with_keys(S2N_CLIENT, S2N_SERVER);
    send_early(pair);
    CHECK(receive_early(pair->server) == 100);
    CHECK(binder_len == 32);
    uint8_t binder[64];
    size_t len;
    pair->to_server.read = 0;
    const uint8_t *hello = first_handshake_message(&pair->to_server, &len);
    CHECK(first_binder(pair->server, binder) == 32 && memcmp(binder, hello + len - 32, 32) == 0);
    const char *client, *server;
    pair->to_server.read = pair->to_server.written;
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, "S2N_ERR_OK");
    disconnect(pair);

    /* A key of each connection has another binder, and a replay has the same. */
    pair = new_pair_with_keys(S2N_CLIENT, S2N_SERVER);
    send_early(pair);
    CHECK(receive_early(pair->server) == 100);
    disconnect(pair);
    pair = new_pair_with_keys(S2N_CLIENT, S2N_SERVER);
    send_early(pair);
    struct s2n_connection *servers[2];
    for (int i = 0; i < 2; i++) {
        static struct transport to_client[2];
        servers[i] = s2n_connection_new(S2N_SERVER);
        attach(servers[i], pair, &pair->to_server, &to_client[i]);
        append_key(servers[i], S2N_SERVER);
        pair->to_server.read = 0;
        CHECK(receive_early(servers[i]) == (i == 0 ? 100 : 0));
        CHECK_OK(s2n_connection_free(servers[i]));
    }
    disconnect(pair);

    /* The protocol without its NUL. */
    is_rejected(new_pair_with_keys(S2N_CLIENT, S2N_CLIENT));
}

/* The server prefers another suite of the same hash. */
static void the_cipher_suite_must_be_known(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    struct s2n_connection *const ends[] = { pair->client, pair->server };
    for (int i = 0; i < 2; i++) {
        struct s2n_psk *psk = s2n_external_psk_new();
        CHECK_OK(s2n_psk_set_identity(psk, (const uint8_t *) "sensor-1", 8));
        CHECK_OK(s2n_psk_set_secret(psk, SECRET, sizeof(SECRET)));
        CHECK_OK(s2n_psk_configure_early_data(psk, LIMIT, 0x13, 0x03));
        CHECK_OK(s2n_connection_append_psk(ends[i], psk));
        CHECK_OK(s2n_psk_free(&psk));
    }
    const char *client, *server;
    send_early(pair);
    CHECK(receive_early(pair->server) == 0);
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_BAD_MESSAGE");
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    fill_with_pattern(request, sizeof(request));
    CHECK_OK(s2n_init());
    requests_arrive_once();
    a_replay_is_rejected();
    old_tickets_are_rejected();
    a_changed_flight_is_an_error();
    the_status_follows_the_early_data();
    a_lower_limit_is_an_error_for_old_tickets();
    some_handshakes_reject_early_data();
    the_name_of_the_session_is_not_compared();
    external_keys_have_early_data();
    the_cipher_suite_must_be_known();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
