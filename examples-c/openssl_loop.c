/*
 * A non-blocking client with the event loop of an OpenSSL program: it sends standard input to the server
 * and writes the received data to standard output.
 *
 * usage: openssl_loop HOST PORT CA
 *
 * get_error() has the results of SSL_get_error(), so that the loop of such a program can stay what it is;
 * s2n_peek() replaces SSL_pending(), and s2n_shutdown_send() and s2n_shutdown() the two calls of
 * SSL_shutdown().
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

enum exit_code { USAGE = 2, CONNECT = 3, HANDSHAKE = 4, TRANSFER = 5 };

/* The results of SSL_get_error() that a client without asynchronous keys meets. */
enum error { ERROR_NONE, ERROR_ZERO_RETURN, ERROR_WANT_READ, ERROR_WANT_WRITE, ERROR_SYSCALL, ERROR_SSL };

struct client {
    struct s2n_connection *conn;
    int fd;
    size_t len, sent; /* bytes of the buffer: read from standard input, and sent */
    int input_eof, shutdown_sent, shutdown_received;
    char buffer[16384];
};

/* After a call that returned -1. An error queue does not exist: s2n_errno is overwritten by the next error,
 * and need not be cleared before a call. */
static enum error get_error(s2n_blocked_status blocked)
{
    switch (s2n_error_get_type(s2n_errno)) {
    case S2N_ERR_T_BLOCKED: return blocked == S2N_BLOCKED_ON_READ ? ERROR_WANT_READ : ERROR_WANT_WRITE;
    case S2N_ERR_T_IO: return ERROR_SYSCALL;
    default: return ERROR_SSL;
    }
}

/* Returns the event to poll for before the call is repeated. */
static short event_of(enum error error)
{
    return error == ERROR_WANT_READ ? POLLIN : error == ERROR_WANT_WRITE ? POLLOUT : 0;
}

static int wait_for(int fd, enum error error)
{
    struct pollfd socket = { .fd = fd, .events = event_of(error) };
    return socket.events == 0 || (poll(&socket, 1, -1) < 0 && errno != EINTR) ? -1 : 0;
}

/* SSL_connect() */
static int do_handshake(struct client *client)
{
    s2n_blocked_status blocked;
    while (s2n_negotiate(client->conn, &blocked) != 0) {
        if (wait_for(client->fd, get_error(blocked)) != 0) {
            return -1;
        }
    }
    return 0;
}

/* SSL_write() with SSL_MODE_ENABLE_PARTIAL_WRITE and SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, which is how
 * s2n_send() always works: after a blocked call the same bytes are passed again, from any buffer. */
static enum error write_some(struct client *client)
{
    s2n_blocked_status blocked;
    while (client->sent < client->len) {
        ssize_t len = s2n_send(client->conn, client->buffer + client->sent,
            (ssize_t) (client->len - client->sent), &blocked);
        if (len < 0) {
            return get_error(blocked);
        }
        client->sent += (size_t) len;
    }
    client->len = client->sent = 0;

    /* SSL_shutdown(), the call that returns 0. In TLS 1.2 a close_notify ends both directions, so that the
     * server must close first. */
    int has_half_close = s2n_connection_get_actual_protocol_version(client->conn) >= S2N_TLS13;
    if (client->input_eof && has_half_close && !client->shutdown_sent) {
        if (s2n_shutdown_send(client->conn, &blocked) != 0) {
            return get_error(blocked);
        }
        client->shutdown_sent = 1;
    }
    return ERROR_NONE;
}

/* SSL_read() */
static enum error read_some(struct client *client)
{
    s2n_blocked_status blocked;
    char bytes[1000]; /* smaller than a record: the library keeps the rest */
    ssize_t len = s2n_recv(client->conn, bytes, sizeof(bytes), &blocked);
    if (len < 0) {
        return get_error(blocked);
    }
    if (len == 0) {
        client->shutdown_received = 1;
        return ERROR_ZERO_RETURN;
    }
    errno = 0;
    return fwrite(bytes, 1, (size_t) len, stdout) == (size_t) len ? ERROR_NONE : ERROR_SYSCALL;
}

