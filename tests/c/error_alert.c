/*
 * The alert of the last failed call: rs2n_connection_get_error_alert() returns the one that the peer receives, which
 * is that of the RFCs. QUIC, which sends none, has the same.
 *
 * usage: error_alert FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

#include <rs2n/rs2n.h>

static void set_policies(struct pair *pair, const char *client, const char *server)
{
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->client, client));
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->server, server));
}

static void no_version(struct pair *pair)
{
    set_policies(pair, "ELBSecurityPolicy-TLS-1-2-2017-01", "AWS-CRT-SDK-TLSv1.3-2023");
}

static void client_authentication(struct pair *pair)
{
    CHECK_OK(s2n_connection_set_client_auth_type(pair->client, S2N_CERT_AUTH_OPTIONAL));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->server, S2N_CERT_AUTH_REQUIRED));
}

static struct s2n_config *without_certificate;

static void no_client_certificate(struct pair *pair)
{
    CHECK_OK(s2n_connection_set_config(pair->client, without_certificate));
    client_authentication(pair);
}

static void wrong_name(struct pair *pair)
{
    CHECK_OK(s2n_set_server_name(pair->client, "other.rs2n.test"));
}

/* The length of the first extension ends behind the message. */
static void malformed_hello(struct pair *pair)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    size_t len = 0;
    uint8_t *hello = first_handshake_message(&pair->to_server, &len);
    size_t at = 4 + 2 + 32;
    at += 1 + hello[at];
    at += 2 + ((size_t) hello[at] << 8 | hello[at + 1]);
    at += 1 + hello[at];
    CHECK(at + 6 <= len);
    hello[at + 4] = hello[at + 5] = 255;
}

/* An error of one side, and the alert for it. */
static const struct failure {
    const char *chain;
    void (*prepare)(struct pair *pair);
    int of_server;
    int lowest_version;
    const char *error;
    uint8_t alert[2];
} failures[] = {
    { "expired", NULL, 0, 0, "S2N_ERR_CERT_EXPIRED", { 45, 45 } },
    { "unknown", NULL, 0, 0, "S2N_ERR_CERT_UNTRUSTED", { 48, 48 } },
    { "ecdsa", wrong_name, 0, 0, "S2N_ERR_CERT_INVALID_HOSTNAME", { 42, 42 } },
    { "ecdsa", client_authentication, 1, 0, "S2N_ERR_CERT_INTENT_INVALID", { 43, 43 } },
    { "ecdsa", no_client_certificate, 1, 0, "S2N_ERR_MISSING_CLIENT_CERT", { 40, 116 } },
    { "ecdsa", no_version, 1, 1, "S2N_ERR_PROTOCOL_VERSION_UNSUPPORTED", { 70, 70 } },
    { "ecdsa", malformed_hello, 1, 0, "S2N_ERR_BAD_MESSAGE", { 50, 50 } },
};

static void check_alert(const struct failure *failure, int tls13)
{
    struct pair *pair = new_pair(tls13, failure->chain);
    struct s2n_connection *failing = failure->of_server ? pair->server : pair->client;
    struct s2n_connection *peer = failure->of_server ? pair->client : pair->server;
    CHECK_OK(s2n_config_set_max_blinding_delay(pair->config, 0));
    uint8_t alert = 255;
    CHECK_ERROR(rs2n_connection_get_error_alert(failing, &alert), S2N_ERR_NO_ALERT);
    CHECK(alert == 255);
    if (failure->prepare != NULL) {
        failure->prepare(pair);
    }
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(failure->of_server ? server : client, failure->error);
    CHECK_OK(rs2n_connection_get_error_alert(failing, &alert));
    printf("%s: alert %d\n", failure->error, alert);
    CHECK(alert == failure->alert[tls13]);

    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    s2n_shutdown_send(failing, &blocked);
    uint8_t byte;
    if (s2n_negotiate(peer, &blocked) == 0) {
        CHECK_ERROR(s2n_recv(peer, &byte, 1, &blocked), S2N_ERR_ALERT);
    }
    CHECK(s2n_connection_get_alert(peer) == alert);
    /* There is none for the alert of the peer. */
    CHECK_ERROR(rs2n_connection_get_error_alert(peer, &alert), S2N_ERR_NO_ALERT);
    CHECK_ERROR(rs2n_connection_get_error_alert(NULL, &alert), S2N_ERR_NULL);
    CHECK_ERROR(rs2n_connection_get_error_alert(failing, NULL), S2N_ERR_NULL);
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    without_certificate = s2n_config_new_minimal();
    CHECK(without_certificate != NULL);
    CHECK_OK(s2n_config_disable_x509_verification(without_certificate));
    for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
        for (int tls13 = failures[i].lowest_version; tls13 < 2; tls13++) {
            check_alert(&failures[i], tls13);
        }
    }
    CHECK_OK(s2n_config_free(without_certificate));
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
