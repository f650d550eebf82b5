/*
 * A file server with kernel TLS (kTLS): each client receives the file, then a close_notify. The kernel
 * encrypts the records, and s2n_sendfile() sends the file without copying it into the process.
 *
 * Kernel TLS needs Linux with the module "tls" (modprobe tls), and a cipher suite with AES-GCM. Where it
 * cannot be enabled, the connection continues without it, and the file is read and sent in pieces.
 *
 * usage: file_server CHAIN KEY FILE [NUMBER-OF-CLIENTS]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <s2n.h>
#include <s2n/unstable/ktls.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void check(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s: %s (%s); %s\n", what, s2n_strerror(s2n_errno, "EN"),
            s2n_strerror_debug(s2n_errno, "EN"), strerror(errno));
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

static struct s2n_config *new_config(const char *chain_path, const char *key_path)
{
    struct s2n_config *config = s2n_config_new_minimal();
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    char *certificates = read_text(chain_path), *key = read_text(key_path);
    check(config != NULL && chain != NULL, "config");
    check(s2n_cert_chain_and_key_load_pem(chain, certificates, key) == 0, "certificate");
    check(s2n_config_add_cert_chain_and_key_to_store(config, chain) == 0, "certificate");
    check(s2n_config_set_cipher_preferences(config, "default_tls13") == 0, "policy");
    /* For TLS 1.3: a file server requests no key updates, and clients seldom do. Before Linux 6.14 such a
     * connection ends with an error. */
    check(s2n_config_ktls_enable_unsafe_tls13(config) == 0, "kernel TLS");
    free(certificates);
    free(key);
    return config;
}

static int start_listening(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(listener >= 0 && bind(listener, (struct sockaddr *) &address, len) == 0, "socket");
    check(listen(listener, 16) == 0, "socket");
    check(getsockname(listener, (struct sockaddr *) &address, &len) == 0, "socket");
    printf("port: %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

/* Sends the file by the kernel. The socket waits, but a call may still send less than the rest: at most
 * 2 GiB. */
static int send_by_kernel(struct s2n_connection *conn, int file, off_t size)
{
    s2n_blocked_status blocked;
    size_t written = 0;
    for (off_t sent = 0; sent < size; sent += (off_t) written) {
        if (s2n_sendfile(conn, file, sent, (size_t) (size - sent), &written, &blocked) != 0) {
            return -1;
        }
        if (written == 0) {
            errno = ENODATA; /* the file was truncated meanwhile */
            return -1;
        }
    }
    return 0;
}

static int send_by_library(struct s2n_connection *conn, int file, off_t size)
{
    static uint8_t buffer[1 << 16];
    s2n_blocked_status blocked;
    for (off_t at = 0; at < size;) {
        ssize_t len = pread(file, buffer, sizeof(buffer), at);
        if (len <= 0) {
            return -1;
        }
        for (ssize_t sent = 0, last; sent < len; sent += last) {
            last = s2n_send(conn, buffer + sent, len - sent, &blocked);
            if (last < 0) {
                return -1;
            }
        }
        at += len;
    }
    return 0;
}

/* Reports an error at once, and waits before the socket is closed: its time must not reveal to the client which
 * check failed. */
static void report(struct s2n_connection *conn, const char *what)
{
    const uint64_t second = 1000000000;
    fprintf(stderr, "%s: %s (%s); %s\n", what, s2n_strerror(s2n_errno, "EN"),
        s2n_strerror_debug(s2n_errno, "EN"), strerror(errno));
    for (uint64_t left; (left = s2n_connection_get_delay(conn)) > 0;) {
        struct timespec time = { .tv_sec = (time_t) (left / second), .tv_nsec = (long) (left % second) };
        nanosleep(&time, NULL);
    }
}

/* Serves a client. Its errors do not end the server. */
static void serve(struct s2n_connection *conn, int file)
{
    s2n_blocked_status blocked;
    struct stat status;
    check(fstat(file, &status) == 0, "file");
    if (s2n_negotiate(conn, &blocked) != 0) {
        report(conn, "handshake");
        s2n_shutdown(conn, &blocked); /* sends the fatal alert */
        return;
    }
    int has_kernel_tls = s2n_connection_ktls_enable_send(conn) == 0;
    if (!has_kernel_tls) {
        fprintf(stderr, "no kernel TLS: %s\n", s2n_strerror(s2n_errno, "EN"));
    }
    int result = has_kernel_tls ? send_by_kernel(conn, file, status.st_size)
                                : send_by_library(conn, file, status.st_size);
    /* A close_notify would confirm to the client that the file is complete. */
    if (result != 0 || s2n_shutdown(conn, &blocked) != 0) {
        report(conn, "client");
        return;
    }
    printf("sent: %lld bytes %s\n", (long long) status.st_size,
        has_kernel_tls ? "with kernel TLS" : "without kernel TLS");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 5) {
        fprintf(stderr, "usage: file_server CHAIN KEY FILE [NUMBER-OF-CLIENTS]\n");
        return 2;
    }
    long clients = argc == 5 ? atol(argv[4]) : -1;
    check(s2n_init() == 0, "init");
    int file = open(argv[3], O_RDONLY);
    check(file >= 0, argv[3]);
    struct s2n_config *config = new_config(argv[1], argv[2]);
    struct s2n_connection *conn = s2n_connection_new(S2N_SERVER);
    int listener = start_listening();
    for (; clients != 0; clients--) {
        int fd = accept(listener, NULL, NULL);
        check(fd >= 0, "accept");
        check(s2n_connection_set_config(conn, config) == 0, "connection");
        check(s2n_connection_set_fd(conn, fd) == 0, "connection");
        check(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING) == 0, "connection");
        serve(conn, file);
        close(fd);
        check(s2n_connection_wipe(conn) == 0, "connection");
    }
    s2n_connection_free(conn);
    s2n_config_free(config);
    close(listener);
    close(file);
    return 0;
}
