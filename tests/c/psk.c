/*
 * External pre-shared keys: their settings, offer and selection, with both hashes, a HelloRetryRequest, and
 * servers without a certificate.
 *
 * usage: psk FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

#include <stdbool.h>

static struct s2n_psk *new_psk(const char *identity, const char *secret, s2n_psk_hmac hmac)
{
    struct s2n_psk *psk = s2n_external_psk_new();
    CHECK(psk != NULL);
    CHECK_OK(s2n_psk_set_identity(psk, (const uint8_t *) identity, strlen(identity)));
    CHECK_OK(s2n_psk_set_secret(psk, (const uint8_t *) secret, strlen(secret)));
    CHECK_OK(s2n_psk_set_hmac(psk, hmac));
    return psk;
}

static void append(struct s2n_connection *conn, const char *identity, const char *secret, s2n_psk_hmac hmac)
{
    struct s2n_psk *psk = new_psk(identity, secret, hmac);
    CHECK_OK(s2n_connection_append_psk(conn, psk));
    /* The connection has a copy. */
    CHECK_OK(s2n_psk_set_identity(psk, (const uint8_t *) "other", 5));
    CHECK_OK(s2n_psk_free(&psk));
    CHECK(psk == NULL);
}

static const char SECRET[] = "0123456789abcdef0123456789abcdef";

static void check_identity(struct s2n_connection *conn, const char *expected)
{
    uint16_t length = 777;
    uint8_t identity[100] = "unchanged";
    const size_t expected_length = expected == NULL ? 0 : strlen(expected);
    CHECK_OK(s2n_connection_get_negotiated_psk_identity_length(conn, &length));
    CHECK(length == expected_length);
    CHECK_OK(s2n_connection_get_negotiated_psk_identity(conn, identity, sizeof(identity)));
    if (expected == NULL) {
        CHECK_TEXT((char *) identity, "unchanged");
        return;
    }
    CHECK(memcmp(identity, expected, length) == 0);
    CHECK_ERROR(s2n_connection_get_negotiated_psk_identity(conn, identity, length - 1),
            S2N_ERR_INSUFFICIENT_MEM_SIZE);
}

static void exchange(struct pair *pair)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    struct s2n_connection *const ends[] = { pair->client, pair->server };
    for (int i = 0; i < 2; i++) {
        uint8_t byte = 7 + i, received = 0;
        CHECK(s2n_send(ends[i], &byte, 1, &blocked) == 1);
        CHECK(s2n_recv(ends[1 - i], &received, 1, &blocked) == 1);
        CHECK(received == byte);
    }
}

/* Completes the handshake, in which both sides use the key `identity`; NULL for none. */
static void complete(struct pair *pair, const char *identity)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    struct s2n_connection *const ends[] = { pair->client, pair->server };
    for (int i = 0; i < 2; i++) {
        check_identity(ends[i], identity);
        const char *type = s2n_connection_get_handshake_type_name(ends[i]);
        CHECK((strstr(type, "FULL_HANDSHAKE") == NULL) == (identity != NULL));
        CHECK(!s2n_connection_is_session_resumed(ends[i]));
        CHECK(s2n_connection_handshake_complete(ends[i]));
    }
    exchange(pair);
    disconnect(pair);
}

/* A server without a certificate, and a client that trusts nothing. */
static struct pair *new_pair_without_certificates(void)
{
    struct pair *pair = calloc(1, sizeof(*pair));
    CHECK(pair != NULL);
    pair->config = s2n_config_new_minimal();
    CHECK_OK(s2n_config_set_cipher_preferences(pair->config, "default_tls13"));
    pair->client = s2n_connection_new(S2N_CLIENT);
    pair->server = s2n_connection_new(S2N_SERVER);
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    attach(pair->server, pair, &pair->to_server, &pair->to_client);
    return pair;
}

static void keys_of_both_hashes_are_used(s2n_psk_hmac hmac)
{
    struct pair *pair = new_pair_without_certificates();
    append(pair->client, "identity", SECRET, hmac);
    append(pair->server, "identity", SECRET, hmac);
    complete(pair, "identity");
    /* With a certificate, which is not sent. */
    pair = new_pair(1, "ecdsa");
    append(pair->client, "identity", SECRET, hmac);
    append(pair->server, "identity", SECRET, hmac);
    complete(pair, "identity");
    /* A HelloRetryRequest: the client has no key share for the groups of the server. */
    pair = new_pair(1, "ecdsa");
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->client, "20240603"));
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->server, "20251113"));
    append(pair->client, "identity", SECRET, hmac);
    append(pair->server, "identity", SECRET, hmac);
    complete(pair, "identity");
}

