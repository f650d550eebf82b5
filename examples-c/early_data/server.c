/* The server: an event loop, in which each connection first receives early data, then completes its handshake,
 * and then receives the requests behind it. */
#define _GNU_SOURCE /* accept4 */
#include "early_data.h"
#include "strikes.h"
#include "tickets.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <s2n.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum state { RECEIVING_EARLY_DATA, NEGOTIATING, SERVING, CLOSING };

struct client {
    struct s2n_connection *conn;
    int fd;
    enum state state;
    struct client *next, *previous;

    struct s2n_offered_early_data *offered; /* NULL, or early data about which the register decides */
    int waits;                              /* for the register */

    size_t request_len, response_len, sent; /* bytes of the buffers */
    char request[MAX_REQUEST];
    char response[64]; /* one at a time, so that a client cannot make the server buffer without limit */
};

static int epoll;
static struct client *clients; /* a list, for the end of the program */
static long finished;          /* the number of connections */
static unsigned max_age = 600; /* of a ticket for early data, in seconds */
static unsigned long executed; /* the number of POST requests: the state of this application */

static void serve(struct client *client);

static void accept_or_reject(struct client *client, const char *reason)
{
    struct s2n_offered_early_data *offered = client->offered;
    client->offered = NULL;
    if (reason == NULL) {
        check(s2n_offered_early_data_accept(offered) == 0, "accepting early data");
        printf("early data: accepted\n");
    } else {
        check(s2n_offered_early_data_reject(offered) == 0, "rejecting early data");
        printf("early data: rejected, %s\n", reason);
    }
    fflush(stdout);
}

/*
 * The early data callback: decides before any early data is received. It runs after the library has verified
 * that the client has the secret of the ticket, so that no other client can use a ticket up.
 *
 * Until the register has answered, the calls of the connection are blocked on application input.
 */
static int decide(struct s2n_connection *conn, struct s2n_offered_early_data *offered)
{
    struct client *client = s2n_connection_get_ctx(conn);
    uint64_t ticket;
    client->offered = offered;
    if (!ticket_is_recent(offered, max_age)) {
        accept_or_reject(client, "the ticket is too old");
    } else if (ticket_id(conn, &ticket) != 0) {
        accept_or_reject(client, "no ticket");
    } else {
        strikes_add(ticket, max_age + MAX_SKEW, client);
    }
    return 0;
}

/* The answer of the register, within decide() or later. */
static void on_strike(void *context, enum strike strike)
{
    struct client *client = context;
    switch (strike) {
    case STRIKE_NEW: accept_or_reject(client, NULL); break;
    case STRIKE_USED: accept_or_reject(client, "the ticket was used before"); break;
    default: accept_or_reject(client, "the register is full or not available");
    }
    if (client->waits) {
        client->waits = 0;
        serve(client);
    }
}

static int is_printable(const char *line)
{
    while (isprint((unsigned char) *line)) {
        line++;
    }
    return *line == '\0';
}

/* Executes a request, unless that could be the repetition of one. */
static void respond(struct client *client, const char *line, int is_early)
{
    const char *path = is_printable(line) ? strchr(line, ' ') : NULL;
    int is_get = path != NULL && strncmp(line, "GET /", 5) == 0;
    int is_post = path != NULL && strncmp(line, "POST /", 6) == 0;
    char *response = client->response;
    if (!is_get && !is_post) {
        snprintf(response, sizeof(client->response), "400 Bad Request\n");
    } else if (is_early && !is_get) {
        snprintf(response, sizeof(client->response), "425 Too Early\n");
    } else {
        executed += (unsigned long) is_post;
        snprintf(response, sizeof(client->response), "200 %lu\n", executed);
    }
    client->response_len = strlen(response);
    client->sent = 0;
    printf("request: %s, %s: %s", path == NULL ? "malformed" : line,
        is_early ? "early data" : "after the handshake", response);
    fflush(stdout);
}

/* Responds to the first request that is complete. Others wait until the response is sent. A request of which a
 * part was early data is executed when the handshake is complete: it is not a replay then. */
