/*
 * Sending from several buffers on a non-blocking socket: after a partial send the program goes on
 * with an offset into the same list, and need not rearrange its buffers.
 */
#include <fcntl.h>
#include <poll.h>
#include <s2n.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BUFFERS = 1000 };

static void check(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s: %s\n", what, s2n_strerror_debug(s2n_errno, "EN"));
        exit(1);
    }
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

/* Waits until the socket is ready for what a blocked call needs. */
static void wait_for(int fd, s2n_blocked_status blocked)
{
    struct pollfd wanted = { .fd = fd, .events = blocked == S2N_BLOCKED_ON_READ ? POLLIN : POLLOUT };
    poll(&wanted, 1, -1);
}

/* Whether a failed call is to be repeated; if so, after the socket is ready. */
static int try_again(int fd, s2n_blocked_status blocked)
{
    if (s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED) {
        return 0;
    }
    wait_for(fd, blocked);
    return 1;
}

static struct s2n_connection *handshake(s2n_mode mode, struct s2n_config *config, int fd)
{
    struct s2n_connection *conn = s2n_connection_new(mode);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    check(conn != NULL && s2n_connection_set_config(conn, config) == 0, "connection");
    check(s2n_connection_set_fd(conn, fd) == 0, "descriptor");
    if (mode == S2N_CLIENT) {
        check(s2n_set_server_name(conn, "localhost") == 0, "server name");
    }
    while (s2n_negotiate(conn, &blocked) != 0) {
        check(try_again(fd, blocked), "handshake");
    }
    return conn;
}

/* The receiver: sums the bytes up to the sender's close_notify, once the sender has closed `full`. */
static int sum(const char *cert, const char *key, int fd, int full)
{
    struct s2n_config *config = s2n_config_new_minimal();
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    check(s2n_cert_chain_and_key_load_pem(chain, cert, key) == 0
            && s2n_config_add_cert_chain_and_key_to_store(config, chain) == 0
            && s2n_config_set_cipher_preferences(config, "default_tls13") == 0,
        "config");
    struct s2n_connection *conn = handshake(S2N_SERVER, config, fd);

    uint8_t buffer[5000];
    check(read(full, buffer, 1) == 0, "waiting for the sender");
    close(full);
    s2n_blocked_status blocked;
    uint64_t total = 0, value = 0;
    ssize_t len;
    while ((len = s2n_recv(conn, buffer, sizeof(buffer), &blocked)) != 0) {
        if (len < 0) {
            check(try_again(fd, blocked), "receiving");
            continue;
        }
        for (ssize_t i = 0; i < len; i++) {
            value = value * 31 + buffer[i];
        }
        total += (uint64_t) len;
    }
    printf("received: %llu bytes, %016llx\n", (unsigned long long) total, (unsigned long long) value);
    fflush(stdout);
    while (s2n_shutdown(conn, &blocked) != 0) {
        check(try_again(fd, blocked), "closing");
    }
    s2n_connection_free(conn);
    s2n_config_free(config);
    s2n_cert_chain_and_key_free(chain);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s CA CERTIFICATE KEY\n", argv[0]);
        return 2;
    }
    char *ca = read_text(argv[1]), *cert = read_text(argv[2]), *key = read_text(argv[3]);
    int fds[2], full[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0 || pipe(full) != 0) {
        perror("socketpair and pipe");
        return 1;
    }
    /* Less room than there is to send, and a receiver that waits until it is full, so that there is something
     * to see. */
    int room = 20000;
    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    check(s2n_init() == 0, "s2n_init");
    pid_t receiver = fork();
    if (receiver == 0) {
        close(fds[0]);
        close(full[1]);
        exit(sum(cert, key, fds[1], full[0]));
    }
    close(fds[1]);
    close(full[0]);

    struct s2n_config *config = s2n_config_new_minimal();
    check(s2n_config_add_pem_to_trust_store(config, ca) == 0
            && s2n_config_set_cipher_preferences(config, "default_tls13") == 0,
        "config");
    struct s2n_connection *conn = handshake(S2N_CLIENT, config, fds[0]);

    /* Buffers of all sizes, empty ones among them. */
    static struct iovec buffers[BUFFERS];
    ssize_t total = 0;
    uint64_t value = 0;
    for (int i = 0; i < BUFFERS; i++) {
        size_t len = (size_t) i * i % 4001;
        uint8_t *bytes = malloc(len + 1);
        for (size_t k = 0; k < len; k++) {
            bytes[k] = (uint8_t) (i + k);
            value = value * 31 + bytes[k];
        }
        buffers[i].iov_base = bytes;
        buffers[i].iov_len = len;
        total += (ssize_t) len;
    }

    s2n_blocked_status blocked;
    ssize_t sent = 0;
    int partial = 0;
    while (sent < total) {
        ssize_t len = s2n_sendv_with_offset(conn, buffers, BUFFERS, sent, &blocked);
        if (full[1] >= 0) {
            close(full[1]);
            full[1] = -1;
        }
        if (len < 0) {
            check(try_again(fds[0], blocked), "sending");
            continue;
        }
        sent += len;
        partial += sent < total;
    }
    printf("sent: %lld bytes, %016llx\n", (long long) total, (unsigned long long) value);
    fprintf(stderr, "partial sends: %d\n", partial);
    while (s2n_shutdown(conn, &blocked) != 0) {
        check(try_again(fds[0], blocked), "closing");
    }

    s2n_connection_free(conn);
    s2n_config_free(config);
    for (int i = 0; i < BUFFERS; i++) {
        free(buffers[i].iov_base);
    }
    free(ca);
    free(cert);
    free(key);
    close(fds[0]);
    int status = 1;
    waitpid(receiver, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
