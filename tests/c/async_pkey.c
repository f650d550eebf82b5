/*
 * Async private key operations: external keys, signing later and in other threads, and failures.
 *
 * usage: async_pkey FOLDER-OF-CERTIFICATES
 */
#include "openssl.h"
#include "pair.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* The behaviour of the async private key callback, and its arguments. */
static struct {
    int calls;
    int result;
    bool signs_immediately;
    bool frees_connection;
    void (*nested)(void);
    s2n_cert_private_key *key;
    s2n_cert_private_key *client_key;
    const struct s2n_connection *server;
    struct s2n_connection *conn;
    struct s2n_async_pkey_op *op;
    pthread_t thread;
} callback;

static int sign(struct s2n_connection *conn, struct s2n_async_pkey_op *op)
{
    callback.calls++;
    callback.conn = conn;
    callback.op = op;
    s2n_async_pkey_op_type type = S2N_ASYNC_DECRYPT;
    CHECK_OK(s2n_async_pkey_op_get_op_type(op, &type));
    CHECK(type == S2N_ASYNC_SIGN);

    /* Everything needed to select a key and a signing mechanism is available. */
    struct s2n_cert_chain_and_key *chain = s2n_connection_get_selected_cert(conn);
    CHECK(chain != NULL && s2n_cert_chain_and_key_get_private_key(chain) != NULL);
    s2n_tls_hash_algorithm hash = S2N_TLS_HASH_NONE;
    if (conn == callback.server) {
        CHECK_OK(s2n_connection_get_selected_digest_algorithm(conn, &hash));
    } else {
        CHECK_OK(s2n_connection_get_selected_client_cert_digest_algorithm(conn, &hash));
    }
    bool is_tls13 = s2n_connection_get_actual_protocol_version(conn) == S2N_TLS13;
    CHECK_TEXT(s2n_connection_get_last_message_name(conn), conn != callback.server
            ? "CLIENT_CERT_VERIFY" : is_tls13 ? "SERVER_CERT_VERIFY" : "SERVER_KEY");
    CHECK(hash == S2N_TLS_HASH_SHA256 || hash == S2N_TLS_HASH_SHA384);
    CHECK_ERROR(s2n_async_pkey_op_apply(op, conn), S2N_ERR_ASYNC_NOT_PERFORMED);
    if (callback.nested != NULL) {
        callback.nested();
    }
    if (callback.frees_connection) {
        CHECK_OK(s2n_connection_free(conn));
    }
    if (callback.signs_immediately) {
        bool is_client = callback.client_key != NULL && callback.calls == 2;
        CHECK_OK(s2n_async_pkey_op_perform(op, is_client ? callback.client_key : callback.key));
        CHECK_OK(s2n_async_pkey_op_apply(op, conn));
        CHECK_OK(s2n_async_pkey_op_free(op));
        callback.op = NULL;
    }
    return callback.result;
}

static uint8_t accept_any(const char *name, size_t len, void *data)
{
    (void)name;
    (void)len;
    (void)data;
    return 1;
}

static struct pair *new_pair_with_callback(int tls13, const char *chain)
{
    memset(&callback, 0, sizeof(callback));
    struct pair *pair = new_pair(tls13, chain);
    callback.key = s2n_cert_chain_and_key_get_private_key(pair->chain);
    CHECK(callback.key != NULL);
    CHECK_OK(s2n_config_set_async_pkey_callback(pair->config, sign));
    callback.server = pair->server;
    return pair;
}

/* Drives both handshakes until neither makes progress, and returns their outcomes. */
static void advance(struct pair *pair, const char **client, const char **server)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    *client = *server = "S2N_ERR_IO_BLOCKED";
    for (int turn = 0; turn < 8; turn++) {
        const char **outcome = turn % 2 == 0 ? client : server;
        if (strcmp(*outcome, "S2N_ERR_IO_BLOCKED") != 0) {
            continue;
        }
        int result = s2n_negotiate(turn % 2 == 0 ? pair->client : pair->server, &blocked);
        *outcome = result == 0 ? "S2N_ERR_OK" : s2n_strerror_name(s2n_errno);
    }
}

static void expect_outcomes(struct pair *pair, const char *client, const char *server)
{
    const char *client_outcome, *server_outcome;
    advance(pair, &client_outcome, &server_outcome);
    CHECK_TEXT(client_outcome, client);
    CHECK_TEXT(server_outcome, server);
}

