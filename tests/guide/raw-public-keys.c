/* Tests of the code in the guide, chapter raw-public-keys. */
#include "raw-public-keys.md.h"
#include "pair.h"
#include "public_key.h"

static void expect(struct pair *pair, const char *client_outcome, const char *server_outcome)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, client_outcome);
    CHECK_TEXT(server, server_outcome);
}

/* A pair whose server has the key "ecdsa", and whose client has the key "rsa". */
struct raw_pair {
    struct pair *pair;
    struct s2n_config *client;
    struct s2n_config *server;
};

static struct raw_pair new_raw_pair(const char *pinned)
{
    char *server_key = read_file(folder, "ecdsa.key");
    char *public_key = new_public_key(folder, pinned);
    struct raw_pair raw = {
        .pair = new_pair(1, "ecdsa"),
        .client = new_pinning_config(public_key),
        .server = new_raw_key_config(server_key),
    };
    CHECK(raw.client != NULL && raw.server != NULL);
    CHECK_OK(s2n_connection_set_config(raw.pair->client, raw.client));
    CHECK_OK(s2n_connection_set_config(raw.pair->server, raw.server));
    free(public_key);
    free(server_key);
    return raw;
}

static void free_raw_pair(struct raw_pair *raw)
{
    disconnect(raw->pair);
    CHECK_OK(s2n_config_free(raw->client));
    CHECK_OK(s2n_config_free(raw->server));
}

static void a_pinned_server_is_accepted(void)
{
    struct raw_pair raw = new_raw_pair("ecdsa");
    expect(raw.pair, "S2N_ERR_OK", "S2N_ERR_OK");
    uint8_t key[512];
    CHECK(peer_key(raw.pair->client, key, sizeof(key)) == 91);
    CHECK(peer_key(raw.pair->client, key, 90) == -1);
    CHECK(peer_key(raw.pair->server, key, sizeof(key)) == -1);
    free_raw_pair(&raw);
}

static void another_server_is_rejected(void)
{
    struct raw_pair raw = new_raw_pair("rsa");
    const char *client, *server;
    negotiate(raw.pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_CERT_UNTRUSTED");
    free_raw_pair(&raw);
    CHECK(new_raw_key_config("no key") == NULL);
    CHECK(new_pinning_config("no key") == NULL);
}

static void clients_are_admitted_by_their_keys(void)
{
    const char *const names[] = { "client", "rsa" };
    for (int i = 0; i < 2; i++) {
        struct raw_pair raw = new_raw_pair("ecdsa");
        char *own = read_file(folder, "rsa.key"), *server_pin = new_public_key(folder, "ecdsa");
        struct s2n_config *without_key = raw.client;
        raw.client = new_raw_key_config(own);
        CHECK(raw.client != NULL && pin(raw.client, server_pin) == 0);
        CHECK_OK(s2n_connection_set_config(raw.pair->client, raw.client));
        CHECK_OK(s2n_config_free(without_key));
        char *admitted = new_public_key(folder, names[i]);
        const char *const keys[] = { server_pin, admitted };
        CHECK_OK(admit_keys(raw.server, keys, 2));
        const char *client, *server;
        negotiate(raw.pair, &client, &server);
        CHECK_TEXT(server, i == 0 ? "S2N_ERR_CERT_UNTRUSTED" : "S2N_ERR_OK");
        uint8_t key[512];
        CHECK(peer_key(raw.pair->server, key, sizeof(key)) == (i == 0 ? -1 : 294));
        free(admitted);
        free(server_pin);
        free(own);
        free_raw_pair(&raw);
    }
    struct s2n_config *config = s2n_config_new_minimal();
    const char *const malformed[] = { "no key" };
    CHECK(admit_keys(config, malformed, 1) == -1);
    CHECK_OK(s2n_config_free(config));
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    a_pinned_server_is_accepted();
    another_server_is_rejected();
    clients_are_admitted_by_their_keys();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
