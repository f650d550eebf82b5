/*
 * Data transfer over Unix sockets.
 */
#define _GNU_SOURCE
#include "rows.h"
#include "endpoint.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CALL = 1 << 16 };

static void sockets_new(int type, int fds[2])
{
    if (socketpair(AF_UNIX, type, 0, fds) != 0) {
        fail(__FILE__, __LINE__, "socketpair", "failed");
    }
}

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
    size_t bytes;
};

static void *receive(void *argument)
{
    static uint8_t buffer[CALL];
    struct receiver *receiver = argument;
    s2n_blocked_status blocked;
    struct s2n_connection *conn = connection_on(S2N_SERVER, receiver->fd);
    CHECK(s2n_negotiate(conn, &blocked) == 0);
    double start = cpu_seconds();
    ssize_t received;
    while ((received = s2n_recv(conn, buffer, sizeof(buffer), &blocked)) > 0) {
        receiver->bytes += (size_t) received;
    }
    receiver->spent = cpu_seconds() - start;
    /* count_writes() ends without an alert. */
    CHECK(received == 0 || s2n_error_get_type(s2n_errno) == S2N_ERR_T_CLOSED);
    CHECK(s2n_connection_free(conn) == 0);
    return NULL;
}

/* One thread sends, another one receives. */
static void measure_transfer(void)
{
    enum { TOTAL = 1 << 29 };
    static const uint8_t data[CALL];
    int fds[2];
    pthread_t thread;
    s2n_blocked_status blocked;
    sockets_new(SOCK_STREAM, fds);
    struct receiver receiver = { fds[1], 0, 0 };
    CHECK(pthread_create(&thread, NULL, receive, &receiver) == 0);
    struct s2n_connection *conn = connection_on(S2N_CLIENT, fds[0]);
    CHECK(s2n_negotiate(conn, &blocked) == 0);
    size_t calls = times(TOTAL / CALL);
    double start = cpu_seconds();
    for (size_t i = 0; i < calls; i++) {
        CHECK(s2n_send(conn, data, CALL, &blocked) == CALL);
    }
    double spent = cpu_seconds() - start;
    CHECK(s2n_shutdown_send(conn, &blocked) == 0);
    pthread_join(thread, NULL);
    CHECK(s2n_connection_free(conn) == 0);
    close(fds[0]);
    close(fds[1]);
    CHECK(receiver.bytes == calls * CALL);
    double bytes = (double) receiver.bytes;
    report(spent / bytes * 1e12, "socket_send_ms_per_GB");
    report(receiver.spent / bytes * 1e12, "socket_recv_ms_per_GB");
}

static size_t drain(int fd)
{
    static uint8_t buffer[1 << 18];
    size_t messages = 0;
    while (recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0) {
        messages++;
    }
    return messages;
}

/* A socket that preserves the boundaries of messages replaces the stream socket after the handshake, so
 * that each write is one message. */
static void count_writes(void)
{
    static const uint8_t data[CALL];
    int stream[2], messages[2], size = 1 << 20;
    pthread_t thread;
    s2n_blocked_status blocked;
    sockets_new(SOCK_STREAM, stream);
    sockets_new(SOCK_SEQPACKET, messages);
    setsockopt(messages[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    struct receiver receiver = { stream[1], 0, 0 };
    CHECK(pthread_create(&thread, NULL, receive, &receiver) == 0);
    int copy = dup(stream[0]);
    struct s2n_connection *conn = connection_on(S2N_CLIENT, stream[0]);
    CHECK(s2n_negotiate(conn, &blocked) == 0);
    CHECK(dup2(messages[0], stream[0]) == stream[0]);
    size_t calls = times(160), writes = 0;
    for (size_t i = 0; i < calls; i++) {
        CHECK(s2n_send(conn, data, CALL, &blocked) == CALL);
        writes += drain(messages[1]);
    }
    report((double) writes * (1 << 20) / ((double) calls * CALL), "writes_per_MiB");
    CHECK(dup2(copy, stream[0]) == stream[0]);
    close(copy);
    shutdown(stream[0], SHUT_WR);
    pthread_join(thread, NULL);
    CHECK(s2n_connection_free(conn) == 0);
    close(stream[0]);
    close(stream[1]);
    close(messages[0]);
    close(messages[1]);
}

void measure_sockets(const struct certs *certs)
{
    setup.configs[CLIENT] = client_config("default_tls13", certs);
    setup.configs[SERVER] = server_config("default_tls13", certs);
    measure_transfer();
    count_writes();
}
