/* s2n_sendfile(). */
#include "ends.h"

/* A large file; `block` is false for a socket that does not wait. */
void test_sendfile(struct kind kind, bool block, size_t size)
{
    uint8_t *data = pattern(size);
    const int file = new_file(data, size);
    struct ends *ends = open_ends(kind, sink);
    size_t written = 0;
    enable(ends, SEND | RECV);
    set_blocking(ends->fd, block);
    for (size_t sent = 0; sent < size; sent += written) {
        if (s2n_sendfile(ends->conn, file, sent, size - sent, &written, &blocked) != 0) {
            CHECK(!block);
            CHECK_TEXT(s2n_strerror_name(s2n_errno), "S2N_ERR_IO_BLOCKED");
            CHECK(blocked == S2N_BLOCKED_ON_WRITE && written == 0);
            wait_until_writable(ends->fd);
            continue;
        }
        CHECK(blocked == S2N_NOT_BLOCKED && written > 0);
    }
    CHECK(lseek(file, 0, SEEK_CUR) == (off_t) size);
    set_blocking(ends->fd, true);
    shutdown_both(ends);
    const struct peer peer = close_ends(ends);
    CHECK(peer.total == size);
    CHECK(peer.hash == hash(0xcbf29ce484222325, data, size));
    CHECK_OK(close(file));
    free(data);
}

/* More is requested than the file has: the peer receives all of it, without a further call. */
void test_sendfile_end(struct kind kind)
{
    const size_t sizes[] = { 1, 4096, 16384, 50000, 70000 };
    uint8_t *data = pattern(100000);
    struct ends *ends = open_ends(kind, echo);
    size_t written = 9;
    enable(ends, SEND);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const int file = new_file(data, sizes[i]);
        CHECK_OK(s2n_sendfile(ends->conn, file, 0, 100000, &written, &blocked));
        CHECK(written == sizes[i]);
        expect(ends->conn, data, sizes[i]);
        CHECK_OK(s2n_sendfile(ends->conn, file, sizes[i] / 2, 100000, &written, &blocked));
        CHECK(written == sizes[i] - sizes[i] / 2);
        /* In the order of the calls. */
        send_all(ends->conn, data, 3);
        expect(ends->conn, data + sizes[i] / 2, written);
        expect(ends->conn, data, 3);
        CHECK_OK(s2n_sendfile(ends->conn, file, sizes[i], 1, &written, &blocked));
        CHECK(written == 0);
        CHECK_OK(s2n_sendfile(ends->conn, file, 0, 0, &written, &blocked));
        CHECK(written == 0);
        CHECK_OK(close(file));
    }
    shutdown_both(ends);
    close_ends(ends);
    free(data);
}

static void reset(struct peer *peer)
{
    const struct linger linger = { 1, 0 };
    uint8_t byte;
    CHECK(peer_read(peer, &byte, 1) == 1);
    CHECK_OK(setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
    CHECK_OK(close(peer->fd));
    peer->fd = -1;
}

/* Errors of the file and of the socket. SIGPIPE has its default action, which would end the program. */
void test_sendfile_errors(struct kind kind)
{
    uint8_t *data = pattern(10);
    const int file = new_file(data, 10);
    size_t written = 9;
    struct ends *ends = open_ends(kind, echo);
    CHECK_ERROR(s2n_sendfile(ends->conn, file, 0, 10, &written, &blocked), S2N_ERR_KTLS_UNSUPPORTED_CONN);
    CHECK(written == 0 && blocked == S2N_BLOCKED_ON_WRITE);
    enable(ends, SEND);
    CHECK_ERROR(s2n_sendfile(NULL, file, 0, 10, &written, &blocked), S2N_ERR_NULL);
    CHECK_ERROR(s2n_sendfile(ends->conn, file, 0, 10, NULL, &blocked), S2N_ERR_NULL);
    CHECK_ERROR(s2n_sendfile(ends->conn, file, 0, 10, &written, NULL), S2N_ERR_NULL);
    CHECK_ERROR(s2n_sendfile(ends->conn, -1, 0, 10, &written, &blocked), S2N_ERR_IO);
    CHECK(errno == EBADF);
    CHECK_ERROR(s2n_sendfile(ends->conn, file, -1, 10, &written, &blocked), S2N_ERR_IO);
    CHECK(errno == EINVAL);
    CHECK_OK(s2n_sendfile(ends->conn, file, 0, 10, &written, &blocked));
    expect(ends->conn, data, 10);
    CHECK_OK(s2n_shutdown_send(ends->conn, &blocked));
    CHECK_ERROR(s2n_sendfile(ends->conn, file, 0, 10, &written, &blocked), S2N_ERR_CLOSED);
    shutdown_both(ends);
    close_ends(ends);

    ends = open_ends(kind, reset);
    enable(ends, SEND);
    send_all(ends->conn, data, 1);
    CHECK_OK(pthread_join(ends->peer.thread, NULL));
    int failures = 0;
    for (int i = 0; i < 4; i++) {
        failures += s2n_sendfile(ends->conn, file, 0, 10, &written, &blocked) != 0;
        failures += s2n_send(ends->conn, data, 10, &blocked) != 10;
    }
    CHECK(failures >= 6);
    CHECK_OK(s2n_connection_free(ends->conn));
    CHECK_OK(s2n_config_free(ends->config));
    CHECK_OK(close(ends->fd));
    free(ends);
    CHECK_OK(close(file));
    free(data);
}
