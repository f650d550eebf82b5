/*
 * Session resumption in a fleet: a server that resumes the sessions of all servers of its fleet. They share two
 * things in Redis: the session ticket keys, and the session cache for clients of TLS 1.2 without tickets.
 *
 * - Ticket keys are read periodically, so that a key is rotated by adding it to Redis, while the servers run:
 *
 *     redis-cli HSET ticket-keys NAME "$(($(date +%s) + 600)) $(openssl rand -hex 32)"
 *
 *   The first number is the introduction of the key, the time from which it is used. It is in the future, so
 *   that all servers have read the key before one of them encrypts with it.
 * - The session cache is asynchronous. The retrieve callback starts a lookup and returns S2N_CALLBACK_BLOCKED;
 *   s2n_negotiate() is then blocked on application input. The answer of Redis resumes the handshake.
 * - If Redis does not answer, handshakes are full ones, with tickets as long as the server has a key.
 *
 * Ticket keys decrypt the sessions of all clients, and TLS 1.2 connections that used tickets. Redis must
 * therefore be reachable for the servers only, over a connection that is encrypted outside of one machine.
 * Sessions in the cache are encrypted with the ticket keys.
 *
 * Only the API of s2n-tls is used: servers with either library resume the sessions of each other.
 */
#define _GNU_SOURCE /* accept4 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <s2n.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fleet/store.h"

enum lookup { NOT_STARTED, PENDING, ANSWERED };

struct client {
    struct s2n_connection *conn;
    int fd;
    struct client *next, *previous;

    enum lookup lookup;   /* of the session in the cache */
    uint8_t session[512]; /* the session that was found, of session_len bytes; 0 if there is none */
    size_t session_len;

    char greeting[64]; /* empty until the handshake is complete */
    size_t sent;       /* bytes of the greeting */
};

static int epoll;
static struct client *clients; /* a list, for the end of the program */

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

/* The cache callbacks of the config. A failed store or delete is no error: the next handshake of that client is
 * a full one, or the session expires in Redis. */
static int store_session(struct s2n_connection *conn, void *unused, uint64_t ttl_in_seconds, const void *key,
    uint64_t key_size, const void *value, uint64_t value_size)
{
    (void) conn;
    (void) unused;
    return store_set(key, key_size, value, value_size, ttl_in_seconds);
}

static int delete_session(struct s2n_connection *conn, void *unused, const void *key, uint64_t key_size)
{
    (void) conn;
    (void) unused;
    return store_delete(key, key_size);
}

/* Called by each s2n_negotiate() until it returns something else than S2N_CALLBACK_BLOCKED. */
static int retrieve_session(struct s2n_connection *conn, void *unused, const void *key, uint64_t key_size,
    void *value, uint64_t *value_size)
{
    struct client *client = s2n_connection_get_ctx(conn);
    (void) unused;
    switch (client->lookup) {
    case NOT_STARTED:
        if (store_get(key, key_size, client) != 0) {
            return -1; /* no session: a full handshake */
        }
        client->lookup = PENDING;
        return S2N_CALLBACK_BLOCKED;
    case PENDING: return S2N_CALLBACK_BLOCKED;
    default:
        if (client->session_len == 0 || client->session_len > *value_size) {
            return -1;
        }
        memcpy(value, client->session, client->session_len);
        *value_size = client->session_len;
        return 0;
    }
}

/* Registers the socket for these events. Without events it is removed from epoll, which would otherwise still
 * report a hang-up. */
static void wait_for(struct client *client, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = client };
    if (epoll_ctl(epoll, EPOLL_CTL_DEL, client->fd, NULL) != 0) {
        check(errno == ENOENT, "epoll");
    }
    if (events != 0) {
        check(epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event) == 0, "epoll");
    }
}

static int blocked_or_failed(struct client *client, s2n_blocked_status blocked)
{
    if (s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED) {
        fprintf(stderr, "connection: %s (%s)\n", s2n_strerror(s2n_errno, "EN"),
            s2n_strerror_debug(s2n_errno, "EN"));
        return -1;
    }
    switch (blocked) {
    case S2N_BLOCKED_ON_READ: wait_for(client, EPOLLIN); break;
    case S2N_BLOCKED_ON_WRITE: wait_for(client, EPOLLOUT); break;
    default: wait_for(client, 0); /* S2N_BLOCKED_ON_APPLICATION_INPUT: the lookup is pending */
    }
    return 0;
}

static void greet(struct client *client)
{
    int tls13 = s2n_connection_get_actual_protocol_version(client->conn) == S2N_TLS13;
    int resumed = s2n_connection_is_session_resumed(client->conn);
    snprintf(client->greeting, sizeof(client->greeting), "TLS 1.%d, %s\n", tls13 ? 3 : 2,
        resumed ? "resumed" : "full handshake");
    printf("connection: %s", client->greeting);
    fflush(stdout);
}

