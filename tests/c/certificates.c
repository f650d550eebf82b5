/*
 * Certificates: selection by SNI and key type, X.509 fields and extensions, and handshake getters.
 */
#include "pair.h"

#include <stdbool.h>

static void run(struct pair *pair, const char *client_outcome, const char *server_outcome)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, client_outcome);
    CHECK_TEXT(server, server_outcome);
}

/* Two connections with a config each, and chains to add to the server's, which is empty at first. */
struct selection {
    struct pair *pair;
    struct s2n_config *config;
    struct s2n_cert_chain_and_key *ecdsa;
    struct s2n_cert_chain_and_key *rsa;
    struct s2n_cert_chain_and_key *other;
};

static struct selection new_selection(int tls13)
{
    struct selection selection = {
        .pair = new_pair(tls13, "ecdsa"),
        .config = s2n_config_new_minimal(),
        .ecdsa = load_chain(folder, "ecdsa"),
        .rsa = load_chain(folder, "rsa"),
        .other = load_chain(folder, "client"),
    };
    CHECK_OK(s2n_config_set_cipher_preferences(selection.config, policy(tls13)));
    return selection;
}

static void free_selection(struct selection *selection)
{
    disconnect(selection->pair);
    CHECK_OK(s2n_config_free(selection->config));
    CHECK_OK(s2n_cert_chain_and_key_free(selection->ecdsa));
    CHECK_OK(s2n_cert_chain_and_key_free(selection->rsa));
    CHECK_OK(s2n_cert_chain_and_key_free(selection->other));
}

/* Performs a handshake with the selection's config, and returns the chain that the server selected. */
static struct s2n_cert_chain_and_key *selected(struct selection *selection, const char *name,
        s2n_cert_sni_match expected)
{
    struct pair *pair = selection->pair;
    s2n_cert_sni_match match = 0;
    CHECK_OK(s2n_connection_wipe(pair->client));
    CHECK_OK(s2n_connection_wipe(pair->server));
    memset(&pair->to_client, 0, sizeof(struct transport));
    memset(&pair->to_server, 0, sizeof(struct transport));
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    attach(pair->server, pair, &pair->to_server, &pair->to_client);
    CHECK_OK(s2n_connection_set_config(pair->server, selection->config));
    if (name != NULL) {
        CHECK_OK(s2n_set_server_name(pair->client, name));
    }
    CHECK(s2n_connection_get_selected_cert(pair->server) == NULL);
    CHECK_ERROR(s2n_connection_get_certificate_match(pair->server, &match), S2N_ERR_NO_CERT_FOUND);
    CHECK_ERROR(s2n_connection_get_certificate_match(pair->client, &match), S2N_ERR_CLIENT_MODE);
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_OK(s2n_connection_get_certificate_match(pair->server, &match));
    CHECK(match == expected);
    return s2n_connection_get_selected_cert(pair->server);
}

static void selected_by_sni(int tls13)
{
    struct selection selection = new_selection(tls13);
    CHECK_OK(s2n_config_disable_x509_verification(selection.pair->config));
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(selection.config, selection.ecdsa));
    CHECK(selected(&selection, "localhost", S2N_SNI_EXACT_MATCH) == selection.ecdsa);
    CHECK(selected(&selection, "LOCALHOST", S2N_SNI_EXACT_MATCH) == selection.ecdsa);
    CHECK(selected(&selection, "a.wild.rs2n.test", S2N_SNI_WILDCARD_MATCH) == selection.ecdsa);
    CHECK(selected(&selection, "a.b.wild.rs2n.test", S2N_SNI_NO_MATCH) == selection.ecdsa);
    CHECK(selected(&selection, "unknown.test", S2N_SNI_NO_MATCH) == selection.ecdsa);
    CHECK(selected(&selection, NULL, S2N_SNI_NONE) == selection.ecdsa);
    free_selection(&selection);
}

