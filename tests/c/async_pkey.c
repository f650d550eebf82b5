/*
 * Private keys that are elsewhere: who signs, when, in which thread, and what goes wrong.
 *
 * usage: async_pkey FOLDER-OF-CERTIFICATES
 */
#include "openssl.h"
#include "pair.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* What the callback does, and what it was called with. */
static struct {
    int calls;
    int result;
    bool signs_at_once;
    bool frees_connection;
    void (*also)(void);
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

    /* All is there that it takes to choose a key, and a mechanism. */
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
    if (callback.also != NULL) {
        callback.also();
    }
    if (callback.frees_connection) {
        CHECK_OK(s2n_connection_free(conn));
    }
    if (callback.signs_at_once) {
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

/* Takes turns until neither end has anything to do but wait; gives the outcome of both. */
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

static void comes_to(struct pair *pair, const char *client, const char *server)
{
    const char *client_outcome, *server_outcome;
    advance(pair, &client_outcome, &server_outcome);
    CHECK_TEXT(client_outcome, client);
    CHECK_TEXT(server_outcome, server);
}

/* A handshake up to the server's signature. */
static struct pair *new_waiting_pair(int tls13, const char *chain)
{
    struct pair *pair = new_pair_with_callback(tls13, chain);
    comes_to(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");
    CHECK(callback.calls == 1 && callback.conn == pair->server && callback.op != NULL);
    return pair;
}

static void finishes(struct pair *pair)
{
    comes_to(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    uint8_t buf[5];
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK(s2n_send(pair->server, "hello", 5, &blocked) == 5);
    CHECK(s2n_recv(pair->client, buf, 5, &blocked) == 5);
    CHECK(s2n_send(pair->client, "hello", 5, &blocked) == 5);
    CHECK(s2n_recv(pair->server, buf, 5, &blocked) == 5);
    CHECK(memcmp(buf, "hello", 5) == 0);
}

static void the_callback_may_sign_at_once(int tls13, const char *chain)
{
    struct pair *pair = new_pair_with_callback(tls13, chain);
    callback.signs_at_once = true;
    finishes(pair);
    CHECK(callback.calls == 1);
    disconnect(pair);
}

static void the_application_may_sign_later(int tls13, const char *chain)
{
    struct pair *pair = new_waiting_pair(tls13, chain);
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
    finishes(pair);
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

static void *go_on(void *pair)
{
    finishes(pair);
    return NULL;
}

static void in_another_thread(void *(*function)(void *), void *argument)
{
    pthread_t thread;
    CHECK_OK(pthread_create(&thread, NULL, function, argument));
    CHECK_OK(pthread_join(thread, NULL));
}

/* The signature is made in one thread, and used in a third. */
static void another_thread_may_sign(int tls13, const char *chain)
{
    struct pair *pair = new_waiting_pair(tls13, chain);
    in_another_thread(sign_and_apply, pair->server);
    in_another_thread(go_on, pair);
    disconnect(pair);
}

static const char *padding(int tls13, const char *chain)
{
    if (strncmp(chain, "ecdsa", 5) == 0) {
        return NULL;
    }
    return tls13 ? "pss" : "pkcs1";
}

/* What is signed elsewhere is the hash; the size says which. */
static void a_signature_may_come_from_elsewhere(int tls13, const char *chain, bool is_strict)
{
    struct pair *pair = new_pair_with_callback(tls13, chain);
    const uint32_t size = strcmp(chain, "ecdsa384") == 0 ? 48 : 32;
    CHECK_OK(s2n_config_set_async_pkey_validation_mode(pair->config,
            is_strict ? S2N_ASYNC_PKEY_VALIDATION_STRICT : S2N_ASYNC_PKEY_VALIDATION_FAST));
    comes_to(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");

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
    finishes(pair);
    disconnect(pair);
}

/* The client notices. */
static void a_wrong_signature_goes_out(int tls13, const char *chain)
{
    struct pair *pair = new_waiting_pair(tls13, chain);
    CHECK_OK(s2n_async_pkey_op_set_output(callback.op, (const uint8_t *)"wrong", 5));
    CHECK_OK(s2n_async_pkey_op_apply(callback.op, pair->server));
    CHECK_OK(s2n_async_pkey_op_free(callback.op));
    const char *client, *server;
    advance(pair, &client, &server);
    CHECK(strcmp(client, "S2N_ERR_OK") != 0 && strcmp(client, "S2N_ERR_IO_BLOCKED") != 0);
    disconnect(pair);
}

static void a_wrong_signature_may_be_found(int tls13, const char *chain, bool is_after_sign)
{
    struct pair *pair = new_pair_with_callback(tls13, chain);
    if (is_after_sign) {
        CHECK_OK(s2n_config_set_verify_after_sign(pair->config, S2N_VERIFY_AFTER_SIGN_ENABLED));
    } else {
        CHECK_OK(s2n_config_set_async_pkey_validation_mode(pair->config,
                S2N_ASYNC_PKEY_VALIDATION_STRICT));
    }
    comes_to(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");
    CHECK_OK(s2n_async_pkey_op_set_output(callback.op, (const uint8_t *)"wrong", 5));
    CHECK_ERROR(s2n_async_pkey_op_apply(callback.op, pair->server), S2N_ERR_VERIFY_SIGNATURE);
    CHECK_ERROR(s2n_async_pkey_op_perform(callback.op, callback.key),
            S2N_ERR_ASYNC_ALREADY_PERFORMED);
    comes_to(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");

#ifdef REFERENCE /* s2n-tls has used its hash up, and knows no right signature any more */
    CHECK_OK(s2n_async_pkey_op_free(callback.op));
    disconnect(pair);
    return;
#endif
    /* A better one is still taken. */
    uint8_t hash[32], signature[512];
    CHECK_OK(s2n_async_pkey_op_get_input(callback.op, hash, sizeof(hash)));
    uint32_t length = openssl_sign(folder, chain, padding(tls13, chain), hash, sizeof(hash), signature);
    CHECK_OK(s2n_async_pkey_op_set_output(callback.op, signature, length));
    CHECK_OK(s2n_async_pkey_op_apply(callback.op, pair->server));
    CHECK_OK(s2n_async_pkey_op_free(callback.op));
    finishes(pair);
    disconnect(pair);
}

/* With a right signature nothing else changes. */
static void our_own_signatures_may_be_verified(int tls13, const char *chain)
{
    struct pair *pair = new_pair(tls13, chain);
    CHECK_OK(s2n_config_set_verify_after_sign(pair->config, S2N_VERIFY_AFTER_SIGN_ENABLED));
    finishes(pair);
    disconnect(pair);

    pair = new_pair_with_callback(tls13, chain);
    CHECK_OK(s2n_config_set_verify_after_sign(pair->config, S2N_VERIFY_AFTER_SIGN_ENABLED));
    callback.signs_at_once = true;
    finishes(pair);
    disconnect(pair);
}

static void misuse_is_an_error(int tls13)
{
    struct pair *pair = new_waiting_pair(tls13, "ecdsa");
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
    finishes(pair);
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

/* An operation is for its own handshake, not for the next one of the same connection. */
static void two_handshakes_are_not_confused(int tls13)
{
    struct pair *pair = new_waiting_pair(tls13, "ecdsa");
    struct s2n_async_pkey_op *op = callback.op;
    struct pair *other = new_waiting_pair(tls13, "ecdsa");
    CHECK_OK(s2n_async_pkey_op_perform(op, callback.key));
    CHECK_ERROR(s2n_async_pkey_op_apply(op, other->server), S2N_ERR_ASYNC_WRONG_CONNECTION);
    CHECK_OK(s2n_async_pkey_op_apply(op, pair->server));
    CHECK_OK(s2n_async_pkey_op_free(op));
    CHECK_OK(s2n_async_pkey_op_free(callback.op));
    finishes(pair);
    disconnect(pair);
    disconnect(other);
}

static void an_operation_that_was_freed_never_ends(int tls13)
{
    struct pair *pair = new_waiting_pair(tls13, "ecdsa");
    CHECK_OK(s2n_async_pkey_op_free(callback.op));
    for (int times = 0; times < 3; times++) {
        comes_to(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");
    }
    CHECK(callback.calls == 1);
    disconnect(pair);
}

static void the_callback_may_fail(int tls13, bool has_signed)
{
    struct pair *pair = new_pair_with_callback(tls13, "ecdsa");
    callback.result = -1;
    callback.signs_at_once = has_signed;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ASYNC_CALLBACK_FAILED);
    CHECK(blocked == S2N_BLOCKED_ON_WRITE);
    CHECK(s2n_connection_get_delay(pair->server) == 0);
    if (!has_signed) {
        /* It owns the operation all the same. */
        CHECK_OK(s2n_async_pkey_op_free(callback.op));
    }
    disconnect(pair);
}

static void a_connection_may_go_first(int tls13)
{
    struct pair *pair = new_waiting_pair(tls13, "ecdsa");
    struct s2n_async_pkey_op *op = callback.op;
    struct s2n_cert_chain_and_key *chain = load_chain(folder, "ecdsa");
    disconnect(pair);
    uint8_t hash[32];
    CHECK_OK(s2n_async_pkey_op_get_input(op, hash, sizeof(hash)));
#ifndef REFERENCE /* s2n-tls looks at the connection */
    s2n_cert_private_key *key = s2n_cert_chain_and_key_get_private_key(chain);
    CHECK_OK(s2n_async_pkey_op_perform(op, key));
#endif
    CHECK_OK(s2n_async_pkey_op_free(op));
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
}

static void a_waiting_connection_may_be_wiped(int tls13)
{
    struct pair *pair = new_waiting_pair(tls13, "ecdsa");
    struct s2n_async_pkey_op *op = callback.op;
    CHECK_OK(s2n_async_pkey_op_perform(op, callback.key));
    struct s2n_connection *const ends[] = { pair->client, pair->server };
    for (int end = 0; end < 2; end++) {
        CHECK_OK(s2n_connection_wipe(ends[end]));
    }
    CHECK_ERROR(s2n_async_pkey_op_apply(op, pair->server), S2N_ERR_ASYNC_WRONG_CONNECTION);

    memset(&pair->to_client, 0, sizeof(pair->to_client));
    memset(&pair->to_server, 0, sizeof(pair->to_server));
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    attach(pair->server, pair, &pair->to_server, &pair->to_client);
    CHECK_OK(s2n_set_server_name(pair->client, "localhost"));
    comes_to(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");
    CHECK(callback.calls == 2);
#ifndef REFERENCE /* s2n-tls takes the old signature for the new handshake */
    CHECK_ERROR(s2n_async_pkey_op_apply(op, pair->server), S2N_ERR_ASYNC_WRONG_CONNECTION);
#endif
    CHECK_OK(s2n_async_pkey_op_free(op));
    sign_and_apply(pair->server);
    finishes(pair);
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

#ifndef REFERENCE /* s2n-tls wants the connection to be left alone meanwhile */
static int sign_in_a_thread(struct s2n_connection *conn, struct s2n_async_pkey_op *op)
{
    callback.op = op;
    CHECK_OK(pthread_create(&callback.thread, NULL, sign_and_apply, conn));
    return 0;
}

/* The signature arrives while the connection is asked again and again. */
static void a_signature_may_come_at_any_time(int tls13)
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
        finishes(pair);
        disconnect(pair);
    }
}
#endif

/* A chain that has no key needs a callback, and a key of another object. */
static void a_chain_needs_no_key(int tls13, const char *name)
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

    comes_to(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");
    s2n_cert_private_key *none = s2n_cert_chain_and_key_get_private_key(chain);
    CHECK(none != NULL);
    CHECK_ERROR(s2n_async_pkey_op_perform(callback.op, none), S2N_ERR_NULL);
    sign_and_apply(pair->server);
    finishes(pair);
    free(pem);
    disconnect(pair);
    CHECK_OK(s2n_config_free(config));
    CHECK_OK(s2n_cert_chain_and_key_free(chain));
    CHECK_FAILS(s2n_cert_chain_and_key_get_private_key(NULL), NULL, S2N_ERR_NULL);
}

/* What a client shows when it is asked. */
struct identity {
    struct s2n_config *config;
    struct s2n_cert_chain_and_key *chain;
};

static struct identity give_identity(struct pair *pair, const char *name)
{
    struct identity identity = { s2n_config_new_minimal(), load_chain(folder, name) };
    char *authority = read_file(folder, "ca.pem");
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(identity.config, identity.chain));
    CHECK_OK(s2n_config_add_pem_to_trust_store(identity.config, authority));
    CHECK_OK(s2n_config_set_cipher_preferences(identity.config, policy(pair->tls13)));
    CHECK_OK(s2n_config_set_async_pkey_callback(identity.config, sign));
    CHECK_OK(s2n_connection_set_config(pair->client, identity.config));
    CHECK_OK(s2n_connection_set_verify_host_callback(pair->server, accept_any, NULL));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->client, S2N_CERT_AUTH_REQUIRED));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->server, S2N_CERT_AUTH_REQUIRED));
    free(authority);
    return identity;
}

static void take_identity(struct identity *identity)
{
    CHECK_OK(s2n_config_free(identity->config));
    CHECK_OK(s2n_cert_chain_and_key_free(identity->chain));
}

/* The server's signature is made at once, and the client's later, or the other way round. */
static void a_client_asks_too(int tls13, const char *chain, bool signs_later)
{
    struct pair *pair = new_pair_with_callback(tls13, chain);
    struct identity client = give_identity(pair, strcmp(chain, "rsa") == 0 ? "client-rsa" : "client");
    CHECK_OK(s2n_config_set_async_pkey_validation_mode(pair->config,
            S2N_ASYNC_PKEY_VALIDATION_STRICT));
    CHECK_OK(s2n_config_set_async_pkey_validation_mode(client.config,
            S2N_ASYNC_PKEY_VALIDATION_STRICT));
    comes_to(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");
    CHECK(callback.conn == pair->server);
    sign_and_apply(pair->server);
    callback.key = s2n_cert_chain_and_key_get_private_key(client.chain);
    callback.signs_at_once = !signs_later;
    if (signs_later) {
        comes_to(pair, "S2N_ERR_ASYNC_BLOCKED", "S2N_ERR_IO_BLOCKED");
        CHECK(callback.conn == pair->client);
        in_another_thread(sign_and_apply, pair->client);
    }
    finishes(pair);
    CHECK(callback.calls == 2);
    CHECK(s2n_connection_client_cert_used(pair->server) == 1);
    disconnect(pair);
    take_identity(&client);
}

/* An unexpected request for a certificate is refused before anything is signed. */
static void a_client_signs_only_if_it_wants_to(int tls13)
{
    struct pair *pair = new_pair_with_callback(tls13, "ecdsa");
    callback.signs_at_once = true;
    CHECK_OK(s2n_connection_set_client_auth_type(pair->client, S2N_CERT_AUTH_NONE));
    CHECK_OK(s2n_connection_set_client_auth_type(pair->server, S2N_CERT_AUTH_OPTIONAL));
    const char *client, *server;
    advance(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_UNEXPECTED_CERT_REQUEST");
    CHECK(callback.calls == 1);
    disconnect(pair);
}

/* The server has one group, which is not the client's first: it signs in its second answer. */
static void a_retried_hello_is_signed_for(void)
{
    struct pair *pair = new_pair_with_callback(1, "rsa");
    CHECK_OK(s2n_connection_set_cipher_preferences(pair->server, "20250211"));
    comes_to(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");
    uint32_t size = 0;
    CHECK_OK(s2n_async_pkey_op_get_input_size(callback.op, &size));
    CHECK(size == 48);
    sign_and_apply(pair->server);
    finishes(pair);
    CHECK(callback.calls == 1);
    CHECK(strstr(s2n_connection_get_handshake_type_name(pair->server), "HELLO_RETRY_REQUEST"));
    disconnect(pair);
}

static int nested_tls13;

/* The signature may be somebody's who has to be asked over TLS. */
static void talk_to_somebody_else(void)
{
    struct pair *pair = connected(nested_tls13);
    finishes(pair);
    disconnect(pair);
}

static void another_handshake_may_run_in_the_callback(int tls13, int nested)
{
    struct pair *pair = new_pair_with_callback(tls13, "ecdsa");
    struct identity client = give_identity(pair, "client");
    callback.client_key = s2n_cert_chain_and_key_get_private_key(client.chain);
    nested_tls13 = nested;
    callback.also = talk_to_somebody_else;
    callback.signs_at_once = true;
    finishes(pair);
    CHECK(callback.calls == 2);
    disconnect(pair);
    take_identity(&client);
}

static void a_key_of_another_kind_does_not_do(void)
{
    /* s2n-tls would sign with an ECDSA key for TLS 1.2 with PKCS #1 padding. */
    struct pair *pair = new_waiting_pair(1, "rsa");
    struct s2n_cert_chain_and_key *other = load_chain(folder, "ecdsa");
    s2n_cert_private_key *key = s2n_cert_chain_and_key_get_private_key(other);
    CHECK_ERROR(s2n_async_pkey_op_perform(callback.op, key), S2N_ERR_PKEY_CTX_INIT);
    sign_and_apply(pair->server);
    finishes(pair);
    disconnect(pair);
    CHECK_OK(s2n_cert_chain_and_key_free(other));
}

/* Without the callback the keys are ours again. */
static void a_callback_may_be_taken_away(int tls13)
{
    struct pair *pair = new_pair_with_callback(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_async_pkey_callback(pair->config, NULL));
    finishes(pair);
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
            the_callback_may_sign_at_once(tls13, chains[chain]);
            the_application_may_sign_later(tls13, chains[chain]);
            another_thread_may_sign(tls13, chains[chain]);
            a_signature_may_come_from_elsewhere(tls13, chains[chain], false);
            a_signature_may_come_from_elsewhere(tls13, chains[chain], true);
            a_chain_needs_no_key(tls13, chains[chain]);
            our_own_signatures_may_be_verified(tls13, chains[chain]);
            a_wrong_signature_goes_out(tls13, chains[chain]);
        }
        for (int chain = 0; chain < 2; chain++) {
            a_wrong_signature_may_be_found(tls13, chains[chain], false);
            a_wrong_signature_may_be_found(tls13, chains[chain], true);
            a_client_asks_too(tls13, chains[chain], false);
            a_client_asks_too(tls13, chains[chain], true);
        }
        misuse_is_an_error(tls13);
        two_handshakes_are_not_confused(tls13);
        an_operation_that_was_freed_never_ends(tls13);
        the_callback_may_fail(tls13, false);
        the_callback_may_fail(tls13, true);
        a_connection_may_go_first(tls13);
        a_waiting_connection_may_be_wiped(tls13);
#ifndef REFERENCE
        the_callback_may_free_the_connection(tls13);
        a_signature_may_come_at_any_time(tls13);
#endif
        a_client_signs_only_if_it_wants_to(tls13);
        another_handshake_may_run_in_the_callback(tls13, 0);
        another_handshake_may_run_in_the_callback(tls13, 1);
        a_callback_may_be_taken_away(tls13);
    }
    a_key_of_another_kind_does_not_do();
    a_retried_hello_is_signed_for();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
