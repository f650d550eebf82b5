/*
 * Peer verification: CRLs, the certificate validation callback, stapled OCSP responses, verification
 * settings, and the certificate request callback of clients.
 */
#include "pair.h"

#include <pthread.h>
#include <s2n/unstable/cert_authorities.h>
#include <s2n/unstable/crl.h>
#include <stdbool.h>
#include <time.h>

static void expect(struct pair *pair, const char *client_outcome, const char *server_outcome)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, client_outcome);
    CHECK_TEXT(server, server_outcome);
}

/* The client's handshake is blocked on the application, and a repeated call too. */
static void expect_blocked(struct pair *pair)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    expect(pair, "S2N_ERR_ASYNC_BLOCKED", "S2N_ERR_IO_BLOCKED");
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_ASYNC_BLOCKED);
    CHECK(blocked == S2N_BLOCKED_ON_APPLICATION_INPUT);
}

/* Replaces the client connection, so that it uses the changed config. */
static void renew_client(struct pair *pair)
{
    CHECK_OK(s2n_connection_free(pair->client));
    pair->client = s2n_connection_new(S2N_CLIENT);
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    CHECK_OK(s2n_set_server_name(pair->client, "localhost"));
}

/* Certificate revocation lists */

static struct s2n_crl *load_crl(const char *name)
{
    char *pem = read_file(folder, name);
    struct s2n_crl *crl = s2n_crl_new();
    CHECK(crl != NULL);
    CHECK_OK(s2n_crl_load_pem(crl, (uint8_t *) pem, strlen(pem)));
    CHECK_ERROR(s2n_crl_load_pem(crl, (uint8_t *) pem, strlen(pem)), S2N_ERR_INVALID_ARGUMENT);
    free(pem);
    return crl;
}

enum reply { IMMEDIATE, LATER, IGNORE, FAILURE };

struct lists {
    struct s2n_crl *crls[2];
    enum reply reply;
    struct s2n_crl_lookup *lookups[8];
    int count;
};

static int look_up(struct lists *lists, struct s2n_crl_lookup *lookup)
{
    uint64_t issuer = 0, found = 0;
    CHECK_OK(s2n_crl_lookup_get_cert_issuer_hash(lookup, &issuer));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(s2n_crl_get_issuer_hash(lists->crls[i], &found));
        if (found == issuer) {
            return s2n_crl_lookup_set(lookup, lists->crls[i]);
        }
    }
    return s2n_crl_lookup_ignore(lookup);
}

static int on_lookup(struct s2n_crl_lookup *lookup, void *context)
{
    struct lists *lists = context;
    CHECK(lists->count < 8);
    lists->lookups[lists->count++] = lookup;
    switch (lists->reply) {
        case IMMEDIATE:
            return look_up(lists, lookup);
        case IGNORE:
            return s2n_crl_lookup_ignore(lookup);
        case LATER:
            return 0;
        default:
            return 1;
    }
}

static void revocation(int tls13, const char *chain, enum reply reply, const char *outcome)
{
    struct lists lists = {
        .crls = { load_crl("intermediate.crl"), load_crl("ca.crl") },
        .reply = reply,
    };
    struct pair *pair = new_pair(tls13, chain);
    CHECK_OK(s2n_config_set_crl_lookup_cb(pair->config, on_lookup, &lists));
    if (reply == LATER) {
        expect_blocked(pair);
        CHECK(lists.count == 2);
        CHECK_OK(look_up(&lists, lists.lookups[0]));
        expect_blocked(pair);
        CHECK_OK(look_up(&lists, lists.lookups[1]));
        CHECK(lists.count == 2);
    }
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, outcome);
    CHECK(lists.count == (reply == FAILURE ? 1 : 2));
    CHECK_OK(s2n_crl_free(&lists.crls[0]));
    CHECK(lists.crls[0] == NULL);
    CHECK_OK(s2n_crl_free(&lists.crls[1]));
    disconnect(pair);
}

static void crl_functions(void)
{
    struct s2n_crl *crl = s2n_crl_new();
    uint64_t hash = 0;
    char *pem = read_file(folder, "ca.pem");
    CHECK_ERROR(s2n_crl_get_issuer_hash(crl, &hash), S2N_ERR_NULL);
    CHECK_ERROR(s2n_crl_validate_active(crl), S2N_ERR_NULL);
    CHECK_ERROR(s2n_crl_validate_not_expired(crl), S2N_ERR_NULL);
    CHECK_ERROR(s2n_crl_load_pem(crl, (uint8_t *) pem, 1), S2N_ERR_INVALID_PEM);
    free(pem);
    CHECK_OK(s2n_crl_free(&crl));
    CHECK_OK(s2n_crl_free(&crl));
    CHECK_OK(s2n_crl_free(NULL));

    crl = load_crl("intermediate.crl");
    CHECK_OK(s2n_crl_validate_active(crl));
    CHECK_OK(s2n_crl_validate_not_expired(crl));
    CHECK_OK(s2n_crl_get_issuer_hash(crl, &hash));
    CHECK(hash != 0 && hash <= UINT32_MAX);
    CHECK_OK(s2n_crl_free(&crl));
}

