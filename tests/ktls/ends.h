/*
 * Both ends of a connection, the peers' scripts, and what the tests have in common.
 */
#ifndef ENDS_H
#define ENDS_H

#define _GNU_SOURCE /* memfd_create */
#include "peer.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <s2n/internal.h>
#include <s2n/unstable/ktls.h>
#include <sys/mman.h>
#include <sys/uio.h>

enum { SEND = 1, RECV = 2 };

/* The side with kernel TLS, and its peer. */
struct ends {
    struct s2n_config *config;
    struct s2n_connection *conn;
    int fd;
    struct peer peer;
};

static s2n_blocked_status blocked;

/* Changes the config of the next connections, if it is set. */
extern void (*prepare)(struct s2n_config *config);

/* Completes a handshake with a peer that runs a script. */
static inline struct ends *open_ends(struct kind kind, void (*script)(struct peer *peer))
{
    struct ends *ends = calloc(1, sizeof(*ends));
    int fds[2];
    CHECK(ends != NULL);
    connect_sockets(fds);
    ends->fd = fds[0];
    ends->peer = (struct peer){ .kind = kind, .fd = fds[1], .script = script };
    CHECK_OK(pthread_create(&ends->peer.thread, NULL, peer_run, &ends->peer));
    ends->config = new_config(&kind, kind.mode);
    CHECK_OK(s2n_config_ktls_enable_unsafe_tls13(ends->config));
    if (prepare != NULL) {
        prepare(ends->config);
    }
    ends->conn = new_connection(ends->config, kind.mode, ends->fd);
    CHECK_OK(s2n_connection_set_blinding(ends->conn, S2N_SELF_SERVICE_BLINDING));
    CHECK_OK(s2n_negotiate(ends->conn, &blocked));
    CHECK(s2n_connection_get_actual_protocol_version(ends->conn) == (kind.tls13 ? S2N_TLS13 : S2N_TLS12));
    return ends;
}

static inline void enable(struct ends *ends, int directions)
{
    if (directions & SEND) {
        CHECK(s2n_connection_get_wire_bytes_out(ends->conn) > 0);
        CHECK_OK(s2n_connection_ktls_enable_send(ends->conn));
        CHECK_OK(s2n_connection_ktls_enable_send(ends->conn));
        CHECK(s2n_connection_get_wire_bytes_out(ends->conn) == 0);
    }
    if (directions & RECV) {
        CHECK(s2n_connection_get_wire_bytes_in(ends->conn) > 0);
        CHECK_OK(s2n_connection_ktls_enable_recv(ends->conn));
        CHECK_OK(s2n_connection_ktls_enable_recv(ends->conn));
        CHECK(s2n_connection_get_wire_bytes_in(ends->conn) == 0);
    }
}

/* Waits for the end of the peer's script, and frees everything. Returns the results of the peer. */
static inline struct peer close_ends(struct ends *ends)
{
    if (ends->fd >= 0) {
        CHECK_OK(close(ends->fd));
    }
    CHECK_OK(pthread_join(ends->peer.thread, NULL));
    CHECK_OK(s2n_connection_free(ends->conn));
    CHECK_OK(s2n_config_free(ends->config));
    const struct peer peer = ends->peer;
    free(ends);
    return peer;
}

static inline uint8_t *pattern(size_t size)
{
    uint8_t *data = malloc(size + 1);
    CHECK(data != NULL);
    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t) (i * 7 + i / 251);
    }
    return data;
}

/* FNV-1a */
static inline uint64_t hash(uint64_t hash, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ data[i]) * 0x100000001b3;
    }
    return hash;
}

static inline int new_file(const uint8_t *data, size_t size)
{
    const int file = memfd_create("file", 0);
    CHECK(file >= 0);
    CHECK(write(file, data, size) == (ssize_t) size);
    return file;
}

static inline void send_all(struct s2n_connection *conn, const uint8_t *data, size_t size)
{
    for (size_t sent = 0; sent < size;) {
        const ssize_t count = s2n_send(conn, data + sent, size - sent, &blocked);
        CHECK(count > 0);
        sent += count;
    }
}

static inline void expect(struct s2n_connection *conn, const uint8_t *data, size_t size)
{
    uint8_t *received = malloc(size + 1);
    CHECK(received != NULL);
    for (size_t len = 0; len < size;) {
        const ssize_t count = s2n_recv(conn, received + len, size - len, &blocked);
        CHECK(count > 0);
        len += count;
    }
    CHECK(memcmp(received, data, size) == 0);
    free(received);
}

/* Sends everything back, until a close_notify, and then a close_notify. */
static inline void echo(struct peer *peer)
{
    uint8_t *buffer = malloc(1 << 17);
    ssize_t count;
    while ((count = peer_read(peer, buffer, 1 << 17)) > 0) {
        peer_write(peer, buffer, count);
    }
    CHECK(count == 0);
    peer_close(peer);
    free(buffer);
}

/* Reads until a close_notify, and then sends one. */
static inline void sink(struct peer *peer)
{
    uint8_t *buffer = malloc(1 << 17);
    ssize_t count;
    peer->hash = 0xcbf29ce484222325;
    while ((count = peer_read(peer, buffer, 1 << 17)) > 0) {
        peer->hash = hash(peer->hash, buffer, count);
        peer->total += count;
    }
    CHECK(count == 0);
    peer_close(peer);
    free(buffer);
}

static inline void shutdown_both(struct ends *ends)
{
    CHECK_OK(s2n_shutdown(ends->conn, &blocked));
    CHECK(blocked == S2N_NOT_BLOCKED);
}

static inline void set_blocking(int fd, bool blocking)
{
    const int flags = fcntl(fd, F_GETFL);
    CHECK_OK(fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK));
}

static inline void wait_until_writable(int fd)
{
    struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };
    CHECK(poll(&poll_fd, 1, -1) == 1);
}

static inline void wait_for_delay(struct s2n_connection *conn)
{
    for (;;) {
        const uint64_t left = s2n_connection_get_delay(conn);
        if (left == 0) {
            return;
        }
        const struct timespec time = { left / 1000000000, left % 1000000000 };
        nanosleep(&time, NULL);
    }
}

static inline void await_end(struct peer *peer)
{
    uint8_t byte;
    while (peer_read(peer, &byte, 1) > 0) {
    }
}

/* data.c */
void test_echo(struct kind kind, int directions);
void test_vectors(struct kind kind);
void test_peek(struct kind kind);
void test_partial_sends(struct kind kind);
void test_blocked_receive(struct kind kind);
void test_duplex(struct kind kind);
void test_cancellation(struct kind kind);
void test_half_close(struct kind kind);
void test_truncation(struct kind kind);
void test_other_descriptors(struct kind kind);
void test_wipe(struct kind kind);
void test_free_handshake(struct kind kind);
void test_two_kernels(struct kind kind);

/* records.c */
void test_invalid_records(struct kind kind);
void test_fatal_alert(struct kind kind);
void test_received_key_update(struct kind kind);
void test_sent_key_update(struct kind kind);
void test_replacing_keys(void);
void test_requested_key_update(struct kind kind);
void test_received_tickets(void);
void test_sent_tickets(void);

/* files.c */
void test_sendfile(struct kind kind, bool block, size_t size);
void test_sendfile_end(struct kind kind);
void test_sendfile_errors(struct kind kind);

#endif
