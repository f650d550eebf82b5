/*
 * Certificate compression (RFC 8879).
 *
 * usage: compression FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

#include <rs2n/rs2n.h>
#include <stdio.h>

static const uint16_t zlib[] = { 1 };

/* The extension compress_certificate. */
#define COMPRESS_CERTIFICATE 27

static void check_detail(const char *expected)
{
    char detail[512];
    CHECK(rs2n_error_detail(detail, sizeof(detail)) == (int) strlen(expected));
    CHECK_TEXT(detail, expected);
}

static void arguments(void)
{
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_OK(rs2n_config_set_cert_compression(config, zlib, 1));
    CHECK_OK(rs2n_config_set_cert_compression(config, NULL, 0));
    CHECK_ERROR(rs2n_config_set_cert_compression(config, NULL, 1), S2N_ERR_NULL);
    CHECK_ERROR(rs2n_config_set_cert_compression(NULL, zlib, 1), S2N_ERR_NULL);

    const uint16_t twice[] = { 1, 1 }, unknown[] = { 1, 2 };
    CHECK_ERROR(rs2n_config_set_cert_compression(config, twice, 2), S2N_ERR_INVALID_ARGUMENT);
    check_detail("certificate compression algorithm 1 occurs twice");
    CHECK_ERROR(rs2n_config_set_cert_compression(config, unknown, 2), S2N_ERR_INVALID_ARGUMENT);
    check_detail("certificate compression algorithm 2 is not supported: 1 (zlib) is");
    CHECK_OK(s2n_config_free(config));
}

/* The bytes that both endpoints send in a handshake. */
struct sizes {
    size_t client;
    size_t server;
};

static void complete(struct pair *pair)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    CHECK_TEXT(server, "S2N_ERR_OK");
}

/* Whether the ClientHello has the extension. */
static bool is_offered(struct pair *pair)
{
    bool offered = false;
    struct s2n_client_hello *hello = s2n_connection_get_client_hello(pair->server);
    CHECK_OK(s2n_client_hello_has_extension(hello, COMPRESS_CERTIFICATE, &offered));
    return offered;
}

/* Without the setting nothing changes; with it, the certificates of both sides are smaller on the wire. */
static void both_sides_compress(int tls13, const char *name)
{
    struct sizes sizes[2];
    for (int compress = 0; compress < 2; compress++) {
        struct pair *pair = new_pair(tls13, name);
        CHECK_OK(s2n_config_set_client_auth_type(pair->config, S2N_CERT_AUTH_OPTIONAL));
        CHECK_OK(s2n_config_disable_x509_verification(pair->config));
        CHECK_OK(rs2n_config_set_cert_compression(pair->config, zlib, (size_t) compress));
        complete(pair);
        CHECK(is_offered(pair) == (tls13 && compress));
        sizes[compress] = (struct sizes){ pair->to_server.written, pair->to_client.written };
        uint8_t *chain = NULL;
        uint32_t len = 0;
        CHECK_OK(s2n_connection_get_client_cert_chain(pair->server, &chain, &len));
        CHECK(len > 500);
        disconnect(pair);
    }
    if (tls13) {
        printf("%s: client %zu to %zu bytes, server %zu to %zu bytes\n", name, sizes[0].client, sizes[1].client,
                sizes[0].server, sizes[1].server);
        CHECK(sizes[1].client + 50 < sizes[0].client);
        CHECK(sizes[1].server + 50 < sizes[0].server);
    } else {
        CHECK(sizes[1].client >= sizes[0].client && sizes[1].client <= sizes[0].client + 20);
    }
}

/* If only one side has the setting, certificates are not compressed. */
static void one_side_is_not_enough(void)
{
    struct pair *plain = connected(1);
    const size_t size = plain->to_client.written;
    disconnect(plain);
    for (int client = 0; client < 2; client++) {
        struct pair *pair = new_pair(1, "ecdsa");
        struct s2n_config *other = s2n_config_new_minimal();
        CHECK_OK(s2n_config_set_cipher_preferences(other, policy(1)));
        CHECK_OK(s2n_config_disable_x509_verification(other));
        CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(other, pair->chain));
        CHECK_OK(rs2n_config_set_cert_compression(other, zlib, 1));
        CHECK_OK(s2n_connection_set_config(client ? pair->client : pair->server, other));
        complete(pair);
        CHECK(is_offered(pair) == client);
        /* The length of an ECDSA signature varies. */
        CHECK(pair->to_client.written + 8 > size && pair->to_client.written < size + 8);
        CHECK_OK(s2n_config_free(other));
        disconnect(pair);
    }
}

/* Staples are part of the message, and the client verifies the response. */
static void staples_are_compressed(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    const uint8_t response[] = "not a response";
    CHECK_OK(s2n_cert_chain_and_key_set_ocsp_data(pair->chain, response, sizeof(response)));
    CHECK_OK(s2n_config_set_status_request_type(pair->config, S2N_STATUS_REQUEST_OCSP));
    CHECK_OK(s2n_config_set_check_stapled_ocsp_response(pair->config, 0));
    CHECK_OK(rs2n_config_set_cert_compression(pair->config, zlib, 1));
    complete(pair);
    uint32_t len = 0;
    const uint8_t *received = s2n_connection_get_ocsp_response(pair->client, &len);
    CHECK(len == sizeof(response) && memcmp(received, response, len) == 0);
    disconnect(pair);
}

/* The suspended handshake of an asynchronous key. */
static struct s2n_async_pkey_op *operation;

static int keep(struct s2n_connection *conn, struct s2n_async_pkey_op *op)
{
    (void) conn;
    operation = op;
    return 0;
}

static void asynchronous_keys(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_OK(rs2n_config_set_cert_compression(pair->config, zlib, 1));
    CHECK_OK(s2n_config_set_async_pkey_callback(pair->config, keep));
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_ERROR(s2n_negotiate(pair->server, &blocked), S2N_ERR_ASYNC_BLOCKED);
    s2n_cert_private_key *key = s2n_cert_chain_and_key_get_private_key(pair->chain);
    CHECK_OK(s2n_async_pkey_op_perform(operation, key));
    CHECK_OK(s2n_async_pkey_op_apply(operation, pair->server));
    CHECK_OK(s2n_async_pkey_op_free(operation));
    complete(pair);
    disconnect(pair);
}

/* The setting may change while connections exist; a handshake that has begun is not affected. */
static void changes_apply_to_later_handshakes(void)
{
    struct pair *pair = new_pair(1, "ecdsa");
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_negotiate(pair->client, &blocked), S2N_ERR_IO_BLOCKED);
    CHECK_OK(rs2n_config_set_cert_compression(pair->config, zlib, 1));
    complete(pair);
    CHECK(!is_offered(pair));
    CHECK_OK(s2n_connection_wipe(pair->client));
    CHECK_OK(s2n_connection_wipe(pair->server));
    attach_again(pair);
    complete(pair);
    CHECK(is_offered(pair));
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    arguments();
    both_sides_compress(0, "rsa");
    both_sides_compress(1, "rsa");
    both_sides_compress(1, "ecdsa");
    one_side_is_not_enough();
    staples_are_compressed();
    asynchronous_keys();
    changes_apply_to_later_handshakes();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
