/*
 * An event-driven echo server: many connections in one thread, with non-blocking sockets and epoll.
 *
 * Each connection is a small state machine. A call that would block returns the blocked status, and is
 * repeated when epoll reports that event. Nothing is received while an echo is pending, so a client
 * that does not read cannot make the server buffer without limit (backpressure).
 *
 * A connection that failed is blinded (self-service blinding): a timer keeps it open for its delay,
 * without a sleeping thread; only then does s2n_shutdown() send the fatal alert.
 */
#define _GNU_SOURCE /* accept4 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <s2n.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum state { NEGOTIATING, ECHOING, CLOSING };

struct client {
    struct s2n_connection *conn;
    int fd;    /* the socket */
    int timer; /* a timerfd while a failed connection is blinded; -1 otherwise */
    enum state state;
    size_t received, sent; /* bytes of the buffer */
    uint8_t buffer[16384];
};

static int epoll;

static void fail(const char *what)
{
    fprintf(stderr, "%s: %s (%s); %s\n", what, s2n_strerror(s2n_errno, "EN"),
        s2n_strerror_debug(s2n_errno, "EN"), strerror(errno));
    exit(1);
}

static char *read_text(const char *path)
{
    char *text = calloc(1, 1 << 16);
    FILE *file = fopen(path, "rb");
    if (file == NULL || text == NULL || fread(text, 1, (1 << 16) - 1, file) == 0) {
        perror(path);
        exit(2);
    }
    fclose(file);
    return text;
}

static void wait_for(struct client *client, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = client };
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, client->fd, &event) != 0) {
        fail("epoll");
    }
}

static void client_free(struct client *client)
{
    s2n_connection_free(client->conn);
    close(client->fd);
    if (client->timer >= 0) {
        close(client->timer);
    }
    free(client);
}

/* Starts a timer for the blinding delay, and ignores the socket until it expires. */
static void start_timer(struct client *client, uint64_t nanoseconds)
{
    struct itimerspec delay = { .it_value = { .tv_sec = (time_t) (nanoseconds / 1000000000),
                                    .tv_nsec = (long) (nanoseconds % 1000000000) } };
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
    client->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (client->timer < 0 || timerfd_settime(client->timer, 0, &delay, NULL) != 0
        || epoll_ctl(epoll, EPOLL_CTL_ADD, client->timer, &event) != 0) {
        fail("timer");
    }
    wait_for(client, 0);
}

/* Each step returns 1 after progress, 0 if it is blocked on the socket, and -1 if the connection
 * failed. */
static int blocked_or_failed(struct client *client, s2n_blocked_status blocked)
{
    if (s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED) {
        return -1;
    }
    wait_for(client, blocked == S2N_BLOCKED_ON_READ ? EPOLLIN : EPOLLOUT);
    return 0;
}

static int negotiate(struct client *client)
{
    s2n_blocked_status blocked;
    if (s2n_negotiate(client->conn, &blocked) != 0) {
        return blocked_or_failed(client, blocked);
    }
    client->state = ECHOING;
    return 1;
}

static int echo(struct client *client)
{
    s2n_blocked_status blocked;
    if (client->sent < client->received) {
        ssize_t len = s2n_send(client->conn, client->buffer + client->sent,
            (ssize_t) (client->received - client->sent), &blocked);
        if (len < 0) {
            return blocked_or_failed(client, blocked);
        }
        client->sent += (size_t) len;
        return 1;
    }
    ssize_t len = s2n_recv(client->conn, client->buffer, sizeof(client->buffer), &blocked);
    if (len < 0) {
        return blocked_or_failed(client, blocked);
    }
    client->received = (size_t) len;
    client->sent = 0;
    if (len == 0) {
        client->state = CLOSING;
    }
    return 1;
}

/* Closes the connection, after its blinding delay if it failed. Returns 0 when blocked, and 1 when the
 * client has been freed. */
static int shut_down(struct client *client)
{
    s2n_blocked_status blocked;
    uint64_t delay = s2n_connection_get_delay(client->conn);
    if (delay > 0) {
        if (client->timer < 0) {
            start_timer(client, delay);
        }
        return 0;
    }
    if (s2n_shutdown(client->conn, &blocked) != 0 && blocked_or_failed(client, blocked) == 0) {
        return 0;
    }
    client_free(client);
    return 1;
}

/* Runs the state machine until it blocks or the client is freed. */
static void serve(struct client *client)
{
    int progress = 1;
    while (progress > 0) {
        switch (client->state) {
        case NEGOTIATING: progress = negotiate(client); break;
        case ECHOING: progress = echo(client); break;
        default:
            if (shut_down(client)) {
                return;
            }
            progress = 0;
        }
        if (progress < 0) {
            fprintf(stderr, "connection: %s (%s)\n", s2n_strerror(s2n_errno, "EN"),
                s2n_strerror_debug(s2n_errno, "EN"));
            client->state = CLOSING;
            progress = 1;
        }
    }
}

static void accept_client(int listener, struct s2n_config *config)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        return; /* the client has closed, or too many files are open: serve the others */
    }
    struct client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        close(fd);
        return;
    }
    client->fd = fd;
    client->timer = -1;
    client->conn = s2n_connection_new(S2N_SERVER);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
    if (client->conn == NULL || s2n_connection_set_config(client->conn, config) != 0
        || s2n_connection_set_fd(client->conn, fd) != 0
        || s2n_connection_set_blinding(client->conn, S2N_SELF_SERVICE_BLINDING) != 0
        || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        fail("accepting");
    }
    serve(client);
}

static int listen_on(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof(address);
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0
        || bind(fd, (struct sockaddr *) &address, len) != 0 || listen(fd, 128) != 0
        || getsockname(fd, (struct sockaddr *) &address, &len) != 0) {
        fail("listening");
    }
    printf("port: %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static volatile sig_atomic_t stopping;

static void stop(int signal)
{
    (void) signal;
    stopping = 1;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s PORT CERTIFICATE KEY\n", argv[0]);
        return 2;
    }
    struct sigaction action = { .sa_handler = stop };
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);

    if (s2n_init() != 0) {
        fail("s2n_init");
    }
    char *cert = read_text(argv[2]), *key = read_text(argv[3]);
    struct s2n_config *config = s2n_config_new_minimal();
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    if (s2n_cert_chain_and_key_load_pem(chain, cert, key) != 0
        || s2n_config_add_cert_chain_and_key_to_store(config, chain) != 0
        || s2n_config_set_cipher_preferences(config, "default_tls13") != 0) {
        fail(argv[2]);
    }
    free(cert);
    free(key);

    int listener = listen_on((uint16_t) atoi(argv[1]));
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0) {
        fail("epoll");
    }
    while (!stopping) {
        /* One event per turn: serving a client may free it while another event still refers to it. */
        if (epoll_wait(epoll, &event, 1, -1) != 1) {
            continue;
        }
        if (event.data.ptr == NULL) {
            accept_client(listener, config);
        } else {
            serve(event.data.ptr);
        }
    }
    close(listener);
    close(epoll);
    s2n_config_free(config);
    s2n_cert_chain_and_key_free(chain);
    return s2n_cleanup_final();
}
