/* Tests of the code in the guide, chapter serialization. */
#include "serialization.md.h"
#include "pair.h"

#include <sys/socket.h>
#include <unistd.h>

static void test_version(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    int fds[2];
    CHECK_OK(allow_moves(pair->config));
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
    CHECK_OK(s2n_connection_set_fd(pair->server, fds[0]));
    uint8_t blob[MAX_BLOB];
    uint32_t size = 0;
    CHECK(serialize(pair->server, blob, &size) == -1);
    CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_HANDSHAKE_NOT_COMPLETE");
    CHECK_OK(s2n_connection_set_fd(pair->client, fds[1]));
    CHECK_OK(s2n_connection_set_blinding(pair->client, S2N_SELF_SERVICE_BLINDING));
    for (int i = 0; i < 2; i++) {
        struct timeval timeout = { .tv_usec = 1 };
        CHECK_OK(setsockopt(fds[i], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)));
    }
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");

    /* Data that is not read is in the way. */
    s2n_blocked_status blocked;
    char byte[2] = "ab";
    CHECK(s2n_send(pair->client, byte, 2, &blocked) == 2);
    CHECK(s2n_recv(pair->server, byte, 1, &blocked) == 1);
    CHECK(serialize(pair->server, blob, &size) == 0);
    CHECK(s2n_recv(pair->server, byte, 1, &blocked) == 1);
    CHECK(serialize(pair->server, blob, &size) == 1);
    CHECK_OK(s2n_shutdown(pair->server, &blocked));

    struct s2n_connection *conn = restore(pair->config, fds[0], blob, size);
    CHECK(conn != NULL);
    CHECK(s2n_send(conn, byte, 1, &blocked) == 1);
    CHECK(s2n_recv(pair->client, byte, 1, &blocked) == 1);
    CHECK(byte[0] == 'b');
    CHECK(restore(pair->config, fds[0], blob, size - 1) == NULL);
    CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_INVALID_SERIALIZED_CONNECTION");
    CHECK_OK(s2n_connection_free(conn));
    disconnect(pair);
    close(fds[0]);
    close(fds[1]);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    test_version(0);
    test_version(1);
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
