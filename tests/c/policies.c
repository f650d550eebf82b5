/*
 * Security policies: certificate rules, key types, signature schemes, groups and key shares.
 *
 * usage: policies FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

/* The policy for P-384 that has several certificate rules. */
#define RULES "rfc9151"

static struct s2n_config *config_with(const char *policy_name, const char *authority)
{
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK(config != NULL);
    CHECK_OK(s2n_config_set_cipher_preferences(config, policy_name));
    if (authority != NULL) {
        char *pem = read_file(folder, authority);
        CHECK_OK(s2n_config_add_pem_to_trust_store(config, pem));
        free(pem);
    }
    return config;
}

/* Loads the leaf without its intermediates. */
static struct s2n_cert_chain_and_key *load_leaf(const char *name)
{
    char file[256];
    snprintf(file, sizeof(file), "%s.crt", name);
    char *certificate = read_file(folder, file);
    snprintf(file, sizeof(file), "%s.key", name);
    char *key = read_file(folder, file);
    struct s2n_cert_chain_and_key *leaf = s2n_cert_chain_and_key_new();
    CHECK_OK(s2n_cert_chain_and_key_load_pem(leaf, certificate, key));
    free(certificate);
    free(key);
    return leaf;
}

/* A handshake between two policies: the outcome for the client, and the negotiated group. */
struct handshake {
    const char *client_policy;
    const char *authority;
    const char *server_policy;
    const char *chain;
    const char *outcome;
    const char *group;
};

/* Checks the signature scheme of a less common server key in TLS 1.3. */
static void check_scheme(struct s2n_connection *conn, const char *chain)
{
    static const char *const schemes[][2] = {
        { "pss", "rsa_pss_pss_sha256" },
        { "pss-sha256", "rsa_pss_pss_sha256" },
        { "p521", "ecdsa_secp521r1_sha512" },
        { "cnsa", "ecdsa_secp384r1_sha384" },
    };
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        const char *scheme = NULL;
        if (strcmp(schemes[i][0], chain) == 0
                && s2n_connection_get_actual_protocol_version(conn) == S2N_TLS13) {
            CHECK_OK(s2n_connection_get_signature_scheme(conn, &scheme));
            CHECK_TEXT(scheme, schemes[i][1]);
        }
    }
}

static void run_handshake(const struct handshake *handshake)
{
    struct s2n_cert_chain_and_key *chain = load_chain(folder, handshake->chain);
    struct s2n_config *client_config = config_with(handshake->client_policy, handshake->authority);
    struct s2n_config *server_config = config_with(handshake->server_policy, NULL);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(server_config, chain));
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_OK(s2n_connection_set_config(pair->client, client_config));
    CHECK_OK(s2n_connection_set_config(pair->server, server_config));
    const char *client, *server;
    negotiate(pair, &client, &server);
    if (strcmp(client, handshake->outcome) != 0) {
        fprintf(stderr, "%s and %s with %s: %s instead of %s\n", handshake->client_policy,
                handshake->server_policy, handshake->chain, client, handshake->outcome);
        exit(1);
    }
    if (handshake->group != NULL) {
        const char *group = NULL;
        CHECK_OK(s2n_connection_get_key_exchange_group(pair->server, &group));
        CHECK_TEXT(group, handshake->group);
        CHECK_TEXT(s2n_connection_get_kem_name(pair->server), "NONE");
        check_scheme(pair->client, handshake->chain);
        check_scheme(pair->server, handshake->chain);
    }
    disconnect(pair);
    CHECK_OK(s2n_config_free(client_config));
    CHECK_OK(s2n_config_free(server_config));
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
}

