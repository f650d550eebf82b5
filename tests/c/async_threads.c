/*
 * Handshakes that migrate to another thread at each step: both endpoints sign and verify
 * asynchronously, with callbacks for the clock, the client certificate and timing checkpoints.
 *
 * usage: async_threads FOLDER-OF-CERTIFICATES PAIRS
 */
#include "pair.h"

#include <pthread.h>
#include <s2n/unstable/async_offload.h>
#include <s2n/unstable/cert_authorities.h>
#include <s2n/unstable/events.h>
#include <stdbool.h>
#include <time.h>

#define WORKERS 3

/* One endpoint of a connection. */
struct endpoint {
    struct s2n_connection *conn;
    s2n_cert_private_key *key;
    struct s2n_async_pkey_op *signing;
    struct s2n_async_offload_op *verifying;
    int signatures, verifications, checkpoints, requests;
    bool is_done;
};

/* Both endpoints of a connection, owned by one worker at a time. */
struct task {
    struct endpoint endpoints[2];
    struct pair *pair;
    struct s2n_config *client_config;
    struct s2n_cert_chain_and_key *client_chain;
    struct task *next;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct task *queues[WORKERS];
static int workers, open_tasks;

static int sign(struct s2n_connection *conn, struct s2n_async_pkey_op *op)
{
    struct endpoint *endpoint = s2n_connection_get_ctx(conn);
    CHECK(endpoint->signing == NULL);
    endpoint->signing = op;
    endpoint->signatures++;
    return 0;
}

static int verify(struct s2n_connection *conn, struct s2n_async_offload_op *op, void *ctx)
{
    struct endpoint *endpoint = s2n_connection_get_ctx(conn);
    CHECK(ctx == &mutex && endpoint->verifying == NULL);
    endpoint->verifying = op;
    endpoint->verifications++;
    return 0;
}

static int set_certificate(struct s2n_connection *conn, void *ctx, struct s2n_certificate_request *request)
{
    struct endpoint *endpoint = s2n_connection_get_ctx(conn);
    endpoint->requests++;
    return s2n_certificate_request_set_certificate(request, ctx);
}

static int wall_clock(void *ctx, uint64_t *nanoseconds)
{
    CHECK(ctx == &mutex);
    *nanoseconds = (uint64_t) time(NULL) * 1000000000;
    return 0;
}

static void count_checkpoint(struct s2n_connection *conn, void *subscriber,
        struct s2n_timing_checkpoint *checkpoint)
{
    struct endpoint *endpoint = s2n_connection_get_ctx(conn);
    CHECK(subscriber == &mutex);
    CHECK(checkpoint->role == s2n_connection_get_mode(conn));
    endpoint->checkpoints++;
}

static uint8_t accept_any(const char *name, size_t len, void *data)
{
    (void) name, (void) len;
    return data == &mutex;
}

static void set_callbacks(struct s2n_config *config)
{
    CHECK_OK(s2n_config_set_async_pkey_callback(config, sign));
    CHECK_OK(s2n_config_set_async_offload_callback(config, S2N_ASYNC_OFFLOAD_ALLOW_ALL, verify,
            &mutex));
    CHECK_OK(s2n_config_set_wall_clock(config, wall_clock, &mutex));
    CHECK_OK(s2n_config_set_subscriber(config, &mutex));
    CHECK_OK(s2n_config_set_timing_checkpoint_cb(config, count_checkpoint));
    CHECK_OK(s2n_config_set_verify_host_callback(config, accept_any, &mutex));
}

static struct task *new_task(int tls13)
{
    struct task *task = calloc(1, sizeof(*task));
    CHECK(task != NULL);
    task->pair = new_pair(tls13, "ecdsa");
    task->client_chain = load_chain(folder, "client");
    task->client_config = s2n_config_new_minimal();
    char *authority = read_file(folder, "ca.pem");
    CHECK_OK(s2n_config_add_pem_to_trust_store(task->client_config, authority));
    free(authority);
    CHECK_OK(s2n_config_add_cert_chain_and_key_to_store(task->client_config, task->client_chain));
    CHECK_OK(s2n_config_set_cipher_preferences(task->client_config, policy(tls13)));
    CHECK_OK(s2n_config_set_client_auth_type(task->client_config, S2N_CERT_AUTH_OPTIONAL));
    CHECK_OK(s2n_config_set_client_auth_type(task->pair->config, S2N_CERT_AUTH_REQUIRED));
    CHECK_OK(s2n_config_set_cert_request_callback(task->client_config, set_certificate,
            task->client_chain));
    set_callbacks(task->client_config);
    set_callbacks(task->pair->config);

