/*
 * Kernel TLS where it cannot be enabled: the errors, their order, and the connection, which continues
 * without it. tests/ktls has the tests with a kernel that has it.
 *
 * usage: ktls FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

#include <s2n/unstable/ktls.h>
#include <s2n/unstable/renegotiate.h>
#include <sys/socket.h>
#include <unistd.h>

static s2n_blocked_status blocked;

/* Completes a handshake over sockets that are not TCP, which no kernel accepts for TLS. */
static struct pair *over_sockets(int tls13, int sockets[2])
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    const char *client, *server;
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets));
    CHECK_OK(s2n_connection_set_fd(pair->client, sockets[0]));
    CHECK_OK(s2n_connection_set_fd(pair->server, sockets[1]));
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    return pair;
}

static void close_sockets(struct pair *pair, const int sockets[2])
{
    disconnect(pair);
    CHECK_OK(close(sockets[0]));
    CHECK_OK(close(sockets[1]));
}

static void transfer(struct pair *pair)
{
    char received[10] = "";
    CHECK(s2n_send(pair->client, "there", 6, &blocked) == 6);
    CHECK(s2n_recv(pair->server, received, sizeof(received), &blocked) == 6);
    CHECK_TEXT(received, "there");
    CHECK(s2n_send(pair->server, "back", 5, &blocked) == 5);
    CHECK(s2n_recv(pair->client, received, sizeof(received), &blocked) == 5);
    CHECK_TEXT(received, "back");
    CHECK(s2n_connection_get_wire_bytes_in(pair->client) > 0);
    CHECK(s2n_connection_get_wire_bytes_out(pair->client) > 0);
}

#define CHECK_REFUSED(conn, error)                                       \
    do {                                                                 \
        CHECK_ERROR(s2n_connection_ktls_enable_send(conn), error);       \
        CHECK_ERROR(s2n_connection_ktls_enable_recv(conn), error);       \
    } while (0)

static void test_handshake(void)
{
    struct s2n_connection *conn = s2n_connection_new(S2N_SERVER);
    CHECK_REFUSED(conn, S2N_ERR_HANDSHAKE_NOT_COMPLETE);
    CHECK_OK(s2n_connection_free(conn));

    for (int tls13 = 0; tls13 < 2; tls13++) {
        struct pair *pair = connected(tls13);
        CHECK_OK(s2n_config_ktls_enable_unsafe_tls13(pair->config));
        CHECK_OK(s2n_connection_free_handshake(pair->client));
        CHECK_REFUSED(pair->client, S2N_ERR_INVALID_STATE);
        CHECK_OK(s2n_connection_wipe(pair->client));
        CHECK_REFUSED(pair->client, S2N_ERR_HANDSHAKE_NOT_COMPLETE);
        disconnect(pair);
    }
}

static void test_version(void)
{
    struct pair *pair = connected(1);
    CHECK_REFUSED(pair->client, S2N_ERR_KTLS_UNSUPPORTED_CONN);
    CHECK_OK(s2n_config_ktls_enable_unsafe_tls13(pair->config));
    CHECK_REFUSED(pair->client, S2N_ERR_KTLS_MANAGED_IO);
    CHECK_OK(s2n_config_set_serialization_version(pair->config, S2N_SERIALIZED_CONN_V1));
    CHECK_REFUSED(pair->client, S2N_ERR_KTLS_UNSUPPORTED_CONN);
    transfer(pair);
    disconnect(pair);
}

static int ignore_request(struct s2n_connection *conn, void *context, s2n_renegotiate_response *response)
{
    (void) conn, (void) context;
    *response = S2N_RENEGOTIATE_IGNORE;
    return 0;
}

