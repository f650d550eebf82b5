/* Tests of the code in the guide, chapter quic. */
#include "quic.md.h"
#include "pair.h"

static int tickets;

static int on_ticket(struct s2n_connection *conn, void *context, struct s2n_session_ticket *ticket)
{
    (void) conn, (void) context, (void) ticket;
    tickets++;
    return 0;
}

static void check_parameters(struct endpoint *endpoint, const char *expected)
{
    const uint8_t *data = NULL;
    uint16_t len = 0;
    CHECK_OK(s2n_connection_get_quic_transport_parameters(endpoint->conn, &data, &len));
    CHECK(len == strlen(expected) && memcmp(data, expected, len) == 0);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    struct pair *pair = new_pair(1, "ecdsa");
    uint8_t name[] = "name", key[32] = { 1 };
    CHECK_OK(s2n_config_set_session_tickets_onoff(pair->config, 1));
    CHECK_OK(s2n_config_add_ticket_crypto_key(pair->config, name, 4, key, 32, 0));
    CHECK_OK(s2n_config_set_session_ticket_cb(pair->config, on_ticket, NULL));
    CHECK_OK(s2n_connection_add_new_tickets_to_send(pair->server, 2));

    struct messages *to_server = calloc(1, sizeof(*to_server)), *to_client = calloc(1, sizeof(*to_client));
    CHECK(to_server != NULL && to_client != NULL);
    struct endpoint client = { .conn = pair->client, .out = to_server, .in = to_client, .parameters = "client" };
    struct endpoint server = { .conn = pair->server, .out = to_client, .in = to_server, .parameters = "server" };
    CHECK_OK(start_quic(&client));
    CHECK_OK(start_quic(&server));
    CHECK(continue_handshake(&client) == 0);
    CHECK(continue_handshake(&server) == 0);
    CHECK(continue_handshake(&client) == 1);
    CHECK(continue_handshake(&server) == 1);
    CHECK(memcmp(client.secrets, server.secrets, sizeof(client.secrets)) == 0);
    check_parameters(&client, "server");
    check_parameters(&server, "client");

    /* The ClientHello and the ServerHello are the only messages of the first level. */
    CHECK(to_server->bytes[INITIAL][0] == 1 && to_client->bytes[INITIAL][0] == 2);
    CHECK(to_client->bytes[HANDSHAKE][0] == 8 && to_server->bytes[HANDSHAKE][0] == 20);
    CHECK(to_client->bytes[APPLICATION][0] == 4);
    CHECK(receive_tickets(&client) == 0);
    CHECK(tickets == 2);

    /* Without a protocol in common. */
    const char *const protocols[] = { "h3", "doq" };
    disconnect(pair);
    pair = new_pair(1, "ecdsa");
    CHECK_OK(s2n_connection_set_protocol_preferences(pair->client, &protocols[0], 1));
    CHECK_OK(s2n_connection_set_protocol_preferences(pair->server, &protocols[1], 1));
    memset(to_server, 0, sizeof(*to_server));
    memset(to_client, 0, sizeof(*to_client));
    client = (struct endpoint){ .conn = pair->client, .out = to_server, .in = to_client, .parameters = "client" };
    server = (struct endpoint){ .conn = pair->server, .out = to_client, .in = to_server, .parameters = "server" };
    CHECK_OK(start_quic(&client));
    CHECK_OK(start_quic(&server));
    CHECK(continue_handshake(&client) == 0);
    CHECK(continue_handshake(&server) == -1);
    CHECK(crypto_error(server.conn) == 0x178);

    free(to_server);
    free(to_client);
    disconnect(pair);
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
