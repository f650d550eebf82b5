/* What the chapter closing says. */
#include "io.md.h"
#include "closing.md.h"
#include "pair.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static uint8_t data[200000];
static uint8_t received[sizeof(data)];

struct end {
    struct s2n_connection *conn;
    int fd;
};

/* Receives to the end, and says all of it again. */
static void *answer(void *context)
{
    const struct end *end = context;
    char *heard = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&heard, &len);
    CHECK(file != NULL);
    CHECK_OK(handshake(end->conn, end->fd));
    int more;
    while ((more = receive_all(end->conn, file)) == 1) {
        CHECK_OK(wait_for(end->fd, S2N_BLOCKED_ON_READ));
    }
    CHECK(more == 0);
    CHECK_OK(fclose(file));
    CHECK_OK(send_all(end->conn, end->fd, (uint8_t *) heard, len));
    CHECK_OK(close_both(end->conn, end->fd));
    free(heard);
    return NULL;
}

static void tls13_ends_by_halves(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    int fds[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds));
    CHECK_OK(s2n_connection_set_fd(pair->client, fds[0]));
    CHECK_OK(s2n_connection_set_fd(pair->server, fds[1]));
    struct end server = { pair->server, fds[1] };
    pthread_t thread;
    CHECK_OK(pthread_create(&thread, NULL, answer, &server));

    CHECK_OK(handshake(pair->client, fds[0]));
    CHECK_OK(send_all(pair->client, fds[0], data, sizeof(data)));
    char *heard = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&heard, &len);
    CHECK(file != NULL);
    CHECK_OK(close_ours_and_receive(pair->client, fds[0], file));
    CHECK_OK(fclose(file));
    CHECK(len == sizeof(data) && memcmp(heard, data, len) == 0);
    free(heard);
    CHECK_OK(close_both(pair->client, fds[0]));
    CHECK_OK(pthread_join(thread, NULL));
    CHECK(s2n_connection_get_wire_bytes_in(pair->client)
            == s2n_connection_get_wire_bytes_out(pair->server));
    CHECK_OK(close(fds[0]));
    CHECK_OK(close(fds[1]));
    disconnect(pair);
}

static void a_stream_that_is_cut_is_no_end(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    pair->to_server.ended = 1;
    CHECK(s2n_recv(pair->server, received, 10, &blocked) == 10);
    /* As blocking descriptors do, it ends or gives. */
    CHECK(receive_file(pair->server, stdout) == CUT_OFF);
    for (int i = 0; i < 2; i++) {
        CHECK_ERROR(s2n_recv(pair->server, received, 10, &blocked), S2N_ERR_CLOSED);
    }
    CHECK_ERROR(s2n_shutdown(pair->server, &blocked), S2N_ERR_CLOSED);
    disconnect(pair);
}

static void a_file_is_complete_or_not(int tls13)
{
    for (int spoilt = 0; spoilt <= 1; spoilt++) {
        struct pair *pair = connected(tls13);
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        FILE *file = tmpfile();
        CHECK(file != NULL);
        CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
        CHECK_OK(s2n_shutdown_send(pair->client, &blocked));
        pair->to_server.bytes[pair->to_server.written - 1] ^= spoilt;
        CHECK(receive_file(pair->server, file) == (spoilt ? BROKEN : COMPLETE));
        CHECK(ftell(file) == 10);
        CHECK_OK(fclose(file));
        disconnect(pair);
    }
}

static void the_end_has_defined_answers(int tls13)
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

static void before_tls13_an_end_is_the_end_of_both(void)
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
    tls13_ends_by_halves();
    before_tls13_an_end_is_the_end_of_both();
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        a_stream_that_is_cut_is_no_end(tls13);
        a_file_is_complete_or_not(tls13);
        the_end_has_defined_answers(tls13);
    }
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
