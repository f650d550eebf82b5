/* Tests of the code in the guide, chapter from-openssl. */
#include "from-openssl.md.h"
#include "pair.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Replaces the client of a pair by one with a socket; returns the descriptor of the server. */
static int use_sockets(struct pair *pair, struct s2n_config *config, const char *host, int fds[2])
{
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(fcntl(fds[i], F_SETFL, O_NONBLOCK));
    }
    CHECK_OK(s2n_connection_free(pair->client));
    CHECK_OK(s2n_connection_free(pair->server));
    pair->client = new_client(config, fds[0], host);
    CHECK(pair->client != NULL);
    pair->server = s2n_connection_new(S2N_SERVER);
    CHECK_OK(s2n_connection_set_config(pair->server, pair->config));
    CHECK_OK(s2n_connection_set_blinding(pair->server, S2N_SELF_SERVICE_BLINDING));
    CHECK_OK(s2n_connection_set_fd(pair->server, fds[1]));
    return fds[1];
}

static void negotiate_both(struct pair *pair, const char *outcome)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, outcome);
}

static void a_client_reads_until_the_end(int tls13)
{
    int fds[2];
    struct pair *pair = new_pair(tls13, "ecdsa");
    use_sockets(pair, pair->config, "localhost", fds);
    s2n_blocked_status blocked;
    CHECK(s2n_negotiate(pair->client, &blocked) == -1 && get_error(blocked) == ERROR_WANT_READ);
    negotiate_both(pair, "S2N_ERR_OK");

    uint8_t bytes[100];
    enum error error;
    int ended;
    CHECK(read_available(pair->client, bytes, sizeof(bytes), &error, &ended) == 0);
    CHECK(error == ERROR_WANT_READ && !ended);
    for (int i = 0; i < 3; i++) {
        CHECK(s2n_send(pair->server, "12345", 5, &blocked) == 5);
    }
    CHECK(read_available(pair->client, bytes, 7, &error, &ended) == 7 && s2n_peek(pair->client) == 3);
    CHECK(read_available(pair->client, bytes, sizeof(bytes), &error, &ended) == 8);
    CHECK(error == ERROR_WANT_READ && !ended);

    CHECK_OK(s2n_shutdown_send(pair->server, &blocked));
    CHECK(read_available(pair->client, bytes, sizeof(bytes), &error, &ended) == 0 && ended);
    CHECK_OK(s2n_shutdown(pair->client, &blocked));
    close(fds[0]);
    close(fds[1]);
    disconnect(pair);
}

static void errors_have_their_kind(int tls13)
{
    int fds[2], ended;
    struct pair *pair = new_pair(tls13, "ecdsa");
    enum error error;
    uint8_t bytes[10] = { 0 };
    s2n_blocked_status blocked;

    /* Truncation. */
    use_sockets(pair, pair->config, "localhost", fds);
    negotiate_both(pair, "S2N_ERR_OK");
    close(fds[1]);
    CHECK(read_available(pair->client, bytes, sizeof(bytes), &error, &ended) == 0);
    CHECK(error == ERROR_SSL && !ended && s2n_error_get_type(s2n_errno) == S2N_ERR_T_CLOSED);
    close(fds[0]);

    /* A transport that has failed. */
    use_sockets(pair, pair->config, "localhost", fds);
    negotiate_both(pair, "S2N_ERR_OK");
    close(fds[1]);
    CHECK_ERROR(s2n_send(pair->client, bytes, 1, &blocked), S2N_ERR_IO);
    CHECK(get_error(blocked) == ERROR_SYSCALL && errno == EPIPE);
    close(fds[0]);

    /* A full socket. */
    use_sockets(pair, pair->config, "localhost", fds);
    negotiate_both(pair, "S2N_ERR_OK");
    static uint8_t data[1000000];
    ssize_t len, total = 0;
    while ((len = s2n_send(pair->client, data, sizeof(data), &blocked)) > 0) {
        total += len;
    }
    CHECK(total > 0 && get_error(blocked) == ERROR_WANT_WRITE);
    close(fds[0]);
    close(fds[1]);

    /* No trust, and no name. */
    struct s2n_config *empty = s2n_config_new_minimal();
    CHECK_OK(s2n_config_set_cipher_preferences(empty, policy(tls13)));
    use_sockets(pair, empty, "localhost", fds);
    negotiate_both(pair, "S2N_ERR_CERT_UNTRUSTED");
    close(fds[0]);
    close(fds[1]);
    use_sockets(pair, pair->config, "localhost", fds);
    CHECK_OK(s2n_connection_free(pair->client));
    pair->client = s2n_connection_new(S2N_CLIENT);
    CHECK_OK(s2n_connection_set_config(pair->client, pair->config));
    CHECK_OK(s2n_connection_set_blinding(pair->client, S2N_SELF_SERVICE_BLINDING));
    CHECK_OK(s2n_connection_set_fd(pair->client, fds[0]));
    negotiate_both(pair, "S2N_ERR_CERT_INVALID_HOSTNAME");
    close(fds[0]);
    close(fds[1]);
    disconnect(pair);
    CHECK_OK(s2n_config_free(empty));
}

