/*
 * Scenarios with threads: each direction of a connection in a thread of its own, on blocking descriptors. The
 * threads get signals without SA_RESTART, or one of them is cancelled; or a child process, which was forked in the
 * middle, continues the connection.
 */
#define _GNU_SOURCE
#include "soak.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PIECE 9000
/* The number of times that a thread is interrupted. */
#define INTERRUPTIONS 40
/* Threads that are not finished after so many seconds are blocked for ever. */
#define LIMIT 120

/* What the threads of a connection do at the same time: one of them is cancelled in one part. */
enum part { NO_PART, HANDSHAKES, TRANSFERS, ENDS };

/* The threads of a connection, and its descriptors. */
struct group {
    bool signals;
    enum part part, cancelled_part;
    int fds[2];
    /* A thread was cancelled: how much its call has transferred is unknown, and the others fail. */
    atomic_bool is_broken;
};

/* What a thread does. */
struct task {
    struct scenario *scenario;
    struct group *group;
    struct s2n_connection *conn;
    void *(*run)(void *);
    bool from_client;
    uint64_t total, done;
    pthread_t thread;
    int interruptions;
    bool is_finished;
};

static void ignore(int signal)
{
    (void) signal;
}

/* Returns whether the call can be repeated: signals do not end it, but failures of allocations in other threads. */
static bool is_blocked(const struct task *task, const char *call)
{
    if (s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED || lacks_memory()) {
        return true;
    }
    if (!task->group->is_broken) {
        fprintf(stderr, "%s fails in a thread: %s, with %llu of %llu bytes\n", call,
                s2n_strerror_debug(s2n_errno, NULL), (unsigned long long) task->done,
                (unsigned long long) task->total);
        CHECK(!"no failure");
    }
    return false;
}

static void *negotiate(void *argument)
{
    struct task *task = argument;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    reported = task->scenario;
    while (s2n_negotiate(task->conn, &blocked) != 0 && is_blocked(task, "s2n_negotiate")) {
    }
    return task;
}

static void *send_all(void *argument)
{
    struct task *task = argument;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    reported = task->scenario;
    while (task->done < task->total) {
        uint8_t data[PIECE];
        /* A repeated call has the same data. */
        const uint64_t left = task->total - task->done;
        const size_t size = left < PIECE ? left : PIECE;
        for (size_t i = 0; i < size; i++) {
            data[i] = data_at(task->scenario, task->from_client, task->done + i);
        }
        const ssize_t sent = s2n_send(task->conn, data, size, &blocked);
        if (sent < 0 && !is_blocked(task, "s2n_send")) {
            break;
        }
        task->done += sent < 0 ? 0 : sent;
    }
    return task;
}

static void *receive_all(void *argument)
{
    struct task *task = argument;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    reported = task->scenario;
    while (task->done < task->total) {
        uint8_t room[PIECE];
        /* With s2n_config_set_recv_multi_record() a call waits until the room is full. */
        const uint64_t left = task->total - task->done;
        const ssize_t received = s2n_recv(task->conn, room, left < PIECE ? left : PIECE, &blocked);
        if (received < 0 && is_blocked(task, "s2n_recv")) {
            continue;
        }
        if (received <= 0) {
            CHECK(task->group->is_broken);
            break;
        }
        for (ssize_t i = 0; i < received; i++) {
            CHECK(room[i] == data_at(task->scenario, task->from_client, task->done + i));
        }
        task->done += received;
        count(BYTES, received);
    }
    return task;
}

static void *shut_down(void *argument)
{
    struct task *task = argument;
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    reported = task->scenario;
    /* After a failure it is blocked for a blinding delay. */
    while (s2n_shutdown(task->conn, &blocked) != 0 && is_blocked(task, "s2n_shutdown") && !task->group->is_broken) {
    }
    return task;
}

/* Joins a task that has ended. */
static void check_end(struct task *task)
{
    void *result = NULL;
    if (task->is_finished || pthread_tryjoin_np(task->thread, &result) != 0) {
        return;
    }
    task->is_finished = true;
    count(CANCELLED, result == PTHREAD_CANCELED);
    if (task->group->is_broken) {
        /* The others wait for data, or for room. */
        shutdown(task->group->fds[0], SHUT_RDWR);
        shutdown(task->group->fds[1], SHUT_RDWR);
    }
}

static void interrupt(struct scenario *scenario, struct task *task)
{
    if (task->is_finished || task->interruptions++ >= INTERRUPTIONS) {
        return;
    }
    if (task->group->signals) {
        CHECK_OK(pthread_kill(task->thread, SIGUSR1));
        count(SIGNALS, 1);
    } else if (task->group->part == task->group->cancelled_part && !task->group->is_broken && one_in(scenario, 4)) {
        task->group->is_broken = true;
        CHECK_OK(pthread_cancel(task->thread));
    }
}

/* Fails if a thread is blocked for data that its peer has sent, or for the peer. */
static void check_time(const struct task *tasks, int number, time_t start)
{
    if (time(NULL) < start + LIMIT) {
        return;
    }
    for (int i = 0; i < number; i++) {
        fprintf(stderr, "thread %d of part %d: %s, %llu of %llu bytes\n", i, tasks[i].group->part,
                tasks[i].is_finished ? "finished" : "blocked", (unsigned long long) tasks[i].done,
                (unsigned long long) tasks[i].total);
    }
    CHECK(!"threads are finished");
}