static void local_certificates_must_comply_with_the_policy(void)
{
    struct s2n_cert_chain_and_key *good = load_chain(folder, "cnsa");
    const char *const bad[] = { "ecdsa", "rsa", "cnsa-p256", "cnsa-sha256", "cnsa-root", "pss" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct s2n_cert_chain_and_key *chain = load_chain(folder, bad[i]);
        struct s2n_config *config = config_with(RULES, NULL);
        CHECK_ERROR(s2n_config_add_cert_chain_and_key_to_store(config, chain),
                S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT);
        CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, good));
        CHECK_OK(s2n_config_free(config));

        config = config_with("default", NULL);
        CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, chain));
        CHECK_ERROR(s2n_config_set_cipher_preferences(config, RULES),
                S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT);
        CHECK_ERROR(s2n_config_set_cipher_preferences(config, "20250429"),
                S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT);
        /* A policy whose certificate rules are for peers only. */
        CHECK_OK(s2n_config_set_cipher_preferences(config, "20260220"));

        struct s2n_connection *conn = s2n_connection_new(S2N_SERVER);
        CHECK_OK(s2n_connection_set_config(conn, config));
        CHECK_ERROR(s2n_connection_set_cipher_preferences(conn, RULES),
                S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT);
        CHECK_OK(s2n_connection_free(conn));

        conn = s2n_connection_new(S2N_SERVER);
        CHECK_OK(s2n_connection_set_cipher_preferences(conn, RULES));
        CHECK_ERROR(s2n_connection_set_config(conn, config),
                S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT);
        CHECK_OK(s2n_connection_free(conn));
        CHECK_OK(s2n_config_free(config));
        CHECK_OK(s2n_cert_chain_and_key_free(chain));
    }

    /* Of two chains with the same names and key type only the first is ever selected. */
    struct s2n_cert_chain_and_key *shadowed = load_chain(folder, "ecdsa");
    struct s2n_config *two = config_with("default", NULL);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(two, good));
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(two, shadowed));
    CHECK_OK(s2n_config_set_cipher_preferences(two, RULES));
    CHECK_OK(s2n_config_free(two));
    CHECK_OK(s2n_cert_chain_and_key_free(shadowed));
    CHECK_OK(s2n_cert_chain_and_key_free(good));

    /* The root, which violates the rules, is not part of the chain. */
    struct s2n_cert_chain_and_key *leaf = load_leaf("cnsa-root");
    struct s2n_config *config = config_with(RULES, NULL);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, leaf));
    CHECK_OK(s2n_config_free(config));
    CHECK_OK(s2n_cert_chain_and_key_free(leaf));
}

static void an_owned_chain_must_comply_with_the_policy(void)
{
    char *bad[] = { read_file(folder, "ecdsa.pem"), read_file(folder, "ecdsa.key") };
    char *good[] = { read_file(folder, "cnsa.pem"), read_file(folder, "cnsa.key") };
    struct s2n_config *config = config_with(RULES, NULL);
    CHECK_ERROR(s2n_config_add_cert_chain_and_key(config, bad[0], bad[1]),
            S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT);
    CHECK_OK(s2n_config_add_cert_chain_and_key(config, good[0], good[1]));
    CHECK_ERROR(s2n_config_add_cert_chain_and_key(config, "nothing", "nothing"),
            S2N_ERR_CERT_OWNERSHIP);
    CHECK_ERROR(s2n_config_set_cipher_preferences(config, "cnsa_2"),
            S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT);
    CHECK_OK(s2n_config_set_cipher_preferences(config, "default"));
    CHECK_OK(s2n_config_free(config));
    for (int i = 0; i < 2; i++) {
        free(bad[i]);
        free(good[i]);
    }
}

static void peer_certificates_must_comply_with_the_policy(void)
{
    const struct handshake handshakes[] = {
        { RULES, "cnsa-ca.pem", "default_tls13", "cnsa", "S2N_ERR_OK", "secp384r1" },
        { RULES, "cnsa-ca.pem", "default_tls13", "rsa",
                "S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT", NULL },
        { RULES, "cnsa-ca.pem", "default_tls13", "cnsa-sha256",
                "S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT", NULL },
        /* The rules are checked before trust, for the certificates that the peer sent. */
        { RULES, "ca.pem", "default_tls13", "cnsa", "S2N_ERR_CERT_UNTRUSTED", NULL },
        { RULES, "ca.pem", "default_tls13", "rsa",
                "S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT", NULL },
        { "default_tls13", "ca.pem", "default_tls13", "ecdsa", "S2N_ERR_OK", NULL },
        /* Rules for signatures only; SHA-1 has its own error in TLS 1.3. */
        { "default_tls13", "ca.pem", "default", "sha1", "S2N_ERR_CERT_UNTRUSTED", NULL },
        { "default_tls13", "ca.pem", "20240501", "sha1",
                "S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT", NULL },
        { "20240416", "ca.pem", "20240501", "sha1",
                "S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT", NULL },
    };
    for (size_t i = 0; i < sizeof(handshakes) / sizeof(handshakes[0]); i++) {
        run_handshake(&handshakes[i]);
    }
}