/* The role of an ALPN select callback. */
static int select_protocol(struct s2n_connection *conn, void *context)
{
    const char *const protocols[] = { context };
    return s2n_connection_set_protocol_preferences(conn, protocols, 1);
}

static void a_callback_selects_the_protocol(int tls13)
{
    const char *const protocols[] = { "h2", "http/1.1" };
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_connection_set_protocol_preferences(pair->client, protocols, 2));
    CHECK_OK(s2n_config_set_client_hello_cb(pair->config, select_protocol, "http/1.1"));
    negotiate_both(pair, "S2N_ERR_OK");
    CHECK_TEXT(s2n_get_application_protocol(pair->client), "http/1.1");
    disconnect(pair);
}

static int later(struct s2n_connection *conn, void *context)
{
    *(struct s2n_connection **) context = conn;
    return 0;
}

static void a_pending_callback_is_asynchronous(int tls13)
{
    struct s2n_connection *pending = NULL;
    struct pair *pair = new_pair(tls13, "ecdsa");
    s2n_blocked_status blocked;
    CHECK_OK(s2n_config_set_client_hello_cb(pair->config, later, &pending));
    CHECK_OK(s2n_config_set_client_hello_cb_mode(pair->config, S2N_CLIENT_HELLO_CB_NONBLOCKING));
    CHECK(s2n_negotiate(pair->client, &blocked) == -1 && get_error(blocked) == ERROR_WANT_READ);
    CHECK(s2n_negotiate(pair->server, &blocked) == -1 && get_error(blocked) == ERROR_WANT_ASYNC);
    CHECK_OK(s2n_client_hello_cb_done(pending));
    negotiate_both(pair, "S2N_ERR_OK");
    disconnect(pair);
}

static void memory_connects_both_ends(int tls13)
{
    static struct memory to_client, to_server;
    static uint8_t data[50000], received[sizeof(data)];
    to_client.len = to_server.len = 0;
    fill_with_pattern(data, sizeof(data));
    struct pair *pair = new_pair(tls13, "rsa");
    CHECK_OK(set_memory(pair->client, &to_client, &to_server));
    CHECK_OK(set_memory(pair->server, &to_server, &to_client));
    negotiate_both(pair, "S2N_ERR_OK");
    s2n_blocked_status blocked;
    size_t sent = 0, count = 0;
    enum error error;
    int ended;
    while (count < sizeof(data)) {
        ssize_t len = s2n_send(pair->client, data + sent, (ssize_t) (sizeof(data) - sent), &blocked);
        CHECK(len >= 0 || get_error(blocked) == ERROR_WANT_WRITE);
        sent += len > 0 ? (size_t) len : 0;
        count += read_available(pair->server, received + count, sizeof(data) - count, &error, &ended);
    }
    CHECK(memcmp(data, received, sizeof(data)) == 0);
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        a_client_reads_until_the_end(tls13);
        errors_have_their_kind(tls13);
        a_callback_selects_the_protocol(tls13);
        a_pending_callback_is_asynchronous(tls13);
        memory_connects_both_ends(tls13);
    }
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