/* A handshake that is blocked on the server's signature. */
static struct pair *new_blocked_pair(int tls13, const char *chain)
{
    struct pair *pair = new_pair_with_callback(tls13, chain);
    expect_outcomes(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");
    CHECK(callback.calls == 1 && callback.conn == pair->server && callback.op != NULL);
    return pair;
}

static void complete_handshake(struct pair *pair)
{
    expect_outcomes(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    uint8_t buf[5];
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK(s2n_send(pair->server, "hello", 5, &blocked) == 5);
    CHECK(s2n_recv(pair->client, buf, 5, &blocked) == 5);
    CHECK(s2n_send(pair->client, "hello", 5, &blocked) == 5);
    CHECK(s2n_recv(pair->server, buf, 5, &blocked) == 5);
    CHECK(memcmp(buf, "hello", 5) == 0);
}

static void the_callback_may_sign_immediately(int tls13, const char *chain)
{
    struct pair *pair = new_pair_with_callback(tls13, chain);
    callback.signs_immediately = true;
    complete_handshake(pair);
    CHECK(callback.calls == 1);
    disconnect(pair);
}

static void the_application_may_sign_later(int tls13, const char *chain)
{
    struct pair *pair = new_blocked_pair(tls13, chain);
    for (int times = 0; times < 3; times++) {
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ASYNC_BLOCKED);
        CHECK(blocked == S2N_BLOCKED_ON_APPLICATION_INPUT);
        CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
    }
    CHECK(s2n_connection_get_actual_protocol_version(pair->server)
            == (tls13 ? S2N_TLS13 : S2N_TLS12));
    CHECK_OK(s2n_async_pkey_op_perform(callback.op, callback.key));
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ASYNC_BLOCKED);
    CHECK_OK(s2n_async_pkey_op_apply(callback.op, pair->server));
    CHECK_OK(s2n_async_pkey_op_free(callback.op));
    complete_handshake(pair);
    CHECK(callback.calls == 1);
    disconnect(pair);
}

static void *sign_and_apply(void *conn)
{
    CHECK_OK(s2n_async_pkey_op_perform(callback.op, callback.key));
    CHECK_OK(s2n_async_pkey_op_apply(callback.op, conn));
    CHECK_OK(s2n_async_pkey_op_free(callback.op));
    return NULL;
}

static void *resume(void *pair)
{
    complete_handshake(pair);
    return NULL;
}

static void in_another_thread(void *(*function)(void *), void *argument)
{
    pthread_t thread;
    CHECK_OK(pthread_create(&thread, NULL, function, argument));
    CHECK_OK(pthread_join(thread, NULL));
}

/* A second thread signs, and a third one resumes the handshake. */
static void another_thread_may_sign(int tls13, const char *chain)
{
    struct pair *pair = new_blocked_pair(tls13, chain);
    in_another_thread(sign_and_apply, pair->server);
    in_another_thread(resume, pair);
    disconnect(pair);
}

static const char *padding(int tls13, const char *chain)
{
    if (strncmp(chain, "ecdsa", 5) == 0) {
        return NULL;
    }
    return tls13 ? "pss" : "pkcs1";
}

