/*
 * Storm: each system call of a connection fails in turn, once, with each error that it can have.
 *
 * usage: storm FOLDER-OF-CERTIFICATES [STRIDE]
 *
 * Sessions run again and again; in the Nth run the Nth call fails. EINTR and EAGAIN must not be noticed; with
 * another error a session succeeds, or fails with an error of the library, and everything can be freed. A session
 * in a process that has not used the library yet runs in a child process each. See ../README.md.
 */
#define _GNU_SOURCE
#include "calls.h"

#include <fcntl.h>
#include <s2n.h>
#include <s2n/unstable/async_offload.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TURNS 2000
#define DATA 40000

static const char *folder;

#define CHECK(condition)                                                                        \
    do {                                                                                        \
        if (!(condition)) {                                                                     \
            fprintf(stderr, "%s:%d: check failed: %s (%s, call %d, %s fails with errno %d)\n",   \
                    __FILE__, __LINE__, #condition, s2n_strerror_name(s2n_errno), failure.at,   \
                    failure.function == NULL ? "none" : failure.function, failure.error);       \
            _exit(1);                                                                           \
        }                                                                                       \
    } while (0)

/* An error of the library ends the session, which is not complete then. */
#define TRY(condition)                                                       \
    do {                                                                     \
        if (!(condition)) {                                                  \
            CHECK(s2n_errno != 0);                                           \
            CHECK(s2n_error_get_type(s2n_errno) != S2N_ERR_T_BLOCKED);       \
            return false;                                                    \
        }                                                                    \
    } while (0)

/* Settings of a session. */
struct session {
    const char *name;
    const char *policy;
    bool is_cold, uses_files, authenticates_client, signs_later, uses_pipes;
};

static const struct session SESSIONS[] = {
    { .name = "first use", .policy = "default_tls13", .is_cold = true, .uses_files = true },
    { .name = "TLS 1.3", .policy = "default_tls13" },
    { .name = "TLS 1.2", .policy = "ELBSecurityPolicy-TLS-1-2-2017-01" },
    { .name = "files", .policy = "default_tls13", .uses_files = true },
    { .name = "coroutines", .policy = "default_tls13", .authenticates_client = true, .signs_later = true },
    { .name = "pipes", .policy = "default_tls13", .uses_pipes = true },
};

struct pair {
    struct s2n_config *config;
    struct s2n_cert_chain_and_key *chain, *client_chain;
    struct s2n_connection *ends[2];
    int read_fds[2], write_fds[2];
};

static struct s2n_async_pkey_op *waiting;
static struct s2n_connection *waiting_conn;

static int sign_later(struct s2n_connection *conn, struct s2n_async_pkey_op *op)
{
    waiting = op;
    waiting_conn = conn;
    return 0;
}

