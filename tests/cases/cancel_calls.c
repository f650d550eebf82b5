/* A thread is cancelled in each kind of blocking call, and around it. Other threads can then use the connection. */
#include "case.h"
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <s2n/unstable/events.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>

#define DATA "data after the wait"

/* Memory callbacks with cancellation points. */
static int succeed(void) { return 0; }

static int allocate(void **ptr, uint32_t requested, uint32_t *allocated)
{
    pthread_testcancel();
    *ptr = malloc(requested);
    *allocated = requested;
    return 0;
}

static int deallocate(void *ptr, uint32_t size)
{
    (void) size;
    pthread_testcancel();
    free(ptr);
    return 0;
}

/* A connected client and server; the server is used by the main thread. */
struct endpoints {
    struct s2n_connection *client, *server;
    int fds[2];
    pthread_t thread;
    void *result;
};

static __thread s2n_blocked_status blocked;
static atomic_int reached, entered;

/* Waits until the process's other thread is blocked in a system call, or has exited. */
static void wait_until_blocked(void)
{
    for (char state = 0; state != 'S' && state != 'E'; usleep(1000)) {
        state = 'E';
        DIR *threads = opendir("/proc/self/task");
        for (struct dirent *thread; threads && (thread = readdir(threads));) {
            char path[300];
            if (atoi(thread->d_name) == 0 || atoi(thread->d_name) == getpid()) continue;
            snprintf(path, sizeof path, "/proc/self/task/%s/stat", thread->d_name);
            FILE *stat = fopen(path, "r");
            if (stat == NULL) continue;
            if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1) state = 0;
            fclose(stat);
        }
        if (threads) closedir(threads);
    }
}

static void *negotiate_thread(void *conn)
{
    s2n_blocked_status own;
    return s2n_negotiate(conn, &own) == 0 ? conn : NULL;
}

static struct endpoints *connected(void)
{
    struct endpoints *endpoints = calloc(1, sizeof *endpoints);
    pthread_t thread;
    void *result;
    socketpair(AF_UNIX, SOCK_STREAM, 0, endpoints->fds);
    endpoints->client = s2n_connection_new(S2N_CLIENT);
    endpoints->server = s2n_connection_new(S2N_SERVER);
    MUST(s2n_connection_set_config(endpoints->client, config("default_tls13", NULL, NULL, "ca.pem")));
    MUST(s2n_connection_set_config(endpoints->server, config("default_tls13", "leaf.pem", "leaf.key", NULL)));
    MUST(s2n_connection_set_fd(endpoints->client, endpoints->fds[0]));
    MUST(s2n_connection_set_fd(endpoints->server, endpoints->fds[1]));
    MUST(s2n_set_server_name(endpoints->client, "localhost"));
    pthread_create(&thread, NULL, negotiate_thread, endpoints->server);
    if (!negotiate_thread(endpoints->client)) _exit(3);
    pthread_join(thread, &result);
    if (!result) _exit(3);
    return endpoints;
}

static void run_and_cancel(struct endpoints *endpoints, void *(*function)(void *))
{
    pthread_create(&endpoints->thread, NULL, function, endpoints);
    wait_until_blocked();
    pthread_cancel(endpoints->thread);
    pthread_join(endpoints->thread, &endpoints->result);
}

static void check_cancelled(struct endpoints *endpoints) { if (endpoints->result != PTHREAD_CANCELED) _exit(4); }

/* Receives all of the server's data. */
static void receive_data(struct endpoints *endpoints)
{
    char text[100] = "";
    if (s2n_recv(endpoints->client, text, sizeof text, &blocked) != sizeof DATA || strcmp(text, DATA)) _exit(5);
}

static void send_data(struct endpoints *endpoints)
{
    if (s2n_send(endpoints->server, DATA, sizeof DATA, &blocked) != sizeof DATA) _exit(6);
}

