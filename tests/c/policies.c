/*
 * Security policies: which certificates they allow, which keys and groups they offer.
 *
 * usage: policies FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

/* The one policy for P-384 with several rules for certificates. */
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

/* The leaf without what leads to the root. */
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

/* A handshake between two policies; its outcome for the client, and what both ends agreed on. */
struct meeting {
    const char *client_policy;
    const char *authority;
    const char *server_policy;
    const char *chain;
    const char *outcome;
    const char *group;
};

/* What a less common key of the server signs with in TLS 1.3. */
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

static void meet(const struct meeting *meeting)
{
    struct s2n_cert_chain_and_key *chain = load_chain(folder, meeting->chain);
    struct s2n_config *ours = config_with(meeting->client_policy, meeting->authority);
    struct s2n_config *theirs = config_with(meeting->server_policy, NULL);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(theirs, chain));
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_OK(s2n_connection_set_config(pair->client, ours));
    CHECK_OK(s2n_connection_set_config(pair->server, theirs));
    const char *client, *server;
    negotiate(pair, &client, &server);
    if (strcmp(client, meeting->outcome) != 0) {
        fprintf(stderr, "%s and %s with %s: %s instead of %s\n", meeting->client_policy,
                meeting->server_policy, meeting->chain, client, meeting->outcome);
        exit(1);
    }
    if (meeting->group != NULL) {
        const char *group = NULL;
        CHECK_OK(s2n_connection_get_key_exchange_group(pair->server, &group));
        CHECK_TEXT(group, meeting->group);
        CHECK_TEXT(s2n_connection_get_kem_name(pair->server), "NONE");
        check_scheme(pair->client, meeting->chain);
        check_scheme(pair->server, meeting->chain);
    }
    disconnect(pair);
    CHECK_OK(s2n_config_free(ours));
    CHECK_OK(s2n_config_free(theirs));
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
}

static void own_certificates_obey_the_policy(void)
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
        /* A policy that speaks of peers alone. */
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

    /* Of two with the same names and type of key only the first is ever shown. */
    struct s2n_cert_chain_and_key *shadowed = load_chain(folder, "ecdsa");
    struct s2n_config *two = config_with("default", NULL);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(two, good));
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(two, shadowed));
    CHECK_OK(s2n_config_set_cipher_preferences(two, RULES));
    CHECK_OK(s2n_config_free(two));
    CHECK_OK(s2n_cert_chain_and_key_free(shadowed));
    CHECK_OK(s2n_cert_chain_and_key_free(good));

    /* This root of its own is nothing that the chain shows. */
    struct s2n_cert_chain_and_key *leaf = load_leaf("cnsa-root");
    struct s2n_config *config = config_with(RULES, NULL);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, leaf));
    CHECK_OK(s2n_config_free(config));
    CHECK_OK(s2n_cert_chain_and_key_free(leaf));
}

static void the_one_chain_of_a_config_obeys_the_policy(void)
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

static void certificates_of_peers_obey_the_policy(void)
{
    const struct meeting meetings[] = {
        { RULES, "cnsa-ca.pem", "default_tls13", "cnsa", "S2N_ERR_OK", "secp384r1" },
        { RULES, "cnsa-ca.pem", "default_tls13", "rsa",
                "S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT", NULL },
        { RULES, "cnsa-ca.pem", "default_tls13", "cnsa-sha256",
                "S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT", NULL },
        /* Whom nobody vouches for is seen later. */
        { RULES, "ca.pem", "default_tls13", "cnsa", "S2N_ERR_CERT_UNTRUSTED", NULL },
        { RULES, "ca.pem", "default_tls13", "rsa",
                "S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT", NULL },
        { "default_tls13", "ca.pem", "default_tls13", "ecdsa", "S2N_ERR_OK", NULL },
        /* Rules for signatures alone; SHA-1 has an error of its own in TLS 1.3. */
        { "default_tls13", "ca.pem", "default", "sha1", "S2N_ERR_CERT_UNTRUSTED", NULL },
        { "default_tls13", "ca.pem", "20240501", "sha1",
                "S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT", NULL },
        { "20240416", "ca.pem", "20240501", "sha1",
                "S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT", NULL },
    };
    for (size_t i = 0; i < sizeof(meetings) / sizeof(meetings[0]); i++) {
        meet(&meetings[i]);
    }
}

/* The key of a root counts, too, when it has vouched for the rest. */
static void roots_obey_the_policy(void)
{
    struct s2n_cert_chain_and_key *leaf = load_leaf("cnsa-root");
    struct s2n_config *ours = config_with(RULES, "ca.pem");
    struct s2n_config *theirs = config_with("default_tls13", NULL);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(theirs, leaf));
    for (int named = 0; named < 2; named++) {
        struct pair *pair = new_pair(1, "ecdsa");
        CHECK_OK(s2n_connection_set_config(pair->client, ours));
        CHECK_OK(s2n_connection_set_config(pair->server, theirs));
        CHECK_OK(s2n_set_server_name(pair->client, named ? "localhost" : "elsewhere"));
        const char *client, *server;
        negotiate(pair, &client, &server);
        CHECK_TEXT(client, named ? "S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT"
                                 : "S2N_ERR_CERT_INVALID_HOSTNAME");
        disconnect(pair);
    }
    CHECK_OK(s2n_config_free(ours));
    CHECK_OK(s2n_config_free(theirs));
    CHECK_OK(s2n_cert_chain_and_key_free(leaf));
}

