/* Tests of the code in the guide, chapter certificates. */
#include "certificates.md.h"
#include "pair.h"

static void check_selection(struct s2n_config *config, int tls13, const char *name, const char *match,
        struct s2n_cert_chain_and_key *expected)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_disable_x509_verification(pair->config));
    CHECK_OK(s2n_connection_set_config(pair->server, config));
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->server, policy(tls13)));
    CHECK_OK(s2n_connection_wipe(pair->client));
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    if (name != NULL) {
        CHECK_OK(s2n_set_server_name(pair->client, name));
    }
    CHECK_TEXT(match_name(pair->server), "no certificate yet");
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, "S2N_ERR_OK");
    CHECK_TEXT(match_name(pair->server), match);
    CHECK(s2n_connection_get_selected_cert(pair->server) == expected);
    disconnect(pair);
}

static void encrypted_keys_are_loaded(void)
{
    /* The test key of the chain, as OpenSSL encrypts it. */
    char command[4096], passphrase[] = "secret", wrong[] = "wrong";
    snprintf(command, sizeof(command), "openssl pkcs8 -topk8 -in %s/ecdsa.key -passout pass:%s", folder, passphrase);
    FILE *output = popen(command, "r");
    char key[4096] = "";
    CHECK(output != NULL && fread(key, 1, sizeof(key) - 1, output) > 0 && pclose(output) == 0);
    char *pem = read_file(folder, "ecdsa.pem");
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    CHECK_ERROR(load_encrypted(chain, pem, key, wrong), RS2N_ERR_WRONG_PASSPHRASE);
    char *too_long = calloc(1, 2000);
    memset(too_long, 'x', 1999);
    CHECK_ERROR(load_encrypted(chain, pem, key, too_long), RS2N_ERR_PASSPHRASE_CALLBACK);
    free(too_long);
    CHECK_OK(load_encrypted(chain, pem, key, passphrase));
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
    free(pem);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    encrypted_keys_are_loaded();
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_OK(compress_certificates(config));
    struct s2n_cert_chain_and_key *chains[] = { load_chain(folder, "rsa"),
        load_chain(folder, "ecdsa"), load_chain(folder, "client") };
    CHECK_OK(add_chains(config, chains, 3));
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        /* The chains have the same names; the policies prefer ECDSA, and the first ECDSA chain is selected. */
        check_selection(config, tls13, "localhost", "exact", chains[1]);
        check_selection(config, tls13, "a.wild.rs2n.test", "wildcard", chains[1]);
        check_selection(config, tls13, "unknown.test", "default", chains[0]);
        check_selection(config, tls13, NULL, "no name", chains[0]);
    }
    CHECK_OK(s2n_config_free(config));
    for (int i = 0; i < 3; i++) {
        CHECK_OK(s2n_cert_chain_and_key_free(chains[i]));
    }
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
