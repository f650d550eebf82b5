/*
 * Mutual TLS: a server that admits clients by the names in their certificates, and a client for it.
 *
 *     mutual_tls server [-p PORT] [-b SECONDS] CA CERTIFICATE KEY NAME...
 *     mutual_tls client [-b SECONDS] CA CERTIFICATE KEY HOST PORT
 *
 * CA has the certificates that may sign those of the peers. The server admits a client whose certificate has
 * one of the NAMEs as subjectAltName, prints who has connected, and greets it. It listens on 127.0.0.1, on a
 * port of the system if none is given, and serves each client in a thread, so that neither a slow client nor
 * the blinding delay of a rejected one (at most SECONDS) delays the others.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <s2n.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum exit_code { USAGE = 2, CONNECT = 3, HANDSHAKE = 4, TRANSFER = 5 };

static struct s2n_config *config;
static struct s2n_cert_chain_and_key *chain;
static char **admitted; /* names, and NULL */

/* What the server learns of a client. */
struct visitor {
    char name[256];
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

static void usage(void)
{
    fprintf(stderr,
        "usage: mutual_tls server [-p PORT] [-b SECONDS] CA CERTIFICATE KEY NAME...\n"
        "       mutual_tls client [-b SECONDS] CA CERTIFICATE KEY HOST PORT\n");
    exit(USAGE);
}

static char *read_text(const char *path)
{
    char *text = calloc(1, 1 << 16);
    FILE *file = fopen(path, "rb");
    if (file == NULL || text == NULL || fread(text, 1, (1 << 16) - 1, file) == 0) {
        fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
        exit(USAGE);
    }
    fclose(file);
    return text;
}

/* Both sides have a certificate, and trust one CA. Not those of the system: any of their customers could
 * connect. */
static void create_config(const char *ca, const char *certificate, const char *key, const char *max_delay)
{
    config = s2n_config_new_minimal();
    chain = s2n_cert_chain_and_key_new();
    char *certificate_pem = read_text(certificate), *key_pem = read_text(key);
    if (config == NULL || s2n_config_set_cipher_preferences(config, "default_tls13") != 0
        || s2n_config_set_verification_ca_location(config, ca, NULL) != 0) {
        fail(USAGE, ca);
    }
    if (s2n_cert_chain_and_key_load_pem(chain, certificate_pem, key_pem) != 0
        || s2n_config_add_cert_chain_and_key_to_store(config, chain) != 0) {
        fail(USAGE, certificate);
    }
    free(certificate_pem);
    free(key_pem);
    if (max_delay != NULL && s2n_config_set_max_blinding_delay(config, (uint32_t) atoi(max_delay)) != 0) {
        fail(USAGE, "-b");
    }
}

/* The verify host callback. It is called with the names in the certificate, one after the other, until it
 * accepts one; then the certificate is verified. The name is not NUL-terminated. */
static uint8_t admit(const char *name, size_t len, void *data)
{
    struct visitor *visitor = data;
    for (char **at = admitted; *at != NULL; at++) {
        if (strlen(*at) == len && strncasecmp(*at, name, len) == 0 && len < sizeof(visitor->name)) {
            memcpy(visitor->name, name, len);
            visitor->name[len] = '\0';
            return 1;
        }
    }
    return 0;
}

/* Prints who has connected: the admitted name, and the verified path of certificates. */
static void print_visitor(struct s2n_connection *conn, const struct visitor *visitor)
{
    uint32_t count = 0;
    struct s2n_cert_chain_and_key *path = s2n_cert_chain_and_key_new();
    if (path == NULL || s2n_connection_get_peer_cert_chain(conn, path) != 0
        || s2n_cert_chain_get_length(path, &count) != 0) {
        print_error("certificates");
    }
    printf("connected: %s, by a path of %u certificates\n", visitor->name, (unsigned int) count);
    s2n_cert_chain_and_key_free(path);
}

static int greet(struct s2n_connection *conn, const struct visitor *visitor)
{
    s2n_blocked_status blocked;
    char text[300];
    int len = snprintf(text, sizeof(text), "hello, %s\n", visitor->name);
    return s2n_send(conn, text, len, &blocked) == len ? 0 : -1;
}

/* Runs in a thread of its own, in which the default blinding may sleep. */
static void *serve(void *argument)
{
    int fd = *(int *) argument;
    free(argument);
    s2n_blocked_status blocked;
    struct visitor visitor = { .name = "" };
    struct s2n_connection *conn = s2n_connection_new(S2N_SERVER);
    if (conn == NULL || s2n_connection_set_config(conn, config) != 0
        /* For this connection, so that the callback knows whose name it has admitted. */
        || s2n_connection_set_verify_host_callback(conn, admit, &visitor) != 0
        || s2n_connection_set_client_auth_type(conn, S2N_CERT_AUTH_REQUIRED) != 0
        || s2n_connection_set_fd(conn, fd) != 0) {
        print_error("connection");
    } else if (s2n_negotiate(conn, &blocked) != 0) {
        print_error("rejected");
        s2n_shutdown(conn, &blocked); /* sends the alert with the reason */
    } else {
        print_visitor(conn, &visitor);
        if (greet(conn, &visitor) != 0 || s2n_shutdown(conn, &blocked) != 0) {
            print_error("transfer");
        }
    }
    s2n_connection_free(conn);
    close(fd);
    return NULL;
}

static int listen_on(const char *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t) atoi(port)) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof(address);
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0
        || bind(fd, (struct sockaddr *) &address, len) != 0 || listen(fd, 64) != 0
        || getsockname(fd, (struct sockaddr *) &address, &len) != 0) {
        perror("listening");
        exit(CONNECT);
    }
    printf("port: %d\n", ntohs(address.sin_port));
    return fd;
}