/* Only a client of TLS 1.2 can be asked to renegotiate. */
static void test_renegotiation(void)
{
    struct pair *pair = connected(0);
    CHECK_OK(s2n_config_set_renegotiate_request_cb(pair->config, ignore_request, NULL));
    CHECK_REFUSED(pair->client, S2N_ERR_KTLS_RENEG);
    CHECK_REFUSED(pair->server, S2N_ERR_KTLS_MANAGED_IO);
    disconnect(pair);

    pair = connected(1);
    CHECK_OK(s2n_config_ktls_enable_unsafe_tls13(pair->config));
    CHECK_OK(s2n_config_set_renegotiate_request_cb(pair->config, ignore_request, NULL));
    CHECK_REFUSED(pair->client, S2N_ERR_KTLS_MANAGED_IO);
    disconnect(pair);
}

/* Data that is not written, or not read, is not left behind. */
static void test_pending_data(int tls13)
{
    int sockets[2];
    char buffer[100];
    struct pair *pair = over_sockets(tls13, sockets);
    CHECK_OK(s2n_config_ktls_enable_unsafe_tls13(pair->config));

    ssize_t sent = 0, last, size = 1 << 20;
    char *data = calloc(1, size);
    CHECK(data != NULL);
    while ((last = s2n_send(pair->client, data + sent, size - sent, &blocked)) > 0) {
        sent += last;
    }
    CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_IO_BLOCKED");
    CHECK_ERROR(s2n_connection_ktls_enable_send(pair->client), S2N_ERR_RECORD_STUFFER_NEEDS_DRAINING);
    CHECK_ERROR(s2n_connection_ktls_enable_recv(pair->client), S2N_ERR_KTLS_ENABLE);

    CHECK(s2n_recv(pair->server, buffer, sizeof(buffer), &blocked) == sizeof(buffer));
    CHECK_ERROR(s2n_connection_ktls_enable_recv(pair->server), S2N_ERR_RECORD_STUFFER_NEEDS_DRAINING);
    CHECK_ERROR(s2n_connection_ktls_enable_send(pair->server), S2N_ERR_KTLS_ENABLE);

    /* Nothing of it is lost. */
    ssize_t received = sizeof(buffer);
    while (received < size) {
        last = s2n_recv(pair->server, data, size, &blocked);
        CHECK(last > 0 || s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
        received += last > 0 ? last : 0;
        last = sent < size ? s2n_send(pair->client, data, size - sent, &blocked) : 0;
        CHECK(last >= 0 || s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
        sent += last > 0 ? last : 0;
    }
    CHECK(received == size && sent == size);
    free(data);
    transfer(pair);
    close_sockets(pair, sockets);
}

/* The kernel refuses, and the connection continues. */
static void test_kernel(int tls13)
{
    int sockets[2];
    struct pair *pair = over_sockets(tls13, sockets);
    CHECK_OK(s2n_config_ktls_enable_unsafe_tls13(pair->config));
    for (int i = 0; i < 2; i++) {
        CHECK_REFUSED(pair->client, S2N_ERR_KTLS_ENABLE);
        CHECK_REFUSED(pair->server, S2N_ERR_KTLS_ENABLE);
        transfer(pair);
    }
    close_sockets(pair, sockets);
}

static void test_sendfile(void)
{
    struct pair *pair = connected(0);
    size_t written = 9;
    blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_sendfile(pair->client, 0, 0, 1, &written, &blocked), S2N_ERR_KTLS_UNSUPPORTED_CONN);
    CHECK(written == 0);
    CHECK(blocked == S2N_BLOCKED_ON_WRITE);
    CHECK_ERROR(s2n_sendfile(NULL, 0, 0, 1, &written, &blocked), S2N_ERR_NULL);
    CHECK_ERROR(s2n_sendfile(pair->client, 0, 0, 1, NULL, &blocked), S2N_ERR_NULL);
    CHECK_ERROR(s2n_sendfile(pair->client, 0, 0, 1, &written, NULL), S2N_ERR_NULL);
    CHECK_ERROR(s2n_config_ktls_enable_unsafe_tls13(NULL), S2N_ERR_NULL);
    CHECK_REFUSED(NULL, S2N_ERR_NULL);
    transfer(pair);
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    test_handshake();
    test_version();
    test_renegotiation();
    for (int tls13 = 0; tls13 < 2; tls13++) {
        test_pending_data(tls13);
        test_kernel(tls13);
    }
    test_sendfile();
    return 0;
}