/* Certificate validation callback */

struct validation {
    enum reply reply;
    int accepts;
    struct s2n_cert_validation_info *info;
    uint32_t length;
    int count;
};

static int on_validation(struct s2n_connection *conn, struct s2n_cert_validation_info *info,
        void *context)
{
    struct validation *callback = context;
    struct s2n_cert_chain_and_key *path = s2n_cert_chain_and_key_new();
    if (s2n_connection_get_peer_cert_chain(conn, path) == 0) {
        CHECK_OK(s2n_cert_chain_get_length(path, &callback->length));
    }
    CHECK_OK(s2n_cert_chain_and_key_free(path));
    callback->info = info;
    callback->count++;
    if (callback->reply == FAILURE) {
        return -1;
    }
    if (callback->reply == IMMEDIATE) {
        CHECK_OK(callback->accepts ? s2n_cert_validation_accept(info) : s2n_cert_validation_reject(info));
        CHECK_ERROR(s2n_cert_validation_reject(info), S2N_ERR_INVALID_STATE);
    }
    return 0;
}

static void *accept_in_thread(void *info)
{
    CHECK_OK(s2n_cert_validation_accept(info));
    return NULL;
}

static void validation_callback(int tls13, enum reply reply, int accepts, int verifies, const char *outcome)
{
    struct validation callback = { .reply = reply, .accepts = accepts };
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_cert_validation_cb(pair->config, on_validation, &callback));
    if (!verifies) {
        CHECK_OK(s2n_config_disable_x509_verification(pair->config));
        renew_client(pair);
    }
    if (reply == LATER) {
        expect_blocked(pair);
        if (accepts) {
            pthread_t thread;
            CHECK(pthread_create(&thread, NULL, accept_in_thread, callback.info) == 0);
            CHECK(pthread_join(thread, NULL) == 0);
        } else {
            CHECK_OK(s2n_cert_validation_reject(callback.info));
        }
    }
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, outcome);
    CHECK(callback.count == 1);
    CHECK(callback.length == (verifies ? 3u : 0u));
    disconnect(pair);
}

/* A connection is freed or wiped while its validation is pending. */
static void abandoned_validation(int tls13, int frees)
{
    struct validation callback = { .reply = LATER };
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_cert_validation_cb(pair->config, on_validation, &callback));
    expect_blocked(pair);
    if (!frees) {
        CHECK_OK(s2n_connection_wipe(pair->client));
        CHECK_OK(s2n_connection_wipe(pair->server));
        memset(&pair->to_client, 0, sizeof(struct transport));
        memset(&pair->to_server, 0, sizeof(struct transport));
        attach(pair->client, pair, &pair->to_client, &pair->to_server);
        attach(pair->server, pair, &pair->to_server, &pair->to_client);
        CHECK_OK(s2n_set_server_name(pair->client, "localhost"));
        expect_blocked(pair);
        CHECK_OK(s2n_cert_validation_accept(callback.info));
        expect(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    }
    disconnect(pair);
}

/* Stapled OCSP responses */

static void load_ocsp(struct s2n_cert_chain_and_key *chain, const char *name, int damage)
{
    char path[4096];
    uint8_t response[4096];
    snprintf(path, sizeof(path), "%s/%s.ocsp", folder, name);
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    const size_t length = fread(response, 1, sizeof(response), file);
    CHECK(length > 100 && length < sizeof(response));
    fclose(file);
    if (damage != 0) {
        response[length - damage] ^= 1;
    }
    CHECK_OK(s2n_cert_chain_and_key_set_ocsp_data(chain, response, length));
}

struct stapling {
    const char *chain;
    const char *response;
    int damage;
    bool requests_status;
    bool unchecked;
    uint64_t clock;
    const char *outcome;
};

static int wall_clock(void *seconds, uint64_t *nanoseconds)
{
    *nanoseconds = *(uint64_t *) seconds * 1000000000;
    return 0;
}