/* Of chains with the same name and key type the first is selected; the policy orders the key types. */
static void first_of_its_key_type(int tls13)
{
    struct selection selection = new_selection(tls13);
    CHECK_OK(s2n_config_disable_x509_verification(selection.pair->config));
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(selection.config, selection.rsa));
    CHECK(selected(&selection, "localhost", S2N_SNI_EXACT_MATCH) == selection.rsa);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(selection.config, selection.other));
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(selection.config, selection.ecdsa));
    struct s2n_cert_chain_and_key *preferred = selected(&selection, "localhost", S2N_SNI_EXACT_MATCH);
    CHECK(preferred == selection.other);
    CHECK(preferred == selected(&selection, NULL, S2N_SNI_NONE));

    struct s2n_cert_chain_and_key *defaults[] = { selection.ecdsa, selection.rsa, selection.other, NULL };
    CHECK_ERROR(s2n_config_set_cert_chain_and_key_defaults(selection.config, defaults, 0),
            S2N_ERR_NUM_DEFAULT_CERTIFICATES);
    CHECK_ERROR(s2n_config_set_cert_chain_and_key_defaults(selection.config, defaults, 5),
            S2N_ERR_NUM_DEFAULT_CERTIFICATES);
    CHECK_ERROR(s2n_config_set_cert_chain_and_key_defaults(selection.config, defaults, 3),
            S2N_ERR_MULTIPLE_DEFAULT_CERTIFICATES_PER_AUTH_TYPE);
    CHECK_ERROR(s2n_config_set_cert_chain_and_key_defaults(selection.config, defaults + 3, 1),
            S2N_ERR_NULL);
    CHECK_OK(s2n_config_set_cert_chain_and_key_defaults(selection.config, defaults, 1));
    CHECK(selected(&selection, "unknown.test", S2N_SNI_NO_MATCH) == selection.ecdsa);
    CHECK(selected(&selection, "localhost", S2N_SNI_EXACT_MATCH) == preferred);
    free_selection(&selection);
}

static int ties;

static struct s2n_cert_chain_and_key *second_wins(struct s2n_cert_chain_and_key *first,
        struct s2n_cert_chain_and_key *second, uint8_t *name, uint32_t name_len)
{
    CHECK(first != NULL && second != NULL && name != NULL && name_len > 0);
    ties++;
    return name_len == strlen("localhost") ? second : NULL;
}

static void tiebreak_callback_selects(int tls13)
{
    struct selection selection = new_selection(tls13);
    CHECK_OK(s2n_config_disable_x509_verification(selection.pair->config));
    CHECK_OK(s2n_config_set_cert_tiebreak_callback(selection.config, second_wins));
    ties = 0;
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(selection.config, selection.ecdsa));
    CHECK(ties == 0);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(selection.config, selection.other));
    CHECK(ties == 3);
    CHECK(selected(&selection, "localhost", S2N_SNI_EXACT_MATCH) == selection.other);
    CHECK(selected(&selection, "www.rs2n.test", S2N_SNI_EXACT_MATCH) == selection.ecdsa);
    CHECK(selected(&selection, NULL, S2N_SNI_NONE) == selection.ecdsa);
    free_selection(&selection);
}

static void chain_ownership(void)
{
    struct s2n_config *config = s2n_config_new_minimal();
    char *pem = read_file(folder, "ecdsa.pem");
    char *key = read_file(folder, "ecdsa.key");
    struct s2n_cert_chain_and_key *chain = load_chain(folder, "rsa");
    const uint8_t data[] = { 1, 2, 3 };
    CHECK_ERROR(s2n_config_set_extension_data(config, S2N_EXTENSION_OCSP_STAPLING, data, 3),
            S2N_ERR_UPDATING_EXTENSION);
    CHECK_OK(s2n_config_add_cert_chain_and_key(config, pem, key));
    CHECK_ERROR(s2n_config_add_cert_chain_and_key(config, pem, key), S2N_ERR_CERT_OWNERSHIP);
    CHECK_ERROR(s2n_config_add_cert_chain_and_key_to_store(config, chain), S2N_ERR_CERT_OWNERSHIP);
    CHECK_ERROR(s2n_config_set_cert_chain_and_key_defaults(config, &chain, 1),
            S2N_ERR_CERT_OWNERSHIP);
    CHECK_OK(s2n_config_set_extension_data(config, S2N_EXTENSION_OCSP_STAPLING, data, 3));
    CHECK_ERROR(s2n_config_set_extension_data(config, S2N_EXTENSION_ALPN, data, 3),
            S2N_ERR_UNRECOGNIZED_EXTENSION);
    CHECK_OK(s2n_config_free_cert_chain_and_key(config));
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, chain));
    CHECK_ERROR(s2n_config_set_extension_data(config, S2N_EXTENSION_OCSP_STAPLING, data, 3),
            S2N_ERR_CERT_OWNERSHIP);
    CHECK_OK(s2n_config_free_cert_chain_and_key(config));
    CHECK_OK(s2n_config_free(config));
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
    free(pem);
    free(key);
}

