/*
 * Certificates: which one a server chooses, what stands in one, and what a handshake says of them.
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

/* Two connections with a config each: the server's has no certificate yet. */
struct meeting {
    struct pair *pair;
    struct s2n_config *config;
    struct s2n_cert_chain_and_key *ecdsa;
    struct s2n_cert_chain_and_key *rsa;
    struct s2n_cert_chain_and_key *other;
};

static struct meeting meet(int tls13)
{
    struct meeting meeting = {
        .pair = new_pair(tls13, "ecdsa"),
        .config = s2n_config_new_minimal(),
        .ecdsa = load_chain(folder, "ecdsa"),
        .rsa = load_chain(folder, "rsa"),
        .other = load_chain(folder, "client"),
    };
    CHECK_OK(s2n_config_set_cipher_preferences(meeting.config, policy(tls13)));
    return meeting;
}

static void part(struct meeting *meeting)
{
    disconnect(meeting->pair);
    CHECK_OK(s2n_config_free(meeting->config));
    CHECK_OK(s2n_cert_chain_and_key_free(meeting->ecdsa));
    CHECK_OK(s2n_cert_chain_and_key_free(meeting->rsa));
    CHECK_OK(s2n_cert_chain_and_key_free(meeting->other));
}

/* Shakes hands with the meeting's config, and says which chain the server chose. */
static struct s2n_cert_chain_and_key *chosen(struct meeting *meeting, const char *name,
        s2n_cert_sni_match expected)
{
    struct pair *pair = meeting->pair;
    s2n_cert_sni_match match = 0;
    CHECK_OK(s2n_connection_wipe(pair->client));
    CHECK_OK(s2n_connection_wipe(pair->server));
    memset(&pair->to_client, 0, sizeof(struct link));
    memset(&pair->to_server, 0, sizeof(struct link));
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    attach(pair->server, pair, &pair->to_server, &pair->to_client);
    CHECK_OK(s2n_connection_set_config(pair->server, meeting->config));
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

static void found_by_name(int tls13)
{
    struct meeting meeting = meet(tls13);
    CHECK_OK(s2n_config_disable_x509_verification(meeting.pair->config));
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(meeting.config, meeting.ecdsa));
    CHECK(chosen(&meeting, "localhost", S2N_SNI_EXACT_MATCH) == meeting.ecdsa);
    CHECK(chosen(&meeting, "LOCALHOST", S2N_SNI_EXACT_MATCH) == meeting.ecdsa);
    CHECK(chosen(&meeting, "a.wild.rs2n.test", S2N_SNI_WILDCARD_MATCH) == meeting.ecdsa);
    CHECK(chosen(&meeting, "a.b.wild.rs2n.test", S2N_SNI_NO_MATCH) == meeting.ecdsa);
    CHECK(chosen(&meeting, "elsewhere.test", S2N_SNI_NO_MATCH) == meeting.ecdsa);
    CHECK(chosen(&meeting, NULL, S2N_SNI_NONE) == meeting.ecdsa);
    part(&meeting);
}

/* Of two chains with the same names and types of key the first stays; types are the policy's choice. */
static void first_of_its_type(int tls13)
{
    struct meeting meeting = meet(tls13);
    CHECK_OK(s2n_config_disable_x509_verification(meeting.pair->config));
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(meeting.config, meeting.rsa));
    CHECK(chosen(&meeting, "localhost", S2N_SNI_EXACT_MATCH) == meeting.rsa);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(meeting.config, meeting.other));
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(meeting.config, meeting.ecdsa));
    struct s2n_cert_chain_and_key *preferred = chosen(&meeting, "localhost", S2N_SNI_EXACT_MATCH);
    CHECK(preferred == meeting.other);
    CHECK(preferred == chosen(&meeting, NULL, S2N_SNI_NONE));

    struct s2n_cert_chain_and_key *defaults[] = { meeting.ecdsa, meeting.rsa, meeting.other, NULL };
    CHECK_ERROR(s2n_config_set_cert_chain_and_key_defaults(meeting.config, defaults, 0),
            S2N_ERR_NUM_DEFAULT_CERTIFICATES);
    CHECK_ERROR(s2n_config_set_cert_chain_and_key_defaults(meeting.config, defaults, 5),
            S2N_ERR_NUM_DEFAULT_CERTIFICATES);
    CHECK_ERROR(s2n_config_set_cert_chain_and_key_defaults(meeting.config, defaults, 3),
            S2N_ERR_MULTIPLE_DEFAULT_CERTIFICATES_PER_AUTH_TYPE);
    CHECK_ERROR(s2n_config_set_cert_chain_and_key_defaults(meeting.config, defaults + 3, 1),
            S2N_ERR_NULL);
    CHECK_OK(s2n_config_set_cert_chain_and_key_defaults(meeting.config, defaults, 1));
    CHECK(chosen(&meeting, "elsewhere.test", S2N_SNI_NO_MATCH) == meeting.ecdsa);
    CHECK(chosen(&meeting, "localhost", S2N_SNI_EXACT_MATCH) == preferred);
    part(&meeting);
}

static int ties;