static void take_request(struct client *client, int is_early)
{
    char *end = memchr(client->request, '\n', client->request_len);
    if (end == NULL || client->response_len > 0) {
        return;
    }
    *end = '\0';
    respond(client, client->request, is_early);
    client->request_len -= (size_t) (end + 1 - client->request);
    memmove(client->request, end + 1, client->request_len);
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

/* Each step returns 1 after progress, 0 if it is blocked, and -1 if the connection failed. */
static int blocked_or_failed(struct client *client, s2n_blocked_status blocked)
{
    if (s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED) {
        return -1;
    }
    switch (blocked) {
    case S2N_BLOCKED_ON_READ: wait_for(client, EPOLLIN); return 0;
    case S2N_BLOCKED_ON_WRITE: wait_for(client, EPOLLOUT); return 0;
    case S2N_BLOCKED_ON_APPLICATION_INPUT:
        wait_for(client, 0);
        client->waits = 1;
        return 0;
    default: return -1; /* S2N_BLOCKED_ON_EARLY_DATA does not occur: there is room for all of it */
    }
}

/* The request is executed here, a round trip before the handshake is complete. The response has to wait. */
static int receive_early_data(struct client *client)
{
    s2n_blocked_status blocked;
    ssize_t len = 0;
    int result = s2n_recv_early_data(client->conn, (uint8_t *) client->request + client->request_len,
        (ssize_t) (sizeof(client->request) - client->request_len), &len, &blocked);
    /* Also a call that is blocked receives data. */
    client->request_len += (size_t) len;
    if (len > 0) {
        take_request(client, 1);
    }
    if (result != 0) {
        return blocked_or_failed(client, blocked);
    }
    client->state = NEGOTIATING;
    return 1;
}

static int negotiate(struct client *client)
{
    s2n_blocked_status blocked;
    if (s2n_negotiate(client->conn, &blocked) != 0) {
        return blocked_or_failed(client, blocked);
    }
    printf("handshake: %s\n", s2n_connection_is_session_resumed(client->conn) ? "resumed" : "full");
    fflush(stdout);
    client->state = SERVING;
    return 1;
}

static int serve_requests(struct client *client)
{
    s2n_blocked_status blocked;
    take_request(client, 0);
    if (client->response_len > 0) {
        ssize_t len = s2n_send(client->conn, client->response + client->sent,
            (ssize_t) (client->response_len - client->sent), &blocked);
        if (len < 0) {
            return blocked_or_failed(client, blocked);
        }
        client->sent += (size_t) len;
        client->response_len = client->sent == client->response_len ? 0 : client->response_len;
        return 1;
    }
    if (client->request_len == sizeof(client->request)) {
        fprintf(stderr, "request: too long\n");
        return -1;
    }
    ssize_t len = s2n_recv(client->conn, client->request + client->request_len,
        (ssize_t) (sizeof(client->request) - client->request_len), &blocked);
    if (len < 0) {
        return blocked_or_failed(client, blocked);
    }
    client->request_len += (size_t) len;
    client->state = len == 0 ? CLOSING : SERVING;
    return 1;
}

static int step(struct client *client)
{
    s2n_blocked_status blocked;
    switch (client->state) {
    case RECEIVING_EARLY_DATA: return receive_early_data(client);
    case NEGOTIATING: return negotiate(client);
    case SERVING: return serve_requests(client);
    default: return s2n_shutdown(client->conn, &blocked) == 0 ? -1 : blocked_or_failed(client, blocked);
    }
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
    finished++;
}

/* Runs the state machine until it is blocked, or the client is freed. The deadline of a connection, and the
 * blinding delay of one that failed, are left out here: see echo_server.c. */
static void serve(struct client *client)
{
    int progress;
    s2n_errno = 0;
    while ((progress = step(client)) > 0) {
    }
    if (progress < 0) {
        if (client->state != CLOSING) {
            fprintf(stderr, "connection: %s (%s)\n", s2n_strerror(s2n_errno, "EN"),
                s2n_strerror_debug(s2n_errno, "EN"));
        }
        client_free(client);
    }
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
            && ticket_set_time(client->conn) == 0
            && s2n_connection_set_blinding(client->conn, S2N_SELF_SERVICE_BLINDING) == 0,
        "accepting");
    serve(client);
}