/* Runs tasks at the same time, until all are finished. */
static void run_tasks(struct scenario *scenario, enum part part, struct task *tasks, int number)
{
    const time_t start = time(NULL);
    bool is_finished = false;
    tasks[0].group->part = part;
    for (int i = 0; i < number; i++) {
        CHECK_OK(pthread_create(&tasks[i].thread, NULL, tasks[i].run, &tasks[i]));
    }
    while (!is_finished) {
        const struct timespec pause = { 0, 20000 + below(scenario, 300000) };
        for (int i = 0; i < number; i++) {
            interrupt(scenario, &tasks[i]);
        }
        nanosleep(&pause, NULL);
        is_finished = true;
        for (int i = 0; i < number; i++) {
            check_end(&tasks[i]);
            is_finished &= tasks[i].is_finished;
        }
        check_time(tasks, number, start);
    }
}

static struct s2n_connection *open_connection(struct scenario *scenario, bool is_client, int fd)
{
    struct s2n_connection *conn;
    REPEAT_NEW(conn, s2n_connection_new(is_client ? S2N_CLIENT : S2N_SERVER));
    REPEAT(s2n_connection_set_config(conn, is_client ? scenario->client_config : scenario->server_config));
    REPEAT(s2n_connection_set_fd(conn, fd));
    REPEAT(s2n_connection_set_blinding(conn, S2N_SELF_SERVICE_BLINDING));
    if (is_client) {
        REPEAT(s2n_set_server_name(conn, "localhost"));
    }
    count(CONNECTIONS, 1);
    return conn;
}

static struct task new_task(struct scenario *scenario, struct group *group, struct s2n_connection *conn,
        void *(*run)(void *), bool from_client)
{
    return (struct task){ .scenario = scenario, .group = group, .conn = conn, .run = run, .from_client = from_client,
        .total = from_client ? scenario->plan.to_server : scenario->plan.to_client };
}

/* The client of a connection continues in a child process, which has one thread. */
static void run_in_child(struct scenario *scenario, struct group *group, struct s2n_connection *client)
{
    struct task send = new_task(scenario, group, client, send_all, true);
    struct task receive = new_task(scenario, group, client, receive_all, false);
    alarm(LIMIT);
    send_all(&send);
    receive_all(&receive);
    shut_down(&send);
    _exit(s2n_connection_free(client) == 0 ? 0 : 1);
}

/* Two processes must not use the same keys: the parent frees its copy. */
static pid_t fork_client(struct scenario *scenario, struct group *group, struct s2n_connection *client)
{
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        close(group->fds[1]);
        run_in_child(scenario, group, client);
    }
    CHECK_OK(s2n_connection_free(client));
    count(FORKS, 1);
    return child;
}

static void run_pair(struct scenario *scenario, struct group *group, bool forks)
{
    struct s2n_connection *client = open_connection(scenario, true, group->fds[0]);
    struct s2n_connection *server = open_connection(scenario, false, group->fds[1]);
    struct task handshakes[] = {
        new_task(scenario, group, server, negotiate, false),
        new_task(scenario, group, client, negotiate, true),
    };
    struct task transfers[] = {
        new_task(scenario, group, server, receive_all, true),
        new_task(scenario, group, server, send_all, false),
        new_task(scenario, group, client, send_all, true),
        new_task(scenario, group, client, receive_all, false),
    };
    struct task ends[] = {
        new_task(scenario, group, server, shut_down, false),
        new_task(scenario, group, client, shut_down, true),
    };
    run_tasks(scenario, HANDSHAKES, handshakes, 2);
    const pid_t child = forks ? fork_client(scenario, group, client) : -1;
    if (!group->is_broken) {
        run_tasks(scenario, TRANSFERS, transfers, forks ? 2 : 4);
    }
    /* A call that is permitted after a cancelled one. */
    run_tasks(scenario, ENDS, ends, forks ? 1 : 2);
    if (forks) {
        int status = 0;
        CHECK(waitpid(child, &status, 0) == child && status == 0);
    } else {
        CHECK_OK(s2n_connection_free(client));
    }
    CHECK_OK(s2n_connection_free(server));
}

void run_parallel(uint64_t seed, uint64_t number)
{
    struct scenario *scenario = new_scenario(seed, number);
    const struct sigaction action = { .sa_handler = ignore };
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    reported = scenario;
    scenario->plan.psk = scenario->plan.cache = scenario->plan.early_data = false;
    scenario->plan.signs_later = scenario->plan.verifies_later = scenario->plan.hello_callback = false;
    build_configs(scenario);
    /* More than the buffers of a socket. */
    scenario->plan.to_server += below(scenario, 400000);
    scenario->plan.to_client += below(scenario, 400000);
    for (int turn = 0; turn < 6; turn++) {
        struct group group = { .signals = turn % 2 == 0 };
        group.cancelled_part = group.signals ? NO_PART : HANDSHAKES + turn / 2;
        CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, group.fds));
        run_pair(scenario, &group, turn == 2);
        close(group.fds[0]);
        close(group.fds[1]);
    }
    free_scenario(scenario);
}
