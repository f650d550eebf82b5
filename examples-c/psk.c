/*
 * External pre-shared keys (TLS 1.3): a server and a client that authenticate each other with a secret which
 * both have, without certificates.
 *
 *     (umask 077; printf 'sensor-1:%s\n' "$(openssl rand -hex 32)" >key)
 *     psk server key
 *     psk client key localhost PORT
 *
 * A file of keys has one key in each line: its identity, a colon, and its secret in hexadecimal digits. The
 * server has the keys of all its clients, and the client has one. Each client needs a key of its own: with one
 * key for many, each of them could impersonate the server and the others.
 *
 * The client sends the identity unencrypted. The secrets are wiped when they are not needed any more.
 */
#define _GNU_SOURCE /* explicit_bzero */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <s2n.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum exit_code { USAGE = 2, CONNECT = 3, HANDSHAKE = 4, TRANSFER = 5 };

enum { MIN_SECRET = 16, MAX_SECRET = 64, MAX_IDENTITY = 128, MAX_KEYS = 1000 };

struct key {
    uint8_t secret[MAX_SECRET];
    uint16_t secret_len, identity_len;
    uint8_t identity[MAX_IDENTITY];
};

struct keys {
    size_t count;
    struct key keys[MAX_KEYS];
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
        "usage: %s server [options] KEYS\n"
        "       %s client [options] KEY HOST PORT\n"
        "  -p PORT     listen on this port of 127.0.0.1; the system chooses if not given\n"
        "  -N COUNT    exit after this number of connections\n"
        "  -b SECONDS  longest delay of the alert after a failure; a client ends before, unless it is 0\n",
        name, name);
    exit(USAGE);
}

/* Reads a file without a stream, whose buffer would keep a copy of the secrets. */
static size_t read_file(const char *path, char *text, size_t size)
{
    size_t held = 0;
    ssize_t len = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && len > 0 && held < size) {
        len = read(fd, text + held, size - held);
        held += len > 0 ? (size_t) len : 0;
    }
    if (fd < 0 || len != 0) {
        fprintf(stderr, "%s: cannot be read: %s\n", path, held == size ? "too long" : strerror(errno));
        exit(USAGE);
    }
    close(fd);
    return held;
}

static int digit(char letter)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *found = memchr(digits, letter, sizeof(digits) - 1);
    int value = found == NULL ? -1 : (int) (found - digits);
    return value < 16 ? value : value - 6;
}

/* Parses "IDENTITY:HEX". Returns what is wrong, or NULL. */
static const char *parse_key(const char *line, size_t len, struct key *key)
{
    const char *colon = memrchr(line, ':', len);
    if (colon == NULL || colon == line || colon - line > MAX_IDENTITY) {
        return "not IDENTITY:HEX";
    }
    const char *hex = colon + 1;
    size_t hex_len = len - (size_t) (hex - line);
    if (hex_len % 2 != 0 || hex_len > 2 * MAX_SECRET) {
        return "the secret has an odd number of digits, or too many";
    }
    if (hex_len < 2 * MIN_SECRET) {
        return "the secret has less than 128 bits";
    }
    for (size_t at = 0; at < hex_len; at += 2) {
        int high = digit(hex[at]), low = digit(hex[at + 1]);
        if (high < 0 || low < 0) {
            return "the secret is not hexadecimal";
        }
        key->secret[at / 2] = (uint8_t) (high << 4 | low);
    }
    key->secret_len = (uint16_t) (hex_len / 2);
    key->identity_len = (uint16_t) (colon - line);
    memcpy(key->identity, line, key->identity_len);
    return NULL;
}

static const struct key *find_key(const struct keys *keys, const uint8_t *identity, size_t len)
{
    for (const struct key *key = keys->keys; key < keys->keys + keys->count; key++) {
        if (key->identity_len == len && memcmp(key->identity, identity, len) == 0) {
            return key;
        }
    }
    return NULL;
}

static const char *add_key(struct keys *keys, const char *line, size_t len)
{
    struct key *key = &keys->keys[keys->count];
    if (keys->count == MAX_KEYS) {
        return "too many keys";
    }
    const char *error = parse_key(line, len, key);
    if (error == NULL && find_key(keys, key->identity, key->identity_len) != NULL) {
        error = "the identity is that of another key";
    }
    keys->count += error == NULL;
    return error;
}

