/*
 * A client in one non-blocking loop, as a program for GnuTLS has it: what standard input says goes
 * to the server, and what the server says to standard output.
 *
 * Where that program asks gnutls_record_get_direction() what to wait for, this one looks at the
 * blocked status; where it asks gnutls_record_check_pending() for bytes that poll() knows nothing
 * of, this one asks s2n_peek().
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <s2n.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FAILED = -1 };

struct copy {
    struct s2n_connection *conn;
    int fd; /* the socket */
    size_t held, sent; /* of the buffer: read from standard input, and sent */
    int input_ended, sending_ended, server_ended;
    char buffer[16384];
};

/* What to wait for before the failed call is made again; FAILED if it is not to be made again. */
static short direction(s2n_blocked_status blocked)
{
    if (s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED) {
        return FAILED;
    }
    return blocked == S2N_BLOCKED_ON_READ ? POLLIN : POLLOUT;
}

/* Waits for one event on the socket. */
static int wait_for(int fd, short events)
{
    struct pollfd socket = { .fd = fd, .events = events };
    if (events == FAILED || (poll(&socket, 1, -1) < 0 && errno != EINTR)) {
        return -1;
    }
    return 0;
}

static int negotiate(struct copy *copy)
{
    s2n_blocked_status blocked;
    while (s2n_negotiate(copy->conn, &blocked) != 0) {
        if (wait_for(copy->fd, direction(blocked)) != 0) {
            return -1;
        }
    }
    return 0;
}

/* The steps of the loop do what they can without waiting. They return the events to wait for. */
static short send_step(struct copy *copy)
{
    s2n_blocked_status blocked;
    while (copy->sent < copy->held) {
        /* A call that was blocked is repeated with the same bytes. */
        ssize_t len = s2n_send(copy->conn, copy->buffer + copy->sent,
            (ssize_t) (copy->held - copy->sent), &blocked);
        if (len < 0) {
            return direction(blocked);
        }
        copy->sent += (size_t) len;
    }
    copy->held = copy->sent = 0;

    /* Before TLS 1.3 this would end receiving too, so there the server has to end first. */
    int halves = s2n_connection_get_actual_protocol_version(copy->conn) >= S2N_TLS13;
    if (copy->input_ended && halves && !copy->sending_ended) {
        if (s2n_shutdown_send(copy->conn, &blocked) != 0) {
            return direction(blocked);
        }
        copy->sending_ended = 1;
    }
    return 0;
}

static short receive_step(struct copy *copy)
{
    s2n_blocked_status blocked;
    char bytes[1000]; /* a record may hold more; the rest of it waits in the library */
    ssize_t len = s2n_recv(copy->conn, bytes, sizeof(bytes), &blocked);
    if (len < 0) {
        return direction(blocked);
    }
    if (len == 0) {
        copy->server_ended = 1;
        return 0;
    }
    return fwrite(bytes, 1, (size_t) len, stdout) == (size_t) len ? POLLIN : FAILED;
}

static int read_input(struct copy *copy)
{
    ssize_t len = read(STDIN_FILENO, copy->buffer, sizeof(copy->buffer));
    if (len < 0) {
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    }
    copy->held = (size_t) len;
    copy->input_ended = len == 0;
    return 0;
}

static int run(struct copy *copy)
{
    for (;;) {
        short sending = send_step(copy);
        short receiving = sending == FAILED ? FAILED : receive_step(copy);
        if (receiving == FAILED) {
            return -1;
        }
        if (copy->server_ended) {
            return fflush(stdout);
        }
        int wants_input = copy->held == 0 && !copy->input_ended;
        struct pollfd fds[2] = {
            { .fd = copy->fd, .events = (short) (sending | receiving) },
            { .fd = wants_input ? STDIN_FILENO : -1, .events = POLLIN },
        };
        /* The socket may have nothing more while there is a rest of a record: look, don't wait. */
        int timeout = s2n_peek(copy->conn) > 0 ? 0 : -1;
        if (poll(fds, 2, timeout) < 0 && errno != EINTR) {
            return -1;
        }
        if (fds[1].revents != 0 && read_input(copy) != 0) {
            return -1;
        }
    }
}

/* Says goodbye, or tells the server what was wrong. */
static int close_connection(struct copy *copy)
{
    s2n_blocked_status blocked;
    while (s2n_shutdown(copy->conn, &blocked) != 0) {
        if (wait_for(copy->fd, direction(blocked)) != 0) {
            return -1;
        }
    }
    return 0;
}

static void complain(const char *what)
{
    fprintf(stderr, "%s: %s: %s\n", what, s2n_strerror_name(s2n_errno), strerror(errno));
}

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
    int fd = -1, error = getaddrinfo(host, port, &hints, &list);
    if (error != 0) {
        fprintf(stderr, "%s: %s\n", host, gai_strerror(error));
        return -1;
    }
    for (struct addrinfo *at = list; at != NULL && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
        if (fd >= 0
            && (connect(fd, at->ai_addr, at->ai_addrlen) != 0
                || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)) {
            fprintf(stderr, "%s:%s: %s\n", host, port, strerror(errno));
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    return fd;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s HOST PORT CA\n", argv[0]);
        return 2;
    }
    struct copy copy = { .fd = connect_to(argv[1], argv[2]) };
    if (copy.fd < 0) {
        return 3;
    }
    if (s2n_init() != 0) {
        complain("s2n_init");
        close(copy.fd);
        return 2;
    }
    int status = 2;
    struct s2n_config *config = s2n_config_new_minimal();
    copy.conn = s2n_connection_new(S2N_CLIENT);
    if (config == NULL || copy.conn == NULL
        || s2n_config_set_verification_ca_location(config, argv[3], NULL) != 0
        || s2n_connection_set_config(copy.conn, config) != 0
        || s2n_set_server_name(copy.conn, argv[1]) != 0
        || s2n_connection_set_fd(copy.conn, copy.fd) != 0) {
        complain(argv[3]);
    } else if (negotiate(&copy) != 0) {
        complain("handshake");
        close_connection(&copy);
        status = 4;
    } else if (run(&copy) != 0) {
        complain("transfer");
        close_connection(&copy);
        status = 5;
    } else if (close_connection(&copy) != 0) {
        complain("closing");
        status = 5;
    } else {
        status = 0;
    }
    s2n_connection_free(copy.conn);
    s2n_config_free(config);
    close(copy.fd);
    s2n_cleanup_final();
    return status;
}
