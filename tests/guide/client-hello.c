/* What the chapter client-hello says. */
#include "client-hello.md.h"
#include "pair.h"

/* A config of the server's with a chain. */
static struct s2n_config *new_site(int tls13, struct s2n_cert_chain_and_key *chain)
{
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, chain));
    CHECK_OK(s2n_config_set_cipher_preferences(config, policy(tls13)));
    return config;
}

static void sites_are_chosen_by_name(int tls13)
{
    struct s2n_cert_chain_and_key *chain = load_chain(folder, "rsa");
    struct site sites[] = { { "www.rs2n.test", new_site(tls13, chain) }, { NULL, NULL } };
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

static void an_answer_may_take_time(int tls13)
{
    struct s2n_cert_chain_and_key *chain = load_chain(folder, "rsa");
    struct s2n_config *site = new_site(tls13, chain);
    struct s2n_connection *asked = NULL;
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_OK(serve_sites_later(pair->config, &asked));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, "S2N_ERR_ASYNC_BLOCKED");
    CHECK(asked == pair->server);
    CHECK_OK(answer_site(asked, site));
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK(s2n_connection_get_selected_cert(pair->server) == chain);
    disconnect(pair);
    CHECK_OK(s2n_config_free(site));
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
}

static void it_can_be_looked_at(int tls13)
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
        sites_are_chosen_by_name(tls13);
        an_answer_may_take_time(tls13);
        it_can_be_looked_at(tls13);
    }
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
