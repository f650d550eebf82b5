/* A thread is cancelled in each kind of wait, and around it. What is left can be used by other threads. */
#include "case.h"
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <s2n/unstable/events.h>
#include <sys/socket.h>
#include <time.h>

#define DATA "data behind the wait"

/* Memory callbacks that are cancellation points. */
static int nothing(void) { return 0; }

static int take(void **ptr, uint32_t wanted, uint32_t *allocated)
{
    pthread_testcancel();
    *ptr = malloc(wanted);
    *allocated = wanted;
    return 0;
}

static int give_back(void *ptr, uint32_t size)
{
    (void) size;
    pthread_testcancel();
    free(ptr);
    return 0;
}

/* A client that has shaken hands; the server's end is this thread's. */
struct ends {
    struct s2n_connection *client, *server;
    int fds[2];
    pthread_t thread;
    void *result;
};

static s2n_blocked_status blocked;
static volatile int reached, entered;

/* Waits until the process's other thread waits in the system, or has ended. */
static void other_waits(void)
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

static void *shakes(void *conn)
{
    s2n_blocked_status own;
    return s2n_negotiate(conn, &own) == 0 ? conn : NULL;
}

static struct ends *connected(void)
{
    struct ends *ends = calloc(1, sizeof *ends);
    pthread_t thread;
    void *result;
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends->fds);
    ends->client = s2n_connection_new(S2N_CLIENT);
    ends->server = s2n_connection_new(S2N_SERVER);
    MUST(s2n_connection_set_config(ends->client, config("default_tls13", NULL, NULL, "ca.pem")));
    MUST(s2n_connection_set_config(ends->server, config("default_tls13", "leaf.pem", "leaf.key", NULL)));
    MUST(s2n_connection_set_fd(ends->client, ends->fds[0]));
    MUST(s2n_connection_set_fd(ends->server, ends->fds[1]));
    MUST(s2n_set_server_name(ends->client, "localhost"));
    pthread_create(&thread, NULL, shakes, ends->server);
    if (!shakes(ends->client)) _exit(3);
    pthread_join(thread, &result);
    if (!result) _exit(3);
    return ends;
}

static void cancelled(struct ends *ends, void *(*waits)(void *))
{
    pthread_create(&ends->thread, NULL, waits, ends);
    other_waits();
    pthread_cancel(ends->thread);
    pthread_join(ends->thread, &ends->result);
}

static void is_cancelled(struct ends *ends) { if (ends->result != PTHREAD_CANCELED) _exit(4); }

/* The server's data arrive, all of them. */
static void receives(struct ends *ends)
{
    char text[100] = "";
    if (s2n_recv(ends->client, text, sizeof text, &blocked) != sizeof DATA || strcmp(text, DATA)) _exit(5);
}

static void sends(struct ends *ends)
{
    if (s2n_send(ends->server, DATA, sizeof DATA, &blocked) != sizeof DATA) _exit(6);
}

static void *in_recv(void *ends)
{
    char byte;
    s2n_blocked_status own;
    s2n_recv(((struct ends *) ends)->client, &byte, 1, &own);
    return NULL;
}

static void receiving(void)
{
    struct ends *ends = connected();
    cancelled(ends, in_recv);
    is_cancelled(ends);
    sends(ends);
    receives(ends);
}

static int keeps(void *kept, const uint8_t *data, uint32_t n)
{
    struct end *end = kept;
    memcpy(end->in + end->len, data, n);
    end->len += n;
    return n;
}

/* The thread has read a part of a record. */
static void in_a_record(void)
{
    struct ends *ends = connected();
    static struct end record;
    MUST(s2n_connection_set_send_cb(ends->server, keeps));
    MUST(s2n_connection_set_send_ctx(ends->server, &record));
    sends(ends);
    if (write(ends->fds[1], record.in, 20) != 20) _exit(7);
    cancelled(ends, in_recv);
    is_cancelled(ends);
    if (write(ends->fds[1], record.in + 20, record.len - 20) != (ssize_t) record.len - 20) _exit(7);
    receives(ends);
}

static void *in_send(void *ends)
{
    static char data[10000000];
    s2n_blocked_status own;
    s2n_send(((struct ends *) ends)->client, data, sizeof data, &own);
    return NULL;
}

static void sending(void)
{
    struct ends *ends = connected();
    cancelled(ends, in_send);
    is_cancelled(ends);
    sends(ends);
    receives(ends);
}

static void *in_shutdown(void *ends)
{
    s2n_blocked_status own;
    s2n_shutdown(((struct ends *) ends)->client, &own);
    return NULL;
}

