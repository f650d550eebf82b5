/*
 * Settings whose effect shows on the wire, in a lifetime or in the next error, and the values that settings of
 * unsupported features accept.
 *
 * usage: effects FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

#include <s2n/unstable/allow_ip_in_cn.h>
#include <stdbool.h>

static struct pair *with_tickets(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    uint8_t key[] = "the secret of the key";
    CHECK_OK(s2n_config_set_session_tickets_onoff(pair->config, 1));
    CHECK_OK(s2n_config_add_ticket_crypto_key(pair->config, (const uint8_t *) "key", 3, key, sizeof(key), 0));
    return pair;
}

/* Connections with the settings that the config has now. */
static void renew(struct pair *pair)
{
    CHECK_OK(s2n_connection_free(pair->client));
    CHECK_OK(s2n_connection_free(pair->server));
    pair->client = s2n_connection_new(S2N_CLIENT);
    pair->server = s2n_connection_new(S2N_SERVER);
    attach_again(pair);
}

static void outcomes(struct pair *pair, const char *of_client, const char *of_server)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, of_client);
    if (of_server != NULL) {
        CHECK_TEXT(server, of_server);
    }
}

/* The client receives the tickets, which precede a byte of data. */
static void receive_tickets(struct pair *pair)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    uint8_t byte = 7;
    CHECK(s2n_send(pair->server, &byte, 1, &blocked) == 1);
    CHECK(s2n_recv(pair->client, &byte, 1, &blocked) == 1);
}

