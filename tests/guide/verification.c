/* Tests of the code in the guide, chapter verification. */
#include "verification.md.h"
#include "pair.h"

static void expect(struct pair *pair, const char *client_outcome, const char *server_outcome)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, client_outcome);
    CHECK_TEXT(server, server_outcome);
}

static void a_private_ca_is_trusted(int tls13)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/ca.pem", folder);
    struct s2n_config *config = new_private_client_config(path);
    CHECK_OK(s2n_config_set_cipher_preferences(config, policy(tls13)));
    CHECK_FAILS(new_private_client_config("nowhere.pem"), NULL, S2N_ERR_X509_TRUST_STORE);
    const char *const chains[] = { "ecdsa", "unknown", "expired", "future", "client" };
    const char *const outcomes[] = { "S2N_ERR_OK", "S2N_ERR_CERT_UNTRUSTED",
        "S2N_ERR_CERT_EXPIRED", "S2N_ERR_CERT_NOT_YET_VALID", "S2N_ERR_CERT_INTENT_INVALID" };
    for (int i = 0; i < 5; i++) {
        struct pair *pair = new_pair(tls13, chains[i]);
        CHECK_OK(s2n_connection_set_config(pair->client, config));
        const char *client, *server;
        negotiate(pair, &client, &server);
        CHECK_TEXT(client, outcomes[i]);
        disconnect(pair);
    }

    /* The peer's certificate itself may be trusted. */
    struct pair *pair = new_pair(tls13, "selfsigned");
    char *own = read_file(folder, "selfsigned.pem");
    CHECK_OK(s2n_config_add_pem_to_trust_store(config, own));
    CHECK_OK(s2n_connection_set_config(pair->client, config));
    expect(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    disconnect(pair);
    pair = new_pair(tls13, "selfsigned");
    CHECK_OK(s2n_connection_set_config(pair->client, config));
    CHECK_OK(s2n_set_server_name(pair->client, "unknown.test"));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_CERT_INVALID_HOSTNAME");
    disconnect(pair);
    free(own);
    CHECK_OK(s2n_config_free(config));
}

static void names_are_verified_by_the_application(int tls13)
{
    const char *const ends[] = { ".rs2n.test", ".unknown.test" };
    for (int i = 0; i < 2; i++) {
        struct pair *pair = new_pair(tls13, "ecdsa");
        CHECK_OK(accept_names(pair->config, ends[i]));
        CHECK_OK(s2n_set_server_name(pair->client, "any.name"));
        const char *client, *server;
        negotiate(pair, &client, &server);
        CHECK_TEXT(client, i == 0 ? "S2N_ERR_OK" : "S2N_ERR_CERT_INVALID_HOSTNAME");
        disconnect(pair);
    }
}

/* A client with this chain, or with none, and a server that requires a certificate with such a name. */
static void mutual(int tls13, const char *chain, const char *end, const char *outcome)
{
    struct pair *pair = new_pair(tls13, chain == NULL ? "ecdsa" : chain);
    struct s2n_cert_chain_and_key *own = load_chain(folder, "ecdsa");
    struct s2n_config *config = s2n_config_new_minimal(), *bare = s2n_config_new_minimal();
    char *authority = read_file(folder, "ca.pem");
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, own));
    CHECK_OK(s2n_config_set_cipher_preferences(config, policy(tls13)));
    if (end == NULL) {
        CHECK_OK(s2n_config_set_client_auth_type(config, S2N_CERT_AUTH_REQUIRED));
        CHECK_OK(s2n_config_add_pem_to_trust_store(config, authority));
    } else {
        CHECK_OK(require_clients(config, authority, end));
    }
    CHECK_OK(s2n_connection_set_config(pair->server, config));
    if (chain == NULL) {
        CHECK_OK(s2n_config_add_pem_to_trust_store(bare, authority));
        CHECK_OK(s2n_connection_set_config(pair->client, bare));
        CHECK_OK(s2n_connection_set_cipher_preferences(pair->client, policy(tls13)));
    }
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, outcome);
    if (strcmp(outcome, "S2N_ERR_OK") == 0) {
        CHECK(s2n_connection_client_cert_used(pair->server) == 1);
        uint8_t der[4096];
        CHECK(peer_certificate(pair->server, der, sizeof(der)) > 100);
        CHECK(peer_certificate(pair->server, der, 100) == -1);
    } else if (tls13) {
        /* The TLS 1.3 client has already completed its handshake. */
        CHECK_TEXT(client, "S2N_ERR_OK");
        CHECK_OK(s2n_config_set_max_blinding_delay(config, 0));
    }
    disconnect(pair);
    CHECK_OK(s2n_config_free(config));
    CHECK_OK(s2n_config_free(bare));
    CHECK_OK(s2n_cert_chain_and_key_free(own));
    free(authority);
}

