/*
 * What docs/USAGE.md says. Its pieces of C come before this file in the same translation unit; what
 * records.c and callbacks.c try is not tried again.
 *
 * usage: usage FOLDER-OF-CERTIFICATES
 */
#include "keyless.h"
#include "openssl.h"

#include <pthread.h>
#include <s2n/unstable/ktls.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static uint8_t data[200000];
static uint8_t received[sizeof(data)];

static const uint64_t SECOND = 1000000000;

/* The same pair with a descriptor for each end. */
static void use_descriptors(struct pair *pair, int fds[2])
{
    CHECK_OK(s2n_connection_set_fd(pair->client, fds[0]));
    CHECK_OK(s2n_connection_set_fd(pair->server, fds[1]));
}

static void new_sockets(int fds[2], int flags)
{
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | flags, 0, fds));
}

static void close_sockets(int fds[2])
{
    CHECK_OK(close(fds[0]));
    CHECK_OK(close(fds[1]));
}

struct server {
    struct s2n_connection *conn;
    int fd;
    int answers;
};

/* Receives to the end; says all of it again if it is to answer. */
static void *serve(void *context)
{
    const struct server *server = context;
    char *heard = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&heard, &len);
    CHECK(file != NULL);
    CHECK_OK(handshake(server->conn, server->fd));
    int more;
    while ((more = receive_all(server->conn, file)) == 1) {
        CHECK(!has_data(server->conn));
        CHECK_OK(wait_for(server->fd, S2N_BLOCKED_ON_READ));
    }
    CHECK(more == 0);
    CHECK_OK(fclose(file));
    CHECK(len == 2 * sizeof(data));
    CHECK(memcmp(heard, data, sizeof(data)) == 0);
    CHECK(memcmp(heard + sizeof(data), data, sizeof(data)) == 0);
    if (server->answers) {
        CHECK_OK(send_all(server->conn, server->fd, (uint8_t *) heard, len));
    }
    CHECK_OK(close_both(server->conn, server->fd));
    free(heard);
    return NULL;
}

static void the_functions_of_the_page_work(int tls13, int flags)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    int fds[2];
    new_sockets(fds, flags);
    use_descriptors(pair, fds);
    struct server server = { pair->server, fds[1], tls13 };
    pthread_t thread;
    CHECK_OK(pthread_create(&thread, NULL, serve, &server));

    CHECK_OK(handshake(pair->client, fds[0]));
    CHECK_OK(send_all(pair->client, fds[0], data, sizeof(data)));
    const struct iovec parts[] = { { data, 1 }, { NULL, 0 }, { data + 1, sizeof(data) - 1 } };
    CHECK_OK(send_message(pair->client, fds[0], parts, 3));
    if (tls13 && flags != 0) {
        char *answer = NULL;
        size_t len = 0;
        FILE *file = open_memstream(&answer, &len);
        CHECK(file != NULL);
        CHECK_OK(close_ours_and_receive(pair->client, fds[0], file));
        CHECK_OK(fclose(file));
        CHECK(len == 2 * sizeof(data) && memcmp(answer, data, sizeof(data)) == 0);
        free(answer);
    }
    CHECK_OK(close_both(pair->client, fds[0]));
    CHECK_OK(pthread_join(thread, NULL));
    CHECK(s2n_connection_get_wire_bytes_in(pair->client)
            == s2n_connection_get_wire_bytes_out(pair->server));

    /* Each has another life, without TLS's end having closed the sockets. */
    uint64_t bytes = s2n_connection_get_wire_bytes_in(pair->client);
    CHECK_OK(reuse(pair->server, fds[1]));
    CHECK_OK(reuse(pair->client, fds[0]));
    CHECK(bytes > 0 && s2n_connection_get_wire_bytes_in(pair->client) == 0);
    CHECK_OK(s2n_set_server_name(pair->client, "localhost"));
    CHECK_OK(pthread_create(&thread, NULL, serve, &server));
    CHECK_OK(handshake(pair->client, fds[0]));
    CHECK_OK(send_message(pair->client, fds[0], parts, 3));
    CHECK_OK(send_all(pair->client, fds[0], data, sizeof(data)));
    CHECK_OK(close_both(pair->client, fds[0]));
    CHECK_OK(pthread_join(thread, NULL));
    close_sockets(fds);
    disconnect(pair);
}