static void *in_recv(void *endpoints)
{
    char byte;
    s2n_blocked_status own;
    s2n_recv(((struct endpoints *) endpoints)->client, &byte, 1, &own);
    return NULL;
}

static void receiving(void)
{
    struct endpoints *endpoints = connected();
    run_and_cancel(endpoints, in_recv);
    check_cancelled(endpoints);
    send_data(endpoints);
    receive_data(endpoints);
}

static int store(void *context, const uint8_t *data, uint32_t n)
{
    struct endpoint *endpoint = context;
    memcpy(endpoint->in + endpoint->len, data, n);
    endpoint->len += n;
    return n;
}

/* The thread is cancelled after it has read a part of a record. */
static void within_a_record(void)
{
    struct endpoints *endpoints = connected();
    static struct endpoint record;
    MUST(s2n_connection_set_send_cb(endpoints->server, store));
    MUST(s2n_connection_set_send_ctx(endpoints->server, &record));
    send_data(endpoints);
    if (write(endpoints->fds[1], record.in, 20) != 20) _exit(7);
    run_and_cancel(endpoints, in_recv);
    check_cancelled(endpoints);
    if (write(endpoints->fds[1], record.in + 20, record.len - 20) != (ssize_t) record.len - 20) _exit(7);
    receive_data(endpoints);
}

static void *in_send(void *endpoints)
{
    static char data[10000000];
    s2n_blocked_status own;
    s2n_send(((struct endpoints *) endpoints)->client, data, sizeof data, &own);
    return NULL;
}

static void sending(void)
{
    struct endpoints *endpoints = connected();
    run_and_cancel(endpoints, in_send);
    check_cancelled(endpoints);
    send_data(endpoints);
    receive_data(endpoints);
}

static void *in_shutdown(void *endpoints)
{
    s2n_blocked_status own;
    s2n_shutdown(((struct endpoints *) endpoints)->client, &own);
    return NULL;
}

static void shutting_down(void)
{
    char byte;
    struct endpoints *endpoints = connected();
    run_and_cancel(endpoints, in_shutdown);
    check_cancelled(endpoints);
    if (s2n_recv(endpoints->server, &byte, 1, &blocked) != 0) _exit(5);
    MUST(s2n_shutdown(endpoints->server, &blocked));
    MUST(s2n_shutdown(endpoints->client, &blocked));
}

static void count_cleanup(void *unused) { (void) unused; reached++; }

/* A receive callback of the application, with a cleanup handler. */
static int recv_callback(void *endpoints, uint8_t *room, uint32_t n)
{
    ssize_t result;
    pthread_cleanup_push(count_cleanup, NULL);
    result = read(((struct endpoints *) endpoints)->fds[0], room, n);
    pthread_cleanup_pop(0);
    return result;
}

static void in_recv_callback(void)
{
    struct endpoints *endpoints = connected();
    MUST(s2n_connection_set_recv_cb(endpoints->client, recv_callback));
    MUST(s2n_connection_set_recv_ctx(endpoints->client, endpoints));
    run_and_cancel(endpoints, in_recv);
    check_cancelled(endpoints);
    if (reached != 1) _exit(8);
    send_data(endpoints);
    receive_data(endpoints);
}

static int recv_over_tls(void *inner, uint8_t *room, uint32_t n)
{
    s2n_blocked_status own;
    pthread_cleanup_push(count_cleanup, NULL);
    n = s2n_recv(((struct endpoints *) inner)->client, room, n, &own);
    pthread_cleanup_pop(0);
    return n;
}

static void in_nested_tls(void)
{
    struct endpoints *endpoints = connected(), *inner = connected();
    MUST(s2n_connection_set_recv_cb(endpoints->client, recv_over_tls));
    MUST(s2n_connection_set_recv_ctx(endpoints->client, inner));
    run_and_cancel(endpoints, in_recv);
    check_cancelled(endpoints);
    if (reached != 1) _exit(8);
    send_data(inner);
    receive_data(inner);
    MUST(s2n_connection_set_fd(endpoints->client, endpoints->fds[0]));
    send_data(endpoints);
    receive_data(endpoints);
}

