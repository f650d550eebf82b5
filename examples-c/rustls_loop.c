/*
 * A client whose program owns the socket, as a program for rustls-ffi does: what standard input says
 * goes to the server, and what the server says to standard output.
 *
 * The library never sees the socket. Its callbacks move records between it and two buffers of the
 * program; wants_read() and wants_write() look at these buffers, read_tls() and write_tls() move
 * their bytes from and to the socket, and in between the library works on what there is.
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
    uint8_t bytes[4096]; /* any size will do: the library puts records together itself */
};

struct session {
    struct s2n_connection *conn;
    struct buffer in, out; /* what the socket gave, and what it is to take */
    int handshaking;
    int stream_ended; /* the socket gives no more */
    int peer_ended;   /* the server has said that it sends no more */
};

static size_t room(const struct buffer *buffer)
{
    return sizeof(buffer->bytes) - buffer->len;
}

static void drop_front(struct buffer *buffer, size_t len)
{
    buffer->len -= len;
    memmove(buffer->bytes, buffer->bytes + len, buffer->len);
}

/* The library's callbacks. "Not now" is EAGAIN, and makes the call that needed them blocked. */
static int give_to_library(void *context, uint8_t *bytes, uint32_t len)
{
    struct session *session = context;
    struct buffer *in = &session->in;
    if (in->len == 0 && session->stream_ended) {
        return 0;
    }
    if (in->len == 0) {
        errno = EAGAIN;
        return -1;
    }
    size_t given = len < in->len ? len : in->len;
    memcpy(bytes, in->bytes, given);
    drop_front(in, given);
    return (int) given;
}

static int take_from_library(void *context, const uint8_t *bytes, uint32_t len)
{
    struct buffer *out = &((struct session *) context)->out;
    if (room(out) == 0) {
        errno = EAGAIN;
        return -1;
    }
    size_t taken = len < room(out) ? len : room(out);
    memcpy(out->bytes + out->len, bytes, taken);
    out->len += taken;
    return (int) taken;
}

/* rustls_connection_wants_read */
static int wants_read(const struct session *session)
{
    return room(&session->in) > 0 && !session->stream_ended && !session->peer_ended;
}

/* rustls_connection_wants_write */
static int wants_write(const struct session *session)
{
    return session->out.len > 0;
}

static int not_now(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* rustls_connection_read_tls */
static int read_tls(struct session *session, int fd)
{
    ssize_t len = recv(fd, session->in.bytes + session->in.len, room(&session->in), 0);
    if (len < 0) {
        return not_now() ? 0 : -1;
    }
    session->in.len += (size_t) len;
    session->stream_ended = len == 0;
    return 0;
}

/* rustls_connection_write_tls. The socket is ours, and so is the care for SIGPIPE. */
static int write_tls(struct session *session, int fd)
{
    ssize_t len = send(fd, session->out.bytes, session->out.len, MSG_NOSIGNAL);
    if (len < 0) {
        return not_now() ? 0 : -1;
    }
    drop_front(&session->out, (size_t) len);
    return 0;
}

/* 0 if the failed call only has to be made again when the buffers have changed. */
static int blocked_or_failed(void)
{
    return s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED ? 0 : -1;
}

/* rustls_connection_process_new_packets, for the handshake. What comes after it is decrypted when it
 * is read. */
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

/* rustls_connection_read: 0 is "nothing now", and -1 a failure. */
static ssize_t read_plain(struct session *session, void *bytes, size_t len)
{
    s2n_blocked_status blocked;
    ssize_t received = s2n_recv(session->conn, bytes, (ssize_t) len, &blocked);
    if (received < 0) {
        return blocked_or_failed();
    }
    session->peer_ended = received == 0;
    return received;
}

/* rustls_connection_write: 0 is "nothing now". The same bytes are to be offered again then. */
static ssize_t write_plain(struct session *session, const void *bytes, size_t len)
{
    s2n_blocked_status blocked;
    ssize_t sent = s2n_send(session->conn, bytes, (ssize_t) len, &blocked);
    return sent < 0 ? blocked_or_failed() : sent;
}

/* rustls_connection_send_close_notify: 1 when it is in the buffer, 0 if that is full. Before TLS 1.3
 * it would end reading too, so there the server has to end first. */
static int send_close_notify(struct session *session)
{
    s2n_blocked_status blocked;
    if (s2n_connection_get_actual_protocol_version(session->conn) < S2N_TLS13) {
        return 1;
    }
    return s2n_shutdown_send(session->conn, &blocked) == 0 ? 1 : blocked_or_failed();
}

/* What the program itself has to say. */
struct input {
    size_t len;
    int ended, closed;
    char bytes[16384];
};

static int read_input(struct input *input)
{
    ssize_t len = read(STDIN_FILENO, input->bytes, sizeof(input->bytes));
    if (len < 0) {
        return not_now() ? 0 : -1;
    }
    input->len = (size_t) len;
    input->ended = len == 0;
    return 0;
}

static int send_input(struct session *session, struct input *input)
{
    if (input->len > 0) {
        ssize_t len = write_plain(session, input->bytes, input->len);
        if (len < 0) {
            return -1;
        }
        input->len -= (size_t) len;
        memmove(input->bytes, input->bytes + len, input->len);
    }
    if (input->len == 0 && input->ended && !input->closed) {
        input->closed = send_close_notify(session);
    }
    return input->closed < 0 ? -1 : 0;
}

static int print_answer(struct session *session)
{
    char bytes[16384];
    ssize_t len;
    while ((len = read_plain(session, bytes, sizeof(bytes))) > 0) {
        if (fwrite(bytes, 1, (size_t) len, stdout) != (size_t) len) {
            return -1;
        }
    }
    return (int) len;
}

static int wait_and_move(struct session *session, int fd, int input_events)
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
            && (print_answer(session) != 0 || (!session->peer_ended && send_input(session, &input) != 0))) {
            return -1;
        }
        if (session->peer_ended) {
            return fflush(stdout);
        }
        int wants_input = !session->handshaking && input.len == 0 && !input.ended;
        int has_input = wait_and_move(session, fd, wants_input ? POLLIN : 0);
        if (has_input < 0 || (has_input && read_input(&input) != 0)) {
            return -1;
        }
    }
}

/* Says goodbye, or tells the server what was wrong. */
static int close_session(struct session *session, int fd)
{
    s2n_blocked_status blocked;
    int closed = 0;
    while (!closed || wants_write(session)) {
        closed = closed || s2n_shutdown(session->conn, &blocked) == 0;
        if (!closed && blocked_or_failed() != 0) {
            return -1;
        }
        if ((!closed || wants_write(session)) && wait_and_move(session, fd, 0) != 0) {
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
    int fd = connect_to(argv[1], argv[2]);
    if (fd < 0) {
        return 3;
    }
    if (s2n_init() != 0) {
        complain("s2n_init");
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
        || s2n_connection_set_recv_cb(conn, give_to_library) != 0
        || s2n_connection_set_recv_ctx(conn, &session) != 0
        || s2n_connection_set_send_cb(conn, take_from_library) != 0
        || s2n_connection_set_send_ctx(conn, &session) != 0) {
        complain(argv[3]);
    } else if (run(&session, fd) != 0) {
        complain(session.handshaking ? "handshake" : "transfer");
        close_session(&session, fd);
        status = session.handshaking ? 4 : 5;
    } else if (close_session(&session, fd) != 0) {
        complain("closing");
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