static void shutting_down(void)
{
    char byte;
    struct ends *ends = connected();
    cancelled(ends, in_shutdown);
    is_cancelled(ends);
    if (s2n_recv(ends->server, &byte, 1, &blocked) != 0) _exit(5);
    MUST(s2n_shutdown(ends->server, &blocked));
    MUST(s2n_shutdown(ends->client, &blocked));
}

static void note(void *unused) { (void) unused; reached++; }

/* A transport of the program's own, with a handler of its own. */
static int reads(void *ends, uint8_t *room, uint32_t n)
{
    ssize_t result;
    pthread_cleanup_push(note, NULL);
    result = read(((struct ends *) ends)->fds[0], room, n);
    pthread_cleanup_pop(0);
    return result;
}

static void in_a_transport(void)
{
    struct ends *ends = connected();
    MUST(s2n_connection_set_recv_cb(ends->client, reads));
    MUST(s2n_connection_set_recv_ctx(ends->client, ends));
    cancelled(ends, in_recv);
    is_cancelled(ends);
    if (reached != 1) _exit(8);
    sends(ends);
    receives(ends);
}

static int receives_from_another(void *inner, uint8_t *room, uint32_t n)
{
    s2n_blocked_status own;
    pthread_cleanup_push(note, NULL);
    n = s2n_recv(((struct ends *) inner)->client, room, n, &own);
    pthread_cleanup_pop(0);
    return n;
}

static void in_a_connection_below(void)
{
    struct ends *ends = connected(), *inner = connected();
    MUST(s2n_connection_set_recv_cb(ends->client, receives_from_another));
    MUST(s2n_connection_set_recv_ctx(ends->client, inner));
    cancelled(ends, in_recv);
    is_cancelled(ends);
    if (reached != 1) _exit(8);
    sends(inner);
    receives(inner);
    MUST(s2n_connection_set_fd(ends->client, ends->fds[0]));
    sends(ends);
    receives(ends);
}

static void send_late(void *server)
{
    s2n_blocked_status own;
    if (s2n_send(server, DATA, sizeof DATA, &own) == sizeof DATA) reached++;
}

static pthread_key_t key;

static void *with_a_handler(void *argument)
{
    struct ends *ends = argument;
    pthread_setspecific(key, ends->server);
    pthread_cleanup_push(send_late, ends->server);
    in_recv(ends);
    pthread_cleanup_pop(0);
    return NULL;
}

/* Handlers and destructors of the thread may use the library. */
static void and_a_handler(void)
{
    struct ends *ends = connected();
    pthread_key_create(&key, send_late);
    cancelled(ends, with_a_handler);
    is_cancelled(ends);
    if (reached != 2) _exit(8);
    receives(ends);
    receives(ends);
}

static void *held_off(void *argument)
{
    struct ends *ends = argument;
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    receives(ends);
    reached = 1;
    return ends;
}

static void while_held_off(void)
{
    struct ends *ends = connected();
    pthread_create(&ends->thread, NULL, held_off, ends);
    other_waits();
    pthread_cancel(ends->thread);
    usleep(100000);
    if (reached) _exit(9);
    sends(ends);
    pthread_join(ends->thread, &ends->result);
    if (ends->result != ends || !reached) _exit(4);
}

static uint8_t sleeps(const char *host, size_t len, void *unused)
{
    (void) host, (void) len, (void) unused;
    entered = 1;
    usleep(400000);
    usleep(1);
    reached = 1;
    return 1;
}

static void *handshakes(void *argument)
{
    struct pair *p = argument;
    shake(p);
    return NULL;
}

/* Other callbacks run to their end; the call returns, and the thread ends. */
static void in_a_callback(void)
{
    struct ends ends;
    struct s2n_config *client = config("default_tls13", NULL, NULL, "ca.pem");
    MUST(s2n_config_set_verify_host_callback(client, sleeps, NULL));
    struct pair *p = pair(client, config("default_tls13", "leaf.pem", "leaf.key", NULL), "localhost");
    pthread_create(&ends.thread, NULL, handshakes, p);
    while (!entered) usleep(1000);
    pthread_cancel(ends.thread);
    pthread_join(ends.thread, &ends.result);
    is_cancelled(&ends);
    if (!reached || !complete(shake(p))) _exit(8);
}

/* Sends the ServerHello alone, and reads no more: what the client says next meets a closed pipe, and it waits for
 * the reason. */