static void send_in_handler(void *server)
{
    s2n_blocked_status own;
    if (s2n_send(server, DATA, sizeof DATA, &own) == sizeof DATA) reached++;
}

static pthread_key_t key;

static void *recv_with_handler(void *argument)
{
    struct endpoints *endpoints = argument;
    pthread_setspecific(key, endpoints->server);
    pthread_cleanup_push(send_in_handler, endpoints->server);
    in_recv(endpoints);
    pthread_cleanup_pop(0);
    return NULL;
}

/* Cleanup handlers and destructors of the thread may use the library. */
static void with_cleanup_handler(void)
{
    struct endpoints *endpoints = connected();
    pthread_key_create(&key, send_in_handler);
    run_and_cancel(endpoints, recv_with_handler);
    check_cancelled(endpoints);
    if (reached != 2) _exit(8);
    receive_data(endpoints);
    receive_data(endpoints);
}

static void *with_cancellation_disabled(void *argument)
{
    struct endpoints *endpoints = argument;
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    receive_data(endpoints);
    reached = 1;
    return endpoints;
}

static void while_disabled(void)
{
    struct endpoints *endpoints = connected();
    pthread_create(&endpoints->thread, NULL, with_cancellation_disabled, endpoints);
    wait_until_blocked();
    pthread_cancel(endpoints->thread);
    usleep(100000);
    if (reached) _exit(9);
    send_data(endpoints);
    pthread_join(endpoints->thread, &endpoints->result);
    if (endpoints->result != endpoints || !reached) _exit(4);
}

static uint8_t sleep_in_callback(const char *host, size_t len, void *unused)
{
    (void) host, (void) len, (void) unused;
    entered = 1;
    usleep(400000);
    usleep(1);
    reached = 1;
    return 1;
}

static void *handshake_thread(void *argument)
{
    struct pair *p = argument;
    negotiate(p);
    return NULL;
}

/* Other callbacks are not interrupted; the thread exits when the call returns. */
static void in_verify_host_callback(void)
{
    struct endpoints endpoints;
    struct s2n_config *client = config("default_tls13", NULL, NULL, "ca.pem");
    MUST(s2n_config_set_verify_host_callback(client, sleep_in_callback, NULL));
    struct pair *p = pair(client, config("default_tls13", "leaf.pem", "leaf.key", NULL), "localhost");
    pthread_create(&endpoints.thread, NULL, handshake_thread, p);
    while (!entered) usleep(1000);
    pthread_cancel(endpoints.thread);
    pthread_join(endpoints.thread, &endpoints.result);
    check_cancelled(&endpoints);
    if (!reached || !complete(negotiate(p))) _exit(8);
}

/* Sends only the ServerHello, and shuts down reading: the client's next write fails with EPIPE, and it waits for an
 * alert. */
static int send_only_hello(void *fd, const uint8_t *data, uint32_t n)
{
    (void) n;
    if (shutdown(*(int *) fd, SHUT_RD)) _exit(7);
    if (entered++) { errno = EAGAIN; return -1; }
    return write(*(int *) fd, data, 5 + 256 * data[3] + data[4]);
}

static void recv_on_other_connection(struct s2n_connection *conn, void *inner, struct s2n_event_handshake *event)
{
    char byte;
    s2n_blocked_status own;
    (void) conn, (void) event;
    s2n_recv(inner, &byte, 1, &own);
    reached = 1;
}

