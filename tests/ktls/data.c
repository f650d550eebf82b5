/* Transfers of data, and the end of connections, with kernel TLS. */
#include "ends.h"

void test_echo(struct kind kind, int directions)
{
    const size_t sizes[] = { 1, 2, 100, 16384, 16385, 100000 };
    uint8_t *data = pattern(100000);
    struct ends *ends = open_ends(kind, echo);
    /* Records before kernel TLS: the sequence numbers are not 0. */
    send_all(ends->conn, data, 5);
    expect(ends->conn, data, 5);
    send_all(ends->conn, data, 5);
    expect(ends->conn, data, 5);
    enable(ends, directions);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        send_all(ends->conn, data, sizes[i]);
        expect(ends->conn, data, sizes[i]);
    }
    CHECK(s2n_send(ends->conn, data, 0, &blocked) == 0);
    CHECK(s2n_send(ends->conn, NULL, 0, &blocked) == 0);
    CHECK_ERROR(s2n_send(ends->conn, NULL, 1, &blocked), S2N_ERR_NULL);
    CHECK_OK(s2n_flush(ends->conn, &blocked));
    CHECK_OK(s2n_negotiate(ends->conn, &blocked));
    shutdown_both(ends);
    CHECK(s2n_recv(ends->conn, data, 1, &blocked) == 0);
    CHECK_ERROR(s2n_send(ends->conn, data, 1, &blocked), S2N_ERR_CLOSED);
    close_ends(ends);
    free(data);
}

/* Buffers at an offset, and more of them than one call of the kernel takes. */
void test_vectors(struct kind kind)
{
    enum { COUNT = 3000, LEN = 7 };
    uint8_t *data = pattern(COUNT * LEN);
    struct iovec buffers[COUNT];
    struct ends *ends = open_ends(kind, echo);
    enable(ends, SEND);
    for (size_t i = 0; i < COUNT; i++) {
        buffers[i] = (struct iovec){ data + i * LEN, LEN };
    }
    CHECK(s2n_sendv(ends->conn, buffers, COUNT, &blocked) == COUNT * LEN);
    CHECK(blocked == S2N_NOT_BLOCKED);
    expect(ends->conn, data, COUNT * LEN);
    CHECK(s2n_sendv_with_offset(ends->conn, buffers, COUNT, 10, &blocked) == COUNT * LEN - 10);
    expect(ends->conn, data + 10, COUNT * LEN - 10);
    CHECK(s2n_sendv_with_offset(ends->conn, buffers, 2, 2 * LEN - 1, &blocked) == 1);
    expect(ends->conn, data + 2 * LEN - 1, 1);
    CHECK_ERROR(s2n_sendv_with_offset(ends->conn, buffers, 2, 2 * LEN + 1, &blocked),
            S2N_ERR_INVALID_ARGUMENT);
    shutdown_both(ends);
    close_ends(ends);
    free(data);
}

/* A part of a record that is not read stays in the connection. */
void test_peek(struct kind kind)
{
    uint8_t *data = pattern(1000), byte[10];
    struct ends *ends = open_ends(kind, echo);
    enable(ends, RECV);
    send_all(ends->conn, data, 1000);
    CHECK(s2n_recv(ends->conn, byte, 10, &blocked) == 10);
    CHECK(memcmp(byte, data, 10) == 0);
    CHECK(s2n_peek(ends->conn) == 990);
    CHECK_ERROR(s2n_connection_release_buffers(ends->conn), S2N_ERR_STUFFER_HAS_UNPROCESSED_DATA);
    expect(ends->conn, data + 10, 990);
    CHECK(s2n_peek(ends->conn) == 0);
    CHECK_OK(s2n_connection_release_buffers(ends->conn));
    send_all(ends->conn, data, 1000);
    expect(ends->conn, data, 1000);
    shutdown_both(ends);
    close_ends(ends);
    free(data);
}

/* The socket accepts a part of the data; every byte is reported once. */
void test_partial_sends(struct kind kind)
{
    const size_t size = 8 << 20;
    uint8_t *data = pattern(size);
    struct ends *ends = open_ends(kind, sink);
    size_t partial = 0;
    int small = 20000;
    CHECK_OK(setsockopt(ends->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)));
    enable(ends, SEND | RECV);
    set_blocking(ends->fd, false);
    for (size_t sent = 0; sent < size;) {
        const ssize_t count = s2n_send(ends->conn, data + sent, size - sent, &blocked);
        if (count < 0) {
            CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_IO_BLOCKED");
            CHECK(blocked == S2N_BLOCKED_ON_WRITE);
            wait_until_writable(ends->fd);
            continue;
        }
        CHECK(count > 0);
        sent += count;
        CHECK((blocked == S2N_NOT_BLOCKED) == (sent == size));
        partial += sent < size;
    }
    CHECK(partial > 0);
    while (s2n_shutdown_send(ends->conn, &blocked) != 0) {
        CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_IO_BLOCKED");
        wait_until_writable(ends->fd);
    }
    set_blocking(ends->fd, true);
    shutdown_both(ends);
    const struct peer peer = close_ends(ends);
    CHECK(peer.total == size);
    CHECK(peer.hash == hash(0xcbf29ce484222325, data, size));
    free(data);
}