static void a_timeout_of_the_socket_blocks(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    int fds[2];
    new_sockets(fds, 0);
    use_descriptors(pair, fds);
    const struct timeval timeout = { .tv_usec = 1000 };
    CHECK_OK(setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)));
    CHECK_ERROR(s2n_recv(pair->client, received, 10, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(blocked == S2N_BLOCKED_ON_READ);
    close_sockets(fds);
    disconnect(pair);
}

static void handshakes_fail_for_good(int tls13)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;

    /* Sending before the end does no harm. */
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_ERROR(s2n_send(pair->client, data, 1, &blocked), S2N_ERR_ENCRYPT);
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_send(pair->client, data, 1, &blocked), S2N_ERR_ENCRYPT);
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    disconnect(pair);

    /* Receiving before the end takes what the handshake needed. */
    pair = new_pair(tls13, "ecdsa");
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_recv(pair->server, received, 10, &blocked), S2N_ERR_BAD_MESSAGE);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_CLOSED);
    disconnect(pair);

    /* The peer closes in the middle; nobody waits for it. */
    pair = new_pair(tls13, "ecdsa");
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    pair->to_client.ended = 1;
    for (int i = 0; i < 2; i++) {
        CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_CLOSED);
    }
    CHECK_OK(s2n_shutdown(pair->client, &blocked));
    disconnect(pair);

    /* It gives up, and says why before it is gone. */
    pair = new_pair(tls13, "ecdsa");
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 80 };
    CHECK(link_send(&pair->to_server, alert, sizeof(alert)) == sizeof(alert));
    pair->to_client.send_error = EPIPE;
    CHECK_ERROR(s2n_connection_get_alert(pair->server), S2N_ERR_NO_ALERT);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ALERT);
    CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_ALERT);
    CHECK(s2n_connection_get_alert(pair->server) == 80);
    CHECK(s2n_negotiate(pair->server, &blocked) == -1);
    disconnect(pair);

    /* The transport fails, and works again. */
    pair = new_pair(tls13, "ecdsa");
    pair->to_server.send_error = ENOBUFS;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO);
    pair->to_client.recv_error = ECONNRESET;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO);
    CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_IO && errno == ECONNRESET);
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    disconnect(pair);
}

static int writes;

static int count_writes(void *context, const uint8_t *buf, uint32_t len)
{
    writes++;
    return link_send(context, buf, len);
}

static void a_send_buffer_collects(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_ERROR(s2n_config_set_send_buffer_size(config, 1033), S2N_ERR_INVALID_ARGUMENT);
    CHECK_OK(s2n_config_free(config));

    CHECK_OK(s2n_connection_set_config(pair->client, pair->config));
    const char *client, *server;
    CHECK_OK(s2n_connection_set_send_cb(pair->client, count_writes));
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    writes = 0;
    CHECK(s2n_send(pair->client, data, 80870, &blocked) == 80870);
    CHECK(writes == 10);
    disconnect(pair);

    pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_send_buffer_size(pair->config, 100000));
    CHECK_OK(s2n_connection_wipe(pair->client));
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    CHECK_OK(s2n_set_server_name(pair->client, "localhost"));
    CHECK_OK(s2n_connection_set_send_cb(pair->client, count_writes));
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    writes = 0;
    CHECK(s2n_send(pair->client, data, 80870, &blocked) == 80870);
    CHECK(writes == 1 && blocked == S2N_NOT_BLOCKED);
    disconnect(pair);
}

