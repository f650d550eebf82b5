/*
 * A TLS client on a blocking socket: it verifies the server's certificate, sends a file, and receives
 * one.
 *
 * Without -x the file is sent unframed, and the response is received until the server's close_notify,
 * as with an HTTP server. With -x each file is prefixed with its length, for the server with -x.
 */
#include <errno.h>
#include <netdb.h>
#include <s2n.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum exit_code { USAGE = 2, CONNECT = 3, HANDSHAKE = 4, TRANSFER = 5 };

static void print_error(const char *what)
{
    fprintf(stderr, "%s: %s (%s)\n", what, s2n_strerror(s2n_errno, "EN"), s2n_strerror_debug(s2n_errno, "EN"));
}

static void fail(enum exit_code code, const char *what)
{
    print_error(what);
    exit(code);
}

static void usage(const char *name)
{
    fprintf(stderr,
        "usage: %s [options] HOST PORT\n"
        "  -c POLICY   security policy, such as default_tls13\n"
        "  -A FILE     certificates to trust, in PEM; the system's if not given\n"
        "  -C FILE     client certificate chain, in PEM, and\n"
        "  -K FILE     its private key, for servers that request one\n"
        "  -n NAME     server name (SNI) to verify; HOST if not given\n"
        "  -a LIST     protocols for ALPN, separated by commas\n"
        "  -s FILE     send this file\n"
        "  -r FILE     receive into this file\n"
        "  -x          prefix both files with their lengths\n"
        "  -b SECONDS  longest delay of the alert after a failure; this client ends before, unless it is 0\n"
        "  -k          disable certificate verification: for tests only\n",
        name);
    exit(USAGE);
}

static char *read_text(const char *path)
{
    static const size_t max_size = 1 << 20;
    char *text = calloc(1, max_size);
    FILE *file = fopen(path, "rb");
    if (file == NULL || text == NULL || fread(text, 1, max_size - 1, file) == 0) {
        fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
        exit(USAGE);
    }
    fclose(file);
    return text;
}

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
    int error = getaddrinfo(host, port, &hints, &list);
    if (error != 0) {
        fprintf(stderr, "%s: %s\n", host, gai_strerror(error));
        exit(CONNECT);
    }
    int fd = -1;
    for (struct addrinfo *at = list; at != NULL && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
        if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    if (fd < 0) {
        fprintf(stderr, "%s:%s: cannot connect: %s\n", host, port, strerror(errno));
        exit(CONNECT);
    }
    freeaddrinfo(list);
    return fd;
}

static void set_protocols(struct s2n_config *config, char *list)
{
    for (char *name = strtok(list, ","); name != NULL; name = strtok(NULL, ",")) {
        if (s2n_config_append_protocol_preference(config, (uint8_t *) name, (uint8_t) strlen(name)) != 0) {
            fail(USAGE, "ALPN");
        }
    }
}

/* On a blocking socket s2n_send() returns when all is sent: there are no partial writes, and nothing to
 * poll for. */
static void send_all(struct s2n_connection *conn, const void *bytes, size_t len)
{
    s2n_blocked_status blocked;
    if (s2n_send(conn, bytes, (ssize_t) len, &blocked) != (ssize_t) len) {
        fail(TRANSFER, "sending");
    }
}

static size_t receive(struct s2n_connection *conn, void *bytes, size_t len)
{
    s2n_blocked_status blocked;
    ssize_t received = s2n_recv(conn, bytes, (ssize_t) len, &blocked);
    if (received < 0) {
        fail(TRANSFER, "receiving");
    }
    return (size_t) received;
}

static uint64_t send_file(struct s2n_connection *conn, const char *path, int with_length)
{
    static uint8_t buffer[1 << 20];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(USAGE);
    }
    if (with_length) {
        fseek(file, 0, SEEK_END);
        uint64_t len = (uint64_t) ftell(file);
        rewind(file);
        uint8_t header[8];
        for (int i = 0; i < 8; i++) {
            header[i] = (uint8_t) (len >> (56 - 8 * i));
        }
        send_all(conn, header, sizeof(header));
    }
    uint64_t total = 0;
    size_t len;
    while ((len = fread(buffer, 1, sizeof(buffer), file)) > 0) {
        send_all(conn, buffer, len);
        total += len;
    }
    fclose(file);
    return total;
}

static uint64_t receive_file(struct s2n_connection *conn, const char *path, int with_length)
{
    static uint8_t buffer[1 << 20];
    uint64_t total = 0, expected = UINT64_MAX;
    if (with_length) {
        uint8_t header[8];
        for (size_t header_len = 0; header_len < sizeof(header);) {
            size_t len = receive(conn, header + header_len, sizeof(header) - header_len);
            if (len == 0) {
                fprintf(stderr, "receiving: the peer closed the connection before it sent a file\n");
                exit(TRANSFER);
            }
            header_len += len;
        }
        expected = 0;
        for (int i = 0; i < 8; i++) {
            expected = expected << 8 | header[i];
        }
    }
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        exit(USAGE);
    }
    while (total < expected) {
        uint64_t left = expected - total;
        size_t len = receive(conn, buffer, left < sizeof(buffer) ? left : sizeof(buffer));
        if (len == 0) {
            break; /* close_notify: the end of the data */
        }
        if (fwrite(buffer, 1, len, file) != len) {
            perror(path);
            exit(TRANSFER);
        }
        total += len;
    }
    if (fclose(file) != 0 || (with_length && total < expected)) {
        fprintf(stderr, "receiving: %llu of %llu bytes received\n", (unsigned long long) total,
            (unsigned long long) expected);
        exit(TRANSFER);
    }
    return total;
}