/* A receiving call that would block changes nothing. */
void test_blocked_receive(struct kind kind)
{
    uint8_t byte;
    struct ends *ends = open_ends(kind, echo);
    enable(ends, SEND | RECV);
    set_blocking(ends->fd, false);
    for (int i = 0; i < 2; i++) {
        ssize_t count = s2n_recv(ends->conn, &byte, 1, &blocked);
        CHECK(count == -1);
        CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_IO_BLOCKED");
        CHECK(blocked == S2N_BLOCKED_ON_READ);
    }
    set_blocking(ends->fd, true);
    send_all(ends->conn, (const uint8_t *) "x", 1);
    expect(ends->conn, (const uint8_t *) "x", 1);
    shutdown_both(ends);
    close_ends(ends);
}

static void *send_in_thread(void *context)
{
    struct ends *ends = context;
    uint8_t *data = pattern(4 << 20);
    for (size_t sent = 0; sent < 4 << 20;) {
        s2n_blocked_status own = S2N_NOT_BLOCKED;
        const ssize_t count = s2n_send(ends->conn, data + sent, (4 << 20) - sent, &own);
        CHECK(count > 0);
        sent += count;
    }
    free(data);
    return NULL;
}

/* Sending and receiving on two threads. */
void test_duplex(struct kind kind)
{
    uint8_t *data = pattern(4 << 20);
    pthread_t thread;
    struct ends *ends = open_ends(kind, echo);
    enable(ends, SEND | RECV);
    CHECK_OK(pthread_create(&thread, NULL, send_in_thread, ends));
    expect(ends->conn, data, 4 << 20);
    CHECK_OK(pthread_join(thread, NULL));
    shutdown_both(ends);
    close_ends(ends);
    free(data);
}

static void *receive_until_cancelled(void *context)
{
    struct ends *ends = context;
    s2n_blocked_status own = S2N_NOT_BLOCKED;
    uint8_t byte;
    for (;;) {
        s2n_recv(ends->conn, &byte, 1, &own);
    }
    return NULL;
}

/* A thread that waits for data is cancelled. */
void test_cancellation(struct kind kind)
{
    pthread_t thread;
    void *result = NULL;
    struct ends *ends = open_ends(kind, echo);
    enable(ends, SEND | RECV);
    CHECK_OK(pthread_create(&thread, NULL, receive_until_cancelled, ends));
    CHECK_OK(pthread_cancel(thread));
    CHECK_OK(pthread_join(thread, &result));
    CHECK(result == PTHREAD_CANCELED);
    send_all(ends->conn, (const uint8_t *) "x", 1);
    expect(ends->conn, (const uint8_t *) "x", 1);
    shutdown_both(ends);
    close_ends(ends);
}

/* The peer still sends after our close_notify. */
static void answer_after_end(struct peer *peer)
{
    uint8_t byte;
    while (peer_read(peer, &byte, 1) > 0) {
    }
    if (!peer->kind.tls13) {
        return;
    }
    peer_write(peer, "the answer", 10);
    peer_close(peer);
}

void test_half_close(struct kind kind)
{
    uint8_t byte;
    struct ends *ends = open_ends(kind, answer_after_end);
    enable(ends, SEND | RECV);
    send_all(ends->conn, (const uint8_t *) "the question", 12);
    CHECK_OK(s2n_shutdown_send(ends->conn, &blocked));
    CHECK_ERROR(s2n_send(ends->conn, "x", 1, &blocked), S2N_ERR_CLOSED);
    if (kind.tls13) {
        expect(ends->conn, (const uint8_t *) "the answer", 10);
        CHECK(s2n_recv(ends->conn, &byte, 1, &blocked) == 0);
        CHECK_OK(s2n_shutdown(ends->conn, &blocked));
    }
    close_ends(ends);
}

/* The stream ends without a close_notify, once kernel TLS is enabled, which the end prevents. */
static void write_and_leave(struct peer *peer)
{
    uint8_t byte;
    CHECK(peer_read(peer, &byte, 1) == 1);
    peer_write(peer, "data", 4);
    CHECK_OK(shutdown(peer->fd, SHUT_WR));
    while (peer_read(peer, &byte, 1) > 0) {
    }
}

void test_truncation(struct kind kind)
{
    uint8_t byte;
    struct ends *ends = open_ends(kind, write_and_leave);
    enable(ends, SEND | RECV);
    send_all(ends->conn, (const uint8_t *) "x", 1);
    expect(ends->conn, (const uint8_t *) "data", 4);
    CHECK_ERROR(s2n_recv(ends->conn, &byte, 1, &blocked), S2N_ERR_CLOSED);
    CHECK_ERROR(s2n_recv(ends->conn, &byte, 1, &blocked), S2N_ERR_CLOSED);
    CHECK_OK(s2n_shutdown_send(ends->conn, &blocked));
    close_ends(ends);
}

