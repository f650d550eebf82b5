/*
 * A non-blocking client with the event loop of a GnuTLS program: it sends standard input to the server
 * and writes the received data to standard output.
 *
 * The blocked status replaces gnutls_record_get_direction(); s2n_peek() replaces
 * gnutls_record_check_pending(), for decrypted bytes that poll() does not report.
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

struct transfer {
    struct s2n_connection *conn;
    int fd; /* the socket */
    size_t buffered, sent; /* bytes of the buffer */
    int input_eof, write_closed, read_closed;
    char buffer[16384];
};

/* Returns the event to poll for before the blocked call is repeated, or FAILED if the error is no
 * blocking error. */
static short blocked_events(s2n_blocked_status blocked)
{
    if (s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED) {
        return FAILED;
    }
    return blocked == S2N_BLOCKED_ON_READ ? POLLIN : POLLOUT;
}

/* Polls the socket for these events. */
static int wait_for(int fd, short events)
{
    struct pollfd socket = { .fd = fd, .events = events };
    if (events == FAILED || (poll(&socket, 1, -1) < 0 && errno != EINTR)) {
        return -1;
    }
    return 0;
}

static int negotiate(struct transfer *transfer)
{
    s2n_blocked_status blocked;
    while (s2n_negotiate(transfer->conn, &blocked) != 0) {
        if (wait_for(transfer->fd, blocked_events(blocked)) != 0) {
            return -1;
        }
    }
    return 0;
}

/* The steps of the loop send or receive until they block, and return the events to poll for. */
static short send_step(struct transfer *transfer)
{
    s2n_blocked_status blocked;
    while (transfer->sent < transfer->buffered) {
        /* After a blocked call, the same bytes must be passed again. */
        ssize_t len = s2n_send(transfer->conn, transfer->buffer + transfer->sent,
            (ssize_t) (transfer->buffered - transfer->sent), &blocked);
        if (len < 0) {
            return blocked_events(blocked);
        }
        transfer->sent += (size_t) len;
    }
    transfer->buffered = transfer->sent = 0;

    /* Before TLS 1.3 there is no half-close: a close_notify ends both directions, so the server must close
     * first. */
    int has_half_close = s2n_connection_get_actual_protocol_version(transfer->conn) >= S2N_TLS13;
    if (transfer->input_eof && has_half_close && !transfer->write_closed) {
        if (s2n_shutdown_send(transfer->conn, &blocked) != 0) {
            return blocked_events(blocked);
        }
        transfer->write_closed = 1;
    }
    return 0;
}

static short receive_step(struct transfer *transfer)
{
    s2n_blocked_status blocked;
    char bytes[1000]; /* smaller than a record: the library buffers the rest */
    ssize_t len = s2n_recv(transfer->conn, bytes, sizeof(bytes), &blocked);
    if (len < 0) {
        return blocked_events(blocked);
    }
    if (len == 0) {
        transfer->read_closed = 1;
        return 0;
    }
    return fwrite(bytes, 1, (size_t) len, stdout) == (size_t) len ? POLLIN : FAILED;
}

static int read_input(struct transfer *transfer)
{
    ssize_t len = read(STDIN_FILENO, transfer->buffer, sizeof(transfer->buffer));
    if (len < 0) {
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    }
    transfer->buffered = (size_t) len;
    transfer->input_eof = len == 0;
    return 0;
}

static int run(struct transfer *transfer)
{
    for (;;) {
        short sending = send_step(transfer);
        short receiving = sending == FAILED ? FAILED : receive_step(transfer);
        if (receiving == FAILED) {
            return -1;
        }
        if (transfer->read_closed) {
            return fflush(stdout);
        }
        int reads_input = transfer->buffered == 0 && !transfer->input_eof;
        struct pollfd fds[2] = {
            { .fd = transfer->fd, .events = (short) (sending | receiving) },
            { .fd = reads_input ? STDIN_FILENO : -1, .events = POLLIN },
        };
        /* If decrypted data is left, poll without waiting: the socket may never become readable. */
        int timeout = s2n_peek(transfer->conn) > 0 ? 0 : -1;
        if (poll(fds, 2, timeout) < 0 && errno != EINTR) {
            return -1;
        }
        if (fds[1].revents != 0 && read_input(transfer) != 0) {
            return -1;
        }
    }
}

/* Sends a close_notify, or the fatal alert of a failed connection unless it has a blinding delay, during which
 * s2n_shutdown() fails. */
static int close_connection(struct transfer *transfer)
{
    s2n_blocked_status blocked;
    while (s2n_shutdown(transfer->conn, &blocked) != 0) {
        if (wait_for(transfer->fd, blocked_events(blocked)) != 0) {
            return -1;
        }
    }
    return 0;
}

static void print_error(const char *what)
{
    fprintf(stderr, "%s: %s (%s); %s\n", what, s2n_strerror(s2n_errno, "EN"),
        s2n_strerror_debug(s2n_errno, "EN"), strerror(errno));
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
    struct transfer transfer = { .fd = connect_to(argv[1], argv[2]) };
    if (transfer.fd < 0) {
        return 3;
    }
    if (s2n_init() != 0) {
        print_error("s2n_init");
        close(transfer.fd);
        return 2;
    }
    int status = 2;
    struct s2n_config *config = s2n_config_new_minimal();
    transfer.conn = s2n_connection_new(S2N_CLIENT);
    if (config == NULL || transfer.conn == NULL
        || s2n_config_set_verification_ca_location(config, argv[3], NULL) != 0
        || s2n_connection_set_config(transfer.conn, config) != 0
        || s2n_set_server_name(transfer.conn, argv[1]) != 0
        || s2n_connection_set_fd(transfer.conn, transfer.fd) != 0
        /* The user sees an error at once. By default the call that fails sleeps for 10 to 30 seconds. */
        || s2n_connection_set_blinding(transfer.conn, S2N_SELF_SERVICE_BLINDING) != 0) {
        print_error(argv[3]);
    } else if (negotiate(&transfer) != 0) {
        print_error("handshake");
        close_connection(&transfer);
        status = 4;
    } else if (run(&transfer) != 0) {
        print_error("transfer");
        close_connection(&transfer);
        status = 5;
    } else if (close_connection(&transfer) != 0) {
        print_error("closing");
        status = 5;
    } else {
        status = 0;
    }
    s2n_connection_free(transfer.conn);
    s2n_config_free(config);
    close(transfer.fd);
    s2n_cleanup_final();
    return status;
}
