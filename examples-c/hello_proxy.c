/*
 * A proxy that inspects the ClientHello, and routes the connection to a server behind it.
 *
 *     hello_proxy [-p PORT] [-t SECONDS] [-C CERTIFICATE -K KEY] ROUTE...
 *
 * A ROUTE is one of
 *     NAME=PORT            for clients that request this server name (SNI), in any case
 *     alpn:PROTOCOL=PORT   for clients that offer this protocol
 *     ja4:FINGERPRINT=PORT for clients with this fingerprint
 *     *=PORT               for all others
 * and the first that matches decides. PORT is of 127.0.0.1; 0 rejects the client. Without a certificate the
 * proxy does not terminate TLS: it reads the ClientHello, parses it (s2n_client_hello_parse_message()), and
 * forwards all bytes unchanged, so that it needs no keys. With one it terminates TLS, selects the route in the
 * ClientHello callback, and forwards the decrypted data.
 *
 * A client has 10 seconds, or those of -t, for its ClientHello. Each connection has two threads, one for each
 * direction. What the proxy decides by is not authenticated: a client may send any name and any fingerprint.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <s2n.h>
#include <s2n/unstable/fingerprint.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Alerts (RFC 8446, 6). */
enum { UNEXPECTED_MESSAGE = 10, DECODE_ERROR = 50, UNRECOGNIZED_NAME = 112 };

/* What the proxy decides by. */
struct inspected {
    char name[256];
    char protocols[256]; /* separated by commas */
    char ja4[37];
};

/* The records with the ClientHello, as received, and the message that is reassembled from them. */
struct received {
    uint8_t records[1 << 17], message[1 << 16];
    size_t record_bytes, parsed, message_bytes;
};

static char **routes; /* and NULL */
static int max_seconds = 10;
static struct s2n_config *config; /* NULL if TLS is not terminated */

static void print_error(const char *what)
{
    fprintf(stderr, "%s: %s (%s)\n", what, s2n_strerror(s2n_errno, "EN"), s2n_strerror_debug(s2n_errno, "EN"));
}

/* Terminates text of a client with a NUL, and replaces what must not reach a terminal or break a line. */
static void sanitize(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        text[i] = isgraph((unsigned char) text[i]) ? text[i] : '?';
    }
    text[len] = '\0';
}

/* Turns the list of the ALPN extension (RFC 7301, 3.1) into text. Nothing of it has been validated before. */
static void read_protocols(struct s2n_client_hello *hello, char *text, size_t size)
{
    uint8_t list[256];
    size_t at = 2, end = 0;
    ssize_t len = s2n_client_hello_get_extension_length(hello, S2N_EXTENSION_ALPN);
    if (len > 2 && (size_t) len <= sizeof(list)
        && s2n_client_hello_get_extension_by_id(hello, S2N_EXTENSION_ALPN, list, sizeof(list)) == len) {
        for (; at < (size_t) len && at + 1 + list[at] <= (size_t) len; at += 1 + (size_t) list[at]) {
            if (end + 1 + list[at] >= size) {
                break;
            }
            memcpy(text + end, list + at + 1, list[at]);
            end += list[at];
            text[end++] = ',';
        }
    }
    sanitize(text, end > 0 ? end - 1 : 0);
}

static void inspect(struct s2n_client_hello *hello, struct inspected *inspected)
{
    uint16_t len = 0;
    uint32_t ja4_len = 0, ja4_size = sizeof(inspected->ja4) - 1;
    if (s2n_client_hello_get_server_name(hello, (uint8_t *) inspected->name, sizeof(inspected->name) - 1, &len)
        != 0) {
        len = 0; /* none */
    }
    sanitize(inspected->name, len);
    read_protocols(hello, inspected->protocols, sizeof(inspected->protocols));
    struct s2n_fingerprint *ja4 = s2n_fingerprint_new(S2N_FINGERPRINT_JA4);
    if (ja4 == NULL || s2n_fingerprint_set_client_hello(ja4, hello) != 0
        || s2n_fingerprint_get_hash(ja4, ja4_size, (uint8_t *) inspected->ja4, &ja4_len) != 0) {
        print_error("fingerprint");
        ja4_len = 0;
    }
    sanitize(inspected->ja4, ja4_len);
    s2n_fingerprint_free(&ja4);
}

