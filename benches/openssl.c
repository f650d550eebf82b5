/*
 * OpenSSL; and BoringSSL, with its headers and libraries.
 */
#include "peer.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(ok)                                                           \
    do {                                                                    \
        if (!(ok)) {                                                        \
            ERR_print_errors_fp(stderr);                                    \
            fail(__FILE__, __LINE__, #ok, "failed");                        \
        }                                                                   \
    } while (0)

static SSL_CTX *contexts[2];
static BIO_METHOD *method;

struct transport {
    struct pipe *in, *out;
};

struct endpoint {
    SSL *ssl;
    struct transport transport;
};

static int bio_write(BIO *bio, const char *bytes, int len)
{
    struct transport *transport = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    int written = pipe_write(transport->out, bytes, (size_t) len);
    if (written < 0) {
        BIO_set_retry_write(bio);
    }
    return written;
}

static int bio_read(BIO *bio, char *bytes, int len)
{
    struct transport *transport = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    int received = pipe_read(transport->in, bytes, (size_t) len);
    if (received < 0) {
        BIO_set_retry_read(bio);
    }
    return received;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void) bio, (void) number, (void) pointer;
    return command == BIO_CTRL_FLUSH;
}

static SSL_CTX *context_new(enum side side)
{
    SSL_CTX *ctx = SSL_CTX_new(side == CLIENT ? TLS_client_method() : TLS_server_method());
    CHECK(ctx != NULL);
    CHECK(SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1);
    CHECK(SSL_CTX_set1_curves_list(ctx, "P-256") == 1);
#ifndef OPENSSL_IS_BORINGSSL
    CHECK(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") == 1);
    CHECK(SSL_CTX_set_num_tickets(ctx, 0) == 1);
#endif
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    /* Idle connections keep no buffers for records. BoringSSL releases them without this mode. */
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    return ctx;
}

static X509 *read_certificate(BIO *bio)
{
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    CHECK(cert != NULL);
    return cert;
}

static void add_chain(SSL_CTX *ctx, const char *chain, const char *key)
{
    BIO *bio = BIO_new_mem_buf(chain, -1);
    X509 *leaf = read_certificate(bio);
    CHECK(SSL_CTX_use_certificate(ctx, leaf) == 1);
    CHECK(SSL_CTX_add0_chain_cert(ctx, read_certificate(bio)) == 1);
    BIO_free(bio);
    X509_free(leaf);
    bio = BIO_new_mem_buf(key, -1);
    EVP_PKEY *parsed = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    CHECK(parsed != NULL && SSL_CTX_use_PrivateKey(ctx, parsed) == 1);
    EVP_PKEY_free(parsed);
    BIO_free(bio);
}

static void require_chain(SSL_CTX *ctx, const char *root)
{
    BIO *bio = BIO_new_mem_buf(root, -1);
    X509 *cert = read_certificate(bio);
    CHECK(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), cert) == 1);
    X509_free(cert);
    BIO_free(bio);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

void peer_prepare(const struct certs *certs, int mutual)
{
    if (method == NULL) {
        method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pipe");
        CHECK(method != NULL && BIO_meth_set_write(method, bio_write) == 1);
        CHECK(BIO_meth_set_read(method, bio_read) == 1);
        CHECK(BIO_meth_set_ctrl(method, bio_ctrl) == 1);
    }
    contexts[CLIENT] = context_new(CLIENT);
    contexts[SERVER] = context_new(SERVER);
    require_chain(contexts[CLIENT], certs->root);
    add_chain(contexts[SERVER], certs->chain, certs->key);
    if (mutual) {
        add_chain(contexts[CLIENT], certs->client_chain, certs->client_key);
        require_chain(contexts[SERVER], certs->root);
    }
}

static struct endpoint *open_endpoint(enum side side, struct pipe *in, struct pipe *out)
{
    struct endpoint *endpoint = malloc(sizeof(*endpoint));
    SSL *ssl = SSL_new(contexts[side]);
    BIO *bio = BIO_new(method);
    CHECK(ssl != NULL && bio != NULL);
    endpoint->ssl = ssl;
    endpoint->transport = (struct transport){ in, out };
    BIO_set_data(bio, &endpoint->transport);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    if (side == CLIENT) {
        SSL_set_connect_state(ssl);
        CHECK(SSL_set_tlsext_host_name(ssl, "localhost") == 1);
        CHECK(SSL_set1_host(ssl, "localhost") == 1);
    } else {
        SSL_set_accept_state(ssl);
    }
    return endpoint;
}

static int step(struct endpoint *endpoint)
{
    int result = SSL_do_handshake(endpoint->ssl);
    CHECK(result == 1 || SSL_get_error(endpoint->ssl, result) == SSL_ERROR_WANT_READ);
    if (result == 1) {
        const char *cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(endpoint->ssl));
        CHECK(strstr(cipher, "AES_128_GCM") != NULL);
    }
    return result == 1;
}

static void close_endpoint(struct endpoint *endpoint)
{
    SSL_free(endpoint->ssl);
    free(endpoint);
}

static void send_all(struct endpoint *endpoint, const uint8_t *bytes, size_t len)
{
    CHECK(SSL_write(endpoint->ssl, bytes, (int) len) == (int) len);
}

static size_t recv_some(struct endpoint *endpoint, uint8_t *bytes, size_t len)
{
    int received = SSL_read(endpoint->ssl, bytes, (int) len);
    CHECK(received > 0);
    return (size_t) received;
}

const struct library peer = { open_endpoint, step, close_endpoint, send_all, recv_some, NULL,
    HEAP_BLOCK(sizeof(struct endpoint)) };

void peer_print_version(void)
{
#ifdef OPENSSL_IS_BORINGSSL
    printf("BoringSSL\n");
#else
    printf("%s\n", OpenSSL_version(OPENSSL_VERSION));
#endif
}
