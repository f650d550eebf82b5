/*
 * A TLS server on blocking sockets, one connection after the other.
 *
 * It responds to HTTP requests with the negotiated parameters; with -e it echoes the received data;
 * with -x it receives a file and sends one, each prefixed with its length, for the client with -x.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <s2n.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum exit_code { USAGE = 2, LISTEN = 3, HANDSHAKE = 4, TRANSFER = 5 };
enum mode { HTTP, ECHO_BACK, EXCHANGE };

struct options {
    const char *to_send, *to_receive;
    enum mode mode;
};

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
        "usage: %s [options] -C CERTIFICATE -K KEY\n"
        "  -p PORT     listen on this port of 127.0.0.1; the system chooses if not given\n"
        "  -N COUNT    exit after this number of connections\n"
        "  -c POLICY   security policy, such as default_tls13\n"
        "  -A FILE     require client certificates, and trust these authorities\n"
        "  -o FILE     staple this OCSP response, in DER\n"
        "  -a LIST     protocols for ALPN, separated by commas\n"
        "  -b SECONDS  longest blinding delay after a failure: see wait_for_delay()\n"
        "  -e          echo\n"
        "  -x          exchange files, prefixed with their lengths:\n"
        "  -r FILE     receive into this file\n"
        "  -s FILE     send this file\n",
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

/* The verify host callback: authorizing a client by its name is up to the application. This one accepts
 * every name that a trusted authority certified. */
static uint8_t accept_any_name(const char *name, size_t len, void *data)
{
    (void) data;
    printf("client: %.*s\n", (int) len, name);
    return 1;
}

static int listen_on(const char *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t) atoi(port));
    socklen_t len = sizeof(address);
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0
        || bind(fd, (struct sockaddr *) &address, len) != 0 || listen(fd, 64) != 0
        || getsockname(fd, (struct sockaddr *) &address, &len) != 0) {
        perror("listening");
        exit(LISTEN);
    }
    printf("port: %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

/* Application data of the current connection. */
static uint64_t bytes_sent, bytes_received;

static int send_all(struct s2n_connection *conn, const void *bytes, size_t len)
{
    s2n_blocked_status blocked;
    if (s2n_send(conn, bytes, (ssize_t) len, &blocked) != (ssize_t) len) {
        return -1;
    }
    bytes_sent += len;
    return 0;
}

static ssize_t receive(struct s2n_connection *conn, void *bytes, size_t len)
{
    s2n_blocked_status blocked;
    ssize_t received = s2n_recv(conn, bytes, (ssize_t) len, &blocked);
    bytes_received += received > 0 ? (uint64_t) received : 0;
    return received;
}

static int serve_echo(struct s2n_connection *conn)
{
    static uint8_t buffer[1 << 16];
    ssize_t len;
    while ((len = receive(conn, buffer, sizeof(buffer))) > 0) {
        if (send_all(conn, buffer, (size_t) len) != 0) {
            return -1;
        }
    }
    return (int) len;
}

static int serve_http(struct s2n_connection *conn)
{
    char request[8192] = { 0 };
    size_t held = 0;
    while (strstr(request, "\r\n\r\n") == NULL && held < sizeof(request) - 1) {
        ssize_t len = receive(conn, request + held, sizeof(request) - 1 - held);
        if (len <= 0) {
            return (int) len;
        }
        held += (size_t) len;
    }
    const char *alpn = s2n_get_application_protocol(conn), *name = s2n_get_server_name(conn);
    char body[512], reply[1024];
    snprintf(body, sizeof(body), "version: TLS 1.%d\ncipher: %s\nalpn: %s\nname: %s\n",
        s2n_connection_get_actual_protocol_version(conn) - S2N_TLS10, s2n_connection_get_cipher(conn),
        alpn == NULL ? "none" : alpn, name == NULL ? "none" : name);
    snprintf(reply, sizeof(reply),
        "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s",
        strlen(body), body);
    return send_all(conn, reply, strlen(reply));
}

static int receive_file(struct s2n_connection *conn, const char *path)
{
    static uint8_t buffer[1 << 20];
    uint8_t header[8];
    for (size_t held = 0; held < sizeof(header);) {
        ssize_t len = receive(conn, header + held, sizeof(header) - held);
        if (len <= 0) {
            return -1;
        }
        held += (size_t) len;
    }
    uint64_t left = 0;
    for (int i = 0; i < 8; i++) {
        left = left << 8 | header[i];
    }
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        exit(USAGE);
    }
    while (left > 0) {
        ssize_t len = receive(conn, buffer, left < sizeof(buffer) ? left : sizeof(buffer));
        if (len <= 0 || fwrite(buffer, 1, (size_t) len, file) != (size_t) len) {
            fclose(file);
            return -1;
        }
        left -= (uint64_t) len;
    }
    return fclose(file);
}