static int offers(const char *protocols, const char *wanted, size_t len)
{
    for (const char *at = protocols; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strcspn(at, ",") == len && strncmp(at, wanted, len) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Returns the port of the first route that matches; 0 if none does. */
static int find_port(const struct inspected *inspected)
{
    for (char **route = routes; *route != NULL; route++) {
        const char *pattern = *route, *end = strrchr(pattern, '=');
        size_t len = (size_t) (end - pattern);
        int matches = len == 1 && *pattern == '*';
        if (strncmp(pattern, "alpn:", 5) == 0) {
            matches = offers(inspected->protocols, pattern + 5, len - 5);
        } else if (strncmp(pattern, "ja4:", 4) == 0) {
            matches = strlen(inspected->ja4) == len - 4 && strncmp(inspected->ja4, pattern + 4, len - 4) == 0;
        } else if (!matches) {
            matches = strlen(inspected->name) == len && strncasecmp(inspected->name, pattern, len) == 0;
        }
        if (matches) {
            return atoi(end + 1);
        }
    }
    return 0;
}

/* Connects to the server for a ClientHello. Returns its socket, or -1 if the client is rejected. */
static int connect_to_server(struct s2n_client_hello *hello)
{
    struct inspected inspected;
    inspect(hello, &inspected);
    int port = find_port(&inspected), fd = -1;
    printf("name: %s, protocols: %s, ja4: %s, port: %d\n", *inspected.name != '\0' ? inspected.name : "none",
        *inspected.protocols != '\0' ? inspected.protocols : "none", inspected.ja4, port);
    if (port != 0) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t) port) };
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd >= 0 && connect(fd, (struct sockaddr *) &address, sizeof(address)) != 0) {
            perror("server");
            close(fd);
            fd = -1;
        }
    }
    return fd;
}

static int write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t count = send(fd, bytes, len, MSG_NOSIGNAL);
        if (count < 0 && errno != EINTR) {
            return -1;
        }
        bytes += count > 0 ? count : 0;
        len -= count > 0 ? (size_t) count : 0;
    }
    return 0;
}

/* Moves complete records to the message. Returns 1 if the message is complete, 0 if bytes are missing, and -1
 * if this is no ClientHello. */
static int reassemble(struct received *received)
{
    while (received->record_bytes - received->parsed >= 5) {
        const uint8_t *record = received->records + received->parsed;
        size_t len = (size_t) record[3] << 8 | record[4];
        if (record[0] != 22 || record[1] != 3 || len == 0 || len > 16384
            || received->message_bytes + len > sizeof(received->message)) {
            return -1;
        }
        if (received->record_bytes - received->parsed < 5 + len) {
            return 0;
        }
        memcpy(received->message + received->message_bytes, record + 5, len);
        received->message_bytes += len;
        received->parsed += 5 + len;
        const uint8_t *message = received->message;
        if (message[0] != 1) {
            return -1;
        }
        if (received->message_bytes >= 4) {
            size_t size = 4 + ((size_t) message[1] << 16 | (size_t) message[2] << 8 | message[3]);
            if (received->message_bytes >= size) {
                return received->message_bytes == size ? 1 : -1;
            }
        }
    }
    return 0;
}