static void stapled(int tls13, struct stapling stapling)
{
    struct pair *pair = new_pair(tls13, stapling.chain);
    uint32_t length = 1;
    if (stapling.response != NULL) {
        load_ocsp(pair->chain, stapling.response, stapling.damage);
    }
    if (stapling.requests_status) {
        CHECK_OK(s2n_config_set_status_request_type(pair->config, S2N_STATUS_REQUEST_OCSP));
    }
    if (stapling.unchecked) {
        CHECK_OK(s2n_config_set_check_stapled_ocsp_response(pair->config, 0));
    }
    if (stapling.clock != 0) {
        CHECK_OK(s2n_config_set_wall_clock(pair->config, wall_clock, &stapling.clock));
    }
    renew_client(pair);
    CHECK(s2n_connection_get_ocsp_response(pair->client, &length) == NULL && length == 0);
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, stapling.outcome);
    const bool is_stapled = stapling.response != NULL && stapling.requests_status;
    if (strcmp(client, "S2N_ERR_OK") == 0) {
        CHECK(s2n_connection_is_ocsp_stapled(pair->client) == is_stapled);
        CHECK(s2n_connection_is_ocsp_stapled(pair->server) == is_stapled);
        const uint8_t *response = s2n_connection_get_ocsp_response(pair->client, &length);
        CHECK((response != NULL) == is_stapled && (length > 100) == is_stapled);
        CHECK(s2n_connection_get_ocsp_response(pair->server, &length) == NULL && length == 0);
        length = 77;
        CHECK(s2n_connection_get_sct_list(pair->client, &length) == NULL && length == 0);
    }
    disconnect(pair);
}

static void ocsp_responses(int tls13)
{
    const struct stapling cases[] = {
        { "ecdsa", "ecdsa", 0, true, false, 0, "S2N_ERR_OK" },
        { "ecdsa", "ecdsa", 0, false, false, 0, "S2N_ERR_OK" },
        { "ecdsa", NULL, 0, true, false, 0, "S2N_ERR_OK" },
        { "rsa", "rsa", 0, true, false, 0, "S2N_ERR_CERT_REVOKED" },
        { "rsa", "rsa", 0, true, true, 0, "S2N_ERR_OK" },
        /* A response for another certificate, and one whose signer is not authorized. */
        { "ecdsa", "rsa", 0, true, false, 0, "S2N_ERR_CERT_UNTRUSTED" },
        { "unknown", "ecdsa", 0, true, false, 0, "S2N_ERR_CERT_UNTRUSTED" },
        /* The response is valid for one year, the certificate for ten. */
        { "ecdsa", "ecdsa", 0, true, false, (uint64_t) time(NULL) + 63072000, "S2N_ERR_CERT_EXPIRED" },
        { "ecdsa", "ecdsa", 0, true, true, (uint64_t) time(NULL) + 63072000, "S2N_ERR_OK" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        stapled(tls13, cases[i]);
    }
    /* Not an OCSP response. */
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_cert_chain_and_key_set_ocsp_data(pair->chain, (const uint8_t *) "nonsense", 8));
    CHECK_OK(s2n_config_set_status_request_type(pair->config, S2N_STATUS_REQUEST_OCSP));
    renew_client(pair);
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_INVALID_OCSP_RESPONSE");
    disconnect(pair);
}

/* Verification settings */

static void max_chain_depth(int tls13, uint16_t max, const char *outcome)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    CHECK_ERROR(s2n_config_set_max_cert_chain_depth(pair->config, 0), S2N_ERR_INVALID_ARGUMENT);
    CHECK_OK(s2n_config_set_max_cert_chain_depth(pair->config, max));
    renew_client(pair);
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, outcome);
    disconnect(pair);
}

static void time_verification(int tls13)
{
    for (int disabled = 0; disabled < 2; disabled++) {
        struct pair *pair = new_pair(tls13, "ecdsa");
        uint64_t long_ago = 1000;
        CHECK_OK(s2n_config_set_wall_clock(pair->config, wall_clock, &long_ago));
        if (disabled) {
            CHECK_OK(s2n_config_disable_x509_time_verification(pair->config));
        }
        const char *client, *server;
        negotiate(pair, &client, &server);
        CHECK_TEXT(client, disabled ? "S2N_ERR_OK" : "S2N_ERR_CERT_NOT_YET_VALID");
        disconnect(pair);
    }
}

static void intent_verification(int tls13)
{
    for (int disabled = 0; disabled < 2; disabled++) {
        struct pair *pair = new_pair(tls13, "client");
        if (disabled) {
            CHECK_OK(s2n_config_disable_x509_intent_verification(pair->config));
        }
        const char *client, *server;
        negotiate(pair, &client, &server);
        CHECK_TEXT(client, disabled ? "S2N_ERR_OK" : "S2N_ERR_CERT_INTENT_INVALID");
        disconnect(pair);
    }
}

/* Certificate request callback of clients */

struct choice {
    struct s2n_cert_chain_and_key *chain;
    int result;
    int names;
    int count;
};