static void tickets_follow_the_settings(void)
{
    const struct {
        uint64_t encrypt;
        uint64_t decrypt;
        uint64_t session;
        uint32_t keying_material;
        uint8_t count;
        int lifetime;
        int sent;
    } cases[] = {
        { 1000, 500, 54000, 604800, 1, 1500, 1 },
        { 2000, 500, 54000, 604800, 2, 2500, 2 },
        { 2000, 800, 54000, 604800, 3, 2800, 3 },
        { 2000, 800, 1200, 604800, 1, 1200, 1 },
        { 2000, 800, 54000, 900, 1, 900, 1 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct pair *pair = with_tickets(1);
        CHECK_OK(s2n_config_set_ticket_encrypt_decrypt_key_lifetime(pair->config, cases[i].encrypt));
        CHECK_OK(s2n_config_set_ticket_decrypt_key_lifetime(pair->config, cases[i].decrypt));
        CHECK_OK(s2n_config_set_session_state_lifetime(pair->config, cases[i].session));
        CHECK_OK(s2n_config_set_initial_ticket_count(pair->config, cases[i].count));
        renew(pair);
        CHECK_OK(s2n_connection_set_server_keying_material_lifetime(pair->server, cases[i].keying_material));
        outcomes(pair, "S2N_ERR_OK", "S2N_ERR_OK");
        receive_tickets(pair);
        uint16_t sent = 77;
        CHECK_OK(s2n_connection_get_tickets_sent(pair->server, &sent));
        CHECK(sent == cases[i].sent);
        /* The key is some moments old. */
        const int lifetime = s2n_connection_get_session_ticket_lifetime_hint(pair->client);
        CHECK(lifetime > cases[i].lifetime - 100 && lifetime <= cases[i].lifetime);
        disconnect(pair);
    }

    /* Tickets of TLS 1.2 have no forward secrecy. */
    for (int requires = 0; requires < 2; requires++) {
        struct pair *pair = with_tickets(0);
        CHECK_OK(s2n_config_require_ticket_forward_secrecy(pair->config, requires));
        renew(pair);
        outcomes(pair, "S2N_ERR_OK", "S2N_ERR_OK");
        uint8_t session[2000];
        const bool has_ticket = s2n_connection_get_session(pair->client, session, sizeof(session)) > 0
                && s2n_connection_get_session_ticket_lifetime_hint(pair->client) > 0;
        CHECK(has_ticket == !requires);
        disconnect(pair);
    }
}

static void warnings_are_ignored_on_request(void)
{
    const uint8_t warning[] = { 21, 3, 3, 0, 2, 1, 112 };
    for (int ignores = 0; ignores < 2; ignores++) {
        struct pair *pair = new_pair(0, "ecdsa");
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK_OK(s2n_config_set_alert_behavior(pair->config,
                ignores ? S2N_ALERT_IGNORE_WARNINGS : S2N_ALERT_FAIL_ON_WARNINGS));
        renew(pair);
        CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
        CHECK(transport_send(&pair->to_client, warning, sizeof(warning)) == sizeof(warning));
        outcomes(pair, ignores ? "S2N_ERR_OK" : "S2N_ERR_ALERT", NULL);
        disconnect(pair);
    }
}

static uint8_t is_equal(const char *name, size_t length, void *expected)
{
    return strlen(expected) == length && memcmp(name, expected, length) == 0;
}

static void a_callback_of_the_config_verifies_names(void)
{
    char accepted[] = "localhost", other[] = "another name";
    const struct {
        char *expected;
        const char *outcome;
    } cases[] = { { accepted, "S2N_ERR_OK" }, { other, "S2N_ERR_CERT_INVALID_HOSTNAME" } };
    for (int i = 0; i < 2; i++) {
        struct pair *pair = new_pair(1, "ecdsa");
        CHECK_OK(s2n_config_set_verify_host_callback(pair->config, is_equal, cases[i].expected));
        renew(pair);
        outcomes(pair, cases[i].outcome, NULL);
        disconnect(pair);
    }
}

/* Of the certificate without alternative names. */
static void addresses_in_common_names_are_accepted_on_request(void)
{
    for (int allows = 0; allows < 2; allows++) {
        struct pair *pair = new_pair(1, "192.0.2.7");
        if (allows) {
            CHECK_OK(s2n_config_allow_ip_in_cn(pair->config));
        }
        renew(pair);
        CHECK_OK(s2n_set_server_name(pair->client, "192.0.2.7"));
        outcomes(pair, allows ? "S2N_ERR_OK" : "S2N_ERR_CERT_INVALID_HOSTNAME", NULL);
        disconnect(pair);
    }
}

/* The protocols of a connection replace those of its config, and are added one by one. */
static void appended_protocols_are_negotiated(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    const uint8_t *const first = (const uint8_t *) "first", *const second = (const uint8_t *) "second";
    CHECK_OK(s2n_connection_append_protocol_preference(pair->client, first, 5));
    CHECK_OK(s2n_connection_append_protocol_preference(pair->client, second, 6));
    CHECK_OK(s2n_connection_append_protocol_preference(pair->server, second, 6));
    outcomes(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    CHECK_TEXT(s2n_get_application_protocol(pair->client), "second");
    CHECK_TEXT(s2n_get_application_protocol(pair->server), "second");
    disconnect(pair);
}

static void a_config_owns_one_chain(void)
{
    char *certificates = read_file(folder, "ecdsa.pem");
    char *key = read_file(folder, "ecdsa.key");
    uint8_t *const pem = (uint8_t *) certificates;
    const uint32_t size = strlen(certificates);
    uint8_t text[] = "no certificate";
    const uint8_t data[] = { 1, 2, 3 };

    struct s2n_config *config = s2n_config_new();
    CHECK_ERROR(s2n_config_set_extension_data(config, S2N_EXTENSION_OCSP_STAPLING, data, 3),
            S2N_ERR_UPDATING_EXTENSION);
    CHECK_ERROR(s2n_config_add_cert_chain(config, text, sizeof(text)), S2N_ERR_NO_CERTIFICATE_IN_PEM);
    CHECK_OK(s2n_config_add_cert_chain(config, pem, size));
    CHECK_ERROR(s2n_config_add_cert_chain(config, pem, size), S2N_ERR_CERT_OWNERSHIP);
    /* The config is examined before the text. */
    CHECK_ERROR(s2n_config_add_cert_chain(config, text, sizeof(text)), S2N_ERR_CERT_OWNERSHIP);
    CHECK_ERROR(s2n_config_add_cert_chain_and_key(config, "no certificate", "no key"), S2N_ERR_CERT_OWNERSHIP);
    CHECK_OK(s2n_config_free_cert_chain_and_key(config));
    CHECK_OK(s2n_config_add_cert_chain_and_key(config, certificates, key));

    CHECK_OK(s2n_config_set_extension_data(config, S2N_EXTENSION_OCSP_STAPLING, data, 3));
    CHECK_OK(s2n_config_set_extension_data(config, S2N_EXTENSION_CERTIFICATE_TRANSPARENCY, NULL, 0));
    CHECK_ERROR(s2n_config_set_extension_data(config, S2N_EXTENSION_CERTIFICATE_TRANSPARENCY, data, 3),
            S2N_ERR_UNIMPLEMENTED);
    CHECK_ERROR(s2n_config_set_extension_data(config, S2N_EXTENSION_SERVER_NAME, data, 3),
            S2N_ERR_UNRECOGNIZED_EXTENSION);
    CHECK_OK(s2n_config_free(config));
    free(certificates);
    free(key);
}

static void unsupported_features_can_be_disabled(void)
{
    const uint8_t data[] = { 1, 2, 3 };
    struct s2n_config *config = s2n_config_new();
    CHECK_OK(s2n_config_send_max_fragment_length(config, (s2n_max_frag_len) 0));
    for (int code = S2N_TLS_MAX_FRAG_LEN_512; code <= S2N_TLS_MAX_FRAG_LEN_4096; code++) {
        CHECK_ERROR(s2n_config_send_max_fragment_length(config, (s2n_max_frag_len) code), S2N_ERR_UNIMPLEMENTED);
    }
    CHECK_ERROR(s2n_config_send_max_fragment_length(config, (s2n_max_frag_len) 5), S2N_ERR_INVALID_MAX_FRAG_LEN);
    CHECK_OK(s2n_config_set_ct_support_level(config, S2N_CT_SUPPORT_NONE));
    CHECK_ERROR(s2n_config_set_ct_support_level(config, S2N_CT_SUPPORT_REQUEST), S2N_ERR_UNIMPLEMENTED);
    CHECK_OK(s2n_config_free(config));

    struct s2n_cert_chain_and_key *chain = load_chain(folder, "ecdsa");
    CHECK_OK(s2n_cert_chain_and_key_set_sct_list(chain, NULL, 0));
    CHECK_OK(s2n_cert_chain_and_key_set_sct_list(chain, data, 0));
    CHECK_ERROR(s2n_cert_chain_and_key_set_sct_list(chain, data, sizeof(data)), S2N_ERR_UNIMPLEMENTED);
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    tickets_follow_the_settings();
    warnings_are_ignored_on_request();
    a_callback_of_the_config_verifies_names();
    addresses_in_common_names_are_accepted_on_request();
    appended_protocols_are_negotiated();
    a_config_owns_one_chain();
    unsupported_features_can_be_disabled();
    return 0;
}
