/* Each allocation fails in turn, once or with all that follow it: the call may fail or not, but the process
   lives on, and everything can be freed. Who fails is the C library's allocator, whose functions are replaced
   below for the whole process, or the application's callback.
   usage: oom FOLDER [once|on] [malloc|callback] [thread] */
#include "security.h"

#include <pthread.h>
#include <sys/resource.h>

/* X25519 first: AWS-LC's own check of a P-256 key agreement faults when it gets no memory. */
#define POLICY "20190801"

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t),
        *__libc_memalign(size_t, size_t);

static long left;
static int armed, goes_on, by_callback, in_thread;

static int fails(void)
{
    if (!armed) return 0;
    long place = left--;
    if (goes_on ? place > 0 : place != 0) return 0;
    errno = ENOMEM;
    return 1;
}

static int malloc_fails(void) { return !by_callback && fails(); }

void *malloc(size_t n) { return malloc_fails() ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t size) { return malloc_fails() ? NULL : __libc_calloc(n, size); }
void *realloc(void *old, size_t n) { return malloc_fails() ? NULL : __libc_realloc(old, n); }
void *memalign(size_t align, size_t n) { return malloc_fails() ? NULL : __libc_memalign(align, n); }
void *aligned_alloc(size_t align, size_t n) { return memalign(align, n); }

int posix_memalign(void **out, size_t align, size_t n)
{
    if (malloc_fails()) return ENOMEM;
    *out = __libc_memalign(align, n);
    return *out ? 0 : ENOMEM;
}

static int begins_or_ends(void) { return S2N_SUCCESS; }

static int give(void **out, uint32_t n, uint32_t *given)
{
    if (fails()) return S2N_FAILURE;
    *out = __libc_malloc(n);
    *given = n;
    return *out ? S2N_SUCCESS : S2N_FAILURE;
}

static int take_back(void *block, uint32_t n)
{
    (void) n;
    free(block);
    return S2N_SUCCESS;
}

enum phase { CONFIG, CERTIFICATE, CONNECTION, HANDSHAKE, SEND, RECEIVE, PHASES };
static const char *names[] = { "config", "certificate", "connection", "handshake", "send", "receive" };

static struct pair pair;
static struct s2n_config *client, *server;
static struct s2n_cert_chain_and_key *own;
static char *root_pem, *leaf_pem, *leaf_key;
static uint8_t data[20000];

/* One phase of a program's life; 0 if all its calls went well. */
static int step(enum phase phase)
{
    s2n_blocked_status blocked;
    ssize_t n, all = 0;
    switch (phase) {
        case CONFIG:
            client = s2n_config_new_minimal();
            server = s2n_config_new_minimal();
            return !client || !server || s2n_config_set_cipher_preferences(client, POLICY)
                    || s2n_config_set_cipher_preferences(server, POLICY)
                    || s2n_config_add_pem_to_trust_store(client, root_pem);
        case CERTIFICATE:
            own = s2n_cert_chain_and_key_new();
            return !own || s2n_cert_chain_and_key_load_pem(own, leaf_pem, leaf_key)
                    || s2n_config_add_cert_chain_and_key_to_store(server, own);
        case CONNECTION: return pair_open(&pair, client, server, "localhost");
        case HANDSHAKE: return shake(&pair) != NULL;
        case SEND:
            while (all < (ssize_t) sizeof data && (n = s2n_send(pair.client, data + all, sizeof data - all, &blocked)) > 0) all += n;
            return all != sizeof data;
        case RECEIVE:
            while (all < (ssize_t) sizeof data && (n = s2n_recv(pair.server, data, sizeof data, &blocked)) > 0) all += n;
            return all != sizeof data;
        default: return -1;
    }
}

/* Frees all there is; 0 if all could be freed. */
static int release(void)
{
    int failed = (pair.client && s2n_connection_free(pair.client)) || (pair.server && s2n_connection_free(pair.server))
            || (client && s2n_config_free(client)) || (server && s2n_config_free(server))
            || (own && s2n_cert_chain_and_key_free(own));
    pair.client = pair.server = NULL;
    client = server = NULL;
    own = NULL;
    return failed;
}

