/*
 * An echo server with epoll, in a process of its own. Its clients are in another one.
 */
#define _GNU_SOURCE
#include "children.h"
#include "endpoint.h"
#include "scale.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MESSAGE = 1024, EVENTS = 256 };

/* One end of a connection. */
struct link {
    int fd;
    struct s2n_connection *conn;
    int established;
    /* The part of a message that has been received. */
    size_t received;
    uint8_t message[MESSAGE];
};

static void check(int ok, const char *what)
{
    if (!ok) {
        perror(what);
        fail(__FILE__, __LINE__, what, "failed");
    }
}

/* An abstract address: the first byte of the path is zero. */
static struct sockaddr_un address = { .sun_family = AF_UNIX };

static int listen_on_address(void)
{
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    check(listener >= 0, "socket");
    snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "rs2n-bench-%d", (int) getpid());
    check(bind(listener, (struct sockaddr *) &address, sizeof(address)) == 0, "bind");
    check(listen(listener, 1000) == 0, "listen");
    return listener;
}

static void watch(int queue, int fd, void *data)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = data };
    check(epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

static void set_nonblocking(int fd)
{
    check(fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "fcntl");
}

static struct link *link_new(enum side side, int fd)
{
    struct link *link = calloc(1, sizeof(*link));
    link->fd = fd;
    link->conn = s2n_connection_new(side == CLIENT ? S2N_CLIENT : S2N_SERVER);
    CHECK(link->conn != NULL);
    CHECK(s2n_connection_set_config(link->conn, setup.configs[side]) == 0);
    CHECK(s2n_connection_set_fd(link->conn, fd) == 0);
    CHECK(side == SERVER || s2n_set_server_name(link->conn, "localhost") == 0);
    return link;
}

/* Receives what is there of a message. Returns whether it is complete. */
static int receive_message(struct link *link)
{
    s2n_blocked_status blocked;
    while (link->received < MESSAGE) {
        ssize_t received = s2n_recv(link->conn, link->message + link->received,
            (ssize_t) (MESSAGE - link->received), &blocked);
        if (received < 0) {
            CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
            return 0;
        }
        check(received > 0, "the peer");
        link->received += (size_t) received;
    }
    link->received = 0;
    return 1;
}

/* The socket has space for it: no more than one message of a connection is on its way. */
static void send_message(struct link *link)
{
    s2n_blocked_status blocked;
    CHECK(s2n_send(link->conn, link->message, MESSAGE, &blocked) == MESSAGE);
}

static double process_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static void accept_all(int queue, int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        watch(queue, fd, link_new(SERVER, fd));
    }
}

/* Continues the handshake of a connection, or echoes its message. Returns whether it is its message. */
static int serve_link(struct link *link)
{
    s2n_blocked_status blocked;
    link->established =
        link->established || done_or_blocked(s2n_negotiate(link->conn, &blocked));
    if (link->established && receive_message(link)) {
        send_message(link);
        return 1;
    }
    return 0;
}

/* Serves until the control pipe is closed. Reports the CPU time since the first message. */
static void serve(int listener, int control, int result)
{
    struct epoll_event events[EVENTS];
    int queue = epoll_create1(0), ends = 0, has_message = 0;
    double start = 0;
    check(queue >= 0, "epoll_create1");
    watch(queue, listener, &listener);
    watch(queue, control, &control);
    while (!ends) {
        int count = epoll_wait(queue, events, EVENTS, -1);
        check(count >= 0, "epoll_wait");
        double now = has_message ? 0 : process_seconds();
        for (int i = 0; i < count; i++) {
            void *data = events[i].data.ptr;
            if (data == &listener) {
                accept_all(queue, listener);
            } else if (data == &control) {
                ends = 1;
            } else if (serve_link(data) && !has_message) {
                has_message = 1;
                start = now;
            }
        }
    }
    double spent = process_seconds() - start;
    write_result(result, &spent, sizeof(spent));
}

static struct link *connect_one(void)
{
    s2n_blocked_status blocked;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    check(fd >= 0, "socket");
    check(connect(fd, (struct sockaddr *) &address, sizeof(address)) == 0, "connect");
    struct link *link = link_new(CLIENT, fd);
    CHECK(s2n_negotiate(link->conn, &blocked) == 0);
    set_nonblocking(fd);
    return link;
}

/* Exchanges messages on all connections of the queue. Returns their number. */
static size_t exchange(int queue, double seconds)
{
    struct epoll_event events[EVENTS];
    size_t messages = 0;
    double end = wall_seconds() + seconds;
    while (wall_seconds() < end) {
        int count = epoll_wait(queue, events, EVENTS, 100);
        check(count >= 0, "epoll_wait");
        for (int i = 0; i < count; i++) {
            if (receive_message(events[i].data.ptr)) {
                messages++;
                send_message(events[i].data.ptr);
            }
        }
    }
    return messages;
}

/* Opens the connections, and exchanges messages on the active ones. */
static void run_clients(size_t connections, size_t active, int control, const struct child *server)
{
    int queue = epoll_create1(0);
    double seconds = 3.0 / (double) (3000 / times(3000)), server_spent = 0;
    check(queue >= 0, "epoll_create1");
    for (size_t i = 0; i < connections; i++) {
        struct link *link = connect_one();
        /* Spread over all of them */
        if (i % (connections / active) == 0) {
            watch(queue, link->fd, link);
            link->established = 1;
            send_message(link);
        }
    }
    double start = wall_seconds(), start_cpu = process_seconds();
    size_t messages = exchange(queue, seconds);
    double elapsed = wall_seconds() - start, spent = process_seconds() - start_cpu;
    close(control);
    read_result(server, &server_spent, sizeof(server_spent));
    report((double) connections, "echo_connections");
    report((double) messages / elapsed, "echo_per_s");
    report(server_spent / (double) messages * 1e6, "echo_server_us");
    report(spent / (double) messages * 1e6, "echo_client_us");
}

/* As many connections as the limit of open files permits. */
static size_t permitted(size_t connections)
{
    struct rlimit limit;
    check(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
    limit.rlim_cur = limit.rlim_max;
    check(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    size_t files = (size_t) limit.rlim_cur - 100;
    return connections < files ? connections : files;
}

void measure_echo(const struct certs *certs, size_t connections, size_t active)
{
    int control[2];
    connections = permitted(times(connections));
    active = times(active) < connections ? times(active) : connections;
    setup.configs[CLIENT] = client_config("default_tls13", certs);
    setup.configs[SERVER] = server_config("default_tls13", certs);
    int listener = listen_on_address();
    check(pipe(control) == 0, "pipe");
    struct child server = fork_child();
    if (server.id == 0) {
        close(control[1]);
        serve(listener, control[0], server.result);
        _exit(0);
    }
    close(listener);
    close(control[0]);
    run_clients(connections, active, control[1], &server);
}