static volatile sig_atomic_t stopping;

static void stop(int signal)
{
    (void) signal;
    stopping = 1;
}

static int run_server(const char *port)
{
    /* A client that sends nothing occupies a thread: for this time. */
    struct timeval timeout = { .tv_sec = 30 };
    struct sigaction action = { .sa_handler = stop };
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    int listener = listen_on(port);
    while (!stopping) {
        int *fd = malloc(sizeof(*fd));
        pthread_t thread;
        if (fd == NULL || (*fd = accept(listener, NULL, NULL)) < 0) {
            free(fd); /* a signal, or the client has closed already */
            continue;
        }
        if (setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) != 0
            || setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) != 0
            || pthread_create(&thread, NULL, serve, fd) != 0) {
            close(*fd);
            free(fd);
            continue;
        }
        pthread_detach(thread);
    }
    close(listener);
    return 0;
}

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
    int fd = -1;
    if (getaddrinfo(host, port, &hints, &list) == 0) {
        for (struct addrinfo *at = list; at != NULL && fd < 0; at = at->ai_next) {
            fd = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
            if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
                close(fd);
                fd = -1;
            }
        }
        freeaddrinfo(list);
    }
    if (fd < 0) {
        fprintf(stderr, "%s:%s: cannot connect: %s\n", host, port, strerror(errno));
        exit(CONNECT);
    }
    return fd;
}

static int run_client(const char *host, const char *port)
{
    s2n_blocked_status blocked;
    int fd = connect_to(host, port);
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    if (conn == NULL || s2n_connection_set_config(conn, config) != 0
        || s2n_set_server_name(conn, host) != 0 || s2n_connection_set_fd(conn, fd) != 0
        || s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING) != 0) {
        fail(USAGE, "connection");
    }
    char text[300];
    ssize_t len = -1;
    int status = 0;
    if (s2n_negotiate(conn, &blocked) != 0) {
        print_error("handshake");
        status = HANDSHAKE;
    } else {
        /* In TLS 1.3 the handshake is complete before the server has verified this client: a rejection is an
         * alert here. */
        while ((len = s2n_recv(conn, text, sizeof(text), &blocked)) > 0) {
            if (fwrite(text, 1, (size_t) len, stdout) != (size_t) len || fflush(stdout) != 0) {
                perror("standard output");
                status = TRANSFER;
                break;
            }
        }
        if (len < 0) {
            print_error("rejected by the server, or disconnected");
            status = TRANSFER;
        }
    }
    s2n_shutdown(conn, &blocked); /* a close_notify, or the alert of a failed handshake */
    s2n_connection_free(conn);
    close(fd);
    return status;
}

int main(int argc, char **argv)
{
    const char *port = "0", *max_delay = NULL;
    int option;
    setvbuf(stdout, NULL, _IOLBF, 0);
    const char *mode = argc > 1 ? argv[1] : "";
    int is_server = strcmp(mode, "server") == 0;
    if (!is_server && strcmp(mode, "client") != 0) {
        usage();
    }
    while ((option = getopt(argc - 1, argv + 1, "p:b:")) != -1) {
        switch (option) {
        case 'p': port = optarg; break;
        case 'b': max_delay = optarg; break;
        default: usage();
        }
    }
    char **files = argv + 1 + optind;
    int count = argc - 1 - optind;
    if (is_server ? count < 4 : count != 5) {
        usage();
    }
    if (s2n_init() != 0) {
        fail(USAGE, "s2n_init");
    }
    create_config(files[0], files[1], files[2], max_delay);
    admitted = files + 3;
    int status = is_server ? run_server(port) : run_client(files[3], files[4]);
    s2n_config_free(config);
    s2n_cert_chain_and_key_free(chain);
    return status;
}
