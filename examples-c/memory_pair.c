/*
 * Custom I/O callbacks: a client and a server in one process, connected by two buffers in memory
 * instead of a socket.
 */
#include <errno.h>
#include <s2n.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One direction of the transport: a bounded queue of bytes. */
struct queue {
    uint8_t bytes[4096];
    size_t len;
};

static int queue_send(void *context, const uint8_t *buf, uint32_t len)
{
    struct queue *queue = context;
    size_t room = sizeof(queue->bytes) - queue->len;
    if (room == 0) {
        errno = EAGAIN; /* the call returns S2N_ERR_IO_BLOCKED and can be repeated */
        return -1;
    }
    size_t count = len < room ? len : room;
    memcpy(queue->bytes + queue->len, buf, count);
    queue->len += count;
    return (int) count;
}

static int queue_recv(void *context, uint8_t *buf, uint32_t len)
{
    struct queue *queue = context;
    if (queue->len == 0) {
        errno = EAGAIN;
        return -1;
    }
    size_t count = len < queue->len ? len : queue->len;
    memcpy(buf, queue->bytes, count);
    queue->len -= count;
    memmove(queue->bytes, queue->bytes + count, queue->len);
    return (int) count;
}

static void check(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s: %s (%s)\n", what, s2n_strerror(s2n_errno, "EN"),
            s2n_strerror_debug(s2n_errno, "EN"));
        exit(1);
    }
}

/* Returns whether the failed call was only blocked, and can be repeated. */
static int is_blocked(void)
{
    return s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED;
}

static struct s2n_connection *connection_new(s2n_mode mode, struct s2n_config *config,
    struct queue *in, struct queue *out)
{
    struct s2n_connection *conn = s2n_connection_new(mode);
    check(conn != NULL && s2n_connection_set_config(conn, config) == 0, "connection");
    check(s2n_connection_set_recv_cb(conn, queue_recv) == 0
            && s2n_connection_set_recv_ctx(conn, in) == 0
            && s2n_connection_set_send_cb(conn, queue_send) == 0
            && s2n_connection_set_send_ctx(conn, out) == 0,
        "callbacks");
    /* Errors are returned at once, not after a delay, because they end both endpoints. */
    check(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING) == 0, "blinding");
    return conn;
}

/* Transfers `data` from one endpoint to the other, alternating between them because the queue is smaller
 * than the data. */
static void transfer(struct s2n_connection *from, struct s2n_connection *to, const uint8_t *data, size_t len)
{
    s2n_blocked_status blocked;
    uint8_t buffer[1000];
    size_t sent = 0, received = 0;
    while (received < len) {
        if (sent < len) {
            ssize_t count = s2n_send(from, data + sent, (ssize_t) (len - sent), &blocked);
            check(count >= 0 || is_blocked(), "sending");
            sent += count > 0 ? (size_t) count : 0;
        }
        ssize_t count = s2n_recv(to, buffer, sizeof(buffer), &blocked);
        check(count > 0 || (count < 0 && is_blocked()), "receiving");
        if (count > 0) {
            check(memcmp(buffer, data + received, (size_t) count) == 0, "comparing");
            received += (size_t) count;
        }
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

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: %s POLICY CA CERTIFICATE KEY\n", argv[0]);
        return 2;
    }
    char *ca = read_text(argv[2]), *cert = read_text(argv[3]), *key = read_text(argv[4]);

    check(s2n_init() == 0, "s2n_init");
    struct s2n_config *server_config = s2n_config_new_minimal(), *client_config = s2n_config_new_minimal();
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    check(s2n_cert_chain_and_key_load_pem(chain, cert, key) == 0
            && s2n_config_add_cert_chain_and_key_to_store(server_config, chain) == 0
            && s2n_config_set_cipher_preferences(server_config, argv[1]) == 0,
        "server config");
    check(s2n_config_add_pem_to_trust_store(client_config, ca) == 0
            && s2n_config_set_cipher_preferences(client_config, argv[1]) == 0,
        "client config");

    static struct queue to_server, to_client;
    struct s2n_connection *client = connection_new(S2N_CLIENT, client_config, &to_client, &to_server);
    struct s2n_connection *server = connection_new(S2N_SERVER, server_config, &to_server, &to_client);
    check(s2n_set_server_name(client, "localhost") == 0, "server name");

    s2n_blocked_status blocked;
    int client_done = 0, server_done = 0;
    while (!client_done || !server_done) {
        client_done = s2n_negotiate(client, &blocked) == 0;
        check(client_done || is_blocked(), "client handshake");
        server_done = s2n_negotiate(server, &blocked) == 0;
        check(server_done || is_blocked(), "server handshake");
    }
    printf("cipher: %s\n", s2n_connection_get_cipher(client));

    static uint8_t data[100000];
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t) (i * 7);
    }
    transfer(client, server, data, sizeof(data));
    transfer(server, client, data, sizeof(data));

    client_done = server_done = 0;
    while (!client_done || !server_done) {
        client_done = s2n_shutdown(client, &blocked) == 0;
        check(client_done || is_blocked(), "client shutdown");
        server_done = s2n_shutdown(server, &blocked) == 0;
        check(server_done || is_blocked(), "server shutdown");
    }
    printf("bytes each way: %zu\n", sizeof(data));

    s2n_connection_free(client);
    s2n_connection_free(server);
    s2n_config_free(client_config);
    s2n_config_free(server_config);
    s2n_cert_chain_and_key_free(chain);
    free(ca);
    free(cert);
    free(key);
    return s2n_cleanup_final();
}
