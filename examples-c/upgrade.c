/*
 * A server that is replaced without closing its connections: the new process takes over the listening socket
 * and every connection from the old one, by their descriptors (SCM_RIGHTS) and with the state of TLS from
 * s2n_connection_serialize(). The clients notice nothing.
 *
 *     upgrade SOCKET PORT CERTIFICATE KEY
 *
 * A process that finds another one behind SOCKET, a path of the file system, replaces it; the old one ends when
 * its last connection has moved. The two may be linked with different libraries: both have the format of
 * s2n-tls. The server echoes what it receives.
 *
 * - A connection moves between two requests: when everything that was received is answered, and no record is
 *   partly received or sent. s2n_connection_serialize() fails with S2N_ERR_INVALID_STATE otherwise; the old process
 *   then continues with the connection, and tries again.
 * - After it, the old process neither sends nor shuts down: the connection belongs to the new one.
 * - Serialized connections contain keys. They pass through a socket that only this user can open, are sent once,
 *   and are erased on both sides.
 */
#define _GNU_SOURCE /* accept4, struct ucred */
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
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The longest serialized connection: TLS 1.3 with a hash of 48 bytes. */
#define MAX_BLOB 174

enum state { NEGOTIATING, ECHOING, CLOSING };

struct client {
    struct client *next, *previous;
    struct s2n_connection *conn;
    int fd;
    enum state state;
    size_t received, sent; /* bytes of the buffer */
    uint8_t buffer[16384];
};

static struct s2n_config *config;
static struct s2n_cert_chain_and_key *chain;
static struct client clients = { .next = &clients, .previous = &clients };
static int epoll;

/* The sockets of the server; -1 if there is none. */
static int listener = -1;    /* for clients */
static int door = -1;        /* at which a successor knocks */
static int predecessor = -1; /* from which connections come */
static int successor = -1;   /* to which they go */

static void fail(const char *what)
{
    fprintf(stderr, "%s: %s (%s); %s\n", what, s2n_strerror(s2n_errno, "EN"),
        s2n_strerror_debug(s2n_errno, "EN"), strerror(errno));
    exit(1);
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

static void watch(int fd, void *source)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = source };
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        fail("epoll");
    }
}

/* A descriptor that another process has, too, must be removed: epoll refers to the open file behind it. */
static void forget(int *fd)
{
    epoll_ctl(epoll, EPOLL_CTL_DEL, *fd, NULL);
    close(*fd);
    *fd = -1;
}

/* Passes a message with a descriptor to the successor. */
static void pass_on(char type, const uint8_t *blob, size_t size, int fd)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = { .space = { 0 } };
    struct iovec parts[] = { { &type, 1 }, { (void *) blob, size } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2, .msg_control = control.space,
        .msg_controllen = sizeof(control.space) };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof(int));
    if (sendmsg(successor, &message, MSG_NOSIGNAL) != (ssize_t) (1 + size)) {
        fail("passing on"); /* the keys have left the connection */
    }
}

/* Receives a message with a descriptor. Returns the size of the blob, or -1 at the end. */
static ssize_t take_over(char *type, uint8_t *blob, int *fd)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec parts[] = { { type, 1 }, { blob, MAX_BLOB } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2, .msg_control = control.space,
        .msg_controllen = sizeof(control.space) };
    ssize_t size = recvmsg(predecessor, &message, MSG_CMSG_CLOEXEC);
    if (size <= 0) {
        return -1;
    }
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
        fail("taking over");
    }
    memcpy(fd, CMSG_DATA(header), sizeof(int));
    return size - 1;
}

static struct client *client_new(int fd, enum state state)
{
    struct client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        return NULL;
    }
    client->fd = fd;
    client->state = state;
    client->conn = s2n_connection_new(S2N_SERVER);
    if (client->conn == NULL || s2n_connection_set_config(client->conn, config) != 0
        || s2n_connection_set_fd(client->conn, fd) != 0
        || s2n_connection_set_blinding(client->conn, S2N_SELF_SERVICE_BLINDING) != 0) {
        fail("connection");
    }
    client->previous = &clients;
    client->next = clients.next;
    client->next->previous = clients.next = client;
    watch(fd, client);
    return client;
}

