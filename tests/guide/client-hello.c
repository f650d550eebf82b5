/* Tests of the code in the guide, chapter client-hello. */
#include "client-hello.md.h"
#include "pair.h"

/* A server config with a chain. */
static struct s2n_config *new_site_config(int tls13, struct s2n_cert_chain_and_key *chain)
{
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, chain));
    CHECK_OK(s2n_config_set_cipher_preferences(config, policy(tls13)));
    return config;
}

static void sites_are_selected_by_sni(int tls13)
{
    struct s2n_cert_chain_and_key *chain = load_chain(folder, "rsa");
    struct site sites[] = { { "www.rs2n.test", new_site_config(tls13, chain) }, { NULL, NULL } };
    const char *const names[] = { "localhost", "www.rs2n.test" };
    for (int i = 0; i < 2; i++) {
        struct pair *pair = new_pair(tls13, "ecdsa");
        CHECK_OK(serve_sites(pair->config, sites));
        CHECK_OK(s2n_set_server_name(pair->client, names[i]));
        const char *client, *server;
        negotiate(pair, &client, &server);
        CHECK_TEXT(client, "S2N_ERR_OK");
        CHECK((s2n_connection_get_selected_cert(pair->server) == chain) == (i == 1));
        disconnect(pair);
    }
    CHECK_OK(s2n_config_free(sites[0].config));
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
}

static void the_config_may_be_set_asynchronously(int tls13)
{
    struct s2n_cert_chain_and_key *chain = load_chain(folder, "rsa");
    struct s2n_config *site = new_site_config(tls13, chain);
    struct s2n_connection *pending = NULL;
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_OK(serve_sites_later(pair->config, &pending));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, "S2N_ERR_ASYNC_BLOCKED");
    CHECK(pending == pair->server);
    CHECK_OK(answer_site(pending, site));
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK(s2n_connection_get_selected_cert(pair->server) == chain);
    disconnect(pair);
    CHECK_OK(s2n_config_free(site));
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
}

static void the_message_can_be_inspected(int tls13)
{
    struct pair *pair = connected(tls13);
    struct s2n_client_hello *hello = s2n_connection_get_client_hello(pair->server);
    char text[37];
    CHECK(offers_tls13(hello) == tls13);
    CHECK_OK(fingerprint(hello, text));
    CHECK(strlen(text) == 36 && text[0] == 't');
    if (tls13) {
        printf("%s\n", text);
    }
    CHECK_ERROR(s2n_client_hello_free(&hello), S2N_ERR_INVALID_ARGUMENT);
    CHECK_OK(s2n_connection_free_handshake(pair->server));
    CHECK(!offers_tls13(s2n_connection_get_client_hello(pair->server)));
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        sites_are_selected_by_sni(tls13);
        the_config_may_be_set_asynchronously(tls13);
        the_message_can_be_inspected(tls13);
    }
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