    task->endpoints[0].conn = task->pair->client;
    task->endpoints[0].key = s2n_cert_chain_and_key_get_private_key(task->client_chain);
    task->endpoints[1].conn = task->pair->server;
    task->endpoints[1].key = s2n_cert_chain_and_key_get_private_key(task->pair->chain);
    CHECK_OK(s2n_connection_set_config(task->endpoints[0].conn, task->client_config));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(s2n_connection_set_ctx(task->endpoints[i].conn, &task->endpoints[i]));
    }
    return task;
}

static void free_task(struct task *task)
{
    for (int i = 0; i < 2; i++) {
        struct endpoint *endpoint = &task->endpoints[i];
        CHECK(endpoint->is_done && endpoint->signatures == 1 && endpoint->verifications == 1);
        CHECK(endpoint->checkpoints > 8 && endpoint->requests == (i == 0));
    }
    CHECK(s2n_connection_client_cert_used(task->pair->server) == 1);
    disconnect(task->pair);
    CHECK_OK(s2n_config_free(task->client_config));
    CHECK_OK(s2n_cert_chain_and_key_free(task->client_chain));
    free(task);
}

/* Performs the pending operations of an endpoint, and resumes its handshake. */
static void resume(struct endpoint *endpoint)
{
    if (endpoint->signing != NULL) {
        CHECK_OK(s2n_async_pkey_op_perform(endpoint->signing, endpoint->key));
        CHECK_OK(s2n_async_pkey_op_apply(endpoint->signing, endpoint->conn));
        CHECK_OK(s2n_async_pkey_op_free(endpoint->signing));
        endpoint->signing = NULL;
    }
    if (endpoint->verifying != NULL) {
        CHECK_OK(s2n_async_offload_op_perform(endpoint->verifying));
        endpoint->verifying = NULL;
    }
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    endpoint->is_done = s2n_negotiate(endpoint->conn, &blocked) == 0;
    CHECK(endpoint->is_done || s2n_error_get_type(s2n_errno) == S2N_ERR_T_BLOCKED);
}

static void push(int queue, struct task *task)
{
    struct task **tail = &queues[queue];
    while (*tail != NULL) {
        tail = &(*tail)->next;
    }
    task->next = NULL;
    *tail = task;
    CHECK_OK(pthread_cond_broadcast(&changed));
}

/* Resumes each task in the worker's queue once, and passes it to the next worker. */
static void *work(void *argument)
{
    int own = *(int *) argument;
    CHECK_OK(pthread_mutex_lock(&mutex));
    while (open_tasks > 0) {
        struct task *task = queues[own];
        if (task == NULL) {
            CHECK_OK(pthread_cond_wait(&changed, &mutex));
            continue;
        }
        queues[own] = task->next;
        CHECK_OK(pthread_mutex_unlock(&mutex));
        for (int i = 0; i < 2; i++) {
            if (!task->endpoints[i].is_done) {
                resume(&task->endpoints[i]);
            }
        }
        bool is_done = task->endpoints[0].is_done && task->endpoints[1].is_done;
        if (is_done) {
            free_task(task);
        }
        CHECK_OK(pthread_mutex_lock(&mutex));
        if (is_done) {
            open_tasks--;
            CHECK_OK(pthread_cond_broadcast(&changed));
        } else {
            push((own + 1) % workers, task);
        }
    }
    CHECK_OK(pthread_mutex_unlock(&mutex));
    return NULL;
}

/* The main thread runs no handshake: a coroutine in it would crash valgrind's drd, which takes the stack
 * that was registered last for the thread's own. */
static void handshakes(int threads, int pairs)
{
    workers = threads;
    for (open_tasks = 0; open_tasks < pairs; open_tasks++) {
        push(open_tasks % workers, new_task(open_tasks % 2));
    }
    pthread_t ids[WORKERS];
    int numbers[WORKERS];
    for (int i = 0; i < workers; i++) {
        numbers[i] = i;
        CHECK_OK(pthread_create(&ids[i], NULL, work, &numbers[i]));
    }
    for (int i = 0; i < workers; i++) {
        CHECK_OK(pthread_join(ids[i], NULL));
    }
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    folder = argv[1];
    CHECK_OK(s2n_init());
    /* One thread runs AWS-LC's one-time initialization: drd does not track the order of pthread_once(). */
    handshakes(1, 2);
    handshakes(WORKERS, atoi(argv[2]));
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
