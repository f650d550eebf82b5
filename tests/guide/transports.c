/* Tests of the code in the guide, chapter transports. */
#include "transports.md.h"
#include "pair.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static uint8_t data[2000];
static uint8_t received[sizeof(data)];

static void new_sockets(int fds[2], int flags)
{
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | flags, 0, fds));
}

static void close_sockets(int fds[2])
{
    CHECK_OK(close(fds[0]));
    CHECK_OK(close(fds[1]));
}

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
    (void) number;
    signals = signals + 1;
}

static void a_disconnected_peer_is_an_error(int tls13)
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

    /* A pipe raises SIGPIPE; a new descriptor makes the connection usable again. */
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

static int calls;

static int accept_nothing(void *context, const uint8_t *buf, uint32_t len)
{
    (void) context, (void) buf, (void) len;
    calls++;
    return 0;
}

static int accept_too_much(void *context, const uint8_t *buf, uint32_t len)
{
    (void) context, (void) buf;
    return (int) len + 1;
}

static int return_too_much(void *context, uint8_t *buf, uint32_t len)
{
    (void) context, (void) buf;
    return (int) len + 1;
}

static void callback_results_are_validated(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    calls = 0;
    CHECK_OK(s2n_connection_set_send_cb(pair->client, accept_nothing));
    CHECK_ERROR(s2n_send(pair->client, data, 10, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(calls == 16 && blocked == S2N_BLOCKED_ON_WRITE);
    CHECK_OK(s2n_connection_set_send_cb(pair->client, accept_too_much));
    CHECK_ERROR(s2n_send(pair->client, data, 10, &blocked), S2N_ERR_SAFETY);
    CHECK_OK(s2n_connection_set_recv_cb(pair->client, return_too_much));
    CHECK_ERROR(s2n_recv(pair->client, received, 10, &blocked), S2N_ERR_SAFETY);

    /* The connection is still usable. */
    struct queue queue = { 0 };
    CHECK_OK(s2n_connection_set_send_cb(pair->client, queue_send));
    CHECK_OK(s2n_connection_set_send_ctx(pair->client, &queue));
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    CHECK(queue.len == (tls13 ? 32u : 39u));
    CHECK_ERROR(s2n_send(pair->client, data, 2000, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK(queue.len == sizeof(queue.bytes));
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    struct sigaction action = { .sa_handler = count_signal };
    CHECK_OK(sigaction(SIGPIPE, &action, NULL));
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        a_disconnected_peer_is_an_error(tls13);
        callback_results_are_validated(tls13);
    }
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
