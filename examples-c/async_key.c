/*
 * Asynchronous private key operations: a server whose private key is held by a signing thread. The key
 * could as well be held by another process, another machine or a hardware token.
 *
 * The main thread serves many connections with epoll and holds only the certificate. When a handshake
 * needs a signature, the library calls the async private key callback, which queues the operation for
 * the signing thread; s2n_negotiate() is blocked on application input until then. The signing thread
 * performs the operation and writes the client to a pipe; the main thread applies the signature and
 * resumes the handshake.
 */
#define _GNU_SOURCE /* accept4, pipe2 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <s2n.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
    struct s2n_connection *conn;
    int fd;
    size_t sent; /* of the greeting */
    struct s2n_async_pkey_op *op; /* the pending signature */
    struct client *next;          /* in the signing queue */
};

/* The signing thread's private key, and the queue of clients whose operations are pending. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t queued;
    struct client *first, *last;
    int stopping;
    int completed[2]; /* a pipe: clients whose operations were performed */
    s2n_cert_private_key *key;
} signer = { .lock = PTHREAD_MUTEX_INITIALIZER, .queued = PTHREAD_COND_INITIALIZER };

static const char greeting[] = "signed in another thread\n";
static int epoll;
static int connections_left = -1; /* -1: no limit */

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

static void *perform_operations(void *unused)
{
    pthread_mutex_lock(&signer.lock);
    for (;;) {
        while (signer.first == NULL && !signer.stopping) {
            pthread_cond_wait(&signer.queued, &signer.lock);
        }
        struct client *client = signer.first;
        if (client == NULL) {
            break;
        }
        signer.first = client->next;
        pthread_mutex_unlock(&signer.lock);

        /* With a key that is not loaded into the library, s2n_async_pkey_op_get_input() returns the hash
         * to sign, and s2n_async_pkey_op_set_output() takes the signature. */
        check(s2n_async_pkey_op_perform(client->op, signer.key) == 0, "signing");
        ssize_t len = write(signer.completed[1], &client, sizeof(client));
        check(len == sizeof(client), "pipe");
        pthread_mutex_lock(&signer.lock);
    }
    pthread_mutex_unlock(&signer.lock);
    return unused;
}

/* The async private key callback: queues the operation for the signing thread. */
static int queue_operation(struct s2n_connection *conn, struct s2n_async_pkey_op *op)
{
    struct client *client = s2n_connection_get_ctx(conn);
    client->op = op;
    client->next = NULL;
    pthread_mutex_lock(&signer.lock);
    if (signer.first == NULL) {
        signer.first = client;
    } else {
        signer.last->next = client;
    }
    signer.last = client;
    pthread_cond_signal(&signer.queued);
    pthread_mutex_unlock(&signer.lock);
    return 0;
}

/* Registers the socket for these events. Without events it is removed from epoll, which would otherwise
 * still report a hang-up. */
static void wait_for(struct client *client, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = client };
    epoll_ctl(epoll, EPOLL_CTL_DEL, client->fd, NULL);
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
    default: wait_for(client, 0); /* S2N_BLOCKED_ON_APPLICATION_INPUT: the signature is pending */
    }
    return 0;
}

/* Negotiates, sends the greeting and a close_notify. Returns 1 when done, 0 when blocked, and -1 after a
 * failure. */
static int drive(struct client *client)
{
    const size_t size = sizeof(greeting) - 1;
    s2n_blocked_status blocked;
    if (s2n_negotiate(client->conn, &blocked) != 0) {
        return blocked_or_failed(client, blocked);
    }
    while (client->sent < size) {
        ssize_t len = s2n_send(
            client->conn, greeting + client->sent, (ssize_t) (size - client->sent), &blocked);
        if (len < 0) {
            return blocked_or_failed(client, blocked);
        }
        client->sent += (size_t) len;
    }
    if (s2n_shutdown_send(client->conn, &blocked) != 0) {
        return blocked_or_failed(client, blocked);
    }
    return 1;
}

/* Drives the connection, and frees it unless it is blocked. The blinding delay of a failed connection is
 * left out here: see echo_server.c. */
static void serve(struct client *client)
{
    if (drive(client) == 0) {
        return;
    }
    s2n_connection_free(client->conn);
    close(client->fd);
    free(client);
    connections_left -= connections_left > 0;
}

/* Applies a signature and resumes the client's handshake. */
static void apply_signature(void)
{
    struct client *client = NULL;
    check(read(signer.completed[0], &client, sizeof(client)) == sizeof(client), "pipe");
    check(s2n_async_pkey_op_apply(client->op, client->conn) == 0, "signature");
    check(s2n_async_pkey_op_free(client->op) == 0, "operation");
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

/* Loads a certificate chain with its private key, or without if `key` is NULL. */
static struct s2n_cert_chain_and_key *load(char *cert, const char *key)
{
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    check(chain != NULL, "certificate");
    int outcome = key != NULL
        ? s2n_cert_chain_and_key_load_pem(chain, cert, key)
        : s2n_cert_chain_and_key_load_public_pem_bytes(chain, (uint8_t *) cert, (uint32_t) strlen(cert));
    check(outcome == 0, "certificate");
    return chain;
}

static void epoll_add(int fd, void *name)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = name };
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll");
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 5) {
        fprintf(stderr, "usage: %s PORT CERTIFICATE KEY [CONNECTIONS]\n", argv[0]);
        return 2;
    }
    connections_left = argc == 5 ? atoi(argv[4]) : -1;
    check(s2n_init() == 0, "s2n_init");
    char *cert = read_text(argv[2]), *key = read_text(argv[3]);
    struct s2n_cert_chain_and_key *public = load(cert, NULL), *private = load(cert, key);
    free(cert);
    free(key);
    struct s2n_config *config = s2n_config_new_minimal();
    check(s2n_config_add_cert_chain_and_key_to_store(config, public) == 0
            && s2n_config_set_async_pkey_callback(config, queue_operation) == 0
            && s2n_config_set_cipher_preferences(config, "default_tls13") == 0,
        "config");

    pthread_t thread;
    signer.key = s2n_cert_chain_and_key_get_private_key(private);
    check(pipe2(signer.completed, O_CLOEXEC) == 0, "pipe");
    check(pthread_create(&thread, NULL, perform_operations, NULL) == 0, "thread");

    int listener = listen_on((uint16_t) atoi(argv[1]));
    epoll = epoll_create1(EPOLL_CLOEXEC);
    epoll_add(listener, &listener);
    epoll_add(signer.completed[0], &signer);
    while (connections_left != 0) {
        struct epoll_event event;
        if (epoll_wait(epoll, &event, 1, -1) != 1) {
            continue;
        }
        if (event.data.ptr == &listener) {
            accept_client(listener, config);
        } else if (event.data.ptr == &signer) {
            apply_signature();
        } else {
            serve(event.data.ptr);
        }
    }

    pthread_mutex_lock(&signer.lock);
    signer.stopping = 1;
    pthread_cond_signal(&signer.queued);
    pthread_mutex_unlock(&signer.lock);
    pthread_join(thread, NULL);
    s2n_config_free(config);
    s2n_cert_chain_and_key_free(public);
    s2n_cert_chain_and_key_free(private);
    return s2n_cleanup_final();
}