static int send_file(struct s2n_connection *conn, const char *path)
{
    static uint8_t buffer[1 << 20];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(USAGE);
    }
    fseek(file, 0, SEEK_END);
    uint64_t total = (uint64_t) ftell(file);
    rewind(file);
    uint8_t header[8];
    for (int i = 0; i < 8; i++) {
        header[i] = (uint8_t) (total >> (56 - 8 * i));
    }
    int status = send_all(conn, header, sizeof(header));
    size_t len;
    while (status == 0 && (len = fread(buffer, 1, sizeof(buffer), file)) > 0) {
        status = send_all(conn, buffer, len);
    }
    fclose(file);
    return status;
}

static int exchange(struct s2n_connection *conn, const struct options *options)
{
    if (options->to_receive != NULL && receive_file(conn, options->to_receive) != 0) {
        return -1;
    }
    return options->to_send == NULL ? 0 : send_file(conn, options->to_send);
}

static int serve(struct s2n_connection *conn, const struct options *options)
{
    switch (options->mode) {
    case ECHO_BACK: return serve_echo(conn);
    case EXCHANGE: return exchange(conn, options);
    default: return serve_http(conn);
    }
}

static void print_negotiated(struct s2n_connection *conn)
{
    const char *group = "NONE", *alpn = s2n_get_application_protocol(conn);
    s2n_connection_get_key_exchange_group(conn, &group);
    printf("version: TLS 1.%d\n", s2n_connection_get_actual_protocol_version(conn) - S2N_TLS10);
    printf("cipher: %s\n", s2n_connection_get_cipher(conn));
    printf("group: %s\n", group);
    printf("alpn: %s\n", alpn == NULL ? "none" : alpn);
    fflush(stdout);
}

static void print_transfer(struct timespec start)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds = (double) (end.tv_sec - start.tv_sec) + (double) (end.tv_nsec - start.tv_nsec) * 1e-9;
    printf("bytes sent: %llu\n", (unsigned long long) bytes_sent);
    printf("bytes received: %llu\n", (unsigned long long) bytes_received);
    printf("seconds: %.3f\n", seconds);
    printf("GB/s: %.3f\n", (double) (bytes_sent + bytes_received) / seconds * 1e-9);
    fflush(stdout);
}

/* Waits until the blinding delay of a failed connection is over: the time of the alert and of the close must not
 * reveal to the client which check failed. */
static void wait_for_delay(struct s2n_connection *conn)
{
    const uint64_t second = 1000000000;
    for (uint64_t left; (left = s2n_connection_get_delay(conn)) > 0;) {
        struct timespec time = { .tv_sec = (time_t) (left / second), .tv_nsec = (long) (left % second) };
        nanosleep(&time, NULL);
    }
}

/* Serves one connection, from its handshake to its shutdown. A failed connection does not stop the server. */
static enum exit_code serve_connection(struct s2n_connection *conn, const struct options *options)
{
    s2n_blocked_status blocked;
    if (s2n_negotiate(conn, &blocked) != 0) {
        print_error("handshake");
        wait_for_delay(conn);
        s2n_shutdown(conn, &blocked); /* sends the fatal alert */
        return HANDSHAKE;
    }
    print_negotiated(conn);

    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    bytes_sent = bytes_received = 0;
    if (serve(conn, options) != 0) {
        print_error("transfer");
        wait_for_delay(conn);
        return TRANSFER;
    }
    print_transfer(start);
    if (s2n_shutdown(conn, &blocked) != 0) {
        print_error("closing");
        wait_for_delay(conn);
        return TRANSFER;
    }
    return 0;
}

