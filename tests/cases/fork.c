/* A process forks while its threads use the library. The child, which has only the thread that forked, uses it too. */
#include "case.h"
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#define THREADS 4

static struct s2n_config *client, *server;
static volatile int stopping;

/* Memory callbacks with a lock, which their program keeps consistent across a fork (pthread_atfork). */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void lock_before_fork(void) { pthread_mutex_lock(&lock); }
static void unlock_after_fork(void) { pthread_mutex_unlock(&lock); }
static int succeed(void) { return 0; }

static int allocate(void **ptr, uint32_t requested, uint32_t *allocated)
{
    pthread_mutex_lock(&lock);
    *ptr = malloc(requested);
    *allocated = requested;
    pthread_mutex_unlock(&lock);
    return 0;
}

static int deallocate(void *ptr, uint32_t size)
{
    (void) size;
    pthread_mutex_lock(&lock);
    free(ptr);
    pthread_mutex_unlock(&lock);
    return 0;
}

static int perform_handshake(struct s2n_config *client, struct s2n_config *server)
{
    struct pair *p = pair(client, server, "localhost");
    int right = complete(negotiate(p));
    s2n_connection_free(p->client);
    s2n_connection_free(p->server);
    free(p);
    return right;
}

static void *negotiate_in_thread(void *unused)
{
    while (!stopping) if (!perform_handshake(client, server)) _exit(5);
    return unused;
}

static void *load_certificates(void *unused)
{
    do {
        struct s2n_config *config = s2n_config_new();
        if (!config || s2n_config_free(config)) _exit(5);
    } while (!stopping);
    return unused;
}

static void *fail(void *unused)
{
    FILE *nowhere = fopen("/dev/null", "w");
    while (!stopping) {
        s2n_config_free(NULL);
        s2n_print_stacktrace(nowhere);
    }
    return unused;
}

static void *use_policies(void *unused)
{
    static const char *const names[] = { "20190801", "20190802", "20200207", "20210816", "20210825", "20230317", "20240417", "20240501", "default_fips", "rfc9151", "default_pq" };
    struct s2n_config *own = s2n_config_new_minimal();
    for (size_t i = 0; !stopping && i < sizeof names / sizeof *names; i++) MUST(s2n_config_set_cipher_preferences(own, names[i]));
    return unused;
}

/* Uses the library in a child process, and exits. */
static void run_child(bool cleans_up)
{
    struct s2n_config *own = s2n_config_new();
    if (!own) _exit(6);
    s2n_config_free(NULL);
    if (!strstr(s2n_strerror_debug(s2n_errno, NULL), "S2N_ERR_NULL")) _exit(6);
    use_policies(NULL);
    if (!perform_handshake(client, server)) _exit(7);
    if (!perform_handshake(config("default_tls13", NULL, NULL, "ca.pem"), config("default_tls13", "leaf.pem", "leaf.key", NULL))) _exit(8);
    MUST(s2n_config_free(own));
    if (cleans_up && (s2n_cleanup_final() || s2n_init() || s2n_cleanup_final())) _exit(9);
    _exit(0);
}

static void sleep_for(long nanoseconds)
{
    struct timespec pause = { 0, nanoseconds };
    nanosleep(&pause, NULL);
}

/* Forks while threads run a function. */
static void fork_while(void *(*function)(void *), int times, bool cleans_up)
{
    pthread_t threads[THREADS];
    pid_t children[1000];
    int status;
    client = config("default_tls13", NULL, NULL, "ca.pem");
    server = config("default_tls13", "leaf.pem", "leaf.key", NULL);
    MUST(s2n_config_append_protocol_preference(client, (const uint8_t *) "h2", 2));
    MUST(s2n_config_append_protocol_preference(server, (const uint8_t *) "h2", 2));
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, function, NULL);
    for (int i = 0; i < times; i++) {
        sleep_for(1 + rand() % 300000);
        children[i] = fork();
        if (children[i] == 0) { alarm(120); run_child(cleans_up); }
    }
    stopping = 1;
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < times; i++) {
        waitpid(children[i], &status, 0);
        if (status) _exit(WIFSIGNALED(status) ? 100 + WTERMSIG(status) : WEXITSTATUS(status));
    }
}

/* Compares the randoms of ClientHellos of the parent and of two children. */
static void hello_randoms(void)
{
    uint8_t all[3][32];
    int fds[2];
    MUST(s2n_init());
    if (!perform_handshake(config("default_tls13", NULL, NULL, "ca.pem"), config("default_tls13", "leaf.pem", "leaf.key", NULL))) _exit(7);
    if (pipe(fds)) _exit(2);
    for (int i = 0; i < 3; i++) {
        if (i < 2 && fork() != 0) continue;
        struct s2n_config *own = config("default_tls13", NULL, NULL, "ca.pem");
        struct pair *p = pair(own, own, "localhost");
        s2n_blocked_status blocked;
        s2n_negotiate(p->client, &blocked);
        if (write(fds[1], p->s.in + 11, 32) != 32 || i < 2) _exit(0);
    }
    while (wait(NULL) > 0);
    if (read(fds[0], all, sizeof all) != sizeof all) _exit(2);
    for (int i = 0; i < 3; i++) if (!memcmp(all[i], all[(i + 1) % 3], 32)) _exit(10);
}

static void handshakes(void) { MUST(s2n_init()); fork_while(negotiate_in_thread, 200, false); }
static void certificates(void) { MUST(s2n_init()); fork_while(load_certificates, 10, false); }
static void policies(void) { MUST(s2n_init()); fork_while(use_policies, 5, false); }

static void traces(void)
{
    MUST(s2n_init());
    MUST(s2n_stack_traces_enabled_set(true));
    fork_while(fail, 20, false);
}

static void set_policy(void) { if (s2n_config_set_cipher_preferences(client, "default_tls13")) _exit(4); }

/* pthread_atfork() handlers that were registered before the library's use it while it holds its locks. */
static void early_handlers(void)
{
    pthread_atfork(set_policy, set_policy, set_policy);
    client = NULL;
    MUST(s2n_init());
    client = s2n_config_new_minimal();
    pid_t child = fork();
    if (child == 0) { set_policy(); _exit(0); }
    int status;
    if (waitpid(child, &status, 0) != child || status) _exit(5);
}

static void callbacks(void)
{
    MUST(s2n_mem_set_callbacks(succeed, succeed, allocate, deallocate));
    MUST(s2n_init());
    pthread_atfork(lock_before_fork, unlock_after_fork, unlock_after_fork);
    fork_while(negotiate_in_thread, 100, true);
}

int main(int argc, char **argv)
{
    static const struct { const char *what; void (*run)(void); int times; } cases[] = {
        { "while threads perform handshakes", handshakes, 1 }, { "while threads load the system's trust store", certificates, 20 },
        { "while threads look up policies", policies, 20 }, { "while threads record stack traces", traces, 1 },
        { "while threads use memory callbacks", callbacks, 1 }, { "ClientHello randoms", hello_randoms, 1 },
        { "with handlers registered before the library's", early_handlers, 1 },
    };
    begin("fork", argc, argv);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int n = 0; n < cases[i].times; n++) {
            pid_t child = fork();
            if (child == 0) { alarm(300); srand(n); cases[i].run(); _exit(0); }
            int before = wrong;
            check_exit(cases[i].what, child);
            if (wrong > before) break;
        }
    }
    return wrong != 0;
}
