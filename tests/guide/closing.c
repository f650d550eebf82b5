/* Tests of the code in the guide, chapter closing. */
#include "io.md.h"
#include "closing.md.h"
#include "pair.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static uint8_t data[200000];
static uint8_t received[sizeof(data)];

struct endpoint {
    struct s2n_connection *conn;
    int fd;
};

/* Receives up to the close_notify, and echoes the data. */
static void *echo(void *context)
{
    const struct endpoint *endpoint = context;
    char *contents = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&contents, &len);
    CHECK(file != NULL);
    CHECK_OK(handshake(endpoint->conn, endpoint->fd));
    int more;
    while ((more = receive_all(endpoint->conn, file)) == 1) {
        CHECK_OK(wait_for(endpoint->fd, S2N_BLOCKED_ON_READ));
    }
    CHECK(more == 0);
    CHECK_OK(fclose(file));
    CHECK_OK(send_all(endpoint->conn, endpoint->fd, (uint8_t *) contents, len));
    CHECK_OK(close_both(endpoint->conn, endpoint->fd));
    free(contents);
    return NULL;
}

static void tls13_has_half_close(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    int fds[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds));
    CHECK_OK(s2n_connection_set_fd(pair->client, fds[0]));
    CHECK_OK(s2n_connection_set_fd(pair->server, fds[1]));
    struct endpoint server = { pair->server, fds[1] };
    pthread_t thread;
    CHECK_OK(pthread_create(&thread, NULL, echo, &server));

    CHECK_OK(handshake(pair->client, fds[0]));
    CHECK_OK(send_all(pair->client, fds[0], data, sizeof(data)));
    char *contents = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&contents, &len);
    CHECK(file != NULL);
    CHECK_OK(close_ours_and_receive(pair->client, fds[0], file));
    CHECK_OK(fclose(file));
    CHECK(len == sizeof(data) && memcmp(contents, data, len) == 0);
    free(contents);
    CHECK_OK(close_both(pair->client, fds[0]));
    CHECK_OK(pthread_join(thread, NULL));
    CHECK(s2n_connection_get_wire_bytes_in(pair->client)
            == s2n_connection_get_wire_bytes_out(pair->server));
    CHECK_OK(close(fds[0]));
    CHECK_OK(close(fds[1]));
    disconnect(pair);
}

static void truncation_is_not_a_close_notify(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    pair->to_server.eof = 1;
    CHECK(s2n_recv(pair->server, received, 10, &blocked) == 10);
    /* Like a blocking descriptor, the transport returns data or reports its end. */
    CHECK(receive_file(pair->server, stdout) == CUT_OFF);
    for (int i = 0; i < 2; i++) {
        CHECK_ERROR(s2n_recv(pair->server, received, 10, &blocked), S2N_ERR_CLOSED);
    }
    CHECK_ERROR(s2n_shutdown(pair->server, &blocked), S2N_ERR_CLOSED);
    disconnect(pair);
}

static void a_file_is_complete_or_not(int tls13)
{
    for (int corrupted = 0; corrupted <= 1; corrupted++) {
        struct pair *pair = connected(tls13);
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        FILE *file = tmpfile();
        CHECK(file != NULL);
        CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
        CHECK_OK(s2n_shutdown_send(pair->client, &blocked));
        pair->to_server.bytes[pair->to_server.written - 1] ^= corrupted;
        CHECK(receive_file(pair->server, file) == (corrupted ? BROKEN : COMPLETE));
        CHECK(ftell(file) == 10);
        CHECK_OK(fclose(file));
        disconnect(pair);
    }
}

static void calls_after_the_end_have_defined_results(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_shutdown(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(blocked == S2N_BLOCKED_ON_READ);
    CHECK_ERROR(s2n_send(pair->client, data, 10, &blocked), S2N_ERR_CLOSED);
    CHECK(s2n_recv(pair->server, received, 10, &blocked) == 0);
    CHECK_OK(s2n_shutdown(pair->server, &blocked));
    CHECK_OK(s2n_shutdown(pair->client, &blocked));
    struct s2n_connection *const both[] = { pair->client, pair->server };
    uint64_t written = pair->to_client.written + pair->to_server.written;
    for (int i = 0; i < 2; i++) {
        CHECK_ERROR(s2n_send(both[i], data, 10, &blocked), S2N_ERR_CLOSED);
        CHECK(s2n_recv(both[i], received, 10, &blocked) == 0);
        CHECK_OK(s2n_shutdown(both[i], &blocked));
        CHECK_OK(s2n_shutdown_send(both[i], &blocked));
        CHECK_OK(s2n_negotiate(both[i], &blocked));
    }
    CHECK(pair->to_client.written + pair->to_server.written == written);
    disconnect(pair);
}

static void before_tls13_close_notify_ends_both_directions(void)
{
    struct pair *pair = connected(0);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_OK(s2n_shutdown_send(pair->client, &blocked));
    CHECK_ERROR(s2n_recv(pair->client, received, 10, &blocked), S2N_ERR_CLOSED);
    CHECK(s2n_recv(pair->server, received, 10, &blocked) == 0);
    CHECK_ERROR(s2n_send(pair->server, data, 10, &blocked), S2N_ERR_CLOSED);
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    fill_with_pattern(data, sizeof(data));
    CHECK_OK(s2n_init());
    tls13_has_half_close();
    before_tls13_close_notify_ends_both_directions();
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        truncation_is_not_a_close_notify(tls13);
        a_file_is_complete_or_not(tls13);
        calls_after_the_end_have_defined_results(tls13);
    }
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