static void small_records_come_first(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_OK(s2n_connection_set_send_cb(pair->client, count_writes));
    CHECK_OK(s2n_connection_set_dynamic_record_threshold(pair->client, 10000, 0));
    writes = 0;
    uint64_t before = s2n_connection_get_wire_bytes_out(pair->client);
    pair->to_server.room = 1400;
    CHECK(s2n_send(pair->client, data, 1378 + 1, &blocked) == (tls13 ? 1378 : 1371));
    CHECK(s2n_connection_get_wire_bytes_out(pair->client) - before == 1400);
    disconnect(pair);
}

static void what_follows_data_is_told_later(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_OK(s2n_config_set_recv_multi_record(pair->config, true));
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    CHECK(s2n_recv(pair->server, received, 15, &blocked) == 15);
    CHECK(blocked == S2N_BLOCKED_ON_READ && s2n_peek(pair->server) == 5 && has_data(pair->server));
    CHECK(s2n_recv(pair->server, received, 15, &blocked) == 5);
    CHECK(blocked == S2N_NOT_BLOCKED);
    CHECK_ERROR(s2n_recv(pair->server, received, 15, &blocked), S2N_ERR_IO_BLOCKED);

    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    pair->to_server.bytes[pair->to_server.written - 1] ^= 1;
    CHECK(s2n_recv(pair->server, received, 100, &blocked) == 10);
    CHECK_ERROR(s2n_recv(pair->server, received, 100, &blocked), S2N_ERR_DECRYPT);
    disconnect(pair);
}

static uint64_t now;

static int our_clock(void *context, uint64_t *nanoseconds)
{
    (void) context;
    *nanoseconds = now;
    return 0;
}

static void a_blinded_connection_ends_later(int tls13, uint32_t most)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    now = SECOND;
    CHECK_OK(s2n_config_set_monotonic_clock(pair->config, our_clock, NULL));
    CHECK_OK(s2n_config_set_max_blinding_delay(pair->config, most));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, "S2N_ERR_OK");
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    pair->to_server.bytes[pair->to_server.written - 1] ^= 1;
    CHECK_ERROR(s2n_recv(pair->server, received, 10, &blocked), S2N_ERR_DECRYPT);
    CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_PROTO);

    uint64_t delay, written = pair->to_client.written;
    if (most == 0) {
        /* Without a delay it waits for the peer, as it does after no error. */
        CHECK(finish(pair->server, &delay) == WAIT_FOR_READ && delay == 0);
    } else {
        CHECK(finish(pair->server, &delay) == WAIT_FOR_TIME);
        CHECK(delay >= most * SECOND / 3 && delay < most * SECOND);
        CHECK_ERROR(s2n_shutdown(pair->server, &blocked), S2N_ERR_SHUTDOWN_PAUSED);
        now += delay - 1;
        CHECK(finish(pair->server, &delay) == WAIT_FOR_TIME && delay == 1);
        CHECK(pair->to_client.written == written);
        now += 1;
        CHECK(finish(pair->server, &delay) == FREE_IT && delay == 0);
    }
    CHECK(pair->to_client.written > written);
    disconnect(pair);
}

static void warnings_are_fatal_unless_ignored(void)
{
    for (int ignored = 0; ignored <= 1; ignored++) {
        struct pair *pair = new_pair(0, "ecdsa");
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK_OK(s2n_config_set_alert_behavior(pair->config,
            ignored ? S2N_ALERT_IGNORE_WARNINGS : S2N_ALERT_FAIL_ON_WARNINGS));
        /* A server that says user_canceled as a warning, before anything else. */
        const uint8_t alert[] = { 21, 3, 3, 0, 2, 1, 90 };
        CHECK(link_send(&pair->to_client, alert, sizeof(alert)) == sizeof(alert));
        if (ignored) {
            CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
            CHECK_ERROR(s2n_connection_get_alert(pair->client), S2N_ERR_NO_ALERT);
        } else {
            CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_ALERT);
            CHECK(s2n_connection_get_alert(pair->client) == 90);
            CHECK(s2n_connection_get_delay(pair->client) == 0);
            /* There is nobody left to answer. */
            size_t written = pair->to_server.written;
            CHECK_OK(s2n_shutdown(pair->client, &blocked));
            CHECK(pair->to_server.written == written);
        }
        disconnect(pair);
    }
}

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
    (void) number;
    signals = signals + 1;
}