/* The chain that a config owns is that of the connection, as long as the config has it. */
static void own_chain(int tls13)
{
    struct pair *pair = new_pair(tls13, "rsa");
    struct s2n_config *config = s2n_config_new_minimal();
    struct s2n_cert_chain_and_key *same = load_chain(folder, "ecdsa");
    char *pem = read_file(folder, "ecdsa.pem"), *key = read_file(folder, "ecdsa.key");
    CHECK_OK(s2n_config_set_cipher_preferences(config, policy(tls13)));
    CHECK_OK(s2n_config_add_cert_chain_and_key(config, pem, key));
    CHECK_OK(s2n_connection_set_config(pair->server, config));
    free(pem);
    free(key);
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, "S2N_ERR_OK");
    uint32_t length = 0, expected = 1;
    CHECK_OK(s2n_cert_chain_get_length(s2n_connection_get_selected_cert(pair->server), &length));
    CHECK_OK(s2n_cert_chain_get_length(same, &expected));
    CHECK(length == expected);
    disconnect(pair);
    CHECK_OK(s2n_cert_chain_and_key_free(same));
    CHECK_OK(s2n_config_free(config));
}

static void certificate_fields(void)
{
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    struct s2n_cert *cert = NULL, *again = NULL;
    uint32_t length = 0;
    CHECK_ERROR(s2n_cert_chain_get_length(chain, &length), S2N_ERR_NULL);
    CHECK_ERROR(s2n_cert_chain_get_cert(chain, &cert, 0), S2N_ERR_NULL);
    CHECK_OK(s2n_cert_chain_and_key_free(chain));

    chain = load_chain(folder, "ecdsa");
    CHECK_OK(s2n_cert_chain_get_length(chain, &length));
    CHECK(length == 2);
    CHECK_ERROR(s2n_cert_chain_get_cert(chain, &cert, 2), S2N_ERR_NO_CERT_FOUND);
    CHECK_OK(s2n_cert_chain_get_cert(chain, &cert, 0));
    CHECK_OK(s2n_cert_chain_get_cert(chain, &again, 0));
    CHECK(cert == again);
    CHECK_OK(s2n_cert_chain_get_cert(chain, &again, 1));
    CHECK(cert != again);

    const uint8_t *der = NULL;
    CHECK_OK(s2n_cert_get_der(cert, &der, &length));
    CHECK(length > 300 && der[0] == 0x30 && der[1] == 0x82);
    CHECK((size_t) der[2] * 256 + der[3] + 4 == length);

    const uint8_t *alternative = (const uint8_t *) "2.5.29.17";
    uint8_t value[256];
    bool critical = true;
    CHECK_OK(s2n_cert_get_x509_extension_value_length(cert, alternative, &length));
    CHECK(length > 20 && length < sizeof(value));
    uint32_t room = length - 1;
    CHECK_ERROR(s2n_cert_get_x509_extension_value(cert, alternative, value, &room, &critical),
            S2N_ERR_INSUFFICIENT_MEM_SIZE);
    /* A pointer that is missing is reported before an extension that is. */
    const uint8_t *absent = (const uint8_t *) "2.5.29.99";
    CHECK_ERROR(s2n_cert_get_x509_extension_value(cert, absent, NULL, &room, &critical), S2N_ERR_NULL);
    CHECK_ERROR(s2n_cert_get_x509_extension_value(cert, absent, value, NULL, &critical), S2N_ERR_NULL);
    CHECK_ERROR(s2n_cert_get_x509_extension_value(cert, absent, value, &room, NULL), S2N_ERR_NULL);
    room = sizeof(value);
    CHECK_OK(s2n_cert_get_x509_extension_value(cert, alternative, value, &room, &critical));
    CHECK(room == length && !critical);
    CHECK(value[0] == 0x30 && value[1] == length - 2);
    CHECK(memcmp(value + 4, "localhost", 9) == 0);
    CHECK_OK(s2n_cert_get_x509_extension_value_length(cert, (const uint8_t *) "subjectAltName", &room));
    CHECK(room == length);
    CHECK_ERROR(s2n_cert_get_x509_extension_value_length(cert, (const uint8_t *) "2.5.29.99", &room),
            S2N_ERR_X509_EXTENSION_VALUE_NOT_FOUND);
    CHECK_ERROR(s2n_cert_get_x509_extension_value_length(cert, (const uint8_t *) "no", &room),
            S2N_ERR_NULL);
    room = sizeof(value);
    CHECK_OK(s2n_cert_get_x509_extension_value(again, (const uint8_t *) "2.5.29.19", value, &room,
            &critical));
    CHECK(critical);
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
}