/* Loads all keys of a file. Errors do not show the line, which may contain a secret. */
static void load_keys(const char *path, struct keys *keys)
{
    static char text[1 << 18];
    size_t len = read_file(path, text, sizeof(text));
    const char *error = NULL;
    int number = 0;
    for (char *line = text, *next; error == NULL && line < text + len; line = next) {
        char *end = memchr(line, '\n', (size_t) (text + len - line));
        size_t line_len = (size_t) ((end == NULL ? text + len : end) - line);
        next = line + line_len + 1;
        number++;
        error = line_len == 0 ? NULL : add_key(keys, line, line_len);
    }
    explicit_bzero(text, sizeof(text));
    if (error == NULL && keys->count == 0) {
        error = "no key";
    }
    if (error != NULL) {
        fprintf(stderr, "%s:%d: %s\n", path, number, error);
        explicit_bzero(keys, sizeof(*keys));
        exit(USAGE);
    }
}

/* Adds a key to a connection, which has a copy until its handshake is complete. */
static int append_key(struct s2n_connection *conn, const struct key *key)
{
    struct s2n_psk *psk = s2n_external_psk_new();
    int done = psk != NULL && s2n_psk_set_identity(psk, key->identity, key->identity_len) == 0
        && s2n_psk_set_secret(psk, key->secret, key->secret_len) == 0
        && s2n_psk_set_hmac(psk, S2N_PSK_HMAC_SHA256) == 0 && s2n_connection_append_psk(conn, psk) == 0;
    s2n_psk_free(&psk); /* also wipes the secret */
    return done ? 0 : -1;
}

/* The selection callback of the server: chooses the first key that it has. So a connection has one key, and
 * not those of all clients. Without a choice the handshake fails, because the server has no certificate. */
static int select_key(struct s2n_connection *conn, void *context, struct s2n_offered_psk_list *list)
{
    struct s2n_offered_psk *offered = s2n_offered_psk_new();
    int is_chosen = 0;
    while (offered != NULL && !is_chosen && s2n_offered_psk_list_has_next(list)) {
        uint8_t *identity;
        uint16_t len;
        if (s2n_offered_psk_list_next(list, offered) != 0
            || s2n_offered_psk_get_identity(offered, &identity, &len) != 0) {
            break;
        }
        const struct key *key = find_key(context, identity, len);
        /* s2n-tls calls again after a HelloRetryRequest, when the connection has the key already. */
        is_chosen = key != NULL
            && (s2n_offered_psk_list_choose_psk(list, offered) == 0
                || (append_key(conn, key) == 0 && s2n_offered_psk_list_choose_psk(list, offered) == 0));
    }
    s2n_offered_psk_free(&offered);
    return is_chosen ? 0 : -1;
}

static struct s2n_config *new_config(int delay)
{
    struct s2n_config *config = s2n_config_new_minimal();
    if (config == NULL || s2n_config_set_cipher_preferences(config, "default_tls13") != 0
        || s2n_config_set_psk_mode(config, S2N_PSK_MODE_EXTERNAL) != 0
        || (delay >= 0 && s2n_config_set_max_blinding_delay(config, (uint32_t) delay) != 0)) {
        fail(USAGE, "config");
    }
    return config;
}

/* Performs the handshake, and copies the identity of the key as text. Fails also if the handshake used no key:
 * another server might have a certificate, and ignore the keys that are offered. */
