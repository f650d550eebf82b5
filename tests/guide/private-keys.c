/* Tests of the code in the guide, chapter private-keys. */
#include "private-keys.md.h"
#include "pair.h"
#include "openssl.h"

#include <pthread.h>

int token_sign(const uint8_t *hash, uint32_t hash_len, uint8_t *signature, uint32_t *signature_len)
{
    *signature_len = openssl_sign(folder, "ecdsa", NULL, hash, hash_len, signature);
    return 0;
}

/* A pair whose server has no private key, but a callback that signs. */
static struct pair *new_pair_with_signer(int tls13, s2n_async_pkey_fn sign)
{
    struct pair *pair = new_pair(tls13, "client");
    char *pem = read_file(folder, "ecdsa.pem");
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_OK(show_chain(config, (uint8_t *) pem, (uint32_t) strlen(pem), sign));
    CHECK_ERROR(show_chain(config, (uint8_t *) pem, 10, sign), S2N_ERR_INVALID_PEM);
    CHECK_ERROR(show_chain(config, (uint8_t *) pem, 1, sign), S2N_ERR_NO_CERTIFICATE_IN_PEM);
    CHECK_OK(s2n_config_set_cipher_preferences(config, policy(tls13)));
    CHECK_OK(s2n_connection_set_config(pair->server, config));
    CHECK_OK(s2n_config_free(config));
    free(pem);
    return pair;
}

static void keys_may_be_external(int tls13)
{
    struct pair *pair = new_pair_with_signer(tls13, sign_elsewhere);
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    disconnect(pair);
}

static struct s2n_cert_chain_and_key *key_chain;

static void *do_task_in_thread(void *task)
{
    CHECK_OK(do_task(task, key_chain));
    return NULL;
}

static void signatures_may_be_made_later(int tls13)
{
    struct task task = { NULL, NULL };
    struct pair *pair = new_pair_with_signer(tls13, keep_for_later);
    CHECK_OK(s2n_connection_set_ctx(pair->server, &task));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(server, "S2N_ERR_ASYNC_BLOCKED");
    CHECK(task.conn == pair->server);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ASYNC_BLOCKED);
    CHECK(blocked == S2N_BLOCKED_ON_APPLICATION_INPUT);

    pthread_t thread;
    key_chain = load_chain(folder, "ecdsa");
    CHECK_OK(pthread_create(&thread, NULL, do_task_in_thread, &task));
    CHECK_OK(pthread_join(thread, NULL));
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
    disconnect(pair);

    /* An operation outlives its connection. */
    pair = new_pair_with_signer(tls13, keep_for_later);
    CHECK_OK(s2n_connection_set_ctx(pair->server, &task));
    negotiate(pair, &client, &server);
    CHECK_OK(s2n_connection_free(pair->server));
    pair->server = s2n_connection_new(S2N_SERVER);
    CHECK_OK(s2n_async_pkey_op_perform(task.op, s2n_cert_chain_and_key_get_private_key(key_chain)));
    CHECK_OK(s2n_async_pkey_op_free(task.op));
    CHECK_OK(s2n_cert_chain_and_key_free(key_chain));
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        keys_may_be_external(tls13);
        signatures_may_be_made_later(tls13);
    }
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