/* An external signer signs the hash; its size identifies the algorithm. */
static void an_external_signer_may_set_the_output(int tls13, const char *chain, bool is_strict)
{
    struct pair *pair = new_pair_with_callback(tls13, chain);
    const uint32_t size = strcmp(chain, "ecdsa384") == 0 ? 48 : 32;
    CHECK_OK(s2n_config_set_async_pkey_validation_mode(pair->config,
            is_strict ? S2N_ASYNC_PKEY_VALIDATION_STRICT : S2N_ASYNC_PKEY_VALIDATION_FAST));
    expect_outcomes(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");

    uint8_t hash[64];
    memset(hash, 0xaa, sizeof(hash));
    uint32_t input = 0;
    CHECK_OK(s2n_async_pkey_op_get_input_size(callback.op, &input));
    CHECK(input == size);
    CHECK_ERROR(s2n_async_pkey_op_get_input(callback.op, hash, size - 1), S2N_ERR_SAFETY);
    CHECK_ERROR(s2n_async_pkey_op_get_input(callback.op, hash, 0), S2N_ERR_SAFETY);
    CHECK_OK(s2n_async_pkey_op_get_input(callback.op, hash, sizeof(hash)));
    CHECK(hash[size] == 0xaa);
    uint8_t again[64];
    CHECK_OK(s2n_async_pkey_op_get_input(callback.op, again, size));
    CHECK(memcmp(hash, again, size) == 0);

    uint8_t signature[512];
    uint32_t length = openssl_sign(folder, chain, padding(tls13, chain), hash, size, signature);
    CHECK_OK(s2n_async_pkey_op_set_output(callback.op, signature, length));
    memset(signature, 0, sizeof(signature));
    CHECK_OK(s2n_async_pkey_op_apply(callback.op, pair->server));
    CHECK_OK(s2n_async_pkey_op_free(callback.op));
    complete_handshake(pair);
    disconnect(pair);
}

/* Without validation an invalid signature is sent, and the client rejects it. */
static void an_unvalidated_signature_is_sent(int tls13, const char *chain)
{
    struct pair *pair = new_blocked_pair(tls13, chain);
    CHECK_OK(s2n_async_pkey_op_set_output(callback.op, (const uint8_t *)"wrong", 5));
    CHECK_OK(s2n_async_pkey_op_apply(callback.op, pair->server));
    CHECK_OK(s2n_async_pkey_op_free(callback.op));
    const char *client, *server;
    advance(pair, &client, &server);
    CHECK(strcmp(client, "S2N_ERR_OK") != 0 && strcmp(client, "S2N_ERR_IO_BLOCKED") != 0);
    disconnect(pair);
}

static void an_invalid_signature_is_rejected_by_validation(int tls13, const char *chain, bool is_after_sign)
{
    struct pair *pair = new_pair_with_callback(tls13, chain);
    if (is_after_sign) {
        CHECK_OK(s2n_config_set_verify_after_sign(pair->config, S2N_VERIFY_AFTER_SIGN_ENABLED));
    } else {
        CHECK_OK(s2n_config_set_async_pkey_validation_mode(pair->config,
                S2N_ASYNC_PKEY_VALIDATION_STRICT));
    }
    expect_outcomes(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");
    CHECK_OK(s2n_async_pkey_op_set_output(callback.op, (const uint8_t *)"wrong", 5));
    CHECK_ERROR(s2n_async_pkey_op_apply(callback.op, pair->server), S2N_ERR_VERIFY_SIGNATURE);
    CHECK_ERROR(s2n_async_pkey_op_perform(callback.op, callback.key),
            S2N_ERR_ASYNC_ALREADY_PERFORMED);
    expect_outcomes(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");

#ifdef REFERENCE /* s2n-tls has consumed its hash state, and rejects valid signatures too */
    CHECK_OK(s2n_async_pkey_op_free(callback.op));
    disconnect(pair);
    return;
#endif
    /* A valid one is still accepted. */
    uint8_t hash[32], signature[512];
    CHECK_OK(s2n_async_pkey_op_get_input(callback.op, hash, sizeof(hash)));
    uint32_t length = openssl_sign(folder, chain, padding(tls13, chain), hash, sizeof(hash), signature);
    CHECK_OK(s2n_async_pkey_op_set_output(callback.op, signature, length));
    CHECK_OK(s2n_async_pkey_op_apply(callback.op, pair->server));
    CHECK_OK(s2n_async_pkey_op_free(callback.op));
    complete_handshake(pair);
    disconnect(pair);
}

/* With valid signatures, verification after signing changes nothing else. */
static void valid_signatures_pass_verify_after_sign(int tls13, const char *chain)
{
    struct pair *pair = new_pair(tls13, chain);
    CHECK_OK(s2n_config_set_verify_after_sign(pair->config, S2N_VERIFY_AFTER_SIGN_ENABLED));
    complete_handshake(pair);
    disconnect(pair);

    pair = new_pair_with_callback(tls13, chain);
    CHECK_OK(s2n_config_set_verify_after_sign(pair->config, S2N_VERIFY_AFTER_SIGN_ENABLED));
    callback.signs_immediately = true;
    complete_handshake(pair);
    disconnect(pair);
}

static void misuse_is_an_error(int tls13)
{
    struct pair *pair = new_blocked_pair(tls13, "ecdsa");
    struct s2n_async_pkey_op *op = callback.op;
    CHECK_ERROR(s2n_async_pkey_op_apply(op, pair->server), S2N_ERR_ASYNC_NOT_PERFORMED);
    CHECK_ERROR(s2n_async_pkey_op_perform(op, NULL), S2N_ERR_NULL);
    CHECK_ERROR(s2n_async_pkey_op_perform(NULL, callback.key), S2N_ERR_NULL);
    CHECK_ERROR(s2n_async_pkey_op_set_output(op, NULL, 1), S2N_ERR_NULL);
    CHECK_ERROR(s2n_async_pkey_op_get_input(op, NULL, 1), S2N_ERR_NULL);
    CHECK_OK(s2n_async_pkey_op_perform(op, callback.key));
    CHECK_ERROR(s2n_async_pkey_op_perform(op, callback.key), S2N_ERR_ASYNC_ALREADY_PERFORMED);
    CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_USAGE);
    CHECK_ERROR(s2n_async_pkey_op_apply(op, pair->client), S2N_ERR_ASYNC_WRONG_CONNECTION);
    CHECK_OK(s2n_async_pkey_op_apply(op, pair->server));
    CHECK_ERROR(s2n_async_pkey_op_apply(op, pair->server), S2N_ERR_ASYNC_ALREADY_APPLIED);
    CHECK_ERROR(s2n_async_pkey_op_apply(op, pair->client), S2N_ERR_ASYNC_ALREADY_APPLIED);
    CHECK_ERROR(s2n_async_pkey_op_perform(op, callback.key), S2N_ERR_ASYNC_ALREADY_PERFORMED);
    complete_handshake(pair);
    CHECK_ERROR(s2n_async_pkey_op_apply(op, pair->server), S2N_ERR_ASYNC_ALREADY_APPLIED);
    CHECK_OK(s2n_async_pkey_op_free(op));
    CHECK_ERROR(s2n_async_pkey_op_free(NULL), S2N_ERR_NULL);

    s2n_async_pkey_validation_mode mode = 7;
    CHECK_ERROR(s2n_config_set_async_pkey_validation_mode(pair->config, mode),
            S2N_ERR_INVALID_ARGUMENT);
    s2n_verify_after_sign after = 7;
    CHECK_ERROR(s2n_config_set_verify_after_sign(pair->config, after), S2N_ERR_INVALID_ARGUMENT);
    disconnect(pair);
}

/* An operation can be applied only to the handshake that created it. */
static void an_operation_belongs_to_one_handshake(int tls13)
{
    struct pair *pair = new_blocked_pair(tls13, "ecdsa");
    struct s2n_async_pkey_op *op = callback.op;
    struct pair *other = new_blocked_pair(tls13, "ecdsa");
    CHECK_OK(s2n_async_pkey_op_perform(op, callback.key));
    CHECK_ERROR(s2n_async_pkey_op_apply(op, other->server), S2N_ERR_ASYNC_WRONG_CONNECTION);
    CHECK_OK(s2n_async_pkey_op_apply(op, pair->server));
    CHECK_OK(s2n_async_pkey_op_free(op));
    CHECK_OK(s2n_async_pkey_op_free(callback.op));
    complete_handshake(pair);
    disconnect(pair);
    disconnect(other);
}

static void a_freed_operation_blocks_its_handshake(int tls13)
{
    struct pair *pair = new_blocked_pair(tls13, "ecdsa");
    CHECK_OK(s2n_async_pkey_op_free(callback.op));
    for (int times = 0; times < 3; times++) {
        expect_outcomes(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");
    }
    CHECK(callback.calls == 1);
    disconnect(pair);
}

static void a_callback_failure_fails_the_handshake(int tls13, bool has_signed)
{
    struct pair *pair = new_pair_with_callback(tls13, "ecdsa");
    callback.result = -1;
    callback.signs_immediately = has_signed;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ASYNC_CALLBACK_FAILED);
    CHECK(blocked == S2N_BLOCKED_ON_WRITE);
    CHECK(s2n_connection_get_delay(pair->server) == 0);
    if (!has_signed) {
        /* The callback owns the operation even after a failure. */
        CHECK_OK(s2n_async_pkey_op_free(callback.op));
    }
    disconnect(pair);
}

static void a_connection_may_be_freed_before_its_operation(int tls13)
{
    struct pair *pair = new_blocked_pair(tls13, "ecdsa");
    struct s2n_async_pkey_op *op = callback.op;
    struct s2n_cert_chain_and_key *chain = load_chain(folder, "ecdsa");
    disconnect(pair);
    uint8_t hash[32];
    CHECK_OK(s2n_async_pkey_op_get_input(op, hash, sizeof(hash)));
#ifndef REFERENCE /* s2n-tls reads the freed connection */
    s2n_cert_private_key *key = s2n_cert_chain_and_key_get_private_key(chain);
    CHECK_OK(s2n_async_pkey_op_perform(op, key));
#endif
    CHECK_OK(s2n_async_pkey_op_free(op));
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
}

static void a_blocked_connection_may_be_wiped(int tls13)
{
    struct pair *pair = new_blocked_pair(tls13, "ecdsa");
    struct s2n_async_pkey_op *op = callback.op;
    CHECK_OK(s2n_async_pkey_op_perform(op, callback.key));
    struct s2n_connection *const ends[] = { pair->client, pair->server };
    for (int end = 0; end < 2; end++) {
        CHECK_OK(s2n_connection_wipe(ends[end]));
    }
    CHECK_ERROR(s2n_async_pkey_op_apply(op, pair->server), S2N_ERR_ASYNC_WRONG_CONNECTION);

    attach_again(pair);
    expect_outcomes(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");
    CHECK(callback.calls == 2);
#ifndef REFERENCE /* s2n-tls applies the old signature to the new handshake */
    CHECK_ERROR(s2n_async_pkey_op_apply(op, pair->server), S2N_ERR_ASYNC_WRONG_CONNECTION);
#endif
    CHECK_OK(s2n_async_pkey_op_free(op));
    sign_and_apply(pair->server);
    complete_handshake(pair);
    disconnect(pair);
}

#ifndef REFERENCE /* s2n-tls forbids it */
static void the_callback_may_free_the_connection(int tls13)
{
    for (int result = -1; result <= 0; result++) {
        struct pair *pair = new_pair_with_callback(tls13, "ecdsa");
        callback.frees_connection = true;
        callback.result = result;
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
        CHECK(s2n_negotiate(pair->server, &blocked) == -1);
        CHECK_OK(s2n_async_pkey_op_perform(callback.op, callback.key));
        CHECK_OK(s2n_async_pkey_op_free(callback.op));
        pair->server = s2n_connection_new(S2N_SERVER);
        disconnect(pair);
    }
}
#endif

#ifndef REFERENCE /* s2n-tls does not allow concurrent use of the connection */
static int sign_in_a_thread(struct s2n_connection *conn, struct s2n_async_pkey_op *op)
{
    callback.op = op;
    CHECK_OK(pthread_create(&callback.thread, NULL, sign_and_apply, conn));
    return 0;
}

/* The signature is applied while another thread keeps calling s2n_negotiate(). */
static void a_signature_may_be_applied_concurrently(int tls13)
{
    for (int times = 0; times < 20; times++) {
        struct pair *pair = new_pair_with_callback(tls13, "ecdsa");
        CHECK_OK(s2n_config_set_async_pkey_callback(pair->config, sign_in_a_thread));
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
        do {
            CHECK(s2n_negotiate(pair->server, &blocked) == -1);
            CHECK(s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
        } while (blocked == S2N_BLOCKED_ON_APPLICATION_INPUT);
        CHECK_OK(pthread_join(callback.thread, NULL));
        complete_handshake(pair);
        disconnect(pair);
    }
}
#endif

/* A chain without a private key requires the callback, and the key of another object. */
static void a_chain_may_have_no_private_key(int tls13, const char *name)
{
    struct pair *pair = new_pair_with_callback(tls13, name);
    char file[64];
    snprintf(file, sizeof(file), "%s.pem", name);
    char *pem = read_file(folder, file);
    struct s2n_cert_chain_and_key *chain = s2n_cert_chain_and_key_new();
    CHECK_OK(s2n_cert_chain_and_key_load_public_pem_bytes(chain, (uint8_t *)pem, strlen(pem)));
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, chain));
    CHECK_OK(s2n_config_set_cipher_preferences(config, policy(tls13)));
    CHECK_ERROR(s2n_connection_set_config(pair->server, config), S2N_ERR_NO_PRIVATE_KEY);
    CHECK_OK(s2n_config_set_async_pkey_callback(config, sign));
    CHECK_OK(s2n_connection_set_config(pair->server, config));

    expect_outcomes(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");
    s2n_cert_private_key *none = s2n_cert_chain_and_key_get_private_key(chain);
    CHECK(none != NULL);
    CHECK_ERROR(s2n_async_pkey_op_perform(callback.op, none), S2N_ERR_NULL);
    sign_and_apply(pair->server);
    complete_handshake(pair);
    free(pem);
    disconnect(pair);
    CHECK_OK(s2n_config_free(config));
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
    CHECK_FAILS(s2n_cert_chain_and_key_get_private_key(NULL), NULL, S2N_ERR_NULL);
}

/* A client certificate. */
struct client_certificate {
    struct s2n_config *config;
    struct s2n_cert_chain_and_key *chain;
};

static struct client_certificate set_client_certificate(struct pair *pair, const char *name)
{
    struct client_certificate certificate = { s2n_config_new_minimal(), load_chain(folder, name) };
    char *authority = read_file(folder, "ca.pem");
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(certificate.config, certificate.chain));
    CHECK_OK(s2n_config_add_pem_to_trust_store(certificate.config, authority));
    CHECK_OK(s2n_config_set_cipher_preferences(certificate.config, policy(pair->tls13)));
    CHECK_OK(s2n_config_set_async_pkey_callback(certificate.config, sign));
    CHECK_OK(s2n_connection_set_config(pair->client, certificate.config));
    CHECK_OK(s2n_connection_set_verify_host_callback(pair->server, accept_any, NULL));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->client, S2N_CERT_AUTH_REQUIRED));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->server, S2N_CERT_AUTH_REQUIRED));
    free(authority);
    return certificate;
}