static void utf8_strings_in_extensions(void)
{
    const uint8_t text[] = { 0x0c, 5, 'h', 'e', 'l', 'l', 'o', 0xff };
    const uint8_t printable[] = { 0x13, 1, 'x' };
    uint8_t out[8] = { 0 };
    uint32_t length = 0;
    CHECK_OK(s2n_cert_get_utf8_string_from_extension_data_length(text, sizeof(text), &length));
    CHECK(length == 5);
    length = 4;
    CHECK_ERROR(s2n_cert_get_utf8_string_from_extension_data(text, sizeof(text), out, &length),
            S2N_ERR_INSUFFICIENT_MEM_SIZE);
    length = sizeof(out);
    CHECK_OK(s2n_cert_get_utf8_string_from_extension_data(text, sizeof(text), out, &length));
    CHECK(length == 5);
    CHECK_TEXT((char *) out, "hello");
    CHECK_ERROR(s2n_cert_get_utf8_string_from_extension_data_length(text, 6, &length),
            S2N_ERR_INVALID_X509_EXTENSION_TYPE);
    CHECK_ERROR(s2n_cert_get_utf8_string_from_extension_data_length(printable, 3, &length),
            S2N_ERR_INVALID_X509_EXTENSION_TYPE);
    CHECK_ERROR(s2n_cert_get_utf8_string_from_extension_data_length(text, 0, &length),
            S2N_ERR_SAFETY);
}

struct signatures {
    s2n_tls_signature_algorithm server, client;
    s2n_tls_hash_algorithm server_hash, client_hash;
};

static struct signatures signatures_of(struct s2n_connection *conn)
{
    struct signatures found;
    CHECK_OK(s2n_connection_get_selected_signature_algorithm(conn, &found.server));
    CHECK_OK(s2n_connection_get_selected_digest_algorithm(conn, &found.server_hash));
    CHECK_OK(s2n_connection_get_selected_client_cert_signature_algorithm(conn, &found.client));
    CHECK_OK(s2n_connection_get_selected_client_cert_digest_algorithm(conn, &found.client_hash));
    return found;
}

static uint8_t accept_any(const char *name, size_t length, void *data)
{
    (void) name;
    (void) length;
    (void) data;
    return 1;
}

static struct pair *mutual(int tls13, const char *chain)
{
    struct pair *pair = new_pair(tls13, chain);
    CHECK_OK(s2n_config_set_client_auth_type(pair->config, S2N_CERT_AUTH_REQUIRED));
    CHECK_OK(s2n_config_set_verify_host_callback(pair->config, accept_any, NULL));
    CHECK_OK(s2n_config_disable_x509_intent_verification(pair->config));
    return pair;
}

static void signature_algorithms(int tls13, const char *chain)
{
    struct pair *pair = mutual(tls13, chain);
    const char *name = NULL;
    struct signatures found = signatures_of(pair->client);
    CHECK(found.server == S2N_TLS_SIGNATURE_ANONYMOUS && found.client_hash == S2N_TLS_HASH_NONE);
    CHECK_ERROR(s2n_connection_get_signature_scheme(pair->client, &name), S2N_ERR_INVALID_STATE);
    run(pair, "S2N_ERR_OK", "S2N_ERR_OK");

    found = signatures_of(pair->client);
    const struct signatures other = signatures_of(pair->server);
    CHECK(memcmp(&found, &other, sizeof(found)) == 0);
    const bool rsa = strcmp(chain, "rsa") == 0;
    CHECK_OK(s2n_connection_get_signature_scheme(pair->server, &name));
    if (rsa) {
        CHECK(found.server == (tls13 ? S2N_TLS_SIGNATURE_RSA_PSS_RSAE : S2N_TLS_SIGNATURE_RSA));
        CHECK_TEXT(name, tls13 ? "rsa_pss_rsae_sha256" : "rsa_pkcs1_sha256");
    } else {
        CHECK(found.server == S2N_TLS_SIGNATURE_ECDSA && found.client == S2N_TLS_SIGNATURE_ECDSA);
        CHECK_TEXT(name, tls13 ? "ecdsa_secp256r1_sha256" : "legacy_ecdsa_sha256");
    }
    CHECK(found.server_hash == S2N_TLS_HASH_SHA256);
    disconnect(pair);
}

