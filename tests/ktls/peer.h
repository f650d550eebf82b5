/*
 * The peer of a connection with kernel TLS: rs2n without kernel TLS, or OpenSSL. It runs in a thread of its
 * own, over TCP.
 */
#ifndef PEER_H
#define PEER_H

#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

/* The parameters of a connection. */
struct kind {
    bool tls13;
    bool aes256;
    bool openssl;
    /* The side with kernel TLS. */
    s2n_mode mode;
};

/* The folder of certificates. */
extern const char *folder;

static inline const char *suite(const struct kind *kind)
{
    if (kind->tls13) {
        return kind->aes256 ? "TLS_AES_256_GCM_SHA384" : "TLS_AES_128_GCM_SHA256";
    }
    return kind->aes256 ? "ECDHE-ECDSA-AES256-GCM-SHA384" : "ECDHE-ECDSA-AES128-GCM-SHA256";
}

/* The client's policy decides on the version, and that of the server on the cipher suite. */
static inline const char *policy(const struct kind *kind, s2n_mode mode)
{
    if (mode == S2N_CLIENT) {
        return kind->tls13 ? "default_tls13" : "ELBSecurityPolicy-TLS-1-2-2017-01";
    }
    return kind->aes256 ? "20251113" : "default_tls13";
}

static inline struct s2n_config *new_config(const struct kind *kind, s2n_mode mode)
{
    static struct s2n_cert_chain_and_key *chain;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    chain = chain != NULL ? chain : load_chain(folder, "ecdsa");
    pthread_mutex_unlock(&lock);
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK(config != NULL);
    CHECK_OK(s2n_config_set_cipher_preferences(config, policy(kind, mode)));
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, chain));
    char *authority = read_file(folder, "ca.pem");
    CHECK_OK(s2n_config_add_pem_to_trust_store(config, authority));
    free(authority);
    /* Errors are expected, and their delay is not what is tested. */
    CHECK_OK(s2n_config_set_max_blinding_delay(config, 1));
    return config;
}

/* Creates a connection over a socket. */
static inline struct s2n_connection *new_connection(struct s2n_config *config, s2n_mode mode, int fd)
{
    struct s2n_connection *conn = s2n_connection_new(mode);
    CHECK(conn != NULL);
    CHECK_OK(s2n_connection_set_config(conn, config));
    CHECK_OK(s2n_connection_set_fd(conn, fd));
    if (mode == S2N_CLIENT) {
        CHECK_OK(s2n_set_server_name(conn, "localhost"));
    }
    return conn;
}

/* Creates two connected TCP sockets. */
static inline void connect_sockets(int fds[2])
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(listener >= 0);
    CHECK_OK(bind(listener, (struct sockaddr *) &address, sizeof(address)));
    CHECK_OK(listen(listener, 1));
    CHECK_OK(getsockname(listener, (struct sockaddr *) &address, &len));
    fds[0] = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(fds[0] >= 0);
    CHECK_OK(connect(fds[0], (struct sockaddr *) &address, len));
    fds[1] = accept(listener, NULL, NULL);
    CHECK(fds[1] >= 0);
    CHECK_OK(close(listener));
}

struct peer {
    struct kind kind;
    int fd;
    void (*script)(struct peer *peer);
    pthread_t thread;

    struct s2n_config *config;
    struct s2n_connection *conn;
    SSL_CTX *context;
    SSL *ssl;

    /* Results of the scripts. */
    uint64_t total;
    uint64_t hash;
    /* The description of the alert that the peer has received; -1 for none. */
    int alert;
};

static inline void on_info(const SSL *ssl, int where, int value)
{
    struct peer *peer = SSL_get_app_data(ssl);
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && peer != NULL) {
        peer->alert = value & 0xff;
    }
}

static inline void peer_open_openssl(struct peer *peer)
{
    const bool is_server = peer->kind.mode == S2N_CLIENT;
    const int version = peer->kind.tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
    char path[4096];
    peer->context = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    CHECK(peer->context != NULL);
    CHECK(SSL_CTX_set_min_proto_version(peer->context, version) == 1);
    CHECK(SSL_CTX_set_max_proto_version(peer->context, version) == 1);
    if (peer->kind.tls13) {
        CHECK(SSL_CTX_set_ciphersuites(peer->context, suite(&peer->kind)) == 1);
    } else {
        CHECK(SSL_CTX_set_cipher_list(peer->context, suite(&peer->kind)) == 1);
    }
    if (is_server) {
        snprintf(path, sizeof(path), "%s/ecdsa.pem", folder);
        CHECK(SSL_CTX_use_certificate_chain_file(peer->context, path) == 1);
        snprintf(path, sizeof(path), "%s/ecdsa.key", folder);
        CHECK(SSL_CTX_use_PrivateKey_file(peer->context, path, SSL_FILETYPE_PEM) == 1);
    }
    SSL_CTX_set_info_callback(peer->context, on_info);
    peer->ssl = SSL_new(peer->context);
    CHECK(peer->ssl != NULL);
    SSL_set_app_data(peer->ssl, peer);
    CHECK(SSL_set_fd(peer->ssl, peer->fd) == 1);
    CHECK((is_server ? SSL_accept(peer->ssl) : SSL_connect(peer->ssl)) == 1);
}

static inline void peer_open_rs2n(struct peer *peer)
{
    const s2n_mode mode = peer->kind.mode == S2N_CLIENT ? S2N_SERVER : S2N_CLIENT;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    peer->config = new_config(&peer->kind, mode);
    peer->conn = new_connection(peer->config, mode, peer->fd);
    CHECK_OK(s2n_negotiate(peer->conn, &blocked));
    CHECK_TEXT(s2n_connection_get_cipher(peer->conn), suite(&peer->kind));
}

static inline void *peer_run(void *context)
{
    struct peer *peer = context;
    peer->alert = -1;
    if (peer->kind.openssl) {
        peer_open_openssl(peer);
    } else {
        peer_open_rs2n(peer);
    }
    peer->script(peer);
    if (peer->fd >= 0) {
        CHECK_OK(close(peer->fd));
    }
    if (peer->kind.openssl) {
        SSL_free(peer->ssl);
        SSL_CTX_free(peer->context);
    } else {
        const int alert = s2n_connection_get_alert(peer->conn);
        peer->alert = alert >= 0 ? alert : -1;
        CHECK_OK(s2n_connection_free(peer->conn));
        CHECK_OK(s2n_config_free(peer->config));
    }
    return NULL;
}

/* Reads at most `size` bytes; 0 after a close_notify, and -1 after an error. */
static inline ssize_t peer_read(struct peer *peer, void *buf, size_t size)
{
    if (!peer->kind.openssl) {
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        return s2n_recv(peer->conn, buf, size, &blocked);
    }
    const int count = SSL_read(peer->ssl, buf, size);
    if (count > 0) {
        return count;
    }
    return SSL_get_error(peer->ssl, count) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

static inline void peer_write(struct peer *peer, const void *data, size_t size)
{
    if (peer->kind.openssl) {
        CHECK(SSL_write(peer->ssl, data, size) == (int) size);
    } else {
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK(s2n_send(peer->conn, data, size, &blocked) == (ssize_t) size);
    }
}

/* Sends a close_notify. */
static inline void peer_close(struct peer *peer)
{
    if (peer->kind.openssl) {
        CHECK(SSL_shutdown(peer->ssl) >= 0);
    } else {
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        CHECK_OK(s2n_shutdown_send(peer->conn, &blocked));
    }
}

#endif