struct life { enum phase phase; long nth; long end; };

/* The life of a child: phases before go well, then the nth allocation of this one fails, then all is freed,
   and with memory again all phases go well.
   0: no call failed, 1: one did, 3: there is no nth allocation; anything else is wrong. */
static void *live(void *argument)
{
    struct life *life = argument;
    if (in_thread) {
        /* AWS-LC's random generator has a state for each thread; this starts it. */
        MUST(s2n_cleanup_final());
        MUST(s2n_init());
    }
    for (enum phase before = 0; before < life->phase; before++)
        if (step(before)) _exit(2);
    left = life->nth;
    armed = 1;
    int failed = step(life->phase);
    int wrong_code = failed && by_callback && strcmp(s2n_strerror_name(s2n_errno), "S2N_ERR_ALLOC") != 0;
    int reached = left < 0;
    int stuck = release();
    armed = 0;
    life->end = !reached ? 3 : stuck || wrong_code ? 4 : failed != 0;
    for (enum phase phase = 0; reached && goes_on && phase < PHASES; phase++)
        if (step(phase)) life->end = 5;
    if (release()) life->end = 6;
    return NULL;
}

static int child(enum phase phase, long nth)
{
    struct life life = { phase, nth, 2 };
    pthread_t thread;
    alarm(20);
    if (!freopen("/dev/null", "w", stderr)) return 2;
    if (!in_thread) live(&life);
    else if (pthread_create(&thread, NULL, live, &life) || pthread_join(thread, NULL)) return 2;
    return (int) life.end;
}

int main(int argc, char **argv)
{
    char name[100];
    begin(argc, argv);
    struct rlimit none = { 0, 0 };
    setrlimit(RLIMIT_CORE, &none);
    goes_on = argc > 2 && strcmp(argv[2], "on") == 0;
    by_callback = argc > 3 && strcmp(argv[3], "callback") == 0;
    in_thread = argc > 4 && strcmp(argv[4], "thread") == 0;
    root_pem = (char *) slurp("root.pem", NULL);
    leaf_pem = (char *) slurp("leaf.pem", NULL);
    leaf_key = (char *) slurp("leaf.key", NULL);
    if (by_callback) MUST(s2n_mem_set_callbacks(begins_or_ends, begins_or_ends, give, take_back));
    MUST(s2n_init());
    /* Once without failures: what a thread needs once, AWS-LC's random generator above all, is there. */
    for (enum phase phase = 0; phase < PHASES; phase++)
        if (step(phase)) { printf("%s fails with memory enough: %s\n", names[phase], s2n_strerror_name(s2n_errno)); return 2; }
    release();
    for (enum phase phase = 0; phase < PHASES; phase++) {
        int well = 0, error = 0, aborts = 0, faults = 0, other = 0, status = 0;
        long nth = 0;
        for (; nth < 20000; nth++) {
            pid_t pid = fork();
            if (pid == 0) _exit(child(phase, nth));
            waitpid(pid, &status, 0);
            if (WIFEXITED(status) && WEXITSTATUS(status) == 3) break;
            if (WIFSIGNALED(status)) {
                if (WTERMSIG(status) == SIGABRT) aborts++;
                else if (WTERMSIG(status) == SIGSEGV) faults++;
                else other++;
            } else if (WEXITSTATUS(status) == 0) well++;
            else if (WEXITSTATUS(status) == 1) error++;
            else other++;
        }
        snprintf(name, sizeof name, "oom_%s", names[phase]);
        saw(name, nth > 0 && !aborts && !faults && !other,
                "%ld allocations failed: %d times all went well, %d errors, %d aborts, %d segmentation faults, %d other ends",
                nth, well, error, aborts, faults, other);
    }
    return wrong != 0;
}