static int read_input(struct client *client)
{
    ssize_t len = read(STDIN_FILENO, client->buffer, sizeof(client->buffer));
    if (len < 0) {
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    }
    client->len = (size_t) len;
    client->input_eof = len == 0;
    return 0;
}

static int run(struct client *client)
{
    for (;;) {
        enum error writing = write_some(client);
        if (writing == ERROR_SYSCALL || writing == ERROR_SSL) {
            return -1;
        }
        enum error reading = read_some(client);
        if (reading == ERROR_SYSCALL || reading == ERROR_SSL) {
            return -1;
        }
        if (client->shutdown_received) {
            return fflush(stdout);
        }
        int reads_input = client->len == 0 && !client->input_eof;
        struct pollfd fds[2] = {
            { .fd = client->fd, .events = (short) (event_of(writing) | event_of(reading)) },
            { .fd = reads_input ? STDIN_FILENO : -1, .events = POLLIN },
        };
        /* After data, read again at once: the rest of the record is in the connection, and the next record
         * may be in the socket. */
        int timeout = reading == ERROR_NONE || s2n_peek(client->conn) > 0 ? 0 : -1;
        if (poll(fds, 2, timeout) < 0 && errno != EINTR) {
            return -1;
        }
        if (fds[1].revents != 0 && read_input(client) != 0) {
            return -1;
        }
    }
}

/* SSL_shutdown() until it returns 1. Unlike there, also after an error: then it sends the fatal alert, unless
 * it has to wait for a blinding delay, and fails. */
static int shut_down(struct client *client)
{
    s2n_blocked_status blocked;
    while (s2n_shutdown(client->conn, &blocked) != 0) {
        if (wait_for(client->fd, get_error(blocked)) != 0) {
            return -1;
        }
    }
    return 0;
}

/* ERR_print_errors_fp() */
static void print_error(const char *what)
{
    fprintf(stderr, "%s: %s (%s); %s\n", what, s2n_strerror(s2n_errno, "EN"),
        s2n_strerror_debug(s2n_errno, "EN"), strerror(errno));
}

/* BIO_new_connect(), BIO_do_connect() */
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
        return USAGE;
    }
    struct client client = { .fd = connect_to(argv[1], argv[2]) };
    if (client.fd < 0) {
        return CONNECT;
    }
    if (s2n_init() != 0) {
        print_error("s2n_init");
        close(client.fd);
        return USAGE;
    }
    int status = USAGE;
    struct s2n_config *config = s2n_config_new_minimal(); /* SSL_CTX_new() */
    client.conn = s2n_connection_new(S2N_CLIENT);         /* SSL_new(), SSL_set_connect_state() */
    if (config == NULL || client.conn == NULL
        || s2n_config_set_verification_ca_location(config, argv[3], NULL) != 0
        || s2n_connection_set_config(client.conn, config) != 0
        /* SSL_set_tlsext_host_name() and SSL_set1_host(). SSL_VERIFY_PEER is the default of a client. */
        || s2n_set_server_name(client.conn, argv[1]) != 0
        || s2n_connection_set_fd(client.conn, client.fd) != 0
        /* The user sees an error at once. By default the call that fails sleeps for 10 to 30 seconds. */
        || s2n_connection_set_blinding(client.conn, S2N_SELF_SERVICE_BLINDING) != 0) {
        print_error(argv[3]);
    } else if (do_handshake(&client) != 0) {
        print_error("handshake");
        shut_down(&client);
        status = HANDSHAKE;
    } else if (run(&client) != 0) {
        print_error("transfer");
        shut_down(&client);
        status = TRANSFER;
    } else if (shut_down(&client) != 0) {
        print_error("closing");
        status = TRANSFER;
    } else {
        status = 0;
    }
    s2n_connection_free(client.conn);
    s2n_config_free(config);
    close(client.fd);
    s2n_cleanup_final();
    return status;
}
