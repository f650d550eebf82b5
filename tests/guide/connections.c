/* Tests of the code in the guide, chapter connections. */
#include "connections.md.h"
#include "pair.h"

#include <s2n/unstable/ktls.h>
#include <sys/socket.h>
#include <unistd.h>

static uint8_t data[20000];
static uint8_t received[30000];

static void a_key_update_is_sent_with_the_next_data(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    uint8_t sent = 9, received_updates = 9;
    CHECK_OK(s2n_connection_request_key_update(pair->client, S2N_KEY_UPDATE_NOT_REQUESTED));
    CHECK_OK(s2n_connection_get_key_update_counts(pair->client, &sent, &received_updates));
    CHECK(sent == 0 && received_updates == 0);
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    CHECK(s2n_recv(pair->server, received, 20, &blocked) == 10);
    CHECK_OK(s2n_connection_get_key_update_counts(pair->client, &sent, &received_updates));
    CHECK(sent == tls13 && received_updates == 0);
    CHECK_OK(s2n_connection_get_key_update_counts(pair->server, &sent, &received_updates));
    CHECK(sent == 0 && received_updates == tls13);
    disconnect(pair);
}

static void buffers_are_released(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_OK(s2n_connection_free_handshake(pair->client));
    CHECK_OK(s2n_connection_free_handshake(pair->server));
    CHECK_OK(s2n_connection_set_dynamic_buffers(pair->client, true));
    CHECK_OK(s2n_connection_set_dynamic_buffers(pair->server, true));
    for (int i = 0; i < 3; i++) {
        CHECK(s2n_send(pair->client, data, 20000, &blocked) == 20000);
        CHECK(s2n_recv(pair->server, received, 30000, &blocked) == 8087);
        CHECK(s2n_recv(pair->server, received, 30000, &blocked) == 8087);
        CHECK(s2n_recv(pair->server, received, 30000, &blocked) == 20000 - 2 * 8087);
        CHECK_OK(s2n_connection_release_buffers(pair->client));
    }
    CHECK_OK(s2n_negotiate(pair->client, &blocked));

    pair->to_server.room = 0;
    CHECK_ERROR(s2n_send(pair->client, data, 10, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_connection_release_buffers(pair->client), S2N_ERR_STUFFER_HAS_UNPROCESSED_DATA);
    disconnect(pair);
}

static void a_config_may_be_freed_first(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_OK(s2n_config_free(pair->config));
    CHECK_OK(s2n_cert_chain_and_key_free(pair->chain));
    CHECK(s2n_send(pair->client, data, 10, &blocked) == 10);
    CHECK(s2n_recv(pair->server, received, 20, &blocked) == 10);
    CHECK_OK(s2n_connection_free(pair->client));
    CHECK_OK(s2n_connection_free(pair->server));
    free(pair);
}

static void connections_are_created_and_reused(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    int fds[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds));
    CHECK_OK(s2n_connection_free(pair->client));
    CHECK_OK(s2n_connection_free(pair->server));
    pair->client = new_client(pair->config, fds[0], "localhost");
    pair->server = new_server(pair->config, fds[1], pair);
    CHECK(s2n_connection_get_ctx(pair->server) == pair);
    CHECK_FAILS(new_client(pair->config, fds[0], NULL), NULL, S2N_ERR_NULL);
    CHECK_FAILS(new_server(NULL, fds[0], NULL), NULL, S2N_ERR_NULL);
    for (int session = 0; session < 2; session++) {
        const char *client, *server;
        negotiate(pair, &client, &server);
        CHECK_TEXT(client, "S2N_ERR_OK");
        CHECK_TEXT(server, "S2N_ERR_OK");
        CHECK(s2n_connection_get_wire_bytes_in(pair->client) > 0);
        CHECK_OK(reuse(pair->server, fds[1]));
        CHECK_OK(reuse(pair->client, fds[0]));
        CHECK(s2n_get_server_name(pair->client) == NULL);
        CHECK(s2n_connection_get_wire_bytes_in(pair->client) == 0);
        CHECK_OK(s2n_set_server_name(pair->client, "localhost"));
        /* Discards the data that the first session has not received. */
        while (recv(fds[0], received, sizeof(received), 0) > 0
                || recv(fds[1], received, sizeof(received), 0) > 0) {
        }
    }
    CHECK_OK(close(fds[0]));
    CHECK_OK(close(fds[1]));
    disconnect(pair);
}

static void a_client_without_a_server_name_rejects_every_server(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_connection_wipe(pair->client));
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_CERT_INVALID_HOSTNAME");
    disconnect(pair);

    /* An IP address is verified, and not sent as SNI. */
    pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_set_server_name(pair->client, "127.0.0.1"));
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK(s2n_get_server_name(pair->server) == NULL);
    disconnect(pair);
}

static void keys_are_limited(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked;
    uint64_t next = 0;
    uint8_t sent = 0, received = 0, byte = 1;
    for (int i = 0; i < 3; i++) {
        CHECK_OK(limit_key_use(pair->client, &next));
        CHECK(s2n_send(pair->client, &byte, 1, &blocked) == 1);
        CHECK(s2n_recv(pair->server, &byte, 1, &blocked) == 1);
    }
    CHECK_OK(s2n_connection_get_key_update_counts(pair->client, &sent, &received));
    CHECK(sent == tls13 && received == 0);
    CHECK(next == 0 || next > 1000000000);
    disconnect(pair);
}

static void both_ends_export_the_same_secret(void)
{
    struct pair *pair = connected(1), *other = connected(1);
    uint8_t secrets[3][32];
    CHECK_OK(channel_binding(pair->client, secrets[0]));
    CHECK_OK(channel_binding(pair->server, secrets[1]));
    CHECK_OK(channel_binding(other->client, secrets[2]));
    CHECK(memcmp(secrets[0], secrets[1], 32) == 0 && memcmp(secrets[0], secrets[2], 32) != 0);
    disconnect(pair);
    disconnect(other);
    pair = connected(0);
    CHECK_ERROR(channel_binding(pair->client, secrets[0]), S2N_ERR_INVALID_STATE);
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        a_key_update_is_sent_with_the_next_data(tls13);
        buffers_are_released(tls13);
        a_config_may_be_freed_first(tls13);
        connections_are_created_and_reused(tls13);
        a_client_without_a_server_name_rejects_every_server(tls13);
        keys_are_limited(tls13);
    }
    both_ends_export_the_same_secret();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