/* No protocol is set for ALPN: early data with a ticket is rejected if a protocol is negotiated. */
static struct s2n_config *new_config(struct s2n_cert_chain_and_key *chain)
{
    struct s2n_config *config = s2n_config_new_minimal();
    check(config != NULL && s2n_config_add_cert_chain_and_key_to_store(config, chain) == 0
            && s2n_config_set_cipher_preferences(config, "default_tls13") == 0
            && s2n_config_set_session_tickets_onoff(config, 1) == 0
            && s2n_config_set_server_max_early_data_size(config, MAX_REQUEST) == 0
            && s2n_config_set_early_data_cb(config, decide) == 0,
        "config");
    return config;
}

static struct s2n_cert_chain_and_key *load(const char *cert_path, const char *key_path)
{
    char *cert = read_text(cert_path), *key = read_text(key_path);
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    check(chain != NULL && s2n_cert_chain_and_key_load_pem(chain, cert, key) == 0, cert_path);
    free(cert);
    memset(key, 0, strlen(key));
    free(key);
    return chain;
}

static void watch(int fd, const int *tag)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = (void *) tag };
    check(fd >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll");
}

static int listen_on(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof(address);
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    check(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0
            && bind(fd, (struct sockaddr *) &address, len) == 0 && listen(fd, 128) == 0
            && getsockname(fd, (struct sockaddr *) &address, &len) == 0,
        "listening");
    printf("port: %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

/* Signals arrive as events of the loop, so that none is lost before it waits. */
static int catch_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    check(sigprocmask(SIG_BLOCK, &signals, NULL) == 0, "signals");
    signal(SIGPIPE, SIG_IGN); /* hiredis writes to sockets that are closed */
    return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void run_loop(const int *listener, const int *signals, struct s2n_config *config, long connections)
{
    struct epoll_event event;
    while (connections < 0 || finished < connections) {
        /* One event per turn: serving a client may free it while another event still refers to it. */
        if (epoll_wait(epoll, &event, 1, -1) != 1) {
            continue;
        }
        if (event.data.ptr == signals) {
            return;
        }
        if (event.data.ptr == listener) {
            accept_client(*listener, config);
        } else if (!strikes_handle(event.data.ptr, event.events)) {
            serve(event.data.ptr);
        }
    }
}

int run_server(int argc, char **argv)
{
    const char *port = "0", *cert = NULL, *key = NULL, *where = NULL;
    long connections = -1;
    int option;
    while ((option = getopt(argc, argv, "p:N:t:R:C:K:")) != -1) {
        switch (option) {
        case 'p': port = optarg; break;
        case 'N': connections = atol(optarg); break;
        case 't': max_age = (unsigned) strtoul(optarg, NULL, 10); break;
        case 'R': where = optarg; break;
        case 'C': cert = optarg; break;
        case 'K': key = optarg; break;
        default: usage();
        }
    }
    if (argc != optind || cert == NULL || key == NULL) {
        usage();
    }
    struct s2n_cert_chain_and_key *chain = load(cert, key);
    struct s2n_config *config = new_config(chain);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    check(epoll >= 0, "epoll");
    int signals = catch_signals();
    watch(signals, &signals);
    check(strikes_open(epoll, where, config, on_strike) == 0, "the strike register");
    int listener = listen_on((uint16_t) atoi(port));
    watch(listener, &listener);
    run_loop(&listener, &signals, config, connections);

    strikes_close();
    while (clients != NULL) {
        client_free(clients);
    }
    close(listener);
    close(signals);
    close(epoll);
    check(s2n_config_free(config) == 0 && s2n_cert_chain_and_key_free(chain) == 0, "config");
    return 0;
}