static void secrets_of_every_length_are_used(void)
{
    static const size_t lengths[] = { 1, 31, 32, 33, 47, 48, 49, 63, 64, 65, 255, 256, 65535 };
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        uint8_t *secret = malloc(lengths[i]);
        CHECK(secret != NULL);
        fill_with_pattern(secret, lengths[i]);
        secret[0] = 1;
        struct pair *pair = new_pair_without_certificates();
        struct s2n_connection *const ends[] = { pair->client, pair->server };
        for (int end = 0; end < 2; end++) {
            struct s2n_psk *psk = new_psk("identity", "-", S2N_PSK_HMAC_SHA256);
            CHECK_OK(s2n_psk_set_secret(psk, secret, lengths[i]));
            CHECK_OK(s2n_connection_append_psk(ends[end], psk));
            CHECK_OK(s2n_psk_free(&psk));
        }
        free(secret);
        complete(pair, "identity");
    }
}

static void identities_have_any_length_that_fits(void)
{
    uint8_t *identity = calloc(1, 65535);
    CHECK(identity != NULL);
    struct pair *pair = new_pair_without_certificates();
    struct s2n_psk *psk = new_psk("-", SECRET, S2N_PSK_HMAC_SHA256);
    CHECK_OK(s2n_psk_set_identity(psk, identity, 65535));
    CHECK_ERROR(s2n_connection_append_psk(pair->client, psk), S2N_ERR_OFFERED_PSKS_TOO_LONG);
    CHECK_OK(s2n_connection_append_psk(pair->server, psk));
    CHECK_ERROR(s2n_psk_set_identity(psk, identity, 0), S2N_ERR_INVALID_ARGUMENT);
    /* The extension: its header, the lengths of both lists, of the identity and the binder, and the age. */
    const uint16_t most = 65535 - 4 - 2 - 2 - 2 - 4 - 1 - 32;
    CHECK_OK(s2n_psk_set_identity(psk, identity, most + 1));
    CHECK_ERROR(s2n_connection_append_psk(pair->client, psk), S2N_ERR_OFFERED_PSKS_TOO_LONG);
    CHECK_OK(s2n_psk_set_identity(psk, identity, 20000));
    CHECK_OK(s2n_connection_append_psk(pair->client, psk));
    CHECK_OK(s2n_connection_append_psk(pair->server, psk));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    uint16_t length = 0;
    CHECK_OK(s2n_connection_get_negotiated_psk_identity_length(pair->server, &length));
    CHECK(length == 20000);
    CHECK_OK(s2n_psk_free(&psk));
    disconnect(pair);
    free(identity);
}

static void the_server_chooses_by_its_order(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    append(pair->client, "third", SECRET, S2N_PSK_HMAC_SHA256);
    append(pair->server, "first", "another secret", S2N_PSK_HMAC_SHA256);
    append(pair->server, "second", "another secret", S2N_PSK_HMAC_SHA384);
    append(pair->server, "third", SECRET, S2N_PSK_HMAC_SHA256);
    complete(pair, "third");
    /* Without a common key, the handshake is a full one. */
    pair = new_pair(1, "ecdsa");
    append(pair->client, "unknown", SECRET, S2N_PSK_HMAC_SHA256);
    append(pair->server, "first", SECRET, S2N_PSK_HMAC_SHA256);
    complete(pair, NULL);
    /* And not possible without a certificate. */
    pair = new_pair_without_certificates();
    append(pair->client, "unknown", SECRET, S2N_PSK_HMAC_SHA256);
    append(pair->server, "first", SECRET, S2N_PSK_HMAC_SHA256);
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, "S2N_ERR_NO_VALID_SIGNATURE_SCHEME");
    disconnect(pair);
    /* A server that resumes sessions does not use external keys. */
    pair = new_pair(1, "ecdsa");
    append(pair->client, "identity", SECRET, S2N_PSK_HMAC_SHA256);
    complete(pair, NULL);
}

static void a_wrong_secret_ends_the_handshake(void)
{
    for (int with_certificate = 0; with_certificate < 2; with_certificate++) {
        struct pair *pair = with_certificate ? new_pair(1, "ecdsa") : new_pair_without_certificates();
        append(pair->client, "identity", SECRET, S2N_PSK_HMAC_SHA256);
        append(pair->server, "identity", "another secret", S2N_PSK_HMAC_SHA256);
        const char *client, *server;
        negotiate(pair, &client, &server);
        CHECK_TEXT(server, "S2N_ERR_BAD_PSK_BINDER");
        CHECK(s2n_connection_get_delay(pair->server) > 0);
        disconnect(pair);
    }
}