/* Loads an OCSP response, which is stapled to the certificate for clients that request it. */
static void load_ocsp_response(struct s2n_cert_chain_and_key *chain, const char *path)
{
    static uint8_t response[1 << 16];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(USAGE);
    }
    size_t len = fread(response, 1, sizeof(response), file);
    fclose(file);
    if (s2n_cert_chain_and_key_set_ocsp_data(chain, response, (uint32_t) len) != 0) {
        fail(USAGE, path);
    }
}

int main(int argc, char **argv)
{
    struct options options = { .mode = HTTP };
    const char *port = "0", *policy = NULL, *ca = NULL, *cert = NULL, *key = NULL;
    const char *ocsp = NULL;
    char *alpn = NULL;
    int connections = -1, delay = -1, option;
    while ((option = getopt(argc, argv, "p:N:c:A:C:K:o:a:b:s:r:ex")) != -1) {
        switch (option) {
        case 'p': port = optarg; break;
        case 'N': connections = atoi(optarg); break;
        case 'c': policy = optarg; break;
        case 'A': ca = optarg; break;
        case 'C': cert = optarg; break;
        case 'K': key = optarg; break;
        case 'o': ocsp = optarg; break;
        case 'a': alpn = optarg; break;
        case 'b': delay = atoi(optarg); break;
        case 's': options.to_send = optarg; break;
        case 'r': options.to_receive = optarg; break;
        case 'e': options.mode = ECHO_BACK; break;
        case 'x': options.mode = EXCHANGE; break;
        default: usage(argv[0]);
        }
    }
    if (argc != optind || cert == NULL || key == NULL) {
        usage(argv[0]);
    }

    if (s2n_init() != 0) {
        fail(USAGE, "s2n_init");
    }
    struct s2n_config *config = s2n_config_new_minimal();
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    char *cert_pem = read_text(cert), *key_pem = read_text(key);
    if (s2n_cert_chain_and_key_load_pem(chain, cert_pem, key_pem) != 0
        || s2n_config_add_cert_chain_and_key_to_store(config, chain) != 0) {
        fail(USAGE, cert);
    }
    free(cert_pem);
    free(key_pem);
    if (ocsp != NULL) {
        load_ocsp_response(chain, ocsp);
    }
    if (policy != NULL && s2n_config_set_cipher_preferences(config, policy) != 0) {
        fail(USAGE, policy);
    }
    if (delay >= 0 && s2n_config_set_max_blinding_delay(config, (uint32_t) delay) != 0) {
        fail(USAGE, "-b");
    }
    if (ca != NULL
        && (s2n_config_set_verification_ca_location(config, ca, NULL) != 0
            || s2n_config_set_client_auth_type(config, S2N_CERT_AUTH_REQUIRED) != 0
            || s2n_config_set_verify_host_callback(config, accept_any_name, NULL) != 0)) {
        fail(USAGE, ca);
    }
    for (char *name = alpn == NULL ? NULL : strtok(alpn, ","); name != NULL; name = strtok(NULL, ",")) {
        if (s2n_config_append_protocol_preference(config, (uint8_t *) name, (uint8_t) strlen(name)) != 0) {
            fail(USAGE, "ALPN");
        }
    }

    int listener = listen_on(port), status = 0;
    struct s2n_connection *conn = s2n_connection_new(S2N_SERVER);
    if (conn == NULL) {
        fail(USAGE, "connection");
    }
    while (connections-- != 0) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            perror("accept");
            continue;
        }
        if (s2n_connection_set_config(conn, config) != 0 || s2n_connection_set_fd(conn, fd) != 0
            || s2n_connection_prefer_throughput(conn) != 0
            /* Errors are reported at once, and the server waits itself: see wait_for_delay(). */
            || s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING) != 0) {
            fail(USAGE, "connection");
        }
        status = (int) serve_connection(conn, &options);
        close(fd);
        /* A wiped connection can be reused like a new one. */
        if (s2n_connection_wipe(conn) != 0) {
            fail(USAGE, "wipe");
        }
    }

    s2n_connection_free(conn);
    s2n_config_free(config);
    s2n_cert_chain_and_key_free(chain);
    close(listener);
    s2n_cleanup_final();
    return status;
}
