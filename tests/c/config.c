/*
 * Config setters and getters: accepted and rejected values, without a handshake.
 *
 * usage: config FOLDER-OF-CERTIFICATES
 */
#include "check.h"

static const char *folder;

static struct s2n_config *new_config(void)
{
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK(config != NULL);
    return config;
}

static void system_roots_are_loaded_once(void)
{
    struct s2n_config *config = s2n_config_new();
    CHECK(config != NULL);
    CHECK_ERROR(s2n_config_load_system_certs(config), S2N_ERR_X509_TRUST_STORE);
    CHECK_OK(s2n_config_wipe_trust_store(config));
    CHECK_OK(s2n_config_load_system_certs(config));
    CHECK_ERROR(s2n_config_load_system_certs(config), S2N_ERR_X509_TRUST_STORE);
    CHECK_OK(s2n_config_disable_x509_verification(config));
    CHECK_OK(s2n_config_free(config));

    config = new_config();
    CHECK_OK(s2n_config_load_system_certs(config));
    CHECK_ERROR(s2n_config_load_system_certs(config), S2N_ERR_X509_TRUST_STORE);
    CHECK_OK(s2n_config_free(config));
}

static int stopped_clock(void *context, uint64_t *nanoseconds)
{
    *nanoseconds = 0;
    return *(int *)context;
}

static void clocks_can_be_set(void)
{
    int result = 0;
    struct s2n_config *config = new_config();
    CHECK_OK(s2n_config_set_wall_clock(config, stopped_clock, &result));
    CHECK_OK(s2n_config_set_monotonic_clock(config, stopped_clock, &result));
    CHECK_ERROR(s2n_config_set_wall_clock(config, NULL, NULL), S2N_ERR_NULL);
    CHECK_ERROR(s2n_config_set_monotonic_clock(config, NULL, NULL), S2N_ERR_NULL);
    CHECK_OK(s2n_config_free(config));
}

static void enums_and_sizes_are_validated(void)
{
    struct s2n_config *config = new_config();
    CHECK_OK(s2n_config_set_alert_behavior(config, S2N_ALERT_IGNORE_WARNINGS));
    CHECK_OK(s2n_config_set_alert_behavior(config, S2N_ALERT_FAIL_ON_WARNINGS));
    CHECK_ERROR(s2n_config_set_alert_behavior(config, (s2n_alert_behavior)2),
            S2N_ERR_INVALID_ARGUMENT);

    CHECK_ERROR(s2n_config_set_send_buffer_size(config, 0), S2N_ERR_INVALID_ARGUMENT);
    CHECK_ERROR(s2n_config_set_send_buffer_size(config, 1033), S2N_ERR_INVALID_ARGUMENT);
    CHECK_OK(s2n_config_set_send_buffer_size(config, 1034));

    CHECK_OK(s2n_config_set_max_blinding_delay(config, 0));
    CHECK_OK(s2n_config_set_max_blinding_delay(config, UINT32_MAX));
    CHECK_OK(s2n_config_set_recv_multi_record(config, true));
    CHECK_OK(s2n_config_free(config));
}

static void policies_are_found_by_name(void)
{
    struct s2n_config *config = new_config();
    const char *const known[] = { "default", "DEFAULT", "Default_TLS13", "20240501" };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        CHECK_OK(s2n_config_set_cipher_preferences(config, known[i]));
    }
    const char *const unknown[] = { "", "defaul", "default ", "20990101" };
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        CHECK_ERROR(s2n_config_set_cipher_preferences(config, unknown[i]),
                S2N_ERR_INVALID_SECURITY_POLICY);
    }
    CHECK_ERROR(s2n_config_set_cipher_preferences(config, "PQ-SIKE-TEST-TLS-1-0-2019-11"),
            S2N_ERR_DEPRECATED_SECURITY_POLICY);
    CHECK_OK(s2n_config_free(config));
}

static void alpn_names_have_1_to_255_bytes(void)
{
    struct s2n_config *config = new_config();
    char longest[257];
    memset(longest, 'p', sizeof(longest) - 1);
    longest[256] = 0;
    const char *const two[] = { "h2", "http/1.1" };
    const char *const with_empty[] = { "h2", "" };
    const char *const with_long[] = { "h2", longest };

    CHECK_OK(s2n_config_set_protocol_preferences(config, two, 2));
    CHECK_ERROR(s2n_config_set_protocol_preferences(config, with_empty, 2),
            S2N_ERR_INVALID_APPLICATION_PROTOCOL);
    CHECK_ERROR(s2n_config_set_protocol_preferences(config, with_long, 2),
            S2N_ERR_INVALID_APPLICATION_PROTOCOL);
    longest[255] = 0;
    CHECK_OK(s2n_config_set_protocol_preferences(config, with_long, 2));
    CHECK_OK(s2n_config_set_protocol_preferences(config, two, 0));
    CHECK_OK(s2n_config_set_protocol_preferences(config, NULL, 2));

    const uint8_t *name = (const uint8_t *)longest;
    CHECK_ERROR(s2n_config_append_protocol_preference(config, name, 0),
            S2N_ERR_INVALID_APPLICATION_PROTOCOL);
    for (int i = 0; i < 255; i++) {
        CHECK_OK(s2n_config_append_protocol_preference(config, name, 255));
    }
    /* 255 names use 255 * 256 = 65280 bytes of the list's 65535. */
    CHECK_ERROR(s2n_config_append_protocol_preference(config, name, 255),
            S2N_ERR_INVALID_APPLICATION_PROTOCOL);
    CHECK_OK(s2n_config_append_protocol_preference(config, name, 254));
    CHECK_ERROR(s2n_config_append_protocol_preference(config, name, 1),
            S2N_ERR_INVALID_APPLICATION_PROTOCOL);
    CHECK_OK(s2n_config_free(config));
}