/* A client without a certificate is accepted, and one with an invalid certificate is rejected. */
static void optional(int tls13, const char *chain, const char *outcome)
{
    struct pair *pair = new_pair(tls13, chain == NULL ? "ecdsa" : chain);
    struct s2n_cert_chain_and_key *own = load_chain(folder, "ecdsa");
    struct s2n_config *config = s2n_config_new_minimal(), *bare = s2n_config_new_minimal();
    char *authority = read_file(folder, "ca.pem");
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, own));
    CHECK_OK(s2n_config_set_cipher_preferences(config, policy(tls13)));
    CHECK_OK(require_clients(config, authority, ".rs2n.test"));
    CHECK_OK(s2n_config_set_client_auth_type(config, S2N_CERT_AUTH_OPTIONAL));
    CHECK_OK(s2n_connection_set_config(pair->server, config));
    if (chain == NULL) {
        CHECK_OK(s2n_config_add_pem_to_trust_store(bare, authority));
        CHECK_OK(s2n_connection_set_config(pair->client, bare));
        CHECK_OK(s2n_connection_set_cipher_preferences(pair->client, policy(tls13)));
    }
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, outcome);
    CHECK(s2n_connection_client_cert_used(pair->server) == 0);
    disconnect(pair);
    CHECK_OK(s2n_config_free(config));
    CHECK_OK(s2n_config_free(bare));
    CHECK_OK(s2n_cert_chain_and_key_free(own));
    free(authority);
}

static void the_validation_callback_decides(int tls13)
{
    uint8_t der[4096];
    struct pair *pair = connected(tls13);
    ssize_t len = peer_certificate(pair->client, der, sizeof(der));
    CHECK(len > 0);
    disconnect(pair);
    const char *const chains[] = { "ecdsa", "rsa" };
    for (int i = 0; i < 2; i++) {
        struct pinned pinned = { der, (size_t) len };
        pair = new_pair(tls13, chains[i]);
        CHECK_OK(s2n_config_set_cert_validation_cb(pair->config, accept_pinned, &pinned));
        const char *client, *server;
        negotiate(pair, &client, &server);
        CHECK_TEXT(client, i == 0 ? "S2N_ERR_OK" : "S2N_ERR_CERT_REJECTED");
        disconnect(pair);
    }
}

static void the_clock_of_the_device_is_used(int tls13)
{
    const char *const outcomes[] = { "S2N_ERR_CERT_NOT_YET_VALID", "S2N_ERR_CERT_EXPIRED" };
    uint64_t seconds[] = { 1000000000, 4102444800 };
    for (int i = 0; i < 2; i++) {
        struct pair *pair = new_pair(tls13, "ecdsa");
        CHECK_OK(set_device_clock(pair->config, &seconds[i]));
        const char *client, *server;
        negotiate(pair, &client, &server);
        CHECK_TEXT(client, outcomes[i]);
        disconnect(pair);
    }
}

static void a_test_client_accepts_any_server(int tls13)
{
    struct pair *pair = new_pair(tls13, "unknown");
    struct s2n_config *config = new_test_config();
    CHECK(config != NULL);
    CHECK_OK(s2n_config_set_cipher_preferences(config, policy(tls13)));
    CHECK_OK(s2n_connection_set_config(pair->client, config));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    disconnect(pair);
    CHECK_OK(s2n_config_free(config));
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        a_private_ca_is_trusted(tls13);
        names_are_verified_by_the_application(tls13);
        mutual(tls13, "client", ".rs2n.test", "S2N_ERR_OK");
        mutual(tls13, "client", ".unknown.test", "S2N_ERR_CERT_INVALID_HOSTNAME");
        mutual(tls13, "client", NULL, "S2N_ERR_OK");
        mutual(tls13, NULL, ".rs2n.test", "S2N_ERR_MISSING_CLIENT_CERT");
        optional(tls13, NULL, "S2N_ERR_OK");
        optional(tls13, "unknown", "S2N_ERR_CERT_UNTRUSTED");
        the_validation_callback_decides(tls13);
        the_clock_of_the_device_is_used(tls13);
        a_test_client_accepts_any_server(tls13);
    }
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