static struct s2n_cert_chain_and_key *second_wins(struct s2n_cert_chain_and_key *first,
        struct s2n_cert_chain_and_key *second, uint8_t *name, uint32_t name_len)
{
    CHECK(first != NULL && second != NULL && name != NULL && name_len > 0);
    ties++;
    return name_len == strlen("localhost") ? second : NULL;
}

static void ties_are_broken(int tls13)
{
    struct meeting meeting = meet(tls13);
    CHECK_OK(s2n_config_disable_x509_verification(meeting.pair->config));
    CHECK_OK(s2n_config_set_cert_tiebreak_callback(meeting.config, second_wins));
    ties = 0;
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(meeting.config, meeting.ecdsa));
    CHECK(ties == 0);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(meeting.config, meeting.other));
    CHECK(ties == 3);
    CHECK(chosen(&meeting, "localhost", S2N_SNI_EXACT_MATCH) == meeting.other);
    CHECK(chosen(&meeting, "www.rs2n.test", S2N_SNI_EXACT_MATCH) == meeting.ecdsa);
    CHECK(chosen(&meeting, NULL, S2N_SNI_NONE) == meeting.ecdsa);
    part(&meeting);
}

static void owned_by_the_config(void)
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

static void a_certificates_inside(void)
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

static void texts_in_extensions(void)
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

static void how_it_was_signed(int tls13, const char *chain)
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

static void the_peers_path(int tls13)
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
    /* Leaf, intermediate authority, root. */
    CHECK_OK(s2n_cert_chain_get_length(path, &length));
    CHECK(length == 3);
    for (uint32_t i = 0; i < 2; i++) {
        struct s2n_cert *shown, *found;
        const uint8_t *shown_der, *found_der;
        uint32_t shown_length, found_length;
        CHECK_OK(s2n_cert_chain_get_cert(pair->chain, &shown, i));
        CHECK_OK(s2n_cert_chain_get_cert(path, &found, i));
        CHECK_OK(s2n_cert_get_der(shown, &shown_der, &shown_length));
        CHECK_OK(s2n_cert_get_der(found, &found_der, &found_length));
        CHECK(shown_length == found_length && memcmp(shown_der, found_der, shown_length) == 0);
    }
    disconnect(pair);
    CHECK_OK(s2n_cert_chain_and_key_free(path));
}

static void secrets(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    const uint8_t label[] = "EXPERIMENTAL test", context[] = "context";
    uint8_t long_label[250] = { 0 };
    uint8_t ours[64] = { 0 }, theirs[64] = { 1 };
    static uint8_t huge[255 * 48 + 1];
    CHECK_ERROR(s2n_connection_get_master_secret(pair->client, ours, 47),
            S2N_ERR_INSUFFICIENT_MEM_SIZE);
    CHECK_ERROR(s2n_connection_tls_exporter(pair->server, label, 5, context, 7, ours, 64),
            S2N_ERR_HANDSHAKE_NOT_COMPLETE);
    run(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    if (tls13) {
        CHECK_OK(s2n_connection_tls_exporter(pair->client, label, 5, context, 7, ours, 64));
        CHECK_OK(s2n_connection_tls_exporter(pair->server, label, 5, context, 7, theirs, 64));
        CHECK(memcmp(ours, theirs, 64) == 0);
        CHECK_OK(s2n_connection_tls_exporter(pair->server, label, 5, context, 6, theirs, 64));
        CHECK(memcmp(ours, theirs, 64) != 0);
        CHECK_OK(s2n_connection_tls_exporter(pair->server, label, 5, context, 0, theirs, 64));
        CHECK_OK(s2n_connection_tls_exporter(pair->server, long_label, 249, context, 0, theirs, 1));
        CHECK_ERROR(s2n_connection_tls_exporter(pair->server, long_label, 250, context, 0, theirs, 1),
                S2N_ERR_SAFETY);
        CHECK_ERROR(s2n_connection_tls_exporter(pair->server, label, 5, context, 7, huge, sizeof(huge)),
                S2N_ERR_HKDF_OUTPUT_SIZE);
        CHECK_ERROR(s2n_connection_get_master_secret(pair->client, ours, 48), S2N_ERR_INVALID_STATE);
    } else {
        CHECK_OK(s2n_connection_get_master_secret(pair->client, ours, 48));
        CHECK_OK(s2n_connection_get_master_secret(pair->server, theirs, 64));
        static const uint8_t none[48];
        CHECK(memcmp(ours, theirs, 48) == 0 && memcmp(ours, none, 48) != 0);
        CHECK_ERROR(s2n_connection_tls_exporter(pair->server, label, 5, context, 7, ours, 64),
                S2N_ERR_INVALID_STATE);
    }
    disconnect(pair);
}

/* Where the system's roots are is looked up for each config: the environment may have changed. */
static void roots_of_the_system(void)
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
    owned_by_the_config();
    a_certificates_inside();
    texts_in_extensions();
    roots_of_the_system();
    for (int tls13 = 0; tls13 < 2; tls13++) {
        found_by_name(tls13);
        first_of_its_type(tls13);
        ties_are_broken(tls13);
        how_it_was_signed(tls13, "ecdsa");
        how_it_was_signed(tls13, "rsa");
        the_peers_path(tls13);
        secrets(tls13);
    }
    CHECK_OK(s2n_cleanup());
    return 0;
}
