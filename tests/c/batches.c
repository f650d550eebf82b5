/*
 * Records that are written together on a stream socket, while a caller is bound to one record at a time.
 *
 * usage: batches FOLDER-OF-CERTIFICATES
 */
#include "pair.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The default number of bytes in a record. */
enum { RECORD = 8087, CALL = 64 * 1024 };

/* The number of calls of send(), and how many bytes they accept before the socket would block. */
static int sends;
static size_t room;

/* If set, send() reports that it waits, and then waits until its thread is cancelled. */
static pthread_barrier_t *waiting;

ssize_t send(int fd, const void *data, size_t len, int flags)
{
    sends++;
    if (waiting != NULL) {
        pthread_barrier_wait(waiting);
        pause();
    }
    if (room == 0) {
        errno = EAGAIN;
        return -1;
    }
    len = len < room ? len : room;
    const ssize_t sent = syscall(SYS_sendto, fd, data, len, flags, NULL, 0);
    if (sent > 0) {
        room -= (size_t) sent;
    }
    return sent;
}

static struct pair *connected_by(int type, int fds[2], int tls13)
{
    struct pair *pair = connected(tls13);
    CHECK_OK(socketpair(AF_UNIX, type, 0, fds));
    const int size = 1 << 20;
    CHECK_OK(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)));
    CHECK_OK(s2n_connection_set_fd(pair->client, fds[0]));
    CHECK_OK(s2n_connection_set_fd(pair->server, fds[1]));
    sends = 0;
    room = SIZE_MAX;
    return pair;
}

static void close_all(struct pair *pair, const int fds[2])
{
    disconnect(pair);
    CHECK_OK(close(fds[0]));
    CHECK_OK(close(fds[1]));
}

/* Receives `size` bytes, which must be these. */
static void expect(struct pair *pair, const uint8_t *bytes, size_t size)
{
    static uint8_t received[CALL];
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    for (size_t at = 0; at < size;) {
        const ssize_t count = s2n_recv(pair->server, received, sizeof(received), &blocked);
        CHECK(count > 0 && (size_t) count <= size - at);
        CHECK(memcmp(received, bytes + at, (size_t) count) == 0);
        at += (size_t) count;
    }
}

static void records_are_written_together(int tls13)
{
    static uint8_t data[CALL];
    fill_with_pattern(data, sizeof(data));
    int fds[2];
    struct pair *pair = connected_by(SOCK_STREAM, fds, tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    for (int i = 1; i <= 4; i++) {
        CHECK(s2n_send(pair->client, data, CALL, &blocked) == CALL);
        CHECK(sends == i);
        expect(pair, data, CALL);
    }
    close_all(pair, fds);
}

/* A socket with the boundaries of messages gets a record in each. */
static void messages_are_records(int tls13)
{
    static uint8_t data[3 * RECORD];
    fill_with_pattern(data, sizeof(data));
    int fds[2];
    struct pair *pair = connected_by(SOCK_SEQPACKET, fds, tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK(s2n_send(pair->client, data, sizeof(data), &blocked) == sizeof(data));
    CHECK(sends == 3);
    close_all(pair, fds);
}

/*
 * After a partial result the caller sends other bytes. Only the record of which the socket has a part, or
 * which it has refused, must be the same.
 */
static void the_caller_may_change_its_bytes(int tls13)
{
    static uint8_t first[CALL], second[CALL];
    memset(first, 'a', sizeof(first));
    memset(second, 'b', sizeof(second));
    memset(second, 'a', RECORD);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    for (size_t accepted = 0; accepted < 3 * RECORD; accepted += 1000) {
        int fds[2];
        struct pair *pair = connected_by(SOCK_STREAM, fds, tls13);
        room = accepted;
        ssize_t sent = s2n_send(pair->client, first, sizeof(first), &blocked);
        CHECK(blocked == S2N_BLOCKED_ON_WRITE);
        CHECK(sent >= 0 || s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
        sent = sent < 0 ? 0 : sent;
        CHECK(sent == (ssize_t) (accepted / (RECORD + (tls13 ? 22 : 29)) * RECORD));

        room = SIZE_MAX;
        CHECK_ERROR(s2n_send(pair->client, second, RECORD - 1, &blocked), S2N_ERR_SEND_SIZE);
        CHECK(s2n_send(pair->client, second, sizeof(second), &blocked) == sizeof(second));
        expect(pair, first, (size_t) sent);
        expect(pair, second, sizeof(second));
        close_all(pair, fds);
    }
}

static void *send_first(void *conn)
{
    static uint8_t first[CALL];
    memset(first, 'a', sizeof(first));
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    s2n_send(conn, first, sizeof(first), &blocked);
    return NULL;
}

/*
 * A thread is cancelled in send(), which may have accepted any part of the records. So none of them is sealed
 * again for other bytes.
 */
static void a_cancelled_thread_has_sent_its_bytes(int tls13)
{
    static uint8_t first[CALL], second[CALL];
    memset(first, 'a', sizeof(first));
    memset(second, 'b', sizeof(second));
    int fds[2];
    struct pair *pair = connected_by(SOCK_STREAM, fds, tls13);
    pthread_barrier_t barrier;
    CHECK_OK(pthread_barrier_init(&barrier, NULL, 2));
    waiting = &barrier;
    pthread_t sender;
    void *outcome = NULL;
    CHECK_OK(pthread_create(&sender, NULL, send_first, pair->client));
    pthread_barrier_wait(&barrier);
    CHECK_OK(pthread_cancel(sender));
    CHECK_OK(pthread_join(sender, &outcome));
    CHECK(outcome == PTHREAD_CANCELED);
    waiting = NULL;

    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK(s2n_send(pair->client, second, sizeof(second), &blocked) == sizeof(second));
    expect(pair, first, sizeof(first));
    CHECK_OK(pthread_barrier_destroy(&barrier));
    close_all(pair, fds);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        records_are_written_together(tls13);
        messages_are_records(tls13);
        the_caller_may_change_its_bytes(tls13);
        a_cancelled_thread_has_sent_its_bytes(tls13);
    }
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
