/*
 * A non-blocking client with the event loop of a rustls-ffi program, in which the program does the I/O:
 * it sends standard input to the server and writes the received data to standard output.
 *
 * The library never accesses the socket. Its I/O callbacks read and write two buffers of the program;
 * wants_read() and wants_write() report the state of these buffers, read_tls() and write_tls() transfer
 * bytes between them and the socket, and in between the library processes the buffered records.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <s2n.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct buffer {
    size_t len;
    uint8_t bytes[4096]; /* of any size: the library reassembles records itself */
};

struct session {
    struct s2n_connection *conn;
    struct buffer in, out; /* received from the socket, and to be sent to it */
    int handshaking;
    int stream_eof;  /* the socket reached its end of stream */
    int read_closed; /* the server sent its close_notify */
};

static size_t room(const struct buffer *buffer)
{
    return sizeof(buffer->bytes) - buffer->len;
}

static void consume(struct buffer *buffer, size_t len)
{
    buffer->len -= len;
    memmove(buffer->bytes, buffer->bytes + len, buffer->len);
}

/* The library's receive and send callbacks. EAGAIN makes the calling function return blocked. */
static int recv_callback(void *context, uint8_t *bytes, uint32_t len)
{
    struct session *session = context;
    struct buffer *in = &session->in;
    if (in->len == 0 && session->stream_eof) {
        return 0;
    }
    if (in->len == 0) {
        errno = EAGAIN;
        return -1;
    }
    size_t count = len < in->len ? len : in->len;
    memcpy(bytes, in->bytes, count);
    consume(in, count);
    return (int) count;
}

static int send_callback(void *context, const uint8_t *bytes, uint32_t len)
{
    struct buffer *out = &((struct session *) context)->out;
    if (room(out) == 0) {
        errno = EAGAIN;
        return -1;
    }
    size_t count = len < room(out) ? len : room(out);
    memcpy(out->bytes + out->len, bytes, count);
    out->len += count;
    return (int) count;
}

/* rustls_connection_wants_read */
static int wants_read(const struct session *session)
{
    return room(&session->in) > 0 && !session->stream_eof && !session->read_closed;
}

/* rustls_connection_wants_write */
static int wants_write(const struct session *session)
{
    return session->out.len > 0;
}

