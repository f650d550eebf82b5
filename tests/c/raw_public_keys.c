/*
 * Raw public keys (RFC 7250): loading, pins, both roles, asynchronous signing and verification, and the
 * getters of the peer.
 *
 * usage: raw_public_keys FOLDER-OF-CERTIFICATES
 */
#include "pair.h"
#include "public_key.h"

#include <rs2n/rs2n.h>
#include <s2n/unstable/async_offload.h>
#include <s2n/unstable/cert_authorities.h>
#include <stdbool.h>

struct side {
    struct s2n_config *config;
    struct s2n_cert_chain_and_key *key;
};

static struct side new_side(void)
{
    struct side side = { s2n_config_new_minimal(), s2n_cert_chain_and_key_new() };
    CHECK(side.config != NULL && side.key != NULL);
    CHECK_OK(s2n_config_set_cipher_preferences(side.config, "default_tls13"));
    return side;
}

/* Loads FOLDER/NAME.key, and adds it to the config. */
static void use_key(struct side *side, const char *name)
{
    char file[64];
    snprintf(file, sizeof(file), "%s.key", name);
    char *pem = read_file(folder, file);
    CHECK_OK(rs2n_cert_chain_and_key_load_raw_public_key(side->key, NULL, 0, (uint8_t *)pem, strlen(pem)));
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(side->config, side->key));
    free(pem);
}

static void trust(struct side *side, const char *name)
{
    char *pem = new_public_key(folder, name);
    CHECK_OK(rs2n_config_add_trusted_public_key(side->config, (uint8_t *)pem, strlen(pem)));
    /* Again, in DER. */
    size_t len = 0;
    char *der = new_public_key_as(folder, name, "-outform DER", &len);
    CHECK_OK(rs2n_config_add_trusted_public_key(side->config, (uint8_t *)der, len));
    free(pem);
    free(der);
}

static void free_side(struct side *side)
{
    CHECK_OK(s2n_config_free(side->config));
    CHECK_OK(s2n_cert_chain_and_key_free(side->key));
}

static struct pair *join(struct side *client, struct side *server)
{
    struct pair *pair = new_pair(1, "ecdsa");
    CHECK_OK(s2n_connection_set_config(pair->client, client->config));
    CHECK_OK(s2n_connection_set_config(pair->server, server->config));
    return pair;
}

static void expect(struct pair *pair, const char *client_outcome, const char *server_outcome)
{
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, client_outcome);
    if (server_outcome != NULL) {
        CHECK_TEXT(server, server_outcome);
    }
}

static void expect_key(struct s2n_connection *conn, const char *name)
{
    uint8_t key[4096];
    uint32_t size = 7;
    size_t len = 0;
    char *der = new_public_key_as(folder, name, "-outform DER", &len);
    CHECK_OK(rs2n_connection_get_peer_public_key(conn, NULL, &size));
    CHECK(size == len);
    size = len - 1;
    CHECK_ERROR(rs2n_connection_get_peer_public_key(conn, key, &size), S2N_ERR_INSUFFICIENT_MEM_SIZE);
    CHECK(size == len - 1);
    size = sizeof(key);
    CHECK_OK(rs2n_connection_get_peer_public_key(conn, key, &size));
    CHECK(size == len && memcmp(key, der, len) == 0);
    free(der);
}

/* What the functions about certificates return for a connection with raw public keys. */
static void expect_no_certificates(struct pair *pair)
{
    struct s2n_cert_chain_and_key *path = s2n_cert_chain_and_key_new();
    CHECK_ERROR(s2n_connection_get_peer_cert_chain(pair->client, path), S2N_ERR_CERT_NOT_VALIDATED);
    CHECK_ERROR(s2n_connection_get_peer_cert_chain(pair->server, path), S2N_ERR_CERT_NOT_VALIDATED);
    CHECK_OK(s2n_cert_chain_and_key_free(path));
    uint8_t *chain = NULL;
    uint32_t len = 0;
    CHECK_ERROR(s2n_connection_get_client_cert_chain(pair->server, &chain, &len), S2N_ERR_NULL);
    struct s2n_cert_chain_and_key *selected = s2n_connection_get_selected_cert(pair->server);
    CHECK(selected != NULL);
    struct s2n_cert *cert = NULL;
    CHECK_ERROR(s2n_cert_chain_get_length(selected, &len), S2N_ERR_NULL);
    CHECK_ERROR(s2n_cert_chain_get_cert(selected, &cert, 0), S2N_ERR_NULL);
    CHECK_ERROR(s2n_cert_chain_and_key_set_ocsp_data(selected, (const uint8_t *)"x", 1),
            S2N_ERR_CERT_TYPE_UNSUPPORTED);
    s2n_cert_sni_match match;
    CHECK_OK(s2n_connection_get_certificate_match(pair->server, &match));
    CHECK(match == S2N_SNI_NO_MATCH);
    CHECK(s2n_connection_get_ocsp_response(pair->client, &len) == NULL && len == 0);
}

