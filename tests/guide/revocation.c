/* Tests of the code in the guide, chapter revocation. */
#include "revocation.md.h"
#include "pair.h"

static void stapled_response(int tls13, const char *chain, const char *response, const char *outcome)
{
    struct pair *pair = new_pair(tls13, chain);
    if (response != NULL) {
        char path[4096];
        uint8_t bytes[4096];
        snprintf(path, sizeof(path), "%s/%s.ocsp", folder, response);
        FILE *file = fopen(path, "rb");
        CHECK(file != NULL);
        size_t len = fread(bytes, 1, sizeof(bytes), file);
        CHECK_OK(fclose(file));
        CHECK_OK(show_response(pair->chain, bytes, (uint32_t) len));
    }
    CHECK_OK(ask_for_responses(pair->config));
    CHECK_OK(s2n_connection_free(pair->client));
    pair->client = s2n_connection_new(S2N_CLIENT);
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    CHECK_OK(s2n_set_server_name(pair->client, "localhost"));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, outcome);
    if (strcmp(outcome, "S2N_ERR_OK") == 0) {
        CHECK(has_shown_response(pair->client) == (response != NULL));
    }
    disconnect(pair);
}

static void revocation_lists(int tls13, const char *chain, size_t count, const char *outcome)
{
    struct lists lists = { .count = 0 };
    const char *const names[] = { "intermediate.crl", "ca.crl" };
    for (size_t i = 0; i < count; i++) {
        char *pem = read_file(folder, names[i]);
        CHECK_OK(add_list(&lists, (uint8_t *) pem, strlen(pem)));
        CHECK_ERROR(add_list(&lists, (uint8_t *) pem, 10), S2N_ERR_INVALID_PEM);
        free(pem);
    }
    struct pair *pair = new_pair(tls13, chain);
    CHECK_OK(check_revocation(pair->config, &lists));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, outcome);
    disconnect(pair);
    for (size_t i = 0; i < lists.count; i++) {
        CHECK_OK(s2n_crl_free(&lists.lists[i]));
    }
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        stapled_response(tls13, "ecdsa", "ecdsa", "S2N_ERR_OK");
        stapled_response(tls13, "ecdsa", NULL, "S2N_ERR_OK");
        stapled_response(tls13, "rsa", "rsa", "S2N_ERR_CERT_REVOKED");
        stapled_response(tls13, "ecdsa", "rsa", "S2N_ERR_CERT_UNTRUSTED");
        revocation_lists(tls13, "ecdsa", 2, "S2N_ERR_OK");
        revocation_lists(tls13, "rsa", 2, "S2N_ERR_CERT_REVOKED");
        revocation_lists(tls13, "ecdsa", 1, "S2N_ERR_CRL_LOOKUP_FAILED");
    }
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
