/*
 * Concurrent use of both directions of both endpoints: four threads on blocking sockets transfer as much
 * data as possible, with key updates. A second thread in the same direction is rejected.
 *
 * usage: threads FOLDER-OF-CERTIFICATES SECONDS
 */
#include "check.h"

#include <fcntl.h>
#include <pthread.h>
#include <s2n/unstable/ktls.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PIECE 30000

/* Returns the byte at an offset of a stream. The period is prime, so that no two records begin alike. */
static uint8_t data_at(uint64_t offset)
{
    return (uint8_t) (offset % 251);
}

static atomic_bool time_is_up;

struct direction {
    struct s2n_connection *conn;
    bool updates_keys;
    uint64_t bytes;
    int updates;
    /* The total number of bytes, once it is known. */
    _Atomic uint64_t *total;
};

static void *send_until_time_is_up(void *argument)
{
    struct direction *direction = argument;
    static const int UPDATE_EVERY = 16;
    uint8_t *data = malloc(PIECE + 251);
    CHECK(data != NULL);
    for (int i = 0; i < PIECE + 251; i++) {
        data[i] = data_at(i);
    }
    bool is_last = false;
    for (int turn = 0; !is_last; turn++) {
        is_last = atomic_load(&time_is_up);
        if (is_last) {
            /* Stored before the last bytes are sent, so that the receiver does not block for more. */
            atomic_store(direction->total, direction->bytes + PIECE);
        }
        if (direction->updates_keys && turn % UPDATE_EVERY == UPDATE_EVERY - 1) {
            CHECK_OK(s2n_connection_request_key_update(direction->conn,
                    S2N_KEY_UPDATE_NOT_REQUESTED));
            direction->updates++;
        }
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        const uint8_t *start = data + direction->bytes % 251;
        CHECK(s2n_send(direction->conn, start, PIECE, &blocked) == PIECE);
        direction->bytes += PIECE;
    }
    free(data);
    return NULL;
}

static void *receive_all(void *argument)
{
    struct direction *direction = argument;
    uint8_t *room = malloc(PIECE);
    CHECK(room != NULL);
    while (atomic_load(direction->total) != direction->bytes) {
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        ssize_t received = s2n_recv(direction->conn, room, PIECE, &blocked);
        CHECK(received > 0);
        for (ssize_t i = 0; i < received; i++) {
            CHECK(room[i] == data_at(direction->bytes + i));
        }
        direction->bytes += received;
    }
    free(room);
    return NULL;
}

/* Performs both handshakes in one thread. */
static void handshake(struct s2n_connection *const conns[2], const int fds[2])
{
    for (int i = 0; i < 2; i++) {
        CHECK_OK(s2n_connection_set_fd(conns[i], fds[i]));
        CHECK_OK(fcntl(fds[i], F_SETFL, O_NONBLOCK));
    }
    for (int done = 0, turn = 0; done < 2; turn++) {
        s2n_blocked_status blocked = S2N_NOT_BLOCKED;
        bool complete = s2n_negotiate(conns[turn % 2], &blocked) == 0;
        CHECK(complete || s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
        done = complete ? done + 1 : 0;
    }
    for (int i = 0; i < 2; i++) {
        CHECK_OK(fcntl(fds[i], F_SETFL, 0));
    }
}

static struct s2n_connection *new_connection(s2n_mode mode, struct s2n_config *config)
{
    struct s2n_connection *conn = s2n_connection_new(mode);
    CHECK(conn != NULL);
    CHECK_OK(s2n_connection_set_config(conn, config));
    CHECK_OK(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING));
    return conn;
}

/* A client and a server, connected over blocking sockets. */
struct endpoints {
    struct s2n_connection *conns[2];
    int fds[2];
};

static void connect_endpoints(struct endpoints *endpoints, struct s2n_config *config)
{
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, endpoints->fds));
    endpoints->conns[0] = new_connection(S2N_CLIENT, config);
    endpoints->conns[1] = new_connection(S2N_SERVER, config);
    handshake(endpoints->conns, endpoints->fds);
}

static void close_endpoints(struct endpoints *endpoints)
{
    for (int i = 0; i < 2; i++) {
        CHECK_OK(s2n_connection_free(endpoints->conns[i]));
        CHECK_OK(close(endpoints->fds[i]));
    }
}