static void both_sides_authenticate(const char *client_name, const char *server_name, const char *type)
{
    struct side client = new_side(), server = new_side();
    use_key(&client, client_name);
    trust(&client, server_name);
    use_key(&server, server_name);
    trust(&server, "unknown");
    trust(&server, client_name);
    CHECK_OK(s2n_config_set_client_auth_type(server.config, S2N_CERT_AUTH_REQUIRED));
    struct pair *pair = join(&client, &server);
    uint32_t size = 0;
    CHECK_ERROR(rs2n_connection_get_peer_public_key(pair->client, NULL, &size), S2N_ERR_NO_CERT_FOUND);
    expect(pair, "S2N_ERR_OK", "S2N_ERR_OK");
    expect_key(pair->client, server_name);
    expect_key(pair->server, client_name);
    CHECK(s2n_connection_client_cert_used(pair->server) == 1);
    CHECK(s2n_connection_get_selected_cert(pair->server) == server.key);
    CHECK(s2n_connection_get_selected_cert(pair->client) == client.key);
    s2n_tls_signature_algorithm signature = S2N_TLS_SIGNATURE_ANONYMOUS;
    CHECK_OK(s2n_connection_get_selected_signature_algorithm(pair->client, &signature));
    CHECK(signature != S2N_TLS_SIGNATURE_ANONYMOUS);
    char text[64];
    for (int mode = 0; mode < 2; mode++) {
        size = sizeof(text);
        CHECK_OK(s2n_conn_get_signature_public_key_type(mode == 0 ? pair->client : pair->server,
                S2N_SERVER, text, &size));
        CHECK_TEXT(text, type);
    }
    expect_no_certificates(pair);

    /* A wiped connection has no peer. */
    CHECK_OK(s2n_connection_wipe(pair->client));
    CHECK_ERROR(rs2n_connection_get_peer_public_key(pair->client, NULL, &size), S2N_ERR_NO_CERT_FOUND);
    disconnect(pair);
    free_side(&client);
    free_side(&server);
}

static void a_wrong_key_is_reported(void)
{
    struct side client = new_side(), server = new_side();
    trust(&client, "rsa");
    use_key(&server, "ecdsa");
    struct pair *pair = join(&client, &server);
    expect(pair, "S2N_ERR_CERT_UNTRUSTED", NULL);
    char text[512] = "";
    CHECK(rs2n_connection_error_detail(pair->client, text, sizeof(text)) > 0);
    CHECK(strstr(text, "raw public key of the peer (SHA-256 ") != NULL);
    printf("%s\n", text);
    disconnect(pair);

    /* A config without a pin. */
    CHECK_OK(s2n_config_wipe_trust_store(client.config));
    pair = join(&client, &server);
    expect(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_CERT_TYPE_UNSUPPORTED");
    CHECK(rs2n_connection_error_detail(pair->server, text, sizeof(text)) > 0);
    CHECK(strstr(text, "RFC 7250") != NULL);
    printf("%s\n", text);
    disconnect(pair);
    free_side(&client);
    free_side(&server);
}

/* The signing callback, and the operation that it has received. */
static struct s2n_async_pkey_op *pending;
static struct s2n_cert_chain_and_key *signing_key;

static int sign_later(struct s2n_connection *conn, struct s2n_async_pkey_op *op)
{
    CHECK(s2n_connection_get_selected_cert(conn) != NULL);
    pending = op;
    return 0;
}

static int verify_at_once(struct s2n_connection *conn, struct s2n_async_offload_op *op, void *ctx)
{
    (void)conn;
    (*(int *)ctx)++;
    return s2n_async_offload_op_perform(op);
}

/* A server that has the public key alone; the signature is that of another process, as it were. */
static void signing_and_verification_may_be_asynchronous(const char *name, const char *signs)
{
    struct side client = new_side(), server = new_side();
    char *pem = new_public_key(folder, name);
    CHECK_OK(rs2n_cert_chain_and_key_load_raw_public_key(server.key, (uint8_t *)pem, strlen(pem), NULL, 0));
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(server.config, server.key));
    struct s2n_connection *conn = s2n_connection_new(S2N_SERVER);
    CHECK_ERROR(s2n_connection_set_config(conn, server.config), S2N_ERR_NO_PRIVATE_KEY);
    CHECK_OK(s2n_connection_free(conn));
    CHECK_OK(s2n_config_set_async_pkey_callback(server.config, sign_later));
    CHECK_OK(s2n_config_set_async_pkey_validation_mode(server.config, S2N_ASYNC_PKEY_VALIDATION_STRICT));
    trust(&client, name);
    int verified = 0;
    CHECK_OK(s2n_config_set_async_offload_callback(client.config, S2N_ASYNC_OFFLOAD_PKEY_VERIFY,
            verify_at_once, &verified));

    signing_key = load_chain(folder, signs);
    struct pair *pair = join(&client, &server);
    expect(pair, "S2N_ERR_IO_BLOCKED", "S2N_ERR_ASYNC_BLOCKED");
    CHECK_OK(s2n_async_pkey_op_perform(pending, s2n_cert_chain_and_key_get_private_key(signing_key)));
    if (strcmp(name, signs) != 0) {
        CHECK_ERROR(s2n_async_pkey_op_apply(pending, pair->server), S2N_ERR_VERIFY_SIGNATURE);
    } else {
        CHECK_OK(s2n_async_pkey_op_apply(pending, pair->server));
        expect(pair, "S2N_ERR_OK", "S2N_ERR_OK");
        CHECK(verified == 1);
        expect_key(pair->client, name);
    }
    CHECK_OK(s2n_async_pkey_op_free(pending));
    disconnect(pair);
    CHECK_OK(s2n_cert_chain_and_key_free(signing_key));
    free_side(&client);
    free_side(&server);
    free(pem);
}