static const char *path_of(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

/* Without failures, as it is no part of the library. */
static char *load(const char *name)
{
    const struct failure saved = failure;
    failure.at = 0;
    FILE *file = fopen(path_of(name), "rb");
    char *text = calloc(1, 1 << 16);
    CHECK(file != NULL && text != NULL && fread(text, 1, (1 << 16) - 1, file) > 0);
    fclose(file);
    failure = saved;
    return text;
}

static bool add_chain(struct pair *pair, struct s2n_cert_chain_and_key **chain, const char *name)
{
    char file[100];
    snprintf(file, sizeof(file), "%s.pem", name);
    char *certificates = load(file);
    snprintf(file, sizeof(file), "%s.key", name);
    char *key = load(file);
    *chain = s2n_cert_chain_and_key_new();
    const bool is_loaded = *chain != NULL && s2n_cert_chain_and_key_load_pem(*chain, certificates, key) == 0;
    free(certificates);
    free(key);
    TRY(is_loaded && s2n_config_add_cert_chain_and_key_to_store(pair->config, *chain) == 0);
    return true;
}

static bool configure(struct pair *pair, const struct session *session)
{
    TRY((pair->config = s2n_config_new_minimal()) != NULL);
    TRY(s2n_config_set_cipher_preferences(pair->config, session->policy) == 0);
    if (session->uses_files) {
        TRY(s2n_config_load_system_certs(pair->config) == 0);
        TRY(s2n_config_set_verification_ca_location(pair->config, path_of("ca.pem"), NULL) == 0);
    } else {
        char *authority = load("ca.pem");
        const bool is_added = s2n_config_add_pem_to_trust_store(pair->config, authority) == 0;
        free(authority);
        TRY(is_added);
    }
    if (session->signs_later) {
        TRY(s2n_config_set_async_pkey_callback(pair->config, sign_later) == 0);
    }
    return add_chain(pair, &pair->chain, session->authenticates_client ? "pss" : "ecdsa");
}

static void set_nonblocking(int fd)
{
    CHECK(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0);
}

static void open_transport(struct pair *pair, bool uses_pipes)
{
    for (int i = 0; i < 2; i++) {
        int fds[2];
        if (uses_pipes) {
            CHECK(pipe(fds) == 0);
            pair->read_fds[1 - i] = fds[0];
            pair->write_fds[i] = fds[1];
        } else if (i == 0) {
            CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
            pair->read_fds[0] = pair->write_fds[0] = fds[0];
            pair->read_fds[1] = pair->write_fds[1] = fds[1];
        }
    }
    for (int i = 0; i < 2; i++) {
        set_nonblocking(pair->read_fds[i]);
        set_nonblocking(pair->write_fds[i]);
    }
}

static bool attach(struct pair *pair, const struct session *session)
{
    for (int i = 0; i < 2; i++) {
        struct s2n_connection *conn = pair->ends[i] = s2n_connection_new(i == 0 ? S2N_CLIENT : S2N_SERVER);
        TRY(conn != NULL);
        TRY(s2n_connection_set_config(conn, pair->config) == 0);
        TRY(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING) == 0);
        TRY(s2n_connection_set_read_fd(conn, pair->read_fds[i]) == 0);
        TRY(s2n_connection_set_write_fd(conn, pair->write_fds[i]) == 0);
        if (session->authenticates_client) {
            TRY(s2n_connection_set_client_auth_type(conn, S2N_CERT_AUTH_REQUIRED) == 0);
        }
    }
    TRY(s2n_set_server_name(pair->ends[0], "localhost") == 0);
    return true;
}

static bool complete_signature(struct pair *pair)
{
    if (waiting == NULL) {
        return true;
    }
    struct s2n_async_pkey_op *op = waiting;
    waiting = NULL;
    const bool is_complete = s2n_async_pkey_op_perform(op, s2n_cert_chain_and_key_get_private_key(pair->chain)) == 0
            && s2n_async_pkey_op_apply(op, waiting_conn) == 0;
    CHECK(s2n_async_pkey_op_free(op) == 0);
    TRY(is_complete);
    return true;
}

static bool is_blocked(void)
{
    return s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED;
}

static bool negotiate(struct pair *pair)
{
    bool done[2] = { false, false };
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    for (int turn = 0; !done[0] || !done[1]; turn++) {
        CHECK(turn < TURNS);
        const int i = turn % 2;
        if (!done[i] && !(done[i] = s2n_negotiate(pair->ends[i], &blocked) == 0)) {
            TRY(is_blocked());
        }
        if (!complete_signature(pair)) {
            return false;
        }
    }
    return true;
}

static bool transfer(struct pair *pair, int from)
{
    static uint8_t data[DATA], room[DATA];
    ssize_t sent = 0, received = 0;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    for (int i = 0; i < DATA; i++) {
        data[i] = i * 7 + i / 256 + from;
    }
    for (int turn = 0; received < DATA; turn++) {
        CHECK(turn < TURNS);
        ssize_t count = sent < DATA ? s2n_send(pair->ends[from], data + sent, DATA - sent, &blocked) : 0;
        TRY(count >= 0 || is_blocked());
        sent += count > 0 ? count : 0;
        count = s2n_recv(pair->ends[1 - from], room + received, DATA - received, &blocked);
        TRY(count >= 0 || is_blocked());
        CHECK(count != 0);
        received += count > 0 ? count : 0;
    }
    CHECK(memcmp(data, room, DATA) == 0);
    return true;
}

static bool shut_down(struct pair *pair)
{
    bool done[2] = { false, false };
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    for (int turn = 0; !done[0] || !done[1]; turn++) {
        CHECK(turn < TURNS);
        const int i = turn % 2;
        if (!done[i] && !(done[i] = s2n_shutdown(pair->ends[i], &blocked) == 0)) {
            TRY(is_blocked());
        }
    }
    return true;
}