static void free_client_certificate(struct client_certificate *certificate)
{
    CHECK_OK(s2n_config_free(certificate->config));
    CHECK_OK(s2n_cert_chain_and_key_free(certificate->chain));
}

/* The server signs later, and the client immediately or later too. */
static void a_client_may_sign_asynchronously(int tls13, const char *chain, bool signs_later)
{
    struct pair *pair = new_pair_with_callback(tls13, chain);
    const char *name = strcmp(chain, "rsa") == 0 ? "client-rsa" : "client";
    struct client_certificate client = set_client_certificate(pair, name);
    CHECK_OK(s2n_config_set_async_pkey_validation_mode(pair->config,
            S2N_ASYNC_PKEY_VALIDATION_STRICT));
    CHECK_OK(s2n_config_set_async_pkey_validation_mode(client.config,
            S2N_ASYNC_PKEY_VALIDATION_STRICT));
    expect_outcomes(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");
    CHECK(callback.conn == pair->server);
    sign_and_apply(pair->server);
    callback.key = s2n_cert_chain_and_key_get_private_key(client.chain);
    callback.signs_immediately = !signs_later;
    if (signs_later) {
        expect_outcomes(pair, "S2N_ERR_ASYNC_BLOCKED", "S2N_ERR_IO_BLOCKED");
        CHECK(callback.conn == pair->client);
        in_another_thread(sign_and_apply, pair->client);
    }
    complete_handshake(pair);
    CHECK(callback.calls == 2);
    CHECK(s2n_connection_client_cert_used(pair->server) == 1);
    disconnect(pair);
    free_client_certificate(&client);
}

/* An unexpected CertificateRequest is rejected before the client signs. */
static void an_unexpected_certificate_request_is_not_signed(int tls13)
{
    struct pair *pair = new_pair_with_callback(tls13, "ecdsa");
    callback.signs_immediately = true;
    CHECK_OK(s2n_connection_set_client_auth_type(pair->client, S2N_CERT_AUTH_NONE));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->server, S2N_CERT_AUTH_OPTIONAL));
    const char *client, *server;
    advance(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_UNEXPECTED_CERT_REQUEST");
    CHECK(callback.calls == 1);
    disconnect(pair);
}