static void expect_thread_detail(const char *part)
{
    char text[512] = "";
    rs2n_error_detail(text, sizeof(text));
    CHECK(strstr(text, part) != NULL);
}

static void arguments_are_checked(void)
{
    struct side side = new_side();
    char *key = read_file(folder, "ecdsa.key"), *other = new_public_key(folder, "rsa");
    char *ed25519 = new_public_key(folder, "ed25519");
    const uint8_t *pem = (uint8_t *)key, *spki = (uint8_t *)other;
    const uint32_t len = strlen(key), spki_len = strlen(other);
    CHECK_ERROR(rs2n_cert_chain_and_key_load_raw_public_key(NULL, NULL, 0, pem, len), S2N_ERR_NULL);
    CHECK_ERROR(rs2n_cert_chain_and_key_load_raw_public_key(side.key, NULL, 0, NULL, 0), S2N_ERR_NULL);
    CHECK_ERROR(rs2n_cert_chain_and_key_load_raw_public_key(side.key, spki, spki_len, pem, len),
            S2N_ERR_KEY_MISMATCH);
    CHECK_ERROR(rs2n_cert_chain_and_key_load_raw_public_key(side.key, spki, 0, NULL, 0),
            S2N_ERR_INVALID_PEM);
    CHECK_ERROR(rs2n_cert_chain_and_key_load_raw_public_key(side.key, NULL, 0, spki, spki_len),
            S2N_ERR_INVALID_PEM);
    CHECK_ERROR(rs2n_cert_chain_and_key_load_raw_public_key(side.key, (const uint8_t *)"0\x03" "abc", 5,
            NULL, 0), S2N_ERR_DECODE_CERTIFICATE);
    expect_thread_detail("cannot be decoded");
    struct s2n_cert_chain_and_key *chain = load_chain(folder, "ecdsa");
    CHECK_ERROR(rs2n_cert_chain_and_key_load_raw_public_key(chain, NULL, 0, pem, len),
            S2N_ERR_INVALID_ARGUMENT);
    expect_thread_detail("certificates already");
    CHECK_OK(s2n_cert_chain_and_key_free(chain));

    CHECK_ERROR(rs2n_config_add_trusted_public_key(NULL, spki, spki_len), S2N_ERR_NULL);
    CHECK_ERROR(rs2n_config_add_trusted_public_key(side.config, NULL, 1), S2N_ERR_NULL);
    CHECK_ERROR(rs2n_config_add_trusted_public_key(side.config, spki, 0), S2N_ERR_INVALID_PEM);
    CHECK_ERROR(rs2n_config_add_trusted_public_key(side.config, (uint8_t *)ed25519, strlen(ed25519)),
            S2N_ERR_CERT_TYPE_UNSUPPORTED);
    expect_thread_detail("not supported");
    for (uint32_t shorter = 1; shorter < spki_len - 1; shorter++) {
        CHECK(rs2n_config_add_trusted_public_key(side.config, spki, shorter) == -1
                || shorter > spki_len - 30);
    }

    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT);
    uint32_t size = 0;
    CHECK_ERROR(rs2n_connection_get_peer_public_key(NULL, NULL, &size), S2N_ERR_NULL);
    CHECK_ERROR(rs2n_connection_get_peer_public_key(conn, NULL, NULL), S2N_ERR_NULL);
    CHECK_OK(s2n_connection_free(conn));
    free(ed25519);
    free(other);
    free(key);
    free_side(&side);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    both_sides_authenticate("ecdsa", "rsa", "rsa2048");
    both_sides_authenticate("rsa", "cnsa", "ecdsa_secp384r1");
    both_sides_authenticate("p521", "pss", "rsa2048");
    a_wrong_key_is_reported();
    signing_and_verification_may_be_asynchronous("rsa", "rsa");
    signing_and_verification_may_be_asynchronous("ecdsa", "ecdsa");
    signing_and_verification_may_be_asynchronous("ecdsa", "client");
    arguments_are_checked();
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