/* The binder of a ClientHello that is answered by a HelloRetryRequest is not verified, and the next one may offer
 * another key. */
static void a_key_is_reported_only_if_it_is_used(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->client, "20240603"));
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->server, "20251113"));
    append(pair->client, "another", SECRET, S2N_PSK_HMAC_SHA256);
    append(pair->server, "knownid", SECRET, S2N_PSK_HMAC_SHA256);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    size_t place = 0;
    while (memcmp(pair->to_server.bytes + place, "another", 7) != 0) {
        CHECK(++place < pair->to_server.written);
    }
    memcpy(pair->to_server.bytes + place, "knownid", 7);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_IO_BLOCKED);
    check_identity(pair->server, NULL);
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_IO_BLOCKED);
    check_identity(pair->server, NULL);
    disconnect(pair);
}

static void tls12_ignores_keys(void)
{
    struct pair *pair = new_pair(0, "ecdsa");
    append(pair->client, "identity", SECRET, S2N_PSK_HMAC_SHA256);
    append(pair->server, "identity", SECRET, S2N_PSK_HMAC_SHA256);
    complete(pair, NULL);
}

static void invalid_settings_are_rejected(void)
{
    struct s2n_psk *psk = s2n_external_psk_new();
    const uint8_t zeros[64] = { 0 };
    CHECK(psk != NULL);
    CHECK_ERROR(s2n_psk_set_identity(psk, NULL, 4), S2N_ERR_NULL);
    CHECK_ERROR(s2n_psk_set_identity(psk, NULL, 0), S2N_ERR_NULL);
    CHECK_ERROR(s2n_psk_set_identity(psk, zeros, 0), S2N_ERR_INVALID_ARGUMENT);
    CHECK_ERROR(s2n_psk_set_secret(psk, NULL, 4), S2N_ERR_NULL);
    CHECK_ERROR(s2n_psk_set_secret(psk, zeros, 0), S2N_ERR_INVALID_ARGUMENT);
    CHECK_ERROR(s2n_psk_set_secret(psk, zeros, 64), S2N_ERR_INVALID_ARGUMENT);
    CHECK_ERROR(s2n_psk_set_hmac(psk, (s2n_psk_hmac) 2), S2N_ERR_HMAC_INVALID_ALGORITHM);
    CHECK_ERROR(s2n_psk_set_hmac(psk, (s2n_psk_hmac) -1), S2N_ERR_HMAC_INVALID_ALGORITHM);

    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_ERROR(s2n_connection_append_psk(pair->client, psk), S2N_ERR_INVALID_ARGUMENT);
    CHECK_OK(s2n_psk_set_identity(psk, zeros, 9));
    CHECK_ERROR(s2n_connection_append_psk(pair->client, psk), S2N_ERR_INVALID_ARGUMENT);
    CHECK_OK(s2n_psk_set_secret(psk, (const uint8_t *) SECRET, 16));
    CHECK_OK(s2n_connection_append_psk(pair->client, psk));
    CHECK_ERROR(s2n_connection_append_psk(pair->client, psk), S2N_ERR_DUPLICATE_PSK_IDENTITIES);

    CHECK_ERROR(s2n_connection_set_psk_mode(pair->client, S2N_PSK_MODE_RESUMPTION), S2N_ERR_PSK_MODE);
    CHECK_OK(s2n_connection_set_psk_mode(pair->client, S2N_PSK_MODE_EXTERNAL));
    CHECK_ERROR(s2n_connection_set_psk_mode(pair->server, (s2n_psk_mode) 2), S2N_ERR_INVALID_ARGUMENT);
    CHECK_OK(s2n_connection_set_psk_mode(pair->server, S2N_PSK_MODE_RESUMPTION));
    CHECK_ERROR(s2n_config_set_psk_mode(pair->config, (s2n_psk_mode) 7), S2N_ERR_INVALID_ARGUMENT);
    CHECK_OK(s2n_psk_free(&psk));
    CHECK_OK(s2n_psk_free(&psk));
    CHECK_OK(s2n_psk_free(NULL));
    disconnect(pair);
}

/* What a selection callback does. */
struct selection {
    const char *wanted;
    int calls;
    int offered;
    int result;
};