static void client_free(struct client *client)
{
    client->previous->next = client->next;
    client->next->previous = client->previous;
    s2n_connection_free(client->conn);
    forget(&client->fd);
    free(client);
}

/* Passes a connection to the successor, if it is between two requests. Returns 1 if it has moved. */
static int move(struct client *client)
{
    uint8_t blob[MAX_BLOB];
    uint32_t size = 0;
    if (client->state != ECHOING || client->sent < client->received
        || s2n_connection_serialization_length(client->conn, &size) != 0 || size > sizeof(blob)
        || s2n_connection_serialize(client->conn, blob, size) != 0) {
        return 0;
    }
    pass_on('C', blob, size, client->fd);
    explicit_bzero(blob, sizeof(blob));
    client_free(client);
    return 1;
}

/* Waits for the status of a blocked call. Returns 0 for it, and -1 for an error. */
static int blocked_or_failed(struct client *client, s2n_blocked_status blocked)
{
    if (s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED) {
        return -1;
    }
    struct epoll_event event = { .events = blocked == S2N_BLOCKED_ON_READ ? EPOLLIN : EPOLLOUT,
        .data.ptr = client };
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, client->fd, &event) != 0) {
        fail("epoll");
    }
    return 0;
}

/* Returns 1 after progress, 0 if it is blocked, and -1 if the connection failed. */
static int step(struct client *client)
{
    s2n_blocked_status blocked;
    ssize_t len;
    if (client->state == NEGOTIATING) {
        if (s2n_negotiate(client->conn, &blocked) != 0) {
            return blocked_or_failed(client, blocked);
        }
        client->state = ECHOING;
        return 1;
    }
    if (client->sent < client->received) {
        len = s2n_send(client->conn, client->buffer + client->sent,
            (ssize_t) (client->received - client->sent), &blocked);
        client->sent += len > 0 ? (size_t) len : 0;
    } else {
        len = s2n_recv(client->conn, client->buffer, sizeof(client->buffer), &blocked);
        client->received = len > 0 ? (size_t) len : client->received;
        client->sent = len > 0 ? 0 : client->sent;
        client->state = len == 0 ? CLOSING : client->state;
    }
    return len < 0 ? blocked_or_failed(client, blocked) : 1;
}

/* Serves a client until that is blocked, has moved, or is freed. */
static void serve(struct client *client)
{
    while (client->state != CLOSING) {
        if (successor >= 0 && move(client)) {
            return;
        }
        int progress = step(client);
        if (progress == 0) {
            return;
        }
        if (progress < 0) {
            /* A longer-lived server waits for s2n_connection_get_delay() first: see echo_server. */
            fprintf(stderr, "connection: %s (%s)\n", s2n_strerror(s2n_errno, "EN"),
                s2n_strerror_debug(s2n_errno, "EN"));
            client_free(client);
            return;
        }
    }
    s2n_blocked_status blocked;
    if (s2n_shutdown(client->conn, &blocked) == 0 || blocked_or_failed(client, blocked) != 0) {
        client_free(client);
    }
}

static void accept_client(void)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    struct client *client = client_new(fd, NEGOTIATING);
    if (client == NULL) {
        close(fd);
        return;
    }
    serve(client);
}