/* Negotiates, sends the greeting, and closes. Returns 1 when done, 0 when blocked, and -1 after a failure. */
static int drive(struct client *client)
{
    s2n_blocked_status blocked;
    if (client->greeting[0] == '\0') {
        if (s2n_negotiate(client->conn, &blocked) != 0) {
            return blocked_or_failed(client, blocked);
        }
        greet(client);
    }
    size_t len = strlen(client->greeting);
    while (client->sent < len) {
        ssize_t sent = s2n_send(
            client->conn, client->greeting + client->sent, (ssize_t) (len - client->sent), &blocked);
        if (sent < 0) {
            return blocked_or_failed(client, blocked);
        }
        client->sent += (size_t) sent;
    }
    /* Waits for the close_notify of the client: a socket that is closed with unread data is reset, and the
     * client could lose the greeting. */
    if (s2n_shutdown(client->conn, &blocked) != 0) {
        return blocked_or_failed(client, blocked);
    }
    return 1;
}

static void client_free(struct client *client)
{
    *(client->previous != NULL ? &client->previous->next : &clients) = client->next;
    if (client->next != NULL) {
        client->next->previous = client->previous;
    }
    check(s2n_connection_free(client->conn) == 0, "connection");
    close(client->fd);
    free(client);
}

/* Drives the connection, and frees it unless it is blocked. The blinding delay of a failed connection is left
 * out here: see echo_server.c. */
static void serve(struct client *client)
{
    if (drive(client) != 0) {
        client_free(client);
    }
}

/* The answer to a lookup, with which the handshake continues. */
static void on_answer(void *context, const void *session, size_t len)
{
    struct client *client = context;
    client->lookup = ANSWERED;
    if (len > 0 && len <= sizeof(client->session)) {
        memcpy(client->session, session, len);
        client->session_len = len;
    }
    serve(client);
}

static void accept_client(int listener, struct s2n_config *config)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    struct client *client = calloc(1, sizeof(*client));
    check(client != NULL, "client");
    client->fd = fd;
    client->next = clients;
    if (clients != NULL) {
        clients->previous = client;
    }
    clients = client;
    client->conn = s2n_connection_new(S2N_SERVER);
    check(client->conn != NULL && s2n_connection_set_config(client->conn, config) == 0
            && s2n_connection_set_fd(client->conn, fd) == 0
            && s2n_connection_set_ctx(client->conn, client) == 0
            && s2n_connection_set_blinding(client->conn, S2N_SELF_SERVICE_BLINDING) == 0,
        "accepting");
    serve(client);
}

static int listen_on(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    check(fd >= 0 && bind(fd, (struct sockaddr *) &address, len) == 0 && listen(fd, 128) == 0
            && getsockname(fd, (struct sockaddr *) &address, &len) == 0,
        "listening");
    printf("port: %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

/* Enables tickets and the cache. The lifetimes are the defaults: a key encrypts for 2 hours and decrypts for 13
 * more, and a session is resumed for 15 hours. */
static struct s2n_config *new_config(struct s2n_cert_chain_and_key *chain)
{
    struct s2n_config *config = s2n_config_new_minimal();
    check(config != NULL && s2n_config_add_cert_chain_and_key_to_store(config, chain) == 0
            && s2n_config_set_cipher_preferences(config, "default_tls13") == 0
            && s2n_config_set_session_tickets_onoff(config, 1) == 0
            && s2n_config_set_cache_store_callback(config, store_session, NULL) == 0
            && s2n_config_set_cache_retrieve_callback(config, retrieve_session, NULL) == 0
            && s2n_config_set_cache_delete_callback(config, delete_session, NULL) == 0
            && s2n_config_set_session_cache_onoff(config, 1) == 0,
        "config");
    return config;
}

static struct s2n_cert_chain_and_key *load(const char *cert_path, const char *key_path)
{
    char *cert = read_text(cert_path), *key = read_text(key_path);
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    check(chain != NULL && s2n_cert_chain_and_key_load_pem(chain, cert, key) == 0, cert_path);
    free(cert);
    free(key);
    return chain;
}

static volatile sig_atomic_t stopping;

static void stop(int signal)
{
    (void) signal;
    stopping = 1;
}

static void handle_signals(void)
{
    struct sigaction action = { .sa_handler = stop }, ignore = { .sa_handler = SIG_IGN };
    check(sigaction(SIGTERM, &action, NULL) == 0 && sigaction(SIGINT, &action, NULL) == 0
            && sigaction(SIGPIPE, &ignore, NULL) == 0, /* hiredis writes to sockets that are closed */
        "signals");
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: %s PORT CERTIFICATE KEY REDIS PERIOD-MS\n", argv[0]);
        return 2;
    }
    handle_signals();
    check(s2n_init() == 0, "s2n_init");
    struct s2n_cert_chain_and_key *chain = load(argv[2], argv[3]);
    struct s2n_config *config = new_config(chain);

    int listener = listen_on((uint16_t) atoi(argv[1]));
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = &listener };
    epoll = epoll_create1(EPOLL_CLOEXEC);
    check(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) == 0, "epoll");
    check(store_open(epoll, argv[4], (unsigned) atoi(argv[5]), config, on_answer) == 0, "store");
    while (!stopping) {
        /* One event per turn: serving a client may free it while another event still refers to it. */
        if (epoll_wait(epoll, &event, 1, -1) != 1) {
            continue;
        }
        if (event.data.ptr == &listener) {
            accept_client(listener, config);
        } else if (!store_handle(event.data.ptr, event.events)) {
            serve(event.data.ptr);
        }
    }

    store_close();
    while (clients != NULL) {
        client_free(clients);
    }
    close(listener);
    close(epoll);
    check(s2n_config_free(config) == 0 && s2n_cert_chain_and_key_free(chain) == 0, "config");
    return s2n_cleanup_final();
}
