/* Tests of the code in the guide, chapter io. */
#include "io.md.h"
#include "closing.md.h"
#include "pair.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static uint8_t data[200000];
static uint8_t received[sizeof(data)];

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
};

/* Receives up to the close_notify. */
static void *serve(void *context)
{
    const struct server *server = context;
    char *contents = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&contents, &len);
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
    CHECK(memcmp(contents, data, sizeof(data)) == 0);
    CHECK(memcmp(contents + sizeof(data), data, sizeof(data)) == 0);
    CHECK_OK(close_both(server->conn, server->fd));
    free(contents);
    return NULL;
}

static void data_is_sent_and_received(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    int fds[2];
    new_sockets(fds, SOCK_NONBLOCK);
    use_descriptors(pair, fds);
    struct server server = { pair->server, fds[1] };
    pthread_t thread;
    CHECK_OK(pthread_create(&thread, NULL, serve, &server));

    CHECK_OK(handshake(pair->client, fds[0]));
    CHECK_OK(send_all(pair->client, fds[0], data, sizeof(data)));
    const struct iovec parts[] = { { data, 1 }, { NULL, 0 }, { data + 1, sizeof(data) - 1 } };
    CHECK_OK(send_message(pair->client, fds[0], parts, 3));
    CHECK_OK(close_both(pair->client, fds[0]));
    CHECK_OK(pthread_join(thread, NULL));
    CHECK(s2n_connection_get_wire_bytes_in(pair->client)
            == s2n_connection_get_wire_bytes_out(pair->server));
    close_sockets(fds);
    disconnect(pair);
}

static void a_socket_timeout_is_reported_as_blocked(int tls13)
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

static void failed_handshakes_cannot_be_resumed(int tls13)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;

    /* Sending during the handshake fails without effect. */
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_ERROR(s2n_send(pair->client, data, 1, &blocked), S2N_ERR_ENCRYPT);
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_send(pair->client, data, 1, &blocked), S2N_ERR_ENCRYPT);
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    disconnect(pair);

    /* Receiving during the handshake consumes a handshake message. */
    pair = new_pair(tls13, "ecdsa");
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_recv(pair->server, received, 10, &blocked), S2N_ERR_BAD_MESSAGE);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_CLOSED);
    disconnect(pair);

    /* The peer closes during the handshake; the shutdown does not wait for it. */
    pair = new_pair(tls13, "ecdsa");
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    pair->to_client.eof = 1;
    for (int i = 0; i < 2; i++) {
        CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_CLOSED);
    }
    CHECK_OK(s2n_shutdown(pair->client, &blocked));
    disconnect(pair);

    /* The peer sends a fatal alert before it disconnects. */
    pair = new_pair(tls13, "ecdsa");
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 80 };
    CHECK(transport_send(&pair->to_server, alert, sizeof(alert)) == sizeof(alert));
    pair->to_client.send_error = EPIPE;
    CHECK_ERROR(s2n_connection_get_alert(pair->server), S2N_ERR_NO_ALERT);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ALERT);
    CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_ALERT);
    CHECK(s2n_connection_get_alert(pair->server) == 80);
    CHECK(s2n_negotiate(pair->server, &blocked) == -1);
    disconnect(pair);

    /* The transport fails, and recovers. */
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

static void errors_after_data_are_reported_by_the_next_call(int tls13)
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

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    fill_with_pattern(data, sizeof(data));
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        data_is_sent_and_received(tls13);
        a_socket_timeout_is_reported_as_blocked(tls13);
        failed_handshakes_cannot_be_resumed(tls13);
        errors_after_data_are_reported_by_the_next_call(tls13);
    }
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