static int is_transient(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* rustls_connection_read_tls */
static int read_tls(struct session *session, int fd)
{
    ssize_t len = recv(fd, session->in.bytes + session->in.len, room(&session->in), 0);
    if (len < 0) {
        return is_transient() ? 0 : -1;
    }
    session->in.len += (size_t) len;
    session->stream_eof = len == 0;
    return 0;
}

/* rustls_connection_write_tls. The program owns the socket, so it must suppress SIGPIPE itself. */
static int write_tls(struct session *session, int fd)
{
    ssize_t len = send(fd, session->out.bytes, session->out.len, MSG_NOSIGNAL);
    if (len < 0) {
        return is_transient() ? 0 : -1;
    }
    consume(&session->out, (size_t) len);
    return 0;
}

/* Returns 0 if the call was blocked and can be repeated once the buffers have changed, -1 if it failed. */
static int blocked_or_failed(void)
{
    return s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED ? 0 : -1;
}

/* rustls_connection_process_new_packets, for the handshake. Application data is decrypted by
 * read_plaintext(). */
static int process_new_packets(struct session *session)
{
    s2n_blocked_status blocked;
    if (session->handshaking) {
        if (s2n_negotiate(session->conn, &blocked) != 0) {
            return blocked_or_failed();
        }
        session->handshaking = 0;
    }
    return 0;
}

/* rustls_connection_read. Returns 0 if no data is available, and -1 after a failure. */
static ssize_t read_plaintext(struct session *session, void *bytes, size_t len)
{
    s2n_blocked_status blocked;
    ssize_t received = s2n_recv(session->conn, bytes, (ssize_t) len, &blocked);
    if (received < 0) {
        return blocked_or_failed();
    }
    session->read_closed = received == 0;
    return received;
}

/* rustls_connection_write. Returns 0 if it was blocked; the same bytes must then be passed again. */
static ssize_t write_plaintext(struct session *session, const void *bytes, size_t len)
{
    s2n_blocked_status blocked;
    ssize_t sent = s2n_send(session->conn, bytes, (ssize_t) len, &blocked);
    return sent < 0 ? blocked_or_failed() : sent;
}

/* rustls_connection_send_close_notify. Returns 1 when the alert is buffered, and 0 if the buffer is full.
 * Before TLS 1.3 there is no half-close: a close_notify ends both directions, so the server must close
 * first. */
static int send_close_notify(struct session *session)
{
    s2n_blocked_status blocked;
    if (s2n_connection_get_actual_protocol_version(session->conn) < S2N_TLS13) {
        return 1;
    }
    return s2n_shutdown_send(session->conn, &blocked) == 0 ? 1 : blocked_or_failed();
}

/* Standard input, buffered until it is sent. */
struct input {
    size_t len;
    int eof, write_closed;
    char bytes[16384];
};

static int read_input(struct input *input)
{
    ssize_t len = read(STDIN_FILENO, input->bytes, sizeof(input->bytes));
    if (len < 0) {
        return is_transient() ? 0 : -1;
    }
    input->len = (size_t) len;
    input->eof = len == 0;
    return 0;
}

static int send_input(struct session *session, struct input *input)
{
    if (input->len > 0) {
        ssize_t len = write_plaintext(session, input->bytes, input->len);
        if (len < 0) {
            return -1;
        }
        input->len -= (size_t) len;
        memmove(input->bytes, input->bytes + len, input->len);
    }
    if (input->len == 0 && input->eof && !input->write_closed) {
        input->write_closed = send_close_notify(session);
    }
    return input->write_closed < 0 ? -1 : 0;
}

static int print_received(struct session *session)
{
    char bytes[16384];
    ssize_t len;
    while ((len = read_plaintext(session, bytes, sizeof(bytes))) > 0) {
        if (fwrite(bytes, 1, (size_t) len, stdout) != (size_t) len) {
            return -1;
        }
    }
    return (int) len;
}

/* Polls the socket and standard input, and transfers bytes between the socket and the buffers. Returns 1
 * if standard input is readable. */
static int poll_and_transfer(struct session *session, int fd, int input_events)
{
    short events = (short) ((wants_read(session) ? POLLIN : 0) | (wants_write(session) ? POLLOUT : 0));
    struct pollfd fds[2] = {
        { .fd = events != 0 ? fd : -1, .events = events },
        { .fd = input_events != 0 ? STDIN_FILENO : -1, .events = (short) input_events },
    };
    if (poll(fds, 2, -1) < 0 && errno != EINTR) {
        return -1;
    }
    if (wants_read(session) && (fds[0].revents & ~POLLOUT) != 0 && read_tls(session, fd) != 0) {
        return -1;
    }
    if ((fds[0].revents & POLLOUT) != 0 && write_tls(session, fd) != 0) {
        return -1;
    }
    return fds[1].revents != 0;
}

static int run(struct session *session, int fd)
{
    struct input input = { 0 };
    for (;;) {
        if (process_new_packets(session) != 0) {
            return -1;
        }
        if (!session->handshaking
            && (print_received(session) != 0
                || (!session->read_closed && send_input(session, &input) != 0))) {
            return -1;
        }
        if (session->read_closed) {
            return fflush(stdout);
        }
        int reads_input = !session->handshaking && input.len == 0 && !input.eof;
        int has_input = poll_and_transfer(session, fd, reads_input ? POLLIN : 0);
        if (has_input < 0 || (has_input && read_input(&input) != 0)) {
            return -1;
        }
    }
}

/* Sends a close_notify, or the fatal alert of a failed connection unless it has a blinding delay, during which
 * s2n_shutdown() fails. */
static int close_session(struct session *session, int fd)
{
    s2n_blocked_status blocked;
    int closed = 0;
    while (!closed || wants_write(session)) {
        closed = closed || s2n_shutdown(session->conn, &blocked) == 0;
        if (!closed && blocked_or_failed() != 0) {
            return -1;
        }
        if ((!closed || wants_write(session)) && poll_and_transfer(session, fd, 0) != 0) {
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
    int fd = connect_to(argv[1], argv[2]);
    if (fd < 0) {
        return 3;
    }
    if (s2n_init() != 0) {
        print_error("s2n_init");
        close(fd);
        return 2;
    }
    int status = 2;
    struct session session = { .handshaking = 1 };
    struct s2n_config *config = s2n_config_new_minimal();
    struct s2n_connection *conn = session.conn = s2n_connection_new(S2N_CLIENT);
    if (config == NULL || conn == NULL
        || s2n_config_set_verification_ca_location(config, argv[3], NULL) != 0
        || s2n_connection_set_config(conn, config) != 0 || s2n_set_server_name(conn, argv[1]) != 0
        || s2n_connection_set_recv_cb(conn, recv_callback) != 0
        || s2n_connection_set_recv_ctx(conn, &session) != 0
        || s2n_connection_set_send_cb(conn, send_callback) != 0
        || s2n_connection_set_send_ctx(conn, &session) != 0
        /* The user sees an error at once. By default the call that fails sleeps for 10 to 30 seconds. */
        || s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING) != 0) {
        print_error(argv[3]);
    } else if (run(&session, fd) != 0) {
        print_error(session.handshaking ? "handshake" : "transfer");
        close_session(&session, fd);
        status = session.handshaking ? 4 : 5;
    } else if (close_session(&session, fd) != 0) {
        print_error("closing");
        status = 5;
    } else {
        status = 0;
    }
    s2n_connection_free(conn);
    s2n_config_free(config);
    close(fd);
    s2n_cleanup_final();
    return status;
}