/* HelloRetryRequest: the server's only group is not the client's first, so it signs in its second flight. */
static void a_hello_retry_request_is_followed_by_one_signature(void)
{
    struct pair *pair = new_pair_with_callback(1, "rsa");
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->server, "20250211"));
    expect_outcomes(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");
    uint32_t size = 0;
    CHECK_OK(s2n_async_pkey_op_get_input_size(callback.op, &size));
    CHECK(size == 48);
    sign_and_apply(pair->server);
    complete_handshake(pair);
    CHECK(callback.calls == 1);
    CHECK(strstr(s2n_connection_get_handshake_type_name(pair->server), "HELLO_RETRY_REQUEST"));
    disconnect(pair);
}

static int nested_tls13;

/* The callback may use TLS itself, to reach a remote signer. */
static void run_nested_handshake(void)
{
    struct pair *pair = connected(nested_tls13);
    complete_handshake(pair);
    disconnect(pair);
}

static void the_callback_may_run_another_handshake(int tls13, int nested)
{
    struct pair *pair = new_pair_with_callback(tls13, "ecdsa");
    struct client_certificate client = set_client_certificate(pair, "client");
    callback.client_key = s2n_cert_chain_and_key_get_private_key(client.chain);
    nested_tls13 = nested;
    callback.nested = run_nested_handshake;
    callback.signs_immediately = true;
    complete_handshake(pair);
    CHECK(callback.calls == 2);
    disconnect(pair);
    free_client_certificate(&client);
}