static int select_psk(struct s2n_connection *conn, void *context, struct s2n_offered_psk_list *list)
{
    struct selection *selection = context;
    struct s2n_offered_psk *psk = s2n_offered_psk_new();
    uint8_t *identity = NULL;
    uint16_t length = 0;
    CHECK(psk != NULL);
    selection->calls++;
    CHECK_ERROR(s2n_offered_psk_get_identity(psk, &identity, &length), S2N_ERR_NULL);
    CHECK_ERROR(s2n_offered_psk_list_choose_psk(list, psk), S2N_ERR_INVALID_ARGUMENT);
    for (int round = 0; round < 2; round++) {
        selection->offered = 0;
        while (s2n_offered_psk_list_has_next(list)) {
            CHECK_OK(s2n_offered_psk_list_next(list, psk));
            CHECK_OK(s2n_offered_psk_get_identity(psk, &identity, &length));
            selection->offered++;
        }
        CHECK_ERROR(s2n_offered_psk_list_next(list, psk), S2N_ERR_STUFFER_OUT_OF_DATA);
        CHECK_OK(s2n_offered_psk_list_reread(list));
    }
    while (selection->wanted != NULL && s2n_offered_psk_list_has_next(list)) {
        CHECK_OK(s2n_offered_psk_list_next(list, psk));
        CHECK_OK(s2n_offered_psk_get_identity(psk, &identity, &length));
        if (length != strlen(selection->wanted) || memcmp(identity, selection->wanted, length) != 0) {
            continue;
        }
        CHECK_ERROR(s2n_offered_psk_list_choose_psk(list, psk), S2N_ERR_NULL);
        /* Now the server knows the key. */
        append(conn, selection->wanted, SECRET, S2N_PSK_HMAC_SHA256);
        CHECK_OK(s2n_offered_psk_list_choose_psk(list, psk));
        CHECK_OK(s2n_offered_psk_list_choose_psk(list, NULL));
        CHECK_OK(s2n_offered_psk_list_choose_psk(list, psk));
    }
    CHECK_OK(s2n_offered_psk_free(&psk));
    CHECK(psk == NULL);
    CHECK_OK(s2n_offered_psk_free(&psk));
    return selection->result;
}

static void a_callback_selects_the_key(void)
{
    static const struct {
        const char *wanted;
        int result;
        const char *used;
    } cases[] = {
        { "identity", 0, "identity" },
        { "identity", -1, NULL },
        { "unknown", 0, NULL },
        { NULL, 0, NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct selection selection = { .wanted = cases[i].wanted, .result = cases[i].result };
        struct pair *pair = new_pair(1, "ecdsa");
        CHECK_OK(s2n_config_set_psk_selection_callback(pair->config, select_psk, &selection));
        CHECK_OK(s2n_config_set_psk_mode(pair->config, S2N_PSK_MODE_EXTERNAL));
        CHECK_OK(s2n_connection_set_psk_mode(pair->server, S2N_PSK_MODE_EXTERNAL));
        append(pair->client, "identity", SECRET, S2N_PSK_HMAC_SHA256);
        complete(pair, cases[i].used);
        CHECK(selection.calls == 1 && selection.offered == 1);
    }
}

static void the_mode_of_the_config_is_inherited(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    struct s2n_config *external = s2n_config_new_minimal();
    CHECK_OK(s2n_config_set_psk_mode(external, S2N_PSK_MODE_EXTERNAL));
    CHECK_OK(s2n_connection_set_config(pair->client, external));
    append(pair->client, "identity", SECRET, S2N_PSK_HMAC_SHA256);
    /* Not with keys. */
    CHECK_OK(s2n_connection_set_config(pair->client, pair->config));
    CHECK_ERROR(s2n_connection_set_psk_mode(pair->client, S2N_PSK_MODE_RESUMPTION), S2N_ERR_PSK_MODE);
    /* A wiped connection has no keys. */
    CHECK_OK(s2n_connection_wipe(pair->client));
    CHECK_OK(s2n_connection_set_psk_mode(pair->client, S2N_PSK_MODE_RESUMPTION));
    CHECK_OK(s2n_config_free(external));
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    keys_of_both_hashes_are_used(S2N_PSK_HMAC_SHA256);
    keys_of_both_hashes_are_used(S2N_PSK_HMAC_SHA384);
    secrets_of_every_length_are_used();
    identities_have_any_length_that_fits();
    the_server_chooses_by_its_order();
    a_wrong_secret_ends_the_handshake();
    a_key_is_reported_only_if_it_is_used();
    tls12_ignores_keys();
    invalid_settings_are_rejected();
    a_callback_selects_the_key();
    the_mode_of_the_config_is_inherited();
    return 0;
}