static void clean_up(struct pair *pair)
{
    for (int i = 0; i < 2; i++) {
        CHECK(pair->ends[i] == NULL || s2n_connection_free(pair->ends[i]) == 0);
        close(pair->read_fds[i]);
        if (pair->write_fds[i] != pair->read_fds[i]) {
            close(pair->write_fds[i]);
        }
    }
    if (waiting != NULL) {
        CHECK(s2n_async_pkey_op_free(waiting) == 0);
        waiting = NULL;
    }
    CHECK(pair->config == NULL || s2n_config_free(pair->config) == 0);
    CHECK(pair->chain == NULL || s2n_cert_chain_and_key_free(pair->chain) == 0);
}

/* Returns whether the session was complete. */
static bool run_session(const struct session *session)
{
    struct pair pair = { 0 };
    const int at = failure.at;
    failure.at = 0;
    open_transport(&pair, session->uses_pipes);
    failure.at = at;
    s2n_errno = 0;
    const bool is_complete = configure(&pair, session) && attach(&pair, session) && negotiate(&pair)
            && transfer(&pair, 0) && transfer(&pair, 1) && shut_down(&pair);
    clean_up(&pair);
    failure.at = 0;
    /* The next session, without a failure, is not affected. */
    return is_complete;
}

static int lowest_free_descriptor(void)
{
    const int fd = dup(0);
    CHECK(fd >= 0);
    close(fd);
    return fd;
}

/* In a child process, which initializes the library. Its exit status: 0 complete, 3 failed, 4 no call has failed. */
static int run_cold(const struct session *session)
{
    const pid_t child = fork();
    int status = 0;
    CHECK(child >= 0);
    if (child == 0) {
        alarm(60);
        const bool is_complete = s2n_init() == 0 && run_session(session);
        _exit(failure.function == NULL ? 4 : is_complete ? 0 : 3);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) != 1);
    return WEXITSTATUS(status);
}

static int run_warm(const struct session *session)
{
    const int before = lowest_free_descriptor();
    const bool is_complete = run_session(session);
    CHECK(lowest_free_descriptor() == before);
    return failure.function == NULL ? 4 : is_complete ? 0 : 3;
}

static void run_all(const struct session *session, int error, int stride)
{
    int complete = 0, failed = 0;
    for (int at = 1;; at += session->is_cold ? 10 * stride : stride) {
        failure = (struct failure){ .error = error, .at = at };
        const int outcome = (session->is_cold ? run_cold : run_warm)(session);
        if (outcome == 4) {
            break;
        }
        complete += outcome == 0;
        failed += outcome == 3;
        if (outcome != 0 && (error == EINTR || (error == EAGAIN && !session->uses_files && !session->signs_later))) {
            fprintf(stderr, "%s: call %d: a session fails after %s\n", session->name, at, strerrorname_np(error));
            exit(1);
        }
    }
    if (complete + failed > 0) {
        printf("%-12s %-14s %4d calls: %4d sessions complete, %4d fail\n", session->name, strerrorname_np(error),
                complete + failed, complete, failed);
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static const int ERRORS[] = { EINTR, EAGAIN, ECONNRESET, EPIPE, ENOSPC, EIO, ENOBUFS, ENOMEM, EMFILE, ENFILE,
        EACCES, ENOENT, ENOSYS, EINVAL, ENOPROTOOPT };
    if (argc < 2) {
        fprintf(stderr, "usage: storm FOLDER-OF-CERTIFICATES [STRIDE]\n");
        return 2;
    }
    folder = argv[1];
    const int stride = argc > 2 ? atoi(argv[2]) : 1;
    for (size_t i = 0; i < sizeof(SESSIONS) / sizeof(*SESSIONS); i++) {
        if (!SESSIONS[i].is_cold && i == 1) {
            CHECK(s2n_init() == 0);
        }
        failure = (struct failure){ 0 };
        if (!SESSIONS[i].is_cold) {
            CHECK(run_session(&SESSIONS[i]));
        }
        for (size_t n = 0; n < sizeof(ERRORS) / sizeof(*ERRORS); n++) {
            run_all(&SESSIONS[i], ERRORS[n], stride);
        }
    }
    return 0;
}