/* After the cancelled wait a callback runs before the call returns: its library calls do not exit the thread. */
static void before_a_callback(void)
{
    struct endpoints *other = connected(), endpoints = { 0 };
    struct s2n_config *client = config("default_tls13", NULL, NULL, "ca.pem");
    fcntl(other->fds[0], F_SETFL, O_NONBLOCK);
    MUST(s2n_config_set_subscriber(client, other->client));
    MUST(s2n_config_set_handshake_event(client, recv_on_other_connection));
    socketpair(AF_UNIX, SOCK_STREAM, 0, endpoints.fds);
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT), *server = s2n_connection_new(S2N_SERVER);
    MUST(s2n_connection_set_config(conn, client));
    MUST(s2n_connection_set_fd(conn, endpoints.fds[0]));
    MUST(s2n_set_server_name(conn, "localhost"));
    MUST(s2n_connection_set_config(server, config("default_tls13", "leaf.pem", "leaf.key", NULL)));
    MUST(s2n_connection_set_read_fd(server, endpoints.fds[1]));
    MUST(s2n_connection_set_send_cb(server, send_only_hello));
    MUST(s2n_connection_set_send_ctx(server, &endpoints.fds[1]));
    pthread_create(&endpoints.thread, NULL, negotiate_thread, conn);
    s2n_negotiate(server, &blocked);
    wait_until_blocked();
    pthread_cancel(endpoints.thread);
    pthread_join(endpoints.thread, &endpoints.result);
    check_cancelled(&endpoints);
    if (!reached) _exit(8);
}

static int cancellation_points_in_clock;

static int monotonic_clock(void *unused, uint64_t *nanoseconds)
{
    struct timespec now;
    (void) unused;
    pthread_testcancel();
    cancellation_points_in_clock++;
    clock_gettime(CLOCK_MONOTONIC, &now);
    *nanoseconds = now.tv_sec * 1000000000ULL + now.tv_nsec;
    return 0;
}

/* Cancellation does not shorten the blinding delay. */
static void in_blinding_delay(void)
{
    struct endpoints *endpoints = connected();
    struct s2n_config *config = s2n_config_new_minimal();
    struct timespec before, after;
    MUST(s2n_config_set_max_blinding_delay(config, 3));
    MUST(s2n_config_set_monotonic_clock(config, monotonic_clock, NULL));
    MUST(s2n_connection_set_config(endpoints->client, config));
    if (write(endpoints->fds[1], "\x17\x03\x03\x00\x14 This is no record. ", 25) != 25) _exit(7);
    clock_gettime(CLOCK_MONOTONIC, &before);
    run_and_cancel(endpoints, in_recv);
    clock_gettime(CLOCK_MONOTONIC, &after);
    check_cancelled(endpoints);
    if (!cancellation_points_in_clock || after.tv_sec - before.tv_sec + (after.tv_nsec - before.tv_nsec) / 1e9 < 1) _exit(8);
}

static void *cancel_before_call(void *endpoints)
{
    pthread_cancel(pthread_self());
    in_recv(endpoints);
    return NULL;
}

static void by_itself(void)
{
    struct endpoints *endpoints = connected();
    run_and_cancel(endpoints, cancel_before_call);
    check_cancelled(endpoints);
    send_data(endpoints);
    receive_data(endpoints);
}

int main(int argc, char **argv)
{
    static const struct { const char *what; void (*run)(void); } cases[] = {
        { "in s2n_recv", receiving }, { "within a record", within_a_record }, { "in s2n_send", sending },
        { "in s2n_shutdown", shutting_down }, { "in a receive callback", in_recv_callback },
        { "in TLS over TLS", in_nested_tls }, { "with a cleanup handler", with_cleanup_handler },
        { "while cancellation is disabled", while_disabled }, { "in a verify-host callback", in_verify_host_callback },
        { "in a wait before a callback", before_a_callback },
        { "in the blinding delay", in_blinding_delay }, { "by itself before a call", by_itself },
    };
    begin("cancel_calls", argc, argv);
    MUST(s2n_mem_set_callbacks(succeed, succeed, allocate, deallocate));
    MUST(s2n_init());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pid_t child = fork();
        if (child == 0) { alarm(10); cases[i].run(); _exit(0); }
        check_exit(cases[i].what, child);
    }
    return wrong != 0;
}