static void saturate(struct s2n_config *config, bool updates_keys, int seconds)
{
    struct endpoints endpoints;
    connect_endpoints(&endpoints, config);
    struct s2n_connection *const *conns = endpoints.conns;

    atomic_store(&time_is_up, false);
    struct direction senders[2], receivers[2];
    _Atomic uint64_t totals[2] = { UINT64_MAX, UINT64_MAX };
    pthread_t threads[4];
    for (int i = 0; i < 2; i++) {
        senders[i] = (struct direction){ conns[i], updates_keys, 0, 0, &totals[i] };
        receivers[i] = (struct direction){ conns[i], false, 0, 0, &totals[1 - i] };
        CHECK_OK(pthread_create(&threads[i], NULL, send_until_time_is_up, &senders[i]));
        CHECK_OK(pthread_create(&threads[2 + i], NULL, receive_all, &receivers[i]));
    }
    nanosleep(&(struct timespec){ .tv_sec = seconds }, NULL);
    atomic_store(&time_is_up, true);
    for (int i = 0; i < 4; i++) {
        CHECK_OK(pthread_join(threads[i], NULL));
    }

    for (int i = 0; i < 2; i++) {
        CHECK(senders[i].bytes > 0 && senders[i].bytes == receivers[1 - i].bytes);
        uint8_t sent = 0, received = 0, peer_received = 0;
        CHECK_OK(s2n_connection_get_key_update_counts(conns[i], &sent, &received));
        CHECK_OK(s2n_connection_get_key_update_counts(conns[1 - i], &received, &peer_received));
        CHECK(sent == (senders[i].updates > 255 ? 255 : senders[i].updates) && peer_received == sent);
        printf("%llu bytes, %d key updates\n", (unsigned long long) senders[i].bytes,
                senders[i].updates);
    }
    close_endpoints(&endpoints);
}

/* A transport whose callbacks wait until they are released. */
struct gate {
    sem_t entered, released;
};

static int hold_sender(void *context, const uint8_t *buf, uint32_t len)
{
    struct gate *gate = context;
    (void) buf;
    CHECK_OK(sem_post(&gate->entered));
    CHECK_OK(sem_wait(&gate->released));
    return len;
}

static int hold_receiver(void *context, uint8_t *buf, uint32_t len)
{
    struct gate *gate = context;
    (void) buf, (void) len;
    CHECK_OK(sem_post(&gate->entered));
    CHECK_OK(sem_wait(&gate->released));
    errno = EAGAIN;
    return -1;
}

static int take_all(void *context, const uint8_t *buf, uint32_t len)
{
    (void) context, (void) buf;
    return len;
}

static void *send_a_byte(void *conn)
{
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK(s2n_send(conn, "x", 1, &blocked) == 1);
    return NULL;
}

static void *receive_nothing(void *conn)
{
    char room[8];
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_ERROR(s2n_recv(conn, room, sizeof(room), &blocked), S2N_ERR_IO_BLOCKED);
    return NULL;
}

static void a_second_thread_in_a_direction_is_refused(struct s2n_config *config)
{
    struct endpoints endpoints;
    connect_endpoints(&endpoints, config);
    struct s2n_connection *conn = endpoints.conns[0];

    struct gate gate;
    CHECK_OK(sem_init(&gate.entered, 0, 0));
    CHECK_OK(sem_init(&gate.released, 0, 0));
    CHECK_OK(s2n_connection_set_send_cb(conn, hold_sender));
    CHECK_OK(s2n_connection_set_send_ctx(conn, &gate));
    CHECK_OK(s2n_connection_set_recv_cb(conn, hold_receiver));
    CHECK_OK(s2n_connection_set_recv_ctx(conn, &gate));

    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    char room[8];
    pthread_t other;
    CHECK_OK(pthread_create(&other, NULL, send_a_byte, conn));
    CHECK_OK(sem_wait(&gate.entered));
    CHECK_ERROR(s2n_send(conn, "y", 1, &blocked), S2N_ERR_REENTRANCY);
    CHECK_ERROR(s2n_sendv(conn, NULL, 0, &blocked), S2N_ERR_REENTRANCY);
    CHECK_OK(sem_post(&gate.released));
    CHECK_OK(pthread_join(other, NULL));

    CHECK_OK(s2n_connection_set_send_cb(conn, take_all));
    CHECK_OK(pthread_create(&other, NULL, receive_nothing, conn));
    CHECK_OK(sem_wait(&gate.entered));
    CHECK_ERROR(s2n_recv(conn, room, sizeof(room), &blocked), S2N_ERR_REENTRANCY);
    /* The other direction can be used. */
    CHECK(s2n_send(conn, "y", 1, &blocked) == 1);
    CHECK_OK(sem_post(&gate.released));
    CHECK_OK(pthread_join(other, NULL));

    CHECK_OK(sem_destroy(&gate.entered));
    CHECK_OK(sem_destroy(&gate.released));
    close_endpoints(&endpoints);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    CHECK_OK(s2n_init());
    static const char *const policies[] = { "ELBSecurityPolicy-TLS-1-2-2017-01", "default_tls13" };
    for (int tls13 = 0; tls13 < 2; tls13++) {
        struct s2n_cert_chain_and_key *chain = load_chain(argv[1], "ecdsa");
        struct s2n_config *config = s2n_config_new_minimal();
        CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(config, chain));
        CHECK_OK(s2n_config_disable_x509_verification(config));
        CHECK_OK(s2n_config_set_cipher_preferences(config, policies[tls13]));
        a_second_thread_in_a_direction_is_refused(config);
        saturate(config, tls13 == 1, atoi(argv[2]));
        CHECK_OK(s2n_config_free(config));
        CHECK_OK(s2n_cert_chain_and_key_free(chain));
    }
    return 0;
}