/* Receives the ClientHello. Returns NULL after an error, and sets the alert to send, or 0. */
static struct s2n_client_hello *receive_hello(int fd, struct received *received, int *alert)
{
    time_t end = time(NULL) + max_seconds;
    int complete = 0;
    *alert = 0;
    while (complete == 0) {
        struct pollfd readable = { .fd = fd, .events = POLLIN };
        time_t left = end - time(NULL);
        size_t room = sizeof(received->records) - received->record_bytes;
        if (left <= 0 || room == 0 || poll(&readable, 1, (int) left * 1000) <= 0) {
            fprintf(stderr, "no ClientHello in time\n");
            return NULL;
        }
        ssize_t len = recv(fd, received->records + received->record_bytes, room, 0);
        if (len <= 0) {
            return NULL;
        }
        received->record_bytes += (size_t) len;
        complete = reassemble(received);
    }
    struct s2n_client_hello *hello = NULL;
    if (complete < 0) {
        *alert = UNEXPECTED_MESSAGE;
        fprintf(stderr, "not a ClientHello\n");
    } else if ((hello = s2n_client_hello_parse_message(received->message, (uint32_t) received->message_bytes))
        == NULL) {
        *alert = DECODE_ERROR;
        print_error("ClientHello");
    }
    return hello;
}

/* A connection: with `conn` if TLS is terminated. */
struct relay {
    int client, server;
    struct s2n_connection *conn;
};

/* Forwards one direction until its end, and then ends it on the other side. */
static void to_server(struct relay *relay)
{
    uint8_t bytes[16384];
    s2n_blocked_status blocked;
    ssize_t len;
    do {
        len = relay->conn != NULL ? s2n_recv(relay->conn, bytes, sizeof(bytes), &blocked)
                                  : recv(relay->client, bytes, sizeof(bytes), 0);
    } while (len > 0 && write_all(relay->server, bytes, (size_t) len) == 0);
    /* After an error the server must not take what it has for everything. */
    shutdown(relay->server, len == 0 ? SHUT_WR : SHUT_RDWR);
}

static void *to_client(void *argument)
{
    struct relay *relay = argument;
    uint8_t bytes[16384];
    s2n_blocked_status blocked;
    ssize_t len;
    do {
        len = recv(relay->server, bytes, sizeof(bytes), 0);
    } while (len > 0
        && (relay->conn != NULL ? s2n_send(relay->conn, bytes, len, &blocked) == len
                                : write_all(relay->client, bytes, (size_t) len) == 0));
    if (len == 0 && relay->conn != NULL) {
        s2n_shutdown_send(relay->conn, &blocked);
    }
    shutdown(relay->client, len == 0 ? SHUT_WR : SHUT_RDWR);
    return NULL;
}

static void forward(struct relay *relay)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, to_client, relay) == 0) {
        to_server(relay);
        pthread_join(thread, NULL);
    }
}

static void pass_through(struct relay *relay)
{
    int alert = 0;
    struct received *received = calloc(1, sizeof(*received));
    struct s2n_client_hello *hello = received == NULL ? NULL : receive_hello(relay->client, received, &alert);
    if (hello != NULL) {
        relay->server = connect_to_server(hello);
        alert = relay->server < 0 ? UNRECOGNIZED_NAME : 0;
        s2n_client_hello_free(&hello);
        /* All that was received, which may be more than the ClientHello. */
        if (relay->server >= 0 && write_all(relay->server, received->records, received->record_bytes) == 0) {
            forward(relay);
        }
    }
    if (received != NULL && alert != 0) {
        const uint8_t record[] = { 21, 3, 3, 0, 2, 2, (uint8_t) alert };
        write_all(relay->client, record, sizeof(record));
    }
    free(received);
}

/* The ClientHello callback: its connection's context is the relay. */
static int on_client_hello(struct s2n_connection *conn, void *context)
{
    struct relay *relay = s2n_connection_get_ctx(conn);
    (void) context;
    relay->server = connect_to_server(s2n_connection_get_client_hello(conn));
    return relay->server < 0 ? -1 : 0;
}