static int on_request(struct s2n_connection *conn, void *context,
        struct s2n_certificate_request *request)
{
    struct choice *choice = context;
    struct s2n_certificate_authority_list *list = s2n_certificate_request_get_ca_list(request);
    uint8_t *name = NULL;
    uint16_t length = 0;
    CHECK(conn != NULL && list != NULL);
    choice->count++;
    for (int round = 0; round < 2; round++) {
        choice->names = 0;
        while (s2n_certificate_authority_list_has_next(list)) {
            CHECK_OK(s2n_certificate_authority_list_next(list, &name, &length));
            CHECK(length > 10 && name[0] == 0x30 && name[1] == length - 2);
            choice->names++;
        }
        CHECK_ERROR(s2n_certificate_authority_list_next(list, &name, &length),
                S2N_ERR_INVALID_ARGUMENT);
        CHECK(name == NULL && length == 0);
        CHECK_OK(s2n_certificate_authority_list_reread(list));
    }
    if (choice->chain != NULL) {
        CHECK_OK(s2n_certificate_request_set_certificate(request, choice->chain));
    }
    return choice->result;
}

static uint8_t accept_any(const char *name, size_t length, void *data)
{
    (void) name;
    (void) length;
    (void) data;
    return 1;
}

static void certificate_request(int tls13, bool named, bool sets_certificate, int result, const char *outcome)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    struct choice choice = { .result = result };
    choice.chain = sets_certificate ? load_chain(folder, "client") : NULL;
    CHECK_OK(s2n_config_set_client_auth_type(pair->config, S2N_CERT_AUTH_REQUIRED));
    CHECK_OK(s2n_config_set_verify_host_callback(pair->config, accept_any, NULL));
    CHECK_OK(s2n_config_disable_x509_intent_verification(pair->config));
    if (named) {
        CHECK_OK(s2n_config_set_cert_authorities_from_trust_store(pair->config));
    }
    CHECK_OK(s2n_config_set_cert_request_callback(pair->config, on_request, &choice));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, outcome);
    CHECK(choice.count == 1);
    CHECK(choice.names == (named && tls13 ? 1 : 0) || !tls13);
    if (strcmp(outcome, "S2N_ERR_OK") == 0) {
        CHECK_TEXT(server, outcome);
        CHECK(s2n_connection_get_selected_cert(pair->client) == choice.chain);
        CHECK(s2n_connection_client_cert_used(pair->server) == 1);
    }
    disconnect(pair);
    CHECK_OK(s2n_cert_chain_and_key_free(choice.chain));
}

static void system_roots_are_not_sent(void)
{
    struct s2n_config *config = s2n_config_new();
    CHECK(config != NULL);
    CHECK_ERROR(s2n_config_set_cert_authorities_from_trust_store(config), S2N_ERR_INVALID_STATE);
    CHECK_OK(s2n_config_free(config));
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    crl_functions();
    system_roots_are_not_sent();
    for (int tls13 = 0; tls13 < 2; tls13++) {
        revocation(tls13, "ecdsa", IMMEDIATE, "S2N_ERR_OK");
        revocation(tls13, "ecdsa", LATER, "S2N_ERR_OK");
        revocation(tls13, "ecdsa", IGNORE, "S2N_ERR_CRL_LOOKUP_FAILED");
        revocation(tls13, "ecdsa", FAILURE, "S2N_ERR_CANCELLED");
        revocation(tls13, "rsa", IMMEDIATE, "S2N_ERR_CERT_REVOKED");
        revocation(tls13, "rsa", LATER, "S2N_ERR_CERT_REVOKED");

        validation_callback(tls13, IMMEDIATE, 1, 1, "S2N_ERR_OK");
        validation_callback(tls13, IMMEDIATE, 0, 1, "S2N_ERR_CERT_REJECTED");
        validation_callback(tls13, LATER, 1, 1, "S2N_ERR_OK");
        validation_callback(tls13, LATER, 0, 1, "S2N_ERR_CERT_REJECTED");
        validation_callback(tls13, FAILURE, 0, 1, "S2N_ERR_CANCELLED");
        validation_callback(tls13, IMMEDIATE, 0, 0, "S2N_ERR_CERT_REJECTED");
        abandoned_validation(tls13, 0);
        abandoned_validation(tls13, 1);

        ocsp_responses(tls13);
        max_chain_depth(tls13, 2, "S2N_ERR_OK");
        max_chain_depth(tls13, 1, "S2N_ERR_CERT_MAX_CHAIN_DEPTH_EXCEEDED");
        time_verification(tls13);
        intent_verification(tls13);
        certificate_request(tls13, false, true, 0, "S2N_ERR_OK");
        certificate_request(tls13, true, true, 0, "S2N_ERR_OK");
        certificate_request(tls13, true, false, 0, "S2N_ERR_NO_CERT_FOUND");
        certificate_request(tls13, true, true, 1, "S2N_ERR_CANCELLED");
    }
    CHECK_OK(s2n_cleanup());
    return 0;
}