/* Another socket is not written without encryption; another descriptor of the same one is. */
void test_other_descriptors(struct kind kind)
{
    uint8_t byte;
    int others[2];
    struct ends *ends = open_ends(kind, echo);
    enable(ends, SEND | RECV);
    connect_sockets(others);
    CHECK_OK(s2n_connection_set_fd(ends->conn, others[0]));
    CHECK_ERROR(s2n_send(ends->conn, "secret", 6, &blocked), S2N_ERR_KTLS_MANAGED_IO);
    size_t written = 9;
    CHECK_ERROR(s2n_sendfile(ends->conn, 0, 0, 1, &written, &blocked), S2N_ERR_KTLS_MANAGED_IO);
    CHECK(recv(others[1], &byte, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    const int copy = dup(ends->fd);
    CHECK_OK(s2n_connection_set_fd(ends->conn, copy));
    send_all(ends->conn, (const uint8_t *) "secret", 6);
    expect(ends->conn, (const uint8_t *) "secret", 6);
    shutdown_both(ends);
    CHECK_OK(close(others[0]) | close(others[1]) | close(copy));
    close_ends(ends);
}

void test_wipe(struct kind kind)
{
    struct ends *ends = open_ends(kind, echo);
    enable(ends, SEND | RECV);
    shutdown_both(ends);
    CHECK_OK(s2n_connection_wipe(ends->conn));
    CHECK_ERROR(s2n_connection_ktls_enable_send(ends->conn), S2N_ERR_HANDSHAKE_NOT_COMPLETE);
    CHECK_ERROR(s2n_connection_ktls_enable_recv(ends->conn), S2N_ERR_HANDSHAKE_NOT_COMPLETE);
    size_t written = 9;
    CHECK_ERROR(s2n_sendfile(ends->conn, 0, 0, 1, &written, &blocked), S2N_ERR_KTLS_UNSUPPORTED_CONN);
    close_ends(ends);
}

/* After kernel TLS is enabled, the memory of the handshake can be freed. */
void test_free_handshake(struct kind kind)
{
    struct ends *ends = open_ends(kind, echo);
    enable(ends, SEND | RECV);
    CHECK_OK(s2n_connection_free_handshake(ends->conn));
    CHECK_OK(s2n_connection_ktls_enable_send(ends->conn));
    send_all(ends->conn, (const uint8_t *) "x", 1);
    expect(ends->conn, (const uint8_t *) "x", 1);
    shutdown_both(ends);
    close_ends(ends);
}

/* The kernel of both sides. */
static void *run_kernel_peer(void *context)
{
    struct ends *ends = context;
    uint8_t buffer[5000];
    s2n_blocked_status own = S2N_NOT_BLOCKED;
    ssize_t count;
    CHECK_OK(s2n_negotiate(ends->conn, &own));
    CHECK_OK(s2n_connection_ktls_enable_send(ends->conn));
    CHECK_OK(s2n_connection_ktls_enable_recv(ends->conn));
    while ((count = s2n_recv(ends->conn, buffer, sizeof(buffer), &own)) > 0) {
        CHECK(s2n_send(ends->conn, buffer, count, &own) == count);
    }
    CHECK(count == 0);
    CHECK_OK(s2n_shutdown(ends->conn, &own));
    return NULL;
}

void test_two_kernels(struct kind kind)
{
    struct ends ends[2];
    uint8_t *data = pattern(100000);
    int fds[2];
    pthread_t thread;
    connect_sockets(fds);
    for (int i = 0; i < 2; i++) {
        const s2n_mode mode = i == 0 ? S2N_CLIENT : S2N_SERVER;
        ends[i].config = new_config(&kind, mode);
        CHECK_OK(s2n_config_ktls_enable_unsafe_tls13(ends[i].config));
        ends[i].conn = new_connection(ends[i].config, mode, fds[i]);
    }
    CHECK_OK(pthread_create(&thread, NULL, run_kernel_peer, &ends[1]));
    CHECK_OK(s2n_negotiate(ends[0].conn, &blocked));
    CHECK_OK(s2n_connection_ktls_enable_recv(ends[0].conn));
    CHECK_OK(s2n_connection_ktls_enable_send(ends[0].conn));
    send_all(ends[0].conn, data, 100000);
    expect(ends[0].conn, data, 100000);
    CHECK_OK(s2n_shutdown(ends[0].conn, &blocked));
    CHECK_OK(pthread_join(thread, NULL));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(s2n_connection_free(ends[i].conn));
        CHECK_OK(s2n_config_free(ends[i].config));
        CHECK_OK(close(fds[i]));
    }
    free(data);
}
