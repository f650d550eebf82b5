/*
 * Half-close: the client sends its request and a close_notify, with s2n_shutdown_send(), then receives
 * the response up to the server's close_notify. The server receives the whole request before it
 * responds.
 *
 * This requires TLS 1.3; in earlier versions a close_notify ends both directions.
 */
#include <s2n.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
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

static struct s2n_connection *handshake(s2n_mode mode, struct s2n_config *config, int fd)
{
    struct s2n_connection *conn = s2n_connection_new(mode);
    s2n_blocked_status blocked;
    check(conn != NULL && s2n_connection_set_config(conn, config) == 0, "connection");
    check(s2n_connection_set_fd(conn, fd) == 0, "descriptor");
    /* Errors are returned at once, not after a delay, because they end both endpoints. */
    check(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING) == 0, "blinding");
    if (mode == S2N_CLIENT) {
        check(s2n_set_server_name(conn, "localhost") == 0, "server name");
    }
    check(s2n_negotiate(conn, &blocked) == 0, "handshake");
    return conn;
}

/* Receives until the peer's close_notify. An end of stream without one (truncation) is an error. */
static size_t receive_to_close_notify(struct s2n_connection *conn, char *buffer, size_t size)
{
    s2n_blocked_status blocked;
    size_t len = 0;
    ssize_t received;
    while ((received = s2n_recv(conn, buffer + len, (ssize_t) (size - len), &blocked)) > 0) {
        len += (size_t) received;
    }
    check(received == 0, "receiving");
    return len;
}

static int serve(const char *cert, const char *key, int fd)
{
    struct s2n_config *config = s2n_config_new_minimal();
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    check(s2n_cert_chain_and_key_load_pem(chain, cert, key) == 0
            && s2n_config_add_cert_chain_and_key_to_store(config, chain) == 0
            && s2n_config_set_cipher_preferences(config, "default_tls13") == 0,
        "config");
    struct s2n_connection *conn = handshake(S2N_SERVER, config, fd);

    char request[1000], response[1100];
    s2n_blocked_status blocked;
    size_t len = receive_to_close_notify(conn, request, sizeof(request) - 1);
    request[len] = '\0';
    snprintf(response, sizeof(response), "you asked: %s", request);
    check(s2n_send(conn, response, (ssize_t) strlen(response), &blocked) > 0, "sending");
    check(s2n_shutdown(conn, &blocked) == 0, "closing");

    s2n_connection_free(conn);
    s2n_config_free(config);
    s2n_cert_chain_and_key_free(chain);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s CA CERTIFICATE KEY\n", argv[0]);
        return 2;
    }
    char *ca = read_text(argv[1]), *cert = read_text(argv[2]), *key = read_text(argv[3]);
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) {
        perror("socketpair");
        return 1;
    }
    check(s2n_init() == 0, "s2n_init");
    pid_t server = fork();
    if (server == 0) {
        close(fds[0]);
        int status = serve(cert, key, fds[1]);
        free(ca);
        free(cert);
        free(key);
        _exit(status);
    }
    close(fds[1]);

    struct s2n_config *config = s2n_config_new_minimal();
    check(s2n_config_add_pem_to_trust_store(config, ca) == 0
            && s2n_config_set_cipher_preferences(config, "default_tls13") == 0,
        "config");
    struct s2n_connection *conn = handshake(S2N_CLIENT, config, fds[0]);

    s2n_blocked_status blocked;
    check(s2n_send(conn, "how? ", 5, &blocked) == 5 && s2n_send(conn, "why?", 4, &blocked) == 4, "sending");
    check(s2n_shutdown_send(conn, &blocked) == 0, "closing the write side");
    char response[1200] = { 0 };
    size_t len = receive_to_close_notify(conn, response, sizeof(response) - 1);
    printf("%.*s\n", (int) len, response);
    check(s2n_shutdown(conn, &blocked) == 0, "closing");
    if (fflush(stdout) != 0) {
        perror("standard output");
        return 1;
    }

    s2n_connection_free(conn);
    s2n_config_free(config);
    free(ca);
    free(cert);
    free(key);
    close(fds[0]);
    int status = 1;
    waitpid(server, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
