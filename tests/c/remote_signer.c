/*
 * A slow remote signer: for each connection the command-line tool of OpenSSL, in a separate process. All
 * handshakes are blocked at the same time, and resume when their signatures arrive.
 *
 * usage: remote_signer FOLDER-OF-CERTIFICATES
 */
#include "keyless.h"
#include "openssl.h"

#include <poll.h>
#include <stdbool.h>

enum { COUNT = 8 };

/* A connection, and its pending signature. */
struct client {
    struct keyless keyless;
    struct openssl openssl;
    struct s2n_async_pkey_op *op;
    const char *key;
    bool tls13;
};

static struct client clients[COUNT];

static int start_signing(struct s2n_connection *conn, struct s2n_async_pkey_op *op)
{
    struct client *client = s2n_connection_get_ctx(conn);
    uint8_t hash[64];
    uint32_t length = 0;
    CHECK_OK(s2n_async_pkey_op_get_input_size(op, &length));
    CHECK(length <= sizeof(hash));
    CHECK_OK(s2n_async_pkey_op_get_input(op, hash, length));
    const char *padding = strcmp(client->key, "rsa") != 0 ? NULL : client->tls13 ? "pss" : "pkcs1";
    client->op = op;
    client->openssl = openssl_begin(folder, client->key, padding, hash, length);
    return 0;
}

static void apply_signature(struct client *client)
{
    uint8_t signature[512];
    struct s2n_connection *conn = client->keyless.pair->server;
    uint32_t length = openssl_end(&client->openssl, signature);
    CHECK_OK(s2n_async_pkey_op_set_output(client->op, signature, length));
    CHECK_OK(s2n_async_pkey_op_apply(client->op, conn));
    CHECK_OK(s2n_async_pkey_op_free(client->op));
}

static void complete_handshake(struct pair *pair)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    struct pollfd files[COUNT];
    for (int at = 0; at < COUNT; at++) {
        struct client *client = &clients[at];
        client->tls13 = at % 2;
        client->key = at % 4 < 2 ? "rsa" : "ecdsa";
        client->keyless = new_keyless(client->tls13, client->key, start_signing);
        struct pair *pair = client->keyless.pair;
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK_OK(s2n_connection_set_ctx(pair->server, client));
        CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
        CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ASYNC_BLOCKED);
        CHECK(blocked == S2N_BLOCKED_ON_APPLICATION_INPUT);
        files[at].fd = fileno(client->openssl.output);
        files[at].events = POLLIN;
    }

    for (int waiting = COUNT; waiting > 0;) {
        CHECK(poll(files, COUNT, 60000) > 0);
        for (int at = 0; at < COUNT; at++) {
            if (files[at].fd >= 0 && files[at].revents != 0) {
                files[at].fd = -1;
                apply_signature(&clients[at]);
                complete_handshake(clients[at].keyless.pair);
                free_keyless(&clients[at].keyless);
                waiting--;
            }
        }
    }
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