static void a_peer_that_is_gone_is_an_error(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    int fds[2];
    new_sockets(fds, 0);
    CHECK_OK(s2n_connection_set_fd(pair->client, fds[0]));
    CHECK_OK(close(fds[1]));
    signals = 0;
    CHECK_ERROR(s2n_send(pair->client, data, 10, &blocked), S2N_ERR_IO);
    CHECK(errno == EPIPE && signals == 0);
    CHECK_ERROR(s2n_send(pair->client, data, 10, &blocked), S2N_ERR_IO);
    CHECK(errno == 0 && signals == 0);
    CHECK_ERROR(s2n_shutdown(pair->client, &blocked), S2N_ERR_IO);
    CHECK(signals == 0);
    CHECK_OK(close(fds[0]));
    disconnect(pair);

    /* A pipe raises the signal; a new descriptor mends the connection. */
    pair = connected(tls13);
    CHECK_OK(pipe(fds));
    CHECK_OK(s2n_connection_set_write_fd(pair->client, fds[1]));
    CHECK_OK(close(fds[0]));
    CHECK_ERROR(s2n_send(pair->client, data, 10, &blocked), S2N_ERR_IO);
    CHECK(errno == EPIPE && signals == 1);
    CHECK_OK(close(fds[1]));
    CHECK_ERROR(s2n_send(pair->client, data, 10, &blocked), S2N_ERR_IO);
    CHECK(errno == 0 && signals == 1);

    CHECK_OK(pipe(fds));
    CHECK_OK(s2n_connection_set_write_fd(pair->client, fds[1]));
    CHECK_OK(s2n_connection_set_read_fd(pair->server, fds[0]));
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    CHECK(s2n_recv(pair->server, received, 10, &blocked) == 10);
    close_sockets(fds);

    CHECK_OK(s2n_connection_set_fd(pair->client, -1));
    CHECK_ERROR(s2n_recv(pair->client, received, 10, &blocked), S2N_ERR_IO);
    CHECK(errno == EBADF);
    disconnect(pair);
}

static int asked;

static int takes_nothing(void *context, const uint8_t *buf, uint32_t len)
{
    (void) context, (void) buf, (void) len;
    asked++;
    return 0;
}

static int takes_too_much(void *context, const uint8_t *buf, uint32_t len)
{
    (void) context, (void) buf;
    return (int) len + 1;
}

static int gives_too_much(void *context, uint8_t *buf, uint32_t len)
{
    (void) context, (void) buf;
    return (int) len + 1;
}