/* The rules also apply to the root's key, once the chain has been verified. */
static void roots_must_comply_with_the_policy(void)
{
    struct s2n_cert_chain_and_key *leaf = load_leaf("cnsa-root");
    struct s2n_config *client_config = config_with(RULES, "ca.pem");
    struct s2n_config *server_config = config_with("default_tls13", NULL);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(server_config, leaf));
    for (int named = 0; named < 2; named++) {
        struct pair *pair = new_pair(1, "ecdsa");
        CHECK_OK(s2n_connection_set_config(pair->client, client_config));
        CHECK_OK(s2n_connection_set_config(pair->server, server_config));
        CHECK_OK(s2n_set_server_name(pair->client, named ? "localhost" : "unknown"));
        const char *client, *server;
        negotiate(pair, &client, &server);
        CHECK_TEXT(client, named ? "S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT"
                                 : "S2N_ERR_CERT_INVALID_HOSTNAME");
        disconnect(pair);
    }
    CHECK_OK(s2n_config_free(client_config));
    CHECK_OK(s2n_config_free(server_config));
    CHECK_OK(s2n_cert_chain_and_key_free(leaf));
}

static void unsupported_key_types_are_rejected(void)
{
    char *certificates = read_file(folder, "ed25519.pem");
    char *key = read_file(folder, "ed25519.key");
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    CHECK_ERROR(s2n_cert_chain_and_key_load_pem(chain, certificates, key),
            S2N_ERR_DECODE_CERTIFICATE);
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
    free(certificates);
    free(key);
}

static void less_common_keys_sign_and_are_verified(void)
{
    const struct handshake handshakes[] = {
        { "default", "ca.pem", "default", "pss", "S2N_ERR_OK", "X25519MLKEM768" },
        { "default_tls13", "ca.pem", "default_tls13", "pss-sha256", "S2N_ERR_OK", "secp256r1" },
        { "default_tls13", "pss-ca.pem", "default", "under-pss", "S2N_ERR_OK", "secp256r1" },
        { "default", "pss-ca.pem", "default_pq", "under-pss", "S2N_ERR_OK", "X25519MLKEM768" },
        { "default_fips", "ca.pem", "default_fips", "p521", "S2N_ERR_OK", "X25519MLKEM768" },
        { "default_tls13", "ca.pem", "20240501", "p521", "S2N_ERR_OK", "secp256r1" },
        /* Both support secp521r1; the server's preference decides. */
        { "20251113", "ca.pem", "20240502", "ecdsa", "S2N_ERR_OK", "secp256r1" },
        { "test_pq_only", "ca.pem", "AWS-CRT-SDK-TLSv1.3-2025-PQ", "ecdsa", "S2N_ERR_OK",
                "X25519MLKEM768" },
        /* The client's key share is for a group that the server does not support: HelloRetryRequest. */
        { "AWS-CRT-SDK-TLSv1.3-2025-PQ", "ca.pem", "20260513", "ecdsa", "S2N_ERR_OK", "MLKEM1024" },
        { "default", "ca.pem", "20251113", "ecdsa", "S2N_ERR_OK", "secp384r1" },
        { "20251113", "ca.pem", "20240502", "rsa", "S2N_ERR_OK", "secp256r1" },
        { "default_tls13", "ca.pem", "20250414", "ecdsa", "S2N_ERR_OK", "secp384r1" },
    };
    for (size_t i = 0; i < sizeof(handshakes) / sizeof(handshakes[0]); i++) {
        run_handshake(&handshakes[i]);
    }
}

/* Injects a HelloRetryRequest for a group, in reply to the client's ClientHello. */
static void inject_hello_retry_request(struct pair *pair, uint16_t group)
{
    static const uint8_t random[32] = {
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
        0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
    };
    /* The session ID follows the headers, the version and the random. */
    const uint8_t *const id = pair->to_server.bytes + 5 + 4 + 2 + 32;
    const uint8_t end[] = {
        0x13, 0x01, 0, 0, 12, 0, 43, 0, 2, 3, 4, 0, 51, 0, 2, group >> 8, group & 0xff,
    };
    const uint8_t len = 2 + 32 + 1 + id[0] + sizeof(end);
    const uint8_t start[] = { 22, 3, 3, 0, 4 + len, 2, 0, 0, len, 3, 3 };
    struct transport *transport = &pair->to_client;
    CHECK(transport_send(transport, start, sizeof(start)) == sizeof(start));
    CHECK(transport_send(transport, random, sizeof(random)) == sizeof(random));
    CHECK(transport_send(transport, id, 1 + id[0]) == 1 + id[0]);
    CHECK(transport_send(transport, end, sizeof(end)) == sizeof(end));
}

