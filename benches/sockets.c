/*
 * Data transfer over Unix sockets.
 */
#define _GNU_SOURCE
#include "calls.h"
#include "endpoint.h"
#include "rows.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CALL = 1 << 16 };

static struct s2n_connection *connection_on(s2n_mode mode, int fd)
{
    struct s2n_connection *conn = s2n_connection_new(mode);
    CHECK(conn != NULL);
    CHECK(s2n_connection_set_config(conn, setup.configs[mode == S2N_CLIENT ? CLIENT : SERVER]) == 0);
    CHECK(s2n_connection_set_fd(conn, fd) == 0);
    CHECK(mode == S2N_SERVER || s2n_set_server_name(conn, "localhost") == 0);
    return conn;
}

struct receiver {
    int fd;
    double spent;
    size_t bytes, reads;
};

static void *receive(void *argument)
{
    static uint8_t buffer[CALL];
    struct receiver *receiver = argument;
    s2n_blocked_status blocked;
    ssize_t received;
    struct s2n_connection *conn = connection_on(S2N_SERVER, receiver->fd);
    CHECK(s2n_negotiate(conn, &blocked) == 0);
    size_t reads = read_calls;
    double start = cpu_seconds();
    while ((received = s2n_recv(conn, buffer, sizeof(buffer), &blocked)) > 0) {
        receiver->bytes += (size_t) received;
    }
    receiver->spent = cpu_seconds() - start;
    receiver->reads = read_calls - reads;
    CHECK(received == 0);
    CHECK(s2n_connection_free(conn) == 0);
    return NULL;
}

/* One thread sends, another one receives. */
void measure_sockets(const struct certs *certs)
{
    enum { TOTAL = 1 << 29 };
    static const uint8_t data[CALL];
    int fds[2];
    pthread_t thread;
    s2n_blocked_status blocked;
    setup.configs[CLIENT] = client_config("default_tls13", certs);
    setup.configs[SERVER] = server_config("default_tls13", certs);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    struct receiver receiver = { .fd = fds[1] };
    CHECK(pthread_create(&thread, NULL, receive, &receiver) == 0);
    struct s2n_connection *conn = connection_on(S2N_CLIENT, fds[0]);
    CHECK(s2n_negotiate(conn, &blocked) == 0);
    size_t calls = times(TOTAL / CALL), writes = write_calls;
    double start = cpu_seconds();
    for (size_t i = 0; i < calls; i++) {
        CHECK(s2n_send(conn, data, CALL, &blocked) == CALL);
    }
    double spent = cpu_seconds() - start;
    writes = write_calls - writes;
    CHECK(s2n_shutdown_send(conn, &blocked) == 0);
    pthread_join(thread, NULL);
    CHECK(s2n_connection_free(conn) == 0);
    close(fds[0]);
    close(fds[1]);
    CHECK(receiver.bytes == calls * CALL);
    double bytes = (double) receiver.bytes, mebibytes = bytes / (1 << 20);
    report(spent / bytes * 1e12, "socket_send_ms_per_GB");
    report(receiver.spent / bytes * 1e12, "socket_recv_ms_per_GB");
    report((double) writes / mebibytes, "writes_per_MiB");
    report((double) receiver.reads / mebibytes, "reads_per_MiB");
}