static void callbacks_are_doubted(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    asked = 0;
    CHECK_OK(s2n_connection_set_send_cb(pair->client, takes_nothing));
    CHECK_ERROR(s2n_send(pair->client, data, 10, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(asked == 16 && blocked == S2N_BLOCKED_ON_WRITE);
    CHECK_OK(s2n_connection_set_send_cb(pair->client, takes_too_much));
    CHECK_ERROR(s2n_send(pair->client, data, 10, &blocked), S2N_ERR_SAFETY);
    CHECK_OK(s2n_connection_set_recv_cb(pair->client, gives_too_much));
    CHECK_ERROR(s2n_recv(pair->client, received, 10, &blocked), S2N_ERR_SAFETY);

    /* None of that was an end. */
    struct queue queue = { 0 };
    CHECK_OK(s2n_connection_set_send_cb(pair->client, queue_send));
    CHECK_OK(s2n_connection_set_send_ctx(pair->client, &queue));
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    CHECK(queue.len == (tls13 ? 32u : 39u));
    CHECK_ERROR(s2n_send(pair->client, data, 2000, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(queue.len == sizeof(queue.bytes));
    disconnect(pair);
}

static void keys_change_with_a_send(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    uint8_t sent = 9, followed = 9;
    CHECK_OK(s2n_connection_request_key_update(pair->client, S2N_KEY_UPDATE_NOT_REQUESTED));
    CHECK_OK(s2n_connection_get_key_update_counts(pair->client, &sent, &followed));
    CHECK(sent == 0 && followed == 0);
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    CHECK(s2n_recv(pair->server, received, 20, &blocked) == 10);
    CHECK_OK(s2n_connection_get_key_update_counts(pair->client, &sent, &followed));
    CHECK(sent == tls13 && followed == 0);
    CHECK_OK(s2n_connection_get_key_update_counts(pair->server, &sent, &followed));
    CHECK(sent == 0 && followed == tls13);
    disconnect(pair);
}

static void memory_is_given_back(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_OK(s2n_connection_free_handshake(pair->client));
    CHECK_OK(s2n_connection_free_handshake(pair->server));
    CHECK_OK(s2n_connection_set_dynamic_buffers(pair->client, true));
    CHECK_OK(s2n_connection_set_dynamic_buffers(pair->server, true));
    for (int i = 0; i < 3; i++) {
        CHECK(s2n_send(pair->client, data, 20000, &blocked) == 20000);
        CHECK(s2n_recv(pair->server, received, 30000, &blocked) == 8087);
        CHECK(s2n_recv(pair->server, received, 30000, &blocked) == 8087);
        CHECK(s2n_recv(pair->server, received, 30000, &blocked) == 20000 - 2 * 8087);
        CHECK_OK(s2n_connection_release_buffers(pair->client));
    }
    CHECK_OK(s2n_negotiate(pair->client, &blocked));

    pair->to_server.room = 0;
    CHECK_ERROR(s2n_send(pair->client, data, 10, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_connection_release_buffers(pair->client), S2N_ERR_STUFFER_HAS_UNPROCESSED_DATA);
    disconnect(pair);
}

static void a_config_may_go_first(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_OK(s2n_config_free(pair->config));
    CHECK_OK(s2n_cert_chain_and_key_free(pair->chain));
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    CHECK(s2n_recv(pair->server, received, 20, &blocked) == 10);
    CHECK_OK(s2n_connection_free(pair->client));
    CHECK_OK(s2n_connection_free(pair->server));
    free(pair);
}

int token_sign(const uint8_t *hash, uint32_t hash_len, uint8_t *signature, uint32_t *signature_len)
{
    *signature_len = openssl_sign(folder, "ecdsa", NULL, hash, hash_len, signature);
    return 0;
}

static void keys_may_be_elsewhere(int tls13)
{
    struct keyless keyless = new_keyless(tls13, "ecdsa", sign_elsewhere);
    const char *client, *server;
    negotiate(keyless.pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    free_keyless(&keyless);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t) (i * 7 + i / 256);
    }
    struct sigaction action = { .sa_handler = count_signal };
    CHECK_OK(sigaction(SIGPIPE, &action, NULL));
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        the_functions_of_the_page_work(tls13, SOCK_NONBLOCK);
        a_timeout_of_the_socket_blocks(tls13);
        handshakes_fail_for_good(tls13);
        a_send_buffer_collects(tls13);
        small_records_come_first(tls13);
        what_follows_data_is_told_later(tls13);
        a_blinded_connection_ends_later(tls13, 0);
        a_blinded_connection_ends_later(tls13, 30);
        a_peer_that_is_gone_is_an_error(tls13);
        callbacks_are_doubted(tls13);
        keys_change_with_a_send(tls13);
        memory_is_given_back(tls13);
        a_config_may_go_first(tls13);
        keys_may_be_elsewhere(tls13);
    }
    warnings_are_fatal_unless_ignored();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
