/* The client: sends one request, as early data if it has a session and the request is idempotent. */
#define _GNU_SOURCE /* explicit_bzero */
#include "early_data.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <s2n.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The session of the next connection, which contains secrets. */
static uint8_t session[1 << 14];
static size_t session_len;

/* The session ticket callback. */
static int store_ticket(struct s2n_connection *conn, void *unused, struct s2n_session_ticket *ticket)
{
    (void) conn;
    (void) unused;
    size_t len = 0;
    if (s2n_session_ticket_get_data_len(ticket, &len) != 0 || len > sizeof(session)) {
        return 0; /* not stored: the next handshake is a full one */
    }
    session_len = s2n_session_ticket_get_data(ticket, len, session) == 0 ? len : 0;
    return 0;
}

/* Loads the session, and removes the file: a ticket is used once, also if this program fails. */
static void load_session(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        check(errno == ENOENT, path);
        return;
    }
    ssize_t len = read(fd, session, sizeof(session));
    check(len >= 0 && unlink(path) == 0, path);
    session_len = (size_t) len;
    close(fd);
}

static void save_session(const char *path)
{
    if (session_len == 0) {
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    check(fd >= 0 && write(fd, session, session_len) == (ssize_t) session_len && close(fd) == 0, path);
}

/* The socket is non-blocking. On a blocking one, the first call would send the ClientHello and then wait for
 * the server: early data would be late. */
static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
    check(getaddrinfo(host, port, &hints, &list) == 0, host);
    int fd = -1;
    for (struct addrinfo *at = list; at != NULL && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    check(fd >= 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "connecting");
    return fd;
}

/* After a call that failed: waits until it can be repeated, or exits. */
static void wait_for(int fd, s2n_blocked_status blocked, const char *what)
{
    check(s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED, what);
    struct pollfd ready = { .fd = fd, .events = blocked == S2N_BLOCKED_ON_READ ? POLLIN : POLLOUT };
    check(poll(&ready, 1, -1) >= 0 || errno == EINTR, "poll");
}

/* Sends a request as early data if all of it fits. Returns the number of bytes that were sent. */
static size_t send_early(struct s2n_connection *conn, int fd, const char *request, size_t len)
{
    uint32_t room = 0;
    check(s2n_connection_get_remaining_early_data_size(conn, &room) == 0, "early data");
    size_t sent = 0;
    while (len <= room && sent < len) {
        s2n_blocked_status blocked;
        ssize_t count = 0;
        int result = s2n_send_early_data(
            conn, (const uint8_t *) request + sent, (ssize_t) (len - sent), &count, &blocked);
        /* A call that is blocked on the answer of the server has sent data as well. */
        sent += (size_t) count;
        if (count == 0 && result == 0) {
            break; /* the server has rejected it */
        }
        if (count == 0) {
            wait_for(fd, blocked, "sending early data");
        }
    }
    return sent;
}

static void negotiate(struct s2n_connection *conn, int fd)
{
    s2n_blocked_status blocked;
    while (s2n_negotiate(conn, &blocked) != 0) {
        wait_for(fd, blocked, "handshake");
    }
    printf("handshake: %s\n", s2n_connection_is_session_resumed(conn) ? "resumed" : "full");
}

/* Returns how much of the early data the server has accepted. */
static size_t accepted(struct s2n_connection *conn, size_t sent)
{
    s2n_early_data_status_t status;
    check(s2n_connection_get_early_data_status(conn, &status) == 0, "early data");
    switch (status) {
    case S2N_EARLY_DATA_STATUS_END: printf("early data: accepted\n"); return sent;
    case S2N_EARLY_DATA_STATUS_REJECTED: printf("early data: rejected\n"); return 0;
    default: printf("early data: none\n"); return 0;
    }
}

static void send_all(struct s2n_connection *conn, int fd, const char *data, size_t len)
{
    s2n_blocked_status blocked;
    for (size_t sent = 0; sent < len;) {
        ssize_t count = s2n_send(conn, data + sent, (ssize_t) (len - sent), &blocked);
        if (count < 0) {
            wait_for(fd, blocked, "sending");
        }
        sent += count > 0 ? (size_t) count : 0;
    }
}

/* Receives a line, without its end. A connection that ends before it is an error, and no reason to send the
 * request again: it may have been executed. */
static void receive_line(struct s2n_connection *conn, int fd, char *line, size_t size)
{
    s2n_blocked_status blocked;
    for (size_t len = 0;;) {
        ssize_t count = s2n_recv(conn, line + len, 1, &blocked);
        if (count < 0) {
            wait_for(fd, blocked, "receiving");
        }
        if (count == 0 || len + 1 == size) {
            fprintf(stderr, "receiving: no response\n");
            exit(1);
        }
        if (count > 0 && line[len++] == '\n') {
            line[len - 1] = '\0';
            return;
        }
    }
}

/* Sends what the server has not accepted as early data, and repeats the request after a 425. */
static void exchange(struct s2n_connection *conn, int fd, const char *request, size_t len, int is_early)
{
    char response[1000];
    size_t sent = is_early ? send_early(conn, fd, request, len) : 0;
    negotiate(conn, fd);
    size_t done = accepted(conn, sent);
    send_all(conn, fd, request + done, len - done);
    receive_line(conn, fd, response, sizeof(response));
    printf("response: %s\n", response);
    if (done > 0 && strncmp(response, "425 ", 4) == 0) {
        send_all(conn, fd, request, len);
        receive_line(conn, fd, response, sizeof(response));
        printf("response: %s\n", response);
    }
}

static void shut_down(struct s2n_connection *conn, int fd)
{
    s2n_blocked_status blocked;
    while (s2n_shutdown(conn, &blocked) != 0) {
        wait_for(fd, blocked, "closing");
    }
}

static struct s2n_config *new_config(const char *ca)
{
    struct s2n_config *config = ca == NULL ? s2n_config_new() : s2n_config_new_minimal();
    check(config != NULL && (ca == NULL || s2n_config_set_verification_ca_location(config, ca, NULL) == 0)
            && s2n_config_set_cipher_preferences(config, "default_tls13") == 0
            && s2n_config_set_session_tickets_onoff(config, 1) == 0
            && s2n_config_set_session_ticket_cb(config, store_ticket, NULL) == 0,
        "config");
    return config;
}

/* Offers the session. One that cannot be used is dropped. */
static void offer_session(struct s2n_connection *conn)
{
    if (session_len > 0 && s2n_connection_set_session(conn, session, session_len) != 0) {
        fprintf(stderr, "session: %s (%s)\n", s2n_strerror(s2n_errno, "EN"),
            s2n_strerror_debug(s2n_errno, "EN"));
    }
    explicit_bzero(session, sizeof(session));
    session_len = 0;
}

int run_client(int argc, char **argv)
{
    const char *ca = NULL, *path = NULL;
    int sends_all_early = 0, option;
    while ((option = getopt(argc, argv, "A:s:f")) != -1) {
        switch (option) {
        case 'A': ca = optarg; break;
        case 's': path = optarg; break;
        case 'f': sends_all_early = 1; break;
        default: usage();
        }
    }
    char request[MAX_REQUEST];
    int len = argc - optind == 3 ? snprintf(request, sizeof(request), "%s\n", argv[optind + 2]) : -1;
    if (len < 0 || (size_t) len >= sizeof(request)) {
        usage();
    }
    const char *host = argv[optind];
    if (path != NULL) {
        load_session(path);
    }

    struct s2n_config *config = new_config(ca);
    int fd = connect_to(host, argv[optind + 1]);
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    check(conn != NULL && s2n_connection_set_config(conn, config) == 0
            && s2n_set_server_name(conn, host) == 0 && s2n_connection_set_fd(conn, fd) == 0
            /* The user sees an error at once. By default the call that fails sleeps for 10 to 30 seconds. */
            && s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING) == 0,
        "connection");
    offer_session(conn);
    exchange(conn, fd, request, (size_t) len, sends_all_early || strncmp(request, "GET ", 4) == 0);
    shut_down(conn, fd);
    if (path != NULL) {
        save_session(path);
    }

    explicit_bzero(session, sizeof(session));
    check(s2n_connection_free(conn) == 0 && s2n_config_free(config) == 0, "connection");
    close(fd);
    return 0;
}
