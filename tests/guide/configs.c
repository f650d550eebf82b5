/* Tests of the code in the guide, chapter configs. */
#include "configs.md.h"
#include "pair.h"

static void protocols_are_negotiated(int tls13)
{
    char *chain = read_file(folder, "ecdsa.pem"), *key = read_file(folder, "ecdsa.key");
    char *authority = read_file(folder, "ca.pem");
    struct s2n_config *client_config = new_client_config();
    struct s2n_config *server_config = new_server_config(chain, key);
    CHECK(client_config != NULL && server_config != NULL);
    CHECK(new_server_config(chain, "no key") == NULL);
    CHECK_OK(s2n_config_add_pem_to_trust_store(client_config, authority));

    /* The server's preference decides. */
    const char *const reversed[] = { "http/1.1", "h2" }, *const others[] = { "h3", "spdy/3" };
    const struct {
        const char *const *protocols;
        const char *negotiated;
    } cases[] = { { NULL, "h2" }, { reversed, "http/1.1" }, { others, NULL } };
    for (int i = 0; i < 3; i++) {
        struct pair *pair = new_pair(tls13, "ecdsa");
        CHECK_OK(s2n_connection_set_config(pair->client, client_config));
        CHECK_OK(s2n_connection_set_config(pair->server, server_config));
        CHECK_OK(s2n_connection_set_cipher_preferences(pair->server, policy(tls13)));
        CHECK_OK(s2n_connection_set_protocol_preferences(pair->server, cases[i].protocols,
                cases[i].protocols == NULL ? 0 : 2));
        const char *client, *server;
        negotiate(pair, &client, &server);
        CHECK_TEXT(client, "S2N_ERR_OK");
        CHECK_TEXT(server, "S2N_ERR_OK");
        const char *negotiated = s2n_get_application_protocol(pair->client);
        CHECK((negotiated == NULL) == (cases[i].negotiated == NULL));
        CHECK(negotiated == NULL || strcmp(negotiated, cases[i].negotiated) == 0);
        CHECK(negotiated == NULL
                || strcmp(negotiated, s2n_get_application_protocol(pair->server)) == 0);
        disconnect(pair);
    }
    CHECK_OK(s2n_config_free(client_config));
    CHECK_OK(s2n_config_free(server_config));
    free(chain);
    free(key);
    free(authority);
}

static void changes_before_the_handshake_take_effect(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_append_protocol_preference(pair->config, (const uint8_t *) "late", 4));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(s2n_get_application_protocol(pair->server), "late");
    void *kept = NULL;
    CHECK_OK(s2n_config_set_ctx(pair->config, pair));
    CHECK_OK(s2n_config_get_ctx(pair->config, &kept));
    CHECK(kept == pair);
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        protocols_are_negotiated(tls13);
        changes_before_the_handshake_take_effect(tls13);
    }
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