static int contains(const struct transport *transport, const void *bytes, size_t len)
{
    for (size_t at = transport->read; at + len <= transport->written; at++) {
        if (memcmp(transport->bytes + at, bytes, len) == 0) {
            return 1;
        }
    }
    return 0;
}

static void a_client_validates_the_hello_retry_request(void)
{
    const struct {
        uint16_t group;
        const char *outcome;
    } cases[] = {
        { 0x0019, "S2N_ERR_IO_BLOCKED" },
        { 0x11ed, "S2N_ERR_IO_BLOCKED" },
        /* Key shares of these groups were in the first ClientHello. */
        { 0x11ec, "S2N_ERR_INVALID_HELLO_RETRY" },
        { 0x0017, "S2N_ERR_INVALID_HELLO_RETRY" },
        /* X448 was not offered. */
        { 0x001e, "S2N_ERR_ECDHE_UNSUPPORTED_CURVE" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pair *pair = new_pair(1, "ecdsa");
        CHECK_OK(s2n_connection_set_cipher_preferences(pair->client, "default"));
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
        pair->to_server.read = pair->to_server.written;
        inject_hello_retry_request(pair, cases[i].group);
        CHECK(s2n_negotiate(pair->client, &blocked) == -1);
        CHECK_TEXT(s2n_strerror_name(s2n_errno), cases[i].outcome);

        /* The only key share: a P-521 point; or a P-384 point, and then an ML-KEM-1024 key. */
        static const uint8_t p521[] = { 0, 51, 0, 139, 0, 137, 0, 0x19, 0, 133, 4 };
        static const uint8_t hybrid[] = { 0, 51, 6, 135, 6, 133, 0x11, 0xed, 6, 129, 4 };
        CHECK(contains(&pair->to_server, p521, sizeof(p521)) == (i == 0));
        CHECK(contains(&pair->to_server, hybrid, sizeof(hybrid)) == (i == 1));
        disconnect(pair);
    }
}

static uint8_t any_name(const char *name, size_t length, void *unused)
{
    return name != NULL && length > 0 && unused == NULL;
}

static void client_certificates_may_have_rsa_pss_keys(void)
{
    struct pair *pair = new_pair(1, "pss");
    CHECK_OK(s2n_config_set_cipher_preferences(pair->config, "default"));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->client, S2N_CERT_AUTH_REQUIRED));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->server, S2N_CERT_AUTH_REQUIRED));
    CHECK_OK(s2n_connection_set_verify_host_callback(pair->server, any_name, NULL));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    CHECK(s2n_connection_client_cert_used(pair->server) == 1);
    disconnect(pair);
}

static void groups_are_listed(void)
{
    const uint16_t expected[] = { 0x11ec, 0x11eb, 0x11ed, 0x17, 0x1d, 0x18, 0x19 };
    uint16_t groups[16] = { 0 };
    uint16_t count = 99;
    struct s2n_config *config = config_with("default", NULL);
    CHECK_OK(s2n_config_get_supported_groups(config, groups, 16, &count));
    CHECK(count == 7 && memcmp(groups, expected, sizeof(expected)) == 0);
    CHECK_OK(s2n_config_get_supported_groups(config, groups, 7, &count));
    CHECK(count == 7);
    CHECK_ERROR(s2n_config_get_supported_groups(config, groups, 6, &count),
            S2N_ERR_INSUFFICIENT_MEM_SIZE);
    CHECK(count == 0);
    count = 99;
    CHECK_ERROR(s2n_config_get_supported_groups(NULL, groups, 6, &count), S2N_ERR_NULL);
    CHECK(count == 0);
    CHECK_OK(s2n_config_set_cipher_preferences(config, "cnsa_2"));
    CHECK_OK(s2n_config_get_supported_groups(config, groups, 16, &count));
    CHECK(count == 1 && groups[0] == 0x0202);
    CHECK_OK(s2n_config_free(config));
}