/* Gives a successor the listening socket, and all connections that can move at once. */
static void welcome_successor(void)
{
    successor = accept4(door, NULL, NULL, SOCK_CLOEXEC);
    struct ucred peer;
    socklen_t size = sizeof(peer);
    if (successor < 0) {
        return;
    }
    if (getsockopt(successor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.uid != geteuid()) {
        fprintf(stderr, "a process of another user wants the connections\n");
        close(successor);
        successor = -1;
        return;
    }
    forget(&door);
    pass_on('L', NULL, 0, listener);
    forget(&listener);
    for (struct client *client = clients.next, *next; client != &clients; client = next) {
        next = client->next;
        move(client);
    }
}

static void take_from_predecessor(void)
{
    static int count;
    char type = 0;
    uint8_t blob[MAX_BLOB];
    int fd = -1;
    ssize_t size = take_over(&type, blob, &fd);
    if (size < 0) {
        printf("taken over: %d\n", count);
        fflush(stdout);
        forget(&predecessor);
        return;
    }
    if (type == 'L') {
        listener = fd;
        watch(listener, &listener);
        return;
    }
    struct client *client = client_new(fd, ECHOING);
    if (client == NULL || s2n_connection_deserialize(client->conn, blob, (uint32_t) size) != 0) {
        fail("restoring");
    }
    explicit_bzero(blob, sizeof(blob));
    count++;
    serve(client);
}

static int listen_on(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof(address);
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0
        || bind(fd, (struct sockaddr *) &address, len) != 0 || listen(fd, 128) != 0
        || getsockname(fd, (struct sockaddr *) &address, &len) != 0) {
        fail("listening");
    }
    printf("port: %d\n", ntohs(address.sin_port));
    return fd;
}

/* Connects to a process behind the path, if there is one, and takes its place there. */
static void enter(const char *path, uint16_t port)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const struct sockaddr *place = (struct sockaddr *) &address;
    if (strlen(path) >= sizeof(address.sun_path)) {
        fprintf(stderr, "%s: too long\n", path);
        exit(2);
    }
    strcpy(address.sun_path, path);
    umask(077);
    predecessor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    door = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (predecessor < 0 || door < 0) {
        fail(path);
    }
    if (connect(predecessor, place, sizeof(address)) == 0) {
        watch(predecessor, &predecessor);
    } else {
        close(predecessor);
        predecessor = -1;
        listener = listen_on(port);
        watch(listener, &listener);
    }
    unlink(path);
    if (bind(door, place, sizeof(address)) != 0 || listen(door, 1) != 0) {
        fail(path);
    }
    watch(door, &door);
    printf("ready\n");
    fflush(stdout);
}

static volatile sig_atomic_t stopping;

static void stop(int signal)
{
    (void) signal;
    stopping = 1;
}

static void load(const char *cert_path, const char *key_path)
{
    char *cert = read_text(cert_path), *key = read_text(key_path);
    chain = s2n_cert_chain_and_key_new();
    config = s2n_config_new_minimal();
    if (s2n_cert_chain_and_key_load_pem(chain, cert, key) != 0
        || s2n_config_add_cert_chain_and_key_to_store(config, chain) != 0
        || s2n_config_set_serialization_version(config, S2N_SERIALIZED_CONN_V1) != 0) {
        fail(cert_path);
    }
    free(cert);
    free(key);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: %s SOCKET PORT CERTIFICATE KEY\n", argv[0]);
        return 2;
    }
    struct sigaction action = { .sa_handler = stop };
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0 || s2n_init() != 0) {
        fail("start");
    }
    load(argv[3], argv[4]);
    enter(argv[1], (uint16_t) atoi(argv[2]));

    /* The last connection of a process that is replaced ends it. */
    while (!stopping && (successor < 0 || clients.next != &clients || predecessor >= 0)) {
        struct epoll_event event;
        if (epoll_wait(epoll, &event, 1, -1) != 1) {
            continue;
        }
        if (event.data.ptr == &listener) {
            accept_client();
        } else if (event.data.ptr == &door && listener >= 0) {
            welcome_successor();
        } else if (event.data.ptr == &predecessor) {
            take_from_predecessor();
        } else if (event.data.ptr != &door) {
            serve(event.data.ptr);
        }
    }
    while (clients.next != &clients) {
        client_free(clients.next);
    }
    s2n_config_free(config);
    s2n_cert_chain_and_key_free(chain);
    return s2n_cleanup_final();
}