static int sends_hello(void *fd, const uint8_t *data, uint32_t n)
{
    (void) n;
    if (shutdown(*(int *) fd, SHUT_RD)) _exit(7);
    if (entered++) { errno = EAGAIN; return -1; }
    return write(*(int *) fd, data, 5 + 256 * data[3] + data[4]);
}

static void uses_another(struct s2n_connection *conn, void *inner, struct s2n_event_handshake *event)
{
    char byte;
    s2n_blocked_status own;
    (void) conn, (void) event;
    s2n_recv(inner, &byte, 1, &own);
    reached = 1;
}

/* The cancelled wait is over, and a callback comes before the end of the call: its calls do not end the thread. */
static void before_a_callback(void)
{
    struct ends *other = connected(), ends = { 0 };
    struct s2n_config *client = config("default_tls13", NULL, NULL, "ca.pem");
    fcntl(other->fds[0], F_SETFL, O_NONBLOCK);
    MUST(s2n_config_set_subscriber(client, other->client));
    MUST(s2n_config_set_handshake_event(client, uses_another));
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends.fds);
    struct s2n_connection *conn = s2n_connection_new(S2N_CLIENT), *server = s2n_connection_new(S2N_SERVER);
    MUST(s2n_connection_set_config(conn, client));
    MUST(s2n_connection_set_fd(conn, ends.fds[0]));
    MUST(s2n_set_server_name(conn, "localhost"));
    MUST(s2n_connection_set_config(server, config("default_tls13", "leaf.pem", "leaf.key", NULL)));
    MUST(s2n_connection_set_read_fd(server, ends.fds[1]));
    MUST(s2n_connection_set_send_cb(server, sends_hello));
    MUST(s2n_connection_set_send_ctx(server, &ends.fds[1]));
    pthread_create(&ends.thread, NULL, shakes, conn);
    s2n_negotiate(server, &blocked);
    other_waits();
    pthread_cancel(ends.thread);
    pthread_join(ends.thread, &ends.result);
    is_cancelled(&ends);
    if (!reached) _exit(8);
}

static int cancellation_points_in_clock;

static int tells_time(void *unused, uint64_t *nanoseconds)
{
    struct timespec now;
    (void) unused;
    pthread_testcancel();
    cancellation_points_in_clock++;
    clock_gettime(CLOCK_MONOTONIC, &now);
    *nanoseconds = now.tv_sec * 1000000000ULL + now.tv_nsec;
    return 0;
}

/* The delay of an error is not cut short. */
static void in_the_delay(void)
{
    struct ends *ends = connected();
    struct s2n_config *config = s2n_config_new_minimal();
    struct timespec before, after;
    MUST(s2n_config_set_max_blinding_delay(config, 3));
    MUST(s2n_config_set_monotonic_clock(config, tells_time, NULL));
    MUST(s2n_connection_set_config(ends->client, config));
    if (write(ends->fds[1], "\x17\x03\x03\x00\x14 This is no record. ", 25) != 25) _exit(7);
    clock_gettime(CLOCK_MONOTONIC, &before);
    cancelled(ends, in_recv);
    clock_gettime(CLOCK_MONOTONIC, &after);
    is_cancelled(ends);
    if (!cancellation_points_in_clock || after.tv_sec - before.tv_sec + (after.tv_nsec - before.tv_nsec) / 1e9 < 1) _exit(8);
}

static void *before_the_call(void *ends)
{
    pthread_cancel(pthread_self());
    in_recv(ends);
    return NULL;
}

static void of_itself(void)
{
    struct ends *ends = connected();
    cancelled(ends, before_the_call);
    is_cancelled(ends);
    sends(ends);
    receives(ends);
}

int main(int argc, char **argv)
{
    static const struct { const char *what; void (*run)(void); } cases[] = {
        { "in s2n_recv", receiving }, { "in the middle of a record", in_a_record }, { "in s2n_send", sending },
        { "in s2n_shutdown", shutting_down }, { "in a transport of the program's", in_a_transport },
        { "in a connection below another", in_a_connection_below }, { "with a handler", and_a_handler },
        { "while held off", while_held_off }, { "in a verify-host callback", in_a_callback },
        { "in a wait before a callback", before_a_callback },
        { "in the delay of an error", in_the_delay }, { "by itself before a call", of_itself },
    };
    begin("cancel_calls", argc, argv);
    MUST(s2n_mem_set_callbacks(nothing, nothing, take, give_back));
    MUST(s2n_init());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pid_t child = fork();
        if (child == 0) { alarm(10); cases[i].run(); _exit(0); }
        ended(cases[i].what, child);
    }
    return wrong != 0;
}