static void connections_are_validated_against_policies(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK(s2n_connection_is_valid_for_cipher_preferences(pair->client, "default") == 0);
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    struct s2n_connection *const ends[] = { pair->client, pair->server };
    for (int i = 0; i < 2; i++) {
        const struct {
            const char *policy;
            int valid;
        } cases[] = {
            { "default", 1 }, { "DEFAULT", 1 }, { "20190801", 1 }, { "rfc9151", 0 },
            { "20140601", 0 }, { "ELBSecurityPolicy-TLS-1-2-2017-01", 0 }, { "null", 0 },
        };
        for (size_t j = 0; j < sizeof(cases) / sizeof(cases[0]); j++) {
            CHECK(s2n_connection_is_valid_for_cipher_preferences(ends[i], cases[j].policy)
                    == cases[j].valid);
        }
        CHECK_ERROR(s2n_connection_is_valid_for_cipher_preferences(ends[i], "unknown"),
                S2N_ERR_INVALID_SECURITY_POLICY);
        CHECK_ERROR(s2n_connection_is_valid_for_cipher_preferences(ends[i], "20240730"),
                S2N_ERR_DEPRECATED_SECURITY_POLICY);
    }
    disconnect(pair);

    pair = connected(0);
    CHECK(s2n_connection_is_valid_for_cipher_preferences(pair->client, "default") == 1);
    CHECK(s2n_connection_is_valid_for_cipher_preferences(pair->client, "20250414") == 0);
    CHECK_TEXT(s2n_connection_get_kem_name(pair->client), "NONE");
    disconnect(pair);
}

/* The 2048-bit MODP group of RFC 3526, 3. */
static const char DH_PARAMETERS[] = "-----BEGIN DH PARAMETERS-----\n"
        "MIIBCAKCAQEA///////////JD9qiIWjCNMTGYouA3BzRKQJOCIpnzHQCC76mOxOb\n"
        "IlFKCHmONATd75UZs806QxswKwpt8l8UN0/hNW1tUcJF5IW1dmJefsb0TELppjft\n"
        "awv/XLb0Brft7jhr+1qJn6WunyQRfEsf5kkoZlHs5Fs9wgB8uKFjvwWY2kg2HFXT\n"
        "mmkWP6j9JM9fg2VdI9yjrZYcYvNWIIVSu57VKQdwlpZtZww1Tkq8mATxdGwIyhgh\n"
        "fDKQXkYuNs474553LBgOhgObJ4Oi7Aeij7XFXfBvTFLJ3ivL9pVYFxg5lUl86pVq\n"
        "5RXSJhiY+gUQFXKOWoqsqmj//////////wIBAg==\n"
        "-----END DH PARAMETERS-----\n";

static void parameters_without_effect_are_accepted(void)
{
    struct s2n_config *config = config_with("default", NULL);
    CHECK_OK(s2n_config_add_dhparams(config, DH_PARAMETERS));
    CHECK_OK(s2n_config_add_dhparams(config, DH_PARAMETERS));
    CHECK_ERROR(s2n_config_add_dhparams(config, NULL), S2N_ERR_NULL);
    CHECK_ERROR(s2n_config_add_dhparams(NULL, DH_PARAMETERS), S2N_ERR_NULL);
    CHECK_ERROR(s2n_config_add_dhparams(config, ""), S2N_ERR_INVALID_PEM);
    CHECK_ERROR(s2n_config_add_dhparams(config, "-----BEGIN DH PARAMETERS-----"), S2N_ERR_INVALID_PEM);
    CHECK_ERROR(s2n_config_add_dhparams(config, "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----"),
            S2N_ERR_INVALID_PEM);
    CHECK_ERROR(s2n_config_add_dhparams(config, "-----BEGIN DH PARAMETERS-----\nAQID\n-----END DH PARAMETERS-----"),
            S2N_ERR_NULL);
    CHECK_OK(s2n_config_free_dhparams(config));
    CHECK_OK(s2n_config_free_dhparams(config));
    CHECK_OK(s2n_config_free(config));
}

static void unsupported_settings_are_rejected(void)
{
    struct s2n_config *config = config_with("default", NULL);
    CHECK_ERROR(s2n_config_enable_cert_req_dss_legacy_compat(config), S2N_ERR_UNIMPLEMENTED);
    CHECK_OK(s2n_config_free(config));
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    local_certificates_must_comply_with_the_policy();
    an_owned_chain_must_comply_with_the_policy();
    peer_certificates_must_comply_with_the_policy();
    roots_must_comply_with_the_policy();
    unsupported_key_types_are_rejected();
    less_common_keys_sign_and_are_verified();
    client_certificates_may_have_rsa_pss_keys();
    a_client_validates_the_hello_retry_request();
    groups_are_listed();
    connections_are_validated_against_policies();
    /* s2n-tls supports these settings. */
    if (getenv("REFERENCE") == NULL) {
        parameters_without_effect_are_accepted();
        unsupported_settings_are_rejected();
    }
    return 0;
}