static void keys_that_policies_do_not_know_are_refused(void)
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
    const struct meeting meetings[] = {
        { "default", "ca.pem", "default", "pss", "S2N_ERR_OK", "X25519MLKEM768" },
        { "default_tls13", "ca.pem", "default_tls13", "pss-sha256", "S2N_ERR_OK", "secp256r1" },
        { "default_tls13", "pss-ca.pem", "default", "under-pss", "S2N_ERR_OK", "secp256r1" },
        { "default", "pss-ca.pem", "default_pq", "under-pss", "S2N_ERR_OK", "X25519MLKEM768" },
        { "default_fips", "ca.pem", "default_fips", "p521", "S2N_ERR_OK", "X25519MLKEM768" },
        { "default_tls13", "ca.pem", "20240501", "p521", "S2N_ERR_OK", "secp256r1" },
        /* Both have secp521r1; the server's order counts. */
        { "20251113", "ca.pem", "20240502", "ecdsa", "S2N_ERR_OK", "secp256r1" },
        { "test_pq_only", "ca.pem", "AWS-CRT-SDK-TLSv1.3-2025-PQ", "ecdsa", "S2N_ERR_OK",
                "X25519MLKEM768" },
        /* The client's share is not for a group that the server has: it is asked again. */
        { "AWS-CRT-SDK-TLSv1.3-2025-PQ", "ca.pem", "20260513", "ecdsa", "S2N_ERR_OK", "MLKEM1024" },
        { "default", "ca.pem", "20251113", "ecdsa", "S2N_ERR_OK", "secp384r1" },
        { "20251113", "ca.pem", "20240502", "rsa", "S2N_ERR_OK", "secp256r1" },
        { "default_tls13", "ca.pem", "20250414", "ecdsa", "S2N_ERR_OK", "secp384r1" },
    };
    for (size_t i = 0; i < sizeof(meetings) / sizeof(meetings[0]); i++) {
        meet(&meetings[i]);
    }
}

/* Lets a HelloRetryRequest for a group arrive at a client that has said hello. */
static void ask_again(struct pair *pair, uint16_t group)
{
    static const uint8_t random[32] = {
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
        0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
    };
    /* The session identifier comes behind the headers, the version and the random bytes. */
    const uint8_t *const id = pair->to_server.bytes + 5 + 4 + 2 + 32;
    const uint8_t end[] = {
        0x13, 0x01, 0, 0, 12, 0, 43, 0, 2, 3, 4, 0, 51, 0, 2, group >> 8, group & 0xff,
    };
    const uint8_t len = 2 + 32 + 1 + id[0] + sizeof(end);
    const uint8_t start[] = { 22, 3, 3, 0, 4 + len, 2, 0, 0, len, 3, 3 };
    struct link *link = &pair->to_client;
    CHECK(link_send(link, start, sizeof(start)) == sizeof(start));
    CHECK(link_send(link, random, sizeof(random)) == sizeof(random));
    CHECK(link_send(link, id, 1 + id[0]) == 1 + id[0]);
    CHECK(link_send(link, end, sizeof(end)) == sizeof(end));
}

static int says(const struct link *link, const void *bytes, size_t len)
{
    for (size_t at = link->read; at + len <= link->written; at++) {
        if (memcmp(link->bytes + at, bytes, len) == 0) {
            return 1;
        }
    }
    return 0;
}

static void a_client_checks_what_it_is_asked_for(void)
{
    const struct {
        uint16_t group;
        const char *outcome;
    } cases[] = {
        { 0x0019, "S2N_ERR_IO_BLOCKED" },
        { 0x11ed, "S2N_ERR_IO_BLOCKED" },
        /* Shares of these were there. */
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
        ask_again(pair, cases[i].group);
        CHECK(s2n_negotiate(pair->client, &blocked) == -1);
        CHECK_TEXT(s2n_strerror_name(s2n_errno), cases[i].outcome);

        /* A lone point of P-521; of P-384, and then a key of ML-KEM-1024. */
        static const uint8_t p521[] = { 0, 51, 0, 139, 0, 137, 0, 0x19, 0, 133, 4 };
        static const uint8_t hybrid[] = { 0, 51, 6, 135, 6, 133, 0x11, 0xed, 6, 129, 4 };
        CHECK(says(&pair->to_server, p521, sizeof(p521)) == (i == 0));
        CHECK(says(&pair->to_server, hybrid, sizeof(hybrid)) == (i == 1));
        disconnect(pair);
    }
}

static uint8_t any_name(const char *name, size_t length, void *unused)
{
    return name != NULL && length > 0 && unused == NULL;
}

static void clients_may_show_keys_for_rsa_pss(void)
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

static void policies_judge_connections(void)
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
        CHECK_ERROR(s2n_connection_is_valid_for_cipher_preferences(ends[i], "nobody"),
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

/* s2n-tls does these; here the first and the last are refused. */
/* The group of 2048 bits of RFC 3526, 3. */
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

static void what_cannot_be_done_is_refused(void)
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
    own_certificates_obey_the_policy();
    the_one_chain_of_a_config_obeys_the_policy();
    certificates_of_peers_obey_the_policy();
    roots_obey_the_policy();
    keys_that_policies_do_not_know_are_refused();
    less_common_keys_sign_and_are_verified();
    clients_may_show_keys_for_rsa_pss();
    a_client_checks_what_it_is_asked_for();
    groups_are_listed();
    policies_judge_connections();
    if (getenv("REFERENCE") == NULL) {
        parameters_without_effect_are_accepted();
    what_cannot_be_done_is_refused();
    }
    return 0;
}