static void peer_chain(int tls13)
{
    struct pair *pair = mutual(tls13, "ecdsa");
    struct s2n_cert_chain_and_key *path = s2n_cert_chain_and_key_new();
    uint32_t length = 0;
    CHECK_ERROR(s2n_connection_get_peer_cert_chain(pair->client, path), S2N_ERR_CERT_NOT_VALIDATED);
    CHECK_ERROR(s2n_connection_get_peer_cert_chain(pair->client, pair->chain),
            S2N_ERR_INVALID_ARGUMENT);
    run(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    CHECK_OK(s2n_connection_get_peer_cert_chain(pair->client, path));
    CHECK_ERROR(s2n_connection_get_peer_cert_chain(pair->server, path), S2N_ERR_INVALID_ARGUMENT);
    /* Leaf, intermediate, root. */
    CHECK_OK(s2n_cert_chain_get_length(path, &length));
    CHECK(length == 3);
    for (uint32_t i = 0; i < 2; i++) {
        struct s2n_cert *sent, *found;
        const uint8_t *sent_der, *found_der;
        uint32_t sent_length, found_length;
        CHECK_OK(s2n_cert_chain_get_cert(pair->chain, &sent, i));
        CHECK_OK(s2n_cert_chain_get_cert(path, &found, i));
        CHECK_OK(s2n_cert_get_der(sent, &sent_der, &sent_length));
        CHECK_OK(s2n_cert_get_der(found, &found_der, &found_length));
        CHECK(sent_length == found_length && memcmp(sent_der, found_der, sent_length) == 0);
    }
    disconnect(pair);
    CHECK_OK(s2n_cert_chain_and_key_free(path));
}

static void check_key_type(struct s2n_connection *conn, s2n_mode mode, const char *expected)
{
    const uint32_t needed = (uint32_t) strlen(expected) + 1;
    char text[64];
    uint32_t size = sizeof(text);
    CHECK_OK(s2n_conn_get_signature_public_key_type(conn, mode, text, &size));
    CHECK(size == needed);
    CHECK_TEXT(text, expected);

    memset(text, 'x', sizeof(text));
    size = needed - 1;
    CHECK_ERROR(s2n_conn_get_signature_public_key_type(conn, mode, text, &size),
            S2N_ERR_INSUFFICIENT_MEM_SIZE);
    CHECK(size == needed && text[0] == 'x');
    size = needed;
    CHECK_OK(s2n_conn_get_signature_public_key_type(conn, mode, text, &size));
    CHECK(size == needed && text[needed] == 'x');
}

static void key_types(int tls13, const char *chain, const char *expected)
{
    struct pair *pair = mutual(tls13, chain);
    char text[64];
    uint32_t size = sizeof(text);
    CHECK_ERROR(s2n_conn_get_signature_public_key_type(pair->client, S2N_SERVER, text, &size),
            S2N_ERR_CERT_NOT_VALIDATED);
    CHECK_ERROR(s2n_conn_get_signature_public_key_type(pair->server, S2N_SERVER, text, &size),
            S2N_ERR_NULL);
    CHECK(size == sizeof(text));
    run(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    check_key_type(pair->client, S2N_SERVER, expected);
    check_key_type(pair->client, S2N_CLIENT, expected);
    check_key_type(pair->server, S2N_SERVER, expected);
    check_key_type(pair->server, S2N_CLIENT, expected);
    CHECK_ERROR(s2n_conn_get_signature_public_key_type(pair->server, (s2n_mode) 2, text, &size),
            S2N_ERR_INVALID_ARGUMENT);
    disconnect(pair);
}

static void exported_secrets(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    const uint8_t label[] = "EXPERIMENTAL test", context[] = "context";
    uint8_t long_label[250] = { 0 };
    uint8_t client_secret[64] = { 0 }, server_secret[64] = { 1 };
    static uint8_t huge[255 * 48 + 1];
    CHECK_ERROR(s2n_connection_get_master_secret(pair->client, client_secret, 47),
            S2N_ERR_INSUFFICIENT_MEM_SIZE);
    CHECK_ERROR(s2n_connection_tls_exporter(pair->server, label, 5, context, 7, client_secret, 64),
            S2N_ERR_HANDSHAKE_NOT_COMPLETE);
    run(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    if (tls13) {
        CHECK_OK(s2n_connection_tls_exporter(pair->client, label, 5, context, 7, client_secret, 64));
        CHECK_OK(s2n_connection_tls_exporter(pair->server, label, 5, context, 7, server_secret, 64));
        CHECK(memcmp(client_secret, server_secret, 64) == 0);
        CHECK_OK(s2n_connection_tls_exporter(pair->server, label, 5, context, 6, server_secret, 64));
        CHECK(memcmp(client_secret, server_secret, 64) != 0);
        CHECK_OK(s2n_connection_tls_exporter(pair->server, label, 5, context, 0, server_secret, 64));
        CHECK_OK(s2n_connection_tls_exporter(pair->server, long_label, 249, context, 0, server_secret, 1));
        CHECK_ERROR(s2n_connection_tls_exporter(pair->server, long_label, 250, context, 0, server_secret, 1),
                S2N_ERR_SAFETY);
        CHECK_ERROR(s2n_connection_tls_exporter(pair->server, label, 5, context, 7, huge, sizeof(huge)),
                S2N_ERR_HKDF_OUTPUT_SIZE);
        CHECK_ERROR(s2n_connection_get_master_secret(pair->client, client_secret, 48), S2N_ERR_INVALID_STATE);
    } else {
        CHECK_OK(s2n_connection_get_master_secret(pair->client, client_secret, 48));
        CHECK_OK(s2n_connection_get_master_secret(pair->server, server_secret, 64));
        static const uint8_t none[48];
        CHECK(memcmp(client_secret, server_secret, 48) == 0 && memcmp(client_secret, none, 48) != 0);
        CHECK_ERROR(s2n_connection_tls_exporter(pair->server, label, 5, context, 7, client_secret, 64),
                S2N_ERR_INVALID_STATE);
    }
    disconnect(pair);
}

/* The location of the system's trust store is read from the environment for each config. */
static void system_trust_store(void)
{
    const char *const files[] = { "other-ca.pem", "ca.pem", "other-ca.pem" };
    for (int at = 0; at < 3; at++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", folder, files[at]);
        CHECK(setenv("SSL_CERT_FILE", path, 1) == 0);
        struct pair *pair = new_pair(1, "ecdsa");
        struct s2n_config *config = s2n_config_new();
        CHECK(config != NULL);
        CHECK_OK(s2n_config_set_cipher_preferences(config, policy(1)));
        CHECK_OK(s2n_connection_set_config(pair->client, config));
        int trusted = at == 1;
        run(pair, trusted ? "S2N_ERR_OK" : "S2N_ERR_CERT_UNTRUSTED",
                trusted ? "S2N_ERR_OK" : "S2N_ERR_IO_BLOCKED");
        disconnect(pair);
        CHECK_OK(s2n_config_free(config));
    }
    CHECK(unsetenv("SSL_CERT_FILE") == 0);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    chain_ownership();
    own_chain(0);
    own_chain(1);
    certificate_fields();
    utf8_strings_in_extensions();
    system_trust_store();
    for (int tls13 = 0; tls13 < 2; tls13++) {
        selected_by_sni(tls13);
        first_of_its_key_type(tls13);
        tiebreak_callback_selects(tls13);
        signature_algorithms(tls13, "ecdsa");
        signature_algorithms(tls13, "rsa");
        peer_chain(tls13);
        key_types(tls13, "ecdsa", "ecdsa_secp256r1");
        key_types(tls13, "rsa", "rsa2048");
        exported_secrets(tls13);
    }
    CHECK_OK(s2n_cleanup());
    return 0;
}