static void a_chain_is_owned_by_the_config_or_the_application(void)
{
    char *certificates = read_file(folder, "ecdsa.pem");
    char *key = read_file(folder, "ecdsa.key");
    struct s2n_cert_chain_and_key *chain = load_chain(folder, "rsa");

    struct s2n_config *config = new_config();
    CHECK_OK(s2n_config_add_cert_chain_and_key(config, certificates, key));
    CHECK_ERROR(s2n_config_add_cert_chain_and_key(config, certificates, key),
            S2N_ERR_CERT_OWNERSHIP);
    CHECK_ERROR(s2n_config_add_cert_chain_and_key_to_store(config, chain), S2N_ERR_CERT_OWNERSHIP);
    CHECK_OK(s2n_config_free(config));

    config = new_config();
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, chain));
    CHECK_ERROR(s2n_config_add_cert_chain_and_key(config, certificates, key),
            S2N_ERR_CERT_OWNERSHIP);
    CHECK_OK(s2n_config_free(config));

    /* Freeing the config has not freed the chain. */
    config = new_config();
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, chain));
    CHECK_OK(s2n_config_free(config));
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
    free(certificates);
    free(key);
}

static void client_auth_type_is_stored(void)
{
    s2n_cert_auth_type type = S2N_CERT_AUTH_REQUIRED;
    struct s2n_config *config = new_config();
    CHECK_OK(s2n_config_get_client_auth_type(config, &type));
    CHECK(type == S2N_CERT_AUTH_NONE);
    CHECK_OK(s2n_config_set_client_auth_type(config, S2N_CERT_AUTH_OPTIONAL));
    CHECK_OK(s2n_config_get_client_auth_type(config, &type));
    CHECK(type == S2N_CERT_AUTH_OPTIONAL);
    CHECK_OK(s2n_config_free(config));
}

static void trust_stores_are_loaded_from_pem_and_files(void)
{
    char *authority = read_file(folder, "ca.pem");
    char path[4096];
    snprintf(path, sizeof(path), "%s/ca.pem", folder);

    struct s2n_config *config = new_config();
    CHECK_OK(s2n_config_add_pem_to_trust_store(config, authority));
    CHECK_OK(s2n_config_wipe_trust_store(config));
    CHECK_OK(s2n_config_set_verification_ca_location(config, path, NULL));
    CHECK_OK(s2n_config_set_verification_ca_location(config, NULL, folder));
    CHECK_OK(s2n_config_set_verification_ca_location(config, path, folder));
    CHECK_OK(s2n_config_set_verification_ca_location(config, NULL, "/no/such/folder"));
    CHECK_ERROR(s2n_config_set_verification_ca_location(config, NULL, NULL),
            S2N_ERR_X509_TRUST_STORE);
    CHECK_ERROR(s2n_config_set_verification_ca_location(config, "/no/such/file", NULL),
            S2N_ERR_X509_TRUST_STORE);
    CHECK_OK(s2n_config_free(config));
    free(authority);
}

static void contexts_are_stored(void)
{
    int place = 0;
    void *found = &place;
    struct s2n_config *config = new_config();
    CHECK_OK(s2n_config_get_ctx(config, &found));
    CHECK(found == NULL);
    CHECK_OK(s2n_config_set_ctx(config, &place));
    CHECK_OK(s2n_config_get_ctx(config, &found));
    CHECK(found == &place);
    CHECK_OK(s2n_config_set_ctx(config, NULL));
    CHECK_OK(s2n_config_get_ctx(config, &found));
    CHECK(found == NULL);
    CHECK_OK(s2n_config_free(config));

    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    CHECK(s2n_cert_chain_and_key_get_ctx(chain) == NULL);
    CHECK_OK(s2n_cert_chain_and_key_set_ctx(chain, &place));
    CHECK(s2n_cert_chain_and_key_get_ctx(chain) == &place);
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    system_roots_are_loaded_once();
    clocks_can_be_set();
    enums_and_sizes_are_validated();
    policies_are_found_by_name();
    alpn_names_have_1_to_255_bytes();
    a_chain_is_owned_by_the_config_or_the_application();
    client_auth_type_is_stored();
    trust_stores_are_loaded_from_pem_and_files();
    contexts_are_stored();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