static void a_key_of_another_type_is_rejected(void)
{
    /* s2n-tls would sign with an ECDSA key for TLS 1.2 with PKCS #1 padding. */
    struct pair *pair = new_blocked_pair(1, "rsa");
    struct s2n_cert_chain_and_key *other = load_chain(folder, "ecdsa");
    s2n_cert_private_key *key = s2n_cert_chain_and_key_get_private_key(other);
    CHECK_ERROR(s2n_async_pkey_op_perform(callback.op, key), S2N_ERR_PKEY_CTX_INIT);
    sign_and_apply(pair->server);
    complete_handshake(pair);
    disconnect(pair);
    CHECK_OK(s2n_cert_chain_and_key_free(other));
}

/* Without the callback the library signs with the loaded keys again. */
static void the_callback_may_be_removed(int tls13)
{
    struct pair *pair = new_pair_with_callback(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_async_pkey_callback(pair->config, NULL));
    complete_handshake(pair);
    CHECK(callback.calls == 0);
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        /* In TLS 1.2 the policy prefers SHA-256, whatever the curve is, and has no RSA-PSS. */
        const char *const chains[] = { "ecdsa", "rsa", "ecdsa384", "pss", "pss-sha256" };
        for (int chain = 0; chain < (tls13 ? 5 : 2); chain++) {
            the_callback_may_sign_immediately(tls13, chains[chain]);
            the_application_may_sign_later(tls13, chains[chain]);
            another_thread_may_sign(tls13, chains[chain]);
            an_external_signer_may_set_the_output(tls13, chains[chain], false);
            an_external_signer_may_set_the_output(tls13, chains[chain], true);
            a_chain_may_have_no_private_key(tls13, chains[chain]);
            valid_signatures_pass_verify_after_sign(tls13, chains[chain]);
            an_unvalidated_signature_is_sent(tls13, chains[chain]);
        }
        for (int chain = 0; chain < 2; chain++) {
            an_invalid_signature_is_rejected_by_validation(tls13, chains[chain], false);
            an_invalid_signature_is_rejected_by_validation(tls13, chains[chain], true);
            a_client_may_sign_asynchronously(tls13, chains[chain], false);
            a_client_may_sign_asynchronously(tls13, chains[chain], true);
        }
        misuse_is_an_error(tls13);
        an_operation_belongs_to_one_handshake(tls13);
        a_freed_operation_blocks_its_handshake(tls13);
        a_callback_failure_fails_the_handshake(tls13, false);
        a_callback_failure_fails_the_handshake(tls13, true);
        a_connection_may_be_freed_before_its_operation(tls13);
        a_blocked_connection_may_be_wiped(tls13);
#ifndef REFERENCE
        the_callback_may_free_the_connection(tls13);
        a_signature_may_be_applied_concurrently(tls13);
#endif
        an_unexpected_certificate_request_is_not_signed(tls13);
        the_callback_may_run_another_handshake(tls13, 0);
        the_callback_may_run_another_handshake(tls13, 1);
        the_callback_may_be_removed(tls13);
    }
    a_key_of_another_type_is_rejected();
    a_hello_retry_request_is_followed_by_one_signature();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
