/*
 * Vectored I/O on a non-blocking socket: after a partial write, s2n_sendv_with_offset() continues at an
 * offset into the same list of buffers, which need not be rearranged.
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
        fprintf(stderr, "%s: %s (%s)\n", what, s2n_strerror(s2n_errno, "EN"),
            s2n_strerror_debug(s2n_errno, "EN"));
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

/* Polls the socket for the event on which a call is blocked. */
static void wait_for(int fd, s2n_blocked_status blocked)
{
    struct pollfd pollfd = { .fd = fd, .events = blocked == S2N_BLOCKED_ON_READ ? POLLIN : POLLOUT };
    poll(&pollfd, 1, -1);
}

/* If the failed call was blocked, waits for the socket and returns 1, for the call to be repeated. */
static int wait_if_blocked(int fd, s2n_blocked_status blocked)
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
    /* Errors are returned at once, not after a delay, because they end both endpoints. */
    check(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING) == 0, "blinding");
    if (mode == S2N_CLIENT) {
        check(s2n_set_server_name(conn, "localhost") == 0, "server name");
    }
    while (s2n_negotiate(conn, &blocked) != 0) {
        check(wait_if_blocked(fd, blocked), "handshake");
    }
    return conn;
}

/* The receiver: hashes the data up to the sender's close_notify. It starts when the sender closes
 * `full`, a pipe. */
static int receive_and_hash(const char *cert, const char *key, int fd, int full)
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
    uint64_t total = 0, hash = 0;
    ssize_t len;
    while ((len = s2n_recv(conn, buffer, sizeof(buffer), &blocked)) != 0) {
        if (len < 0) {
            check(wait_if_blocked(fd, blocked), "receiving");
            continue;
        }
        for (ssize_t i = 0; i < len; i++) {
            hash = hash * 31 + buffer[i];
        }
        total += (uint64_t) len;
    }
    printf("received: %llu bytes, %016llx\n", (unsigned long long) total, (unsigned long long) hash);
    fflush(stdout);
    while (s2n_shutdown(conn, &blocked) != 0) {
        check(wait_if_blocked(fd, blocked), "closing");
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
    /* A send buffer smaller than the data, and a receiver that starts when it is full: both make partial
     * writes certain. */
    int send_buffer = 20000;
    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof(send_buffer));
    check(s2n_init() == 0, "s2n_init");
    pid_t receiver = fork();
    if (receiver == 0) {
        close(fds[0]);
        close(full[1]);
        exit(receive_and_hash(cert, key, fds[1], full[0]));
    }
    close(fds[1]);
    close(full[0]);

    struct s2n_config *config = s2n_config_new_minimal();
    check(s2n_config_add_pem_to_trust_store(config, ca) == 0
            && s2n_config_set_cipher_preferences(config, "default_tls13") == 0,
        "config");
    struct s2n_connection *conn = handshake(S2N_CLIENT, config, fds[0]);

    /* Buffers of many sizes, some of them empty. */
    static struct iovec buffers[BUFFERS];
    ssize_t total = 0;
    uint64_t hash = 0;
    for (int i = 0; i < BUFFERS; i++) {
        size_t len = (size_t) i * i % 4001;
        uint8_t *bytes = malloc(len + 1);
        for (size_t k = 0; k < len; k++) {
            bytes[k] = (uint8_t) (i + k);
            hash = hash * 31 + bytes[k];
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
            check(wait_if_blocked(fds[0], blocked), "sending");
            continue;
        }
        sent += len;
        partial += sent < total;
    }
    printf("sent: %lld bytes, %016llx\n", (long long) total, (unsigned long long) hash);
    fprintf(stderr, "partial sends: %d\n", partial);
    while (s2n_shutdown(conn, &blocked) != 0) {
        check(wait_if_blocked(fds[0], blocked), "closing");
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