static void terminate(struct relay *relay)
{
    struct timeval timeout = { .tv_sec = max_seconds }, none = { .tv_sec = 0 };
    s2n_blocked_status blocked;
    relay->conn = s2n_connection_new(S2N_SERVER);
    if (relay->conn == NULL || s2n_connection_set_config(relay->conn, config) != 0
        || s2n_connection_set_ctx(relay->conn, relay) != 0
        || s2n_connection_set_fd(relay->conn, relay->client) != 0
        || setsockopt(relay->client, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) != 0) {
        print_error("connection");
    } else if (s2n_negotiate(relay->conn, &blocked) != 0) {
        print_error("handshake"); /* after its blinding delay, in this thread */
        s2n_shutdown(relay->conn, &blocked);
    } else if (setsockopt(relay->client, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof(none)) == 0) {
        forward(relay);
    }
    s2n_connection_free(relay->conn);
}

static void *serve(void *argument)
{
    struct relay *relay = argument;
    if (config == NULL) {
        pass_through(relay);
    } else {
        terminate(relay);
    }
    close(relay->client);
    if (relay->server >= 0) {
        close(relay->server);
    }
    free(relay);
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
        exit(3);
    }
    printf("port: %d\n", ntohs(address.sin_port));
    return fd;
}

static void read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fread(text, 1, size - 1, file) == 0) {
        fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
        exit(2);
    }
    fclose(file);
}

/* Creates the config of a proxy that terminates TLS. */
static void create_config(const char *certificate, const char *key)
{
    static char certificate_pem[1 << 16], key_pem[1 << 16];
    static struct s2n_cert_chain_and_key *chain;
    read_text(certificate, certificate_pem, sizeof(certificate_pem));
    read_text(key, key_pem, sizeof(key_pem));
    chain = s2n_cert_chain_and_key_new();
    config = s2n_config_new_minimal();
    if (chain == NULL || config == NULL || s2n_cert_chain_and_key_load_pem(chain, certificate_pem, key_pem) != 0
        || s2n_config_add_cert_chain_and_key_to_store(config, chain) != 0
        || s2n_config_set_cipher_preferences(config, "default_tls13") != 0
        || s2n_config_set_client_hello_cb(config, on_client_hello, NULL) != 0) {
        print_error(certificate);
        exit(2);
    }
}

static volatile sig_atomic_t stopping;

static void stop(int signal)
{
    (void) signal;
    stopping = 1;
}

static void usage(const char *name)
{
    fprintf(stderr, "usage: %s [-p PORT] [-t SECONDS] [-C CERTIFICATE -K KEY] PATTERN=PORT...\n", name);
    exit(2);
}

int main(int argc, char **argv)
{
    const char *port = "0", *certificate = NULL, *key = NULL;
    int option;
    while ((option = getopt(argc, argv, "p:t:C:K:")) != -1) {
        switch (option) {
        case 'p': port = optarg; break;
        case 't': max_seconds = atoi(optarg); break;
        case 'C': certificate = optarg; break;
        case 'K': key = optarg; break;
        default: usage(argv[0]);
        }
    }
    routes = argv + optind;
    for (char **route = routes; *route != NULL; route++) {
        if (strchr(*route, '=') == NULL) {
            usage(argv[0]);
        }
    }
    if (*routes == NULL || (certificate == NULL) != (key == NULL)) {
        usage(argv[0]);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct sigaction action = { .sa_handler = stop };
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    if (s2n_init() != 0) {
        print_error("s2n_init");
        return 2;
    }
    if (certificate != NULL) {
        create_config(certificate, key);
    }
    int listener = listen_on(port);
    while (!stopping) {
        pthread_t thread;
        struct relay *relay = calloc(1, sizeof(*relay));
        if (relay == NULL || (relay->client = accept(listener, NULL, NULL)) < 0) {
            free(relay); /* a signal, or the client has closed already */
            continue;
        }
        relay->server = -1;
        if (pthread_create(&thread, NULL, serve, relay) != 0) {
            close(relay->client);
            free(relay);
            continue;
        }
        pthread_detach(thread);
    }
    close(listener);
    return 0; /* the threads, and what they use, end with the process */
}