static void print_negotiated(struct s2n_connection *conn)
{
    const char *group = "NONE", *alpn = s2n_get_application_protocol(conn);
    s2n_connection_get_key_exchange_group(conn, &group);
    int version = s2n_connection_get_actual_protocol_version(conn);
    printf("version: TLS 1.%d\n", version - S2N_TLS10);
    printf("cipher: %s\n", s2n_connection_get_cipher(conn));
    printf("group: %s\n", group);
    printf("alpn: %s\n", alpn == NULL ? "none" : alpn);
    uint32_t ocsp_len = 0;
    s2n_connection_get_ocsp_response(conn, &ocsp_len);
    printf("ocsp: %u bytes\n", (unsigned int) ocsp_len);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const char *policy = NULL, *ca = NULL, *cert = NULL, *key = NULL, *name = NULL;
    const char *to_send = NULL, *to_receive = NULL;
    char *alpn = NULL;
    int with_length = 0, insecure = 0, delay = -1, option;
    while ((option = getopt(argc, argv, "c:A:C:K:n:a:s:r:xb:k")) != -1) {
        switch (option) {
        case 'c': policy = optarg; break;
        case 'A': ca = optarg; break;
        case 'C': cert = optarg; break;
        case 'K': key = optarg; break;
        case 'n': name = optarg; break;
        case 'a': alpn = optarg; break;
        case 's': to_send = optarg; break;
        case 'r': to_receive = optarg; break;
        case 'x': with_length = 1; break;
        case 'b': delay = atoi(optarg); break;
        case 'k': insecure = 1; break;
        default: usage(argv[0]);
        }
    }
    if (argc - optind != 2 || (cert == NULL) != (key == NULL)) {
        usage(argv[0]);
    }
    const char *host = argv[optind], *port = argv[optind + 1];

    if (s2n_init() != 0) {
        fail(USAGE, "s2n_init");
    }
    struct s2n_config *config = ca == NULL ? s2n_config_new() : s2n_config_new_minimal();
    if (config == NULL) {
        fail(USAGE, "config");
    }
    if (policy != NULL && s2n_config_set_cipher_preferences(config, policy) != 0) {
        fail(USAGE, policy);
    }
    if (ca != NULL && s2n_config_set_verification_ca_location(config, ca, NULL) != 0) {
        fail(USAGE, ca);
    }
    if (insecure && s2n_config_disable_x509_verification(config) != 0) {
        fail(USAGE, "-k");
    }
    if (delay >= 0 && s2n_config_set_max_blinding_delay(config, (uint32_t) delay) != 0) {
        fail(USAGE, "-b");
    }
    struct s2n_cert_chain_and_key *chain = NULL;
    if (cert != NULL) {
        char *cert_pem = read_text(cert), *key_pem = read_text(key);
        chain = s2n_cert_chain_and_key_new();
        if (s2n_cert_chain_and_key_load_pem(chain, cert_pem, key_pem) != 0
            || s2n_config_add_cert_chain_and_key_to_store(config, chain) != 0) {
            fail(USAGE, cert);
        }
        free(cert_pem);
        free(key_pem);
    }
    if (alpn != NULL) {
        set_protocols(config, alpn);
    }

    int fd = connect_to(host, port);
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    if (conn == NULL || s2n_connection_set_config(conn, config) != 0
        || s2n_set_server_name(conn, name == NULL ? host : name) != 0
        || s2n_connection_set_fd(conn, fd) != 0 || s2n_connection_prefer_throughput(conn) != 0
        /* The user sees an error at once. By default the call that fails sleeps for 10 to 30 seconds. */
        || s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING) != 0) {
        fail(USAGE, "connection");
    }

    s2n_blocked_status blocked;
    if (s2n_negotiate(conn, &blocked) != 0) {
        print_error("handshake");
        s2n_shutdown(conn, &blocked); /* sends the fatal alert, unless there is a delay before: see -b */
        return HANDSHAKE;
    }
    print_negotiated(conn);

    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    uint64_t sent = to_send == NULL ? 0 : send_file(conn, to_send, with_length);
    uint64_t received = to_receive == NULL ? 0 : receive_file(conn, to_receive, with_length);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (s2n_shutdown(conn, &blocked) != 0) {
        fail(TRANSFER, "closing");
    }

    double seconds = (double) (end.tv_sec - start.tv_sec) + (double) (end.tv_nsec - start.tv_nsec) * 1e-9;
    printf("bytes sent: %llu\n", (unsigned long long) sent);
    printf("bytes received: %llu\n", (unsigned long long) received);
    printf("seconds: %.3f\n", seconds);
    printf("GB/s: %.3f\n", (double) (sent + received) / seconds * 1e-9);

    s2n_connection_free(conn);
    s2n_config_free(config);
    s2n_cert_chain_and_key_free(chain);
    close(fd);
    s2n_cleanup_final();
    return 0;
}