static int negotiate(struct s2n_connection *conn, char text[MAX_IDENTITY + 1])
{
    s2n_blocked_status blocked;
    uint16_t len = 0;
    if (s2n_negotiate(conn, &blocked) != 0) {
        print_error("handshake");
        return -1;
    }
    if (s2n_connection_get_negotiated_psk_identity_length(conn, &len) != 0 || len == 0) {
        fprintf(stderr, "handshake: the peer used no pre-shared key\n");
        return -1;
    }
    memset(text, 0, MAX_IDENTITY + 1);
    if (s2n_connection_get_negotiated_psk_identity(conn, (uint8_t *) text, MAX_IDENTITY) != 0) {
        print_error("identity");
        return -1;
    }
    printf("identity: %s\ncipher: %s\n", text, s2n_connection_get_cipher(conn));
    fflush(stdout);
    return 0;
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
        exit(CONNECT);
    }
    printf("port: %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
    int error = getaddrinfo(host, port, &hints, &list), fd = -1;
    if (error != 0) {
        fprintf(stderr, "%s: %s\n", host, gai_strerror(error));
        exit(CONNECT);
    }
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

/* Greets one client by its identity. A failed connection does not stop the server. */
static enum exit_code greet(struct s2n_connection *conn)
{
    char identity[MAX_IDENTITY + 1], greeting[MAX_IDENTITY + 16];
    s2n_blocked_status blocked;
    if (negotiate(conn, identity) != 0) {
        wait_for_delay(conn);
        s2n_shutdown_send(conn, &blocked); /* sends the fatal alert */
        return HANDSHAKE;
    }
    int len = snprintf(greeting, sizeof(greeting), "hello, %s\n", identity);
    if (s2n_send(conn, greeting, len, &blocked) != len || s2n_shutdown(conn, &blocked) != 0) {
        print_error("sending");
        return TRANSFER;
    }
    return 0;
}

/* Serves one connection after the other: see echo_server.c for many at a time. */
static int run_server(struct s2n_config *config, const struct keys *keys, const char *port, int connections)
{
    int listener = listen_on(port), status = 0;
    struct s2n_connection *conn = s2n_connection_new(S2N_SERVER);
    if (conn == NULL || s2n_config_set_psk_selection_callback(config, select_key, (void *) keys) != 0) {
        fail(USAGE, "connection");
    }
    while (connections-- != 0) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            perror("accept");
            continue;
        }
        if (s2n_connection_set_config(conn, config) != 0 || s2n_connection_set_fd(conn, fd) != 0
            || s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING) != 0) {
            fail(USAGE, "connection");
        }
        status = (int) greet(conn);
        close(fd);
        if (s2n_connection_wipe(conn) != 0) {
            fail(USAGE, "wipe");
        }
    }
    s2n_connection_free(conn);
    close(listener);
    return status;
}

/* Writes what the server sends to standard output, and closes the connection. */
static int receive_answer(struct s2n_connection *conn)
{
    s2n_blocked_status blocked;
    char answer[1000];
    ssize_t len;
    int status = 0;
    while ((len = s2n_recv(conn, answer, sizeof(answer), &blocked)) > 0 && status == 0) {
        if (fwrite(answer, 1, (size_t) len, stdout) != (size_t) len || fflush(stdout) != 0) {
            perror("standard output");
            status = TRANSFER;
        }
    }
    if (len < 0 || s2n_shutdown(conn, &blocked) != 0) {
        print_error("receiving");
        status = TRANSFER;
    }
    return status;
}

static int run_client(struct s2n_config *config, struct keys *keys, const char *host, const char *port)
{
    int fd = connect_to(host, port), status = HANDSHAKE;
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    if (conn == NULL || s2n_connection_set_config(conn, config) != 0 || append_key(conn, &keys->keys[0]) != 0
        || s2n_connection_set_fd(conn, fd) != 0
        /* The user sees an error at once. By default the call that fails sleeps for 10 to 30 seconds. */
        || s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING) != 0) {
        fail(USAGE, "connection");
    }
    explicit_bzero(keys, sizeof(*keys)); /* the connection has a copy */

    char identity[MAX_IDENTITY + 1];
    s2n_blocked_status blocked;
    if (negotiate(conn, identity) == 0) {
        status = receive_answer(conn);
    } else {
        s2n_shutdown_send(conn, &blocked); /* sends the fatal alert, unless there is a delay before: see -b */
    }
    s2n_connection_free(conn);
    close(fd);
    return status;
}

int main(int argc, char **argv)
{
    static struct keys keys;
    const char *port = "0";
    int connections = -1, delay = -1, option, is_server = argc > 1 && strcmp(argv[1], "server") == 0;
    if (!is_server && (argc < 2 || strcmp(argv[1], "client") != 0)) {
        usage(argv[0]);
    }
    optind = 2;
    while ((option = getopt(argc, argv, "p:N:b:")) != -1) {
        switch (option) {
        case 'p': port = optarg; break;
        case 'N': connections = atoi(optarg); break;
        case 'b': delay = atoi(optarg); break;
        default: usage(argv[0]);
        }
    }
    char **args = argv + optind;
    if (argc - optind != (is_server ? 1 : 3)) {
        usage(argv[0]);
    }
    load_keys(args[0], &keys);
    if (!is_server && keys.count != 1) {
        fprintf(stderr, "%s: a client has one key\n", args[0]);
        explicit_bzero(&keys, sizeof(keys));
        return USAGE;
    }

    if (s2n_init() != 0) {
        fail(USAGE, "s2n_init");
    }
    struct s2n_config *config = new_config(delay);
    int status = is_server ? run_server(config, &keys, port, connections)
                           : run_client(config, &keys, args[1], args[2]);
    explicit_bzero(&keys, sizeof(keys));
    s2n_config_free(config);
    s2n_cleanup_final();
    return status;
}
