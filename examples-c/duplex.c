/*
 * Full-duplex I/O: one thread sends while another receives on the same connection, at both endpoints.
 *
 * A connection may be used by one sending and one receiving thread at a time; they share no lock. The
 * handshake and s2n_shutdown() must run in a single thread.
 */
#include <pthread.h>
#include <s2n.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void check(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s: %s (%s)\n", what, s2n_strerror(s2n_errno, "EN"),
            s2n_strerror_debug(s2n_errno, "EN"));
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

struct endpoint {
    struct s2n_connection *conn;
    uint64_t total;
    uint8_t seed;
};

/* Returns the byte at an offset of the test pattern with this seed. */
static uint8_t pattern(uint8_t seed, uint64_t offset)
{
    return (uint8_t) (seed + offset * 31 + (offset >> 11));
}

static void *negotiate(void *context)
{
    s2n_blocked_status blocked;
    check(s2n_negotiate(((struct endpoint *) context)->conn, &blocked) == 0, "handshake");
    return NULL;
}

static void *send_stream(void *context)
{
    struct endpoint *endpoint = context;
    uint8_t buffer[30000];
    s2n_blocked_status blocked;
    for (uint64_t sent = 0; sent < endpoint->total;) {
        uint64_t left = endpoint->total - sent, len = left < sizeof(buffer) ? left : sizeof(buffer);
        for (uint64_t i = 0; i < len; i++) {
            buffer[i] = pattern(endpoint->seed, sent + i);
        }
        check(s2n_send(endpoint->conn, buffer, (ssize_t) len, &blocked) == (ssize_t) len, "sending");
        sent += len;
    }
    check(s2n_shutdown_send(endpoint->conn, &blocked) == 0, "closing the write side");
    return NULL;
}

static void *receive_stream(void *context)
{
    struct endpoint *endpoint = context;
    uint8_t buffer[20000];
    s2n_blocked_status blocked;
    uint64_t received = 0;
    ssize_t len;
    while ((len = s2n_recv(endpoint->conn, buffer, sizeof(buffer), &blocked)) > 0) {
        for (ssize_t i = 0; i < len; i++, received++) {
            /* The seed of the peer is the complement. */
            if (buffer[i] != pattern((uint8_t) ~endpoint->seed, received)) {
                fprintf(stderr, "byte %llu is wrong\n", (unsigned long long) received);
                exit(1);
            }
        }
    }
    check(len == 0, "receiving");
    check(received == endpoint->total, "counting");
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: %s CA CERTIFICATE KEY MEGABYTES\n", argv[0]);
        return 2;
    }
    char *ca = read_text(argv[1]), *cert = read_text(argv[2]), *key = read_text(argv[3]);
    uint64_t total = strtoull(argv[4], NULL, 10) * 1000000;

    check(s2n_init() == 0, "s2n_init");
    struct s2n_config *server_config = s2n_config_new_minimal(), *client_config = s2n_config_new_minimal();
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    check(s2n_cert_chain_and_key_load_pem(chain, cert, key) == 0
            && s2n_config_add_cert_chain_and_key_to_store(server_config, chain) == 0
            && s2n_config_set_cipher_preferences(server_config, "default_tls13") == 0
            && s2n_config_add_pem_to_trust_store(client_config, ca) == 0
            && s2n_config_set_cipher_preferences(client_config, "default_tls13") == 0,
        "configs");

    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) {
        perror("socketpair");
        return 1;
    }
    struct endpoint client = { s2n_connection_new(S2N_CLIENT), total, 0x5a };
    struct endpoint server = { s2n_connection_new(S2N_SERVER), total, (uint8_t) ~0x5a };
    check(s2n_connection_set_config(client.conn, client_config) == 0
            && s2n_connection_set_config(server.conn, server_config) == 0
            && s2n_connection_set_fd(client.conn, fds[0]) == 0
            && s2n_connection_set_fd(server.conn, fds[1]) == 0
            && s2n_set_server_name(client.conn, "localhost") == 0
            /* Errors are returned at once, not after a delay, because they end both endpoints. */
            && s2n_connection_set_blinding(client.conn, S2N_SELF_SERVICE_BLINDING) == 0
            && s2n_connection_set_blinding(server.conn, S2N_SELF_SERVICE_BLINDING) == 0,
        "connections");

    pthread_t threads[4];
    pthread_create(&threads[0], NULL, negotiate, &server);
    negotiate(&client);
    pthread_join(threads[0], NULL);

    pthread_create(&threads[0], NULL, send_stream, &client);
    pthread_create(&threads[1], NULL, receive_stream, &client);
    pthread_create(&threads[2], NULL, send_stream, &server);
    pthread_create(&threads[3], NULL, receive_stream, &server);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    printf("bytes each way: %llu\n", (unsigned long long) total);

    s2n_connection_free(client.conn);
    s2n_connection_free(server.conn);
    s2n_config_free(client_config);
    s2n_config_free(server_config);
    s2n_cert_chain_and_key_free(chain);
    free(ca);
    free(cert);
    free(key);
    close(fds[0]);
    close(fds[1]);
    return s2n_cleanup_final();
}
